//! Conditions that are kept in variables: `ok = check(x)` and `if ok:` later.

use super::super::value::Value;
use super::Interp;
use crate::flow::scope::Binding;
use crate::flow::state::Chunks;
use crate::syntax::{BinaryOp, ExprId, ExprKind, LogicalOp, PatternId, PatternKind, UnaryOp};

/// A condition that is kept in a variable, with what its variables held then.
#[derive(Debug)]
pub(in crate::flow) struct Check {
    condition: ExprId,
    result: Value,
    seen: Vec<(u32, Value)>,
}

/// How many variables of a kept condition are looked at.
const MAX_SEEN: usize = 6;

impl Interp<'_> {
    /// `ok = check(x)`: remembers the condition, for `if ok:`.
    pub(super) fn note_check(&mut self, target: PatternId, condition: ExprId) {
        let condition_like = match &self.tree.expr(condition).kind {
            ExprKind::Call { .. } | ExprKind::Logical { .. } | ExprKind::Await(_) => true,
            ExprKind::Binary { op, .. } => !matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Mod),
            ExprKind::Unary { op, .. } => *op == UnaryOp::Not,
            _ => false,
        };
        // `const [row] = await …`
        let target = match &self.tree.pattern(target).kind {
            PatternKind::Sequence(items) => items.first().copied().flatten().unwrap_or(target),
            _ => target,
        };
        let Binding::Local(var) = self.info.scopes.of_pattern(target) else { return };
        if !condition_like || !self.live {
            return;
        }
        let mut seen = Vec::new();
        self.local_names(condition, &mut seen, 0);
        seen.retain(|(other, _)| *other != var);
        if seen.is_empty() {
            return;
        }
        let Some(result) = self.state.vars.get(var as usize).copied() else { return };
        self.checks.insert(var, Check { condition, result, seen });
    }

    fn local_names(&self, expr: ExprId, seen: &mut Vec<(u32, Value)>, depth: u32) {
        if depth > 9 || seen.len() >= MAX_SEEN {
            return;
        }
        match &self.tree.expr(expr).kind {
            ExprKind::Name(_) => {
                if let Binding::Local(var) = self.info.scopes.of_expr(expr)
                    && let Some(value) = self.state.vars.get(var as usize)
                    && *value != Value::NONE
                {
                    seen.push((var, *value));
                }
            }
            ExprKind::Member { object: inner, .. }
            | ExprKind::Await(inner)
            | ExprKind::Unary { operand: inner, .. } => self.local_names(*inner, seen, depth + 1),
            ExprKind::Binary { left, right, .. } | ExprKind::Logical { left, right, .. } => {
                self.local_names(*left, seen, depth + 1);
                self.local_names(*right, seen, depth + 1);
            }
            ExprKind::Call { callee, args, .. } => {
                if let ExprKind::Member { object, .. } = self.tree.expr(*callee).kind {
                    self.local_names(object, seen, depth + 1);
                }
                for arg in args.iter().take(3) {
                    self.local_names(arg.value, seen, depth + 1);
                }
            }
            ExprKind::Function(_) => {
                if let Some(returned) = self.returned_alone(expr) {
                    self.local_names(returned, seen, depth + 1);
                }
            }
            ExprKind::Map { entries } => {
                for entry in entries.iter().take(4) {
                    self.local_names(entry.value, seen, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// A variable is true or false that holds what a condition gave: so is the condition, if nothing changed since.
    pub(super) fn refine_check(&mut self, name: ExprId, outcome: bool) {
        let Binding::Local(var) = self.info.scopes.of_expr(name) else { return };
        let holds = |vars: &Chunks<Value>, var: u32, value: Value| vars.get(var as usize) == Some(&value);
        let Some(check) = self.checks.get(&var) else { return };
        let vars = &self.state.vars;
        if holds(vars, var, check.result) && check.seen.iter().all(|(var, value)| holds(vars, *var, *value)) {
            let condition = check.condition;
            self.refine_whole(condition, outcome, 0);
        }
    }

    /// The same as `refine` for a condition that was evaluated before, with `not`, `and` and `or`.
    fn refine_whole(&mut self, id: ExprId, outcome: bool, depth: u32) {
        if depth > 6 {
            return;
        }
        match &self.tree.expr(id).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                self.refine_whole(*operand, !outcome, depth + 1);
            }
            ExprKind::Logical { op, left, right } => {
                let both = (*op == LogicalOp::And) == outcome;
                if both && *op != LogicalOp::Coalesce {
                    let (left, right) = (*left, *right);
                    self.refine_whole(left, outcome, depth + 1);
                    self.refine_whole(right, outcome, depth + 1);
                }
            }
            ExprKind::Name(_) => {}
            _ => self.refine(id, outcome),
        }
    }
}
