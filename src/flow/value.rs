//! Abstract values: what a value may be ([`Ref`]) and where its content may come from ([`Taint`]), as two small numbers.
//!
//! Sets are interned, so that values are copied and compared as numbers; equal sets are the same set. An analysis of one
//! function owns its interner; what leaves it is written out as `super::summary::Portable`.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::facts::{FileId, Place};
use super::names::NameId;
use super::project::{ClassNo, FuncId};
use super::way::{Back, Part, Way};
use crate::base::Span;
use crate::model::index::{Kinds, NodeId};

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ref {
    /// Anything: nothing is known.
    Any,
    /// Constant text.
    Str(NameId),
    /// A constant whole number.
    Int(i64),
    /// A constant boolean.
    Bool(bool),
    /// `None`, `null`, `undefined`.
    Null,
    /// Text that is not constant as a whole.
    Text,
    /// Text that begins so; an unknown part in it is `\u{1}`.
    Starts(NameId),
    /// A number, a boolean, a date: nothing that carries text of others.
    Scalar,
    /// A library value by its access path, and the call that made it.
    Api(NodeId, Option<Place>),
    /// A function of the project.
    Func(FuncId),
    /// A class of the project.
    Class(ClassNo),
    /// An instance of a class of the project.
    Instance(ClassNo),
    /// A file of the project as a module.
    Module(FileId),
    /// An object with known fields: an index into the heap of the state.
    Object(u32),
    /// Whatever the caller passes for a parameter; [`RECEIVER`] is the value left of the dot.
    Param(u8),
    /// Whatever is in a field below a parameter: its own fields are told apart, too.
    Field,
}

/// The parameter number of the receiver.
pub const RECEIVER: u8 = u8::MAX;

/// Captured variables of a nested function that runs on its own are parameters from this number on.
pub const CAPTURED: u8 = 128;
/// Results of calling what was passed as a parameter are parameters from this number on.
pub const RESULTS: u8 = 200;

/// How many references a value keeps before it is [`Ref::Any`] besides them.
const MAX_REFS: usize = 8;
/// How many sources a value keeps.
const MAX_TAINTS: usize = 12;
/// How long an access path below a parameter may get.
pub const PATH: usize = 3;

/// Fields below a parameter; unused places hold [`super::names::known::NONE`].
pub type FieldPath = [NameId; PATH];

/// No fields.
pub const WHOLE: FieldPath = [super::names::known::NONE; PATH];

/// Where taint comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A source of a model.
    Source {
        /// The file.
        file: FileId,
        /// Where.
        span: Span,
        /// Index into [`crate::model::index::Index::sources`].
        source: u32,
    },
    /// Whatever the caller passes, or a field of it.
    Param(u8, FieldPath),
}

/// One origin with what happened on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Taint {
    /// Where it comes from.
    pub origin: Origin,
    /// Sink kinds for which it was made safe.
    pub cleared: Kinds,
    /// How many steps were guessed.
    pub guessed: u8,
    /// The way so far, as an index into the interner's steps.
    pub trace: u32,
}

/// A value: an interned set of [`Ref`] and an interned set of [`Taint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value {
    /// What it may be.
    pub refs: RefSet,
    /// Where its content may come from.
    pub taint: TaintSet,
}

/// An interned set of [`Ref`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefSet(u32);

/// An interned set of [`Taint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaintSet(u32);

impl RefSet {
    /// Nothing: never assigned.
    pub const NONE: Self = Self(0);
    /// Unknown.
    pub const ANY: Self = Self(1);
    /// Text.
    pub const TEXT: Self = Self(2);
    /// A scalar.
    pub const SCALAR: Self = Self(3);
    /// Null.
    pub const NULL: Self = Self(4);

    /// Whether it is one of those: no object, no function.
    #[must_use]
    pub fn is_plain(self) -> bool {
        self.0 <= Self::NULL.0
    }
}

impl TaintSet {
    /// Clean.
    pub const CLEAN: Self = Self(0);
}

impl Value {
    /// Never assigned.
    pub const NONE: Self = Self { refs: RefSet::NONE, taint: TaintSet::CLEAN };
    /// Unknown and clean.
    pub const ANY: Self = Self { refs: RefSet::ANY, taint: TaintSet::CLEAN };
    /// A clean scalar.
    pub const SCALAR: Self = Self { refs: RefSet::SCALAR, taint: TaintSet::CLEAN };
    /// Null.
    pub const NULL: Self = Self { refs: RefSet::NULL, taint: TaintSet::CLEAN };

