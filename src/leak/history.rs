//! The history, searched: every blob once, on all threads; of most versions of a file only what they changed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{LARGEST, SOURCE, Traced, brought, damaged, guarded, say, search as search_bytes, search_telling};
use crate::base::{CodeContext, Finding, Leak, LeakState, Problem, ProblemKind, SourceFile};
use crate::options::{self, Options};
use crate::secret;
use crate::workspace::classify;
use crate::workspace::git::family::{self, Before};
use crate::workspace::git::history::{self, Blob, History, Since};
use crate::workspace::git::{Kind, Repository};

/// Paths of one secret that are told.
const PLACES: usize = 100;
/// Secrets of the history that are reported.
const SECRETS: usize = 20_000;

/// A secret in a blob.
struct Hit {
    blob: Blob,
    finding: Finding,
}

/// Searches the history; says of the findings of the working tree since when it holds them.
pub(super) fn search(
    findings: &mut [Finding],
    repository: &Repository,
    options: &Options,
    wanted: &options::History,
) -> Traced {
    let mut traced = Traced::default();
    let since = match since(repository, wanted) {
        Ok(since) => since,
        Err(message) => {
            traced.problems.push(Problem::incomplete(ProblemKind::Configuration, None, message));
            return traced;
        }
    };
    let matters = |path: &str| {
        !classify::is_binary_name(path) && !options.exclude.is_match(path) && !crate::lockfile::is_generated(path)
    };
    let history = history::walk(repository, &since, &matters);
    let unread = AtomicUsize::new(0);
    let hits = hits(repository, &history, &unread);
    let unread = unread.into_inner();
    traced.checked = (history.commit_count() as u64, history.blobs.len().saturating_sub(unread) as u64);
    traced.problems.extend(problems(repository, &history, unread));
    let mut by_secret: BTreeMap<String, Vec<Hit>> = BTreeMap::new();
    for hit in hits {
        let Some(leak) = &hit.finding.leak else { continue };
        by_secret.entry(leak.identity.clone()).or_default().push(hit);
    }
    let mut present: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, finding) in findings.iter().enumerate() {
        if let Some(leak) = &finding.leak {
            present.entry(leak.identity.clone()).or_default().push(at);
        }
    }
    for (_, mut hits) in by_secret {
        hits.sort_by(|a, b| (a.blob.commit, &a.finding).cmp(&(b.blob.commit, &b.finding)));
        let Some(first) = hits.first() else { continue };
        let Some(leak) = &first.finding.leak else { continue };
        let there = present.get(&leak.identity).map_or([].as_slice(), Vec::as_slice);
        if let (false, Some((commit, second))) = (there.is_empty(), history.commit(&first.blob)) {
            for at in there {
                since_when(&mut findings[*at], &commit, second);
            }
        }
        if traced.findings.len() >= SECRETS {
            let message = format!("more than {SECRETS} secrets in the history: the rest is not told");
            traced.problems.push(Problem::incomplete(ProblemKind::Limit, None, message));
            break;
        }
        // What anybody may think of is told once: it is no secret that wandered.
        let most = match (leak.guessable, there.is_empty()) {
            (true, true) => 1,
            (true, false) => 0,
            (false, _) => PLACES,
        };
        let known: FxHashSet<String> = there.iter().map(|at| findings[*at].location.path.clone()).collect();
        traced.findings.extend(gone(&history, hits, &known, repository.is_bare()).take(most));
    }
    traced
}

fn since(repository: &Repository, wanted: &options::History) -> Result<Since, String> {
    let Some(text) = &wanted.since else { return Ok(Since::Beginning) };
    if let Ok(date) = text.parse::<jiff::civil::Date>()
        && let Ok(stamp) = format!("{date}T00:00:00Z").parse::<jiff::Timestamp>()
    {
        return Ok(Since::Second(stamp.as_second()));
    }
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(Since::Second(stamp.as_second()));
    }
    let found = repository.resolve(&mut repository.objects().reader(), text);
    found.map(Since::Commit).ok_or_else(|| {
        format!("`--since {text}` is no day such as 2026-01-31, and no commit, branch or tag of this repository")
    })
}

