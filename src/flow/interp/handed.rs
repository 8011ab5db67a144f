//! What a function checked of a request, or of another object of a library, before it handed the whole to another function.
//!
//! The function that is called sees the request itself as a source, whoever calls. Fields that some caller has looked at
//! are left to the callers: there they are what each caller passes, so that a check counts, and only where it was made.

use std::sync::Arc;

use super::super::names::NameId;
use super::super::project::FuncId;
use super::super::state::Object;
use super::super::summary::{Cell, FewRefs, Portable, PortableObject};
use super::super::value::{NO_TRACE, Origin, PATH, Ref, RefSet, Refs, Taint, TaintSet, Value, WHOLE};
use super::Interp;
use super::call::Args;
use crate::flow::facts::Place;
use crate::flow::scope::Binding;
use crate::model::index::{Kinds, NodeId};
use crate::syntax::{Arg, ExprId, ExprKind, Key, PatternId, PatternKind};

/// Added to the number of a parameter: the framework passes it, and no call can be asked.
pub(super) const BY_FRAMEWORK: u8 = 64;
/// How many fields of an object are looked at.
const WIDTH: usize = 16;

/// A field that was put into a variable: `const { name } = req.body`.
#[derive(Debug, Clone, Copy)]
pub(in crate::flow) struct Part {
    object: ExprId,
    name: NameId,
    value: Value,
}

