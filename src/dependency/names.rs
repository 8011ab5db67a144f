//! Well-known package names, and names that look like one of them.
//!
//! A name that is well known itself is never a look-alike. What is not looks like a well-known one when a single letter
//! is missing, added, replaced or swapped with its neighbour, when only separators differ, or when an npm scope was left
//! out or misspelt. Short names are left alone: too many real ones are one letter apart. That a name is not in the lists
//! says nothing by itself; the lists are popular names, not all names.

use std::sync::{LazyLock, OnceLock};

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::package::{Ecosystem, normalize};

/// Shorter names are not compared letter by letter.
const SHORTEST: usize = 5;

/// How well known a name must be for others to look like it.
const FAMOUS: u32 = 5_000;

/// A list of names with their places.
struct List {
    /// One name a line, the best known first.
    text: &'static str,
    /// Place of each name, the best known is 0.
    ranks: FxHashMap<&'static str, u32>,
    /// Of those that others may look like, the best-known name for each spelling without separators.
    squashed: OnceLock<FxHashMap<String, &'static str>>,
}

impl List {
    fn read(packed: &[u8]) -> Self {
        let text = zstd::bulk::decompress(packed, 8 << 20).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        // Kept for the whole run: every look-up borrows from it.
        let text: &'static str = Box::leak(text.unwrap_or_default().into_boxed_str());
        let mut ranks =
            FxHashMap::with_capacity_and_hasher(memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1, FxBuildHasher);
        ranks.extend(text.lines().zip(0_u32..));
        Self { text, ranks, squashed: OnceLock::new() }
    }

    /// The best-known name that is spelt so without separators.
    fn squashed(&self, name: &str) -> Option<&'static str> {
        let fill = || {
            let mut squashed = FxHashMap::default();
            for name in self.text.lines().take(FAMOUS as usize) {
                squashed.entry(squash(name)).or_insert(name);
            }
            squashed
        };
        self.squashed.get_or_init(fill).get(&squash(name)).copied()
    }

    fn famous(&self, name: &str) -> Option<(&'static str, u32)> {
        self.ranks.get_key_value(name).map(|(name, rank)| (*name, *rank)).filter(|(_, rank)| *rank < FAMOUS)
    }
}

static PYPI: LazyLock<List> = LazyLock::new(|| List::read(include_bytes!(concat!(env!("OUT_DIR"), "/names-PyPI.zst"))));
static NPM: LazyLock<List> = LazyLock::new(|| List::read(include_bytes!(concat!(env!("OUT_DIR"), "/names-npm.zst"))));
static CRATES: LazyLock<List> =
    LazyLock::new(|| List::read(include_bytes!(concat!(env!("OUT_DIR"), "/names-crates.io.zst"))));

fn list(ecosystem: Ecosystem) -> Option<&'static List> {
    match ecosystem {
        Ecosystem::PyPI => Some(&PYPI),
        Ecosystem::Npm => Some(&NPM),
        Ecosystem::CratesIo => Some(&CRATES),
        _ => None,
    }
}

/// A well-known name that another one looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Similar {
    pub(super) name: String,
    pub(super) rank: u32,
    pub(super) how: &'static str,
}

/// The place of a name among the well-known ones of its ecosystem; `None` if it is not there or there is no list.
pub(super) fn rank(ecosystem: Ecosystem, name: &str) -> Option<u32> {
    let list = list(ecosystem)?;
    let name = normalize(ecosystem, name);
    // crates.io takes `-` and `_` for the same.
    let swapped = || (ecosystem == Ecosystem::CratesIo).then(|| swap(&name))?;
    list.ranks.get(name.as_str()).copied().or_else(|| list.ranks.get(swapped()?.as_str()).copied())
}

fn swap(name: &str) -> Option<String> {
    match (name.contains('-'), name.contains('_')) {
        (true, _) => Some(name.replace('-', "_")),
        (_, true) => Some(name.replace('_', "-")),
        _ => None,
    }
}

/// The well-known name that this one looks like.
pub(super) fn similar(ecosystem: Ecosystem, name: &str) -> Option<Similar> {
    let list = list(ecosystem)?;
    let name = normalize(ecosystem, name);
    if rank(ecosystem, &name).is_some() || name.len() > 100 || !name.is_ascii() {
        return None;
    }
    if let Some((scope, rest)) = name.strip_prefix('@').and_then(|name| name.split_once('/')) {
        return scoped(list, scope, rest);
    }
    let other_spelling = || swap(&name).filter(|_| ecosystem == Ecosystem::CratesIo);
    separators(list, &name)
        .or_else(|| unscoped(list, ecosystem, &name))
        .or_else(|| one_letter(list, &name))
        .or_else(|| one_letter(list, &other_spelling()?))
}

/// `python_dateutil` for `python-dateutil` is the same name; `pythondateutil` is another one.
fn separators(list: &List, name: &str) -> Option<Similar> {
    let (known, rank) = list.famous(list.squashed(name)?)?;
    let same = known.eq_ignore_ascii_case(name);
    (!same && name.len() >= SHORTEST && !known.starts_with('@')).then(|| Similar {
        name: known.to_owned(),
        rank,
        how: "only separators differ",
    })
}

/// `babel-core` where `@babel/core` is meant.
fn unscoped(list: &List, ecosystem: Ecosystem, name: &str) -> Option<Similar> {
    let (scope, rest) = name.split_once('-').filter(|_| ecosystem == Ecosystem::Npm)?;
    let (known, rank) = list.famous(&format!("@{scope}/{rest}"))?;
    Some(Similar { name: known.to_owned(), rank, how: "the scope is left out" })
}

