//! Statements that handlers hand to a data base without a call that says so: tagged templates of SQL (postgres.js, Neon,
//! Prisma's `$queryRaw`), and SQLAlchemy's builders, which are made in one place and executed in another.

use super::effects::{EffectKind, texts};
use super::evidence::{last, written};
use crate::model::index::Family;
use crate::syntax::{ExprId, ExprKind, Tree};

/// How many words of a statement are looked at.
const MAX_WORDS: usize = 200;

/// What a whole statement of SQL does; nothing where a text only begins like one.
pub(super) fn whole(text: &str) -> Option<EffectKind> {
    let words: Vec<String> = text.split_whitespace().take(MAX_WORDS).map(str::to_ascii_lowercase).collect();
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    Some(match words.first()?.as_str() {
        "select" | "with" if has("from") => EffectKind::Read,
        "insert" | "replace" | "merge" | "upsert" if has("into") => EffectKind::Write,
        "update" if has("set") => EffectKind::Write,
        "delete" if has("from") => EffectKind::Delete,
        "truncate" | "drop" if words.len() > 1 => EffectKind::Delete,
        _ => return None,
    })
}

/// ``sql`DELETE FROM notes WHERE id = ${id}` ``: what it does, and its tag as written.
pub(super) fn tagged(tree: &Tree, expr: ExprId) -> Option<(EffectKind, String)> {
    let ExprKind::Template { tag: Some(tag), .. } = tree.expr(expr).kind else { return None };
    let kind = whole(&text_of(tree, expr))?;
    Some((kind, written(tree, tag)))
}

/// The constant parts of a template, with a mark where its values stand.
pub(super) fn text_of(tree: &Tree, expr: ExprId) -> String {
    match tree.expr(expr).kind {
        ExprKind::Template { .. } => texts(tree, expr).join(" ? "),
        _ => String::new(),
    }
}

/// `select(Note)`, `update(Note)`, `delete(Note)` of SQLAlchemy: what it does, with the model before it.
pub(super) fn built(tree: &Tree, family: Family, expr: ExprId) -> Option<(EffectKind, String)> {
    let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
    if family != Family::Python || args.is_empty() {
        return None;
    }
    let callee = written(tree, *callee);
    let builder = callee.strip_prefix("sqlalchemy.").or_else(|| callee.strip_prefix("sa.")).unwrap_or(&callee);
    let kind = match builder {
        "select" => EffectKind::Read,
        "update" => EffectKind::Write,
        "delete" => EffectKind::Delete,
        _ => return None,
    };
    let first = written(tree, args[0].value);
    let model = first.split('.').find(|part| part.starts_with(char::is_uppercase))?;
    Some((kind, format!("{model}.{}", last(builder))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_statements_do_anything() {
        assert_eq!(whole("DROP TABLE IF EXISTS notes"), Some(EffectKind::Delete));
        assert_eq!(whole("update notes\n set text = ?"), Some(EffectKind::Write));
        assert_eq!(whole("Select a plan"), None);
        assert_eq!(whole("update your profile"), None);
        assert_eq!(whole("notes.id = ?"), None);
    }
}
