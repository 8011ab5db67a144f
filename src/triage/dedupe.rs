//! One cause, one finding: hits of several analyses on the same line about the same weakness are merged, and equal
//! content in one file gets distinct fingerprints.

use std::collections::BTreeMap;

use crate::base::fingerprint::fingerprint;
use crate::base::{Finding, Related};

/// Analyses by how much their findings say, best first: a trace beats a provider's token format, that a judged setting,
/// that a bare call.
const KINDS: [&str; 4] = ["taint", "secret", "policy", "misuse"];

fn kind(finding: &Finding) -> usize {
    let kind = finding.rule.split('/').next().unwrap_or("");
    KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len())
}

/// Whether two findings of different analyses speak of the same thing: same line, and a weakness class in common.
fn same_cause(a: &Finding, b: &Finding) -> bool {
    let related_class = a.cwe.iter().any(|cwe| b.cwe.iter().any(|other| family(*cwe) == family(*other)));
    kind(a) != kind(b) && a.location.path == b.location.path && a.location.line == b.location.line && related_class
}

/// CWE numbers that analyses use for one and the same weakness, folded to one of them.
fn family(cwe: u32) -> u32 {
    match cwe {
        78 | 88 => 77,
        95 | 96 => 94,
        259 | 321 | 522 | 547 | 1392 => 798,
        295 | 297 => 295,
        327 | 328 | 916 => 327,
        330 | 338 => 330,
        other => other,
    }
}

/// Merges findings of one cause and drops exact repetitions.
#[must_use]
pub fn merge(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| {
        let rank = |finding: &Finding| {
            (kind(finding), std::cmp::Reverse(finding.severity), std::cmp::Reverse(finding.confidence))
        };
        (&a.location.path, a.location.line, rank(a), a).cmp(&(&b.location.path, b.location.line, rank(b), b))
    });
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let here = kept.iter_mut().rev().take_while(|other| {
            other.location.path == finding.location.path && other.location.line == finding.location.line
        });
        let mut same = None;
        for other in here {
            if other.rule == finding.rule && other.location == finding.location && other.message == finding.message {
                same = Some((other, false));
                break;
            }
            if same_cause(other, &finding) {
                same = Some((other, true));
                break;
            }
        }
        match same {
            Some((other, true)) => absorb(other, finding),
            Some((_, false)) => {}
            None => kept.push(finding),
        }
    }
    number(&mut kept);
    kept
}

/// The better finding stays; the worse is told as a related remark, and its severity is not lost.
fn absorb(kept: &mut Finding, other: Finding) {
    kept.severity = kept.severity.max(other.severity);
    kept.confidence = kept.confidence.max(other.confidence);
    if kept.remedy.is_empty() {
        kept.remedy = other.remedy;
    }
    let message = format!("also {}: {}", other.rule, other.message);
    kept.related.push(Related::at(other.location, message));
}

/// The same content twice in one file is two findings: the second and later ones get their number hashed in.
fn number(findings: &mut [Finding]) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            finding.fingerprint = fingerprint([finding.fingerprint.as_str(), &count.to_string()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Location, Severity};

    fn finding(rule: &str, line: u32, cwe: u32) -> Finding {
        let builder = Finding::at(Location::line("a.py", line), rule, Severity::High).title(rule).cwe([cwe]);
        builder.done("x")
    }

    #[test]
    fn one_cause_is_one_finding() {
        let merged = merge(vec![
            finding("misuse/python-shell-true", 3, 78),
            finding("taint/python-command-injection", 3, 78),
            finding("taint/python-sql-injection", 3, 89),
        ]);
        let rules: Vec<_> = merged.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["taint/python-command-injection", "taint/python-sql-injection"]);
        assert_eq!(merged[0].related.len(), 1);
    }

    #[test]
    fn equal_content_keeps_distinct_identities() {
        let merged = merge(vec![finding("a/b", 1, 1), finding("a/b", 2, 1), finding("a/b", 2, 1)]);
        assert_eq!(merged.len(), 2);
        assert_ne!(merged[0].fingerprint, merged[1].fingerprint);
    }
}
