//! What the project's Python and JavaScript files import from elsewhere: `import`, `from … import`, `require`, dynamic
//! imports, `export … from`, `importlib.import_module`.
//!
//! What may be a module of the project itself (it resolves to a file, or a folder has its name) is kept as optional: which
//! one wins depends on how the program is started, and a package that is used must never pass for unused.

use rustc_hash::FxHashSet;

use crate::base::{CodeContext, Location, Span};
use crate::flow::Project;
use crate::flow::facts::FileId;
use crate::flow::project::Target;
use crate::lockfile;
use crate::model::index::Family;
use crate::package::Ecosystem;
use crate::syntax::{ExprId, ExprKind, Import, Imported, StmtKind, Tree};

/// Names taken from one module in one statement that are looked at.
const MOST_NAMES: usize = 40;

/// One import of a module that is not the project's own.
#[derive(Debug, Clone)]
pub(super) struct Use {
    pub(super) ecosystem: Ecosystem,
    /// npm: the package. Python: the module as written.
    pub(super) module: String,
    /// Python: what is taken from the module, which may be a module as well.
    pub(super) names: Vec<String>,
    pub(super) location: Location,
    pub(super) context: CodeContext,
    /// Inside `try`, for types only, told by an address, or perhaps a module of the project itself: it proves that a
    /// package is used, but needs no declaration.
    pub(super) optional: bool,
    /// The specifier, where it is an address or names a registry (`npm:…`) and so fetches the package by itself.
    pub(super) fetched: Option<String>,
}

/// What is known of the project's own names.
pub(super) struct Own<'a> {
    /// Folders and files (without their endings) anywhere in the project.
    pub(super) places: FxHashSet<&'a str>,
    /// Modules of the standard library.
    pub(super) standard: &'static FxHashSet<&'static str>,
    pub(super) node: &'static FxHashSet<&'static str>,
}

/// Every import of every file, in order of path and place.
pub(super) fn collect(project: &Project, own: &Own<'_>) -> Vec<Use> {
    let mut uses = Vec::new();
    for (at, info) in (0u32..).zip(&project.files) {
        if matches!(info.context, CodeContext::Vendored | CodeContext::Generated) {
            continue;
        }
        let tries: Vec<Span> = info
            .tree
            .stmts()
            .filter(|(_, stmt)| matches!(stmt.kind, StmtKind::Try { .. }))
            .map(|(_, stmt)| stmt.span)
            .collect();
        let mut reader = Reader { project, own, file: FileId(at), tries, uses: &mut uses };
        match info.family {
            Family::Python => reader.python(&info.tree),
            Family::JavaScript => reader.javascript(&info.tree),
        }
    }
    uses
}

struct Reader<'r, 'o> {
    project: &'r Project,
    own: &'r Own<'o>,
    file: FileId,
    tries: Vec<Span>,
    uses: &'r mut Vec<Use>,
}

impl Reader<'_, '_> {
    fn push(&mut self, ecosystem: Ecosystem, module: String, names: Vec<String>, span: Span, optional: bool) {
        self.add(ecosystem, module, names, span, optional, None);
    }

    fn add(
        &mut self,
        ecosystem: Ecosystem,
        module: String,
        names: Vec<String>,
        span: Span,
        optional: bool,
        fetched: Option<&str>,
    ) {
        let info = self.project.file(self.file);
        let tried = self.tries.iter().any(|outer| outer.start <= span.start && span.end <= outer.end);
        self.uses.push(Use {
            ecosystem,
            module,
            names,
            location: info.source.locate(span),
            context: info.context,
            optional: optional || tried,
            fetched: fetched.map(str::to_owned),
        });
    }

    fn python(&mut self, tree: &Tree) {
        for (_, stmt) in tree.stmts() {
            if let StmtKind::Import(import) = &stmt.kind
                && import.level == 0
            {
                let own = matches!(self.project.import_target(self.file, import), Target::File(_));
                self.python_module(tree.text(import.module), names(tree, import), stmt.span, own);
            }
        }
        for (id, module) in calls(tree, &["import_module", "__import__"]) {
            self.python_module(module, Vec::new(), tree.expr(id).span, false);
        }
    }

    /// A module that may be the project's `own` may be a package as well: which one wins depends on where Python starts.
    fn python_module(&mut self, module: &str, names: Vec<String>, span: Span, own: bool) {
        let top = module.split('.').next().unwrap_or(module);
        // Templates import one another as well.
        let named = top.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && top.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if named && !self.own.standard.contains(top) {
            let own = own || self.own.places.contains(top);
            self.push(Ecosystem::PyPI, module.to_owned(), names, span, own);
        }
    }

