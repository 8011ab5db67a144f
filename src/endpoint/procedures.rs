//! Procedures of tRPC and resolvers of GraphQL: entries of objects rather than routes.

use rustc_hash::FxHashMap;

use super::app::App;
use super::checks::answers_in;
use super::conventions::{endpoint, function_in};
use super::evidence::{Evidence, last, written};
use super::found::Found;
use super::{Endpoint, Guard, GuardKind};
use crate::base::Location;
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::model::schema::Constant;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Key, PatternKind, StmtKind, Tree};

/// What a base procedure checks, by its name.
type Bases = FxHashMap<String, Vec<(GuardKind, Location)>>;

/// Procedures and resolvers of all files.
pub(super) fn routes(evidence: &Evidence<'_>, app: &App, endpoints: &mut Vec<Endpoint>) {
    let files = || {
        let all = (0u32..).map(FileId).zip(&evidence.project.files);
        all.filter(|(_, info)| info.family == Family::JavaScript)
    };
    let imports = |wanted: &[&str]| {
        files().any(|(_, info)| info.imported.iter().any(|module| wanted.iter().any(|name| module.starts_with(name))))
    };
    for (file, info) in (0u32..).map(FileId).zip(&evidence.project.files) {
        let graphene = info.imported.iter().any(|module| module.starts_with("graphene"));
        if info.family == Family::Python && graphene {
            classes(evidence, app, file, &info.tree, endpoints);
        }
    }
    if imports(&["@trpc/server"]) {
        let mut bases = Bases::default();
        // A base may be built on another that is declared after it in the order of files.
        for _ in 0..3 {
            files().for_each(|(file, info)| find_bases(evidence, file, &info.tree, &mut bases));
        }
        let mounted = mounted_routers(evidence);
        for (file, info) in files() {
            procedures(evidence, app, file, &info.tree, &bases, &mounted, endpoints);
        }
    }
    if imports(&["graphql", "@apollo/server", "apollo-server", "@graphql-", "graphql-yoga", "mercurius"]) {
        let made = endpoints.len();
        for (file, info) in files() {
            resolvers(evidence, app, file, &info.tree, endpoints);
        }
        let before_all = before_all(evidence);
        for endpoint in endpoints.iter_mut().skip(made) {
            let mut found = Found::take(endpoint);
            found.guards.extend(before_all.iter().cloned());
            found.finish();
            found.put(endpoint);
        }
    }
}

/// Limits that Express has in front of every path, resolvers included: `app.use(rateLimit({ … }))`.
fn before_all(evidence: &Evidence<'_>) -> Vec<Guard> {
    let mut found = Vec::new();
    for call in evidence.calls.values() {
        if !call.paths.iter().any(|path| path.starts_with("<express.App>.") && path.ends_with(".use")) {
            continue;
        }
        let path = call.args.first().and_then(|arg| arg.value.constant.as_ref());
        if matches!(path, Some(Constant::Str(path)) if !matches!(path.as_str(), "/" | "/graphql" | "/api")) {
            continue;
        }
        for value in call.args.iter().map(|arg| &arg.value) {
            let guards = evidence.of_value(call.place.file, value).into_iter();
            found.extend(guards.filter(|guard| matches!(guard.kind, GuardKind::RateLimit | GuardKind::BodyLimit)));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// `const protectedProcedure = t.procedure.use(({ ctx, next }) => { … })`
fn find_bases(evidence: &Evidence<'_>, file: FileId, tree: &Tree, bases: &mut Bases) {
    if tree.symbol("procedure").is_none() && tree.strings().all(|text| !text.ends_with("rocedure")) {
        return;
    }
    for (_, stmt) in tree.stmts() {
        let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind else { continue };
        let [target] = &**targets else { continue };
        let PatternKind::Name(name) = tree.pattern(*target).kind else { continue };
        let name = tree.text(name);
        if !name.to_ascii_lowercase().ends_with("procedure") {
            continue;
        }
        let location = evidence.locate(file, stmt.span);
        let mut kinds: Vec<(GuardKind, Location)> = Vec::new();
        for node in Walk::node(tree, Node::Expr(*value)).take(2000) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Name(used) = tree.expr(expr).kind else { continue };
            let used = tree.text(used);
            kinds.extend(bases.get(used).into_iter().flatten().filter(|_| used != name).cloned());
            // `.use(isAuthed)`: a middleware with a name.
            let middleware = evidence.by_name(file, expr);
            let checked = middleware
                .function
                .map(|function| answers_in(evidence.tree(function.file), Node::Function(function.function)));
            let named = evidence.vocabulary.named(Family::JavaScript, used).into_iter().collect();
            let checked = checked.filter(|kinds| !kinds.is_empty()).unwrap_or(named);
            kinds.extend(checked.into_iter().map(|kind| (kind, location.clone())));
            kinds.extend(middleware_kinds(tree, used).into_iter().map(|kind| (kind, location.clone())));
        }
        kinds.extend(answers_in(tree, Node::Expr(*value)).into_iter().map(|kind| (kind, location.clone())));
        let text = evidence.project.file(file).source.slice(tree.expr(*value).span);
        if !kinds.is_empty() && compares_role(text) {
            kinds.push((GuardKind::Authorization, location.clone()));
        }
        kinds.sort();
        kinds.dedup_by(|a, b| a.0 == b.0);
        bases.insert(name.to_owned(), kinds);
    }
}

/// Whether what refuses looks at a role: `ctx.user.role !== "admin"`, whatever it answers.
fn compares_role(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["role !=", "role ==", "!ctx.user.isadmin", "isadmin)", "role))"].iter().any(|part| lower.contains(part))
}

/// `const isAuthed = t.middleware(({ ctx, next }) => { throw new TRPCError({ code: "UNAUTHORIZED" }) })`
fn middleware_kinds(tree: &Tree, name: &str) -> Vec<GuardKind> {
    let Some(symbol) = tree.symbol(name) else { return Vec::new() };
    for stmt in &tree.root {
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
        let here = targets
            .iter()
            .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(name) if name == symbol));
        if here && written(tree, *value).ends_with("middleware") {
            return answers_in(tree, Node::Expr(*value));
        }
    }
    Vec::new()
}

