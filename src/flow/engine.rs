//! Runs the units of a project in order: module bodies as imports ask for, functions callees first, and again whatever
//! depended on something that changed. The result depends on the files only, not on their order or on threads.

mod open;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{Facts, FileId, FunctionFact};
use super::interest::{self, Interest};
use super::interp::{Unit, run};
use super::names::NameId;
use super::project::{ClassNo, Declared, FuncId, Project, Target};
use super::scope::Binding;
use super::summary::{Cell, Hit, Portable, Summary, UnitFacts, UnitResult};
use super::value::Ref;
use crate::base::{Problem, ProblemKind};
use crate::model::index::{Index, Step};
use crate::syntax::{ExprKind, StmtKind};

/// How much work is done before something is left out.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps for one module body or top-level function.
    pub unit: u32,
    /// Steps for the whole project.
    pub project: u64,
    /// How often units are repeated because their inputs changed.
    pub rounds: u32,
    /// Steps for repeating units; a third of those of the first pass, where that is more.
    pub repeats: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unit: 400_000, project: 400_000_000, rounds: 3, repeats: 2_000_000 }
    }
}

/// How many units may write to a cell before its values are no longer told apart.
const WRITERS: usize = 16;

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
}

impl Shared<'_> {
    pub(super) fn step(&self, name: NameId) -> Option<Step> {
        self.steps.get(name.0 as usize).copied()
    }

    pub(super) fn summary(&self, function: FuncId) -> Option<Arc<Summary>> {
        self.summaries.get(function.0 as usize).cloned().flatten()
    }

    pub(super) fn cell(&self, cell: Cell) -> Option<Arc<Portable>> {
        self.cells.get(&cell).cloned()
    }
}

/// Everything kept between rounds.
struct Engine<'a> {
    shared: Shared<'a>,
    limits: Limits,
    spent: u64,
    results: BTreeMap<Unit, UnitResult>,
    given: FxHashMap<Cell, Given>,
    read_by: FxHashMap<Cell, Vec<Unit>>,
    called_by: FxHashMap<FuncId, Vec<Unit>>,
    dirty: FxHashSet<Unit>,
    interest: Interest,
    /// Units that learnt of instances of these classes after they had run.
    late: Vec<(Vec<ClassNo>, Vec<Unit>)>,
}

/// What units put into a cell.
#[derive(Debug)]
enum Given {
    /// In the order of the units.
    Each(Vec<(Unit, Portable)>),
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
    let steps = (0..count).map(|at| index.member(project.names.text(NameId(at)))).collect();
    let shared =
        Shared { project, index, steps, summaries: vec![None; project.functions.len()], cells: FxHashMap::default() };
    let mut engine = Engine {
        shared,
        limits,
        spent: 0,
        results: BTreeMap::new(),
        given: FxHashMap::default(),
        read_by: FxHashMap::default(),
        called_by: FxHashMap::default(),
        dirty: FxHashSet::default(),
        interest: Interest::new(index),
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
    let allowance = limits.repeats.max(engine.spent / 3);
    let end = engine.spent + allowance;
    for _ in 1..limits.rounds {
        let escaped = engine.escaped();
        if !escaped.is_empty() {
            engine.run(&escaped);
            order.push(escaped);
        }
        if engine.dirty.is_empty() {
            break;
        }
        for level in &order {
            if engine.spent > end {
                break;
            }
            let again: Vec<Unit> = level.iter().copied().filter(|unit| engine.dirty.contains(unit)).collect();
            if !again.is_empty() {
                engine.run(&again);
            }
        }
    }
    engine.finish()
}

impl Engine<'_> {
    /// Nested functions that are called from outside the function they are nested in: they need summaries of their own.
    fn escaped(&self) -> Vec<Unit> {
        let project = self.shared.project;
        let mut found: Vec<Unit> = self
            .called_by
            .keys()
            .filter(|function| project.function(**function).root != **function)
            .map(|function| Unit::Function(*function))
            .filter(|unit| !self.results.contains_key(unit))
            .collect();
        found.sort_unstable();
        found
    }

