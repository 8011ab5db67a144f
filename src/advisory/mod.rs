//! Advisories: records, the store, matching. Facts only.
//!
//! In reading order: [`record`] (one advisory, reduced to facts) from [`osv`] JSON or [`rustsec`] Markdown, its severity by
//! [`cvss`]; [`import`] reads folders and archives of them, [`update`] fetches those; [`store`] keeps them on disk,
//! [`snapshot`] is the set inside the binary, [`database`] is both behind one lookup; [`matcher`] holds packages against
//! it. The types here are what the audit document says about the result.

pub mod cvss;
pub mod database;
pub mod finding;
pub mod import;
pub mod matcher;
pub mod osv;
pub mod record;
pub mod rustsec;
pub mod snapshot;
pub mod store;
pub mod update;

pub use database::{Database, OpenOptions};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Severity;
use crate::package::Ecosystem;

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
    /// Date of publication, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
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
