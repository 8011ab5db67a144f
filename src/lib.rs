//! stageclear: is this app safe to ship?
//!
//! Everything the tool knows about a project is one audit [`document`]. Collectors fill it, policies judge it,
//! reporters print it. The modules below stand in reading order, bottom-up: a module imports only from those above its
//! own line; `tests/it/tidy.rs` holds them to it. `docs/architecture.md` is the guided tour.

#![forbid(unsafe_code)]

pub mod base;
pub mod options;
pub mod net;
pub mod package;
pub mod version;
pub mod lockfile;
pub mod advisory;
pub mod model;
pub mod syntax;
pub mod frontend;
pub mod config;
pub mod secret;
pub mod backtrack;
pub mod flow;
pub mod exposure;
pub mod dependency;
pub mod registry;
pub mod misuse;
pub mod taint;
pub mod endpoint;
pub mod database;
pub mod firebase;
pub mod checklist;
pub mod document;
pub mod policy;
pub mod catalog;
pub mod triage;
pub mod sbom;
pub mod report;
pub mod workspace;
pub mod fix;
pub mod leak;
pub mod pipeline;
pub mod cli;
