//! Which data counts, and what takes its place when it is damaged.

use std::fs;

use super::super::store::{self, Provenance};
use super::*;

const TODAY: Date = Date::constant(2026, 11, 1);

fn records(id: &str, date: &str) -> Records {
    let text = format!(
        r#"{{"id":"{id}","modified":"{date}","affected":[{{"package":{{"ecosystem":"npm","name":"demo-stored"}},"versions":["1.0.0"]}}]}}"#
    );
    let mut list = super::super::osv::parse(text.as_bytes()).unwrap();
    let advisory = list.remove(0).1;
    Records::from([(id.to_owned(), advisory)])
}

fn import(cache: &Path, date: &str, imported: Date) {
    let provenance = Provenance { origin: "demo-export".to_owned(), etag: None, cursor: None, imported };
    store::write(cache, Ecosystem::Npm, &provenance, &records("DEMO-1", date)).unwrap();
}

fn open(cache: &Path) -> (Database, Vec<Problem>) {
    Database::open(&OpenOptions { cache_dir: Some(cache.to_path_buf()), today: TODAY })
}

fn origin(database: &Database) -> String {
    let status = database.status(TODAY);
    status.sources.iter().find(|source| source.ecosystem == Ecosystem::Npm).unwrap().origin.clone()
}

#[test]
fn the_snapshot_works_without_a_cache() {
    for cache_dir in [
        None,
        Some(PathBuf::from("/nowhere/at/all")),
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")),
    ] {
        let (database, problems) = Database::open(&OpenOptions { cache_dir, today: TODAY });
        assert_eq!(problems, []);
        assert_eq!(database.status(TODAY).sources.len(), 5);
        assert!(database.lookup(Ecosystem::PyPI, "Django").0.len() > 20);
    }
}

#[test]
fn imported_data_replaces_the_snapshot() {
    let cache = tempfile::tempdir().unwrap();
    import(cache.path(), "2020-01-01", TODAY);
    let (database, problems) = open(cache.path());
    assert_eq!(problems, []);
    assert_eq!(origin(&database), "demo-export");
    assert_eq!(database.lookup(Ecosystem::Npm, "demo-stored").0.len(), 1);
    assert_eq!(database.search("demo-1").0.len(), 1);
    assert_eq!(database.records(Ecosystem::Npm).0.len(), 1);
    let stale = database.complaints([Ecosystem::Npm]);
    assert!(stale[0].message.contains("demo-export"), "{stale:?}");
}

#[test]
fn a_newer_program_knows_better() {
    let cache = tempfile::tempdir().unwrap();
    import(cache.path(), "2020-01-01", Date::constant(2020, 1, 2));
    let (database, problems) = open(cache.path());
    assert_eq!(origin(&database), EMBEDDED);
    assert!(problems.len() == 1 && !problems[0].incomplete, "{problems:?}");
}

#[test]
fn damage_falls_back_to_the_snapshot_and_is_told() {
    let cache = tempfile::tempdir().unwrap();
    import(cache.path(), "2026-10-01", TODAY);
    let path = store::file_of(cache.path(), Ecosystem::Npm);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..100]).unwrap();
    let (database, problems) = open(cache.path());
    assert_eq!(origin(&database), EMBEDDED);
    assert!(problems.len() == 1 && problems[0].incomplete, "{problems:?}");
    assert!(!database.lookup(Ecosystem::Npm, "jquery").0.is_empty());
    // Damage inside a record shows only when it is read.
    let at = whole.windows(6).rposition(|window| window == b"DEMO-1").unwrap();
    let mut bytes = whole;
    bytes[at] = b'E';
    fs::write(&path, bytes).unwrap();
    let (database, problems) = open(cache.path());
    assert_eq!(problems, []);
    let (found, problem) = database.lookup(Ecosystem::Npm, "demo-stored");
    assert!(found.is_empty() && problem.is_some_and(|problem| problem.incomplete));
}

#[test]
fn cache_folders() {
    let dir = |given: Option<&str>, set: &[(&str, &str)]| {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
        cache_dir(given.map(Path::new), variable)
    };
    let home = [("HOME", "/home/demo"), ("XDG_CACHE_HOME", "/var/demo"), ("STAGECLEAR_CACHE_DIR", "here")];
    assert_eq!(dir(Some("x"), &home), Some("x".into()));
    assert_eq!(dir(None, &home), Some("here".into()));
    assert_eq!(dir(None, &home[..2]), Some("/var/demo/stageclear".into()));
    assert_eq!(dir(None, &[home[0], ("XDG_CACHE_HOME", "relative")]), Some("/home/demo/.cache/stageclear".into()));
    assert_eq!(dir(None, &[]), None);
}

#[test]
fn ages() {
    assert_eq!(age("2026-10-01", TODAY), 31);
    assert_eq!(age("2027-10-01", TODAY), 0);
    assert!(age("nonsense", TODAY) > 20_000);
}
