//! `stageclear.waivers.toml`: one file of exceptions for code, secrets, settings, endpoints, dependencies and policies.
//!
//! Each entry names a rule (or an advisory), where it holds, why, who answers for it and until when:
//!
//! ```toml
//! [[waiver]]
//! rule = "taint/python-path-traversal"
//! path = "tools/export.py"
//! reason = "runs on the operator's machine only"
//! owner = "platform"
//! created = 2026-11-02
//! expires = 2027-02-01
//! ```
//!
//! Reading is forgiving and applying is not: an entry that cannot be read is told and excuses nothing, and the others
//! stay in force. What bounds waivers (longest life, rules that are never waived) is policy: rules named
//! `refuse_waiver`, the built-in ones in `policies/release-gate/waivers.rego`. Only the file in the audited folder
//! itself is read; one in a folder below says nothing.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};
use jiff::civil::Date;
use serde::Deserialize;

use super::vex::Covered;
use crate::advisory::Vulnerability;
use crate::advisory::finding as dependency;
use crate::base::vex::{RESPONSES, known_justification};
use crate::base::{
    Finding, Location, Problem, ProblemKind, Severity, SourceFile, Span, Suppression, SuppressionKind, VexStatus,
};
use crate::document::Waiver;
use crate::package::{Package, Scope};

/// The file's name.
pub const NAME: &str = "stageclear.waivers.toml";

/// Entries that are read; more is no list of exceptions any more.
const MOST: usize = 10_000;
/// Findings of one entry that are named one by one.
const MOST_NAMED: usize = 1_000;
/// Shortest beginning of a fingerprint that names one.
const SHORTEST_FINGERPRINT: usize = 8;

/// An entry as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    rule: Option<String>,
    advisory: Option<String>,
    path: Option<String>,
    package: Option<String>,
    fingerprint: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    owner: String,
    ticket: Option<String>,
    status: Option<String>,
    justification: Option<String>,
    response: Option<String>,
    created: Option<toml::Value>,
    expires: Option<toml::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    waiver: Vec<toml::Spanned<toml::Value>>,
}

/// What an exception is about, beyond what it says itself.
#[derive(Debug, Default)]
struct Matcher {
    /// The paths it holds for.
    path: Option<GlobMatcher>,
    /// The vulnerabilities that a VEX statement speaks of: id and package URL.
    spoken: Option<Covered>,
}

/// The entries that can be used, with what they name made ready.
#[derive(Debug, Default)]
pub struct Entries {
    waivers: Vec<(Waiver, Matcher)>,
}

impl Entries {
    /// Adds the statements of VEX documents.
    pub(super) fn extend(&mut self, statements: Vec<(Waiver, Covered)>) {
        let entry = |(waiver, spoken)| (waiver, Matcher { path: None, spoken: Some(spoken) });
        self.waivers.extend(statements.into_iter().map(entry));
    }

