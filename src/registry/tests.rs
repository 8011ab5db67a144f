//! Against a server on loopback, well-behaved and not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tiny_http::{Response, Server};

use super::*;
use crate::base::Location;

/// Answers by path; gives the base address and a count of requests.
fn serve(answer: impl Fn(&str) -> Option<&'static str> + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let server = Server::http("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v3", server.server_addr().to_ip().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    thread::spawn(move || {
        for request in server.incoming_requests() {
            counted.fetch_add(1, Ordering::SeqCst);
            let response = match answer(request.url()) {
                Some(body) => Response::from_string(body),
                None => Response::from_string("no").with_status_code(404),
            };
            let _ = request.respond(response);
        }
    });
    (base, count)
}

fn asked(api: &str, cache_dir: Option<&Path>, packages: &[Package]) -> (Vec<DependencyFact>, Vec<Problem>) {
    let online = Online { api: api.to_owned(), npm: None, cargo: None, pip: None };
    ask(&online, cache_dir, jiff::civil::date(2026, 11, 26), packages)
}

fn package(name: &str, version: &str) -> Package {
    let location = Location::line("package-lock.json", 3);
    Package { direct: true, ..Package::new(Ecosystem::Npm, name, Some(version.to_owned()), location) }
}

#[test]
fn names_versions_ages_and_deprecation() {
    let (base, count) = serve(|url| match url {
        "/v3/systems/npm/packages/%40s%2Fgood" => Some(
            r#"{"versions": [{"versionKey": {"version": "1.0.0"}, "publishedAt": "2020-01-01T00:00:00Z"},
                {"versionKey": {"version": "1.0.1"}, "publishedAt": "2026-11-24T00:00:00Z"},
                {"versionKey": {"version": "0.9.0"}, "publishedAt": "2019-01-01T00:00:00Z", "isDeprecated": true}]}"#,
        ),
        _ => None,
    });
    let cache = tempfile::tempdir().unwrap();
    let packages = [
        package("@s/good", "1.0.0"),
        package("@s/good", "1.0.1"),
        package("@s/good", "0.9.0"),
        package("@s/good", "7.0.0"),
        package("invented", "1.0.0"),
        Package { source: PackageSource::Index("https://private.example".to_owned()), ..package("secret", "1.0.0") },
    ];
    let (facts, problems) = asked(&base, Some(cache.path()), &packages);
    let shown: Vec<(DependencyKind, &str)> = facts.iter().map(|fact| (fact.kind, fact.other.as_str())).collect();
    assert!(problems.is_empty(), "{problems:?}");
    let mut wanted = [
        (DependencyKind::NotInRegistry, "1.0.0"),
        (DependencyKind::VersionNotInRegistry, "7.0.0"),
        (DependencyKind::FreshVersion, "1.0.1"),
        (DependencyKind::Deprecated, "0.9.0"),
    ];
    wanted.sort();
    assert_eq!(shown, wanted);
    assert_eq!(facts.iter().find_map(|fact| fact.days), Some(2));
    assert_eq!(count.load(Ordering::SeqCst), 2, "one request a name, none about what is private");
    assert_eq!(asked(&base, Some(cache.path()), &packages).0, facts);
    assert_eq!(count.load(Ordering::SeqCst), 2, "the answers of the day are kept");
}

#[test]
fn what_is_not_answered_is_told() {
    let (base, count) = serve(|_| Some("<html>sign in</html>"));
    let packages: Vec<Package> = (0..20).map(|n| package(&format!("p{n}"), "1.0.0")).collect();
    let (facts, problems) = asked(&base, None, &packages);
    assert!(facts.is_empty());
    assert!(problems[0].incomplete && problems[0].message.contains("20 packages"), "{problems:?}");
    assert_eq!(count.load(Ordering::SeqCst), FAILURES, "a broken service is left alone");
    let (_, problems) = asked("http://127.0.0.1:1/v3", None, &packages[..1]);
    assert!(problems[0].message.contains("`p0`"), "{problems:?}");
    let (_, problems) = asked("http://api.example/v3", None, &packages[..1]);
    assert!(problems[0].message.contains("not encrypted"), "{problems:?}");
}

#[test]
fn names_stay_one_part_of_the_address() {
    assert_eq!(encoded("@a/../b?c#d"), "%40a%2F..%2Fb%3Fc%23d");
    assert_eq!(encoded(".."), "%2E%2E");
    assert_eq!([index_path("a"), index_path("abc"), index_path("Serde")], ["1/a", "3/a/abc", "se/rd/serde"]);
}
