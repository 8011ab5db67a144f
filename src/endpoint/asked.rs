//! Checks that are told by what they are given and by what is answered, not by their names: a helper that is handed the
//! request and after which who is not known gets 401, a helper whose own body refuses, a handler that hands on.

use rustc_hash::FxHashSet;

use super::GuardKind;
use super::body::{Body, Told};
use super::checks::{Polarity, answers_in, compares_secret, leaves, polarity, throws};
use super::evidence::{Evidence, last, written};
use crate::base::Span;
use crate::flow::facts::FuncRef;
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{Arg, ExprId, ExprKind, Key, Literal, LogicalOp, PatternKind, StmtId, StmtKind, Symbol, Tree};

/// How many functions a handler may hand on to.
const MAX_HANDED: usize = 12;
/// How many nodes of a body are looked at.
const MAX_NODES: usize = 8_000;

impl Evidence<'_> {
    /// What a function of the project asks of whoever calls, by its body: `shown` if it is handed the request.
    pub(super) fn refusals(&self, function: FuncRef, shown: bool, depth: u8) -> Vec<GuardKind> {
        let Some(below) = depth.checked_sub(1) else { return Vec::new() };
        if let Some(known) = self.refused.borrow().get(&(function, shown, depth)) {
            return known.clone();
        }
        // What calls itself again asks nothing new.
        self.refused.borrow_mut().insert((function, shown, depth), Vec::new());
        let tree = self.tree(function.file);
        let mut kinds = Vec::new();
        if !begins_session(&self.name_of(function, "")) {
            let of_caller = |kind: &GuardKind| {
                matches!(kind, GuardKind::Authentication | GuardKind::Authorization | GuardKind::Signature)
            };
            kinds.extend(self.of_body_at(function, below).into_iter().map(|guard| guard.kind).filter(of_caller));
            let text = self.project.file(function.file).source.slice(tree.function(function.function).span);
            if !text.to_ascii_lowercase().contains("password") {
                let answers = |node| answers_in(tree, node).contains(&GuardKind::Authentication);
                let whole = shown && answers(Node::Function(function.function));
                if whole || refuses_unknown(tree, &tree.function(function.function).body, 0) {
                    kinds.push(GuardKind::Authentication);
                }
            }
            kinds.sort_unstable();
            kinds.dedup();
        }
        self.refused.borrow_mut().insert((function, shown, depth), kinds.clone());
        kinds
    }
}

/// Whether every call comes by a condition that sends away who is not known: `if (!user) throw new Unauthorized()`.
fn refuses_unknown(tree: &Tree, block: &[StmtId], depth: u8) -> bool {
    depth < 4
        && block.iter().any(|stmt| match &tree.stmt(*stmt).kind {
            StmtKind::If { test, then, .. } => {
                polarity(tree, *test) != Polarity::Positive
                    && leaves(tree, then)
                    && then.iter().any(|stmt| answers_in(tree, Node::Stmt(*stmt)).contains(&GuardKind::Authentication))
            }
            StmtKind::Try { body, .. } => refuses_unknown(tree, body, depth + 1),
            StmtKind::Block(body) => refuses_unknown(tree, body, depth + 1),
            _ => false,
        })
}

impl Body<'_, '_> {
    /// A call that is no guard by its name: a helper of the project whose body refuses, or whatever is handed the request.
    pub(super) fn asked(&mut self, name: &str, span: Span, args: &[Arg], function: Option<FuncRef>) {
        let shown = args.iter().any(|arg| shows_caller(self.tree, arg.value, 4));
        let kinds = function.map(|function| self.evidence.refusals(function, shown, self.depth)).unwrap_or_default();
        if let Some(function) = function.filter(|_| !kinds.is_empty()) {
            let lookup = !throws(self.evidence.tree(function.file), function);
            let told = |kind| Told { kind, name: name.to_owned(), span, lookup, weak: false };
            self.told.extend(kinds.into_iter().map(told));
            return;
        }
        // `verifyWebhook(headers)` that only asks whether they are there.
        let looks = function.is_some_and(|one| super::near::only_looks(self.evidence.tree(one.file), one));
        if shown && !looks && !only_reads(last(name)) {
            let signed = self.slice(span).contains("ignature");
            let kind = if signed { GuardKind::Signature } else { GuardKind::Authentication };
            self.told.push(Told { kind, name: name.to_owned(), span, lookup: true, weak: true });
        }
    }

