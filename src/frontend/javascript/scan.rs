//! A linear look at a text before it is parsed: how deeply it nests, and where its statements begin and end.
//!
//! It knows strings, templates, comments, regular expressions and JSX, but no grammar. Where it cannot tell two readings
//! apart, it takes the one that nests deeper: the guard must not be talked out of a limit that protects the stack.

mod lexer;

use std::ops::Range;

use lexer::{Dialect, Scanner};

/// Levels of brackets, operators and statements that the parser would recurse into. Deeper code is not parsed. oxc needs
/// up to 5 KB of stack a level optimised, and several times that in a debug build.
pub(super) const LIMIT: u32 = 1_200;

/// Where a text nests too deeply for the parser, if it does.
pub(super) fn too_deep(text: &str, dialect: oxc_span::SourceType) -> Option<u32> {
    let mut scanner = Scanner::new(text, Dialect::of(dialect));
    scanner.limit = LIMIT;
    scanner.run();
    scanner.deep.map(|offset| u32::try_from(offset).unwrap_or(u32::MAX))
}

/// The statements around an offset, innermost first; the last stands at the top level.
///
/// In broken code brackets do not balance. A declaration at the very beginning of a line is taken for a top-level one,
/// whatever is still open; a statement that is cut off so is the likely culprit and the only answer.
pub(super) fn statements_at(text: &str, offset: u32, dialect: oxc_span::SourceType) -> Vec<Range<usize>> {
    let last = text.trim_end().len().saturating_sub(1);
    let mut scanner = Scanner::new(text, Dialect::of(dialect));
    scanner.resync = true;
    scanner.target = Some((offset as usize).min(last));
    scanner.run();
    match scanner.unclosed {
        Some(unclosed) if unclosed.region.start <= offset as usize => vec![unclosed.region],
        _ => scanner.found,
    }
}

/// The statements of the top level, as far as they can be told apart.
pub(super) fn statements(text: &str, dialect: oxc_span::SourceType) -> Vec<Range<usize>> {
    let mut scanner = Scanner::new(text, Dialect::of(dialect));
    scanner.resync = true;
    scanner.statements = Some(Vec::new());
    scanner.run();
    scanner.statements.unwrap_or_default()
}

/// The text with the brackets closed that its top-level statements leave open, if there are any. They take the place of
/// white space or stand at the end, so that positions stay.
pub(super) fn closed(text: &str, dialect: oxc_span::SourceType) -> Option<String> {
    const ROUNDS: usize = 4;
    let mut closed: Option<String> = None;
    for _ in 0..ROUNDS {
        let current = closed.as_deref().unwrap_or(text);
        let mut scanner = Scanner::new(current, Dialect::of(dialect));
        scanner.resync = true;
        scanner.run();
        let Some(unclosed) = scanner.unclosed else { break };
        let closers = unclosed.closers?;
        let (head, rest) = (current.get(..unclosed.last)?, current.get(unclosed.last..)?);
        closed = Some(if unclosed.region.end >= current.len() {
            format!("{current}\n{closers}")
        } else if rest.bytes().take(closers.len()).all(|byte| byte.is_ascii_whitespace()) {
            format!("{head}{closers}{}", rest.get(closers.len()..)?)
        } else {
            return None;
        });
    }
    closed
}
