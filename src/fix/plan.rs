//! From what an audit found to what can be done about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::manifest::{self, Want};
use super::parents::Asked;
use super::range::{Style, admits, is_compatible, is_pin, raise};
use super::target::{self, Choice};
use super::tool::{Command, Tool, Update};
use super::{Change, Kind, State, code, overrides};
use crate::advisory::finding::{VULNERABLE, rule};
use crate::advisory::{Database, Vulnerability};
use crate::base::{Applicability, Edit, SourceFile, Span};
use crate::document::Document;
use crate::package::{Package, PackageSource};

/// Obstacles that are named; the rest is counted.
const NAMED: usize = 5;

/// What a plan is made from.
pub struct Input<'a> {
    /// What the audit found.
    pub document: &'a Document,
    /// The advisories it was held against.
    pub database: &'a Database,
    /// Every file of the project.
    pub paths: &'a [&'a str],
    /// Reads a file of the project.
    pub read: &'a dyn Fn(&str) -> Option<Arc<SourceFile>>,
    /// Whether changes that need review are made too.
    pub review: bool,
}

/// What can be done, by place.
#[must_use]
pub fn plan(input: &Input<'_>) -> Vec<Change> {
    let mut planner = Planner { input, files: FxHashMap::default(), asked: FxHashMap::default() };
    let mut changes = planner.dependencies();
    changes.extend(code::changes(input.document, input.read, input.review));
    changes.sort_by(|a, b| (&a.location, &a.title).cmp(&(&b.location, &b.title)));
    changes
}

/// A manifest with what it asks for.
type Read = (Arc<SourceFile>, Vec<Want>);

struct Planner<'a> {
    input: &'a Input<'a>,
    files: FxHashMap<String, Option<Arc<Read>>>,
    asked: FxHashMap<String, Option<Arc<Asked>>>,
}

/// A package in one file with its advisories, and what is known about changing it.
struct Case<'a> {
    package: &'a Package,
    version: &'a str,
    tool: Tool,
    several: bool,
    /// Manifests that ask for it, with the numbers of their wants.
    wants: Vec<(Arc<Read>, usize)>,
    asked: Option<Arc<Asked>>,
    /// The manifest beside the lockfile.
    root: Option<Arc<SourceFile>>,
}

impl<'a> Planner<'a> {
    fn dependencies(&mut self) -> Vec<Change> {
        let document = self.input.document;
        let mut by_purl: BTreeMap<&str, Vec<&Vulnerability>> = BTreeMap::new();
        for vulnerability in &document.vulnerabilities {
            if vulnerability.informational.is_none() || !vulnerability.fixed.is_empty() {
                by_purl.entry(&vulnerability.purl).or_default().push(vulnerability);
            }
        }
        let silenced: BTreeSet<_> = document
            .findings
            .iter()
            .filter(|finding| !finding.is_active() && finding.rule.starts_with("dependency/"))
            .map(|finding| &finding.location)
            .collect();
        let mut seen = BTreeSet::new();
        let mut changes = Vec::new();
        for package in &document.packages {
            let (Some(group), Some(version)) = (by_purl.get(package.purl.as_str()), &package.version) else { continue };
            if silenced.contains(&package.location) || !seen.insert((&package.location.path, &package.purl)) {
                continue;
            }
            changes.push(self.dependency(package, version, group));
        }
        changes
    }

