//! What a guard that answers 403 asks for: rights that some callers have, or only whether a token is good and whether the
//! account is still in use. `if (err) return res.sendStatus(403)` after `jwt.verify` says nothing of rights.

use super::GuardKind;
use super::checks::{Polarity, answers_in, names_role, polarity};
use crate::base::SourceFile;
use crate::flow::facts::FuncRef;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, ExprId, ExprKind, StmtId, StmtKind, Tree};

/// How deep blocks are looked into.
const MAX_DEPTH: u8 = 16;
/// How many statements of one guard are looked at.
const MAX_STATEMENTS: u32 = 600;

/// What answers of a guard say of it, with 403 taken for what it asks.
pub(super) fn answers_of(tree: &Tree, source: &SourceFile, function: FuncRef) -> Vec<GuardKind> {
    let mut kinds = answers_in(tree, Node::Function(function.function));
    if kinds.contains(&GuardKind::Authorization) {
        let mut reader = Reader { tree, source, who: false, rights: false, left: MAX_STATEMENTS };
        reader.block(&tree.function(function.function).body, false, MAX_DEPTH);
        if reader.who && !reader.rights {
            kinds.retain(|kind| *kind != GuardKind::Authorization);
            kinds.push(GuardKind::Authentication);
            kinds.sort_unstable();
            kinds.dedup();
        }
    }
    kinds
}

struct Reader<'t> {
    tree: &'t Tree,
    source: &'t SourceFile,
    /// Somebody is sent away because it is not known who they are, or because their account is closed.
    who: bool,
    /// Somebody is sent away for another reason.
    rights: bool,
    left: u32,
}

impl Reader<'_> {
    /// `known`: a condition round the block asks for who calls.
    fn block(&mut self, block: &[StmtId], known: bool, depth: u8) {
        for stmt in block {
            let Some(left) = self.left.checked_sub(1) else {
                self.rights = true;
                return;
            };
            self.left = left;
            self.statement(*stmt, known, depth);
        }
    }

    fn statement(&mut self, stmt: StmtId, known: bool, depth: u8) {
        let tree = self.tree;
        let Some(depth) = depth.checked_sub(1) else {
            self.rights = true;
            return;
        };
        match &tree.stmt(stmt).kind {
            StmtKind::If { test, then, otherwise } => {
                let asks = self.asks_who(*test);
                self.block(then, asks, depth);
                self.block(otherwise, known, depth);
            }
            // What could not be verified is caught here.
            StmtKind::Try { body, handlers, otherwise, finally } => {
                self.block(body, known, depth);
                for handler in handlers {
                    self.block(&handler.body, true, depth);
                }
                self.block(otherwise, known, depth);
                self.block(finally, known, depth);
            }
            StmtKind::With { body, .. } | StmtKind::Block(body) => self.block(body, known, depth),
            StmtKind::Function(inner) => self.block(&tree.function(*inner).body, known, depth),
            _ => self.plain(stmt, known, depth),
        }
    }

    /// A statement without blocks of its own, and the functions that are written in it.
    fn plain(&mut self, stmt: StmtId, known: bool, depth: u8) {
        let tree = self.tree;
        let mut walk = Walk::node(tree, Node::Stmt(stmt));
        let mut inner = Vec::new();
        let mut left = 2000;
        let mut refuses = false;
        while let Some(node) = walk.next() {
            left -= 1;
            if left == 0 {
                self.rights = true;
                return;
            }
            match node {
                Node::Function(function) => {
                    inner.push(function);
                    walk.skip_children();
                }
                Node::Expr(expr) => refuses |= forbids(tree, expr),
                _ => {}
            }
        }
        if refuses {
            if known || says_who(self.source.slice(tree.stmt(stmt).span)) {
                self.who = true;
            } else {
                self.rights = true;
            }
        }
        for function in inner {
            self.block(&tree.function(function).body, known, depth);
        }
    }

    /// Whether a condition asks for a token, its verification, or the state of an account, and for no right.
    fn asks_who(&self, test: ExprId) -> bool {
        let lower = self.source.slice(self.tree.expr(test).span).to_ascii_lowercase();
        const RIGHTS: [&str; 18] = [
            "role",
            "admin",
            "staff",
            "owner",
            "perm",
            "scope",
            "superuser",
            "type",
            "level",
            "tier",
            "plan",
            "group",
            "allow",
            "includes",
            "team",
            "tenant",
            "manager",
            "can",
        ];
        const WHO: [&str; 10] =
            ["token", "err", "jwt", "bearer", "expired", "decoded", "payload", "session", "authheader", "apikey"];
        let words = || lower.split(|one: char| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        if names_role(&lower) || words().any(|word| RIGHTS.iter().any(|part| word.starts_with(part))) {
            return false;
        }
        if self.looks_up(test) {
            return false;
        }
        let missing = polarity(self.tree, test) == Polarity::Negative
            && words().any(|word| matches!(word, "user" | "currentuser" | "account" | "member" | "profile"));
        missing || words().any(|word| WHO.iter().any(|part| word.contains(part)) || is_state(word))
    }

    /// `area not in session["areas"]`, `"send" not in user.rights`: something is looked for among what the caller has.
    /// `"sub" not in payload` looks at a token.
    fn looks_up(&self, test: ExprId) -> bool {
        const TOKENS: [&str; 8] = ["payload", "header", "token", "decoded", "claims", "data", "auth", "cookies"];
        let tree = self.tree;
        Walk::node(tree, Node::Expr(test)).take(200).any(|node| {
            let Node::Expr(expr) = node else { return false };
            let ExprKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, left, right } = tree.expr(expr).kind else {
                return false;
            };
            let within = self.source.slice(tree.expr(right).span).to_ascii_lowercase();
            !matches!(tree.expr(left).kind, ExprKind::Literal(_)) || !TOKENS.iter().any(|word| within.contains(word))
        })
    }
}

/// 403, or a name for it.
fn forbids(tree: &Tree, expr: ExprId) -> bool {
    matches!(tree.expr(expr).kind, ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Member { .. })
        && answers_in(tree, Node::Expr(expr)).contains(&GuardKind::Authorization)
}

/// Whether what is answered speaks of a token, a login, or the state of an account.
fn says_who(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let right =
        ["permission", "privilege", "admin", "role", "not allowed", "owner"].iter().any(|word| lower.contains(word));
    !right
        && (["token", "credential", "log in", "logged in", "login", "authenticated", "session"]
            .iter()
            .any(|word| lower.contains(word))
            || lower.split(|one: char| !one.is_ascii_alphanumeric()).any(is_state))
}

/// A state that an account is in, whatever its owner may do.
fn is_state(word: &str) -> bool {
    const STATES: [&str; 20] = [
        "locked",
        "frozen",
        "suspended",
        "banned",
        "blocked",
        "disabled",
        "inactive",
        "active",
        "isactive",
        "pending",
        "verified",
        "isverified",
        "unverified",
        "emailverified",
        "deleted",
        "deactivated",
        "isbanned",
        "isblocked",
        "islocked",
        "enabled",
    ];
    STATES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_accounts_are_no_rights() {
        assert!(says_who("raise HTTPException(status_code=403, detail=\"Inactive user\")"));
        assert!(says_who("res.status(403).json({ message: 'Invalid or expired token' })"));
        assert!(!says_who("res.status(403).json({ message: 'Admin access only' })"));
        assert!(!says_who("abort(403)"));
    }
}
