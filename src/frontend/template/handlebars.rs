//! Handlebars and Mustache.
//!
//! Formats: <https://handlebarsjs.com/guide/expressions.html>, <https://mustache.github.io/mustache.5.html>. Left out:
//! other delimiters, partials by computed name, what block helpers of the application do (their blocks are read through).

use std::ops::Range;

use memchr::memmem;

use super::builder::{Builder, CONTEXT, positional};
use super::html::{Html, Made, Place, is_made, made, output};
use super::{Broken, Read};
use crate::base::{Language, Span};
use crate::syntax::{
    Arg, Entry, ExprId, ExprKind, Key, Literal, LogicalOp, Pattern, PatternKind, Rare, Spread, StmtId, StmtKind,
    UnaryOp,
};

/// How deep blocks may nest.
const DEPTH: usize = 200;
/// How deep subexpressions may nest.
const NESTED: u32 = 32;

/// Parts of layouts.
const LAYOUT: &[&str] = &["body", "yield", "@partial-block", "this.body"];

enum Kind {
    If {
        test: ExprId,
        then: Option<Vec<StmtId>>,
    },
    For {
        target: String,
        iter: ExprId,
        then: Option<Vec<StmtId>>,
    },
    /// A block with no meaning of its own.
    Plain,
}

struct Frame {
    kind: Kind,
    name: String,
    span: Span,
    stmts: Vec<StmtId>,
    /// Whether it has a `this` of its own.
    scoped: bool,
    /// How many more ends with it: `{{else if}}`.
    chained: usize,
}

struct Lowering<'t> {
    builder: Builder,
    text: &'t str,
    html: Html,
    frames: Vec<Frame>,
    out: Vec<StmtId>,
    /// The variables that `this` stands for, innermost last; none is the context.
    this: Vec<String>,
    count: u32,
    /// Whether names are looked for in outer contexts, too.
    mustache: bool,
    broken: Option<Broken>,
    comments: Vec<Span>,
}

/// Lowers a template.
pub(super) fn lower(path: &str, text: &str, mustache: bool) -> Read {
    let mut lowering = Lowering {
        builder: Builder::new(Language::JavaScript),
        text,
        html: Html::new(),
        frames: Vec::new(),
        out: Vec::new(),
        this: Vec::new(),
        count: 0,
        mustache,
        broken: None,
        comments: Vec::new(),
    };
    lowering.run();
    while let Some(frame) = lowering.frames.pop() {
        if frame.chained == 0 {
            lowering.note(frame.span, format!("`{}` is not closed", frame.name));
        }
        lowering.close(frame);
    }
    let Lowering { builder, out, broken, comments, .. } = lowering;
    let mut tree = builder.finish(path, text.len(), out, &[]);
    tree.comments = comments;
    Read { tree, broken }
}

