//! Fields as far as their declarations let taint through: types, patterns, validators of pydantic.

use super::super::names::NameId;
use super::super::project::ClassNo;
use super::super::scope::Binding;
use super::super::typed::Held;
use super::super::value::{Origin, TaintSet};
use super::Interp;
use crate::model::index::ALL_KINDS;
use crate::syntax::{ExprId, ExprKind};

/// So many guesses make a finding of low confidence.
pub(super) const UNSURE: u8 = 3;

/// What declarations of a class say of a field.
#[derive(Default, Clone, Copy)]
pub(super) struct Declared {
    pub cleared: crate::model::index::Kinds,
    pub validator: Option<super::FuncId>,
    /// A decorator refuses some of it.
    pub looked_at: bool,
}

impl Interp<'_> {
    /// Whether a class declares a field to hold numbers; if not, what else it says of the field is noted.
    pub(super) fn holds_numbers(&self, class: ClassNo, name: NameId, declared: &mut Declared) -> bool {
        match self.project.held(class, name) {
            Some(Held::Scalar) => return true,
            Some(Held::Patterned) => declared.cleared = ALL_KINDS,
            Some(Held::Text) => declared.cleared |= super::operator::text_kinds(),
            None => {}
        }
        declared.looked_at |= self.project.is_looked_at(class, name);
        declared.validator = declared.validator.or_else(|| self.project.validator(class, name));
        false
    }

    /// The taint of a field as far as its declaration lets it through.
    pub(super) fn as_declared(&mut self, taint: TaintSet, declared: Declared) -> TaintSet {
        let Declared { mut cleared, validator, looked_at } = declared;
        let mut guesses = if looked_at { UNSURE } else { 0 };
        if let Some(validator) = validator {
            let known = self.let_through(validator);
            cleared |= known;
            // It refuses something, though nobody here knows what.
            guesses += if known == 0 && self.project.refuses(validator) { UNSURE } else { 0 };
        }
        let taint = self.values.guess(taint, guesses);
        if cleared == 0 { taint } else { self.values.clear(taint, cleared) }
    }

    /// The kinds for which a validator makes what it is given safe, once it has returned.
    fn let_through(&mut self, validator: super::FuncId) -> crate::model::index::Kinds {
        let Some(summary) = self.summary_of(validator) else { return 0 };
        let cleared = summary.clears.iter().find(|(param, _)| *param == 0).map_or(0, |(_, kinds)| *kinds);
        let returned = summary.returns.taints.iter().filter(|taint| matches!(taint.origin, Origin::Param(0, _)));
        cleared | returned.map(|taint| taint.cleared).reduce(|all, one| all & one).unwrap_or(0)
    }

    /// Whether a name is that of a set of an outer function, which is made there once, of constants:
    /// `const apps = new Set(NAMES)`. What a closure captured is not known where it runs by itself.
    pub(super) fn is_written_set(&self, expr: ExprId) -> bool {
        let tree = self.tree;
        let ExprKind::Name(name) = tree.expr(expr).kind else { return false };
        if self.python || !matches!(self.info.scopes.of_expr(expr), Binding::Local(_)) {
            return false;
        }
        let mut made = tree.assigned_to(name);
        let (Some(value), None) = (made.next(), made.next()) else { return false };
        let ExprKind::Call { callee, args, .. } = &tree.expr(value).kind else { return false };
        let set = matches!(tree.expr(*callee).kind, ExprKind::Name(of) if tree.text(of) == "Set");
        let constant = |arg: ExprId| match &tree.expr(arg).kind {
            ExprKind::Name(of) => !tree.text(*of).contains(|letter: char| letter.is_ascii_lowercase()),
            ExprKind::Sequence { items, .. } => items.iter().all(|item| tree.string_of(item.value).is_some()),
            _ => false,
        };
        set && matches!(args.as_ref(), [only] if constant(only.value))
    }
}
