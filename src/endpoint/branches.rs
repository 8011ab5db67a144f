//! Checks that stand in the branch of one method: they say nothing of what the other branches of the handler change.

use super::effects::EffectKind;
use super::evidence::{Evidence, last, written};
use super::{Endpoint, GuardKind};
use crate::base::Span;
use crate::flow::facts::FuncRef;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, StmtId, StmtKind, Tree};

/// How many nodes of a handler are looked at.
const MAX_NODES: usize = 4000;

/// Lines from the first to the last of a branch.
type Lines = (u32, u32);

/// Takes away the checks of a route that hold in one branch only, where another branch changes something unasked.
pub(super) fn drop_partial(evidence: &Evidence<'_>, handler: FuncRef, endpoint: &mut Endpoint) {
    let asks =
        |kind: GuardKind| matches!(kind, GuardKind::Authentication | GuardKind::Authorization | GuardKind::Signature);
    let changes = |kind: EffectKind| matches!(kind, EffectKind::Write | EffectKind::Delete);
    if !endpoint.guards.iter().any(|guard| asks(guard.kind))
        || endpoint.effects.iter().filter(|effect| changes(effect.kind)).count() < 2
    {
        return;
    }
    let file = evidence.project.file(handler.file);
    let lines = |span: crate::base::Span| (file.source.line_of(span.start), file.source.line_of(span.end));
    let whole = lines(file.tree.function(handler.function).span);
    let branches: Vec<Lines> = Walk::node(&file.tree, Node::Function(handler.function))
        .take(MAX_NODES)
        .filter_map(|node| {
            let Node::Stmt(stmt) = node else { return None };
            let StmtKind::If { test, then, .. } = &file.tree.stmt(stmt).kind else { return None };
            let (first, end) = (then.first()?, then.last()?);
            let span = file.tree.stmt(*first).span.cover(file.tree.stmt(*end).span);
            is_method(&file.tree, *test).then(|| lines(span))
        })
        .collect();
    if branches.is_empty() {
        return;
    }
    let here = |location: &crate::base::Location| {
        location.path == *file.source.path() && (whole.0..=whole.1).contains(&location.line)
    };
    let branch_of = |line: u32| branches.iter().find(|(first, end)| (*first..=*end).contains(&line)).copied();
    let mut held: Vec<Lines> = Vec::new();
    for guard in endpoint.guards.iter().filter(|guard| asks(guard.kind)) {
        match branch_of(guard.location.line).filter(|_| here(&guard.location)) {
            Some(branch) => held.push(branch),
            // What asks outside of the branches asks for all of them.
            None => return,
        }
    }
    let open = endpoint.effects.iter().any(|effect| {
        changes(effect.kind)
            && here(&effect.location)
            && branch_of(effect.location.line).is_none_or(|branch| !held.contains(&branch))
    });
    if open {
        endpoint.guards.retain(|guard| !asks(guard.kind));
    }
}

/// Whether two places of a handler stand in the two arms of one condition, so that whoever comes to one does not come to the
/// other.
pub(super) fn apart(tree: &Tree, handler: FunctionId, one: Span, other: Span) -> bool {
    let arm = |block: &[StmtId]| {
        let (first, end) = (block.first()?, block.last()?);
        Some(tree.stmt(*first).span.cover(tree.stmt(*end).span))
    };
    Walk::node(tree, Node::Function(handler)).take(MAX_NODES).any(|node| {
        let Node::Stmt(stmt) = node else { return false };
        let StmtKind::If { then, otherwise, .. } = &tree.stmt(stmt).kind else { return false };
        let (Some(then), Some(otherwise)) = (arm(then), arm(otherwise)) else { return false };
        then.contains(one) && otherwise.contains(other) || then.contains(other) && otherwise.contains(one)
    })
}

/// `request.method == "DELETE"`, and nothing else.
fn is_method(tree: &Tree, test: ExprId) -> bool {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let ExprKind::Binary { op, left, right } = tree.expr(test).kind else { return false };
    let named = |side: ExprId| tree.string_of(side).is_some_and(|text| METHODS.contains(&text));
    let asked = |side: ExprId| last(&written(tree, side)) == "method";
    op.is_equality() && (named(left) && asked(right) || named(right) && asked(left))
}
