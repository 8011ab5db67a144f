//! `stageclear sbom`, and VEX documents on the command line: what they clear, what they cannot.

use std::path::Path;

use serde_json::Value;

use crate::exceptions::stageclear;

/// Has advisories in the snapshot.
const LOCK: &str = r#"{
  "name": "shop", "version": "1.0.0", "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "version": "1.0.0", "dependencies": { "lodash": "4.17.4" } },
    "node_modules/lodash": { "version": "4.17.4", "license": "MIT" }
  }
}"#;
const MANIFEST: &str =
    r#"{ "name": "shop", "version": "1.0.0", "license": "MIT", "dependencies": { "lodash": "4.17.4" } }"#;
const PURL: &str = "pkg:npm/lodash@4.17.4";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("package.json"), MANIFEST).unwrap();
    std::fs::write(folder.path().join("package-lock.json"), LOCK).unwrap();
    std::fs::write(folder.path().join("index.js"), "const _ = require('lodash');\nconsole.log(_.chunk([1], 1));\n")
        .unwrap();
    folder
}

fn output(folder: &Path, arguments: &[&str]) -> Value {
    let output = stageclear(folder).args(arguments).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

fn ids(document: &Value) -> Vec<String> {
    let found = document["vulnerabilities"].as_array().unwrap().iter();
    found.map(|found| found["id"].as_str().unwrap().to_owned()).collect()
}

/// How the finding about the package is silenced.
fn suppression(document: &Value) -> Value {
    let findings = document["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == "dependency/vulnerable-package");
    found.unwrap()["suppression"].clone()
}

fn statement(id: &str, product: &Value, rest: &str) -> String {
    format!("{{ \"vulnerability\": {{ \"name\": \"{id}\" }}, \"products\": [{product}], {rest} }}")
}

fn write_vex(folder: &Path, statements: &[String]) {
    let text = format!(
        "{{ \"@context\": \"https://openvex.dev/ns/v0.2.0\", \"@id\": \"urn:x\", \"author\": \"Acme\", \
         \"timestamp\": \"2026-01-01T00:00:00Z\", \"version\": 1,\n\"statements\": [\n{}\n] }}",
        statements.join(",\n")
    );
    std::fs::write(folder.join("own.vex.json"), text).unwrap();
}

const NOT_AFFECTED: &str = r#""status": "not_affected", "justification": "vulnerable_code_not_in_execute_path", "impact_statement": "own input only""#;

#[test]
fn bills_are_written_and_read_again() {
    let folder = project();
    let bill = output(folder.path(), &["sbom", "-q"]);
    assert_eq!((&bill["specVersion"], &bill["metadata"]["component"]["name"]), (&"1.6".into(), &"shop".into()));
    let component = &bill["components"][0];
    assert_eq!((&component["purl"], &component["scope"]), (&PURL.into(), &"required".into()));
    assert_eq!(component["licenses"][0]["license"]["id"], "MIT");
    assert_eq!(component["evidence"]["occurrences"][0]["line"], 5);
    assert_eq!(bill["dependencies"][0]["dependsOn"], serde_json::json!([PURL]));
    assert!(!bill["vulnerabilities"].as_array().unwrap().is_empty());
    assert!(bill["metadata"].get("timestamp").is_none());
    assert_eq!(bill, output(folder.path(), &["sbom", "-q"]), "the same again");
    let dated = stageclear(folder.path()).args(["sbom", "-q"]).env("SOURCE_DATE_EPOCH", "1790000000").output().unwrap();
    assert!(String::from_utf8(dated.stdout).unwrap().contains("\"timestamp\": \"2026-09-21T14:13:20Z\""));

    let spdx = output(folder.path(), &["sbom", "-q", "--format", "spdx"]);
    assert_eq!(spdx["spdxVersion"], "SPDX-2.3");
    let tags = stageclear(folder.path()).args(["sbom", "-q", "--format", "spdx-tag-value"]).output().unwrap();
    assert!(String::from_utf8(tags.stdout).unwrap().contains("\nPackageLicenseDeclared: MIT\n"));

    // What was written is a bill like any other.
    let other = tempfile::tempdir().unwrap();
    let path = other.path().join("app.cdx.json");
    stageclear(folder.path()).args(["sbom", "-q", "-o", path.to_str().unwrap()]).assert().code(0);
    let found = output(other.path(), &["audit", "-q", "--format", "json"]);
    assert_eq!(found["packages"][0]["purl"], PURL);
    assert_eq!(found["packages"][0]["direct"], true);
    assert!(!ids(&found).is_empty());
}

#[test]
fn a_statement_for_every_advisory_clears_the_package() {
    let folder = project();
    let before = output(folder.path(), &["audit", "-q", "--format", "json"]);
    let ids = ids(&before);
    assert!(ids.len() > 1 && suppression(&before).is_null());
    let product = serde_json::json!({ "@id": "pkg:npm/lodash" });
    let all: Vec<String> = ids.iter().map(|id| statement(id, &product, NOT_AFFECTED)).collect();
    write_vex(folder.path(), &all[1..]);
    let some = output(folder.path(), &["audit", "-q", "--format", "json", "--vex", "own.vex.json"]);
    assert!(suppression(&some).is_null(), "one advisory is left");
    write_vex(folder.path(), &all);
    let cleared = output(folder.path(), &["audit", "-q", "--format", "json", "--vex", "own.vex.json"]);
    assert_eq!(suppression(&cleared)["kind"], "vex");
    let waiver = &cleared["waivers"][0];
    assert_eq!((&waiver["owner"], &waiver["status"]), (&"Acme".into(), &"not-affected".into()));
    assert_eq!(waiver["location"]["line"], 3);
    let text = stageclear(folder.path()).args(["audit", "--vex", "own.vex.json"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("vulnerable code not in execute path: own input only (Acme)"), "{text}");
    // In the bill it is an analysis, in OpenVEX a statement.
    let bill = output(folder.path(), &["sbom", "-q", "--vex", "own.vex.json"]);
    let analysis = &bill["vulnerabilities"][0]["analysis"];
    assert_eq!(
        (&analysis["state"], &analysis["justification"]),
        (&"not_affected".into(), &"code_not_reachable".into())
    );
    let vex = output(folder.path(), &["sbom", "-q", "--format", "openvex", "--vex", "own.vex.json"]);
    for statement in vex["statements"].as_array().unwrap() {
        assert_eq!(statement["status"], "not_affected");
        assert_eq!(statement["products"][0]["subcomponents"][0]["@id"], PURL);
    }
    // Our own statements say the same when they are read.
    std::fs::write(folder.path().join("again.vex.json"), vex.to_string()).unwrap();
    let again = output(folder.path(), &["audit", "-q", "--format", "json", "--vex", "again.vex.json"]);
    assert_eq!(suppression(&again)["kind"], "vex");
    // The configuration may name the document, too.
    std::fs::write(folder.path().join("stageclear.toml"), "[vex]\nfiles = [\"own.vex.json\"]\n").unwrap();
    let named = output(folder.path(), &["audit", "-q", "--format", "json"]);
    assert_eq!(suppression(&named)["kind"], "vex");
    std::fs::write(folder.path().join("stageclear.toml"), "[vex]\nfiles = [\"../own.vex.json\"]\n").unwrap();
    stageclear(folder.path()).args(["audit", "-q"]).assert().code(2);
}

#[test]
fn statements_about_others_and_later_ones() {
    let folder = project();
    let ids = ids(&output(folder.path(), &["audit", "-q", "--format", "json"]));
    let audit = |statements: &[String]| {
        write_vex(folder.path(), statements);
        output(folder.path(), &["audit", "-q", "--format", "json", "--vex", "own.vex.json"])
    };
    let told = |document: &Value, text: &str| document["problems"].to_string().contains(text);
    let all =
        |product: &Value, rest: &str| -> Vec<String> { ids.iter().map(|id| statement(id, product, rest)).collect() };
    let within = |name: &str| serde_json::json!({ "@id": name, "subcomponents": [{ "@id": "pkg:npm/lodash@4.17.4" }] });
    for (product, clears) in [
        (serde_json::json!({ "@id": "pkg:npm/lodash@4.17.4" }), true),
        (serde_json::json!({ "@id": "pkg:npm/lodash@4.17.5" }), false),
        (serde_json::json!({ "@id": "pkg:npm/lodash.merge" }), false),
        (serde_json::json!({ "@id": "pkg:npm/shop@1.0.0" }), true),
        (within("pkg:npm/shop"), true),
        (within("pkg:oci/shop"), true),
        (within("pkg:oci/another-app"), false),
        (within("pkg:npm/shop@2.0.0"), false),
    ] {
        let document = audit(&all(&product, NOT_AFFECTED));
        assert_eq!(suppression(&document)["kind"] == "vex", clears, "{product}");
        assert_eq!(told(&document, "speak of nothing that was found here"), !clears, "{product}");
    }
    // What is affected, or not known yet, stays.
    let product = serde_json::json!({ "@id": "pkg:npm/lodash" });
    for rest in [r#""status": "affected", "action_statement": "update""#, r#""status": "under_investigation""#] {
        let document = audit(&all(&product, rest));
        assert!(suppression(&document).is_null());
        assert_eq!(document["waivers"].as_array().unwrap().len(), ids.len());
    }
    // The later statement holds, wherever it stands in the file.
    let mut both =
        all(&product, r#""status": "affected", "action_statement": "update", "timestamp": "2026-03-01T00:00:00Z""#);
    both.extend(all(&product, NOT_AFFECTED));
    assert!(suppression(&audit(&both)).is_null());
    // Without a reason nobody is believed.
    let document = audit(&all(&product, r#""status": "not_affected""#));
    assert!(suppression(&document).is_null() && told(&document, "needs a justification"));
}

#[test]
fn an_organisation_refuses_statements() {
    let folder = project();
    let ids = ids(&output(folder.path(), &["audit", "-q", "--format", "json"]));
    let product = serde_json::json!({ "@id": PURL });
    write_vex(folder.path(), &ids.iter().map(|id| statement(id, &product, NOT_AFFECTED)).collect::<Vec<_>>());
    let bundle = tempfile::tempdir().unwrap();
    let organization = bundle.path().join("organization");
    std::fs::create_dir(&organization).unwrap();
    for (lists, refused) in [
        ("waivers:\n  vex: false\n", true),
        ("waivers:\n  vex_authors: [Somebody]\n", true),
        ("waivers:\n  vex_authors: [Acme]\n", false),
    ] {
        std::fs::write(organization.join("data.yaml"), format!("name: Acme\n{lists}")).unwrap();
        let arguments = [
            "audit",
            "-q",
            "--format",
            "json",
            "--vex",
            "own.vex.json",
            "--organization",
            bundle.path().to_str().unwrap(),
        ];
        let document = output(folder.path(), &arguments);
        assert_eq!(suppression(&document).is_null(), refused, "{lists}: {}", document["problems"]);
        assert_eq!(document["problems"].to_string().contains("is not in force"), refused, "{lists}");
        // Nor does the bill repeat a statement that is refused.
        let arguments = ["sbom", "-q", "--vex", "own.vex.json", "--organization", bundle.path().to_str().unwrap()];
        let bill = output(folder.path(), &arguments);
        assert_eq!(bill["vulnerabilities"][0].get("analysis").is_none(), refused, "{lists}");
    }
}

#[test]
fn licences_are_held_to_the_lists() {
    let folder = project();
    let rules = |configuration: &str| -> Vec<String> {
        std::fs::write(folder.path().join("stageclear.toml"), configuration).unwrap();
        let document = output(folder.path(), &["audit", "-q", "--format", "json"]);
        let findings = document["findings"].as_array().unwrap().iter();
        let rules = findings.filter_map(|finding| finding["rule"].as_str().map(str::to_owned));
        rules.filter(|rule| rule.ends_with("-license")).collect()
    };
    assert!(rules("").is_empty());
    assert!(rules("[licenses]\nallow = [\"MIT\"]\n").is_empty());
    assert_eq!(rules("[licenses]\ndeny = [\"MIT\"]\n"), ["policy/supply-chain/denied-license"]);
    assert_eq!(rules("[licenses]\nallow = [\"Apache-2.0\"]\n"), ["policy/supply-chain/denied-license"]);
    // What is installed tells what the lockfile does not.
    std::fs::write(folder.path().join("package-lock.json"), LOCK.replace(", \"license\": \"MIT\" }\n  }", " }\n  }"))
        .unwrap();
    assert_eq!(rules("[licenses]\nallow = [\"MIT\"]\n"), ["policy/supply-chain/unknown-license"]);
    let installed = folder.path().join("node_modules/lodash");
    std::fs::create_dir_all(&installed).unwrap();
    std::fs::write(folder.path().join(".gitignore"), "node_modules\n").unwrap();
    std::fs::write(installed.join("package.json"), "{\"version\": \"4.17.4\", \"license\": \"MIT\"}").unwrap();
    assert!(rules("[licenses]\nallow = [\"MIT\"]\n").is_empty());
}
