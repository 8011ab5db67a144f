//! Repositories made to mislead or stop an audit: it ends, says what it did not check, and gives the same bytes each time.

use std::path::Path;

use stageclear::document::Document;
use stageclear::options::Options;
use stageclear::pipeline::{self, Mode, Silent};
use stageclear::report::{self, Style};
use stageclear::workspace::Workspace;

const SINK: &str = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.route('/x')\ndef x():\n    os.system(request.args['x'])\n";

fn write(root: &Path, path: &str, text: impl AsRef<[u8]>) {
    let full = root.join(path);
    std::fs::create_dir_all(full.parent().unwrap()).unwrap();
    std::fs::write(full, text).unwrap();
}

fn audit(root: &Path, jobs: usize) -> Document {
    let options =
        Options { jobs: Some(jobs), strict: true, cache_dir: None, ..Options::new(jiff::civil::date(2026, 11, 1)) };
    let workspace = Workspace::open(root, &[], &options);
    pipeline::run(&workspace, &options, Mode::Audit, &Silent).unwrap()
}

fn has(document: &Document, path: &str) -> bool {
    document.findings.iter().any(|finding| finding.location.path == path && finding.rule.starts_with("taint/"))
}

fn incomplete(document: &Document, path: &str) -> bool {
    let here = |problem: &&stageclear::base::Problem| problem.location.as_ref().is_some_and(|place| place.path == path);
    document.problems.iter().filter(here).any(|problem| problem.incomplete)
}

#[test]
fn no_file_hides_behind_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "zero.py", format!("#\0\n{SINK}"));
    let wide: Vec<u8> = SINK.encode_utf16().flat_map(u16::to_le_bytes).collect();
    write(dir.path(), "wide.py", wide);
    write(dir.path(), "image.py", b"\x89PNG\r\n\x1a\n\0\xff\xfe\0");
    let document = audit(dir.path(), 1);
    assert!(has(&document, "zero.py") && has(&document, "wide.py"));
    assert!(incomplete(&document, "image.py"), "{:?}", document.problems);
}

#[test]
fn no_ignore_file_hides_everything() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.py", SINK);
    write(dir.path(), ".ignore", "*\n");
    assert!(has(&audit(dir.path(), 1), "a.py"));
    write(dir.path(), ".gitignore", "*\n");
    let document = audit(dir.path(), 1);
    assert!(document.problems.iter().any(|problem| problem.incomplete), "nothing was checked, and nobody is told");
    write(dir.path(), ".gitignore", vec![b'*'; 2 << 20]);
    assert!(has(&audit(dir.path(), 1), "a.py"));
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_not_opened() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "app/a.py", SINK);
    symlink("/dev/zero", dir.path().join("app/.gitignore")).unwrap();
    symlink("/dev/zero", dir.path().join("package-lock.json")).unwrap();
    symlink("loop", dir.path().join("loop")).unwrap();
    symlink("..", dir.path().join("app/up")).unwrap();
    symlink("/etc/passwd", dir.path().join("requirements.txt")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("s.py")).unwrap();
    let document = audit(dir.path(), 2);
    assert!(has(&document, "app/a.py"));
    assert!(document.packages.is_empty());
    assert_eq!(document.project.coverage.files_checked, 1);
    assert_eq!(document.project.coverage.files_skipped, 6);
}

#[test]
fn depth_and_length_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(20_000), close.repeat(20_000));
    for (path, head) in [
        ("a.py", "x = "),
        ("a.js", "x;\n"),
        ("package-lock.json", ""),
        ("config.yaml", ""),
        ("pnpm-lock.yaml", ""),
        ("poetry.lock", "a = "),
        ("config.toml", "a = "),
    ] {
        let head = if path == "a.js" { head.repeat(500) } else { head.to_owned() };
        write(dir.path(), path, format!("{head}{}\n", deep("[", "]")));
    }
    write(dir.path(), "chain.py", format!("x = a{}\n", ".b()".repeat(50_000)));
    let document = audit(dir.path(), 2);
    for path in ["a.py", "a.js", "package-lock.json", "config.yaml", "pnpm-lock.yaml", "poetry.lock", "chain.py"] {
        assert!(incomplete(&document, path), "{path}: {:?}", document.problems);
    }
}

