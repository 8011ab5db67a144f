//! Calls of what nobody here knows, and functions that somebody else calls.

use super::super::names::{NameId, known};
use super::super::project::FuncId;
use super::super::summary::Cell;
use super::super::value::{Did, Ref, TaintSet, Value};
use super::Interp;
use super::call::{Args, Bound};
use crate::base::Span;

impl Interp<'_> {
    /// A function that nobody here knows: what goes in comes out.
    pub(super) fn unknown_call(&mut self, target: Value, name: Option<NameId>, args: &Args, span: Span) -> Value {
        self.call_back_all(args);
        let receiver = args.receiver.map_or(TaintSet::CLEAN, |receiver| self.deep(receiver));
        let callee = if args.receiver.is_none() { target.taint } else { TaintSet::CLEAN };
        let items: Vec<Value> = args.items.iter().map(|item| item.value).collect();
        let mut taint = TaintSet::CLEAN;
        for item in items {
            let more = self.deep(item);
            taint = self.values.join_taint(taint, more);
        }
        let taint = self.values.guess(taint, 1);
        let taint = self.values.join_taint(receiver, taint);
        let taint = self.values.join_taint(taint, callee);
        let step = self.step_at(span, Did::Through(name.unwrap_or(known::NONE)));
        Value::any(self.values.step(taint, step))
    }

    /// Functions of the project given to a call that is not followed: they run, sooner or later, with unknown values.
    pub(super) fn call_back_all(&mut self, args: &Args) {
        let values: Vec<Value> = args.items.iter().map(|item| item.value).collect();
        for value in values {
            for one in self.refs(value) {
                if let Ref::Func(function) = one
                    && self.is_nested(function)
                {
                    self.run_unknown(function);
                }
            }
        }
    }

    /// A nested function that is called with nobody knows what.
    pub(super) fn run_unknown(&mut self, function: FuncId) {
        let before = self.live.then(|| self.state.clone());
        let given = self.nested_params.get(&function).cloned().unwrap_or_default();
        let node = self.project.function_node(function);
        let shift = usize::from(self.project.function(function).takes_self);
        let mut bound = Bound { receiver: Value::ANY, params: Vec::new(), captured: Vec::new(), results: Vec::new() };
        if let Some(class) = self.project.function(function).class {
            bound.receiver = self.one(Ref::Instance(class));
        }
        for (at, param) in node.params.iter().enumerate().skip(shift) {
            let number = u8::try_from(at - shift).unwrap_or(u8::MAX - 2);
            let mut value = given.iter().find(|(param, _)| *param == number).map_or(Value::ANY, |(_, value)| *value);
            if let Some(seed) = self.cell(Cell::Seed(function, number)) {
                value = if value == Value::ANY { seed } else { self.join(value, seed) };
            }
            if value == Value::ANY
                && let Some(annotation) = param.annotation
            {
                let known = self.annotated(annotation);
                if !known.is_empty() {
                    value.refs = self.values.ref_set(known);
                }
            }
            bound.params.push((value, None));
        }
        self.run_nested(function, &bound);
        self.merge(before);
    }
}
