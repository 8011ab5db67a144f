//! The types of the rule and model files, as written. `build.rs` reads the same types, so a file that does not fit
//! fails the build.
//!
//! # Access paths
//!
//! A model names library values by access path:
//!
//! | piece | meaning |
//! |---|---|
//! | `flask.request.args` | module or global, then members. JavaScript: the module as imported (`express`, `node:` dropped), `default` dropped; a module name with a dot stands in single quotes: `'socket.io'.Server` |
//! | `builtins.open`, `globalThis.fetch` | what needs no import: Python's builtins, JavaScript's globals |
//! | `f()` | what a call (or `new`) of `f` gives; awaiting or iterating it changes nothing |
//! | `x[]` | an element of `x`, by whatever key |
//! | `<sqlite3.Cursor>.execute` | a member of any value of the declared type |
//! | `?.execute` | a member of a value whose type is not known (lower confidence; combine with `receivers`) |
//!
//! # Argument paths
//!
//! `0` first positional · `query` keyword · `0:query` either · `*` any · `1..` from the second on · `-1` last ·
//! `receiver` the value left of the dot · `return` the result · a tail of fields and elements: `0.url`, `1[]`, `0.data.text`.
//!
//! Of a tail, `[0]` is the first element, `[]` any. For an assignment (`assigned`, `on = "assign"`) `value` is the
//! assigned value; for a sink on an element (`session[]`) `key` is its key.
//!
//! # How the engine reads them
//!
//! * A decorator, a call and `new` are all calls; `@app.route("/")` is a call of `<flask.Flask>.route`. `with f() as x`
//!   and `await f()` give what `f()` gives. A tagged template is a call whose first argument holds the constant texts
//!   and whose others are the values.
//! * Properties of a JSX element are assignments to `react.jsx.<attribute>` (for any tag).
//! * Python text that is put together from constants and what a request brings is a call of `#text.built` with the
//!   parts as arguments.
//! * For the sink kinds `ssrf` and `redirect`, text with a constant beginning that fixes the host (`https://host/`) is
//!   safe; for `redirect` also one that begins with `/` and not `//`.
//! * The keys of a map and the elements of a list are kept apart from the whole: a tainted element does not make the
//!   container a tainted text.
//!
//! # Kinds
//!
//! Source kinds are listed in [`SOURCE_KINDS`] (`request-segment`: a part of the URL without a slash; `browser`: location, hash, messages; `parameter`: of a function that nobody
//! in the project calls; a weak source that no model names), sink kinds in [`SINK_KINDS`] (`redos`: what a slow expression reads; `address`: what a link leads to;
//! text with a constant beginning that fixes the scheme is safe; `spreadsheet`: cells that may be formulas; `nosql-code`: code that a
//! database runs; `key`: by which nested objects are written; `dispatch`: by which a function is chosen; `module`: what is
//! loaded by name; `browser-code`: what a browser that the program drives runs; `selector`: what jQuery looks for).

#[path = "constant.rs"]
mod constant;
#[path = "rule.rs"]
mod rule;
#[path = "routes.rs"]
mod routes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use constant::Constant;
pub use routes::{GuardModel, MountModel, RouteModel, SessionModel};
pub use rule::*;

/// Every source kind.
#[rustfmt::skip]
pub const SOURCE_KINDS: &[&str] = &[
    "request-query", "request-body", "request-path", "request-segment", "request-header", "request-cookie", "request-file", "websocket",
    "cli", "env", "stdin", "database", "model-output", "tool-argument", "network", "queue", "file", "browser", "parameter",
];

/// Every sink kind.
#[rustfmt::skip]
pub const SINK_KINDS: &[&str] = &[
    "sql", "nosql", "command", "argument", "code", "template", "xss", "html-attribute", "path", "upload", "ssrf",
    "redirect", "header", "log", "nosql-code", "email", "ldap", "xpath", "xxe", "deserialize", "prototype", "regex",
    "format", "mass-assignment", "session", "prompt", "redos", "address", "spreadsheet", "key", "dispatch",
    "security-header", "module", "browser-code", "selector",
];

/// Every guard kind.
#[rustfmt::skip]
pub const GUARD_KINDS: &[&str] = &[
    "authentication", "authorization", "csrf", "rate-limit", "validation", "body-limit", "signature",
];

