//! Calls: who is called, with what, and what a function of the project does with it.

use super::super::names::{NameId, known};
use super::super::project::FuncId;
use super::super::state::Object;
use super::super::summary::{Cell, Summary};
use super::super::value::{RECEIVER, Ref, RefSet, TaintSet, Value};
use smallvec::SmallVec;

use super::{Frame, Interp, MAX_FRAMES, MAX_RUNS};
use crate::base::Span;
use crate::syntax::{Arg, ExprId, ExprKind, ParamKind, Spread};

/// Arguments in order; few calls have more than four.
pub(super) type Items = SmallVec<[ArgItem; 4]>;

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Args {
    /// The value left of the dot.
    pub(super) receiver: Option<Value>,
    /// The rest, in order.
    pub(super) items: Items,
    /// The object that holds the variables a closure captured.
    pub(super) closure: Option<u32>,
}

/// One argument.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArgItem {
    pub(super) name: Option<NameId>,
    pub(super) spread: Spread,
    pub(super) value: Value,
    pub(super) expr: Option<ExprId>,
}

impl Args {
    /// Positional arguments that stand nowhere in the text.
    pub(super) fn positional(values: Vec<Value>) -> Self {
        let items =
            values.into_iter().map(|value| ArgItem { name: None, spread: Spread::No, value, expr: None }).collect();
        Self { receiver: None, items, closure: None }
    }

    /// The nth positional argument.
    pub(super) fn at(&self, at: usize) -> Option<Value> {
        self.items.iter().filter(|item| item.name.is_none()).nth(at).map(|item| item.value)
    }
}

/// Arguments bound to the parameters of a function.
pub(super) struct Bound {
    pub(super) receiver: Value,
    /// Per parameter, the receiver left out: its value and where the argument stands.
    pub(super) params: SmallVec<[(Value, Option<Span>); 6]>,
    /// What a closure captured, by number.
    pub(super) captured: Vec<(u8, Value)>,
    /// What the calls of parameters gave.
    pub(super) results: Vec<Value>,
}

impl Bound {
    pub(super) fn get(&self, param: u8) -> (Value, Option<Span>) {
        if param == RECEIVER {
            return (self.receiver, None);
        }
        if param >= super::super::value::RESULTS {
            let at = usize::from(param - super::super::value::RESULTS);
            return (self.results.get(at).copied().unwrap_or(Value::NONE), None);
        }
        if param >= super::super::value::CAPTURED {
            let at = param - super::super::value::CAPTURED;
            let found = self.captured.iter().find(|(number, _)| *number == at);
            return (found.map_or(Value::NONE, |(_, value)| *value), None);
        }
        self.params.get(param as usize).copied().unwrap_or((Value::NONE, None))
    }
}

/// What a call of each thing that a value may be gave.
struct Called {
    /// Library functions that are yet to be called.
    nodes: Vec<crate::model::index::NodeId>,
    result: Value,
    /// Something of the project was called.
    project: bool,
}

