//! Each folder under `fixtures/advisory/` is a case: `records/**/*.json` in OSV's form, `packages.txt`, and
//! `expected.txt`, which holds what matching them gives. `UPDATE_FIXTURES=1` writes the latter anew.

use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::advisory::import;

fn package(line: &str, number: u32) -> Package {
    let mut words = line.split_whitespace();
    let ecosystem = Ecosystem::parse(words.next().unwrap()).unwrap();
    let (name, version) = (words.next().unwrap(), words.next().unwrap());
    let url = "https://registry.example/demo".to_owned();
    let source = match words.next() {
        None => PackageSource::Registry,
        Some("index") => PackageSource::Index(url),
        Some("git") => PackageSource::Git(url),
        Some("path") => PackageSource::Path("../demo".to_owned()),
        Some("url") => PackageSource::Url(url),
        Some(other) => panic!("unknown source {other}"),
    };
    let exact = Some(version.to_owned()).filter(|version| version != "*");
    Package {
        name: name.to_owned(),
        purl: format!("pkg:{}/{name}@{version}", ecosystem.purl_type()),
        direct: true,
        source,
        integrity: true,
        ..Package::new(ecosystem, name, exact, Location::line("lockfile", number))
    }
}

fn packages(text: &str) -> Vec<Package> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#'));
    lines.map(|(number, line)| package(line, number)).collect()
}

fn render(vulnerabilities: &[Vulnerability], problems: &[Problem]) -> String {
    let mut out = String::new();
    for v in vulnerabilities {
        write!(out, "{} {}@{} {}", v.ecosystem, v.package, v.version, v.id).unwrap();
        let severity = v.severity.map(Severity::name);
        for (name, value) in [
            ("aliases", v.aliases.join(",")),
            ("severity", severity.unwrap_or_default().to_owned()),
            ("score", v.score.map(|score| score.to_string()).unwrap_or_default()),
            ("cwe", v.cwe.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
            ("kind", v.informational.clone().unwrap_or_default()),
            ("fixed", v.fixed.join(",")),
            ("functions", v.functions.join(",")),
            ("platforms", v.platforms.join(",")),
            ("malicious", if v.malicious { "yes".to_owned() } else { String::new() }),
        ] {
            if !value.is_empty() {
                write!(out, " {name}={value}").unwrap();
            }
        }
        out.push('\n');
    }
    for problem in problems {
        let kind = if problem.incomplete { "incomplete" } else { "remark" };
        let line = problem.location.as_ref().map_or(0, |location| location.line);
        writeln!(out, "{kind} {:?} line {line}: {}", problem.kind, problem.message).unwrap();
    }
    out
}

fn check(case: &Path) {
    let collected = import::collect(&case.join("records")).unwrap();
    assert_eq!(collected.problems, [], "{}", case.display());
    let day = Date::constant(2024, 3, 15);
    let database = Database::of(&collected.advisories, "2024-03-02", day);
    let packages = packages(&std::fs::read_to_string(case.join("packages.txt")).unwrap());
    let (vulnerabilities, problems) = matches(&database, &packages);
    let text = render(&vulnerabilities, &problems);
    let expected = case.join("expected.txt");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&expected, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&expected).unwrap(), "{}", case.display());
    // The order of the input does not matter.
    let reversed: Vec<Package> = packages.into_iter().rev().collect();
    let (vulnerabilities, problems) = matches(&database, &reversed);
    assert_eq!(text, render(&vulnerabilities, &problems), "{} reversed", case.display());
}

use jiff::civil::Date;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/advisory");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        check(&entry.unwrap().path());
        count += 1;
    }
    assert!(count >= 3);
}

#[test]
fn old_data_is_told_for_the_ecosystems_in_use_only() {
    let mut records = BTreeMap::new();
    records.insert(Ecosystem::Npm, import::Records::new());
    records.insert(Ecosystem::PyPI, import::Records::new());
    let age = |day| {
        let database = Database::of(&records, "2024-03-01", day);
        matches(&database, &packages("npm demo 1.0.0")).1
    };
    assert_eq!(age(Date::constant(2024, 3, 31)), []);
    let problems = age(Date::constant(2024, 4, 1));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("npm") && problems[0].message.contains("31 days"), "{problems:?}");
    assert!(!problems[0].incomplete);
}

#[test]
fn many_packages_and_odd_names() {
    let (database, _) =
        Database::open(&crate::advisory::OpenOptions { cache_dir: None, today: Date::constant(2026, 9, 1) });
    let lines: Vec<String> = (0..2_000).map(|number| format!("npm package-{number} 1.0.{number}")).collect();
    let mut list = packages(&lines.join("\n"));
    for (number, name) in ["", "\t", "\n", "{", "~~~~", "\u{10ffff}", "a\tb"].into_iter().enumerate() {
        let mut odd = list[number].clone();
        odd.name = name.to_owned();
        list.push(odd);
    }
    assert_eq!(matches(&database, &list).0, []);
}

/// Registries that take any case: a project file may write a name as it likes.
#[test]
fn names_are_found_in_any_case() {
    let affected = Affected {
        package: "Newtonsoft.Json".to_owned(),
        ranges: vec![vec![Event::Introduced("0".to_owned()), Event::Fixed("13.0.1".to_owned())]],
        ..Affected::default()
    };
    let record = Advisory { id: "DEMO-1".to_owned(), affected: vec![affected], ..Advisory::default() };
    for (ecosystem, hits) in [(Ecosystem::NuGet, 2), (Ecosystem::RubyGems, 1)] {
        let record = record.clone().sanitise(ecosystem).unwrap();
        let records = import::Records::from([(record.id.clone(), record)]);
        let day = Date::constant(2026, 9, 1);
        let database = Database::of(&BTreeMap::from([(ecosystem, records)]), "2026-08-01", day);
        let new = |name: &str| Package::new(ecosystem, name, Some("12.0.3".to_owned()), Location::line("x", 1));
        let found = matches(&database, &[new("Newtonsoft.Json"), new("newtonsoft.JSON")]).0;
        assert_eq!(found.len(), hits, "{ecosystem}");
        assert!(found.iter().any(|found| found.package == "Newtonsoft.Json"));
    }
}

proptest::proptest! {
    #[test]
    fn never_panics(name in r"\PC{0,20}", version in r"\PC{0,20}", bound in r"[0-9a-z.+\-]{0,12}") {
        for ecosystem in Ecosystem::ALL {
            let affected = Affected {
                package: name.clone(),
                ranges: vec![vec![Event::Introduced("0".to_owned()), Event::Fixed(bound.clone())]],
                ..Affected::default()
            };
            let _ = is_affected(ecosystem, &affected, &version);
        }
    }
}
