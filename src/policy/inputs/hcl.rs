//! HCL as `hcl2json` and conftest show it: a block is an object by its labels with a list at its end, an expression that
//! is no literal its text in `${…}`.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::{Element, Template};
use serde_json::{Map, Value};

use super::Fault;

/// The object of a file.
pub(super) fn body(text: &str) -> Result<Value, Fault> {
    let parsed = hcl_edit::parser::parse_body(text).map_err(|error| {
        let place = error.location();
        (place.line(), place.column(), format!("not valid HCL: {}", error.message().replace('\n', " ")))
    })?;
    Reader { text }.body(&parsed).map(Value::Object)
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn body(&self, body: &Body) -> Result<Map<String, Value>, Fault> {
        let mut found = Map::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    found.insert(attribute.key.as_str().to_owned(), self.value(&attribute.value));
                }
                Structure::Block(block) => self.block(block, &mut found)?,
            }
        }
        Ok(found)
    }

    fn block(&self, block: &Block, into: &mut Map<String, Value>) -> Result<(), Fault> {
        let clash = || {
            let before = self.text.get(..block.ident.span().map_or(0, |span| span.start)).unwrap_or_default();
            let message = format!("`{}` is used as a block and as something else", block.ident.as_str());
            (before.matches('\n').count() + 1, 1, message)
        };
        let mut into = into;
        let mut key = block.ident.as_str();
        for label in &block.labels {
            let next = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
            into = next.as_object_mut().ok_or_else(clash)?;
            key = label.as_str();
        }
        let value = Value::Object(self.body(&block.body)?);
        let list = into.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().ok_or_else(clash)?.push(value);
        Ok(())
    }

    fn value(&self, expression: &Expression) -> Value {
        match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(value) => Value::Bool(*value.value()),
            Expression::Number(number) => {
                let number = number.value();
                let whole = number.as_i64().map(Value::from);
                whole.or_else(|| number.as_f64().map(Value::from)).unwrap_or_else(|| self.wrapped(expression))
            }
            Expression::String(text) => Value::String(text.value().clone()),
            Expression::StringTemplate(template) => Value::String(self.template(template)),
            Expression::HeredocTemplate(heredoc) => Value::String(self.template(&heredoc.template)),
            Expression::Array(items) => Value::Array(items.iter().map(|item| self.value(item)).collect()),
            Expression::Object(object) => {
                let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    let key = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(key) => match self.value(key) {
                            Value::String(text) => text,
                            other => other.to_string(),
                        },
                    };
                    (key, self.value(value.expr()))
                };
                Value::Object(object.iter().map(entry).collect())
            }
            Expression::UnaryOp(operation) if *operation.operator.value() == UnaryOperator::Neg => {
                match self.value(&operation.expr) {
                    Value::Number(number) => {
                        let whole = number.as_i64().and_then(i64::checked_neg).map(Value::from);
                        let any = whole.or_else(|| number.as_f64().map(|number| Value::from(-number)));
                        any.unwrap_or_else(|| self.wrapped(expression))
                    }
                    _ => self.wrapped(expression),
                }
            }
            _ => self.wrapped(expression),
        }
    }

    fn template(&self, template: &Template) -> String {
        let mut found = String::new();
        for element in template {
            match element {
                Element::Literal(text) => found.push_str(text.value()),
                Element::Interpolation(inner) => {
                    found.push_str("${");
                    found.push_str(self.source(inner.expr.span()));
                    found.push('}');
                }
                Element::Directive(directive) => found.push_str(self.source(directive.span())),
            }
        }
        found
    }

    fn wrapped(&self, expression: &Expression) -> Value {
        Value::String(format!("${{{}}}", self.source(expression.span())))
    }

    fn source(&self, span: Option<std::ops::Range<usize>>) -> &str {
        self.text.get(span.unwrap_or(0..0)).unwrap_or_default().trim()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_nest_by_their_labels() {
        let text = "resource \"aws_s3_bucket\" \"logs\" {\n  bucket = \"logs-${var.stage}\"\n  acl = var.acl\n  count = -1\n\
            \x20 tags = { owner = \"x\", \"env\" = local.env }\n  rule {\n    id = 1\n  }\n  rule {\n    id = 2\n  }\n}\n\
            variable \"acl\" { default = null }\n";
        let found = body(text).unwrap();
        let bucket = &found["resource"]["aws_s3_bucket"]["logs"][0];
        assert_eq!(bucket["bucket"], "logs-${var.stage}");
        assert_eq!(bucket["acl"], "${var.acl}");
        assert_eq!(bucket["count"], -1);
        assert_eq!(bucket["tags"], json!({"owner": "x", "env": "${local.env}"}));
        assert_eq!(bucket["rule"], json!([{"id": 1}, {"id": 2}]));
        assert_eq!(found["variable"]["acl"], json!([{"default": null}]));
    }

    #[test]
    fn here_documents_are_texts_and_errors_have_a_place() {
        let found = body("a = <<EOT\n{\"x\": \"${b}\"}\nEOT\nc = [for x in y : x]\n").unwrap();
        assert_eq!(found["a"], "{\"x\": \"${b}\"}\n");
        assert_eq!(found["c"], "${[for x in y : x]}");
        assert_eq!(body("a = 1\nb = = 2\n").unwrap_err().0, 2);
        assert!(body("a = 1\na \"b\" {\n}\n").unwrap_err().2.contains("used as a block"));
    }
}
