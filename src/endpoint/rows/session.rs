//! Whole rows of users that a session or a middleware keeps: `req.user` holds the hash then.

use super::{Finder, Rows};
use crate::base::CodeContext;
use crate::endpoint::client::MAX_NODES;
use crate::endpoint::evidence::{Evidence, written};
use crate::flow::facts::{FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, PatternKind, StmtKind, Tree};

impl Rows<'_> {
    /// Whether who is logged in is kept with all columns: `done(null, await User.findById(id))` of `deserializeUser`,
    /// `req.user = user` of a middleware.
    pub(super) fn keeps_rows(&self, evidence: &Evidence<'_>) -> bool {
        (0u32..).map(FileId).zip(&evidence.project.files).any(|(file, info)| {
            let tree = &info.tree;
            let speaks = |name: &str| tree.symbol(name).is_some();
            let keeps = speaks("deserializeUser") || speaks("req") && speaks("user") && speaks("next");
            let serves = info.family == Family::JavaScript && info.context == CodeContext::Production;
            keeps && serves && tree.functions().any(|(id, _)| self.keeps_row(evidence, FuncRef { file, function: id }))
        })
    }

    fn keeps_row(&self, evidence: &Evidence<'_>, function: FuncRef) -> bool {
        let tree = evidence.tree(function.file);
        let body = &tree.function(function.function).body;
        // What is handed to `done`, or becomes `req.user`.
        let kept: Vec<ExprId> = Walk::block(tree, body)
            .take(MAX_NODES)
            .filter_map(|node| match node {
                Node::Stmt(stmt) => match &tree.stmt(stmt).kind {
                    StmtKind::Assign { targets, value: Some(value), .. } => {
                        targets.iter().any(|target| is_session(tree, *target)).then_some(*value)
                    }
                    _ => None,
                },
                Node::Expr(expr) => match &tree.expr(expr).kind {
                    ExprKind::Assign { target, value, .. } => is_session(tree, *target).then_some(*value),
                    ExprKind::Call { callee, args, .. } if args.len() == 2 => {
                        matches!(written(tree, *callee).as_str(), "done" | "cb").then(|| args[1].value)
                    }
                    _ => None,
                },
                Node::Pattern(_) | Node::Function(_) | Node::Class(_) => None,
            })
            .collect();
        if kept.is_empty() {
            return false;
        }
        let names = self.whole_names(evidence, function);
        let calls = |name: &str| self.hands_out(evidence, function, name);
        let family = evidence.family(function.file);
        let finder = Finder { tree, family, calls: Some(&calls), all: true, tables: &self.tables, session: false };
        kept.into_iter().any(|value| finder.is_whole(value, &names))
    }
}

/// `req.user = …`
fn is_session(tree: &Tree, target: crate::syntax::PatternId) -> bool {
    match tree.pattern(target).kind {
        PatternKind::Target(target) => matches!(written(tree, target).as_str(), "req.user" | "request.user"),
        _ => false,
    }
}