/// Everything that is followed to where it was made, made of itself.
const ROUND_JS: &str = r#"
const express = require("express"), fs = require("fs"), path = require("path"), { z } = require("zod"), cp = require("child_process");
let app = express(app), router = express.Router(router);
app.use(app); router.use("/r", router); app.use("/a", router, app);
let pattern = wrap(pattern), made = new RegExp(made), text = `${text}${text}`, base = path.join(base, base), url = new URL(url, url);
let schema = schema.merge(schema), deep = z.object({ deep, ...deep }), list = [list, ...list], object = { ...object, object };
let handler = wrap(handler), limiter = limiter(limiter), action = action.use(action), client = new client.Client(client), flag = flag ? flag : !flag;
const one = () => two(), two = () => one(), up = down, down = up;
class Node extends Node { next = this; static all = Node.all; get own() { return this.own.own; } }
app.post("/x/:id", limiter, handler, action(handler), async (req, res) => {
  if (!pattern.test(req.query.a) || !made.test(req.query.b) || !list.includes(req.query.c) || !up.test(req.query.d)) return res.end(text);
  const body = schema.parse(deep.parse(req.body)), full = path.resolve(base, req.query.e), self = full + self;
  if (!full.startsWith(base) || url.host !== url.host || flag) return res.status(one()).send(object[req.query.f]);
  fs.readFile(full, handler); cp.exec(text + body.a + one(two(req.query.g)) + new Node(Node).own);
  await client.query(text + req.params.id); res.json(await action.schema(schema).action(action)(body));
});
export const run = run.middleware(run).input(schema).mutation(run);
"#;
const ROUND_PY: &str = r#"
import os, re, subprocess
from flask import Flask, Blueprint, request
from pydantic import BaseModel
app = Flask(app); bp = Blueprint("bp", bp); bp.register_blueprint(bp); app.register_blueprint(bp)
pattern = re.compile(pattern); base = os.path.join(base, base); text = f"{text}{text}"; names = [*names, names]; table = {**table, "t": table}
def wrap(function): return wrap(wrap(function))
guard = guard(guard)
class Form(BaseModel, Form):
    form: "Form" = Form
    forms: list["Form"] = [Form]
    def __call__(self, *args, **kwargs): return self(*args, **kwargs)
class Meta(metaclass=Meta): pass
@app.post("/x/<id>")
@guard
@wrap
def handle(id, form: Form = handle):
    if not pattern.fullmatch(request.args["a"]) or request.args["b"] not in names: return text
    full = os.path.realpath(os.path.join(base, request.args["c"]))
    if not full.startswith(base): return table[request.args["d"]]
    subprocess.run(text + request.args["e"] + form.form.forms[0].form(form), shell=True)
    return open(full).read() + handle(handle, handle)
handle = handle(handle)
"#;

#[test]
fn circles_end() {
    let dir = tempfile::tempdir().unwrap();
    for at in 0..60 {
        let (next, other) = ((at + 1) % 60, (at * 3 + 1) % 60);
        let text = format!(
            "from m{next} import *\nfrom m{other} import *\nclass C{at}(C{next}): pass\ndef f{at}(a):\n    g(a)\n    return f{next}(a)\n"
        );
        write(dir.path(), &format!("m{at}.py"), text);
    }
    write(dir.path(), "self.py", "import self\nfrom self import *\nclass A(A): pass\nx = x\ndef f(): return f(f)(f)\n");
    write(dir.path(), "round.js", ROUND_JS);
    write(dir.path(), "round.py", ROUND_PY);
    assert!(audit(dir.path(), 2).problems.iter().all(|problem| !problem.incomplete));
}

#[test]
fn many_secrets_and_suppressions_in_one_line_and_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut line = String::new();
    for at in 0..2_000 {
        let _ = std::fmt::Write::write_fmt(&mut line, format_args!("ghp_~q7Zt2mXw9LbV4nRk8YpDs3HfJc6GaT{at:04}AB "));
    }
    write(dir.path(), "a.txt", line.replace('~', ""));
    write(dir.path(), "b.py", "f()  # stageclear: ignore[misuse/none] because\n".repeat(2_000));
    let document = audit(dir.path(), 2);
    let shown = report::by_name("text").unwrap().render(&document, &Style::default());
    assert!(!shown.contains("q7Zt2mXw9LbV4nRk8YpDs3HfJc6GaT0"));
    assert!(document.waivers.len() == 2_000);
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_raw_reaches_a_terminal() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = tempfile::tempdir().unwrap();
    for name in [b"\x1b[31m.py".as_slice(), b"a\nb.py", b"bad\xff.py", b"worse\xfe.py", "\u{202e}yp.py".as_bytes()] {
        let path = dir.path().join(std::ffi::OsStr::from_bytes(name));
        std::fs::write(path, SINK.replace("'x'", "'\u{1b}]0;x\u{7}\u{9b}'")).unwrap();
    }
    let document = audit(dir.path(), 2);
    assert_eq!(document.findings.iter().filter(|finding| finding.rule.starts_with("taint/")).count(), 5);
    for format in report::ALL {
        let text = format.render(&document, &Style::default());
        let raw = text.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(raw, None, "{}", format.name());
        assert!(!text.contains(&*dir.path().to_string_lossy()), "{}", format.name());
    }
}

#[test]
fn same_tree_same_bytes() {
    let source = crate::apps::folder("flask-insecure");
    let mut files = Vec::new();
    list(&source, &source, &mut files);
    files.sort();
    let outer = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (at, dir) in outer.iter().enumerate() {
        for path in &files {
            write(dir.path(), &format!("app/{path}"), std::fs::read(source.join(path)).unwrap());
        }
        if at == 0 {
            files.reverse();
        }
    }
    let render = |root: &Path, jobs: usize| {
        let document = audit(root, jobs);
        ["json", "sarif"].map(|format| report::by_name(format).unwrap().render(&document, &Style::default()))
    };
    let first = render(&outer[0].path().join("app"), 1);
    for (dir, jobs) in [(0, 1), (0, 4), (1, 4), (1, 1)] {
        assert!(render(&outer[dir].path().join("app"), jobs) == first, "copy {dir} with {jobs} threads differs");
    }
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(root, &path, files);
        } else {
            files.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}
