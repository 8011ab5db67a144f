//! The ecosystems, by the names that the OSV schema defines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An OSV ecosystem. The serialised form is OSV's own spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Ecosystem {
    /// Rust crates.
    #[serde(rename = "crates.io")]
    CratesIo,
    /// Go modules.
    Go,
    /// JavaScript packages.
    #[serde(rename = "npm")]
    Npm,
    /// Python packages.
    PyPI,
    /// Ruby gems.
    RubyGems,
    /// C and C++ packages of Conan.
    #[serde(rename = "ConanCenter")]
    ConanCenter,
    /// R packages.
    #[serde(rename = "CRAN")]
    Cran,
    /// Actions of workflows.
    #[serde(rename = "GitHub Actions")]
    GitHubActions,
    /// Haskell packages.
    #[serde(rename = "Hackage")]
    Hackage,
    /// Elixir and Erlang packages.
    #[serde(rename = "Hex")]
    Hex,
    /// Java and Kotlin packages, `group:artifact`.
    #[serde(rename = "Maven")]
    Maven,
    /// .NET packages.
    #[serde(rename = "NuGet")]
    NuGet,
    /// PHP packages, `vendor/name`.
    #[serde(rename = "Packagist")]
    Packagist,
    /// Dart packages.
    #[serde(rename = "Pub")]
    Pub,
    /// Pods of CocoaPods.
    CocoaPods,
    /// Images of containers, by name and tag.
    Docker,
    /// Swift packages, by the address of their repository.
    #[serde(rename = "SwiftURL")]
    SwiftUrl,
}

impl Ecosystem {
    /// Those of OSV, in the order of their names.
    pub const ALL: [Self; 15] = [
        Self::ConanCenter,
        Self::Cran,
        Self::CratesIo,
        Self::GitHubActions,
        Self::Go,
        Self::Hackage,
        Self::Hex,
        Self::Maven,
        Self::Npm,
        Self::NuGet,
        Self::Packagist,
        Self::Pub,
        Self::PyPI,
        Self::RubyGems,
        Self::SwiftUrl,
    ];

    /// Those that are no ecosystem of OSV: their packages are facts that no advisory is held against.
    pub const WITHOUT_ADVISORIES: [Self; 2] = [Self::CocoaPods, Self::Docker];

    /// Whether advisories are kept for it.
    #[must_use]
    pub fn has_advisories(self) -> bool {
        !Self::WITHOUT_ADVISORIES.contains(&self)
    }

    /// The ecosystem of a package URL's type.
    #[must_use]
    pub fn of_purl_type(kind: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter().chain(Self::WITHOUT_ADVISORIES);
        all.find(|ecosystem| ecosystem.purl_type() == kind)
    }

    /// OSV's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CratesIo => "crates.io",
            Self::Go => "Go",
            Self::Npm => "npm",
            Self::PyPI => "PyPI",
            Self::RubyGems => "RubyGems",
            Self::ConanCenter => "ConanCenter",
            Self::Cran => "CRAN",
            Self::GitHubActions => "GitHub Actions",
            Self::Hackage => "Hackage",
            Self::Hex => "Hex",
            Self::Maven => "Maven",
            Self::NuGet => "NuGet",
            Self::Packagist => "Packagist",
            Self::Pub => "Pub",
            Self::SwiftUrl => "SwiftURL",
            Self::CocoaPods => "CocoaPods",
            Self::Docker => "Docker",
        }
    }

    /// The purl type.
    #[must_use]
    pub fn purl_type(self) -> &'static str {
        match self {
            Self::CratesIo => "cargo",
            Self::Go => "golang",
            Self::Npm => "npm",
            Self::PyPI => "pypi",
            Self::RubyGems => "gem",
            Self::ConanCenter => "conan",
            Self::Cran => "cran",
            Self::GitHubActions => "github",
            Self::Hackage => "hackage",
            Self::Hex => "hex",
            Self::Maven => "maven",
            Self::NuGet => "nuget",
            Self::Packagist => "composer",
            Self::Pub => "pub",
            Self::SwiftUrl => "swift",
            Self::CocoaPods => "cocoapods",
            Self::Docker => "docker",
        }
    }

    /// The ecosystem of OSV's spelling, a suffix such as `:3.11` ignored; `None` for one that is not supported.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let base = name.split(':').next().unwrap_or(name);
        Self::ALL.into_iter().find(|ecosystem| ecosystem.name() == base)
    }
}

impl std::fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
