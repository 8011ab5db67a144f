//! `Gem::Version` (RubyGems Guides, "Patterns") and gem requirements (`~> 1.2`, `!= 3`).
//!
//! A version is a list of segments, numbers and words; a word makes it a pre-release and sorts below any number, and
//! missing segments count as zero.

use std::cmp::Ordering;

use super::digits::Digits;

/// A version as its canonical segments.
#[derive(Debug)]
pub(super) struct Version<'a> {
    segments: Vec<Segment<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Word(&'a str),
    Number(Digits<'a>),
}

const ZERO: Segment<'_> = Segment::Number(Digits::ZERO);

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if !is_version(text) {
            return None;
        }
        let mut segments = Vec::new();
        for (index, part) in text.split('-').enumerate() {
            if index > 0 {
                segments.push(Segment::Word("pre"));
            }
            split_segments(part, &mut segments);
        }
        Some(Self { segments: canonical(&segments) })
    }

    pub(super) fn is_prerelease(&self) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::Word(_)))
    }

    /// The upper bound of `~>`: words and the last number dropped, the then last number counted up by one. Given as a
    /// test, because the bound itself need not be written: whether `version` has the same numbers before that place.
    pub(super) fn is_below_bump(bound: &str, version: &Version<'_>) -> bool {
        let mut numbers = Vec::new();
        split_segments(bound.trim().split('-').next().unwrap_or(bound), &mut numbers);
        let count = numbers.iter().take_while(|segment| matches!(segment, Segment::Number(_))).count();
        numbers.truncate(count);
        if numbers.len() > 1 {
            numbers.pop();
        }
        // Below the bump means: at the first difference in these numbers the version is the lower one.
        for (at, wanted) in numbers.iter().enumerate() {
            match version.segments.get(at).copied().unwrap_or(ZERO).cmp(wanted) {
                Ordering::Equal => {}
                Ordering::Less => return true,
                // `2.a` is below `2`, and a greater word cannot stand where a number is wanted.
                Ordering::Greater => return false,
            }
        }
        true
    }
}

/// `[0-9]+(\.[0-9a-zA-Z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?`; nothing at all is version zero.
fn is_version(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let (main, pre) = text.split_once('-').map_or((text, None), |(main, pre)| (main, Some(pre)));
    let part = |part: &str, hyphen: bool| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || (hyphen && byte == b'-'))
    };
    let mut parts = main.split('.');
    parts.next().is_some_and(|first| Digits::parse(first).is_some())
        && parts.all(|segment| part(segment, false))
        && pre.is_none_or(|pre| pre.split('.').all(|segment| part(segment, true)))
}

/// Splits a text into runs of digits and runs of letters.
fn split_segments<'a>(text: &'a str, segments: &mut Vec<Segment<'a>>) {
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let digit = first.is_ascii_digit();
        let same = |byte: &u8| if digit { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
        let length = rest.bytes().take_while(same).count();
        if length == 0 {
            rest = rest.get(rest.chars().next().map_or(1, char::len_utf8)..).unwrap_or("");
            continue;
        }
        let (run, after) = rest.split_at(length);
        segments.push(Digits::parse(run).map_or(Segment::Word(run), Segment::Number));
        rest = after;
    }
}

/// Drops the zeros before the first word and those at the end.
fn canonical<'a>(segments: &[Segment<'a>]) -> Vec<Segment<'a>> {
    let words = segments.iter().position(|segment| matches!(segment, Segment::Word(_))).unwrap_or(segments.len());
    let (numbers, words) = segments.split_at(words);
    let trim = |part: &[Segment<'a>]| part.len() - part.iter().rev().take_while(|segment| **segment == ZERO).count();
    [&numbers[..trim(numbers)], &words[..trim(words)]].concat()
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let longest = self.segments.len().max(other.segments.len());
        let at = |version: &Self, at: usize| version.segments.get(at).copied().unwrap_or(ZERO);
        (0..longest)
            .map(|index| at(self, index).cmp(&at(other, index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

super::compares_by_order!(Version<'_>);
