//! `scan` and `audit`: options from file and flags, the pipeline, the reports, the exit status.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::RunArgs;
use super::progress::Bar;
use super::{Exit, db, input, online, organization, print};
use crate::advisory::database::cache_dir;
use crate::base::{Problem, ProblemKind};
use crate::catalog;
use crate::document::Document;
use crate::options::{History, Only, Options, OptionsError, OptionsFile, VexFile, file};
use crate::pipeline::{self, Mode, PipelineError};
use crate::policy::PolicyError;
use crate::policy::organization::{Asked, Organization, OrganizationError};
use crate::report::{self, Style};
use crate::triage::{baseline, waiver};

/// Runs `scan` or `audit` and prints what it found.
pub fn run(arguments: &RunArgs, command: &'static str) -> anyhow::Result<Exit> {
    let mode = if command == "audit" { Mode::Audit } else { Mode::Scan };
    let outputs = outputs(arguments)?;
    let (document, options) = examined(arguments, mode)?;
    report(arguments, &document, &options, &outputs)?;
    let exit = exit(&document);
    // The program ends: the operating system takes all of it back at once.
    std::mem::forget((document, options));
    Ok(exit)
}

/// An audit without its report.
pub(super) fn audited(arguments: &RunArgs) -> anyhow::Result<Document> {
    Ok(examined(arguments, Mode::Audit)?.0)
}

fn examined(arguments: &RunArgs, mode: Mode) -> anyhow::Result<(Document, Options)> {
    let input = input::Input::of(arguments)?;
    let (options, organization) = options(arguments, &input, mode)?;
    let bar = Bar::new(arguments.quiet);
    let workspace = input.open(arguments, &options)?;
    let document = pipeline::run_under(organization.as_ref(), &workspace, &options, mode, &bar).map_err(unchecked)?;
    drop(bar);
    Ok((document, options))
}

/// What an organisation demands and nobody understands leaves everything unchecked.
pub(super) fn unchecked(error: PipelineError) -> anyhow::Error {
    match error {
        PipelineError::Policy(PolicyError::Demands(why)) => OrganizationError::Demands(why).into(),
        error => error.into(),
    }
}

fn exit(document: &Document) -> Exit {
    match &document.verdict {
        Some(verdict) if !verdict.passed => Exit::Failed,
        Some(verdict) if verdict.incomplete && document.project.options.strict => Exit::Incomplete,
        _ => Exit::Passed,
    }
}

