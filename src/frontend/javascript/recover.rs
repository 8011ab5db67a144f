//! Parsing in spite of syntax errors. oxc gives no tree at all on an error, so: try the other dialects, then blank the
//! top-level statement that holds the error, and parse again, a bounded number of times.

use std::ops::Range;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::SourceType;

use super::{embedded, lower, scan};
use crate::base::{Language, Span};
use crate::syntax::Tree;

/// How often a broken statement is cut out before the rest is given up.
const ROUNDS: usize = 12;

/// What is put before members of a class to parse them.
const CLASS: &str = "class _ {\n";

/// What could be read.
pub(super) struct Outcome {
    /// The tree of all that parses.
    pub(super) tree: Tree,
    /// The first error, if there is one.
    pub(super) error: Option<SyntaxError>,
    /// Where the tree was cut for its depth.
    pub(super) cut: Option<Span>,
}

/// A tree, and where it was cut for its depth.
type Read = (Tree, Option<Span>);

/// As what a text was read that does not parse as it stands.
#[derive(Clone, Copy)]
pub(super) enum Repair {
    /// Brackets left open were closed.
    Closed,
    /// It is a part of a class.
    Members,
}

/// The first syntax error of a file and what was lost by it.
#[derive(Clone)]
pub(super) struct SyntaxError {
    /// Where.
    pub(super) span: Span,
    /// What the parser says.
    pub(super) message: String,
    /// The regions that were left out; all of the file if there are none.
    pub(super) lost: Vec<Span>,
    /// How it was read nevertheless, with nothing lost.
    pub(super) repair: Option<Repair>,
    /// Whether the file says it is Flow.
    pub(super) flow: bool,
}

/// Parses a text as the first dialect that takes it, or without what is broken. The inner error is where the text nests
/// too deeply to be parsed at all.
pub(super) fn parse(text: &str, dialects: &[SourceType], language: Language) -> Result<Outcome, Span> {
    let mut best: Option<(SyntaxError, SourceType)> = None;
    let (mut deep, mut flow) = (None, false);
    for dialect in dialects {
        if let Some(offset) = scan::too_deep(text, *dialect) {
            deep.get_or_insert(Span::at(offset));
            continue;
        }
        match attempt(text, *dialect, language) {
            Ok((tree, cut)) => return Ok(Outcome { tree, error: None, cut }),
            // What the parser says of Flow tells nothing of the place; TypeScript's grammar may get far in it.
            Err(error) if error.flow && dialects.len() > 1 => flow = true,
            Err(error) => {
                // The dialect that gets furthest is the one the file is written in.
                if best.as_ref().is_none_or(|(other, _)| error.span.start > other.span.start) {
                    best = Some((error, *dialect));
                }
            }
        }
    }
    match (best, deep) {
        (_, Some(deep)) => Err(deep),
        (Some((mut error, dialect)), None) => {
            error.flow |= flow;
            Ok(as_fragment(text, &error, dialect, language)
                .unwrap_or_else(|| without_broken(text, error, dialect, language)))
        }
        (None, None) => Ok(Outcome { tree: Tree::new(language), error: None, cut: None }),
    }
}

/// Reads a text that is cut off, or that is part of a class, as if it were whole.
fn as_fragment(text: &str, error: &SyntaxError, dialect: SourceType, language: Language) -> Option<Outcome> {
    let found = |(tree, cut), repair| {
        let error = SyntaxError { message: error.message.clone(), lost: Vec::new(), repair: Some(repair), ..*error };
        Outcome { tree, error: Some(error), cut }
    };
    let closed = scan::closed(text, dialect);
    if let Some(closed) = &closed
        && let Ok(read) = attempt_within(closed, text, 0, dialect, language)
    {
        return Some(found(read, Repair::Closed));
    }
    let member = format!("{CLASS}{}\n}}", closed.as_deref().unwrap_or(text));
    if scan::too_deep(&member, dialect).is_some() {
        return None;
    }
    let shift = u32::try_from(CLASS.len()).unwrap_or(0);
    attempt_within(&member, text, shift, dialect, language).ok().map(|read| found(read, Repair::Members))
}

