//! The programming languages a frontend can exist for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A source language. JavaScript and TypeScript share their library models; see [`Language::family`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python 3 (Python 2 is read as far as it parses).
    Python,
    /// JavaScript, JSX.
    JavaScript,
    /// TypeScript, TSX.
    TypeScript,
}

impl Language {
    /// The name used in rule ids and in `rules/models/<family>`: TypeScript counts as JavaScript.
    #[must_use]
    pub fn family(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript | Self::TypeScript => "javascript",
        }
    }
}
