//! A tree as text, for fixtures: one line a statement, expressions as S-expressions, functions and classes indented.
//!
//! Positions are shown for statements only (`line:column`). A function inside an expression is shown as `#n` there and
//! in full below its statement.

use std::fmt::Write as _;

mod expr;

use super::{
    ClassId, Declaration, ExprId, Function, FunctionId, ImportName, Imported, Param, ParamKind, StmtId, StmtKind,
    Symbol, Tree,
};
use crate::base::{SourceFile, Span};

/// Deeper than this is shown as `…`.
const MAX_DEPTH: usize = 200;

/// The tree of a file as text.
#[must_use]
pub fn dump(tree: &Tree, file: &SourceFile) -> String {
    let mut dump = Dump { tree, file, out: String::new(), indent: 0, depth: 0, pending: Vec::new() };
    for directive in &tree.directives {
        let _ = writeln!(dump.out, "directive {:?}", tree.text(*directive));
    }
    dump.block(&tree.root);
    for comment in &tree.comments {
        let (line, column) = file.line_column(comment.start);
        let _ = writeln!(dump.out, "comment {line}:{column} {:?}", file.slice(*comment));
    }
    dump.out
}

enum Pending {
    Function(FunctionId),
    Class(ClassId),
}

struct Dump<'t> {
    tree: &'t Tree,
    file: &'t SourceFile,
    out: String,
    indent: usize,
    depth: usize,
    /// Functions and classes inside the expressions of the statement at hand.
    pending: Vec<Pending>,
}

