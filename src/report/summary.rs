//! What every report says at its end: counts, verdict, score and the ledger of what was not checked. One wording for
//! all formats.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::advisory::Vulnerability;
use crate::base::{Problem, ProblemKind, Severity};
use crate::document::Document;
use crate::version::Scheme;

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
        let _ = write!(text, ", {suppressed} suppressed");
    }
    text
}

/// How much was read: `5 files, 9 packages, 11 endpoints`.
#[must_use]
pub fn extent(document: &Document) -> String {
    let mut parts = vec![many(document.project.coverage.files_checked, "file")];
    let counted = [(document.packages.len(), "package"), (document.endpoints.len(), "endpoint")];
    parts.extend(counted.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| many(*count as u64, noun)));
    parts.join(", ")
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
        match about_files(kind) {
            Some(what) => rows.extend(files(what, &problems)),
            None => rows.extend(messages(&problems)),
        }
    }
    for (language, files) in &coverage.unsupported {
        rows.push(format!("{language}: {} searched for secrets only, no analysis of its code", many(*files, "file")));
    }
    for (count, what) in
        [(coverage.vendored_files, "vendored code"), (coverage.generated_files, "generated or minified code")]
    {
        if count > 0 {
            rows.push(format!("{what}: {} searched for secrets only", many(count, "file")));
        }
    }
    if coverage.files_skipped > 0 {
        rows.push(format!("{} of no readable kind (binary, links, excluded)", many(coverage.files_skipped, "file")));
    }
    rows.extend(advisories(document));
    if coverage.suppressed > 0 {
        rows.push(format!("{} suppressed: see the exceptions", many(coverage.suppressed, "finding")));
    }
    rows
}

/// Which advisory data stands behind the result, for the ecosystems that the project uses.
fn advisories(document: &Document) -> Vec<String> {
    let sources = document.advisories.iter().flat_map(|status| &status.sources);
    let used = sources.filter(|source| document.packages.iter().any(|package| package.ecosystem == source.ecosystem));
    used.map(|source| {
        let (ecosystem, count) = (source.ecosystem, source.advisories);
        format!("{ecosystem} packages: compared with {count} advisories as of {} ({})", source.date, source.origin)
    })
    .collect()
}

/// The first version that is free of all these advisories of one package.
#[must_use]
pub fn fixed_in(group: &[Vulnerability]) -> String {
    let unfixed = group.iter().any(|vulnerability| vulnerability.fixed.is_empty());
    let newest = group
        .iter()
        .filter_map(|vulnerability| Some((vulnerability.fixed.first()?, Scheme::of(vulnerability.ecosystem))))
        .max_by(|(a, scheme), (b, _)| scheme.compare(a, b));
    match newest {
        Some((version, _)) if unfixed => format!("{version} (in part)"),
        Some((version, _)) => version.clone(),
        None => "no fix".to_owned(),
    }
}

pub(super) fn many(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// What a problem says about its file; `None` where the message itself is what a reader needs.
fn about_files(kind: ProblemKind) -> Option<&'static str> {
    Some(match kind {
        ProblemKind::Unreadable => "not readable",
        ProblemKind::Encoding => "in an unclear encoding",
        ProblemKind::Syntax => "parsed only in part",
        ProblemKind::Limit => "over a limit",
        ProblemKind::Unsupported => "in an unsupported format",
        ProblemKind::Unresolved => "with versions that are not pinned",
        ProblemKind::Advisories
        | ProblemKind::Suppression
        | ProblemKind::Policy
        | ProblemKind::Configuration
        | ProblemKind::Internal => return None,
    })
}

/// How many places are named in one row, so that the ledger is a lead and not only a number.
const SHOWN: usize = 3;

fn files(what: &str, problems: &[&Problem]) -> Vec<String> {
    let (placed, rest): (Vec<&Problem>, Vec<&Problem>) =
        problems.iter().partition(|problem| problem.location.is_some());
    let names: BTreeSet<&str> =
        placed.iter().filter_map(|problem| Some(problem.location.as_ref()?.path.as_str())).collect();
    let mut rows = messages(&rest);
    if !names.is_empty() {
        let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
        let shown: Vec<&str> = names.iter().copied().take(SHOWN).collect();
        rows.insert(0, format!("{} {what}: {}{more}", many(names.len() as u64, "file"), shown.join(", ")));
    }
    rows
}

fn messages(problems: &[&Problem]) -> Vec<String> {
    let row = |problem: &&Problem| {
        let place = problem.location.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{place}{}{hint}", problem.message)
    };
    let mut rows: Vec<String> = problems.iter().take(SHOWN).map(row).collect();
    if problems.len() > SHOWN {
        rows.push(format!("{} more of this kind: see the JSON report", problems.len() - SHOWN));
    }
    rows
}

/// The word for a gate that let the project through.
pub const PASSED: &str = "PASSED";

/// [`PASSED`], `FAILED` or `NOT FULLY CHECKED`; `None` for a scan.
#[must_use]
pub fn verdict(document: &Document) -> Option<&'static str> {
    let verdict = document.verdict.as_ref()?;
    Some(match (verdict.passed, verdict.incomplete && document.project.options.strict) {
        (false, _) => "FAILED",
        (true, true) => "NOT FULLY CHECKED",
        (true, false) => PASSED,
    })
}

/// What to mend first, in words: "fix these 3 and the score is 84: …".
pub fn next(document: &Document) -> Option<String> {
    let next = document.score.as_ref()?.next.as_ref()?;
    let place = |mark: &String| {
        let finding = document.findings.iter().find(|finding| finding.fingerprint == *mark)?;
        Some(format!("{} ({}:{})", finding.rule, finding.location.path, finding.location.line))
    };
    let named: Vec<String> = next.findings.iter().filter_map(place).collect();
    let (value, count) = (next.value, named.len());
    match count {
        0 => None,
        1 => Some(format!("fix this one and the score is {value}: {}", named.join(", "))),
        _ => Some(format!("fix these {count} and the score is {value}: {}", named.join(", "))),
    }
}
