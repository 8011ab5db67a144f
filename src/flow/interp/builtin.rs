//! Python's builtins and JavaScript's global functions without which values cannot be followed.

use super::super::names::{NameId, index_name, known};
use super::super::state::Object;
use super::super::value::{Ref, Value};
use super::Interp;
use super::call::Args;
use crate::syntax::{ExprId, ExprKind};

impl Interp<'_> {
    /// Python's builtins and JavaScript's globals that make, convert and iterate.
    pub(super) fn builtin(&mut self, id: ExprId, name: NameId, args: &Args) -> Option<Value> {
        let span = self.span(id);
        let first = args.at(0);
        if let Some(folded) = self.constant_builtin(name, args) {
            return Some(folded);
        }
        match name {
            known::LEN
            | known::INT
            | known::FLOAT
            | known::BOOL
            | known::ISINSTANCE
            | known::HASATTR
            | known::CALLABLE
            | known::ORD
            | known::ABS
            | known::ROUND
            | known::HASH
            | known::ID
            | known::RANGE
            | known::DIVMOD
            | known::COMPLEX
                if self.python =>
            {
                Some(Value::SCALAR)
            }
            known::NUMBER | known::PARSE_INT | known::PARSE_FLOAT | known::BOOLEAN | known::IS_NAN | known::BIGINT
                if !self.python =>
            {
                Some(Value::SCALAR)
            }
            known::STR | known::BYTES if self.python => {
                let first = first?;
                if self.is_constant(first) && self.single(first).is_some() {
                    return Some(first);
                }
                let taint = self.deep(first);
                Some(Value::text(taint))
            }
            known::GETATTR if self.python => {
                let name = args.at(1).and_then(|key| self.key_name(key));
                if let Some(name) = name {
                    Some(self.member(first?, name, span))
                } else {
                    let taint = self.all_taint(args);
                    Some(Value::any(taint))
                }
            }
            known::SETATTR if self.python => {
                let name = args.at(1).and_then(|key| self.key_name(key));
                if let (Some(name), Some(object), Some(value)) = (name, args.items.first()?.expr, args.at(2)) {
                    self.set_member(object, first?, name, value);
                }
                Some(Value::NULL)
            }
            known::STRUCTURED_CLONE => first,
            known::SUM | known::ANY | known::ALL if self.python => Some(Value::SCALAR),
            _ if self.python => self.python_container(id, name, args),
            _ => None,
        }
    }

    /// Python's builtins that make containers or go over them.
    fn python_container(&mut self, id: ExprId, name: NameId, args: &Args) -> Option<Value> {
        let span = self.span(id);
        let first = args.at(0);
        match name {
            known::LIST
            | known::TUPLE
            | known::SORTED
            | known::REVERSED
            | known::ITER
            | known::FROZENSET
            | known::SET => {
                let Some(first) = first else {
                    return Some(self.new_object(id, Object::new(false, true), Value::NONE));
                };
                if matches!(name, known::SORTED) {
                    self.call_back_all(args);
                }
                match self.object_of(first).and_then(|at| self.state.object(at)).cloned() {
                    Some(object) if object.is_list && !matches!(name, known::REVERSED | known::SORTED) => {
                        Some(self.new_object(id, object, Value::NONE))
                    }
                    Some(_) => {
                        let element = self.iterate(first, span);
                        Some(self.list_of(id, element))
                    }
                    None => Some(first),
                }
            }
            known::NEXT | known::MIN | known::MAX => {
                let mut found = self.element_of(first?, span, true);
                if args.items.len() > 1 {
                    for item in &args.items {
                        found = self.join(found, item.value);
                    }
                }
                Some(found)
            }
            known::DICT => {
                let mut made = Object::new(false, false);
                for item in args.items.clone() {
                    match item.name {
                        Some(name) => made.set(name, item.value),
                        None => self.spread_into(&mut made, item.value, span),
                    }
                }
                Some(self.new_object(id, made, Value::NONE))
            }
            known::ENUMERATE => {
                let element = self.iterate(first?, span);
                let pair = self.pair(id, Value::SCALAR, element);
                Some(self.list_of(id, pair))
            }
            known::ZIP => {
                let mut tuple = Object::new(false, true);
                for (at, item) in (0u32..).zip(args.items.clone()) {
                    let element = self.iterate(item.value, span);
                    if let Some(name) = index_name(at) {
                        tuple.set(name, element);
                    }
                    tuple.count = Some(at + 1);
                }
                let at = self.object_at((id.index(), 52));
                self.state.put(at, tuple);
                let tuple = self.one(Ref::Object(at));
                Some(self.list_of(id, tuple))
            }
            known::MAP | known::FILTER => {
                let element = self.iterate(args.at(1)?, span);
                let called = Args { receiver: None, items: args.items[..1].into(), closure: None };
                let scalar = self.single(first?).is_none() || self.scalar_builtin(args);
                if scalar && name == known::MAP && self.scalar_builtin(args) {
                    return Some(self.list_of(id, Value::SCALAR));
                }
                let result = self.call_with(id, &called, vec![element]);
                let content = if name == known::MAP { result } else { element };
                Some(self.list_of(id, content))
            }
            _ => None,
        }
    }

    /// `map(int, …)`
    fn scalar_builtin(&self, args: &Args) -> bool {
        let Some(expr) = args.items.first().and_then(|item| item.expr) else { return false };
        match self.tree.expr(expr).kind {
            ExprKind::Name(name) => {
                matches!(self.name(name), known::INT | known::FLOAT | known::BOOL | known::LEN | known::ORD)
            }
            _ => false,
        }
    }
}
