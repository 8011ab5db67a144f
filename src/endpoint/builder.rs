//! Queries of Drizzle and its like, that are built by chains of calls: `db.select().from(users)`,
//! `db.update(users).set(…).returning()`.

use rustc_hash::FxHashSet;

use super::columns::is_secret;
use super::evidence::{Evidence, last, written};
use crate::syntax::{ExprId, ExprKind, Key, PatternKind, StmtKind, Tree};

/// How many calls of a chain are looked at.
const MAX_CHAIN: usize = 24;

/// Whether a chain gives whole rows of people who log in: no columns are chosen.
pub(super) fn asks_for_all(tree: &Tree, chain: ExprId, tables: &FxHashSet<String>) -> bool {
    let (mut bare, mut of_users, mut changes) = (false, false, false);
    let mut at = chain;
    for _ in 0..MAX_CHAIN {
        match &tree.expr(at).kind {
            ExprKind::Call { callee, args, .. } => {
                if let ExprKind::Member { name, .. } = tree.expr(*callee).kind {
                    let users = || args.first().is_some_and(|arg| tables.contains(last(&written(tree, arg.value))));
                    match tree.text(name) {
                        "select" | "selectDistinct" | "returning" => bare |= args.is_empty(),
                        "from" => of_users |= users(),
                        "insert" | "update" | "delete" => {
                            changes = true;
                            of_users |= users();
                        }
                        _ => {}
                    }
                }
                at = *callee;
            }
            ExprKind::Member { object, .. } => at = *object,
            ExprKind::Await(inner) => at = *inner,
            _ => break,
        }
    }
    let returns = changes && last(&written(tree, chain)) != "returning";
    bare && of_users && !returns
}

/// `supabase.from("users").select("*")`, `.update(…).select()`: every column of people who log in.
pub(super) fn asks_service_for_all(tree: &Tree, chain: ExprId) -> bool {
    let (mut bare, mut of_users, mut first) = (false, false, true);
    let mut at = chain;
    for _ in 0..MAX_CHAIN {
        match &tree.expr(at).kind {
            ExprKind::Call { callee, args, .. } => {
                if let ExprKind::Member { name, .. } = tree.expr(*callee).kind {
                    let told = args.first().and_then(|arg| tree.string_of(arg.value));
                    match tree.text(name) {
                        "select" if first => {
                            bare = args.is_empty() || args.len() == 1 && told == Some("*");
                            first = false;
                        }
                        "from" => of_users = told.is_some_and(|table| super::columns::names_users(&[table])),
                        _ => {}
                    }
                }
                at = *callee;
            }
            ExprKind::Member { object, .. } => at = *object,
            ExprKind::Await(inner) => at = *inner,
            _ => break,
        }
    }
    bare && of_users
}

/// Variables that hold tables with a column for passwords: `users = pgTable("users", { password: text("password") })`.
pub(super) fn secret_tables(evidence: &Evidence<'_>) -> FxHashSet<String> {
    let mut found = FxHashSet::default();
    for info in &evidence.project.files {
        let tree = &info.tree;
        if !["pgTable", "mysqlTable", "sqliteTable"].iter().any(|name| tree.symbol(name).is_some()) {
            continue;
        }
        for stmt in &tree.root {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            let ExprKind::Call { callee, args, .. } = &tree.expr(*value).kind else { continue };
            let Some(columns) = args.get(1).filter(|_| last(&written(tree, *callee)).ends_with("Table")) else {
                continue;
            };
            let ExprKind::Map { entries } = &tree.expr(columns.value).kind else { continue };
            let secret =
                entries.iter().any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if is_secret(tree.text(key))));
            found.extend(targets.iter().filter(|_| secret).filter_map(|target| match tree.pattern(*target).kind {
                PatternKind::Name(name) => Some(tree.text(name).to_owned()),
                _ => None,
            }));
        }
    }
    found
}
