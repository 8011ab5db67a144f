//! What only a mailbox or a telephone should show, shown to whoever asks: a code or link that a handler makes, sends to
//! somebody, and puts into its answer as well.

use rustc_hash::FxHashSet;

use super::client::MAX_NODES;
use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use super::patterns::{Pattern, matches, pattern};
use crate::base::CodeContext;
use crate::flow::facts::FuncRef;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, PatternKind, StmtKind, Symbol, Tree};

// What makes such a value.
pattern!(
    MAKES,
    r"(?i)^(generate|create|make|random|new|gen|get)_?\w*(otp|code|token|pin|link|digits)\w*$|^(randomInt|randomBytes|random_?uuid|uuid4|uuidv4|token_hex|token_urlsafe|token_bytes|randbelow|randint|nanoid|choices)$|^random$"
);
// What sends it.
pattern!(
    SENDS,
    r"(?i)^(send|deliver|dispatch|queue)_?\w*(mail|email|sms|otp|code|verification|reset|whatsapp|text|link|message)\w*$|^send_?mail$|^sendMail$"
);
// The same as a method of what sends: `resend.emails.send`, `twilio.messages.create`.
pattern!(BY_MEANS, r"(?i)(mail|resend|sendgrid|ses|postmark|twilio|sms|whatsapp)\w*(\.\w+)*\.(send|create|publish)$");
// Names under which it proves something; tickets and orders have codes too.
pattern!(PROVES, r"(?i)otp|code|pin|token|link|url|reset|verif|magic|secret");
pattern!(
    OTHER,
    r"(?i)invit|share|book|order|confirmation_?(number|code)|referral|coupon|promo|gift|ticket|track|invoice|qr|csrf|access|session|jwt|country|status_?code|zip|post(al)?_?code|error_?code|refresh|unsubscribe|download|image|avatar|file"
);
// Columns for what is typed once.
pattern!(
    ONE_TIME,
    r"(?i)^(otp|otp_?code|verification_?code|reset_?(code|token)|one_?time_?(code|password)|pin_?code)$"
);
// What such a handler speaks of.
pattern!(SPEAKS, r"(?i)otp|verif|reset|magic|forgot|2fa|two.?factor|one.?time");
pattern!(
    HIDES,
    r"(?i)^(hash|digest|encrypt|sign|hmac|sha\d*|md5|bcrypt|update|createHash|hashpw|generate_password_hash|encode)"
);

/// Codes and links that are sent and answered by the same function.
pub(super) fn returned(evidence: &Evidence<'_>, handlers: &FxHashSet<FuncRef>) -> Vec<Disclosure> {
    let mut handlers: Vec<FuncRef> = handlers.iter().copied().collect();
    handlers.sort_unstable();
    let mut found = Vec::new();
    for FuncRef { file, function } in handlers {
        let info = evidence.project.file(file);
        let left_out = info.context != CodeContext::Production || info.tree.template.is_some();
        if left_out || !matches(&SPEAKS, info.source.slice(info.tree.function(function).span)) {
            continue;
        }
        let reader = Reader { tree: &info.tree, text: &|expr| info.source.slice(info.tree.expr(expr).span) };
        found.extend(reader.answered(function).map(|(expr, broad)| Disclosure {
            broad,
            ..Disclosure::told("mailed-proof", evidence.locate(file, info.tree.expr(expr).span), info.context)
        }));
    }
    found
}

struct Reader<'t, 's> {
    tree: &'t Tree,
    text: &'s dyn Fn(ExprId) -> &'s str,
}

