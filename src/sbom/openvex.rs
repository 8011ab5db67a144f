//! OpenVEX 0.2.0: what is said of each vulnerability (<https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>).
//!
//! Of what nobody has judged it is said that it is under investigation. A document has at least one statement, so there is
//! none of a project without vulnerabilities.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Inventory, Stamp, judgement, own_purl, uuid};
use crate::base::VexStatus;
use crate::base::vex::openvex_justification;

/// The document; `None` where there is nothing to say.
#[must_use]
pub fn document(inventory: &Inventory<'_>, stamp: &Stamp) -> Option<Value> {
    let judgements = judgement::of(inventory.document);
    // The same statement about several packages is one.
    let mut statements: BTreeMap<(&str, String), (Value, BTreeSet<&str>)> = BTreeMap::new();
    for (at, found) in inventory.document.vulnerabilities.iter().enumerate() {
        let judgement = judgements.get(&at);
        let status = judgement.map_or(VexStatus::UnderInvestigation, |judgement| judgement.status);
        let mut vulnerability = json!({ "name": found.id });
        if !found.aliases.is_empty() {
            vulnerability["aliases"] = json!(found.aliases.iter().collect::<BTreeSet<_>>());
        }
        let mut value = json!({ "vulnerability": vulnerability, "status": status.openvex() });
        if let Some(judgement) = judgement {
            let justification = judgement.justification.as_deref().and_then(openvex_justification);
            match status {
                VexStatus::NotAffected | VexStatus::FalsePositive => {
                    if let Some(justification) = justification {
                        value["justification"] = json!(justification);
                    }
                    value["impact_statement"] = json!(judgement.detail);
                }
                VexStatus::Affected => {
                    let update = found.fixed.first().map(|version| format!("; {version} holds a fix"));
                    value["action_statement"] = json!(format!("{}{}", judgement.detail, update.unwrap_or_default()));
                }
                VexStatus::Fixed | VexStatus::UnderInvestigation => value["status_notes"] = json!(judgement.detail),
            }
        }
        let key = (found.id.as_str(), value.to_string());
        statements.entry(key).or_insert_with(|| (value, BTreeSet::new())).1.insert(&found.purl);
    }
    if statements.is_empty() {
        return None;
    }
    let own = inventory.root.own.map(own_purl);
    let statements: Vec<Value> = statements
        .into_values()
        .map(|(mut value, purls)| {
            let one = |purl: &&str| json!({ "@id": purl, "identifiers": { "purl": purl } });
            let packages: Vec<Value> = purls.iter().map(one).collect();
            value["products"] = match &own {
                Some(own) => {
                    json!([{ "@id": own, "identifiers": { "purl": own }, "subcomponents": packages }])
                }
                None => json!(packages),
            };
            value
        })
        .collect();
    let tool = &inventory.document.tool;
    let id = format!("urn:uuid:{}", uuid(&format!("{}{}", stamp.demanded, json!(statements))));
    Some(json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": id,
        "author": inventory.root.name,
        "timestamp": stamp.demanded,
        "version": 1,
        "tooling": format!("{} {}", tool.name, tool.version),
        "statements": statements,
    }))
}
