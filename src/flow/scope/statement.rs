//! Resolves the names in statements: what they contain is walked in the order in which it runs.

use super::{FREE, Walk};
use crate::syntax::{StmtId, StmtKind};

impl<'a> Walk<'a> {
    pub(super) fn stmt(&mut self, id: StmtId) {
        let tree = self.tree;
        match &tree.stmt(id).kind {
            StmtKind::Expr(expr) => self.expr(*expr),
            StmtKind::Assign { targets, annotation, value, .. } => {
                if let (Some(value), Some(target)) = (value, targets.first()) {
                    self.bind_name(*target, *value);
                }
                self.exprs(*annotation);
                self.exprs(*value);
                targets.iter().for_each(|target| self.pattern(*target));
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(*value);
                self.pattern(*target);
            }
            StmtKind::Delete(targets) => self.exprs(targets.iter().copied()),
            StmtKind::Return(value) | StmtKind::Throw(value) => self.exprs(*value),
            StmtKind::Function(function) => {
                self.scopes.function_names[function.at()] =
                    tree.function(*function).name.map_or(FREE, |name| self.lookup(name));
                self.function(*function);
            }
            StmtKind::Class(class) => {
                self.scopes.class_names[class.at()] = tree.class(*class).name.map_or(FREE, |name| self.lookup(name));
                self.class(*class);
            }
            StmtKind::Import(import) => {
                self.scopes.import_stmts.push(id);
                for (at, name) in (0u32..).zip(&import.names) {
                    let code = self.lookup(name.local);
                    self.scopes.imports.insert((id, at), code);
                }
            }
            StmtKind::Export(export) => {
                if export.from.is_some() {
                    self.scopes.import_stmts.push(id);
                } else {
                    for (at, name) in (0u32..).zip(&export.names) {
                        let code = self.lookup(name.local);
                        self.scopes.imports.insert((id, at), code);
                    }
                }
                self.exprs(export.default);
            }
            StmtKind::Assert { test, message } => {
                self.expr(*test);
                self.exprs(*message);
            }
            StmtKind::Global(_) | StmtKind::Nonlocal(_) | StmtKind::Break(_) | StmtKind::Continue(_) => {}
            StmtKind::If { .. }
            | StmtKind::While { .. }
            | StmtKind::ForEach { .. }
            | StmtKind::For { .. }
            | StmtKind::Try { .. }
            | StmtKind::With { .. }
            | StmtKind::Match { .. }
            | StmtKind::Labeled(..)
            | StmtKind::Block(_) => self.control(&tree.stmt(id).kind),
        }
    }

    /// Statements that hold other statements.
    fn control(&mut self, kind: &'a StmtKind) {
        match kind {
            StmtKind::If { test, then, otherwise } => {
                self.expr(*test);
                self.scoped(then);
                self.scoped(otherwise);
            }
            StmtKind::While { test, body, otherwise, .. } => {
                self.expr(*test);
                self.scoped(body);
                self.scoped(otherwise);
            }
            StmtKind::ForEach { target, iter, body, otherwise, .. } => {
                self.expr(*iter);
                self.push_block();
                if !self.python && self.declares(*target) {
                    self.declare_pattern(*target);
                }
                self.pattern(*target);
                self.scoped(body);
                self.pop_block();
                self.scoped(otherwise);
            }
            StmtKind::For { init, test, update, body } => {
                self.push_block();
                self.declare_block(init, false);
                self.block(init);
                self.exprs(*test);
                self.exprs(*update);
                self.scoped(body);
                self.pop_block();
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                self.scoped(body);
                for handler in handlers {
                    self.exprs(handler.class);
                    self.push_block();
                    if let Some(name) = handler.name {
                        if !self.python {
                            self.declare_pattern(name);
                        }
                        self.pattern(name);
                    }
                    self.scoped(&handler.body);
                    self.pop_block();
                }
                self.scoped(otherwise);
                self.scoped(finally);
            }
            StmtKind::With { items, body } => {
                for (context, target) in items {
                    self.expr(*context);
                    if let Some(target) = target {
                        self.pattern(*target);
                    }
                }
                self.scoped(body);
            }
            StmtKind::Match { subject, cases, .. } => {
                self.expr(*subject);
                for case in cases {
                    case.pattern.iter().for_each(|pattern| self.pattern(*pattern));
                    self.exprs(case.guard);
                    self.scoped(&case.body);
                }
            }
            StmtKind::Labeled(_, body) => self.block(body),
            StmtKind::Block(body) => self.scoped(body),
            _ => {}
        }
    }
}
