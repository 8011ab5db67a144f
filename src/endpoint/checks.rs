//! What code says by its shape: whether it can refuse a request, what it answers then, whether a condition asks for
//! something that is missing, whether a block ends the function.

use super::GuardKind;
use super::evidence::{last, written};
use crate::flow::facts::FuncRef;
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{
    BinaryOp, ExprId, ExprKind, FunctionId, Literal, Param, PatternId, PatternKind, StmtId, StmtKind, Symbol, Tree,
    UnaryOp,
};

/// A function and those written inside it.
pub(super) fn inner_functions(tree: &Tree, function: FuncRef) -> Vec<FuncRef> {
    Walk::node(tree, Node::Function(function.function))
        .filter_map(|node| match node {
            Node::Function(inner) => Some(FuncRef { file: function.file, function: inner }),
            _ => None,
        })
        .take(64)
        .collect()
}

/// The parameters of a function that are plain names.
pub(super) fn plain_params(tree: &Tree, function: FunctionId) -> Vec<Symbol> {
    let named = |param: &Param| match tree.pattern(param.pattern).kind {
        PatternKind::Name(name) => Some(name),
        _ => None,
    };
    tree.function(function).params.iter().filter_map(named).collect()
}

/// Kinds of check told by what some code answers with: status codes, the names of errors.
pub(super) fn answers_in(tree: &Tree, node: Node) -> Vec<GuardKind> {
    let mut kinds = Vec::new();
    for node in Walk::node(tree, node).take(4000) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Literal(Literal::Int(401)) => kinds.push(GuardKind::Authentication),
            ExprKind::Literal(Literal::Int(403)) => kinds.push(GuardKind::Authorization),
            ExprKind::Literal(Literal::Int(413)) => kinds.push(GuardKind::BodyLimit),
            ExprKind::Literal(Literal::Int(429)) => kinds.push(GuardKind::RateLimit),
            ExprKind::Literal(Literal::Str(text)) => kinds.extend(error_named(tree.text(*text))),
            ExprKind::Member { name, .. } | ExprKind::Name(name) => kinds.extend(error_named(tree.text(*name))),
            _ => {}
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn error_named(name: &str) -> Option<GuardKind> {
    Some(match name {
        name if says_unknown(name) => GuardKind::Authentication,
        "redirect_to_login"
        | "redirectToLogin"
        | "handle_no_permission"
        | "HTTP_401_UNAUTHORIZED"
        | "UNAUTHORIZED"
        | "Unauthorized"
        | "unauthorized"
        | "UnauthorizedException"
        | "HTTPUnauthorized"
        | "UnauthorizedError"
        | "NotAuthenticated"
        | "NotAuthorizedException"
        | "AuthenticationFailed"
        | "AuthenticationError"
        | "UNAUTHENTICATED"
        | "unauthenticated"
        | "HttpResponseUnauthorized" => GuardKind::Authentication,
        "HTTP_403_FORBIDDEN"
        | "FORBIDDEN"
        | "Forbidden"
        | "forbidden"
        | "ForbiddenException"
        | "HTTPForbidden"
        | "ForbiddenError"
        | "PermissionDenied"
        | "HttpResponseForbidden"
        | "permission-denied" => GuardKind::Authorization,
        "HTTP_429_TOO_MANY_REQUESTS" | "TOO_MANY_REQUESTS" | "resource-exhausted" => GuardKind::RateLimit,
        "HTTP_413_REQUEST_ENTITY_TOO_LARGE" | "PAYLOAD_TOO_LARGE" | "RequestEntityTooLarge" => GuardKind::BodyLimit,
        _ => return None,
    })
}

/// `notAuthenticatedResponse`, `unauthorizedError`, `"Unauthorized - the session has expired"`.
fn says_unknown(name: &str) -> bool {
    let begins = ["Unauthorized", "unauthorized", "Unauthenticated", "unauthenticated", "Not authenticated"];
    let word = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_lowercase() || next == '_');
    begins.iter().any(|begin| name.strip_prefix(begin).is_some_and(word))
        || ["notAuthenticated", "NotAuthenticated", "notLoggedIn"].iter().any(|part| name.contains(part))
        || name.ends_with("Unauthorized")
}

/// Whether a condition asks for what a helper gives back in place of a user: an error, or an answer.
pub(super) fn shown_error(test: &str) -> bool {
    const SIGNS: [&str; 9] =
        ["rror", "instanceof", "isinstance", "esponse", "status", "denied", "fail", "reason", "redirect"];
    SIGNS.iter().any(|sign| test.contains(sign))
}

