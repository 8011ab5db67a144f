//! CycloneDX 1.6: the packages as components, their vulnerabilities with severity, as far as the audit knows them
//! (<https://cyclonedx.org/docs/1.6/json/>). No serial number and no timestamp: the same input gives the same bytes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::escape::json as json_text;
use super::{Reporter, Style};
use crate::advisory::Vulnerability;
use crate::base::Severity;
use crate::document::Document;
use crate::package::{Package, Scope};

/// The format `cyclonedx`.
pub struct CycloneDx;

impl Reporter for CycloneDx {
    fn name(&self) -> &'static str {
        "cyclonedx"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        let mut components: BTreeMap<&str, &Package> = BTreeMap::new();
        for package in &document.packages {
            let entry = components.entry(&package.purl).or_insert(package);
            if package.scope < entry.scope {
                *entry = package;
            }
        }
        let mut vulnerabilities: BTreeMap<(&str, &str), &Vulnerability> = BTreeMap::new();
        for vulnerability in &document.vulnerabilities {
            vulnerabilities.insert((&vulnerability.id, &vulnerability.purl), vulnerability);
        }
        let bom = json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
                "tools": { "components": [{ "type": "application", "name": document.tool.name, "version": document.tool.version }] },
                "component": { "type": "application", "name": document.project.name, "bom-ref": "project" },
            },
            "components": components.values().map(|package| component(package)).collect::<Vec<_>>(),
            "vulnerabilities": vulnerabilities.values().map(|found| vulnerability(found)).collect::<Vec<_>>(),
        });
        let mut text = json_text(&serde_json::to_string_pretty(&bom).unwrap_or_default());
        text.push('\n');
        text
    }
}

fn component(package: &Package) -> Value {
    let scope = if package.scope == Scope::Runtime { "required" } else { "optional" };
    let mut value = json!({
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "purl": package.purl,
        "scope": scope,
        "evidence": { "occurrences": [{ "location": package.location.path, "line": package.location.line }] },
    });
    if let Some(version) = &package.version {
        value["version"] = json!(version);
    }
    value
}

fn vulnerability(found: &Vulnerability) -> Value {
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
    }
    let recommendation = found.fixed.first().map(|version| format!("update {} to {version}", found.package));
    let mut value = json!({
        "id": found.id,
        "references": found.aliases.iter().map(|alias| json!({ "id": alias, "source": { "name": database(alias) } })).collect::<Vec<_>>(),
        "ratings": [rating],
        "cwes": found.cwe,
        "affects": [{ "ref": found.purl }],
    });
    if let Some(recommendation) = recommendation {
        value["recommendation"] = json!(recommendation);
    }
    value
}

fn database(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}
