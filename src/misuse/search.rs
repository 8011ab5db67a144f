//! Texts that are looked for in others: `url.includes("shop.example")`, `url.startsWith("https://shop.example")`,
//! `"shop.example" in url`. Told to rules as a call: `receiver` is what is searched, `0` the constant that is looked for,
//! `1` how (`includes`, `starts`, `ends`).

use super::text::{told_as_call, value_of, word};
use crate::base::Span;
use crate::flow::facts::{CallFact, FileId, Place};
use crate::syntax::{BinaryOp, Expr, ExprId, ExprKind, Literal, Tree};

/// A search: where it stands, what is searched, what for, and how.
pub(super) type Search = (Span, ExprId, ExprId, &'static str);

/// What an expression searches, if it is a search for a constant that is more than a letter or two (`/` apart).
pub(super) fn search_of(tree: &Tree, expr: &Expr) -> Option<Search> {
    match &expr.kind {
        ExprKind::Call { callee, args, .. } => {
            let ([arg] | [arg, _], ExprKind::Member { object, name, .. }) = (args.as_ref(), &tree.expr(*callee).kind)
            else {
                return None;
            };
            is_text(tree, arg.value)?;
            let how = match tree.text(*name) {
                "includes" | "indexOf" | "contains" | "find" | "search" | "lastIndexOf" => "includes",
                "startsWith" | "startswith" => "starts",
                "endsWith" | "endswith" => "ends",
                _ => return None,
            };
            Some((expr.span, *object, arg.value, how))
        }
        ExprKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, left, right } => {
            is_text(tree, *left)?;
            Some((expr.span, *right, *left, "includes"))
        }
        _ => None,
    }
}

fn is_text(tree: &Tree, expr: ExprId) -> Option<()> {
    let ExprKind::Literal(Literal::Str(text)) = tree.expr(expr).kind else { return None };
    let text = tree.text(text);
    (text.len() > 2 || text == "/").then_some(())
}

/// A search in the form of a call. Its purpose is the function around it.
pub(super) fn told(tree: &Tree, file: FileId, id: ExprId, (span, object, text, how): Search) -> CallFact {
    let args = [value_of(tree, Place { file, expr: text }), word(how, span)];
    told_as_call(tree, Place { file, expr: id }, span, Some(object), args)
}

/// The names of the functions around a place, and of those without a name what they are bound or handed to:
/// `origin` of `origin: (one) => …`, `some(` of `list.some((one) => …)`.
pub(super) fn around(tree: &Tree, text: &str, span: Span) -> Vec<String> {
    let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
    let functions = tree.functions().filter(|(_, function)| holds(function.span));
    functions
        .map(|(_, function)| match function.name {
            Some(name) => tree.text(name).to_owned(),
            None => bound_to(text.get(..function.span.start as usize).unwrap_or_default()).to_owned(),
        })
        .collect()
}

/// The word that a text ends in, before `=` or `:`, or with its `(`.
fn bound_to(before: &str) -> &str {
    let before = before.trim_end().trim_end_matches("async").trim_end();
    let (word, mark) = match before.strip_suffix('(') {
        Some(called) => (called, 1),
        None => (before.trim_end_matches([':', '=', ' ']), 0),
    };
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    let start = word.rfind(|c| !plain(c)).map_or(0, |at| at + word[at..].chars().next().map_or(1, char::len_utf8));
    &before[start..word.len() + mark]
}

#[cfg(test)]
mod tests {
    use super::bound_to;

    #[test]
    fn what_a_function_is_bound_to_is_read() {
        assert_eq!(bound_to("const isTrusted = async "), "isTrusted");
        assert_eq!(bound_to("cors({ origin: "), "origin");
        assert_eq!(bound_to("return hosts.some("), "some(");
        assert_eq!(bound_to(""), "");
    }
}
