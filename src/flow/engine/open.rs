//! Parameters as a weak source: of functions that nobody in the project calls, anybody may.

use super::super::interp::Unit;
use super::super::summary::Hit;
use super::super::value::{Did, Step};
use super::Engine;
use crate::base::CodeContext;

impl Engine<'_> {
    /// What parameters reach that may be anything: of functions that nobody calls, tests and themselves excepted.
    pub(super) fn open_hits(&self) -> Vec<Hit> {
        let project = self.shared.project;
        let mut hits = Vec::new();
        for (unit, result) in &self.results {
            let Unit::Function(function) = *unit else { continue };
            let info = project.function(function);
            if result.open.is_empty() || info.root != function || function.0 as usize >= project.written {
                continue;
            }
            let elsewhere = |caller: &Unit| {
                let file = match caller {
                    Unit::Module(file) => *file,
                    Unit::Function(caller) => project.function(*caller).place.file,
                };
                caller != unit && project.file(file).context != CodeContext::Test
            };
            let called = self.called_by.get(&function).is_some_and(|callers| callers.iter().any(elsewhere));
            let Some(summary) = self.shared.summary(function).filter(|_| !called) else { continue };
            for used in &summary.sinks {
                let Some((_, span)) = result.open.iter().find(|(param, _)| *param == used.param) else { continue };
                let source = self.shared.index.parameter;
                let first = Step { file: info.place.file, span: *span, did: Did::Source(source) };
                hits.push(Hit {
                    sink: used.sink,
                    file: used.file,
                    span: used.span,
                    inside: used.inside,
                    source,
                    source_file: info.place.file,
                    source_span: *span,
                    guessed: used.guessed.saturating_add(3),
                    steps: std::iter::once(first).chain(used.steps.iter().copied()).collect(),
                });
            }
        }
        hits
    }
}
