//! Small lockfiles in JSON: Swift's `Package.resolved`, Conan's `conan.lock`, R's `renv.lock`, Deno's `deno.lock`.

use super::json::Value;
use super::npm_graph::{self, Nodes};
use super::{Extract, LockfileParser, Siblings, entry, origin, place};
use crate::base::SourceFile;
use crate::package::{Ecosystem, Hash, PackageSource, Scope};

/// Reads Swift's lockfile, versions 1 to 3.
pub(super) struct PackageResolved;

impl LockfileParser for PackageResolved {
    fn name(&self) -> &'static str {
        "Package.resolved"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "Package.resolved"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let hint = "write it anew with `swift package resolve`";
        let (root, mut extract) = entry::json(file, hint);
        let pins = root.get("pins").or_else(|| root.get("object").and_then(|object| object.get("pins")));
        for pin in pins.map_or(&[][..], Value::array) {
            let (url, key) = match (pin.text("location"), pin.text("repositoryURL")) {
                (Some(url), _) => (url, "location"),
                (None, Some(url)) => (url, "repositoryURL"),
                _ => {
                    extract.problems.push(entry::broken(file, pin.start, "a pin", hint));
                    continue;
                }
            };
            if pin.text("kind") == Some("localSourceControl") {
                continue;
            }
            let start = pin.object().and_then(|object| object.get(key)).map_or(pin.start, |member| member.start);
            let clean = origin::without_credentials(url);
            let name = clean.strip_suffix(".git").unwrap_or(&clean);
            let state = pin.get("state");
            let version = state.and_then(|state| state.text("version"));
            let mut package = entry::at(file, Ecosystem::SwiftUrl, name, version, start);
            package.integrity = state.and_then(|state| state.text("revision")).is_some();
            if version.is_none() {
                package.source = PackageSource::Git(clean);
            }
            extract.packages.push(package);
        }
        extract
    }
}

/// Reads Conan's lockfile, version 0.4 (a graph) and 0.5 (lists of references).
pub(super) struct ConanLock;

impl LockfileParser for ConanLock {
    fn name(&self) -> &'static str {
        "conan.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "conan.lock"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let hint = "write it anew with `conan lock create`";
        let (root, mut extract) = entry::json(file, hint);
        let mut found: Vec<(&str, usize, Scope)> = Vec::new();
        for (section, scope) in
            [("requires", Scope::Runtime), ("build_requires", Scope::Build), ("python_requires", Scope::Build)]
        {
            let list = root.get(section).map_or(&[][..], Value::array);
            found.extend(list.iter().filter_map(|value| Some((value.str()?, value.start, scope))));
        }
        let nodes = root.get("graph_lock").map_or(&[][..], |graph| graph.members("nodes"));
        for node in nodes {
            if let Some(member) = node.value.object().and_then(|object| object.get("ref"))
                && let Some(text) = member.value.str().filter(|_| &*node.key != "0")
            {
                found.push((text, member.start, Scope::Runtime));
            }
        }
        for (text, start, scope) in found {
            // `name/version@user/channel#revision%timestamp`
            let plain = text.split(['#', '@', '%']).next().unwrap_or(text);
            let Some((name, version)) = plain.split_once('/') else {
                extract.problems.push(entry::broken(file, start, text, hint));
                continue;
            };
            let mut package = entry::at(file, Ecosystem::ConanCenter, name, Some(version), start);
            package.integrity = text.contains('#');
            package.scope = scope;
            extract.packages.push(package);
        }
        extract
    }
}

/// Reads the lockfile of renv.
pub(super) struct RenvLock;

