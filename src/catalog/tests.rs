//! The catalogue's lookups, and the examples of every rule: `bad` must be hit by its rule, `good` must not.

use super::*;

#[test]
fn rules_are_found_by_id() {
    let doc = get("taint/python-sql-injection").unwrap();
    assert_eq!(doc.severity, Severity::High);
    assert!(doc.examples.iter().all(|example| example.language == "python") && !doc.examples.is_empty());
    assert!(contains("misuse/python-weak-hash") && !contains("misuse/weak-hash"));
    let ids: Vec<&str> = all().map(|doc| doc.id.as_str()).collect();
    assert!(ids.is_sorted());
}

#[test]
fn a_mistyped_id_finds_its_neighbour() {
    assert_eq!(nearest("taint/python-sql-injektion"), Some("taint/python-sql-injection"));
    assert_eq!(nearest("misuse/python-weakhash"), Some("misuse/python-weak-hash"));
    assert_eq!(nearest("completely/different-from-everything-else-there-is"), None);
    assert_eq!(distance("kitten", "sitting"), 3);
    assert_eq!(distance("", "abc"), 3);
}

/// Every rule of this crate's own data has an example in each language that it is offered for.
#[test]
fn every_rule_has_examples() {
    let bare: Vec<&str> =
        all().filter(|doc| of_rule_files(doc) && doc.examples.is_empty()).map(|doc| doc.id.as_str()).collect();
    assert_eq!(bare, Vec::<&str>::new());
}

#[test]
fn every_example_parses() {
    for doc in all().filter(|doc| of_rule_files(doc)) {
        for example in &doc.examples {
            for code in [&example.bad, &example.good] {
                let (_, problems) = parse(&example.language, code);
                assert!(problems.is_empty(), "{}: {problems:?}\n{code}", doc.id);
            }
        }
    }
}

fn file_name(language: &str) -> &'static str {
    match language {
        "python" => "app.py",
        "typescript" => "app.ts",
        "jinja" | "django" => "page.jinja",
        "ejs" => "page.ejs",
        "handlebars" => "page.hbs",
        "pug" => "page.pug",
        "nunjucks" => "page.njk",
        "vue" => "Page.vue",
        "svelte" => "Page.svelte",
        _ => "app.js",
    }
}

fn parse(language: &str, code: &str) -> (crate::flow::ParsedFile, Vec<crate::base::Problem>) {
    let name = file_name(language);
    let file = std::sync::Arc::new(crate::base::SourceFile::new(name, code));
    let frontend = crate::frontend::ALL.iter().find(|frontend| frontend.language_of(name).is_some()).unwrap();
    let (tree, problems) = frontend.parse(&file, frontend.language_of(name).unwrap());
    let context = crate::base::CodeContext::Production;
    (crate::flow::ParsedFile { file, tree: std::sync::Arc::new(tree), context }, problems)
}

/// Every example in a folder of its own, all in one project: `bad` must be hit by its rule, `good` must not.
#[test]
fn examples_hold() {
    let mut files = Vec::new();
    let mut cases = Vec::new();
    for doc in all().filter(|doc| of_rule_files(doc)) {
        for (at, example) in doc.examples.iter().enumerate() {
            for (code, wanted) in [(&example.bad, true), (&example.good, false)] {
                let folder = format!("{}/{at}/{}", doc.id, if wanted { "bad" } else { "good" });
                files
                    .extend(crate::misuse::fixture::parse(&format!("{folder}/{}", file_name(&example.language)), code));
                cases.push((folder, doc.id.as_str(), wanted, code));
            }
        }
    }
    let project = crate::flow::Project::build(&files);
    let analysis = crate::taint::analyse(&project, model::built_in(), &crate::taint::Limits::default());
    let mut findings = crate::misuse::analyse(&project, &analysis.facts, model::built_in());
    findings.extend(analysis.findings);
    let mut wrong = Vec::new();
    for (folder, id, wanted, code) in cases {
        let hit = findings.iter().any(|finding| finding.rule == id && finding.location.path.starts_with(&folder));
        if hit != wanted {
            wrong.push(format!("{folder} {}:\n{code}", if wanted { "misses" } else { "hits" }));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the rule stands in `rules/taint` or `rules/misuse`, where examples are code.
fn of_rule_files(doc: &RuleDoc) -> bool {
    doc.id.starts_with("taint/") || doc.id.starts_with("misuse/")
}
