//! What pages store by themselves: a browser that writes prices or roles into a data service has decided them.

use rustc_hash::FxHashMap;

use super::Trusted;
use super::evidence::{Evidence, last, written};
use super::ownership::{decides, sells};
use crate::base::CodeContext;
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::syntax::{ExprId, ExprKind, Key, PatternKind, StmtKind, Symbol, Tree};

/// How many such fields of one file are told.
const MAX_PER_FILE: usize = 20;

/// Fields that pages write.
pub(super) fn writes(evidence: &Evidence<'_>) -> Vec<Trusted> {
    let mut found = Vec::new();
    let roots: Vec<String> = evidence.project.files.iter().filter_map(|file| bundle_root(file.source.path())).collect();
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        if info.family != Family::JavaScript
            || !matches!(info.context, CodeContext::Production | CodeContext::Development)
            || !(is_page(info.source.path(), &info.imported, &info.tree) || bundled(info.source.path(), &roots))
        {
            continue;
        }
        let tree = &info.tree;
        let mut here = Vec::new();
        for (id, expr) in tree.exprs() {
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            let name = written(tree, *callee);
            let (receiver, method) = name.rsplit_once('.').unwrap_or(("", &name));
            let from = receiver.rsplit('.').next() == Some("from") && receiver.len() > 4;
            let stores = from && matches!(method, "insert" | "update" | "upsert");
            let Some(arg) = args.first().filter(|_| stores) else { continue };
            let sold = sells(tree, id);
            for (field, value) in fields(tree, arg.value, 3) {
                let Some(kind) = decides(tree.text(field)) else { continue };
                let constant = matches!(tree.expr(value).kind, ExprKind::Literal(_));
                if !constant && (kind == "role" || sold) {
                    let location = evidence.locate(file, tree.expr(value).span);
                    here.push(Trusted { kind: kind.to_owned(), field: tree.text(field).to_owned(), location });
                }
            }
        }
        here.sort();
        here.dedup_by(|next, kept| next.location.line == kept.location.line);
        found.extend(here.into_iter().take(MAX_PER_FILE));
    }
    found
}

/// The folder of sources beside a bundler's settings.
fn bundle_root(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let bundler = name.starts_with("vite.config.");
    bundler.then(|| if folder.is_empty() { "src/".to_owned() } else { format!("{folder}/src/") })
}

/// Whether a file lies among the sources that a bundler packs for the browser.
fn bundled(path: &str, roots: &[String]) -> bool {
    let server = path.split('/').any(|part| matches!(part, "server" | "api" | "functions" | "scripts"));
    !server && roots.iter().any(|root| path.starts_with(root.as_str()))
}

/// The fields of a map: written in place, in a list, made by `map`, or assigned to a name in the same file.
fn fields(tree: &Tree, expr: ExprId, depth: u8) -> Vec<(Symbol, ExprId)> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    match &tree.expr(expr).kind {
        ExprKind::Map { entries } => entries
            .iter()
            .filter_map(|entry| match entry.key {
                Some(Key::Static(key, _)) => Some((key, entry.value)),
                _ => None,
            })
            .collect(),
        ExprKind::Sequence { items, .. } => items.iter().flat_map(|item| fields(tree, item.value, depth)).collect(),
        ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == "map" => {
            let Some(ExprKind::Function(function)) = args.first().map(|arg| &tree.expr(arg.value).kind) else {
                return Vec::new();
            };
            let body = tree.function(*function).body.iter();
            body.filter_map(|stmt| match tree.stmt(*stmt).kind {
                StmtKind::Return(Some(value)) => Some(value),
                _ => None,
            })
            .flat_map(|value| fields(tree, value, depth))
            .collect()
        }
        ExprKind::Name(name) => assigned(tree, *name).map_or_else(Vec::new, |value| fields(tree, value, depth)),
        _ => Vec::new(),
    }
}

/// The only value that a name of a file is given.
fn assigned(tree: &Tree, name: Symbol) -> Option<ExprId> {
    let mut found: FxHashMap<u32, ExprId> = FxHashMap::default();
    for (_, stmt) in tree.stmts() {
        if let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind
            && targets
                .iter()
                .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == name))
        {
            found.insert(stmt.span.start, *value);
        }
    }
    if found.len() == 1 { found.into_values().next() } else { None }
}

/// A file of the page: a component, or what imports a library of components, and nothing that says server.
fn is_page(path: &str, imported: &[String], tree: &Tree) -> bool {
    let parts = |name: &str| path.split('/').any(|part| part == name);
    if ["api", "server", "functions", "scripts", "actions", "backend"].iter().any(|name| parts(name)) {
        return false;
    }
    if tree.symbol("use server").is_some_and(|directive| tree.directives.contains(&directive)) {
        return false;
    }
    let component = [".tsx", ".jsx", ".vue", ".svelte"].iter().any(|end| path.ends_with(end));
    let library = |module: &String| {
        matches!(module.as_str(), "react" | "vue" | "svelte" | "react-native" | "@tanstack/react-query")
    };
    let shown = component || imported.iter().any(library);
    // Components of Next run on the server unless they say otherwise.
    let next = parts("app") && imported.iter().any(|module| module.starts_with("next/"));
    let client = tree.symbol("use client").is_some_and(|directive| tree.directives.contains(&directive));
    shown && (client || !next)
}
