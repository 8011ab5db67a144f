//! Routes that are told by the names of files and by directives: Next.js route handlers (`app/**/route.ts`), API pages
//! (`pages/api/**`) and server actions (`use server`), and the `middleware.ts` in front of them. Pages that only render
//! are left out.

use super::app::App;
use super::checks::WRAPPED;
use super::evidence::Evidence;
use super::found::{Found, safe_methods, session};
use super::imports::Led;
use super::scope::{Covers, Scope};
use super::{Endpoint, Guard, GuardKind, SessionKind};
use crate::flow::facts::{FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, PatternKind, StmtKind, Tree};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Next.js routes of all files.
pub(super) fn next(evidence: &Evidence<'_>, app: &App, endpoints: &mut Vec<Endpoint>) {
    let fronts: Vec<Front> = files(evidence).filter_map(|file| front(evidence, file)).collect();
    let made = endpoints.len();
    for file in files(evidence) {
        let info = evidence.project.file(file);
        actions(evidence, app, file, endpoints);
        super::remote::credentials(evidence, app, file, endpoints);
        let Some(route) = route_of(info.source.path()).filter(|_| info.family == Family::JavaScript) else { continue };
        reexported(evidence, app, file, &route, endpoints);
        for (name, function, wrappers) in evidence.exports_of(file).iter().cloned() {
            let method = match (&route, METHODS.contains(&name.as_str())) {
                (Kind::App(_), true) => name.clone(),
                (Kind::Api(_), _) if name == "default" => "ANY".to_owned(),
                _ => continue,
            };
            if matches!(route, Kind::App(_)) && only_refuses(evidence, file, function) {
                continue;
            }
            let (Kind::App(path) | Kind::Api(path)) = &route;
            let mut made = endpoint(evidence, app, file, path, method, function, &wrappers);
            if matches!(route, Kind::Api(_)) {
                let body = info.source.slice(info.tree.function(function).span);
                made.methods = answered(body).map_or(made.methods, |methods| methods);
            }
            endpoints.push(made);
        }
    }
    for endpoint in endpoints.iter_mut().skip(made) {
        let mut found = Found::take(endpoint);
        for front in fronts.iter().filter(|front| front.covers(&endpoint.path)) {
            found.middleware.insert(0, "middleware".to_owned());
            for (scope, guards) in &front.checks {
                match scope.covers(&endpoint.path, "") {
                    Covers::Yes => found.guards.extend(guards.iter().cloned()),
                    Covers::No => found.unknown.push("the middleware leaves this path out".to_owned()),
                    Covers::Unknown => {
                        found.guards.extend(guards.iter().cloned());
                        found.unknown.push("the middleware decides by the path".to_owned());
                    }
                }
            }
        }
        found.middleware.dedup();
        found.finish();
        safe_methods(&mut found.guards, &endpoint.methods);
        found.put(endpoint);
    }
}

/// Methods whose functions are made elsewhere: `export { handler as GET }`, `export const { GET, POST } = handlers`.
fn reexported(evidence: &Evidence<'_>, app: &App, file: FileId, route: &Kind, endpoints: &mut Vec<Endpoint>) {
    let info = evidence.project.file(file);
    let Kind::App(path) = route else { return };
    let known = evidence.exports_of(file);
    let mut push = |name: &str, span| {
        if !METHODS.contains(&name) || known.iter().any(|(known, ..)| known == name) {
            return;
        }
        let location = evidence.locate(file, span);
        if let Led::Function(function, wrappers) = evidence.exported_as(file, name) {
            let mut made = endpoint(evidence, app, function.file, path, name.to_owned(), function.function, &wrappers);
            made.handler_location = Some(std::mem::replace(&mut made.location, location));
            made.context = info.context;
            endpoints.push(made);
            return;
        }
        let auth = info.imported.iter().any(|module| module.contains("auth"));
        let csrf = Guard { kind: GuardKind::Csrf, name: "next-auth".to_owned(), location: location.clone() };
        let writes = auth && !matches!(name, "GET" | "HEAD" | "OPTIONS");
        endpoints.push(Endpoint {
            framework: "next".to_owned(),
            methods: vec![name.to_owned()],
            path: path.clone(),
            handler: name.to_owned(),
            location,
            handler_location: None,
            context: info.context,
            middleware: Vec::new(),
            guards: if writes { vec![csrf] } else { Vec::new() },
            session: SessionKind::Unknown,
            effects: Vec::new(),
            notes_owner: false,
            any_password: false,
            trusts: Vec::new(),
            functions: Vec::new(),
            unknown: vec!["the handler is made elsewhere".to_owned()],
        });
    };
    for stmt in &info.tree.root {
        let node = info.tree.stmt(*stmt);
        if let StmtKind::Export(export) = &node.kind {
            for name in &export.names {
                push(info.tree.text(name.exported), node.span);
            }
        }
    }
}

