//! What could not be read or checked. Silence is the worst bug of an auditor: whatever is left out becomes a problem.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Location;

/// Why something was not (fully) checked. The variants are the rows of the "not checked" ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The file could not be opened or read.
    Unreadable,
    /// Not in an encoding that could be decoded without loss.
    Encoding,
    /// The file does not parse; what could be read of it was checked.
    Syntax,
    /// Over a size, count, depth or time limit.
    Limit,
    /// A format that is recognised but not supported.
    Unsupported,
    /// A dependency whose version is not known exactly, so it could not be matched.
    Unresolved,
    /// Advisory data that is missing, broken or old.
    Advisories,
    /// A suppression, waiver or baseline entry that is malformed, unknown or unused.
    Suppression,
    /// A policy or rule that could not be evaluated.
    Policy,
    /// A configuration that is obeyed only in part or not at all.
    Configuration,
    /// Stageclear's own failure; what it was doing is in the message.
    Internal,
}

/// One thing that could not be read or checked: what happened, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What sort of gap this is.
    pub kind: ProblemKind,
    /// Where; a whole file when the line is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What happened, in lower case, without a final dot, values in backticks.
    pub message: String,
    /// What the reader can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether something that should have been checked was not: such a problem makes an audit incomplete (exit 3 under
    /// `--strict`). A mere remark leaves it `false`.
    pub incomplete: bool,
}

impl Problem {
    /// A problem that leaves the audit incomplete.
    #[must_use]
    pub fn incomplete(kind: ProblemKind, location: Option<Location>, message: impl Into<String>) -> Self {
        Self { kind, location, message: message.into(), hint: None, incomplete: true }
    }

    /// A remark: worth telling, but nothing was left unchecked.
    #[must_use]
    pub fn remark(kind: ProblemKind, location: Option<Location>, message: impl Into<String>) -> Self {
        Self { kind, location, message: message.into(), hint: None, incomplete: false }
    }

    /// The same problem with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
