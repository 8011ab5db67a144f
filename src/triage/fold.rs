//! The same secret in many places is one finding: that of the most exposed place, with the others as places of it.
//!
//! This comes last, after comments, waivers and the baseline have spoken of each place on its own: an exception for some
//! of the places leaves the others, and they are a finding as before. Every place keeps its own fingerprint, so that the
//! baseline names each. Values that anybody may think of are left as they are: two doors with the same easy lock are
//! two weaknesses.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::base::{CodeContext, Finding, Folded, LeakState, Related, Suppression};

/// What one secret is counted by: it, and what silences it.
type Key = (String, Option<Suppression>);

/// Puts findings of one secret together.
pub fn places(findings: &mut Vec<Finding>) {
    let mut count: BTreeMap<Key, usize> = BTreeMap::new();
    for key in findings.iter().filter_map(key) {
        *count.entry(key).or_default() += 1;
    }
    count.retain(|_, places| *places > 1);
    if count.is_empty() {
        return;
    }
    let mut groups: BTreeMap<Key, Vec<Finding>> = BTreeMap::new();
    for finding in std::mem::take(findings) {
        match key(&finding).filter(|key| count.contains_key(key)) {
            Some(key) => groups.entry(key).or_default().push(finding),
            None => findings.push(finding),
        }
    }
    findings.extend(groups.into_values().filter_map(one));
}

fn key(finding: &Finding) -> Option<Key> {
    Some((finding.secret()?.to_owned(), finding.suppression.clone()))
}

/// The finding of all places of a secret.
fn one(mut group: Vec<Finding>) -> Option<Finding> {
    group.sort_by(|a, b| exposure(a).cmp(&exposure(b)).then_with(|| a.cmp(b)));
    let mut group = group.into_iter();
    let mut first = group.next()?;
    let mut more = Vec::new();
    for other in group {
        first.severity = first.severity.max(other.severity);
        first.confidence = first.confidence.max(other.confidence);
        let message = here(&other);
        let folded = Folded {
            rule: other.rule,
            severity: other.severity,
            context: other.context,
            state: other.leak.and_then(|leak| leak.state),
            fingerprint: other.fingerprint,
        };
        more.push(Related { location: other.location, message, finding: Some(folded) });
        more.extend(other.related);
    }
    let places = more.iter().filter(|place| place.finding.is_some()).count();
    let noun = if places == 1 { "place" } else { "places" };
    first.message = format!("{}; it stands in {places} more {noun}", first.message.trim_end_matches('.'));
    first.related.extend(more);
    Some(first)
}

/// The most exposed place is the smallest: by severity, which follows exposure, and then by who may read it there.
fn exposure(finding: &Finding) -> impl Ord {
    let state = match finding.leak.as_ref().and_then(|leak| leak.state) {
        Some(LeakState::Committed) => 0,
        None | Some(LeakState::Uncommitted) => 1,
        Some(LeakState::Removed) => 2,
        Some(LeakState::Ignored) => 3,
    };
    let apart = finding.context != CodeContext::Production;
    let date = finding.leak.as_ref().filter(|_| state == 2).map(|leak| leak.date.clone());
    let rank = (Reverse(finding.severity), finding.browser.is_empty(), state, apart);
    (rank, Reverse(finding.confidence), date, finding.location.clone())
}

fn here(finding: &Finding) -> String {
    let leak = finding.leak.as_ref();
    match leak.and_then(|leak| leak.state) {
        Some(LeakState::Removed) => {
            let (commit, date) = leak.map_or(("", ""), |leak| (leak.commit.as_str(), leak.date.as_str()));
            format!("the same secret stood here in commit {commit:.10} of {date}")
        }
        Some(LeakState::Ignored) => "the same secret stands here, in a file that git ignores".to_owned(),
        _ if !finding.browser.is_empty() => "the same secret stands here, and reaches the browser".to_owned(),
        _ => "the same secret stands here".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Leak, Location, Severity, SuppressionKind};

    fn at(path: &str, identity: &str, severity: Severity) -> Finding {
        let leak = Leak::of(identity);
        Finding::at(Location::line(path, 3), "secret/x", severity).title("x").leak(leak).done(identity)
    }

    fn shape(findings: &[Finding]) -> Vec<(String, Severity, Vec<String>)> {
        let places = |one: &Finding| one.related.iter().map(|place| place.location.path.clone()).collect();
        findings.iter().map(|one| (one.location.path.clone(), one.severity, places(one))).collect()
    }

    #[test]
    fn the_most_exposed_place_comes_first() {
        let mut findings = vec![
            at("a_test.py", "one", Severity::Low),
            at("b.py", "one", Severity::High),
            at("c.py", "two", Severity::High),
            at("d.py", "one", Severity::High),
        ];
        let before = findings.clone();
        places(&mut findings);
        let wanted = [
            ("c.py".to_owned(), Severity::High, vec![]),
            ("b.py".to_owned(), Severity::High, vec!["d.py".to_owned(), "a_test.py".to_owned()]),
        ];
        assert_eq!(shape(&findings), wanted);
        assert_eq!(findings[1].fingerprint, before[1].fingerprint);
        let folded = findings[1].related[1].finding.as_ref().unwrap();
        assert_eq!((folded.severity, &folded.fingerprint), (Severity::Low, &before[0].fingerprint));
        assert!(findings[1].message.ends_with("it stands in 2 more places"), "{}", findings[1].message);
        let mut shuffled: Vec<Finding> = before.into_iter().rev().collect();
        places(&mut shuffled);
        assert_eq!(shuffled[1], findings[1]);
    }

    #[test]
    fn what_is_silenced_does_not_silence_the_rest() {
        let mut findings = vec![
            at("a.py", "one", Severity::High),
            at("b.py", "one", Severity::Medium),
            at("c.py", "one", Severity::Medium),
        ];
        findings[0].suppression =
            Some(Suppression { kind: SuppressionKind::Waiver, reason: "known".to_owned(), location: None });
        places(&mut findings);
        let mut active: Vec<_> = findings.iter().filter(|one| one.is_active()).cloned().collect();
        assert_eq!(shape(&active), [("b.py".to_owned(), Severity::Medium, vec!["c.py".to_owned()])]);
        active.clear();
        assert_eq!(findings.len(), 2);
    }

    #[test]
    fn what_anybody_may_think_of_stays_apart() {
        let mut findings = vec![at("a.py", "one", Severity::High), at("b.py", "one", Severity::High)];
        for finding in &mut findings {
            finding.leak.as_mut().unwrap().guessable = true;
        }
        places(&mut findings);
        assert_eq!(findings.len(), 2);
    }
}
