//! For a release meeting: tables of findings, vulnerable dependencies, policy results and a summary.

use std::fmt::Write as _;

use tabled::builder::Builder;
use tabled::settings::Style as Border;
use unicode_width::UnicodeWidthStr as _;

use super::escape::{self, line};
use super::matrix::{self, Matrix};
use super::{Reporter, Style, checklist, exceptions, summary};
use crate::document::{Document, PolicyOutcome};

/// The format `table`.
pub struct Table;

impl Reporter for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn render(&self, document: &Document, style: &Style) -> String {
        let mut out = String::new();
        findings(&mut out, document, style);
        if style.quiet {
            return out;
        }
        let columns = ["package", "version", "advisories", "severity", "fixed in", "brought in by"];
        section(&mut out, "Vulnerable dependencies", &columns, dependencies(document), style);
        section(&mut out, "Policies", &["outcome", "policy", "title", "violations"], policies(document), style);
        matrix::text(&mut out, &Matrix::new(document), style);
        if let Some(checklist) = &document.checklist {
            checklist::as_table(&mut out, checklist, style);
        }
        let excused = exceptions::rows(document).into_iter();
        let excused = excused.map(|row| row.iter().map(|cell| line(cell, 300)).collect()).collect();
        section(&mut out, "Exceptions", &exceptions::COLUMNS, excused, style);
        section(&mut out, "Summary", &["what", "result"], totals(document), style);
        let ledger = summary::ledger(document).into_iter().map(|row| vec![line(&row, 400)]).collect();
        section(&mut out, "Not checked, or checked with limits", &["what"], ledger, style);
        out
    }
}

/// Columns that the frame takes: a border and a space on either side of each cell, and the last border.
fn frame(columns: usize) -> usize {
    columns * 3 + 1
}

pub(super) fn section(out: &mut String, title: &str, columns: &[&str], rows: Vec<Vec<String>>, style: &Style) {
    if rows.is_empty() {
        return;
    }
    let limits = widths(columns, &rows, style.width.max(60).saturating_sub(frame(columns.len())));
    let mut builder = Builder::default();
    let wrapped = |cell: &str, limit: usize| {
        let parts: Vec<String> = cell.split('\n').flat_map(|part| escape::cell(part, limit)).collect();
        parts.join("\n")
    };
    builder.push_record(columns.iter().zip(&limits).map(|(name, limit)| wrapped(name, *limit)));
    for row in rows {
        builder.push_record(row.iter().zip(&limits).map(|(cell, limit)| wrapped(cell, *limit)));
    }
    let mut table = builder.build();
    table.with(Border::rounded());
    let _ = writeln!(out, "{title}\n{table}\n");
}

/// The width of each column: what its text needs, the widest cut down until all fit, but never below a word of its head.
fn widths(columns: &[&str], rows: &[Vec<String>], available: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(|name| name.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.split('\n').map(str::width).max().unwrap_or(0));
        }
    }
    let least: Vec<usize> = columns.iter().map(|name| name.split(' ').map(str::width).max().unwrap_or(0)).collect();
    while widths.iter().sum::<usize>() > available {
        let shrinkable = widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
        let Some((widest, _)) = shrinkable.max_by_key(|(width, _)| **width) else { break };
        *widest -= 1;
    }
    widths
}

/// The findings; on a narrow terminal the rule stands below the title and not in a column of its own.
fn findings(out: &mut String, document: &Document, style: &Style) {
    let active = document.findings.iter().filter(|finding| finding.is_active());
    let wide: Vec<Vec<String>> = active
        .map(|finding| {
            vec![
                finding.severity.name().to_uppercase(),
                line(&finding.title, 200),
                line(&finding.location.to_string(), 200),
                line(&finding.rule, 100),
                finding.confidence.name().to_owned(),
            ]
        })
        .collect();
    let columns = ["severity", "finding", "place", "rule", "confidence"];
    if widths(&columns, &wide, usize::MAX).iter().sum::<usize>() + frame(columns.len()) <= style.width {
        return section(out, "Findings", &columns, wide, style);
    }
    let stack = |row: Vec<String>| {
        let [severity, title, place, rule, confidence] = <[String; 5]>::try_from(row).unwrap_or_default();
        vec![severity, format!("{title}\n{rule}"), place, confidence]
    };
    let columns = ["severity", "finding and rule", "place", "confidence"];
    section(out, "Findings", &columns, wide.into_iter().map(stack).collect(), style);
}

/// One row a package: advisories of one package and version stand together.
fn dependencies(document: &Document) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for group in document.vulnerabilities.chunk_by(|a, b| a.purl == b.purl) {
        let Some(first) = group.first() else { continue };
        let ids: Vec<&str> = group.iter().map(|vulnerability| vulnerability.id.as_str()).collect();
        let worst = group.iter().filter_map(|vulnerability| vulnerability.severity).max();
        let package = document.packages.iter().find(|package| package.purl == first.purl);
        let above = package.and_then(|package| package.path.split_last()).map(|(_, above)| above.join(" → "));
        rows.push(vec![
            line(&first.package, 100),
            line(&first.version, 60),
            line(&ids.join(" "), 400),
            worst.map_or("unknown", |severity| severity.name()).to_uppercase(),
            line(&summary::fixed_in(group), 60),
            above.filter(|above| !above.is_empty()).map_or_else(|| "direct".to_owned(), |above| line(&above, 300)),
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
