//! Bills of the lockfiles under `fixtures/lockfile/`, read back by our own reader.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::advisory::{Reach, Vulnerability};
use crate::base::{Finding, Location, SourceFile, SuppressionKind, VexStatus};
use crate::document::Waiver;
use crate::package::UsageState;

const LOCKFILES: [&str; 12] = [
    "cargo-lock-v4/Cargo.lock",
    "composer-lock/composer.lock",
    "conan-lock-2/conan.lock",
    "gemfile-lock/Gemfile.lock",
    "nuget-lock/packages.lock.json",
    "package-lock-v3/package-lock.json",
    "pnpm-lock-9/pnpm-lock.yaml",
    "poetry-lock/poetry.lock",
    "pubspec-lock/pubspec.lock",
    "requirements-full/requirements.txt",
    "uv-lock/uv.lock",
    "yarn-lock-1/yarn.lock",
];

fn stamp() -> Stamp {
    Stamp { asked: None, demanded: "2026-01-31T00:00:00Z".to_owned() }
}

fn packages(path: &str) -> Vec<Package> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lockfile").join(path);
    let folder = root.parent().unwrap().to_owned();
    let load = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        Some(Arc::new(SourceFile::new(name, text)))
    };
    let file = load(root.file_name().unwrap().to_str().unwrap()).unwrap();
    crate::lockfile::read(&file, &|name| load(name)).packages
}

fn document(packages: Vec<Package>) -> Document {
    let mut document = Document { packages, ..Document::default() };
    document.tool.name = "stageclear".to_owned();
    document.tool.version = "1.0.0".to_owned();
    document.project.name = "demo".to_owned();
    document
}

/// Scope, licence, hashes, and what a package needs.
type Essence = (Scope, Option<String>, BTreeSet<String>, BTreeSet<String>);

/// What must survive a bill: the strongest scope, and what is known about the content.
fn essence(packages: &[Package]) -> BTreeMap<String, Essence> {
    let mut all = BTreeMap::new();
    for package in packages {
        let license = package.license.as_ref().map(|license| license.expression.clone());
        let entry = all
            .entry(package.purl.clone())
            .or_insert_with(|| (package.scope, license, BTreeSet::new(), BTreeSet::new()));
        entry.0 = entry.0.min(package.scope);
        entry.2.extend(package.hashes.iter().filter(|hash| hash.file.is_none()).map(|hash| hash.hex.clone()));
        entry.3.extend(package.depends.iter().flatten().filter(|to| ***to != *package.purl).map(ToString::to_string));
    }
    all
}

fn again(bill: &Value, name: &str) -> Vec<Package> {
    let extract = crate::lockfile::read(&SourceFile::new(name, bill.to_string()), &|_| None);
    assert_eq!(extract.problems, [], "{name}");
    extract.packages
}

