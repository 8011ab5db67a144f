//! One self-contained page: no script, no request, readable in print. Every text from the project is escaped, and a
//! content security policy forbids what escaping might have missed.

use std::fmt::Write as _;

use super::escape::{html, html_prose};
use super::matrix::{self, Matrix};
use super::{Reporter, Style, checklist, exceptions, summary};
use crate::base::{Finding, Location, Snippet};
use crate::document::{Document, PolicyOutcome};

/// The format `html`.
pub struct Html;

const CSS: &str = include_str!("html.css");

impl Reporter for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        let mut out = String::new();
        verdict(&mut out, document);
        findings(&mut out, document);
        dependencies(&mut out, document);
        if let Some(checklist) = &document.checklist {
            out.push_str("<h2>Release checklist</h2>\n");
            checklist::as_html(&mut out, checklist);
        }
        matrix::as_html(&mut out, &Matrix::new(document));
        policies(&mut out, document);
        table(&mut out, "Exceptions", &exceptions::COLUMNS, &exceptions::rows(document));
        let ledger = summary::ledger(document);
        if !ledger.is_empty() {
            out.push_str("<h2>Not checked, or checked with limits</h2>\n<ul>\n");
            for row in ledger {
                let _ = writeln!(out, "<li>{}</li>", html_prose(&row));
            }
            out.push_str("</ul>\n");
        }
        page(document, &document.project.name, &out)
    }
}

/// A page around its body, which is HTML already.
pub fn page(document: &Document, title: &str, body: &str) -> String {
    let (name, title) = (html(&document.project.name), html(title));
    let version = html(&document.tool.version);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>stageclear: {name}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}<footer>stageclear {version}</footer>\n</main>\n</body>\n</html>\n"
    )
}

fn verdict(out: &mut String, document: &Document) {
    if let (Some(word), Some(verdict)) = (summary::verdict(document), &document.verdict) {
        let class = if word == summary::PASSED { "passed" } else { "failed" };
        let score =
            document.score.as_ref().map(|score| format!(" <span>{}/100</span>", score.value)).unwrap_or_default();
        let _ = writeln!(out, "<p class=\"verdict {class}\"><strong>{word}</strong>{score}</p>");
        if !verdict.reasons.is_empty() {
            out.push_str("<ul>\n");
            for reason in &verdict.reasons {
                let _ = writeln!(out, "<li>{}</li>", html_prose(reason));
            }
            out.push_str("</ul>\n");
        }
    }
    let _ = writeln!(out, "<p>{} in {}</p>", html(&summary::counts(document)), html(&summary::extent(document)));
}

fn findings(out: &mut String, document: &Document) {
    let active: Vec<&Finding> = document.findings.iter().filter(|finding| finding.is_active()).collect();
    if active.is_empty() {
        return;
    }
    out.push_str("<h2>Findings</h2>\n");
    for finding in active {
        detail(out, finding);
    }
}

fn detail(out: &mut String, finding: &Finding) {
    let severity = finding.severity.name();
    let headline = html(&finding.headline());
    let message = html_prose(&finding.message);
    let _ = writeln!(
        out,
        "<details class=\"{severity}\">\n<summary><b>{severity}</b> {headline}</summary>\n<p>{message}</p>"
    );
    if let Some(snippet) = &finding.snippet {
        code(out, snippet, &finding.location);
    }
    if let (Some(snippet), Some(step)) = (&finding.source_snippet, finding.trace.first()) {
        let _ = writeln!(out, "<p class=\"from\">from <code>{}</code></p>", html(&step.location.to_string()));
        code(out, snippet, &step.location);
    }
    if !finding.trace.is_empty() {
        out.push_str("<ol>\n");
        for step in &finding.trace {
            let _ = writeln!(
                out,
                "<li><code>{}</code> {}</li>",
                html(&step.location.to_string()),
                html_prose(&step.message)
            );
        }
        out.push_str("</ol>\n");
    }
    for related in finding.related.iter().take(super::PLACES) {
        let place = html(&related.location.to_string());
        let _ = writeln!(out, "<p>see <code>{place}</code> {}</p>", html_prose(&related.message));
    }
    if let Some(more) = super::more_places(finding) {
        let _ = writeln!(out, "<p>see {more}</p>");
    }
    if !finding.remedy.is_empty() {
        let _ = writeln!(out, "<p><b>fix</b> {}</p>", html_prose(&finding.remedy));
    }
    let mut facts = vec![html(&finding.rule), format!("confidence {}", finding.confidence.name())];
    facts.extend(finding.cwe.iter().map(|cwe| format!("CWE-{cwe}")));
    let _ = writeln!(out, "<p><small>{}</small></p>\n</details>", facts.join(" · "));
}

/// The lines of a snippet with their numbers, the one of `place` marked.
fn code(out: &mut String, snippet: &Snippet, place: &Location) {
    out.push_str("<pre>");
    for (at, line) in snippet.lines.iter().enumerate() {
        let number = snippet.first_line as usize + at;
        let text = format!("{number:>5}  {}", html(line));
        let marked = number == place.line as usize;
        let _ = writeln!(out, "{}", if marked { format!("<mark>{text}</mark>") } else { text });
    }
    out.push_str("</pre>\n");
}

fn table(out: &mut String, title: &str, columns: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "<h2>{title}</h2>\n<div class=\"wide\">\n<table>");
    let cells = |cells: &mut dyn Iterator<Item = &str>, tag: &str| {
        cells.map(|cell| format!("<{tag}>{}</{tag}>", html(cell))).collect::<Vec<_>>().concat()
    };
    let _ = writeln!(out, "<thead><tr>{}</tr></thead>\n<tbody>", cells(&mut columns.iter().copied(), "th"));
    for row in rows {
        let _ = writeln!(out, "<tr>{}</tr>", cells(&mut row.iter().map(String::as_str), "td"));
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}

fn dependencies(out: &mut String, document: &Document) {
    let rows: Vec<Vec<String>> = document
        .vulnerabilities
        .iter()
        .map(|found| {
            let severity = found.severity.map_or("unknown", |severity| severity.name()).to_owned();
            let fixed = found.fixed.first().cloned().unwrap_or_else(|| "no fix".to_owned());
            vec![found.package.clone(), found.version.clone(), found.id.clone(), severity, fixed]
        })
        .collect();
    table(out, "Vulnerable dependencies", &["package", "version", "advisory", "severity", "fixed in"], &rows);
}

fn policies(out: &mut String, document: &Document) {
    let rows: Vec<Vec<String>> = document
        .policies
        .iter()
        .filter(|result| result.outcome != PolicyOutcome::Pass)
        .map(|result| {
            let outcome = if result.outcome == PolicyOutcome::Deny { "deny" } else { "warn" };
            vec![outcome.to_owned(), result.rule.clone(), result.title.clone(), result.violations.to_string()]
        })
        .collect();
    table(out, "Policies that object", &["outcome", "policy", "title", "violations"], &rows);
}
