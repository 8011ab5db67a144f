//! Held against the library of `cargo audit` itself: the same advisory database, the same `Cargo.lock`, the same answers.
//!
//! `STAGECLEAR_RUSTSEC_DB` (a checkout of `RustSec`'s advisory-db) and `STAGECLEAR_CARGO_LOCKS` (a folder of lockfiles of
//! any name) have real ones compared too; the made-up ones below are always.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr as _;

use jiff::civil::Date;
use rustsec::advisory::Informational;
use rustsec::report::{Report, Settings};

use super::matcher::matches;
use super::{Database, import};
use crate::base::SourceFile;
use crate::lockfile;

/// Id, package, version, and `vulnerability` or the informational kind.
type Answer = (String, String, String, String);

/// What `cargo audit` would list, ignored kinds included.
fn theirs(database: &rustsec::Database, lock: &str) -> BTreeSet<Answer> {
    let lock = rustsec::Lockfile::from_str(lock).unwrap();
    let informational_warnings = vec![Informational::Notice, Informational::Unmaintained, Informational::Unsound];
    let report = Report::generate(database, &lock, &Settings { informational_warnings, ..Settings::default() });
    let hard = report.vulnerabilities.list.iter().map(|found| {
        let package = &found.package;
        let id = found.advisory.id.to_string();
        (id, package.name.to_string(), package.version.to_string(), "vulnerability".to_owned())
    });
    let soft = report.warnings.values().flatten().filter_map(|warning| {
        let advisory = warning.advisory.as_ref()?;
        let kind = advisory.informational.as_ref()?.as_str().to_owned();
        Some((advisory.id.to_string(), warning.package.name.to_string(), warning.package.version.to_string(), kind))
    });
    hard.chain(soft).collect()
}

/// Our vulnerabilities: each with all ids that it joins.
fn ours(database: &Database, lock: &str) -> Vec<(BTreeSet<String>, Answer)> {
    let packages = lockfile::read(&SourceFile::new("Cargo.lock", lock), &|_| None).packages;
    let told = |found: super::Vulnerability| {
        let kind = found.informational.clone().unwrap_or_else(|| "vulnerability".to_owned());
        let ids = found.aliases.into_iter().chain([found.id.clone()]).collect();
        (ids, (found.id, found.package, found.version, kind))
    };
    matches(database, &packages).0.into_iter().map(told).collect()
}

/// Every difference, in words, and how much was compared.
fn differences(folder: &Path, locks: &[(String, String)]) -> (Vec<String>, usize) {
    let theirs_of = rustsec::Database::open(folder).unwrap();
    let collected = import::collect(folder).unwrap();
    assert!(collected.problems.iter().all(|problem| !problem.incomplete), "{:?}", collected.problems);
    let ours_of = Database::of(&collected.advisories, "2026-11-01", Date::constant(2026, 11, 2));
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (name, lock) in locks {
        let (theirs, ours) = (theirs(&theirs_of, lock), ours(&ours_of, lock));
        compared += theirs.len();
        for (id, package, version, kind) in &theirs {
            let same = |(ids, own): &(BTreeSet<String>, Answer)| {
                ids.contains(id) && (&own.1, &own.2) == (package, version) && (own.0 != *id || own.3 == *kind)
            };
            if !ours.iter().any(same) {
                wrong.push(format!("{name}: not found: {id} {package} {version} {kind}"));
            }
        }
        let more = ours.iter().filter(|(_, own)| !theirs.contains(own));
        wrong.extend(more.map(|(_, own)| format!("{name}: too many: {own:?}")));
    }
    (wrong, compared)
}

