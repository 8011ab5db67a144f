//! Whole small projects, as files in a folder under `fixtures/dependency`; `expected.txt` lists the usage of packages and
//! the facts. `UPDATE_FIXTURES=1` rewrites it.

use super::*;
use crate::base::fixture;
use crate::flow::{ParsedFile, Resolver};
use crate::frontend;
use crate::lockfile;

fn context(path: &str) -> CodeContext {
    if path.contains("test") { CodeContext::Test } else { CodeContext::Production }
}

fn run(files: &[(String, String)]) -> String {
    let sources: Vec<Arc<SourceFile>> =
        files.iter().map(|(path, text)| Arc::new(SourceFile::new(path, text))).collect();
    let find = |path: &str| sources.iter().find(|source| source.path() == path).cloned();
    let (mut parsed, mut manifests, mut packages, mut resolver) =
        (Vec::new(), Vec::new(), Vec::new(), Resolver::default());
    for source in &sources {
        let path = source.path();
        if path.ends_with("package.json") {
            resolver.add_package_json(path, source.text());
        }
        if path.ends_with("tsconfig.json") {
            resolver.add_tsconfig(path, source.text());
        }
        packages.extend(lockfile::read(source, &find).packages);
        manifests.extend(lockfile::declared(source));
        if let Some(frontend) = frontend::of(path)
            && let Some(language) = frontend.language_of(path)
        {
            let (tree, _) = frontend.parse(source, language);
            parsed.push(ParsedFile { file: source.clone(), tree: tree.into(), context: context(path) });
        }
    }
    let project = Project::build_with(&parsed, resolver);
    let paths: Vec<(&str, CodeContext)> =
        sources.iter().map(|source| (source.path(), context(source.path()))).collect();
    let incomplete = FxHashSet::default();
    let input = Input { project: &project, manifests: &manifests, files: &paths, incomplete: &incomplete, read: &find };
    let facts = analyse(&input, &mut packages);
    let mut lines: Vec<String> = packages
        .iter()
        .filter_map(|package| {
            let usage = package.usage.as_ref()?;
            let place = usage.location.as_ref().map(|place| format!(" {place} ({} files)", usage.files));
            Some(format!("{} {:?}{}: {}", package.label(), usage.state, place.unwrap_or_default(), usage.reason))
        })
        .collect();
    lines.sort();
    lines.extend(facts.iter().map(|fact| {
        let names = fact.names.join(", ");
        let rank = if fact.rank.is_some() { " ranked" } else { "" };
        let known = if fact.known { " known" } else { "" };
        format!("{} {:?} {} {} | {} | {names}{rank}{known}", fact.location, fact.kind, fact.name, fact.other, fact.how)
    }));
    lines.join("\n") + "\n"
}

#[test]
fn fixtures_give_what_they_expect() {
    let cases = fixture::cases("dependency");
    assert!(cases.len() >= 4);
    for case in cases {
        let found = run(&fixture::inputs_without_tildes(&case, &["expected.txt"]));
        let place = case.join("expected.txt");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&place, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&place).unwrap_or_default();
        assert_eq!(found, expected, "{}", case.display());
    }
}
