//! What was read, and how far.

use super::Facts;
use crate::base::CodeContext;
use crate::document::Coverage;
use crate::workspace::{Workspace, classify};

/// Counts of what was read and what was not.
pub(super) fn coverage(workspace: &Workspace, facts: &Facts) -> Coverage {
    let mut coverage = Coverage {
        files_skipped: workspace.skipped.links
            + workspace.skipped.excluded
            + workspace.skipped.binary
            + workspace.skipped.special,
        ..Coverage::default()
    };
    for checked in &facts.files {
        if !checked.read {
            coverage.files_skipped += u64::from(checked.problems.is_empty());
            coverage.files_incomplete += u64::from(!checked.problems.is_empty());
            continue;
        }
        coverage.files_checked += 1;
        coverage.bytes_checked += checked.bytes;
        coverage.files_incomplete += u64::from(checked.problems.iter().any(|problem| problem.incomplete));
        match checked.context {
            CodeContext::Vendored => coverage.vendored_files += 1,
            CodeContext::Generated => coverage.generated_files += 1,
            _ => {}
        }
        if let Some(parsed) = &checked.parsed {
            let family = if parsed.tree.template.is_some() { "template" } else { parsed.tree.language.family() };
            *coverage.source_files.entry(family.to_owned()).or_default() += 1;
        } else if let Some(language) = classify::unsupported_language(&checked.path) {
            *coverage.unsupported.entry(language.to_owned()).or_default() += 1;
        }
    }
    coverage
}
