//! Values of `deny`, `violation` and `warn` rules → findings and policy results.
//!
//! A violation is a string, or an object with `msg` and any of these keys:
//!
//! | key | meaning |
//! |---|---|
//! | `location` | `{path, line, column?, end_line?, end_column?}`; also `path` or `file` with `line`, conftest's `_loc`, or `setting`, `endpoint`, `package`, `finding` with a location of their own |
//! | `severity`, `confidence` | instead of the metadata's |
//! | `title` | headline; the metadata's title for built-in policies, else `msg` |
//! | `content` | identity for the fingerprint; `msg` if missing |
//! | `related` | list of `{location, message}` |
//! | `remedy`, `details` | what to do; further text for the message |
//! | `context` | role of the file, if it is none that the document names |

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::base::{
    CodeContext, Confidence, Finding, Location, Problem, ProblemKind, Related, Severity, Suppression, SuppressionKind,
};
use crate::document::{Document, PolicyOutcome, PolicyResult};

use super::{Judgement, Policy, PolicyRule};

/// The role of every file that the document names, by path.
pub(super) fn contexts(document: &Document) -> BTreeMap<String, CodeContext> {
    let settings = document.settings.iter().map(|setting| (&setting.location.path, setting.context));
    let endpoints = document.endpoints.iter().map(|endpoint| (&endpoint.location.path, endpoint.context));
    let findings = document.findings.iter().map(|finding| (&finding.location.path, finding.context));
    findings.chain(endpoints).chain(settings).map(|(path, context)| (path.clone(), context)).collect()
}

/// Turns the values of one policy's rules into findings and a result.
pub(super) fn report(
    policy: &Policy,
    values: &BTreeMap<String, Value>,
    exceptions: &BTreeMap<String, BTreeSet<String>>,
    contexts: &BTreeMap<String, CodeContext>,
    bar: Severity,
    judgement: &mut Judgement,
) {
    let mut worst = PolicyOutcome::Pass;
    let mut count = 0;
    for rule in &policy.rules {
        let mut violations = Vec::new();
        values.get(&rule.query).into_iter().for_each(|value| unfold(value, &rule.query, &mut violations));
        let excused = rule.exceptions.as_ref().and_then(|query| exceptions.get(query));
        let excused = excused.is_some_and(|names| names.contains(&rule.suffix));
        for violation in violations {
            let mut finding =
                Reader { policy, rule, violation: &violation, problems: &mut judgement.problems }.read(contexts);
            if excused {
                let reason = format!("excused by `{}`", rule.exceptions.as_deref().unwrap_or_default());
                let location = Some(rule.location.clone());
                finding.suppression = Some(Suppression { kind: SuppressionKind::Waiver, reason, location });
            } else {
                count += 1;
                let denies = if policy.is_built_in() { blocks(&finding, bar) } else { rule.verdict != "warn" };
                worst = worst.max(if denies { PolicyOutcome::Deny } else { PolicyOutcome::Warn });
            }
            judgement.findings.push(finding);
        }
    }
    if !policy.rules.is_empty() {
        judgement.results.push(PolicyResult {
            rule: policy.id.clone(),
            title: policy.metadata.title.clone(),
            source: policy.source.clone(),
            outcome: worst,
            violations: count,
        });
    }
}

/// Whether a finding fails the gate by its severity alone; the release gate says the same in Rego.
fn blocks(finding: &Finding, bar: Severity) -> bool {
    let counts = matches!(finding.context, CodeContext::Production | CodeContext::Development);
    counts && finding.severity >= bar && finding.confidence != Confidence::Low
}

/// All strings within lists.
pub fn strings(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        _ => {}
    }
}

