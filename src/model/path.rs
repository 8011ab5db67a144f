//! Access paths and argument paths: the two small languages in which models and rules name values. Their grammar is
//! told in [`super::schema`]; here they are parsed into segments. Nothing here knows trees or values, and `build.rs`
//! reads this very file, so it uses the standard library alone.

/// What an access path begins with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// A module, a builtin namespace (`builtins`, `globalThis`) or a global.
    Name(String),
    /// A value of a declared type: `<sqlite3.Cursor>`.
    Type(String),
    /// A value whose type is not known: `?`.
    Unknown,
}

/// One step from a value to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// `.name`; in an argument path also `[0]`, then the name is the number.
    Member(String),
    /// `()`
    Call,
    /// `[]`
    Element,
}

/// A parsed access path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessPath {
    /// Where it begins.
    pub root: Root,
    /// The steps from there.
    pub segments: Vec<Segment>,
}

/// Which argument (or other end of a call) an argument path begins with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArgBase {
    /// `0`: by position only.
    Position(u32),
    /// `query`: by keyword only. For an assignment, `value` is the assigned value.
    Keyword(String),
    /// `0:query`: by position or keyword.
    Either(u32, String),
    /// `*`: any argument.
    Any,
    /// `1..`: that position and all behind it.
    From(u32),
    /// `-1`: counted from the end, 1 is the last.
    FromEnd(u32),
    /// `receiver`: the value left of the dot.
    Receiver,
    /// `return`: the result.
    Return,
}

/// A parsed argument path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArgPath {
    /// Which argument.
    pub base: ArgBase,
    /// Fields and elements of it; never [`Segment::Call`].
    pub tail: Vec<Segment>,
}

impl AccessPath {
    /// Parses an access path; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (root, rest) = root(text)?;
        let segments = segments(rest, true).map_err(|error| format!("access path `{text}`: {error}"))?;
        if root == Root::Unknown && !matches!(segments.first(), Some(Segment::Member(_))) {
            return Err(format!("access path `{text}`: a member must follow `?`"));
        }
        Ok(Self { root, segments })
    }

    /// The last member's name, or the root's.
    #[must_use]
    pub fn last_name(&self) -> &str {
        let member = self.segments.iter().rev().find_map(|segment| match segment {
            Segment::Member(name) => Some(name.as_str()),
            Segment::Call | Segment::Element => None,
        });
        member.unwrap_or(match &self.root {
            Root::Name(name) | Root::Type(name) => name,
            Root::Unknown => "",
        })
    }
}

impl ArgPath {
    /// Parses an argument path; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fail = |why: &str| Err(format!("argument path `{text}`: {why}"));
        let end = if text.starts_with('*') { 1 } else { base_end(text) };
        let (head, rest) = text.split_at(end);
        let base = match head {
            "" => return fail("no argument named"),
            "*" => ArgBase::Any,
            "receiver" => ArgBase::Receiver,
            "return" => ArgBase::Return,
            _ => match numbered(head) {
                Some(base) => base,
                None if is_identifier(head) => ArgBase::Keyword(head.to_owned()),
                None => return fail("neither a position, a keyword, `*`, `1..`, `-1`, `receiver` nor `return`"),
            },
        };
        let tail = segments(rest, false).map_err(|error| format!("argument path `{text}`: {error}"))?;
        Ok(Self { base, tail })
    }
}

/// Where the base of an argument path ends: before the first `[`, or the first `.` that does not belong to `1..`.
fn base_end(text: &str) -> usize {
    if let Some(at) = text.find("..") {
        return at + 2;
    }
    text.find(['.', '[']).unwrap_or(text.len())
}

fn numbered(head: &str) -> Option<ArgBase> {
    if let Some(from) = head.strip_suffix("..") {
        return from.parse().ok().map(ArgBase::From);
    }
    if let Some(end) = head.strip_prefix('-') {
        return end.parse().ok().filter(|n| *n > 0).map(ArgBase::FromEnd);
    }
    if let Some((position, keyword)) = head.split_once(':') {
        let position = position.parse().ok()?;
        return is_identifier(keyword).then(|| ArgBase::Either(position, keyword.to_owned()));
    }
    head.parse().ok().map(ArgBase::Position)
}

