//! The abstract interpreter: runs a module body or a top-level function (with the functions nested in it) once over its
//! tree, with abstract values in place of real ones.
//!
//! What it finds: sources that reach sinks, facts, what flows into shared cells, and the function's summary, in which
//! parameters stand for whatever callers pass. `super::engine` runs units in order and repeats those whose inputs changed.

#![allow(clippy::single_match_else)] // of two ways to go on neither is the exception
#![allow(clippy::match_same_arms)] // arms tell cases apart, whatever they do today
#![allow(clippy::needless_pass_by_value)] // arguments are made for the call

mod agent;
mod answer;
mod apply;
mod argument;
mod assign;
mod bound;
mod builtin;
mod built_text;
mod call;
mod callback;
mod cells;
mod check;
mod condition;
mod constant;
mod construct;
mod deep;
mod doubt;
mod expr;
mod facts;
mod found;
mod guard;
mod guess;
mod handed;
mod handler;
mod held;
mod higher;
mod intrinsic;
mod known_calls;
mod library;
mod member;
mod operator;
mod own;
mod parts;
mod picked;
mod prefix;
mod regexp;
mod render;
mod routed;
mod schema;
mod select;
mod sink;
mod statics;
mod stmt;
mod tasks;
mod template;
mod text;
mod unknown;
pub(super) mod validator;
mod verdict;
mod vet;

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::engine::Shared;
use super::facts::FileId;
use super::names::{LocalNames, NameId};
use super::project::{FileInfo, FuncId, Project};
use super::state::{Object, State};
use super::summary::{Cell, Hit, Summary, UnitResult};
use super::value::{Did, FieldPath, Interner, RECEIVER, Ref, RefSet, Step, TaintSet, Value, WHOLE};
use crate::base::{Language, Span};
use crate::model::index::{Index, Kinds};
use crate::syntax::{ExprId, FunctionId, ParamKind, PatternId, PatternKind, Symbol, Tree};

/// How deep nested functions are run inside one another.
const MAX_FRAMES: usize = 8;
/// How often one nested function is run.
const MAX_RUNS: u32 = 6;

/// What is analysed in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A module body.
    Module(FileId),
    /// A top-level function with all that is nested in it.
    Function(FuncId),
}

pub(super) struct Loop {
    label: Option<Symbol>,
    is_switch: bool,
    breaks: Option<State>,
    continues: Option<State>,
}

/// One running function.
pub(super) struct Frame {
    function: Option<FuncId>,
    returns: Option<State>,
    result: Value,
    yields: Option<Value>,
    this: Value,
    loops: Vec<Loop>,
    /// What holds where something may be thrown inside each enclosing `try`.
    tries: Vec<Option<State>>,
    /// What was thrown inside each of them.
    thrown: Vec<Value>,
    /// What each return says of parameters: kinds that are safe if the result is true, false.
    verdicts: Option<[FxHashMap<(u8, super::value::FieldPath), Kinds>; 2]>,
    sinks: Vec<u32>,
    /// Names that loops bind to elements, one after the other.
    picked: Vec<Symbol>,
    /// Elements of our own objects that a loop looked at before it wrote into them.
    looked_at: Vec<ExprId>,
}

pub(super) struct Interp<'a> {
    shared: &'a Shared<'a>,
    project: &'a Project,
    index: &'a Index,
    unit: Unit,
    file: FileId,
    info: &'a FileInfo,
    tree: &'a Tree,
    python: bool,
    names: LocalNames<'a>,
    values: Interner,
    state: State,
    live: bool,
    frames: Vec<Frame>,
    pending: Vec<FuncId>,
    runs: FxHashMap<FuncId, u32>,
    active: Vec<FuncId>,
    nested_params: FxHashMap<FuncId, Vec<(u8, Value)>>,
    objects: FxHashMap<(u32, u32), u32>,
    object_count: u32,
    param_objects: FxHashMap<u8, u32>,
    cell_values: FxHashMap<Cell, Value>,
    /// Fields of classes that were read.
    fields: FxHashSet<(super::project::ClassNo, NameId)>,
    /// Members of values that are the same wherever they are read.
    members: FxHashMap<(Value, NameId), Value>,
    /// Whether the member that was read last depends on where it was read.
    placed: bool,
    /// Fields that the summary which is being applied has named already.
    resolved: FxHashMap<(Value, FieldPath), TaintSet>,
    imported_objects: Vec<(Cell, u32, Rc<Object>)>,
    cell_writes: FxHashMap<Cell, super::summary::Portable>,
    seen_hits: FxHashSet<(u32, FileId, Span, Span)>,
    facts: facts::Recorder,
    purpose: Vec<NameId>,
    out: UnitResult,
    fuel: u32,
    depth: u32,
    loop_depth: u32,
    apply_depth: u32,
    class_body: Option<super::project::ClassNo>,
    decorating: Option<FuncId>,
    /// Conditions that are kept in variables: `ok = check(x)`.
    checks: FxHashMap<u32, check::Check>,
    /// Fields that were put into variables: `const { name } = req.body`.
    parts: FxHashMap<u32, handed::Part>,
    /// How many guesses it is that what is brought in from a cell is what was put there.
    kept_below: u8,
    /// Forms that are filled in, by their objects, and what was sent.
    forms: FxHashMap<u32, Value>,
    /// Variables that go down an object by keys from outside, and what is written to by such keys.
    walks: own::Walks,
    /// The call whose result is being brought in, so that its objects are the same each time it is passed.
    site: Option<(u32, u32)>,
}

