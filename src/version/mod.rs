//! Version orderings and ranges: which version comes first, and whether one lies in an affected or wanted range.
//!
//! One file an ordering; [`range`] evaluates OSV's events, [`requirement`] what manifests ask for. All orders here are
//! total: text that is no version of its scheme sorts below every version, by its bytes. `fixtures/version/` holds
//! comparisons made with the ecosystems' own implementations.

/// Comparing and equality of a type by its [`Ord`]: versions that are written differently may be the same.
macro_rules! compares_by_order {
    ($type:ty) => {
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other) == Ordering::Equal
            }
        }

        impl Eq for $type {}
    };
}
use compares_by_order;

mod conan;
mod digits;
mod maven;
mod npm_range;
mod numbers;
mod packagist;
mod pep440;
mod pep440_specifier;
pub mod range;
pub mod requirement;
mod rubygems;
mod semver;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub use range::{Event, affected, fixed_after, fixes_after, listed};
pub use requirement::Requirement;

use crate::package::Ecosystem;

/// How versions of an ecosystem are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Semantic Versioning 2 (crates.io, Go, npm), read leniently.
    SemVer,
    /// PEP 440 (`PyPI`).
    Pep440,
    /// `Gem::Version`.
    RubyGems,
    /// Maven's `ComparableVersion`.
    Maven,
    /// NuGet: Semantic Versioning with a fourth number, in any case.
    NuGet,
    /// Composer.
    Packagist,
    /// Numbers alone (Hackage, CRAN).
    Numbers,
    /// Conan.
    Conan,
}

impl Scheme {
    /// The ordering of an ecosystem.
    #[must_use]
    pub fn of(ecosystem: Ecosystem) -> Self {
        match ecosystem {
            Ecosystem::PyPI => Self::Pep440,
            Ecosystem::RubyGems | Ecosystem::CocoaPods => Self::RubyGems,
            Ecosystem::Maven => Self::Maven,
            Ecosystem::NuGet => Self::NuGet,
            Ecosystem::Packagist => Self::Packagist,
            Ecosystem::Hackage | Ecosystem::Cran => Self::Numbers,
            Ecosystem::ConanCenter => Self::Conan,
            Ecosystem::CratesIo
            | Ecosystem::Go
            | Ecosystem::Npm
            | Ecosystem::Hex
            | Ecosystem::Pub
            | Ecosystem::SwiftUrl
            | Ecosystem::GitHubActions
            | Ecosystem::Docker => Self::SemVer,
        }
    }

    /// Orders two versions. Total: what is no version sorts below every version, by its bytes.
    #[must_use]
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::SemVer => or_by_bytes(semver::Version::parse(a), semver::Version::parse(b), a, b),
            Self::Pep440 => or_by_bytes(pep440::Version::parse(a), pep440::Version::parse(b), a, b),
            Self::RubyGems => or_by_bytes(rubygems::Version::parse(a), rubygems::Version::parse(b), a, b),
            Self::Maven => or_by_bytes(maven::Version::parse(a), maven::Version::parse(b), a, b),
            Self::NuGet => {
                let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
                or_by_bytes(semver::Version::parse(&a), semver::Version::parse(&b), &a, &b)
            }
            Self::Packagist => or_by_bytes(packagist::Version::parse(a), packagist::Version::parse(b), a, b),
            Self::Numbers => or_by_bytes(numbers::Version::parse(a), numbers::Version::parse(b), a, b),
            Self::Conan => or_by_bytes(conan::Version::parse(a), conan::Version::parse(b), a, b),
        }
    }

    /// Whether two spellings name the same version.
    #[must_use]
    pub fn same(self, a: &str, b: &str) -> bool {
        a == b || self.compare(a, b) == Ordering::Equal
    }

    /// Whether the text is a version of this scheme.
    #[must_use]
    pub fn is_valid(self, version: &str) -> bool {
        match self {
            Self::SemVer => semver::Version::parse(version).is_some(),
            Self::Pep440 => pep440::Version::parse(version).is_some(),
            Self::RubyGems => rubygems::Version::parse(version).is_some(),
            Self::Maven => maven::Version::parse(version).is_some(),
            Self::NuGet => semver::Version::parse(&version.to_ascii_lowercase()).is_some(),
            Self::Packagist => packagist::Version::parse(version).is_some(),
            Self::Numbers => numbers::Version::parse(version).is_some(),
            Self::Conan => conan::Version::parse(version).is_some(),
        }
    }

    /// Whether the version is a pre-release; `false` for what is no version.
    #[must_use]
    pub fn is_prerelease(self, version: &str) -> bool {
        match self {
            Self::SemVer => semver::Version::parse(version).is_some_and(|version| version.is_prerelease()),
            Self::Pep440 => pep440::Version::parse(version).is_some_and(|version| version.is_prerelease()),
            Self::RubyGems => rubygems::Version::parse(version).is_some_and(|version| version.is_prerelease()),
            Self::Maven => maven::Version::parse(version).is_some_and(|version| version.is_prerelease()),
            Self::NuGet => {
                semver::Version::parse(&version.to_ascii_lowercase()).is_some_and(|version| version.is_prerelease())
            }
            Self::Packagist => packagist::Version::parse(version).is_some_and(|version| version.is_prerelease()),
            Self::Numbers => false,
            Self::Conan => conan::Version::parse(version).is_some_and(|version| version.is_prerelease()),
        }
    }
}

/// `None` (no version) sorts below `Some`; two of them by their bytes.
fn or_by_bytes<V: Ord>(left: Option<V>, right: Option<V>, a: &str, b: &str) -> Ordering {
    match (left, right) {
        (None, None) => a.cmp(b),
        (left, right) => left.cmp(&right),
    }
}
