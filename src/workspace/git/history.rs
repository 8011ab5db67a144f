//! The history: every blob that refs reach, once, with the earliest commit that brought it and its path there.
//!
//! Commits are walked from the oldest, so the first tree that names a blob is the one that introduced it. A tree is read
//! once. Left out: what only a reflog or nothing at all reaches, links, submodules.

use gix_hash::ObjectId;
use gix_object::TreeRefIter;
use gix_object::tree::EntryKind;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Repository;
use super::objects::{Commit, Fault, Kind, Reader};

/// Commits, trees and blobs that are walked: the largest repositories known have some ten million.
const OBJECTS: usize = 40_000_000;
/// Folders in folders.
const DEPTH: usize = 200;

/// Commits whose trees are walked by one thread, at least.
const PIECE: usize = 1_000;

/// From where on.
#[derive(Debug, Clone, Default)]
pub enum Since {
    /// All of it.
    #[default]
    Beginning,
    /// Commits made at this second or later.
    Second(i64),
    /// What this commit does not reach.
    Commit(ObjectId),
}

/// A blob of the history.
#[derive(Debug, Clone, Copy)]
pub struct Blob {
    /// Its id.
    pub id: ObjectId,
    /// Index of the commit that brought it.
    pub commit: u32,
    folder: u32,
    name: u32,
    /// Whether the commit that is checked out holds it.
    pub in_head: bool,
}

/// What the refs reach.
#[derive(Debug, Default)]
pub struct History {
    /// The blobs, in the order in which they came.
    pub blobs: Vec<Blob>,
    /// Commits by age: id, seconds of the author's date.
    commits: Vec<(ObjectId, i64)>,
    names: Names,
    /// Objects that are not there.
    pub missing: usize,
    /// Objects and refs that cannot be read.
    pub broken: usize,
    /// Whether there were more objects than are walked.
    pub cut: bool,
}

/// Folders and file names, each kept once.
#[derive(Debug, Default)]
struct Names {
    texts: Vec<String>,
    by_text: FxHashMap<String, u32>,
}

impl Names {
    fn add(&mut self, text: &str) -> u32 {
        if let Some(at) = self.by_text.get(text) {
            return *at;
        }
        let at = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.by_text.insert(text.to_owned(), at);
        at
    }

    fn get(&self, at: u32) -> &str {
        self.texts.get(at as usize).map_or("", String::as_str)
    }
}

impl History {
    fn add(&mut self, folder: &str, name: &str, id: ObjectId, commit: u32) {
        let (folder, name) = (self.names.add(folder), self.names.add(name));
        self.blobs.push(Blob { id, commit, folder, name, in_head: false });
    }

    /// The path of a blob in its commit.
    #[must_use]
    pub fn path(&self, blob: &Blob) -> String {
        format!("{}{}", self.names.get(blob.folder), self.names.get(blob.name))
    }

    /// Whether two blobs have one path.
    #[must_use]
    pub fn is_one_path(one: &Blob, other: &Blob) -> bool {
        (one.folder, one.name) == (other.folder, other.name)
    }

    /// The commit that brought a blob, in hexadecimal digits, and the second its author wrote it.
    #[must_use]
    pub fn commit(&self, blob: &Blob) -> Option<(String, i64)> {
        self.commits.get(blob.commit as usize).map(|(id, second)| (id.to_string(), *second))
    }

    /// How many commits were walked.
    #[must_use]
    pub fn commit_count(&self) -> usize {
        self.commits.len()
    }
}

