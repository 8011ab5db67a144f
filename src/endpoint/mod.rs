//! Routes and the guards on them, as facts. Whether a missing guard matters is decided by policies.

mod app;
mod body;
mod checks;
mod classes;
mod conventions;
mod django;
mod evidence;
mod extract;
mod found;
mod handler;
mod nest;
mod node;
mod places;
mod procedures;
mod rest;
mod routers;
mod scope;
mod urlconf;
mod vocabulary;

pub use extract::extract;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Location};

/// One route of the project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// `flask`, `fastapi`, `django`, `express`, ….
    pub framework: String,
    /// Upper-case HTTP methods, sorted; `["ANY"]` where any is served.
    pub methods: Vec<String>,
    /// Path with prefixes of routers and blueprints, as far as they are known.
    pub path: String,
    /// Name of the handler; empty for an anonymous function.
    pub handler: String,
    /// Where the route is declared.
    pub location: Location,
    /// Where the handler begins, when it is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler_location: Option<Location>,
    /// Role of the file.
    pub context: CodeContext,
    /// Decorators and middleware that run before the handler, in order, by resolved name.
    pub middleware: Vec<String>,
    /// What is known to guard the route.
    pub guards: Vec<Guard>,
    /// Whether who calls is told by a cookie session (then cross-site requests carry it), a token, or not at all.
    pub session: SessionKind,
    /// What could not be told of the route, in words: a middleware that is not resolved, paths that a hook leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// What a guard checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GuardKind {
    /// Who is calling.
    Authentication,
    /// Whether the caller may.
    Authorization,
    /// That the request was meant by the user.
    Csrf,
    /// How often.
    RateLimit,
    /// What the input looks like.
    Validation,
    /// How much is sent.
    BodyLimit,
    /// That a known service sent it (webhooks).
    Signature,
}

/// One guard with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// What it checks.
    pub kind: GuardKind,
    /// The resolved name, such as `flask_login.login_required`.
    pub name: String,
    /// Where it is applied.
    pub location: Location,
}

/// How a framework or app recognises its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionKind {
    /// A cookie that the browser sends by itself.
    Cookie,
    /// A header that a client must add.
    Token,
    /// Not told by the code.
    #[default]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs every folder under `fixtures/endpoint`: `expected.json` lists one line for each route.
    #[test]
    fn fixtures_give_what_they_expect() {
        crate::misuse::fixture::each("endpoint", |flow, project| {
            let endpoints = extract(project, &flow.facts, crate::model::built_in());
            endpoints.iter().map(shown).collect()
        });
    }

    fn shown(endpoint: &Endpoint) -> String {
        let guards: Vec<String> =
            endpoint.guards.iter().map(|guard| format!("{:?} {} {}", guard.kind, guard.name, guard.location)).collect();
        let handler = endpoint.handler_location.as_ref().map_or_else(String::new, |at| format!(" at {at}"));
        format!(
            "{} {} {} {} → {}{handler} [{}] behind [{}] {:?}",
            endpoint.location,
            endpoint.framework,
            endpoint.methods.join(","),
            endpoint.path,
            endpoint.handler,
            guards.join("; "),
            endpoint.middleware.join("; "),
            endpoint.session
        )
    }
}
