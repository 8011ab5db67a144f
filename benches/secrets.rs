//! How fast secrets are searched for: throughput over generated files of three sizes (it is linear), a single line, a change,
//! and, where they are given, a folder in `STAGECLEAR_BENCH_FOLDER` and the history of a repository in
//! `STAGECLEAR_BENCH_REPOSITORY`. Plain numbers, the best of some runs: `cargo bench --bench secrets`.

use std::path::Path;
use std::time::{Duration, Instant};

use stageclear::options::{History, Only, Options};
use stageclear::pipeline::{self, Mode, Silent};
use stageclear::workspace::{Entry, Workspace};

fn options() -> Options {
    Options { only: Some(Only::Secrets), ..Options::new(jiff::civil::date(2026, 11, 1)) }
}

#[allow(clippy::print_stdout, clippy::cast_precision_loss)] // numbers are what a benchmark is for
fn measure(name: &str, runs: u32, options: &Options, open: &dyn Fn() -> Workspace) {
    let (mut best, mut bytes, mut findings) = (Duration::MAX, 0, 0);
    for _ in 0..runs {
        let start = Instant::now();
        let workspace = open();
        match pipeline::run(&workspace, options, Mode::Scan, &Silent) {
            Ok(document) => {
                best = best.min(start.elapsed());
                (bytes, findings) = (document.project.coverage.bytes_checked, document.findings.len());
            }
            Err(error) => println!("{name}: {error}"),
        }
    }
    let rate = bytes as f64 / 1e6 / best.as_secs_f64();
    println!("{name:<32} {:>10.1} ms {rate:>8.0} MB/s {findings:>6} findings", best.as_secs_f64() * 1e3);
}

/// Source text of about `bytes` bytes, the same each time, with names of secrets and no secret.
fn text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 200);
    let mut at = 0_u32;
    while text.len() < bytes {
        at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str("    let value_");
        text.push_str(&at.to_string());
        text.push_str(match at >> 28 {
            0 => " = token.next()?; // the password is asked for\n",
            1..=4 => " = self.lines.get(index).map(|line| line.trim());\n",
            5..=9 => " = format!(\"{name}: {count} of {total}\");\n",
            _ => " = items.iter().filter(|item| item.is_active()).count();\n",
        });
    }
    text
}

fn main() {
    for megabytes in [32_usize, 64, 128] {
        let open = || {
            let file = |at| Entry::of_bytes(format!("src/file_{at}.rs"), text(1 << 20).into_bytes());
            Workspace::of((0..megabytes).map(file).collect())
        };
        measure(&format!("{megabytes} files of 1 MiB"), 3, &options(), &open);
    }
    let line =
        || Workspace::of(vec![Entry::of_bytes("line.txt".to_owned(), text(64 << 20).replace('\n', " ").into_bytes())]);
    measure("one line of 64 MiB", 3, &options(), &line);
    let change =
        || Workspace::of(vec![Entry::of_bytes("src/a.py".to_owned(), b"import os\nprint(os.getcwd())\n".to_vec())]);
    let all = Options { partial: true, only: None, ..options() };
    measure("a staged file, all analyses", 5, &all, &change);
    if let Some(folder) = std::env::var_os("STAGECLEAR_BENCH_FOLDER") {
        let options = options();
        measure("the given folder", 3, &options, &|| Workspace::open(Path::new(&folder), &[], &options));
    }
    if let Some(folder) = std::env::var_os("STAGECLEAR_BENCH_REPOSITORY") {
        let options = Options { history: Some(History::default()), ..options() };
        measure("the given history", 1, &options, &|| Workspace::open(Path::new(&folder), &[], &options));
    }
}
