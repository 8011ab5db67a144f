//! Variables that get into the bundle: by the prefix of their name, or because the bundler's configuration copies them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::credential::{self, Credential};
use super::{Exposure, ExposureKind};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::Setting;
use crate::flow::Project;
use crate::flow::project::FileInfo;
use crate::model::index::Family;
use crate::syntax::{ExprId, ExprKind, Key, Node, Tree, Walk};

/// Of every public variable the first read in client code, else the first anywhere; and every copy by a bundler.
pub(super) fn facts(project: &Project, client: &FxHashMap<String, String>) -> Vec<Exposure> {
    let mut reads: BTreeMap<String, (bool, Exposure)> = BTreeMap::new();
    let mut copies = Vec::new();
    let own = own_prefixes(project, &mut copies);
    for file in project.files.iter().filter(|file| file.family == Family::JavaScript) {
        if matches!(file.context, CodeContext::Vendored | CodeContext::Generated) {
            continue;
        }
        let path = file.source.path();
        let reached_from = client.get(path).cloned().unwrap_or_default();
        let name_of = path.rsplit('/').next().unwrap_or(path);
        if name_of.contains("config.") {
            copied(file, name_of, &mut copies);
        }
        let is_own = |text: &str| own.iter().any(|prefix| text.starts_with(prefix.as_str()));
        if !file.tree.strings().any(|text| credential::public_name(text).is_some() || is_own(text)) {
            continue;
        }
        for (id, expr) in file.tree.exprs() {
            let Some(name) = variable(&file.source, &file.tree, id) else { continue };
            let by_own = || is_own(name) && file.source.slice(expr.span).starts_with("import.meta.env");
            let Some(inner) = credential::public_name(name).or_else(|| by_own().then_some(name)) else { continue };
            let fact = Exposure {
                location: file.source.locate(expr.span),
                kind: ExposureKind::PublicVariable,
                name: name.to_owned(),
                credential: credential::by_name(inner),
                written: false,
                context: file.context,
                reached_from: reached_from.clone(),
            };
            let rank = |fact: &Exposure| {
                (fact.context != CodeContext::Production, fact.reached_from.is_empty(), fact.location.clone())
            };
            match reads.get_mut(name) {
                Some((_, known)) if rank(known) <= rank(&fact) => {}
                Some(known) => known.1 = fact,
                None => {
                    reads.insert(name.to_owned(), (true, fact));
                }
            }
        }
    }
    copies.extend(reads.into_values().map(|(_, fact)| fact));
    copies
}

/// Further prefixes that Vite's `envPrefix` makes public. An empty one makes every variable public.
fn own_prefixes(project: &Project, copies: &mut Vec<Exposure>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in project.files.iter().filter(|file| file.family == Family::JavaScript) {
        let (tree, path) = (&file.tree, file.source.path());
        let name = path.rsplit('/').next().unwrap_or(path);
        if !["vite.config.", "astro.config.", "vitest.config."].iter().any(|start| name.starts_with(start)) {
            continue;
        }
        for (_, expr) in tree.exprs() {
            let ExprKind::Map { entries } = &expr.kind else { continue };
            for entry in entries {
                let Some(Key::Static(key, _)) = entry.key else { continue };
                if tree.text(key) != "envPrefix" {
                    continue;
                }
                let items = match &tree.expr(entry.value).kind {
                    ExprKind::Sequence { items, .. } => items.iter().map(|item| item.value).collect(),
                    _ => vec![entry.value],
                };
                for prefix in items.into_iter().filter_map(|item| tree.string_of(item)) {
                    if prefix.is_empty() {
                        copies.push(Exposure {
                            location: file.source.locate(tree.expr(entry.value).span),
                            kind: ExposureKind::InlinedVariable,
                            name: "import.meta.env".to_owned(),
                            credential: Credential::Secret,
                            written: false,
                            context: file.context,
                            reached_from: path.to_owned(),
                        });
                    } else {
                        found.insert(prefix.to_owned());
                    }
                }
            }
        }
    }
    found
}

/// `process.env.X`, `import.meta.env.X`, `process.env["X"]`.
fn variable<'t>(source: &SourceFile, tree: &'t Tree, id: ExprId) -> Option<&'t str> {
    let environment = |object: ExprId| {
        matches!(
            source.slice(tree.expr(object).span),
            "process.env" | "import.meta.env" | "env" | "(import.meta as any).env" | "publicEnv"
        )
    };
    match &tree.expr(id).kind {
        ExprKind::Member { object, name, .. } if environment(*object) => Some(tree.text(*name)),
        ExprKind::Index { object, index } if environment(*object) => tree.string_of(*index),
        _ => None,
    }
}