/// Analyses one unit.
pub(super) fn run(shared: &Shared<'_>, unit: Unit, fuel: u32) -> UnitResult {
    let file = match unit {
        Unit::Module(file) => file,
        Unit::Function(function) => shared.project.function(function).place.file,
    };
    let info = shared.project.file(file);
    let vars = match unit {
        Unit::Module(_) => info.scopes.module_count,
        Unit::Function(function) => {
            let root = shared.project.function(function).root;
            let place = shared.project.function(root).place;
            info.scopes.functions[place.function.at()].locals
        }
    };
    let mut interp = Interp {
        shared,
        project: shared.project,
        index: shared.index,
        unit,
        file,
        info,
        tree: &info.tree,
        python: info.tree.language == Language::Python,
        names: LocalNames::new(&shared.project.names),
        values: Interner::default(),
        state: State::new(vars as usize),
        live: true,
        frames: Vec::new(),
        pending: Vec::new(),
        runs: FxHashMap::default(),
        active: Vec::new(),
        nested_params: FxHashMap::default(),
        objects: FxHashMap::default(),
        object_count: 0,
        param_objects: FxHashMap::default(),
        cell_values: FxHashMap::default(),
        fields: FxHashSet::default(),
        members: FxHashMap::default(),
        placed: true,
        resolved: FxHashMap::default(),
        imported_objects: Vec::new(),
        cell_writes: FxHashMap::default(),
        seen_hits: FxHashSet::default(),
        facts: facts::Recorder::default(),
        purpose: Vec::new(),
        out: UnitResult::default(),
        fuel,
        depth: 0,
        loop_depth: 0,
        apply_depth: 0,
        class_body: None,
        decorating: None,
        checks: FxHashMap::default(),
        parts: FxHashMap::default(),
        kept_below: 0,
        forms: FxHashMap::default(),
        walks: own::Walks::default(),
        site: None,
    };
    match unit {
        Unit::Module(_) => interp.run_module(),
        Unit::Function(function) => interp.run_function(function),
    }
    interp.out.used = fuel.saturating_sub(interp.fuel);
    interp.finish()
}

