//! In-source suppressions: `stageclear: ignore[rule-id, …] reason` in a comment.
//!
//! On a line with code the comment speaks of that line; alone on its line, of the next line that is no comment. A
//! suppression without a reason, with an unknown rule, or that hits nothing is itself reported, and the first two do
//! not suppress anything.

use std::collections::BTreeMap;

use crate::base::{Finding, Location, Problem, ProblemKind, SourceFile, Span, Suppression, SuppressionKind};
use crate::document::Waiver;

/// What begins a suppression comment.
const MARK: &str = "stageclear:";
/// Comment openers, for files without a syntax tree.
const OPENERS: [&str; 9] = ["#", "//", "--", "<!--", ";", "/*", "{#", "//-", "{{!"];

/// Bytes of a suppression that are read: the rest of a line of megabytes is no reason.
const LONGEST: usize = 8 << 10;

/// One suppression comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The rules it names.
    pub rules: Vec<String>,
    /// The reason given.
    pub reason: String,
    /// Where it stands.
    pub location: Location,
    /// The line it speaks of.
    pub target_line: u32,
}

/// Finds the suppression comments of a file. `comments` are the comment spans of its tree, if it has one.
#[must_use]
pub fn comments(file: &SourceFile, comments: Option<&[Span]>) -> (Vec<Comment>, Vec<Problem>) {
    if is_prose(file.path()) {
        return (Vec::new(), Vec::new());
    }
    let mut found = Vec::new();
    let mut problems = Vec::new();
    let mut sorted = comments.unwrap_or_default().to_vec();
    sorted.sort_unstable_by_key(|comment| (comment.start, comment.end));
    for at in memchr::memmem::find_iter(file.text().as_bytes(), MARK) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let line = file.line_of(at);
        let (Some(span), Some(text)) = (file.line_span(line), file.line_text(line)) else { continue };
        let Some(before) = text.get(..(at - span.start) as usize) else { continue };
        let in_comment = match comments {
            Some(_) => {
                let before = sorted.partition_point(|comment| comment.start <= at);
                before.checked_sub(1).is_some_and(|last| at < sorted[last].end)
            }
            None => OPENERS.iter().any(|opener| before.trim_end().ends_with(opener)),
        };
        let Some(rest) = text.get((at - span.start) as usize + MARK.len()..) else { continue };
        let rest = &rest[..rest.floor_char_boundary(LONGEST)];
        if !in_comment || !rest.trim_start().starts_with("ignore") {
            continue;
        }
        let location = file.locate(Span::new(at, span.end));
        match parse(rest) {
            Ok((rules, reason)) => {
                let alone = OPENERS.iter().any(|opener| before.trim().trim_end_matches('{') == *opener)
                    || before.trim().is_empty();
                let target_line = if alone { next_code_line(file, line) } else { line };
                found.push(Comment { rules, reason, location, target_line });
            }
            Err(message) => problems.push(
                Problem::remark(ProblemKind::Suppression, Some(location), message)
                    .hint("write `stageclear: ignore[rule-id] why this is safe here`"),
            ),
        }
    }
    (found, problems)
}

/// Documentation shows suppressions, it does not make them.
fn is_prose(path: &str) -> bool {
    let extension = std::path::Path::new(path).extension().and_then(std::ffi::OsStr::to_str).unwrap_or("");
    ["md", "mdx", "rst", "adoc"].iter().any(|prose| extension.eq_ignore_ascii_case(prose))
}

/// ` ignore[a, b] reason` → rules and reason.
fn parse(text: &str) -> Result<(Vec<String>, String), String> {
    let rest = text.trim_start().strip_prefix("ignore").unwrap_or("").trim_start();
    let Some((list, reason)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Err("a suppression names no rule: nothing is suppressed".to_owned());
    };
    let rules: Vec<String> =
        list.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect();
    let reason =
        reason.trim().trim_end_matches("-->").trim_end_matches("*/").trim_end_matches("#}").trim_end_matches('}');
    let reason = reason.trim_start_matches([':', '-']).trim();
    if rules.is_empty() {
        return Err("a suppression names no rule: nothing is suppressed".to_owned());
    }
    if !reason.chars().any(char::is_alphanumeric) {
        return Err(format!("the suppression of `{}` gives no reason: nothing is suppressed", rules.join(", ")));
    }
    Ok((rules, reason.to_owned()))
}

fn next_code_line(file: &SourceFile, line: u32) -> u32 {
    let is_code = |text: &str| {
        let text = text.trim();
        !text.is_empty()
            && !["#", "//", "--", "<!--", "/*", "*", "{/*", "{#"].iter().any(|opener| text.starts_with(opener))
    };
    (line + 1..line.saturating_add(50)).find(|line| file.line_text(*line).is_some_and(is_code)).unwrap_or(line + 1)
}

/// The comments as exceptions among others, each with how many findings it speaks of and the worst of them.
#[must_use]
pub fn facts(comments: &[Comment], findings: &[Finding]) -> Vec<Waiver> {
    let mut waivers: Vec<Waiver> = comments
        .iter()
        .map(|comment| Waiver {
            kind: SuppressionKind::InSource,
            rules: comment.rules.clone(),
            reason: comment.reason.clone(),
            location: comment.location.clone(),
            ..Waiver::empty()
        })
        .collect();
    for (comment, _, finding) in hits(comments, findings) {
        let (waiver, finding) = (&mut waivers[comment], &findings[finding]);
        waiver.used += 1;
        waiver.severity = waiver.severity.max(Some(finding.severity));
        waiver.findings.push(finding.fingerprint.clone());
    }
    waivers
}

