//! `bun.lock` (<https://bun.sh/docs/install/lockfile>), JSON with comments. The older binary `bun.lockb` is not read.

use super::json::{self, Value};
use super::npm_graph::{self, Nodes};
use super::{Extract, LockfileParser, Siblings, origin, package_json, place};
use crate::base::{Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Hash, PackageSource, Scope};

/// Reads bun's lockfile.
pub(super) struct BunLock;

/// Packages above one that are searched at most.
const HIGHEST: usize = 128;

impl LockfileParser for BunLock {
    fn name(&self) -> &'static str {
        "bun.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "bun.lock" && !path.split('/').any(|part| part == "node_modules")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let hint = "write it anew with `bun install --lockfile-only`";
        let (root, broken) = json::parse(file.text());
        let mut problems: Vec<Problem> =
            broken.map(|broken| package_json::syntax(file, &broken, hint)).into_iter().collect();
        let mut nodes = Nodes::default();
        let mut added = Vec::new();
        for member in root.members("packages") {
            let location = place::rest_of_line(file, member.start);
            let parts = member.value.array();
            let Some((name, version)) = parts.first().and_then(Value::str).and_then(npm_graph::split) else {
                let message = format!("`{}` in `{}` is no package", member.key, file.path());
                problems.push(Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(hint));
                continue;
            };
            if npm_graph::is_own(version) {
                continue;
            }
            let mut package = npm_graph::package(name, version, location);
            // The second part names a registry other than the default one.
            if let (PackageSource::Registry, Some(url)) = (&package.source, parts.get(1).and_then(Value::str))
                && !url.is_empty()
            {
                package.source = origin::index(Ecosystem::Npm, url);
            }
            package.integrity = parts
                .iter()
                .skip(1)
                .filter_map(Value::str)
                .any(|text| ["sha512-", "sha256-", "sha1-"].iter().any(|start| text.starts_with(start)));
            let texts = parts.iter().skip(1).filter_map(Value::str);
            package.hashes = texts.map(Hash::integrity).find(|hashes| !hashes.is_empty()).unwrap_or_default();
            let node = nodes.add(package);
            nodes.name(member.key.to_string(), node);
            added.push((node, member));
        }
        for (from, member) in added {
            let about = member.value.array().iter().find(|part| part.object().is_some());
            for section in ["dependencies", "optionalDependencies", "peerDependencies"] {
                for dependency in about.map_or(&[][..], |about| about.members(section)) {
                    if let Some(to) = resolve(&nodes, &member.key, &dependency.key) {
                        nodes.connect(from, to);
                    }
                }
            }
        }
        for workspace in root.members("workspaces") {
            let wanted = npm_graph::manifest(file, &workspace.key, siblings);
            let own = workspace.value.text("name").unwrap_or("");
            for (section, scope) in [
                ("dependencies", Scope::Runtime),
                ("optionalDependencies", Scope::Optional),
                ("peerDependencies", Scope::Optional),
                ("devDependencies", Scope::Dev),
            ] {
                for member in workspace.value.members(section) {
                    // A workspace's own copy stands below its name.
                    let Some(node) = resolve(&nodes, own, &member.key) else { continue };
                    let declared = wanted.iter().find(|wanted| wanted.alias == member.key);
                    nodes.root(node, scope, member.value.str(), declared.map(|wanted| wanted.location.clone()));
                }
            }
        }
        Extract { packages: nodes.finish(), problems }
    }
}

/// The package `name` as seen from `key`: below it, or below the nearest package above.
fn resolve(nodes: &Nodes, key: &str, name: &str) -> Option<usize> {
    if key.len() + name.len() > place::LONGEST_PATH {
        return None;
    }
    place::ancestors(key)
        .take(HIGHEST)
        .find_map(|above| if above.is_empty() { nodes.get(name) } else { nodes.get(&format!("{above}/{name}")) })
}
