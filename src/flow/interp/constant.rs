//! Constants: operators, string methods and the few builtins whose result is known when everything that goes in is.
//! What may be one of a few constants is folded for each of them.

use super::super::names::{index_name, known};
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use super::call::Args;
use crate::syntax::BinaryOp;

/// Constant texts are folded up to this length.
pub(super) const MAX_TEXT: usize = 4_096;
/// How many constants one operand may be.
const MAX_SET: usize = 4;
/// How many pairs of constants are folded.
const MAX_PAIRS: usize = 8;

impl Interp<'_> {
    /// Whether a value is one or several constants that are known, and clean.
    pub(super) fn known_constants(&self, value: Value) -> bool {
        let refs = self.values.refs(value.refs);
        value.taint == TaintSet::CLEAN
            && !refs.is_empty()
            && refs.iter().all(|one| matches!(one, Ref::Str(_) | Ref::Int(_) | Ref::Bool(_) | Ref::Null))
    }

    /// The text of a constant as it is formatted.
    pub(super) fn constant_text(&self, value: Value) -> Option<String> {
        match self.single(value)? {
            Ref::Str(name) => Some(self.names.text(name).to_owned()),
            Ref::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A binary operator on constants.
    pub(super) fn fold(&mut self, op: BinaryOp, a: Value, b: Value) -> Option<Value> {
        if a.taint != TaintSet::CLEAN || b.taint != TaintSet::CLEAN {
            return None;
        }
        let (left, right) = (self.values.refs(a.refs), self.values.refs(b.refs));
        match (left, right) {
            ([left], [right]) => {
                let (left, right) = (*left, *right);
                if let (BinaryOp::In | BinaryOp::NotIn, Ref::Object(_)) = (op, right) {
                    let found = self.contains(a, b)?;
                    return Some(self.one(Ref::Bool(found == (op == BinaryOp::In))));
                }
                let folded = self.fold_pair(op, left, right)?;
                Some(self.one(folded))
            }
            (left, right) => {
                if left.len() > MAX_SET || right.len() > MAX_SET || left.len() * right.len() > MAX_PAIRS {
                    return None;
                }
                let (left, right) = (left.to_vec(), right.to_vec());
                let mut found = Vec::with_capacity(left.len() * right.len());
                for one in &left {
                    for other in &right {
                        found.push(self.fold_pair(op, *one, *other)?);
                    }
                }
                let refs = self.values.ref_set(found);
                Some(Value { refs, taint: TaintSet::CLEAN })
            }
        }
    }

    fn fold_pair(&mut self, op: BinaryOp, left: Ref, right: Ref) -> Option<Ref> {
        let result = match (op, left, right) {
            (BinaryOp::Equal | BinaryOp::StrictEqual | BinaryOp::Is, a, b) => Ref::Bool(self.same(op, a, b)?),
            (BinaryOp::NotEqual | BinaryOp::StrictNotEqual | BinaryOp::IsNot, a, b) => Ref::Bool(!self.same(op, a, b)?),
            (_, Ref::Int(a), Ref::Int(b)) => self.fold_numbers(op, a, b)?,
            (_, Ref::Str(a), Ref::Str(b)) => {
                let (first, second) = (self.names.text(a), self.names.text(b));
                match op {
                    BinaryOp::Add => {
                        if first.len() + second.len() > MAX_TEXT {
                            return None;
                        }
                        let text = format!("{first}{second}");
                        Ref::Str(self.names.intern(&text))
                    }
                    BinaryOp::In if self.python => Ref::Bool(second.contains(first)),
                    BinaryOp::NotIn => Ref::Bool(!second.contains(first)),
                    BinaryOp::Less => Ref::Bool(first < second),
                    BinaryOp::LessEqual => Ref::Bool(first <= second),
                    BinaryOp::Greater => Ref::Bool(first > second),
                    BinaryOp::GreaterEqual => Ref::Bool(first >= second),
                    BinaryOp::Mod if self.python && first.matches('%').count() == 1 && first.contains("%s") => {
                        let text = first.replacen("%s", second, 1);
                        if text.len() > MAX_TEXT {
                            return None;
                        }
                        Ref::Str(self.names.intern(&text))
                    }
                    BinaryOp::Mod if self.python && !first.contains('%') => left,
                    _ => return None,
                }
            }
            (BinaryOp::Add, Ref::Str(_), Ref::Int(_)) | (BinaryOp::Add, Ref::Int(_), Ref::Str(_)) if !self.python => {
                let text = format!("{}{}", self.text_of(left)?, self.text_of(right)?);
                Ref::Str(self.names.intern(&text))
            }
            (BinaryOp::Mul, Ref::Str(text), Ref::Int(times)) if self.python => {
                let (text, times) = (self.names.text(text), usize::try_from(times.max(0)).ok()?);
                if times > 256 || text.len() * times > MAX_TEXT {
                    return None;
                }
                let text = text.repeat(times);
                Ref::Str(self.names.intern(&text))
            }
            (BinaryOp::Mod, Ref::Str(text), _) if self.python => {
                if self.names.text(text).contains('%') {
                    return None;
                }
                left
            }
            _ => return None,
        };
        Some(result)
    }

    fn fold_numbers(&self, op: BinaryOp, a: i64, b: i64) -> Option<Ref> {
        Some(match op {
            BinaryOp::Add => Ref::Int(a.checked_add(b)?),
            BinaryOp::Sub => Ref::Int(a.checked_sub(b)?),
            BinaryOp::Mul => Ref::Int(a.checked_mul(b)?),
            BinaryOp::Div if !self.python && b != 0 && a.checked_rem(b)? == 0 => Ref::Int(a.checked_div(b)?),
            BinaryOp::FloorDiv => Ref::Int(a.checked_div_euclid(b)?),
            BinaryOp::Mod if self.python => Ref::Int(a.checked_rem_euclid(b)?),
            BinaryOp::Mod => Ref::Int(a.checked_rem(b)?),
            BinaryOp::Pow => Ref::Int(a.checked_pow(u32::try_from(b).ok()?)?),
            BinaryOp::ShiftLeft => Ref::Int(a.checked_shl(u32::try_from(b).ok()?)?),
            BinaryOp::ShiftRight => Ref::Int(a.checked_shr(u32::try_from(b).ok()?)?),
            BinaryOp::BitOr => Ref::Int(a | b),
            BinaryOp::BitAnd => Ref::Int(a & b),
            BinaryOp::BitXor => Ref::Int(a ^ b),
            BinaryOp::Less => Ref::Bool(a < b),
            BinaryOp::LessEqual => Ref::Bool(a <= b),
            BinaryOp::Greater => Ref::Bool(a > b),
            BinaryOp::GreaterEqual => Ref::Bool(a >= b),
            _ => return None,
        })
    }

    /// Whether two values are equal; `None` if that is not known.
    fn same(&self, op: BinaryOp, a: Ref, b: Ref) -> Option<bool> {
        let constant = |one: Ref| matches!(one, Ref::Str(_) | Ref::Int(_) | Ref::Bool(_) | Ref::Null);
        if constant(a) && constant(b) {
            let kinds_differ = std::mem::discriminant(&a) != std::mem::discriminant(&b);
            let loose = !self.python && matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
            if kinds_differ && (loose || matches!((a, b), (Ref::Int(_), Ref::Bool(_)) | (Ref::Bool(_), Ref::Int(_)))) {
                return if a == Ref::Null || b == Ref::Null { Some(false) } else { None };
            }
            return Some(a == b);
        }
        let never_null = |one: Ref| match one {
            Ref::Object(at) => self.state.object(at).is_some_and(|object| !object.overlay),
            Ref::Func(_) | Ref::Class(_) | Ref::Module(_) | Ref::Text | Ref::Starts(_) => true,
            _ => false,
        };
        let ((Ref::Null, other) | (other, Ref::Null)) = (a, b) else { return None };
        never_null(other).then_some(false)
    }

    /// Whether a container of which everything is known holds a constant.
    fn contains(&self, item: Value, container: Value) -> Option<bool> {
        let (Some(item), Some(Ref::Object(at))) = (self.single(item), self.single(container)) else { return None };
        let object = self.state.object(at)?;
        if object.overlay || object.rest != Value::NONE || object.fields.iter().any(|(.., weak)| *weak) {
            return None;
        }
        if !object.is_list {
            let Ref::Str(name) = item else { return None };
            return Some(object.field(name).is_some());
        }
        object.count?;
        let mut found = false;
        for (_, value, _) in &object.fields {
            if !self.known_constants(*value) {
                return None;
            }
            let one = self.single(*value)?;
            found |= one == item;
        }
        matches!(item, Ref::Str(_) | Ref::Int(_)).then_some(found)
    }

    fn text_of(&self, one: Ref) -> Option<String> {
        match one {
            Ref::Str(name) => Some(self.names.text(name).to_owned()),
            Ref::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// `["a", "b"].join("/")`, `"/".join(["a", "b"])` of constants.
    pub(super) fn joined_constants(&mut self, receiver: Value, given: Option<Value>) -> Option<Value> {
        let (list, separator) = if self.python { (given?, receiver) } else { (receiver, given?) };
        let Ref::Str(separator) = self.single(separator)? else { return None };
        let mut parts = Vec::new();
        for item in self.list_items(list)? {
            if item.taint != TaintSet::CLEAN {
                return None;
            }
            parts.push(self.text_of(self.single(item)?)?);
        }
        let text = parts.join(self.names.text(separator));
        if text.len() > MAX_TEXT {
            return None;
        }
        let name = self.names.intern(&text);
        Some(self.one(Ref::Str(name)))
    }

    /// A character of a constant text.
    pub(super) fn char_at(&mut self, value: Value, key: Value) -> Option<Value> {
        let (Ref::Str(text), Ref::Int(at)) = (self.single(value)?, self.single(key)?) else { return None };
        if value.taint != TaintSet::CLEAN {
            return None;
        }
        let text = self.names.text(text);
        let count = text.chars().count();
        let at = position(at, count)?;
        let found: String = text.chars().skip(at).take(1).collect();
        let name = self.names.intern(&found);
        Some(self.one(Ref::Str(name)))
    }

    /// Part of a constant text or of a list that is known as a whole. A bound is `None` where it is not given; a bound
    /// that is no constant gives nothing.
    pub(super) fn part_of(&mut self, value: Value, bounds: [Option<Value>; 2], site: (u32, u32)) -> Option<Value> {
        let number = |interp: &Self, bound: Option<Value>| match bound {
            None => Some(None),
            Some(bound) => match interp.single(bound)? {
                Ref::Int(at) => Some(Some(at)),
                Ref::Null => Some(None),
                _ => None,
            },
        };
        let (lower, upper) = (number(self, bounds[0])?, number(self, bounds[1])?);
        let clip = |at: Option<i64>, count: usize, otherwise: usize| match at {
            None => otherwise,
            Some(at) if at >= 0 => usize::try_from(at).unwrap_or(count).min(count),
            Some(at) => count.saturating_sub(usize::try_from(at.unsigned_abs()).unwrap_or(count)),
        };
        if let Some(Ref::Str(text)) = self.single(value)
            && value.taint == TaintSet::CLEAN
        {
            let text: Vec<char> = self.names.text(text).chars().collect();
            let (from, to) = (clip(lower, text.len(), 0), clip(upper, text.len(), text.len()));
            let part: String = text.get(from..to.max(from)).unwrap_or_default().iter().collect();
            let name = self.names.intern(&part);
            return Some(self.one(Ref::Str(name)));
        }
        let items = self.list_items(value)?;
        let (from, to) = (clip(lower, items.len(), 0), clip(upper, items.len(), items.len()));
        let part = items.get(from..to.max(from)).unwrap_or_default().to_vec();
        Some(self.list_from(part, site))
    }

    /// A list of known values.
    pub(super) fn list_from(&mut self, items: Vec<Value>, site: (u32, u32)) -> Value {
        let mut list = super::Object::new(false, true);
        for (at, value) in (0u32..).zip(items) {
            match index_name(at) {
                Some(name) => {
                    list.set(name, value);
                    list.count = Some(at + 1);
                }
                None => {
                    list.rest = self.join(list.rest, value);
                    list.count = None;
                }
            }
        }
        let at = self.object_at(site);
        self.state.put(at, list);
        self.one(Ref::Object(at))
    }

    /// A negative index of a list whose length is known.
    pub(super) fn counted_back(&self, value: Value, key: Value) -> Option<super::NameId> {
        let Ref::Int(at) = self.single(key)? else { return None };
        if at >= 0 {
            return None;
        }
        let object = self.state.object(self.object_of(value)?)?;
        if !object.is_list || object.rest != Value::NONE {
            return None;
        }
        let at = i64::from(object.count?) + at;
        u32::try_from(at).ok().and_then(index_name)
    }

    /// A method of a constant text with constant arguments.
    pub(super) fn constant_method(&mut self, receiver: Value, name: &str, args: &Args, site: u32) -> Option<Value> {
        if !self.known_constants(receiver) || self.values.refs(receiver.refs).len() > MAX_SET {
            return None;
        }
        let given: Vec<Ref> = args
            .items
            .iter()
            .map(|item| {
                if item.value.taint == TaintSet::CLEAN && item.name.is_none() { self.single(item.value) } else { None }
            })
            .collect::<Option<_>>()?;
        let mut found = Value::NONE;
        for one in self.refs(receiver) {
            let Ref::Str(text) = one else { return None };
            let text = self.names.text(text).to_owned();
            let value = self.text_method(&text, name, &given, site)?;
            found = self.join(found, value);
        }
        Some(found)
    }

    fn text_method(&mut self, text: &str, name: &str, given: &[Ref], site: u32) -> Option<Value> {
        let texts: Vec<Option<String>> = given
            .iter()
            .map(|one| if let Ref::Str(name) = one { Some(self.names.text(*name).to_owned()) } else { None })
            .collect();
        let first = texts.first().and_then(|text| text.as_deref());
        let second = texts.get(1).and_then(|text| text.as_deref());
        let number = |at: usize| if let Some(Ref::Int(number)) = given.get(at) { Some(*number) } else { None };
        let made = match (name, first, second, given.len()) {
            ("upper" | "toUpperCase" | "toLocaleUpperCase", _, _, 0) => text.to_uppercase(),
            ("lower" | "casefold" | "toLowerCase" | "toLocaleLowerCase", _, _, 0) => text.to_lowercase(),
            ("strip" | "trim", _, _, 0) => text.trim().to_owned(),
            ("lstrip" | "trimStart", _, _, 0) => text.trim_start().to_owned(),
            ("rstrip" | "trimEnd", _, _, 0) => text.trim_end().to_owned(),
            ("encode" | "decode" | "toString" | "valueOf" | "copy" | "normalize", ..) => text.to_owned(),
            ("capitalize", _, _, 0) => {
                let mut chars = text.chars();
                let head: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
                format!("{head}{}", chars.as_str().to_lowercase())
            }
            ("replace" | "replaceAll", Some(old), Some(new), 2) if !old.is_empty() => {
                if self.python || name == "replaceAll" { text.replace(old, new) } else { text.replacen(old, new, 1) }
            }
            ("concat", Some(other), _, 1) => format!("{text}{other}"),
            ("repeat", ..) => {
                let times = usize::try_from(number(0)?).ok()?;
                if times > 256 {
                    return None;
                }
                text.repeat(times)
            }
            ("charAt", ..) => {
                let at = usize::try_from(number(0)?).ok()?;
                text.chars().skip(at).take(1).collect()
            }
            ("slice" | "substring" | "substr", ..) if !self.python => {
                let from = usize::try_from(number(0)?).ok()?;
                let to = match given.get(1) {
                    Some(_) => usize::try_from(number(1)?).ok()?,
                    None => usize::MAX,
                };
                let count = if name == "substr" { to } else { to.saturating_sub(from) };
                text.chars().skip(from).take(count).collect()
            }
            ("startswith" | "startsWith", Some(head), _, 1) => return Some(self.bool(text.starts_with(head))),
            ("endswith" | "endsWith", Some(tail), _, 1) => return Some(self.bool(text.ends_with(tail))),
            ("includes" | "__contains__", Some(part), _, 1) => return Some(self.bool(text.contains(part))),
            ("isdigit" | "isdecimal" | "isnumeric", _, _, 0) => {
                return Some(self.bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())));
            }
            ("isalpha", _, _, 0) => return Some(self.bool(!text.is_empty() && text.chars().all(char::is_alphabetic))),
            ("isalnum", _, _, 0) => {
                return Some(self.bool(!text.is_empty() && text.chars().all(char::is_alphanumeric)));
            }
            ("find" | "indexOf", Some(part), _, 1) => {
                let at = text.find(part).map_or(-1, |at| i64::try_from(text[..at].chars().count()).unwrap_or(-1));
                return Some(self.one(Ref::Int(at)));
            }
            ("count", Some(part), _, 1) if !part.is_empty() => {
                let count = i64::try_from(text.matches(part).count()).unwrap_or(i64::MAX);
                return Some(self.one(Ref::Int(count)));
            }
            ("split", Some(mark), _, 1) if !mark.is_empty() => {
                let parts: Vec<Value> = text
                    .split(mark)
                    .take(256)
                    .map(|part| {
                        let name = self.names.intern(part);
                        self.one(Ref::Str(name))
                    })
                    .collect();
                return Some(self.list_from(parts, (site, 54)));
            }
            _ => return None,
        };
        if made.len() > MAX_TEXT {
            return None;
        }
        let name = self.names.intern(&made);
        Some(self.one(Ref::Str(name)))
    }

    fn bool(&mut self, truth: bool) -> Value {
        self.one(Ref::Bool(truth))
    }

    /// `len("abc")`, `int("5")`, `str(5)`, `abs(-1)`.
    pub(super) fn constant_builtin(&mut self, name: super::NameId, args: &Args) -> Option<Value> {
        let [item] = args.items.as_slice() else { return None };
        if item.value.taint != TaintSet::CLEAN {
            return None;
        }
        let made = match (name, self.single(item.value)?) {
            (known::LEN, Ref::Str(text)) => Ref::Int(i64::try_from(self.names.text(text).chars().count()).ok()?),
            (known::LEN, Ref::Object(_)) => Ref::Int(i64::try_from(self.list_items(item.value)?.len()).ok()?),
            (known::INT | known::PARSE_INT | known::NUMBER, Ref::Str(text)) => {
                Ref::Int(self.names.text(text).trim().parse().ok()?)
            }
            (known::INT | known::ABS | known::NUMBER, Ref::Int(number)) => {
                Ref::Int(if name == known::ABS { number.checked_abs()? } else { number })
            }
            (known::STR, Ref::Int(number)) => Ref::Str(self.names.intern(&number.to_string())),
            (known::BOOL | known::BOOLEAN, _) => Ref::Bool(self.truth(item.value)?),
            (known::ORD, Ref::Str(text)) => Ref::Int(i64::from(u32::from(self.names.text(text).chars().next()?))),
            _ => return None,
        };
        Some(self.one(made))
    }
}

fn position(at: i64, count: usize) -> Option<usize> {
    let at = if at < 0 { i64::try_from(count).ok()?.checked_add(at)? } else { at };
    usize::try_from(at).ok().filter(|at| *at < count)
}
