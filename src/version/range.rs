//! OSV's evaluation of version ranges (<https://ossf.github.io/osv-schema/#evaluation>). `GIT` ranges are left out: they
//! need the repository's history.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::Scheme;

/// One event of an affected range, as in the [OSV schema](https://ossf.github.io/osv-schema/).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// This version and those above are affected. `0` stands for "before every version".
    Introduced(String),
    /// This version and those above are not affected any more.
    Fixed(String),
    /// Versions above this one are not affected any more.
    LastAffected(String),
    /// Only versions below are within the range at all; `*` is no limit.
    Limit(String),
}

impl Event {
    /// The version it names.
    #[must_use]
    pub fn version(&self) -> &str {
        match self {
            Self::Introduced(version) | Self::Fixed(version) | Self::LastAffected(version) | Self::Limit(version) => {
                version
            }
        }
    }

    fn is_beginning(&self) -> bool {
        matches!(self, Self::Introduced(version) if version == "0")
    }

    /// The order of evaluation. `last_affected` comes after `introduced` of the same version (that one version is
    /// affected); `introduced` and `fixed` of the same version keep the order in which the advisory gives them, so
    /// that both an empty range and two adjoining ones mean what they say.
    fn compare(&self, other: &Self, scheme: Scheme) -> Ordering {
        let beginning = |event: &Self| !event.is_beginning();
        let last = |event: &Self| matches!(event, Self::LastAffected(_));
        beginning(self)
            .cmp(&beginning(other))
            .then_with(|| {
                if self.is_beginning() { Ordering::Equal } else { scheme.compare(self.version(), other.version()) }
            })
            .then_with(|| last(self).cmp(&last(other)))
    }
}

/// Whether the range made of `events` (in any order) holds the version.
#[must_use]
pub fn affected(scheme: Scheme, events: &[Event], version: &str) -> bool {
    let mut limits = events.iter().filter_map(|event| match event {
        Event::Limit(limit) => Some(limit),
        _ => None,
    });
    let below = |limit: &String| limit == "*" || scheme.compare(version, limit).is_lt();
    if let Some(first) = limits.next()
        && !below(first)
        && !limits.any(below)
    {
        return false;
    }
    let mut sorted: Vec<&Event> = events.iter().collect();
    sorted.sort_by(|a, b| a.compare(b, scheme));
    let mut inside = false;
    for event in sorted {
        let order = || scheme.compare(version, event.version());
        match event {
            Event::Introduced(_) if event.is_beginning() || order().is_ge() => inside = true,
            Event::Fixed(_) if order().is_ge() => inside = false,
            Event::LastAffected(_) if order().is_gt() => inside = false,
            _ => {}
        }
    }
    inside
}

/// Whether `versions` names the version, in whatever spelling.
#[must_use]
pub fn listed(scheme: Scheme, versions: &[String], version: &str) -> bool {
    versions.iter().any(|listed| scheme.same(listed, version))
}

/// The versions above `version`, lowest first, that fix a range and lie in none of the others.
#[must_use]
pub fn fixes_after<R: AsRef<[Event]>>(scheme: Scheme, version: &str, ranges: &[R]) -> Vec<String> {
    let events = ranges.iter().flat_map(AsRef::as_ref);
    let mut fixes: Vec<&String> = events
        .filter_map(|event| match event {
            Event::Fixed(fixed) => Some(fixed),
            _ => None,
        })
        .filter(|fixed| scheme.compare(fixed, version).is_gt())
        .filter(|fixed| !ranges.iter().any(|range| affected(scheme, range.as_ref(), fixed)))
        .collect();
    fixes.sort_by(|a, b| scheme.compare(a, b).then_with(|| a.cmp(b)));
    fixes.dedup_by(|a, b| scheme.same(a, b));
    fixes.into_iter().cloned().collect()
}

/// The lowest version above `version` that leaves all ranges; `None` if no advisory names one.
#[must_use]
pub fn fixed_after<R: AsRef<[Event]>>(scheme: Scheme, version: &str, ranges: &[R]) -> Option<String> {
    fixes_after(scheme, version, ranges).into_iter().next()
}
