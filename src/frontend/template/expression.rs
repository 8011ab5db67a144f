//! Expressions of Jinja2, Django templates and Nunjucks, by recursive descent.
//!
//! Grammars: <https://jinja.palletsprojects.com/en/stable/templates/#expressions>,
//! <https://docs.djangoproject.com/en/stable/ref/templates/language/>, <https://mozilla.github.io/nunjucks/templating.html>.
//! The union of them is read: `x|default:"a"` and `x|default("a")`, `x.0` and `x[0]`.

use std::ops::Range;

use super::builder::{Builder, positional};
use crate::base::Span;
use crate::syntax::{
    Arg, BinaryOp, Entry, ExprId, ExprKind, Item, Key, Literal, LogicalOp, PatternId, SequenceKind, Spread,
    TemplatePart, UnaryOp,
};

/// How deep expressions may nest.
const DEPTH: u32 = 64;
/// How long a chain (`a.b.c`, `a + b + c`) may get.
const CHAIN: u32 = 256;

/// Reads one tag or output.
pub(super) struct Parser<'b, 't> {
    pub(super) builder: &'b mut Builder,
    text: &'t str,
    /// Where it is, and where it must stop.
    pub(super) at: usize,
    end: usize,
    depth: u32,
    brackets: u32,
    chain: u32,
    /// Filters of the whole expression, in order; those inside brackets left out.
    pub(super) filters: Vec<String>,
    /// Where something could not be read.
    pub(super) broken: Option<usize>,
}

impl<'b, 't> Parser<'b, 't> {
    pub(super) fn new(builder: &'b mut Builder, text: &'t str, range: Range<usize>) -> Self {
        let (at, end) = (range.start, range.end.min(text.len()));
        Self { builder, text, at, end, depth: 0, brackets: 0, chain: 0, filters: Vec::new(), broken: None }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    pub(super) fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Whether nothing is left.
    pub(super) fn done(&mut self) -> bool {
        self.skip();
        self.at >= self.end
    }

    /// The identifier that comes next.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        self.skip();
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
        let word = rest.get(..length)?;
        word.starts_with(|c: char| !c.is_numeric()).then_some(word)
    }

    /// Takes an identifier.
    pub(super) fn take_word(&mut self) -> Option<(&'t str, Span)> {
        let word = self.word()?;
        let span = Span::from_range(self.at..self.at + word.len());
        self.at += word.len();
        Some((word, span))
    }

