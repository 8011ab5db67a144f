//! Sinks of the languages themselves: keys by which nested objects are written, names by which functions are chosen, and
//! parameters that anybody may pass anything for.

use rustc_hash::FxHashMap;

use super::super::project::{FileInfo, FuncId};
use super::super::summary::Cell;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use crate::base::{CodeContext, Span};
use crate::flow::scope::Binding;
use crate::model::index::kind_bit;
use crate::syntax::{Arg, ExprId, ExprKind, FunctionId, LogicalOp, Param, PatternId, PatternKind, Symbol};

/// What goes down an object by keys, and what is written by keys.
#[derive(Debug, Default)]
pub(super) struct Walks {
    /// Per variable, the key of `node = node[key]` and where that stands.
    steps: FxHashMap<Binding, (Value, Span)>,
    /// Variables of which an element is assigned by an unknown key.
    written: Vec<Binding>,
    /// Functions that call themselves with an element, and the variable it is of: `merge(target[key], source[key])`.
    recursive: Vec<(FuncId, Binding)>,
    /// Variables of which a condition asks for keys of their own.
    owned: Vec<Binding>,
}

/// `(input: RequestInfo | URL) =>` replaces `fetch` for a library: it is called with what the library asks for.
pub(super) fn is_asked_for(info: &FileInfo, param: &Param) -> bool {
    let start = info.tree.pattern(param.pattern).span.start as usize;
    let rest = info.source.text().get(start..).unwrap_or_default();
    let declared = rest.split([',', ')', '=', '\n']).next().unwrap_or_default();
    declared.contains(": RequestInfo")
}

