//! Expressions.

use ruff_python_ast::{self as ast, Expr as PyExpr};
use ruff_text_size::{Ranged, TextRange};

use super::{Lowering, span};
use crate::base::Span;
use crate::syntax::{
    Arg, BinaryOp, Clause, ComprehensionKind, Entry, Expr, ExprId, ExprKind, Item, Key, Literal, LogicalOp,
    SequenceKind, Spread, TemplatePart, UnaryOp,
};

/// The tag that marks a template string.
const TEMPLATE_STRING: &str = "string.templatelib.Template";

/// Up to here, `a or b or c` nests to the left, as it is evaluated; longer ones become a balanced tree.
const MAX_LEFT_NESTED: usize = 16;

impl Lowering<'_> {
    pub(super) fn add(&mut self, at: TextRange, kind: ExprKind) -> ExprId {
        self.tree.add_expr(Expr { span: span(at), kind })
    }

    pub(super) fn exprs(&mut self, exprs: &[PyExpr]) -> Box<[ExprId]> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn expr(&mut self, expr: &PyExpr) -> ExprId {
        if !self.enter(expr.range()) {
            return self.add(expr.range(), ExprKind::Missing);
        }
        let kind = match expr {
            PyExpr::Name(node) if node.id.is_empty() => ExprKind::Missing,
            PyExpr::Name(node) if node.id.as_str() == "super" => ExprKind::Super,
            PyExpr::Name(node) => ExprKind::Name(self.tree.intern(&node.id)),
            PyExpr::Attribute(node) => self.member(node),
            PyExpr::Call(node) => self.call(node),
            PyExpr::StringLiteral(node) => ExprKind::Literal(self.string(&node.value)),
            PyExpr::FString(node) => self.f_string(&node.value),
            PyExpr::TString(node) => self.t_string(node),
            PyExpr::Subscript(node) => self.subscript(node),
            PyExpr::Starred(node) => {
                let value = self.expr(&node.value);
                self.leave();
                return value;
            }
            PyExpr::BinOp(node) => {
                ExprKind::Binary { left: self.expr(&node.left), op: operator(node.op), right: self.expr(&node.right) }
            }
            PyExpr::BoolOp(node) => self.bool_op(node),
            PyExpr::Compare(node) => self.compare(node),
            PyExpr::UnaryOp(node) => ExprKind::Unary { op: unary(node.op), operand: self.expr(&node.operand) },
            _ => self.other(expr),
        };
        self.leave();
        self.add(expr.range(), kind)
    }

    fn other(&mut self, expr: &PyExpr) -> ExprKind {
        match expr {
            PyExpr::BytesLiteral(node) => ExprKind::Literal(self.bytes(&node.value)),
            PyExpr::NumberLiteral(node) => ExprKind::Literal(number(&node.value)),
            PyExpr::BooleanLiteral(node) => ExprKind::Literal(Literal::Bool(node.value)),
            PyExpr::NoneLiteral(_) => ExprKind::Literal(Literal::Null),
            PyExpr::EllipsisLiteral(_) => ExprKind::Literal(Literal::Ellipsis),
            PyExpr::List(node) => self.sequence(SequenceKind::List, &node.elts),
            PyExpr::Tuple(node) => self.sequence(SequenceKind::Tuple, &node.elts),
            PyExpr::Set(node) => self.sequence(SequenceKind::Set, &node.elts),
            PyExpr::Dict(node) => ExprKind::Map {
                entries: node
                    .items
                    .iter()
                    .map(|item| {
                        let key = item.key.as_ref().map(|key| self.key(key));
                        Entry { key, value: self.expr(&item.value) }
                    })
                    .collect(),
            },
            PyExpr::If(node) => ExprKind::Conditional {
                test: self.expr(&node.test),
                then: self.expr(&node.body),
                otherwise: self.expr(&node.orelse),
            },
            PyExpr::Lambda(node) => ExprKind::Function(self.lambda(node)),
            PyExpr::Named(node) => {
                let value = self.expr(&node.value);
                ExprKind::Assign { target: self.target(&node.target), op: None, value }
            }
            PyExpr::Await(node) => ExprKind::Await(self.expr(&node.value)),
            PyExpr::Yield(node) => {
                self.yields = true;
                ExprKind::Yield { value: node.value.as_deref().map(|value| self.expr(value)), delegate: false }
            }
            PyExpr::YieldFrom(node) => {
                self.yields = true;
                ExprKind::Yield { value: Some(self.expr(&node.value)), delegate: true }
            }
            PyExpr::ListComp(node) => self.comprehension(ComprehensionKind::List, &node.elt, None, &node.generators),
            PyExpr::SetComp(node) => self.comprehension(ComprehensionKind::Set, &node.elt, None, &node.generators),
            PyExpr::Generator(node) => {
                self.comprehension(ComprehensionKind::Generator, &node.elt, None, &node.generators)
            }
            PyExpr::DictComp(node) => {
                let (element, value) = match node.key.as_deref() {
                    Some(key) => (key, Some(node.value.as_ref())),
                    None => (node.value.as_ref(), None),
                };
                self.comprehension(ComprehensionKind::Map, element, value, &node.generators)
            }
            // A slice that is not the whole subscript: `a[1:2, 3]`.
            PyExpr::Slice(node) => {
                let parts = [&node.lower, &node.upper, &node.step];
                let items = parts.into_iter().flatten().map(|part| self.expr(part));
                let items = items.map(|value| Item { value, spread: false }).collect();
                ExprKind::Sequence { kind: SequenceKind::Tuple, items }
            }
            _ => ExprKind::Missing,
        }
    }

    fn member(&mut self, node: &ast::ExprAttribute) -> ExprKind {
        ExprKind::Member {
            object: self.expr(&node.value),
            name: self.tree.intern(&node.attr),
            name_span: span(node.attr.range),
            optional: false,
        }
    }

    fn call(&mut self, node: &ast::ExprCall) -> ExprKind {
        let callee = self.expr(&node.func);
        let arguments = &node.arguments;
        let mut args = Vec::with_capacity(arguments.args.len() + arguments.keywords.len());
        for arg in &arguments.args {
            let spread = if arg.is_starred_expr() { Spread::Sequence } else { Spread::No };
            args.push(Arg { name: None, value: self.expr(arg), spread });
        }
        for keyword in &arguments.keywords {
            args.push(self.keyword(keyword));
        }
        ExprKind::Call { callee, args: args.into_boxed_slice(), is_new: false, optional: false }
    }

    fn subscript(&mut self, node: &ast::ExprSubscript) -> ExprKind {
        let object = self.expr(&node.value);
        match node.slice.as_ref() {
            PyExpr::Slice(slice) => ExprKind::Slice {
                object,
                lower: slice.lower.as_deref().map(|part| self.expr(part)),
                upper: slice.upper.as_deref().map(|part| self.expr(part)),
                step: slice.step.as_deref().map(|part| self.expr(part)),
            },
            index => ExprKind::Index { object, index: self.expr(index) },
        }
    }

    fn sequence(&mut self, kind: SequenceKind, parts: &[PyExpr]) -> ExprKind {
        let items = parts.iter().map(|part| Item { value: self.expr(part), spread: part.is_starred_expr() }).collect();
        ExprKind::Sequence { kind, items }
    }

    pub(super) fn key(&mut self, key: &PyExpr) -> Key {
        match key {
            PyExpr::StringLiteral(node) => Key::Static(self.tree.intern(node.value.to_str()), span(node.range)),
            _ => Key::Computed(self.expr(key)),
        }
    }

    fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        element: &PyExpr,
        value: Option<&PyExpr>,
        clauses: &[ast::Comprehension],
    ) -> ExprKind {
        let clauses = clauses
            .iter()
            .map(|clause| Clause {
                iter: self.expr(&clause.iter),
                target: self.target(&clause.target),
                conditions: self.exprs(&clause.ifs),
            })
            .collect();
        let element = self.expr(element);
        ExprKind::Comprehension { kind, element, value: value.map(|value| self.expr(value)), clauses }
    }

    fn bool_op(&mut self, node: &ast::ExprBoolOp) -> ExprKind {
        let op = match node.op {
            ast::BoolOp::And => LogicalOp::And,
            ast::BoolOp::Or => LogicalOp::Or,
        };
        let values = self.exprs(&node.values);
        self.logical(op, &values)
    }

    /// `and` and `or` are associative, so many operands may be grouped at will.
    fn logical(&mut self, op: LogicalOp, values: &[ExprId]) -> ExprKind {
        let at = if values.len() > MAX_LEFT_NESTED { values.len() / 2 } else { values.len().saturating_sub(1) };
        let (left, right) = values.split_at(at);
        match (self.logical_part(op, left), self.logical_part(op, right)) {
            (Some(left), Some(right)) => ExprKind::Logical { op, left, right },
            _ => ExprKind::Missing,
        }
    }

    fn logical_part(&mut self, op: LogicalOp, values: &[ExprId]) -> Option<ExprId> {
        let (first, last) = (*values.first()?, *values.last()?);
        if values.len() == 1 {
            return Some(first);
        }
        let kind = self.logical(op, values);
        let cover = self.tree.expr(first).span.cover(self.tree.expr(last).span);
        Some(self.tree.add_expr(Expr { span: cover, kind }))
    }

    fn compare(&mut self, node: &ast::ExprCompare) -> ExprKind {
        let mut left = self.expr(&node.left);
        if let ([op], [right]) = (node.ops.as_ref(), node.comparators.as_ref()) {
            return ExprKind::Binary { left, op: comparison(*op), right: self.expr(right) };
        }
        let mut links = Vec::with_capacity(node.ops.len());
        for (op, right) in node.ops.iter().zip(&node.comparators) {
            let right = self.expr(right);
            let cover = self.tree.expr(left).span.cover(self.tree.expr(right).span);
            let kind = ExprKind::Binary { left, op: comparison(*op), right };
            links.push(self.tree.add_expr(Expr { span: cover, kind }));
            left = right;
        }
        self.logical(LogicalOp::And, &links)
    }

    fn string(&mut self, value: &ast::StringLiteralValue) -> Literal {
        match value.as_slice() {
            [single] => Literal::Str(self.tree.intern(&single.value)),
            parts => {
                self.buffer.clear();
                for part in parts {
                    self.buffer.push_str(&part.value);
                }
                Literal::Str(self.tree.intern(&self.buffer))
            }
        }
    }

    fn bytes(&mut self, value: &ast::BytesLiteralValue) -> Literal {
        let joined: Vec<u8> = value.iter().flat_map(|part| part.value.iter().copied()).collect();
        Literal::Bytes(self.tree.intern(&String::from_utf8_lossy(&joined)))
    }

    fn f_string(&mut self, value: &ast::FStringValue) -> ExprKind {
        let mut template = Parts::default();
        for part in value {
            match part {
                ast::FStringPart::Literal(text) => template.text.push_str(&text.value),
                ast::FStringPart::FString(part) => self.elements(&part.elements, &mut template),
            }
        }
        template.flush(self);
        match template.parts.as_slice() {
            [] => ExprKind::Literal(Literal::Str(self.tree.intern(""))),
            [TemplatePart::Text(text)] => ExprKind::Literal(Literal::Str(*text)),
            _ => ExprKind::Template { parts: template.parts.into_boxed_slice(), tag: None },
        }
    }

    fn t_string(&mut self, node: &ast::ExprTString) -> ExprKind {
        let mut template = Parts::default();
        for part in &node.value {
            self.elements(&part.elements, &mut template);
        }
        template.flush(self);
        let tag = self.tree.intern(TEMPLATE_STRING);
        let at = Span::at(span(node.range).start);
        let tag = self.tree.add_expr(Expr { span: at, kind: ExprKind::Name(tag) });
        ExprKind::Template { parts: template.parts.into_boxed_slice(), tag: Some(tag) }
    }

    fn elements(&mut self, elements: &ast::InterpolatedStringElements, template: &mut Parts) {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(text) => template.text.push_str(&text.value),
                ast::InterpolatedStringElement::Interpolation(value) => {
                    if let Some(debug) = &value.debug_text {
                        template.text.push_str(debug.as_str());
                    }
                    template.flush(self);
                    template.parts.push(TemplatePart::Value(self.expr(&value.expression)));
                    if let Some(format) = &value.format_spec {
                        self.format_values(&format.elements, template, 0);
                    }
                }
            }
        }
    }

    fn format_values(&mut self, elements: &ast::InterpolatedStringElements, template: &mut Parts, depth: u32) {
        for value in elements.interpolations() {
            template.parts.push(TemplatePart::Value(self.expr(&value.expression)));
            if let Some(format) = value.format_spec.as_ref().filter(|_| depth < 8) {
                self.format_values(&format.elements, template, depth + 1);
            }
        }
    }

    /// An annotation, a base class: strings in it are names of types.
    pub(super) fn annotation(&mut self, expr: &PyExpr) -> ExprId {
        if !self.enter(expr.range()) {
            return self.add(expr.range(), ExprKind::Missing);
        }
        let lowered = match expr {
            PyExpr::StringLiteral(node) => self.dotted(node),
            PyExpr::BinOp(node) if node.op == ast::Operator::BitOr => {
                let kind = ExprKind::Binary {
                    left: self.annotation(&node.left),
                    op: BinaryOp::BitOr,
                    right: self.annotation(&node.right),
                };
                Some(self.add(node.range, kind))
            }
            PyExpr::Subscript(node) => {
                let kind = self.annotation_index(node);
                Some(self.add(node.range, kind))
            }
            _ => None,
        };
        self.leave();
        lowered.unwrap_or_else(|| self.expr(expr))
    }

    fn annotation_index(&mut self, node: &ast::ExprSubscript) -> ExprKind {
        let head = match node.value.as_ref() {
            PyExpr::Name(name) => name.id.as_str(),
            PyExpr::Attribute(member) => member.attr.as_str(),
            _ => "",
        };
        let types = match head {
            "Literal" => 0,
            "Annotated" => 1,
            _ => usize::MAX,
        };
        let object = self.expr(&node.value);
        let index = match node.slice.as_ref() {
            PyExpr::Tuple(tuple) => {
                let items = tuple.elts.iter().enumerate().map(|(at, part)| {
                    let value = if at < types { self.annotation(part) } else { self.expr(part) };
                    Item { value, spread: part.is_starred_expr() }
                });
                let kind = ExprKind::Sequence { kind: SequenceKind::Tuple, items: items.collect() };
                self.add(tuple.range, kind)
            }
            single if types > 0 => self.annotation(single),
            single => self.expr(single),
        };
        ExprKind::Index { object, index }
    }

    /// `"a.b"` as the member expression it stands for.
    fn dotted(&mut self, node: &ast::ExprStringLiteral) -> Option<ExprId> {
        let text = node.value.to_str();
        let simple = |part: &str| {
            part.starts_with(|first: char| first == '_' || first.is_alphabetic())
                && part.chars().all(|letter| letter == '_' || letter.is_alphanumeric())
        };
        if text.len() > 200 || !text.split('.').all(simple) {
            return None;
        }
        let mut parts = text.split('.');
        let first = self.tree.intern(parts.next()?);
        let mut name = self.add(node.range, ExprKind::Name(first));
        for part in parts {
            let member = self.tree.intern(part);
            let name_span = span(node.range);
            name = self.add(node.range, ExprKind::Member { object: name, name: member, name_span, optional: false });
        }
        Some(name)
    }
}

