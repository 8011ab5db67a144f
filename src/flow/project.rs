//! The project as the engine sees it: files with their scopes, one table of names, functions and classes by number, and
//! which file an import means.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::facts::{ClassRef, FileId, FuncRef};
use super::interp::validator::Validated;
use super::names::{NameId, Names};
use super::resolve::Resolver;
use super::scope::{Binding, Scopes};
use super::statements::Statements;
use super::templates::Templates;
use super::typed::Fields;
use crate::base::{CodeContext, Language, SourceFile};
use crate::model::index::Family;
use crate::syntax::{ClassId, ExprId, ExprKind, FunctionId, FunctionKind, Import, StmtId, StmtKind, Symbol, Tree};

/// A parsed file, as the pipeline hands it in.
#[derive(Debug, Clone)]
pub struct ParsedFile {
    /// Path and text.
    pub file: Arc<SourceFile>,
    /// Its tree.
    pub tree: Arc<Tree>,
    /// Its role.
    pub context: CodeContext,
}

/// A function by its number in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FuncId(pub u32);

/// A class by its number in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassNo(pub u32);

/// A file with all that is known of it before anything runs.
#[derive(Debug)]
pub struct FileInfo {
    /// Path and text.
    pub source: Arc<SourceFile>,
    /// Its tree.
    pub tree: Arc<Tree>,
    /// Its role.
    pub context: CodeContext,
    /// What its names mean.
    pub scopes: Scopes,
    /// Its family of models.
    pub family: Family,
    names: Vec<NameId>,
    first_function: u32,
    first_class: u32,
    /// Module variables by project name.
    vars: FxHashMap<NameId, u32>,
    /// What is exported under another name, or from another module.
    pub exports: FxHashMap<NameId, Exported>,
    /// `export * from`, `from m import *`.
    pub stars: Vec<Target>,
    /// Function and class of module variables that are declared once, as such.
    declared: FxHashMap<u32, Declared>,
    /// Names of modules it imports, for handlers that ask for one.
    pub imported: Vec<String>,
    /// What its imports mean.
    targets: FxHashMap<(Symbol, u16), Target>,
    statements: OnceLock<Statements>,
    /// The import that binds a module variable, and which of its names: the first one.
    imports: OnceLock<FxHashMap<u32, (StmtId, u32)>>,
}

impl FileInfo {
    /// Its statements in the order of the text.
    pub(super) fn statements(&self) -> &Statements {
        self.statements.get_or_init(|| Statements::new(&self.tree))
    }

    fn imports(&self) -> &FxHashMap<u32, (StmtId, u32)> {
        self.imports.get_or_init(|| {
            let mut found = FxHashMap::default();
            for stmt in &self.scopes.import_stmts {
                let StmtKind::Import(import) = &self.tree.stmt(*stmt).kind else { continue };
                for (at, _) in (0u32..).zip(&import.names) {
                    if let Binding::Module(var) = self.scopes.of_import(*stmt, at) {
                        found.entry(var).or_insert((*stmt, at));
                    }
                }
            }
            found
        })
    }
}

/// What a file imports and exports, by the parts of [`FileInfo`].
struct Linked {
    exports: FxHashMap<NameId, Exported>,
    stars: Vec<Target>,
    imported: Vec<String>,
    targets: FxHashMap<(Symbol, u16), Target>,
}

/// What an exported name is.
#[derive(Debug, Clone, PartialEq)]
pub enum Exported {
    /// A variable of the module.
    Var(u32),
    /// A name of another module.
    From(Target, NameId),
    /// Another module as a whole.
    Module(Target),
    /// `export default expression`: kept in a hidden variable.
    Default,
}

/// What an import means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A file of the project.
    File(FileId),
    /// A module that is not part of the project, by its name as models write it.
    External(Arc<str>),
}

/// What a module variable is declared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// A function.
    Function(FuncId),
    /// A class.
    Class(ClassNo),
}

/// What is known of a function without running it.
#[derive(Debug, Clone, Copy)]
pub struct FunctionInfo {
    /// Where it is.
    pub place: FuncRef,
    /// The top-level function that it is nested in, or itself.
    pub root: FuncId,
    /// The class whose method it is.
    pub class: Option<ClassNo>,
    /// Whether its first parameter is the receiver (Python's methods).
    pub takes_self: bool,
    /// Whether the receiver is the class.
    pub is_classmethod: bool,
    /// Whether reading it calls it.
    pub is_property: bool,
}

