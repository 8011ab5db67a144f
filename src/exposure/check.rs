//! Decisions about who may do what that are made in the browser, where visitors can change them.

use rustc_hash::FxHashMap;

use super::credential::{self, Credential};
use super::{Exposure, ExposureKind};
use crate::base::CodeContext;
use crate::flow::Project;
use crate::flow::project::FileInfo;
use crate::syntax::{
    BinaryOp, Declaration, ExprId, ExprKind, Literal, LogicalOp, Node, PatternKind, StmtKind, Symbol, UnaryOp, Walk,
};

/// Last words of names that hold what a visitor typed to be let in.
const PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "passcode",
    "passphrase",
    "pin",
    "pincode",
    "accesscode",
    "secretcode",
    "admincode",
];

/// Keys of the browser's storage that say what somebody may do.
const ROLES: &[&str] = &[
    "isadmin",
    "admin",
    "role",
    "userrole",
    "user_role",
    "is_admin",
    "adminmode",
    "issuperuser",
    "permissions",
    "user_type",
    "usertype",
];

/// Keys that only say that somebody has signed in.
const SIGNED_IN: &[&str] = &[
    "isauthenticated",
    "is_authenticated",
    "authenticated",
    "isloggedin",
    "loggedin",
    "logged_in",
    "is_logged_in",
    "adminauthenticated",
    "adminauth",
    "admin_auth",
    "adminloggedin",
    "isadminloggedin",
    "admin_logged_in",
    "isadminauthenticated",
    "admin_authenticated",
];

pub(super) fn facts(project: &Project, client: &FxHashMap<String, String>) -> Vec<Exposure> {
    let mut found = Vec::new();
    for file in &project.files {
        let Some(reached_from) = client.get(file.source.path()) else { continue };
        if file.context != CodeContext::Production {
            continue;
        }
        let constants = constants(file);
        let mut add = |at: ExprId, kind, name: &str, credential| {
            found.push(Exposure {
                location: file.source.locate(file.tree.expr(at).span),
                kind,
                name: name.to_owned(),
                credential,
                written: false,
                context: file.context,
                reached_from: reached_from.clone(),
            });
        };
        for (id, expr) in file.tree.exprs() {
            if let ExprKind::Binary {
                op: BinaryOp::Equal | BinaryOp::StrictEqual | BinaryOp::NotEqual | BinaryOp::StrictNotEqual,
                left,
                right,
            } = expr.kind
            {
                for (typed, wanted) in [(left, right), (right, left)] {
                    if let Some(name) = password_name(file, typed)
                        && (is_in_bundle(file, &constants, wanted) || is_stored(file, wanted, typed))
                    {
                        add(id, ExposureKind::PasswordCheck, name, Credential::Password);
                    }
                }
            }
        }
        for (at, key) in stored_roles(file) {
            let credential =
                if ROLES.contains(&key.to_ascii_lowercase().as_str()) { Credential::Secret } else { Credential::None };
            add(at, ExposureKind::StoredRole, &key, credential);
        }
    }
    found
}

/// Constants that a file declares at its top.
fn constants(file: &FileInfo) -> FxHashMap<Symbol, ExprId> {
    let tree = &file.tree;
    let mut found = FxHashMap::default();
    for (_, stmt) in tree.stmts() {
        if let StmtKind::Assign { targets, value: Some(value), declaration: Declaration::Const, .. } = &stmt.kind
            && let [target] = targets.as_ref()
            && let PatternKind::Name(name) = tree.pattern(*target).kind
        {
            found.insert(name, *value);
        }
    }
    found
}

/// The name of what a visitor typed.
fn password_name(file: &FileInfo, mut expr: ExprId) -> Option<&str> {
    let tree = &file.tree;
    for _ in 0..4 {
        match &tree.expr(expr).kind {
            ExprKind::Call { callee, args, .. } if args.is_empty() => match &tree.expr(*callee).kind {
                ExprKind::Member { object, name, .. }
                    if matches!(tree.text(*name), "trim" | "toLowerCase" | "toString") =>
                {
                    expr = *object;
                }
                _ => return None,
            },
            ExprKind::Member { object, name, .. } if matches!(tree.text(*name), "value" | "current") => expr = *object,
            ExprKind::Name(name) | ExprKind::Member { name, .. } => {
                let name = tree.text(*name);
                return is_password(name).then_some(name);
            }
            _ => return None,
        }
    }
    None
}

fn is_password(name: &str) -> bool {
    let lower: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let ends = PASSWORDS
        .iter()
        .any(|word| lower.strip_suffix("input").or(lower.strip_suffix("value")).unwrap_or(&lower).ends_with(word));
    let other = [
        "bypass", "compass", "show", "confirm", "repeat", "new", "old", "forgot", "reset", "hide", "mapin", "spin",
        "type", "is", "has",
    ];
    ends && !other.iter().any(|word| lower.starts_with(word) || (word.len() > 5 && lower.ends_with(word)))
        && !["bypass", "compass", "bypass", "spin", "mappin", "shipping", "typing"].contains(&lower.as_str())
}

