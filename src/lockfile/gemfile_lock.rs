//! `Gemfile.lock` and `gems.locked` (<https://bundler.io/guides/rationale.html>). Read by indentation, which Bundler
//! always writes the same way. Groups stand only in the `Gemfile` beside it, which is Ruby code: what its literal lines say
//! is used, and every other gem counts as needed at run time.

use rustc_hash::FxHashMap;

use super::toml_tree::beside;
use super::{Extract, LockfileParser, Siblings, gemfile, origin, place};
use crate::base::{Problem, ProblemKind, SourceFile};
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, Graph, Hash, Package, PackageSource, Scope};

/// Variants of one gem that are looked at.
const MOST: usize = 100;

/// Reads Bundler's lockfile.
pub(super) struct GemfileLock;

impl LockfileParser for GemfileLock {
    fn name(&self) -> &'static str {
        "Gemfile.lock"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "Gemfile.lock" | "gems.locked")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let mut extract = Extract::default();
        let mut section = "";
        let mut source = PackageSource::Registry;
        let mut nodes: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        let mut needs: Vec<(usize, &str)> = Vec::new();
        let mut wanted: Vec<(&str, &str)> = Vec::new();
        let mut hashed: FxHashMap<(&str, &str), &str> = FxHashMap::default();
        let mut skipped = false;
        let mut offset = 0;
        for raw in file.text().split_inclusive('\n') {
            let line = raw.trim_end();
            let text = line.trim_start();
            let indent = line.len() - text.len();
            let start = offset + indent;
            offset += raw.len();
            match (indent, section) {
                _ if text.is_empty() => {}
                (0, _) => {
                    section = text;
                    source = PackageSource::Registry;
                    if text.starts_with(['<', '=', '>']) {
                        let message = format!("`{}` holds an unresolved merge conflict", file.path());
                        let location = Some(place::rest_of_line(file, start));
                        let hint = "resolve it and run `bundle lock`";
                        extract.problems.push(Problem::incomplete(ProblemKind::Syntax, location, message).hint(hint));
                    }
                }
                (2, "GEM" | "GIT" | "PATH") => {
                    if let Some(url) = text.strip_prefix("remote: ") {
                        source = match section {
                            "GIT" => PackageSource::Git(origin::without_credentials(url)),
                            "PATH" => PackageSource::Path(url.to_owned()),
                            _ => origin::index(Ecosystem::RubyGems, url),
                        };
                    }
                }
                (4, "GEM" | "GIT" | "PATH") => {
                    skipped = section == "PATH";
                    let location = place::rest_of_line(file, start);
                    match gem(text) {
                        Some((name, Some(version))) if !skipped => {
                            let mut package =
                                Package::new(Ecosystem::RubyGems, name, Some(plain(version).to_owned()), location);
                            package.source = source.clone();
                            nodes.entry(name).or_default().push(extract.packages.len());
                            extract.packages.push(package);
                        }
                        Some((_, Some(_))) => {}
                        _ => {
                            skipped = true;
                            let message = format!("`{text}` is no gem with a version");
                            let problem = Problem::incomplete(ProblemKind::Syntax, Some(location), message);
                            extract.problems.push(problem.hint("write the file anew with `bundle lock`"));
                        }
                    }
                }
                (6, "GEM" | "GIT") if !skipped => {
                    let last = extract.packages.len().checked_sub(1);
                    needs.extend(last.zip(gem(text).map(|(name, _)| name)));
                }
                // What the project's own gems need is wanted directly.
                (6, "PATH") => wanted.extend(gem(text).map(|(name, range)| (name, range.unwrap_or("")))),
                (2, "DEPENDENCIES") => {
                    let text = text.trim_end_matches('!');
                    wanted.extend(gem(text).map(|(name, range)| (name, range.unwrap_or(""))));
                }
                (2, "CHECKSUMS") if text.contains(" sha256=") => {
                    let digits = text.split_once(" sha256=").map_or("", |(_, digits)| digits);
                    hashed.extend(gem(text).and_then(|(name, version)| Some(((name, version?), digits))));
                }
                _ => {}
            }
        }
        for package in &mut extract.packages {
            let version = package.version.as_deref().unwrap_or("");
            let digits = hashed.get(&(package.name.as_str(), version)).copied();
            package.integrity = digits.is_some();
            package.hashes = digits.and_then(|digits| Hash::hex(Algorithm::Sha256, digits)).into_iter().collect();
        }
        let mut graph = Graph::new(extract.packages.len());
        for (from, name) in needs {
            nodes.get(name).into_iter().flatten().take(MOST).for_each(|to| graph.connect(from, *to));
        }
        let mut roots = Vec::new();
        let manifest = if place::file_name(file.path()) == "gems.locked" { "gems.rb" } else { "Gemfile" };
        let declared = beside(file.path(), manifest, siblings).map(|file| gemfile::wanted(&file)).unwrap_or_default();
        for (name, range) in wanted {
            // Without its literal line in the manifest a gem counts as needed at run time.
            let lines = || declared.iter().filter(|package| package.name == name);
            let scope = lines().map(|package| package.scope).min().unwrap_or(Scope::Runtime);
            for node in nodes.get(name).into_iter().flatten().take(MOST) {
                roots.push((*node, Some(scope)));
                extract.packages[*node].declared = lines().next().map(|package| package.location.clone());
                extract.packages[*node].requirement = Some(range.to_owned()).filter(|range| !range.is_empty());
            }
        }
        graph.annotate(&mut extract.packages, &roots);
        extract
    }
}

/// `name (what)`.
fn gem(text: &str) -> Option<(&str, Option<&str>)> {
    let Some((name, rest)) = text.split_once(" (") else {
        return (!text.is_empty() && !text.contains(' ')).then_some((text, None));
    };
    Some((name, Some(rest.split(')').next().unwrap_or(rest))))
}

/// The version without its platform: `1.15.0-x86_64-linux`.
fn plain(version: &str) -> &str {
    version.split('-').next().unwrap_or(version)
}
