//! YAML configuration, <https://yaml.org/spec/1.2.2/>, Docker Compose among it: from the events of `saphyr-parser`, under
//! our own limits of depth, nodes and aliases. Several documents in a file are numbered behind the first (`1.kind`).
//!
//! Lists of environment variables (`- NAME=value`, `- name: NAME`) become maps, so that their keys are their names.
//! Left out: custom tags, which are unknown values, and templates (`{{ … }}`) that are no YAML.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Place};

use super::choose::{is_compose, is_config};
use super::value::{MAX_DEPTH, Node, Sink, Value, interpolation};
use super::{ConfigExtract, ConfigParser};
use crate::base::{CodeContext, Location, Problem, ProblemKind, SourceFile, Span};

/// Nodes of one file, those that aliases repeat included.
const MAX_NODES: usize = 50_000;
/// Nodes that one alias may repeat.
const MAX_ALIASED: usize = 500;

/// Reads YAML files.
pub struct Yaml;

impl ConfigParser for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn matches(&self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let known = [".yml", ".yaml", ".yml.example", ".yaml.example", ".yml.sample", ".yaml.sample"];
        known.iter().any(|end| lower.ends_with(end)) && is_config(path)
    }

    fn parse(&self, file: &SourceFile) -> ConfigExtract {
        let dialect = if is_compose(file.path()) { "compose" } else { "yaml" };
        let mut sink = Sink::new(file, dialect, CodeContext::Production);
        let (documents, problems) = documents(file, false);
        for (at, document) in documents.iter().enumerate() {
            // A list or a scalar at the top is data.
            if matches!(document.value, Value::Map(_)) {
                sink.data(&if at == 0 { String::new() } else { at.to_string() }, document);
            }
        }
        sink.extract(problems)
    }
}

/// The documents of a file. With `raw`, texts stay as written: no variable is put in, no list becomes a map.
pub(super) fn documents(file: &SourceFile, raw: bool) -> (Vec<Node>, Vec<Problem>) {
    read(file, Builder::new(file.text(), raw))
}

/// The documents of a template of CloudFormation: texts as written, its short tags as the long form (`!Ref x` is
/// `{Ref: x}`, `!Sub x` is `{Fn::Sub: x}`).
pub(super) fn template(file: &SourceFile) -> (Vec<Node>, Vec<Problem>) {
    read(file, Builder { tags: true, ..Builder::new(file.text(), true) })
}

fn read(file: &SourceFile, mut builder: Builder<'_>) -> (Vec<Node>, Vec<Problem>) {
    let mut problems = Vec::new();
    for event in Parser::new_from_str(file.text()) {
        match event {
            Ok((event, place)) => {
                if !builder.event(event, place) {
                    let message = format!("more than {MAX_NODES} YAML nodes, the rest was left out");
                    let place = Some(Location::file(file.path()));
                    problems.push(Problem::incomplete(ProblemKind::Limit, place, message));
                    break;
                }
            }
            Err(error) => {
                let at = builder.cursor.to(error.marker().index());
                let template = file.text().contains("{{");
                let kind = if template { ProblemKind::Unsupported } else { ProblemKind::Syntax };
                let what = if template { "a template, not plain YAML" } else { "not valid YAML" };
                let message = format!("{what}: {}", error.info());
                problems.push(Problem::incomplete(kind, Some(file.locate(Span::at(at))), message));
                break;
            }
        }
    }
    if builder.too_deep {
        let message = format!("YAML nested more than {MAX_DEPTH} deep was left out");
        problems.push(Problem::incomplete(ProblemKind::Limit, Some(Location::file(file.path())), message));
    }
    (builder.finish(), problems)
}

/// Character positions → byte offsets; events come nearly in order.
struct Cursor<'t> {
    text: &'t str,
    characters: usize,
    bytes: usize,
}

