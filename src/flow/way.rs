//! The ways that data took, as they leave the analysis of a unit: ropes of steps that share what they have in common.
//!
//! Every taint of every field has its way, and hardly any is ever told, so that adding a step or a whole way must cost
//! the same however long it is.

use std::sync::Arc;

use super::facts::FileId;
use super::names::NameId;
use super::value::{Did, MAX_STEPS, Step};
use crate::base::Span;

/// Ropes deeper than this are written out flat.
const DEEPEST: u16 = 64;
/// How many steps are looked at, from the last on.
const FARTHEST: usize = 4 * MAX_STEPS + 1;

/// A way; the default has no steps.
#[derive(Debug, Clone, Default)]
pub struct Way(Option<Arc<Stretch>>);

/// The end of a way, and what was before.
#[derive(Debug)]
pub struct Stretch {
    before: Option<Arc<Stretch>>,
    part: Part,
    last: (FileId, Span),
    kept: Option<NameId>,
    depth: u16,
}

/// A part of a way.
#[derive(Debug, Clone)]
pub enum Part {
    /// One step.
    Step(Step),
    /// A way of its own.
    Way(Arc<Stretch>),
    /// What was a deep rope.
    Flat(Arc<[Step]>),
}

impl Part {
    /// Where it ends.
    pub(super) fn last(&self) -> Option<(FileId, Span)> {
        match self {
            Self::Step(step) => Some((step.file, step.span)),
            Self::Way(way) => Some(way.last),
            Self::Flat(steps) => steps.last().map(|step| (step.file, step.span)),
        }
    }

    fn kept(&self) -> Option<NameId> {
        let of_step = |step: &Step| if let Did::Kept(name) = step.did { Some(name) } else { None };
        match self {
            Self::Step(step) => of_step(step),
            Self::Way(way) => way.kept,
            Self::Flat(steps) => steps.iter().find_map(of_step),
        }
    }

    fn depth(&self) -> u16 {
        if let Self::Way(way) = self { way.depth } else { 0 }
    }
}

impl Way {
    /// A way of one step.
    #[must_use]
    pub fn of(step: Step) -> Self {
        Self::made(None, Part::Step(step))
    }

    /// Whether it has no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The variable or field that it was kept in first, on the way from one unit to another.
    #[must_use]
    pub fn kept(&self) -> Option<NameId> {
        self.0.as_ref()?.kept
    }

    /// As a part of another.
    pub(super) fn part(&self) -> Option<Part> {
        self.0.clone().map(Part::Way)
    }

    /// The same with another behind it.
    #[must_use]
    pub(super) fn then(self, on: &Self) -> Self {
        match on.part() {
            Some(part) => self.with(&part),
            None => self,
        }
    }

    /// The same with more behind it.
    #[must_use]
    pub(super) fn with(self, part: &Part) -> Self {
        let Some(before) = self.0 else {
            return match part {
                Part::Way(way) => Self(Some(Arc::clone(way))),
                part => Self::made(None, part.clone()),
            };
        };
        Self::made(Some(before), part.clone())
    }

    fn made(before: Option<Arc<Stretch>>, part: Part) -> Self {
        let Some(last) = part.last() else { return Self(before) };
        let depth = 1 + part.depth().max(before.as_ref().map_or(0, |before| before.depth));
        let kept = before.as_ref().and_then(|before| before.kept).or_else(|| part.kept());
        if depth <= DEEPEST {
            return Self(Some(Arc::new(Stretch { before, part, last, kept, depth })));
        }
        let mut back = Back::default();
        back.part(&part);
        if let Some(before) = &before {
            back.stretch(before);
        }
        let part = Part::Flat(back.steps().into());
        Self(Some(Arc::new(Stretch { before: None, part, last, kept, depth: 1 })))
    }

    /// Its steps in order; of a long one, the first and the last.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let mut back = Back::default();
        if let Some(stretch) = &self.0 {
            back.stretch(stretch);
        }
        back.steps()
    }
}

/// Collects steps from the last on.
#[derive(Default)]
pub(super) struct Back {
    steps: Vec<Step>,
}

impl Back {
    /// Whether more would not be looked at.
    pub(super) fn is_full(&self) -> bool {
        self.steps.len() >= FARTHEST
    }

    pub(super) fn part(&mut self, part: &Part) {
        match part {
            Part::Step(step) => self.step(*step),
            Part::Flat(steps) => steps.iter().rev().for_each(|step| self.step(*step)),
            Part::Way(way) => self.stretch(way),
        }
    }

    fn stretch(&mut self, stretch: &Stretch) {
        let mut left = vec![stretch];
        while let Some(stretch) = left.pop()
            && !self.is_full()
        {
            left.extend(stretch.before.as_deref());
            match &stretch.part {
                Part::Way(way) => left.push(way),
                part => self.part(part),
            }
        }
    }

    /// A step that is told twice is told once, as it was first.
    fn step(&mut self, step: Step) {
        match self.steps.last_mut() {
            Some(next) if (next.file, next.span) == (step.file, step.span) => *next = step,
            _ => self.steps.push(step),
        }
    }

    /// The steps in order; of many, the first and the last.
    pub(super) fn steps(mut self) -> Vec<Step> {
        self.steps.truncate(FARTHEST);
        self.steps.reverse();
        if self.steps.len() > MAX_STEPS {
            self.steps.drain(MAX_STEPS / 2..self.steps.len() - MAX_STEPS / 2);
        }
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(at: u32) -> Step {
        Step { file: FileId(0), span: Span { start: at, end: at + 1 }, did: Did::Joined }
    }

    fn way(steps: impl IntoIterator<Item = u32>) -> Way {
        steps.into_iter().fold(Way::default(), |way, at| way.with(&Part::Step(step(at))))
    }

    fn places(way: &Way) -> Vec<u32> {
        way.steps().iter().map(|step| step.span.start).collect()
    }

    #[test]
    fn parts_are_told_in_order() {
        let inner = way([3, 4]);
        let whole = way([1, 2]).then(&inner).with(&Part::Step(step(5)));
        assert_eq!(places(&whole), [1, 2, 3, 4, 5]);
        assert_eq!(places(&Way::default().then(&inner)), [3, 4]);
        assert!(Way::default().is_empty() && places(&Way::default()).is_empty());
    }

    #[test]
    fn a_step_told_twice_is_told_once() {
        assert_eq!(places(&way([1, 2, 2]).then(&way([2, 3]))), [1, 2, 3]);
    }

    #[test]
    fn of_a_long_way_the_first_and_the_last_steps_are_told() {
        let told = places(&way(0..40));
        assert_eq!(told, (0..12).chain(28..40).collect::<Vec<_>>());
    }

    #[test]
    fn deep_ropes_are_cut_and_keep_their_end() {
        let mut rope = way([0]);
        for at in 1..10_000 {
            rope = way([at]).then(&rope);
        }
        assert!(rope.0.as_ref().unwrap().depth <= DEEPEST);
        assert_eq!(places(&rope).last(), Some(&0));
        assert_eq!(places(&rope).len(), MAX_STEPS);
    }

    #[test]
    fn where_it_was_kept_first_is_known() {
        let kept = |name: u32| Part::Step(Step { did: Did::Kept(NameId(name)), ..step(name) });
        let inner = way([1]).with(&kept(7));
        assert_eq!(way([3]).then(&inner).with(&kept(8)).kept(), Some(NameId(7)));
        assert_eq!(way([3]).kept(), None);
    }
}
