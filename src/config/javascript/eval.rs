//! A small evaluator: constants, `process.env`, fallbacks, comparisons. Whatever else there is stays unknown.

use super::{MAX_DEPTH, MAX_STEPS, Program};
use crate::base::Span;
use crate::config::value::{Node, Value, is_stage_variable, same_stage};
use crate::syntax::{BinaryOp, Entry, ExprId, ExprKind, Item, Key, Literal, LogicalOp, TemplatePart, Tree, UnaryOp};

impl<'a> Program<'a, '_> {
    pub(super) fn eval(&mut self, id: ExprId) -> Node {
        let span = self.tree.expr(id).span;
        self.steps += 1;
        if self.steps > MAX_STEPS || self.depth >= MAX_DEPTH {
            return Node::unknown(span);
        }
        self.depth += 1;
        let node = self.kind(id, span);
        self.depth -= 1;
        node
    }

    fn kind(&mut self, id: ExprId, span: Span) -> Node {
        let tree = self.tree;
        if let Some(name) = self.environment(id) {
            let note = format!("read from `process.env.{name}`");
            return Node::noted(Value::Environment { name, default: Some(Box::new(Value::Null)) }, span, note);
        }
        let known = |value| Node::new(value, span);
        match &tree.expr(id).kind {
            ExprKind::Literal(literal) => known(self.literal(*literal)),
            ExprKind::Template { parts, tag: None } => self.template(parts, span),
            ExprKind::Name(name) => {
                let Some(value) = self.constants.get(name).copied().filter(|_| !self.busy.contains(name)) else {
                    return Node::unknown(span);
                };
                self.busy.push(*name);
                let node = self.eval(value);
                self.busy.pop();
                Node { span, ..node }
            }
            ExprKind::Sequence { items, .. } => known(self.list(items)),
            ExprKind::Map { entries } => known(self.map(entries)),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let inner = self.eval(*operand);
                let value = inner.value.map(&|value| value.truth().map_or(Value::Unknown, |truth| Value::Bool(!truth)));
                Node { value, span, note: inner.note }
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand } => match self.eval(*operand).value {
                Value::Int(number) => known(Value::Int(number.saturating_neg())),
                _ => Node::unknown(span),
            },
            ExprKind::Binary { op, left, right } => self.binary(*op, *left, *right, span),
            ExprKind::Logical { op, left, right } => self.logical(*op, *left, *right, span),
            ExprKind::Conditional { test, then, otherwise } => {
                let test = self.eval(*test);
                let (then, otherwise) = (self.eval(*then), self.eval(*otherwise));
                match test.value.truth() {
                    Some(true) => Node { span, ..then },
                    Some(false) => Node { span, ..otherwise },
                    None => {
                        let value = Value::one_of([then.value, otherwise.value]);
                        Node::noted(value, span, "depends on a condition")
                    }
                }
            }
            ExprKind::Member { object, name, .. } => {
                let key = tree.text(*name);
                let object = self.eval(*object).value;
                match object.get(key) {
                    Some(node) => Node { span, ..node.clone() },
                    None => self.field_of_settings(id, span),
                }
            }
            ExprKind::Call { callee, args, .. } => {
                let name = self.last_name(*callee);
                match (name, args.as_ref()) {
                    ("Number" | "parseInt" | "String" | "Boolean" | "freeze", [first, ..]) => {
                        let inner = self.eval(first.value);
                        let value = inner.value.map(&|value| converted(name, value));
                        Node { value, span, note: inner.note }
                    }
                    ("split", [by]) => self.split(*callee, by.value, span),
                    _ => Node::unknown(span),
                }
            }
            _ => Node::unknown(span),
        }
    }

    /// `config.cors.origin`, `env.CORS_ORIGIN`: a field of a settings object of another file.
    fn field_of_settings(&self, id: ExprId, span: Span) -> Node {
        let text = self.file.slice(self.tree.expr(id).span);
        let first = text.split('.').next().unwrap_or("");
        let lower = first.to_ascii_lowercase();
        let holder = matches!(lower.as_str(), "config" | "settings" | "env" | "cfg" | "conf" | "environment")
            || lower.ends_with("config")
            || lower.ends_with("settings");
        let plain = text.len() < 100
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '$'));
        let imported = self.tree.symbol(first).is_some_and(|name| self.modules.contains_key(&name));
        if holder && plain && imported { Node::new(Value::Named(text.to_owned()), span) } else { Node::unknown(span) }
    }

    /// `process.env.X`, `process.env["X"]`, `import.meta.env.X`, `Deno.env.get("X")`, `Bun.env.X`.
    fn environment(&self, id: ExprId) -> Option<String> {
        let tree = self.tree;
        let is_env = |object: ExprId| {
            let text = self.file.slice(tree.expr(object).span);
            matches!(text, "process.env" | "import.meta.env" | "Bun.env")
        };
        match &tree.expr(id).kind {
            ExprKind::Member { object, name, .. } if is_env(*object) => Some(tree.text(*name).to_owned()),
            ExprKind::Index { object, index } if is_env(*object) => tree.string_of(*index).map(str::to_owned),
            ExprKind::Call { callee, args, .. } if self.file.slice(tree.expr(*callee).span) == "Deno.env.get" => {
                tree.string_of(args.first()?.value).map(str::to_owned)
            }
            _ => None,
        }
    }

    fn literal(&self, literal: Literal) -> Value {
        match literal {
            Literal::Str(text) => Value::Str(self.tree.text(text).to_owned()),
            Literal::Int(value) => Value::Int(value),
            Literal::Float(value) => Value::Float(value),
            Literal::Bool(value) => Value::Bool(value),
            Literal::Null | Literal::Undefined => Value::Null,
            Literal::Regex(pattern, _) => Value::Str(format!("/{}/", self.tree.text(pattern))),
            _ => Value::Unknown,
        }
    }

    fn template(&mut self, parts: &[TemplatePart], span: Span) -> Node {
        let mut text = String::new();
        for part in parts {
            match part {
                TemplatePart::Text(part) => text.push_str(self.tree.text(*part)),
                TemplatePart::Value(value) => match self.eval(*value).value {
                    Value::Str(value) => text.push_str(&value),
                    Value::Int(value) => text.push_str(&value.to_string()),
                    _ => return Node::unknown(span),
                },
            }
            if text.len() > 20_000 {
                return Node::unknown(span);
            }
        }
        Node::new(Value::Str(text), span)
    }

    fn list(&mut self, items: &[Item]) -> Value {
        let mut all = Vec::with_capacity(items.len().min(1_000));
        for item in items.iter().take(5_000) {
            let node = self.eval(item.value);
            match (item.spread, node.value) {
                (false, value) => all.push(Node { value, ..node }),
                (true, Value::List(more)) if all.len() < 5_000 => all.extend(more),
                (true, _) => all.push(Node::unknown(node.span)),
            }
        }
        Value::List(all)
    }

    fn map(&mut self, entries: &[Entry]) -> Value {
        let mut all: Vec<(String, Node)> = Vec::with_capacity(entries.len().min(1_000));
        for entry in entries.iter().take(5_000) {
            let node = self.eval(entry.value);
            match entry.key {
                Some(Key::Static(name, at)) => {
                    let scalar = !matches!(node.value, Value::Map(_));
                    let span = if scalar { at.cover(node.span) } else { node.span };
                    all.push((self.tree.text(name).to_owned(), Node { span, ..node }));
                }
                Some(Key::Computed(_)) => {}
                None => {
                    if let Value::Map(more) = node.value
                        && all.len() < 5_000
                    {
                        all.extend(more);
                    }
                }
            }
        }
        Value::Map(all)
    }

    fn binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId, span: Span) -> Node {
        let (left, right) = (self.eval(left), self.eval(right));
        let note = left.note.clone().or_else(|| right.note.clone());
        let equal = matches!(op, BinaryOp::Equal | BinaryOp::StrictEqual);
        let stage = |value: &Value| match value {
            Value::Environment { name, .. } | Value::Named(name) => is_stage_variable(name),
            _ => false,
        };
        if (equal || matches!(op, BinaryOp::NotEqual | BinaryOp::StrictNotEqual))
            && (stage(&left.value) || stage(&right.value))
            && let Some(same) = same_stage(&left.value.clone().in_production(), &right.value.clone().in_production())
        {
            return Node::noted(Value::Bool(same == equal), span, "as it is in production");
        }
        let value = match (left.value, right.value) {
            (environment @ Value::Environment { .. }, other) | (other, environment @ Value::Environment { .. }) => {
                environment.map(&|value| operate(op, value, other.clone()))
            }
            (left, right) => operate(op, left, right),
        };
        Node { value, span, note }
    }

    fn logical(&mut self, op: LogicalOp, left: ExprId, right: ExprId, span: Span) -> Node {
        let left = self.eval(left);
        if let Some(truth) = left.value.truth() {
            let decided = match op {
                LogicalOp::Or => truth,
                LogicalOp::And => !truth,
                LogicalOp::Coalesce => left.value != Value::Null,
            };
            return if decided { Node { span, ..left } } else { Node { span, ..self.eval(right) } };
        }
        let right = self.eval(right);
        match (op, left.value) {
            (LogicalOp::Or | LogicalOp::Coalesce, Value::Environment { name, default }) => {
                let default = match default {
                    Some(default) if default.truth() != Some(false) => Some(default),
                    _ => match right.value {
                        Value::Environment { default, .. } => default,
                        Value::Unknown => None,
                        value => Some(Box::new(value)),
                    },
                };
                let note = match default.as_deref() {
                    None | Some(Value::Null) => left.note,
                    Some(_) => Some(format!("used when `process.env.{name}` is not set")),
                };
                Node { value: Value::Environment { name, default }, span, note }
            }
            _ => Node::unknown(span),
        }
    }

    /// `"a,b".split(",")`.
    fn split(&mut self, callee: ExprId, by: ExprId, span: Span) -> Node {
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return Node::unknown(span) };
        let (text, by) = (self.eval(object), self.eval(by).value);
        if matches!(text.value, Value::Named(_)) {
            return Node { span, ..text };
        }
        let value = text.value.map(&|value| match (value, &by) {
            (Value::Str(text), Value::Str(by)) if !by.is_empty() => {
                Value::List(text.split(by.as_str()).map(|part| Node::new(Value::Str(part.to_owned()), span)).collect())
            }
            _ => Value::Unknown,
        });
        Node { value, span, note: text.note }
    }

    /// `c` of `a.b.c`.
    pub(super) fn last_name(&self, expr: ExprId) -> &'a str {
        let tree: &'a Tree = self.tree;
        match &tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => tree.text(*name),
            _ => "",
        }
    }
}

