//! Parsing in spite of syntax errors. oxc gives no tree at all on an error, so: try the other dialects, then blank the
//! top-level statement that holds the error, and parse again, a bounded number of times.

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::SourceType;

use super::{embedded, lower, scan};
use crate::base::{Language, Span};
use crate::syntax::Tree;

/// How often a broken statement is cut out before the rest is given up.
const ROUNDS: usize = 8;

/// What could be read.
pub(super) struct Outcome {
    /// The tree of all that parses.
    pub(super) tree: Tree,
    /// The first error, if there is one.
    pub(super) error: Option<SyntaxError>,
    /// Where the tree was cut for its depth.
    pub(super) cut: Option<Span>,
}

/// The first syntax error of a file and what was lost by it.
pub(super) struct SyntaxError {
    /// Where.
    pub(super) span: Span,
    /// What the parser says.
    pub(super) message: String,
    /// The regions that were left out; all of the file if there are none.
    pub(super) lost: Vec<Span>,
    /// Whether the file says it is Flow.
    pub(super) flow: bool,
}

/// Parses a text as the first dialect that takes it, or without what is broken.
pub(super) fn parse(text: &str, dialects: &[SourceType], language: Language) -> Outcome {
    let mut first = None;
    let mut best: Option<(u32, SourceType)> = None;
    for dialect in dialects {
        match attempt(text, *dialect, language) {
            Ok((tree, cut)) => return Outcome { tree, error: None, cut },
            Err(error) => {
                // The dialect that gets furthest is the one the file is written in.
                if best.is_none_or(|(offset, _)| error.span.start > offset) {
                    best = Some((error.span.start, *dialect));
                }
                first.get_or_insert(error);
            }
        }
    }
    let (Some(mut error), Some((_, dialect))) = (first, best) else {
        return Outcome { tree: Tree::new(language), error: None, cut: None };
    };
    if error.flow {
        return Outcome { tree: Tree::new(language), error: Some(error), cut: None };
    }
    let mut broken = text.to_owned();
    for _ in 0..ROUNDS {
        let Err(next) = attempt(&broken, dialect, language) else { break };
        if error.lost.is_empty() {
            error.span = next.span;
            error.message.clone_from(&next.message);
        }
        let region = scan::statement_at(&broken, next.span.start, dialect.is_jsx());
        if region.is_empty() {
            break;
        }
        let lost = Span::from_range(region.clone());
        let mut blanked = String::with_capacity(broken.len());
        blanked.push_str(broken.get(..region.start).unwrap_or(""));
        embedded::blank(broken.get(region.clone()).unwrap_or(""), &mut blanked);
        blanked.push_str(broken.get(region.end..).unwrap_or(""));
        broken = blanked;
        error.lost.push(lost);
        if scan::too_deep(&broken, dialect.is_jsx()).is_some() {
            break;
        }
    }
    match attempt(&broken, dialect, language) {
        Ok((tree, cut)) => Outcome { tree, error: Some(error), cut },
        Err(_) => {
            error.lost.clear();
            Outcome { tree: Tree::new(language), error: Some(error), cut: None }
        }
    }
}

/// Parses and lowers once. Errors that the parser itself gets over leave a whole tree and count for nothing.
fn attempt(text: &str, dialect: SourceType, language: Language) -> Result<(Tree, Option<Span>), SyntaxError> {
    let allocator = Allocator::default();
    let options = ParseOptions {
        allow_return_outside_function: true,
        preserve_parens: false,
        allow_v8_intrinsics: true,
        enable_ident_hashes: false,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, dialect).with_options(options).parse();
    if parsed.panicked { Err(syntax_error(&parsed)) } else { Ok(lower::lower(&parsed.program, text, language)) }
}

fn syntax_error(parsed: &ParserReturn<'_>) -> SyntaxError {
    // The error that stopped the parser is the last one.
    let error = parsed.diagnostics.errors().last();
    let span = error.and_then(|error| error.labels.first()).map_or(Span::default(), |label| {
        let start = u32::try_from(label.offset()).unwrap_or(0);
        let length = u32::try_from(label.len()).unwrap_or(0);
        Span::new(start, start.saturating_add(length))
    });
    let message = error.map_or_else(|| "unknown error".to_owned(), |error| error.message.to_lowercase());
    SyntaxError { span, message, lost: Vec::new(), flow: parsed.is_flow_language }
}
