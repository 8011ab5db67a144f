//! Lockfiles and manifests → packages. One file a format; [`ALL`] is the list.
//!
//! Parsers are pure: bytes in, packages and problems out. They never stop the run: what could be read is returned
//! together with a problem for what could not.

use crate::base::{Problem, SourceFile};
use crate::package::Package;

/// What one parser made of one file (and of the files beside it that it asked for).
#[derive(Debug, Default)]
pub struct Extract {
    /// Packages, in file order.
    pub packages: Vec<Package>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads one format.
pub trait LockfileParser: Sync {
    /// Short name, such as `Cargo.lock`, for messages and the ledger.
    fn name(&self) -> &'static str;

    /// Whether this parser wants a file of that workspace-relative path.
    fn matches(&self, path: &str) -> bool;

    /// Reads the file. `siblings` gives other files of the workspace by relative path (the manifest beside a lockfile,
    /// an included requirements file); it answers `None` for what is not there or outside the audited root.
    fn parse(&self, file: &SourceFile, siblings: &dyn Fn(&str) -> Option<std::sync::Arc<SourceFile>>) -> Extract;
}

/// Every supported format.
pub static ALL: &[&dyn LockfileParser] = &[];
