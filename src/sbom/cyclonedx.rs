//! CycloneDX 1.6 in JSON (<https://cyclonedx.org/docs/1.6/json/>).
//!
//! The serial number is made from the content. Hashes stand at the component where its file knows one archive; of
//! several archives of one version each is an external reference with its own hashes, and values without a file are
//! properties.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Component, Inventory, Judgement, PREFIX, Part, Stamp, judgement, own_purl, scope_name, uuid};
use crate::advisory::Vulnerability;
use crate::base::vex::cyclonedx_justification;
use crate::base::{Severity, VexStatus};
use crate::package::hash::{Algorithm, Hash};
use crate::package::{Ecosystem, License, Scope};

/// The bill.
#[must_use]
pub fn bill(inventory: &Inventory<'_>, stamp: &Stamp) -> Value {
    let tool = &inventory.document.tool;
    let mut metadata = json!({
        "lifecycles": [{ "phase": "pre-build" }],
        "tools": { "components": [{ "type": "application", "name": tool.name, "version": tool.version }] },
        "component": own(&inventory.root),
    });
    if let Some(time) = &stamp.asked {
        metadata["timestamp"] = json!(time);
    }
    let mut components: Vec<Value> = inventory.parts.iter().map(own).collect();
    components.extend(inventory.components.iter().map(component));
    let aggregate = if inventory.incomplete { "incomplete" } else { "unknown" };
    let mut bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": dependencies(inventory),
        "compositions": [{ "aggregate": aggregate, "assemblies": [inventory.root.reference] }],
        "vulnerabilities": vulnerabilities(inventory),
    });
    bill["serialNumber"] = json!(format!("urn:uuid:{}", uuid(&bill.to_string())));
    bill
}

/// The project, or a part of it.
fn own(part: &Part<'_>) -> Value {
    let mut value = Map::new();
    value.insert("type".to_owned(), json!("application"));
    value.insert("bom-ref".to_owned(), json!(part.reference));
    value.insert("name".to_owned(), json!(part.name));
    if let Some(own) = part.own {
        if let Some(version) = &own.version {
            value.insert("version".to_owned(), json!(version));
        }
        if let Some(license) = &own.license {
            value.insert("licenses".to_owned(), licenses(license));
        }
        value.insert("purl".to_owned(), json!(own_purl(own)));
    }
    if !part.path.is_empty() {
        value.insert("properties".to_owned(), json!([{ "name": format!("{PREFIX}file"), "value": part.path }]));
    }
    Value::Object(value)
}

fn component(component: &Component<'_>) -> Value {
    let package = component.package();
    let (group, name) = component.names();
    let scope = match component.scope {
        Scope::Runtime => "required",
        Scope::Optional => "optional",
        Scope::Build | Scope::Dev => "excluded",
    };
    let mut value = Map::new();
    let mut put = |key: &str, part: Value| value.insert(key.to_owned(), part);
    put("type", json!(if package.ecosystem == Ecosystem::Docker { "container" } else { "library" }));
    put("bom-ref", json!(component.purl));
    if let Some(group) = group {
        put("group", json!(group));
    }
    put("name", json!(name));
    if let Some(version) = &package.version {
        put("version", json!(version));
    }
    put("scope", json!(scope));
    let (whole, files, loose) = hashes(component);
    if !whole.is_empty() {
        put("hashes", whole.into_iter().map(hash).collect());
    }
    if let Some(license) = component.license {
        put("licenses", licenses(license));
    }
    put("purl", json!(component.purl));
    let mut references: Vec<Value> = Vec::new();
    references.extend(component.origin().map(|(kind, url)| json!({ "type": kind, "url": url })));
    references.extend(files.into_iter().map(|(file, hashes)| {
        let hashes: Vec<Value> = hashes.into_iter().map(hash).collect();
        json!({ "type": "distribution", "url": reference(file), "hashes": hashes })
    }));
    if !references.is_empty() {
        put("externalReferences", json!(references));
    }
    let places: BTreeSet<(&str, u32)> =
        component.packages.iter().map(|package| (package.location.path.as_str(), package.location.line)).collect();
    let places: Vec<Value> = places.into_iter().map(|(path, line)| json!({ "location": path, "line": line })).collect();
    put("evidence", json!({ "occurrences": places }));
    put("properties", properties(component, &loose));
    Value::Object(value)
}

