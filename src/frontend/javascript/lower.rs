//! oxc's AST → the common tree: the state of the walk, and statements.
//!
//! The walk matches on the AST directly. It counts how deep it is, so that a tree it hands out is never deeper than
//! [`MAX_DEPTH`]: what would lie deeper is [`ExprKind::Missing`] and sets [`Lowerer::cut`]. Left-leaning chains
//! (`a + b + …`, `a.b().c()…`), which parse without recursion, are lowered in loops.

use oxc_ast::ast;
use oxc_span::GetSpan;

use crate::base::{Language, Span};
use crate::syntax::{
    Block, Case, Declaration, Expr, ExprId, ExprKind, Handler, Pattern, PatternId, PatternKind, Rare, Stmt, StmtId,
    StmtKind, Symbol, Tree,
};

/// The deepest tree that is handed out, in nested nodes of any kind.
pub(super) const MAX_DEPTH: u32 = 2_000;

/// The state of one file's lowering.
pub(super) struct Lowerer<'t> {
    /// What is being made.
    pub(super) tree: Tree,
    /// The text that was parsed, for positions oxc does not keep.
    pub(super) text: &'t str,
    /// How many bytes were put before the text.
    pub(super) shift: u32,
    /// How deep the walk is.
    pub(super) depth: u32,
    /// Whether something was left out because it lies too deep.
    pub(super) cut: Option<Span>,
    /// Names that the namespaces around export, innermost last.
    pub(super) namespaces: Vec<Vec<(Symbol, Span)>>,
}

/// Lowers a whole program, parsed from `text` behind a prefix of `shift` bytes and perhaps with more at its end. The
/// second part is where the tree was cut because it became too deep, if it was.
pub(super) fn lower(program: &ast::Program<'_>, text: &str, shift: u32, language: Language) -> (Tree, Option<Span>) {
    let tree = Tree::new(language);
    let mut lowerer = Lowerer { tree, text, shift, depth: 0, cut: None, namespaces: Vec::new() };
    lowerer.tree.comments = program.comments.iter().map(|comment| lowerer.at(comment.span)).collect();
    lowerer.tree.directives = lowerer.directives(&program.directives);
    lowerer.tree.root = match program.body.as_slice() {
        [ast::Statement::ClassDeclaration(class)] if shift > 0 => lowerer.class_body(&class.body),
        body => lowerer.block(body),
    };
    (lowerer.tree, lowerer.cut)
}

