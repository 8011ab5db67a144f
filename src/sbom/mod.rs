//! The document → a bill of materials: what the project is made of, what is needed by what, and what is known to be wrong
//! with it. [`Inventory`] is that, free of any format; one file a format writes it.
//!
//! A component is what one package URL names, wherever it is found; each place is an occurrence. The project is the
//! root; every lockfile or manifest with packages is a part of it. What a file does not tell (a graph, a version, a
//! licence) is left out, never guessed.

pub mod cyclonedx;
pub mod judgement;
pub mod openvex;
pub mod spdx;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::document::Document;
use crate::package::hash::Hash;
use crate::package::{Ecosystem, License, OwnPackage, Package, PackageSource, Scope, purl};

pub use judgement::Judgement;

/// Packages that are told in a bill's own words, such as `stageclear:scope`.
pub const PREFIX: &str = "stageclear:";

/// When a bill was made.
#[derive(Debug, Clone, Default)]
pub struct Stamp {
    /// The time that the environment asks for (`SOURCE_DATE_EPOCH`), `2026-01-31T00:00:00Z`.
    pub asked: Option<String>,
    /// The time for formats that demand one: the same, or the beginning of the day.
    pub demanded: String,
}

/// What the project is made of.
#[derive(Debug)]
pub struct Inventory<'d> {
    /// The document it was made from.
    pub document: &'d Document,
    /// The project as a whole.
    pub root: Part<'d>,
    /// Its lockfiles and manifests, by path; the root stands for the only one.
    pub parts: Vec<Part<'d>>,
    /// What it depends on, by package URL.
    pub components: Vec<Component<'d>>,
    /// Whether it is known that something is missing: versions, packages of a broken file.
    pub incomplete: bool,
}

/// The project, or what one of its files is about.
#[derive(Debug)]
pub struct Part<'d> {
    /// Unique in the bill.
    pub reference: String,
    /// The lockfile or manifest; empty for the project.
    pub path: &'d str,
    /// The name that a manifest beside it gives, else of the folder.
    pub name: String,
    /// What the manifest says.
    pub own: Option<&'d OwnPackage>,
    /// References of parts and package URLs of packages that it needs itself.
    pub needs: BTreeSet<String>,
}

/// A package.
#[derive(Debug)]
pub struct Component<'d> {
    /// The package URL, unique in the bill.
    pub purl: &'d str,
    /// Where it is found: never empty.
    pub packages: Vec<&'d Package>,
    /// The strongest of what it is for.
    pub scope: Scope,
    /// Hashes of its content.
    pub hashes: BTreeSet<&'d Hash>,
    /// What it may be used under.
    pub license: Option<&'d License>,
    /// What it depends on; `None` where no file tells.
    pub depends: Option<BTreeSet<&'d str>>,
}

impl Component<'_> {
    /// The package as it stands in the first of its places.
    #[must_use]
    pub fn package(&self) -> &Package {
        self.packages[0]
    }

    /// Namespace and name, for the ecosystems that have such.
    #[must_use]
    pub fn names(&self) -> (Option<&str>, &str) {
        let package = self.package();
        let parts = match package.ecosystem {
            Ecosystem::Npm if package.name.starts_with('@') => package.name.split_once('/'),
            Ecosystem::Maven => package.name.split_once(':'),
            Ecosystem::Packagist => package.name.split_once('/'),
            _ => None,
        };
        parts.map_or((None, package.name.as_str()), |(group, name)| (Some(group), name))
    }

    /// The repository, archive or registry it comes from, where that is told.
    #[must_use]
    pub fn origin(&self) -> Option<(&'static str, &str)> {
        match &self.package().source {
            PackageSource::Git(url) => Some(("vcs", url)),
            PackageSource::Url(url) => Some(("distribution", url)),
            PackageSource::Index(_) | PackageSource::Path(_) | PackageSource::Registry => None,
        }
    }
}

