//! The built-in policies: what they say of themselves, known without reading their rules; their rules as a program; and
//! as modules, where policies of others stand beside them or something is asked of single rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::bundle::Bundle;
use super::engine::machine::{Machine, Part};
use super::engine::{self, Apart, Engine, Input, Limits, RuleHead};
use super::metadata::Described;
use super::{BUILT_IN, Policy, PolicyError, PolicySet, is_test, rule_of};
use crate::base::{Problem, ProblemKind};

/// Ids of the policies that look at routes above all.
const ON_ROUTES: &str = "policy/endpoints/";
/// How long built-in rules are asked one by one, after all of them together took too long.
const ALONE: Duration = Duration::from_secs(20);

/// What was noted of the policies when the crate was built (`build/program.rs`).
#[derive(Debug, Default)]
struct Heads {
    /// What may be asked, and the smallest program that knows it.
    asked: BTreeMap<&'static str, Part>,
    modules: Vec<Head>,
}

/// One file, its METADATA as JSON, and its rules that report.
#[derive(Debug)]
struct Head {
    path: &'static str,
    id: &'static str,
    metadata: &'static str,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    query: &'static str,
    name: &'static str,
    line: u32,
    column: u32,
}

fn heads() -> Result<&'static Heads, PolicyError> {
    static HEADS: OnceLock<Heads> = OnceLock::new();
    if let Some(heads) = HEADS.get() {
        return Ok(heads);
    }
    let mut heads = Heads::default();
    for line in include_str!(concat!(env!("OUT_DIR"), "/policies.heads")).lines() {
        heads.add(line).ok_or_else(|| PolicyError::Input(format!("the built-in policies cannot be read: {line}")))?;
    }
    Ok(HEADS.get_or_init(|| heads))
}

impl Heads {
    fn add(&mut self, line: &'static str) -> Option<()> {
        let (kind, rest) = line.split_once('\t')?;
        match kind {
            "module" => {
                let (path, id) = rest.split_once('\t')?;
                self.modules.push(Head { path, id, metadata: "null", rules: Vec::new() });
            }
            "metadata" => self.modules.last_mut()?.metadata = rest,
            "rule" => {
                let mut fields = rest.split('\t');
                let (query, name) = (fields.next()?, fields.next()?);
                let (line, column) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
                self.modules.last_mut()?.rules.push(Rule { query, name, line, column });
            }
            "asked" => {
                let (name, part) = rest.split_once('\t')?;
                self.asked.insert(name, if part == "dependencies" { Part::Dependencies } else { Part::Whole });
            }
            _ => return None,
        }
        Some(())
    }
}

/// How many modules there are.
pub(super) fn count() -> Result<usize, PolicyError> {
    Ok(heads()?.modules.len())
}

/// Every policy, by id.
pub(super) fn policies() -> Result<Vec<Policy>, PolicyError> {
    let mut policies = Vec::new();
    for (module, head) in heads()?.modules.iter().enumerate() {
        if head.path.starts_with("policies/lib/") {
            continue;
        }
        let metadata = Described::built_in(head.path, head.metadata);
        let mut rules = Vec::new();
        let mut seen = BTreeSet::new();
        for Rule { query, name, line, column } in head.rules.iter().filter(|rule| seen.insert(rule.query)) {
            let mut package: Vec<String> = query.split('.').map(str::to_owned).collect();
            package.pop();
            let (name, line, column) = ((*name).to_owned(), *line, *column);
            rules.extend(rule_of(&RuleHead { package, name, function: false, module, line, column }, head.path));
        }
        policies.push(Policy { id: head.id.to_owned(), metadata, source: BUILT_IN.to_owned(), rules });
    }
    policies.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(policies)
}

