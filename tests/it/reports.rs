//! Reports over a rich and an empty document: stable bytes, valid against their schemas, harmless text.

use std::collections::BTreeSet;

use serde_json::Value;
use stageclear::base::{Suppression, SuppressionKind};
use stageclear::document::Document;
use stageclear::policy::PolicySet;
use stageclear::report::{self, Style};

use crate::apps::audit;

fn render(document: &Document, format: &str) -> String {
    report::by_name(format).unwrap().render(document, &Style::default())
}

#[test]
fn same_input_same_bytes() {
    let (one, again) = (audit("flask-insecure", 1), audit("flask-insecure", 4));
    for format in report::ALL.iter().map(|reporter| reporter.name()) {
        assert_eq!(render(&one, format), render(&again, format), "{format}");
    }
}

#[test]
fn json_is_the_document_and_fits_its_schema() {
    let document = audit("express-insecure", 2);
    let value: serde_json::Value = serde_json::from_str(&render(&document, "json")).unwrap();
    assert_eq!(value["schema"], "stageclear.audit/1");
    let schema = serde_json::to_value(schemars::schema_for!(Document)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let back: Document = serde_json::from_value(value).unwrap();
    assert_eq!(back.findings, document.findings);
}

#[test]
fn the_schema_in_docs_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.schema.json");
    let mut schema = serde_json::to_string_pretty(&schemars::schema_for!(Document)).unwrap();
    schema.push('\n');
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == schema, "docs/audit.schema.json is stale: run the test with STAGECLEAR_BLESS=1");
}

#[test]
fn sarif_has_rules_flows_fingerprints() {
    let document = audit("flask-insecure", 2);
    let text = render(&document, "sarif");
    let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    let run = &sarif.runs[0];
    let rules = run.tool.driver.rules.as_ref().unwrap();
    let results = run.results.as_ref().unwrap();
    assert_eq!(results.len(), document.findings.len());
    for result in results {
        let rule = &rules[usize::try_from(result.rule_index.unwrap()).unwrap()];
        assert_eq!(Some(&rule.id), result.rule_id.as_ref());
        assert!(result.partial_fingerprints.as_ref().is_some_and(|prints| !prints.is_empty()));
    }
    assert!(results.iter().any(|result| result.code_flows.as_ref().is_some_and(|flows| !flows.is_empty())));
}

#[test]
fn an_empty_document_renders_in_every_format() {
    for reporter in report::ALL {
        let text = reporter.render(&Document::default(), &Style::default());
        assert!(text.ends_with('\n') || text.is_empty(), "{}", reporter.name());
    }
}

fn json(document: &Document, format: &str) -> Value {
    serde_json::from_str(&render(document, format)).unwrap()
}

/// Every object below `value` that has `key`.
fn with_key<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| with_key(item, key, found)),
        Value::Object(map) => {
            if map.contains_key(key) {
                found.push(value);
            }
            map.values().for_each(|item| with_key(item, key, found));
        }
        _ => {}
    }
}

/// What code scanning asks for beyond the schema
/// (<https://docs.github.com/code-security/reference/code-scanning/sarif-files>).
#[test]
fn sarif_fits_code_scanning() {
    for app in ["flask-insecure", "express-insecure"] {
        let sarif = json(&audit(app, 2), "sarif");
        for rule in sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
            let id = &rule["id"];
            for text in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
                let length = rule.pointer(text).and_then(Value::as_str).map_or(0, |text| text.chars().count());
                assert!(
                    (1..=1024).contains(&length) || length > 0 && text.starts_with("/help"),
                    "{id} {text}: {length}"
                );
            }
            let score: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
            assert!((0.0..=10.0).contains(&score), "{id}");
            let tags = rule["properties"]["tags"].as_array().unwrap();
            assert!(tags.len() <= 10 && tags.contains(&Value::from("security")), "{id}");
            assert!(["high", "medium", "low"].contains(&rule["properties"]["precision"].as_str().unwrap()), "{id}");
        }
        let mut places = Vec::new();
        with_key(&sarif, "uri", &mut places);
        assert!(!places.is_empty());
        for place in places {
            let uri = place["uri"].as_str().unwrap();
            assert!(!uri.starts_with('/') && !uri.contains("..") && !uri.contains(':') && !uri.contains('\\'), "{uri}");
            assert_eq!(place["uriBaseId"], "SRCROOT");
        }
        let mut regions = Vec::new();
        with_key(&sarif, "startColumn", &mut regions);
        for region in regions {
            let number = |key: &str| region[key].as_u64().unwrap();
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
            assert!(
                (number("startLine"), number("startColumn")) <= (number("endLine"), number("endColumn")),
                "{region}"
            );
        }
        let mut prints: Vec<&Value> = Vec::new();
        with_key(&sarif, "stageclear/v1", &mut prints);
        let distinct: BTreeSet<&str> = prints.iter().filter_map(|print| print["stageclear/v1"].as_str()).collect();
        assert_eq!(distinct.len(), prints.len(), "two results with one fingerprint would be one alert");
    }
}

