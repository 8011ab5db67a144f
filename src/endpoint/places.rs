//! Routes that are told by the places of files: `SvelteKit`, Nuxt, Remix and React Router, `HonoX`, Astro, functions of clouds.

use super::Endpoint;
use super::app::App;
use super::conventions::{Wrapped, endpoint, function_in};
use super::evidence::{Evidence, written};
use super::hooks::Hooks;
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, PatternKind, StmtKind, Tree};

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ALL"];

/// The path of a function that answers all requests to its file: `supabase/functions/hello/index.ts`.
pub(super) fn of_file(path: &str) -> String {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let stem = stem.strip_suffix("/index").unwrap_or(stem);
    match stem.rfind("functions/") {
        // What Supabase serves them at.
        Some(at) if stem[..at].ends_with("supabase/") => format!("/functions/v1/{}", &stem[at + "functions/".len()..]),
        Some(at) if at == 0 || stem[..at].ends_with('/') => format!("/{}", &stem[at..]),
        _ => "/*".to_owned(),
    }
}

/// What a file's place makes of what it exports.
struct Place {
    framework: &'static str,
    path: String,
    kind: Exports,
}

enum Exports {
    /// Functions named after methods.
    Methods,
    /// `load` gives a page its data; each entry of `actions` changes something.
    Actions,
    /// The default export answers these methods.
    Default(Vec<String>),
    /// `loader` reads, `action` writes.
    LoaderAction,
    /// `onRequestPost` and its like.
    OnRequest,
    /// A function of this name.
    Named(&'static [&'static str]),
    /// Whatever takes an event and answers with a status, by any name: deployment files say which of them are called.
    Events,
}

/// Routes of all files whose place tells them.
pub(super) fn routes(evidence: &Evidence<'_>, app: &App, endpoints: &mut Vec<Endpoint>) {
    let hooks = Hooks::new(evidence);
    for at in 0..evidence.project.files.len() {
        let Ok(at) = u32::try_from(at) else { break };
        let file = FileId(at);
        let info = evidence.project.file(file);
        if info.family != Family::JavaScript {
            python_function(evidence, app, file, endpoints);
            continue;
        }
        let path = info.source.path();
        for place in places(path, &info.imported) {
            for (methods, tail, (function, wrappers)) in handlers(evidence, file, &place.kind) {
                if place.framework == "nuxt" && !wraps_handler(&info.tree, &wrappers) {
                    continue;
                }
                let route = if tail.is_empty() { place.path.clone() } else { format!("{}{tail}", place.path) };
                let mut made = endpoint(evidence, app, file, &route, "ANY".to_owned(), function, &wrappers);
                place.framework.clone_into(&mut made.framework);
                made.methods = methods;
                hooks.stand_before(evidence, &mut made);
                endpoints.push(made);
            }
        }
        worker(evidence, app, file, endpoints);
    }
}

/// Nitro's files export what `defineEventHandler` or a wrapper of the project makes; other servers keep files there, too.
fn wraps_handler(tree: &Tree, wrappers: &[ExprId]) -> bool {
    wrappers.iter().any(|wrapper| match tree.expr(*wrapper).kind {
        ExprKind::Call { callee, .. } => written(tree, callee).to_ascii_lowercase().contains("handler"),
        _ => false,
    })
}

/// `export default { fetch(request, env) {} }` of a Worker.
fn worker(evidence: &Evidence<'_>, app: &App, file: FileId, endpoints: &mut Vec<Endpoint>) {
    let tree = evidence.tree(file);
    let Some(fetch) = tree.symbol("fetch") else { return };
    for stmt in &tree.root {
        let StmtKind::Export(export) = &tree.stmt(*stmt).kind else { continue };
        let Some(ExprKind::Map { entries }) = export.default.map(|expr| &tree.expr(expr).kind) else { continue };
        for entry in entries {
            if !matches!(entry.key, Some(Key::Static(key, _)) if key == fetch) {
                continue;
            }
            if let Some((function, wrappers)) = function_in(tree, entry.value, &[], 4) {
                let mut made = endpoint(evidence, app, file, "/*", "ANY".to_owned(), function, &wrappers);
                "worker".clone_into(&mut made.framework);
                endpoints.push(made);
            }
        }
    }
}

