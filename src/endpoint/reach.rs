//! Which functions of the project a handler runs, and which of their parameters hold what the client sent.

use std::cell::OnceCell;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::client::{Client, MAX_NODES, Sent};
use super::evidence::{Evidence, last, written};
use crate::base::{Location, Span};
use crate::flow::facts::{Facts, FuncRef};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, ParamKind, PatternKind, Symbol, Tree};

/// How many calls deep a handler is followed.
const MAX_DEPTH: u8 = 3;
/// How many functions one handler is followed into.
const MAX_FUNCTIONS: usize = 48;

/// A function that a handler runs.
pub(super) struct Reached<'t> {
    pub function: FuncRef,
    /// How many calls below the handler; 0 is the handler itself.
    pub depth: u8,
    pub tree: &'t Tree,
    /// What of it the client sent, told once for everybody who asks.
    pub client: Client<'t>,
    /// What answers the request was given to it along with the request, and is followed where it was given.
    adapts: bool,
    /// The call in the handler that leads to it.
    via: Option<Span>,
    /// The expressions in it: some fifty questions look at them.
    exprs: OnceCell<Rc<[ExprId]>>,
}

impl<'t> Reached<'t> {
    /// `given` tells of parameters what they hold of what the client sent.
    fn new(evidence: &Evidence<'t>, function: FuncRef, depth: u8, given: &[(Symbol, Sent)]) -> Self {
        let tree = evidence.tree(function.file);
        let client = Client::new(tree, evidence.family(function.file), function.function, given);
        Self { function, depth, tree, client, adapts: false, via: None, exprs: OnceCell::new() }
    }

    /// Everything in it, within the limit.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> + use<'t> {
        Walk::node(self.tree, Node::Function(self.function.function)).take(MAX_NODES)
    }

    /// The expressions in it, within the limit.
    pub(super) fn exprs(&self) -> impl Iterator<Item = ExprId> + use<'t> {
        let found = self.exprs.get_or_init(|| {
            let exprs = self.nodes().filter_map(|node| match node {
                Node::Expr(expr) => Some(expr),
                _ => None,
            });
            exprs.collect()
        });
        let found = Rc::clone(found);
        (0..found.len()).map(move |at| found[at])
    }

    /// The place in the handler that an expression of it belongs to: the call that leads here.
    pub(super) fn in_handler(&self, expr: ExprId) -> Option<Span> {
        if self.depth == 0 { Some(self.tree.expr(expr).span) } else { self.via }
    }

    /// Where an expression of it stands.
    pub(super) fn locate(&self, evidence: &Evidence<'_>, expr: ExprId) -> Location {
        evidence.locate(self.function.file, self.tree.expr(expr).span)
    }
}

/// The handler and what it calls, nearest first.
pub(super) fn reached<'t>(
    evidence: &Evidence<'t>,
    facts: &Facts,
    handler: FuncRef,
    given: &[(Symbol, Sent)],
) -> Vec<Reached<'t>> {
    let mut seen: FxHashSet<FuncRef> = FxHashSet::default();
    seen.insert(handler);
    let mut found = vec![Reached::new(evidence, handler, 0, given)];
    let mut at = 0;
    while at < found.len() && found.len() < MAX_FUNCTIONS {
        let current = &found[at];
        if current.depth < MAX_DEPTH {
            let depth = current.depth + 1;
            for Called { function, given, adapts, call } in called(evidence, facts, current) {
                if seen.insert(function) {
                    let mut next = Reached::new(evidence, function, depth, &given);
                    next.adapts = adapts;
                    next.via = found[at].in_handler(call);
                    found.push(next);
                }
            }
        }
        at += 1;
    }
    found.truncate(MAX_FUNCTIONS);
    found
}

/// Whether what is called is a parameter of the function.
fn is_parameter(current: &Reached<'_>, callee: ExprId) -> bool {
    let tree = current.tree;
    let ExprKind::Name(name) = tree.expr(callee).kind else { return false };
    let params = &tree.function(current.function.function).params;
    params.iter().any(|param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(known) if known == name))
}

/// A function that is called.
struct Called {
    function: FuncRef,
    /// What its parameters are given of what the client sent.
    given: Vec<(Symbol, Sent)>,
    /// Whether it was also given what answers.
    adapts: bool,
    call: ExprId,
}

/// The functions that one calls, with what their parameters are given, and whether they were also given what answers.
fn called(evidence: &Evidence<'_>, facts: &Facts, current: &Reached<'_>) -> Vec<Called> {
    let root = facts.roots.get(&current.function).copied().unwrap_or(current.function);
    let callees = facts.callees.get(&root).map(Vec::as_slice).unwrap_or_default();
    let tree = current.tree;
    let mut found = Vec::new();
    for expr in current.exprs() {
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
        // `adapt(context.request, handler)`: what is given along with the request answers it.
        let before = found.len();
        if args.len() > 1 && args.iter().any(|arg| current.client.of(arg.value) == Some(Sent::Request)) {
            let named = args.iter().filter_map(|arg| match tree.expr(arg.value).kind {
                ExprKind::Name(name) => evidence.function_named(current.function.file, tree.text(name)),
                _ => None,
            });
            found.extend(named.map(|function| Called { function, given: Vec::new(), adapts: false, call: expr }));
        }
        let adapts = found.len() > before;
        if callees.is_empty() {
            continue;
        }
        let name = written(tree, *callee);
        let name = last(&name);
        if name.is_empty() || current.adapts && is_parameter(current, *callee) {
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
                let Some(sent) = current.client.of(arg.value) else { continue };
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
            found.push(Called { function: *target, given, adapts, call: expr });
        }
    }
    found
}