/// What a handler can do: read, change and delete stored data; take money; send mail and messages; have a model answer;
/// run commands; touch files; ask other hosts; log somebody in; set a password.
#[rustfmt::skip]
pub const EFFECT_KINDS: &[&str] = &[
    "read", "write", "delete", "sql", "payment", "mail", "message", "llm", "command", "file-read", "file-write",
    "fetch", "login", "password",
];

/// What a misuse match can wait for; from the fifth on told by the text alone.
pub const OCCASIONS: &[&str] =
    &["call", "read", "assign", "map", "compare", "assert", "regex", "search", "prefix", "text"];

/// Every shape that a condition can ask for.
pub const SHAPES: &[&str] = &["constant", "not-constant", "string", "list", "map", "template", "function", "once"];

/// One file of `rules/models/<family>/`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The library's name, for messages and as framework name of its routes.
    pub library: String,
    /// `python` or `javascript`.
    pub language: String,
    /// What the file covers and the documentation it was written from.
    #[serde(default)]
    pub references: Vec<String>,
    /// Types that values can have.
    #[serde(default, rename = "type")]
    pub types: Vec<TypeModel>,
    /// Values that taint comes from.
    #[serde(default, rename = "source")]
    pub sources: Vec<SourceModel>,
    /// Places where taint does harm.
    #[serde(default, rename = "sink")]
    pub sinks: Vec<SinkModel>,
    /// Calls whose result is safe for some kinds of sink.
    #[serde(default, rename = "sanitizer")]
    pub sanitizers: Vec<SanitizerModel>,
    /// Calls that tell, as a condition, that a value is safe: `if is_safe(x):`.
    #[serde(default, rename = "validator")]
    pub validators: Vec<ValidatorModel>,
    /// Calls that carry taint in another way than from arguments and receiver to the result (which is the default for
    /// unknown calls).
    #[serde(default, rename = "propagator")]
    pub propagators: Vec<PropagatorModel>,
    /// Calls that call back with values of known types.
    #[serde(default, rename = "callback")]
    pub callbacks: Vec<CallbackModel>,
    /// Functions of the project that a framework calls.
    #[serde(default, rename = "handler")]
    pub handlers: Vec<HandlerModel>,
    /// Calls and decorators that declare routes.
    #[serde(default, rename = "route")]
    pub routes: Vec<RouteModel>,
    /// Calls that mount a router under a prefix.
    #[serde(default, rename = "mount")]
    pub mounts: Vec<MountModel>,
    /// Decorators, middleware, dependencies and calls that guard routes.
    #[serde(default, rename = "guard")]
    pub guards: Vec<GuardModel>,
    /// Values whose use tells how callers are recognised.
    #[serde(default, rename = "session")]
    pub sessions: Vec<SessionModel>,
    /// Calls that fill a template of the project.
    #[serde(default, rename = "render")]
    pub renders: Vec<RenderModel>,
    /// What calls do, told by how they are written.
    #[serde(default, rename = "effect")]
    pub effects: Vec<EffectModel>,
}

/// A type: values with it share members.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeModel {
    /// Its name, as used in `<name>`.
    pub name: String,
    /// Access paths of classes: their instances, parameters annotated with them and `self` in subclasses have the type.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Access paths of values that have the type.
    #[serde(default)]
    pub from: Vec<String>,
    /// Types whose members it has too.
    #[serde(default)]
    pub extends: Vec<String>,
}

/// A value that taint comes from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceModel {
    /// Access paths: reading one gives a tainted value, and so does everything reached from it.
    pub paths: Vec<String>,
    /// The source kind.
    pub kind: String,
    /// In words, for the trace: "the query string".
    pub label: String,
    /// Argument paths that a call of `paths` taints, instead of its value (`reader.readinto(buffer)`).
    #[serde(default)]
    pub taints: Vec<String>,
    /// Sink kinds that it is safe for from the start: a file that was uploaded is no path.
    #[serde(default)]
    pub clears: Vec<String>,
    /// Only if all hold.
    #[serde(default)]
    pub when: Vec<Condition>,
}

