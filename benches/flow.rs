//! The flow analysis against time: how it grows with the code, and how it compares with peers on a given folder.
//!
//! `cargo bench --bench flow` makes projects of three sizes, files that are made to take long, and an empty folder. With `STAGECLEAR_BENCH_FOLDER=path` it also scans that folder
//! and runs `ruff check --select S --no-cache` and `bandit` beside it where they are
//! installed; what counts are the CPU seconds of each process (Linux only) and their ratios in the same run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// CPU seconds of the children that have ended, from `/proc/self/stat`; 0 where there is no such file.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(13) + ticks(14)) / 100.0
}

/// CPU seconds of a command; `None` if it cannot be started.
fn cpu(command: &mut Command) -> Option<f64> {
    let before = children();
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    Some(children() - before)
}

fn stageclear(folder: &Path) -> f64 {
    let scan = ["scan", "--format", "json", "--quiet"];
    cpu(Command::new(env!("CARGO_BIN_EXE_stageclear")).args(scan).arg(folder)).unwrap_or_default()
}

/// Files that are made to take long: what they may take is bounded by the budget of a function, not by their size.
fn hostile() -> [(&'static str, &'static str, String); 4] {
    let (mut long, mut closures, mut branches) = (String::new(), String::new(), String::new());
    for at in 0..30_000_u32 {
        let before = at.saturating_sub(1);
        let _ = writeln!(long, "    y{at} = g(x, y{before})\n    if y{at}:\n        os.system(y{at})");
        let _ = writeln!(closures, "let y{at} = x.map(q => q + y{before}).filter(z => cp.exec(z));");
        let _ = writeln!(
            branches,
            "    if a.q{at}:\n        v{at} = a.x{at}\n    else:\n        v{at} = {{'x': v{before}}}"
        );
    }
    let mut chain = String::from("import os\ndef f0(a):\n    os.system(a)\n");
    for at in 1..20_000 {
        let _ = writeln!(chain, "def f{at}(a, b=None):\n    return f{}(a) or f{}(b)", at - 1, at - 1);
    }
    [
        ("a function of 90,000 lines", "a.py", format!("import os\ndef f(x):\n{long}")),
        ("30,000 variables of closures", "a.js", format!("module.exports = (x) => {{\n{closures}}}\n")),
        ("30,000 branches", "a.py", format!("def f(a):\n{branches}")),
        ("20,000 calls deep", "a.py", chain),
    ]
}

/// A module that calls the one before it, with sources, sinks, guards, classes and loops.
fn module(at: usize) -> String {
    let mut text = String::from("import os\nimport sqlite3\nfrom flask import Blueprint, request\n");
    if at > 0 {
        let _ = writeln!(text, "from . import part{}", at - 1);
    }
    let _ = writeln!(text, "\nbp = Blueprint('b{at}', __name__)\n");
    for part in 0..12 {
        let below = if at > 0 { format!("part{}.clean_{part}(value)", at - 1) } else { "value".to_owned() };
        let _ = write!(
            text,
            "class Store{part}:\n    def __init__(self, path):\n        self.path = path\n        self.rows = []\n\n    \
             def load(self, key):\n        db = sqlite3.connect(self.path)\n        for row in db.execute('SELECT a \
             FROM t WHERE k = ?', (key,)):\n            self.rows.append(row)\n        return self.rows\n\n\
             def clean_{part}(value):\n    if not value.isalnum():\n        raise ValueError(value)\n    return \
             value.strip().lower()\n\n@bp.route('/r{part}')\ndef view_{part}():\n    value = request.args.get('q', \
             '')\n    value = {below}\n    store = Store{part}('x.db')\n    return str(store.load(value))\n\n"
        );
    }
    text
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss)] // numbers are what a benchmark is for
fn main() -> std::io::Result<()> {
    for files in [250, 500, 1_000] {
        let folder = tempfile::tempdir()?;
        let package = folder.path().join("shop");
        fs::create_dir(&package)?;
        fs::write(package.join("__init__.py"), "")?;
        let mut lines = 0;
        for at in 0..files {
            let text = module(at);
            lines += text.lines().count();
            fs::write(package.join(format!("part{at}.py")), text)?;
        }
        let seconds = stageclear(folder.path());
        println!(
            "made project, {lines:>7} lines {seconds:>7.2} CPU s {:>7.3} a 10,000 lines",
            seconds * 1e4 / lines as f64
        );
    }
    for (what, name, text) in hostile() {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(name), text)?;
        println!("{what:<28} {:>16.2} CPU s", stageclear(folder.path()));
    }
    let nothing = tempfile::tempdir()?;
    println!("{:<28} {:>16.2} CPU s", "an empty folder", stageclear(nothing.path()));
    let Some(folder) = std::env::var_os("STAGECLEAR_BENCH_FOLDER").map(PathBuf::from) else { return Ok(()) };
    let whole = stageclear(&folder);
    println!("the given folder {whole:>28.2} CPU s");
    let peers: [(&str, &[&str]); 2] = [
        ("ruff", &["check", "--select", "S", "--no-cache", "--isolated", "--exit-zero", "--quiet"]),
        ("bandit", &["--recursive", "--quiet", "--format", "json"]),
    ];
    for (name, arguments) in peers {
        if let Some(seconds) = cpu(Command::new(name).args(arguments).arg(&folder)) {
            println!(
                "  {name:<12} {seconds:>30.2} CPU s, stageclear takes {:.2} times that",
                whole / seconds.max(0.01)
            );
        }
    }
    Ok(())
}
