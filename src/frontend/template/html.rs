//! Where in a page an output stands: a machine over the text between the tags of a template. It decides whether HTML
//! escaping protects there.
//!
//! Grammar: <https://html.spec.whatwg.org/multipage/parsing.html#tokenization>, as far as places of outputs need it.

/// Where an output stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Between tags, in a quoted attribute: escaping protects.
    Safe,
    /// An attribute value without quotes.
    Unquoted,
    /// The beginning of an address that a click or a load follows.
    Url,
    /// An attribute that holds a script or a page.
    Handler,
    /// A script, outside its strings.
    Script,
    /// A string of a script.
    ScriptText,
    /// A comment.
    Comment,
}

/// What the text of an output says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Nothing.
    Unknown,
    /// By its name it is nothing that users write where it stands: an address, a number. A rule that asks nothing else
    /// must not speak of it.
    Named,
    /// The application makes it.
    Certain,
}

/// How an output is called in the tree.
pub(super) fn output(place: Place, raw: bool, made: Made) -> Option<&'static str> {
    let named = made == Made::Named;
    match (place, raw) {
        (_, true) if place != Place::Comment => Some(if made == Made::Certain { "part" } else { "raw" }),
        (Place::Comment | Place::Safe, _) => None,
        _ if made == Made::Certain => None,
        (Place::Unquoted, _) => Some(if named { "attribute_part" } else { "attribute" }),
        (Place::Url, _) => Some(if named { "url_part" } else { "url" }),
        (Place::Handler, _) => Some(if named { "handler_part" } else { "handler" }),
        (Place::Script, _) => Some(if named { "script_part" } else { "script" }),
        (Place::ScriptText, _) => Some(if named { "text_part" } else { "script_text" }),
    }
}

/// What the text of an output says where it stands.
pub(super) fn made(text: &str, layout: &[&str], place: Place) -> Made {
    if is_made(text, layout) {
        return Made::Certain;
    }
    let name = text.trim().split(['|', '(']).next().unwrap_or("").trim();
    let name = name.rsplit(['.', ' ']).next().unwrap_or(name).to_ascii_lowercase();
    let number = ["id", "pk", "index", "count", "counter", "length", "size", "total", "page"].contains(&name.as_str())
        || name.ends_with("_id");
    let address = ["url", "_path", "_page", "root", "route", "query_string"].iter().any(|part| name.contains(part));
    let named = match place {
        Place::Url => address && name != "url",
        Place::Script | Place::ScriptText | Place::Handler => number,
        _ => false,
    };
    if named { Made::Named } else { Made::Unknown }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Comment,
    /// The name of a tag.
    Name,
    /// Between attributes.
    Tag,
    Attribute,
    /// Behind `=`.
    Before,
    Value(Option<u8>),
    Script(Option<u8>),
    LineComment,
    BlockComment,
    Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Plain,
    Url,
    Handler,
    Type,
}

/// The machine.
#[derive(Debug, Clone)]
pub(super) struct Html {
    state: State,
    tag: String,
    attribute: String,
    sort: Sort,
    /// Whether the value at hand has begun.
    begun: bool,
    /// The value of `type`.
    type_: String,
}

/// Names longer than this are cut.
const NAME: usize = 40;

impl Html {
    pub(super) fn new() -> Self {
        Self {
            state: State::Text,
            tag: String::new(),
            attribute: String::new(),
            sort: Sort::Plain,
            begun: false,
            type_: String::new(),
        }
    }

