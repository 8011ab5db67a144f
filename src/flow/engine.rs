//! Runs the units of a project in order: module bodies as imports ask for, functions callees first, and again whatever
//! depended on something that changed. The result depends on the files only, not on their order or on threads.

mod open;

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::facts::{Facts, FileId, FuncRef, FunctionFact};
use super::interest::{self, Interest, News};
use super::interp::{Unit, run};
use super::names::NameId;
use super::order::{function_levels, module_levels};
use super::project::{ClassNo, FuncId, Project};
use super::summary::{Cell, Hit, Portable, RETURNED, Summary, UnitFacts, UnitResult};
use super::value::Ref;
use crate::base::{Problem, ProblemKind};
use crate::model::index::{Index, Step};

/// How much work is done before something is left out.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps for one module body or top-level function.
    pub unit: u32,
    /// Steps for the whole project.
    pub project: u64,
    /// How often units are repeated because their inputs changed.
    pub rounds: u32,
    /// Nodes of all trees up to which whatever changed is followed up; beyond, only what matters, within `repeats`.
    pub exact: usize,
    /// Steps for repeating units of a large project; a twelfth of those of the first pass, where that is more.
    pub repeats: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unit: 400_000, project: 400_000_000, rounds: 3, exact: 2_500_000, repeats: 400_000 }
    }
}

/// How many units may write to a cell before its values are no longer told apart.
const WRITERS: usize = 16;

/// From so many functions on, what the engine kept is left to the end of the program: giving back millions of small
/// pieces takes longer than a round of the analysis.
const LARGE: usize = 20_000;

/// What a run over the whole project gives.
#[derive(Debug, Default)]
pub struct Flow {
    /// Facts of all files.
    pub facts: Facts,
    /// Sources that reach sinks.
    pub hits: Vec<Hit>,
    /// What was left out.
    pub problems: Vec<Problem>,
}

/// What units see of one another.
pub(super) struct Shared<'a> {
    pub(super) project: &'a Project,
    pub(super) index: &'a Index,
    steps: Vec<Step>,
    summaries: Vec<Option<Arc<Summary>>>,
    cells: FxHashMap<Cell, Arc<Portable>>,
    /// Per function, which of its parameters have a seed, and per class, which of its fields have a cell, as far as 64 bits
    /// tell: most are asked for in vain.
    seeds: Vec<u64>,
    fields: Vec<u64>,
}

impl Shared<'_> {
    pub(super) fn step(&self, name: NameId) -> Option<Step> {
        self.steps.get(name.0 as usize).copied()
    }

    pub(super) fn summary(&self, function: FuncId) -> Option<Arc<Summary>> {
        self.summaries.get(function.0 as usize).cloned().flatten()
    }

    pub(super) fn cell(&self, cell: Cell) -> Option<&Arc<Portable>> {
        if self.may_hold(cell) { self.cells.get(&cell) } else { None }
    }

    /// Whether anything may have flowed into a cell.
    pub(super) fn may_hold(&self, cell: Cell) -> bool {
        match cell {
            Cell::Seed(function, param) => self.seeds[function.0 as usize] & bit_of(u32::from(param)) != 0,
            Cell::Field(class, name) => self.fields[class.0 as usize] & bit_of(name.0) != 0,
            _ => true,
        }
    }

    fn put(&mut self, cell: Cell, value: Arc<Portable>) {
        match cell {
            Cell::Seed(function, param) => self.seeds[function.0 as usize] |= bit_of(u32::from(param)),
            Cell::Field(class, name) => self.fields[class.0 as usize] |= bit_of(name.0),
            _ => {}
        }
        self.cells.insert(cell, value);
    }
}

/// One of 64 bits for a number.
fn bit_of(number: u32) -> u64 {
    1 << (number.wrapping_mul(0x9E37_79B9) >> 26)
}

/// Everything kept between rounds.
struct Engine<'a> {
    shared: Shared<'a>,
    limits: Limits,
    spent: u64,
    modules: Vec<Option<Box<Ran>>>,
    functions: Vec<Option<Box<Ran>>>,
    given: FxHashMap<Cell, Given>,
    interest: Interest,
    /// How many batches have run.
    tick: u32,
    /// When a cell last got news.
    cell_news: FxHashMap<Cell, u32>,
    /// When a function's summary last had news; 0 for never.
    summary_news: Vec<u32>,
    /// Cells that got instances of these classes.
    late: Vec<(Cell, u32, Vec<ClassNo>)>,
}

