//! The common tree that frontends make of every language, and how to walk and print it.

pub mod tree;

pub use tree::*;
