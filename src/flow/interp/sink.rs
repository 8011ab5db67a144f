//! Sinks: what reaches them, from sources here and from parameters.

use super::super::facts::FileId;
use super::super::names::NameId;
use super::super::project::FuncId;
use super::super::summary::{Hit, SinkUse};
use super::super::value::{Origin, Taint, TaintSet, Taints, Value};
use super::super::way::Way;
use super::Interp;
use crate::base::Span;
use crate::model::index::{Kinds, Step, kind_bit};
use crate::model::path::{ArgBase, ArgPath};
use crate::syntax::{Attribute, ExprId, ExprKind};

/// How many ways from parameters to sinks a summary holds.
const MAX_USES: usize = 64;

impl Interp<'_> {
    /// A value reaches a sink.
    pub(super) fn check(&mut self, sink: u32, value: Value, span: Span, guessed: u8) {
        let Some(taint) = self.seen_by(sink, value, span) else { return };
        if taint == TaintSet::CLEAN {
            return;
        }
        let inside = self.current_function();
        for taint in Taints::from_slice(self.values.taints(taint)) {
            let taint = Taint { guessed: taint.guessed.saturating_add(guessed), ..taint };
            self.reach(sink, taint, 0, (self.file, span, inside), &Way::default());
        }
    }

    /// The taint of a value that a sink cares for. Objects are sent as JSON, so they are no markup; fields that are
    /// named one by one are no mass assignment.
    fn seen_by(&mut self, sink: u32, value: Value, span: Span) -> Option<TaintSet> {
        let kind: Kinds = 1 << self.index.sinks[sink as usize].kind;
        if kind == kind_bit("mass-assignment") || self.index.sinks[sink as usize].whole {
            let mut taint = value.taint;
            for one in self.refs(value) {
                if let super::Ref::Object(at) = one
                    && let Some(rest) = self.state.object(at).map(|object| object.rest)
                {
                    taint = self.values.join_taint(taint, rest.taint);
                }
            }
            return Some(taint);
        }
        if kind == kind_bit("xss")
            && let Some(super::Ref::Object(at)) = self.single(value)
            && let Some(object) = self.state.object(at)
            && !object.overlay
        {
            // `(body, status)` and `(body, headers)`
            if !self.python || !object.is_list {
                return None;
            }
            let (first, _) = object.field(super::super::names::index_name(0)?)?;
            let _ = span;
            return Some(self.deep(first));
        }
        Some(self.deep(value))
    }

    /// A taint reaches a sink, here or in a function that was called. `on`: the way from there.
    pub(super) fn reach(
        &mut self,
        sink: u32,
        taint: Taint,
        cleared: Kinds,
        place: (FileId, Span, Option<FuncId>),
        on: &Way,
    ) {
        let kind = 1 << self.index.sinks[sink as usize].kind;
        if (taint.cleared | cleared) & kind != 0 {
            return;
        }
        let (file, span, inside) = place;
        match taint.origin {
            Origin::Source { file: source_file, span: source_span, source } => {
                let guessed = taint.guessed;
                // Of a long way, the first and the last steps of both parts.
                let mut steps = self.values.trace(taint.trace);
                steps.extend(on.steps());
                self.hit(Hit { sink, file, span, inside, source, source_file, source_span, guessed, steps });
            }
            Origin::Param(param, path) => {
                let room = self.out.summary.sinks.len() < MAX_USES;
                let known = self.out.summary.sinks.iter_mut().find(|used| {
                    (used.sink, used.file, used.span, used.param, used.path) == (sink, file, span, param, path)
                });
                match known {
                    Some(known) => {
                        known.cleared &= taint.cleared | cleared;
                        known.guessed = known.guessed.min(taint.guessed);
                    }
                    None if room => {
                        let way = self.values.way(taint.trace).then(on);
                        let (cleared, guessed) = (taint.cleared | cleared, taint.guessed);
                        let used = SinkUse { sink, file, span, inside, param, path, cleared, guessed, way };
                        self.out.summary.sinks.push(used);
                    }
                    None => {}
                }
            }
        }
    }

    /// The sinks of assigning to a member: `element.innerHTML = value`.
    pub(super) fn assign_member_sinks(&mut self, target: ExprId, receiver: Value, name: NameId, value: Value) {
        let step = self.api_step(name);
        if step == Step::UNKNOWN {
            return;
        }
        let mut nodes: Vec<_> =
            self.api_nodes(receiver).iter().flat_map(|node| self.index.follow(*node, step)).collect();
        let typed =
            self.api_nodes(receiver).iter().any(|node| self.index.is_typed(*node) && !self.index.is_guessed(*node));
        if nodes.is_empty() && !typed {
            let unknown = self.values.refs(receiver.refs).iter().any(|one| {
                matches!(one, super::Ref::Any | super::Ref::Param(_) | super::Ref::Field | super::Ref::Api(..))
            });
            if unknown && let Some(root) = self.index.unknown(self.info.family) {
                nodes.extend(self.index.child(root, step));
            }
        }
        self.assigned_sinks(target, receiver, &nodes, value);
    }

    /// The sinks of assigning to an element.
    pub(super) fn assign_element_sinks(&mut self, target: ExprId, receiver: Value, key: Value, value: Value) {
        if let Some(name) = self.key_name(key) {
            let step = self.api_step(name);
            let nodes: Vec<_> =
                self.api_nodes(receiver).iter().flat_map(|node| self.index.follow(*node, step)).collect();
            self.assigned_sinks(target, receiver, &nodes, value);
        }
        let nodes: Vec<_> =
            self.api_nodes(receiver).iter().flat_map(|node| self.index.follow(*node, Step::ELEMENT)).collect();
        self.assigned_sinks(target, receiver, &nodes, value);
        self.assigned_keys(target, &nodes, key);
    }

    /// Sinks that ask for the key of what is assigned: `session[key] = value`.
    fn assigned_keys(&mut self, target: ExprId, nodes: &[crate::model::index::NodeId], key: Value) {
        let span = self.span(target);
        for node in nodes {
            let Some(entries) = self.index.entries(*node) else { continue };
            let guessed = u8::from(self.index.is_guessed(*node));
            for sink in entries.sinks.clone() {
                let model = &self.index.sinks[sink as usize];
                if model.assigned && model.args.iter().any(speaks_of_key) {
                    self.check(sink, key, span, guessed);
                }
            }
        }
    }

    fn assigned_sinks(&mut self, target: ExprId, receiver: Value, nodes: &[crate::model::index::NodeId], value: Value) {
        self.record_assign(target, receiver, nodes, value);
        let span = self.span(target);
        for node in nodes {
            let Some(entries) = self.index.entries(*node) else { continue };
            for sink in entries.sinks.clone() {
                let model = &self.index.sinks[sink as usize];
                if !model.assigned {
                    continue;
                }
                if !model.receivers.is_empty() {
                    let (ExprKind::Member { object, .. } | ExprKind::Index { object, .. }) =
                        self.tree.expr(target).kind
                    else {
                        continue;
                    };
                    let name = self.last_name(object).map(str::to_ascii_lowercase).unwrap_or_default();
                    let fits = model.receivers.iter().any(|wanted| {
                        name == *wanted || name.strip_suffix(wanted.as_str()).is_some_and(|rest| rest.ends_with('_'))
                    });
                    if !fits {
                        continue;
                    }
                }
                let guessed = u8::from(self.index.is_guessed(*node));
                self.check_assigned(sink, value, span, guessed);
            }
        }
    }

    /// The parts of an assigned value that a sink speaks of: `value`, `value.__html`.
    fn check_assigned(&mut self, sink: u32, value: Value, span: Span, guessed: u8) {
        let index = self.index;
        let model = &index.sinks[sink as usize];
        if !model.when.is_empty() && value.taint != TaintSet::CLEAN {
            let fact = self.fact_value(value, None, 0);
            if !model.when.iter().all(|condition| condition.holds_for(&fact.at(&condition.arg.tail), false)) {
                return;
            }
        }
        if model.args.is_empty() {
            self.check(sink, value, span, guessed);
        }
        for path in model.args.iter().filter(|path| !speaks_of_key(path)) {
            let part = self.below(value, &path.tail, span);
            self.check(sink, part, span, guessed);
        }
    }

    /// Assigning to a global: `location = target`.
    pub(super) fn assign_global_sinks(&mut self, name: NameId, span: Span, value: Value) {
        let step = self.api_step(name);
        let root = self.index.root(self.info.family, "globalThis");
        let Some(node) = root.and_then(|root| self.index.child(root, step)) else { return };
        let Some(entries) = self.index.entries(node) else { return };
        for sink in entries.sinks.clone() {
            if self.index.sinks[sink as usize].assigned {
                self.check_assigned(sink, value, span, 0);
            }
        }
    }

    /// Attributes of JSX elements that are sinks: models write them as `react.jsx.dangerouslySetInnerHTML`, assigned.
    pub(super) fn jsx_sinks(&mut self, attribute: &Attribute, name: NameId, value: Value) {
        let step = self.api_step(name);
        let root = self.index.root(self.info.family, "react");
        let jsx = root.and_then(|root| self.index.child(root, self.index.member("jsx")));
        let Some(node) = jsx.and_then(|jsx| self.index.child(jsx, step)) else { return };
        let Some(entries) = self.index.entries(node) else { return };
        if entries.fact {
            self.record_attribute(attribute, node, value);
        }
        for sink in entries.sinks.clone() {
            if self.index.sinks[sink as usize].assigned {
                let span = attribute.value.map_or(attribute.span, |value| self.span(value));
                self.check_assigned(sink, value, span, 0);
            }
        }
    }

    /// What a handler returns is sent.
    pub(super) fn check_returned(&mut self, expr: ExprId, value: Value) {
        let sinks = self.frame().sinks.clone();
        if sinks.is_empty() {
            return;
        }
        // `return body, status`
        let first = match self.single(value) {
            Some(super::Ref::Object(at)) if self.python => self
                .state
                .object(at)
                .filter(|object| object.is_list && object.count.is_some_and(|count| (2..=3).contains(&count)))
                .and_then(|object| object.field(super::super::names::index_name(0)?))
                .map(|(first, _)| first),
            _ => None,
        };
        let typed = self.is_typed_answer(value);
        let value = first.unwrap_or(value);
        for sink in sinks {
            if typed && 1 << self.index.sinks[sink as usize].kind == kind_bit("xss") {
                continue;
            }
            // Objects are sent as JSON; only text is read as markup.
            let refs = self.values.refs(value.refs);
            let objects = refs.iter().any(|one| match one {
                super::Ref::Object(_) => true,
                // `return request.get_json()` answers with what the JSON holds, as JSON.
                super::Ref::Api(node, _) => {
                    let path = self.index.text(*node);
                    path.ends_with(".get_json()") || path.ends_with(".json") || path.ends_with(".json()")
                }
                _ => false,
            });
            let text =
                refs.iter().any(|one| matches!(one, super::Ref::Text | super::Ref::Starts(_) | super::Ref::Str(_)));
            if !objects || text {
                // What came through calls nobody knows need not be text at all.
                let taint = if text {
                    value.taint
                } else {
                    self.values.map_taint(value.taint, |taint| (taint.guessed == 0).then_some(taint))
                };
                let own = Value { refs: super::super::value::RefSet::ANY, taint };
                self.check(sink, own, self.span(expr), 0);
            }
        }
    }
}

impl Interp<'_> {
    /// `return body, status, headers` with headers that are not written out, or that name another type than HTML: the
    /// headers decide how the body is read.
    fn is_typed_answer(&self, value: Value) -> bool {
        let Some(super::Ref::Object(at)) = self.single(value).filter(|_| self.python) else { return false };
        let Some(answer) = self.state.object(at).filter(|object| object.is_list && object.count == Some(3)) else {
            return false;
        };
        let Some((headers, _)) = super::super::names::index_name(2).and_then(|name| answer.field(name)) else {
            return false;
        };
        let Some(super::Ref::Object(headers)) = self.single(headers) else { return true };
        let Some(headers) = self.state.object(headers) else { return true };
        headers.fields.iter().any(|(name, value, _)| {
            self.names.text(*name).eq_ignore_ascii_case("content-type")
                && self.constant_text(*value).is_none_or(|kind| !kind.contains("html") && !kind.contains("svg"))
        })
    }
}

/// Whether a sink of assignments asks for the key.
fn speaks_of_key(path: &ArgPath) -> bool {
    matches!(&path.base, ArgBase::Keyword(name) if name == "key")
}
