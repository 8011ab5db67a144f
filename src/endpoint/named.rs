//! Headers in which whoever calls says who they are: `X-User-Id`, read and believed. A gateway may write them; where nothing
//! in the project does, anybody may.

use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use crate::base::CodeContext;
use crate::flow::facts::FileId;
use crate::flow::project::FileInfo;
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, PatternId, PatternKind, StmtKind, Tree};

// What a file says that may read one of them.
pattern!(SPEAKS, r"x-user|X-User|x_user|x-auth-user|x-account|X-Account|x-role|X-Role|x-employee|x-admin-id");

/// How many of one file are told.
const MAX_PER_FILE: usize = 8;

/// Every read of such a header in code that serves.
pub(super) fn identities(evidence: &Evidence<'_>) -> Vec<Disclosure> {
    let speaks = |info: &FileInfo| matches(&SPEAKS, info.source.text());
    let files: Vec<(FileId, &FileInfo)> = (0u32..)
        .map(FileId)
        .zip(evidence.project.files.iter())
        .filter(|(_, info)| info.context == CodeContext::Production && info.tree.template.is_none() && speaks(info))
        .collect();
    // A middleware that writes the header has looked at something else before.
    if files.iter().any(|(_, info)| writes(info)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (file, info) in files {
        let mut here: Vec<ExprId> = info.tree.exprs().filter(|(id, _)| reads(info, *id)).map(|(id, _)| id).collect();
        here.extend(parameters(info));
        here.sort_unstable_by_key(|expr| info.tree.expr(*expr).span.start);
        found.extend(here.into_iter().take(MAX_PER_FILE).map(|expr| {
            Disclosure::told("identity-header", evidence.locate(file, info.tree.expr(expr).span), info.context)
        }));
    }
    found
}

/// `x-user-id`, `X-User-Email`, `x_user_role`, `HTTP_X_USER_ID`.
fn names_caller(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace('_', "-");
    let bare = lower.strip_prefix("http-").unwrap_or(&lower);
    let Some(rest) = bare.strip_prefix("x-") else { return false };
    let rest = rest.strip_prefix("auth-").or_else(|| rest.strip_prefix("current-")).unwrap_or(rest);
    matches!(
        rest,
        "user"
            | "user-id"
            | "userid"
            | "user-uid"
            | "user-email"
            | "user-role"
            | "user-name"
            | "username"
            | "role"
            | "account-id"
            | "accountid"
            | "employee-id"
            | "admin-id"
            | "customer-id"
            | "member-id"
    )
}

/// `req.headers["x-user-id"]`, `request.headers.get("X-User-Id")`, `req.get("x-user-id")`, `c.req.header("x-user-id")`.
fn reads(info: &FileInfo, expr: ExprId) -> bool {
    let tree = &info.tree;
    match &tree.expr(expr).kind {
        ExprKind::Index { object, index } => {
            tree.string_of(*index).is_some_and(names_caller) && of_request(tree, *object)
        }
        ExprKind::Call { callee, args, .. } => {
            let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return false };
            let asks = matches!(tree.text(name), "get" | "header");
            asks && args.first().and_then(|arg| tree.string_of(arg.value)).is_some_and(names_caller)
                && of_request(tree, object)
        }
        _ => false,
    }
}

fn of_request(tree: &Tree, object: ExprId) -> bool {
    let name = written(tree, object);
    let root = name.split('.').next().unwrap_or_default();
    let requests = matches!(root, "req" | "request" | "ctx" | "c" | "context" | "self" | "event" | "headers" | "info");
    requests && (matches!(last(&name), "headers" | "META" | "header" | "req" | "request") || name == "headers")
}

/// `x_user_id: str = Header(None)` of FastAPI.
fn parameters(info: &FileInfo) -> Vec<ExprId> {
    if info.family != Family::Python {
        return Vec::new();
    }
    let tree = &info.tree;
    let mut found = Vec::new();
    for (_, function) in tree.functions() {
        for param in &function.params {
            let pattern = match tree.pattern(param.pattern).kind {
                PatternKind::Default(inner, _) => inner,
                _ => param.pattern,
            };
            let PatternKind::Name(name) = tree.pattern(pattern).kind else { continue };
            let header = param.default.into_iter().chain(param.annotation).find_map(|root| {
                Walk::node(tree, Node::Expr(root)).take(40).find_map(|node| match node {
                    Node::Expr(expr) => match &tree.expr(expr).kind {
                        ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == "Header" => {
                            let alias = args.iter().find(|arg| arg.name.is_some_and(|name| tree.text(name) == "alias"));
                            let alias = alias.and_then(|arg| tree.string_of(arg.value));
                            Some((expr, alias.is_some_and(names_caller)))
                        }
                        _ => None,
                    },
                    _ => None,
                })
            });
            if let Some((expr, aliased)) = header
                && (aliased || names_caller(tree.text(name)))
            {
                found.push(expr);
            }
        }
    }
    found
}

/// `requestHeaders.set("x-user-id", …)` of a middleware, `req.headers["x-user-id"] = …`.
fn writes(info: &FileInfo) -> bool {
    let tree = &info.tree;
    let path = info.source.path();
    let stem = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or_default();
    let middleware = matches!(stem, "middleware" | "proxy" | "gateway" | "_middleware");
    let assigned = |target: PatternId| match tree.pattern(target).kind {
        PatternKind::Target(target) => match &tree.expr(target).kind {
            ExprKind::Index { object, index } => {
                tree.string_of(*index).is_some_and(names_caller) && written(tree, *object).starts_with("req")
            }
            _ => false,
        },
        _ => false,
    };
    tree.exprs().any(|(_, expr)| match &expr.kind {
        ExprKind::Call { callee, args, .. } => {
            middleware
                && matches!(last(&written(tree, *callee)), "set" | "append")
                && args.first().and_then(|arg| tree.string_of(arg.value)).is_some_and(names_caller)
        }
        ExprKind::Assign { target, .. } => assigned(*target),
        _ => false,
    }) || tree.stmts().any(|(_, stmt)| match &stmt.kind {
        StmtKind::Assign { targets, .. } => targets.iter().any(|target| assigned(*target)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_name_the_caller() {
        for name in ["X-User-ID", "x-user-role", "x_user_id", "HTTP_X_USER_ID", "X-Auth-User-Id", "x-role"] {
            assert!(names_caller(name), "{name}");
        }
        for name in ["x-request-id", "x-user-agent", "authorization", "x-tenant-id", "x-forwarded-for"] {
            assert!(!names_caller(name), "{name}");
        }
    }
}
