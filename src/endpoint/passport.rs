//! What passport makes `req.user` of: the row that `deserializeUser` reads for each request.

use super::evidence::{Evidence, last, written};
use super::rows::Rows;
use crate::base::CodeContext;
use crate::flow::facts::{FileId, FuncRef};
use crate::syntax::ExprKind;
use crate::syntax::visit::{Node, Walk};

/// Whether `passport.deserializeUser` hands on whole rows of users.
pub(super) fn reads_whole_users(evidence: &Evidence<'_>, rows: &Rows<'_>) -> bool {
    (0u32..).map(FileId).zip(&evidence.project.files).any(|(file, info)| {
        let tree = &info.tree;
        let speaks = info.context == CodeContext::Production && tree.symbol("deserializeUser").is_some();
        speaks
            && tree.exprs().any(|(_, expr)| {
                let ExprKind::Call { callee, args, .. } = &expr.kind else { return false };
                if last(&written(tree, *callee)) != "deserializeUser" {
                    return false;
                }
                args.iter().any(|arg| match tree.expr(arg.value).kind {
                    ExprKind::Function(function) => hands_on(evidence, rows, FuncRef { file, function }),
                    _ => false,
                })
            })
    })
}

/// `done(null, user)` with a name that holds a whole row.
fn hands_on(evidence: &Evidence<'_>, rows: &Rows<'_>, function: FuncRef) -> bool {
    let names = rows.whole_names(evidence, function);
    let tree = evidence.tree(function.file);
    !names.is_empty() && Walk::block(tree, &tree.function(function.function).body).take(200).any(|node| {
        let Node::Expr(expr) = node else { return false };
        let ExprKind::Call { args, .. } = &tree.expr(expr).kind else { return false };
        matches!(args.get(1).map(|arg| &tree.expr(arg.value).kind), Some(ExprKind::Name(name)) if names.contains(name))
    })
}
