//! The flow analysis as the library offers it: traces, budgets.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use stageclear::base::{CodeContext, Confidence, Severity, SourceFile, StepKind};
use stageclear::flow::{Limits, ParsedFile, Project};
use stageclear::taint::{Analysis, analyse};
use stageclear::{frontend, model};

fn run(files: &[(&str, String)], limits: &Limits) -> Analysis {
    let parsed: Vec<ParsedFile> = files
        .iter()
        .filter_map(|(path, text)| {
            let frontend = frontend::ALL.iter().find(|frontend| frontend.language_of(path).is_some())?;
            let file = SourceFile::new(*path, text.as_str());
            let (tree, _) = frontend.parse(&file, frontend.language_of(path)?);
            Some(ParsedFile { file: Arc::new(file), tree: Arc::new(tree), context: CodeContext::Production })
        })
        .collect();
    analyse(&Project::build(&parsed), model::built_in(), limits)
}

#[test]
fn a_trace_crosses_files_from_source_to_sink() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/taint/sql-injection/py-cross-file/bad");
    let names = ["app.py", "store/__init__.py", "store/db.py", "store/users.py"];
    let files = names.map(|name| (name, std::fs::read_to_string(root.join(name)).unwrap()));
    let analysis = run(&files, &Limits::default());
    let [finding] = analysis.findings.as_slice() else { panic!("{:?}", analysis.findings) };
    let places: Vec<&str> = finding.trace.iter().map(|step| step.location.path.as_str()).collect();
    assert_eq!(finding.trace.first().map(|step| step.kind), Some(StepKind::Source));
    assert_eq!(finding.trace.last().map(|step| step.kind), Some(StepKind::Sink));
    assert_eq!((places.first().copied(), places.last().copied()), (Some("app.py"), Some("store/db.py")));
    assert!(places.contains(&"store/users.py"));
    assert_eq!(finding.rule, "taint/python-sql-injection");
    assert_eq!(finding.confidence, Confidence::High);
}

#[test]
fn a_unit_over_its_budget_is_a_problem_and_the_rest_goes_on() {
    let mut text = "import os\nfrom flask import request\n\ndef big():\n".to_owned();
    for at in 0..3_000 {
        writeln!(text, "    a{at} = len([{at}, {at}])").unwrap();
    }
    text.push_str("\ndef small():\n    os.system(request.args['x'])\n");
    let analysis = run(&[("a.py", text)], &Limits { unit: 2_000, ..Limits::default() });
    assert_eq!(analysis.findings.len(), 1);
    assert!(analysis.problems.iter().any(|problem| problem.incomplete && problem.message.contains("`big`")));
}

#[test]
fn a_part_of_the_url_without_a_slash_is_worth_less_than_a_path() {
    let view = |pattern: &str| {
        format!(
            "import os\nfrom flask import Flask, send_file\napp = Flask(__name__)\n\n@app.route('/files/{pattern}')\n\
             def show(name):\n    return send_file(os.path.join('/srv', name))\n"
        )
    };
    let severity = |pattern: &str| {
        let analysis = run(&[("app.py", view(pattern))], &Limits::default());
        analysis.findings.first().map(|finding| finding.severity)
    };
    assert_eq!(severity("<path:name>"), Some(Severity::High));
    assert_eq!(severity("<name>"), Some(Severity::Low));
    assert_eq!(severity("<uuid:name>"), None);
}

#[test]
fn what_is_looked_up_by_a_key_is_hardly_made_of_it() {
    let view = |call: &str| {
        format!(
            "from flask import Flask, request, send_file\nfrom shop import store\napp = Flask(__name__)\n\n\
             @app.route('/books')\ndef show():\n    return send_file(store.{call}(request.args['id']))\n"
        )
    };
    let confidence = |call: &str| {
        let analysis = run(&[("app.py", view(call))], &Limits::default());
        analysis.findings.first().map(|finding| finding.confidence)
    };
    assert_eq!(confidence("get_book"), Some(Confidence::Low));
    assert_eq!(confidence("shorten"), Some(Confidence::Medium));
}
