//! Expressions → the common tree. Type assertions, `!` and parentheses are dropped to the expression inside.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::function::Role;
use super::lower::{Lowerer, MAX_DEPTH};
use crate::base::Span;
use crate::syntax::{
    Arg, BinaryOp, Entry, ExprId, ExprKind, FunctionKind, Item, Key, Literal, LogicalOp, SequenceKind, Spread,
    TemplatePart, UnaryOp,
};

/// A link of a left-leaning chain, outermost first on the way down.
enum Link<'a, 'b> {
    Static(&'b ast::StaticMemberExpression<'a>),
    Private(&'b ast::PrivateFieldExpression<'a>),
    Computed(&'b ast::ComputedMemberExpression<'a>),
    Call(&'b ast::CallExpression<'a>),
    Tagged(&'b ast::TaggedTemplateExpression<'a>),
    Binary(&'b ast::BinaryExpression<'a>),
    Logical(&'b ast::LogicalExpression<'a>),
}

impl Lowerer<'_> {
    /// An expression, whatever it is.
    pub(super) fn expr(&mut self, expression: &ast::Expression<'_>) -> ExprId {
        let mut links = Vec::new();
        let mut node = expression;
        loop {
            if self.depth as usize + links.len() > MAX_DEPTH as usize {
                self.too_deep(self.at(node.span()), links.len());
                let missing = self.add(self.at(node.span()), ExprKind::Missing);
                return self.links(&links, missing);
            }
            let Some((inner, link)) = Self::unlink(node) else { break };
            links.extend(link);
            node = inner;
        }
        let more = u32::try_from(links.len()).unwrap_or(u32::MAX / 2) + 1;
        self.depth += more;
        let start = self.single(node);
        let whole = self.links(&links, start);
        self.depth -= more;
        whole
    }

    /// One step to the left along a chain; no link for what is dropped.
    #[allow(clippy::type_complexity)] // one use
    fn unlink<'a, 'b>(node: &'b ast::Expression<'a>) -> Option<(&'b ast::Expression<'a>, Option<Link<'a, 'b>>)> {
        use ast::Expression as E;
        Some(match node {
            E::StaticMemberExpression(node) => (&node.object, Some(Link::Static(node))),
            E::PrivateFieldExpression(node) => (&node.object, Some(Link::Private(node))),
            E::ComputedMemberExpression(node) => (&node.object, Some(Link::Computed(node))),
            E::CallExpression(node) => (&node.callee, Some(Link::Call(node))),
            E::TaggedTemplateExpression(node) => (&node.tag, Some(Link::Tagged(node))),
            E::BinaryExpression(node) => (&node.left, Some(Link::Binary(node))),
            E::LogicalExpression(node) => (&node.left, Some(Link::Logical(node))),
            E::ChainExpression(node) => match &node.expression {
                ast::ChainElement::CallExpression(node) => (&node.callee, Some(Link::Call(node))),
                ast::ChainElement::TSNonNullExpression(node) => (&node.expression, None),
                ast::ChainElement::StaticMemberExpression(node) => (&node.object, Some(Link::Static(node))),
                ast::ChainElement::PrivateFieldExpression(node) => (&node.object, Some(Link::Private(node))),
                ast::ChainElement::ComputedMemberExpression(node) => (&node.object, Some(Link::Computed(node))),
            },
            E::ParenthesizedExpression(node) => (&node.expression, None),
            E::TSAsExpression(node) => (&node.expression, None),
            E::TSSatisfiesExpression(node) => (&node.expression, None),
            E::TSTypeAssertion(node) => (&node.expression, None),
            E::TSNonNullExpression(node) => (&node.expression, None),
            E::TSInstantiationExpression(node) => (&node.expression, None),
            _ => return None,
        })
    }

    /// Puts a chain together again from its leftmost part.
    fn links(&mut self, links: &[Link<'_, '_>], start: ExprId) -> ExprId {
        links.iter().rev().fold(start, |left, link| match link {
            Link::Static(node) => self.member(left, node),
            Link::Private(node) => self.private_member(left, node),
            Link::Computed(node) => self.index(left, node),
            Link::Call(node) => {
                let args = self.args(&node.arguments);
                self.add(
                    self.at(node.span),
                    ExprKind::Call { callee: left, args, is_new: false, optional: node.optional },
                )
            }
            Link::Tagged(node) => {
                let parts = self.template_parts(&node.quasi);
                self.add(self.at(node.span), ExprKind::Template { parts, tag: Some(left) })
            }
            Link::Binary(node) => {
                let right = self.expr(&node.right);
                self.add(self.at(node.span), ExprKind::Binary { op: binary_op(node.operator), left, right })
            }
            Link::Logical(node) => {
                let right = self.expr(&node.right);
                self.add(self.at(node.span), ExprKind::Logical { op: logical_op(node.operator), left, right })
            }
        })
    }

    fn member(&mut self, object: ExprId, node: &ast::StaticMemberExpression<'_>) -> ExprId {
        let name = self.tree.intern(node.property.name.as_str());
        let name_span = self.at(node.property.span);
        self.add(self.at(node.span), ExprKind::Member { object, name, name_span, optional: node.optional })
    }

    fn private_member(&mut self, object: ExprId, node: &ast::PrivateFieldExpression<'_>) -> ExprId {
        let name = self.private(node.field.name.as_str());
        let name_span = self.at(node.field.span);
        self.add(self.at(node.span), ExprKind::Member { object, name, name_span, optional: node.optional })
    }

    fn index(&mut self, object: ExprId, node: &ast::ComputedMemberExpression<'_>) -> ExprId {
        let index = self.expr(&node.expression);
        self.add(self.at(node.span), ExprKind::Index { object, index })
    }

    /// A member expression outside an expression: the target of an assignment.
    pub(super) fn member_expression(&mut self, node: &ast::MemberExpression<'_>) -> ExprId {
        match node {
            ast::MemberExpression::StaticMemberExpression(node) => {
                let object = self.expr(&node.object);
                self.member(object, node)
            }
            ast::MemberExpression::PrivateFieldExpression(node) => {
                let object = self.expr(&node.object);
                self.private_member(object, node)
            }
            ast::MemberExpression::ComputedMemberExpression(node) => {
                let object = self.expr(&node.object);
                self.index(object, node)
            }
        }
    }

    /// A variable.
    pub(super) fn name(&mut self, name: &str, span: Span) -> ExprId {
        let name = self.tree.intern(name);
        self.add(span, ExprKind::Name(name))
    }

    /// An expression that is no chain.
    fn single(&mut self, node: &ast::Expression<'_>) -> ExprId {
        use ast::Expression as E;
        let span = self.at(node.span());
        let kind = match node {
            E::Identifier(name) => ExprKind::Name(self.tree.intern(name.name.as_str())),
            E::ThisExpression(_) => ExprKind::This,
            E::Super(_) => ExprKind::Super,
            E::TemplateLiteral(node) => self.template(node),
            E::ArrayExpression(node) => self.array(node),
            E::ObjectExpression(node) => self.object(node),
            E::ArrowFunctionExpression(node) => ExprKind::Function(self.arrow(node)),
            E::FunctionExpression(node) => ExprKind::Function(self.function(node)),
            E::ClassExpression(node) => ExprKind::Class(self.class(node)),
            E::AssignmentExpression(node) => {
                let target = self.assignment_target(&node.left);
                let value = self.expr(&node.right);
                ExprKind::Assign { target, op: Self::compound(node.operator), value }
            }
            E::AwaitExpression(node) => ExprKind::Await(self.expr(&node.argument)),
            E::YieldExpression(node) => {
                ExprKind::Yield { value: self.maybe(node.argument.as_ref()), delegate: node.delegate }
            }
            E::ConditionalExpression(node) => return self.conditional(node),
            E::ImportExpression(node) => ExprKind::Import(self.expr(&node.source)),
            E::NewExpression(node) => {
                let callee = self.expr(&node.callee);
                let args = self.args(&node.arguments);
                ExprKind::Call { callee, args, is_new: true, optional: false }
            }
            E::SequenceExpression(node) => {
                ExprKind::Comma(node.expressions.iter().map(|part| self.expr(part)).collect())
            }
            E::UnaryExpression(node) => {
                let operand = self.expr(&node.argument);
                ExprKind::Unary { op: unary_op(node.operator), operand }
            }
            E::UpdateExpression(node) => {
                let operand = self.simple_target(&node.argument);
                let op = match node.operator {
                    ast::UpdateOperator::Increment => UnaryOp::Increment,
                    ast::UpdateOperator::Decrement => UnaryOp::Decrement,
                };
                ExprKind::Unary { op, operand }
            }
            E::PrivateInExpression(node) => {
                let name = self.private(node.left.name.as_str());
                let left = self.add(self.at(node.left.span), ExprKind::Literal(Literal::Str(name)));
                let right = self.expr(&node.right);
                ExprKind::Binary { op: BinaryOp::In, left, right }
            }
            E::ImportMeta(_) => self.meta(span, "import", "meta"),
            E::NewTarget(_) => self.meta(span, "new", "target"),
            E::JSXElement(node) => return self.element(node),
            E::JSXFragment(node) => return self.fragment(node),
            E::V8IntrinsicExpression(node) => {
                let callee = self.name(node.name.name.as_str(), self.at(node.name.span));
                let args = self.args(&node.arguments);
                ExprKind::Call { callee, args, is_new: false, optional: false }
            }
            other => self.literal(other),
        };
        self.add(span, kind)
    }

    fn literal(&mut self, node: &ast::Expression<'_>) -> ExprKind {
        use ast::Expression as E;
        ExprKind::Literal(match node {
            E::BooleanLiteral(node) => Literal::Bool(node.value),
            E::NullLiteral(_) => Literal::Null,
            E::NumericLiteral(node) => number(node.value),
            E::BigIntLiteral(node) => match node.value.as_str().parse::<i64>() {
                Ok(value) => Literal::Int(value),
                Err(_) => Literal::Float(node.value.as_str().parse::<f64>().unwrap_or(f64::INFINITY)),
            },
            E::RegExpLiteral(node) => {
                let pattern = self.tree.intern(node.regex.pattern.text.as_str());
                let flags = self.tree.intern(&node.regex.flags.to_string());
                Literal::Regex(pattern, flags)
            }
            E::StringLiteral(node) => Literal::Str(self.tree.intern(node.value.as_str())),
            _ => return ExprKind::Missing,
        })
    }

    /// `import.meta`, `new.target`: a member of a name no variable can have.
    fn meta(&mut self, span: Span, object: &str, name: &str) -> ExprKind {
        let length = u32::try_from(object.len()).unwrap_or(0);
        let object = self.name(object, Span::new(span.start, span.start + length));
        let name_length = u32::try_from(name.len()).unwrap_or(0);
        let name_span = Span::new(span.end.saturating_sub(name_length), span.end);
        ExprKind::Member { object, name: self.tree.intern(name), name_span, optional: false }
    }

    /// `a ? b : c ? d : e`, without recursion along the right.
    fn conditional(&mut self, first: &ast::ConditionalExpression<'_>) -> ExprId {
        let mut links = Vec::new();
        let mut node = first;
        let mut whole = loop {
            let test = self.expr(&node.test);
            let then = self.expr(&node.consequent);
            links.push((self.at(node.span), test, then));
            let last = node.alternate.without_parentheses();
            if self.too_deep(self.at(last.span()), links.len()) {
                break self.add(self.at(last.span()), ExprKind::Missing);
            }
            match last {
                ast::Expression::ConditionalExpression(next) => node = next,
                last => {
                    let more = u32::try_from(links.len()).unwrap_or(u32::MAX / 2);
                    self.depth += more;
                    let last = self.expr(last);
                    self.depth -= more;
                    break last;
                }
            }
        };
        while let Some((span, test, then)) = links.pop() {
            whole = self.add(span, ExprKind::Conditional { test, then, otherwise: whole });
        }
        whole
    }

    /// Arguments of a call.
    fn args(&mut self, arguments: &[ast::Argument<'_>]) -> Box<[Arg]> {
        let mut args = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let (value, spread) = match argument {
                ast::Argument::SpreadElement(node) => (self.expr(&node.argument), Spread::Sequence),
                other => match other.as_expression() {
                    Some(expression) => (self.expr(expression), Spread::No),
                    None => continue,
                },
            };
            args.push(Arg { name: None, value, spread });
        }
        args.into()
    }

    fn template(&mut self, node: &ast::TemplateLiteral<'_>) -> ExprKind {
        let parts = self.template_parts(node);
        match parts.as_ref() {
            [] => ExprKind::Literal(Literal::Str(self.tree.intern(""))),
            [TemplatePart::Text(text)] => ExprKind::Literal(Literal::Str(*text)),
            _ => ExprKind::Template { parts, tag: None },
        }
    }

    /// Texts and values in order; empty texts are left out.
    fn template_parts(&mut self, node: &ast::TemplateLiteral<'_>) -> Box<[TemplatePart]> {
        let mut parts = Vec::with_capacity(node.quasis.len() + node.expressions.len());
        let mut values = node.expressions.iter();
        for quasi in &node.quasis {
            let text = quasi.value.cooked.as_ref().map_or(quasi.value.raw.as_str(), |cooked| cooked.as_str());
            if !text.is_empty() {
                parts.push(TemplatePart::Text(self.tree.intern(text)));
            }
            if let Some(value) = values.next() {
                parts.push(TemplatePart::Value(self.expr(value)));
            }
        }
        parts.into()
    }

    fn array(&mut self, node: &ast::ArrayExpression<'_>) -> ExprKind {
        let mut items = Vec::with_capacity(node.elements.len());
        for element in &node.elements {
            let (value, spread) = match element {
                ast::ArrayExpressionElement::SpreadElement(node) => (self.expr(&node.argument), true),
                ast::ArrayExpressionElement::Elision(node) => {
                    (self.add(self.at(node.span), ExprKind::Literal(Literal::Undefined)), false)
                }
                other => match other.as_expression() {
                    Some(expression) => (self.expr(expression), false),
                    None => continue,
                },
            };
            items.push(Item { value, spread });
        }
        ExprKind::Sequence { kind: SequenceKind::List, items: items.into() }
    }

    fn object(&mut self, node: &ast::ObjectExpression<'_>) -> ExprKind {
        let mut entries = Vec::with_capacity(node.properties.len());
        for property in &node.properties {
            entries.push(match property {
                ast::ObjectPropertyKind::SpreadProperty(node) => Entry { key: None, value: self.expr(&node.argument) },
                ast::ObjectPropertyKind::ObjectProperty(node) => self.property(node),
            });
        }
        ExprKind::Map { entries: entries.into() }
    }

    fn property(&mut self, node: &ast::ObjectProperty<'_>) -> Entry {
        let key = self.key(&node.key);
        let kind = match node.kind {
            ast::PropertyKind::Get => FunctionKind::Getter,
            ast::PropertyKind::Set => FunctionKind::Setter,
            ast::PropertyKind::Init if node.method => FunctionKind::Method,
            ast::PropertyKind::Init => return Entry { key: Some(key), value: self.expr(&node.value) },
        };
        let ast::Expression::FunctionExpression(function) = &node.value else {
            return Entry { key: Some(key), value: self.expr(&node.value) };
        };
        let span = self.at(node.span);
        let (name, name_span) = match key {
            Key::Static(name, span) => (Some(name), span),
            Key::Computed(_) => (None, Span::at(span.start)),
        };
        let role = Role { name, name_span, span, kind, is_static: false, decorators: Box::default() };
        let function = self.function_as(function, role);
        Entry { key: Some(key), value: self.add(span, ExprKind::Function(function)) }
    }

    /// The operator of a compound assignment; `None` for `=`.
    pub(super) fn compound(operator: ast::AssignmentOperator) -> Option<BinaryOp> {
        if let Some(op) = operator.to_binary_operator() {
            return Some(binary_op(op));
        }
        operator.to_logical_operator().map(|op| BinaryOp::LogicalAssign(logical_op(op)))
    }
}

