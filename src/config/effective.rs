//! What settings are in production: variables looked up in the files that a deployment reads, names of other files'
//! settings followed, and what a production module sets again over its base.
//!
//! Layers, strongest first: what deployment files set (compose, Dockerfile, Procfile, `fly.toml`, `render.yaml`, …), then
//! `.env.production` and what compose names as `env_file`, then `.env`. Files for development, tests and examples say nothing about production. A file counts
//! for the code below its folder; files in `deploy`, `docker` and the like for what is beside that folder. Variables
//! that name the stage (`NODE_ENV`) are `production` there, which the evaluators know already.
//!
//! Secrets are left alone: where a key comes from matters more than which one is used.

use std::collections::BTreeMap;

mod stage;

use super::{Effective, Setting, SettingValue};
use crate::base::CodeContext;

/// Dialects of settings that programs set.
const CODE: &[&str] = &["django", "flask", "fastapi", "pydantic", "python", "express", "javascript"];

/// Segments of keys whose entries are variables of the environment.
const SECTIONS: &[&str] = &["environment", "env", "envVars", "variables", "env_variables"];

/// Folders that hold the deployment of what is beside them.
const DEPLOYMENT: &[&str] = &[
    "deploy",
    "deployment",
    "docker",
    "k8s",
    "kubernetes",
    "infra",
    "ops",
    "compose",
    ".do",
    "manifests",
    "config",
    "envs",
    "env",
];

/// Stems of modules that production settings complete.
const BASES: &[&str] = &["base", "common", "defaults", "default", "__init__", "settings", "shared"];

/// Stems of modules for production.
const PRODUCTION: &[&str] = &["production", "prod", "live", "deploy", "deployment"];

/// A variable that some file sets for production.
struct Layer {
    strength: u8,
    scope: String,
    at: usize,
}

/// Fills in [`Setting::effective`].
pub fn fill(settings: &mut [Setting]) {
    let chosen = stage::settle(settings);
    let layers = layers(settings, &chosen);
    let mut found: Vec<(usize, Effective)> = Vec::new();
    for (at, setting) in settings.iter().enumerate() {
        if CODE.contains(&setting.dialect.as_str())
            && setting.effective.is_none()
            && let Some(effective) = environment(settings, &layers, setting)
        {
            found.push((at, effective));
        }
    }
    found.extend(overridden(settings, &chosen));
    for (at, effective) in found.drain(..) {
        settings[at].effective = Some(effective);
    }
    // A name may mean a property that names a field.
    for _ in 0..2 {
        let fields = fields(settings);
        let mut found: Vec<(usize, Effective)> = Vec::new();
        for (at, setting) in settings.iter().enumerate().filter(|(_, setting)| setting.effective.is_none()) {
            if let SettingValue::Named { name } = &setting.value
                && let Some(effective) = named(settings, &fields, setting, name)
            {
                found.push((at, effective));
            }
        }
        for (at, effective) in found {
            settings[at].effective = Some(effective);
        }
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn inside(path: &str, scope: &str) -> bool {
    scope.is_empty() || path.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

/// The variables that production files set, by name.
fn layers<'s>(settings: &'s [Setting], chosen: &stage::Chosen) -> BTreeMap<&'s str, Vec<Layer>> {
    let mut layers: BTreeMap<&str, Vec<Layer>> = BTreeMap::new();
    for (at, setting) in settings.iter().enumerate() {
        if setting.context != CodeContext::Production || setting.secret || setting.value == SettingValue::Unknown {
            continue;
        }
        let path = setting.location.path.as_str();
        let name = path.rsplit('/').next().unwrap_or(path);
        let (variable, strength) = if setting.dialect == "dotenv" {
            let stage = name.split(['.', '-', '_']).any(|word| matches!(word, "production" | "prod"));
            (setting.key.as_str(), if stage || chosen.files.contains(path) { 2 } else { 1 })
        } else if CODE.contains(&setting.dialect.as_str()) {
            continue;
        } else {
            let mut segments = setting.key.rsplit('.');
            let (Some(variable), Some(section)) = (segments.next(), segments.next()) else { continue };
            if !SECTIONS.contains(&section) {
                continue;
            }
            (variable, 3)
        };
        let mut scope = folder(path);
        while DEPLOYMENT.contains(&scope.rsplit('/').next().unwrap_or(scope)) {
            scope = folder(scope);
        }
        layers.entry(variable).or_default().push(Layer { strength, scope: scope.to_owned(), at });
    }
    layers
}

/// What the strongest layer says of the variable that a setting reads.
fn environment(settings: &[Setting], layers: &BTreeMap<&str, Vec<Layer>>, setting: &Setting) -> Option<Effective> {
    let SettingValue::Environment { name, default } = &setting.value else { return None };
    if setting.secret || super::sensitive::is_secret_key(&setting.key) {
        return None;
    }
    // A switch that is on when another one is off cannot be told from its default alone.
    let words = |text: &str| -> Vec<String> {
        text.split(['_', '.']).filter(|word| !word.is_empty()).map(str::to_ascii_uppercase).collect()
    };
    if matches!(default, Some(serde_json::Value::Bool(_))) {
        let key = words(&setting.key);
        if !words(name).iter().any(|word| key.contains(word)) {
            return None;
        }
    }
    let path = setting.location.path.as_str();
    let near = layers.get(name.as_str())?.iter().filter(|layer| inside(path, &layer.scope));
    let best = near.clone().map(|layer| (layer.strength, layer.scope.len())).max()?;
    let chosen: Vec<&Setting> =
        near.filter(|layer| (layer.strength, layer.scope.len()) == best).map(|layer| &settings[layer.at]).collect();
    let first = chosen.first()?;
    let mut values: Vec<SettingValue> = Vec::new();
    for setting in &chosen {
        if !values.contains(&setting.value) && values.len() < 8 {
            values.push(setting.value.clone());
        }
    }
    let value = if values.len() == 1 { values.remove(0) } else { SettingValue::OneOf { values } };
    Some(Effective {
        value,
        provenance: format!("`{name}` is set in {}:{}", first.location.path, first.location.line),
        location: first.location.clone(),
        overridden: false,
        key: None,
    })
}

/// Settings of a base module that a production module beside it sets again.
fn overridden(settings: &[Setting], chosen: &stage::Chosen) -> Vec<(usize, Effective)> {
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.split('.').next().unwrap_or(name).trim_start_matches("settings_").to_ascii_lowercase()
    };
    let mut again: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (at, setting) in settings.iter().enumerate().filter(|(_, setting)| setting.dialect == "django") {
        let path = setting.location.path.as_str();
        let other = |module: &String| folder(module) == folder(path) && !BASES.contains(&stem(module).as_str());
        if chosen.modules.contains(path)
            || (PRODUCTION.contains(&stem(path).as_str()) && !chosen.modules.iter().any(other))
        {
            again.insert((folder(&setting.location.path), &setting.key), at);
        }
    }
    let mut found = Vec::new();
    for (at, setting) in settings.iter().enumerate().filter(|(_, setting)| setting.dialect == "django") {
        if !BASES.contains(&stem(&setting.location.path).as_str()) || chosen.modules.contains(&setting.location.path) {
            continue;
        }
        let Some(by) = again.get(&(folder(&setting.location.path), setting.key.as_str())) else { continue };
        let by = &settings[*by];
        found.push((
            at,
            Effective {
                value: by.value.clone(),
                provenance: format!("{}:{} sets it again", by.location.path, by.location.line),
                location: by.location.clone(),
                overridden: true,
                key: None,
            },
        ));
    }
    found
}

