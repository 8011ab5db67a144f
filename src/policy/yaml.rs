//! YAML as policies need it: `METADATA` blocks and `data.yaml`, with the line of every value.
//!
//! A small part of [YAML 1.2](https://yaml.org/spec/1.2.2/): mappings with plain keys, sequences, scalars of the core
//! schema. Anchors and aliases are refused, nesting is limited.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::Value as Json;

/// Levels of nesting that are read.
const MAX_DEPTH: usize = 64;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Line from 1.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// What it is.
    pub kind: Kind,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A scalar of the core schema.
    Scalar(Json),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys in their order, each with its value.
    Mapping(Vec<(String, Node)>),
}

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Line from 1.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl Node {
    /// The value of a key, the last if it stands twice.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Kind::Mapping(entries) = &self.kind else { return None };
        entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The same as JSON.
    pub fn json(&self) -> Json {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Sequence(items) => Json::Array(items.iter().map(Node::json).collect()),
            Kind::Mapping(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), value.json())).collect())
            }
        }
    }
}

/// Reads the first document of a text; an empty one is `null`.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let first = read(text, 1)?.into_iter().next();
    Ok(first.unwrap_or(Node { line: 1, column: 1, kind: Kind::Scalar(Json::Null) }))
}

/// Reads all documents of a text.
pub(super) fn parse_all(text: &str) -> Result<Vec<Node>, Fault> {
    read(text, usize::MAX)
}

fn read(text: &str, most: usize) -> Result<Vec<Node>, Fault> {
    let mut roots = Vec::new();
    let mut open: Vec<(Node, Option<String>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            Fault { line: number(mark.line()), column: number(mark.col() + 1), message: error.info().to_owned() }
        })?;
        let (line, column) = (number(span.start.line()), number(span.start.col() + 1));
        let fault = |message: &str| Fault { line, column, message: message.to_owned() };
        let finished = match event {
            Event::Alias(_) => return Err(fault("aliases are not supported")),
            Event::SequenceStart(..) => {
                open.push((Node { line, column, kind: Kind::Sequence(Vec::new()) }, None));
                None
            }
            Event::MappingStart(..) => {
                open.push((Node { line, column, kind: Kind::Mapping(Vec::new()) }, None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|(node, _)| node),
            Event::Scalar(text, style, ..) => Some(Node { line, column, kind: Kind::Scalar(scalar(&text, style)) }),
            _ => None,
        };
        if open.len() > MAX_DEPTH {
            return Err(fault("nested too deeply"));
        }
        let Some(node) = finished else { continue };
        match open.last_mut() {
            None => {
                roots.push(node);
                if roots.len() >= most {
                    break;
                }
            }
            Some((Node { kind: Kind::Sequence(items), .. }, _)) => items.push(node),
            Some((Node { kind: Kind::Mapping(entries), .. }, key)) => match (key.take(), node.kind) {
                (Some(name), kind) => entries.push((name, Node { kind, ..node })),
                (None, Kind::Scalar(Json::String(name))) => *key = Some(name),
                (None, Kind::Scalar(other)) => *key = Some(other.to_string()),
                (None, _) => return Err(fault("a key must be plain text")),
            },
            Some(_) => {}
        }
    }
    Ok(roots)
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn scalar(text: &str, style: ScalarStyle) -> Json {
    if style != ScalarStyle::Plain {
        return Json::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "true" | "True" | "TRUE" => return Json::Bool(true),
        "false" | "False" | "FALSE" => return Json::Bool(false),
        _ => {}
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Json::from(integer);
    }
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let float = if numeric { text.parse::<f64>().ok() } else { None };
    float.and_then(serde_json::Number::from_f64).map_or_else(|| Json::String(text.to_owned()), Json::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_types_and_lines() {
        let node = parse("a: 1\nb:\n  - x\n  - true\nc: {d: \"1\"}\n").unwrap();
        assert_eq!(node.json(), serde_json::json!({"a": 1, "b": ["x", true], "c": {"d": "1"}}));
        assert_eq!(node.get("c").unwrap().get("d").unwrap().line, 5);
    }

    #[test]
    fn broken_and_hostile_text_is_refused_with_its_place() {
        assert_eq!(parse("a: [1\nb: 2\n").unwrap_err().line, 2);
        assert!(parse("a: &x 1\nb: *x\n").unwrap_err().message.contains("aliases"));
        assert!(parse(&"[".repeat(5000)).is_err());
        assert_eq!(parse("").unwrap().json(), Json::Null);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[-\\[\\]{}:,#&*!|>'\"a-c0-9 \n]{0,80}") {
            let _ = parse(&text);
        }
    }
}
