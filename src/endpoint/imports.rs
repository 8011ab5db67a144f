//! What a name in a file stands for: a function that is declared there, or one that is imported, through re-exports,
//! or one that a wrapper of the project was given.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::checks::calls_its_parameter;
use super::commonjs;
use super::conventions::{self, exported, function_in, functions};
use super::evidence::{Evidence, Wrapped, last, written};
use crate::flow::facts::{FactValue, FileId, FuncRef};
use crate::flow::project::Target;
use crate::model::index::Family;
use crate::syntax::{ExprId, ExprKind, FunctionId, FunctionKind, Import, Imported, PatternKind, StmtKind};

/// How many re-exports a name is followed through.
const MAX_DEPTH: u8 = 4;

/// The functions at the top of a file by name, each with the calls that wrap it.
pub(super) type Tops = Vec<(String, conventions::Wrapped)>;

/// Exported functions of a file by name, each with the calls that wrap it.
pub(super) type Exports = Vec<(String, FunctionId, Vec<ExprId>)>;

/// What an imported name leads to.
pub(super) enum Led {
    /// A function of the project with the calls that wrap it where it is made.
    Function(FuncRef, Vec<ExprId>),
    /// It is imported from a library.
    Library,
    /// It is not imported, or what it leads to is no function that is written down.
    Unknown,
}

