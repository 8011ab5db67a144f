//! The document → text for a reader or a machine. One file a format; [`ALL`] is the list.
//!
//! Reporters are pure: they read no file and no clock. Text that came from the scanned repository is data; each format
//! neutralises what would mean something in it.

pub mod checklist;
pub mod cyclonedx;
pub mod escape;
mod exceptions;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod matrix;
pub mod sarif;
pub mod summary;
pub mod table;
pub mod text;

use crate::base::Finding;
use crate::document::Document;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use ANSI colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Only findings: no summary, no ledger.
    pub quiet: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 120, quiet: false }
    }
}

/// Further places of a finding that reports for people name; JSON and SARIF hold all.
const PLACES: usize = 12;

/// How many places are not named.
fn more_places(finding: &Finding) -> Option<String> {
    let more = finding.related.len().checked_sub(PLACES).filter(|more| *more > 0)?;
    Some(format!("{more} more places, in the JSON and SARIF reports"))
}

/// Prints a document in one format.
pub trait Reporter: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// The whole report, with a final line break.
    fn render(&self, document: &Document, style: &Style) -> String;
}

/// Every format.
pub static ALL: &[&dyn Reporter] = &[
    &text::Text,
    &table::Table,
    &json::Json,
    &sarif::Sarif,
    &markdown::Markdown,
    &html::Html,
    &junit::JUnit,
    &github::GitHub,
    &gitlab::GitLab,
    &cyclonedx::CycloneDx,
];

/// The format of a name on the command line.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Reporter> {
    ALL.iter().copied().find(|reporter| reporter.name() == name)
}

/// The name of a format, for the command line.
pub fn parse_name(name: &str) -> Result<String, String> {
    let known: Vec<&str> = ALL.iter().map(|reporter| reporter.name()).collect();
    if known.contains(&name) { Ok(name.to_owned()) } else { Err(format!("known formats are {}", known.join(", "))) }
}
