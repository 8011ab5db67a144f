//! One audit, as a table of contents. Each stage is one call; nothing else knows the order, and nothing else but the search
//! of the history is parallel.

mod frame;
mod hide;
mod judging;
mod ledger;
mod operation;
mod packages;
mod search;

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use thiserror::Error;

use crate::base::{CodeContext, Finding, Location, Problem, ProblemKind, SourceFile, Span};
use crate::config::resource::{self, Resource};
use crate::config::{self, Setting};
use crate::database::{self, SqlFile};
use crate::document::{Document, Project, ProjectOptions, SCHEMA, Tool};
use crate::firebase::{self, FirebaseRules};
use crate::flow::{self, ParsedFile, Resolver};
use crate::lockfile;
use crate::options::{Only, Options};
use crate::package::{OwnPackage, Package};
use crate::policy::choice::Chosen;
use crate::policy::engine::Apart;
use crate::policy::engine::machine::Part;
use crate::policy::organization::Organization;
use crate::policy::{PolicyError, PolicySet};
use crate::triage::suppress::Comment;
use crate::workspace::{Entry, Workspace, classify};
use crate::{catalog, dependency, endpoint, exposure, frontend, misuse, model, secret, taint, triage};

/// Stack of a worker: deep but legal nesting is walked recursively within the frontends' limits.
const STACK: usize = 64 << 20;

/// What ends a run before there is a document.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// A policy is broken.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The worker threads could not be started.
    #[error("the worker threads cannot be started: {0}\nhint: try --jobs 1")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Code, secrets, configuration.
    Scan,
    /// All of it.
    Audit,
}

/// Is told how far the run is.
pub trait Progress: Sync {
    /// A stage of `steps` steps begins.
    fn stage(&self, name: &'static str, steps: u64);
    /// One step is done.
    fn step(&self);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &'static str, _steps: u64) {}
    fn step(&self) {}
}

/// Runs an audit.
pub fn run(
    workspace: &Workspace,
    options: &Options,
    mode: Mode,
    progress: &dyn Progress,
) -> Result<Document, PipelineError> {
    run_under(None, workspace, options, mode, progress)
}

/// Runs an audit under an organisation's policy, which has been laid over the options already.
pub fn run_under(
    organization: Option<&Organization>,
    workspace: &Workspace,
    options: &Options,
    mode: Mode,
    progress: &dyn Progress,
) -> Result<Document, PipelineError> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.unwrap_or(0)).stack_size(STACK).build()?;
    std::thread::scope(|scope| {
        let loading = Apart::begin(scope, || {
            let loaded = judging::load(organization, options);
            if loaded.is_ok() {
                if options.only(Only::Dependencies) { Part::Dependencies } else { Part::Whole }.prepare();
            }
            loaded
        })?;
        threads.install(|| examine(organization, workspace, options, mode, loading, progress))
    })
}

/// Everything in its order; policies are read meanwhile.
fn examine(
    organization: Option<&Organization>,
    workspace: &Workspace,
    options: &Options,
    mode: Mode,
    loading: Apart<'_, Result<(PolicySet, Chosen), PolicyError>>,
    progress: &dyn Progress,
) -> Result<Document, PipelineError> {
    let mut facts = collect(workspace, options, progress);
    // A policy that cannot be read ends the audit before its longest part, if that is known by now.
    let policies = if loading.is_over() { Ok(loading.end()??) } else { Err(loading) };
    if !options.only(Only::Secrets) {
        analyse(workspace, options, &mut facts, progress);
    }
    let mut document = document(workspace, options, mode, &mut facts);
    if mode == Mode::Audit && matches!(options.only, None | Some(Only::Dependencies)) {
        packages::dependencies(&mut document, workspace, options, &facts, progress);
    }
    let (mut policies, chosen) = match policies {
        Ok(policies) => policies,
        Err(loading) => loading.end()??,
    };
    document.project.options.level = chosen.level.map(|level| level.name().to_owned());
    if let Some(organization) = organization {
        let mut fact = organization.fact();
        fact.attempts.extend(chosen.attempts);
        document.project.organization = Some(fact);
        document.problems.extend(organization.problems.iter().cloned());
    }
    if matches!(options.only, None | Some(Only::Dependencies)) {
        judging::judge(&mut document, &mut policies, options, progress)?;
    }
    triage(&mut document, workspace, &facts, options);
    if !options.only(Only::Code) {
        search::leaks(&mut document, workspace, options, progress);
    }
    exceptions(&mut document, &facts, options, &policies)?;
    judging::gate(&mut document, &mut policies, options, mode)?;
    if mode == Mode::Audit && options.only.is_none() {
        judging::checklist(&mut document, &policies, options)?;
    }
    let files = facts.files.len();
    leave(facts, files);
    Ok(document)
}

