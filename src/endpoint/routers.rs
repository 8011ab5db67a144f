//! Routers: the prefix that each is mounted under, and the middleware that runs before its routes.
//!
//! A router's identity is the call that made it, so it is the same one in every file. Middleware holds, in JavaScript, for
//! routes that are declared after it in the same file; in Python for all.

use rustc_hash::{FxHashMap, FxHashSet};

use super::evidence::Evidence;
use super::handed;
use super::mounting::{Mounting, mountings};
use super::vocabulary::Mount;
use crate::base::Span;
use crate::flow::facts::{CallFact, FactValue, Facts, FileId, FuncRef, Place, Shape};
use crate::model::index::Family;
use crate::model::path::{ArgBase, ArgPath};
use crate::model::schema::Constant;
use crate::syntax::{ExprId, ExprKind, PatternKind};

/// How many routers deep a prefix is put together.
const MAX_DEPTH: usize = 16;
/// How many places one router is followed to.
const MAX_PARENTS: usize = 4;

/// Middleware on a router.
#[derive(Clone)]
struct Used {
    file: FileId,
    /// Where it is said: the beginning, and the end of what begins at the same place.
    at: (u32, u32),
    prefix: String,
    value: FactValue,
}

/// One router mounted on another.
struct Mounted {
    parent: Option<Place>,
    file: FileId,
    at: (u32, u32),
    prefix: String,
    replaces: bool,
    middleware: Vec<(FileId, FactValue)>,
}

/// What stands before a route: the whole prefix, and the middleware in the order it runs.
#[derive(Default, Clone)]
pub(super) struct Chain {
    pub prefix: String,
    pub middleware: Vec<(FileId, FactValue)>,
    /// The name of the outermost router, where it is known.
    pub root: Option<String>,
}

impl Chain {
    pub(super) fn of_prefix(prefix: String) -> Self {
        Self { prefix, ..Self::default() }
    }
}

/// All routers of a project.
#[derive(Default)]
pub(super) struct Routers {
    own: FxHashMap<Place, Chain>,
    mounts: FxHashMap<Place, Vec<Mounted>>,
    used: FxHashMap<Place, Vec<Used>>,
    /// Middleware on a router that is not known by identity, per file.
    loose: FxHashMap<FileId, Vec<Used>>,
    /// Functions that are handed a router: Fastify's plugins.
    plugins: FxHashSet<FuncRef>,
    /// Plugins that share the router of whoever registers them.
    shared: FxHashMap<FuncRef, Place>,
    /// Middleware of socket servers: it runs before every event of their sockets.
    sockets: Vec<Used>,
    receivers: FxHashMap<(FileId, String), Place>,
    names: FxHashMap<Place, String>,
    /// Calls that give back the router they are made on: `new Hono().use(a).get("/x", b)`.
    same: FxHashMap<Place, Place>,
}

/// Methods that give back their app.
const CHAINED: [&str; 27] = [
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "options",
    "all",
    "on",
    "use",
    "route",
    "mount",
    "onError",
    "notFound",
    "openapi",
    "doc",
    "group",
    "guard",
    "ws",
    "state",
    "decorate",
    "model",
    "macro",
    "derive",
    "resolve",
    "onRequest",
    "onBeforeHandle",
    "listen",
];

/// Whether a call gives back the app that it is made on.
fn is_chained(call: &CallFact) -> bool {
    call.paths.iter().any(|path| {
        let method = ["<hono.App>.", "<elysia.App>."].iter().find_map(|app| path.strip_prefix(app));
        method.is_some_and(|method| CHAINED.contains(&method))
    })
}

/// Whether a call hands a router to a function that declares something on it.
fn hands_router(call: &CallFact) -> bool {
    call.paths.iter().any(|path| {
        path.ends_with(".register")
            || matches!(&**path, "<elysia.App>.group" | "<elysia.App>.guard" | "<elysia.App>.use")
    })
}

/// The function whose first parameter a call is made on.
fn on_parameter(evidence: &Evidence<'_>, call: &CallFact) -> Option<FuncRef> {
    let (function, receiver) = (call.inside?, call.receiver.as_ref()?);
    let tree = evidence.tree(function.file);
    let first = tree.function(function.function).params.first()?;
    match tree.pattern(first.pattern).kind {
        PatternKind::Name(name) => (tree.text(name) == receiver.name).then_some(function),
        _ => None,
    }
}

