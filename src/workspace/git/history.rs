//! The history: every blob that refs reach, once, with the earliest commit that brought it and its path there.
//!
//! Commits are walked from the oldest, so the first tree that names a blob is the one that introduced it. A tree is read
//! once. Left out: what only a reflog or nothing at all reaches, links, submodules.

use gix_hash::ObjectId;
use gix_object::TreeRefIter;
use gix_object::tree::EntryKind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Repository;
use super::objects::{Commit, Fault, Kind, Reader};

/// Commits, trees and blobs that are walked: the largest repositories known have some ten million.
const OBJECTS: usize = 40_000_000;
/// Folders in folders.
const DEPTH: usize = 200;

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
    /// The path of a blob in its commit.
    #[must_use]
    pub fn path(&self, blob: &Blob) -> String {
        format!("{}{}", self.names.get(blob.folder), self.names.get(blob.name))
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

/// Walks the history. `wanted` says of a path whether its content matters.
#[must_use]
pub fn walk(repository: &Repository, since: &Since, wanted: &dyn Fn(&str) -> bool) -> History {
    let mut reader = repository.objects().reader();
    let mut walk = Walk {
        repository,
        history: History { broken: repository.objects().broken, ..History::default() },
        seen: FxHashSet::default(),
        wanted,
        buffers: Vec::new(),
    };
    let head = repository.head(&mut reader).and_then(|head| repository.tree_of(&mut reader, &head));
    let mut in_head = FxHashSet::default();
    if let Some(tree) = head {
        walk.tree(&mut reader, tree, String::new(), None);
        in_head = std::mem::take(&mut walk.seen);
        // What is amiss there is met again in the walk of the commits.
        (walk.history.missing, walk.history.broken) = (0, repository.objects().broken);
    }
    let (commits, edge, trees, blobs) = walk.commits(&mut reader, since);
    for tree in edge {
        walk.tree(&mut reader, tree, String::new(), None);
    }
    for (at, (_, tree)) in commits.iter().enumerate() {
        walk.tree(&mut reader, *tree, String::new(), Some(u32::try_from(at).unwrap_or(u32::MAX)));
    }
    for tree in trees {
        walk.tree(&mut reader, tree, String::new(), Some(u32::MAX));
    }
    for id in blobs.into_iter().filter(|id| !walk.seen.contains(id)) {
        let (folder, name) = (walk.history.names.add(""), walk.history.names.add(&id.to_hex_with_len(12).to_string()));
        walk.history.blobs.push(Blob { id, commit: u32::MAX, folder, name, in_head: false });
    }
    let mut history = walk.history;
    for blob in &mut history.blobs {
        blob.in_head = in_head.contains(&blob.id);
    }
    history
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
    repository: &'r Repository,
    history: History,
    seen: FxHashSet<ObjectId>,
    wanted: &'r dyn Fn(&str) -> bool,
    buffers: Vec<Vec<u8>>,
}

/// Commits by age with their trees; trees just before them; trees and blobs that refs name themselves.
type Tips = (Vec<(ObjectId, ObjectId)>, Vec<ObjectId>, Vec<ObjectId>, Vec<ObjectId>);

impl Walk<'_> {
    fn note(&mut self, fault: Fault) {
        match fault {
            Fault::Missing => self.history.missing += 1,
            Fault::Broken => self.history.broken += 1,
        }
    }

    /// All commits from the oldest on.
    fn commits(&mut self, reader: &mut Reader<'_>, since: &Since) -> Tips {
        let (tips, broken) = self.repository.tips(reader);
        self.history.broken += broken;
        let of = |wanted: Kind| tips.iter().filter(move |(_, kind)| *kind == wanted).map(|(id, _)| *id);
        let shallow = self.repository.is_shallow();
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
        let commits = found.into_iter().map(|(id, commit)| (id, commit.tree)).collect();
        (commits, edge, of(Kind::Tree).collect(), of(Kind::Blob).collect())
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
                Err(fault) => self.note(fault),
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
                Ok(Kind::Tree) => self.entries(&buffer, &folder, depth, commit, &mut open),
                Ok(_) => self.history.broken += 1,
                Err(fault) => self.note(fault),
            }
            self.buffers.push(buffer);
        }
    }

    fn entries(
        &mut self,
        data: &[u8],
        folder: &str,
        depth: usize,
        commit: Option<u32>,
        open: &mut Vec<(ObjectId, String, usize)>,
    ) {
        let mut folder_at = None;
        let mut path = String::new();
        for entry in TreeRefIter::from_bytes(data, gix_hash::Kind::Sha1) {
            let Ok(entry) = entry else {
                self.history.broken += 1;
                return;
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
                    if !self.repository.inside(&path).is_some_and(|path| (self.wanted)(path)) {
                        continue;
                    }
                    self.seen.insert(entry.oid.to_owned());
                    if let Some(commit) = commit {
                        let folder = *folder_at.get_or_insert_with(|| self.history.names.add(folder));
                        let name = self.history.names.add(&name);
                        self.history.blobs.push(Blob {
                            id: entry.oid.to_owned(),
                            commit,
                            folder,
                            name,
                            in_head: false,
                        });
                    }
                }
                _ => {}
            }
        }
    }
}