/// What a bundler's configuration copies: `define` of Vite and webpack, `env` of Next and Expo's `extra`.
fn copied(file: &FileInfo, name: &str, found: &mut Vec<Exposure>) {
    let tree = &file.tree;
    let sections: &[&str] = match name.split('.').next().unwrap_or(name) {
        "next" => &["env", "publicRuntimeConfig"],
        "app" => &["extra"],
        "nuxt" => &["public", "publicRuntimeConfig", "env"],
        "vite" | "webpack" | "rsbuild" | "rollup" | "esbuild" | "electron" | "astro" | "quasar" | "vue" | "craco" => {
            &["define"]
        }
        _ => return,
    };
    for node in Walk::module(tree) {
        let Node::Expr(id) = node else { continue };
        match &tree.expr(id).kind {
            ExprKind::Map { entries } => {
                for entry in entries {
                    if let Some(Key::Static(key, _)) = entry.key
                        && sections.contains(&tree.text(key))
                    {
                        section(file, entry.value, found);
                    }
                }
            }
            ExprKind::Call { callee, args, .. } => {
                let callee = file.source.slice(tree.expr(*callee).span);
                if callee.ends_with("DefinePlugin") || callee.ends_with("EnvironmentPlugin") {
                    args.iter().for_each(|arg| section(file, arg.value, found));
                }
            }
            _ => {}
        }
    }
}

/// The entries of such a section that read a variable.
fn section(file: &FileInfo, section: ExprId, found: &mut Vec<Exposure>) {
    let tree = &file.tree;
    let ExprKind::Map { entries } = &tree.expr(section).kind else { return };
    for entry in entries {
        let read = Walk::node(tree, Node::Expr(entry.value)).find_map(|node| match node {
            Node::Expr(id) => variable(&file.source, tree, id),
            _ => None,
        });
        let value = file.source.slice(tree.expr(entry.value).span);
        let whole = ["process.env", "JSON.stringify(process.env)", "env", "JSON.stringify(env)"].contains(&value);
        let key = entry.key.and_then(|key| match key {
            Key::Static(name, _) => Some(tree.text(name)),
            Key::Computed(_) => None,
        });
        let (name, credential) = match read {
            Some(name) => {
                let inner = credential::public_name(name).unwrap_or(name);
                let by_key = credential::by_name(key.unwrap_or("").rsplit('.').next().unwrap_or(""));
                (name.to_owned(), credential::by_name(inner).max(by_key.min(Credential::ModelKey)))
            }
            None if whole => ("process.env".to_owned(), Credential::Secret),
            None => continue,
        };
        let at = tree.expr(entry.value).span;
        let span = match entry.key {
            Some(Key::Static(_, span)) => span.cover(at),
            _ => at,
        };
        found.push(Exposure {
            location: file.source.locate(span),
            kind: ExposureKind::InlinedVariable,
            name,
            credential,
            written: false,
            context: file.context,
            reached_from: file.source.path().to_owned(),
        });
    }
}

/// Public variables of environment files: those with a telling value, and those that no code reads.
pub(super) fn environment_files<'s>(
    settings: impl Iterator<Item = &'s Setting>,
    read: &BTreeSet<String>,
    texts: &dyn Fn(&str) -> Option<&'s SourceFile>,
) -> Vec<Exposure> {
    let mut found = Vec::new();
    for setting in settings.filter(|setting| setting.dialect == "dotenv") {
        let Some(inner) = credential::public_name(&setting.key) else { continue };
        let value = texts(&setting.location.path).and_then(|text| value(text, setting));
        let by_value = value.and_then(credential::by_value);
        let by_name = credential::by_name(inner);
        let credential = by_value.unwrap_or(by_name);
        // The read in the code is told already; a name without a value is a template.
        if by_value.is_none() && (read.contains(&setting.key) || value.is_none_or(str::is_empty)) {
            continue;
        }
        found.push(Exposure {
            location: setting.location.clone(),
            kind: ExposureKind::PublicVariable,
            name: setting.key.clone(),
            credential,
            written: by_value.is_some(),
            context: setting.context,
            reached_from: String::new(),
        });
    }
    found
}

/// The text behind the `=`, as it is written.
fn value<'t>(text: &'t SourceFile, setting: &Setting) -> Option<&'t str> {
    let line: Span = text.line_span(setting.location.line)?;
    Some(text.slice(line).split_once('=')?.1.trim())
}
