//! Text that is put together from constants and what a request brings, as a fact: `#text.built` with its parts as
//! arguments. Rules tell by the constants what the text is meant to be.

use super::super::value::{Origin, Ref, Value};
use super::Interp;
use super::call::Args;
use crate::model::index::{Family, Kinds};
use crate::model::schema::SOURCE_KINDS;
use crate::syntax::{BinaryOp, ExprId, ExprKind};

impl Interp<'_> {
    /// Sink kinds that a value from a request is not safe for.
    pub(super) fn open_kinds(&self, value: Value) -> Kinds {
        let mut open = 0;
        for taint in self.values.taints(value.taint) {
            if let Origin::Source { source, .. } = taint.origin
                && let Some(source) = self.index.sources.get(source as usize)
                && SOURCE_KINDS
                    .get(usize::from(source.kind))
                    .is_some_and(|kind| kind.starts_with("request-") || *kind == "browser")
            {
                open |= !taint.cleared;
            }
        }
        open
    }

    /// Records text made of parts, where one of them comes from a request and a constant one looks like markup or an
    /// address.
    pub(super) fn built_text(&mut self, id: ExprId, parts: &[Value]) {
        if !self.python {
            return;
        }
        let marked = |value: &Value| match self.single(*value) {
            Some(Ref::Str(name)) => self.names.text(name).contains(['<', '/']),
            _ => false,
        };
        if parts.len() < 2 || !parts.iter().any(marked) {
            return;
        }
        let parts: Vec<Value> = parts.iter().map(|part| self.with_deep_taint(*part)).collect();
        if parts.iter().all(|part| self.open_kinds(*part) == 0) {
            return;
        }
        let root = self.index.root(Family::Python, "#text");
        let Some(node) = root.and_then(|root| self.index.child(root, self.index.member("built"))) else { return };
        self.record_call(id, id, &[node], &Args::positional(parts));
    }

    fn with_deep_taint(&mut self, value: Value) -> Value {
        let taint = self.deep(value);
        Value { taint, ..value }
    }

    /// The same for `a + b` and `format % values`.
    pub(super) fn built_by(&mut self, id: ExprId, op: BinaryOp, parts: &[Value]) {
        let ExprKind::Binary { .. } = self.tree.expr(id).kind else { return };
        if matches!(op, BinaryOp::Add | BinaryOp::Mod) {
            self.built_text(id, parts);
        }
    }
}
