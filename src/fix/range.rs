//! Requirements as manifests write them: whether a version is within one, whether it pins one, and the same requirement
//! raised so that it begins at a version.
//!
//! What is no range of versions (tags, branches, variables, Maven's brackets) gives `None`, and nothing is written then.

use std::cmp::Ordering;

use crate::package::Ecosystem;
use crate::version::{Requirement, Scheme};

/// How a manifest writes what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `package.json`.
    Npm,
    /// Requirements files, PEP 621, Pipfile.
    Pep508,
    /// `tool.poetry.dependencies`.
    Poetry,
    /// `Cargo.toml`.
    Cargo,
    /// `go.mod`: the version itself.
    Go,
    /// `Gemfile`, inside quotes of this kind.
    Gem(char),
    /// `composer.json`.
    Composer,
    /// One version as it is, of this ecosystem.
    Exact(Ecosystem),
}

impl Style {
    /// The ecosystem whose versions it speaks of.
    pub(super) fn ecosystem(self) -> Ecosystem {
        match self {
            Self::Npm => Ecosystem::Npm,
            Self::Pep508 | Self::Poetry => Ecosystem::PyPI,
            Self::Cargo => Ecosystem::CratesIo,
            Self::Go => Ecosystem::Go,
            Self::Gem(_) => Ecosystem::RubyGems,
            Self::Composer => Ecosystem::Packagist,
            Self::Exact(ecosystem) => ecosystem,
        }
    }
}

/// Whether the requirement admits the version; `None` if it is no range that is understood.
pub(super) fn admits(style: Style, requirement: &str, version: &str) -> Option<bool> {
    let text = range_of(style, requirement);
    match style {
        Style::Poetry | Style::Composer => Alternatives::parse(style, text).map(|range| range.admits(version)),
        Style::Exact(ecosystem) => {
            let scheme = Scheme::of(ecosystem);
            (is_plain(text) && scheme.is_valid(text)).then(|| scheme.same(text.trim_start_matches('v'), version))
        }
        // Of Go's minima the greatest counts, so what is asked is whether the file names the version or more.
        Style::Go => Scheme::SemVer.is_valid(text).then(|| Scheme::SemVer.compare(text, version).is_ge()),
        _ => Some(Requirement::parse(style.ecosystem(), text)?.matches(version)),
    }
}

/// Whether the requirement names one version and no other.
pub(super) fn is_pin(style: Style, requirement: &str) -> bool {
    let text = range_of(style, requirement);
    match style {
        Style::Poetry | Style::Composer => {
            Alternatives::parse(style, text).is_some_and(|range| range.exact().is_some())
        }
        Style::Exact(_) | Style::Go => true,
        _ => Requirement::parse(style.ecosystem(), text).is_some_and(|requirement| requirement.exact().is_some()),
    }
}

/// The requirement written so that it begins at `version`, in the manner of the old one; `None` if the old one is not
/// understood.
pub(super) fn raise(style: Style, requirement: &str, version: &str) -> Option<String> {
    if !is_plain(version) {
        return None;
    }
    let text = range_of(style, requirement);
    let before = &requirement[..requirement.len() - text.len()];
    admits(style, requirement, version)?;
    let raised = match style {
        Style::Npm => raise_npm(text, version),
        Style::Pep508 => raise_specifiers(text, version),
        Style::Poetry | Style::Composer => raise_clauses(style, text, version),
        Style::Cargo => raise_cargo(text, version),
        Style::Gem(quote) => raise_gem(text, version, quote),
        Style::Go => version.to_owned(),
        Style::Exact(_) => {
            let prefixed = text.starts_with('v') && !version.starts_with('v');
            if prefixed { format!("v{version}") } else { version.to_owned() }
        }
    };
    Some(format!("{before}{raised}"))
}

/// Whether nothing that callers rely on should change between two versions: the same major number, or the same minor
/// one before the first major release.
pub(super) fn is_compatible(from: &str, to: &str) -> bool {
    let (from, to) = (numbers(from), numbers(to));
    let at = |list: &[u64], index: usize| list.get(index).copied().unwrap_or(0);
    at(&from, 0) == at(&to, 0) && (at(&from, 0) > 0 || at(&from, 1) == at(&to, 1)) && !from.is_empty()
}

