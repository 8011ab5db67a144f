//! SPDX 2.3 in JSON and as tags and values (<https://spdx.github.io/spdx-spec/v2.3/>).
//!
//! Nothing was analysed inside the packages, so every package says `filesAnalyzed: false`, licences are declared and never
//! concluded. Vulnerabilities are external references to their advisories; what is said of them has no place in SPDX 2,
//! `--format openvex` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Component, Inventory, Part, Stamp, own_purl, uuid};
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, License, Scope};

const NOTHING: &str = "NOASSERTION";

/// The bill.
#[must_use]
pub fn bill(inventory: &Inventory<'_>, stamp: &Stamp) -> Value {
    let tool = &inventory.document.tool;
    let foreign = foreign(inventory);
    let mut packages: Vec<Value> = Vec::new();
    for part in std::iter::once(&inventory.root).chain(&inventory.parts) {
        packages.push(own(part, &foreign));
    }
    let advisories = advisories(inventory);
    packages.extend(inventory.components.iter().map(|found| {
        let advisories = advisories.get(found.purl).map_or(&[][..], Vec::as_slice);
        package(found, &foreign, advisories)
    }));
    let extracted: Vec<Value> =
        foreign.iter().map(|(text, id)| json!({ "licenseId": id, "name": text, "extractedText": text })).collect();
    let mut bill = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": inventory.root.name,
        "creationInfo": {
            "created": stamp.demanded,
            "creators": [format!("Tool: {}-{}", tool.name, tool.version)],
        },
        "packages": packages,
        "relationships": relationships(inventory),
    });
    if !extracted.is_empty() {
        bill["hasExtractedLicensingInfos"] = json!(extracted);
    }
    let name: String = inventory.root.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let namespace = format!("https://spdx.org/spdxdocs/{name}-{}", uuid(&bill.to_string()));
    bill["documentNamespace"] = json!(namespace);
    bill
}

/// The identifier of a part or package in the document: readable, and unique by a digest.
fn id(reference: &str) -> String {
    let digest = Sha256::digest(reference.as_bytes());
    let plain = reference.strip_prefix("pkg:").unwrap_or(reference);
    let plain: String =
        plain.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).take(100).collect();
    let end: String = digest.iter().take(4).fold(String::new(), |mut end, byte| {
        let _ = write!(end, "{byte:02x}");
        end
    });
    format!("SPDXRef-{plain}-{end}")
}

/// Licences that are no SPDX expressions, each with the reference that stands for it.
fn foreign<'i>(inventory: &'i Inventory<'_>) -> BTreeMap<&'i str, String> {
    let texts = inventory.foreign_licenses().into_iter();
    texts.enumerate().map(|(at, text)| (text, format!("LicenseRef-stageclear-{}", at + 1))).collect()
}

fn declared<'l>(license: Option<&'l License>, foreign: &'l BTreeMap<&str, String>) -> &'l str {
    match license {
        // References to other documents, and to licences of this one that it does not hold, would be broken.
        Some(license) if license.spdx && !license.expression.contains("Ref-") => &license.expression,
        Some(license) => foreign.get(license.expression.as_str()).map_or(NOTHING, String::as_str),
        None => NOTHING,
    }
}

fn own(part: &Part<'_>, foreign: &BTreeMap<&str, String>) -> Value {
    let mut value = json!({
        "SPDXID": id(&part.reference),
        "name": part.name,
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "licenseConcluded": NOTHING,
        "licenseDeclared": declared(part.own.and_then(|own| own.license.as_ref()), foreign),
        "copyrightText": NOTHING,
        "primaryPackagePurpose": "APPLICATION",
    });
    if let Some(version) = part.own.and_then(|own| own.version.as_ref()) {
        value["versionInfo"] = json!(version);
    }
    if !part.path.is_empty() {
        value["sourceInfo"] = json!(format!("the packages of {}", part.path));
    }
    if let Some(own) = part.own {
        value["externalRefs"] = json!([reference("PACKAGE-MANAGER", "purl", &own_purl(own))]);
    }
    value
}

fn package(component: &Component<'_>, foreign: &BTreeMap<&str, String>, advisories: &[String]) -> Value {
    let package = component.package();
    let location = match component.origin() {
        Some(("vcs", url)) if url.contains("://") => {
            if url.starts_with("git") {
                url.to_owned()
            } else {
                format!("git+{url}")
            }
        }
        Some(("distribution", url)) if url.contains("://") => url.to_owned(),
        _ => NOTHING.to_owned(),
    };
    let places: BTreeSet<String> = component
        .packages
        .iter()
        .map(|package| format!("line {} of {}", package.location.line, package.location.path))
        .collect();
    let mut references = vec![reference("PACKAGE-MANAGER", "purl", component.purl)];
    references.extend(advisories.iter().map(|url| reference("SECURITY", "advisory", url)));
    let mut value = json!({
        "SPDXID": id(component.purl),
        "name": package.name,
        "downloadLocation": if location.chars().all(|c| c.is_ascii_graphic()) { &location } else { NOTHING },
        "filesAnalyzed": false,
        "licenseConcluded": NOTHING,
        "licenseDeclared": declared(component.license, foreign),
        "copyrightText": NOTHING,
        "primaryPackagePurpose": if package.ecosystem == Ecosystem::Docker { "CONTAINER" } else { "LIBRARY" },
        "sourceInfo": places.into_iter().collect::<Vec<_>>().join(", "),
        "externalRefs": references,
    });
    if let Some(version) = &package.version {
        value["versionInfo"] = json!(version);
    }
    let whole = component.hashes.iter().filter(|hash| hash.file.is_none());
    let checksum = |hash: &&&crate::package::Hash| {
        let algorithm = match hash.algorithm {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
            Algorithm::Sha384 => "SHA384",
            Algorithm::Sha512 => "SHA512",
        };
        (algorithm, hash.hex.clone())
    };
    let sums: Vec<(&str, String)> = whole.map(|hash| checksum(&hash)).collect();
    let algorithms: BTreeSet<&str> = sums.iter().map(|(algorithm, _)| *algorithm).collect();
    // Several values of one algorithm are alternatives, which SPDX does not have.
    if !sums.is_empty() && algorithms.len() == sums.len() {
        let sums = sums.into_iter().map(|(algorithm, sum)| json!({ "algorithm": algorithm, "checksumValue": sum }));
        value["checksums"] = sums.collect();
    }
    value
}

