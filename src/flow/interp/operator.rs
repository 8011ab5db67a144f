//! Operators on abstract values, with constants folded.

use super::super::state::Object;
use super::super::value::{Did, Origin, Ref, RefSet, Taint, TaintSet, Value};
use super::Interp;
use super::argument::begun_by;
use crate::base::Span;
use crate::model::index::{Kinds, kind_bit};
use crate::syntax::{BinaryOp, ExprId, ExprKind};

/// How much of the beginning of a text is kept.
const MAX_HEAD: usize = 160;
/// Stands for an unknown part of a text.
pub(super) const UNKNOWN: char = '\u{1}';
/// Stands for an unknown beginning that is no slash.
pub(super) const NO_SLASH: char = '\u{4}';
/// Both kinds of sink that care for the host of an address: `ssrf` and `redirect`.
pub(super) const HOST: Kinds = (1 << 10) | (1 << 11);

/// Sink kinds that are harmed by objects and not by text.
pub(super) fn text_kinds() -> Kinds {
    kind_bit("nosql") | kind_bit("mass-assignment") | kind_bit("prototype")
}

/// Sink kinds that are safe for what follows such a beginning: behind `https://host/`, `…/path` or `?` the host is chosen.
pub(super) fn fixed_by(head: &str) -> Kinds {
    debug_assert_eq!(HOST, kind_bit("ssrf") | kind_bit("redirect"));
    let mut before = ':';
    for c in head.chars() {
        if matches!(c, '?' | '#') || (matches!(c, '/' | '\\') && !matches!(before, ':' | '/' | '\\')) {
            return HOST | scheme_fixed_by(head) | begun_by(head);
        }
        before = c;
    }
    let mut chars = head.chars();
    let own = chars.next() == Some('/') && chars.next().is_some_and(|c| !matches!(c, '/' | '\\' | UNKNOWN));
    scheme_fixed_by(head) | begun_by(head) | if own { kind_bit("redirect") } else { 0 }
}

/// Behind `/`, `?`, `#` or a scheme with an address, nothing that follows makes a script of it.
fn scheme_fixed_by(head: &str) -> Kinds {
    let known = head.split(UNKNOWN).next().unwrap_or("");
    let script = ["javascript:", "data:", "vbscript:"].iter().any(|scheme| known.trim_start().starts_with(scheme));
    let fixed = known.contains(['/', '?', '#']) || known.starts_with("mailto:") || known.starts_with("tel:");
    if fixed && !script { kind_bit("address") } else { 0 }
}

/// `"{0}@{1}"`, `"%s@%s"`: the name of somebody in a domain.
fn is_principal_format(format: &str) -> bool {
    let plain = |part: &str| matches!(part, "%s" | "{}" | "{0}" | "{1}");
    format.split_once('@').is_some_and(|(who, at)| plain(who) && !at.contains(['=', '(', '@']))
}

