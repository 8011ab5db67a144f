//! Stageclear's own options: as written in `stageclear.toml` ([`file`]) and as resolved from file and flags ([`Options`]).
//!
//! Leaves out: the options of single commands (`db`, `policy`, …), which their clap types hold.

pub mod file;

use std::path::PathBuf;

use globset::GlobSet;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Severity;

pub use file::{OptionsError, OptionsFile};

/// How large things may be. Whatever is over a limit becomes a problem of kind `limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a source or configuration file that is parsed.
    pub source_bytes: u64,
    /// Bytes of any file that is read at all (lockfiles, text searched for secrets).
    pub file_bytes: u64,
    /// Files of one audit.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { source_bytes: 8 << 20, file_bytes: 256 << 20, files: 1_000_000 }
    }
}

/// Everything a run needs to know, ready to use.
#[derive(Debug, Clone)]
pub struct Options {
    /// Findings at or above this severity fail the run.
    pub fail_on: Severity,
    /// Findings below this severity are not shown (they still count for nothing else).
    pub show_from: Severity,
    /// Whether an incomplete audit fails (exit 3).
    pub strict: bool,
    /// Whether files that git ignores are read too.
    pub no_ignore: bool,
    /// An organisation's policy is in force: what the repository says of itself does not make the audit smaller. Marks of
    /// generators in files are not believed, and without git's index what `.gitignore` names is read.
    pub scope_locked: bool,
    /// Paths that are never read.
    pub exclude: GlobSet,
    /// Rules that are switched off, by id.
    pub disabled: Vec<String>,
    /// The user's policies: files and folders.
    pub policies: Vec<PathBuf>,
    /// What is chosen of the policies.
    pub choice: PolicyChoice,
    /// Text of the project's waiver file ([`crate::triage::waiver`]).
    pub waivers: Option<String>,
    /// Which licences packages may have.
    pub licenses: Option<LicenseLists>,
    /// VEX documents, in the order in which they were given ([`crate::triage::vex`]).
    pub vex: Vec<VexFile>,
    /// Names by which VEX documents mean this project, besides those of its manifests.
    pub vex_products: Vec<String>,
    /// Text of the project's baseline ([`crate::triage::baseline`]).
    pub baseline: Option<String>,
    /// Whether exceptions without a hit are told: only where everything was looked at.
    pub unused_exceptions: bool,
    /// Where imported advisory data lies; `None` for the snapshot in the binary alone.
    pub cache_dir: Option<PathBuf>,
    /// Age in days of advisory data from which the audit counts as incomplete; `None` for no such limit.
    pub max_advisory_age: Option<i64>,
    /// Worker threads; `None` is one per core.
    pub jobs: Option<usize>,
    /// Base URL of an export in OSV's layout, for `db update`.
    pub db_url: Option<String>,
    /// The day that the age of advisory data is counted to. Nothing below the command line reads a clock.
    pub today: Date,
    /// Size limits.
    pub limits: Limits,
    /// What alone is looked at; everything if `None`.
    pub only: Option<Only>,
    /// Whom to ask about packages: with `--online` only.
    pub online: Option<Online>,
    /// Whether the members of archives are searched for secrets.
    pub archives: bool,
    /// Whether the history of the repository is searched for secrets, and from where on.
    pub history: Option<History>,
    /// Whether what is looked at is a part of the project, so that nothing can be said about what it lacks.
    pub partial: bool,
}

/// Level, packs and parameters of policies as `stageclear.toml` writes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyChoice {
    /// The file's name.
    pub file: String,
    /// Its text, for messages.
    pub text: String,
    /// How much is asked.
    pub level: Option<Named>,
    /// Packs; all if `None`.
    pub packs: Option<Vec<Named>>,
    /// Values by name.
    pub parameters: Vec<(Named, serde_json::Value)>,
}

/// A part of what is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// Secrets, in every file.
    Secrets,
    /// Lockfiles and manifests, and what the code imports of them.
    Dependencies,
    /// The flow of data through the source, and what it calls wrongly.
    Code,
}

impl Only {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Secrets, Self::Dependencies, Self::Code];

    /// As `--only` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Dependencies => "dependencies",
            Self::Code => "code",
        }
    }

    /// That of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|only| only.name() == name)
    }
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As written.
    pub name: String,
    /// Its bytes in the file.
    pub span: std::ops::Range<usize>,
}

/// Which licences packages may have: SPDX identifiers, `*` for any part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseLists {
    /// Only these; all that are not denied where it is empty.
    #[serde(default)]
    pub allow: Vec<String>,
    /// None of these.
    #[serde(default)]
    pub deny: Vec<String>,
}

/// A VEX document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexFile {
    /// Its path as it was given.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// How far back the history is searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Only what commits since this day, or after this commit, brought.
    pub since: Option<String>,
}

/// Registries that may be asked. None of these addresses comes from the audited project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Online {
    /// Base address of deps.dev's API, version 3.
    pub api: String,
    /// The registry of the user's npm.
    pub npm: Option<String>,
    /// The sparse index of the user's Cargo.
    pub cargo: Option<String>,
    /// The simple index of the user's pip.
    pub pip: Option<String>,
}

impl Options {
    /// The defaults, on a day.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self {
            fail_on: Severity::High,
            show_from: Severity::Info,
            strict: false,
            no_ignore: false,
            scope_locked: false,
            exclude: GlobSet::empty(),
            disabled: Vec::new(),
            policies: Vec::new(),
            choice: PolicyChoice::default(),
            waivers: None,
            licenses: None,
            vex: Vec::new(),
            vex_products: Vec::new(),
            baseline: None,
            unused_exceptions: false,
            cache_dir: None,
            max_advisory_age: None,
            jobs: None,
            db_url: None,
            today,
            limits: Limits::default(),
            only: None,
            online: None,
            archives: false,
            history: None,
            partial: false,
        }
    }

    /// Whether nothing but that is looked at.
    #[must_use]
    pub fn only(&self, what: Only) -> bool {
        self.only == Some(what)
    }
}