/// Blanks what is broken, from the innermost statement around an error outwards, until the rest parses.
fn without_broken(text: &str, mut error: SyntaxError, dialect: SourceType, language: Language) -> Outcome {
    let mut broken = text.to_owned();
    let mut offset = error.span.start;
    let mut around: Vec<Range<usize>> = Vec::new();
    for _ in 0..ROUNDS {
        // An error inside the surroundings of the last cut comes from that cut: cut more.
        if !around.first().is_some_and(|outer| outer.contains(&(offset as usize))) {
            around = scan::statements_at(&broken, offset, dialect);
        }
        if around.is_empty() {
            break;
        }
        let region = around.remove(0);
        if around.len() > 1 && error.lost.last().is_some_and(|lost| region.start <= lost.start as usize) {
            around.drain(..around.len() - 1); // The second try failed as well: next, all of the top-level statement.
        }
        broken = blanked(&broken, region.clone());
        error.lost.retain(|lost| !(region.start <= lost.start as usize && lost.end as usize <= region.end));
        error.lost.push(Span::from_range(region));
        if scan::too_deep(&broken, dialect).is_some() {
            break;
        }
        match attempt(&broken, dialect, language) {
            Ok((tree, cut)) => {
                error.lost = error.lost.iter().map(|lost| trimmed(text, *lost)).collect();
                error.lost.sort_unstable();
                let cuts = error.lost.len();
                let outcome = Outcome { tree, error: Some(error), cut };
                return if cuts > 1 { less_lost(outcome, text, dialect, language) } else { outcome };
            }
            Err(next) => offset = next.span.start,
        }
    }
    statement_by_statement(text, error, dialect, language)
}

/// An error may cost the statements behind it one after the other: whether less is lost if each stands alone.
fn less_lost(outcome: Outcome, text: &str, dialect: SourceType, language: Language) -> Outcome {
    let size = |error: &SyntaxError| error.lost.iter().map(|lost| u64::from(lost.end - lost.start)).sum::<u64>();
    let Some(error) = outcome.error.clone() else { return outcome };
    let now = size(&error);
    let other = statement_by_statement(text, error, dialect, language);
    match &other.error {
        Some(error) if !error.lost.is_empty() && size(error) < now => other,
        _ => outcome,
    }
}

/// The last resort: blanks every top-level statement that does not parse by itself.
fn statement_by_statement(text: &str, mut error: SyntaxError, dialect: SourceType, language: Language) -> Outcome {
    let mut rest = String::with_capacity(text.len());
    error.lost.clear();
    for region in scan::statements(text, dialect) {
        let part = text.get(region.clone()).unwrap_or("");
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, part, dialect).with_options(options()).parse();
        if parsed.panicked {
            embedded::blank(part, &mut rest);
            let lost = trimmed(text, Span::from_range(region));
            match error.lost.last_mut() {
                Some(last)
                    if text.get(last.end as usize..lost.start as usize).is_some_and(|gap| gap.trim().is_empty()) =>
                {
                    last.end = lost.end;
                }
                _ => error.lost.push(lost),
            }
        } else {
            rest.push_str(part);
        }
    }
    let read = if scan::too_deep(&rest, dialect).is_some() { None } else { attempt(&rest, dialect, language).ok() };
    if let Some((tree, cut)) = read {
        return Outcome { tree, error: Some(error), cut };
    }
    error.lost.clear();
    Outcome { tree: Tree::new(language), error: Some(error), cut: None }
}

/// The text with blanks in place of a region.
fn blanked(text: &str, region: Range<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    out.push_str(text.get(..region.start).unwrap_or(""));
    embedded::blank(text.get(region.clone()).unwrap_or(""), &mut out);
    out.push_str(text.get(region.end..).unwrap_or(""));
    out
}

/// A span without the white space at its ends.
fn trimmed(text: &str, span: Span) -> Span {
    let part = text.get(span.range()).unwrap_or("");
    let start = span.start as usize + (part.len() - part.trim_start().len());
    let end = span.end as usize - (part.len() - part.trim_end().len());
    Span::from_range(start..end.max(start))
}

/// Parses and lowers once. Errors that the parser itself gets over leave a whole tree and count for nothing.
fn attempt(text: &str, dialect: SourceType, language: Language) -> Result<Read, SyntaxError> {
    attempt_within(text, text, 0, dialect, language)
}

/// Parses `padded`, which is `text` behind `shift` more bytes and perhaps with more at its end.
fn attempt_within(
    padded: &str,
    text: &str,
    shift: u32,
    dialect: SourceType,
    language: Language,
) -> Result<Read, SyntaxError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, padded, dialect).with_options(options()).parse();
    if parsed.panicked { Err(syntax_error(&parsed)) } else { Ok(lower::lower(&parsed.program, text, shift, language)) }
}

fn syntax_error(parsed: &ParserReturn<'_>) -> SyntaxError {
    // The error that stopped the parser is the last one.
    let error = parsed.diagnostics.errors().last();
    let span = error.and_then(|error| error.labels.first()).map_or(Span::default(), |label| {
        let start = label.offset();
        let length = label.len();
        Span::new(start, start.saturating_add(length))
    });
    let message = error.map_or_else(|| "unknown error".to_owned(), |error| error.message.to_lowercase());
    SyntaxError { span, message, lost: Vec::new(), repair: None, flow: parsed.is_flow_language }
}

fn options() -> ParseOptions {
    ParseOptions {
        allow_return_outside_function: true,
        preserve_parens: false,
        allow_v8_intrinsics: true,
        enable_ident_hashes: false,
        ..ParseOptions::default()
    }
}
