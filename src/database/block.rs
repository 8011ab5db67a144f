//! `DO` blocks: statements inside, and those that are put together in loops over tables.

use super::lexer::{Kind, Lexer, Raw, Token};
use super::reader::{Place, Reader};
use super::statement::Sink;

/// Tables that one loop is unrolled for.
const MAX_LOOP: usize = 500;

/// Statements that loops of one file are unrolled to.
const MAX_UNROLLED: usize = 20_000;

/// Reads the body of a block.
pub(super) fn read(sink: &mut Sink, reader: &mut Reader<'_>, place: &Place<'_>) {
    let Some(token) = reader.tokens.iter().find(|token| matches!(token.kind, Kind::Text { .. })) else { return };
    let Some((body, start)) = reader.body(*token) else { return };
    let inner = match place {
        Place::At(file, base) => Place::At(file, base + start),
        Place::Fixed(location) => Place::Fixed(location.clone()),
    };
    let raw = Lexer::all(body);
    sink.cut += usize::from(raw.cut);
    let candidates = candidates(body, &raw.tokens);
    let mut at = 0;
    while at < raw.tokens.len() {
        if !begins(body, &raw.tokens, at) {
            at += 1;
            continue;
        }
        let length = raw.tokens[at..].iter().position(|token| token.kind == Kind::Sign(b';'));
        let end = length.map_or(raw.tokens.len(), |length| at + length);
        let part = &raw.tokens[at..end];
        if body[part[0].start..part[0].end].eq_ignore_ascii_case("execute") {
            executed(sink, body, &part[1..], &candidates, &inner);
        } else {
            sink.read(body, &Raw { tokens: part.to_vec(), cut: false }, &inner, 1);
        }
        at = end + 1;
    }
}

/// Whether a statement that matters begins at a token.
fn begins(text: &str, tokens: &[Token], at: usize) -> bool {
    let word = |token: &Token| if token.kind == Kind::Word { &text[token.start..token.end] } else { "" };
    let is = |word: &str, words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if !is(word(&tokens[at]), &["alter", "create", "drop", "grant", "revoke", "insert", "update", "execute"]) {
        return false;
    }
    let Some(before) = at.checked_sub(1).map(|before| &tokens[before]) else { return true };
    before.kind == Kind::Sign(b';') || is(word(before), &["then", "begin", "else", "loop"])
}

/// The names that a loop runs over: texts in `ARRAY[…]`, `IN (…)` or `VALUES`; `*` where the catalogue is asked.
fn candidates(text: &str, tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = None;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let word = |back: usize| {
            let token = at.checked_sub(back).and_then(|at| tokens.get(at));
            token.filter(|token| token.kind == Kind::Word).map_or("", |token| &text[token.start..token.end])
        };
        match token.kind {
            Kind::Sign(b'(' | b'[') => {
                depth += 1;
                let listed = ["array", "in", "values"].iter().any(|known| known.eq_ignore_ascii_case(word(1)));
                if open.is_none() && listed && !word(2).eq_ignore_ascii_case("not") {
                    open = Some(depth);
                }
            }
            Kind::Sign(b')' | b']') => {
                if open == Some(depth) {
                    open = None;
                }
                depth = depth.saturating_sub(1);
            }
            Kind::Text { .. } if open.is_some() && found.len() < MAX_LOOP => {
                let name = Reader::new(text, tokens).body(*token).map_or("", |(body, _)| body);
                let simple = !name.is_empty()
                    && name.len() < 64
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
                if simple && !found.iter().any(|known| known == name) {
                    found.push(name.to_owned());
                }
            }
            _ => {}
        }
    }
    let catalogue = ["pg_tables", "information_schema", "pg_class"];
    let asks = |token: &Token| catalogue.iter().any(|name| name.eq_ignore_ascii_case(&text[token.start..token.end]));
    if found.is_empty() && tokens.iter().any(asks) {
        found.push("*".to_owned());
    }
    found
}

/// `EXECUTE 'text'`, `EXECUTE format('text', …)`, `EXECUTE 'a' || b`.
fn executed(sink: &mut Sink, text: &str, tokens: &[Token], candidates: &[String], place: &Place<'_>) {
    let reader = Reader::new(text, tokens);
    let Some(first) = tokens.first() else { return };
    let location = place.locate(first.start, first.end);
    let formatted = reader.is("format");
    let mut built = String::new();
    let mut gap = false;
    for token in tokens {
        if let Some((body, _)) = reader.body(*token) {
            if gap {
                built.push_str(" %I ");
            }
            gap = false;
            built.push_str(&body.replace("''", "'"));
            if formatted {
                break;
            }
        } else if !built.is_empty() && token.kind == Kind::Word {
            gap = true;
        }
    }
    let marks = ["%I.%I", "%s.%s", "%I", "%s", "%L", "%1$I", "%1$s", "%2$I", "%2$s"];
    let varies = marks.iter().any(|mark| built.contains(mark));
    if built.len() > 20_000 {
        sink.cut += 1;
        return;
    }
    let fixed = [String::new()];
    for name in if varies { candidates } else { &fixed } {
        sink.unrolled += 1;
        if sink.unrolled > MAX_UNROLLED {
            sink.cut += 1;
            return;
        }
        let quoted = if name == "*" { "public.\"*\"".to_owned() } else { name.clone() };
        let bare = quoted.trim_start_matches("public.");
        let filled = marks
            .iter()
            .enumerate()
            .fold(built.clone(), |text, (at, mark)| text.replace(mark, if at < 2 { &quoted } else { bare }));
        let mut lexer = Lexer::new(&filled);
        while let Some(raw) = lexer.statement() {
            sink.read(&filled, &raw, &Place::Fixed(location.clone()), 1);
        }
    }
}
