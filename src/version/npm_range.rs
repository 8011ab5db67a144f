//! Ranges as `package.json` writes them (<https://github.com/npm/node-semver#ranges>): comparators, hyphen ranges,
//! `x`-ranges, tilde and caret. Strict reading, and pre-releases only where a comparator of the same
//! `major.minor.patch` has one, both as npm does. Tags, URLs and aliases are no ranges.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version};

/// Numbers above this are refused by node (`Number.MAX_SAFE_INTEGER`).
const MAX: u64 = 9_007_199_254_740_991;

/// A set of alternatives, each a list of comparators that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    alternatives: Vec<Vec<Comparator>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparator {
    operator: Operator,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
}

/// `1`, `1.x`, `1.2.3-rc.1`: a version of which parts may be missing.
#[derive(Debug, Default)]
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: Prerelease,
    /// A number stands behind an `x`: refused except after a tilde or caret and in hyphen ranges.
    disordered: bool,
}

impl Range {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let alternatives: Option<Vec<_>> = text.split("||").map(parse_alternative).collect();
        Some(Self { alternatives: alternatives? })
    }

    pub(super) fn matches(&self, version: &str) -> bool {
        parse_version(version).is_some_and(|version| self.alternatives.iter().any(|set| holds(set, &version)))
    }

    /// The one version that the range admits.
    pub(super) fn exact(&self) -> Option<String> {
        match self.alternatives.as_slice() {
            [set] => match set.as_slice() {
                [Comparator { operator: Operator::Equal, version }] => Some(version.to_string()),
                _ => None,
            },
            _ => None,
        }
    }
}

fn parse_version(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('=').trim_start();
    Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

fn holds(set: &[Comparator], version: &Version) -> bool {
    let core = |version: &Version| (version.major, version.minor, version.patch);
    let same_core =
        |comparator: &Comparator| !comparator.version.pre.is_empty() && core(&comparator.version) == core(version);
    set.iter().all(|comparator| {
        let order = version.cmp_precedence(&comparator.version);
        match comparator.operator {
            Operator::Less => order == Ordering::Less,
            Operator::LessEqual => order != Ordering::Greater,
            Operator::Equal => order == Ordering::Equal,
            Operator::GreaterEqual => order != Ordering::Less,
            Operator::Greater => order == Ordering::Greater,
        }
    }) && (version.pre.is_empty() || set.iter().any(same_core))
}

fn parse_alternative(text: &str) -> Option<Vec<Comparator>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [from, "-", to] = words.as_slice()
        && let (Some(from), Some(to)) = (Partial::parse(from), Partial::parse(to))
    {
        return hyphen(&from, &to);
    }
    let mut set = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let rest = word.trim_start_matches(['<', '>', '=', '~', '^']);
        let (operator, mut version) = word.split_at(word.len() - rest.len());
        if version.is_empty() && !operator.is_empty() {
            // An operator may stand apart from its version.
            version = words.next().unwrap_or("");
        }
        comparators(operator, version, &mut set)?;
    }
    Some(set)
}

/// Adds what one comparator stands for.
fn comparators(operator: &str, text: &str, set: &mut Vec<Comparator>) -> Option<()> {
    let version = Partial::parse(text)?;
    let operator = if operator.starts_with(['^', '~']) { operator.trim_end_matches('=') } else { operator };
    match operator {
        "^" => caret(&version, set),
        "~" | "~>" => tilde_or_major(&version, set),
        _ if version.disordered => None,
        "" | "=" => match (version.major, version.minor, version.patch) {
            (Some(_), Some(_), Some(_)) => push(set, Operator::Equal, version.floor()),
            _ => tilde_or_major(&version, set),
        },
        ">" | ">=" | "<" | "<=" => compare(operator, &version, set),
        _ => None,
    }
}

fn push(set: &mut Vec<Comparator>, operator: Operator, version: Option<Version>) -> Option<()> {
    set.push(Comparator { operator, version: version? });
    Some(())
}

/// From the version up to, not including, `end` and its pre-releases.
fn between(version: &Partial, end: (u64, u64, u64), set: &mut Vec<Comparator>) -> Option<()> {
    push(set, Operator::GreaterEqual, version.floor())?;
    push(set, Operator::Less, below(end))
}

/// Tilde and `x`-ranges: from the version on, all of a major or of a minor version.
fn tilde_or_major(version: &Partial, set: &mut Vec<Comparator>) -> Option<()> {
    match (version.major, version.minor) {
        (None, _) => Some(()),
        (Some(major), None) => between(version, (major + 1, 0, 0), set),
        (Some(major), Some(minor)) => between(version, (major, minor + 1, 0), set),
    }
}