    /// Takes a certain word.
    pub(super) fn eat_word(&mut self, wanted: &str) -> bool {
        let found = self.word() == Some(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Takes a sign.
    pub(super) fn eat(&mut self, sign: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip();
        self.rest().as_bytes().first().copied()
    }

    fn missing(&mut self) -> ExprId {
        self.broken.get_or_insert(self.at);
        self.builder.add(Span::from_range(self.at..self.at), ExprKind::Missing)
    }

    fn span_from(&self, start: usize) -> Span {
        let text = self.text.get(start..self.at).unwrap_or("");
        Span::from_range(start..start + text.trim_end().len())
    }

    /// `a`, `a, b`, `(a, b)`: what a loop or an assignment binds.
    pub(super) fn target(&mut self) -> PatternId {
        let wrapped = self.eat("(");
        self.skip();
        let start = self.at;
        let mut names = Vec::new();
        while let Some((word, span)) = self.take_word() {
            // `{% set ns.x = … %}` sets a field; the whole is told by its name.
            while self.eat(".") {
                self.take_word();
            }
            names.push(self.builder.bind(word, span));
            if !self.eat(",") {
                break;
            }
        }
        if wrapped {
            self.eat(")");
        }
        if let [only] = names.as_slice() {
            return *only;
        }
        let kind = crate::syntax::PatternKind::Sequence(names.into_iter().map(Some).collect());
        self.builder.tree.add_pattern(crate::syntax::Pattern { span: self.span_from(start), kind })
    }

    /// An expression, `a if b else c` included.
    pub(super) fn expression(&mut self) -> ExprId {
        self.skip();
        let start = self.at;
        if self.depth > DEPTH {
            self.at = self.end;
            return self.missing();
        }
        self.depth += 1;
        let mut value = self.or();
        if self.eat_word("if") {
            let test = self.or();
            let otherwise = if self.eat_word("else") {
                self.expression()
            } else {
                self.builder.add(Span::from_range(self.at..self.at), ExprKind::Literal(Literal::Null))
            };
            let kind = ExprKind::Conditional { test, then: value, otherwise };
            value = self.builder.add(self.span_from(start), kind);
        }
        self.depth -= 1;
        value
    }

    fn more(&mut self) -> bool {
        self.chain += 1;
        self.chain < CHAIN
    }

    fn or(&mut self) -> ExprId {
        self.skip();
        let start = self.at;
        let mut left = self.and();
        while self.more() && (self.eat_word("or") || self.eat("||")) {
            let right = self.and();
            let kind = ExprKind::Logical { op: LogicalOp::Or, left, right };
            left = self.builder.add(self.span_from(start), kind);
        }
        left
    }

    fn and(&mut self) -> ExprId {
        self.skip();
        let start = self.at;
        let mut left = self.not();
        while self.more() && (self.eat_word("and") || self.eat("&&")) {
            let right = self.not();
            let kind = ExprKind::Logical { op: LogicalOp::And, left, right };
            left = self.builder.add(self.span_from(start), kind);
        }
        left
    }

    fn not(&mut self) -> ExprId {
        self.skip();
        let start = self.at;
        if self.depth < DEPTH && (self.eat_word("not") || (!self.rest().starts_with("!=") && self.eat("!"))) {
            self.depth += 1;
            let operand = self.not();
            self.depth -= 1;
            return self.builder.add(self.span_from(start), ExprKind::Unary { op: UnaryOp::Not, operand });
        }
        self.compare()
    }

    fn compare(&mut self) -> ExprId {
        self.skip();
        let start = self.at;
        let mut left = self.sum();
        while self.more() {
            let Some(op) = self.comparison() else { break };
            let right = self.sum();
            left = self.builder.add(self.span_from(start), ExprKind::Binary { op, left, right });
        }
        left
    }

    fn comparison(&mut self) -> Option<BinaryOp> {
        const SIGNS: &[(&str, BinaryOp)] = &[
            ("===", BinaryOp::Equal),
            ("!==", BinaryOp::NotEqual),
            ("==", BinaryOp::Equal),
            ("!=", BinaryOp::NotEqual),
            ("<=", BinaryOp::LessEqual),
            (">=", BinaryOp::GreaterEqual),
            ("<", BinaryOp::Less),
            (">", BinaryOp::Greater),
        ];
        if let Some((_, op)) = SIGNS.iter().find(|(sign, _)| self.eat(sign)) {
            return Some(*op);
        }
        if self.eat_word("in") {
            return Some(BinaryOp::In);
        }
        let before = self.at;
        if self.eat_word("not") && self.eat_word("in") {
            return Some(BinaryOp::NotIn);
        }
        self.at = before;
        None
    }

    /// Sums, products and `~`.
    fn sum(&mut self) -> ExprId {
        const SIGNS: &[(&str, BinaryOp)] = &[
            ("+", BinaryOp::Add),
            ("**", BinaryOp::Pow),
            ("*", BinaryOp::Mul),
            ("//", BinaryOp::FloorDiv),
            ("/", BinaryOp::Div),
        ];
        self.skip();
        let start = self.at;
        let mut left = self.unary();
        while self.more() {
            if self.eat("~") {
                let right = self.unary();
                let parts = [TemplatePart::Value(left), TemplatePart::Value(right)].into();
                left = self.builder.add(self.span_from(start), ExprKind::Template { parts, tag: None });
                continue;
            }
            // The end of a tag, `-%}`, is not part of the range; `%` and `-` are operators wherever they stand here.
            let op = SIGNS.iter().find(|(sign, _)| self.eat(sign)).map(|(_, op)| *op);
            let op = op.or_else(|| self.eat("-").then_some(BinaryOp::Sub));
            let Some(op) = op.or_else(|| self.eat("%").then_some(BinaryOp::Mod)) else { break };
            let right = self.unary();
            left = self.builder.add(self.span_from(start), ExprKind::Binary { op, left, right });
        }
        left
    }

    fn unary(&mut self) -> ExprId {
        self.skip();
        let start = self.at;
        if self.depth < DEPTH && (self.eat("-") || self.eat("+")) {
            self.depth += 1;
            let operand = self.unary();
            self.depth -= 1;
            return self.builder.add(self.span_from(start), ExprKind::Unary { op: UnaryOp::Minus, operand });
        }
        self.postfix(true)
    }

    /// A value with what follows it: members, elements, calls, filters and tests.
    fn postfix(&mut self, filters: bool) -> ExprId {
        self.skip();
        let start = self.at;
        let mut value = self.primary();
        while self.more() {
            let after_space = self.rest().starts_with(char::is_whitespace);
            match self.peek() {
                Some(b'.') => {
                    self.at += 1;
                    value = self.dotted(value, start);
                }
                Some(b'[') if !after_space => {
                    self.at += 1;
                    value = self.indexed(value, start);
                }
                Some(b'(') if !after_space => {
                    self.at += 1;
                    let args = self.arguments(")");
                    value = self.builder.call(value, args, self.span_from(start));
                }
                Some(b'|') if filters && !self.rest().starts_with("||") => {
                    self.at += 1;
                    value = self.filtered(value, start);
                }
                Some(b'i') if filters && self.word() == Some("is") => {
                    self.at += 2;
                    value = self.tested(value, start);
                }
                _ => break,
            }
        }
        value
    }

    fn dotted(&mut self, value: ExprId, start: usize) -> ExprId {
        let rest = self.rest();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            let span = Span::from_range(self.at..self.at + digits);
            let number = rest[..digits].parse().unwrap_or(i64::MAX);
            self.at += digits;
            let index = self.builder.add(span, ExprKind::Literal(Literal::Int(number)));
            return self.builder.add(self.span_from(start), ExprKind::Index { object: value, index });
        }
        match self.take_word() {
            Some((name, span)) => self.builder.member(value, name, span),
            None => self.missing(),
        }
    }

    fn indexed(&mut self, value: ExprId, start: usize) -> ExprId {
        self.brackets += 1;
        let bound = |parser: &mut Self| match parser.peek() {
            Some(b':' | b']') | None => None,
            _ => Some(parser.expression()),
        };
        let lower = bound(self);
        let mut bounds = [None, None];
        let mut slice = false;
        for slot in &mut bounds {
            if self.eat(":") {
                slice = true;
                *slot = bound(self);
            }
        }
        if !self.eat("]") {
            self.broken.get_or_insert(self.at);
        }
        self.brackets -= 1;
        let kind = match lower {
            Some(index) if !slice => ExprKind::Index { object: value, index },
            _ => ExprKind::Slice { object: value, lower, upper: bounds[0], step: bounds[1] },
        };
        self.builder.add(self.span_from(start), kind)
    }

    fn arguments(&mut self, close: &str) -> Vec<Arg> {
        self.brackets += 1;
        let mut args = Vec::new();
        while !self.eat(close) {
            if self.done() {
                self.broken.get_or_insert(self.at);
                break;
            }
            let spread = if self.eat("**") {
                Spread::Map
            } else if self.eat("*") {
                Spread::Sequence
            } else {
                Spread::No
            };
            let name = self.keyword();
            let before = self.at;
            let value = self.expression();
            args.push(Arg { name: name.map(|name| self.builder.tree.intern(name)), value, spread });
            self.eat(",");
            if self.at == before {
                self.broken.get_or_insert(self.at);
                self.at = self.end;
            }
        }
        self.brackets -= 1;
        args
    }

    /// `name=` before a value.
    pub(super) fn keyword(&mut self) -> Option<&'t str> {
        let before = self.at;
        if let Some((word, _)) = self.take_word()
            && self.eat("=")
            && !self.rest().starts_with('=')
        {
            return Some(word);
        }
        self.at = before;
        None
    }

