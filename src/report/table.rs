//! For a release meeting: tables of findings, vulnerable dependencies, policy results and a summary.

use std::fmt::Write as _;

use tabled::builder::Builder;
use tabled::settings::object::Rows;
use tabled::settings::{Alignment, Modify, Style as Border, Width};

use super::escape::line;
use super::{Reporter, Style, summary};
use crate::document::{Document, PolicyOutcome};

/// The format `table`.
pub struct Table;

impl Reporter for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn render(&self, document: &Document, style: &Style) -> String {
        let mut out = String::new();
        section(
            &mut out,
            "Findings",
            &["severity", "finding", "place", "rule", "confidence"],
            findings(document),
            style,
        );
        if style.quiet {
            return out;
        }
        let columns = ["package", "version", "advisories", "severity", "fixed in", "brought in by"];
        section(&mut out, "Vulnerable dependencies", &columns, dependencies(document), style);
        section(&mut out, "Policies", &["outcome", "policy", "title", "violations"], policies(document), style);
        section(&mut out, "Summary", &["what", "result"], totals(document), style);
        let ledger = summary::ledger(document).into_iter().map(|row| vec![line(&row, 400)]).collect();
        section(&mut out, "Not checked, or checked with limits", &["what"], ledger, style);
        out
    }
}

fn section(out: &mut String, title: &str, columns: &[&str], rows: Vec<Vec<String>>, style: &Style) {
    if rows.is_empty() {
        return;
    }
    let mut builder = Builder::default();
    builder.push_record(columns.iter().copied());
    for row in rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table.with(Border::rounded()).with(Modify::new(Rows::first()).with(Alignment::center()));
    table.with(
        Width::wrap(style.width.max(60)).priority(tabled::settings::peaker::Priority::max(true)).keep_words(true),
    );
    let _ = writeln!(out, "{title}\n{table}\n");
}

fn findings(document: &Document) -> Vec<Vec<String>> {
    let active = document.findings.iter().filter(|finding| finding.is_active());
    active
        .map(|finding| {
            vec![
                finding.severity.name().to_uppercase(),
                line(&finding.title, 200),
                line(&finding.location.to_string(), 200),
                line(&finding.rule, 100),
                finding.confidence.name().to_owned(),
            ]
        })
        .collect()
}

/// One row a package: advisories of one package and version stand together.
fn dependencies(document: &Document) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for group in document.vulnerabilities.chunk_by(|a, b| a.purl == b.purl) {
        let Some(first) = group.first() else { continue };
        let ids: Vec<&str> = group.iter().map(|vulnerability| vulnerability.id.as_str()).collect();
        let worst = group.iter().filter_map(|vulnerability| vulnerability.severity).max();
        let fixed: Option<&String> = group.iter().filter_map(|vulnerability| vulnerability.fixed.first()).next_back();
        let package = document.packages.iter().find(|package| package.purl == first.purl);
        let path = package.map(|package| package.path.join(" → ")).unwrap_or_default();
        rows.push(vec![
            line(&first.package, 100),
            line(&first.version, 60),
            line(&ids.join(" "), 400),
            worst.map_or("unknown", |severity| severity.name()).to_uppercase(),
            fixed.map_or_else(|| "no fix".to_owned(), |version| line(version, 60)),
            if path.is_empty() { "direct".to_owned() } else { line(&path, 300) },
        ]);
    }
    rows
}

fn policies(document: &Document) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut results: Vec<_> = document.policies.iter().collect();
    results.sort_by_key(|result| (std::cmp::Reverse(result.outcome), result.rule.as_str()));
    for result in results {
        let outcome = match result.outcome {
            PolicyOutcome::Pass => "pass",
            PolicyOutcome::Warn => "WARN",
            PolicyOutcome::Deny => "DENY",
        };
        let violations = if result.violations == 0 { String::new() } else { result.violations.to_string() };
        rows.push(vec![outcome.to_owned(), line(&result.rule, 100), line(&result.title, 120), violations]);
    }
    rows
}

fn totals(document: &Document) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["findings".to_owned(), summary::counts(document)]];
    let coverage = &document.project.coverage;
    rows.push(vec!["files checked".to_owned(), coverage.files_checked.to_string()]);
    rows.push(vec!["packages".to_owned(), document.packages.len().to_string()]);
    rows.push(vec!["endpoints".to_owned(), document.endpoints.len().to_string()]);
    if let Some(score) = &document.score {
        rows.push(vec!["score".to_owned(), format!("{}/100", score.value)]);
    }
    if let (Some(word), Some(verdict)) = (summary::verdict(document), &document.verdict) {
        rows.push(vec!["verdict".to_owned(), word.to_owned()]);
        rows.extend(verdict.reasons.iter().map(|reason| vec!["because".to_owned(), line(reason, 300)]));
    }
    rows
}
