//! Conditions: evaluated once, with what holds afterwards if they are true and if they are false.

use super::super::state::State;
use super::super::value::{Ref, RefSet, TaintSet, Value};
use super::Interp;
use crate::model::index::{ALL_KINDS, Kinds};
use crate::syntax::{ExprId, ExprKind, LogicalOp, UnaryOp};

impl Interp<'_> {
    /// The states in which a condition is true and false; the current state is used up.
    pub(super) fn condition(&mut self, id: ExprId) -> (Option<State>, Option<State>) {
        let (_, yes, no) = self.condition_value(id);
        (yes, no)
    }

    /// The same, with the condition's value.
    pub(super) fn condition_value(&mut self, id: ExprId) -> (Value, Option<State>, Option<State>) {
        if !self.live || self.depth > super::super::scope::MAX_DEPTH {
            return (Value::ANY, None, None);
        }
        self.depth += 1;
        let result = self.condition_inner(id);
        self.depth -= 1;
        result
    }

    fn condition_inner(&mut self, id: ExprId) -> (Value, Option<State>, Option<State>) {
        let tree = self.tree;
        match &tree.expr(id).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let (_, yes, no) = self.condition_value(*operand);
                (Value::SCALAR, no, yes)
            }
            ExprKind::Logical { op: LogicalOp::And, left, right } => {
                let (_, yes, mut no) = self.condition_value(*left);
                self.put(yes);
                let (value, yes, more) = self.condition_value(*right);
                Self::merge_into(&mut self.values, &mut no, more);
                (value, yes, no)
            }
            ExprKind::Logical { op: LogicalOp::Or, left, right } => {
                let (first, mut yes, no) = self.condition_value(*left);
                self.put(no);
                let (second, more, no) = self.condition_value(*right);
                Self::merge_into(&mut self.values, &mut yes, more);
                (self.join(first, second), yes, no)
            }
            _ => {
                let value = self.eval(id);
                if !self.live {
                    return (value, None, None);
                }
                match self.truth(value) {
                    Some(true) => (value, self.take(), None),
                    Some(false) => (value, None, self.take()),
                    None => {
                        let before = self.state.clone();
                        self.refine(id, true);
                        let yes = self.take();
                        self.put(Some(before));
                        self.refine(id, false);
                        let no = self.take();
                        (value, yes, no)
                    }
                }
            }
        }
    }

    /// Makes what a place holds safe for some kinds of sink.
    pub(super) fn clear_place(&mut self, place: ExprId, kinds: Kinds) {
        let Some(place) = self.guarded_place(place) else { return };
        let value = self.eval_quiet(place);
        let whole = self.deep(value);
        if whole == TaintSet::CLEAN {
            return;
        }
        let taint = self.values.clear(value.taint, kinds);
        let mut refs = value.refs;
        if kinds == ALL_KINDS {
            // Its fields are safe as well.
            let kept: Vec<Ref> =
                self.refs(value).into_iter().filter(|one| !matches!(one, Ref::Object(_) | Ref::Field)).collect();
            refs = if kept.is_empty() { RefSet::ANY } else { self.values.ref_set(kept) };
        }
        let now = Value { refs, taint };
        self.set_place(place, now);
        if let ExprKind::Name(_) = self.tree.expr(place).kind
            && !self.parts.is_empty()
        {
            self.clear_part(place, value, now, kinds);
        }
    }

    /// What is known of a place after a check that is not understood: harm by it is hardly more than a guess.
    pub(super) fn doubt_place(&mut self, place: ExprId) {
        let Some(place) = self.guarded_place(place) else { return };
        let value = self.eval_quiet(place);
        if value.taint != TaintSet::CLEAN {
            let taint = self.values.guess(value.taint, 3);
            self.set_place(place, Value { refs: value.refs, taint });
        }
    }

    /// The place that a guard on an expression speaks of: `x.lower() in ALLOWED` speaks of `x`.
    pub(super) fn guarded_place(&self, mut expr: ExprId) -> Option<ExprId> {
        for _ in 0..4 {
            match &self.tree.expr(expr).kind {
                // `path.parent == folder` speaks of the path.
                ExprKind::Member { object, name, .. } if self.python && self.tree.text(*name) == "parent" => {
                    expr = *object;
                }
                ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. } => return Some(expr),
                ExprKind::Assign { target, .. } => {
                    let crate::syntax::PatternKind::Name(_) = self.tree.pattern(*target).kind else { return None };
                    return Some(expr);
                }
                ExprKind::Await(inner) => expr = *inner,
                ExprKind::Call { callee, args, .. } => match &self.tree.expr(*callee).kind {
                    ExprKind::Member { object, name, .. }
                        if args.is_empty()
                            && (same_text(self.tree.text(*name))
                                || self.python && matches!(self.tree.text(*name), "resolve" | "absolute")) =>
                    {
                        expr = *object;
                    }
                    // `request.args.get("name")`
                    ExprKind::Member { name, .. }
                        if self.tree.text(*name) == "get"
                            && matches!(args.as_ref(), [key] if self.tree.string_of(key.value).is_some()) =>
                    {
                        return Some(expr);
                    }
                    ExprKind::Name(name)
                        if args.len() == 1 && matches!(self.tree.text(*name), "str" | "String" | "Path") =>
                    {
                        expr = args[0].value;
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
        None
    }
}

/// Methods whose result has the content of the text they are called on.
fn same_text(method: &str) -> bool {
    matches!(
        method,
        "lower"
            | "upper"
            | "strip"
            | "casefold"
            | "trim"
            | "toLowerCase"
            | "toUpperCase"
            | "toString"
            | "lstrip"
            | "rstrip"
    )
}
