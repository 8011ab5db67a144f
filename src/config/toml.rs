//! TOML configuration, <https://toml.io/en/v1.1.0>. What is broken is left out and reported; the rest is read.

use toml::de::{DeTable, DeValue};

use super::choose::is_config;
use super::value::{MAX_DEPTH, Node, Sink, Value};
use super::{ConfigExtract, ConfigParser};
use crate::base::{CodeContext, Location, Problem, ProblemKind, SourceFile, Span};

/// Reads TOML files.
pub struct Toml;

impl ConfigParser for Toml {
    fn name(&self) -> &'static str {
        "toml"
    }

    fn matches(&self, path: &str) -> bool {
        path.to_ascii_lowercase().ends_with(".toml") && is_config(path)
    }

    fn parse(&self, file: &SourceFile) -> ConfigExtract {
        let mut sink = Sink::new(file, "toml", CodeContext::Production);
        let (root, problems) = document(file);
        sink.data("", &root);
        sink.extract(problems)
    }
}

/// What could be read of a file.
pub(super) fn document(file: &SourceFile) -> (Node, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(file.text());
    let root = Node::new(Value::Map(entries(table.get_ref(), 0)), Span::at(0));
    let problems = errors.first().map(|error| {
        let place = error.span().map_or_else(|| Location::file(file.path()), |at| file.locate(Span::from_range(at)));
        let message = format!("not valid TOML: {}", error.message().lines().next().unwrap_or(""));
        Problem::incomplete(ProblemKind::Syntax, Some(place), message)
    });
    (root, problems.into_iter().collect())
}

fn entries(table: &DeTable<'_>, depth: usize) -> Vec<(String, Node)> {
    table
        .iter()
        .map(|(key, value)| {
            let mut inner = node(value.get_ref(), Span::from_range(value.span()), depth);
            if !matches!(inner.value, Value::Map(_) | Value::List(_)) {
                inner.span = Span::from_range(key.span()).cover(inner.span);
            }
            (key.get_ref().to_string(), inner)
        })
        .collect()
}

fn node(value: &DeValue<'_>, span: Span, depth: usize) -> Node {
    let value = match value {
        _ if depth > MAX_DEPTH => Value::Unknown,
        DeValue::String(text) => Value::Str(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Unknown, Value::Int)
        }
        DeValue::Float(number) => number.as_str().parse().map_or(Value::Unknown, Value::Float),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(moment) => Value::Str(moment.to_string()),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| node(item.get_ref(), Span::from_range(item.span()), depth + 1)).collect(),
        ),
        DeValue::Table(table) => Value::Map(entries(table, depth + 1)),
    };
    Node::new(value, span)
}