impl Cursor<'_> {
    fn to(&mut self, index: usize) -> u32 {
        while self.characters < index {
            let Some(next) = self.text[self.bytes..].chars().next() else { break };
            self.bytes += next.len_utf8();
            self.characters += 1;
        }
        while self.characters > index {
            let Some(last) = self.text[..self.bytes].chars().next_back() else { break };
            self.bytes -= last.len_utf8();
            self.characters -= 1;
        }
        u32::try_from(self.bytes).unwrap_or(u32::MAX)
    }
}

enum Open {
    List(Vec<Node>),
    Map { entries: Vec<(String, Node)>, key: Option<(String, Span)> },
}

struct Frame {
    open: Open,
    /// The long form of the tag before it.
    tag: Option<String>,
    anchor: usize,
    start: u32,
}

struct Builder<'t> {
    cursor: Cursor<'t>,
    raw: bool,
    /// Whether tags are told.
    tags: bool,
    documents: Vec<Node>,
    frames: Vec<Frame>,
    /// How many containers beyond the depth limit are open.
    skipped: usize,
    too_deep: bool,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, raw: bool) -> Self {
        Self {
            cursor: Cursor { text, characters: 0, bytes: 0 },
            raw,
            tags: false,
            documents: Vec::new(),
            frames: Vec::new(),
            skipped: 0,
            too_deep: false,
            anchors: BTreeMap::new(),
            nodes: 0,
        }
    }

    /// Takes an event; `false` when there are too many.
    fn event(&mut self, event: Event<'_>, place: Place) -> bool {
        let start = self.cursor.to(place.start.index());
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return false;
        }
        match event {
            Event::SequenceStart(anchor, tag) => {
                let tag = tag.and_then(|tag| self.long_form(&tag));
                self.open(Open::List(Vec::new()), tag, anchor, start);
            }
            Event::MappingStart(anchor, tag) => {
                let tag = tag.and_then(|tag| self.long_form(&tag));
                self.open(Open::Map { entries: Vec::new(), key: None }, tag, anchor, start);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start),
            Event::Scalar(text, style, anchor, tag) if self.skipped == 0 => {
                let end = self.cursor.to(place.end.index()).max(start);
                let key = matches!(&self.frames.last(), Some(Frame { open: Open::Map { key: None, .. }, .. }));
                let spoken = self.tags.then(|| text.clone().into_owned());
                let long = tag.as_ref().and_then(|tag| self.long_form(tag));
                let value = match tag {
                    // `on`, `8080` and `null` are texts where they are keys.
                    _ if key => Value::Str(text.into_owned()),
                    Some(tag) if !tag.is_yaml_core_schema() => Value::Unknown,
                    Some(tag) if tag.suffix == "str" => Value::Str(text.into_owned()),
                    _ => scalar(&text, style, self.raw),
                };
                let span = Span::new(start, end);
                let value = match long {
                    Some(name) if !key => wrapped(name, Node::new(Value::Str(spoken.unwrap_or_default()), span)),
                    _ => value,
                };
                let node = Node::new(value, span);
                self.remember(anchor, &node, 1);
                self.put(node);
            }
            Event::Alias(anchor) if self.skipped == 0 => {
                let (node, size) = self.anchors.get(&anchor).cloned().unwrap_or((Node::unknown(Span::at(start)), 1));
                self.nodes += size;
                self.put(node);
            }
            _ => {}
        }
        true
    }

    fn remember(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor > 0 && size <= MAX_ALIASED {
            self.anchors.insert(anchor, (node.clone(), size));
        }
    }

    /// `!Ref` → `Ref`, `!Sub` → `Fn::Sub`, where tags are told.
    fn long_form(&self, tag: &saphyr_parser::Tag) -> Option<String> {
        if !self.tags || tag.is_yaml_core_schema() {
            return None;
        }
        let name = tag.suffix.as_str();
        Some(if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") })
    }

    fn open(&mut self, open: Open, tag: Option<String>, anchor: usize, start: u32) {
        if self.skipped > 0 || self.frames.len() >= MAX_DEPTH {
            self.skipped += 1;
            self.too_deep = true;
            return;
        }
        self.frames.push(Frame { open, tag, anchor, start });
    }

    fn close(&mut self, end: u32) {
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped == 0 {
                self.put(Node::unknown(Span::at(end)));
            }
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        let value = match frame.open {
            Open::List(items) => Value::List(items),
            Open::Map { entries, .. } => Value::Map(merged(entries)),
        };
        let span = Span::new(frame.start, end);
        let value = match frame.tag {
            Some(name) => wrapped(name, Node::new(value, span)),
            None => value,
        };
        let node = Node::new(value, span);
        if frame.anchor > 0 {
            let size = size_of(&node);
            self.remember(frame.anchor, &node, size);
        }
        self.put(node);
    }

    fn put(&mut self, node: Node) {
        let Some(frame) = self.frames.last_mut() else {
            self.documents.push(node);
            return;
        };
        match &mut frame.open {
            Open::List(items) => items.push(node),
            Open::Map { entries, key } => match key.take() {
                None => *key = Some((text_of(&node.value), node.span)),
                Some((name, at)) => {
                    let mut node = node;
                    if !matches!(node.value, Value::Map(_) | Value::List(_)) && at.start <= node.span.start {
                        node.span = at.cover(node.span);
                    }
                    if !self.raw && matches!(name.as_str(), "environment" | "env") {
                        node = variables(node);
                    }
                    entries.push((name, node));
                }
            },
        }
    }

    /// The documents; what an error left open is closed.
    fn finish(mut self) -> Vec<Node> {
        let end = u32::try_from(self.cursor.bytes).unwrap_or(u32::MAX);
        self.skipped = 0;
        while !self.frames.is_empty() {
            self.close(end);
        }
        self.documents
    }
}