/// Whether a function lets those pass who show nothing: `if (!token) return next()`.
pub(super) fn lets_through(tree: &Tree, function: FuncRef, source: &crate::base::SourceFile) -> bool {
    let mut found = false;
    for inner in inner_functions(tree, function) {
        for stmt in &tree.function(inner.function).body {
            let StmtKind::If { test, then, .. } = &tree.stmt(*stmt).kind else { continue };
            let text = source.slice(tree.expr(*test).span).to_ascii_lowercase();
            let of_caller = ["token", "auth", "user", "credential", "header", "session", "key"];
            if polarity(tree, *test) != Polarity::Negative || !of_caller.iter().any(|word| text.contains(word)) {
                continue;
            }
            let body: Vec<Node> = then.iter().map(|stmt| Node::Stmt(*stmt)).collect();
            let ends = body.iter().any(|node| match node {
                Node::Stmt(stmt) => matches!(tree.stmt(*stmt).kind, StmtKind::Return(_)),
                _ => false,
            });
            found |= ends && body.iter().all(|node| harmless(tree, *node));
        }
        found |= super::near::asks_only_shown(tree, inner, source);
    }
    found
}

/// Whether a statement only goes on: `return next()`, `return None`, `req.user = null`.
fn harmless(tree: &Tree, node: Node) -> bool {
    Walk::node(tree, node).take(60).all(|node| match node {
        Node::Stmt(stmt) => !matches!(tree.stmt(stmt).kind, StmtKind::Throw(_)),
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, args, .. } => last(&written(tree, *callee)) == "next" && args.is_empty(),
            ExprKind::Map { .. } | ExprKind::Literal(Literal::Int(_) | Literal::Bool(false)) => false,
            _ => true,
        },
        _ => true,
    })
}

/// Whether calling a function can end the caller too: it throws, aborts or redirects.
pub(super) fn throws(tree: &Tree, function: FuncRef) -> bool {
    let mut walk = Walk::block(tree, &tree.function(function.function).body);
    let mut left = 4000;
    while let Some(node) = walk.next() {
        left -= 1;
        if left == 0 {
            break;
        }
        let ends = match node {
            Node::Function(_) | Node::Class(_) => {
                walk.skip_children();
                false
            }
            Node::Stmt(stmt) => matches!(tree.stmt(stmt).kind, StmtKind::Throw(_)),
            Node::Expr(expr) => match &tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => matches!(
                    last(&written(tree, *callee)),
                    "abort" | "redirect" | "notFound" | "unauthorized" | "forbidden" | "error"
                ),
                _ => false,
            },
            Node::Pattern(_) => false,
        };
        if ends {
            return true;
        }
    }
    false
}

/// Whether a function, or one that it makes, can stop a request: it throws or answers. In JavaScript it must also be able
/// to let the request go on, or it is a handler.
pub(super) fn can_refuse(tree: &Tree, function: FuncRef, family: Family) -> bool {
    const ANSWERS: [&str; 13] = [
        "redirect_to_login",
        "redirectToLogin",
        "handle_no_permission",
        "abort",
        "redirect",
        "status",
        "sendStatus",
        "code",
        "send",
        "HTTPException",
        "throw",
        "unauthorized",
        "forbidden",
    ];
    let inner = inner_functions(tree, function);
    let goes_on = inner.iter().any(|inner| {
        tree.function(inner.function).params.iter().any(|param| match tree.pattern(param.pattern).kind {
            PatternKind::Name(name) => matches!(tree.text(name), "next" | "done" | "reply" | "rep"),
            _ => false,
        })
    });
    if family == Family::JavaScript && !goes_on && !calls_its_parameter(tree, function) {
        return stops_by_status(tree, function);
    }
    Walk::node(tree, Node::Function(function.function)).take(4000).any(|node| match node {
        Node::Stmt(stmt) => matches!(tree.stmt(stmt).kind, StmtKind::Throw(_)),
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, args, .. } => {
                let name = written(tree, *callee);
                ANSWERS.contains(&last(&name)) || (matches!(name.as_str(), "next" | "done") && !args.is_empty())
            }
            ExprKind::Literal(Literal::Int(status)) => matches!(status, 401 | 403 | 429),
            _ => false,
        },
        _ => false,
    })
}