/// `def lambda_handler(event, context)`
fn python_function(evidence: &Evidence<'_>, app: &App, file: FileId, endpoints: &mut Vec<Endpoint>) {
    let tree = evidence.tree(file);
    for stmt in &tree.root {
        let StmtKind::Function(function) = tree.stmt(*stmt).kind else { continue };
        if lambda(tree, function) {
            let path = of_file(evidence.project.file(file).source.path());
            let mut made = endpoint(evidence, app, file, &path, "ANY".to_owned(), function, &[]);
            "lambda".clone_into(&mut made.framework);
            endpoints.push(made);
        }
    }
}

fn lambda(tree: &Tree, function: FunctionId) -> bool {
    let node = tree.function(function);
    let named = node.name.is_some_and(|name| matches!(tree.text(name), "lambda_handler" | "handler"));
    let param = |at: usize, wanted: &[&str]| {
        node.params.get(at).is_some_and(|param| match tree.pattern(param.pattern).kind {
            PatternKind::Name(name) => wanted.contains(&tree.text(name)),
            _ => false,
        })
    };
    named && node.params.len() == 2 && param(0, &["event", "_event"]) && param(1, &["context", "_context", "ctx"])
}

fn places(path: &str, imported: &[String]) -> Vec<Place> {
    let Some((stem, extension)) = path.rsplit_once('.') else { return Vec::new() };
    if !matches!(extension, "ts" | "js" | "tsx" | "jsx" | "mjs" | "mts") {
        return Vec::new();
    }
    let imports = |names: &[&str]| imported.iter().any(|module| names.iter().any(|name| module.starts_with(name)));
    let after = |folder: &str| -> Option<&str> {
        let at = if stem.starts_with(&folder[1..]) { Some(0) } else { stem.find(folder).map(|at| at + 1) }?;
        stem.get(at + folder.len() - 1..)
    };
    let mut found = Vec::new();
    let mut push = |framework, path, kind| found.push(Place { framework, path, kind });
    if let Some(route) = after("/routes/").or(Some(stem).filter(|_| stem.contains('+'))) {
        let name = route.rsplit('/').next().unwrap_or(route);
        let folder = route.strip_suffix(name).unwrap_or_default();
        match name {
            "+server" => push("sveltekit", grouped(folder), Exports::Methods),
            "+page.server" => push("sveltekit", grouped(folder), Exports::Actions),
            _ if imports(&["honox"]) => {}
            _ if imports(&["@solidjs/start", "solid-start"]) => {
                push("solidstart", grouped(route.strip_suffix("index").unwrap_or(route)), Exports::Methods);
            }
            _ if after("/app/routes/").is_some() || imports(&["@remix-run", "react-router"]) => {
                push("remix", flat(route), Exports::LoaderAction);
            }
            _ => {}
        }
    }
    // HonoX: `createRoute(…)` as the default for `GET`, others by their names.
    if let Some(route) = after("/routes/").filter(|_| imports(&["honox"]))
        && !route.rsplit('/').next().is_some_and(|name| name.starts_with('_'))
    {
        let route = grouped(route.strip_suffix("index").unwrap_or(route));
        push("honox", route.clone(), Exports::Default(vec!["GET".to_owned()]));
        push("honox", route, Exports::Methods);
    }
    for (folder, prefix) in [("/server/api/", "/api/"), ("/server/routes/", "/")] {
        if let Some(route) = after(folder).filter(|_| !imports(&["express", "fastify", "koa", "hono"])) {
            let (route, methods) = nitro(route);
            push("nuxt", grouped(&format!("{prefix}{route}")), Exports::Default(methods));
        }
    }
    if let Some(route) = after("/src/pages/").filter(|_| imports(&["astro"])) {
        push("astro", grouped(route.strip_suffix("index").unwrap_or(route)), Exports::Methods);
    }
    if let Some(route) = after("/netlify/functions/").or_else(|| after("/netlify/edge-functions/")) {
        let path = format!("/.netlify/functions/{}", route.strip_suffix("/index").unwrap_or(route));
        push("netlify", path.clone(), Exports::Default(vec!["ANY".to_owned()]));
        push("netlify", path, Exports::Named(&["handler"]));
    } else if let Some(route) = after("/functions/").filter(|_| !path.contains("supabase/")) {
        push("pages-functions", grouped(route.strip_suffix("index").unwrap_or(route)), Exports::OnRequest);
        push("lambda", of_file(path), Exports::Named(&["handler"]));
    } else {
        push("lambda", of_file(path), Exports::Named(&["handler", "lambdaHandler"]));
        push("lambda", of_file(path), Exports::Events);
    }
    // Vercel's functions of projects without a framework: `api/hello.ts`.
    if let Some(route) = path.strip_prefix("api/").and_then(|_| stem.strip_prefix("api/"))
        && !imports(&["express", "fastify", "koa", "hono"])
        && (!imports(&["next"]) || !path.contains("pages/"))
    {
        let route = format!("/api/{}", route.strip_suffix("/index").unwrap_or(route));
        push("vercel", route.clone(), Exports::Default(vec!["ANY".to_owned()]));
        push("vercel", route, Exports::Methods);
    }
    found
}