    fn filtered(&mut self, value: ExprId, start: usize) -> ExprId {
        let Some((mut name, mut name_span)) = self.take_word() else { return self.missing() };
        while self.rest().starts_with('.') {
            self.at += 1;
            let Some((last, span)) = self.take_word() else { break };
            (name, name_span) = (last, span);
        }
        let mut args = vec![positional(value)];
        if self.rest().starts_with('(') {
            self.at += 1;
            args.extend(self.arguments(")"));
        } else if self.rest().starts_with(':') && self.brackets == 0 {
            self.at += 1;
            args.push(positional(self.postfix(false)));
        }
        if self.brackets == 0 {
            self.filters.push(name.to_owned());
        }
        self.builder.filter(name, name_span, args, self.span_from(start))
    }

    /// `is [not] name`: a truth value.
    fn tested(&mut self, value: ExprId, start: usize) -> ExprId {
        self.eat_word("not");
        self.take_word();
        if self.rest().starts_with('(') {
            self.at += 1;
            self.arguments(")");
        } else if matches!(self.peek(), Some(b'"' | b'\'' | b'0'..=b'9')) {
            self.primary();
        }
        let right = self.builder.add(Span::from_range(self.at..self.at), ExprKind::Literal(Literal::Null));
        self.builder.add(self.span_from(start), ExprKind::Binary { op: BinaryOp::IsNot, left: value, right })
    }

    fn primary(&mut self) -> ExprId {
        self.skip();
        let start = self.at;
        match self.peek() {
            Some(quote @ (b'"' | b'\'' | b'`')) => self.string(quote),
            Some(b'0'..=b'9') => self.number(),
            Some(b'(') => self.bracketed(")", SequenceKind::Tuple),
            Some(b'[') => self.bracketed("]", SequenceKind::List),
            Some(b'{') => self.map(),
            _ => {
                let Some((word, span)) = self.take_word() else {
                    let missing = self.missing();
                    self.at = self.end.max(start);
                    return missing;
                };
                let literal = match word {
                    "true" | "True" => Literal::Bool(true),
                    "false" | "False" => Literal::Bool(false),
                    "none" | "None" | "null" => Literal::Null,
                    _ => return self.builder.name(word, span),
                };
                self.builder.add(span, ExprKind::Literal(literal))
            }
        }
    }