impl Routers {
    pub(super) fn new(evidence: &Evidence<'_>, facts: &Facts) -> Self {
        let mut routers = Self::default();
        for call in &facts.calls {
            if !is_chained(call) {
                continue;
            }
            let made_at = call.receiver.as_ref().and_then(|receiver| receiver.made_at);
            if let Some(made_at) = made_at.or_else(|| on_parameter(evidence, call).map(inside_of)) {
                routers.same.insert(call.place, made_at);
            }
        }
        for call in &facts.calls {
            if let Some(receiver) = &call.receiver
                && let (Some(made_at), false) = (receiver.made_at, receiver.name.is_empty())
            {
                let made_at = routers.made(made_at);
                routers.receivers.entry((call.place.file, receiver.name.clone())).or_insert(made_at);
                routers.names.entry(made_at).or_insert_with(|| receiver.name.clone());
            }
        }
        let mounting = |call: &CallFact| {
            let family = evidence.family(call.place.file);
            call.paths.iter().find_map(|path| evidence.vocabulary.mount(family, path))
        };
        for call in facts.calls.iter().filter(|call| hands_router(call)) {
            for value in mounting(call).map(|mount| call.argument(&mount.mounted)).unwrap_or_default() {
                routers.plugin(evidence, call, value);
            }
        }
        for call in &facts.calls {
            if let Some(mount) = mounting(call) {
                routers.add(evidence, call, mount);
            }
        }
        // `@app.before_request` without a call.
        for function in &facts.functions {
            let file = function.function.file;
            for decorator in function.decorators.iter().filter(|decorator| decorator.call.is_none()) {
                let (receiver, hook) = decorator.name.rsplit_once('.').unwrap_or(("", &decorator.name));
                let handed = handed::parameter_round(evidence, function.function, receiver)
                    .filter(|_| hook == "before_request")
                    .map(|(outer, position)| handed::given(evidence, outer, position))
                    .unwrap_or_default();
                let mut paths = decorator.paths.iter();
                if handed.is_empty()
                    && paths.all(|path| evidence.vocabulary.mount(evidence.family(file), path).is_none())
                {
                    continue;
                }
                let value = FactValue {
                    function: Some(function.function),
                    name: function.name.clone(),
                    span: decorator.span,
                    ..FactValue::default()
                };
                let used = Used { file, at: order(decorator.span), prefix: String::new(), value };
                if handed.is_empty() {
                    let router = routers.receivers.get(&(file, receiver.to_owned())).copied();
                    routers.push(router, used);
                    continue;
                }
                for given in handed {
                    if let Some(router) = routers.receivers.get(&given).copied() {
                        routers.used.entry(router).or_default().push(used.clone());
                    }
                }
            }
        }
        routers
    }

    /// A function that is registered with a router: what it declares on its first parameter is below.
    fn plugin(&mut self, evidence: &Evidence<'_>, call: &CallFact, value: &FactValue) {
        let wrapped = value.expr.and_then(|place| wrapped_function(evidence, place));
        match (value.function.filter(|_| !value.is_call), wrapped) {
            (Some(function), _) => {
                self.plugins.insert(function);
            }
            // `fp(async (fastify) => …)`
            (None, Some(function)) => {
                self.plugins.insert(function);
                let parent = self.identity(evidence, call).unwrap_or(inside_of(function));
                self.shared.insert(function, parent);
            }
            (None, None) => {}
        }
    }

    /// The router that a call is made on.
    fn identity(&self, evidence: &Evidence<'_>, call: &CallFact) -> Option<Place> {
        let receiver = call.receiver.as_ref()?;
        if let Some(function) = on_parameter(evidence, call).filter(|function| self.plugins.contains(function)) {
            return Some(self.shared.get(&function).copied().unwrap_or(inside_of(function)));
        }
        receiver.made_at.map(|place| self.made(place))
    }

    /// The call that made a router which others gave back.
    fn made(&self, mut place: Place) -> Place {
        for _ in 0..200 {
            match self.same.get(&place) {
                Some(before) if *before != place => place = *before,
                _ => break,
            }
        }
        place
    }

