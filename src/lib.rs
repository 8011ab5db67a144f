//! stageclear: is this app safe to ship?
//!
//! Everything the tool knows about a project is one audit [`document`]. Collectors fill it, policies judge it,
//! reporters print it. The modules below stand in reading order, bottom-up: a module imports only from those above its
//! own line; `tests/it/tidy.rs` holds them to it. `docs/architecture.md` is the guided tour.

#![forbid(unsafe_code)]

pub mod advisory;
pub mod base;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod document;
pub mod endpoint;
pub mod flow;
pub mod frontend;
pub mod lockfile;
pub mod misuse;
pub mod model;
pub mod net;
pub mod options;
pub mod package;
pub mod pipeline;
pub mod policy;
pub mod report;
pub mod secret;
pub mod syntax;
pub mod taint;
pub mod triage;
pub mod version;
pub mod workspace;
