//! `yarn.lock` of yarn 1 (<https://classic.yarnpkg.com/en/docs/yarn-lock/>) and of yarn 2 and later. Both are read line by
//! line by their indentation, which yarn itself always writes the same way; comments and `__metadata` say nothing.

use super::npm_graph::{self, Nodes};
use super::{Extract, LockfileParser, Siblings, origin, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, Hash, PackageSource};

/// Reads yarn's lockfile.
pub(super) struct YarnLock;

/// One entry: the wanted descriptors (`name@range`) and what they resolve to.
#[derive(Default)]
struct Entry<'t> {
    descriptors: Vec<&'t str>,
    location: Option<Location>,
    version: Option<&'t str>,
    /// The archive's URL (yarn 1).
    resolved: Option<&'t str>,
    /// `name@npm:1.0.0` (yarn 2).
    resolution: Option<&'t str>,
    hashed: bool,
    hashes: Vec<Hash>,
    dependencies: Vec<(&'t str, &'t str)>,
}

impl LockfileParser for YarnLock {
    fn name(&self) -> &'static str {
        "yarn.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "yarn.lock" && !path.split('/').any(|part| part == "node_modules")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let hint = "write it anew with `yarn install`";
        let mut problems = Vec::new();
        let entries = read(file, &mut problems);
        let mut nodes = Nodes::default();
        let mut added = Vec::new();
        let mut folders = vec![String::new()];
        for entry in &entries {
            let location = entry.location.clone().unwrap_or_else(|| Location::file(file.path()));
            let Some((first, range)) = entry.descriptors.first().and_then(|first| npm_graph::split(first)) else {
                continue;
            };
            // Yarn 2 names the package in `resolution`, yarn 1 in the descriptor of an alias.
            let resolution = entry.resolution.and_then(npm_graph::split);
            if let Some(own) = resolution.and_then(|(_, rest)| rest.strip_prefix("workspace:")) {
                folders.push(own.to_owned());
                continue;
            }
            if npm_graph::is_own(range) {
                continue;
            }
            let alias = range.strip_prefix("npm:").and_then(npm_graph::split).map(|(name, _)| name);
            let name = resolution.map(|(name, _)| name).or(alias).unwrap_or(first);
            let Some(version) = entry.version else {
                let message = format!("`{name}` has no version in `{}`", file.path());
                problems.push(Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(hint));
                continue;
            };
            let mut package = npm_graph::package(name, version, location);
            package.integrity = entry.hashed;
            package.hashes.clone_from(&entry.hashes);
            let reference = resolution.map_or(entry.resolved, |(_, rest)| Some(rest));
            package.source = source(reference, &package.name);
            let node = nodes.add(package);
            entry.descriptors.iter().for_each(|descriptor| nodes.name(*descriptor, node));
            added.push((node, entry));
        }
        for (from, entry) in added {
            for (name, range) in &entry.dependencies {
                if let Some(to) = find(&nodes, name, range) {
                    nodes.connect(from, to);
                }
            }
        }
        folders.dedup();
        for folder in folders {
            for wanted in npm_graph::manifest(file, &folder, siblings) {
                if let Some(node) = find(&nodes, &wanted.alias, &wanted.specifier) {
                    nodes.root(node, wanted.scope, Some(&wanted.specifier), Some(wanted.location));
                }
            }
        }
        let mut packages = nodes.finish();
        npm_graph::without_peers(&mut packages);
        Extract { packages, problems }
    }
}

/// The entry for `name@range`; yarn 2 writes `name@npm:range`.
fn find(nodes: &Nodes, name: &str, range: &str) -> Option<usize> {
    nodes.get(&format!("{name}@{range}")).or_else(|| nodes.get(&format!("{name}@npm:{range}")))
}

fn source(reference: Option<&str>, name: &str) -> PackageSource {
    let Some(url) = reference else { return PackageSource::Registry };
    if url.starts_with("npm:") || origin::is_own_registry(Ecosystem::Npm, url) {
        return PackageSource::Registry;
    }
    let clean = origin::without_credentials(url);
    if origin::is_git(url) {
        return PackageSource::Git(clean);
    }
    match (clean.split_once("/-/"), clean.contains("://")) {
        (Some((before, _)), true) => PackageSource::Index(before.strip_suffix(name).unwrap_or(before).to_owned()),
        (_, true) => PackageSource::Url(clean),
        _ => PackageSource::Path(clean),
    }
}

fn read<'t>(file: &'t SourceFile, problems: &mut Vec<Problem>) -> Vec<Entry<'t>> {
    let mut entries: Vec<Entry<'t>> = Vec::new();
    let mut in_list = false;
    let mut offset = 0;
    for raw in file.text().split_inclusive('\n') {
        let start = offset;
        offset += raw.len();
        let text = raw.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match raw.len() - raw.trim_start_matches(' ').len() {
            0 => {
                in_list = false;
                let location = Some(place::rest_of_line(file, start));
                if let Some(header) = text.strip_suffix(':') {
                    entries.push(Entry { descriptors: descriptors(header), location, ..Entry::default() });
                } else {
                    let message = format!("`{}` is broken: expected an entry that ends in `:`", file.path());
                    let problem = Problem::incomplete(ProblemKind::Syntax, location, message);
                    problems.push(problem.hint("write it anew with `yarn install`"));
                }
            }
            1..4 => {
                let (key, value) = key_value(text);
                in_list = matches!(key, "dependencies" | "optionalDependencies");
                let Some(entry) = entries.last_mut() else { continue };
                match key {
                    "version" => entry.version = Some(value),
                    "resolved" => entry.resolved = Some(value),
                    "resolution" => entry.resolution = Some(value),
                    "integrity" => {
                        entry.hashed = true;
                        entry.hashes = Hash::integrity(value);
                    }
                    // Of the archive that yarn packs anew, not of the published one.
                    "checksum" => entry.hashed = true,
                    _ => {}
                }
                // Yarn 1 keeps a hash behind the URL where there is no `integrity`.
                if key == "resolved" && value.contains('#') && !origin::is_git(value) {
                    entry.hashed = true;
                    let digits = value.rsplit_once('#').map_or("", |(_, digits)| digits);
                    entry.hashes.extend(Hash::hex(Algorithm::Sha1, digits));
                }
            }
            _ if in_list => {
                if let Some(entry) = entries.last_mut() {
                    entry.dependencies.push(key_value(text));
                }
            }
            _ => {}
        }
    }
    entries.retain(|entry| entry.descriptors.first() != Some(&"__metadata"));
    entries
}

/// `"a@^1", a@2` (yarn 1) or `"a@npm:^1, a@npm:2"` (yarn 2).
fn descriptors(header: &str) -> Vec<&str> {
    header.split(", ").map(|descriptor| descriptor.trim().trim_matches('"')).filter(|text| !text.is_empty()).collect()
}

/// `key "value"`, `"key" value`, `key: value`, `"key": "value"`.
fn key_value(text: &str) -> (&str, &str) {
    let (key, value) = match text.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((key, value)) => (key, value),
        None => text.split_at(text.find([' ', ':']).unwrap_or(text.len())),
    };
    (key, value.trim_start_matches([':', ' ']).trim_matches('"'))
}