    fn javascript(&mut self, tree: &Tree) {
        for (_, stmt) in tree.stmts() {
            match &stmt.kind {
                StmtKind::Import(import) => {
                    self.javascript_module(tree.text(import.module), stmt.span, import.type_only);
                }
                StmtKind::Export(export) => {
                    if let Some(from) = export.from {
                        self.javascript_module(tree.text(from), stmt.span, false);
                    }
                }
                _ => {}
            }
        }
        for (id, module) in calls(tree, &["require", "resolve", "importActual", "mock", "requireActual"]) {
            self.javascript_module(module, tree.expr(id).span, true);
        }
        for (id, expr) in tree.exprs() {
            if let ExprKind::Import(path) = expr.kind
                && let Some(module) = tree.string_of(path)
            {
                self.javascript_module(module, tree.expr(id).span, false);
            }
        }
    }

    fn javascript_module(&mut self, module: &str, span: Span, optional: bool) {
        let from = self.project.path(self.file);
        let (name, resolved) = match self.project.resolver.javascript(from, module) {
            Target::External(name) => (name, false),
            Target::File(_) => (module.into(), true),
        };
        // Deno's specifiers say by themselves what is meant; what a browser loads from elsewhere is no package.
        let addressed = ["npm:", "jsr:", "https:", "http:"].iter().any(|scheme| module.starts_with(scheme));
        let told = lockfile::imported(module).filter(|_| addressed);
        let Some(package) = told.as_ref().map(|(name, _)| name.as_str()).or_else(|| npm_package(&name)) else { return };
        if addressed && told.is_none() && package.contains('.') {
            return;
        }
        if module.starts_with("node:") || self.own.node.contains(package) {
            return;
        }
        // An alias, or `components/button` with a base folder that no configuration names: perhaps the project's own.
        let first = package.split('/').next().unwrap_or(package);
        let own = resolved
            || self.project.resolver.is_alias(module)
            || (name.len() > package.len() && self.own.places.contains(first));
        let fetched = told.as_ref().filter(|_| !resolved).map(|_| module);
        self.add(Ecosystem::Npm, package.to_owned(), Vec::new(), span, optional || addressed || own, fetched);
    }
}

/// Calls of a function of that name (or method, `require.resolve`) with a constant text as first argument.
fn calls<'t>(tree: &'t Tree, named: &'t [&str]) -> impl Iterator<Item = (ExprId, &'t str)> {
    let symbols: Vec<_> = named.iter().filter_map(|name| tree.symbol(name)).collect();
    let called = move |(id, expr): (ExprId, &'t crate::syntax::Expr)| {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { return None };
        let (ExprKind::Name(name) | ExprKind::Member { name, .. }) = tree.expr(*callee).kind else { return None };
        let first = args.first().filter(|_| symbols.contains(&name))?;
        Some((id, tree.string_of(first.value)?))
    };
    tree.exprs().filter_map(called)
}

fn names(tree: &Tree, import: &Import) -> Vec<String> {
    let taken = import.names.iter().take(MOST_NAMES).filter_map(|name| match name.imported {
        Imported::Name(symbol) => Some(tree.text(symbol).to_owned()),
        _ => None,
    });
    taken.collect()
}

/// The package of a bare import; `None` for paths, schemes and what no package can be called.
pub(super) fn npm_package(module: &str) -> Option<&str> {
    let allowed = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    let mut parts = module.splitn(3, '/');
    let first = parts.next()?;
    let Some(scope) = first.strip_prefix('@') else {
        return allowed(first).then_some(first);
    };
    let second = parts.next()?;
    (allowed(scope) && allowed(second)).then(|| &module[..first.len() + 1 + second.len()])
}

#[cfg(test)]
mod tests {
    use super::npm_package;

    #[test]
    fn packages_of_imports() {
        for (module, package) in [
            ("react", Some("react")),
            ("react-dom/client", Some("react-dom")),
            ("@scope/name/deep/file.js", Some("@scope/name")),
            ("@scope", None),
            ("@/lib/db", None),
            ("./x", None),
            ("#internal", None),
            ("$lib/x", None),
            ("virtual:pwa", None),
            ("", None),
        ] {
            assert_eq!(npm_package(module), package, "{module}");
        }
    }
}
