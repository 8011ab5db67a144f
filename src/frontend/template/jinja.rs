//! Jinja2, Django templates and Nunjucks: tags, blocks and outputs → statements.
//!
//! Formats: <https://jinja.palletsprojects.com/en/stable/templates/>,
//! <https://docs.djangoproject.com/en/stable/ref/templates/builtins/>, <https://mozilla.github.io/nunjucks/templating.html>.
//! Left out: line statements, other delimiters, `super()`, what blocks of a base are replaced by (the child's blocks
//! are read where they stand), `caller()`, context variables inside macros.

use std::ops::Range;

use memchr::memmem;
use rustc_hash::FxHashSet;

use super::builder::{Builder, param, positional};
use super::expression::{Parser, verdict};
use super::html::{Html, Made, made, output};
use super::tags::{closing, ends, trimmed};
use super::{Broken, Read};
use crate::base::{Language, Span};
use crate::syntax::{Entry, ExprId, ExprKind, Key, Literal, Param, PatternId, StmtId, StmtKind};

/// How deep blocks may nest.
const DEPTH: usize = 200;

/// How many branches of one `if` are told apart.
const BRANCHES: usize = 300;

/// What is open.
enum Kind {
    /// Branches so far: condition and statements; and the condition of the one at hand.
    If {
        done: Vec<(Option<ExprId>, Vec<StmtId>)>,
        test: Option<ExprId>,
    },
    /// The body, once `else` or `empty` is reached.
    For {
        target: PatternId,
        iter: ExprId,
        body: Option<Vec<StmtId>>,
    },
    Macro {
        name: String,
        params: Vec<Param>,
    },
    /// Whether outputs were escaped before it.
    Autoescape(bool),
    /// Anything that only has an end.
    Plain,
}

struct Frame {
    kind: Kind,
    name: String,
    span: Span,
    stmts: Vec<StmtId>,
}

struct Lowering<'t> {
    builder: Builder,
    text: &'t str,
    html: Html,
    frames: Vec<Frame>,
    out: Vec<StmtId>,
    escape: bool,
    /// Whether there is a tag of HTML in it at all; mails are templates, too.
    is_page: bool,
    /// Every `end…` tag of the file.
    ends: FxHashSet<&'t str>,
    broken: Option<Broken>,
    comments: Vec<Span>,
}

/// Lowers a template.
pub(super) fn lower(path: &str, text: &str, language: Language) -> Read {
    let mut lowering = Lowering {
        builder: Builder::new(language),
        text,
        html: Html::new(),
        frames: Vec::new(),
        out: Vec::new(),
        escape: true,
        is_page: memmem::find(text.as_bytes(), b"</").is_some() || memmem::find(text.as_bytes(), b"/>").is_some(),
        ends: ends(text),
        broken: None,
        comments: Vec::new(),
    };
    lowering.run();
    while let Some(frame) = lowering.frames.pop() {
        lowering.note(frame.span, format!("`{}` is not closed", frame.name));
        lowering.close(frame);
    }
    let Lowering { builder, out, broken, comments, .. } = lowering;
    let mut tree = builder.finish(path, text.len(), out, &[]);
    tree.comments = comments;
    Read { tree, broken }
}

impl<'t> Lowering<'t> {
    fn note(&mut self, span: Span, message: String) {
        self.broken.get_or_insert(Broken { span, message });
    }

