//! Reads regular expressions of Python and JavaScript into the few forms that backtracking depends on.
//!
//! What cannot be told apart from text alone (back references, looking around, atomic groups) becomes
//! [`Node::Opaque`], which no path goes through: rather a miss than a false alarm.

use super::set::CharSet;

/// How deep groups may be nested.
const DEEPEST: u32 = 40;

/// A regular expression.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// One character of a set.
    Set(CharSet),
    /// Matches without taking a character: `^`, `\b`. True: it may fail where the rest would not (`$`).
    Assertion(bool),
    /// `(?!…)` of a single character.
    NotAhead(CharSet),
    /// One after the other.
    Sequence(Vec<Node>),
    /// One of them.
    Choice(Vec<Node>),
    /// Repeated from the first to the second number of times; without a second, any number.
    Repeat(Box<Node>, u32, Option<u32>),
    /// Something that is not followed.
    Opaque,
}

/// Flags that change what characters match.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    pub(super) dot_all: bool,
    pub(super) verbose: bool,
}

/// A parsed expression, and those inside its lookarounds, which match for themselves.
pub(super) struct Parsed {
    pub(super) whole: Node,
    pub(super) inner: Vec<Node>,
}

/// Parses an expression; `None` if it is none that either language takes.
pub(super) fn parse(pattern: &str, mut flags: Flags) -> Option<Parsed> {
    let mut text = pattern;
    // Flags for the whole expression: `(?ix)`.
    if let Some((letters, rest)) = text.strip_prefix("(?").and_then(|rest| rest.split_once(')'))
        && letters.chars().all(|c| c.is_ascii_lowercase() || c == 'L')
        && !letters.is_empty()
    {
        flags = flags.with(letters, true);
        text = rest;
    }
    // Written over several lines: whitespace means nothing there.
    flags.verbose |= text.contains("\n ") || text.contains("\n\t");
    let mut parser = Parser { chars: text.chars().collect(), at: 0, flags, depth: 0, inner: Vec::new() };
    let whole = parser.choice()?;
    (parser.at == parser.chars.len()).then_some(Parsed { whole, inner: parser.inner })
}