fn properties(component: &Component<'_>, loose: &[&Hash]) -> Value {
    let package = component.package();
    let mut properties = vec![("ecosystem", package.ecosystem.name().to_owned())];
    properties.push(("scope", scope_name(component.scope).to_owned()));
    let direct = component.packages.iter().any(|package| package.direct);
    properties.push(("direct", direct.to_string()));
    let ranges: BTreeSet<&String> =
        component.packages.iter().filter_map(|package| package.requirement.as_ref()).collect();
    properties.extend(ranges.into_iter().map(|range| ("requirement", range.clone())));
    properties.extend(loose.iter().map(|hash| ("accepted-hash", format!("{}:{}", hash.algorithm.name(), hash.hex))));
    if package.install_script {
        properties.push(("install-script", "true".to_owned()));
    }
    let property = |(name, value): (&str, String)| json!({ "name": format!("{PREFIX}{name}"), "value": value });
    properties.into_iter().map(property).collect()
}

/// Hashes of the one archive; of several, by file; and those of several whose files are not told.
type Hashes<'c> = (Vec<&'c Hash>, BTreeMap<&'c str, Vec<&'c Hash>>, Vec<&'c Hash>);

fn hashes<'c>(component: &'c Component<'_>) -> Hashes<'c> {
    let mut files: BTreeMap<&str, Vec<&Hash>> = BTreeMap::new();
    let mut whole: Vec<&Hash> = Vec::new();
    for hash in component.hashes.iter().copied() {
        match &hash.file {
            Some(file) => files.entry(file).or_default().push(hash),
            None => whole.push(hash),
        }
    }
    let algorithms: BTreeSet<Algorithm> = whole.iter().map(|hash| hash.algorithm).collect();
    if algorithms.len() < whole.len() { (Vec::new(), files, whole) } else { (whole, files, Vec::new()) }
}

fn hash(hash: &Hash) -> Value {
    let algorithm = match hash.algorithm {
        Algorithm::Md5 => "MD5",
        Algorithm::Sha1 => "SHA-1",
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Sha384 => "SHA-384",
        Algorithm::Sha512 => "SHA-512",
    };
    json!({ "alg": algorithm, "content": hash.hex })
}

