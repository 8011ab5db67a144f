//! Requests that something else watches over: an agent, a dispatcher or a look-up that refuses some hosts.

use super::super::facts::{FileId, Place};
use super::super::project::Project;
use super::super::value::Ref;
use super::Interp;
use crate::syntax::{Arg, ExprId, ExprKind, Key, PatternKind, StmtKind, Tree};

/// Options of a request that decide what is connected to.
const OPTIONS: [&str; 7] = ["agent", "httpAgent", "httpsAgent", "dispatcher", "lookup", "beforeRedirect", "connector"];
/// Words in the name of something that refuses hosts.
const WORDS: [&str; 9] = ["ssrf", "private", "filter", "safe", "guard", "public", "restrict", "blocklist", "denylist"];

impl Interp<'_> {
    /// `axios.get(url, { httpAgent: ssrfFilter(url) })`, and the same said where the client was made.
    pub(super) fn has_own_agent(&mut self, call: ExprId, callee: ExprId) -> bool {
        if let ExprKind::Call { args, .. } = &self.tree.expr(call).kind
            && gives_agent(self.project, self.file, args)
        {
            return true;
        }
        let object = match self.tree.expr(callee).kind {
            ExprKind::Member { object, .. } => object,
            ExprKind::Name(_) => callee,
            _ => return false,
        };
        let receiver = self.eval_quiet(object);
        self.refs(receiver).into_iter().any(|one| {
            let Ref::Api(_, Some(Place { file, expr })) = one else { return false };
            let ExprKind::Call { args, .. } = &self.project.file(file).tree.expr(expr).kind else { return false };
            gives_agent(self.project, file, args)
        })
    }
}

fn gives_agent(project: &Project, file: FileId, args: &[Arg]) -> bool {
    let tree = &project.file(file).tree;
    args.iter().any(|arg| {
        let ExprKind::Map { entries } = &tree.expr(arg.value).kind else { return false };
        entries.iter().any(|entry| {
            matches!(entry.key, Some(Key::Static(key, _)) if OPTIONS.contains(&tree.text(key)))
                && refuses_hosts(project, file, entry.value, 6)
        })
    })
}

/// Whether an agent is one that refuses hosts: told by its name, by that of the function or class that makes it, or by
/// what a variable of that name is made from.
fn refuses_hosts(project: &Project, file: FileId, expr: ExprId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let tree = &project.file(file).tree;
    let below = |expr: ExprId| refuses_hosts(project, file, expr, depth);
    let named = |name: &str| {
        let name = name.to_ascii_lowercase();
        WORDS.iter().any(|word| name.contains(word))
    };
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => {
            named(tree.text(*name))
                || made(tree, expr).is_some_and(|value| value != expr && below(value))
                || super::schema::function_named(project, file, *name)
                    .is_some_and(|(file, function)| refuses(project, file, function))
        }
        ExprKind::Member { name, object, .. } => named(tree.text(*name)) || below(*object),
        ExprKind::Call { callee, args, .. } => below(*callee) || args.iter().any(|arg| below(arg.value)),
        ExprKind::Conditional { then, otherwise, .. } => below(*then) || below(*otherwise),
        ExprKind::Logical { left, right, .. } => below(*left) || below(*right),
        ExprKind::Function(function) => refuses(project, file, *function),
        ExprKind::Map { entries } => entries.iter().any(|entry| below(entry.value)),
        _ => false,
    }
}

/// A function that throws, or calls back with an error.
fn refuses(project: &Project, file: FileId, function: crate::syntax::FunctionId) -> bool {
    project.refuses(project.func_id(file, function))
}

/// What the variable of a name is made from, where it is declared with a value in this file.
fn made(tree: &Tree, expr: ExprId) -> Option<ExprId> {
    let ExprKind::Name(wanted) = tree.expr(expr).kind else { return None };
    tree.stmts().find_map(|(_, stmt)| match &stmt.kind {
        StmtKind::Assign { targets, value: Some(value), .. } => match targets.as_ref() {
            [target] if matches!(tree.pattern(*target).kind, PatternKind::Name(name) if name == wanted) => Some(*value),
            _ => None,
        },
        _ => None,
    })
}