impl Lowering<'_> {
    fn note(&mut self, span: Span, message: String) {
        self.broken.get_or_insert(Broken { span, message });
    }

    fn run(&mut self) {
        let text = self.text;
        let bytes = text.as_bytes();
        let (mut done, mut at) = (0, 0);
        while let Some(found) = memmem::find(bytes.get(at..).unwrap_or_default(), b"{{") {
            let open = at + found;
            if open > 0 && bytes.get(open - 1) == Some(&b'\\') {
                at = open + 2;
                continue;
            }
            let rest = text.get(open..).unwrap_or("");
            let (skip, sign) = if rest.starts_with("{{!--") || rest.starts_with("{{~!--") {
                (5, if rest.contains("--}}") { "--}}" } else { "--~}}" })
            } else if rest.starts_with("{{{{") {
                (4, "}}}}")
            } else if rest.starts_with("{{{") || rest.starts_with("{{~{") {
                (if rest.starts_with("{{{") { 3 } else { 4 }, "}}}")
            } else {
                (2, "}}")
            };
            let inner = open + skip;
            let Some(end) = memmem::find(bytes.get(inner..).unwrap_or_default(), sign.as_bytes()) else {
                self.note(Span::from_range(open..open + 2), "a tag is not closed".to_owned());
                break;
            };
            let end = inner + end;
            self.html.feed(text.get(done..open).unwrap_or(""));
            done = end + sign.len();
            at = done;
            let span = Span::from_range(open..done);
            let inside = text.get(inner..end).unwrap_or("");
            if sign.starts_with('-') || inside.trim_start_matches('~').starts_with('!') {
                self.comments.push(span);
                continue;
            }
            let range = trimmed(text, inner..end);
            match sign {
                "}}}" => self.output(range, true, span),
                "}}" => self.tag(range, span),
                _ => {}
            }
        }
    }

    fn tag(&mut self, range: Range<usize>, span: Span) {
        let text = self.text;
        let inside = text.get(range.clone()).unwrap_or("");
        let sign = inside.bytes().next().unwrap_or(b' ');
        let rest = trimmed(text, range.start + 1..range.end);
        match sign {
            b'#' => self.open(rest, span, false),
            b'^' if inside.len() == 1 => self.branch(None, span),
            b'^' => self.open(rest, span, true),
            b'/' => self.end(text.get(rest).unwrap_or("")),
            b'>' => self.partial(rest, span),
            b'&' => self.output(rest, true, span),
            b'=' => self.note(span, "other delimiters".to_owned()),
            _ if inside == "else" => self.branch(None, span),
            _ if inside.starts_with("else ") => self.branch(Some(trimmed(text, range.start + 5..range.end)), span),
            _ => self.output(range, false, span),
        }
    }

    fn output(&mut self, range: Range<usize>, raw: bool, span: Span) {
        let written = self.text.get(range.clone()).unwrap_or("");
        let helper = written.split_whitespace().next().unwrap_or("");
        let called = helper.len() < written.len() && is_made(&format!("{helper}("), LAYOUT);
        let place = self.html.place();
        let made = if called { Made::Certain } else { made(written, LAYOUT, place) };
        let how = output(place, raw, made);
        self.html.output();
        if place == Place::Comment {
            return;
        }
        let value = self.expression(range, span);
        let mut out = std::mem::take(self.stmts());
        self.builder.output(how, value, &mut out);
        *self.stmts() = out;
    }

    fn stmts(&mut self) -> &mut Vec<StmtId> {
        match self.frames.last_mut() {
            Some(frame) => &mut frame.stmts,
            None => &mut self.out,
        }
    }

    // --- blocks ---

    fn open(&mut self, range: Range<usize>, span: Span, inverted: bool) {
        if self.frames.len() >= DEPTH {
            return self.note(span, "blocks are nested too deeply".to_owned());
        }
        let (range, params) = block_params(self.text, range);
        let words = words(self.text, range.clone());
        let Some(first) = words.first().cloned() else { return };
        let name = self.text.get(first.clone()).unwrap_or("").trim_start_matches('*').to_owned();
        let mut frame = Frame { kind: Kind::Plain, name, span, stmts: Vec::new(), scoped: false, chained: 0 };
        let subject = words.get(1).cloned();
        match (frame.name.as_str(), subject) {
            ("if" | "unless", Some(subject)) => {
                let mut test = self.value(subject, 0);
                if (frame.name == "unless") != inverted {
                    test = self.builder.add(span, ExprKind::Unary { op: UnaryOp::Not, operand: test });
                }
                frame.kind = Kind::If { test, then: None };
            }
            ("each", Some(subject)) => {
                let iter = self.value(subject, 0);
                self.scope(&mut frame, iter, &params);
            }
            ("with", Some(subject)) => {
                let value = self.value(subject, 0);
                let iter = self.list_of(value, false, span);
                self.scope(&mut frame, iter, &params);
            }
            (_, None) => {
                let value = self.value(first, 0);
                if inverted {
                    let test = self.builder.add(span, ExprKind::Unary { op: UnaryOp::Not, operand: value });
                    frame.kind = Kind::If { test, then: None };
                } else {
                    // A section: once for the value itself, or for each of its elements.
                    let iter = self.list_of(value, true, span);
                    self.scope(&mut frame, iter, &params);
                }
            }
            _ => {
                let value = self.expression(range, span);
                let stmt = self.builder.stmt(span, StmtKind::Expr(value));
                self.stmts().push(stmt);
            }
        }
        self.frames.push(frame);
    }

    /// `[value]`, or `[value, ...value]`.
    fn list_of(&mut self, value: ExprId, elements: bool, span: Span) -> ExprId {
        use crate::syntax::{Item, SequenceKind};
        let mut items = vec![Item { value, spread: false }];
        if elements {
            items.push(Item { value, spread: true });
        }
        self.builder.add(span, ExprKind::Sequence { kind: SequenceKind::List, items: items.into() })
    }

    fn scope(&mut self, frame: &mut Frame, iter: ExprId, params: &[Range<usize>]) {
        self.count += 1;
        let target = match params.first().and_then(|range| self.text.get(range.clone())) {
            Some(name) => name.to_owned(),
            None => format!("$$this{}", self.count),
        };
        self.this.push(target.clone());
        frame.scoped = true;
        frame.kind = Kind::For { target, iter, then: None };
    }

    fn branch(&mut self, chained: Option<Range<usize>>, span: Span) {
        let Some(frame) = self.frames.last_mut() else { return };
        let stmts = std::mem::take(&mut frame.stmts);
        match &mut frame.kind {
            Kind::If { then: then @ None, .. } | Kind::For { then: then @ None, .. } => *then = Some(stmts),
            _ => frame.stmts = stmts,
        }
        if std::mem::take(&mut frame.scoped) {
            self.this.pop();
        }
        if let Some(range) = chained {
            let before = self.frames.len();
            self.open(range, span, false);
            if self.frames.len() > before
                && let Some(chained) = self.frames.get(before - 1).map(|frame| frame.chained + 1)
                && let Some(frame) = self.frames.last_mut()
            {
                frame.chained = chained;
            }
        }
    }

    fn end(&mut self, name: &str) {
        let own = |frame: &Frame| frame.chained == 0 && frame.name == name;
        let Some(at) = self.frames.iter().rposition(own) else { return };
        while self.frames.len() > at {
            let Some(frame) = self.frames.pop() else { break };
            if self.frames.len() > at && frame.chained == 0 {
                self.note(frame.span, format!("`{}` is not closed", frame.name));
            }
            self.close(frame);
        }
    }

    fn close(&mut self, frame: Frame) {
        let Frame { kind, span, mut stmts, scoped, .. } = frame;
        if scoped {
            self.this.pop();
        }
        let split = |then: Option<Vec<StmtId>>, stmts: Vec<StmtId>| match then {
            Some(then) => (then, stmts),
            None => (stmts, Vec::new()),
        };
        match kind {
            Kind::If { test, then } => {
                let (then, otherwise) = split(then, stmts);
                let kind = StmtKind::If { test, then: then.into(), otherwise: otherwise.into() };
                let stmt = self.builder.stmt(span, kind);
                self.stmts().push(stmt);
            }
            Kind::For { target, iter, then } => {
                let (body, mut otherwise) = split(then, stmts);
                let symbol = self.builder.tree.intern(&target);
                let at = self.builder.tree.expr(iter).span;
                let target = self.builder.tree.add_pattern(Pattern { span: at, kind: PatternKind::Name(symbol) });
                let kind =
                    StmtKind::ForEach { target, iter, keys: false, body: body.into(), otherwise: Rare::default() };
                let stmt = self.builder.stmt(span, kind);
                self.stmts().push(stmt);
                self.stmts().append(&mut otherwise);
            }
            Kind::Plain => self.stmts().append(&mut stmts),
        }
    }

    /// `{{> name context key=value}}`
    fn partial(&mut self, range: Range<usize>, span: Span) {
        let words = words(self.text, range);
        let Some(first) = words.first().cloned() else { return };
        let name = self.text.get(first.clone()).unwrap_or("").trim_matches(['"', '\'', '[', ']']);
        if name.starts_with(['(', '@']) {
            return;
        }
        let name = self.builder.text(name, Span::from_range(first));
        let mut entries = Vec::new();
        let context = match words.get(1).filter(|range| keyword(self.text, range).is_none()) {
            Some(context) => self.value(context.clone(), 0),
            None => self.this_value(self.this.len(), span),
        };
        for word in words.iter().skip(1) {
            if let Some(at) = keyword(self.text, word) {
                let key_span = Span::from_range(word.start..at);
                let key = self.builder.tree.intern(self.text.get(word.start..at).unwrap_or(""));
                let value = self.value(at + 1..word.end, 0);
                entries.push(Entry { key: Some(Key::Static(key, key_span)), value });
            }
        }
        let context = if entries.is_empty() {
            context
        } else {
            entries.insert(0, Entry { key: None, value: context });
            self.builder.add(span, ExprKind::Map { entries: entries.into() })
        };
        let mut out = std::mem::take(self.stmts());
        self.builder.include(name, context, span, &mut out);
        *self.stmts() = out;
    }

    // --- expressions ---

    fn this_value(&mut self, depth: usize, span: Span) -> ExprId {
        match depth.checked_sub(1).and_then(|at| self.this.get(at)).cloned() {
            Some(name) => self.builder.name(&name, span),
            None => self.builder.name(CONTEXT, span),
        }
    }

    /// A value, or a helper with its arguments.
    fn expression(&mut self, range: Range<usize>, span: Span) -> ExprId {
        let words = words(self.text, range.clone());
        match words.as_slice() {
            [] => self.builder.add(span, ExprKind::Missing),
            [only] => self.value(only.clone(), 0),
            words => self.helper(words, 0),
        }
    }

    fn helper(&mut self, words: &[Range<usize>], depth: u32) -> ExprId {
        let Some(first) = words.first().cloned() else { return self.builder.add(Span::at(0), ExprKind::Missing) };
        let end = words.last().map_or(first.end, |word| word.end);
        let span = Span::from_range(first.start..end);
        let name = self.text.get(first.clone()).unwrap_or("").to_owned();
        let mut args = Vec::new();
        for word in words.get(1..).unwrap_or_default() {
            if let Some(at) = keyword(self.text, word) {
                let value = self.value(at + 1..word.end, depth + 1);
                let key = self.builder.tree.intern(self.text.get(word.start..at).unwrap_or(""));
                args.push(Arg { name: Some(key), value, spread: Spread::No });
            } else {
                let value = self.value(word.clone(), depth + 1);
                args.push(positional(value));
            }
        }
        self.builder.filter(name.rsplit('.').next().unwrap_or(&name), Span::from_range(first), args, span)
    }

    fn value(&mut self, range: Range<usize>, depth: u32) -> ExprId {
        let span = Span::from_range(range.clone());
        let text = self.text.get(range.clone()).unwrap_or("");
        match text.bytes().next() {
            None => self.builder.add(span, ExprKind::Missing),
            Some(b'"' | b'\'') => {
                let inner = text.trim_matches(['"', '\'']).to_owned();
                self.builder.text(&inner, span)
            }
            Some(b'(') if depth < NESTED => {
                let words = words(self.text, range.start + 1..range.end.saturating_sub(1).max(range.start + 1));
                self.helper(&words, depth + 1)
            }
            Some(b'0'..=b'9' | b'-') => self.builder.add(span, ExprKind::Literal(Literal::Int(0))),
            _ => match text {
                "true" | "false" => self.builder.add(span, ExprKind::Literal(Literal::Bool(text == "true"))),
                "null" | "undefined" => self.builder.add(span, ExprKind::Literal(Literal::Null)),
                _ => self.path(range),
            },
        }
    }

    /// `a.b`, `../a`, `this.a`, `@root.a`, `a.[0]`.
    fn path(&mut self, range: Range<usize>) -> ExprId {
        let text = self.text.get(range.clone()).unwrap_or("");
        let mut depth = self.this.len();
        let mut at = range.start;
        let mut rest = text;
        let mut explicit = false;
        while let Some(outer) = rest.strip_prefix("../") {
            depth = depth.saturating_sub(1);
            (at, rest, explicit) = (at + 3, outer, true);
        }
        if rest.starts_with('@') && !rest.starts_with("@root") {
            return self.builder.add(Span::from_range(range), ExprKind::Literal(Literal::Int(0)));
        }
        let mut value = None;
        for part in rest.split(['.', '/']) {
            let span = Span::from_range(at..at + part.len());
            at += part.len() + 1;
            let name = part.trim_matches(['[', ']']);
            value = Some(match (value, name) {
                (value, "") => {
                    explicit = true;
                    match value {
                        Some(value) => value,
                        None => continue,
                    }
                }
                (None, "this") => self.this_value(depth, span),
                (None, "@root") => self.builder.name(CONTEXT, span),
                (None, name) => self.variable(name, depth, explicit, span),
                (Some(object), name) => self.builder.member(object, name, span),
            });
        }
        match value {
            Some(value) => value,
            None => self.this_value(depth, Span::from_range(range)),
        }
    }

    fn variable(&mut self, name: &str, depth: usize, explicit: bool, span: Span) -> ExprId {
        let bound = !explicit && self.this.iter().any(|this| this == name);
        if depth == 0 || bound {
            return self.builder.name(name, span);
        }
        let this = self.this_value(depth, span);
        let own = self.builder.member(this, name, span);
        if !self.mustache {
            return own;
        }
        let outer = self.builder.name(name, span);
        self.builder.add(span, ExprKind::Logical { op: LogicalOp::Or, left: own, right: outer })
    }
}

