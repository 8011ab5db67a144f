//! Secrets in files: tokens told by their own form, private keys, connection strings with passwords, and literals that
//! the name of a secret is set to. Offline: values are proved by checksum and structure, never by asking anybody.
//!
//! The formats are data, `rules/secret/<provider>.toml` (see [`schema`]). One automaton over all their keywords goes over
//! a file once; only the regular expression of the keyword's detector runs, on a window. Named secrets come from the
//! syntax tree where there is one, otherwise from the text round the name.
//!
//! Left out: whether a file is committed, ignored or shipped to browsers (the pipeline knows), git history, archives.
//! A value never leaves this module: findings carry its masked form and a salted hash.

pub mod schema;

mod assign;
mod check;
mod detector;
mod merge;
mod name;
mod place;
mod proof;
mod source;
mod stand_in;
mod text;
mod token;
mod value;

pub use detector::{Loaded, all};

use crate::base::{CodeContext, Finding, SourceFile, Span};
use crate::syntax::Tree;

/// The rule of literals that the name of a secret is set to.
pub const HARD_CODED: &str = "secret/hard-coded-credential";
/// The rule of passwords that everybody tries first.
pub const DEFAULT_CREDENTIAL: &str = "secret/default-credential";

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub struct SecretScan {
    /// One a value, in file order; further places are related locations.
    pub findings: Vec<Finding>,
    /// Where the values stand, sorted and not overlapping: what snippets of any finding must mask.
    pub spans: Vec<Span>,
}

/// Searches a file. Named secrets are taken from `tree` if there is one; a file without is read as text.
#[must_use]
pub fn scan(file: &SourceFile, tree: Option<&Tree>, context: CodeContext) -> SecretScan {
    let book = detector::book();
    let (path, text) = (file.path(), file.text());
    let place = place::of(path);
    let named = !matches!(context, CodeContext::Generated | CodeContext::Vendored) && place != place::Place::Mute;
    let mut candidates = Vec::new();
    let mut cleared = Vec::new();
    let mut resume = vec![0_usize; book.detectors.len()];
    let mut name_end = 0;
    let rust = place::extension(path) == "rs";
    let tests_from = if rust { text.find("#[cfg(test)]").unwrap_or(usize::MAX) } else { usize::MAX };
    let role = |at: usize| if at >= tests_from { CodeContext::Test } else { context };
    let automaton = if tree.is_some() { &book.tokens } else { &book.automaton };
    for hit in automaton.find_overlapping_iter(text) {
        let pattern = hit.pattern().as_usize();
        let owners = &book.owners[if tree.is_some() { book.token_owners[pattern] } else { pattern }];
        for &at in &owners.detectors {
            if hit.start() < resume[at] {
                continue;
            }
            match token::at(book, at, hit.start(), text, path) {
                Some(token::Said::Found(token)) => {
                    resume[at] = token.range.end;
                    let shown = text::in_comment(text, token.start)
                        || place::is_pipeline(path)
                        || (matches!(place::extension(path).as_str(), "md" | "mdx" | "rst" | "adoc")
                            && text.get(token.range.clone()).is_some_and(value::is_letters));
                    let role = match role(hit.start()) {
                        live if place::is_live(live) && shown && merge::means_little(&token, book) => {
                            CodeContext::Example
                        }
                        role => role,
                    };
                    candidates.push(merge::Candidate::of_token(token, book, text, role, place));
                }
                Some(token::Said::Cleared(range)) => {
                    resume[at] = range.end;
                    cleared.push(range);
                }
                None => {}
            }
        }
        if owners.name && named && tree.is_none() && hit.start() >= name_end {
            let (end, assignment) = text::at(text, hit.start(), place, path);
            name_end = end;
            if let Some(assignment) = assignment
                && let Some(judged) =
                    assign::judge(&assignment, &assign::File { path, place, context: role(hit.start()) })
            {
                candidates.push(merge::Candidate::of_name(&assignment, judged));
            }
        }
    }
    if let (Some(tree), true) = (tree, named) {
        for assignment in source::assignments(file, tree) {
            if let Some(judged) = assign::judge(&assignment, &assign::File { path, place, context }) {
                candidates.push(merge::Candidate::of_name(&assignment, judged));
            }
        }
    }
    merge::findings(file, context, candidates, &cleared)
}

#[cfg(test)]
mod tests;
