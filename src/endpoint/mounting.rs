//! Routers that are mounted by a function of the project or in a loop: `const mount = (path, router) => app.use(path, router)`,
//! `routes.forEach((route) => app.use(route.path, route.router))`, `for (const [path, router] of Object.entries(all)) …`.

use super::commonjs;
use super::evidence::{Evidence, last, written};
use crate::flow::facts::{CallFact, FactValue, FileId, FuncRef, Place};
use crate::flow::project::Target;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, ExprId, ExprKind, Key, PatternId, PatternKind, StmtKind, Symbol, TemplatePart, Tree};

/// Nodes of one file that are looked through for calls.
const MAX_NODES: usize = 200_000;
/// How many routers one statement may mount.
const MAX_MOUNTS: usize = 200;
/// How many names an expression is followed through.
const MAX_DEPTH: u8 = 6;

/// A router, and the prefix that it is mounted under.
pub(super) struct Mounting {
    pub router: Place,
    pub prefix: String,
}

/// What a name stands for at one call, or in one round of a loop.
#[derive(Clone)]
enum Bound {
    Expr(FileId, ExprId),
    /// A key and its value: what `Object.entries` makes.
    Pair(String, FileId, ExprId),
    Text(String),
}

/// Names of the mounting statement, with what they stand for.
type Round = Vec<(Symbol, Bound)>;

/// The routers that a value stands for which is a parameter of a function, or what a loop goes through.
pub(super) fn mountings(
    evidence: &Evidence<'_>,
    call: &CallFact,
    mounted: &FactValue,
    prefix: Option<&FactValue>,
) -> Vec<Mounting> {
    let Some(place) = mounted.expr else { return Vec::new() };
    let tree = evidence.tree(place.file);
    let text = written(tree, place.expr);
    let Some(root) = text.split('.').next().filter(|root| !root.is_empty()).and_then(|root| tree.symbol(root)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for round in rounds(evidence, call, place.file, root).into_iter().take(MAX_MOUNTS) {
        let Some((file, value)) = bound(evidence, place.file, place.expr, &round) else { continue };
        let Some(router) = router(evidence, file, value, MAX_DEPTH) else { continue };
        let prefix = prefix.and_then(|prefix| prefix.expr).map(|prefix| prefix_of(evidence, prefix, &round));
        found.push(Mounting { router, prefix: prefix.unwrap_or_default() });
    }
    found
}

/// Every call of the function that the statement stands in, or every round of its loop.
fn rounds(evidence: &Evidence<'_>, call: &CallFact, file: FileId, root: Symbol) -> Vec<Round> {
    let tree = evidence.tree(file);
    for (_, stmt) in tree.stmts() {
        let StmtKind::ForEach { target, iter, keys: false, .. } = &stmt.kind else { continue };
        if stmt.span.contains(call.span) && binds(tree, *target, root) {
            let elements = elements(evidence, file, *iter);
            return elements.into_iter().map(|element| bind(evidence, file, *target, element)).collect();
        }
    }
    let Some(function) = call.inside.filter(|function| function.file == file) else { return Vec::new() };
    let params: Vec<PatternId> = tree.function(function.function).params.iter().map(|param| param.pattern).collect();
    if !params.iter().any(|param| binds(tree, *param, root)) {
        return Vec::new();
    }
    if let Some(list) = gone_through(tree, function) {
        let elements = elements(evidence, file, list);
        return elements.into_iter().map(|element| bind(evidence, file, params[0], element)).collect();
    }
    called(evidence, function, &params)
}

/// The list whose `forEach` or `map` a function is given to.
fn gone_through(tree: &Tree, function: FuncRef) -> Option<ExprId> {
    tree.exprs().find_map(|(_, expr)| {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { return None };
        let ExprKind::Member { object, name, .. } = &tree.expr(*callee).kind else { return None };
        let given = args.first().map(|arg| &tree.expr(arg.value).kind);
        let same = matches!(given, Some(ExprKind::Function(known)) if *known == function.function);
        (same && matches!(tree.text(*name), "forEach" | "map")).then_some(*object)
    })
}

/// The arguments of every call of a function, by the names of its parameters.
fn called(evidence: &Evidence<'_>, function: FuncRef, params: &[PatternId]) -> Vec<Round> {
    let name = evidence.name_of(function, "");
    let family = evidence.family(function.file);
    let mut found = Vec::new();
    for (file, info) in (0u32..).map(FileId).zip(&evidence.project.files) {
        let tree = &info.tree;
        if name.is_empty() || info.family != family || tree.symbol(&name).is_none() {
            continue;
        }
        for node in Walk::block(tree, &tree.root).take(MAX_NODES) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
            let written = written(tree, *callee);
            if last(&written) != name
                || (file != function.file && evidence.function_named(file, &written) != Some(function))
            {
                continue;
            }
            let given = params
                .iter()
                .zip(args.iter())
                .flat_map(|(param, arg)| bind(evidence, function.file, *param, Bound::Expr(file, arg.value)));
            found.push(given.collect());
        }
    }
    found
}

