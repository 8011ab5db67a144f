//! What `pnpm-lock.yaml`, `yarn.lock` and `bun.lock` have in common: packages found under keys, edges between keys, and
//! roots that come from `package.json` files.

use rustc_hash::FxHashMap;

use super::json::Value;
use super::{Siblings, origin, package_json, place};
use crate::base::{Location, SourceFile};
use crate::package::{Ecosystem, Graph, License, Package, PackageSource, Scope};

/// Packages by key while a file is read.
#[derive(Default)]
pub(super) struct Nodes {
    pub(super) packages: Vec<Package>,
    by_key: FxHashMap<String, usize>,
    edges: Vec<(usize, usize)>,
    roots: Vec<(usize, Option<Scope>)>,
}

impl Nodes {
    /// Adds a package; further keys may point to it.
    pub(super) fn add(&mut self, package: Package) -> usize {
        self.packages.push(package);
        self.packages.len() - 1
    }

    pub(super) fn name(&mut self, key: impl Into<String>, node: usize) {
        self.by_key.entry(key.into()).or_insert(node);
    }

    pub(super) fn get(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    pub(super) fn connect(&mut self, from: usize, to: usize) {
        self.edges.push((from, to));
    }

    /// The project itself asks for `node`.
    pub(super) fn root(&mut self, node: usize, scope: Scope, requirement: Option<&str>, declared: Option<Location>) {
        self.roots.push((node, Some(scope)));
        if let Some(package) = self.packages.get_mut(node)
            && package.declared.is_none()
        {
            package.requirement = requirement.map(origin::without_credentials);
            package.declared = declared;
        }
    }

    /// The packages with what the graph tells about them.
    pub(super) fn finish(mut self) -> Vec<Package> {
        let mut graph = Graph::new(self.packages.len());
        for (from, to) in self.edges {
            graph.connect(from, to);
        }
        graph.annotate(&mut self.packages, &self.roots);
        self.packages
    }
}

/// Some lockfiles leave out which peers a package wants: there, that nothing needs a package is not known.
pub(super) fn without_peers(packages: &mut [Package]) {
    for package in packages.iter_mut().filter(|package| package.dependents == Some(0)) {
        package.dependents = None;
    }
}

/// A package of a name and what stands behind its `@`: a version, or a URL.
pub(super) fn package(name: &str, version: &str, location: Location) -> Package {
    let new = |version: Option<&str>| Package::new(Ecosystem::Npm, name, version.map(str::to_owned), location);
    let version = version.strip_prefix("npm:").unwrap_or(version);
    let clean = origin::without_credentials(version);
    if origin::is_git(version) {
        return Package { source: PackageSource::Git(clean), ..new(None) };
    }
    if let Some(path) = version.strip_prefix("file:") {
        return Package { source: PackageSource::Path(path.to_owned()), ..new(None) };
    }
    if version.contains("://") {
        return Package { source: PackageSource::Url(clean), ..new(None) };
    }
    new(Some(version))
}

/// `name@rest`, the name with its scope.
pub(super) fn split(key: &str) -> Option<(&str, &str)> {
    let at = key.get(1..)?.find('@')? + 1;
    Some((&key[..at], &key[at + 1..]))
}

/// Whether the version means a folder of the project.
pub(super) fn is_own(version: &str) -> bool {
    ["link:", "workspace:", "portal:", "root:"].iter().any(|start| version.starts_with(start))
}

/// What the manifest in `folder` (seen from the lockfile) asks for.
pub(super) fn manifest(file: &SourceFile, folder: &str, siblings: Siblings<'_>) -> Vec<package_json::Wanted> {
    let path = place::join(place::folder(file.path()), folder).and_then(|folder| place::join(&folder, "package.json"));
    path.and_then(|path| siblings(&path)).map(|manifest| package_json::read(&manifest).0).unwrap_or_default()
}

/// The licence that a `package.json`, or npm's copy of it in a lockfile, states: a text, or an object or a list of
/// objects in old ones.
pub(super) fn license(value: &Value<'_>) -> Option<License> {
    if let Some(license) = value.get("license") {
        if let Some(text) = license.str().or_else(|| license.text("type")) {
            return License::parse(text);
        }
        return License::any_of(license.array().iter().filter_map(|one| one.str().or_else(|| one.text("type"))));
    }
    let several = value.get("licenses").map_or(&[][..], Value::array);
    License::any_of(several.iter().filter_map(|one| one.str().or_else(|| one.text("type"))))
}