/// Of a project of many files, trees and texts are left to the end of the program: it ends soon, and giving them back
/// piece by piece takes as long as a stage of its own.
fn leave<T>(what: T, files: usize) {
    const MANY: usize = 2_000;
    if files > MANY {
        std::mem::forget(what);
    }
}

/// What the files say, one by one and then together.
#[derive(Default)]
struct Facts {
    files: Vec<Checked>,
    endpoints: Vec<endpoint::Endpoint>,
    disclosures: Vec<endpoint::Disclosure>,
    browser_writes: Vec<endpoint::Trusted>,
    databases: Vec<database::Database>,
    frameworks: Vec<String>,
    findings: Vec<Finding>,
    problems: Vec<Problem>,
    /// Where JavaScript's bare and aliased imports lead.
    resolver: Resolver,
    /// What kinds of apps the manifests describe.
    manifests: Vec<exposure::Manifest>,
    exposures: exposure::Exposures,
    packages: Vec<Package>,
    dependencies: Vec<dependency::DependencyFact>,
}

/// What one file says.
#[derive(Default)]
struct Checked {
    path: String,
    context: CodeContext,
    bytes: u64,
    read: bool,
    parsed: Option<ParsedFile>,
    /// The inline scripts of a template.
    scripts: Option<ParsedFile>,
    /// Kept while a finding may point into it.
    text: Option<Arc<SourceFile>>,
    settings: Vec<Setting>,
    sql: Option<SqlFile>,
    firebase: Option<FirebaseRules>,
    resources: Vec<Resource>,
    module: Option<Box<resource::ModuleFile>>,
    packages: Vec<Package>,
    manifest: Option<lockfile::Manifest>,
    own: Option<OwnPackage>,
    findings: Vec<Finding>,
    /// Where secrets stand; `None` if they were not searched for.
    secrets: Option<Vec<Span>>,
    suppressions: Vec<Comment>,
    problems: Vec<Problem>,
}

fn collect(workspace: &Workspace, options: &Options, progress: &dyn Progress) -> Facts {
    progress.stage("reading files", workspace.entries().len() as u64);
    let check = |entry: &Entry| {
        let checked = check_file(workspace, entry, options);
        progress.step();
        checked
    };
    let files: Vec<Checked> = workspace.entries().par_iter().map(check).collect();
    let alone = options.only(Only::Secrets) || options.partial;
    let (resolver, manifests) = if alone { Default::default() } else { manifests(workspace, options) };
    Facts { files, problems: workspace.problems.clone(), resolver, manifests, ..Facts::default() }
}

/// The files that say where imports lead, and what the apps are.
fn manifests(workspace: &Workspace, options: &Options) -> (Resolver, Vec<exposure::Manifest>) {
    let (mut resolver, mut manifests) = (Resolver::default(), Vec::new());
    for entry in workspace.entries().iter().filter(|entry| entry.context != CodeContext::Vendored) {
        let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
        let add = match name {
            "package.json" => Resolver::add_package_json,
            "tsconfig.json" | "tsconfig.base.json" | "jsconfig.json" => Resolver::add_tsconfig,
            _ => continue,
        };
        if let Some(file) = workspace.sibling(&entry.path, options) {
            add(&mut resolver, &entry.path, file.text());
            if name == "package.json" {
                manifests.extend(exposure::Manifest::read(&entry.path, file.text()));
            }
        }
    }
    (resolver, manifests)
}