impl Reader<'_, '_> {
    /// Where a function answers with what it sends, and whether it always does.
    fn answered(&self, function: FunctionId) -> Option<(ExprId, bool)> {
        let sent = self.sent(function);
        if sent.names.is_empty() && sent.columns.is_empty() {
            return None;
        }
        let nodes = || Walk::node(self.tree, Node::Function(function)).take(MAX_NODES);
        let mut hidden: Vec<(crate::base::Span, bool)> = Vec::new();
        for node in nodes() {
            let Node::Stmt(stmt) = node else { continue };
            if let StmtKind::If { test, then, .. } = &self.tree.stmt(stmt).kind
                && let Some(always) = asks_environment((self.text)(*test))
                && let Some(first) = then.first()
                && let Some(end) = then.last()
            {
                hidden.push((self.tree.stmt(*first).span.cover(self.tree.stmt(*end).span), always));
            }
        }
        let place = nodes().find_map(|node| match node {
            Node::Stmt(stmt) => match &self.tree.stmt(stmt).kind {
                StmtKind::Return(Some(value)) => self.shown(*value, &sent),
                // `response.devCode = code`
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    let field = targets.iter().any(|target| match self.tree.pattern(*target).kind {
                        PatternKind::Target(target) => match self.tree.expr(target).kind {
                            ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => {
                                is_answer(&written(self.tree, object))
                            }
                            _ => false,
                        },
                        _ => false,
                    });
                    let whole = targets.iter().any(|target| match self.tree.pattern(*target).kind {
                        PatternKind::Name(name) => is_answer(self.tree.text(name)),
                        _ => false,
                    });
                    let told = self.is_column(*value, &sent) || !self.names(*value, &sent.names).is_empty();
                    if field && told { Some(*value) } else { self.shown(*value, &sent).filter(|_| whole) }
                }
                _ => None,
            },
            Node::Expr(expr) => match &self.tree.expr(expr).kind {
                ExprKind::Call { callee, args, .. } => {
                    let name = written(self.tree, *callee);
                    let answers = matches!(
                        last(&name),
                        "json" | "send" | "jsonResponse" | "JSONResponse" | "jsonify" | "JsonResponse" | "Response"
                    ) && !name.contains("mail");
                    args.iter().filter(|_| answers).find_map(|arg| self.shown(arg.value, &sent))
                }
                _ => None,
            },
            _ => None,
        })?;
        let span = self.tree.expr(place).span;
        let inside = hidden.iter().find(|(part, _)| part.contains(span));
        match inside {
            Some((_, false)) => None,
            Some((_, true)) => Some((place, false)),
            None => Some((place, true)),
        }
    }

    /// What is handed to what sends something: codes that were made here, and columns such as `reset.otp`.
    fn sent(&self, function: FunctionId) -> Given {
        let made = self.made(function);
        let mut sent = Given::default();
        for node in Walk::node(self.tree, Node::Function(function)).take(MAX_NODES) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { continue };
            if !sends(&written(self.tree, *callee)) {
                continue;
            }
            for arg in args {
                sent.names.extend(self.names(arg.value, &made));
                let column = written(self.tree, arg.value);
                let name = column.rsplit_once('.').map_or("", |(_, name)| name);
                if matches(&ONE_TIME, name) {
                    sent.columns.insert(column);
                }
            }
        }
        sent
    }

    fn is_column(&self, value: ExprId, sent: &Given) -> bool {
        !sent.columns.is_empty() && sent.columns.contains(&written(self.tree, value))
    }

    /// Names that hold what was made, and what is made of it; not its hash.
    fn made(&self, function: FunctionId) -> FxHashSet<Symbol> {
        let mut made = FxHashSet::default();
        for _ in 0..3 {
            for node in Walk::node(self.tree, Node::Function(function)).take(MAX_NODES) {
                let pairs: Vec<(crate::syntax::PatternId, ExprId)> = match node {
                    Node::Stmt(stmt) => match &self.tree.stmt(stmt).kind {
                        StmtKind::Assign { targets, value: Some(value), .. } => {
                            targets.iter().map(|target| (*target, *value)).collect()
                        }
                        _ => continue,
                    },
                    Node::Expr(expr) => match self.tree.expr(expr).kind {
                        ExprKind::Assign { target, value, .. } => vec![(target, value)],
                        _ => continue,
                    },
                    _ => continue,
                };
                for (target, value) in pairs {
                    let PatternKind::Name(name) = self.tree.pattern(target).kind else { continue };
                    let text = self.tree.text(name);
                    let named = matches(&PROVES, text) && !matches(&OTHER, text);
                    if named && (self.makes(value) || !self.names(value, &made).is_empty()) {
                        made.insert(name);
                    }
                }
            }
        }
        made
    }

    fn makes(&self, value: ExprId) -> bool {
        self.calls(value, &MAKES) && !self.hides(value)
    }

    fn hides(&self, value: ExprId) -> bool {
        self.calls(value, &HIDES)
    }

    /// Whether something of a name that matches is called in an expression.
    fn calls(&self, value: ExprId, named: &Pattern) -> bool {
        Walk::node(self.tree, Node::Expr(value)).take(60).any(|node| match node {
            Node::Expr(expr) => match &self.tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => matches(named, last(&written(self.tree, *callee))),
                _ => false,
            },
            _ => false,
        })
    }

    /// Which of some names an expression mentions, if nothing in it hides them.
    fn names(&self, value: ExprId, known: &FxHashSet<Symbol>) -> Vec<Symbol> {
        if known.is_empty() || self.hides(value) {
            return Vec::new();
        }
        Walk::node(self.tree, Node::Expr(value))
            .take(400)
            .filter_map(|node| match node {
                Node::Expr(expr) => match self.tree.expr(expr).kind {
                    ExprKind::Name(name) if known.contains(&name) => Some(name),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    /// A field of an answer that is one of the names: `{ otp }`, `{"code": code}`.
    fn shown(&self, value: ExprId, sent: &Given) -> Option<ExprId> {
        Walk::node(self.tree, Node::Expr(value)).take(200).find_map(|node| {
            let Node::Expr(expr) = node else { return None };
            let ExprKind::Map { entries } = &self.tree.expr(expr).kind else { return None };
            entries.iter().find_map(|entry| match (entry.key, &self.tree.expr(entry.value).kind) {
                (Some(Key::Static(..)), ExprKind::Name(name)) if sent.names.contains(name) => Some(entry.value),
                (Some(Key::Static(..)), ExprKind::Member { .. }) if self.is_column(entry.value, sent) => {
                    Some(entry.value)
                }
                _ => None,
            })
        })
    }
}

/// What is sent to somebody.
#[derive(Default)]
struct Given {
    names: FxHashSet<Symbol>,
    columns: FxHashSet<String>,
}

/// Whether a name holds what a handler answers.
fn is_answer(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["result", "payload", "answer", "res", "data", "body"].contains(&name.as_str()) || name.starts_with("response")
}

/// Whether what is called sends something to somebody.
fn sends(name: &str) -> bool {
    matches(&SENDS, last(name)) || matches(&BY_MEANS, name)
}

/// Whether a condition asks where the code runs: `Some(false)` where only a machine for development gets on, `Some(true)`
/// where whatever is not called production does.
fn asks_environment(test: &str) -> Option<bool> {
    let lower = test.to_ascii_lowercase();
    if lower.contains("prod") {
        return Some(true);
    }
    ["debug", "development", "is_dev", "isdev", "testing", "'test'", "\"test\""]
        .iter()
        .any(|sign| lower.contains(sign))
        .then_some(false)
}

#[cfg(test)]
mod tests {
    use super::asks_environment;

    #[test]
    fn what_is_not_production_is_most_machines() {
        assert_eq!(asks_environment("process.env.NODE_ENV !== 'production'"), Some(true));
        assert_eq!(asks_environment("!isProd"), Some(true));
        assert_eq!(asks_environment("settings.DEBUG"), Some(false));
        assert_eq!(asks_environment("user.verified"), None);
    }
}