#[test]
fn our_own_reader_finds_the_same_packages() {
    for path in LOCKFILES {
        let packages = packages(path);
        assert!(packages.len() > 1, "{path}");
        let document = document(packages.clone());
        let inventory = Inventory::of(&document);
        let wanted = essence(&packages);
        let direct = |packages: &[Package]| -> BTreeSet<String> {
            packages.iter().filter(|package| package.direct).map(|package| package.purl.clone()).collect()
        };
        let graph = packages.iter().any(|package| package.direct);
        let cyclonedx = again(&cyclonedx::bill(&inventory, &stamp()), "x.cdx.json");
        let spdx = again(&spdx::bill(&inventory, &stamp()), "x.spdx.json");
        for (format, found) in [("cyclonedx", cyclonedx), ("spdx", spdx)] {
            let got = essence(&found);
            assert_eq!(got.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{path} {format}");
            for (purl, (scope, license, hashes, depends)) in &wanted {
                let one = &got[purl];
                assert_eq!(&one.1, license, "{path} {format} {purl}");
                assert_eq!(&one.3, depends, "{path} {format} {purl}");
                if format == "cyclonedx" {
                    assert_eq!(&one.0, scope, "{path} {purl}");
                }
                // Several values without a file are alternatives, which no format has as hashes.
                if hashes.len() == 1 {
                    assert_eq!(&one.2, hashes, "{path} {format} {purl}");
                }
            }
            if graph {
                assert_eq!(direct(&found), direct(&packages), "{path} {format}");
            }
        }
    }
}

#[test]
fn bills_are_whole_and_the_same_again() {
    for path in LOCKFILES {
        let document = document(packages(path));
        let inventory = Inventory::of(&document);
        let bill = cyclonedx::bill(&inventory, &stamp());
        assert_eq!(bill, cyclonedx::bill(&Inventory::of(&document), &stamp()), "{path}");
        let listed = bill["components"].as_array().unwrap();
        let mut references: BTreeSet<&str> =
            listed.iter().map(|component| component["bom-ref"].as_str().unwrap()).collect();
        assert_eq!(references.len(), listed.len(), "{path}: each reference is there once");
        references.insert(bill["metadata"]["component"]["bom-ref"].as_str().unwrap());
        for entry in bill["dependencies"].as_array().unwrap() {
            let needed = entry["dependsOn"].as_array().unwrap().iter().chain([&entry["ref"]]);
            needed.for_each(|to| assert!(references.contains(to.as_str().unwrap()), "{path}: {to}"));
        }
        let serial = bill["serialNumber"].as_str().unwrap();
        assert!(serial.starts_with("urn:uuid:") && serial.len() == 45 && serial.as_bytes()[23] == b'8', "{serial}");
        assert!(bill["metadata"].get("timestamp").is_none());
        let spdx = spdx::bill(&inventory, &stamp());
        let ids: BTreeSet<&str> =
            spdx["packages"].as_array().unwrap().iter().map(|package| package["SPDXID"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), listed.len() + 1, "{path}");
        for id in &ids {
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)), "{id}");
        }
        for relation in spdx["relationships"].as_array().unwrap() {
            let ends = ["spdxElementId", "relatedSpdxElement"].map(|key| relation[key].as_str().unwrap());
            for end in &ends {
                assert!(*end == "SPDXRef-DOCUMENT" || ids.contains(end), "{path}: {end}");
            }
        }
        let tags = spdx::tags(&spdx);
        assert_eq!(tags.matches("\nPackageName: ").count(), ids.len(), "{path}");
        assert_eq!(tags.matches("Relationship: ").count(), spdx["relationships"].as_array().unwrap().len());
    }
}

#[test]
fn several_files_are_parts_of_the_project() {
    let mut all = packages("uv-lock/uv.lock");
    for package in &mut all {
        package.location.path = "api/uv.lock".to_owned();
    }
    all.extend(packages("yarn-lock-1/yarn.lock"));
    let mut document = document(all);
    document.project.manifests = vec![OwnPackage {
        ecosystem: Ecosystem::PyPI,
        name: "shop-api".to_owned(),
        version: Some("2.0".to_owned()),
        license: License::parse("MIT"),
        location: Location::line("api/pyproject.toml", 2),
    }];
    let bill = cyclonedx::bill(&Inventory::of(&document), &stamp());
    let part = &bill["components"][0];
    assert_eq!((&part["name"], &part["purl"]), (&Value::from("shop-api"), &Value::from("pkg:pypi/shop-api@2.0")));
    assert_eq!(bill["metadata"]["component"]["name"], "demo");
    let needs = &bill["dependencies"][0];
    assert_eq!(needs["dependsOn"], serde_json::json!(["project:api/uv.lock", "project:yarn.lock"]));
    let purls = |packages: &[Package]| essence(packages).into_keys().collect::<Vec<_>>();
    assert_eq!(purls(&again(&bill, "x.cdx.json")), purls(&document.packages));
}

fn vulnerability(purl: &str, id: &str) -> Vulnerability {
    let (ecosystem, package, version) = crate::package::purl::parse(purl).unwrap();
    serde_json::from_value(serde_json::json!({
        "id": id, "aliases": ["CVE-2026-1"], "ecosystem": ecosystem, "package": package, "version": version,
        "purl": purl, "severity": "high", "cwe": [79], "fixed": ["9.9.9"]
    }))
    .unwrap()
}

