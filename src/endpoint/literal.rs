//! Values that are written down at the top of some file and reached by their names: a variable, a member of an object, an
//! import. Told without following data, for what is too large to be followed: a table of routes, a schema.

use super::evidence::Evidence;
use crate::flow::facts::{FileId, Place};
use crate::flow::project::Target;
use crate::syntax::{ExprId, ExprKind, Imported, Key, PatternKind, StmtKind};

/// How many names and members are followed.
const MAX_DEPTH: u8 = 12;

/// What an expression stands for, where that is written at the top of a file.
pub(super) fn resolve(evidence: &Evidence<'_>, file: FileId, expr: ExprId) -> Option<Place> {
    resolve_inside(evidence, Place { file, expr }, MAX_DEPTH)
}

/// The constant text that an expression stands for.
pub(super) fn text(evidence: &Evidence<'_>, place: Place) -> Option<String> {
    let found = resolve_inside(evidence, place, MAX_DEPTH)?;
    evidence.tree(found.file).string_of(found.expr).map(str::to_owned)
}

fn resolve_inside(evidence: &Evidence<'_>, place: Place, depth: u8) -> Option<Place> {
    let depth = depth.checked_sub(1)?;
    let tree = evidence.tree(place.file);
    match &tree.expr(place.expr).kind {
        ExprKind::Name(name) => {
            let found = declared(evidence, place.file, tree.text(*name), depth)?;
            resolve_inside(evidence, found, depth)
        }
        ExprKind::Member { object, name, .. } => {
            let name = tree.text(*name);
            // `schema.users` of `import * as schema from "./schema"`.
            if let ExprKind::Name(module) = tree.expr(*object).kind
                && let Some((target, Imported::Module)) = imported(evidence, place.file, tree.text(module))
            {
                let found = declared(evidence, target, name, depth)?;
                return resolve_inside(evidence, found, depth);
            }
            let object = resolve_inside(evidence, Place { file: place.file, expr: *object }, depth)?;
            let held = evidence.tree(object.file);
            let ExprKind::Map { entries } = &held.expr(object.expr).kind else { return None };
            let entry = entries
                .iter()
                .find(|entry| matches!(entry.key, Some(Key::Static(key, _)) if held.text(key) == name))?;
            resolve_inside(evidence, Place { file: object.file, expr: entry.value }, depth)
        }
        _ => Some(place),
    }
}

/// What a name of a file is given at its top, or where it is imported from.
fn declared(evidence: &Evidence<'_>, file: FileId, name: &str, depth: u8) -> Option<Place> {
    let depth = depth.checked_sub(1)?;
    let tree = evidence.tree(file);
    if let Some(symbol) = tree.symbol(name) {
        let here = tree.root.iter().find_map(|stmt| {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { return None };
            targets
                .iter()
                .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == symbol))
                .then_some(*value)
        });
        if let Some(expr) = here {
            return Some(Place { file, expr });
        }
    }
    if let Some((target, Imported::Name(original))) = imported(evidence, file, name) {
        return declared(evidence, target, tree.text(original), depth);
    }
    // `export * from "./users"`, `export { users } from "./users"`.
    tree.root.iter().find_map(|stmt| {
        let StmtKind::Export(export) = &tree.stmt(*stmt).kind else { return None };
        let from = tree.text(export.from?);
        let named = export.names.iter().find(|known| tree.text(known.exported) == name);
        let wanted = match named {
            Some(named) => tree.text(named.local),
            None if export.all && export.names.is_empty() => name,
            None => return None,
        };
        match evidence.project.resolver.javascript(evidence.project.path(file), from) {
            Target::File(target) => declared(evidence, target, wanted, depth),
            Target::External(_) => None,
        }
    })
}

/// The file that a name is imported from, and as what.
fn imported(evidence: &Evidence<'_>, file: FileId, local: &str) -> Option<(FileId, Imported)> {
    let tree = evidence.tree(file);
    let symbol = tree.symbol(local)?;
    tree.root.iter().find_map(|stmt| {
        let StmtKind::Import(import) = &tree.stmt(*stmt).kind else { return None };
        let name = import.names.iter().find(|name| name.local == symbol)?;
        match evidence.project.import_target(file, import) {
            Target::File(target) => Some((target, name.imported)),
            Target::External(_) => None,
        }
    })
}
