//! Recall and false alarms over `fixtures/taint`, printed by weakness and language; anything that differs from what the
//! fixtures say fails.
//!
//! A case is a marked line: the place where a finding must begin, or must not.
//!
//! | mark | meaning |
//! |---|---|
//! | `finding: sql-injection` | a flaw that is found |
//! | `safe: sql-injection` | nearly the same, but no flaw, and silent |
//! | `todo: sql-injection` | a flaw that is missed; fails once it is found |
//! | `false: sql-injection` | no flaw, but reported; fails once it is silent |
//!
//! Marks are comments of the file's own language. A line without a mark must be silent. A project is a file, a folder, or
//! the `bad` and `good` folders of a pair; a `models.toml` beside it adds to the built-in models.
//!
//! `cargo test --test corpus -- xss` runs what has `xss` in its path.

#![allow(clippy::print_stdout)] // the table is what this is for

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use rayon::prelude::*;
use stageclear::base::{CodeContext, SourceFile};
use stageclear::flow::{Limits, ParsedFile, Project, Resolver};
use stageclear::frontend;
use stageclear::model::index::Index;
use stageclear::model::schema::{Model, RuleBook};
use stageclear::model::{self};
use stageclear::taint::{Analysis, analyse, analyse_with};

/// File, line, weakness.
type Places = BTreeSet<(String, u32, String)>;

/// Path and text of every file of a project.
type Files = Vec<(String, String)>;

/// What a language has of a weakness.
#[derive(Default)]
struct Row {
    found: usize,
    missed: usize,
    silent: usize,
    alarms: usize,
}

