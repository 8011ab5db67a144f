//! Numbers of any length, compared as numbers without being converted: versions hold dates and hashes longer than any
//! machine integer.

use std::cmp::Ordering;

/// A run of ASCII digits without leading zeros; empty for zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Digits<'a>(&'a str);

impl<'a> Digits<'a> {
    /// Zero.
    pub(super) const ZERO: Digits<'static> = Digits("");

    /// `None` unless the text is one or more ASCII digits.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        number.then(|| Self(text.trim_start_matches('0')))
    }

    /// Whether the number is zero.
    pub(super) fn is_zero(self) -> bool {
        self.0.is_empty()
    }
}

impl Ord for Digits<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Digits<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How many bytes at the start of `text` are ASCII digits.
pub(super) fn digits_at_start(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The numbers of `1.2.0.0-rc`, zeros at the end left out, and what follows them; `None` if the text begins with none.
pub(super) fn dotted(text: &str) -> Option<(Vec<Digits<'_>>, &str)> {
    let (mut numbers, mut rest) = (Vec::new(), text);
    loop {
        let length = digits_at_start(rest);
        numbers.push(Digits::parse(&rest[..length])?);
        rest = &rest[length..];
        match rest.strip_prefix('.') {
            Some(after) if digits_at_start(after) > 0 => rest = after,
            _ => break,
        }
    }
    while numbers.last().is_some_and(|number| number.is_zero()) {
        numbers.pop();
    }
    Some((numbers, rest))
}