/// A version of a file in which nothing looked like a secret.
struct Silent {
    blob: Blob,
    context: CodeContext,
}

/// Searches the blobs: first those of packs, of which a version that was made from a silent one is searched only where it
/// is new, then one by one what could not be read so.
fn hits(repository: &Repository, history: &History, unread: &AtomicUsize) -> Vec<Hit> {
    let objects = repository.objects();
    let ids: Vec<_> = history.blobs.iter().map(|blob| blob.id).collect();
    let found: Mutex<Vec<Hit>> = Mutex::default();
    let look = |at: usize, bytes: Arc<Vec<u8>>, before: Option<Before<'_, Silent>>| {
        let blob = *history.blobs.get(at)?;
        let path = history.path(&blob);
        let plain = plain(&bytes);
        if let (Some(text), Some(before)) =
            (plain, before.filter(|before| History::is_one_path(&before.note.blob, &blob)))
            && stays_silent(&path, text, &before)
        {
            return Some(Silent { blob, context: before.note.context });
        }
        let text = plain.is_some();
        let bytes = Arc::try_unwrap(bytes).unwrap_or_else(|shared| shared.to_vec());
        let (findings, context, silent) = search_telling(&path, bytes)?;
        if !findings.is_empty() {
            let hits = findings.into_iter().map(|finding| Hit { blob, finding });
            found.lock().unwrap_or_else(PoisonError::into_inner).extend(hits);
        }
        (text && silent).then_some(Silent { blob, context })
    };
    let visited = family::visit(objects, &ids, &look);
    let left: Vec<&Blob> =
        history.blobs.iter().zip(visited).filter(|(_, visited)| !visited).map(|(blob, _)| blob).collect();
    let mut hits = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    hits.extend(one_by_one(repository, history, &left, unread));
    hits
}

