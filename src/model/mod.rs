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
        let json = zstd::decode_all(BLOB).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests;