/// A number: whole where it is whole and `f64` holds it exactly.
pub(super) fn number(value: f64) -> Literal {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation)] // within the range just checked
        return Literal::Int(value as i64);
    }
    Literal::Float(value)
}

fn unary_op(operator: ast::UnaryOperator) -> UnaryOp {
    use ast::UnaryOperator as O;
    match operator {
        O::UnaryPlus => UnaryOp::Plus,
        O::UnaryNegation => UnaryOp::Minus,
        O::LogicalNot => UnaryOp::Not,
        O::BitwiseNot => UnaryOp::Invert,
        O::Typeof => UnaryOp::TypeOf,
        O::Void => UnaryOp::Void,
        O::Delete => UnaryOp::Delete,
    }
}

fn logical_op(operator: ast::LogicalOperator) -> LogicalOp {
    match operator {
        ast::LogicalOperator::And => LogicalOp::And,
        ast::LogicalOperator::Or => LogicalOp::Or,
        ast::LogicalOperator::Coalesce => LogicalOp::Coalesce,
    }
}

fn binary_op(operator: ast::BinaryOperator) -> BinaryOp {
    use ast::BinaryOperator as O;
    match operator {
        O::Equality => BinaryOp::Equal,
        O::Inequality => BinaryOp::NotEqual,
        O::StrictEquality => BinaryOp::StrictEqual,
        O::StrictInequality => BinaryOp::StrictNotEqual,
        O::LessThan => BinaryOp::Less,
        O::LessEqualThan => BinaryOp::LessEqual,
        O::GreaterThan => BinaryOp::Greater,
        O::GreaterEqualThan => BinaryOp::GreaterEqual,
        O::Addition => BinaryOp::Add,
        O::Subtraction => BinaryOp::Sub,
        O::Multiplication => BinaryOp::Mul,
        O::Division => BinaryOp::Div,
        O::Remainder => BinaryOp::Mod,
        O::Exponential => BinaryOp::Pow,
        O::ShiftLeft => BinaryOp::ShiftLeft,
        O::ShiftRight | O::ShiftRightZeroFill => BinaryOp::ShiftRight,
        O::BitwiseOR => BinaryOp::BitOr,
        O::BitwiseXOR => BinaryOp::BitXor,
        O::BitwiseAnd => BinaryOp::BitAnd,
        O::In => BinaryOp::In,
        O::Instanceof => BinaryOp::InstanceOf,
    }
}
