//! SQL text → statements of tokens, in one pass and with no memory of what is not wanted.
//!
//! Tolerant by design: whatever is not a word, a text or a number is a sign, and an open quote ends with the file. Knows
//! the quotes of PostgreSQL (dollar quotes, `E''`), nested comments, `COPY … FROM stdin` with its data, lines of `psql`,
//! `BEGIN ATOMIC` bodies, and the sections "down" of migration tools, which it leaves out.

/// Tokens of one statement that are kept; longer ones are cut.
pub(super) const MAX_TOKENS: usize = 60_000;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word without quotes.
    Word,
    /// A name in double quotes or backticks.
    Quoted,
    /// A text; its body stands between `start + head` and `end - tail`.
    Text {
        /// Bytes of the opening quote.
        head: u32,
        /// Bytes of the closing quote; 0 where the file ends before.
        tail: u32,
    },
    /// A number.
    Number,
    /// One sign.
    Sign(u8),
}

/// One token by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// One statement.
#[derive(Debug, Clone, Default)]
pub(super) struct Raw {
    /// Without the closing semicolon.
    pub tokens: Vec<Token>,
    /// Whether tokens were left out.
    pub cut: bool,
}

/// Reads statement by statement.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Whether `\` escapes in ordinary texts, as in MySQL.
    backslash: bool,
    /// Whether no data of `COPY` ends any more.
    no_data: bool,
}

