//! The walk: gitignore-aware, parallel, never following links, bounded, in a stable order.
//!
//! What git tracks is a part of the project whatever `.gitignore` says of it, as for git itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{WalkBuilder, WalkState};
use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::classify::{self, Roles};
use super::git;
use crate::base::{CodeContext, Location, Problem, ProblemKind};
use crate::options::Options;

/// A file of the workspace.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Path relative to the root, `/`-separated; what is not UTF-8 is replaced.
    pub path: String,
    /// Where its bytes are.
    pub content: Content,
    /// Size in bytes.
    pub size: u64,
    /// Which analyses want it.
    pub roles: Roles,
    /// Its role in the project, as far as the path tells.
    pub context: CodeContext,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// On the disk.
    File(PathBuf),
    /// Here: what is staged, or came by standard input.
    Bytes(Arc<Vec<u8>>),
}

impl Entry {
    /// A file that is not on the disk.
    #[must_use]
    pub fn of_bytes(path: String, bytes: Vec<u8>) -> Self {
        let (roles, context) = (classify::roles(&path), classify::context(&path));
        Self { path, size: bytes.len() as u64, content: Content::Bytes(Arc::new(bytes)), roles, context }
    }
}

/// Files that no analysis reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Symbolic links: what they point to is read at its own place, if it lies inside the root.
    pub links: u64,
    /// Excluded by `exclude`.
    pub excluded: u64,
    /// Images, archives and the like, by their extension.
    pub binary: u64,
    /// Pipes, sockets and devices: reading one could hang.
    pub special: u64,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walked {
    /// Files, sorted by path.
    pub entries: Vec<Entry>,
    /// What could not be reached.
    pub problems: Vec<Problem>,
    /// What was left out on purpose.
    pub skipped: Skipped,
}

/// Files that the walker itself opens to learn what git ignores, relative to each folder.
const IGNORE_FILES: [&str; 2] = [".gitignore", ".git/info/exclude"];
/// Bytes of such a file; a longer one is written to slow the walk down, not by a person.
const IGNORE_BYTES: u64 = 1 << 20;

/// Walks `root`.
#[must_use]
pub fn walk(root: &Path, only: &[String], options: &Options) -> Walked {
    let tracked = if options.no_ignore { None } else { git::index::tracked(root) };
    let no_ignore = options.no_ignore || options.scope_locked && tracked.is_none();
    let unusable = |folder: &Path| IGNORE_FILES.iter().map(|name| folder.join(name)).find(|path| !is_usable(path));
    let hostile = Arc::new(Mutex::new((!no_ignore).then(|| unusable(root)).flatten()));
    let first = if no_ignore || first_of(&hostile).is_some() {
        None
    } else {
        let noted = Arc::clone(&hostile);
        let enter = move |folder: &Path| {
            let Some(path) = unusable(folder) else { return true };
            if let Ok(mut noted) = noted.lock() {
                *noted = Some(match noted.take() {
                    Some(other) => other.min(path),
                    None => path,
                });
            }
            false
        };
        Some(pass(root, only, options, true, enter))
    };
    let mut found = match (first, first_of(&hostile)) {
        (Some(mut found), None) => {
            add_tracked(root, only, options, tracked.unwrap_or_default(), &mut found);
            found
        }
        (_, hostile) => {
            let mut found = pass(root, only, options, false, |_| true);
            if let Some(path) = hostile {
                let place = Location::file(relative(root, &path));
                let message = "no regular file of at most 1 MiB: what git ignores is not left out of this run";
                found.problems.push(Problem::remark(ProblemKind::Configuration, Some(place), message));
            }
            found
        }
    };
    found.entries.sort_by(|a, b| a.path.cmp(&b.path));
    distinct(&mut found.entries);
    mark_libraries(&mut found.entries);
    if found.entries.len() > options.limits.files {
        found.entries.truncate(options.limits.files);
        let message = format!("more than {} files: the rest was not read", options.limits.files);
        let problem = Problem::incomplete(ProblemKind::Limit, None, message);
        found.problems.push(problem.hint("audit a smaller folder, or raise `limits.files` in stageclear.toml"));
    } else if found.entries.is_empty() && !is_bare(root) {
        let message = "no file was checked: git ignores all, or they are excluded, links or binary";
        let problem = Problem::incomplete(ProblemKind::Configuration, None, message);
        found.problems.push(problem.hint("pass --no-ignore to read what git ignores"));
    }
    found.problems.sort();
    found
}