/// Silences what the comments name, unless their exception in `waivers` (in the same order) is refused, and counts what
/// each did. Returns problems for refused, unknown and unused ones.
pub fn apply(
    comments: &[Comment],
    waivers: &mut [Waiver],
    known_rule: &dyn Fn(&str) -> bool,
    findings: &mut [Finding],
) -> Vec<Problem> {
    let mut used: Vec<Vec<u64>> = comments.iter().map(|comment| vec![0; comment.rules.len()]).collect();
    for waiver in waivers.iter_mut() {
        waiver.used = 0;
    }
    for (at, rule, finding) in hits(comments, findings) {
        let comment = &comments[at];
        used[at][rule] += 1;
        if !waivers[at].refused.is_empty() || !known_rule(&comment.rules[rule]) {
            continue;
        }
        waivers[at].used += 1;
        findings[finding].suppression.get_or_insert_with(|| Suppression {
            kind: SuppressionKind::InSource,
            reason: comment.reason.clone(),
            location: Some(comment.location.clone()),
        });
    }
    let mut problems = Vec::new();
    for ((comment, waiver), used) in comments.iter().zip(waivers).zip(used) {
        let mut tell = |message: String, hint: &str| {
            let problem = Problem::remark(ProblemKind::Suppression, Some(comment.location.clone()), message);
            problems.push(problem.hint(hint));
        };
        for refusal in &waiver.refused {
            tell(
                format!("the suppression is not in force: {refusal}"),
                "mend what it excuses, or ask who set the bounds",
            );
        }
        for (rule, hits) in comment.rules.iter().zip(&used) {
            if !known_rule(rule) {
                let message = format!("the suppression names the unknown rule `{rule}`");
                tell(message, "`stageclear rules list` shows every rule id");
            } else if *hits == 0 {
                tell(format!("the suppression of `{rule}` hits nothing"), "remove it");
            }
        }
    }
    problems
}

/// Which comment speaks of which finding, and by which of its rules: indexes, in the order of findings.
fn hits(comments: &[Comment], findings: &[Finding]) -> Vec<(usize, usize, usize)> {
    let mut by_place: BTreeMap<&str, BTreeMap<u32, Vec<usize>>> = BTreeMap::new();
    for (at, comment) in comments.iter().enumerate() {
        by_place.entry(&comment.location.path).or_default().entry(comment.target_line).or_default().push(at);
    }
    let mut found = Vec::new();
    for (index, finding) in findings.iter().enumerate() {
        let Some(lines) = by_place.get(finding.location.path.as_str()) else { continue };
        let here = finding.location.line..=finding.location.end_line.max(finding.location.line);
        for at in lines.range(here).flat_map(|(_, comments)| comments.iter().copied()) {
            let rules = comments[at].rules.iter().enumerate();
            found.extend(rules.filter(|(_, rule)| **rule == finding.rule).map(|(rule, _)| (at, rule, index)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Severity;

    fn run(text: &str, line: u32) -> (bool, Vec<String>) {
        let file = SourceFile::new("a.py", text);
        let (comments, mut problems) = comments(&file, None);
        let mut findings =
            [Finding::at(Location::line("a.py", line), "misuse/python-x", Severity::High).title("x").done("x")];
        let mut waivers = facts(&comments, &findings);
        let more = apply(&comments, &mut waivers, &|rule| rule == "misuse/python-x", &mut findings);
        problems.extend(more);
        (findings[0].is_active(), problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn same_line_and_next_code_line() {
        assert_eq!(run("f()  # stageclear: ignore[misuse/python-x] only constants\n", 1), (false, vec![]));
        assert_eq!(run("# stageclear: ignore[misuse/python-x] only constants\n\n# more\nf()\n", 4), (false, vec![]));
    }

    #[test]
    fn without_reason_unknown_or_unused() {
        let (active, problems) = run("f()  # stageclear: ignore[misuse/python-x]\n", 1);
        assert!(active && problems[0].contains("gives no reason"), "{problems:?}");
        let (active, problems) = run("f()  # stageclear: ignore[misuse/nope] because\n", 1);
        assert!(active && problems[0].contains("unknown rule"), "{problems:?}");
        let (active, problems) = run("f()  # stageclear: ignore[misuse/python-x] because\n", 2);
        assert!(active && problems[0].contains("hits nothing"), "{problems:?}");
        let (active, problems) = run("f()  # stageclear: ignore everything\n", 1);
        assert!(active && problems[0].contains("names no rule"), "{problems:?}");
    }

    #[test]
    fn documentation_shows_and_does_not_suppress() {
        let file = SourceFile::new("README.md", "f()  # stageclear: ignore[misuse/python-x] because\n");
        assert_eq!(comments(&file, None), (vec![], vec![]));
    }

    #[test]
    fn text_outside_comments_does_not_count() {
        let (active, problems) = run("x = 'stageclear: ignore[misuse/python-x] no comment'\n", 1);
        assert!(active && problems.is_empty(), "{problems:?}");
    }
}
