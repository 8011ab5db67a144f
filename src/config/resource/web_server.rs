//! nginx, <https://nginx.org/en/docs/>, and Caddy, <https://caddyserver.com/docs/caddyfile>: listening sockets, locations,
//! aliases, headers, proxies. A small reader of blocks and directives with a budget of its own; includes are read where
//! they stand, not where they are included.

use serde_json::json;

use super::{Draft, Id, ResourceExtract, ResourceReader, name_of};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::choose;

/// Directives of one file.
const MAX_DIRECTIVES: usize = 20_000;
/// Blocks nested deeper are left out.
const MAX_DEPTH: usize = 32;

/// Reads nginx's configuration.
pub(super) struct Nginx;

impl ResourceReader for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn matches(&self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let name = name_of(path);
        super::ends(&name, &[".nginx", ".conf", ".conf.template"])
            || lower.contains("sites-available/")
            || lower.contains("sites-enabled/")
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let text = file.text();
        let looks = text.contains('{')
            && ["location ", "server {", "server{", "upstream "].iter().any(|word| text.contains(word))
            && !text.contains("<VirtualHost");
        if !looks {
            return ResourceExtract::default();
        }
        let mut draft = Draft::new(file, choose::stage(file.path(), context));
        Nginx::directives(&mut draft, text);
        draft.finish()
    }
}

/// A block that is open.
struct Block {
    id: Option<Id>,
}

impl Nginx {
    fn directives(draft: &mut Draft<'_>, text: &str) {
        let mut blocks: Vec<Block> = Vec::new();
        let mut skipped = 0_usize;
        let mut words: Vec<(&str, Span)> = Vec::new();
        let tokens = Tokens { text, at: 0 };
        let mut count = 0;
        for (token, span) in tokens {
            match token {
                ";" => {
                    let id = blocks.iter().rev().find_map(|block| block.id);
                    if let Some(id) = id.filter(|_| skipped == 0) {
                        directive(draft, id, &words);
                    }
                    words.clear();
                    count += 1;
                }
                "{" if blocks.len() < MAX_DEPTH => {
                    let id = block(draft, &words, &blocks);
                    blocks.push(Block { id });
                    words.clear();
                }
                "{" => {
                    skipped += 1;
                    words.clear();
                }
                "}" => {
                    words.clear();
                    if skipped > 0 {
                        skipped -= 1;
                    } else {
                        blocks.pop();
                    }
                }
                _ if words.len() < 100 => words.push((token, span)),
                _ => {}
            }
            if count > MAX_DIRECTIVES {
                draft.full = true;
                break;
            }
        }
    }
}

/// Words with where they stand and whether they are quoted.
pub(super) fn words(text: &str) -> impl Iterator<Item = (&str, usize, bool)> {
    let quoted = |at: usize| matches!(text.as_bytes().get(at), Some(b'"' | b'\''));
    Tokens { text, at: 0 }.map(move |(word, span)| (word, span.start as usize, quoted(span.start as usize)))
}

struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (&'t str, Span);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if byte == b'#' {
                self.at += memchr::memchr(b'\n', &bytes[self.at..]).unwrap_or(bytes.len() - self.at);
            } else {
                break;
            }
        }
        let start = self.at;
        let first = bytes[start];
        let span = |start: usize, end: usize| Span::from_range(start..end);
        if matches!(first, b';' | b'{' | b'}') {
            self.at += 1;
            return Some((&self.text[start..self.at], span(start, self.at)));
        }
        if matches!(first, b'"' | b'\'') {
            let end = memchr::memchr(first, &bytes[start + 1..]).map_or(bytes.len(), |length| start + 1 + length);
            self.at = (end + 1).min(bytes.len());
            return Some((&self.text[start + 1..end], span(start, self.at)));
        }
        let mut end = start;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b';' | b'}' => break,
                // `${name}` and the quantifiers of a regular expression are parts of a word.
                b'{' => match braces(&bytes[end..]) {
                    Some(length) if end > start => end += length,
                    _ => break,
                },
                byte if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            end += 1;
        }
        self.at = end.max(start + 1);
        Some((&self.text[start..self.at], span(start, self.at)))
    }
}

/// How far it is to the brace that closes one around a name or numbers.
fn braces(bytes: &[u8]) -> Option<usize> {
    let end = memchr::memchr(b'}', bytes.get(..100.min(bytes.len()))?)?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b',');
    (end > 1 && bytes[1..end].iter().all(plain)).then_some(end)
}

