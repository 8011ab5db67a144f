//! Statements of policies that say who may do what: IAM's documents as blocks, as JSON in texts, as maps.

use serde_json::{Value as Json, json};

use super::{Data, Described, Place, Val};

/// Statements of one resource, and items of one statement.
const MAX_ITEMS: usize = 100;

/// What one statement allows.
pub(super) struct Grant {
    effect: String,
    actions: Vec<String>,
    resources: Vec<String>,
    principals: Vec<String>,
    /// Whether conditions narrow it.
    condition: bool,
    /// The attribute that holds it: `policy`, `assume_role_policy`.
    of: String,
    pub(super) place: Place,
}

impl Grant {
    pub(super) fn json(&self) -> Json {
        json!({
            "effect": self.effect, "actions": self.actions, "resources": self.resources,
            "principals": self.principals, "condition": self.condition, "of": self.of,
        })
    }
}

/// All statements of a resource.
pub(super) fn grants(what: &Described<'_>) -> Vec<Grant> {
    let mut found = Vec::new();
    for (name, value) in what.attributes {
        look(name, value, 0, &mut found);
    }
    found
}

fn look(name: &str, value: &Val, depth: usize, found: &mut Vec<Grant>) {
    if depth > 5 || found.len() >= MAX_ITEMS {
        return;
    }
    match &value.data {
        Data::List(items) => items.iter().take(MAX_ITEMS).for_each(|item| look(name, item, depth + 1, found)),
        Data::Map(entries) => {
            if let Some(statements) = value.get("statement") {
                let statements = statements.items().iter().take(MAX_ITEMS);
                found.extend(statements.filter_map(|one| statement(name, one)));
                return;
            }
            entries.iter().for_each(|(key, inner)| look(key, inner, depth + 1, found));
        }
        Data::Text(text) if depth < 4 && text.contains("Statement") => {
            if let Some(document) = super::document(value) {
                look(name, &document, depth + 1, found);
            }
        }
        _ => {}
    }
}

fn statement(of: &str, one: &Val) -> Option<Grant> {
    if !matches!(one.data, Data::Map(_)) {
        return None;
    }
    // Blocks of `aws_iam_policy_document` say `actions`, documents `Action`.
    let texts = |names: &[&str]| -> Vec<String> {
        let items = names.iter().filter_map(|name| one.get(name)).flat_map(Val::items).take(MAX_ITEMS);
        items.filter_map(Val::as_text).map(super::super::clip).collect()
    };
    let mut actions = texts(&["action", "actions"]);
    if actions.is_empty() && (one.get("not_action").is_some() || one.get("not_actions").is_some()) {
        actions.push("not:".to_owned());
    }
    let mut principals = Vec::new();
    for who in ["principal", "principals"].iter().filter_map(|name| one.get(name)).flat_map(Val::items) {
        match &who.data {
            Data::Text(text) => principals.push(super::super::clip(text)),
            Data::Map(entries) => {
                let named = who.get("identifiers");
                let lists = named.map_or_else(|| entries.iter().map(|(_, value)| value).collect(), |list| vec![list]);
                let service = who.get("type").and_then(Val::as_text) == Some("Service");
                for text in lists.into_iter().flat_map(Val::texts).take(MAX_ITEMS) {
                    if !(service && text == "*") {
                        principals.push(super::super::clip(text));
                    }
                }
            }
            _ => {}
        }
    }
    let effect = one.get("effect").and_then(Val::as_text).unwrap_or("Allow");
    Some(Grant {
        effect: super::super::clip(effect),
        actions,
        resources: texts(&["resource", "resources"]),
        principals,
        condition: one.get("condition").is_some(),
        of: super::super::clip(of),
        place: ["action", "actions", "principal", "principals"]
            .iter()
            .find_map(|name| one.get(name))
            .map_or(one.site, |it| it.site),
    })
}
