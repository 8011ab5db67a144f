//! The built-in policies' own tests, judging of a whole document, and users' policies under `fixtures/policy/`.

use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::document::PolicyOutcome;

fn document(value: &serde_json::Value) -> Document {
    let mut base = serde_json::to_value(Document::default()).unwrap();
    base.as_object_mut().unwrap().extend(value.as_object().cloned().unwrap_or_default());
    serde_json::from_value(base).unwrap()
}

fn place(path: &str, line: u32) -> serde_json::Value {
    serde_json::to_value(Location::line(path, line)).unwrap()
}

fn debug_setting() -> serde_json::Value {
    json!({"dialect": "django", "key": "DEBUG", "value": {"kind": "literal", "value": true},
        "location": place("settings.py", 3), "context": "production"})
}

#[test]
fn the_built_in_policies_pass_their_own_tests() {
    let results = testing::run(&Bundle::default(), true, None).unwrap();
    assert!(!results.iter().any(testing::TestResult::is_bad), "\n{}", testing::render(&results, false));
    assert!(results.len() > 50, "only {} tests were found", results.len());
}

#[test]
fn every_built_in_policy_has_a_test_and_says_what_it_must() {
    let bundle = Bundle::built_in().unwrap();
    for (path, _) in bundle.modules.iter().filter(|(path, _)| !is_test(path)) {
        let test = path.replace(".rego", "_test.rego");
        assert!(bundle.modules.iter().any(|(other, _)| *other == test), "{path} has no test");
    }
    let set = PolicySet::built_in().unwrap();
    let ids: BTreeSet<&str> = set.policies().iter().map(|policy| policy.id.as_str()).collect();
    assert_eq!(ids.len(), set.policies().len(), "ids are not unique");
    for policy in set.policies() {
        let path = format!("policies/{}.rego", policy.id.trim_start_matches("policy/"));
        assert!(bundle.modules.iter().any(|(other, _)| *other == path), "{} does not stand at {path}", policy.id);
    }
}

/// The evaluator takes a package for evaluated as soon as one above it is: `data.stageclear.lib.x` would be undefined
/// after `data.stageclear.lib` was asked for anything.
#[test]
fn no_package_stands_below_the_library() {
    let set = PolicySet::built_in().unwrap();
    for rule in set.whole().unwrap().rules() {
        let below = rule.package.starts_with(&["stageclear".to_owned(), "lib".to_owned()]) && rule.package.len() > 2;
        assert!(!below, "{}", rule.package.join("."));
    }
}

#[test]
fn a_violation_becomes_the_finding_that_is_printed() {
    let set = PolicySet::built_in().unwrap();
    let judgement = set.judge(&document(&json!({"settings": [debug_setting()]}))).unwrap();
    assert_eq!(judgement.problems, []);
    let finding = &judgement.findings[0];
    assert_eq!(judgement.findings.len(), 1, "{:#?}", judgement.findings);
    assert_eq!(finding.rule, "policy/settings/debug-enabled");
    let line = format!("[{}] {}", finding.severity.name().to_uppercase(), finding.headline());
    assert_eq!(line, "[MEDIUM] DEBUG=True in production settings.py:3");
    assert_eq!(finding.cwe, [489, 215]);
    let result = judgement.results.iter().find(|result| result.rule == finding.rule).unwrap();
    assert_eq!((result.outcome, result.violations, result.source.as_str()), (PolicyOutcome::Warn, 1, BUILT_IN));
    assert!(judgement.results.iter().filter(|result| result.outcome != PolicyOutcome::Pass).count() == 1);
}

#[test]
fn the_bar_decides_whether_a_built_in_policy_denies() {
    let set = PolicySet::built_in().unwrap();
    let facts = json!({"settings": [debug_setting()],
        "project": {"name": "", "command": "audit", "frameworks": [], "coverage": Document::default().project.coverage,
            "options": {"fail_on": "medium", "strict": false}}});
    let mut document = document(&facts);
    let judgement = set.judge(&document).unwrap();
    assert!(judgement.results.iter().any(|result| result.outcome == PolicyOutcome::Deny));
    document.findings = judgement.findings;
    document.policies = judgement.results;
    let gate = set.gate(&document).unwrap();
    assert!(!gate.verdict.passed);
    assert_eq!(gate.verdict.reasons, ["1 finding(s) at or above medium: 1 medium"]);
    assert_eq!(gate.score.unwrap().value, 95);
}

