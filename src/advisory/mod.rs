//! Advisories: records, the store, matching. Facts only.
//!
//! In reading order: [`record`] (one advisory, reduced to facts) from [`osv`] JSON or [`rustsec`] Markdown, its severity by
//! [`cvss`]; [`import`] reads folders and archives of them, [`update`] fetches those; [`store`] keeps them on disk,
//! [`snapshot`] is the set inside the binary, [`database`] is both behind one lookup; [`matcher`] holds packages against
//! it, [`exploit`] says which weaknesses attackers use. The types here are what the audit document says about the result.

#[cfg(test)]
mod agreement;
pub mod cvss;
pub mod database;
mod delta;
pub mod exploit;
pub mod finding;
pub mod import;
pub mod matcher;
pub mod mirror;
pub mod osv;
pub mod record;
pub mod rustsec;
pub mod snapshot;
pub mod store;
pub mod update;

pub use database::{Database, OpenOptions};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{Location, Severity};
use crate::package::{Ecosystem, UsageState};

/// One weakness of one package version, all advisories about it merged by alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Vulnerability {
    /// The preferred id: of the ecosystem's own database, else GHSA, else CVE.
    pub id: String,
    /// Every other id of the same weakness, sorted.
    pub aliases: Vec<String>,
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The package's name.
    pub package: String,
    /// The version that is affected.
    pub version: String,
    /// The package URLs that are hit (the key into `packages`).
    pub purl: String,
    /// From the CVSS vector, else the database's own word; `None` if neither is there.
    pub severity: Option<Severity>,
    /// The CVSS vector the severity came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvss: Option<String>,
    /// CVSS base score times ten (75 is 7.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u32>,
    /// CWE numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<u32>,
    /// `unmaintained`, `unsound`, `notice`, or `None` for a vulnerability proper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub informational: Option<String>,
    /// Versions that leave the affected ranges, lowest first, only those above `version`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// Affected functions, where the advisory names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Operating systems, processors or runtimes that alone are affected; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Whether the package itself is malware rather than weak.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub malicious: bool,
    /// How the project gets at it, as far as its files tell without a build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// Date of publication, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Probability of being exploited within a month, by EPSS; only where its scores were imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<f64>,
    /// Its entry in the catalogue of known exploited vulnerabilities; only where that was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exploited: Option<exploit::Exploited>,
}

/// How the project gets at a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// Whether the package is used.
    pub state: UsageState,
    /// The first place that imports it, or what brings it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Why it is judged so.
    pub reason: String,
    /// Functions that the advisory is about; empty where it is about the package as a whole or does not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Whether no other package of the lockfile needs the package, so that only the project's own code can call it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_project: bool,
    /// Places in the project's own code that name one of them, tests left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
}

impl Vulnerability {
    /// Whether an id, in any case, is its own or one of its aliases.
    #[must_use]
    pub fn is_called(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id) || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id))
    }

    /// Why it weighs one level less, if it does: nothing imports the package, only tests do, or nothing but the project
    /// could call the affected functions and the project does not.
    #[must_use]
    pub fn distance(&self) -> Option<&'static str> {
        let reach = self.reach.as_ref()?;
        match reach.state {
            UsageState::NotImported => Some("nothing imports it"),
            UsageState::TestsOnly => Some("only tests or examples import it"),
            _ if reach.only_project && !reach.functions.is_empty() && reach.calls.is_empty() => {
                Some("none of the affected functions is named in the code")
            }
            _ => None,
        }
    }
}

/// A place that names an affected function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// The function.
    pub function: String,
    /// Where.
    pub location: Location,
}

/// Which advisory data was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdvisoryStatus {
    /// Per ecosystem, sorted by name.
    pub sources: Vec<AdvisorySource>,
    /// Age in whole days of the oldest source that was needed for this project's packages.
    pub age_days: Option<i64>,
}

/// One ecosystem's advisory data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdvisorySource {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// `embedded snapshot`, or what was imported (a URL or a file name, never an absolute path).
    pub origin: String,
    /// Date of the newest record or of the snapshot, `YYYY-MM-DD`.
    pub date: String,
    /// Whole days between `date` and today (`SOURCE_DATE_EPOCH`, if set).
    pub age_days: i64,
    /// How many advisories.
    pub advisories: u64,
}
