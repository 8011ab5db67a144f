//! Bindings and assignment targets → patterns.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::lower::Lowerer;
use crate::base::Span;
use crate::syntax::{ExprId, ExprKind, Field, Key, PatternId, PatternKind, Symbol};

impl Lowerer<'_> {
    /// What a declaration or parameter binds.
    pub(super) fn binding(&mut self, pattern: &ast::BindingPattern<'_>) -> PatternId {
        let span = self.at(pattern.span());
        if self.too_deep(span, 0) {
            return self.add_pattern(span, PatternKind::Any);
        }
        self.depth += 1;
        let kind = match pattern {
            ast::BindingPattern::BindingIdentifier(name) => PatternKind::Name(self.tree.intern(name.name.as_str())),
            ast::BindingPattern::AssignmentPattern(node) => {
                let inner = self.binding(&node.left);
                PatternKind::Default(inner, self.expr(&node.right))
            }
            ast::BindingPattern::ArrayPattern(node) => {
                let mut items: Vec<Option<PatternId>> = Vec::with_capacity(node.elements.len() + 1);
                for element in &node.elements {
                    items.push(element.as_ref().map(|element| self.binding(element)));
                }
                if let Some(rest) = &node.rest {
                    items.push(Some(self.rest_binding(rest)));
                }
                PatternKind::Sequence(items.into())
            }
            ast::BindingPattern::ObjectPattern(node) => {
                let mut fields = Vec::with_capacity(node.properties.len() + 1);
                for property in &node.properties {
                    let key = Some(self.key(&property.key));
                    fields.push(Field { key, pattern: self.binding(&property.value) });
                }
                if let Some(rest) = &node.rest {
                    fields.push(Field { key: None, pattern: self.rest_binding(rest) });
                }
                PatternKind::Map(fields.into())
            }
        };
        self.depth -= 1;
        self.add_pattern(span, kind)
    }

    fn rest_binding(&mut self, rest: &ast::BindingRestElement<'_>) -> PatternId {
        let inner = self.binding(&rest.argument);
        self.add_pattern(self.at(rest.span), PatternKind::Rest(inner))
    }

    /// The left side of an assignment.
    pub(super) fn assignment_target(&mut self, target: &ast::AssignmentTarget<'_>) -> PatternId {
        let span = self.at(target.span());
        if self.too_deep(span, 0) {
            return self.add_pattern(span, PatternKind::Any);
        }
        self.depth += 1;
        let kind = match target {
            ast::AssignmentTarget::AssignmentTargetIdentifier(name) => {
                PatternKind::Name(self.tree.intern(name.name.as_str()))
            }
            ast::AssignmentTarget::ArrayAssignmentTarget(node) => {
                let mut items = Vec::with_capacity(node.elements.len() + 1);
                for element in &node.elements {
                    items.push(element.as_ref().map(|element| self.target_with_default(element)));
                }
                if let Some(rest) = &node.rest {
                    items.push(Some(self.rest_target(rest)));
                }
                PatternKind::Sequence(items.into())
            }
            ast::AssignmentTarget::ObjectAssignmentTarget(node) => {
                let mut fields = Vec::with_capacity(node.properties.len() + 1);
                for property in &node.properties {
                    fields.push(self.target_field(property));
                }
                if let Some(rest) = &node.rest {
                    fields.push(Field { key: None, pattern: self.rest_target(rest) });
                }
                PatternKind::Map(fields.into())
            }
            other => match other.as_simple_assignment_target() {
                Some(simple) => {
                    let value = self.simple_target(simple);
                    self.target_kind(value)
                }
                None => PatternKind::Any,
            },
        };
        self.depth -= 1;
        self.add_pattern(span, kind)
    }

    /// `(x as T) = …` is an assignment to the name `x`, all else one to the expression.
    fn target_kind(&mut self, value: ExprId) -> PatternKind {
        match self.tree.expr(value).kind {
            ExprKind::Name(name) => PatternKind::Name(name),
            _ => PatternKind::Target(value),
        }
    }

    /// A target that is no pattern, as an expression.
    pub(super) fn simple_target(&mut self, target: &ast::SimpleAssignmentTarget<'_>) -> ExprId {
        use ast::SimpleAssignmentTarget as T;
        match target {
            T::AssignmentTargetIdentifier(name) => self.name(name.name.as_str(), self.at(name.span)),
            T::TSAsExpression(node) => self.expr(&node.expression),
            T::TSSatisfiesExpression(node) => self.expr(&node.expression),
            T::TSNonNullExpression(node) => self.expr(&node.expression),
            T::TSTypeAssertion(node) => self.expr(&node.expression),
            other => match other.as_member_expression() {
                Some(member) => self.member_expression(member),
                None => self.add(self.at(other.span()), ExprKind::Missing),
            },
        }
    }

    fn target_with_default(&mut self, target: &ast::AssignmentTargetMaybeDefault<'_>) -> PatternId {
        match target {
            ast::AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(node) => {
                let inner = self.assignment_target(&node.binding);
                let default = self.expr(&node.init);
                self.add_pattern(self.at(node.span), PatternKind::Default(inner, default))
            }
            other => match other.as_assignment_target() {
                Some(target) => self.assignment_target(target),
                None => self.add_pattern(self.at(other.span()), PatternKind::Any),
            },
        }
    }

    fn target_field(&mut self, property: &ast::AssignmentTargetProperty<'_>) -> Field {
        match property {
            ast::AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(node) => {
                let name = self.tree.intern(node.binding.name.as_str());
                let span = self.at(node.binding.span);
                let mut pattern = self.add_pattern(span, PatternKind::Name(name));
                if let Some(init) = &node.init {
                    let default = self.expr(init);
                    pattern = self.add_pattern(self.at(node.span), PatternKind::Default(pattern, default));
                }
                Field { key: Some(Key::Static(name, span)), pattern }
            }
            ast::AssignmentTargetProperty::AssignmentTargetPropertyProperty(node) => {
                let key = Some(self.key(&node.name));
                Field { key, pattern: self.target_with_default(&node.binding) }
            }
        }
    }

    fn rest_target(&mut self, rest: &ast::AssignmentTargetRest<'_>) -> PatternId {
        let inner = self.assignment_target(&rest.target);
        self.add_pattern(self.at(rest.span), PatternKind::Rest(inner))
    }

    /// A key of an object, class or pattern. `["a"]` counts as constant; `#a` keeps its `#`.
    pub(super) fn key(&mut self, key: &ast::PropertyKey<'_>) -> Key {
        let span = self.at(key.span());
        match key {
            ast::PropertyKey::StaticIdentifier(name) => Key::Static(self.tree.intern(name.name.as_str()), span),
            ast::PropertyKey::PrivateIdentifier(name) => Key::Static(self.private(name.name.as_str()), span),
            ast::PropertyKey::StringLiteral(text) => Key::Static(self.tree.intern(text.value.as_str()), span),
            ast::PropertyKey::NumericLiteral(number) => {
                let text = Self::number_text(number.value);
                Key::Static(self.tree.intern(&text), span)
            }
            other => match other.as_expression() {
                Some(expression) => {
                    let value = self.expr(expression);
                    match self.tree.string_of(value).map(str::to_owned) {
                        Some(text) => Key::Static(self.tree.intern(&text), span),
                        None => Key::Computed(value),
                    }
                }
                None => Key::Computed(self.add(span, ExprKind::Missing)),
            },
        }
    }

    /// The name of a private member, `#x`.
    pub(super) fn private(&mut self, name: &str) -> Symbol {
        self.tree.intern(&format!("#{name}"))
    }

    /// The names that a pattern of this tree binds, in order.
    pub(super) fn bound_names(&self, pattern: PatternId, out: &mut Vec<(Symbol, Span)>) {
        let node = self.tree.pattern(pattern);
        match &node.kind {
            PatternKind::Name(name) => out.push((*name, node.span)),
            PatternKind::Sequence(items) => items.iter().flatten().for_each(|item| self.bound_names(*item, out)),
            PatternKind::Map(fields) => fields.iter().for_each(|field| self.bound_names(field.pattern, out)),
            PatternKind::Rest(inner) | PatternKind::Default(inner, _) => self.bound_names(*inner, out),
            _ => {}
        }
    }
}
