//! Whatever else was read of a file shows no secret that was found in it.

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::Checked;
use crate::base::{SourceFile, mask};
use crate::config::SettingValue;

/// Shorter texts are words that stand elsewhere, too.
const SHORTEST: usize = 8;
/// Secrets of one file that are looked for; the rest of such a file is a list of them.
const MOST: usize = 20_000;

/// Masks the found secrets in settings and in the facts about resources.
pub(super) fn hide(checked: &mut Checked, file: &SourceFile) {
    let found = checked.secrets.as_deref().unwrap_or_default();
    if found.is_empty() || (checked.settings.is_empty() && checked.resources.is_empty()) {
        return;
    }
    let mut texts: Vec<&str> =
        found.iter().map(|span| file.slice(*span)).filter(|text| text.len() >= SHORTEST).take(MOST).collect();
    texts.sort_unstable();
    texts.dedup();
    let Ok(secrets) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts) else { return };
    for setting in &mut checked.settings {
        in_setting(&secrets, &mut setting.value);
        if let Some(provenance) = &mut setting.provenance {
            in_text(&secrets, provenance);
        }
    }
    for resource in &mut checked.resources {
        in_text(&secrets, &mut resource.name);
        for fact in resource.facts.values_mut().flatten() {
            in_json(&secrets, &mut fact.value);
        }
    }
}

fn in_setting(secrets: &AhoCorasick, value: &mut SettingValue) {
    match value {
        SettingValue::Literal { value } => in_json(secrets, value),
        SettingValue::Environment { default: Some(default), .. } => in_json(secrets, default),
        SettingValue::OneOf { values } => {
            for value in values {
                in_setting(secrets, value);
            }
        }
        SettingValue::Environment { default: None, .. } | SettingValue::Named { .. } | SettingValue::Unknown => {}
    }
}

fn in_json(secrets: &AhoCorasick, value: &mut Value) {
    match value {
        Value::String(text) => in_text(secrets, text),
        Value::Array(values) => {
            for value in values {
                in_json(secrets, value);
            }
        }
        Value::Object(entries) => {
            for value in entries.values_mut() {
                in_json(secrets, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn in_text(secrets: &AhoCorasick, text: &mut String) {
    if !secrets.is_match(text.as_str()) {
        return;
    }
    let mut out = String::with_capacity(text.len());
    secrets.replace_all_with(text, &mut out, |_, found, out| {
        out.push_str(&mask::mask(found));
        true
    });
    *text = out;
}
