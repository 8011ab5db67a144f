//! Texts that the environment may change: the prefix of a router that is set by a variable, and what it is if nobody sets it.

use super::evidence::{Evidence, last, written};
use crate::flow::facts::{FactValue, Place};
use crate::model::schema::Constant;
use crate::syntax::{Arg, ExprId, ExprKind, LogicalOp, PatternKind, StmtId, StmtKind, Tree};

/// Calls that read a setting and are told what it is for want of one.
const READS: [&str; 7] = ["getenv", "get", "config", "str", "env", "Field", "default"];

/// What a value is where nobody sets it: `os.getenv("PREFIX", "/api")`, `settings.PREFIX` of a class that says so,
/// `process.env.PREFIX ?? "/api"`. Only if all of the project that set that name agree.
pub(super) fn text_of(evidence: &Evidence<'_>, value: &FactValue) -> Option<String> {
    let known = value.constants.iter().find_map(|one| match one {
        Constant::Str(text) => Some(text.clone()),
        _ => None,
    });
    known.or_else(|| of_place(evidence, value.expr?))
}

fn of_place(evidence: &Evidence<'_>, place: Place) -> Option<String> {
    let tree = evidence.tree(place.file);
    if let Some(text) = for_want(tree, place.expr) {
        return Some(text);
    }
    let (name, member) = match tree.expr(place.expr).kind {
        ExprKind::Name(name) => (tree.text(name), false),
        ExprKind::Member { name, .. } => (tree.text(name), true),
        _ => return None,
    };
    let mut found = Vec::new();
    for file in &evidence.project.files {
        if file.family != evidence.family(place.file) || file.tree.symbol(name).is_none() {
            continue;
        }
        set_in(&file.tree, &file.tree.root, name, &mut found);
        if member {
            file.tree.classes().for_each(|(_, class)| set_in(&file.tree, &class.body, name, &mut found));
        }
    }
    found.dedup();
    found.pop().filter(|_| found.is_empty()).flatten()
}

/// What statements set a name to, as far as that is known.
fn set_in(tree: &Tree, block: &[StmtId], name: &str, found: &mut Vec<Option<String>>) {
    for stmt in block {
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
        let named = |target: &PatternKind| matches!(target, PatternKind::Name(one) if tree.text(*one) == name);
        if targets.iter().any(|target| named(&tree.pattern(*target).kind)) {
            found.push(for_want(tree, *value));
        }
    }
}

/// The literal that an expression is for want of a setting, or in any case.
fn for_want(tree: &Tree, expr: ExprId) -> Option<String> {
    match &tree.expr(expr).kind {
        ExprKind::Logical { op: LogicalOp::Or | LogicalOp::Coalesce, right, .. } => tree.string_of(*right),
        ExprKind::Call { callee, args, .. } => {
            let called = written(tree, *callee);
            let called = last(&called);
            if !READS.contains(&called) {
                return None;
            }
            let default = |arg: &&Arg| arg.name.is_some_and(|name| tree.text(name) == "default");
            // What a variable is called is no value of it.
            let at = usize::from(!matches!(called, "Field" | "default"));
            let second = args.iter().filter(|arg| arg.name.is_none()).nth(at);
            args.iter().find(default).or(second).and_then(|arg| tree.string_of(arg.value))
        }
        _ => tree.string_of(expr),
    }
    .map(str::to_owned)
}