/// What lies in a folder of copied libraries is theirs.
fn mark_libraries(entries: &mut [Entry]) {
    let found: Vec<String> = classify::library_folders(entries.iter().map(|entry| entry.path.as_str()))
        .into_iter()
        .map(|folder| format!("{folder}/"))
        .collect();
    for entry in entries.iter_mut().filter(|entry| entry.context == CodeContext::Production) {
        if found.iter().any(|folder| entry.path.starts_with(folder.as_str())) {
            entry.context = CodeContext::Vendored;
        }
    }
}

/// Adds what the walk did not come to because it is ignored, though git tracks it.
fn add_tracked(root: &Path, only: &[String], options: &Options, tracked: Vec<String>, found: &mut Walked) {
    let known: FxHashSet<String> = found.entries.iter().map(|entry| entry.path.clone()).collect();
    let wanted = |path: &String| {
        // An index may be written by anybody: no name of it leads out of the folder.
        let plain = |part: &str| !matches!(part, "" | "." | "..") && !is_repository(part);
        let inside = path.split('/').all(plain) && !path.contains(['\\', '\0']);
        let left_out = options.exclude.is_match(path) || is_left_out(path, options);
        inside && !left_out && within(path, only) && !known.contains(path)
    };
    for path in tracked.into_iter().filter(wanted) {
        let full = root.join(&path);
        // A folder on the way may have become a link that leads out.
        let linked = full.ancestors().skip(1).take_while(|folder| *folder != root).any(Path::is_symlink);
        let Some(metadata) = std::fs::symlink_metadata(&full).ok().filter(|metadata| metadata.is_file() && !linked)
        else {
            continue;
        };
        let (roles, context) = (classify::roles(&path), classify::context(&path));
        found.entries.push(Entry { path, content: Content::File(full), size: metadata.len(), roles, context });
    }
}

/// Images and the like, unless archives are opened.
fn is_left_out(path: &str, options: &Options) -> bool {
    classify::is_binary_name(path) && !(options.archives && classify::is_archive_name(path))
}

/// Whether the walker may open this file, or need not since there is none. A pipe would block it for ever and a link
/// to a device would never end.
fn is_usable(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |metadata| metadata.is_file() && metadata.len() <= IGNORE_BYTES)
}

fn first_of(noted: &Mutex<Option<PathBuf>>) -> Option<PathBuf> {
    noted.lock().ok().and_then(|noted| noted.clone())
}

/// Whether a folder holds nothing but a repository's own data.
fn is_bare(root: &Path) -> bool {
    std::fs::read_dir(root).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(is_repository)))
    })
}

fn is_repository(name: &str) -> bool {
    matches!(name, ".git" | ".hg" | ".svn" | ".jj")
}

/// Names that are not UTF-8 can read alike once replaced: the later ones get a number, so that every path is one file.
fn distinct(entries: &mut [Entry]) {
    let mut earlier: Option<(String, u32)> = None;
    entries.sort_by(|a, b| (&a.path, &a.content).cmp(&(&b.path, &b.content)));
    for entry in entries {
        match &mut earlier {
            Some((path, count)) if *path == entry.path => {
                *count += 1;
                entry.path = format!("{path}~{count}");
            }
            _ => earlier = Some((entry.path.clone(), 1)),
        }
    }
}