    /// The router of a decorator that has no arguments.
    pub(super) fn decorator_receiver(&self, evidence: &Evidence<'_>, call: &CallFact) -> Option<Place> {
        let fact = evidence.function(call.decorates?)?;
        let decorator = fact.decorators.iter().find(|decorator| decorator.span == call.span)?;
        let (receiver, _) = decorator.name.rsplit_once('.')?;
        self.receivers.get(&(call.place.file, receiver.to_owned())).copied()
    }

    fn add(&mut self, evidence: &Evidence<'_>, call: &CallFact, mount: &Mount) {
        let file = call.place.file;
        let text = |path: &Option<ArgPath>| {
            let path = path.as_ref()?;
            let otherwise = || call.argument(path).first().and_then(|value| super::fallback::text_of(evidence, value));
            constant_text(call, path).or_else(otherwise)
        };
        let prefix = text(&mount.prefix);
        let middleware = |path: &Option<ArgPath>| -> Vec<(FileId, FactValue)> {
            let Some(path) = path else { return Vec::new() };
            call.argument(path).into_iter().map(|value| (file, value.clone())).collect()
        };
        if mount.makes {
            let prefix = prefix.clone().unwrap_or_default();
            let chain = Chain { prefix, middleware: middleware(&mount.middleware), root: None };
            let receiver = self.identity(evidence, call);
            // `Api(blueprint)`: what is made lies below what it is given.
            let given = call.args.first().filter(|arg| is_router(&arg.value)).and_then(|arg| arg.value.made_at);
            match receiver.or(given) {
                // `router.route("/x")`: a router inside another.
                Some(parent) => self.mounts.entry(call.place).or_default().push(Mounted {
                    parent: Some(parent),
                    file,
                    at: order(call.span),
                    prefix: chain.prefix,
                    replaces: false,
                    middleware: chain.middleware,
                }),
                None => {
                    self.own.insert(call.place, chain);
                }
            }
            return;
        }
        let parent = self.identity(evidence, call);
        let mut before = middleware(&mount.middleware);
        if let Some(function) = call.decorates {
            let value = FactValue {
                function: Some(function),
                name: evidence.name_of(function, ""),
                span: call.span,
                ..FactValue::default()
            };
            self.push(parent, Used { file, at: order(call.span), prefix: String::new(), value });
            return;
        }
        for value in flattened(call.argument(&mount.mounted)) {
            if value.shape == Shape::Map {
                // `.guard({ beforeHandle: signedIn })`: for what follows.
                for (_, value) in before.drain(..) {
                    self.push(parent, Used { file, at: order(call.span), prefix: String::new(), value });
                }
                continue;
            }
            if value.constant.is_some() || matches!(value.shape, Shape::String | Shape::Template) {
                continue;
            }
            let prefix_text = prefix.clone().unwrap_or_default();
            let plugin = value.function.filter(|function| self.plugins.contains(function));
            let wrapped = value.expr.and_then(|place| wrapped_function(evidence, place));
            if wrapped.is_some_and(|function| self.shared.contains_key(&function)) {
                continue;
            }
            let made = value.made_at.filter(|_| is_router(value)).map(|place| self.made(place));
            let router = plugin.map(inside_of).or(made);
            if router.is_none() && self.mounted_elsewhere(evidence, call, mount, value, &before) {
                continue;
            }
            if let Some(router) = router {
                self.mounts.entry(router).or_default().push(Mounted {
                    parent,
                    file,
                    at: order(call.span),
                    prefix: prefix_text,
                    replaces: mount.replaces && prefix.is_some(),
                    middleware: before.clone(),
                });
            } else {
                if call.paths.iter().any(|path| &**path == "<socket.Server>.use") {
                    self.sockets.push(Used { file, at: (0, 0), prefix: String::new(), value: value.clone() });
                }
                before.push((file, value.clone()));
                let used = Used { file, at: order(call.span), prefix: prefix_text, value: value.clone() };
                self.push(parent, used);
            }
        }
    }

