//! The folders under `fixtures/`, for tests: each holds cases, and each case files and what is expected of them.

use std::path::{Path, PathBuf};

use proptest::sample::Index;

/// Every case of a kind, in order.
pub(crate) fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(kind);
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Every file below a case but those that hold what is expected, by its path relative to the case.
pub(crate) fn inputs(case: &Path, expectations: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut pending = vec![case.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.file_name().is_some_and(|name| !expectations.iter().any(|known| name == *known)) {
                let name = path.strip_prefix(case).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The same without `~`, which stands in fixtures so that no detector sees a token in them.
pub(crate) fn inputs_without_tildes(case: &Path, expectations: &[&str]) -> Vec<(String, String)> {
    let inputs = inputs(case, expectations).into_iter();
    inputs.map(|(name, text)| (name, text.replace('~', ""))).collect()
}

/// A text that ends somewhere, or in which one character is another.
pub(crate) fn mangled(text: &str, at: Index, what: char, cut: bool) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = at.index(letters.len().max(1));
    if cut {
        letters.truncate(at);
    } else if let Some(letter) = letters.get_mut(at) {
        *letter = what;
    }
    letters.into_iter().collect()
}
