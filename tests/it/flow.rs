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

/// The severity of the only finding, or none.
fn told(text: &str, path: &str) -> Option<Severity> {
    let analysis = run(&[(path, text.to_owned())], &Limits::default());
    assert!(analysis.findings.len() < 2, "{:?}", analysis.findings);
    analysis.findings.first().map(|finding| finding.severity)
}

#[test]
fn what_goes_on_past_a_check_that_is_not_understood_is_not_high() {
    let view = |check: &str| {
        format!(
            "from flask import Flask, abort, request, send_file\nfrom shop import store\napp = Flask(__name__)\n\n\
             def inside(path):\n    return store.tree.holds(path)\n\n\
             @app.route('/files')\ndef show():\n    name = request.args['name']\n{check}    return send_file('/srv/' + name)\n"
        )
    };
    let severity = |check: &str| told(&view(check), "app.py");
    assert_eq!(severity(""), Some(Severity::High));
    for check in [
        "    if not inside(name):\n        abort(404)\n",
        "    if not inside(name):\n        return 'no'\n",
        "    if not store.is_allowed(name):\n        abort(404)\n",
        "    store.ensure_inside(name)\n",
    ] {
        assert_eq!(severity(check), Some(Severity::Medium), "{check}");
    }
    // That it is there, is text or was noted says nothing of what it holds, nor does a check that nothing hangs on.
    for check in [
        "    if not name:\n        abort(400)\n",
        "    if not isinstance(name, str):\n        abort(400)\n",
        "    if not store.exists(name):\n        abort(404)\n",
        "    if len(name) > 90:\n        abort(400)\n",
        "    if not inside(name):\n        print('outside')\n",
    ] {
        assert_eq!(severity(check), Some(Severity::High), "{check}");
    }
}

#[test]
fn a_folder_that_the_environment_names_is_a_base_all_the_same() {
    let view = |check: &str| {
        format!(
            "import {{ resolve, sep }} from 'path';\nimport {{ readFile }} from 'fs';\nimport express from 'express';\n\
             const app = express();\n\napp.get('/files', (req, res) => {{\n  const base = resolve(process.env.FILES);\n  \
             const file = resolve(base, req.query.name);\n{check}  readFile(file, (_, text) => res.json(text));\n}});\n"
        )
    };
    assert_eq!(told(&view(""), "app.js"), Some(Severity::High));
    let checked = "  if (file !== base && !file.startsWith(base + sep)) {\n    return res.sendStatus(404);\n  }\n";
    assert_eq!(told(&view(checked), "app.js"), None);
}

#[test]
fn a_way_through_many_functions_is_not_high() {
    let view = |depth: usize| {
        let mut text = "import requests\nfrom flask import Flask, request\napp = Flask(__name__)\n\n\
                        @app.route('/look')\ndef look():\n    return step0(request.args['url'])\n"
            .to_owned();
        for at in 0..depth {
            write!(text, "\ndef step{at}(url):\n    return step{}(url)\n", at + 1).unwrap();
        }
        write!(text, "\ndef step{depth}(url):\n    requests.get(url)\n    return 'done'\n").unwrap();
        text
    };
    assert_eq!(told(&view(0), "app.py"), Some(Severity::High));
    assert_eq!(told(&view(2), "app.py"), Some(Severity::High));
    assert_eq!(told(&view(3), "app.py"), Some(Severity::Medium));
}

#[test]
fn a_filter_that_asks_for_the_callers_own_is_not_high() {
    let route = |filter: &str| {
        format!(
            "const express = require('express');\nconst {{ MongoClient }} = require('mongodb');\nconst app = express();\n\
             const notes = new MongoClient('mongodb://db').db('app').collection('notes');\n\
             app.post('/notes', requireLogin, async (req, res) => {{\n  const {{ id, token, userId }} = req.body;\n  \
             res.json(await notes.findOne({filter}));\n}});\n"
        )
    };
    let severity = |filter: &str| told(&route(filter), "app.js");
    assert_eq!(severity("{ token }"), Some(Severity::High));
    assert_eq!(severity("{ id, organization: req.org.id }"), Some(Severity::Medium));
    assert_eq!(severity("{ owner_id: req.user.id, id }"), Some(Severity::Medium));
    // An owner who is named by the request as well, a constant, and a filter that is wholly the caller's.
    assert_eq!(severity("{ id, userId }"), Some(Severity::High));
    assert_eq!(severity("{ id, owner: 'everybody' }"), Some(Severity::High));
    assert_eq!(severity("{ organization: req.org.id, ...req.body }"), Some(Severity::High));
}

#[test]
fn a_copied_list_keeps_the_place_of_each_element() {
    let view = |list: &str| {
        format!(
            "import subprocess\nfrom flask import Flask, request\napp = Flask(__name__)\n\n@app.route('/')\ndef run():\n    \
             command = ['convert', '--', request.args['name']]\n    subprocess.Popen({list})\n    return ''\n"
        )
    };
    assert_eq!(told(&view("[part for part in command]"), "app.py"), None);
    assert_eq!(told(&view("[part for part in reversed(command)]"), "app.py"), Some(Severity::Critical));
}

#[test]
fn what_a_decorator_of_the_project_looks_at_is_not_high() {
    let controller = |decorators: &str| {
        format!(
            "import {{ Body, Controller, Post }} from '@nestjs/common';\nimport {{ IsString, IsUrl }} from 'class-validator';\n\
             import {{ IsPublicUrl }} from './checks';\n\nclass Target {{\n  {decorators}\n  url: string;\n}}\n\n\
             @Controller('hooks')\nexport class Hooks {{\n  @Post('send')\n  async send(@Body() body: Target) {{\n    \
             await fetch(body.url);\n  }}\n}}\n"
        )
    };
    assert_eq!(told(&controller("@IsString()\n  @IsUrl()"), "hooks.ts"), Some(Severity::High));
    assert_eq!(told(&controller("@IsUrl()\n  @IsPublicUrl()"), "hooks.ts"), Some(Severity::Medium));
}

#[test]
fn what_somebody_known_has_signed_is_not_high() {
    let route = |check: &str| {
        format!(
            "const express = require('express');\nconst {{ createHmac, timingSafeEqual }} = require('crypto');\n\
             const app = express();\n\nfunction read(req) {{\n  const body = req.body;\n{check}  return JSON.parse(body);\n}}\n\n\
             app.post('/hook', async (req, res) => {{\n  const {url} = read(req);\n  await fetch(url);\n  res.end();\n}});\n",
            url = "{ url }"
        )
    };
    let signed = "  const made = createHmac('sha256', process.env.KEY).update(body).digest();\n  \
                  if (!timingSafeEqual(made, Buffer.from(req.headers['x-sign'], 'hex'))) throw new Error('no');\n";
    assert_eq!(told(&route(""), "app.js"), Some(Severity::High));
    assert_eq!(told(&route(signed), "app.js"), Some(Severity::Medium));
}
