//! Module variables that are declared once, as a function or a class: what they hold is known before anything runs.

use rustc_hash::FxHashMap;

use super::project::{ClassNo, Declared, FuncId};
use super::scope::{Binding, Scopes};
use crate::syntax::{ExprKind, FunctionId, StmtKind, Tree};

pub(super) fn declarations(
    tree: &Tree,
    scopes: &Scopes,
    first_function: u32,
    first_class: u32,
) -> FxHashMap<u32, Declared> {
    let mut found: FxHashMap<u32, Declared> = FxHashMap::default();
    for (id, place) in (0u32..).zip(&scopes.functions) {
        if let (Binding::Module(var), None, None) = (scopes.of_function(FunctionId::new(id)), place.parent, place.class)
        {
            found.insert(var, Declared::Function(FuncId(first_function + id)));
        }
    }
    for (id, _) in tree.classes() {
        if let (Binding::Module(var), None) = (scopes.of_class(id), scopes.class_parents[id.at()]) {
            found.insert(var, Declared::Class(ClassNo(first_class + id.index())));
        }
    }
    // `const f = () => …` is as good as a declaration.
    for stmt in &tree.root {
        if let StmtKind::Assign { targets, value: Some(value), declaration: crate::syntax::Declaration::Const, .. } =
            &tree.stmt(*stmt).kind
            && let ([target], ExprKind::Function(function)) = (targets.as_ref(), &tree.expr(*value).kind)
            && let Binding::Module(var) = scopes.of_pattern(*target)
        {
            found.insert(var, Declared::Function(FuncId(first_function + function.index())));
        }
    }
    found
}