    fn dependency(&mut self, package: &'a Package, version: &'a str, group: &[&Vulnerability]) -> Change {
        let worst = group.iter().map(|vulnerability| rule(vulnerability)).find(|rule| *rule == VULNERABLE);
        let mut change = Change {
            kind: Kind::Dependency,
            rule: worst.or_else(|| group.first().map(|first| rule(first))).unwrap_or(VULNERABLE).to_owned(),
            title: format!("update {} {version}", package.name),
            location: package.location.clone(),
            ecosystem: Some(package.ecosystem),
            package: Some(package.name.clone()),
            from: Some(version.to_owned()),
            to: None,
            advisories: group.iter().map(|vulnerability| vulnerability.id.clone()).collect(),
            unfixed: Vec::new(),
            applicability: Applicability::Safe,
            state: State::Blocked,
            reason: String::new(),
            blocked_by: Vec::new(),
            edits: Vec::new(),
            commands: Vec::new(),
            fingerprint: String::new(),
        };
        if group.iter().any(|vulnerability| vulnerability.malicious) {
            change.title = format!("remove {} {version}", package.name);
            "the package itself is malware: remove it, and take what ran it for compromised"
                .clone_into(&mut change.reason);
            return change;
        }
        let text = (self.input.read)(&package.location.path);
        let tool = Tool::of(&package.location.path, text.as_ref().map_or("", |file| file.text()));
        if tool == Tool::Foreign {
            "the file describes what was built elsewhere: make the change there".clone_into(&mut change.reason);
            return change;
        }
        if !matches!(package.source, PackageSource::Registry | PackageSource::Index(_)) {
            "it comes from an address or from git: point that to another release".clone_into(&mut change.reason);
            return change;
        }
        let (advisories, _) = self.input.database.lookup(package.ecosystem, &package.name);
        let choice = target::choose(package.ecosystem, version, &advisories);
        // The report calls a weakness by one of several ids.
        let names = |vulnerability: &&&Vulnerability| {
            let mut ids = std::iter::once(&vulnerability.id).chain(&vulnerability.aliases);
            ids.any(|id| choice.unfixed.contains(id))
        };
        change.unfixed = group.iter().filter(names).map(|vulnerability| vulnerability.id.clone()).collect();
        change.advisories.retain(|id| !change.unfixed.contains(id));
        if choice.candidates.is_empty() || change.advisories.is_empty() {
            change.state = State::NoKnownFix;
            "no advisory names a version without the weakness".clone_into(&mut change.reason);
            return change;
        }
        let case = self.case(package, version, tool);
        case.decide(&mut change, &choice, self.input.review);
        change
    }

    fn case(&mut self, package: &'a Package, version: &'a str, tool: Tool) -> Case<'a> {
        let path = &package.location.path;
        let mut places = match tool {
            Tool::Manifest | Tool::Go => vec![path.clone()],
            _ => self.governing(path, tool),
        };
        if tool == Tool::Manifest && manifest::is_requirements(path) {
            self.includes(path, &mut places);
        }
        if path.ends_with("proj") {
            places.extend(
                self.input
                    .paths
                    .iter()
                    .filter(|path| Path::new(path).extension().is_some_and(|ending| ending == "props"))
                    .map(|&path| path.to_owned()),
            );
        }
        let mut wants = Vec::new();
        for place in places {
            let Some(read) = self.file(&place) else { continue };
            for at in 0..read.1.len() {
                let want = &read.1[at];
                let about = want.name == package.name && want.style.ecosystem() == package.ecosystem;
                // A file of versions may name several of one package; a range beside a lockfile names none.
                let this = tool.resolves() || admits(want.style, &want.requirement, version) != Some(false);
                if about && this && (package.direct || want.forces || !tool.resolves()) {
                    wants.push((read.clone(), at));
                }
            }
        }
        let packages = &self.input.document.packages;
        let same = packages.iter().filter(|other| other.name == package.name && other.location.path == *path);
        let versions: BTreeSet<_> = same.filter_map(|other| other.version.as_ref()).collect();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let root = tool
            .manifests()
            .first()
            .map(|name| if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") });
        let root = root.and_then(|path| self.file(&path)).map(|read| read.0.clone());
        Case { package, version, tool, several: versions.len() > 1, wants, asked: self.asked(path), root }
    }

    fn file(&mut self, path: &str) -> Option<Arc<Read>> {
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let read = (self.input.read)(path).map(|file| {
            let wants = manifest::wants(&file);
            Arc::new((file, wants))
        });
        self.files.insert(path.to_owned(), read.clone());
        read
    }

    fn asked(&mut self, path: &str) -> Option<Arc<Asked>> {
        let read = self.input.read;
        let known = self.asked.entry(path.to_owned());
        known.or_insert_with(|| read(path).and_then(|file| Asked::read(path, file.text())).map(Arc::new)).clone()
    }