/// Names under which routers are mounted: `router({ user: userRouter })` → `userRouter` at `user`.
fn mounted_routers(evidence: &Evidence<'_>) -> FxHashMap<String, String> {
    let mut found = FxHashMap::default();
    for info in evidence.project.files.iter().filter(|info| info.family == Family::JavaScript) {
        let tree = &info.tree;
        for (_, expr) in tree.exprs() {
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            if !written(tree, *callee).to_ascii_lowercase().ends_with("router") {
                continue;
            }
            let Some(ExprKind::Map { entries }) = args.first().map(|arg| &tree.expr(arg.value).kind) else { continue };
            for entry in entries {
                if let (Some(Key::Static(key, _)), ExprKind::Name(name)) = (entry.key, &tree.expr(entry.value).kind) {
                    found.insert(tree.text(*name).to_owned(), tree.text(key).to_owned());
                }
            }
        }
    }
    found
}

fn procedures(
    evidence: &Evidence<'_>,
    app: &App,
    file: FileId,
    tree: &Tree,
    bases: &Bases,
    mounted: &FxHashMap<String, String>,
    endpoints: &mut Vec<Endpoint>,
) {
    // Where routers begin, to tell which one an entry is in.
    let mut routers: Vec<(crate::base::Span, String)> = Vec::new();
    for (_, stmt) in tree.stmts() {
        let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind else { continue };
        if let [target] = &**targets
            && let PatternKind::Name(name) = tree.pattern(*target).kind
            && written(tree, *value).to_ascii_lowercase().ends_with("router")
        {
            routers.push((tree.expr(*value).span, tree.text(name).to_owned()));
        }
    }
    for (_, expr) in tree.exprs() {
        let ExprKind::Map { entries } = &expr.kind else { continue };
        for entry in entries {
            let Some(Key::Static(key, _)) = entry.key else { continue };
            let place = tree.expr(entry.value).span;
            let router = routers
                .iter()
                .filter(|(within, _)| within.contains(place))
                .min_by_key(|(within, _)| within.end - within.start);
            // `router({ create, update })` of procedures that stand in files of their own.
            let made_at = match tree.expr(entry.value).kind {
                ExprKind::Name(name) if router.is_some() => evidence.value_of(file, tree.text(name), 6),
                _ => Some((file, entry.value)),
            };
            let Some((home, value)) = made_at else { continue };
            let name = tree.text(key);
            let prefix = router.and_then(|(_, name)| mounted.get(name));
            let path = prefix.map_or_else(|| name.to_owned(), |prefix| format!("{prefix}.{name}"));
            endpoints.extend(one_procedure(evidence, app, (home, value), (name, &path), bases));
        }
    }
}

/// The endpoint of a chain that ends in a handler.
fn one_procedure(
    evidence: &Evidence<'_>,
    app: &App,
    (file, value): (FileId, ExprId),
    (name, path): (&str, &str),
    bases: &Bases,
) -> Option<Endpoint> {
    let tree = evidence.tree(file);
    let chain = procedure(tree, value)?;
    let (function, _) = function_in(tree, chain.handler?, &evidence.functions_of(file), 4)?;
    let span = tree.expr(value).span;
    let mut made = endpoint(evidence, app, file, path, chain.method.to_owned(), function, &[]);
    "trpc".clone_into(&mut made.framework);
    name.clone_into(&mut made.handler);
    made.location = evidence.locate(file, span);
    let mut found = Found::take(&mut made);
    found.middleware.push(chain.base.clone());
    for (kind, location) in bases.get(last(&chain.base)).into_iter().flatten() {
        found.guards.push(Guard { kind: *kind, name: chain.base.clone(), location: location.clone() });
    }
    if !bases.contains_key(last(&chain.base)) && last(&chain.base) != "procedure" {
        let named = ["protected", "private", "authed", "authenticated"];
        let lower = chain.base.to_ascii_lowercase();
        if named.iter().any(|word| lower.contains(word)) {
            let location = evidence.locate(file, span);
            found.guards.push(Guard { kind: GuardKind::Authentication, name: chain.base.clone(), location });
        }
        found.unknown.push(format!("what `{}` checks is not resolved", chain.base));
    }
    if let Some(input) = chain.input {
        let location = evidence.locate(file, tree.expr(input).span);
        found.guards.push(Guard { kind: GuardKind::Validation, name: "input".to_owned(), location });
    }
    found.finish();
    found.put(&mut made);
    Some(made)
}

