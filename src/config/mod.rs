//! Audited configuration → located facts. What is allowed is decided by policies, never here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Location};

/// One fact from one configuration file: a key, where it stands, and what its value is or where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// What the file belongs to: `django`, `flask`, `fastapi`, `express`, `dotenv`, `compose`, `yaml`, `toml`, `json`, `ini`.
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
    /// An expression whose value is not known.
    Unknown,
}

/// Reads one configuration format.
pub trait ConfigParser: Sync {
    /// Whether this parser wants a file of that workspace-relative path.
    fn matches(&self, path: &str) -> bool;
}

/// Every supported format.
pub static ALL: &[&dyn ConfigParser] = &[];
