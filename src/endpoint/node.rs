//! Servers that look at the path themselves: Node's `http.createServer` and Python's `http.server`.

use super::evidence::{last, written};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, ExprId, ExprKind, FunctionId, StmtKind, Tree};

/// How many paths one handler may answer.
const MAX_PATHS: usize = 200;

/// The paths that a handler compares the request's with; `/*` where it compares with none.
pub(super) fn compared_paths(tree: &Tree, function: FunctionId) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for node in Walk::node(tree, Node::Function(function)).take(20_000) {
        match node {
            Node::Expr(expr) => match &tree.expr(expr).kind {
                ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::StrictEqual, left, right } => {
                    found.extend(compared(tree, *left, *right).or_else(|| compared(tree, *right, *left)));
                }
                ExprKind::Binary { op: BinaryOp::In, left, right } if names_path(tree, *left) => {
                    let all = super::django::strings(tree, *right);
                    found.extend(all.into_iter().filter(|text| text.starts_with('/')));
                }
                ExprKind::Call { callee, args, .. } => {
                    if let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind
                        && matches!(tree.text(name), "startswith" | "startsWith")
                        && names_path(tree, object)
                        && let Some(text) = args.first().and_then(|arg| tree.string_of(arg.value))
                        && text.starts_with('/')
                    {
                        found.push(format!("{}/*", text.trim_end_matches('/')));
                    }
                }
                _ => {}
            },
            Node::Stmt(stmt) => {
                let StmtKind::Match { subject, cases, .. } = &tree.stmt(stmt).kind else { continue };
                if !names_path(tree, *subject) {
                    continue;
                }
                for case in cases {
                    let pattern = case.pattern.map(|pattern| &tree.pattern(pattern).kind);
                    if let Some(crate::syntax::PatternKind::Value(value)) = pattern {
                        found.extend(tree.string_of(*value).filter(|text| text.starts_with('/')).map(str::to_owned));
                    }
                }
            }
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MAX_PATHS);
    if found.is_empty() { vec!["/*".to_owned()] } else { found }
}

fn compared(tree: &Tree, side: ExprId, other: ExprId) -> Option<String> {
    let text = tree.string_of(other).filter(|text| text.starts_with('/'))?;
    names_path(tree, side).then(|| text.to_owned())
}

/// `self.path`, `req.url`, `url.pathname`, `path`, `parsed.path`.
fn names_path(tree: &Tree, expr: ExprId) -> bool {
    let name = written(tree, expr);
    matches!(last(&name), "path" | "url" | "pathname" | "route" | "clean_path" | "parsed_path")
}
