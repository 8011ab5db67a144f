//! Python → the common tree, by Ruff's parser (`ruff_python_parser`), which recovers from errors: broken files and
//! Python 2 give the tree of what could be read, and one problem. Every syntax of Python 3 is read, whatever the version.
//!
//! Left out: types beyond annotations, type parameters, `raise … from`, notebooks (`.ipynb`).
//!
//! Decisions a reader of the tree should know:
//! - `pass` leaves no statement; `import a, b` becomes two imports; an `elif` is an `If` in `otherwise`.
//! - An assignment in a class body is declared as a static field, since Python's class attributes belong to the class.
//! - `super` is [`crate::syntax::ExprKind::Super`]; a lambda is a function of kind `Arrow` with one `return`.
//! - A template string (`t"…"`) is a template with the tag `string.templatelib.Template`.
//! - Values inside a format specification (`f"{a:{width}}"`) follow the value they format.
//! - The expressions that annotate (`"Request"`) may be strings; those that are dotted names become names.

mod expr;
mod guard;
mod stmt;
#[cfg(test)]
mod tests;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Mod, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use super::Frontend;
use crate::base::{Language, Location, Problem, ProblemKind, SourceFile, Span};
use crate::syntax::Tree;

/// Nodes nested deeper than this become [`crate::syntax::ExprKind::Missing`], so that whoever walks the tree
/// recursively is safe on a thread with 64 MiB of stack. (`CPython` itself refuses 200 nested brackets.)
const MAX_DEPTH: u32 = 1_500;

/// Reads Python.
pub struct Python;

impl Frontend for Python {
    fn languages(&self) -> &'static [Language] {
        &[Language::Python]
    }

    fn language_of(&self, path: &str) -> Option<Language> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, extension) = name.rsplit_once('.')?;
        let known = ["py", "pyi", "pyw"].iter().any(|known| extension.eq_ignore_ascii_case(known));
        (known && !stem.is_empty()).then_some(Language::Python)
    }

    fn parse(&self, file: &SourceFile, language: Language) -> (Tree, Vec<Problem>) {
        let mut tree = Tree::new(language);
        if let Some(excess) = guard::check(file.text()) {
            let problem = Problem::incomplete(
                ProblemKind::Limit,
                Some(Location::file(file.path())),
                format!("{} nested more than {} deep, the file was not parsed", excess.what, excess.limit),
            );
            return (tree, vec![problem]);
        }
        let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
        let parsed = parse_unchecked(file.text(), options);
        tree.comments = parsed
            .tokens()
            .iter()
            .filter(|token| token.kind() == TokenKind::Comment)
            .map(|token| span(token.range()))
            .collect();
        let mut lowering = Lowering::new(&mut tree);
        if let Mod::Module(module) = parsed.syntax() {
            let root = lowering.block(&module.body);
            lowering.tree.root = root;
        }
        let too_deep = lowering.too_deep;
        let mut problems = Vec::new();
        if let Some(first) = parsed.errors().iter().min_by_key(|error| error.range().start()) {
            problems.push(syntax_problem(file, first, parsed.errors().len()));
        }
        if let Some(at) = too_deep {
            problems.push(Problem::incomplete(
                ProblemKind::Limit,
                Some(file.locate(at)),
                format!("code nested more than {MAX_DEPTH} deep was left out"),
            ));
        }
        (tree, problems)
    }
}

fn syntax_problem(file: &SourceFile, first: &ruff_python_parser::ParseError, count: usize) -> Problem {
    let place = span(first.range());
    let more = match count {
        0 | 1 => String::new(),
        2 => " (and 1 more error)".to_string(),
        _ => format!(" (and {} more errors)", count - 1),
    };
    let mut reason = first.error.to_string();
    if let Some(head) = reason.chars().next() {
        reason.replace_range(..head.len_utf8(), &head.to_lowercase().to_string());
    }
    let problem =
        Problem::incomplete(ProblemKind::Syntax, Some(file.locate(place)), format!("not valid Python: {reason}{more}"));
    let line = file.line_text(file.line_of(place.start)).unwrap_or("").trim_start();
    let python2 = ["print ", "exec ", "raise ", "except "].iter().any(|word| line.starts_with(word));
    if python2 { problem.hint("this looks like Python 2; what parses as Python 3 was checked") } else { problem }
}

/// The state of lowering one file.
struct Lowering<'t> {
    tree: &'t mut Tree,
    depth: u32,
    /// Whether the statements at hand stand directly in a class.
    in_class: bool,
    /// Whether the function at hand has a `yield`.
    yields: bool,
    /// The first place that was too deep.
    too_deep: Option<Span>,
    /// Reused for joining strings.
    buffer: String,
}

impl<'t> Lowering<'t> {
    fn new(tree: &'t mut Tree) -> Self {
        Self { tree, depth: 0, in_class: false, yields: false, too_deep: None, buffer: String::new() }
    }

    /// One level deeper; `false` when that is too deep, which is then noted.
    fn enter(&mut self, at: TextRange) -> bool {
        if self.depth >= MAX_DEPTH {
            self.too_deep.get_or_insert(span(at));
            return false;
        }
        self.depth += 1;
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}

fn span(range: TextRange) -> Span {
    Span { start: range.start().to_u32(), end: range.end().to_u32() }
}

fn span_of(node: &impl Ranged) -> Span {
    span(node.range())
}
