//! Statements, functions, classes, patterns.

use ruff_python_ast::{self as ast, Stmt as PyStmt};
use ruff_text_size::Ranged;

use super::{Lowering, span, span_of};
use crate::base::Span;
use crate::syntax::{
    Arg, Block, Case, Class, ClassId, Declaration, ExprId, ExprKind, Field, Function, FunctionId, FunctionKind,
    Handler, Import, ImportName, Imported, Key, Literal, Param, ParamKind, Pattern, PatternId, PatternKind, Spread,
    Stmt, StmtId, StmtKind, Symbol,
};

/// An `elif` chain longer than this goes on as plain `if` statements beside one another.
const MAX_ELIFS: usize = 500;

impl Lowering<'_> {
    pub(super) fn block(&mut self, body: &[PyStmt]) -> Block {
        let mut block = Vec::with_capacity(body.len());
        for stmt in body {
            self.stmt(stmt, &mut block);
        }
        block.into_boxed_slice()
    }

    fn stmt(&mut self, stmt: &PyStmt, block: &mut Vec<StmtId>) {
        if !self.enter(stmt.range()) {
            return;
        }
        let kind = match stmt {
            PyStmt::Pass(_) | PyStmt::IpyEscapeCommand(_) => None,
            PyStmt::Import(node) => {
                for alias in &node.names {
                    let import = self.import(alias);
                    block.push(self.tree.add_stmt(Stmt { span: span_of(node), kind: StmtKind::Import(import) }));
                }
                None
            }
            PyStmt::FunctionDef(node) => Some(StmtKind::Function(self.function(node))),
            PyStmt::ClassDef(node) => Some(StmtKind::Class(self.class(node))),
            PyStmt::If(node) => Some(self.if_else(node)),
            _ => Some(self.simple_or_loop(stmt)),
        };
        if let Some(kind) = kind {
            block.push(self.tree.add_stmt(Stmt { span: span(stmt.range()), kind }));
        }
        self.leave();
    }

    fn simple_or_loop(&mut self, stmt: &PyStmt) -> StmtKind {
        match stmt {
            PyStmt::Expr(node) => StmtKind::Expr(self.expr(&node.value)),
            PyStmt::Assign(node) => StmtKind::Assign {
                targets: node.targets.iter().map(|target| self.target(target)).collect(),
                annotation: None,
                value: Some(self.expr(&node.value)),
                declaration: self.declaration(),
            },
            PyStmt::AnnAssign(node) => StmtKind::Assign {
                targets: Box::new([self.target(&node.target)]),
                annotation: Some(self.annotation(&node.annotation)),
                value: node.value.as_deref().map(|value| self.expr(value)),
                declaration: self.declaration(),
            },
            PyStmt::TypeAlias(node) => StmtKind::Assign {
                targets: Box::new([self.target(&node.name)]),
                annotation: None,
                value: Some(self.annotation(&node.value)),
                declaration: self.declaration(),
            },
            PyStmt::AugAssign(node) => StmtKind::AugAssign {
                target: self.target(&node.target),
                op: super::expr::operator(node.op),
                value: self.expr(&node.value),
            },
            PyStmt::Delete(node) => StmtKind::Delete(self.exprs(&node.targets)),
            PyStmt::Return(node) => StmtKind::Return(node.value.as_deref().map(|value| self.expr(value))),
            PyStmt::Raise(node) => StmtKind::Throw(node.exc.as_deref().map(|value| self.expr(value))),
            PyStmt::Assert(node) => StmtKind::Assert {
                test: self.expr(&node.test),
                message: node.msg.as_deref().map(|message| self.expr(message)),
            },
            PyStmt::While(node) => StmtKind::While {
                test: self.expr(&node.test),
                body: self.block(&node.body),
                otherwise: self.block(&node.orelse).into(),
                body_first: false,
            },
            PyStmt::For(node) => StmtKind::ForEach {
                iter: self.expr(&node.iter),
                target: self.target(&node.target),
                keys: false,
                body: self.block(&node.body),
                otherwise: self.block(&node.orelse).into(),
            },
            PyStmt::Try(node) => StmtKind::Try {
                body: self.block(&node.body).into(),
                handlers: node.handlers.iter().map(|handler| self.handler(handler)).collect(),
                otherwise: self.block(&node.orelse).into(),
                finally: self.block(&node.finalbody).into(),
            },
            PyStmt::With(node) => StmtKind::With {
                items: node
                    .items
                    .iter()
                    .map(|item| {
                        let context = self.expr(&item.context_expr);
                        (context, item.optional_vars.as_deref().map(|target| self.target(target)))
                    })
                    .collect(),
                body: self.block(&node.body),
            },
            PyStmt::Match(node) => StmtKind::Match {
                subject: self.expr(&node.subject),
                cases: node.cases.iter().map(|case| self.case(case)).collect(),
                falls_through: false,
            },
            PyStmt::ImportFrom(node) => StmtKind::Import(self.import_from(node)),
            PyStmt::Global(node) => StmtKind::Global(self.names(&node.names)),
            PyStmt::Nonlocal(node) => StmtKind::Nonlocal(self.names(&node.names)),
            PyStmt::Break(_) => StmtKind::Break(None),
            PyStmt::Continue(_) => StmtKind::Continue(None),
            // Those that `stmt` handles.
            PyStmt::Pass(_)
            | PyStmt::IpyEscapeCommand(_)
            | PyStmt::Import(_)
            | PyStmt::FunctionDef(_)
            | PyStmt::ClassDef(_)
            | PyStmt::If(_) => StmtKind::Block(Block::default()),
        }
    }

    fn declaration(&self) -> Declaration {
        if self.in_class { Declaration::Field { is_static: true } } else { Declaration::None }
    }

    fn names(&mut self, names: &[ast::Identifier]) -> Box<[Symbol]> {
        names.iter().map(|name| self.tree.intern(name)).collect()
    }

    /// The chain of `elif` is built from its end, in order of evaluation otherwise.
    fn if_else(&mut self, node: &ast::StmtIf) -> StmtKind {
        let test = self.expr(&node.test);
        let then = self.block(&node.body);
        let mut links = Vec::with_capacity(node.elif_else_clauses.len());
        for clause in &node.elif_else_clauses {
            let test = clause.test.as_ref().map(|test| self.expr(test));
            links.push((test, self.block(&clause.body), span(clause.range)));
        }
        let end = span_of(node).end;
        let mut otherwise = Block::default();
        for (at, (test, body, place)) in links.into_iter().enumerate().rev() {
            let Some(test) = test else {
                otherwise = body;
                continue;
            };
            let spill = at > 0 && at % MAX_ELIFS == 0;
            let rest = std::mem::take(&mut otherwise);
            let (nested, beside) = if spill { (Block::default(), rest) } else { (rest, Block::default()) };
            let kind = StmtKind::If { test, then: body, otherwise: nested };
            let link = self.tree.add_stmt(Stmt { span: Span::new(place.start, end), kind });
            otherwise = std::iter::once(link).chain(beside.iter().copied()).collect();
        }
        StmtKind::If { test, then, otherwise }
    }

    fn handler(&mut self, handler: &ast::ExceptHandler) -> Handler {
        let ast::ExceptHandler::ExceptHandler(handler) = handler;
        Handler {
            class: handler.type_.as_deref().map(|class| self.expr(class)),
            name: handler.name.as_ref().map(|name| self.name_pattern(name)),
            body: self.block(&handler.body),
        }
    }

    fn import(&mut self, alias: &ast::Alias) -> Import {
        let module = self.tree.intern(&alias.name);
        let (imported, local) = match &alias.asname {
            Some(local) => (Imported::Module, self.tree.intern(local)),
            None => match alias.name.split_once('.') {
                Some((top, _)) => (Imported::TopPackage, self.tree.intern(top)),
                None => (Imported::Module, module),
            },
        };
        Import {
            module,
            level: 0,
            module_span: span(alias.name.range),
            names: Box::new([ImportName { imported, local, span: span(alias.range) }]),
            type_only: false,
        }
    }

    fn import_from(&mut self, node: &ast::StmtImportFrom) -> Import {
        let module = node.module.as_ref();
        let names = node
            .names
            .iter()
            .map(|alias| {
                let name = self.tree.intern(&alias.name);
                let local = alias.asname.as_ref().map_or(name, |local| self.tree.intern(local));
                let imported = if alias.name.as_str() == "*" { Imported::All } else { Imported::Name(name) };
                ImportName { imported, local, span: span(alias.range) }
            })
            .collect();
        Import {
            module: self.tree.intern(module.map_or("", ast::Identifier::as_str)),
            level: u16::try_from(node.level).unwrap_or(u16::MAX),
            module_span: module.map_or_else(|| Span::at(span_of(node).start), |name| span(name.range)),
            names,
            type_only: false,
        }
    }

    fn function(&mut self, node: &ast::StmtFunctionDef) -> FunctionId {
        let decorators: Box<[ExprId]> = node.decorator_list.iter().map(|it| self.expr(&it.expression)).collect();
        let in_class = std::mem::replace(&mut self.in_class, false);
        let mut kind = if in_class { FunctionKind::Method } else { FunctionKind::Function };
        let mut is_static = false;
        if in_class {
            if node.name.as_str() == "__init__" {
                kind = FunctionKind::Constructor;
            }
            for decorator in &node.decorator_list {
                match last_name(&decorator.expression) {
                    Some("staticmethod") => is_static = true,
                    Some("property" | "cached_property" | "abstractproperty" | "getter") => kind = FunctionKind::Getter,
                    Some("setter") => kind = FunctionKind::Setter,
                    _ => {}
                }
            }
        }
        let params = self.params(&node.parameters);
        let returns = node.returns.as_deref().map(|returns| self.annotation(returns));
        let yields = std::mem::replace(&mut self.yields, false);
        let body = self.block(&node.body);
        let is_generator = std::mem::replace(&mut self.yields, yields);
        self.in_class = in_class;
        let start = head_of(node);
        let function = Function {
            name: Some(self.tree.intern(&node.name)),
            name_span: span(node.name.range),
            span: Span::new(start, node.range().end().to_u32()),
            params,
            body,
            decorators,
            returns,
            kind,
            is_async: node.is_async,
            is_generator,
            is_static,
            directives: Box::default(),
        };
        self.tree.add_function(function)
    }

    pub(super) fn lambda(&mut self, node: &ast::ExprLambda) -> FunctionId {
        let params = node.parameters.as_deref().map(|params| self.params(params)).unwrap_or_default();
        let in_class = std::mem::replace(&mut self.in_class, false);
        let yields = std::mem::replace(&mut self.yields, false);
        let value = self.expr(&node.body);
        let is_generator = std::mem::replace(&mut self.yields, yields);
        self.in_class = in_class;
        let body = self.tree.add_stmt(Stmt { span: span(node.body.range()), kind: StmtKind::Return(Some(value)) });
        let function = Function {
            name: None,
            name_span: Span::at(span_of(node).start),
            span: span_of(node),
            params,
            body: Box::new([body]),
            decorators: Box::default(),
            returns: None,
            kind: FunctionKind::Arrow,
            is_async: false,
            is_generator,
            is_static: false,
            directives: Box::default(),
        };
        self.tree.add_function(function)
    }

    fn params(&mut self, params: &ast::Parameters) -> Box<[Param]> {
        let mut all = Vec::with_capacity(params.len());
        let groups = [(&params.posonlyargs, ParamKind::PositionalOnly), (&params.args, ParamKind::Normal)];
        for (group, kind) in groups {
            all.extend(group.iter().map(|param| self.param_with_default(param, kind)));
        }
        if let Some(rest) = params.vararg.as_deref() {
            all.push(self.param(rest, ParamKind::Rest));
        }
        all.extend(params.kwonlyargs.iter().map(|param| self.param_with_default(param, ParamKind::KeywordOnly)));
        if let Some(rest) = params.kwarg.as_deref() {
            all.push(self.param(rest, ParamKind::KeywordRest));
        }
        all.into_boxed_slice()
    }

    fn param_with_default(&mut self, param: &ast::ParameterWithDefault, kind: ParamKind) -> Param {
        let mut lowered = self.param(&param.parameter, kind);
        lowered.default = param.default.as_deref().map(|default| self.expr(default));
        lowered
    }

    fn param(&mut self, param: &ast::Parameter, kind: ParamKind) -> Param {
        Param {
            pattern: self.name_pattern(&param.name),
            kind,
            default: None,
            annotation: param.annotation.as_deref().map(|annotation| self.annotation(annotation)),
            decorators: Box::default(),
        }
    }

    fn class(&mut self, node: &ast::StmtClassDef) -> ClassId {
        let decorators = node.decorator_list.iter().map(|it| self.expr(&it.expression)).collect();
        let bases = node.bases().iter().map(|base| self.annotation(base)).collect();
        let keywords = node.keywords().iter().map(|keyword| self.keyword(keyword)).collect();
        let in_class = std::mem::replace(&mut self.in_class, true);
        let body = self.block(&node.body);
        self.in_class = in_class;
        let class = Class {
            name: Some(self.tree.intern(&node.name)),
            name_span: span(node.name.range),
            span: span_of(node),
            bases,
            keywords,
            decorators,
            body,
        };
        self.tree.add_class(class)
    }

    pub(super) fn keyword(&mut self, keyword: &ast::Keyword) -> Arg {
        Arg {
            name: keyword.arg.as_ref().map(|name| self.tree.intern(name)),
            value: self.expr(&keyword.value),
            spread: if keyword.arg.is_some() { Spread::No } else { Spread::Map },
        }
    }

    fn name_pattern(&mut self, name: &ast::Identifier) -> PatternId {
        let kind = PatternKind::Name(self.tree.intern(name));
        self.tree.add_pattern(Pattern { span: span(name.range), kind })
    }

    /// What an expression binds where it is assigned to.
    pub(super) fn target(&mut self, target: &ast::Expr) -> PatternId {
        let place = span(target.range());
        let kind = if self.enter(target.range()) {
            let kind = match target {
                ast::Expr::Name(name) => PatternKind::Name(self.tree.intern(&name.id)),
                ast::Expr::List(ast::ExprList { elts, .. }) | ast::Expr::Tuple(ast::ExprTuple { elts, .. }) => {
                    PatternKind::Sequence(elts.iter().map(|part| Some(self.target(part))).collect())
                }
                ast::Expr::Starred(rest) => PatternKind::Rest(self.target(&rest.value)),
                _ => PatternKind::Target(self.expr(target)),
            };
            self.leave();
            kind
        } else {
            PatternKind::Any
        };
        self.tree.add_pattern(Pattern { span: place, kind })
    }

    fn case(&mut self, case: &ast::MatchCase) -> Case {
        Case {
            pattern: Some(self.pattern(&case.pattern)),
            guard: case.guard.as_deref().map(|guard| self.expr(guard)),
            body: self.block(&case.body),
        }
    }

    fn pattern(&mut self, pattern: &ast::Pattern) -> PatternId {
        let kind = if self.enter(pattern.range()) {
            let kind = self.pattern_kind(pattern);
            self.leave();
            kind
        } else {
            PatternKind::Any
        };
        self.tree.add_pattern(Pattern { span: span(pattern.range()), kind })
    }

    fn pattern_kind(&mut self, pattern: &ast::Pattern) -> PatternKind {
        match pattern {
            ast::Pattern::MatchValue(node) => PatternKind::Value(self.expr(&node.value)),
            ast::Pattern::MatchSingleton(node) => {
                let literal = match node.value {
                    ast::Singleton::None => Literal::Null,
                    ast::Singleton::True => Literal::Bool(true),
                    ast::Singleton::False => Literal::Bool(false),
                };
                PatternKind::Value(self.add(node.range, ExprKind::Literal(literal)))
            }
            ast::Pattern::MatchSequence(node) => {
                PatternKind::Sequence(node.patterns.iter().map(|part| Some(self.pattern(part))).collect())
            }
            ast::Pattern::MatchMapping(node) => {
                let mut fields = Vec::with_capacity(node.patterns.len() + 1);
                for (key, value) in node.keys.iter().zip(&node.patterns) {
                    let key = Some(self.key(key));
                    fields.push(Field { key, pattern: self.pattern(value) });
                }
                if let Some(rest) = &node.rest {
                    let name = self.name_pattern(rest);
                    let rest = Pattern { span: span(rest.range), kind: PatternKind::Rest(name) };
                    fields.push(Field { key: None, pattern: self.tree.add_pattern(rest) });
                }
                PatternKind::Map(fields.into_boxed_slice())
            }
            ast::Pattern::MatchClass(node) => {
                let class = self.expr(&node.cls);
                let mut fields = Vec::with_capacity(node.arguments.patterns.len() + node.arguments.keywords.len());
                for part in &node.arguments.patterns {
                    fields.push(Field { key: None, pattern: self.pattern(part) });
                }
                for part in &node.arguments.keywords {
                    let key = Key::Static(self.tree.intern(&part.attr), span(part.attr.range));
                    fields.push(Field { key: Some(key), pattern: self.pattern(&part.pattern) });
                }
                PatternKind::Class { class, fields: fields.into_boxed_slice() }
            }
            ast::Pattern::MatchStar(node) => {
                let inner = match &node.name {
                    Some(name) => self.name_pattern(name),
                    None => self.tree.add_pattern(Pattern { span: span(node.range), kind: PatternKind::Any }),
                };
                PatternKind::Rest(inner)
            }
            ast::Pattern::MatchAs(node) => match (&node.pattern, &node.name) {
                (Some(inner), Some(name)) => PatternKind::Bind(self.pattern(inner), self.tree.intern(name)),
                (None, Some(name)) => PatternKind::Name(self.tree.intern(name)),
                (_, None) => PatternKind::Any,
            },
            ast::Pattern::MatchOr(node) => {
                PatternKind::Or(node.patterns.iter().map(|part| self.pattern(part)).collect())
            }
        }
    }
}

/// Where `def` or `async def` begins: decorators belong to the statement, not to the function.
fn head_of(node: &ast::StmtFunctionDef) -> u32 {
    let Some(last) = node.decorator_list.last() else { return node.range().start().to_u32() };
    let word = if node.is_async { "async def ".len() } else { "def ".len() };
    let start = node.name.range.start().to_u32().saturating_sub(u32::try_from(word).unwrap_or(0));
    start.max(last.range().end().to_u32())
}

/// `c` of `a.b.c`, of `a.b.c(…)` too.
fn last_name(expr: &ast::Expr) -> Option<&str> {
    match expr {
        ast::Expr::Name(name) => Some(&name.id),
        ast::Expr::Attribute(member) => Some(&member.attr),
        ast::Expr::Call(call) => last_name(&call.func),
        _ => None,
    }
}
