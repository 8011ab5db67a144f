//! `pnpm-lock.yaml`, lockfile versions 5 to 9
//! (<https://github.com/pnpm/spec/tree/master/lockfile>). Variants of one package with different peers are one package.

use super::json::Value;
use super::npm_graph::{self, Nodes};
use super::{Extract, LockfileParser, Siblings, place, yaml};
use crate::base::{Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Hash, PackageSource, Scope};

/// Reads pnpm's lockfile.
pub(super) struct PnpmLock;

const SECTIONS: [(&str, Scope); 3] =
    [("dependencies", Scope::Runtime), ("optionalDependencies", Scope::Optional), ("devDependencies", Scope::Dev)];

impl LockfileParser for PnpmLock {
    fn name(&self) -> &'static str {
        "pnpm-lock.yaml"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "pnpm-lock.yaml" && !path.split('/').any(|part| part == "node_modules")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let hint = "write it anew with `pnpm install --lockfile-only`";
        let (root, problem) = yaml::read(file, hint);
        let mut problems: Vec<Problem> = problem.into_iter().collect();
        // Versions are written `5.4`, `'6.0'`, `'9.0'`.
        let old = root.text("lockfileVersion").is_some_and(|version| version.starts_with(['3', '4', '5']));
        let mut nodes = Nodes::default();
        for member in root.members("packages") {
            let location = place::rest_of_line(file, member.start);
            let Some((name, version)) = split_key(&member.key, old) else {
                let message =
                    format!("`{}` in `{}` is no package", super::origin::without_credentials(&member.key), file.path());
                problems.push(Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(hint));
                continue;
            };
            let resolution = member.value.get("resolution");
            if npm_graph::is_own(version)
                || resolution.is_some_and(|resolution| resolution.text("type") == Some("directory"))
            {
                continue;
            }
            let name = member.value.text("name").unwrap_or(name);
            let mut package = npm_graph::package(name, version, location);
            if let Some(version) = member.value.text("version").filter(|_| package.version.is_none()) {
                let source = package.source;
                package = npm_graph::package(name, version, package.location);
                package.source = source;
            }
            package.integrity = resolution.is_some_and(|resolution| resolution.get("integrity").is_some());
            package.hashes = resolution.and_then(|r| r.text("integrity")).map(Hash::integrity).unwrap_or_default();
            if let (PackageSource::Registry, Some(url)) = (&package.source, resolution.and_then(|r| r.text("tarball")))
            {
                package.source = super::origin::index(Ecosystem::Npm, url);
            }
            let key = format!("{name}@{version}");
            let node = nodes.add(package);
            nodes.name(key, node);
        }
        for section in ["packages", "snapshots"] {
            for member in root.members(section) {
                let Some((name, version)) = split_key(&member.key, old) else { continue };
                let name = member.value.text("name").unwrap_or(name);
                let Some(from) = nodes.get(&format!("{name}@{version}")) else { continue };
                for inner in ["dependencies", "optionalDependencies"] {
                    for dependency in member.value.members(inner) {
                        let target = dependency.value.str().and_then(|to| resolve(&nodes, &dependency.key, to, old));
                        if let Some(to) = target {
                            nodes.connect(from, to);
                        }
                    }
                }
            }
        }
        let importers = root.members("importers").iter().map(|member| (&*member.key, &member.value));
        let single = root.get("importers").is_none().then_some((".", &root));
        for (folder, importer) in importers.chain(single) {
            importer_roots(file, siblings, folder, importer, old, &mut nodes);
        }
        Extract { packages: nodes.finish(), problems }
    }
}

fn importer_roots(
    file: &SourceFile,
    siblings: Siblings<'_>,
    folder: &str,
    importer: &Value<'_>,
    old: bool,
    nodes: &mut Nodes,
) {
    let wanted = npm_graph::manifest(file, folder, siblings);
    for (section, scope) in SECTIONS {
        for member in importer.members(section) {
            let version = member.value.str().or_else(|| member.value.text("version"));
            let Some(node) = version.and_then(|version| resolve(nodes, &member.key, version, old)) else { continue };
            let specifier = importer.get("specifiers").and_then(|specifiers| specifiers.text(&member.key));
            let declared =
                wanted.iter().find(|wanted| wanted.alias == member.key).map(|wanted| wanted.location.clone());
            nodes.root(node, scope, member.value.text("specifier").or(specifier), declared);
        }
    }
}

/// Name and version of `/name/1.0.0_peer@2` (5), `/name@1.0.0(peer@2)` (6), `name@1.0.0` (9).
fn split_key(key: &str, old: bool) -> Option<(&str, &str)> {
    let key = key.split('(').next().unwrap_or(key);
    let key = key.strip_prefix('/').unwrap_or(key);
    if !old {
        return npm_graph::split(key);
    }
    let (name, version) = key.rsplit_once('/')?;
    let version = version.split('_').next().unwrap_or(version);
    // A registry other than the default one stands before the name.
    let name = match name.split_once('/') {
        Some((host, name)) if !host.starts_with('@') && host.contains('.') => name,
        _ => name,
    };
    (!name.is_empty() && !version.is_empty()).then_some((name, version))
}

/// The package that `name: reference` means: a version, or another key.
fn resolve(nodes: &Nodes, name: &str, reference: &str, old: bool) -> Option<usize> {
    let plain = reference.split('(').next().unwrap_or(reference);
    if npm_graph::is_own(plain) {
        return None;
    }
    let version = if old { plain.split('_').next().unwrap_or(plain) } else { plain };
    nodes.get(&format!("{name}@{version}")).or_else(|| {
        let (name, version) = split_key(plain, old)?;
        nodes.get(&format!("{name}@{version}"))
    })
}
