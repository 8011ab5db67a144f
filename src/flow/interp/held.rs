//! Fields as far as their declarations let taint through: types, patterns, validators of pydantic.

use super::super::names::NameId;
use super::super::project::ClassNo;
use super::super::typed::Held;
use super::super::value::{Origin, TaintSet};
use super::Interp;
use crate::model::index::ALL_KINDS;

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
}
