//! Runs that look for secrets alone, and how far secrets have got: archives, changes, the history.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Checked, Progress, order};
use crate::base::{Finding, SourceFile};
use crate::document::Document;
use crate::options::Options;
use crate::workspace::{Entry, Workspace, archive, classify, decode};
use crate::{frontend, leak, lockfile, secret, triage};

/// An archive, whose members are searched for secrets.
pub(super) fn opened(mut checked: Checked, workspace: &Workspace, entry: &Entry, options: &Options) -> Checked {
    match workspace.bytes(entry, options) {
        Ok(bytes) => {
            checked.read = true;
            let mut findings = Vec::new();
            let problems = archive::open(&entry.path, &bytes, &mut |path, bytes| {
                let roles = classify::roles(&path);
                let decoded = decode::decode(&path, bytes, false).filter(|_| !lockfile::is_generated(&path));
                let Some(file) = decoded.map(|decoded| decoded.file) else { return };
                let context = classify::told(&path, roles.language, file.text());
                findings.extend(secret::search(&file, context, options.limits.source_bytes).findings);
            });
            checked.findings = findings;
            checked.problems = problems;
        }
        Err(problem) => checked.problems.push(problem),
    }
    checked
}

/// A file that is searched for nothing but secrets.
pub(super) fn searched(mut checked: Checked, entry: &Entry, file: Arc<SourceFile>, options: &Options) -> Checked {
    if entry.roles.lockfile && lockfile::is_generated(&entry.path) {
        return checked;
    }
    let scan = secret::search(&file, checked.context, options.limits.source_bytes);
    checked.findings = scan.findings;
    checked.secrets = Some(scan.spans);
    if !checked.findings.is_empty() {
        // Without the tree the marks of comments are taken from the text.
        (checked.suppressions, checked.problems) = triage::suppress::comments(&file, None);
        checked.text = Some(file);
    }
    checked
}

/// A file of a run that looks at code alone.
pub(super) fn followed(mut checked: Checked, file: Arc<SourceFile>) -> Checked {
    checked.settings.clear();
    checked.resources.clear();
    if let Some(parsed) = &checked.parsed {
        let tree = (!frontend::is_markup(&checked.path)).then_some(&*parsed.tree);
        let comments = tree.map(|tree| tree.comments.as_slice());
        let (comments, problems) = triage::suppress::comments(&file, comments);
        checked.suppressions = comments;
        checked.problems.extend(problems);
        checked.text = Some(file);
    }
    checked
}

/// A file of a run that looks at dependencies alone.
pub(super) fn declared(mut checked: Checked, file: Arc<SourceFile>) -> Checked {
    checked.settings.clear();
    checked.resources.clear();
    if !checked.packages.is_empty() || checked.manifest.is_some() {
        let (comments, problems) = triage::suppress::comments(&file, None);
        checked.suppressions = comments;
        checked.problems.extend(problems);
        checked.text = Some(file);
    } else if checked.parsed.is_some() {
        checked.text = Some(file);
    }
    checked
}

/// Whether a finding stands on a line that a change brings, or a step to it does.
pub(super) fn is_new(finding: &Finding, workspace: &Workspace, files: &FxHashMap<&str, &Checked>) -> bool {
    let steps = finding.trace.iter().map(|step| &step.location);
    std::iter::once(&finding.location).chain(steps).any(|place| {
        let text = files.get(place.path.as_str()).and_then(|checked| checked.text.as_ref());
        workspace.before.is_new(place, &|line| text?.line_text(line).map(str::to_owned))
    })
}

/// How far the secrets have got; those of the history.
pub(super) fn leaks(document: &mut Document, workspace: &Workspace, options: &Options, progress: &dyn Progress) {
    progress.stage("searching the history", 1);
    let traced = leak::trace(&mut document.findings, workspace, options);
    document.findings.extend(traced.findings.into_iter().filter(|one| !options.disabled.contains(&one.rule)));
    document.problems.extend(traced.problems);
    let coverage = &mut document.project.coverage;
    (coverage.commits_checked, coverage.blobs_checked) = traced.checked;
    order(document);
    progress.step();
}
