//! What leaves the analysis of one unit (a module body or a top-level function): values written out in full, the summary
//! of a function, and what flowed into shared cells.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use super::facts::{AssignFact, CallFact, DecoratorFact, FileId, ReadFact};
use super::names::NameId;
use super::project::{ClassNo, FuncId};
use super::value::{FieldPath, Origin, Ref, Step};
use super::way::Way;
use crate::base::Span;
use crate::model::index::{Kinds, NodeId};

/// How many references a written-out value keeps.
const MAX_REFS: usize = 8;
/// How many sources a written-out value keeps.
const MAX_TAINTS: usize = 12;

/// References of a written-out value: one, nearly always.
pub type FewRefs = SmallVec<[Ref; 1]>;

/// A value that does not depend on the interner of an analysis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Portable {
    /// What it may be; objects are in `object`.
    pub refs: FewRefs,
    /// Where its content may come from.
    pub taints: Vec<PortableTaint>,
    /// Its fields, where it is an object.
    pub object: Option<Arc<PortableObject>>,
}

/// A taint with its way. Another way of the same taint changes nothing for those who read it.
#[derive(Debug, Clone)]
pub struct PortableTaint {
    /// Where it comes from.
    pub origin: Origin,
    /// Sink kinds for which it was made safe.
    pub cleared: Kinds,
    /// How many steps were guessed.
    pub guessed: u8,
    /// The way.
    pub way: Way,
}

impl PartialEq for PortableTaint {
    fn eq(&self, other: &Self) -> bool {
        (self.origin, self.cleared, self.guessed) == (other.origin, other.cleared, other.guessed)
    }
}

/// The fields of an object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortableObject {
    /// Name, value, and whether it may be missing.
    pub fields: Vec<(NameId, Portable, bool)>,
    /// What is under unknown keys.
    pub rest: Option<Portable>,
    /// See [`super::state::Object`].
    pub overlay: bool,
    /// See [`super::state::Object`].
    pub is_list: bool,
    /// See [`super::state::Object`].
    pub count: Option<u32>,
}

impl Portable {
    /// Takes in another value.
    pub fn join(&mut self, other: &Self) {
        for one in &other.refs {
            if !self.refs.contains(one) {
                self.refs.push(*one);
            }
        }
        if self.refs.len() > MAX_REFS {
            // Of so many, what libraries and functions give is worth keeping.
            self.refs.retain(|one| matches!(one, Ref::Api(..) | Ref::Func(_)));
            self.refs.sort_unstable();
            self.refs.truncate(MAX_REFS - 1);
            self.refs.push(Ref::Any);
        }
        self.refs.sort_unstable();
        for taint in &other.taints {
            let room = self.taints.len() < MAX_TAINTS;
            match self.taints.iter_mut().find(|mine| mine.origin == taint.origin) {
                Some(mine) => {
                    mine.cleared &= taint.cleared;
                    mine.guessed = mine.guessed.min(taint.guessed);
                }
                None if room => self.taints.push(taint.clone()),
                None => {}
            }
        }
        self.taints.sort_by_key(|taint| taint.origin);
        match (&mut self.object, &other.object) {
            (_, None) => {}
            (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
            (Some(mine), Some(theirs)) => {
                if mine != theirs {
                    Arc::make_mut(mine).join(theirs);
                }
            }
        }
    }

    /// Whether joining it with nothing would leave it as it is.
    pub(super) fn is_ordered(&self) -> bool {
        self.refs.len() <= MAX_REFS
            && self.refs.is_sorted_by(|a, b| a < b)
            && self.taints.len() <= MAX_TAINTS
            && self.taints.is_sorted_by(|a, b| a.origin < b.origin)
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.refs.is_empty() && self.taints.is_empty() && self.object.is_none()
    }
}

impl PortableObject {
    fn join(&mut self, other: &Self) {
        for field in &mut self.fields {
            match other.fields.iter().find(|theirs| theirs.0 == field.0) {
                Some(theirs) => {
                    field.1.join(&theirs.1);
                    field.2 |= theirs.2;
                }
                None => field.2 = true,
            }
        }
        for (name, value, _) in &other.fields {
            if self.fields.len() < 96 && !self.fields.iter().any(|field| field.0 == *name) {
                self.fields.push((*name, value.clone(), true));
            }
        }
        match (&mut self.rest, &other.rest) {
            (Some(mine), Some(theirs)) => mine.join(theirs),
            (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
            (_, None) => {}
        }
        self.overlay |= other.overlay;
        if self.count != other.count {
            self.count = None;
        }
    }
}

/// A place where values of different units meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A module variable; [`EXPORTS`] and [`DEFAULT`] are hidden ones.
    Var(FileId, u32),
    /// A variable of a top-level function that functions nested in it use.
    Local(FuncId, u32),
    /// A field of the instances of a class, or a class attribute.
    Field(ClassNo, NameId),
    /// What a parameter of a function gets from those who call it: types, not taint. [`RETURNED`] holds sinks of its result.
    Seed(FuncId, u8),
    /// The library types that a class is a subclass of.
    Bases(ClassNo),
    /// A member that the project itself puts on a library value: `req.user`, `g.user`.
    Member(NodeId, NameId),
    /// The nth value that is passed along with an event of that name.
    Event(NameId, u8),
    /// What the prototype of a constructor function holds.
    Prototype(FuncId),
    /// Fields of a parameter that callers have looked at; and, from a number on, that a framework passes it.
    Checked(FuncId, u8),
}

impl Hash for Cell {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (tag, of, which) = match *self {
            Self::Var(file, var) => (0, file.0, var),
            Self::Local(function, var) => (1, function.0, var),
            Self::Field(class, name) => (2, class.0, name.0),
            Self::Seed(function, param) => (3, function.0, u32::from(param)),
            Self::Bases(class) => (4, class.0, 0),
            Self::Member(node, name) => (5, node.0, name.0),
            Self::Event(name, at) => (6, name.0, u32::from(at)),
            Self::Prototype(function) => (7, function.0, 0),
            Self::Checked(function, param) => (3, function.0, 256 + u32::from(param)),
        };
        let number = u64::from(of) << 32 | u64::from(which);
        state.write_u64(number ^ (tag << 61));
    }
}

