//! Data flow inside and between functions and files.
pub mod condition;
pub mod engine;
pub mod facts;
mod interp;
pub mod names;
pub mod project;
pub mod resolve;
pub mod scope;
pub mod state;
pub mod summary;
pub mod value;

pub use engine::{Flow, Limits, analyse};
pub use project::{ParsedFile, Project};
pub use resolve::Resolver;
