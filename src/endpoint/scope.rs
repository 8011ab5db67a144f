//! Which paths a hook or middleware speaks of, when it looks at the path itself: `if request.path in PUBLIC: return`,
//! `if (isProtectedRoute(req)) await auth.protect()`.

use super::checks::answers_in;
use super::evidence::{Evidence, last, written};
use crate::flow::facts::FuncRef;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, ExprId, ExprKind, PatternKind, StmtId, StmtKind, Tree, UnaryOp};

/// How many nodes of a function are looked at.
const MAX_NODES: usize = 4000;

/// The paths that a hook checks.
#[derive(Default)]
pub(super) struct Scope {
    /// Nothing but these, if there are any.
    only: Vec<String>,
    /// All but these.
    except: Vec<String>,
    /// It asks for the path in a way that is not told.
    unclear: bool,
}

/// Whether a route is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Covers {
    Yes,
    No,
    Unknown,
}

impl Scope {
    /// Of everything that a function checks.
    pub(super) fn of(evidence: &Evidence<'_>, function: FuncRef) -> Self {
        Self::around(evidence, function, None)
    }

    /// Of a function that hands its request on to another of the project: `return await updateSession(request)`.
    fn handed_on(evidence: &Evidence<'_>, function: FuncRef) -> Option<FuncRef> {
        let tree = evidence.tree(function.file);
        let node = tree.function(function.function);
        let given = super::checks::plain_params(tree, function.function);
        Walk::block(tree, &node.body).take(400).find_map(|node| {
            let Node::Stmt(stmt) = node else { return None };
            let StmtKind::Return(Some(value)) = tree.stmt(stmt).kind else { return None };
            let value = match tree.expr(value).kind {
                ExprKind::Await(inner) => inner,
                _ => value,
            };
            let ExprKind::Call { callee, args, .. } = &tree.expr(value).kind else { return None };
            let passes = args
                .iter()
                .any(|arg| matches!(tree.expr(arg.value).kind, ExprKind::Name(name) if given.contains(&name)));
            let name = written(tree, *callee);
            let found = evidence.function_named(function.file, &name).filter(|found| *found != function);
            found.filter(|_| passes)
        })
    }

    /// Of the check at a line: the conditions round it, and those that leave before.
    pub(super) fn around(evidence: &Evidence<'_>, function: FuncRef, line: Option<u32>) -> Self {
        let all = Self::read(evidence, function, |_, _, _| true);
        if all.only.is_empty() && all.except.is_empty() && !all.unclear {
            return match Self::handed_on(evidence, function) {
                Some(next) => Self::read(evidence, next, |_, _, _| true),
                None => all,
            };
        }
        let Some(line) = line else { return all };
        let near = Self::read(evidence, function, |from, to, refuses| !refuses || (from <= line && line <= to));
        if near.only.is_empty() && near.except.is_empty() { all } else { near }
    }

    fn read(evidence: &Evidence<'_>, function: FuncRef, wanted: impl Fn(u32, u32, bool) -> bool) -> Self {
        let mut scope = Self::default();
        let tree = evidence.tree(function.file);
        let source = &evidence.project.file(function.file).source;
        for inner in super::checks::inner_functions(tree, function) {
            for node in Walk::own(tree, &tree.function(inner.function).body, MAX_NODES) {
                let Node::Stmt(stmt) = node else { continue };
                let StmtKind::If { test, then, .. } = &tree.stmt(stmt).kind else { continue };
                let at = source.locate(tree.stmt(stmt).span);
                let refuses = then.iter().any(|stmt| refuses(tree, Node::Stmt(*stmt)));
                if wanted(at.line, at.end_line, refuses) {
                    scope.condition(tree, source.slice(tree.expr(*test).span), *test, then);
                }
            }
        }
        scope
    }

    fn condition(&mut self, tree: &Tree, text: &str, test: ExprId, then: &[StmtId]) {
        let lower = text.to_ascii_lowercase();
        // `!user && isProtected`, where the name stands for a question about the path.
        const NAMES: [&str; 6] = ["isprotected", "ispublic", "isprivate", "is_protected", "is_public", "is_private"];
        let asks = ["path", "endpoint", "url", "route", "blueprint"].iter().any(|word| lower.contains(word))
            || lower
                .split(|one: char| !one.is_ascii_alphanumeric() && one != '_' && one != '.')
                .any(|word| NAMES.contains(&word));
        if !asks || then.is_empty() {
            return;
        }
        let refuses = then.iter().any(|stmt| refuses(tree, Node::Stmt(*stmt)));
        let mut told = Vec::new();
        mentioned(tree, test, false, 0, &mut told);
        if told.is_empty() {
            self.unclear |= text.contains("path") || text.contains("endpoint");
            return;
        }
        for (path, negated) in told {
            if refuses == negated { self.except.push(path) } else { self.only.push(path) }
        }
    }

