//! Statements: control flow over states.

use super::super::facts::FileId;
use super::super::names::known;
use super::super::project::Target;
use super::super::summary::{Cell, DEFAULT};
use super::super::value::{RefSet, Value};
use super::{Interp, Loop, Unit};
use crate::flow::scope::Binding;
use crate::flow::state::State;
use crate::syntax::{Declaration, Export, ExprId, ExprKind, Handler, Import, Imported, StmtId, StmtKind, Symbol};

/// How often a loop body is run, by how deep the loop is nested in others.
const ROUNDS: [u32; 3] = [3, 2, 1];

impl Interp<'_> {
    pub(super) fn exec_block(&mut self, block: &[StmtId]) {
        if !self.python {
            self.hoist(block);
        }
        for stmt in block {
            if !self.live {
                return;
            }
            self.exec(*stmt);
        }
    }

    /// JavaScript's function declarations hold from the start of their block.
    fn hoist(&mut self, block: &[StmtId]) {
        for stmt in block {
            if let StmtKind::Function(function) = self.tree.stmt(*stmt).kind {
                let value = self.function_value(function);
                self.bind(self.info.scopes.of_function(function), value);
            }
        }
    }

    fn exec(&mut self, id: StmtId) {
        if !self.pay() {
            return;
        }
        let tree = self.tree;
        let stmt = tree.stmt(id);
        match &stmt.kind {
            StmtKind::Expr(expr) => {
                self.eval(*expr);
                self.doubt_by_statement(*expr);
            }
            StmtKind::Assign { targets, annotation, value, declaration } => {
                self.exec_assign(targets, *annotation, *value, *declaration);
            }
            StmtKind::AugAssign { target, op, value } => {
                self.assign_op(*target, *op, *value);
            }
            StmtKind::Delete(targets) => targets.iter().for_each(|target| self.delete(*target)),
            StmtKind::Return(value) => self.exec_return(*value),
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    let thrown = self.eval(*value);
                    self.note_thrown(thrown);
                }
                self.exec_throw();
            }
            StmtKind::If { test, then, otherwise } => {
                let (yes, no) = self.condition(*test);
                self.put(yes);
                self.doubt_checked(*test);
                self.exec_block(then);
                let after = self.take();
                self.put(no);
                if after.is_none() || self.leaves(then) {
                    self.doubt_checked(*test);
                }
                self.exec_block(otherwise);
                self.merge(after);
            }
            StmtKind::While { test, body, otherwise, body_first } => {
                self.exec_while(Some(*test), body, otherwise, *body_first, None);
            }
            StmtKind::ForEach { target, iter, keys, body, otherwise } => {
                self.exec_for_each(*target, *iter, *keys, body, otherwise);
            }
            StmtKind::For { init, test, update, body } => {
                self.exec_block(init);
                self.exec_while(*test, body, &[], false, *update);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => self.exec_try(body, handlers, otherwise, finally),
            StmtKind::With { items, body } => {
                for (context, target) in items {
                    let value = self.eval(*context);
                    let value = self.entered(*context, value);
                    if let Some(target) = target {
                        self.bind_pattern(*target, value, tree.expr(*context).span);
                    }
                }
                self.exec_block(body);
            }
            StmtKind::Match { subject, cases, falls_through } => self.exec_match(*subject, cases, *falls_through),
            StmtKind::Function(function) => self.exec_function(*function),
            StmtKind::Class(class) => {
                let value = self.exec_class(*class);
                self.bind(self.info.scopes.of_class(*class), value);
            }
            StmtKind::Import(import) => self.exec_import(id, import),
            StmtKind::Export(export) => self.exec_export(export),
            StmtKind::Break(label) => self.exec_jump(*label, true),
            StmtKind::Continue(label) => self.exec_jump(*label, false),
            StmtKind::Labeled(label, body) => self.exec_labeled(*label, body),
            StmtKind::Block(body) => self.exec_block(body),
            StmtKind::Assert { test, message } => {
                let (yes, no) = self.condition(*test);
                if let Some(message) = message {
                    self.put(no);
                    self.eval(*message);
                    self.take();
                }
                self.put(yes);
            }
            StmtKind::Global(_) | StmtKind::Nonlocal(_) => {}
        }
    }

    fn exec_assign(
        &mut self,
        targets: &[crate::syntax::PatternId],
        annotation: Option<ExprId>,
        value: Option<ExprId>,
        declaration: Declaration,
    ) {
        let pushed = targets.first().and_then(|target| self.pattern_purpose(*target));
        self.purpose.extend(pushed);
        let mut result = match value {
            Some(value) => self.eval(value),
            None => Value::NONE,
        };
        if pushed.is_some() {
            self.purpose.pop();
        }
        if let Some(annotation) = annotation {
            let known = self.annotated(annotation);
            if !known.is_empty() {
                let unknown = result == Value::NONE || self.values.refs(result.refs).contains(&super::Ref::Any);
                // `size: int | None = None` in a class body: the default says nothing of its instances.
                let declared = self.class_body.is_some() && result == Value::NULL && self.python;
                if unknown || declared {
                    let known = self.values.ref_set(known);
                    result.refs = known;
                }
            } else if self.class_body.is_some() && self.python {
                result = self.declared_list(annotation, result);
            }
        }
        let span = value.map_or_else(Default::default, |value| self.span(value));
        for target in targets {
            if let Declaration::Field { .. } = declaration {
                self.assign_field(*target, result);
            }
            if value.is_some() || result != Value::NONE {
                if let (Some(value), Declaration::None) = (value, declaration) {
                    self.note_walk(*target, value);
                }
                self.bind_pattern(*target, result, span);
                if let (Some(value), [_]) = (value, targets) {
                    self.note_check(*target, value);
                    self.note_parts(*target, value);
                }
            } else if !self.python && matches!(declaration, Declaration::Let | Declaration::Var) {
                self.bind_pattern(*target, Value::NULL, span);
            }
        }
    }

    fn exec_return(&mut self, value: Option<ExprId>) {
        let result = match value {
            Some(value) => {
                let result = self.eval(value);
                self.check_returned(value, result);
                if self.frames.len() == 1 { self.close_over(result, 0) } else { result }
            }
            None => Value::NULL,
        };
        let (told, first) = self.told_first(value, result);
        self.note_verdict(told, first);
        let joined = {
            let before = self.frame().result;
            self.values.join(before, result)
        };
        self.frame().result = joined;
        let state = self.take();
        let mut slot = self.frame().returns.take();
        Self::merge_into(&mut self.values, &mut slot, state);
        self.frame().returns = slot;
    }

    pub(super) fn exec_throw(&mut self) {
        let state = self.take();
        let Some(mut slot) = self.frame().tries.pop() else { return };
        Self::merge_into(&mut self.values, &mut slot, state);
        self.frame().tries.push(slot);
    }

    fn exec_jump(&mut self, label: Option<Symbol>, is_break: bool) {
        let state = self.take();
        let frame = self.frames.len() - 1;
        let loops = &mut self.frames[frame].loops;
        let found = loops.iter_mut().rev().find(|one| match label {
            Some(label) => one.label == Some(label),
            None => is_break || !one.is_switch,
        });
        if let Some(found) = found {
            let slot = if is_break { &mut found.breaks } else { &mut found.continues };
            Self::merge_into(&mut self.values, slot, state);
        }
    }

    fn exec_labeled(&mut self, label: Symbol, body: &[StmtId]) {
        self.frame().loops.push(Loop { label: Some(label), is_switch: true, breaks: None, continues: None });
        self.exec_block(body);
        if let Some(done) = self.frame().loops.pop() {
            self.merge(done.breaks);
            self.merge(done.continues);
        }
    }

    fn enter_loop(&mut self) {
        self.loop_depth += 1;
        self.frame().loops.push(Loop { label: None, is_switch: false, breaks: None, continues: None });
    }

    fn leave_loop(&mut self) -> Option<State> {
        self.loop_depth -= 1;
        self.frame().loops.pop().and_then(|done| done.breaks)
    }

    fn merge_continues(&mut self) {
        let continues = self.frame().loops.last_mut().and_then(|one| one.continues.take());
        self.merge(continues);
    }

    fn rounds(&self) -> u32 {
        ROUNDS[(self.loop_depth as usize).min(ROUNDS.len() - 1)]
    }

    fn exec_while(
        &mut self,
        test: Option<ExprId>,
        body: &[StmtId],
        otherwise: &[StmtId],
        first: bool,
        update: Option<ExprId>,
    ) {
        let rounds = self.rounds();
        self.enter_loop();
        if first {
            self.exec_block(body);
            self.merge_continues();
        }
        let mut head = self.take();
        let mut exit = None;
        for round in 0..rounds {
            let Some(start) = head.clone() else { break };
            self.put(Some(start));
            let (yes, no) = match test {
                Some(test) => self.condition(test),
                None => (self.take(), None),
            };
            exit = no;
            self.put(yes);
            self.exec_block(body);
            self.merge_continues();
            if let Some(update) = update {
                self.eval(update);
            }
            let end = self.take();
            if !self.goes_round(&mut head, end.as_ref()) {
                break;
            }
            if round + 1 == rounds {
                let endless = test.is_none_or(|test| matches!(self.tree.expr(test).kind, ExprKind::Literal(_)));
                match (&mut exit, end) {
                    (Some(exit), Some(end)) => {
                        exit.join(&end, &mut self.values);
                    }
                    // The condition held as far as the loop was run; it need not hold for ever.
                    (None, Some(end)) if !endless => exit = Some(end),
                    _ => {}
                }
            }
        }
        let breaks = self.leave_loop();
        self.put(exit);
        self.exec_block(otherwise);
        self.merge(breaks);
    }

    /// Takes the end of a round into the head of the loop; whether it holds anything new.
    fn goes_round(&mut self, head: &mut Option<State>, end: Option<&State>) -> bool {
        let (Some(head), Some(end)) = (head, end) else { return false };
        let changed = head.join(end, &mut self.values);
        if changed {
            self.widen(head);
        }
        changed
    }

    /// Counters and texts that grow are no constants: a loop is run a few times only.
    fn widen(&mut self, state: &mut State) {
        let values = &mut self.values;
        state.vars.update(|mut slot| {
            let refs = values.refs(slot.refs);
            if refs.len() < 2 {
                return slot;
            }
            let numbers = refs.iter().any(|one| matches!(one, super::Ref::Int(_)));
            let texts = refs.iter().filter(|one| matches!(one, super::Ref::Str(_))).count();
            if numbers {
                slot.refs = values.join_refs(slot.refs, RefSet::SCALAR);
            }
            if texts > 2 {
                slot.refs = values.join_refs(slot.refs, RefSet::TEXT);
            }
            slot
        });
    }

    fn exec_for_each(
        &mut self,
        target: crate::syntax::PatternId,
        iter: ExprId,
        keys: bool,
        body: &[StmtId],
        otherwise: &[StmtId],
    ) {
        let iterated = self.eval(iter);
        let span = self.span(iter);
        let rounds = self.rounds();
        if self.python {
            self.note_picked(target);
        }
        self.enter_loop();
        let mut head = self.take();
        for _ in 0..rounds {
            let Some(start) = head.clone() else { break };
            self.put(Some(start));
            let element = if keys { self.keys_of(iterated, span) } else { self.iterate(iterated, span) };
            self.bind_pattern(target, element, span);
            self.exec_block(body);
            self.merge_continues();
            let end = self.take();
            if !self.goes_round(&mut head, end.as_ref()) {
                break;
            }
        }
        let breaks = self.leave_loop();
        self.put(head);
        self.exec_block(otherwise);
        self.merge(breaks);
    }

    fn exec_try(&mut self, body: &[StmtId], handlers: &[Handler], otherwise: &[StmtId], finally: &[StmtId]) {
        let before = self.live.then(|| self.state.clone());
        self.frame().tries.push(before);
        self.frame().thrown.push(Value::NONE);
        if !self.python {
            self.hoist(body);
        }
        for stmt in body {
            if !self.live {
                break;
            }
            self.exec(*stmt);
            if self.live && !(handlers.is_empty() && finally.is_empty()) {
                let state = self.state.clone();
                if let Some(mut slot) = self.frame().tries.pop() {
                    Self::merge_into(&mut self.values, &mut slot, Some(state));
                    self.frame().tries.push(slot);
                }
            }
        }
        let thrown = self.frame().tries.pop().flatten();
        let told = self.frame().thrown.pop().unwrap_or(Value::NONE);
        self.exec_block(otherwise);
        let mut after = self.take();
        for handler in handlers {
            self.put(thrown.clone());
            if let Some(name) = handler.name {
                let error = self.caught(handler, handlers.len() == 1, told);
                self.bind_pattern(name, error, self.tree.pattern(name).span);
            }
            self.exec_block(&handler.body);
            let end = self.take();
            Self::merge_into(&mut self.values, &mut after, end);
        }
        if finally.is_empty() {
            self.put(after);
            return;
        }
        // After a return or throw the finally block runs as well, but what follows it is not reached then.
        let reached = after.is_some();
        self.put(after.or(if handlers.is_empty() { thrown } else { None }));
        self.exec_block(finally);
        if !reached {
            self.take();
        }
    }

    // --- imports and exports ---

    fn exec_import(&mut self, id: StmtId, import: &Import) {
        if import.type_only && import.names.is_empty() {
            return;
        }
        let target = self.project.import_target(self.file, import);
        for (at, name) in (0u32..).zip(&import.names) {
            let value = match name.imported {
                Imported::All => continue,
                Imported::Module => self.namespace(&target),
                Imported::Default => self.module_name(&target, known::DEFAULT, 0).unwrap_or(Value::ANY),
                Imported::TopPackage => self.top_package(import),
                Imported::Name(symbol) => self.imported_name(&target, import, symbol),
            };
            let binding = self.info.scopes.of_import(id, at);
            self.bind(binding, value);
        }
    }

    fn namespace(&mut self, target: &Target) -> Value {
        self.module_value(target)
    }

    fn top_package(&mut self, import: &Import) -> Value {
        let module = self.tree.text(import.module);
        let top = module.split('.').next().unwrap_or(module).to_owned();
        let target = self.project.resolver.python(self.project.path(self.file), &top, import.level);
        if let Target::File(_) = target {
            return self.module_value(&target);
        }
        // The top folder need not be a package: then the module itself is all there is.
        let whole = self.project.import_target(self.file, import);
        match whole {
            Target::File(_) if self.index.root(self.info.family, &top).is_none() => self.module_value(&whole),
            _ => self.module_value(&target),
        }
    }

    fn imported_name(&mut self, target: &Target, import: &Import, symbol: Symbol) -> Value {
        let name = self.name(symbol);
        let path = self.project.path(self.file);
        // `from . import settings` in the package itself: the name is what this statement binds.
        if *target == Target::File(self.file)
            && let Some(module) = self.project.resolver.submodule(target, path, import, self.tree, symbol)
        {
            return self.module_value(&module);
        }
        if let Some(value) = self.module_name(target, name, 0) {
            return value;
        }
        match self.project.resolver.submodule(target, path, import, self.tree, symbol) {
            Some(module) => self.module_value(&module),
            None => Value::ANY,
        }
    }

    fn exec_export(&mut self, export: &Export) {
        if let Some(default) = export.default {
            let value = self.eval(default);
            self.give(Cell::Var(self.file, DEFAULT), value);
        }
    }

    /// A module that is imported as a whole and read by name.
    pub(super) fn file_member(&mut self, file: FileId, name: super::NameId) -> Value {
        let target = Target::File(file);
        if let Some(value) = self.module_name(&target, name, 0) {
            return value;
        }
        // `package.module` where `package/__init__.py` does not import it, or where there is none: then any module of
        // the folder stands for the package.
        if self.project.file(file).family == crate::model::index::Family::Python {
            let text = self.names.text(name).to_owned();
            let path = self.project.path(file);
            if let Target::File(module) = self.project.resolver.python(path, &text, 1) {
                return self.one(super::Ref::Module(module));
            }
            if path.split('/').rev().skip(1).any(|part| part == text) {
                return self.one(super::Ref::Module(file));
            }
        }
        Value::ANY
    }

    fn exec_function(&mut self, function: crate::syntax::FunctionId) {
        let value = self.function_value(function);
        let value = self.decorate(function, value);
        let binding = self.info.scopes.of_function(function);
        if self.tree.function(function).name.is_some() {
            self.bind(binding, value);
        }
    }

    /// What `with context as x` binds.
    fn entered(&mut self, context: ExprId, value: Value) -> Value {
        let method = self.refs(value).into_iter().find_map(|one| match one {
            super::Ref::Instance(class) => self.project.method(class, known::ENTER),
            _ => None,
        });
        match method {
            Some(method) => {
                let args = super::call::Args { receiver: Some(value), ..Default::default() };
                let result = self.invoke(method, args, context);
                if result.refs == RefSet::NULL { value } else { result }
            }
            None => value,
        }
    }

    /// Deleting a name or element forgets it.
    fn delete(&mut self, target: ExprId) {
        if let ExprKind::Name(_) = self.tree.expr(target).kind {
            self.bind(self.info.scopes.of_expr(target), Value::NONE);
        } else {
            self.eval(target);
            self.forget_member(target);
        }
    }

    /// Gives a variable its value.
    pub(super) fn bind(&mut self, binding: Binding, value: Value) {
        match (binding, self.unit) {
            (Binding::Local(var), Unit::Function(_)) | (Binding::Module(var), Unit::Module(_)) => {
                if let Some(slot) = self.state.vars.get_mut(var as usize) {
                    *slot = value;
                }
            }
            (Binding::Module(var), Unit::Function(_)) => {
                let cell = Cell::Var(self.file, var);
                self.give(cell, value);
                let before = self.cell_values.get(&cell).copied().unwrap_or(Value::NONE);
                let joined = self.join(value, before);
                self.cell_values.insert(cell, joined);
            }
            _ => {}
        }
    }
}
