//! The built-in policies, by their metadata.

use super::RuleDoc;
use crate::base::Severity;
use crate::policy::PolicySet;

/// Their docs. The policies are tested with the program, so that they load; were they not to, there would be none here.
pub fn docs() -> Vec<RuleDoc> {
    let Ok(set) = PolicySet::built_in() else { return Vec::new() };
    let docs = set.policies().iter().map(|policy| {
        let metadata = &policy.metadata;
        RuleDoc {
            id: policy.id.clone(),
            title: metadata.title.clone(),
            severity: metadata.severity.unwrap_or(Severity::Medium),
            why: metadata.description.clone(),
            remedy: metadata.remedy.clone(),
            cwe: metadata.cwe.clone(),
            owasp: metadata.owasp.clone(),
            asvs: metadata.asvs.clone(),
            references: Vec::new(),
            examples: Vec::new(),
        }
    });
    docs.collect()
}
