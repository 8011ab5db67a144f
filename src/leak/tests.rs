//! How far secrets get, in repositories made for it.

use super::*;
use crate::options::History;
use crate::workspace::git::tests::Repo;

/// A token of a form of its own; the mark keeps it from other scanners.
fn token() -> String {
    "sk_live_~4Nq8TzL4mWp2RkVxY7bHc3Ds".replace('~', "")
}

fn options(history: bool) -> Options {
    let mut options = Options::new(jiff::civil::date(2026, 1, 1));
    options.history = history.then(History::default);
    options.only = Some(crate::options::Only::Secrets);
    options
}

fn run(repo: &Repo, options: &Options) -> crate::document::Document {
    let workspace = Workspace::open(repo.root(), &[], options);
    crate::pipeline::run(&workspace, options, crate::pipeline::Mode::Scan, &crate::pipeline::Silent).unwrap()
}

fn secrets(repo: &Repo, options: &Options) -> Vec<(String, Option<LeakState>, String)> {
    let document = run(repo, options);
    let of = |finding: Finding| finding.leak.map(|leak| (finding.location.path, leak.state, leak.commit));
    document.findings.into_iter().filter_map(of).collect()
}

#[test]
fn a_removed_secret_is_told_with_its_commit() {
    let mut repo = Repo::new();
    let line = format!("key = \"{}\"\n", token());
    let first = repo.commit(&[], &[("a.txt", "nothing")]);
    let second = repo.commit(&[first], &[("pay.txt", &line)]).to_string();
    let id = crate::workspace::git::Id::from_hex(second.as_bytes()).unwrap();
    let third = repo.commit(&[id], &[("pay.txt", &format!("{line}more\n"))]);
    repo.commit(&[third], &[("a.txt", "nothing")]);
    assert_eq!(secrets(&repo, &options(false)), []);
    let found = secrets(&repo, &options(true));
    assert_eq!(found, [("pay.txt".to_owned(), Some(LeakState::Removed), second.clone())]);
    let document = run(&repo, &options(true));
    assert_eq!((document.project.coverage.commits_checked, document.project.coverage.blobs_checked), (4, 3));
    let finding = &document.findings[0];
    assert!(finding.message.contains(&format!("in the history, commit {second:.10} of 2023-11-16, since removed")));
    assert!(finding.headline().contains("(commit "));
    assert!(!serde_json::to_string(&document).unwrap().contains(&token()));
}

#[test]
fn one_secret_in_files_and_history_is_one_finding() {
    let mut repo = Repo::new();
    let line = format!("key = \"{}\"\n", token());
    let first = repo.commit(&[], &[("old.txt", &line)]);
    repo.commit(&[first], &[("new.txt", &line)]);
    repo.file("new.txt", &line);
    let found = secrets(&repo, &options(true));
    assert_eq!(found, [("new.txt".to_owned(), Some(LeakState::Committed), first.to_string())]);
}

#[test]
fn severity_follows_exposure() {
    let mut repo = Repo::new();
    let line = format!("key = \"{}\"\n", token());
    repo.commit(&[], &[("kept.txt", &line), (".gitignore", "local.txt\n")]);
    repo.file(".gitignore", "local.txt\n");
    repo.file("kept.txt", &line);
    repo.file("fresh.txt", &line.replace("sk_live_4", "sk_live_5"));
    repo.file("local.txt", &line.replace("sk_live_4", "sk_live_6"));
    let all = Options { no_ignore: true, ..options(false) };
    let states: Vec<_> = run(&repo, &all)
        .findings
        .into_iter()
        .map(|finding| (finding.location.path, finding.severity, finding.leak.unwrap().state.unwrap()))
        .collect();
    let of =
        |path: &str| states.iter().find(|(at, ..)| at == path).map(|(_, severity, state)| (*severity, *state)).unwrap();
    assert_eq!(of("kept.txt").1, LeakState::Committed);
    assert_eq!(of("fresh.txt").1, LeakState::Uncommitted);
    assert_eq!(of("local.txt"), (Severity::Low, LeakState::Ignored));
    assert!(of("fresh.txt").0 >= Severity::High);
    repo.write("config", "[remote \"origin\"]\n\turl = https://github.com/owner/name\n");
    let found = run(&repo, &options(false));
    let kept = found.findings.iter().find(|finding| finding.location.path == "kept.txt").unwrap();
    assert_eq!(kept.leak.as_ref().unwrap().host, "github.com");
    assert_eq!(kept.severity, Severity::Critical);
}

#[test]
fn the_history_begins_where_it_is_asked_to() {
    let mut repo = Repo::new();
    let line = format!("key = \"{}\"\n", token());
    let first = repo.commit(&[], &[("pay.txt", &line)]);
    let second = repo.commit(&[first], &[("a.txt", "1")]);
    repo.commit(&[second], &[("b.txt", &line.replace("sk_live_4", "sk_live_5"))]);
    let since = |text: &str| {
        let history = Some(History { since: Some(text.to_owned()) });
        let document = run(&repo, &Options { history, ..options(true) });
        let incomplete = document.problems.iter().filter(|problem| problem.incomplete).count();
        (document.findings.iter().map(|one| one.location.path.clone()).collect::<Vec<_>>(), incomplete)
    };
    assert_eq!(since("2023-11-16"), (vec!["b.txt".to_owned()], 0));
    assert_eq!(since(&second.to_string()[..10]), (vec!["b.txt".to_owned()], 0));
    assert_eq!(since("yesterday").1, 1);
}