/// What a rule's value says, a message for each violation.
#[must_use]
pub fn messages(value: &Value, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    unfold(value, query, &mut found);
    let text = |violation: &Map<String, Value>, key: &str| {
        let value = violation.get(key)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let message = |violation: Map<String, Value>| {
        text(&violation, "msg").or_else(|| text(&violation, "message")).unwrap_or_default()
    };
    found.into_iter().map(message).collect()
}

/// The violations in a rule's value: members of a set, values of an object, or the value itself.
fn unfold(value: &Value, query: &str, found: &mut Vec<Map<String, Value>>) {
    let message = |text: String| Map::from_iter([("msg".to_owned(), Value::String(text))]);
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::Array(items) => items.iter().for_each(|item| unfold(item, query, found)),
        Value::Object(object) if object.contains_key("msg") || object.contains_key("message") => {
            found.push(object.clone());
        }
        Value::Object(object) if object.values().all(|value| matches!(value, Value::String(_) | Value::Object(_))) => {
            object.values().for_each(|item| unfold(item, query, found));
        }
        Value::String(text) => found.push(message(text.clone())),
        Value::Bool(true) => found.push(message(format!("`{query}` holds"))),
        other => found.push(message(other.to_string())),
    }
}

struct Reader<'a> {
    policy: &'a Policy,
    rule: &'a PolicyRule,
    violation: &'a Map<String, Value>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, contexts: &BTreeMap<String, CodeContext>) -> Finding {
        let metadata = &self.policy.metadata;
        let message = self.text("msg").or_else(|| self.text("message")).unwrap_or_default();
        let fallback = if self.policy.is_built_in() { metadata.title.clone() } else { message.clone() };
        let title = self.text("title").unwrap_or(fallback);
        let severity = self.parsed("severity", metadata.severity.unwrap_or(Severity::Medium));
        let confidence = self.parsed("confidence", Confidence::High);
        let location = self.location();
        let context = contexts.get(&location.path).copied().unwrap_or_default();
        let context = self.parsed("context", context);
        let content = self.text("content").unwrap_or_else(|| message.clone());
        let full = match self.text("details") {
            Some(details) if !details.is_empty() => format!("{message}: {details}"),
            _ => message,
        };
        let mut finding = Finding::at(location, self.policy.id.clone(), severity)
            .confidence(confidence)
            .title(title)
            .message(full)
            .remedy(self.text("remedy").unwrap_or_else(|| metadata.remedy.clone()))
            .cwe(metadata.cwe.iter().copied())
            .owasp(metadata.owasp.iter().cloned())
            .done(&content);
        finding.context = context;
        finding.related = self.related();
        finding
    }

    fn text(&self, key: &str) -> Option<String> {
        self.violation.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    /// A value of an enumeration; one that does not exist is told, and `fallback` is used.
    fn parsed<T: serde::de::DeserializeOwned>(&mut self, key: &str, fallback: T) -> T {
        let Some(value) = self.violation.get(key) else { return fallback };
        let lower = value.as_str().map_or_else(|| value.clone(), |text| Value::String(text.to_ascii_lowercase()));
        serde_json::from_value(lower).unwrap_or_else(|_| {
            let message = format!("`{}` gave the unknown {key} {value}", self.rule.query);
            self.problems.push(Problem::remark(ProblemKind::Policy, Some(self.rule.location.clone()), message));
            fallback
        })
    }

    fn location(&self) -> Location {
        let nested = ["setting", "endpoint", "package", "finding"].into_iter();
        let nested = nested.filter_map(|key| self.violation.get(key)).filter_map(|fact| fact.get("location"));
        let own = ["location", "_loc"].into_iter().filter_map(|key| self.violation.get(key));
        own.chain(nested)
            .filter_map(Value::as_object)
            .chain([self.violation])
            .find_map(place)
            .unwrap_or_else(|| self.rule.location.clone())
    }

    fn related(&self) -> Vec<Related> {
        let items = self.violation.get("related").and_then(Value::as_array).map_or([].as_slice(), Vec::as_slice);
        let related = |item: &Value| {
            let location = place(item.get("location")?.as_object()?)?;
            let message = item.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
            Some(Related::at(location, message))
        };
        items.iter().filter_map(related).collect()
    }
}

/// A location from an object with at least a path; a missing line is the first.
fn place(object: &Map<String, Value>) -> Option<Location> {
    let path = ["path", "file", "filename"].into_iter().find_map(|key| object.get(key))?.as_str()?;
    let number =
        |key: &str| object.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    let line = number("line").unwrap_or(1);
    let column = number("column").unwrap_or(1);
    let end_line = number("end_line").unwrap_or(line).max(line);
    let end_column = number("end_column").unwrap_or(column);
    Some(Location { path: path.to_owned(), line, column, end_line, end_column })
}
