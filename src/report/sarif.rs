//! SARIF 2.1.0 for code scanning: rules with help, code flows, fingerprints, suppressions, and problems as
//! notifications (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::escape::{fence, markdown, plain};
use super::{Reporter, Style};
use crate::base::{Finding, Location, Severity, StepKind, SuppressionKind};
use crate::catalog::{self, RuleDoc};
use crate::document::Document;

/// The format `sarif`.
pub struct Sarif;

impl Reporter for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        super::json::pretty(&log(document))
    }
}

fn log(document: &Document) -> Value {
    let worst = worst_by_rule(&document.findings);
    let index: BTreeMap<&str, usize> = worst.keys().enumerate().map(|(at, rule)| (*rule, at)).collect();
    let rules: Vec<Value> = worst.iter().map(|(rule, finding)| descriptor(rule, finding)).collect();
    let results: Vec<Value> = document.findings.iter().map(|finding| result(finding, &index)).collect();
    let notifications: Vec<Value> = document.problems.iter().map(notification).collect();
    let complete = !document.problems.iter().any(|problem| problem.incomplete);
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": document.tool.name,
                "version": document.tool.version,
                "semanticVersion": document.tool.version,
                "rules": rules,
            }},
            "automationDetails": { "id": format!("stageclear/{}/", document.project.command) },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "SRCROOT": { "description": { "text": "the audited folder" } } },
            "invocations": [{
                "executionSuccessful": complete,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

/// Every rule that has a result, with its worst one.
fn worst_by_rule(findings: &[Finding]) -> BTreeMap<&str, &Finding> {
    let mut worst: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in findings {
        let entry = worst.entry(&finding.rule).or_insert(finding);
        if finding.severity > entry.severity {
            *entry = finding;
        }
    }
    worst
}

/// GitHub shows no more tags than these on a rule.
const MOST_TAGS: usize = 10;

fn descriptor(rule: &str, worst: &Finding) -> Value {
    let doc = catalog::get(rule);
    let title = doc.map_or(worst.title.as_str(), |doc| doc.title.as_str());
    let why = doc.map_or("", |doc| doc.why.as_str());
    let remedy = doc.map_or(worst.remedy.as_str(), |doc| doc.remedy.as_str());
    let (cwe, owasp) = doc.map_or((&worst.cwe, &worst.owasp), |doc| (&doc.cwe, &doc.owasp));
    let mut tags = vec!["security".to_owned()];
    tags.extend(cwe.iter().map(|cwe| format!("external/cwe/cwe-{cwe:03}")));
    tags.extend(owasp.iter().map(|owasp| format!("external/owasp/{owasp}")));
    let asvs = doc.map_or([].as_slice(), |doc| doc.asvs.as_slice());
    // The current version first, for the tags may be cut.
    let (current, old): (Vec<_>, Vec<_>) = asvs.iter().partition(|id| id.starts_with("v5"));
    tags.extend(current.into_iter().chain(old).map(|id| format!("external/asvs/{id}")));
    tags.truncate(MOST_TAGS);
    let mut descriptor = json!({
        "id": rule,
        "name": pascal(rule),
        "shortDescription": { "text": plain(title) },
        "fullDescription": { "text": plain(if why.is_empty() { title } else { why }) },
        "help": { "text": help_text(title, why, remedy), "markdown": help_markdown(title, why, remedy, doc) },
        "defaultConfiguration": { "level": level(worst.severity) },
        "properties": {
            "tags": tags,
            "security-severity": security_severity(worst.severity),
            "precision": match worst.confidence.name() { "high" => "high", "medium" => "medium", _ => "low" },
        },
    });
    if let Some(reference) = doc.and_then(|doc| doc.references.first()).filter(|link| link.starts_with("https://")) {
        descriptor["helpUri"] = json!(reference);
    }
    descriptor
}

fn help_text(title: &str, why: &str, remedy: &str) -> String {
    let parts = [title, why, remedy];
    plain(&parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("\n\n"))
}

fn help_markdown(title: &str, why: &str, remedy: &str, doc: Option<&RuleDoc>) -> String {
    let mut text = format!("# {}\n\n{}\n\n**Remedy.** {}\n", markdown(title), markdown(why), markdown(remedy));
    for example in doc.map(|doc| doc.examples.as_slice()).unwrap_or_default() {
        for (label, code) in [("Bad", &example.bad), ("Good", &example.good)] {
            let fence = fence(code);
            let _ = writeln!(text, "\n{label}:\n\n{fence}{}\n{}\n{fence}", example.language, code.trim_end());
        }
    }
    text
}

/// `taint/python-sql-injection` → `TaintPythonSqlInjection`.
fn pascal(rule: &str) -> String {
    rule.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..])
        .collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The scale that code scanning services sort by: CVSS-like, from 0 to 10.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn result(finding: &Finding, index: &BTreeMap<&str, usize>) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": index.get(finding.rule.as_str()),
        "level": level(finding.severity),
        "message": { "text": plain(if finding.message.is_empty() { &finding.title } else { &finding.message }) },
        "locations": [located(finding)],
        "partialFingerprints": { "stageclear/v1": finding.fingerprint },
        "properties": {
            "severity": finding.severity,
            "confidence": finding.confidence,
            "context": finding.context,
        },
    });
    if !finding.trace.is_empty() {
        result["codeFlows"] = json!([code_flow(finding)]);
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().enumerate().map(|(at, related)| {
            let mut place = physical(&related.location);
            place["id"] = json!(at + 1);
            place["message"] = json!({ "text": plain(&related.message) });
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(suppression) = &finding.suppression {
        let kind = if suppression.kind == SuppressionKind::InSource { "inSource" } else { "external" };
        let mut value = json!({ "kind": kind, "status": "accepted", "justification": plain(&suppression.reason) });
        if let Some(location) = &suppression.location {
            value["location"] = physical(location);
        }
        result["suppressions"] = json!([value]);
    }
    if !finding.fixes.is_empty() {
        result["fixes"] = finding.fixes.iter().map(fix).collect();
    }
    result
}

fn located(finding: &Finding) -> Value {
    let mut place = physical(&finding.location);
    if let Some(snippet) = &finding.snippet {
        let text = plain(&snippet.lines.join("\n"));
        let last = snippet.first_line as usize + snippet.lines.len().max(1) - 1;
        place["physicalLocation"]["contextRegion"] =
            json!({ "startLine": snippet.first_line, "endLine": last, "snippet": { "text": text } });
    }
    place
}

fn physical(location: &Location) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&location.path), "uriBaseId": "SRCROOT" },
        "region": region(location),
    }})
}

