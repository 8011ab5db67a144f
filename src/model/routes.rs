//! How models tell routes and guards, as they are written. `build.rs` reads this very file with the schema.

use serde::{Deserialize, Serialize};

/// A declaration of routes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteModel {
    /// Access paths of decorators or functions.
    pub paths: Vec<String>,
    /// Argument path of the route's path; `file`: the file's place tells it; `name`: the name of the function that is
    /// decorated, or that the result is bound to.
    #[serde(default)]
    pub path: String,
    /// The path when there is no such argument.
    #[serde(default)]
    pub default_path: Option<String>,
    /// The framework's name, when the access path does not begin with it.
    #[serde(default)]
    pub framework: Option<String>,
    /// Argument path of a list of `(path, handler)`, or of a map from paths to handlers, each of which is a route.
    #[serde(default)]
    pub table: Option<String>,
    /// Methods when the declaration does not list them.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Argument path of the list of methods.
    #[serde(default)]
    pub methods_arg: Option<String>,
    /// A call: argument path of the handler (`-1`); nothing for a decorator.
    #[serde(default)]
    pub handler: Option<String>,
    /// A call: arguments that are middleware (`1..`), the handler itself excepted.
    #[serde(default)]
    pub middleware: Option<String>,
    /// Further argument paths of middleware: hooks among the options.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// Options that guard the route.
    #[serde(default)]
    pub options: Vec<RouteOption>,
}

/// An option of a route that is a guard when it is given: `{ schema: … }`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteOption {
    /// Argument path.
    pub arg: String,
    /// The kind of guard.
    pub kind: String,
}

/// A call that mounts a router, or middleware, under a prefix; or, with `mounted = "return"`, that makes a router with a
/// prefix of its own. Used as a decorator it mounts the decorated function.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountModel {
    /// Access paths of functions.
    pub paths: Vec<String>,
    /// Argument path of the prefix.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Argument path of what is mounted (routers or middleware).
    pub mounted: String,
    /// Argument path of middleware that holds for what is mounted.
    #[serde(default)]
    pub middleware: Option<String>,
    /// The prefix takes the place of the router's own instead of standing before it.
    #[serde(default)]
    pub replaces: bool,
}

/// A guard.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardModel {
    /// Access paths: the decorator, the middleware or what makes it, the dependency, or the function called.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Last names of project functions that are taken for such a guard when nothing else is known (`require_auth`),
    /// as regular expressions over the whole name.
    #[serde(default)]
    pub names: Vec<String>,
    /// `authentication`, `authorization`, `csrf`, `rate-limit`, `validation`, `body-limit`, `signature`.
    pub kind: String,
    /// Whether using it once guards the whole app (`CSRFProtect(app)`).
    #[serde(default)]
    pub app_wide: bool,
}

/// A value whose use tells how callers are recognised.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionModel {
    /// Access paths.
    pub paths: Vec<String>,
    /// `cookie` or `token`.
    pub kind: String,
}
