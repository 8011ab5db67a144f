//! Functions that pages call by their names: queries and mutations of Convex, server functions of `TanStack` Start, actions of
//! Astro, log-ins of Auth.js; and the routes that Convex and `TanStack` serve besides.

use super::app::App;
use super::conventions::{endpoint, function_in, functions};
use super::evidence::{Evidence, last, written};
use super::{Endpoint, Guard, GuardKind};
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::syntax::{Arg, Entry, ExprId, ExprKind, Key, Tree};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "ALL", "ANY"];

/// All of them.
pub(super) fn routes(evidence: &Evidence<'_>, app: &App, endpoints: &mut Vec<Endpoint>) {
    for (file, info) in (0u32..).map(FileId).zip(&evidence.project.files) {
        if info.family != Family::JavaScript {
            continue;
        }
        let maker = Maker { evidence, app, file, tree: &info.tree };
        let imports = |wanted: &str| info.imported.iter().any(|module| module.contains(wanted));
        if imports("_generated/server") || imports("convex/server") || imports("convex-helpers") {
            maker.convex(endpoints);
        }
        if imports("@tanstack/") {
            maker.server_functions(endpoints);
            maker.file_routes(endpoints);
        }
        if imports("astro:actions") {
            maker.astro_actions(endpoints);
        }
    }
}

/// `CredentialsProvider({ async authorize(credentials) { … } })` of Auth.js: the log-in by a password, which its own route leads
/// to. The library asks for a token against forged requests, and keeps no count of what is tried.
pub(super) fn credentials(evidence: &Evidence<'_>, app: &App, file: FileId, endpoints: &mut Vec<Endpoint>) {
    let info = evidence.project.file(file);
    let of_library = |module: &String| {
        module.ends_with("providers/credentials") && (module.starts_with("next-auth") || module.starts_with("@auth/"))
    };
    if info.family != Family::JavaScript || !info.imported.iter().any(of_library) {
        return;
    }
    let maker = Maker { evidence, app, file, tree: &info.tree };
    let known = functions(maker.tree);
    for (_, expr) in maker.tree.exprs() {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
        if !last(&written(maker.tree, *callee)).starts_with("Credentials") {
            continue;
        }
        let Some(authorize) = entry(maker.tree, maker.first_map(args), "authorize") else { continue };
        if let Some((function, wrappers)) = function_in(maker.tree, authorize, &known, 4) {
            let mut made = maker.made("next", "/api/auth/callback/credentials", "POST", function, &wrappers);
            "authorize".clone_into(&mut made.handler);
            made.guards.push(maker.guard(GuardKind::Csrf, "next-auth", authorize));
            endpoints.push(made);
        }
    }
}

struct Maker<'m, 'a> {
    evidence: &'m Evidence<'a>,
    app: &'m App,
    file: FileId,
    tree: &'m Tree,
}

fn entry(tree: &Tree, entries: &[Entry], wanted: &str) -> Option<ExprId> {
    entries.iter().find_map(|entry| match entry.key {
        Some(Key::Static(key, _)) if tree.text(key) == wanted => Some(entry.value),
        _ => None,
    })
}