/// `… as |a b|`: what stands before, and the names.
fn block_params(text: &str, range: Range<usize>) -> (Range<usize>, Vec<Range<usize>>) {
    let inside = text.get(range.clone()).unwrap_or("");
    let Some(at) = inside.find(" as |") else { return (range, Vec::new()) };
    let names = range.start + at + 5..range.end;
    let end = inside.rfind('|').map_or(range.end, |end| range.start + end).max(names.start);
    (range.start..range.start + at, words(text, names.start..end))
}

/// Where the `=` of `key=value` stands.
fn keyword(text: &str, range: &Range<usize>) -> Option<usize> {
    let word = text.get(range.clone())?;
    let at = word.find('=')?;
    let name = word.get(..at)?;
    (!name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-$".contains(c))).then_some(range.start + at)
}

/// Words, strings and bracketed expressions of a tag.
fn words(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let inside = text.get(range.clone()).unwrap_or("");
    let mut found = Vec::new();
    let (mut start, mut quote, mut depth) = (None, None, 0u32);
    for (at, c) in inside.char_indices() {
        let at = range.start + at;
        match (quote, c) {
            (Some(open), c) => {
                if open == c {
                    quote = None;
                }
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                start.get_or_insert(at);
            }
            (None, c) if c.is_whitespace() && depth == 0 => found.extend(start.take().map(|start| start..at)),
            (None, c) => {
                depth = match c {
                    '(' => depth + 1,
                    ')' => depth.saturating_sub(1),
                    _ => depth,
                };
                if !c.is_whitespace() {
                    start.get_or_insert(at);
                }
            }
        }
        if found.len() > 64 {
            return found;
        }
    }
    found.extend(start.map(|start| start..range.end.min(range.start + inside.trim_end().len()).max(start)));
    found
}

/// The inside of a tag without `~` and blanks.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = text.get(range.clone()).unwrap_or("");
    let kept = inside.trim_start_matches(|c: char| c == '~' || c.is_whitespace());
    let start = range.end.max(range.start) - kept.len();
    let kept = kept.trim_end_matches(|c: char| c == '~' || c.is_whitespace());
    start..start + kept.len()
}
