//! The command line: one file a command. Errors end here in words; exit statuses are the contract:
//! 0 passed · 1 the gate failed · 2 wrong usage, configuration, rule or policy · 3 not fully checked.

mod args;
mod audit;
mod baseline;
mod checklist;
pub mod db;
mod fleet;
mod online;
mod organization;
mod explain;
mod fix;
mod input;
mod progress;
pub mod policy;
mod rules;
mod sbom;
mod waive;

use std::process::ExitCode;

use clap::Parser as _;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing stands against it.
    Passed = 0,
    /// The gate failed: findings at or above the bar, or a policy denied.
    Failed = 1,
    /// Wrong usage, configuration, rule or policy.
    Usage = 2,
    /// Something that should have been checked was not.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Passed };
            return exit.into();
        }
    };
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Without the organisation's policy nothing was checked as it should be.
            let unchecked = error.downcast_ref::<crate::policy::organization::OrganizationError>();
            // Its message holds that of its cause.
            let message = unchecked.map_or_else(|| format!("{error:#}"), ToString::to_string);
            anstream::eprintln!("error: {}", crate::report::escape::plain(&message));
            let unchecked = unchecked.is_some();
            if unchecked { Exit::Incomplete.into() } else { Exit::Usage.into() }
        }
    }
}

/// Says that policies took too much memory, and what the process must end with: nothing else stops them.
pub fn excess(message: &str) -> i32 {
    anstream::eprintln!("error: {}", crate::report::escape::plain(message));
    Exit::Incomplete as i32
}

fn run(arguments: args::Arguments) -> anyhow::Result<Exit> {
    match arguments.command {
        args::Command::Scan(run) => audit::run(&run, "scan"),
        args::Command::Audit(run) => audit::run(&run, "audit"),
        args::Command::Checklist(arguments) => checklist::run(arguments),
        args::Command::Waive(arguments) => waive::run(&arguments),
        args::Command::Baseline(arguments) => baseline::run(arguments),
        args::Command::Fleet(arguments) => fleet::run(&arguments),
        args::Command::Sbom(arguments) => sbom::run(arguments),
        args::Command::Db(arguments) => db_command(&arguments),
        args::Command::Policy(arguments) => policy_command(&arguments),
        args::Command::Fix(arguments) => fix::run(&arguments),
        args::Command::Explain { rule } => explain::run(&rule),
        args::Command::Rules { command } => rules::run(&command),
    }
}

/// Prints to standard output; a closed pipe (`stageclear … | head`) is no error.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    match anstream::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn db_command(arguments: &db::DbArgs) -> anyhow::Result<Exit> {
    let (mut out, mut err) = (anstream::stdout().lock(), anstream::stderr().lock());
    let today = db::today()?;
    let table = audit::db_of_here()?.unwrap_or_default();
    let mut environment = db::Environment { cache_dir: None, table: &table, today, out: &mut out, err: &mut err };
    Ok(match db::run(arguments, &mut environment)? {
        0 => Exit::Passed,
        _ => Exit::Incomplete,
    })
}

fn policy_command(arguments: &policy::PolicyArgs) -> anyhow::Result<Exit> {
    Ok(match policy::execute(arguments, &mut anstream::stdout().lock())? {
        0 => Exit::Passed,
        _ => Exit::Failed,
    })
}