/// `@types-node/x`, `@bable/core`: one letter of the scope or the name.
fn scoped(list: &List, scope: &str, name: &str) -> Option<Similar> {
    // The name in a known scope belongs to whoever owns the scope.
    let owned = |scope: &str| {
        list.ranks.keys().any(|known| known.strip_prefix('@').is_some_and(|k| k.split('/').next() == Some(scope)))
    };
    if scope.len() < SHORTEST || owned(scope) {
        return None;
    }
    let found = edits(scope).filter_map(|scope| list.famous(&format!("@{scope}/{name}"))).min_by_key(|found| found.1);
    found.map(|(known, rank)| Similar { name: known.to_owned(), rank, how: "one letter of the scope differs" })
}

fn one_letter(list: &List, name: &str) -> Option<Similar> {
    if name.len() < SHORTEST {
        return None;
    }
    let near = |candidate: String| list.famous(&candidate).filter(|(known, _)| known.len() >= SHORTEST);
    let (known, rank) = edits(name).filter_map(near).min_by_key(|found| found.1)?;
    // Versions and plurals are names that people do give: `psycopg3`, `colors2`.
    let number = |text: &str| text.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let digits = name[..number(name)] == known[..number(known)]
        || name.replace(|c: char| c.is_ascii_digit(), "") == known.replace(|c: char| c.is_ascii_digit(), "");
    (!digits).then(|| Similar { name: known.to_owned(), rank, how: "one letter differs" })
}

/// Everything that is one edit away: a letter less, two swapped, another, one more.
fn edits(name: &str) -> impl Iterator<Item = String> + '_ {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    let cuts = 0..=name.len();
    let less = (0..name.len()).map(|at| format!("{}{}", &name[..at], &name[at + 1..]));
    let swapped = (1..name.len()).map(|at| {
        let (head, tail) = name.split_at(at - 1);
        format!("{head}{}{}{}", &tail[1..2], &tail[..1], &tail[2..])
    });
    let other = (0..name.len())
        .flat_map(move |at| LETTERS.chars().map(move |letter| format!("{}{letter}{}", &name[..at], &name[at + 1..])));
    let more =
        cuts.flat_map(move |at| LETTERS.chars().map(move |letter| format!("{}{letter}{}", &name[..at], &name[at..])));
    less.chain(swapped).chain(other).chain(more)
}

/// The ecosystem in which the name is well known, if it is not its own one.
pub(super) fn foreign(ecosystem: Ecosystem, name: &str) -> Option<(Ecosystem, u32)> {
    /// Names further down are often taken by others as well.
    const WELL_KNOWN: u32 = 1_500;
    if name.len() < 4 || rank(ecosystem, name).is_some() {
        return None;
    }
    let others: &[Ecosystem] = match ecosystem {
        Ecosystem::PyPI => &[Ecosystem::Npm],
        Ecosystem::Npm => &[Ecosystem::PyPI],
        _ => return None,
    };
    others.iter().find_map(|other| Some((*other, rank(*other, name).filter(|rank| *rank < WELL_KNOWN)?)))
}

/// The name without separators, in lower case.
pub(super) fn squash(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '-' | '_' | '.')).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_told_with_what_they_look_like() {
        for (ecosystem, name, known) in [
            (Ecosystem::PyPI, "reqeusts", "requests"),
            (Ecosystem::PyPI, "requsts", "requests"),
            (Ecosystem::PyPI, "pythondateutil", "python-dateutil"),
            (Ecosystem::Npm, "expresss", "express"),
            (Ecosystem::Npm, "lodahs", "lodash"),
            (Ecosystem::Npm, "@bable/core", "@babel/core"),
            (Ecosystem::Npm, "babel-parser", "@babel/parser"),
            (Ecosystem::CratesIo, "serde-jsom", "serde-json"),
        ] {
            let found = similar(ecosystem, name).map(|similar| similar.name.replace('_', "-"));
            assert_eq!(found.as_deref(), Some(known), "{name}");
        }
    }

    #[test]
    fn real_names_and_own_names_are_none() {
        for (ecosystem, name) in [
            (Ecosystem::PyPI, "requests"),
            (Ecosystem::PyPI, "Python_DateUtil"),
            (Ecosystem::PyPI, "acme-internal-tools"),
            (Ecosystem::PyPI, "psycopg3"),
            (Ecosystem::Npm, "@acme/express"),
            (Ecosystem::Npm, "preact"),
            (Ecosystem::Npm, "ab"),
            (Ecosystem::CratesIo, "serde-json"),
            (Ecosystem::RubyGems, "railz"),
            (Ecosystem::Npm, "ünïcode"),
        ] {
            assert_eq!(similar(ecosystem, name), None, "{name}");
        }
    }

    #[test]
    fn names_of_the_other_ecosystem() {
        assert_eq!(foreign(Ecosystem::PyPI, "express").map(|found| found.0), Some(Ecosystem::Npm));
        assert_eq!(foreign(Ecosystem::Npm, "fastapi").map(|found| found.0), Some(Ecosystem::PyPI));
        assert_eq!(foreign(Ecosystem::Npm, "axios"), None);
        assert_eq!(foreign(Ecosystem::PyPI, "acme-thing"), None);
    }
}
