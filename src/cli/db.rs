//! `stageclear db`: the advisory data. Plain functions over parsed arguments; they print to the writers given.
//!
//! ```text
//! stageclear db status                      sources, ages, counts; imported files are read through
//! stageclear db import PATH|URL             a folder, zip archive or record (OSV JSON), or a RustSec checkout
//! stageclear db update --from URL           the layout of OSV's bulk export, over HTTP, unchanged parts skipped
//! stageclear db search NAME|ID              advisories by id, alias or package
//! stageclear db snapshot --from DIR --out D the files that the binary's own data is made from
//! ```

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::advisory::database::{Database, OpenOptions, STALE_DAYS, cache_dir};
use crate::advisory::exploit;
use crate::advisory::import::{self, Collected, Records};
use crate::advisory::mirror::{self, Sums};
use crate::advisory::record::Advisory;
use crate::advisory::snapshot;
use crate::advisory::store::{self, Meta, Provenance};
use crate::advisory::update::{self, Outcome};
use crate::base::Problem;
use crate::net;
use crate::options::file::DbTable;
use crate::package::Ecosystem;
use crate::policy::organization::Key;
use crate::version::Event;

/// Arguments of `stageclear db`.
#[derive(Debug, Args)]
pub struct DbArgs {
    /// Folder for imported data [default: `$STAGECLEAR_CACHE_DIR`, else the user's cache folder].
    #[arg(long, value_name = "DIR", global = true)]
    pub cache_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: DbCommand,
}

/// The commands of `stageclear db`.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Show where advisory data comes from, how old it is and how much there is.
    Status(StatusArgs),
    /// Import advisories from a folder, a zip archive, a single record or the address of an archive.
    Import(ImportArgs),
    /// Fetch an export in OSV's layout from a server; what has not changed is not fetched again.
    Update(UpdateArgs),
    /// Look up advisories by id, alias or package name.
    Search(SearchArgs),
    /// Write the files from which the data inside the binary is built.
    Snapshot(SnapshotArgs),
}

/// Arguments of `db status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `db import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A folder, a `.zip`, a `.json`, the `https` address of a `.zip`, or that of an export as for `db update`.
    #[arg(value_name = "PATH|URL")]
    pub from: String,
    /// Keep what is there (the embedded snapshot included) and add to it; the same id is replaced.
    #[arg(long)]
    pub add: bool,
    /// Only these ecosystems.
    #[arg(long, value_name = "NAME", value_parser = ecosystem)]
    pub ecosystem: Vec<Ecosystem>,
}

/// Arguments of `db update`.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Base address; `<URL>/ecosystems.txt` and `<URL>/<ecosystem>/all.zip` are fetched [default: the option `db.url`].
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
    /// Only these ecosystems.
    #[arg(long, value_name = "NAME", value_parser = ecosystem)]
    pub ecosystem: Vec<Ecosystem>,
    /// Take only archives that `<URL>/SHA256SUMS` names, signed with this public key (PEM) in `SHA256SUMS.sig` [default: the
    /// option `db.key`].
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Take only archives that `<URL>/SHA256SUMS` names, and only if that list has this sum [default: the option `db.pin`].
    #[arg(long, value_name = "sha256:SUM")]
    pub pin: Option<String>,
}

/// Arguments of `db search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// An id, an alias or a package name.
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// Print records as JSON lines.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `db snapshot`.
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// An export in OSV's layout.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Where to write; `advisories-cache` in a checkout of stageclear.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// What a command needs from outside.
pub struct Environment<'a> {
    /// The cache folder of the global options, if set there.
    pub cache_dir: Option<&'a Path>,
    /// The options under `[db]`.
    pub table: &'a DbTable,
    /// Today.
    pub today: Date,
    /// Results.
    pub out: &'a mut dyn Write,
    /// Problems and progress.
    pub err: &'a mut dyn Write,
}

/// Today in UTC, or the day of `SOURCE_DATE_EPOCH` if that is set.
pub fn today() -> anyhow::Result<Date> {
    let now = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => {
            let seconds = text.trim().parse().with_context(|| format!("SOURCE_DATE_EPOCH is `{text}`, not seconds"))?;
            jiff::Timestamp::from_second(seconds).context("SOURCE_DATE_EPOCH is out of range")?
        }
        Err(_) => jiff::Timestamp::now(),
    };
    Ok(jiff::tz::TimeZone::UTC.to_datetime(now).date())
}