    /// Reads the file. `today` is what ages are counted to.
    #[must_use]
    pub fn read(file: &SourceFile, today: Date) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut waivers = Vec::new();
        let parsed: File = match toml::from_str(file.text()) {
            Ok(parsed) => parsed,
            Err(error) => {
                let at = error.span().map_or_else(|| Location::file(file.path()), |span| located(file, &span));
                let message = format!("the waivers cannot be read, so none is in force: {}", error.message());
                let problem = Problem::remark(ProblemKind::Suppression, Some(at), message);
                return (Self { waivers }, vec![problem.hint("`stageclear waive` writes entries in the right form")]);
            }
        };
        if parsed.waiver.len() > MOST {
            let message = format!("more than {MOST} waivers: the rest is not in force");
            problems.push(Problem::remark(ProblemKind::Suppression, Some(Location::file(file.path())), message));
        }
        for value in parsed.waiver.into_iter().take(MOST) {
            let location = located(file, &value.span());
            match entry(value.into_inner(), location.clone(), today) {
                Ok(entry) => waivers.push(entry),
                Err(message) => {
                    let message = format!("a waiver that is not in force: {message}");
                    let hint =
                        "an entry needs `rule`, `advisory` or `fingerprint`, and `reason`, `owner` and `expires`";
                    problems.push(Problem::remark(ProblemKind::Suppression, Some(location), message).hint(hint));
                }
            }
        }
        (Self { waivers }, problems)
    }

    /// The entries as facts, each with how many findings it speaks of and the worst of them: what policies judge.
    #[must_use]
    pub fn facts(&self, findings: &[Finding], vulnerabilities: &[Vulnerability], packages: &[Package]) -> Vec<Waiver> {
        let index = Dependencies::new(vulnerabilities, packages);
        let mut waivers: Vec<Waiver> = self.waivers.iter().map(|(waiver, _)| waiver.clone()).collect();
        let secrets = self.secrets(findings);
        for finding in findings.iter().filter(|finding| finding.is_active()) {
            for (((_, matcher), waiver), secret) in self.waivers.iter().zip(&mut waivers).zip(&secrets) {
                if speaks_of(waiver, matcher, secret.as_ref(), finding, &index) {
                    waiver.used += 1;
                    waiver.severity = waiver.severity.max(Some(finding.severity));
                    if waiver.findings.len() < MOST_NAMED {
                        waiver.findings.push(finding.fingerprint.clone());
                    }
                }
            }
        }
        waivers
    }

    /// The secret that each entry names by a fingerprint, and how exposed it is there.
    fn secrets(&self, findings: &[Finding]) -> Vec<Option<(String, Severity)>> {
        let named = |print: &str| {
            let named = findings.iter().filter(|finding| finding.fingerprint.starts_with(print));
            let mut secrets = named.filter_map(|finding| Some((finding.secret()?.to_owned(), finding.severity)));
            secrets.next()
        };
        self.waivers.iter().map(|(waiver, _)| waiver.fingerprint.as_deref().and_then(named)).collect()
    }
}

fn located(file: &SourceFile, span: &std::ops::Range<usize>) -> Location {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    file.locate(Span::new(number(span.start), number(span.end)))
}

fn entry(value: toml::Value, location: Location, today: Date) -> Result<(Waiver, Matcher), String> {
    let entry: Entry = value.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let rules = match (&entry.rule, &entry.advisory) {
        (Some(rule), None) if !rule.trim().is_empty() => vec![rule.trim().to_owned()],
        (None, Some(id)) if !id.trim().is_empty() => Vec::new(),
        (None, None) if entry.fingerprint.is_some() => Vec::new(),
        (Some(_), Some(_)) => return Err("it names both a rule and an advisory".to_owned()),
        _ => return Err("it names neither a rule, nor an advisory, nor a fingerprint".to_owned()),
    };
    if !entry.reason.chars().any(char::is_alphanumeric) {
        return Err("it gives no `reason`".to_owned());
    }
    if !entry.owner.chars().any(char::is_alphanumeric) {
        return Err("it names no `owner`".to_owned());
    }
    if entry.fingerprint.as_ref().is_some_and(|print| print.len() < SHORTEST_FINGERPRINT) {
        return Err(format!("`fingerprint` has fewer than {SHORTEST_FINGERPRINT} digits"));
    }
    let said = said(&entry)?;
    let created = date("created", entry.created.as_ref())?;
    let expires = date("expires", entry.expires.as_ref())?;
    let path = entry.path.as_deref().map(|glob| {
        let glob = GlobBuilder::new(glob).literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher()).map_err(|error| format!("`path` is no glob: {}", error.kind()))
    });
    let days = |from: Date, to: Date| i64::from((to - from).get_days());
    let waiver = Waiver {
        kind: SuppressionKind::Waiver,
        rules,
        advisory: entry.advisory,
        path: entry.path,
        package: entry.package,
        fingerprint: entry.fingerprint,
        reason: entry.reason,
        owner: entry.owner,
        ticket: entry.ticket,
        status: said.0,
        justification: said.1,
        response: entry.response,
        created: created.map(|date| date.to_string()),
        expires: expires.map(|date| date.to_string()),
        days_left: expires.map(|expires| days(today, expires)),
        life_days: expires.map(|expires| days(created.unwrap_or(today).min(today), expires)),
        location,
        ..Waiver::empty()
    };
    Ok((waiver, Matcher { path: path.transpose()?, spoken: None }))
}

