//! On which methods parts of a handler run: `if request.method == "POST"`, `if form.validate_on_submit()`, what stands
//! after a branch that leaves.

use super::checks::leaves;
use super::evidence::Evidence;
use crate::base::Span;
use crate::flow::facts::FuncRef;
use crate::syntax::{ExprId, StmtId, StmtKind, Tree};

/// How deep branches are looked into.
const DEPTH: u8 = 5;
/// Methods that a form or a program must choose; a link cannot.
const CHOSEN: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// Where a handler tells methods apart.
pub(super) struct Moments {
    parts: Vec<(Span, bool)>,
    /// It reads a body somewhere, so that a plain link leads to nothing outside of the parts that are told.
    reads_body: bool,
    asks_method: bool,
    /// Branches that only callers who are known come to.
    known: Vec<Span>,
}

impl Moments {
    pub(super) fn of(evidence: &Evidence<'_>, handler: FuncRef) -> Self {
        let tree = evidence.tree(handler.file);
        let source = &evidence.project.file(handler.file).source;
        let node = tree.function(handler.function);
        let text = source.slice(node.span);
        let mut moments = Self {
            parts: Vec::new(),
            reads_body: [
                "request.POST",
                "request.FILES",
                "request.body",
                "request.form",
                "request.files",
                "request.json",
            ]
            .iter()
            .chain(&["get_json", "request.data", "req.body", "request.values", "cleaned_data"])
            .chain(&["req.json()", "formData()", "event.body", "readBody("])
            .any(|sign| text.contains(sign)),
            asks_method: text.contains(".method") || text.contains("validate_on_submit"),
            known: Vec::new(),
        };
        let slice = |expr: ExprId| source.slice(tree.expr(expr).span);
        moments.block(tree, &slice, &node.body, 0);
        moments
    }

    fn block<'s>(&mut self, tree: &Tree, slice: &impl Fn(ExprId) -> &'s str, block: &[StmtId], depth: u8) {
        if depth > DEPTH {
            return;
        }
        for (at, stmt) in block.iter().enumerate() {
            match &tree.stmt(*stmt).kind {
                StmtKind::If { test, then, otherwise } => {
                    if asks_caller(slice(*test)) {
                        self.known.extend(around(tree, then));
                    }
                    if let Some(chosen) = asked(slice(*test)) {
                        self.parts.extend(around(tree, then).map(|span| (span, chosen)));
                        self.parts.extend(around(tree, otherwise).map(|span| (span, !chosen)));
                        let rest = block.iter().skip(at + 1).map(|stmt| tree.stmt(*stmt).span);
                        // However long a branch is: its end tells.
                        let ends = then.last().is_some_and(|stmt| {
                            matches!(tree.stmt(*stmt).kind, StmtKind::Return(_) | StmtKind::Throw(_))
                        });
                        if (ends || leaves(tree, then))
                            && let Some(rest) = rest.reduce(Span::cover)
                        {
                            self.parts.push((rest, !chosen));
                        }
                    }
                    self.block(tree, slice, then, depth + 1);
                    self.block(tree, slice, otherwise, depth + 1);
                }
                StmtKind::Try { body, handlers, otherwise, finally } => {
                    let blocks: [&[StmtId]; 3] = [body, otherwise, finally];
                    let all = blocks.into_iter().chain(handlers.iter().map(|one| &*one.body));
                    all.for_each(|inner| self.block(tree, slice, inner, depth + 1));
                }
                StmtKind::With { body, .. } | StmtKind::Block(body) => self.block(tree, slice, body, depth + 1),
                _ => {}
            }
        }
    }

    /// The only method on which something at a place of the handler happens: `POST` stands for all that links do not
    /// send. `None` where a link may do.
    pub(super) fn at(&self, span: Span) -> Option<&'static str> {
        let inner = self.parts.iter().filter(|(part, _)| part.contains(span));
        match inner.min_by_key(|(part, _)| part.end - part.start) {
            Some((_, true)) => Some("POST"),
            Some((_, false)) => Some("GET"),
            None if self.reads_body => Some("POST"),
            None => None,
        }
    }

    /// Whether only callers who are known come to a place of the handler.
    pub(super) fn is_for_known(&self, span: Span) -> bool {
        self.known.iter().any(|part| part.contains(span))
    }

    /// The same of what a function does that the handler calls.
    pub(super) fn below(&self) -> Option<&'static str> {
        (self.reads_body || self.asks_method).then_some("POST")
    }
}

fn around<'t>(tree: &'t Tree, block: &'t [StmtId]) -> impl Iterator<Item = Span> + 't {
    block.iter().map(|stmt| tree.stmt(*stmt).span).reduce(Span::cover).into_iter()
}

/// `if request.user.is_authenticated:`, `if (session?.user)`: a condition that strangers do not meet.
fn asks_caller(test: &str) -> bool {
    const SIGNS: [&str; 5] =
        ["user.is_authenticated", "req.isAuthenticated()", "session.user_id", "session?.user", "session.user"];
    let plain: String = test.chars().filter(|one| !one.is_whitespace()).collect();
    let turned = plain.starts_with('!') || plain.starts_with("not") && test.starts_with("not ");
    let either = plain.contains("||") || test.contains(" or ");
    let compared = plain.contains("==") || plain.contains("!=");
    let stored = ["session.get('user_id')", "session.get(\"user_id\")", "req.user"].contains(&plain.as_str())
        || matches!(plain.as_str(), "'user_id'insession" | "\"user_id\"insession");
    !turned && !either && !compared && (stored || SIGNS.iter().any(|sign| plain.contains(sign)))
}

/// Whether a condition holds on methods that a link does not send; nothing where it does not ask.
fn asked(test: &str) -> Option<bool> {
    let named = |method: &str| test.contains(&format!("\"{method}\"")) || test.contains(&format!("'{method}'"));
    if test.contains("validate_on_submit") {
        return (!test.starts_with("not ")).then_some(true);
    }
    if !test.contains("method") {
        return None;
    }
    // `if method is neither GET nor POST: refuse` tells the two not apart.
    if named("GET") && CHOSEN.iter().any(|method| named(method)) {
        return None;
    }
    let differs = test.contains("!=") || test.contains("not in") || test.starts_with("not ");
    if CHOSEN.iter().any(|method| named(method)) {
        return Some(!differs);
    }
    named("GET").then_some(differs)
}

#[cfg(test)]
mod tests {
    use super::{asked, asks_caller};

    #[test]
    fn conditions_that_strangers_do_not_meet() {
        for test in [
            "request.user.is_authenticated",
            "current_user.is_authenticated and form.ok",
            "session?.user",
            "\"user_id\" in session",
        ] {
            assert!(asks_caller(test), "{test}");
        }
        for test in [
            "not request.user.is_authenticated",
            "!session?.user",
            "user.is_authenticated or key",
            "notes",
            "req.user.role === \"a\"",
        ] {
            assert!(!asks_caller(test), "{test}");
        }
    }

    #[test]
    fn conditions_on_methods() {
        assert_eq!(asked("request.method == \"POST\""), Some(true));
        assert_eq!(asked("request.method != 'POST'"), Some(false));
        assert_eq!(asked("request.method == 'GET'"), Some(false));
        assert_eq!(asked("form.validate_on_submit()"), Some(true));
        assert_eq!(asked("request.user.is_staff"), None);
    }
}