/// `module.exports`.
pub const EXPORTS: u32 = u32::MAX;
/// `export default`.
pub const DEFAULT: u32 = u32::MAX - 1;
/// The pseudo parameter that holds the sinks of a function's result.
pub const RETURNED: u8 = 254;

/// What a function does, as its callers see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// What it returns.
    pub returns: Portable,
    /// Fields it sets on its parameters.
    pub effects: Vec<(u8, Arc<PortableObject>)>,
    /// Sinks that its parameters reach.
    pub sinks: Vec<SinkUse>,
    /// Parameters that are safe for some sink kinds once it has returned.
    pub clears: Vec<(u8, Kinds)>,
    /// Parameters, and fields of parameters, that are safe for some sink kinds if its result is true (or false).
    pub validates: Vec<((u8, FieldPath), Kinds, bool)>,
    /// It never returns.
    pub diverges: bool,
    /// Calls of what was passed as a parameter, in order; their results are parameters from [`super::value::RESULTS`] on.
    pub calls: Vec<HigherCall>,
    /// What it puts into shared cells, in terms of its parameters.
    pub gives: Vec<(Cell, Arc<Portable>)>,
}

/// A call of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct HigherCall {
    /// Which parameter is called.
    pub param: u8,
    /// The arguments: keyword, how it is spread, value.
    pub args: Vec<(Option<NameId>, crate::syntax::Spread, Portable)>,
}

/// A parameter that reaches a sink. Another way of the same use changes nothing for callers.
#[derive(Debug, Clone)]
pub struct SinkUse {
    /// Index into [`crate::model::index::Index::sinks`].
    pub sink: u32,
    /// Where.
    pub file: FileId,
    /// Where.
    pub span: Span,
    /// The function that the sink stands in.
    pub inside: Option<FuncId>,
    /// Which parameter.
    pub param: u8,
    /// Which field of it.
    pub path: FieldPath,
    /// Sink kinds for which it was made safe on the way.
    pub cleared: Kinds,
    /// How many steps were guessed.
    pub guessed: u8,
    /// The way from the parameter to the sink.
    pub way: Way,
}

impl PartialEq for SinkUse {
    fn eq(&self, other: &Self) -> bool {
        let key = |used: &Self| (used.sink, used.file, used.span, used.param, used.path, used.cleared, used.guessed);
        key(self) == key(other)
    }
}

/// A source that reaches a sink.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Index into [`crate::model::index::Index::sinks`].
    pub sink: u32,
    /// Where.
    pub file: FileId,
    /// Where.
    pub span: Span,
    /// The function that the sink stands in.
    pub inside: Option<FuncId>,
    /// Index into [`crate::model::index::Index::sources`].
    pub source: u32,
    /// The file of the source.
    pub source_file: FileId,
    /// Where the source is.
    pub source_span: Span,
    /// How many steps were guessed.
    pub guessed: u8,
    /// The way, source first.
    pub steps: Vec<Step>,
}

/// Facts of one unit.
#[derive(Debug, Default)]
pub struct UnitFacts {
    /// Calls by expression.
    pub calls: Vec<CallFact>,
    /// Reads.
    pub reads: Vec<ReadFact>,
    /// Assignments.
    pub assigns: Vec<AssignFact>,
    /// Decorators of functions.
    pub decorators: Vec<(FuncId, Vec<DecoratorFact>)>,
}

/// Everything that the analysis of one unit gives.
#[derive(Debug, Default)]
pub struct UnitResult {
    /// The summary, for a function.
    pub summary: Summary,
    /// What it puts into cells.
    pub cells: Vec<(Cell, Portable)>,
    /// Sources that reach sinks.
    pub hits: Vec<Hit>,
    /// Parameters that may be anything, should nobody call the function.
    pub open: Vec<(u8, Span)>,
    /// Facts.
    pub facts: UnitFacts,
    /// Cells that it read.
    pub read_cells: Vec<Cell>,
    /// Fields that it read of a class and of all that the class is made from.
    pub read_fields: Vec<(ClassNo, NameId)>,
    /// Functions whose summaries it used.
    pub called: Vec<FuncId>,
    /// How many steps it took.
    pub used: u32,
    /// Whether its budget ran out.
    pub exhausted: bool,
}