    /// Unknown with the taint.
    #[must_use]
    pub fn any(taint: TaintSet) -> Self {
        Self { refs: RefSet::ANY, taint }
    }

    /// Text with the taint.
    #[must_use]
    pub fn text(taint: TaintSet) -> Self {
        Self { refs: RefSet::TEXT, taint }
    }
}

/// What a step of a trace did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Did {
    /// Read from a source.
    Source(u32),
    /// Assigned to a variable or field.
    Assigned(NameId),
    /// Joined with text, formatted.
    Joined,
    /// Passed through a library function.
    Through(NameId),
    /// Passed into a parameter of a project function.
    Passed(FuncId),
    /// Came back from a project function.
    Returned(FuncId),
    /// Kept in a module variable or a field, read somewhere else.
    Kept(NameId),
}

/// One step of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step {
    /// The file.
    pub file: FileId,
    /// Where.
    pub span: Span,
    /// What.
    pub did: Did,
}

/// No steps yet.
pub const NO_TRACE: u32 = u32::MAX;

/// How many steps of a trace are told.
pub const MAX_STEPS: usize = 24;

impl Hash for Ref {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (tag, content) = match *self {
            Self::Any => (0, 0),
            Self::Str(name) => (1, u64::from(name.0)),
            Self::Int(number) => (2, number.cast_unsigned()),
            Self::Bool(yes) => (3, u64::from(yes)),
            Self::Null => (4, 0),
            Self::Text => (5, 0),
            Self::Starts(name) => (6, u64::from(name.0)),
            Self::Scalar => (7, 0),
            Self::Api(node, made) => {
                let place = made.map_or(0, |place| 1 + (u64::from(place.file.0) << 32 | u64::from(place.expr.index())));
                (8, u64::from(node.0) ^ place.rotate_left(20))
            }
            Self::Func(function) => (9, u64::from(function.0)),
            Self::Class(class) => (10, u64::from(class.0)),
            Self::Instance(class) => (11, u64::from(class.0)),
            Self::Module(file) => (12, u64::from(file.0)),
            Self::Object(at) => (13, u64::from(at)),
            Self::Param(param) => (14, u64::from(param)),
            Self::Field => (15, 0),
        };
        state.write_u64(content ^ (tag << 56));
    }
}

/// References on their way into a set.
pub type Refs = SmallVec<[Ref; 8]>;
/// Taints on their way into a set.
pub type Taints = SmallVec<[Taint; 4]>;

/// Different sets, one behind the other, by number.
#[derive(Debug)]
struct Sets<T> {
    items: Vec<T>,
    /// Where each begins; the next one's beginning is its end.
    starts: Vec<u32>,
    ids: HashTable<u32>,
}

impl<T> Default for Sets<T> {
    fn default() -> Self {
        Self { items: Vec::new(), starts: Vec::new(), ids: HashTable::new() }
    }
}

impl<T: Copy + Eq + Hash> Sets<T> {
    fn get(&self, id: u32) -> &[T] {
        let start = self.starts[id as usize] as usize;
        let end = self.starts.get(id as usize + 1).map_or(self.items.len(), |end| *end as usize);
        &self.items[start..end]
    }

    fn find(&self, hash: u64, set: &[T]) -> Option<u32> {
        self.ids.find(hash, |id| self.get(*id) == set).copied()
    }

    fn intern(&mut self, set: &[T]) -> u32 {
        let hash = FxBuildHasher.hash_one(set);
        if let Some(id) = self.find(hash, set) {
            return id;
        }
        let id = u32::try_from(self.starts.len()).unwrap_or(0);
        self.starts.push(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        self.items.extend_from_slice(set);
        let (items, starts) = (&self.items, &self.starts);
        let hash_of = |id: &u32| {
            let start = starts[*id as usize] as usize;
            let end = starts.get(*id as usize + 1).map_or(items.len(), |end| *end as usize);
            FxBuildHasher.hash_one(&items[start..end])
        };
        self.ids.insert_unique(hash, id, hash_of);
        id
    }

    fn clear(&mut self) {
        self.items.clear();
        self.starts.clear();
        self.ids.clear();
    }
}

/// The tables of an interner, kept for the next analysis of the same thread: most functions are small, and making the
/// tables would cost as much as filling them.
#[derive(Debug, Default)]
struct Tables {
    refs: Sets<Ref>,
    taints: Sets<Taint>,
    ref_joins: FxHashMap<(u32, u32), u32>,
    taint_joins: FxHashMap<(u32, u32), u32>,
    steps: Vec<(u32, Part)>,
    /// Those that were written out, by the same numbers.
    ways: RefCell<Vec<Way>>,
}

thread_local! {
    static SPARE: Cell<Option<Box<Tables>>> = const { Cell::new(None) };
}

/// Interns sets and keeps the steps of one analysis.
#[derive(Debug)]
pub struct Interner {
    tables: Box<Tables>,
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self { tables: SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default() };
        for fixed in [&[][..], &[Ref::Any], &[Ref::Text], &[Ref::Scalar], &[Ref::Null]] {
            interner.tables.refs.intern(fixed);
        }
        interner.tables.taints.intern(&[]);
        interner
    }
}

