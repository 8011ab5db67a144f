//! Functions of the project that look at the host of an address before it is asked: `assertUrlIsPublic(url)`.

use super::super::names::{NameId, known};
use super::super::value::{Origin, Ref, Taint, TaintSet, Value};
use super::Interp;
use super::call::Args;
use crate::model::index::kind_bit;
use crate::syntax::{ExprId, ExprKind, Key, Literal};

impl Interp<'_> {
    /// Whether a function ends the caller unless an address may be asked: told by its name and by what its body looks at.
    pub(super) fn vets_address(&self, target: Value, name: NameId) -> bool {
        let name = self.names.text(name).to_ascii_lowercase();
        let demands = ["assert", "ensure", "require", "raise"].iter().any(|word| name.starts_with(word));
        let asks = ["validate", "check", "verify", "guard"].iter().any(|word| name.starts_with(word));
        if !(demands || asks) || !speaks_of_address(&name) {
            return false;
        }
        self.refs(target).into_iter().any(|one| {
            let Ref::Func(function) = one else { return false };
            let text = self.body_of(function);
            looks_at_host(text) && (demands || text.contains("throw") || text.contains("raise "))
        })
    }

    /// What `isAllowedUrl(url)` or `isPrivateHost(host)` must answer so that an address may be asked: told by the name and
    /// by what the body looks at; of a function out of sight, by the name.
    fn answer_for_address(&self, target: Value, name: &str) -> Option<bool> {
        let name = name.trim_start_matches('_').to_ascii_lowercase();
        let refused = ["private", "internal", "blocked", "loopback", "forbidden", "reserved", "unsafe", "denied"]
            .iter()
            .any(|word| name.contains(word));
        let asks = ["is", "can", "may", "validate", "check", "verify", "has", "allow"]
            .iter()
            .any(|word| name.starts_with(word));
        let safe =
            ["allow", "safe", "valid", "public", "permit", "trust", "external"].iter().any(|word| name.contains(word));
        if !asks || !(refused || safe) || !(speaks_of_address(&name) || refused && name.ends_with("ip")) {
            return None;
        }
        let functions = self.refs(target).into_iter().filter_map(|one| match one {
            Ref::Func(function) => Some(function),
            _ => None,
        });
        let mut seen = false;
        for function in functions {
            seen = true;
            if !looks_at_host(self.body_of(function)) {
                return None;
            }
        }
        // Of libraries, only what says what it refuses.
        (seen || refused || !name.contains("valid")).then_some(!refused)
    }

    /// A call told whether an address may be asked.
    pub(super) fn refine_address(&mut self, target: Value, callee: ExprId, args: &[crate::syntax::Arg], outcome: bool) {
        let Some(name) = self.last_name(callee).map(str::to_owned) else { return };
        if self.answer_for_address(target, &name) != Some(outcome) {
            return;
        }
        for arg in args {
            let value = self.eval_quiet(arg.value);
            if value.taint != TaintSet::CLEAN {
                self.clear_origins(value, super::operator::HOST);
                self.clear_place(arg.value, super::operator::HOST);
            }
        }
    }

    /// `checked.valid`, `checked.error`: a field of the answer of a check says whether it holds.
    pub(super) fn refine_answer(&mut self, object: ExprId, field: &str, outcome: bool) {
        match field {
            _ if is_verdict(field) || super::found::counts(field) => self.refine_check(object, outcome),
            "error" | "errors" | "reason" | "blocked" => self.refine_check(object, !outcome),
            _ => {}
        }
    }

    /// `return False, "why not"`, `return { valid: false, error }`: the verdict of an answer of several parts.
    pub(super) fn told_first(&mut self, expr: Option<ExprId>, value: Value) -> (Option<ExprId>, Value) {
        let verdict = expr.and_then(|expr| match &self.tree.expr(expr).kind {
            ExprKind::Sequence { items, .. } if items.len() == 2 => items.first().map(|item| item.value),
            ExprKind::Map { entries } => entries.iter().find_map(|entry| match entry.key {
                Some(Key::Static(key, _)) if is_verdict(self.tree.text(key)) => Some(entry.value),
                _ => None,
            }),
            _ => None,
        });
        match verdict {
            Some(verdict) => {
                let first = self.eval_quiet(verdict);
                (Some(verdict), first)
            }
            None => (expr, value),
        }
    }

    /// `any(re.match(pattern, url) for pattern in ALLOWED)`
    pub(super) fn matches_listed(&mut self, test: ExprId, one: crate::syntax::Symbol) {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(test).kind else { return };
        let [pattern, place] = args.as_ref() else { return };
        let by_one = matches!(self.tree.expr(pattern.value).kind, ExprKind::Name(name) if name == one);
        if by_one && matches!(self.last_name(*callee), Some("match" | "fullmatch" | "fnmatch")) {
            let value = self.eval_quiet(place.value);
            self.clear_origins(value, super::operator::HOST);
            self.clear_place(place.value, crate::model::index::ALL_KINDS);
        }
    }

    /// A function of the project that says by its name that it refuses what is not valid: how it does so is not known.
    pub(super) fn doubted_by(&mut self, function: super::FuncId, args: &[crate::syntax::Arg]) {
        let name = self.project.function_name(function).trim_start_matches('_').replace('_', "").to_ascii_lowercase();
        if ["isvalid", "valid", "issafe", "isallowed"].iter().any(|word| name.starts_with(word)) {
            for arg in args {
                self.doubt_place(arg.value);
            }
        }
    }

    /// What `template.render(context)` of a library that is not known gives is escaped.
    pub(super) fn rendered(&mut self, callee: ExprId, name: Option<NameId>, value: Value) -> Value {
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return value };
        let renders = self.python && name.is_some_and(|name| self.names.text(name) == "render");
        if !renders || !self.last_name(object).is_some_and(|of| of.contains("template")) {
            return value;
        }
        let kinds = kind_bit("xss") | kind_bit("html-attribute");
        Value { refs: value.refs, taint: self.values.clear(value.taint, kinds) }
    }

    /// `` `${this.baseUrl}/path` `` with a field that a class body sets to an address.
    pub(super) fn own_base(&self, value: Value) -> Option<String> {
        let own = |taint: &Taint| matches!(taint.origin, Origin::Param(super::RECEIVER, _));
        if self.python || !self.values.taints(value.taint).iter().all(own) {
            return None;
        }
        let known = self.values.refs(value.refs).iter();
        let mut known = known.filter(|one| !matches!(one, Ref::Any | Ref::Field | Ref::Param(_)));
        match (known.next(), known.next()) {
            (Some(Ref::Str(text)), None) => {
                let text = self.names.text(*text);
                text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty()).then(|| text.to_owned())
            }
            _ => None,
        }
    }

    /// `target.host === req.nextUrl.host`: one side is the host that was asked.
    pub(super) fn is_own_host(&self, left: ExprId, right: ExprId) -> bool {
        [left, right].into_iter().any(|side| {
            let ExprKind::Member { object, .. } = self.tree.expr(side).kind else { return false };
            matches!(self.last_name(object), Some("nextUrl" | "location" | "headers" | "req" | "request" | "url"))
        })
    }

    pub(super) fn body_of(&self, function: super::FuncId) -> &str {
        let place = self.project.function(function).place;
        let file = self.project.file(place.file);
        file.source.slice(file.tree.function(place.function).span)
    }

    /// Clears what such a function was given, and gives what it returns.
    pub(super) fn vetted(&mut self, args: &Args, returned: TaintSet) -> TaintSet {
        let kinds = kind_bit("ssrf");
        let places: Vec<_> = args.items.iter().filter_map(|item| item.expr).collect();
        for place in places {
            self.clear_place(place, kinds);
        }
        self.values.clear(returned, kinds)
    }

    /// `new URL("/login", request.url)`: the path is ours, and the host is that of the page or what we have chosen.
    pub(super) fn own_url(&mut self, args: &Args, taint: TaintSet) -> TaintSet {
        let path = args.at(0).map(|path| self.beginning(path)).unwrap_or_default();
        let chosen = args.at(0).is_some_and(|path| self.deep(path) == TaintSet::CLEAN);
        if !chosen && super::operator::fixed_by(&path) & super::operator::HOST == 0 {
            taint
        } else {
            self.values.clear(taint, super::operator::HOST)
        }
    }

    /// What the name of a call says of what goes in and what comes out.
    pub(super) fn after_call(&mut self, id: ExprId, callee: ExprId, name: NameId, args: &Args, result: &mut Value) {
        if !self.python
            && matches!(name, known::REPLACE | known::REPLACE_ALL)
            && result.taint != TaintSet::CLEAN
            && self.takes_slashes_out(args, name == known::REPLACE_ALL)
        {
            result.taint = self.values.clear(result.taint, super::text::in_a_folder());
        }
        if !self.python
            && matches!(name, known::REPLACE | known::REPLACE_ALL)
            && result.taint != TaintSet::CLEAN
            && self.takes_ascent_out(args)
            && self.went_through(*result, &["normalize"])
        {
            result.taint = self.values.clear(result.taint, super::text::in_a_folder());
        }
        if matches!(self.names.text(name), "pop" | "shift") && self.is_piece_taken(callee) {
            result.taint = self.values.clear(result.taint, super::text::in_a_folder());
        }
        if self.strips_slashes(self.names.text(name), args) && result.taint != TaintSet::CLEAN {
            let text = self.names.intern(&super::operator::NO_SLASH.to_string());
            result.refs = self.values.one(Ref::Starts(text));
        }
        self.replaced_by(id, name, args, result);
        self.piped_into(name, args, result);
        if super::found::throws_unless_found(self.names.text(name))
            && let ExprKind::Call { args, .. } = &self.tree.expr(id).kind
        {
            self.found(callee, args);
        }
    }

    /// `name.split(".").pop()` holds no dot, `path.split("/").pop()` no slash.
    fn is_piece_taken(&self, callee: ExprId) -> bool {
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return false };
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(object).kind else { return false };
        let separator = args.first().and_then(|arg| self.tree.string_of(arg.value));
        self.last_name(*callee) == Some("split") && matches!(separator, Some("." | "/"))
    }

    /// `path.replace(/^[\\/]+/, "")`, `path.lstrip("/\\")`: the beginning is no slash of either kind.
    fn strips_slashes(&self, name: &str, args: &Args) -> bool {
        match (name, args.items.as_slice()) {
            ("lstrip" | "strip", [taken]) if self.python => {
                self.constant_text(taken.value).is_some_and(|taken| taken.contains('/') && taken.contains('\\'))
            }
            ("replace", [pattern, with]) if !self.python => {
                let Some(Ref::Api(_, Some(made))) = self.single(pattern.value) else { return false };
                let tree = &self.project.file(made.file).tree;
                let ExprKind::Literal(Literal::Regex(text, _)) = tree.expr(made.expr).kind else { return false };
                let class = tree.text(text).strip_prefix("^[").and_then(|rest| rest.strip_suffix("]+"));
                let both = class.is_some_and(|class| class.contains('/') && class.contains("\\\\") && class.len() <= 4);
                both && self.constant_text(with.value).is_some_and(|with| !with.starts_with(['/', '\\']))
            }
            _ => false,
        }
    }

    /// `normalize(x).replace(/^(\.\.[\/\\])+/, "")`: of a normal path only the beginning leads up.
    fn takes_ascent_out(&self, args: &Args) -> bool {
        let [pattern, with] = args.items.as_slice() else { return false };
        let Some(Ref::Api(_, Some(made))) = self.single(pattern.value) else { return false };
        let tree = &self.project.file(made.file).tree;
        let ExprKind::Literal(Literal::Regex(text, _)) = tree.expr(made.expr).kind else { return false };
        let text = tree.text(text).trim_start_matches('^');
        let repeats = text.ends_with('+') || text.ends_with('*');
        text.starts_with("(\\.\\.") && repeats && self.constant_text(with.value).is_some_and(|with| !with.contains('.'))
    }

    /// `name.replace(/[\\/:*?]/g, "")`: every slash is taken out.
    fn takes_slashes_out(&mut self, args: &Args, all: bool) -> bool {
        let [pattern, with] = args.items.as_slice() else { return false };
        let with_slash = self.constant_text(with.value).is_some_and(|with| with.contains('/'));
        let sourced = |taint: &Taint| matches!(taint.origin, Origin::Source { .. });
        if with_slash || self.values.taints(with.value.taint).iter().any(sourced) {
            return false;
        }
        let made = match self.single(pattern.value) {
            Some(Ref::Api(_, Some(place))) => place,
            Some(Ref::Str(text)) => return all && matches!(self.names.text(text), "/" | "."),
            _ => return false,
        };
        let tree = &self.project.file(made.file).tree;
        let ExprKind::Literal(Literal::Regex(text, flags)) = tree.expr(made.expr).kind else { return false };
        let text = tree.text(text).trim_end_matches('+');
        let class = text.strip_prefix('[').and_then(|class| class.strip_suffix(']'));
        let slash = match class {
            // An escaped bracket does not end the class, any other does.
            Some(class) => {
                let inner = class.replace("\\]", "").replace("\\[", "");
                !inner.starts_with('^') && !inner.contains(']') && inner.contains('/')
            }
            None => matches!(text, "\\/" | "/"),
        };
        (all || tree.text(flags).contains('g')) && slash
    }
}

/// Whether a field of an answer says whether something is as it should be.
fn is_verdict(field: &str) -> bool {
    matches!(field, "valid" | "ok" | "isValid" | "is_valid" | "allowed" | "safe" | "isSafe" | "is_safe")
}

/// Whether a name speaks of an address or of a part of one.
fn speaks_of_address(name: &str) -> bool {
    ["url", "uri", "host", "address", "domain", "webhook", "endpoint"].iter().any(|word| name.contains(word))
}

/// Whether a body looks at the host of an address.
fn looks_at_host(text: &str) -> bool {
    const SIGNS: [&str; 11] = [
        "hostname",
        ".host",
        "lookup(",
        "Host(",
        "netloc",
        "ip_address(",
        "getaddrinfo",
        "gethostbyname",
        "is_private",
        "isIP(",
        ".origin",
    ];
    SIGNS.iter().any(|sign| text.contains(sign))
}
