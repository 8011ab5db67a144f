//! `match` and `switch`.

use super::super::value::Value;
use super::{Interp, Loop};
use crate::flow::state::State;
use crate::syntax::{Case, ExprId, PatternKind};

impl Interp<'_> {
    pub(super) fn exec_match(&mut self, subject: ExprId, cases: &[Case], falls_through: bool) {
        let value = self.eval(subject);
        let span = self.span(subject);
        if falls_through {
            self.frame().loops.push(Loop { label: None, is_switch: true, breaks: None, continues: None });
        }
        let mut rest = self.take();
        let mut after: Option<State> = None;
        let mut through: Option<State> = None;
        let mut had_default = false;
        for case in cases {
            self.put(rest.clone());
            let irrefutable = match case.pattern {
                None => true,
                Some(pattern) => {
                    matches!(self.tree.pattern(pattern).kind, PatternKind::Any | PatternKind::Name(_))
                        && case.guard.is_none()
                }
            };
            had_default |= irrefutable;
            let fits = match case.pattern {
                Some(pattern) if self.live && self.known_constants(value) => self.pattern_fits(value, pattern),
                _ => None,
            };
            let settled = fits == Some(true) && case.guard.is_none();
            had_default |= settled;
            if fits == Some(false) {
                self.take();
            } else if let Some(pattern) = case.pattern {
                self.match_pattern(subject, value, pattern, span);
            }
            if let Some(guard) = case.guard {
                let (yes, _) = self.condition(guard);
                self.put(yes);
            }
            self.merge(through.take());
            self.exec_block(&case.body);
            let end = self.take();
            if falls_through {
                through = end;
            } else {
                Self::merge_into(&mut self.values, &mut after, end);
            }
            if settled || (irrefutable && !falls_through) {
                rest = None;
            }
        }
        let breaks = if falls_through { self.frame().loops.pop().and_then(|done| done.breaks) } else { None };
        self.put(after);
        self.merge(breaks);
        self.merge(through);
        if !had_default {
            self.merge(rest);
        }
    }

    /// Whether a constant fits a pattern, if that is known.
    fn pattern_fits(&mut self, value: Value, pattern: crate::syntax::PatternId) -> Option<bool> {
        match &self.tree.pattern(pattern).kind {
            PatternKind::Value(expected) => {
                let expected = self.eval_quiet(*expected);
                let same = self.fold(crate::syntax::BinaryOp::StrictEqual, value, expected)?;
                self.truth(same)
            }
            PatternKind::Or(options) => {
                let mut all_fail = true;
                for option in options {
                    match self.pattern_fits(value, *option) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => all_fail = false,
                    }
                }
                all_fail.then_some(false)
            }
            PatternKind::Any | PatternKind::Name(_) => Some(true),
            _ => None,
        }
    }
}
