//! What a function's result says of its parameters and of their fields: `return name.isalnum()`, `return ok(req.body.url)`.

use super::super::state::State;
use super::super::value::{FieldPath, Origin, PATH, RECEIVER, Ref, RefSet, TaintSet, Value, WHOLE};
use super::Interp;
use crate::model::index::{ALL_KINDS, Kinds};
use crate::syntax::{Arg, ExprId};

/// How many fields of parameters a verdict speaks of.
const MAX_FIELDS: usize = 12;

impl Interp<'_> {
    /// What a returned condition says of parameters: `return name.isalnum()`.
    pub(super) fn note_verdict(&mut self, expr: Option<ExprId>, value: Value) {
        if self.frames.len() != 1 || self.frame().verdicts.is_none() || !self.live {
            return;
        }
        let (yes, no) = match (self.truth(value), expr) {
            (Some(true), _) => (Some(self.state.clone()), None),
            (Some(false), _) => (None, Some(self.state.clone())),
            (None, Some(expr)) => {
                let before = self.state.clone();
                let (yes, no) = self.condition(expr);
                self.put(Some(before));
                (yes, no)
            }
            (None, None) => return,
        };
        for (outcome, state) in [(1usize, yes), (0, no)] {
            let Some(state) = state else { continue };
            let cleared = self.cleared_params(&state);
            let Some(verdicts) = &mut self.frames[0].verdicts else { continue };
            let verdict = &mut verdicts[outcome];
            if verdict.is_empty() {
                verdict.extend(cleared.iter().copied());
                // So that an empty verdict is not taken for no verdict at all.
                verdict.insert((RECEIVER - 1, WHOLE), 0);
            } else {
                for (param, kinds) in verdict.iter_mut() {
                    let now = cleared.iter().find(|(other, _)| other == param).map_or(0, |(_, kinds)| *kinds);
                    *kinds &= now;
                }
            }
        }
    }

    /// Parameters, and fields of parameters, that are safe for some kinds in a state.
    fn cleared_params(&mut self, state: &State) -> Vec<((u8, FieldPath), Kinds)> {
        let super::Unit::Function(function) = self.unit else { return Vec::new() };
        let info = self.project.function(function);
        let (id, shift) = (info.place.function, usize::from(info.takes_self));
        let node = self.tree.function(id);
        let mut found = Vec::new();
        for (at, param) in node.params.iter().enumerate().skip(shift) {
            let Ok(number) = u8::try_from(at - shift) else { continue };
            let crate::flow::scope::Binding::Local(var) = self.info.scopes.of_pattern(param.pattern) else { continue };
            let Some(value) = state.vars.get(var as usize) else { continue };
            if !self.values.refs(value.refs).contains(&Ref::Param(number)) {
                continue;
            }
            let cleared = self.cleared_for(*value, number);
            if cleared != 0 {
                found.push(((number, WHOLE), cleared));
            } else if let Some(at) = self.object_of(*value) {
                self.cleared_fields(state, at, (number, WHOLE), 0, &mut found);
            }
        }
        found
    }

    /// Fields below an object laid over a parameter that are safe for some kinds.
    fn cleared_fields(
        &self,
        state: &State,
        at: u32,
        (param, above): (u8, FieldPath),
        depth: usize,
        found: &mut Vec<((u8, FieldPath), Kinds)>,
    ) {
        let Some(object) = state.object(at).filter(|object| object.overlay) else { return };
        for (name, value, weak) in &object.fields {
            if found.len() >= MAX_FIELDS || !self.names.is_shared(*name) {
                return;
            }
            let mut path = above;
            path[depth] = *name;
            if let Some(at) = self.object_of(*value) {
                if depth + 1 < PATH {
                    self.cleared_fields(state, at, (param, path), depth + 1, found);
                }
                continue;
            }
            let taints = self.values.taints(value.taint);
            let own = |origin| matches!(origin, Origin::Param(of, below) if of != param || below != path);
            if *weak || taints.iter().any(|taint| own(taint.origin)) {
                continue;
            }
            let kinds = match taints {
                [] if value.refs == RefSet::ANY => ALL_KINDS,
                [] => 0,
                taints => taints.iter().fold(ALL_KINDS, |kinds, taint| kinds & taint.cleared),
            };
            if kinds != 0 {
                found.push(((param, path), kinds));
            }
        }
    }

    /// Makes a parameter's argument, or a field of it, safe.
    pub(super) fn clear_verdict(&mut self, (param, path): (u8, FieldPath), callee: ExprId, args: &[Arg], kinds: Kinds) {
        if path == WHOLE {
            return self.clear_param(param, callee, args, kinds);
        }
        let Some(place) = args.get(usize::from(param)).and_then(|arg| self.guarded_place(arg.value)) else { return };
        let names: Vec<_> = path.into_iter().filter(|name| *name != super::super::names::known::NONE).collect();
        let Some((last, above)) = names.split_last() else { return };
        let span = self.span(place);
        let mut value = self.eval_quiet(place);
        if self.deep(value) == TaintSet::CLEAN {
            return;
        }
        let mut at = self.object_under(place, value);
        for name in above {
            value = self.member(value, *name, span);
            let inner = match self.object_of(value) {
                Some(inner) => inner,
                None => self.fresh_object(),
            };
            if self.state.object(inner).is_none() {
                self.state.put(inner, super::Object::new(true, false));
            }
            let object = self.values.one(Ref::Object(inner));
            let refs = self.values.join_refs(value.refs, object);
            value = Value { refs, taint: value.taint };
            self.state.object_mut(at).set(*name, value);
            at = inner;
        }
        let field = self.member(value, *last, span);
        let taint = self.values.clear(field.taint, kinds);
        let refs = if taint == TaintSet::CLEAN { RefSet::ANY } else { field.refs };
        self.state.object_mut(at).set(*last, Value { refs, taint });
    }
}
