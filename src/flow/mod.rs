//! Data flow inside and between functions and files.
//!
//! # How it works
//!
//! [`Project`] holds the trees with resolved names ([`scope`]), imports ([`resolve`]), functions and classes ([`project`]).
//! [`engine`] runs *units* (module bodies, top-level functions) through an abstract interpreter (`interp`) that walks the
//! structured tree with abstract values ([`value`]) in a flow-sensitive state ([`state`]), and keeps what leaves a unit
//! ([`summary`]): what a function returns, sets, checks and sends to sinks in terms of its parameters, and what flowed
//! into shared cells (module variables, class fields, types of parameters). Callees come first; what depended on
//! something that changed runs again, a few rounds at most.
//!
//! # Why a tree interpreter and not an IR with basic blocks
//!
//! The tree is structured (no `goto`), so control flow is a recursion with joins, and constant conditions, guards and
//! short-circuits fall out of it: a condition splits the state into "true" and "false", and what a guard says holds exactly
//! where it dominates. Nested functions run inside the state of their parents, so closures and callbacks see real values.
//! An IR would repeat all spans and lose nothing but recursion depth, which the frontends bound anyway.
//!
//! # What bounds it
//!
//! Steps per unit and per project ([`Limits`]; what is over them becomes a problem), sizes of sets, of objects and of
//! written-out values, rounds of loops and of the whole. `docs/flow.md` lists what is not followed.

pub mod condition;
mod declared;
pub mod engine;
pub mod facts;
mod interest;
mod inherit;
mod interp;
pub mod names;
mod order;
mod pattern;
pub mod project;
pub mod resolve;
pub mod scope;
pub mod state;
mod statements;
pub mod summary;
pub mod templates;
mod typed;
mod urls;
pub mod value;
pub mod way;

pub use engine::{Flow, Limits, analyse};
pub use project::{ParsedFile, Project};
pub use resolve::Resolver;