impl Lowerer<'_> {
    /// A span of oxc as one of ours, in the bounds of the file's text.
    pub(super) fn at(&self, span: oxc_span::Span) -> Span {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let within = |offset: u32| offset.saturating_sub(self.shift).min(end);
        Span::new(within(span.start), within(span.end))
    }

    /// Adds an expression.
    pub(super) fn add(&mut self, span: Span, kind: ExprKind) -> ExprId {
        self.tree.add_expr(Expr { span, kind })
    }

    /// Adds a statement to a list.
    pub(super) fn push(&mut self, out: &mut Vec<StmtId>, span: Span, kind: StmtKind) {
        let id = self.tree.add_stmt(Stmt { span, kind });
        out.push(id);
    }

    /// Adds a pattern.
    pub(super) fn add_pattern(&mut self, span: Span, kind: PatternKind) -> PatternId {
        self.tree.add_pattern(Pattern { span, kind })
    }

    /// Notes that something at `span` lies too deep; whether it does.
    pub(super) fn too_deep(&mut self, span: Span, more: usize) -> bool {
        let deep = (self.depth as usize).saturating_add(more) > MAX_DEPTH as usize;
        if deep && self.cut.is_none() {
            self.cut = Some(span);
        }
        deep
    }

    /// The directives at the head of a program or function, as written.
    pub(super) fn directives(&mut self, directives: &[ast::Directive<'_>]) -> Vec<Symbol> {
        directives.iter().map(|directive| self.tree.intern(directive.directive.as_str())).collect()
    }

    /// A list of statements.
    pub(super) fn block(&mut self, statements: &[ast::Statement<'_>]) -> Block {
        let mut out = Vec::with_capacity(statements.len());
        for statement in statements {
            self.statement(statement, &mut out);
        }
        out.into()
    }

    /// A statement that stands for a block: the body of a loop or branch.
    fn body(&mut self, statement: &ast::Statement<'_>) -> Block {
        let mut out = Vec::new();
        if let ast::Statement::BlockStatement(block) = statement {
            if !self.too_deep(self.at(block.span), 0) {
                self.depth += 1;
                out.reserve(block.body.len());
                for statement in &block.body {
                    self.statement(statement, &mut out);
                }
                self.depth -= 1;
            }
        } else {
            self.statement(statement, &mut out);
        }
        out.into()
    }

    /// One statement, which may become none (types), or several (`a = 1, b = 2;`).
    pub(super) fn statement(&mut self, statement: &ast::Statement<'_>, out: &mut Vec<StmtId>) {
        let span = self.at(statement.span());
        if self.too_deep(span, 0) {
            return;
        }
        self.depth += 1;
        self.statement_at(statement, span, out);
        self.depth -= 1;
    }

    fn statement_at(&mut self, statement: &ast::Statement<'_>, span: Span, out: &mut Vec<StmtId>) {
        use ast::Statement as S;
        let kind = match statement {
            S::EmptyStatement(_) | S::DebuggerStatement(_) => return,
            S::ExpressionStatement(node) => return self.effect(&node.expression, span, out),
            S::BlockStatement(node) => StmtKind::Block(self.block(&node.body)),
            S::BreakStatement(node) => StmtKind::Break(self.label(node.label.as_ref())),
            S::ContinueStatement(node) => StmtKind::Continue(self.label(node.label.as_ref())),
            S::ReturnStatement(node) => StmtKind::Return(self.maybe(node.argument.as_ref())),
            S::ThrowStatement(node) => StmtKind::Throw(Some(self.expr(&node.argument))),
            S::IfStatement(node) => return self.if_chain(node, out),
            S::WhileStatement(_)
            | S::DoWhileStatement(_)
            | S::ForStatement(_)
            | S::ForInStatement(_)
            | S::ForOfStatement(_) => return self.repetition(statement, span, out),
            S::SwitchStatement(node) => self.switch(node),
            S::LabeledStatement(node) => {
                let label = self.tree.intern(node.label.name.as_str());
                StmtKind::Labeled(label, self.body(&node.body))
            }
            S::TryStatement(node) => self.attempt(node),
            S::WithStatement(node) => {
                let object = self.expr(&node.object);
                StmtKind::With { items: [(object, None)].into(), body: self.body(&node.body) }
            }
            other => {
                if let Some(declaration) = other.as_declaration() {
                    self.declaration(declaration, out);
                } else if let Some(module) = other.as_module_declaration() {
                    self.module(module, out);
                }
                return;
            }
        };
        self.push(out, span, kind);
    }

    /// An expression for its effect: assignments become statements, sequences several of them.
    fn effect(&mut self, expression: &ast::Expression<'_>, span: Span, out: &mut Vec<StmtId>) {
        match expression.without_parentheses() {
            ast::Expression::SequenceExpression(sequence) => {
                for part in &sequence.expressions {
                    self.effect_part(part, self.at(part.span()), out);
                }
            }
            other => self.effect_part(other, span, out),
        }
    }

    fn effect_part(&mut self, expression: &ast::Expression<'_>, span: Span, out: &mut Vec<StmtId>) {
        let ast::Expression::AssignmentExpression(first) = expression.without_parentheses() else {
            let value = self.expr(expression);
            return self.push(out, span, StmtKind::Expr(value));
        };
        if let Some(op) = Self::compound(first.operator) {
            let target = self.assignment_target(&first.left);
            let value = self.expr(&first.right);
            return self.push(out, span, StmtKind::AugAssign { target, op, value });
        }
        let mut targets = vec![self.assignment_target(&first.left)];
        let mut value = first.right.without_parentheses();
        while let ast::Expression::AssignmentExpression(next) = value
            && Self::compound(next.operator).is_none()
        {
            targets.push(self.assignment_target(&next.left));
            value = next.right.without_parentheses();
        }
        let value = Some(self.expr(value));
        let kind =
            StmtKind::Assign { targets: targets.into(), annotation: None, value, declaration: Declaration::None };
        self.push(out, span, kind);
    }

    /// An optional expression.
    pub(super) fn maybe(&mut self, expression: Option<&ast::Expression<'_>>) -> Option<ExprId> {
        expression.map(|expression| self.expr(expression))
    }

    fn label(&mut self, label: Option<&ast::LabelIdentifier<'_>>) -> Option<Symbol> {
        label.map(|label| self.tree.intern(label.name.as_str()))
    }

    /// `if … else if … else …`, without recursion along the chain, but no longer than the depth allows.
    fn if_chain(&mut self, first: &ast::IfStatement<'_>, out: &mut Vec<StmtId>) {
        let mut links = Vec::new();
        let mut node = first;
        let last = loop {
            if self.too_deep(self.at(node.span), links.len()) {
                break None;
            }
            let test = self.expr(&node.test);
            let then = self.body(&node.consequent);
            links.push((self.at(node.span), test, then));
            match &node.alternate {
                Some(ast::Statement::IfStatement(next)) => node = next,
                other => break other.as_ref(),
            }
        };
        let mut otherwise = last.map_or_else(Block::default, |last| self.body(last));
        while let Some((span, test, then)) = links.pop() {
            let id = self.tree.add_stmt(Stmt { span, kind: StmtKind::If { test, then, otherwise } });
            otherwise = [id].into();
        }
        out.extend(otherwise);
    }

    fn repetition(&mut self, statement: &ast::Statement<'_>, span: Span, out: &mut Vec<StmtId>) {
        use ast::Statement as S;
        let kind = match statement {
            S::WhileStatement(node) => {
                let test = self.expr(&node.test);
                let body = self.body(&node.body);
                StmtKind::While { test, body, otherwise: Rare::default(), body_first: false }
            }
            S::DoWhileStatement(node) => {
                let body = self.body(&node.body);
                let test = self.expr(&node.test);
                StmtKind::While { test, body, otherwise: Rare::default(), body_first: true }
            }
            S::ForStatement(node) => {
                let mut init = Vec::new();
                match &node.init {
                    Some(ast::ForStatementInit::VariableDeclaration(declaration)) => {
                        self.variables(declaration, &mut init);
                    }
                    Some(other) => {
                        if let Some(expression) = other.as_expression() {
                            self.effect(expression, self.at(expression.span()), &mut init);
                        }
                    }
                    None => {}
                }
                let test = self.maybe(node.test.as_ref());
                let update = self.maybe(node.update.as_ref());
                StmtKind::For { init: init.into(), test, update, body: self.body(&node.body) }
            }
            S::ForInStatement(node) => {
                let target = self.loop_target(&node.left);
                let iter = self.expr(&node.right);
                let body = self.body(&node.body);
                StmtKind::ForEach { target, iter, keys: true, body, otherwise: Rare::default() }
            }
            S::ForOfStatement(node) => {
                let target = self.loop_target(&node.left);
                let iter = self.expr(&node.right);
                let body = self.body(&node.body);
                StmtKind::ForEach { target, iter, keys: false, body, otherwise: Rare::default() }
            }
            _ => return,
        };
        self.push(out, span, kind);
    }

    fn loop_target(&mut self, left: &ast::ForStatementLeft<'_>) -> PatternId {
        match left {
            ast::ForStatementLeft::VariableDeclaration(declaration) => match declaration.declarations.first() {
                Some(declarator) => self.binding(&declarator.id),
                None => self.add_pattern(self.at(declaration.span), PatternKind::Any),
            },
            other => match other.as_assignment_target() {
                Some(target) => self.assignment_target(target),
                None => self.add_pattern(self.at(other.span()), PatternKind::Any),
            },
        }
    }

    fn switch(&mut self, node: &ast::SwitchStatement<'_>) -> StmtKind {
        let subject = self.expr(&node.discriminant);
        let mut cases = Vec::with_capacity(node.cases.len());
        for case in &node.cases {
            let pattern = case.test.as_ref().map(|test| {
                let value = self.expr(test);
                self.add_pattern(self.at(test.span()), PatternKind::Value(value))
            });
            cases.push(Case { pattern, guard: None, body: self.block(&case.consequent) });
        }
        StmtKind::Match { subject, cases: cases.into(), falls_through: true }
    }

    fn attempt(&mut self, node: &ast::TryStatement<'_>) -> StmtKind {
        let body = self.block(&node.block.body).into();
        let handlers = match &node.handler {
            Some(handler) => {
                let name = handler.param.as_ref().map(|param| self.binding(&param.pattern));
                vec![Handler { class: None, name, body: self.block(&handler.body.body) }].into()
            }
            None => Rare::default(),
        };
        let finally = node.finalizer.as_ref().map_or_else(Rare::default, |block| self.block(&block.body).into());
        StmtKind::Try { body, handlers, otherwise: Rare::default(), finally }
    }

    /// `var`, `let`, `const`, `using`: one assignment for each declarator.
    pub(super) fn variables(&mut self, node: &ast::VariableDeclaration<'_>, out: &mut Vec<StmtId>) {
        if node.declare {
            return;
        }
        let declaration = match node.kind {
            ast::VariableDeclarationKind::Var => Declaration::Var,
            ast::VariableDeclarationKind::Let => Declaration::Let,
            _ => Declaration::Const,
        };
        for declarator in &node.declarations {
            let target = self.binding(&declarator.id);
            let annotation = self.annotation(declarator.type_annotation.as_deref());
            let value = self.maybe(declarator.init.as_ref());
            let kind = StmtKind::Assign { targets: [target].into(), annotation, value, declaration };
            self.push(out, self.at(declarator.span), kind);
        }
    }
}
