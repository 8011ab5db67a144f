//! JSX → the common tree: elements, their attributes and children.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::lower::Lowerer;
use crate::base::Span;
use crate::syntax::{Attribute, ExprId, ExprKind, Literal, Rare, Symbol};

impl Lowerer<'_> {
    /// `<a b={c}>…</a>`
    pub(super) fn element(&mut self, node: &ast::JSXElement<'_>) -> ExprId {
        let span = self.at(node.span);
        if self.too_deep(span, 0) {
            return self.add(span, ExprKind::Missing);
        }
        self.depth += 1;
        let tag = Some(self.tag(&node.opening_element.name));
        let attributes = node.opening_element.attributes.iter().map(|attribute| self.attribute(attribute)).collect();
        let children = self.children(&node.children).into();
        self.depth -= 1;
        self.add(span, ExprKind::Element { tag, attributes, children })
    }

    /// `<>…</>`
    pub(super) fn fragment(&mut self, node: &ast::JSXFragment<'_>) -> ExprId {
        let span = self.at(node.span);
        if self.too_deep(span, 0) {
            return self.add(span, ExprKind::Missing);
        }
        self.depth += 1;
        let children = self.children(&node.children).into();
        self.depth -= 1;
        self.add(span, ExprKind::Element { tag: None, attributes: Rare::default(), children })
    }

    fn tag(&mut self, name: &ast::JSXElementName<'_>) -> ExprId {
        let span = self.at(name.span());
        match name {
            ast::JSXElementName::Identifier(name) => self.text_literal(name.name.as_str(), span),
            ast::JSXElementName::IdentifierReference(name) => self.name(name.name.as_str(), span),
            ast::JSXElementName::NamespacedName(name) => self.text_literal(&name.to_string(), span),
            ast::JSXElementName::MemberExpression(name) => self.tag_member(name),
            ast::JSXElementName::ThisExpression(_) => self.add(span, ExprKind::This),
        }
    }

    fn tag_member(&mut self, first: &ast::JSXMemberExpression<'_>) -> ExprId {
        use ast::JSXMemberExpressionObject as O;
        let mut parts = vec![first];
        let mut object = &first.object;
        while let O::MemberExpression(inner) = object {
            if self.too_deep(self.at(first.span), parts.len()) {
                return self.add(self.at(first.span), ExprKind::Missing);
            }
            parts.push(inner);
            object = &inner.object;
        }
        let mut whole = match object {
            O::IdentifierReference(name) => self.name(name.name.as_str(), self.at(name.span)),
            _ => self.add(self.at(object.span()), ExprKind::This),
        };
        for part in parts.into_iter().rev() {
            let name = self.tree.intern(part.property.name.as_str());
            let name_span = self.at(part.property.span);
            whole = self.add(self.at(part.span), ExprKind::Member { object: whole, name, name_span, optional: false });
        }
        whole
    }

    fn text_literal(&mut self, text: &str, span: Span) -> ExprId {
        let text = self.tree.intern(text);
        self.add(span, ExprKind::Literal(Literal::Str(text)))
    }

    fn attribute(&mut self, attribute: &ast::JSXAttributeItem<'_>) -> Attribute {
        match attribute {
            ast::JSXAttributeItem::SpreadAttribute(node) => {
                Attribute { name: None, value: Some(self.expr(&node.argument)), span: self.at(node.span) }
            }
            ast::JSXAttributeItem::Attribute(node) => {
                let name = Some(self.attribute_name(&node.name));
                let value = node.value.as_ref().and_then(|value| match value {
                    ast::JSXAttributeValue::StringLiteral(text) => {
                        Some(self.text_literal(text.value.as_str(), self.at(text.span)))
                    }
                    ast::JSXAttributeValue::ExpressionContainer(node) => {
                        node.expression.as_expression().map(|expression| self.expr(expression))
                    }
                    ast::JSXAttributeValue::Element(node) => Some(self.element(node)),
                    ast::JSXAttributeValue::Fragment(node) => Some(self.fragment(node)),
                });
                Attribute { name, value, span: self.at(node.span) }
            }
        }
    }

    fn attribute_name(&mut self, name: &ast::JSXAttributeName<'_>) -> Symbol {
        match name {
            ast::JSXAttributeName::Identifier(name) => self.tree.intern(name.name.as_str()),
            ast::JSXAttributeName::NamespacedName(name) => self.tree.intern(&name.to_string()),
        }
    }

    fn children(&mut self, children: &[ast::JSXChild<'_>]) -> Box<[ExprId]> {
        let mut out = Vec::with_capacity(children.len());
        for child in children {
            match child {
                ast::JSXChild::Text(text) => {
                    if let Some(visible) = visible(text.value.as_str()) {
                        out.push(self.text_literal(&visible, self.at(text.span)));
                    }
                }
                ast::JSXChild::Element(node) => out.push(self.element(node)),
                ast::JSXChild::Fragment(node) => out.push(self.fragment(node)),
                ast::JSXChild::ExpressionContainer(node) => {
                    if let Some(expression) = node.expression.as_expression() {
                        out.push(self.expr(expression));
                    }
                }
                ast::JSXChild::Spread(node) => out.push(self.expr(&node.expression)),
            }
        }
        out.into()
    }
}

/// A text as JSX shows it: lines trimmed where they meet and joined by a space, blank ones left out.
fn visible(text: &str) -> Option<String> {
    if !text.contains('\n') {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    let last = text.lines().count().saturating_sub(1);
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = if at == 0 { line } else { line.trim_start() };
        let line = if at == last && !text.ends_with('\n') { line } else { line.trim_end() };
        if !line.is_empty() {
            lines.push(line);
        }
    }
    (!lines.is_empty()).then(|| lines.join(" "))
}