impl Interp<'_> {
    /// Parameters that may be anything, should nobody call the function: without a narrow type, and not what a framework
    /// or library passes.
    pub(super) fn note_open_params(&mut self, function: FuncId, id: FunctionId) {
        if self.python || self.info.context == CodeContext::Test || self.out.summary.sinks.is_empty() {
            return;
        }
        // A callback without a name is called by whom it is handed to.
        if self.project.function_name(function).is_empty() {
            return;
        }
        let tree = self.tree;
        for (at, param) in tree.function(id).params.iter().enumerate() {
            let Ok(number) = u8::try_from(at) else { break };
            if !self.out.summary.sinks.iter().any(|used| used.param == number) {
                continue;
            }
            if let Some(seed) = self.cell(Cell::Seed(function, number)) {
                let known = |one: &Ref| matches!(one, Ref::Api(..) | Ref::Instance(_));
                if seed.taint != TaintSet::CLEAN || self.values.refs(seed.refs).iter().any(known) {
                    continue;
                }
            }
            let typed = param.annotation.is_some_and(|annotation| !self.annotated(annotation).is_empty());
            if !typed && !is_asked_for(self.info, param) {
                self.out.open.push((number, tree.pattern(param.pattern).span));
            }
        }
    }

    /// `node = node[key]`: remembered until an element of `node` is written.
    pub(super) fn note_walk(&mut self, target: PatternId, value: ExprId) {
        if self.python || !matches!(self.tree.pattern(target).kind, PatternKind::Name(_)) {
            return;
        }
        let mut value = value;
        while let ExprKind::Logical { op: LogicalOp::Or | LogicalOp::Coalesce, left, .. } = self.tree.expr(value).kind {
            value = left;
        }
        let ExprKind::Index { object, index } = self.tree.expr(value).kind else { return };
        let binding = self.info.scopes.of_pattern(target);
        if binding == Binding::Free || self.info.scopes.of_expr(object) != binding {
            return;
        }
        let key = self.eval_quiet(index);
        if key.taint == TaintSet::CLEAN || self.key_name(key).is_some() {
            return;
        }
        let span = self.span(value);
        self.walks.steps.insert(binding, (key, span));
        if self.walks.written.contains(&binding) {
            self.check(self.index.own.key, key, span, 0);
        }
    }

    /// `object[key] = value`: harmful where `object` was itself chosen by such a key.
    pub(super) fn key_sinks(&mut self, object: ExprId, key: Value, span: Span) {
        if self.python || self.key_name(key).is_some() {
            return;
        }
        let sink = self.index.own.key;
        match self.tree.expr(object).kind {
            ExprKind::Index { index, .. } => {
                let outer = self.eval_quiet(index);
                if self.key_name(outer).is_none() {
                    self.check(sink, outer, span, 0);
                }
            }
            ExprKind::Name(_) => {
                let binding = self.info.scopes.of_expr(object);
                if binding == Binding::Free {
                    return;
                }
                if !self.walks.written.contains(&binding) {
                    self.walks.written.push(binding);
                }
                if let Some((key, span)) = self.walks.steps.get(&binding).copied() {
                    self.check(sink, key, span, 0);
                }
            }
            _ => {}
        }
        let written = self.info.scopes.of_expr(object);
        if self.walks.recursive.iter().any(|(function, of)| *of == written && self.is_inside(*function)) {
            self.check(sink, key, span, 0);
        }
    }

    /// `settings[name].theme = value`: by `__proto__` every object gets it, where `settings` is an object of our own.
    pub(super) fn member_sinks(&mut self, object: ExprId, span: Span) {
        if self.python {
            return;
        }
        let Some((of, index)) = self.element_behind(object) else { return };
        let key = self.eval_quiet(index);
        let of = self.eval_quiet(of);
        let plain = self.object_of(of).and_then(|at| self.state.object(at)).is_some_and(|made| {
            !made.is_list && made.fields.iter().all(|(name, ..)| !self.names.text(*name).starts_with('\u{2}'))
        });
        let text = self.values.refs(key.refs).iter().all(|one| !matches!(one, Ref::Scalar | Ref::Int(_)));
        if plain && text && self.key_name(key).is_none() {
            self.check(self.index.own.key, key, span, 0);
        }
    }

    /// `target[key]`, or the variable that was made of it last: the object and the key.
    fn element_behind(&self, expr: ExprId) -> Option<(ExprId, ExprId)> {
        let made = match self.tree.expr(expr).kind {
            ExprKind::Name(_) => self.assigned_last(expr)?,
            _ => expr,
        };
        let ExprKind::Index { object, index } = self.tree.expr(made).kind else { return None };
        let named = matches!(self.tree.expr(object).kind, ExprKind::Name(_));
        (named && self.tree.string_of(index).is_none()).then_some((object, index))
    }

    /// Whether a function runs, be it that a function in it does.
    fn is_inside(&self, function: FuncId) -> bool {
        self.frames.iter().any(|frame| frame.function == Some(function))
    }

    /// `target.hasOwnProperty(key)`
    pub(super) fn asked_for_own(&mut self, object: ExprId) {
        let binding = self.info.scopes.of_expr(object);
        if binding != Binding::Free && !self.walks.owned.contains(&binding) {
            self.walks.owned.push(binding);
        }
    }

    /// A function that calls itself with an element by an unknown key and something else of its own merges deeply.
    pub(super) fn note_recursion(&mut self, function: FuncId, args: &[Arg]) {
        if self.python || args.len() < 2 || !self.is_inside(function) {
            return;
        }
        let params: Vec<Symbol> = self
            .project
            .function_node(function)
            .params
            .iter()
            .filter_map(|param| {
                if let PatternKind::Name(name) = self.tree.pattern(param.pattern).kind { Some(name) } else { None }
            })
            .collect();
        let elements: Vec<Option<(ExprId, ExprId)>> = args.iter().map(|arg| self.element_behind(arg.value)).collect();
        for (at, element) in elements.iter().enumerate() {
            let Some((object, index)) = *element else { continue };
            let of = self.info.scopes.of_expr(object);
            let another = args.iter().zip(&elements).enumerate().any(|(other, (arg, element))| {
                other != at
                    && match (element, &self.tree.expr(arg.value).kind) {
                        (Some((object, _)), _) => self.info.scopes.of_expr(*object) != of,
                        (None, ExprKind::Name(name)) => !params.contains(name),
                        _ => false,
                    }
            });
            if of == Binding::Free || !another || self.walks.owned.contains(&of) {
                continue;
            }
            let key = self.eval_quiet(index);
            let open = self.values.taints(key.taint).iter().any(|taint| taint.cleared & kind_bit("key") == 0);
            if open && !self.walks.recursive.contains(&(function, of)) {
                self.walks.recursive.push((function, of));
            }
        }
    }

    /// `actions[name]()`: the caller chooses what runs, unless the name is one of a list.
    pub(super) fn dispatch_sink(&mut self, callee: ExprId, receiver: Value, key: Value) {
        if self.python || key.taint == TaintSet::CLEAN || self.key_name(key).is_some() {
            return;
        }
        let listed = self.refs(receiver).iter().any(|one| match one {
            Ref::Object(at) => self.state.object(*at).is_some_and(|object| object.is_list),
            _ => false,
        });
        if !listed {
            self.check(self.index.own.dispatch, key, self.span(callee), 0);
        }
    }

    /// `key !== "__proto__"`
    pub(super) fn not_prototype(&mut self, place: ExprId, other: ExprId) {
        let text = self.tree.string_of(other).or_else(|| self.tree.string_of(place));
        if text.is_some_and(|text| PROTOTYPES.contains(&text)) {
            self.clear_place(place, kind_bit("key"));
            self.clear_place(other, kind_bit("key"));
        }
    }

    /// `!["__proto__", "constructor"].includes(key)`
    pub(super) fn not_in_prototypes(&mut self, list: ExprId, key: ExprId) {
        let list = self.eval_quiet_any(list);
        let Some(items) = self.list_items(list) else { return };
        let listed = items.into_iter().any(
            |item| matches!(self.single(item), Some(Ref::Str(name)) if PROTOTYPES.contains(&self.names.text(name))),
        );
        if listed {
            self.clear_place(key, kind_bit("key"));
        }
    }
}

/// Keys that lead to what all objects share.
const PROTOTYPES: [&str; 3] = ["__proto__", "constructor", "prototype"];