/// An engine with all of them; under the usual limits they are read once in a process.
fn read(limits: Limits) -> Result<Engine, PolicyError> {
    static READ: OnceLock<Engine> = OnceLock::new();
    if limits == Limits::default()
        && let Some(engine) = READ.get()
    {
        return Ok(engine.clone());
    }
    let engine = engine::on_large_stack(|| {
        let mut engine = Engine::new(limits);
        let bundle = Bundle::built_in()?;
        for (path, text) in bundle.modules.iter().filter(|(path, _)| !is_test(path)) {
            engine.add_trusted(path, text, false)?;
        }
        engine.trust()?;
        Ok::<Engine, PolicyError>(engine)
    })??;
    if limits == Limits::default() {
        return Ok(READ.get_or_init(|| engine).clone());
    }
    Ok(engine)
}

impl PolicySet {
    /// The engine with the built-in policies in it.
    pub(super) fn whole(&self) -> Result<Engine, PolicyError> {
        if !self.bare {
            return Ok(self.engine.clone());
        }
        let mut engine = read(self.engine.limits())?;
        engine.share_data(&self.engine)?;
        Ok(engine)
    }

    /// Reads the built-in policies, so that others can be added to them.
    pub(super) fn read_built_in(&mut self) -> Result<(), PolicyError> {
        if self.bare {
            self.engine = self.whole()?;
            self.bare = false;
        }
        Ok(())
    }

    /// The values of built-in rules by their names, as far as they are defined.
    pub(super) fn ask<'a>(
        &self,
        input: &Input,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Value>, PolicyError> {
        let known = &heads()?.asked;
        let (names, others): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| known.contains_key(*name));
        if let Some(name) = others.first() {
            return Err(PolicyError::Input(format!("`{name}` is no rule of the built-in policies that can be asked")));
        }
        let whole = Part::Whole.is_read() || names.iter().any(|name| known.get(name) == Some(&Part::Whole));
        let part = if whole { Part::Whole } else { Part::Dependencies };
        let machines = || self.pool.machines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let spare = {
            let mut machines = machines();
            machines.iter().position(|machine| machine.part() == part).map(|at| machines.swap_remove(at))
        };
        let mut machine = match spare {
            Some(machine) => machine,
            None => Machine::new(part, self.engine.limits(), &self.engine.data())?,
        };
        let found = machine.ask(input, names)?;
        machines().push(machine);
        Ok(found)
    }

    /// The values of built-in policies' rules, by query; on two threads, if `split`: routes share hardly any facts with the
    /// rest. What cannot be evaluated is a problem.
    pub(super) fn built_in_values(
        &self,
        input: &Input,
        policies: &[&Policy],
        split: bool,
        problems: &mut Vec<Problem>,
    ) -> Result<BTreeMap<String, Value>, PolicyError> {
        let (routes, others): (Vec<&Policy>, Vec<_>) =
            policies.iter().copied().partition(|policy| split && policy.id.starts_with(ON_ROUTES));
        if routes.is_empty() {
            return Ok(self.values_of(input, &others, problems));
        }
        std::thread::scope(|scope| {
            let beside = Apart::begin(scope, || {
                let mut problems = Vec::new();
                (self.values_of(input, &routes, &mut problems), problems)
            })?;
            let mut found = self.values_of(input, &others, problems);
            let (on_routes, told) = beside.end()?;
            found.extend(on_routes);
            problems.extend(told);
            Ok(found)
        })
    }

    fn values_of(&self, input: &Input, policies: &[&Policy], problems: &mut Vec<Problem>) -> BTreeMap<String, Value> {
        let rules = || policies.iter().flat_map(|policy| &policy.rules);
        if let Ok(found) = self.ask(input, rules().map(|rule| rule.query.as_str())) {
            return found;
        }
        // One of them fails or takes too long: ask each alone, as long as there is time.
        let mut found = BTreeMap::new();
        let begun = Instant::now();
        for rule in rules() {
            let mut told = |message: String| {
                problems.push(Problem::incomplete(ProblemKind::Policy, Some(rule.location.clone()), message));
            };
            if begun.elapsed() > ALONE {
                told(format!("the built-in rule `{}` was not evaluated: there is too much to judge", rule.query));
                continue;
            }
            match self.ask(input, [rule.query.as_str()]) {
                Ok(value) => found.extend(value),
                Err(error) => told(
                    format!("the built-in rule `{}` could not be evaluated: {error}", rule.query).replace('\n', " "),
                ),
            }
        }
        found
    }
}
