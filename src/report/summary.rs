//! What every report says at its end: counts, verdict, score and the ledger of what was not checked. One wording for
//! all formats.

use std::collections::BTreeMap;

use crate::base::{Problem, ProblemKind, Severity};
use crate::document::Document;

/// `3 findings (1 critical, 2 high)`, with what is suppressed.
#[must_use]
pub fn counts(document: &Document) -> String {
    let active = document.findings.iter().filter(|finding| finding.is_active());
    let mut by_severity: BTreeMap<std::cmp::Reverse<Severity>, usize> = BTreeMap::new();
    for finding in active {
        *by_severity.entry(std::cmp::Reverse(finding.severity)).or_default() += 1;
    }
    let total: usize = by_severity.values().sum();
    let parts: Vec<String> = by_severity.iter().map(|(severity, count)| format!("{count} {}", severity.0)).collect();
    let suppressed = document.findings.len() - total;
    let mut text = match total {
        0 => "no findings".to_owned(),
        1 => format!("1 finding ({})", parts.join(", ")),
        _ => format!("{total} findings ({})", parts.join(", ")),
    };
    if suppressed > 0 {
        text.push_str(&format!(", {suppressed} suppressed"));
    }
    text
}

/// The rows of the "not checked" ledger: what, and how much of it.
#[must_use]
pub fn ledger(document: &Document) -> Vec<String> {
    let coverage = &document.project.coverage;
    let mut rows = Vec::new();
    let mut by_kind: BTreeMap<ProblemKind, Vec<&Problem>> = BTreeMap::new();
    for problem in &document.problems {
        by_kind.entry(problem.kind).or_default().push(problem);
    }
    for (kind, problems) in by_kind {
        rows.push(format!("{}{}", label(kind, problems.len()), places(&problems)));
    }
    for (language, files) in &coverage.unsupported {
        rows.push(format!("{language}: {} searched for secrets only, no analysis of its code", files_word(*files)));
    }
    if coverage.vendored_files > 0 {
        rows.push(format!("vendored code: {} searched for secrets only", files_word(coverage.vendored_files)));
    }
    if coverage.generated_files > 0 {
        rows.push(format!(
            "generated or minified code: {} searched for secrets only",
            files_word(coverage.generated_files)
        ));
    }
    if coverage.files_skipped > 0 {
        rows.push(format!("{} of no readable kind (binary, links, excluded)", files_word(coverage.files_skipped)));
    }
    if let Some(advisories) = &document.advisories {
        for source in &advisories.sources {
            rows.push(format!(
                "advisories for {}: {} as of {} ({} days old, {})",
                source.ecosystem, source.advisories, source.date, source.age_days, source.origin
            ));
        }
    }
    if coverage.suppressed > 0 {
        rows.push(format!("{} suppressed: their reasons are in the JSON report", findings_word(coverage.suppressed)));
    }
    rows
}

fn files_word(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

fn findings_word(count: u64) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}

fn label(kind: ProblemKind, count: usize) -> String {
    let what = match kind {
        ProblemKind::Unreadable => "not readable",
        ProblemKind::Encoding => "in an unclear encoding",
        ProblemKind::Syntax => "parsed only in part",
        ProblemKind::Limit => "over a limit",
        ProblemKind::Unsupported => "in an unsupported format",
        ProblemKind::Unresolved => "with versions that are not pinned",
        ProblemKind::Advisories => "about the advisory data",
        ProblemKind::Suppression => "about suppressions",
        ProblemKind::Policy => "about policies",
        ProblemKind::Configuration => "about the configuration",
        ProblemKind::Internal => "internal",
    };
    format!("{count} {what}")
}

/// The first few places, so that the ledger is a lead and not only a number.
fn places(problems: &[&Problem]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<&str> =
        problems.iter().filter_map(|problem| problem.location.as_ref()).map(|place| place.path.as_str()).collect();
    names.dedup();
    if names.is_empty() {
        return problems.first().map(|problem| format!(": {}", problem.message)).unwrap_or_default();
    }
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    names.truncate(SHOWN);
    format!(": {}{more}", names.join(", "))
}

/// `passed`, `failed` or `not fully checked`; `None` for a scan.
#[must_use]
pub fn verdict(document: &Document) -> Option<&'static str> {
    let verdict = document.verdict.as_ref()?;
    Some(match (verdict.passed, verdict.incomplete && document.project.options.strict) {
        (false, _) => "FAILED",
        (true, true) => "NOT FULLY CHECKED",
        (true, false) => "PASSED",
    })
}
