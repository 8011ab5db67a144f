//! What an expression of Terraform is, as far as the module says: variables by their defaults and what callers pass,
//! locals, conditions, the functions that only rearrange. Nothing is run; a budget bounds it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::hcl::{Expr, Kind, Operator, Step};
use super::super::super::value::{Value, is_stage_variable, same_stage};
use super::{Data, Place, Val, from_json};

/// Locals and variables that lead to one another.
const MAX_CHAIN: usize = 30;
/// Longer texts are no settings.
const MAX_TEXT: usize = 8_000;
/// Items of a list or map.
const MAX_ITEMS: usize = 1_000;

/// What the names of a module mean.
#[derive(Debug, Default)]
pub(super) struct Names<'b> {
    /// Variables by what is passed, set or their default.
    pub(super) variables: BTreeMap<&'b str, (&'b Expr, usize)>,
    pub(super) locals: BTreeMap<&'b str, (&'b Expr, usize)>,
}

/// Where an expression is evaluated.
pub(super) struct Scope<'s, 'b> {
    pub(super) names: &'s Names<'b>,
    /// What the caller of the module passes.
    pub(super) passed: &'s BTreeMap<String, Val>,
    /// `each`, the iterators of dynamic blocks: key and value.
    pub(super) iterators: Vec<(String, Val, Val)>,
    /// Steps that are left, over all of the project.
    pub(super) fuel: &'s Cell<u32>,
    pub(super) file: usize,
}

impl Scope<'_, '_> {
    /// The value of an expression of the scope's file.
    pub(super) fn value(&self, expr: &Expr) -> Val {
        self.eval(expr, self.file, 0)
    }

    fn eval(&self, expr: &Expr, file: usize, chain: usize) -> Val {
        let place = Place { file, span: expr.span };
        if self.fuel.get() == 0 || chain > MAX_CHAIN {
            return Val::unknown(place);
        }
        self.fuel.set(self.fuel.get() - 1);
        let inner = |expr: &Expr| self.eval(expr, file, chain);
        let known = |data: Data| Val::new(data, place);
        match &expr.kind {
            Kind::Null => known(Data::Null),
            Kind::Bool(value) => known(Data::Bool(*value)),
            Kind::Number(number) => known(Data::Number(number.clone())),
            Kind::Text(text) => Val::text(cut(text), place),
            Kind::Template(parts) => self.template(parts, place, chain),
            Kind::List(items) => known(Data::List(Arc::new(items.iter().take(MAX_ITEMS).map(inner).collect()))),
            Kind::Map(entries) => {
                let entry = |(key, value): &(Expr, Expr)| Some((key_text(&inner(key))?, inner(value)));
                known(Data::Map(Arc::new(entries.iter().take(MAX_ITEMS).filter_map(entry).collect())))
            }
            Kind::Name(name) => {
                self.iterator(name, "value").map_or_else(|| Val::unknown(place), |value| at(value, place))
            }
            Kind::Path(root, steps) => self.path(root, steps, place, chain),
            Kind::Call(name, arguments) => self.call(name, arguments, place, chain),
            Kind::Choice(parts) => {
                let [condition, yes, no] = parts.as_ref();
                match inner(condition).truth() {
                    Some(true) => at(inner(yes), place),
                    Some(false) => at(inner(no), place),
                    None => {
                        let (yes, no) = (inner(yes), inner(no));
                        if same(&yes, &no) { at(yes, place) } else { Val::unknown(place) }
                    }
                }
            }
            Kind::Not(operand) => match inner(operand).truth() {
                Some(value) => known(Data::Bool(!value)),
                None => Val::unknown(place),
            },
            Kind::Binary(operator, sides) => self
                .binary(*operator, sides, file, chain)
                .map_or_else(|| Val::unknown(place), |value| known(Data::Bool(value))),
            Kind::Unknown => Val::unknown(place),
        }
    }

