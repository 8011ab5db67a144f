//! `package-lock.json` and `npm-shrinkwrap.json`, lockfile versions 1 to 3
//! (described in npm's documentation, "package-lock.json").
//!
//! Dependencies are resolved as node does it: the nearest `node_modules` upwards. Left out: `overrides` and hidden
//! lockfiles inside `node_modules`.

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::json::{self, Value};
use super::package_json::{self, Wanted, split_alias};
use super::{Extract, LockfileParser, Siblings, npm_graph, origin, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Graph, Hash, Package, PackageSource, Scope};

/// Folders above an entry that are searched at most.
const HIGHEST: usize = 128;

/// Reads npm's lockfiles.
pub(super) struct PackageLock;

/// One installed package.
struct Entry<'v, 'a> {
    /// The folder it is installed in.
    folder: String,
    start: usize,
    value: &'v Value<'a>,
}

impl LockfileParser for PackageLock {
    fn name(&self) -> &'static str {
        "package-lock.json"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "package-lock.json" | "npm-shrinkwrap.json")
            && !path.split('/').any(|part| part == "node_modules")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let mut extract = Extract::default();
        let (root, broken) = json::parse(file.text());
        let hint = "write it anew with `npm install --package-lock-only`";
        extract.problems.extend(broken.map(|broken| package_json::syntax(file, &broken, hint)));
        let modern = root.get("packages").is_some();
        if !modern && root.get("dependencies").is_none() && root.get("lockfileVersion").is_none() {
            let message = format!("`{}` is no npm lockfile: it has neither `packages` nor `dependencies`", file.path());
            let location = Some(Location::file(file.path()));
            extract.problems.push(Problem::incomplete(ProblemKind::Syntax, location, message).hint(hint));
            return extract;
        }
        let entries = if modern { modern_entries(&root) } else { old_entries(&root) };
        let mut graph = Graph::new(entries.len());
        let mut nodes = FxHashMap::with_capacity_and_hasher(entries.len(), FxBuildHasher);
        extract.packages.reserve(entries.len());
        for entry in &entries {
            match package(file, entry) {
                Ok(package) => {
                    nodes.insert(entry.folder.as_str(), extract.packages.len());
                    extract.packages.push(package);
                }
                Err(Some(problem)) => extract.problems.push(problem),
                Err(None) => {}
            }
        }
        for entry in &entries {
            let Some(from) = nodes.get(entry.folder.as_str()) else { continue };
            for name in dependencies(entry.value, modern) {
                if let Some(to) = resolve(&nodes, &entry.folder, name) {
                    graph.connect(*from, to);
                }
            }
        }
        let mut roots = direct(file, siblings, &root, modern, &nodes, &mut extract.packages);
        // Version 1 lists the project's own folders among the packages.
        for entry in entries.iter().filter(|entry| !modern && is_folder(entry.value)) {
            let wanted = dependencies(entry.value, modern).filter_map(|name| resolve(&nodes, &entry.folder, name));
            roots.extend(wanted.map(|node| (node, None)));
        }
        graph.annotate(&mut extract.packages, &roots);
        if !modern {
            npm_graph::without_peers(&mut extract.packages);
        }
        extract
    }
}

/// Version 2 and 3: one flat map from folder to package.
fn modern_entries<'v, 'a>(root: &'v Value<'a>) -> Vec<Entry<'v, 'a>> {
    let entry = |member: &'v json::Member<'a>| Entry {
        folder: member.key.to_string(),
        start: member.start,
        value: &member.value,
    };
    root.members("packages").iter().map(entry).collect()
}

/// Version 1: packages nested as they are installed.
fn old_entries<'v, 'a>(root: &'v Value<'a>) -> Vec<Entry<'v, 'a>> {
    let mut entries = Vec::new();
    // Each level goes onto the stack in reverse, so that entries come out in file order.
    let mut stack: Vec<(String, &'v json::Member<'a>)> =
        root.members("dependencies").iter().rev().map(|member| (String::new(), member)).collect();
    while let Some((above, member)) = stack.pop() {
        let folder = installed_in(&above, &member.key);
        let inner = member.value.members("dependencies").iter().rev();
        if folder.len() <= place::LONGEST_PATH {
            stack.extend(inner.map(|inner| (folder.clone(), inner)));
        }
        entries.push(Entry { folder, start: member.start, value: &member.value });
    }
    entries
}

fn installed_in(folder: &str, name: &str) -> String {
    if folder.is_empty() { format!("node_modules/{name}") } else { format!("{folder}/node_modules/{name}") }
}

/// The package of an entry; `Err(None)` for the project's own.
fn package(file: &SourceFile, entry: &Entry<'_, '_>) -> Result<Package, Option<Problem>> {
    let value = entry.value;
    let Some((_, installed)) = entry.folder.rsplit_once("node_modules/") else { return Err(None) };
    if value.flag("link") {
        return Err(None);
    }
    let location = place::rest_of_line(file, entry.start);
    let Some(version) = value.text("version") else {
        if value.text("resolved").is_some_and(origin::is_git) || value.flag("inBundle") {
            return Ok(described(
                value,
                Package::new(Ecosystem::Npm, installed, None, location),
                value.text("resolved"),
            ));
        }
        let message = format!("`{installed}` has no version in `{}`", file.path());
        let hint = "write the lockfile anew with `npm install --package-lock-only`";
        return Err(Some(Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(hint)));
    };
    let resolved = value.text("resolved");
    if let Some(alias) = version.strip_prefix("npm:") {
        let (name, version) = split_alias(alias);
        let package = Package::new(Ecosystem::Npm, name, Some(version.to_owned()), location);
        return Ok(described(value, package, resolved));
    }
    if is_folder(value) {
        return Err(None);
    }
    let name = value.text("name").unwrap_or(installed);
    // Version 1 writes the URL in place of the version of what is in no registry.
    if version.contains(':') || version.contains('/') {
        return Ok(described(value, Package::new(Ecosystem::Npm, name, None, location), Some(version)));
    }
    Ok(described(value, Package::new(Ecosystem::Npm, name, Some(version.to_owned()), location), resolved))
}