/// Runs a `db` command; gives the exit status: 0, or 3 when something could not be read.
pub fn run(args: &DbArgs, environment: &mut Environment<'_>) -> anyhow::Result<u8> {
    let given = args.cache_dir.as_deref().or(environment.cache_dir);
    let cache = cache_dir(given, |name| std::env::var_os(name));
    match &args.command {
        DbCommand::Status(args) => status(args, cache, environment),
        DbCommand::Import(args) => import_command(args, &needed(cache)?, environment),
        DbCommand::Update(args) => update_command(args, &needed(cache)?, environment),
        DbCommand::Search(args) => search(args, cache, environment),
        DbCommand::Snapshot(args) => snapshot_command(args, environment),
    }
}

fn needed(cache: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    cache.context("there is no cache folder: set `--cache-dir` or `STAGECLEAR_CACHE_DIR`")
}

fn status(args: &StatusArgs, cache: Option<PathBuf>, environment: &mut Environment<'_>) -> anyhow::Result<u8> {
    let today = environment.today;
    let exploited = cache.as_deref().map_or(Ok(Vec::new()), exploit::sources);
    let (database, mut problems) = Database::open(&OpenOptions { cache_dir: cache, today });
    let status = database.status(today);
    if let Err(error) = &exploited {
        let kind = crate::base::ProblemKind::Advisories;
        problems.push(Problem::incomplete(kind, None, error.to_string()).hint("import the file again"));
    }
    for store in database.imported() {
        if let Err(error) = store.verify() {
            let kind = crate::base::ProblemKind::Advisories;
            problems.push(Problem::incomplete(kind, None, error.to_string()).hint("import or update again"));
        }
    }
    if args.json {
        writeln!(environment.out, "{}", serde_json::to_string_pretty(&status)?)?;
        return report(&problems, environment);
    }
    let rows: Vec<[String; 5]> = status
        .sources
        .iter()
        .map(|source| {
            let old = if source.age_days > STALE_DAYS { " (old)" } else { "" };
            [
                source.ecosystem.to_string(),
                source.advisories.to_string(),
                source.date.clone(),
                format!("{} days{old}", source.age_days),
                source.origin.clone(),
            ]
        })
        .collect();
    let heads = ["ecosystem", "advisories", "newest", "age", "origin"].map(str::to_owned);
    let width = |column: usize| {
        let cells = std::iter::once(&heads).chain(&rows);
        cells.filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), width(3)];
    for [ecosystem, advisories, date, age, origin] in std::iter::once(&heads).chain(&rows) {
        let [a, b, c, d] = widths;
        writeln!(environment.out, "{ecosystem:a$}  {advisories:>b$}  {date:c$}  {age:d$}  {origin}")?;
    }
    for source in exploited.unwrap_or_default() {
        let exploit::Source { name, origin, date, entries } = source;
        writeln!(environment.out, "{name}: {entries} entries of {date}, from {origin}")?;
    }
    if rows.is_empty() {
        writeln!(environment.out, "no advisory data: run `stageclear db update` or `stageclear db import`")?;
    }
    report(&problems, environment)
}

fn import_command(args: &ImportArgs, cache: &Path, environment: &mut Environment<'_>) -> anyhow::Result<u8> {
    let is_archive = || net::public_form(&args.from).to_ascii_lowercase().rsplit('.').next() == Some("zip");
    if net::is_url(&args.from) && !is_archive() {
        // Not an archive, so an export: the same as an update from there.
        if args.add {
            bail!("`--add` needs the address of one `.zip` archive, or a path");
        }
        let from = Some(args.from.clone());
        let args = UpdateArgs { from, ecosystem: args.ecosystem.clone(), key: None, pin: None };
        return update_command(&args, cache, environment);
    }
    if let Some(source) = exploitation(args, cache, environment.today)? {
        writeln!(environment.out, "{}: imported, {} entries of {}", source.name, source.entries, source.date)?;
        return Ok(0);
    }
    let (collected, origin, etag) = if net::is_url(&args.from) {
        let origin = net::public_form(&args.from);
        let Some((file, etag)) = update::fetch(cache, &args.from, None)? else { bail!("`{origin}` gave nothing") };
        (import::collect_archive(file, "archive")?, origin, etag)
    } else {
        let path = Path::new(&args.from);
        (import::collect(path)?, origin_of(path), None)
    };
    let Collected { advisories, mut problems, .. } = collected;
    let (existing, _) = Database::open(&OpenOptions { cache_dir: Some(cache.to_path_buf()), today: environment.today });
    let mut stored = 0;
    for (ecosystem, new) in advisories {
        if !args.ecosystem.is_empty() && !args.ecosystem.contains(&ecosystem) {
            continue;
        }
        let (mut records, provenance) = (Records::new(), provenance(&origin, etag.clone(), environment.today));
        if args.add {
            let (old, problem) = existing.records(ecosystem);
            problems.extend(problem);
            records = old;
        }
        records.extend(new);
        let meta = store::write(cache, ecosystem, &provenance, &records)?;
        stored += 1;
        tell(&meta, "imported", environment)?;
    }
    if stored == 0 {
        let _ = report(&problems, environment)?;
        bail!(
            "`{origin}` holds no advisory about {}; nothing was changed. Give a folder or archive of OSV records",
            Ecosystem::ALL.map(Ecosystem::name).join(", ")
        );
    }
    report(&problems, environment)
}

