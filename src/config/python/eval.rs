//! A small evaluator: constants, operators on them, the environment in its many spellings, names of the same file.
//! Whatever else there is stays unknown.

use super::named::in_production;
use super::run::last_wins;
use super::{MAX_DEPTH, MAX_STEPS, Program};
use crate::base::Span;
use crate::config::value::{Node, Value};
use crate::syntax::{
    Arg, BinaryOp, Clause, Entry, ExprId, ExprKind, Item, Key, Literal, LogicalOp, PatternKind, TemplatePart, UnaryOp,
};

/// Longest text and list that is made by evaluating.
const MAX_LENGTH: usize = 20_000;

impl Program<'_, '_> {
    pub(super) fn eval(&mut self, id: ExprId) -> Node {
        let span = self.tree.expr(id).span;
        self.steps += 1;
        if self.steps > MAX_STEPS || self.depth >= MAX_DEPTH {
            return Node::unknown(span);
        }
        self.depth += 1;
        let node = self.eval_kind(id, span);
        self.depth -= 1;
        node
    }

    fn value(&mut self, id: ExprId) -> Value {
        self.eval(id).value
    }

    fn eval_kind(&mut self, id: ExprId, span: Span) -> Node {
        let tree = self.tree;
        let known = |value| Node::new(value, span);
        match &tree.expr(id).kind {
            ExprKind::Literal(literal) => known(self.literal(*literal)),
            ExprKind::Template { parts, tag: None } => self.template(parts, span),
            ExprKind::Name(name) => match self.named(*name) {
                Some(node) => Node { value: node.value.clone(), span, note: node.note.clone() },
                None => self.imported(*name, span),
            },
            ExprKind::Member { object, name, .. } => self.field_of_settings(*object, *name, span),
            ExprKind::Sequence { items, .. } => known(self.list(items)),
            ExprKind::Map { entries } => known(self.map(entries)),
            ExprKind::Unary { op, operand } => {
                let inner = self.eval(*operand);
                let value = match op {
                    UnaryOp::Not => {
                        inner.value.map(&|value| value.truth().map_or(Value::Unknown, |truth| Value::Bool(!truth)))
                    }
                    UnaryOp::Minus => inner.value.map(&|value| match value {
                        Value::Int(number) => number.checked_neg().map_or(Value::Unknown, Value::Int),
                        Value::Float(number) => Value::Float(-number),
                        _ => Value::Unknown,
                    }),
                    _ => Value::Unknown,
                };
                Node { value, span, note: inner.note }
            }
            ExprKind::Binary { op, left, right } => self.binary(*op, *left, *right, span),
            ExprKind::Logical { op, left, right } => self.logical(*op, *left, *right, span),
            ExprKind::Conditional { test, then, otherwise } => {
                let test = self.value(*test).truth();
                let (then, otherwise) = (self.eval(*then), self.eval(*otherwise));
                match test {
                    Some(true) => Node { span, ..then },
                    Some(false) => Node { span, ..otherwise },
                    None => {
                        let value = Value::one_of([then.value, otherwise.value]);
                        Node::noted(value, span, "depends on a condition")
                    }
                }
            }
            ExprKind::Index { object, index } => self.index(*object, *index, span),
            ExprKind::Call { callee, args, .. } => {
                let node = self.call(*callee, args, span);
                Node { span, ..node }
            }
            ExprKind::Comprehension { element, value: None, clauses, .. } => match &**clauses {
                [clause] => self.comprehension(*element, clause, span),
                _ => Node::unknown(span),
            },
            ExprKind::Await(inner) => self.eval(*inner),
            _ => Node::unknown(span),
        }
    }

    /// A name's value, as far as the budget allows a copy.
    fn named(&mut self, name: crate::syntax::Symbol) -> Option<&Node> {
        let size = self.lookup(name)?.value.size(0);
        if self.affords(size) { self.lookup(name) } else { None }
    }