/// What one project gave.
#[derive(Default)]
struct Outcome {
    rows: BTreeMap<(String, &'static str), Row>,
    wrong: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        println!("corpus: test");
        return ExitCode::SUCCESS;
    }
    let only = arguments.iter().find(|argument| !argument.starts_with('-'));
    let pool = rayon::ThreadPoolBuilder::new().stack_size(256 << 20).build().unwrap();
    let wrong = pool.install(|| {
        let mut wrong = corpus(only.map(String::as_str));
        if only.is_none() {
            wrong.extend(order_changes_nothing());
            wrong.extend(sanitizers_add_nothing());
        }
        wrong
    });
    for line in &wrong {
        println!("{line}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/taint")
}

fn corpus(only: Option<&str>) -> Vec<String> {
    let built_in = model::built_in();
    let index = Index::new(built_in);
    let wanted = |path: &PathBuf| only.is_none_or(|only| path.to_string_lossy().contains(only));
    let cases: Vec<PathBuf> = cases().into_iter().filter(wanted).collect();
    let outcomes: Vec<Outcome> = cases.par_iter().map(|case| check(case, built_in, &index)).collect();
    let mut rows: BTreeMap<(String, &'static str), Row> = BTreeMap::new();
    let mut wrong = Vec::new();
    for outcome in outcomes {
        wrong.extend(outcome.wrong);
        for (key, row) in outcome.rows {
            let sum = rows.entry(key).or_default();
            sum.found += row.found;
            sum.missed += row.missed;
            sum.silent += row.silent;
            sum.alarms += row.alarms;
        }
    }
    print(&rows);
    println!("\n{} projects, {} differences from what the fixtures say", cases.len(), wrong.len());
    wrong
}

fn print(rows: &BTreeMap<(String, &'static str), Row>) {
    println!(
        "{:<26}{:<12}{:>6}{:>8}{:>8}{:>8}{:>14}",
        "weakness", "language", "flaws", "recall", "safe", "alarms", "false alarms"
    );
    let mut total = Row::default();
    for ((weakness, language), row) in rows {
        line(weakness, language, row);
        total.found += row.found;
        total.missed += row.missed;
        total.silent += row.silent;
        total.alarms += row.alarms;
    }
    line("all", "", &total);
}

fn line(weakness: &str, language: &str, row: &Row) {
    #[allow(clippy::cast_precision_loss)] // counts of fixtures
    let share =
        |part: usize, of: usize| if of == 0 { "-".to_owned() } else { format!("{:.3}", part as f64 / of as f64) };
    let (flaws, safe) = (row.found + row.missed, row.silent + row.alarms);
    let (recall, alarms) = (share(row.found, flaws), share(row.alarms, safe));
    println!("{weakness:<26}{language:<12}{flaws:>6}{recall:>8}{safe:>8}{:>8}{alarms:>14}", row.alarms);
}

/// Every project: a file, a folder with a file in it, or the two sides of a pair.
fn cases() -> Vec<PathBuf> {
    let mut cases = Vec::new();
    for weakness in entries(&root()).into_iter().filter(|path| path.is_dir()) {
        for entry in entries(&weakness) {
            let sides = ["bad", "good"].map(|side| entry.join(side));
            if sides.iter().any(|side| side.is_dir()) {
                cases.extend(sides.into_iter().filter(|side| side.is_dir()));
            } else if entry.file_name().is_some_and(|name| name != "models.toml") {
                cases.push(entry);
            }
        }
    }
    cases
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn files(case: &Path) -> Files {
    let mut files = Files::new();
    if case.is_dir() {
        read(case, case, &mut files);
    } else {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        files.push((name, fs::read_to_string(case).unwrap()));
    }
    files
}

fn read(folder: &Path, root: &Path, files: &mut Files) {
    for path in entries(folder) {
        if path.is_dir() {
            read(&path, root, files);
        } else if path.file_name().is_some_and(|name| name != "models.toml") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Models that the folders of a case add.
fn more_models(case: &Path) -> Vec<Model> {
    let root = root();
    let folders = case.ancestors().take_while(|folder| folder.starts_with(&root));
    folders
        .filter_map(|folder| fs::read_to_string(folder.join("models.toml")).ok())
        .map(|text| toml::from_str(&text).unwrap())
        .collect()
}

fn project(files: &Files) -> Project {
    let mut resolver = Resolver::default();
    for (path, text) in files {
        if path.ends_with("tsconfig.json") {
            resolver.add_tsconfig(path, text);
        } else if path.ends_with("package.json") {
            resolver.add_package_json(path, text);
        }
    }
    let parsed: Vec<ParsedFile> = files.iter().filter_map(|(path, text)| parse(path, text)).collect();
    Project::build_with(&parsed, resolver)
}

fn parse(path: &str, text: &str) -> Option<ParsedFile> {
    let frontend = frontend::ALL.iter().find(|frontend| frontend.language_of(path).is_some())?;
    let file = SourceFile::new(path, text);
    let (tree, _) = frontend.parse(&file, frontend.language_of(path)?);
    Some(ParsedFile { file: Arc::new(file), tree: Arc::new(tree), context: CodeContext::Production })
}

/// Runs one project and compares.
fn check(case: &Path, built_in: &RuleBook, index: &Index) -> Outcome {
    let files = files(case);
    let models = more_models(case);
    let analysis = if models.is_empty() {
        analyse_with(&project(&files), built_in, index, &Limits::default())
    } else {
        let mut book = built_in.clone();
        book.models.extend(models);
        analyse(&project(&files), &book, &Limits::default())
    };
    let found = found(&analysis);
    let [flaws, safe, missed, alarms] = ["finding:", "safe:", "todo:", "false:"].map(|mark| marked(&files, mark));
    let name = case.strip_prefix(root()).unwrap_or(case).display().to_string();
    let mut outcome = Outcome::default();
    let wanted: Places = flaws.union(&alarms).cloned().collect();
    let mut say = |text: &str, (path, line, weakness): &(String, u32, String)| {
        outcome.wrong.push(format!("{name}: {text} {weakness} at {path}:{line}"));
    };
    flaws.difference(&found).for_each(|place| say("missed", place));
    alarms.difference(&found).for_each(|place| say("no longer false, make it `safe:`:", place));
    missed.intersection(&found).for_each(|place| say("found now, make it `finding:`:", place));
    found.difference(&wanted).filter(|place| !missed.contains(place)).for_each(|place| say("false", place));
    for finding in analysis.findings.iter().filter(|finding| finding.trace.len() < 2) {
        outcome.wrong.push(format!("{name}: a finding without a way at {}", finding.location));
    }
    for (path, line, weakness) in flaws.iter().chain(&missed) {
        let row = outcome.rows.entry((weakness.clone(), language(path))).or_default();
        let hit = found.contains(&(path.clone(), *line, weakness.clone()));
        row.found += usize::from(hit);
        row.missed += usize::from(!hit);
    }
    for (path, line, weakness) in safe.iter().chain(&alarms) {
        let row = outcome.rows.entry((weakness.clone(), language(path))).or_default();
        let hit = found.contains(&(path.clone(), *line, weakness.clone()));
        row.alarms += usize::from(hit);
        row.silent += usize::from(!hit);
    }
    outcome
}

fn language(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("py") => "python",
        Some("js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts") => "javascript",
        _ => "templates",
    }
}

fn found(analysis: &Analysis) -> Places {
    let place = |finding: &stageclear::base::Finding| {
        let weakness = finding.rule.trim_start_matches("taint/").split_once('-').map_or("", |(_, rest)| rest);
        (finding.location.path.clone(), finding.location.line, weakness.to_owned())
    };
    analysis.findings.iter().map(place).collect()
}

/// The places with a mark.
fn marked(files: &Files, mark: &str) -> Places {
    let mut places = Places::new();
    for (path, text) in files {
        for (line, text) in (1u32..).zip(text.lines()) {
            let Some((before, kinds)) = text.split_once(mark) else { continue };
            let comment = ["#", "//", "/*", "<!--", "{!", "<%"].iter().any(|start| before.contains(start));
            if !comment || before.ends_with(|c: char| c.is_alphanumeric()) {
                continue;
            }
            let kinds = kinds.split_whitespace();
            let kinds = kinds.take_while(|kind| kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            places
                .extend(kinds.filter(|kind| !kind.starts_with('-')).map(|kind| (path.clone(), line, kind.to_owned())));
        }
    }
    places
}

/// A law: the order in which files come changes nothing.
fn order_changes_nothing() -> Vec<String> {
    let mut wrong = Vec::new();
    for name in ["command-injection/js-commonjs/bad", "sql-injection/py-cross-file/bad", "sql-injection/py-django/bad"]
    {
        let mut files = files(&root().join(name));
        let run = |files: &Files| analyse(&project(files), model::built_in(), &Limits::default()).findings;
        let first = run(&files);
        files.reverse();
        let reversed = run(&files);
        files.rotate_left(1);
        if first.is_empty() || first != reversed || first != run(&files) {
            wrong.push(format!("{name}: another order of files gives other findings"));
        }
    }
    wrong
}

/// A law: one more sanitizer never adds a finding.
fn sanitizers_add_nothing() -> Vec<String> {
    let more = "library = \"x\"\nlanguage = \"python\"\n[[sanitizer]]\npaths = [\"html.escape\", \"?.strip\", \
                \"?.format\", \"?.get\", \"os.path.join\"]\nclears = [\"*\"]\n";
    let mut book = model::built_in().clone();
    book.models.push(toml::from_str(more).unwrap());
    let mut wrong = Vec::new();
    for name in ["command-injection", "path-traversal", "open-redirect"] {
        let mut files = files(&root().join(name));
        files.retain(|(path, _)| language(path) == "python" && !path.contains('/'));
        let project = project(&files);
        let before = found(&analyse(&project, model::built_in(), &Limits::default()));
        let after = found(&analyse(&project, &book, &Limits::default()));
        if before.is_empty() || !after.is_subset(&before) {
            wrong.push(format!("{name}: another sanitizer adds a finding"));
        }
    }
    wrong
}