impl Interp<'_> {
    /// A left-nested chain of `+` without recursion: long concatenations are common. `None` for anything else.
    pub(super) fn sum(&mut self, id: ExprId) -> Option<Value> {
        let tree = self.tree;
        let mut links = Vec::new();
        let mut at = id;
        while let ExprKind::Binary { op: BinaryOp::Add, left, right } = &tree.expr(at).kind {
            links.push((*right, tree.expr(at).span));
            at = *left;
        }
        if links.len() < 2 {
            return None;
        }
        let mut value = self.eval(at);
        let mut parts = vec![value];
        for (right, span) in links.into_iter().rev() {
            let b = self.eval(right);
            parts.push(b);
            value = self.binary(BinaryOp::Add, value, b, right, span);
        }
        self.built_by(id, BinaryOp::Add, &parts);
        Some(value)
    }

    /// A binary operator on values. `right`: the right operand, where it is asked for by name.
    pub(super) fn binary(&mut self, op: BinaryOp, a: Value, b: Value, right: ExprId, span: Span) -> Value {
        if let Some(folded) = self.fold(op, a, b) {
            return folded;
        }
        match op {
            BinaryOp::Add => self.add(a, b, span),
            BinaryOp::Mod if self.python => {
                let scalar = matches!(self.single(a), Some(Ref::Int(_) | Ref::Scalar));
                if scalar && b.taint == TaintSet::CLEAN {
                    return Value::SCALAR;
                }
                // `Markup("<b>%s</b>") % name` escapes.
                let markup = self.api_nodes(a).iter().any(|node| self.index.text(*node).contains("Markup"));
                let b = if markup {
                    let taint = self.deep(b);
                    Value::any(self.values.clear(taint, kind_bit("xss") | kind_bit("html-attribute")))
                } else {
                    b
                };
                let zero = self.one(Ref::Int(0));
                let first = self.object_of(b).is_some().then(|| self.element(b, zero, span));
                self.formatted(a, b, first, ('%', span))
            }
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::BitOr | BinaryOp::BitAnd | BinaryOp::Sub if self.python => {
                let scalar =
                    |value: Value| value.refs == RefSet::SCALAR || matches!(self.single(value), Some(Ref::Int(_)));
                if scalar(a) && scalar(b) {
                    return Value::SCALAR;
                }
                let apis: Vec<_> =
                    self.refs(a).into_iter().filter(|one| matches!(one, Ref::Api(..) | Ref::Object(_))).collect();
                let joined = self.joined(a, b, span);
                if apis.is_empty() {
                    return Value::any(joined.taint);
                }
                Value { refs: self.values.ref_set(apis), taint: joined.taint }
            }
            BinaryOp::LogicalAssign(_) => self.join(a, b),
            _ => {
                let _ = right;
                Value::SCALAR
            }
        }
    }

    fn add(&mut self, a: Value, b: Value, span: Span) -> Value {
        let lists: Vec<u32> = [a, b]
            .into_iter()
            .filter_map(|value| self.object_of(value))
            .filter(|at| self.state.object(*at).is_some_and(|object| object.is_list && !object.overlay))
            .collect();
        if !lists.is_empty() && self.python {
            let mut list = Object::new(false, true);
            if let Some(left) = self.list_items(a) {
                // What is added behind a list that is known does not change what it begins with.
                let right = self.list_items(b);
                let known = right.is_some();
                for (at, value) in (0u32..).zip(left.into_iter().chain(right.into_iter().flatten())) {
                    match super::super::names::index_name(at) {
                        Some(name) => list.set(name, value),
                        None => list.rest = self.join(list.rest, value),
                    }
                    list.count = list.count.map(|count| count + 1);
                }
                if !known {
                    let more = self.element_of(b, span, true);
                    (list.rest, list.count) = (self.join(list.rest, more), None);
                }
            } else {
                let (first, second) = (self.element_of(a, span, true), self.element_of(b, span, true));
                (list.rest, list.count) = (self.join(first, second), None);
            }
            let at = self.object_at((span.start, 17 + span.end));
            self.state.put(at, list);
            return self.one(Ref::Object(at));
        }
        let scalar = |value: Value| matches!(self.single(value), Some(Ref::Int(_) | Ref::Scalar | Ref::Bool(_)));
        if scalar(a) && scalar(b) {
            return Value::SCALAR;
        }
        self.joined(a, b, span)
    }

    /// The elements of a list that are all known one by one.
    pub(super) fn list_items(&self, value: Value) -> Option<Vec<Value>> {
        let Ref::Object(at) = self.single(value)? else { return None };
        let object = self.state.object(at)?;
        let count = object.count?;
        if object.rest != Value::NONE {
            return None;
        }
        (0..count)
            .map(|at| super::super::names::index_name(at).and_then(|name| object.field(name)).map(|(v, _)| v))
            .collect()
    }

    /// Text made of both. What stands behind a host that is fixed already can no longer choose it.
    fn joined(&mut self, a: Value, b: Value, span: Span) -> Value {
        let (first, mut second) = (self.deep(a), self.deep(b));
        let head = self.beginning(a);
        let kinds = fixed_by(&head)
            | if first == TaintSet::CLEAN { self.own_address(a) } else { 0 }
            | self.stays_within(&head, b);
        if kinds != 0 {
            second = self.values.clear(second, kinds);
        }
        let taint = self.values.join_taint(first, second);
        let step = self.step_at(span, Did::Joined);
        let mut taint = self.values.step(taint, step);
        let texts = |value: Value| {
            let text = |one: &Ref| matches!(one, Ref::Str(_) | Ref::Text | Ref::Starts(_) | Ref::Object(_));
            self.values.refs(value.refs).iter().any(text)
        };
        if !(texts(a) || texts(b)) {
            return Value::any(taint);
        }
        taint = self.values.clear(taint, text_kinds());
        let refs = self.begins(&head, b);
        Value { refs, taint }
    }

    /// `"/" + rest`, where all slashes were taken off the beginning of the rest.
    pub(super) fn stays_within(&self, head: &str, next: Value) -> Kinds {
        if head == "/" && self.beginning(next).starts_with(NO_SLASH) { kind_bit("redirect") } else { 0 }
    }

    /// Text of our own that is not known, such as a base address from the settings, fixes the host of what follows.
    pub(super) fn own_address(&self, value: Value) -> Kinds {
        match self.single(value) {
            Some(Ref::Starts(name)) => {
                let text = self.names.text(name);
                let unknown = text.split_once("://").map_or(text, |(_, rest)| rest).starts_with(UNKNOWN);
                if unknown { HOST | kind_bit("argument") } else { 0 }
            }
            Some(Ref::Str(_) | Ref::Int(_) | Ref::Null | Ref::Bool(_)) => 0,
            _ if self.known_constants(value) => 0,
            _ => HOST | kind_bit("argument"),
        }
    }

    /// A format text with values: what stands before the first of them is the beginning.
    pub(super) fn formatted(
        &mut self,
        format: Value,
        values: Value,
        first: Option<Value>,
        (mark, span): (char, Span),
    ) -> Value {
        let whole = self.beginning(format);
        let (head, rest) = whole.split_once(mark).unwrap_or((&whole, ""));
        let mut head = head.to_owned();
        let constant = matches!(self.single(format), Some(Ref::Str(_)));
        if constant && head.is_empty() && mark == '{' && rest.starts_with('}') {
            head.push(UNKNOWN);
        }
        let principal = constant && is_principal_format(&whole);
        if !constant {
            return self.joined(format, values, span);
        }
        let taint = self.deep(values);
        let taint = self.values.clear(taint, fixed_by(&head));
        let taint = match first {
            Some(first) if head.trim_end_matches(UNKNOWN).is_empty() => self.behind(first, rest, mark, taint),
            _ => taint,
        };
        let step = self.step_at(span, Did::Joined);
        head.push(UNKNOWN);
        if principal {
            head.push('@');
        }
        Value { refs: self.starting(&head), taint: self.values.step(taint, step) }
    }

    /// `"{}/path/{}".format(self.base, name)`: what is put behind the first value stands behind a host that is fixed.
    fn behind(&mut self, first: Value, rest: &str, mark: char, taint: TaintSet) -> TaintSet {
        let between = rest.trim_start_matches(['0', '}', 's']).split(mark).next().unwrap_or("");
        let mut kinds = fixed_by(&format!("{UNKNOWN}{between}"));
        let own = self.deep(first);
        if own == TaintSet::CLEAN && between.starts_with('/') {
            kinds |= self.own_address(first);
        }
        let own: Vec<Origin> = self.values.taints(own).iter().map(|taint| taint.origin).collect();
        self.values.map_taint(taint, |taint| {
            let cleared = if own.contains(&taint.origin) { taint.cleared } else { taint.cleared | kinds };
            Some(Taint { cleared, ..taint })
        })
    }

    /// The references of a text with a known beginning, followed by a value.
    fn begins(&mut self, head: &str, next: Value) -> RefSet {
        let mut text = head.to_owned();
        if fixed_by(head) & HOST != HOST && head.len() < MAX_HEAD {
            text.push_str(&self.beginning(next));
        }
        self.starting(&text)
    }

    /// The references of a text with a known beginning.
    pub(super) fn starting(&mut self, head: &str) -> RefSet {
        let head: String = head.chars().take(MAX_HEAD).collect();
        if head.chars().all(|c| c == UNKNOWN) {
            return RefSet::TEXT;
        }
        let name = self.names.intern(&head);
        self.values.one(Ref::Starts(name))
    }

    /// How a value begins as text; what is not known is one placeholder.
    pub(super) fn beginning(&self, value: Value) -> String {
        match self.single(value) {
            Some(Ref::Str(name) | Ref::Starts(name)) => self.names.text(name).to_owned(),
            Some(Ref::Int(number)) => number.to_string(),
            _ => UNKNOWN.to_string(),
        }
    }

    /// Whether a value is known to be true or false as a condition.
    pub(super) fn truth(&self, value: Value) -> Option<bool> {
        let refs = self.values.refs(value.refs);
        let mut found = None;
        for one in refs {
            let truth = match one {
                Ref::Bool(truth) => *truth,
                Ref::Null => false,
                Ref::Int(number) => *number != 0,
                Ref::Str(name) => !self.names.text(*name).is_empty(),
                Ref::Func(_) | Ref::Class(_) | Ref::Module(_) => true,
                _ => return None,
            };
            if found.is_some_and(|found| found != truth) {
                return None;
            }
            found = Some(truth);
        }
        found
    }
}
