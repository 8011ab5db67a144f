//! Runs every case under `fixtures/taint/`: a folder (or a single file) whose lines say what must be found there, by a
//! comment `finding: <weakness> …`; a line without one must be silent. `todo: <weakness>` marks a known miss, which fails
//! as soon as it is found. A `models.toml` beside a case adds to the built-in models.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Analysis, Limits, analyse};
use crate::base::{CodeContext, SourceFile};
use crate::flow::{ParsedFile, Project, Resolver};
use crate::frontend;
use crate::model::schema::{Model, RuleBook};

fn parse(path: &str, text: &str) -> Option<ParsedFile> {
    let frontend = frontend::ALL.iter().find(|frontend| frontend.language_of(path).is_some())?;
    let file = SourceFile::new(path, text);
    let (tree, _) = frontend.parse(&file, frontend.language_of(path)?);
    Some(ParsedFile { file: Arc::new(file), tree: Arc::new(tree), context: CodeContext::Production })
}

fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work);
        thread.unwrap().join().unwrap()
    })
}

fn project(files: &[(String, String)]) -> Project {
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

fn run(files: &[(String, String)], book: &RuleBook) -> Analysis {
    with_stack(|| analyse(&project(files), book, &Limits::default()))
}

type Marks = BTreeSet<(String, u32, String)>;

/// What the comments of the files expect.
fn expected(files: &[(String, String)], mark: &str) -> Marks {
    let mut marks = Marks::new();
    for (path, text) in files {
        for (line, text) in (1u32..).zip(text.lines()) {
            let Some((_, kinds)) = text.split_once(mark) else { continue };
            // Comments of templates have ends of their own: `-->`, `#}`.
            let kinds = ["*/", "-->", "#}"].iter().fold(kinds, |kinds, end| kinds.split(end).next().unwrap_or(kinds));
            marks.extend(kinds.split_whitespace().map(|kind| (path.clone(), line, kind.to_owned())));
        }
    }
    marks
}

fn found(analysis: &Analysis) -> Marks {
    let findings = analysis.findings.iter();
    findings
        .map(|finding| {
            let weakness = finding.rule.trim_start_matches("taint/").split_once('-').map_or("", |(_, rest)| rest);
            (finding.location.path.clone(), finding.location.line, weakness.to_owned())
        })
        .collect()
}

fn read(folder: &Path, root: &Path, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(&path, root, files);
        } else if path.file_name().is_some_and(|name| name != "models.toml") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn book(case: &Path) -> RuleBook {
    let mut book = crate::model::built_in().clone();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/taint");
    for folder in case.ancestors().take_while(|folder| folder.starts_with(&root)) {
        if let Ok(text) = std::fs::read_to_string(folder.join("models.toml")) {
            book.models.push(toml::from_str::<Model>(&text).unwrap());
        }
    }
    book
}

/// Runs one case; gives what is wrong with it.
fn check(case: &Path) -> Vec<String> {
    let mut files = Vec::new();
    if case.is_dir() {
        read(case, case, &mut files);
    } else {
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        files.push((name, std::fs::read_to_string(case).unwrap()));
    }
    let analysis = run(&files, &book(case));
    let (wanted, todo, found) = (expected(&files, "finding:"), expected(&files, "todo:"), found(&analysis));
    let name = case.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(case).display().to_string();
    let mut wrong = Vec::new();
    for (path, line, weakness) in wanted.difference(&found) {
        wrong.push(format!("{name}: missed {weakness} at {path}:{line}"));
    }
    for (path, line, weakness) in found.difference(&wanted) {
        wrong.push(format!("{name}: false {weakness} at {path}:{line}"));
    }
    for (path, line, weakness) in todo.intersection(&found) {
        wrong.push(format!("{name}: {weakness} at {path}:{line} is found now, make its `todo:` a `finding:`"));
    }
    for finding in &analysis.findings {
        if finding.trace.len() < 2 {
            wrong.push(format!("{name}: a finding without a way at {}", finding.location));
        }
    }
    wrong
}

/// Every case: a folder with a file in it is one, a folder of folders holds several; so is a file under a `single` folder.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/taint");
    let mut cases = Vec::new();
    let mut weaknesses: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    weaknesses.sort();
    for weakness in weaknesses.into_iter().filter(|path| path.is_dir()) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(&weakness).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            if !entry.is_dir() {
                if entry.file_name().is_some_and(|name| name != "models.toml") {
                    cases.push(entry);
                }
                continue;
            }
            let pair = ["bad", "good"].map(|side| entry.join(side));
            if pair.iter().any(|side| side.is_dir()) {
                cases.extend(pair.into_iter().filter(|side| side.is_dir()));
            } else {
                cases.push(entry);
            }
        }
    }
    cases
}