impl Interp<'_> {
    /// Tells a function which fields of what it is passed were made safe for something.
    pub(super) fn hand_over(&mut self, function: FuncId, param: u8, value: Value) {
        if param >= BY_FRAMEWORK || self.is_nested(function) {
            return;
        }
        let Some(at) = self.object_of(value) else { return };
        if self.api_nodes(value).is_empty() {
            return;
        }
        if let Some(checked) = self.checked_fields(at, 0) {
            let portable = Portable { object: Some(Arc::new(checked)), ..Portable::default() };
            self.give_portable(Cell::Checked(function, param), portable);
        }
    }

    /// A framework passes the parameter, so that a source stays one.
    pub(super) fn passed_by_framework(&mut self, function: FuncId, param: u8, portable: &Portable) {
        if param < BY_FRAMEWORK && portable.refs.iter().any(|one| matches!(one, Ref::Api(..))) {
            let mark = Portable { refs: smallvec::smallvec![Ref::Any], ..Portable::default() };
            self.give_portable(Cell::Checked(function, param + BY_FRAMEWORK), mark);
        }
    }

    fn checked_fields(&self, at: u32, depth: usize) -> Option<PortableObject> {
        let object = self.state.object(at).filter(|object| object.overlay)?;
        let mut fields = Vec::new();
        for (name, value, _) in object.fields.iter().filter(|(name, ..)| self.names.is_shared(*name)).take(WIDTH) {
            let refs = self.values.refs(value.refs);
            let plain = refs.iter().all(|one| matches!(one, Ref::Any | Ref::Text | Ref::Api(..)));
            let taints = self.values.taints(value.taint);
            let safe = plain && taints.iter().all(|taint| taint.cleared != 0);
            let below = match self.object_of(*value) {
                Some(at) if depth + 1 < PATH => self.checked_fields(at, depth + 1),
                _ => None,
            };
            if !safe && below.is_none() {
                continue;
            }
            let refs: FewRefs = refs
                .iter()
                .filter_map(|one| if let Ref::Api(node, _) = one { Some(Ref::Api(*node, None)) } else { None })
                .collect();
            let refs = if safe { refs } else { FewRefs::new() };
            fields.push((*name, Portable { refs, object: below.map(Arc::new), ..Portable::default() }, false));
        }
        (!fields.is_empty()).then(|| PortableObject { fields, overlay: true, ..PortableObject::default() })
    }

    /// A parameter of a library's type, with the fields that callers have looked at laid over it.
    pub(super) fn as_handed(&mut self, function: FuncId, param: u8, value: Value) -> Value {
        let shared = self.shared;
        let typed = self.values.refs(value.refs).iter().any(|one| matches!(one, Ref::Api(..)));
        if !typed || param >= BY_FRAMEWORK {
            return value;
        }
        let (cell, mark) = (Cell::Checked(function, param), Cell::Checked(function, param + BY_FRAMEWORK));
        self.out.read_cells.push(cell);
        let Some(checked) = shared.cell(cell).and_then(|portable| portable.object.clone()) else { return value };
        self.out.read_cells.push(mark);
        if shared.cell(mark).is_some() {
            return value;
        }
        let at = self.object_at((u32::from(param), 3));
        self.param_objects.insert(param, at);
        let made = self.handed_object(&checked, param, WHOLE, 0);
        self.state.put(at, made);
        let mut refs = Refs::from_slice(self.values.refs(value.refs));
        refs.push(Ref::Object(at));
        Value { refs: self.values.ref_set(refs), taint: value.taint }
    }

    fn handed_object(&mut self, checked: &PortableObject, param: u8, above: [NameId; PATH], depth: usize) -> Object {
        let mut made = Object::new(true, false);
        for (name, of, _) in &checked.fields {
            let mut path = above;
            path[depth] = *name;
            let origin = Origin::Param(param, path);
            let taint = self.values.one_taint(Taint { origin, cleared: 0, guessed: 0, trace: NO_TRACE });
            let mut refs = Refs::from_slice(&of.refs);
            refs.extend([Ref::Any, Ref::Field]);
            let below = of.object.as_deref().filter(|_| depth + 1 < PATH);
            if let Some(below) = below {
                let at = self.fresh_object();
                let object = self.handed_object(below, param, path, depth + 1);
                self.state.put(at, object);
                refs.push(Ref::Object(at));
            }
            // Of what lies around a field that was looked at, everything else shows through.
            made.fields.push((*name, Value { refs: self.values.ref_set(refs), taint }, below.is_some()));
        }
        made
    }

    /// `new Request(address)`: what is sent from here is nothing that came in.
    pub(super) fn is_own_request(&self, node: NodeId, made: Option<Place>) -> bool {
        let Some(place) = made.filter(|_| !self.python) else { return false };
        let call = &self.project.file(place.file).tree.expr(place.expr).kind;
        matches!(call, ExprKind::Call { is_new: true, .. }) && self.index.text(node).ends_with("Request()")
    }

    // --- what is looked up by a constant key ---

    /// What was said of `request.args.get("name")` holds for the next one.
    pub(super) fn set_looked_up(&mut self, callee: ExprId, args: &[Arg], value: Value) {
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return };
        let [key] = args else { return };
        let key = self.eval_quiet(key.value);
        let Some(name) = self.key_name(key) else { return };
        let receiver = self.eval_quiet(object);
        if self.api_nodes(receiver).is_empty() {
            return;
        }
        let at = self.object_under(object, receiver);
        self.state.object_mut(at).set(name, value);
    }

    /// The field that a check has laid over a library's object.
    pub(super) fn checked_before(&mut self, args: &Args) -> Option<Value> {
        let receiver = args.receiver?;
        let at = self.object_of(receiver)?;
        let [key] = args.items.as_slice() else { return None };
        let name = self.key_name(key.value)?;
        let object = self.state.object(at).filter(|object| object.overlay)?;
        let (found, weak) = object.field(name)?;
        (!weak && !self.api_nodes(receiver).is_empty()).then_some(found)
    }

    // --- fields in variables ---

    /// `const name = req.body.name`, `const { name } = req.body`: what is said of the variable is said of the field.
    pub(super) fn note_parts(&mut self, target: PatternId, value: ExprId) {
        let tree = self.tree;
        match (&tree.pattern(target).kind, &tree.expr(value).kind) {
            (PatternKind::Name(_), ExprKind::Member { object, name, .. }) => {
                let name = self.name(*name);
                self.note_part(target, *object, name);
            }
            (PatternKind::Name(_), ExprKind::Index { object, index }) => {
                let Some(text) = tree.string_of(*index) else { return };
                if let Some(name) = self.project.names.get(text) {
                    self.note_part(target, *object, name);
                }
            }
            (PatternKind::Map(fields), ExprKind::Member { .. } | ExprKind::Name(_)) => {
                for field in fields.iter().take(WIDTH) {
                    if let Some(Key::Static(name, _)) = field.key {
                        let name = self.name(name);
                        self.note_part(field.pattern, value, name);
                    }
                }
            }
            _ => {}
        }
    }

    fn note_part(&mut self, target: PatternId, object: ExprId, name: NameId) {
        let Binding::Local(var) = self.info.scopes.of_pattern(target) else { return };
        let Some(value) = self.state.vars.get(var as usize).copied() else { return };
        let place = matches!(self.tree.expr(object).kind, ExprKind::Name(_) | ExprKind::Member { .. });
        if place && value.taint != TaintSet::CLEAN {
            self.parts.insert(var, Part { object, name, value });
        } else {
            self.parts.remove(&var);
        }
    }

    /// A variable was made safe: so is the field of a library's object that it was read from.
    pub(super) fn clear_part(&mut self, variable: ExprId, before: Value, now: Value, kinds: Kinds) {
        let Binding::Local(var) = self.info.scopes.of_expr(variable) else { return };
        let Some(part) = self.parts.get_mut(&var).filter(|part| part.value.taint == before.taint) else { return };
        part.value = now;
        let Part { object, name, .. } = *part;
        let receiver = self.eval_quiet(object);
        if self.api_nodes(receiver).is_empty() {
            return;
        }
        let span = self.span(object);
        let value = self.member(receiver, name, span);
        let taint = self.values.clear(value.taint, kinds);
        let at = self.object_under(object, receiver);
        let refs = if taint == TaintSet::CLEAN { RefSet::ANY } else { value.refs };
        self.state.object_mut(at).set(name, Value { refs, taint });
    }
}
