//! What bundlers and app shells are told: `next.config`, `vite.config` and `capacitor.config` as programs; Tauri's and
//! Capacitor's JSON, Android's and Apple's manifests as files.
//!
//! Of programs only constant entries of object literals are read, wherever they stand in the file: the keys speak for
//! themselves. Nothing is evaluated.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;

use super::compose::{items, text};
use super::{Draft, Id, Resource, ResourceExtract, ResourceReader, name_of};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::json as json_file;
use crate::config::value::{Node, Value};
use crate::syntax::{self, ExprKind, Key, Literal, Tree, Walk};

/// Switches of `next.config` and its relatives, with the value that is told.
const SWITCHES: [(&str, bool); 9] = [
    ("productionBrowserSourceMaps", true),
    ("ignoreBuildErrors", true),
    ("ignoreDuringBuilds", true),
    ("dangerouslyAllowSVG", true),
    ("dangerouslyAllowLocalIP", true),
    ("cleartext", true),
    ("allowMixedContent", true),
    ("webContentsDebuggingEnabled", true),
    ("sourcemap", true),
];

/// The facts of a bundler's configuration that is a program.
#[must_use]
pub fn build_settings(file: &SourceFile, tree: &Tree, context: CodeContext) -> Vec<Resource> {
    let name = name_of(file.path());
    let known =
        ["next.config.", "vite.config.", "capacitor.config.", "nuxt.config.", "astro.config.", "svelte.config."];
    if !known.iter().any(|start| name.starts_with(start)) {
        return Vec::new();
    }
    let mut draft = Draft::new(file, context);
    let id = draft.resource("build-config", name.split('.').next().unwrap_or(&name), Span::at(0));
    for node in Walk::module(tree) {
        let syntax::Node::Expr(expr) = node else { continue };
        let ExprKind::Map { entries } = &tree.expr(expr).kind else { continue };
        for entry in entries {
            let Some(Key::Static(key, key_span)) = entry.key else { continue };
            let value = tree.expr(entry.value);
            program_entry(&mut draft, id, tree, tree.text(key), value, key_span.cover(value.span));
        }
    }
    draft.resources.retain(|resource| !resource.facts.is_empty());
    draft.finish().resources
}

fn program_entry(draft: &mut Draft<'_>, id: Id, tree: &Tree, key: &str, value: &syntax::Expr, span: Span) {
    match &value.kind {
        ExprKind::Literal(Literal::Bool(set)) if SWITCHES.contains(&(key, *set)) => draft.fact(id, key, true, span),
        ExprKind::Literal(Literal::Str(text)) => match (key, tree.text(*text)) {
            ("hostname", host @ ("**" | "*" | "*.*")) => draft.fact(id, "image-host", host, span),
            ("sourcemap", "inline") => draft.fact(id, "sourcemap", true, span),
            _ => {}
        },
        ExprKind::Map { entries } if key == "define" => {
            for entry in entries {
                let Some(Key::Static(name, name_span)) = entry.key else { continue };
                let value = tree.expr(entry.value);
                define(draft, id, tree.text(name), name_span.cover(value.span), value.span);
            }
        }
        _ => {}
    }
}

/// A value that the bundler writes into the client's code.
fn define(draft: &mut Draft<'_>, id: Id, name: &str, span: Span, value: Span) {
    static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(r#"\b(?:process\.)?env(?:\.([A-Za-z0-9_]+)|\[["']([A-Za-z0-9_]+)["']\])"#)
    });
    let file = draft.file;
    let written = file.slice(value);
    let bare = written.trim().trim_start_matches("JSON.stringify(").trim_end_matches(')').trim();
    if name.ends_with("process.env") && matches!(bare, "process.env" | "env") {
        draft.fact(id, "defines-everything", true, span);
        return;
    }
    if let Some(hit) = VARIABLE.captures(written).and_then(|hit| hit.get(1).or_else(|| hit.get(2))) {
        let secret = super::sensitive::is_secret_key(hit.as_str());
        draft.fact(id, "defines", json!({"name": hit.as_str(), "secret": secret}), span);
    }
}

/// Reads manifests of app shells.
pub(super) struct Manifests;