/// `export async function DELETE() { return new Response(null, { status: 405 }); }`: the method is not there.
fn only_refuses(evidence: &Evidence<'_>, file: FileId, function: FunctionId) -> bool {
    let info = evidence.project.file(file);
    let node = info.tree.function(function);
    let [only] = node.body.as_ref() else { return false };
    let StmtKind::Return(Some(_)) = info.tree.stmt(*only).kind else { return false };
    let text = info.source.slice(info.tree.stmt(*only).span);
    let status = text.split("status").nth(1).map_or("", |rest| rest.trim_start_matches([':', ' ', '(']));
    text.len() < 200 && node.params.is_empty() && (status.starts_with("405") || status.starts_with("501"))
}

/// The methods that a handler compares `req.method` with, if it turns all others away.
pub(super) fn answered(body: &str) -> Option<Vec<String>> {
    let turns_away = ["405", "not allowed", "Not Allowed", ".method !="].iter().any(|sign| body.contains(sign));
    if !turns_away || !body.contains(".method") {
        return None;
    }
    let switched = body.contains("switch");
    let compared = |method: &&&str| {
        ['"', '\''].iter().any(|quote| {
            let text = format!("{quote}{method}{quote}");
            body.match_indices(&text).any(|(at, _)| {
                let before = body.get(..at).unwrap_or_default().trim_end();
                let operator = before.trim_end_matches('=').trim_end_matches('!').trim_end();
                (operator.len() < before.len() && operator.ends_with(".method"))
                    || (switched && before.ends_with("case"))
            })
        })
    };
    let found: Vec<String> = METHODS.iter().take(5).filter(compared).map(|method| (*method).to_owned()).collect();
    (!found.is_empty()).then_some(found)
}

fn files<'a>(evidence: &'a Evidence<'_>) -> impl Iterator<Item = FileId> + 'a {
    (0..evidence.project.files.len()).filter_map(|at| u32::try_from(at).ok().map(FileId))
}

/// Server actions: exported functions of a `use server` file, and functions that begin with the directive.
fn actions(evidence: &Evidence<'_>, app: &App, file: FileId, endpoints: &mut Vec<Endpoint>) {
    let info = evidence.project.file(file);
    let Some(directive) = info.tree.symbol("use server").filter(|_| info.family == Family::JavaScript) else { return };
    let mut found: Vec<(FunctionId, String, Vec<ExprId>)> = Vec::new();
    if info.tree.directives.contains(&directive) {
        let all = evidence.exports_of(file);
        found.extend(all.iter().cloned().map(|(name, function, wrappers)| (function, name, wrappers)));
    }
    let own = info.tree.functions().filter(|(_, function)| function.directives.contains(&directive));
    found.extend(own.map(|(id, _)| (id, String::new(), Vec::new())));
    found.sort_by_key(|(function, name, _)| (*function, name.is_empty()));
    found.dedup_by_key(|(function, ..)| *function);
    for (function, exported, wrappers) in found {
        // `export const cancel = client.action(async () => …)`: the function has no name of its own.
        let otherwise = if exported.is_empty() || exported == "default" { "action" } else { exported.as_str() };
        let name = evidence.name_of(FuncRef { file, function }, otherwise);
        let path = format!("action:{name}");
        let mut made = endpoint(evidence, app, file, &path, "POST".to_owned(), function, &wrappers);
        if made.handler == "POST" {
            made.handler = name;
        }
        // Next compares the origin with the host, and reads 1 MB, unless it is told otherwise.
        for kind in [GuardKind::Csrf, GuardKind::BodyLimit] {
            made.guards.push(Guard { kind, name: "next.serverActions".to_owned(), location: made.location.clone() });
        }
        endpoints.push(made);
    }
}