/// Advisory files: id, package, further lines of the head, patched, unaffected.
const MADE_UP: &[(&str, &str, &str, &str, &str)] = &[
    ("RUSTSEC-2099-0001", "plain", "", r#"">= 1.2.3""#, ""),
    ("RUSTSEC-2099-0002", "branches", "", r#""~1.0.9", "~1.2.4", ">= 2.0.0""#, r#""< 0.5.0""#),
    ("RUSTSEC-2099-0003", "never", "informational = \"unmaintained\"", "", ""),
    ("RUSTSEC-2099-0004", "unsound", "informational = \"unsound\"", r#"">= 0.3.0""#, ""),
    ("RUSTSEC-2099-0005", "notice", "informational = \"notice\"", "", ""),
    ("RUSTSEC-2099-0006", "withdrawn", "withdrawn = \"2099-02-01\"", "", ""),
    ("RUSTSEC-2099-0007", "pre", "", r#"">= 1.0.0-rc.2""#, ""),
    ("RUSTSEC-2099-0008", "exact", "", r#""=1.1.1", ">= 1.3""#, r#""< 1.0""#),
    ("RUSTSEC-2099-0009", "plain", "aliases = [\"CVE-2099-0001\"]", r#""> 1.1.0""#, ""),
    ("RUSTSEC-2099-0010", "plain", "aliases = [\"CVE-2099-0001\"]", r#"">= 1.3.0""#, r#""< 1.0.0""#),
    ("RUSTSEC-2099-0011", "tilde", "", r#""~0.2.3", "~0.3.1", ">= 0.4""#, r#""~0.1""#),
    ("RUSTSEC-2099-0012", "windows", "", r#"">= 2.0.0""#, ""),
    ("RUSTSEC-2099-0013", "late", "", "", r#""<= 1.4.2""#),
];

const VERSIONS: &[&str] = &[
    "0.1.0",
    "0.1.9",
    "0.2.2",
    "0.2.3",
    "0.3.0",
    "0.3.1",
    "0.4.0",
    "0.5.0",
    "1.0.0-alpha",
    "1.0.0-rc.1",
    "1.0.0-rc.2",
    "1.0.0",
    "1.0.9",
    "1.1.0",
    "1.1.1",
    "1.1.2",
    "1.2.3-beta.1",
    "1.2.3",
    "1.2.3+build.5",
    "1.2.4",
    "1.3.0-rc.1",
    "1.3.0",
    "1.4.2",
    "1.4.3",
    "2.0.0-rc.1",
    "2.0.0",
    "3.0.0",
];

fn made_up(folder: &Path) -> String {
    std::fs::create_dir_all(folder.join("rust")).unwrap();
    let mut lock = "version = 4\n\n".to_owned();
    for (id, package, head, patched, unaffected) in MADE_UP {
        let place = folder.join("crates").join(package);
        std::fs::create_dir_all(&place).unwrap();
        let affected = if *package == "windows" { "[affected]\nos = [\"windows\"]\n" } else { "" };
        let text = format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2099-01-01\"\n{head}\n{affected}\
             [versions]\npatched = [{patched}]\nunaffected = [{unaffected}]\n```\n\n# Made up\n\nNothing of it is real.\n"
        );
        std::fs::write(place.join(format!("{id}.md")), text).unwrap();
    }
    let names: BTreeSet<&str> = MADE_UP.iter().map(|row| row.1).chain(["nobody"]).collect();
    for name in names {
        for version in VERSIONS {
            let source = "registry+https://github.com/rust-lang/crates.io-index";
            let _ = writeln!(lock, "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{source}\"\n");
        }
    }
    lock
}

#[test]
fn as_cargo_audit_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let lock = made_up(folder.path());
    let (wrong, compared) = differences(folder.path(), &[("made up".to_owned(), lock)]);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 100, "{compared}");
}

#[test]
fn as_cargo_audit_has_real_ones() {
    let variable = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let (Some(folder), Some(locks)) = (variable("STAGECLEAR_RUSTSEC_DB"), variable("STAGECLEAR_CARGO_LOCKS")) else {
        return;
    };
    let mut list: Vec<(String, String)> = std::fs::read_dir(locks)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    list.sort();
    let (wrong, compared) = differences(&folder, &list);
    assert!(wrong.is_empty(), "{} of {compared} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 0, "nothing to compare");
}