    pub(super) fn covers(&self, path: &str, handler: &str) -> Covers {
        let fits = |known: &String| {
            if !known.starts_with('/') {
                return known == handler || known.rsplit('.').next() == Some(handler);
            }
            let end = known.find(['(', ':', '*']).unwrap_or(known.len());
            let bare = known[..end].trim_end_matches('/');
            if bare.is_empty() {
                return path == "/" || end < known.len();
            }
            path.trim_end_matches('/') == bare || path.starts_with(&format!("{bare}/"))
        };
        if self.except.iter().any(fits) || (!self.only.is_empty() && !self.only.iter().any(fits)) {
            return Covers::No;
        }
        if self.unclear && self.only.is_empty() { Covers::Unknown } else { Covers::Yes }
    }
}

fn refuses(tree: &Tree, node: Node) -> bool {
    !answers_in(tree, node).is_empty()
        || Walk::node(tree, node).take(2000).any(|node| match node {
            Node::Stmt(stmt) => matches!(tree.stmt(stmt).kind, StmtKind::Throw(_)),
            Node::Expr(expr) => match &tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => matches!(
                    last(&written(tree, *callee)),
                    "redirect" | "abort" | "protect" | "unauthorized" | "forbidden" | "rewrite" | "redirectToSignIn"
                ),
                _ => false,
            },
            _ => false,
        })
}

/// Paths and names of endpoints in a condition, and whether it asks that they are not there.
fn mentioned(tree: &Tree, expr: ExprId, negated: bool, depth: u8, found: &mut Vec<(String, bool)>) {
    if depth > 8 || found.len() > 200 {
        return;
    }
    match &tree.expr(expr).kind {
        ExprKind::Unary { op: UnaryOp::Not, operand } => mentioned(tree, *operand, !negated, depth + 1, found),
        ExprKind::Binary { op, left, right } => {
            let turned = matches!(op, BinaryOp::NotIn | BinaryOp::NotEqual | BinaryOp::StrictNotEqual);
            mentioned(tree, *left, negated != turned, depth + 1, found);
            mentioned(tree, *right, negated != turned, depth + 1, found);
        }
        ExprKind::Logical { left, right, .. } => {
            mentioned(tree, *left, negated, depth + 1, found);
            mentioned(tree, *right, negated, depth + 1, found);
        }
        ExprKind::Call { callee, args, .. } => {
            mentioned(tree, *callee, negated, depth + 1, found);
            for arg in args {
                mentioned(tree, arg.value, negated, depth + 1, found);
            }
        }
        ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => {
            mentioned(tree, *object, negated, depth + 1, found);
        }
        ExprKind::Sequence { items, .. } => {
            for item in items {
                mentioned(tree, item.value, negated, depth + 1, found);
            }
        }
        // `any(path.startswith(open) for open in PUBLIC)`
        ExprKind::Comprehension { element, clauses, .. } => {
            mentioned(tree, *element, negated, depth + 1, found);
            for clause in clauses {
                mentioned(tree, clause.iter, negated, depth + 1, found);
            }
        }
        ExprKind::Name(name) => {
            // A list, a question that was asked before, or what `createRouteMatcher([…])` makes of one.
            for (_, stmt) in tree.stmts() {
                let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind else { continue };
                let here = targets
                    .iter()
                    .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == *name));
                if here {
                    let texts = super::django::strings(tree, *value);
                    if texts.is_empty() && matches!(tree.expr(*value).kind, ExprKind::Call { .. }) {
                        // `const isProtected = protectedPaths.some((path) => pathname.startsWith(path))`
                        mentioned(tree, *value, negated, depth + 1, found);
                    }
                    found.extend(
                        texts
                            .into_iter()
                            .filter(|text| text.starts_with('/') || is_name(text))
                            .map(|text| (text, negated)),
                    );
                }
            }
        }
        _ => {
            if let Some(text) = tree.string_of(expr).filter(|text| text.starts_with('/') || is_name(text)) {
                found.push((text.to_owned(), negated));
            }
        }
    }
}

/// The name of an endpoint, not of a method such as `OPTIONS`.
fn is_name(text: &str) -> bool {
    text.len() > 2
        && text.chars().any(|one| one.is_ascii_lowercase())
        && text.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_and_protected_paths_are_told_apart() {
        let scope = Scope { only: vec!["/admin(.*)".into()], except: vec!["/admin/login".into()], unclear: false };
        assert!(scope.covers("/admin/users", "users") == Covers::Yes);
        assert!(scope.covers("/admin/login", "login") == Covers::No && scope.covers("/shop", "shop") == Covers::No);
        let named = Scope { except: vec!["auth.login".into()], ..Scope::default() };
        assert!(named.covers("/in", "login") == Covers::No && named.covers("/out", "logout") == Covers::Yes);
    }
}
