//! Functions and classes → the common tree.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::lower::Lowerer;
use crate::base::Span;
use crate::syntax::{
    Block, Class, ClassId, Declaration, ExprId, ExprKind, Function, FunctionId, FunctionKind, Key, Param, ParamKind,
    PatternKind, Stmt, StmtId, StmtKind, Symbol,
};

/// What a function is called and what sort it is; known by its surroundings.
pub(super) struct Role {
    pub(super) name: Option<Symbol>,
    pub(super) name_span: Span,
    pub(super) span: Span,
    pub(super) kind: FunctionKind,
    pub(super) is_static: bool,
    pub(super) decorators: Box<[ExprId]>,
}

impl Lowerer<'_> {
    /// A function declaration or expression.
    pub(super) fn function(&mut self, node: &ast::Function<'_>) -> FunctionId {
        let span = self.at(node.span);
        let name = node.id.as_ref().map(|id| self.tree.intern(id.name.as_str()));
        let name_span = node.id.as_ref().map_or(Span::at(span.start), |id| self.at(id.span));
        let role =
            Role { name, name_span, span, kind: FunctionKind::Function, is_static: false, decorators: Box::default() };
        self.function_as(node, role)
    }

    /// A function whose name and kind its surroundings give.
    pub(super) fn function_as(&mut self, node: &ast::Function<'_>, role: Role) -> FunctionId {
        let (params, properties) = self.params(&node.params);
        let returns = self.annotation(node.return_type.as_deref());
        let (directives, body) = match &node.body {
            Some(body) => (self.directives(&body.directives).into(), self.function_body(properties, &body.statements)),
            None => (Box::default(), Block::default()),
        };
        let Role { name, name_span, span, kind, is_static, decorators } = role;
        self.tree.add_function(Function {
            name,
            name_span,
            span,
            params,
            body,
            decorators,
            returns,
            kind,
            is_async: node.r#async,
            is_generator: node.generator,
            is_static,
            directives,
        })
    }

    /// An arrow function; an expression body is one `return`.
    pub(super) fn arrow(&mut self, node: &ast::ArrowFunctionExpression<'_>) -> FunctionId {
        let span = self.at(node.span);
        let (params, _) = self.params(&node.params);
        let returns = self.annotation(node.return_type.as_deref());
        let (directives, body): (Box<[Symbol]>, Block) = match &node.body {
            ast::ArrowFunctionBody::FunctionBody(body) => {
                (self.directives(&body.directives).into(), self.block(&body.statements))
            }
            other => {
                let value = other.as_expression().map(|expression| self.expr(expression));
                let span = self.at(other.span());
                let id = self.tree.add_stmt(Stmt { span, kind: StmtKind::Return(value) });
                (Box::default(), [id].into())
            }
        };
        self.tree.add_function(Function {
            name: None,
            name_span: Span::at(span.start),
            span,
            params,
            body,
            decorators: Box::default(),
            returns,
            kind: FunctionKind::Arrow,
            is_async: node.r#async,
            is_generator: false,
            is_static: false,
            directives,
        })
    }

    fn function_body(&mut self, mut out: Vec<StmtId>, statements: &[ast::Statement<'_>]) -> Block {
        for statement in statements {
            self.statement(statement, &mut out);
        }
        out.into()
    }

    /// Parameters, and the assignments `this.a = a` that TypeScript's parameter properties stand for.
    fn params(&mut self, node: &ast::FormalParameters<'_>) -> (Box<[Param]>, Vec<StmtId>) {
        let mut params = Vec::with_capacity(node.items.len() + 1);
        let mut properties = Vec::new();
        for item in &node.items {
            let pattern = self.binding(&item.pattern);
            let annotation = self.annotation(item.type_annotation.as_deref());
            let default = self.maybe(item.initializer.as_deref());
            let decorators = self.decorators(&item.decorators);
            params.push(Param { pattern, kind: ParamKind::Normal, default, annotation, decorators });
            if (item.accessibility.is_some() || item.readonly || item.r#override)
                && let PatternKind::Name(name) = self.tree.pattern(pattern).kind
            {
                self.parameter_property(name, self.tree.pattern(pattern).span, &mut properties);
            }
        }
        if let Some(rest) = &node.rest {
            let pattern = self.binding(&rest.rest.argument);
            let annotation = self.annotation(rest.type_annotation.as_deref());
            let decorators = self.decorators(&rest.decorators);
            params.push(Param { pattern, kind: ParamKind::Rest, default: None, annotation, decorators });
        }
        (params.into(), properties)
    }

    fn parameter_property(&mut self, name: Symbol, span: Span, out: &mut Vec<StmtId>) {
        let this = self.add(span, ExprKind::This);
        let member = self.add(span, ExprKind::Member { object: this, name, name_span: span, optional: false });
        let target = self.add_pattern(span, PatternKind::Target(member));
        let value = Some(self.add(span, ExprKind::Name(name)));
        let declaration = Declaration::None;
        self.push(out, span, StmtKind::Assign { targets: [target].into(), annotation: None, value, declaration });
    }

    /// Decorators, in the order they are written.
    pub(super) fn decorators(&mut self, decorators: &[ast::Decorator<'_>]) -> Box<[ExprId]> {
        decorators.iter().map(|decorator| self.expr(&decorator.expression)).collect()
    }

    /// The span of a node without the decorators at its head.
    fn undecorated(&self, span: Span, decorators: &[ast::Decorator<'_>]) -> Span {
        let Some(end) = decorators.iter().map(|decorator| self.at(decorator.span).end).max() else { return span };
        if end <= span.start || end > span.end {
            return span;
        }
        let rest = self.text.get(end as usize..span.end as usize).unwrap_or("");
        let skipped = rest.len() - rest.trim_start().len();
        Span::new(end + u32::try_from(skipped).unwrap_or(0), span.end)
    }

    /// A class declaration or expression.
    pub(super) fn class(&mut self, node: &ast::Class<'_>) -> ClassId {
        let decorators = self.decorators(&node.decorators);
        let span = self.undecorated(self.at(node.span), &node.decorators);
        let name = node.id.as_ref().map(|id| self.tree.intern(id.name.as_str()));
        let name_span = node.id.as_ref().map_or(Span::at(span.start), |id| self.at(id.span));
        let bases = match &node.heritage {
            Some(heritage) => [self.expr(&heritage.expression)].into(),
            None => Box::default(),
        };
        let body = self.class_body(&node.body);
        self.tree.add_class(Class { name, name_span, span, bases, keywords: Box::default(), decorators, body })
    }

    /// The members of a class.
    pub(super) fn class_body(&mut self, node: &ast::ClassBody<'_>) -> Block {
        let mut body = Vec::with_capacity(node.body.len());
        for element in &node.body {
            self.class_element(element, &mut body);
        }
        body.into()
    }

    fn class_element(&mut self, element: &ast::ClassElement<'_>, out: &mut Vec<StmtId>) {
        match element {
            ast::ClassElement::StaticBlock(block) => {
                let body = self.block(&block.body);
                self.push(out, self.at(block.span), StmtKind::Block(body));
            }
            ast::ClassElement::MethodDefinition(method) => self.method(method, out),
            ast::ClassElement::PropertyDefinition(field) => {
                if !field.declare {
                    let annotation = self.annotation(field.type_annotation.as_deref());
                    let value = field.value.as_ref();
                    self.field(
                        &field.key,
                        annotation,
                        value,
                        &field.decorators,
                        field.r#static,
                        self.at(field.span),
                        out,
                    );
                }
            }
            ast::ClassElement::AccessorProperty(field) => {
                let annotation = self.annotation(field.type_annotation.as_deref());
                let value = field.value.as_ref();
                self.field(&field.key, annotation, value, &field.decorators, field.r#static, self.at(field.span), out);
            }
            ast::ClassElement::TSIndexSignature(_) => {}
        }
    }

    fn method(&mut self, method: &ast::MethodDefinition<'_>, out: &mut Vec<StmtId>) {
        if method.value.body.is_none() {
            return; // An overload or an abstract method: a type only.
        }
        let decorators = self.decorators(&method.decorators);
        let (name, name_span) = self.role_name(&method.key);
        let kind = match method.kind {
            ast::MethodDefinitionKind::Constructor => FunctionKind::Constructor,
            ast::MethodDefinitionKind::Method => FunctionKind::Method,
            ast::MethodDefinitionKind::Get => FunctionKind::Getter,
            ast::MethodDefinitionKind::Set => FunctionKind::Setter,
        };
        let span = self.undecorated(self.at(method.span), &method.decorators);
        let role = Role { name, name_span, span, kind, is_static: method.r#static, decorators };
        let function = self.function_as(&method.value, role);
        self.push(out, span, StmtKind::Function(function));
    }

    /// The name a key gives to a function; none for a computed key.
    pub(super) fn role_name(&mut self, key: &ast::PropertyKey<'_>) -> (Option<Symbol>, Span) {
        match self.key(key) {
            Key::Static(name, span) => (Some(name), span),
            Key::Computed(_) => (None, Span::at(self.at(key.span()).start)),
        }
    }

    /// A field. The tree has no place for its decorators: they stand before it as expressions.
    #[allow(clippy::too_many_arguments)] // the two kinds of field have no type in common
    fn field(
        &mut self,
        key: &ast::PropertyKey<'_>,
        annotation: Option<ExprId>,
        value: Option<&ast::Expression<'_>>,
        decorators: &[ast::Decorator<'_>],
        is_static: bool,
        span: Span,
        out: &mut Vec<StmtId>,
    ) {
        for decorator in decorators {
            let value = self.expr(&decorator.expression);
            self.push(out, self.at(decorator.span), StmtKind::Expr(value));
        }
        let target = match self.key(key) {
            Key::Static(name, span) => self.add_pattern(span, PatternKind::Name(name)),
            Key::Computed(key) => self.add_pattern(at_key(key, self), PatternKind::Target(key)),
        };
        let value = self.maybe(value);
        let declaration = Declaration::Field { is_static };
        let span = self.undecorated(span, decorators);
        self.push(out, span, StmtKind::Assign { targets: [target].into(), annotation, value, declaration });
    }
}

fn at_key(key: ExprId, lowerer: &Lowerer<'_>) -> Span {
    lowerer.tree.expr(key).span
}