    fn literal(&self, literal: Literal) -> Value {
        match literal {
            Literal::Str(text) | Literal::Bytes(text) => Value::Str(self.tree.text(text).to_owned()),
            Literal::Int(value) => Value::Int(value),
            Literal::Float(value) => Value::Float(value),
            Literal::Bool(value) => Value::Bool(value),
            Literal::Null => Value::Null,
            _ => Value::Unknown,
        }
    }

    fn template(&mut self, parts: &[TemplatePart], span: Span) -> Node {
        let mut text = String::new();
        for part in parts {
            match part {
                TemplatePart::Text(part) => text.push_str(self.tree.text(*part)),
                TemplatePart::Value(value) => match self.value(*value) {
                    Value::Str(value) => text.push_str(&value),
                    Value::Int(value) => text.push_str(&value.to_string()),
                    _ => return Node::unknown(span),
                },
            }
            if text.len() > MAX_LENGTH {
                return Node::unknown(span);
            }
        }
        Node::new(Value::Str(text), span)
    }

    fn list(&mut self, items: &[Item]) -> Value {
        let mut all = Vec::with_capacity(items.len().min(1_000));
        for item in items {
            let node = self.eval(item.value);
            match (item.spread, node.value) {
                (false, value) => all.push(Node { value, ..node }),
                (true, Value::List(more)) => all.extend(more),
                (true, _) => all.push(Node::unknown(node.span)),
            }
            if all.len() > MAX_LENGTH {
                return Value::Unknown;
            }
        }
        Value::List(all)
    }

    fn map(&mut self, entries: &[Entry]) -> Value {
        let mut all = Vec::with_capacity(entries.len().min(1_000));
        for entry in entries {
            let node = self.eval(entry.value);
            match entry.key {
                Some(Key::Static(name, at)) => {
                    let scalar = !matches!(node.value, Value::Map(_));
                    let span = if scalar { at.cover(node.span) } else { node.span };
                    all.push((self.tree.text(name).to_owned(), Node { span, ..node }));
                }
                Some(Key::Computed(key)) => {
                    let key = match self.value(key) {
                        Value::Str(key) => key,
                        Value::Int(key) => key.to_string(),
                        _ => continue,
                    };
                    all.push((key, node));
                }
                None => {
                    if let Value::Map(more) = node.value {
                        all.extend(more);
                    }
                }
            }
            if all.len() > MAX_LENGTH {
                return Value::Unknown;
            }
        }
        Value::Map(last_wins(all))
    }