impl<'m> Maker<'m, '_> {
    fn entries(&self, expr: ExprId) -> &'m [Entry] {
        match &self.tree.expr(expr).kind {
            ExprKind::Map { entries } => entries,
            _ => &[],
        }
    }

    fn first_map(&self, args: &[Arg]) -> &'m [Entry] {
        args.first().map_or(&[], |arg| self.entries(arg.value))
    }

    fn guard(&self, kind: GuardKind, name: &str, at: ExprId) -> Guard {
        Guard { kind, name: name.to_owned(), location: self.evidence.locate(self.file, self.tree.expr(at).span) }
    }

    /// `export const list = query({ args, handler })`, in a file of `convex/`; what is internal nobody calls from outside.
    fn convex(&self, endpoints: &mut Vec<Endpoint>) {
        let path = self.evidence.project.path(self.file);
        let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
        let Some((_, module)) = stem.rsplit_once("convex/") else { return };
        for (name, function, wrappers) in self.evidence.exports_of(self.file).iter() {
            let Some(wrapper) = wrappers.first() else { continue };
            let ExprKind::Call { callee, args, .. } = &self.tree.expr(*wrapper).kind else { continue };
            let kind = last(&written(self.tree, *callee)).to_ascii_lowercase();
            let method = match kind.as_str() {
                kind if kind.starts_with("internal") || kind == "httpaction" => continue,
                kind if kind.ends_with("query") => "QUERY",
                kind if kind.ends_with("mutation") || kind.ends_with("action") => "MUTATION",
                _ => continue,
            };
            let route = format!("{}.{name}", module.replace('/', "."));
            let mut made = self.made("convex", &route, method, *function, wrappers);
            let given = entry(self.tree, self.first_map(args), "args");
            if given.is_some_and(|args| !self.entries(args).is_empty()) {
                made.guards.push(self.guard(GuardKind::Validation, "args", *wrapper));
            }
            endpoints.push(made);
        }
        let known = functions(self.tree);
        for (_, expr) in self.tree.exprs() {
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            if last(&written(self.tree, *callee)) != "route" {
                continue;
            }
            let entries = self.first_map(args);
            let text = |wanted: &str| entry(self.tree, entries, wanted).and_then(|value| self.tree.string_of(value));
            let (Some(path), Some(method)) = (text("path").or_else(|| text("pathPrefix")), text("method")) else {
                continue;
            };
            let handler =
                entry(self.tree, entries, "handler").and_then(|value| function_in(self.tree, value, &known, 4));
            if let Some((function, wrappers)) = handler {
                endpoints.push(self.made("convex", path, method, function, &wrappers));
            }
        }
    }

    fn made(
        &self,
        framework: &str,
        path: &str,
        method: &str,
        function: crate::syntax::FunctionId,
        wrappers: &[ExprId],
    ) -> Endpoint {
        let mut made =
            endpoint(self.evidence, self.app, self.file, path, method.replace("ALL", "ANY"), function, wrappers);
        framework.clone_into(&mut made.framework);
        made
    }

    /// `createServerFn({ method: "POST" }).middleware([auth]).validator(schema).handler(async () => …)`.
    fn server_functions(&self, endpoints: &mut Vec<Endpoint>) {
        if self.tree.symbol("createServerFn").is_none() {
            return;
        }
        for (name, function, wrappers) in self.evidence.exports_of(self.file).iter() {
            let Some(whole) = wrappers.first() else { continue };
            let mut at = *whole;
            let mut guards = Vec::new();
            let mut method = None;
            while let ExprKind::Call { callee, args, .. } = &self.tree.expr(at).kind {
                match &self.tree.expr(*callee).kind {
                    ExprKind::Member { object, name, .. } => {
                        match self.tree.text(*name) {
                            "middleware" => guards.extend(args.iter().flat_map(|arg| self.listed(arg.value))),
                            step @ ("validator" | "inputValidator") => {
                                guards.push(self.guard(GuardKind::Validation, step, at));
                            }
                            _ => {}
                        }
                        at = *object;
                    }
                    ExprKind::Name(name) if self.tree.text(*name) == "createServerFn" => {
                        let told = entry(self.tree, self.first_map(args), "method");
                        method = Some(told.and_then(|told| self.tree.string_of(told)).unwrap_or("GET"));
                        break;
                    }
                    _ => break,
                }
            }
            let Some(method) = method else { continue };
            let mut made = self.made("tanstack", &format!("fn:{name}"), method, *function, &[]);
            made.guards.extend(guards);
            endpoints.push(made);
        }
    }

    /// What the middleware of a list checks: `createMiddleware().server(async ({ next }) => …)`.
    fn listed(&self, list: ExprId) -> Vec<Guard> {
        let items: Vec<ExprId> = match &self.tree.expr(list).kind {
            ExprKind::Sequence { items, .. } => items.iter().map(|item| item.value).collect(),
            _ => vec![list],
        };
        let asked = |item: ExprId| {
            let value = self.evidence.by_name(self.file, item);
            let found = self.evidence.of_value(self.file, &value);
            let name = last(&written(self.tree, item)).to_owned();
            let named = self.evidence.vocabulary.named(Family::JavaScript, &name).filter(|_| found.is_empty());
            found.into_iter().chain(named.map(|kind| self.guard(kind, &name, item))).collect::<Vec<_>>()
        };
        items.into_iter().flat_map(asked).collect()
    }

    /// `createFileRoute("/api/x")({ server: { handlers: { GET } } })`, `createServerFileRoute("/x").methods({ … })`,
    /// `createAPIFileRoute("/x")({ GET })`.
    fn file_routes(&self, endpoints: &mut Vec<Endpoint>) {
        let known = functions(self.tree);
        for (_, expr) in self.tree.exprs() {
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            let inner = match &self.tree.expr(*callee).kind {
                ExprKind::Member { object, name, .. } if self.tree.text(*name) == "methods" => *object,
                ExprKind::Call { .. } => *callee,
                _ => continue,
            };
            let ExprKind::Call { callee: maker, args: named, .. } = &self.tree.expr(inner).kind else { continue };
            let entries = self.first_map(args);
            let handlers = match written(self.tree, *maker).as_str() {
                "createFileRoute" => match entry(self.tree, entries, "server") {
                    Some(server) => {
                        entry(self.tree, self.entries(server), "handlers").map_or(&[][..], |it| self.entries(it))
                    }
                    None => continue,
                },
                "createServerFileRoute" | "createAPIFileRoute" => entries,
                _ => continue,
            };
            let Some(path) = named.first().and_then(|arg| self.tree.string_of(arg.value)) else { continue };
            let path =
                path.split('/').map(|part| part.strip_prefix('$').map_or(part.to_owned(), |name| format!(":{name}")));
            let path = path.collect::<Vec<_>>().join("/");
            for handler in handlers {
                let Some(Key::Static(key, _)) = handler.key else { continue };
                let method = self.tree.text(key);
                if METHODS.contains(&method)
                    && let Some((function, wrappers)) = function_in(self.tree, handler.value, &known, 4)
                {
                    endpoints.push(self.made("tanstack", &path, method, function, &wrappers));
                }
            }
        }
    }

    /// `defineAction({ input, handler })` under the names of `server`.
    fn astro_actions(&self, endpoints: &mut Vec<Endpoint>) {
        let known = functions(self.tree);
        for (_, expr) in self.tree.exprs() {
            let ExprKind::Map { entries } = &expr.kind else { continue };
            for action in entries {
                let Some(Key::Static(key, _)) = action.key else { continue };
                let ExprKind::Call { callee, args, .. } = &self.tree.expr(action.value).kind else { continue };
                if last(&written(self.tree, *callee)) != "defineAction" {
                    continue;
                }
                let Some((function, wrappers)) = function_in(self.tree, action.value, &known, 4) else { continue };
                let path = format!("action:{}", self.tree.text(key));
                let mut made = self.made("astro", &path, "POST", function, &wrappers);
                if entry(self.tree, self.first_map(args), "input").is_some() {
                    made.guards.push(self.guard(GuardKind::Validation, "input", action.value));
                }
                endpoints.push(made);
            }
        }
    }
}
