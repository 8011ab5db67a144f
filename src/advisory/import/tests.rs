//! Imports of every layout, of broken and of hostile data.

use std::io::{Cursor, Write};

use super::*;

const MARKDOWN: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2099-0001\"\npackage = \"demo\"\ndate = \"2099-01-02\"\n[versions]\npatched = []\n```\n\n# Made up\n\ntext\n";

fn record(id: &str, package: &str, modified: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"{modified}","affected":[{{"package":{{"ecosystem":"npm","name":"{package}"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}}]}}]}}]}}"#
    )
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn put(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn npm(collected: &Collected) -> Vec<&str> {
    collected.advisories.get(&Ecosystem::Npm).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect()
}

fn places(collected: &Collected) -> Vec<String> {
    collected.problems.iter().filter_map(|problem| Some(problem.location.as_ref()?.path.clone())).collect()
}

#[test]
fn every_layout_at_once() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    put(root, "ecosystems.txt", "npm\nBitnami\n");
    put(root, "npm/all.zip", archive(&[("X-1.json", &record("X-1", "a", "2024-01-01")), ("readme.txt", "no")]));
    put(root, "npm/X-2.json", record("X-2", "a", "2024-01-01"));
    put(root, "deep/er/X-3.json", format!("\u{feff}{}", record("X-3", "a", "2024-01-01")));
    put(root, "Bitnami/X-4.json", record("X-4", "a", "2024-01-01").replace("npm", "Bitnami"));
    put(root, "vulns/a/X-5.yaml", "id: X-5");
    let other = ("db-main/rust/std/RUSTSEC-2099-0003.md", "# not a crate");
    put(root, "db-main.zip", archive(&[("db-main/crates/a/RUSTSEC-2099-0001.md", MARKDOWN), other]));
    put(root, ".git/X-6.json", record("X-6", "a", "2024-01-01"));
    put(root, "crates/demo/RUSTSEC-2099-0001.md", MARKDOWN);
    put(root, "crates/demo/README.md", "# not an advisory");
    put(root, "rust/std/RUSTSEC-2099-0002.md", MARKDOWN);
    let collected = collect(root).unwrap();
    assert_eq!(npm(&collected), ["X-1", "X-2", "X-3"]);
    assert_eq!(collected.advisories[&Ecosystem::CratesIo].keys().collect::<Vec<_>>(), ["RUSTSEC-2099-0001"]);
    assert_eq!(collected.count(), 4);
    assert_eq!(collected.foreign, 1);
    assert!(collected.problems.iter().all(|problem| !problem.incomplete), "{:?}", collected.problems);
    assert!(collected.problems.iter().any(|problem| problem.message.contains("YAML")));
}

#[test]
fn bad_records_are_named_and_the_rest_is_read() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    put(root, "npm/good.json", record("X-1", "a", "2024-01-01"));
    put(root, "npm/cut.json", &record("X-2", "a", "2024-01-01")[..40]);
    put(root, "npm/list.json", "[]");
    put(root, "npm/binary.json", [0xff, 0xfe, 0x00]);
    put(root, "npm/deep.json", "[".repeat(100_000));
    put(root, "npm/huge.json", " ".repeat(usize::try_from(osv::LARGEST).unwrap() + 1));
    put(root, "npm/broken.zip", "PK no archive");
    put(root, "npm/mixed.zip", archive(&[("bad.json", "{"), ("X-3.json", &record("X-3", "a", "2024-01-01"))]));
    let collected = collect(root).unwrap();
    assert_eq!(npm(&collected), ["X-1", "X-3"]);
    let mut places = places(&collected);
    places.sort();
    let names = ["binary.json", "broken.zip", "cut.json", "deep.json", "huge.json", "list.json", "mixed.zip/bad.json"];
    assert_eq!(places, names.map(|name| format!("npm/{name}")));
    assert!(collected.problems.iter().all(|problem| problem.incomplete));
}

#[test]
fn many_bad_records_are_counted() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..MOST_PROBLEMS + 7 {
        put(root.path(), &format!("{number}.json"), "{}");
    }
    let collected = collect(root.path()).unwrap();
    assert_eq!(collected.problems.len(), MOST_PROBLEMS + 1);
    assert!(collected.problems.last().unwrap().message.starts_with("7 further"));
}

#[test]
fn the_record_changed_last_counts() {
    let (old, new) = (record("X-1", "old", "2024-01-01"), record("X-1", "new", "2024-02-01"));
    for files in [[("a.json", &*old), ("b.json", &*new)], [("a.json", &*new), ("b.json", &*old)]] {
        let collected = collect_archive(Cursor::new(archive(&files)), "all.zip").unwrap();
        assert_eq!(collected.advisories[&Ecosystem::Npm]["X-1"].affected[0].package, "new");
    }
}

#[test]
fn what_cannot_be_read_at_all_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(collect(&root.path().join("absent")), Err(ImportError::Unreadable { .. })));
    put(root.path(), "all.zip", "PK no archive");
    let error = collect(&root.path().join("all.zip")).unwrap_err();
    assert!(matches!(error, ImportError::Archive { .. }));
    assert!(!error.to_string().contains(root.path().to_str().unwrap()), "{error}");
    let whole = archive(&[("X-1.json", &record("X-1", "a", "2024-01-01"))]);
    assert!(collect_archive(Cursor::new(&whole[..whole.len() - 10]), "all.zip").is_err());
}

#[test]
fn a_zip_bomb_is_cut_short() {
    let big = " ".repeat(usize::try_from(osv::LARGEST).unwrap() + (1 << 20));
    let bomb = archive(&[("X-1.json", &big), ("X-2.json", &record("X-2", "a", "2024-01-01"))]);
    assert!(bomb.len() < 1 << 20);
    let collected = collect_archive(Cursor::new(bomb), "all.zip").unwrap();
    assert_eq!(npm(&collected), ["X-2"]);
    assert_eq!(places(&collected), ["all.zip/X-1.json"]);
}

proptest::proptest! {
    #[test]
    fn never_panics_on_broken_archives(at: proptest::sample::Index, byte: u8, cut: proptest::sample::Index) {
        let mut bytes = archive(&[("X-1.json", &record("X-1", "a", "2024-01-01")), ("b/X-2.json", "{}")]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = collect_archive(Cursor::new(&bytes), "all.zip");
        let _ = collect_archive(Cursor::new(&bytes[..cut.index(bytes.len())]), "all.zip");
    }
}
