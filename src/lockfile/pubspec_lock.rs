//! Dart's `pubspec.lock` (<https://dart.dev/tools/pub/package-layout>): packages with their source, and whether the
//! project asks for them itself. It holds no graph.

use super::{Extract, LockfileParser, Siblings, entry, origin, place, yaml};
use crate::base::SourceFile;
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, Hash, PackageSource, Scope};

/// Reads Pub's lockfile.
pub(super) struct PubspecLock;

impl LockfileParser for PubspecLock {
    fn name(&self) -> &'static str {
        "pubspec.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "pubspec.lock"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let hint = "write it anew with `dart pub get`";
        let (root, problem) = yaml::read(file, hint);
        let mut extract = Extract { packages: Vec::new(), problems: problem.into_iter().collect() };
        for member in root.members("packages") {
            let (source, about) = (member.value.text("source").unwrap_or("hosted"), member.value.get("description"));
            if matches!(source, "sdk" | "path") {
                continue;
            }
            let Some(version) = member.value.text("version") else {
                extract.problems.push(entry::broken(file, member.start, &member.key, hint));
                continue;
            };
            let mut package = entry::at(file, Ecosystem::Pub, &member.key, Some(version), member.start);
            package.integrity = about.and_then(|about| about.text("sha256")).is_some();
            let hash = about.and_then(|about| Hash::hex(Algorithm::Sha256, about.text("sha256")?));
            package.hashes = hash.into_iter().collect();
            let url = about.and_then(|about| about.text("url"));
            if source == "git" {
                package.source = PackageSource::Git(origin::without_credentials(url.unwrap_or("")));
            } else if let Some(url) = url {
                package.source = origin::index(Ecosystem::Pub, url);
            }
            let scope = match member.value.text("dependency") {
                Some("direct main" | "direct overridden") => Some(Scope::Runtime),
                Some("direct dev") => Some(Scope::Dev),
                _ => None,
            };
            if let Some(scope) = scope {
                package = entry::direct(package, scope, None);
                package.declared = None;
            }
            extract.packages.push(package);
        }
        extract
    }
}
