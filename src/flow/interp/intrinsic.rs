//! What the languages themselves do: methods of containers, text and promises, and the few builtins without which values
//! cannot be followed. Libraries are models' business; this is for receivers of no known type.

use super::super::names::{NameId, index_name, known};
use super::super::state::Object;
use super::super::value::{Did, Ref, RefSet, TaintSet, Value};
use super::Interp;
use super::call::Args;
use crate::flow::scope::Binding;
use crate::model::index::kind_bit;
use crate::syntax::{ExprId, ExprKind};

impl Interp<'_> {
    /// The result of a call that the engine knows by the name of the function; `None` if it does not.
    pub(super) fn intrinsic(&mut self, id: ExprId, callee: ExprId, name: NameId, args: &Args) -> Option<Value> {
        if let Some(receiver) = args.receiver {
            let (ExprKind::Member { object, .. } | ExprKind::Index { object, .. }) = self.tree.expr(callee).kind else {
                return None;
            };
            self.method(id, object, receiver, name, args)
        } else {
            let free = self.info.scopes.of_expr(callee) == Binding::Free;
            if free { self.builtin(id, name, args) } else { None }
        }
    }

    /// Whether a method puts something into a container, or takes it out.
    fn changes(&self, receiver: Value, name: NameId, args: &Args) -> bool {
        let is_known = self.object_of(receiver).is_some();
        match name {
            known::GET
            | known::POP
            | known::SETDEFAULT
            | known::AT
            | known::SHIFT
            | known::POPLEFT
            | known::POPITEM
            | known::NEXT
            | known::CLEAR => is_known,
            known::UPDATE => is_known || self.values.refs(receiver.refs).iter().any(|one| matches!(one, Ref::Param(_))),
            known::APPEND | known::PUSH | known::ADD | known::UNSHIFT | known::INSERT | known::EXTEND => true,
            known::PUT => self.python && args.items.len() == 1,
            known::SET => !self.python && args.items.len() == 2,
            _ => false,
        }
    }

    fn method(&mut self, id: ExprId, object: ExprId, receiver: Value, name: NameId, args: &Args) -> Option<Value> {
        let is_known = self.object_of(receiver).is_some();
        if let Some(value) = self.text_or_event(id, object, receiver, name, args) {
            return Some(value);
        }
        if self.changes(receiver, name, args) {
            return self.container_change(id, object, receiver, name, args);
        }
        match name {
            known::GET | known::SETDEFAULT | known::POP if !args.items.is_empty() => {
                Some(self.looked_up(id, receiver, name, args))
            }
            known::COPY
            | known::KEYS
            | known::VALUES
            | known::ITEMS
            | known::ENTRIES
            | known::CONCAT
            | known::FLAT
            | known::SLICE
            | known::SPLICE
                if is_known =>
            {
                self.container_copy(id, receiver, name, args)
            }
            known::THEN => Some(self.call_with(id, args, vec![receiver])),
            known::CATCH
            | known::FINALLY
            | known::MAP
            | known::FLAT_MAP
            | known::FILTER
            | known::FOR_EACH
            | known::SOME
            | known::EVERY
            | known::FIND
            | known::FIND_LAST
            | known::FIND_INDEX
            | known::SORT
            | known::REDUCE
            | known::CALL_JS
            | known::APPLY
            | known::BIND
                if !self.python =>
            {
                self.calling_method(id, receiver, name, args)
            }
            // The same function, to be called in another way.
            known::ENSURE_SYNC if self.python && args.items.len() == 1 => args.at(0),
            known::JOIN | known::FORMAT => Some(self.joined_text(id, receiver, name, args)),
            known::INDEX_OF
            | known::INCLUDES
            | known::HAS
            | known::STARTS_WITH
            | known::STARTS_WITH_JS
            | known::ENDS_WITH
            | known::ENDS_WITH_JS
            | known::ISALNUM
            | known::ISALPHA
            | known::ISDIGIT
            | known::ISDECIMAL
            | known::ISNUMERIC
            | known::ISIDENTIFIER
            | known::IS_RELATIVE_TO
            | known::TEST
            | known::COUNT
            | known::HAS_OWN
            | known::HAS_OWN2 => Some(Value::SCALAR),
            known::INDEX if self.python => Some(Value::SCALAR),
            known::ASSIGN
            | known::FREEZE
            | known::FROM
            | known::IS_ARRAY
            | known::ALL
            | known::RESOLVE
            | known::FROM_ENTRIES
            | known::SETTLED => self.static_method(id, object, name, args),
            known::KEYS | known::VALUES | known::ENTRIES => self.static_method(id, object, name, args),
            _ => None,
        }
    }

    /// Methods of constant texts, of texts from outside, of event emitters and of settings.
    fn text_or_event(
        &mut self,
        id: ExprId,
        object: ExprId,
        receiver: Value,
        name: NameId,
        args: &Args,
    ) -> Option<Value> {
        let span = self.span(id);
        let is_known = self.object_of(receiver).is_some();
        if !is_known && self.known_constants(receiver) {
            let text = self.names.text(name).to_owned();
            if let Some(folded) = self.constant_method(receiver, &text, args, id.index()) {
                return Some(folded);
            }
        }
        if self.python
            && !is_known
            && let Some(value) = self.python_text(id, receiver, name, args)
        {
            return Some(value);
        }
        match name {
            known::ON | known::ONCE | known::ADD_LISTENER | known::EMIT if !self.python => self.event(name, args),
            known::SPLIT if !is_known && receiver.taint != TaintSet::CLEAN => {
                let step = self.step_at(span, Did::Through(name));
                // Only a text can be split.
                let taint = self.values.clear(receiver.taint, kind_bit("nosql"));
                let part = Value::text(self.values.step(taint, step));
                return Some(self.list_of(id, part));
            }
            known::REPLACE | known::REPLACE_ALL if !self.python && self.leaves_plain(args) => {
                return Some(Value::text(TaintSet::CLEAN));
            }
            _ => {}
        }
        if self.python
            && let Some(value) = self.section_call(object, receiver, name, args)
        {
            return Some(value);
        }
        None
    }

    /// What is looked up by a key is not made of the key.
    fn looked_up(&mut self, id: ExprId, receiver: Value, name: NameId, args: &Args) -> Value {
        let span = self.span(id);
        let passed = |one: &Ref| matches!(one, Ref::Param(_) | Ref::Field);
        let found = match args.at(0).and_then(|key| self.key_name(key)) {
            Some(key) if self.values.refs(receiver.refs).iter().any(passed) => self.element_named(receiver, key, span),
            _ => Value::any(receiver.taint),
        };
        let inner = self.python && self.values.refs(receiver.refs).iter().any(|one| matches!(one, Ref::Object(_)));
        let found = if inner { self.element_of(receiver, span, true) } else { found };
        let mut taint = if inner { found.taint } else { self.deep(found) };
        let rest: Vec<Value> = args.items.iter().skip(1).map(|item| item.value).collect();
        for value in rest {
            let more = self.deep(value);
            taint = self.values.join_taint(taint, more);
        }
        self.call_back_all(args);
        let step = self.step_at(span, Did::Through(name));
        let refs = self.values.join_refs(found.refs, RefSet::ANY);
        Value { refs, taint: self.values.step(taint, step) }
    }

    /// `", ".join(parts)`, `"{}".format(x)`, `parts.join(", ")`
    fn joined_text(&mut self, id: ExprId, receiver: Value, name: NameId, args: &Args) -> Value {
        if name == known::JOIN
            && let Some(folded) = self.joined_constants(receiver, args.at(0))
        {
            return folded;
        }
        let span = self.span(id);
        let rest = self.all_taint(&Args { receiver: None, items: args.items.clone(), closure: None });
        if name == known::FORMAT {
            self.built_text(id, &[receiver, Value::any(rest)]);
            return self.formatted(receiver, Value::any(rest), args.at(0), ('{', span));
        }
        let taint = self.deep(receiver);
        let taint = self.values.join_taint(taint, rest);
        let taint = self.values.clear(taint, super::operator::text_kinds());
        let step = self.step_at(span, Did::Through(name));
        Value::text(self.values.step(taint, step))
    }

    /// What is under a key, or the last of a list.
    fn take_out(&mut self, id: ExprId, receiver: Value, name: NameId, args: &Args) -> Value {
        let span = self.span(id);
        let known_object = self.object_of(receiver);
        let mut found = match args.at(0) {
            Some(key) => self.element(receiver, key, span),
            None => self.element_of(receiver, span, true),
        };
        if name == known::POP
            && let (Some(at), None | Some(Value { .. })) = (known_object, args.at(0))
            && self.state.object(at).is_some_and(|object| object.is_list)
        {
            found = self.pop(at, args.at(0), span, receiver);
        }
        if name == known::GET && args.at(1).is_none() && args.at(0).is_some_and(|key| self.may_lack(receiver, key)) {
            found.refs = self.values.join_refs(found.refs, RefSet::NULL);
        }
        if let Some(default) = args.at(1) {
            if self.single(found) == Some(Ref::Null) {
                found = default;
            } else {
                let present = self.is_present(receiver, args.at(0));
                found = if present { found } else { self.join(found, default) };
            }
            if name == known::SETDEFAULT
                && let Some(at) = known_object
            {
                match args.at(0).and_then(|key| self.key_name(key)) {
                    Some(key) => self.state.object_mut(at).set(key, found),
                    None => self.add_rest(at, default),
                }
            }
        }
        found
    }

    /// Methods that put something into a container or take something out of it.
    fn container_change(
        &mut self,
        id: ExprId,
        object: ExprId,
        receiver: Value,
        name: NameId,
        args: &Args,
    ) -> Option<Value> {
        let span = self.span(id);
        let known_object = self.object_of(receiver);
        match name {
            known::GET | known::POP | known::SETDEFAULT | known::AT => Some(self.take_out(id, receiver, name, args)),
            known::SHIFT | known::POPLEFT | known::POPITEM | known::NEXT => {
                let at = known_object?;
                if matches!(name, known::SHIFT | known::POPLEFT)
                    && self.state.object(at).is_some_and(|object| object.is_list)
                {
                    let first = self.one(Ref::Int(0));
                    return Some(self.pop(at, Some(first), span, receiver));
                }
                Some(self.element_of(receiver, span, true))
            }
            known::APPEND | known::PUSH | known::ADD | known::UNSHIFT | known::INSERT | known::PUT => {
                let at = self.object_under(object, receiver);
                let skip = usize::from(name == known::INSERT);
                let values: Vec<Value> = args.items.iter().skip(skip).map(|item| item.value).collect();
                for value in values {
                    if matches!(name, known::APPEND | known::PUSH) {
                        self.add_element(at, value);
                    } else {
                        self.add_rest(at, value);
                        self.shift_unknown(at);
                    }
                }
                Some(if name == known::ADD && !self.python { receiver } else { Value::NULL })
            }
            known::SET => {
                let at = self.object_under(object, receiver);
                let (key, value) = (args.at(0)?, args.at(1)?);
                match self.key_name(key) {
                    Some(key) => self.state.object_mut(at).set(key, value),
                    None => self.add_rest(at, value),
                }
                Some(receiver)
            }
            known::EXTEND | known::UPDATE => {
                let at = self.object_under(object, receiver);
                let mut made = self.state.object(at).cloned()?;
                for item in &args.items {
                    match item.name {
                        Some(name) => made.set(name, item.value),
                        None if made.is_list => {
                            let element = self.iterate(item.value, span);
                            made.rest = self.values.join(made.rest, element);
                            made.count = None;
                        }
                        None => self.spread_into(&mut made, item.value, span),
                    }
                }
                self.state.put(at, made);
                Some(Value::NULL)
            }
            known::CLEAR => {
                let at = known_object?;
                let list = self.state.object(at).is_some_and(|object| object.is_list);
                self.state.put(at, Object::new(false, list));
                Some(Value::NULL)
            }
            _ => None,
        }
    }

    /// Methods that give a new container, or a view, of what is in one.
    fn container_copy(&mut self, id: ExprId, receiver: Value, name: NameId, args: &Args) -> Option<Value> {
        let span = self.span(id);
        let known_object = self.object_of(receiver);
        match name {
            known::COPY => {
                let made = self.state.object(known_object?).cloned()?;
                Some(self.new_object(id, made, receiver))
            }
            known::KEYS => {
                let keys = self.keys_of(receiver, span);
                Some(self.list_of(id, keys))
            }
            known::VALUES => {
                let values = self.element_of(receiver, span, true);
                Some(self.list_of(id, values))
            }
            known::ITEMS | known::ENTRIES => Some(self.pairs(id, receiver)),
            known::CONCAT => {
                let mut all = self.element_of(receiver, span, true);
                for item in &args.items {
                    let element = if self.object_of(item.value).is_some() {
                        self.element_of(item.value, span, true)
                    } else {
                        item.value
                    };
                    all = self.join(all, element);
                }
                Some(self.list_of(id, all))
            }
            known::FLAT => {
                let elements = self.element_of(receiver, span, true);
                let within = self.element_of(elements, span, true);
                let all = self.join(elements, within);
                Some(self.list_of(id, all))
            }
            known::SLICE | known::SPLICE => {
                let element = self.element_of(receiver, span, true);
                if name == known::SPLICE {
                    let more: Vec<Value> = args.items.iter().skip(2).map(|item| item.value).collect();
                    for value in more {
                        self.add_rest(known_object?, value);
                    }
                }
                Some(self.list_of(id, element))
            }
            _ => None,
        }
    }

    /// JavaScript's methods that call what they are given.
    fn calling_method(&mut self, id: ExprId, receiver: Value, name: NameId, args: &Args) -> Option<Value> {
        let span = self.span(id);
        match name {
            known::CATCH | known::FINALLY => {
                let handled = self.call_with(id, args, vec![Value::ANY]);
                Some(self.join(receiver, handled))
            }
            known::MAP
            | known::FLAT_MAP
            | known::FILTER
            | known::FOR_EACH
            | known::SOME
            | known::EVERY
            | known::FIND
            | known::FIND_LAST
            | known::FIND_INDEX
            | known::SORT => Some(self.higher_order(id, name, receiver, args)),
            known::REDUCE => {
                let element = self.element_of(receiver, span, true);
                let start = args.at(1).unwrap_or(element);
                let first = self.call_with(id, args, vec![start, element, Value::SCALAR]);
                let again = self.join(start, first);
                let second = self.call_with(id, args, vec![again, element, Value::SCALAR]);
                Some(self.join(again, second))
            }
            known::CALL_JS | known::APPLY | known::BIND => self.function_method(id, name, receiver, args),
            _ => None,
        }
    }

    /// Array methods with a callback.
    fn higher_order(&mut self, id: ExprId, name: NameId, receiver: Value, args: &Args) -> Value {
        let span = self.span(id);
        let element = self.element_of(receiver, span, true);
        let given = if name == known::SORT { vec![element, element] } else { vec![element, Value::SCALAR, receiver] };
        if !args
            .items
            .iter()
            .any(|item| self.values.refs(item.value.refs).iter().any(|one| matches!(one, Ref::Func(_))))
        {
            return match name {
                known::FILTER | known::SORT => receiver,
                known::FIND | known::FIND_LAST => element,
                known::SOME | known::EVERY | known::FIND_INDEX => Value::SCALAR,
                _ => {
                    let taint = self.deep(receiver);
                    Value::any(taint)
                }
            };
        }
        let result = self.call_with(id, args, given);
        match name {
            known::MAP => self.list_of(id, result),
            known::FLAT_MAP => {
                let inner = self.element_of(result, span, true);
                let all = if self.object_of(result).is_some() { inner } else { self.join(result, inner) };
                self.list_of(id, all)
            }
            known::FILTER | known::SORT => receiver,
            known::FIND | known::FIND_LAST => element,
            known::FOR_EACH => Value::NULL,
            _ => Value::SCALAR,
        }
    }

    /// `f.call(this, a)`, `f.apply(this, [a])`, `f.bind(this, a)`.
    fn function_method(&mut self, id: ExprId, name: NameId, receiver: Value, args: &Args) -> Option<Value> {
        let functions: Vec<_> = self
            .refs(receiver)
            .into_iter()
            .filter_map(|one| if let Ref::Func(f) = one { Some(f) } else { None })
            .collect();
        if functions.is_empty() {
            return self.library_method(id, name, receiver, args);
        }
        if name == known::BIND {
            let this = args.at(0);
            let rest = args.items.get(1..).unwrap_or_default().to_vec();
            return Some(self.bound_function(id, receiver, this, &rest));
        }
        let this = args.at(0);
        let items = if name == known::APPLY {
            let mut items: super::call::Items = args.items.iter().skip(1).take(1).copied().collect();
            for item in &mut items {
                item.spread = crate::syntax::Spread::Sequence;
            }
            items
        } else {
            args.items.iter().skip(1).copied().collect()
        };
        let mut result = Value::NONE;
        for function in functions {
            let returned = self.invoke(function, Args { receiver: this, items: items.clone(), closure: None }, id);
            result = self.join(result, returned);
        }
        Some(result)
    }

    /// Calls the functions among the arguments with some values.
    pub(super) fn call_with(&mut self, id: ExprId, args: &Args, given: Vec<Value>) -> Value {
        let mut result = Value::NONE;
        let mut functions = Vec::new();
        for item in &args.items {
            for one in self.values.refs(item.value.refs) {
                if let Ref::Func(function) = one {
                    functions.push(*function);
                }
            }
        }
        let mut others = TaintSet::CLEAN;
        if functions.is_empty() {
            for value in &given {
                let more = self.deep(*value);
                others = self.values.join_taint(others, more);
            }
            return Value::any(others);
        }
        for function in functions {
            let before = self.live.then(|| self.state.clone());
            let returned = self.invoke(function, Args::positional(given.clone()), id);
            self.merge(before);
            result = self.join(result, returned);
        }
        result
    }

    fn is_present(&mut self, receiver: Value, key: Option<Value>) -> bool {
        let Some(name) = key.and_then(|key| self.key_name(key)) else { return false };
        self.object_of(receiver)
            .and_then(|at| self.state.object(at))
            .and_then(|object| object.field(name))
            .is_some_and(|(_, weak)| !weak)
    }

    /// Takes an element out of a list.
    fn pop(&mut self, at: u32, index: Option<Value>, span: crate::base::Span, receiver: Value) -> Value {
        let Some(object) = self.state.object(at) else { return Value::ANY };
        let (count, rest) = (object.count, object.rest);
        let index = match index.map(|index| self.single(index)) {
            None => count.and_then(|count| count.checked_sub(1)),
            Some(Some(Ref::Int(index))) => u32::try_from(index).ok(),
            Some(_) => None,
        };
        let (Some(count), Some(index), true) = (count, index, rest == Value::NONE && self.loop_depth == 0) else {
            let found = self.element_of(receiver, span, true);
            self.shift_unknown(at);
            return found;
        };
        let all: Vec<Value> = (0..count)
            .map(|slot| {
                index_name(slot)
                    .and_then(|name| self.state.object(at).and_then(|object| object.field(name)))
                    .map_or(Value::NULL, |(value, _)| value)
            })
            .collect();
        let found = all.get(index as usize).copied().unwrap_or(Value::NULL);
        let mut list = Object::new(false, true);
        let kept = all.into_iter().enumerate().filter(|(slot, _)| *slot != index as usize).map(|(_, value)| value);
        for (slot, value) in (0u32..).zip(kept) {
            if let Some(name) = index_name(slot) {
                list.set(name, value);
            }
            list.count = Some(slot + 1);
        }
        self.state.put(at, list);
        found
    }

    /// Positions are no longer known: every element is under an unknown key.
    fn shift_unknown(&mut self, at: u32) {
        let Some(object) = self.state.object(at) else { return };
        if !object.is_list {
            return;
        }
        let fields: Vec<Value> = object.fields.iter().map(|(_, value, _)| *value).collect();
        for value in fields {
            self.add_rest(at, value);
        }
        let object = self.state.object_mut(at);
        object.fields.clear();
        object.count = None;
    }

    pub(super) fn new_object(&mut self, id: ExprId, object: Object, under: Value) -> Value {
        let at = self.object_at((id.index(), 50));
        self.state.put(at, object);
        let mut refs: Vec<Ref> = self.refs(under).into_iter().filter(|one| !matches!(one, Ref::Object(_))).collect();
        refs.push(Ref::Object(at));
        Value { refs: self.values.ref_set(refs), taint: under.taint }
    }

    /// A list of values like one.
    pub(super) fn list_of(&mut self, id: ExprId, element: Value) -> Value {
        let mut list = Object::new(false, true);
        (list.rest, list.count) = (element, None);
        let at = self.object_at((id.index(), 51));
        self.state.put(at, list);
        self.one(Ref::Object(at))
    }

    pub(super) fn pair(&mut self, id: ExprId, key: Value, value: Value) -> Value {
        let mut pair = Object::new(false, true);
        for (at, part) in [(0, key), (1, value)] {
            if let Some(name) = index_name(at) {
                pair.set(name, part);
            }
        }
        pair.count = Some(2);
        let at = self.object_at((id.index(), 53));
        self.state.put(at, pair);
        self.one(Ref::Object(at))
    }

    pub(super) fn pairs(&mut self, id: ExprId, receiver: Value) -> Value {
        let span = self.span(id);
        let keys = self.keys_of(receiver, span);
        let values = self.element_of(receiver, span, true);
        let pair = self.pair(id, keys, values);
        self.list_of(id, pair)
    }
}
