//! Assigning: patterns, members, elements, compound assignment, and the objects that assigning to members makes known.

use super::super::names::{NameId, index_name, known};
use super::super::state::Object;
use super::super::summary::{Cell, EXPORTS};
use super::super::value::{Did, Ref, TaintSet, Value};
use super::{Interp, Unit};
use crate::base::Span;
use crate::flow::scope::Binding;
use crate::syntax::{BinaryOp, ExprId, ExprKind, Field, Key, LogicalOp, PatternId, PatternKind};

impl Interp<'_> {
    /// Binds a pattern. `span`: where the value comes from.
    pub(super) fn bind_pattern(&mut self, id: PatternId, value: Value, span: Span) {
        let tree = self.tree;
        let pattern = tree.pattern(id);
        match &pattern.kind {
            PatternKind::Name(name) => {
                let value = self.assigned(value, pattern.span, self.name(*name));
                let binding = self.info.scopes.of_pattern(id);
                if binding == Binding::Free && !self.python {
                    self.assign_global_sinks(self.name(*name), pattern.span, value);
                }
                self.bind(binding, value);
            }
            PatternKind::Target(expr) => self.assign_target(*expr, value),
            PatternKind::Sequence(items) => {
                let mut at = 0u32;
                for item in items {
                    if let Some(item) = item {
                        if let PatternKind::Rest(inner) = tree.pattern(*item).kind {
                            let rest = self.rest_of(value, at, *item);
                            self.bind_pattern(inner, rest, span);
                            at = u32::MAX / 2;
                            continue;
                        }
                        let element = match index_name(at) {
                            Some(name) => self.element_named(value, name, span),
                            None => self.iterate(value, span),
                        };
                        self.bind_pattern(*item, element, span);
                    }
                    at += 1;
                }
            }
            PatternKind::Map(fields) => {
                for field in fields {
                    self.bind_field(value, field, span);
                }
            }
            PatternKind::Class { class, fields } => {
                let class = self.eval(*class);
                let value = if self.is_scalar_class(class) { Value::SCALAR } else { value };
                for (at, field) in (0u32..).zip(fields) {
                    let part = if let Some(Key::Static(name, _)) = field.key {
                        self.member(value, self.name(name), span)
                    } else if value == Value::SCALAR {
                        value
                    } else {
                        // `str(x)` binds the text itself, `Point(x, y)` fields in their order.
                        match index_name(at).and_then(|name| self.positional_field(value, name, span)) {
                            Some(part) => part,
                            None => {
                                let taint = self.deep(value);
                                Value::any(taint)
                            }
                        }
                    };
                    self.bind_pattern(field.pattern, part, span);
                }
            }
            PatternKind::Rest(inner) => self.bind_pattern(*inner, value, span),
            PatternKind::Default(inner, default) => {
                let otherwise = self.eval(*default);
                let joined = self.join(value, otherwise);
                self.bind_pattern(*inner, joined, span);
            }
            PatternKind::Or(options) => options.iter().for_each(|option| self.bind_pattern(*option, value, span)),
            PatternKind::Bind(inner, name) => {
                let whole = self.assigned(value, pattern.span, self.name(*name));
                self.bind(self.info.scopes.of_pattern(id), whole);
                self.bind_pattern(*inner, value, span);
            }
            PatternKind::Value(_) | PatternKind::Any => {}
        }
    }

    fn positional_field(&mut self, value: Value, name: NameId, span: Span) -> Option<Value> {
        let known = self.values.refs(value.refs).iter().any(|one| matches!(one, Ref::Instance(_)));
        known.then(|| self.element_named(value, name, span))
    }

    fn bind_field(&mut self, value: Value, field: &Field, span: Span) {
        let part = match field.key {
            Some(Key::Static(name, key_span)) => self.member_read(value, self.name(name), key_span),
            Some(Key::Computed(key)) => {
                let key = self.eval(key);
                self.element(value, key, span)
            }
            None => value,
        };
        self.bind_pattern(field.pattern, part, span);
    }

    /// Elements from a position on.
    fn rest_of(&mut self, value: Value, from: u32, pattern: PatternId) -> Value {
        let Some(object) = self.object_of(value).and_then(|at| self.state.object(at)) else {
            return value;
        };
        let mut list = Object::new(false, true);
        list.rest = object.rest;
        list.count = None;
        let kept: Vec<(u32, Value)> = (from..super::super::names::INDEXES)
            .filter_map(|at| index_name(at).and_then(|name| object.field(name)).map(|(value, _)| (at - from, value)))
            .collect();
        for (at, value) in kept {
            if let Some(name) = index_name(at) {
                list.set(name, value);
            }
        }
        let at = self.object_at((pattern.index(), 11));
        self.state.put(at, list);
        self.one(Ref::Object(at))
    }

    /// A tainted value that gets a name is told in the trace.
    pub(super) fn assigned(&mut self, value: Value, span: Span, name: NameId) -> Value {
        if value.taint == TaintSet::CLEAN {
            return value;
        }
        let step = self.step_at(span, Did::Assigned(name));
        Value { refs: value.refs, taint: self.values.step(value.taint, step) }
    }

    /// The name that a target gives its value, as its purpose.
    pub(super) fn pattern_purpose(&self, id: PatternId) -> Option<NameId> {
        match &self.tree.pattern(id).kind {
            PatternKind::Name(name) => Some(self.name(*name)),
            PatternKind::Target(expr) => match &self.tree.expr(*expr).kind {
                ExprKind::Member { name, .. } => Some(self.name(*name)),
                ExprKind::Index { index, .. } => {
                    self.tree.string_of(*index).and_then(|text| self.project.names.get(text))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What the variable of a name pattern holds.
    pub(super) fn pattern_var(&self, id: PatternId) -> Option<Value> {
        if !matches!(self.tree.pattern(id).kind, PatternKind::Name(_)) {
            return None;
        }
        match self.info.scopes.of_pattern(id) {
            Binding::Local(var) => self.state.vars.get(var as usize).copied(),
            _ => None,
        }
    }

    pub(super) fn assign_op(&mut self, target: PatternId, op: BinaryOp, value: ExprId) -> Value {
        let before = match &self.tree.pattern(target).kind {
            PatternKind::Name(name) => self.read_binding(self.info.scopes.of_pattern(target), self.name(*name)),
            PatternKind::Target(expr) => self.eval(*expr),
            _ => Value::ANY,
        };
        let pushed = self.pattern_purpose(target);
        self.purpose.extend(pushed);
        let right = self.eval(value);
        if pushed.is_some() {
            self.purpose.pop();
        }
        let span = self.tree.pattern(target).span.cover(self.span(value));
        let result = match op {
            BinaryOp::LogicalAssign(LogicalOp::And) => right,
            BinaryOp::LogicalAssign(_) => self.join(before, right),
            op => {
                // A list that is added to stays that list.
                if op == BinaryOp::Add
                    && let Some(at) = self.object_of(before)
                    && self.state.object(at).is_some_and(|object| object.is_list)
                {
                    let element = self.iterate(right, span);
                    self.add_element(at, element);
                    return before;
                }
                self.binary(op, before, right, value, span)
            }
        };
        self.bind_pattern(target, result, span);
        result
    }

    /// A field in a class body: a class attribute (Python), an instance field (JavaScript).
    pub(super) fn assign_field(&mut self, target: PatternId, value: Value) {
        let (Some(class), PatternKind::Name(name)) = (self.class_body, &self.tree.pattern(target).kind) else { return };
        let cell = Cell::Field(class, self.name(*name));
        self.give(cell, value);
    }

    /// Assigns to a member, an element or a slice.
    pub(super) fn assign_target(&mut self, target: ExprId, value: Value) {
        let tree = self.tree;
        let span = self.span(target);
        match &tree.expr(target).kind {
            ExprKind::Name(name) => {
                let value = self.assigned(value, span, self.name(*name));
                self.bind(self.info.scopes.of_expr(target), value);
            }
            ExprKind::Member { object, name, .. } => {
                let name = self.name(*name);
                if !self.python && self.assign_prototype(*object, name, value) {
                    return;
                }
                let receiver = self.eval(*object);
                self.assign_member_sinks(target, receiver, name, value);
                self.member_sinks(*object, span);
                if self.is_exports(target) {
                    self.give(Cell::Var(self.file, EXPORTS), value);
                }
                let value = self.assigned(value, span, name);
                // `url.hostname = "…"`: where it leads is ours now.
                if matches!(name, known::HOST | known::HOSTNAME | known::ORIGIN) && value.taint == TaintSet::CLEAN {
                    self.clear_place(*object, super::operator::HOST);
                    let receiver = self.eval_quiet(*object);
                    return self.set_member(*object, receiver, name, value);
                }
                // `url.pathname = next`: where it leads stays as it was.
                let within = !self.python && matches!(self.names.text(name), "pathname" | "search" | "hash");
                let taint = if within { self.values.clear(value.taint, super::operator::HOST) } else { value.taint };
                self.set_member(*object, receiver, name, Value { refs: value.refs, taint });
            }
            ExprKind::Index { object, index } => {
                let receiver = self.eval(*object);
                let key = self.eval(*index);
                let value = self.assigned(value, span, known::ELEMENT);
                self.assign_element_sinks(target, receiver, key, value);
                self.key_sinks(*object, key, span);
                if let Some(name) = self.key_name(key) {
                    self.set_member(*object, receiver, name, value);
                } else {
                    let at = self.object_under(*object, receiver);
                    self.add_rest(at, value);
                    self.note_key(at, key);
                }
            }
            ExprKind::Slice { object, .. } => {
                let receiver = self.eval(*object);
                let element = self.iterate(value, span);
                let at = self.object_under(*object, receiver);
                self.add_rest(at, element);
            }
            _ => {
                self.eval(target);
            }
        }
    }

    /// What the project puts on a request or context: text that is surely from outside, and what is no object. Objects
    /// (a user that was looked up by a token) are made of too many things to be told for all handlers.
    fn give_member(&mut self, node: crate::model::index::NodeId, name: NameId, value: Value) {
        let refs: Vec<Ref> =
            self.refs(value).into_iter().filter(|one| !matches!(one, Ref::Object(_) | Ref::Any)).collect();
        let refs = self.values.ref_set(refs);
        let taint = self.values.map_taint(value.taint, |taint| (taint.guessed == 0).then_some(taint));
        if refs != super::RefSet::NONE || taint != TaintSet::CLEAN {
            self.give(Cell::Member(node, name), Value { refs, taint });
        }
    }

    /// A key that came from outside, for those who go through the keys.
    pub(super) fn note_key(&mut self, at: u32, key: Value) {
        if key.taint == TaintSet::CLEAN {
            return;
        }
        let before = self.state.object(at).and_then(|object| object.field(known::KEY_TAINT));
        let taint = before.map_or(TaintSet::CLEAN, |(value, _)| value.taint);
        let taint = self.values.join_taint(taint, key.taint);
        self.state.object_mut(at).set(known::KEY_TAINT, Value::text(taint));
    }

    /// `Shell.prototype.run = f`, `Shell.prototype = { run: f }`.
    fn assign_prototype(&mut self, object: ExprId, name: NameId, value: Value) -> bool {
        if let ExprKind::Member { object: of, name: prototype, .. } = self.tree.expr(object).kind
            && self.name(prototype) == known::PROTOTYPE
        {
            self.give_prototype(of, name, value);
            return true;
        }
        if name == known::PROTOTYPE
            && let Some(object_made) = self.object_of(value).and_then(|at| self.state.object(at))
        {
            let fields: Vec<(NameId, Value)> =
                object_made.fields.iter().map(|(name, value, _)| (*name, *value)).collect();
            for (name, value) in fields {
                self.give_prototype(object, name, value);
            }
            return true;
        }
        false
    }

    /// Runs a setter, if the member has one.
    fn run_setter(&mut self, object: ExprId, receiver: Value, name: NameId, value: Value) -> bool {
        if self.apply_depth > 0 {
            return false;
        }
        let by_class = self.values.refs(receiver.refs).iter().find_map(|one| match one {
            Ref::Instance(class) => self.project.setter(*class, name),
            _ => None,
        });
        let own = self.object_of(receiver).and_then(|at| self.state.object(at));
        let by_object = own.and_then(|object| object.field(name)).and_then(|(found, _)| match self.single(found) {
            Some(Ref::Func(function)) if self.project.function(function).is_property => {
                let place = self.project.function(function).place;
                let tree = &self.project.file(place.file).tree;
                // The setter stands in the same object literal under the same name.
                let wanted = tree.function(place.function).name;
                tree.functions()
                    .find(|(_, other)| {
                        other.kind == crate::syntax::FunctionKind::Setter && other.name == wanted && wanted.is_some()
                    })
                    .map(|(id, _)| self.project.func_id(place.file, id))
            }
            _ => None,
        });
        let Some(setter) = by_class.or(by_object) else { return false };
        let mut args = super::call::Args::positional(vec![value]);
        args.receiver = Some(receiver);
        let span = self.span(object);
        self.invoke_at(setter, args, span);
        true
    }

    /// `object.name = value` in what is known of the object.
    pub(super) fn set_member(&mut self, object: ExprId, receiver: Value, name: NameId, value: Value) {
        if self.run_setter(object, receiver, name, value) {
            return;
        }
        for one in self.refs(receiver) {
            match one {
                Ref::Api(node, made)
                    if self.names.is_shared(name)
                        && self.is_carrier(node, made)
                        && (self.values.refs(value.refs) != [Ref::Any] || value.taint != TaintSet::CLEAN) =>
                {
                    self.give_member(node, name, value);
                }
                Ref::Instance(class) | Ref::Class(class)
                    if (self.values.refs(value.refs) != [Ref::Any] || value.taint != TaintSet::CLEAN) =>
                {
                    self.give(Cell::Field(class, name), value);
                }
                Ref::Module(file) => {
                    if let Some(var) = self.project.var(file, name) {
                        self.give(Cell::Var(file, var), value);
                    }
                }
                _ => {}
            }
        }
        let at = self.object_under(object, receiver);
        self.state.object_mut(at).set(name, value);
        if self.is_exports(object) {
            let mut exports = Object::new(true, false);
            exports.set(name, value);
            let object = self.write_out_object(&exports, false, 0);
            let portable = super::super::summary::Portable { object: Some(object.into()), ..Default::default() };
            self.give_portable(Cell::Var(self.file, EXPORTS), portable);
        }
    }

    /// `exports`, `module.exports`, `this` at module level are what a `CommonJS` module exports.
    pub(super) fn is_exports(&self, expr: ExprId) -> bool {
        if self.python {
            return false;
        }
        match &self.tree.expr(expr).kind {
            ExprKind::Name(name) => {
                self.name(*name) == known::EXPORTS && self.info.scopes.of_expr(expr) == Binding::Free
            }
            ExprKind::Member { object, name, .. } => {
                self.name(*name) == known::EXPORTS
                    && matches!(&self.tree.expr(*object).kind, ExprKind::Name(name) if self.name(*name) == known::MODULE)
                    && self.info.scopes.of_expr(*object) == Binding::Free
            }
            ExprKind::Assign { target, .. } => match self.tree.pattern(*target).kind {
                PatternKind::Target(expr) => self.is_exports(expr),
                _ => false,
            },
            _ => false,
        }
    }

    /// The object behind an expression's value; made, and laid over the value, where there is none yet.
    pub(super) fn object_under(&mut self, expr: ExprId, receiver: Value) -> u32 {
        if let Some(at) = self.object_of(receiver) {
            return at;
        }
        let param = self
            .refs(receiver)
            .into_iter()
            .find_map(|one| if let Ref::Param(param) = one { Some(param) } else { None });
        let at = match param {
            Some(param) => {
                if let Some(at) = self.param_objects.get(&param) {
                    *at
                } else {
                    let at = self.object_at((u32::from(param), 3));
                    self.param_objects.insert(param, at);
                    at
                }
            }
            None => self.object_at((expr.index(), 7)),
        };
        if self.state.object(at).is_none() || param.is_none() {
            self.state.put(at, Object::new(true, false));
        }
        let object = self.values.one(Ref::Object(at));
        let refs = self.values.join_refs(receiver.refs, object);
        self.set_place(expr, Value { refs, taint: receiver.taint });
        at
    }

    /// Puts a value where an expression reads it, as far as that is a place.
    pub(super) fn set_place(&mut self, expr: ExprId, value: Value) {
        let tree = self.tree;
        match &tree.expr(expr).kind {
            ExprKind::Name(_) => match (self.info.scopes.of_expr(expr), self.unit) {
                (Binding::Module(var), Unit::Function(_)) => {
                    // Cells are the same on every way through the function, so only objects may be laid over them.
                    let cell = Cell::Var(self.file, var);
                    let before = self.cell_values.get(&cell).copied().unwrap_or(Value::ANY);
                    if before.taint == value.taint {
                        self.cell_values.insert(cell, value);
                    }
                }
                (binding, _) => self.bind(binding, value),
            },
            ExprKind::This => self.frame().this = value,
            ExprKind::Member { object, name, .. } => {
                let name = self.name(*name);
                let receiver = self.eval_quiet(*object);
                let at = self.object_under(*object, receiver);
                self.state.object_mut(at).set(name, value);
            }
            ExprKind::Index { object, index } => {
                let key = self.eval_quiet(*index);
                let Some(name) = self.key_name(key) else { return };
                let receiver = self.eval_quiet(*object);
                let at = self.object_under(*object, receiver);
                self.state.object_mut(at).set(name, value);
            }
            ExprKind::Await(inner) => self.set_place(*inner, value),
            ExprKind::Call { callee, args, .. } => self.set_looked_up(*callee, args, value),
            ExprKind::Assign { target, op: None, .. } => {
                if let PatternKind::Name(_) = tree.pattern(*target).kind {
                    self.bind(self.info.scopes.of_pattern(*target), value);
                }
            }
            _ => {}
        }
    }

    /// `del d[k]`, `delete o.k`.
    pub(super) fn forget_member(&mut self, target: ExprId) {
        let (object, name) = match &self.tree.expr(target).kind {
            ExprKind::Member { object, name, .. } => (*object, Some(self.name(*name))),
            ExprKind::Index { object, index } => {
                let key = self.eval_quiet(*index);
                (*object, self.key_name(key))
            }
            _ => return,
        };
        let receiver = self.eval_quiet(object);
        if let (Some(at), Some(name)) = (self.object_of(receiver), name)
            && self.state.object(at).is_some_and(|object| object.field(name).is_some())
        {
            self.state.object_mut(at).set(name, Value::NULL);
        }
    }

    /// One more element at the end of a list.
    pub(super) fn add_element(&mut self, at: u32, value: Value) {
        let object = self.state.object(at);
        let count = object.and_then(|object| object.count);
        match count.and_then(index_name) {
            Some(name) if self.loop_depth == 0 => {
                let object = self.state.object_mut(at);
                object.set(name, value);
                object.count = count.map(|count| count + 1);
            }
            _ => {
                self.add_rest(at, value);
                self.state.object_mut(at).count = None;
            }
        }
    }

    /// A value under a key that is not known.
    pub(super) fn add_rest(&mut self, at: u32, value: Value) {
        let before = self.state.object_mut(at).rest;
        let joined = self.values.join(before, value);
        self.state.object_mut(at).rest = joined;
    }

    /// A case of `match`: what its pattern says of the subject, and what it binds.
    pub(super) fn match_pattern(&mut self, subject: ExprId, value: Value, pattern: PatternId, span: Span) {
        let tree = self.tree;
        match &tree.pattern(pattern).kind {
            PatternKind::Value(expected) => {
                let expected = self.eval(*expected);
                if self.is_constant(expected) {
                    self.set_place(subject, expected);
                } else if let Some(Ref::Bool(truth)) = self.single(value) {
                    let _ = truth;
                }
            }
            PatternKind::Or(options) => {
                let mut all = Value::NONE;
                for option in options {
                    let PatternKind::Value(expected) = tree.pattern(*option).kind else {
                        return self.bind_pattern(pattern, value, span);
                    };
                    let expected = self.eval(expected);
                    all = self.join(all, expected);
                }
                if self.is_constant(all) {
                    self.set_place(subject, all);
                }
            }
            PatternKind::Class { class, fields } => {
                let class = self.eval(*class);
                if self.is_scalar_class(class) {
                    self.clear_place(subject, crate::model::index::ALL_KINDS);
                    let value = Value { refs: value.refs, taint: TaintSet::CLEAN };
                    fields.iter().for_each(|field| self.bind_pattern(field.pattern, value, span));
                } else {
                    self.bind_pattern(pattern, value, span);
                }
            }
            _ => self.bind_pattern(pattern, value, span),
        }
    }

    /// Whether a value is one or several constants and nothing else.
    pub(super) fn is_constant(&self, value: Value) -> bool {
        let refs = self.values.refs(value.refs);
        !refs.is_empty()
            && refs.iter().all(|one| matches!(one, Ref::Str(_) | Ref::Int(_) | Ref::Bool(_) | Ref::Null | Ref::Scalar))
    }

    /// The field that a constant key means.
    pub(super) fn key_name(&mut self, key: Value) -> Option<NameId> {
        match self.single(key)? {
            Ref::Str(name) => Some(name),
            Ref::Int(at) => u32::try_from(at).ok().and_then(index_name),
            _ => None,
        }
    }
}
