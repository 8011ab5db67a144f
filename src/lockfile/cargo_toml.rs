//! `Cargo.toml` without a `Cargo.lock`: requirements only, told as unresolved. With a lockfile beside it or at the root of
//! its workspace, that one is read instead.

use super::cargo_manifest::{self, Manifest};
use super::package_json::place_names;
use super::{Extract, LockfileParser, Siblings, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package};
use crate::version::Requirement;

/// Reads `Cargo.toml`.
pub(super) struct CargoToml;

impl LockfileParser for CargoToml {
    fn name(&self) -> &'static str {
        "Cargo.toml"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "Cargo.toml"
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let own = place::folder(file.path());
        let mut workspace: Option<Manifest> = None;
        for folder in place::ancestors(own) {
            let beside = |name: &str| place::join(folder, name).and_then(|path| siblings(&path));
            let root =
                || beside("Cargo.toml").map(|root| cargo_manifest::read(&root, None)).filter(|root| root.is_workspace);
            if folder != own {
                workspace = workspace.or_else(root);
            }
            if beside("Cargo.lock").is_some() && (folder == own || workspace.is_some()) {
                return Extract::default();
            }
        }
        let manifest = cargo_manifest::read(file, workspace.as_ref());
        let mut extract = Extract { packages: Vec::new(), problems: manifest.problems };
        for wanted in manifest.wanted {
            let Some(source) = wanted.source else { continue };
            let exact =
                wanted.requirement.as_deref().and_then(|text| Requirement::parse(Ecosystem::CratesIo, text)?.exact());
            let mut package = Package::new(Ecosystem::CratesIo, &wanted.name, exact, wanted.location.clone());
            package.requirement = wanted.requirement;
            package.declared = Some(wanted.location);
            package.direct = true;
            package.scope = wanted.scope;
            package.source = source;
            package.path = vec![package.label()];
            extract.packages.push(package);
        }
        if !extract.packages.is_empty() {
            let names: Vec<&str> = extract.packages.iter().map(|package| package.name.as_str()).collect();
            let message = format!(
                "`{}` has no `Cargo.lock`, so the versions of {} are not known, nor what they bring along",
                file.path(),
                place_names(&names)
            );
            let hint = "run `cargo generate-lockfile` and commit `Cargo.lock`";
            let location = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unresolved, location, message).hint(hint));
        }
        extract
    }
}
