//! Which functions of the project a handler runs, and which of their parameters hold what the client sent.

use rustc_hash::FxHashSet;

use super::client::{Client, MAX_NODES, Sent};
use super::evidence::{Evidence, last, written};
use crate::flow::facts::{Facts, FuncRef};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprKind, ParamKind, PatternKind, Symbol};

/// How many calls deep a handler is followed.
const MAX_DEPTH: u8 = 3;
/// How many functions one handler is followed into.
const MAX_FUNCTIONS: usize = 48;

/// A function that a handler runs.
pub(super) struct Reached {
    pub function: FuncRef,
    /// How many calls below the handler; 0 is the handler itself.
    pub depth: u8,
    /// Parameters that hold what the client sent.
    pub given: Vec<(Symbol, Sent)>,
}

/// The handler and what it calls, nearest first.
pub(super) fn reached(
    evidence: &Evidence<'_>,
    facts: &Facts,
    handler: FuncRef,
    given: Vec<(Symbol, Sent)>,
) -> Vec<Reached> {
    let mut seen: FxHashSet<FuncRef> = FxHashSet::default();
    seen.insert(handler);
    let mut found = vec![Reached { function: handler, depth: 0, given }];
    let mut at = 0;
    while at < found.len() && found.len() < MAX_FUNCTIONS {
        let current = &found[at];
        if current.depth < MAX_DEPTH {
            let next = called(evidence, facts, current);
            found.extend(next.into_iter().filter(|reached| seen.insert(reached.function)));
        }
        at += 1;
    }
    found.truncate(MAX_FUNCTIONS);
    found
}

fn called(evidence: &Evidence<'_>, facts: &Facts, current: &Reached) -> Vec<Reached> {
    let root = facts.roots.get(&current.function).copied().unwrap_or(current.function);
    let callees = facts.callees.get(&root).map(Vec::as_slice).unwrap_or_default();
    if callees.is_empty() {
        return Vec::new();
    }
    let tree = evidence.tree(current.function.file);
    let family = evidence.family(current.function.file);
    let client = Client::new(tree, family, current.function.function, &current.given);
    let mut found = Vec::new();
    for node in Walk::node(tree, Node::Function(current.function.function)).take(MAX_NODES) {
        let Node::Expr(expr) = node else { continue };
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
        let name = written(tree, *callee);
        let name = last(&name);
        if name.is_empty() {
            continue;
        }
        for target in callees.iter().filter(|target| evidence.name_of(**target, "") == name) {
            let theirs = evidence.tree(target.file);
            let params = &theirs.function(target.function).params;
            let skip = usize::from(params.first().is_some_and(|param| match theirs.pattern(param.pattern).kind {
                PatternKind::Name(first) => matches!(theirs.text(first), "self" | "cls"),
                _ => false,
            }));
            let mut given = Vec::new();
            for (position, arg) in args.iter().enumerate() {
                let Some(sent) = client.of(arg.value) else { continue };
                let named = arg.name.map(|name| tree.text(name));
                let param = params.iter().skip(skip).enumerate().find(|(at, param)| {
                    match (named, &theirs.pattern(param.pattern).kind) {
                        (Some(named), PatternKind::Name(name)) => theirs.text(*name) == named,
                        (None, _) => *at == position && !matches!(param.kind, ParamKind::KeywordOnly),
                        _ => false,
                    }
                });
                if let Some((_, param)) = param
                    && let PatternKind::Name(name) = theirs.pattern(param.pattern).kind
                {
                    given.push((name, sent));
                }
            }
            found.push(Reached { function: *target, depth: current.depth + 1, given });
        }
    }
    found
}
