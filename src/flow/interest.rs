//! Which news are worth running a unit again for.
//!
//! A project hands round a great many values that no model and no sink will ever ask about: constants, `None`, instances
//! of classes that only compute. That one of them was learnt late changes no finding. News are: another source, a source
//! that is safe for less, a library value, a function, an instance of a class whose methods matter, a sink.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use super::project::{ClassNo, FuncId, Project};
use super::summary::{Cell, Portable, PortableObject, PortableTaint, SinkUse, Summary};
use super::value::{Origin, Ref};
use crate::model::index::Index;

/// How deep objects are compared.
const DEPTH: u32 = 3;

/// Tells news from repetitions.
#[derive(Debug)]
pub(super) struct Interest {
    /// The kind of every source of the models.
    kinds: Vec<u8>,
    /// Instances of classes are news during the first pass only: later on they rarely lead anywhere new.
    first: bool,
    /// Every change is news: the project is small enough to follow them all.
    exact: bool,
}

/// What a change says.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Something that matters for sure.
    pub(super) certain: bool,
    /// Instances of these classes, of which it is not known yet whether they matter.
    pub(super) classes: Vec<ClassNo>,
}

impl Interest {
    /// For the first pass.
    pub(super) fn new(index: &Index, exact: bool) -> Self {
        Self { kinds: index.sources.iter().map(|source| source.kind).collect(), first: true, exact }
    }

    /// The first pass is over.
    pub(super) fn settle(&mut self) {
        self.first = false;
    }

    fn in_ref(&self, one: &Ref, news: &mut News) {
        match one {
            Ref::Api(..) | Ref::Func(_) => news.certain = true,
            Ref::Class(class) | Ref::Instance(class) if self.first => news.classes.push(*class),
            _ => {}
        }
    }

    /// Whether a value that took the place of another one says something new.
    pub(super) fn in_value(&self, before: Option<&Portable>, now: &Portable) -> News {
        let mut news = News { certain: self.exact && before != Some(now), classes: Vec::new() };
        if !self.exact {
            self.value(before, now, 0, &mut news);
        }
        news
    }

    fn value(&self, before: Option<&Portable>, now: &Portable, depth: u32, news: &mut News) {
        let known = |one: &Ref| {
            before.is_some_and(|before| {
                before.refs.iter().any(|old| match (old, one) {
                    (Ref::Api(old, _), Ref::Api(new, _)) => old == new,
                    (old, new) => old == new,
                })
            })
        };
        now.refs.iter().filter(|one| !known(one)).for_each(|one| self.in_ref(one, news));
        news.certain |= self.other_sources(before.map_or(&[], |before| &before.taints), &now.taints);
        if let Some(object) = now.object.as_deref()
            && depth < DEPTH
            && !news.certain
        {
            self.object(before.and_then(|before| before.object.as_deref()), object, depth + 1, news);
        }
    }

    fn object(&self, before: Option<&PortableObject>, now: &PortableObject, depth: u32, news: &mut News) {
        for (at, (name, value, _)) in now.fields.iter().enumerate() {
            let old = before.and_then(|before| match before.fields.get(at) {
                Some(field) if field.0 == *name => Some(&field.1),
                _ => before.fields.iter().find(|field| field.0 == *name).map(|field| &field.1),
            });
            self.value(old, value, depth, news);
        }
        if let Some(rest) = &now.rest {
            self.value(before.and_then(|before| before.rest.as_ref()), rest, depth, news);
        }
    }

    /// Whether callers have to look at a function again.
    pub(super) fn in_summary(&self, before: &Summary, now: &Summary) -> bool {
        if self.exact {
            return before != now;
        }
        if other_sinks(&before.sinks, &now.sinks)
            || before.clears != now.clears
            || before.validates != now.validates
            || before.diverges != now.diverges
            || self.other_ways(&before.returns.taints, &now.returns.taints)
        {
            return true;
        }
        let mut news = News::default();
        self.value(Some(&before.returns), &now.returns, 0, &mut news);
        for (param, effect) in &now.effects {
            let old = before.effects.iter().find(|(other, _)| other == param).map(|(_, effect)| &**effect);
            self.object(old, effect, 1, &mut news);
        }
        news.certain
    }

    /// Whether a kind of source is new, or safe for less than before: one more source of a kind changes little.
    fn other_sources(&self, before: &[PortableTaint], now: &[PortableTaint]) -> bool {
        let sources = now.iter().filter_map(|taint| self.kind(taint).map(|kind| (kind, taint.cleared)));
        sources.into_iter().any(|(kind, cleared)| {
            !before.iter().any(|old| self.kind(old) == Some(kind) && old.cleared & !cleared == 0)
        })
    }

    fn kind(&self, taint: &PortableTaint) -> Option<u8> {
        match taint.origin {
            Origin::Source { source, .. } => self.kinds.get(source as usize).copied(),
            Origin::Param(..) => None,
        }
    }

    /// Whether what comes back from a call comes from elsewhere than before, or is safe for other kinds.
    fn other_ways(&self, before: &[PortableTaint], now: &[PortableTaint]) -> bool {
        let params = |taints: &[PortableTaint]| -> Vec<_> {
            let params = taints.iter().filter(|taint| matches!(taint.origin, Origin::Param(..)));
            params.map(|taint| (taint.origin, taint.cleared)).collect()
        };
        params(before) != params(now) || self.other_sources(before, now) || self.other_sources(now, before)
    }
}

/// The classes with a method (or a base) that does more than compute.
pub(super) fn classes(
    project: &Project,
    summaries: &[Option<Arc<Summary>>],
    cells: &FxHashMap<Cell, Arc<Portable>>,
) -> FxHashSet<ClassNo> {
    let of = |function: FuncId| summaries.get(function.0 as usize).and_then(Option::as_deref);
    let own: Vec<bool> = (0u32..)
        .zip(&project.classes)
        .map(|(at, class)| {
            cells.contains_key(&Cell::Bases(ClassNo(at)))
                || class.methods.values().any(|method| of(*method).is_some_and(matters))
        })
        .collect();
    let all = (0u32..).map(ClassNo).take(project.classes.len());
    all.filter(|class| project.lineage(*class).iter().any(|base| own[base.0 as usize])).collect()
}

/// Whether a summary tells callers more than that values come out as they went in.
fn matters(summary: &Summary) -> bool {
    !summary.sinks.is_empty()
        || !summary.clears.is_empty()
        || !summary.validates.is_empty()
        || brings(&summary.returns)
        || summary.effects.iter().any(|(_, effect)| effect.fields.iter().any(|(_, value, _)| brings(value)))
}

fn brings(value: &Portable) -> bool {
    value.refs.iter().any(|one| matches!(one, Ref::Api(..) | Ref::Func(_)))
        || value.taints.iter().any(|taint| matches!(taint.origin, Origin::Source { .. }))
        || value.object.as_ref().is_some_and(|object| object.fields.iter().any(|(_, value, _)| brings(value)))
}

fn other_sinks(before: &[SinkUse], now: &[SinkUse]) -> bool {
    let key = |used: &SinkUse| (used.sink, used.file, used.span, used.param, used.path, used.cleared);
    before.len() != now.len() || before.iter().zip(now).any(|(old, new)| key(old) != key(new))
}