/// `middleware.ts`: what it checks and where.
struct Front {
    checks: Vec<(Scope, Vec<Guard>)>,
    matchers: Vec<String>,
}

impl Front {
    /// Whether it runs before a route. Patterns are read as far as their constant beginning, and as lists of exceptions.
    fn covers(&self, path: &str) -> bool {
        if path.starts_with("action:") {
            return false;
        }
        self.matchers.is_empty() || self.matchers.iter().any(|matcher| covered(matcher, path))
    }
}

fn covered(matcher: &str, path: &str) -> bool {
    if let Some((_, rest)) = matcher.split_once("(?!") {
        let exceptions = rest.split(')').next().unwrap_or_default();
        let bare = path.trim_start_matches('/');
        return !exceptions
            .split('|')
            .any(|exception| !exception.is_empty() && bare.starts_with(exception.trim_start_matches('/')));
    }
    let end = matcher.find([':', '(', '*']).unwrap_or(matcher.len());
    let prefix = matcher[..end].trim_end_matches('/');
    if end == matcher.len() {
        return path.trim_end_matches('/') == prefix;
    }
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn front(evidence: &Evidence<'_>, file: FileId) -> Option<Front> {
    let info = evidence.project.file(file);
    let path = info.source.path();
    let name = path.rsplit('/').next()?;
    if !matches!(name, "middleware.ts" | "middleware.js" | "proxy.ts" | "proxy.js") || path.matches('/').count() > 3 {
        return None;
    }
    let tree = &info.tree;
    // Only Next's own convention: the file exports `middleware`, `proxy` or a default, and imports from Next or its kin.
    let imports = |module: &String| {
        module.starts_with("next") || module.starts_with("@clerk/nextjs") || module.starts_with("@supabase")
    };
    if !info.imported.iter().any(imports) {
        return None;
    }
    let mut checks = Vec::new();
    let found = evidence.exports_of(file);
    let is_front = |name: &str| matches!(name, "middleware" | "proxy" | "default");
    if !found.iter().any(|(name, ..)| is_front(name)) && !reexports_front(tree) {
        return None;
    }
    for (exported, function, wrappers) in found.iter().cloned() {
        if !is_front(&exported) {
            continue;
        }
        let function = FuncRef { file, function };
        let mut guards = evidence.of_body(function);
        for wrapper in wrappers {
            guards.extend(evidence.of_value(file, &evidence.by_name(file, wrapper)));
        }
        for guard in guards {
            let line = Some(guard.location.line).filter(|_| guard.location.path == path);
            checks.push((Scope::around(evidence, function, line), vec![guard]));
        }
    }
    Some(Front { checks, matchers: matchers(tree) })
}

/// `export { auth as middleware } from "./auth"`, `export default clerkMiddleware()`
fn reexports_front(tree: &Tree) -> bool {
    tree.root.iter().any(|stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Export(export) => {
            export.default.is_some()
                || export
                    .names
                    .iter()
                    .any(|name| matches!(tree.text(name.exported), "middleware" | "proxy" | "default"))
        }
        _ => false,
    })
}

/// The texts under `matcher` of `export const config = { matcher: […] }`.
fn matchers(tree: &Tree) -> Vec<String> {
    let Some(name) = tree.symbol("matcher") else { return Vec::new() };
    let mut found = Vec::new();
    for (_, expr) in tree.exprs() {
        let ExprKind::Map { entries } = &expr.kind else { continue };
        for entry in entries {
            if !matches!(entry.key, Some(Key::Static(key, _)) if key == name) {
                continue;
            }
            match &tree.expr(entry.value).kind {
                ExprKind::Sequence { items, .. } => {
                    found.extend(items.iter().filter_map(|item| tree.string_of(item.value).map(str::to_owned)));
                }
                _ => found.extend(tree.string_of(entry.value).map(str::to_owned)),
            }
        }
    }
    found
}

