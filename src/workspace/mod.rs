//! The audited folder: which files there are, what each is, and their text. Together with the advisory store and the
//! command line the only code that touches files; nothing here interprets what a file says.

pub mod archive;
pub mod change;
pub mod classify;
pub mod decode;
pub mod git;
pub mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use classify::Roles;
pub use walk::{Content, Entry};

use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::lockfile::installed::Installed;
use crate::options::Options;

/// An audited folder after the walk.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    name: String,
    entries: Vec<Entry>,
    by_path: FxHashMap<String, usize>,
    /// What the walk could not reach.
    pub problems: Vec<Problem>,
    /// Files that no analysis reads, by the reason.
    pub skipped: walk::Skipped,
    /// Of a change: what its files held before.
    pub before: change::Before,
}

impl Workspace {
    /// Walks `root`. With `only`, files that are not one of these relative paths or below one are left out.
    #[must_use]
    pub fn open(root: &Path, only: &[String], options: &Options) -> Self {
        let name = std::fs::canonicalize(root)
            .ok()
            .and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
            .unwrap_or_else(|| ".".to_owned());
        let walk::Walked { entries, problems, skipped } =
            if git::is_git_dir(root) { walk::Walked::default() } else { walk::walk(root, only, options) };
        Self { root: root.to_owned(), name, problems, skipped, ..Self::of(entries) }
    }

    /// A workspace of these files alone.
    #[must_use]
    pub fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let by_path = entries.iter().enumerate().map(|(at, entry)| (entry.path.clone(), at)).collect();
        Self {
            root: PathBuf::from("."),
            name: ".".to_owned(),
            entries,
            by_path,
            problems: Vec::new(),
            skipped: walk::Skipped::default(),
            before: change::Before::default(),
        }
    }

    /// The folder's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The files, sorted by path.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bytes of a file.
    pub fn bytes(&self, entry: &Entry, options: &Options) -> Result<Vec<u8>, Problem> {
        if entry.size > options.limits.file_bytes {
            let message = format!("{} bytes are over the limit of {}", entry.size, options.limits.file_bytes);
            return Err(Problem::incomplete(ProblemKind::Limit, Some(Location::file(&entry.path)), message)
                .hint("raise `limits.file-bytes` in stageclear.toml, or exclude the file"));
        }
        match &entry.content {
            Content::File(path) => std::fs::read(path).map_err(|error| {
                let message = format!("the file cannot be read: {error}");
                Problem::incomplete(ProblemKind::Unreadable, Some(Location::file(&entry.path)), message)
            }),
            Content::Bytes(bytes) => Ok(bytes.as_ref().clone()),
        }
    }

    /// Reads and decodes a file. `Ok(None)` is a binary file, which no analysis reads.
    pub fn read(&self, entry: &Entry, options: &Options) -> Result<Option<decode::Decoded>, Problem> {
        let bytes = self.bytes(entry, options)?;
        let roles = &entry.roles;
        let wanted = roles.language.is_some() || roles.lockfile || roles.config || roles.sql || roles.resource;
        Ok(decode::decode(&entry.path, bytes, wanted))
    }

    /// The text of another file of the workspace by relative path, for parsers that need a neighbour; `None` when it is
    /// not there, outside the root, excluded, over a limit or binary.
    #[must_use]
    pub fn sibling(&self, path: &str, options: &Options) -> Option<Arc<SourceFile>> {
        let entry = &self.entries[*self.by_path.get(&normalise(path)?)?];
        let decoded = self.read(entry, options).ok()??;
        Some(Arc::new(decoded.file))
    }

    /// A small file of the audited folder, whether or not git ignores it: what is installed beside a lockfile. Links that
    /// lead out of the folder are not followed.
    fn installed(&self, path: &str) -> Option<std::path::PathBuf> {
        if self.root.as_os_str().is_empty() {
            return None;
        }
        let full = std::fs::canonicalize(self.root.join(normalise(path)?)).ok()?;
        full.starts_with(std::fs::canonicalize(&self.root).ok()?).then_some(full)
    }

    /// The audited folder, for what runs programs or opens the repository.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Installed for Workspace {
    fn read(&self, path: &str) -> Option<String> {
        /// Bytes of such a file.
        const LONGEST: u64 = 1 << 20;
        let full = self.installed(path)?;
        let metadata = std::fs::metadata(&full).ok()?;
        let small = metadata.is_file() && metadata.len() <= LONGEST;
        small.then(|| std::fs::read_to_string(full).ok()).flatten()
    }

    fn list(&self, path: &str) -> Vec<String> {
        /// Names of a folder that are taken.
        const MOST: usize = 100_000;
        let Some(entries) = self.installed(path).and_then(|full| std::fs::read_dir(full).ok()) else {
            return Vec::new();
        };
        let mut names: Vec<String> =
            entries.take(MOST).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// `a/./b/../c` → `a/c`; `None` when it leaves the root.
fn normalise(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_never_leave_the_root() {
        assert_eq!(normalise("a/./b/../c").as_deref(), Some("a/c"));
        assert_eq!(normalise("a/../../etc/passwd"), None);
    }
}
