//! For a person at a terminal: one finding a line first, then its code, the way the value took, and what to do.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::UnicodeWidthStr as _;

use super::escape::{line, prose_rows};
use super::matrix::Matrix;
use super::{PLACES, Reporter, Style, exceptions, more_places, summary};
use crate::base::{self, Finding, Location, Severity};
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
        paragraph(out, "", &finding.message, style);
    }
    trace(out, finding, style);
    for related in finding.related.iter().take(PLACES) {
        paragraph(out, "see", &format!("{}: {}", place(&related.location), related.message), style);
    }
    if let Some(more) = more_places(finding) {
        paragraph(out, "see", &more, style);
    }
    if !finding.remedy.is_empty() {
        paragraph(out, "fix:", &finding.remedy, style);
    }
    let cwe: Vec<String> = finding.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    let facts = [finding.rule.clone(), format!("confidence {}", finding.confidence.name()), cwe.join(" ")];
    let facts: Vec<&str> = facts.iter().map(String::as_str).filter(|fact| !fact.is_empty()).collect();
    let _ = writeln!(out, "  {}\n", painted(&line(&facts.join(" · "), 300), Ansi::new().dimmed(), style));
}

/// Prose in rows of the terminal's width, behind a label that only the first row has.
fn paragraph(out: &mut String, label: &str, text: &str, style: &Style) {
    let head = if label.is_empty() { String::new() } else { format!("{} ", painted(label, Ansi::new().bold(), style)) };
    let width = if label.is_empty() { 0 } else { label.width() + 1 };
    hanging(out, &head, width, text, style);
}

/// Rows behind a head of `width` columns; further rows begin below the first one's text.
fn hanging(out: &mut String, head: &str, width: usize, text: &str, style: &Style) {
    for (at, row) in
        prose_rows(&line(text, 2000), style.width.saturating_sub(width + 2).max(40)).into_iter().enumerate()
    {
        let head = if at == 0 { head.to_owned() } else { " ".repeat(width) };
        let _ = writeln!(out, "  {head}{row}");
    }
}

/// The way of the value: one row a place, with all that happens there.
fn trace(out: &mut String, finding: &Finding, style: &Style) {
    const LABEL: &str = "trace";
    /// Longer places do not push the others' text to the right.
    const COLUMN: usize = 40;
    let groups =
        finding.trace.chunk_by(|a, b| (&a.location.path, a.location.line) == (&b.location.path, b.location.line));
    let rows: Vec<(String, String, &str)> = groups
        .filter_map(|steps| {
            let mut words: Vec<&str> = steps.iter().map(|step| step.message.as_str()).collect();
            words.dedup();
            let first = steps.first()?;
            Some((place(&first.location), words.join(" → "), first.code.as_str()))
        })
        .collect();
    let column = rows.iter().map(|(place, ..)| place.width()).filter(|width| *width <= COLUMN).max().unwrap_or(0);
    for (at, (place, words, code)) in rows.iter().enumerate() {
        let label = if at == 0 { painted(LABEL, Ansi::new().bold(), style) } else { " ".repeat(LABEL.len()) };
        let width = LABEL.len() + 1 + column;
        if place.width() > column {
            let _ = writeln!(out, "  {label} {place}");
            hanging(out, &" ".repeat(width + 2), width + 2, words, style);
        } else {
            let pad = " ".repeat(column - place.width() + 2);
            hanging(out, &format!("{label} {place}{pad}"), width + 2, words, style);
        }
        if !code.is_empty() {
            let room = style.width.saturating_sub(width + 6).max(40);
            let code = painted(&line(code, room), Ansi::new().dimmed(), style);
            let _ = writeln!(out, "  {}| {code}", " ".repeat(width + 2));
        }
    }
}

fn place(location: &Location) -> String {
    line(&location.to_string(), 300)
}

/// A snippet as one text, its lines harmless.
fn source(snippet: &base::Snippet) -> Vec<String> {
    snippet.lines.iter().map(|text| line(text, 300)).collect()
}

/// The code frame: the primary line with carets and the lines around it; where the value came in, if that stands there
/// too, or in a frame of its own.
fn frame(finding: &Finding, style: &Style) -> Option<String> {
    let snippet = finding.snippet.as_ref()?;
    let lines = source(snippet);
    let text = lines.join("\n");
    let path = line(&finding.location.path, 200);
    let span = byte_span(&lines, snippet.first_line, &finding.location);
    let first = finding.trace.first();
    let label = first.map(|step| line(&step.message, 200)).unwrap_or_default();
    let mut primary =
        Snippet::source(text.as_str()).line_start(snippet.first_line as usize).path(path.as_str()).fold(false);
    if let Some(step) = first.filter(|step| finding.shows(&step.location)) {
        let origin = byte_span(&lines, snippet.first_line, &step.location);
        if origin.end <= span.start || span.end <= origin.start {
            primary = primary.annotation(AnnotationKind::Context.span(origin).label(label.as_str()));
        }
    }
    let mut group = Group::with_level(Level::ERROR).element(primary.annotation(AnnotationKind::Primary.span(span)));
    let origin = first.zip(finding.source_snippet.as_ref());
    let origin =
        origin.map(|(step, snippet)| (step, snippet.first_line, source(snippet), line(&step.location.path, 200)));
    let origin_text = origin.as_ref().map(|(_, _, lines, _)| lines.join("\n")).unwrap_or_default();
    if let Some((step, first_line, lines, path)) = &origin {
        let span = byte_span(lines, *first_line, &step.location);
        let annotation = AnnotationKind::Context.span(span).label(label.as_str());
        let snippet = Snippet::source(origin_text.as_str()).line_start(*first_line as usize).path(path.as_str());
        group = group.element(snippet.fold(false).annotation(annotation));
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    Some(renderer.term_width(style.width).render(&[group]))
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
    let _ = writeln!(out, "{} in {}", summary::counts(document), summary::extent(document));
    if let (Some(verdict), Some(result)) = (summary::verdict(document), &document.verdict) {
        let ansi = if verdict == summary::PASSED { AnsiColor::Green } else { AnsiColor::Red }.on_default().bold();
        let score = document.score.as_ref().map(|score| format!(" · score {}/100", score.value)).unwrap_or_default();
        let _ = writeln!(out, "{}{score}", painted(verdict, ansi, style));
        for reason in &result.reasons {
            paragraph(out, "-", reason, style);
        }
        if let Some(next) = summary::next(document) {
            hanging(out, "", 0, &next, style);
        }
    }
    let matrix = Matrix::new(document);
    if document.checklist.is_some() && !matrix.is_empty() {
        hanging(out, "", 0, &format!("{}; `stageclear checklist` shows all", matrix.summary()), style);
    }
    let excused = exceptions::lines(document);
    if !excused.is_empty() {
        let _ = writeln!(out, "exceptions:");
        for row in excused {
            paragraph(out, "-", &row, style);
        }
    }
    let ledger = summary::ledger(document);
    if !ledger.is_empty() {
        let _ = writeln!(out, "not checked, or checked with limits:");
        for row in ledger {
            paragraph(out, "-", &row, style);
        }
    }
}
