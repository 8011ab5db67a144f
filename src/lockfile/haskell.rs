//! Haskell: `cabal.project.freeze` (<https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze>) and
//! `stack.yaml.lock` (<https://docs.haskellstack.org/en/stable/topics/lock_files/>), which lists extra packages only.

use super::{Extract, LockfileParser, Siblings, entry, place};
use crate::base::SourceFile;
use crate::package::Ecosystem;

/// Reads both.
pub(super) struct Haskell;

impl LockfileParser for Haskell {
    fn name(&self) -> &'static str {
        "cabal.project.freeze"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "cabal.project.freeze" | "stack.yaml.lock")
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let mut extract = Extract::default();
        let stack = file.path().ends_with("stack.yaml.lock");
        for (start, line) in entry::lines(file.text()) {
            if stack {
                // `hackage: name-1.2.3@sha256:…,123`
                let Some(text) = line.trim_start_matches("- ").strip_prefix("hackage: ") else { continue };
                let plain = text.split('@').next().unwrap_or(text);
                let Some((name, version)) = plain.rsplit_once('-') else { continue };
                let mut package = entry::at(file, Ecosystem::Hackage, name, Some(version), start);
                package.integrity = text.contains("@sha256:");
                // Stack writes each package twice, as asked for and as completed.
                if !extract.packages.iter().any(|other| other.purl == package.purl) {
                    extract.packages.push(package);
                }
                continue;
            }
            let text = line.strip_prefix("constraints:").unwrap_or(line).trim().trim_end_matches(',');
            let text = text.strip_prefix("any.").unwrap_or(text);
            if let Some((name, version)) = text.split_once("==") {
                let name = name.trim();
                if !name.is_empty() && !name.contains(char::is_whitespace) {
                    let at = start + line.find(name).unwrap_or(0);
                    extract.packages.push(entry::at(file, Ecosystem::Hackage, name, Some(version), at));
                }
            }
        }
        extract
    }
}
