//! Checks that a handler makes itself.
//!
//! A call that throws is a guard where nothing swallows what it throws. What is only looked up (`getUser()`,
//! `session.get("id")`, `safeParse(…)`) is one where a condition on it leaves the handler.

mod resolver;

use rustc_hash::FxHashMap;

use super::checks::{
    Polarity, answers_in, compares_secret, examines, inner_functions, leaves, names_of, names_role, polarity,
    shown_error,
};
use super::evidence::{Evidence, begins_login, last, readable, written};
use super::{Guard, GuardKind, SessionKind};
use crate::base::Span;
use crate::flow::facts::{CallFact, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Literal, PatternKind, StmtId, StmtKind, Symbol, Tree};

/// How far calls of the project's functions are followed.
const MAX_DEPTH: u8 = 2;
/// How many nodes of one handler are looked at.
const MAX_NODES: usize = 20_000;

/// Something that is known of the caller or the request, by the place of its expression.
#[derive(Clone)]
pub(super) struct Told {
    pub kind: GuardKind,
    pub name: String,
    pub span: Span,
    /// It has to be looked at: getting it refuses nobody.
    pub lookup: bool,
    /// It counts only where its absence is answered as who is not known is: with 401.
    pub weak: bool,
}

pub(super) struct Body<'e, 'a> {
    pub evidence: &'e Evidence<'a>,
    pub function: FuncRef,
    pub family: Family,
    pub tree: &'a Tree,
    pub told: Vec<Told>,
    /// Variables that hold what was told.
    pub variables: FxHashMap<Symbol, Vec<usize>>,
    /// Where calls are swallowed or skipped.
    idle: Vec<Span>,
    pub found: Vec<Guard>,
    pub depth: u8,
}

impl Evidence<'_> {
    /// Checks that a handler makes itself: calls of guards, and conditions on who calls that leave the handler.
    pub(super) fn of_body(&self, handler: FuncRef) -> Vec<Guard> {
        self.of_body_at(handler, MAX_DEPTH)
    }

    /// The same, following calls so far.
    pub(super) fn of_body_at(&self, handler: FuncRef, depth: u8) -> Vec<Guard> {
        let tree = self.tree(handler.file);
        let mut body = Body {
            evidence: self,
            function: handler,
            family: self.family(handler.file),
            tree,
            told: Vec::new(),
            variables: FxHashMap::default(),
            idle: Vec::new(),
            found: Vec::new(),
            depth,
        };
        body.collect();
        body.hold_context();
        body.walk();
        body.handed_on();
        body.found
    }

    /// How callers are recognised in a function: a cookie wins over a token, because a token in a cookie is a cookie.
    pub(super) fn session_in(&self, function: FuncRef) -> Option<SessionKind> {
        if let Some(known) = self.sessions.borrow().get(&function) {
            return *known;
        }
        let session = self.session_read(function);
        self.sessions.borrow_mut().insert(function, session);
        session
    }

    fn session_read(&self, function: FuncRef) -> Option<SessionKind> {
        let family = self.family(function.file);
        let tree = self.tree(function.file);
        let mut found = Vec::new();
        for inner in inner_functions(tree, function) {
            let reads = self.reads_inside(inner).iter().flat_map(|read| &read.paths);
            let calls = self.calls_inside(inner).iter().flat_map(|call| &call.paths);
            found.extend(reads.chain(calls).filter_map(|path| self.vocabulary.session(family, path)));
        }
        found.into_iter().min()
    }
}

