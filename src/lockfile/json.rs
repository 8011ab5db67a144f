//! A JSON reader (RFC 8259) for lockfiles: keeps where each value stands and what could be read before the first error.
//! One pass, borrowed text, no recursion, so that 100,000 entries or a million brackets are only long. Comments and
//! trailing commas (`bun.lock`) are accepted.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

/// Deeper values are refused; lockfiles nest a few dozen levels.
const DEEPEST: usize = 256;

/// A value and the offset of its first byte.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    pub(super) start: usize,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<'a> {
    Null,
    Bool(bool),
    /// No lockfile needs the value of a number.
    Number,
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Object<'a>),
}

/// An object's members in file order. Of equal keys the last one wins, as JavaScript has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Object<'a> {
    members: Vec<Member<'a>>,
    /// Of many members, where each key stands. Most objects have a few: they need no room for it.
    index: Option<Box<FxHashMap<Cow<'a, str>, usize>>>,
}

/// A key, the offset of its opening quote, and its value.
#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) start: usize,
    pub(super) value: Value<'a>,
}

/// Where reading stopped and why.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) offset: usize,
    pub(super) message: &'static str,
}

impl<'a> Value<'a> {
    pub(super) fn str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn object(&self) -> Option<&Object<'a>> {
        match &self.kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> &[Value<'a>] {
        match &self.kind {
            Kind::Array(values) => values,
            _ => &[],
        }
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self.kind, Kind::Bool(true))
    }

    /// The member `key`, if this is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.object()?.get(key).map(|member| &member.value)
    }

    /// The text of the member `key`.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.str()
    }

    /// Whether the member `key` is `true`.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.get(key).is_some_and(Value::is_true)
    }

    /// The members of the object `key`; none if there is no such object.
    pub(super) fn members(&self, key: &str) -> &[Member<'a>] {
        self.get(key).and_then(Value::object).map_or(&[], Object::members)
    }
}

impl<'a> Object<'a> {
    pub(super) fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    pub(super) fn get(&self, key: &str) -> Option<&Member<'a>> {
        if self.members.len() < 16 {
            return self.members.iter().rev().find(|member| member.key == key);
        }
        self.members.get(*self.index.as_ref()?.get(key)?)
    }

    pub(super) fn push(&mut self, member: Member<'a>) {
        self.members.push(member);
        match self.members.len() {
            0..16 => {}
            16 => {
                let keys = self.members.iter().enumerate();
                self.index = Some(Box::new(keys.map(|(at, member)| (member.key.clone(), at)).collect()));
            }
            length => {
                let key = self.members[length - 1].key.clone();
                self.index.get_or_insert_default().insert(key, length - 1);
            }
        }
    }
}

/// An array or object whose end has not come yet.
enum Open<'a> {
    Array(usize, Vec<Value<'a>>),
    Object(usize, Object<'a>, Option<(Cow<'a, str>, usize)>),
}

/// Reads a document. What stands before an error is returned with it.
pub(super) fn parse(text: &str) -> (Value<'_>, Option<Broken>) {
    let mut reader = Reader { text, at: 0 };
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut root = Value { start: 0, kind: Kind::Null };
    let broken = reader.document(&mut open, &mut root).err();
    // Close what an error left open, innermost first.
    while let Some(inner) = open.pop() {
        let value = inner.close();
        match open.last_mut() {
            Some(outer) => outer.add(value),
            None => root = value,
        }
    }
    (root, broken)
}

