//! Objects: packed ones with a cache of delta bases of our own, loose ones, those of alternates.

use std::path::{Path, PathBuf};

use gix_hash::{ObjectId, oid};
use gix_object::{CommitRefIter, TagRefIter};
use gix_odb::pack::data::decode::entry::ResolvedBase;
use gix_odb::{loose, pack};
use gix_zlib::Inflate;
use rustc_hash::FxHashMap;

pub use gix_object::Kind;

/// Bytes of delta bases that a reader keeps.
const KEPT: usize = 96 << 20;
/// Packs of a repository that are opened.
const PACKS: usize = 4_000;

/// All objects of a repository. Readers of several threads share it.
pub struct Objects {
    pub(super) packs: Vec<pack::Bundle>,
    loose: Vec<loose::Store>,
    /// Packs that could not be opened.
    pub broken: usize,
}

impl Objects {
    /// Opens `folder` (`objects`) and what its alternates name. `largest` bounds a single object.
    pub(super) fn open(folder: &Path, largest: u64) -> Result<Self, String> {
        let limit = usize::try_from(largest.saturating_mul(2)).unwrap_or(usize::MAX);
        let mut folders = vec![folder.to_owned()];
        let more = gix_odb::alternate::resolve(folder.to_owned(), Path::new("."));
        folders.extend(more.map_err(|_| "its alternates cannot be followed".to_owned())?);
        let mut objects = Self { packs: Vec::new(), loose: Vec::new(), broken: 0 };
        for folder in folders {
            super::only_regular(&folder)?;
            for path in packs_of(&folder) {
                match pack::Bundle::at(&path, gix_hash::Kind::Sha1) {
                    Ok(mut bundle) => {
                        bundle.pack = bundle.pack.with_alloc_limit_bytes(Some(limit));
                        bundle.pack.id = u32::try_from(objects.packs.len()).unwrap_or(u32::MAX);
                        objects.packs.push(bundle);
                    }
                    Err(_) => objects.broken += 1,
                }
            }
            let options = loose::Options { alloc_limit_bytes: Some(limit), ..loose::Options::default() };
            objects.loose.push(loose::Store::at_opts(folder, gix_hash::Kind::Sha1, options));
        }
        Ok(objects)
    }

    /// A reader with caches of its own, for one thread.
    #[must_use]
    pub fn reader(&self) -> Reader<'_> {
        Reader { objects: self, inflate: Inflate::default(), bases: Bases::default(), buffer: Vec::new() }
    }

    /// Where an object lies, so that neighbours can be read one after the other: deltas stand behind their base.
    #[must_use]
    pub fn place(&self, id: &oid) -> (usize, u64) {
        for (at, bundle) in self.packs.iter().enumerate() {
            if let Some(entry) = lookup(bundle, id) {
                return (at, bundle.index.pack_offset_at_index(entry));
            }
        }
        (usize::MAX, 0)
    }

    /// The one object whose id begins so.
    pub(super) fn by_prefix(&self, hex: &str) -> Option<ObjectId> {
        if let Ok(id) = ObjectId::from_hex(hex.as_bytes()) {
            return Some(id);
        }
        let prefix = gix_hash::Prefix::from_hex(hex).ok()?;
        let mut found: Vec<ObjectId> = Vec::new();
        for bundle in &self.packs {
            if let Ok(entry) = bundle.index.lookup_prefix(prefix, None)? {
                found.push(bundle.index.oid_at_index(entry).to_owned());
            }
        }
        for store in &self.loose {
            if let Ok(Some(Ok(id))) = store.lookup_prefix(prefix, None) {
                found.push(id);
            }
        }
        found.dedup();
        (found.len() == 1).then(|| found.remove(0))
    }
}

/// Index files of packs, newest names first or last makes no difference: sorted.
fn packs_of(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("pack")) else { return Vec::new() };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
        .collect();
    paths.sort();
    paths.truncate(PACKS);
    paths
}

/// Reads objects.
pub struct Reader<'o> {
    objects: &'o Objects,
    inflate: Inflate,
    bases: Bases,
    buffer: Vec<u8>,
}

/// What matters of a commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// When it was made, in seconds.
    pub committed: i64,
    /// When the change was written, in seconds.
    pub authored: i64,
}

/// Why an object cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not there: a shallow or partial clone, or a damaged one.
    Missing,
    /// It is there but cannot be read.
    Broken,
}

