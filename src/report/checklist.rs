//! The release checklist with its evidence, and the routes with their guards: as a report of its own, and as a part of
//! the full ones.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ansi};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::escape::{html, html_prose, line, markdown, markdown_prose, prose_rows};
use super::matrix::{self, Matrix};
use super::{Style, json, table};
use crate::checklist::{Checklist, Evidence, Item, RouteRow, Section, Status};
use crate::document::{Document, Project, Tool};
use crate::endpoint::Endpoint;

/// The formats of `stageclear checklist`.
pub const FORMATS: [&str; 5] = ["markdown", "text", "table", "json", "html"];

/// The value of `schema` in the JSON form.
pub const SCHEMA: &str = "stageclear.checklist/1";

/// The JSON form: the parts of the audit document that the checklist is about.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    tool: &'a Tool,
    project: &'a Project,
    sections: &'a [Section],
    routes: &'a [RouteRow],
    endpoints: &'a [Endpoint],
}

/// Prints the checklist of a document as a report of its own.
#[must_use]
pub fn render(document: &Document, format: &str, style: &Style) -> String {
    let nothing = Checklist::default();
    let checklist = document.checklist.as_ref().unwrap_or(&nothing);
    let matrix = Matrix::new(document);
    let mut out = String::new();
    match format {
        "json" => {
            return json::pretty(&Report {
                schema: SCHEMA,
                tool: &document.tool,
                project: &document.project,
                sections: &checklist.sections,
                routes: &checklist.routes,
                endpoints: &document.endpoints,
            });
        }
        "html" => {
            as_html(&mut out, checklist);
            matrix::as_html(&mut out, &matrix);
            return super::html::page(document, &format!("Release checklist: {}", document.project.name), &out);
        }
        "text" => {
            let _ = writeln!(out, "Release checklist: {}\n", line(&document.project.name, 200));
            text(&mut out, checklist, style);
            matrix::text(&mut out, &matrix, style);
        }
        "table" => {
            as_table(&mut out, checklist, style);
            matrix::text(&mut out, &matrix, style);
        }
        _ => {
            let _ = writeln!(out, "# Release checklist: {}\n", markdown(&document.project.name));
            as_markdown(&mut out, checklist, "##");
            matrix::as_markdown(&mut out, &matrix, "##");
        }
    }
    out
}

/// `3 refuted, 8 need a person, 20 proved, 6 not applicable`.
#[must_use]
pub fn counts(checklist: &Checklist) -> String {
    let word = |status: Status, count: usize| match status {
        Status::NeedsPerson if count != 1 => "need a person",
        status => status.words(),
    };
    let part = |status: Status| {
        let count = checklist.count(status);
        format!("{count} {}", word(status, count))
    };
    Status::ALL.map(part).join(", ")
}

/// What comes below an item: its evidence, what proves nothing, what to look at.
fn notes(item: &Item) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    if !item.rules.is_empty() {
        notes.push(("reported by", item.rules.join(", ")));
    }
    if item.status == Status::Proved && !item.limits.is_empty() {
        notes.push(("limits", item.limits.clone()));
    }
    if matches!(item.status, Status::Refuted | Status::NeedsPerson) && !item.look.is_empty() {
        notes.push(("look at", item.look.clone()));
    }
    notes
}

fn place(evidence: &Evidence) -> String {
    evidence.location.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn more(item: &Item) -> Option<String> {
    (item.more > 0).then(|| format!("and {} more", item.more))
}

/// Sections as Markdown task lists.
pub(super) fn as_markdown(out: &mut String, checklist: &Checklist, level: &str) {
    if checklist.sections.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}.\n", counts(checklist));
    for section in &checklist.sections {
        let _ = writeln!(out, "{level} {}\n", markdown(&section.title));
        for item in &section.items {
            let tick = match item.status {
                Status::Proved => "[x] ",
                Status::Refuted | Status::NeedsPerson => "[ ] ",
                Status::NotApplicable => "",
            };
            let (title, summary) = (markdown_prose(&item.title), markdown_prose(&item.summary));
            let _ = writeln!(out, "- {tick}**{}**: {title}: {summary}", item.status.words());
            for evidence in &item.evidence {
                let place = place(evidence);
                let place = if place.is_empty() { String::new() } else { format!(" ({})", markdown(&place)) };
                let _ = writeln!(out, "  - {}{place}", markdown_prose(&line(&evidence.message, 500)));
            }
            if let Some(more) = more(item) {
                let _ = writeln!(out, "  - {more}");
            }
            for (label, note) in notes(item) {
                let _ = writeln!(out, "  - *{label}*: {}", markdown_prose(&line(&note, 1000)));
            }
        }
        out.push('\n');
    }
}

