//! From raw hits to what is reported: exceptions with a reason, one finding per cause, stable order and identity.
//!
//! Leaves out the waiver file and the baseline.

pub mod dedupe;
pub mod snippet;
pub mod suppress;

use crate::base::{CodeContext, Finding, Severity};

/// Lowers what stands outside production code by one level: harm there is real but smaller. Secrets stay, since a key
/// in a test works as well as any other.
pub fn weigh(findings: &mut [Finding]) {
    for finding in findings {
        let lowered = match finding.context {
            CodeContext::Production | CodeContext::Development => continue,
            CodeContext::Test | CodeContext::Example | CodeContext::Vendored | CodeContext::Generated => {
                finding.severity.lowered()
            }
        };
        if !finding.rule.starts_with("secret/") {
            finding.severity = lowered;
        }
    }
}

/// Worst first; then by place, rule and identity, so that the same input gives the same bytes.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let rank = |finding: &Finding| (std::cmp::Reverse(finding.severity), std::cmp::Reverse(finding.confidence));
        (rank(a), &a.location, &a.rule, &a.fingerprint).cmp(&(rank(b), &b.location, &b.rule, &b.fingerprint))
    });
}

/// How many findings of a severity count.
#[must_use]
pub fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.is_active() && finding.severity == severity).count()
}