/// Scores of EPSS or the catalogue of known exploited vulnerabilities, if that is what is given.
fn exploitation(args: &ImportArgs, cache: &Path, today: Date) -> anyhow::Result<Option<exploit::Source>> {
    let path = Path::new(&args.from);
    if net::is_url(&args.from) || !path.is_file() {
        return Ok(None);
    }
    let mut file = std::fs::File::open(path).with_context(|| format!("`{}` cannot be read", origin_of(path)))?;
    let mut head = vec![0; 4_096];
    let mut length = 0;
    while let Some(room) = head.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room)? {
            0 => break,
            read => length += read,
        }
    }
    head.truncate(length);
    let Some(format) = exploit::format_of(&head) else { return Ok(None) };
    let rest = head.as_slice().chain(file);
    let source = exploit::import(cache, format, rest, &origin_of(path), &today.to_string());
    Ok(Some(source.with_context(|| format!("`{}` was not imported", origin_of(path)))?))
}

fn update_command(args: &UpdateArgs, cache: &Path, environment: &mut Environment<'_>) -> anyhow::Result<u8> {
    let Some(base) = args.from.as_deref().or(environment.table.url.as_deref()) else {
        bail!("where from? Give `--from URL` or set `url` under `[db]` in stageclear.toml (see `docs/advisories.md`)");
    };
    let sums = trusted(args, base, environment.table)?;
    let from = update::From { base, sums: sums.as_ref() };
    let offered = update::offered(base)?;
    let wanted: Vec<Ecosystem> = Ecosystem::ALL
        .into_iter()
        .filter(|ecosystem| args.ecosystem.is_empty() || args.ecosystem.contains(ecosystem))
        .collect();
    let mut problems = Vec::new();
    let mut failed = 0;
    for &ecosystem in &wanted {
        if !offered.contains(&ecosystem) {
            writeln!(environment.out, "{ecosystem}: not offered")?;
            continue;
        }
        match update::ecosystem(cache, from, ecosystem, environment.today) {
            Ok((Outcome::Unchanged(meta), _)) => tell(&meta, "unchanged", environment)?,
            Ok((Outcome::Replaced(meta), more)) => {
                problems.extend(more);
                tell(&meta, "updated", environment)?;
            }
            // One ecosystem that fails must not keep the others from being updated.
            Err(error) => {
                failed += 1;
                let message = format!("{ecosystem} was not updated: {error}");
                problems.push(Problem::incomplete(crate::base::ProblemKind::Advisories, None, message));
            }
        }
    }
    let exit = report(&problems, environment)?;
    if failed > 0 && failed == wanted.iter().filter(|ecosystem| offered.contains(ecosystem)).count() {
        bail!("nothing could be updated from `{}`", net::public_form(base));
    }
    Ok(exit)
}

/// The mirror's list of sums, if a key or a pin says that it must be trusted for a reason.
fn trusted(args: &UpdateArgs, base: &str, table: &DbTable) -> anyhow::Result<Option<Sums>> {
    // What the configuration says of its own address says nothing of another one.
    let own = args.from.is_none();
    let key = args.key.as_ref().or(table.key.as_ref().filter(|_| own));
    let pin = args.pin.as_ref().or(table.pin.as_ref().filter(|_| own));
    if key.is_none() && pin.is_none() {
        return Ok(None);
    }
    let shown = net::public_form(base);
    let (list, signature) = update::sums(base).with_context(|| format!("`{shown}` has no usable `SHA256SUMS`"))?;
    if let Some(path) = key {
        let pem =
            std::fs::read_to_string(path).with_context(|| format!("the key `{}` cannot be read", path.display()))?;
        let Some(signature) = signature else {
            bail!("`{shown}/SHA256SUMS` is not signed: `SHA256SUMS.sig` is missing")
        };
        if !Key::parse(&pem)?.signed(&list, &signature) {
            bail!("`{shown}/SHA256SUMS` is not signed with the key `{}`; nothing was changed", path.display());
        }
    }
    if let Some(pin) = pin
        && pin.strip_prefix("sha256:").unwrap_or(pin).to_ascii_lowercase() != mirror::sum(&list)
    {
        bail!("`{shown}/SHA256SUMS` is not the one that is pinned; nothing was changed");
    }
    let sums = Sums::parse(&String::from_utf8_lossy(&list));
    if sums.is_empty() {
        bail!("`{shown}/SHA256SUMS` names no `<ecosystem>/all.zip`");
    }
    Ok(Some(sums))
}

