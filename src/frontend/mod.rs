//! Languages → the common tree. One file (or folder) a language; the only code that names a parser crate.

pub mod javascript;
pub mod python;
pub mod template;

use crate::base::{Language, Problem, SourceFile};
use crate::syntax::Tree;

/// Parses one language family.
pub trait Frontend: Sync {
    /// The languages it reads.
    fn languages(&self) -> &'static [Language];

    /// The language of a path, if this frontend reads it.
    fn language_of(&self, path: &str) -> Option<Language>;

    /// Whether there is anything in a file for this frontend; a name alone may not tell.
    fn claims(&self, _file: &SourceFile) -> bool {
        true
    }

    /// Makes a tree of anything: what does not parse is left out and reported. Never panics, never overflows the stack.
    fn parse(&self, file: &SourceFile, language: Language) -> (Tree, Vec<Problem>);

    /// A second tree of a file that holds code of another language, too: the inline scripts of a template.
    fn scripts(&self, _file: &SourceFile) -> Option<Tree> {
        None
    }
}

/// Every frontend.
pub static ALL: &[&dyn Frontend] = &[&javascript::JavaScript, &python::Python, &template::Template];

/// The frontend that reads a path.
#[must_use]
pub fn of(path: &str) -> Option<&'static dyn Frontend> {
    ALL.iter().copied().find(|frontend| frontend.language_of(path).is_some())
}

/// Whether a path is a page or a template: markup with code in it.
#[must_use]
pub fn is_markup(path: &str) -> bool {
    template::Template.language_of(path).is_some()
}
