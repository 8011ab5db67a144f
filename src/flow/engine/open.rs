//! Parameters as a weak source: of functions that nobody in the project calls, anybody may.

use rustc_hash::FxHashSet;

use super::super::facts::FileId;
use super::super::project::FuncId;
use super::super::summary::Hit;
use super::super::value::{Did, Step};
use super::{Engine, Ran};
use crate::base::CodeContext;

impl Engine<'_> {
    /// What parameters reach that may be anything: of functions that nobody calls, tests and themselves excepted.
    pub(super) fn open_hits(&self) -> Vec<Hit> {
        let project = self.shared.project;
        let called = self.called();
        let mut hits = Vec::new();
        for (function, ran) in (0u32..).map(FuncId).zip(&self.functions).take(project.written) {
            let Some(Ran { result, .. }) = ran.as_deref() else { continue };
            let info = project.function(function);
            if result.open.is_empty() || info.root != function || called.contains(&function) {
                continue;
            }
            let Some(summary) = self.shared.summary(function) else { continue };
            for used in summary.sinks.iter().filter(|used| used.sink != self.shared.index.own.handed) {
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
                    steps: std::iter::once(first).chain(used.way.steps()).collect(),
                });
            }
        }
        hits
    }

    /// Functions that production code calls, other than by themselves.
    fn called(&self) -> FxHashSet<FuncId> {
        let project = self.shared.project;
        let in_test = |file: FileId| project.file(file).context == CodeContext::Test;
        let mut called = FxHashSet::default();
        for (file, ran) in (0u32..).map(FileId).zip(&self.modules) {
            let Some(ran) = ran.as_deref().filter(|_| !in_test(file)) else { continue };
            called.extend(ran.result.called.iter().copied());
        }
        for (caller, ran) in (0u32..).map(FuncId).zip(&self.functions) {
            let Some(ran) = ran.as_deref().filter(|_| !in_test(project.function(caller).place.file)) else { continue };
            called.extend(ran.result.called.iter().copied().filter(|function| *function != caller));
        }
        called
    }
}
