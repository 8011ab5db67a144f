//! Expressions.

use super::super::names::{NameId, index_name, known};
use super::super::project::Target;
use super::super::scope::MAX_DEPTH;
use super::super::state::Object;
use super::super::summary::{Cell, EXPORTS};
use super::super::value::{Ref, RefSet, TaintSet, Value};
use super::{Interp, Unit};
use crate::base::Span;
use crate::flow::scope::Binding;
use crate::model::index::{Family, kind_bit};
use crate::syntax::{
    Attribute, Clause, ComprehensionKind, Entry, ExprId, ExprKind, Item, Key, Literal, LogicalOp, PatternKind, UnaryOp,
};

impl Interp<'_> {
    /// The value of an expression, with its effects.
    pub(super) fn eval(&mut self, id: ExprId) -> Value {
        if !self.live || self.depth > MAX_DEPTH || !self.pay() {
            return Value::ANY;
        }
        self.depth += 1;
        let value = self.eval_inner(id);
        self.depth -= 1;
        value
    }

    /// The value of a place again, without recording anything twice that matters.
    pub(super) fn eval_quiet(&mut self, id: ExprId) -> Value {
        match self.tree.expr(id).kind {
            ExprKind::Name(_)
            | ExprKind::This
            | ExprKind::Member { .. }
            | ExprKind::Index { .. }
            | ExprKind::Literal(_)
            | ExprKind::Await(_)
            | ExprKind::Call { .. } => self.eval(id),
            ExprKind::Assign { target, .. } => self.pattern_var(target).unwrap_or(Value::ANY),
            _ => Value::ANY,
        }
    }

    fn eval_inner(&mut self, id: ExprId) -> Value {
        let tree = self.tree;
        let expr = tree.expr(id);
        match &expr.kind {
            ExprKind::Missing | ExprKind::Super => Value::ANY,
            ExprKind::Name(symbol) => {
                let name = self.name(*symbol);
                let value = self.read_binding(self.info.scopes.of_expr(id), name);
                self.record_read(id, value);
                value
            }
            ExprKind::This => self.frame().this,
            ExprKind::Literal(literal) => self.literal(id, *literal),
            ExprKind::Template { parts, tag } => self.template(id, parts, *tag),
            ExprKind::Member { object, name, .. } => {
                let receiver = self.eval(*object);
                let name = self.name(*name);
                if self.is_exports(id) {
                    return self.exports_value();
                }
                let value = self.member(receiver, name, expr.span);
                self.record_read(id, value);
                value
            }
            ExprKind::Index { object, index } => self.index(id, *object, *index),
            ExprKind::Slice { object, lower, upper, step } => {
                let receiver = self.eval(*object);
                let bounds = [lower, upper].map(|part| part.map(|part| self.eval(part)));
                if let Some(step) = step {
                    self.eval(*step);
                } else if let Some(part) = self.part_of(receiver, bounds, (id.index(), 13)) {
                    return part;
                }
                self.slice(receiver, expr.span)
            }
            ExprKind::Call { callee, args, .. } => self.call(id, *callee, args),
            ExprKind::Unary { op, operand } => self.unary(*op, *operand),
            ExprKind::Binary { op, left, right } => {
                if let Some(value) = self.sum(id) {
                    return value;
                }
                let a = self.eval(*left);
                let b = self.eval(*right);
                self.built_by(id, *op, &[a, b]);
                self.binary(*op, a, b, *right, expr.span)
            }
            ExprKind::Logical { op, left, right } => self.logical(*op, *left, *right),
            ExprKind::Conditional { test, then, otherwise } => {
                let (yes, no) = self.condition(*test);
                self.put(yes);
                let a = if self.live { self.eval(*then) } else { Value::NONE };
                let after = self.take();
                self.put(no);
                let b = if self.live { self.eval(*otherwise) } else { Value::NONE };
                self.merge(after);
                self.join(a, b)
            }
            ExprKind::Sequence { items, .. } => self.sequence(id, items),
            ExprKind::Map { entries } => self.map(id, entries),
            ExprKind::Function(function) => self.function_value(*function),
            ExprKind::Class(class) => self.exec_class(*class),
            ExprKind::Assign { target, op, value } => {
                if let Some(op) = op {
                    self.assign_op(*target, *op, *value)
                } else {
                    let pushed = self.pattern_purpose(*target);
                    self.purpose.extend(pushed);
                    let result = self.eval(*value);
                    if pushed.is_some() {
                        self.purpose.pop();
                    }
                    let span = self.span(*value);
                    self.note_walk(*target, *value);
                    self.bind_pattern(*target, result, span);
                    match tree.pattern(*target).kind {
                        PatternKind::Name(_) => self.pattern_var(*target).unwrap_or(result),
                        _ => result,
                    }
                }
            }
            ExprKind::Await(value) => self.eval(*value),
            ExprKind::Yield { value, delegate } => self.yielded(*value, *delegate),
            ExprKind::Comprehension { kind, element, value, clauses } => {
                self.comprehension(id, *kind, *element, *value, clauses)
            }
            ExprKind::Element { tag, attributes, children } => self.jsx(id, *tag, attributes, children),
            ExprKind::Comma(items) => items.iter().fold(Value::ANY, |_, item| self.eval(*item)),
            ExprKind::Import(path) => {
                let module = self.eval(*path);
                self.check(self.index.own.import, module, self.span(*path), 0);
                match tree.string_of(*path) {
                    Some(module) => {
                        let target = self.project.resolver.javascript(self.project.path(self.file), module);
                        self.module_value(&target)
                    }
                    None => Value::ANY,
                }
            }
        }
    }

    /// What a name means here.
    pub(super) fn read_binding(&mut self, binding: Binding, name: NameId) -> Value {
        match (binding, self.unit) {
            (Binding::Local(var), Unit::Function(_)) => match self.state.vars.get(var as usize) {
                Some(value) if *value != Value::NONE => *value,
                _ => self.captured(var),
            },
            (Binding::Module(var), _) => self.module_var(self.file, var),
            (Binding::Local(_), Unit::Module(_)) => Value::ANY,
            (Binding::Free, _) => self.global(name),
        }
    }

    /// A variable of an outer function that does not run now.
    fn captured(&mut self, var: u32) -> Value {
        let Unit::Function(unit) = self.unit else { return Value::ANY };
        let root = self.project.function(unit).root;
        if root == unit {
            return Value::ANY;
        }
        let cell = self.cell(Cell::Local(root, var));
        self.captured_param(unit, var, cell)
    }

    /// A name that nothing in the file binds.
    fn global(&mut self, name: NameId) -> Value {
        let file = self.file;
        for star in 0..self.info.stars.len() {
            let target = self.info.stars[star].clone();
            if self.python
                && target != Target::File(file)
                && let Some(value) = self.module_name(&target, name, 0)
            {
                return value;
            }
        }
        let family = self.info.family;
        let step = self.api_step(name);
        if family == Family::Python {
            let node = self.index.root(family, "builtins").and_then(|root| self.index.child(root, step));
            return match node {
                Some(node) => self.api(vec![node], None, Span::default(), TaintSet::CLEAN),
                None => self.not_imported(name),
            };
        }
        match name {
            known::UNDEFINED => return Value::NULL,
            known::EXPORTS => return self.exports_value(),
            known::WINDOW | known::GLOBAL | known::SELF | known::GLOBAL_THIS => {
                return match self.index.root(family, "globalThis") {
                    Some(root) => self.api(vec![root], None, Span::default(), TaintSet::CLEAN),
                    None => Value::ANY,
                };
            }
            _ => {}
        }
        let mut nodes = Vec::new();
        nodes.extend(self.index.root(family, "globalThis").and_then(|root| self.index.child(root, step)));
        if step != crate::model::index::Step::UNKNOWN || nodes.is_empty() {
            nodes.extend(self.index.root(family, self.names.text(name)));
        }
        if nodes.is_empty() { Value::ANY } else { self.api(nodes, None, Span::default(), TaintSet::CLEAN) }
    }

    /// `module.exports`.
    pub(super) fn exports_value(&mut self) -> Value {
        if let Some(written) = self.cell_writes.get(&Cell::Var(self.file, EXPORTS)) {
            let written = written.clone();
            return self.bring_in(&written, None);
        }
        Value::ANY
    }

    fn literal(&mut self, id: ExprId, literal: Literal) -> Value {
        match literal {
            Literal::Str(symbol) | Literal::Bytes(symbol) => {
                let name = self.name(symbol);
                self.one(Ref::Str(name))
            }
            Literal::Int(number) => self.one(Ref::Int(number)),
            Literal::Bool(truth) => self.one(Ref::Bool(truth)),
            Literal::Null | Literal::Undefined => Value::NULL,
            Literal::Float(_) | Literal::Ellipsis => Value::SCALAR,
            Literal::Regex(..) => match self.index.type_node(self.info.family, "RegExp") {
                Some(node) => self.api(vec![node], Some(id), Span::default(), TaintSet::CLEAN),
                None => Value::ANY,
            },
        }
    }

    fn slice(&mut self, receiver: Value, span: crate::base::Span) -> Value {
        if self.object_of(receiver).is_some() {
            let element = self.element_of(receiver, span, true);
            let at = self.object_at((span.start, 13));
            let mut list = Object::new(false, true);
            (list.rest, list.count) = (element, None);
            self.state.put(at, list);
            self.one(Ref::Object(at))
        } else {
            let refs = if self.is_constant(receiver) { RefSet::TEXT } else { receiver.refs };
            Value { refs, taint: receiver.taint }
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: ExprId) -> Value {
        if op == UnaryOp::Not {
            let value = self.eval(operand);
            return match self.truth(value) {
                Some(truth) => self.one(Ref::Bool(!truth)),
                None => Value::SCALAR,
            };
        }
        let value = self.eval(operand);
        match (op, self.single(value)) {
            (UnaryOp::Minus, Some(Ref::Int(number))) => self.one(Ref::Int(number.wrapping_neg())),
            (UnaryOp::Void, _) => Value::NULL,
            (UnaryOp::Delete, _) => {
                self.forget_member(operand);
                Value::SCALAR
            }
            (UnaryOp::Invert | UnaryOp::Plus | UnaryOp::Minus, _) if self.python && value.taint != TaintSet::CLEAN => {
                value
            }
            (UnaryOp::Increment | UnaryOp::Decrement, _) => {
                self.set_place(operand, Value::SCALAR);
                Value::SCALAR
            }
            _ => Value::SCALAR,
        }
    }

    fn logical(&mut self, op: LogicalOp, left: ExprId, right: ExprId) -> Value {
        if op == LogicalOp::Coalesce {
            let a = self.eval(left);
            let before = self.live.then(|| self.state.clone());
            let b = self.eval(right);
            self.merge(before);
            return if self.single(a) == Some(Ref::Null) { b } else { self.join(a, b) };
        }
        let (value, yes, no) = self.condition_value(left);
        let (go_on, skip) = if op == LogicalOp::And { (yes, no) } else { (no, yes) };
        let skipped = skip.is_some();
        self.put(go_on);
        if !self.live {
            self.put(skip);
            return value;
        }
        let b = self.eval(right);
        self.merge(skip);
        if !skipped {
            return b;
        }
        if op == LogicalOp::And {
            // The left side is the result only when it is false, and then it carries nothing.
            let refs = self.values.join_refs(b.refs, RefSet::NULL);
            return Value { refs, taint: b.taint };
        }
        self.join(value, b)
    }

    fn sequence(&mut self, id: ExprId, items: &[Item]) -> Value {
        let mut list = Object::new(false, true);
        let mut at = Some(0u32);
        for item in items {
            let value = self.eval(item.value);
            if item.spread {
                let element = self.element_of(value, self.span(item.value), true);
                list.rest = self.values.join(list.rest, element);
                at = None;
                continue;
            }
            if let Some(name) = at.and_then(index_name) {
                list.set(name, value);
                at = at.map(|at| at + 1);
            } else {
                list.rest = self.values.join(list.rest, value);
                at = None;
            }
        }
        list.count = at;
        let object = self.object_at((id.index(), 0));
        self.state.put(object, list);
        self.one(Ref::Object(object))
    }

    /// `{ $in: ids }`: what a query compares with is no condition of its own.
    fn compared(&mut self, name: NameId, value: Value) -> Value {
        let compares = ["$eq", "$ne", "$in", "$nin", "$all", "$gt", "$gte", "$lt", "$lte"];
        let key = self.project.names.text(name);
        if !key.starts_with('$') || !compares.contains(&key) {
            return value;
        }
        let taint = self.deep(value);
        Value {
            refs: if taint == TaintSet::CLEAN { value.refs } else { Value::ANY.refs },
            taint: self.values.clear(taint, kind_bit("nosql")),
        }
    }

    fn map(&mut self, id: ExprId, entries: &[Entry]) -> Value {
        let mut made = Object::new(false, false);
        for entry in entries {
            match entry.key {
                Some(Key::Static(name, _)) => {
                    let name = self.name(name);
                    self.purpose.push(name);
                    let value = self.eval(entry.value);
                    self.purpose.pop();
                    let value = self.compared(name, value);
                    // A setter stands beside its getter, it does not take its place.
                    let setter = matches!(self.tree.expr(entry.value).kind, ExprKind::Function(function)
                        if self.tree.function(function).kind == crate::syntax::FunctionKind::Setter);
                    if !setter || made.field(name).is_none() {
                        made.set(name, value);
                    }
                }
                Some(Key::Computed(key)) => {
                    let key = self.eval(key);
                    let name = self.key_name(key);
                    self.purpose.extend(name);
                    let value = self.eval(entry.value);
                    if name.is_some() {
                        self.purpose.pop();
                    }
                    match name {
                        Some(name) => made.set(name, value),
                        None => {
                            made.rest = self.values.join(made.rest, value);
                            if key.taint != TaintSet::CLEAN {
                                made.set(known::KEY_TAINT, Value::text(key.taint));
                            }
                        }
                    }
                }
                None => {
                    let value = self.eval(entry.value);
                    self.spread_into(&mut made, value, self.span(entry.value));
                }
            }
        }
        let object = self.object_at((id.index(), 0));
        self.state.put(object, made);
        let value = self.one(Ref::Object(object));
        self.record_map(id, entries, value);
        value
    }

    /// `{**other}`, `{...other}`, `Object.assign`, `update`.
    pub(super) fn spread_into(&mut self, made: &mut Object, value: Value, span: crate::base::Span) {
        for one in self.refs(value) {
            if let Ref::Object(at) = one
                && let Some(object) = self.state.object(at).cloned()
            {
                for (name, value, weak) in object.fields {
                    if weak {
                        let before = made.field(name).map_or(Value::NONE, |(value, _)| value);
                        let joined = self.join(before, value);
                        made.set(name, joined);
                    } else {
                        made.set(name, value);
                    }
                }
                made.rest = self.values.join(made.rest, object.rest);
            }
        }
        let opaque = self.values.refs(value.refs).iter().any(|one| !matches!(one, Ref::Object(_) | Ref::Null));
        if opaque || value.taint != TaintSet::CLEAN {
            let element = self.element_of(value, span, false);
            made.rest = self.values.join(made.rest, element);
        }
    }

    fn yielded(&mut self, value: Option<ExprId>, delegate: bool) -> Value {
        let mut result = match value {
            Some(value) => self.eval(value),
            None => Value::NULL,
        };
        if let (Some(expr), false) = (value, delegate) {
            self.check_returned(expr, result);
        }
        if delegate {
            let span = value.map_or_else(Default::default, |value| self.span(value));
            result = self.element_of(result, span, true);
        }
        let before = self.frame().yields.unwrap_or(Value::NONE);
        let joined = self.values.join(before, result);
        self.frame().yields = Some(joined);
        Value::ANY
    }

    fn comprehension(
        &mut self,
        id: ExprId,
        kind: ComprehensionKind,
        element: ExprId,
        value: Option<ExprId>,
        clauses: &[Clause],
    ) -> Value {
        let before = self.live.then(|| self.state.clone());
        let mut copied = None;
        for clause in clauses {
            let iterated = self.eval(clause.iter);
            let span = self.span(clause.iter);
            let bound = self.iterate(iterated, span);
            if matches!(kind, ComprehensionKind::List | ComprehensionKind::Generator)
                && self.is_copy(element, clauses)
                && let Some(Ref::Object(at)) = self.single(iterated)
            {
                copied = self.state.object(at).filter(|object| object.is_list && !object.overlay).cloned();
            }
            self.bind_pattern(clause.target, bound, span);
            for condition in &clause.conditions {
                let (yes, _) = self.condition(*condition);
                self.put(yes);
            }
        }
        let mut made = Object::new(false, kind != ComprehensionKind::Map);
        made.count = None;
        if self.live {
            let first = self.eval(element);
            let content = match value {
                Some(value) => self.eval(value),
                None => first,
            };
            made.rest = content;
            if value.is_some() && first.taint != TaintSet::CLEAN {
                made.set(known::KEY_TAINT, Value::text(first.taint));
            }
        }
        self.merge(before);
        let object = self.object_at((id.index(), 0));
        self.state.put(object, copied.unwrap_or(made));
        self.one(Ref::Object(object))
    }

    /// `[x for x in items]`: the same elements in the same order.
    fn is_copy(&self, element: ExprId, clauses: &[Clause]) -> bool {
        let [clause] = clauses else { return false };
        let ExprKind::Name(name) = self.tree.expr(element).kind else { return false };
        clause.conditions.is_empty()
            && matches!(self.tree.pattern(clause.target).kind, PatternKind::Name(target) if target == name)
    }

    fn jsx(&mut self, id: ExprId, tag: Option<ExprId>, attributes: &[Attribute], children: &[ExprId]) -> Value {
        let component = tag.filter(|tag| self.tree.string_of(*tag).is_none()).map(|tag| self.eval(tag));
        let mut props = Object::new(false, false);
        for attribute in attributes {
            let name = attribute.name.map(|name| self.name(name));
            self.purpose.extend(name);
            let value = match attribute.value {
                Some(value) => self.eval(value),
                None => self.one(Ref::Bool(true)),
            };
            if name.is_some() {
                self.purpose.pop();
            }
            if let Some(name) = name {
                self.jsx_sinks(attribute, name, value);
                props.set(name, value);
            } else {
                let span = attribute.span;
                self.spread_into(&mut props, value, span);
            }
        }
        let mut inner = Value::NONE;
        for child in children {
            let value = self.eval(*child);
            inner = self.join(inner, value);
        }
        if let Some(component) = component {
            let functions: Vec<_> =
                self.refs(component).into_iter().filter(|one| matches!(one, Ref::Func(_))).collect();
            if !functions.is_empty() {
                let at = self.object_at((id.index(), 0));
                self.state.put(at, props);
                let props = self.one(Ref::Object(at));
                for one in functions {
                    if let Ref::Func(function) = one {
                        self.invoke(function, super::call::Args::positional(vec![props]), id);
                    }
                }
            }
        }
        Value::ANY
    }
}
