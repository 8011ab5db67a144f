//! Calls of library functions, as models describe them.

use super::super::names::{NameId, known};
use super::super::state::Object;
use super::super::value::{Did, Ref, TaintSet, Value};
use super::Interp;
use super::call::{ArgItem, Args};
use crate::base::Span;
use crate::flow::facts::{CallFact, select};
use crate::model::index::{ALL_KINDS, Callback, CompiledCondition, Given, Kinds, NodeId, Step, kind_bit};
use crate::model::path::{ArgBase, ArgPath, Segment};
use crate::syntax::{ExprId, ExprKind, Spread};

/// What models say of the result of a call.
#[derive(Default)]
struct Outcome {
    clears: Kinds,
    /// Taint that propagators carry; `None` if no propagator is known.
    carried: Option<TaintSet>,
    /// It is a sink: what goes in does not come out.
    ends: bool,
    /// Something is known of it.
    known: bool,
    /// What callbacks gave.
    given: Option<Value>,
}

impl Interp<'_> {
    /// Calls what may be any of the nodes.
    pub(super) fn library_call(
        &mut self,
        id: ExprId,
        callee: ExprId,
        nodes: &[NodeId],
        args: &Args,
        name: Option<NameId>,
    ) -> Value {
        let span = self.span(id);
        let fact = self.record_call(id, callee, nodes, args);
        let mut outcome = Outcome::default();
        let mut called_back = false;
        let mut own_sources = TaintSet::CLEAN;
        for node in nodes {
            let index = self.index;
            let Some(entries) = index.entries(*node) else { continue };
            let guessed = self.index.is_guessed(*node);
            outcome.known |= !guessed;
            for sink in &entries.sinks {
                self.library_sink(*sink, id, callee, args, fact.as_ref(), guessed);
                // A format string comes out again.
                let format = 1 << self.index.sinks[*sink as usize].kind == crate::model::index::kind_bit("format");
                outcome.ends |= !guessed && !format;
            }
            for source in &entries.sources {
                let taint = self.library_source(*source, id, callee, args, fact.as_ref(), guessed);
                own_sources = self.values.join_taint(own_sources, taint);
            }
            for sanitizer in &entries.sanitizers {
                let sanitizer = &self.index.sanitizers[*sanitizer as usize];
                if !holds(&sanitizer.when, fact.as_ref()) {
                    continue;
                }
                if sanitizer.args.is_empty() {
                    outcome.clears |= sanitizer.clears;
                } else {
                    for path in &sanitizer.args {
                        self.clear_by_path(&path.base, callee, args, sanitizer.clears);
                    }
                }
            }
            for propagator in &entries.propagators {
                self.propagate(*propagator, callee, args, &mut outcome);
            }
            for render in &entries.renders {
                if let Some(module) = self.render(*render, id, callee, args) {
                    outcome.given = Some(module);
                }
            }
            for callback in &entries.callbacks {
                called_back = true;
                let callback = &self.index.callbacks[*callback as usize];
                self.library_callback(callback, id, args, &mut outcome);
            }
        }
        if !called_back {
            self.call_back_all(args);
        }
        if !self.live {
            return Value::ANY;
        }
        // What the callbacks of `map` give is all there is in the result.
        let mapped = outcome.given.is_some() && outcome.carried.is_none();
        let taint = if mapped { TaintSet::CLEAN } else { self.result_taint(nodes, args, &outcome, span, name) };
        let taint = self.values.join_taint(taint, own_sources);
        let mut results: Vec<NodeId> = nodes.iter().flat_map(|node| self.index.follow(*node, Step::CALL)).collect();
        results.dedup();
        let mut value = if results.is_empty() { Value::any(taint) } else { self.api(results, Some(id), span, taint) };
        if outcome.clears != 0 {
            value.taint = self.values.clear(value.taint, outcome.clears);
            if outcome.clears == ALL_KINDS && value.refs == super::super::value::RefSet::ANY {
                value = Value::SCALAR;
            }
        }
        if let Some(given) = outcome.given {
            value = self.join(value, given);
        }
        if outcome.clears == 0 { value } else { self.narrowed(id, args.receiver, name, value) }
    }

    fn result_taint(
        &mut self,
        nodes: &[NodeId],
        args: &Args,
        outcome: &Outcome,
        span: Span,
        name: Option<NameId>,
    ) -> TaintSet {
        let taint = match outcome.carried {
            Some(carried) => carried,
            None if outcome.clears == ALL_KINDS || outcome.ends => return TaintSet::CLEAN,
            None => {
                let receiver = args.receiver.map_or(TaintSet::CLEAN, |receiver| self.deep(receiver));
                let rest = Args { receiver: None, items: args.items.clone(), closure: None };
                let taint = self.all_taint(&rest);
                let known = outcome.known || nodes.iter().any(|node| !self.index.is_guessed(*node));
                let guesses = if known { self.query_guesses(name, args) } else { self.guesses(name, args) };
                let taint = self.values.guess(taint, guesses);
                self.values.join_taint(receiver, taint)
            }
        };
        let step = self.step_at(span, Did::Through(name.unwrap_or(known::NONE)));
        self.values.step(taint, step)
    }

    /// The arguments that a path names, with the place to point at.
    pub(super) fn named(&mut self, path: &ArgPath, callee: ExprId, args: &Args) -> Vec<(Value, Span)> {
        let callee_span = self.span(callee);
        let found: Vec<(Value, Span)> = match &path.base {
            ArgBase::Receiver => {
                let span = match self.tree.expr(callee).kind {
                    ExprKind::Member { object, .. } => self.span(object),
                    _ => callee_span,
                };
                args.receiver.iter().map(|value| (*value, span)).collect()
            }
            ArgBase::Return => Vec::new(),
            base => {
                let names = &self.names;
                let mut items = select(base, &args.items, |item: &ArgItem| {
                    (item.name.map(|name| names.text(name)), item.spread != Spread::No)
                });
                // `f(**mapping)` may bring the keyword along.
                if let ArgBase::Keyword(_) | ArgBase::Either(..) = base
                    && !items.iter().any(|item| item.name.is_some())
                {
                    items.retain(|item| item.spread != Spread::Map);
                    items.extend(args.items.iter().filter(|item| item.spread == Spread::Map));
                }
                items
                    .into_iter()
                    .map(|item| (*item, item.expr.map_or(callee_span, |expr| self.tree.expr(expr).span)))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|(item, span)| match item.spread {
                        Spread::No => (item.value, span),
                        Spread::Sequence => (self.spread_position(item.value, base, span), span),
                        Spread::Map => (self.spread_keyword(item.value, base, span), span),
                    })
                    .collect()
            }
        };
        found.into_iter().map(|(value, span)| (self.below(value, &path.tail, span), span)).collect()
    }

    fn spread_position(&mut self, value: Value, base: &ArgBase, span: Span) -> Value {
        match base {
            ArgBase::Position(at) | ArgBase::Either(at, _) => match super::super::names::index_name(*at) {
                Some(name) => self.element_named(value, name, span),
                None => self.element_of(value, span, true),
            },
            _ => self.element_of(value, span, true),
        }
    }

    fn spread_keyword(&mut self, value: Value, base: &ArgBase, span: Span) -> Value {
        match base {
            ArgBase::Keyword(name) | ArgBase::Either(_, name) => {
                let name = self.names.intern(name);
                self.element_named(value, name, span)
            }
            _ => value,
        }
    }

    /// A field or element below a value.
    pub(super) fn below(&mut self, mut value: Value, tail: &[Segment], span: Span) -> Value {
        for segment in tail {
            value = match segment {
                Segment::Member(name) => {
                    let name = self.names.intern(name);
                    self.field_only(value, name, span)
                }
                Segment::Element => self.element_of(value, span, true),
                Segment::Call => value,
            };
        }
        value
    }

    /// A field that an argument path names: of an object that is known, only what it really has.
    fn field_only(&mut self, value: Value, name: NameId, span: Span) -> Value {
        let text = matches!(self.single(value), Some(Ref::Str(_) | Ref::Text | Ref::Starts(_)));
        if text {
            return Value::NULL;
        }
        // Of a list of which no element is known by its number, `text.split()`, any may be the first.
        if super::super::names::is_index(name)
            && let Some(object) = self.object_of(value).and_then(|at| self.state.object(at))
            && object.fields.is_empty()
            && object.rest != Value::NONE
        {
            return object.rest;
        }
        self.member(value, name, span)
    }

    /// The sinks of some nodes alone.
    pub(super) fn library_sinks(&mut self, id: ExprId, callee: ExprId, nodes: &[NodeId], args: &Args) {
        let fact = self.record_call(id, callee, nodes, args);
        for node in nodes {
            let Some(entries) = self.index.entries(*node) else { continue };
            for sink in &entries.sinks {
                self.library_sink(*sink, id, callee, args, fact.as_ref(), self.index.is_guessed(*node));
            }
        }
    }

    fn library_sink(
        &mut self,
        sink: u32,
        id: ExprId,
        callee: ExprId,
        args: &Args,
        fact: Option<&CallFact>,
        guessed: bool,
    ) {
        let model = &self.index.sinks[sink as usize];
        if model.assigned || !self.receiver_fits(&model.receivers, callee) || !holds(&model.when, fact) {
            return;
        }
        let kind = 1 << model.kind;
        let vetted = |interp: &mut Self| {
            if interp.python { interp.has_own_transport(callee) } else { interp.has_own_agent(id, callee) }
        };
        if self.python && kind == kind_bit("xss") && self.is_retyped(id) || kind == kind_bit("ssrf") && vetted(self) {
            return;
        }
        if kind == kind_bit("argument") {
            return self.check_arguments(sink, callee, args, guessed);
        }
        let model = &self.index.sinks[sink as usize];
        let mut bound = 0;
        for path in model.args.iter().filter(|_| kind == kind_bit("nosql")) {
            for (value, _) in self.named(path, callee, args) {
                bound = bound.max(self.bound_to_owner(value));
            }
        }
        for path in &model.args {
            for (value, span) in self.named(path, callee, args) {
                if kind == kind_bit("xss") && self.is_sent_as_text(id, callee, value)
                    || kind == kind_bit("ldap") && self.is_principal(value)
                {
                    continue;
                }
                // What an archive that was uploaded holds was sent, too.
                let opened = kind == kind_bit("path") && path.base == ArgBase::Receiver;
                let value = if opened { self.opened(value) } else { value };
                let value = if kind == kind_bit("code") { self.timed(callee, value) } else { value };
                self.check(sink, value, span, u8::from(guessed) + bound);
            }
        }
    }

    fn library_source(
        &mut self,
        source: u32,
        id: ExprId,
        callee: ExprId,
        args: &Args,
        fact: Option<&CallFact>,
        guessed: bool,
    ) -> TaintSet {
        let model = &self.index.sources[source as usize];
        if model.taints.is_empty() && model.when.is_empty() || !holds(&model.when, fact) {
            return TaintSet::CLEAN;
        }
        let taint = self.source_taint(source, u8::from(guessed), self.span(id));
        let taint = self.values.one_taint(taint);
        if model.taints.is_empty() {
            return taint;
        }
        for path in &model.taints {
            self.taint_argument(&path.base, callee, args, taint);
        }
        TaintSet::CLEAN
    }

    fn taint_argument(&mut self, base: &ArgBase, callee: ExprId, args: &Args, taint: TaintSet) {
        for place in self.places(base, callee, args) {
            let value = self.eval_quiet(place);
            let taint = self.values.join_taint(value.taint, taint);
            self.set_place(place, Value { refs: value.refs, taint });
        }
    }

    fn clear_by_path(&mut self, base: &ArgBase, callee: ExprId, args: &Args, kinds: Kinds) {
        for place in self.places(base, callee, args) {
            self.clear_place(place, kinds);
        }
    }

    /// The expressions that stand for an argument.
    fn places(&self, base: &ArgBase, callee: ExprId, args: &Args) -> Vec<ExprId> {
        if *base == ArgBase::Receiver {
            return match self.tree.expr(callee).kind {
                ExprKind::Member { object, .. } => vec![object],
                _ => Vec::new(),
            };
        }
        let names = &self.names;
        let items = select(base, &args.items, |item: &ArgItem| {
            (item.name.map(|name| names.text(name)), item.spread != Spread::No)
        });
        items.into_iter().filter_map(|item| item.expr).collect()
    }

    fn receiver_fits(&self, receivers: &[String], callee: ExprId) -> bool {
        if receivers.is_empty() {
            return true;
        }
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return false };
        let Some(name) = self.last_name(object) else { return false };
        let written = name.trim_start_matches('_');
        let name = written.to_ascii_lowercase();
        receivers.iter().any(|wanted| {
            // `db_cursor` and `dbCursor` are cursors, `precursor` is not.
            let ends = |rest: &str| {
                rest.ends_with('_') || written.as_bytes().get(rest.len()).is_some_and(u8::is_ascii_uppercase)
            };
            name == *wanted || name.strip_suffix(wanted.as_str()).is_some_and(ends)
        })
    }

    /// The last identifier of an expression: `self.db_cursor()` gives `db_cursor`.
    pub(super) fn last_name(&self, mut expr: ExprId) -> Option<&str> {
        for _ in 0..8 {
            match &self.tree.expr(expr).kind {
                ExprKind::Name(name) | ExprKind::Member { name, .. } => return Some(self.tree.text(*name)),
                ExprKind::Call { callee, .. } => expr = *callee,
                ExprKind::Index { object, .. } => expr = *object,
                ExprKind::Await(inner) => expr = *inner,
                _ => return None,
            }
        }
        None
    }

    fn propagate(&mut self, propagator: u32, callee: ExprId, args: &Args, outcome: &mut Outcome) {
        let model = &self.index.propagators[propagator as usize];
        let mut taint = TaintSet::CLEAN;
        for path in &model.from {
            for (value, _) in self.named(path, callee, args) {
                let more = self.deep(value);
                taint = self.values.join_taint(taint, more);
            }
        }
        if model.to.base == ArgBase::Return && model.to.tail == [Segment::Element] {
            // Only what it holds is tainted, not what it is held by.
            outcome.carried.get_or_insert(TaintSet::CLEAN);
            if taint != TaintSet::CLEAN {
                let at = self.object_at((callee.index(), 37));
                self.state.put(at, Object::new(false, false));
                self.add_rest(at, Value::any(taint));
                let made = self.one(Ref::Object(at));
                outcome.given = Some(outcome.given.map_or(made, |given| self.join(given, made)));
            }
        } else if model.to.base == ArgBase::Return {
            let before = outcome.carried.unwrap_or(TaintSet::CLEAN);
            outcome.carried = Some(self.values.join_taint(before, taint));
        } else {
            outcome.carried.get_or_insert(TaintSet::CLEAN);
            if taint != TaintSet::CLEAN {
                self.taint_argument(&model.to.base, callee, args, taint);
            }
        }
    }

    fn library_callback(&mut self, callback: &Callback, id: ExprId, args: &Args, outcome: &mut Outcome) {
        let mut functions = Vec::new();
        for path in &callback.args {
            for (value, span) in self.named(path, id, args) {
                self.callables(value, span, &mut functions);
            }
        }
        functions.dedup();
        if functions.is_empty() && callback.returns.is_some() {
            self.library_mapped(callback, id, args, outcome);
        }
        for function in functions {
            let declared = self.project.function_node(function).params.len();
            let params = if declared == 4 && !callback.error_first.is_empty() {
                &callback.error_first
            } else {
                &callback.params
            };
            let mut values = Vec::with_capacity(params.len());
            for given in params {
                values.push(match given {
                    Given::Type(node) => {
                        let given = self.api(vec![*node], None, self.span(id), TaintSet::CLEAN);
                        if self.python { given } else { self.narrowed_input(id, given) }
                    }
                    Given::Argument(path) => {
                        let found = self.named(path, id, args);
                        found.into_iter().fold(Value::NONE, |all, (value, _)| self.values.join(all, value))
                    }
                    Given::Nothing => Value::ANY,
                });
            }
            let before = self.live.then(|| self.state.clone());
            let result = self.invoke(function, Args::positional(values), id);
            self.merge(before);
            if let Some(path) = &callback.returns {
                let mut given = result;
                if path.tail.contains(&Segment::Element) {
                    let at = self.object_at((id.index(), 41));
                    let mut list = Object::new(false, true);
                    (list.rest, list.count) = (result, None);
                    self.state.put(at, list);
                    given = self.one(Ref::Object(at));
                }
                outcome.given = Some(match outcome.given {
                    Some(before) => self.join(before, given),
                    None => given,
                });
            }
        }
    }

    /// `map(int, items)`: a library function that makes safe what goes through it.
    fn library_mapped(&mut self, callback: &Callback, id: ExprId, args: &Args, outcome: &mut Outcome) {
        let mut nodes = Vec::new();
        for path in &callback.args {
            for (value, _) in self.named(path, id, args) {
                nodes.extend(self.api_nodes(value));
            }
        }
        let clears = |node: &NodeId| {
            self.index.entries(*node).map_or(0, |entries| {
                let all = entries.sanitizers.iter().map(|at| &self.index.sanitizers[*at as usize]);
                all.filter(|one| one.args.is_empty() && one.when.is_empty()).fold(0, |kinds, one| kinds | one.clears)
            })
        };
        let kinds = nodes.iter().fold(ALL_KINDS, |kinds, node| kinds & clears(node));
        if nodes.is_empty() || kinds == 0 {
            return;
        }
        let mut taint = TaintSet::CLEAN;
        for given in &callback.params {
            if let Given::Argument(path) = given {
                for (value, _) in self.named(path, id, args) {
                    let more = self.deep(value);
                    taint = self.values.join_taint(taint, more);
                }
            }
        }
        let content = Value::any(self.values.clear(taint, kinds));
        outcome.given = Some(self.list_of(id, content));
    }

    /// The project functions that a value is or holds.
    pub(super) fn callables(&mut self, value: Value, span: Span, found: &mut Vec<super::FuncId>) {
        for one in self.refs(value) {
            match one {
                Ref::Func(function) => found.push(function),
                Ref::Object(_) => {
                    let element = self.element_of(value, span, true);
                    for one in self.refs(element) {
                        if let Ref::Func(function) = one {
                            found.push(function);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn holds(when: &[CompiledCondition], fact: Option<&CallFact>) -> bool {
    when.is_empty() || fact.is_some_and(|fact| when.iter().all(|condition| condition.holds(fact)))
}
