//! What handlers do: told by the names of the calls that a handler and the functions below it make, and by the first word
//! of the SQL that they send. Names are data (`[[effect]]` in the models).

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::{Client, Sent};
use super::collections;
use super::evidence::{Evidence, last, written};
use super::moment::Moments;
use super::patterns::Pattern;
use super::reach::Reached;
use super::statements;
use crate::base::{Location, Span};
use crate::model::index::Family;
use crate::model::schema::RuleBook;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, Literal, PatternKind, StmtKind, Symbol, TemplatePart, Tree};

/// How many effects of one kind are told of one route.
const MAX_OF_KIND: usize = 8;

/// What a handler does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EffectKind {
    /// Reads stored data.
    Read,
    /// Adds or changes stored data.
    Write,
    /// Removes stored data.
    Delete,
    /// Takes or gives back money.
    Payment,
    /// Sends mail.
    Mail,
    /// Sends a text message or calls somebody.
    Message,
    /// Has a language or image model answer.
    Llm,
    /// Runs a command.
    Command,
    /// Hands out or reads a file.
    FileRead,
    /// Writes or removes a file.
    FileWrite,
    /// Asks another host.
    Fetch,
    /// Checks a password or starts a session.
    Login,
    /// Sets a password.
    Password,
    /// Takes an uploaded file.
    Upload,
}

/// One thing that a handler does, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// What.
    pub kind: EffectKind,
    /// The call as it is written, without arguments: `db.session.delete`.
    pub name: String,
    /// Where the call is.
    pub location: Location,
    /// The value of the client that chooses the object: `id`, `order_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<String>,
    /// The only methods on which it happens, where the handler tells them apart: `GET` for what a link does, `POST` for
    /// all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_on: Option<String>,
    /// Whether it stands in a branch of the handler that only callers who are known come to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_known: bool,
    /// Whether it is one of things that belong to somebody: other routes look them up by their owner, or note who made one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owned: bool,
    /// What it works on: `note` of `prisma.note.update`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// One entry of the models. What all its names share is compiled once, when the first of them is met.
struct Known {
    kind: Option<EffectKind>,
    receivers: Option<Pattern>,
    not_receivers: Option<Pattern>,
    mentions: Option<Pattern>,
}

/// The names of calls that have effects.
#[derive(Default)]
pub(super) struct EffectNames {
    by_name: FxHashMap<(Family, String), Vec<Rc<Known>>>,
}

impl EffectNames {
    pub(super) fn new(book: &RuleBook) -> Self {
        let mut names = Self::default();
        for model in &book.models {
            let family = if model.language == "python" { Family::Python } else { Family::JavaScript };
            for effect in &model.effects {
                let known = Rc::new(Known {
                    kind: kind_of(&effect.kind),
                    receivers: effect.receivers.as_deref().map(Pattern::ignoring_case),
                    not_receivers: effect.not_receivers.as_deref().map(Pattern::ignoring_case),
                    mentions: effect.mentions.as_deref().map(Pattern::ignoring_case),
                });
                for name in &effect.names {
                    names.by_name.entry((family, name.clone())).or_default().push(Rc::clone(&known));
                }
            }
        }
        names
    }

    /// What a call does.
    fn of(&self, tree: &Tree, family: Family, callee: &str, call: ExprId) -> Option<EffectKind> {
        let (receiver, name) = callee.rsplit_once('.').unwrap_or(("", callee));
        let Some(known) = self.by_name.get(&(family, name.to_owned())) else { return statement(tree, call) };
        let told = known.iter().find_map(|known| {
            let fits = known.receivers.as_ref().is_none_or(|regex| regex.is_match(receiver))
                && known.not_receivers.as_ref().is_none_or(|regex| !regex.is_match(receiver))
                && known.mentions.as_ref().is_none_or(|regex| mentions(tree, call, regex));
            match known.kind {
                _ if !fits => None,
                Some(kind) => Some(kind),
                None => sql_effect(&sql_text(tree, call)?),
            }
        });
        told.or_else(|| statement(tree, call))
    }
}