fn operate(op: BinaryOp, left: Value, right: Value) -> Value {
    let scalar = |value: &Value| matches!(value, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_));
    match (op, left, right) {
        (BinaryOp::Equal | BinaryOp::StrictEqual, left, right) if scalar(&left) && scalar(&right) => {
            Value::Bool(left == right)
        }
        (BinaryOp::NotEqual | BinaryOp::StrictNotEqual, left, right) if scalar(&left) && scalar(&right) => {
            Value::Bool(left != right)
        }
        (BinaryOp::Add, Value::Str(left), Value::Str(right)) if left.len() + right.len() < 20_000 => {
            Value::Str(left + &right)
        }
        (BinaryOp::Mul, Value::Int(left), Value::Int(right)) => {
            left.checked_mul(right).map_or(Value::Unknown, Value::Int)
        }
        (BinaryOp::Add, Value::Int(left), Value::Int(right)) => {
            left.checked_add(right).map_or(Value::Unknown, Value::Int)
        }
        _ => Value::Unknown,
    }
}

fn converted(name: &str, value: Value) -> Value {
    match (name, value) {
        ("Number" | "parseInt", Value::Str(text)) => text.trim().parse().map_or(Value::Unknown, Value::Int),
        ("Boolean", value) => value.truth().map_or(Value::Unknown, Value::Bool),
        ("String", Value::Int(number)) => Value::Str(number.to_string()),
        (_, value) => value,
    }
}