impl<'a> Body<'_, 'a> {
    /// Whether an argument of a call is written like something that was sent.
    fn takes_input(&self, call: &CallFact) -> bool {
        let source = &self.evidence.project.file(self.function.file).source;
        call.args.iter().any(|arg| {
            let text = source.slice(arg.value.span).to_ascii_lowercase();
            ["request", "json", "data", "payload", "body", "form", "args", "input", "params"]
                .iter()
                .any(|part| text.contains(part))
        })
    }

    /// What models and names tell of single calls and reads.
    fn collect(&mut self) {
        let (evidence, family) = (self.evidence, self.family);
        for call in evidence.calls_inside(self.function) {
            if call.decorates.is_some() {
                continue;
            }
            for path in &call.paths {
                for known in evidence.vocabulary.guards(family, path) {
                    let name = readable(path).to_owned();
                    // `passport.authenticate("local", …)(req, res, next)` is the login itself.
                    if name.contains("passport")
                        && last(&name) == "authenticate"
                        && begins_login(evidence.tree(call.place.file), call.place.expr)
                    {
                        continue;
                    }
                    // `UserOut.model_validate(row)` shapes the answer; it looks at nothing that was sent.
                    if matches!(last(&name), "model_validate" | "parse_obj") && !self.takes_input(call) {
                        continue;
                    }
                    let lookup = is_lookup(last(&name)) && !name.ends_with(".protect");
                    let kind = self.kind_of_comparison(&name, known.kind);
                    self.told.push(Told { kind, name, span: call.span, lookup, weak: false });
                }
                if evidence.vocabulary.session(family, path).is_some() {
                    let name = readable(path).to_owned();
                    let kind = GuardKind::Authentication;
                    self.told.push(Told { kind, name, span: call.span, lookup: true, weak: false });
                }
            }
        }
        for read in evidence.reads_inside(self.function) {
            // `if (!req.session)` asks whether sessions are set up: everybody has one.
            if read.paths.iter().any(|path| &**path == "<express.Request>.session") && self.stands_bare(read.span) {
                continue;
            }
            for path in &read.paths {
                let known = evidence.vocabulary.guards(family, path).iter().map(|known| known.kind);
                let session = evidence.vocabulary.session(family, path).map(|_| GuardKind::Authentication);
                for kind in known.chain(session) {
                    let name = readable(path).to_owned();
                    self.told.push(Told { kind, name, span: read.span, lookup: true, weak: false });
                }
            }
        }
        for node in Walk::own(self.tree, &self.tree.function(self.function.function).body, MAX_NODES) {
            if let Node::Expr(expr) = node {
                self.named_call(expr);
            }
        }
        let given = self.given();
        self.told.extend(given.iter().map(|(_, told)| told.clone()));
        self.resolver_context();
        self.told.sort_by(|a, b| (a.span.start, a.span.end, &a.name).cmp(&(b.span.start, b.span.end, &b.name)));
        for (name, told) in given {
            let held = (0..self.told.len()).filter(|at| self.told[*at].span == told.span);
            self.variables.entry(name).or_default().extend(held);
        }
    }

    /// Calls of functions of the project, or of what is known by name only.
    fn named_call(&mut self, expr: ExprId) {
        let tree = self.tree;
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return };
        let name = written(tree, *callee);
        let short = last(&name);
        // `authenticate(name, password)` logs in; it guards nothing.
        if short.is_empty() || (short.starts_with("authenticate") && args.len() > 1) {
            return;
        }
        if super::vocabulary::tells_machines(&name.to_ascii_lowercase()) {
            return;
        }
        let span = tree.expr(expr).span;
        let by_name = self.evidence.vocabulary.named(self.family, short);
        self.examiner(expr, &name, args);
        self.schema(expr, &name, args);
        let function = self.evidence.function_named(self.function.file, &name).filter(|found| *found != self.function);
        // What a library's object has is no function of the project that is called the same.
        let known = |told: &Told| told.span == span && !told.weak && last(&told.name) == short;
        if name.contains('.') && self.told.iter().any(known) {
            return;
        }
        let before = self.told.len();
        if by_name.is_some() || super::vocabulary::may_guard(short) {
            match function {
                Some(function) => {
                    let kinds = self.evidence.kinds_when_called(function, by_name, self.depth);
                    let lookup = !self.evidence.can_throw(function);
                    let told = |kind| Told { kind, name: name.clone(), span, lookup, weak: false };
                    self.told.extend(kinds.into_iter().map(told));
                }
                None => {
                    if let Some(kind) = by_name.filter(|kind| {
                        *kind != GuardKind::Validation || name.contains('.') || self.family == Family::JavaScript
                    }) {
                        let lookup = !super::vocabulary::demands(short);
                        self.told.push(Told { kind, name: name.clone(), span, lookup, weak: false });
                    }
                }
            }
        }
        let asks = |told: &Told| {
            matches!(told.kind, GuardKind::Authentication | GuardKind::Authorization | GuardKind::Signature)
        };
        if self.family == Family::JavaScript && !self.told[before..].iter().any(asks) {
            self.asked(&name, span, args, function);
        }
    }

    fn walk(&mut self) {
        let tree = self.tree;
        let body = &tree.function(self.function.function).body;
        self.idle_in(body, 0, false);
        let mut left = MAX_NODES;
        let mut walk = Walk::block(tree, body);
        while let Some(node) = walk.next() {
            left -= 1;
            if left == 0 {
                break;
            }
            match node {
                Node::Function(_) | Node::Class(_) => walk.skip_children(),
                Node::Stmt(stmt) => self.statement(stmt),
                Node::Expr(expr) => self.expression(expr),
                Node::Pattern(_) => {}
            }
        }
        let throwing: Vec<Told> = self.told.iter().filter(|told| !told.lookup).cloned().collect();
        for told in throwing {
            if !self.idle.iter().any(|idle| idle.contains(told.span)) {
                self.push(told.kind, &told.name, told.span);
            }
        }
    }

    /// Where what is thrown is swallowed, or where a check is made on some paths only; something may come after the block.
    fn idle_in(&mut self, block: &[StmtId], depth: u8, after: bool) {
        if depth > 12 {
            return;
        }
        let tree = self.tree;
        for (at, stmt) in block.iter().enumerate() {
            let goes_on = after || at + 1 < block.len();
            match &tree.stmt(*stmt).kind {
                StmtKind::Try { body, handlers, otherwise, finally } => {
                    let swallows = goes_on && handlers.iter().any(|handler| !leaves(tree, &handler.body));
                    if let (true, Some(span)) = (swallows, span_of(tree, body)) {
                        self.idle.push(span);
                    }
                    let blocks: [&[StmtId]; 3] = [body, otherwise, finally];
                    for inner in blocks.into_iter().chain(handlers.iter().map(|one| &*one.body)) {
                        self.idle_in(inner, depth + 1, goes_on);
                    }
                }
                StmtKind::If { test, then, otherwise } => {
                    let text = self.text(*test);
                    let optional = goes_on
                        && !text.contains("method")
                        && !leaves(tree, then)
                        && !leaves(tree, otherwise)
                        && polarity(tree, *test) == Polarity::Positive;
                    if let (true, Some(span)) = (optional, span_of(tree, then)) {
                        self.idle.push(span);
                    }
                    self.idle_in(then, depth + 1, goes_on);
                    self.idle_in(otherwise, depth + 1, goes_on);
                }
                StmtKind::Expr(expr) => {
                    // A promise that nobody waits for refuses nobody.
                    if self.family == Family::JavaScript
                        && matches!(tree.expr(*expr).kind, ExprKind::Call { .. })
                        && let Some(function) = self.evidence.by_name(self.function.file, *expr).function
                        && tree_of_is_async(self.evidence, function)
                    {
                        self.idle.push(tree.expr(*expr).span);
                    }
                }
                StmtKind::With { body, .. } | StmtKind::Block(body) => self.idle_in(body, depth + 1, goes_on),
                _ => {}
            }
        }
    }

    fn statement(&mut self, stmt: StmtId) {
        let tree = self.tree;
        match &tree.stmt(stmt).kind {
            StmtKind::Assign { targets, value: Some(value), .. } => {
                let held = self.direct(*value);
                if !held.is_empty() {
                    for target in targets {
                        for name in names_of(tree, *target) {
                            self.variables.entry(name).or_default().extend(&held);
                        }
                    }
                }
            }
            StmtKind::If { test, then, otherwise } => self.condition(*test, then, otherwise),
            StmtKind::Assert { test, .. } => self.accept(*test, Polarity::Negative, false),
            StmtKind::Expr(expr) => {
                if let Some(name) = super::handed::throws_for(self.evidence, tree, *expr) {
                    let span = tree.expr(*expr).span;
                    self.told.push(Told { kind: GuardKind::Authorization, name, span, lookup: false, weak: false });
                }
            }
            _ => {}
        }
    }

    /// `user or abort(401)`, `if (user) …` as an expression.
    fn expression(&mut self, expr: ExprId) {
        let tree = self.tree;
        match &tree.expr(expr).kind {
            ExprKind::Logical { left, right, .. } => {
                if let ExprKind::Call { callee, .. } = &tree.expr(*right).kind
                    && matches!(last(&written(tree, *callee)), "abort" | "redirect" | "unauthorized" | "forbidden")
                {
                    self.accept(*left, Polarity::Negative, false);
                }
            }
            ExprKind::Assign { target, value, .. } => {
                let held = self.direct(*value);
                for name in names_of(tree, *target) {
                    if !held.is_empty() {
                        self.variables.entry(name).or_default().extend(&held);
                    }
                }
            }
            _ => {}
        }
    }

    fn condition(&mut self, test: ExprId, then: &[StmtId], otherwise: &[StmtId]) {
        let tree = self.tree;
        let polarity = polarity(tree, test);
        let text = self.text(test);
        let refuses = leaves(tree, then);
        let unknown = refuses && self.answers_unknown(then);
        // `if user and note.owner != user: abort(403)`: strangers pass by.
        if refuses && polarity != Polarity::Positive && self.passes_strangers(test) {
            self.own_check(test, then, polarity);
            let here = self.evidence.locate(self.function.file, self.tree.expr(test).span);
            self.found.retain(|guard| guard.kind != GuardKind::Authentication || guard.location != here);
            return;
        }
        match polarity {
            // `if not user: leave`; `if (result.error) leave`
            Polarity::Negative | Polarity::Compares if refuses => self.accept(test, polarity, unknown),
            // Whatever is asked, who is not known is sent away: `if (typeof token === "string") return 401`.
            Polarity::Positive if unknown => self.accept(test, Polarity::Negative, true),
            Polarity::Positive if refuses && shown_error(text) => self.accept(test, Polarity::Negative, unknown),
            // `if user: … else: leave`; not `if user: leave`.
            Polarity::Positive if !otherwise.is_empty() && leaves(tree, otherwise) => {
                let unknown = self.answers_unknown(otherwise);
                self.accept(test, polarity, unknown);
            }
            // `if form.validate(): …`, and `if (user) { … return } return 401`
            Polarity::Positive => self.accept_inside(test, then),
            _ => {}
        }
        if refuses {
            self.own_check(test, then, polarity);
        }
    }

    /// Takes everything told in a condition for a guard; `unknown`: who is not known is told so.
    fn accept(&mut self, test: ExprId, polarity: Polarity, unknown: bool) {
        let span = self.tree.expr(test).span;
        for at in self.direct(test) {
            let told = self.told[at].clone();
            if told.weak && !unknown || self.only_there(at) {
                continue;
            }
            let kind = told.kind;
            let place = if span.contains(told.span) { span } else { told.span };
            if told.lookup {
                self.push(kind, &told.name, place);
            } else if !self.idle.iter().any(|idle| idle.contains(told.span)) || polarity != Polarity::Positive {
                self.push(kind, &told.name, told.span);
            }
        }
    }

    fn accept_inside(&mut self, test: ExprId, then: &[StmtId]) {
        for at in self.direct(test) {
            let told = self.told[at].clone();
            let checked = matches!(told.kind, GuardKind::Validation | GuardKind::Csrf);
            // What follows refuses: the work is inside the condition.
            let rest = !checked && leaves(self.tree, then) && self.refuses_after(self.tree.expr(test).span);
            if (checked || rest) && !told.weak {
                self.push(told.kind, &told.name, told.span);
            }
        }
    }

    /// Whether the function ends, after a place, in a refusal.
    fn refuses_after(&self, place: Span) -> bool {
        let body = &self.tree.function(self.function.function).body;
        let Some(end) = body.last() else { return false };
        self.tree.stmt(*end).span.start >= place.end
            && (!answers_in(self.tree, Node::Stmt(*end)).is_empty()
                || self.slice(self.tree.stmt(*end).span).contains("redirect"))
    }

    /// Checks without any library: a secret from a header, a counter, a length.
    fn own_check(&mut self, test: ExprId, then: &[StmtId], polarity: Polarity) {
        let text = self.text(test);
        let span = self.tree.expr(test).span;
        let answered: Vec<GuardKind> = then.iter().flat_map(|stmt| answers_in(self.tree, Node::Stmt(*stmt))).collect();
        let lower = text.to_ascii_lowercase();
        const OF_OTHERS: [&str; 8] =
            ["status", "429", "err", "exception", "response.ok", "res.ok", "resp.ok", "is_success"];
        let of_others = OF_OTHERS.iter().any(|word| lower.contains(word));
        if answered.contains(&GuardKind::RateLimit) && !of_others {
            self.push(GuardKind::RateLimit, "answers 429", span);
        }
        let measured = lower.contains("content-length") || lower.contains("content_length") || lower.contains(".size");
        if answered.contains(&GuardKind::BodyLimit) || (measured && text.contains('>')) {
            self.push(GuardKind::BodyLimit, "checks the length", span);
        }
        let refused = answered.iter().any(|kind| matches!(kind, GuardKind::Authentication | GuardKind::Authorization));
        if polarity == Polarity::Compares && refused && compares_secret(text)
            || polarity != Polarity::Positive && refused && self.compared_before(test)
        {
            self.push(GuardKind::Authentication, "compares a secret", span);
        }
        if polarity == Polarity::Compares && self.computes_signature(&lower) {
            self.push(GuardKind::Signature, "compares a signature", span);
        }
        let bad_request = self.answers_status(then, &[400, 422]);
        // `if user.role == "guest": abort(403)`
        let barred = polarity == Polarity::Positive && answered == [GuardKind::Authorization];
        let asks = names_role(&lower) && !super::near::never_holds(self.tree, test);
        if asks && !bad_request && (barred || polarity != Polarity::Positive) {
            self.push(GuardKind::Authorization, "compares a role", span);
            // Whose role it is was looked up: nobody has none.
            if self.told.iter().any(|told| told.kind == GuardKind::Authentication) {
                self.push(GuardKind::Authentication, "compares a role", span);
            }
        }
        if bad_request && examines(&lower) {
            self.push(GuardKind::Validation, "checked by hand", span);
        }
    }

    /// What was told that an expression is made of, directly or by a variable: what is handed to another call is not.
    pub(super) fn direct(&self, expr: ExprId) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        let mut pending = vec![expr];
        let mut left = 2000;
        while let Some(at) = pending.pop() {
            left -= 1;
            if left == 0 {
                break;
            }
            let node = self.tree.expr(at);
            let own: Vec<usize> = self.told_at(node.span).collect();
            if !own.is_empty() {
                found.extend(own);
                continue;
            }
            match &node.kind {
                ExprKind::Name(name) => found.extend(self.variables.get(name).into_iter().flatten()),
                ExprKind::Call { callee, args, .. } => {
                    pending.push(*callee);
                    // Still of the same thing.
                    let name = written(self.tree, *callee);
                    if matches!(name.as_str(), "isinstance" | "Boolean" | "bool" | "str" | "int" | "getattr" | "String")
                    {
                        pending.extend(args.first().map(|arg| arg.value));
                    }
                }
                ExprKind::Function(_) | ExprKind::Class(_) | ExprKind::Map { .. } => {}
                _ => {
                    let mut below = Vec::new();
                    crate::syntax::children(self.tree, Node::Expr(at), &mut below);
                    pending.extend(below.into_iter().filter_map(|node| match node {
                        Node::Expr(inner) => Some(inner),
                        _ => None,
                    }));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn told_at(&self, span: Span) -> impl Iterator<Item = usize> {
        let first = self.told.partition_point(|told| told.span.start < span.start);
        (first..self.told.len())
            .take_while(move |at| self.told[*at].span.start == span.start)
            .filter(move |at| self.told[*at].span.end == span.end)
    }

    fn answers_status(&self, block: &[StmtId], wanted: &[i64]) -> bool {
        block.iter().any(|stmt| {
            Walk::node(self.tree, Node::Stmt(*stmt)).take(400).any(|node| match node {
                Node::Expr(expr) => match self.tree.expr(expr).kind {
                    ExprKind::Literal(Literal::Int(status)) => wanted.contains(&status),
                    _ => false,
                },
                _ => false,
            })
        })
    }

    pub(super) fn push(&mut self, kind: GuardKind, name: &str, span: Span) {
        let location = self.evidence.locate(self.function.file, span);
        self.found.push(Guard { kind, name: name.to_owned(), location });
    }

    pub(super) fn text(&self, expr: ExprId) -> &'a str {
        self.slice(self.tree.expr(expr).span)
    }

    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.evidence.project.file(self.function.file).source.slice(span)
    }
}