/// A call of whatever name that is given a whole SQL statement.
fn statement(tree: &Tree, call: ExprId) -> Option<EffectKind> {
    let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return None };
    let first = tree.expr(args.first()?.value);
    if !matches!(first.kind, ExprKind::Literal(Literal::Str(_)) | ExprKind::Template { .. }) {
        return None;
    }
    statements::whole(&texts(tree, args[0].value).concat())
}

fn kind_of(name: &str) -> Option<EffectKind> {
    Some(match name {
        "read" => EffectKind::Read,
        "write" => EffectKind::Write,
        "delete" => EffectKind::Delete,
        "payment" => EffectKind::Payment,
        "mail" => EffectKind::Mail,
        "message" => EffectKind::Message,
        "llm" => EffectKind::Llm,
        "command" => EffectKind::Command,
        "file-read" => EffectKind::FileRead,
        "file-write" => EffectKind::FileWrite,
        "fetch" => EffectKind::Fetch,
        "login" => EffectKind::Login,
        "password" => EffectKind::Password,
        _ => return None,
    })
}

fn mentions(tree: &Tree, call: ExprId, regex: &Pattern) -> bool {
    let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return false };
    args.iter().any(|arg| {
        arg.name.is_some_and(|name| regex.is_match(tree.text(name)))
            || texts(tree, arg.value).iter().any(|text| regex.is_match(text))
            || keys(tree, arg.value).any(|key| regex.is_match(key))
            || constants(tree, arg.value).any(|text| regex.is_match(text))
    })
}

/// Texts that names in an expression stand for, where a file says so at its top: `` `${BASE_URL}/chat` ``.
fn constants(tree: &Tree, expr: ExprId) -> impl Iterator<Item = &str> {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Value(value) => Some(*value),
        TemplatePart::Text(_) => None,
    };
    let named = |expr: ExprId| match tree.expr(expr).kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    };
    let names: Vec<Symbol> = match &tree.expr(expr).kind {
        ExprKind::Template { parts, .. } => parts.iter().filter_map(part).filter_map(named).take(4).collect(),
        ExprKind::Binary { left, .. } => named(*left).into_iter().collect(),
        _ => named(expr).into_iter().collect(),
    };
    let top: &[crate::syntax::StmtId] = if names.is_empty() { &[] } else { &tree.root };
    top.iter().filter_map(move |stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Assign { targets, value: Some(value), .. } => targets
            .iter()
            .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(name) if names.contains(&name)))
            .then(|| tree.string_of(*value))
            .flatten(),
        _ => None,
    })
}

/// Whether a chain of calls is given a value under a name: a key of a map that stands in it, or a named argument.
pub(super) fn stores(tree: &Tree, chain: ExprId, name: &str) -> bool {
    Walk::node(tree, Node::Expr(chain)).take(200).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Map { .. } => keys(tree, expr).any(|key| key == name),
            ExprKind::Call { args, .. } => {
                args.iter().any(|arg| arg.name.is_some_and(|known| tree.text(known) == name))
            }
            _ => false,
        },
        _ => false,
    })
}

/// Constant keys of a map.
fn keys(tree: &Tree, expr: ExprId) -> impl Iterator<Item = &str> {
    let entries = match &tree.expr(expr).kind {
        ExprKind::Map { entries } => &**entries,
        _ => &[],
    };
    entries.iter().filter_map(|entry| match entry.key {
        Some(Key::Static(key, _)) => Some(tree.text(key)),
        _ => None,
    })
}

/// Constant texts below an expression.
pub(super) fn texts(tree: &Tree, expr: ExprId) -> Vec<&str> {
    let mut found = Vec::new();
    for node in Walk::node(tree, Node::Expr(expr)).take(400) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Literal(Literal::Str(text)) => found.push(tree.text(*text)),
            ExprKind::Template { parts, .. } => found.extend(parts.iter().filter_map(|part| match part {
                TemplatePart::Text(text) => Some(tree.text(*text)),
                TemplatePart::Value(_) => None,
            })),
            _ => {}
        }
    }
    found
}

