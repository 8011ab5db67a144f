//! GitLab's code quality report, which merge requests show without further set-up
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use serde_json::{Value, json};

use super::escape::line;
use super::{Reporter, Style};
use crate::base::{Finding, Severity};
use crate::document::Document;

/// The format `gitlab`.
pub struct GitLab;

impl Reporter for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        let active = document.findings.iter().filter(|finding| finding.is_active());
        let issues: Vec<Value> = active.map(issue).collect();
        super::json::pretty(&issues)
    }
}

fn issue(finding: &Finding) -> Value {
    let severity = match finding.severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    };
    json!({
        "description": line(&format!("{}: {}", finding.title, finding.message), 1000),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": severity,
        "location": {
            "path": finding.location.path,
            "lines": { "begin": finding.location.line, "end": finding.location.end_line.max(finding.location.line) },
        },
    })
}
