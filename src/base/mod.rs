//! The bottom of the crate: places in files, findings, problems, edits.
//!
//! Nothing here knows a language, a file format or a rule. A finding names its rule by a string id, so that
//! no type here has to change when a rule is added.

pub mod base64;
pub mod context;
pub mod distance;
pub mod finding;
pub mod fingerprint;
pub mod fix;
#[cfg(test)]
pub(crate) mod fixture;
pub mod language;
pub mod leak;
pub mod mask;
pub mod pattern;
pub mod problem;
pub mod source;
pub mod span;
pub mod vex;

pub use context::CodeContext;
pub use finding::{
    Confidence, Finding, FindingBuilder, Folded, Related, Severity, Snippet, StepKind, Suppression, SuppressionKind,
    TraceStep,
};
pub use fix::{Applicability, Edit, Fix};
pub use language::Language;
pub use leak::{Leak, LeakState};
pub use problem::{Problem, ProblemKind};
pub use source::SourceFile;
pub use span::{Location, Span};
pub use vex::VexStatus;
