//! Why a policy said what it said: which lines of it were reached, and which facts of the document its violations are
//! about.
//!
//! The lines come from the evaluator's coverage of one evaluation: it tells that a line was evaluated, not with which
//! values or how often. The facts are those parts of the document that stand where the violation stands, and those that
//! its message names between backticks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::engine::{Engine, Input, Outcome};
use super::{PolicyError, PolicySet, is_test};

/// Facts that are told of one violation.
const MOST_FACTS: usize = 8;
/// Parts of the document that are looked at for one violation.
const MOST_PARTS: usize = 2_000_000;

/// What an evaluation did.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The value, and what was printed.
    pub outcome: Outcome,
    /// Rules of which a line was reached.
    pub rules: Vec<TracedRule>,
}

/// A rule and how far it was evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedRule {
    /// `data.main.deny`.
    pub query: String,
    /// Its file.
    pub path: String,
    /// Its lines with their number and what is known of each.
    pub lines: Vec<(u32, Reached, String)>,
}

/// Whether a line was evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It was.
    Yes,
    /// It was not: something before it did not hold.
    No,
    /// There is nothing on it to evaluate.
    Nothing,
}

impl PolicySet {
    /// Evaluates a query and tells what was reached.
    pub fn trace(&self, input: &Input, query: &str) -> Result<Trace, PolicyError> {
        let mut engine = self.whole()?;
        engine.observe(true);
        let outcome = engine.evaluate(input, query, true);
        let observed = engine.observed();
        let rules = observed.iter().flat_map(|(path, reached, missed)| rules(&engine, path, reached, missed));
        Ok(Trace { outcome: outcome?, rules: rules.collect() })
    }
}

fn rules(engine: &Engine, path: &str, reached: &BTreeSet<u32>, missed: &BTreeSet<u32>) -> Vec<TracedRule> {
    let found = (0..engine.modules()).find(|module| engine.file(*module).is_some_and(|(known, ..)| known == path));
    let Some((module, (_, text, _))) = found.and_then(|module| Some((module, engine.file(module)?))) else {
        return Vec::new();
    };
    if is_test(path) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut heads: Vec<_> = engine.rules().iter().filter(|rule| rule.module == module).collect();
    heads.sort_by_key(|rule| rule.line);
    let mut traced = Vec::new();
    for (at, head) in heads.iter().enumerate() {
        let end = heads.get(at + 1).map_or(u32::MAX, |next| next.line);
        if !reached.iter().any(|line| (head.line..end).contains(line)) {
            continue;
        }
        let body = (head.line..end).map_while(|line| Some((line, *lines.get(line as usize - 1)?)));
        let mut body: Vec<_> = body
            .take_while(|(line, text)| *line == head.line || !text.trim().is_empty() && !text.starts_with('#'))
            .map(|(line, text)| {
                let state = if reached.contains(&line) {
                    Reached::Yes
                } else if missed.contains(&line) {
                    Reached::No
                } else {
                    Reached::Nothing
                };
                (line, state, text.replace('\t', "    "))
            })
            .collect();
        body.truncate(200);
        traced.push(TracedRule { query: head.query(), path: path.to_owned(), lines: body });
    }
    traced
}

/// The rules as text: `+` before a line that was reached, `-` before one that was not.
#[must_use]
pub fn render(rules: &[TracedRule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let first = rule.lines.first().map_or(0, |(line, ..)| *line);
        let _ = writeln!(text, "{} {}:{first}", rule.query, rule.path);
        for (line, reached, source) in &rule.lines {
            let mark = match reached {
                Reached::Yes => '+',
                Reached::No => '-',
                Reached::Nothing => ' ',
            };
            let _ = writeln!(text, "{mark} {line:>4} | {source}");
        }
    }
    text
}

/// The violations in a rule's value: their message and the facts of the document that they are about.
#[must_use]
pub fn violations(value: &Value, document: &Value) -> Vec<(String, Vec<String>)> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    items
        .iter()
        .filter(|item| !matches!(item, Value::Bool(false) | Value::Null))
        .map(|item| violation(item, document))
        .collect()
}

fn violation(item: &Value, document: &Value) -> (String, Vec<String>) {
    let message = item.as_str().or_else(|| item.get("msg").and_then(Value::as_str)).unwrap_or("(no message)");
    let place = |value: &Value| -> Option<(String, u64)> {
        Some((value.get("path")?.as_str()?.to_owned(), value.get("line").and_then(Value::as_u64).unwrap_or(1)))
    };
    let own = item.get("location").and_then(place).or_else(|| place(item));
    let shown = own.as_ref().map_or_else(String::new, |(path, line)| format!("  {path}:{line}"));
    let names: BTreeSet<&str> = message.split('`').skip(1).step_by(2).filter(|name| !name.is_empty()).collect();
    let (mut facts, mut left) = (Vec::new(), MOST_PARTS);
    let mut pending = vec![("input".to_owned(), document)];
    while let Some((path, value)) = pending.pop() {
        left = left.saturating_sub(1);
        if left == 0 || facts.len() >= MOST_FACTS {
            break;
        }
        match value {
            Value::Object(fields) => {
                let here = value.get("location").and_then(place);
                let same = own.is_some() && here == own;
                let named = own.is_none()
                    && ["name", "key", "id", "rule", "purl"]
                        .iter()
                        .any(|key| fields.get(*key).and_then(Value::as_str).is_some_and(|name| names.contains(name)));
                if same || named {
                    facts.push(fact(&path, value, here.as_ref()));
                    continue;
                }
                pending.extend(fields.iter().rev().map(|(key, value)| (format!("{path}.{key}"), value)));
            }
            Value::Array(items) => {
                let items = items.iter().enumerate().rev();
                pending.extend(items.map(|(at, value)| (format!("{path}[{at}]"), value)));
            }
            _ => {}
        }
    }
    (format!("{message}{shown}"), facts)
}

/// A fact in one line: where it is in the document, where in the project, and what it is called.
fn fact(path: &str, value: &Value, place: Option<&(String, u64)>) -> String {
    let mut text = path.to_owned();
    for key in ["key", "name", "kind", "rule", "path", "value"] {
        match value.get(key) {
            Some(Value::String(name)) => {
                let _ = write!(text, " {key}={name}");
            }
            Some(Value::Object(inner)) if key == "value" => {
                if let Some(value) = inner.get("value") {
                    let _ = write!(text, " value={value}");
                }
            }
            _ => {}
        }
    }
    if let Some((path, line)) = place {
        let _ = write!(text, " ({path}:{line})");
    }
    text
}
