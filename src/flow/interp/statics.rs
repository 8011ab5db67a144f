//! What belongs to the languages' own objects: `Object.entries`, `Promise.all`, events, settings by section.

use super::super::names::{NameId, index_name, known};
use super::super::state::Object;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use super::call::Args;
use crate::flow::scope::Binding;
use crate::syntax::{ExprId, ExprKind};

impl Interp<'_> {
    /// The same for a call of whatever name.
    pub(super) fn language_static(
        &mut self,
        id: ExprId,
        callee: ExprId,
        name: Option<NameId>,
        args: &Args,
    ) -> Option<Value> {
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return None };
        if self.python || self.info.scopes.of_expr(object) != Binding::Free {
            return None;
        }
        self.static_method(id, object, name?, args)
    }

    /// `Object.keys(x)`, `Object.assign(a, b)`, `Promise.all([…])`, `Array.from(x)`.
    pub(super) fn static_method(&mut self, id: ExprId, object: ExprId, name: NameId, args: &Args) -> Option<Value> {
        let ExprKind::Name(class) = self.tree.expr(object).kind else { return None };
        let class = self.name(class);
        let span = self.span(id);
        let first = args.at(0)?;
        match (class, name) {
            (known::OBJECT, known::KEYS) => {
                let keys = self.keys_of(first, span);
                Some(self.list_of(id, keys))
            }
            (known::OBJECT, known::VALUES) => {
                let values = self.element_of(first, span, true);
                Some(self.list_of(id, values))
            }
            (known::OBJECT, known::ENTRIES) => Some(self.pairs(id, first)),
            (known::OBJECT, known::FREEZE) | (known::PROMISE, known::ALL | known::RESOLVE | known::SETTLED) => {
                Some(first)
            }
            (known::OBJECT, known::ASSIGN) => {
                let mut made = match self.object_of(first).and_then(|at| self.state.object(at)) {
                    Some(object) => object.clone(),
                    None => Object::new(true, false),
                };
                let rest: Vec<Value> = args.items.iter().skip(1).map(|item| item.value).collect();
                for value in rest {
                    self.spread_into(&mut made, value, span);
                }
                match self.object_of(first) {
                    Some(at) => {
                        self.state.put(at, made);
                        Some(first)
                    }
                    None => Some(self.new_object(id, made, first)),
                }
            }
            (known::ARRAY, known::FROM) => {
                let mut element = self.element_of(first, span, true);
                if args.items.len() > 1 {
                    let rest = Args { receiver: None, items: args.items[1..].into(), closure: None };
                    element = self.call_with(id, &rest, vec![element, Value::SCALAR]);
                }
                Some(self.list_of(id, element))
            }
            (known::OBJECT, known::FROM_ENTRIES) => Some(self.object_of_entries(id, first)),
            (known::ARRAY, known::IS_ARRAY) => Some(Value::SCALAR),
            _ => None,
        }
    }

    /// An object of pairs.
    pub(super) fn object_of_entries(&mut self, id: ExprId, pairs: Value) -> Value {
        let span = self.span(id);
        let mut made = Object::new(false, false);
        let all = match self.list_items(pairs) {
            Some(items) => items,
            None => vec![self.element_of(pairs, span, true)],
        };
        let (Some(zero), Some(one)) = (index_name(0), index_name(1)) else { return Value::ANY };
        for pair in all {
            let key = self.element_named(pair, zero, span);
            let value = self.element_named(pair, one, span);
            match self.key_name(key) {
                Some(name) => made.set(name, value),
                None => {
                    made.rest = self.join(made.rest, value);
                    if key.taint != TaintSet::CLEAN {
                        made.set(known::KEY_TAINT, Value::text(key.taint));
                    }
                }
            }
        }
        self.new_object(id, made, Value::NONE)
    }

    /// `emitter.on(name, f)` and `emitter.emit(name, …)`: what is sent under a name reaches those who listen to it.
    pub(super) fn event(&mut self, name: NameId, args: &Args) {
        use super::super::summary::Cell;
        let Some(Ref::Str(event)) = args.at(0).and_then(|event| self.single(event)) else { return };
        if !self.names.is_shared(event) {
            return;
        }
        if name == known::EMIT {
            let sent: Vec<Value> = args.items.iter().skip(1).take(8).map(|item| item.value).collect();
            for (at, value) in (0u8..).zip(sent) {
                let taint = self.deep(value);
                if taint != TaintSet::CLEAN {
                    self.give(Cell::Event(event, at), value);
                }
            }
            return;
        }
        let functions: Vec<_> = args
            .items
            .iter()
            .skip(1)
            .flat_map(|item| self.refs(item.value))
            .filter_map(|one| if let Ref::Func(function) = one { Some(function) } else { None })
            .collect();
        for function in functions {
            let count = self.project.function_node(function).params.len();
            for (at, _) in (0u8..8).zip(0..count) {
                if let Some(value) = self.cell(Cell::Event(event, at)) {
                    self.give_param(function, at, value);
                }
            }
        }
    }

    /// `x.replace(/[^a-z0-9]/g, "")`: only harmless characters are left.
    pub(super) fn leaves_plain(&self, args: &Args) -> bool {
        let [pattern, with] = args.items.as_slice() else { return false };
        let Some(pattern) = pattern.expr else { return false };
        let ExprKind::Literal(crate::syntax::Literal::Regex(text, flags)) = self.tree.expr(pattern).kind else {
            return false;
        };
        let Some(with) = self.constant_text(with.value) else { return false };
        let class = self.tree.text(text).trim_end_matches('+');
        let Some(class) = class.strip_prefix("[^").and_then(|class| class.strip_suffix(']')) else { return false };
        self.tree.text(flags).contains('g')
            && with.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            && !class.contains("\\s")
            && !class.contains("\\W")
            && class.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '\\'))
    }

    /// `config.set(section, option, value)` and `config.get(section, option)`: settings by two constant keys.
    pub(super) fn section_call(&mut self, object: ExprId, receiver: Value, name: NameId, args: &Args) -> Option<Value> {
        let wanted = match name {
            known::SET => 3,
            known::GET => 2,
            _ => return None,
        };
        if args.items.iter().filter(|item| item.name.is_none()).count() != wanted {
            return None;
        }
        let (section, option) = (self.constant_text(args.at(0)?)?, self.constant_text(args.at(1)?)?);
        let key = self.names.intern(&format!("{section}\u{1}{option}"));
        if let Some(value) = args.at(2) {
            let at = self.object_under(object, receiver);
            self.state.object_mut(at).set(key, value);
            return Some(Value::NULL);
        }
        let object = self.state.object(self.object_of(receiver)?)?;
        object.field(key).map(|(value, _)| value)
    }
}