/// The constant text of a call's first argument; of a name, what is assigned to it in the same file.
pub(super) fn sql_text(tree: &Tree, call: ExprId) -> Option<String> {
    let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return None };
    let first = args.first()?.value;
    let found = texts(tree, first).concat();
    if !found.is_empty() {
        return Some(found);
    }
    let ExprKind::Name(name) = tree.expr(first).kind else { return None };
    let before = tree.expr(first).span.start;
    let assigned = tree.stmts().filter_map(|(_, stmt)| match &stmt.kind {
        StmtKind::Assign { targets, value: Some(value), .. } if stmt.span.start < before => {
            let hit = targets
                .iter()
                .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == name));
            hit.then_some((stmt.span.start, *value))
        }
        _ => None,
    });
    let (_, value) = assigned.max_by_key(|(start, _)| *start)?;
    let found = texts(tree, value).concat();
    (!found.is_empty()).then_some(found)
}

fn sql_effect(text: &str) -> Option<EffectKind> {
    let mut words = text.split_whitespace().map(str::to_ascii_lowercase);
    match words.next()?.as_str() {
        "select" | "with" => Some(EffectKind::Read),
        "insert" | "update" | "replace" | "merge" | "upsert" => Some(EffectKind::Write),
        "delete" | "truncate" | "drop" => Some(EffectKind::Delete),
        _ => None,
    }
}

/// A data access of a handler: what is asked once the whole chain of calls is seen.
pub(super) struct Access {
    pub effect: Effect,
    /// The outermost call of the chain that it belongs to.
    pub chain: ExprId,
    /// Which of the reached functions it stands in.
    pub at: usize,
}

/// Everything that a handler does, in order of functions and places.
pub(super) fn effects(evidence: &Evidence<'_>, names: &EffectNames, reached: &[Reached<'_>]) -> Vec<Access> {
    let mut found: Vec<Access> = Vec::new();
    let mut counts: FxHashMap<EffectKind, usize> = FxHashMap::default();
    let moments = reached.first().map(|handler| Moments::of(evidence, handler.function));
    for (at, current) in reached.iter().enumerate() {
        let tree = current.tree;
        let first = found.len();
        let family = evidence.family(current.function.file);
        let mut chains: FxHashMap<ExprId, ExprId> = FxHashMap::default();
        let mut done: FxHashSet<ExprId> = FxHashSet::default();
        let mut covered: Vec<Span> = Vec::new();
        let filters = filters(current);
        for expr in current.exprs() {
            let span = tree.expr(expr).span;
            let (kind, callee, chain) = match &tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => {
                    let chain = *chains.entry(expr).or_insert(expr);
                    if let Some(inner) = inner_call(tree, *callee) {
                        chains.insert(inner, chain);
                    }
                    let callee = written(tree, *callee);
                    let known = names.of(tree, family, &callee, expr).map(|kind| (kind, callee));
                    let Some((kind, callee)) = known.or_else(|| statements::built(tree, family, expr)) else {
                        continue;
                    };
                    covered.push(span);
                    (kind, callee, chain)
                }
                // A statement that is handed to a call was told of with the call.
                ExprKind::Template { tag: Some(_), .. } if !covered.iter().any(|call| call.contains(span)) => {
                    let Some((kind, callee)) = statements::tagged(tree, expr) else { continue };
                    (kind, callee, expr)
                }
                _ => continue,
            };
            // A context manager that ends what was begun: what was done stands inside it.
            if last(&callee) == "commit" && yields(tree, current.function.function) {
                continue;
            }
            let count = counts.entry(kind).or_default();
            if *count >= MAX_OF_KIND || !done.insert(expr) {
                continue;
            }
            *count += 1;
            let effect = Effect {
                kind,
                name: callee,
                location: current.locate(evidence, expr),
                chosen_by: chosen_by(tree, &current.client, chain).or_else(|| by_filter(tree, chain, &filters)),
                only_on: moments
                    .as_ref()
                    .and_then(|moments| if at == 0 { moments.at(tree.expr(expr).span) } else { moments.below() })
                    .map(str::to_owned),
                for_known: at == 0
                    && moments.as_ref().is_some_and(|moments| moments.is_for_known(tree.expr(expr).span)),
                owned: false,
                of: None,
            };
            let mut access = Access { effect, chain, at };
            access.effect.of = collections::of(tree, &access);
            found.push(access);
        }
        hand_on(current, &mut found[first..]);
    }
    found
}

