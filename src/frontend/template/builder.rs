//! What every template format is lowered to: a function of one parameter, the context, in which each output is a call
//! of a function of the module `#template` that models know.

use rustc_hash::FxHashSet;

use crate::base::{Language, Span};
use crate::syntax::{
    Arg, Block, Declaration, Entry, Expr, ExprId, ExprKind, Field, Function, FunctionId, FunctionKind, Import,
    ImportName, Imported, Key, Literal, Param, ParamKind, Pattern, PatternId, PatternKind, Spread, Stmt, StmtId,
    StmtKind, Symbol, Tree,
};

/// The module of outputs and filters; no project can have a module of that name.
pub(super) const MODULE: &str = "#template";
/// What the module is called in a tree.
pub(super) const LOCAL: &str = "$$template";
/// The parameter of a template.
pub(super) const CONTEXT: &str = "$$context";

/// How many variables of the context are told apart.
const MAX_NAMES: usize = 2_000;
/// How many variables of its own a template hands to what it includes, and how often.
const MAX_BOUND: usize = 64;
const MAX_INCLUDES: u32 = 500;

/// What a template's names mean before its context is asked: globals of the language.
const GLOBALS: &[&str] = &[
    "Array",
    "Boolean",
    "Date",
    "Error",
    "Infinity",
    "Intl",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "clearTimeout",
    "console",
    "decodeURI",
    "decodeURIComponent",
    "document",
    "encodeURI",
    "encodeURIComponent",
    "globalThis",
    "isNaN",
    "parseFloat",
    "parseInt",
    "process",
    "require",
    "setTimeout",
    "undefined",
    "window",
];

/// Makes the tree of a template.
pub(super) struct Builder {
    /// The tree so far.
    pub(super) tree: Tree,
    /// Functions that are part of the file but not of the template's body: macros.
    pub(super) functions: Vec<StmtId>,
    /// Names that are bound inside the template, in order of their first binding.
    pub(super) bound: Vec<Symbol>,
    includes: u32,
}

impl Builder {
    pub(super) fn new(language: Language) -> Self {
        Self::over(Tree::new(language))
    }

    /// Goes on with a tree that something else began.
    pub(super) fn over(tree: Tree) -> Self {
        Self { tree, functions: Vec::new(), bound: Vec::new(), includes: 0 }
    }

    pub(super) fn add(&mut self, span: Span, kind: ExprKind) -> ExprId {
        self.tree.add_expr(Expr { span, kind })
    }

    pub(super) fn stmt(&mut self, span: Span, kind: StmtKind) -> StmtId {
        self.tree.add_stmt(Stmt { span, kind })
    }

    pub(super) fn name(&mut self, text: &str, span: Span) -> ExprId {
        let symbol = self.tree.intern(text);
        self.add(span, ExprKind::Name(symbol))
    }

    pub(super) fn text(&mut self, text: &str, span: Span) -> ExprId {
        let symbol = self.tree.intern(text);
        self.add(span, ExprKind::Literal(Literal::Str(symbol)))
    }

    pub(super) fn member(&mut self, object: ExprId, name: &str, span: Span) -> ExprId {
        let start = self.tree.expr(object).span.start.min(span.start);
        let symbol = self.tree.intern(name);
        let kind = ExprKind::Member { object, name: symbol, name_span: span, optional: false };
        self.add(Span::new(start, span.end), kind)
    }

    pub(super) fn call(&mut self, callee: ExprId, args: Vec<Arg>, span: Span) -> ExprId {
        self.add(span, ExprKind::Call { callee, args: args.into(), is_new: false, optional: false })
    }

    /// A call of a function of `#template`.
    pub(super) fn helper(&mut self, name: &str, args: Vec<Arg>, span: Span) -> ExprId {
        let module = self.name(LOCAL, Span::at(span.start));
        let callee = self.member(module, name, Span::at(span.start));
        self.call(callee, args, span)
    }

    /// A filter: `#template.filters.name(value, …)`.
    pub(super) fn filter(&mut self, name: &str, name_span: Span, args: Vec<Arg>, span: Span) -> ExprId {
        let module = self.name(LOCAL, Span::at(span.start));
        let filters = self.member(module, "filters", Span::at(span.start));
        let callee = self.member(filters, name, name_span);
        self.call(callee, args, span)
    }

    /// A call of an output function, or the bare expression where nothing is wrong with it.
    pub(super) fn output(&mut self, how: Option<&str>, value: ExprId, out: &mut Vec<StmtId>) {
        let span = self.tree.expr(value).span;
        let value = match how {
            Some(how) => self.helper(how, vec![positional(value)], span),
            None => value,
        };
        out.push(self.stmt(span, StmtKind::Expr(value)));
    }

    /// A pattern that binds a name.
    pub(super) fn bind(&mut self, name: &str, span: Span) -> PatternId {
        let symbol = self.tree.intern(name);
        if !self.bound.contains(&symbol) && self.bound.len() < MAX_BOUND {
            self.bound.push(symbol);
        }
        self.tree.add_pattern(Pattern { span, kind: PatternKind::Name(symbol) })
    }

    pub(super) fn assign(&mut self, target: PatternId, value: ExprId, span: Span) -> StmtId {
        let declaration = Declaration::None;
        let kind = StmtKind::Assign { targets: [target].into(), annotation: None, value: Some(value), declaration };
        self.stmt(span, kind)
    }

