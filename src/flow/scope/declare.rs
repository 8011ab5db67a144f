//! Which names the statements of a block bind, before any of them is resolved.

use super::{FREE, MAX_DEPTH, Sort, Walk};
use crate::syntax::{Declaration, ExprId, ExprKind, Imported, PatternId, PatternKind, StmtId, StmtKind, Symbol};

impl<'a> Walk<'a> {
    /// Declares what statements bind. `all`: function level (`var` and Python assignments anywhere below count);
    /// otherwise only what is block-scoped and stands directly here.
    pub(super) fn declare_block(&mut self, block: &'a [StmtId], all: bool) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for id in block {
            self.declare_stmt(*id, all, true);
        }
        self.depth -= 1;
    }

    pub(super) fn declare_nested(&mut self, block: &'a [StmtId]) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for id in block {
            self.declare_stmt(*id, true, self.python);
        }
        self.depth -= 1;
    }

    pub(super) fn declare_stmt(&mut self, id: StmtId, all: bool, direct: bool) {
        let tree = self.tree;
        match &tree.stmt(id).kind {
            StmtKind::Assign { targets, declaration, value, .. } => {
                let here = match declaration {
                    Declaration::Const | Declaration::Let => direct,
                    Declaration::Var => all,
                    Declaration::None | Declaration::Field { .. } => all && self.python,
                };
                if here {
                    targets.iter().for_each(|target| self.declare_pattern(*target));
                }
                if self.python
                    && all
                    && let Some(value) = value
                {
                    self.declare_walrus(*value);
                }
            }
            StmtKind::Function(function) if direct => {
                if let Some(name) = tree.function(*function).name {
                    self.declare(name);
                }
            }
            StmtKind::Class(class) if direct => {
                if let Some(name) = tree.class(*class).name {
                    self.declare(name);
                }
            }
            StmtKind::Import(import) if direct || self.python => {
                for name in &import.names {
                    if name.imported != Imported::All {
                        self.declare(name.local);
                    }
                }
            }
            _ if !all => {}
            StmtKind::AugAssign { target, .. } if self.python => self.declare_pattern(*target),
            StmtKind::Expr(expr) if self.python => self.declare_walrus(*expr),
            StmtKind::Return(Some(expr)) if self.python => self.declare_walrus(*expr),
            StmtKind::Global(names) => {
                for name in names {
                    let code = self.module_code(*name);
                    if let Some(scope) = self.stack.last_mut() {
                        scope.names.insert(*name, code);
                    }
                }
            }
            StmtKind::Nonlocal(names) => {
                for name in names {
                    let code = self.lookup(*name);
                    if let Some(scope) = self.stack.last_mut() {
                        scope.names.insert(*name, code);
                    }
                }
            }
            kind => self.declare_control(kind),
        }
    }

    /// What statements bind that hold other statements, at function level.
    fn declare_control(&mut self, kind: &'a StmtKind) {
        match kind {
            StmtKind::If { test, then, otherwise } => {
                if self.python {
                    self.declare_walrus(*test);
                }
                self.declare_nested(then);
                self.declare_nested(otherwise);
            }
            StmtKind::While { test, body, otherwise, .. } => {
                if self.python {
                    self.declare_walrus(*test);
                }
                self.declare_nested(body);
                self.declare_nested(otherwise);
            }
            StmtKind::ForEach { target, body, otherwise, .. } => {
                if self.python {
                    self.declare_pattern(*target);
                }
                self.declare_nested(body);
                self.declare_nested(otherwise);
            }
            StmtKind::For { init, body, .. } => {
                self.declare_nested(init);
                self.declare_nested(body);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                self.declare_nested(body);
                for handler in handlers {
                    if let (true, Some(name)) = (self.python, handler.name) {
                        self.declare_pattern(name);
                    }
                    self.declare_nested(&handler.body);
                }
                self.declare_nested(otherwise);
                self.declare_nested(finally);
            }
            StmtKind::With { items, body } => {
                for (context, target) in items {
                    self.declare_walrus(*context);
                    if let Some(target) = target {
                        self.declare_pattern(*target);
                    }
                }
                self.declare_nested(body);
            }
            StmtKind::Match { cases, .. } => {
                for case in cases {
                    if let (true, Some(pattern)) = (self.python, case.pattern) {
                        self.declare_pattern(pattern);
                    }
                    self.declare_nested(&case.body);
                }
            }
            StmtKind::Labeled(_, body) | StmtKind::Block(body) => self.declare_nested(body),
            _ => {}
        }
    }

    pub(super) fn module_code(&mut self, name: Symbol) -> u32 {
        if let Some(code) = self.stack.first().and_then(|scope| scope.names.get(&name)) {
            return *code;
        }
        let code = self.scopes.module_count;
        self.scopes.module_count += 1;
        if let Some(scope) = self.stack.first_mut() {
            scope.names.insert(name, code);
        }
        code
    }

    /// Python's `:=`, wherever it stands in an expression, as far as expressions commonly hold it.
    pub(super) fn declare_walrus(&mut self, id: ExprId) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match &self.tree.expr(id).kind {
            ExprKind::Assign { target, value, .. } => {
                self.declare_pattern(*target);
                self.declare_walrus(*value);
            }
            ExprKind::Binary { left, right, .. } | ExprKind::Logical { left, right, .. } => {
                self.declare_walrus(*left);
                self.declare_walrus(*right);
            }
            ExprKind::Unary { operand, .. } => self.declare_walrus(*operand),
            ExprKind::Await(value) => self.declare_walrus(*value),
            ExprKind::Member { object, .. } => self.declare_walrus(*object),
            ExprKind::Call { callee, args, .. } => {
                self.declare_walrus(*callee);
                args.iter().for_each(|arg| self.declare_walrus(arg.value));
            }
            ExprKind::Conditional { test, then, otherwise } => {
                self.declare_walrus(*test);
                self.declare_walrus(*then);
                self.declare_walrus(*otherwise);
            }
            ExprKind::Comprehension { element, clauses, .. } => {
                self.declare_walrus(*element);
                for clause in clauses {
                    clause.conditions.iter().for_each(|test| self.declare_walrus(*test));
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    pub(super) fn declare_pattern(&mut self, id: PatternId) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match &self.tree.pattern(id).kind {
            PatternKind::Name(name) => self.declare(*name),
            PatternKind::Sequence(items) => items.iter().flatten().for_each(|item| self.declare_pattern(*item)),
            PatternKind::Map(fields) | PatternKind::Class { fields, .. } => {
                fields.iter().for_each(|field| self.declare_pattern(field.pattern));
            }
            PatternKind::Rest(inner) | PatternKind::Default(inner, _) => self.declare_pattern(*inner),
            PatternKind::Or(options) => options.iter().for_each(|option| self.declare_pattern(*option)),
            PatternKind::Bind(inner, name) => {
                self.declare(*name);
                self.declare_pattern(*inner);
            }
            PatternKind::Target(_) | PatternKind::Value(_) | PatternKind::Any => {}
        }
        self.depth -= 1;
    }

    /// JavaScript without `var`: the first assignment makes a global. It counts as a variable of the outermost function,
    /// for what others write to it at other times is not told anyway.
    pub(super) fn declare_implicit(&mut self, name: Symbol) {
        if self.python || self.lookup(name) != FREE || is_global(self.tree.text(name)) {
            return;
        }
        let at = self.stack.iter().position(|scope| scope.sort == Sort::Function).unwrap_or_default();
        let code = self.fresh();
        if let Some(scope) = self.stack.get_mut(at) {
            scope.names.insert(name, code);
        }
    }
}

/// Names that are there without being assigned to first.
fn is_global(name: &str) -> bool {
    name.starts_with("on")
        || matches!(
            name,
            "exports"
                | "module"
                | "require"
                | "process"
                | "global"
                | "globalThis"
                | "window"
                | "self"
                | "document"
                | "location"
                | "undefined"
        )
}
