//! What JavaScript and TypeScript programs set: CORS, sessions, security headers of Express and its relatives, and the
//! objects that configuration modules export.
//!
//! Calls are found anywhere in a file; their options are evaluated by [`eval`], which knows constants, `process.env` and
//! constants declared at the top of the same file. Nothing is run and no import is followed.

mod calls;
mod eval;

use std::collections::BTreeMap;

use super::value::{Node, Sink};
use super::{Setting, choose};
use crate::base::{CodeContext, SourceFile};
use crate::syntax::{self, Declaration, ExprId, ExprKind, PatternKind, StmtKind, Symbol, Tree, Walk};

/// Expressions that are evaluated, at most.
const MAX_STEPS: usize = 100_000;
/// Expressions nested deeper are unknown.
const MAX_DEPTH: usize = 60;

/// Names that a file must use to be of interest at all, configuration modules aside.
const CALLS: &[&str] = &[
    "cors",
    "session",
    "cookieSession",
    "helmet",
    "cookieParser",
    "enableCors",
    "disable",
    "CORS",
    "Access-Control-Allow-Origin",
    "@fastify/cors",
    "x-powered-by",
    "expressSession",
    "trust proxy",
    "betterAuth",
    "sameSite",
];

/// The settings that a JavaScript or TypeScript file sets.
#[must_use]
pub fn javascript_settings(file: &SourceFile, tree: &Tree, context: CodeContext) -> Vec<Setting> {
    let module = is_config_module(file.path());
    if !module && !CALLS.iter().any(|name| tree.symbol(name).is_some()) {
        return Vec::new();
    }
    let mut sink = Sink::new(file, "express", context);
    let mut program = Program {
        file,
        tree,
        constants: BTreeMap::new(),
        busy: Vec::new(),
        modules: BTreeMap::new(),
        steps: 0,
        depth: 0,
        sink: &mut sink,
    };
    program.declarations();
    program.calls();
    if module {
        program.exports();
    }
    sink.into_settings()
}

/// A file being gone through.
struct Program<'a, 'f> {
    file: &'f SourceFile,
    tree: &'a Tree,
    /// What names declared once at the top are.
    constants: BTreeMap<Symbol, ExprId>,
    /// Names that are being evaluated, so that none is while it is.
    busy: Vec<Symbol>,
    /// Local names of imported or required modules.
    modules: BTreeMap<Symbol, &'a str>,
    steps: usize,
    depth: usize,
    sink: &'a mut Sink<'f>,
}

/// `config.js`, `config/default.ts`, `settings.mjs`; not the configuration of build tools (`webpack.config.js`).
fn is_config_module(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    if choose::is_tool(name) {
        return false;
    }
    let named = ["config", "settings", "environment", "env", "secrets"]
        .iter()
        .any(|word| stem == *word || stem.starts_with(&format!("{word}.")) || stem.ends_with(&format!("-{word}")));
    named || matches!(folders.rsplit('/').next(), Some("config" | "configs" | "settings" | "environments"))
}

impl<'a> Program<'a, '_> {
    /// Notes the constants and modules that the file's top level declares.
    fn declarations(&mut self) {
        let tree = self.tree;
        for stmt in &tree.root {
            match &tree.stmt(*stmt).kind {
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    let [target] = targets.as_ref() else { continue };
                    let PatternKind::Name(name) = tree.pattern(*target).kind else { continue };
                    match self.required(*value) {
                        Some(module) => {
                            self.modules.insert(name, module);
                        }
                        None => {
                            self.constants.insert(name, *value);
                        }
                    }
                }
                StmtKind::Import(import) => {
                    for name in &import.names {
                        self.modules.insert(name.local, tree.text(import.module));
                    }
                }
                _ => {}
            }
        }
        // What is assigned again is no constant.
        for node in Walk::module(tree) {
            let targets = match node {
                syntax::Node::Expr(id) => match tree.expr(id).kind {
                    ExprKind::Assign { target, .. } => vec![target],
                    _ => continue,
                },
                syntax::Node::Stmt(id) => match &tree.stmt(id).kind {
                    StmtKind::AugAssign { target, .. } => vec![*target],
                    StmtKind::Assign { targets, declaration: Declaration::None, .. } => targets.to_vec(),
                    _ => continue,
                },
                _ => continue,
            };
            for target in targets {
                if let PatternKind::Name(name) = tree.pattern(target).kind {
                    self.constants.remove(&name);
                }
            }
        }
    }

    /// `require("module")`, and a call of it or a member of it: `require("helmet")()`.
    fn required(&self, value: ExprId) -> Option<&'a str> {
        let tree: &'a Tree = self.tree;
        let ExprKind::Call { callee, args, .. } = &tree.expr(value).kind else { return None };
        match &tree.expr(*callee).kind {
            ExprKind::Name(name) if tree.text(*name) == "require" => {
                args.first().and_then(|arg| tree.string_of(arg.value))
            }
            _ => None,
        }
    }

    /// Everything that `module.exports = {…}` and `export default {…}` hold, and exported constants in capitals.
    fn exports(&mut self) {
        let tree = self.tree;
        let before = std::mem::replace(&mut self.sink.dialect, "javascript");
        for stmt in &tree.root {
            let value = match &tree.stmt(*stmt).kind {
                StmtKind::Export(export) => export.default,
                StmtKind::Assign { targets, value, .. } => {
                    let exported = targets.iter().any(|target| self.is_exports(*target));
                    value.filter(|_| exported)
                }
                _ => None,
            };
            if let Some(value) = value {
                let value = self.exported_object(value);
                let node = self.eval(value);
                self.sink.code("", &node);
            }
            if let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind
                && let [target] = targets.as_ref()
                && let PatternKind::Name(name) = tree.pattern(*target).kind
                && tree
                    .text(name)
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
            {
                let node = self.eval(*value);
                let span = tree.pattern(*target).span.cover(node.span);
                self.sink.code(tree.text(name), &Node { span, ..node });
            }
        }
        self.sink.dialect = before;
    }

    /// `module.exports`, `exports`.
    fn is_exports(&self, target: syntax::PatternId) -> bool {
        let PatternKind::Target(expr) = self.tree.pattern(target).kind else { return false };
        let text = self.file.slice(self.tree.expr(expr).span);
        matches!(text, "module.exports" | "exports")
    }

    /// The object within `defineConfig({…})`, `Object.freeze({…})`, `() => ({…})`, or the constant a name stands for.
    fn exported_object(&self, value: ExprId) -> ExprId {
        match &self.tree.expr(value).kind {
            ExprKind::Call { args, .. } => match args.as_ref() {
                [arg] => arg.value,
                _ => value,
            },
            ExprKind::Function(id) => match self.tree.function(*id).body.as_ref() {
                [stmt] => match self.tree.stmt(*stmt).kind {
                    StmtKind::Return(Some(inner)) => inner,
                    _ => value,
                },
                _ => value,
            },
            ExprKind::Name(name) => self.constants.get(name).copied().unwrap_or(value),
            _ => value,
        }
    }
}
