//! How fast the frontends read a folder: `STAGECLEAR_BENCH=<folder> cargo bench --bench frontend`.
//!
//! Prints, for each language, files, bytes, tree nodes, files with problems, the best of three rounds in MB/s and the
//! slowest file. Without a folder it does nothing. Reading files is not measured.
#![allow(clippy::print_stdout)] // numbers on the terminal are what it is for

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stageclear::base::{Language, SourceFile};
use stageclear::frontend::{ALL, Frontend};

const ROUNDS: usize = 3;
const LARGEST: u64 = 20 << 20;

fn main() {
    let Some(folder) = std::env::var_os("STAGECLEAR_BENCH") else {
        println!("set STAGECLEAR_BENCH to a folder of sources");
        return;
    };
    // The stack that frontends ask of their callers.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(move || measure(Path::new(&folder)));
    if thread.is_ok_and(|thread| thread.join().is_err()) {
        println!("a frontend panicked");
    }
}

struct Input {
    frontend: &'static dyn Frontend,
    language: Language,
    file: SourceFile,
}

fn measure(folder: &Path) {
    let mut groups: BTreeMap<Language, Vec<Input>> = BTreeMap::new();
    for path in files(folder) {
        let name = path.to_string_lossy().into_owned();
        let found = ALL.iter().find_map(|frontend| Some((*frontend, frontend.language_of(&name)?)));
        let Some((frontend, language)) = found else { continue };
        if let Ok(text) = std::fs::read_to_string(&path) {
            let text = text.trim_start_matches('\u{feff}');
            groups.entry(language).or_default().push(Input { frontend, language, file: SourceFile::new(name, text) });
        }
    }
    for (language, inputs) in groups {
        report(language, &inputs);
    }
}

fn report(language: Language, inputs: &[Input]) {
    let bytes: usize = inputs.iter().map(|input| input.file.text().len()).sum();
    let mut best = Duration::MAX;
    let (mut nodes, mut bad) = (0, 0);
    let mut slowest = (Duration::ZERO, "");
    for _ in 0..ROUNDS {
        let mut total = Duration::ZERO;
        (nodes, bad) = (0, 0);
        for input in inputs {
            let start = Instant::now();
            let (tree, problems) = input.frontend.parse(&input.file, input.language);
            let took = start.elapsed();
            total += took;
            nodes += tree.node_count();
            bad += usize::from(!problems.is_empty());
            if took > slowest.0 {
                slowest = (took, input.file.path());
            }
        }
        best = best.min(total);
    }
    #[allow(clippy::cast_precision_loss)] // a rate for people
    let rate = bytes as f64 / 1e6 / best.as_secs_f64();
    println!(
        "{language:?}: {} files, {bytes} bytes, {nodes} nodes, {bad} with problems, {rate:.1} MB/s, slowest {:?} {}",
        inputs.len(),
        slowest.0,
        slowest.1
    );
}

/// All files below a folder, sorted; links are not followed.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => folders.push(entry.path()),
                Ok(data) if data.is_file() && data.len() <= LARGEST => out.push(entry.path()),
                _ => {}
            }
        }
    }
    out.sort();
    out
}
