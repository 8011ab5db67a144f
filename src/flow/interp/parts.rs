//! Parts of what comes in that bring along less than the whole, or more: names of uploaded files, forms that were filled
//! in, pieces of texts that are in a list.

use super::super::names::NameId;
use super::super::value::{Origin, RECEIVER, TaintSet, Value, WHOLE};
use super::Interp;
use super::text::in_a_folder;
use crate::base::Span;
use crate::model::index::kind_bit;
use crate::model::schema::SOURCE_KINDS;
use crate::syntax::{BinaryOp, ExprId, ExprKind, TemplatePart};

/// An object that shows what it was given is not it: so many guesses.
const SHOWN: u8 = 2;

/// In models, what a loop over a stream gives: `for await (const piece of req)`.
const STREAMED: &str = "asyncIterator";

/// How many pieces of a text are looked at.
const PIECES: usize = 6;

impl Interp<'_> {
    /// `file.filename` is a text that was sent, though the file is no path; `file.tempFilePath` is what the library
    /// that keeps the file has named it.
    pub(super) fn part_of_file(&mut self, name: NameId, taint: TaintSet) -> TaintSet {
        if taint == TaintSet::CLEAN {
            return taint;
        }
        let text = self.names.text(name);
        let named = self.python && matches!(text, "filename" | "name" | "file_name" | "raw_filename");
        let kept = !self.python && text == "tempFilePath";
        if !(named || kept) {
            return taint;
        }
        self.of_files(taint, kept)
    }

    /// What is in an uploaded file.
    pub(super) fn opened(&mut self, value: Value) -> Value {
        let taint = self.deep(value);
        Value::any(self.of_files(taint, false))
    }

    /// The taint of uploaded files, made safe as a path, or no longer safe for what only the file itself is.
    fn of_files(&mut self, taint: TaintSet, safe: bool) -> TaintSet {
        let index = self.index;
        self.values.map_taint(taint, |mut taint| {
            if let Origin::Source { source, .. } = taint.origin
                && let Some(model) = index.sources.get(source as usize)
                && SOURCE_KINDS[model.kind as usize] == "request-file"
            {
                if safe {
                    taint.cleared |= in_a_folder();
                } else if taint.cleared == model.clears {
                    taint.cleared = 0;
                }
            }
            Some(taint)
        })
    }

    /// What a form of the library shows is escaped; what was sent is in fields of its own.
    pub(super) fn filled_in(&mut self, instance: Value, at: u32, given: Value) -> Value {
        let form = |node| self.index.text(node).contains("django.Form");
        if !self.api_nodes(instance).into_iter().any(form) {
            return given;
        }
        self.forms.insert(at, given);
        let taint = self.deep(given);
        let taint = self.values.clear(taint, kind_bit("xss") | kind_bit("html-attribute"));
        Value::any(self.values.guess(taint, SHOWN))
    }

    /// `form.cleaned_data`, `form.data`: what was sent.
    fn sent_in(&self, at: u32, name: NameId) -> Option<Value> {
        let given = self.forms.get(&at)?;
        matches!(self.names.text(name), "cleaned_data" | "data" | "files").then_some(*given)
    }

    /// A member of an object whose fields are known; `closed` is set where it can have no others.
    pub(super) fn object_member(&mut self, at: u32, name: NameId, closed: &mut bool) -> Value {
        if let Some(sent) = self.sent_in(at, name) {
            return sent;
        }
        let Some(object) = self.state.object(at) else { return Value::NONE };
        *closed |= !object.overlay;
        let (field, rest) = (object.field(name), object.rest);
        let attribute = object.is_list || (self.python && !object.overlay);
        let found = field.map_or(Value::NONE, |(found, _)| found);
        if attribute { found } else { self.join(found, rest) }
    }

    /// What a loop over a stream binds, where that is told.
    pub(super) fn streamed(&mut self, value: Value, span: Span) -> Option<Value> {
        if self.python {
            return None;
        }
        let step = self.index.member(STREAMED);
        let nodes: Vec<_> = self.api_nodes(value).iter().flat_map(|node| self.index.follow(*node, step)).collect();
        (!nodes.is_empty()).then(|| self.api(nodes, None, span, value.taint))
    }

    /// What is in a list that no request reaches is a name of our own: it stays in its folder. So do the pieces of a text
    /// that is in a list: `` FILES.includes(`${folder}/${name}`) ``.
    pub(super) fn in_own_list(&mut self, list: ExprId, place: ExprId) {
        let value = self.eval_quiet_any(list);
        let own = self.holds_own(value);
        if own {
            self.in_list(place);
        }
    }

    /// Whether no request reaches a value: it is the application's own, or a field of its object.
    pub(super) fn holds_own(&mut self, value: Value) -> bool {
        let taint = self.deep(value);
        self.values.taints(taint).iter().all(|taint| match taint.origin {
            Origin::Source { source, .. } => {
                let kind = SOURCE_KINDS[self.index.sources[source as usize].kind as usize];
                matches!(kind, "file" | "env" | "cli" | "database")
            }
            Origin::Param(param, path) => param == RECEIVER && path != WHOLE,
        })
    }

    fn in_list(&mut self, place: ExprId) {
        let tree = self.tree;
        let pieces: Vec<ExprId> = match &tree.expr(place).kind {
            ExprKind::Template { parts, tag: None } => {
                let values = parts.iter().filter_map(|part| match part {
                    TemplatePart::Value(value) => Some(*value),
                    TemplatePart::Text(_) => None,
                });
                values.take(PIECES).collect()
            }
            ExprKind::Binary { op: BinaryOp::Add, .. } => {
                let mut pieces = Vec::new();
                let mut at = place;
                while let ExprKind::Binary { op: BinaryOp::Add, left, right } = tree.expr(at).kind {
                    pieces.push(right);
                    at = left;
                    if pieces.len() >= PIECES {
                        break;
                    }
                }
                pieces.push(at);
                pieces
            }
            _ => vec![place],
        };
        for piece in pieces {
            self.clear_place(piece, in_a_folder());
        }
    }
}
