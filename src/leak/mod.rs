//! How far the secrets of a project have got: whether git holds, tracks or ignores them, since when, and where to the
//! repository is pushed. Searches the history on request, and puts what it finds there together with what the files hold.
//!
//! Severity follows: a file that git ignores is where a secret of one's own machine belongs; a token that is committed to a
//! repository with a remote on a host of public repositories may have been read by anybody.

mod history;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::{CodeContext, Confidence, Finding, Leak, LeakState, Problem, ProblemKind, Severity, SourceFile};
use crate::options::Options;
use crate::secret;
use crate::workspace::git::index::Index;
use crate::workspace::git::{self, Kind, Reader, Repository};
use crate::workspace::{Workspace, classify, decode};

/// Bytes of a blob of the history that is searched.
const LARGEST: u64 = 64 << 20;

/// Bytes of source code of the history that is parsed.
const SOURCE: u64 = 2 << 20;

/// What the history says, beside the findings themselves.
#[derive(Debug, Default)]
pub struct Traced {
    /// Secrets that only the history holds.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Commits that were walked, and files in them that were searched.
    pub checked: (u64, u64),
}

/// Says of the secrets found how far they have got, and searches the history if that is asked for.
#[must_use]
pub fn trace(findings: &mut [Finding], workspace: &Workspace, options: &Options) -> Traced {
    let mut traced = Traced::default();
    let searched = options.history.is_some();
    let secrets = findings.iter().any(|finding| finding.leak.is_some());
    if !searched && (!secrets || options.partial) {
        return traced;
    }
    let found = if searched { git::around(workspace.root()) } else { git::here(workspace.root()) };
    let Some(found) = found else {
        if searched {
            let message = "there is no git repository here: no history was searched";
            traced.problems.push(Problem::incomplete(ProblemKind::Unsupported, None, message));
        }
        return traced;
    };
    let opened = guarded(|| Repository::open(&found, LARGEST)).unwrap_or_else(|| Err("it is damaged".to_owned()));
    match opened {
        Ok(repository) => {
            mark(findings, workspace, &repository, options);
            if let Some(wanted) = &options.history {
                let read = guarded(|| history::search(findings, &repository, options, wanted));
                traced = read.unwrap_or_else(|| Traced { problems: vec![damaged()], ..Traced::default() });
            }
            publish(findings.iter_mut().chain(&mut traced.findings), &repository);
        }
        Err(why) => {
            let message = format!("the git repository cannot be read: {why}");
            let problem = if searched { Problem::incomplete } else { Problem::remark };
            traced.problems.push(problem(ProblemKind::Unreadable, None, message));
        }
    }
    traced
}

fn damaged() -> Problem {
    let message = "the git repository is damaged: its history was not searched to the end";
    Problem::incomplete(ProblemKind::Unreadable, None, message)
}

/// Runs what reads a repository; `None` when its readers gave up on what they found there.
fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).ok()
}

/// Says what git knows of each secret of the working tree.
fn mark(findings: &mut [Finding], workspace: &Workspace, repository: &Repository, options: &Options) {
    let mut reader = repository.objects().reader();
    let index = guarded(|| Index::open(repository, None)).and_then(Result::ok).flatten();
    let kept: Option<FxHashSet<String>> = options.no_ignore.then(|| {
        let options = Options { no_ignore: false, ..options.clone() };
        let walked = crate::workspace::walk::walk(workspace.root(), &[], &options);
        walked.entries.into_iter().map(|entry| entry.path).collect()
    });
    let mut committed: FxHashMap<String, FxHashSet<String>> = FxHashMap::default();
    let head = repository.head(&mut reader).and_then(|commit| repository.tree_of(&mut reader, &commit));
    for finding in findings.iter_mut() {
        let path = finding.location.path.clone();
        let Some(leak) = &mut finding.leak else { continue };
        let in_head = committed.entry(path.clone()).or_insert_with(|| {
            let full = repository.outside(&path);
            let blob = head.and_then(|tree| git::history::entry(&mut reader, tree, &full));
            blob.map(|id| identities(&mut reader, &id, &path)).unwrap_or_default()
        });
        let tracked = index.as_ref().is_some_and(|index| index.tracks(&repository.outside(&path)));
        let state = if in_head.contains(&leak.identity) {
            LeakState::Committed
        } else if !tracked && kept.as_ref().is_some_and(|kept| !kept.contains(&path)) {
            LeakState::Ignored
        } else {
            LeakState::Uncommitted
        };
        leak.state = Some(state);
        match state {
            LeakState::Uncommitted => say(finding, "it is not committed yet"),
            LeakState::Ignored => {
                finding.severity = finding.severity.min(Severity::Low);
                say(finding, "git ignores the file");
            }
            _ => {}
        }
    }
}

/// Which secrets a blob holds.
fn identities(reader: &mut Reader<'_>, id: &git::Id, path: &str) -> FxHashSet<String> {
    let mut bytes = Vec::new();
    if reader.read(id, &mut bytes) != Ok(Kind::Blob) {
        return FxHashSet::default();
    }
    let found = search(path, bytes).map(|(findings, _)| findings).unwrap_or_default();
    found.into_iter().filter_map(|finding| finding.leak).map(|leak| leak.identity).collect()
}

/// Searches bytes that are no file of the workspace; the findings and the text. `None` for binary data.
fn search(path: &str, bytes: Vec<u8>) -> Option<(Vec<Finding>, SourceFile)> {
    let (file, context) = read(path, bytes)?;
    Some((secret::search(&file, context, SOURCE).findings, file))
}

/// As [`search`]: the findings, what the file is for, and whether nothing in it so much as looked like a secret.
fn search_telling(path: &str, bytes: Vec<u8>) -> Option<(Vec<Finding>, CodeContext, bool)> {
    let (file, context) = read(path, bytes)?;
    let (scan, silent) = secret::search_telling(&file, context, SOURCE);
    Some((scan.findings, context, silent))
}

fn read(path: &str, bytes: Vec<u8>) -> Option<(SourceFile, CodeContext)> {
    let roles = classify::roles(path);
    let file = decode::decode(path, bytes, roles.language.is_some())?.file;
    let context = classify::told(path, roles.language, file.text());
    Some((file, context))
}

fn say(finding: &mut Finding, what: &str) {
    finding.message = format!("{}; {what}", finding.message.trim_end_matches('.'));
}

/// A token that git holds weighs more where the remote may be public.
fn publish<'f>(findings: impl Iterator<Item = &'f mut Finding>, repository: &Repository) {
    let Some(host) = repository.public_host() else { return };
    for finding in findings {
        let rule = finding.rule.clone();
        let named = rule == secret::HARD_CODED || rule == secret::DEFAULT_CREDENTIAL;
        let Some(leak) = &mut finding.leak else { continue };
        if !matches!(leak.state, Some(LeakState::Committed | LeakState::Removed)) {
            continue;
        }
        host.clone_into(&mut leak.host);
        let real = finding.context == CodeContext::Production && finding.confidence == Confidence::High && !named;
        if real && finding.severity == Severity::High {
            finding.severity = Severity::Critical;
        }
        say(finding, &format!("a remote is on {host}, where anybody can read what is public"));
    }
}

/// `2024-01-31` of a second.
fn day(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or(String::new(), |stamp| stamp.strftime("%Y-%m-%d").to_string())
}

/// The leak of a secret that a commit brought.
fn brought(identity: &str, state: LeakState, commit: &str, second: i64) -> Leak {
    Leak { state: Some(state), commit: commit.to_owned(), date: day(second), ..Leak::of(identity) }
}