    fn binary(&self, operator: Operator, sides: &[Expr; 2], file: usize, chain: usize) -> Option<bool> {
        let [left, right] = sides;
        match operator {
            Operator::And | Operator::Or => {
                let decides = operator == Operator::Or;
                let both = [left, right].map(|side| self.eval(side, file, chain).truth());
                if both.contains(&Some(decides)) { Some(decides) } else { both[0].and(both[1]) }
            }
            Operator::Equal | Operator::Different => {
                let equal = match (stage(left), stage(right)) {
                    (true, _) | (_, true) => {
                        let side = |expr: &Expr| {
                            if stage(expr) {
                                return Value::Str("production".to_owned());
                            }
                            self.eval(expr, file, chain)
                                .as_text()
                                .map_or(Value::Unknown, |text| Value::Str(text.to_owned()))
                        };
                        same_stage(&side(left), &side(right))?
                    }
                    _ => {
                        let (left, right) = (self.eval(left, file, chain), self.eval(right, file, chain));
                        let plain = |value: &Val| {
                            matches!(value.data, Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_))
                                && value.as_text().is_none_or(|text| !text.contains("${"))
                        };
                        if !plain(&left) || !plain(&right) {
                            return None;
                        }
                        same(&left, &right)
                    }
                };
                Some(equal == (operator == Operator::Equal))
            }
        }
    }

    fn template(&self, parts: &[Expr], place: Place, chain: usize) -> Val {
        if let [only] = parts {
            return at(self.eval(only, place.file, chain), place);
        }
        let mut text = String::new();
        for part in parts {
            match &self.eval(part, place.file, chain).data {
                Data::Text(known) => text.push_str(known),
                Data::Bool(value) => text.push_str(&value.to_string()),
                Data::Number(number) => text.push_str(&number.to_string()),
                Data::Reference(name) => {
                    text.push_str("${");
                    text.push_str(name);
                    text.push('}');
                }
                _ => text.push_str("${?}"),
            }
            if text.len() > MAX_TEXT {
                return Val::unknown(place);
            }
        }
        Val::text(text, place)
    }

    /// What an iterator of that name holds.
    fn iterator(&self, name: &str, part: &str) -> Option<Val> {
        let (_, key, value) = self.iterators.iter().rev().find(|(known, _, _)| known == name)?;
        match part {
            "key" => Some(key.clone()),
            "value" => Some(value.clone()),
            _ => None,
        }
    }

    fn path(&self, root: &Expr, steps: &[Step], place: Place, chain: usize) -> Val {
        let Kind::Name(name) = &root.kind else {
            return at(self.steps(self.eval(root, place.file, chain), steps, place, chain), place);
        };
        let Some(Step::Name(first)) = steps.first() else { return Val::unknown(place) };
        let start = match name.as_str() {
            "var" => match (self.passed.get(first), self.names.variables.get(first.as_str())) {
                (Some(passed), _) => passed.clone(),
                (None, Some((expr, file))) => self.eval(expr, *file, chain + 1),
                (None, None) => Val::unknown(place),
            },
            "local" => match self.names.locals.get(first.as_str()) {
                Some((expr, file)) => self.eval(expr, *file, chain + 1),
                None => Val::unknown(place),
            },
            "each" | "count" | "self" | "path" | "terraform" => {
                self.iterator(name, first).unwrap_or_else(|| Val::unknown(place))
            }
            _ => match self.iterator(name, first) {
                Some(value) => value,
                None => return Val::new(Data::Reference(reference(name, steps).into()), place),
            },
        };
        at(self.steps(start, &steps[1..], place, chain), place)
    }

    fn steps(&self, start: Val, steps: &[Step], place: Place, chain: usize) -> Val {
        let mut value = start;
        for step in steps {
            let next = match step {
                Step::Name(name) => exact(&value, name),
                Step::Index(index) => {
                    let known = self.eval(index, place.file, chain);
                    match &value.data {
                        Data::List(items) => {
                            known.number().and_then(|at| items.get(usize::try_from(at).ok()?)).cloned()
                        }
                        _ => known.as_text().and_then(|name| exact(&value, name)),
                    }
                }
                Step::Splat => None,
            };
            match next {
                Some(next) => value = next,
                None => return Val::unknown(place),
            }
        }
        value
    }

    fn call(&self, name: &str, arguments: &[Expr], place: Place, chain: usize) -> Val {
        let argument = |at: usize| arguments.get(at).map(|expr| self.eval(expr, place.file, chain));
        let result = match name {
            "tostring" | "tonumber" | "tobool" | "tolist" | "toset" | "tomap" | "sensitive" | "nonsensitive"
            | "jsonencode" | "base64encode" | "trimspace" | "chomp" | "compact" | "distinct" | "sort"
            | "yamlencode" | "try" | "one" => argument(0),
            "lower" | "upper" => argument(0).and_then(|value| {
                let text = value.as_text()?;
                let changed = if name == "lower" { text.to_lowercase() } else { text.to_uppercase() };
                Some(Val::text(changed, value.origin))
            }),
            "jsondecode" => argument(0).and_then(|value| {
                let json: serde_json::Value = serde_json::from_str(value.as_text()?).ok()?;
                Some(from_json(&json, value.site, 0))
            }),
            "coalesce" | "coalescelist" => {
                (0..arguments.len().min(10)).filter_map(argument).find(|value| value.data != Data::Null)
            }
            "concat" | "flatten" | "setunion" => self.joined(arguments, name == "flatten", place, chain),
            "merge" => {
                let mut all: Vec<(String, Val)> = Vec::new();
                for value in (0..arguments.len().min(10)).filter_map(argument) {
                    let Data::Map(entries) = &value.data else { return Val::unknown(place) };
                    for (key, value) in entries.iter().take(MAX_ITEMS) {
                        all.retain(|(known, _)| known != key);
                        all.push((key.clone(), value.clone()));
                    }
                }
                Some(Val::new(Data::Map(Arc::new(all)), place))
            }
            "lookup" => {
                let found = argument(0).zip(argument(1)).and_then(|(map, key)| exact(&map, key.as_text()?));
                found.or_else(|| argument(2).filter(|_| argument(1).is_some_and(|key| key.as_text().is_some())))
            }
            "length" => argument(0)
                .and_then(|value| match &value.data {
                    Data::List(items) => Some(items.len()),
                    Data::Map(entries) => Some(entries.len()),
                    _ => None,
                })
                .map(|length| Val::new(Data::Number(length.into()), place)),
            _ => None,
        };
        result.map_or_else(|| Val::unknown(place), |value| at(value, place))
    }

    /// Lists one after the other; unknown if one of them is not known.
    fn joined(&self, arguments: &[Expr], flat: bool, place: Place, chain: usize) -> Option<Val> {
        let mut all = Vec::new();
        for expr in arguments.iter().take(20) {
            let value = self.eval(expr, place.file, chain);
            let Data::List(items) = &value.data else { return None };
            for item in items.iter() {
                match &item.data {
                    Data::List(inner) if flat => all.extend(inner.iter().cloned()),
                    _ => all.push(item.clone()),
                }
                if all.len() > MAX_ITEMS {
                    return None;
                }
            }
        }
        Some(Val::new(Data::List(Arc::new(all)), place))
    }
}

