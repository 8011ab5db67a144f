//! The sample apps: each planted flaw is reported at its line, and the repaired twin passes with nothing above info.
//!
//! `fixtures/apps/<app>.expected` lists `path:line rule`; anything of medium severity or more that is not listed fails
//! the test too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use stageclear::base::Severity;
use stageclear::document::Document;
use stageclear::options::Options;
use stageclear::pipeline::{self, Mode, Silent};
use stageclear::workspace::Workspace;

/// An audit of a folder under `fixtures/apps` with an advisory cache of its own.
pub fn audit(app: &str, jobs: usize) -> Document {
    let cache = tempfile::tempdir().unwrap();
    let options = Options {
        jobs: Some(jobs),
        cache_dir: Some(cache.path().to_owned()),
        ..Options::new(jiff::civil::date(2026, 11, 1))
    };
    let workspace = Workspace::open(&folder(app), &[], &options);
    pipeline::run(&workspace, &options, Mode::Audit, &Silent).unwrap()
}

pub fn folder(app: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps").join(app)
}

fn found(document: &Document, from: Severity) -> BTreeSet<String> {
    let active = document.findings.iter().filter(|finding| finding.is_active() && finding.severity >= from);
    active.map(|finding| format!("{} {}", finding.location, finding.rule)).collect()
}

fn expected(app: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder(&format!("{app}.expected"))).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

fn check_insecure(app: &str) {
    let document = audit(app, 2);
    assert!(!document.verdict.as_ref().unwrap().passed);
    let (found, expected) = (found(&document, Severity::Medium), expected(app));
    let missing: Vec<_> = expected.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{app}: missing {missing:#?}, not expected {surplus:#?}");
}

fn check_repaired(app: &str) {
    let document = check_quiet(app);
    assert!(!document.endpoints.is_empty(), "the twin has routes");
}

/// A twin that passes with nothing above info, whether it has routes or not.
fn check_quiet(app: &str) -> Document {
    let document = audit(app, 2);
    let verdict = document.verdict.as_ref().unwrap();
    assert!(verdict.passed, "{:?}", verdict.reasons);
    assert_eq!(found(&document, Severity::Low), BTreeSet::new());
    let score = document.score.as_ref().unwrap();
    assert!(score.value >= 85, "{score:?}");
    document
}

#[test]
fn flask_insecure() {
    check_insecure("flask-insecure");
}

#[test]
fn flask_repaired() {
    check_repaired("flask-repaired");
}

#[test]
fn express_insecure() {
    check_insecure("express-insecure");
}

#[test]
fn express_repaired() {
    check_repaired("express-repaired");
}

#[test]
fn workers_insecure() {
    check_insecure("workers-insecure");
}

#[test]
fn workers_repaired() {
    check_repaired("workers-repaired");
}

#[test]
fn docker_insecure() {
    check_insecure("docker-insecure");
}

#[test]
fn docker_repaired() {
    check_repaired("docker-repaired");
}

#[test]
fn agent_insecure() {
    check_insecure("agent-insecure");
}

#[test]
fn agent_repaired() {
    check_quiet("agent-repaired");
}

#[test]
fn supabase_insecure() {
    check_insecure("supabase-insecure");
}

#[test]
fn supabase_repaired() {
    check_repaired("supabase-repaired");
}

#[test]
fn firebase_insecure() {
    check_insecure("firebase-insecure");
}

#[test]
fn firebase_repaired() {
    check_repaired("firebase-repaired");
}

#[test]
fn django_insecure() {
    check_insecure("django-insecure");
}

#[test]
fn django_repaired() {
    check_repaired("django-repaired");
}

#[test]
fn fastapi_insecure() {
    check_insecure("fastapi-insecure");
}

#[test]
fn fastapi_repaired() {
    check_repaired("fastapi-repaired");
}

#[test]
fn next_insecure() {
    check_insecure("next-insecure");
}

#[test]
fn next_repaired() {
    check_repaired("next-repaired");
}

#[test]
fn terraform_insecure() {
    check_insecure("terraform-insecure");
}

#[test]
fn terraform_repaired() {
    check_quiet("terraform-repaired");
}

#[test]
fn nest_insecure() {
    check_insecure("nest-insecure");
}

#[test]
fn nest_repaired() {
    check_quiet("nest-repaired");
}

#[test]
fn fastify_insecure() {
    check_insecure("fastify-insecure");
}

#[test]
fn fastify_repaired() {
    check_quiet("fastify-repaired");
}

#[test]
fn graphql_insecure() {
    check_insecure("graphql-insecure");
}

#[test]
fn graphql_repaired() {
    check_quiet("graphql-repaired");
}

#[test]
fn mcp_insecure() {
    check_insecure("mcp-insecure");
}

#[test]
fn mcp_repaired() {
    check_quiet("mcp-repaired");
}

#[test]
fn electron_insecure() {
    check_insecure("electron-insecure");
}

#[test]
fn electron_repaired() {
    check_quiet("electron-repaired");
}

#[test]
fn socketio_insecure() {
    check_insecure("socketio-insecure");
}

#[test]
fn socketio_repaired() {
    check_quiet("socketio-repaired");
}
