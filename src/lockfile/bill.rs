//! Bills of materials as input: CycloneDX (<https://cyclonedx.org/docs/1.6/json/>) and SPDX 2 in JSON
//! (<https://spdx.github.io/spdx-spec/v2.3/>). Packages are told by their package URLs; what has none is left out and
//! counted.

use super::json::Value;
use super::{Extract, LockfileParser, Siblings, entry, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, Scope};

/// Components within components.
const DEEPEST: usize = 16;

/// Reads bills of materials.
pub(super) struct Bill;

impl LockfileParser for Bill {
    fn name(&self) -> &'static str {
        "bill of materials"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path).to_ascii_lowercase();
        matches!(name.as_str(), "bom.json" | "sbom.json")
            || [".cdx.json", ".spdx.json", ".bom.json", ".sbom.json"].iter().any(|end| name.ends_with(end))
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let (root, mut extract) = entry::json(file, "write it anew with the tool that made it");
        let mut without = 0;
        let mut stack: Vec<(&Value<'_>, usize)> =
            root.get("components").map_or(&[][..], Value::array).iter().rev().map(|value| (value, 0)).collect();
        while let Some((component, depth)) = stack.pop() {
            if depth < DEEPEST {
                let inner = component.get("components").map_or(&[][..], Value::array).iter().rev();
                stack.extend(inner.map(|value| (value, depth + 1)));
            }
            let hashed = component.get("hashes").is_some();
            let optional = matches!(component.text("scope"), Some("optional" | "excluded"));
            let kind = component.text("type").unwrap_or("library");
            match component.object().and_then(|object| object.get("purl")) {
                Some(member) => {
                    let package = member.value.str().and_then(|purl| package(file, purl, member.start));
                    without += usize::from(package.is_none());
                    extract.packages.extend(package.map(|mut package| {
                        package.integrity = hashed;
                        package.scope = if optional { Scope::Optional } else { Scope::Runtime };
                        package
                    }));
                }
                None => without += usize::from(kind == "library"),
            }
        }
        for value in root.get("packages").map_or(&[][..], Value::array) {
            let references = value.get("externalRefs").map_or(&[][..], Value::array);
            let purl = references.iter().find(|reference| reference.text("referenceType") == Some("purl"));
            let found = purl.and_then(|reference| package(file, reference.text("referenceLocator")?, reference.start));
            without += usize::from(found.is_none() && value.text("versionInfo").is_some());
            extract.packages.extend(found);
        }
        if without > 0 {
            let message = format!(
                "{without} entries of `{}` have no package URL of a known ecosystem and were not matched",
                file.path()
            );
            let place = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unresolved, place, message));
        }
        extract
    }
}

/// `pkg:npm/%40scope/name@1.0.0?arch=x#sub`.
fn package(file: &SourceFile, purl: &str, start: usize) -> Option<Package> {
    let rest = purl.strip_prefix("pkg:")?;
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (kind, rest) = rest.trim_start_matches('/').split_once('/')?;
    let kind = kind.to_ascii_lowercase();
    let ecosystem = Ecosystem::ALL.into_iter().find(|ecosystem| ecosystem.purl_type() == kind)?;
    let (name, version) = match rest.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() => (name, Some(decode(version)?)),
        _ => (rest, None),
    };
    let name = decode(name)?;
    let name = match ecosystem {
        Ecosystem::Maven => name.replacen('/', ":", 1),
        Ecosystem::SwiftUrl => format!("https://{name}"),
        _ => name,
    };
    let mut found = entry::at(file, ecosystem, &name, version.as_deref(), start);
    found.requirement = None;
    Some(found)
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}
