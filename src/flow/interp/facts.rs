//! Records facts: calls, reads and assignments of modelled paths, with argument values as far as they are known.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::facts::{
    AssignFact, CallFact, DecoratorFact, FactArg, FactValue, FuncRef, Pattern, Place, ReadFact, Shape,
};
use super::super::project::FuncId;
use super::super::summary::UnitFacts;
use super::super::value::{Ref, Value};
use super::Interp;
use super::call::Args;
use crate::base::Span;
use crate::model::index::NodeId;
use crate::model::schema::Constant;
use crate::syntax::{Attribute, Entry, ExprId, ExprKind, Key, Literal, Spread};

/// How deep values are told.
const DEPTH: u32 = 4;
/// How many facts of one unit are kept.
const MAX_FACTS: usize = 20_000;

/// What a unit recorded so far, one entry per place: what runs twice is told once.
#[derive(Debug, Default)]
pub(in crate::flow) struct Recorder {
    calls: FxHashMap<ExprId, CallFact>,
    reads: FxHashMap<ExprId, ReadFact>,
    assigns: FxHashMap<ExprId, AssignFact>,
    attributes: FxHashMap<Span, AssignFact>,
    decorators: Vec<(FuncId, Vec<DecoratorFact>)>,
}

impl Recorder {
    /// Everything, in order of position.
    pub(in crate::flow) fn finish(self) -> UnitFacts {
        let mut calls: Vec<_> = self.calls.into_values().collect();
        calls.sort_by_key(|fact| (fact.span, fact.place));
        let mut reads: Vec<_> = self.reads.into_values().collect();
        reads.sort_by_key(|fact| (fact.span, fact.place));
        let mut assigns: Vec<_> = self.assigns.into_values().chain(self.attributes.into_values()).collect();
        assigns.sort_by_key(|fact| fact.span);
        UnitFacts { calls, reads, assigns, decorators: self.decorators }
    }

    pub(super) fn decorators(&mut self, function: FuncId, decorators: Vec<DecoratorFact>) {
        if !self.decorators.iter().any(|(known, _)| *known == function) {
            self.decorators.push((function, decorators));
        }
    }
}

