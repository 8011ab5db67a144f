//! Which version to go to: the smallest that no advisory of the package affects. Candidates are the versions that
//! advisories call fixed; whether a version exists that none of them names is not known here, so none is invented.

use std::collections::BTreeSet;

use super::range::is_plain;
use crate::advisory::matcher::is_affected;
use crate::advisory::record::Advisory;
use crate::package::Ecosystem;
use crate::version::{Event, Scheme};

/// Candidates that are looked at; the smallest are first.
const MOST: usize = 400;

/// Versions to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// Lowest first; each leaves everything that can be left, and is malware to no advisory.
    pub(super) candidates: Vec<String>,
    /// Advisories that hold the present version and every candidate.
    pub(super) unfixed: Vec<String>,
}

/// The versions above `from` that leave the advisories about the package.
pub(super) fn choose(ecosystem: Ecosystem, from: &str, advisories: &[Advisory]) -> Choice {
    let scheme = Scheme::of(ecosystem);
    let live: Vec<&Advisory> = advisories.iter().filter(|advisory| advisory.withdrawn.is_none()).collect();
    let hits = |version: &str| -> BTreeSet<&str> {
        let affected = |advisory: &&&Advisory| {
            advisory.affected.first().is_some_and(|affected| {
                // That nobody maintains a package is true of all its versions.
                let counts = affected.informational.is_none() || affected.ranges.iter().any(|range| has_end(range));
                counts && is_affected(ecosystem, affected, version)
            })
        };
        live.iter().filter(affected).map(|advisory| advisory.id.as_str()).collect()
    };
    let now = hits(from);
    let pre = scheme.is_prerelease(from);
    let fixed = live.iter().flat_map(|advisory| &advisory.affected).flat_map(|affected| &affected.ranges).flatten();
    let mut versions: Vec<String> = fixed
        .filter_map(|event| match event {
            Event::Fixed(version) => Some(like(ecosystem, version, from)),
            _ => None,
        })
        .filter(|version| is_plain(version) && scheme.is_valid(version) && scheme.compare(version, from).is_gt())
        .filter(|version| pre || !scheme.is_prerelease(version))
        .collect();
    versions.sort_by(|a, b| scheme.compare(a, b).then_with(|| a.len().cmp(&b.len())).then_with(|| a.cmp(b)));
    versions.dedup_by(|a, b| scheme.same(a, b));
    versions.truncate(MOST);
    let rated: Vec<(String, BTreeSet<&str>)> = versions
        .into_iter()
        .map(|version| {
            let left = hits(&version);
            (version, left)
        })
        .filter(|(_, left)| left.is_subset(&now) && !left.iter().any(|id| id.starts_with("MAL-")))
        .collect();
    // What holds every candidate cannot be left by any of them.
    let always: BTreeSet<&str> =
        now.iter().copied().filter(|id| rated.iter().all(|(_, left)| left.contains(id))).collect();
    let best = rated.iter().filter(|(_, left)| *left == always && always.len() < now.len());
    let mut candidates: Vec<String> = best.map(|(version, _)| version.clone()).collect();
    let mut unfixed = always;
    if candidates.is_empty() {
        // No version leaves all that some version leaves: the one that leaves most.
        let least = rated.iter().map(|(_, left)| left.len()).min().filter(|least| *least < now.len());
        if let Some((version, left)) = least.and_then(|least| rated.iter().find(|(_, left)| left.len() == least)) {
            candidates.push(version.clone());
            unfixed.clone_from(left);
        } else {
            unfixed = now;
        }
    }
    Choice { candidates, unfixed: unfixed.into_iter().map(str::to_owned).collect() }
}

fn has_end(range: &[Event]) -> bool {
    range.iter().any(|event| matches!(event, Event::Fixed(_) | Event::LastAffected(_)))
}

/// The version as the project writes its own: Go's database leaves out the `v`.
fn like(ecosystem: Ecosystem, version: &str, from: &str) -> String {
    let prefixed = ecosystem == Ecosystem::Go && from.starts_with('v') && !version.starts_with('v');
    if prefixed { format!("v{version}") } else { version.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisory::record::Affected;

    fn advisory(id: &str, ranges: &[&[(&str, &str)]]) -> Advisory {
        let event = |(kind, version): &(&str, &str)| match *kind {
            "introduced" => Event::Introduced((*version).to_owned()),
            "last" => Event::LastAffected((*version).to_owned()),
            _ => Event::Fixed((*version).to_owned()),
        };
        let ranges = ranges.iter().map(|range| range.iter().map(event).collect()).collect();
        let affected = Affected { package: "x".to_owned(), ranges, ..Affected::default() };
        Advisory { id: id.to_owned(), affected: vec![affected], ..Advisory::default() }
    }

    #[test]
    fn the_smallest_version_that_leaves_all() {
        let all = [
            advisory(
                "A",
                &[&[("introduced", "0"), ("fixed", "1.2.3")], &[("introduced", "2.0.0"), ("fixed", "2.1.0")]],
            ),
            advisory(
                "B",
                &[&[("introduced", "1.0.0"), ("fixed", "1.3.0"), ("introduced", "2.0.0"), ("fixed", "2.0.5")]],
            ),
            advisory(
                "C",
                &[&[("introduced", "1.3.0"), ("fixed", "1.4.0-rc.1"), ("introduced", "1.4.0"), ("fixed", "1.4.2")]],
            ),
        ];
        let choice = choose(Ecosystem::Npm, "1.0.0", &all);
        // 1.2.3 is in B, 1.3.0 in C; 2.0.5 is in A.
        assert_eq!(choice, Choice { candidates: vec!["1.4.2".into(), "2.1.0".into()], unfixed: vec![] });
    }

    #[test]
    fn what_cannot_be_left_is_said() {
        let open = advisory("OPEN", &[&[("introduced", "0")]]);
        let a = advisory("A", &[&[("introduced", "0"), ("fixed", "1.2.0")]]);
        let choice = choose(Ecosystem::Npm, "1.0.0", &[open.clone(), a.clone()]);
        assert_eq!(choice, Choice { candidates: vec!["1.2.0".into()], unfixed: vec!["OPEN".into()] });
        let none = choose(Ecosystem::Npm, "1.0.0", std::slice::from_ref(&open));
        assert_eq!(none, Choice { candidates: vec![], unfixed: vec!["OPEN".into()] });
        // A withdrawn advisory neither hits nor names a version.
        let gone = Advisory { withdrawn: Some("2024-01-01".into()), ..a };
        assert!(choose(Ecosystem::Npm, "1.0.0", &[open, gone]).candidates.is_empty());
    }

    #[test]
    fn a_version_that_is_malware_is_no_fix() {
        let a = advisory("A", &[&[("introduced", "0"), ("fixed", "1.2.0")]]);
        let b = advisory("B", &[&[("introduced", "0"), ("fixed", "1.2.1")]]);
        let mut bad = advisory("MAL-1", &[]);
        bad.affected[0].versions = vec!["1.2.1".into()];
        let choice = choose(Ecosystem::Npm, "1.0.0", &[a, b, bad]);
        assert_eq!(choice, Choice { candidates: vec!["1.2.0".into()], unfixed: vec!["B".into()] });
        let c = advisory("C", &[&[("introduced", "1.1.0"), ("fixed", "1.3.0")]]);
        assert_eq!(choose(Ecosystem::Npm, "1.2.0", std::slice::from_ref(&c)).candidates, ["1.3.0"]);
        assert_eq!(choose(Ecosystem::Go, "v1.2.0", &[c]).candidates, ["v1.3.0"]);
    }
}