#[test]
fn every_case_finds_what_it_says_and_nothing_else() {
    let only = std::env::var("CASE").unwrap_or_default();
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases() {
        if case.to_str().is_some_and(|path| path.contains(&only)) {
            count += 1;
            wrong.extend(check(&case));
        }
    }
    assert!(count > 0, "no cases");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

fn case_files(name: &str) -> Vec<(String, String)> {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/taint").join(name);
    let mut files = Vec::new();
    read(&case, &case, &mut files);
    files
}

#[test]
fn the_order_of_files_changes_nothing() {
    for name in ["command-injection/js-commonjs/bad", "sql-injection/py-cross-file/bad", "sql-injection/py-django/bad"]
    {
        let mut files = case_files(name);
        let first = run(&files, crate::model::built_in());
        assert!(!first.findings.is_empty(), "{name}");
        files.reverse();
        assert_eq!(first.findings, run(&files, crate::model::built_in()).findings, "{name}");
        files.rotate_left(1);
        assert_eq!(first.findings, run(&files, crate::model::built_in()).findings, "{name}");
    }
}

#[test]
fn another_sanitizer_never_adds_a_finding() {
    for name in ["command-injection", "path-traversal", "open-redirect"] {
        let mut files = case_files(name);
        files.retain(|(path, _)| {
            Path::new(path).extension().is_some_and(|extension| extension == "py") && !path.contains('/')
        });
        let before = found(&run(&files, crate::model::built_in()));
        let mut book = crate::model::built_in().clone();
        let model = "library = \"x\"\nlanguage = \"python\"\n[[sanitizer]]\npaths = [\"html.escape\", \"?.strip\", \
                     \"?.format\", \"?.get\", \"os.path.join\"]\nclears = [\"*\"]\n";
        book.models.push(toml::from_str(model).unwrap());
        let after = found(&run(&files, &book));
        assert!(after.is_subset(&before), "{name}: {:?}", after.difference(&before));
        assert!(name != "command-injection" || after.len() < before.len(), "the sanitizers had no effect");
    }
}

#[test]
fn a_trace_crosses_files_from_source_to_sink() {
    use crate::base::StepKind;
    let analysis = run(&case_files("sql-injection/py-cross-file/bad"), crate::model::built_in());
    let [finding] = analysis.findings.as_slice() else { panic!("{:?}", analysis.findings) };
    let files: Vec<&str> = finding.trace.iter().map(|step| step.location.path.as_str()).collect();
    assert_eq!(finding.trace.first().map(|step| step.kind), Some(StepKind::Source));
    assert_eq!(finding.trace.last().map(|step| step.kind), Some(StepKind::Sink));
    assert_eq!((files.first().copied(), files.last().copied()), (Some("app.py"), Some("store/db.py")));
    assert!(files.contains(&"store/users.py"));
    assert_eq!(finding.rule, "taint/python-sql-injection");
    assert_eq!(finding.confidence, crate::base::Confidence::High);
}

#[test]
fn a_unit_over_its_budget_is_a_problem_and_the_rest_goes_on() {
    use std::fmt::Write;
    let mut text = "import os\nfrom flask import request\n\ndef big():\n".to_owned();
    for at in 0..3_000 {
        writeln!(text, "    a{at} = len([{at}, {at}])").unwrap();
    }
    text.push_str("\ndef small():\n    os.system(request.args['x'])\n");
    let files = vec![("a.py".to_owned(), text)];
    let limits = Limits { unit: 2_000, ..Limits::default() };
    let analysis = with_stack(|| analyse(&project(&files), crate::model::built_in(), &limits));
    assert_eq!(analysis.findings.len(), 1);
    assert!(analysis.problems.iter().any(|problem| problem.incomplete && problem.message.contains("`big`")));
}
