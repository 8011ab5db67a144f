//! Library models and weakness rules: the types of their files, the blob that `build.rs` makes of them, and the index
//! that the analyses look things up in.
//!
//! The engine knows no library. What `flask.request.args` or `cursor.execute` mean is written in
//! `rules/models/<family>/<library>.toml`; what a weakness is stands in `rules/taint/<weakness>.toml` and
//! `rules/misuse/<family>/<id>.toml`.

pub mod index;
pub mod path;
pub mod schema;
pub mod validate;

use std::sync::OnceLock;

pub use schema::RuleBook;

/// The rule files of this repository, compressed by `build/rules.rs`.
static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.json.zst"));

/// The built-in models and rules, decoded on first use.
///
/// The blob is made and checked by the build, so it cannot fail to decode; were it to, the book would be empty, which
/// a test guards against.
pub fn built_in() -> &'static RuleBook {
    static BOOK: OnceLock<RuleBook> = OnceLock::new();
    BOOK.get_or_init(|| {
        #[cfg(feature = "rules-from-disk")]
        if let Some(book) = from_disk() {
            return book;
        }
        let json = zstd::decode_all(BLOB).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    })
}

/// The files below the folder that `STAGECLEAR_RULES` names, for writing rules without building the program each time.
///
/// Never part of a release: what a scan looks for must not depend on the environment.
#[cfg(feature = "rules-from-disk")]
#[allow(clippy::disallowed_methods, clippy::print_stderr)] // a tool for those who write rules; it says what it refuses
fn from_disk() -> Option<RuleBook> {
    use std::path::Path;

    use serde::de::DeserializeOwned;

    fn read<T: DeserializeOwned>(folder: &Path, found: &mut Vec<T>) {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                match toml::from_str(&std::fs::read_to_string(&path).unwrap_or_default()) {
                    Ok(rule) => found.push(rule),
                    Err(error) => eprintln!("{}: {error}", path.display()),
                }
            }
        }
    }

    let folder = std::path::PathBuf::from(std::env::var_os("STAGECLEAR_RULES")?);
    let mut book = RuleBook::default();
    read(&folder.join("models"), &mut book.models);
    read(&folder.join("taint"), &mut book.taint);
    read(&folder.join("misuse"), &mut book.misuse);
    for complaint in validate::complaints(&book) {
        eprintln!("{complaint}");
    }
    Some(book)
}

#[cfg(test)]
mod tests;
