//! The walk: gitignore-aware, parallel, never following links, bounded, in a stable order.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::classify::{self, Roles};
use crate::base::{CodeContext, Location, Problem, ProblemKind};
use crate::options::Options;

/// A file of the workspace.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Path relative to the root, `/`-separated; what is not UTF-8 is replaced.
    pub path: String,
    /// Where to open it.
    pub full_path: PathBuf,
    /// Size in bytes.
    pub size: u64,
    /// Which analyses want it.
    pub roles: Roles,
    /// Its role in the project, as far as the path tells.
    pub context: CodeContext,
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

/// Walks `root`.
#[must_use]
pub fn walk(root: &Path, only: &[String], options: &Options) -> Walked {
    let found = Mutex::new(Walked::default());
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(false)
        .follow_links(false)
        .require_git(false)
        .git_global(false)
        .parents(!options.no_ignore)
        .ignore(!options.no_ignore)
        .git_ignore(!options.no_ignore)
        .git_exclude(!options.no_ignore)
        .threads(options.jobs.unwrap_or(0))
        .filter_entry(|entry| !matches!(entry.file_name().to_str(), Some(".git" | ".hg" | ".svn" | ".jj")));
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
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.entries.sort_by(|a, b| a.path.cmp(&b.path));
    found.problems.sort();
    if found.entries.len() > options.limits.files {
        found.entries.truncate(options.limits.files);
        let message = format!("more than {} files: the rest was not read", options.limits.files);
        let problem = Problem::incomplete(ProblemKind::Limit, None, message);
        found.problems.push(problem.hint("audit a smaller folder, or raise `limits.files` in stageclear.toml"));
    }
    found
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
        return; // sockets, pipes, devices: reading one could hang
    }
    if classify::is_binary_name(&path) {
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
    found.entries.push(Entry { path, full_path: entry.path().to_owned(), size, roles, context });
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