/// Whether version 1 means a folder of the project.
fn is_folder(value: &Value<'_>) -> bool {
    value.text("version").is_some_and(|version| version.starts_with("file:") && version.strip_suffix(".tgz").is_none())
}

/// Adds what the entry's flags and URL say.
fn described(value: &Value<'_>, mut package: Package, resolved: Option<&str>) -> Package {
    package.integrity = value.text("integrity").is_some_and(|hash| !hash.is_empty());
    package.hashes = value.text("integrity").map(Hash::integrity).unwrap_or_default();
    package.license = npm_graph::license(value);
    package.install_script = value.flag("hasInstallScript");
    package.scope = if value.flag("dev") || value.flag("devOptional") {
        Scope::Dev
    } else if value.flag("optional") {
        Scope::Optional
    } else {
        Scope::Runtime
    };
    package.source = match resolved {
        None => PackageSource::Registry,
        Some(url) if origin::is_own_registry(Ecosystem::Npm, url) => PackageSource::Registry,
        Some(url) if origin::is_git(url) => PackageSource::Git(origin::without_credentials(url)),
        Some(url) if url.starts_with("file:") => PackageSource::Path(url.trim_start_matches("file:").to_owned()),
        // Registries keep archives under `/-/`.
        Some(url) => match url.split_once("/-/") {
            Some(_) => PackageSource::Index(registry_root(url, &package.name)),
            None => PackageSource::Url(origin::without_credentials(url)),
        },
    };
    package
}

/// `https://host/npm/@scope/name/-/name-1.0.0.tgz` → `https://host/npm/`.
fn registry_root(url: &str, name: &str) -> String {
    let before = url.split_once("/-/").map_or(url, |(before, _)| before);
    let encoded = name.replacen('/', "%2f", 1);
    let root = before.strip_suffix(name).or_else(|| before.strip_suffix(&encoded)).unwrap_or(before);
    origin::without_credentials(root)
}

/// The names an installed package depends on.
fn dependencies<'v>(value: &'v Value<'_>, modern: bool) -> impl Iterator<Item = &'v str> {
    let sections: &[&str] =
        if modern { &["dependencies", "optionalDependencies", "peerDependencies"] } else { &["requires"] };
    sections.iter().flat_map(|section| value.members(section)).map(|member| &*member.key)
}

/// The node that `name` means inside `folder`: the nearest `node_modules` upwards that has it.
fn resolve(nodes: &FxHashMap<&str, usize>, folder: &str, name: &str) -> Option<usize> {
    if folder.len() + name.len() > place::LONGEST_PATH {
        return None;
    }
    let inside = |folder: &&str| !folder.ends_with("node_modules");
    let mut folders = place::ancestors(folder).take(HIGHEST).filter(inside);
    folders.find_map(|folder| nodes.get(installed_in(folder, name).as_str()).copied())
}

/// The nodes that the project itself asks for, each with the place that declares it.
fn direct(
    file: &SourceFile,
    siblings: Siblings<'_>,
    root: &Value<'_>,
    modern: bool,
    nodes: &FxHashMap<&str, usize>,
    packages: &mut [Package],
) -> Vec<(usize, Option<Scope>)> {
    let mut folders = vec![("", root.get("packages").and_then(|packages| packages.get("")))];
    if modern {
        let members = root.members("packages").iter();
        let own = members.filter(|member| !member.key.is_empty() && !member.key.contains("node_modules/"));
        folders.extend(own.map(|member| (&*member.key, Some(&member.value))));
    }
    let mut roots = Vec::new();
    let mut seen = FxHashSet::default();
    for (folder, value) in folders {
        let manifest = place::join(place::folder(file.path()), folder)
            .and_then(|folder| place::join(&folder, "package.json"))
            .and_then(|path| siblings(&path));
        let wanted = manifest.map(|manifest| package_json::read(&manifest).0).unwrap_or_default();
        for Wanted { alias, specifier, location, .. } in &wanted {
            let Some(node) = resolve(nodes, folder, alias) else { continue };
            if seen.insert(node) {
                roots.push((node, None));
                packages[node].requirement = Some(origin::without_credentials(specifier));
                packages[node].declared = Some(location.clone());
            }
        }
        let sections = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
        for member in value.iter().flat_map(|value| sections.iter().flat_map(|section| value.members(section))) {
            if let Some(node) = resolve(nodes, folder, &member.key)
                && seen.insert(node)
            {
                roots.push((node, None));
                packages[node].requirement = member.value.str().map(origin::without_credentials);
            }
        }
    }
    roots
}
