//! Pug: lines by their indentation → JavaScript in the order of the file.
//!
//! Format: <https://pugjs.org/language/attributes.html> and its neighbours. Left out: filters, `#[tag]` in text,
//! blocks of mixins, what blocks of a base are replaced by (the child's blocks are read where they stand).

use super::builder::{Builder, CONTEXT, LOCAL};
use super::generated::Generated;
use super::html::{Html, Place, made, output};
use super::{Broken, Read};
use crate::base::Span;

/// How deep blocks may nest.
const DEPTH: usize = 200;
/// How long the attributes of a tag may be.
const LONGEST: usize = 16_384;

struct Lowering<'t> {
    text: &'t str,
    generated: Generated,
    /// Indentation of lines that opened a block.
    open: Vec<usize>,
    /// Lines indented deeper than this are left out (comments, filters), or are text of a tag.
    below: Option<(usize, Below)>,
    comments: Vec<Span>,
    broken: Option<Broken>,
}

#[derive(Debug, Clone)]
enum Below {
    Nothing,
    /// Text, with the machine that knows where it stands.
    Text(Html),
    /// Lines of a `-` block.
    Code,
}

/// Lowers a template.
pub(super) fn lower(path: &str, text: &str) -> Read {
    let mut lowering = Lowering {
        text,
        generated: Generated::default(),
        open: Vec::new(),
        below: None,
        comments: Vec::new(),
        broken: None,
    };
    lowering.run();
    let Lowering { generated, comments, broken, .. } = lowering;
    let (tree, error) = generated.parse(text.len(), false);
    let mut builder = Builder::over(tree);
    let body = std::mem::take(&mut builder.tree.root).into_vec();
    let mut tree = builder.finish(path, text.len(), body, super::ejs::WHOLE);
    tree.comments = comments;
    Read { tree, broken: broken.or(error) }
}

