//! The markup of Vue and Svelte components: what is written into the page as it stands becomes calls in a function
//! behind the script, which sees the script's variables.
//!
//! Formats: <https://vuejs.org/api/built-in-directives.html>, <https://svelte.dev/docs/svelte/@html>. Left out: slots,
//! what components pass to one another, members of `this` in Vue's options.

use std::cell::Cell;

use memchr::memmem;

use super::builder::{Builder, LOCAL};
use super::generated::Generated;
use super::html::{Made, Place, is_made, made};
use crate::base::Span;
use crate::syntax::Tree;

/// Names of elements that have no end.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// How many bytes are looked through for ends that are not there.
const BUDGET: usize = 16 << 20;
/// How deep elements with loops may nest.
const DEPTH: usize = 64;

/// The function of a component's markup, if there is anything in it to speak of. `script` is the text of its scripts, as
/// long as the file.
pub(in super::super) fn lower(path: &str, text: &str, script: &str, typed: bool) -> Option<(Tree, Option<Span>)> {
    let bytes = text.as_bytes();
    let has = |sign: &[u8]| memmem::find(bytes, sign).is_some();
    let svelte = path.ends_with(".svelte");
    let wanted = if svelte {
        has(b"{@html") || has(b"href={") || has(b"srcdoc={")
    } else {
        [&b"v-html"[..], b"innerHTML", b":href", b"srcdoc", b"xlink:href"].iter().any(|sign| has(sign))
    };
    if !wanted {
        return None;
    }
    let mut generated = Generated::default();
    generated.code(script, 0, script.len());
    if svelte {
        props(script, &mut generated);
    }
    generated.made("\nfunction template() {\n", text.len());
    let before = generated.len();
    let markup = Markup { text, generated: &mut generated, open: Vec::new(), svelte, budget: Cell::new(BUDGET) };
    markup.run();
    if generated.len() == before {
        return None;
    }
    generated.made("\n}\n", text.len());
    let (tree, broken) = generated.parse(text.len(), typed);
    let mut builder = Builder::over(tree);
    let import = builder.import();
    let mut root = std::mem::take(&mut builder.tree.root).into_vec();
    root.insert(0, import);
    builder.tree.root = root.into();
    Some((builder.tree, broken.map(|broken| broken.span)))
}

/// `export let name`: what a component is given, whatever it is set to here.
fn props(script: &str, generated: &mut Generated) {
    const MOST: usize = 200;
    for at in memmem::find_iter(script.as_bytes(), b"export let ").take(MOST) {
        let from = at + "export let ".len();
        let rest = script.get(from..).unwrap_or("");
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
        if length > 0 && !rest.starts_with(|c: char| c.is_numeric()) {
            generated.made("\n;", from);
            generated.code(script, from, from + length);
            generated.made(&format!(" = {LOCAL}.prop();"), from + length);
        }
    }
}

struct Markup<'t, 'g> {
    text: &'t str,
    generated: &'g mut Generated,
    /// Open elements and blocks that hold a loop: how many of the same name are open inside.
    open: Vec<(String, u32)>,
    svelte: bool,
    budget: Cell<usize>,
}

struct Attribute<'t> {
    name: &'t str,
    /// Where its value stands, without quotes or braces.
    value: (usize, usize),
}

