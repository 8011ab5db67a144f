//! Literals that stand near the name of a secret, whatever lies between: the way of last resort, for every language and
//! format. What is found so is only a question; [`super::weigh`] answers it.
//!
//! A line at a time (or two, where an operator ends the first), and every step is bounded.

use std::ops::Range;

use super::assign::{Assignment, Way};
use super::name::{self, Kind, SecretName};
use super::place::{self, Place};
use super::{section, text, value};

/// Bytes between a name and its value.
const BETWEEN: usize = 80;

/// A literal near a name.
#[derive(Debug, Clone)]
pub(super) struct Nearby<'a> {
    pub assignment: Assignment<'a>,
    /// Whether the name says only somewhere that it is of a secret.
    pub faint: bool,
    pub call: Call,
}

impl<'a> Nearby<'a> {
    /// One that is plainly set.
    pub(super) fn plain(assignment: Assignment<'a>) -> Self {
        Self { assignment, faint: false, call: Call::None }
    }

    /// Whether the rules of assignments may judge it.
    pub(super) fn is_plain(&self) -> bool {
        !self.faint && self.call != Call::Other
    }
}

/// The call that is given the literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    None,
    /// One that makes what is stored of a password.
    Hash,
    Other,
}

/// Reads what stands behind the name at `range`.
pub(super) fn at<'a>(file: &'a str, range: &Range<usize>, place: Place, path: &str) -> Option<Nearby<'a>> {
    let bytes = file.as_bytes();
    // Most names are used where nothing is set.
    let used = matches!(bytes.get(range.end)?, b'.' | b';' | b')' | b'}' | b'+' | b'*' | b'/' | b'&' | b'%' | b'\n');
    let reach = &bytes[range.end..bytes.len().min(range.end + BETWEEN + 8)];
    if used || memchr::memchr3(b'"', b'\'', b'`', reach).is_none() {
        return None;
    }
    let name_start = range.start;
    let line = text::line_start(bytes, name_start);
    let within = quote_of(bytes.get(line..range.start)?);
    let written = file.get(whole(bytes, range, within))?.trim_matches(['-', '.', '$', ':']);
    let mut at = range.end;
    if let Some(quote) = within {
        // Inside a text, a name is one only if the text ends with it.
        at += usize::from(bytes.get(at) == Some(&b'\\'));
        (bytes.get(at) == Some(&quote)).then_some(())?;
        at += 1;
    }
    at += bytes[at..].iter().take(8).take_while(|byte| b")]`[0123456789?!".contains(byte)).count();
    let rest = bytes.get(at..bytes.len().min(at + BETWEEN))?;
    // What stands between backticks in a script is a command.
    let open = at + rest.iter().position(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    if bytes[open] == b'`' && place != Place::Source {
        return None;
    }
    let bridge = file.get(at..open)?;
    // `put("password", "…")`, `equals(token, "…")`: the first of a call's arguments, and no word of a list.
    let begin = whole(bytes, range, within).start - usize::from(within.is_some());
    let first = bytes[..begin].ends_with(b"(") && !bytes[range.end..at].contains(&b')');
    let name = Written { text: written, quoted: within.is_some(), first };
    let (way, call) = crossed(bridge, &name)?;
    // Names are cut into words only where a literal is in reach.
    let (secret, faint) = named(file, written, name_start, place, &place::extension(path))?;
    let escaped = usize::from(bytes.get(open - 1) == Some(&b'\\'));
    let range = text::quoted(bytes, open - escaped)?;
    let behind = bytes.get(range.end + 1 + escaped..bytes.len().min(range.end + 12))?.trim_ascii_start();
    let goes_on = [b":".as_slice(), b"=>", b"+", b". ", b".$", b"%", b"=", b"]", b"?", b")."];
    let goes_on = &goes_on[..if call == Call::Other { goes_on.len() } else { goes_on.len() - 1 }];
    if goes_on.iter().any(|mark| behind.starts_with(mark)) && !behind.starts_with(b"::") {
        return None;
    }
    // The body of a request that a document shows.
    if place == Place::Prose && within.is_some() && way == Way::Entry {
        return None;
    }
    let commented = text::is_comment(bytes, range.start);
    if commented && !text::is_commented_out(file, begin) {
        return None;
    }
    let way = if commented { Way::Commented } else { way };
    let value = file.get(range.clone())?;
    let assignment = Assignment { name: written, secret, value, way, range };
    is_weighable(&assignment, faint).then_some(Nearby { assignment, faint, call })
}