/// The elements of a list, or of what `Object.entries` makes of a map, as far as they are written down.
fn elements(evidence: &Evidence<'_>, file: FileId, list: ExprId) -> Vec<Bound> {
    let tree = evidence.tree(file);
    if let ExprKind::Call { callee, args, .. } = &tree.expr(list).kind
        && written(tree, *callee) == "Object.entries"
        && let Some((file, map)) = args.first().and_then(|arg| resolved(evidence, file, arg.value))
    {
        let tree = evidence.tree(file);
        let ExprKind::Map { entries } = &tree.expr(map).kind else { return Vec::new() };
        let pair = |entry: &crate::syntax::Entry| match entry.key {
            Some(Key::Static(key, _)) => Some(Bound::Pair(tree.text(key).to_owned(), file, entry.value)),
            _ => None,
        };
        return entries.iter().filter_map(pair).collect();
    }
    let Some((file, list)) = resolved(evidence, file, list) else { return Vec::new() };
    match &evidence.tree(file).expr(list).kind {
        ExprKind::Sequence { items, .. } => items.iter().map(|item| Bound::Expr(file, item.value)).collect(),
        _ => Vec::new(),
    }
}

/// The expression that a name stands for, or the expression itself.
fn resolved(evidence: &Evidence<'_>, file: FileId, expr: ExprId) -> Option<(FileId, ExprId)> {
    let tree = evidence.tree(file);
    match tree.expr(expr).kind {
        ExprKind::Name(name) => evidence.value_of(file, tree.text(name), MAX_DEPTH),
        _ => Some((file, expr)),
    }
}

fn binds(tree: &Tree, pattern: PatternId, name: Symbol) -> bool {
    super::checks::names_of(tree, pattern).contains(&name)
}

/// The names of a pattern, with what they stand for.
fn bind(evidence: &Evidence<'_>, file: FileId, pattern: PatternId, value: Bound) -> Round {
    let tree = evidence.tree(file);
    match &tree.pattern(pattern).kind {
        PatternKind::Name(name) => vec![(*name, value)],
        PatternKind::Default(inner, _) => bind(evidence, file, *inner, value),
        PatternKind::Sequence(parts) => {
            let part = |at: usize| match &value {
                Bound::Pair(key, ..) if at == 0 => Some(Bound::Text(key.clone())),
                Bound::Pair(_, file, value) if at == 1 => Some(Bound::Expr(*file, *value)),
                Bound::Expr(file, expr) => match &evidence.tree(*file).expr(*expr).kind {
                    ExprKind::Sequence { items, .. } => items.get(at).map(|item| Bound::Expr(*file, item.value)),
                    _ => None,
                },
                _ => None,
            };
            let bound = parts.iter().enumerate().filter_map(|(at, inner)| Some(((*inner)?, part(at)?)));
            bound.flat_map(|(inner, value)| bind(evidence, file, inner, value)).collect()
        }
        PatternKind::Map(fields) => {
            let Bound::Expr(from, expr) = value else { return Vec::new() };
            let taken = fields.iter().filter_map(|field| {
                let Some(Key::Static(key, _)) = field.key else { return None };
                Some((field.pattern, entry(evidence, from, expr, tree.text(key))?))
            });
            taken.flat_map(|(inner, value)| bind(evidence, file, inner, Bound::Expr(from, value))).collect()
        }
        _ => Vec::new(),
    }
}

fn entry(evidence: &Evidence<'_>, file: FileId, map: ExprId, wanted: &str) -> Option<ExprId> {
    let tree = evidence.tree(file);
    let ExprKind::Map { entries } = &tree.expr(map).kind else { return None };
    entries
        .iter()
        .find(|entry| matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == wanted))
        .map(|entry| entry.value)
}

