//! A cursor over the tokens of one statement.

use super::lexer::{Kind, Token};
use crate::base::{Location, SourceFile, Span};

/// Where a text stands.
#[derive(Debug, Clone)]
pub(super) enum Place<'f> {
    /// Verbatim in a file, from an offset on.
    At(&'f SourceFile, usize),
    /// Put together by a statement that stands here.
    Fixed(Location),
}

impl Place<'_> {
    pub fn locate(&self, start: usize, end: usize) -> Location {
        match self {
            Self::At(file, base) => file.locate(Span::from_range(base + start..base + end)),
            Self::Fixed(location) => location.clone(),
        }
    }
}

/// A name with its schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name {
    pub schema: String,
    pub name: String,
}

impl Name {
    /// `schema.name`.
    pub fn full(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// Reads on from token to token; never fails, since every step may find nothing.
#[derive(Clone)]
pub(super) struct Reader<'r> {
    pub text: &'r str,
    pub tokens: &'r [Token],
    pub at: usize,
}

impl<'r> Reader<'r> {
    pub fn new(text: &'r str, tokens: &'r [Token]) -> Self {
        Self { text, tokens, at: 0 }
    }

    pub fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    pub fn next(&mut self) -> Option<Token> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }

    pub fn slice(&self, token: Token) -> &'r str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    /// Whether the next token is this word.
    pub fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }

    pub fn is_at(&self, ahead: usize, word: &str) -> bool {
        self.tokens
            .get(self.at + ahead)
            .is_some_and(|token| token.kind == Kind::Word && self.slice(*token).eq_ignore_ascii_case(word))
    }

    pub fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    /// Eats these words, all or none.
    pub fn eat_all(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(ahead, word)| self.is_at(ahead, word));
        self.at += if found { words.len() } else { 0 };
        found
    }

    pub fn eat_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(word))
    }

    pub fn sign(&mut self, sign: u8) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == Kind::Sign(sign));
        self.at += usize::from(found);
        found
    }

    /// The next word in lower case.
    pub fn word(&mut self) -> Option<String> {
        let token = self.peek().filter(|token| token.kind == Kind::Word)?;
        self.at += 1;
        Some(self.slice(token).to_ascii_lowercase())
    }

    /// An identifier, quoted or not.
    pub fn identifier(&mut self) -> Option<String> {
        let token = self.peek()?;
        let name = self.name_of(token)?;
        self.at += 1;
        Some(name)
    }

    pub fn name_of(&self, token: Token) -> Option<String> {
        let text = self.slice(token);
        match token.kind {
            Kind::Word => Some(text.to_ascii_lowercase()),
            Kind::Quoted => {
                let quote = text.get(..1).unwrap_or("\"");
                let inner = text.get(1..).unwrap_or("");
                let inner = inner.strip_suffix(quote).unwrap_or(inner);
                Some(inner.replace(&quote.repeat(2), quote))
            }
            _ => None,
        }
    }

    /// `schema.name`; of longer ones the last two parts.
    pub fn name(&mut self) -> Option<Name> {
        let mut parts = vec![self.identifier()?];
        while self.peek().is_some_and(|token| token.kind == Kind::Sign(b'.')) {
            self.at += 1;
            let Some(part) = self.identifier() else { break };
            parts.push(part);
        }
        let name = parts.pop()?;
        Some(Name { schema: parts.pop().unwrap_or_else(|| "public".to_owned()), name })
    }

    /// Names with commas between.
    pub fn names(&mut self) -> Vec<Name> {
        let mut names = Vec::new();
        while let Some(name) = self.name() {
            names.push(name);
            if self.peek().is_some_and(|token| token.kind == Kind::Sign(b'(')) {
                self.group();
            }
            if !self.sign(b',') {
                break;
            }
        }
        names
    }

    /// What stands in the parentheses that begin here, without them.
    pub fn group(&mut self) -> Option<Reader<'r>> {
        if !self.sign(b'(') {
            return None;
        }
        let start = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            match token.kind {
                Kind::Sign(b'(') => depth += 1,
                Kind::Sign(b')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(Reader::new(self.text, &self.tokens[start..self.at - 1]));
            }
        }
        Some(Reader::new(self.text, &self.tokens[start.min(self.tokens.len())..]))
    }

    /// The parts between commas outside of parentheses and brackets.
    pub fn parts(&self) -> Vec<Reader<'r>> {
        let mut parts = Vec::new();
        let (mut depth, mut start) = (0_usize, self.at);
        for (at, token) in self.tokens.iter().enumerate().skip(self.at) {
            match token.kind {
                Kind::Sign(b'(' | b'[') => depth += 1,
                Kind::Sign(b')' | b']') => depth = depth.saturating_sub(1),
                Kind::Sign(b',') if depth == 0 => {
                    parts.push(Reader::new(self.text, &self.tokens[start..at]));
                    start = at + 1;
                }
                _ => {}
            }
        }
        if start < self.tokens.len() {
            parts.push(Reader::new(self.text, &self.tokens[start..]));
        }
        parts
    }

    /// The text of all its tokens, as written.
    pub fn source(&self) -> &'r str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => self.text.get(first.start..last.end).unwrap_or(""),
            _ => "",
        }
    }

    /// The body of a text token.
    pub fn body(&self, token: Token) -> Option<(&'r str, usize)> {
        let Kind::Text { head, tail } = token.kind else { return None };
        let (start, end) = (token.start + head as usize, token.end.saturating_sub(tail as usize));
        self.text.get(start..end.max(start)).map(|body| (body, start))
    }

    /// Whether the words stand somewhere ahead, one after another.
    pub fn has(&self, words: &[&str]) -> bool {
        (self.at..self.tokens.len()).any(|at| {
            let probe = Reader { text: self.text, tokens: self.tokens, at };
            words.iter().enumerate().all(|(ahead, word)| probe.is_at(ahead, word))
        })
    }
}
