//! `Cargo.lock`, versions 1 to 4 (<https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>).
//!
//! Read from the recovering TOML reader rather than by the crate `cargo-lock`, which gives up at the first broken entry
//! and knows no lines; the tests hold both to the same result. Packages without a source are the project's own.

mod plain;

use rustc_hash::FxHashMap;

use super::cargo_manifest::{self, Manifest, Wanted};
use super::toml_tree::{Document, Node};
use super::{Extract, LockfileParser, Siblings, origin, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, Graph, Hash, Package, PackageSource, Scope};
use crate::version::Requirement;

const HINT: &str = "write it anew with `cargo generate-lockfile`, or undo the edit";

/// Reads `Cargo.lock`.
pub(super) struct CargoLock;

/// One `[[package]]`.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'d> {
    name: &'d str,
    version: &'d str,
    source: Option<&'d str>,
    dependencies: Vec<&'d str>,
    location: Location,
    checksum: Option<&'d str>,
}

impl LockfileParser for CargoLock {
    fn name(&self) -> &'static str {
        "Cargo.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "Cargo.lock"
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let mut extract = Extract::default();
        let document;
        let (entries, format) = if let Some(read) = plain::read(file) {
            read
        } else {
            document = Document::read(file, HINT);
            let entries = entries(file, &document, &mut extract.problems);
            extract.problems.extend(document.problems.iter().cloned());
            (entries, document.root().get("version").and_then(Node::integer))
        };
        if let Some(version) = format
            && version > 4
        {
            let message = format!("`{}` has version {version}; versions up to 4 are known", file.path());
            let location = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unsupported, location, message));
        }
        // Node numbers: packages first, the project's own are roots and have none.
        let mut nodes = vec![None; entries.len()];
        for (at, entry) in entries.iter().enumerate() {
            if let Some(source) = entry.source {
                nodes[at] = Some(extract.packages.len());
                extract.packages.push(package(entry, source));
            }
        }
        let names = by_name(&entries);
        let own: Vec<&str> = entries.iter().filter(|entry| entry.source.is_none()).map(|entry| entry.name).collect();
        let manifests = cargo_manifest::of_lockfile(file.path(), &own, siblings);
        let mut graph = Graph::new(extract.packages.len());
        let mut roots = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let targets = entry.dependencies.iter().filter_map(|dependency| resolve(&names, &entries, dependency));
            let targets = targets.filter_map(|target| Some((target, nodes[target]?)));
            if let Some(from) = nodes[at] {
                targets.for_each(|(_, to)| graph.connect(from, to));
                continue;
            }
            let manifest = manifests.iter().find(|manifest| manifest.name.as_deref() == Some(entry.name));
            for (target, to) in targets {
                let wanted = wanted(manifest, &entries[target]);
                // Without its manifest a package of the project counts as wanting everything at run time.
                roots.push((to, Some(wanted.map_or(Scope::Runtime, |wanted| wanted.scope))));
                if let Some(wanted) = wanted
                    && extract.packages[to].declared.is_none()
                {
                    extract.packages[to].requirement.clone_from(&wanted.requirement);
                    extract.packages[to].declared = Some(wanted.location.clone());
                }
            }
        }
        graph.annotate(&mut extract.packages, &roots);
        extract
    }
}

fn entries<'d>(file: &SourceFile, document: &'d Document<'_>, problems: &mut Vec<Problem>) -> Vec<Entry<'d>> {
    let root = document.root();
    // Version 1 keeps the checksums in a table of their own.
    let metadata = root.get("metadata");
    let checksum = |name: &str, version: &str, source: Option<&str>| {
        let key = format!("checksum {name} {version} ({})", source.unwrap_or(""));
        metadata.and_then(|table| table.text(&key)).filter(|sum| *sum != "<none>")
    };
    let mut entries = Vec::new();
    for key in ["root", "package"] {
        let nodes = match (key, root.get(key)) {
            ("root", Some(node)) => vec![node],
            (_, node) => node.map(Node::elements).unwrap_or_default(),
        };
        for node in nodes {
            let location = place::rest_of_line(file, node.start);
            let (Some(name), Some(version)) = (node.text("name"), node.text("version")) else {
                let message = format!("an entry of `{}` has no name or no version", file.path());
                problems.push(Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(HINT));
                continue;
            };
            let source = node.text("source");
            let dependencies = node.get("dependencies").map(Node::elements).unwrap_or_default();
            entries.push(Entry {
                name,
                version,
                source,
                dependencies: dependencies.into_iter().filter_map(Node::str).collect(),
                location,
                checksum: node.text("checksum").or_else(|| checksum(name, version, source)),
            });
        }
    }
    entries
}

fn package(entry: &Entry<'_>, source: &str) -> Package {
    let mut package =
        Package::new(Ecosystem::CratesIo, entry.name, Some(entry.version.to_owned()), entry.location.clone());
    package.integrity = entry.checksum.is_some();
    package.hashes = entry.checksum.and_then(|sum| Hash::hex(Algorithm::Sha256, sum)).into_iter().collect();
    package.source = match source.split_once('+') {
        Some(("git", url)) => PackageSource::Git(origin::without_credentials(url)),
        Some(("path", url)) => PackageSource::Path(url.trim_start_matches("file://").to_owned()),
        Some((_, url)) => origin::index(Ecosystem::CratesIo, url),
        None => origin::index(Ecosystem::CratesIo, source),
    };
    package
}

fn by_name<'d>(entries: &[Entry<'d>]) -> FxHashMap<&'d str, Vec<usize>> {
    let mut names: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (at, entry) in entries.iter().enumerate() {
        names.entry(entry.name).or_default().push(at);
    }
    names
}

/// The entry that `name`, `name version` or `name version (source)` means.
fn resolve(names: &FxHashMap<&str, Vec<usize>>, entries: &[Entry<'_>], dependency: &str) -> Option<usize> {
    let mut parts = dependency.splitn(3, ' ');
    let candidates = names.get(parts.next()?)?;
    let version = parts.next();
    let source = parts.next().map(|source| source.trim_matches(['(', ')']));
    /// Versions of one crate that are looked at.
    const MOST: usize = 1_000;
    candidates.iter().copied().take(MOST).find(|at| {
        let entry = &entries[*at];
        version.is_none_or(|version| entry.version == version)
            && source.is_none_or(|source| {
                entry.source.is_some_and(|own| own == source || own.split('#').next() == Some(source))
            })
    })
}

/// The entry of the manifest that asks for this package, run-time ones first.
fn wanted<'m>(manifest: Option<&'m Manifest>, entry: &Entry<'_>) -> Option<&'m Wanted> {
    let named =
        || manifest.into_iter().flat_map(|manifest| &manifest.wanted).filter(|wanted| wanted.name == entry.name);
    let satisfied = |wanted: &&Wanted| {
        wanted.requirement.as_deref().is_none_or(|text| {
            Requirement::parse(Ecosystem::CratesIo, text).is_none_or(|requirement| requirement.matches(entry.version))
        })
    };
    named().filter(satisfied).min_by_key(|wanted| wanted.scope).or_else(|| named().min_by_key(|wanted| wanted.scope))
}
