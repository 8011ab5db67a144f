//! OPA's conformance cases, as far as a copy is at hand: `STAGECLEAR_OPA_CASES` names a folder of case files (JSON or
//! YAML with `cases`), one folder a family. The number that passes in each family may only grow;
//! `fixtures/conformance/passing.txt` keeps it. Cases of our own are Rego tests beside it and always run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::*;
use crate::policy::bundle::Bundle;
use crate::policy::testing;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conformance")
}

#[test]
fn every_family_that_is_documented_does_what_it_should() {
    let mut bundle = Bundle::read(&[folder()]).unwrap();
    assert!(bundle.modules.len() >= 15, "{}", bundle.modules.len());
    bundle.modules.sort();
    let results = testing::run(&bundle, false, None).unwrap();
    assert!(!results.iter().any(testing::TestResult::is_bad), "\n{}", testing::render(&results, false));
    assert!(results.len() >= 60, "{}", results.len());
}

/// Values as they are compared: numbers by their worth, lists sorted where the case asks for it.
fn alike(value: &Json, sorted: bool) -> Json {
    match value {
        Json::Number(number) => number.as_f64().map_or(value.clone(), Json::from),
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(|item| alike(item, sorted)).collect();
            if sorted {
                items.sort_by_key(ToString::to_string);
            }
            Json::Array(items)
        }
        Json::Object(fields) => {
            let fields: BTreeMap<&String, Json> =
                fields.iter().map(|(key, value)| (key, alike(value, sorted))).collect();
            Json::Object(fields.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        other => other.clone(),
    }
}

fn run(case: &Json) -> Result<Vec<Json>, String> {
    let mut engine = Engine::new(Limits::default());
    let told = |error: PolicyError| error.to_string();
    for (number, text) in case["modules"].as_array().into_iter().flatten().enumerate() {
        engine.add(&format!("m{number}.rego"), text.as_str().unwrap_or_default(), true).map_err(told)?;
    }
    if case["data"].is_object() {
        engine.add_data("data.json", &case["data"]).map_err(told)?;
    }
    engine.check().map_err(told)?;
    let mut input = match case.get("input") {
        Some(input) => Input::new(input).map_err(told)?.0,
        None => Value::Undefined,
    };
    if let Some(term) = case["input_term"].as_str() {
        let nothing = Input(Value::new_object());
        let value = engine.evaluate(&nothing, term, true).map_err(told)?.value.unwrap_or_default();
        input = Input::new(&value).map_err(told)?.0;
    }
    engine.inner.set_input(input);
    engine.inner.set_strict_builtin_errors(case["strict_error"] == true);
    let query = case["query"].as_str().unwrap_or_default().to_owned();
    let results = on_large_stack(|| engine.inner.eval_query(query, false)).map_err(told)?;
    let results = results.map_err(|error| format!("{error:#}"))?;
    let holds = |result: &regorus::QueryResult| {
        result.expressions.iter().all(|expression| !matches!(expression.value, Value::Undefined | Value::Bool(false)))
    };
    let bindings = results.result.iter().filter(|result| holds(result));
    bindings.map(|result| serde_json::to_value(&result.bindings).map_err(|error| error.to_string())).collect()
}

/// Whether a case passes; why not if it does not.
fn judge(case: &Json) -> Result<(), String> {
    let wants_error = case.get("want_error").is_some() || case.get("want_error_code").is_some();
    let found = match (run(case), wants_error) {
        (Err(_), true) => return Ok(()),
        (Ok(found), true) => return Err(format!("an error is wanted, not {found:?}")),
        (Err(error), false) => return Err(error),
        (Ok(found), false) => found,
    };
    let sorted = case["sort_bindings"] == true;
    let mut wanted: Vec<String> =
        case["want_result"].as_array().into_iter().flatten().map(|value| alike(value, sorted).to_string()).collect();
    let mut found: Vec<String> = found.iter().map(|value| alike(value, sorted).to_string()).collect();
    wanted.sort();
    found.sort();
    if wanted == found { Ok(()) } else { Err(format!("{found:?} instead of {wanted:?}")) }
}

fn cases(root: &Path) -> BTreeMap<String, Vec<Json>> {
    let mut found: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let value: Option<Json> = match path.extension().and_then(|end| end.to_str()) {
            Some("json") => serde_json::from_str(&text).ok(),
            Some("yaml" | "yml") => crate::policy::yaml::parse(&text).ok().map(|node| node.json()),
            _ => None,
        };
        let family = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let all = value.as_ref().and_then(|value| value["cases"].as_array()).cloned().unwrap_or_default();
        found.entry(family).or_default().extend(all.into_iter().filter(|case| case["ignore"] != true));
    }
    found.retain(|_, cases| !cases.is_empty());
    found
}

#[test]
#[allow(clippy::print_stderr)] // a test that is left out says so
fn opas_own_cases_pass_as_before() {
    let Some(root) = std::env::var_os("STAGECLEAR_OPA_CASES") else {
        eprintln!("OPA's conformance cases are not run: STAGECLEAR_OPA_CASES names no folder");
        return;
    };
    let path = folder().join("passing.txt");
    let kept = std::fs::read_to_string(&path).unwrap();
    let kept: BTreeMap<&str, usize> = kept
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?.parse().ok()?))
        })
        .collect();
    let (mut report, mut worse, mut why) = (String::new(), Vec::new(), String::new());
    let (mut all, mut good) = (0, 0);
    for (family, cases) in cases(Path::new(&root)) {
        let mut passed = 0;
        for case in &cases {
            match judge(case) {
                Ok(()) => passed += 1,
                Err(error) => {
                    let _ = writeln!(why, "{family}: {}: {}", case["note"], error.replace('\n', " "));
                }
            }
        }
        all += cases.len();
        good += passed;
        let _ = writeln!(report, "{family} {passed} of {}", cases.len());
        if kept.get(family.as_str()).is_some_and(|before| *before > passed) {
            worse.push(format!("{family}: {passed} pass, {} did", kept[family.as_str()]));
        }
    }
    eprintln!("{good} of {all} cases pass");
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        let head = "# How many of OPA's conformance cases pass, by family; written with STAGECLEAR_BLESS=1 and\n# STAGECLEAR_OPA_CASES=<folder>. A number may only grow.\n";
        std::fs::write(&path, format!("{head}# all {good} of {all}\n{report}")).unwrap();
    }
    if let Some(file) = std::env::var_os("STAGECLEAR_OPA_WHY") {
        std::fs::write(file, why).unwrap();
    }
    assert!(worse.is_empty(), "{worse:?}");
}

/// What `docs/policies.md` says about functions that are missing is so, and nothing that works is missing there.
#[test]
fn the_functions_that_the_docs_call_missing_are_missing() {
    let docs = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policies.md")).unwrap();
    let (_, rest) = docs.split_once("## Functions that are missing").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let names: Vec<&str> = section.split('`').skip(1).step_by(2).filter(|name| name.contains(['.', '_'])).collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        assert!(!extract::is_builtin(name), "`{name}` is there");
    }
}
