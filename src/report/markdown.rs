//! For a pull request or a release note: headline, verdict, tables, details folded.

use std::fmt::Write as _;

use super::escape::{fence, line, markdown, markdown_prose, plain};
use super::matrix::{self, Matrix};
use super::{Reporter, Style, checklist, exceptions, summary};
use crate::base::Finding;
use crate::document::Document;

/// The format `markdown`.
pub struct Markdown;

impl Reporter for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn render(&self, document: &Document, style: &Style) -> String {
        let name = &document.project.name;
        let mut out = format!(
            "# {}\n\n",
            markdown(&if name.is_empty() { "stageclear".to_owned() } else { format!("stageclear: {name}") })
        );
        let counts = summary::counts(document);
        let extent = summary::extent(document);
        if let (Some(word), Some(verdict)) = (summary::verdict(document), &document.verdict) {
            let score = document.score.as_ref().map(|score| format!(", score {}/100", score.value)).unwrap_or_default();
            let _ = writeln!(out, "**{word}**{score}: {counts} in {extent}\n");
            for reason in &verdict.reasons {
                let _ = writeln!(out, "- {}", markdown_prose(reason));
            }
            if !verdict.reasons.is_empty() {
                out.push('\n');
            }
            if let Some(next) = summary::next(document) {
                let _ = writeln!(out, "{}\n", markdown_prose(&next));
            }
        } else {
            let _ = writeln!(out, "{counts} in {extent}\n");
        }
        findings(&mut out, document);
        if style.quiet {
            return out;
        }
        dependencies(&mut out, document);
        if let Some(checklist) = &document.checklist {
            out.push_str("## Release checklist\n\n");
            checklist::as_markdown(&mut out, checklist, "###");
        }
        matrix::as_markdown(&mut out, &Matrix::new(document), "##");
        let excused = exceptions::lines(document);
        if !excused.is_empty() {
            out.push_str("## Exceptions\n\n");
            for row in excused {
                let _ = writeln!(out, "- {}", markdown_prose(&row));
            }
            out.push('\n');
        }
        let ledger = summary::ledger(document);
        if !ledger.is_empty() {
            out.push_str("## Not checked, or checked with limits\n\n");
            for row in ledger {
                let _ = writeln!(out, "- {}", markdown_prose(&row));
            }
        }
        out
    }
}

fn findings(out: &mut String, document: &Document) {
    let active: Vec<&Finding> = document.findings.iter().filter(|finding| finding.is_active()).collect();
    if active.is_empty() {
        return;
    }
    out.push_str("## Findings\n\n| severity | finding | place | rule |\n|---|---|---|---|\n");
    for finding in &active {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            finding.severity.name().to_uppercase(),
            markdown(&finding.title),
            markdown(&finding.location.to_string()),
            markdown(&finding.rule)
        );
    }
    out.push('\n');
    for finding in active {
        detail(out, finding);
    }
}

fn detail(out: &mut String, finding: &Finding) {
    let severity = finding.severity.name().to_uppercase();
    let headline = super::escape::html(&line(&finding.headline(), 300));
    let _ =
        writeln!(out, "<details><summary>[{severity}] {headline}</summary>\n\n{}\n", markdown_prose(&finding.message));
    for snippet in [&finding.source_snippet, &finding.snippet].into_iter().flatten() {
        let code = plain(&snippet.lines.join("\n"));
        let fence = fence(&code);
        let _ = writeln!(out, "{fence}\n{code}\n{fence}\n");
    }
    for (at, step) in finding.trace.iter().enumerate() {
        let _ =
            writeln!(out, "{}. {}: {}", at + 1, markdown(&step.location.to_string()), markdown_prose(&step.message));
    }
    if !finding.trace.is_empty() {
        out.push('\n');
    }
    for related in finding.related.iter().take(super::PLACES) {
        let _ =
            writeln!(out, "- see {}: {}", markdown(&related.location.to_string()), markdown_prose(&related.message));
    }
    if let Some(more) = super::more_places(finding) {
        let _ = writeln!(out, "- see {more}");
    }
    if !finding.related.is_empty() {
        out.push('\n');
    }
    if !finding.remedy.is_empty() {
        let _ = writeln!(out, "**Fix.** {}\n", markdown_prose(&finding.remedy));
    }
    let confidence = finding.confidence.name();
    let _ = writeln!(out, "{}, confidence {confidence}\n\n</details>\n", markdown(&finding.rule));
}

fn dependencies(out: &mut String, document: &Document) {
    if document.vulnerabilities.is_empty() {
        return;
    }
    out.push_str(
        "## Vulnerable dependencies\n\n| package | version | advisory | severity | fixed in |\n|---|---|---|---|---|\n",
    );
    for vulnerability in &document.vulnerabilities {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            markdown(&vulnerability.package),
            markdown(&vulnerability.version),
            markdown(&vulnerability.id),
            vulnerability.severity.map_or("unknown", |severity| severity.name()).to_uppercase(),
            markdown(vulnerability.fixed.first().map_or("no fix", String::as_str))
        );
    }
    out.push('\n');
}