/// Settings of programs by their last name as a constant.
fn fields(settings: &[Setting]) -> BTreeMap<String, Vec<usize>> {
    let mut fields: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, setting) in settings.iter().enumerate() {
        let declares =
            matches!(setting.dialect.as_str(), "pydantic" | "python" | "flask" | "fastapi" | "django" | "javascript");
        if declares && setting.context == CodeContext::Production {
            let last = setting.key.rsplit('.').next().unwrap_or(&setting.key);
            fields.entry(last.to_ascii_uppercase()).or_default().push(at);
        }
    }
    fields
}

/// The setting of another file that a name means.
fn named(
    settings: &[Setting],
    fields: &BTreeMap<String, Vec<usize>>,
    setting: &Setting,
    name: &str,
) -> Option<Effective> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let at = fields.get(&last.to_ascii_uppercase())?;
    // The one with the longest way in common; several equally near ones say nothing.
    let common = |path: &str| {
        let (a, b) = (path.split('/'), setting.location.path.split('/'));
        a.zip(b).take_while(|(a, b)| a == b).count()
    };
    let whole = name.split_once('.').map_or(name, |(_, rest)| rest);
    let rank = |at: &usize| {
        let setting = &settings[*at];
        (setting.key.eq_ignore_ascii_case(whole), common(&setting.location.path))
    };
    let best = at.iter().map(rank).max()?;
    let mut nearest =
        at.iter().filter(|at| rank(at) == best && !settings[**at].effective.as_ref().is_some_and(|it| it.overridden));
    let meant = &settings[*nearest.next()?];
    if nearest.next().is_some_and(|other| settings[*other].value != meant.value) || meant.secret {
        return None;
    }
    if matches!(meant.value, SettingValue::Named { .. }) && meant.effective.is_none() {
        return None;
    }
    let (value, why) = match &meant.effective {
        Some(effective) => (effective.value.clone(), format!(", where {}", effective.provenance)),
        None => (meant.value.clone(), String::new()),
    };
    Some(Effective {
        value,
        provenance: format!("`{name}` comes from {}:{}{why}", meant.location.path, meant.location.line),
        location: meant.location.clone(),
        overridden: false,
        key: meant.effective.as_ref().and_then(|effective| effective.key.clone()).or_else(|| Some(meant.key.clone())),
    })
}