/// Bytes that are a text as they stand.
fn plain(bytes: &[u8]) -> Option<&str> {
    if memchr::memchr(0, bytes).is_some() || bytes.starts_with(b"\xef\xbb\xbf") {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

/// Whether nothing in what is new of a version looks like a secret either, with as much round it as could matter.
fn stays_silent(path: &str, text: &str, before: &Before<'_, Silent>) -> bool {
    let context = classify::told(path, classify::roles(path).language, text);
    let Some(reach) = secret::reach(path, text).filter(|_| context == before.note.context) else { return false };
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for new in before.new {
        let start = text.floor_char_boundary(new.start.saturating_sub(reach));
        let end = text.ceil_char_boundary((new.end + reach).min(text.len()));
        match pieces.last_mut().filter(|last| last.end >= start) {
            Some(last) => last.end = last.end.max(end),
            None => pieces.push(start..end),
        }
    }
    pieces.iter().map(ExactSizeIterator::len).sum::<usize>() * 4 < text.len() * 3
        && pieces.into_iter().all(|piece| {
            let file = SourceFile::new(path, text.get(piece).unwrap_or_default());
            secret::is_silent(&file, text.len(), context, SOURCE)
        })
}

/// Reads and searches blobs, in the order in which they lie.
fn one_by_one(repository: &Repository, history: &History, blobs: &[&Blob], unread: &AtomicUsize) -> Vec<Hit> {
    let objects = repository.objects();
    let mut order: Vec<(usize, u64, &Blob)> = blobs
        .par_iter()
        .map(|blob| {
            let (pack, offset) = objects.place(&blob.id);
            (pack, offset, *blob)
        })
        .collect();
    order.par_sort_unstable_by_key(|(pack, offset, blob)| (*pack, *offset, blob.id));
    let size = (order.len() / (rayon::current_num_threads() * 24)).clamp(64, 8_192);
    let chunk = |blobs: &[(usize, u64, &Blob)]| {
        let mut reader = objects.reader();
        let mut hits = Vec::new();
        for (_, _, blob) in blobs {
            let mut bytes = Vec::new();
            match guarded(|| reader.read(&blob.id, &mut bytes)) {
                Some(Ok(Kind::Blob)) if bytes.len() as u64 <= LARGEST => {
                    let found = search_bytes(&history.path(blob), bytes);
                    let found = found.map(|(findings, _)| findings).unwrap_or_default();
                    hits.extend(found.into_iter().map(|finding| Hit { blob: **blob, finding }));
                }
                _ => {
                    unread.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        hits
    };
    order.par_chunks(size).flat_map_iter(chunk).collect()
}

fn since_when(finding: &mut Finding, commit: &str, second: i64) {
    let Some(leak) = &mut finding.leak else { return };
    let known = brought(&leak.identity, leak.state.unwrap_or(LeakState::Committed), commit, second);
    (leak.commit, leak.date) = (known.commit, known.date);
    let text = format!("in the history since commit {commit:.10} of {}, still present", leak.date);
    say(finding, &text);
}

/// Findings of one secret where no file holds it any more: one a path, of the earliest commit.
fn gone<'a>(
    history: &'a History,
    hits: Vec<Hit>,
    known: &FxHashSet<String>,
    bare: bool,
) -> impl Iterator<Item = Finding> + 'a {
    let mut by_path: BTreeMap<String, (Hit, bool)> = BTreeMap::new();
    for hit in hits {
        let path = hit.finding.location.path.clone();
        // What the last commit holds too, be it at another path, is told where the file is.
        if known.contains(&path) || (!known.is_empty() && hit.blob.in_head) {
            continue;
        }
        let in_head = hit.blob.in_head;
        let entry = by_path.entry(path).or_insert((hit, false));
        entry.1 |= in_head;
    }
    let mut first: Vec<(Hit, bool)> = by_path.into_values().collect();
    first.sort_by(|(a, _), (b, _)| (a.blob.commit, &a.finding).cmp(&(b.blob.commit, &b.finding)));
    first.into_iter().map(move |(hit, in_head)| told(history, hit, in_head, bare))
}

fn told(history: &History, hit: Hit, in_head: bool, bare: bool) -> Finding {
    let mut finding = hit.finding;
    let (commit, second) = history.commit(&hit.blob).unwrap_or_default();
    let state = if in_head { LeakState::Committed } else { LeakState::Removed };
    let leak = finding.leak.take().unwrap_or_default();
    let since = brought(&leak.identity, state, &commit, second);
    finding.leak = Some(Leak { guessable: leak.guessable, ..since });
    let still = match (in_head, bare) {
        (false, _) => "since removed",
        (true, true) => "still present",
        (true, false) => "still in the last commit",
    };
    let text = if commit.is_empty() {
        "in the history, named by a ref itself".to_owned()
    } else {
        format!("in the history, commit {commit:.10} of {}, {still}", super::day(second))
    };
    say(&mut finding, &text);
    finding
}

fn problems(repository: &Repository, history: &History, unread: usize) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |kind, message: String, hint: Option<&str>| {
        let problem = Problem::incomplete(kind, None, message);
        problems.push(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    };
    if repository.is_shallow() {
        let message = "a shallow clone: the history before its oldest commits was not searched".to_owned();
        add(ProblemKind::Unreadable, message, Some("fetch the whole history: `git fetch --unshallow`"));
    }
    if history.missing > 0 {
        let message = format!("{} commits and trees of the history are not in this clone", history.missing);
        add(ProblemKind::Unreadable, message, None);
    }
    if unread > 0 {
        let message = format!("{unread} files of the history are not in this clone, damaged, or over {LARGEST} bytes");
        add(ProblemKind::Unreadable, message, None);
    }
    if history.broken > 0 {
        let message = format!("{} objects or refs of the repository are damaged", history.broken);
        add(ProblemKind::Unreadable, message, Some("`git fsck` tells which"));
    }
    if history.cut {
        add(ProblemKind::Limit, "the history is larger than what is walked of one".to_owned(), None);
    }
    if history.commit_count() == 0 && history.broken + history.missing > 0 {
        problems.push(damaged());
    }
    problems
}
