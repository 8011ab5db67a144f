//! Vulnerabilities → findings: one a package version and file, so that an old pin with thirty advisories is one line to
//! act on. The single advisories stand in the document's `vulnerabilities`.

use std::collections::{BTreeMap, BTreeSet};

use super::Vulnerability;
use crate::base::{Confidence, Finding, Severity};
use crate::package::{Package, Scope};
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
/// development needs counts one level less.
fn severity(rule: &str, group: &[&Vulnerability], package: &Package) -> Severity {
    let worst = match rule {
        VULNERABLE => group
            .iter()
            .map(|vulnerability| vulnerability.severity.unwrap_or(Severity::High))
            .max()
            .unwrap_or(Severity::High),
        UNSOUND => Severity::Low,
        _ => Severity::Info,
    };
    if package.scope == Scope::Dev { worst.lowered() } else { worst }
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
    format!("{} {word}: {}{more}{path}{dev}", group.len(), ids.join(", "))
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
    use crate::package::{Ecosystem, PackageSource};

    fn package() -> Package {
        Package {
            ecosystem: Ecosystem::PyPI,
            name: "demo".to_owned(),
            version: Some("1.0".to_owned()),
            requirement: None,
            purl: "pkg:pypi/demo@1.0".to_owned(),
            location: Location::line("requirements.txt", 3),
            declared: None,
            direct: true,
            scope: Scope::Runtime,
            source: PackageSource::Registry,
            integrity: false,
            path: Vec::new(),
        }
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