/// A file name as a relative reference.
fn reference(file: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    let mut out = String::with_capacity(file.len());
    for character in file.chars() {
        if allowed(character) {
            out.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn licenses(license: &License) -> Value {
    let single = license.choices.len() == 1 && license.choices[0].len() == 1;
    let id = license.choices.first().and_then(|way| way.first()).filter(|_| single);
    match id {
        Some(id) if !id.contains(' ') && !id.starts_with("LicenseRef-") && !id.contains(['+', ':']) => {
            json!([{ "license": { "id": id, "acknowledgement": "declared" } }])
        }
        _ if license.spdx => json!([{ "expression": license.expression, "acknowledgement": "declared" }]),
        _ => json!([{ "license": { "name": license.expression, "acknowledgement": "declared" } }]),
    }
}

/// The graph, as far as files hold it: what nobody tells is left out, what depends on nothing stands with nothing.
fn dependencies(inventory: &Inventory<'_>) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for part in std::iter::once(&inventory.root).chain(&inventory.parts) {
        all.push(json!({ "ref": part.reference, "dependsOn": part.needs }));
    }
    for component in &inventory.components {
        if let Some(depends) = &component.depends {
            all.push(json!({ "ref": component.purl, "dependsOn": depends }));
        }
    }
    Value::Array(all)
}

/// A vulnerability as written, the packages with their ranges, and where they stand.
type Entry<'a> = (Value, BTreeMap<&'a str, &'a str>, BTreeSet<String>);

/// One entry for all packages of which the same is said.
fn vulnerabilities(inventory: &Inventory<'_>) -> Value {
    let judgements = judgement::of(inventory.document);
    let known: BTreeSet<&str> = inventory.components.iter().map(|component| component.purl).collect();
    let mut entries: BTreeMap<(&str, String), Entry<'_>> = BTreeMap::new();
    for (at, found) in inventory.document.vulnerabilities.iter().enumerate() {
        if !known.contains(found.purl.as_str()) {
            continue;
        }
        let analysis = judgements.get(&at).map(analysis);
        let key = (found.id.as_str(), analysis.as_ref().map(Value::to_string).unwrap_or_default());
        let entry =
            entries.entry(key).or_insert_with(|| (vulnerability(found, analysis), BTreeMap::new(), BTreeSet::new()));
        let status = match judgements.get(&at).map(|judgement| judgement.status) {
            Some(VexStatus::Fixed | VexStatus::FalsePositive) => "unaffected",
            _ => "affected",
        };
        entry.1.insert(&found.purl, status);
        entry.2.extend(found.fixed.first().map(|version| format!("update {} to {version}", found.package)));
    }
    let versions: BTreeMap<&str, &str> =
        inventory.document.vulnerabilities.iter().map(|found| (found.purl.as_str(), found.version.as_str())).collect();
    let finished = entries.into_values().map(|(mut value, affects, updates)| {
        let affects: Vec<Value> = affects
            .into_iter()
            .map(|(purl, status)| {
                let version = versions.get(purl).copied().unwrap_or("");
                json!({ "ref": purl, "versions": [{ "version": version, "status": status }] })
            })
            .collect();
        value["affects"] = json!(affects);
        if !updates.is_empty() {
            value["recommendation"] = json!(updates.into_iter().collect::<Vec<_>>().join("; "));
        }
        value
    });
    finished.collect()
}

fn analysis(judgement: &Judgement) -> Value {
    let mut value = json!({ "state": judgement.status.cyclonedx(), "detail": judgement.detail });
    if let Some(written) = &judgement.justification {
        match cyclonedx_justification(written) {
            Some(known) => value["justification"] = json!(known),
            None => value["detail"] = json!(format!("{}; {}", written.replace('_', " "), judgement.detail)),
        }
    }
    if let Some(response) = &judgement.response {
        value["response"] = json!([response]);
    }
    value
}

fn vulnerability(found: &Vulnerability, analysis: Option<Value>) -> Value {
    let severity = match found.severity {
        Some(Severity::Critical) => "critical",
        Some(Severity::High) => "high",
        Some(Severity::Medium) => "medium",
        Some(Severity::Low) => "low",
        Some(Severity::Info) => "info",
        None => "unknown",
    };
    let mut rating = json!({ "severity": severity });
    if let Some(score) = found.score {
        rating["score"] = json!(f64::from(score) / 10.0);
    }
    if let Some(vector) = &found.cvss {
        rating["vector"] = json!(vector);
        rating["method"] = json!(method(vector));
    }
    let alias = |alias: &String| json!({ "id": alias, "source": { "name": database(alias) } });
    let mut value = json!({
        "id": found.id,
        "source": { "name": "OSV", "url": format!("https://osv.dev/vulnerability/{}", reference(&found.id)) },
        "references": found.aliases.iter().map(alias).collect::<Vec<_>>(),
        "ratings": [rating],
        "cwes": found.cwe.iter().filter(|number| **number > 0).collect::<BTreeSet<_>>(),
    });
    if let Some(day) = &found.published {
        value["published"] = json!(format!("{day}T00:00:00Z"));
    }
    if let Some(analysis) = analysis {
        value["analysis"] = analysis;
    }
    let kind = if found.malicious { Some("malicious") } else { found.informational.as_deref() };
    if let Some(kind) = kind {
        value["properties"] = json!([{ "name": format!("{PREFIX}kind"), "value": kind }]);
    }
    value
}

/// The scoring method that a CVSS vector names at its head.
fn method(vector: &str) -> &'static str {
    match vector.split('/').next() {
        Some("CVSS:4.0") => "CVSSv4",
        Some("CVSS:3.1") => "CVSSv31",
        Some("CVSS:3.0") => "CVSSv3",
        _ => "CVSSv2",
    }
}

fn database(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}