    /// Parameters that say who calls, and names of the function round it: a wrapper has looked them up.
    pub(super) fn given(&self) -> Vec<(Symbol, Told)> {
        if self.family != Family::JavaScript {
            return Vec::new();
        }
        let tree = self.tree;
        let node = tree.function(self.function.function);
        let mut found = Vec::new();
        for param in &node.params {
            for inner in Walk::node(tree, Node::Pattern(param.pattern)).take(64) {
                let Node::Pattern(inner) = inner else { continue };
                let PatternKind::Name(name) = tree.pattern(inner).kind else { continue };
                let text = tree.text(name);
                if says_who(text) {
                    let weak = !matches!(text, "session" | "authentication" | "currentUser");
                    let told = Told {
                        kind: GuardKind::Authentication,
                        name: text.to_owned(),
                        span: tree.pattern(inner).span,
                        lookup: true,
                        weak,
                    };
                    found.push((name, told));
                }
            }
        }
        found
    }

    /// A cookie that is only there, whatever it holds: nothing is handed it, nothing is compared with it.
    pub(super) fn only_there(&self, at: usize) -> bool {
        let told = &self.told[at];
        if !told.lookup
            || told.kind != GuardKind::Authentication
            || !matches!(last(&told.name), "cookies" | "authorization")
        {
            return false;
        }
        let tree = self.tree;
        let holds = |expr: ExprId| {
            Walk::node(tree, Node::Expr(expr)).take(80).any(|node| match node {
                Node::Expr(inner) => match tree.expr(inner).kind {
                    ExprKind::Name(name) => self.variables.get(&name).is_some_and(|held| held.contains(&at)),
                    _ => tree.expr(inner).span == told.span,
                },
                _ => false,
            })
        };
        let used = Walk::node(tree, Node::Function(self.function.function)).take(MAX_NODES).any(|node| match node {
            Node::Expr(expr) => match &tree.expr(expr).kind {
                ExprKind::Call { callee, args, .. } => {
                    let name = written(tree, *callee);
                    !matches!(last(&name), "Boolean" | "String" | "bool" | "log" | "get" | "has")
                        && args.iter().any(|arg| holds(arg.value))
                }
                ExprKind::Binary { left, right, .. } => {
                    let plain = |expr: ExprId| {
                        matches!(
                            tree.expr(expr).kind,
                            ExprKind::Literal(Literal::Null | Literal::Undefined | Literal::Bool(_))
                        )
                    };
                    !plain(*left) && !plain(*right) && (holds(*left) || holds(*right))
                }
                _ => false,
            },
            Node::Stmt(stmt) => match &tree.stmt(stmt).kind {
                StmtKind::Return(Some(value)) => holds(*value),
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    targets.iter().any(|target| matches!(tree.pattern(*target).kind, PatternKind::Target(_)))
                        && holds(*value)
                }
                _ => false,
            },
            _ => false,
        });
        !used
    }

    /// Whether a condition that sends away holds only for those of whom something is known.
    pub(super) fn passes_strangers(&self, test: ExprId) -> bool {
        let mut pending = vec![test];
        let mut parts = Vec::new();
        while let Some(at) = pending.pop() {
            match &self.tree.expr(at).kind {
                ExprKind::Logical { op: LogicalOp::And, left, right } if parts.len() < 16 => {
                    pending.extend([*left, *right]);
                }
                _ => parts.push(at),
            }
        }
        let plain = |at: ExprId| {
            matches!(
                self.tree.expr(at).kind,
                ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. } | ExprKind::Call { .. }
            )
        };
        parts.len() > 1
            && parts.into_iter().any(|at| {
                plain(at) && self.direct(at).iter().any(|told| self.told[*told].kind == GuardKind::Authentication)
            })
    }

    /// Whether a block answers as to somebody who is not known.
    pub(super) fn answers_unknown(&self, block: &[StmtId]) -> bool {
        block.iter().any(|stmt| answers_in(self.tree, Node::Stmt(*stmt)).contains(&GuardKind::Authentication))
    }

    /// Whether a function computes the signature that a condition compares: `createHmac(…).digest("hex") !== header`.
    pub(super) fn computes_signature(&self, test: &str) -> bool {
        let text = self.slice(self.tree.function(self.function.function).span);
        ["signature", "hmac", "digest", "hash"].iter().any(|word| test.contains(word))
            && ["createHmac(", "subtle.sign(", "hmac.new(", "HmacSHA"].iter().any(|sign| text.contains(sign))
    }

    /// Functions that a handler hands its request on to: what all of them ask, it asks.
    pub(super) fn handed_on(&mut self) {
        let Some(below) = self.depth.checked_sub(1).filter(|_| self.family == Family::JavaScript) else { return };
        let mut targets: FxHashSet<FuncRef> = FxHashSet::default();
        for call in self.last_calls() {
            let ExprKind::Call { callee, args, .. } = &self.tree.expr(call).kind else { continue };
            // `return adapt(context.request, handler)`: what is handed on is answered by another function.
            let of_given = |arg: &crate::syntax::Arg| match self.tree.expr(arg.value).kind {
                ExprKind::Member { object, .. } => self.is_given(object),
                _ => self.is_given(arg.value),
            };
            if args.iter().any(of_given) {
                let functions = args.iter().filter_map(|arg| self.function_given(arg.value));
                let handled: Vec<_> =
                    functions.flat_map(|function| self.evidence.of_body_at(function, below)).collect();
                self.found.extend(handled);
            }
            if !args.iter().any(|arg| self.is_given(arg.value)) {
                continue;
            }
            let name = written(self.tree, *callee);
            let function = self.evidence.function_named(self.function.file, &name);
            targets.extend(function.filter(|function| *function != self.function && !name.is_empty()));
        }
        if targets.is_empty() || targets.len() > MAX_HANDED {
            return;
        }
        let mut targets: Vec<FuncRef> = targets.into_iter().collect();
        targets.sort_unstable();
        let mut all = targets.into_iter().map(|function| self.evidence.of_body_at(function, below));
        let mut kept = all.next().unwrap_or_default();
        for other in all {
            kept.retain(|guard| other.iter().any(|known| known.kind == guard.kind));
        }
        self.found.extend(kept);
    }

    /// A function of the project that a call is given by its name.
    fn function_given(&self, expr: ExprId) -> Option<FuncRef> {
        let ExprKind::Name(name) = self.tree.expr(expr).kind else { return None };
        let found = self.evidence.function_named(self.function.file, self.tree.text(name))?;
        (found != self.function).then_some(found)
    }

    /// `const known = header === env.CRON_SECRET; if (!known) return 401`: the comparison stands in a variable.
    pub(super) fn compared_before(&self, test: ExprId) -> bool {
        let tree = self.tree;
        let mut names: Vec<Symbol> = Vec::new();
        for node in Walk::node(tree, Node::Expr(test)).take(40) {
            let Node::Expr(expr) = node else { continue };
            match tree.expr(expr).kind {
                ExprKind::Name(name) => names.push(name),
                ExprKind::Unary { .. } | ExprKind::Logical { .. } => {}
                _ => return false,
            }
        }
        let compares = |value: ExprId| {
            compares_secret(self.text(value))
                && Walk::node(tree, Node::Expr(value)).take(60).any(|node| match node {
                    Node::Expr(expr) => match &tree.expr(expr).kind {
                        ExprKind::Binary { op, left, right } => {
                            let constant = |side: ExprId| matches!(tree.expr(side).kind, ExprKind::Literal(_));
                            op.is_equality() && !constant(*left) && !constant(*right)
                        }
                        // `header.includes(SERVICE_KEY)`: of a key that is no constant.
                        ExprKind::Call { callee, args, .. } => {
                            let key = |value: ExprId| {
                                compares_secret(self.text(value))
                                    && !matches!(tree.expr(value).kind, ExprKind::Literal(_))
                            };
                            matches!(last(&written(tree, *callee)), "includes" | "endsWith" | "compare_digest")
                                && args.iter().any(|arg| key(arg.value))
                        }
                        _ => false,
                    },
                    _ => false,
                })
        };
        let body = &tree.function(self.function.function).body;
        !names.is_empty()
            && Walk::block(tree, body).take(MAX_NODES).any(|node| {
                let Node::Stmt(stmt) = node else { return false };
                let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { return false };
                let held = |target: &crate::syntax::PatternId| match tree.pattern(*target).kind {
                    PatternKind::Name(name) => names.contains(&name),
                    _ => false,
                };
                targets.iter().any(held) && compares(*value)
            })
    }

    /// Calls whose results a function answers with, and the one that it ends with.
    fn last_calls(&self) -> Vec<ExprId> {
        let tree = self.tree;
        let body = &tree.function(self.function.function).body;
        let mut found = Vec::new();
        let mut add = |expr: ExprId| {
            let expr = match tree.expr(expr).kind {
                ExprKind::Await(inner) => inner,
                _ => expr,
            };
            if matches!(tree.expr(expr).kind, ExprKind::Call { .. }) {
                found.push(expr);
            }
        };
        for node in Walk::own(tree, body, MAX_NODES) {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Return(Some(value)) = tree.stmt(stmt).kind
            {
                add(value);
            }
        }
        if let Some(StmtKind::Expr(expr)) = body.last().map(|stmt| &tree.stmt(*stmt).kind) {
            add(*expr);
        }
        found
    }

    /// Whether an expression is a parameter of the function: its request.
    fn is_given(&self, expr: ExprId) -> bool {
        let ExprKind::Name(name) = self.tree.expr(expr).kind else { return false };
        let text = self.tree.text(name);
        let request = matches!(text, "req" | "request" | "ctx" | "c" | "context" | "event" | "_req" | "args");
        let params = &self.tree.function(self.function.function).params;
        request
            && params
                .iter()
                .any(|param| matches!(self.tree.pattern(param.pattern).kind, PatternKind::Name(known) if known == name))
    }
}