/// What the entry says of the vulnerability, and why.
fn said(entry: &Entry) -> Result<(Option<VexStatus>, Option<String>), String> {
    let status = entry.status.as_deref().map(|word| {
        let known = VexStatus::ALL.map(VexStatus::name).join(", ");
        VexStatus::parse(word).ok_or_else(|| format!("`{word}` is no `status`; there are {known}"))
    });
    let justification = entry.justification.as_deref().map(|word| {
        known_justification(word).ok_or_else(|| format!("`{word}` is no `justification` of OpenVEX or CycloneDX"))
    });
    if let Some(word) = entry.response.as_deref().filter(|word| !RESPONSES.contains(word)) {
        return Err(format!("`{word}` is no `response`; there are {}", RESPONSES.join(", ")));
    }
    Ok((status.transpose()?, justification.transpose()?))
}

/// A day: TOML's own date, or the same as a text.
fn date(key: &str, value: Option<&toml::Value>) -> Result<Option<Date>, String> {
    let text = match value {
        None => return Ok(None),
        Some(toml::Value::Datetime(date)) => date.to_string(),
        Some(toml::Value::String(text)) => text.clone(),
        Some(other) => return Err(format!("`{key}` is no date but {}", other.type_str())),
    };
    text.parse().map(Some).map_err(|_| format!("`{key}` is no date such as 2026-12-31"))
}

/// What dependency findings stand for.
struct Dependencies<'a> {
    by_purl: BTreeMap<&'a str, Vec<&'a Vulnerability>>,
    by_place: BTreeMap<&'a str, BTreeMap<u32, Vec<&'a Package>>>,
}

impl<'a> Dependencies<'a> {
    fn new(vulnerabilities: &'a [Vulnerability], packages: &'a [Package]) -> Self {
        let mut index = Self { by_purl: BTreeMap::new(), by_place: BTreeMap::new() };
        for vulnerability in vulnerabilities {
            index.by_purl.entry(&vulnerability.purl).or_default().push(vulnerability);
        }
        for package in packages {
            let lines = index.by_place.entry(&package.location.path).or_default();
            lines.entry(package.location.line).or_default().push(package);
        }
        index
    }

    fn packages(&self, finding: &Finding) -> &[&'a Package] {
        let lines = self.by_place.get(finding.location.path.as_str());
        lines.and_then(|lines| lines.get(&finding.location.line)).map_or(&[], Vec::as_slice)
    }

    /// The advisories behind a finding on a dependency.
    fn advisories(&self, finding: &Finding) -> Vec<&'a Vulnerability> {
        let purls: BTreeSet<&str> = self.packages(finding).iter().map(|package| package.purl.as_str()).collect();
        let found = purls.into_iter().filter_map(|purl| self.by_purl.get(purl)).flatten().copied();
        found.filter(|found| dependency::rule(found) == finding.rule).collect()
    }
}

/// Whether the entry is about the finding, or about one of the advisories behind it. An entry that names a `secret` by
/// its fingerprint is about every place that is no more exposed than the one it names.
fn speaks_of(
    waiver: &Waiver,
    matcher: &Matcher,
    secret: Option<&(String, Severity)>,
    finding: &Finding,
    index: &Dependencies<'_>,
) -> bool {
    if let Some(spoken) = &matcher.spoken {
        return finding.rule.starts_with("dependency/")
            && index.advisories(finding).into_iter().any(|found| is_spoken_of(spoken, found));
    }
    let path = matcher.path.as_ref();
    let rule = waiver.rules.first().is_none_or(|rule| names_rule(rule, &finding.rule));
    let path = path.is_none_or(|path| path.is_match(&finding.location.path));
    let place = |(secret, severity): &(String, Severity)| {
        finding.severity <= *severity && finding.secret().is_some_and(|known| known == secret)
    };
    let print = waiver.fingerprint.as_ref().is_none_or(|print| finding.fingerprint.starts_with(print.as_str()));
    let print = print || secret.is_some_and(place);
    if !(rule && path && print) {
        return false;
    }
    let package = waiver.package.as_ref().is_none_or(|wanted| {
        finding.rule.starts_with("dependency/")
            && index.packages(finding).iter().any(|package| is_package(wanted, package))
    });
    let advisory = waiver.advisory.as_ref().is_none_or(|id| {
        finding.rule.starts_with("dependency/")
            && index.advisories(finding).into_iter().any(|vulnerability| vulnerability.is_called(id))
    });
    package && advisory
}