impl<'t> Lowering<'t> {
    fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or("")
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.text.len(), |end| at + end)
    }

    fn run(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            let end = self.line_end(at);
            let line = self.slice(at, end);
            let indent = line.len() - line.trim_start().len();
            if line.trim().is_empty() {
                at = end + 1;
                continue;
            }
            let next = if self.covered(indent, at + indent, end) {
                end
            } else {
                while self.open.last().is_some_and(|open| *open >= indent) {
                    self.open.pop();
                    self.generated.made("\n}", at);
                }
                self.line(indent, at + indent, end)
            };
            at = next.max(end) + 1;
        }
        for _ in std::mem::take(&mut self.open) {
            self.generated.made("\n}", self.text.len());
        }
    }

    /// Lines that belong to a comment, a filter or the text of a tag.
    fn covered(&mut self, indent: usize, from: usize, to: usize) -> bool {
        let Some((outer, below)) = self.below.take() else { return false };
        if indent <= outer {
            return false;
        }
        let below = match below {
            Below::Nothing => Below::Nothing,
            Below::Code => {
                self.generated.made("\n", from);
                self.generated.code(self.text, from, to);
                Below::Code
            }
            Below::Text(mut html) => {
                self.words(&mut html, from, to);
                html.feed("\n");
                Below::Text(html)
            }
        };
        self.below = Some((outer, below));
        true
    }

    fn block(&mut self, indent: usize, at: usize) {
        if self.open.len() < DEPTH {
            self.open.push(indent);
            self.generated.made(" {\n", at);
        } else {
            let message = "blocks are nested too deeply".to_owned();
            self.broken.get_or_insert(Broken { span: Span::from_range(at..at), message });
            self.generated.made(";\n", at);
        }
    }

    /// One line; gives where it ends, as attributes may run over several.
    fn line(&mut self, indent: usize, from: usize, to: usize) -> usize {
        let line = self.slice(from, to);
        let keyword_length = line.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(line.len());
        let (word, rest) = line.split_at(keyword_length);
        let after = from + keyword_length;
        let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
        if line.starts_with("//") {
            self.comments.push(Span::from_range(from..to));
            self.below = Some((indent, Below::Nothing));
            return to;
        }
        match word {
            "" => return self.sign(indent, from, to),
            "each" | "for" if spaced => self.each(indent, after, to),
            "if" | "while" | "unless" if spaced => self.condition(indent, word, after, to),
            "else" if spaced => {
                self.generated.made("\nelse ", from);
                let rest = rest.trim_start();
                if let Some(test) = rest.strip_prefix("if") {
                    self.condition(indent, "if", to - test.len(), to);
                } else {
                    self.block(indent, to);
                }
            }
            "case" | "when" | "default" if spaced || rest.starts_with(':') => {
                self.generated.made("\n", from);
                self.block(indent, to);
            }
            "include" | "extends" if spaced || rest.starts_with(':') => self.include(after, to),
            "mixin" if spaced => self.mixin(indent, after, to),
            "doctype" | "block" | "append" | "prepend" | "yield" if spaced => {}
            _ => return self.tag(indent, from, to),
        }
        to
    }

    fn sign(&mut self, indent: usize, from: usize, to: usize) -> usize {
        let line = self.slice(from, to);
        let mut html = Html::new();
        if line.starts_with("!=") || line.starts_with('=') {
            let raw = line.starts_with('!');
            self.expression(from + if raw { 2 } else { 1 }, to, raw, Place::Safe);
        } else if let Some(code) = line.strip_prefix('-') {
            if code.trim().is_empty() {
                self.below = Some((indent, Below::Code));
                return to;
            }
            self.generated.made("\n", from);
            self.generated.code(self.text, from + 1, to);
            let deeper = self.next_indent(to).is_some_and(|next| next > indent);
            if deeper && !code.trim_end().ends_with(['{', ',', '(', '[', ';']) {
                self.block(indent, to);
            } else {
                self.generated.made("\n", to);
            }
        } else if let Some(rest) = line.strip_prefix('+') {
            return self.call(indent, to - rest.len(), to);
        } else if line.starts_with(':') {
            self.below = Some((indent, Below::Nothing));
        } else if line.starts_with('|') || line.starts_with('<') {
            let skip = usize::from(line.starts_with('|'));
            self.words(&mut html, from + skip, to);
        } else {
            return self.tag(indent, from, to);
        }
        to
    }

    fn next_indent(&self, from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        let line = rest.split('\n').skip(1).find(|line| !line.trim().is_empty())?;
        Some(line.len() - line.trim_start().len())
    }

    /// `each value, index in items`
    fn each(&mut self, indent: usize, from: usize, to: usize) {
        let code = self.slice(from, to);
        let sign = [" in ", " of "].iter().filter_map(|sign| code.find(sign)).min();
        let Some(sign) = sign else {
            self.generated.made("\n", from);
            return self.block(indent, to);
        };
        let target = code[..sign].trim_start().trim_start_matches(['(', ' ']);
        let target = target.strip_prefix("const ").or_else(|| target.strip_prefix("var ")).unwrap_or(target);
        let start = from + sign - target.len();
        let first = target.split(',').next().unwrap_or(target).trim();
        self.generated.made("\nfor (const ", from);
        self.generated.code(self.text, start, start + first.len());
        self.generated.made(" of (", from + sign);
        self.generated.code(self.text, from + sign + 4, to);
        self.generated.made("\n))", to);
        self.block(indent, to);
    }

    fn condition(&mut self, indent: usize, word: &str, from: usize, to: usize) {
        let head = match word {
            "while" => "\nwhile (",
            "unless" => "\nif (!(",
            _ => "\nif (",
        };
        self.generated.made(head, from);
        self.generated.code(self.text, from, to);
        self.generated.made(if word == "unless" { "\n))" } else { "\n)" }, to);
        self.block(indent, to);
    }

    fn include(&mut self, from: usize, to: usize) {
        let rest = self.slice(from, to);
        let name = rest.trim_start_matches(|c: char| c == ':' || c.is_alphanumeric() && rest.starts_with(':')).trim();
        let plain = |c: char| c.is_alphanumeric() || "/._-@ ".contains(c);
        if !name.is_empty() && name.chars().all(plain) {
            self.generated.made(&format!("\n;{LOCAL}.include(\"{name}\", {CONTEXT});"), from);
        }
    }

    fn mixin(&mut self, indent: usize, from: usize, to: usize) {
        let code = self.slice(from, to);
        let length = code.find('(').unwrap_or(code.len());
        let name = identifier(&code[..length]);
        self.generated.made(&format!("\nfunction {name}"), from);
        if length < code.len() {
            self.generated.code(self.text, from + length, to);
        } else {
            self.generated.made("()", to);
        }
        self.block(indent, to);
    }

    /// `+name(arguments)(attributes) text`
    fn call(&mut self, indent: usize, from: usize, to: usize) -> usize {
        let code = self.slice(from, to);
        let length = code.find(|c: char| !(c.is_alphanumeric() || "_-$".contains(c))).unwrap_or(code.len());
        let name = identifier(&code[..length]);
        let open = from + length;
        if self.text.as_bytes().get(open) != Some(&b'(') {
            self.generated.made(&format!("\n;{name}();"), from);
            return self.rest_of_tag(indent, "", open, to);
        }
        let close = self.bracket(open, open + LONGEST);
        self.generated.made(&format!("\n;{name}("), from);
        self.generated.code(self.text, open + 1, close);
        self.generated.made("\n);", close);
        let end = self.line_end(close);
        self.rest_of_tag(indent, "", close + 1, end)
    }

    /// Where the bracket closes that opens at `at`, or `last`; strings are skipped.
    fn bracket(&self, mut at: usize, last: usize) -> usize {
        let bytes = self.text.as_bytes();
        let (mut depth, mut quote) = (0u32, None);
        let last = last.min(bytes.len());
        while at < last {
            match (quote, bytes[at]) {
                (Some(_), b'\\') => at += 1,
                (Some(open), byte) if open == byte => quote = None,
                (None, byte @ (b'"' | b'\'' | b'`')) => quote = Some(byte),
                (None, b'(' | b'[' | b'{') => depth += 1,
                (None, b')' | b']' | b'}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        last
    }

    /// `tag#id.class(attributes)= expression`
    fn tag(&mut self, indent: usize, from: usize, to: usize) -> usize {
        let line = self.slice(from, to);
        let length = line.find(|c: char| !(c.is_alphanumeric() || "_-:.#".contains(c))).unwrap_or(line.len());
        let head = line[..length].trim_end_matches(['.', ':']);
        let name = head.split(['.', '#']).next().unwrap_or("");
        self.rest_of_tag(indent, name, from + head.len(), to)
    }

    fn rest_of_tag(&mut self, indent: usize, name: &str, mut at: usize, mut to: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(at) {
                Some(b'(') => {
                    let close = self.bracket(at, at + LONGEST);
                    self.attributes(name, at + 1, close);
                    at = (close + 1).min(self.text.len());
                    to = to.max(self.line_end(at));
                }
                Some(b'&') if self.slice(at, to).starts_with("&attributes(") => {
                    let open = at + "&attributes".len();
                    let close = self.bracket(open, open + LONGEST);
                    self.generated.output(Some("attributes"), self.text, open + 1, close);
                    at = (close + 1).min(self.text.len());
                    to = to.max(self.line_end(at));
                }
                _ => break,
            }
        }
        let rest = self.slice(at, to);
        let mut html = Html::new();
        if matches!(name, "script" | "style") {
            html.feed(&format!("<{name}>"));
        }
        if let Some(rest) = rest.strip_prefix("!=") {
            self.expression(to - rest.len(), to, true, html.place());
        } else if let Some(rest) = rest.strip_prefix('=') {
            self.expression(to - rest.len(), to, false, html.place());
        } else if rest.trim_end() == "." {
            self.below = Some((indent, Below::Text(html)));
        } else if let Some(inner) = rest.strip_prefix(": ") {
            let inner = inner.trim_start();
            return self.line(indent, to - inner.len(), to);
        } else {
            self.words(&mut html, at, to);
            if matches!(name, "script" | "style") && rest.trim().is_empty() {
                // Older templates: the lines below a script are its text.
                self.below = Some((indent, Below::Text(html)));
            }
        }
        to
    }

    /// The attributes between the brackets of a tag.
    fn attributes(&mut self, tag: &str, from: usize, to: usize) {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while at < to {
            let byte = bytes.get(at).copied().unwrap_or(b' ');
            if byte.is_ascii_whitespace() || byte == b',' {
                at += 1;
                continue;
            }
            let name_end = (at..to).find(|at| matches!(bytes[*at], b'=' | b',' | b' ' | b'\n' | b'\r' | b'\t'));
            let name_end = name_end.unwrap_or(to);
            let name = self.slice(at, name_end).trim_matches(['"', '\'']);
            let raw = name.ends_with('!');
            let name = name.trim_end_matches('!');
            let mut next = name_end;
            while next < to && bytes[next].is_ascii_whitespace() {
                next += 1;
            }
            if bytes.get(next) != Some(&b'=') {
                at = name_end.max(at + 1);
                continue;
            }
            let start = next + 1;
            let end = self.value_end(start, to);
            self.attribute(tag, name, raw, start, end);
            at = end.max(start);
        }
    }

    /// Where the value of an attribute ends: at a comma, or at a blank behind which no operator goes on.
    fn value_end(&self, from: usize, to: usize) -> usize {
        let bytes = self.text.as_bytes();
        let operator = |byte: u8| b"+-*/%&|?:<>=.!,".contains(&byte);
        let (mut depth, mut quote) = (0u32, None);
        let mut last = b'=';
        let mut at = from;
        while at < to {
            let byte = bytes[at];
            match (quote, byte) {
                (Some(_), b'\\') => at += 1,
                (Some(open), byte) if open == byte => quote = None,
                (None, b'"' | b'\'' | b'`') => quote = Some(byte),
                (None, b'(' | b'[' | b'{') => depth += 1,
                (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
                (None, b',') if depth == 0 => return at,
                (None, byte) if byte.is_ascii_whitespace() && depth == 0 => {
                    let next = (at..to).map(|at| bytes[at]).find(|byte| !byte.is_ascii_whitespace());
                    if !operator(last) && next.is_some_and(|next| !operator(next)) {
                        return at;
                    }
                }
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                last = byte;
            }
            at += 1;
        }
        to
    }

    fn attribute(&mut self, tag: &str, name: &str, raw: bool, from: usize, to: usize) {
        let code = self.slice(from, to).trim();
        let tag = if tag.is_empty() { "div" } else { tag };
        let mut html = Html::new();
        html.feed(&format!("<{tag} {name}=\""));
        // A text with a constant beginning has a scheme of its own.
        if code.len() > 2 && code.starts_with(['"', '\'', '`']) && !code.starts_with("`${") {
            html.feed("x");
        }
        let place = html.place();
        let how = output(place, raw, made(code, &[], place));
        self.generated.output(how, self.text, from, to);
    }

    fn expression(&mut self, from: usize, to: usize, raw: bool, place: Place) {
        let how = output(place, raw, made(self.slice(from, to), &[], place));
        self.generated.output(how, self.text, from, to);
    }

    /// Text with `#{…}` and `!{…}`.
    fn words(&mut self, html: &mut Html, from: usize, to: usize) {
        let bytes = self.text.as_bytes();
        let (mut done, mut at) = (from, from);
        while at + 1 < to {
            let sign = bytes[at];
            if !matches!(sign, b'#' | b'!') || bytes[at + 1] != b'{' || at > 0 && bytes[at - 1] == b'\\' {
                at += 1;
                continue;
            }
            let close = self.bracket(at + 1, to);
            if close >= to {
                break;
            }
            html.feed(self.slice(done, at));
            self.expression(at + 2, close, sign == b'!', html.place());
            html.output();
            at = close + 1;
            done = at.min(to);
        }
        html.feed(self.slice(done, to));
    }
}

/// A name of a mixin as a name of JavaScript.
fn identifier(text: &str) -> String {
    let name: String =
        text.trim().chars().map(|c| if c.is_alphanumeric() || c == '_' || c == '$' { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_numeric()) { format!("_{name}") } else { name }
}