    fn run(&mut self) {
        let text = self.text;
        let bytes = text.as_bytes();
        let (mut done, mut at) = (0, 0);
        // Signs that do not come any more.
        let mut gone: Vec<&str> = Vec::new();
        while let Some(found) = memchr::memchr(b'{', bytes.get(at..).unwrap_or_default()) {
            let open = at + found;
            let sign = match bytes.get(open + 1) {
                Some(b'{') => "}}",
                Some(b'%') => "%}",
                Some(b'#') => "#}",
                _ => {
                    at = open + 1;
                    continue;
                }
            };
            let inner = open + 2;
            let end = if gone.contains(&sign) {
                None
            } else if sign == "#}" {
                memmem::find(bytes.get(inner..).unwrap_or_default(), b"#}").map(|end| (inner + end, inner + end + 2))
            } else {
                closing(text, inner, sign)
            };
            let Some((end, next)) = end else {
                gone.push(sign);
                // `{#` alone is text (`{#each}` of other formats); the others are tags cut off.
                if sign != "#}" {
                    self.note(Span::from_range(open..inner), "a tag is not closed".to_owned());
                }
                at = inner;
                continue;
            };
            self.html.feed(text.get(done..open).unwrap_or(""));
            (done, at) = (next, next);
            match sign {
                "#}" => self.comments.push(Span::from_range(open..next)),
                "}}" => self.output(trimmed(text, inner..end)),
                _ => {
                    if let Some(next) = self.tag(open, trimmed(text, inner..end), next) {
                        (done, at) = (next, next);
                    }
                }
            }
        }
    }

    /// `{{ … }}`
    fn output(&mut self, range: Range<usize>) {
        let mut parser = Parser::new(&mut self.builder, self.text, range.clone());
        let value = parser.expression();
        let whole = parser.done();
        let filters = std::mem::take(&mut parser.filters);
        let broken = parser.broken.or((!whole).then_some(parser.at));
        self.expression_ends(broken);
        self.write(value, &filters, range);
    }

    fn expression_ends(&mut self, broken: Option<usize>) {
        if let Some(at) = broken {
            self.note(Span::from_range(at..at), "an expression cannot be read".to_owned());
        }
    }

    fn write(&mut self, value: ExprId, filters: &[String], range: Range<usize>) {
        let written = self.text.get(range).unwrap_or("");
        let (raw, filtered) = verdict(filters);
        let place = self.html.place();
        let made = if filtered || self.is_part(value) || !self.is_page && !raw {
            Made::Certain
        } else {
            made(written.split('|').next().unwrap_or(""), &[], place)
        };
        let how = output(place, raw || !self.escape, made);
        self.html.output();
        let mut out = std::mem::take(self.stmts());
        self.builder.output(how, value, &mut out);
        *self.stmts() = out;
    }

    /// Numbers, and what a form makes of its fields.
    fn is_part(&self, value: ExprId) -> bool {
        let mut value = value;
        for _ in 0..8 {
            value = match &self.builder.tree.expr(value).kind {
                ExprKind::Literal(_) => return true,
                ExprKind::Call { args, .. } => match args.first() {
                    Some(first) => first.value,
                    None => return false,
                },
                ExprKind::Member { object, .. } => *object,
                ExprKind::Name(name) => {
                    let name = self.builder.tree.text(*name);
                    return matches!(name, "form" | "field" | "loop" | "forloop" | "widget" | "formset")
                        || name.ends_with("_form");
                }
                _ => return false,
            };
        }
        false
    }

    fn stmts(&mut self) -> &mut Vec<StmtId> {
        match self.frames.last_mut() {
            Some(frame) => &mut frame.stmts,
            None => &mut self.out,
        }
    }

    fn push(&mut self, stmt: StmtId) {
        self.stmts().push(stmt);
    }

    fn open(&mut self, name: &str, span: Span, kind: Kind) {
        if self.frames.len() >= DEPTH {
            self.note(span, "blocks are nested too deeply".to_owned());
            return;
        }
        self.frames.push(Frame { kind, name: name.to_owned(), span, stmts: Vec::new() });
    }

    fn parser<T>(&mut self, range: Range<usize>, work: impl FnOnce(&mut Parser<'_, 't>) -> T) -> T {
        let mut parser = Parser::new(&mut self.builder, self.text, range);
        let result = work(&mut parser);
        let broken = parser.broken;
        self.expression_ends(broken);
        result
    }

    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method alone is not general enough")]
    fn expression(&mut self, range: Range<usize>) -> ExprId {
        self.parser(range, |parser| parser.expression())
    }