fn check_file(workspace: &Workspace, entry: &Entry, options: &Options) -> Checked {
    let mut checked =
        Checked { path: entry.path.clone(), context: entry.context, bytes: entry.size, ..Checked::default() };
    if options.archives && classify::is_archive_name(&entry.path) {
        return search::opened(checked, workspace, entry, options);
    }
    let file = match workspace.read(entry, options) {
        Ok(Some(decoded)) => {
            checked.problems.extend(decoded.problem);
            Arc::new(decoded.file)
        }
        Ok(None) => return checked,
        Err(problem) => {
            checked.problems.push(problem);
            return checked;
        }
    };
    checked.read = true;
    if !options.scope_locked {
        checked.context = classify::refine(entry.context, entry.roles.language, file.text());
    }
    if options.only(Only::Secrets) {
        return search::searched(checked, entry, file, options);
    }
    let foreign = matches!(checked.context, CodeContext::Vendored | CodeContext::Generated);
    if let Some(language) = entry.roles.language.filter(|_| !foreign) {
        parse(&mut checked, &file, language, options);
    }
    if options.only(Only::Code) {
        return search::followed(checked, file);
    }
    if entry.roles.lockfile && !foreign {
        read_packages(&mut checked, workspace, &file, options);
    }
    if options.only(Only::Dependencies) {
        return search::declared(checked, file);
    }
    if entry.roles.config && !foreign && within(&mut checked, &file, options) {
        for parser in config::ALL.iter().filter(|parser| parser.matches(&entry.path)) {
            let extract = parser.parse(&file);
            checked.settings.extend(extract.settings);
            checked.problems.extend(extract.problems);
        }
    }
    if entry.roles.sql && !foreign {
        let mut sql = database::extract(&file, checked.context);
        checked.problems.append(&mut sql.problems);
        checked.sql = Some(sql);
    }
    if entry.roles.firebase
        && !foreign
        && within(&mut checked, &file, options)
        && let Some((rules, problems)) = firebase::extract(&file, checked.context)
    {
        checked.problems.extend(problems);
        checked.firebase = Some(rules);
    }
    // Pages are searched line by line, whatever their size.
    let readable = |checked: &mut Checked| frontend::is_markup(&entry.path) || within(checked, &file, options);
    if entry.roles.resource && !foreign && readable(&mut checked) {
        let extract = resource::read(&file, checked.context);
        checked.resources.extend(extract.resources);
        checked.module = extract.module;
        checked.problems.extend(extract.problems);
    }
    // The tree of a page holds its outputs and scripts only: its markup is read as text.
    let tree = checked.parsed.as_ref().filter(|_| !frontend::is_markup(&entry.path)).map(|parsed| parsed.tree.clone());
    if !entry.roles.lockfile || !lockfile::is_generated(&entry.path) {
        let scan = secret::scan(&file, tree.as_deref(), checked.context);
        checked.findings.extend(scan.findings);
        checked.secrets = Some(scan.spans);
        hide::hide(&mut checked, &file);
    }
    let (comments, problems) = triage::suppress::comments(&file, tree.as_deref().map(|tree| tree.comments.as_slice()));
    checked.suppressions = comments;
    checked.problems.extend(problems);
    let needed = checked.parsed.is_some()
        || checked.firebase.is_some()
        || checked.module.is_some()
        || checked.sql.as_ref().is_some_and(|sql| !sql.statements.is_empty())
        || !(checked.settings.is_empty()
            && checked.resources.is_empty()
            && checked.packages.is_empty()
            && checked.findings.is_empty());
    checked.text = needed.then_some(file);
    checked
}

/// Whether the file may be parsed; a problem is noted otherwise.
fn within(checked: &mut Checked, file: &SourceFile, options: &Options) -> bool {
    let limit = options.limits.source_bytes;
    if file.text().len() as u64 <= limit {
        return true;
    }
    let message =
        format!("{} bytes are over the limit of {limit} for parsing: searched for secrets only", file.text().len());
    let problem = Problem::incomplete(ProblemKind::Limit, Some(Location::file(file.path())), message);
    checked.problems.push(problem.hint("raise `limits.source-bytes` in stageclear.toml, or exclude the file"));
    false
}

fn parse(checked: &mut Checked, file: &Arc<SourceFile>, language: crate::base::Language, options: &Options) {
    let Some(frontend) = frontend::of(file.path()) else { return };
    if !frontend.claims(file) || !within(checked, file, options) {
        return;
    }
    let (mut tree, problems) = frontend.parse(file, language);
    tree.shrink();
    checked.problems.extend(problems);
    if !(options.only(Only::Code) || options.only(Only::Dependencies)) {
        checked.settings = config::source_settings(file, &tree, checked.context);
        checked.resources = resource::build_settings(file, &tree, checked.context);
    }
    let context = checked.context;
    let parsed = |tree| ParsedFile { file: file.clone(), tree: Arc::new(tree), context };
    checked.parsed = Some(parsed(tree));
    checked.scripts = frontend.scripts(file).map(|mut tree| {
        tree.shrink();
        parsed(tree)
    });
}