    /// A function or a loop that mounts what it is given: once for each that it is given.
    fn mounted_elsewhere(
        &mut self,
        evidence: &Evidence<'_>,
        call: &CallFact,
        mount: &Mount,
        value: &FactValue,
        before: &[(FileId, FactValue)],
    ) -> bool {
        if evidence.family(call.place.file) != Family::JavaScript {
            return false;
        }
        let prefix = mount.prefix.as_ref().and_then(|path| call.argument(path).first().copied());
        let prefix = prefix.filter(|prefix| prefix.expr != value.expr);
        let parent = self.identity(evidence, call);
        let found = mountings(evidence, call, value, prefix);
        for Mounting { router, prefix } in &found {
            self.mounts.entry(self.made(*router)).or_default().push(Mounted {
                parent,
                file: call.place.file,
                at: order(call.span),
                prefix: prefix.clone(),
                replaces: false,
                middleware: before.to_vec(),
            });
        }
        !found.is_empty()
    }

    fn push(&mut self, router: Option<Place>, used: Used) {
        match router {
            Some(router) => self.used.entry(router).or_default().push(used),
            None => self.loose.entry(used.file).or_default().push(used),
        }
    }

    /// What stands before a route that a call declares on a router: once for each way that the router is mounted.
    pub(super) fn chains(
        &self,
        evidence: &Evidence<'_>,
        router: Option<Place>,
        call: &CallFact,
        path: &str,
    ) -> Vec<Chain> {
        if call.paths.iter().any(|path| path.starts_with("<socket.Socket>")) {
            let middleware = self.sockets.iter().map(|used| (used.file, used.value.clone())).collect();
            return vec![Chain { middleware, ..Chain::default() }];
        }
        let in_plugin = call.inside.is_some_and(|function| self.plugins.contains(&function));
        let router = if in_plugin { self.identity(evidence, call) } else { router.map(|place| self.made(place)) };
        self.climb(evidence, router, call.place.file, order(call.span), path, 0)
    }

    /// The router that nobody mounts, where others of its language are mounted: this one, or the one above it that all ways
    /// up end in.
    pub(super) fn unmounted(&self, evidence: &Evidence<'_>, router: Place) -> Option<Place> {
        let family = evidence.family(router.file);
        let mut at = router;
        for _ in 0..MAX_DEPTH {
            let Some(mounts) = self.mounts.get(&self.made(at)) else {
                let others = self.mounts.keys().any(|other| evidence.family(other.file) == family);
                return Some(at).filter(|_| others);
            };
            let above = mounts.first()?.parent?;
            if above == at || mounts.iter().any(|mount| mount.parent != Some(above)) {
                return None;
            }
            at = above;
        }
        None
    }

    fn climb(
        &self,
        evidence: &Evidence<'_>,
        router: Option<Place>,
        file: FileId,
        at: (u32, u32),
        path: &str,
        depth: usize,
    ) -> Vec<Chain> {
        let ordered = evidence.family(file) == Family::JavaScript;
        let holds = |used: &&Used| (!ordered || used.file != file || used.at < at) && under(&used.prefix, path);
        let collect = |list: Option<&Vec<Used>>| -> Vec<(FileId, FactValue)> {
            list.into_iter().flatten().filter(holds).map(|used| (used.file, used.value.clone())).collect()
        };
        let Some(router) = router else {
            return vec![Chain { middleware: collect(self.loose.get(&file)), ..Chain::default() }];
        };
        let root = self.names.get(&router).cloned();
        let here = collect(self.used.get(&router));
        let own = self.own.get(&router).cloned().unwrap_or_default();
        let mounts: &[Mounted] = self.mounts.get(&router).map_or(&[], Vec::as_slice);
        if mounts.is_empty() || depth >= MAX_DEPTH {
            let middleware = own.middleware.into_iter().chain(here).collect();
            return vec![Chain { prefix: own.prefix, middleware, root }];
        }
        let mut found = Vec::new();
        for mount in mounts.iter().take(MAX_PARENTS) {
            if mount.parent == Some(router) {
                continue;
            }
            let own_prefix = if mount.replaces { "" } else { own.prefix.as_str() };
            let below = joined(&joined(&mount.prefix, own_prefix), path);
            for above in self.climb(evidence, mount.parent, mount.file, mount.at, &below, depth + 1) {
                let prefix = joined(&above.prefix, &joined(&mount.prefix, own_prefix));
                let middleware = above
                    .middleware
                    .into_iter()
                    .chain(mount.middleware.iter().cloned())
                    .chain(own.middleware.iter().cloned())
                    .chain(here.iter().cloned())
                    .collect();
                found.push(Chain { prefix, middleware, root: above.root.or_else(|| root.clone()) });
            }
        }
        found.truncate(MAX_PARENTS);
        if found.is_empty() { vec![Chain { prefix: own.prefix, middleware: here, root }] } else { found }
    }
}

