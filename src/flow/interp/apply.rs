//! Applies the summary of a function to a call: its sinks, its effects on arguments, and what it returns.

use std::sync::Arc;

use super::super::names::known;
use super::super::project::FuncId;
use super::super::state::Object;
use super::super::summary::{Cell, Portable, PortableObject, PortableTaint, Summary};
use super::super::value::{Did, FieldPath, Origin, Ref, Refs, Taint, TaintSet, Taints, Value};
use smallvec::SmallVec;

use super::Interp;
use super::call::Bound;
use crate::base::Span;
use crate::model::index::kind_bit;

impl Interp<'_> {
    /// What a call of a function does, from its summary.
    pub(super) fn apply(
        &mut self,
        function: FuncId,
        summary: &Arc<Summary>,
        bound: &Bound,
        span: Span,
        site: u32,
    ) -> Value {
        let cost = u32::try_from(summary.sinks.len() + 4 * summary.effects.len()).unwrap_or(u32::MAX);
        self.fuel = self.fuel.saturating_sub(cost);
        self.resolved.clear();
        self.apply_sinks(function, summary, bound, span);
        let outer = self.site.replace((site, 0));
        for (param, effect) in &summary.effects {
            let (value, _) = bound.get(*param);
            if value == Value::NONE {
                continue;
            }
            self.apply_effect(function, value, effect, bound, span);
        }
        for (cell, given) in &summary.gives {
            let value = self.substitute(function, given, bound, span, 1);
            if self.deep(value) != TaintSet::CLEAN {
                self.resolved.clear();
                self.give(*cell, value);
                if let Cell::Field(..) = cell {
                    self.give_passed(*cell, value);
                }
            }
        }
        let value = self.substitute(function, &summary.returns, bound, span, 0);
        self.resolved.clear();
        self.site = outer;
        value
    }

    fn apply_effect(&mut self, function: FuncId, value: Value, effect: &PortableObject, bound: &Bound, span: Span) {
        for (name, written, weak) in &effect.fields {
            // A field that only passes through unchanged is no effect.
            let unchanged = written.refs.iter().all(|one| matches!(one, Ref::Field | Ref::Any))
                && written.object.is_none()
                && written.taints.iter().all(|taint| {
                    matches!(taint.origin, Origin::Param(_, path) if path[0] == *name) && taint.cleared == 0
                });
            if unchanged && !written.taints.is_empty() {
                continue;
            }
            let made = self.substitute(function, written, bound, span, 1);
            self.resolved.clear();
            for one in self.refs(value) {
                match one {
                    Ref::Object(at) => {
                        let before = self.state.object(at).and_then(|object| object.field(*name));
                        let now = match (weak, before) {
                            (true, Some((before, _))) => self.join(before, made),
                            _ => made,
                        };
                        self.state.object_mut(at).set(*name, now);
                    }
                    Ref::Instance(class) => self.give(Cell::Field(class, *name), made),
                    Ref::Param(param) => {
                        let at = if let Some(at) = self.param_objects.get(&param) {
                            *at
                        } else {
                            let at = self.object_at((u32::from(param), 3));
                            self.param_objects.insert(param, at);
                            at
                        };
                        self.state.object_mut(at).set(*name, made);
                    }
                    _ => {}
                }
            }
        }
        if let Some(rest) = &effect.rest {
            let made = self.substitute(function, rest, bound, span, 1);
            self.resolved.clear();
            if let Some(at) = self.object_of(value) {
                self.add_rest(at, made);
            }
        }
    }

    fn apply_sinks(&mut self, function: FuncId, summary: &Arc<Summary>, bound: &Bound, span: Span) {
        let mut last: Option<(u8, FieldPath, TaintSet)> = None;
        for used in &summary.sinks {
            let (value, at) = bound.get(used.param);
            if value == Value::NONE {
                continue;
            }
            // Uses of one field stand side by side.
            let value = self.addressed(value, used.sink, &used.path, span);
            let taint = match last {
                Some((param, path, taint)) if (param, path) == (used.param, used.path) => taint,
                _ => self.resolve(value, &used.path, span),
            };
            last = Some((used.param, used.path, taint));
            if taint == TaintSet::CLEAN {
                continue;
            }
            let step = self.step_at(at.unwrap_or(span), Did::Passed(function));
            let taints = Taints::from_slice(self.values.taints(taint));
            for taint in taints {
                let trace = self.values.push_step(taint.trace, step);
                let taint = Taint { trace, guessed: taint.guessed.saturating_add(used.guessed), ..taint };
                self.reach(used.sink, taint, used.cleared, (used.file, used.span, used.inside), &used.way);
            }
        }
    }

    /// Of what somebody is asked for by an object that is written out, `{ url, data }`, the address alone says who that is.
    fn addressed(&mut self, value: Value, sink: u32, path: &FieldPath, span: Span) -> Value {
        let whole = *path == super::super::value::WHOLE && !self.python;
        let kind = self.index.sinks[sink as usize].kind;
        if !whole || (1 << kind) & kind_bit("ssrf") == 0 {
            return value;
        }
        let Some(Ref::Object(at)) = self.single(value) else { return value };
        let Some(url) = self.project.names.get("url") else { return value };
        let known = self.state.object(at).is_some_and(|object| object.field(url).is_some_and(|(_, weak)| !weak));
        if known { self.member(value, url, span) } else { value }
    }

    /// The taint of a field below a value. What a summary names again is looked up once, as long as nothing is written.
    fn resolve(&mut self, value: Value, path: &FieldPath, span: Span) -> TaintSet {
        if *path == super::super::value::WHOLE {
            return self.deep(value);
        }
        if let Some(known) = self.resolved.get(&(value, *path)) {
            return *known;
        }
        let taint = self.resolve_anew(value, path, span);
        self.resolved.insert((value, *path), taint);
        taint
    }

    fn resolve_anew(&mut self, mut value: Value, path: &FieldPath, span: Span) -> TaintSet {
        for name in path {
            if *name == known::NONE {
                break;
            }
            value = if *name == known::ELEMENT {
                self.element_of(value, span, true)
            } else if super::super::names::is_index(*name) {
                self.element_named(value, *name, span)
            } else {
                let member = self.member(value, *name, span);
                // A member of a JavaScript library value is no element of it.
                let typed = !self.python && !self.api_nodes(value).is_empty();
                if member.taint == TaintSet::CLEAN && !typed && self.object_of(value).is_none() {
                    let element = self.element_named(value, *name, span);
                    self.join(member, element)
                } else {
                    member
                }
            };
        }
        self.deep(value)
    }

    /// A written-out value of a callee as the caller sees it.
    pub(super) fn substitute(
        &mut self,
        function: FuncId,
        portable: &Portable,
        bound: &Bound,
        span: Span,
        depth: u32,
    ) -> Value {
        self.fuel = self.fuel.saturating_sub(1);
        let mut refs = Refs::new();
        let mut identity: SmallVec<[u8; 8]> = SmallVec::new();
        for one in &portable.refs {
            match one {
                Ref::Param(param) => {
                    identity.push(*param);
                    let (value, _) = bound.get(*param);
                    refs.extend_from_slice(self.values.refs(value.refs));
                }
                Ref::Field => refs.push(Ref::Any),
                one => refs.push(*one),
            }
        }
        let mut taints = Taints::new();
        for taint in &portable.taints {
            self.substitute_taint(function, taint, &identity, bound, span, &mut taints);
        }
        if let Some(object) = &portable.object
            && depth < 4
        {
            let at = self.fresh_object();
            let mut made = Object::new(object.overlay, object.is_list);
            made.count = object.count;
            made.fields.reserve_exact(object.fields.len());
            for (name, value, weak) in &object.fields {
                let value = self.substitute(function, value, bound, span, depth + 1);
                made.fields.push((*name, value, *weak));
            }
            if let Some(rest) = &object.rest {
                made.rest = self.substitute(function, rest, bound, span, depth + 1);
            }
            if identity.is_empty() || !object.overlay {
                self.state.put(at, made);
                refs.push(Ref::Object(at));
            }
        }
        Value { refs: self.values.ref_set(refs), taint: self.values.taint_set(taints) }
    }

    fn substitute_taint(
        &mut self,
        function: FuncId,
        taint: &PortableTaint,
        identity: &[u8],
        bound: &Bound,
        span: Span,
        out: &mut Taints,
    ) {
        let returned = self.step_at(span, Did::Returned(function));
        match taint.origin {
            Origin::Source { .. } => {
                // What other objects of the class hold says nothing of one whose field is known.
                if let Some(name) = taint.way.kept()
                    && let Some(at) = self.object_of(bound.receiver)
                    && self.state.object(at).and_then(|object| object.field(name)).is_some_and(|(_, weak)| !weak)
                {
                    return;
                }
                let trace = self.values.push_way(super::super::value::NO_TRACE, &taint.way);
                let trace = self.values.push_step(trace, returned);
                out.push(Taint { origin: taint.origin, cleared: taint.cleared, guessed: taint.guessed, trace });
            }
            Origin::Param(param, path) => {
                let (value, at) = bound.get(param);
                if value == Value::NONE {
                    return;
                }
                let whole = path == super::super::value::WHOLE && identity.contains(&param);
                let given = if whole { value.taint } else { self.resolve(value, &path, span) };
                let given = Taints::from_slice(self.values.taints(given));
                for one in given {
                    let mut trace = one.trace;
                    if !taint.way.is_empty() {
                        let step = self.step_at(at.unwrap_or(span), Did::Passed(function));
                        trace = self.values.push_step(trace, step);
                        trace = self.values.push_way(trace, &taint.way);
                    }
                    trace = self.values.push_step(trace, returned);
                    out.push(Taint {
                        origin: one.origin,
                        cleared: one.cleared | taint.cleared,
                        guessed: one.guessed.saturating_add(taint.guessed),
                        trace,
                    });
                }
            }
        }
    }
}