    /// Takes in a piece of the page.
    pub(super) fn feed(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            at = self.step(bytes, at, byte).max(at + 1);
        }
    }

    /// Where an output would stand now.
    pub(super) fn place(&self) -> Place {
        match self.state {
            State::Text | State::Name | State::Tag | State::Attribute | State::Style => Place::Safe,
            State::Comment | State::LineComment | State::BlockComment => Place::Comment,
            State::Before | State::Value(None) => Place::Unquoted,
            State::Value(Some(_)) => match self.sort {
                Sort::Handler => Place::Handler,
                Sort::Url if !self.begun => Place::Url,
                _ => Place::Safe,
            },
            State::Script(None) => Place::Script,
            State::Script(Some(_)) => Place::ScriptText,
        }
    }

    /// An output stands here.
    pub(super) fn output(&mut self) {
        match self.state {
            State::Before => self.state = State::Value(None),
            State::Tag => self.state = State::Attribute,
            _ => {}
        }
        self.begun = true;
    }

    /// One byte; gives where to go on, if not behind it.
    fn step(&mut self, bytes: &[u8], at: usize, byte: u8) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        match self.state {
            State::Text => return self.text(bytes, at),
            State::Comment => {
                if rest.starts_with(b"-->") {
                    self.state = State::Text;
                    return at + 3;
                }
            }
            State::Name => match byte {
                b'>' => self.end_tag(),
                _ if byte.is_ascii_whitespace() => self.state = State::Tag,
                _ if self.tag.len() < NAME => self.tag.push(char::from(byte.to_ascii_lowercase())),
                _ => {}
            },
            State::Tag | State::Attribute => self.in_tag(byte),
            State::Before => match byte {
                b'"' | b'\'' => self.state = State::Value(Some(byte)),
                b'>' => self.end_tag(),
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    self.state = State::Value(None);
                    self.value(byte);
                }
            },
            State::Value(None) if byte == b'>' => self.end_tag(),
            State::Value(None) if byte.is_ascii_whitespace() => self.state = State::Tag,
            State::Value(Some(quote)) if byte == quote => self.state = State::Tag,
            State::Value(_) => self.value(byte),
            State::Script(_) | State::LineComment | State::BlockComment => return self.script(rest, at, byte),
            State::Style => {
                if ends(rest, b"</style") {
                    self.open_tag();
                }
            }
        }
        at + 1
    }

    fn text(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(next) = memchr::memchr(b'<', rest) else { return bytes.len() };
        let rest = rest.get(next..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            self.state = State::Comment;
            return at + next + 4;
        }
        if rest.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/') {
            self.open_tag();
        }
        at + next + 1
    }

    fn open_tag(&mut self) {
        self.state = State::Name;
        self.tag.clear();
        self.type_.clear();
    }

    fn end_tag(&mut self) {
        let data = ["json", "template", "html", "handlebars", "mustache", "ld+", "x-"];
        self.state = match self.tag.as_str() {
            // A block of data is as harmless as text.
            "script" if !data.iter().any(|word| self.type_.contains(word)) => State::Script(None),
            "style" => State::Style,
            _ => State::Text,
        };
    }

    fn in_tag(&mut self, byte: u8) {
        match byte {
            b'>' => self.end_tag(),
            b'=' => {
                self.sort = sort(&self.tag, &self.attribute);
                self.state = State::Before;
                self.begun = false;
            }
            _ if byte.is_ascii_whitespace() => {
                // `name = value`: the name is kept until the next one begins.
                self.state = State::Tag;
            }
            _ => {
                if self.state == State::Tag {
                    self.attribute.clear();
                }
                self.state = State::Attribute;
                if self.attribute.len() < NAME {
                    self.attribute.push(char::from(byte.to_ascii_lowercase()));
                }
            }
        }
    }

    fn value(&mut self, byte: u8) {
        self.begun |= !byte.is_ascii_whitespace();
        if self.sort == Sort::Type && self.type_.len() < NAME {
            self.type_.push(char::from(byte.to_ascii_lowercase()));
        }
    }

    fn script(&mut self, rest: &[u8], at: usize, byte: u8) -> usize {
        if byte == b'<' && ends(rest, b"</script") {
            self.open_tag();
            return at + 1;
        }
        match self.state {
            State::LineComment if byte == b'\n' => self.state = State::Script(None),
            State::BlockComment if rest.starts_with(b"*/") => {
                self.state = State::Script(None);
                return at + 2;
            }
            State::Script(None) => match byte {
                b'"' | b'\'' | b'`' => self.state = State::Script(Some(byte)),
                b'/' if rest.starts_with(b"//") => self.state = State::LineComment,
                b'/' if rest.starts_with(b"/*") => self.state = State::BlockComment,
                _ => {}
            },
            State::Script(Some(_)) if byte == b'\\' => return at + 2,
            State::Script(Some(quote)) if byte == quote || (byte == b'\n' && quote != b'`') => {
                self.state = State::Script(None);
            }
            _ => {}
        }
        at + 1
    }
}

fn ends(rest: &[u8], tag: &[u8]) -> bool {
    rest.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag))
}

