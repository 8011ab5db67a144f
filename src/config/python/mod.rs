//! What Python programs set: settings modules (Django's and others'), Flask's `app.config`, CORS middleware, how servers
//! are run, pydantic's `BaseSettings`.
//!
//! A file is gone through in order of its statements, branches apart, with a small evaluator ([`eval`]) that knows
//! constants, the environment, and names assigned earlier in the same file. Nothing is run and no import is followed:
//! fields of settings objects are kept by name for [`super::effective`].

mod calls;
mod eval;
mod named;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use super::value::{Node, Sink, Value};
use super::{Setting, choose};
use crate::base::{CodeContext, SourceFile};
use crate::syntax::{self, ExprId, ExprKind, Imported, StmtKind, Symbol, Tree, Walk};

/// Expressions that are evaluated, at most.
const MAX_STEPS: usize = 200_000;
/// Nodes of one value, at most.
const MAX_SIZE: usize = 20_000;
/// Statements and expressions nested deeper are unknown.
const MAX_DEPTH: usize = 60;

/// Names that make a module Django's settings.
const DJANGO: &[&str] = &["INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "MIDDLEWARE_CLASSES", "WSGI_APPLICATION"];

/// Names that a file must use to be of interest at all, settings modules aside.
const CALLS: &[&str] = &[
    "Access-Control-Allow-Origin",
    "gradio",
    "CORS",
    "CORSMiddleware",
    "cross_origin",
    "SessionMiddleware",
    "BaseSettings",
    "FastAPI",
    "Starlette",
    "Flask",
    "Quart",
    "Sanic",
    "uvicorn",
];

/// Names that are of interest on an application, and what applications are called.
const MEMBERS: &[&str] = &["config", "secret_key", "run", "debug"];
const APPLICATIONS: &[&str] = &["app", "application", "current_app", "server", "api", "create_app"];

/// The settings that a Python file sets.
#[must_use]
pub fn python_settings(file: &SourceFile, tree: &Tree, context: CodeContext) -> Vec<Setting> {
    if matches!(file.path().rsplit('/').next(), Some("wsgi.py" | "asgi.py")) {
        return settings_of_server(file, tree, context);
    }
    let module = settings_module(file.path(), tree);
    let uses = |names: &[&str]| names.iter().any(|name| tree.symbol(name).is_some());
    if module.is_none() && !uses(CALLS) && !(uses(MEMBERS) && uses(APPLICATIONS)) {
        return Vec::new();
    }
    let mut sink = Sink::new(file, module.unwrap_or("python"), context);
    let module_context = sink.context;
    let mut program = Program {
        file,
        tree,
        scopes: vec![Scope::new()],
        pending: Vec::new(),
        steps: 0,
        depth: 0,
        framework: framework(tree),
        imports: imported_names(tree),
        in_settings_class: false,
        classes: Vec::new(),
        sink: &mut sink,
    };
    program.block(&tree.root);
    program.override_bases();
    let module_scope = program.scopes.first().cloned().unwrap_or_default();
    program.functions();
    if module.is_some() {
        let mut names: Vec<(Symbol, Node)> =
            module_scope.into_iter().filter(|(name, _)| is_constant(tree.text(*name))).collect();
        names.sort_by_key(|(_, node)| node.span);
        sink.dialect = module.unwrap_or("python");
        sink.context = module_context;
        for (name, node) in names {
            sink.code(tree.text(name), &node);
        }
    }
    sink.into_settings()
}

/// The settings module that a server of Django falls back to: `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "…")`.
fn settings_of_server(file: &SourceFile, tree: &Tree, context: CodeContext) -> Vec<Setting> {
    let mut sink = Sink::new(file, "django", context);
    if tree.symbol("setdefault").is_none() {
        return Vec::new();
    }
    for node in Walk::module(tree) {
        let syntax::Node::Expr(id) = node else { continue };
        let ExprKind::Call { args, .. } = &tree.expr(id).kind else { continue };
        let [name, value] = args.as_ref() else { continue };
        if tree.string_of(name.value) == Some("DJANGO_SETTINGS_MODULE")
            && let Some(module) = tree.string_of(value.value)
        {
            let place = tree.expr(value.value).span;
            sink.code("DJANGO_SETTINGS_MODULE", &Node::new(Value::Str(module.to_owned()), place));
        }
    }
    sink.into_settings()
}

type Scope = BTreeMap<Symbol, Node>;

/// A file being gone through.
struct Program<'a, 'f> {
    file: &'f SourceFile,
    tree: &'a Tree,
    /// Innermost last; branches have scopes of their own while they are gone through.
    scopes: Vec<Scope>,
    /// Functions to go through when the module is done.
    pending: Vec<crate::syntax::FunctionId>,
    steps: usize,
    depth: usize,
    /// The dialect of calls.
    framework: &'static str,
    /// Names that come from other modules.
    imports: BTreeSet<Symbol>,
    /// Whether `self` is a settings object.
    in_settings_class: bool,
    /// Classes of settings: name, bases, which settings are theirs.
    classes: Vec<(String, Vec<String>, std::ops::Range<usize>)>,
    sink: &'a mut Sink<'f>,
}

/// `SECRET_KEY`, not `secret_key`, `Path` or `T`.
fn is_constant(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// The dialect of a settings module: by its content, else by its name.
fn settings_module(path: &str, tree: &Tree) -> Option<&'static str> {
    let assigned = |name: &str| {
        tree.symbol(name).is_some_and(|symbol| {
            tree.root.iter().any(|stmt| {
                match &tree.stmt(*stmt).kind {
                StmtKind::Assign { targets, .. } => targets.iter().any(|target| {
                    matches!(tree.pattern(*target).kind, crate::syntax::PatternKind::Name(name) if name == symbol)
                }),
                StmtKind::AugAssign { target, .. } => {
                    matches!(tree.pattern(*target).kind, crate::syntax::PatternKind::Name(name) if name == symbol)
                }
                _ => false,
            }
            })
        })
    };
    if DJANGO.iter().any(|name| assigned(name)) {
        return Some("django");
    }
    if tree.symbol("from_object").is_some() && configures_itself(tree) {
        return Some("flask");
    }
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.split('.').next().unwrap_or(name);
    let mut words = stem.split('_');
    let settings = words.clone().any(|word| word == "settings") || folders.rsplit('/').next() == Some("settings");
    let config = words.any(|word| matches!(word, "config" | "configuration" | "conf" | "environment" | "secrets"))
        || matches!(folders.rsplit('/').next(), Some("config" | "configs"));
    let django = tree.root.iter().any(|stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Import(import) => {
            let module = tree.text(import.module);
            module.starts_with("django.") || module == "environ" || (settings && import.level > 0 && takes_all(import))
        }
        _ => false,
    });
    if settings && django {
        return Some("django");
    }
    let flask =
        ["SQLALCHEMY_DATABASE_URI", "WTF_CSRF_ENABLED", "FLASK_ENV"].iter().any(|name| tree.symbol(name).is_some());
    (settings || config).then(|| match framework(tree) {
        "flask" => "flask",
        "python" if flask => "flask",
        "fastapi" => "fastapi",
        _ => "python",
    })
}

