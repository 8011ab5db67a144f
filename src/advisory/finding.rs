//! Vulnerabilities → findings: one a package version and file, so that an old pin with thirty advisories is one line to
//! act on. The single advisories stand in the document's `vulnerabilities`.

use std::collections::{BTreeMap, BTreeSet};

use super::Vulnerability;
use crate::base::{Confidence, Finding, Severity};
use crate::package::{Package, Scope, UsageState};
use crate::version::Scheme;

/// Advisories of a vulnerability proper.
pub const VULNERABLE: &str = "dependency/vulnerable-package";
/// Informational: nobody maintains it.
pub const UNMAINTAINED: &str = "dependency/unmaintained-package";
/// Informational: safe code can make it misbehave.
pub const UNSOUND: &str = "dependency/unsound-package";
/// Informational: anything else.
pub const NOTICE: &str = "dependency/package-notice";

/// Advisory ids that are written out in a message; the rest is counted.
const SHOWN: usize = 6;

/// Calls, and advisories whose functions are not called, that are written out.
const CALLS: usize = 3;

/// One finding per package version, file and sort of advisory.
#[must_use]
pub fn findings(vulnerabilities: &[Vulnerability], packages: &[Package]) -> Vec<Finding> {
    let mut by_purl: BTreeMap<&str, BTreeMap<&'static str, Vec<&Vulnerability>>> = BTreeMap::new();
    for vulnerability in vulnerabilities {
        let rules = by_purl.entry(&vulnerability.purl).or_default();
        rules.entry(rule(vulnerability)).or_default().push(vulnerability);
    }
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for package in packages {
        let Some(rules) = by_purl.get(package.purl.as_str()) else { continue };
        if !seen.insert((&package.purl, &package.location.path)) {
            continue;
        }
        findings.extend(rules.iter().map(|(rule, group)| finding(rule, group, package)));
    }
    findings
}

/// Id of the rule that reports an advisory.
#[must_use]
pub fn rule(vulnerability: &Vulnerability) -> &'static str {
    match vulnerability.informational.as_deref() {
        None => VULNERABLE,
        Some("unmaintained") => UNMAINTAINED,
        Some("unsound") => UNSOUND,
        Some(_) => NOTICE,
    }
}

fn finding(rule: &'static str, group: &[&Vulnerability], package: &Package) -> Finding {
    let label = format!("{} {}", package.name, package.version.as_deref().unwrap_or("?"));
    let title = match rule {
        VULNERABLE => format!("Vulnerable dependency: {label}"),
        UNMAINTAINED => format!("Unmaintained dependency: {label}"),
        UNSOUND => format!("Unsound dependency: {label}"),
        _ => format!("Notice about dependency: {label}"),
    };
    let cwe: BTreeSet<u32> = group.iter().flat_map(|vulnerability| vulnerability.cwe.iter().copied()).collect();
    let cwe = if cwe.is_empty() { BTreeSet::from([1395]) } else { cwe };
    Finding::at(package.location.clone(), rule, severity(rule, group, package))
        .title(title)
        .message(message(group, package))
        .confidence(if package.source == crate::package::PackageSource::Registry {
            Confidence::High
        } else {
            Confidence::Medium
        })
        .cwe(cwe)
        .owasp(["A06:2021"])
        .remedy(remedy(rule, group, package))
        .done(&package.purl)
}

/// The worst of the group. An advisory without a severity counts as high: not knowing is no reason to pass. What only
/// development needs, or nothing imports, counts one level less; malware does not.
fn severity(rule: &str, group: &[&Vulnerability], package: &Package) -> Severity {
    let single = |vulnerability: &&Vulnerability| {
        let severity = vulnerability.severity.unwrap_or(Severity::High);
        let less = package.scope == Scope::Dev || vulnerability.distance().is_some();
        if less && !vulnerability.malicious { severity.lowered() } else { severity }
    };
    match rule {
        VULNERABLE => group.iter().map(single).max().unwrap_or(Severity::High),
        UNSOUND if package.scope == Scope::Dev => Severity::Low.lowered(),
        UNSOUND => Severity::Low,
        _ => Severity::Info,
    }
}

/// What the project's own code says: where the package is imported, what is called, and why it weighs less.
fn reach(group: &[&Vulnerability], package: &Package) -> String {
    let mut text = match &package.usage {
        Some(usage) => match (&usage.location, usage.state) {
            (Some(location), UsageState::Imported | UsageState::TestsOnly) => {
                format!("; {} in {location}", usage.reason)
            }
            (Some(location), _) => {
                format!("; {} in {location}", usage.reason.replace("brought in by ", "its parent is "))
            }
            (None, _) => format!("; {}", usage.reason),
        },
        None => String::new(),
    };
    let reaches = || group.iter().filter_map(|vulnerability| vulnerability.reach.as_ref());
    let calls: BTreeSet<String> = reaches()
        .flat_map(|reach| &reach.calls)
        .map(|call| format!("`{}` in {}", call.function, call.location))
        .collect();
    if !calls.is_empty() {
        let shown: Vec<String> = calls.into_iter().take(CALLS).collect();
        text = format!("{text}; affected functions are named: {}", shown.join(", "));
    }
    let idle: Vec<&str> = group
        .iter()
        .filter(|vulnerability| {
            vulnerability.reach.as_ref().is_some_and(|reach| !reach.functions.is_empty() && reach.calls.is_empty())
        })
        .map(|vulnerability| vulnerability.id.as_str())
        .take(CALLS)
        .collect();
    if !idle.is_empty() {
        text = format!("{text}; the functions of {} are not named in the code", idle.join(", "));
    }
    let lowered = group.iter().any(|vulnerability| vulnerability.distance().is_some() && !vulnerability.malicious);
    if lowered && package.scope != Scope::Dev { format!("{text}, so it counts one level less") } else { text }
}