/// What was read by the client's choice and is then changed or removed is changed by that choice: `note =
/// Note.query.get(id); db.session.delete(note)`.
fn hand_on(current: &Reached<'_>, accesses: &mut [Access]) {
    let tree = current.tree;
    let chosen = |value: ExprId| {
        let span = tree.expr(value).span;
        let inside = |access: &&Access| span.contains(tree.expr(access.chain).span);
        accesses.iter().filter(inside).find_map(|access| access.effect.chosen_by.clone())
    };
    let mut held: FxHashMap<Symbol, String> = FxHashMap::default();
    let mut changed: Option<String> = None;
    for node in current.nodes() {
        let Node::Stmt(stmt) = node else { continue };
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { continue };
        for target in targets {
            match tree.pattern(*target).kind {
                PatternKind::Name(name) => {
                    // `note = result.scalar_one_or_none()` of a result that was chosen.
                    let root = || {
                        let root = written(tree, *value);
                        let root = tree.symbol(root.split('.').next().unwrap_or_default())?;
                        held.get(&root).filter(|_| root != name).cloned()
                    };
                    if let Some(by) = chosen(*value).or_else(root) {
                        held.insert(name, by);
                    }
                }
                // `note.text = …`
                PatternKind::Target(target) => {
                    if let ExprKind::Member { object, .. } = tree.expr(target).kind
                        && let ExprKind::Name(name) = tree.expr(object).kind
                    {
                        changed = changed.or_else(|| held.get(&name).cloned());
                    }
                }
                _ => {}
            }
        }
    }
    if held.is_empty() {
        return;
    }
    for access in accesses {
        let effect = &mut access.effect;
        if effect.chosen_by.is_some() || !matches!(effect.kind, EffectKind::Write | EffectKind::Delete) {
            continue;
        }
        let (receiver, method) = effect.name.rsplit_once('.').unwrap_or(("", &effect.name));
        let of_it = |name: &Symbol| tree.text(*name) == receiver;
        let given = match &tree.expr(access.chain).kind {
            ExprKind::Call { args, .. } if matches!(method, "delete" | "remove" | "merge" | "save" | "destroy") => {
                args.iter().find_map(|arg| match tree.expr(arg.value).kind {
                    ExprKind::Name(name) => held.get(&name).cloned(),
                    _ => None,
                })
            }
            _ => None,
        };
        let by = held.iter().find(|(name, _)| of_it(name)).map(|(_, by)| by.clone()).or(given);
        effect.chosen_by = by.or_else(|| if method == "commit" { changed.clone() } else { None });
    }
}

/// Whether a function is a generator.
fn yields(tree: &Tree, function: FunctionId) -> bool {
    Walk::node(tree, Node::Function(function)).take(2000).any(|node| match node {
        Node::Expr(expr) => matches!(tree.expr(expr).kind, ExprKind::Yield { .. }),
        _ => false,
    })
}

/// The call that a callee is a member of: `query` of `db.query(X).first`.
fn inner_call(tree: &Tree, callee: ExprId) -> Option<ExprId> {
    let mut at = callee;
    for _ in 0..16 {
        match &tree.expr(at).kind {
            ExprKind::Member { object: inner, .. } | ExprKind::Index { object: inner, .. } | ExprKind::Await(inner) => {
                at = *inner;
            }
            ExprKind::Call { .. } => return (at != callee).then_some(at),
            _ => return None,
        }
    }
    None
}

