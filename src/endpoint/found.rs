//! What stands before and in a handler, put together.

use super::app::App;
use super::evidence::{Evidence, last};
use super::handler::Handler;
use super::scope::{Covers, Scope};
use super::{Endpoint, Guard, GuardKind, SessionKind};
use crate::flow::facts::{FactValue, FileId, FuncRef, Place};
use crate::model::index::Family;

/// What stands before and in a handler.
#[derive(Default)]
pub(super) struct Found {
    pub middleware: Vec<String>,
    pub guards: Vec<Guard>,
    pub unknown: Vec<String>,
}

impl Found {
    /// What an endpoint has so far, to be added to and [put](Self::put) back.
    pub(super) fn take(endpoint: &mut Endpoint) -> Self {
        Self {
            middleware: std::mem::take(&mut endpoint.middleware),
            guards: std::mem::take(&mut endpoint.guards),
            unknown: std::mem::take(&mut endpoint.unknown),
        }
    }

    /// Gives it back to the endpoint.
    pub(super) fn put(self, endpoint: &mut Endpoint) {
        (endpoint.middleware, endpoint.guards, endpoint.unknown) = (self.middleware, self.guards, self.unknown);
    }

    /// One middleware, dependency or wrapper, as far as it speaks of the path.
    pub(super) fn front(
        &mut self,
        evidence: &Evidence<'_>,
        file: FileId,
        value: &FactValue,
        path: &str,
        handler: &str,
    ) {
        let name = name_of(evidence, value);
        if let Some((guards, left_out)) = super::unless::of(evidence, file, value) {
            if left_out.iter().any(|beginning| path.starts_with(beginning.as_str())) {
                self.unknown.push(format!("`{name}` leaves this path out"));
            } else {
                self.guards.extend(guards);
            }
            self.middleware.push(name);
            return;
        }
        let guards = evidence.of_value(file, value);
        let asking = value.function.or_else(|| evidence.runs(value.class?));
        let covers = match asking.filter(|_| !guards.is_empty()) {
            Some(function) => Scope::of(evidence, function).covers(path, handler),
            None => Covers::Yes,
        };
        match covers {
            Covers::Yes => self.guards.extend(guards),
            Covers::No => self.unknown.push(format!("`{name}` leaves this path out")),
            Covers::Unknown => {
                self.guards.extend(guards);
                self.unknown.push(format!("`{name}` decides by the path"));
            }
        }
        self.middleware.push(name);
    }

    /// One guard per kind and name, and none against CSRF where the route is exempt.
    pub(super) fn finish(&mut self) {
        let guards = &mut self.guards;
        let of_limiter = |name: &String| name.to_ascii_lowercase().contains("limiter");
        if self.middleware.iter().any(|name| of_limiter(name) && last(name) == "exempt") {
            guards.retain(|guard| guard.kind != GuardKind::RateLimit);
        }
        let exempt =
            |names: &[&str]| self.middleware.iter().any(|name| names.contains(&last(name)) && !of_limiter(name));
        if exempt(&["csrf_exempt", "exempt"]) {
            guards.retain(|guard| guard.kind != GuardKind::Csrf);
        }
        if exempt(&["login_not_required"]) {
            guards.retain(|guard| last(&guard.name) != "LoginRequiredMiddleware");
        }
        for guard in guards.iter_mut() {
            guard.name = guard.name.replace(['<', '>'], "");
        }
        // Whoever is asked for a right is known: strangers have none.
        if !guards.iter().any(|guard| guard.kind == GuardKind::Authentication) {
            let rights = guards.iter().find(|guard| guard.kind == GuardKind::Authorization).cloned();
            guards.extend(rights.map(|guard| Guard { kind: GuardKind::Authentication, ..guard }));
        }
        guards.sort();
        guards.dedup_by(|next, kept| (next.kind, &next.name) == (kept.kind, &kept.name));
        // What resolves and what is named alike at one place are one guard: the longer name tells more.
        let all = guards.clone();
        guards.retain(|guard| {
            !all.iter().any(|other| {
                other.kind == guard.kind
                    && other.location.line == guard.location.line
                    && other.location.path == guard.location.path
                    && other.name.len() > guard.name.len()
                    && last(&other.name) == last(&guard.name)
            })
        });
        self.unknown.sort();
        self.unknown.dedup();
    }
}

/// Guards at the handler itself: decorators, dependencies, its class, its body.
pub(super) fn gather(evidence: &Evidence<'_>, handler: &Handler, declared: Option<Place>, found: &mut Found) {
    if let Some(class) = handler.class {
        found.guards.extend(evidence.of_class(class));
    }
    let Some(function) = handler.function else { return };
    let decorators = evidence.function(function).map(|fact| fact.decorators.as_slice()).unwrap_or_default();
    for decorator in decorators.iter().filter(|decorator| declared.is_none() || decorator.call != declared) {
        let family = evidence.family(function.file);
        if decorator.paths.iter().any(|path| evidence.vocabulary.route(family, path).is_some()) {
            continue;
        }
        found.middleware.push(decorator.name.clone());
        found.guards.extend(evidence.of_decorator(function.file, decorator));
    }
    if let Some(class) = evidence.function(function).and_then(|fact| fact.class).filter(|_| handler.class.is_none()) {
        found.guards.extend(evidence.of_class(class));
    }
    found.guards.extend(evidence.dependencies(function, 3));
    found.guards.extend(evidence.of_body(function));
}

pub(super) fn session(
    evidence: &Evidence<'_>,
    app: &App,
    family: Family,
    functions: &[FuncRef],
    guards: &[Guard],
) -> SessionKind {
    let by_guard = guards.iter().filter_map(|guard| evidence.vocabulary.session(family, &guard.name));
    let here = functions.iter().filter_map(|function| evidence.session_in(*function)).chain(by_guard).min();
    here.unwrap_or_else(|| app.session(family))
}

/// What is only sent with a body is no matter of a request without one.
pub(super) fn safe_methods(guards: &mut Vec<Guard>, methods: &[String]) {
    if methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS")) {
        guards.retain(|guard| !matches!(guard.kind, GuardKind::Csrf | GuardKind::BodyLimit));
    }
}

pub(super) fn name_of(evidence: &Evidence<'_>, value: &FactValue) -> String {
    if matches!(last(&value.name), "Depends" | "Security")
        && let Some(arg) = value.expr.and_then(|place| evidence.call(place)).and_then(|call| call.args.first())
    {
        return name_of(evidence, &arg.value);
    }
    let known = value.paths.iter().map(|path| path.trim_end_matches("()")).find(|path| !path.contains(['<', '?', '(']));
    if let Some(path) = known.filter(|_| value.function.is_none()) {
        return path.to_owned();
    }
    match (value.name.is_empty(), value.function) {
        (true, Some(function)) => evidence.name_of(function, "(function)"),
        (true, None) => "(unknown)".to_owned(),
        (false, _) => value.name.clone(),
    }
}