fn region(location: &Location) -> Value {
    let mut region = Map::new();
    region.insert("startLine".to_owned(), json!(location.line.max(1)));
    region.insert("startColumn".to_owned(), json!(location.column.max(1)));
    region.insert("endLine".to_owned(), json!(location.end_line.max(location.line).max(1)));
    let same_line = location.end_line <= location.line;
    let end_column = if same_line { location.end_column.max(location.column) } else { location.end_column };
    region.insert("endColumn".to_owned(), json!(end_column.max(1)));
    Value::Object(region)
}

/// A relative URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn code_flow(finding: &Finding) -> Value {
    let locations = finding.trace.iter().map(|step| {
        let mut place = physical(&step.location);
        place["message"] = json!({ "text": plain(&step.message) });
        if !step.code.is_empty() && step.location.end_line <= step.location.line {
            let shown = json!({ "startLine": step.location.line, "snippet": { "text": plain(&step.code) } });
            place["physicalLocation"]["contextRegion"] = shown;
        }
        let (kinds, importance) = match step.kind {
            StepKind::Source => (vec!["taint", "source"], "essential"),
            StepKind::Sink => (vec!["taint", "sink"], "essential"),
            StepKind::Call => (vec!["call"], "important"),
            StepKind::Return => (vec!["return"], "important"),
            StepKind::Propagator => (vec!["taint"], "important"),
        };
        json!({ "location": place, "kinds": kinds, "importance": importance })
    });
    json!({ "threadFlows": [{ "locations": locations.collect::<Vec<_>>() }] })
}

fn fix(fix: &crate::base::Fix) -> Value {
    let mut by_file: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let replacement =
            json!({ "deletedRegion": region(&edit.location), "insertedContent": { "text": edit.replacement } });
        by_file.entry(&edit.location.path).or_default().push(replacement);
    }
    let changes = by_file.into_iter().map(|(path, replacements)| {
        json!({ "artifactLocation": { "uri": uri(path), "uriBaseId": "SRCROOT" }, "replacements": replacements })
    });
    json!({ "description": { "text": plain(&fix.title) }, "artifactChanges": changes.collect::<Vec<_>>() })
}

fn notification(problem: &crate::base::Problem) -> Value {
    let text = match &problem.hint {
        Some(hint) => format!("{} (hint: {hint})", problem.message),
        None => problem.message.clone(),
    };
    let mut value = json!({
        "level": if problem.incomplete { "warning" } else { "note" },
        "message": { "text": plain(&text) },
        "descriptor": { "id": serde_json::to_value(problem.kind).unwrap_or_default() },
    });
    if let Some(location) = &problem.location {
        value["locations"] = json!([physical(location)]);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_uris() {
        assert_eq!(pascal("taint/python-sql-injection"), "TaintPythonSqlInjection");
        assert_eq!(uri("a b/ü#.py"), "a%20b/%C3%BC%23.py");
    }
}
