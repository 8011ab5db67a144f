//! Semantic Versioning 2.0.0 (<https://semver.org/#spec-item-11>), read as leniently as advisories write it: a leading
//! `v` or `=`, missing or additional numbers, leading zeros, a pre-release without its hyphen (`1.0.0rc1`). Build
//! metadata takes no part in the order, as the specification has it. Strict reading is the crate `semver`'s.

use std::cmp::Ordering;

use super::digits::{Digits, dotted};

/// The parts of a version that take part in its order.
#[derive(Debug)]
pub(super) struct Version<'a> {
    /// Without the zeros at the end: `1` and `1.0.0` are the same version.
    numbers: Vec<Digits<'a>>,
    pre: Option<Vec<Identifier<'a>>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    /// Numbers sort below words.
    Number(Digits<'a>),
    Word(&'a str),
}

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim().trim_start_matches('=').trim_start();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split('+').next().unwrap_or(text);
        let (numbers, rest) = dotted(text)?;
        if rest.is_empty() {
            return Some(Self { numbers, pre: None });
        }
        let pre = rest.strip_prefix(['-', '.']).unwrap_or(rest);
        let pre: Option<Vec<_>> = pre.split('.').map(Identifier::parse).collect();
        Some(Self { numbers, pre: Some(pre?) })
    }

    pub(super) fn is_prerelease(&self) -> bool {
        self.pre.is_some()
    }
}

impl<'a> Identifier<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if let Some(number) = Digits::parse(text) {
            return Some(Self::Number(number));
        }
        let word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte));
        word.then_some(Self::Word(text))
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without trailing zeros, a longer list with an equal beginning is the greater one.
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.pre, &other.pre) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => left.cmp(right),
        })
    }
}

super::compares_by_order!(Version<'_>);
