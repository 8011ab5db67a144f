//! Code frames: the lines around a finding, with nothing secret in them.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Checked;
use crate::base::{Finding, Location, SourceFile, Span};
use crate::config::SettingValue;
use crate::{frontend, secret, triage};

/// What must not be shown of the files that findings stand in, or lead through.
pub(super) fn masks<'f>(files: &FxHashMap<&str, &'f Checked>, findings: &[Finding]) -> FxHashMap<&'f str, Vec<Span>> {
    let places = findings.iter().flat_map(|finding| {
        let own = finding.location.path.as_str();
        std::iter::once(own).chain(finding.trace.iter().map(|step| step.location.path.as_str()))
    });
    let named: FxHashSet<&str> = places.collect();
    let shown: Vec<&'f Checked> = named.into_iter().filter_map(|path| files.get(path).copied()).collect();
    let mask = |checked: &&'f Checked| Some((checked.path.as_str(), hidden(checked, checked.text.as_ref()?)));
    shown.par_iter().filter_map(mask).collect()
}

/// The lines around a place, secrets masked.
pub(super) fn cut(
    files: &FxHashMap<&str, &Checked>,
    masks: &FxHashMap<&str, Vec<Span>>,
    location: &Location,
) -> Option<crate::base::Snippet> {
    let text = files.get(location.path.as_str())?.text.as_ref()?;
    triage::snippet::cut(text, location, masks.get(location.path.as_str())?)
}

/// Gives the steps of a trace their lines of code, each line once, where no frame shows them.
pub(super) fn write_steps(
    files: &FxHashMap<&str, &Checked>,
    masks: &FxHashMap<&str, Vec<Span>>,
    finding: &mut Finding,
) {
    let mut trace = std::mem::take(&mut finding.trace);
    let source = trace.first().map(|step| step.location.clone());
    let mut before: Option<(String, u32)> = None;
    for step in &mut trace {
        let at = &step.location;
        let here = (at.path.clone(), at.line);
        let is_source = source.as_ref().is_some_and(|source| (&source.path, source.line) == (&at.path, at.line));
        if before.as_ref() != Some(&here) && !is_source && !finding.shows(at) {
            let line = Location::line(at.path.clone(), at.line);
            let row = cut(files, masks, &line)
                .and_then(|snippet| snippet.lines.into_iter().nth(at.line.saturating_sub(snippet.first_line) as usize));
            row.unwrap_or_default().trim().clone_into(&mut step.code);
        }
        before = Some(here);
    }
    finding.trace = trace;
}

/// What must not be shown of a file: found secrets, and the values of settings that hold one.
fn hidden(checked: &Checked, text: &SourceFile) -> Vec<Span> {
    let tree = checked.parsed.as_ref().filter(|_| !frontend::is_markup(&checked.path)).map(|parsed| &*parsed.tree);
    let searched = || match tree {
        Some(tree) => secret::scan(text, Some(tree), checked.context).spans,
        None => secret::search(text, checked.context, u64::MAX).spans,
    };
    let mut spans = checked.secrets.clone().unwrap_or_else(searched);
    for setting in
        checked.settings.iter().filter(|setting| setting.secret && !matches!(setting.value, SettingValue::Unknown))
    {
        let lines = setting.location.line..=setting.location.end_line.max(setting.location.line);
        spans.extend(lines.filter_map(|line| value_span(text, line)));
    }
    merged(spans)
}

/// The same spans in order, none touching another: what [`triage::snippet::cut`] looks them up by.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    spans.dedup_by(|next, kept| {
        let joined = next.start <= kept.end;
        if joined {
            kept.end = kept.end.max(next.end);
        }
        joined
    });
    spans
}

/// The part of a `key = value` or `key: value` line behind the separator.
fn value_span(text: &SourceFile, line: u32) -> Option<Span> {
    let span = text.line_span(line)?;
    let line = text.slice(span);
    let value = line.find(['=', ':']).map_or(line, |at| &line[at + 1..]).trim_start();
    Some(Span::new(span.end - u32::try_from(value.len()).ok()?, span.end))
}
