//! Python's other manifests: `Pipfile`, `setup.cfg` and literal lists in `setup.py`
//! (<https://setuptools.pypa.io/en/latest/userguide/dependency_management.html>), and the `pip` part of conda's
//! `environment.yml`. Conda's own packages are in no ecosystem that has advisories; those with an exact version are
//! listed nowhere, and the ledger says so.

use super::requirement_line::Dependency;
use super::toml_tree::{Document, Node};
use super::{Extract, LockfileParser, Siblings, entry, place, yaml};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, Scope};
use crate::version::Requirement;

/// Reads `Pipfile` where no lockfile covers it.
pub(super) struct Pipfile;

impl LockfileParser for Pipfile {
    fn name(&self) -> &'static str {
        "Pipfile"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "Pipfile"
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let locked = place::join(place::folder(file.path()), "Pipfile.lock").and_then(|path| siblings(&path));
        if locked.is_some() { Extract::default() } else { pipfile(file) }
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(pipfile(file).packages)
    }
}

fn pipfile(file: &SourceFile) -> Extract {
    let document = Document::read(file, "correct the file; Pipenv cannot read it either");
    let mut packages = Vec::new();
    for (section, scope) in [("packages", Scope::Runtime), ("dev-packages", Scope::Dev)] {
        for (name, node) in document.root().get(section).map(Node::members).unwrap_or_default() {
            let range = node.str().or_else(|| node.text("version"));
            if node.get("path").is_some() {
                continue;
            }
            let exact = range.and_then(|range| Requirement::parse(Ecosystem::PyPI, range)?.exact());
            let mut package =
                entry::direct(entry::at(file, Ecosystem::PyPI, name, exact.as_deref(), node.start), scope, range);
            if let Some(url) = node.text("git") {
                package.source = crate::package::PackageSource::Git(super::origin::without_credentials(url));
            }
            packages.push(package);
        }
    }
    Extract { packages, problems: document.problems }
}

/// Reads `setup.cfg` and `setup.py`.
pub(super) struct Setup;

impl LockfileParser for Setup {
    fn name(&self) -> &'static str {
        "setup.py"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "setup.cfg" | "setup.py")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let locks = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"];
        let beside = |name: &&str| place::join(place::folder(file.path()), name).and_then(|path| siblings(&path));
        let packages = if locks.iter().any(|name| beside(name).is_some()) { Vec::new() } else { setup(file) };
        Extract { packages, problems: Vec::new() }
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(setup(file)).filter(|packages| !packages.is_empty())
    }
}

fn setup(file: &SourceFile) -> Vec<Package> {
    if place::file_name(file.path()) == "setup.py" { setup_py(file) } else { setup_cfg(file) }
}

/// Indented lines below `install_requires =`, and everything in `[options.extras_require]`.
fn setup_cfg(file: &SourceFile) -> Vec<Package> {
    let (mut section, mut key) = (String::new(), String::new());
    let mut packages = Vec::new();
    let mut at = 0;
    for raw in file.text().split_inclusive('\n') {
        let start = at + (raw.len() - raw.trim_start().len());
        at += raw.len();
        let line = raw.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let mut text = line;
        if !raw.starts_with([' ', '\t']) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
                key.clear();
                continue;
            }
            let Some((name, value)) = line.split_once('=') else { continue };
            name.trim().clone_into(&mut key);
            text = value.trim();
        }
        let scope = match (section.as_str(), key.as_str()) {
            ("options", "install_requires") => Scope::Runtime,
            ("options", "tests_require")
            | ("options.extras_require", "dev" | "test" | "tests" | "testing" | "docs" | "lint") => Scope::Dev,
            ("options.extras_require", _) => Scope::Optional,
            _ => continue,
        };
        packages.extend(wanted(file, text, start + line.len() - text.len(), scope));
    }
    packages
}

/// The string literals in the lists behind `install_requires=` and `tests_require=`.
fn setup_py(file: &SourceFile) -> Vec<Package> {
    let text = file.text();
    let mut packages = Vec::new();
    for (key, scope) in [("install_requires", Scope::Runtime), ("tests_require", Scope::Dev)] {
        let Some(found) = text.find(key) else { continue };
        let rest = &text[found + key.len()..];
        let Some(list) =
            rest.trim_start().strip_prefix('=').map(str::trim_start).and_then(|rest| rest.strip_prefix('['))
        else {
            continue;
        };
        let begin = text.len() - list.len();
        let (mut quote, mut opened) = (None, 0);
        for (offset, byte) in list.bytes().enumerate() {
            match (quote, byte) {
                (None, b']') => break,
                (None, b'"' | b'\'') => (quote, opened) = (Some(byte), offset + 1),
                (Some(open), _) if open == byte => {
                    packages.extend(wanted(file, &list[opened..offset], begin + opened, scope));
                    quote = None;
                }
                _ => {}
            }
        }
    }
    packages
}

fn wanted(file: &SourceFile, text: &str, start: usize, scope: Scope) -> Option<Package> {
    if text.trim().is_empty() {
        return None;
    }
    let location = place::rest_of_line(file, start);
    let package = Dependency::parse(text)?.package(scope, location.clone())?;
    Some(Package { declared: Some(location), ..package })
}

/// Reads conda's environment files.
pub(super) struct CondaEnvironment;

impl LockfileParser for CondaEnvironment {
    fn name(&self) -> &'static str {
        "environment.yml"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "environment.yml" | "environment.yaml" | "conda.yml" | "conda.yaml")
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let (root, problem) = yaml::read(file, "correct the file; conda cannot read it either");
        let mut extract = Extract { packages: Vec::new(), problems: problem.into_iter().collect() };
        let mut own = 0;
        for value in root.get("dependencies").map_or(&[][..], super::json::Value::array) {
            own += usize::from(
                value.str().is_some_and(|text| !text.starts_with("python=") && !matches!(text, "pip" | "python")),
            );
            for line in value.get("pip").map_or(&[][..], super::json::Value::array) {
                let Some(text) = line.str().filter(|text| !text.starts_with('-')) else { continue };
                extract.packages.extend(wanted(file, text, line.start, Scope::Runtime));
            }
        }
        if own > 0 {
            let message = format!(
                "{own} packages of conda in `{}` were not matched: no advisories are kept for conda",
                file.path()
            );
            let place = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unresolved, place, message));
        }
        extract
    }
}
