//! What a resolver's context and `locals` tell of the caller, and functions that are given the body to look at it.

use super::{
    Body, ExprId, ExprKind, Family, GuardKind, MAX_NODES, Node, PatternKind, Span, Symbol, Told, Walk, examines,
    is_caller, last, names_of, written,
};

impl Body<'_, '_> {
    /// The context of a resolver, its third parameter: `(parent, args, { user })`, `(parent, args, context)`.
    pub(super) fn context_names(&self) -> Vec<(Symbol, Span, bool)> {
        let tree = self.tree;
        let function = tree.function(self.function.function);
        let Some(param) = function.params.get(2).filter(|_| self.family == Family::JavaScript) else {
            return Vec::new();
        };
        let span = tree.pattern(param.pattern).span;
        if let PatternKind::Name(name) = tree.pattern(param.pattern).kind {
            let named = matches!(tree.text(name), "context" | "ctx" | "contextValue");
            return named.then_some((name, span, true)).into_iter().collect();
        }
        let names = names_of(tree, param.pattern).into_iter();
        names.filter(|name| is_caller(tree.text(*name))).map(|name| (name, span, false)).collect()
    }

    /// What the context of a resolver, or `locals` of SvelteKit and Astro, tells of the caller has to be looked at.
    pub(super) fn resolver_context(&mut self) {
        let tree = self.tree;
        let kind = GuardKind::Authentication;
        let mut whole: Vec<Symbol> = tree.symbol("locals").into_iter().collect();
        for (name, span, all) in self.context_names() {
            if all {
                whole.push(name);
            } else {
                self.told.push(Told { kind, name: tree.text(name).to_owned(), span, lookup: true, weak: false });
            }
        }
        let body = &tree.function(self.function.function).body;
        for node in Walk::block(tree, body).take(if whole.is_empty() { 0 } else { MAX_NODES }) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Member { object, name: field, .. } = tree.expr(expr).kind else { continue };
            let of_context = match tree.expr(object).kind {
                ExprKind::Name(name) | ExprKind::Member { name, .. } => whole.contains(&name),
                _ => false,
            };
            if of_context && is_caller(tree.text(field)) {
                let name = written(tree, expr);
                self.told.push(Told { kind, name, span: tree.expr(expr).span, lookup: true, weak: false });
            }
        }
    }

    /// Names of the context's parts stand for what was told.
    pub(super) fn hold_context(&mut self) {
        for (name, span, _) in self.context_names().into_iter().filter(|(_, _, whole)| !whole) {
            let held: Vec<usize> = self.told_at(span).collect();
            self.variables.entry(name).or_default().extend(held);
        }
    }

    /// A function of the project that is given the body and looks at it: `const body = credentials(req.body)`.
    pub(super) fn examiner(&mut self, expr: ExprId, name: &str, args: &[crate::syntax::Arg]) {
        let tree = self.tree;
        let given = args.iter().any(|arg| {
            let text = self.text(arg.value);
            text.rsplit('.').next() == Some("body") || text.ends_with("req.json()") || text.ends_with("request.json()")
        });
        if !given || self.family != Family::JavaScript {
            return;
        }
        let Some(function) = self.evidence.by_name(self.function.file, expr).function else { return };
        let source = &self.evidence.project.file(function.file).source;
        let text = source.slice(self.evidence.tree(function.file).function(function.function).span);
        if examines(&text.to_ascii_lowercase()) && (text.contains("typeof") || text.contains(".test(")) {
            let lookup = !self.evidence.can_throw(function);
            let span = tree.expr(expr).span;
            self.told.push(Told { kind: GuardKind::Validation, name: name.to_owned(), span, lookup, weak: false });
        }
    }

    /// A comparison in constant time is of a signature where one is computed, else of a secret.
    pub(super) fn kind_of_comparison(&self, name: &str, kind: GuardKind) -> GuardKind {
        if !matches!(last(name), "timingSafeEqual" | "compare_digest") {
            return kind;
        }
        let text = self
            .evidence
            .project
            .file(self.function.file)
            .source
            .slice(self.tree.function(self.function.function).span);
        let computed = ["hmac.new", "createHmac", "hmac.HMAC", "ignature"].iter().any(|sign| text.contains(sign));
        if computed { GuardKind::Signature } else { GuardKind::Authentication }
    }

    /// Whether a value is only asked for being there: `!req.session`, with nothing read of it.
    pub(super) fn stands_bare(&self, span: Span) -> bool {
        let before = self.slice(Span { start: span.start.saturating_sub(1), end: span.start });
        let after = self.slice(Span { start: span.start, end: span.end + 1 });
        before == "!" && after.ends_with(')')
    }

    /// A schema of any library, also one that is made where it is used: `orderSchema.partial().parse(await req.json())`,
    /// `Joi.object({ … }).validate(req.body)`, `validator.Check(body)`.
    pub(super) fn schema(&mut self, expr: ExprId, name: &str, args: &[crate::syntax::Arg]) {
        const LOOKS: [&str; 9] = [
            "parse",
            "parseAsync",
            "safeParse",
            "safeParseAsync",
            "validate",
            "validateAsync",
            "validateSync",
            "Check",
            "Decode",
        ];
        // Parsers of texts.
        const OF_TEXTS: [&str; 22] = [
            "JSON",
            "JSON5",
            "superjson",
            "devalue",
            "qs",
            "querystring",
            "url",
            "URL",
            "path",
            "Date",
            "yaml",
            "YAML",
            "csv",
            "Papa",
            "cookie",
            "marked",
            "semver",
            "dotenv",
            "xml",
            "parser",
            "uuid",
            "jwt",
        ];
        let mut parts = name.split('.');
        let (Some(root), Some(method)) = (parts.next(), name.rsplit('.').next()) else { return };
        if self.family != Family::JavaScript || root == method || !LOOKS.contains(&method) || OF_TEXTS.contains(&root) {
            return;
        }
        let given = args.first().is_some_and(|arg| {
            let text = self.text(arg.value).trim_start_matches("await ").to_ascii_lowercase();
            let whole = text.ends_with(".json()") || text.contains("fromentries") || text.contains("formdata");
            let end = text.rsplit(['.', ' ']).next().unwrap_or("");
            whole
                || matches!(
                    end,
                    "body"
                        | "json"
                        | "data"
                        | "payload"
                        | "input"
                        | "query"
                        | "params"
                        | "values"
                        | "raw"
                        | "rawbody"
                        | "args"
                )
        });
        if given {
            let lookup = !matches!(method, "parse" | "parseAsync" | "validateAsync" | "validateSync" | "Decode");
            let span = self.tree.expr(expr).span;
            self.told.push(Told { kind: GuardKind::Validation, name: name.to_owned(), span, lookup, weak: false });
        }
    }
}