/// The configuration file, then the flags on top.
pub(super) fn options(
    arguments: &RunArgs,
    input: &input::Input,
    mode: Mode,
) -> anyhow::Result<(Options, Option<Organization>)> {
    let root = input.root();
    let mut asked = Asked { not_strict: arguments.no_strict, ..Asked::default() };
    let mut options = Options { strict: mode == Mode::Audit && in_ci(), ..Options::new(db::today()?) };
    let path = arguments.config.clone().unwrap_or_else(|| root.join(file::NAME));
    let own = arguments.config.is_none();
    if !own || std::fs::symlink_metadata(&path).is_ok() {
        let shown = if own { file::NAME.to_owned() } else { path.display().to_string() };
        if own && !std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            bail!(
                "`{shown}` is no regular file\nhint: links are not followed out of the audited folder; pass --config"
            );
        }
        let text = read_options(&path, &shown)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = OptionsFile::parse(&shown, &text)?;
        file.apply(&shown, &text, folder, &catalog::contains, &mut options)?;
        asked.not_strict |= file.strict == Some(false);
        for path in &file.vex.files {
            let shown = path.to_string_lossy().replace('\\', "/");
            options.vex.push(vex_file(&folder.join(path), &shown, own.then_some(folder))?);
        }
        asked.excluded.extend(file.exclude.into_iter().map(toml::Spanned::into_inner));
        if own {
            inside(folder, &options.policies)?;
        }
    }
    options.fail_on = arguments.fail_on.unwrap_or(options.fail_on);
    options.show_from = arguments.severity.unwrap_or(options.show_from);
    options.strict = (options.strict || arguments.strict) && !arguments.no_strict;
    options.no_ignore = arguments.no_ignore;
    options.policies.extend(arguments.policy.iter().cloned());
    for path in &arguments.vex {
        options.vex.push(vex_file(path, &path.display().to_string(), None)?);
    }
    options.cache_dir = cache_dir(arguments.cache_dir.as_deref(), |name| std::env::var_os(name));
    options.jobs = arguments.jobs;
    options.online = online::addresses(arguments, mode)?;
    options.only = arguments.only.as_deref().and_then(Only::named);
    if options.only(Only::Dependencies) && mode == Mode::Scan {
        bail!("`scan` does not look at dependencies\nhint: `stageclear audit --only dependencies` does");
    }
    options.archives = arguments.archives;
    options.history = arguments.history.then(|| History { since: arguments.since.clone() });
    options.partial = input::is_partial(arguments);
    options.waivers = own_file(root, waiver::NAME)?;
    if !arguments.no_baseline {
        options.baseline = own_file(root, baseline::NAME)?;
    }
    let narrowed = input.is_narrowed() || options.only.is_some();
    options.unused_exceptions = mode == Mode::Audit && !narrowed;
    let mut organization = organization::load(arguments, root, options.cache_dir.as_deref())?;
    if let Some(organization) = &mut organization {
        organization.attempts = organization.tighten(&mut options, file::NAME, &asked);
        if narrowed {
            let message = "only a part of the project was looked at; the organisation's policy is about all of it";
            organization.problems.push(Problem::incomplete(ProblemKind::Configuration, None, message));
        }
    }
    Ok((options, organization))
}

/// The text of one of stageclear's own files in the audited folder itself, if it is there. A link or a file of
/// megabytes is refused: an exception that cannot be read must not be taken for none.
fn own_file(root: &Path, name: &str) -> anyhow::Result<Option<String>> {
    const LONGEST: u64 = 64 << 20;
    let path = root.join(name);
    let Ok(metadata) = std::fs::symlink_metadata(&path) else { return Ok(None) };
    if !metadata.is_file() {
        bail!("`{name}` is no regular file\nhint: links are not followed out of the audited folder");
    }
    if metadata.len() > LONGEST {
        bail!("`{name}` is longer than {LONGEST} bytes");
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("`{name}` cannot be read"))?;
    Ok(Some(text))
}

/// Refuses policies that the project's own configuration takes from elsewhere: an error message would show lines of
/// any file of this machine.
fn inside(root: &Path, policies: &[PathBuf]) -> anyhow::Result<()> {
    let root = std::fs::canonicalize(root).context("the audited folder cannot be resolved")?;
    for policy in policies {
        if std::fs::canonicalize(policy).is_ok_and(|full| !full.starts_with(&root)) {
            bail!(
                "`policy.paths` of `{}` leads out of the audited folder\nhint: pass such policies with --policy",
                file::NAME
            );
        }
    }
    Ok(())
}

/// A VEX document. One that the project's own configuration names lies in the audited folder.
fn vex_file(path: &Path, shown: &str, root: Option<&Path>) -> anyhow::Result<VexFile> {
    const LONGEST: u64 = 64 << 20;
    let metadata = std::fs::metadata(path).with_context(|| format!("the VEX document `{shown}` cannot be read"))?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        bail!("the VEX document `{shown}` is no regular file of at most {LONGEST} bytes");
    }
    if let Some(root) = root {
        let (root, full) = (std::fs::canonicalize(root)?, std::fs::canonicalize(path)?);
        if !full.starts_with(root) {
            bail!(
                "`vex.files` of `{}` leads out of the audited folder\nhint: pass such documents with --vex",
                file::NAME
            );
        }
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("the VEX document `{shown}` cannot be read"))?;
    Ok(VexFile { path: shown.to_owned(), text })
}