pub(super) fn endpoint(
    evidence: &Evidence<'_>,
    app: &App,
    file: FileId,
    path: &str,
    method: String,
    function: FunctionId,
    wrappers: &[ExprId],
) -> Endpoint {
    let function = FuncRef { file, function };
    let tree = evidence.tree(file);
    let name = evidence.name_of(function, &method);
    let mut guards: Vec<Guard> = evidence.of_body(function);
    let mut middleware = Vec::new();
    for wrapper in wrappers {
        let value = evidence.by_name(file, *wrapper);
        guards.extend(evidence.of_value(file, &value));
        middleware.push(value.name);
    }
    let node = tree.function(function.function);
    let span = if node.name_span.start == node.name_span.end { node.span } else { node.name_span };
    let session: SessionKind = session(evidence, app, Family::JavaScript, &[function], &guards);
    Endpoint {
        framework: "next".to_owned(),
        methods: vec![method],
        path: path.to_owned(),
        handler: name,
        location: evidence.locate(file, span),
        handler_location: None,
        context: evidence.project.file(file).context,
        middleware,
        guards,
        session,
        effects: Vec::new(),
        notes_owner: false,
        any_password: false,
        trusts: Vec::new(),
        functions: vec![function],
        unknown: Vec::new(),
    }
}

enum Kind {
    App(String),
    Api(String),
}

/// The route that a file's path stands for.
fn route_of(path: &str) -> Option<Kind> {
    let (stem, extension) = path.rsplit_once('.')?;
    if !matches!(extension, "ts" | "js" | "tsx" | "jsx" | "mjs") {
        return None;
    }
    let after = |folder: &str| {
        let at = if stem.starts_with(&folder[1..]) { Some(0) } else { stem.find(folder).map(|at| at + 1) };
        at.and_then(|at| stem.get(at + folder.len() - 1..))
    };
    if let Some(route) = after("/app/").and_then(|rest| format!("/{rest}").strip_suffix("/route").map(str::to_owned)) {
        return Some(Kind::App(shown(&route)));
    }
    let page = after("/pages/api/")?;
    Some(Kind::Api(shown(&format!("/api/{}", page.strip_suffix("index").unwrap_or(page)))))
}

/// Groups `(name)` and slots `@name` are no part of the address.
fn shown(route: &str) -> String {
    let parts: Vec<&str> = route
        .split('/')
        .filter(|part| {
            let group = part.starts_with('(') && part.ends_with(')');
            !(group || part.is_empty() || part.starts_with('@'))
        })
        .collect();
    format!("/{}", parts.join("/"))
}

/// A function with the calls that wrap it, outermost first.
pub(super) type Wrapped = (FunctionId, Vec<ExprId>);

/// The functions that a module gives names at its top, by themselves or inside wrappers.
pub(super) fn functions(tree: &Tree) -> Vec<(String, Wrapped)> {
    let mut functions: Vec<(String, Wrapped)> = Vec::new();
    for stmt in &tree.root {
        match &tree.stmt(*stmt).kind {
            StmtKind::Function(function) => {
                let name = tree.function(*function).name.map(|name| tree.text(name).to_owned());
                functions.extend(name.map(|name| (name, (*function, Vec::new()))));
            }
            StmtKind::Assign { targets, value: Some(value), .. } => {
                if let [target] = &**targets
                    && let PatternKind::Name(name) = tree.pattern(*target).kind
                    && let Some(wrapped) = function_in(tree, *value, &functions, 8)
                {
                    functions.push((tree.text(name).to_owned(), wrapped));
                }
            }
            _ => {}
        }
    }
    functions
}

