//! Records that are stored as a schema lets them through, where the schema names columns that the server should decide:
//! `users.values({ ...insertUserSchema.parse(req.body) })` with a schema that is made of the whole table (drizzle-zod), or
//! that is written out (`z.object({ role: … })`).

use super::client::Sent;
use super::effects::{Access, EffectKind};
use super::evidence::{Evidence, last, written};
use super::literal::resolve;
use super::patterns::{matches, pattern};
use super::proof::of_users;
use super::reach::Reached;
use super::trusted::{Trusted, decides, sells};
use super::writable::is_state;
use crate::flow::facts::{FileId, Place};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{Arg, ExprId, ExprKind, Key, PatternKind, StmtKind, Symbol, Tree};

/// How long chains of calls on a schema are followed.
const MAX_CHAIN: u8 = 12;
/// How many fields of one handler are told.
const MAX_FIELDS: usize = 6;

// Money that an account holds.
pattern!(HELD, r"(?i)^(balance|available_?balance|credits?|points|coins|wallet(_?balance)?|saldo)$");
// Who may do more than others.
pattern!(
    PRIVILEGED,
    r"(?i)admin|staff|super|owner|root|moderator|manager|editor|teacher|instructor|seller|agent|doctor"
);

/// A field that a schema lets through, with the constants that it may be, where they are listed.
struct Field {
    name: String,
    one_of: Vec<String>,
}

/// What a schema lets through.
struct Shape {
    fields: Vec<Field>,
}

/// What a handler stores of the client's by such a schema.
pub(super) fn trusted(evidence: &Evidence<'_>, reached: &[Reached<'_>], accesses: &[Access]) -> Vec<Trusted> {
    let writes = || accesses.iter().filter(|access| access.effect.kind == EffectKind::Write);
    let people = writes().any(|access| of_users(reached[access.at].tree, access.chain));
    let sold = writes().any(|access| sells(reached[access.at].tree, access.chain));
    if !people && !sold {
        return Vec::new();
    }
    let mut found = Vec::new();
    for current in reached.iter().take_while(|current| current.depth == 0) {
        for (call, schema) in parsed(current) {
            let Some(shape) = shape(evidence, current.function.file, schema, MAX_CHAIN) else { continue };
            let Some(set) = stored_whole(current, call) else { continue };
            let risky = |field: &Field| {
                let name = field.name.as_str();
                let listed = field.one_of.is_empty() || field.one_of.iter().any(|one| matches(&PRIVILEGED, one));
                let of_people = decides(name) == Some("role") && listed || is_state(name) || matches(&HELD, name);
                let of_sold = is_state(name) || decides(name) == Some("price");
                (people && of_people || sold && of_sold) && !set.iter().any(|known| known == name)
            };
            let location = current.locate(evidence, call);
            found.extend(shape.fields.iter().filter(|field| risky(field)).map(|field| Trusted {
                kind: "writable-column".to_owned(),
                field: field.name.clone(),
                location: location.clone(),
            }));
        }
    }
    found.truncate(MAX_FIELDS);
    found
}

/// Calls that look at a whole body by a schema, with the schema: `insertUserSchema.parse(req.body)`.
fn parsed(current: &Reached<'_>) -> impl Iterator<Item = (ExprId, ExprId)> {
    let tree = current.tree;
    current.exprs().filter_map(move |expr| {
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
        let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return None };
        let parses = matches!(tree.text(name), "parse" | "parseAsync" | "safeParse" | "safeParseAsync");
        let whole = || args.first().is_some_and(|arg| current.client.of(arg.value) == Some(Sent::Part));
        (parses && args.len() == 1 && whole()).then_some((expr, object))
    })
}

/// Fields that a handler sets itself where it stores all that a schema let through; nothing where it stores parts.
fn stored_whole(current: &Reached<'_>, call: ExprId) -> Option<Vec<String>> {
    let tree = current.tree;
    let mut names: Vec<Symbol> = Vec::new();
    for node in current.nodes() {
        let Node::Stmt(stmt) = node else { continue };
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { continue };
        let held = unwrapped(tree, *value) == call || is_held(tree, *value, &names);
        for target in targets.iter().filter(|_| held) {
            if let PatternKind::Name(name) = tree.pattern(*target).kind {
                names.push(name);
            }
        }
    }
    let whole = |expr: ExprId| unwrapped(tree, expr) == call || is_held(tree, expr, &names);
    let mut set: Vec<String> = Vec::new();
    let mut stored = false;
    for node in current.nodes() {
        match node {
            Node::Expr(expr) => match &tree.expr(expr).kind {
                ExprKind::Map { entries } => {
                    let Some(at) = entries.iter().position(|entry| entry.key.is_none() && whole(entry.value)) else {
                        continue;
                    };
                    stored = true;
                    set.extend(entries.iter().skip(at + 1).filter_map(|entry| match entry.key {
                        Some(Key::Static(key, _)) => Some(tree.text(key).to_owned()),
                        _ => None,
                    }));
                }
                ExprKind::Call { callee, args, .. } if !answers(&written(tree, *callee)) => {
                    stored |= args.iter().any(|arg| is_held(tree, arg.value, &names) || is_call(tree, arg, call));
                }
                _ => {}
            },
            // `input.role = "user"`
            Node::Stmt(stmt) => {
                let StmtKind::Assign { targets, .. } = &tree.stmt(stmt).kind else { continue };
                for target in targets {
                    if let PatternKind::Target(target) = tree.pattern(*target).kind
                        && let ExprKind::Member { object, name, .. } = tree.expr(target).kind
                        && is_held(tree, object, &names)
                    {
                        set.push(tree.text(name).to_owned());
                    }
                }
            }
            Node::Function(_) | Node::Class(_) | Node::Pattern(_) => {}
        }
    }
    stored.then_some(set)
}

