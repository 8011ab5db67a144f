//! Updates from a server on loopback that serves an export, and one that fails.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::civil::Date;
use tiny_http::{Header, Response, Server};

use super::*;

const TODAY: Date = Date::constant(2026, 11, 1);

/// A static file server with entity tags, over files that a test may change.
#[derive(Clone, Default)]
struct Files(Arc<Mutex<Vec<File>>>);

/// Path, status and body.
type File = (String, u16, Vec<u8>);

impl Files {
    fn put(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        let mut files = self.0.lock().unwrap();
        files.retain(|(known, ..)| known != path);
        files.push((path.to_owned(), status, body.into()));
    }

    fn serve(&self) -> String {
        let server = Server::http("127.0.0.1:0").unwrap();
        let base = format!("http://{}/export/", server.server_addr().to_ip().unwrap());
        let files = self.clone();
        thread::spawn(move || {
            for request in server.incoming_requests() {
                let path = request.url().trim_start_matches("/export/").to_owned();
                let found = files.0.lock().unwrap().iter().find(|(known, ..)| *known == path).cloned();
                let _ = match found {
                    None => request.respond(Response::from_string("absent").with_status_code(404)),
                    Some((_, status, body)) => {
                        let tag = format!(
                            "\"{}\"",
                            crate::base::fingerprint::fingerprint([&*String::from_utf8_lossy(&body)])
                        );
                        let known = request
                            .headers()
                            .iter()
                            .any(|header| header.field.equiv("If-None-Match") && header.value.as_str() == tag);
                        let header = Header::from_bytes("ETag", tag).unwrap();
                        let (status, body) = if known { (304, Vec::new()) } else { (status, body) };
                        request.respond(Response::from_data(body).with_status_code(status).with_header(header))
                    }
                };
            }
        });
        base
    }
}