/// `portal_account_id`: words in lower case that are joined, what a session or a store calls something.
fn names_something(text: &str) -> bool {
    let joint = |byte: u8| matches!(byte, b'_' | b'-' | b'.' | b':');
    text.bytes().any(joint) && text.bytes().all(|byte| byte.is_ascii_lowercase() || joint(byte))
}

/// The quote that the end of a piece of a line is within.
fn quote_of(head: &[u8]) -> Option<u8> {
    let mut open = None;
    let mut escaped = false;
    for &byte in head {
        match (open, byte) {
            _ if escaped => escaped = false,
            (_, b'\\') => escaped = true,
            (Some(quote), byte) if byte == quote => open = None,
            (None, b'"' | b'\'' | b'`') => open = Some(byte),
            _ => {}
        }
    }
    open
}

/// The whole name: inside a text also with the sections before it, `Jwt:Key`.
fn whole(bytes: &[u8], range: &Range<usize>, within: Option<u8>) -> Range<usize> {
    let path = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-' | b'.' | b':');
    let back = within.map_or(0, |_| bytes[..range.start].iter().rev().take(64).take_while(path).count());
    range.start - back..range.end
}

/// What a name is of, and whether it says so only somewhere.
fn named(file: &str, name: &str, start: usize, place: Place, extension: &str) -> Option<(SecretName, bool)> {
    if let Some(secret) = section::named(file, name, start, place, extension) {
        return Some((secret, false));
    }
    let words = name::words(name);
    let last = words.last()?.as_str();
    if words.len() > 6 || words.iter().any(|word| word == "browser") || ABOUT.contains(&last) || name::says_no(&words) {
        return None;
    }
    let known = (1..words.len()).rev().find_map(|end| name::classify(&words[..end].join("_")));
    let key = last == "key" && words.len() > 1;
    let faint = known.or_else(|| key.then(|| SecretName { kind: Kind::Key, words: words.clone() }))?;
    Some((faint, true))
}

/// Last words of names that are about a secret, and hold none.
const ABOUT: &[&str] = &[
    "age",
    "algorithm",
    "at",
    "audience",
    "box",
    "btn",
    "button",
    "bytes",
    "changed",
    "check",
    "class",
    "column",
    "config",
    "container",
    "count",
    "description",
    "dialog",
    "endpoint",
    "error",
    "errors",
    "exp",
    "expiration",
    "expires",
    "expiry",
    "feedback",
    "field",
    "file",
    "form",
    "format",
    "generator",
    "handler",
    "header",
    "help",
    "hint",
    "icon",
    "id",
    "ids",
    "input",
    "issuer",
    "length",
    "limit",
    "link",
    "manager",
    "message",
    "mode",
    "model",
    "module",
    "msg",
    "name",
    "names",
    "note",
    "page",
    "parameter",
    "param",
    "params",
    "path",
    "pattern",
    "policy",
    "prefix",
    "provider",
    "props",
    "ref",
    "regex",
    "regexp",
    "repeat",
    "request",
    "reset",
    "response",
    "route",
    "rules",
    "schema",
    "screen",
    "service",
    "size",
    "span",
    "state",
    "status",
    "store",
    "strength",
    "suffix",
    "text",
    "time",
    "title",
    "ttl",
    "type",
    "types",
    "uri",
    "url",
    "validation",
    "validator",
    "version",
    "view",
    "visible",
];

/// Calls that ask for a value or speak of one.
const ASKING: &[&str] = &[
    "get",
    "read",
    "input",
    "prompt",
    "ask",
    "env",
    "find",
    "query",
    "param",
    "fetch",
    "load",
    "header",
    "cookie",
    "select",
    "locator",
    "t",
    "tr",
    "_",
    "__",
    "gettext",
    "translate",
    "label",
    "require",
    "import",
    "contains",
    "includes",
    "match",
    "test",
    "replace",
    "split",
    "join",
    "log",
    "print",
    "error",
    "warn",
    "throw",
    "exception",
    "field",
    "column",
    "key",
    "item",
    "by",
    "has",
    "is",
    "delete",
    "remove",
    "equals",
    "parse",
    "format",
    "regex",
    "compile",
    "render",
    "path",
    "url",
    "file",
    "open",
    "exec",
    "raw",
    "value",
    "secret",
    "required",
    "string",
    "min",
    "max",
    "rule",
    "ref",
    "starts",
    "ends",
    "with",
    "use",
    "add",
    "watch",
    "register",
    "describe",
    "it",
    "expect",
    "rand",
    "random",
    "generate",
];

