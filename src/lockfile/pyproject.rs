//! `pyproject.toml`: PEP 621 and PEP 735 dependencies, and those of Poetry, uv and PDM
//! (<https://packaging.python.org/en/latest/specifications/pyproject-toml/>).
//!
//! Its packages are listed only where no lockfile covers it. `build-system.requires` is left out: it is installed into an
//! environment of its own when a package is built.

use super::package_json::place_names;
use super::requirement_line::Dependency;
use super::toml_tree::{Document, Node};
use super::{Extract, LockfileParser, Siblings, origin, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, PackageSource, Scope};
use crate::version::Scheme;

const LOCKFILES: [&str; 4] = ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"];

/// Reads `pyproject.toml`.
pub(super) struct PyProject;

impl LockfileParser for PyProject {
    fn name(&self) -> &'static str {
        "pyproject.toml"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "pyproject.toml"
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(read(file).0)
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let mut folders = place::ancestors(place::folder(file.path()));
        let locked = |folder: &str| {
            LOCKFILES.iter().any(|name| place::join(folder, name).and_then(|path| siblings(&path)).is_some())
        };
        if folders.any(locked) {
            return Extract::default();
        }
        let (packages, problems) = read(file);
        let mut extract = Extract { packages, problems };
        let open = |package: &&Package| package.version.is_none();
        let names: Vec<&str> = extract.packages.iter().filter(open).map(|package| package.name.as_str()).collect();
        if !extract.packages.is_empty() {
            let what = if names.is_empty() {
                "so packages that its dependencies bring along are not known".to_owned()
            } else {
                format!("so the versions of {} are not known, nor what they bring along", place_names(&names))
            };
            let message = format!("`{}` has no lockfile, {what}", file.path());
            let hint = "run `uv lock` (or the lock command of your tool) and commit the lockfile";
            let location = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unresolved, location, message).hint(hint));
        }
        extract
    }
}

/// Everything that the manifest asks for, in the order of its tables.
pub(super) fn read(file: &SourceFile) -> (Vec<Package>, Vec<Problem>) {
    let document = Document::read(file, "correct the file by hand; Python's tools cannot read it either");
    let root = document.root();
    let mut reader = Reader { file, packages: Vec::new(), problems: Vec::new() };
    let members = |keys: &[&str]| root.at(keys).map(Node::members).unwrap_or_default();
    if let Some(list) = root.at(&["project", "dependencies"]) {
        reader.list(list, Scope::Runtime);
    }
    for (keys, scope) in [
        (&["project", "optional-dependencies"][..], Scope::Optional),
        (&["dependency-groups"], Scope::Dev),
        (&["tool", "pdm", "dev-dependencies"], Scope::Dev),
    ] {
        for (_, list) in members(keys) {
            reader.list(list, scope);
        }
    }
    if let Some(list) = root.at(&["tool", "uv", "dev-dependencies"]) {
        reader.list(list, Scope::Dev);
    }
    reader.poetry(&members(&["tool", "poetry", "dependencies"]), Scope::Runtime);
    reader.poetry(&members(&["tool", "poetry", "dev-dependencies"]), Scope::Dev);
    for (group, node) in members(&["tool", "poetry", "group"]) {
        let scope = if group == "main" { Scope::Runtime } else { Scope::Dev };
        reader.poetry(&node.get("dependencies").map(Node::members).unwrap_or_default(), scope);
    }
    let mut problems = document.problems;
    problems.append(&mut reader.problems);
    (reader.packages, problems)
}

struct Reader<'f> {
    file: &'f SourceFile,
    packages: Vec<Package>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// An array of PEP 508 strings; tables (`include-group`) say nothing new.
    fn list(&mut self, list: Node<'_, '_>, scope: Scope) {
        for element in list.elements() {
            let Some(text) = element.str() else { continue };
            let location = place::rest_of_line(self.file, element.start);
            if let Some(dependency) = Dependency::parse(text) {
                let package = dependency.package(scope, location.clone());
                self.packages.extend(package.map(|package| Package { declared: Some(location), ..package }));
            } else {
                let shown: String = origin::without_credentials(text).chars().take(80).collect();
                let message = format!("`{shown}` is no requirement");
                let hint = "write it as PEP 508 has it: `name>=1.2`";
                let problem = Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(hint);
                self.problems.push(problem);
            }
        }
    }

    /// Poetry's tables: `name = "^1.2"`, or a table with `version`, `git`, `path` or `url`.
    fn poetry(&mut self, members: &[(&str, Node<'_, '_>)], scope: Scope) {
        for (name, node) in members {
            if name.eq_ignore_ascii_case("python") {
                continue;
            }
            let location = place::rest_of_line(self.file, node.start);
            let requirement = node.str().or_else(|| node.text("version"));
            let exact = requirement
                .map(|text| text.trim_start_matches('=').trim())
                .filter(|text| Scheme::Pep440.is_valid(text));
            let mut package = Package::new(Ecosystem::PyPI, name, exact.map(str::to_owned), location.clone());
            package.requirement = requirement.map(str::to_owned);
            package.declared = Some(location);
            package.direct = true;
            package.scope = if node.flag("optional") { Scope::Optional } else { scope };
            package.source = match (node.text("git"), node.text("url"), node.text("path")) {
                (Some(url), _, _) => PackageSource::Git(origin::without_credentials(url)),
                (_, Some(url), _) => PackageSource::Url(origin::without_credentials(url)),
                (_, _, Some(_)) => continue,
                _ => PackageSource::Registry,
            };
            package.path = vec![package.label()];
            self.packages.push(package);
        }
    }
}
