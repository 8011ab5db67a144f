//! The release checklist and the matrix of routes and guards: what they say of the sample apps, that hostile names stay
//! names, that an app without routes and one with thousands have one too, and what the command's exit status means.

use std::time::Duration;

use assert_cmd::Command;
use serde_json::{Value, json};
use stageclear::checklist::{Cell, CellState, RouteRow, Status};
use stageclear::document::Document;
use stageclear::endpoint::{Endpoint, Guard};
use stageclear::policy::PolicySet;
use stageclear::policy::bundle::Bundle;
use stageclear::policy::engine::Limits;
use stageclear::report::checklist::{FORMATS, render};
use stageclear::report::{self, Style};

use crate::apps::{audit, folder};
use crate::markup;

fn status(document: &Document, id: &str) -> Status {
    document.checklist.as_ref().unwrap().items().find(|item| item.id == id).unwrap().status
}

fn guard(kind: &str, name: &str) -> Guard {
    let location = json!({"path": "auth.py", "line": 3, "column": 1, "end_line": 3, "end_column": 9});
    serde_json::from_value(json!({"kind": kind, "name": name, "location": location})).unwrap()
}

fn endpoint(at: u32, path: &str, guards: &[Guard]) -> Endpoint {
    let location = json!({"path": "app.py", "line": at, "column": 1, "end_line": at, "end_column": 9});
    let effects = json!([{"kind": "write", "name": "db.add", "location": location}]);
    serde_json::from_value(json!({"framework": "flask", "methods": ["POST"], "path": path, "handler": "add",
        "location": location, "context": "production", "middleware": [], "guards": guards, "session": "cookie",
        "effects": effects}))
    .unwrap()
}

fn answered(document: Document) -> Document {
    answered_by(&PolicySet::built_in().unwrap(), document)
}

fn answered_by(policies: &PolicySet, mut document: Document) -> Document {
    let (checklist, problems) = policies.checklist(&document).unwrap();
    assert_eq!(problems, []);
    document.checklist = Some(checklist);
    document
}

#[test]
fn the_insecure_apps_are_refuted_and_their_twins_are_not() {
    for (app, refuted) in [("flask", 12), ("express", 12)] {
        let bad = audit(&format!("{app}-insecure"), 2);
        assert!(bad.checklist.as_ref().unwrap().count(Status::Refuted) >= refuted, "{app}");
        for id in ["authentication/routes", "input/queries", "credentials/in-code", "limits/routes", "browser/csrf"] {
            assert_eq!(status(&bad, id), Status::Refuted, "{app} {id}");
        }
        let good = audit(&format!("{app}-repaired"), 2);
        let checklist = good.checklist.as_ref().unwrap();
        let against: Vec<&str> =
            checklist.items().filter(|item| item.status == Status::Refuted).map(|item| item.id.as_str()).collect();
        assert_eq!(against, Vec::<&str>::new(), "{app}");
        assert!(checklist.count(Status::Proved) >= 20, "{app}");
        assert_eq!(status(&good, "authentication/routes"), Status::Proved, "{app}");
        assert_eq!(status(&good, "credentials/history"), Status::NeedsPerson, "{app}");
    }
}

#[test]
fn every_item_says_why_and_a_proof_its_limits() {
    let document = audit("flask-insecure", 2);
    let checklist = document.checklist.as_ref().unwrap();
    assert!(checklist.items().count() >= 25);
    let mut ids: Vec<&str> = checklist.items().map(|item| item.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), checklist.items().count());
    for item in checklist.items() {
        assert!(!item.summary.is_empty(), "{}", item.id);
        assert!(item.status != Status::Proved || !item.limits.is_empty(), "{} has no limits", item.id);
        assert!(item.status != Status::Refuted || !item.evidence.is_empty(), "{} has no evidence", item.id);
    }
    assert_eq!(checklist.routes.len(), document.endpoints.len());
}

#[test]
fn a_scan_has_none() {
    let mut command = Command::cargo_bin("stageclear").unwrap();
    command.env_clear().args(["scan", "--format", "json", "--fail-on", "critical"]).arg(folder("flask-repaired"));
    let output = command.assert().get_output().clone();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document.get("checklist"), None);
}

#[test]
fn the_matrix_shows_guards_holes_and_reasons() {
    let endpoints = vec![
        endpoint(3, "/open", &[]),
        endpoint(4, "/safe", &[guard("authentication", "flask_login.login_required")]),
        endpoint(5, "/login", &[]),
    ];
    let document = answered(Document { endpoints, ..Document::default() });
    let text = render(&document, "markdown", &Style::default());
    let row = |path: &str| text.lines().find(|line| line.starts_with(&format!("| POST {path} "))).unwrap().to_owned();
    assert!(row("/open").starts_with("| POST /open | add app.py:3 | write | ✗ |"), "{text}");
    assert!(row("/safe").contains("| login\\_required auth.py:3 |"), "{text}");
    assert!(row("/login").contains("| public |"), "{text}");
    assert!(text.contains("3 routes: 1 without authentication, 3 without CSRF protection"), "{text}");
    let audit = report::by_name("text").unwrap().render(&document, &Style::default());
    assert!(audit.contains("3 routes: 1 without authentication"), "{audit}");
    assert!(!audit.contains("POST /open"), "{audit}");
}