/// Marks between what is asked first and what is used for want of it.
const OTHERWISE: [&str; 4] = ["||", "??", "?:", " or "];

/// How a value gets over what lies between, if it does: an operator, maybe a type before it, maybe a call behind it.
fn crossed(bridge: &str, name: &Written<'_>) -> Option<(Way, Call)> {
    let trimmed = bridge.trim_end_matches('\\');
    let plain = trimmed.trim_end_matches(['b', 'r', 'u', 'f', '@', 'L', 'N', '$']);
    let plain = if plain.ends_with(|c: char| c.is_ascii_alphanumeric()) { trimmed } else { plain };
    let head = plain.trim_start_matches([' ', '\t']);
    let refused = head.contains([';', '}', '#', '+', '<', '%', '@', '/']) || head.matches('\n').count() > 1;
    if refused || head.starts_with('\n') {
        return None;
    }
    let (way, rest) = operator(head, name)?;
    let (way, rest) = match OTHERWISE.iter().find_map(|mark| rest.rfind(mark).map(|at| at + mark.len())) {
        // `hash(password, 10), role: role ?? "…"`: of another entry.
        Some(at) if way != Way::Argument && !rest[..at].contains(',') => (Way::Fallback, &rest[at..]),
        Some(_) => return None,
        None => (way, rest),
    };
    called(rest.trim()).map(|call| (way, call)).filter(|(way, call)| *way != Way::Fallback || *call != Call::Other)
}

/// The name that a literal is looked for behind.
struct Written<'a> {
    text: &'a str,
    /// Whether it stands in quotes.
    quoted: bool,
    /// Whether it is the first thing in brackets.
    first: bool,
}

/// What stands right behind a name, and what is behind that.
fn operator<'t>(head: &'t str, name: &Written<'_>) -> Option<(Way, &'t str)> {
    const MARKS: [(&str, Way); 10] = [
        ("===", Way::Compared),
        ("==", Way::Compared),
        ("!==", Way::Compared),
        ("!=", Way::Compared),
        ("=>", Way::Entry),
        (":=", Way::Assigned),
        ("??=", Way::Assigned),
        ("?=", Way::Assigned),
        ("||=", Way::Assigned),
        ("=", Way::Assigned),
    ];
    let assigned = |text: &'t str| MARKS.iter().find_map(|(mark, way)| Some((*way, text.strip_prefix(mark)?)));
    if let Some(found) = assigned(head) {
        return Some(found);
    }
    if OTHERWISE.iter().any(|mark| head.starts_with(mark.trim_start())) {
        return Some((Way::Fallback, head));
    }
    if let Some(rest) = head.strip_prefix(':').filter(|rest| !rest.starts_with(':')) {
        // `name: Type = value`
        let typed = rest.find('=').filter(|at| is_type(&rest[..*at]) && !name.quoted);
        return Some(typed.map_or((Way::Entry, rest), |at| (Way::Assigned, &rest[at + 1..])));
    }
    if let Some(rest) = head.strip_prefix(',') {
        return name.first.then_some((Way::Argument, rest));
    }
    if let Some(rest) = head.strip_prefix('(') {
        let words = name::words(name.text.rsplit('.').next().unwrap_or(name.text));
        let makes = words.first().is_some_and(|word| ["encrypt", "hash", "encode"].contains(&word.as_str()));
        let sets = words.first().is_some_and(|word| ["set", "with", "update", "change"].contains(&word.as_str()));
        return (!name.quoted && (makes || sets)).then_some((Way::Argument, rest));
    }
    // `name string = value` of Go.
    let at = head.find('=').filter(|at| !name.quoted && is_type(&head[..*at]))?;
    Some((Way::Assigned, &head[at + 1..]))
}

