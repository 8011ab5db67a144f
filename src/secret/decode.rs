//! Secrets that are not written as they are: base64 and hex (also in wrapped lines and as UTF-16), URL-encoding, literals
//! joined by `+` or by standing one behind the other, lines continued by a backslash. What is decoded is decoded again,
//! twice at most.
//!
//! Only tokens told by their own form are taken from it: a decoded text is too easily a word. Names of secrets are read
//! only where the decoded text is clearly a configuration. Each pass over the text is linear, and what is decoded of a file
//! has a limit.

use std::borrow::Cow;
use std::ops::Range;

use crate::base::base64;

/// Characters of an encoding from which it is looked at.
const SHORTEST: usize = 24;
/// Bytes of one encoded piece.
const LONGEST: usize = 1 << 20;
/// Bytes that are decoded of one file.
const BUDGET: usize = 8 << 20;
/// Bytes of a literal that is joined with others, and of all of them.
const LITERAL: usize = 600;
const JOINED: usize = 8 << 10;
/// Layers of encoding.
pub(super) const DEPTH: usize = 2;

/// A piece of text that stands for another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it stands for.
    pub text: String,
    /// How it is written.
    pub how: &'static str,
}

impl Piece {
    /// Whether it is in an encoding, and not only written in parts.
    pub(super) fn is_encoded(&self) -> bool {
        matches!(self.how, "base64" | "hexadecimal digits" | "URL-encoding")
    }
}

/// What a file may still decode.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(BUDGET)
    }
}

impl Budget {
    fn take(&mut self, bytes: usize) -> bool {
        let enough = bytes <= self.0;
        self.0 = self.0.saturating_sub(bytes);
        enough
    }
}

/// Finds the encoded pieces of a text.
///
/// In some languages a dot joins literals (`dotted`).
pub(super) fn pieces(text: &str, dotted: bool, budget: &mut Budget) -> Vec<Piece> {
    let mut found = Vec::new();
    runs(text, budget, &mut found);
    percent(text, budget, &mut found);
    joints(text, dotted, budget, &mut found);
    found
}

/// The text that a whole value in base64 stands for.
pub(super) fn plain(value: &str) -> Option<String> {
    let value = value.trim_end_matches('=');
    if value.len() < 4 || value.len() % 4 == 1 {
        return None;
    }
    let text = String::from_utf8(base64::decode(value)?).ok()?;
    let shown = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().all(shown).then(|| text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Whether a decoded text is a configuration: an object of JSON, or lines of which nearly all set a name.
pub(super) fn is_config(text: &str) -> bool {
    let text = text.trim();
    if text.starts_with('{') {
        return text.len() <= LONGEST
            && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object());
    }
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(500);
    let sets = |line: &&str| {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let name = line.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte)).count();
        let rest = line.get(name..).unwrap_or("").trim_start();
        name >= 2 && (rest.starts_with('=') || rest.starts_with(": ") || rest == ":")
    };
    let count = lines().count();
    count >= 2 && lines().filter(sets).count() * 10 >= count * 8
}

/// Characters of base64 in both alphabets.
static BASE64: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    table
};

fn in_base64(byte: u8) -> bool {
    BASE64[usize::from(byte)]
}

/// Runs of the characters of base64 and hex. Steps of the shortest run's length pass over what is too short.
fn runs(text: &str, budget: &mut Budget, found: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start + SHORTEST <= bytes.len() && budget.0 > 0 {
        let window = &bytes[start..start + SHORTEST];
        if let Some(last) = window.iter().rposition(|byte| !in_base64(*byte)) {
            start += last + 1;
            continue;
        }
        let rest = &bytes[start + SHORTEST..];
        let end = start + SHORTEST + rest.iter().position(|byte| !in_base64(*byte)).unwrap_or(rest.len());
        start = match encoded(text, start..end, budget) {
            Some(piece) => {
                let next = piece.range.end;
                found.push(piece);
                next
            }
            None => end,
        } + 1;
    }
}