/// One walk. `enter` says whether a folder may be entered.
fn pass(
    root: &Path,
    only: &[String],
    options: &Options,
    ignore: bool,
    enter: impl Fn(&Path) -> bool + Send + Sync + 'static,
) -> Walked {
    let found = Mutex::new(Walked::default());
    let mut builder = WalkBuilder::new(root);
    // `.ignore` is no file of git's: it would hide from the audit what is committed and shipped.
    builder
        .hidden(false)
        .follow_links(false)
        .require_git(false)
        .git_global(false)
        .ignore(false)
        .parents(ignore)
        .git_ignore(ignore)
        .git_exclude(ignore)
        .threads(options.jobs.unwrap_or(0))
        .filter_entry(move |entry| {
            let repository = entry.file_name().to_str().is_some_and(is_repository);
            let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            !repository && (!folder || enter(entry.path()))
        });
    builder.build_parallel().run(|| {
        Box::new(|entry| {
            let Ok(mut found) = found.lock() else { return WalkState::Quit };
            match entry {
                Ok(entry) => visit(root, &entry, only, options, &mut found),
                Err(error) => found.problems.push(unreachable(root, &error)),
            }
            if found.entries.len() > options.limits.files { WalkState::Quit } else { WalkState::Continue }
        })
    });
    found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn visit(root: &Path, entry: &ignore::DirEntry, only: &[String], options: &Options, found: &mut Walked) {
    let Some(kind) = entry.file_type() else { return };
    let path = relative(root, entry.path());
    if kind.is_dir() || !within(&path, only) {
        return;
    }
    if options.exclude.is_match(&path) {
        found.skipped.excluded += 1;
        return;
    }
    if kind.is_symlink() {
        found.skipped.links += 1;
        return;
    }
    if !kind.is_file() {
        found.skipped.special += 1;
        return;
    }
    if is_left_out(&path, options) {
        found.skipped.binary += 1;
        return;
    }
    let size = match entry.metadata() {
        Ok(metadata) => metadata.len(),
        Err(error) => {
            found.problems.push(unreachable(root, &error));
            return;
        }
    };
    let (roles, context) = (classify::roles(&path), classify::context(&path));
    found.entries.push(Entry { path, content: Content::File(entry.path().to_owned()), size, roles, context });
}

fn within(path: &str, only: &[String]) -> bool {
    only.is_empty()
        || only.iter().any(|wanted| {
            let rest = path.strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || wanted.is_empty())
        })
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { path.file_name().unwrap_or_default().to_string_lossy().into_owned() } else { parts.join("/") }
}

/// The walker's errors name absolute paths; the report gets a relative one.
fn unreachable(root: &Path, error: &ignore::Error) -> Problem {
    let place = path_of(error).map(|path| Location::file(relative(root, path)));
    let message = error.io_error().map_or_else(|| "the walk failed here".to_owned(), ToString::to_string);
    Problem::incomplete(ProblemKind::Unreadable, place, format!("cannot be reached: {message}"))
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of git, version 2, that names regular files.
    fn index(names: &[&str]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02".to_vec();
        bytes.extend(u32::try_from(names.len()).unwrap().to_be_bytes());
        for name in names {
            let start = bytes.len();
            bytes.extend([0; 24]);
            bytes.extend(0o100_644_u32.to_be_bytes());
            bytes.extend([0; 12]);
            bytes.extend([7; 20]);
            bytes.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
            bytes.extend(name.as_bytes());
            let length = bytes.len() - start;
            bytes.extend(std::iter::repeat_n(0, 8 - length % 8));
        }
        bytes.extend([0; 20]);
        bytes
    }

    #[test]
    fn what_git_tracks_is_read_though_it_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("p");
        for name in [".git/objects", ".git/refs", "web"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        std::fs::write(root.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        for name in [".gitignore", "app.py", "web/a.py", "web/b.py", "logo.png", "../outside.py"] {
            std::fs::write(root.join(name), "app.py\nweb\n").unwrap();
        }
        let found = |options: &Options| -> Vec<String> {
            walk(&root, &[], options).entries.into_iter().map(|entry| entry.path).collect()
        };
        let options = Options::new(jiff::civil::date(2026, 1, 1));
        assert_eq!(found(&options), [".gitignore"]);
        // Without an index nothing tells what is tracked, and under an organisation all is read.
        let locked = Options { scope_locked: true, ..Options::new(jiff::civil::date(2026, 1, 1)) };
        assert_eq!(found(&locked), [".gitignore", "app.py", "web/a.py", "web/b.py"]);
        let names = ["../outside.py", ".git/HEAD", "app.py", "gone.py", "logo.png", "web/a.py"];
        std::fs::write(root.join(".git/index"), index(&names)).unwrap();
        assert_eq!(found(&options), [".gitignore", "app.py", "web/a.py"]);
        assert_eq!(found(&locked), [".gitignore", "app.py", "web/a.py"]);
    }
}
