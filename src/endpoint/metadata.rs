//! What NestJS's guards read of the metadata that decorators set: `@Public()` lets everybody in, `@Roles("admin")` is what
//! a guard of roles asks for, and without it that guard lets everybody pass.

use super::checks::{Polarity, polarity};
use super::evidence::{Evidence, last, written};
use crate::flow::facts::{ClassRef, FileId, FuncRef};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{Arg, ExprId, ExprKind, Literal, StmtKind, Symbol, Tree};

/// How many nodes of a guard are looked at.
const MAX_NODES: usize = 2000;

/// How a guard goes by the metadata of a route.
#[derive(Debug, Default, Clone)]
pub(super) struct Reading {
    /// It lets everybody in where one of these is set.
    open: Vec<String>,
    /// It lets everybody in where none of these is set.
    asks: Vec<String>,
    /// What it inherits is asked first.
    inherits: bool,
}

/// Whether a guard does anything on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    Yes,
    /// Only as far as it asks who calls.
    Known,
    No,
}

impl Reading {
    /// Of a guard's class.
    pub(super) fn of(evidence: &Evidence<'_>, class: ClassRef) -> Self {
        let Some(function) = evidence.method(class, "canActivate") else { return Self::default() };
        let tree = evidence.tree(function.file);
        let mut reading = Self::default();
        let mut held: Vec<(Symbol, String)> = Vec::new();
        for node in Walk::own(tree, &tree.function(function.function).body, MAX_NODES) {
            match node {
                Node::Stmt(stmt) => match &tree.stmt(stmt).kind {
                    StmtKind::Assign { targets, value: Some(value), .. } => {
                        for key in read_in(evidence, function.file, *value) {
                            let names = targets.iter().flat_map(|target| super::checks::names_of(tree, *target));
                            held.extend(names.map(|name| (name, key.clone())));
                        }
                    }
                    StmtKind::If { test, then, .. } if then.iter().any(|stmt| says_yes(tree, *stmt)) => {
                        let keys = asked_of(evidence, function.file, *test, &held);
                        match polarity(tree, *test) {
                            Polarity::Negative => reading.asks.extend(keys),
                            _ => reading.open.extend(keys),
                        }
                    }
                    _ => {}
                },
                Node::Expr(expr) => {
                    if let ExprKind::Call { callee, .. } = &tree.expr(expr).kind {
                        reading.inherits |= calls_super(tree, *callee);
                    }
                }
                _ => {}
            }
        }
        reading.open.extend(left_to_pass(evidence, class));
        reading
    }

    /// Whether the guard does anything where these keys are set.
    pub(super) fn stands(&self, set: &[String]) -> Stands {
        if self.open.iter().any(|key| set.contains(key)) {
            return Stands::No;
        }
        if self.asks.is_empty() || self.asks.iter().any(|key| set.contains(key)) {
            return Stands::Yes;
        }
        if self.inherits { Stands::Known } else { Stands::No }
    }

    /// Whether it lets everybody in somewhere.
    pub(super) fn knows_public(&self) -> bool {
        !self.open.is_empty()
    }
}

/// Whether passport's answer is handed on whatever it is: `handleRequest(err, user) { return user; }`, which neither throws
/// nor asks what it overrides.
pub(super) fn hands_on_nobody(evidence: &Evidence<'_>, class: ClassRef) -> bool {
    let Some(function) = evidence.method(class, "handleRequest") else { return false };
    let tree = evidence.tree(function.file);
    !Walk::node(tree, Node::Function(function.function)).take(MAX_NODES).any(|node| match node {
        Node::Stmt(stmt) => matches!(tree.stmt(stmt).kind, StmtKind::Throw(_)),
        Node::Expr(expr) => matches!(tree.expr(expr).kind, ExprKind::Super),
        _ => false,
    })
}

/// The keys under which `handleRequest` hands on whom it has, also nobody: `if (isOptional) return user;`.
fn left_to_pass(evidence: &Evidence<'_>, class: ClassRef) -> Vec<String> {
    let Some(function) = evidence.method(class, "handleRequest") else { return Vec::new() };
    let tree = evidence.tree(function.file);
    let mut held: Vec<(Symbol, String)> = Vec::new();
    let mut found = Vec::new();
    for stmt in &tree.function(function.function).body {
        match &tree.stmt(*stmt).kind {
            StmtKind::Assign { targets, value: Some(value), .. } => {
                for key in read_in(evidence, function.file, *value) {
                    let names = targets.iter().flat_map(|target| super::checks::names_of(tree, *target));
                    held.extend(names.map(|name| (name, key.clone())));
                }
            }
            StmtKind::If { test, then, .. } => {
                let answers = |stmt: &crate::syntax::StmtId| matches!(tree.stmt(*stmt).kind, StmtKind::Return(_));
                if polarity(tree, *test) == Polarity::Positive && then.iter().any(answers) {
                    found.extend(asked_of(evidence, function.file, *test, &held));
                }
            }
            _ => {}
        }
    }
    found
}