fn sort(tag: &str, attribute: &str) -> Sort {
    match attribute {
        "srcdoc" => Sort::Handler,
        "type" if tag == "script" => Sort::Type,
        "href" if matches!(tag, "a" | "area" | "base") => Sort::Url,
        "src" if matches!(tag, "script" | "iframe" | "embed" | "frame") => Sort::Url,
        "action" | "formaction" | "xlink:href" => Sort::Url,
        "data" if tag == "object" => Sort::Url,
        _ if attribute.len() > 2 && attribute.starts_with("on") => Sort::Handler,
        _ => Sort::Plain,
    }
}

/// Calls that make markup or addresses of the application's own.
#[rustfmt::skip]
const CALLS: &[&str] = &[
    "_", "__", "caller", "content_for", "contentfor", "gettext", "i18n", "include", "layout", "ngettext", "partial",
    "static", "super", "t", "trans", "translate", "url", "url_for", "yield", "$t", "block", "get_absolute_url",
];
/// Parts of names of such calls, and of values that they make.
#[rustfmt::skip]
const PARTS: &[&str] =
    &["saniti", "escape", "purif", "csrf", "hidden_tag", "script_tag", "stylesheet", "i18n", "get_absolute_url"];

/// Whether an expression, as written, is markup that the application itself makes: a part of a layout, a translation, a
/// form field, the result of a helper that cleans or escapes. Told by name: a rule that asks nothing else must not speak
/// of it. `layout` are names of parts in this format.
pub(super) fn is_made(text: &str, layout: &[&str]) -> bool {
    let text = text.trim().trim_end_matches(';').trim();
    let first = text.as_bytes().first().copied().unwrap_or(b'"');
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
    if matches!(first, b'"' | b'\'' | b'`') && !inner.contains(['"', '\'', '`', '$']) {
        return true;
    }
    if layout.contains(&text) || first.is_ascii_digit() {
        return true;
    }
    let head = text.find('(').map_or(text, |at| &text[..at]);
    let last = head.rsplit(['.', ' ', '|', ':']).next().unwrap_or(head).to_ascii_lowercase();
    let called = head.len() < text.len();
    called && CALLS.contains(&last.as_str()) || PARTS.iter().any(|part| head.to_ascii_lowercase().contains(part))
}

#[cfg(test)]
mod tests {
    use super::{Html, Place, is_made};

    fn place(before: &str) -> Place {
        let mut html = Html::new();
        html.feed(before);
        html.place()
    }

    #[test]
    fn places_are_told_apart() {
        for (before, wanted) in [
            ("<p>", Place::Safe),
            ("<p class=\"", Place::Safe),
            ("<p class=", Place::Unquoted),
            ("<p class = ", Place::Unquoted),
            ("<p class=a-", Place::Unquoted),
            ("<p class='a' id=", Place::Unquoted),
            ("<a href=\"", Place::Url),
            ("<a href=\"/u/", Place::Safe),
            ("<img src=\"", Place::Safe),
            ("<script src=\"", Place::Url),
            ("<p onclick=\"f('", Place::Handler),
            ("<script>var x = ", Place::Script),
            ("<SCRIPT>var x = '", Place::ScriptText),
            ("<script>// it's\nvar x = ", Place::Script),
            ("<script>var x = 'a\\'b'; y = ", Place::Script),
            ("<script type=\"application/json\">", Place::Safe),
            ("<script>f()</script><p>", Place::Safe),
            ("<!-- <p class=", Place::Comment),
            ("a < b <", Place::Safe),
            ("<style>p { color: ", Place::Safe),
        ] {
            assert_eq!(place(before), wanted, "{before}");
        }
    }

    #[test]
    fn outputs_between_pieces_count() {
        let mut html = Html::new();
        html.feed("<a href=\"");
        html.output();
        assert_eq!(html.place(), Place::Safe);
        html.feed("\" title=");
        assert_eq!(html.place(), Place::Unquoted);
        html.output();
        html.feed(" id=\"");
        assert_eq!(html.place(), Place::Safe);
    }

    #[test]
    fn what_the_application_makes_is_told_by_name() {
        for made in ["t('a')", "_(\"b\")", "super()", "sanitizeHtml(x)", "csrf_token()", "'text'", "i18n.t(x)", "body"]
        {
            assert!(is_made(made, &["body"]), "{made}");
        }
        for unknown in ["post.body", "html", "user.bio", "md(text)", "JSON.stringify(x)", "x + 'a'"] {
            assert!(!is_made(unknown, &["body"]), "{unknown}");
        }
    }
}
