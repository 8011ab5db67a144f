//! Routers: the prefix that each is mounted under, and the middleware that runs before its routes.
//!
//! A router's identity is the call that made it, so it is the same one in every file. Middleware holds, in JavaScript, for
//! routes that are declared after it in the same file; in Python for all.

use rustc_hash::FxHashMap;

use super::evidence::Evidence;
use super::vocabulary::Mount;
use crate::flow::facts::{CallFact, Facts, FactValue, FileId, Place, Shape};
use crate::model::index::Family;
use crate::model::path::{ArgBase, ArgPath};
use crate::model::schema::Constant;

/// How many routers deep a prefix is put together.
const MAX_DEPTH: usize = 16;
/// How many places one router is followed to.
const MAX_PARENTS: usize = 4;

/// Middleware on a router.
struct Used {
    file: FileId,
    start: u32,
    prefix: String,
    value: FactValue,
}

/// One router mounted on another.
struct Mounted {
    parent: Option<Place>,
    file: FileId,
    start: u32,
    prefix: String,
    replaces: bool,
    middleware: Vec<(FileId, FactValue)>,
}

/// What stands before a route: the whole prefix, and the middleware in the order it runs.
#[derive(Default, Clone)]
pub(super) struct Chain {
    pub prefix: String,
    pub middleware: Vec<(FileId, FactValue)>,
}

/// All routers of a project.
#[derive(Default)]
pub(super) struct Routers {
    own: FxHashMap<Place, Chain>,
    mounts: FxHashMap<Place, Vec<Mounted>>,
    used: FxHashMap<Place, Vec<Used>>,
    /// Middleware on a router that is not known by identity, per file.
    loose: FxHashMap<FileId, Vec<Used>>,
}

impl Routers {
    pub(super) fn new(evidence: &Evidence<'_>, facts: &Facts) -> Self {
        let mut routers = Self::default();
        let mut receivers: FxHashMap<(FileId, &str), Place> = FxHashMap::default();
        for call in &facts.calls {
            if let Some(receiver) = &call.receiver
                && let (Some(made_at), false) = (receiver.made_at, receiver.name.is_empty())
            {
                receivers.entry((call.place.file, receiver.name.as_str())).or_insert(made_at);
            }
        }
        for call in &facts.calls {
            let family = evidence.family(call.place.file);
            if let Some(mount) = call.paths.iter().find_map(|path| evidence.vocabulary.mount(family, path)) {
                routers.add(evidence, call, mount);
            }
        }
        // `@app.before_request` without a call.
        for function in &facts.functions {
            let file = function.function.file;
            for decorator in function.decorators.iter().filter(|decorator| decorator.call.is_none()) {
                let mut paths = decorator.paths.iter();
                if paths.all(|path| evidence.vocabulary.mount(evidence.family(file), path).is_none()) {
                    continue;
                }
                let receiver = decorator.name.rsplit_once('.').map_or("", |(receiver, _)| receiver);
                let value = FactValue {
                    function: Some(function.function),
                    name: function.name.clone(),
                    span: decorator.span,
                    ..FactValue::default()
                };
                let used = Used { file, start: decorator.span.start, prefix: String::new(), value };
                match receivers.get(&(file, receiver)) {
                    Some(router) => routers.used.entry(*router).or_default().push(used),
                    None => routers.loose.entry(file).or_default().push(used),
                }
            }
        }
        routers
    }

