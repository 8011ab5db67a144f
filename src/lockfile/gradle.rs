//! Gradle: `gradle.lockfile` (<https://docs.gradle.org/current/userguide/dependency_locking.html>), literal coordinates in
//! `build.gradle` and `build.gradle.kts`, and version catalogues `libs.versions.toml`
//! (<https://docs.gradle.org/current/userguide/version_catalogs.html>). Build scripts are programs: what they compute is
//! left out.

use super::toml_tree::{Document, Node};
use super::{Extract, LockfileParser, Siblings, entry, place};
use crate::base::SourceFile;
use crate::package::{Ecosystem, Package, Scope};

/// Reads Gradle's lockfiles.
pub(super) struct GradleLock;

impl LockfileParser for GradleLock {
    fn name(&self) -> &'static str {
        "gradle.lockfile"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "gradle.lockfile" | "buildscript-gradle.lockfile")
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let mut extract = Extract::default();
        for (start, line) in entry::lines(file.text()) {
            if line.is_empty() || line.starts_with('#') || line.starts_with("empty=") {
                continue;
            }
            let (coordinates, configurations) = line.split_once('=').unwrap_or((line, ""));
            let Some((name, version)) = coordinates.rsplit_once(':').filter(|(name, _)| name.contains(':')) else {
                extract.problems.push(entry::broken(
                    file,
                    start,
                    line,
                    "write it anew with `gradle dependencies --write-locks`",
                ));
                continue;
            };
            let mut package = entry::at(file, Ecosystem::Maven, name, Some(version), start);
            let test = |configuration: &str| configuration.to_ascii_lowercase().contains("test");
            if !configurations.is_empty() && configurations.split(',').all(test) {
                package.scope = Scope::Dev;
            } else if file.path().ends_with("buildscript-gradle.lockfile") {
                package.scope = Scope::Build;
            }
            extract.packages.push(package);
        }
        extract
    }
}

/// Reads the literal coordinates of build scripts.
pub(super) struct GradleBuild;

impl LockfileParser for GradleBuild {
    fn name(&self) -> &'static str {
        "build.gradle"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "build.gradle" | "build.gradle.kts")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let locked = place::join(place::folder(file.path()), "gradle.lockfile").and_then(|path| siblings(&path));
        let packages = if locked.is_some() { Vec::new() } else { literals(file) };
        Extract { packages, problems: Vec::new() }
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(literals(file))
    }
}

/// `implementation("group:artifact:version")` and `implementation 'group:artifact:version'`.
fn literals(file: &SourceFile) -> Vec<Package> {
    const CONFIGURATIONS: [(&str, Scope); 10] = [
        ("implementation", Scope::Runtime),
        ("api", Scope::Runtime),
        ("compile", Scope::Runtime),
        ("runtimeOnly", Scope::Runtime),
        ("compileOnly", Scope::Build),
        ("annotationProcessor", Scope::Build),
        ("kapt", Scope::Build),
        ("ksp", Scope::Build),
        ("classpath", Scope::Build),
        ("test", Scope::Dev),
    ];
    let mut found = Vec::new();
    for (start, line) in entry::lines(file.text()) {
        let word = line.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or("");
        let lower = word.to_ascii_lowercase();
        let known = CONFIGURATIONS.iter().find(|(name, _)| word == *name);
        let scope = match known {
            Some((_, scope)) => *scope,
            None if lower.starts_with("test") || lower.starts_with("androidtest") => Scope::Dev,
            None if ["Implementation", "Api", "RuntimeOnly"].iter().any(|end| word.ends_with(end)) => Scope::Runtime,
            None => continue,
        };
        let Some(open) = line.find(['"', '\'']) else { continue };
        let quote = &line[open..=open];
        let Some((text, _)) = line[open + 1..].split_once(quote) else { continue };
        let parts: Vec<&str> = text.split(':').collect();
        let [group, artifact, rest @ ..] = parts.as_slice() else { continue };
        let plain = |text: &str| !text.is_empty() && !text.contains(['$', ' ', '/']);
        if !plain(group) || !plain(artifact) {
            continue;
        }
        let version = rest.first().map(|version| version.split('@').next().unwrap_or(version));
        let exact = version
            .filter(|version| plain(version) && !version.contains(['+', '[', '(']) && !version.starts_with("latest"));
        let package = entry::at(file, Ecosystem::Maven, &format!("{group}:{artifact}"), exact, start);
        found.push(entry::direct(package, scope, version));
    }
    found
}

/// Reads version catalogues.
pub(super) struct VersionCatalogue;

impl LockfileParser for VersionCatalogue {
    fn name(&self) -> &'static str {
        "libs.versions.toml"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path).ends_with(".versions.toml")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let document = Document::read(file, "correct the file; Gradle cannot read it either");
        let root = document.root();
        let locked = place::ancestors(place::folder(file.path()))
            .any(|folder| place::join(folder, "gradle.lockfile").is_some_and(|path| siblings(&path).is_some()));
        let versions = root.get("versions");
        let mut packages = Vec::new();
        for (_, node) in root.get("libraries").map(Node::members).unwrap_or_default() {
            let (name, mut version) = match node.str() {
                Some(text) => match text.rsplit_once(':') {
                    Some((name, version)) => (name.to_owned(), Some(version)),
                    None => continue,
                },
                None => match (node.text("module"), node.text("group"), node.text("name")) {
                    (Some(module), _, _) => (module.to_owned(), None),
                    (None, Some(group), Some(name)) => (format!("{group}:{name}"), None),
                    _ => continue,
                },
            };
            if let Some(own) = node.get("version") {
                let named = own.text("ref").and_then(|name| versions?.get(name)?.str());
                version = own.str().or(named);
            }
            let exact = version.filter(|version| !version.contains(['+', '[', '(']));
            let package = entry::at(file, Ecosystem::Maven, &name, exact, node.start);
            packages.push(entry::direct(package, Scope::Runtime, version));
        }
        if locked {
            packages.clear();
        }
        Extract { packages, problems: document.problems }
    }
}
