//! `rules list`: every rule with severity, CWE and title.

use std::fmt::Write as _;

use super::args::RulesCommand;
use super::{Exit, print};
use crate::catalog;

/// Runs a `rules` command.
pub fn run(command: &RulesCommand) -> anyhow::Result<Exit> {
    let RulesCommand::List { format } = command;
    let mut out = String::new();
    if format == "json" {
        out = serde_json::to_string_pretty(&catalog::all().collect::<Vec<_>>())?;
        out.push('\n');
    } else {
        for doc in catalog::all() {
            let cwe: Vec<String> = doc.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect();
            let _ = writeln!(out, "{:<52} {:<9} {:<16} {}", doc.id, doc.severity, cwe.join(","), doc.title);
        }
    }
    print(&out)?;
    Ok(Exit::Passed)
}