/// A template in the making: texts are joined until a value comes.
#[derive(Default)]
struct Parts {
    parts: Vec<TemplatePart>,
    text: String,
}

impl Parts {
    fn flush(&mut self, lowering: &mut Lowering<'_>) {
        if !self.text.is_empty() {
            self.parts.push(TemplatePart::Text(lowering.tree.intern(&self.text)));
            self.text.clear();
        }
    }
}

fn number(number: &ast::Number) -> Literal {
    match number {
        ast::Number::Int(value) => match value.as_i64() {
            Some(value) => Literal::Int(value),
            None => Literal::Float(value.to_string().parse().unwrap_or(f64::INFINITY)),
        },
        ast::Number::Float(value) => Literal::Float(*value),
        ast::Number::Complex { imag, .. } => Literal::Float(*imag),
    }
}

pub(super) fn operator(op: ast::Operator) -> BinaryOp {
    match op {
        ast::Operator::Add => BinaryOp::Add,
        ast::Operator::Sub => BinaryOp::Sub,
        ast::Operator::Mult => BinaryOp::Mul,
        ast::Operator::MatMult => BinaryOp::MatMul,
        ast::Operator::Div => BinaryOp::Div,
        ast::Operator::Mod => BinaryOp::Mod,
        ast::Operator::Pow => BinaryOp::Pow,
        ast::Operator::LShift => BinaryOp::ShiftLeft,
        ast::Operator::RShift => BinaryOp::ShiftRight,
        ast::Operator::BitOr => BinaryOp::BitOr,
        ast::Operator::BitXor => BinaryOp::BitXor,
        ast::Operator::BitAnd => BinaryOp::BitAnd,
        ast::Operator::FloorDiv => BinaryOp::FloorDiv,
    }
}

fn unary(op: ast::UnaryOp) -> UnaryOp {
    match op {
        ast::UnaryOp::Invert => UnaryOp::Invert,
        ast::UnaryOp::Not => UnaryOp::Not,
        ast::UnaryOp::UAdd => UnaryOp::Plus,
        ast::UnaryOp::USub => UnaryOp::Minus,
    }
}

fn comparison(op: ast::CmpOp) -> BinaryOp {
    match op {
        ast::CmpOp::Eq => BinaryOp::Equal,
        ast::CmpOp::NotEq => BinaryOp::NotEqual,
        ast::CmpOp::Lt => BinaryOp::Less,
        ast::CmpOp::LtE => BinaryOp::LessEqual,
        ast::CmpOp::Gt => BinaryOp::Greater,
        ast::CmpOp::GtE => BinaryOp::GreaterEqual,
        ast::CmpOp::Is => BinaryOp::Is,
        ast::CmpOp::IsNot => BinaryOp::IsNot,
        ast::CmpOp::In => BinaryOp::In,
        ast::CmpOp::NotIn => BinaryOp::NotIn,
    }
}