fn tree_of_is_async(evidence: &Evidence<'_>, function: FuncRef) -> bool {
    evidence.tree(function.file).function(function.function).is_async
}

fn span_of(tree: &Tree, block: &[StmtId]) -> Option<Span> {
    let first = tree.stmt(*block.first()?).span;
    let end = tree.stmt(*block.last()?).span;
    Some(Span { start: first.start, end: end.end })
}

/// Names of who is calling.
fn is_caller(name: &str) -> bool {
    matches!(
        name,
        "user" | "currentUser" | "session" | "userId" | "viewer" | "me" | "auth" | "account" | "currentUserId"
    )
}

/// What only tells, and refuses nobody by itself.
fn is_lookup(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "getUser",
        "getSession",
        "getServerSession",
        "auth",
        "currentUser",
        "getToken",
        "getClaims",
        "getAuth",
        "get",
        "get_jwt_identity",
        "is_authenticated",
        "isAuthenticated",
        "safeParse",
        "safeParseAsync",
        "limit",
        "timingSafeEqual",
        "compare_digest",
        "validationResult",
        "is_valid",
        "validate_on_submit",
        "validate",
        "validateSession",
        "getIronSession",
        "getKindeServerSession",
        "validateRequest",
        "validateSignature",
        "verifyToken",
        "session",
        "user",
        "validateWebhookSignature",
        "validatePaymentVerification",
        "is_valid_request",
        "get_authorization_scheme_param",
    ];
    NAMES.contains(&name)
}