impl Drop for Interner {
    fn drop(&mut self) {
        /// Clearing a table takes as long as it is large.
        const LARGE: usize = 4_096;
        let mut tables = std::mem::take(&mut self.tables);
        let Tables { refs, taints, ref_joins, taint_joins, steps, ways } = &mut *tables;
        let largest = refs.ids.capacity().max(taints.ids.capacity()).max(ref_joins.capacity());
        if largest.max(taint_joins.capacity()) > LARGE {
            return;
        }
        refs.clear();
        taints.clear();
        ref_joins.clear();
        taint_joins.clear();
        steps.clear();
        ways.get_mut().clear();
        // Without a place to keep them, they are dropped.
        let _ = SPARE.try_with(|spare| spare.set(Some(tables)));
    }
}

impl Interner {
    /// The set of some references, sorted and bounded.
    pub fn ref_set(&mut self, refs: impl Into<Refs>) -> RefSet {
        let mut refs: Refs = refs.into();
        match *refs {
            [] => return RefSet::NONE,
            [one] => return self.one(one),
            _ => {}
        }
        refs.sort_unstable();
        refs.dedup();
        if refs.len() > MAX_REFS {
            refs.retain(|one| !matches!(one, Ref::Str(_) | Ref::Int(_) | Ref::Any));
            refs.truncate(MAX_REFS - 1);
            refs.insert(0, Ref::Any);
        }
        RefSet(self.tables.refs.intern(&refs))
    }

    /// The set of one reference.
    pub fn one(&mut self, one: Ref) -> RefSet {
        match one {
            Ref::Any => RefSet::ANY,
            Ref::Text => RefSet::TEXT,
            Ref::Scalar => RefSet::SCALAR,
            Ref::Null => RefSet::NULL,
            one => RefSet(self.tables.refs.intern(&[one])),
        }
    }

    /// What a set holds.
    #[must_use]
    pub fn refs(&self, set: RefSet) -> &[Ref] {
        self.tables.refs.get(set.0)
    }

    /// What a set holds.
    #[must_use]
    pub fn taints(&self, set: TaintSet) -> &[Taint] {
        self.tables.taints.get(set.0)
    }

    /// The set of one taint.
    pub fn one_taint(&mut self, taint: Taint) -> TaintSet {
        TaintSet(self.tables.taints.intern(&[taint]))
    }

    /// The set of some taints: one entry per origin, safe only for what every way to it is safe for.
    pub fn taint_set(&mut self, taints: impl Into<Taints>) -> TaintSet {
        let mut taints: Taints = taints.into();
        if taints.is_empty() {
            return TaintSet::CLEAN;
        }
        if taints.len() > 1 {
            taints.sort_by_key(|taint| taint.origin);
            taints.dedup_by(|next, kept| {
                let same = next.origin == kept.origin;
                if same {
                    if next.cleared & !kept.cleared == 0 && next.cleared != kept.cleared {
                        kept.trace = next.trace;
                    }
                    kept.cleared &= next.cleared;
                    kept.guessed = kept.guessed.min(next.guessed);
                }
                same
            });
            if taints.len() > MAX_TAINTS {
                // Sources before parameters: `Origin` sorts that way.
                taints.truncate(MAX_TAINTS);
            }
        }
        TaintSet(self.tables.taints.intern(&taints))
    }

    /// The union of two sets.
    pub fn join_refs(&mut self, a: RefSet, b: RefSet) -> RefSet {
        if a == b || b == RefSet::NONE {
            return a;
        }
        if a == RefSet::NONE {
            return b;
        }
        if let Some(id) = self.tables.ref_joins.get(&(a.0, b.0)) {
            return RefSet(*id);
        }
        let mut all = Refs::from_slice(self.refs(a));
        all.extend_from_slice(self.refs(b));
        let joined = self.ref_set(all);
        self.tables.ref_joins.insert((a.0, b.0), joined.0);
        joined
    }