    /// `{% … %}`; where to go on, if not behind it.
    fn tag(&mut self, open: usize, range: Range<usize>, next: usize) -> Option<usize> {
        let text = self.text;
        let inside = text.get(range.clone()).unwrap_or("");
        let length = inside.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(inside.len());
        let (word, rest) = inside.split_at(length);
        let span = Span::from_range(open..next);
        let range = range.start + length..range.end;
        match word {
            "raw" | "verbatim" | "comment" => return self.skip_to_end(word, next, span),
            "if" | "unless" => {
                let test = self.expression(range);
                self.open("if", span, Kind::If { done: Vec::new(), test: Some(test) });
            }
            "elif" | "elseif" => {
                let test = self.expression(range);
                self.branch(Some(test));
            }
            "else" | "empty" => self.branch(None),
            "for" | "asyncEach" | "asyncAll" => self.for_(span, range),
            "set" => self.set(span, range),
            "with" => {
                self.bindings(span, range);
                if self.ends.contains("with") {
                    self.open("with", span, Kind::Plain);
                }
            }
            "autoescape" => {
                let outer = self.escape;
                self.escape = !matches!(rest.trim(), "off" | "false" | "False");
                if !self.escape && self.is_page {
                    let value = self.builder.helper("autoescape_off", Vec::new(), span);
                    let stmt = self.builder.stmt(span, StmtKind::Expr(value));
                    self.push(stmt);
                }
                self.open("autoescape", span, Kind::Autoescape(outer));
            }
            "include" | "extends" | "ssi" => self.include(span, range),
            "import" => self.import(span, range),
            "from" => self.from(span, range),
            "macro" => self.macro_(span, range),
            "call" => {
                let start = if rest.trim_start().starts_with('(') {
                    range.start + rest.find(')').map_or(0, |at| at + 1)
                } else {
                    range.start
                };
                let value = self.expression(start..range.end);
                let stmt = self.builder.stmt(span, StmtKind::Expr(value));
                self.push(stmt);
                self.open("call", span, Kind::Plain);
            }
            "do" | "print" => {
                let value = self.expression(range);
                let stmt = self.builder.stmt(span, StmtKind::Expr(value));
                self.push(stmt);
            }
            "firstof" => self.first_of(range),
            _ => match word.strip_prefix("end") {
                Some(name) if !name.is_empty() => self.end(name),
                _ => self.other(word, span, range),
            },
        }
        None
    }

