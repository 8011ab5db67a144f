//! The release checklist: items of the built-in policies, and of rules named `checklist` in the user's.
//!
//! A user's item is an object with `id`, `title` and `status` (`proved`, `refuted`, `needs-person`, `not-applicable`);
//! further keys are `section`, `summary`, `limits`, `look`, `rules` and `evidence` (a list of `{message, location?}`). One
//! with the id of a built-in item takes its place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{PolicyError, PolicySet};
use crate::base::{Location, Problem, ProblemKind};
use crate::checklist::{Checklist, Evidence, Item, Section};
use crate::document::Document;

/// Name of the rules that give a user's items.
const RULE: &str = "checklist";
/// Pieces of evidence of a user's item that are kept.
const MOST: usize = 100;
/// Where items without a section stand.
const OWN: &str = "Of this project";

impl PolicySet {
    /// Answers the checklist on a document that holds all findings and policy results.
    pub fn checklist(&self, document: &Document) -> Result<(Checklist, Vec<Problem>), PolicyError> {
        let input = self.input(document)?;
        let own = ["checklist.items", "checklist.sections", "routes.rows"];
        let own: Vec<String> = own.iter().map(|name| format!("data.stageclear.checklist.{name}")).collect();
        let mut values = self.ask(&input, own.iter().map(String::as_str))?;
        let mut next = |at: usize| values.remove(&own[at]).unwrap_or(Value::Array(Vec::new()));
        let failed = |error: serde_json::Error| PolicyError::Input(format!("the checklist gave no answer: {error}"));
        let (items, sections) = (next(0), serde_json::from_value::<Vec<String>>(next(1)).map_err(failed)?);
        let routes = serde_json::from_value(next(2)).map_err(failed)?;
        let users = self.values_of_others(&input, RULE)?;
        let mut problems = Vec::new();
        let mut found = read(&items, "the built-in checklist", &mut problems);
        for (query, value) in users {
            let items = read(&value.unwrap_or_default(), &format!("`{query}`"), &mut problems);
            let replaced: BTreeSet<&str> = items.iter().map(|(_, item)| item.id.as_str()).collect();
            found.retain(|(_, item)| !replaced.contains(item.id.as_str()));
            found.extend(items);
        }
        Ok((Checklist { sections: arranged(sections, found), routes }, problems))
    }
}

/// Items under their sections: the built-in ones in their order, then further ones by name.
fn arranged(order: Vec<String>, items: Vec<(String, Item)>) -> Vec<Section> {
    let mut by_section: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for (section, item) in items {
        by_section.entry(section).or_default().push(item);
    }
    let mut sections = Vec::new();
    for title in order {
        sections.extend(by_section.remove(&title).map(|items| Section { title, items }));
    }
    sections.extend(by_section.into_iter().map(|(title, items)| Section { title, items }));
    sections
}

fn read(value: &Value, whose: &str, problems: &mut Vec<Problem>) -> Vec<(String, Item)> {
    let single = std::slice::from_ref(value);
    let values = match value {
        Value::Array(values) => values.as_slice(),
        Value::Object(_) => single,
        _ => &[],
    };
    let mut items = Vec::new();
    for value in values {
        if let Some(item) = value.as_object().and_then(item) {
            items.push(item);
        } else {
            let message = format!("an item of {whose} is no object with `id`, `title` and a known `status`");
            problems.push(Problem::incomplete(ProblemKind::Policy, None, message));
        }
    }
    items
}

fn item(object: &Map<String, Value>) -> Option<(String, Item)> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = |key: &str| object.get(key).and_then(Value::as_array).map_or([].as_slice(), Vec::as_slice);
    let evidence: Vec<Evidence> = list("evidence").iter().filter_map(evidence).collect();
    let more = object.get("more").and_then(Value::as_u64).unwrap_or(0) + evidence.len().saturating_sub(MOST) as u64;
    let item = Item {
        id: text("id")?,
        title: text("title")?,
        status: serde_json::from_value(object.get("status")?.clone()).ok()?,
        summary: text("summary").unwrap_or_default(),
        limits: text("limits").unwrap_or_default(),
        look: text("look").unwrap_or_default(),
        rules: list("rules").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        evidence: evidence.into_iter().take(MOST).collect(),
        more,
    };
    Some((text("section").unwrap_or_else(|| OWN.to_owned()), item))
}

fn evidence(value: &Value) -> Option<Evidence> {
    if let Some(message) = value.as_str() {
        return Some(Evidence { message: message.to_owned(), location: None });
    }
    let message = value.get("message")?.as_str()?.to_owned();
    Some(Evidence { message, location: value.get("location").and_then(location) })
}

/// A location in full, or one of path and line.
fn location(value: &Value) -> Option<Location> {
    if let Ok(location) = serde_json::from_value(value.clone()) {
        return Some(location);
    }
    let path = value.get("path")?.as_str()?;
    let line = value.get("line").and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
    Some(Location::line(path, line.max(1)))
}
