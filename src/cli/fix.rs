//! `stageclear fix`: an audit, the plan made from it, the edits audited again in memory, and with `--apply` written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::args::{GroundArgs, OrganizationArgs, RunArgs};
use super::progress::Bar;
use super::{Exit, audit, input, print};
use crate::advisory::{Database, OpenOptions};
use crate::document::Document;
use crate::fix::{self, Input, Plan, apply, render};
use crate::options::{Only, Options};
use crate::pipeline::{self, Mode};
use crate::policy::organization::Organization;
use crate::workspace::{Content, Entry, Workspace};

/// Arguments of `fix`.
#[derive(Debug, Default, Args)]
pub struct FixArgs {
    /// Folders or files; the current folder when none is given
    pub paths: Vec<PathBuf>,
    /// Write the changes; without it they are shown
    #[arg(long)]
    pub apply: bool,
    /// Make changes that need review too: versions outside the range that is asked for, forced versions, behaviour
    #[arg(long = "unsafe")]
    pub review: bool,
    /// `text`, or `json`
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    /// Look at nothing but this
    #[arg(long, value_name = "WHAT", value_parser = ["dependencies"])]
    pub only: Option<String>,
    /// What is audited, and with how much.
    #[command(flatten)]
    pub ground: GroundArgs,
    /// Add policies of your own, as for `audit`: a Rego file or a folder of them; may be given several times
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// Whose demands hold: what the organisation refuses to have silenced is fixed too.
    #[command(flatten)]
    pub ours: OrganizationArgs,
    /// Print the changes only
    #[arg(long, short)]
    pub quiet: bool,
}

/// Runs `fix`: exit 0 when nothing is left to do, 1 when something is, 3 when a file could not be written.
pub fn run(arguments: &FixArgs) -> anyhow::Result<Exit> {
    let asked = arguments.ground.clone().run(arguments.paths.clone());
    let run = RunArgs {
        quiet: arguments.quiet,
        only: arguments.only.clone(),
        policy: arguments.policy.clone(),
        organization: arguments.ours.organization.clone(),
        organization_key: arguments.ours.organization_key.clone(),
        ..asked
    };
    let input = input::Input::of(&run)?;
    if matches!(input, input::Input::Stdin) {
        anyhow::bail!("there is no file to change in standard input");
    }
    let (options, organization) = audit::options(&run, &input, Mode::Audit)?;
    let workspace = input.open(&run, &options)?;
    let bar = Bar::new(arguments.quiet);
    let ground = Ground { organization: organization.as_ref(), workspace: &workspace, options: &options, bar: &bar };
    let document = ground.audit(&workspace, &options)?;
    let mut plan = planned(arguments, &ground, &document)?;
    drop(bar);
    if arguments.apply && !plan.files.is_empty() {
        let (written, problems) = apply::write(workspace.root(), &plan.files);
        plan.files.retain(|file| written.contains(&file.path));
        plan.applied = true;
        plan.problems.extend(problems);
    }
    if arguments.format == "json" {
        print(&format!("{}\n", serde_json::to_string_pretty(&plan)?))?;
    } else {
        print(&render::text(&plan, arguments.quiet))?;
    }
    plan.problems.iter().for_each(audit::eprint_problem);
    Ok(match (plan.problems.is_empty(), plan.is_done()) {
        (false, _) => Exit::Incomplete,
        (true, true) => Exit::Passed,
        (true, false) => Exit::Failed,
    })
}

/// What every audit of a run has in common: the project as it is edited is judged as it was before.
struct Ground<'a> {
    organization: Option<&'a Organization>,
    workspace: &'a Workspace,
    options: &'a Options,
    bar: &'a Bar,
}

impl Ground<'_> {
    fn audit(&self, workspace: &Workspace, options: &Options) -> anyhow::Result<Document> {
        let audited = pipeline::run_under(self.organization, workspace, options, Mode::Audit, self.bar);
        audited.map_err(audit::unchecked)
    }
}

fn planned(arguments: &FixArgs, ground: &Ground<'_>, document: &Document) -> anyhow::Result<Plan> {
    let Ground { workspace, options, .. } = *ground;
    let open = OpenOptions { cache_dir: options.cache_dir.clone(), today: options.today };
    let (database, _) = Database::open(&open);
    let paths: Vec<&str> = workspace.entries().iter().map(|entry| entry.path.as_str()).collect();
    let read = |path: &str| workspace.sibling(path, options);
    let changes =
        fix::plan(&Input { document, database: &database, paths: &paths, read: &read, review: arguments.review });
    let mut plan = Plan::new(changes);
    // What concerns packages alone needs no look at the code again.
    let code = plan.changes.iter().any(|change| change.kind == fix::Kind::Code && !change.edits.is_empty());
    let only = options.only.or((!code).then_some(Only::Dependencies));
    let again = Options { only, ..options.clone() };
    plan.verify(document, &read, |texts| ground.audit(&overlaid(workspace, texts), &again))?;
    Ok(plan)
}

/// The workspace with some files as they would be.
fn overlaid(workspace: &Workspace, texts: &BTreeMap<String, String>) -> Workspace {
    let entries = workspace.entries().iter().map(|entry| match texts.get(&entry.path) {
        Some(text) => Entry {
            size: text.len() as u64,
            content: Content::Bytes(std::sync::Arc::new(text.clone().into_bytes())),
            ..entry.clone()
        },
        None => entry.clone(),
    });
    Workspace::of(entries.collect())
}
