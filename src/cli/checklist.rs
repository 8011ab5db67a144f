//! `checklist`: an audit, told as the questions before a release, each with its answer and its evidence.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::args::{GroundArgs, RunArgs};
use super::{Exit, audit, print};
use crate::checklist::Status;
use crate::report::checklist::{FORMATS, render};

/// `stageclear checklist …`
#[derive(Debug, Args)]
pub struct ChecklistArgs {
    /// Folders or files; the current folder when none is given
    pub paths: Vec<PathBuf>,
    /// `markdown`, `text`, `table`, `json` or `html`
    #[arg(long, value_name = "FORMAT", default_value = "markdown", value_parser = FORMATS)]
    pub format: String,
    /// Write to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit 1 if an item is refuted, else 3 if something could not be checked; without it the exit status is 0
    #[arg(long)]
    pub strict: bool,
    /// Add policies of your own; their `checklist` rules add items or replace those of the same id
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// What is audited, and with how much.
    #[command(flatten)]
    pub ground: GroundArgs,
    /// Do not tell progress and problems
    #[arg(long, short)]
    pub quiet: bool,
    /// Print without colours
    #[arg(long)]
    pub no_color: bool,
}

/// Runs the audit and prints the checklist.
pub fn run(arguments: ChecklistArgs) -> anyhow::Result<Exit> {
    let ChecklistArgs { paths, format, output, strict, policy, ground, quiet, no_color } = arguments;
    let run = RunArgs { policy, strict, no_strict: !strict, quiet, no_color, ..ground.run(paths) };
    let document = audit::audited(&run)?;
    match &output {
        Some(path) => std::fs::write(path, render(&document, &format, &crate::report::Style::default()))
            .with_context(|| format!("the checklist `{}` cannot be written", path.display()))?,
        None => print(&render(&document, &format, &audit::terminal(&run)))?,
    }
    if !quiet {
        document.problems.iter().for_each(audit::eprint_problem);
    }
    let refuted = document.checklist.as_ref().is_none_or(|checklist| checklist.count(Status::Refuted) > 0);
    let incomplete = document.problems.iter().any(|problem| problem.incomplete);
    Ok(match (strict, refuted, incomplete) {
        (true, true, _) => Exit::Failed,
        (true, false, true) => Exit::Incomplete,
        _ => Exit::Passed,
    })
}
