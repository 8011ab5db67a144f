//! Sign-ins that admit only those whom a list knows: whoever is logged in is one of them.

use super::evidence::{Evidence, last};
use super::{Endpoint, Guard, GuardKind};
use crate::base::CodeContext;
use crate::flow::facts::{DecoratorFact, FileId};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprKind, FunctionId, Key, Literal, StmtKind, Tree};

/// How many nodes of the callback are looked at.
const MAX_NODES: usize = 2000;

/// `callbacks: { async signIn({ user }) { … if (!admin) return false } }` of Auth.js stands before all that its session guards.
pub(super) fn mark(evidence: &Evidence<'_>, endpoints: &mut [Endpoint]) {
    let by_session = |guard: &Guard| {
        guard.kind == GuardKind::Authentication
            && matches!(last(&guard.name), "auth" | "getServerSession" | "getToken" | "withAuth")
    };
    if !endpoints.iter().any(|endpoint| endpoint.guards.iter().any(by_session)) {
        return;
    }
    let Some(admits) = admits(evidence) else { return };
    for endpoint in endpoints {
        if endpoint.guards.iter().any(by_session) {
            endpoint.guards.push(admits.clone());
        }
    }
}

/// `@auth.login_required(role="admin")`: a decorator that asks who calls, and is told what they have to be.
pub(super) fn with_roles(evidence: &Evidence<'_>, file: FileId, decorator: &DecoratorFact, found: &mut Vec<Guard>) {
    const RIGHTS: [&str; 8] =
        ["role", "roles", "permission", "permissions", "scope", "scopes", "required_role", "required_roles"];
    let Some(place) = decorator.call.filter(|_| found.iter().any(|guard| guard.kind == GuardKind::Authentication))
    else {
        return;
    };
    let tree = evidence.tree(place.file);
    let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return };
    if args.iter().any(|arg| arg.name.is_some_and(|name| RIGHTS.contains(&tree.text(name)))) {
        let location = evidence.locate(file, decorator.span);
        found.push(Guard { kind: GuardKind::Authorization, name: decorator.name.clone(), location });
    }
}

fn admits(evidence: &Evidence<'_>) -> Option<Guard> {
    let of_library = |module: &String| module.starts_with("next-auth") || module.starts_with("@auth/");
    let files = (0u32..).map(FileId).zip(&evidence.project.files);
    for (file, info) in files {
        let tree = &info.tree;
        let known = info.family == Family::JavaScript && info.context == CodeContext::Production;
        if !known || tree.symbol("signIn").is_none() || !info.imported.iter().any(of_library) {
            continue;
        }
        for (_, expr) in tree.exprs() {
            let ExprKind::Map { entries } = &expr.kind else { continue };
            for entry in entries {
                let named = matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == "signIn");
                let ExprKind::Function(function) = tree.expr(entry.value).kind else { continue };
                let text = info.source.slice(tree.function(function).span).to_ascii_lowercase();
                if named && speaks_of_list(&text) && refuses(tree, function) {
                    let location = evidence.locate(file, tree.function(function).span);
                    return Some(Guard { kind: GuardKind::Authorization, name: "signIn".to_owned(), location });
                }
            }
        }
    }
    None
}

/// Administrators or a list of addresses, which are looked up.
fn speaks_of_list(text: &str) -> bool {
    let list =
        ["admin", "allowed", "allowlist", "whitelist", "staff", "employee"].iter().any(|word| text.contains(word));
    list && ["find", "select", "includes(", ".has(", "where", ".get("].iter().any(|word| text.contains(word))
}

/// Whether a callback sends somebody away: `return false`, or a page to go to.
fn refuses(tree: &Tree, function: FunctionId) -> bool {
    Walk::block(tree, &tree.function(function).body).take(MAX_NODES).any(|node| {
        let Node::Stmt(stmt) = node else { return false };
        let StmtKind::Return(Some(value)) = tree.stmt(stmt).kind else { return false };
        match tree.expr(value).kind {
            ExprKind::Literal(Literal::Bool(false)) => true,
            _ => tree.string_of(value).is_some_and(|text| text.starts_with('/')),
        }
    })
}