    fn binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId, span: Span) -> Node {
        let (left, right) = (self.eval(left), self.eval(right));
        let note = left.note.clone().or_else(|| right.note.clone());
        if let Some(holds) = in_production(op, &left.value, &right.value) {
            return Node::noted(Value::Bool(holds), span, "as it is in production");
        }
        let value = match (left.value, right.value) {
            (known @ (Value::Environment { .. } | Value::OneOf(_)), other) if settled(&other) => {
                known.map(&|value| operate(op, value, other.clone()))
            }
            (other, known @ (Value::Environment { .. } | Value::OneOf(_))) if settled(&other) => {
                known.map(&|value| operate(op, other.clone(), value))
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
                let falsy = default.as_deref().is_none_or(|default| default.truth() == Some(false));
                let default = if falsy {
                    match right.value {
                        // `os.getenv("A") or os.getenv("B", "x")`: the second's default is what remains.
                        Value::Environment { default, .. } => default,
                        Value::Unknown => None,
                        value => Some(Box::new(value)),
                    }
                } else {
                    default
                };
                let set = default.as_deref().is_some_and(|value| *value != Value::Null);
                let note = left.note.map(|note| {
                    let source = note.strip_prefix("read from ").or_else(|| note.strip_prefix("default of "));
                    match source {
                        Some(source) if !set => format!("read from {source}"),
                        Some(source) if falsy => format!("used when {source} is not set"),
                        _ => note,
                    }
                });
                Node { value: Value::Environment { name, default }, span, note }
            }
            _ => Node::unknown(span),
        }
    }

    fn index(&mut self, object: ExprId, index: ExprId, span: Span) -> Node {
        if self.is_environ(object)
            && let Some(name) = self.tree.string_of(index)
        {
            let value = Value::Environment { name: name.to_owned(), default: None };
            return Node::noted(value, span, format!("read from `os.environ[\"{name}\"]`"));
        }
        if self.is_config_object(object)
            && let Some(name) = self.tree.string_of(index)
        {
            return Node::new(Value::Named(format!("config.{name}")), span);
        }
        let (object, index) = (self.value(object), self.value(index));
        let inner = match (&object, index) {
            (Value::Map(_), Value::Str(key)) => object.get(&key).cloned(),
            (Value::List(items), Value::Int(at)) => usize::try_from(at).ok().and_then(|at| items.get(at).cloned()),
            _ => None,
        };
        inner.map_or_else(|| Node::unknown(span), |node| Node { span, ..node })
    }

    /// `os.environ`, `environ`.
    fn is_environ(&self, expr: ExprId) -> bool {
        self.last_name(expr) == "environ"
    }

    fn call(&mut self, callee: ExprId, args: &[Arg], span: Span) -> Node {
        let tree = self.tree;
        let name = self.last_name(callee).to_owned();
        if let Some(node) = self.environment(callee, &name, args, span) {
            return node;
        }
        match &tree.expr(callee).kind {
            ExprKind::Name(_) => self.builtin(&name, args, span),
            ExprKind::Member { object, .. } => {
                if matches!(name.as_str(), "token_urlsafe" | "token_hex" | "token_bytes" | "urandom" | "uuid4") {
                    return Node::noted(Value::Unknown, span, format!("generated by `{name}` at every start"));
                }
                let receiver = self.eval(*object);
                // A list written as a text is taken apart when it is judged.
                if matches!(receiver.value, Value::Named(_)) && matches!(name.as_str(), "split" | "strip" | "copy") {
                    return receiver;
                }
                let args: Vec<Value> =
                    args.iter().filter(|arg| arg.name.is_none()).map(|arg| self.value(arg.value)).collect();
                let value = receiver.value.map(&|value| method(&name, value, &args));
                Node { value, span, note: receiver.note }
            }
            _ => Node::unknown(span),
        }
    }

    fn builtin(&mut self, name: &str, args: &[Arg], span: Span) -> Node {
        if name == "dict" {
            let mut entries = Vec::with_capacity(args.len());
            for arg in args {
                let node = self.eval(arg.value);
                match (arg.name, node.value) {
                    (Some(key), value) => entries.push((self.tree.text(key).to_owned(), Node { value, ..node })),
                    (None, Value::Map(more)) => entries.extend(more),
                    _ => return Node::unknown(span),
                }
            }
            return Node::new(Value::Map(last_wins(entries)), span);
        }
        if matches!(name, "get_random_secret_key" | "token_urlsafe" | "token_hex" | "urandom") {
            return Node::noted(Value::Unknown, span, format!("generated by `{name}` at every start"));
        }
        let convert = matches!(
            name,
            "bool"
                | "int"
                | "str"
                | "float"
                | "list"
                | "tuple"
                | "set"
                | "sorted"
                | "strtobool"
                | "str2bool"
                | "str_to_bool"
                | "SecretStr"
                | "reverse_lazy"
                | "gettext_lazy"
                | "_"
                | "frozenset"
        );
        match args {
            [arg] if arg.name.is_none() && convert => {
                let inner = self.eval(arg.value);
                let value = match inner.value {
                    named @ Value::Named(_) => named,
                    value => value.map(&|value| converted(name, value)),
                };
                Node { value, span, note: inner.note }
            }
            // A helper of the project's own that splits: `get_list(os.environ.get("HOSTS", "a,b"))`.
            [arg] if arg.name.is_none() && ["list", "split", "csv"].iter().any(|word| name.contains(word)) => {
                let inner = self.eval(arg.value);
                match inner.value {
                    value @ Value::Environment { .. } => {
                        Node { value: value.map(&|value| converted("Csv", value)), span, note: inner.note }
                    }
                    _ => Node::unknown(span),
                }
            }
            [] if matches!(name, "list" | "tuple" | "set") => Node::new(Value::List(Vec::new()), span),
            _ => Node::unknown(span),
        }
    }

    /// Every spelling of reading the environment: the standard library's, django-environ's, decouple's.
    fn environment(&mut self, callee: ExprId, name: &str, args: &[Arg], span: Span) -> Option<Node> {
        let tree = self.tree;
        let first = args.first().filter(|arg| arg.name.is_none()).and_then(|arg| tree.string_of(arg.value));
        let (object, receiver) = match &tree.expr(callee).kind {
            ExprKind::Member { object, .. } => (Some(*object), self.last_name(*object)),
            _ => (None, ""),
        };
        let standard = name == "getenv"
            || (matches!(name, "get" | "setdefault") && object.is_some_and(|object| self.is_environ(object)));
        let reader = |word: &str| matches!(word, "env" | "ENV" | "environ_env" | "config" | "decouple_config" | "Env");
        // A helper of the project's own: `get_bool_from_env("DEBUG", True)`.
        let lower = name.to_ascii_lowercase();
        let helper = lower.contains("env")
            && !matches!(lower.as_str(), "environ" | "load_dotenv" | "setenv")
            && first.is_some_and(|first| {
                first.len() > 1 && !first.chars().any(|letter| letter.is_lowercase() || letter == ' ')
            });
        let bare = object.is_none() && reader(name);
        let typed = object.is_some() && reader(receiver) && name != "get"
            || (reader(receiver) && name == "get" && receiver != "config");
        if !(standard || bare || typed || helper)
            || (typed && matches!(name, "read_env" | "update" | "from_object" | "items"))
        {
            return None;
        }
        let variable = first?.to_owned();
        let keyword = |wanted: &str| {
            args.iter().find(|arg| arg.name.is_some_and(|name| tree.text(name) == wanted)).map(|arg| arg.value)
        };
        let default = args.get(1).filter(|arg| arg.name.is_none()).map(|arg| arg.value).or_else(|| keyword("default"));
        let cast = keyword("cast").map(|cast| match &tree.expr(cast).kind {
            ExprKind::Call { callee, .. } => self.last_name(*callee).to_owned(),
            _ => self.last_name(cast).to_owned(),
        });
        let shown = self.file.slice(tree.expr(callee).span);
        let source = format!("`{}(\"{variable}\")`", if shown.len() <= 60 { shown } else { name });
        let mut value = match default {
            Some(default) => match self.value(default) {
                Value::Environment { default, .. } => default,
                Value::Unknown => None,
                value => Some(Box::new(value)),
            },
            None if standard => Some(Box::new(Value::Null)),
            None => self.scheme(receiver, name, &variable).map(Box::new),
        };
        let kind = cast.as_deref().or_else(|| typed.then_some(name)).unwrap_or("");
        if !standard && let Some(default) = value.take() {
            let kind = if kind == "bool" || (helper && lower.contains("bool")) { "strtobool" } else { kind };
            value = Some(Box::new(converted(kind, *default)));
            value = value.filter(|value| **value != Value::Unknown);
        }
        let note = match value.as_deref() {
            None | Some(Value::Null) => format!("read from {source}"),
            Some(_) => format!("default of {source}"),
        };
        Some(Node::noted(Value::Environment { name: variable, default: value }, span, note))
    }

    /// The default that `environ.Env(DEBUG=(bool, False))` declared.
    fn scheme(&mut self, receiver: &str, callee: &str, variable: &str) -> Option<Value> {
        let name = if receiver.is_empty() { callee } else { receiver };
        let symbol = self.tree.symbol(name)?;
        let tree = self.tree;
        let call = tree.root.iter().find_map(|stmt| match &tree.stmt(*stmt).kind {
            crate::syntax::StmtKind::Assign { targets, value: Some(value), .. } => targets
                .iter()
                .any(|target| matches!(tree.pattern(*target).kind, PatternKind::Name(name) if name == symbol))
                .then_some(*value),
            _ => None,
        })?;
        let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return None };
        let declared = args.iter().find(|arg| arg.name.is_some_and(|name| tree.text(name) == variable))?;
        match self.value(declared.value) {
            Value::List(mut items) if items.len() == 2 => Some(items.remove(1).value),
            _ => None,
        }
    }

    /// `[host.strip() for host in HOSTS.split(",") if host]`.
    fn comprehension(&mut self, element: ExprId, clause: &Clause, span: Span) -> Node {
        let PatternKind::Name(name) = self.tree.pattern(clause.target).kind else { return Node::unknown(span) };
        let iter = self.eval(clause.iter);
        let (wrap, items) = match iter.value {
            Value::List(items) => (None, items),
            Value::Environment { name, default } => match default.map(|default| *default) {
                Some(Value::List(items)) => (Some(name), items),
                _ => return Node { value: Value::Environment { name, default: None }, span, note: iter.note },
            },
            Value::Named(name) => return Node::new(Value::Named(name), span),
            _ => return Node::unknown(span),
        };
        let mut made = Vec::new();
        for item in items.into_iter().take(200) {
            self.scopes.push(super::Scope::new());
            self.assign(name, item);
            let keep = clause.conditions.iter().all(|condition| self.value(*condition).truth() != Some(false));
            let node = self.eval(element);
            self.scopes.pop();
            if keep {
                made.push(node);
            }
        }
        let value = Value::List(made);
        let value = match wrap {
            Some(name) => Value::Environment { name, default: Some(Box::new(value)) },
            None => value,
        };
        Node { value, span, note: iter.note }
    }
}

