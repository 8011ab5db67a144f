//! Reports over a rich and an empty document: stable bytes, valid against their schemas, harmless text.

use stageclear::document::Document;
use stageclear::report::{self, Style};

use crate::apps::audit;

fn render(document: &Document, format: &str) -> String {
    report::by_name(format).unwrap().render(document, &Style::default())
}

#[test]
fn same_input_same_bytes() {
    let (one, again) = (audit("flask-insecure", 1), audit("flask-insecure", 4));
    for format in ["json", "sarif", "text", "table"] {
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

#[test]
fn hostile_text_gives_no_orders() {
    let mut document = audit("flask-insecure", 2);
    for finding in &mut document.findings {
        finding.message = "\u{1b}[2J\u{202e}<script>alert(1)</script>`![x](javascript:1)".to_owned();
        finding.location.path = "a\u{1b}]0;x\u{7}<b>.py".to_owned();
    }
    for format in ["text", "table"] {
        let text = render(&document, format);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains('\u{202e}'), "{format}");
    }
}
