//! A plan for a reader: what is done, what has to be run, what stands in the way, and the difference.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Change, Command, Plan, State};
use crate::base::Applicability;
use crate::report::escape;

/// Advisories that are written out; the rest is counted.
const SHOWN: usize = 6;

/// The plan as text.
#[must_use]
pub fn text(plan: &Plan, quiet: bool) -> String {
    let mut out = String::new();
    for change in &plan.changes {
        entry(change, plan.applied, &mut out);
    }
    if !plan.applied {
        for file in &plan.files {
            let _ = writeln!(out);
            for line in file.diff.lines() {
                let _ = writeln!(out, "{}", escape::line(line, 400));
            }
        }
    }
    let commands: Vec<&Command> = {
        let mut seen = BTreeSet::new();
        let all = plan.changes.iter().flat_map(|change| &change.commands);
        all.filter(|command| seen.insert(*command)).collect()
    };
    if !commands.is_empty() {
        let _ = writeln!(out, "\nto run, then audit again:");
        for command in commands {
            let folder = if command.folder.is_empty() { String::new() } else { format!("(cd {} && ", command.folder) };
            let end = if folder.is_empty() { "" } else { ")" };
            let _ = writeln!(out, "  {}", escape::line(&format!("{folder}{}{end}", command.line), 400));
        }
    }
    if !quiet {
        let _ = writeln!(out, "\n{}", summary(plan));
    }
    out
}

fn entry(change: &Change, applied: bool, out: &mut String) {
    let done = if applied { "fixed" } else { "would be fixed" };
    let word = match change.state {
        State::Verified => done,
        State::NeedsCommand => "to run",
        State::NeedsReview => "needs review",
        State::Blocked => "blocked",
        State::NoKnownFix => "no known fix",
        State::Conflict => "waits",
        State::Withdrawn => "taken back",
    };
    let _ = writeln!(out, "[{word}] {}", escape::line(&format!("{} in {}", change.title, change.location), 300));
    let list = |ids: &[String]| {
        let more = if ids.len() > SHOWN { format!(" and {} more", ids.len() - SHOWN) } else { String::new() };
        format!("{}{more}", ids.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "))
    };
    let mut detail = |text: String| {
        let _ = writeln!(out, "  {}", escape::line(&text, 500));
    };
    if change.to.is_some() && !change.advisories.is_empty() {
        detail(format!("leaves {}", list(&change.advisories)));
    }
    if !change.unfixed.is_empty() {
        detail(format!("stays, without a fixed version: {}", list(&change.unfixed)));
    }
    if !change.reason.is_empty() {
        detail(change.reason.clone());
    }
    for who in &change.blocked_by {
        detail(format!("in the way: {who}"));
    }
    if change.state == State::Verified && change.applicability == Applicability::NeedsReview {
        detail("needs review: it may change what works".to_owned());
    }
}

fn summary(plan: &Plan) -> String {
    let count = |state: State| plan.changes.iter().filter(|change| change.state == state).count();
    if plan.changes.is_empty() {
        return "nothing to fix".to_owned();
    }
    let mut parts = Vec::new();
    let fixed = if plan.applied { "fixed and audited again in memory" } else { "can be fixed, audited in memory" };
    for (state, word) in [
        (State::Verified, fixed),
        (State::NeedsCommand, "need a command"),
        (State::NeedsReview, "need review (--unsafe)"),
        (State::Blocked, "blocked"),
        (State::NoKnownFix, "without a known fix"),
        (State::Conflict, "wait for another change"),
        (State::Withdrawn, "taken back"),
    ] {
        let count = count(state);
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let files = match (plan.applied, plan.files.len()) {
        (_, 0) => String::new(),
        (true, 1) => "; 1 file written".to_owned(),
        (true, files) => format!("; {files} files written"),
        (false, _) => "; nothing was written, add --apply".to_owned(),
    };
    format!("{}{files}", parts.join(", "))
}