/// The client's value in a chain of calls that names an object.
fn chosen_by(tree: &Tree, client: &Client<'_>, chain: ExprId) -> Option<String> {
    let mut walk = Walk::node(tree, Node::Expr(chain));
    let mut left = 600;
    while let Some(node) = walk.next() {
        left -= 1;
        if left == 0 {
            break;
        }
        match node {
            Node::Function(_) => walk.skip_children(),
            Node::Expr(expr) => {
                let plain = matches!(
                    tree.expr(expr).kind,
                    ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. } | ExprKind::Call { .. }
                );
                if let Some(Sent::Field(name)) = client.of(expr).filter(|_| plain)
                    && names_object(&name)
                {
                    return Some(name);
                }
            }
            _ => {}
        }
    }
    None
}

/// Filters that are held in a variable and name an object of the client: `const filter = { _id: req.params.id }`.
fn filters(current: &Reached<'_>) -> FxHashMap<Symbol, String> {
    const NAMES: &[&str] = &["filter", "filters", "where", "query", "criteria", "conditions", "selector"];
    let tree = current.tree;
    let mut found = FxHashMap::default();
    if !NAMES.iter().any(|name| tree.symbol(name).is_some()) {
        return found;
    }
    for node in current.nodes() {
        let Node::Stmt(stmt) = node else { continue };
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { continue };
        if !matches!(tree.expr(*value).kind, ExprKind::Map { .. }) {
            continue;
        }
        for target in targets {
            let PatternKind::Name(name) = tree.pattern(*target).kind else { continue };
            if NAMES.contains(&tree.text(name))
                && let Some(by) = chosen_by(tree, &current.client, *value)
            {
                found.insert(name, by);
            }
        }
    }
    found
}

/// What such a filter names, where it is handed to a chain of calls.
fn by_filter(tree: &Tree, chain: ExprId, filters: &FxHashMap<Symbol, String>) -> Option<String> {
    if filters.is_empty() {
        return None;
    }
    Walk::node(tree, Node::Expr(chain)).take(200).find_map(|node| match node {
        Node::Expr(expr) => match tree.expr(expr).kind {
            ExprKind::Name(name) => filters.get(&name).cloned(),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a name speaks of which object: `id`, `order_id`, `userId`, `slug`.
pub(super) fn names_object(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(lower.as_str(), "id" | "pk" | "uuid" | "uid" | "slug" | "key" | "filename" | "username" | "email")
        || lower.ends_with("_id")
        || lower.ends_with("_uuid")
        || lower.ends_with("_pk")
        || name.ends_with("Id")
        || name.ends_with("ID")
        || name.ends_with("Uuid")
        || natural(&lower)
}

/// Numbers that things and persons have outside the program: `account_number`, `invoiceNumber`, `dni`.
fn natural(lower: &str) -> bool {
    const NUMBERS: &[&str] = &[
        "accountnumber",
        "accountno",
        "cardnumber",
        "invoicenumber",
        "policynumber",
        "membernumber",
        "patientnumber",
        "studentnumber",
        "employeenumber",
        "identification",
        "identificacion",
        "nationalid",
        "dni",
        "cpf",
        "rut",
        "ssn",
        "cedula",
    ];
    NUMBERS.contains(&lower.replace('_', "").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_statement_tells_what_it_does() {
        assert_eq!(sql_effect(" SELECT * FROM t"), Some(EffectKind::Read));
        assert_eq!(sql_effect("insert into t values (1)"), Some(EffectKind::Write));
        assert_eq!(sql_effect("DELETE\nFROM t"), Some(EffectKind::Delete));
        assert_eq!(sql_effect("pragma foreign_keys"), None);
    }

    #[test]
    fn names_of_objects() {
        assert!(names_object("id") && names_object("order_id") && names_object("userId") && names_object("postID"));
        assert!(names_object("account_number") && names_object("invoiceNumber") && names_object("dni"));
        assert!(!names_object("valid") && !names_object("title") && !names_object("paid"));
    }
}