type Answered = (Vec<String>, String, Wrapped);

fn handlers(evidence: &Evidence<'_>, file: FileId, kind: &Exports) -> Vec<Answered> {
    let (tree, all) = (evidence.tree(file), evidence.exports_of(file));
    let mut found: Vec<Answered> = Vec::new();
    if matches!(kind, Exports::Actions) {
        let mut found = actions(tree);
        let loads = all.iter().filter(|(name, ..)| name == "load").cloned();
        found
            .extend(loads.map(|(_, function, wrappers)| (vec!["GET".to_owned()], String::new(), (function, wrappers))));
        return found;
    }
    if matches!(kind, Exports::Events) {
        let events = all.iter().filter(|(name, function, _)| answers_event(tree, name, *function)).cloned();
        found.extend(
            events.map(|(name, function, wrappers)| (vec!["ANY".to_owned()], format!(".{name}"), (function, wrappers))),
        );
        return found;
    }
    for (name, function, wrappers) in all.iter().cloned() {
        let methods = match kind {
            Exports::Methods if METHODS.contains(&name.as_str()) => vec![name.replace("ALL", "ANY")],
            Exports::Methods if name == "fallback" => vec!["ANY".to_owned()],
            Exports::Default(methods) if name == "default" => methods.clone(),
            Exports::LoaderAction if name == "loader" => vec!["GET".to_owned()],
            Exports::LoaderAction if name == "action" => vec!["POST".to_owned()],
            Exports::OnRequest => match name.strip_prefix("onRequest") {
                Some("") => vec!["ANY".to_owned()],
                Some(method) => vec![method.to_ascii_uppercase()],
                None => continue,
            },
            Exports::Named(names) if names.contains(&name.as_str()) => {
                // A handler of events takes two parameters; a function of one is anything.
                let first = tree.function(function).params.first().map(|param| param.pattern);
                let event = first.is_some_and(|pattern| match tree.pattern(pattern).kind {
                    PatternKind::Name(name) => matches!(tree.text(name), "event" | "_event" | "evt"),
                    _ => false,
                });
                if !event {
                    continue;
                }
                vec!["ANY".to_owned()]
            }
            _ => continue,
        };
        found.push((methods, String::new(), (function, wrappers)));
    }
    found
}

/// `exports.create = async (event) => { …; return { statusCode: 200, body } }`
fn answers_event(tree: &Tree, name: &str, function: FunctionId) -> bool {
    let first = tree.function(function).params.first().map(|param| param.pattern);
    let event = first.is_some_and(|pattern| match tree.pattern(pattern).kind {
        PatternKind::Name(name) => matches!(tree.text(name), "event" | "_event" | "evt"),
        _ => false,
    });
    let other = event && !matches!(name, "handler" | "lambdaHandler" | "default");
    let (Some(status), Some(body)) = (tree.symbol("statusCode").filter(|_| other), tree.symbol("body")) else {
        return false;
    };
    Walk::own(tree, &tree.function(function).body, 4000).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Map { entries } => {
                let has = |wanted| {
                    entries.iter().any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if key == wanted))
                };
                has(status) && has(body)
            }
            _ => false,
        },
        _ => false,
    })
}

/// `export const actions = { default: async (event) => …, create: … }`
fn actions(tree: &Tree) -> Vec<Answered> {
    let mut found = Vec::new();
    for (_, stmt) in tree.stmts() {
        let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind else { continue };
        let named = targets.iter().any(|target| match tree.pattern(*target).kind {
            PatternKind::Name(name) => tree.text(name) == "actions",
            _ => false,
        });
        let ExprKind::Map { entries } = &tree.expr(*value).kind else { continue };
        for entry in entries.iter().filter(|_| named) {
            let Some(Key::Static(key, _)) = entry.key else { continue };
            let tail = match tree.text(key) {
                "default" => String::new(),
                name => format!("?/{name}"),
            };
            if let Some(wrapped) = function_in(tree, entry.value, &[], 4) {
                found.push((vec!["POST".to_owned()], tail, wrapped));
            }
        }
    }
    found
}