/// A place where taint does harm.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinkModel {
    /// Access paths of functions that are called, or with `assigned = true` of members that are assigned to.
    pub paths: Vec<String>,
    /// The sink kind.
    pub kind: String,
    /// Which arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The harm is in assigning (`element.innerHTML = value`).
    #[serde(default)]
    pub assigned: bool,
    /// For `?.name` paths: names of receivers (last identifier, lower case, whole or as its last word), such as `cursor`.
    #[serde(default)]
    pub receivers: Vec<String>,
    /// Only the value's own taint counts, and that of what is spread into it; not that of single named fields.
    #[serde(default)]
    pub whole: bool,
    /// Only if all hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// In words, for the trace: "the SQL text of `execute`"; made from the path when missing.
    #[serde(default)]
    pub label: Option<String>,
    /// `low`, `medium` or `high` (the default): how sure it is that this is the library meant.
    #[serde(default)]
    pub confidence: Option<String>,
}

/// A call whose result is safe for some kinds of sink, or a member that is safe to read (`<http.Response>.status_code`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SanitizerModel {
    /// Access paths of functions.
    pub paths: Vec<String>,
    /// Sink kinds that the result is safe for; `*` is all (`int(x)`).
    pub clears: Vec<String>,
    /// Arguments that are safe afterwards, instead of the result (`validate(x)` that throws).
    #[serde(default)]
    pub args: Vec<String>,
    /// Middleware that cleans what requests send: calling it anywhere makes every `request-*` source of the project safe.
    #[serde(default)]
    pub app_wide: bool,
    /// Only if all hold.
    #[serde(default)]
    pub when: Vec<Condition>,
}

/// A call that, as a condition, tells that a value is safe.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorModel {
    /// Access paths of functions.
    pub paths: Vec<String>,
    /// Sink kinds it makes safe; `*` is all.
    pub clears: Vec<String>,
    /// Which arguments it speaks of (`receiver` for `x.isalnum()`).
    pub args: Vec<String>,
    /// The outcome that means safe.
    #[serde(default = "yes")]
    pub safe_when: bool,
}

fn yes() -> bool {
    true
}

/// A call that carries taint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropagatorModel {
    /// Access paths of functions.
    pub paths: Vec<String>,
    /// Argument paths that taint is read from. An empty list: the call carries none at all.
    pub from: Vec<String>,
    /// Argument path that it goes to.
    #[serde(default = "to_return")]
    pub to: String,
}

fn to_return() -> String {
    "return".to_owned()
}

/// A call that fills a template: what it passes becomes the template's variables.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderModel {
    /// Access paths of functions.
    pub paths: Vec<String>,
    /// Argument path of the template's name. `receiver` is a value that a call made: `made_by` tells which of its
    /// arguments was the name (`env.get_template(name).render(…)`).
    pub template: String,
    /// Argument path of the name in the call that made the template.
    #[serde(default)]
    pub made_by: Option<String>,
    /// Where its variables come from: argument paths of mappings; `kwargs` are the keyword arguments of the call that
    /// nothing else is read from. Nothing: the call gives the template itself, for what is defined in it.
    #[serde(default)]
    pub context: Vec<String>,
    /// Variables that it has besides: their names, and the argument path or access path of the value.
    #[serde(default)]
    pub provides: BTreeMap<String, String>,
}

/// A call that calls back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackModel {
    /// Access paths of functions.
    pub paths: Vec<String>,
    /// Arguments that are the callbacks.
    pub args: Vec<String>,
    /// What each parameter of the callback gets: `<type>`, an argument path (`receiver[]` for `items.map(x => …)`), or
    /// an empty string for nothing known. Where the callback declares four parameters and `error_first` lists four, that is used.
    pub params: Vec<String>,
    /// The parameters of an error-handling callback (Express: four parameters).
    #[serde(default)]
    pub error_first: Vec<String>,
    /// Where the callback's result goes: an argument path such as `return[]`, or nothing.
    #[serde(default)]
    pub returns: Option<String>,
}

/// A function of the project that a framework calls: told by decorator, base class, exported name or convention.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerModel {
    /// Access paths of decorators.
    #[serde(default)]
    pub decorators: Vec<String>,
    /// Types whose subclasses' methods are handlers.
    #[serde(default)]
    pub methods_of: Vec<String>,
    /// Names of the functions or methods (with `methods_of`, `files` or `imports`); empty is any.
    #[serde(default)]
    pub names: Vec<String>,
    /// Globs of files whose exported functions are handlers (`**/app/**/route.ts`).
    #[serde(default)]
    pub files: Vec<String>,
    /// The file must import one of these modules (`django`).
    #[serde(default)]
    pub imports: Vec<String>,
    /// A directive that makes exported functions handlers (`use server`).
    #[serde(default)]
    pub directive: Option<String>,
    /// What parameters get.
    #[serde(default)]
    pub params: Vec<HandlerParam>,
    /// Sink kind of the returned value, for frameworks that send a returned string as HTML.
    #[serde(default)]
    pub returns: Option<String>,
    /// Only decorators that are called with this keyword and a value of this name: `response_class=HTMLResponse`.
    #[serde(default)]
    pub keyword: Option<(String, String)>,
    /// Only functions that a URL pattern names, and only their parameters that are in the pattern (Django).
    #[serde(default)]
    pub by_pattern: bool,
}