#[test]
fn cyclonedx_names_what_is_affected() {
    let document = audit("flask-insecure", 2);
    let bom = json(&document, "cyclonedx");
    assert_eq!((&bom["bomFormat"], &bom["specVersion"]), (&Value::from("CycloneDX"), &Value::from("1.6")));
    let components = bom["components"].as_array().unwrap();
    let refs: BTreeSet<&str> = components.iter().map(|component| component["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(refs.len(), components.len(), "each `bom-ref` is there once");
    let vulnerabilities = bom["vulnerabilities"].as_array().unwrap();
    assert!(!vulnerabilities.is_empty());
    for vulnerability in vulnerabilities {
        for affected in vulnerability["affects"].as_array().unwrap() {
            assert!(refs.contains(affected["ref"].as_str().unwrap()), "{affected}");
        }
        for rating in vulnerability["ratings"].as_array().unwrap() {
            let known = ["critical", "high", "medium", "low", "info", "none", "unknown"];
            assert!(known.contains(&rating["severity"].as_str().unwrap()));
            assert_eq!(rating.get("vector").is_some(), rating.get("method").is_some(), "{rating}");
        }
    }
    assert!(!render(&document, "cyclonedx").contains("timestamp"));
}

#[test]
fn gitlab_has_every_required_field() {
    let document = audit("flask-insecure", 2);
    let report = json(&document, "gitlab");
    let issues = report.as_array().unwrap();
    assert_eq!(issues.len(), document.findings.len());
    let mut prints = BTreeSet::new();
    for issue in issues {
        for field in ["description", "check_name", "fingerprint"] {
            assert!(issue[field].as_str().is_some_and(|text| !text.is_empty()), "{issue}");
        }
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        assert!(!issue["location"]["path"].as_str().unwrap().starts_with(['/', '.']));
        assert!(prints.insert(issue["fingerprint"].as_str().unwrap()), "one fingerprint, one issue");
    }
}

#[test]
fn junit_counts_agree() {
    let document = audit("flask-insecure", 2);
    let text = render(&document, "junit");
    let total = document.findings.len();
    assert!(text.contains(&format!("<testsuites name=\"stageclear\" tests=\"{total}\" failures=\"{total}\"")));
    assert_eq!(text.matches("<testcase ").count(), total);
    assert_eq!(text.matches("<failure ").count(), total);
}

#[test]
fn a_finding_that_does_not_count_is_not_reported_as_one() {
    let mut document = audit("flask-insecure", 2);
    let reason = "accepted until the rewrite".to_owned();
    for finding in &mut document.findings {
        finding.suppression =
            Some(Suppression { kind: SuppressionKind::Waiver, reason: reason.clone(), location: None });
    }
    document.checklist = Some(PolicySet::built_in().unwrap().checklist(&document).unwrap().0);
    let total = document.findings.len();
    for format in ["text", "table", "markdown", "html", "junit", "github", "gitlab"] {
        let text = render(&document, format);
        assert!(!text.contains("Command injection vulnerability"), "{format}");
    }
    assert!(render(&document, "text").starts_with(&format!("no findings, {total} suppressed in ")));
    let sarif = json(&document, "sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), total);
    assert!(results.iter().all(|result| result["suppressions"][0]["justification"] == reason.as_str()));
}

#[test]
fn the_way_of_a_value_is_shown_from_file_to_file() {
    let text = render(&audit("flask-insecure", 2), "text");
    let finding =
        text.split("\n\n").find(|part| part.starts_with("[HIGH] SQL injection vulnerability in db.py:17")).unwrap();
    for wanted in
        ["--> db.py:17:", "::: app.py:25:", "^^^^", "---- the query string comes in", "trace app.py:25", "fix: "]
    {
        assert!(finding.contains(wanted), "no `{wanted}` in\n{finding}");
    }
}
