//! Guards by regular expression.

use super::super::names::{NameId, known};
use super::super::pattern::is_restrictive;
use super::super::value::Ref;
use super::Interp;
use crate::model::index::{ALL_KINDS, Kinds, kind_bit};
use crate::syntax::{Arg, ExprId, ExprKind, Literal};

/// How many steps lead from a name to the text of its pattern.
const DEPTH: usize = 8;

impl Interp<'_> {
    /// `re.fullmatch(p, x)`, `re.match(p, x)`, `p.match(x)`, `/p/.test(x)`, `x.match(/p/)`.
    pub(super) fn refine_regex(&mut self, object: ExprId, name: NameId, args: &[Arg]) {
        let Some((pattern, subject)) = self.matched(object, args) else { return };
        let anchored_start = name == known::FULLMATCH || (self.python && name == known::MATCH);
        if is_restrictive(&pattern, anchored_start, name == known::FULLMATCH) {
            if self.host_part(subject) {
                let value = self.eval_quiet(subject);
                self.clear_origins(value, super::operator::HOST);
            }
            self.clear_place(subject, ALL_KINDS);
        }
    }

    /// The expression of a match and what it is matched with.
    fn matched(&mut self, object: ExprId, args: &[Arg]) -> Option<(String, ExprId)> {
        match (args, self.pattern_text(object)) {
            ([subject, ..], Some(pattern)) => Some((pattern, subject.value)),
            ([pattern, subject, ..], None) => Some((self.pattern_text(pattern.value)?, subject.value)),
            ([pattern], None) => Some((self.pattern_text(pattern.value)?, object)),
            _ => None,
        }
    }

    /// `re.search("[^a-z0-9]", x)` finds nothing: `x` has no other characters.
    pub(super) fn holds_no_other(&mut self, object: ExprId, args: &[Arg]) {
        let Some((pattern, subject)) = self.matched(object, args) else { return };
        let class = pattern.strip_prefix("[^").and_then(|rest| rest.trim_end_matches('+').strip_suffix(']'));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '\\');
        if class.is_some_and(|class| class.chars().all(plain) && !class.contains("\\s") && !class.contains("\\W")) {
            self.clear_place(subject, ALL_KINDS);
        }
        // `/[<>"']/.test(x)`: `x` holds none of these.
        if let Some(class) = plain_class(&pattern) {
            let kinds = safe_without(class);
            if kinds != 0 {
                self.clear_place(subject, kinds);
            }
        }
    }

    /// The text of a regular expression: a literal, a constant, `re.compile(constant)`, `new RegExp(constant)`.
    pub(super) fn pattern_text(&mut self, expr: ExprId) -> Option<String> {
        self.pattern_below(expr, DEPTH)
    }

    fn pattern_below(&mut self, expr: ExprId, depth: usize) -> Option<String> {
        // `let pattern = wrap(pattern)` leads back to itself.
        let depth = depth.checked_sub(1)?;
        match &self.tree.expr(expr).kind {
            ExprKind::Literal(Literal::Regex(pattern, _)) => return Some(self.tree.text(*pattern).to_owned()),
            ExprKind::Literal(Literal::Str(text)) => return Some(self.tree.text(*text).to_owned()),
            ExprKind::Call { args, .. } => return args.first().and_then(|arg| self.pattern_below(arg.value, depth)),
            ExprKind::Name(_) => {}
            _ => return None,
        }
        let value = self.eval_quiet(expr);
        if let Some(text) = self.constant_text(value) {
            return Some(text);
        }
        let made = self.refs(value).into_iter().find_map(|one| if let Ref::Api(_, made) = one { made } else { None });
        let declared = match made {
            Some(place) if place.file == self.file => Some(place.expr),
            _ => self.module_constant(expr),
        };
        match declared {
            Some(made) if made != expr => self.pattern_below(made, depth),
            _ => None,
        }
    }

    /// The expression that a module-level name is bound to, if it is bound once at the top of the file.
    fn module_constant(&self, expr: ExprId) -> Option<ExprId> {
        use crate::syntax::StmtKind;
        let binding = self.info.scopes.of_expr(expr);
        if !matches!(binding, crate::flow::scope::Binding::Module(_)) {
            return None;
        }
        self.tree.root.iter().find_map(|stmt| match &self.tree.stmt(*stmt).kind {
            StmtKind::Assign { targets, value: Some(value), .. } => {
                targets.iter().any(|target| self.info.scopes.of_pattern(*target) == binding).then_some(*value)
            }
            _ => None,
        })
    }
}

/// `[<>"']`: the characters of an expression that is one class and nothing else.
fn plain_class(pattern: &str) -> Option<&str> {
    let inner = pattern.trim_end_matches('+').strip_prefix('[')?.strip_suffix(']')?;
    let bare = inner.replace("\\]", "").replace("\\[", "").replace("\\\\", "");
    (!inner.starts_with('^') && !bare.contains(['[', ']']) && !inner.ends_with('\\')).then_some(inner)
}

/// What a text is safe for that holds none of the characters of a class.
fn safe_without(class: &str) -> Kinds {
    let has = |c: char| class.contains(c);
    let mut kinds = 0;
    if has('<') {
        kinds |= kind_bit("xss");
        if has('"') && has('\'') {
            kinds |= kind_bit("html-attribute");
        }
    }
    if has('/') {
        kinds |= super::text::in_a_folder();
    }
    if [';', '&', '|', '`', '$'].into_iter().all(has) {
        kinds |= kind_bit("command");
    }
    if class.contains("\\n") && class.contains("\\r") {
        kinds |= kind_bit("header") | kind_bit("log") | kind_bit("email");
    }
    kinds
}
