//! Routers that nobody mounts, in files that no other file asks for: what is left of an earlier state of the project.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use super::commonjs;
use super::evidence::{Evidence, last, written};
use crate::base::CodeContext;
use crate::flow::facts::{FileId, FuncRef, Place};
use crate::flow::project::Target;
use crate::model::index::Family;
use crate::syntax::{ExprKind, StmtKind, Tree};

/// What the files of one family of languages ask for.
#[derive(Default)]
struct Asked {
    files: FxHashSet<FileId>,
    /// Names of modules that could not be told, and all parts of Python's.
    names: FxHashSet<String>,
    /// Modules are loaded by names that are put together.
    loads: bool,
}

/// Told when it is first asked for: most projects mount all that they make.
#[derive(Default)]
pub(super) struct Orphans {
    javascript: OnceCell<Asked>,
    python: OnceCell<Asked>,
}

impl Orphans {
    /// Whether the call that made a router stands in a file that nothing asks for.
    pub(super) fn has(&self, evidence: &Evidence<'_>, router: Place) -> bool {
        let tree = evidence.tree(router.file);
        let ExprKind::Call { callee, .. } = &tree.expr(router.expr).kind else { return false };
        if !matches!(last(&written(tree, *callee)), "Router" | "APIRouter" | "Blueprint") {
            return false;
        }
        let asked = match evidence.family(router.file) {
            Family::JavaScript => self.javascript.get_or_init(|| of_javascript(evidence)),
            Family::Python => self.python.get_or_init(|| of_python(evidence)),
        };
        let path = evidence.project.path(router.file);
        !asked.loads && !asked.files.contains(&router.file) && !names_of(path).any(|name| asked.names.contains(name))
    }
}

impl Orphans {
    /// Whether a file holds a router, runs no app and is asked for by nobody, or no route of it is one of the project's.
    pub(super) fn is_left(&self, evidence: &Evidence<'_>, file: FileId, handlers: &FxHashSet<FuncRef>) -> bool {
        let tree = evidence.tree(file);
        let runs = ["listen", "Flask", "FastAPI", "errorhandler", "app_errorhandler", "exception_handler"]
            .iter()
            .any(|name| tree.symbol(name).is_some());
        if runs || !["Router", "APIRouter", "Blueprint"].iter().any(|name| tree.symbol(name).is_some()) {
            return false;
        }
        let unused = handlers.iter().all(|handler| handler.file != file);
        let mut routers = tree.exprs().filter(|(_, expr)| matches!(expr.kind, ExprKind::Call { .. }));
        routers.any(|(expr, expression)| {
            let ExprKind::Call { callee, .. } = expression.kind else { return false };
            let made = matches!(last(&written(tree, callee)), "APIRouter" | "Blueprint");
            unused && made || self.has(evidence, Place { file, expr })
        })
    }
}

/// What a module is called by those who ask for it: `emoji` of `routes/emoji.ts`, `emoji` of `emoji/index.ts`.
fn names_of(path: &str) -> impl Iterator<Item = &str> {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    let folder = parts.next().filter(|_| matches!(stem, "index" | "__init__"));
    [Some(stem), folder].into_iter().flatten()
}

fn files<'e>(evidence: &'e Evidence<'_>, family: Family) -> impl Iterator<Item = (FileId, &'e Tree)> {
    let files = (0u32..).map(FileId).zip(&evidence.project.files);
    // What tests ask for is not what runs.
    let runs = |context| !matches!(context, CodeContext::Test | CodeContext::Example);
    files.filter(move |(_, info)| info.family == family && runs(info.context)).map(|(file, info)| (file, &*info.tree))
}

fn of_javascript(evidence: &Evidence<'_>) -> Asked {
    const LOADERS: [&str; 6] = ["readdirSync", "readdir", "globSync", "glob", "autoload", "fastGlob"];
    let mut asked = Asked::default();
    for (file, tree) in files(evidence, Family::JavaScript) {
        let path = evidence.project.path(file);
        asked.loads |= LOADERS.iter().any(|name| tree.symbol(name).is_some()) && tree.symbol("require").is_some();
        let mut ask = |module: &str| match evidence.project.resolver.javascript(path, module) {
            Target::File(target) => drop(asked.files.insert(target)),
            Target::External(_) => {
                asked.names.extend(names_of(module).map(str::to_owned));
            }
        };
        for (_, stmt) in tree.stmts() {
            match &stmt.kind {
                StmtKind::Import(import) => ask(tree.text(import.module)),
                StmtKind::Export(export) => {
                    if let Some(from) = export.from {
                        ask(tree.text(from));
                    }
                }
                _ => {}
            }
        }
        let mut loads = false;
        for (id, expr) in tree.exprs() {
            match &expr.kind {
                ExprKind::Import(module) => match tree.string_of(*module) {
                    Some(module) => ask(module),
                    None => loads = true,
                },
                ExprKind::Call { callee, args, .. } => {
                    let requires =
                        matches!(tree.expr(*callee).kind, ExprKind::Name(name) if tree.text(name) == "require");
                    match commonjs::required(tree, id) {
                        Some((module, _)) => ask(module),
                        None => loads |= requires && !args.is_empty(),
                    }
                }
                _ => {}
            }
        }
        asked.loads |= loads;
    }
    asked
}

fn of_python(evidence: &Evidence<'_>) -> Asked {
    const LOADERS: [&str; 5] = ["import_module", "__import__", "iter_modules", "walk_packages", "find_modules"];
    let mut asked = Asked::default();
    for (_, tree) in files(evidence, Family::Python) {
        asked.loads |= LOADERS.iter().any(|name| tree.symbol(name).is_some());
        for (_, stmt) in tree.stmts() {
            let StmtKind::Import(import) = &stmt.kind else { continue };
            asked.names.extend(tree.text(import.module).split('.').map(str::to_owned));
            for name in &import.names {
                asked.names.insert(tree.text(name.local).to_owned());
                if let crate::syntax::Imported::Name(imported) = name.imported {
                    asked.names.insert(tree.text(imported).to_owned());
                }
            }
        }
    }
    asked
}