    fn add(&mut self, evidence: &Evidence<'_>, call: &CallFact, mount: &Mount) {
        let file = call.place.file;
        let text = |path: &Option<ArgPath>| path.as_ref().and_then(|path| constant_text(call, path));
        let prefix = text(&mount.prefix);
        let middleware = |path: &Option<ArgPath>| -> Vec<(FileId, FactValue)> {
            let Some(path) = path else { return Vec::new() };
            call.argument(path).into_iter().map(|value| (file, value.clone())).collect()
        };
        if mount.makes {
            let chain = Chain { prefix: prefix.clone().unwrap_or_default(), middleware: middleware(&mount.middleware) };
            match call.receiver.as_ref().and_then(|receiver| receiver.made_at) {
                // `router.route("/x")`: a router inside another.
                Some(parent) => self.mounts.entry(call.place).or_default().push(Mounted {
                    parent: Some(parent),
                    file,
                    start: call.span.start,
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
        let parent = call.receiver.as_ref().and_then(|receiver| receiver.made_at);
        let mut before = middleware(&mount.middleware);
        if let Some(function) = call.decorates {
            let value = FactValue {
                function: Some(function),
                name: evidence.name_of(function, ""),
                span: call.span,
                ..FactValue::default()
            };
            self.push(parent, Used { file, start: call.span.start, prefix: String::new(), value });
            return;
        }
        for value in flattened(call.argument(&mount.mounted)) {
            if value.constant.is_some() || matches!(value.shape, Shape::String | Shape::Template) {
                continue;
            }
            let prefix_text = prefix.clone().unwrap_or_default();
            if let Some(router) = value.made_at.filter(|_| is_router(value)) {
                self.mounts.entry(router).or_default().push(Mounted {
                    parent,
                    file,
                    start: call.span.start,
                    prefix: prefix_text,
                    replaces: mount.replaces && prefix.is_some(),
                    middleware: before.clone(),
                });
            } else {
                before.push((file, value.clone()));
                let used = Used { file, start: call.span.start, prefix: prefix_text, value: value.clone() };
                self.push(parent, used);
            }
        }
    }

    fn push(&mut self, router: Option<Place>, used: Used) {
        match router {
            Some(router) => self.used.entry(router).or_default().push(used),
            None => self.loose.entry(used.file).or_default().push(used),
        }
    }

    /// What stands before a route that is declared on a router at a place: once for each way that the router is mounted.
    pub(super) fn chains(&self, evidence: &Evidence<'_>, router: Option<Place>, file: FileId, start: u32, path: &str) -> Vec<Chain> {
        self.climb(evidence, router, file, start, path, 0)
    }

    fn climb(
        &self,
        evidence: &Evidence<'_>,
        router: Option<Place>,
        file: FileId,
        start: u32,
        path: &str,
        depth: usize,
    ) -> Vec<Chain> {
        let ordered = evidence.family(file) == Family::JavaScript;
        let holds = |used: &&Used| {
            (!ordered || used.file != file || used.start < start) && under(&used.prefix, path)
        };
        let collect = |list: Option<&Vec<Used>>| -> Vec<(FileId, FactValue)> {
            list.into_iter().flatten().filter(holds).map(|used| (used.file, used.value.clone())).collect()
        };
        let Some(router) = router else {
            return vec![Chain { prefix: String::new(), middleware: collect(self.loose.get(&file)) }];
        };
        let here = collect(self.used.get(&router));
        let own = self.own.get(&router).cloned().unwrap_or_default();
        let mounts: &[Mounted] = self.mounts.get(&router).map_or(&[], Vec::as_slice);
        if mounts.is_empty() || depth >= MAX_DEPTH {
            let middleware = own.middleware.into_iter().chain(here).collect();
            return vec![Chain { prefix: own.prefix, middleware }];
        }
        let mut found = Vec::new();
        for mount in mounts.iter().take(MAX_PARENTS) {
            if mount.parent == Some(router) {
                continue;
            }
            let own_prefix = if mount.replaces { "" } else { own.prefix.as_str() };
            let below = joined(&joined(&mount.prefix, own_prefix), path);
            for above in self.climb(evidence, mount.parent, mount.file, mount.start, &below, depth + 1) {
                let prefix = joined(&above.prefix, &joined(&mount.prefix, own_prefix));
                let middleware = above
                    .middleware
                    .into_iter()
                    .chain(mount.middleware.iter().cloned())
                    .chain(own.middleware.iter().cloned())
                    .chain(here.iter().cloned())
                    .collect();
                found.push(Chain { prefix, middleware });
            }
        }
        found.truncate(MAX_PARENTS);
        if found.is_empty() { vec![Chain { prefix: own.prefix, middleware: here }] } else { found }
    }
}

/// A router rather than a middleware: its type is one that routes are declared on.
fn is_router(value: &FactValue) -> bool {
    const NAMES: [&str; 7] = ["Router>", "App>", "Blueprint>", "APIRouter>", "FastAPI>", "Flask>", "Route>"];
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
        (true, true) => if right.is_empty() { String::new() } else { "/".to_owned() },
        (false, true) => left.to_owned(),
        (true, false) => format!("/{right_bare}"),
        (false, false) => format!("{left}/{right_bare}"),
    }
}

/// Whether a path lies under the prefix of a middleware.
fn under(prefix: &str, path: &str) -> bool {
    let prefix = prefix.trim_end_matches(['/', '*']);
    if prefix.is_empty() || prefix.contains([':', '*']) {
        return true;
    }
    let path = format!("/{}", path.trim_start_matches('/'));
    let prefix = format!("/{}", prefix.trim_start_matches('/'));
    path.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
        assert!(!under("/api", "/apis") && !under("/admin", "/x"));
    }
}
