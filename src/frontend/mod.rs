//! Languages → the common tree. One file (or folder) a language; the only code that names a parser crate.

pub mod javascript;
pub mod python;

use crate::base::{Language, Problem, SourceFile};
use crate::syntax::Tree;

/// Parses one language family.
pub trait Frontend: Sync {
    /// The languages it reads.
    fn languages(&self) -> &'static [Language];

    /// The language of a path, if this frontend reads it.
    fn language_of(&self, path: &str) -> Option<Language>;

    /// Makes a tree of anything: what does not parse is left out and reported. Never panics, never overflows the stack.
    fn parse(&self, file: &SourceFile, language: Language) -> (Tree, Vec<Problem>);
}

/// Every frontend.
pub static ALL: &[&dyn Frontend] = &[&javascript::JavaScript, &python::Python];
