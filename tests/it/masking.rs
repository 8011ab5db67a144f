//! No value of a secret is in anything that is printed or stored: the examples of all detectors, in files that all
//! analyses read, through the whole program and every report.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use stageclear::base::{CodeContext, SourceFile};
use stageclear::document::Document;
use stageclear::options::Options;
use stageclear::pipeline::{Mode, Silent, run};
use stageclear::report::{self, Style};
use stageclear::triage::baseline::Baseline;
use stageclear::workspace::Workspace;

/// Characters of a value that a masked form may show.
const SHOWN: usize = 4;
/// A part of so many characters, none of them shown, is as good as the value.
const TELLING: usize = 12;

/// Values in one file of each sort.
const MOST: usize = 40;

/// An example as written, and with the marks taken out that keep it from other scanners.
fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/secret");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let provider: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for detector in provider["detector"].as_array().unwrap() {
            for example in detector["examples"].as_array().unwrap() {
                let example = example.as_str().unwrap();
                let plain = example.replace("~~", "\u{1}").replace('~', "").replace('\u{1}', "~");
                found.push((example.replace("~~", "-"), plain));
            }
        }
    }
    found
}

/// What must never be seen of an example: the last characters of the run of letters and digits that its mark is in. This
/// is told from the example alone, not by what the scanner says it found.
fn hidden(marked: &str) -> Option<String> {
    let at = marked.find('~')?;
    let in_run = |c: &char| c.is_ascii_alphanumeric() || *c == '~';
    let tail: String = marked[at..].chars().take_while(in_run).filter(|c| *c != '~').collect();
    let head: String = marked[..at].chars().rev().take_while(in_run).collect();
    let long = tail.len() >= TELLING && tail.len() + head.len() >= SHOWN + TELLING;
    long.then(|| tail[tail.len() - TELLING..].to_owned())
}

/// Values that stand alone as a secret, with which the other files are filled.
fn values(examples: &[(String, String)]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (_, plain) in examples {
        let file = SourceFile::new("notes", plain.as_str());
        for span in stageclear::secret::scan(&file, None, CodeContext::Production).spans {
            let value = file.slice(span);
            let told = |path: &str, text: String| {
                !stageclear::secret::scan(&SourceFile::new(path, text), None, CodeContext::Production)
                    .findings
                    .is_empty()
            };
            let word = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
            if word && value.len() >= SHOWN + TELLING && told("notes", format!("x {value} y")) {
                found.insert(value.to_owned());
            }
        }
    }
    found.into_iter().collect()
}