/// Words that begin a statement worth keeping.
const WANTED: &[&str] = &["alter", "create", "do", "drop", "grant", "insert", "revoke", "update"];

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Self {
        let mysql = memchr::memmem::find(text.as_bytes(), b"ENGINE=").is_some();
        Self { text, at: 0, backslash: mysql, no_data: false }
    }

    /// The next statement that may matter; `None` at the end.
    pub fn statement(&mut self) -> Option<Raw> {
        loop {
            let (raw, more) = self.read(true);
            if !raw.tokens.is_empty() {
                return Some(raw);
            }
            if !more {
                return None;
            }
        }
    }

    /// All tokens of a text that is one body.
    pub fn all(text: &'t str) -> Raw {
        let mut lexer = Self { text, at: 0, backslash: false, no_data: false };
        let mut raw = Raw::default();
        while let Some(token) = lexer.token() {
            if raw.tokens.len() >= MAX_TOKENS {
                raw.cut = true;
                break;
            }
            raw.tokens.push(token);
        }
        raw
    }

    fn read(&mut self, wanted_only: bool) -> (Raw, bool) {
        let mut raw = Raw::default();
        let (mut first, mut wanted, mut copy) = (true, true, false);
        let (mut atomic, mut begin, mut end) = (false, false, false);
        while let Some(token) = self.token() {
            if token.kind == Kind::Sign(b';') && (!atomic || end) {
                if copy {
                    self.skip_data();
                }
                return (raw, true);
            }
            let word = if token.kind == Kind::Word { &self.text[token.start..token.end] } else { "" };
            if first {
                first = false;
                wanted = !wanted_only || WANTED.iter().any(|known| known.eq_ignore_ascii_case(word));
                copy = word.eq_ignore_ascii_case("copy");
            } else if copy && word.eq_ignore_ascii_case("stdin") {
                // the data follows
            } else if begin && word.eq_ignore_ascii_case("atomic") {
                atomic = true;
            }
            begin = word.eq_ignore_ascii_case("begin");
            end = word.eq_ignore_ascii_case("end");
            if !wanted {
                continue;
            }
            if raw.tokens.len() < MAX_TOKENS {
                raw.tokens.push(token);
            } else {
                raw.cut = true;
            }
        }
        (raw, false)
    }

    /// Data of `COPY`, up to the line `\.`; stays where there is none.
    fn skip_data(&mut self) {
        if self.no_data {
            return;
        }
        let rest = &self.text.as_bytes()[self.at..];
        match memchr::memmem::find(rest, b"\n\\.") {
            Some(found) => self.at += found + 3,
            None => self.no_data = true,
        }
    }

    fn token(&mut self) -> Option<Token> {
        let bytes = self.text.as_bytes();
        self.space();
        let start = self.at;
        let first = *bytes.get(start)?;
        let kind = match first {
            b'\'' => self.quoted(start, 1, self.backslash),
            b'"' | b'`' => {
                self.at = self.until(start + 1, first, false).0;
                Kind::Quoted
            }
            b'$' => self.dollar(start),
            b'0'..=b'9' => {
                self.at += bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'.').count();
                Kind::Number
            }
            b'e' | b'E' if bytes.get(start + 1) == Some(&b'\'') => self.quoted(start, 2, true),
            _ if is_word(first) => {
                self.at +=
                    bytes[start..].iter().take_while(|b| is_word(**b) || b.is_ascii_digit() || **b == b'$').count();
                Kind::Word
            }
            b'%' if matches!(bytes.get(start + 1), Some(b'I' | b's' | b'L')) => {
                self.at += 2;
                Kind::Word
            }
            _ => {
                self.at += 1;
                Kind::Sign(first)
            }
        };
        Some(Token { kind, start, end: self.at })
    }

    fn quoted(&mut self, start: usize, head: u32, escapes: bool) -> Kind {
        let (end, closed) = self.until(start + head as usize, b'\'', escapes);
        self.at = end;
        Kind::Text { head, tail: u32::from(closed) }
    }

    /// Behind the closing quote, doubled ones skipped, and whether there is one.
    fn until(&self, from: usize, quote: u8, escapes: bool) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            if escapes && *byte == b'\\' {
                at += 1;
            } else if *byte == quote {
                if bytes.get(at + 1) != Some(&quote) {
                    return (at + 1, true);
                }
                at += 1;
            }
            at += 1;
        }
        (bytes.len(), false)
    }

    fn dollar(&mut self, start: usize) -> Kind {
        let bytes = self.text.as_bytes();
        let tag = bytes[start + 1..].iter().take_while(|b| is_word(**b) || b.is_ascii_digit()).count();
        let head = tag + 2;
        if tag > 63 || bytes.get(start + 1 + tag) != Some(&b'$') {
            self.at += 1;
            return Kind::Sign(b'$');
        }
        let quote = &bytes[start..start + head];
        let body = start + head;
        if let Some(found) = memchr::memmem::find(&bytes[body..], quote) {
            self.at = body + found + head;
            return Kind::Text { head: size(head), tail: size(head) };
        }
        self.at = bytes.len();
        Kind::Text { head: size(head), tail: 0 }
    }

    /// White space, comments, lines for `psql`; what takes migrations back.
    fn space(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            let line_start = self.at == 0 || bytes[self.at - 1] == b'\n';
            match byte {
                b'-' if bytes.get(self.at + 1) == Some(&b'-') => {
                    let end = memchr::memchr(b'\n', &bytes[self.at..]).map_or(bytes.len(), |found| self.at + found);
                    self.at = if is_down(&bytes[self.at..end]) { self.up_again(end) } else { end };
                }
                b'/' if bytes.get(self.at + 1) == Some(&b'*') => self.comment(),
                b'\\' if line_start => self.line(),
                _ if byte.is_ascii_whitespace() => self.at += 1,
                0xC2 if bytes.get(self.at + 1) == Some(&0xA0) => self.at += 2,
                _ => break,
            }
        }
    }

    fn line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// Comments nest in PostgreSQL; one that never closes ends with the file.
    fn comment(&mut self) {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while self.at < bytes.len() {
            match &bytes[self.at..(self.at + 2).min(bytes.len())] {
                b"/*" => {
                    depth += 1;
                    self.at += 2;
                }
                b"*/" => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// Where the section that takes a migration back ends.
    fn up_again(&self, from: usize) -> usize {
        let mut at = from;
        for line in self.text[from..].split_inclusive('\n') {
            let lower = line.trim_start_matches(['-', ' ', '+']).to_ascii_lowercase();
            if line.trim_start().starts_with("--")
                && ["migrate:up", "goose up", "migrate up"].iter().any(|mark| lower.starts_with(mark))
            {
                return at;
            }
            at += line.len();
        }
        at
    }
}

/// `-- migrate:down` (dbmate), `-- +goose Down`, `-- +migrate Down`.
fn is_down(comment: &[u8]) -> bool {
    let head = &comment[..comment.len().min(40)];
    let lower = String::from_utf8_lossy(head).to_ascii_lowercase();
    let lower = lower.trim_start_matches(['-', ' ', '+']);
    ["migrate:down", "goose down", "migrate down"].iter().any(|mark| lower.starts_with(mark))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(text: &str) -> Vec<String> {
        let mut lexer = Lexer::new(text);
        let mut found = Vec::new();
        while let Some(raw) = lexer.statement() {
            found.push(raw.tokens.iter().map(|token| &text[token.start..token.end]).collect::<Vec<_>>().join(" "));
        }
        found
    }

    #[test]
    fn quotes_hide_semicolons() {
        let text = "create a ';' \"x;\"\"y\"; do $b$ a; $$ ; $b$; -- drop x;\n/* ; /* ; */ ; */ drop E'\\';' x; select 1; update t";
        assert_eq!(statements(text), ["create a ';' \"x;\"\"y\"", "do $b$ a; $$ ; $b$", "drop E'\\';' x", "update t"]);
    }

    #[test]
    fn data_and_what_takes_back_is_left_out() {
        let text = "\\connect x\nCOPY t FROM stdin;\ncreate; drop;\n\\.\ngrant a;\n-- migrate:down\ndrop b;\n-- migrate:up\ndrop c;";
        assert_eq!(statements(text), ["grant a", "drop c"]);
        assert_eq!(
            statements("create function f() begin atomic select 1; end; drop x"),
            ["create function f ( ) begin atomic select 1 ; end", "drop x"]
        );
    }

    #[test]
    fn what_never_closes_ends_with_the_file() {
        for text in ["create '", "create \"", "create $a$", "create /* /*", "create E'\\", "create $", "create --"] {
            assert_eq!(statements(text).len(), 1, "{text}");
        }
    }
}
