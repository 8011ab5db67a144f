//! Guards that nearly are none: they only look whether something is there, ask only those who show something, or are called
//! after rights that they do not ask for.

use super::checks::{Polarity, answers_in, polarity};
use super::evidence::{last, written};
use super::ownership::compares;
use crate::flow::facts::FuncRef;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, ExprId, ExprKind, Literal, PatternKind, StmtKind, Tree, UnaryOp};

/// Whether a guard only looks whether a cookie or a header is there: it calls nothing that could verify it, compares it
/// with nothing, and asks no session.
pub(super) fn only_looks(tree: &Tree, function: FuncRef) -> bool {
    const SHOWN: [&str; 5] = ["cookies", "headers", "authorization", "Authorization", "cookie"];
    const KNOWN: [&str; 9] =
        ["session", "user", "auth", "isAuthenticated", "locals", "state", "current_user", "principal", "jwt"];
    const PLAIN: [&str; 35] = [
        "status",
        "json",
        "end",
        "send",
        "sendStatus",
        "redirect",
        "next",
        "log",
        "warn",
        "error",
        "info",
        "get",
        "header",
        "has",
        "code",
        "split",
        "trim",
        "toLowerCase",
        "replace",
        "slice",
        "String",
        "Boolean",
        "Error",
        "abort",
        "jsonify",
        "JSONResponse",
        "Response",
        "HTTPException",
        "clone",
        "URL",
        "cookies",
        "headers",
        "wraps",
        "url_for",
        "startsWith",
    ];
    let mut shown = false;
    for node in Walk::node(tree, Node::Function(function.function)).take(2000) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Member { name, .. } | ExprKind::Name(name) => {
                // What a cookie is called says nothing: `req.cookies.session`.
                let of_shown = match &tree.expr(expr).kind {
                    ExprKind::Member { object, .. } => SHOWN.contains(&last(&written(tree, *object))),
                    _ => false,
                };
                let name = tree.text(*name);
                if !of_shown && KNOWN.contains(&name) {
                    return false;
                }
                shown |= SHOWN.contains(&name);
            }
            ExprKind::Call { callee, args, .. } => {
                let name = written(tree, *callee);
                let handed = args.iter().any(|arg| !matches!(tree.expr(arg.value).kind, ExprKind::Literal(_)));
                if !PLAIN.contains(&last(&name)) && (handed || name.is_empty()) {
                    return false;
                }
            }
            ExprKind::Binary { op, left, right } => {
                let plain = |side: ExprId| {
                    matches!(
                        tree.expr(side).kind,
                        ExprKind::Literal(Literal::Null | Literal::Undefined | Literal::Bool(_) | Literal::Int(_))
                    ) || matches!(tree.expr(side).kind, ExprKind::Name(name) if tree.text(name) == "undefined")
                };
                if compares(*op) && !plain(*left) && !plain(*right) {
                    return false;
                }
            }
            _ => {}
        }
    }
    shown
}

/// `if (token) { …401… } next()`: only who shows something is asked.
pub(super) fn asks_only_shown(tree: &Tree, function: FuncRef, source: &crate::base::SourceFile) -> bool {
    let body = &tree.function(function.function).body;
    let Some(StmtKind::Expr(end)) = body.last().map(|stmt| &tree.stmt(*stmt).kind) else { return false };
    let goes_on = match &tree.expr(*end).kind {
        ExprKind::Call { callee, args, .. } => written(tree, *callee) == "next" && args.is_empty(),
        _ => false,
    };
    let shown = |stmt: &crate::syntax::StmtId| match &tree.stmt(*stmt).kind {
        StmtKind::If { test, otherwise, .. } => {
            let text = source.slice(tree.expr(*test).span).to_ascii_lowercase();
            let of_caller = ["token", "auth", "credential", "header", "cookie", "bearer"];
            otherwise.is_empty()
                && polarity(tree, *test) == Polarity::Positive
                && of_caller.iter().any(|word| text.contains(word))
        }
        _ => false,
    };
    let asked = body.iter().filter(|stmt| shown(stmt)).count();
    goes_on
        && asked == 1
        && body.iter().filter(|stmt| !shown(stmt)).all(|stmt| {
            let node = Node::Stmt(*stmt);
            answers_in(tree, node).is_empty()
                && !Walk::node(tree, node)
                    .take(400)
                    .any(|inner| matches!(inner, Node::Stmt(inner) if matches!(tree.stmt(inner).kind, StmtKind::Throw(_) | StmtKind::Return(_))))
        })
}

/// Whether the code of a function speaks of anything that some callers have and others do not; its own name does not count.
pub(super) fn speaks_of_rights(tree: &Tree, function: FuncRef, own: &str) -> bool {
    const PARTS: [&str; 26] = [
        "role",
        "admin",
        "staff",
        "superuser",
        "perm",
        "scope",
        "group",
        "privileg",
        "claim",
        "can",
        "allow",
        "owner",
        "member",
        "type",
        "status",
        "level",
        "rank",
        "manager",
        "moderator",
        "access",
        "policy",
        "ability",
        "enforce",
        "authorize",
        "kind",
        "whitelist",
    ];
    let speaks = |text: &str| {
        let lower = text.to_ascii_lowercase();
        text != own && PARTS.iter().any(|part| lower.contains(part))
    };
    Walk::node(tree, Node::Function(function.function)).take(2000).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => speaks(tree.text(*name)),
            ExprKind::Literal(Literal::Str(text)) => !tree.text(*text).contains(' ') && speaks(tree.text(*text)),
            _ => false,
        },
        Node::Function(inner) => {
            tree.function(inner).params.iter().any(|param| match tree.pattern(param.pattern).kind {
                PatternKind::Name(name) => speaks(tree.text(name)),
                _ => false,
            })
        }
        _ => false,
    })
}

/// `!user.role === "admin"`: what is true or false is compared with a text, which it never is.
pub(super) fn never_holds(tree: &Tree, test: ExprId) -> bool {
    Walk::node(tree, Node::Expr(test)).take(200).any(|node| {
        let Node::Expr(expr) = node else { return false };
        let ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::StrictEqual, left, right } = &tree.expr(expr).kind
        else {
            return false;
        };
        let negated = |side: ExprId| matches!(tree.expr(side).kind, ExprKind::Unary { op: UnaryOp::Not, .. });
        negated(*left) && tree.string_of(*right).is_some()
    })
}
