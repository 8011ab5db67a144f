//! `fleet`: many repositories, audited one by one under one policy, and seen together.
//!
//! `fleet audit` writes a line of JSON a repository, as soon as it is done, so that a run that was stopped goes on where
//! it was and several machines' files can be laid side by side. `fleet report` reads them line by line and keeps only
//! what it shows.

mod report;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::{Exit, organization, print};
use crate::advisory::database::cache_dir;
use crate::document::Document;

/// `stageclear fleet …`
#[derive(Debug, Args)]
pub struct FleetArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: FleetCommand,
}

/// What can be done with a fleet.
#[derive(Debug, Subcommand)]
pub enum FleetCommand {
    /// Audit every repository; one that fails does not stop the others
    Audit(AuditArgs),
    /// What the audits say together: who complies, what is violated most, which waivers end
    Report(report::ReportArgs),
}

/// Arguments of `fleet audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Folders of repositories
    pub repositories: Vec<PathBuf>,
    /// A file that names one folder a line
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// Where the lines go; repositories that are in it already are not audited again
    #[arg(long, short, value_name = "FILE", default_value = "fleet.jsonl")]
    pub output: PathBuf,
    /// Only part K of N, such as `1/4`: for several machines
    #[arg(long, value_name = "K/N", value_parser = shard)]
    pub shard: Option<(usize, usize)>,
    /// The organisation's policy: a folder, a `.tar.gz` or an https address of one
    #[arg(long, visible_alias = "organisation", value_name = "SOURCE", env = "STAGECLEAR_ORGANIZATION")]
    pub organization: Option<String>,
    /// The public key (PEM) that it must be signed with
    #[arg(long, visible_alias = "organisation-key", value_name = "FILE", env = "STAGECLEAR_ORGANIZATION_KEY")]
    pub organization_key: Option<PathBuf>,
    /// Add policies: a Rego file or a folder of them
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// Where advisory data is kept [default: the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Repositories at once, each on one thread; memory grows with it [default: one per core]
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<usize>,
    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// One line of a fleet's file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// The folder as it was named.
    pub repository: String,
    /// The audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Runs a sub-command.
pub fn run(arguments: &FleetArgs) -> anyhow::Result<Exit> {
    match &arguments.command {
        FleetCommand::Audit(arguments) => audit(arguments),
        FleetCommand::Report(arguments) => report::run(arguments),
    }
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let wrong = || format!("`{text}` is no part such as `1/4`");
    let (part, of) = text.split_once('/').ok_or_else(wrong)?;
    let (part, of): (usize, usize) = (part.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
    if part == 0 || part > of { Err(wrong()) } else { Ok((part, of)) }
}

fn audit(arguments: &AuditArgs) -> anyhow::Result<Exit> {
    let mut names = named(arguments)?;
    if let Some((part, of)) = arguments.shard {
        let all = std::mem::take(&mut names);
        names.extend(all.into_iter().enumerate().filter(|(at, _)| at % of == part - 1).map(|(_, name)| name));
    }
    // Without it nothing would be judged as it should be: no repository is audited then.
    if let Some(source) = arguments.organization.as_deref().filter(|source| !source.is_empty()) {
        let key = arguments.organization_key.as_deref().map(organization::key).transpose()?;
        let cache = cache_dir(arguments.cache_dir.as_deref(), |name| std::env::var_os(name));
        organization::open(source, key.as_ref(), cache.as_deref())?;
    }
    let known = known(&arguments.output)?;
    let todo: Vec<&String> = names.iter().filter(|name| !known.contains(*name)).collect();
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&arguments.output);
    let file = Mutex::new(file.with_context(|| format!("`{}` cannot be written", arguments.output.display()))?);
    let next = AtomicUsize::new(0);
    let counts = [AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0)];
    let workers = arguments.jobs.or_else(|| std::thread::available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let written: anyhow::Result<()> = std::thread::scope(|scope| {
        let work = || -> anyhow::Result<()> {
            while let Some(name) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                let line = one(name, arguments)?;
                let passed = line
                    .document
                    .as_ref()
                    .map(|document| document.verdict.as_ref().is_some_and(|verdict| verdict.passed));
                let at = match passed {
                    Some(true) => 0,
                    Some(false) => 1,
                    None => 2,
                };
                counts[at].fetch_add(1, Ordering::Relaxed);
                let mut text = serde_json::to_string(&line).context("an audit cannot be written as JSON")?;
                text.push('\n');
                let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                file.write_all(text.as_bytes())
                    .with_context(|| format!("`{}` cannot be written", arguments.output.display()))?;
                if !arguments.quiet {
                    let word = ["passes", "fails", "could not be audited"][at];
                    anstream::eprintln!("{}: {word}", crate::report::escape::line(name, 200));
                }
            }
            Ok(())
        };
        let handles: Vec<_> = (0..workers.clamp(1, 64)).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|handle| handle.join().unwrap_or_else(|_| bail!("a worker failed")))
    });
    written?;
    let [passed, failed, broken] = counts.map(AtomicUsize::into_inner);
    print(&format!(
        "{passed} pass, {failed} fail, {broken} could not be audited, {} were done before\n",
        names.len() - todo.len()
    ))?;
    Ok(match (failed, broken) {
        (_, 1..) => Exit::Incomplete,
        (1.., 0) => Exit::Failed,
        (0, 0) => Exit::Passed,
    })
}