fn is_spoken_of(spoken: &Covered, vulnerability: &Vulnerability) -> bool {
    spoken.contains(&(vulnerability.id.clone(), vulnerability.purl.clone()))
}

/// `secret/*` names a whole kind.
fn names_rule(pattern: &str, rule: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => rule.starts_with(prefix),
        None => pattern == rule,
    }
}

/// A package by its name, `name@version`, or package URL.
fn is_package(wanted: &str, package: &Package) -> bool {
    let with_version = package.version.as_ref().is_some_and(|version| wanted == format!("{}@{version}", package.name));
    wanted == package.name || with_version || wanted == package.purl
}

/// Silences what the entries that nobody refused speak of, and counts what each one did. An advisory that is waived
/// leaves the others of its package: then the finding stays, as grave as the worst that is left.
pub fn apply(
    entries: &Entries,
    waivers: &mut [Waiver],
    findings: &mut [Finding],
    vulnerabilities: &[Vulnerability],
    packages: &[Package],
) {
    let index = Dependencies::new(vulnerabilities, packages);
    for waiver in waivers.iter_mut() {
        waiver.used = 0;
    }
    let secrets = entries.secrets(findings);
    for finding in findings.iter_mut().filter(|finding| finding.is_active()) {
        let mut waived: BTreeSet<&str> = BTreeSet::new();
        let mut by = None;
        let behind = if finding.rule.starts_with("dependency/") { index.advisories(finding) } else { Vec::new() };
        for (at, (_, matcher)) in entries.waivers.iter().enumerate() {
            let waiver = &waivers[at];
            if !waiver.refused.is_empty() || !speaks_of(waiver, matcher, secrets[at].as_ref(), finding, &index) {
                continue;
            }
            if waiver.kind == SuppressionKind::Vex && !waiver.status.is_some_and(VexStatus::clears) {
                // It is told, and nothing more.
                waivers[at].used += 1;
                continue;
            }
            match (&waiver.advisory, &matcher.spoken) {
                (_, Some(spoken)) => {
                    let cleared = behind.iter().filter(|found| is_spoken_of(spoken, found));
                    waived.extend(cleared.map(|found| found.id.as_str()));
                }
                (None, None) => waived.extend(behind.iter().map(|found| found.id.as_str())),
                (Some(id), None) => {
                    waived.extend(behind.iter().filter(|found| found.is_called(id)).map(|found| found.id.as_str()));
                }
            }
            by = by.or((waived.len() == behind.len()).then_some(at));
            waivers[at].used += 1;
        }
        if let Some(at) = by {
            let waiver = &waivers[at];
            let reason = waiver.reason.clone();
            let location = Some(waiver.location.clone());
            finding.suppression = Some(Suppression { kind: waiver.kind, reason, location });
        } else if !waived.is_empty() && finding.rule == dependency::VULNERABLE {
            let left = behind.iter().filter(|found| !waived.contains(found.id.as_str()));
            let worst = left.map(|found| found.severity.unwrap_or(Severity::High)).max().unwrap_or(finding.severity);
            let dev = index.packages(finding).iter().all(|package| package.scope == Scope::Dev);
            finding.severity = finding.severity.min(if dev { worst.lowered() } else { worst });
        }
    }
}

/// What is wrong with entries: refused ones with the reason, and those that hit nothing. `partial` is a run that does
/// not look at everything, where an entry without a hit says nothing.
#[must_use]
pub fn remarks(waivers: &[Waiver], partial: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for waiver in waivers {
        let what = waiver.names();
        let vex = waiver.kind == SuppressionKind::Vex;
        let sort = if vex { "statement on" } else { "waiver of" };
        let mut tell = |message: String, hint: &str| {
            let problem = Problem::remark(ProblemKind::Suppression, Some(waiver.location.clone()), message);
            problems.push(problem.hint(hint));
        };
        for refusal in &waiver.refused {
            tell(
                format!("the {sort} `{what}` is not in force: {refusal}"),
                "renew it with a new reason and date, narrow it, or mend what it excuses",
            );
        }
        if waiver.refused.is_empty() && waiver.used == 0 && !partial && !vex {
            tell(format!("the waiver of `{what}` hits nothing"), "remove it");
        }
    }
    problems
}

#[cfg(test)]
mod tests;