fn read_packages(checked: &mut Checked, workspace: &Workspace, file: &SourceFile, options: &Options) {
    let sibling = |path: &str| workspace.sibling(path, options);
    let extract = lockfile::read(file, &sibling);
    checked.packages = extract.packages;
    checked.manifest = lockfile::declared(file);
    checked.own = lockfile::own(file, &sibling);
    checked.problems.extend(extract.problems);
}

/// Follows data through the whole project.
fn analyse(workspace: &Workspace, options: &Options, facts: &mut Facts, progress: &dyn Progress) {
    progress.stage("following data", 5);
    let trees = |checked: &Checked| [checked.parsed.clone(), checked.scripts.clone()];
    let parsed: Vec<ParsedFile> = facts.files.iter().flat_map(trees).flatten().collect();
    let project = flow::Project::build_with(&parsed, std::mem::take(&mut facts.resolver));
    progress.step();
    if options.only(Only::Dependencies) {
        packages::use_of_packages(workspace, options, facts, &project);
        return leave(project, facts.files.len());
    }
    let rules = model::built_in();
    let analysis = taint::analyse(&project, rules, &flow::Limits::default());
    facts.findings.extend(analysis.findings);
    facts.problems.extend(analysis.problems);
    progress.step();
    // What guards a route may stand in a file that is not looked at.
    let (misused, surface) = rayon::join(
        || misuse::analyse(&project, &analysis.facts, rules),
        || (!options.partial).then(|| endpoint::extract(&project, &analysis.facts, rules)),
    );
    facts.findings.extend(misused);
    progress.step();
    if let Some(surface) = surface {
        let theirs = endpoint::of_administrators(&project, &surface.endpoints);
        triage::trust::by_administrators(&mut facts.findings, &theirs);
        (facts.endpoints, facts.disclosures) = (surface.endpoints, surface.disclosures);
        facts.browser_writes = surface.browser_writes;
    }
    facts.frameworks = project.frameworks(rules);
    if options.only(Only::Code) {
        return leave(project, facts.files.len());
    }
    let texts: FxHashMap<&str, &SourceFile> =
        facts.files.iter().filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?))).collect();
    let settings = facts.files.iter().flat_map(|file| &file.settings);
    facts.exposures = exposure::analyse(&project, &facts.manifests, settings, &|path| texts.get(path).copied());
    progress.step();
    replay(facts);
    packages::use_of_packages(workspace, options, facts, &project);
    leave(project, facts.files.len());
    progress.step();
}

/// Runs the SQL of the project.
fn replay(facts: &mut Facts) {
    let mut evidence = database::Evidence::default();
    let mut files = Vec::new();
    for checked in &mut facts.files {
        evidence.add_path(&checked.path);
        checked.packages.iter().for_each(|package| evidence.add_package(&package.name, &checked.path));
        files.extend(checked.sql.take());
    }
    let (databases, problems) = database::replay(&files, &evidence);
    facts.databases = databases;
    facts.problems.extend(problems);
}

