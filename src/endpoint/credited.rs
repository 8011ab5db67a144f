//! Rights and sums of the client in statements and in calls of stored functions: `INSERT INTO users (role) VALUES
//! (${role})`, `rpc("credit_wallet", { p_amount: amount })`.

use super::client::Sent;
use super::effects::{Access, EffectKind, texts};
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use super::reach::Reached;
use super::statements::text_of;
use super::trusted::{Trusted, decides};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Key, Literal, TemplatePart, Tree};

// What adds to somebody's money.
pattern!(
    CREDITS,
    r"(?i)(credit|top_?up|add|increment|deposit|fund|load|recharge)\w*_?(wallet|balance|credits?|coins|points|funds)|(wallet|balance)_?(credit|topup|top_up|deposit|add)"
);
// What asks the payment service for what was paid.
pattern!(
    ASKS,
    r"(?i)(orders?|payments?|paymentIntents?|sessions?|charges?|transactions?|invoices?|captures?)\.(fetch|retrieve|get|find|list|show|verify|capture)$|(verify|fetch|get|retrieve)_?(payment|order|transaction|charge)(_?(details|status|by_?id))?$|constructEvent$"
);

// `SET balance = balance + ?`
pattern!(
    GIVES,
    r"(?i)\b\w*(balance|credits?|wallet|saldo|coins|points|funds)\w*\s*=\s*(COALESCE\()?\s*\w*\.?\w*(balance|credits?|wallet|saldo|coins|points|funds)\w*\s*(,\s*0\s*\))?\s*\+"
);
// `SET balance = balance - ?`
pattern!(TAKES, r"(?i)\w*(balance|credits?|wallet|saldo|coins|points|funds)\w*\s*(,\s*0\s*\))?\s*-\s*[?$%:]");

/// What is trusted in the statements of a handler.
pub(super) fn trusted(evidence: &Evidence<'_>, reached: &[Reached<'_>], accesses: &[Access]) -> Vec<Trusted> {
    let mut found = Vec::new();
    for access in accesses {
        let current = &reached[access.at];
        if access.effect.kind == EffectKind::Write {
            found.extend(stated_role(evidence, current, access.chain));
        }
    }
    // Who gives to one and takes from another adds nothing.
    let moves = || {
        reached.iter().any(|current| {
            current.exprs().any(|expr| match current.tree.expr(expr).kind {
                ExprKind::Template { .. } | ExprKind::Literal(Literal::Str(_)) => {
                    matches(&TAKES, &texts(current.tree, expr).join(" ? "))
                }
                _ => false,
            })
        })
    };
    let asks = || {
        reached.iter().any(|current| {
            current.exprs().any(|expr| match &current.tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => matches(&ASKS, &written(current.tree, *callee)),
                _ => false,
            })
        })
    };
    let mut credited: Vec<Trusted> = reached.iter().filter_map(|current| credited(evidence, current)).collect();
    let written = accesses.iter().filter(|access| access.effect.kind == EffectKind::Write);
    let added: Vec<Trusted> = written.filter_map(|access| added(evidence, &reached[access.at], access.chain)).collect();
    if !added.is_empty() && !moves() {
        credited.extend(added);
    }
    if !credited.is_empty() && !asks() {
        found.extend(credited);
    }
    found.sort();
    found.dedup();
    found
}

/// A right of the client among the values of a statement that names a column for it.
fn stated_role(evidence: &Evidence<'_>, current: &Reached<'_>, chain: ExprId) -> Option<Trusted> {
    let tree = current.tree;
    Walk::node(tree, Node::Expr(chain)).take(200).find_map(|node| {
        let Node::Expr(expr) = node else { return None };
        let (text, values) = statement(tree, expr)?;
        let mut words = text.split(|one: char| !one.is_alphanumeric() && one != '_').filter(|word| !word.is_empty());
        let writes = words
            .next()
            .is_some_and(|word| ["insert", "update", "replace"].iter().any(|first| word.eq_ignore_ascii_case(first)));
        if !writes {
            return None;
        }
        let columns: Vec<&str> = words.take(160).filter(|word| decides(word) == Some("role")).collect();
        values.into_iter().find_map(|value| {
            let name = sent_in(current, value)?;
            let column = columns.iter().find(|column| column.eq_ignore_ascii_case(&name))?;
            Some(Trusted {
                kind: "role".to_owned(),
                field: (*column).to_owned(),
                location: current.locate(evidence, value),
            })
        })
    })
}