/// What a unit gave, and when it ran.
#[derive(Debug)]
struct Ran {
    tick: u32,
    result: UnitResult,
}

/// What a unit gave, told apart by where it goes.
struct Gave {
    unit: Unit,
    ran: Box<Ran>,
    summary: Option<Arc<Summary>>,
    /// Whether callers have to look at it again.
    is_news: bool,
    cells: Vec<(Cell, Arc<Portable>)>,
}

impl Gave {
    fn new(shared: &Shared<'_>, interest: &Interest, unit: Unit, tick: u32, fuel: u32) -> Self {
        let mut result = run(shared, unit, fuel);
        let (mut summary, mut is_news) = (None, false);
        if let Unit::Function(function) = unit {
            let now = std::mem::take(&mut result.summary);
            let before = shared.summaries[function.0 as usize].as_deref();
            is_news = before.is_none_or(|before| interest.in_summary(before, &now));
            summary = Some(Arc::new(now));
        }
        let cells = std::mem::take(&mut result.cells);
        let cells = cells.into_iter().map(|(cell, portable)| (cell, Arc::new(portable))).collect();
        Self { unit, ran: Box::new(Ran { tick, result }), summary, is_news, cells }
    }
}

/// What units put into a cell.
#[derive(Debug)]
enum Given {
    /// In the order of the units.
    Each(Vec<(Unit, Arc<Portable>)>),
    /// More than [`WRITERS`] units: a board that half the program writes to tells nothing of one of its readers.
    Board,
}

/// Runs the flow analysis over a project, on a thread with enough stack for deep trees.
#[must_use]
pub fn analyse(project: &Project, index: &Index, limits: &Limits) -> Flow {
    let threads = rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(256 << 20).build();
    match pool {
        Ok(pool) => pool.install(|| run_all(project, index, *limits)),
        Err(_) => Flow {
            problems: vec![Problem::incomplete(
                ProblemKind::Internal,
                None,
                "the flow analysis could not start its threads, so no data flow was followed",
            )],
            ..Flow::default()
        },
    }
}

fn run_all(project: &Project, index: &Index, limits: Limits) -> Flow {
    let count = u32::try_from(project.names.len()).unwrap_or(u32::MAX);
    let steps = (0..count).into_par_iter().map(|at| index.member(project.names.text(NameId(at)))).collect();
    let shared = Shared {
        project,
        index,
        steps,
        summaries: vec![None; project.functions.len()],
        cells: FxHashMap::with_capacity_and_hasher(2 * project.functions.len(), FxBuildHasher),
        seeds: vec![0; project.functions.len()],
        fields: vec![0; project.classes.len()],
    };
    let nodes: usize = project.files.iter().map(|file| file.tree.node_count()).sum();
    let exact = nodes <= limits.exact;
    let mut engine = Engine {
        shared,
        limits,
        spent: 0,
        modules: (0..project.files.len()).map(|_| None).collect(),
        functions: (0..project.functions.len()).map(|_| None).collect(),
        given: FxHashMap::with_capacity_and_hasher(2 * project.functions.len(), FxBuildHasher),
        interest: Interest::new(index, exact),
        tick: 0,
        cell_news: FxHashMap::default(),
        summary_news: vec![0; project.functions.len()],
        late: Vec::new(),
    };
    let modules = module_levels(project);
    let functions = function_levels(project);
    for level in &modules {
        engine.run(level);
    }
    for level in &functions {
        engine.run(level);
    }
    engine.settle();
    let mut order: Vec<Vec<Unit>> = modules.into_iter().chain(functions).collect();
    let end = if exact { u64::MAX } else { engine.spent + limits.repeats.max(engine.spent / 12) };
    for _ in 1..limits.rounds {
        let escaped = engine.escaped();
        if !escaped.is_empty() {
            engine.run(&escaped);
            order.push(escaped);
        }
        let before = engine.tick;
        for level in &order {
            if engine.spent > end {
                break;
            }
            let again: Vec<Unit> = level.iter().copied().filter(|unit| engine.is_dirty(*unit)).collect();
            if !again.is_empty() {
                engine.run(&again);
            }
        }
        if engine.tick == before {
            break;
        }
    }
    engine.finish()
}

