//! Changes that a finding offers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Span};

/// Whether a fix may be applied without a person reading it (the terms are ruff's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Keeps the program's meaning apart from the weakness.
    Safe,
    /// Needs review: applied only with `--unsafe`.
    NeedsReview,
}

/// One replaced span of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// Where, for the reader.
    pub location: Location,
    /// What is replaced, in bytes of the file's decoded text.
    #[schemars(skip)]
    #[serde(skip)]
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// A change on offer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// What the change does, as an imperative: "bind the value as a parameter".
    pub title: String,
    /// Whether it may be applied unread.
    pub applicability: Applicability,
    /// The edits, in file order, not overlapping.
    pub edits: Vec<Edit>,
}
