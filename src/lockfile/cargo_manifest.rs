//! The dependency tables of a `Cargo.toml`
//! (<https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html>). Features are not evaluated: an optional
//! dependency counts as one. `[patch]` and `[replace]` are left out, since the lockfile shows their effect.

use std::sync::Arc;

use super::toml_tree::{Document, Node};
use super::{Siblings, origin, place};
use crate::base::{Location, Problem, SourceFile};
use crate::package::{Ecosystem, PackageSource, Scope};

/// What to do about a broken manifest.
pub(super) const HINT: &str = "run `cargo check`, it names the same place";

/// One entry of a dependency table.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The key, by which `workspace.dependencies` are found.
    key: String,
    /// The package's own name.
    pub(super) name: String,
    pub(super) requirement: Option<String>,
    pub(super) scope: Scope,
    pub(super) location: Location,
    /// `None` for a path.
    pub(super) source: Option<PackageSource>,
    /// Folder of a path dependency.
    path: Option<String>,
    inherited: bool,
}

/// What a manifest says about dependencies.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// `package.name`.
    pub(super) name: Option<String>,
    pub(super) wanted: Vec<Wanted>,
    /// `workspace.dependencies`.
    shared: Vec<Wanted>,
    members: Vec<String>,
    pub(super) is_workspace: bool,
    pub(super) problems: Vec<Problem>,
}

/// Reads a manifest; `workspace` is the one its `workspace = true` entries mean.
pub(super) fn read(file: &SourceFile, workspace: Option<&Manifest>) -> Manifest {
    let document = Document::read(file, HINT);
    let root = document.root();
    let mut manifest = Manifest {
        name: root.at(&["package", "name"]).and_then(Node::str).map(str::to_owned),
        is_workspace: root.get("workspace").is_some(),
        ..Manifest::default()
    };
    let members = root.at(&["workspace", "members"]).map(Node::elements).unwrap_or_default();
    manifest.members = members.into_iter().filter_map(Node::str).map(str::to_owned).collect();
    if let Some(shared) = root.at(&["workspace", "dependencies"]) {
        manifest.shared = table(file, shared, Scope::Runtime);
    }
    let targets = root.get("target").map(Node::members).unwrap_or_default();
    for node in std::iter::once(root).chain(targets.into_iter().map(|(_, target)| target)) {
        for (key, scope) in [
            ("dependencies", Scope::Runtime),
            ("dev-dependencies", Scope::Dev),
            ("dev_dependencies", Scope::Dev),
            ("build-dependencies", Scope::Build),
            ("build_dependencies", Scope::Build),
        ] {
            manifest.wanted.extend(node.get(key).map(|node| table(file, node, scope)).unwrap_or_default());
        }
    }
    let shared = if manifest.shared.is_empty() { workspace.map_or(&[][..], |w| &w.shared) } else { &manifest.shared };
    for wanted in manifest.wanted.iter_mut().filter(|wanted| wanted.inherited) {
        if let Some(found) = shared.iter().find(|shared| shared.key == wanted.key) {
            *wanted = Wanted { scope: wanted.scope, location: wanted.location.clone(), ..found.clone() };
        }
    }
    manifest.problems = document.problems;
    manifest
}

/// The entries of one dependency table.
fn table(file: &SourceFile, node: Node<'_, '_>, scope: Scope) -> Vec<Wanted> {
    let entry = |(key, node): (&str, Node<'_, '_>)| {
        let path = node.text("path").map(str::to_owned);
        let source = match (node.text("git"), &path, node.text("registry-index").or(node.text("registry"))) {
            (Some(url), _, _) => Some(PackageSource::Git(origin::without_credentials(url))),
            (None, Some(_), _) => None,
            (None, None, Some(registry)) => Some(origin::index(Ecosystem::CratesIo, registry)),
            (None, None, None) => Some(PackageSource::Registry),
        };
        Wanted {
            key: key.to_owned(),
            name: node.text("package").unwrap_or(key).to_owned(),
            requirement: node.str().or_else(|| node.text("version")).map(str::to_owned),
            scope,
            location: place::rest_of_line(file, node.start),
            source,
            path,
            inherited: node.flag("workspace"),
        }
    };
    node.members().into_iter().map(entry).collect()
}

/// The manifests that belong to a lockfile: the root's, its members', and those of path dependencies, in that order.
/// Folders cannot be listed, so `crates/*` is tried with the names of the lockfile's own packages.
pub(super) fn of_lockfile(path: &str, own_names: &[&str], siblings: Siblings<'_>) -> Vec<Manifest> {
    /// Manifests that are read at most.
    const MOST: usize = 2_000;
    let root_folder = place::folder(path).to_owned();
    let Some(file) = manifest_in(&root_folder, siblings) else { return Vec::new() };
    let root = read(&file, None);
    let mut queue: Vec<String> = Vec::new();
    for member in &root.members {
        match member.split_once('*') {
            None => queue.extend(place::join(&root_folder, member)),
            Some((before, after)) => {
                let after = after.trim_start_matches('*');
                let room = (MOST * 10).saturating_sub(queue.len());
                let folders = own_names.iter().take(room).map(|name| format!("{before}{name}{after}"));
                queue.extend(folders.filter_map(|folder| place::join(&root_folder, &folder)));
            }
        }
    }
    queue.extend(path_folders(&root, &root_folder));
    let mut seen = rustc_hash::FxHashSet::default();
    seen.insert(root_folder);
    let mut manifests = vec![root];
    let mut next = 0;
    while next < queue.len() && manifests.len() < MOST {
        let folder = queue[next].clone();
        next += 1;
        if !seen.insert(folder.clone()) {
            continue;
        }
        if let Some(file) = manifest_in(&folder, siblings) {
            let manifest = read(&file, manifests.first());
            queue.extend(path_folders(&manifest, &folder));
            manifests.push(manifest);
        }
    }
    manifests
}

fn path_folders(manifest: &Manifest, folder: &str) -> Vec<String> {
    let wanted = manifest.wanted.iter().chain(&manifest.shared);
    wanted.filter_map(|wanted| place::join(folder, wanted.path.as_deref()?)).collect()
}

fn manifest_in(folder: &str, siblings: Siblings<'_>) -> Option<Arc<SourceFile>> {
    place::join(folder, "Cargo.toml").and_then(|path| siblings(&path))
}