/// Exported functions of a module by exported name.
pub(super) fn exported(tree: &Tree, functions: &[(String, Wrapped)]) -> Vec<(String, FunctionId, Vec<ExprId>)> {
    let mut found = Vec::new();
    for stmt in &tree.root {
        let StmtKind::Export(export) = &tree.stmt(*stmt).kind else { continue };
        for name in &export.names {
            let local = tree.text(name.local);
            if let Some((_, (function, wrappers))) = functions.iter().find(|(known, _)| known == local) {
                found.push((tree.text(name.exported).to_owned(), *function, wrappers.clone()));
            }
        }
        let default = export.default.and_then(|default| function_in(tree, default, functions, 8));
        found.extend(default.map(|(function, wrappers)| ("default".to_owned(), function, wrappers)));
    }
    found.extend(super::commonjs::exported(tree, functions));
    found
}

/// A function, by itself, by name, or inside wrappers: `withAuth(async (req) => …)`, `withAuth(handler)`.
pub(super) fn function_in(tree: &Tree, expr: ExprId, functions: &[(String, Wrapped)], depth: u8) -> Option<Wrapped> {
    match &tree.expr(expr).kind {
        ExprKind::Function(function) => Some((*function, Vec::new())),
        ExprKind::Name(name) => {
            functions.iter().find(|(known, _)| known == tree.text(*name)).map(|(_, wrapped)| wrapped.clone())
        }
        ExprKind::Call { args, .. } if depth > 0 => {
            let given = args.iter().find_map(|arg| function_in(tree, arg.value, functions, depth - 1));
            let (function, mut wrappers) =
                given.or_else(|| args.iter().find_map(|arg| option_in(tree, arg.value, functions, depth - 1)))?;
            wrappers.insert(0, expr);
            Some((function, wrappers))
        }
        _ => None,
    }
}

/// The function that a wrapper is given among its options: `withApi({ handler: async () => … })`.
fn option_in(tree: &Tree, expr: ExprId, functions: &[(String, Wrapped)], depth: u8) -> Option<Wrapped> {
    let ExprKind::Map { entries } = &tree.expr(expr).kind else { return None };
    entries.iter().find_map(|entry| match entry.key {
        Some(Key::Static(key, _)) if WRAPPED.contains(&tree.text(key)) => {
            function_in(tree, entry.value, functions, depth)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_tell_what_runs_behind_the_middleware() {
        assert!(covered("/dashboard/:path*", "/dashboard/x") && covered("/api/(.*)", "/api/users"));
        assert!(!covered("/dashboard/:path*", "/api/users") && !covered("/admin", "/admin/x"));
        assert!(!covered("/((?!api|_next/static|favicon.ico).*)", "/api/users"));
        assert!(covered("/((?!_next/static|favicon.ico).*)", "/api/users"));
    }

    #[test]
    fn a_handler_answers_the_methods_that_it_compares_with() {
        let of = |body: &str| answered(body).map(|methods| methods.join(","));
        let get = "if (req.method === \"GET\") { return list(); } res.status(405).end();";
        assert_eq!(of(get).as_deref(), Some("GET"));
        assert_eq!(of("if (req.method !== 'POST') { return; } save();").as_deref(), Some("POST"));
        let cases = "switch (req.method) { case 'GET': break; case 'DELETE': break; default: res.status(405).end(); }";
        assert_eq!(of(cases).as_deref(), Some("GET,DELETE"));
        assert_eq!(of("if (req.method === 'GET') { return list(); } save();"), None);
        assert_eq!(of("save('GET', 405);"), None);
    }

    #[test]
    fn files_stand_for_routes() {
        let of = |path: &str| match route_of(path) {
            Some(Kind::App(route)) => format!("app {route}"),
            Some(Kind::Api(route)) => format!("api {route}"),
            None => String::new(),
        };
        assert_eq!(of("src/app/api/users/[id]/route.ts"), "app /api/users/[id]");
        assert_eq!(of("app/(shop)/api/cart/route.js"), "app /api/cart");
        assert_eq!(of("web/src/app/route.ts"), "app /");
        assert_eq!(of("pages/api/hello.ts"), "api /api/hello");
        assert_eq!(of("src/pages/api/users/index.ts"), "api /api/users");
        assert_eq!(of("src/app/page.tsx"), "");
        assert_eq!(of("src/app/api/route.css"), "");
    }
}