#[test]
fn without_a_repository_nothing_is_said_but_that() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join("a.txt"), format!("key = \"{}\"\n", token())).unwrap();
    let workspace = Workspace::open(folder.path(), &[], &options(true));
    let mut findings = Vec::new();
    let traced = trace(&mut findings, &workspace, &options(true));
    assert!(traced.findings.is_empty() && traced.problems[0].incomplete);
}

/// Paths of a document's findings, each with those of its further places.
fn folded(document: &crate::document::Document) -> Vec<(String, Vec<String>)> {
    let places = |one: &Finding| one.related.iter().map(|place| place.location.path.clone()).collect();
    document.findings.iter().map(|one| (one.location.path.clone(), places(one))).collect()
}

#[test]
fn places_in_the_tree_and_in_the_history_are_one_finding() {
    let mut repo = Repo::new();
    let line = format!("key = \"{}\"\n", token());
    let first = repo.commit(&[], &[("old.txt", &format!("# 1\n{line}"))]);
    let second = repo.commit(&[first], &[("older/still.txt", &format!("# 2\n{line}"))]);
    repo.commit(&[second], &[("new.txt", &line), ("second.txt", &line)]);
    repo.file("new.txt", &line);
    repo.file("second.txt", &line);
    repo.file("fresh.txt", &line);
    let document = run(&repo, &options(true));
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let wanted = names(&["second.txt", "fresh.txt", "old.txt", "older/still.txt"]);
    assert_eq!(folded(&document), [("new.txt".to_owned(), wanted)]);
    let finding = &document.findings[0];
    let states: Vec<_> = finding.related.iter().map(|place| place.finding.as_ref().unwrap().state.unwrap()).collect();
    use LeakState::{Committed, Removed, Uncommitted};
    assert_eq!(states, [Committed, Uncommitted, Removed, Removed]);
    assert!(finding.related[2].message.contains(&format!("commit {:.10}", first.to_string())));
    // A waiver of one folder leaves the others; the next most exposed place stands for them.
    let waiver = "[[waiver]]\nrule = \"secret/*\"\npath = \"new.txt\"\nreason = \"known\"\nowner = \"web\"\nexpires = 2026-03-01\n";
    let document = run(&repo, &Options { waivers: Some(waiver.to_owned()), ..options(true) });
    let active: Vec<_> = document.findings.iter().filter(|one| one.is_active()).collect();
    assert_eq!((active.len(), active[0].location.path.as_str(), active[0].related.len()), (1, "second.txt", 3));
    // A waiver of the finding is one of every place of it.
    let waiver = waiver
        .replace("rule = \"secret/*\"\npath = \"new.txt\"", &format!("fingerprint = \"{}\"", finding.fingerprint));
    let document = run(&repo, &Options { waivers: Some(waiver), ..options(true) });
    assert!(document.findings.iter().all(|one| !one.is_active()), "{:?}", folded(&document));
    // The baseline names each place: it accepts all of them, and none that comes later.
    let document = run(&repo, &options(true));
    let baseline = crate::triage::baseline::Baseline::of(&document.findings, &[], &[]).render();
    assert_eq!(baseline.lines().filter(|line| !line.starts_with('#')).count(), 5);
    let accepted = Options { baseline: Some(baseline), ..options(true) };
    assert!(run(&repo, &accepted).findings.iter().all(|one| !one.is_active()));
    repo.file("later.txt", &line);
    let document = run(&repo, &accepted);
    let active: Vec<_> = document.findings.iter().filter(|one| one.is_active()).collect();
    assert_eq!((active.len(), active[0].location.path.as_str()), (1, "later.txt"));
}

#[test]
fn a_waived_place_does_not_excuse_a_more_exposed_one() {
    let mut repo = Repo::new();
    let line = format!("KEY = \"{}\"\n", token());
    repo.commit(&[], &[("a.txt", "nothing")]);
    repo.file("tests/test_pay.py", &line);
    let of = |waiver: Option<String>| run(&repo, &Options { waivers: waiver, ..options(false) });
    let document = of(None);
    let print = document.findings[0].fingerprint.clone();
    let waiver =
        format!("[[waiver]]\nfingerprint = \"{print}\"\nreason = \"known\"\nowner = \"web\"\nexpires = 2026-03-01\n");
    assert!(of(Some(waiver.clone())).findings.iter().all(|one| !one.is_active()));
    repo.file("src/pay.py", &line);
    let document = run(&repo, &Options { waivers: Some(waiver), ..options(false) });
    let active: Vec<_> = document.findings.iter().filter(|one| one.is_active()).collect();
    assert_eq!((active.len(), active[0].location.path.as_str()), (1, "src/pay.py"));
}

#[test]
fn workflows_and_package_files_are_searched_too() {
    let mut repo = Repo::new();
    let line = format!("# {}\n", token());
    let first = repo.commit(&[], &[("requirements.txt", &line), ("package-lock.json", &line)]);
    repo.commit(&[first], &[("requirements.txt", "flask\n")]);
    repo.file(".github/workflows/a.yml", &line.replace("sk_live_4", "sk_live_5"));
    repo.file("package-lock.json", &line.replace("sk_live_4", "sk_live_6"));
    let paths: Vec<String> = secrets(&repo, &options(true)).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(paths, [".github/workflows/a.yml", "requirements.txt"]);
}
