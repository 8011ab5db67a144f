//! `baseline`: writes and shrinks the file of accepted findings.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::args::RunArgs;
use super::{Exit, audit, print};
use crate::base::SourceFile;
use crate::triage::baseline::{Baseline, NAME};

/// `stageclear baseline …`
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// What can be done with a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Accept every finding of now; malicious packages are never accepted
    Write(ProjectArgs),
    /// Remove what is mended; never adds anything
    Update(ProjectArgs),
}

/// Which project.
#[derive(Debug, Args)]
pub struct ProjectArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub project: PathBuf,
    /// Add policies of your own: a Rego file or a folder of them; may be given several times
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// Where advisory data is kept [default: the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// Audits the project and writes its baseline.
pub fn run(arguments: BaselineArgs) -> anyhow::Result<Exit> {
    let (arguments, shrink) = match arguments.command {
        BaselineCommand::Write(arguments) => (arguments, false),
        BaselineCommand::Update(arguments) => (arguments, true),
    };
    let path = arguments.project.join(NAME);
    if !arguments.project.is_dir() {
        bail!("`{}` is no folder\nhint: a baseline stands in the project's own folder", arguments.project.display());
    }
    let before = if shrink { Some(read(&path)?) } else { None };
    let run = RunArgs {
        paths: vec![arguments.project],
        policy: arguments.policy,
        cache_dir: arguments.cache_dir,
        no_baseline: true,
        quiet: arguments.quiet,
        ..RunArgs::default()
    };
    let document = audit::audited(&run)?;
    let now = Baseline::of(&document.findings, &document.vulnerabilities, &document.packages);
    let written = before.as_ref().map_or_else(|| now.clone(), |before| before.shrunk(&now));
    std::fs::write(&path, written.render()).with_context(|| format!("`{NAME}` cannot be written"))?;
    if !arguments.quiet {
        let told = match &before {
            Some(before) => format!("{} of {} entries are left\n", written.len(), before.len()),
            None => format!("{} findings are accepted in {NAME}\n", written.len()),
        };
        print(&told)?;
    }
    Ok(Exit::Passed)
}

fn read(path: &Path) -> anyhow::Result<Baseline> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("there is no `{NAME}` to update\nhint: `stageclear baseline write` makes one"))?;
    let (baseline, problems) = Baseline::read(&SourceFile::new(NAME, text.as_str()));
    match problems.first() {
        None => Ok(baseline),
        Some(problem) => {
            let place = problem.location.as_ref().map(ToString::to_string).unwrap_or_default();
            bail!("{place}: {}\nhint: mend the line, or write the baseline anew", problem.message)
        }
    }
}