fn settled(value: &Value) -> bool {
    !matches!(value, Value::Environment { .. } | Value::OneOf(_) | Value::Named(_) | Value::Unknown)
}

/// `a + b` of lists, of dictionaries too; what is unknown stays in the list as an unknown item.
pub(super) fn joined(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::List(mut items), Value::List(more)) if items.len() + more.len() <= MAX_LENGTH => {
            items.extend(more);
            Value::List(items)
        }
        (Value::List(mut items), Value::Unknown) => {
            items.push(Node::unknown(items.last().map_or(Span::at(0), |item| item.span)));
            Value::List(items)
        }
        (Value::Map(mut entries), Value::Map(more)) => {
            entries.extend(more);
            Value::Map(last_wins(entries))
        }
        // Too long to be kept.
        (Value::List(_), Value::List(_)) => Value::Unknown,
        (left, right) => operate(BinaryOp::Add, left, right),
    }
}

fn operate(op: BinaryOp, left: Value, right: Value) -> Value {
    let scalar = |value: &Value| settled(value) && !matches!(value, Value::List(_) | Value::Map(_));
    let equal = |left: &Value, right: &Value| (scalar(left) && scalar(right)).then(|| left == right);
    let truth = |known: Option<bool>| known.map_or(Value::Unknown, Value::Bool);
    match (op, left, right) {
        (BinaryOp::Equal | BinaryOp::Is | BinaryOp::StrictEqual, left, right) => truth(equal(&left, &right)),
        (BinaryOp::NotEqual | BinaryOp::IsNot | BinaryOp::StrictNotEqual, left, right) => {
            truth(equal(&left, &right).map(|equal| !equal))
        }
        (BinaryOp::In | BinaryOp::NotIn, left, Value::List(items)) => {
            let found = items.iter().map(|item| equal(&left, &item.value)).collect::<Option<Vec<bool>>>();
            truth(found.map(|found| found.contains(&true) == (op == BinaryOp::In)))
        }
        (BinaryOp::In | BinaryOp::NotIn, Value::Str(part), Value::Str(whole)) => {
            Value::Bool(whole.contains(&part) == (op == BinaryOp::In))
        }
        (BinaryOp::Add, Value::Str(left), Value::Str(right)) if left.len() + right.len() <= MAX_LENGTH => {
            Value::Str(left + &right)
        }
        (BinaryOp::Add, left @ Value::List(_), right @ (Value::List(_) | Value::Unknown))
        | (BinaryOp::BitOr, left @ Value::Map(_), right @ Value::Map(_)) => joined(left, right),
        (op, Value::Int(left), Value::Int(right)) => {
            let value = match op {
                BinaryOp::Add => left.checked_add(right),
                BinaryOp::Sub => left.checked_sub(right),
                BinaryOp::Mul => left.checked_mul(right),
                BinaryOp::FloorDiv => left.checked_div_euclid(right),
                _ => None,
            };
            value.map_or(Value::Unknown, Value::Int)
        }
        _ => Value::Unknown,
    }
}

