//! Audited configuration → located facts. What is allowed is decided by policies, never here.
//!
//! Two ways in: [`ALL`] reads configuration files by format, [`source_settings`] reads what programs set (Django settings
//! modules, Flask's `app.config`, CORS middleware, Express sessions, …) from their trees, with a small evaluator that
//! knows constants and the environment and never runs anything.
//!
//! Which files count as configuration is chosen by path in [`choose`]: dotenv files; YAML, TOML, JSON and INI files with
//! a name or folder that says configuration. Locale files, fixtures, API descriptions, lockfiles, manifests and the
//! settings of development tools are left out.
//!
//! A secret's text never stands in a [`Setting`]; see [`sensitive`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Language, Location, Problem, SourceFile};
use crate::syntax::Tree;

pub mod choose;
mod deploy;
mod dotenv;
pub mod effective;
mod hcl;
mod ini;
mod javascript;
mod json;
mod practice;
mod python;
pub mod resource;
pub mod sensitive;
#[cfg(test)]
mod tests;
mod toml;
mod value;
mod yaml;

pub use hcl::written as hcl_as_written;
pub use javascript::javascript_settings;
pub use python::python_settings;

/// One fact from one configuration file: a key, where it stands, and what its value is or where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// What the file belongs to: `django`, `flask`, `fastapi`, `pydantic`, `python` (a settings module of no known
    /// framework), `express`, `dotenv`, `deploy` (Dockerfile, Procfile), `compose`, `yaml`, `toml`, `json`, `ini`.
    pub dialect: String,
    /// Normalised key path, `.`-separated: `DEBUG`, `DATABASES.default.PASSWORD`, `services.db.ports.0`.
    pub key: String,
    /// The value, or what is known of it.
    pub value: SettingValue,
    /// Where it is set.
    pub location: Location,
    /// Role of the file; a settings module for tests or development is not production.
    pub context: CodeContext,
    /// How the value came about, for the reader: "default of `os.environ.get(\"DEBUG\")`".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
    /// Whether a secret is written here: the value is masked, unless it is a mere placeholder.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// Whether the secret that is written here is easily guessed: a placeholder, a dictionary word, too short.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
    /// What the setting is in production, where other files say so; see [`effective`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
}

/// What a setting is in production, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effective {
    /// The value.
    pub value: SettingValue,
    /// Where it comes from: "`DEBUG` is set in docker-compose.yml:16".
    pub provenance: String,
    /// The place that decides.
    pub location: Location,
    /// Whether another setting takes this one's place, and is judged instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overridden: bool,
    /// The setting of another file that is read, by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What is known of a setting's value. A secret's text never stands here: it is masked before the setting is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum SettingValue {
    /// Written in the file.
    Literal {
        /// The value as JSON.
        value: serde_json::Value,
    },
    /// Read from the environment.
    Environment {
        /// The variable.
        name: String,
        /// What is used when it is unset, as JSON; `None` when there is no default (the program fails or gets nothing).
        #[serde(skip_serializing_if = "Option::is_none")]
        default: Option<serde_json::Value>,
    },
    /// One of several values, depending on a condition that is not known (a conditional expression or branch).
    OneOf {
        /// The candidates.
        values: Vec<SettingValue>,
    },
    /// What a setting of another file holds: `settings.CORS_ORIGINS`.
    Named {
        /// The name as it is written.
        name: String,
    },
    /// An expression whose value is not known.
    Unknown,
}

/// What one configuration file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigExtract {
    /// The settings in file order.
    pub settings: Vec<Setting>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads one format of configuration files.
pub trait ConfigParser: Sync {
    /// The format's name.
    fn name(&self) -> &'static str;

    /// Whether a path is such a file, and configuration.
    fn matches(&self, path: &str) -> bool;

    /// Reads anything: what cannot be read becomes a problem.
    fn parse(&self, file: &SourceFile) -> ConfigExtract;
}

/// Every format.
pub static ALL: &[&dyn ConfigParser] =
    &[&dotenv::Dotenv, &deploy::Deploy, &yaml::Yaml, &toml::Toml, &json::Json, &ini::Ini];

/// The settings that a program's source sets.
#[must_use]
pub fn source_settings(file: &SourceFile, tree: &Tree, context: CodeContext) -> Vec<Setting> {
    let mut settings = match tree.language {
        Language::Python => python_settings(file, tree, context),
        Language::JavaScript | Language::TypeScript => javascript_settings(file, tree, context),
    };
    settings.extend(practice::practices(file, tree, context));
    settings
}