#[test]
fn hostile_routes_stay_text() {
    let trick = "/a|b\n| c |<script>alert(1)</script>`\u{1b}[2J\u{202e}\"onmouseover=\"x@team[x](y)";
    let mut document = Document { endpoints: vec![endpoint(3, trick, &[guard("csrf", trick)])], ..Document::default() };
    document.project.name = trick.to_owned();
    document.endpoints[0].handler = trick.to_owned();
    let mut document = answered(document);
    let cell = Cell { state: CellState::Unknown, reason: trick.to_owned() };
    let cells = [("authentication".to_owned(), cell)].into_iter().collect();
    let checklist = document.checklist.as_mut().unwrap();
    checklist.routes = vec![RouteRow { endpoint: 0, route: trick.to_owned(), cells }];
    for item in checklist.sections.iter_mut().flat_map(|section| &mut section.items) {
        for text in [&mut item.title, &mut item.summary, &mut item.look, &mut item.limits] {
            trick.clone_into(text);
        }
        item.rules = vec![trick.to_owned()];
        let evidence = json!({"message": trick, "location": {"path": trick, "line": 1, "column": 1, "end_line": 1, "end_column": 1}});
        item.evidence = vec![serde_json::from_value(evidence).unwrap()];
    }
    for format in FORMATS {
        for width in [80, 160] {
            let text = render(&document, format, &Style { width, ..Style::default() });
            let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(acts), "{format}");
            assert!(!text.contains("<script>") || ["text", "table", "json"].contains(&format), "{format}");
        }
    }
    markup::read(&render(&document, "html", &Style::default())).unwrap();
    let markdown = render(&document, "markdown", &Style::default());
    let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 3, "{markdown}");
    serde_json::from_str::<Value>(&render(&document, "json", &Style::default())).unwrap();
}

#[test]
fn an_app_without_routes_has_a_checklist() {
    let document = answered(Document::default());
    for id in ["authentication/routes", "browser/csrf", "limits/routes", "input/queries", "dependencies/known"] {
        assert_eq!(status(&document, id), Status::NotApplicable, "{id}");
    }
    for format in FORMATS {
        let text = render(&document, format, &Style::default());
        assert!(!text.contains("Routes and their guards"), "{format}");
        assert!(text.ends_with('\n'));
    }
}

#[test]
fn thousands_of_routes_are_listed() {
    let guards =
        |at: u32| if at.is_multiple_of(3) { vec![guard("authentication", "login_required")] } else { Vec::new() };
    let endpoints = (1..=2000).map(|at| endpoint(at, &format!("/items/{at}"), &guards(at))).collect();
    // An unoptimised evaluator on a busy machine may take longer than a user's policies are given.
    let limits = Limits { time: Duration::from_mins(5), ..Limits::default() };
    let policies = PolicySet::with_limits(limits).unwrap();
    let document = answered_by(&policies, Document { endpoints, ..Document::default() });
    for format in FORMATS {
        let text = render(&document, format, &Style { width: 80, ..Style::default() });
        assert!(text.contains("/items/2000"), "{format}");
    }
    assert_eq!(document.checklist.unwrap().routes.len(), 2000);
}

#[test]
fn an_organisation_adds_and_replaces_items() {
    let policy = r#"package house

checklist contains {
	"id": "house/licence", "section": "House rules", "title": "A licence is there", "status": "proved",
	"summary": "looked up", "evidence": [{"message": "LICENSE", "location": {"path": "LICENSE", "line": 1}}],
}

checklist contains {"id": "credentials/history", "section": "Credentials", "title": "Ours", "status": "not-applicable"}

checklist contains {"id": "house/broken", "title": "No status"}
"#;
    let bundle = Bundle { modules: vec![("house.rego".to_owned(), policy.to_owned())], ..Bundle::default() };
    let policies = PolicySet::built_in().unwrap().with_bundle(&bundle).unwrap();
    let (checklist, problems) = policies.checklist(&Document::default()).unwrap();
    assert_eq!(checklist.sections.last().unwrap().title, "House rules");
    let history: Vec<_> = checklist.items().filter(|item| item.id == "credentials/history").collect();
    assert_eq!((history.len(), history[0].title.as_str()), (1, "Ours"));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("data.house.checklist"), "{problems:?}");
}

fn command(arguments: &[&str], app: &str) -> (i32, String) {
    let mut command = Command::cargo_bin("stageclear").unwrap();
    command.env_clear().env("STAGECLEAR_CACHE_DIR", std::env::temp_dir().join("stageclear-test-cache"));
    let output = command.arg("checklist").args(arguments).arg(folder(app)).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_command_fails_only_when_strict() {
    let (code, text) = command(&[], "flask-insecure");
    assert_eq!(code, 0);
    assert!(text.starts_with("# Release checklist: flask-insecure\n"), "{text}");
    assert_eq!(command(&["--strict"], "flask-insecure").0, 1);
    assert_eq!(command(&["--strict"], "flask-repaired").0, 0);
    let (_, json) = command(&["--format", "json"], "flask-repaired");
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["schema"], "stageclear.checklist/1");
    assert!(report["sections"].as_array().unwrap().len() >= 10);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checklist.html");
    let (code, text) = command(&["--format", "html", "--output", &file.display().to_string()], "flask-repaired");
    assert_eq!((code, text.as_str()), (0, ""));
    markup::read(&std::fs::read_to_string(file).unwrap()).unwrap();
}
