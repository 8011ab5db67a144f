//! .NET: `packages.lock.json`, project files (`*.csproj`, `*.fsproj`, `*.vbproj`), `Directory.Packages.props` and the older
//! `packages.config` (<https://learn.microsoft.com/nuget/consume-packages/>).

use super::npm_graph::Nodes;
use super::{Extract, LockfileParser, Siblings, entry, place, xml};
use crate::base::{Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, Scope};

/// Reads NuGet's lockfile.
pub(super) struct NugetLock;

impl LockfileParser for NugetLock {
    fn name(&self) -> &'static str {
        "packages.lock.json"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "packages.lock.json"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let hint = "write it anew with `dotnet restore --force-evaluate`";
        let (root, mut extract) = entry::json(file, hint);
        let mut nodes = Nodes::default();
        for framework in root.members("dependencies") {
            let Some(object) = framework.value.object() else { continue };
            let mut needs = Vec::new();
            for member in object.members() {
                let kind = member.value.text("type").unwrap_or("");
                if kind.eq_ignore_ascii_case("project") {
                    continue;
                }
                let Some(version) = member.value.text("resolved") else {
                    extract.problems.push(entry::broken(file, member.start, &member.key, hint));
                    continue;
                };
                // The same package for several frameworks is one.
                let key = format!("{}@{version}", member.key.to_lowercase());
                let node = nodes.get(&key).unwrap_or_else(|| {
                    let mut package = entry::at(file, Ecosystem::NuGet, &member.key, Some(version), member.start);
                    package.integrity = member.value.text("contentHash").is_some();
                    let node = nodes.add(package);
                    nodes.name(key, node);
                    node
                });
                if kind.eq_ignore_ascii_case("direct") {
                    nodes.root(node, Scope::Runtime, member.value.text("requested"), None);
                }
                needs.push((node, member.value.members("dependencies")));
            }
            for (from, members) in needs {
                for member in members {
                    let resolved = object.get(&member.key).and_then(|found| found.value.text("resolved"));
                    let to =
                        resolved.and_then(|version| nodes.get(&format!("{}@{version}", member.key.to_lowercase())));
                    if let Some(to) = to {
                        nodes.connect(from, to);
                    }
                }
            }
        }
        extract.packages = nodes.finish();
        extract
    }
}

/// Reads project files and lists of packages.
pub(super) struct NugetProject;

impl LockfileParser for NugetProject {
    fn name(&self) -> &'static str {
        "project file"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path);
        [".csproj", ".fsproj", ".vbproj"].iter().any(|end| name.ends_with(end))
            || matches!(name, "packages.config" | "Directory.Packages.props")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let beside = |name: &str| place::join(place::folder(file.path()), name).and_then(|path| siblings(&path));
        if beside("packages.lock.json").is_some() {
            return Extract::default();
        }
        let (elements, broken) = xml::read(file.text());
        let problem = |at| {
            let message = format!("`{}` is broken: an element does not end; what stands before was read", file.path());
            let hint = "correct the file; NuGet cannot read it either";
            Problem::incomplete(ProblemKind::Syntax, Some(place::rest_of_line(file, at)), message).hint(hint)
        };
        // Versions that the solution keeps in one place.
        let central = place::ancestors(place::folder(file.path()))
            .filter_map(|folder| place::join(folder, "Directory.Packages.props"))
            .find_map(|path| (path != file.path()).then(|| siblings(&path)).flatten());
        let central = central.map(|file| xml::read(file.text()).0).unwrap_or_default();
        let central = |name: &str| {
            let own = |element: &&xml::Element| {
                element.name() == "PackageVersion"
                    && element.attribute("Include").is_some_and(|other| other.eq_ignore_ascii_case(name))
            };
            central.iter().find(own).and_then(|element| element.attribute("Version")).map(str::to_owned)
        };
        let mut packages = Vec::new();
        for element in &elements {
            let name = match element.name() {
                "PackageReference" | "GlobalPackageReference" => element.attribute("Include"),
                "package" => element.attribute("id"),
                _ => None,
            };
            let Some(name) = name else { continue };
            let child = elements[element.id + 1..]
                .iter()
                .take(16)
                .find(|inner| inner.parent == element.id && inner.name() == "Version");
            let own = element.attribute("Version").or(element.attribute("VersionOverride")).map(str::to_owned);
            let version = own.or_else(|| child.map(|child| child.text.clone())).or_else(|| central(name));
            packages.push(package(file, element, name, version.as_deref()));
        }
        Extract { packages, problems: broken.map(problem).into_iter().collect() }
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        (place::file_name(file.path()) != "Directory.Packages.props").then(|| self.parse(file, &|_| None).packages)
    }
}

/// A version alone is the lowest that is taken, and what is installed unless another package asks for more.
fn package(file: &SourceFile, element: &xml::Element, name: &str, version: Option<&str>) -> Package {
    let exact =
        version.map(|version| version.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(version));
    let exact = exact.filter(|version| !version.contains(['*', ',', '(', ')', '[', '$']));
    let dev = element.attribute("developmentDependency") == Some("true")
        || element.attribute("PrivateAssets").is_some_and(|assets| assets.eq_ignore_ascii_case("all"));
    let package = entry::at(file, Ecosystem::NuGet, name, exact, element.start);
    entry::direct(package, if dev { Scope::Dev } else { Scope::Runtime }, version)
}