impl Interp<'_> {
    fn run_module(&mut self) {
        let tree = self.tree;
        self.frames.push(Frame::new(None, Value::ANY));
        self.module_handlers();
        self.exec_block(&tree.root);
        self.run_pending();
        self.export_module();
    }

    fn run_function(&mut self, function: FuncId) {
        let id = self.project.function(function).place.function;
        let node = self.tree.function(id);
        let info = *self.project.function(function);
        let mut this = Value::NONE;
        if info.class.is_some() || !self.python {
            this = self.receiver(function);
        }
        let mut frame = Frame::new(Some(function), this);
        frame.verdicts = Some(Default::default());
        frame.sinks = self.returned_sinks(function);
        self.frames.push(frame);
        self.active.push(function);
        let shift = usize::from(info.takes_self);
        for (at, param) in node.params.iter().enumerate() {
            if at < shift {
                self.bind_pattern(param.pattern, this, self.tree.pattern(param.pattern).span);
                continue;
            }
            let number = u8::try_from(at - shift).unwrap_or(RETURNED_LIMIT).min(RETURNED_LIMIT);
            let value = self.param_value(function, id, at, number);
            let value = if number == 0 && !self.python { self.procedure_input(id, value) } else { value };
            self.bind_pattern(param.pattern, value, self.tree.pattern(param.pattern).span);
        }
        self.bind_own_name(function, id);
        self.exec_block(&node.body);
        self.leave_frame_state();
        self.run_pending_after_exit();
        self.export_captured(function, id);
        self.summarise(function, id);
        self.note_open_params(function, id);
    }

    /// What a parameter of a top-level function holds: whatever callers pass, plus what is known of its type.
    fn param_value(&mut self, function: FuncId, id: FunctionId, at: usize, number: u8) -> Value {
        let node = self.tree.function(id);
        let param = &node.params[at];
        let mut refs = vec![Ref::Param(number)];
        let taint = super::value::Taint {
            origin: super::value::Origin::Param(number, WHOLE),
            cleared: 0,
            guessed: 0,
            trace: super::value::NO_TRACE,
        };
        let mut taints = self.values.one_taint(taint);
        if let Some(seed) = self.cell(Cell::Seed(function, number)) {
            refs.extend_from_slice(self.values.refs(seed.refs));
            taints = self.values.join_taint(taints, seed.taint);
        }
        if let Some(annotation) = param.annotation {
            let known = self.annotated(annotation);
            if !known.is_empty() {
                refs.retain(|one| !matches!(one, Ref::Any));
                refs.extend(known);
            }
        }
        refs.extend(self.jquery(param.pattern));
        match param.kind {
            ParamKind::Rest | ParamKind::KeywordRest => {
                let refs = self.values.one(Ref::Param(number));
                Value { refs, taint: taints }
            }
            _ => {
                let value = Value { refs: self.values.ref_set(refs), taint: taints };
                self.as_handed(function, number, value)
            }
        }
    }

    /// A parameter by the name of `$` is jQuery: plugins and modules get it that way from whoever loads them.
    fn jquery(&self, pattern: PatternId) -> Option<Ref> {
        let PatternKind::Name(name) = self.tree.pattern(pattern).kind else { return None };
        let text = self.tree.text(name);
        if self.python || !matches!(text, "$" | "jQuery") {
            return None;
        }
        let root = self.index.root(self.info.family, "globalThis")?;
        Some(Ref::Api(self.index.child(root, self.index.member(text))?, None))
    }

    /// `self`, `this`, `cls`.
    fn receiver(&mut self, function: FuncId) -> Value {
        let info = *self.project.function(function);
        let mut refs = vec![Ref::Param(RECEIVER)];
        if let Some(class) = info.class {
            refs.push(if info.is_classmethod { Ref::Class(class) } else { Ref::Instance(class) });
            if let Some(bases) = self.cell(Cell::Bases(class)) {
                refs.extend(self.values.refs(bases.refs).iter().filter(|one| matches!(one, Ref::Api(..))));
            }
        }
        if let Some(seed) = self.cell(Cell::Seed(function, RECEIVER)) {
            refs.extend_from_slice(self.values.refs(seed.refs));
        }
        let taint = super::value::Taint {
            origin: super::value::Origin::Param(RECEIVER, WHOLE),
            cleared: 0,
            guessed: 0,
            trace: super::value::NO_TRACE,
        };
        Value { refs: self.values.ref_set(refs), taint: self.values.one_taint(taint) }
    }

    /// The sinks that take what a function returns. Of a nested one, the unit itself may just have learnt them.
    fn returned_sinks(&mut self, function: FuncId) -> Vec<u32> {
        let cell = Cell::Seed(function, super::summary::RETURNED);
        let mut sinks = self.cell(cell).map_or_else(Vec::new, |value| self.refs(value).to_vec());
        if let Some(written) = self.cell_writes.get(&cell) {
            sinks.extend_from_slice(&written.refs);
        }
        let mut sinks: Vec<u32> = sinks
            .into_iter()
            .filter_map(|one| if let Ref::Int(sink) = one { u32::try_from(sink).ok() } else { None })
            .collect();
        sinks.sort_unstable();
        sinks.dedup();
        sinks
    }

    // --- control ---

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::new(None, Value::ANY));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// Takes the state away: what follows is not reached.
    fn take(&mut self) -> Option<State> {
        if !self.live {
            return None;
        }
        self.live = false;
        Some(std::mem::take(&mut self.state))
    }

    /// Goes on from a state.
    fn put(&mut self, state: Option<State>) {
        self.live = state.is_some();
        if let Some(state) = state {
            self.state = state;
        }
    }

    /// Another way that leads here.
    fn merge(&mut self, other: Option<State>) {
        let Some(other) = other else { return };
        if self.live {
            self.state.join(&other, &mut self.values);
        } else {
            self.put(Some(other));
        }
    }

    fn merge_into(values: &mut Interner, slot: &mut Option<State>, state: Option<State>) {
        let Some(state) = state else { return };
        match slot {
            Some(mine) => {
                mine.join(&state, values);
            }
            None => *slot = Some(state),
        }
    }

    /// Pays for one node; `false` when the budget is used up.
    fn pay(&mut self) -> bool {
        if self.fuel == 0 {
            self.out.exhausted = true;
            self.live = false;
            return false;
        }
        self.fuel -= 1;
        true
    }

    fn leave_frame_state(&mut self) {
        let returns = self.frame().returns.take();
        self.merge(returns);
    }

    /// Nested functions that nobody called here: a framework or a caller may, after this.
    fn run_pending(&mut self) {
        let mut at = 0;
        while at < self.pending.len() {
            let function = self.pending[at];
            at += 1;
            if self.runs.contains_key(&function) {
                continue;
            }
            if !self.live {
                return;
            }
            self.run_unknown(function);
        }
        self.pending.clear();
    }

    fn run_pending_after_exit(&mut self) {
        let exit = if self.live { Some(self.state.clone()) } else { None };
        self.run_pending();
        self.live = exit.is_some();
        if let Some(exit) = exit {
            self.state = exit;
        }
    }

    fn finish(mut self) -> UnitResult {
        self.export_changed_objects();
        let mut writes: Vec<_> = std::mem::take(&mut self.cell_writes).into_iter().collect();
        writes.sort_by_key(|(cell, _)| *cell);
        self.out.cells = writes;
        self.out.read_cells.sort_unstable();
        self.out.read_cells.dedup();
        self.out.called.sort_unstable();
        self.out.called.dedup();
        let recorder = std::mem::take(&mut self.facts);
        // What is seen again from a subclass was told for the method as it is written.
        let copy = matches!(self.unit, Unit::Function(function) if function.0 as usize >= self.project.written);
        if !copy {
            self.out.facts = recorder.finish();
        }
        self.out
    }

    // --- small things ---

    fn name(&self, symbol: Symbol) -> NameId {
        self.project.name(self.file, symbol)
    }

    fn api_step(&self, name: NameId) -> crate::model::index::Step {
        self.shared.step(name).unwrap_or_else(|| self.index.member(self.names.text(name)))
    }

    fn span(&self, expr: ExprId) -> Span {
        self.tree.expr(expr).span
    }

    fn step_at(&self, span: Span, did: Did) -> Step {
        Step { file: self.file, span, did }
    }

    fn current_function(&self) -> Option<FuncId> {
        self.frames.iter().rev().find_map(|frame| frame.function)
    }

    /// The object of an allocation site, the same one each time the site is passed.
    fn object_at(&mut self, site: (u32, u32)) -> u32 {
        let next = self.object_count;
        let at = *self.objects.entry(site).or_insert(next);
        self.object_count = self.object_count.max(at + 1);
        at
    }

    fn fresh_object(&mut self) -> u32 {
        if let Some((expr, count)) = &mut self.site {
            *count += 1;
            let site = (*expr, 1_000 + *count);
            return self.object_at(site);
        }
        self.object_count += 1;
        self.object_count - 1
    }

    fn one(&mut self, one: Ref) -> Value {
        Value { refs: self.values.one(one), taint: TaintSet::CLEAN }
    }

    fn refs(&self, value: Value) -> SmallVec<[Ref; 8]> {
        SmallVec::from_slice(self.values.refs(value.refs))
    }

    fn single(&self, value: Value) -> Option<Ref> {
        match self.values.refs(value.refs) {
            [one] => Some(*one),
            _ => None,
        }
    }

    fn object_of(&self, value: Value) -> Option<u32> {
        self.values.refs(value.refs).iter().find_map(|one| if let Ref::Object(at) = one { Some(*at) } else { None })
    }

    fn join(&mut self, a: Value, b: Value) -> Value {
        self.values.join(a, b)
    }

    fn is_nested(&self, function: FuncId) -> bool {
        let info = self.project.function(function);
        match self.unit {
            Unit::Function(unit) => {
                function != unit && function != info.root && self.project.function(unit).root == info.root
            }
            Unit::Module(_) => false,
        }
    }

    fn summary_of(&mut self, function: FuncId) -> Option<std::sync::Arc<Summary>> {
        self.out.called.push(function);
        self.shared.summary(function)
    }

    fn hit(&mut self, hit: Hit) {
        if self.seen_hits.insert((hit.sink, hit.file, hit.span, hit.source_span)) {
            self.out.hits.push(hit);
        }
    }
}

const RETURNED_LIMIT: u8 = super::value::CAPTURED - 1;

impl Frame {
    fn new(function: Option<FuncId>, this: Value) -> Self {
        Self {
            function,
            returns: None,
            result: Value::NONE,
            yields: None,
            this,
            loops: Vec::new(),
            tries: Vec::new(),
            verdicts: None,
            sinks: Vec::new(),
            picked: Vec::new(),
            looked_at: Vec::new(),
            thrown: Vec::new(),
        }
    }
}
