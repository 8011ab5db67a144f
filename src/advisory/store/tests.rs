//! The store under concurrent use, kills and damage.

use super::*;
use crate::advisory::record::Affected;
use crate::version::Event;

fn provenance() -> Provenance {
    Provenance {
        origin: "demo".to_owned(),
        etag: Some("\"1\"".to_owned()),
        cursor: None,
        imported: jiff::civil::Date::constant(2024, 5, 2),
    }
}

fn records(ids: &[&str]) -> BTreeMap<String, Advisory> {
    let record = |id: &&str| {
        let affected = Affected {
            package: "demo".to_owned(),
            ranges: vec![vec![Event::Introduced("0".to_owned())]],
            ..Affected::default()
        };
        let other = Affected { package: format!("only-{id}"), ..affected.clone() };
        let date = Some("2024-05-01".to_owned());
        let advisory =
            Advisory { id: (*id).to_owned(), modified: date, affected: vec![affected, other], ..Advisory::default() };
        ((*id).to_owned(), advisory)
    };
    ids.iter().map(record).collect()
}

fn ids(store: &Store, package: &str) -> Vec<String> {
    store.lookup(package).unwrap().into_iter().map(|advisory| advisory.id).collect()
}

fn opened(cache: &Path) -> Store {
    Store::open(cache, Ecosystem::Npm).unwrap().unwrap()
}

#[test]
fn what_is_written_is_read() {
    let cache = tempfile::tempdir().unwrap();
    // The folder's name needs escaping in an address.
    let cache = cache.path().join("a b%20?#ä");
    assert!(Store::open(&cache, Ecosystem::Npm).unwrap().is_none());
    let meta = write(&cache, Ecosystem::Npm, &provenance(), &records(&["X-2", "X-1"])).unwrap();
    let store = opened(&cache);
    assert_eq!(store.meta(), &meta);
    assert_eq!((meta.advisories, meta.packages, meta.date.as_str()), (2, 3, "2024-05-01"));
    assert_eq!(ids(&store, "demo"), ["X-1", "X-2"]);
    assert_eq!(ids(&store, "only-X-2"), ["X-2"]);
    assert!(ids(&store, "dem").is_empty());
    store.verify().unwrap();
    assert!(Store::open(&cache, Ecosystem::PyPI).unwrap().is_none());
}

#[test]
fn a_reader_keeps_the_file_it_opened() {
    let cache = tempfile::tempdir().unwrap();
    write(cache.path(), Ecosystem::Npm, &provenance(), &records(&["X-1"])).unwrap();
    let before = opened(cache.path());
    write(cache.path(), Ecosystem::Npm, &provenance(), &records(&["X-9"])).unwrap();
    assert_eq!(ids(&before, "demo"), ["X-1"]);
    assert_eq!(ids(&opened(cache.path()), "demo"), ["X-9"]);
}

#[test]
fn concurrent_writers_and_readers() {
    let cache = tempfile::tempdir().unwrap();
    let sets = [records(&["A-1", "A-2"]), records(&["B-1", "B-2"])];
    write(cache.path(), Ecosystem::Npm, &provenance(), &sets[0]).unwrap();
    std::thread::scope(|scope| {
        for set in &sets {
            scope.spawn(|| {
                for _ in 0..10 {
                    write(cache.path(), Ecosystem::Npm, &provenance(), set).unwrap();
                }
            });
        }
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..30 {
                    let found = ids(&opened(cache.path()), "demo");
                    assert!(found == ["A-1", "A-2"] || found == ["B-1", "B-2"], "{found:?}");
                }
            });
        }
    });
    opened(cache.path()).verify().unwrap();
    assert_eq!(fs::read_dir(folder_of(cache.path())).unwrap().count(), 1);
}

#[test]
fn the_rest_of_a_killed_import_is_ignored_and_later_removed() {
    let cache = tempfile::tempdir().unwrap();
    write(cache.path(), Ecosystem::Npm, &provenance(), &records(&["X-1"])).unwrap();
    let (fresh, old) = (folder_of(cache.path()).join(".import-fresh"), folder_of(cache.path()).join(".import-old"));
    fs::write(&fresh, "half").unwrap();
    let file = fs::File::create(&old).unwrap();
    file.set_modified(SystemTime::now() - 2 * ABANDONED).unwrap();
    assert_eq!(ids(&opened(cache.path()), "demo"), ["X-1"]);
    write(cache.path(), Ecosystem::PyPI, &provenance(), &records(&["Y-1"])).unwrap();
    assert!(fresh.exists() && !old.exists());
}

#[test]
fn damage_is_noticed() {
    let cache = tempfile::tempdir().unwrap();
    write(cache.path(), Ecosystem::Npm, &provenance(), &records(&["X-1", "X-2"])).unwrap();
    let path = file_of(cache.path(), Ecosystem::Npm);
    let whole = fs::read(&path).unwrap();
    let open = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Store::open(cache.path(), Ecosystem::Npm)
    };
    assert!(open(b"").is_err());
    assert!(open(b"this is no database").is_err());
    assert!(open(&whole[..whole.len() - 1]).is_err());
    assert!(open(&whole[..whole.len() / 2]).is_err());
    assert!(open(&[whole.as_slice(), b"more"].concat()).is_err());
    // Another ecosystem's file under this name.
    write(cache.path(), Ecosystem::PyPI, &provenance(), &records(&["Y-1"])).unwrap();
    fs::copy(file_of(cache.path(), Ecosystem::PyPI), &path).unwrap();
    assert!(Store::open(cache.path(), Ecosystem::Npm).is_err());
    // Each flipped byte is either noticed or changes nothing that is read.
    let expected = records(&["X-1", "X-2"]);
    for at in (0..whole.len()).step_by(37) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        let Ok(Some(store)) = open(&bytes) else { continue };
        if let (Ok(found), Ok(())) = (store.lookup("demo"), store.verify()) {
            let wanted: Vec<Advisory> = expected.values().map(|a| a.only(&a.affected[0])).collect();
            assert_eq!(found, wanted, "byte {at}");
        }
    }
}

#[test]
fn a_foreign_database_is_refused() {
    let cache = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder_of(cache.path())).unwrap();
    let connection = Connection::open(file_of(cache.path(), Ecosystem::Npm)).unwrap();
    connection.execute_batch("CREATE TABLE meta(text TEXT); INSERT INTO meta VALUES ('{}');").unwrap();
    drop(connection);
    assert!(matches!(Store::open(cache.path(), Ecosystem::Npm), Err(StoreError::Damaged { .. })));
}

#[test]
fn dates_from_the_future_do_not_make_data_fresh() {
    let mut list = records(&["X-1", "X-2"]);
    list.get_mut("X-2").unwrap().modified = Some("9999-12-31".to_owned());
    assert_eq!(newest(list.values(), jiff::civil::Date::constant(2024, 6, 1)), "2024-05-01");
}
