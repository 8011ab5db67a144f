//! Library models and weakness rules: the types of their files, the blob that `build.rs` makes of them, and the index
//! that the analyses look things up in.
//!
//! The engine knows no library. What `flask.request.args` or `cursor.execute` mean is written in
//! `rules/models/<family>/<library>.toml`; what a weakness is stands in `rules/taint/<weakness>.toml` and
//! `rules/misuse/<family>/<id>.toml`.

pub mod schema;
