//! What role a file plays, told from its path and head: production code weighs more than a test or an example.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The role of a file in its project. Findings outside [`CodeContext::Production`] are reported apart and lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CodeContext {
    /// Runs where users are, as far as can be told.
    #[default]
    Production,
    /// Development only: local settings, fixtures for a developer's machine, scripts.
    Development,
    /// Tests and their fixtures.
    Test,
    /// Examples, samples, documentation.
    Example,
    /// Someone else's code kept in the tree.
    Vendored,
    /// Written by a tool, or minified.
    Generated,
}
