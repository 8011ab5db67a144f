//! What the small formats have in common: an entry of a name and a version, found at a place.

use super::json::{self, Value};
use super::{Extract, origin, package_json, place};
use crate::base::{Problem, SourceFile};
use crate::package::{Ecosystem, Package, Scope};

/// A package at a byte of the file.
pub(super) fn at(file: &SourceFile, ecosystem: Ecosystem, name: &str, version: Option<&str>, start: usize) -> Package {
    let version = version.map(str::trim).filter(|version| !version.is_empty()).map(str::to_owned);
    Package::new(ecosystem, name, version, place::rest_of_line(file, start))
}

/// The project asks for it itself.
pub(super) fn direct(mut package: Package, scope: Scope, requirement: Option<&str>) -> Package {
    package.direct = true;
    package.scope = scope;
    package.requirement = requirement.map(origin::without_credentials);
    package.declared = Some(package.location.clone());
    package.path = vec![package.label()];
    package
}

/// A JSON file, and what is wrong with it.
pub(super) fn json<'a>(file: &'a SourceFile, hint: &str) -> (Value<'a>, Extract) {
    let (root, broken) = json::parse(file.text());
    let problems: Vec<Problem> = broken.map(|broken| package_json::syntax(file, &broken, hint)).into_iter().collect();
    (root, Extract { packages: Vec::new(), problems })
}

/// An entry that is no package.
pub(super) fn broken(file: &SourceFile, start: usize, what: &str, hint: &str) -> Problem {
    let shown: String = origin::without_credentials(what).chars().take(80).collect();
    let message = format!("`{shown}` in `{}` has no usable name and version", file.path());
    let place = Some(place::rest_of_line(file, start));
    Problem::incomplete(crate::base::ProblemKind::Syntax, place, message).hint(hint)
}

/// Lines with the offset of their first character that is no space.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        (start, line.trim())
    })
}