fn search(args: &SearchArgs, cache: Option<PathBuf>, environment: &mut Environment<'_>) -> anyhow::Result<u8> {
    let (database, mut problems) = Database::open(&OpenOptions { cache_dir: cache, today: environment.today });
    let (hits, more) = database.search(&args.text);
    problems.extend(more);
    for (ecosystem, advisory) in &hits {
        if args.json {
            writeln!(environment.out, "{}", serde_json::to_string(advisory)?)?;
        } else {
            describe(*ecosystem, advisory, environment.out)?;
        }
    }
    if hits.is_empty() {
        writeln!(environment.err, "no advisory has the id or alias `{0}` or is about a package `{0}`", args.text)?;
    }
    report(&problems, environment)
}

fn describe(ecosystem: Ecosystem, advisory: &Advisory, out: &mut dyn Write) -> std::io::Result<()> {
    let aliases = advisory.aliases.join(", ");
    let withdrawn = advisory.withdrawn.as_ref().map_or_else(String::new, |date| format!(" (withdrawn {date})"));
    for affected in &advisory.affected {
        writeln!(out, "{}{withdrawn}  {ecosystem} {}", advisory.id, affected.package)?;
        if let Some(kind) = &affected.informational {
            writeln!(out, "  kind      {kind}")?;
        }
        let ranges: Vec<String> = affected.ranges.iter().map(|range| interval(range)).collect();
        let affected = if ranges.is_empty() { affected.versions.join(", ") } else { ranges.join(" or ") };
        writeln!(out, "  affected  {affected}")?;
    }
    for (name, value) in [
        ("aliases", aliases),
        ("severity", advisory.severity.map_or_else(String::new, |severity| severity.to_string())),
        ("cvss", advisory.cvss.join(" ")),
        ("published", advisory.published.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            writeln!(out, "  {name:9} {value}")?;
        }
    }
    Ok(())
}

fn interval(range: &[Event]) -> String {
    let bounds: Vec<String> = range
        .iter()
        .map(|event| match event {
            Event::Introduced(version) if version == "0" || version == "0.0.0-0" => "from the start".to_owned(),
            Event::Introduced(version) => format!(">= {version}"),
            Event::Fixed(version) | Event::Limit(version) => format!("< {version}"),
            Event::LastAffected(version) => format!("<= {version}"),
        })
        .collect();
    bounds.join(", ")
}

fn snapshot_command(args: &SnapshotArgs, environment: &mut Environment<'_>) -> anyhow::Result<u8> {
    let Collected { advisories, problems, .. } = import::collect(&args.from)?;
    if advisories.is_empty() {
        let _ = report(&problems, environment)?;
        bail!("`{}` holds no advisories; nothing was written", origin_of(&args.from));
    }
    for info in snapshot::write(&args.out, &advisories, environment.today)? {
        writeln!(
            environment.out,
            "{}: {} advisories about {} packages, newest of {}",
            info.ecosystem, info.advisories, info.packages, info.date
        )?;
        if info.project.is_empty() || info.licence.is_empty() {
            writeln!(
                environment.err,
                "warning: `MANIFEST.toml` has no `project` or `licence` for {}: fill them in, the licences ask for it",
                info.ecosystem
            )?;
        }
    }
    report(&problems, environment)
}

fn provenance(origin: &str, etag: Option<String>, today: Date) -> Provenance {
    Provenance { origin: origin.to_owned(), etag, cursor: None, imported: today }
}

/// A file or folder name; never the way to it.
fn origin_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    whole.file_name().map_or_else(|| "folder".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn tell(meta: &Meta, done: &str, environment: &mut Environment<'_>) -> std::io::Result<()> {
    writeln!(
        environment.out,
        "{}: {done}, {} advisories about {} packages, newest of {}",
        meta.ecosystem, meta.advisories, meta.packages, meta.date
    )
}

fn report(problems: &[Problem], environment: &mut Environment<'_>) -> anyhow::Result<u8> {
    for problem in problems {
        let place = problem.location.as_ref().map_or_else(String::new, |location| format!("{}: ", location.path));
        writeln!(environment.err, "warning: {place}{}", problem.message)?;
        if let Some(hint) = &problem.hint {
            writeln!(environment.err, "  hint: {hint}")?;
        }
    }
    Ok(if problems.iter().any(|problem| problem.incomplete) { 3 } else { 0 })
}

fn ecosystem(name: &str) -> Result<Ecosystem, String> {
    Ecosystem::ALL
        .into_iter()
        .find(|ecosystem| ecosystem.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| format!("known are {}", Ecosystem::ALL.map(Ecosystem::name).join(", ")))
}

#[cfg(test)]
mod tests;