/// What is known of a class without running it.
#[derive(Debug)]
pub struct ClassInfo {
    /// Where it is.
    pub place: ClassRef,
    /// Methods by name.
    pub methods: FxHashMap<NameId, FuncId>,
    /// Setters by the name that is assigned to.
    pub setters: FxHashMap<NameId, FuncId>,
    /// Classes of the project that are made from it directly.
    pub subclasses: Vec<ClassNo>,
    /// Base classes of the project, nearest first, as far as they are known by name.
    pub bases: Vec<ClassNo>,
    /// Whether a base is not of the project.
    pub open: bool,
    /// The class and its bases, nearest first; filled in once all bases are known.
    pub(super) lineage: Box<[ClassNo]>,
    /// Whether a base of the class or of its bases is not of the project.
    pub(super) open_above: bool,
    /// What its body declares.
    pub(super) fields: OnceLock<Fields>,
}

/// The project.
#[derive(Debug)]
pub struct Project {
    /// Its files in order of path.
    pub files: Vec<FileInfo>,
    /// Its names.
    pub names: Names,
    /// Its functions.
    pub functions: Vec<FunctionInfo>,
    /// Its classes.
    pub classes: Vec<ClassInfo>,
    /// How imports are resolved.
    pub resolver: Resolver,
    /// How many of the functions are written as such; the rest are inherited methods, seen from a subclass.
    pub written: usize,
    /// Per method, the copies of it in subclasses.
    pub copies: FxHashMap<FuncId, Vec<FuncId>>,
    /// Its templates by name.
    pub templates: Templates,
    /// What URL patterns pass to views.
    pub(super) urls: super::urls::Urls,
    /// By name, whether any class has a method of that name.
    pub(super) method_names: Vec<bool>,
    /// Fields of requests that routes look at before their handlers run.
    pub(super) validated: Validated,
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Project {
    /// Takes files in, in order of path whatever order they come in, and resolves what is known without running them.
    #[must_use]
    pub fn build(files: &[ParsedFile]) -> Self {
        Self::build_with(files, Resolver::default())
    }

    /// The same, with what manifests (`tsconfig.json`, `package.json`) say of imports.
    #[must_use]
    pub fn build_with(files: &[ParsedFile], mut resolver: Resolver) -> Self {
        use rayon::prelude::*;
        let mut files: Vec<&ParsedFile> = files.iter().collect();
        files.sort_by(|a, b| a.file.path().cmp(b.file.path()));
        resolver.set_files(files.iter().map(|file| file.file.path()));
        let scopes: Vec<Scopes> = files.par_iter().map(|file| Scopes::new(&file.tree)).collect();
        let mut project = Self {
            files: Vec::new(),
            names: Names::default(),
            functions: Vec::new(),
            classes: Vec::new(),
            resolver,
            written: 0,
            copies: FxHashMap::default(),
            templates: Templates::default(),
            urls: super::urls::Urls::default(),
            method_names: Vec::new(),
            validated: Validated::default(),
        };
        for (file, scopes) in files.into_iter().zip(scopes) {
            project.add_file(file, scopes);
        }
        project.note_methods();
        let linked: Vec<Linked> =
            (0..project.files.len()).into_par_iter().map(|at| project.linked(FileId(number(at)))).collect();
        for (file, linked) in project.files.iter_mut().zip(linked) {
            Linked { exports: file.exports, stars: file.stars, imported: file.imported, targets: file.targets } =
                linked;
        }
        for at in 0..project.classes.len() {
            project.link_class(at);
        }
        project.link_lineages();
        project.written = project.functions.len();
        super::inherit::copy_inherited(&mut project);
        project.templates = Templates::new(&project.files, |file| file.first_function);
        project.urls = super::urls::Urls::new(&project.files);
        project.validated = project.validated();
        project
    }

    /// The libraries with models that production code imports, sorted.
    #[must_use]
    pub fn frameworks(&self, book: &crate::model::schema::RuleBook) -> Vec<String> {
        let mut found = std::collections::BTreeSet::new();
        for model in &book.models {
            let family = if model.language == "python" { Family::Python } else { Family::JavaScript };
            let imported = self.files.iter().any(|file| {
                file.family == family
                    && file.imported.iter().any(|module| {
                        let module = module.strip_prefix("node:").unwrap_or(module);
                        let rest = module.strip_prefix(model.library.as_str());
                        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
                    })
            });
            if imported && !model.routes.is_empty() {
                found.insert(model.library.clone());
            }
        }
        found.into_iter().collect()
    }

    fn validated(&self) -> Validated {
        use rayon::prelude::*;
        let files = (0..number(self.files.len())).into_par_iter().map(FileId);
        let scripts = files.filter(|id| self.file(*id).family == Family::JavaScript);
        let found: Vec<_> = scripts.map(|id| super::interp::validator::validated(self, id)).collect();
        found.into_iter().flatten().collect()
    }

    /// A file.
    #[must_use]
    pub fn file(&self, id: FileId) -> &FileInfo {
        &self.files[id.0 as usize]
    }

    /// A function.
    #[must_use]
    pub fn function(&self, id: FuncId) -> &FunctionInfo {
        &self.functions[id.0 as usize]
    }

    /// A class.
    #[must_use]
    pub fn class(&self, id: ClassNo) -> &ClassInfo {
        &self.classes[id.0 as usize]
    }

    /// The tree node of a function.
    #[must_use]
    pub fn function_node(&self, id: FuncId) -> &crate::syntax::Function {
        let place = self.function(id).place;
        self.file(place.file).tree.function(place.function)
    }

    /// Its name, or that of the variable it is bound to.
    #[must_use]
    pub fn function_name(&self, id: FuncId) -> &str {
        let place = self.function(id).place;
        let file = self.file(place.file);
        file.scopes.functions[place.function.at()].name.map_or("", |name| file.tree.text(name))
    }

    /// The number of a function.
    #[must_use]
    pub fn func_id(&self, file: FileId, function: FunctionId) -> FuncId {
        FuncId(self.file(file).first_function + function.index())
    }

    /// The number of a class.
    #[must_use]
    pub fn class_no(&self, file: FileId, class: ClassId) -> ClassNo {
        ClassNo(self.file(file).first_class + class.index())
    }

    fn add_file(&mut self, file: &ParsedFile, scopes: Scopes) {
        let id = FileId(number(self.files.len()));
        let tree = &file.tree;
        let names: Vec<NameId> = tree.strings().map(|text| self.names.intern(text)).collect();
        let vars = scopes.module_vars.iter().map(|(symbol, var)| (names[symbol.at()], *var)).collect();
        let first_function = number(self.functions.len());
        let first_class = number(self.classes.len());
        for (function, node) in tree.functions() {
            let place = scopes.functions[function.at()];
            let decorated = |wanted: &[&str]| {
                node.decorators.iter().any(|decorator| match &tree.expr(*decorator).kind {
                    ExprKind::Name(name) | ExprKind::Member { name, .. } => wanted.contains(&tree.text(*name)),
                    _ => false,
                })
            };
            let python = tree.language == Language::Python;
            self.functions.push(FunctionInfo {
                place: FuncRef { file: id, function },
                root: FuncId(first_function + scopes.root_of(function).index()),
                class: place.class.map(|class| ClassNo(first_class + class.index())),
                takes_self: python && place.class.is_some() && !node.is_static && !decorated(&["staticmethod"]),
                is_classmethod: python && decorated(&["classmethod"]),
                is_property: node.kind == FunctionKind::Getter
                    || (python && decorated(&["property", "cached_property", "hybrid_property", "getter"])),
            });
        }
        let mut classes: Vec<ClassInfo> = tree
            .classes()
            .map(|(class, _)| ClassInfo {
                place: ClassRef { file: id, class },
                methods: FxHashMap::default(),
                setters: FxHashMap::default(),
                subclasses: Vec::new(),
                bases: Vec::new(),
                open: false,
                lineage: Box::default(),
                open_above: false,
                fields: OnceLock::new(),
            })
            .collect();
        for (function, node) in tree.functions() {
            let place = scopes.functions[function.at()];
            if let (Some(class), Some(name)) = (place.class, place.name)
                && let Some(class) = classes.get_mut(class.at())
            {
                let table = if node.kind == FunctionKind::Setter { &mut class.setters } else { &mut class.methods };
                table.insert(names[name.at()], FuncId(first_function + function.index()));
            }
        }
        self.classes.append(&mut classes);
        let declared = super::declared::declarations(tree, &scopes, first_function, first_class);
        self.files.push(FileInfo {
            source: file.file.clone(),
            tree: file.tree.clone(),
            context: file.context,
            family: if tree.language == Language::Python { Family::Python } else { Family::JavaScript },
            scopes,
            names,
            first_function,
            first_class,
            vars,
            exports: FxHashMap::default(),
            stars: Vec::new(),
            declared,
            imported: Vec::new(),
            targets: FxHashMap::default(),
            statements: OnceLock::new(),
            imports: OnceLock::new(),
        });
    }

    /// What a file exports, re-exports and imports.
    /// What a file imports and exports.
    fn linked(&self, id: FileId) -> Linked {
        let file = self.file(id);
        let tree = &file.tree;
        let mut targets = FxHashMap::default();
        let mut exports = FxHashMap::default();
        let mut stars = Vec::new();
        let mut imported = Vec::new();
        let mut default_seen = false;
        for stmt in &file.scopes.import_stmts {
            match &tree.stmt(*stmt).kind {
                StmtKind::Import(import) => {
                    imported.push(tree.text(import.module).to_owned());
                    let means = || self.import_target(id, import);
                    let target = targets.entry((import.module, import.level)).or_insert_with(means);
                    if import.names.iter().any(|name| name.imported == crate::syntax::Imported::All) {
                        stars.push(target.clone());
                    }
                }
                StmtKind::Export(export) => {
                    let Some(from) = export.from else { continue };
                    imported.push(tree.text(from).to_owned());
                    let target = self.resolver.javascript(self.path(id), tree.text(from));
                    if export.all && export.names.is_empty() {
                        stars.push(target.clone());
                    }
                    for name in &export.names {
                        let outside = self.name(id, name.exported);
                        let entry = if export.all {
                            Exported::Module(target.clone())
                        } else {
                            Exported::From(target.clone(), self.name(id, name.local))
                        };
                        exports.insert(outside, entry);
                    }
                }
                _ => {}
            }
        }
        for stmt in tree.root.iter().copied() {
            let StmtKind::Export(export) = &tree.stmt(stmt).kind else { continue };
            default_seen |= export.default.is_some();
            if export.from.is_some() {
                continue;
            }
            for (at, name) in (0u32..).zip(&export.names) {
                if let Binding::Module(var) = file.scopes.of_import(stmt, at) {
                    exports.insert(self.name(id, name.exported), Exported::Var(var));
                }
            }
        }
        if default_seen {
            exports.insert(super::names::known::DEFAULT, Exported::Default);
        }
        for (_, call) in &file.scopes.calls {
            if let ExprKind::Call { callee, args, .. } = &tree.expr(*call).kind
                && let ExprKind::Name(name) = tree.expr(*callee).kind
                && tree.text(name) == "require"
                && let Some(module) = args.first().and_then(|arg| tree.string_of(arg.value))
            {
                imported.push(module.to_owned());
            }
        }
        imported.sort();
        imported.dedup();
        Linked { exports, stars, imported, targets }
    }

    fn link_class(&mut self, at: usize) {
        let place = self.classes[at].place;
        let file = self.file(place.file);
        let tree = file.tree.clone();
        let class = tree.class(place.class);
        let mut bases = Vec::new();
        let mut open = false;
        for base in &class.bases {
            match self.class_of_expr(place.file, *base) {
                Some(base) if base.0 as usize != at => bases.push(base),
                _ => {
                    let object = matches!(&tree.expr(*base).kind, ExprKind::Name(name) if tree.text(*name) == "object");
                    open |= !object;
                }
            }
        }
        let own = ClassNo(number(at));
        for base in &bases {
            self.classes[base.0 as usize].subclasses.push(own);
        }
        let info = &mut self.classes[at];
        (info.bases, info.open) = (bases, open);
    }

    /// The class that an expression names, told without running anything.
    pub(super) fn class_of_expr(&self, file: FileId, expr: ExprId) -> Option<ClassNo> {
        let info = self.file(file);
        match &info.tree.expr(expr).kind {
            ExprKind::Name(_) => match info.scopes.of_expr(expr) {
                Binding::Module(var) => self.class_of_var(file, var, 0),
                _ => None,
            },
            ExprKind::Member { object, name, .. } => {
                match (&info.tree.expr(*object).kind, info.scopes.of_expr(*object)) {
                    (ExprKind::Name(_), Binding::Module(var)) => match self.import_of_var(file, var)? {
                        (Target::File(target), None) => self.class_of_name(target, self.name(file, *name), 0),
                        _ => None,
                    },
                    _ => None,
                }
            }
            ExprKind::Index { object, .. } => self.class_of_expr(file, *object),
            _ => None,
        }
    }

    fn class_of_var(&self, file: FileId, var: u32, depth: u32) -> Option<ClassNo> {
        match self.file(file).declared.get(&var) {
            Some(Declared::Class(class)) => return Some(*class),
            Some(Declared::Function(_)) => return None,
            None => {}
        }
        match self.import_of_var(file, var)? {
            (Target::File(target), Some(name)) => self.class_of_name(target, name, depth + 1),
            _ => None,
        }
    }

    pub(super) fn class_of_name(&self, file: FileId, name: NameId, depth: u32) -> Option<ClassNo> {
        if depth > 16 {
            return None;
        }
        match self.file(file).exports.get(&name) {
            Some(Exported::Var(var)) => self.class_of_var(file, *var, depth + 1),
            Some(Exported::From(Target::File(target), name)) => self.class_of_name(*target, *name, depth + 1),
            _ => match self.var(file, name) {
                Some(var) => self.class_of_var(file, var, depth + 1),
                // Few levels and few of each: `import *` in circles has exponentially many paths.
                None => self.file(file).stars.iter().take(16).find_map(|star| match star {
                    Target::File(target) if *target != file => self.class_of_name(*target, name, depth + 5),
                    _ => None,
                }),
            },
        }
    }

    /// The import that binds a module variable.
    pub(super) fn import_of_var(&self, file: FileId, var: u32) -> Option<(Target, Option<NameId>)> {
        use crate::syntax::Imported;
        let info = self.file(file);
        let (stmt, at) = *info.imports().get(&var)?;
        let StmtKind::Import(import) = &info.tree.stmt(stmt).kind else { return None };
        let target = self.import_target(file, import);
        Some(match import.names.get(at as usize)?.imported {
            Imported::Name(name) => match self.resolver.submodule(&target, self.path(file), import, &info.tree, name) {
                Some(module) => (module, None),
                None => (target, Some(self.name(file, name))),
            },
            Imported::Default => (target, Some(super::names::known::DEFAULT)),
            _ => (target, None),
        })
    }

    /// What an import statement means.
    #[must_use]
    pub fn import_target(&self, file: FileId, import: &Import) -> Target {
        let info = self.file(file);
        if let Some(target) = info.targets.get(&(import.module, import.level)) {
            return target.clone();
        }
        let module = info.tree.text(import.module);
        match info.family {
            Family::Python => self.resolver.python(self.path(file), module, import.level),
            Family::JavaScript => self.resolver.javascript(self.path(file), module),
        }
    }

    /// Path of a file.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.file(file).source.path()
    }

    /// The project name of a file's symbol.
    #[must_use]
    pub fn name(&self, file: FileId, symbol: Symbol) -> NameId {
        self.file(file).names.get(symbol.at()).copied().unwrap_or(super::names::known::NONE)
    }

    /// A module variable by name.
    #[must_use]
    pub fn var(&self, file: FileId, name: NameId) -> Option<u32> {
        self.file(file).vars.get(&name).copied()
    }

    /// What a module variable is declared as, if it is declared once and as a function or class.
    #[must_use]
    pub fn declared(&self, file: FileId, var: u32) -> Option<Declared> {
        self.file(file).declared.get(&var).copied()
    }
}