/// The expression that a name, or a member of one, stands for in a round.
fn bound(evidence: &Evidence<'_>, file: FileId, expr: ExprId, round: &Round) -> Option<(FileId, ExprId)> {
    let tree = evidence.tree(file);
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => match &round.iter().find(|(known, _)| known == name)?.1 {
            Bound::Expr(file, expr) => Some((*file, *expr)),
            _ => None,
        },
        ExprKind::Member { object, name, .. } => {
            let (from, object) = bound(evidence, file, *object, round)?;
            Some((from, entry(evidence, from, object, tree.text(*name))?))
        }
        _ => None,
    }
}

/// The text of a prefix: constant, or put together from what a round gives.
fn prefix_of(evidence: &Evidence<'_>, prefix: Place, round: &Round) -> String {
    let tree = evidence.tree(prefix.file);
    let inner = |expr: ExprId| prefix_of(evidence, Place { file: prefix.file, expr }, round);
    if let Some(text) = tree.string_of(prefix.expr) {
        return text.to_owned();
    }
    match &tree.expr(prefix.expr).kind {
        ExprKind::Template { parts, tag: None } => parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => tree.text(*text).to_owned(),
                TemplatePart::Value(value) => inner(*value),
            })
            .collect(),
        ExprKind::Binary { op: BinaryOp::Add, left, right } => inner(*left) + &inner(*right),
        ExprKind::Name(name) => match round.iter().find(|(known, _)| known == name) {
            Some((_, Bound::Text(text))) => text.clone(),
            Some((_, Bound::Expr(file, expr))) => super::literal::text(evidence, Place { file: *file, expr: *expr })
                .or_else(|| evidence.tree(*file).string_of(*expr).map(str::to_owned))
                .unwrap_or_default(),
            Some((_, Bound::Pair(..))) => String::new(),
            None => super::literal::text(evidence, prefix).unwrap_or_default(),
        },
        ExprKind::Member { .. } => bound(evidence, prefix.file, prefix.expr, round)
            .and_then(|(file, expr)| evidence.tree(file).string_of(expr).map(str::to_owned))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// The call that made the router an expression stands for, through names, imports and `require`.
fn router(evidence: &Evidence<'_>, file: FileId, expr: ExprId, depth: u8) -> Option<Place> {
    let depth = depth.checked_sub(1)?;
    let tree = evidence.tree(file);
    if let Some((module, member)) = commonjs::required(tree, expr) {
        let resolver = &evidence.project.resolver;
        let Target::File(target) = resolver.javascript(evidence.project.path(file), module) else { return None };
        let (file, expr) = handed_out(evidence, target, member)?;
        return router(evidence, file, expr, depth);
    }
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => {
            let (file, value) = evidence.value_of(file, tree.text(*name), MAX_DEPTH)?;
            router(evidence, file, value, depth)
        }
        ExprKind::Member { object, name, .. } => match evidence.file_of(file, &written(tree, *object)) {
            // `authRoutes.default`, `routes.auth`
            Some(target) => {
                let (file, expr) = handed_out(evidence, target, Some(tree.text(*name)))?;
                router(evidence, file, expr, depth)
            }
            None => None,
        },
        ExprKind::Call { callee, .. } => {
            let made = Place { file, expr };
            let known = evidence.call(made).is_some_and(|call| {
                let family = evidence.family(file);
                call.paths.iter().any(|path| evidence.vocabulary.mount(family, path).is_some_and(|mount| mount.makes))
            });
            (known || last(&written(tree, *callee)) == "Router").then_some(made)
        }
        _ => None,
    }
}

/// What a CommonJS module hands out: itself, or a member of it.
fn handed_out(evidence: &Evidence<'_>, file: FileId, member: Option<&str>) -> Option<(FileId, ExprId)> {
    let tree = evidence.tree(file);
    let assigned = |wanted: &str| {
        tree.root.iter().rev().find_map(|stmt| {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { return None };
            let here = targets.iter().any(|target| match tree.pattern(*target).kind {
                PatternKind::Target(target) => written(tree, target) == wanted,
                _ => false,
            });
            here.then_some(*value)
        })
    };
    match member {
        None => assigned("module.exports").map(|value| (file, value)),
        Some(name) => {
            let own = assigned(&format!("exports.{name}")).or_else(|| assigned(&format!("module.exports.{name}")));
            let value = own.or_else(|| entry(evidence, file, assigned("module.exports")?, name))?;
            Some((file, value))
        }
    }
}
