//! What would overflow the stack is refused before it is parsed: Ruff's parser recurses on brackets, prefixes and
//! right-associative operators, and dropping its tree recurses on left-nested chains.
//!
//! The bound is found on the token stream in linear time, and only for files with enough brackets and operators to
//! reach it at all. It counts tokens, not tree levels, so it errs on the side of refusing; the exact limit is
//! [`super::MAX_DEPTH`].

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Open brackets, format fields included. `CPython` allows 200.
const MAX_BRACKETS: u32 = 400;
/// Indented blocks. `CPython` allows 100.
const MAX_INDENTS: u32 = 200;
/// Prefixes and right-associative operators in one expression: each costs a round through the parser.
const MAX_PREFIXES: u32 = 1_000;
/// Links of left-associative chains in one expression: each costs a level when the tree is dropped.
const MAX_LINKS: u32 = 10_000;

/// So many of each in a whole file fit on the stack even if all of them were nested: such a file is not looked at closer.
const FEW_BRACKETS: u32 = 1_500;
const FEW_OPERATORS: u32 = 4_000;
const FEW_INDENTED: u32 = 1_500;
/// A shorter file has no room for so many operators or blocks.
const SHORT: usize = 2 * FEW_INDENTED as usize;

/// A limit that a file exceeds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) what: &'static str,
    pub(super) limit: u32,
}

/// The first limit that `text` exceeds.
pub(super) fn check(text: &str) -> Option<Excess> {
    if cannot_be_deep(text) { None } else { scan(text) }
}

/// Whether the whole file has too little of everything to be deep. Blind to strings and comments, so not to be fooled.
///
/// Every byte of a project goes through here: the loops are such that several bytes are looked at at once.
fn cannot_be_deep(text: &str) -> bool {
    if text.len() < FEW_BRACKETS as usize {
        return true;
    }
    let bytes = text.as_bytes();
    let (mut brackets, mut operators, mut words) = (0u32, 0u32, 0u32);
    let mut indented = u32::from(is_blank(bytes[0]));
    for start in (0..bytes.len()).step_by(PIECE) {
        // One byte more than is counted: words and breaks are told by two. Slices, since what is skipped in an iterator
        // is gone through byte by byte.
        let piece = &bytes[start..bytes.len().min(start + PIECE + 1)];
        let own = &piece[..piece.len().min(PIECE)];
        brackets += count(own.iter().map(|byte| matches!(byte, b'(' | b'[' | b'{')));
        if bytes.len() < SHORT {
            continue;
        }
        operators += count(own.iter().map(|byte| is_operator(*byte)));
        let pairs = own.iter().zip(&piece[1..]);
        indented += count(pairs.clone().map(|(before, now)| is_break(*before) & is_blank(*now)));
        words += count(pairs.map(|(second, last)| ends_word(*second, *last)));
    }
    brackets < FEW_BRACKETS && operators + words < FEW_OPERATORS && indented < FEW_INDENTED
}

/// Bytes that are counted at once: a count fits a byte.
const PIECE: usize = 255;

fn count(found: impl Iterator<Item = bool>) -> u32 {
    u32::from(found.map(u8::from).sum::<u8>())
}

#[expect(clippy::needless_bitwise_bool, reason = "branches would look at one byte at a time")]
fn is_operator(byte: u8) -> bool {
    // `.+-*/~%@|&^<>!`, without branches.
    let among = |of: u8| byte == of;
    (b'*'..=b'/').contains(&byte) & (byte != b',')
        | among(b'~')
        | among(b'%')
        | among(b'@')
        | among(b'|')
        | among(b'&')
        | among(b'^')
        | among(b'<')
        | among(b'>')
        | among(b'!')
}

/// The last two letters of `not` or `await`, `lambda`, `else` or `yield`, wherever they stand.
#[expect(clippy::needless_bitwise_bool, reason = "branches would look at one byte at a time")]
fn ends_word(second: u8, last: u8) -> bool {
    ((second == b'o') | (second == b'i')) & (last == b't')
        | (second == b'd') & (last == b'a')
        | (second == b's') & (last == b'e')
        | (second == b'l') & (last == b'd')
}

#[expect(clippy::needless_bitwise_bool, reason = "branches would look at one byte at a time")]
fn is_break(byte: u8) -> bool {
    (byte == b'\n') | (byte == b'\r')
}

#[expect(clippy::needless_bitwise_bool, reason = "branches would look at one byte at a time")]
fn is_blank(byte: u8) -> bool {
    (byte == b' ') | (byte == b'\t') | (byte == b'\x0c')
}

#[derive(Clone, Copy, Default)]
struct Level {
    prefixes: u32,
    links: u32,
}