impl LockfileParser for RenvLock {
    fn name(&self) -> &'static str {
        "renv.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "renv.lock"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let hint = "write it anew with `renv::snapshot()`";
        let (root, mut extract) = entry::json(file, hint);
        let mut nodes = Nodes::default();
        let mut needs = Vec::new();
        for member in root.members("Packages") {
            let name = member.value.text("Package").unwrap_or(&member.key);
            let Some(version) = member.value.text("Version") else {
                extract.problems.push(entry::broken(file, member.start, name, hint));
                continue;
            };
            let mut package = entry::at(file, Ecosystem::Cran, name, Some(version), member.start);
            package.integrity = member.value.text("Hash").is_some();
            if matches!(member.value.text("Source"), Some("GitHub" | "GitLab" | "Bitbucket" | "Git")) {
                let repository = member.value.text("RemoteRepo").unwrap_or(name);
                package.source = PackageSource::Git(repository.to_owned());
            }
            let node = nodes.add(package);
            nodes.name(name, node);
            needs.push((node, member.value.get("Requirements").map_or(&[][..], Value::array)));
        }
        for (from, list) in needs {
            for to in list.iter().filter_map(Value::str).filter_map(|name| nodes.get(name)).collect::<Vec<_>>() {
                nodes.connect(from, to);
            }
        }
        extract.packages = nodes.finish();
        extract
    }
}

/// Reads Deno's lockfile, versions 2 to 5: the packages from npm. What comes from JSR and from addresses is in no
/// ecosystem that has advisories.
pub(super) struct DenoLock;

impl LockfileParser for DenoLock {
    fn name(&self) -> &'static str {
        "deno.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "deno.lock"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let hint = "write it anew with `deno install`";
        let (root, mut extract) = entry::json(file, hint);
        let section = |value: &'_ Value<'_>| value.get("npm").map(|npm| npm.get("packages").is_some());
        // Version 2: `npm.packages`; 3: `packages.npm`; from 4 on: `npm`.
        let old = section(&root) == Some(true);
        let members = match root.get("npm") {
            Some(npm) if old => npm.members("packages"),
            Some(_) => root.members("npm"),
            None => root.get("packages").map_or(&[][..], |packages| packages.members("npm")),
        };
        let mut nodes = Nodes::default();
        let mut needs = Vec::new();
        for member in members {
            // Peers stand behind the version: `a@1.0.0_b@2.0.0`.
            let plain =
                npm_graph::split(&member.key).map(|(name, rest)| (name, rest.split('_').next().unwrap_or(rest)));
            let Some((name, version)) = plain else {
                extract.problems.push(entry::broken(file, member.start, &member.key, hint));
                continue;
            };
            let mut package = entry::at(file, Ecosystem::Npm, name, Some(version), member.start);
            package.integrity = member.value.text("integrity").is_some();
            package.hashes = member.value.text("integrity").map(Hash::integrity).unwrap_or_default();
            let node = nodes.add(package);
            nodes.name(member.key.to_string(), node);
            nodes.name(format!("{name}@{version}"), node);
            nodes.name(name, node);
            needs.push((node, &member.value));
        }
        for (from, value) in needs {
            let listed = value.get("dependencies").map_or(&[][..], Value::array).iter().filter_map(Value::str);
            let mapped = value.members("dependencies").iter().filter_map(|member| member.value.str());
            for to in listed.chain(mapped).filter_map(|name| nodes.get(name)).collect::<Vec<_>>() {
                nodes.connect(from, to);
            }
        }
        let specifiers = match root.get("specifiers") {
            Some(_) => root.members("specifiers"),
            None => root.get("packages").map_or(&[][..], |packages| packages.members("specifiers")),
        };
        for member in specifiers {
            let Some(wanted) = member.key.strip_prefix("npm:").and_then(npm_graph::split) else { continue };
            let resolved = member.value.str().unwrap_or("");
            let resolved = resolved.strip_prefix("npm:").unwrap_or(resolved);
            let node = nodes.get(&format!("{}@{resolved}", wanted.0)).or_else(|| nodes.get(resolved));
            if let Some(node) = node {
                nodes.root(node, Scope::Runtime, Some(wanted.1), None);
            }
        }
        extract.packages = nodes.finish();
        extract
    }
}
