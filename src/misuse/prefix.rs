//! Paths that are looked at by how they begin: `resolved.startsWith(root)` lets `/srv/files-of-others` pass for a file in
//! `/srv/files`. Told to rules as a call: `receiver` is the path, `0` what it should begin with, `1` is `refused` where
//! something else happens when it does not (`!resolved.startsWith(root)`), else `told`.

use std::sync::Arc;

use super::text::value_of;
use crate::base::Span;
use crate::flow::facts::{CallFact, FactArg, FactValue, FileId, Place};
use crate::model::schema::Constant;
use crate::syntax::{ExprId, ExprKind, Literal, PatternKind, StmtKind, Symbol, Tree, UnaryOp};

/// Every test of a beginning in a file that ends in no separator, in the form of a call.
pub(super) fn tests(tree: &Tree, text: &str, file: FileId) -> Vec<CallFact> {
    let mut refused = Vec::new();
    let mut found = Vec::new();
    for (id, expr) in tree.exprs() {
        match &expr.kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => refused.push(*operand),
            ExprKind::Call { callee, args, .. } => {
                let ([arg], ExprKind::Member { object, name, .. }) = (args.as_ref(), &tree.expr(*callee).kind) else {
                    continue;
                };
                if matches!(tree.text(*name), "startsWith" | "startswith") && is_open(tree, text, arg.value) {
                    found.push((id, *object, arg.value));
                }
            }
            _ => {}
        }
    }
    let told = |(id, object, prefix): (ExprId, ExprId, ExprId)| {
        let how = if refused.contains(&id) { "refused" } else { "told" };
        call_of(tree, Place { file, expr: id }, (object, prefix), how)
    };
    found.into_iter().map(told).collect()
}

/// A variable or member that no separator was put behind.
fn is_open(tree: &Tree, text: &str, prefix: ExprId) -> bool {
    match tree.expr(prefix).kind {
        ExprKind::Name(name) => !made_with_separator(tree, text, name),
        ExprKind::Member { name, .. } => !made_with_separator(tree, text, name),
        ExprKind::Call { ref args, .. } => {
            // `path.resolve(root)`, `str(root)`
            let last = args.last().map(|arg| tree.expr(arg.value).span);
            !args.is_empty() && last.is_some_and(|span| !ends_in_separator(slice(text, span)))
        }
        _ => false,
    }
}

/// Whether any assignment to the name puts a separator at the end: `root = path.resolve(dir) + path.sep`.
fn made_with_separator(tree: &Tree, text: &str, wanted: Symbol) -> bool {
    let is_it = |expr: ExprId| match tree.expr(expr).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => name == wanted,
        _ => false,
    };
    let stmts = tree.stmts().filter_map(|(_, stmt)| match &stmt.kind {
        StmtKind::Assign { targets, value: Some(value), .. } => {
            let named = targets.iter().any(|target| match tree.pattern(*target).kind {
                PatternKind::Name(name) => name == wanted,
                PatternKind::Target(expr) => is_it(expr),
                _ => false,
            });
            named.then_some(*value)
        }
        _ => None,
    });
    let exprs = tree.exprs().filter_map(|(_, expr)| match expr.kind {
        ExprKind::Assign { target, value, .. } => match tree.pattern(target).kind {
            PatternKind::Name(name) if name == wanted => Some(value),
            PatternKind::Target(at) if is_it(at) => Some(value),
            _ => None,
        },
        _ => None,
    });
    stmts.chain(exprs).any(|value| match tree.expr(value).kind {
        ExprKind::Literal(Literal::Str(text)) => tree.text(text).ends_with(['/', '\\', ':', '.']),
        _ => ends_in_separator(slice(text, tree.expr(value).span)),
    })
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
    let at = |expr| Place { file: place.file, expr };
    let how = FactValue { constant: Some(Constant::Str(how.to_owned())), span, ..FactValue::default() };
    let args = [value_of(tree, at(prefix)), how];
    CallFact {
        place,
        span,
        callee_span: span,
        paths: vec![Arc::from("")],
        inside: None,
        receiver: Some(value_of(tree, at(object))),
        args: args.into_iter().map(|value| FactArg { name: None, spread: false, value }).collect(),
        purpose: Vec::new(),
        decorates: None,
    }
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
