//! Packages, the ecosystems they live in, and how they depend on one another.

pub mod ecosystem;
pub mod graph;
pub mod hash;
pub mod license;
pub mod purl;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use ecosystem::Ecosystem;
pub use graph::Graph;
pub use hash::Hash;
pub use license::License;
pub use purl::{matching_name, normalize, purl};

use crate::base::Location;

/// Where a package's content comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", tag = "kind", content = "url")]
pub enum PackageSource {
    /// The ecosystem's own registry.
    Registry,
    /// Another registry, by its URL as written in the file.
    Index(String),
    /// A git repository.
    Git(String),
    /// A folder or file next to the project.
    Path(String),
    /// An archive by URL.
    Url(String),
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Needed at run time.
    Runtime,
    /// Needed to build only.
    Build,
    /// Needed by an extra or optional feature.
    Optional,
    /// Development and tests only.
    Dev,
}

/// One package at one version as one lockfile or manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Package {
    /// OSV's ecosystem name.
    pub ecosystem: Ecosystem,
    /// Name as the ecosystem normalises it (`PyPI`: lower case with hyphens).
    pub name: String,
    /// The exact version; `None` when the file only gives a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The range as written, where the file gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// The package URL (purl specification).
    pub purl: String,
    /// Line of the entry in the lockfile or manifest.
    pub location: Location,
    /// Line of the wanting entry in the manifest beside the lockfile, for direct dependencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Location>,
    /// Whether the project itself asks for it.
    pub direct: bool,
    /// What it is for.
    pub scope: Scope,
    /// Where its content comes from.
    pub source: PackageSource,
    /// Whether the file pins the content by a hash.
    #[serde(default)]
    pub integrity: bool,
    /// What it may be used under, where the file or what is installed tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<License>,
    /// A shortest chain of `name@version` from a direct dependency to this package, both included; empty when the file
    /// holds no graph.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// The name under which the project imports it, where the manifest gives another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Whether it runs a script of its own when it is installed, where the file tells.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub install_script: bool,
    /// How many packages of the same file need it; `None` when the file holds no graph.
    #[serde(skip)]
    pub dependents: Option<u32>,
    /// Hashes of its content, where the file gives them in a known form.
    #[serde(skip)]
    pub hashes: Vec<Hash>,
    /// Package URLs of what it depends on, each once; `None` when the file holds no graph.
    #[serde(skip)]
    pub depends: Option<Vec<Arc<str>>>,
    /// Whether and where the project uses it; only for packages that its code can be asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// What the project's own files say about a package, without building anything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// How sure it is that the package is used.
    pub state: UsageState,
    /// The first file that imports it, production code first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// How many files import it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub files: u32,
    /// In words, with the reason.
    pub reason: String,
}

/// Kinds of [`Usage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UsageState {
    /// Code that ships imports it.
    Imported,
    /// Only tests, examples or development files import it.
    TestsOnly,
    /// The package that brings it in is imported.
    ThroughImported,
    /// Not told: a script, a setting or another package may use it.
    Unknown,
    /// Nothing imports or names it, and no other package of the lockfile needs it.
    NotImported,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Package {
    /// A run-time dependency from the ecosystem's registry; the name is normalised and the package URL made from it.
    #[must_use]
    pub fn new(ecosystem: Ecosystem, name: &str, version: Option<String>, location: Location) -> Self {
        let name = normalize(ecosystem, name);
        Self {
            ecosystem,
            purl: purl(ecosystem, &name, version.as_deref()),
            name,
            version,
            requirement: None,
            location,
            declared: None,
            direct: false,
            scope: Scope::Runtime,
            source: PackageSource::Registry,
            integrity: false,
            license: None,
            path: Vec::new(),
            alias: None,
            install_script: false,
            dependents: None,
            hashes: Vec::new(),
            depends: None,
            usage: None,
        }
    }

    /// `name@version`, or the name alone.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What a manifest says about the project itself, or about a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct OwnPackage {
    /// The ecosystem of the manifest.
    pub ecosystem: Ecosystem,
    /// The name it gives.
    pub name: String,
    /// The version it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The licence it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<License>,
    /// The line with its name.
    pub location: Location,
}