impl<'o> Reader<'o> {
    /// Reads an object into `out`.
    pub fn read(&mut self, id: &oid, out: &mut Vec<u8>) -> Result<Kind, Fault> {
        for bundle in &self.objects.packs {
            let Some(entry) = lookup(bundle, id) else { continue };
            let offset = bundle.index.pack_offset_at_index(entry);
            return self.packed(bundle, offset, out);
        }
        for store in &self.objects.loose {
            match store.try_find(id, out) {
                Ok(Some(object)) => return Ok(object.kind),
                Ok(None) => {}
                Err(_) => return Err(Fault::Broken),
            }
        }
        Err(Fault::Missing)
    }

    fn packed(&mut self, bundle: &'o pack::Bundle, offset: u64, out: &mut Vec<u8>) -> Result<Kind, Fault> {
        let entry = bundle.pack.entry(offset).map_err(|_| Fault::Broken)?;
        let whole = !entry.header.is_delta();
        if whole && let Some((kind, _)) = pack::cache::DecodeEntry::get(&mut self.bases, bundle.pack.id, offset, out) {
            return Ok(kind);
        }
        let resolve = |id: &oid, _: &mut Vec<u8>| {
            let entry = lookup(bundle, id).map(|at| bundle.pack.entry(bundle.index.pack_offset_at_index(at)));
            entry.transpose().map(|entry| entry.map(ResolvedBase::InPack))
        };
        let outcome = bundle
            .pack
            .decode_entry(entry, out, &mut self.inflate, &resolve, &mut self.bases)
            .map_err(|_| Fault::Broken)?;
        // Deltas are kept by the decoder itself.
        if whole {
            pack::cache::DecodeEntry::put(&mut self.bases, bundle.pack.id, offset, out, outcome.kind, 0);
        }
        Ok(outcome.kind)
    }

    /// Reads a commit.
    pub fn commit(&mut self, id: &oid) -> Result<Commit, Fault> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let commit = match self.read(id, &mut buffer) {
            Ok(Kind::Commit) => parse(&buffer).ok_or(Fault::Broken),
            Ok(_) => Err(Fault::Broken),
            Err(fault) => Err(fault),
        };
        self.buffer = buffer;
        commit
    }

    /// What a tag points to; the kind of what is no tag.
    pub(super) fn tag_target(&mut self, id: &oid) -> Result<Result<ObjectId, Kind>, Fault> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let target = match self.read(id, &mut buffer) {
            Ok(Kind::Tag) => {
                let target = TagRefIter::from_bytes(&buffer, gix_hash::Kind::Sha1).target_id();
                target.map(Ok).map_err(|_| Fault::Broken)
            }
            Ok(kind) => Ok(Err(kind)),
            Err(fault) => Err(fault),
        };
        self.buffer = buffer;
        target
    }
}

fn parse(data: &[u8]) -> Option<Commit> {
    let commit = || CommitRefIter::from_bytes(data, gix_hash::Kind::Sha1);
    Some(Commit {
        tree: commit().tree_id().ok()?,
        parents: commit().parent_ids().collect(),
        committed: match commit().committer() {
            Ok(signature) => signature.seconds(),
            Err(_) => 0,
        },
        authored: match commit().author() {
            Ok(signature) => signature.seconds(),
            Err(_) => 0,
        },
    })
}

/// A lookup that a truncated index cannot make panic.
pub(super) fn lookup(bundle: &pack::Bundle, id: &oid) -> Option<u32> {
    bundle.index.lookup(id)
}

/// Delta bases, in two generations: when the younger is full it becomes the older, whose content is dropped.
#[derive(Default)]
struct Bases {
    young: FxHashMap<(u32, u64), (Kind, Vec<u8>)>,
    old: FxHashMap<(u32, u64), (Kind, Vec<u8>)>,
    bytes: usize,
}

impl pack::cache::DecodeEntry for Bases {
    fn put(&mut self, pack: u32, offset: u64, data: &[u8], kind: Kind, _compressed: usize) {
        if data.len() > KEPT / 4 {
            return;
        }
        if self.bytes + data.len() > KEPT / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += data.len();
        self.young.insert((pack, offset), (kind, data.to_vec()));
    }

    fn get(&mut self, pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let key = (pack, offset);
        if let Some((kind, data)) = self.young.get(&key) {
            out.clear();
            out.extend_from_slice(data);
            return Some((*kind, 0));
        }
        let (kind, data) = self.old.get(&key)?;
        out.clear();
        out.extend_from_slice(data);
        Some((*kind, 0))
    }
}