fn waived(document: &Document, at: usize, advisory: Option<&str>) -> (Finding, Waiver) {
    let package = &document.packages[at];
    let finding = Finding::at(package.location.clone(), "dependency/vulnerable-package", crate::base::Severity::High)
        .title("t")
        .message("m")
        .done(&package.purl);
    let waiver = Waiver {
        kind: SuppressionKind::Waiver,
        advisory: advisory.map(str::to_owned),
        reason: "input is trusted".to_owned(),
        owner: "web".to_owned(),
        findings: vec![finding.fingerprint.clone()],
        used: 1,
        ..Waiver::empty()
    };
    (finding, waiver)
}

#[test]
fn statements_come_from_waivers_and_reach() {
    let mut document = document(packages("package-lock-v3/package-lock.json"));
    let purl = document.packages[1].purl.clone();
    document.vulnerabilities = vec![vulnerability(&purl, "GHSA-a"), vulnerability(&purl, "GHSA-b")];
    document.vulnerabilities[1].aliases.clear();
    let (finding, mut waiver) = waived(&document, 1, Some("CVE-2026-1"));
    waiver.status = Some(VexStatus::NotAffected);
    waiver.justification = Some("vulnerable_code_cannot_be_controlled_by_adversary".to_owned());
    document.findings = vec![finding];
    document.waivers = vec![waiver];
    let said = judgement::of(&document);
    assert_eq!(said.keys().collect::<Vec<_>>(), [&0], "the other advisory is not waived");
    let bill = cyclonedx::bill(&Inventory::of(&document), &stamp());
    let analysis = &bill["vulnerabilities"][0]["analysis"];
    assert_eq!(analysis["state"], "not_affected");
    assert!(analysis.get("justification").is_none(), "CycloneDX has none of that meaning");
    assert!(analysis["detail"].as_str().unwrap().contains("controlled by adversary"), "{analysis}");
    assert!(bill["vulnerabilities"][1].get("analysis").is_none());
    let vex = openvex::document(&Inventory::of(&document), &stamp()).unwrap();
    assert_eq!(vex["statements"][0]["justification"], "vulnerable_code_cannot_be_controlled_by_adversary");
    assert_eq!(vex["statements"][1]["status"], "under_investigation");

    // The same package in another file that nobody has waived: then nothing is said of the package as a whole.
    let mut other = document.packages[1].clone();
    other.location.path = "other/package-lock.json".to_owned();
    document.packages.push(other);
    assert!(judgement::of(&document).is_empty());
    document.packages.pop();

    // A refused waiver says nothing; one without a status has accepted the risk.
    document.waivers[0].status = None;
    document.waivers[0].justification = None;
    assert_eq!(judgement::of(&document)[&0].status, VexStatus::Affected);
    assert_eq!(judgement::of(&document)[&0].response.as_deref(), Some("update"));
    document.waivers[0].refused.push("expired".to_owned());
    assert!(judgement::of(&document).is_empty());

    let reach = |state| Reach {
        state,
        location: None,
        reason: "no file imports it".to_owned(),
        functions: Vec::new(),
        only_project: true,
        calls: Vec::new(),
    };
    document.vulnerabilities[1].reach = Some(reach(UsageState::TestsOnly));
    assert!(judgement::of(&document).is_empty(), "tests are no proof");
    document.vulnerabilities[1].reach = Some(reach(UsageState::NotImported));
    assert_eq!(judgement::of(&document)[&1].justification.as_deref(), Some("vulnerable_code_not_in_execute_path"));
}

#[test]
fn hostile_names_stay_in_their_place() {
    let mut hostile = Package::new(
        Ecosystem::Npm,
        "x\nPackageName: evil",
        Some("1\u{202e}\u{7}".to_owned()),
        Location::line("a\nRelationship: b/package-lock.json", 1),
    );
    hostile.license = License::parse("my </text>\nown license");
    let document = document(vec![hostile]);
    let inventory = Inventory::of(&document);
    let spdx = spdx::bill(&inventory, &stamp());
    let tags = spdx::tags(&spdx);
    assert_eq!(tags.lines().filter(|line| line.starts_with("PackageName: ")).count(), 3, "{tags}");
    assert_eq!(tags.matches("</text>").count(), tags.matches("<text>").count());
    assert_eq!(again(&cyclonedx::bill(&inventory, &stamp()), "x.cdx.json")[0].purl, document.packages[0].purl);
}
