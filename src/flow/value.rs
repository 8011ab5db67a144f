//! Abstract values: what a value may be ([`Ref`]) and where its content may come from ([`Taint`]), as two small numbers.
//!
//! Sets are interned, so that values are copied and compared as numbers; equal sets are the same set. An analysis of one
//! function owns its interner; what leaves it is written out as `super::summary::Portable`.

use rustc_hash::FxHashMap;

use super::facts::{FileId, Place};
use super::names::NameId;
use super::project::{ClassNo, FuncId};
use crate::base::Span;
use crate::model::index::{Kinds, NodeId};

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Interns sets and keeps the steps of one analysis.
#[derive(Debug)]
pub struct Interner {
    refs: Vec<Box<[Ref]>>,
    ref_ids: FxHashMap<Box<[Ref]>, u32>,
    taints: Vec<Box<[Taint]>>,
    taint_ids: FxHashMap<Box<[Taint]>, u32>,
    ref_joins: FxHashMap<(u32, u32), u32>,
    taint_joins: FxHashMap<(u32, u32), u32>,
    steps: Vec<(u32, Step)>,
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self {
            refs: Vec::new(),
            ref_ids: FxHashMap::default(),
            taints: Vec::new(),
            taint_ids: FxHashMap::default(),
            ref_joins: FxHashMap::default(),
            taint_joins: FxHashMap::default(),
            steps: Vec::new(),
        };
        for fixed in [&[][..], &[Ref::Any], &[Ref::Text], &[Ref::Scalar], &[Ref::Null]] {
            interner.ref_set(fixed.to_vec());
        }
        interner.taint_set(Vec::new());
        interner
    }
}

impl Interner {
    /// The set of some references, sorted and bounded.
    pub fn ref_set(&mut self, mut refs: Vec<Ref>) -> RefSet {
        refs.sort_unstable();
        refs.dedup();
        if refs.len() > MAX_REFS {
            refs.retain(|one| !matches!(one, Ref::Str(_) | Ref::Int(_) | Ref::Any));
            refs.truncate(MAX_REFS - 1);
            refs.insert(0, Ref::Any);
        }
        if let Some(id) = self.ref_ids.get(refs.as_slice()) {
            return RefSet(*id);
        }
        let id = u32::try_from(self.refs.len()).unwrap_or(0);
        self.refs.push(refs.clone().into());
        self.ref_ids.insert(refs.into(), id);
        RefSet(id)
    }

    /// The set of one reference.
    pub fn one(&mut self, one: Ref) -> RefSet {
        if let Some(id) = self.ref_ids.get([one].as_slice()) {
            return RefSet(*id);
        }
        self.ref_set(vec![one])
    }

    /// What a set holds.
    #[must_use]
    pub fn refs(&self, set: RefSet) -> &[Ref] {
        &self.refs[set.0 as usize]
    }

    /// What a set holds.
    #[must_use]
    pub fn taints(&self, set: TaintSet) -> &[Taint] {
        &self.taints[set.0 as usize]
    }

    /// The set of some taints: one entry per origin, safe only for what every way to it is safe for.
    pub fn taint_set(&mut self, mut taints: Vec<Taint>) -> TaintSet {
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
        if let Some(id) = self.taint_ids.get(taints.as_slice()) {
            return TaintSet(*id);
        }
        let id = u32::try_from(self.taints.len()).unwrap_or(0);
        self.taints.push(taints.clone().into());
        self.taint_ids.insert(taints.into(), id);
        TaintSet(id)
    }

    /// The union of two sets.
    pub fn join_refs(&mut self, a: RefSet, b: RefSet) -> RefSet {
        if a == b || b == RefSet::NONE {
            return a;
        }
        if a == RefSet::NONE {
            return b;
        }
        if let Some(id) = self.ref_joins.get(&(a.0, b.0)) {
            return RefSet(*id);
        }
        let mut all = self.refs(a).to_vec();
        all.extend_from_slice(self.refs(b));
        let joined = self.ref_set(all);
        self.ref_joins.insert((a.0, b.0), joined.0);
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
        if let Some(id) = self.taint_joins.get(&(a.0, b.0)) {
            return TaintSet(*id);
        }
        let mut all = self.taints(a).to_vec();
        all.extend_from_slice(self.taints(b));
        let joined = self.taint_set(all);
        self.taint_joins.insert((a.0, b.0), joined.0);
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
        let changed = self.taints(set).iter().filter_map(|taint| change(*taint)).collect();
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
        let mut taints = self.taints(set).to_vec();
        for taint in &mut taints {
            taint.trace = self.push_step(taint.trace, step);
        }
        self.taint_set(taints)
    }

    /// A trace with one more step; a repeated step is not told twice.
    pub fn push_step(&mut self, trace: u32, step: Step) -> u32 {
        if let Some((_, last)) = self.steps.get(trace as usize)
            && last.span == step.span
            && last.file == step.file
        {
            return trace;
        }
        self.steps.push((trace, step));
        u32::try_from(self.steps.len() - 1).unwrap_or(NO_TRACE)
    }

    /// The steps of a trace in order; of a long one, the first and the last.
    #[must_use]
    pub fn trace(&self, mut trace: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some((previous, step)) = self.steps.get(trace as usize) {
            steps.push(*step);
            trace = *previous;
            if steps.len() > 4 * MAX_STEPS {
                break;
            }
        }
        steps.reverse();
        if steps.len() > MAX_STEPS {
            let tail = steps.split_off(steps.len() - MAX_STEPS / 2);
            steps.truncate(MAX_STEPS / 2);
            steps.extend(tail);
        }
        steps
    }
}