/// `app.config.from_object(__name__)`: the module's own names are its settings.
fn configures_itself(tree: &Tree) -> bool {
    let named = |expr: ExprId, wanted: &str| match &tree.expr(expr).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => tree.text(*name) == wanted,
        _ => false,
    };
    tree.exprs().any(|(_, expr)| match &expr.kind {
        ExprKind::Call { callee, args, .. } => {
            named(*callee, "from_object") && args.first().is_some_and(|arg| named(arg.value, "__name__"))
        }
        _ => false,
    })
}

fn takes_all(import: &crate::syntax::Import) -> bool {
    import.names.iter().any(|name| name.imported == Imported::All)
}

/// The names that `from module import name` binds.
fn imported_names(tree: &Tree) -> BTreeSet<Symbol> {
    let mut found = BTreeSet::new();
    for (_, stmt) in tree.stmts() {
        if let StmtKind::Import(import) = &stmt.kind {
            let names = import.names.iter().filter(|name| matches!(name.imported, Imported::Name(_)));
            found.extend(names.map(|name| name.local));
        }
    }
    found
}

/// The web framework that a file imports.
fn framework(tree: &Tree) -> &'static str {
    for stmt in &tree.root {
        if let StmtKind::Import(import) = &tree.stmt(*stmt).kind {
            let top = tree.text(import.module).split('.').next().unwrap_or("");
            match top {
                "flask" | "flask_cors" | "quart" | "quart_cors" => return "flask",
                "fastapi" | "starlette" => return "fastapi",
                "django" => return "django",
                _ => {}
            }
        }
    }
    "python"
}

/// The context of a class of settings within a file.
fn class_context(name: &str, module: CodeContext) -> CodeContext {
    choose::class_stage(name, module)
}