/// A hook that ends the request by what it gives back, `set.status = 401` or `return status(401)`, and lets it go on by giving
/// nothing.
fn stops_by_status(tree: &Tree, function: FuncRef) -> bool {
    let refusing = |expr: ExprId| matches!(tree.expr(expr).kind, ExprKind::Literal(Literal::Int(401 | 403 | 429)));
    let body = &tree.function(function.function).body;
    let gives = body.last().is_none_or(|stmt| matches!(tree.stmt(*stmt).kind, StmtKind::Return(Some(_))));
    !gives
        && Walk::node(tree, Node::Function(function.function)).take(4000).any(|node| match node {
            Node::Stmt(stmt) => match &tree.stmt(stmt).kind {
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    let status = |target: &PatternId| match tree.pattern(*target).kind {
                        PatternKind::Target(place) => {
                            let place = written(tree, place);
                            place == "set.status" || place.ends_with(".set.status")
                        }
                        _ => false,
                    };
                    refusing(*value) && targets.iter().any(status)
                }
                StmtKind::Return(Some(given)) => match &tree.expr(*given).kind {
                    ExprKind::Call { callee, args, .. } => {
                        matches!(last(&written(tree, *callee)), "status" | "error")
                            && args.first().is_some_and(|arg| refusing(arg.value))
                    }
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        })
}

/// Names under which wrappers are given what they wrap: `withAuth({ handler: async () => … })`.
pub(super) const WRAPPED: [&str; 10] =
    ["handler", "handle", "resolve", "resolver", "fn", "action", "execute", "run", "callback", "cb"];

/// A wrapper: it calls what it was given, by itself, taken out of an object, or as a member of one.
pub(super) fn calls_its_parameter(tree: &Tree, function: FuncRef) -> bool {
    let params = &tree.function(function.function).params;
    let plain = |name: Symbol| {
        params.iter().any(|param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(known) if known == name))
    };
    let taken = |name: Symbol| {
        plain(name)
            || (WRAPPED.contains(&tree.text(name))
                && params.iter().any(|param| {
                    Walk::node(tree, Node::Pattern(param.pattern)).take(64).any(|node| match node {
                        Node::Pattern(inner) => {
                            matches!(tree.pattern(inner).kind, PatternKind::Name(known) if known == name)
                        }
                        _ => false,
                    })
                }))
            || (WRAPPED.contains(&tree.text(name)) && assigned_from(tree, function, name, &plain))
    };
    Walk::node(tree, Node::Function(function.function)).take(4000).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => match &tree.expr(*callee).kind {
                ExprKind::Name(name) => taken(*name),
                ExprKind::Member { object, name, .. } => {
                    WRAPPED.contains(&tree.text(*name))
                        && matches!(tree.expr(*object).kind, ExprKind::Name(object) if plain(object))
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    })
}

/// `const { handler } = params`: whether a name is taken out of one that is given.
fn assigned_from(tree: &Tree, function: FuncRef, name: Symbol, plain: &dyn Fn(Symbol) -> bool) -> bool {
    tree.function(function.function).body.iter().any(|stmt| {
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { return false };
        matches!(tree.expr(*value).kind, ExprKind::Name(from) if plain(from))
            && targets.iter().any(|target| {
                Walk::node(tree, Node::Pattern(*target)).take(64).any(|node| match node {
                    Node::Pattern(inner) => {
                        matches!(tree.pattern(inner).kind, PatternKind::Name(known) if known == name)
                    }
                    _ => false,
                })
            })
    })
}

/// Whether a block ends the function: it returns, throws, aborts or redirects.
pub(super) fn leaves(tree: &Tree, block: &[StmtId]) -> bool {
    Walk::block(tree, block).take(200).any(|node| match node {
        Node::Stmt(stmt) => matches!(tree.stmt(stmt).kind, StmtKind::Return(_) | StmtKind::Throw(_)),
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => matches!(
                last(&written(tree, *callee)),
                "abort"
                    | "redirect"
                    | "permanentRedirect"
                    | "notFound"
                    | "unauthorized"
                    | "forbidden"
                    | "disconnect"
                    | "close"
                    | "error"
                    | "redirectToSignIn"
            ),
            _ => false,
        },
        _ => false,
    })
}

/// What a condition says of the caller when it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Polarity {
    /// Something is there: `if user`.
    Positive,
    /// Something is missing: `if not user`, `if user is None`, `if "id" not in session`.
    Negative,
    /// Something differs: `if role != "admin"`.
    Compares,
}