impl<'d> Inventory<'d> {
    /// The inventory of an audit.
    #[must_use]
    pub fn of(document: &'d Document) -> Self {
        let mut components: BTreeMap<&str, Component<'d>> = BTreeMap::new();
        let mut files: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
        for package in &document.packages {
            files.entry(&package.location.path).or_default().push(package);
            let component = components.entry(&package.purl).or_insert_with(|| Component {
                purl: &package.purl,
                packages: Vec::new(),
                scope: package.scope,
                hashes: BTreeSet::new(),
                license: None,
                depends: None,
            });
            component.packages.push(package);
            component.scope = component.scope.min(package.scope);
            component.hashes.extend(&package.hashes);
            component.license = component.license.or(package.license.as_ref());
            if let Some(depends) = &package.depends {
                component.depends.get_or_insert_default().extend(depends.iter().map(|purl| &**purl));
            }
        }
        let known: BTreeSet<&str> = components.keys().copied().collect();
        for component in components.values_mut() {
            let own = component.purl;
            if let Some(depends) = &mut component.depends {
                depends.retain(|purl| *purl != own && known.contains(purl));
            }
        }
        let (root, parts) = parts(document, &files);
        let unresolved = document.packages.iter().any(|package| {
            package.version.is_none() && matches!(package.source, PackageSource::Registry | PackageSource::Index(_))
        });
        let broken = document.problems.iter().any(|problem| {
            let path = problem.location.as_ref().map(|location| location.path.as_str());
            problem.incomplete && path.is_some_and(crate::lockfile::is_lockfile)
        });
        let components = components.into_values().collect();
        Self { document, root, parts, components, incomplete: unresolved || broken }
    }

    /// The licence texts that are no SPDX expressions, each once.
    #[must_use]
    pub fn foreign_licenses(&self) -> BTreeSet<&str> {
        let own = self.document.project.manifests.iter().filter_map(|own| own.license.as_ref());
        let all = self.components.iter().filter_map(|component| component.license).chain(own);
        all.filter(|license| !license.spdx).map(|license| license.expression.as_str()).collect()
    }
}

/// The root and its parts. A project of one file is its own only part.
fn parts<'d>(document: &'d Document, files: &BTreeMap<&'d str, Vec<&'d Package>>) -> (Part<'d>, Vec<Part<'d>>) {
    let mut parts: Vec<Part<'d>> = files.iter().map(|(path, packages)| part(document, path, packages)).collect();
    let at_root = |part: &Part<'_>| !part.path.contains('/');
    let own = parts.iter().filter(|part| at_root(part)).find_map(|part| part.own);
    let own = own.or_else(|| document.project.manifests.iter().find(|own| !own.location.path.contains('/')));
    let mut root = Part {
        reference: "project".to_owned(),
        path: "",
        name: own.map_or_else(|| document.project.name.clone(), |own| own.name.clone()),
        own,
        needs: BTreeSet::new(),
    };
    if root.name.is_empty() {
        "project".clone_into(&mut root.name);
    }
    if parts.len() == 1 && at_root(&parts[0]) {
        root.needs = std::mem::take(&mut parts[0].needs);
        return (root, Vec::new());
    }
    root.needs = parts.iter().map(|part| part.reference.clone()).collect();
    (root, parts)
}

fn part<'d>(document: &'d Document, path: &'d str, packages: &[&'d Package]) -> Part<'d> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    // Of several ecosystems in one folder the manifest of the file's own one names it.
    let ecosystems: BTreeSet<Ecosystem> = packages.iter().map(|package| package.ecosystem).collect();
    let beside = |own: &&OwnPackage| {
        own.location.path.rsplit_once('/').map_or("", |(folder, _)| folder) == folder
            && ecosystems.contains(&own.ecosystem)
    };
    let own = document.project.manifests.iter().find(beside);
    let of_folder = || if folder.is_empty() { document.project.name.as_str() } else { folder };
    // Where a file holds no graph, nobody else can be told to need its packages.
    let graph = packages.iter().any(|package| package.depends.is_some() || package.direct);
    let needed = packages.iter().filter(|package| package.direct || !graph);
    Part {
        reference: format!("project:{path}"),
        path,
        name: own.map_or_else(|| of_folder().to_owned(), |own| own.name.clone()),
        own,
        needs: needed.map(|package| package.purl.clone()).collect(),
    }
}

/// The package URL of the project's own package.
#[must_use]
pub fn own_purl(own: &OwnPackage) -> String {
    purl(own.ecosystem, &own.name, own.version.as_deref())
}

/// A UUID (version 8, RFC 9562) made from a text: the same text gives the same one.
#[must_use]
pub fn uuid(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hex = String::with_capacity(36);
    for (at, byte) in digest.iter().take(16).enumerate() {
        let byte = match at {
            6 => byte & 0x0F | 0x80,
            8 => byte & 0x3F | 0x80,
            _ => *byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            hex.push('-');
        }
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// What a package is for, in stageclear's word.
#[must_use]
pub fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Runtime => "runtime",
        Scope::Build => "build",
        Scope::Optional => "optional",
        Scope::Dev => "dev",
    }
}

#[cfg(test)]
mod tests;
