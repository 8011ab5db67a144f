//! How long whole runs take: start-up, `scan` and `audit` of the sample apps, a lockfile of 2,000 packages, and of any
//! folder given in `STAGECLEAR_BENCH_FOLDER`. Plain numbers, the best of some runs:
//! `STAGECLEAR_BENCH_FOLDER=path cargo bench --bench audit`.

use std::path::Path;
use std::time::{Duration, Instant};

use stageclear::options::Options;
use stageclear::pipeline::{self, Mode, Silent};
use stageclear::workspace::Workspace;

#[allow(clippy::print_stdout)] // numbers are what a benchmark is for
fn measure(name: &str, root: &Path, mode: Mode, runs: u32) {
    let options = Options::new(jiff::civil::date(2026, 11, 1));
    let (mut best, mut files, mut findings) = (Duration::MAX, 0, 0);
    for _ in 0..runs {
        let start = Instant::now();
        let workspace = Workspace::open(root, &[], &options);
        match pipeline::run(&workspace, &options, mode, &Silent) {
            Ok(document) => {
                best = best.min(start.elapsed());
                (files, findings) = (document.project.coverage.files_checked, document.findings.len());
            }
            Err(error) => println!("{name}: {error}"),
        }
    }
    println!("{name:<28} {:>10.1} ms  {files:>7} files  {findings:>6} findings", best.as_secs_f64() * 1e3);
}

fn main() -> std::io::Result<()> {
    let empty = tempfile::tempdir()?;
    measure("empty folder, scan", empty.path(), Mode::Scan, 10);
    let locked = tempfile::tempdir()?;
    let packages: Vec<String> =
        (0..2000).map(|at| format!("\"node_modules/p{at}\": {{ \"version\": \"1.0.{at}\" }}")).collect();
    let lock = format!("{{ \"name\": \"x\", \"lockfileVersion\": 3, \"packages\": {{ {} }} }}", packages.join(",\n"));
    std::fs::write(locked.path().join("package-lock.json"), lock)?;
    measure("2,000 packages, audit", locked.path(), Mode::Audit, 5);
    let apps = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps");
    measure("sample apps, audit", &apps, Mode::Audit, 5);
    if let Some(folder) = std::env::var_os("STAGECLEAR_BENCH_FOLDER") {
        measure("the given folder, scan", Path::new(&folder), Mode::Scan, 3);
        measure("the given folder, audit", Path::new(&folder), Mode::Audit, 3);
    }
    Ok(())
}
