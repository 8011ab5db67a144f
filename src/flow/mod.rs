//! Data flow inside and between functions and files.
pub mod condition;
pub mod facts;
pub mod names;
pub mod project;
pub mod resolve;
pub mod scope;
pub mod state;
pub mod value;

pub use project::{ParsedFile, Project};
pub use resolve::Resolver;