    /// What is not read at all, up to its end.
    fn skip_to_end(&mut self, word: &str, from: usize, span: Span) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let sought = if self.ends.contains(word) { bytes.get(from..)? } else { &[] };
        for at in memmem::find_iter(sought, b"{%") {
            let rest = self.text.get(from + at + 2..)?;
            let name = rest.trim_start_matches(['-', '+']).trim_start();
            if name.strip_prefix("end").is_some_and(|name| name.starts_with(word)) {
                let end = from + at + rest.find("%}").map_or(rest.len(), |end| end + 2) + 2;
                if word == "comment" {
                    self.comments.push(Span::from_range(span.start as usize..end.min(self.text.len())));
                }
                return Some(end.min(self.text.len()));
            }
        }
        self.ends.remove(word);
        self.note(span, format!("`{word}` is not closed"));
        None
    }

    fn branch(&mut self, test: Option<ExprId>) {
        let Some(frame) = self.frames.last_mut() else { return };
        let stmts = std::mem::take(&mut frame.stmts);
        match &mut frame.kind {
            Kind::If { done, test: current } if done.len() < BRANCHES => {
                done.push((current.take(), stmts));
                *current = test;
            }
            Kind::For { body: body @ None, .. } if test.is_none() => *body = Some(stmts),
            _ => frame.stmts = stmts,
        }
    }

    fn for_(&mut self, span: Span, range: Range<usize>) {
        let (target, iter) = self.parser(range, |parser| {
            let target = parser.target();
            if !parser.eat_word("in") {
                parser.broken.get_or_insert(parser.at);
            }
            let iter = parser.expression();
            // Django calls what can be called: `for key, value in map.items`.
            let asked = match parser.builder.tree.expr(iter).kind {
                ExprKind::Member { name, .. } => {
                    matches!(parser.builder.tree.text(name), "items" | "values" | "keys" | "all")
                }
                _ => false,
            };
            let span = parser.builder.tree.expr(iter).span;
            (target, if asked { parser.builder.call(iter, Vec::new(), span) } else { iter })
        });
        self.open("for", span, Kind::For { target, iter, body: None });
    }

    fn set(&mut self, span: Span, range: Range<usize>) {
        let (target, value) = self.parser(range, |parser| {
            let target = parser.target();
            let value = parser.eat("=").then(|| parser.expression());
            (target, value)
        });
        match value {
            Some(value) => {
                let stmt = self.builder.assign(target, value, span);
                self.push(stmt);
            }
            None => self.open("set", span, Kind::Plain),
        }
    }

    /// `a=b c=d`, `a = b, c = d`, `b as a`: every one is assigned.
    fn bindings(&mut self, span: Span, range: Range<usize>) {
        let bound = self.parser(range, |parser| {
            let mut bound = Vec::new();
            while !parser.done() {
                let before = parser.at;
                if matches!(parser.word(), Some("count" | "with" | "and" | "trimmed" | "context")) {
                    parser.take_word();
                }
                if let Some(name) = parser.keyword() {
                    let at = Span::from_range(before..parser.at);
                    let value = parser.expression();
                    bound.push((parser.builder.bind(name, at), value));
                } else if !parser.done() {
                    let value = parser.expression();
                    if parser.eat_word("as")
                        && let Some((name, at)) = parser.take_word()
                    {
                        bound.push((parser.builder.bind(name, at), value));
                    }
                }
                parser.eat(",");
                if parser.at == before {
                    break;
                }
            }
            bound
        });
        for (target, value) in bound {
            let stmt = self.builder.assign(target, value, span);
            self.push(stmt);
        }
    }

    fn include(&mut self, span: Span, range: Range<usize>) {
        let (name, more, only) = self.parser(range, |parser| {
            let name = parser.expression();
            let (mut more, mut only) = (Vec::new(), false);
            while !parser.done() {
                let before = parser.at;
                if parser.eat_word("without") || parser.eat_word("only") {
                    only = true;
                } else if let Some(key) = parser.keyword() {
                    let at = Span::from_range(before..before + key.len());
                    let symbol = parser.builder.tree.intern(key);
                    let value = parser.expression();
                    more.push(Entry { key: Some(Key::Static(symbol, at)), value });
                } else if parser.take_word().is_none() {
                    break;
                }
            }
            (name, more, only)
        });
        let context = self.builder.whole_context(more, only, span);
        let mut out = std::mem::take(self.stmts());
        self.builder.include(name, context, span, &mut out);
        *self.stmts() = out;
    }

    /// `{% import "forms.html" as forms %}`
    fn import(&mut self, span: Span, range: Range<usize>) {
        let (module, name) = self.parser(range, |parser| {
            let module = parser.expression();
            let name = if parser.eat_word("as") { parser.take_word() } else { None };
            (module, name)
        });
        let value = self.builder.helper("import", vec![positional(module)], span);
        if let Some((name, at)) = name {
            let target = self.builder.bind(name, at);
            let stmt = self.builder.assign(target, value, span);
            self.push(stmt);
        }
    }

    /// `{% from "forms.html" import field, label as caption %}`
    fn from(&mut self, span: Span, range: Range<usize>) {
        let (module, names) = self.parser(range, |parser| {
            let module = parser.expression();
            parser.eat_word("import");
            let mut names = Vec::new();
            while let Some((name, at)) = parser.take_word() {
                let local = if parser.eat_word("as") { parser.take_word() } else { None };
                names.push((name, local.unwrap_or((name, at))));
                if !parser.eat(",") {
                    break;
                }
            }
            (module, names)
        });
        for (name, (local, at)) in names {
            let value = self.builder.helper("import", vec![positional(module)], span);
            let value = self.builder.member(value, name, at);
            let target = self.builder.bind(local, at);
            let stmt = self.builder.assign(target, value, span);
            self.push(stmt);
        }
    }

    fn macro_(&mut self, span: Span, range: Range<usize>) {
        let bound = self.builder.bound.len();
        let (name, params) = self.parser(range, |parser| {
            let name = parser.take_word().map_or("", |(name, _)| name).to_owned();
            let mut params = Vec::new();
            parser.eat("(");
            while let Some((word, at)) = parser.take_word() {
                let pattern = parser.builder.bind(word, at);
                let default = parser.eat("=").then(|| parser.expression());
                params.push(param(pattern, default));
                if !parser.eat(",") {
                    break;
                }
            }
            (name, params)
        });
        self.builder.bound.truncate(bound);
        self.open("macro", span, Kind::Macro { name, params });
    }

    fn first_of(&mut self, range: Range<usize>) {
        let values = self.parser(range, |parser| {
            let mut values = Vec::new();
            while !parser.done() && values.len() < 32 {
                let start = parser.at;
                parser.filters.clear();
                let value = parser.expression();
                values.push((value, parser.filters.clone(), start..parser.at));
                if parser.at == start {
                    break;
                }
            }
            values
        });
        for (value, filters, range) in values {
            self.write(value, &filters, range);
        }
    }

    /// A tag of the application or one that does nothing here: what it binds is unknown, its block is read through.
    fn other(&mut self, word: &str, span: Span, range: Range<usize>) {
        if word.starts_with("blocktrans") || word == "trans" && self.ends.contains("trans") {
            self.bindings(span, range);
        } else {
            let inside = self.text.get(range.clone()).unwrap_or("").trim_end();
            let last = inside.rsplit(char::is_whitespace).next().unwrap_or("");
            let before = inside[..inside.len() - last.len()].trim_end();
            if before.ends_with(" as") && last.chars().all(|c| c.is_alphanumeric() || c == '_') {
                let at = Span::from_range(range.start + inside.len() - last.len()..range.start + inside.len());
                let target = self.builder.bind(last, at);
                let value = self.builder.helper("tag", Vec::new(), span);
                let stmt = self.builder.assign(target, value, span);
                self.push(stmt);
            }
        }
        if self.ends.contains(word) {
            self.open(word, span, Kind::Plain);
        }
    }

    fn end(&mut self, name: &str) {
        let Some(at) = self.frames.iter().rposition(|frame| frame.name == name) else { return };
        while self.frames.len() > at {
            let Some(frame) = self.frames.pop() else { break };
            if self.frames.len() > at {
                self.note(frame.span, format!("`{}` is not closed", frame.name));
            }
            self.close(frame);
        }
    }

    fn close(&mut self, frame: Frame) {
        let Frame { kind, span, mut stmts, .. } = frame;
        match kind {
            Kind::If { mut done, test } => {
                done.push((test, stmts));
                let mut otherwise: Vec<StmtId> = Vec::new();
                for (test, then) in done.into_iter().rev() {
                    otherwise = match test {
                        Some(test) => {
                            let kind = StmtKind::If { test, then: then.into(), otherwise: otherwise.into() };
                            vec![self.builder.stmt(span, kind)]
                        }
                        None => then,
                    };
                }
                self.stmts().append(&mut otherwise);
            }
            Kind::For { target, iter, body } => {
                let (body, otherwise) = match body {
                    Some(body) => (body, stmts),
                    None => (stmts, Vec::new()),
                };
                let kind =
                    StmtKind::ForEach { target, iter, keys: false, body: body.into(), otherwise: otherwise.into() };
                let stmt = self.builder.stmt(span, kind);
                self.push(stmt);
            }
            Kind::Macro { name, params } => {
                let null = self.builder.add(Span::at(span.end), ExprKind::Literal(Literal::Null));
                stmts.push(self.builder.stmt(Span::at(span.end), StmtKind::Return(Some(null))));
                let function = self.builder.function(&name, span, params, stmts.into());
                let stmt = self.builder.stmt(span, StmtKind::Function(function));
                self.builder.functions.push(stmt);
            }
            Kind::Autoescape(outer) => {
                self.escape = outer;
                self.stmts().append(&mut stmts);
            }
            Kind::Plain => self.stmts().append(&mut stmts),
        }
    }
}
