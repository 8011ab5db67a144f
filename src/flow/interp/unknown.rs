//! Calls of what nobody here knows, and functions that somebody else calls.

use super::super::names::{NameId, known};
use super::super::project::FuncId;
use super::super::summary::Cell;
use super::super::value::{Did, Ref, TaintSet, Value};
use smallvec::SmallVec;

use super::Interp;
use super::call::{Args, Bound};
use crate::base::Span;
use crate::model::index::kind_bit;

impl Interp<'_> {
    /// A function that nobody here knows: what goes in comes out.
    pub(super) fn unknown_call(&mut self, target: Value, name: Option<NameId>, args: &Args, span: Span) -> Value {
        self.call_back_all(args);
        let receiver = args.receiver.map_or(TaintSet::CLEAN, |receiver| self.deep(receiver));
        let receiver = self.doubted(receiver);
        let callee = if args.receiver.is_none() { target.taint } else { TaintSet::CLEAN };
        self.handed_paths(name, args);
        let mut taint = TaintSet::CLEAN;
        for item in args.items.iter().map(|item| item.value) {
            let more = self.deep(item);
            taint = self.values.join_taint(taint, more);
        }
        let taint = self.values.guess(taint, self.guesses(name, args));
        let taint = self.values.join_taint(receiver, taint);
        let taint = self.values.join_taint(taint, callee);
        let step = self.step_at(span, Did::Through(name.unwrap_or(known::NONE)));
        let taint = self.values.step(taint, step);
        // `render_theme_template("page.html", name=name)`: templates escape.
        if self.python && name.is_some_and(|name| fills_template(self.names.text(name))) {
            return Value::any(self.values.clear(taint, kind_bit("xss") | kind_bit("html-attribute")));
        }
        self.named_after(name, Value::any(taint))
    }

    /// Functions of the project given to a call that is not followed: they run, sooner or later, with unknown values.
    pub(super) fn call_back_all(&mut self, args: &Args) {
        for value in args.items.iter().map(|item| item.value) {
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
        let mut bound =
            Bound { receiver: Value::ANY, params: SmallVec::new(), captured: Vec::new(), results: Vec::new() };
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

    /// `extract(path.join(root, req.query.name))`: who puts a path together and hands it on means a file, unless the name
    /// of the function says that it checks or tells something.
    pub(super) fn handed_paths(&mut self, name: Option<NameId>, args: &Args) {
        let Some(name) = name.filter(|_| !self.python) else { return };
        if args.items.is_empty() || asks_or_tells(self.names.text(name)) {
            return;
        }
        for item in args.items.iter().map(|item| item.value) {
            self.handed_path(item);
            if let Some(object) = self.object_of(item).and_then(|at| self.state.object(at)) {
                let parts: Vec<Value> = object.fields.iter().map(|(_, value, _)| *value).collect();
                for part in parts {
                    self.handed_path(part);
                }
            }
        }
    }

    fn handed_path(&mut self, value: Value) {
        if value.taint == TaintSet::CLEAN {
            return;
        }
        let made = self.values.refs(value.refs).iter().find_map(|one| match one {
            Ref::Api(node, Some(place)) if self.index.joined.contains(node) && place.file == self.file => Some(*place),
            _ => None,
        });
        if let Some(place) = made {
            self.check(self.index.own.handed, value, self.span(place.expr), 1);
        }
    }
}

/// Whether the name of a function says that it checks, tells or passes on, and does nothing with a file.
fn asks_or_tells(name: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "is",
        "has",
        "can",
        "may",
        "check",
        "valid",
        "verif",
        "ensure",
        "assert",
        "expect",
        "contains",
        "inside",
        "within",
        "allow",
        "sanit",
        "safe",
        "clean",
        "log",
        "debug",
        "info",
        "warn",
        "error",
        "trace",
        "print",
        "format",
        "relative",
        "normal",
        "basename",
        "dirname",
        "extname",
        "next",
        "done",
        "cb",
        "callback",
        "resolve",
        "reject",
        "push",
        "add",
        "string",
        "hash",
        "match",
        "exists",
        "pathexists",
        "stat",
        "lstat",
        "test",
        "starts",
        "ends",
        "includes",
        "get",
        "set",
        "to",
    ];
    let name = name.to_ascii_lowercase();
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

fn fills_template(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    name.starts_with("render_") && name.contains("template") && !name.contains("string")
}
