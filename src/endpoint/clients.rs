//! Clients of server actions (`next-safe-action`): what the middleware of `const adminClient = base.use(…)` asks for, is
//! asked of whoever calls an action that is made with it. And what decorators ask for by their names.

use super::GuardKind;
use super::checks::answers_in;
use super::evidence::{Evidence, written};
use crate::flow::facts::{FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::Node;
use crate::syntax::{ExprId, ExprKind, PatternKind, StmtKind, Tree};

/// How many clients are built on one another.
const MAX_DEPTH: u8 = 4;
/// How many calls of a chain are looked at.
const MAX_CHAIN: usize = 12;
/// What makes the first client.
const MAKERS: [&str; 2] = ["createSafeActionClient", "createServerActionProcedure"];

impl Evidence<'_> {
    /// What the client of a name asks for; `None` where the project defines no such client, or two.
    pub(super) fn action_client(&self, name: &str) -> Option<Vec<GuardKind>> {
        self.client(name, MAX_DEPTH)
    }

    fn client(&self, name: &str, depth: u8) -> Option<Vec<GuardKind>> {
        let depth = depth.checked_sub(1)?;
        let mut definitions = (0u32..).map(FileId).zip(&self.project.files).filter_map(|(file, info)| {
            if info.family != Family::JavaScript {
                return None;
            }
            Some((file, defined(&info.tree, name)?))
        });
        let (file, value) = definitions.next()?;
        if definitions.next().is_some() {
            return None;
        }
        self.chain(file, value, depth)
    }

    /// `base.use(a).use(b)`, `createSafeActionClient({ … }).use(a)`
    fn chain(&self, file: FileId, value: ExprId, depth: u8) -> Option<Vec<GuardKind>> {
        let tree = self.tree(file);
        let mut kinds = Vec::new();
        let mut at = value;
        for _ in 0..MAX_CHAIN {
            match &tree.expr(at).kind {
                ExprKind::Name(name) => {
                    kinds.extend(self.client(tree.text(*name), depth)?);
                    break;
                }
                ExprKind::Call { callee, args, .. } => {
                    let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else {
                        if !MAKERS.contains(&written(tree, *callee).as_str()) {
                            return None;
                        }
                        // Middleware of older versions stands in the options.
                        kinds.extend(args.iter().flat_map(|arg| answers_in(tree, Node::Expr(arg.value))));
                        break;
                    };
                    if tree.text(name) == "use" {
                        kinds.extend(args.iter().flat_map(|arg| self.middleware(file, arg.value)));
                    }
                    at = object;
                }
                _ => return None,
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        Some(kinds)
    }

    fn middleware(&self, file: FileId, value: ExprId) -> Vec<GuardKind> {
        let function = match self.tree(file).expr(value).kind {
            ExprKind::Function(function) => Some(FuncRef { file, function }),
            _ => self.by_name(file, value).function,
        };
        let Some(function) = function else { return Vec::new() };
        let mut kinds = self.refusals(function, true, 3);
        kinds.extend(answers_in(self.tree(function.file), Node::Function(function.function)));
        kinds
    }
}

/// `is_admin`, `has_role`: the name of a decorator that asks who somebody is.
pub(super) fn asks_for_role(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let roles =
        ["admin", "staff", "superuser", "organizer", "moderator", "manager", "editor", "owner", "role", "permission"];
    ["is_", "has_"].iter().any(|start| lower.starts_with(start)) && roles.iter().any(|role| lower.contains(role))
}

/// The value that a top-level variable of a name is given, where that is a chain of calls.
fn defined(tree: &Tree, name: &str) -> Option<ExprId> {
    let symbol = tree.symbol(name)?;
    tree.root.iter().find_map(|stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Assign { targets, value: Some(value), .. } => {
            let here = targets
                .iter()
                .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(of) if of == symbol));
            (here && matches!(tree.expr(*value).kind, ExprKind::Call { .. } | ExprKind::Name(_))).then_some(*value)
        }
        _ => None,
    })
}
