//! `waive`: appends one entry to the waiver file, so that its form is right and nothing in the file is rewritten.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{Exit, db, print};
use crate::base::SourceFile;
use crate::catalog;
use crate::triage::waiver::{Entries, NAME};

/// `stageclear waive …`
#[derive(Debug, Args)]
pub struct WaiveArgs {
    /// What is excused: a rule (`taint/python-xss`), a finding's fingerprint, or an advisory (`CVE-2026-1234`)
    #[arg(value_name = "RULE|FINGERPRINT|ADVISORY")]
    pub what: String,
    /// Where: a glob of paths
    #[arg(long, value_name = "GLOB")]
    pub path: Option<String>,
    /// The package: its name, `name@version` or package URL
    #[arg(long, value_name = "NAME")]
    pub package: Option<String>,
    /// Why this is safe, or safe enough for now
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// Where it is discussed
    #[arg(long, value_name = "ID")]
    pub ticket: Option<String>,
    /// The last day it holds [default: 90 days from now]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub expires: Option<Date>,
    /// The project's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
}

/// Appends the entry and prints it.
pub fn run(arguments: &WaiveArgs) -> anyhow::Result<Exit> {
    let today = db::today()?;
    let text = entry(arguments, today)?;
    let path = arguments.project.join(NAME);
    let known = match std::fs::symlink_metadata(&path) {
        Ok(metadata) if !metadata.is_file() => bail!("`{NAME}` is no regular file"),
        Ok(_) => std::fs::read_to_string(&path).with_context(|| format!("`{NAME}` cannot be read"))?,
        Err(_) => String::new(),
    };
    let (_, problems) = Entries::read(&SourceFile::new(NAME, known.as_str()), today);
    if let Some(problem) = problems.first() {
        bail!("`{NAME}` has an entry that cannot be read: {}\nhint: mend it first", problem.message);
    }
    let gap = if known.is_empty() || known.ends_with("\n\n") { "" } else { "\n" };
    let gap = if known.is_empty() || known.ends_with('\n') { gap.to_owned() } else { format!("\n{gap}") };
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("`{NAME}` cannot be written"))?;
    file.write_all(format!("{gap}{text}").as_bytes()).with_context(|| format!("`{NAME}` cannot be written"))?;
    print(&text)?;
    Ok(Exit::Passed)
}

fn entry(arguments: &WaiveArgs, today: Date) -> anyhow::Result<String> {
    let what = arguments.what.trim();
    let key = if what.contains('/') {
        if !what.ends_with('*') && !what.starts_with("policy/") && !catalog::contains(what) {
            let near = catalog::nearest(what).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            bail!("there is no rule `{what}`\nhint: {near}`stageclear rules list` shows all");
        }
        "rule"
    } else if what.len() >= 8 && what.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        "fingerprint"
    } else {
        "advisory"
    };
    if key == "rule" && arguments.path.is_none() && arguments.package.is_none() {
        bail!("a waiver of a rule says where it holds\nhint: add --path or --package, or name a finding's fingerprint");
    }
    let expires = arguments.expires.unwrap_or_else(|| today.saturating_add(90.days()));
    if expires < today {
        bail!("--expires {expires} is over already");
    }
    let mut text = "[[waiver]]\n".to_owned();
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "{key} = {}", toml::Value::String(value.to_owned()));
    };
    line(key, what);
    let optional = [("path", &arguments.path), ("package", &arguments.package)];
    for (key, value) in optional {
        if let Some(value) = value {
            line(key, value);
        }
    }
    line("reason", &arguments.reason);
    line("owner", &arguments.owner);
    arguments.ticket.iter().for_each(|ticket| line("ticket", ticket));
    let _ = write!(text, "created = {today}\nexpires = {expires}\n");
    let (_, problems) = Entries::read(&SourceFile::new(NAME, text.as_str()), today);
    match problems.into_iter().next() {
        Some(problem) => bail!("{}", problem.message),
        None => Ok(text),
    }
}