impl Engine<'_> {
    /// Nested functions that are called from outside the function they are nested in: they need summaries of their own.
    fn escaped(&self) -> Vec<Unit> {
        let project = self.shared.project;
        let ran = self.modules.iter().chain(&self.functions).flatten();
        let mut found: Vec<Unit> = ran
            .flat_map(|ran| &ran.result.called)
            .filter(|function| project.function(**function).root != **function)
            .filter(|function| self.functions[function.0 as usize].is_none())
            .map(|function| Unit::Function(*function))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn slot(&mut self, unit: Unit) -> &mut Option<Box<Ran>> {
        match unit {
            Unit::Module(file) => &mut self.modules[file.0 as usize],
            Unit::Function(function) => &mut self.functions[function.0 as usize],
        }
    }

    /// Whether something that a unit read or called had news when it had run already.
    fn is_dirty(&self, unit: Unit) -> bool {
        let ran = match unit {
            Unit::Module(file) => &self.modules[file.0 as usize],
            Unit::Function(function) => &self.functions[function.0 as usize],
        };
        let Some(ran) = ran else { return false };
        let since = |tick: u32| tick >= ran.tick;
        let news = |cell: &Cell| self.cell_news.get(cell).is_some_and(|tick| since(*tick));
        ran.result.called.iter().any(|function| since(self.summary_news[function.0 as usize]))
            || ran.result.read_cells.iter().any(news)
            || ran.result.read_fields.iter().any(|(class, name)| {
                let lineage = self.shared.project.lineage(*class).iter();
                lineage.map(|class| Cell::Field(*class, *name)).any(|cell| news(&cell))
            })
    }

    /// Runs units that do not depend on one another, then takes in what they give, in order.
    fn run(&mut self, units: &[Unit]) {
        self.tick += 1;
        let tick = self.tick;
        let (shared, interest) = (&self.shared, &self.interest);
        // Over the limit of the project only what is small is still looked at.
        let fuel = if self.spent > self.limits.project { self.limits.unit.min(2_000) } else { self.limits.unit };
        let results: Vec<Gave> =
            units.par_iter().with_min_len(4).map(|unit| Gave::new(shared, interest, *unit, tick, fuel)).collect();
        let mut changed = Vec::new();
        for Gave { unit, ran, summary, is_news, cells } in results {
            self.spent += u64::from(ran.result.used);
            if let Unit::Function(function) = unit {
                if is_news {
                    self.summary_news[function.0 as usize] = tick;
                }
                self.shared.summaries[function.0 as usize] = summary;
            }
            for (cell, portable) in cells {
                if self.give(cell, unit, portable) {
                    changed.push(cell);
                }
            }
            *self.slot(unit) = Some(ran);
        }
        changed.sort_unstable();
        changed.dedup();
        let joined: Vec<(Arc<Portable>, News)> = changed
            .par_iter()
            .with_min_len(64)
            .map(|cell| {
                let joined = self.joined(*cell);
                let news = self.interest.in_value(self.shared.cells.get(cell).map(AsRef::as_ref), &joined);
                (joined, news)
            })
            .collect();
        for (cell, (joined, news)) in changed.into_iter().zip(joined) {
            self.shared.put(cell, joined);
            // The sinks of what a function returns are numbers, and every one counts.
            if news.certain || matches!(cell, Cell::Seed(_, RETURNED) | Cell::Checked(..)) {
                self.cell_news.insert(cell, tick);
            } else if !news.classes.is_empty() {
                self.late.push((cell, tick, news.classes));
            }
        }
    }

    /// Takes in what a unit puts into a cell; tells whether that is something else than before.
    fn give(&mut self, cell: Cell, unit: Unit, portable: Arc<Portable>) -> bool {
        let given = self.given.entry(cell).or_insert_with(|| Given::Each(Vec::new()));
        let Given::Each(each) = given else { return false };
        match each.binary_search_by_key(&unit, |(unit, _)| *unit) {
            Ok(at) if each[at].1 == portable => return false,
            Ok(at) => each[at].1 = portable,
            Err(at) => each.insert(at, (unit, portable)),
        }
        if each.len() > WRITERS && matches!(cell, Cell::Var(..) | Cell::Field(..)) {
            *given = Given::Board;
        }
        true
    }

    /// What all units together put into a cell.
    fn joined(&self, cell: Cell) -> Arc<Portable> {
        match self.given.get(&cell) {
            Some(Given::Each(each)) => {
                if let [(_, only)] = each.as_slice()
                    && only.is_ordered()
                {
                    return Arc::clone(only);
                }
                let mut joined = Portable::default();
                for (_, portable) in each {
                    joined.join(portable);
                }
                Arc::new(joined)
            }
            Some(Given::Board) => Arc::new(Portable { refs: smallvec::smallvec![Ref::Any], ..Portable::default() }),
            None => Arc::default(),
        }
    }

    /// After the first pass: what is known of classes now, and who learnt of one too late.
    fn settle(&mut self) {
        self.interest.settle();
        // In a very large program there is too much of this, and it rarely leads to a source or sink.
        if self.spent > self.limits.repeats {
            self.late.clear();
            return;
        }
        let matter = interest::classes(self.shared.project, &self.shared.summaries, &self.shared.cells);
        for (cell, tick, classes) in std::mem::take(&mut self.late) {
            if classes.iter().any(|class| matter.contains(class)) {
                let news = self.cell_news.entry(cell).or_default();
                *news = tick.max(*news);
            }
        }
    }

    fn finish(self) -> Flow {
        let project = self.shared.project;
        let mut flow = Flow { hits: self.open_hits(), ..Flow::default() };
        let mut decorators = FxHashMap::default();
        let modules = self.modules.into_iter().zip(0u32..).map(|(ran, at)| (ran, Unit::Module(FileId(at))));
        let functions = self.functions.into_iter().zip(0u32..).map(|(ran, at)| (ran, Unit::Function(FuncId(at))));
        for (ran, unit) in modules.chain(functions) {
            let Some(Ran { result, .. }) = ran.map(|ran| *ran) else { continue };
            if result.exhausted {
                flow.problems.push(exhausted(project, unit));
            }
            flow.hits.extend(result.hits);
            if let Unit::Function(function) = unit {
                let written = result.called.iter().filter(|called| (called.0 as usize) < project.written);
                let callees: Vec<FuncRef> = written.map(|called| project.function(*called).place).collect();
                if !callees.is_empty() {
                    flow.facts.callees.insert(project.function(function).place, callees);
                }
            }
            let UnitFacts { calls, reads, assigns, decorators: decorated } = result.facts;
            flow.facts.calls.extend(calls);
            flow.facts.reads.extend(reads);
            flow.facts.assigns.extend(assigns);
            decorators.extend(decorated);
        }
        flow.facts.calls.sort_by_key(|fact| (fact.place.file, fact.span, fact.place.expr));
        flow.facts.reads.sort_by_key(|fact| (fact.place.file, fact.span, fact.place.expr));
        flow.facts.assigns.sort_by_key(|fact| (fact.file, fact.span));
        for (at, info) in (0u32..).zip(&project.functions).take(project.written) {
            let file = project.file(info.place.file);
            if !file.scopes.functions[info.place.function.at()].reached {
                continue;
            }
            if info.root != FuncId(at) {
                flow.facts.roots.insert(info.place, project.function(info.root).place);
            }
            let node = file.tree.function(info.place.function);
            let span = if node.name.is_some() { node.name_span } else { node.span };
            flow.facts.functions.push(FunctionFact {
                function: info.place,
                name: project.function_name(FuncId(at)).to_owned(),
                class: info.class.map(|class| project.class(class).place),
                span,
                decorators: decorators.remove(&FuncId(at)).unwrap_or_default(),
            });
        }
        for file in &project.files {
            if file.scopes.too_deep {
                let location = Some(crate::base::Location::file(file.source.path()));
                let message = "nests too deeply: what lies below the limit was not followed";
                flow.problems.push(Problem::incomplete(ProblemKind::Limit, location, message));
            }
        }
        flow.problems.sort_by(|a, b| (&a.location, &a.message).cmp(&(&b.location, &b.message)));
        if project.functions.len() > LARGE {
            std::mem::forget((self.given, self.shared));
        }
        flow
    }
}

fn exhausted(project: &Project, unit: Unit) -> Problem {
    let (file, span, what) = match unit {
        Unit::Module(file) => (file, crate::base::Span::at(0), "the module body".to_owned()),
        Unit::Function(function) => {
            let place = project.function(function).place;
            let node = project.file(place.file).tree.function(place.function);
            (place.file, node.name_span, format!("the function `{}`", project.function_name(function)))
        }
    };
    let location = project.file(file).source.locate(span);
    let message = format!("{what} is too large to follow data through it as a whole");
    Problem::incomplete(ProblemKind::Limit, Some(location), message)
        .hint("split it, or exclude the file if it is generated")
}
