//! Waivers: what they silence, and what they cannot.

use super::*;
use crate::base::{Location, Severity};
use crate::package::{Ecosystem, PackageSource};

const TODAY: Date = jiff::civil::date(2026, 11, 26);

fn read(text: &str) -> (Entries, Vec<Problem>) {
    Entries::read(&SourceFile::new(NAME, text), TODAY)
}

fn finding(rule: &str, path: &str) -> Finding {
    Finding::at(Location::line(path, 3), rule, Severity::High).title("x").done("f()")
}

fn vulnerability(id: &str, alias: &str, severity: Severity) -> Vulnerability {
    Vulnerability {
        id: id.to_owned(),
        aliases: vec![alias.to_owned()],
        ecosystem: Ecosystem::Npm,
        package: "left".to_owned(),
        version: "1.0.0".to_owned(),
        purl: "pkg:npm/left@1.0.0".to_owned(),
        severity: Some(severity),
        cvss: None,
        score: None,
        cwe: Vec::new(),
        informational: None,
        fixed: Vec::new(),
        functions: Vec::new(),
        platforms: Vec::new(),
        malicious: false,
        published: None,
        reach: None,
        epss: None,
        exploited: None,
    }
}

fn package() -> Package {
    let package = serde_json::json!({
        "ecosystem": "npm", "name": "left", "version": "1.0.0", "purl": "pkg:npm/left@1.0.0", "direct": true,
        "scope": "runtime", "source": PackageSource::Registry,
        "location": Location::line("package-lock.json", 3),
    });
    serde_json::from_value(package).unwrap()
}

const OWNED: &str = "reason = \"known\"\nowner = \"web\"\nexpires = 2027-01-31\n";

fn waived(scope: &str, findings: &mut [Finding]) -> (Vec<Waiver>, Vec<Problem>) {
    let (entries, problems) = read(&format!("[[waiver]]\n{scope}\n{OWNED}"));
    let vulnerabilities = [
        vulnerability("GHSA-aaaa-bbbb-cccc", "CVE-2026-1", Severity::Critical),
        vulnerability("GHSA-dddd-eeee-ffff", "CVE-2026-2", Severity::Low),
    ];
    let packages = [package()];
    let mut waivers = entries.facts(findings, &vulnerabilities, &packages);
    apply(&entries, &mut waivers, findings, &vulnerabilities, &packages);
    (waivers, problems)
}