/// Whether a text may be the name of a type.
fn is_type(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _.*&?[]|".contains(&byte))
}

/// What call a literal is given to, where what stands before it is nothing or the beginning of one.
fn called(rest: &str) -> Option<Call> {
    if rest.is_empty() || matches!(rest, "[" | "{" | "(" | "new") {
        return Some(Call::None);
    }
    let callee = rest.strip_suffix('(')?.trim_end().trim_start_matches("await ").trim_start_matches("new ");
    let path = callee.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:[]()> -*&?\\".contains(&byte));
    let name = callee.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(|part| !part.is_empty())?;
    let lower = name.to_ascii_lowercase();
    if !path || callee.len() > 60 {
        return None;
    }
    let hash = ["hash", "bcrypt", "crypt", "encode", "make", "md5", "sha1", "sha256", "digest"];
    if hash.iter().any(|part| lower.contains(part)) {
        return Some(Call::Hash);
    }
    let holds = ["byte", "string", "str", "secretstr", "from", "key"].contains(&lower.as_str());
    let asks = name::words(name).iter().any(|word| ASKING.contains(&word.as_str()))
        || ["get", "read", "is_", "has_", "create", "new"].iter().any(|head| lower.starts_with(head))
        || ["env", "form", "param", "config", "section", "option", "propert", "setting", "header", "cookie", "session"]
            .iter()
            .any(|part| lower.contains(part));
    if holds { Some(Call::None) } else { (!asks).then_some(Call::Other) }
}

/// Texts that switch something or name a method: no values of anything.
const WORDS: [&str; 17] = [
    "yes", "no", "on", "off", "true", "false", "none", "null", "basic", "bearer", "oauth2", "saml2", "ascii", "utf-8",
    "utf8", "hex", "base64",
];

/// Whether a value may be weighed at all: no hole, no code, no reference.
pub(super) fn is_weighable(assignment: &Assignment<'_>, faint: bool) -> bool {
    let (text, name) = (assignment.value, assignment.name.rsplit('.').next().unwrap_or(assignment.name));
    // An ID, a variable of a batch file, what to say if none is set.
    let issued = matches!(assignment.secret.kind, Kind::Key | Kind::Token);
    let lower = text.to_ascii_lowercase();
    let method = ["sha1", "sha2", "sha5", "sha-", "md5", "aes", "pbkdf", "hs256", "rs256", "utf-", "hmac"];
    let stored = assignment.secret.kind == Kind::Password && (value::is_digest(text) || text.starts_with("$2"));
    let other = stored
        || text.contains(':') && value::is_shaped(text)
        || faint && value::is_shaped(text)
        || issued && value::is_shaped(text)
        || issued && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'\'')
        || assignment.secret.kind != Kind::Password && names_something(text)
        || WORDS.contains(&lower.trim_end_matches([',', ';']))
        || method.iter().any(|head| lower.starts_with(head)) && text.len() < 24
        || text.starts_with('!') && text.ends_with('!')
        || text.starts_with(['?', '%'])
        || text.ends_with(":latest")
        || text.starts_with(['^', '~', '=']) && text[1..].starts_with(|c: char| c.is_ascii_digit())
        || text.starts_with(['@', '&', '*', '#']) && value::is_reference(text)
        || assignment.secret.words.last().is_some_and(|word| word == "api")
        || assignment.way == Way::Commented && value::is_weak_password(text)
        || value::folded(text) == value::folded(name)
        // `("secret_key", "secret")`: a name beside a name.
        || assignment.secret.kind != Kind::Password && value::folded(name).contains(&value::folded(text));
    let holes = [
        "${", "$(", "{{", "}}", "<%", "%>", "%s", "%d", "#{", "{0}", "()", "=>", "://", "</", "\\n", "->", "::", "env(",
    ];
    let stars = text.bytes().all(|byte| byte.is_ascii_punctuation())
        && text.bytes().all(|byte| Some(byte) == text.bytes().next());
    (3..=200).contains(&text.len())
        && !stars
        && !other
        && !text.bytes().any(|byte| byte.is_ascii_control())
        && !text.starts_with(['$', '<', '{', '[', '/', '.', '\\'])
        && !holes.iter().any(|hole| text.contains(hole))
        && !(text.contains('{') && text.contains('}'))
        && !value::is_publishable(text)
}