impl Interp<'_> {
    /// A call expression.
    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: &[Arg]) -> Value {
        let tree = self.tree;
        let (receiver, target, name) = match &tree.expr(callee).kind {
            ExprKind::Super => return self.call_super(id, None, args),
            ExprKind::Member { object, name, .. } => {
                let name = self.name(*name);
                if self.is_super(*object) {
                    return self.call_super(id, Some(name), args);
                }
                let receiver = self.eval(*object);
                let target = self.member(receiver, name, tree.expr(callee).span);
                (Some(receiver), target, Some(name))
            }
            ExprKind::Name(symbol) => {
                let name = self.name(*symbol);
                if name == known::REQUIRE
                    && !self.python
                    && let [arg] = args
                    && let Some(module) = tree.string_of(arg.value)
                {
                    return self.require(module);
                }
                let target = self.eval(callee);
                (None, target, Some(name))
            }
            ExprKind::Index { object, index } => {
                let receiver = self.eval(*object);
                let key = self.eval(*index);
                let target = self.element(receiver, key, tree.expr(callee).span);
                self.dispatch_sink(callee, receiver, key);
                (Some(receiver), target, self.key_name(key))
            }
            ExprKind::Call { callee: inner, args: given, .. } => {
                let target = self.eval(callee);
                // `getattr(x, name)()` calls a method of `x`.
                let receiver = match (&tree.expr(*inner).kind, given.as_ref()) {
                    (ExprKind::Name(name), [of, ..]) if self.python && tree.text(*name) == "getattr" => {
                        Some(self.eval_quiet(of.value))
                    }
                    _ => None,
                };
                (receiver, target, None)
            }
            _ => (None, self.eval(callee), None),
        };
        if let Some(Ref::Func(function)) = self.single(target) {
            self.note_recursion(function, args);
        }
        let args = self.arguments(receiver, args);
        if !self.live {
            return Value::ANY;
        }
        self.dispatch(id, callee, target, name, args)
    }

    /// Evaluates arguments.
    pub(super) fn arguments(&mut self, receiver: Option<Value>, args: &[Arg]) -> Args {
        let mut items = Items::with_capacity(args.len());
        for arg in args {
            let name = arg.name.map(|name| self.name(name));
            self.purpose.extend(name);
            let value = self.eval(arg.value);
            if name.is_some() {
                self.purpose.pop();
            }
            self.push_argument(&mut items, ArgItem { name, spread: arg.spread, value, expr: Some(arg.value) });
        }
        Args { receiver, items, closure: None }
    }

    pub(super) fn dispatch(
        &mut self,
        id: ExprId,
        callee: ExprId,
        target: Value,
        name: Option<NameId>,
        args: Args,
    ) -> Value {
        let span = self.span(id);
        let (args, passed) = self.closed_over(target, args);
        if let Some(value) = self.special_call(id, target, name, &args) {
            return value;
        }
        let Called { nodes, mut result, project } = self.call_each(id, target, &args, passed);
        if project && name.is_some_and(|name| checks_access(self.names.text(name))) {
            args.items.iter().filter_map(|item| item.expr).for_each(|place| self.doubt_place(place));
        }
        if project && name.is_some_and(|name| self.vets_address(target, name)) {
            result.taint = self.vetted(&args, result.taint);
        }
        if let Some(name) = name.filter(|_| project) {
            self.own_escape(target, name, &mut result);
        }
        if !self.live {
            return result;
        }
        if passed
            && nodes.is_empty()
            && let Some(returned) = self.higher_call(target, &args)
        {
            self.call_back_all(&args);
            return self.join(result, returned);
        }
        if let Some(value) = self.language_static(id, callee, name, &args) {
            let sinks = |node: &crate::model::index::NodeId| {
                self.index.entries(*node).is_some_and(|entries| !entries.sinks.is_empty())
            };
            if nodes.iter().any(sinks) {
                self.library_call(id, callee, &nodes, &args, name);
            }
            return value;
        }
        let guessed_only = nodes.iter().all(|node| self.index.is_guessed(*node));
        if let Some(value) = self.known_outcome(&nodes, &args) {
            if nodes.iter().any(|node| self.index.entries(*node).is_some_and(|entries| entries.fact)) {
                self.record_call(id, callee, &nodes, &args);
            }
            result = self.join(result, value);
        } else if !nodes.is_empty() {
            let returned = self.library_call(id, callee, &nodes, &args, name);
            let folded = match name {
                Some(name) if args.receiver.is_none() => {
                    self.after_builtin(name, &nodes, &args);
                    self.constant_builtin(name, &args).or_else(|| self.attribute_by_name(id, name, &args))
                }
                _ => None,
            };
            result = self.join(result, folded.unwrap_or(returned));
        }
        if !project && (nodes.is_empty() || guessed_only) {
            let handled = match name {
                Some(name) => self.intrinsic(id, callee, name, &args),
                None => None,
            };
            let returned = match handled {
                Some(value) => value,
                None if nodes.is_empty() => {
                    let made = self.unknown_call(target, name, &args, span);
                    self.rendered(callee, name, made)
                }
                None => {
                    self.handed_paths(name, &args);
                    Value::NONE
                }
            };
            // What is known to be a container is not anything else besides.
            let container = handled.is_some_and(|value| self.object_of(value).is_some());
            result = if container && guessed_only {
                returned
            } else if handled.is_some() && guessed_only && !nodes.is_empty() {
                Value { refs: self.values.join_refs(result.refs, returned.refs), taint: returned.taint }
            } else {
                self.join(result, returned)
            };
        }
        if !self.python && self.is_new(id) && name.is_some_and(|name| self.names.text(name) == "URL") {
            result.taint = self.own_url(&args, result.taint);
        }
        if let Some(name) = name {
            self.after_call(id, callee, name, &args, &mut result);
        }
        if !project && self.never_returns(callee) {
            self.exec_throw();
        }
        if result == Value::NONE { Value::ANY } else { result }
    }

    /// Calls whatever of the project a value may be.
    fn call_each(&mut self, id: ExprId, target: Value, args: &Args, passed: bool) -> Called {
        let mut called = Called { nodes: Vec::new(), result: Value::NONE, project: false };
        for one in self.refs(target) {
            match one {
                Ref::Api(node, _) => called.nodes.push(node),
                // Who calls decides what was passed: types of other callers say nothing here.
                Ref::Func(_) if passed => {}
                Ref::Func(function) if self.is_new(id) => {
                    called.project = true;
                    let at = self.object_at((id.index(), 33));
                    let made = self.prototype_of(function);
                    self.state.put(at, made);
                    let made = self.one(Ref::Object(at));
                    self.invoke(function, Args { receiver: Some(made), items: args.items.clone(), closure: None }, id);
                    called.result = self.join(called.result, made);
                }
                Ref::Func(function) => {
                    called.project = true;
                    let returned = self.invoke(function, args.clone(), id);
                    called.result = self.join(called.result, returned);
                }
                Ref::Class(class) => {
                    called.project = true;
                    let made = self.construct(class, args.clone(), id);
                    called.result = self.join(called.result, made);
                }
                Ref::Instance(class) => {
                    if let Some(method) = self.project.method(class, known::CALL) {
                        called.project = true;
                        let args = Args { receiver: Some(target), items: args.items.clone(), closure: None };
                        let returned = self.invoke(method, args, id);
                        called.result = self.join(called.result, returned);
                    }
                }
                _ => {}
            }
        }
        called
    }

    /// JavaScript's `new` of a function.
    fn is_new(&self, id: ExprId) -> bool {
        matches!(self.tree.expr(id).kind, ExprKind::Call { is_new: true, .. })
    }

    /// `abort(400)`, `sys.exit()`, `process.exit()`, Next's `notFound()`: what follows is not reached.
    fn never_returns(&self, callee: ExprId) -> bool {
        match &self.tree.expr(callee).kind {
            ExprKind::Name(name) => match self.tree.text(*name) {
                "exit" | "quit" | "abort" => self.python,
                "notFound" | "permanentRedirect" => !self.python,
                _ => false,
            },
            ExprKind::Member { object, name, .. } => {
                let ExprKind::Name(of) = self.tree.expr(*object).kind else { return false };
                matches!(
                    (self.tree.text(of), self.tree.text(*name)),
                    ("sys" | "process", "exit") | ("os", "_exit" | "abort") | ("flask", "abort")
                )
            }
            _ => false,
        }
    }

    fn is_super(&self, expr: ExprId) -> bool {
        match &self.tree.expr(expr).kind {
            ExprKind::Super => true,
            ExprKind::Call { callee, .. } => matches!(self.tree.expr(*callee).kind, ExprKind::Super),
            _ => false,
        }
    }

    /// `super().method(…)`, JavaScript's `super(…)`, `super.method(…)`.
    fn call_super(&mut self, id: ExprId, name: Option<NameId>, args: &[Arg]) -> Value {
        let this = self.frame().this;
        let args = self.arguments(Some(this), args);
        let Some(name) = name.or((!self.python).then_some(known::CONSTRUCTOR)) else { return Value::ANY };
        let class = self.current_function().and_then(|function| self.project.function(function).class);
        let Some(class) = class else { return Value::ANY };
        let bases = self.project.class(class).bases.clone();
        if let Some(method) = bases.iter().find_map(|base| self.project.method(*base, name)) {
            self.invoke(method, args, id)
        } else {
            let taint = self.all_taint(&args);
            Value::any(taint)
        }
    }

    fn require(&mut self, module: &str) -> Value {
        let target = self.project.resolver.javascript(self.project.path(self.file), module);
        if let super::super::project::Target::File(file) = target {
            if let Some(exports) = self.cell(Cell::Var(file, super::super::summary::EXPORTS)) {
                return exports;
            }
            return self.one(Ref::Module(file));
        }
        self.module_value(&target)
    }

    /// The taint of all arguments and the receiver.
    pub(super) fn all_taint(&mut self, args: &Args) -> TaintSet {
        let mut taint = TaintSet::CLEAN;
        for value in args.items.iter().map(|item| item.value).chain(args.receiver) {
            let more = self.deep(value);
            taint = self.values.join_taint(taint, more);
        }
        taint
    }

    /// Calls a function of the project.
    pub(super) fn invoke(&mut self, function: FuncId, args: Args, site: ExprId) -> Value {
        let span = self.span(site);
        self.invoke_with(function, args, span, site.index())
    }

    /// The same where there is no call expression (properties).
    pub(super) fn invoke_at(&mut self, function: FuncId, args: Args, span: Span) -> Value {
        self.invoke_with(function, args, span, span.start | (1 << 30))
    }

    pub(super) fn invoke_with(&mut self, function: FuncId, args: Args, span: Span, site: u32) -> Value {
        let mut bound = self.bind_args(function, &args, site);
        for (at, (value, _)) in (0u8..super::super::value::CAPTURED).zip(&bound.params) {
            self.seed(function, at, *value);
            self.hand_over(function, at, *value);
        }
        if self.is_nested(function) {
            let again = self.active.contains(&function)
                || self.frames.len() >= MAX_FRAMES
                || self.runs.get(&function).is_some_and(|runs| *runs >= MAX_RUNS);
            if again {
                let taint = self.all_taint(&args);
                return Value::any(taint);
            }
            return self.run_nested(function, &bound);
        }
        if self.apply_depth > 6 {
            return Value::ANY;
        }
        if let Some(summary) = self.summary_of(function) {
            self.apply_depth += 1;
            self.higher_results(&summary, function, &mut bound, span, site);
            let value = self.apply(function, &summary, &bound, span, site);
            self.apply_depth -= 1;
            self.call_back_all(&args);
            self.clear_by_summary(&summary, &args);
            if summary.diverges {
                self.exec_throw();
            }
            value
        } else {
            self.call_back_all(&args);
            let taint = self.all_taint(&args);
            let taint = self.values.guess(taint, 1);
            Value::any(taint)
        }
    }

    fn clear_by_summary(&mut self, summary: &Summary, args: &Args) {
        for (param, kinds) in &summary.clears {
            let expr =
                args.items.iter().filter(|item| item.name.is_none()).nth(*param as usize).and_then(|item| item.expr);
            if let Some(expr) = expr {
                self.clear_place(expr, *kinds);
            }
        }
    }

    /// Binds arguments to parameters.
    fn bind_args(&mut self, function: FuncId, args: &Args, site: u32) -> Bound {
        let info = *self.project.function(function);
        let node = self.project.function_node(function);
        let file = info.place.file;
        let mut items: &[ArgItem] = &args.items;
        let mut receiver = args.receiver.unwrap_or(Value::NONE);
        if info.takes_self && !info.is_classmethod {
            let by_class = matches!(self.values.refs(receiver.refs), [Ref::Class(_) | Ref::Module(_)])
                // A method that is called as a function is bound, unless there are too many arguments for that.
                || args.receiver.is_none() && items.len() >= node.params.len();
            if by_class && let Some((first, rest)) = items.split_first() {
                receiver = first.value;
                items = rest;
            } else if let (None, Some(class)) = (args.receiver, info.class) {
                receiver = self.one(Ref::Instance(class));
            }
        }
        let shift = usize::from(info.takes_self);
        let params = node.params.get(shift.min(node.params.len())..).unwrap_or_default();
        let mut bound: SmallVec<[(Value, Option<Span>); 6]> = SmallVec::from_elem((Value::NONE, None), params.len());
        let rest = params.iter().position(|param| param.kind == ParamKind::Rest);
        let keyword_rest = params.iter().position(|param| param.kind == ParamKind::KeywordRest);
        let mut rest_object = Object::new(false, true);
        let mut map_object = Object::new(false, false);
        let mut next = 0usize;
        for item in items {
            let span = item.expr.map(|expr| self.span(expr));
            match (item.spread, item.name) {
                (Spread::Sequence, _) => {
                    let element_span = span.unwrap_or_default();
                    for (at, slot) in bound.iter_mut().enumerate().skip(next) {
                        if params[at].kind == ParamKind::Rest {
                            break;
                        }
                        let element =
                            match super::super::names::index_name(u32::try_from(at - next).unwrap_or(u32::MAX)) {
                                Some(name) => self.element_named(item.value, name, element_span),
                                None => self.element_of(item.value, element_span, true),
                            };
                        slot.0 = self.values.join(slot.0, element);
                        slot.1 = span;
                    }
                    let element = self.element_of(item.value, element_span, true);
                    rest_object.rest = self.values.join(rest_object.rest, element);
                }
                (Spread::Map, _) => {
                    for (at, param) in params.iter().enumerate() {
                        let Some(name) = self.param_name(file, param.pattern) else { continue };
                        if bound[at].0 == Value::NONE
                            && param.kind != ParamKind::Rest
                            && at != keyword_rest.unwrap_or(usize::MAX)
                        {
                            let part = self.element_named(item.value, name, span.unwrap_or_default());
                            bound[at] = (part, span);
                        }
                    }
                    self.spread_into(&mut map_object, item.value, span.unwrap_or_default());
                }
                (Spread::No, Some(name)) => {
                    let at = params.iter().position(|param| self.param_name(file, param.pattern) == Some(name));
                    match at {
                        Some(at) => bound[at] = (item.value, span),
                        None => map_object.set(name, item.value),
                    }
                }
                (Spread::No, None) => {
                    let stop = rest.unwrap_or(params.len());
                    if next < stop
                        && params[next].kind != ParamKind::KeywordOnly
                        && params[next].kind != ParamKind::KeywordRest
                    {
                        bound[next] = (item.value, span);
                        next += 1;
                    } else if rest.is_some() {
                        let at = rest_object.count.unwrap_or(u32::MAX);
                        match super::super::names::index_name(at) {
                            Some(name) => {
                                rest_object.set(name, item.value);
                                rest_object.count = Some(at + 1);
                            }
                            None => rest_object.rest = self.values.join(rest_object.rest, item.value),
                        }
                    }
                }
            }
        }
        for (slot, object, sub) in [(rest, rest_object, 21), (keyword_rest, map_object, 22)] {
            if let Some(slot) = slot {
                let at = self.object_at((site, sub + 8 * function.0));
                self.state.put(at, object);
                bound[slot].0 = self.one(Ref::Object(at));
            }
        }
        let captured = args.closure.map_or_else(Vec::new, |at| self.captured_values(at));
        Bound { receiver, params: bound, captured, results: Vec::new() }
    }

    fn param_name(&self, file: super::super::facts::FileId, pattern: crate::syntax::PatternId) -> Option<NameId> {
        let tree = &self.project.file(file).tree;
        match tree.pattern(pattern).kind {
            crate::syntax::PatternKind::Name(name) => Some(self.project.name(file, name)),
            _ => None,
        }
    }

    /// Runs a nested function in the current state.
    pub(super) fn run_nested(&mut self, function: FuncId, bound: &Bound) -> Value {
        if self.frames.len() >= MAX_FRAMES || self.active.contains(&function) || !self.live {
            return Value::ANY;
        }
        *self.runs.entry(function).or_insert(0) += 1;
        let info = *self.project.function(function);
        let node = self.tree.function(info.place.function);
        let arrow = node.kind == crate::syntax::FunctionKind::Arrow && !self.python;
        let this = if arrow { self.frame().this } else { bound.receiver };
        let mut frame = Frame::new(Some(function), this);
        frame.sinks = self.returned_sinks(function);
        self.frames.push(frame);
        self.active.push(function);
        let loop_depth = self.loop_depth;
        let shift = usize::from(info.takes_self);
        for (at, param) in node.params.iter().enumerate() {
            let span = self.tree.pattern(param.pattern).span;
            if at < shift {
                self.bind_pattern(param.pattern, this, span);
                continue;
            }
            let (mut value, _) = bound.params.get(at - shift).copied().unwrap_or((Value::NONE, None));
            if let Some(default) = param.default {
                let otherwise = self.eval(default);
                value = if value == Value::NONE { otherwise } else { value };
            }
            if value == Value::NONE || value == Value::ANY {
                value = self.jquery(param.pattern).map_or(Value::ANY, |jquery| self.one(jquery));
            }
            self.bind_pattern(param.pattern, value, span);
        }
        self.bind_own_name(function, info.place.function);
        self.exec_block(&node.body);
        let fell_through = self.live;
        let done = self.frames.pop();
        self.active.pop();
        self.loop_depth = loop_depth;
        let Some(done) = done else { return Value::ANY };
        self.merge(done.returns);
        if let Some(yields) = done.yields {
            let at = self.object_at((u32::MAX - 5, function.0));
            let mut list = Object::new(false, true);
            (list.rest, list.count) = (yields, None);
            if self.live {
                self.state.put(at, list);
            }
            return self.one(Ref::Object(at));
        }
        let mut result = done.result;
        if fell_through && result != Value::NONE {
            result.refs = self.values.join_refs(result.refs, RefSet::NULL);
        }
        if result == Value::NONE { Value::NULL } else { result }
    }
}

/// `verify_project_access(id)`: what it lets pass names something that is there and that the caller may see.
fn checks_access(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let asks = ["verify", "require", "ensure", "assert", "check", "authorize", "validate"];
    let about = ["access", "owner", "member", "permission"];
    asks.iter().any(|word| name.starts_with(word)) && about.iter().any(|word| name.contains(word))
}