fn export(ids: &[&str]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for id in ids {
        writer.start_file(format!("{id}.json"), zip::write::SimpleFileOptions::default()).unwrap();
        let text = format!(
            r#"{{"id":"{id}","modified":"2026-10-31","affected":[{{"package":{{"ecosystem":"npm","name":"demo"}},"versions":["1.0.0"]}}]}}"#
        );
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn stored(cache: &Path) -> u64 {
    Store::open(cache, Ecosystem::Npm).unwrap().map_or(0, |store| store.meta().advisories)
}

#[test]
fn fetches_what_changed_and_nothing_else() {
    let (files, cache) = (Files::default(), tempfile::tempdir().unwrap());
    let base = files.serve();
    files.put("ecosystems.txt", 200, "Bitnami\nnpm\r\nUbuntu:22.04\n");
    files.put("npm/all.zip", 200, export(&["X-1"]));
    assert_eq!(offered(&base).unwrap(), BTreeSet::from([Ecosystem::Npm]));
    let update = || ecosystem(cache.path(), From { base: &base, sums: None }, Ecosystem::Npm, TODAY).unwrap().0;
    let Outcome::Replaced(meta) = update() else { panic!("nothing was there before") };
    assert_eq!(meta.origin, format!("{base}npm/all.zip"));
    assert!(meta.etag.is_some());
    assert!(matches!(update(), Outcome::Unchanged(same) if same == meta));
    files.put("npm/all.zip", 200, export(&["X-1", "X-2"]));
    assert!(matches!(update(), Outcome::Replaced(meta) if meta.advisories == 2));
    // A damaged store is not "unchanged".
    std::fs::write(store::file_of(cache.path(), Ecosystem::Npm), "damage").unwrap();
    assert!(matches!(update(), Outcome::Replaced(_)));
    assert_eq!(stored(cache.path()), 2);
}

#[test]
fn whatever_goes_wrong_leaves_what_is_there() {
    let (files, cache) = (Files::default(), tempfile::tempdir().unwrap());
    let base = files.serve();
    files.put("npm/all.zip", 200, export(&["X-1", "X-2", "X-3", "X-4"]));
    let update = || ecosystem(cache.path(), From { base: &base, sums: None }, Ecosystem::Npm, TODAY);
    update().unwrap();
    let whole = export(&["X-9"]);
    let bad: [(u16, Vec<u8>); 5] = [
        (500, b"sorry".to_vec()),
        (200, b"<html>log in first</html>".to_vec()),
        (200, whole[..whole.len() / 2].to_vec()),
        (200, export(&[])),
        (200, Vec::new()),
    ];
    for (status, body) in bad {
        files.put("npm/all.zip", status, body);
        assert!(update().is_err());
        assert_eq!(stored(cache.path()), 4);
    }
    // Fewer is possible, but said.
    files.put("npm/all.zip", 200, whole);
    let (_, problems) = update().unwrap();
    assert!(problems.iter().all(|problem| !problem.incomplete));
    assert_eq!((stored(cache.path()), problems.len()), (1, 1));
}

#[test]
fn a_server_without_a_list_may_have_anything() {
    let base = Files::default().serve();
    assert_eq!(offered(&base).unwrap().len(), Ecosystem::ALL.len());
    let cache = tempfile::tempdir().unwrap();
    let error = ecosystem(cache.path(), From { base: &base, sums: None }, Ecosystem::Go, TODAY).unwrap_err();
    assert!(matches!(error, UpdateError::Net(error) if error.is_not_found()));
}

#[test]
fn joined_addresses() {
    assert_eq!(join("https://registry.example/osv/", "a/all.zip"), "https://registry.example/osv/a/all.zip");
    assert_eq!(join("https://registry.example?sig=1", "a"), "https://registry.example/a?sig=1");
}

#[test]
fn a_list_of_changes_saves_the_archive() {
    let (files, cache) = (Files::default(), tempfile::tempdir().unwrap());
    let base = files.serve();
    let record = |id: &str, version: &str| {
        format!(
            r#"{{"id":"{id}","modified":"2026-10-31","affected":[{{"package":{{"ecosystem":"npm","name":"demo"}},"versions":["{version}"]}}]}}"#
        )
    };
    files.put("npm/all.zip", 200, export(&["X-1", "X-2"]));
    files.put("npm/modified_id.csv", 200, "2026-10-31T00:00:00Z,X-2\n2026-10-30T00:00:00Z,X-1\n");
    files.put("npm/X-2.json", 200, record("X-2", "1.0.0"));
    let update = || ecosystem(cache.path(), From { base: &base, sums: None }, Ecosystem::Npm, TODAY).unwrap().0;
    assert!(matches!(update(), Outcome::Replaced(meta) if meta.advisories == 2));
    // From here on the archive is out of reach.
    files.put("npm/all.zip", 500, "broken");
    assert!(matches!(update(), Outcome::Unchanged(_)));
    files.put(
        "npm/modified_id.csv",
        200,
        "2026-11-01T00:00:00Z,X-3\n2026-10-31T00:00:00Z,X-2\n2026-10-30T00:00:00Z,X-1\n",
    );
    files.put("npm/X-3.json", 200, record("X-3", "2.0.0"));
    assert!(matches!(update(), Outcome::Replaced(meta) if meta.advisories == 3));
    let store = Store::open(cache.path(), Ecosystem::Npm).unwrap().unwrap();
    assert_eq!(store.lookup("demo").unwrap().len(), 3);
    store.verify().unwrap();
    // A record that is not there: the archive is asked for, which fails, and what is stored stays.
    files.put(
        "npm/modified_id.csv",
        200,
        "2026-11-02T00:00:00Z,X-4\n2026-11-01T00:00:00Z,X-3\n2026-10-30T00:00:00Z,X-1\n",
    );
    assert!(ecosystem(cache.path(), From { base: &base, sums: None }, Ecosystem::Npm, TODAY).is_err());
    assert_eq!(stored(cache.path()), 3);
}

#[test]
fn a_mirror_with_sums_is_held_to_them() {
    let (files, cache) = (Files::default(), tempfile::tempdir().unwrap());
    let base = files.serve();
    let archive = export(&["X-1"]);
    files.put("npm/all.zip", 200, archive.clone());
    let list = |archive: &[u8]| Sums::parse(&format!("{}  npm/all.zip\n", mirror::sum(archive)));
    let update = |sums: &Sums, of| ecosystem(cache.path(), From { base: &base, sums: Some(sums) }, of, TODAY);
    let good = list(&archive);
    assert!(matches!(update(&good, Ecosystem::Npm).unwrap().0, Outcome::Replaced(_)));
    // The same sum: nothing is fetched.
    files.put("npm/all.zip", 500, "broken");
    assert!(matches!(update(&good, Ecosystem::Npm).unwrap().0, Outcome::Unchanged(_)));
    files.put("npm/all.zip", 200, export(&["X-1", "X-2", "X-3"]));
    assert!(matches!(update(&list(b"another"), Ecosystem::Npm), Err(UpdateError::Sum { .. })));
    assert!(matches!(update(&good, Ecosystem::Go), Err(UpdateError::Unlisted { .. })));
    assert_eq!(stored(cache.path()), 1);
    files.put("SHA256SUMS", 200, "list");
    assert_eq!(sums(&base).unwrap(), (b"list".to_vec(), None));
}
