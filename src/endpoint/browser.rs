//! What pages store by themselves: a browser that writes prices or roles into a data service has decided them.

use rustc_hash::FxHashMap;

use super::evidence::{Evidence, last, written};
use super::trusted::{Trusted, decides, is_message, sells};
use crate::base::CodeContext;
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, Entry, ExprId, ExprKind, Key, PatternKind, StmtKind, Symbol, TemplatePart, Tree};

/// How many nodes of a function are looked at.
const MAX_NODES: usize = 2000;
/// How many such fields of one file are told.
const MAX_PER_FILE: usize = 20;

/// Fields that pages write.
pub(super) fn writes(evidence: &Evidence<'_>) -> Vec<Trusted> {
    let mut found = Vec::new();
    let roots: Vec<String> = evidence.project.files.iter().filter_map(|file| bundle_root(file.source.path())).collect();
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        if info.family != Family::JavaScript
            || !matches!(info.context, CodeContext::Production | CodeContext::Development)
            || !(is_page(info.source.path(), &info.imported, &info.tree)
                || bundled(info.source.path(), &roots)
                || served(info.source.path()))
        {
            continue;
        }
        let tree = &info.tree;
        let mut here = Vec::new();
        for (id, expr) in tree.exprs() {
            if let ExprKind::Map { entries } = &expr.kind {
                here.extend(cells(tree, entries).map(|(field, at)| Trusted {
                    kind: "cell-html".to_owned(),
                    field: field.to_owned(),
                    location: evidence.locate(file, tree.expr(at).span),
                }));
                continue;
            }
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            let name = written(tree, *callee);
            let (receiver, method) = name.rsplit_once('.').unwrap_or(("", &name));
            // `supabase.auth.signUp({ email, password })`: whoever opens the page makes an account.
            if method == "createUserWithEmailAndPassword" || method == "signUp" && receiver.ends_with("auth") {
                let location = evidence.locate(file, expr.span);
                here.push(Trusted { kind: "sign-up".to_owned(), field: "account".to_owned(), location });
                here.extend(args.iter().flat_map(|arg| chosen_role(tree, arg.value)).map(|(field, at)| Trusted {
                    kind: "role".to_owned(),
                    field: field.to_owned(),
                    location: evidence.locate(file, tree.expr(at).span),
                }));
                continue;
            }
            let from = receiver.rsplit('.').next() == Some("from") && receiver.len() > 4;
            let stores = from && matches!(method, "insert" | "update" | "upsert");
            // `supabase.rpc("create_order", { p_total: … })`
            let calls = method == "rpc" && args.len() > 1;
            let Some(arg) = args.get(usize::from(calls)).filter(|_| stores || calls) else { continue };
            let sold = sells(tree, id);
            if method == "update" && is_handed(tree, arg.value) && of_users(tree, *callee) {
                let location = evidence.locate(file, tree.expr(arg.value).span);
                here.push(Trusted { kind: "role".to_owned(), field: "every column".to_owned(), location });
            }
            for (field, value) in fields(tree, arg.value, 3) {
                let name = tree.text(field);
                let Some(kind) = decides(name.strip_prefix("p_").unwrap_or(name)) else { continue };
                let spoken = |arg: ExprId| matches!(&tree.expr(arg).kind, ExprKind::Map { entries } if is_message(tree, entries));
                if kind == "role" && (calls || spoken(arg.value)) {
                    continue;
                }
                if !is_constant(tree, value) && (kind == "role" || sold) {
                    let location = evidence.locate(file, tree.expr(value).span);
                    here.push(Trusted { kind: kind.to_owned(), field: tree.text(field).to_owned(), location });
                }
            }
        }
        here.sort();
        here.dedup_by(|next, kept| next.location.line == kept.location.line);
        found.extend(here.into_iter().take(MAX_PER_FILE));
    }
    found
}