fn color(status: Status) -> Ansi {
    match status {
        Status::Refuted => AnsiColor::Red.on_default().bold(),
        Status::NeedsPerson => AnsiColor::Yellow.on_default().bold(),
        Status::Proved => AnsiColor::Green.on_default().bold(),
        Status::NotApplicable => Ansi::new().dimmed(),
    }
}

/// For a terminal: one item a paragraph.
fn text(out: &mut String, checklist: &Checklist, style: &Style) {
    const COLUMN: usize = 16;
    let _ = writeln!(out, "{}\n", counts(checklist));
    let mut hanging = |indent: usize, head: &str, text: &str| {
        let width = style.width.saturating_sub(indent + head.width()).max(40);
        for (at, row) in prose_rows(&line(text, 2000), width).into_iter().enumerate() {
            let head = if at == 0 { head.to_owned() } else { " ".repeat(head.width()) };
            let _ = writeln!(out, "{}{head}{row}", " ".repeat(indent));
        }
    };
    let mut paragraphs: Vec<(usize, String, String)> = Vec::new();
    for section in &checklist.sections {
        paragraphs.push((0, String::new(), section.title.clone()));
        for item in &section.items {
            let word = item.status.words();
            paragraphs.push((
                2,
                format!("{word}{}", " ".repeat(COLUMN.saturating_sub(word.len()))),
                item.title.clone(),
            ));
            paragraphs.push((2 + COLUMN, String::new(), item.summary.clone()));
            for evidence in &item.evidence {
                paragraphs.push((2 + COLUMN, "- ".to_owned(), format!("{}  {}", evidence.message, place(evidence))));
            }
            paragraphs.extend(more(item).map(|more| (2 + COLUMN, "- ".to_owned(), more)));
            paragraphs.extend(notes(item).into_iter().map(|(label, note)| (2 + COLUMN, format!("{label}: "), note)));
        }
        paragraphs.push((0, String::new(), String::new()));
    }
    for (indent, head, text) in &paragraphs {
        hanging(*indent, head, text);
    }
    if style.color {
        *out = painted(out);
    }
}

/// The same with the words of statuses in colour.
fn painted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1024);
    for row in text.split_inclusive('\n') {
        let status = Status::ALL.into_iter().find_map(|status| {
            let rest = row.strip_prefix("  ")?.strip_prefix(status.words())?;
            rest.starts_with(' ').then_some((status, rest))
        });
        match status {
            Some((status, rest)) => {
                let ansi = color(status);
                let _ = write!(out, "  {}{}{}{rest}", ansi.render(), status.words(), ansi.render_reset());
            }
            None => out.push_str(row),
        }
    }
    out
}

/// One table of all items, most urgent first.
pub(super) fn as_table(out: &mut String, checklist: &Checklist, style: &Style) {
    let mut rows: Vec<(Status, Vec<String>)> = Vec::new();
    for section in &checklist.sections {
        for item in &section.items {
            let first = item.evidence.first().map(place).unwrap_or_default();
            let row = vec![
                item.status.words().to_owned(),
                format!("{}\n{}", line(&item.title, 300), line(&item.summary, 200)),
                line(&first, 200),
            ];
            rows.push((item.status, row));
        }
    }
    rows.sort_by_key(|(status, _)| *status);
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    table::section(out, "Release checklist", &["status", "item", "first place"], rows, style);
}

/// Sections as lists.
pub(super) fn as_html(out: &mut String, checklist: &Checklist) {
    if checklist.sections.is_empty() {
        return;
    }
    let _ = writeln!(out, "<p>{}</p>", html(&counts(checklist)));
    for section in &checklist.sections {
        let _ = writeln!(out, "<h3>{}</h3>\n<ul class=\"checklist\">", html(&section.title));
        for item in &section.items {
            let class = item.status.words().replace(' ', "-");
            let (title, summary) = (html_prose(&item.title), html_prose(&item.summary));
            let _ = writeln!(out, "<li class=\"{class}\"><b>{}</b> {title}: {summary}", item.status.words());
            let rows = item.evidence.iter().map(|evidence| {
                let place = html(&place(evidence));
                format!("<li>{} <code>{place}</code></li>", html_prose(&line(&evidence.message, 500)))
            });
            let rows: Vec<String> = rows.chain(more(item).map(|more| format!("<li>{more}</li>"))).collect();
            if !rows.is_empty() {
                let _ = writeln!(out, "<ul>{}</ul>", rows.join("\n"));
            }
            for (label, note) in notes(item) {
                let _ = writeln!(out, "<p><small>{label}: {}</small></p>", html_prose(&line(&note, 1000)));
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n");
    }
}
