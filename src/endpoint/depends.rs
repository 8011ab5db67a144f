//! FastAPI's dependencies as modules write them down: aliases of types, and objects that are made by a call.

use rustc_hash::FxHashMap;

use super::GuardKind;
use super::evidence::written;
use crate::flow::Project;
use crate::flow::facts::{FileId, Place};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{Arg, ExprId, ExprKind, Literal, PatternId, PatternKind, StmtKind, Tree};

/// Module-level names for `Annotated[…, Depends(…)]`.
pub(super) fn aliases(project: &Project) -> FxHashMap<String, Place> {
    let mut found = FxHashMap::default();
    for (at, file) in project.files.iter().enumerate() {
        let tree = &file.tree;
        if file.family != Family::Python || (tree.symbol("Depends").is_none() && tree.symbol("Security").is_none()) {
            continue;
        }
        let file_id = FileId(u32::try_from(at).unwrap_or(u32::MAX));
        for stmt in &tree.root {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            if let ([target], ExprKind::Index { .. }) = (&**targets, &tree.expr(*value).kind) {
                let name = file.source.slice(tree.pattern(*target).span);
                found.entry(name.to_owned()).or_insert(Place { file: file_id, expr: *value });
            }
        }
    }
    found
}

/// What a dependency asks for that is made by a call and not read any further: `_Write = Authenticator(required_scopes={…})`.
pub(super) fn by_what_it_is_made_with(tree: &Tree, dependency: ExprId) -> Option<GuardKind> {
    const RIGHTS: [&str; 4] = ["scope", "role", "permission", "privilege"];
    let ExprKind::Name(wanted) = tree.expr(dependency).kind else { return None };
    let made = tree.root.iter().find_map(|stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Assign { targets, value: Some(value), .. } => {
            let named =
                |target: &PatternId| matches!(tree.pattern(*target).kind, PatternKind::Name(name) if name == wanted);
            targets.iter().any(named).then_some(*value)
        }
        _ => None,
    })?;
    let ExprKind::Call { callee, args, .. } = &tree.expr(made).kind else { return None };
    let given = |arg: &&Arg| !matches!(tree.expr(arg.value).kind, ExprKind::Literal(Literal::Null));
    let asks = args.iter().filter(given).filter_map(|arg| arg.name).any(|name| {
        let name = tree.text(name).to_ascii_lowercase();
        RIGHTS.iter().any(|right| name.contains(right))
    });
    // `Authenticator(allowed={Anonymous, User})` lets those pass who show nothing.
    let anybody =
        args.iter().flat_map(|arg| Walk::node(tree, Node::Expr(arg.value)).take(200)).any(|node| match node {
            Node::Expr(expr) => {
                matches!(tree.expr(expr).kind, ExprKind::Name(name) if tree.text(name).contains("nonymous"))
            }
            _ => false,
        });
    let called = written(tree, *callee).to_ascii_lowercase();
    if anybody {
        return None;
    }
    if asks {
        return Some(GuardKind::Authorization);
    }
    (called.contains("authenticat") && !called.contains("optional")).then_some(GuardKind::Authentication)
}
