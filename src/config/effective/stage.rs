//! Which files production reads, whatever their names say: the environment files that compose names, and the settings
//! module that `DJANGO_SETTINGS_MODULE` chooses.
//!
//! What deployment files set counts first; `wsgi.py` and `asgi.py` say what servers fall back to. What `manage.py` falls
//! back to is for developers.

use std::collections::BTreeSet;

use super::super::{Setting, SettingValue};
use super::{folder, inside};
use crate::base::CodeContext;

/// The variable that names Django's settings module.
const MODULE: &str = "DJANGO_SETTINGS_MODULE";

/// Gives settings of files that production reads its context, and tells the environment files among them and the modules
/// that are chosen.
pub(super) fn settle(settings: &mut [Setting]) -> Chosen {
    let files = environment_files(settings);
    let modules = modules(settings);
    for setting in settings.iter_mut() {
        let path = setting.location.path.as_str();
        let read = files.contains(path) || (setting.dialect == "django" && modules.contains(path));
        if read && setting.context == CodeContext::Development {
            setting.context = CodeContext::Production;
        }
    }
    Chosen { files, modules }
}

/// Files that production reads.
pub(super) struct Chosen {
    /// Environment files that compose names.
    pub(super) files: BTreeSet<String>,
    /// Settings modules of Django.
    pub(super) modules: BTreeSet<String>,
}

fn literal(setting: &Setting) -> Option<&str> {
    match &setting.value {
        SettingValue::Literal { value } => value.as_str(),
        SettingValue::Environment { default: Some(default), .. } => default.as_str(),
        _ => None,
    }
}

/// `services.web.env_file`, a path, a list of paths, or of maps with `path`.
fn environment_files(settings: &[Setting]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for setting in settings {
        if setting.dialect != "compose" || setting.context != CodeContext::Production {
            continue;
        }
        let segments: Vec<&str> = setting.key.split('.').collect();
        let ["services", _, "env_file", rest @ ..] = segments.as_slice() else { continue };
        if rest.iter().any(|part| *part != "path" && part.parse::<u32>().is_err()) {
            continue;
        }
        if let Some(path) = literal(setting).and_then(|path| join(folder(&setting.location.path), path)) {
            found.insert(path);
        }
    }
    // Only what is there; an example is none even if it is named.
    let known: BTreeSet<&str> = settings
        .iter()
        .filter(|setting| setting.dialect == "dotenv" && setting.context != CodeContext::Example)
        .map(|setting| setting.location.path.as_str())
        .collect();
    found.retain(|path| known.contains(path.as_str()));
    found
}

/// A relative path as seen from a folder.
fn join(from: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('$') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The files of the settings modules that production's variable names.
fn modules(settings: &[Setting]) -> BTreeSet<String> {
    let named = |deployed: bool| {
        settings.iter().filter_map(move |setting| {
            let last = setting.key.rsplit('.').next().unwrap_or(&setting.key);
            let production = setting.context == CodeContext::Production && last == MODULE;
            let fits = production && (setting.dialect != "django") == deployed;
            let name = literal(setting).filter(|_| fits)?;
            Some((folder(&setting.location.path), name.replace('.', "/")))
        })
    };
    let deployed: Vec<(&str, String)> = named(true).collect();
    let chosen = if deployed.is_empty() { named(false).collect() } else { deployed };
    let mut found = BTreeSet::new();
    for (scope, module) in chosen {
        // `backend/wsgi.py` names modules of the folder above it, compose those of any folder below it.
        let scope = scope.split('/').next().unwrap_or("");
        for setting in settings.iter().filter(|setting| setting.dialect == "django") {
            let path = setting.location.path.as_str();
            let stem = path.trim_end_matches(".py").trim_end_matches("/__init__");
            let same = stem == module || stem.strip_suffix(module.as_str()).is_some_and(|rest| rest.ends_with('/'));
            if same && (scope.is_empty() || inside(path, scope)) {
                found.insert(path.to_owned());
            }
        }
    }
    found
}