fn caret(version: &Partial, set: &mut Vec<Comparator>) -> Option<()> {
    let end = match (version.major, version.minor, version.patch) {
        (None, _, _) => return Some(()),
        (Some(0), Some(0), Some(patch)) => (0, 0, patch + 1),
        (Some(0), Some(minor), _) => (0, minor + 1, 0),
        (Some(major), _, _) => (major + 1, 0, 0),
    };
    between(version, end, set)
}

fn compare(operator: &str, version: &Partial, set: &mut Vec<Comparator>) -> Option<()> {
    let Some(major) = version.major else {
        // `>*` and `<*` hold for nothing, `>=*` and `<=*` for everything.
        return if operator.len() == 1 { push(set, Operator::Less, below((0, 0, 0))) } else { Some(()) };
    };
    let next = match (version.minor, version.patch) {
        (None, _) => Some((major + 1, 0, 0)),
        (Some(minor), None) => Some((major, minor + 1, 0)),
        _ => None,
    };
    match (operator, next) {
        (">", Some(next)) => push(set, Operator::GreaterEqual, plain(next)),
        ("<=", Some(next)) => push(set, Operator::Less, below(next)),
        ("<", Some(_)) => {
            push(set, Operator::Less, version.floor().and_then(|floor| below((floor.major, floor.minor, 0))))
        }
        (">", None) => push(set, Operator::Greater, version.floor()),
        ("<=", None) => push(set, Operator::LessEqual, version.floor()),
        ("<", None) => push(set, Operator::Less, version.floor()),
        _ => push(set, Operator::GreaterEqual, version.floor()),
    }
}

fn hyphen(from: &Partial, to: &Partial) -> Option<Vec<Comparator>> {
    let mut set = Vec::new();
    if from.major.is_some() {
        push(&mut set, Operator::GreaterEqual, from.floor())?;
    }
    if to.major.is_some() {
        compare("<=", to, &mut set)?;
    }
    Some(set)
}

fn plain((major, minor, patch): (u64, u64, u64)) -> Option<Version> {
    (major.max(minor).max(patch) <= MAX).then(|| Version::new(major, minor, patch))
}

/// The lowest pre-release of a version: everything below it, pre-releases too.
fn below(version: (u64, u64, u64)) -> Option<Version> {
    let mut version = plain(version)?;
    version.pre = Prerelease::new("0").ok()?;
    Some(version)
}

impl Partial {
    /// `[v=]*major[.minor[.patch[-pre][+build]]]`, each number or `x`, `X`, `*`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', '=']);
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let (core, suffix) = text.split_at(end);
        let mut partial = Self::default();
        let mut parts = core.split('.');
        partial.major = part(parts.next()?)?;
        let minor = parts.next();
        let patch = parts.next();
        if parts.next().is_some() || (patch.is_none() && !suffix.is_empty()) {
            return None;
        }
        partial.minor = minor.map_or(Some(None), part)?;
        partial.patch = patch.map_or(Some(None), part)?;
        let (pre, build) = suffix.split_once('+').map_or((suffix, None), |(pre, build)| (pre, Some(build)));
        if let Some(build) = build
            && (build.is_empty() || BuildMetadata::new(build).is_err())
        {
            return None;
        }
        if let Some(pre) = pre.strip_prefix('-') {
            partial.pre = Prerelease::new(pre).ok().filter(|pre| !pre.is_empty())?;
        }
        let (minor_x, patch_x) = (minor.is_none_or(is_x), patch.is_none_or(is_x));
        partial.disordered = (partial.major.is_none() && !minor_x) || (minor_x && !patch_x);
        // What stands behind an `x` is ignored.
        if partial.major.is_none() {
            partial.minor = None;
        }
        if partial.minor.is_none() {
            partial.patch = None;
        }
        if partial.patch.is_none() {
            partial.pre = Prerelease::EMPTY;
        }
        Some(partial)
    }

    /// The lowest version that it stands for.
    fn floor(&self) -> Option<Version> {
        let mut version = plain((self.major.unwrap_or(0), self.minor.unwrap_or(0), self.patch.unwrap_or(0)))?;
        version.pre = self.pre.clone();
        Some(version)
    }
}

/// `Some(None)` is an `x`.
#[allow(clippy::option_option)]
fn part(text: &str) -> Option<Option<u64>> {
    if is_x(text) {
        return Some(None);
    }
    let leading_zero = text.len() > 1 && text.starts_with('0');
    let number = text.bytes().all(|byte| byte.is_ascii_digit()) && !leading_zero;
    number.then(|| text.parse().ok().filter(|number| *number <= MAX)).flatten().map(Some)
}

fn is_x(text: &str) -> bool {
    matches!(text, "x" | "X" | "*")
}
