//! `stageclear.baseline`: the findings of an earlier run that are accepted for now, so that only new ones count.
//!
//! One line a finding, `fingerprint count rule path`, in the order of fingerprints: no line numbers, no dates and no
//! code, so that edits elsewhere change nothing and two branches seldom touch neighbouring lines. An entry silences as
//! many findings as it counts, not all that look alike. It only shrinks: [`Baseline::shrunk`] keeps what is still there.
//! Rule and path are for readers; the fingerprint alone decides. A malicious package is never accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::advisory::Vulnerability;
use crate::base::{Finding, Location, Problem, ProblemKind, SourceFile, Suppression, SuppressionKind};
use crate::document::{Document, Waiver};
use crate::package::Package;

/// The file's name.
pub const NAME: &str = "stageclear.baseline";

const HEAD: &str = "# Findings accepted as they were: fingerprint, count, rule, path.\n\
    # `stageclear baseline update` drops what is gone; nothing else should edit this file.\n";
/// Entries that are read.
const MOST: usize = 1_000_000;
/// Digits of a fingerprint.
const DIGITS: usize = 32;

/// One accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    count: u64,
    rule: String,
    path: String,
}

/// What is accepted, by fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<String, Entry>,
}

impl Baseline {
    /// Reads the file; lines that are none of its form are told and accept nothing. A fingerprint that a merge of two
    /// branches has left twice counts once.
    #[must_use]
    pub fn read(file: &SourceFile) -> (Self, Vec<Problem>) {
        let mut baseline = Self::default();
        let mut problems = Vec::new();
        for (at, line) in file.text().lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((print, entry)) = parse(line) else {
                let place = Location::line(file.path(), u32::try_from(at + 1).unwrap_or(u32::MAX));
                let message = "a line of the baseline that is no entry: it accepts nothing";
                let problem = Problem::remark(ProblemKind::Suppression, Some(place), message);
                problems.push(problem.hint("`stageclear baseline write` makes the file anew"));
                if problems.len() >= 20 {
                    break;
                }
                continue;
            };
            if baseline.entries.len() >= MOST {
                let message = format!("more than {MOST} entries: the rest accepts nothing");
                problems.push(Problem::remark(ProblemKind::Suppression, Some(Location::file(file.path())), message));
                break;
            }
            let known = baseline.entries.entry(print).or_insert_with(|| entry.clone());
            known.count = known.count.max(entry.count);
        }
        (baseline, problems)
    }

    /// The active findings of a run, all of them accepted. Findings that an exception silences already, and malicious
    /// packages, are left out.
    #[must_use]
    pub fn of(findings: &[Finding], vulnerabilities: &[Vulnerability], packages: &[Package]) -> Self {
        let malicious = malicious(vulnerabilities, packages);
        let mut baseline = Self::default();
        for finding in findings.iter().filter(|finding| may_accept(finding, &malicious)) {
            let accepted = finding.suppression.as_ref().is_none_or(|known| known.kind == SuppressionKind::Baseline);
            if !accepted {
                continue;
            }
            let mut accept = |print: &str, rule: &str, path: &str| {
                let entry = Entry { count: 0, rule: rule.to_owned(), path: path.to_owned() };
                baseline.entries.entry(print.to_owned()).or_insert(entry).count += 1;
            };
            accept(&finding.fingerprint, &finding.rule, &finding.location.path);
            for place in &finding.related {
                if let Some(folded) = &place.finding {
                    accept(&folded.fingerprint, &folded.rule, &place.location.path);
                }
            }
        }
        baseline
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What of it is still there: entries of `now`, none with a higher count than before.
    #[must_use]
    pub fn shrunk(&self, now: &Self) -> Self {
        let kept = self.entries.iter().filter_map(|(print, entry)| {
            let count = now.entries.get(print)?.count.min(entry.count);
            Some((print.clone(), Entry { count, ..entry.clone() }))
        });
        Self { entries: kept.collect() }
    }

    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = HEAD.to_owned();
        for (print, Entry { count, rule, path }) in &self.entries {
            let path: String = path.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect();
            let _ = writeln!(text, "{print} {count} {rule} {path}");
        }
        text
    }

    /// The baseline as one exception among the others, for policies and reports.
    #[must_use]
    pub fn fact(&self) -> Waiver {
        Waiver {
            kind: SuppressionKind::Baseline,
            reason: "accepted by the baseline".to_owned(),
            location: Location::file(NAME),
            ..Waiver::empty()
        }
    }

    /// Puts the baseline in force unless it is refused, and tells what of it hits nothing.
    pub fn except(&self, fact: &mut Waiver, document: &mut Document, partial: bool) -> Option<Problem> {
        let remark = |message: String, hint: &str| {
            Problem::remark(ProblemKind::Suppression, Some(Location::file(NAME)), message).hint(hint)
        };
        if let Some(refusal) = fact.refused.first() {
            let message = format!("the baseline is not in force: {refusal}");
            return Some(remark(message, "mend the findings, or waive them one by one with a reason and an end"));
        }
        let unused = self.apply(fact, &mut document.findings, &document.vulnerabilities, &document.packages);
        (unused > 0 && !partial).then(|| {
            let message = format!("{unused} of {} entries of the baseline hit nothing", self.len());
            remark(message, "`stageclear baseline update` removes what is mended")
        })
    }

    /// Silences as many findings as are accepted. Gives how many, the worst of them, and how many entries hit nothing.
    pub fn apply(
        &self,
        fact: &mut Waiver,
        findings: &mut [Finding],
        vulnerabilities: &[Vulnerability],
        packages: &[Package],
    ) -> usize {
        let malicious = malicious(vulnerabilities, packages);
        let mut left: BTreeMap<&str, u64> =
            self.entries.iter().map(|(print, entry)| (print.as_str(), entry.count)).collect();
        for finding in findings.iter_mut().filter(|finding| finding.is_active()) {
            let Some(count) = left.get_mut(finding.fingerprint.as_str()).filter(|count| **count > 0) else { continue };
            if !may_accept(finding, &malicious) {
                continue;
            }
            *count -= 1;
            fact.used += 1;
            fact.severity = fact.severity.max(Some(finding.severity));
            finding.suppression = Some(Suppression {
                kind: SuppressionKind::Baseline,
                reason: fact.reason.clone(),
                location: Some(fact.location.clone()),
            });
        }
        left.iter()
            .filter(|(print, count)| self.entries.get(**print).is_some_and(|entry| entry.count == **count))
            .count()
    }
}

