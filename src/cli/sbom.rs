//! `sbom`: an audit, told as a bill of materials, or as what is said of its vulnerabilities.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::args::{GroundArgs, OrganizationArgs, RunArgs};
use super::{Exit, audit, db, print};
use crate::report::json;
use crate::sbom::{Inventory, Stamp, cyclonedx, openvex, spdx};

/// The formats of `sbom`.
const FORMATS: [&str; 4] = ["cyclonedx", "spdx", "spdx-tag-value", "openvex"];

/// `stageclear sbom …`
#[derive(Debug, Args)]
pub struct SbomArgs {
    /// Folders or files; the current folder when none is given
    pub paths: Vec<PathBuf>,
    /// `cyclonedx` (1.6), `spdx` (2.3, JSON), `spdx-tag-value`, or `openvex`: what is said of the vulnerabilities
    #[arg(long, value_name = "FORMAT", default_value = "cyclonedx", value_parser = FORMATS)]
    pub format: String,
    /// Write to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit 3 if something could not be read, so that packages may be missing
    #[arg(long)]
    pub strict: bool,
    /// What others say of vulnerabilities: an OpenVEX or CycloneDX document; may be given several times
    #[arg(long, value_name = "FILE")]
    pub vex: Vec<PathBuf>,
    /// Whose bounds of exceptions hold here too.
    #[command(flatten)]
    pub ours: OrganizationArgs,
    /// What is audited, and with how much.
    #[command(flatten)]
    pub ground: GroundArgs,
    /// Do not tell progress and problems
    #[arg(long, short)]
    pub quiet: bool,
}

/// Runs the audit and prints the bill.
pub fn run(arguments: SbomArgs) -> anyhow::Result<Exit> {
    let SbomArgs { paths, format, output, strict, vex, ours, ground, quiet } = arguments;
    let OrganizationArgs { organization, organization_key } = ours;
    let run = RunArgs { vex, organization, organization_key, quiet, no_strict: true, ..ground.run(paths) };
    let document = audit::audited(&run)?;
    if !quiet {
        document.problems.iter().for_each(audit::eprint_problem);
    }
    let inventory = Inventory::of(&document);
    let stamp = stamp()?;
    let text = match format.as_str() {
        "spdx" => json::pretty(&spdx::bill(&inventory, &stamp)),
        "spdx-tag-value" => spdx::tags(&spdx::bill(&inventory, &stamp)),
        "openvex" => {
            let Some(document) = openvex::document(&inventory, &stamp) else {
                anyhow::bail!(
                    "there is nothing to say: no vulnerability is known of, and an OpenVEX document has at least one statement"
                );
            };
            json::pretty(&document)
        }
        _ => json::pretty(&cyclonedx::bill(&inventory, &stamp)),
    };
    match output {
        Some(path) => {
            std::fs::write(&path, text).with_context(|| format!("the bill `{}` cannot be written", path.display()))?;
        }
        None => print(&text)?,
    }
    let incomplete = inventory.incomplete || document.problems.iter().any(|problem| problem.incomplete);
    Ok(if strict && incomplete { Exit::Incomplete } else { Exit::Passed })
}

/// The time that the environment asks for; where a format demands one, else the beginning of the day.
fn stamp() -> anyhow::Result<Stamp> {
    let day = db::today()?;
    let asked = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            let seconds = text.trim().parse().with_context(|| format!("SOURCE_DATE_EPOCH is `{text}`, not seconds"))?;
            Some(jiff::Timestamp::from_second(seconds).context("SOURCE_DATE_EPOCH is out of range")?.to_string())
        }
        Err(_) => None,
    };
    let demanded = asked.clone().unwrap_or_else(|| format!("{day}T00:00:00Z"));
    Ok(Stamp { asked, demanded })
}
