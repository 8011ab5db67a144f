//! Routers that are handed to a function: `def guard(bp): @bp.before_request …`, called as `guard(admin_bp)`; what services are
//! given by a handler.

use super::checks::throws;
use super::evidence::{Evidence, last, written};
use crate::flow::facts::{FileId, FuncRef};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, PatternKind, Tree};

/// Nodes of one file that are looked through for calls.
const MAX_NODES: usize = 200_000;

/// The function round another that has a parameter of this name, and the place of that parameter.
pub(super) fn parameter_round(evidence: &Evidence<'_>, inner: FuncRef, name: &str) -> Option<(FuncRef, usize)> {
    let places = &evidence.project.file(inner.file).scopes.functions;
    let outer = places.get(inner.function.at())?.parent?;
    let outer = FuncRef { file: inner.file, function: outer };
    Some((outer, parameter_of(evidence, outer, name)?))
}

/// Whether a function does little more than to call others of the project that demand something, all of which can end their
/// caller: `def verify_stripe_webhook(body): client.verify_webhook(body)`.
pub(super) fn calls_what_throws(evidence: &Evidence<'_>, function: FuncRef, demands: &dyn Fn(&str) -> bool) -> bool {
    let tree = evidence.tree(function.file);
    Walk::block(tree, &tree.function(function.function).body).take(400).any(|node| {
        let Node::Expr(expr) = node else { return false };
        let ExprKind::Call { callee, .. } = &tree.expr(expr).kind else { return false };
        let name = written(tree, *callee);
        let named = evidence.functions_by_name.get(last(&name)).map_or(&[][..], Vec::as_slice);
        demands(last(&name))
            && !named.is_empty()
            && named.iter().all(|called| *called != function && throws(evidence.tree(called.file), *called))
    })
}

/// `self.checks.can_manage()` as a statement of its own, where whatever has that name in the project throws: what is called
/// so and gives nothing back ends its caller.
pub(super) fn throws_for(evidence: &Evidence<'_>, tree: &Tree, expr: ExprId) -> Option<String> {
    let call = match tree.expr(expr).kind {
        ExprKind::Await(inner) => inner,
        _ => expr,
    };
    let ExprKind::Call { callee, .. } = &tree.expr(call).kind else { return None };
    let name = written(tree, *callee);
    let rest = last(&name).strip_prefix("can")?;
    if !rest.starts_with(|first: char| first == '_' || first.is_ascii_uppercase()) {
        return None;
    }
    let named = evidence.functions_by_name.get(last(&name))?;
    let ends = named.iter().all(|called| throws(evidence.tree(called.file), *called));
    (!named.is_empty() && ends).then_some(name)
}

/// The place of a function's parameter by its name.
pub(super) fn parameter_of(evidence: &Evidence<'_>, function: FuncRef, name: &str) -> Option<usize> {
    let tree = evidence.tree(function.file);
    tree.function(function.function).params.iter().position(
        |param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(known) if tree.text(known) == name),
    )
}

/// What the calls of a function give one of its parameters: the file and the name as written there.
pub(super) fn given(evidence: &Evidence<'_>, function: FuncRef, position: usize) -> Vec<(FileId, String)> {
    let theirs = evidence.tree(function.file);
    let Some(name) = theirs.function(function.function).name.map(|name| theirs.text(name)) else { return Vec::new() };
    let param = match theirs.function(function.function).params.get(position).map(|param| param.pattern) {
        Some(pattern) => match theirs.pattern(pattern).kind {
            PatternKind::Name(name) => theirs.text(name),
            _ => "",
        },
        None => return Vec::new(),
    };
    let family = evidence.family(function.file);
    let mut found = Vec::new();
    for (file, info) in (0u32..).map(FileId).zip(&evidence.project.files) {
        let tree = &info.tree;
        if info.family != family || tree.symbol(name).is_none() {
            continue;
        }
        for node in Walk::block(tree, &tree.root).take(MAX_NODES) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
            if last(&written(tree, *callee)) != name {
                continue;
            }
            let by_name = args.iter().find(|arg| arg.name.is_some_and(|name| tree.text(name) == param));
            let arg = by_name.or_else(|| args.get(position).filter(|arg| arg.name.is_none()));
            let given = arg.map(|arg| written(tree, arg.value)).filter(|given| !given.is_empty());
            found.extend(given.map(|given| (file, given)));
        }
    }
    found
}

/// `return this.login.execute({ password: body.password })`: what a function is given is not what it answers. What makes
/// an answer of it says so.
pub(super) fn is_handed_on(tree: &Tree, expr: ExprId) -> bool {
    const MAKES: [&str; 12] = [
        "json", "respon", "reply", "send", "success", "serial", "result", "dict", "assign", "answer", "output", "data",
    ];
    let ExprKind::Call { callee, .. } = tree.expr(expr).kind else { return false };
    let told = written(tree, callee);
    let name = last(&told).to_ascii_lowercase();
    let acts =
        ["execute", "create", "login", "signin", "signup", "register", "update", "reset", "verify", "authenticate"];
    let service = told.to_ascii_lowercase().contains("service");
    (service || acts.iter().any(|word| name.starts_with(word))) && !MAKES.iter().any(|word| name.contains(word))
}
