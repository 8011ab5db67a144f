//! The rules about secrets: one a token format, and those about literals that the name of a secret is set to.

use super::RuleDoc;
use crate::base::Severity;
use crate::secret::{self, DEFAULT_CREDENTIAL, HARD_CODED, Loaded};

const WHY: &str = "Whoever can read the file, its history, a build artefact or a backup can use the credential. A repository is \
copied far more often than anybody remembers, so a secret that was committed once counts as known.";

/// Their docs.
pub fn docs() -> Vec<RuleDoc> {
    let named = [
        (
            HARD_CODED,
            "Leaked secret in a variable",
            "Read the value from the environment or a secret store, and replace the one that was committed.",
        ),
        (
            DEFAULT_CREDENTIAL,
            "Default credential",
            "Read the password from the environment without a default, and refuse to start without it.",
        ),
    ];
    let named = named.map(|(id, title, remedy)| doc(id.to_owned(), title, Severity::High, remedy, Vec::new()));
    secret::all().iter().map(format).chain(named).collect()
}

fn format(loaded: &Loaded) -> RuleDoc {
    let severity = loaded.detector.severity.parse().unwrap_or(Severity::High);
    let references = vec![loaded.reference.clone()];
    doc(loaded.rule(), &loaded.detector.title, severity, &loaded.remedy, references)
}

fn doc(id: String, title: &str, severity: Severity, remedy: &str, references: Vec<String>) -> RuleDoc {
    RuleDoc {
        id,
        title: title.to_owned(),
        severity,
        why: WHY.to_owned(),
        remedy: remedy.to_owned(),
        cwe: vec![798],
        owasp: vec!["A07:2021".to_owned()],
        asvs: Vec::new(),
        references,
        examples: Vec::new(),
    }
}
