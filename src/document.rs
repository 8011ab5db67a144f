//! The audit document: everything known about a project, as reporters print it and policies get it as `input`.
//!
//! Its JSON form is a contract (`"schema": "stageclear.audit/1"`); `docs/audit.schema.json` is generated from these
//! types and a stale copy fails `cargo test`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::advisory::{AdvisoryStatus, Vulnerability};
use crate::base::{Finding, Location, Problem, Severity, SuppressionKind, VexStatus};
use crate::checklist::Checklist;
use crate::config::Setting;
use crate::config::resource::Resource;
use crate::database::Database;
use crate::dependency::DependencyFact;
use crate::endpoint::{Disclosure, Endpoint, Trusted};
use crate::exposure::Exposure;
use crate::firebase::FirebaseRules;
use crate::options::LicenseLists;
use crate::package::{OwnPackage, Package};

/// The value of [`Document::schema`].
pub const SCHEMA: &str = "stageclear.audit/1";

/// One audit of one project.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Which program wrote this.
    pub tool: Tool,
    /// What was audited.
    pub project: Project,
    /// Packages named by lockfiles and manifests.
    pub packages: Vec<Package>,
    /// What stands out about dependencies: their names, sources, ranges, and what of them the code imports.
    #[serde(default)]
    pub dependencies: Vec<DependencyFact>,
    /// Advisories that hit packages, aliases merged.
    pub vulnerabilities: Vec<Vulnerability>,
    /// The advisory data that was used; `None` where dependencies were not audited.
    pub advisories: Option<AdvisoryStatus>,
    /// Located facts from configuration.
    pub settings: Vec<Setting>,
    /// Images, services, workflows, workloads, web servers, agents' configuration, with the facts about each.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// Routes and what guards them.
    pub endpoints: Vec<Endpoint>,
    /// What responses tell strangers: exceptions, which accounts exist.
    #[serde(default)]
    pub disclosures: Vec<Disclosure>,
    /// Roles and prices that pages write into a data service by themselves.
    #[serde(default)]
    pub browser_writes: Vec<Trusted>,
    /// Databases at the end of their migrations.
    #[serde(default)]
    pub databases: Vec<Database>,
    /// Security rules of Firebase.
    #[serde(default)]
    pub firebase: Vec<FirebaseRules>,
    /// What the browser gets, or decides.
    #[serde(default)]
    pub exposures: Vec<Exposure>,
    /// Hits, worst first.
    pub findings: Vec<Finding>,
    /// What could not be read or checked.
    pub problems: Vec<Problem>,
    /// Exceptions that were in force or failed to be.
    pub waivers: Vec<Waiver>,
    /// The policies that ran, each with its result.
    pub policies: Vec<PolicyResult>,
    /// Passed or not, and why. `None` for a `scan`.
    pub verdict: Option<Verdict>,
    /// 0 to 100. `None` for a `scan`.
    pub score: Option<Score>,
    /// The release checklist, and what the matrix of routes and guards lacks. `None` for a `scan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist: Option<Checklist>,
}

/// The program that wrote a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `stageclear`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was audited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    /// Name of the audited folder, without the path to it.
    pub name: String,
    /// What ran: `scan` or `audit`.
    pub command: String,
    /// Frameworks that the code imports or the manifests name, sorted (`flask`, `express`, …).
    pub frameworks: Vec<String>,
    /// What was read.
    pub coverage: Coverage,
    /// What the manifests say about the project itself and its parts, in order of their paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<OwnPackage>,
    /// The options that policies may need.
    pub options: ProjectOptions,
    /// The organisation whose policy is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationFact>,
}

/// An organisation's policy that a run obeyed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganizationFact {
    /// The organisation's name, as its policy gives it.
    pub name: String,
    /// Where the policy came from.
    pub source: String,
    /// Its revision, in the organisation's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// `sha256:` of its content.
    pub digest: String,
    /// What in the project asked for less than it demands.
    pub attempts: Vec<Attempt>,
}

/// Something in a repository, or on its command line, that asked for less than the organisation demands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// What was asked for, and what holds instead.
    pub message: String,
    /// Where it is written; the configuration file as a whole where its line is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// Options as policies see them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectOptions {
    /// Findings at or above this severity fail the gate.
    pub fail_on: Option<Severity>,
    /// Whether an incomplete audit fails.
    pub strict: bool,
    /// Age in days of advisory data from which the audit counts as incomplete; only where the configuration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_advisory_age: Option<i64>,
    /// The level of policies that was chosen; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Which licences packages may have; only where the configuration says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<LicenseLists>,
}