/// `{ formatter: (value) => `<b>${value}</b>` }`: cells of a grid whose HTML is put together from what they show.
fn cells<'t>(tree: &'t Tree, entries: &'t [Entry]) -> impl Iterator<Item = (&'t str, ExprId)> {
    entries.iter().filter_map(move |entry| {
        let Some(Key::Static(key, _)) = entry.key else { return None };
        if !matches!(tree.text(key), "formatter" | "format" | "cellRenderer" | "cellFormatter" | "render" | "template")
        {
            return None;
        }
        let ExprKind::Function(function) = tree.expr(entry.value).kind else { return None };
        let node = tree.function(function);
        let shown = super::checks::plain_params(tree, function);
        Walk::block(tree, &node.body).take(MAX_NODES).find_map(|inner| {
            let Node::Expr(expr) = inner else { return None };
            let parts: Vec<ExprId> = match &tree.expr(expr).kind {
                ExprKind::Template { parts, tag: None } => {
                    let html =
                        |part: &TemplatePart| matches!(part, TemplatePart::Text(text) if is_html(tree.text(*text)));
                    let values = parts.iter().filter(|_| parts.iter().any(html)).filter_map(|part| match part {
                        TemplatePart::Value(value) => Some(*value),
                        TemplatePart::Text(_) => None,
                    });
                    values.collect()
                }
                ExprKind::Binary { op: BinaryOp::Add, left, right }
                    if [*left, *right].iter().any(|side| tree.string_of(*side).is_some_and(is_html)) =>
                {
                    vec![*left, *right]
                }
                _ => return None,
            };
            let field = parts.into_iter().find_map(|value| text_of_cell(tree, &shown, value))?;
            Some((field, expr))
        })
    })
}

fn is_html(text: &str) -> bool {
    ["<a ", "<a>", "<span", "<div", "<b>", "<strong", "<td", "<p>", "<li", "<img", "<i>"]
        .iter()
        .any(|tag| text.contains(tag))
}

/// The text that a cell shows as it is: the value itself, or a field of its row that holds what somebody wrote.
fn text_of_cell<'t>(tree: &'t Tree, shown: &[Symbol], value: ExprId) -> Option<&'t str> {
    let mut at = value;
    for _ in 0..6 {
        match &tree.expr(at).kind {
            ExprKind::Logical { left, .. } => at = *left,
            ExprKind::Name(name) if shown.first() == Some(name) => {
                return matches!(tree.text(*name), "value" | "data" | "cell" | "v" | "text" | "val" | "name")
                    .then(|| tree.text(*name));
            }
            ExprKind::Member { object, name, .. } => {
                let told = tree.text(*name).to_ascii_lowercase();
                let text =
                    ["name", "title", "email", "message", "comment", "description", "subject", "url", "agent", "note"]
                        .iter()
                        .any(|end| told.ends_with(end));
                let mut root = *object;
                while let ExprKind::Member { object, .. } = tree.expr(root).kind {
                    root = object;
                }
                let own = matches!(tree.expr(root).kind, ExprKind::Name(root) if shown.contains(&root));
                return (text && own).then(|| tree.text(*name));
            }
            _ => return None,
        }
    }
    None
}

/// A role that somebody gives themselves in the data of a sign-up.
fn chosen_role(tree: &Tree, arg: ExprId) -> Vec<(&str, ExprId)> {
    let maps = Walk::node(tree, Node::Expr(arg)).take(200).filter_map(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Map { entries } => Some(entries),
            _ => None,
        },
        _ => None,
    });
    maps.flat_map(|entries| entries.iter())
        .filter_map(|entry| match entry.key {
            Some(Key::Static(key, _)) if decides(tree.text(key)) == Some("role") && !is_constant(tree, entry.value) => {
                Some((tree.text(key), entry.value))
            }
            _ => None,
        })
        .collect()
}

/// A literal, or a member of an enumeration: `UserRole.DONOR`.
fn is_constant(tree: &Tree, value: ExprId) -> bool {
    match &tree.expr(value).kind {
        ExprKind::Literal(_) => true,
        ExprKind::Member { object, .. } => match tree.expr(*object).kind {
            ExprKind::Name(name) => tree.text(name).starts_with(|first: char| first.is_ascii_uppercase()),
            _ => false,
        },
        _ => false,
    }
}

