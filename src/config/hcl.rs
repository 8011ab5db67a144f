//! HCL, <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>, as a small tree of our own: attributes, blocks
//! and what their expressions are made of. `hcl-edit` parses and bounds nesting; where a file has an error, its
//! top-level blocks are read one by one, and only the broken ones are left out.
//!
//! Left out: `for` expressions and directives in templates, which are unknown values.

pub mod written;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{Body as HclBody, Structure};
use hcl_edit::template::{Element, Template};

use crate::base::{Location, Problem, ProblemKind, SourceFile, Span};

/// Blocks that are read one by one behind an error.
const MAX_PIECES: usize = 2_000;
/// What begins a top-level block of a module.
const HEADS: &[&str] = &["resource", "data", "variable", "locals", "module", "provider", "terraform", "output"];

/// What stands between two braces, or in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Body {
    pub(super) attributes: Vec<(String, Expr)>,
    pub(super) blocks: Vec<Block>,
}

/// `resource "aws_s3_bucket" "logs" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) labels: Vec<String>,
    pub(super) body: Body,
    pub(super) span: Span,
}

/// An expression and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    /// Texts and values one after the other.
    Template(Vec<Expr>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Name(String),
    Path(Box<Expr>, Vec<Step>),
    Call(String, Vec<Expr>),
    Choice(Box<[Expr; 3]>),
    Not(Box<Expr>),
    Binary(Operator, Box<[Expr; 2]>),
    Unknown,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Name(String),
    Index(Expr),
    Splat,
}

/// The operators whose results are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Different,
    And,
    Or,
}

impl Body {
    /// The attribute of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Expr> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl Expr {
    /// A text that is written as such.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a file as far as it can be read.
pub(super) fn parse(file: &SourceFile) -> (Body, Vec<Problem>) {
    match hcl_edit::parser::parse_body(file.text()) {
        Ok(parsed) => (Lower { offset: 0 }.body(&parsed), Vec::new()),
        Err(error) => {
            let at = u32::try_from(error.location().offset()).unwrap_or(0);
            let message = format!("not valid HCL: {}", error.message().replace('\n', " "));
            let place = file.locate(Span::at(at.min(u32::try_from(file.text().len()).unwrap_or(u32::MAX))));
            let mut problems = vec![Problem::incomplete(ProblemKind::Syntax, Some(place), message)];
            (pieces(file, &mut problems), problems)
        }
    }
}

/// The top-level blocks that can be read.
fn pieces(file: &SourceFile, problems: &mut Vec<Problem>) -> Body {
    let text = file.text();
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let head = line.split([' ', '{', '\t']).next().unwrap_or("");
        if HEADS.contains(&head.trim_end()) {
            starts.push(at);
        }
        at += line.len();
    }
    if starts.len() > MAX_PIECES {
        let message = format!("more than {MAX_PIECES} blocks in a file with an error, the rest was left out");
        problems.push(Problem::incomplete(ProblemKind::Limit, Some(Location::file(file.path())), message));
        starts.truncate(MAX_PIECES);
    }
    let mut all = Body::default();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(text.len());
        if let Ok(parsed) = hcl_edit::parser::parse_body(&text[*start..end]) {
            let body = Lower { offset: *start }.body(&parsed);
            all.attributes.extend(body.attributes);
            all.blocks.extend(body.blocks);
        }
    }
    all
}

/// Makes our tree; the parser bounds how deep it is.
struct Lower {
    offset: usize,
}

impl Lower {
    fn span(&self, range: Option<std::ops::Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        Span::from_range(range.start + self.offset..range.end + self.offset)
    }