    /// The manifests beside a lockfile, and below it as far as no other lockfile is nearer.
    fn governing(&self, lockfile: &str, tool: Tool) -> Vec<String> {
        let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let own = folder(lockfile);
        let locked: BTreeSet<String> = self
            .input
            .paths
            .iter()
            .filter(|path| tool.lockfiles().iter().any(|name| path.rsplit('/').next() == Some(name)))
            .map(|path| folder(path))
            .collect();
        let nearest = |path: &str| {
            let mut at = folder(path);
            loop {
                if locked.contains(&at) || at.is_empty() {
                    return at;
                }
                at = folder(&at);
            }
        };
        let manifest = |path: &&&str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let known = |end: &&str| name == *end || end.starts_with('.') && name.ends_with(end);
            tool.manifests().iter().any(known) && !path.contains("node_modules/") && nearest(path) == own
        };
        self.input.paths.iter().filter(manifest).map(|&path| path.to_owned()).collect()
    }

    /// Files that a requirements file includes, in whatever depth; constraints pin versions as well.
    fn includes(&mut self, path: &str, places: &mut Vec<String>) {
        const MOST: usize = 64;
        let mut next = 0;
        let mut queue = vec![path.to_owned()];
        while let Some(path) = queue.get(next).cloned() {
            next += 1;
            let Some(read) = self.file(&path) else { continue };
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for line in read.0.text().lines() {
                let words = ["-r", "-c", "--requirement", "--constraint"];
                let rest = words.iter().find_map(|word| line.trim().strip_prefix(word));
                let Some(target) = rest.map(|rest| rest.trim_start_matches(['=', ' ']).trim()) else { continue };
                let target = if folder.is_empty() { target.to_owned() } else { format!("{folder}/{target}") };
                let known = self.input.paths.iter().find(|path| **path == flat(&target));
                if let Some(known) =
                    known.filter(|known| queue.len() < MOST && !queue.iter().any(|path| path == *known))
                {
                    queue.push((*known).to_owned());
                }
            }
        }
        queue.remove(0);
        places.extend(queue);
    }
}

