//! The snapshot: search in sorted text, the files it is made from, and what is in the binary.

use super::*;
use crate::advisory::record::Affected;

fn records(packages: &[(&str, &str)]) -> Records {
    let mut records = Records::new();
    for (id, package) in packages {
        let record: &mut Advisory = records.entry((*id).to_owned()).or_default();
        (*id).clone_into(&mut record.id);
        record.affected.push(Affected { package: (*package).to_owned(), ..Affected::default() });
    }
    records
}

fn ids(snapshot: &Snapshot, package: &str) -> Vec<String> {
    snapshot.lookup(package).unwrap().into_iter().map(|advisory| advisory.id).collect()
}

#[test]
fn finds_each_package_and_no_other() {
    let packages =
        [("X-1", "b"), ("X-2", "a"), ("X-3", "b"), ("X-4", "ba"), ("X-5", "B"), ("X-6", "b-b"), ("X-1", "z")];
    let snapshot = Snapshot::of(Ecosystem::Npm, &records(&packages), "2024-01-01");
    for (_, package) in packages {
        let mut wanted: Vec<&str> = packages.iter().filter(|(_, name)| *name == package).map(|(id, _)| *id).collect();
        wanted.sort_unstable();
        assert_eq!(ids(&snapshot, package), wanted, "{package}");
    }
    for absent in ["", "bb", "A", "zz", "b\t", "{", "\u{10ffff}"] {
        assert!(ids(&snapshot, absent).is_empty(), "{absent:?}");
    }
    let empty = Snapshot::of(Ecosystem::Npm, &Records::new(), "2024-01-01");
    assert!(ids(&empty, "b").is_empty());
}

proptest::proptest! {
    #[test]
    fn binary_search_agrees_with_a_scan(names in proptest::collection::vec("[ab-]{1,3}", 0..12), wanted in "[ab-]{1,3}") {
        let ids_of: Vec<String> = (0..names.len()).map(|number| format!("X-{number:02}")).collect();
        let pairs: Vec<(&str, &str)> = ids_of.iter().map(String::as_str).zip(names.iter().map(String::as_str)).collect();
        let snapshot = Snapshot::of(Ecosystem::Npm, &records(&pairs), "2024-01-01");
        let expected: Vec<String> =
            pairs.iter().filter(|(_, name)| *name == wanted).map(|(id, _)| (*id).to_owned()).collect();
        proptest::prop_assert_eq!(ids(&snapshot, &wanted), expected);
    }
}

#[test]
fn the_embedded_data_is_what_the_manifest_says() {
    let kept = [Ecosystem::CratesIo, Ecosystem::Go, Ecosystem::Npm, Ecosystem::PyPI, Ecosystem::RubyGems];
    for ecosystem in Ecosystem::ALL {
        let snapshot = Snapshot::embedded(ecosystem);
        assert_eq!(snapshot.is_some(), kept.contains(&ecosystem), "{ecosystem}");
        let Some(snapshot) = snapshot else { continue };
        let info = snapshot.info();
        assert!(!info.project.is_empty() && !info.licence.is_empty() && !info.changes.is_empty(), "{ecosystem}");
        let all = snapshot.scan(|_| true).unwrap();
        let ids: BTreeSet<&str> = all.iter().map(|advisory| advisory.id.as_str()).collect();
        let packages: BTreeSet<&str> = all.iter().map(|advisory| advisory.affected[0].package.as_str()).collect();
        assert_eq!((ids.len() as u64, packages.len() as u64), (info.advisories, info.packages), "{ecosystem}");
        for advisory in &all {
            // A record in its canonical form stays as it is: nothing hostile, nothing lost.
            assert_eq!(advisory.clone().sanitise(ecosystem).as_ref(), Ok(advisory), "{}", advisory.id);
        }
        for package in packages.iter().step_by(50) {
            assert!(!snapshot.lookup(package).unwrap().is_empty(), "{package}");
        }
    }
}

#[test]
fn writing_keeps_what_was_written_by_hand() {
    let out = tempfile::tempdir().unwrap();
    let today = jiff::civil::Date::constant(2024, 1, 1);
    let advisories = BTreeMap::from([(Ecosystem::Npm, records(&[("X-2", "a"), ("X-1", "a")]))]);
    write(out.path(), &advisories, today).unwrap();
    let manifest = out.path().join("MANIFEST.toml");
    let text = fs::read_to_string(&manifest).unwrap().replace("project = \"\"", "project = \"Demo\"");
    fs::write(&manifest, text).unwrap();
    let other = BTreeMap::from([(Ecosystem::PyPI, records(&[("Y-1", "b")]))]);
    let infos = write(out.path(), &other, today).unwrap();
    assert_eq!(infos.iter().map(|info| info.file.as_str()).collect::<Vec<_>>(), ["PyPI.jsonl", "npm.jsonl"]);
    assert_eq!(infos[1].project, "Demo");
    let lines = fs::read_to_string(out.path().join("npm.jsonl")).unwrap();
    assert_eq!(lines.lines().map(|line| &line[..12]).collect::<Vec<_>>(), [r#"{"id":"X-1","#, r#"{"id":"X-2","#]);
    assert_eq!(infos[1].sha256, hex(&Sha256::digest(lines.as_bytes())));
}
