//! Lockfiles and manifests → packages. One file a format; [`ALL`] is the list.
//!
//! Parsers are pure: bytes in, packages and problems out. They never stop the run: what could be read is returned
//! together with a problem for what could not. The project's own packages (workspace members, folders next to it) are
//! not listed; what they depend on is direct.

mod actions;
mod bill;
mod bun_lock;
mod cargo_lock;
mod cargo_manifest;
mod cargo_toml;
mod catalog;
mod composer;
mod dockerfile;
mod entry;
mod gemfile;
mod gemfile_lock;
mod go_mod;
mod gradle;
mod haskell;
pub mod installed;
mod json;
mod json_locks;
mod maven;
mod mix_lock;
mod npm_graph;
mod nuget;
mod origin;
mod own;
mod package_json;
mod package_lock;
mod pipfile_lock;
mod place;
mod pnpm_lock;
mod podfile_lock;
mod pubspec_lock;
mod pyproject;
mod python_lock;
mod python_other;
mod remote_script;
mod requirement_line;
mod requirements;
mod toml_tree;
mod unsupported;
pub mod vex;
mod xml;
mod yaml;
mod yarn_lock;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use own::own;
pub use remote_script::imported;

use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::Package;

/// What one parser made of one file (and of the files beside it that it asked for).
#[derive(Debug, Default)]
pub struct Extract {
    /// Packages, in file order.
    pub packages: Vec<Package>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Gives other files of the workspace by relative path; `None` for what is not there or outside the audited root.
pub type Siblings<'s> = &'s dyn Fn(&str) -> Option<Arc<SourceFile>>;

/// Reads one format.
pub trait LockfileParser: Sync {
    /// Short name, such as `Cargo.lock`, for messages and the ledger.
    fn name(&self) -> &'static str;

    /// Whether this parser wants a file of that workspace-relative path.
    fn matches(&self, path: &str) -> bool;

    /// Reads the file. `siblings` gives other files of the workspace by relative path (the manifest beside a lockfile,
    /// an included requirements file); it answers `None` for what is not there or outside the audited root.
    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract;

    /// Of a manifest: everything that it asks for, whether or not a lockfile covers it. `None` if it is no manifest.
    fn declared(&self, _file: &SourceFile) -> Option<Vec<Package>> {
        None
    }
}

/// A manifest and what it asks for.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Path of the file.
    pub path: String,
    /// Whether the manifest pins versions by itself (requirements files).
    pub pins: bool,
    /// What it asks for, in file order.
    pub wanted: Vec<Package>,
}

/// What a manifest asks for, whether or not a lockfile covers it; `None` if the file is no manifest.
#[must_use]
pub fn declared(file: &SourceFile) -> Option<Manifest> {
    let mut parsers = ALL.iter().filter(|parser| parser.matches(file.path()));
    let wanted = parsers.find_map(|parser| parser.declared(file))?;
    let pins = requirements::Requirements.matches(file.path());
    Some(Manifest { path: file.path().to_owned(), pins, wanted })
}

/// Whether a tool writes the file, so that nobody leaves a secret in it.
#[must_use]
pub fn is_generated(path: &str) -> bool {
    is_lockfile(path) && !is_written_by_hand(path)
}

/// Whether a person writes the file and may leave a secret in it: build scripts, workflows, project files.
fn is_written_by_hand(path: &str) -> bool {
    let by_hand: [&dyn LockfileParser; 18] = [
        &actions::Actions,
        &cargo_toml::CargoToml,
        &composer::ComposerJson,
        &dockerfile::Dockerfile,
        &gemfile::Gemfile,
        &gradle::GradleBuild,
        &gradle::VersionCatalogue,
        &go_mod::GoMod,
        &maven::Pom,
        &nuget::NugetProject,
        &package_json::PackageJson,
        &pyproject::PyProject,
        &requirements::Requirements,
        &python_other::CondaEnvironment,
        &python_other::Pipfile,
        &python_other::Setup,
        &remote_script::ImportMap,
        &remote_script::PageScripts,
    ];
    by_hand.iter().any(|parser| parser.matches(path))
}

/// Reads a file with every parser that wants it.
#[must_use]
pub fn read(file: &SourceFile, siblings: Siblings<'_>) -> Extract {
    let mut all = Extract::default();
    let limit = |message: String| {
        let problem = Problem::incomplete(ProblemKind::Limit, Some(Location::file(file.path())), message);
        problem.hint("no project needs so much: is the file generated?")
    };
    if file.text().len() > LARGEST && is_lockfile(file.path()) {
        let message =
            format!("{} MiB; lockfiles and manifests of up to {} MiB are read", file.text().len() >> 20, LARGEST >> 20);
        all.problems.push(limit(message));
        return all;
    }
    for parser in ALL.iter().filter(|parser| parser.matches(file.path())) {
        let mut extract = parser.parse(file, siblings);
        origin::settle(&mut extract.packages);
        all.packages.append(&mut extract.packages);
        all.problems.append(&mut extract.problems);
    }
    let found = all.packages.len();
    if found > MOST {
        all.packages.truncate(MOST);
        all.problems.push(limit(format!("{found} packages; the first {MOST} are looked at")));
    }
    all
}

/// Packages of one file: several times what the largest projects need.
const MOST: usize = 100_000;
/// Bytes of one file: its tree takes up to thirty times as much memory.
const LARGEST: usize = 32 << 20;

/// Whether the packages of a path are those that a page loads.
#[must_use]
pub fn is_page(path: &str) -> bool {
    remote_script::PageScripts.matches(path)
}

/// Whether any parser reads a path.
#[must_use]
pub fn is_lockfile(path: &str) -> bool {
    ALL.iter().any(|parser| parser.matches(path))
}

/// Every supported format; the last entry names those that are recognised only.
pub static ALL: &[&dyn LockfileParser] = &[
    &actions::Actions,
    &bill::Bill,
    &bun_lock::BunLock,
    &cargo_lock::CargoLock,
    &cargo_toml::CargoToml,
    &composer::ComposerJson,
    &composer::ComposerLock,
    &dockerfile::Dockerfile,
    &gemfile::Gemfile,
    &gemfile_lock::GemfileLock,
    &go_mod::GoMod,
    &gradle::GradleBuild,
    &gradle::GradleLock,
    &gradle::VersionCatalogue,
    &haskell::Haskell,
    &json_locks::ConanLock,
    &json_locks::DenoLock,
    &json_locks::PackageResolved,
    &json_locks::RenvLock,
    &maven::Pom,
    &mix_lock::MixLock,
    &nuget::NugetLock,
    &nuget::NugetProject,
    &package_json::PackageJson,
    &package_lock::PackageLock,
    &pipfile_lock::PipfileLock,
    &pnpm_lock::PnpmLock,
    &podfile_lock::PodfileLock,
    &pubspec_lock::PubspecLock,
    &pyproject::PyProject,
    &python_lock::PythonLock,
    &python_other::CondaEnvironment,
    &python_other::Pipfile,
    &python_other::Setup,
    &remote_script::ImportMap,
    &remote_script::PageScripts,
    &requirements::Requirements,
    &yarn_lock::YarnLock,
    &unsupported::Unsupported,
];
