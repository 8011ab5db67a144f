//! PEP 440 versions, all spellings that installers accept
//! (<https://packaging.python.org/en/latest/specifications/version-specifiers/#appendix-parsing-version-strings-with-regular-expressions>).
//!
//! The order is the derived order of [`Version`]'s fields. Legacy versions (`1.0-final-2`, `dog`) are no versions here;
//! [`super::Scheme::compare`] sorts them below all others.

use super::digits::{Digits, digits_at_start};

/// A version; the fields stand in the order in which they are compared.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'a> {
    pub(super) epoch: Digits<'a>,
    /// Without the zeros at the end.
    pub(super) release: Vec<Digits<'a>>,
    pre: Stage<'a>,
    post: Option<Digits<'a>>,
    dev: Dev<'a>,
    local: Option<Vec<Local>>,
    written: Written,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    /// No pre-release and no post-release, but a development release: below every pre-release.
    Development,
    Early(Letter, Digits<'a>),
    Final,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    Alpha,
    Beta,
    Candidate,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Dev<'a> {
    Dev(Digits<'a>),
    Final,
}

/// A part of a local version: words sort below numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Local {
    Word(String),
    Number(usize, String),
}

/// How many numbers the release was written with. Takes no part in the order.
#[derive(Debug, Clone, Copy)]
struct Written(usize);

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Written {}

impl PartialOrd for Written {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Written {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut cursor = Cursor(text.trim());
        cursor.word(&["v"]);
        let mut first = cursor.digits()?;
        let mut epoch = Digits::default();
        if let Some(rest) = cursor.0.strip_prefix('!') {
            cursor = Cursor(rest);
            epoch = first;
            first = cursor.digits()?;
        }
        let mut release = vec![first];
        while let Some(after) = cursor.0.strip_prefix('.') {
            if digits_at_start(after) == 0 {
                break;
            }
            cursor.0 = after;
            release.push(cursor.digits()?);
        }
        let written = Written(release.len());
        while release.last().is_some_and(|number| number.is_zero()) {
            release.pop();
        }
        let pre = cursor.pre();
        let post = cursor.post();
        let dev = cursor.dev();
        let local = match cursor.0.strip_prefix('+') {
            Some(local) => Some(parse_local(local)?),
            None if cursor.0.is_empty() => None,
            None => return None,
        };
        let pre = match (pre, &post, &dev) {
            (Some((letter, number)), _, _) => Stage::Early(letter, number),
            (None, None, Some(_)) => Stage::Development,
            (None, _, _) => Stage::Final,
        };
        let dev = dev.map_or(Dev::Final, Dev::Dev);
        Some(Self { epoch, release, pre, post, dev, local, written })
    }

    /// An alpha, beta, candidate or development release.
    pub(super) fn is_prerelease(&self) -> bool {
        matches!(self.pre, Stage::Early(..)) || matches!(self.dev, Dev::Dev(_))
    }

    /// A post-release.
    pub(super) fn is_post(&self) -> bool {
        self.post.is_some()
    }

    /// Whether there is nothing but epoch and release.
    pub(super) fn is_plain_release(&self) -> bool {
        self.pre == Stage::Final && self.post.is_none() && self.dev == Dev::Final && self.local.is_none()
    }

    /// Whether there is a local label.
    pub(super) fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// The same without the local label.
    pub(super) fn public(mut self) -> Self {
        self.local = None;
        self
    }

    /// Whether epoch and release are the same.
    pub(super) fn same_base(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.release == other.release
    }

    /// How many numbers the release was written with, zeros included.
    pub(super) fn written(&self) -> usize {
        self.written.0
    }

    /// Whether epoch and the first `length` numbers of the release are those of `prefix`.
    pub(super) fn starts_with(&self, prefix: &Self, length: usize) -> bool {
        let number = |version: &Self, at: usize| version.release.get(at).copied().unwrap_or_default();
        // Beyond the longer of the two only zeros follow.
        let length = length.min(self.release.len().max(prefix.release.len()));
        self.epoch == prefix.epoch && (0..length).all(|at| number(self, at) == number(prefix, at))
    }
}

struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn digits(&mut self) -> Option<Digits<'a>> {
        let (digits, rest) = self.0.split_at(digits_at_start(self.0));
        let digits = Digits::parse(digits)?;
        self.0 = rest;
        Some(digits)
    }

    /// Takes the first of `words` that stands here, whatever its case.
    fn word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let word =
            words.iter().find(|word| self.0.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))?;
        self.0 = &self.0[word.len()..];
        Some(word)
    }

    fn separator(&mut self) {
        self.0 = self.0.strip_prefix(['-', '_', '.']).unwrap_or(self.0);
    }

    /// `[-_.]?word[-_.]?number?`; nothing is taken if no word follows. A missing number is zero.
    fn labelled(&mut self, words: &[&'static str]) -> Option<(&'static str, Digits<'a>)> {
        let before = self.0;
        self.separator();
        let Some(word) = self.word(words) else {
            self.0 = before;
            return None;
        };
        self.separator();
        Some((word, self.digits().unwrap_or_default()))
    }

    fn pre(&mut self) -> Option<(Letter, Digits<'a>)> {
        let (word, number) = self.labelled(&["alpha", "a", "beta", "b", "preview", "pre", "c", "rc"])?;
        let letter = match word {
            "alpha" | "a" => Letter::Alpha,
            "beta" | "b" => Letter::Beta,
            _ => Letter::Candidate,
        };
        Some((letter, number))
    }

    fn post(&mut self) -> Option<Digits<'a>> {
        if let Some(number) = self.0.strip_prefix('-') {
            let mut implicit = Self(number);
            if let Some(number) = implicit.digits() {
                self.0 = implicit.0;
                return Some(number);
            }
        }
        self.labelled(&["post", "rev", "r"]).map(|(_, number)| number)
    }

    fn dev(&mut self) -> Option<Digits<'a>> {
        self.labelled(&["dev"]).map(|(_, number)| number)
    }
}

fn parse_local(text: &str) -> Option<Vec<Local>> {
    text.split(['-', '_', '.'])
        .map(|part| {
            if Digits::parse(part).is_some() {
                let number = part.trim_start_matches('0');
                return Some(Local::Number(number.len(), number.to_owned()));
            }
            let word = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            word.then(|| Local::Word(part.to_ascii_lowercase()))
        })
        .collect()
}
