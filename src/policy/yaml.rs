//! YAML as policies need it: `METADATA` blocks and `data.yaml`, with the line of every value.
//!
//! A small part of [YAML 1.2](https://yaml.org/spec/1.2.2/): mappings with plain keys, sequences, scalars of the core
//! schema. Nesting is limited. Anchors and aliases are refused, except in files that policies judge: those are read as
//! other programs read them, with merge keys and the booleans of YAML 1.1.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::Value as Json;

/// Levels of nesting that are read.
const MAX_DEPTH: usize = 64;
/// Values that aliases may repeat.
const MAX_REPEATED: usize = 200_000;

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

    /// How many values it holds, itself counted.
    fn size(&self) -> usize {
        match &self.kind {
            Kind::Scalar(_) => 1,
            Kind::Sequence(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
            Kind::Mapping(entries) => 1 + entries.iter().map(|(_, value)| value.size()).sum::<usize>(),
        }
    }

    /// The node of a value that was read when the crate was built: it stands nowhere.
    pub fn of(value: &Json) -> Self {
        let kind = match value {
            Json::Array(items) => Kind::Sequence(items.iter().map(Self::of).collect()),
            Json::Object(fields) => {
                Kind::Mapping(fields.iter().map(|(name, value)| (name.clone(), Self::of(value))).collect())
            }
            scalar => Kind::Scalar(scalar.clone()),
        };
        Self { line: 1, column: 1, kind }
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
    let first = read(text, 1, false)?.into_iter().next();
    Ok(first.unwrap_or(Node { line: 1, column: 1, kind: Kind::Scalar(Json::Null) }))
}

/// Reads all documents of a file that policies judge.
pub(super) fn parse_files(text: &str) -> Result<Vec<Node>, Fault> {
    read(text, usize::MAX, true)
}

/// What anchors stand for, and how much aliases have repeated so far.
#[derive(Default)]
struct Anchors {
    known: BTreeMap<usize, (Node, usize)>,
    repeated: usize,
}

/// A list or mapping that is being read: its node, the key that waits for a value, its anchor.
type Open = (Node, Option<String>, usize);

fn read(text: &str, most: usize, loose: bool) -> Result<Vec<Node>, Fault> {
    let mut roots = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut anchors = Anchors::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            Fault { line: number(mark.line()), column: number(mark.col() + 1), message: error.info().to_owned() }
        })?;
        let (line, column) = (number(span.start.line()), number(span.start.col() + 1));
        let fault = |message: &str| Fault { line, column, message: message.to_owned() };
        let finished = match event {
            Event::Alias(_) if !loose => return Err(fault("aliases are not supported")),
            Event::Alias(anchor) => Some((anchors.repeat(anchor).map_err(fault)?, 0)),
            Event::SequenceStart(anchor, _) => {
                open.push((Node { line, column, kind: Kind::Sequence(Vec::new()) }, None, anchor));
                None
            }
            Event::MappingStart(anchor, _) => {
                open.push((Node { line, column, kind: Kind::Mapping(Vec::new()) }, None, anchor));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|(node, _, anchor)| (node, anchor)),
            Event::Scalar(text, style, anchor, _) => {
                Some((Node { line, column, kind: Kind::Scalar(scalar(&text, style, loose)) }, anchor))
            }
            _ => None,
        };
        if open.len() > MAX_DEPTH {
            return Err(fault("nested too deeply"));
        }
        let Some((mut node, anchor)) = finished else { continue };
        if loose {
            node = merged(node).map_err(fault)?;
            anchors.keep(anchor, &node);
        }
        match open.last_mut() {
            None => {
                roots.push(node);
                if roots.len() >= most {
                    break;
                }
            }
            Some((Node { kind: Kind::Sequence(items), .. }, ..)) => items.push(node),
            Some((Node { kind: Kind::Mapping(entries), .. }, key, _)) => match (key.take(), node.kind) {
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

impl Anchors {
    fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor > 0 {
            self.known.insert(anchor, (node.clone(), node.size()));
        }
    }

    fn repeat(&mut self, anchor: usize) -> Result<Node, &'static str> {
        let (node, size) = self.known.get(&anchor).ok_or("an alias within what it stands for")?;
        self.repeated += size;
        if self.repeated > MAX_REPEATED { Err("aliases repeat too much") } else { Ok(node.clone()) }
    }
}

/// A mapping with what its merge key `<<` brings, which other keys go before.
fn merged(node: Node) -> Result<Node, &'static str> {
    let Kind::Mapping(entries) = node.kind else { return Ok(node) };
    if !entries.iter().any(|(key, _)| key == "<<") {
        return Ok(Node { kind: Kind::Mapping(entries), ..node });
    }
    let (merges, mut entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key == "<<");
    let mut known: BTreeSet<String> = entries.iter().map(|(key, _)| key.clone()).collect();
    for (_, from) in merges {
        let several = match from.kind {
            Kind::Sequence(items) => items,
            kind => vec![Node { kind, ..from }],
        };
        for one in several {
            let Kind::Mapping(brought) = one.kind else { return Err("`<<` merges mappings only") };
            for (key, value) in brought {
                if known.insert(key.clone()) {
                    entries.push((key, value));
                }
            }
        }
    }
    Ok(Node { kind: Kind::Mapping(entries), ..node })
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn scalar(text: &str, style: ScalarStyle, loose: bool) -> Json {
    if style != ScalarStyle::Plain {
        return Json::String(text.to_owned());
    }
    if loose {
        match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Json::Bool(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Json::Bool(false),
            _ => {}
        }
        if let Some(number) = prefixed(text) {
            return Json::from(number);
        }
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

/// `0x1f`, `0o17`, `0b1`, and `017` as YAML 1.1 has it.
fn prefixed(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('0').filter(|digits| !digits.is_empty())?;
    let (digits, base) = match digits.split_at_checked(1)? {
        ("x", digits) => (digits, 16),
        ("o", digits) => (digits, 8),
        ("b", digits) => (digits, 2),
        _ => (digits, 8),
    };
    if digits.starts_with(['+', '-']) { None } else { i64::from_str_radix(digits, base).ok() }
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

    #[test]
    fn files_that_are_judged_are_read_as_other_programs_do() {
        let text =
            "x: &base {image: a, user: root}\nweb:\n  <<: *base\n  user: app\nlist: [*base]\non: push\nmode: 0644\n";
        let found = parse_files(text).unwrap().remove(0).json();
        assert_eq!(found["web"], serde_json::json!({"user": "app", "image": "a"}));
        assert_eq!(found["list"][0]["user"], "root");
        assert_eq!((&found["true"], &found["mode"]), (&Json::from("push"), &Json::from(420)));
        assert!(parse_files("a: &a [*a]\n").unwrap_err().message.contains("within"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let below = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.extend([format!("a{level}: &a{level} [{below}]\n")]);
        }
        assert!(parse_files(&bomb).unwrap_err().message.contains("too much"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[-\\[\\]{}:,#&*!|>'\"a-c0-9 \n]{0,80}") {
            let _ = (parse(&text), parse_files(&text));
        }
    }
}