fn reference(category: &str, kind: &str, locator: &str) -> Value {
    json!({ "referenceCategory": category, "referenceType": kind, "referenceLocator": locator })
}

fn advisories<'i>(inventory: &Inventory<'i>) -> BTreeMap<&'i str, Vec<String>> {
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for vulnerability in &inventory.document.vulnerabilities {
        let plain = vulnerability.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if plain {
            let url = format!("https://osv.dev/vulnerability/{}", vulnerability.id);
            found.entry(&vulnerability.purl).or_default().insert(url);
        }
    }
    found.into_iter().map(|(purl, urls)| (purl, urls.into_iter().collect())).collect()
}

fn relationships(inventory: &Inventory<'_>) -> Value {
    let relation = |from: &str, kind: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    let scopes: BTreeMap<&str, Scope> =
        inventory.components.iter().map(|component| (component.purl, component.scope)).collect();
    let mut all = vec![relation("SPDXRef-DOCUMENT", "DESCRIBES", &id(&inventory.root.reference))];
    for part in std::iter::once(&inventory.root).chain(&inventory.parts) {
        let whole = id(&part.reference);
        for needed in &part.needs {
            // What is not needed at run time is told from its own side.
            let kind = match scopes.get(needed.as_str()) {
                Some(Scope::Dev) => Some("DEV_DEPENDENCY_OF"),
                Some(Scope::Build) => Some("BUILD_DEPENDENCY_OF"),
                Some(Scope::Optional) => Some("OPTIONAL_DEPENDENCY_OF"),
                Some(Scope::Runtime) | None => None,
            };
            all.push(match kind {
                Some(kind) => relation(&id(needed), kind, &whole),
                None => relation(&whole, "DEPENDS_ON", &id(needed)),
            });
        }
    }
    for component in &inventory.components {
        let from = id(component.purl);
        let depends = component.depends.iter().flatten();
        all.extend(depends.map(|purl| relation(&from, "DEPENDS_ON", &id(purl))));
    }
    Value::Array(all)
}

/// The same bill as tags and values.
#[must_use]
pub fn tags(bill: &Value) -> String {
    let mut out = String::new();
    let mut tag = |name: &str, value: &Value| {
        if let Some(text) = value.as_str() {
            // A line is a tag: what holds line breaks would begin another one.
            let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let line = line.replace("<text>", "").replace("</text>", "");
            let free = matches!(name, "PackageSourceInfo" | "ExtractedText");
            let _ = if free { writeln!(out, "{name}: <text>{line}</text>") } else { writeln!(out, "{name}: {line}") };
        }
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let join = |parts: [&Value; 3], with: &str| {
        Value::from(parts.iter().filter_map(|part| part.as_str()).collect::<Vec<_>>().join(with))
    };
    tag("SPDXVersion", &bill["spdxVersion"]);
    tag("DataLicense", &bill["dataLicense"]);
    tag("SPDXID", &bill["SPDXID"]);
    tag("DocumentName", &bill["name"]);
    tag("DocumentNamespace", &bill["documentNamespace"]);
    for creator in list(&bill["creationInfo"]["creators"]) {
        tag("Creator", &creator);
    }
    tag("Created", &bill["creationInfo"]["created"]);
    for package in list(&bill["packages"]) {
        for (name, key) in [
            ("\nPackageName", "name"),
            ("SPDXID", "SPDXID"),
            ("PackageVersion", "versionInfo"),
            ("PackageDownloadLocation", "downloadLocation"),
            ("PrimaryPackagePurpose", "primaryPackagePurpose"),
        ] {
            tag(name, &package[key]);
        }
        tag("FilesAnalyzed", &json!("false"));
        for sum in list(&package["checksums"]) {
            tag("PackageChecksum", &join([&sum["algorithm"], &sum["checksumValue"], &Value::Null], ": "));
        }
        for (name, key) in [
            ("PackageLicenseConcluded", "licenseConcluded"),
            ("PackageLicenseDeclared", "licenseDeclared"),
            ("PackageCopyrightText", "copyrightText"),
        ] {
            tag(name, &package[key]);
        }
        tag("PackageSourceInfo", &package["sourceInfo"]);
        for one in list(&package["externalRefs"]) {
            let parts = [&one["referenceCategory"], &one["referenceType"], &one["referenceLocator"]];
            tag("ExternalRef", &join(parts, " "));
        }
    }
    for license in list(&bill["hasExtractedLicensingInfos"]) {
        tag("\nLicenseID", &license["licenseId"]);
        tag("ExtractedText", &license["extractedText"]);
        tag("LicenseName", &license["name"]);
    }
    for (at, one) in list(&bill["relationships"]).iter().enumerate() {
        let parts = [&one["spdxElementId"], &one["relationshipType"], &one["relatedSpdxElement"]];
        tag(if at == 0 { "\nRelationship" } else { "Relationship" }, &join(parts, " "));
    }
    out
}
