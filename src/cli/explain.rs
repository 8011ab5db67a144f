//! `explain RULE`: what, why, bad and good example, how to fix, references.

use std::fmt::Write as _;

use anyhow::bail;

use super::{Exit, print};
use crate::catalog;

/// Prints what is known of a rule.
pub fn run(rule: &str) -> anyhow::Result<Exit> {
    let Some(doc) = catalog::get(rule) else {
        let near = catalog::nearest(rule).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        bail!("there is no rule `{rule}`\nhint: {near}`stageclear rules list` shows all");
    };
    let mut out = format!("{}\n{}\n", doc.id, doc.title);
    let cwe: Vec<String> = doc.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    let _ = writeln!(out, "severity {} · {} {}", doc.severity, cwe.join(" "), doc.owasp.join(" "));
    if !doc.asvs.is_empty() {
        let _ = writeln!(out, "ASVS {}", doc.asvs.join(" "));
    }
    out.push('\n');
    for (label, text) in [("why", &doc.why), ("fix", &doc.remedy)] {
        if !text.is_empty() {
            let _ = writeln!(out, "{label}: {}\n", text.trim());
        }
    }
    for example in &doc.examples {
        for (label, code) in [("bad", &example.bad), ("good", &example.good)] {
            let _ = writeln!(out, "{label} ({}):", example.language);
            for line in code.trim_end().lines() {
                let _ = writeln!(out, "    {line}");
            }
            out.push('\n');
        }
    }
    for reference in &doc.references {
        let _ = writeln!(out, "see {reference}");
    }
    print(&out)?;
    Ok(Exit::Passed)
}
