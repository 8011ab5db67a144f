//! What is said of each vulnerability: by waivers and VEX documents, and by the code that does not use the package.
//!
//! A statement stands in a bill only where it holds for every file that the package is found in: a bill names the
//! package once. That nothing imports a package is a statement; that only tests do, or that no call was found, is none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::advisory::Vulnerability;
use crate::advisory::finding::rule;
use crate::base::{SuppressionKind, VexStatus};
use crate::document::{Document, Waiver};
use crate::package::UsageState;

/// What is said of one vulnerability of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The statement.
    pub status: VexStatus,
    /// Why it is not affected, in the words of OpenVEX or CycloneDX.
    pub justification: Option<String>,
    /// What is done, in the words of CycloneDX.
    pub response: Option<String>,
    /// The reason, and who gave it.
    pub detail: String,
}

/// The judgements by the index of the vulnerability in the document.
#[must_use]
pub fn of(document: &Document) -> BTreeMap<usize, Judgement> {
    let said = said(document);
    let mut found = BTreeMap::new();
    for (at, vulnerability) in document.vulnerabilities.iter().enumerate() {
        let waived = said.get(&at).map(|waiver| by_waiver(waiver, vulnerability));
        if let Some(judgement) = waived.or_else(|| by_reach(vulnerability)) {
            found.insert(at, judgement);
        }
    }
    found
}

/// The exception that covers a vulnerability in every file that holds its package.
fn said(document: &Document) -> BTreeMap<usize, &Waiver> {
    let findings: BTreeMap<&str, _> =
        document.findings.iter().map(|finding| (finding.fingerprint.as_str(), finding)).collect();
    let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut places: BTreeMap<(&str, u32), Vec<&str>> = BTreeMap::new();
    for package in &document.packages {
        let (path, line) = (package.location.path.as_str(), package.location.line);
        files.entry(&package.purl).or_default().insert(path);
        places.entry((path, line)).or_default().push(&package.purl);
    }
    let mut by_purl: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, vulnerability) in document.vulnerabilities.iter().enumerate() {
        by_purl.entry(&vulnerability.purl).or_default().push(at);
    }
    let mut covered: BTreeMap<usize, (BTreeSet<&str>, &Waiver)> = BTreeMap::new();
    let speaking = |waiver: &&Waiver| waiver.refused.is_empty() && waiver.kind != SuppressionKind::Baseline;
    for waiver in document.waivers.iter().filter(speaking) {
        for finding in waiver.findings.iter().filter_map(|print| findings.get(print.as_str())) {
            let path = finding.location.path.as_str();
            let purls = places.get(&(path, finding.location.line)).map_or(&[][..], Vec::as_slice);
            for at in purls.iter().filter_map(|purl| by_purl.get(purl)).flatten().copied() {
                let vulnerability = &document.vulnerabilities[at];
                if rule(vulnerability) == finding.rule && speaks_of(waiver, vulnerability) {
                    covered.entry(at).or_insert_with(|| (BTreeSet::new(), waiver)).0.insert(path);
                }
            }
        }
    }
    let all = |at: usize, paths: &BTreeSet<&str>| {
        files.get(document.vulnerabilities[at].purl.as_str()).is_some_and(|files| files.is_subset(paths))
    };
    covered.into_iter().filter(|(at, (paths, _))| all(*at, paths)).map(|(at, (_, waiver))| (at, waiver)).collect()
}

fn speaks_of(waiver: &Waiver, vulnerability: &Vulnerability) -> bool {
    waiver.advisory.as_ref().is_none_or(|id| vulnerability.is_called(id))
}

/// A waiver that says no more has accepted the risk.
fn by_waiver(waiver: &Waiver, vulnerability: &Vulnerability) -> Judgement {
    let status = waiver.status.unwrap_or(VexStatus::Affected);
    let answer = || if vulnerability.fixed.is_empty() { "can_not_fix" } else { "update" }.to_owned();
    let accepted = waiver.status.is_none();
    let mut detail = waiver.reason.clone();
    if accepted {
        let until = waiver.expires.as_ref().map(|day| format!(" until {day}")).unwrap_or_default();
        detail = format!("the risk is accepted{until}: {detail}");
    }
    if !waiver.owner.is_empty() {
        let _ = write!(detail, " ({})", waiver.owner);
    }
    Judgement {
        status,
        justification: waiver.justification.clone(),
        response: waiver.response.clone().or_else(|| accepted.then(answer)),
        detail,
    }
}

fn by_reach(vulnerability: &Vulnerability) -> Option<Judgement> {
    let reach = vulnerability.reach.as_ref().filter(|reach| reach.state == UsageState::NotImported)?;
    if vulnerability.malicious {
        return None;
    }
    Some(Judgement {
        status: VexStatus::NotAffected,
        justification: Some("vulnerable_code_not_in_execute_path".to_owned()),
        response: None,
        detail: format!("nothing in the project's own files uses the package: {}", reach.reason),
    })
}
