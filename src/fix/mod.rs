//! Fixes: the smallest versions that leave all advisories, the edits that ask for them, what stands in their way, and a few
//! edits of code that are right wherever their rule reports.
//!
//! In reading order: [`target`] chooses among the versions that advisories call fixed (no other version is ever named),
//! [`range`] says whether a requirement admits one and writes it raised, [`manifest`] and [`lines`] say where requirements
//! stand, [`parents`] who else asks, [`tool`] which command a lockfile needs, [`plan`] puts these together; [`code`] makes
//! edits for findings in code; [`apply`] splices edits into text and writes files, all or nothing; [`render`] prints.
//!
//! Left out on purpose: writing lockfiles that hold hashes or a resolution. What was edited is audited again in memory by
//! the caller ([`Plan::verify`]); a change that does not do what it says is taken back.

pub mod apply;
mod code;
mod lines;
mod manifest;
mod overrides;
mod parents;
mod plan;
mod range;
pub mod render;
mod target;
mod tool;
mod verify;

use serde::Serialize;

pub use code::RULES as CODE_RULES;
pub use plan::{Input, plan};
pub use tool::Command;

use crate::base::{Applicability, Edit, Location, Problem};
use crate::package::Ecosystem;

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A package and its version.
    Dependency,
    /// A place in the code or a setting.
    Code,
}

/// How far a change has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The edited files were audited again in memory, and what was reported is gone.
    Verified,
    /// A command of the package manager has to be run; nothing is verified before.
    NeedsCommand,
    /// There is a change, but it may break what works: `--unsafe` makes it.
    NeedsReview,
    /// Something stands in the way that no edit of the project removes.
    Blocked,
    /// No advisory names a version without the weakness.
    NoKnownFix,
    /// Another change of the same place goes first; run again after it.
    Conflict,
    /// The edit did not do what it should, and was taken back.
    Withdrawn,
}

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about.
    pub kind: Kind,
    /// The rule whose finding it answers.
    pub rule: String,
    /// What it does, as an imperative.
    pub title: String,
    /// Where the finding stands.
    pub location: Location,
    /// The ecosystem of the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ecosystem: Option<Ecosystem>,
    /// The package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Its version now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The version to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Advisories that `to` leaves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<String>,
    /// Advisories that stay: they name no fixed version, or none at all is free of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unfixed: Vec<String>,
    /// Whether it may be made unread.
    pub applicability: Applicability,
    /// How far it has got.
    pub state: State,
    /// Why it is in that state, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who asks for something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
    /// What is edited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// What has to be run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
    /// Fingerprint of the finding.
    #[serde(skip)]
    pub fingerprint: String,
}

/// A file with its edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edited {
    /// Path relative to the audited folder.
    pub path: String,
    /// The difference in unified form.
    pub diff: String,
    /// The new text, without a byte-order mark.
    #[serde(skip)]
    pub text: String,
    /// The old text.
    #[serde(skip)]
    pub old: String,
}

/// The value of [`Plan::schema`].
pub const SCHEMA: &str = "stageclear.fix/1";

/// Everything that can be done, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// Whether files were written.
    pub applied: bool,
    /// The changes, by place.
    pub changes: Vec<Change>,
    /// The files that change.
    pub files: Vec<Edited>,
    /// What could not be read or written.
    pub problems: Vec<Problem>,
}

impl Plan {
    /// Whether everything that the plan speaks of is done: nothing waits for a command, a person or another version.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let nothing_left = |change: &Change| change.unfixed.is_empty() && change.commands.is_empty();
        let done = |change: &Change| change.state == State::Verified && nothing_left(change);
        self.changes.iter().all(done) && (self.applied || self.files.is_empty())
    }
}