/// The text of a statement, with marks for its values, and the values.
fn statement(tree: &Tree, expr: ExprId) -> Option<(String, Vec<ExprId>)> {
    match &tree.expr(expr).kind {
        ExprKind::Template { parts, tag: Some(_) } => {
            let values = parts.iter().filter_map(|part| match part {
                TemplatePart::Value(value) => Some(*value),
                TemplatePart::Text(_) => None,
            });
            Some((text_of(tree, expr), values.collect()))
        }
        ExprKind::Call { args, .. } => {
            let text = args.first().map(|arg| texts(tree, arg.value).join(" ? ")).unwrap_or_default();
            let bound = args.iter().skip(1).flat_map(|arg| match &tree.expr(arg.value).kind {
                ExprKind::Sequence { items, .. } => items.iter().map(|item| item.value).collect(),
                _ => vec![arg.value],
            });
            Some((text, bound.collect()))
        }
        _ => None,
    }
}

/// A sum of the client in a statement that adds to a balance.
fn added(evidence: &Evidence<'_>, current: &Reached<'_>, chain: ExprId) -> Option<Trusted> {
    let tree = current.tree;
    Walk::node(tree, Node::Expr(chain)).take(200).find_map(|node| {
        let Node::Expr(expr) = node else { return None };
        let (text, values) = statement(tree, expr)?;
        if !matches(&GIVES, &text) {
            return None;
        }
        let (value, field) = values.into_iter().find_map(|value| {
            let field = current.client.field(value).filter(|field| decides(field) == Some("price"))?;
            Some((value, field))
        })?;
        Some(Trusted { kind: "credit".to_owned(), field, location: current.locate(evidence, value) })
    })
}

/// What the client sent, also inside `JSON.stringify(x || {})`.
fn sent_in(current: &Reached<'_>, value: ExprId) -> Option<String> {
    if let Some(name) = current.client.field(value) {
        return Some(name);
    }
    let ExprKind::Call { callee, args, .. } = &current.tree.expr(value).kind else { return None };
    let wraps = matches!(last(&written(current.tree, *callee)), "stringify" | "dumps" | "json");
    args.first().filter(|_| wraps).and_then(|arg| current.client.field(arg.value))
}

/// `rpc("credit_wallet", { p_amount: amount })`, `creditWallet(user.id, amount)`: a sum of the client is added to a balance.
fn credited(evidence: &Evidence<'_>, current: &Reached<'_>) -> Option<Trusted> {
    let tree = current.tree;
    current.exprs().find_map(|expr| {
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
        let name = written(tree, *callee);
        let called = args.first().and_then(|arg| tree.string_of(arg.value)).filter(|_| last(&name) == "rpc");
        if !matches(&CREDITS, called.unwrap_or_else(|| last(&name))) {
            return None;
        }
        let of_amount = |value: ExprId| match current.client.of(value) {
            Some(Sent::Field(field)) if decides(&field) == Some("price") => Some((field, value)),
            _ => None,
        };
        let (field, value) = args.iter().find_map(|arg| match &tree.expr(arg.value).kind {
            ExprKind::Map { entries } => entries.iter().find_map(|entry| match entry.key {
                Some(Key::Static(key, _)) if spoken(tree, key) => of_amount(entry.value),
                _ => None,
            }),
            _ => of_amount(arg.value),
        })?;
        Some(Trusted { kind: "credit".to_owned(), field, location: current.locate(evidence, value) })
    })
}

/// `p_amount`, `amount_in`: a parameter for a sum.
fn spoken(tree: &Tree, key: crate::syntax::Symbol) -> bool {
    let key = tree.text(key);
    let bare = key.strip_prefix("p_").or_else(|| key.strip_prefix("_")).unwrap_or(key);
    decides(bare) == Some("price")
}