/// Walks the history on all threads. `wanted` says of a path whether its content matters.
#[must_use]
pub fn walk(repository: &Repository, since: &Since, wanted: &(dyn Fn(&str) -> bool + Sync)) -> History {
    let mut reader = repository.objects().reader();
    let (objects, prefix) = (repository.objects(), repository.outside(""));
    let mut first = Walk::new(&prefix, wanted);
    let head = repository.head(&mut reader).and_then(|head| repository.tree_of(&mut reader, &head));
    let mut in_head = FxHashSet::default();
    if let Some(tree) = head {
        first.tree(&mut reader, tree, String::new(), None);
        in_head = std::mem::take(&mut first.seen);
        // What is amiss there is met again in the walk of the commits.
        first.amiss.clear();
    }
    let Tips { commits, edge, trees, blobs } = first.commits(repository, &mut reader, since);
    for tree in edge {
        first.tree(&mut reader, tree, String::new(), None);
    }
    // Most trees of two neighbours are the same: cut into as many pieces as there are threads, little is read twice.
    let piece = commits.len().div_ceil(rayon::current_num_threads()).max(PIECE);
    let mut pieces: Vec<Walk<'_>> = commits
        .par_chunks(piece)
        .enumerate()
        .map(|(number, commits)| {
            let (mut walk, mut reader) = (Walk::new(&prefix, wanted), objects.reader());
            for (at, tree) in commits.iter().enumerate() {
                let at = u32::try_from(number * piece + at).unwrap_or(u32::MAX);
                walk.tree(&mut reader, *tree, String::new(), Some(at));
            }
            walk
        })
        .collect();
    for later in &mut pieces {
        first.append(later);
    }
    for tree in trees {
        first.tree(&mut reader, tree, String::new(), Some(u32::MAX));
    }
    for id in blobs {
        if first.seen.insert(id) {
            let name = id.to_hex_with_len(12).to_string();
            first.history.add("", &name, id, u32::MAX);
        }
    }
    first.finish(&in_head, objects.broken)
}

/// The file that a path names in a tree.
pub fn entry(reader: &mut Reader<'_>, root: ObjectId, path: &str) -> Option<ObjectId> {
    let mut id = root;
    let mut buffer = Vec::new();
    let mut parts = path.split('/').take(DEPTH).peekable();
    while let Some(part) = parts.next() {
        if reader.read(&id, &mut buffer) != Ok(Kind::Tree) {
            return None;
        }
        let mut entries = TreeRefIter::from_bytes(&buffer, gix_hash::Kind::Sha1).filter_map(Result::ok);
        let entry = entries.find(|entry| entry.filename == part.as_bytes())?;
        id = entry.oid.to_owned();
        if parts.peek().is_none() {
            return entry.mode.is_blob().then_some(id);
        }
    }
    None
}

struct Walk<'r> {
    /// The folder that is audited.
    prefix: &'r str,
    history: History,
    seen: FxHashSet<ObjectId>,
    wanted: &'r (dyn Fn(&str) -> bool + Sync),
    buffers: Vec<Vec<u8>>,
    amiss: FxHashMap<ObjectId, Fault>,
}

/// What is walked.
struct Tips {
    /// Trees of the commits by age.
    commits: Vec<ObjectId>,
    /// Trees just before them.
    edge: Vec<ObjectId>,
    /// Trees and blobs that refs name themselves.
    trees: Vec<ObjectId>,
    blobs: Vec<ObjectId>,
}

impl<'r> Walk<'r> {
    fn new(prefix: &'r str, wanted: &'r (dyn Fn(&str) -> bool + Sync)) -> Self {
        Self {
            prefix,
            history: History::default(),
            seen: FxHashSet::default(),
            wanted,
            buffers: Vec::new(),
            amiss: FxHashMap::default(),
        }
    }

    /// Adds what a walk over later commits found, but for what is known.
    fn append(&mut self, later: &mut Walk<'_>) {
        let found = std::mem::take(&mut later.history);
        for blob in &found.blobs {
            if self.seen.insert(blob.id) {
                let (folder, name) = (found.names.get(blob.folder), found.names.get(blob.name));
                self.history.add(folder, name, blob.id, blob.commit);
            }
        }
        self.seen.extend(later.seen.drain());
        self.amiss.extend(later.amiss.drain());
        self.history.cut |= found.cut;
        self.history.broken += found.broken;
    }

    fn finish(self, in_head: &FxHashSet<ObjectId>, broken: usize) -> History {
        let mut history = self.history;
        for blob in &mut history.blobs {
            blob.in_head = in_head.contains(&blob.id);
        }
        history.missing = self.amiss.values().filter(|fault| **fault == Fault::Missing).count();
        history.broken += self.amiss.len() - history.missing + broken;
        history
    }