/// The router that a plugin is handed, by an identity of its own: no expression has this number.
fn inside_of(function: FuncRef) -> Place {
    Place { file: function.file, expr: ExprId::new(u32::MAX - 1 - function.function.index()) }
}

/// The function inside a call: `fp(async (fastify) => …)`.
fn wrapped_function(evidence: &Evidence<'_>, place: Place) -> Option<FuncRef> {
    let tree = evidence.tree(place.file);
    let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return None };
    match tree.expr(args.first()?.value).kind {
        ExprKind::Function(function) => Some(FuncRef { file: place.file, function }),
        _ => None,
    }
}

/// The order of what is said of routers: parts of one chain begin together.
fn order(span: Span) -> (u32, u32) {
    (span.start, span.end)
}

/// A router rather than a middleware: its type is one that routes are declared on.
pub(super) fn is_router(value: &FactValue) -> bool {
    const NAMES: [&str; 11] = [
        "Routes>",
        "Router>",
        "App>",
        "Blueprint>",
        "APIRouter>",
        "FastAPI>",
        "Flask>",
        "Route>",
        "Api>",
        "Sanic>",
        "Application>",
    ];
    value.paths.iter().any(|path| {
        NAMES.iter().any(|name| path.ends_with(name)) || path.ends_with("Router()") || path.ends_with("Blueprint()")
    })
}

/// Values, lists replaced by their elements.
pub(super) fn flattened(values: Vec<&FactValue>) -> Vec<&FactValue> {
    let mut found = Vec::new();
    for value in values {
        if value.shape == Shape::List && !value.items.is_empty() {
            found.extend(value.items.iter());
        } else {
            found.push(value);
        }
    }
    found
}

/// The constant text of an argument; of a list its first text.
pub(super) fn constant_text(call: &CallFact, path: &ArgPath) -> Option<String> {
    if path.base == ArgBase::Receiver {
        return None;
    }
    let values = call.argument(path);
    flattened(values).into_iter().find_map(|value| match &value.constant {
        Some(Constant::Str(text)) => Some(text.clone()),
        _ => None,
    })
}

/// Two parts of a path with one slash between them.
pub(super) fn joined(left: &str, right: &str) -> String {
    let left = left.trim_end_matches('/');
    let right_bare = right.trim_start_matches('/');
    match (left.is_empty(), right_bare.is_empty()) {
        (true, true) => {
            if right.is_empty() {
                String::new()
            } else {
                "/".to_owned()
            }
        }
        (false, true) => left.to_owned(),
        (true, false) => format!("/{right_bare}"),
        (false, false) => format!("{left}/{right_bare}"),
    }
}

/// Whether a path lies under the prefix of a middleware.
fn under(prefix: &str, path: &str) -> bool {
    // Only the constant beginning of `/files/:name` or `/files(.*)` is compared.
    let constant = prefix.find([':', '*', '(', '{']).map_or(prefix, |at| &prefix[..at]);
    let constant = constant.trim_matches('/');
    if constant.is_empty() {
        return prefix.is_empty() || !prefix.contains(':');
    }
    let rest = path.trim_start_matches('/').strip_prefix(constant);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '(', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_with_one_slash() {
        assert_eq!(joined("/api/", "/users"), "/api/users");
        assert_eq!(joined("", "users/"), "/users/");
        assert_eq!(joined("/api", "/"), "/api");
        assert_eq!(joined("", "/"), "/");
        assert_eq!(joined("", ""), "");
    }

    #[test]
    fn middleware_holds_below_its_prefix() {
        assert!(under("", "/x") && under("/", "/x") && under("/api", "/api/x") && under("/api/*", "/api"));
        assert!(under("/ftp/:file", "/ftp/:name") && !under("/ftp/:file", "/api") && under("*", "/x"));
        assert!(!under("/api", "/apis") && !under("/admin", "/x"));
    }
}
