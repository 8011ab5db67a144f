//! Tags of Jinja's kind in a text: where they end and which there are.

use std::ops::Range;

use memchr::memmem;
use rustc_hash::FxHashSet;

/// The names of every `end…` tag of a text, without `end`.
pub(super) fn ends(text: &str) -> FxHashSet<&str> {
    memmem::find_iter(text.as_bytes(), b"{%")
        .filter_map(|at| {
            let rest = text.get(at + 2..)?.trim_start_matches(['-', '+']).trim_start();
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            rest.get(..length)?.strip_prefix("end")
        })
        .collect()
}

/// Where a tag ends: before and behind its closing sign. Strings inside are skipped.
pub(super) fn closing(text: &str, from: usize, sign: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (None, _) if bytes.get(at..)?.starts_with(sign.as_bytes()) => return Some((at, at + sign.len())),
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), b'\\') => at += 1,
            (Some(_), b'\n') => quote = None,
            _ => {}
        }
        at += 1;
    }
    // A quote that is no string: the sign wherever it stands.
    let end = from + memmem::find(bytes.get(from..)?, sign.as_bytes())?;
    Some((end, end + sign.len()))
}

/// The inside of a tag without its white space control and blanks.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = text.get(range.clone()).unwrap_or("");
    let inside = inside.strip_prefix(['-', '+', '~']).unwrap_or(inside);
    let start = range.end - inside.len();
    let inside = inside.strip_suffix(['-', '+', '~']).unwrap_or(inside);
    let left = inside.len() - inside.trim_start().len();
    start + left..(start + inside.trim_end().len()).max(start + left)
}
