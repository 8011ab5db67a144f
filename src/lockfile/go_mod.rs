//! `go.mod` (<https://go.dev/ref/mod#go-mod-file>). Since Go 1.17 it lists every module that is needed, the indirect ones
//! marked by a comment; before, indirect ones are missing and that is told. `go.sum` holds hashes of modules that need
//! not be built in, so it only answers whether content is pinned.

use rustc_hash::{FxHashMap, FxHashSet};

use super::toml_tree::beside;
use super::{Extract, LockfileParser, Siblings, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, PackageSource};
use crate::version::Scheme;

/// Reads `go.mod`.
pub(super) struct GoMod;

/// A replacement: the version that is replaced (`None` for all), and by what.
type Replacement<'t> = (Option<&'t str>, &'t str, Option<&'t str>);

impl LockfileParser for GoMod {
    fn name(&self) -> &'static str {
        "go.mod"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "go.mod"
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let sums = beside(file.path(), "go.sum", siblings);
        let hashed: FxHashSet<(&str, &str)> =
            sums.iter().flat_map(|sums| sums.text().lines()).filter_map(sum).collect();
        let mut extract = Extract::default();
        let mut replaced: FxHashMap<&str, Replacement<'_>> = FxHashMap::default();
        let mut required = Vec::new();
        let mut go = "";
        for (directive, rest, line) in directives(file) {
            let (code, comment) = rest.split_once("//").map_or((rest, ""), |(code, comment)| (code, comment));
            let words: Vec<&str> = code.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
            match (directive, words.as_slice()) {
                ("go", [version]) => go = version,
                ("require", [module, version]) if Scheme::SemVer.is_valid(version) => {
                    required.push((*module, *version, comment.trim().starts_with("indirect"), line));
                }
                ("require", _) => {
                    let message = format!("`{}` is no requirement of `go.mod`", code.trim());
                    let hint = "write `require module v1.2.3`, or run `go mod tidy`";
                    extract.problems.push(Problem::incomplete(ProblemKind::Syntax, Some(line), message).hint(hint));
                }
                ("replace", [module, "=>", target]) => _ = replaced.insert(module, (None, target, None)),
                ("replace", [module, "=>", target, version]) => {
                    _ = replaced.insert(module, (None, target, Some(version)));
                }
                ("replace", [module, old, "=>", target, rest @ ..]) => {
                    replaced.insert(module, (Some(old), target, rest.first().copied()));
                }
                _ => {}
            }
        }
        for (module, version, indirect, location) in required {
            let replacement = replaced.get(module).filter(|(old, ..)| old.is_none_or(|old| old == version));
            let (name, actual) = match replacement {
                // A folder of the project.
                Some((_, _, None)) => continue,
                Some((_, target, Some(actual))) => (*target, *actual),
                None => (module, version),
            };
            let mut package = Package::new(Ecosystem::Go, name, Some(actual.to_owned()), location.clone());
            package.requirement = Some(version.to_owned());
            package.direct = !indirect;
            package.integrity = hashed.contains(&(name, actual));
            package.source = PackageSource::Registry;
            if package.direct {
                package.declared = Some(location);
                package.path = vec![package.label()];
            }
            extract.packages.push(package);
        }
        if !extract.packages.is_empty() && Scheme::SemVer.compare(go, "1.17").is_lt() {
            let message = format!("`{}` is older than Go 1.17 and does not list indirect modules", file.path());
            let hint = "run `go mod tidy -go=1.17` or later";
            let location = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unresolved, location, message).hint(hint));
        }
        extract
    }
}

/// Each directive with what follows it; blocks in parentheses are unfolded.
fn directives(file: &SourceFile) -> Vec<(&str, &str, Location)> {
    let mut all = Vec::new();
    let mut block: Option<&str> = None;
    let mut offset = 0;
    for raw in file.text().split_inclusive('\n') {
        let start = offset + raw.len() - raw.trim_start().len();
        offset += raw.len();
        let text = raw.trim();
        if text.is_empty() || text.starts_with("//") {
            continue;
        }
        if let Some(directive) = block {
            if text.starts_with(')') {
                block = None;
            } else {
                all.push((directive, text, place::rest_of_line(file, start)));
            }
            continue;
        }
        let (directive, rest) = text.split_at(text.find([' ', '\t', '(']).unwrap_or(text.len()));
        match rest.trim_start().strip_prefix('(') {
            Some(_) => block = Some(directive),
            None => all.push((directive, rest, place::rest_of_line(file, start))),
        }
    }
    all
}

/// Module and version of a line of `go.sum` that pins the module's content.
fn sum(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    let (module, version) = (words.next()?, words.next()?);
    (!version.ends_with("/go.mod")).then_some((module, version))
}