/// The folders, each once, in the order given.
fn named(arguments: &AuditArgs) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = arguments.repositories.iter().map(|path| shown(path)).collect();
    if let Some(list) = &arguments.list {
        let text = std::fs::read_to_string(list).with_context(|| format!("`{}` cannot be read", list.display()))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        names.extend(lines.map(|line| shown(Path::new(line))));
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    if names.is_empty() {
        bail!("no repositories are named\nhint: give folders, or a file of them with --list");
    }
    Ok(names)
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let trimmed = text.trim_end_matches('/');
    if trimmed.is_empty() { text.clone() } else { trimmed.to_owned() }
}

/// Repositories that an earlier run has audited. A last line that was cut off counts as not written, and is cut away.
fn known(output: &Path) -> anyhow::Result<BTreeSet<String>> {
    let Ok(file) = std::fs::File::open(output) else { return Ok(BTreeSet::new()) };
    let failed = || format!("`{}` cannot be read", output.display());
    let mut known = BTreeSet::new();
    let (mut reader, mut whole, mut line) = (BufReader::new(file), 0_u64, String::new());
    loop {
        line.clear();
        let bytes = reader.read_line(&mut line).with_context(failed)?;
        if bytes == 0 {
            return Ok(known);
        }
        if !line.ends_with('\n') {
            std::fs::OpenOptions::new().write(true).open(output)?.set_len(whole).with_context(failed)?;
            return Ok(known);
        }
        whole += bytes as u64;
        #[derive(Deserialize)]
        struct Head {
            repository: String,
            error: Option<serde::de::IgnoredAny>,
        }
        let head: Head = serde_json::from_str(&line)
            .with_context(|| format!("`{}` has a line that `fleet audit` did not write", output.display()))?;
        if head.error.is_none() {
            known.insert(head.repository);
        }
    }
}

/// The audit of one repository, by this program in a process of its own: whatever it does to that process, the others go
/// on.
fn one(name: &str, arguments: &AuditArgs) -> anyhow::Result<Line> {
    let line = |document, error| Line { repository: name.to_owned(), document, error };
    if !Path::new(name).is_dir() {
        return Ok(line(None, Some("there is no such folder".to_owned())));
    }
    let program = std::env::current_exe().context("this program is not where it was started from")?;
    let mut command = Command::new(program);
    command.args(["audit", "--quiet", "--format", "json", "--severity", "info", "--jobs", "1"]);
    let paths = [
        ("--organization", arguments.organization.as_ref().map(OsStr::new)),
        ("--organization-key", arguments.organization_key.as_ref().map(|path| path.as_os_str())),
        ("--cache-dir", arguments.cache_dir.as_ref().map(|path| path.as_os_str())),
    ];
    for (flag, value) in paths {
        command.args(value.into_iter().flat_map(|value| [OsStr::new(flag), value]));
    }
    for policy in &arguments.policy {
        command.arg("--policy").arg(policy);
    }
    let output = command.arg("--").arg(name).output().context("an audit cannot be started")?;
    if let Ok(document) = serde_json::from_slice(&output.stdout) {
        return Ok(line(Some(document), None));
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let told = told.trim().strip_prefix("error: ").unwrap_or(told.trim());
    let why =
        if told.is_empty() { format!("the audit ended without a word ({})", output.status) } else { told.to_owned() };
    Ok(line(None, Some(why)))
}