#[test]
fn an_empty_document_passes_with_a_full_score() {
    let gate = PolicySet::built_in().unwrap().gate(&Document::default()).unwrap();
    assert_eq!((gate.verdict.passed, gate.score.unwrap().value), (true, 100));
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy").join(name)
}

/// Every folder holds policies, `document.json` with facts, and `expected.txt`: the findings as lines, or the error.
fn check(case: &std::path::Path) {
    let facts = std::fs::read_to_string(case.join("document.json")).unwrap();
    let document = document(&serde_json::from_str(&facts).unwrap());
    let loaded = PolicySet::built_in().unwrap().with_user(&[case]);
    let judged = loaded.and_then(|set| set.judge(&document));
    let mut text = match judged {
        Err(error) => format!("error: {error}\n"),
        Ok(judgement) => describe(&judgement),
    };
    text = text.replace(&format!("{}/", env!("CARGO_MANIFEST_DIR")), "");
    let expected = case.join("expected.txt");
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        std::fs::write(&expected, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&expected).unwrap_or_default(), "{}", case.display());
}

fn describe(judgement: &Judgement) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for finding in &judgement.findings {
        let excused = if finding.is_active() { "" } else { " (excused)" };
        let _ =
            writeln!(text, "{} {} {}: {}{excused}", finding.severity, finding.location, finding.rule, finding.message);
    }
    for result in judgement.results.iter().filter(|result| result.source != BUILT_IN) {
        let _ = writeln!(text, "{:?} {} {} from {}", result.outcome, result.violations, result.rule, result.source);
    }
    for problem in &judgement.problems {
        let place = problem.location.as_ref().map_or(String::new(), ToString::to_string);
        let _ = writeln!(text, "problem at {place}: {}", problem.message);
    }
    text
}

