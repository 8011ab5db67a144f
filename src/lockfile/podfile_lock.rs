//! `Podfile.lock` of CocoaPods (<https://guides.cocoapods.org/using/the-podfile.html>). Parts of a pod (`Firebase/Core`) are
//! the pod. No advisories are kept for CocoaPods: its packages are facts for bills and policies.

use super::json::Value;
use super::npm_graph::Nodes;
use super::{Extract, LockfileParser, Siblings, entry, origin, place, yaml};
use crate::base::SourceFile;
use crate::package::{Ecosystem, PackageSource, Scope};

/// Reads CocoaPods' lockfile.
pub(super) struct PodfileLock;

impl LockfileParser for PodfileLock {
    fn name(&self) -> &'static str {
        "Podfile.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "Podfile.lock"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let hint = "write it anew with `pod install`";
        let (root, problem) = yaml::read(file, hint);
        let mut extract = Extract { packages: Vec::new(), problems: problem.into_iter().collect() };
        let mut nodes = Nodes::default();
        let mut needs: Vec<(usize, &str)> = Vec::new();
        let sums = root.get("SPEC CHECKSUMS");
        for value in root.get("PODS").map_or(&[][..], Value::array) {
            // A text, or an object of one member: the pod and what it needs.
            let member = value.object().and_then(|object| object.members().first());
            let text = member.map_or_else(|| value.str(), |member| Some(&*member.key));
            let start = member.map_or(value.start, |member| member.start);
            let Some((name, Some(version))) = text.and_then(pod) else {
                extract.problems.push(entry::broken(file, start, text.unwrap_or("a pod"), hint));
                continue;
            };
            let node = nodes.get(name).unwrap_or_else(|| {
                let mut package = entry::at(file, Ecosystem::CocoaPods, name, Some(version), start);
                let sum = sums.and_then(|sums| sums.text(name));
                package.integrity = sum.is_some();
                package.source = source(&root, name);
                let node = nodes.add(package);
                nodes.name(name, node);
                node
            });
            let inner = member.map_or(&[][..], |member| member.value.array()).iter().filter_map(Value::str);
            needs.extend(inner.filter_map(|text| Some((node, pod(text)?.0))));
        }
        for (from, name) in needs {
            if let Some(to) = nodes.get(name).filter(|to| *to != from) {
                nodes.connect(from, to);
            }
        }
        for text in root.get("DEPENDENCIES").map_or(&[][..], Value::array).iter().filter_map(Value::str) {
            let Some((name, range)) = pod(text) else { continue };
            if let Some(node) = nodes.get(name) {
                let range = range.filter(|range| !range.starts_with("from "));
                nodes.root(node, Scope::Runtime, range, None);
            }
        }
        extract.packages = nodes.finish();
        extract
    }
}

/// `Name/Part (1.0)` → name of the pod, version or range.
fn pod(text: &str) -> Option<(&str, Option<&str>)> {
    let (name, rest) = text.split_once(" (").map_or((text, None), |(name, rest)| (name, Some(rest)));
    let name = name.trim().split('/').next()?;
    let version = rest.map(|rest| rest.trim_end().trim_end_matches(')')).filter(|version| !version.is_empty());
    (!name.is_empty() && !name.contains(' ')).then_some((name, version))
}

/// Where the pod comes from, if not from the specifications' own repository.
fn source(root: &Value<'_>, name: &str) -> PackageSource {
    let Some(external) = root.get("EXTERNAL SOURCES").and_then(|sources| sources.get(name)) else {
        return PackageSource::Registry;
    };
    let of = |key: &str| external.text(key).or_else(|| external.text(&format!(":{key}")));
    if let Some(url) = of("git") {
        let checkout = root.get("CHECKOUT OPTIONS").and_then(|options| options.get(name));
        let commit = checkout.and_then(|checkout| checkout.text("commit").or_else(|| checkout.text(":commit")));
        let url = origin::without_credentials(url);
        return PackageSource::Git(commit.map_or_else(|| url.clone(), |commit| format!("{url}#{commit}")));
    }
    of("path").or_else(|| of("podspec")).map_or(PackageSource::Registry, |path| PackageSource::Path(path.to_owned()))
}
