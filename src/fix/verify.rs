//! Whether an edit did what it should: the edited project is audited again in memory, by the caller, and compared here.
//! A change that did not remove what it answers, or brought something new, is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apply::{diff, splice};
use super::{Change, Edited, Kind, Plan, SCHEMA, State};
use crate::base::{Edit, SourceFile};
use crate::document::Document;
use crate::version::Scheme;

/// How often changes are taken back before all are.
const ROUNDS: usize = 4;

impl Plan {
    /// Puts the changes together; those that meet an earlier one wait for the next run.
    #[must_use]
    pub fn new(changes: Vec<Change>) -> Self {
        Self { schema: SCHEMA, applied: false, changes, files: Vec::new(), problems: Vec::new() }
    }

    /// Makes the edits in memory and has them audited again by `audit`, which gets the new texts by path.
    pub fn verify<E>(
        &mut self,
        before: &Document,
        read: &dyn Fn(&str) -> Option<Arc<SourceFile>>,
        mut audit: impl FnMut(&BTreeMap<String, String>) -> Result<Document, E>,
    ) -> Result<(), E> {
        self.settle();
        for round in 0..ROUNDS {
            self.files = self.edited(read);
            if self.files.is_empty() {
                return Ok(());
            }
            let texts = self.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
            let after = audit(&texts)?;
            let wrong: Vec<usize> = (0..self.changes.len()).filter(|at| !self.holds(*at, before, &after)).collect();
            if wrong.is_empty() {
                return Ok(());
            }
            for (at, change) in self.changes.iter_mut().enumerate() {
                if wrong.contains(&at) || round + 2 >= ROUNDS && !change.edits.is_empty() {
                    withdraw(change);
                }
            }
        }
        self.files = self.edited(read);
        Ok(())
    }

    /// Of changes that want the same bytes, the first goes, or the one to the higher version.
    fn settle(&mut self) {
        let mut taken: BTreeMap<(String, u32, u32), (usize, String)> = BTreeMap::new();
        let mut losers = BTreeSet::new();
        for (at, change) in self.changes.iter().enumerate() {
            for edit in &change.edits {
                let key = (edit.location.path.clone(), edit.span.start, edit.span.end);
                match taken.get(&key) {
                    Some((other, text)) if *text != edit.replacement => {
                        let higher = match (&change.ecosystem, &change.to, &self.changes[*other].to) {
                            (Some(ecosystem), Some(mine), Some(theirs)) => {
                                Scheme::of(*ecosystem).compare(mine, theirs).is_gt()
                            }
                            _ => false,
                        };
                        losers.insert(if higher { *other } else { at });
                        if higher {
                            taken.insert(key, (at, edit.replacement.clone()));
                        }
                    }
                    Some(_) => {}
                    None => {
                        taken.insert(key, (at, edit.replacement.clone()));
                    }
                }
            }
        }
        for at in losers {
            let change = &mut self.changes[at];
            change.edits.clear();
            change.commands.clear();
            change.state = State::Conflict;
            "another change of the same place goes first: run again after it".clone_into(&mut change.reason);
        }
    }

    fn edited(&mut self, read: &dyn Fn(&str) -> Option<Arc<SourceFile>>) -> Vec<Edited> {
        let mut by_path: BTreeMap<&str, Vec<Edit>> = BTreeMap::new();
        for edit in self.changes.iter().flat_map(|change| &change.edits) {
            by_path.entry(&edit.location.path).or_default().push(edit.clone());
        }
        let mut files = Vec::new();
        let mut broken = Vec::new();
        for (path, edits) in by_path {
            let Some(file) = read(path) else { continue };
            match splice(file.text(), &edits) {
                Some(text) if text != file.text() => files.push(Edited {
                    path: path.to_owned(),
                    diff: diff(path, file.text(), &text),
                    text,
                    old: file.text().to_owned(),
                }),
                Some(_) => {}
                None => broken.push(path.to_owned()),
            }
        }
        for change in &mut self.changes {
            if change.edits.iter().any(|edit| broken.contains(&edit.location.path)) {
                withdraw(change);
            }
        }
        files
    }

    /// Whether the audit of the edited project bears a change out.
    fn holds(&self, at: usize, before: &Document, after: &Document) -> bool {
        let Some(change) = self.changes.get(at).filter(|change| !change.edits.is_empty()) else { return true };
        let paths: BTreeSet<&str> = change.edits.iter().map(|edit| edit.location.path.as_str()).collect();
        let troubles = |document: &Document| {
            let here = |problem: &&crate::base::Problem| {
                let place = problem.location.as_ref();
                problem.incomplete && place.is_some_and(|place| paths.contains(place.path.as_str()))
            };
            document.problems.iter().filter(here).count()
        };
        if troubles(after) > troubles(before) {
            return false;
        }
        match change.kind {
            Kind::Code => {
                let count = |document: &Document| {
                    let same = |finding: &&crate::base::Finding| finding.location.path == change.location.path;
                    document.findings.iter().filter(same).count()
                };
                let still = after.findings.iter().any(|finding| finding.fingerprint == change.fingerprint);
                !still && count(after) < count(before)
            }
            Kind::Dependency => {
                let (Some(ecosystem), Some(name)) = (change.ecosystem, &change.package) else { return false };
                let purl = |version: &Option<String>| crate::package::purl(ecosystem, name, version.as_deref());
                let (old, new) = (purl(&change.from), purl(&change.to));
                let ids = |document: &Document, purl: &str| -> BTreeSet<String> {
                    let about = document.vulnerabilities.iter().filter(|found| found.purl == purl);
                    about.map(|found| found.id.clone()).collect()
                };
                let still = after
                    .packages
                    .iter()
                    .any(|package| package.purl == old && package.location.path == change.location.path);
                // Where a command has still to run, the lockfile says what it said.
                let gone = change.state == State::NeedsCommand || !still;
                let left = ids(after, &new);
                gone && left.is_subset(&ids(before, &old))
                    && !change.advisories.iter().any(|id| left.contains(id))
                    && keeps(change, before, after)
            }
        }
    }
}

/// Whether the file still names the packages that it named: an edit changes versions and nothing else.
fn keeps(change: &Change, before: &Document, after: &Document) -> bool {
    let names = |document: &Document| -> BTreeSet<String> {
        let packages = document.packages.iter();
        let here = packages.filter(|package| package.location.path == change.location.path);
        here.map(|package| package.name.clone()).collect()
    };
    names(before) == names(after)
}

fn withdraw(change: &mut Change) {
    if change.edits.is_empty() {
        return;
    }
    change.edits.clear();
    change.commands.clear();
    change.state = State::Withdrawn;
    "the edited file, audited again, did not bear it out: nothing was changed".clone_into(&mut change.reason);
}