fn scan(text: &str) -> Option<Excess> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut levels: Vec<Level> = Vec::with_capacity(64);
    let mut level = Level::default();
    // The sums over the levels below the one at hand.
    let mut below = Level::default();
    let mut indents = 0u32;
    let mut after_operand = false;
    loop {
        let kind = lexer.next_token();
        let excess = |what, limit| Some(Excess { what, limit });
        match kind {
            TokenKind::EndOfFile => return None,
            TokenKind::Comment | TokenKind::NonLogicalNewline => continue,
            TokenKind::Indent => {
                indents += 1;
                if indents > MAX_INDENTS {
                    return excess("blocks are", MAX_INDENTS);
                }
            }
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                level.links += 1;
                below.links += level.links;
                below.prefixes += level.prefixes;
                levels.push(level);
                level = Level::default();
                if levels.len() > MAX_BRACKETS as usize {
                    return excess("brackets are", MAX_BRACKETS);
                }
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if let Some(outer) = levels.pop() {
                    below.links -= outer.links;
                    below.prefixes -= outer.prefixes;
                    level = outer;
                }
            }
            TokenKind::Newline | TokenKind::Semi => {
                level = Level::default();
                if kind == TokenKind::Newline {
                    // A logical line ends only outside of brackets: what is still open was broken off.
                    levels.clear();
                    below = Level::default();
                }
            }
            TokenKind::Equal => level.links = 0,
            TokenKind::Comma | TokenKind::Def | TokenKind::Class | TokenKind::Return | TokenKind::Import => {
                level = Level::default();
            }
            TokenKind::Not
            | TokenKind::Await
            | TokenKind::Lambda
            | TokenKind::Else
            | TokenKind::Yield
            | TokenKind::Tilde
            | TokenKind::ColonEqual
            | TokenKind::DoubleStar
            | TokenKind::Star => level.prefixes += 1,
            TokenKind::Plus | TokenKind::Minus if !after_operand => level.prefixes += 1,
            TokenKind::Dot => level.links += 1,
            other if other.is_operator() || other.is_keyword() => level.links += 1,
            _ => {}
        }
        after_operand = matches!(
            kind,
            TokenKind::Name
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::Complex
                | TokenKind::String
                | TokenKind::FStringEnd
                | TokenKind::TStringEnd
                | TokenKind::Rpar
                | TokenKind::Rsqb
                | TokenKind::Rbrace
                | TokenKind::True
                | TokenKind::False
                | TokenKind::None
                | TokenKind::Ellipsis
        ) || kind.is_soft_keyword();
        if below.prefixes + level.prefixes > MAX_PREFIXES {
            return excess("operators are", MAX_PREFIXES);
        }
        if below.links + level.links > MAX_LINKS {
            return excess("chained operators are", MAX_LINKS);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::format_collect, reason = "inputs of tests are short")]

    use super::*;

    fn what(text: &str) -> Option<&'static str> {
        check(text).map(|excess| excess.what)
    }

    #[test]
    fn ordinary_code_passes_however_long() {
        let line =
            "def f(a, *b, c=-1):\n    if not a.b.c(d[1:2], {'x': (1, 2)}) and -a ** 2 < 3: return f\"{a:{b}}\"\n";
        assert_eq!(what(&line.repeat(20_000)), None);
        let table = format!("DATA = [{}]\n", "(1, -2, not x, a.b + c * d), ".repeat(20_000));
        assert_eq!(what(&table), None);
        assert_eq!(what(&format!("x = '{}'\n# {}", "(".repeat(5_000), "[".repeat(5_000))), None);
        assert_eq!(what(&format!("x = {}0", "a or ".repeat(9_000))), None);
    }

    #[test]
    fn each_kind_of_depth_is_refused() {
        assert_eq!(what(&"(".repeat(2_000)), Some("brackets are"));
        assert_eq!(what(&format!("x = {}1", "not ".repeat(5_000))), Some("operators are"));
        assert_eq!(what(&format!("x = {}1", "-".repeat(5_000))), Some("operators are"));
        assert_eq!(what(&format!("x = {}1", "lambda: ".repeat(5_000))), Some("operators are"));
        assert_eq!(what(&format!("x = {}1", "a if b else ".repeat(5_000))), Some("operators are"));
        assert_eq!(what(&format!("x = {}1", "2 ** ".repeat(5_000))), Some("operators are"));
        assert_eq!(what(&format!("x = a{}", ".b".repeat(60_000))), Some("chained operators are"));
        assert_eq!(what(&format!("x = a{}", "()".repeat(60_000))), Some("chained operators are"));
        assert_eq!(what(&format!("x = a{}", " + b".repeat(60_000))), Some("chained operators are"));
        assert_eq!(what(&format!("x = {}", "f'''{".repeat(2_000))), Some("brackets are"));
        let blocks: String = (0..2_000).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect();
        assert_eq!(what(&blocks), Some("blocks are"));
    }
}