impl Interp<'_> {
    fn inside(&self) -> Option<FuncRef> {
        self.current_function().map(|function| self.project.function(function).place)
    }

    fn purposes(&self) -> Vec<String> {
        let mut purposes: Vec<String> =
            self.purpose.iter().rev().take(3).map(|name| self.names.text(*name).to_owned()).collect();
        if let Some(function) = self.current_function() {
            purposes.push(self.project.function_name(function).to_owned());
        }
        purposes.retain(|name| !name.is_empty());
        purposes
    }

    /// Records a call, where facts of it are wanted; gives it back for conditions.
    pub(super) fn record_call(
        &mut self,
        id: ExprId,
        callee: ExprId,
        nodes: &[NodeId],
        args: &Args,
    ) -> Option<CallFact> {
        let wanted = nodes.iter().any(|node| self.index.entries(*node).is_some_and(|entries| entries.fact));
        let asked = wanted
            || nodes.iter().any(|node| {
                self.index.entries(*node).is_some_and(|entries| {
                    entries.sinks.iter().any(|sink| !self.index.sinks[*sink as usize].when.is_empty())
                        || entries.sources.iter().any(|source| !self.index.sources[*source as usize].when.is_empty())
                        || entries.sanitizers.iter().any(|at| !self.index.sanitizers[*at as usize].when.is_empty())
                })
            });
        if !asked || self.facts.calls.len() > MAX_FACTS {
            return None;
        }
        let mut facts = Vec::with_capacity(args.items.len());
        for item in &args.items {
            // What a mapping that is spread is known to hold is as good as written.
            if item.spread == Spread::Map
                && let Some(Ref::Object(at)) = self.single(item.value)
                && let Some(object) = self.state.object(at)
                && !object.overlay
            {
                let fields: Vec<_> = object.fields.iter().map(|(name, value, _)| (*name, *value)).collect();
                for (name, value) in fields {
                    let name = Some(self.names.text(name).to_owned());
                    let value = self.fact_value(value, None, 1);
                    facts.push(FactArg { name, spread: false, value });
                }
            }
            facts.push(FactArg {
                name: item.name.map(|name| self.names.text(name).to_owned()),
                spread: item.spread != Spread::No,
                value: self.fact_value(item.value, item.expr, 0),
            });
        }
        let receiver_expr = match self.tree.expr(callee).kind {
            ExprKind::Member { object, .. } => Some(object),
            _ => None,
        };
        let receiver = args.receiver.map(|value| self.fact_value(value, receiver_expr, 1));
        let fact = CallFact {
            place: Place { file: self.file, expr: id },
            span: self.span(id),
            callee_span: self.span(callee),
            paths: nodes.iter().map(|node| self.index.text(*node).clone()).collect(),
            inside: self.inside(),
            receiver,
            args: facts,
            purpose: self.purposes(),
            decorates: self.decorating.map(|function| self.project.function(function).place),
        };
        if wanted {
            match self.facts.calls.get_mut(&id) {
                None => {
                    self.facts.calls.insert(id, fact.clone());
                }
                Some(known) => {
                    // Run again with other values: what differs is not known.
                    for (mine, theirs) in known.args.iter_mut().zip(&fact.args) {
                        forget_differences(&mut mine.value, &theirs.value, 0);
                    }
                    for path in &fact.paths {
                        if !known.paths.contains(path) {
                            known.paths.push(path.clone());
                        }
                    }
                }
            }
        }
        Some(fact)
    }

    /// Records a read of a modelled value.
    pub(super) fn record_read(&mut self, id: ExprId, value: Value) {
        let nodes = self.values.refs(value.refs).iter().filter_map(|one| match one {
            Ref::Api(node, _) if self.index.entries(*node).is_some_and(|entries| entries.fact) => Some(*node),
            _ => None,
        });
        let paths: Vec<Arc<str>> = nodes.map(|node| self.index.text(node).clone()).collect();
        if paths.is_empty() || self.facts.reads.contains_key(&id) || self.facts.reads.len() > MAX_FACTS {
            return;
        }
        let fact = ReadFact {
            place: Place { file: self.file, expr: id },
            span: self.span(id),
            paths,
            inside: self.inside(),
            purpose: self.purposes(),
        };
        self.facts.reads.insert(id, fact);
    }

    /// Records an assignment to a modelled member.
    pub(super) fn record_assign(&mut self, target: ExprId, receiver: Value, nodes: &[NodeId], value: Value) {
        let paths: Vec<Arc<str>> = nodes
            .iter()
            .filter(|node| self.index.entries(**node).is_some_and(|entries| entries.fact))
            .map(|node| self.index.text(*node).clone())
            .collect();
        if paths.is_empty() {
            return;
        }
        let receiver_expr = match self.tree.expr(target).kind {
            ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => Some(object),
            _ => None,
        };
        let fact = AssignFact {
            file: self.file,
            span: self.span(target),
            paths,
            inside: self.inside(),
            receiver: Some(self.fact_value(receiver, receiver_expr, 1)),
            value: self.fact_value(value, None, 0),
        };
        self.facts.assigns.insert(target, fact);
    }

    /// Records a map literal that has a key which misuse rules wait for, where the key stands.
    pub(super) fn record_map(&mut self, id: ExprId, entries: &[Entry], value: Value) {
        let Some(root) = self.index.map_root(self.info.family) else { return };
        for entry in entries {
            let Some(Key::Static(name, span)) = entry.key else { continue };
            let name = self.name(name);
            let Some(node) = self.index.child(root, self.api_step(name)) else { continue };
            if self.facts.attributes.len() > MAX_FACTS {
                return;
            }
            let fact = AssignFact {
                file: self.file,
                span,
                paths: vec![self.index.text(node).clone()],
                inside: self.inside(),
                receiver: None,
                value: self.fact_value(value, Some(id), 0),
            };
            self.facts.attributes.insert(span, fact);
        }
    }

    /// Records an attribute of a JSX element.
    pub(super) fn record_attribute(&mut self, attribute: &Attribute, node: NodeId, value: Value) {
        let value = self.fact_value(value, attribute.value, 0);
        let fact = AssignFact {
            file: self.file,
            span: attribute.span,
            paths: vec![self.index.text(node).clone()],
            inside: self.inside(),
            receiver: None,
            value: FactValue { span: Span::default(), ..value },
        };
        self.facts.attributes.insert(attribute.span, fact);
    }

    /// A value as facts tell it.
    pub(super) fn fact_value(&mut self, value: Value, expr: Option<ExprId>, depth: u32) -> FactValue {
        let mut fact = FactValue {
            expr: expr.map(|expr| Place { file: self.file, expr }),
            span: expr.map_or_else(Span::default, |expr| self.span(expr)),
            ..FactValue::default()
        };
        if let Some(expr) = expr {
            fact.is_call = matches!(self.tree.expr(expr).kind, ExprKind::Call { .. });
            fact.name = self.written_name(expr, 0);
            fact.pattern = self.pattern_made_at(Place { file: self.file, expr });
            fact.paths = self.spread_paths(expr);
        }
        fact.constant = self.single(value).and_then(|one| self.constant(one));
        if let Some(expr) = expr
            && let ExprKind::Literal(crate::syntax::Literal::Regex(pattern, _)) = self.tree.expr(expr).kind
        {
            fact.constant = Some(Constant::Str(self.tree.text(pattern).to_owned()));
        }
        if fact.constant.is_none() && self.known_constants(value) {
            let all = self.refs(value);
            fact.constants = all.into_iter().filter_map(|one| self.constant(one)).collect();
        }
        let taints = self.values.taints(value.taint);
        if !taints.is_empty() {
            fact.cleared = taints.iter().fold(crate::model::index::ALL_KINDS, |all, taint| all & taint.cleared);
        }
        fact.open = self.open_kinds(value);
        for one in self.refs(value) {
            match one {
                Ref::Starts(name) => {
                    let text = self.names.text(name);
                    fact.head = text.split(super::operator::UNKNOWN).next().map(str::to_owned);
                }
                Ref::Api(node, made) => {
                    fact.paths.push(self.index.text(node).clone());
                    fact.paths.extend(self.index.types(node).iter().map(|node| self.index.text(*node).clone()));
                    fact.made_at = fact.made_at.or(made);
                    fact.pattern = fact.pattern.or_else(|| self.pattern_made_at(made?));
                }
                Ref::Func(function) => {
                    fact.function = fact.function.or(Some(self.project.function(function).place));
                    fact.shape = Shape::Function;
                }
                Ref::Class(class) => {
                    fact.class = fact.class.or(Some(self.project.class(class).place));
                    fact.shape = Shape::Class;
                }
                Ref::Instance(class) => fact.class = fact.class.or(Some(self.project.class(class).place)),
                Ref::Object(at) if depth < DEPTH => self.fact_object(&mut fact, at, expr, depth),
                _ => {}
            }
        }
        if fact.shape == Shape::Unknown {
            fact.shape = self.shape(value, expr);
        }
        fact
    }

    /// Where what is spread into a map literal comes from: `{ ...request.body, ownerId }` is the body and more.
    fn spread_paths(&mut self, expr: ExprId) -> Vec<std::sync::Arc<str>> {
        let tree = self.tree;
        let ExprKind::Map { entries } = &tree.expr(expr).kind else { return Vec::new() };
        let spread: Vec<ExprId> =
            entries.iter().filter(|entry| entry.key.is_none()).map(|entry| entry.value).take(4).collect();
        let mut paths = Vec::new();
        for value in spread {
            let value = self.eval_quiet(value);
            for node in self.api_nodes(value) {
                paths.push(self.index.text(node).clone());
            }
        }
        paths
    }

    fn constant(&self, one: Ref) -> Option<Constant> {
        match one {
            Ref::Str(name) => Some(Constant::Str(self.names.text(name).to_owned())),
            Ref::Int(number) => Some(Constant::Int(number)),
            Ref::Bool(truth) => Some(Constant::Bool(truth)),
            Ref::Null => Some(Constant::Null),
            _ => None,
        }
    }

    /// The regular expression of a literal, `re.compile("…")`, `new RegExp("…", "i")`.
    fn pattern_made_at(&self, place: Place) -> Option<Pattern> {
        let tree = &self.project.file(place.file).tree;
        match &tree.expr(place.expr).kind {
            ExprKind::Literal(Literal::Regex(text, flags)) => {
                Some(Pattern { text: tree.text(*text).to_owned(), flags: tree.text(*flags).to_owned() })
            }
            ExprKind::Call { callee, args, .. } => {
                let name = match tree.expr(*callee).kind {
                    ExprKind::Name(name) | ExprKind::Member { name, .. } => tree.text(name),
                    _ => return None,
                };
                let text = args.first().and_then(|arg| tree.string_of(arg.value))?.to_owned();
                let flags = args.get(1).and_then(|arg| tree.string_of(arg.value)).unwrap_or_default().to_owned();
                matches!(name, "compile" | "RegExp").then_some(Pattern { text, flags })
            }
            _ => None,
        }
    }

    fn fact_object(&mut self, fact: &mut FactValue, at: u32, expr: Option<ExprId>, depth: u32) {
        let Some(object) = self.state.object(at).cloned() else { return };
        if !object.overlay {
            fact.shape = if object.is_list { Shape::List } else { Shape::Map };
        }
        let items: Vec<Option<ExprId>> = match expr.map(|expr| &self.tree.expr(expr).kind) {
            Some(ExprKind::Sequence { items, .. }) => items.iter().map(|item| Some(item.value)).collect(),
            _ => Vec::new(),
        };
        for (index, (name, value, _)) in object.fields.iter().enumerate().take(64) {
            if *name == super::super::names::known::KEY_TAINT {
                continue;
            }
            if object.is_list {
                let expr = items.get(index).copied().flatten();
                fact.items.push(self.fact_value(*value, expr, depth + 1));
            } else {
                let text = self.names.text(*name).to_owned();
                let expr = expr.and_then(|expr| self.entry_of(expr, &text));
                let part = self.fact_value(*value, expr, depth + 1);
                fact.fields.push((text, part));
            }
        }
        if object.rest != Value::NONE && object.is_list {
            fact.items.push(self.fact_value(object.rest, None, depth + 1));
        }
    }

    /// What stands at a key of a map literal.
    fn entry_of(&self, map: ExprId, name: &str) -> Option<ExprId> {
        let ExprKind::Map { entries } = &self.tree.expr(map).kind else { return None };
        let of = |entry: &Entry| match entry.key {
            Some(Key::Static(key, _)) => self.tree.text(key) == name,
            _ => false,
        };
        entries.iter().rfind(|entry| of(entry)).map(|entry| entry.value)
    }

    fn shape(&self, value: Value, expr: Option<ExprId>) -> Shape {
        if let Some(expr) = expr {
            match &self.tree.expr(expr).kind {
                ExprKind::Template { .. } if self.tree.string_of(expr).is_none() => return Shape::Template,
                ExprKind::Sequence { .. } => return Shape::List,
                ExprKind::Map { .. } => return Shape::Map,
                _ => {}
            }
        }
        match self.single(value) {
            Some(Ref::Str(_)) => Shape::String,
            Some(Ref::Text | Ref::Starts(_)) => Shape::Template,
            Some(Ref::Int(_)) => Shape::Number,
            Some(Ref::Bool(_)) => Shape::Bool,
            Some(Ref::Null) => Shape::Null,
            _ => Shape::Unknown,
        }
    }

    /// Names and members as written, with the first name replaced by what it is imported as.
    pub(super) fn written_name(&self, expr: ExprId, depth: u32) -> String {
        if depth > 16 {
            return String::new();
        }
        match &self.tree.expr(expr).kind {
            ExprKind::Name(name) => self.imported_as(expr).unwrap_or_else(|| self.tree.text(*name).to_owned()),
            ExprKind::This => "this".to_owned(),
            ExprKind::Member { object, name, .. } => {
                let object = self.written_name(*object, depth + 1);
                if object.is_empty() {
                    self.tree.text(*name).to_owned()
                } else {
                    format!("{object}.{}", self.tree.text(*name))
                }
            }
            ExprKind::Call { callee, args, .. } => {
                if let (ExprKind::Name(name), [arg]) = (&self.tree.expr(*callee).kind, args.as_ref())
                    && self.tree.text(*name) == "require"
                    && let Some(module) = self.tree.string_of(arg.value)
                {
                    return module.to_owned();
                }
                self.written_name(*callee, depth + 1)
            }
            ExprKind::Await(inner) => self.written_name(*inner, depth + 1),
            _ => String::new(),
        }
    }

    fn imported_as(&self, expr: ExprId) -> Option<String> {
        use crate::syntax::{Imported, StmtKind};
        let binding = self.info.scopes.of_expr(expr);
        if binding == crate::flow::scope::Binding::Free {
            return None;
        }
        for stmt in &self.info.scopes.import_stmts {
            let StmtKind::Import(import) = &self.tree.stmt(*stmt).kind else { continue };
            for (at, name) in (0u32..).zip(&import.names) {
                if self.info.scopes.of_import(*stmt, at) == binding {
                    let module = self.tree.text(import.module);
                    return Some(match name.imported {
                        Imported::Name(name) => format!("{module}.{}", self.tree.text(name)),
                        Imported::TopPackage => module.split('.').next().unwrap_or(module).to_owned(),
                        _ => module.to_owned(),
                    });
                }
            }
        }
        None
    }
}

fn forget_differences(mine: &mut FactValue, theirs: &FactValue, depth: u32) {
    if mine.constant != theirs.constant {
        mine.constant = None;
    }
    if mine.head != theirs.head {
        mine.head = None;
    }
    mine.constants.retain(|constant| theirs.constants.contains(constant));
    mine.cleared &= theirs.cleared;
    mine.open |= theirs.open;
    for path in &theirs.paths {
        if !mine.paths.contains(path) {
            mine.paths.push(path.clone());
        }
    }
    mine.function = mine.function.or(theirs.function);
    if depth < DEPTH {
        for (name, value) in &mut mine.fields {
            if let Some((_, other)) = theirs.fields.iter().find(|(other, _)| other == name) {
                forget_differences(value, other, depth + 1);
            }
        }
        for (value, other) in mine.items.iter_mut().zip(&theirs.items) {
            forget_differences(value, other, depth + 1);
        }
    }
}