    /// Runs units that do not depend on one another, then takes in what they give, in order.
    fn run(&mut self, units: &[Unit]) {
        for unit in units {
            self.dirty.remove(unit);
        }
        let shared = &self.shared;
        // Over the limit of the project only what is small is still looked at.
        let fuel = if self.spent > self.limits.project { self.limits.unit.min(2_000) } else { self.limits.unit };
        let results: Vec<(Unit, UnitResult)> =
            units.par_iter().with_min_len(4).map(|unit| (*unit, run(shared, *unit, fuel))).collect();
        let mut changed_cells = Vec::new();
        for (unit, result) in &results {
            self.spent += u64::from(result.used);
            let before = self.results.get(unit);
            for cell in &result.read_cells {
                if before.is_none_or(|before| before.read_cells.binary_search(cell).is_err()) {
                    self.read_by.entry(*cell).or_default().push(*unit);
                }
            }
            for function in &result.called {
                if before.is_none_or(|before| before.called.binary_search(function).is_err()) {
                    self.called_by.entry(*function).or_default().push(*unit);
                }
            }
        }
        for (unit, mut result) in results {
            if let Unit::Function(function) = unit {
                let summary = std::mem::take(&mut result.summary);
                let slot = &mut self.shared.summaries[function.0 as usize];
                let news = slot.as_deref().is_none_or(|before| self.interest.in_summary(before, &summary));
                *slot = Some(Arc::new(summary));
                if news && let Some(callers) = self.called_by.get(&function) {
                    self.dirty.extend(callers.iter().copied());
                }
            }
            for (cell, portable) in std::mem::take(&mut result.cells) {
                if self.give(cell, unit, portable) {
                    changed_cells.push(cell);
                }
            }
            self.results.insert(unit, result);
        }
        changed_cells.sort_unstable();
        changed_cells.dedup();
        for cell in changed_cells {
            let joined = self.joined(cell);
            let before = self.shared.cells.get(&cell).map(AsRef::as_ref);
            let news = self.interest.in_value(before, &joined);
            self.shared.cells.insert(cell, Arc::new(joined));
            let Some(readers) = self.read_by.get(&cell) else { continue };
            if news.certain {
                self.dirty.extend(readers.iter().copied());
            } else if !news.classes.is_empty() {
                self.late.push((news.classes, readers.clone()));
            }
        }
    }

