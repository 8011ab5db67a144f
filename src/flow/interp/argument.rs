//! Arguments of programs: foreign text that begins one of them is read as an option (`--upload-pack=…`), unless `--` or
//! an option that takes a value stands before it.

use super::super::names::index_name;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use super::call::Args;
use super::operator::UNKNOWN;
use crate::base::Span;
use crate::model::index::{Kinds, kind_bit};
use crate::model::path::ArgBase;
use crate::syntax::{ExprId, ExprKind};

/// How many arguments of a program are looked at.
const MAX_ARGUMENTS: u32 = 64;

/// Options of one letter that stand alone with nearly every program; others are taken to have a value behind them.
const LONE: [&str; 10] = ["-q", "-v", "-y", "-l", "-a", "-z", "-k", "-L", "-sS", "-fsSL"];

/// Longer ones, and what they begin with.
#[rustfmt::skip]
const LONE_LONG: [&str; 40] = [
    "--quiet", "--verbose", "--yes", "--all", "--bare", "--mirror", "--recursive", "--recurse-submodules", "--force", "--hard",
    "--soft", "--mixed", "--oneline", "--stat", "--cached", "--staged", "--tags", "--prune", "--short", "--porcelain", "--verify",
    "--abbrev-ref", "--heads", "--detach", "--single-branch", "--name-only", "--name-status", "--silent", "--location",
    "--insecure", "--compressed", "--archive", "--dry-run", "--json", "--global", "--save-dev", "--user", "--upgrade",
    "--ff-only", "--symbolic-full-name",
];

/// Sink kinds that what follows such a beginning is safe for as an argument: it does not begin it any more. Behind a space a
/// word may begin, and a dash alone makes an option of what follows.
pub(super) fn begun_by(head: &str) -> Kinds {
    let goes_on = head.chars().next_back().is_some_and(|last| !last.is_whitespace() && !matches!(last, '"' | '\''));
    let plain = head.trim_start_matches(UNKNOWN);
    if goes_on && !plain.is_empty() && !plain.chars().all(|c| c == '-') { kind_bit("argument") } else { 0 }
}

/// Whether an option stands alone, so that what follows is an argument of its own.
fn stands_alone(option: &str) -> bool {
    option.contains('=') || option.starts_with("--no-") || LONE.contains(&option) || LONE_LONG.contains(&option)
}

impl Interp<'_> {
    /// A sink that is the arguments of a program: those that a caller begins.
    pub(super) fn check_arguments(&mut self, sink: u32, callee: ExprId, args: &Args, guessed: bool) {
        let index = self.index;
        for path in &index.sinks[sink as usize].args {
            let found = self.named(path, callee, args);
            if matches!(path.base, ArgBase::From(_)) {
                // `run("git", "clone", url)`
                self.check_each(sink, &found, guessed);
                continue;
            }
            // The program itself is judged as a command.
            let from = u32::from(matches!(path.base, ArgBase::Position(0) | ArgBase::Either(0, _)));
            for (list, span) in found {
                self.check_list(sink, list, (from, span), guessed);
            }
        }
    }

    fn check_list(&mut self, sink: u32, list: Value, (from, span): (u32, Span), guessed: bool) {
        if self.deep(list) == TaintSet::CLEAN {
            return;
        }
        for one in self.refs(list) {
            let Ref::Object(at) = one else { continue };
            let Some(object) = self.state.object(at).filter(|object| object.is_list) else { continue };
            let count = object.count.unwrap_or(MAX_ARGUMENTS).min(MAX_ARGUMENTS);
            let known = (from..count).filter_map(|at| object.field(index_name(at)?));
            let items: Vec<(Value, Span)> = known.map(|(value, _)| (value, span)).collect();
            let rest = object.rest;
            if !self.check_each(sink, &items, guessed) && rest != Value::NONE {
                // Where it stands is not known.
                self.check_begun(sink, rest, span, 1 + u8::from(guessed));
            }
        }
    }

    /// Checks arguments in their order; whether `--` ends the options.
    fn check_each(&mut self, sink: u32, items: &[(Value, Span)], guessed: bool) -> bool {
        let mut takes = false;
        for (value, span) in items {
            if let Some(text) = self.constant_text(*value) {
                if matches!(text.as_str(), "--" | "--end-of-options") {
                    return true;
                }
                takes = text.starts_with('-') && !stands_alone(&text);
                continue;
            }
            if !std::mem::take(&mut takes) {
                self.check_begun(sink, *value, *span, u8::from(guessed));
            }
        }
        false
    }

    fn check_begun(&mut self, sink: u32, value: Value, span: Span, guessed: u8) {
        let begins = |one: &Ref| match one {
            Ref::Starts(name) => self.names.text(*name).starts_with([UNKNOWN, '-']),
            Ref::Str(_) | Ref::Int(_) | Ref::Bool(_) | Ref::Scalar | Ref::Null => false,
            _ => true,
        };
        if self.values.refs(value.refs).iter().any(begins) && !self.went_through(value, &["join", "joinpath"]) {
            self.check(sink, value, span, guessed);
        }
    }
}

impl Interp<'_> {
    /// `urlparse(x).scheme in ("http", "https")`: what has a scheme begins with it.
    pub(super) fn has_scheme(&mut self, place: ExprId) {
        let ExprKind::Member { object, name, .. } = self.tree.expr(place).kind else { return };
        if matches!(self.tree.text(name), "scheme" | "protocol" | "hostname" | "netloc" | "host") {
            let value = self.eval_quiet(object);
            self.clear_origins(value, kind_bit("argument"));
        }
    }

    /// `name[0] == "-"` does not hold.
    pub(super) fn begins_without_dash(&mut self, left: ExprId, right: ExprId) {
        let ExprKind::Index { object, index } = self.tree.expr(left).kind else { return };
        if self.tree.string_of(right) != Some("-") {
            return;
        }
        let first = self.eval_quiet(index);
        if self.single(first) == Some(Ref::Int(0)) {
            self.clear_place(object, kind_bit("argument"));
        }
    }

    /// `address.startswith(("http://", "https://"))`: one of several beginnings, none of them a dash.
    pub(super) fn begins_one_of(&mut self, object: ExprId, prefix: Value, holds: bool) {
        let texts = match self.list_items(prefix) {
            Some(items) => items.into_iter().map(|item| self.constant_text(item)).collect(),
            None => vec![self.constant_text(prefix)],
        };
        let dash = |text: &Option<String>| text.as_deref().is_some_and(|text| matches!(text, "-" | "--"));
        let other =
            |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty() && !text.starts_with('-'));
        let safe = if holds { !texts.is_empty() && texts.iter().all(other) } else { texts.iter().any(dash) };
        if safe {
            self.clear_place(object, kind_bit("argument"));
        }
    }
}