    fn string(&mut self, quote: u8) -> ExprId {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        let mut length = self.rest().len();
        while let Some((at, c)) = chars.next() {
            if c == char::from(quote) {
                length = at + 1;
                break;
            }
            match c {
                '\\' => text.extend(chars.next().map(|(_, c)| if c == 'n' { '\n' } else { c })),
                c => text.push(c),
            }
        }
        self.at = start + length;
        self.builder.text(&text, Span::from_range(start..self.at))
    }

    fn number(&mut self) -> ExprId {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
        let fraction = rest[length..]
            .strip_prefix('.')
            .map_or(0, |rest| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let span = Span::from_range(self.at..self.at + length + if fraction > 0 { fraction + 1 } else { 0 });
        let number = rest[..length].replace('_', "").parse().unwrap_or(i64::MAX);
        self.at = span.end as usize;
        let literal = if fraction > 0 { Literal::Float(0.5) } else { Literal::Int(number) };
        self.builder.add(span, ExprKind::Literal(literal))
    }

    fn bracketed(&mut self, close: &str, kind: SequenceKind) -> ExprId {
        let start = self.at;
        self.at += 1;
        self.brackets += 1;
        let mut items = Vec::new();
        let mut commas = 0;
        while !self.eat(close) {
            if self.done() {
                self.broken.get_or_insert(self.at);
                break;
            }
            let before = self.at;
            items.push(Item { value: self.expression(), spread: false });
            commas += u32::from(self.eat(","));
            if self.at == before {
                self.broken.get_or_insert(self.at);
                self.at = self.end;
            }
        }
        self.brackets -= 1;
        match (kind, items.as_slice()) {
            (SequenceKind::Tuple, [only]) if commas == 0 => only.value,
            _ => self.builder.add(self.span_from(start), ExprKind::Sequence { kind, items: items.into() }),
        }
    }

    fn map(&mut self) -> ExprId {
        let start = self.at;
        self.at += 1;
        self.brackets += 1;
        let mut entries = Vec::new();
        while !self.eat("}") {
            if self.done() {
                self.broken.get_or_insert(self.at);
                break;
            }
            let before = self.at;
            let key = self.expression();
            let value = if self.eat(":") { self.expression() } else { key };
            let span = self.builder.tree.expr(key).span;
            let key = match self.builder.tree.expr(key).kind {
                ExprKind::Literal(Literal::Str(symbol)) => Key::Static(symbol, span),
                // Nunjucks writes keys as JavaScript does.
                ExprKind::Name(symbol) if self.builder.tree.language != crate::base::Language::Python => {
                    Key::Static(symbol, span)
                }
                _ => Key::Computed(key),
            };
            entries.push(Entry { key: Some(key), value });
            self.eat(",");
            if self.at == before {
                self.broken.get_or_insert(self.at);
                self.at = self.end;
            }
        }
        self.brackets -= 1;
        self.builder.add(self.span_from(start), ExprKind::Map { entries: entries.into() })
    }
}

/// Whether the filters of an output say that it is not escaped, and whether they make it harmless where HTML is meant.
pub(super) fn verdict(filters: &[String]) -> (bool, bool) {
    const RAW: &[&str] = &["safe", "safeseq", "raw"];
    const MADE: &[&str] = &[
        "tojson",
        "dump",
        "json",
        "json_script",
        "e",
        "striptags",
        "linebreaks",
        "linebreaksbr",
        "urlize",
        "length",
        "count",
        "int",
        "float",
        "wordcount",
        "filesizeformat",
        "floatformat",
        "intcomma",
        "date",
        "time",
        "urlencode",
        "as_crispy_form",
        "crispy",
        "as_crispy_field",
        "static",
        "url_for",
        "trans",
        "t",
        "translate",
        "slugify",
        "pluralize",
        "yesno",
    ];
    let raw = filters.iter().rposition(|name| RAW.contains(&name.as_str()));
    let cleans = |name: &str| ["escape", "saniti", "bleach", "clean", "purif"].iter().any(|part| name.contains(part));
    let made = filters.iter().rev().find(|name| !RAW.contains(&name.as_str()));
    let made = made.is_some_and(|name| MADE.contains(&name.as_str()) || cleans(name));
    (raw.is_some(), made)
}