struct Chain {
    base: String,
    method: &'static str,
    handler: Option<ExprId>,
    input: Option<ExprId>,
}

/// `protectedProcedure.input(schema).mutation(async ({ ctx, input }) => …)`
fn procedure(tree: &Tree, expr: ExprId) -> Option<Chain> {
    let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
    let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return None };
    let method = match tree.text(name) {
        "query" => "QUERY",
        "mutation" => "MUTATION",
        "subscription" => "SUBSCRIPTION",
        _ => return None,
    };
    let mut at = object;
    let mut input = None;
    for _ in 0..12 {
        match &tree.expr(at).kind {
            ExprKind::Call { callee, args, .. } => {
                let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { break };
                if tree.text(name) == "input" {
                    input = args.first().map(|arg| arg.value);
                }
                at = object;
            }
            _ => break,
        }
    }
    let base = written(tree, at);
    let known = base.to_ascii_lowercase().ends_with("procedure");
    known.then(|| Chain { base, method, handler: args.first().map(|arg| arg.value), input })
}

/// Graphene: `class CreatePost(graphene.Mutation): def mutate(…)`, `class Query(ObjectType): def resolve_posts(…)`.
fn classes(evidence: &Evidence<'_>, app: &App, file: FileId, tree: &Tree, endpoints: &mut Vec<Endpoint>) {
    for (_, class) in tree.classes() {
        let Some(name) = class.name.map(|name| tree.text(name)) else { continue };
        let bases: Vec<String> = class.bases.iter().map(|base| written(tree, *base)).collect();
        let changes = bases.iter().any(|base| matches!(last(base), "Mutation" | "ClientIDMutation"));
        let reads = name.ends_with("Query") && bases.iter().any(|base| last(base) == "ObjectType");
        for stmt in &class.body {
            let StmtKind::Function(function) = tree.stmt(*stmt).kind else { continue };
            let method_name = tree.function(function).name.map_or("", |name| tree.text(name));
            let (path, method) = match method_name {
                "mutate" | "mutate_and_get_payload" if changes => {
                    let first = name.chars().next().map(|first| first.to_ascii_lowercase());
                    (first.into_iter().chain(name.chars().skip(1)).collect::<String>(), "MUTATION")
                }
                _ => match method_name.strip_prefix("resolve_") {
                    Some(field) if reads => (field.to_owned(), "QUERY"),
                    _ => continue,
                },
            };
            let wrappers = tree.function(function).decorators.to_vec();
            let mut made = endpoint(evidence, app, file, &path, method.to_owned(), function, &wrappers);
            "graphql".clone_into(&mut made.framework);
            made.handler = path;
            made.location = evidence.locate(file, tree.function(function).span);
            endpoints.push(made);
        }
    }
}

/// `{ Query: { users: async (parent, args, context) => … }, Mutation: { … } }`
fn resolvers(evidence: &Evidence<'_>, app: &App, file: FileId, tree: &Tree, endpoints: &mut Vec<Endpoint>) {
    let kinds = [("Query", "QUERY"), ("Mutation", "MUTATION"), ("Subscription", "SUBSCRIPTION")];
    if kinds.iter().all(|(name, _)| tree.symbol(name).is_none()) {
        return;
    }
    for (_, expr) in tree.exprs() {
        let ExprKind::Map { entries } = &expr.kind else { continue };
        for entry in entries {
            let Some(Key::Static(key, _)) = entry.key else { continue };
            let Some((_, method)) = kinds.iter().find(|(name, _)| *name == tree.text(key)) else { continue };
            let ExprKind::Map { entries } = &tree.expr(entry.value).kind else { continue };
            for field in entries {
                let Some(Key::Static(name, _)) = field.key else { continue };
                let Some((function, wrappers)) = function_in(tree, field.value, &[], 4) else { continue };
                let name = tree.text(name).to_owned();
                let mut made = endpoint(evidence, app, file, &name, (*method).to_owned(), function, &wrappers);
                "graphql".clone_into(&mut made.framework);
                made.handler = name;
                made.location = evidence.locate(file, tree.expr(field.value).span);
                endpoints.push(made);
            }
        }
    }
}
