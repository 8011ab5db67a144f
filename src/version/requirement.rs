//! What a manifest asks for: a requirement of an ecosystem, whether a version satisfies it, and whether it admits one
//! version only. What is not a range of versions (tags, URLs, paths, aliases) is no requirement.

use super::npm_range::Range;
use super::pep440_specifier::Specifiers;
use super::{Scheme, rubygems};
use crate::package::Ecosystem;

/// A parsed requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Cargo(semver::VersionReq),
    /// Go modules name one minimum version; it is what gets selected unless another module asks for more.
    Go(String),
    Npm(Range),
    PyPI(Specifiers),
    /// Clauses, each of an operator and a version.
    RubyGems(Vec<(String, String)>),
}

impl Requirement {
    /// Reads a requirement as manifests of the ecosystem write it; `None` if it is not a range of versions.
    #[must_use]
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Option<Self> {
        let kind = match ecosystem {
            Ecosystem::CratesIo => Kind::Cargo(semver::VersionReq::parse(text).ok()?),
            Ecosystem::Go => Kind::Go(Scheme::SemVer.is_valid(text).then(|| text.trim().to_owned())?),
            Ecosystem::Npm => Kind::Npm(Range::parse(text)?),
            Ecosystem::PyPI => Kind::PyPI(Specifiers::parse(text)?),
            Ecosystem::RubyGems => Kind::RubyGems(gem_clauses(text)?),
            // Their ranges are not read: a lockfile, or the manifest's own reader, says which version it is.
            _ => return None,
        };
        Some(Self { kind })
    }

    /// Whether the version satisfies the requirement.
    #[must_use]
    pub fn matches(&self, version: &str) -> bool {
        match &self.kind {
            Kind::Cargo(wanted) => semver::Version::parse(version).is_ok_and(|version| wanted.matches(&version)),
            Kind::Go(wanted) => Scheme::SemVer.compare(version, wanted).is_ge(),
            Kind::Npm(range) => range.matches(version),
            Kind::PyPI(specifiers) => specifiers.matches(version),
            Kind::RubyGems(clauses) => clauses.iter().all(|(operator, wanted)| gem_matches(operator, wanted, version)),
        }
    }

    /// The one version that the requirement admits (`==1.2.3` for Python, `1.2.3` for npm, `=1.2.3` for Cargo).
    #[must_use]
    pub fn exact(&self) -> Option<String> {
        match &self.kind {
            Kind::Cargo(wanted) => match wanted.comparators.as_slice() {
                [only] if only.op == semver::Op::Exact => {
                    let (minor, patch) = (only.minor?, only.patch?);
                    let pre = if only.pre.is_empty() { String::new() } else { format!("-{}", only.pre) };
                    Some(format!("{}.{minor}.{patch}{pre}", only.major))
                }
                _ => None,
            },
            Kind::Go(wanted) => Some(wanted.clone()),
            Kind::Npm(range) => range.exact(),
            Kind::PyPI(specifiers) => specifiers.exact(),
            Kind::RubyGems(clauses) => match clauses.as_slice() {
                [(operator, version)] if operator == "=" => Some(version.clone()),
                _ => None,
            },
        }
    }
}

fn gem_clauses(text: &str) -> Option<Vec<(String, String)>> {
    let clause = |text: &str| {
        let text = text.trim();
        let version = text.trim_start_matches(['=', '!', '<', '>', '~']);
        let operator = &text[..text.len() - version.len()];
        let operator = if operator.is_empty() { "=" } else { operator };
        let known = ["=", "!=", ">", "<", ">=", "<=", "~>"].contains(&operator);
        let version = version.trim();
        (known && !version.is_empty() && Scheme::RubyGems.is_valid(version))
            .then(|| (operator.to_owned(), version.to_owned()))
    };
    text.split(',').map(clause).collect()
}

fn gem_matches(operator: &str, wanted: &str, version: &str) -> bool {
    let Some(parsed) = rubygems::Version::parse(version) else { return false };
    let order = Scheme::RubyGems.compare(version, wanted);
    match operator {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        _ => order.is_ge() && rubygems::Version::is_below_bump(wanted, &parsed),
    }
}
