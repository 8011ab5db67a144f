//! Functions that are handed over in ways of their own: to `replace`, by `call` and `apply`; and what is thrown.

use super::super::names::{NameId, known};
use super::super::project::FuncId;
use super::super::value::{Did, Ref, TaintSet, Value};
use super::Interp;
use super::call::{ArgItem, Args, Items};
use crate::flow::scope::Binding;
use crate::syntax::{ExprId, ExprKind, FunctionId, Handler, Spread};

/// How many elements of a list are passed one by one.
const MAX_SPREAD: usize = 16;
/// How many groups of a match a callback is told.
const GROUPS: usize = 6;

impl Interp<'_> {
    /// `text.replace(pattern, (all, part) => …)`, `re.sub(pattern, lambda match: …, text)`: the function is given parts of
    /// the text, and what it gives is put in their place.
    pub(super) fn replaced_by(&mut self, id: ExprId, name: NameId, args: &Args, result: &mut Value) {
        let replaces = if self.python {
            matches!(self.names.text(name), "sub" | "subn")
        } else {
            matches!(name, known::REPLACE | known::REPLACE_ALL)
        };
        if !replaces || args.items.len() < 2 {
            return;
        }
        let is_function = |item: &&ArgItem| {
            self.values.refs(item.value.refs).iter().any(|one| matches!(one, Ref::Func(_))) && item.spread == Spread::No
        };
        let Some(function) = args.items.iter().take(2).find(is_function).copied() else { return };
        let step = self.step_at(self.span(id), Did::Through(name));
        let part = if self.python {
            Value::any(self.values.step(result.taint, step))
        } else {
            Value::text(self.values.step(result.taint, step))
        };
        let given = vec![part; if self.python { 1 } else { GROUPS }];
        let only = Args { receiver: None, items: Items::from_iter([function]), closure: None };
        let returned = self.call_with(id, &only, given);
        let more = self.deep(returned);
        if more != TaintSet::CLEAN {
            result.taint = self.values.join_taint(result.taint, more);
            result.refs = self.values.join_refs(result.refs, super::RefSet::TEXT);
        }
    }

    /// `exec.call(null, command)`, `write.apply(document, [text])`, `log.bind(console)` with functions of libraries.
    pub(super) fn library_method(&mut self, id: ExprId, name: NameId, receiver: Value, args: &Args) -> Option<Value> {
        let nodes = self.api_nodes(receiver);
        if nodes.is_empty() {
            return None;
        }
        if name == known::BIND {
            return (args.items.len() <= 1).then_some(receiver);
        }
        let ExprKind::Call { callee, .. } = self.tree.expr(id).kind else { return None };
        let mut items: Items = args.items.iter().skip(1).copied().collect();
        if name == known::APPLY {
            items.truncate(1);
            let listed = items.first().and_then(|list| self.list_items(list.value));
            if let Some(listed) = listed {
                let item = |value| ArgItem { name: None, spread: Spread::No, value, expr: None };
                items = listed.into_iter().map(item).collect();
            } else {
                for item in &mut items {
                    item.spread = Spread::Sequence;
                }
            }
        }
        let given = Args { receiver: args.at(0), items, closure: None };
        Some(self.library_call(id, callee, &nodes, &given, Some(name)))
    }

    /// `export default function merge(a, b) { … merge(…) }` as an expression: its name means itself inside.
    pub(super) fn bind_own_name(&mut self, function: FuncId, id: FunctionId) {
        let binding = self.info.scopes.of_function(id);
        let Binding::Local(var) = binding else { return };
        if !self.python && self.state.vars.get(var as usize).is_none_or(|held| *held == Value::NONE) {
            let own = self.one(Ref::Func(function));
            self.bind(binding, own);
        }
    }

    /// One argument; those of a list that is known one by one, each for itself.
    pub(super) fn push_argument(&self, items: &mut Items, item: ArgItem) {
        let listed = if item.spread == Spread::Sequence { self.list_items(item.value) } else { None };
        match listed {
            Some(listed) if listed.len() <= MAX_SPREAD => {
                items.extend(listed.into_iter().map(|value| ArgItem { spread: Spread::No, value, ..item }));
            }
            _ => items.push(item),
        }
    }

    /// `stream.pipe(unzip.Parse())` gives the stream that it is piped into.
    pub(super) fn piped_into(&mut self, name: NameId, args: &Args, result: &mut Value) {
        if self.python || name != known::PIPE || args.items.is_empty() || args.items.len() > 2 {
            return;
        }
        let Some(into) = args.at(0) else { return };
        let is_stream = |one: &Ref| match one {
            // Operators of observables are no streams.
            Ref::Api(node, _) => !self.index.text(*node).starts_with("rxjs"),
            _ => false,
        };
        if matches!(self.values.refs(into.refs), [one] if is_stream(one)) {
            result.refs = into.refs;
        }
    }

    /// What a function of the project that is named after it makes safe for markup: `escapeHtml`, with entities in its body.
    pub(super) fn own_escape(&mut self, target: Value, name: NameId, result: &mut Value) {
        if result.taint == TaintSet::CLEAN {
            return;
        }
        let text = self.names.text(name).to_ascii_lowercase();
        if !["escape", "encode", "sanitiz", "esc"].iter().any(|word| text.starts_with(word)) {
            return;
        }
        let escapes = self.refs(target).into_iter().all(|one| match one {
            Ref::Func(function) => {
                let body = self.body_of(function);
                body.contains("&lt;") && (body.contains("&amp;") || body.contains("&gt;"))
            }
            _ => false,
        });
        if escapes {
            let kinds = crate::model::index::kind_bit("xss") | crate::model::index::kind_bit("html-attribute");
            result.taint = self.values.clear(result.taint, kinds);
        }
    }

    /// What is thrown comes out where the enclosing `try` of the same function catches it.
    pub(super) fn note_thrown(&mut self, value: Value) {
        if self.deep(value) == TaintSet::CLEAN || !self.live {
            return;
        }
        let Some(before) = self.frame().thrown.last().copied() else { return };
        let joined = self.join(before, value);
        if let Some(slot) = self.frame().thrown.last_mut() {
            *slot = joined;
        }
    }

    /// The error that a handler is given: of the class it names, with what was thrown.
    pub(super) fn caught(&mut self, handler: &Handler, only: bool, thrown: Value) -> Value {
        let class = handler.class.map_or(Value::ANY, |class| self.eval(class));
        let error = self.instance_of(class);
        let any =
            handler.class.is_none_or(|class| matches!(self.last_name(class), Some("Exception" | "BaseException")));
        if thrown == Value::NONE || !(only || any) {
            return error;
        }
        let told = self.deep(thrown);
        Value { refs: error.refs, taint: self.values.join_taint(error.taint, told) }
    }
}
