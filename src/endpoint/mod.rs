//! Routes and the guards on them, as facts. Whether a missing guard matters is decided by policies.

mod admitted;
mod app;
mod asked;
mod behaviour;
mod body;
mod branches;
mod browser;
mod builder;
mod checks;
mod classes;
mod client;
mod clients;
mod collections;
mod columns;
mod commonjs;
mod conventions;
mod credited;
mod depends;
mod disclosure;
mod django;
mod effects;
mod evidence;
mod extract;
mod fallback;
mod files;
mod forwarded;
mod found;
mod handed;
mod handler;
mod hooks;
mod imports;
mod literal;
mod mailed;
mod metadata;
mod moment;
mod mounting;
mod named;
mod near;
mod nest;
mod node;
mod orphan;
mod ownership;
mod pages;
mod panels;
mod patterns;
mod plain;
mod places;
mod predictable;
mod procedures;
mod proof;
mod reach;
mod refused;
mod remote;
mod rest;
mod routers;
mod rows;
mod rowtypes;
mod schema;
mod scope;
mod serial;
mod shapes;
mod staff;
mod standing;
mod statements;
mod tokens;
mod trusted;
mod unless;
mod unset;
mod urlconf;
mod vocabulary;
mod writable;

pub use disclosure::Disclosure;
pub use effects::{Effect, EffectKind};
pub use extract::extract;
pub use staff::of_administrators;
pub use trusted::Trusted;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Location};
use crate::flow::facts::FuncRef;

/// Routes, and what responses tell.
#[derive(Debug, Clone, Default)]
pub struct Surface {
    /// Every route, in order of file and place.
    pub endpoints: Vec<Endpoint>,
    /// What responses tell and should not, in order of file and place.
    pub disclosures: Vec<Disclosure>,
    /// Roles and prices that pages store by themselves.
    pub browser_writes: Vec<Trusted>,
}

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
    /// What the handler does, calls into other functions of the project included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// Whether it notes who made an object.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notes_owner: bool,
    /// Whether it sets a password and nothing looks at how long or strong that is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_password: bool,
    /// Values that decide something and are taken from the client as they come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusts: Vec<Trusted>,
    /// The functions that handle it.
    #[serde(skip)]
    #[schemars(skip)]
    pub(crate) functions: Vec<FuncRef>,
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
    /// Whether the object belongs to the caller.
    Ownership,
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
            let endpoints = extract(project, &flow.facts, crate::model::built_in()).endpoints;
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