impl<'a> Open<'a> {
    fn close(self) -> Value<'a> {
        match self {
            Self::Array(start, values) => Value { start, kind: Kind::Array(values) },
            Self::Object(start, object, _) => Value { start, kind: Kind::Object(object) },
        }
    }

    fn add(&mut self, value: Value<'a>) {
        match self {
            Self::Array(_, values) => values.push(value),
            Self::Object(_, object, key) => {
                if let Some((key, start)) = key.take() {
                    object.push(Member { key, start, value });
                }
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self, open: &mut Vec<Open<'a>>, root: &mut Value<'a>) -> Result<(), Broken> {
        loop {
            // A value, or the end of the innermost array or object.
            self.space()?;
            let start = self.at;
            let value = match (self.peek(), open.last_mut()) {
                (Some(b']'), Some(Open::Array(..))) | (Some(b'}'), Some(Open::Object(..))) => {
                    self.at += 1;
                    open.pop().map(Open::close)
                }
                (_, Some(Open::Object(_, _, key))) if key.is_none() => {
                    let name = self.string().map_err(|_| self.broken("expected a key in quotes"))?;
                    self.space()?;
                    self.expect(b':')?;
                    *key = Some((name, start));
                    continue;
                }
                (Some(b'['), _) => {
                    self.nest(open, Open::Array(start, Vec::new()))?;
                    continue;
                }
                (Some(b'{'), _) => {
                    self.nest(open, Open::Object(start, Object::default(), None))?;
                    continue;
                }
                _ => Some(Value { start, kind: self.scalar()? }),
            };
            let Some(value) = value else { return Ok(()) };
            let Some(outer) = open.last_mut() else {
                *root = value;
                self.space()?;
                return if self.at == self.text.len() {
                    Ok(())
                } else {
                    Err(self.broken("expected the end of the file"))
                };
            };
            outer.add(value);
            self.space()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']' | b'}') => {}
                _ => return Err(self.broken("expected `,` or the closing bracket")),
            }
        }
    }

    fn nest(&mut self, open: &mut Vec<Open<'a>>, inner: Open<'a>) -> Result<(), Broken> {
        if open.len() >= DEEPEST {
            return Err(self.broken("nested too deeply"));
        }
        self.at += 1;
        open.push(inner);
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn broken(&self, message: &'static str) -> Broken {
        Broken { offset: self.at.min(self.text.len()), message }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        if self.peek() != Some(byte) {
            return Err(self.broken("expected `:`"));
        }
        self.at += 1;
        Ok(())
    }

    /// Skips white space and comments.
    fn space(&mut self) -> Result<(), Broken> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                self.at += memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| self.broken("comment without its end"))?;
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn scalar(&mut self) -> Result<Kind<'a>, Broken> {
        let rest = &self.text[self.at..];
        for (word, kind) in [("true", Kind::Bool(true)), ("false", Kind::Bool(false)), ("null", Kind::Null)] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        if rest.starts_with('"') {
            return self.string().map(Kind::String);
        }
        let number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let length = rest.bytes().take_while(number).count();
        if length == 0 {
            return Err(self.broken("expected a value"));
        }
        self.at += length;
        Ok(Kind::Number)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Broken> {
        if self.peek() != Some(b'"') {
            return Err(self.broken("expected a string"));
        }
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut end = start;
        let mut escaped = false;
        loop {
            end += match bytes.get(end..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
                Some(length) => length,
                None => return Err(self.broken("string without its end")),
            };
            if bytes[end] == b'"' {
                break;
            }
            escaped = true;
            end += 2;
        }
        let raw = self.text.get(start..end).ok_or_else(|| self.broken("broken escape"))?;
        if !escaped {
            self.at = end + 1;
            return Ok(Cow::Borrowed(raw));
        }
        let quoted = self.text.get(start - 1..=end).unwrap_or("\"\"");
        let text: String = serde_json::from_str(quoted).map_err(|_| self.broken("broken escape"))?;
        self.at = end + 1;
        Ok(Cow::Owned(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_place() {
        let text = "{ // c\n \"a\": [1, \"x\\u00fc\", {}],\n \"b\": true, }";
        let (value, broken) = parse(text);
        assert!(broken.is_none(), "{broken:?}");
        assert!(value.flag("b"));
        assert_eq!(value.get("a").unwrap().array()[1].str(), Some("xü"));
        assert_eq!(value.object().unwrap().get("b").unwrap().start, text.find("\"b\"").unwrap());
    }

    #[test]
    fn what_stands_before_an_error_is_kept() {
        let (value, broken) = parse("{\"a\": {\"b\": 1, \"c\": [2");
        assert!(broken.is_some());
        assert!(matches!(value.get("a").and_then(|a| a.get("b")).unwrap().kind, Kind::Number));
        assert_eq!(value.get("a").and_then(|a| a.get("c")).unwrap().array().len(), 1);
        assert!(parse(&"[".repeat(1_000_000)).1.is_some());
        for text in ["", "{", "{]", "[}", "[1 2]", "\"\\", "\"\\u12", "{\"a\" 1}", "nul", "[1]x", "/*", "{,}", "\"ü\\"]
        {
            assert!(parse(text).1.is_some(), "{text}");
        }
    }
}
