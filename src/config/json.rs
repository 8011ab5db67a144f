//! JSON configuration, with comments and trailing commas as editors and many programs allow. Other liberties of JSON5
//! are errors. Manifests, lockfiles and compiler settings are no configuration of an app.

use jsonc_parser::common::Range;
use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};

use super::choose::is_config;
use super::value::{MAX_DEPTH, Node, Sink, Value, interpolation};
use super::{ConfigExtract, ConfigParser};
use crate::base::{CodeContext, Problem, ProblemKind, SourceFile, Span};

/// Reads JSON files.
pub struct Json;

impl ConfigParser for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn matches(&self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let known = [".json", ".jsonc", ".json.example", ".json.sample"].iter().any(|end| lower.ends_with(end));
        known && is_config(path)
    }

    fn parse(&self, file: &SourceFile) -> ConfigExtract {
        let mut sink = Sink::new(file, "json", CodeContext::Production);
        let (root, problems) = document(file);
        // A list at the top is data.
        if let Some(root @ Node { value: Value::Map(_), .. }) = &root {
            sink.data("", root);
        }
        sink.extract(problems)
    }
}

/// The value of a file.
pub(super) fn document(file: &SourceFile) -> (Option<Node>, Vec<Problem>) {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match parse_to_ast(file.text(), &CollectOptions::default(), &options) {
        Ok(parsed) => (parsed.value.as_ref().map(|root| node(root, 0)), Vec::new()),
        Err(error) => {
            let place = file.locate(span(error.range()));
            let message = format!("not valid JSON: {}", error.kind().to_string().to_lowercase());
            (None, vec![Problem::incomplete(ProblemKind::Syntax, Some(place), message)])
        }
    }
}

fn span(range: Range) -> Span {
    Span::from_range(range.start..range.end)
}

fn node(value: &ast::Value<'_>, depth: usize) -> Node {
    let (value, range) = match value {
        ast::Value::StringLit(text) => {
            let value = interpolation(&text.value).unwrap_or_else(|| Value::Str(text.value.to_string()));
            (value, text.range)
        }
        ast::Value::NumberLit(number) => {
            let float = || number.value.parse().map_or(Value::Unknown, Value::Float);
            (number.value.parse().map_or_else(|_| float(), Value::Int), number.range)
        }
        ast::Value::BooleanLit(value) => (Value::Bool(value.value), value.range),
        ast::Value::NullKeyword(null) => (Value::Null, null.range),
        ast::Value::Object(object) if depth <= MAX_DEPTH => {
            let entries = object.properties.iter().map(|property| {
                let mut inner = node(&property.value, depth + 1);
                if !matches!(inner.value, Value::Map(_) | Value::List(_)) {
                    inner.span = span(property.range);
                }
                (property.name.as_str().to_owned(), inner)
            });
            (Value::Map(entries.collect()), object.range)
        }
        ast::Value::Array(array) if depth <= MAX_DEPTH => {
            (Value::List(array.elements.iter().map(|item| node(item, depth + 1)).collect()), array.range)
        }
        ast::Value::Object(ast::Object { range, .. }) | ast::Value::Array(ast::Array { range, .. }) => {
            (Value::Unknown, *range)
        }
    };
    Node::new(value, span(range))
}
