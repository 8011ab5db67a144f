//! Blobs of packs, each unpacked once: a version that is kept as a change of another comes right behind it, and with it
//! where the two differ.
//!
//! A pack is a forest: whole objects are roots, deltas hang below their base. Walking it from the roots needs no cache of
//! bases, only the versions on the way down. Left out, for the reader to try: what is loose, large, or damaged.
//!
//! Format: <https://git-scm.com/docs/gitformat-pack>.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gix_hash::ObjectId;
use gix_odb::pack;
use gix_odb::pack::data::entry::Header;
use gix_zlib::Inflate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::objects::{Objects, lookup};

/// Bytes of a version that is kept for those below it.
const LARGEST: u64 = 8 << 20;
/// Bytes of all versions that are kept for others at a time; what would need more is left out. Deltas of a few bytes can
/// stand for versions of many megabytes.
const MOST: u64 = 512 << 20;
/// Roots that are walked one after the other.
const ROOTS: usize = 64;
/// Versions below one from which they are a task of their own.
const TASK: u32 = 512;

/// What came before a version of a file.
#[derive(Debug)]
pub struct Before<'a, N> {
    /// What was noted of the version it is kept as a change of.
    pub note: &'a N,
    /// The pieces that are new, or stand where something was taken out.
    pub new: &'a [Range<usize>],
}

/// Calls `visit` with blobs of `ids`, by index, in parallel. What it notes of one is handed on to the versions that are
/// kept as changes of it. Says which were visited.
pub fn visit<N: Send + Sync>(objects: &Objects, ids: &[ObjectId], visit: &Visit<'_, N>) -> Vec<bool> {
    let done: Vec<AtomicBool> = ids.iter().map(|_| AtomicBool::new(false)).collect();
    let mut of_pack: Vec<Vec<(u64, usize)>> = vec![Vec::new(); objects.packs.len()];
    let places: Vec<(usize, u64)> = ids.par_iter().map(|id| objects.place(id)).collect();
    for (at, (pack, offset)) in places.into_iter().enumerate() {
        if let Some(wanted) = of_pack.get_mut(pack) {
            wanted.push((offset, at));
        }
    }
    for (bundle, wanted) in objects.packs.iter().zip(of_pack) {
        let forest = Forest::plant(bundle, wanted);
        let walk = Walk { bundle, forest: &forest, visit, done: &done, held: &AtomicU64::new(0) };
        rayon::scope(|scope| {
            forest.roots.par_chunks(ROOTS).for_each(|roots| {
                walk.down(scope, roots.iter().rev().map(|node| Task { node: *node, base: None }).collect());
            });
        });
    }
    done.into_iter().map(AtomicBool::into_inner).collect()
}

/// What is wanted of a pack, and what that is made of.
struct Forest {
    nodes: Vec<Node>,
    /// Children, those of one node one after the other.
    children: Vec<u32>,
    roots: Vec<u32>,
}

struct Node {
    offset: u64,
    /// Index of the blob, if it is wanted.
    blob: Option<usize>,
    base: Option<u32>,
    children: Range<usize>,
    /// How many nodes are below, with itself.
    below: u32,
}

impl Forest {
    fn plant(bundle: &pack::Bundle, mut wanted: Vec<(u64, usize)>) -> Self {
        wanted.sort_unstable();
        let mut by_offset: FxHashMap<u64, u32> = FxHashMap::default();
        let mut nodes: Vec<Node> = Vec::with_capacity(wanted.len());
        let add = |nodes: &mut Vec<Node>, offset, blob| {
            nodes.push(Node { offset, blob, base: None, children: 0..0, below: 1 });
            u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
        };
        for (offset, blob) in wanted {
            let node = add(&mut nodes, offset, Some(blob));
            by_offset.insert(offset, node);
        }
        let mut roots = Vec::new();
        let mut at = 0;
        while at < nodes.len() {
            let offset = nodes[at].offset;
            match quietly(|| header(bundle, offset)).flatten() {
                Some(Of::Blob) => roots.push(u32::try_from(at).unwrap_or(u32::MAX)),
                Some(Of::Base(base)) => {
                    let base = *by_offset.entry(base).or_insert_with(|| add(&mut nodes, base, None));
                    nodes[at].base = Some(base);
                }
                None => {}
            }
            at += 1;
        }
        let mut forest = Self { children: vec![0; nodes.len()], nodes, roots };
        forest.link();
        forest
    }