/// A path of folders, groups `(name)` left out.
fn grouped(route: &str) -> String {
    let parts: Vec<&str> =
        route.split('/').filter(|part| !part.is_empty() && (!part.starts_with('(') || !part.ends_with(')'))).collect();
    format!("/{}", parts.join("/"))
}

/// Remix: `api.users.$id` is `/api/users/:id`; `_index`, `_layout` are no parts.
fn flat(route: &str) -> String {
    let route = route.strip_suffix("/route").unwrap_or(route);
    let parts: Vec<String> = route
        .split(['/', '.'])
        .filter(|part| !part.is_empty() && !part.starts_with('_') && *part != "index")
        .map(|part| match part.strip_prefix('$') {
            Some("") => "*".to_owned(),
            Some(name) => format!(":{name}"),
            None => part.trim_end_matches('_').to_owned(),
        })
        .collect();
    format!("/{}", parts.join("/"))
}

/// Nitro: `users/[id].get` and `users/index.post`.
fn nitro(route: &str) -> (String, Vec<String>) {
    let (bare, method) = match route.rsplit_once('.') {
        Some((bare, method)) if METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)) => {
            (bare, method.to_ascii_uppercase())
        }
        _ => (route, "ANY".to_owned()),
    };
    let bare = bare.strip_suffix("/index").or(Some(bare).filter(|bare| *bare != "index")).unwrap_or_default();
    (bare.to_owned(), vec![method])
}

/// Python's own server: `class Handler(BaseHTTPRequestHandler)` with `do_GET` and `do_POST`, and the paths they ask for.
pub(super) fn python_servers(evidence: &Evidence<'_>, app: &App, endpoints: &mut Vec<Endpoint>) {
    for (file, info) in (0u32..).map(FileId).zip(&evidence.project.files) {
        let tree = &info.tree;
        if info.family != Family::Python || !info.imported.iter().any(|module| module.starts_with("http.server")) {
            continue;
        }
        for (_, class) in tree.classes() {
            if !class.bases.iter().any(|base| written(tree, *base).ends_with("HTTPRequestHandler")) {
                continue;
            }
            for stmt in &class.body {
                let StmtKind::Function(function) = tree.stmt(*stmt).kind else { continue };
                let name = tree.function(function).name.map_or("", |name| tree.text(name));
                let Some(method) = name.strip_prefix("do_") else { continue };
                for path in super::node::compared_paths(tree, function) {
                    let mut made = endpoint(evidence, app, file, &path, method.to_owned(), function, &[]);
                    "http.server".clone_into(&mut made.framework);
                    endpoints.push(made);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_tell_paths() {
        let of = |path: &str, imported: &[&str]| {
            let imported: Vec<String> = imported.iter().map(|name| (*name).to_owned()).collect();
            places(path, &imported).into_iter().next().map(|place| format!("{} {}", place.framework, place.path))
        };
        assert_eq!(of("src/routes/api/(app)/users/[id]/+server.ts", &[]).as_deref(), Some("sveltekit /api/users/[id]"));
        assert_eq!(of("app/routes/api.users.$id.tsx", &[]).as_deref(), Some("remix /api/users/:id"));
        assert_eq!(of("server/api/users/[id].get.ts", &[]).as_deref(), Some("nuxt /api/users/[id]"));
        assert_eq!(of("server/api/index.ts", &[]).as_deref(), Some("nuxt /api"));
        assert_eq!(of("app/routes/blog/[slug].tsx", &["honox/factory"]).as_deref(), Some("honox /blog/[slug]"));
        let renderer = of("app/routes/_renderer.tsx", &["honox/server"]);
        assert!(renderer.is_none_or(|told| !told.starts_with("honox")));
        assert_eq!(of("src/pages/api/x.ts", &["astro"]).as_deref(), Some("astro /api/x"));
        assert_eq!(of("netlify/functions/pay.js", &[]).as_deref(), Some("netlify /.netlify/functions/pay"));
        assert_eq!(of_file("supabase/functions/hello/index.ts"), "/functions/v1/hello");
        assert_eq!(of_file("server.ts"), "/*");
    }
}