/// What a parameter of a handler gets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandlerParam {
    /// Its position (`self` not counted), or nothing for any.
    pub position: Option<u32>,
    /// Its name, or nothing for any.
    pub name: Option<String>,
    /// The type of the value: `<type>`.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// The source kind, if it is tainted.
    pub source: Option<String>,
    /// In words, for the trace.
    pub label: Option<String>,
    /// What a parameter is called that the route's pattern holds to one segment of the path: it is a `request-segment`.
    /// For frameworks that decode the path before they match it, so that it holds no slash.
    pub segment: Option<String>,
    /// Not when the annotation is one of these access paths (or a subclass of it), or the default (or `Annotated` metadata) calls one.
    pub except: Vec<String>,
    /// How many guesses it is that a stranger chooses it: arguments of tasks are what the application itself has queued.
    pub guesses: u8,
}

/// What a call does, told by how it is written: of `await db.user.findUnique(…)` the name is `findUnique`, the receiver
/// `db.user`; calls on the way count as names (`query().first()` has the receiver `query`).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectModel {
    /// One of [`EFFECT_KINDS`]; `sql` is told by the first word of the statement that is passed.
    pub kind: String,
    /// Names of what is called.
    pub names: Vec<String>,
    /// The receiver must match this regular expression (without regard to case).
    #[serde(default)]
    pub receivers: Option<String>,
    /// The receiver must not match.
    #[serde(default)]
    pub not_receivers: Option<String>,
    /// Some constant text, keyword or key of a map in the arguments must match.
    #[serde(default)]
    pub mentions: Option<String>,
}

/// A condition on a call. All given fields must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Argument path.
    pub arg: String,
    /// The argument is not given.
    #[serde(default)]
    pub absent: Option<bool>,
    /// Its constant value is one of these.
    #[serde(default)]
    pub is: Vec<Constant>,
    /// Its value is known not to be, or not known to be, one of these.
    #[serde(default)]
    pub is_not: Vec<Constant>,
    /// Its constant text matches the regular expression.
    #[serde(default)]
    pub matches: Option<String>,
    /// The constant text that it is, or that it begins with, matches the regular expression.
    #[serde(default)]
    pub begins: Option<String>,
    /// Its constant number is below.
    #[serde(default)]
    pub below: Option<i64>,
    /// The value comes from one of these access paths.
    #[serde(default)]
    pub from: Vec<String>,
    /// The value does not come from one of these access paths.
    #[serde(default)]
    pub not_from: Vec<String>,
    /// `constant`, `not-constant`, `string`, `list`, `map`, `template`, `function`: the shape of the value; `once`: a text, or a
    /// regular expression without the flag `g`.
    #[serde(default)]
    pub shape: Option<String>,
    /// Its constant number has one of these bits.
    #[serde(default)]
    pub bits: Option<i64>,
    /// It comes from a request or the address of the page, as far as the function itself shows, and is not made safe for
    /// this sink kind.
    #[serde(default)]
    pub open_for: Option<String>,
    /// It is a constant regular expression that can (`true`) take exponential time.
    #[serde(default)]
    pub backtracks: Option<bool>,
    /// Misuse only: a name whose value the argument shows matches: of a variable, a member (also `object.member`), a
    /// constant key, a called function (`get_password()`), in put together text, lists and maps, not in `len(password)`.
    #[serde(default)]
    pub named: Option<String>,
    /// Names that `named` passes over.
    #[serde(default)]
    pub not_named: Option<String>,
    /// Misuse only: a name or text anywhere in the argument matches, bodies of functions included.
    #[serde(default)]
    pub mentions: Option<String>,
    /// Misuse only: none does.
    #[serde(default)]
    pub not_mentions: Option<String>,
}