/// The value as it is used at a place.
fn at(value: Val, place: Place) -> Val {
    Val { site: place, ..value }
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(MAX_TEXT).map_or(text, |(at, _)| &text[..at])
}

fn key_text(value: &Val) -> Option<String> {
    match &value.data {
        Data::Text(text) => Some(text.to_string()),
        Data::Number(number) => Some(number.to_string()),
        Data::Reference(name) => Some(name.to_string()),
        _ => None,
    }
}

fn exact(value: &Val, name: &str) -> Option<Val> {
    let Data::Map(entries) = &value.data else { return None };
    entries.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

fn same(left: &Val, right: &Val) -> bool {
    match (&left.data, &right.data) {
        (Data::Text(left), Data::Text(right)) => left == right && !left.contains("${"),
        (Data::Bool(_) | Data::Number(_) | Data::Null, _) => left.data == right.data,
        _ => false,
    }
}

/// Whether an expression names the stage: `var.environment`, `terraform.workspace`, `local.env`.
fn stage(expr: &Expr) -> bool {
    let Kind::Path(root, steps) = &expr.kind else { return false };
    let (Kind::Name(root), [Step::Name(name)]) = (&root.kind, steps.as_slice()) else { return false };
    match root.as_str() {
        "terraform" => name == "workspace",
        "var" | "local" => is_stage_variable(name),
        _ => false,
    }
}

fn reference(root: &str, steps: &[Step]) -> String {
    let mut text = root.to_owned();
    for step in steps.iter().take(8) {
        match step {
            Step::Name(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Index(_) | Step::Splat => text.push_str("[*]"),
        }
    }
    text
}
