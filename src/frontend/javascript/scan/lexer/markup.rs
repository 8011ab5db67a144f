//! What the scan skips or reads in a mode of its own: comments, strings, templates, regular expressions, JSX.

use super::{Before, Kind, Scanner, is_word};

impl Scanner<'_> {
    pub(super) fn line_comment(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    pub(super) fn block_comment(&mut self) {
        let rest = self.bytes.get(self.at + 2..).unwrap_or_default();
        let length = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2);
        self.newline |= memchr::memchr(b'\n', rest.get(..length).unwrap_or_default()).is_some();
        self.at += 2 + length;
    }

    /// `<!--` is a comment in a script and an operator in a module: its brackets count, but close nothing.
    pub(super) fn html_comment(&mut self) {
        let from = self.at;
        self.line_comment();
        let skipped = self.bytes.get(from..self.at).unwrap_or_default();
        let openers = skipped.iter().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count();
        self.slop += u32::try_from(openers).unwrap_or(u32::MAX / 4);
        self.check();
    }

    pub(super) fn string(&mut self, quote: u8) {
        self.at += 1;
        loop {
            match self.peek(0) {
                byte if byte == quote => {
                    self.at += 1;
                    break;
                }
                b'\\' => self.at += 2,
                b'\n' => break,
                _ => self.at += 1,
            }
            if self.at >= self.bytes.len() {
                break;
            }
        }
        self.before = Before::Value;
    }

    /// The text of a template up to its end or the next `${`.
    pub(super) fn template(&mut self) {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(next) = memchr::memchr3(b'`', b'\\', b'$', rest) else {
                self.at = self.bytes.len();
                break;
            };
            self.at += next;
            match self.peek(0) {
                b'`' => {
                    self.at += 1;
                    break;
                }
                b'$' if self.peek(1) == b'{' => {
                    self.open(Kind::Template);
                    self.at += 2;
                    self.before = Before::Operator;
                    return;
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.before = Before::Value;
    }

    /// Division or a regular expression. Brackets that a mistaken one would hide are added to the depth.
    pub(super) fn slash(&mut self) {
        let regex = match self.before {
            Before::Value | Before::Dot => false,
            Before::Brace => self.newline,
            Before::Operator | Before::Control | Before::Angle => true,
        };
        let regex = regex && self.searches > 0;
        let Some((end, open)) = regex.then(|| self.regex_end()).flatten() else {
            return self.step(Before::Operator);
        };
        self.at = end;
        self.slop += open;
        self.before = Before::Value;
        self.check();
    }

    /// Behind a regular expression, and how many brackets it leaves open. A search that fails uses up a budget, so that
    /// all of them together stay linear.
    fn regex_end(&mut self) -> Option<(usize, u32)> {
        let mut at = self.at + 1;
        let mut class = false;
        let mut open = 0_u32;
        loop {
            match self.bytes.get(at).copied().unwrap_or(b'\n') {
                b'\n' => {
                    self.searches = self.searches.saturating_sub(at - self.at);
                    return None;
                }
                b'\\' => at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => break,
                b'(' | b'{' if !class => open += 1,
                b')' | b'}' if !class => open = open.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        Some((at + 1, open))
    }

    pub(super) fn less(&mut self) {
        let next = self.peek(1);
        let element = self.dialect.jsx
            && matches!(self.before, Before::Operator | Before::Brace | Before::Control)
            && (next == b'>' || is_word(next));
        if element && !(self.dialect.typed && self.type_parameters()) {
            self.open(Kind::Tag);
            self.at += 1;
            return;
        }
        if element {
            self.slop += 1; // An element after all? Then it nests.
        }
        if self.dialect.typed && next != b'<' && next != b'=' {
            let assertion = matches!(self.before, Before::Operator | Before::Control | Before::Angle);
            if let Some(level) = self.levels.last_mut() {
                level.angles += 1;
                level.operators += u32::from(assertion); // `<T>x`
            }
            self.check();
        }
        self.step(Before::Operator);
    }

    /// `<T,`, `<T extends`, `<T>(`: type parameters of an arrow function or signature, not an element.
    fn type_parameters(&self) -> bool {
        let name = self.word_at(self.at + 1);
        if name.is_empty() {
            return false;
        }
        let rest = self.text.get(self.at + 1 + name.len()..).unwrap_or("");
        rest.starts_with(">(") || rest.starts_with(',') || rest.starts_with(" extends ") || rest.starts_with(" =")
    }

    /// Inside `<a …`.
    pub(super) fn tag(&mut self) {
        match self.peek(0) {
            b'/' if self.peek(1) == b'>' => {
                self.at += 1;
                self.close(|kind| kind == Kind::Tag);
                self.step(Before::Value);
                self.newline = false;
            }
            b'/' if self.peek(1) == b'/' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'>' => {
                if let Some(level) = self.levels.last_mut() {
                    level.kind = Kind::Children;
                }
                self.at += 1;
            }
            quote @ (b'"' | b'\'') => {
                let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
                self.at += memchr::memchr(quote, rest).map_or(rest.len() + 1, |end| end + 2);
            }
            b'{' => self.open_at(Kind::JsxBrace),
            b'<' => {
                self.slop += 1;
                self.at += 1;
                self.check();
            }
            _ => self.at += 1,
        }
    }

    /// Between `<a>` and `</a>`.
    pub(super) fn children(&mut self) {
        match self.peek(0) {
            b'<' if self.peek(1) == b'/' => {
                while matches!(self.kind(), Kind::Text(_)) {
                    self.levels.pop();
                }
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                self.at += memchr::memchr(b'>', rest).unwrap_or(rest.len());
                self.close(|kind| kind == Kind::Children);
                self.step(Before::Value);
                self.newline = false;
            }
            b'<' if self.peek(1) == b'>' || is_word(self.peek(1)) => self.open_at(Kind::Tag),
            b'{' => self.open_at(Kind::JsxBrace),
            b'(' => self.open_at(Kind::Text(b')')),
            b'[' => self.open_at(Kind::Text(b']')),
            byte @ (b')' | b']') => {
                if self.kind() == Kind::Text(byte) {
                    self.levels.pop();
                }
                self.at += 1;
            }
            _ => self.at += 1,
        }
    }
}
