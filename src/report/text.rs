//! For a person at a terminal: one finding a line first, then its code, the way the value took, and what to do.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style as Ansi};

use super::escape::{line, plain};
use super::{Reporter, Style, summary};
use crate::base::{Finding, Location, Severity, StepKind};
use crate::document::Document;

/// The format `text`.
pub struct Text;

impl Reporter for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, document: &Document, style: &Style) -> String {
        let mut out = String::new();
        for finding in document.findings.iter().filter(|finding| finding.is_active()) {
            write_finding(&mut out, finding, style);
        }
        if !style.quiet {
            write_summary(&mut out, document, style);
        }
        out
    }
}

/// The colour of a severity.
pub(super) fn color(severity: Severity) -> Ansi {
    let color = match severity {
        Severity::Critical => AnsiColor::BrightRed,
        Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => AnsiColor::Blue,
    };
    color.on_default().bold()
}

fn painted(text: &str, ansi: Ansi, style: &Style) -> String {
    if style.color { format!("{}{text}{}", ansi.render(), ansi.render_reset()) } else { text.to_owned() }
}

fn write_finding(out: &mut String, finding: &Finding, style: &Style) {
    let tag = painted(&format!("[{}]", finding.severity.name().to_uppercase()), color(finding.severity), style);
    let _ = writeln!(out, "{tag} {}", line(&finding.headline(), 400));
    if style.quiet {
        return;
    }
    if let Some(frame) = frame(finding, style) {
        let _ = writeln!(out, "{frame}");
    }
    if finding.message != finding.title {
        let _ = writeln!(out, "  {}", line(&finding.message, 1000));
    }
    for (at, step) in finding.trace.iter().enumerate() {
        let kind = match step.kind {
            StepKind::Source => "source",
            StepKind::Propagator => "then",
            StepKind::Call => "call",
            StepKind::Return => "return",
            StepKind::Sink => "sink",
        };
        let _ = writeln!(out, "  {:>3}. {kind:<6} {}: {}", at + 1, place(&step.location), line(&step.message, 300));
    }
    for related in &finding.related {
        let _ = writeln!(out, "  see {}: {}", place(&related.location), line(&related.message, 300));
    }
    if !finding.remedy.is_empty() {
        let _ = writeln!(out, "  {} {}", painted("fix:", Ansi::new().bold(), style), line(&finding.remedy, 1000));
    }
    let cwe: Vec<String> = finding.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    let facts = [finding.rule.clone(), format!("confidence {}", finding.confidence.name()), cwe.join(" ")];
    let facts: Vec<&str> = facts.iter().map(String::as_str).filter(|fact| !fact.is_empty()).collect();
    let _ = writeln!(out, "  {}\n", painted(&line(&facts.join(" · "), 300), Ansi::new().dimmed(), style));
}

fn place(location: &Location) -> String {
    line(&location.to_string(), 300)
}

/// The code frame: the primary line with a caret, and the lines around it.
fn frame(finding: &Finding, style: &Style) -> Option<String> {
    let snippet = finding.snippet.as_ref()?;
    let lines: Vec<String> = snippet.lines.iter().map(|text| line(text, 300)).collect();
    let source = lines.join("\n");
    let span = byte_span(&lines, snippet.first_line, &finding.location);
    let path = line(&finding.location.path, 200);
    let element = Snippet::source(source.as_str())
        .line_start(snippet.first_line as usize)
        .path(path.as_str())
        .fold(false)
        .annotation(AnnotationKind::Primary.span(span));
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let group = Group::with_level(Level::ERROR).element(element);
    Some(renderer.term_width(style.width).render(&[group]).clone())
}

/// Line and column of the document → bytes of the snippet; clipped to the snippet's first marked line.
fn byte_span(lines: &[String], first_line: u32, location: &Location) -> std::ops::Range<usize> {
    let row = location.line.saturating_sub(first_line) as usize;
    let before: usize = lines.iter().take(row).map(|line| line.len() + 1).sum();
    let Some(text) = lines.get(row) else { return 0..0 };
    let offset = |column: u32| {
        let index = column.saturating_sub(1) as usize;
        text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
    };
    let start = offset(location.column);
    let end = if location.end_line == location.line { offset(location.end_column) } else { text.len() };
    if location.column <= 1 && end <= start {
        // a whole line: mark its text
        let start = text.len() - text.trim_start().len();
        return before + start..before + text.trim_end().len().max(start);
    }
    before + start..before + end.max(start)
}

fn write_summary(out: &mut String, document: &Document, style: &Style) {
    let coverage = &document.project.coverage;
    let _ = writeln!(out, "{} in {} files", summary::counts(document), coverage.files_checked);
    if let (Some(verdict), Some(result)) = (summary::verdict(document), &document.verdict) {
        let ansi = if result.passed { AnsiColor::Green } else { AnsiColor::Red }.on_default().bold();
        let score = document.score.as_ref().map(|score| format!(" · score {}/100", score.value)).unwrap_or_default();
        let _ = writeln!(out, "{}{score}", painted(verdict, ansi, style));
        for reason in &result.reasons {
            let _ = writeln!(out, "  - {}", line(reason, 400));
        }
    }
    let ledger = summary::ledger(document);
    if !ledger.is_empty() {
        let _ = writeln!(out, "not checked, or checked with limits:");
        for row in ledger {
            let _ = writeln!(out, "  - {}", plain(&line(&row, 400)));
        }
    }
}