/// The keys that decorators set: `SetMetadata(KEY, …)` by itself or in a decorator of the project, and what
/// `Reflector.createDecorator()` made, by its own name.
pub(super) fn keys(evidence: &Evidence<'_>, file: FileId, decorators: &[ExprId]) -> Vec<String> {
    let tree = evidence.tree(file);
    let mut found = Vec::new();
    for decorator in decorators {
        let (callee, args): (ExprId, &[Arg]) = match &tree.expr(*decorator).kind {
            ExprKind::Call { callee, args, .. } => (*callee, args),
            _ => (*decorator, &[]),
        };
        let name = written(tree, callee);
        if last(&name) == "SetMetadata" {
            found.extend(args.first().map(|arg| key_of(evidence, file, arg.value)));
            continue;
        }
        found.push(last(&name).to_owned());
        if let Some(function) = evidence.function_named(file, &name) {
            found.extend(set_by(evidence, function));
        }
    }
    found
}

/// The guards that a decorator of the project puts on: `applyDecorators(UseGuards(AuthGuard, RolesGuard))`.
pub(super) fn put_on(evidence: &Evidence<'_>, file: FileId, name: &str) -> Vec<(FileId, ExprId)> {
    let Some(function) = evidence.function_named(file, name) else { return Vec::new() };
    calls_in(evidence, function, "UseGuards").into_iter().map(|guard| (function.file, guard)).collect()
}

fn set_by(evidence: &Evidence<'_>, function: FuncRef) -> Vec<String> {
    let keys = calls_in(evidence, function, "SetMetadata").into_iter();
    keys.map(|arg| key_of(evidence, function.file, arg)).collect()
}

/// The arguments of calls of a name in a function.
fn calls_in(evidence: &Evidence<'_>, function: FuncRef, wanted: &str) -> Vec<ExprId> {
    let tree = evidence.tree(function.file);
    let mut found = Vec::new();
    for node in Walk::node(tree, Node::Function(function.function)).take(MAX_NODES) {
        let Node::Expr(expr) = node else { continue };
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
        if last(&written(tree, *callee)) == wanted {
            found.extend(args.iter().map(|arg| arg.value));
        }
    }
    found
}

/// A key as the text that it is, where the constant by its name can be read; else by that name.
fn key_of(evidence: &Evidence<'_>, file: FileId, expr: ExprId) -> String {
    let tree = evidence.tree(file);
    if let Some(text) = tree.string_of(expr) {
        return text.to_owned();
    }
    let name = written(tree, expr);
    let constant = evidence.value_of(file, &name, 3).and_then(|(file, value)| evidence.tree(file).string_of(value));
    constant.unwrap_or_else(|| last(&name)).to_owned()
}

/// The keys that an expression reads: `this.reflector.getAllAndOverride(KEY, […])`.
fn read_in(evidence: &Evidence<'_>, file: FileId, expr: ExprId) -> Vec<String> {
    let tree = evidence.tree(file);
    let mut found = Vec::new();
    for node in Walk::node(tree, Node::Expr(expr)).take(200) {
        let Node::Expr(expr) = node else { continue };
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
        let name = written(tree, *callee);
        let reads = matches!(last(&name), "get" | "getAll" | "getAllAndOverride" | "getAllAndMerge");
        if reads && name.to_ascii_lowercase().contains("reflector") {
            found.extend(args.first().map(|arg| key_of(evidence, file, arg.value)));
        }
    }
    found
}

/// The keys that a condition goes by.
fn asked_of(evidence: &Evidence<'_>, file: FileId, test: ExprId, held: &[(Symbol, String)]) -> Vec<String> {
    let tree = evidence.tree(file);
    let mut found = read_in(evidence, file, test);
    for node in Walk::node(tree, Node::Expr(test)).take(200) {
        let Node::Expr(expr) = node else { continue };
        if let ExprKind::Name(name) = tree.expr(expr).kind {
            found.extend(held.iter().filter(|(known, _)| *known == name).map(|(_, key)| key.clone()));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn says_yes(tree: &Tree, stmt: crate::syntax::StmtId) -> bool {
    let StmtKind::Return(Some(value)) = tree.stmt(stmt).kind else { return false };
    matches!(tree.expr(value).kind, ExprKind::Literal(Literal::Bool(true)))
}

fn calls_super(tree: &Tree, callee: ExprId) -> bool {
    match tree.expr(callee).kind {
        ExprKind::Member { object, name, .. } => {
            tree.text(name) == "canActivate" && matches!(tree.expr(object).kind, ExprKind::Super)
        }
        _ => false,
    }
}
