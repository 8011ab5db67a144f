//! What a project's dependencies are worth before any advisory is asked: whether their names are the ones that were
//! meant, whether the code uses them, whether what gets installed is what was looked at.
//!
//! Manifests and lockfiles say what is wanted and what is installed, the trees say what is imported ([`imports`]), lists
//! say which names are well known ([`names`]). What comes out are [`DependencyFact`]s and the `usage` of packages;
//! whether a fact is allowed is decided by `policies/supply-chain`. No network is asked and nothing is built.
//!
//! "Not imported" is said only where it is sure: plugins, commands, drivers, what a script or a setting names, and what
//! another package needs is "unknown" ([`usage`]).

mod fetched;
mod functions;
mod imports;
mod names;
mod relation;
mod supply;
#[cfg(test)]
mod tests;
mod usage;

use std::sync::Arc;

use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Location, SourceFile};
use crate::flow::Project;
use crate::lockfile::Manifest;
use crate::package::{Ecosystem, Package, Scope};

pub use functions::mark;

/// Facts of one project at most; what is beyond is data.
const MAX_FACTS: usize = 5_000;

/// One thing about a dependency that a policy may want to judge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DependencyFact {
    /// Where it is declared, locked or imported.
    pub location: Location,
    /// What it is.
    pub kind: DependencyKind,
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The package, or the module that is imported; empty where a whole file is meant.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// Role of the file.
    pub context: CodeContext,
    /// The other half: the well-known name, the range as written, the version that is locked, the URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub other: String,
    /// How, in words: what the two have in common, what is missing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub how: String,
    /// Place of `other` among the well-known names, 0 is the best known; for look-alikes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Age in days of the version that is installed; for fresh ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    /// Whether `name` is a well-known one.
    #[serde(default)]
    pub known: bool,
    /// Further names that the same holds for in the same file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

impl DependencyFact {
    /// A fact of a place in production of which nothing more is known.
    #[must_use]
    pub fn new(kind: DependencyKind, ecosystem: Ecosystem, name: &str, location: &Location) -> Self {
        Self {
            location: location.clone(),
            kind,
            ecosystem,
            name: name.to_owned(),
            scope: Scope::Runtime,
            context: CodeContext::Production,
            other: String::new(),
            how: String::new(),
            rank: None,
            days: None,
            known: false,
            names: Vec::new(),
        }
    }
}

/// Kinds of [`DependencyFact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DependencyKind {
    /// The name looks like `other`, which is well known.
    SimilarName,
    /// Models are known to invent this name; `other` is what is meant.
    InventedName,
    /// The name is well known in another ecosystem (`other`) only.
    ForeignName,
    /// The name is that of a module of the standard library.
    StandardLibraryName,
    /// The name is that of a module which another package (`other`) brings.
    ModuleName,
    /// Declared, and nothing uses it; one fact a manifest with all `names`.
    NotImported,
    /// Imported, and no manifest or lockfile names it.
    Undeclared,
    /// Packages are imported, and the project has no manifest of the ecosystem.
    MissingManifest,
    /// A manifest that no lockfile covers; `names` are those without an exact version.
    MissingLockfile,
    /// A range without an upper end: `*`, `latest`, `>=1`, nothing at all.
    OpenRange,
    /// Some packages of a lockfile have no hash though the others have.
    MissingIntegrity,
    /// Content from git or a URL; `how` says what is not pinned.
    OutsideRegistry,
    /// Content from another registry than that of the file's other packages.
    OtherRegistry,
    /// The lockfile has no version that the manifest admits.
    LockfileMismatch,
    /// Packages that run scripts of their own when they are installed.
    InstallScript,
    /// With `--online`: the registry has no package of that name.
    NotInRegistry,
    /// With `--online`: the registry has the package, but not the version (`other`).
    VersionNotInRegistry,
    /// With `--online`: the version (`other`) was published `days` ago.
    FreshVersion,
    /// With `--online`: the version (`other`) is deprecated; `how` is its publisher's reason.
    Deprecated,
    /// With `--online`: the version (`other`) was withdrawn by its publisher.
    Yanked,
}

/// What the analysis looks at.
pub struct Input<'a> {
    /// Trees and how imports resolve.
    pub project: &'a Project,
    /// Every manifest.
    pub manifests: &'a [Manifest],
    /// Every file with its role.
    pub files: &'a [(&'a str, CodeContext)],
    /// Files that were parsed in part only or not at all.
    pub incomplete: &'a FxHashSet<&'a str>,
    /// Reads any file of the project.
    pub read: &'a (dyn Fn(&str) -> Option<Arc<SourceFile>> + Sync),
}

/// Adds the packages that imports fetch by themselves, says of each package whether it is used, and gives the facts, in
/// order.
#[must_use]
pub fn analyse(input: &Input<'_>, packages: &mut Vec<Package>) -> Vec<DependencyFact> {
    let mut places = FxHashSet::default();
    for (path, _) in input.files {
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let name = if parts.peek().is_none() { part.split('.').next().unwrap_or(part) } else { part };
            places.insert(name);
        }
    }
    let own = imports::Own { places, standard: &relation::STANDARD, node: &relation::NODE };
    let uses = imports::collect(input.project, &own);
    packages.extend(fetched::packages(input, &uses));
    let unused = usage::mark(input, &uses, packages);
    let mut facts = supply::facts(input, &uses, packages, &unused);
    facts.sort();
    facts.dedup();
    facts.truncate(MAX_FACTS);
    facts
}
