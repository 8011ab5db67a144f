//! Checks of who sent something that pass where their secret is not set: `if (!secret) return true`,
//! `if (SECRET && header !== SECRET) return 401`.

use super::checks::{Polarity, leaves, polarity};
use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use crate::base::CodeContext;
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Literal, LogicalOp, StmtId, StmtKind, Tree};

/// How many of one file are told.
const MAX_PER_FILE: usize = 20;
/// How many nodes of a function are looked at.
const MAX_NODES: usize = 4000;

/// Every such check of the project.
pub(super) fn passing(evidence: &Evidence<'_>) -> Vec<Disclosure> {
    let mut found = Vec::new();
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        if info.context != CodeContext::Production || info.tree.template.is_some() {
            continue;
        }
        let text = info.source.text();
        let speaks = ["ebhook", "WEBHOOK", "ignature"].iter().any(|word| text.contains(word));
        if !speaks || !(text.contains("ecret") || text.contains("SECRET") || text.contains("ebhook_id")) {
            continue;
        }
        let slice = |expr: ExprId| info.source.slice(info.tree.expr(expr).span);
        let mut here = Vec::new();
        for (id, function) in info.tree.functions() {
            let body = info.source.slice(function.span);
            // What speaks of neither verifies something else: a captcha, a token of a user.
            let of_hook = ["ebhook", "WEBHOOK", "ignature"].iter().any(|word| body.contains(word));
            if of_hook && !["aptcha", "urnstile"].iter().any(|word| body.contains(word)) {
                let reader = Reader { tree: &info.tree, family: info.family, slice: &slice };
                here.extend(reader.tests(id));
            }
        }
        here.sort_unstable_by_key(|expr| info.tree.expr(*expr).span.start);
        here.dedup();
        found.extend(here.into_iter().take(MAX_PER_FILE).map(|expr| {
            Disclosure::told("unset-secret", evidence.locate(file, info.tree.expr(expr).span), info.context)
        }));
    }
    found
}

struct Reader<'t, 's> {
    tree: &'t Tree,
    family: Family,
    slice: &'s dyn Fn(ExprId) -> &'t str,
}

impl Reader<'_, '_> {
    /// Conditions of a function by which who sent something is not asked for.
    fn tests(&self, function: FunctionId) -> Vec<ExprId> {
        let mut found = Vec::new();
        let verifies = self.verifies(function);
        for node in Walk::own(self.tree, &self.tree.function(function).body, MAX_NODES) {
            if let Node::Expr(expr) = node
                && let Some(key) = self.empty_key(expr)
            {
                found.push(key);
            }
            let Node::Stmt(stmt) = node else { continue };
            let StmtKind::If { test, then, otherwise } = &self.tree.stmt(stmt).kind else { continue };
            let missing = verifies && self.is_missing(*test) && otherwise.is_empty() && self.passes(then);
            if missing || self.asks_where_set(*test, then) {
                found.push(*test);
            }
        }
        found
    }

    /// `createHmac("sha512", SECRET || "")`: where no secret is set, everybody knows the key.
    fn empty_key(&self, expr: ExprId) -> Option<ExprId> {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { return None };
        if last(&written(self.tree, *callee)) != "createHmac" {
            return None;
        }
        let key = args.get(1)?.value;
        match self.tree.expr(key).kind {
            ExprKind::Logical { op: LogicalOp::Or | LogicalOp::Coalesce, right, .. } => {
                (self.tree.string_of(right) == Some("")).then_some(key)
            }
            _ => None,
        }
    }

    /// Whether a function compares or computes a signature, or is called after that.
    fn verifies(&self, function: FunctionId) -> bool {
        let named = self.tree.function(function).name.is_some_and(|name| {
            let lower = self.tree.text(name).to_ascii_lowercase();
            ["verif", "valid", "check", "auth"].iter().any(|word| lower.contains(word))
                && ["sign", "webhook", "hmac", "hook"].iter().any(|word| lower.contains(word))
        });
        named
            || Walk::block(self.tree, &self.tree.function(function).body).take(MAX_NODES).any(|node| match node {
                Node::Expr(expr) => match &self.tree.expr(expr).kind {
                    ExprKind::Call { callee, .. } => matches!(
                        last(&written(self.tree, *callee)),
                        "createHmac" | "timingSafeEqual" | "compare_digest" | "constructEvent" | "construct_event"
                    ),
                    _ => false,
                },
                _ => false,
            })
    }

    /// `!secret`, `not settings.webhook_secret`, `secret is None`, and nothing else.
    fn is_missing(&self, test: ExprId) -> bool {
        polarity(self.tree, test) == Polarity::Negative
            && names_secret((self.slice)(test))
            && !Walk::node(self.tree, Node::Expr(test)).take(60).any(|node| match node {
                Node::Expr(expr) => {
                    matches!(self.tree.expr(expr).kind, ExprKind::Logical { .. } | ExprKind::Call { .. })
                        && !(self.slice)(expr).contains("env")
                }
                _ => false,
            })
    }

    /// Whether a block lets the request go on: it ends in `return`, `return true`, `return next()`, and asks for no
    /// environment by the name that platforms set themselves.
    fn passes(&self, block: &[StmtId]) -> bool {
        let Some(end) = block.last() else { return false };
        let StmtKind::Return(value) = &self.tree.stmt(*end).kind else { return false };
        let goes_on = match value.map(|value| &self.tree.expr(value).kind) {
            None | Some(ExprKind::Literal(Literal::Bool(true))) => true,
            Some(ExprKind::Literal(Literal::Null)) => self.family == Family::Python,
            Some(ExprKind::Call { callee, args, .. }) => {
                args.is_empty() && last(&written(self.tree, *callee)) == "next"
            }
            Some(_) => false,
        };
        // `res.status(500).end(); return` has answered already.
        let answered = Walk::block(self.tree, block).take(200).any(|node| match node {
            Node::Expr(expr) => match &self.tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => {
                    matches!(last(&written(self.tree, *callee)), "status" | "send" | "json" | "end" | "sendStatus")
                }
                ExprKind::Member { name, .. } => self.tree.text(*name) == "NODE_ENV",
                _ => false,
            },
            _ => false,
        });
        goes_on && !answered
    }

    /// `if (SECRET && header !== SECRET) return 401`: where it is not set, nobody is refused.
    fn asks_where_set(&self, test: ExprId, then: &[StmtId]) -> bool {
        let ExprKind::Logical { op: LogicalOp::And, left, right } = self.tree.expr(test).kind else { return false };
        let plain =
            matches!(self.tree.expr(left).kind, ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. });
        let same = |expr: ExprId| (self.slice)(expr) == (self.slice)(left);
        let compares = match &self.tree.expr(right).kind {
            ExprKind::Binary { op, left: one, right: other } => op.is_equality() && (same(*one) || same(*other)),
            // `SECRET and not verified(SECRET, signature)`
            ExprKind::Unary { operand, .. } if polarity(self.tree, right) == Polarity::Negative => {
                let calls = matches!(self.tree.expr(*operand).kind, ExprKind::Call { .. } | ExprKind::Await(_));
                calls
                    && Walk::node(self.tree, Node::Expr(*operand)).take(60).any(|node| match node {
                        Node::Expr(expr) => same(expr),
                        _ => false,
                    })
            }
            _ => false,
        };
        plain && compares && names_secret((self.slice)(left)) && leaves(self.tree, then)
    }
}

fn names_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let own =
        ["secret", "webhook_id", "webhookid", "signing_key", "signingkey"].iter().any(|word| lower.contains(word));
    own && !lower.contains("client_secret") && !lower.contains("jwt")
}
