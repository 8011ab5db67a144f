//! Values that leave and enter a unit: module variables, fields of classes, types of parameters, summaries.

use std::rc::Rc;
use std::sync::Arc;

use super::super::names::NameId;
use super::super::names::known;
use super::super::project::{Declared, Exported, FuncId, Target};
use super::super::state::Object;
use super::super::summary::{Cell, DEFAULT, EXPORTS, FewRefs, Portable, PortableObject, PortableTaint};
use super::super::value::{Did, NO_TRACE, Origin, Ref, Refs, Step, Taint, TaintSet, Taints, Value};
use super::{Interp, Unit};
use crate::base::Span;
use crate::flow::facts::FileId;
use crate::model::index::{ALL_KINDS, Family, Kinds};
use crate::syntax::FunctionId;

/// How deep objects are written out.
const DEPTH: u32 = 3;
/// How many fields of an object are written out.
const WIDTH: usize = 48;
/// How many values of one object graph are written out with their own fields.
const NODES: u32 = 96;

impl Interp<'_> {
    /// What a cell holds, if anything flowed into it.
    pub(super) fn cell(&mut self, cell: Cell) -> Option<Value> {
        if let Some(value) = self.cell_values.get(&cell) {
            return (*value != Value::NONE).then_some(*value);
        }
        self.out.read_cells.push(cell);
        self.cell_anew(cell)
    }

    /// The same for a field; that it is read is noted by who asks.
    pub(super) fn field_cell(&mut self, cell: Cell) -> Option<Value> {
        match self.cell_values.get(&cell) {
            Some(value) => (*value != Value::NONE).then_some(*value),
            None => self.cell_anew(cell),
        }
    }

    fn cell_anew(&mut self, cell: Cell) -> Option<Value> {
        let shared = self.shared;
        let value = match shared.cell(cell) {
            Some(portable) => self.bring_in(portable, Some(cell)),
            None => Value::NONE,
        };
        self.cell_values.insert(cell, value);
        (value != Value::NONE).then_some(value)
    }

    /// A module variable of some file.
    pub(super) fn module_var(&mut self, file: FileId, var: u32) -> Value {
        let declared = self.project.declared(file, var).map(|declared| match declared {
            Declared::Function(function) => Ref::Func(function),
            Declared::Class(class) => Ref::Class(class),
        });
        if file == self.file && matches!(self.unit, Unit::Module(_)) && var < EXPORTS - 2 {
            return match (self.state.vars.get(var as usize), declared) {
                (Some(value), _) if *value != Value::NONE => *value,
                (_, Some(declared)) => self.one(declared),
                _ => Value::ANY,
            };
        }
        match (self.cell(Cell::Var(file, var)), declared) {
            (Some(value), _) => value,
            (None, Some(declared)) => self.one(declared),
            (None, None) => Value::ANY,
        }
    }

    /// A name of a module, as `from m import name` gives it; `None` if the module has no such name.
    pub(super) fn module_name(&mut self, target: &Target, name: NameId, depth: u32) -> Option<Value> {
        self.module_name_but(target, name, depth, &mut Vec::new())
    }

    /// The same, without the modules of `seen`: `import *` in circles would be followed along every path.
    fn module_name_but(&mut self, target: &Target, name: NameId, depth: u32, seen: &mut Vec<Target>) -> Option<Value> {
        const STARS: usize = 64;
        if depth > 16 {
            return None;
        }
        let file = match target {
            Target::File(file) => *file,
            Target::External(module) => {
                let root = self.external(module)?;
                let text = self.names.text(name).to_owned();
                let step = self.index.member(&text);
                if name == known::DEFAULT {
                    return Some(self.api(vec![root], None, Span::default(), TaintSet::CLEAN));
                }
                let nodes: Vec<_> = self.index.follow(root, step).collect();
                return (!nodes.is_empty()).then(|| self.api(nodes, None, Span::default(), TaintSet::CLEAN));
            }
        };
        let info = self.project.file(file);
        match info.exports.get(&name) {
            Some(Exported::Var(var)) => return Some(self.module_var(file, *var)),
            Some(Exported::From(target, name)) => {
                let (target, name) = (target.clone(), *name);
                return self.module_name_but(&target, name, depth + 1, seen);
            }
            Some(Exported::Module(target)) => {
                let target = target.clone();
                return Some(self.module_value(&target));
            }
            Some(Exported::Default) => return Some(self.module_var(file, DEFAULT)),
            None => {}
        }
        if info.family == Family::Python {
            if let Some(var) = self.project.var(file, name) {
                return Some(self.module_var(file, var));
            }
        } else if let Some(exports) = self.cell(Cell::Var(file, EXPORTS)) {
            if name == known::DEFAULT {
                return Some(exports);
            }
            if let Some(at) = self.object_of(exports)
                && let Some((value, _)) = self.state.object(at).and_then(|object| object.field(name))
            {
                return Some(value);
            }
            return Some(self.member(exports, name, Span::default()));
        } else if name != known::DEFAULT
            && let Some(var) = self.project.var(file, name)
        {
            return Some(self.module_var(file, var));
        }
        let stars = info.stars.clone();
        stars.iter().find_map(|star| {
            if star == target || seen.len() >= STARS || seen.contains(star) {
                return None;
            }
            seen.push(star.clone());
            self.module_name_but(star, name, depth + 1, seen)
        })
    }

    /// A module as a value.
    pub(super) fn module_value(&mut self, target: &Target) -> Value {
        match target {
            Target::File(file) => self.one(Ref::Module(*file)),
            Target::External(module) => match self.external(module) {
                Some(node) => self.api(vec![node], None, Span::default(), TaintSet::CLEAN),
                None => Value::ANY,
            },
        }
    }

    /// The node of a library module: `a.b.c` is a path, where no module of that very name is known.
    pub(super) fn external(&self, module: &str) -> Option<crate::model::index::NodeId> {
        let family = self.info.family;
        if let Some(node) = self.index.root(family, module) {
            return Some(node);
        }
        if family == Family::JavaScript {
            return None;
        }
        let mut parts = module.split('.');
        let mut node = self.index.root(family, parts.next()?)?;
        for part in parts {
            node = self.index.child(node, self.index.member(part))?;
        }
        Some(node)
    }

    // --- in and out ---

    pub(super) fn bring_in(&mut self, portable: &Portable, cell: Option<Cell>) -> Value {
        let mut refs = Refs::from_slice(&portable.refs);
        let mut taints = Taints::new();
        for taint in &portable.taints {
            let trace = self.values.push_way(NO_TRACE, &taint.way);
            let guessed = taint.guessed.saturating_add(self.kept_below);
            taints.push(Taint { origin: taint.origin, cleared: taint.cleared, guessed, trace });
        }
        if let Some(object) = &portable.object {
            let at = self.fresh_object();
            // What is in the field of some object of a class may be in that of another.
            let before = self.kept_below;
            if self.python && matches!(cell, Some(Cell::Field(..))) {
                self.kept_below = 1;
            }
            let made = self.bring_in_object(object);
            self.kept_below = before;
            self.state.put(at, made);
            if let (Some(cell), Some(Some(made))) = (cell, self.state.heap.get(at as usize)) {
                self.imported_objects.push((cell, at, Rc::clone(made)));
            }
            refs.push(Ref::Object(at));
        }
        Value { refs: self.values.ref_set(refs), taint: self.values.taint_set(taints) }
    }

    pub(super) fn bring_in_object(&mut self, object: &PortableObject) -> Object {
        let mut made = Object::new(object.overlay, object.is_list);
        made.count = object.count;
        made.fields.reserve_exact(object.fields.len());
        for (name, value, weak) in &object.fields {
            let value = self.bring_in(value, None);
            made.fields.push((*name, value, *weak));
        }
        if let Some(rest) = &object.rest {
            made.rest = self.bring_in(rest, None);
        }
        made
    }

    /// A value written out. `params`: whether parameters may stay in it (for summaries).
    pub(super) fn write_out(&self, value: Value, params: bool, depth: u32) -> Portable {
        self.write_bounded(value, params, depth, &mut { NODES })
    }

    fn write_bounded(&self, value: Value, params: bool, depth: u32, left: &mut u32) -> Portable {
        *left = left.saturating_sub(1);
        let mut portable = Portable::default();
        let mut objects = Vec::new();
        for one in self.values.refs(value.refs) {
            match one {
                Ref::Object(at) => objects.push(*at),
                Ref::Str(name) | Ref::Starts(name) if !self.names.is_shared(*name) => portable.refs.push(Ref::Text),
                Ref::Param(_) | Ref::Field if !params => portable.refs.push(Ref::Any),
                one => portable.refs.push(*one),
            }
        }
        portable.refs.sort_unstable();
        portable.refs.dedup();
        for taint in self.values.taints(value.taint) {
            if matches!(taint.origin, Origin::Param(..)) && !params {
                continue;
            }
            portable.taints.push(PortableTaint {
                origin: taint.origin,
                cleared: taint.cleared,
                guessed: taint.guessed,
                way: self.values.way(taint.trace),
            });
        }
        if depth < DEPTH && *left > 0 {
            for at in objects {
                let Some(object) = self.state.object(at) else { continue };
                let object = self.write_object(object, params, depth, left);
                match &mut portable.object {
                    None => portable.object = Some(Arc::new(object)),
                    Some(mine) => {
                        let mut joined = Portable { object: Some(mine.clone()), ..Portable::default() };
                        joined.join(&Portable { object: Some(Arc::new(object)), ..Portable::default() });
                        portable.object = joined.object;
                    }
                }
            }
        } else if !objects.is_empty() {
            portable.refs.push(Ref::Any);
            portable.refs.sort_unstable();
            portable.refs.dedup();
        }
        portable
    }

    pub(super) fn write_out_object(&self, object: &Object, params: bool, depth: u32) -> PortableObject {
        self.write_object(object, params, depth, &mut { NODES })
    }

    fn write_object(&self, object: &Object, params: bool, depth: u32, left: &mut u32) -> PortableObject {
        let fields = object.fields.iter().filter(|(name, ..)| self.names.is_shared(*name)).take(WIDTH);
        PortableObject {
            fields: fields
                .map(|(name, value, weak)| (*name, self.write_bounded(*value, params, depth + 1, left), *weak))
                .collect(),
            rest: (object.rest != Value::NONE).then(|| self.write_bounded(object.rest, params, depth + 1, left)),
            overlay: object.overlay,
            is_list: object.is_list,
            count: object.count,
        }
    }

    /// Puts a value into a cell, with a word on where it was kept.
    pub(super) fn give(&mut self, cell: Cell, value: Value) {
        let portable = self.write_out(value, false, 0);
        self.give_portable(cell, portable);
        if matches!(cell, Cell::Var(..) | Cell::Member(..) | Cell::Event(..)) {
            self.give_passed(cell, value);
        }
    }

    /// What callers passed goes into the cell where they call.
    pub(super) fn give_passed(&mut self, cell: Cell, value: Value) {
        if !matches!(self.unit, Unit::Function(_)) || self.out.summary.gives.len() >= 16 {
            return;
        }
        let taint = self.deep(value);
        let passed = self.values.taints(taint).iter().any(|taint| matches!(taint.origin, Origin::Param(..)));
        if passed {
            let portable = Arc::new(self.write_out(value, true, 1));
            if !self.out.summary.gives.iter().any(|(other, given)| *other == cell && *given == portable) {
                self.out.summary.gives.push((cell, portable));
            }
        }
    }

    pub(super) fn give_portable(&mut self, cell: Cell, portable: Portable) {
        if portable.is_empty() {
            return;
        }
        match self.cell_writes.get_mut(&cell) {
            Some(mine) => mine.join(&portable),
            None => {
                self.cell_writes.insert(cell, portable);
            }
        }
    }

    /// Types that a call hands to a parameter; taint goes by the summary.
    pub(super) fn seed(&mut self, function: FuncId, param: u8, value: Value) {
        let refs: FewRefs = self
            .values
            .refs(value.refs)
            .iter()
            .copied()
            .filter_map(|one| match one {
                // Where it was made matters to the caller only.
                Ref::Api(node, _) => Some(Ref::Api(node, None)),
                Ref::Instance(_) | Ref::Class(_) | Ref::Module(_) => Some(one),
                Ref::Func(function) if self.project.function(function).root == function => Some(one),
                _ => None,
            })
            .collect();
        if !refs.is_empty() {
            self.give_portable(Cell::Seed(function, param), Portable { refs, ..Portable::default() });
        }
    }

    /// What the module's variables hold at its end.
    pub(super) fn export_module(&mut self) {
        if !self.live {
            // A module that ends in `sys.exit()` still has its names.
            self.live = true;
        }
        let count = u32::try_from(self.state.vars.len()).unwrap_or(0);
        for var in 0..count {
            let value = self.state.vars.get(var as usize).copied().unwrap_or(Value::NONE);
            if value == Value::NONE || value == Value::ANY {
                continue;
            }
            self.give(Cell::Var(self.file, var), value);
        }
    }

    /// Module objects and others' objects that this unit changed.
    pub(super) fn export_changed_objects(&mut self) {
        for (cell, at, before) in std::mem::take(&mut self.imported_objects) {
            let Some(Some(now)) = self.state.heap.get(at as usize) else { continue };
            if Rc::ptr_eq(now, &before) || *now == before {
                continue;
            }
            let now = Rc::clone(now);
            let object = self.write_out_object(&now, false, 0);
            self.give_portable(cell, Portable { object: Some(Arc::new(object)), ..Portable::default() });
            let value = self.one(Ref::Object(at));
            self.give_passed(cell, value);
        }
    }

    /// The variables that nested functions use when they are called from elsewhere.
    pub(super) fn export_captured(&mut self, function: FuncId, id: FunctionId) {
        let Some(captured) = self.info.scopes.captured.get(&id) else { return };
        for var in captured {
            let value = self.state.vars.get(*var as usize).copied().unwrap_or(Value::NONE);
            if value != Value::NONE && value != Value::ANY {
                self.give(Cell::Local(function, *var), value);
            }
        }
    }

    /// The summary of a top-level function after it ran.
    pub(super) fn summarise(&mut self, function: FuncId, id: FunctionId) {
        let reached = self.live;
        let frame = &mut self.frames[0];
        let (result, yields, verdicts) = (frame.result, frame.yields, frame.verdicts.take());
        self.out.summary.diverges = !reached && yields.is_none() && !self.out.exhausted;
        if !reached {
            return;
        }
        let mut result = result;
        if let Some(yields) = yields {
            let at = self.fresh_object();
            let mut list = Object::new(false, true);
            (list.rest, list.count) = (yields, None);
            self.state.put(at, list);
            result = self.one(Ref::Object(at));
        }
        self.out.summary.returns = self.write_out(result, true, 0);
        self.out.summary.sinks.sort_by_key(|used| (used.param, used.path, used.file, used.span, used.sink));
        let mut effects: Vec<_> = self.param_objects.iter().map(|(param, at)| (*param, *at)).collect();
        effects.sort_unstable();
        for (param, at) in effects {
            if let Some(object) = self.state.object(at) {
                let object = self.write_out_object(object, true, 0);
                if !object.fields.is_empty() || object.rest.is_some() {
                    self.out.summary.effects.push((param, Arc::new(object)));
                }
            }
        }
        self.summarise_guards(function, id);
        if let Some([fails, holds]) = &verdicts {
            for (outcome, kinds) in [(true, holds), (false, fails)] {
                let mut kinds: Vec<_> = kinds.iter().filter(|(_, kinds)| **kinds != 0).collect();
                kinds.sort_unstable();
                self.out.summary.validates.extend(kinds.into_iter().map(|(param, kinds)| (*param, *kinds, outcome)));
            }
        }
    }

    /// Which parameters are safe once the function has returned.
    fn summarise_guards(&mut self, function: FuncId, id: FunctionId) {
        let shift = usize::from(self.project.function(function).takes_self);
        let node = self.tree.function(id);
        for (at, param) in node.params.iter().enumerate().skip(shift) {
            let Ok(number) = u8::try_from(at - shift) else { continue };
            let Some(value) = self.pattern_var(param.pattern) else { continue };
            if !self.values.refs(value.refs).contains(&Ref::Param(number)) {
                continue;
            }
            let cleared = self.cleared_for(value, number);
            if cleared != 0 {
                self.out.summary.clears.push((number, cleared));
            }
        }
    }

    /// Sink kinds for which a value that is a parameter itself was made safe.
    pub(super) fn cleared_for(&self, value: Value, param: u8) -> Kinds {
        let whole = Origin::Param(param, super::super::value::WHOLE);
        let taints = self.values.taints(value.taint);
        taints.iter().find(|taint| taint.origin == whole).map_or(ALL_KINDS, |taint| taint.cleared)
    }

    /// A word on a value that is read back from where it was kept.
    pub(super) fn kept(&mut self, value: Value, span: Span, name: NameId) -> Value {
        if value.taint == TaintSet::CLEAN || span == Span::default() {
            return value;
        }
        let step = Step { file: self.file, span, did: Did::Kept(name) };
        Value { refs: value.refs, taint: self.values.step(value.taint, step) }
    }
}
