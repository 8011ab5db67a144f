//! The index: what a commit made now would hold, and what of it the last commit does not.

use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use gix_index::entry::{Mode, Stage};
use gix_index::extension::Tree as CachedTree;
use gix_object::TreeRefIter;
use rustc_hash::FxHashMap;

use super::Repository;
use super::objects::{Kind, Reader};

/// Folders in folders.
const DEPTH: usize = 200;
/// Bytes that reading an index may ask for at once.
const ALLOCATED: usize = 1 << 30;
/// Bytes of an index that is read for the names in it.
const LARGEST: u64 = 256 << 20;

/// A file that a commit would change.
#[derive(Debug, Clone)]
pub struct Staged {
    /// Path inside the repository.
    pub path: String,
    /// Its content as staged.
    pub id: ObjectId,
    /// Its content in the last commit; `None` for a new file.
    pub before: Option<ObjectId>,
}

/// An index, read.
pub struct Index {
    state: gix_index::State,
}

impl Index {
    /// Reads the index of a repository; `None` when there is none yet. While it commits, git may name another `file`.
    pub fn open(repository: &Repository, file: Option<PathBuf>) -> Result<Option<Self>, String> {
        let path = file.unwrap_or_else(|| repository.git_dir.join("index"));
        let Ok(metadata) = std::fs::metadata(&path) else { return Ok(None) };
        if !metadata.is_file() {
            return Err("the index is no regular file".to_owned());
        }
        let options = gix_index::decode::Options {
            thread_limit: Some(1),
            alloc_limit_bytes: Some(ALLOCATED),
            ..Default::default()
        };
        // The checksum is not compared: git itself may be told not to write one.
        let file = gix_index::File::at(path, gix_hash::Kind::Sha1, true, options)
            .map_err(|_| "the index cannot be read".to_owned())?;
        Ok(Some(Self { state: file.into() }))
    }

    /// Whether git tracks a path of the repository.
    #[must_use]
    pub fn tracks(&self, path: &str) -> bool {
        self.state.entry_index_by_path(path.into()).is_ok()
    }

    /// The files that differ from `head`, in the order of their paths. Removed files are none.
    pub fn staged(&self, reader: &mut Reader<'_>, head: Option<ObjectId>) -> Result<Vec<Staged>, String> {
        let mut compare = Compare { state: &self.state, reader, out: Vec::new() };
        let whole = 0..self.state.entries().len();
        compare.folder(whole, 0, head, self.state.tree(), 0)?;
        Ok(compare.out)
    }
}

/// The files below `root` that git tracks, as paths from there; `None` where there is no repository with an index that can
/// be read.
#[must_use]
pub fn tracked(root: &Path) -> Option<Vec<String>> {
    let found = super::around(root)?;
    let path = found.git_dir.join("index");
    let metadata = std::fs::metadata(&path).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    let options =
        gix_index::decode::Options { thread_limit: Some(1), alloc_limit_bytes: Some(ALLOCATED), ..Default::default() };
    let state: gix_index::State = gix_index::File::at(path, gix_hash::Kind::Sha1, true, options).ok()?.into();
    let files = state.entries().iter().filter(|entry| matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE));
    let paths = files.map(|entry| entry.path(&state).to_string());
    Some(paths.filter_map(|path| path.strip_prefix(&found.prefix).map(str::to_owned)).collect())
}

struct Compare<'i, 'r, 'o> {
    state: &'i gix_index::State,
    reader: &'r mut Reader<'o>,
    out: Vec<Staged>,
}

impl Compare<'_, '_, '_> {
    /// Compares the entries of a folder, whose path takes `skip` bytes of theirs, with a tree. A folder whose tree the index
    /// itself knows to be the same is not looked into.
    fn folder(
        &mut self,
        range: std::ops::Range<usize>,
        skip: usize,
        tree: Option<ObjectId>,
        cached: Option<&CachedTree>,
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEPTH {
            return Err(format!("the index has more than {DEPTH} folders in folders"));
        }
        if let (Some(tree), Some(cached)) = (tree, cached)
            && cached.num_entries.is_some_and(|count| count as usize == range.len())
            && cached.id == tree
        {
            return Ok(());
        }
        let known = tree.map_or(Ok(FxHashMap::default()), |tree| self.tree(&tree))?;
        let mut at = range.start;
        while at < range.end {
            let entry = &self.state.entries()[at];
            let path = entry.path(self.state);
            let rest = path.get(skip..).unwrap_or_default();
            let Some(slash) = memchr::memchr(b'/', rest) else {
                self.file(at, known.get(rest));
                at += 1;
                continue;
            };
            let folder = &path[..=skip + slash];
            let inside = |entry: &gix_index::Entry| entry.path(self.state).starts_with(folder);
            let length = self.state.entries()[at..range.end].partition_point(|entry| inside(entry));
            let below = known.get(&rest[..slash]).filter(|(_, is_tree)| *is_tree).map(|(id, _)| *id);
            let cached = cached.and_then(|cached| cached.children.iter().find(|child| child.name[..] == rest[..slash]));
            self.folder(at..at + length.max(1), skip + slash + 1, below, cached, depth + 1)?;
            at += length.max(1);
        }
        Ok(())
    }

    fn file(&mut self, at: usize, before: Option<&(ObjectId, bool)>) {
        let entry = &self.state.entries()[at];
        let before = before.filter(|(_, is_tree)| !is_tree).map(|(id, _)| *id);
        let regular = entry.mode == Mode::FILE || entry.mode == Mode::FILE_EXECUTABLE;
        // Of a conflict, what is ours is what would be looked at first.
        let stage = matches!(entry.stage(), Stage::Unconflicted | Stage::Ours);
        let later = entry.flags.contains(gix_index::entry::Flags::INTENT_TO_ADD);
        if regular && stage && !later && before != Some(entry.id) {
            let path = String::from_utf8_lossy(entry.path(self.state)).into_owned();
            self.out.push(Staged { path, id: entry.id, before });
        }
    }

    /// The entries of a tree by name, and whether each is a tree.
    fn tree(&mut self, id: &ObjectId) -> Result<FxHashMap<Vec<u8>, (ObjectId, bool)>, String> {
        let mut data = Vec::new();
        match self.reader.read(id, &mut data) {
            Ok(Kind::Tree) => {}
            _ => return Err("a tree of the last commit cannot be read".to_owned()),
        }
        let mut known = FxHashMap::default();
        for entry in TreeRefIter::from_bytes(&data, gix_hash::Kind::Sha1) {
            let entry = entry.map_err(|_| "a tree of the last commit cannot be read".to_owned())?;
            known.insert(entry.filename.to_vec(), (entry.oid.to_owned(), entry.mode.is_tree()));
        }
        Ok(known)
    }
}
