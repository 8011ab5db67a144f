//! Templates and elements by key.

use super::super::names::known;
use super::super::value::{Did, Ref, RefSet, TaintSet, Value};
use smallvec::SmallVec;

use super::Interp;
use super::call::Args;
use crate::base::Span;
use crate::syntax::{ExprId, ExprKind, TemplatePart};

impl Interp<'_> {
    pub(super) fn template(&mut self, id: ExprId, parts: &[TemplatePart], tag: Option<ExprId>) -> Value {
        let span = self.span(id);
        if let Some(tag) = tag {
            return self.tagged_template(id, tag, parts);
        }
        let mut taint = TaintSet::CLEAN;
        let mut text = Some(String::new());
        let mut head = String::new();
        // One of a few constants, where a part is.
        let mut several: Option<Value> = None;
        // Kinds of sink for which our own beginning makes the rest safe.
        let mut ours = 0;
        let mut built = SmallVec::<[Value; 8]>::new();
        for (at, part) in parts.iter().enumerate() {
            match part {
                TemplatePart::Text(symbol) => {
                    let name = self.name(*symbol);
                    built.push(self.one(Ref::Str(name)));
                    if let Some(text) = &mut text {
                        text.push_str(self.tree.text(*symbol));
                    } else if let Some(before) = several {
                        let part = self.name(*symbol);
                        let part = self.one(Ref::Str(part));
                        several = self.fold(crate::syntax::BinaryOp::Add, before, part);
                    }
                    if head.len() < 4_096 {
                        head.push_str(self.tree.text(*symbol));
                    }
                }
                TemplatePart::Value(value) => {
                    let value = self.eval(*value);
                    built.push(value);
                    match (&mut text, self.constant_text(value)) {
                        (Some(text), Some(part)) if text.len() < 4_096 => text.push_str(&part),
                        (text, _) => {
                            let before = match text.take() {
                                Some(text) => {
                                    let name = self.names.intern(&text);
                                    Some(self.one(Ref::Str(name)))
                                }
                                None => several,
                            };
                            several = match before {
                                Some(before) if self.known_constants(value) => {
                                    self.fold(crate::syntax::BinaryOp::Add, before, value)
                                }
                                _ => None,
                            };
                        }
                    }
                    let mut more = self.deep(value);
                    let kinds = super::operator::fixed_by(&head) | ours | self.stays_within(&head, value);
                    if kinds != 0 {
                        more = self.values.clear(more, kinds);
                    }
                    // `/${slug}/settings` is hardly ever meant as another host.
                    let goes_on = matches!(parts.get(at + 1), Some(TemplatePart::Text(next)) if self.tree.text(*next).contains('/'));
                    if head == "/" && goes_on {
                        more = self.values.guess(more, 3);
                    }
                    let scheme = matches!(parts.get(at + 1), Some(TemplatePart::Text(next)) if self.tree.text(*next).starts_with(':'));
                    if more == TaintSet::CLEAN
                        && !scheme
                        && taint == TaintSet::CLEAN
                        && matches!(head.as_str(), "" | "http://" | "https://")
                    {
                        ours |= self.own_address(value);
                    }
                    taint = self.values.join_taint(taint, more);
                    if head.len() < 4_096 {
                        let begins = self.own_base(value).unwrap_or_else(|| self.beginning(value));
                        head.push_str(&begins);
                    }
                }
            }
        }
        if let (Some(text), TaintSet::CLEAN) = (text, taint) {
            let name = self.names.intern(&text);
            return self.one(Ref::Str(name));
        }
        if let (Some(several), TaintSet::CLEAN) = (several, taint) {
            return several;
        }
        self.built_text(id, &built);
        let step = self.step_at(span, Did::Joined);
        let refs = self.starting(&head);
        let taint = self.values.clear(taint, super::operator::text_kinds());
        Value { refs, taint: self.values.step(taint, step) }
    }

    /// A tagged template: a call with the texts and the values.
    pub(super) fn tagged_template(&mut self, id: ExprId, tag: ExprId, parts: &[crate::syntax::TemplatePart]) -> Value {
        let target = self.eval(tag);
        let mut items = vec![super::call::ArgItem {
            name: None,
            spread: crate::syntax::Spread::No,
            value: Value { refs: RefSet::TEXT, taint: TaintSet::CLEAN },
            expr: None,
        }];
        for part in parts {
            if let crate::syntax::TemplatePart::Value(expr) = part {
                let value = self.eval(*expr);
                let spread = crate::syntax::Spread::No;
                items.push(super::call::ArgItem { name: None, spread, value, expr: Some(*expr) });
            }
        }
        let receiver = match self.tree.expr(tag).kind {
            ExprKind::Member { object, .. } => Some(self.eval_quiet(object)),
            _ => None,
        };
        let name = self.last_name(tag).map(str::to_owned).map(|name| self.names.intern(&name));
        self.dispatch(id, tag, target, name, Args { receiver, items: items.into(), closure: None })
    }

    /// `x[key]` of an object with `__getitem__`.
    fn get_item(&mut self, receiver: Value, key: Value, span: Span) -> Option<Value> {
        let method = self.values.refs(receiver.refs).iter().find_map(|one| match one {
            Ref::Instance(class) => self.project.method(*class, known::GETITEM),
            _ => None,
        })?;
        let mut args = super::call::Args::positional(vec![key]);
        args.receiver = Some(receiver);
        Some(self.invoke_at(method, args, span))
    }

    /// Whether a table that is known as a whole may lack a key that is not.
    pub(super) fn may_lack(&mut self, receiver: Value, key: Value) -> bool {
        if self.key_name(key).is_some() {
            return false;
        }
        match self.single(receiver) {
            Some(Ref::Object(at)) => {
                self.state.object(at).is_some_and(|object| !object.overlay && object.rest == Value::NONE)
            }
            _ => false,
        }
    }

    pub(super) fn index(&mut self, id: ExprId, object: ExprId, index: ExprId) -> Value {
        let span = self.span(id);
        let receiver = self.eval(object);
        let key = self.eval(index);
        if self.python
            && let Some(value) = self.get_item(receiver, key, span)
        {
            return value;
        }
        let mut value = self.element(receiver, key, span);
        if self.python {
            value = self.piece(object, index, value);
        }
        if !self.python && self.may_lack(receiver, key) {
            value.refs = self.values.join_refs(value.refs, RefSet::NULL);
        }
        self.record_read(id, value);
        value
    }
}