    /// Gives each node its children and counts what is below it. What leads round in a circle is below no root.
    fn link(&mut self) {
        let mut counts = vec![0_usize; self.nodes.len() + 1];
        for base in self.nodes.iter().filter_map(|node| node.base) {
            counts[base as usize] += 1;
        }
        let mut from = 0;
        for (node, count) in self.nodes.iter_mut().zip(&counts) {
            node.children = from..from;
            from += count;
        }
        for at in 0..self.nodes.len() {
            if let Some(base) = self.nodes[at].base {
                let end = &mut self.nodes[base as usize].children.end;
                self.children[*end] = u32::try_from(at).unwrap_or(u32::MAX);
                *end += 1;
            }
        }
        let mut order = self.roots.clone();
        let mut at = 0;
        while let Some(node) = order.get(at) {
            order.extend_from_slice(&self.children[self.nodes[*node as usize].children.clone()]);
            at += 1;
        }
        for node in order.into_iter().rev() {
            let Node { base, below, .. } = self.nodes[node as usize];
            if let Some(base) = base {
                self.nodes[base as usize].below += below;
            }
        }
    }
}

enum Of {
    Blob,
    Base(u64),
}

fn header(bundle: &pack::Bundle, offset: u64) -> Option<Of> {
    let entry = bundle.pack.entry(offset).ok()?;
    match entry.header {
        Header::Blob => Some(Of::Blob),
        Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance).map(Of::Base),
        Header::RefDelta { base_id } => {
            lookup(bundle, &base_id).map(|at| Of::Base(bundle.index.pack_offset_at_index(at)))
        }
        _ => None,
    }
}

/// Runs what reads a pack that somebody may have tampered with.
fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).ok()
}

/// What is called with a version: its index, its bytes, what came before it. It gives what is to be noted of it.
pub type Visit<'w, N> = dyn Fn(usize, Arc<Vec<u8>>, Option<Before<'_, N>>) -> Option<N> + Sync + 'w;

struct Walk<'w, N> {
    bundle: &'w pack::Bundle,
    forest: &'w Forest,
    visit: &'w Visit<'w, N>,
    done: &'w [AtomicBool],
    held: &'w AtomicU64,
}

/// A base, and what was noted of it.
type Base<'w, N> = (Arc<Held<'w>>, Arc<Option<N>>);

/// A version that is kept for those below it, counted in [`MOST`].
struct Held<'w> {
    data: Arc<Vec<u8>>,
    all: &'w AtomicU64,
}

impl<'w> Held<'w> {
    fn new(data: Arc<Vec<u8>>, all: &'w AtomicU64) -> Option<Self> {
        let size = data.len() as u64;
        let before = all.fetch_add(size, Ordering::Relaxed);
        // Where it is too much, dropping it takes it off again.
        let held = Self { data, all };
        (before + size <= MOST).then_some(held)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.data.len() as u64, Ordering::Relaxed);
    }
}

/// A node whose base is unpacked.
struct Task<'w, N> {
    node: u32,
    base: Option<Base<'w, N>>,
}

impl<'w, N: Send + Sync> Walk<'w, N> {
    /// Walks down from nodes of which the last comes first.
    fn down<'s>(&'s self, scope: &rayon::Scope<'s>, mut open: Vec<Task<'w, N>>)
    where
        'w: 's,
    {
        let mut inflate = Inflate::default();
        let mut packed = Vec::new();
        while let Some(task) = open.pop() {
            let node = &self.forest.nodes[task.node as usize];
            let base = task.base.as_ref().map(|(held, _)| held.data.as_slice());
            let Some((data, new)) = quietly(|| self.unpack(node, base, &mut inflate, &mut packed)).flatten() else {
                inflate = Inflate::default();
                continue;
            };
            let children = &self.forest.children[node.children.clone()];
            let data = Arc::new(data);
            let kept = if children.is_empty() { None } else { Held::new(data.clone(), self.held) };
            let mut note = None;
            if let Some(blob) = node.blob {
                let before = task.base.as_ref().and_then(|(_, note)| note.as_ref().as_ref());
                note = (self.visit)(blob, data, before.map(|note| Before { note, new: &new }));
                self.done[blob].store(true, Ordering::Relaxed);
            }
            let Some(held) = kept else { continue };
            let (held, note) = (Arc::new(held), Arc::new(note));
            for child in children {
                let task = Task { node: *child, base: Some((held.clone(), note.clone())) };
                if self.forest.nodes[*child as usize].below >= TASK {
                    scope.spawn(move |scope| self.down(scope, vec![task]));
                } else {
                    open.push(task);
                }
            }
        }
    }

    /// The content of a node, and what of it is new.
    fn unpack(
        &self,
        node: &Node,
        base: Option<&[u8]>,
        inflate: &mut Inflate,
        packed: &mut Vec<u8>,
    ) -> Option<(Vec<u8>, Vec<Range<usize>>)> {
        let entry = self.bundle.pack.entry(node.offset).ok()?;
        let size = usize::try_from(entry.decompressed_size).ok().filter(|size| *size as u64 <= LARGEST)?;
        match base {
            None => {
                let mut data = vec![0; size];
                self.bundle.pack.decompress_entry(&entry, inflate, &mut data).ok()?;
                Some((data, Vec::new()))
            }
            Some(base) => {
                packed.resize(size, 0);
                self.bundle.pack.decompress_entry(&entry, inflate, packed).ok()?;
                apply(base, packed)
            }
        }
    }
}

