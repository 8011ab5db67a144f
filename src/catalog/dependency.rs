//! The rules about dependencies, which have no rule files: what they say comes from advisories.

use super::RuleDoc;
use crate::advisory::finding::{NOTICE, UNMAINTAINED, UNSOUND, VULNERABLE};
use crate::base::Severity;

/// Their docs.
pub fn docs() -> Vec<RuleDoc> {
    let doc = |id: &str, title: &str, severity: Severity, cwe: u32, why: &str, remedy: &str| RuleDoc {
        id: id.to_owned(),
        title: title.to_owned(),
        severity,
        why: why.to_owned(),
        remedy: remedy.to_owned(),
        cwe: vec![cwe],
        owasp: vec!["A06:2021".to_owned()],
        asvs: Vec::new(),
        references: vec!["https://ossf.github.io/osv-schema/".to_owned()],
        examples: Vec::new(),
    };
    vec![
        doc(
            VULNERABLE,
            "Vulnerable dependency",
            Severity::Critical,
            1395,
            "A published weakness of a package is tried against everything that uses it. The severity is that of the worst advisory; an advisory without one counts as high, and what only development needs counts one level less.",
            "Update to the version that the finding names. Where there is none, replace the package or make sure that the weakness cannot be reached.",
        ),
        doc(
            UNSOUND,
            "Unsound dependency",
            Severity::Low,
            758,
            "Code without `unsafe` that uses the package can still corrupt memory.",
            "Update to a version that the advisory does not name, or avoid the functions that it names.",
        ),
        doc(
            UNMAINTAINED,
            "Unmaintained dependency",
            Severity::Info,
            1104,
            "Nobody is going to mend the next weakness that is found in the package.",
            "Plan to replace the package by a maintained one.",
        ),
        doc(
            NOTICE,
            "Notice about a dependency",
            Severity::Info,
            1395,
            "The package's database has something to say about this version that is no weakness by itself.",
            "Read the advisory.",
        ),
    ]
}
