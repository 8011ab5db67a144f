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
}

impl Ecosystem {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 5] = [Self::CratesIo, Self::Go, Self::Npm, Self::PyPI, Self::RubyGems];

    /// OSV's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CratesIo => "crates.io",
            Self::Go => "Go",
            Self::Npm => "npm",
            Self::PyPI => "PyPI",
            Self::RubyGems => "RubyGems",
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