impl Evidence<'_> {
    /// Exported functions of a file, told once for everybody who asks.
    pub(super) fn exports_of(&self, file: FileId) -> Rc<Exports> {
        if let Some(known) = self.exports.borrow().get(&file) {
            return Rc::clone(known);
        }
        let found = Rc::new(exported(self.tree(file), &self.functions_of(file)));
        self.exports.borrow_mut().insert(file, Rc::clone(&found));
        found
    }

    /// The functions that a file gives names at its top, told once for everybody who asks.
    pub(super) fn functions_of(&self, file: FileId) -> Rc<Tops> {
        let mut tops = self.tops.borrow_mut();
        Rc::clone(tops.entry(file).or_insert_with(|| Rc::new(functions(self.tree(file)))))
    }

    /// What a name, or a member of an imported module (`guards.requireUser`), leads to by the imports of its file.
    pub(super) fn imported(&self, file: FileId, name: &str) -> Led {
        let mut parts = name.split('.');
        let (first, second, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let Some((import, imported)) = self.import_of(file, first) else {
            return if more.is_none() { self.required(file, first, second) } else { Led::Unknown };
        };
        match (imported, second, more) {
            (Imported::Name(symbol), None, _) => {
                let wanted = self.tree(file).text(symbol);
                self.exported_by(file, import, wanted, MAX_DEPTH)
            }
            (Imported::Default, None, _) => self.exported_by(file, import, "default", MAX_DEPTH),
            (Imported::Module, Some(member), None) => self.exported_by(file, import, member, MAX_DEPTH),
            _ => match self.project.import_target(file, import) {
                Target::External(_) => Led::Library,
                Target::File(_) => Led::Unknown,
            },
        }
    }

    /// What a file exports under a name.
    pub(super) fn exported_as(&self, file: FileId, name: &str) -> Led {
        self.export(file, name, MAX_DEPTH)
    }

    /// The expression that a name at the top of a file stands for, wherever it is made.
    pub(super) fn value_of(&self, file: FileId, name: &str, depth: u8) -> Option<(FileId, ExprId)> {
        let depth = depth.checked_sub(1)?;
        let tree = self.tree(file);
        let symbol = tree.symbol(name)?;
        let assigned = tree.root.iter().find_map(|stmt| match &tree.stmt(*stmt).kind {
            StmtKind::Assign { targets, value: Some(value), .. } => targets
                .iter()
                .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == symbol))
                .then_some(*value),
            _ => None,
        });
        if let Some(value) = assigned {
            return self.value_at(file, value, depth);
        }
        let (import, imported) = self.import_of(file, name)?;
        let Target::File(target) = self.project.import_target(file, import) else { return None };
        match imported {
            Imported::Name(symbol) => self.exported_value(target, tree.text(symbol), depth),
            Imported::Default => self.exported_value(target, "default", depth),
            _ => None,
        }
    }

    fn value_at(&self, file: FileId, value: ExprId, depth: u8) -> Option<(FileId, ExprId)> {
        match self.tree(file).expr(value).kind {
            ExprKind::Name(name) => self.value_of(file, self.tree(file).text(name), depth),
            _ => Some((file, value)),
        }
    }

    fn exported_value(&self, file: FileId, name: &str, depth: u8) -> Option<(FileId, ExprId)> {
        let depth = depth.checked_sub(1)?;
        let tree = self.tree(file);
        tree.root.iter().find_map(|stmt| {
            let StmtKind::Export(export) = &tree.stmt(*stmt).kind else { return None };
            if name == "default"
                && let Some(value) = export.default
            {
                return self.value_at(file, value, depth);
            }
            let named = export.names.iter().find(|known| tree.text(known.exported) == name);
            let from =
                export.from.map(|from| self.project.resolver.javascript(self.project.path(file), tree.text(from)));
            match (from, named) {
                (Some(Target::File(target)), Some(named)) => self.exported_value(target, tree.text(named.local), depth),
                (Some(Target::File(target)), None) if export.all && name != "default" => {
                    self.exported_value(target, name, depth)
                }
                (None, Some(named)) => self.value_of(file, tree.text(named.local), depth),
                _ => None,
            }
        })
    }

    /// `const { protect } = require("./auth")`, `const auth = require("./auth")` and `require("./auth").protect`.
    fn required(&self, file: FileId, local: &str, member: Option<&str>) -> Led {
        let Some((module, name)) = self.require_of(file, local) else { return Led::Unknown };
        match (self.project.resolver.javascript(self.project.path(file), module), name, member) {
            (Target::External(_), ..) => Led::Library,
            (Target::File(target), Some(name), None) | (Target::File(target), None, Some(name)) => {
                self.export(target, name, MAX_DEPTH)
            }
            (Target::File(target), None, None) => self.export(target, "default", MAX_DEPTH),
            _ => Led::Unknown,
        }
    }

    /// The module that a name is required from, and the member that it stands for.
    fn require_of(&self, file: FileId, local: &str) -> Option<(&str, Option<&str>)> {
        let tree = self.tree(file);
        let symbol = tree.symbol(local)?;
        tree.root.iter().find_map(|stmt| {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { return None };
            let [target] = &**targets else { return None };
            let (module, taken) = commonjs::required(tree, *value)?;
            let name = match &tree.pattern(*target).kind {
                PatternKind::Name(name) if *name == symbol => taken,
                PatternKind::Map(fields) if taken.is_none() => Some(commonjs::field_bound_to(tree, fields, symbol)?),
                _ => return None,
            };
            Some((module, name))
        })
    }

    /// The file of the project that a name is imported from.
    pub(super) fn file_of(&self, file: FileId, local: &str) -> Option<FileId> {
        let target = match self.import_of(file, local) {
            Some((import, _)) => self.project.import_target(file, import),
            None => self.project.resolver.javascript(self.project.path(file), self.require_of(file, local)?.0),
        };
        match target {
            Target::File(file) => Some(file),
            Target::External(_) => None,
        }
    }

    /// The function inside a wrapper that a class of the file has as a field: `create = wrap(async (req, res) => …)`.
    fn wrapped_field(&self, file: FileId, name: &str) -> Option<Wrapped> {
        let tree = self.tree(file);
        let mut found = tree.classes().flat_map(|(_, class)| &class.body).filter_map(|stmt| {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { return None };
            let named = targets.iter().any(
                |target| matches!(tree.pattern(*target).kind, PatternKind::Name(known) if tree.text(known) == name),
            );
            function_in(tree, *value, &[], 8).filter(|(_, calls)| named && !calls.is_empty())
        });
        let (function, calls) = found.next()?;
        found.next().is_none().then_some((FuncRef { file, function }, calls))
    }

    fn import_of(&self, file: FileId, local: &str) -> Option<(&Import, Imported)> {
        let tree = self.tree(file);
        let symbol = tree.symbol(local)?;
        tree.root.iter().find_map(|stmt| {
            let StmtKind::Import(import) = &tree.stmt(*stmt).kind else { return None };
            let name = import.names.iter().find(|name| name.local == symbol)?;
            Some((import, name.imported))
        })
    }

    fn exported_by(&self, from: FileId, import: &Import, name: &str, depth: u8) -> Led {
        match self.project.import_target(from, import) {
            Target::File(file) => self.export(file, name, depth),
            Target::External(_) => Led::Library,
        }
    }

    fn export(&self, file: FileId, name: &str, depth: u8) -> Led {
        if let Some((_, function, wrappers)) = self.exports_of(file).iter().find(|(known, ..)| known == name) {
            return Led::Function(FuncRef { file, function: *function }, wrappers.clone());
        }
        let Some(depth) = depth.checked_sub(1) else { return Led::Unknown };
        let tree = self.tree(file);
        for stmt in &tree.root {
            let StmtKind::Export(export) = &tree.stmt(*stmt).kind else { continue };
            let target =
                export.from.map(|from| self.project.resolver.javascript(self.project.path(file), tree.text(from)));
            let named = export.names.iter().find(|known| tree.text(known.exported) == name);
            let found = match (target, named) {
                // `export { a as b } from "m"`
                (Some(Target::File(target)), Some(named)) => self.export(target, tree.text(named.local), depth),
                // `export * from "m"`
                (Some(Target::File(target)), None) if export.all && export.names.is_empty() && name != "default" => {
                    self.export(target, name, depth)
                }
                (Some(Target::External(_)), Some(_)) => return Led::Library,
                // `import { a } from "m"; export { a }`
                (None, Some(named)) => {
                    let local = tree.text(named.local);
                    match self.import_of(file, local) {
                        Some((import, Imported::Name(symbol))) => {
                            self.exported_by(file, import, tree.text(symbol), depth)
                        }
                        Some((import, Imported::Default)) => self.exported_by(file, import, "default", depth),
                        _ => Led::Unknown,
                    }
                }
                _ => Led::Unknown,
            };
            if !matches!(found, Led::Unknown) {
                return found;
            }
        }
        Led::Unknown
    }

    /// The function inside what a library makes a middleware of: `const authed = createMiddleware(async (c, next) => …)`.
    pub(super) fn made_by_library(&self, file: FileId, value: &FactValue) -> Option<FuncRef> {
        const MAKERS: [&str; 4] = ["createMiddleware", "defineMiddleware", "defineEventHandler", "fp"];
        if value.function.is_some() || value.name.is_empty() || self.family(file) != Family::JavaScript {
            return None;
        }
        let makes = |file: FileId, calls: &[ExprId]| {
            let tree = self.tree(file);
            calls.first().is_some_and(|call| match tree.expr(*call).kind {
                ExprKind::Call { callee, .. } => MAKERS.contains(&last(&written(tree, callee))),
                _ => false,
            })
        };
        let here = self.functions_of(file);
        if let Some((_, (function, calls))) = here.iter().rfind(|(name, _)| *name == value.name) {
            return makes(file, calls).then_some(FuncRef { file, function: *function });
        }
        match self.imported(file, &value.name) {
            Led::Function(function, calls) if makes(function.file, &calls) => Some(function),
            _ => None,
        }
    }

    /// The function that a wrapper of the project was given, where the value is what the wrapper returned, and the calls
    /// round it, outermost first: `exports.login = catchAsync(async (req, res) => …)`.
    pub(super) fn wrapped(&self, file: FileId, value: &FactValue) -> Option<Wrapped> {
        let returned = value.function?;
        if self.family(returned.file) != Family::JavaScript {
            return None;
        }
        let places = &self.project.file(returned.file).scopes.functions;
        let outer = places.get(returned.function.at())?.parent?;
        let outer = FuncRef { file: returned.file, function: outer };
        if !calls_its_parameter(self.tree(outer.file), outer) {
            return None;
        }
        if value.is_call {
            let place = value.expr?;
            let tree = self.tree(place.file);
            let (function, calls) = function_in(tree, place.expr, &self.functions_of(place.file), 8)?;
            return Some((FuncRef { file: place.file, function }, calls));
        }
        match self.imported(file, &value.name) {
            Led::Function(function, calls) => return Some((function, calls)).filter(|(_, calls)| !calls.is_empty()),
            Led::Library => return None,
            Led::Unknown => {}
        }
        if let Some((object, member)) = value.name.split_once('.')
            && let Some(found) = self.file_of(file, object).and_then(|file| self.wrapped_field(file, member))
        {
            return Some(found);
        }
        let here = self.functions_of(file);
        if let Some((_, (function, calls))) = here.iter().rfind(|(name, _)| *name == value.name) {
            return Some((FuncRef { file, function: *function }, calls.clone())).filter(|(_, calls)| !calls.is_empty());
        }
        let by_name = self.wrapped_by_name.get_or_init(|| {
            let mut all: FxHashMap<String, Vec<Wrapped>> = FxHashMap::default();
            for (file, info) in (0u32..).map(FileId).zip(&self.project.files) {
                if info.family != Family::JavaScript {
                    continue;
                }
                for (name, function, calls) in self.exports_of(file).iter().filter(|(_, _, calls)| !calls.is_empty()) {
                    let function = FuncRef { file, function: *function };
                    all.entry(name.clone()).or_default().push((function, calls.clone()));
                }
            }
            all
        });
        match by_name.get(last(&value.name))?.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// A value known by what is written only: what the imports of the file say, or else a function of the project with
    /// that name, if there is just one.
    pub(super) fn by_name(&self, file: FileId, expr: ExprId) -> FactValue {
        let tree = self.tree(file);
        let (callee, is_call) = match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => (*callee, true),
            _ => (expr, false),
        };
        let name = written(tree, callee);
        let function = self.function_named(file, &name);
        FactValue { name, function, is_call, span: tree.expr(expr).span, ..FactValue::default() }
    }

    /// The function of the project that a written name stands for.
    pub(super) fn function_named(&self, file: FileId, name: &str) -> Option<FuncRef> {
        if self.family(file) == Family::JavaScript {
            match self.imported(file, name) {
                Led::Function(function, _) => return Some(function),
                Led::Library => return None,
                Led::Unknown => {}
            }
        }
        let tree = self.tree(file);
        let same = self.functions_by_name.get(last(name)).map_or(&[][..], Vec::as_slice);
        // `OrderController.create`: that of the file which the object is imported from.
        if let Some((object, member)) = name.split_once('.')
            && !member.contains('.')
            && let Some(target) = self.file_of(file, object)
            && let [only] = same.iter().filter(|function| function.file == target).copied().collect::<Vec<_>>()[..]
        {
            return Some(only);
        }
        let top = |function: &&FuncRef| {
            function.file == file && tree.function(function.function).kind != FunctionKind::Method
        };
        let here: Vec<FuncRef> = same.iter().filter(top).copied().collect();
        match (here.as_slice(), same) {
            ([only], _) | ([], [only]) => Some(*only),
            _ => None,
        }
    }
}
