//! Versions of numbers alone: Hackage's (<https://pvp.haskell.org/>) and CRAN's (R's `package_version`, which takes `.` and
//! `-` alike). The longer of two that begin the same is the later one: `1.0` comes after `1`.

use super::digits::Digits;

/// The numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'a>(Vec<Digits<'a>>);

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let numbers: Option<Vec<Digits<'a>>> = text.trim().split(['.', '-']).map(Digits::parse).collect();
        numbers.map(Self)
    }
}
