//! Our advisory record: the facts of one advisory for one ecosystem, as the snapshot and the store keep them.
//!
//! Kept: ids, affected packages with their ranges, dates, CVSS vectors, the database's severity word, CWE numbers, the
//! informational kind, affected functions and platforms. Left out on purpose: prose, references, credits. The JSON form
//! of a record (absent fields left out, fields in this order) is one line of `advisories-cache/<ecosystem>.jsonl`.
//!
//! Whatever comes from outside passes [`Advisory::sanitise`]: bounded counts and lengths, and no control characters or
//! white space in anything that is later printed.

use serde::{Deserialize, Serialize};

use crate::base::Severity;
use crate::package::{Ecosystem, matching_name};
use crate::version::{Event, Scheme};

/// Most of anything that one record may list; the largest real lists have some thousand entries.
const MOST: usize = 50_000;
/// Most events of all its ranges, which are sorted for every version that is looked at; real records have less than 50.
const MOST_EVENTS: usize = 2_000;

/// One advisory, as far as it concerns one ecosystem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// Its id in the database it comes from.
    pub id: String,
    /// Other ids of the same weakness, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// First publication, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Last change, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// When it was retracted, `YYYY-MM-DD`; such a record matches nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// CVSS vectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cvss: Vec<String>,
    /// CVSS score times ten, where the database gives a score without a vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u32>,
    /// The database's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// CWE numbers, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<u32>,
    /// The packages, sorted by name, each once.
    pub affected: Vec<Affected>,
}

/// One package that an advisory is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Normalised name.
    pub package: String,
    /// `unmaintained`, `unsound`, `notice`, …; absent for a vulnerability proper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub informational: Option<String>,
    /// Functions that have the weakness.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Operating systems, processors or runtimes that alone are affected; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Ranges in the ecosystem's version order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Vec<Event>>,
    /// Affected versions that no range covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
}

/// Why a file gives no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Larger than any advisory.
    #[error("the record is larger than {0} bytes")]
    TooLarge(u64),
    /// Broken syntax.
    #[error("the record does not parse: {0}")]
    Syntax(String),
    /// A field that must be there is not, or is of another type.
    #[error("the record has no usable `{0}`")]
    Missing(&'static str),
    /// More entries than any advisory has.
    #[error("the record lists more than {limit} {what}")]
    TooMany {
        /// What it lists.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The converter of the format failed.
    #[error("the record's versions cannot be converted: {0}")]
    Versions(String),
}

impl Advisory {
    /// Brings a record into canonical form: texts cleaned, lists sorted, packages merged by name. Refuses one that lists
    /// more than any advisory does, or whose id is unusable.
    pub fn sanitise(mut self, ecosystem: Ecosystem) -> Result<Self, RecordError> {
        if !is_token(&self.id, 128) {
            return Err(RecordError::Missing("id"));
        }
        check_counts(&self)?;
        self.aliases.retain(|alias| is_token(alias, 128) && *alias != self.id);
        sort(&mut self.aliases);
        self.cvss.retain(|vector| super::cvss::score(vector).is_some());
        sort(&mut self.cvss);
        self.score = self.score.filter(|score| self.cvss.is_empty() && *score <= 100);
        self.cwe.sort_unstable();
        self.cwe.dedup();
        for date in [&mut self.published, &mut self.modified, &mut self.withdrawn] {
            // A withdrawn advisory stays one even if its date is odd.
            *date = date.take().map(|text| day(&text).unwrap_or_else(|| "0001-01-01".to_owned()));
        }
        self.published = self.published.filter(|date| date != "0001-01-01");
        self.modified = self.modified.filter(|date| date != "0001-01-01");
        self.affected = merge_packages(std::mem::take(&mut self.affected), ecosystem);
        if self.affected.is_empty() { Err(RecordError::Missing("affected[].package")) } else { Ok(self) }
    }

    /// The record reduced to one of its packages, as the store keeps it.
    #[must_use]
    pub fn only(&self, affected: &Affected) -> Self {
        Self { affected: vec![affected.clone()], ..self.clone() }
    }

    /// The newest date it carries.
    #[must_use]
    pub fn newest_date(&self) -> Option<&str> {
        [&self.published, &self.modified, &self.withdrawn].into_iter().flatten().map(String::as_str).max()
    }

    /// Whether it reports a package that is itself malware (OSV's `MAL-` records).
    #[must_use]
    pub fn is_malware(&self) -> bool {
        std::iter::once(&self.id).chain(&self.aliases).any(|id| id.starts_with("MAL-"))
    }
}

/// The `YYYY-MM-DD` at the start of a date or time of RFC 3339; `None` if it is no date.
#[must_use]
pub fn day(text: &str) -> Option<String> {
    let head = text.get(..10)?;
    let date: jiff::civil::Date = head.parse().ok()?;
    (date.to_string() == head).then(|| head.to_owned())
}

fn check_counts(advisory: &Advisory) -> Result<(), RecordError> {
    let events = |of: &Affected| of.ranges.iter().map(|range| range.len().max(1)).sum::<usize>();
    let sum = |of: fn(&Affected) -> usize| advisory.affected.iter().map(of).sum();
    let counts = [
        ("aliases", MOST, advisory.aliases.len()),
        ("packages", MOST, advisory.affected.len()),
        ("events", MOST_EVENTS, advisory.affected.iter().map(events).sum()),
        ("versions", MOST, sum(|affected| affected.versions.len())),
        ("functions", MOST, sum(|affected| affected.functions.len())),
    ];
    match counts.into_iter().find(|(_, limit, count)| count > limit) {
        Some((what, limit, _)) => Err(RecordError::TooMany { what, limit }),
        None => Ok(()),
    }
}

/// Cleans each entry and joins those of one package, keeping every range.
fn merge_packages(list: Vec<Affected>, ecosystem: Ecosystem) -> Vec<Affected> {
    let mut merged = std::collections::BTreeMap::<String, Affected>::new();
    for mut affected in list {
        affected.package = matching_name(ecosystem, &affected.package);
        if !is_token(&affected.package, 512) {
            continue;
        }
        affected.informational = affected.informational.filter(|kind| is_token(kind, 64));
        affected.functions.retain(|function| is_token(function, 512));
        affected.platforms.retain(|platform| is_token(platform, 64));
        affected.versions.retain(|version| is_token(version, 256));
        let (scheme, listed) = (Scheme::of(ecosystem), !affected.versions.is_empty());
        let ranges = affected.ranges.into_iter().filter_map(|range| usable_range(range, scheme, listed));
        affected.ranges = ranges.collect();
        match merged.entry(affected.package.clone()) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(affected);
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => join(slot.get_mut(), affected),
        }
    }
    let mut list: Vec<Affected> = merged.into_values().collect();
    for affected in &mut list {
        sort(&mut affected.functions);
        sort(&mut affected.platforms);
        sort(&mut affected.versions);
        let mut seen = std::collections::BTreeSet::new();
        affected.ranges.retain(|range| seen.insert(range.clone()));
    }
    list
}

