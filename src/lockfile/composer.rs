//! `composer.lock` and `composer.json` (<https://getcomposer.org/doc/01-basic-usage.md>). PHP itself and its extensions are
//! no packages.

use super::json::{Member, Value};
use super::npm_graph::Nodes;
use super::{Extract, LockfileParser, Siblings, entry, origin, place};
use crate::base::SourceFile;
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, Hash, License, Package, PackageSource, Scope};

const HINT: &str = "write it anew with `composer update --lock`";
const SECTIONS: [(&str, Scope); 2] = [("require", Scope::Runtime), ("require-dev", Scope::Dev)];

/// Reads Composer's lockfile.
pub(super) struct ComposerLock;

impl LockfileParser for ComposerLock {
    fn name(&self) -> &'static str {
        "composer.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "composer.lock"
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let (root, mut extract) = entry::json(file, HINT);
        let mut nodes = Nodes::default();
        let mut needs: Vec<(usize, &[Member<'_>])> = Vec::new();
        for (section, scope) in [("packages", Scope::Runtime), ("packages-dev", Scope::Dev)] {
            for value in root.get(section).map_or(&[][..], Value::array) {
                let (Some(name), Some(version)) = (value.text("name"), value.text("version")) else {
                    extract.problems.push(entry::broken(file, value.start, "an entry", HINT));
                    continue;
                };
                let start = value.object().and_then(|object| object.get("name")).map_or(value.start, |name| name.start);
                let version = version.strip_prefix('v').unwrap_or(version);
                let mut package = entry::at(file, Ecosystem::Packagist, name, Some(version), start);
                package.scope = scope;
                package.integrity =
                    value.get("dist").and_then(|dist| dist.text("shasum")).is_some_and(|hash| !hash.is_empty());
                let sum = value.get("dist").and_then(|dist| dist.text("shasum"));
                package.hashes = sum.and_then(|sum| Hash::hex(Algorithm::Sha1, sum)).into_iter().collect();
                let licenses = value.get("license").map_or(&[][..], Value::array).iter().filter_map(Value::str);
                package.license = License::any_of(licenses);
                if version.starts_with("dev-") {
                    let url = value.get("source").and_then(|source| source.text("url")).unwrap_or(name);
                    package.source = PackageSource::Git(origin::without_credentials(url));
                }
                let node = nodes.add(package);
                nodes.name(name.to_lowercase(), node);
                needs.push((node, value.members("require")));
            }
        }
        for (from, members) in needs {
            for member in members {
                if let Some(to) = nodes.get(&member.key.to_lowercase()) {
                    nodes.connect(from, to);
                }
            }
        }
        let manifest = place::join(place::folder(file.path()), "composer.json").and_then(|path| siblings(&path));
        for wanted in manifest.as_deref().map(wanted).unwrap_or_default() {
            if let Some(node) = nodes.get(&wanted.name) {
                nodes.root(node, wanted.scope, wanted.requirement.as_deref(), Some(wanted.location));
            }
        }
        extract.packages = nodes.finish();
        extract
    }
}

/// Reads Composer's manifest.
pub(super) struct ComposerJson;

impl LockfileParser for ComposerJson {
    fn name(&self) -> &'static str {
        "composer.json"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "composer.json" && !path.split('/').any(|part| part == "vendor")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let locked = place::join(place::folder(file.path()), "composer.lock").and_then(|path| siblings(&path));
        let (_, mut extract) = entry::json(file, "correct the file by hand; Composer cannot read it either");
        if locked.is_none() {
            extract.packages = wanted(file);
        }
        extract
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(wanted(file))
    }
}

fn wanted(file: &SourceFile) -> Vec<Package> {
    let (root, _) = entry::json(file, HINT);
    let mut found = Vec::new();
    for (section, scope) in SECTIONS {
        for member in root.members(section).iter().filter(|member| member.key.contains('/')) {
            let range = member.value.str().unwrap_or("*");
            let exact = range.strip_prefix(['=', 'v']).unwrap_or(range);
            let exact = (exact.split('.').count() >= 3
                && exact.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
            .then_some(exact);
            let package = entry::at(file, Ecosystem::Packagist, &member.key, exact, member.start);
            found.push(entry::direct(package, scope, Some(range)));
        }
    }
    found
}