/// Reads a run, and the lines that it goes on in, if what it stands for is text.
fn encoded(text: &str, run: Range<usize>, budget: &mut Budget) -> Option<Piece> {
    let head = text.get(run.start..run.start + SHORTEST)?;
    if head.bytes().all(|byte| byte.is_ascii_hexdigit())
        && let Some(piece) = hex(text, &run, budget)
    {
        return Some(piece);
    }
    if !is_text(&base64::decode(&head[..16])?) {
        return None;
    }
    let (whole, end) = wrapped(text, &run);
    let usable = whole.len().min(LONGEST) / 4 * 4 + if whole.len() < LONGEST { whole.len() % 4 } else { 0 };
    let usable = if usable % 4 == 1 { usable - 1 } else { usable };
    if !budget.take(usable) {
        return None;
    }
    let decoded = readable(base64::decode(whole.get(..usable)?)?)?;
    let padding = text.as_bytes()[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    Some(Piece { range: run.start..end + padding, text: decoded, how: "base64" })
}

fn hex(text: &str, run: &Range<usize>, budget: &mut Budget) -> Option<Piece> {
    let digits = text.get(run.clone())?;
    let even = digits.len().is_multiple_of(2) && digits.len() <= LONGEST;
    if digits.len() < 32 || !even || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let head: Option<Vec<u8>> = (0..12).map(|at| byte(at * 2)).collect();
    if !is_text(&head?) || !budget.take(digits.len()) {
        return None;
    }
    let decoded: Option<Vec<u8>> = (0..digits.len() / 2).map(|at| byte(at * 2)).collect();
    Some(Piece { range: run.clone(), text: readable(decoded?)?, how: "hexadecimal digits" })
}

/// A run and the runs of the same length on the lines after it, as mail and PEM wrap them.
fn wrapped<'a>(text: &'a str, run: &Range<usize>) -> (Cow<'a, str>, usize) {
    let bytes = text.as_bytes();
    let first = &text[run.clone()];
    let (mut joined, mut end) = (Cow::Borrowed(first), run.end);
    if first.len() < 56 || !first.len().is_multiple_of(4) {
        return (joined, end);
    }
    while joined.len() < LONGEST {
        let gap = bytes[end..].iter().take(48);
        let gap = gap.take_while(|byte| byte.is_ascii_whitespace() || b"\"'\\+>#*,".contains(byte)).count();
        // The `n` of an escaped line break is a letter.
        let escaped = bytes[end..].starts_with(b"\\n");
        let next = end + if escaped { 2 } else { gap };
        if !escaped && memchr::memchr(b'\n', &bytes[end..next]).is_none() {
            break;
        }
        let length = bytes[next..].iter().take(first.len() + 1).take_while(|byte| in_base64(**byte)).count();
        if length == 0 || length > first.len() {
            break;
        }
        joined.to_mut().push_str(&text[next..next + length]);
        end = next + length;
        if length < first.len() {
            break;
        }
    }
    (joined, end)
}

/// Whether bytes read like text, in UTF-8 or UTF-16.
fn is_text(bytes: &[u8]) -> bool {
    let shown = |byte: &u8| matches!(byte, 0x20..=0x7e | b'\t' | b'\n' | b'\r');
    bytes.iter().all(shown) || is_utf16(bytes)
}

fn is_utf16(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(&[0xff, 0xfe]).unwrap_or(bytes);
    bytes.len() >= 8 && bytes.chunks_exact(2).all(|pair| pair[1] == 0 && matches!(pair[0], 0x20..=0x7e | 9 | 10 | 13))
}

/// The text of decoded bytes, as far as they are text.
fn readable(bytes: Vec<u8>) -> Option<String> {
    if is_utf16(&bytes[..bytes.len().min(16)]) {
        let (text, _) = encoding_rs::UTF_16LE.decode_with_bom_removal(&bytes);
        return Some(text.into_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            String::from_utf8(bytes).ok().filter(|text| text.len() >= SHORTEST / 2)
        }
    }
}

