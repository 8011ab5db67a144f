//! Checks that are not understood: `if not storage.contains(path): abort(404)`. What goes on past one has been looked at
//! by somebody, so that harm by it is a guess.

use super::super::value::{Ref, Taint, TaintSet, Value};
use super::Interp;
use crate::syntax::{Arg, BinaryOp, ExprId, ExprKind, LogicalOp, StmtId, StmtKind, UnaryOp};

/// How deep a condition is looked into.
const MAX_DEPTH: u32 = 5;

impl Interp<'_> {
    /// Doubts what a condition looked at in a way that is not known. In the state of the branch that goes on.
    pub(super) fn doubt_checked(&mut self, test: ExprId) {
        if self.live {
            self.doubt_in(test, 0);
        }
    }

    fn doubt_in(&mut self, test: ExprId, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        match &self.tree.expr(test).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.doubt_in(*operand, depth + 1),
            ExprKind::Await(inner) => self.doubt_in(*inner, depth + 1),
            ExprKind::Logical { op: LogicalOp::And | LogicalOp::Or, left, right } => {
                let (left, right) = (*left, *right);
                self.doubt_in(left, depth + 1);
                self.doubt_in(right, depth + 1);
            }
            ExprKind::Call { callee, args, .. } => self.doubt_by_call(*callee, args),
            ExprKind::Binary { op, left, right } => self.doubt_by_comparison(*op, *left, *right),
            _ => {}
        }
    }

    /// `x in known`, `target.origin !== base.origin`: what it is compared with is not known, but it is something.
    fn doubt_by_comparison(&mut self, op: BinaryOp, left: ExprId, right: ExprId) {
        match op {
            BinaryOp::In | BinaryOp::NotIn => self.doubt_once(left),
            BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::StrictEqual | BinaryOp::StrictNotEqual => {
                for (side, other) in [(left, right), (right, left)] {
                    let ExprKind::Member { object, name, .. } = self.tree.expr(side).kind else { continue };
                    let told = matches!(self.tree.text(name), "origin" | "host" | "hostname" | "netloc" | "parent");
                    if told && !matches!(self.tree.expr(other).kind, ExprKind::Literal(_)) {
                        self.doubt_once(object);
                    }
                }
            }
            _ => {}
        }
    }

    fn doubt_by_call(&mut self, callee: ExprId, args: &[Arg]) {
        let Some(name) = self.last_name(callee).map(words) else { return };
        let target = match self.tree.expr(callee).kind {
            ExprKind::Name(_) | ExprKind::Member { .. } => self.eval(callee),
            _ => Value::ANY,
        };
        let own = self.refs(target).iter().any(|one| matches!(one, Ref::Func(_)));
        if !own && (!self.api_nodes(target).is_empty() || !is_check(&name)) || is_plain(&name) {
            return;
        }
        for arg in args.iter().take(4) {
            self.doubt_once(arg.value);
        }
    }

    /// A statement of its own that raises where something is not as it should be: `ensure_inside(root, path)`.
    pub(super) fn doubt_by_statement(&mut self, expr: ExprId) {
        let expr = match self.tree.expr(expr).kind {
            ExprKind::Await(inner) => inner,
            _ => expr,
        };
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { return };
        if self.live && self.last_name(*callee).map(words).is_some_and(|name| insists(&name)) {
            for arg in args.iter().take(4) {
                self.doubt_once(arg.value);
            }
        }
    }

    /// A guess where nothing was guessed yet: loops look more than once.
    fn doubt_once(&mut self, place: ExprId) {
        let Some(place) = self.guarded_place(place) else { return };
        if let ExprKind::Name(name) = self.tree.expr(place).kind
            && matches!(self.tree.text(name), "req" | "request" | "ctx" | "context" | "c" | "event" | "self")
        {
            return;
        }
        let value = self.eval_quiet(place);
        if value.taint == TaintSet::CLEAN {
            return;
        }
        let doubted = |taint: Taint| Some(Taint { guessed: taint.guessed.max(1), ..taint });
        let taint = self.values.map_taint(value.taint, doubted);
        if taint != value.taint {
            self.set_place(place, Value { refs: value.refs, taint });
        }
    }

    /// Whether a block ends by leaving what it stands in.
    pub(super) fn leaves(&self, block: &[StmtId]) -> bool {
        block.last().is_some_and(|stmt| {
            matches!(self.tree.stmt(*stmt).kind, StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Continue(_))
        })
    }
}

/// A name in lower case, without what separates its words.
fn words(name: &str) -> String {
    name.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}

/// Whether a name says that something is looked at.
fn is_check(name: &str) -> bool {
    const WORDS: [&str; 22] = [
        "valid",
        "check",
        "allow",
        "safe",
        "verif",
        "permit",
        "trust",
        "inside",
        "within",
        "subpath",
        "belongs",
        "authoriz",
        "allowlist",
        "whitelist",
        "denylist",
        "blacklist",
        "block",
        "denied",
        "forbidden",
        "supported",
        "exceeds",
        "private",
    ];
    WORDS.iter().any(|word| name.contains(word))
}

/// Whether a call by such a name is there for what it refuses.
fn insists(name: &str) -> bool {
    ["check", "validate", "ensure", "assert", "verify", "guard", "requirevalid", "mustbe"]
        .iter()
        .any(|word| name.starts_with(word))
}

/// What asks only whether something is there, or of which type, says nothing of what it holds.
fn is_plain(name: &str) -> bool {
    [
        "exist",
        "isfile",
        "isdir",
        "isstring",
        "isarray",
        "isinstance",
        "hasattr",
        "isempty",
        "isnull",
        "isnone",
        "isnil",
        "isdefined",
        "len",
        "log",
        "print",
        "get",
        "find",
        "fetch",
        "load",
        "query",
        "typeof",
    ]
    .iter()
    .any(|word| name.starts_with(word))
        || name.ends_with("exists")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_told_by_their_names() {
        for name in ["is_path_inside", "isPathInside", "isAllowedHost", "check_path", "is_safe", "isPrivateAddress"] {
            assert!(is_check(&words(name)) && !is_plain(&words(name)), "{name}");
        }
        for name in ["existsSync", "path_exists", "isFile", "isString", "get_user", "findOne"] {
            assert!(is_plain(&words(name)), "{name}");
        }
        assert!(insists(&words("ensure_inside")) && insists(&words("validatePath")) && !insists(&words("isValid")));
    }
}