/// The text of a configuration file, which may be the audited project's own: of any size.
fn read_options(path: &Path, shown: &str) -> anyhow::Result<String> {
    const LONGEST: u64 = 1 << 20;
    let unreadable = |source| OptionsError::Unreadable { path: shown.to_owned(), source };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > LONGEST {
        bail!("the configuration `{shown}` is longer than {LONGEST} bytes");
    }
    Ok(std::fs::read_to_string(path).map_err(unreadable)?)
}

/// Continuous integration services set `CI`.
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// One report to write: its format and, unless it goes to standard output, its file.
struct Output {
    reporter: &'static dyn report::Reporter,
    file: Option<PathBuf>,
}

fn outputs(arguments: &RunArgs) -> anyhow::Result<Vec<Output>> {
    let reporter = |name: &str| report::by_name(name).with_context(|| format!("there is no format `{name}`"));
    if arguments.output.is_empty() {
        return Ok(vec![Output { reporter: reporter(&arguments.format)?, file: None }]);
    }
    let mut outputs = Vec::new();
    let mut named_only = true;
    for output in &arguments.output {
        let (format, path) = match output.split_once('=') {
            Some((format, path)) if report::by_name(format).is_some() => (format, path),
            _ => {
                named_only = false;
                (arguments.format.as_str(), output.as_str())
            }
        };
        outputs.push(Output { reporter: reporter(format)?, file: Some(PathBuf::from(path)) });
    }
    if named_only {
        outputs.push(Output { reporter: reporter(&arguments.format)?, file: None });
    }
    Ok(outputs)
}

fn report(arguments: &RunArgs, document: &Document, options: &Options, outputs: &[Output]) -> anyhow::Result<()> {
    let shown = visible(document, options);
    for output in outputs {
        match &output.file {
            Some(path) => {
                let text = output.reporter.render(&shown, &Style { quiet: arguments.quiet, ..Style::default() });
                std::fs::write(path, text)
                    .with_context(|| format!("the report `{}` cannot be written", path.display()))?;
            }
            None => print(&output.reporter.render(&shown, &terminal(arguments)))?,
        }
    }
    if !arguments.quiet {
        for problem in &document.problems {
            eprint_problem(problem);
        }
    }
    Ok(())
}

/// The document without the findings below `--severity`.
fn visible<'d>(document: &'d Document, options: &Options) -> Cow<'d, Document> {
    if document.findings.iter().all(|finding| finding.severity >= options.show_from) {
        return Cow::Borrowed(document);
    }
    let mut shown = document.clone();
    shown.findings.retain(|finding| finding.severity >= options.show_from);
    Cow::Owned(shown)
}

pub(super) fn terminal(arguments: &RunArgs) -> Style {
    let choice = anstream::AutoStream::choice(&std::io::stdout());
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Style {
        color: !arguments.no_color && choice != anstream::ColorChoice::Never,
        width: width.unwrap_or(Style::default().width),
        quiet: arguments.quiet,
    }
}

pub(super) fn eprint_problem(problem: &Problem) {
    let place = problem.location.as_ref().map(|location| format!("{location}: ")).unwrap_or_default();
    let text = report::escape::line(&format!("{place}{}", problem.message), 500);
    let word = if problem.incomplete { "problem" } else { "note" };
    anstream::eprintln!("{word}: {text}");
    if let Some(hint) = &problem.hint {
        anstream::eprintln!("  hint: {}", report::escape::line(hint, 500));
    }
}

/// The options under `[db]` of the current folder's configuration.
pub fn db_of_here() -> anyhow::Result<Option<crate::options::file::DbTable>> {
    let path = Path::new(file::NAME);
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).context("stageclear.toml cannot be read")?;
    Ok(Some(OptionsFile::parse(file::NAME, &text)?.db))
}