    /// All commits from the oldest on.
    fn commits(&mut self, repository: &Repository, reader: &mut Reader<'_>, since: &Since) -> Tips {
        let (tips, broken) = repository.tips(reader);
        self.history.broken += broken;
        let of = |wanted: Kind| tips.iter().filter(move |(_, kind)| *kind == wanted).map(|(id, _)| *id);
        let shallow = repository.is_shallow();
        let mut left_out = FxHashSet::default();
        if let Since::Commit(id) = since {
            self.reach(reader, vec![*id], &mut left_out, &|_| true, shallow);
        }
        let from = if let Since::Second(second) = since { *second } else { i64::MIN };
        let mut found =
            self.reach(reader, of(Kind::Commit).collect(), &mut left_out, &|c| c.committed >= from, shallow);
        found.sort_by(|(a, x), (b, y)| (x.committed, a).cmp(&(y.committed, b)));
        let kept: FxHashSet<ObjectId> = found.iter().map(|(id, _)| *id).collect();
        let mut edge = Vec::new();
        if !matches!(since, Since::Beginning) {
            let parents = found.iter().flat_map(|(_, commit)| &commit.parents).filter(|id| !kept.contains(*id));
            let parents: FxHashSet<ObjectId> = parents.copied().collect();
            edge.extend(parents.iter().filter_map(|id| reader.commit(id).ok()).map(|commit| commit.tree));
            edge.sort_unstable();
        }
        self.history.commits = found.iter().map(|(id, commit)| (*id, commit.authored)).collect();
        let commits = found.into_iter().map(|(_, commit)| commit.tree).collect();
        Tips { commits, edge, trees: of(Kind::Tree).collect(), blobs: of(Kind::Blob).collect() }
    }

    /// Commits reached from `open` that are `wanted`, parents of the others left out.
    fn reach(
        &mut self,
        reader: &mut Reader<'_>,
        mut open: Vec<ObjectId>,
        seen: &mut FxHashSet<ObjectId>,
        wanted: &dyn Fn(&Commit) -> bool,
        shallow: bool,
    ) -> Vec<(ObjectId, Commit)> {
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if seen.len() > OBJECTS {
                self.history.cut = true;
                break;
            }
            match reader.commit(&id) {
                Ok(commit) if wanted(&commit) => {
                    open.extend(commit.parents.iter().filter(|parent| !seen.contains(*parent)));
                    found.push((id, commit));
                }
                Ok(_) => {}
                // The parents of a shallow clone's oldest commits: told once, for the whole history.
                Err(Fault::Missing) if shallow => {}
                Err(fault) => {
                    self.amiss.insert(id, fault);
                }
            }
        }
        found
    }

    /// Reads what a tree holds and is not yet seen. Without a commit it is only marked as seen.
    fn tree(&mut self, reader: &mut Reader<'_>, root: ObjectId, folder: String, commit: Option<u32>) {
        let mut open = vec![(root, folder, 0_usize)];
        while let Some((id, folder, depth)) = open.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            if self.seen.len() > OBJECTS || depth > DEPTH {
                self.history.cut = true;
                continue;
            }
            let mut buffer = self.buffers.pop().unwrap_or_default();
            match reader.read(&id, &mut buffer) {
                Ok(Kind::Tree) => {
                    if !self.entries(&buffer, &folder, depth, commit, &mut open) {
                        self.amiss.insert(id, Fault::Broken);
                    }
                }
                Ok(_) => {
                    self.amiss.insert(id, Fault::Broken);
                }
                Err(fault) => {
                    self.amiss.insert(id, fault);
                }
            }
            self.buffers.push(buffer);
        }
    }

    /// Goes over the entries of a tree; `false` if one cannot be read.
    fn entries(
        &mut self,
        data: &[u8],
        folder: &str,
        depth: usize,
        commit: Option<u32>,
        open: &mut Vec<(ObjectId, String, usize)>,
    ) -> bool {
        let mut path = String::new();
        for entry in TreeRefIter::from_bytes(data, gix_hash::Kind::Sha1) {
            let Ok(entry) = entry else {
                return false;
            };
            match entry.mode.kind() {
                EntryKind::Tree if !self.seen.contains(entry.oid) => {
                    let below = format!("{folder}{}/", String::from_utf8_lossy(entry.filename));
                    open.push((entry.oid.to_owned(), below, depth + 1));
                }
                EntryKind::Blob | EntryKind::BlobExecutable if !self.seen.contains(entry.oid) => {
                    let name = String::from_utf8_lossy(entry.filename);
                    path.clear();
                    path.push_str(folder);
                    path.push_str(&name);
                    if !path.strip_prefix(self.prefix).is_some_and(|path| (self.wanted)(path)) {
                        continue;
                    }
                    self.seen.insert(entry.oid.to_owned());
                    if let Some(commit) = commit {
                        self.history.add(folder, &name, entry.oid.to_owned(), commit);
                    }
                }
                _ => {}
            }
        }
        true
    }
}