    fn body(&self, body: &HclBody) -> Body {
        let mut found = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    found.attributes.push((attribute.key.as_str().to_owned(), self.expr(&attribute.value)));
                }
                Structure::Block(block) => {
                    let head = self.span(block.ident.span());
                    found.blocks.push(Block {
                        kind: block.ident.as_str().to_owned(),
                        labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
                        body: self.body(&block.body),
                        span: head,
                    });
                }
            }
        }
        found
    }

    fn expr(&self, expr: &Expression) -> Expr {
        let span = self.span(expr.span());
        let kind = match expr {
            Expression::Null(_) => Kind::Null,
            Expression::Bool(value) => Kind::Bool(*value.value()),
            Expression::Number(number) => {
                let number = number.value();
                let whole = number.as_i64().map(serde_json::Number::from);
                let any = whole.or_else(|| number.as_f64().and_then(serde_json::Number::from_f64));
                any.map_or(Kind::Unknown, Kind::Number)
            }
            Expression::String(text) => Kind::Text(text.value().clone()),
            Expression::Array(items) => Kind::List(items.iter().map(|item| self.expr(item)).collect()),
            Expression::Object(object) => {
                let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    let key = match key {
                        ObjectKey::Ident(name) => {
                            Expr { kind: Kind::Text(name.as_str().to_owned()), span: self.span(name.span()) }
                        }
                        ObjectKey::Expression(key) => self.expr(key),
                    };
                    (key, self.expr(value.expr()))
                };
                Kind::Map(object.iter().map(entry).collect())
            }
            Expression::StringTemplate(template) => self.template(template),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template),
            Expression::Parenthesis(inner) => return Expr { span, ..self.expr(inner.inner()) },
            Expression::Variable(name) => Kind::Name(name.as_str().to_owned()),
            Expression::Conditional(choice) => Kind::Choice(Box::new([
                self.expr(&choice.cond_expr),
                self.expr(&choice.true_expr),
                self.expr(&choice.false_expr),
            ])),
            Expression::FuncCall(call) if !call.name.is_namespaced() => {
                let arguments = call.args.iter().map(|argument| self.expr(argument)).collect();
                Kind::Call(call.name.name.as_str().to_owned(), arguments)
            }
            Expression::Traversal(path) => {
                let step = |operator: &TraversalOperator| match operator {
                    TraversalOperator::GetAttr(name) => Step::Name(name.as_str().to_owned()),
                    TraversalOperator::Index(index) => Step::Index(self.expr(index)),
                    TraversalOperator::LegacyIndex(index) => {
                        let kind = Kind::Number(serde_json::Number::from(*index.value()));
                        Step::Index(Expr { kind, span })
                    }
                    TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Splat,
                };
                let steps = path.operators.iter().map(|operator| step(operator.value())).collect();
                Kind::Path(Box::new(self.expr(&path.expr)), steps)
            }
            Expression::UnaryOp(operation) if *operation.operator.value() == UnaryOperator::Not => {
                Kind::Not(Box::new(self.expr(&operation.expr)))
            }
            Expression::UnaryOp(operation) => match self.expr(&operation.expr).kind {
                Kind::Number(number) => {
                    let negative = number.as_i64().and_then(i64::checked_neg);
                    negative.map_or(Kind::Unknown, |value| Kind::Number(value.into()))
                }
                _ => Kind::Unknown,
            },
            Expression::BinaryOp(operation) => {
                let operator = match operation.operator.value() {
                    BinaryOperator::Eq => Operator::Equal,
                    BinaryOperator::NotEq => Operator::Different,
                    BinaryOperator::And => Operator::And,
                    BinaryOperator::Or => Operator::Or,
                    _ => return Expr { kind: Kind::Unknown, span },
                };
                let sides = [self.expr(&operation.lhs_expr), self.expr(&operation.rhs_expr)];
                Kind::Binary(operator, Box::new(sides))
            }
            Expression::FuncCall(_) | Expression::ForExpr(_) => Kind::Unknown,
        };
        Expr { kind, span }
    }

    fn template(&self, template: &Template) -> Kind {
        let part = |element: &Element| match element {
            Element::Literal(text) => Expr { kind: Kind::Text(text.value().clone()), span: self.span(text.span()) },
            Element::Interpolation(inner) => self.expr(&inner.expr),
            Element::Directive(directive) => Expr { kind: Kind::Unknown, span: self.span(directive.span()) },
        };
        let mut parts: Vec<Expr> = template.iter().map(part).collect();
        match parts.as_mut_slice() {
            [] => Kind::Text(String::new()),
            [Expr { kind: Kind::Text(text), .. }] => Kind::Text(std::mem::take(text)),
            _ => Kind::Template(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Body, Vec<Problem>) {
        parse(&SourceFile::new("main.tf", text))
    }

    #[test]
    fn blocks_and_values_have_places() {
        let (body, problems) =
            parsed("locals { a = \"x\" }\nresource \"t\" \"n\" {\n  b = var.x[0].y\n  c { d = -1 }\n}\n");
        assert!(problems.is_empty());
        let block = &body.blocks[1];
        assert_eq!((block.kind.as_str(), block.labels.join(".")), ("resource", "t.n".to_owned()));
        assert_eq!(block.span.start, 19);
        let Kind::Path(root, steps) = &block.body.get("b").unwrap().kind else { panic!("a path") };
        assert_eq!(root.kind, Kind::Name("var".to_owned()));
        assert_eq!(steps.len(), 3);
        assert_eq!(block.body.blocks[0].body.get("d").unwrap().kind, Kind::Number((-1).into()));
    }

    #[test]
    fn a_broken_block_leaves_the_others() {
        let (body, problems) =
            parsed("variable \"a\" { default = 1 }\nresource \"t\" \"n\" {\n  = \n}\nlocals { b = 2 }\n");
        assert_eq!(problems.len(), 1);
        let kinds: Vec<&str> = body.blocks.iter().map(|block| block.kind.as_str()).collect();
        assert_eq!(kinds, ["variable", "locals"]);
        assert!(body.blocks[1].span.start > 40);
    }
}