/// Counts for the "not checked" ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Files that some analysis read.
    pub files_checked: u64,
    /// Bytes of those files.
    pub bytes_checked: u64,
    /// Source files per language family.
    pub source_files: std::collections::BTreeMap<String, u64>,
    /// Files of no kind that any analysis reads (images, archives, unsupported languages).
    pub files_skipped: u64,
    /// Source files of languages without a frontend, per file extension.
    pub unsupported: std::collections::BTreeMap<String, u64>,
    /// Files over a limit, unreadable, or parsed only in part.
    pub files_incomplete: u64,
    /// Vendored files, seen but reported apart.
    pub vendored_files: u64,
    /// Generated or minified files.
    pub generated_files: u64,
    /// Findings that a suppression, waiver or baseline silenced.
    pub suppressed: u64,
    /// Commits of the history that were searched for secrets, if that was asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub commits_checked: u64,
    /// Files of the history that were searched, each content once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blobs_checked: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// One exception, from whichever mechanism.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// The mechanism.
    pub kind: SuppressionKind,
    /// The rules it names; one ending in `*` stands for all that begin so.
    pub rules: Vec<String>,
    /// The advisory it names instead of a rule, by any of its ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory: Option<String>,
    /// Glob of the paths it holds for; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The package it holds for: its name, `name@version` or package URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The finding it holds for, by the beginning of its fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What it says of the vulnerability, where it says more than that the finding is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<VexStatus>,
    /// Why the project is not affected, in the words of OpenVEX or CycloneDX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// What is done about it, in the words of CycloneDX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The reason given.
    pub reason: String,
    /// Who answers for it; empty for a comment in the source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Where it is discussed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When it was written, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The last day it holds, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Days until then, negative when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// Days from when it was written (today, if it does not say) until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_days: Option<i64>,
    /// Where it is written.
    pub location: Location,
    /// How many findings it silenced.
    pub used: u64,
    /// The worst that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Fingerprints of the findings that it speaks of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Why it is not in force, as policies say; empty when it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

impl Waiver {
    /// One that says nothing yet, to be filled.
    pub(crate) fn empty() -> Self {
        Self {
            kind: SuppressionKind::Waiver,
            rules: Vec::new(),
            advisory: None,
            path: None,
            package: None,
            fingerprint: None,
            status: None,
            justification: None,
            response: None,
            reason: String::new(),
            owner: String::new(),
            ticket: None,
            created: None,
            expires: None,
            days_left: None,
            life_days: None,
            location: Location::file(""),
            used: 0,
            severity: None,
            findings: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// The rules, the advisory or the finding it names, in words.
    #[must_use]
    pub fn names(&self) -> String {
        let named = self.advisory.clone().or_else(|| (!self.rules.is_empty()).then(|| self.rules.join(", ")));
        named.or_else(|| self.fingerprint.clone()).unwrap_or_else(|| "every accepted finding".to_owned())
    }
}

/// What became of one policy rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyResult {
    /// Rule id, `policy/<pack>/<kebab-name>` for the built-in ones.
    pub rule: String,
    /// Title from its metadata.
    pub title: String,
    /// `built-in`, or the file that the user added.
    pub source: String,
    /// `pass`, `warn` or `deny`.
    pub outcome: PolicyOutcome,
    /// How many violations it reported.
    pub violations: u64,
}

/// The outcome of a policy rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicyOutcome {
    /// Nothing to say.
    Pass,
    /// Reported, does not fail the gate by itself.
    Warn,
    /// Fails the gate.
    Deny,
}

/// Passed or not, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Whether the gate lets the project through.
    pub passed: bool,
    /// Whether something that should have been checked was not.
    pub incomplete: bool,
    /// Each reason against, most serious first.
    pub reasons: Vec<String>,
}

/// The score and what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// 0 (worst) to 100.
    pub value: u32,
    /// Points taken off, per reason.
    pub deductions: Vec<Deduction>,
    /// What to mend first, and what the score is then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextScore>,
}

/// The heaviest findings, and the score without them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextScore {
    /// Their fingerprints, the heaviest first.
    pub findings: Vec<String>,
    /// The score once they are mended.
    pub value: u32,
}

/// Points taken off the score.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deduction {
    /// What for.
    pub reason: String,
    /// How many points.
    pub points: u32,
}