/// Applies a delta; tells the pieces of the outcome that are new, and the empty ones between pieces that were apart.
fn apply(base: &[u8], delta: &[u8]) -> Option<(Vec<u8>, Vec<Range<usize>>)> {
    let mut at = 0;
    if size(delta, &mut at)? != base.len() as u64 {
        return None;
    }
    let length = usize::try_from(size(delta, &mut at)?).ok().filter(|length| *length as u64 <= LARGEST)?;
    let mut data = Vec::with_capacity(length);
    let mut new: Vec<Range<usize>> = Vec::new();
    // Where the base goes on behind what was copied last.
    let mut goes_on = Some(0);
    while let Some(&command) = delta.get(at) {
        at += 1;
        let start = data.len();
        if command & 0x80 == 0 {
            let inserted = delta.get(at..at + usize::from(command)).filter(|bytes| !bytes.is_empty())?;
            at += inserted.len();
            data.extend_from_slice(inserted);
            match new.last_mut().filter(|last| last.end == start) {
                Some(last) => last.end = data.len(),
                None => new.push(start..data.len()),
            }
            goes_on = None;
        } else {
            let (mut from, mut count) = (0_usize, 0_usize);
            for (bit, value, shift) in
                (0..4).map(|bit| (bit, true, bit * 8)).chain((0..3).map(|bit| (bit + 4, false, bit * 8)))
            {
                if command & (1 << bit) != 0 {
                    let byte = usize::from(*delta.get(at)?) << shift;
                    *(if value { &mut from } else { &mut count }) |= byte;
                    at += 1;
                }
            }
            let count = if count == 0 { 0x1_0000 } else { count };
            data.extend_from_slice(base.get(from..from.checked_add(count)?)?);
            if goes_on.is_some_and(|next| next != from) {
                new.push(start..start);
            }
            goes_on = Some(from + count);
        }
        if data.len() > length {
            return None;
        }
    }
    if goes_on.is_some_and(|next| next != base.len()) {
        new.push(length..length);
    }
    (data.len() == length).then_some((data, new))
}

/// A size at the beginning of a delta.
fn size(delta: &[u8], at: &mut usize) -> Option<u64> {
    let (mut size, mut shift) = (0_u64, 0_u32);
    loop {
        let byte = *delta.get(*at)?;
        *at += 1;
        size |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(size);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_a_limit() {
        let all = AtomicU64::new(MOST - 1);
        assert!(Held::new(Arc::new(vec![0; 2]), &all).is_none());
        let held = Held::new(Arc::new(vec![0]), &all);
        assert!(held.is_some() && Held::new(Arc::new(vec![0]), &all).is_none());
        drop(held);
        assert_eq!(all.into_inner(), MOST - 1);
    }

    #[test]
    fn a_delta_tells_what_is_new() {
        let base = b"0123456789";
        // Copy 0..4, insert `ab`, copy 4..10: nothing but `ab` is new.
        let told = |delta: &[u8]| {
            let (data, new) = apply(base, delta).unwrap();
            (data, new.into_iter().map(|piece| (piece.start, piece.end)).collect::<Vec<_>>())
        };
        assert_eq!(told(b"\x0a\x0c\x90\x04\x02ab\x91\x04\x06"), (b"0123ab456789".to_vec(), vec![(4, 6)]));
        // Copy 0..4, copy 6..10: two bytes are gone where nothing is new.
        assert_eq!(told(b"\x0a\x08\x90\x04\x91\x06\x04"), (b"01236789".to_vec(), vec![(4, 4)]));
        // The end is gone.
        assert_eq!(told(b"\x0a\x04\x90\x04"), (b"0123".to_vec(), vec![(4, 4)]));
        // All of it, in two steps.
        assert_eq!(told(b"\x0a\x0a\x90\x04\x91\x04\x06"), (base.to_vec(), Vec::new()));
    }

    #[test]
    fn a_damaged_delta_is_none() {
        let base = b"0123456789";
        for delta in [
            b"".as_slice(),
            b"\x0a",
            b"\x09\x04\x90\x04",
            b"\x0a\x04\x90\x05",
            b"\x0a\x04\x90",
            b"\x0a\x04\x00",
            b"\x0a\x04\x05ab",
            b"\x0a\x14\x91\x04\x10",
        ] {
            assert_eq!(apply(base, delta), None, "{delta:?}");
        }
    }
}
