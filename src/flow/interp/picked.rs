//! What names tell of a check: a variable that a loop binds to elements, a function that says where one may be sent.

use super::Interp;
use crate::flow::value::TaintSet;
use crate::model::index::{ALL_KINDS, kind_bit};
use crate::syntax::{ExprId, ExprKind, Literal};

impl Interp<'_> {
    /// Remembers the names that a loop binds to one element after the other.
    pub(super) fn note_picked(&mut self, target: crate::syntax::PatternId) {
        use crate::syntax::PatternKind;
        let tree = self.tree;
        let names: Vec<_> = match &tree.pattern(target).kind {
            PatternKind::Name(name) => vec![*name],
            PatternKind::Sequence(items) => items
                .iter()
                .flatten()
                .filter_map(|item| match tree.pattern(*item).kind {
                    PatternKind::Name(name) => Some(name),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        self.frame().picked.extend(names);
    }

    /// Whether what an expression reads, where no request reaches it, is the application's own: an element that a loop
    /// goes through, a field of a record or a token, what a function gave.
    pub(super) fn is_own(&self, expr: ExprId) -> bool {
        if self.is_picked(expr) {
            return true;
        }
        match self.tree.expr(expr).kind {
            ExprKind::Member { name, .. } => !matches!(self.tree.text(name), "length" | "size" | "name" | "type"),
            ExprKind::Index { index, .. } => self.tree.string_of(index).is_some(),
            _ => false,
        }
    }

    /// `settings[key] !== undefined`: the key is one of those that our own object has.
    pub(super) fn has_key(&mut self, left: ExprId, right: ExprId) {
        let ExprKind::Literal(Literal::Undefined | Literal::Null) = self.tree.expr(right).kind else {
            let ExprKind::Name(name) = self.tree.expr(right).kind else { return };
            if self.tree.text(name) == "undefined" {
                self.has_own_key(left);
            }
            return;
        };
        self.has_own_key(left);
    }

    fn has_own_key(&mut self, left: ExprId) {
        let ExprKind::Index { object, index } = self.tree.expr(left).kind else { return };
        let value = self.eval_quiet(object);
        let clean = self.deep(value) == TaintSet::CLEAN;
        // In the next turn it holds what this turn wrote, by a key that it had already.
        let known = clean || self.loop_depth > 0 && self.frame().looked_at.contains(&left);
        if clean && self.loop_depth > 0 && !self.frame().looked_at.contains(&left) {
            self.frame().looked_at.push(left);
        }
        if known {
            // Every object has a prototype and a constructor.
            let kinds = ALL_KINDS & !(kind_bit("prototype") | kind_bit("key") | kind_bit("dispatch"));
            self.clear_place(index, kinds);
        }
    }

    /// `known[0]`, `known.name` with `known` from `for known in …`: what is equal to it is one of them.
    pub(super) fn is_picked(&self, expr: ExprId) -> bool {
        let mut root = expr;
        for _ in 0..3 {
            match self.tree.expr(root).kind {
                ExprKind::Index { object, .. } | ExprKind::Member { object, .. } => root = object,
                _ => break,
            }
        }
        let ExprKind::Name(name) = self.tree.expr(root).kind else { return false };
        self.python && self.frames.last().is_some_and(|frame| frame.picked.contains(&name))
    }
}

/// `is_safe_url`, `_is_safe_redirect`, `url_has_allowed_host`: the name of a function that tells where one may be sent.
pub(super) fn says_safe_target(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    let safe = ["is_safe", "is_allowed", "is_local", "is_same", "allow_", "allowed_", "url_has_allowed"];
    let target = ["url", "redirect", "next", "host", "target"];
    safe.iter().any(|word| name.starts_with(word)) && target.iter().any(|word| name.contains(word))
}