impl Dump<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self, at: Span) {
        let (line, column) = self.file.line_column(at.start);
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        let _ = write!(self.out, "{line}:{column} ");
    }

    fn label(&mut self, label: &str) {
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        self.out.push_str(label);
    }

    fn block(&mut self, block: &[StmtId]) {
        for stmt in block {
            self.stmt(*stmt);
        }
    }

    fn inner(&mut self, block: &[StmtId]) {
        self.indent += 1;
        self.block(block);
        self.indent -= 1;
    }

    /// Ends a statement's head, and shows the functions in its expressions.
    fn end(&mut self) {
        self.out.push('\n');
        self.indent += 1;
        for inner in std::mem::take(&mut self.pending) {
            match inner {
                Pending::Function(id) => {
                    self.label(&format!("#{} ", id.index()));
                    self.function(id);
                }
                Pending::Class(id) => {
                    self.label(&format!("#{} ", id.index()));
                    self.class(id);
                }
            }
        }
        self.indent -= 1;
    }

    fn labelled(&mut self, label: &str, block: &[StmtId]) {
        if !block.is_empty() {
            self.label(label);
            self.out.push('\n');
            self.inner(block);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let stmt = self.tree.stmt(id);
        self.line(stmt.span);
        if self.depth >= MAX_DEPTH {
            self.push("…\n");
            return;
        }
        self.depth += 1;
        self.stmt_kind(&stmt.kind);
        self.depth -= 1;
    }

    fn stmt_kind(&mut self, kind: &StmtKind) {
        match kind {
            StmtKind::Function(id) => self.function(*id),
            StmtKind::Class(id) => self.class(*id),
            StmtKind::If { test, then, otherwise } => {
                self.head("if", &[*test]);
                self.inner(then);
                self.labelled("else", otherwise);
            }
            StmtKind::While { test, body, otherwise, body_first } => {
                self.head(if *body_first { "do-while" } else { "while" }, &[*test]);
                self.inner(body);
                self.labelled("else", otherwise);
            }
            StmtKind::ForEach { target, iter, keys, body, otherwise } => {
                self.push(if *keys { "for-keys " } else { "for " });
                self.pattern(*target);
                self.push(" in ");
                self.expr(*iter);
                self.end();
                self.inner(body);
                self.labelled("else", otherwise);
            }
            StmtKind::For { init, test, update, body } => {
                self.push("for-loop ");
                self.option(*test);
                self.push(" update ");
                self.option(*update);
                self.end();
                self.labelled("init", init);
                self.labelled("body", body);
            }
            StmtKind::Try { body, handlers, otherwise, finally } => {
                self.push("try\n");
                self.inner(body);
                for handler in handlers {
                    self.label("except ");
                    self.option(handler.class);
                    if let Some(name) = handler.name {
                        self.push(" as ");
                        self.pattern(name);
                    }
                    self.end();
                    self.inner(&handler.body);
                }
                self.labelled("else", otherwise);
                self.labelled("finally", finally);
            }
            StmtKind::With { items, body } => {
                self.push("with");
                for (context, target) in items {
                    self.push(" ");
                    self.expr(*context);
                    if let Some(target) = target {
                        self.push(" as ");
                        self.pattern(*target);
                    }
                }
                self.end();
                self.inner(body);
            }
            StmtKind::Match { subject, cases, falls_through } => {
                self.head(if *falls_through { "switch" } else { "match" }, &[*subject]);
                for case in cases {
                    self.label("case ");
                    match case.pattern {
                        Some(pattern) => self.pattern(pattern),
                        None => self.push("default"),
                    }
                    if let Some(guard) = case.guard {
                        self.push(" if ");
                        self.expr(guard);
                    }
                    self.end();
                    self.inner(&case.body);
                }
            }
            StmtKind::Labeled(label, body) => {
                self.push("label ");
                self.symbol(*label);
                self.push("\n");
                self.inner(body);
            }
            StmtKind::Block(body) => {
                self.push("block\n");
                self.inner(body);
            }
            _ => {
                self.simple(kind);
                self.end();
            }
        }
    }

    fn head(&mut self, word: &str, exprs: &[ExprId]) {
        self.push(word);
        for expr in exprs {
            self.push(" ");
            self.expr(*expr);
        }
        self.end();
    }

    fn simple(&mut self, kind: &StmtKind) {
        match kind {
            StmtKind::Expr(expr) => self.expr(*expr),
            StmtKind::Assign { targets, annotation, value, declaration } => {
                self.push(match declaration {
                    Declaration::None => "",
                    Declaration::Const => "const ",
                    Declaration::Let => "let ",
                    Declaration::Var => "var ",
                    Declaration::Field { is_static: true } => "static ",
                    Declaration::Field { is_static: false } => "field ",
                });
                for (at, target) in targets.iter().enumerate() {
                    self.push(if at > 0 { " = " } else { "" });
                    self.pattern(*target);
                }
                if let Some(annotation) = annotation {
                    self.push(": ");
                    self.expr(*annotation);
                }
                if let Some(value) = value {
                    self.push(" = ");
                    self.expr(*value);
                }
            }
            StmtKind::AugAssign { target, op, value } => {
                self.pattern(*target);
                let _ = write!(self.out, " {op:?}= ");
                self.expr(*value);
            }
            StmtKind::Delete(targets) => {
                self.push("delete");
                self.list(targets);
            }
            StmtKind::Return(value) => {
                self.push("return");
                self.list(value.as_slice());
            }
            StmtKind::Throw(value) => {
                self.push("throw");
                self.list(value.as_slice());
            }
            StmtKind::Assert { test, message } => {
                self.push("assert ");
                self.expr(*test);
                self.list(message.as_slice());
            }
            StmtKind::Import(import) => {
                let dots = ".".repeat(import.level.min(20) as usize);
                let _ = write!(self.out, "import {:?}", format!("{dots}{}", self.tree.text(import.module)));
                if import.type_only {
                    self.push(" type-only");
                }
                import.names.iter().for_each(|name| self.import_name(*name));
            }
            StmtKind::Export(export) => {
                self.push(if export.all { "export *" } else { "export" });
                for name in &export.names {
                    self.push(" ");
                    self.symbol(name.local);
                    self.push(" as ");
                    self.symbol(name.exported);
                }
                if let Some(from) = export.from {
                    let _ = write!(self.out, " from {:?}", self.tree.text(from));
                }
                if let Some(default) = export.default {
                    self.push(" default ");
                    self.expr(default);
                }
            }
            StmtKind::Global(names) => self.words("global", names),
            StmtKind::Nonlocal(names) => self.words("nonlocal", names),
            StmtKind::Break(label) => self.words("break", label.as_slice()),
            StmtKind::Continue(label) => self.words("continue", label.as_slice()),
            _ => self.push("?"),
        }
    }

    fn import_name(&mut self, name: ImportName) {
        match name.imported {
            Imported::Name(imported) => {
                self.push(" name ");
                self.symbol(imported);
            }
            Imported::Default => self.push(" default"),
            Imported::Module => self.push(" module"),
            Imported::TopPackage => self.push(" top"),
            Imported::All => self.push(" all"),
        }
        self.push(" as ");
        self.symbol(name.local);
    }

    fn words(&mut self, word: &str, names: &[Symbol]) {
        self.push(word);
        for name in names {
            self.push(" ");
            self.symbol(*name);
        }
    }

    fn symbol(&mut self, symbol: Symbol) {
        self.out.push_str(self.tree.text(symbol));
    }

    fn function(&mut self, id: FunctionId) {
        let function: &Function = self.tree.function(id);
        let flags =
            [(function.is_async, "async "), (function.is_static, "static "), (function.is_generator, "generator ")];
        flags.into_iter().filter(|(set, _)| *set).for_each(|(_, flag)| self.push(flag));
        let _ = write!(self.out, "{} ", format!("{:?}", function.kind).to_lowercase());
        match function.name {
            Some(name) => self.symbol(name),
            None => self.push("_"),
        }
        self.push(" (");
        for (at, param) in function.params.iter().enumerate() {
            self.push(if at > 0 { ", " } else { "" });
            self.param(param);
        }
        self.push(")");
        if let Some(returns) = function.returns {
            self.push(" -> ");
            self.expr(returns);
        }
        self.decorators(&function.decorators);
        for directive in &function.directives {
            let _ = write!(self.out, " {:?}", self.tree.text(*directive));
        }
        self.end();
        self.inner(&function.body);
    }

    fn decorators(&mut self, decorators: &[ExprId]) {
        for decorator in decorators {
            self.push(" @");
            self.expr(*decorator);
        }
    }

    fn param(&mut self, param: &Param) {
        self.push(match param.kind {
            ParamKind::PositionalOnly => "positional ",
            ParamKind::Normal => "",
            ParamKind::KeywordOnly => "keyword ",
            ParamKind::Rest => "*",
            ParamKind::KeywordRest => "**",
        });
        self.pattern(param.pattern);
        if let Some(annotation) = param.annotation {
            self.push(": ");
            self.expr(annotation);
        }
        if let Some(default) = param.default {
            self.push(" = ");
            self.expr(default);
        }
        self.decorators(&param.decorators);
    }

    fn class(&mut self, id: ClassId) {
        let class = self.tree.class(id);
        self.push("class ");
        match class.name {
            Some(name) => self.symbol(name),
            None => self.push("_"),
        }
        self.list(&class.bases);
        class.keywords.iter().for_each(|keyword| self.arg(keyword));
        self.decorators(&class.decorators);
        self.end();
        self.inner(&class.body);
    }

    fn list(&mut self, exprs: &[ExprId]) {
        for expr in exprs {
            self.push(" ");
            self.expr(*expr);
        }
    }
}