/// `a/../b` → `b`; what leaves the root stays as it is and is found nowhere.
fn flat(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_some() => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl Case<'_> {
    /// Why a version cannot simply be taken: of each obstacle who it is, and whether an edit removes it.
    fn obstacles(&self, to: &str) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        for (read, at) in &self.wants {
            let want = &read.1[*at];
            // Another major release of a Go module is another module.
            let compatible = want.style == Style::Go || is_compatible(self.version, to);
            let pinned = is_pin(want.style, &want.requirement) && compatible;
            if admits(want.style, &want.requirement, to) == Some(false) && !pinned {
                let place = read.0.locate(Span::from_range(want.span.clone()));
                found.push((format!("{place} asks for `{}`", want.requirement), true));
            }
        }
        if let Some(asked) = &self.asked {
            let askers = asked.of(&self.package.name, self.version);
            let against = askers.iter().filter(|asker| admits(asked.style, &asker.requirement, to) == Some(false));
            found.extend(against.map(|asker| (format!("{} asks for `{}`", asker.by, asker.requirement), false)));
        }
        found
    }

    fn decide(&self, change: &mut Change, choice: &Choice, review: bool) {
        let free = choice.candidates.iter().find(|to| self.obstacles(to).is_empty());
        let Some(to) = free.or_else(|| choice.candidates.first()) else { return };
        change.title = format!("update {} {} to {to}", self.package.name, self.version);
        change.to = Some(to.clone());
        let obstacles = self.obstacles(to);
        let (ours, theirs): (Vec<_>, Vec<_>) = obstacles.into_iter().partition(|(_, editable)| *editable);
        let names = |list: &[(String, bool)]| -> Vec<String> {
            let more = list.len().saturating_sub(NAMED);
            let shown = list.iter().take(NAMED).map(|(who, _)| who.clone());
            shown.chain((more > 0).then(|| format!("{more} more"))).collect()
        };
        change.blocked_by = names(&theirs);
        if ours.is_empty() && theirs.is_empty() {
            return self.take(change, to);
        }
        change.applicability = Applicability::NeedsReview;
        if theirs.is_empty() {
            change.blocked_by = names(&ours);
            "it leaves the range that the manifest asks for: look at its changes first".clone_into(&mut change.reason);
        } else {
            let through = match self.package.path.as_slice() {
                [direct, _, ..] => format!("; `{direct}` brings it in"),
                _ => String::new(),
            };
            change.reason =
                format!("what asks for it does not admit {to}: update that first, or force the version{through}");
        }
        if !review {
            let forced = theirs.is_empty() || self.force(to).is_some();
            change.state = if forced { State::NeedsReview } else { State::Blocked };
            return;
        }
        if theirs.is_empty() {
            return self.take(change, to);
        }
        match self.force(to) {
            Some(edit) => {
                change.edits.push(edit);
                self.run(change, to, true);
                change.reason = format!("the manifest forces {to} on what does not ask for it: test what uses it");
            }
            None => change.state = State::Blocked,
        }
    }

    /// Edits what asks for less, and says what has to be run.
    fn take(&self, change: &mut Change, to: &str) {
        let mut hindrance = None;
        for (read, at) in &self.wants {
            let want = &read.1[*at];
            if admits(want.style, &want.requirement, to) == Some(true) {
                continue;
            }
            if let Some(why) = want.hindrance {
                hindrance = Some(why);
                continue;
            }
            if let Some(replacement) = raise(want.style, &want.requirement, to) {
                let span = Span::from_range(want.span.clone());
                change.edits.push(Edit { location: read.0.locate(span), span, replacement });
            }
        }
        let dated = self.wants.iter().any(|(read, at)| read.1[*at].hindrance.is_some());
        if let Some(why) = hindrance.filter(|_| change.edits.is_empty()) {
            change.state = State::Blocked;
            change.reason = format!("{why}; {to} is the version to go to");
            if dated && manifest::is_requirements(&change.location.path) {
                self.compile(change, to);
            }
            return;
        }
        if self.tool.resolves() {
            return self.run(change, to, !change.edits.is_empty());
        }
        if change.edits.is_empty() {
            change.state = State::Blocked;
            change.reason =
                format!("its version is computed, or stands in a form that is not edited: set it to {to} by hand");
            return;
        }
        // Until the caller has audited what comes out.
        change.state = State::Verified;
        if self.tool == Tool::Go {
            change.commands = self.commands(Tool::Go, &change.location.path, to, true);
            change.commands.retain(|command| command.line == "go mod tidy");
        }
    }

    /// A requirements file that a tool has written.
    fn compile(&self, change: &mut Change, to: &str) {
        change.commands = self.commands(Tool::PipCompile, &change.location.path, to, false);
        change.state = State::NeedsCommand;
    }

    fn run(&self, change: &mut Change, to: &str, edited: bool) {
        change.state = State::NeedsCommand;
        change.commands = self.commands(self.tool, &change.location.path, to, edited);
        let unknown = !self.package.direct && self.asked.is_none() && self.tool != Tool::Go;
        change.reason = if change.commands.is_empty() && self.tool == Tool::YarnClassic {
            format!("delete its entry from `yarn.lock` and run `yarn install`; {to} is within what is asked for")
        } else if change.commands.is_empty() {
            format!("write the lockfile anew with {to}")
        } else if unknown {
            format!("whether what asks for it admits {to} is not written in the lockfile; the command says so")
        } else {
            "only its tool can write the lockfile: run the command and audit again, before that nothing is verified"
                .to_owned()
        };
    }

    fn commands(&self, tool: Tool, path: &str, to: &str, edited: bool) -> Vec<Command> {
        let update = Update {
            name: &self.package.name,
            from: self.version,
            to,
            direct: self.package.direct,
            scope: self.package.scope,
            several: self.several,
            edited,
        };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let lines = tool.commands(&update).into_iter();
        lines.map(|line| Command { folder: folder.to_owned(), line }).collect()
    }

    /// The edit that forces the version on those who do not admit it.
    fn force(&self, to: &str) -> Option<Edit> {
        if self.package.direct || !self.wants.is_empty() {
            return None;
        }
        overrides::force(self.tool, self.root.as_ref()?, &self.package.name, to)
    }
}
