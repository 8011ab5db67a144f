//! Runs folders of source files through frontends and flow engine, for tests of what comes after.
//!
//! Each folder under `fixtures/<kind>` holds a project and `expected.json`, a list of lines. `UPDATE_FIXTURES=1` writes
//! that file anew; what it then holds is to be read before it is committed.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::base::{CodeContext, SourceFile};
use crate::flow::{self, Flow, Limits, ParsedFile, Project};
use crate::frontend;
use crate::model::index::Index;

/// Checks every case of a kind.
pub(crate) fn each(kind: &str, lines: impl Fn(&Flow, &Project) -> Vec<String>) {
    let cases = crate::base::fixture::cases(kind);
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in cases {
        wrong.extend(check(&case, &lines));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(case: &Path, lines: &impl Fn(&Flow, &Project) -> Vec<String>) -> Vec<String> {
    let (flow, project) = run(&parse_all(case));
    let found = lines(&flow, &project);
    let file = case.join("expected.json");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(&file, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
    }
    let expected: Vec<String> = serde_json::from_str(&fs::read_to_string(&file).unwrap_or("[]".into())).unwrap();
    let missing = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("missing: {line}"));
    let more = found.iter().filter(|line| !expected.contains(line)).map(|line| format!("more:    {line}"));
    let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    missing.chain(more).map(|line| format!("{name}: {line}")).collect()
}

/// Parses every source file of a folder.
pub(crate) fn parse_all(folder: &Path) -> Vec<ParsedFile> {
    let mut parsed = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            parsed.extend(parse(&name, &text));
        }
    }
    parsed
}

/// Parses one file, if a frontend reads it.
pub(crate) fn parse(name: &str, text: &str) -> Option<ParsedFile> {
    let frontend = frontend::ALL.iter().find(|frontend| frontend.language_of(name).is_some())?;
    let file = Arc::new(SourceFile::new(name, text));
    let (tree, _) = frontend.parse(&file, frontend.language_of(name)?);
    Some(ParsedFile { file, tree: Arc::new(tree), context: CodeContext::Production })
}

/// Follows data through a project.
pub(crate) fn run(files: &[ParsedFile]) -> (Flow, Project) {
    static INDEX: OnceLock<Index> = OnceLock::new();
    let project = Project::build(files);
    let index = INDEX.get_or_init(|| Index::new(crate::model::built_in()));
    (flow::analyse(&project, index, &Limits::default()), project)
}
