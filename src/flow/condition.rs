//! Asking the conditions of rule and model files ([`CompiledCondition`]) of a call's facts.

use super::facts::{CallFact, FactValue, Shape};
use crate::backtrack::is_exponential;
use crate::base::pattern::Pattern;
use crate::model::index::{CompiledCondition, kind_bit};
use crate::model::path::ArgBase;
use crate::model::schema::Constant;

impl CompiledCondition {
    /// Whether the condition holds for a call.
    #[must_use]
    pub fn holds(&self, call: &CallFact) -> bool {
        let values = call.argument(&self.arg);
        let hidden = call.spreads() && !matches!(self.arg.base, ArgBase::Receiver);
        self.holds_for(&values, hidden)
    }

    /// Whether it holds for the values that its argument path named (`value` for an assignment). `hidden`: a value may be
    /// there unseen.
    #[must_use]
    pub fn holds_for(&self, values: &[&FactValue], hidden: bool) -> bool {
        let written = &self.written;
        if written.absent.is_some_and(|absent| absent == (!values.is_empty() || hidden)) {
            return false;
        }
        if !written.is_not.is_empty()
            && (hidden && values.is_empty() || values.iter().any(|value| is_one_of(value, &written.is_not)))
        {
            return false;
        }
        if !written.not_from.is_empty() && values.iter().any(|value| value.comes_from(&written.not_from)) {
            return false;
        }
        let positive: [&dyn Fn(&FactValue) -> bool; 9] = [
            &|value| written.is.is_empty() || is_one_of(value, &written.is),
            &|value| self.matches.as_ref().is_none_or(|regex| text_matches(value, regex)),
            &|value| self.begins.as_ref().is_none_or(|regex| begins(value, regex)),
            &|value| written.below.is_none_or(|bound| matches!(value.constant, Some(Constant::Int(n)) if n < bound)),
            &|value| written.from.is_empty() || value.comes_from(&written.from),
            &|value| written.shape.as_deref().is_none_or(|shape| has_shape(value, shape)),
            &|value| written.bits.is_none_or(|bits| matches!(value.constant, Some(Constant::Int(n)) if n & bits != 0)),
            &|value| written.open_for.as_deref().is_none_or(|kind| value.open & kind_bit(kind) != 0),
            &|value| written.backtracks.is_none_or(|wanted| backtracks(value) == wanted),
        ];
        let asks = !written.is.is_empty()
            || self.matches.is_some()
            || self.begins.is_some()
            || written.below.is_some()
            || !written.from.is_empty()
            || written.shape.is_some()
            || written.bits.is_some()
            || written.open_for.is_some()
            || written.backtracks.is_some();
        !asks || values.iter().any(|value| positive.iter().all(|test| test(value)))
    }
}

fn is_one_of(value: &FactValue, constants: &[Constant]) -> bool {
    value.constant.as_ref().is_some_and(|constant| constants.contains(constant))
}

fn text_matches(value: &FactValue, regex: &Pattern) -> bool {
    match &value.constant {
        Some(Constant::Str(text)) => regex.is_match(text),
        Some(Constant::Int(number)) => regex.is_match(&number.to_string()),
        None if !value.constants.is_empty() => value.constants.iter().all(|constant| match constant {
            Constant::Str(text) => regex.is_match(text),
            Constant::Int(number) => regex.is_match(&number.to_string()),
            _ => false,
        }),
        // of a regular expression, how it is written
        None => value.pattern.as_ref().is_some_and(|pattern| regex.is_match(&pattern.text)),
        _ => false,
    }
}

fn begins(value: &FactValue, regex: &Pattern) -> bool {
    value.head.as_ref().map_or_else(|| text_matches(value, regex), |head| regex.is_match(head))
}

/// Whether it is a regular expression, or the text of one, that can take exponential time.
fn backtracks(value: &FactValue) -> bool {
    match (&value.pattern, &value.constant) {
        (Some(pattern), _) => is_exponential(&pattern.text, &pattern.flags),
        (None, Some(Constant::Str(text))) => is_exponential(text, ""),
        _ => false,
    }
}

/// Whether a value is constant, or as good as that.
#[must_use]
pub fn is_constant(value: &FactValue) -> bool {
    has_shape(value, "constant")
}

fn has_shape(value: &FactValue, shape: &str) -> bool {
    let constant = value.constant.is_some()
        || !value.constants.is_empty()
        || value.cleared & (kind_bit("code") | kind_bit("command")) != 0
        || matches!(value.shape, Shape::List) && value.items.iter().all(|item| has_shape(item, "constant"))
        || matches!(value.shape, Shape::Function | Shape::Class);
    match shape {
        "constant" => constant,
        "not-constant" => !constant,
        "string" => matches!(value.shape, Shape::String | Shape::Template),
        "list" => value.shape == Shape::List,
        "map" => value.shape == Shape::Map,
        "template" => value.shape == Shape::Template,
        "function" => value.shape == Shape::Function,
        "once" => match &value.pattern {
            Some(pattern) => !pattern.flags.contains('g'),
            None => matches!(value.constant, Some(Constant::Str(_))),
        },
        _ => false,
    }
}