impl ResourceReader for Manifests {
    fn name(&self) -> &'static str {
        "app-manifests"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        let lower = path.to_ascii_lowercase();
        matches!(
            name.as_str(),
            "tauri.conf.json"
                | "capacitor.config.json"
                | "androidmanifest.xml"
                | "network_security_config.xml"
                | "info.plist"
        ) || (super::ends(&name, &[".json"]) && lower.contains("src-tauri/capabilities/"))
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let name = name_of(file.path());
        let id = draft.resource("app-manifest", &name, Span::at(0));
        if super::ends(&name, &[".json"]) {
            let (root, problems) = json_file::document(file);
            draft.problems = problems;
            if let Some(root) = root {
                manifest(&mut draft, id, "", &root, 0);
            }
        } else {
            markup(&mut draft, id);
        }
        draft.finish()
    }
}

fn manifest(draft: &mut Draft<'_>, id: Id, path: &str, node: &Node, depth: usize) {
    let Value::Map(entries) = &node.value else { return };
    for (key, inner) in entries {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if depth < 8 {
            manifest(draft, id, &path, inner, depth + 1);
        }
        let on = inner.value.truth() == Some(true) && matches!(inner.value, Value::Bool(_));
        match path.as_str() {
            "tauri.allowlist.all"
            | "tauri.allowlist.shell.all"
            | "tauri.allowlist.fs.all"
            | "tauri.allowlist.shell.execute"
                if on =>
            {
                draft.fact(id, "native-access", path.as_str(), inner.span);
            }
            "tauri.security.csp" | "app.security.csp" => match &inner.value {
                Value::Null => draft.fact(id, "no-csp", true, inner.span),
                _ => draft.text(id, "csp", &text(inner), inner.span),
            },
            "tauri.security.dangerousRemoteDomainIpcAccess" if !items(inner).is_empty() => {
                draft.fact(id, "remote-access", true, inner.span);
            }
            "remote.urls" => {
                for url in items(inner).iter().filter(|url| {
                    matches!(text(url).as_str(), "*" | "**" | "https://*" | "http://*" | "https://**" | "https://*.*")
                }) {
                    draft.fact(id, "remote-access", text(url), url.span);
                }
            }
            "tauri.allowlist.fs.scope" | "app.security.assetProtocol.scope" | "tauri.allowlist.protocol.assetScope" => {
                for scope in items(inner).iter().filter(|scope| {
                    matches!(text(scope).as_str(), "*" | "**" | "/**" | "**/*" | "$HOME/**" | "$HOME/*")
                }) {
                    draft.fact(id, "file-scope", text(scope), scope.span);
                }
            }
            "server.cleartext" | "android.allowMixedContent" if on => {
                draft.fact(id, "cleartext", key.as_str(), inner.span);
            }
            "android.webContentsDebuggingEnabled" | "ios.webContentsDebuggingEnabled" if on => {
                draft.fact(id, "debuggable", key.as_str(), inner.span);
            }
            "server.url" if text(inner).starts_with("http://") => draft.text(id, "plain-url", &text(inner), inner.span),
            _ => {}
        }
    }
}

/// Switches in XML, by their text: positions are enough, and a comment is told from an element.
fn markup(draft: &mut Draft<'_>, id: Id) {
    static SWITCHES: LazyLock<Regex> = LazyLock::new(|| {
        super::shell::regex(
            r#"(?s)<!--.*?-->|android:(usesCleartextTraffic|debuggable)\s*=\s*"true"|<base-config[^>]*(cleartextTrafficPermitted)\s*=\s*"true"|<key>(NSAllowsArbitraryLoads)</key>\s*<true\s*/>"#,
        )
    });
    let file = draft.file;
    for hit in SWITCHES.captures_iter(file.text()).take(100) {
        let Some(whole) = hit.get(0) else { continue };
        let Some(name) = (1..=3).find_map(|group| hit.get(group)) else { continue };
        let key = if name.as_str() == "debuggable" { "debuggable" } else { "cleartext" };
        draft.fact(id, key, name.as_str(), Span::from_range(whole.range()));
    }
}
