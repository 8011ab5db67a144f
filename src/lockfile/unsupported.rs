//! Formats that are recognised but not read yet. Each is told, so that nobody takes silence for safety.

use super::{Extract, LockfileParser, Siblings, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};

/// File name and what to do instead.
const FORMATS: [(&str, &str); 1] = [("bun.lockb", NODE)];

const NODE: &str =
    "write a lockfile that is read: `npm install --package-lock-only`, or audit it with the package manager itself";
const OTHER: &str = "audit these dependencies with a tool of their own ecosystem";

/// Names what cannot be read.
pub(super) struct Unsupported;

impl LockfileParser for Unsupported {
    fn name(&self) -> &'static str {
        "unsupported lockfile"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path);
        FORMATS.iter().any(|(format, _)| *format == name) && !path.split('/').any(|part| part == "node_modules")
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let name = place::file_name(file.path());
        let hint = FORMATS.iter().find(|(format, _)| *format == name).map_or(OTHER, |(_, hint)| hint);
        let message = format!("`{name}` is not supported, its packages were not checked");
        let location = Some(Location::file(file.path()));
        let problem = Problem::incomplete(ProblemKind::Unsupported, location, message).hint(hint);
        Extract { packages: Vec::new(), problems: vec![problem] }
    }
}
