//! Versions as Conan orders them (<https://docs.conan.io/2/tutorial/versioning/version_ranges.html>): parts between dots,
//! `-` before a pre-release, `+` before a build. Zeros at the end do not count, builds do.
//!
//! Conan compares a number with a part such as `1k` as texts, which is not transitive (10 < 1k < 2 < 10); here such a part
//! comes after its own number and before the next one.

use super::digits::{Digits, digits_at_start};

/// The parts of a version; without a pre-release it comes after those with one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'a> {
    parts: Vec<Part<'a>>,
    stage: Stage<'a>,
    build: Option<Vec<Part<'a>>>,
}

/// What stands between two dots. Numbers come before words.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// `3`, and `3a` with the letters that follow.
    Number(Digits<'a>, &'a str),
    /// `cci`, and what is empty.
    Word(&'a str),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    Before(Vec<Part<'a>>),
    Release,
}

impl<'a> Version<'a> {
    /// `None` for what is empty or has spaces in it.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_whitespace) {
            return None;
        }
        let (text, build) = match text.rsplit_once('+') {
            Some((text, build)) => (text, Some(parts(build))),
            None => (text, None),
        };
        let (text, stage) = match text.split_once('-') {
            Some((text, before)) => (text, Stage::Before(parts(before))),
            None => (text, Stage::Release),
        };
        Some(Self { parts: parts(text), stage, build })
    }

    pub(super) fn is_prerelease(&self) -> bool {
        matches!(self.stage, Stage::Before(_))
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = text.split('.').map(part).collect();
    while matches!(parts.last(), Some(Part::Number(number, "")) if number.is_zero()) {
        parts.pop();
    }
    parts
}

fn part(text: &str) -> Part<'_> {
    let (number, rest) = text.split_at(digits_at_start(text));
    Digits::parse(number).map_or(Part::Word(text), |number| Part::Number(number, rest))
}