/// A project in which the values stand in all sorts of files.
fn project(examples: &[(String, String)], values: &[String]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (at, (_, plain)) in examples.iter().enumerate() {
        write(&format!("raw/{at}/notes"), plain);
    }
    // Enough of them to meet every collector; the rest stand in files of their own above.
    let values: Vec<&String> = values.iter().step_by(values.len().div_ceil(MOST)).collect();
    let each = |head: &str, row: &dyn Fn(usize, &str) -> String, tail: &str| {
        let rows = values.iter().enumerate().fold(String::new(), |mut rows, (at, value)| {
            let _ = writeln!(rows, "{}", row(at, value));
            rows
        });
        format!("{head}{rows}{tail}")
    };
    write("proj/settings.py", &each("", &|at, value| format!("SECRET_KEY_{at} = \"{value}\""), "DEBUG = True\n"));
    write(".env", &each("", &|at, value| format!("API_KEY_{at}={value}"), ""));
    write(
        "docker-compose.yml",
        &each(
            "services:\n  app:\n    image: a\n    environment:\n",
            &|at, value| format!("      KEY_{at}: \"{value}\""),
            "",
        ),
    );
    write("Dockerfile", &each("FROM python:3\n", &|at, value| format!("ENV KEY_{at}={value}"), "CMD [\"a\"]\n"));
    write(
        ".github/workflows/a.yml",
        &each(
            "on: push\njobs:\n  a:\n    runs-on: x\n    env:\n",
            &|at, value| format!("      KEY_{at}: {value}"),
            "    steps:\n      - run: make\n",
        ),
    );
    write(
        "k8s/a.yaml",
        &each(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n",
            &|at, value| format!("  key-{at}: {value}"),
            "",
        ),
    );
    write("main.tf", &each("", &|at, value| format!("variable \"key_{at}\" {{\n  default = \"{value}\"\n}}"), ""));
    write("appsettings.json", &each("{\n", &|at, value| format!("  \"Key{at}\": \"{value}\","), "  \"a\": 1\n}\n"));
    write(
        "src/app.js",
        &each(
            "const app = require('express')();\n",
            &|at, value| {
                format!("app.get('/a{at}', (req, res) => fetch('https://a.example/?k={value}&u=' + req.query.u));")
            },
            "",
        ),
    );
    write(
        ".mcp.json",
        &each(
            "{\"mcpServers\": {\"a\": {\"command\": \"a\", \"env\": {\n",
            &|at, value| format!("  \"KEY_{at}\": \"{value}\","),
            "  \"a\": \"b\"}}}}\n",
        ),
    );
    write(
        "supabase/migrations/1.sql",
        &each("create table a (id int);\n", &|at, value| format!("insert into a values ({at}); -- {value}"), ""),
    );
    folder
}

/// What is seen of the hidden parts in a text.
fn seen<'h>(text: &str, hidden: &'h [String]) -> Vec<&'h str> {
    let automaton = aho_corasick::AhoCorasick::new(hidden).unwrap();
    let mut found: Vec<&str> =
        automaton.find_overlapping_iter(text).map(|hit| hidden[hit.pattern()].as_str()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn no_report_and_no_file_of_ours_holds_a_value() {
    let examples = examples();
    let values = values(&examples);
    assert!(values.len() > 200, "{}", values.len());
    let mut hidden: Vec<String> = examples.iter().filter_map(|(marked, _)| hidden(marked)).collect();
    hidden.extend(values.iter().map(|value| value[value.len() - TELLING..].to_owned()));
    assert!(hidden.len() > 600, "{}", hidden.len());
    let folder = project(&examples, &values);
    let options = Options::new(jiff::civil::date(2026, 1, 1));
    let workspace = Workspace::open(folder.path(), &[], &options);
    let mut document: Document = run(&workspace, &options, Mode::Audit, &Silent).unwrap();
    assert!(document.findings.len() > 400, "{}", document.findings.len());
    let mut wrong = Vec::new();
    for reporter in report::ALL {
        let text = reporter.render(&document, &Style::default());
        let found = seen(&text, &hidden);
        if !found.is_empty() {
            let at = text.find(found[0]).unwrap_or(0);
            let from = text.floor_char_boundary(at.saturating_sub(160));
            let to = text.ceil_char_boundary((at + 40).min(text.len()));
            wrong.push(format!("{}: {} values, as in …{}…", reporter.name(), found.len(), &text[from..to]));
        }
    }
    let baseline = Baseline::of(&document.findings, &[], &[]).render();
    let input = serde_json::to_string(&document).unwrap();
    for (name, text) in [("baseline", baseline), ("policy input", input)] {
        wrong.extend(seen(&text, &hidden).first().map(|value| format!("{name}: {value}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The test can fail: one value in one message is seen in every report that prints messages.
    document.findings[0].message = format!("it is {}", values[0]);
    let hidden = [values[0][values[0].len() - TELLING..].to_owned()];
    for format in ["text", "json", "sarif", "markdown", "html", "junit", "github", "gitlab"] {
        let text = report::by_name(format).unwrap().render(&document, &Style::default());
        assert!(!seen(&text, &hidden).is_empty() || text.contains(&hidden[0].replace('_', "\\_")), "{format}");
    }
}
