//! The `db` commands as a user runs them.

use std::fs;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    db: DbArgs,
}

/// Runs `db` with these words; gives exit status (or 99), standard output and standard error.
fn db(cache: &Path, words: &[&str]) -> (u8, String, String) {
    let cache_dir = cache.to_str().unwrap();
    let words = ["db", "--cache-dir", cache_dir].into_iter().chain(words.iter().copied());
    let program = Program::try_parse_from(words).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let today = Date::constant(2026, 11, 1);
    let result = run(
        &program.db,
        &mut Environment { cache_dir: None, table: &DbTable::default(), today, out: &mut out, err: &mut err },
    );
    let mut err = String::from_utf8(err).unwrap();
    let exit = result.unwrap_or_else(|error| {
        err = format!("{err}{error:#}");
        99
    });
    (exit, String::from_utf8(out).unwrap(), err)
}

fn fixture(path: &str) -> String {
    format!("{}/fixtures/advisory/{path}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn import_status_search() {
    let cache = tempfile::tempdir().unwrap();
    let (exit, out, err) = db(cache.path(), &["import", &fixture("ranges/records")]);
    assert_eq!((exit, err.as_str()), (0, ""));
    assert!(out.contains("npm: imported, 5 advisories about 5 packages, newest of 2024-04-01\n"), "{out}");
    let (exit, out, err) = db(cache.path(), &["status"]);
    assert_eq!((exit, err.as_str()), (0, ""));
    let npm = out.lines().find(|line| line.starts_with("npm")).unwrap();
    assert!(npm.ends_with("records") && npm.contains("(old)"), "{out}");
    assert!(!out.contains(env!("CARGO_MANIFEST_DIR")), "{out}");
    assert!(out.lines().any(|line| line.starts_with("crates.io") && line.ends_with("embedded snapshot")), "{out}");
    let (_, out, _) = db(cache.path(), &["search", "ghsa-demo-0000-0002"]);
    assert!(out.contains("npm demo-last") && out.contains("from the start, <= 3.1.0"), "{out}");
    assert!(db(cache.path(), &["search", "absent-everywhere"]).1.is_empty());
}

#[test]
fn adding_keeps_what_was_there() {
    let cache = tempfile::tempdir().unwrap();
    let (_, out, _) = db(cache.path(), &["import", "--add", "--ecosystem", "npm", &fixture("ranges/records")]);
    assert_eq!(out.lines().count(), 1);
    let count: u64 = out.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(count > 500, "{out}");
    assert!(!db(cache.path(), &["search", "jquery"]).1.is_empty());
    assert!(!db(cache.path(), &["search", "demo-range"]).1.is_empty());
}

#[test]
fn what_cannot_be_imported_changes_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.json"), "{").unwrap();
    let (exit, out, err) = db(cache.path(), &["import", folder.path().to_str().unwrap()]);
    assert_eq!((exit, out.as_str()), (99, ""));
    assert!(err.contains("bad.json: the record does not parse") && err.contains("nothing was changed"), "{err}");
    fs::write(
        folder.path().join("good.json"),
        fs::read(fixture("ranges/records/npm/GHSA-demo-0000-0001.json")).unwrap(),
    )
    .unwrap();
    let (exit, out, _) = db(cache.path(), &["import", folder.path().to_str().unwrap()]);
    assert_eq!(exit, 3, "{out}");
    let (exit, _, err) = db(cache.path(), &["update"]);
    assert!(exit == 99 && err.contains("--from"), "{err}");
    let (exit, _, err) = db(cache.path(), &["update", "--from", "http://registry.example/"]);
    assert!(exit == 99 && err.contains("not encrypted"), "{err}");
}

#[test]
fn damage_is_told_by_status() {
    let cache = tempfile::tempdir().unwrap();
    db(cache.path(), &["import", &fixture("ranges/records")]);
    let path = store::file_of(cache.path(), Ecosystem::Npm);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(9).rposition(|window| window == b"demo-last").unwrap();
    bytes[at] = b'D';
    fs::write(&path, bytes).unwrap();
    let (exit, _, err) = db(cache.path(), &["status"]);
    assert!(exit == 3 && err.contains("npm.sqlite"), "{err}");
}

#[test]
fn snapshot_files() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let (exit, text, err) = db(out.path(), &["snapshot", "--from", &fixture("ranges/records"), "--out", folder]);
    assert_eq!(exit, 0);
    assert!(text.contains("Go: 1 advisories") && err.contains("licence"), "{text}{err}");
    assert!(out.path().join("MANIFEST.toml").exists() && out.path().join("npm.jsonl").exists());
}