/// Calls that log or answer, and store nothing.
fn answers(name: &str) -> bool {
    matches!(
        last(name),
        "log" | "info" | "debug" | "json" | "send" | "stringify" | "keys" | "entries" | "error" | "warn"
    )
}

fn is_call(tree: &Tree, arg: &Arg, call: ExprId) -> bool {
    unwrapped(tree, arg.value) == call
}

fn unwrapped(tree: &Tree, expr: ExprId) -> ExprId {
    match tree.expr(expr).kind {
        ExprKind::Await(inner) => inner,
        _ => expr,
    }
}

/// `input`, and `result.data` of what `safeParse` gave.
fn is_held(tree: &Tree, expr: ExprId, names: &[Symbol]) -> bool {
    match tree.expr(expr).kind {
        ExprKind::Name(name) => names.contains(&name),
        ExprKind::Member { object, name, .. } => {
            tree.text(name) == "data" && matches!(tree.expr(object).kind, ExprKind::Name(name) if names.contains(&name))
        }
        _ => false,
    }
}

/// What a schema lets through, by how it is made.
fn shape(evidence: &Evidence<'_>, file: FileId, schema: ExprId, depth: u8) -> Option<Shape> {
    let depth = depth.checked_sub(1)?;
    let place = resolve(evidence, file, schema)?;
    let tree = evidence.tree(place.file);
    let ExprKind::Call { callee, args, .. } = &tree.expr(place.expr).kind else { return None };
    let name = written(tree, *callee);
    match last(&name) {
        "createInsertSchema" | "createUpdateSchema" => {
            let mut shape = Shape { fields: columns(evidence, place.file, args.first()?.value)? };
            // What is said of single columns beside them.
            for field in args.get(1).map(|arg| listed(tree, arg.value)).unwrap_or_default() {
                shape.replace(field);
            }
            Some(shape)
        }
        "object" | "strictObject" if matches!(name.as_str(), "z.object" | "z.strictObject") => {
            Some(Shape { fields: listed(tree, args.first()?.value) })
        }
        method => {
            let ExprKind::Member { object, .. } = tree.expr(*callee).kind else { return None };
            let mut shape = shape(evidence, place.file, object, depth)?;
            let given = args.first().map(|arg| listed(tree, arg.value)).unwrap_or_default();
            match method {
                "omit" => shape.fields.retain(|field| !given.iter().any(|one| one.name == field.name)),
                "pick" => shape.fields.retain(|field| given.iter().any(|one| one.name == field.name)),
                "extend" | "augment" | "setKey" => given.into_iter().for_each(|field| shape.replace(field)),
                "partial" | "required" | "strict" | "strip" | "refine" | "superRefine" | "passthrough" | "describe"
                | "readonly" | "brand" => {}
                _ => return None,
            }
            Some(shape)
        }
    }
}

impl Shape {
    fn replace(&mut self, field: Field) {
        match self.fields.iter_mut().find(|known| known.name == field.name) {
            Some(known) => *known = field,
            None => self.fields.push(field),
        }
    }
}

/// The columns of a table: `pgTable("users", { id: serial("id"), role: text("role") })`.
fn columns(evidence: &Evidence<'_>, file: FileId, table: ExprId) -> Option<Vec<Field>> {
    let Place { file, expr } = resolve(evidence, file, table)?;
    let tree = evidence.tree(file);
    let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
    let name = written(tree, *callee);
    if !last(&name).ends_with("Table") && last(&name) != "table" {
        return None;
    }
    Some(listed(tree, args.get(1)?.value))
}

/// The fields of a map, with the texts that each may be.
fn listed(tree: &Tree, map: ExprId) -> Vec<Field> {
    let ExprKind::Map { entries } = &tree.expr(map).kind else { return Vec::new() };
    let field = |key: Symbol, value: ExprId| Field { name: tree.text(key).to_owned(), one_of: one_of(tree, value) };
    entries
        .iter()
        .filter_map(|entry| match entry.key {
            Some(Key::Static(key, _)) => Some(field(key, entry.value)),
            _ => None,
        })
        .collect()
}

/// `z.enum(["buyer", "seller"])`, `text("role", { enum: ["member", "staff"] })`, `z.literal("user")`.
fn one_of(tree: &Tree, value: ExprId) -> Vec<String> {
    let mut found = Vec::new();
    for node in Walk::node(tree, Node::Expr(value)).take(200) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Sequence { items, .. } => {
                found.extend(items.iter().filter_map(|item| tree.string_of(item.value)).map(str::to_owned));
            }
            ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == "literal" => {
                found.extend(args.first().and_then(|arg| tree.string_of(arg.value)).map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}