    /// The union of two sets; where both know an origin, the way of the first is kept.
    pub fn join_taint(&mut self, a: TaintSet, b: TaintSet) -> TaintSet {
        if a == b || b == TaintSet::CLEAN {
            return a;
        }
        if a == TaintSet::CLEAN {
            return b;
        }
        if let Some(id) = self.tables.taint_joins.get(&(a.0, b.0)) {
            return TaintSet(*id);
        }
        let mut all = Taints::from_slice(self.taints(a));
        all.extend_from_slice(self.taints(b));
        let joined = self.taint_set(all);
        self.tables.taint_joins.insert((a.0, b.0), joined.0);
        joined
    }

    /// Either value.
    pub fn join(&mut self, a: Value, b: Value) -> Value {
        if a == b {
            return a;
        }
        Value { refs: self.join_refs(a.refs, b.refs), taint: self.join_taint(a.taint, b.taint) }
    }

    /// Every entry changed; `None` drops it.
    pub fn map_taint(&mut self, set: TaintSet, mut change: impl FnMut(Taint) -> Option<Taint>) -> TaintSet {
        if set == TaintSet::CLEAN {
            return set;
        }
        let before = self.taints(set);
        let changed: Taints = before.iter().filter_map(|taint| change(*taint)).collect();
        if *changed == *before {
            return set;
        }
        self.taint_set(changed)
    }

    /// The same set with some sink kinds made safe; what is safe for all is dropped.
    pub fn clear(&mut self, set: TaintSet, kinds: Kinds) -> TaintSet {
        if kinds == crate::model::index::ALL_KINDS {
            return TaintSet::CLEAN;
        }
        self.map_taint(set, |taint| Some(Taint { cleared: taint.cleared | kinds, ..taint }))
    }

    /// The same set with more guesses.
    pub fn guess(&mut self, set: TaintSet, more: u8) -> TaintSet {
        self.map_taint(set, |taint| Some(Taint { guessed: taint.guessed.saturating_add(more), ..taint }))
    }

    /// The same set with a step added to every way.
    pub fn step(&mut self, set: TaintSet, step: Step) -> TaintSet {
        if set == TaintSet::CLEAN {
            return set;
        }
        let mut taints = Taints::from_slice(self.taints(set));
        for taint in &mut taints {
            taint.trace = self.push_step(taint.trace, step);
        }
        self.taint_set(taints)
    }

    /// A trace with one more step; a repeated step is not told twice.
    pub fn push_step(&mut self, trace: u32, step: Step) -> u32 {
        let last = self.tables.steps.get(trace as usize).and_then(|(_, last)| last.last());
        if last == Some((step.file, step.span)) {
            return trace;
        }
        self.push(trace, Part::Step(step))
    }

    /// A trace that goes on as a way did.
    pub fn push_way(&mut self, trace: u32, way: &Way) -> u32 {
        match way.part() {
            Some(part) => self.push(trace, part),
            None => trace,
        }
    }

    fn push(&mut self, trace: u32, part: Part) -> u32 {
        self.tables.steps.push((trace, part));
        u32::try_from(self.tables.steps.len() - 1).unwrap_or(NO_TRACE)
    }

    /// The steps of a trace in order; of a long one, the first and the last.
    #[must_use]
    pub fn trace(&self, trace: u32) -> Vec<Step> {
        let mut back = Back::default();
        let mut at = trace;
        while let Some((before, part)) = self.tables.steps.get(at as usize)
            && !back.is_full()
        {
            back.part(part);
            at = *before;
        }
        back.steps()
    }

    /// The same, for others.
    #[must_use]
    pub fn way(&self, trace: u32) -> Way {
        let steps = &self.tables.steps;
        let mut ways = self.tables.ways.borrow_mut();
        if ways.len() < steps.len() {
            ways.resize(steps.len(), Way::default());
        }
        let (mut at, mut left) = (trace as usize, SmallVec::<[usize; 16]>::new());
        let mut way = loop {
            let Some((before, _)) = steps.get(at) else { break Way::default() };
            if !ways[at].is_empty() {
                break ways[at].clone();
            }
            left.push(at);
            at = *before as usize;
        };
        for at in left.into_iter().rev() {
            way = way.with(&steps[at].1);
            ways[at] = way.clone();
        }
        way
    }
}