#[test]
fn dates_and_ages_are_counted_from_the_given_day() {
    let text = "[[waiver]]\nrule = \"taint/x\"\npath = \"a.py\"\nreason = \"r\"\nowner = \"o\"\ncreated = 2026-11-01\nexpires = \"2026-12-01\"\n";
    let (entries, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    let waiver = &entries.facts(&[], &[], &[])[0];
    assert_eq!((waiver.days_left, waiver.life_days, waiver.location.line), (Some(5), Some(30), 1));
    // A date of writing in the future does not shorten the life.
    let (entries, _) = read(&text.replace("2026-11-01", "2026-11-30"));
    assert_eq!(entries.facts(&[], &[], &[])[0].life_days, Some(5));
}

#[test]
fn scopes_narrow() {
    for (scope, here, elsewhere) in [
        ("rule = \"taint/python-xss\"\npath = \"app/*.py\"", true, false),
        ("rule = \"taint/python-xss\"\npath = \"app/**\"", true, true),
        ("rule = \"taint/*\"\npath = \"app/a.py\"", true, false),
        ("rule = \"taint/python-sql-injection\"\npath = \"app/a.py\"", false, false),
        ("rule = \"taint/python-xss\"\npackage = \"left\"", false, false),
    ] {
        let mut findings = [finding("taint/python-xss", "app/a.py"), finding("taint/python-xss", "app/b/c.py")];
        let (_, problems) = waived(scope, &mut findings);
        assert!(problems.is_empty(), "{scope}: {problems:?}");
        assert_eq!([findings[0].is_active(), findings[1].is_active()], [!here, !elsewhere], "{scope}");
    }
    let mut findings = [finding("taint/python-xss", "app/a.py"), finding("taint/python-xss", "app/b.py")];
    let scope = format!("fingerprint = \"{}\"", &findings[1].fingerprint[..12]);
    let (waivers, _) = waived(&scope, &mut findings);
    assert!(findings[0].is_active() && !findings[1].is_active());
    assert_eq!(waivers[0].used, 1);
}

#[test]
fn a_waived_advisory_leaves_the_others_of_its_package() {
    let vulnerable = || [finding(dependency::VULNERABLE, "package-lock.json")];
    let mut findings = vulnerable();
    waived("advisory = \"cve-2026-1\"", &mut findings);
    assert_eq!((findings[0].is_active(), findings[0].severity), (true, Severity::Low));
    let mut findings = vulnerable();
    waived("rule = \"dependency/vulnerable-package\"\npackage = \"left@1.0.0\"", &mut findings);
    assert!(!findings[0].is_active());
    let mut findings = vulnerable();
    let (waivers, _) = waived("advisory = \"CVE-2026-1\"\npackage = \"right\"", &mut findings);
    assert_eq!((findings[0].severity, waivers[0].used), (Severity::High, 0));
    assert!(remarks(&waivers, false)[0].message.contains("hits nothing"));
    assert!(remarks(&waivers, true).is_empty());
}

#[test]
fn a_refused_waiver_excuses_nothing() {
    let (entries, _) = read(&format!("[[waiver]]\nrule = \"taint/python-xss\"\npath = \"**\"\n{OWNED}"));
    let mut findings = [finding("taint/python-xss", "a.py")];
    let mut waivers = entries.facts(&findings, &[], &[]);
    assert_eq!((waivers[0].used, waivers[0].severity), (1, Some(Severity::High)));
    waivers[0].refused.push("too broad".to_owned());
    apply(&entries, &mut waivers, &mut findings, &[], &[]);
    assert!(findings[0].is_active() && waivers[0].used == 0);
    assert!(remarks(&waivers, true)[0].message.contains("not in force: too broad"));
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_holds() {
    let good = format!("[[waiver]]\nrule = \"taint/python-xss\"\npath = \"a.py\"\n{OWNED}");
    for (bad, wanted) in [
        ("rule = \"x/y\"\nreason = \"r\"\nowner = \"o\"\nexpiry = 2027-01-01", "unknown field"),
        ("rule = \"x/y\"\nowner = \"o\"", "no `reason`"),
        ("rule = \"x/y\"\nreason = \" - \"\nowner = \"o\"", "no `reason`"),
        ("rule = \"x/y\"\nreason = \"r\"", "no `owner`"),
        ("reason = \"r\"\nowner = \"o\"", "neither a rule"),
        ("rule = \"x/y\"\nadvisory = \"A\"\nreason = \"r\"\nowner = \"o\"", "both a rule and an advisory"),
        ("rule = \"x/y\"\nreason = \"r\"\nowner = \"o\"\nexpires = \"soon\"", "`expires` is no date"),
        ("rule = \"x/y\"\nreason = \"r\"\nowner = \"o\"\npath = \"a{\"", "no glob"),
        ("rule = \"x/y\"\nreason = \"r\"\nowner = \"o\"\nfingerprint = \"ab\"", "fewer than"),
    ] {
        let (entries, problems) = read(&format!("[[waiver]]\n{bad}\n\n{good}"));
        assert_eq!((entries.waivers.len(), problems.len()), (1, 1), "{bad}");
        assert!(problems[0].message.contains(wanted), "{}", problems[0].message);
    }
    let (entries, problems) = read("[[waiver]\nrule = 1");
    assert!(entries.waivers.is_empty() && problems[0].message.contains("none is in force"));
}