impl Flags {
    fn with(mut self, letters: &str, on: bool) -> Self {
        for letter in letters.chars() {
            match letter {
                'i' => self.ignore_case = on,
                's' => self.dot_all = on,
                'x' => self.verbose = on,
                _ => {}
            }
        }
        self
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    flags: Flags,
    depth: u32,
    inner: Vec<Node>,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let fits = text.chars().enumerate().all(|(offset, c)| self.chars.get(self.at + offset) == Some(&c));
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    fn until(&mut self, end: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.next()? {
                c if c == end => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn choice(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut ways = vec![self.sequence()?];
        while self.eat("|") {
            ways.push(self.sequence()?);
        }
        self.depth -= 1;
        Some(if ways.len() == 1 { ways.remove(0) } else { Node::Choice(ways) })
    }

    fn sequence(&mut self) -> Option<Node> {
        let mut parts: Vec<Node> = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            if self.flags.verbose && c.is_whitespace() {
                self.at += 1;
                continue;
            }
            if self.flags.verbose && c == '#' {
                while self.next().is_some_and(|c| c != '\n') {}
                continue;
            }
            let atom = self.atom()?;
            let atom = self.quantified(atom);
            parts.push(atom);
        }
        Some(Node::Sequence(narrowed(parts)))
    }

    fn quantified(&mut self, mut atom: Node) -> Node {
        while let Some(c) = self.peek() {
            let (least, most) = match c {
                '*' => (0, None),
                '+' => (1, None),
                '?' => (0, Some(1)),
                '{' => match self.bounds() {
                    Some(bounds) => bounds,
                    None => break,
                },
                _ => break,
            };
            if c != '{' {
                self.at += 1;
            }
            if self.eat("+") {
                // Possessive: gives nothing back.
                atom = Node::Opaque;
            } else {
                self.eat("?");
                atom = Node::Repeat(Box::new(atom), least, most);
            }
        }
        atom
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`; anything else in braces is text.
    fn bounds(&mut self) -> Option<(u32, Option<u32>)> {
        let start = self.at;
        self.at += 1;
        let text = self.until('}');
        let parsed = text.and_then(|text| match text.split_once(',') {
            None => text.parse().ok().map(|n| (n, Some(n))),
            Some(("", "")) => None,
            Some(("", most)) => most.parse().ok().map(|most| (0, Some(most))),
            Some((least, "")) => least.parse().ok().map(|least| (least, None)),
            Some((least, most)) => Some((least.parse().ok()?, Some(most.parse().ok()?))),
        });
        if parsed.is_none() {
            self.at = start;
        }
        parsed
    }

    fn atom(&mut self) -> Option<Node> {
        Some(match self.next()? {
            '.' if self.flags.dot_all => Node::Set(CharSet::default().complement()),
            '.' => Node::Set(CharSet::dot()),
            '^' => Node::Assertion(false),
            '$' => Node::Assertion(true),
            '[' => Node::Set(self.class()?),
            '(' => self.group()?,
            '\\' => self.escape()?,
            '*' | '+' | '?' => return None,
            c => Node::Set(self.cased(CharSet::one(c))),
        })
    }

    fn cased(&self, mut set: CharSet) -> CharSet {
        if self.flags.ignore_case {
            set.ignore_case();
        }
        set
    }

    fn group(&mut self) -> Option<Node> {
        if !self.eat("?") {
            let node = self.choice()?;
            return self.eat(")").then_some(node);
        }
        if self.eat("#") {
            self.until(')')?;
            return Some(Node::Assertion(false));
        }
        let kept = self.flags;
        let looks = ["<=", "<!", "=", "!"].into_iter().find(|sign| self.eat(sign));
        let atomic = looks.is_none() && self.eat(">");
        if looks.is_none() && !atomic {
            if self.eat("P=") || self.eat("(") {
                // A reference to a group, or a condition on one.
                self.until(')')?;
                return self.conditional();
            }
            if self.eat("P<") || self.eat("<") {
                self.until('>')?;
            } else {
                let mut letters = String::new();
                let end = loop {
                    match self.next()? {
                        c @ (':' | ')') => break c,
                        c if c.is_ascii_alphabetic() || c == '-' => letters.push(c),
                        _ => return None,
                    }
                };
                let (on, off) = letters.split_once('-').unwrap_or((&letters, ""));
                self.flags = self.flags.with(on, true).with(off, false);
                if end == ')' {
                    return Some(Node::Assertion(false));
                }
            }
        }
        let node = self.choice()?;
        self.flags = kept;
        if !self.eat(")") {
            return None;
        }
        Some(match (looks, atomic) {
            (Some("!"), _) => match single(&node) {
                Some(set) => Node::NotAhead(set.clone()),
                None => self.set_aside(node),
            },
            (Some(_), _) => self.set_aside(node),
            (None, true) => {
                self.inner.push(node);
                Node::Opaque
            }
            (None, false) => node,
        })
    }

    /// What stands in a lookaround matches for itself; around it, it is one more thing that can fail.
    fn set_aside(&mut self, node: Node) -> Node {
        self.inner.push(node);
        Node::Opaque
    }

    /// After `(?P=name)` nothing is left; `(?(1)a|b)` has two ways.
    fn conditional(&mut self) -> Option<Node> {
        let reference = self.chars.get(self.at - 1) == Some(&')') && !self.inside_condition();
        if reference {
            return Some(Node::Opaque);
        }
        let node = self.choice()?;
        self.eat(")").then_some(node)
    }

    /// Whether the parenthesis just closed was the inner one of `(?(name)`.
    fn inside_condition(&self) -> bool {
        let before: String = self.chars.get(..self.at).unwrap_or_default().iter().collect();
        before.rfind("(?(").is_some_and(|at| before.rfind("(?P=").is_none_or(|other| other < at))
    }

    fn escape(&mut self) -> Option<Node> {
        let c = self.next()?;
        Some(match c {
            'b' | 'B' | 'A' => Node::Assertion(false),
            'Z' | 'z' => Node::Assertion(true),
            'k' if self.eat("<") => {
                self.until('>')?;
                Node::Opaque
            }
            '1'..='9' => {
                while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    self.at += 1;
                }
                Node::Opaque
            }
            c => {
                let set = self.escaped_set(c)?;
                Node::Set(self.cased(set))
            }
        })
    }

    /// What an escape stands for, inside a class or outside.
    fn escaped_set(&mut self, c: char) -> Option<CharSet> {
        Some(match c {
            'd' => CharSet::digits(),
            'D' => CharSet::digits().complement(),
            'w' => CharSet::word(),
            'W' => CharSet::word().complement(),
            's' => CharSet::space(),
            'S' => CharSet::space().complement(),
            'p' | 'P' if self.eat("{") => {
                let name = self.until('}')?;
                let letters = CharSet::of(&[(65, 90), (97, 122), (0xAA, 0x0010_FFFF)]);
                let set = if name.starts_with('L') || name.contains("Alpha") || name.contains("=L") {
                    letters
                } else if name.starts_with('N') {
                    CharSet::digits()
                } else {
                    CharSet::of(&[(0x80, 0x0010_FFFF)])
                };
                if c == 'P' { set.complement() } else { set }
            }
            _ => CharSet::one(self.escaped_char(c)?),
        })
    }

    fn escaped_char(&mut self, c: char) -> Option<char> {
        Some(match c {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'a' => '\u{7}',
            '0' => '\0',
            'c' => char::from_u32(u32::from(self.next()?) % 32)?,
            'x' => self.hexadecimal(2)?,
            'u' if self.eat("{") => char::from_u32(u32::from_str_radix(&self.until('}')?, 16).ok()?)?,
            'u' => self.hexadecimal(4)?,
            'U' => self.hexadecimal(8)?,
            c => c,
        })
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<char> {
        let text: String = self.chars.get(self.at..self.at + digits)?.iter().collect();
        let code = u32::from_str_radix(&text, 16).ok()?;
        self.at += digits;
        // Half of a surrogate pair: some character beyond the first plane.
        Some(char::from_u32(code).unwrap_or('\u{10000}'))
    }

    fn class(&mut self) -> Option<CharSet> {
        let negated = self.eat("^");
        let mut set = CharSet::default();
        let mut first = true;
        loop {
            let c = self.next()?;
            if c == ']' && (!first || self.closes_at_once()) {
                break;
            }
            first = false;
            let low = if c == '\\' {
                let escaped = self.next()?;
                if "dDwWsSpP".contains(escaped) {
                    set.add(&self.escaped_set(escaped)?);
                    continue;
                }
                if escaped == 'b' { '\u{8}' } else { self.escaped_char(escaped)? }
            } else {
                c
            };
            let ranges = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            if !ranges {
                set.add(&CharSet::one(low));
                continue;
            }
            self.at += 1;
            let high = match self.next()? {
                '\\' => {
                    let escaped = self.next()?;
                    if "dDwWsS".contains(escaped) {
                        set.add(&CharSet::of(&[(low.into(), low.into()), (45, 45)]));
                        set.add(&self.escaped_set(escaped)?);
                        continue;
                    }
                    self.escaped_char(escaped)?
                }
                c => c,
            };
            set.add(&CharSet::of(&[(low.into(), u32::from(high).max(low.into()))]));
        }
        let set = self.cased(set);
        Some(if negated { set.complement() } else { set })
    }

    /// `[]` and `[^]` are whole classes in JavaScript; in Python the bracket is the first member.
    fn closes_at_once(&self) -> bool {
        !self.chars.get(self.at..).unwrap_or_default().contains(&']')
    }
}

/// The set of an expression that is one character.
fn single(node: &Node) -> Option<&CharSet> {
    match node {
        Node::Set(set) => Some(set),
        Node::Sequence(parts) if parts.len() == 1 => single(&parts[0]),
        _ => None,
    }
}

/// `(?!a).` is a character that is not `a`; before anything else, looking ahead is not followed.
fn narrowed(parts: Vec<Node>) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::with_capacity(parts.len());
    let mut ahead: Option<CharSet> = None;
    for part in parts {
        match (ahead.take(), part) {
            (None, Node::NotAhead(set)) => ahead = Some(set),
            (Some(mut known), Node::NotAhead(set)) => {
                known.add(&set);
                ahead = Some(known);
            }
            (Some(not), Node::Set(set)) => out.push(Node::Set(set.without(&not))),
            (Some(_), part) => out.extend([Node::Opaque, part]),
            (None, part) => out.push(part),
        }
    }
    if ahead.is_some() {
        out.push(Node::Assertion(true));
    }
    out
}
