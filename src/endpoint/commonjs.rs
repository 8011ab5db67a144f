//! What CommonJS modules ask for and hand out: `require("./auth")`, `exports.protect = …`, `module.exports = { protect }`.

use super::conventions::{Wrapped, function_in};
use super::evidence::written;
use crate::syntax::{ExprId, ExprKind, Field, FunctionId, Key, PatternKind, StmtKind, Symbol, Tree};

/// The module that an expression asks for, and the member that is taken of it: `require("./auth").protect`.
pub(super) fn required(tree: &Tree, expr: ExprId) -> Option<(&str, Option<&str>)> {
    match &tree.expr(expr).kind {
        ExprKind::Call { callee, args, .. } => {
            let asks = matches!(tree.expr(*callee).kind, ExprKind::Name(name) if tree.text(name) == "require");
            Some((tree.string_of(args.first().filter(|_| asks)?.value)?, None))
        }
        ExprKind::Member { object, name, .. } => {
            let (module, taken) = required(tree, *object)?;
            taken.is_none().then(|| (module, Some(tree.text(*name))))
        }
        _ => None,
    }
}

/// The key that a pattern binds to a name: of `{ protect: guard }`, `protect` for `guard`.
pub(super) fn field_bound_to<'t>(tree: &'t Tree, fields: &[Field], local: Symbol) -> Option<&'t str> {
    fields.iter().find_map(|field| {
        let Some(Key::Static(key, _)) = field.key else { return None };
        let bound = match tree.pattern(field.pattern).kind {
            PatternKind::Default(inner, _) => inner,
            _ => field.pattern,
        };
        matches!(tree.pattern(bound).kind, PatternKind::Name(name) if name == local).then(|| tree.text(key))
    })
}

/// Exported functions of a module by exported name; `default` is the module itself.
pub(super) fn exported(tree: &Tree, functions: &[(String, Wrapped)]) -> Vec<(String, FunctionId, Vec<ExprId>)> {
    let mut found = Vec::new();
    if tree.symbol("exports").is_none() {
        return found;
    }
    let mut add = |name: &str, value: ExprId| {
        if let Some((function, calls)) = function_in(tree, value, functions, 8) {
            found.push((name.to_owned(), function, calls));
        }
    };
    for stmt in &tree.root {
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
        for target in targets {
            let PatternKind::Target(target) = tree.pattern(*target).kind else { continue };
            let written = written(tree, target);
            match written.strip_prefix("module.").unwrap_or(&written) {
                "exports" => {
                    add("default", *value);
                    let ExprKind::Map { entries } = &tree.expr(*value).kind else { continue };
                    for entry in entries {
                        if let Some(Key::Static(key, _)) = entry.key {
                            add(tree.text(key), entry.value);
                        }
                    }
                }
                name => {
                    if let Some(name) = name.strip_prefix("exports.").filter(|name| !name.contains('.')) {
                        add(name, *value);
                    }
                }
            }
        }
    }
    found
}