fn message(group: &[&Vulnerability], package: &Package) -> String {
    let mut ranked: Vec<&&Vulnerability> = group.iter().collect();
    ranked.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let ids: Vec<String> = ranked
        .iter()
        .take(SHOWN)
        .map(|found| match found.severity {
            Some(severity) => format!("{} ({severity})", found.id),
            None => found.id.clone(),
        })
        .collect();
    let more = if group.len() > SHOWN { format!(" and {} more", group.len() - SHOWN) } else { String::new() };
    let word = if group.len() == 1 { "advisory" } else { "advisories" };
    let dev = if package.scope == Scope::Dev { "; needed for development only" } else { "" };
    let path = match package.path.as_slice() {
        [] | [_] => String::new(),
        path => format!("; brought in by {}", path.join(" → ")),
    };
    format!(
        "{} {word}: {}{more}{path}{dev}{}{}",
        group.len(),
        ids.join(", "),
        exploitation(group),
        reach(group, package)
    )
}

/// What is known of attackers: the catalogue's entry, and a score from which it is worth to hurry.
fn exploitation(group: &[&Vulnerability]) -> String {
    const WORTH: f64 = 0.1;
    let known = group
        .iter()
        .filter_map(|found| Some((found.exploited.as_ref()?, &found.id)))
        .min_by_key(|(known, _)| &known.added);
    let mut text = known.map_or(String::new(), |(known, id)| {
        let ransomware = if known.ransomware { ", by ransomware too" } else { "" };
        format!("; {id} is exploited, as is known since {}{ransomware}", known.added)
    });
    let score = group.iter().filter_map(|found| found.epss).fold(0.0, f64::max);
    if score >= WORTH {
        text = format!("{text}; EPSS gives {:.0} % for the next month", score * 100.0);
    }
    text
}

fn remedy(rule: &str, group: &[&Vulnerability], package: &Package) -> String {
    let scheme = Scheme::of(package.ecosystem);
    let unfixed = group.iter().filter(|vulnerability| vulnerability.fixed.is_empty()).count();
    let target =
        group.iter().filter_map(|vulnerability| vulnerability.fixed.first()).max_by(|a, b| scheme.compare(a, b));
    let how = if package.direct { "" } else { " (a transitive dependency: update what brings it in, or override it)" };
    match (target, unfixed) {
        (Some(version), 0) => format!("update {} to {version} or later{how}", package.name),
        (Some(version), _) => {
            format!(
                "update {} to {version} or later{how}; {unfixed} of the advisories have no fixed version",
                package.name
            )
        }
        (None, _) if rule == UNMAINTAINED => format!("replace {} by a maintained package", package.name),
        (None, _) => {
            format!("no fixed version is known: replace {}, or make sure the weakness cannot be reached", package.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Location;
    use crate::package::Ecosystem;

    fn package() -> Package {
        let location = Location::line("requirements.txt", 3);
        Package { direct: true, ..Package::new(Ecosystem::PyPI, "demo", Some("1.0".to_owned()), location) }
    }

    fn vulnerability(id: &str, severity: Option<Severity>, fixed: &[&str]) -> Vulnerability {
        Vulnerability {
            id: id.to_owned(),
            aliases: Vec::new(),
            ecosystem: Ecosystem::PyPI,
            package: "demo".to_owned(),
            version: "1.0".to_owned(),
            purl: "pkg:pypi/demo@1.0".to_owned(),
            severity,
            cvss: None,
            score: None,
            cwe: Vec::new(),
            informational: None,
            fixed: fixed.iter().map(|version| (*version).to_owned()).collect(),
            functions: Vec::new(),
            published: None,
            platforms: Vec::new(),
            malicious: false,
            reach: None,
            epss: None,
            exploited: None,
        }
    }

    #[test]
    fn one_line_for_many_advisories() {
        let found = [
            vulnerability("X-1", Some(Severity::Medium), &["1.9"]),
            vulnerability("X-2", Some(Severity::Critical), &["1.10", "2.0"]),
        ];
        let findings = findings(&found, &[package(), package()]);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].severity, Severity::Critical);
        assert_eq!(findings[0].headline(), "Vulnerable dependency: demo 1.0 in requirements.txt:3");
        assert_eq!(findings[0].remedy, "update demo to 1.10 or later");
        assert!(findings[0].message.starts_with("2 advisories: X-2 (critical), X-1 (medium)"));
    }

    #[test]
    fn unknown_severity_is_high_and_development_one_less() {
        let found = [vulnerability("X-1", None, &[])];
        assert_eq!(findings(&found, &[package()])[0].severity, Severity::High);
        let dev = Package { scope: Scope::Dev, ..package() };
        assert_eq!(findings(&found, &[dev])[0].severity, Severity::Medium);
    }
}
