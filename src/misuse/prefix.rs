//! Paths that are looked at by how they begin: `resolved.startsWith(root)` lets `/srv/files-of-others` pass for a file in
//! `/srv/files`. Told to rules as a call: `receiver` is the path, `0` what it should begin with, `1` is `refused` where
//! something else happens when it does not (`!resolved.startsWith(root)`), else `told`.

use std::collections::BTreeSet;

use super::text::{told_as_call, value_of, word};
use crate::base::Span;
use crate::flow::facts::{CallFact, FileId, Place};
use crate::syntax::{ExprId, ExprKind, Literal, PatternId, PatternKind, StmtKind, Symbol, Tree, UnaryOp};

/// Methods that look at how a text begins.
const TESTS: [&str; 2] = ["startsWith", "startswith"];

/// Every test of a beginning in a file that ends in no separator, in the form of a call.
pub(super) fn tests(tree: &Tree, text: &str, file: FileId) -> Vec<CallFact> {
    if TESTS.iter().all(|name| tree.symbol(name).is_none()) {
        return Vec::new();
    }
    let mut refused = BTreeSet::new();
    let mut found = Vec::new();
    for (id, expr) in tree.exprs() {
        match &expr.kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                refused.insert(*operand);
            }
            ExprKind::Call { callee, args, .. } => {
                if let ([arg], ExprKind::Member { object, name, .. }) = (args.as_ref(), &tree.expr(*callee).kind)
                    && TESTS.contains(&tree.text(*name))
                    && !matches!(tree.expr(arg.value).kind, ExprKind::Literal(_))
                {
                    found.push((id, *object, arg.value));
                }
            }
            _ => {}
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let separated = with_separator(tree, text);
    let told = |(id, object, prefix): (ExprId, ExprId, ExprId)| {
        let how = if refused.contains(&id) { "refused" } else { "told" };
        let open = is_open(tree, text, prefix, &separated);
        open.then(|| call_of(tree, Place { file, expr: id }, (object, prefix), how))
    };
    found.into_iter().filter_map(told).collect()
}

/// A variable or member that no separator was put behind.
fn is_open(tree: &Tree, text: &str, prefix: ExprId, separated: &BTreeSet<Symbol>) -> bool {
    match tree.expr(prefix).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => !separated.contains(&name),
        // `path.resolve(root)`, `str(root)`
        ExprKind::Call { ref args, .. } => {
            args.last().is_some_and(|arg| !ends_in_separator(slice(text, tree.expr(arg.value).span)))
        }
        _ => false,
    }
}

/// The variables and members that something with a separator at its end is assigned to: `root = path.resolve(dir) + path.sep`.
fn with_separator(tree: &Tree, text: &str) -> BTreeSet<Symbol> {
    let ends = |value: ExprId| match tree.expr(value).kind {
        ExprKind::Literal(Literal::Str(text)) => tree.text(text).ends_with(['/', '\\', ':', '.']),
        ExprKind::Function(_) | ExprKind::Class(_) | ExprKind::Map { .. } => false,
        _ => ends_in_separator(slice(text, tree.expr(value).span)),
    };
    let name_of = |target: PatternId| match tree.pattern(target).kind {
        PatternKind::Name(name) => Some(name),
        PatternKind::Target(expr) => match tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => Some(name),
            _ => None,
        },
        _ => None,
    };
    let mut names = BTreeSet::new();
    for (_, stmt) in tree.stmts() {
        if let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind
            && ends(*value)
        {
            names.extend(targets.iter().filter_map(|target| name_of(*target)));
        }
    }
    for (_, expr) in tree.exprs() {
        if let ExprKind::Assign { target, value, .. } = expr.kind
            && ends(value)
        {
            names.extend(name_of(target));
        }
    }
    names
}

/// `root + path.sep`, `` `${root}/` ``, `os.path.join(root, "")`.
fn ends_in_separator(written: &str) -> bool {
    let written = written.trim_end_matches([')', ' ', '\n', ';', ',']);
    let open = written.trim_end_matches(['"', '\'', '`']);
    written.ends_with("sep")
        || written.ends_with("\"\"")
        || written.ends_with("''")
        || open != written && open.ends_with(['/', '\\'])
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

fn call_of(tree: &Tree, place: Place, (object, prefix): (ExprId, ExprId), how: &str) -> CallFact {
    let span = tree.expr(place.expr).span;
    let args = [value_of(tree, Place { file: place.file, expr: prefix }), word(how, span)];
    told_as_call(tree, place, span, Some(object), args)
}

#[cfg(test)]
mod tests {
    use super::ends_in_separator;

    #[test]
    fn separators_at_the_end_are_seen() {
        for text in
            ["path.resolve(dir) + path.sep", "`${root}/`", "os.path.join(root, \"\")", "root + '/'", "root + os.sep"]
        {
            assert!(ends_in_separator(text), "{text}");
        }
        for text in ["path.resolve(dir)", "`${root}/files`", "os.path.join(root, \"files\")"] {
            assert!(!ends_in_separator(text), "{text}");
        }
    }
}