fn document(workspace: &Workspace, options: &Options, mode: Mode, facts: &mut Facts) -> Document {
    let coverage = ledger::coverage(workspace, facts);
    let resources = operation::resources(workspace, options, facts);
    let mut findings = std::mem::take(&mut facts.findings);
    let mut problems = std::mem::take(&mut facts.problems);
    let mut settings = Vec::new();
    let mut firebase = Vec::new();
    for checked in &mut facts.files {
        findings.append(&mut checked.findings);
        problems.append(&mut checked.problems);
        settings.append(&mut checked.settings.clone());
        firebase.extend(checked.firebase.take());
    }
    config::effective::fill(&mut settings);
    for rule in &options.disabled {
        let message = format!("the rule `{rule}` is switched off by stageclear.toml");
        problems.push(Problem::remark(ProblemKind::Configuration, None, message));
    }
    if let Some(only) = options.only {
        let message = format!("nothing but {0} was looked at (`--only {0}`)", only.name());
        problems.push(Problem::remark(ProblemKind::Configuration, None, message));
    }
    findings.retain(|finding| !options.disabled.contains(&finding.rule));
    Document {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "stageclear".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        project: Project {
            name: workspace.name().to_owned(),
            command: if mode == Mode::Audit { "audit" } else { "scan" }.to_owned(),
            frameworks: std::mem::take(&mut facts.frameworks),
            coverage,
            manifests: facts.files.iter_mut().filter_map(|checked| checked.own.take()).collect(),
            options: ProjectOptions {
                level: None,
                fail_on: Some(options.fail_on),
                strict: options.strict,
                max_advisory_age: options.max_advisory_age,
                licenses: options.licenses.clone(),
            },
            organization: None,
        },
        packages: std::mem::take(&mut facts.packages),
        dependencies: std::mem::take(&mut facts.dependencies),
        settings,
        resources,
        endpoints: std::mem::take(&mut facts.endpoints),
        disclosures: std::mem::take(&mut facts.disclosures),
        browser_writes: std::mem::take(&mut facts.browser_writes),
        databases: std::mem::take(&mut facts.databases),
        firebase,
        exposures: std::mem::take(&mut facts.exposures.facts),
        findings,
        problems,
        ..Document::default()
    }
}

/// Duplicates, weight, code frames, order.
fn triage(document: &mut Document, workspace: &Workspace, facts: &Facts, options: &Options) {
    document.findings.retain(|finding| !options.disabled.contains(&finding.rule));
    let files: FxHashMap<&str, &Checked> = facts.files.iter().map(|checked| (checked.path.as_str(), checked)).collect();
    for finding in &mut document.findings {
        if let Some(checked) = files.get(finding.location.path.as_str()) {
            finding.context = checked.context;
        }
    }
    exposure::mark(&mut document.findings, &facts.exposures);
    let mut findings = triage::dedupe::merge(std::mem::take(&mut document.findings));
    triage::weigh(&mut findings);
    triage::trust::set_again(&mut findings, &document.settings);
    triage::trust::for_development(&mut findings, &document.resources);
    if options.partial {
        let all = findings.len();
        findings.retain(|finding| search::is_new(finding, workspace, &files));
        if findings.len() < all {
            let message = format!("{} findings on lines that were there before are not shown", all - findings.len());
            document.problems.push(Problem::remark(ProblemKind::Configuration, None, message));
        }
    }
    let masks = frame::masks(&files, &findings);
    for finding in &mut findings {
        finding.snippet = frame::cut(&files, &masks, &finding.location);
        let source = finding.trace.first().map(|step| &step.location).filter(|source| !finding.shows(source));
        finding.source_snippet = source.and_then(|source| frame::cut(&files, &masks, source));
        frame::write_steps(&files, &masks, finding);
    }
    document.findings = findings;
    order(document);
}

/// Comments in the source, the waiver file and the baseline, as far as policies allow them.
fn exceptions(
    document: &mut Document,
    facts: &Facts,
    options: &Options,
    policies: &PolicySet,
) -> Result<(), PipelineError> {
    let comments: Vec<Comment> = facts.files.iter().flat_map(|checked| checked.suppressions.clone()).collect();
    let known: Vec<String> = document.policies.iter().map(|result| result.rule.clone()).collect();
    let known = |rule: &str| catalog::contains(rule) || known.iter().any(|known| known == rule);
    let problems = triage::except(document, &comments, &known, options, |document| policies.refusals(document))?;
    document.problems.extend(problems);
    triage::fold::places(&mut document.findings);
    document.project.coverage.suppressed =
        document.findings.iter().filter(|finding| !finding.is_active()).count() as u64;
    order(document);
    Ok(())
}

/// One order for everything, so that the same input gives the same bytes.
fn order(document: &mut Document) {
    triage::sort(&mut document.findings);
    document.problems.sort();
    document.problems.dedup();
    document.packages.sort_by(|a, b| (&a.location, &a.purl).cmp(&(&b.location, &b.purl)));
    document.settings.sort_by(|a, b| (&a.location, &a.key).cmp(&(&b.location, &b.key)));
    document.endpoints.sort();
    document.resources.sort_by(|a, b| (&a.location, &a.kind, &a.name).cmp(&(&b.location, &b.kind, &b.name)));
    document.policies.sort_by(|a, b| a.rule.cmp(&b.rule));
}