fn join(into: &mut Affected, more: Affected) {
    // All platforms and one platform together are all; a vulnerability and a notice together are a vulnerability.
    if into.platforms.is_empty() || more.platforms.is_empty() {
        into.platforms.clear();
    } else {
        into.platforms.extend(more.platforms);
    }
    if into.informational != more.informational {
        into.informational = None;
    }
    into.functions.extend(more.functions);
    into.ranges.extend(more.ranges);
    into.versions.extend(more.versions);
}

/// A range that can be evaluated, if need be wider than it was: better one hit too many than a silent miss. It begins
/// at the first version if it does not say where. A bound that is no version of the ecosystem cannot be compared: the
/// range is left out when the affected versions are `listed` as well, else only the bound is.
fn usable_range(mut range: Vec<Event>, scheme: Scheme, listed: bool) -> Option<Vec<Event>> {
    let before = range.len();
    range
        .retain(|event| is_token(event.version(), 256) && (event.version() == "0" || scheme.is_valid(event.version())));
    if range.is_empty() && before == 0 || listed && range.len() < before {
        return None;
    }
    if !range.iter().any(|event| matches!(event, Event::Introduced(_))) {
        range.insert(0, Event::Introduced("0".to_owned()));
    }
    Some(range)
}

/// Text that is safe to print and to compare: not empty, bounded, no white space, no control or format characters.
pub(super) fn is_token(text: &str, longest: usize) -> bool {
    let invisible = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    !text.is_empty() && text.len() <= longest && !text.chars().any(invisible)
}

fn sort(list: &mut Vec<String>) {
    list.sort_unstable();
    list.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(day("2024-02-29T10:00:00Z").as_deref(), Some("2024-02-29"));
        for text in ["2023-02-29", "2024-2-2", "yesterday!", "", "20240229T000000Z", "２０２４-02-29"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_text_is_dropped() {
        let affected = Affected { package: "left\u{1b}[2Jpad".to_owned(), ..Affected::default() };
        let good = Affected {
            package: "pad".to_owned(),
            versions: vec!["1.0".to_owned(), "1.\u{202e}1".to_owned()],
            ranges: vec![vec![Event::Fixed("2.0".to_owned())], vec![]],
            ..Affected::default()
        };
        let record = Advisory { id: "DEMO-1".to_owned(), affected: vec![affected, good], ..Advisory::default() };
        let record = record.sanitise(Ecosystem::Npm).unwrap();
        assert_eq!(record.affected.len(), 1);
        assert_eq!(record.affected[0].versions, ["1.0"]);
        let begin = Event::Introduced("0".to_owned());
        assert_eq!(record.affected[0].ranges, [vec![begin, Event::Fixed("2.0".to_owned())]]);
        let bad = Advisory { id: "DEMO 1".to_owned(), ..Advisory::default() };
        assert_eq!(bad.sanitise(Ecosystem::Npm), Err(RecordError::Missing("id")));
    }

    #[test]
    fn one_entry_a_package() {
        let entry = |platforms: &[&str], from: &str| Affected {
            package: "a".to_owned(),
            platforms: platforms.iter().map(|&name| name.to_owned()).collect(),
            ranges: vec![vec![Event::Introduced(from.to_owned())]],
            ..Affected::default()
        };
        let record = Advisory {
            id: "DEMO-1".to_owned(),
            affected: vec![entry(&["windows"], "1"), entry(&[], "2"), entry(&["linux"], "2")],
            ..Advisory::default()
        };
        let record = record.sanitise(Ecosystem::Npm).unwrap();
        assert_eq!(record.affected.len(), 1);
        assert_eq!(record.affected[0].ranges.len(), 2);
        assert!(record.affected[0].platforms.is_empty());
    }
}