#[test]
fn fixtures() {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(fixture("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 5);
    cases.iter().filter(|case| case.join("document.json").is_file()).for_each(|case| check(case));
}

#[test]
fn users_cannot_add_to_built_in_packages() {
    let module = ("x.rego".to_owned(), "package stageclear.lib\nat_least(_, _) if true\n".to_owned());
    let bundle = Bundle { modules: vec![module], ..Bundle::default() };
    let error = PolicySet::built_in().unwrap().with_bundle(&bundle).unwrap_err();
    assert!(error.to_string().contains("belongs to the built-in policies"), "{error}");
}

#[test]
fn a_folder_without_policies_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(PolicySet::built_in().unwrap().with_user(&[folder.path()]).is_err());
    let missing = PolicySet::built_in().unwrap().with_user(&[folder.path().join("none")]).unwrap_err();
    assert!(matches!(missing, PolicyError::Unreadable { .. }));
}

#[test]
fn failing_tests_show_where_they_stopped() {
    let text = "package p_test\n\ntest_sum if {\n\tx := 1 + 1\n\tx == 3\n\tx == 4\n}\n\ntest_good if 1 == 1\n\ntodo_test_later if false\n";
    let bundle = Bundle { modules: vec![("p_test.rego".to_owned(), text.to_owned())], ..Bundle::default() };
    let results = testing::run(&bundle, false, None).unwrap();
    let report = testing::render(&results, false);
    assert!(report.contains("FAIL data.p_test.test_sum p_test.rego:3"), "{report}");
    assert!(report.contains("5 | \tx == 3"), "{report}");
    assert!(report.ends_with("3 tests: 1 passed, 1 failed, 0 errors, 1 to do\n"), "{report}");
}

#[test]
fn the_same_document_gives_the_same_judgement() {
    let document = document(&json!({"settings": [debug_setting(), debug_setting()]}));
    let set = PolicySet::built_in().unwrap();
    assert_eq!(set.judge(&document).unwrap(), set.judge(&document).unwrap());
}

#[test]
fn the_built_in_modules_are_what_the_program_trusts_them_to_be() {
    let bundle = Bundle::built_in().unwrap();
    let mut engine = Engine::new(Limits::default());
    for (path, text) in bundle.modules.iter().filter(|(path, _)| !is_test(path)) {
        engine.add(path, text, false).unwrap();
    }
    engine.check().unwrap();
    let set = PolicySet::built_in().unwrap();
    assert!(engine.rules() == set.whole().unwrap().rules());
    // What was noted of them when the program was built is what they say.
    let mut reporting: BTreeSet<String> = BTreeSet::new();
    for rule in engine.rules().iter().filter(|rule| rule.verdict().is_some()) {
        if !engine.file(rule.module).unwrap().0.starts_with("policies/lib/") {
            reporting.insert(rule.query());
        }
    }
    let noted = set.policies().iter().flat_map(|policy| &policy.rules).map(|rule| rule.query.clone()).collect();
    assert_eq!(reporting, noted);
    for policy in set.policies() {
        let path = format!("policies/{}.rego", policy.id.trim_start_matches("policy/"));
        let (_, text) = bundle.modules.iter().find(|(other, _)| *other == path).unwrap();
        let blocks = metadata::parse(&path, text, true).unwrap();
        assert_eq!(blocks.iter().find(|block| block.line == 0), Some(&*policy.metadata), "{path}");
    }
}

#[test]
fn built_in_rules_are_traced_and_queried_by_reading_them() {
    let set = PolicySet::built_in().unwrap();
    let input = Input::new(&json!({"settings": [debug_setting()]})).unwrap();
    let query = "data.stageclear.settings.debug_enabled.deny";
    let trace = set.trace(&input, query).unwrap();
    assert_eq!(trace.outcome.value, set.query(&input, query).unwrap().value);
    assert!(trace.rules.iter().any(|rule| rule.path == "policies/settings/debug-enabled.rego"), "{:?}", trace.rules);
}

#[test]
fn two_threads_judge_as_one_does() {
    let route = |index: usize| {
        json!({
            "framework": "flask", "methods": ["DELETE"], "path": format!("/items/{index}"), "handler": "remove", "context": "production",
            "location": {"path": "app.py", "line": index + 1, "column": 1, "end_line": index + 1, "end_column": 9},
            "middleware": [], "session": "token", "effects": [],
            "guards": if index.is_multiple_of(4) { json!([]) } else { json!([{
                "kind": "authentication", "name": "login_required",
                "location": {"path": "app.py", "line": index + 1, "column": 1, "end_line": index + 1, "end_column": 9},
            }]) },
        })
    };
    let routes: Vec<_> = (0..120).map(route).collect();
    let document = document(&json!({"settings": [debug_setting()], "endpoints": routes}));
    let set = PolicySet::built_in().unwrap();
    let alone = set.judge(&document).unwrap();
    for rule in ["policy/endpoints/missing-authentication", "policy/settings/debug-enabled"] {
        assert!(alone.findings.iter().any(|finding| finding.rule == rule), "{rule}");
    }
    assert_eq!(set.judge_about(&document, |_| true, 2).unwrap(), alone);
}

#[test]
fn a_large_document_is_judged_without_joins_of_lists() {
    let location = place("package-lock.json", 1);
    let packages: Vec<_> = (0..5_000)
        .map(|n| json!({"ecosystem": "npm", "name": format!("p{n}"), "version": "1.0.0", "purl": format!("pkg:npm/p{n}@1.0.0"),
            "location": location, "direct": false, "scope": "runtime", "source": {"kind": "registry"}}))
        .collect();
    let mut document = document(&json!({"packages": packages, "settings": vec![debug_setting(); 300]}));
    let finding = Finding::at(Location::line("a.py", 1), "taint/x", Severity::Medium).title("t").done("c");
    document.findings = vec![finding; 1_000];
    // Unoptimised and on a busy machine; a join of two lists would take minutes, and the evaluation would be stopped.
    let limits = engine::Limits { time: std::time::Duration::from_mins(1), ..engine::Limits::default() };
    let set = PolicySet::with_limits(limits).unwrap();
    assert_eq!(set.judge(&document).unwrap().problems, []);
    set.gate(&document).unwrap();
}

fn user(text: &str) -> Bundle {
    Bundle { modules: vec![("p.rego".to_owned(), text.to_owned())], ..Bundle::default() }
}

fn told(text: &str) -> Vec<(String, bool)> {
    let mut set = PolicySet::built_in().unwrap().with_bundle(&user(text)).unwrap();
    let words =
        |found: &Diagnosis| format!("{} {}; {}", found.line, found.message, found.hint.clone().unwrap_or_default());
    set.misfits().iter().map(|(found, sure)| (words(found), *sure)).collect()
}

#[test]
fn fields_that_no_document_has_are_told_with_what_is_meant() {
    for (body, wanted) in [
        ("some x in input.endpoint", "3 the audit document has no `input.endpoint`; did you mean `input.endpoints`?"),
        ("some x in input.findings; x.rul == \"a\"", "3 the audit document has no `x.rul`; did you mean `x.rule`?"),
        (
            "input.findings[_].location.file == \"a\"",
            "3 the audit document has no `input.findings[_].location.file`; `input.findings[_].location` has `column`, `end_column`, `end_line`, `line`, `path`",
        ),
        (
            "input.findings.rule == \"a\"",
            "3 `input.findings` is a list and has no `rule`; write `some item in input.findings`, then `item.rule`",
        ),
        (
            "x := input.project; x[\"optoins\"].strict",
            "3 the audit document has no `x.optoins`; did you mean `x.options`?",
        ),
        ("every x in input.packages { x.nam != \"a\" }", "3 the audit document has no `x.nam`; did you mean `x.name`?"),
        (
            "x := [f | some f in input.findings]; some g in x; g.sevrity",
            "3 the audit document has no `g.sevrity`; did you mean `g.severity`?",
        ),
        (
            "some s in data.stageclear.lib.production_settings; s.keys",
            "3 the audit document has no `s.keys`; did you mean `s.key`?",
        ),
        ("some s in mine; s.vlaue", "3 the audit document has no `s.vlaue`; did you mean `s.value`?"),
    ] {
        let text =
            format!("package p\n\ndeny contains 1 if {{ {body} }}\n\nmine contains s if some s in input.settings\n");
        assert_eq!(told(&text), [(wanted.to_owned(), true)], "{body}");
    }
}

#[test]
fn what_is_only_likely_is_a_warning() {
    let text = "package p\n\ndeny contains 1 if { some x in input.findings; x.severity == \"hgh\" }\n";
    assert_eq!(told(text), [("3 `x.severity` is never \"hgh\"; did you mean \"high\"?".to_owned(), false)]);
    let text =
        "package p\n\ndeny contains 1 if { some x in input.findings; object.get(x, \"contxt\", \"\") == \"\" }\n";
    assert_eq!(told(text), [("3 the audit document has no `x.contxt`; did you mean `x.context`?".to_owned(), false)]);
}

#[test]
fn what_is_not_known_is_let_be() {
    for body in [
        "some x in input.findings; y := object.union(x, {\"mine\": 1}); y.mine == 1",
        "walk(input, [_, value]); value.anything == 1",
        "f(input.findings[0])",
        "some name in [\"a\"]; input[name].b",
        "input.project.coverage.source_files.cobol > 1",
        "data.main.x with input as {\"kind\": \"Pod\"}",
        "x := {\"a\": input.findings}; x.b",
        "not input.findings[0].suppression",
        "some item in input.settings; some v in item.value.values; v.kind == \"literal\"",
    ] {
        let text = format!("package p\n\ndeny contains 1 if {{ {body} }}\n\nf(x) if x.whatever == 1\n");
        assert_eq!(told(&text), [], "{body}");
    }
    let other =
        "# METADATA\n# schemas:\n#   - input: {type: object}\npackage p\n\ndeny contains 1 if input.kind == \"Pod\"\n";
    assert_eq!(told(other), []);
}

#[test]
fn the_built_in_policies_fit_the_document() {
    let mut set = PolicySet::built_in().unwrap();
    let found = misfits(&mut set.engine, 0);
    assert!(found.is_empty(), "{}", found.iter().map(|(found, _)| found.to_string()).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_built_in_policies_are_laid_out() {
    let bundle = Bundle::built_in().unwrap();
    let packs = ["policies/lib/", "policies/release-gate/"];
    for (path, text) in bundle.modules.iter().filter(|(path, _)| packs.iter().any(|pack| path.starts_with(pack))) {
        assert_eq!(format::layout(text).1, [], "{path}: `stageclear policy fmt-check --write policies` puts it right");
    }
}

#[test]
fn declared_parameters_have_the_default_that_policies_fall_back_to() {
    let bundle = Bundle::built_in().unwrap();
    let set = PolicySet::built_in().unwrap();
    assert!(set.parameters().len() >= 4);
    for (name, parameter) in set.parameters() {
        let used = format!("parameter(\"{name}\", {})", parameter.default);
        assert!(bundle.modules.iter().any(|(_, text)| text.contains(&used)), "no policy reads {used}");
        assert!(!parameter.description.is_empty(), "{name}");
    }
    let read = bundle
        .modules
        .iter()
        .filter(|(path, _)| !is_test(path))
        .flat_map(|(_, text)| text.split("parameter(\"").skip(1));
    for name in read.filter_map(|rest| rest.split('"').next()) {
        assert!(set.parameters().contains_key(name), "`{name}` is declared nowhere");
    }
}

fn scored(document: &Document) -> u32 {
    static SET: std::sync::OnceLock<PolicySet> = std::sync::OnceLock::new();
    let set = SET.get_or_init(|| PolicySet::built_in().unwrap());
    set.gate(document).unwrap().score.unwrap().value
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, ..Default::default() })]

    /// Whatever is mended, waived or found to be less bad never lowers the score, and what is promised of mending the
    /// heaviest findings comes true.
    #[test]
    fn mending_never_lowers_the_score(
        kinds in proptest::collection::vec((0_usize..5, 0_usize..3, 0_usize..4, proptest::bool::ANY), 1..14),
        gone in 0_usize..14,
        old in 0_u32..200,
    ) {
        let severities = ["critical", "high", "medium", "low", "info"];
        let contexts = ["production", "development", "test"];
        let confidences = ["high", "medium", "low", "high"];
        let findings: Vec<_> = kinds.iter().enumerate().map(|(at, (severity, context, confidence, dependency))| {
            let (rule, path, line) = if *dependency { ("dependency/vulnerable-package", "package-lock.json", at) } else { ("secret/key", "a.py", at) };
            json!({"rule": rule, "title": "t", "message": "m", "location": place(path, u32::try_from(line).unwrap() + 1),
                "severity": severities[*severity], "context": contexts[*context], "confidence": confidences[*confidence],
                "fingerprint": format!("f{at}")})
        }).collect();
        let problems: Vec<serde_json::Value> = Vec::new();
        let base = json!({"problems": problems, "advisories": {"sources": [], "age_days": old}});
        let with = |findings: &[serde_json::Value]| {
            let mut facts = base.clone();
            facts["findings"] = json!(findings);
            document(&facts)
        };
        let all = with(&findings);
        let before = scored(&all);
        let at = gone % findings.len();
        let mut fewer = findings.clone();
        fewer.remove(at);
        proptest::prop_assert!(scored(&with(&fewer)) >= before);
        let mut waived = findings.clone();
        waived[at]["suppression"] = json!({"kind": "waiver", "reason": "known", "location": null});
        proptest::prop_assert!(scored(&with(&waived)) >= before);
        let mut milder = findings.clone();
        milder[at]["severity"] = json!(severities[(kinds[at].0 + 1).min(4)]);
        proptest::prop_assert!(scored(&with(&milder)) >= before);
        let gate = PolicySet::gate(&PolicySet::built_in().unwrap(), &all).unwrap();
        if let Some(next) = gate.score.unwrap().next {
            let left: Vec<_> = findings.iter().filter(|finding| !next.findings.iter().any(|mark| finding["fingerprint"] == **mark)).cloned().collect();
            proptest::prop_assert_eq!(scored(&with(&left)), next.value);
            proptest::prop_assert!(next.value > before);
        }
    }
}