/// Words with `%XX` in them.
fn percent(text: &str, budget: &mut Budget, found: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    let in_word = |byte: &&u8| byte.is_ascii_graphic() && !b"\"'`<>()\\,;|".contains(byte);
    let mut from = 0;
    for at in memchr::memchr_iter(b'%', bytes) {
        if budget.0 == 0 {
            return;
        }
        if at < from || !is_escape(bytes, at) {
            continue;
        }
        let start = at - bytes[from..at].iter().rev().take(LITERAL).take_while(in_word).count();
        let end = at + bytes[at..].iter().take(4 * LITERAL).take_while(in_word).count();
        from = end;
        if end - start < SHORTEST || !budget.take(end - start) {
            continue;
        }
        let mut decoded = Vec::with_capacity(end - start);
        let mut next = start;
        while next < end {
            if is_escape(bytes, next) && next + 3 <= end {
                let value = text.get(next + 1..next + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                decoded.extend(value);
                next += 3;
            } else {
                decoded.push(bytes[next]);
                next += 1;
            }
        }
        if let Ok(text) = String::from_utf8(decoded) {
            found.push(Piece { range: start..end, text, how: "URL-encoding" });
        }
    }
}

fn is_escape(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'%')
        && bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// Literals that are joined, by an operator or by standing one behind the other, and words that a backslash continues on the
/// next line.
fn joints(text: &str, dotted: bool, budget: &mut Budget, found: &mut Vec<Piece>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for at in memchr::memchr3_iter(b'+', b'\n', if dotted { b'.' } else { b'+' }, bytes) {
        if budget.0 == 0 {
            return;
        }
        if at < from {
            continue;
        }
        let piece = if bytes[at] == b'\n' && at > 0 && bytes[at - 1] == b'\\' {
            continued(text, at, from)
        } else {
            let (end, piece) = chain(text, at, from).unzip();
            from = end.unwrap_or(from);
            piece.flatten()
        };
        if let Some(piece) = piece.filter(|piece| budget.take(piece.text.len())) {
            from = piece.range.end;
            found.push(piece);
        }
    }
}

/// `word\` and `word` at the beginning of the next line.
fn continued(text: &str, at: usize, from: usize) -> Option<Piece> {
    let bytes = text.as_bytes();
    let in_word = |byte: &&u8| in_base64(**byte) || matches!(**byte, b'.' | b':' | b'@' | b'=');
    let start = at - 1 - bytes[from..at - 1].iter().rev().take(LITERAL).take_while(in_word).count();
    let end = at + 1 + bytes[at + 1..].iter().take(LITERAL).take_while(in_word).count();
    let long = start + 4 < at && at + 2 < end;
    long.then(|| Piece {
        range: start..end,
        text: format!("{}{}", &text[start..at - 1], &text[at + 1..end]),
        how: "a word on two lines",
    })
}

/// The literals round the joint at `at`, and those joined to them behind; and where they end.
fn chain(text: &str, at: usize, from: usize) -> Option<(usize, Option<Piece>)> {
    let bytes = text.as_bytes();
    let close = before(bytes, at).filter(|close| *close >= from)?;
    let mut open = opening(bytes, close, from)?;
    let mut joined = text.get(open + 1..close)?.to_owned();
    // Those before it on the same line.
    while joined.len() < JOINED {
        let blank = bytes[..open].iter().rev().take(16).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let Some(close) = open.checked_sub(blank + 1).filter(|close| blank > 0 && *close >= from) else { break };
        let Some(next) = is_quote(bytes[close]).then(|| opening(bytes, close, from)).flatten() else { break };
        joined.insert_str(0, text.get(next + 1..close)?);
        open = next;
    }
    let mut end = close;
    while joined.len() < JOINED {
        let Some(next) = after(bytes, end + 1) else { break };
        let quote = bytes[next];
        let rest = &bytes[next + 1..bytes.len().min(next + 1 + LITERAL)];
        let Some(length) = memchr::memchr2(quote, b'\n', rest).filter(|length| rest[*length] == quote) else { break };
        joined.push_str(text.get(next + 1..next + 1 + length)?);
        end = next + 1 + length;
    }
    let long = end > close && joined.len() >= SHORTEST / 2;
    let piece = long.then(|| Piece { range: open + 1..end, text: joined, how: "literals put together" });
    Some((end, piece))
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// The quote just before a joint.
fn before(bytes: &[u8], at: usize) -> Option<usize> {
    let skipped = bytes[..at].iter().rev().take(16).take_while(|byte| b" \t\r\n+.&\\".contains(byte)).count();
    let close = at.checked_sub(skipped + 1)?;
    is_quote(bytes[close]).then_some(close)
}

/// Where the literal that ends with the quote at `close` begins, on the same line.
fn opening(bytes: &[u8], close: usize, from: usize) -> Option<usize> {
    let start = close.saturating_sub(LITERAL).max(from);
    let open = start + memchr::memrchr2(bytes[close], b'\n', &bytes[start..close])?;
    (bytes[open] == bytes[close]).then_some(open)
}

/// The quote that opens the next literal, with at most one operator before it.
fn after(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let mut operators = 0;
    for (skipped, byte) in rest.iter().take(160).enumerate() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b'\\' => {}
            b'+' | b'.' | b'&' => operators += 1,
            byte if is_quote(*byte) && operators <= 1 && skipped > 0 => {
                let alone = operators == 0 && memchr::memchr(b'\n', &rest[..skipped]).is_none();
                return (!alone).then_some(at + skipped);
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, &'static str)> {
        pieces(text, false, &mut Budget::default()).into_iter().map(|piece| (piece.text, piece.how)).collect()
    }

    #[test]
    fn pieces_are_read() {
        assert_eq!(of("x = 'VGhpcyBpcyBhIHZlcnkgcGxhaW4gdGV4dA=='"), [("This is a very plain text".into(), "base64")]);
        let hex = "x: 54686973206973206120766572792070 y 546869732069732061207665727920706c61696e2074657874";
        assert_eq!(of(hex).last().unwrap().0, "This is a very plain text");
        assert_eq!(
            of("go?u=postgres%3A%2F%2Fa%3Ab%40c.registry.example"),
            [("go?u=postgres://a:b@c.registry.example".into(), "URL-encoding")]
        );
        assert_eq!(
            of("k = 'one_two_' + \"three_\" +\n  'four'"),
            [("one_two_three_four".into(), "literals put together")]
        );
        assert_eq!(of("k = ('one_two_'\n     'three_four')"), [("one_two_three_four".into(), "literals put together")]);
        assert_eq!(of("K=one_two_\\\nthree four"), [("K=one_two_three".into(), "a word on two lines")]);
    }

    #[test]
    fn what_is_no_text_is_left_alone() {
        for text in [
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
            "src/components/dashboard/widgets/index_page",
            "d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204",
            "['one_two_three_four',\n 'five_six_seven_eight']",
            "100%25",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
    }

    #[test]
    fn wrapped_lines_are_one_piece() {
        let plain = "A line of text that is long enough to be wrapped by whoever encodes it, twice at the least.";
        let encoded = "QSBsaW5lIG9mIHRleHQgdGhhdCBpcyBsb25nIGVub3VnaCB0byBiZSB3cmFwcGVk\n  IGJ5IHdob2V2ZXIgZW5jb2RlcyBpdCwgdHdpY2UgYXQgdGhlIGxlYXN0Lg==\n";
        assert_eq!(of(encoded), [(plain.to_owned(), "base64")]);
    }

    #[test]
    fn utf16_inside_base64_is_read() {
        let bytes = "cABhAHMAcwAgAHcAbwByAGQAIABpAG4AIABoAGUAcgBlAA==";
        assert_eq!(of(bytes)[0].0, "pass word in here");
    }

    #[test]
    fn configurations_are_told() {
        assert!(is_config("DB_HOST=x\nDB_PASSWORD=y\n"));
        assert!(is_config("{\"auths\": {}}"));
        assert!(!is_config("just a sentence: with a colon"));
        assert!(!is_config("one = 1"));
    }
}
