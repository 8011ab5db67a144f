//! The common tree that frontends make of every language, and how to walk and print it.

pub mod dump;
pub mod expression;
mod rare;
pub mod statement;
pub mod tree;
pub mod visit;

pub use dump::dump;
pub use rare::Rare;
pub use tree::*;
pub use visit::{Node, Walk, children};