/// A whole object that a function was handed.
fn is_handed(tree: &Tree, value: ExprId) -> bool {
    let ExprKind::Name(name) = tree.expr(value).kind else { return false };
    tree.functions().any(|(_, function)| {
        function.span.contains(tree.expr(value).span)
            && function
                .params
                .iter()
                .any(|param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(known) if known == name))
    })
}

/// `supabase.from("users").update`: rows of people.
fn of_users(tree: &Tree, callee: ExprId) -> bool {
    super::effects::texts(tree, callee).iter().any(|text| {
        matches!(*text, "users" | "profiles" | "user_profiles" | "accounts" | "members" | "user" | "profile")
    })
}

/// The folder of sources beside a bundler's settings.
fn bundle_root(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let bundler = name.starts_with("vite.config.");
    bundler.then(|| if folder.is_empty() { "src/".to_owned() } else { format!("{folder}/src/") })
}

/// A script that is served as it is.
fn served(path: &str) -> bool {
    [".js", ".mjs"].iter().any(|end| path.ends_with(end))
        && path.split('/').any(|part| matches!(part, "static" | "public" | "assets"))
}

/// Whether a file lies among the sources that a bundler packs for the browser.
fn bundled(path: &str, roots: &[String]) -> bool {
    let server = path.split('/').any(|part| matches!(part, "server" | "api" | "functions" | "scripts"));
    !server && roots.iter().any(|root| path.starts_with(root.as_str()))
}

/// The fields of a map: written in place, in a list, made by `map`, or assigned to a name in the same file.
fn fields(tree: &Tree, expr: ExprId, depth: u8) -> Vec<(Symbol, ExprId)> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    match &tree.expr(expr).kind {
        ExprKind::Map { entries } => entries
            .iter()
            .filter_map(|entry| match entry.key {
                Some(Key::Static(key, _)) => Some((key, entry.value)),
                _ => None,
            })
            .collect(),
        ExprKind::Sequence { items, .. } => items.iter().flat_map(|item| fields(tree, item.value, depth)).collect(),
        ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == "map" => {
            let Some(ExprKind::Function(function)) = args.first().map(|arg| &tree.expr(arg.value).kind) else {
                return Vec::new();
            };
            let body = tree.function(*function).body.iter();
            body.filter_map(|stmt| match tree.stmt(*stmt).kind {
                StmtKind::Return(Some(value)) => Some(value),
                _ => None,
            })
            .flat_map(|value| fields(tree, value, depth))
            .collect()
        }
        ExprKind::Name(name) => assigned(tree, *name).map_or_else(Vec::new, |value| fields(tree, value, depth)),
        _ => Vec::new(),
    }
}

/// The only value that a name of a file is given.
fn assigned(tree: &Tree, name: Symbol) -> Option<ExprId> {
    let mut found: FxHashMap<u32, ExprId> = FxHashMap::default();
    for (_, stmt) in tree.stmts() {
        if let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind
            && targets
                .iter()
                .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == name))
        {
            found.insert(stmt.span.start, *value);
        }
    }
    if found.len() == 1 { found.into_values().next() } else { None }
}

/// A file of the page: a component, or what imports a library of components, and nothing that says server.
fn is_page(path: &str, imported: &[String], tree: &Tree) -> bool {
    let parts = |name: &str| path.split('/').any(|part| part == name);
    if ["api", "server", "functions", "scripts", "actions", "backend"].iter().any(|name| parts(name)) {
        return false;
    }
    if tree.symbol("use server").is_some_and(|directive| tree.directives.contains(&directive)) {
        return false;
    }
    let component = [".tsx", ".jsx", ".vue", ".svelte"].iter().any(|end| path.ends_with(end));
    let library = |module: &String| {
        matches!(module.as_str(), "react" | "vue" | "svelte" | "react-native" | "@tanstack/react-query")
    };
    let shown = component || imported.iter().any(library);
    // Components of Next run on the server unless they say otherwise.
    let next = parts("app") && imported.iter().any(|module| module.starts_with("next/"));
    let client = tree.symbol("use client").is_some_and(|directive| tree.directives.contains(&directive));
    shown && (client || !next)
}