pub(super) fn polarity(tree: &Tree, test: ExprId) -> Polarity {
    let mut found = Polarity::Positive;
    for node in Walk::node(tree, Node::Expr(test)).take(200) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Unary { op: UnaryOp::Not, .. } | ExprKind::Binary { op: BinaryOp::NotIn, .. } => {
                return Polarity::Negative;
            }
            ExprKind::Binary { op, right, .. } => {
                let null = match &tree.expr(*right).kind {
                    ExprKind::Literal(literal) => {
                        matches!(literal, Literal::Null | Literal::Undefined | Literal::Bool(false))
                    }
                    ExprKind::Name(name) => tree.text(*name) == "undefined",
                    _ => false,
                };
                match op {
                    BinaryOp::Equal | BinaryOp::StrictEqual | BinaryOp::Is if null => return Polarity::Negative,
                    BinaryOp::NotEqual | BinaryOp::StrictNotEqual | BinaryOp::IsNot if !null => {
                        found = Polarity::Compares;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a comparison is with a key or a token, rather than with who somebody is.
pub(super) fn compares_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let named = [
        "api_key",
        "apikey",
        "api-key",
        "secret",
        "service_role",
        "bearer",
        "authorization",
        "cron",
        "auth_header",
        "authheader",
        "passcode",
        "admin_key",
        "adminkey",
        "access_key",
    ];
    named.iter().any(|name| lower.contains(name)) || (lower.contains("token") && lower.contains("env"))
}

/// Whether a condition looks at what was sent, rather than whether something was.
pub(super) fn examines(lower: &str) -> bool {
    const SIGNS: [&str; 12] = [
        "typeof",
        "length",
        "len(",
        "isinstance",
        ".test(",
        "includes(",
        " not in ",
        "isnan",
        "isarray",
        "<",
        ">",
        "match(",
    ];
    SIGNS.iter().any(|sign| lower.contains(sign))
}

/// Whether a condition speaks of a role.
pub(super) fn names_role(lower: &str) -> bool {
    // Also as Spanish, Portuguese and Italian apps write it.
    const WORDS: [&str; 44] = [
        "role",
        "roles",
        "is_admin",
        "isadmin",
        "is_staff",
        "isstaff",
        "is_superuser",
        "is_superadmin",
        "issuperadmin",
        "is_super_admin",
        "superadmin",
        "super_admin",
        "is_manager",
        "ismanager",
        "is_moderator",
        "ismoderator",
        "is_teacher",
        "is_instructor",
        "permission",
        "permissions",
        "has_perm",
        "has_perms",
        "has_permission",
        "haspermission",
        "has_role",
        "hasrole",
        "user_role",
        "userrole",
        "user_type",
        "usertype",
        "account_type",
        "accounttype",
        "access_level",
        "accesslevel",
        "privileges",
        "role_id",
        "roleid",
        "rol",
        "rol_id",
        "rolid",
        "permiso",
        "permisos",
        "ruolo",
        "papel",
    ];
    lower
        .split(|one: char| !one.is_ascii_alphanumeric() && one != '_')
        .any(|word| WORDS.contains(&word) || word.ends_with("_role") && word.contains("user"))
        || names_standing(lower)
}

/// Whether a condition compares what the caller is with a text that is no mere state of the account, or asks what the
/// caller can: `request.user.status != "faculty"`, `current_user.can_publish()`.
fn names_standing(lower: &str) -> bool {
    const CALLERS: [&str; 8] = [
        "request.user.",
        "current_user.",
        "currentuser.",
        "req.user.",
        "session.user.",
        "g.user.",
        "ctx.user.",
        "user.profile.",
    ];
    const FIELDS: [&str; 8] = ["status", "type", "kind", "level", "rank", "position", "department", "group"];
    const STATES: [&str; 13] = [
        "active",
        "inactive",
        "pending",
        "verified",
        "unverified",
        "banned",
        "suspended",
        "disabled",
        "blocked",
        "deleted",
        "approved",
        "enabled",
        "deactivated",
    ];
    let text_compared =
        lower.contains("='") || lower.contains("=\"") || lower.contains("= '") || lower.contains("= \"");
    let listed =
        [" in [", " in (", " in {", " in allow", " in permit", "includes("].iter().any(|sign| lower.contains(sign));
    let state =
        STATES.iter().any(|state| lower.contains(&format!("'{state}'")) || lower.contains(&format!("\"{state}\"")));
    CALLERS.iter().any(|caller| {
        lower.match_indices(caller).any(|(at, _)| {
            let rest = lower[at + caller.len()..].trim_start_matches("profile.");
            let end = rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let field = FIELDS.contains(&name) && (text_compared || listed) && !state;
            field || (after.starts_with('(') && (name.starts_with("can_") || name.starts_with("may_")))
        })
    })
}

/// Names that a pattern binds.
pub(super) fn names_of(tree: &Tree, pattern: PatternId) -> Vec<Symbol> {
    Walk::node(tree, Node::Pattern(pattern))
        .take(64)
        .filter_map(|node| match node {
            Node::Pattern(inner) => match tree.pattern(inner).kind {
                PatternKind::Name(name) | PatternKind::Bind(_, name) => Some(name),
                _ => None,
            },
            _ => None,
        })
        .collect()
}