/// A method of a text or a list.
fn method(name: &str, value: Value, args: &[Value]) -> Value {
    match (name, value, args) {
        ("lower" | "casefold", Value::Str(text), []) => Value::Str(text.to_lowercase()),
        ("upper", Value::Str(text), []) => Value::Str(text.to_uppercase()),
        ("strip", Value::Str(text), []) => Value::Str(text.trim().to_owned()),
        ("capitalize" | "title", Value::Str(text), []) => {
            let mut letters = text.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            Value::Str(first + &letters.as_str().to_lowercase())
        }
        ("rstrip", Value::Str(text), [Value::Str(end)]) => {
            Value::Str(text.trim_end_matches(|letter| end.contains(letter)).to_owned())
        }
        ("replace", Value::Str(text), [Value::Str(from), Value::Str(to)])
            if !from.is_empty() && to.len() < 100 && text.len() < 2_000 =>
        {
            Value::Str(text.replace(from.as_str(), to))
        }
        ("split", Value::Str(text), [Value::Str(by)]) if !by.is_empty() => Value::List(
            text.split(by.as_str()).map(|part| Node::new(Value::Str(part.to_owned()), Span::at(0))).collect(),
        ),
        ("split", Value::Str(text), []) => Value::List(
            text.split_whitespace().map(|part| Node::new(Value::Str(part.to_owned()), Span::at(0))).collect(),
        ),
        ("encode" | "decode", Value::Str(text), _) => Value::Str(text),
        ("startswith", Value::Str(text), [Value::Str(start)]) => Value::Bool(text.starts_with(start.as_str())),
        ("endswith", Value::Str(text), [Value::Str(end)]) => Value::Bool(text.ends_with(end.as_str())),
        ("copy", value, []) => value,
        _ => Value::Unknown,
    }
}

