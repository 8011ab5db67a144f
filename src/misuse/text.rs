//! What is told by the text alone: comparisons, assertions, literal regular expressions, characters of the file. They
//! are put into the form of calls, so that the same conditions can be asked of them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Matcher, On, names, prefix, search};
use crate::base::{Finding, Span};
use crate::flow::Project;
use crate::flow::facts::{CallFact, FactArg, FactValue, FileId, Pattern, Place, Shape};
use crate::model::schema::Constant;
use crate::syntax::{ExprId, ExprKind, Literal, StmtKind, Tree};

impl Matcher<'_> {
    /// All findings of this sort in a file.
    pub(super) fn text(&self, project: &Project, file: FileId, findings: &mut Vec<Finding>) {
        let info = project.file(file);
        let waits = |on: &On| self.by_path.contains_key(&(info.family, *on, ""));
        let kinds: BTreeSet<On> = [On::Compare, On::Assert, On::Regex, On::Search, On::Prefix, On::Text]
            .into_iter()
            .filter(|on| waits(on))
            .collect();
        if kinds.contains(&On::Text) {
            self.characters(project, file, findings);
        }
        let tree = &info.tree;
        if kinds.contains(&On::Search) {
            for (id, expr) in tree.exprs() {
                if let Some(found) = search::search_of(tree, expr) {
                    self.occasion(project, On::Search, &search::told(tree, file, id, found), findings);
                }
            }
        }
        if kinds.contains(&On::Prefix) {
            for call in prefix::tests(tree, info.source.text(), file) {
                self.occasion(project, On::Prefix, &call, findings);
            }
        }
        if !kinds.iter().any(|on| matches!(on, On::Compare | On::Assert | On::Regex)) {
            return;
        }
        let exprs = tree.exprs().filter_map(|(id, expr)| match &expr.kind {
            ExprKind::Binary { op, left, right } if op.is_equality() => {
                Some((On::Compare, expr.span, id, vec![*left, *right]))
            }
            ExprKind::Literal(Literal::Regex(..)) => Some((On::Regex, expr.span, id, vec![id])),
            _ => None,
        });
        let stmts = tree.stmts().filter_map(|(_, stmt)| match &stmt.kind {
            StmtKind::Assert { test, .. } => Some((On::Assert, stmt.span, *test, vec![*test])),
            _ => None,
        });
        for (on, span, id, args) in exprs.chain(stmts).filter(|found| kinds.contains(&found.0)) {
            let args = args.into_iter().map(|expr| value_of(tree, Place { file, expr }));
            let call = told_as_call(tree, Place { file, expr: id }, span, None, args);
            self.occasion(project, on, &call, findings);
        }
    }

    fn occasion(&self, project: &Project, on: On, call: &CallFact, findings: &mut Vec<Finding>) {
        let info = project.file(call.place.file);
        let family = info.family;
        let test = |hit: &super::Hit<'_>| {
            hit.conditions.iter().all(|condition| {
                condition.holds(call) && names::hold(project, condition, &call.argument(&condition.arg))
            }) && hit.purpose.as_ref().is_none_or(|wanted| {
                search::around(&info.tree, info.source.text(), call.span).iter().any(|name| wanted.is_match(name))
            }) && !hit.not_in_file.as_ref().is_some_and(|not| not.is_match(info.source.text()))
        };
        for (rule, hit, _) in self.first_hits(family, on, std::iter::once(""), test) {
            let spoken_of = hit.conditions.first().and_then(|condition| call.argument(&condition.arg).first().copied());
            let argument = spoken_of.map(|value| value.span);
            super::report(project, call.place.file, call.span, rule.written, hit.written, "", argument, findings);
        }
    }

    /// Places that an expression over the whole text finds, one a line.
    fn characters(&self, project: &Project, file: FileId, findings: &mut Vec<Finding>) {
        let info = project.file(file);
        let text = info.source.text();
        let ascii = text.is_ascii();
        let known: Vec<Cell<Option<bool>>> = vec![Cell::new(None); self.needles.len()];
        let holds = |at: &usize| {
            let needle = &self.needles[*at];
            let found = known[*at]
                .get()
                .unwrap_or_else(|| (!ascii || needle.needle().is_ascii()) && needle.find(text.as_bytes()).is_some());
            known[*at].set(Some(found));
            found
        };
        let worth = |hit: &super::Hit<'_>| hit.needs.is_empty() || hit.needs.iter().any(holds);
        for (rule, hit, _) in self.first_hits(info.family, On::Text, std::iter::once(""), worth) {
            let mut last_line = 0;
            for regex in hit.conditions.iter().filter_map(|condition| condition.matches.as_ref()) {
                for found in regex.find_iter(text).take(100) {
                    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
                    let span = Span { start: at(found.start()), end: at(found.end()) };
                    let line = info.source.locate(span).line;
                    if std::mem::replace(&mut last_line, line) != line {
                        super::report(project, file, span, rule.written, hit.written, "", None, findings);
                    }
                }
            }
        }
    }
}

/// What stands in a text in the form of a call, so that rules ask of it what they ask of calls.
pub(super) fn told_as_call(
    tree: &Tree,
    place: Place,
    span: Span,
    receiver: Option<ExprId>,
    args: impl IntoIterator<Item = FactValue>,
) -> CallFact {
    CallFact {
        place,
        span,
        callee_span: span,
        paths: vec![Arc::from("")],
        inside: None,
        receiver: receiver.map(|expr| value_of(tree, Place { file: place.file, expr })),
        args: args.into_iter().map(|value| FactArg { name: None, spread: false, value }).collect(),
        purpose: Vec::new(),
        decorates: None,
    }
}

/// An argument that is a word for rules alone.
pub(super) fn word(text: &str, span: Span) -> FactValue {
    FactValue { constant: Some(Constant::Str(text.to_owned())), span, ..FactValue::default() }
}

/// What the text alone says of a value.
pub(super) fn value_of(tree: &Tree, place: Place) -> FactValue {
    let expr = tree.expr(place.expr);
    let mut value = FactValue { expr: Some(place), span: expr.span, ..FactValue::default() };
    match &expr.kind {
        ExprKind::Literal(literal) => {
            value.constant = match literal {
                Literal::Str(text) | Literal::Bytes(text) => Some(Constant::Str(tree.text(*text).to_owned())),
                Literal::Int(number) => Some(Constant::Int(*number)),
                Literal::Bool(truth) => Some(Constant::Bool(*truth)),
                Literal::Null | Literal::Undefined => Some(Constant::Null),
                _ => None,
            };
            if let Literal::Regex(text, flags) = literal {
                value.pattern =
                    Some(Pattern { text: tree.text(*text).to_owned(), flags: tree.text(*flags).to_owned() });
            }
        }
        ExprKind::Template { .. } => match tree.string_of(place.expr) {
            Some(text) => value.constant = Some(Constant::Str(text.to_owned())),
            None => value.shape = Shape::Template,
        },
        ExprKind::Sequence { .. } => value.shape = Shape::List,
        ExprKind::Map { .. } => value.shape = Shape::Map,
        ExprKind::Name(name) if matches!(tree.text(*name), "undefined" | "NaN") => {
            value.constant = Some(Constant::Null);
        }
        ExprKind::Call { .. } => value.is_call = true,
        _ => {}
    }
    value
}