/// Whether what is compared with is written in the code or put there by the bundler.
fn is_in_bundle(file: &FileInfo, constants: &FxHashMap<Symbol, ExprId>, wanted: ExprId) -> bool {
    let tree = &file.tree;
    let expr = match &tree.expr(wanted).kind {
        ExprKind::Name(name) => constants.get(name).copied().unwrap_or(wanted),
        // `CONFIG.PASSWORD` of a constant object.
        ExprKind::Member { object, name, .. } => match &tree.expr(*object).kind {
            ExprKind::Name(holder) => {
                constants.get(holder).and_then(|value| entry(file, *value, *name)).unwrap_or(wanted)
            }
            _ => wanted,
        },
        _ => wanted,
    };
    let expr = match &tree.expr(expr).kind {
        ExprKind::Logical { op: LogicalOp::Or | LogicalOp::Coalesce, right, .. } => *right,
        _ => expr,
    };
    match &tree.expr(expr).kind {
        ExprKind::Literal(Literal::Str(text)) => {
            let text = tree.text(*text);
            text.len() >= 3
                && !matches!(
                    text.to_ascii_lowercase().as_str(),
                    "password"
                        | "text"
                        | "string"
                        | "undefined"
                        | "pin"
                        | "required"
                        | "null"
                        | "object"
                        | "true"
                        | "false"
                )
                && !text.contains(' ')
        }
        ExprKind::Member { object, name, .. } => {
            credential::public_name(tree.text(*name)).is_some()
                && file.source.slice(tree.expr(*object).span).ends_with("env")
        }
        _ => false,
    }
}

/// Whether it is the password of a record, which the page then has: `users.find(u => u.password === password)`. Forms
/// compare what was typed twice.
fn is_stored(file: &FileInfo, wanted: ExprId, typed: ExprId) -> bool {
    const FORMS: &[&str] = &[
        "form",
        "formdata",
        "values",
        "value",
        "data",
        "state",
        "input",
        "inputs",
        "fields",
        "credentials",
        "props",
        "this",
        "self",
        "errors",
        "error",
        "body",
        "req",
        "request",
        "event",
        "e",
        "params",
        "schema",
        "context",
        "ctx",
        "val",
        "register",
        "signup",
        "newuser",
        "config",
        "env",
        "settings",
        "payload",
        "dto",
    ];
    let tree = &file.tree;
    let ExprKind::Member { object, name, .. } = tree.expr(wanted).kind else { return false };
    let ExprKind::Name(record) = tree.expr(object).kind else { return false };
    let record = tree.text(record).to_ascii_lowercase();
    let sent = match tree.expr(typed).kind {
        ExprKind::Name(_) => true,
        ExprKind::Member { object, .. } => {
            !matches!(tree.expr(object).kind, ExprKind::Name(other) if tree.text(other).eq_ignore_ascii_case(&record))
        }
        _ => false,
    };
    sent && matches!(tree.text(name), "password" | "passwd" | "pwd" | "senha" | "contrasena" | "pin" | "passwort")
        && !FORMS.iter().any(|form| record == *form || record.ends_with("form") || record.ends_with("values"))
}

fn entry(file: &FileInfo, map: ExprId, wanted: Symbol) -> Option<ExprId> {
    let ExprKind::Map { entries } = &file.tree.expr(map).kind else { return None };
    entries.iter().find_map(|entry| match entry.key {
        Some(crate::syntax::Key::Static(name, _)) if name == wanted => Some(entry.value),
        _ => None,
    })
}

/// Reads of a role or flag from `localStorage` or `sessionStorage` that something is decided by.
fn stored_roles(file: &FileInfo) -> Vec<(ExprId, String)> {
    let tree = &file.tree;
    if tree.symbol("getItem").is_none() {
        return Vec::new();
    }
    let mut names: FxHashMap<Symbol, (ExprId, String)> = FxHashMap::default();
    for (_, stmt) in tree.stmts() {
        if let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind
            && let [target] = targets.as_ref()
            && let PatternKind::Name(name) = tree.pattern(*target).kind
            && let Some(key) = stored_key(file, *value)
        {
            names.insert(name, (*value, key));
        }
    }
    let read = |expr: ExprId| match &tree.expr(expr).kind {
        ExprKind::Name(name) => names.get(name).cloned(),
        _ => stored_key(file, expr).map(|key| (expr, key)),
    };
    let mut found = Vec::new();
    let mut decide = |expr: ExprId| {
        for node in Walk::node(tree, Node::Expr(expr)).take(40) {
            let Node::Expr(id) = node else { continue };
            if let ExprKind::Binary {
                op: BinaryOp::Equal | BinaryOp::StrictEqual | BinaryOp::NotEqual | BinaryOp::StrictNotEqual,
                left,
                right,
            } = tree.expr(id).kind
                && (tree.string_of(left).is_some() || tree.string_of(right).is_some())
            {
                found.extend(read(left).or_else(|| read(right)));
            }
        }
        let bare = match tree.expr(expr).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => operand,
            _ => expr,
        };
        found.extend(read(bare));
    };
    for (_, stmt) in tree.stmts() {
        match &stmt.kind {
            StmtKind::If { test, .. } => decide(*test),
            StmtKind::Return(Some(value)) | StmtKind::Assign { value: Some(value), .. } => {
                if matches!(tree.expr(*value).kind, ExprKind::Binary { .. } | ExprKind::Logical { .. }) {
                    decide(*value);
                }
            }
            _ => {}
        }
    }
    for (_, expr) in tree.exprs() {
        if let ExprKind::Conditional { test, .. } = expr.kind {
            decide(test);
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.dedup();
    found
}

/// The key of `localStorage.getItem("isAdmin")`.
fn stored_key(file: &FileInfo, expr: ExprId) -> Option<String> {
    let tree = &file.tree;
    let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
    let ExprKind::Member { object, name, .. } = &tree.expr(*callee).kind else { return None };
    let holder = file.source.slice(tree.expr(*object).span);
    let key = tree.string_of(args.first()?.value)?;
    let lower = key.to_ascii_lowercase();
    let stored =
        tree.text(*name) == "getItem" && (holder.ends_with("localStorage") || holder.ends_with("sessionStorage"));
    (stored && (ROLES.contains(&lower.as_str()) || SIGNED_IN.contains(&lower.as_str()))).then(|| key.to_owned())
}
