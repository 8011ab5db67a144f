//! JavaScript and TypeScript, with JSX, and the scripts inside Vue and Svelte components, by `oxc_parser`.
//!
//! Left out: types (annotations that are plain references excepted), the markup of components, Flow.
//! Grammar: <https://tc39.es/ecma262/>, <https://www.typescriptlang.org/docs/>, <https://facebook.github.io/jsx/>.
//!
//! The parser recurses and gives no tree on a syntax error, so a text passes [`scan`] (how deep is it nested?) before
//! it is parsed, and [`recover`] cuts out what is broken. Callers give the thread 64 MiB of stack.

mod declaration;
mod embedded;
mod expression;
mod function;
mod jsx;
mod lower;
mod pattern;
mod recover;
mod scan;
#[cfg(test)]
mod tests;

use oxc_span::SourceType;

use super::Frontend;
use super::template::component;
use crate::base::{Language, Location, Problem, ProblemKind, SourceFile, Span};
use crate::syntax::Tree;

/// Reads JavaScript, TypeScript, JSX, Vue and Svelte.
pub struct JavaScript;

impl Frontend for JavaScript {
    fn languages(&self) -> &'static [Language] {
        &[Language::JavaScript, Language::TypeScript]
    }

    fn language_of(&self, path: &str) -> Option<Language> {
        match extension(path).as_str() {
            "js" | "mjs" | "cjs" | "jsx" | "vue" | "svelte" => Some(Language::JavaScript),
            "ts" | "mts" | "cts" | "tsx" => Some(Language::TypeScript),
            _ => None,
        }
    }

    fn parse(&self, file: &SourceFile, language: Language) -> (Tree, Vec<Problem>) {
        let extension = extension(file.path());
        if !matches!(extension.as_str(), "vue" | "svelte") {
            return parse_text(file, file.text(), &dialects(&extension, language), language);
        }
        let scripts = embedded::scripts(file.text());
        // With the markup, if that reads; what is wrong with the scripts is told by reading them alone.
        if let Some((tree, None)) = component::lower(file.path(), file.text(), &scripts.text, scripts.typed) {
            return (tree, Vec::new());
        }
        let dialects = dialects(if scripts.typed { "tsx" } else { "jsx" }, language);
        parse_text(file, &scripts.text, &dialects, language)
    }
}

/// The inline scripts of a page.
pub(super) fn page(file: &SourceFile) -> (Tree, Vec<Problem>) {
    let scripts = embedded::scripts(file.text());
    parse_text(file, &scripts.text, &dialects("js", Language::JavaScript), Language::JavaScript)
}

/// The inline scripts of a text that was a template, as far as they can be read.
pub(super) fn scripts(text: &str) -> Tree {
    fragment(&embedded::scripts(text).text, false).0
}

/// Whether a page has an inline script.
pub(super) fn has_script(text: &str) -> bool {
    embedded::has_script(text)
}

/// Parses JavaScript that is made of something else; with the first thing that could not be read.
pub(super) fn fragment(text: &str, typed: bool) -> (Tree, Option<(Span, String)>) {
    let language = Language::JavaScript;
    let dialects = dialects(if typed { "tsx" } else { "js" }, language);
    match recover::parse(text, &dialects, language) {
        Ok(outcome) => {
            let error = outcome.error.map(|error| (error.span, error.message.trim_end_matches('.').to_owned()));
            let cut = outcome.cut.map(|span| (span, "it is nested too deeply".to_owned()));
            (outcome.tree, error.or(cut))
        }
        Err(deep) => (Tree::new(language), Some((deep, "it is nested too deeply".to_owned()))),
    }
}

fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

/// The grammars to try, the likeliest first. Plain `.js` may hold JSX, be a script with HTML comments, or TypeScript
/// in disguise.
fn dialects(extension: &str, language: Language) -> Vec<SourceType> {
    let script = SourceType::script().with_jsx(true);
    match extension {
        "ts" | "mts" | "cts" => vec![SourceType::ts(), SourceType::tsx(), script],
        "tsx" => vec![SourceType::tsx(), SourceType::ts(), script],
        "cjs" => vec![SourceType::cjs().with_jsx(true), SourceType::unambiguous().with_jsx(true), SourceType::ts()],
        _ if language == Language::TypeScript => vec![SourceType::tsx(), SourceType::ts(), script],
        _ => {
            let likely = SourceType::unambiguous().with_jsx(true);
            vec![likely, script, SourceType::tsx(), SourceType::ts()]
        }
    }
}

/// Parses a text whose offsets are those of the file.
fn parse_text(file: &SourceFile, text: &str, dialects: &[SourceType], language: Language) -> (Tree, Vec<Problem>) {
    let outcome = match recover::parse(text, dialects, language) {
        Ok(outcome) => outcome,
        Err(deep) => return (Tree::new(language), vec![limit(file, deep, "the file was not checked")]),
    };
    let mut problems = Vec::new();
    if let Some(error) = outcome.error {
        problems.push(syntax(file, &error));
    }
    if let Some(cut) = outcome.cut {
        problems.push(limit(file, cut, "what lies deeper was not checked"));
    }
    (outcome.tree, problems)
}

fn limit(file: &SourceFile, span: Span, consequence: &str) -> Problem {
    let location = file.locate(Span::at(span.start));
    let message = format!("code is nested too deeply; {consequence}");
    Problem::incomplete(ProblemKind::Limit, Some(location), message).hint("generated code can be excluded by its path")
}

fn syntax(file: &SourceFile, error: &recover::SyntaxError) -> Problem {
    let location: Location = file.locate(error.span);
    let reason = error.message.trim_end_matches('.');
    let lost = match error.lost.as_slice() {
        _ if matches!(error.repair, Some(recover::Repair::Closed)) => "read as if its brackets were closed".to_owned(),
        _ if matches!(error.repair, Some(recover::Repair::Members)) => "read as members of a class".to_owned(),
        [] => "the file was not checked".to_owned(),
        lost => {
            let lines: Vec<_> = lost.iter().map(|span| lines(file, *span)).collect();
            format!("not checked: {}", lines.join(", "))
        }
    };
    let problem = Problem::incomplete(ProblemKind::Syntax, Some(location), format!("does not parse: {reason}; {lost}"));
    if error.flow { problem.hint("Flow types are not supported") } else { problem }
}

fn lines(file: &SourceFile, span: Span) -> String {
    let (first, last) = (file.line_of(span.start), file.line_of(span.end.saturating_sub(1).max(span.start)));
    if first == last { format!("line {first}") } else { format!("lines {first} to {last}") }
}
