//! The arguments as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::base::Severity;
use crate::options::Only;

/// Is this app safe to ship? A local, offline audit of source, secrets, settings and dependencies, judged by policy.
#[derive(Debug, Parser)]
#[command(name = "stageclear", version, max_term_width = 100, after_help = AFTER)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "Exit status: 0 passed, 1 the gate failed, 2 wrong usage or configuration, 3 not fully checked.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check code, secrets and configuration: offline and fast, before a commit
    Scan(RunArgs),
    /// Everything that scan checks, plus dependencies, your policies, verdict and score: the gate before a deploy
    Audit(RunArgs),
    /// The release checklist, filled with evidence, and every route with its guards
    Checklist(super::checklist::ChecklistArgs),
    /// Write an exception into `stageclear.waivers.toml`: what, where, why, who answers for it and until when
    Waive(super::waive::WaiveArgs),
    /// Accept today's findings, so that only new ones count
    Baseline(super::baseline::BaselineArgs),
    /// Audit many repositories and see them together
    Fleet(super::fleet::FleetArgs),
    /// A bill of materials (CycloneDX or SPDX), or what is said of the vulnerabilities (OpenVEX)
    Sbom(super::sbom::SbomArgs),
    /// Show what can be fixed, or fix it: versions of packages, and a few places in the code
    Fix(super::fix::FixArgs),
    /// Advisory data: import, update, status, search
    Db(super::db::DbArgs),
    /// Policies: test, evaluate, list
    Policy(super::policy::PolicyArgs),
    /// What a rule looks for, why, and how to fix what it finds
    Explain {
        /// The rule's id, such as `taint/python-sql-injection`
        rule: String,
    },
    /// The rules
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        command: RulesCommand,
    },
}

/// `stageclear rules …`
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List every rule with its severity, CWE and title
    List {
        /// `text` or `json`
        #[arg(long, default_value = "text", value_parser = ["text", "json"])]
        format: String,
    },
}

/// What commands take that audit first and print something else.
#[derive(Debug, Clone, Default, Args)]
pub struct GroundArgs {
    /// The configuration file [default: stageclear.toml in the audited folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read files that git ignores too
    #[arg(long)]
    pub no_ignore: bool,
    /// Where advisory data is kept [default: the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Worker threads [default: one per core]
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<usize>,
}

impl GroundArgs {
    /// The audit that they ask for.
    pub fn run(self, paths: Vec<PathBuf>) -> RunArgs {
        let Self { config, no_ignore, cache_dir, jobs } = self;
        RunArgs { paths, config, no_ignore, cache_dir, jobs, ..RunArgs::default() }
    }
}

/// The organisation of commands that audit first and print something else.
#[derive(Debug, Clone, Default, Args)]
pub struct OrganizationArgs {
    /// Your organisation's policy, as for `audit`
    #[arg(long, visible_alias = "organisation", value_name = "SOURCE", env = "STAGECLEAR_ORGANIZATION")]
    pub organization: Option<String>,
    /// The public key (PEM) that the organisation's policy must be signed with
    #[arg(long, visible_alias = "organisation-key", value_name = "FILE", env = "STAGECLEAR_ORGANIZATION_KEY")]
    pub organization_key: Option<PathBuf>,
}

/// Arguments of `scan` and `audit`.
#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// Folders or files, or `-` for standard input; the current folder when none is given
    pub paths: Vec<PathBuf>,
    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = crate::report::parse_name)]
    pub format: String,
    /// Write FORMAT=FILE, or the chosen format to FILE; may be given several times
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub output: Vec<String>,
    /// Show only findings of at least this severity
    #[arg(long, value_name = "SEVERITY")]
    pub severity: Option<Severity>,
    /// Fail (exit 1) on findings of at least this severity [default: high]
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<Severity>,
    /// The configuration file [default: stageclear.toml in the audited folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Add policies of your own: a Rego file or a folder of them; may be given several times
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// Your organisation's policy, which the project can add to and not loosen: a folder, a `.tar.gz`, an `https:`
    /// or `oci:` address, or `git+PATH@REVISION#FOLDER`; `@sha256:…` behind it pins its content
    #[arg(long, visible_alias = "organisation", value_name = "SOURCE", env = "STAGECLEAR_ORGANIZATION")]
    pub organization: Option<String>,
    /// The public key (PEM) that the organisation's policy must be signed with
    #[arg(long, visible_alias = "organisation-key", value_name = "FILE", env = "STAGECLEAR_ORGANIZATION_KEY")]
    pub organization_key: Option<PathBuf>,
    /// An audit that is not complete fails (exit 3); the default for `audit` in CI
    #[arg(long, overrides_with = "no_strict")]
    pub strict: bool,
    /// An audit that is not complete may pass
    #[arg(long)]
    pub no_strict: bool,
    /// What others say of vulnerabilities: an OpenVEX or CycloneDX document; may be given several times
    #[arg(long, value_name = "FILE")]
    pub vex: Vec<PathBuf>,
    /// Count the findings that the baseline accepts, too
    #[arg(long)]
    pub no_baseline: bool,
    /// Check for nothing but this
    #[arg(long, value_name = "WHAT", value_parser = Only::ALL.map(Only::name))]
    pub only: Option<String>,
    /// Check what is staged for the next commit, and nothing else
    #[arg(long, conflicts_with_all = ["history", "paths"])]
    pub staged: bool,
    /// Search the history of the git repository for secrets too
    #[arg(long)]
    pub history: bool,
    /// Of the history, search only what came since this day (2026-01-31) or after this commit
    #[arg(long, value_name = "DATE|COMMIT", requires = "history")]
    pub since: Option<String>,
    /// Search the members of zip, tar and gzip files for secrets too
    #[arg(long)]
    pub archives: bool,
    /// The path that standard input is read as, with `-` in place of a path; tells the language [default: stdin]
    #[arg(long, value_name = "PATH")]
    pub stdin_path: Option<String>,
    /// Read files that git ignores too
    #[arg(long)]
    pub no_ignore: bool,
    /// Ask registries about the packages: existence, age, deprecation, yanked versions. Only names of the public
    /// registries leave the machine
    #[arg(long, conflicts_with = "offline")]
    pub online: bool,
    /// Refuse everything that needs the network (nothing does unless it is asked for)
    #[arg(long)]
    pub offline: bool,
    /// Base address of the API that `--online` asks, version 3 of deps.dev's or a mirror of it
    #[arg(long, value_name = "URL", env = "STAGECLEAR_PACKAGES_API")]
    pub packages_api: Option<String>,
    /// Where advisory data is kept [default: the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Worker threads [default: one per core]
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<usize>,
    /// Print findings only
    #[arg(long, short)]
    pub quiet: bool,
    /// Print without colours
    #[arg(long)]
    pub no_color: bool,
}
