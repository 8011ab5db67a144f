//! How far a secret has got: the same value is the same leak wherever it stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the secret of a finding is known to be. Never its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Leak {
    /// A salted hash of the value: equal for equal secrets, in any file and any commit.
    pub identity: String,
    /// Whether the value is one that anybody may think of: then equal values are not one secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guessable: bool,
    /// What git knows of it; unset where no repository was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<LeakState>,
    /// The earliest commit known to hold it, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit: String,
    /// The day on which the author of that commit wrote it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
    /// Where a remote of the repository lies, if that is a host of public repositories.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
}

/// What git knows of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeakState {
    /// The last commit holds it.
    Committed,
    /// Only the working tree holds it.
    Uncommitted,
    /// It stands in a file that git ignores.
    Ignored,
    /// An earlier commit holds it, the last one does not.
    Removed,
}

impl Leak {
    /// A leak of which only the value's hash is known.
    #[must_use]
    pub fn of(identity: impl Into<String>) -> Self {
        Self { identity: identity.into(), ..Self::default() }
    }
}