    /// Takes in what a unit puts into a cell; tells whether that is something else than before.
    fn give(&mut self, cell: Cell, unit: Unit, portable: Portable) -> bool {
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
    fn joined(&self, cell: Cell) -> Portable {
        match self.given.get(&cell) {
            Some(Given::Each(each)) => {
                let mut joined = Portable::default();
                for (_, portable) in each {
                    joined.join(portable);
                }
                joined
            }
            Some(Given::Board) => Portable { refs: vec![Ref::Any], ..Portable::default() },
            None => Portable::default(),
        }
    }

    /// After the first pass: what is known of classes now, and who learnt of one too late.
    fn settle(&mut self) {
        self.interest.settle();
        // In a large program there is too much of this, and it rarely leads to a source or sink.
        if self.spent > self.limits.repeats {
            self.late.clear();
            return;
        }
        let matter = interest::classes(self.shared.project, &self.shared.summaries, &self.shared.cells);
        for (classes, readers) in std::mem::take(&mut self.late) {
            if classes.iter().any(|class| matter.contains(class)) {
                self.dirty.extend(readers);
            }
        }
    }

    fn finish(self) -> Flow {
        let project = self.shared.project;
        let mut flow = Flow { hits: self.open_hits(), ..Flow::default() };
        let mut decorators = FxHashMap::default();
        for (unit, result) in self.results {
            if result.exhausted {
                flow.problems.push(exhausted(project, unit));
            }
            flow.hits.extend(result.hits);
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
            if !file.scopes.functions[info.place.function.0 as usize].reached {
                continue;
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

/// Module bodies, imported ones first.
fn module_levels(project: &Project) -> Vec<Vec<Unit>> {
    let count = project.files.len();
    let mut edges: Vec<Vec<u32>> = Vec::with_capacity(count);
    for at in 0..count {
        let file = FileId(u32::try_from(at).unwrap_or(u32::MAX));
        edges.push(imported_files(project, file).into_iter().map(|file| file.0).collect());
    }
    levels(&edges).into_iter().map(|level| level.into_iter().map(|at| Unit::Module(FileId(at))).collect()).collect()
}

fn imported_files(project: &Project, file: FileId) -> Vec<FileId> {
    let info = project.file(file);
    let mut found = Vec::new();
    let path = project.path(file);
    for stmt in &info.scopes.import_stmts {
        match &info.tree.stmt(*stmt).kind {
            StmtKind::Import(import) => {
                let target = project.import_target(file, import);
                for name in &import.names {
                    if let crate::syntax::Imported::Name(name) = name.imported
                        && let Some(Target::File(module)) =
                            project.resolver.submodule(&target, path, import, &info.tree, name)
                    {
                        found.push(module);
                    }
                }
                if let Target::File(module) = target {
                    found.push(module);
                }
            }
            StmtKind::Export(export) => {
                if let Some(from) = export.from
                    && let Target::File(module) = project.resolver.javascript(path, info.tree.text(from))
                {
                    found.push(module);
                }
            }
            _ => {}
        }
    }
    for (_, call) in &info.scopes.calls {
        if let ExprKind::Call { callee, args, .. } = &info.tree.expr(*call).kind
            && let ExprKind::Name(name) = info.tree.expr(*callee).kind
            && info.tree.text(name) == "require"
            && let Some(module) = args.first().and_then(|arg| info.tree.string_of(arg.value))
            && let Target::File(module) = project.resolver.javascript(path, module)
        {
            found.push(module);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Top-level functions, callees first, as far as calls can be told by name.
fn function_levels(project: &Project) -> Vec<Vec<Unit>> {
    let mut by_name: FxHashMap<NameId, Vec<FuncId>> = FxHashMap::default();
    let mut roots = Vec::new();
    let mut slot = vec![u32::MAX; project.functions.len()];
    for (at, info) in (0u32..).zip(&project.functions) {
        let function = FuncId(at);
        let file = project.file(info.place.file);
        let place = file.scopes.functions[info.place.function.0 as usize];
        if info.root != function || !place.reached {
            continue;
        }
        slot[at as usize] = u32::try_from(roots.len()).unwrap_or(u32::MAX);
        roots.push(function);
        if let Some(name) = place.name {
            let name = project.name(info.place.file, name);
            by_name.entry(name).or_default().push(function);
            if let Some(class) = info.class {
                let class = project.class(class).place;
                if let Some(class_name) = project.file(class.file).tree.class(class.class).name
                    && matches!(project.names.text(name), "__init__" | "constructor")
                {
                    by_name.entry(project.name(class.file, class_name)).or_default().push(function);
                }
            }
        }
    }
    let mut edges: Vec<Vec<u32>> = vec![Vec::new(); roots.len()];
    for (at, file) in (0u32..).zip(&project.files) {
        for (root, call) in &file.scopes.calls {
            let (Some(root), ExprKind::Call { callee, .. }) = (root, &file.tree.expr(*call).kind) else { continue };
            let from = slot[project.func_id(FileId(at), *root).0 as usize];
            if from == u32::MAX {
                continue;
            }
            if !project.templates.is_empty() {
                let templates = rendered(project, FileId(at), *call);
                edges[from as usize].extend(templates.into_iter().map(|function| slot[function.0 as usize]));
            }
            let (name, many) = match &file.tree.expr(*callee).kind {
                ExprKind::Name(name) => match file.scopes.of_expr(*callee) {
                    Binding::Free => continue,
                    Binding::Module(var)
                        if let Some(Declared::Function(function)) = project.declared(FileId(at), var) =>
                    {
                        edges[from as usize].push(slot[function.0 as usize]);
                        continue;
                    }
                    _ => (*name, 8),
                },
                ExprKind::Member { object, name, .. } => {
                    let own = match file.tree.expr(*object).kind {
                        ExprKind::This => true,
                        ExprKind::Name(object) => file.tree.text(object) == "self",
                        _ => false,
                    };
                    let caller = project.func_id(FileId(at), *root);
                    if own && project.function(caller).class.is_some() {
                        let copies = project.copies.get(&caller).into_iter().flatten();
                        for caller in copies.chain([&caller]) {
                            let class = project.function(*caller).class;
                            let name = project.name(FileId(at), *name);
                            let method = class.and_then(|class| project.method(class, name));
                            let from = slot[caller.0 as usize];
                            if let (Some(method), true) = (method, from != u32::MAX) {
                                edges[from as usize].push(slot[method.0 as usize]);
                            }
                        }
                        continue;
                    }
                    (*name, 3)
                }
                _ => continue,
            };
            let Some(found) = by_name.get(&project.name(FileId(at), name)) else { continue };
            // A name that many functions have tells nothing.
            if found.len() <= many {
                let copies = project.copies.get(&roots[from as usize]).into_iter().flatten();
                for from in copies.map(|copy| slot[copy.0 as usize]).chain([from]) {
                    edges[from as usize].extend(found.iter().map(|function| slot[function.0 as usize]));
                }
            }
        }
    }
    for to in &mut edges {
        to.retain(|to| *to != u32::MAX);
        to.sort_unstable();
        to.dedup();
    }
    let levels = levels(&edges);
    levels.into_iter().map(|level| level.into_iter().map(|at| Unit::Function(roots[at as usize])).collect()).collect()
}

/// Templates that a call names: they come before whoever fills them.
fn rendered(project: &Project, file: FileId, call: crate::syntax::ExprId) -> Vec<FuncId> {
    let tree = &project.file(file).tree;
    let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return Vec::new() };
    let names = args.iter().take(3).filter_map(|arg| tree.string_of(arg.value));
    names.flat_map(|name| project.templates.find(project.path(file), name)).map(|(_, function)| function).collect()
}

/// How many members of one cycle run side by side: what runs later sees what ran before.
const SIDE_BY_SIDE: usize = 48;

/// Strongly connected components in levels: what a level needs lies in earlier ones. The members of a small component
/// share a level; a large one follows in pieces, innermost callees first.
fn levels(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let components = components(edges);
    let mut level_of = vec![0u32; edges.len()];
    let mut component_of = vec![u32::MAX; edges.len()];
    let mut found: Vec<(Vec<u32>, Vec<Vec<u32>>)> = Vec::new();
    for (number, component) in (0u32..).zip(components) {
        for node in &component {
            component_of[*node as usize] = number;
        }
        let mut level = 0;
        for node in &component {
            for next in &edges[*node as usize] {
                if component_of[*next as usize] != number && component_of[*next as usize] != u32::MAX {
                    level = level.max(level_of[*next as usize] + 1);
                }
            }
        }
        for node in &component {
            level_of[*node as usize] = level;
        }
        while found.len() <= level as usize {
            found.push((Vec::new(), Vec::new()));
        }
        let (small, large) = &mut found[level as usize];
        if component.len() <= SIDE_BY_SIDE {
            small.extend(component);
        } else {
            large.extend(component.chunks(SIDE_BY_SIDE).map(<[u32]>::to_vec));
        }
    }
    let mut all = Vec::new();
    for (mut small, large) in found {
        small.sort_unstable();
        all.push(small);
        all.extend(large);
    }
    all.retain(|level| !level.is_empty());
    all
}

/// Tarjan's algorithm without recursion; components come callees first, and so do their members by and large.
fn components(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let count = edges.len();
    let (mut index, mut low, mut on_stack) = (vec![NEW; count], vec![0u32; count], vec![false; count]);
    let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 0u32);
    for start in 0..count {
        if index[start] != NEW {
            continue;
        }
        let mut work = vec![(start, 0usize)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                index[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(to) = edges[node].get(edge).map(|to| *to as usize) {
                work.push((node, edge + 1));
                if index[to] == NEW {
                    work.push((to, 0));
                } else if on_stack[to] {
                    low[node] = low[node].min(index[to]);
                }
                continue;
            }
            if low[node] == index[node] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member] = false;
                    component.push(u32::try_from(member).unwrap_or(u32::MAX));
                    if member == node {
                        break;
                    }
                }
                found.push(component);
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn callees_come_in_earlier_levels_and_cycles_share_one() {
        let edges = vec![vec![1], vec![2, 3], vec![1], vec![], vec![0]];
        assert_eq!(levels(&edges), vec![vec![3], vec![1, 2], vec![0], vec![4]]);
    }
}