/// Begins the resource of a block, if it is one.
fn block(draft: &mut Draft<'_>, words: &[(&str, Span)], outer: &[Block]) -> Option<Id> {
    let (kind, span) = *words.first()?;
    match kind {
        "server" => Some(draft.resource("web-server", "server", span)),
        "location" => {
            let texts: Vec<&str> = words[1..].iter().map(|(text, _)| *text).collect();
            let (modifier, path) = match texts.as_slice() {
                [modifier, path] if matches!(*modifier, "=" | "~" | "~*" | "^~") => (*modifier, *path),
                [path] => ("", *path),
                _ => ("~", texts.last().copied().unwrap_or("")),
            };
            let id = draft.resource("web-location", path, span);
            let whole = words.iter().fold(span, |whole, (_, span)| whole.cover(*span));
            draft.fact(id, "path", json!({"modifier": modifier, "path": super::clip(path)}), whole);
            Some(id)
        }
        // Conditions and limits inside a location speak of the location.
        _ => outer.iter().rev().find_map(|block| block.id),
    }
}

fn directive(draft: &mut Draft<'_>, id: Id, words: &[(&str, Span)]) {
    let Some(((name, span), arguments)) = words.split_first() else { return };
    let whole = words.iter().fold(*span, |whole, (_, span)| whole.cover(*span));
    let texts: Vec<&str> = arguments.iter().map(|(text, _)| *text).collect();
    match *name {
        "listen" => draft.fact(id, "listen", texts.join(" "), whole),
        "autoindex" => draft.fact(id, "autoindex", texts.first() == Some(&"on"), whole),
        "alias" | "root" | "proxy_pass" | "fastcgi_pass" => draft.text(id, name, texts.first().unwrap_or(&""), whole),
        "ssl_protocols" => texts.iter().for_each(|protocol| draft.fact(id, "protocol", *protocol, whole)),
        "return" | "rewrite" => draft.text(id, name, &texts.join(" "), whole),
        "add_header" | "more_set_headers" => {
            let header = texts.first().unwrap_or(&"").to_ascii_lowercase();
            let value = super::clip(texts.get(1).unwrap_or(&""));
            draft.fact(id, "header", json!({"name": header, "value": value}), whole);
        }
        "allow" | "deny" | "auth_basic" | "auth_request" | "internal" | "satisfy" => {
            draft.fact(id, "guard", *name, whole);
        }
        "stub_status" => draft.fact(id, "status-page", true, whole),
        _ => {}
    }
}

/// Reads Caddyfiles.
pub(super) struct Caddy;

impl ResourceReader for Caddy {
    fn name(&self) -> &'static str {
        "caddy"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        name == "caddyfile" || name.starts_with("caddyfile.") || super::ends(&name, &[".caddyfile", ".caddy"])
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, choose::stage(file.path(), context));
        let id = draft.resource("web-server", "caddy", Span::at(0));
        let mut at = 0;
        let mut in_header = false;
        for line in file.text().split_inclusive('\n').take(MAX_DIRECTIVES) {
            let code = line.trim();
            let begin = at + (line.len() - line.trim_start().len());
            let span = Span::from_range(begin..begin + code.len());
            at += line.len();
            if code.is_empty() || code.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = code.split_whitespace().map(|word| word.trim_matches('"')).collect();
            match words.as_slice() {
                ["header", name, value, ..] if !name.starts_with(['-', '{', '@', '/']) => {
                    header(&mut draft, id, name, value, span);
                }
                ["header", _, name, value, ..] if *value != "{" => header(&mut draft, id, name, value, span),
                ["header", ..] => in_header = true,
                ["}", ..] => in_header = false,
                ["file_server", rest @ ..] => draft.fact(id, "autoindex", rest.contains(&"browse"), span),
                ["admin", address, ..] if *address != "off" => draft.text(id, "admin", address, span),
                ["tls_insecure_skip_verify"] => draft.fact(id, "proxy-unverified", true, span),
                [name, value, ..] if in_header => header(&mut draft, id, name, value, span),
                _ => {}
            }
        }
        draft.finish()
    }
}

fn header(draft: &mut Draft<'_>, id: Id, name: &str, value: &str, span: Span) {
    let name = name.trim_start_matches(['+', '?', '>']).to_ascii_lowercase();
    draft.fact(id, "header", json!({"name": name, "value": super::clip(value)}), span);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_braces() {
        let words: Vec<_> = Tokens { text: "location ~ ^/a{2}/x { set $v ${b}c; }server{a;}# {\n\"q {\" '", at: 0 }
            .map(|(word, _)| word)
            .collect();
        assert_eq!(
            words,
            ["location", "~", "^/a{2}/x", "{", "set", "$v", "${b}c", ";", "}", "server", "{", "a", ";", "}", "q {", ""]
        );
    }
}