/// Names of who calls.
fn says_who(name: &str) -> bool {
    matches!(
        name,
        "session" | "authentication" | "currentUser" | "user" | "auth" | "token" | "viewer" | "identity" | "principal"
    )
}

/// Whether an argument shows who calls: the request as a whole, its headers or cookies, a token; not its body.
fn shows_caller(tree: &Tree, expr: ExprId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => matches!(
            tree.text(*name),
            "req"
                | "request"
                | "ctx"
                | "c"
                | "context"
                | "event"
                | "headers"
                | "cookies"
                | "token"
                | "accessToken"
                | "authToken"
                | "idToken"
                | "sessionToken"
                | "sessionId"
                | "apiKey"
                | "authHeader"
                | "authorization"
                | "signature"
                | "jwt"
        ),
        ExprKind::Member { .. } | ExprKind::Index { .. } | ExprKind::Call { .. } => {
            let name = written(tree, expr);
            let mut parts = name.split('.');
            let first = parts.next().unwrap_or_default();
            matches!(first, "headers" | "cookies")
                || parts.any(|part| matches!(part, "headers" | "cookies" | "header" | "session"))
        }
        ExprKind::Await(inner) => shows_caller(tree, *inner, depth),
        ExprKind::Logical { left, .. } => shows_caller(tree, *left, depth),
        ExprKind::Map { entries } => entries.iter().any(|entry| {
            let key = match entry.key {
                Some(Key::Static(key, _)) => tree.text(key),
                _ => "",
            };
            key != "body" && shows_caller(tree, entry.value, depth)
        }),
        _ => false,
    }
}

/// Functions that read a request and ask nothing: parsers, extractors, limiters.
fn only_reads(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    const BEGINS: [&str; 19] = [
        "json",
        "text",
        "form",
        "array",
        "parse",
        "safeparse",
        "read",
        "extract",
        "getbody",
        "getquery",
        "getbearer",
        "getheader",
        "getip",
        "getclient",
        "log",
        "next",
        "rate",
        "limit",
        "decode",
    ];
    const IS: [&str; 14] = [
        "get", "set", "has", "status", "send", "clone", "request", "response", "url", "string", "boolean", "number",
        "error", "fetch",
    ];
    lower.is_empty() || IS.contains(&lower.as_str()) || BEGINS.iter().any(|begin| lower.starts_with(begin))
}

/// Functions that let people in or change how they get in: their 401 is about a password or a code.
fn begins_session(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace('_', "");
    const PARTS: [&str; 10] =
        ["login", "signin", "signup", "register", "refresh", "reset", "forgot", "logout", "signout", "verifyotp"];
    PARTS.iter().any(|part| lower.contains(part)) && !lower.contains("require") && !lower.contains("ensure")
}