impl<'t> Markup<'t, '_> {
    fn run(mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(found) = memchr::memchr2(b'<', b'{', bytes.get(at..).unwrap_or_default()) {
            at += found;
            let rest = self.text.get(at..).unwrap_or("");
            if rest.starts_with("<!--") {
                at += memmem::find(rest.as_bytes(), b"-->").map_or(rest.len(), |end| end + 3);
            } else if let Some(name) = ["<script", "<style"].iter().find(|name| rest.starts_with(**name)) {
                let close = format!("</{}", &name[1..]);
                at += memmem::find(rest.as_bytes(), close.as_bytes()).map_or(rest.len(), |end| end + close.len());
            } else if rest.starts_with("</") {
                let name = word(rest.get(2..).unwrap_or(""));
                self.close(name);
                at += 2 + name.len();
            } else if rest.starts_with('<') {
                at = self.element(at);
            } else if self.svelte {
                at = self.braces(at);
            } else {
                at += 1;
            }
        }
        while self.open.pop().is_some() {
            self.generated.made("\n}", self.text.len());
        }
    }

    fn close(&mut self, name: &str) {
        if let Some((open, count)) = self.open.last_mut()
            && open == name
        {
            if *count == 0 {
                self.open.pop();
                self.generated.made("\n}", self.text.len());
            } else {
                *count -= 1;
            }
        }
    }

    /// A start tag; gives where it ends.
    fn element(&mut self, at: usize) -> usize {
        let name = word(self.text.get(at + 1..).unwrap_or(""));
        if name.is_empty() {
            return at + 1;
        }
        let (attributes, end) = self.attributes(at + 1 + name.len());
        let closed = self.text.get(..end).is_some_and(|text| text.ends_with("/>")) || VOID.contains(&name);
        if let Some((open, count)) = self.open.last_mut()
            && open == name
            && !closed
        {
            *count += 1;
        }
        let looped = attributes.iter().find(|attribute| attribute.name == "v-for" && !self.svelte);
        if let Some(attribute) = looped
            && self.open.len() < DEPTH
        {
            self.loop_over(attribute.value.0, attribute.value.1);
            self.open.push((name.to_owned(), 0));
        }
        for attribute in &attributes {
            self.attribute(name, attribute);
        }
        if looped.is_some() && closed {
            self.close(name);
        }
        end
    }

    fn attribute(&mut self, tag: &str, attribute: &Attribute<'_>) {
        let (from, to) = attribute.value;
        let code = self.text.get(from..to).unwrap_or("");
        let plain = attribute.name.trim_start_matches("v-bind:").trim_start_matches([':', '.']);
        let bound = plain.len() < attribute.name.len() || self.svelte;
        let how = match plain.split('.').next().unwrap_or(plain) {
            "v-html" if !self.svelte => "v_html",
            "innerHTML" | "inner-html" | "srcdoc" if bound => "v_html",
            "href" | "xlink:href" if bound && matches!(tag, "a" | "area" | "use") => "url",
            "src" if bound && matches!(tag, "iframe" | "embed" | "script") => "url",
            _ => return,
        };
        // A text with a constant beginning has a scheme of its own.
        let begins = code.trim_start();
        let fixed = begins.len() > 2 && begins.starts_with(['`', '"', '\'']) && !begins.starts_with("`${");
        if self.svelte && !self.text.get(..from).is_some_and(|text| text.ends_with('{')) || how == "url" && fixed {
            return;
        }
        let whole = code.trim().trim_start_matches("`${").split('}').next().unwrap_or(code);
        let how = match how {
            "v_html" if is_made(code, &[]) => "part",
            "url" if made(whole, &[], Place::Url) != Made::Unknown => "url_part",
            how => how,
        };
        self.generated.output(Some(how), self.text, from, to);
    }

    /// `item in items`, `(item, index) of items`.
    fn loop_over(&mut self, from: usize, to: usize) {
        let code = self.text.get(from..to).unwrap_or("");
        let sign = [" in ", " of "].iter().filter_map(|sign| code.find(sign)).min();
        let Some(sign) = sign else {
            self.generated.made("\n{", from);
            return;
        };
        let target = code[..sign].trim();
        let inner = target.strip_prefix('(').and_then(|target| target.strip_suffix(')'));
        // A pattern with commas of its own is taken as a whole; of several names, the first is the element.
        let first = match inner {
            Some(inner) if inner.trim_start().starts_with('{') => inner.rfind('}').map_or(inner, |end| &inner[..=end]),
            Some(inner) => inner.split(',').next().unwrap_or(inner),
            None => target,
        };
        let start = from + code.find(first).unwrap_or(0);
        self.generated.made("\nfor (const ", from);
        self.generated.code(self.text, start, start + first.len());
        self.generated.made(" of (", from + sign);
        self.generated.code(self.text, from + sign + 4, to);
        self.generated.made(")) {", to);
    }

    /// Attributes of a start tag, and where it ends.
    fn attributes(&self, mut at: usize) -> (Vec<Attribute<'t>>, usize) {
        let bytes = self.text.as_bytes();
        let mut found = Vec::new();
        while let Some(byte) = bytes.get(at).copied() {
            match byte {
                b'>' => return (found, at + 1),
                b'<' => return (found, at),
                b'{' => at = braced(self.text, at, &self.budget),
                _ if byte.is_ascii_whitespace() || byte == b'/' => at += 1,
                _ => {
                    let rest: &'t str = self.text.get(at..).unwrap_or("");
                    let length = rest.find(|c: char| c.is_whitespace() || "=>/{<".contains(c)).unwrap_or(rest.len());
                    let name = &rest[..length.max(1).min(rest.len())];
                    at += name.len();
                    if bytes.get(at) != Some(&b'=') {
                        continue;
                    }
                    at += 1;
                    let (value, next) = self.attribute_value(at);
                    found.push(Attribute { name, value });
                    at = next.max(at);
                }
            }
        }
        (found, at)
    }

    fn attribute_value(&self, at: usize) -> ((usize, usize), usize) {
        let bytes = self.text.as_bytes();
        match bytes.get(at) {
            Some(quote @ (b'"' | b'\'')) => {
                let end = memchr::memchr(*quote, bytes.get(at + 1..).unwrap_or_default());
                let end = end.map_or(bytes.len(), |end| at + 1 + end);
                let inner = self.text.get(at + 1..end).unwrap_or("");
                // Svelte: `href="{url}"`.
                if self.svelte && inner.starts_with('{') && inner.ends_with('}') {
                    return ((at + 2, end - 1), end + 1);
                }
                ((at + 1, end), end + 1)
            }
            Some(b'{') => {
                let end = braced(self.text, at, &self.budget);
                ((at + 1, end.saturating_sub(1).max(at + 1)), end)
            }
            _ => {
                let rest = self.text.get(at..).unwrap_or("");
                let length = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
                ((at, at + length), at + length)
            }
        }
    }

    /// Svelte's `{…}` between tags; gives where it ends.
    fn braces(&mut self, at: usize) -> usize {
        let end = braced(self.text, at, &self.budget);
        let (from, to) = (at + 1, end.saturating_sub(1).max(at + 1));
        let code = self.text.get(from..to).unwrap_or("");
        if let Some(rest) = code.strip_prefix("@html") {
            let how = if is_made(rest, &[]) { "part" } else { "raw" };
            self.generated.output(Some(how), self.text, from + 5, to);
        } else if let Some(rest) = code.strip_prefix("@const") {
            self.generated.made("\nvar", from);
            self.generated.code(self.text, to - rest.len(), to);
            self.generated.made(";", to);
        } else if let Some(rest) = code.strip_prefix("#each")
            && let Some(sign) = rest.find(" as ")
            && self.open.len() < DEPTH
        {
            let iter = to - rest.len();
            let target = iter + sign + 4;
            let pattern = self.text.get(target..to).unwrap_or("");
            let length = pattern_length(pattern);
            self.generated.made("\nfor (const ", target);
            self.generated.code(self.text, target, target + length);
            self.generated.made(" of (", iter);
            self.generated.code(self.text, iter, iter + sign);
            self.generated.made(")) {", to);
            self.open.push(("#each".to_owned(), 0));
        } else if code.starts_with("/each") {
            self.close("#each");
        }
        end
    }
}

/// How long the pattern of `{#each items as pattern, index (key)}` is.
fn pattern_length(text: &str) -> usize {
    let mut depth = 0u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' | '(' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// Behind the `}` that closes the `{` at `at`, strings skipped.
fn braced(text: &str, at: usize, budget: &Cell<usize>) -> usize {
    const LONGEST: usize = 16_384;
    let (mut depth, mut quote) = (0u32, None);
    for (at, byte) in text.bytes().enumerate().skip(at).take(LONGEST.min(budget.get())) {
        let byte = &byte;
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), b'\n') => quote = None,
            (None, b'"' | b'\'' | b'`') => quote = Some(*byte),
            (None, b'{') => depth += 1,
            (None, b'}') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    // Not closed: text. Looking for an end that is not there is paid for.
    budget.set(budget.get().saturating_sub(LONGEST));
    at + 1
}

fn word(text: &str) -> &str {
    let length = text.find(|c: char| !(c.is_alphanumeric() || "-_.:".contains(c))).unwrap_or(text.len());
    &text[..length]
}
