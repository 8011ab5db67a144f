//! Limits that whoever calls can evade: they are kept by an address that the caller writes into a header.

use rustc_hash::FxHashSet;

use super::GuardKind;
use super::checks::answers_in;
use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use crate::base::CodeContext;
use crate::flow::facts::{Facts, FileId, FuncRef};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, Tree};

/// How many nodes of a function are looked at.
const MAX_NODES: usize = 4000;

/// Places where such a header is read for a limit.
pub(super) fn limits(evidence: &Evidence<'_>, facts: &Facts) -> Vec<Disclosure> {
    let mut readers: Vec<(FuncRef, ExprId)> = Vec::new();
    let mut limiting: FxHashSet<FuncRef> = FxHashSet::default();
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        if info.context != CodeContext::Production || info.tree.template.is_some() {
            continue;
        }
        let text = info.source.text();
        let reads = ["-forwarded-for", "-Forwarded-For", "X_FORWARDED_FOR"].iter().any(|name| text.contains(name));
        // Platforms that run functions write the header anew.
        if !reads || info.imported.iter().any(|module| module.starts_with("next/") || module == "next") {
            continue;
        }
        let tree = &info.tree;
        // `keyGenerator: (req) => req.headers["x-forwarded-for"]`, `Limiter(key_func=client_address)`
        let mut given = key_functions(tree, &tree.root);
        for (id, function) in tree.functions() {
            readers.extend(header_in(tree, id).map(|expr| (FuncRef { file, function: id }, expr)));
            given.extend(key_functions(tree, &function.body));
        }
        limiting.extend(given.into_iter().filter_map(|given| match tree.expr(given).kind {
            ExprKind::Function(inner) => Some(FuncRef { file, function: inner }),
            ExprKind::Name(name) => evidence.function_named(file, tree.text(name)),
            _ => None,
        }));
    }
    if readers.is_empty() {
        return Vec::new();
    }
    // Whoever reads it, and whoever calls one that does.
    let read: FxHashSet<FuncRef> = readers.iter().map(|(function, _)| *function).collect();
    let calls =
        |root: &FuncRef| facts.callees.get(root).is_some_and(|callees| callees.iter().any(|one| read.contains(one)));
    let roots = facts.callees.keys().filter(|root| calls(root)).copied();
    let inner = facts.roots.iter().filter(|(_, root)| calls(root)).map(|(function, _)| *function);
    let near: FxHashSet<FuncRef> = read.iter().copied().chain(roots).chain(inner).collect();
    let production = |file: FileId| evidence.project.file(file).context == CodeContext::Production;
    limiting
        .extend(near.into_iter().filter(|one| production(one.file) && limits_by_itself(evidence.tree(one.file), *one)));
    readers.retain(|(function, _)| {
        limiting.contains(function)
            || limiting.iter().any(|limit| {
                let root = facts.roots.get(limit).copied().unwrap_or(*limit);
                facts.callees.get(&root).is_some_and(|callees| callees.contains(function))
            })
    });
    readers
        .into_iter()
        .map(|(function, expr)| {
            let tree = evidence.tree(function.file);
            Disclosure::told(
                "spoofable-limit",
                evidence.locate(function.file, tree.expr(expr).span),
                CodeContext::Production,
            )
        })
        .collect()
}

/// Whether a function answers 429, or is a limiter by its name or its class's.
fn limits_by_itself(tree: &Tree, function: FuncRef) -> bool {
    let names = |name: &str| {
        let lower = name.to_ascii_lowercase().replace('_', "");
        lower.contains("ratelimit") || lower.contains("throttl") || lower == "limiter"
    };
    let node = tree.function(function.function);
    node.name.is_some_and(|name| names(tree.text(name)))
        || answers_in(tree, Node::Function(function.function)).contains(&GuardKind::RateLimit)
        || tree.classes().any(|(_, class)| {
            class.name.is_some_and(|name| names(tree.text(name)))
                && class.body.iter().any(|stmt| {
                    matches!(tree.stmt(*stmt).kind, crate::syntax::StmtKind::Function(own) if own == function.function)
                })
        })
}

/// Where a function reads the header itself.
fn header_in(tree: &Tree, function: FunctionId) -> Option<ExprId> {
    let is_header = |value: ExprId| {
        let named = |text: &str| text.eq_ignore_ascii_case("x-forwarded-for") || text == "HTTP_X_FORWARDED_FOR";
        tree.string_of(value).is_some_and(named)
    };
    let reads = |expr: &ExprId| match &tree.expr(*expr).kind {
        ExprKind::Call { args, .. } => args.first().is_some_and(|arg| is_header(arg.value)),
        ExprKind::Index { index, .. } => is_header(*index),
        _ => false,
    };
    let nodes = Walk::own(tree, &tree.function(function).body, MAX_NODES);
    nodes.filter_map(|node| if let Node::Expr(expr) = node { Some(expr) } else { None }).find(reads)
}

/// Functions that limiters are given for their keys.
fn key_functions(tree: &Tree, block: &crate::syntax::Block) -> Vec<ExprId> {
    let mut found = Vec::new();
    for node in Walk::block(tree, block).take(MAX_NODES) {
        let Node::Expr(expr) = node else { continue };
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
        let name = written(tree, *callee);
        let limiter = last(&name).to_ascii_lowercase();
        if !limiter.contains("limit") && !limiter.contains("slowdown") {
            continue;
        }
        for arg in args {
            if arg.name.is_some_and(|name| tree.text(name) == "key_func") {
                found.push(arg.value);
            }
            if let ExprKind::Map { entries } = &tree.expr(arg.value).kind {
                found.extend(entries.iter().filter_map(|entry| match entry.key {
                    Some(Key::Static(key, _)) if tree.text(key) == "keyGenerator" => Some(entry.value),
                    _ => None,
                }));
            }
        }
    }
    found
}