/// Text that may stand in any manifest and on any command line as it is.
pub(super) fn is_plain(version: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b".+-_!~".contains(&byte);
    version.len() <= 128
        && version.bytes().all(known)
        && version.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// The part of a specifier that is a range: npm's `npm:name@^1` and `workspace:^1` have more.
fn range_of(style: Style, requirement: &str) -> &str {
    match style {
        Style::Npm => match requirement.strip_prefix("npm:") {
            Some(alias) => alias.get(1..).and_then(|rest| rest.split_once('@')).map_or("", |(_, range)| range),
            None => requirement,
        },
        _ => requirement,
    }
}

fn raise_npm(text: &str, version: &str) -> String {
    let trimmed = text.trim();
    let rest = trimmed.trim_start_matches(['^', '~', '=', 'v']);
    let operator = &trimmed[..trimmed.len() - rest.len()];
    let whole = rest.split(['-', '+']).next().is_some_and(|core| {
        core.split('.').count() == 3
            && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    });
    let one = !rest.contains(char::is_whitespace) && !rest.contains('|');
    match operator {
        _ if !one => format!("^{version}"),
        "" if whole => version.to_owned(),
        "^" | "~" | "=" => format!("{operator}{version}"),
        _ => format!("^{version}"),
    }
}

fn raise_cargo(text: &str, version: &str) -> String {
    let trimmed = text.trim();
    if trimmed.contains(',') {
        return format!(">={version}, <{}", next(version));
    }
    match trimmed.chars().next() {
        Some(operator @ ('^' | '~' | '=')) => format!("{operator}{version}"),
        _ => version.to_owned(),
    }
}

fn raise_gem(text: &str, version: &str, quote: char) -> String {
    let trimmed = text.trim();
    let rest = trimmed.trim_start_matches(['=', '<', '>', '~', '!', ' ']);
    match &trimmed[..trimmed.len() - rest.len()] {
        "" => version.to_owned(),
        operator if operator.starts_with('=') => format!("= {version}"),
        operator if operator.starts_with("~>") && numbers(rest).len() < 3 && numbers(version).len() >= 3 => {
            let head: Vec<String> = numbers(version).iter().take(2).map(u64::to_string).collect();
            format!("~> {}{quote}, {quote}>= {version}", head.join("."))
        }
        _ => format!("~> {version}"),
    }
}

/// PEP 440: bounds that hold stay, a pin stays a pin, an upper bound that is in the way moves to the next release that
/// may break.
fn raise_specifiers(text: &str, version: &str) -> String {
    let clauses: Vec<&str> = text.split(',').map(str::trim).filter(|clause| !clause.is_empty()).collect();
    let above = format!("<{}", next(version));
    if let [only] = clauses.as_slice() {
        let rest = only.trim_start_matches(['=', '~', '<', '>', '!']);
        let (operator, rest) = (&only[..only.len() - rest.len()], rest);
        let gap = &rest[..rest.len() - rest.trim_start().len()];
        match operator {
            "==" | "===" if !rest.contains('*') => return format!("{operator}{gap}{version}"),
            "~=" if numbers(rest).len() >= 3 && numbers(version).len() >= 3 => {
                return format!("~={gap}{version}");
            }
            _ => return format!(">={version},{above}"),
        }
    }
    let holds = |clause: &&&str| {
        let upper = clause.starts_with('<') || clause.starts_with("!=");
        upper && Requirement::parse(Ecosystem::PyPI, clause).is_some_and(|clause| clause.matches(version))
    };
    let mut kept: Vec<String> = clauses.iter().filter(holds).map(|clause| (*clause).to_owned()).collect();
    let bounded = clauses.iter().any(|clause| ["<", "~=", "=="].iter().any(|operator| clause.starts_with(operator)));
    if bounded && !kept.iter().any(|clause| clause.starts_with('<')) {
        kept.insert(0, above);
    }
    kept.insert(0, format!(">={version}"));
    kept.join(if text.contains(", ") { ", " } else { "," })
}

fn raise_clauses(style: Style, text: &str, version: &str) -> String {
    let trimmed = text.trim();
    let several = trimmed.contains(['|', ',']) || trimmed.split_whitespace().count() > 1;
    let rest = trimmed.trim_start_matches(['^', '~', '=', '<', '>', '!', 'v']);
    let operator = &trimmed[..trimmed.len() - rest.len()];
    let wild = rest.contains(['*', 'x']);
    match operator {
        _ if several || wild => format!("^{version}"),
        "" | "v" => version.to_owned(),
        "=" | "==" => format!("{operator}{version}"),
        "~" if style == Style::Poetry || numbers(rest).len() >= 3 => format!("~{version}"),
        _ => format!("^{version}"),
    }
}

/// The first version that may break what worked at `version`.
fn next(version: &str) -> String {
    let numbers = numbers(version);
    match numbers.as_slice() {
        [0, minor, ..] => format!("0.{}", minor.saturating_add(1)),
        [major, ..] => major.saturating_add(1).to_string(),
        [] => "1".to_owned(),
    }
}

/// The leading numbers of a version.
fn numbers(version: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for part in version.trim().trim_start_matches('v').split('.') {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse() else { break };
        found.push(number);
        if digits.len() < part.len() {
            break;
        }
    }
    found
}

/// Poetry's and Composer's ranges: alternatives of clauses that must all hold.
struct Alternatives {
    scheme: Scheme,
    sets: Vec<Vec<(Bound, String)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtLeast,
    Above,
    AtMost,
    Below,
    Equal,
    Unequal,
}

impl Alternatives {
    fn parse(style: Style, text: &str) -> Option<Self> {
        let scheme = Scheme::of(style.ecosystem());
        let text = text.trim();
        if text.contains(" - ") || text.len() > 1_000 {
            return None;
        }
        let mut sets = Vec::new();
        for alternative in text.split('|').filter(|part| !part.trim().is_empty()) {
            let mut set = Vec::new();
            let mut pending = String::new();
            for word in alternative.split([',', ' ']).filter(|word| !word.is_empty()) {
                // An operator may stand apart from its version.
                pending.push_str(word);
                if word.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '*') {
                    clause(style, scheme, &std::mem::take(&mut pending), &mut set)?;
                }
            }
            if !pending.is_empty() {
                return None;
            }
            sets.push(set);
        }
        (!sets.is_empty()).then_some(Self { scheme, sets })
    }

    fn admits(&self, version: &str) -> bool {
        let holds = |(bound, wanted): &(Bound, String)| {
            let order = self.scheme.compare(version, wanted);
            match bound {
                Bound::AtLeast => order != Ordering::Less,
                Bound::Above => order == Ordering::Greater,
                Bound::AtMost => order != Ordering::Greater,
                Bound::Below => order == Ordering::Less,
                Bound::Equal => order == Ordering::Equal,
                Bound::Unequal => order != Ordering::Equal,
            }
        };
        self.sets.iter().any(|set| set.iter().all(holds))
    }

    fn exact(&self) -> Option<&str> {
        match self.sets.as_slice() {
            [set] => match set.as_slice() {
                [(Bound::Equal, version)] => Some(version),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Adds what one clause stands for.
fn clause(style: Style, scheme: Scheme, word: &str, set: &mut Vec<(Bound, String)>) -> Option<()> {
    let rest = word.trim_start_matches(['^', '~', '=', '<', '>', '!']);
    let operator = &word[..word.len() - rest.len()];
    let rest = rest.split('@').next().unwrap_or(rest);
    let version = rest.strip_prefix('v').unwrap_or(rest);
    if matches!(version, "*" | "x") {
        return Some(());
    }
    let stem = version.strip_suffix(".*").or_else(|| version.strip_suffix(".x"));
    let shown = stem.unwrap_or(version);
    let list = numbers(shown);
    if list.is_empty() || !scheme.is_valid(shown) {
        return None;
    }
    let upto = |count: usize| {
        let mut list: Vec<u64> = list.iter().copied().chain(std::iter::repeat(0)).take(count.max(1)).collect();
        if let Some(last) = list.last_mut() {
            *last = last.saturating_add(1);
        }
        list.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
    };
    let mut between = |count: usize| {
        set.push((Bound::AtLeast, shown.to_owned()));
        set.push((Bound::Below, upto(count)));
    };
    if stem.is_some() {
        between(list.len());
        return matches!(operator, "" | "=" | "==").then_some(());
    }
    let bound = match operator {
        "^" => {
            let zeros = list.iter().take_while(|number| **number == 0).count();
            between((zeros + 1).min(list.len()));
            return Some(());
        }
        "~" if style == Style::Poetry => {
            between(list.len().min(2));
            return Some(());
        }
        "~" | "~=" => {
            between(list.len().saturating_sub(1).max(1));
            return Some(());
        }
        ">=" => Bound::AtLeast,
        ">" => Bound::Above,
        "<=" => Bound::AtMost,
        "<" => Bound::Below,
        "" | "=" | "==" => Bound::Equal,
        "!=" | "<>" => Bound::Unequal,
        _ => return None,
    };
    set.push((bound, shown.to_owned()));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_raised_in_their_own_manner() {
        for (style, old, version, new) in [
            (Style::Npm, "^4.17.4", "5.0.1", Some("^5.0.1")),
            (Style::Npm, "~4.17.4", "5.0.1", Some("~5.0.1")),
            (Style::Npm, "4.17.4", "4.17.21", Some("4.17.21")),
            (Style::Npm, "=4.17.4", "4.17.21", Some("=4.17.21")),
            (Style::Npm, "4.x", "5.0.1", Some("^5.0.1")),
            (Style::Npm, "^3 || ^4", "5.0.1", Some("^5.0.1")),
            (Style::Npm, "npm:other@^4.0.0", "5.0.1", Some("npm:other@^5.0.1")),
            (Style::Npm, "latest", "5.0.1", None),
            (Style::Npm, "github:o/r#v1", "5.0.1", None),
            (Style::Pep508, "==1.2.3", "1.2.9", Some("==1.2.9")),
            (Style::Pep508, "== 1.2.3", "1.2.9", Some("== 1.2.9")),
            (Style::Pep508, ">=1.0,<2.0", "2.3.1", Some(">=2.3.1,<3")),
            (Style::Pep508, ">=1.0, !=1.5, <2.0", "2.3.1", Some(">=2.3.1, <3, !=1.5")),
            (Style::Pep508, "~=1.2", "2.3.1", Some(">=2.3.1,<3")),
            (Style::Pep508, "~=1.2.0", "2.3.1", Some("~=2.3.1")),
            (Style::Pep508, "==1.2.*", "1.3.1", Some(">=1.3.1,<2")),
            (Style::Pep508, "<0.4", "0.5.2", Some(">=0.5.2,<0.6")),
            (Style::Poetry, "^1.2", "2.3.1", Some("^2.3.1")),
            (Style::Poetry, "~1.2", "2.3.1", Some("~2.3.1")),
            (Style::Poetry, "1.2.3", "1.2.9", Some("1.2.9")),
            (Style::Poetry, ">=1.2,<2", "2.3.1", Some("^2.3.1")),
            (Style::Cargo, "1.2", "2.0.1", Some("2.0.1")),
            (Style::Cargo, "=1.2.3", "1.2.4", Some("=1.2.4")),
            (Style::Cargo, ">=1, <2", "2.0.1", Some(">=2.0.1, <3")),
            (Style::Gem('"'), "~> 1.2", "2.3.4", Some("~> 2.3\", \">= 2.3.4")),
            (Style::Gem('\''), "~> 1.2.0", "2.3.4", Some("~> 2.3.4")),
            (Style::Gem('"'), "1.2.0", "2.3.4", Some("2.3.4")),
            (Style::Composer, "^1.2", "2.3.1", Some("^2.3.1")),
            (Style::Composer, "~1.2", "2.3.1", Some("^2.3.1")),
            (Style::Composer, "1.2.*", "2.3.1", Some("^2.3.1")),
            (Style::Composer, "dev-main", "2.3.1", None),
            (Style::Exact(Ecosystem::Maven), "1.2", "1.3", Some("1.3")),
            (Style::Exact(Ecosystem::Maven), "[1.0,2.0)", "2.3.1", None),
            (Style::Exact(Ecosystem::GitHubActions), "v1.2.3", "1.2.4", Some("v1.2.4")),
            (Style::Go, "v1.2.0", "v1.3.0", Some("v1.3.0")),
            (Style::Npm, "^1.0.0", "2.0.0\"; rm", None),
        ] {
            let raised = raise(style, old, version);
            assert_eq!(raised.as_deref(), new, "{style:?} {old} {version}");
            if let (Some(raised), false) = (raised, matches!(style, Style::Gem(_))) {
                assert_eq!(admits(style, &raised, version), Some(true), "{style:?} {raised}");
                // What is raised twice is the same.
                assert_eq!(raise(style, &raised, version).as_ref(), Some(&raised), "{style:?} {raised}");
            }
        }
    }

    #[test]
    fn ranges_of_poetry_and_composer() {
        for (style, range, inside, outside) in [
            (Style::Poetry, "^1.2.3", "1.9", "2.0"),
            (Style::Poetry, "^0.2.3", "0.2.9", "0.3"),
            (Style::Poetry, "^0.0.3", "0.0.3", "0.0.4"),
            (Style::Poetry, "~1.2", "1.2.9", "1.3"),
            (Style::Poetry, "~1", "1.9", "2.0"),
            (Style::Poetry, "1.2.*", "1.2.9", "1.3"),
            (Style::Poetry, ">=1.2,<2.0 || ^3.0", "3.1", "2.1"),
            (Style::Poetry, "1.2.3", "1.2.3", "1.2.4"),
            (Style::Composer, "~1.2", "1.9", "2.0"),
            (Style::Composer, "~1.2.3", "1.2.9", "1.3.0"),
            (Style::Composer, "^1.2 | ^2.0", "2.4", "3.0"),
            (Style::Composer, ">=1.2 <1.5", "1.4", "1.5"),
            (Style::Composer, ">= 1.2", "1.4", "1.1"),
        ] {
            assert_eq!(admits(style, range, inside), Some(true), "{range} {inside}");
            assert_eq!(admits(style, range, outside), Some(false), "{range} {outside}");
        }
        for range in ["dev-main", "1.0 - 2.0", "", "^"] {
            assert_eq!(admits(Style::Composer, range, "1.0"), None, "{range}");
        }
        assert!(is_compatible("1.2", "1.9") && is_compatible("0.2.1", "0.2.9"));
        assert!(!is_compatible("0.2.1", "0.3") && !is_compatible("1.2", "2") && !is_compatible("x", "x"));
    }
}