/// A conversion, as the function of that name does it.
fn converted(name: &str, value: Value) -> Value {
    match (name, value) {
        ("bool", value) => value.truth().map_or(Value::Unknown, Value::Bool),
        ("strtobool" | "str2bool" | "str_to_bool", Value::Str(text)) => match text.trim().to_lowercase().as_str() {
            "1" | "true" | "yes" | "on" | "y" | "t" => Value::Bool(true),
            "0" | "false" | "no" | "off" | "n" | "f" | "" => Value::Bool(false),
            _ => Value::Unknown,
        },
        ("strtobool" | "str2bool" | "str_to_bool", Value::Int(number)) => Value::Bool(number != 0),
        ("int", Value::Str(text)) => text.trim().parse().map_or(Value::Unknown, Value::Int),
        ("int", Value::Bool(truth)) => Value::Int(i64::from(truth)),
        ("float", Value::Str(text)) => text.trim().parse().map_or(Value::Unknown, Value::Float),
        ("str", Value::Int(number)) => Value::Str(number.to_string()),
        ("str", Value::Bool(truth)) => Value::Str(if truth { "True" } else { "False" }.to_owned()),
        ("list" | "tuple" | "set" | "Csv", Value::Str(text)) if name == "Csv" => {
            method("split", Value::Str(text), &[Value::Str(",".to_owned())])
        }
        (_, value) => value,
    }
}