    /// The context with whatever was bound in the template laid over it, for templates that are included.
    pub(super) fn whole_context(&mut self, more: Vec<Entry>, only: bool, span: Span) -> ExprId {
        let mut entries = Vec::new();
        self.includes += 1;
        if !only {
            let context = self.name(CONTEXT, span);
            entries.push(Entry { key: None, value: context });
            let bound = if self.includes > MAX_INCLUDES { Vec::new() } else { self.bound.clone() };
            for symbol in bound {
                let value = self.add(span, ExprKind::Name(symbol));
                entries.push(Entry { key: Some(Key::Static(symbol, span)), value });
            }
        }
        if !only && entries.len() == 1 && more.is_empty() {
            return entries[0].value;
        }
        entries.extend(more);
        self.add(span, ExprKind::Map { entries: entries.into() })
    }

    /// Another template, rendered with a context.
    pub(super) fn include(&mut self, name: ExprId, context: ExprId, span: Span, out: &mut Vec<StmtId>) {
        let call = self.helper("include", vec![positional(name), positional(context)], span);
        out.push(self.stmt(span, StmtKind::Expr(call)));
    }

    /// A function of the file.
    pub(super) fn function(&mut self, name: &str, span: Span, params: Vec<Param>, body: Block) -> FunctionId {
        let name = self.tree.intern(name);
        self.tree.add_function(Function {
            name: Some(name),
            name_span: Span::at(span.start),
            span,
            params: params.into(),
            body,
            decorators: Box::default(),
            returns: None,
            kind: FunctionKind::Function,
            is_async: false,
            is_generator: false,
            is_static: false,
            directives: Box::default(),
        })
    }

    /// Makes the template's function of its body: first, every name that it uses is read from the context. `whole`
    /// are names that mean the context itself.
    pub(super) fn finish(mut self, path: &str, length: usize, body: Vec<StmtId>, whole: &[&str]) -> Tree {
        let span = Span::from_range(0..length);
        let own: FxHashSet<Symbol> = self.functions.iter().filter_map(|stmt| self.function_name(*stmt)).collect();
        let python = self.tree.language == Language::Python;
        let mut seen: FxHashSet<Symbol> = FxHashSet::default();
        let mut names = Vec::new();
        let mut asked = Vec::new();
        for (_, expr) in self.tree.exprs() {
            let ExprKind::Name(symbol) = expr.kind else { continue };
            let text = self.tree.text(symbol);
            let known = own.contains(&symbol)
                || matches!(text, LOCAL | CONTEXT)
                || (!python && GLOBALS.binary_search(&text).is_ok());
            if known || names.len() >= MAX_NAMES || !seen.insert(symbol) {
                continue;
            }
            if whole.contains(&text) { asked.push((symbol, expr.span)) } else { names.push((symbol, expr.span)) }
        }
        let mut all = Vec::new();
        for (symbol, at) in asked {
            let context = self.name(CONTEXT, at);
            let target = self.tree.add_pattern(Pattern { span: at, kind: PatternKind::Name(symbol) });
            let statement = self.declare(target, context, at);
            all.push(statement);
        }
        if !names.is_empty() {
            let fields: Vec<Field> = names
                .into_iter()
                .map(|(symbol, at)| {
                    let pattern = self.tree.add_pattern(Pattern { span: at, kind: PatternKind::Name(symbol) });
                    Field { key: Some(Key::Static(symbol, at)), pattern }
                })
                .collect();
            let start = Span::at(0);
            let target = self.tree.add_pattern(Pattern { span: start, kind: PatternKind::Map(fields.into()) });
            let context = self.name(CONTEXT, start);
            let statement = self.declare(target, context, start);
            all.push(statement);
        }
        all.extend(body);
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let context = self.tree.intern(CONTEXT);
        let pattern = self.tree.add_pattern(Pattern { span: Span::at(0), kind: PatternKind::Name(context) });
        let params = vec![param(pattern, None)];
        let function = self.function(&name, span, params, all.into());
        self.tree.template = Some(function);
        let mut root = vec![self.import()];
        root.append(&mut self.functions);
        let function = self.stmt(span, StmtKind::Function(function));
        root.push(function);
        self.tree.root = root.into();
        self.tree
    }

    fn declare(&mut self, target: PatternId, value: ExprId, span: Span) -> StmtId {
        let declaration = if self.tree.language == Language::Python { Declaration::None } else { Declaration::Var };
        let kind = StmtKind::Assign { targets: [target].into(), annotation: None, value: Some(value), declaration };
        self.stmt(span, kind)
    }

    /// The import of `#template`.
    pub(super) fn import(&mut self) -> StmtId {
        let module = self.tree.intern(MODULE);
        let local = self.tree.intern(LOCAL);
        let span = Span::at(0);
        let name = ImportName { imported: Imported::Module, local, span };
        let import = Import { module, level: 0, module_span: span, names: [name].into(), type_only: false };
        self.stmt(span, StmtKind::Import(import))
    }

    fn function_name(&self, stmt: StmtId) -> Option<Symbol> {
        match self.tree.stmt(stmt).kind {
            StmtKind::Function(function) => self.tree.function(function).name,
            _ => None,
        }
    }
}

/// A parameter.
pub(super) fn param(pattern: PatternId, default: Option<ExprId>) -> Param {
    Param { pattern, kind: ParamKind::Normal, default, annotation: None, decorators: Box::default() }
}

/// A positional argument.
pub(super) fn positional(value: ExprId) -> Arg {
    Arg { name: None, value, spread: Spread::No }
}

#[cfg(test)]
mod tests {
    #[test]
    fn globals_are_sorted_for_binary_search() {
        assert!(super::GLOBALS.is_sorted());
    }
}
