//! What a resolver's context and `locals` tell of the caller, and functions that are given the body to look at it.

use super::{
    Body, ExprId, ExprKind, Family, GuardKind, MAX_NODES, Node, PatternKind, Span, Symbol, Told, Walk, examines,
    is_caller, names_of, written,
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
}
