//! Workflow commands that GitHub Actions turns into annotations
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).

use std::fmt::Write as _;

use super::escape::line;
use super::{Reporter, Style, summary};
use crate::base::Severity;
use crate::document::Document;

/// The format `github`.
pub struct GitHub;

impl Reporter for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn render(&self, document: &Document, style: &Style) -> String {
        let mut out = String::new();
        for finding in document.findings.iter().filter(|finding| finding.is_active()) {
            let command = match finding.severity {
                Severity::Critical | Severity::High => "error",
                Severity::Medium => "warning",
                Severity::Low | Severity::Info => "notice",
            };
            let place = &finding.location;
            let severity = finding.severity.name().to_uppercase();
            let _ = writeln!(
                out,
                "::{command} file={},line={},endLine={},col={},title={}::{}",
                property(&place.path),
                place.line,
                place.end_line.max(place.line),
                place.column,
                property(&format!("[{severity}] {}", finding.title)),
                data(&format!("{} ({})", finding.message, finding.rule)),
            );
        }
        if !style.quiet {
            let _ = writeln!(out, "stageclear: {}", line(&summary::counts(document), 300));
        }
        out
    }
}

/// The message of a command: `%`, CR and LF would end it or begin another.
fn data(text: &str) -> String {
    line(text, 2000).replace('%', "%25")
}

/// A property of a command: `:` and `,` separate properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_begin_a_command() {
        assert_eq!(property("a\n::error::x,%b"), "a %3A%3Aerror%3A%3Ax%2C%25b");
    }
}
