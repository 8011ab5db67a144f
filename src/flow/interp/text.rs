//! Python's texts: what parts of a text and texts with something taken out cannot hold.

use super::super::names::{NameId, index_name, known};
use super::super::state::Object;
use super::super::value::{Did, TaintSet, Value};
use super::Interp;
use super::call::Args;
use crate::model::index::{Kinds, kind_bit};
use crate::syntax::{ExprId, ExprKind, Literal, UnaryOp};

impl Interp<'_> {
    /// `name.replace(".", "")`, `name.rsplit(".", 1)`.
    pub(super) fn python_text(&mut self, id: ExprId, receiver: Value, name: NameId, args: &Args) -> Option<Value> {
        if receiver.taint == TaintSet::CLEAN {
            return None;
        }
        if name == known::REPLACE {
            return self.replaced(id, receiver, args);
        }
        let once = args.items.len() == 2 && args.items[1].name.is_none_or(|name| name == known::MAXSPLIT);
        if once && matches!(name, known::SPLIT | known::RSPLIT) {
            return self.split_once(id, receiver, name, args);
        }
        None
    }

    /// What is taken out of a text everywhere is not in it any more.
    fn replaced(&mut self, id: ExprId, receiver: Value, args: &Args) -> Option<Value> {
        let [old, new] = args.items.as_slice() else { return None };
        let separator = |node: &crate::model::index::NodeId| {
            let text = self.index.text(*node);
            ["os.sep", "os.path.sep", "<os.Separator>"].contains(&&**text)
        };
        let old = match self.constant_text(old.value) {
            Some(old) => old,
            None => self.api_nodes(old.value).iter().any(separator).then(|| "/".to_owned())?,
        };
        let new = self.constant_text(new.value)?;
        // With one character there is nothing that could grow together.
        let gone = match old.as_str() {
            "." => !new.contains('.'),
            "/" => !new.contains('/'),
            _ => false,
        };
        if !gone {
            return None;
        }
        let step = self.step_at(self.span(id), Did::Through(known::REPLACE));
        let taint = self.values.step(receiver.taint, step);
        Some(Value::text(self.values.clear(taint, in_a_folder())))
    }

    /// The two parts of a text that is split once: the part away from the rest holds no separator.
    fn split_once(&mut self, id: ExprId, receiver: Value, name: NameId, args: &Args) -> Option<Value> {
        let separator = self.constant_text(args.items[0].value)?;
        let one = args.items[1]
            .expr
            .is_some_and(|limit| matches!(self.tree.expr(limit).kind, ExprKind::Literal(Literal::Int(1))));
        if !one || !matches!(separator.as_str(), "." | "/") {
            return None;
        }
        let step = self.step_at(self.span(id), Did::Through(name));
        let taint = self.values.step(receiver.taint, step);
        let (whole, plain) = (Value::text(taint), Value::text(self.values.clear(taint, in_a_folder())));
        let mut list = Object::new(false, true);
        let parts = if name == known::RSPLIT { [whole, plain] } else { [plain, whole] };
        for (at, part) in (0u32..).zip(parts) {
            list.set(index_name(at)?, part);
        }
        list.count = Some(2);
        Some(self.new_object(id, list, receiver))
    }

    /// `name.split(".")[-1]` holds no dot, `name.split("/")[-1]` no slash.
    pub(super) fn piece(&mut self, object: ExprId, index: ExprId, value: Value) -> Value {
        if value.taint == TaintSet::CLEAN || !self.is_piece(object, index) {
            return value;
        }
        Value { refs: value.refs, taint: self.values.clear(value.taint, in_a_folder()) }
    }

    fn is_piece(&self, object: ExprId, index: ExprId) -> bool {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(object).kind else { return false };
        let ExprKind::Member { name, .. } = self.tree.expr(*callee).kind else { return false };
        let ([separator], "split" | "rsplit") = (args.as_ref(), self.tree.text(name)) else { return false };
        let number = match self.tree.expr(index).kind {
            ExprKind::Unary { op: UnaryOp::Minus, operand } => operand,
            _ => index,
        };
        matches!(self.tree.expr(number).kind, ExprKind::Literal(Literal::Int(_)))
            && self.tree.string_of(separator.value).is_some_and(|text| matches!(text, "." | "/"))
    }
}

pub(super) fn in_a_folder() -> Kinds {
    kind_bit("path") | kind_bit("upload")
}
