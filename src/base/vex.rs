//! The vocabulary of VEX: what a statement says of a vulnerability, and why
//! (<https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>, <https://cyclonedx.org/docs/1.6/json/#vulnerabilities_items_analysis>).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody says of a vulnerability in a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VexStatus {
    /// It cannot be exploited there.
    NotAffected,
    /// The vulnerability is none, or is not in that version.
    FalsePositive,
    /// The version holds a fix.
    Fixed,
    /// It is affected, and somebody has decided about it.
    Affected,
    /// Nobody knows yet.
    UnderInvestigation,
}

impl VexStatus {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NotAffected, Self::FalsePositive, Self::Fixed, Self::Affected, Self::UnderInvestigation];

    /// The name in stageclear's own files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAffected => "not-affected",
            Self::FalsePositive => "false-positive",
            Self::Fixed => "fixed",
            Self::Affected => "affected",
            Self::UnderInvestigation => "under-investigation",
        }
    }

    /// The status of a name: stageclear's, OpenVEX's, or CycloneDX's state.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let plain = name.trim().to_ascii_lowercase().replace('_', "-");
        let known = Self::ALL.into_iter().find(|status| status.name() == plain);
        known.or(match plain.as_str() {
            "resolved" | "resolved-with-pedigree" => Some(Self::Fixed),
            "exploitable" => Some(Self::Affected),
            "in-triage" => Some(Self::UnderInvestigation),
            _ => None,
        })
    }

    /// Whether it says that there is nothing to do.
    #[must_use]
    pub fn clears(self) -> bool {
        matches!(self, Self::NotAffected | Self::FalsePositive | Self::Fixed)
    }

    /// CycloneDX's state.
    #[must_use]
    pub fn cyclonedx(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::FalsePositive => "false_positive",
            Self::Fixed => "resolved",
            Self::Affected => "exploitable",
            Self::UnderInvestigation => "in_triage",
        }
    }

    /// OpenVEX's status; it has none for false positives.
    #[must_use]
    pub fn openvex(self) -> &'static str {
        match self {
            Self::NotAffected | Self::FalsePositive => "not_affected",
            Self::Fixed => "fixed",
            Self::Affected => "affected",
            Self::UnderInvestigation => "under_investigation",
        }
    }
}

/// Justifications: OpenVEX's, and CycloneDX's of the same meaning. An empty one has none.
const JUSTIFICATIONS: [(&str, &str); 11] = [
    ("component_not_present", ""),
    ("vulnerable_code_not_present", "code_not_present"),
    ("vulnerable_code_not_in_execute_path", "code_not_reachable"),
    ("vulnerable_code_cannot_be_controlled_by_adversary", ""),
    ("inline_mitigations_already_exist", "protected_by_mitigating_control"),
    ("", "requires_configuration"),
    ("", "requires_dependency"),
    ("", "requires_environment"),
    ("inline_mitigations_already_exist", "protected_by_compiler"),
    ("inline_mitigations_already_exist", "protected_at_runtime"),
    ("inline_mitigations_already_exist", "protected_at_perimeter"),
];

/// What CycloneDX knows as a response.
pub const RESPONSES: [&str; 5] = ["can_not_fix", "will_not_fix", "update", "rollback", "workaround_available"];

fn justification(name: &str) -> Option<&'static (&'static str, &'static str)> {
    let known = |row: &&(&str, &str)| !name.is_empty() && (row.0 == name || row.1 == name);
    // What is both OpenVEX's and one of several of CycloneDX's is the first.
    JUSTIFICATIONS.iter().find(known)
}

/// The justification in both vocabularies' spelling, hyphens taken for underscores; `None` for one that neither has.
#[must_use]
pub fn known_justification(name: &str) -> Option<String> {
    let name = name.trim().to_ascii_lowercase().replace('-', "_");
    justification(&name).map(|_| name)
}

/// The justification as CycloneDX has it, if it does.
#[must_use]
pub fn cyclonedx_justification(name: &str) -> Option<&'static str> {
    justification(name).map(|row| row.1).filter(|name| !name.is_empty())
}

/// The justification as OpenVEX has it, if it does.
#[must_use]
pub fn openvex_justification(name: &str) -> Option<&'static str> {
    justification(name).map(|row| row.0).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_vocabularies_are_known() {
        assert_eq!(VexStatus::parse("not_affected"), Some(VexStatus::NotAffected));
        assert_eq!(VexStatus::parse("resolved_with_pedigree"), Some(VexStatus::Fixed));
        assert_eq!(VexStatus::parse("fine"), None);
        for status in VexStatus::ALL {
            assert_eq!(VexStatus::parse(status.cyclonedx()), Some(status));
        }
        assert_eq!(cyclonedx_justification("vulnerable_code_not_in_execute_path"), Some("code_not_reachable"));
        assert_eq!(openvex_justification("protected_at_perimeter"), Some("inline_mitigations_already_exist"));
        assert_eq!(openvex_justification("requires_dependency"), None);
        assert_eq!(known_justification("Code-Not-Present").as_deref(), Some("code_not_present"));
        assert_eq!(known_justification(""), None);
    }
}