/// A value under the name of its function.
fn wrapped(name: String, node: Node) -> Value {
    Value::Map(vec![(name, node)])
}

fn size_of(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, inner)| size_of(inner)).sum::<usize>(),
        _ => 1,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        _ => "?".to_owned(),
    }
}

/// Resolves the merge key `<<`.
fn merged(entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    if !entries.iter().any(|(key, _)| key == "<<") {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key == "<<");
    for (_, node) in merges {
        let sources = match node.value {
            Value::List(items) => items,
            other => vec![Node::new(other, node.span)],
        };
        for source in sources {
            if let Value::Map(inherited) = source.value {
                for (key, node) in inherited {
                    if !own.iter().any(|(known, _)| *known == key) {
                        own.push((key, node));
                    }
                }
            }
        }
    }
    own
}

/// A list of environment variables as a map.
fn variables(node: Node) -> Node {
    let Value::List(items) = &node.value else { return node };
    let mut entries = Vec::with_capacity(items.len());
    for item in items {
        let entry = match &item.value {
            Value::Str(text) => {
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, interpolation(value).unwrap_or_else(|| Value::Str(value.to_owned()))),
                    // Taken over from whoever runs Compose.
                    None => (text.as_str(), Value::Environment { name: text.clone(), default: None }),
                };
                (name.to_owned(), Node::new(value, item.span))
            }
            Value::Map(_) => match item.value.get("name").map(|name| &name.value) {
                Some(Value::Str(name)) => {
                    let value = item.value.get("value").cloned().unwrap_or(Node::unknown(item.span));
                    (name.clone(), value)
                }
                _ => return node,
            },
            _ => return node,
        };
        entries.push(entry);
    }
    Node::new(Value::Map(entries), node.span)
}

/// Plain scalars have types; `yes` and `on` are booleans as in YAML 1.1, which Compose and `PyYAML` still follow.
fn scalar(text: &str, style: ScalarStyle, raw: bool) -> Value {
    if !raw && text.contains("${{") {
        return Value::Unknown;
    }
    if let Some(value) = interpolation(text).filter(|_| !raw) {
        return value;
    }
    if style != ScalarStyle::Plain {
        return Value::Str(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => {
            let number = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
            match text.parse() {
                Ok(value) if number => Value::Int(value),
                _ => match text.parse() {
                    Ok(value) if number => Value::Float(value),
                    _ => Value::Str(text.to_owned()),
                },
            }
        }
    }
}