fn root(text: &str) -> Result<(Root, &str), String> {
    let fail = |why: &str| Err(format!("access path `{text}`: {why}"));
    if let Some(rest) = text.strip_prefix('?') {
        return Ok((Root::Unknown, rest));
    }
    if let Some(rest) = text.strip_prefix('<') {
        let Some((name, rest)) = rest.split_once('>') else { return fail("`<` without `>`") };
        return if name.is_empty() { fail("a type without a name") } else { Ok((Root::Type(name.to_owned()), rest)) };
    }
    if let Some(rest) = text.strip_prefix('\'') {
        let Some((name, rest)) = rest.split_once('\'') else { return fail("a quote without its end") };
        return if name.is_empty() { fail("a module without a name") } else { Ok((Root::Name(name.to_owned()), rest)) };
    }
    let (name, rest) = text.split_at(text.find(['.', '(', '[']).unwrap_or(text.len()));
    let known = |c: char| c.is_alphanumeric() || "_$@/-#".contains(c);
    if name.is_empty() || !name.chars().all(known) {
        return fail("it begins with neither a module, `<type>` nor `?`");
    }
    Ok((Root::Name(name.to_owned()), rest))
}

fn segments(mut rest: &str, calls: bool) -> Result<Vec<Segment>, String> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            found.push(Segment::Element);
            rest = after;
        } else if let Some((index, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            if calls || index.is_empty() || !index.chars().all(|c| c.is_ascii_digit()) {
                return Err(format!("`[{index}]` is no element"));
            }
            found.push(Segment::Member(index.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("()") {
            if !calls {
                return Err("a call cannot stand in an argument path".to_owned());
            }
            found.push(Segment::Call);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = after.split_at(after.find(['.', '(', '[']).unwrap_or(after.len()));
            if !is_identifier(name) {
                return Err(format!("`{name}` is no member name"));
            }
            found.push(Segment::Member(name.to_owned()));
            rest = after;
        } else {
            return Err(format!("`{rest}` was not expected"));
        }
    }
    Ok(found)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Segment {
        Segment::Member(name.to_owned())
    }

    #[test]
    fn access_paths_parse_into_root_and_segments() {
        let path = AccessPath::parse("flask.request.args").unwrap();
        assert_eq!(path.root, Root::Name("flask".into()));
        assert_eq!(path.segments, [member("request"), member("args")]);
        let path = AccessPath::parse("'socket.io'.Server().on").unwrap();
        assert_eq!(path.root, Root::Name("socket.io".into()));
        assert_eq!(path.segments, [member("Server"), Segment::Call, member("on")]);
        let path = AccessPath::parse("<sqlite3.Cursor>.fetchall()[]").unwrap();
        assert_eq!(path.root, Root::Type("sqlite3.Cursor".into()));
        assert_eq!(path.segments, [member("fetchall"), Segment::Call, Segment::Element]);
        assert_eq!(AccessPath::parse("?.execute").unwrap().root, Root::Unknown);
        let path = AccessPath::parse("@prisma/client.PrismaClient").unwrap();
        assert_eq!((path.root, path.segments), (Root::Name("@prisma/client".into()), vec![member("PrismaClient")]));
    }

    #[test]
    fn broken_access_paths_are_refused() {
        for text in ["", ".a", "a..b", "a.", "<a", "<>", "?", "?()", "a[0]", "a b", "'a", "a.1b", "a(x)"] {
            assert!(AccessPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn argument_paths_parse() {
        let of = |text: &str| ArgPath::parse(text).map(|path| path.base);
        assert_eq!(of("0"), Ok(ArgBase::Position(0)));
        assert_eq!(of("query"), Ok(ArgBase::Keyword("query".into())));
        assert_eq!(of("0:query"), Ok(ArgBase::Either(0, "query".into())));
        assert_eq!(of("*"), Ok(ArgBase::Any));
        assert_eq!(of("1.."), Ok(ArgBase::From(1)));
        assert_eq!(of("-1"), Ok(ArgBase::FromEnd(1)));
        assert_eq!(of("receiver"), Ok(ArgBase::Receiver));
        assert_eq!(of("return"), Ok(ArgBase::Return));
        assert_eq!(ArgPath::parse("0.data.text").unwrap().tail, [member("data"), member("text")]);
        assert_eq!(ArgPath::parse("1[]").unwrap().tail, [Segment::Element]);
        assert_eq!(ArgPath::parse("1..[]").unwrap(), ArgPath { base: ArgBase::From(1), tail: vec![Segment::Element] });
        assert_eq!(ArgPath::parse("0:args[0]").unwrap().tail, [member("0")]);
        for text in ["", "0:", ":a", "0[a]", "0[", "0]", "-0", "0()", "a b", "0x", "1...", "*x"] {
            assert!(ArgPath::parse(text).is_err(), "{text}");
        }
    }
}