fn parse(line: &str) -> Option<(String, Entry)> {
    let mut parts = line.splitn(4, ' ');
    let print = parts.next().filter(|print| print.len() == DIGITS && print.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let count = parts.next()?.parse().ok().filter(|count| *count > 0)?;
    let (rule, path) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some((print.to_owned(), Entry { count, rule, path }))
}

/// Where malicious packages are named.
fn malicious<'a>(vulnerabilities: &[Vulnerability], packages: &'a [Package]) -> BTreeSet<(&'a str, u32)> {
    let purls: BTreeSet<&str> =
        vulnerabilities.iter().filter(|found| found.malicious).map(|found| found.purl.as_str()).collect();
    let named = packages.iter().filter(|package| purls.contains(package.purl.as_str()));
    named.map(|package| (package.location.path.as_str(), package.location.line)).collect()
}

fn may_accept(finding: &Finding, malicious: &BTreeSet<(&str, u32)>) -> bool {
    !malicious.contains(&(finding.location.path.as_str(), finding.location.line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Severity;

    fn finding(path: &str, content: &str) -> Finding {
        Finding::at(Location::line(path, 3), "misuse/python-x", Severity::High).title("x").done(content)
    }

    fn read(text: &str) -> (Baseline, Vec<Problem>) {
        Baseline::read(&SourceFile::new(NAME, text))
    }

    #[test]
    fn a_written_baseline_silences_what_it_was_made_of() {
        let mut findings = vec![finding("a.py", "f()"), finding("a.py", "g()")];
        let text = Baseline::of(&findings, &[], &[]).render();
        let (baseline, problems) = read(&text);
        assert_eq!((baseline.len(), problems.len()), (2, 0));
        assert_eq!(baseline.render(), text);
        findings.push(finding("b.py", "f()"));
        let mut fact = baseline.fact();
        assert_eq!(baseline.apply(&mut fact, &mut findings, &[], &[]), 0);
        assert_eq!(fact.used, 2);
        assert_eq!(findings.iter().filter(|finding| finding.is_active()).count(), 1);
    }

    #[test]
    fn an_entry_counts_and_does_not_absorb_new_ones() {
        let one = vec![finding("a.py", "f()")];
        let baseline = Baseline::of(&one, &[], &[]);
        let mut three = vec![one[0].clone(), one[0].clone(), one[0].clone()];
        baseline.apply(&mut baseline.fact(), &mut three, &[], &[]);
        assert_eq!(three.iter().filter(|finding| finding.is_active()).count(), 2);
    }

    #[test]
    fn it_shrinks_and_never_grows() {
        let before = Baseline::of(&[finding("a.py", "f()"), finding("a.py", "g()")], &[], &[]);
        let now = Baseline::of(&[finding("a.py", "g()"), finding("a.py", "g()"), finding("c.py", "h()")], &[], &[]);
        let shrunk = before.shrunk(&now);
        assert_eq!(shrunk, Baseline::of(&[finding("a.py", "g()")], &[], &[]));
        let mut fact = before.fact();
        assert_eq!(before.apply(&mut fact, &mut [finding("a.py", "g()")], &[], &[]), 1);
    }

    #[test]
    fn merges_and_broken_lines() {
        let text = Baseline::of(&[finding("a.py", "f()")], &[], &[]).render();
        let line = text.lines().last().unwrap();
        let (baseline, problems) =
            read(&format!("{text}{line}\n<<<<<<< ours\nzz 1 a b\n{}\n", line.replace(" 1 ", " 0 ")));
        assert_eq!(baseline.entries.values().map(|entry| entry.count).collect::<Vec<_>>(), [1]);
        assert_eq!(problems.len(), 3);
    }
}
