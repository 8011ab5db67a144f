//! Functions as values that leave the function they were made in: closures with what they captured, partial application,
//! calls of parameters, resolvers of promises.

use super::super::names::{CAPTURES, NameId, index_name, known};
use super::super::project::FuncId;
use super::super::state::Object;
use super::super::summary::{Cell, HigherCall, Summary};
use super::super::value::{CAPTURED, Origin, RECEIVER, RESULTS, Ref, Taint, TaintSet, Value, WHOLE};
use super::call::{ArgItem, Args, Bound};
use super::{Interp, Unit};
use crate::base::Span;
use crate::model::index::NodeId;
use crate::syntax::{ExprId, ExprKind, Spread};

/// How many calls of parameters a summary tells.
const MAX_CALLS: usize = 8;
/// Cells of component state are numbered by the call that makes it, from here on.
const STATE: u32 = 1 << 30;
/// How deep closures are looked for in what is returned.
const DEPTH: u32 = 2;

impl Interp<'_> {
    // --- closures ---

    /// A value that leaves this unit: functions in it take the variables they use with them.
    pub(super) fn close_over(&mut self, value: Value, depth: u32) -> Value {
        let Unit::Function(unit) = self.unit else { return value };
        let nested = |one: &Ref| matches!(one, Ref::Func(function) if self.is_nested(*function));
        if self.values.refs(value.refs).iter().any(nested) && self.object_of(value).is_none() {
            let root = self.project.function(unit).root;
            let place = self.project.function(root).place.function;
            let Some(captured) = self.info.scopes.captured.get(&place) else { return value };
            let mut closure = Object::new(true, false);
            for (name, var) in CAPTURES.iter().zip(captured) {
                let mut kept = self.state.vars.get(*var as usize).copied().unwrap_or(Value::NONE);
                if kept == Value::NONE && root != unit {
                    let cell = self.cell(Cell::Local(root, *var));
                    kept = self.captured_param(unit, *var, cell);
                }
                if kept != Value::NONE {
                    closure.fields.push((*name, kept, false));
                }
            }
            for one in self.refs(value) {
                if let Ref::Func(function) = one {
                    self.out.called.push(function);
                }
            }
            let at = self.object_at((u32::MAX - 7, unit.0));
            self.state.put(at, closure);
            let object = self.values.one(Ref::Object(at));
            return Value { refs: self.values.join_refs(value.refs, object), taint: value.taint };
        }
        if depth >= DEPTH {
            return value;
        }
        for one in self.refs(value) {
            let Ref::Object(at) = one else { continue };
            let Some(object) = self.state.object(at) else { continue };
            let fields: Vec<(NameId, Value)> =
                object.fields.iter().take(24).map(|(name, value, _)| (*name, *value)).collect();
            for (name, field) in fields {
                let closed = self.close_over(field, depth + 1);
                if closed != field {
                    self.state.object_mut(at).set(name, closed);
                }
            }
        }
        value
    }

    /// The variables that a closure holds.
    pub(super) fn captured_values(&self, at: u32) -> Vec<(u8, Value)> {
        let Some(object) = self.state.object(at) else { return Vec::new() };
        (0u8..)
            .zip(&CAPTURES)
            .filter_map(|(number, name)| object.field(*name).map(|(value, _)| (number, value)))
            .collect()
    }

    /// A variable of the outer function, seen from a nested one that runs on its own.
    pub(super) fn captured_param(&mut self, unit: FuncId, var: u32, cell: Option<Value>) -> Value {
        let place = self.project.function(self.project.function(unit).root).place.function;
        let captured = self.info.scopes.captured.get(&place);
        let number = captured.and_then(|captured| captured.iter().position(|other| *other == var));
        let Some(number) = number.filter(|number| *number < CAPTURES.len()) else { return cell.unwrap_or(Value::ANY) };
        let param = CAPTURED + u8::try_from(number).unwrap_or(0);
        let mut refs = vec![Ref::Param(param)];
        let mut taint = TaintSet::CLEAN;
        if let Some(cell) = cell {
            let known = self.values.refs(cell.refs);
            // What other callers passed is theirs.
            let passed = known.contains(&Ref::Any);
            refs.extend(known.iter().filter(|one| !(passed && matches!(one, Ref::Func(_) | Ref::Any))));
            taint = cell.taint;
        }
        let origin = Origin::Param(param, WHOLE);
        let own = Taint { origin, cleared: 0, guessed: 0, trace: super::super::value::NO_TRACE };
        let own = self.values.one_taint(own);
        Value { refs: self.values.ref_set(refs), taint: self.values.join_taint(own, taint) }
    }

    /// The arguments of a call with what its target brings along (a closure, bound arguments); and whether the target
    /// is a parameter.
    pub(super) fn closed_over(&mut self, target: Value, mut args: Args) -> (Args, bool) {
        let (mut passed, mut holder) = (false, None);
        for one in self.values.refs(target.refs) {
            match one {
                Ref::Param(param) if *param != RECEIVER => passed = true,
                Ref::Object(at) => holder = Some(*at),
                _ => {}
            }
        }
        let Some(at) = holder else { return (args, passed) };
        let Some(object) = self.state.object(at) else { return (args, passed) };
        if !object.fields.iter().any(|(name, ..)| name.0 >= known::BOUND.0 && name.0 <= known::K11.0) {
            return (args, passed);
        }
        args.closure = Some(at);
        let (bound, named, this) =
            (object.field(known::BOUND), object.field(known::BOUND_NAMED), object.field(known::BOUND_THIS));
        if let Some((bound, _)) = bound
            && let Some(items) = self.list_items(bound)
        {
            let items = items.into_iter().map(|value| ArgItem { name: None, spread: Spread::No, value, expr: None });
            args.items.insert_many(0, items);
        }
        if let Some((named, _)) = named
            && let Some(object) = self.object_of(named).and_then(|at| self.state.object(at))
        {
            let items = object.fields.iter().map(|(name, value, _)| ArgItem {
                name: Some(*name),
                spread: Spread::No,
                value: *value,
                expr: None,
            });
            args.items.extend(items);
        }
        if let Some((this, _)) = this {
            args.receiver = Some(this);
        }
        (args, passed)
    }

    /// `functools.partial(f, a)`, `f.bind(this, a)`: the function with arguments that come first.
    pub(super) fn bound_function(
        &mut self,
        id: ExprId,
        function: Value,
        this: Option<Value>,
        args: &[ArgItem],
    ) -> Value {
        let mut list = Vec::new();
        let mut named = Object::new(false, false);
        for item in args {
            match (item.spread, item.name) {
                (Spread::No, Some(name)) => named.set(name, item.value),
                (Spread::No, None) => list.push(item.value),
                _ => {}
            }
        }
        let mut holder = match self.object_of(function).and_then(|at| self.state.object(at)) {
            Some(object) => object.clone(),
            None => Object::new(true, false),
        };
        let list = self.list_from(list, (id.index(), 61));
        holder.set(known::BOUND, list);
        if !named.fields.is_empty() {
            let at = self.object_at((id.index(), 62));
            self.state.put(at, named);
            let named = self.one(Ref::Object(at));
            holder.set(known::BOUND_NAMED, named);
        }
        if let Some(this) = this {
            holder.set(known::BOUND_THIS, this);
        }
        self.new_object(id, holder, function)
    }

    // --- calls of parameters ---

    /// A call of what the caller passed: told in the summary. `None` where that cannot be told.
    pub(super) fn higher_call(&mut self, target: Value, args: &Args) -> Option<Value> {
        let param = self.refs(target).into_iter().find_map(|one| match one {
            Ref::Param(param) if param != RECEIVER => Some(param),
            _ => None,
        })?;
        let items: Vec<_> = args
            .items
            .iter()
            .map(|item| (item.name, item.spread, item.value))
            .map(|(name, spread, value)| (name, spread, self.write_out(value, true, 1)))
            .collect();
        let call = HigherCall { param, args: items };
        let calls = &mut self.out.summary.calls;
        let number = match calls.iter().position(|other| *other == call) {
            Some(number) => number,
            None if calls.len() < MAX_CALLS => {
                calls.push(call);
                calls.len() - 1
            }
            None => return None,
        };
        let result = RESULTS + u8::try_from(number).unwrap_or(0);
        let origin = Origin::Param(result, WHOLE);
        let taint = Taint { origin, cleared: 0, guessed: 0, trace: super::super::value::NO_TRACE };
        let taint = self.values.one_taint(taint);
        // Of what is passed, the caller knows what comes out; of what comes from here nobody else can tell.
        let given = self.all_taint(args);
        let sources = self.values.map_taint(given, |taint| {
            let guessed = taint.guessed.saturating_add(1);
            matches!(taint.origin, Origin::Source { .. }).then_some(Taint { guessed, ..taint })
        });
        let taint = self.values.join_taint(taint, sources);
        Some(Value { refs: self.values.one(Ref::Param(result)), taint })
    }

    /// Calls what was passed to a function that calls it.
    pub(super) fn higher_results(
        &mut self,
        summary: &Summary,
        function: FuncId,
        bound: &mut Bound,
        span: Span,
        site: u32,
    ) {
        for call in &summary.calls {
            let (target, _) = bound.get(call.param);
            let mut args = Args::default();
            self.resolved.clear();
            for (name, spread, portable) in &call.args {
                let value = self.substitute(function, portable, bound, span, 1);
                args.items.push(ArgItem { name: *name, spread: *spread, value, expr: None });
            }
            self.fuel = self.fuel.saturating_sub(8);
            // What is passed on and on is not followed for ever.
            let result = if self.apply_depth > 3 || self.fuel == 0 {
                let taint = self.all_taint(&args);
                Value::any(self.values.guess(taint, 1))
            } else {
                self.call_value(target, args, span, site)
            };
            bound.results.push(result);
        }
    }

    /// Calls a value where there is no call expression.
    pub(super) fn call_value(&mut self, target: Value, args: Args, span: Span, site: u32) -> Value {
        let (args, passed) = self.closed_over(target, args);
        if passed && let Some(value) = self.higher_call(target, &args) {
            return value;
        }
        let mut result = Value::NONE;
        for one in self.refs(target) {
            match one {
                Ref::Func(function) => {
                    let before = self.live.then(|| self.state.clone());
                    let returned = self.invoke_with(function, args.clone(), span, site);
                    self.merge(before);
                    result = self.join(result, returned);
                }
                Ref::Instance(class) => {
                    if let Some(method) = self.project.method(class, known::CALL) {
                        let called = Args { receiver: Some(target), ..args.clone() };
                        let returned = self.invoke_with(method, called, span, site);
                        result = self.join(result, returned);
                    }
                }
                Ref::Class(class) => {
                    let made = self.one(Ref::Instance(class));
                    result = self.join(result, made);
                }
                Ref::Object(at) if self.resolves(at, &args, span, site) => result = self.join(result, Value::NULL),
                _ => {}
            }
        }
        if result == Value::NONE {
            let taint = self.all_taint(&args);
            result = Value::any(self.values.guess(taint, 1));
        }
        result
    }

    // --- promises ---

    /// Hands a value to a promise, where the object is its `resolve`.
    fn resolves(&mut self, at: u32, args: &Args, span: Span, site: u32) -> bool {
        if let Some((place, _)) = self.state.object(at).and_then(|object| object.field(known::STATE_OF)) {
            if let (Some(Ref::Int(place)), Some(value)) = (self.single(place), args.at(0)) {
                let cell = Cell::Var(self.file, STATE | u32::try_from(place).unwrap_or(0));
                // `setRows((rows) => [...rows, row])`
                let updates = self.values.refs(value.refs).iter().any(|one| matches!(one, Ref::Func(_)));
                let before = self.cell(cell).unwrap_or(Value::ANY);
                let value =
                    if updates { self.call_value(value, Args::positional(vec![before]), span, site) } else { value };
                self.give(cell, value);
            }
            return true;
        }
        let Some((promise, _)) = self.state.object(at).and_then(|object| object.field(known::RESOLVER)) else {
            return false;
        };
        if let (Some(promise), Some(value)) = (self.object_of(promise), args.at(0)) {
            self.add_rest(promise, value);
        }
        true
    }

    /// Calls that are neither of a function nor of a class: `resolve(x)`, `new Promise(…)`, named tuples, partial
    /// application, `promisify`.
    pub(super) fn special_call(
        &mut self,
        id: ExprId,
        target: Value,
        name: Option<NameId>,
        args: &Args,
    ) -> Option<Value> {
        if let Some(at) = self.object_of(target) {
            let span = self.span(id);
            if self.resolves(at, args, span, id.index()) {
                return Some(Value::NULL);
            }
            if let Some((names, _)) = self.state.object(at).and_then(|object| object.field(known::NAMEDTUPLE)) {
                return Some(self.named_tuple(id, names, args));
            }
        }
        let name = name?;
        if name == known::GET
            && let Some(value) = self.checked_before(args)
        {
            return Some(value);
        }
        if self.python
            && let Some(value) = self.queued(id, name, args)
        {
            return Some(value);
        }
        let own = |one: &Ref| matches!(one, Ref::Func(_) | Ref::Class(_) | Ref::Instance(_));
        if self.values.refs(target.refs).iter().any(own) {
            return None;
        }
        if self.python { self.special_in_python(id, name, args) } else { self.special_in_javascript(id, name, args) }
    }

    /// `asyncio.gather`, `functools.partial`, `collections.namedtuple`.
    fn special_in_python(&mut self, id: ExprId, name: NameId, args: &Args) -> Option<Value> {
        match name {
            // `asyncio.gather(a(), b())` gives what each gives.
            known::GATHER if args.items.iter().all(|item| item.spread == Spread::No && item.name.is_none()) => {
                let all = args.items.iter().map(|item| item.value).collect();
                Some(self.list_from(all, (id.index(), 68)))
            }
            known::PARTIAL => {
                let function = args.at(0)?;
                let callable = |one: &Ref| matches!(one, Ref::Func(_) | Ref::Api(..) | Ref::Class(_) | Ref::Param(_));
                if !self.values.refs(function.refs).iter().any(callable) {
                    return None;
                }
                Some(self.bound_function(id, function, None, &args.items[1..]))
            }
            known::NAMEDTUPLE if args.receiver.is_none() || args.items.len() > 1 => {
                let names = args.at(1)?;
                let names = match self.single(names)? {
                    Ref::Str(text) => {
                        let text = self.names.text(text).replace(',', " ");
                        let names: Vec<Value> = text
                            .split_whitespace()
                            .map(|name| {
                                let name = self.names.intern(name);
                                self.one(Ref::Str(name))
                            })
                            .collect();
                        self.list_from(names, (id.index(), 63))
                    }
                    _ => names,
                };
                let mut class = Object::new(true, false);
                class.set(known::NAMEDTUPLE, names);
                Some(self.new_object(id, class, Value::NONE))
            }
            _ => None,
        }
    }

    /// `new Set(…)`, `new Map(…)`, `useState(…)`, `_.partial(…)`, `promisify(f)`, `new Promise(…)`.
    fn special_in_javascript(&mut self, id: ExprId, name: NameId, args: &Args) -> Option<Value> {
        let is_new = matches!(self.tree.expr(id).kind, ExprKind::Call { is_new: true, .. });
        match name {
            known::SET_JS if is_new && args.items.len() == 1 => {
                let items = args.at(0)?;
                let list = self.state.object(self.object_of(items)?)?.clone();
                return (list.is_list && !list.overlay).then(|| self.new_object(id, list, Value::NONE));
            }
            known::MAP_JS if is_new => {
                return Some(match args.at(0) {
                    Some(pairs) if self.object_of(pairs).is_some() => self.object_of_entries(id, pairs),
                    Some(_) => return None,
                    None => self.new_object(id, Object::new(false, false), Value::NONE),
                });
            }
            known::USE_STATE => return Some(self.component_state(id, args)),
            // `_.partial(f, a)`
            known::PARTIAL if args.items.len() > 1 => {
                let function = args.at(0)?;
                let given = self.values.refs(function.refs).iter().any(|one| matches!(one, Ref::Func(_)));
                return given.then(|| self.bound_function(id, function, None, &args.items[1..]));
            }
            _ => {}
        }
        if name == known::PROMISIFY {
            return args.at(0);
        }
        if name == known::PROMISE
            && matches!(self.tree.expr(id).kind, ExprKind::Call { is_new: true, .. })
            && let Some(executor) = args.at(0)
        {
            return self.promise(id, executor);
        }
        None
    }

    /// `const [value, setValue] = useState(start)`: whatever is set comes out, whenever that is.
    fn component_state(&mut self, id: ExprId, args: &Args) -> Value {
        let cell = Cell::Var(self.file, STATE | id.index());
        let start = args.at(0).unwrap_or(Value::NULL);
        let value = match self.cell(cell) {
            Some(set) => self.join(start, set),
            // Nothing is known of it before the first setter ran.
            None => Value { refs: self.values.join_refs(start.refs, super::RefSet::ANY), taint: start.taint },
        };
        let mut setter = Object::new(true, false);
        let place = self.one(Ref::Int(i64::from(id.index())));
        setter.set(known::STATE_OF, place);
        let at = self.object_at((id.index(), 66));
        self.state.put(at, setter);
        let setter = self.one(Ref::Object(at));
        self.list_from(vec![value, setter], (id.index(), 67))
    }

    fn promise(&mut self, id: ExprId, executor: Value) -> Option<Value> {
        if !self.values.refs(executor.refs).iter().any(|one| matches!(one, Ref::Func(_))) {
            return None;
        }
        let promise = self.object_at((id.index(), 64));
        let mut slot = Object::new(false, true);
        slot.count = None;
        self.state.put(promise, slot);
        let mut resolver = Object::new(true, false);
        let slot = self.one(Ref::Object(promise));
        resolver.set(known::RESOLVER, slot);
        let at = self.object_at((id.index(), 65));
        self.state.put(at, resolver);
        let resolve = self.one(Ref::Object(at));
        let span = self.span(id);
        self.call_value(executor, Args::positional(vec![resolve, Value::ANY]), span, id.index());
        let value = self.state.object(promise).map_or(Value::NONE, |slot| slot.rest);
        Some(if value == Value::NONE { Value::ANY } else { value })
    }

    fn named_tuple(&mut self, id: ExprId, names: Value, args: &Args) -> Value {
        let names: Vec<NameId> = self
            .list_items(names)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|name| if let Some(Ref::Str(name)) = self.single(name) { Some(name) } else { None })
            .collect();
        let mut made = Object::new(false, false);
        let mut next = 0;
        for item in &args.items {
            if item.spread != Spread::No {
                made.rest = self.join(made.rest, item.value);
                continue;
            }
            let at = match item.name {
                Some(name) => names.iter().position(|other| *other == name),
                None => {
                    next += 1;
                    Some(next - 1)
                }
            };
            let Some(at) = at else { continue };
            if let Some(name) = names.get(at) {
                made.set(*name, item.value);
            }
            if let Some(index) = u32::try_from(at).ok().and_then(index_name) {
                made.set(index, item.value);
            }
        }
        self.new_object(id, made, Value::NONE)
    }

    // --- prototypes ---

    /// `Shell.prototype.run = function …`: every object made by `new Shell` has it.
    pub(super) fn give_prototype(&mut self, of: ExprId, name: NameId, value: Value) {
        let constructor = self.eval_quiet(of);
        for one in self.refs(constructor) {
            match one {
                Ref::Class(class) => self.give(Cell::Field(class, name), value),
                Ref::Func(function) => {
                    let mut methods = Object::new(false, false);
                    methods.set(name, value);
                    let object = self.write_out_object(&methods, false, 0);
                    let portable =
                        super::super::summary::Portable { object: Some(object.into()), ..Default::default() };
                    self.give_portable(Cell::Prototype(function), portable);
                }
                _ => {}
            }
        }
    }

    /// A new object of a constructor function.
    pub(super) fn prototype_of(&mut self, function: FuncId) -> Object {
        let mut made = Object::new(true, false);
        if let Some(methods) = self.cell(Cell::Prototype(function))
            && let Some(methods) = self.object_of(methods).and_then(|at| self.state.object(at))
        {
            made.fields.extend(methods.fields.iter().copied());
        }
        made
    }

    // --- Python's builtins that say something of what they were given ---

    /// `int(x)` throws unless `x` is a number: afterwards `x` is one.
    pub(super) fn after_builtin(&mut self, name: NameId, nodes: &[NodeId], args: &Args) {
        if !self.python || !matches!(name, known::INT | known::FLOAT) {
            return;
        }
        let known_builtin = nodes.iter().any(|node| self.index.text(*node).starts_with("builtins."));
        if let ([item], true) = (args.items.as_slice(), known_builtin)
            && let Some(place) = item.expr
            && matches!(self.tree.expr(place).kind, ExprKind::Name(_) | ExprKind::Member { .. })
        {
            self.clear_place(place, crate::model::index::ALL_KINDS);
        }
    }

    /// `getattr(x, name)`: every method whose name fits, where the name is not known.
    pub(super) fn attribute_by_name(&mut self, id: ExprId, name: NameId, args: &Args) -> Option<Value> {
        if !self.python || name != known::GETATTR {
            return None;
        }
        let (of, key) = (args.at(0)?, args.at(1)?);
        let span = self.span(id);
        if let Some(name) = self.key_name(key) {
            let found = self.member(of, name, span);
            return Some(match args.at(2) {
                Some(default) => self.join(found, default),
                None => found,
            });
        }
        let head = self.beginning(key);
        let head = head.split(super::operator::UNKNOWN).next().unwrap_or_default().to_owned();
        let mut found = Vec::new();
        for one in self.refs(of) {
            let (Ref::Instance(class) | Ref::Class(class)) = one else { continue };
            for class in self.project.lineage(class) {
                for (name, function) in &self.project.class(*class).methods {
                    let text = self.names.text(*name);
                    if text.starts_with(&head) && !text.starts_with("__") {
                        found.push(Ref::Func(*function));
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(7);
        if found.is_empty() {
            return None;
        }
        Some(Value { refs: self.values.ref_set(found), taint: TaintSet::CLEAN })
    }
}
