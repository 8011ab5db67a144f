//! The fact policies over a document: what their rules say, and what excuses it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::engine::{Apart, Engine, Input};
use super::{Judgement, Policy, PolicyError, PolicyRule, PolicySet, outcome};
use crate::base::{Location, Problem, ProblemKind, Severity};
use crate::document::Document;

/// Ids of the policies that look at routes above all.
const ON_ROUTES: &str = "policy/endpoints/";
/// How long built-in rules are asked one by one, after all of them together took too long.
const ALONE: Duration = Duration::from_secs(20);
/// What the built-in rules that report are called.
const BUILT_IN_VERDICTS: [&str; 2] = ["deny", "warn"];
/// How the name of a function begins that gives such a rule's value.
const WAY_IN: &str = "told_";
/// From what weight on a document is judged on two threads: the second costs some milliseconds to begin.
const HEAVY: usize = 400;

impl PolicySet {
    /// Runs the fact policies.
    pub fn judge(&self, document: &Document) -> Result<Judgement, PolicyError> {
        self.judge_about(document, |_| true, 1)
    }

    /// The same with those policies alone whose id is wanted, for a large document on as many as two threads.
    pub fn judge_about(
        &self,
        document: &Document,
        about: impl Fn(&str) -> bool,
        threads: usize,
    ) -> Result<Judgement, PolicyError> {
        let input = self.input(document)?;
        self.with_engine(|engine| self.judged(engine, &input, document, &about, threads))
    }

    fn judged(
        &self,
        engine: &mut Engine,
        input: &Input,
        document: &Document,
        about: &dyn Fn(&str) -> bool,
        threads: usize,
    ) -> Result<Judgement, PolicyError> {
        let contexts = outcome::contexts(document);
        let bar = document.project.options.fail_on.unwrap_or(Severity::High);
        let mut judgement = Judgement { problems: self.remarks.clone(), ..Judgement::default() };
        let (own, user): (Vec<_>, Vec<_>) =
            self.policies.iter().filter(|policy| about(&policy.id)).partition(|policy| policy.is_built_in());
        let split = threads > 1 && weight(document) > HEAVY;
        let problems = &mut judgement.problems;
        let values = [
            if split {
                self.values_beside(engine, input, &own, problems)?
            } else {
                values(engine, input, &own, problems, false)?
            },
            values(engine, input, &user, &mut judgement.problems, true)?,
        ];
        for (policies, values) in [own, user].into_iter().zip(values) {
            let exceptions = exceptions(engine, input, &policies)?;
            for policy in policies {
                outcome::report(policy, &values, &exceptions, &contexts, bar, &mut judgement);
            }
        }
        Ok(judgement)
    }

    /// The values of built-in policies, those on routes beside the others: the two share hardly any facts.
    fn values_beside(
        &self,
        engine: &mut Engine,
        input: &Input,
        policies: &[&Policy],
        problems: &mut Vec<Problem>,
    ) -> Result<BTreeMap<String, serde_json::Value>, PolicyError> {
        let (routes, others): (Vec<&Policy>, Vec<_>) =
            policies.iter().copied().partition(|policy| policy.id.starts_with(ON_ROUTES));
        std::thread::scope(|scope| {
            let beside = Apart::begin(scope, || {
                let mut problems = Vec::new();
                let run = |engine: &mut Engine| values(engine, input, &routes, &mut problems, false);
                (self.with_engine(run), problems)
            })?;
            let mut found = values(engine, input, &others, problems, false)?;
            let (on_routes, told) = beside.end()?;
            found.extend(on_routes?);
            problems.extend(told);
            Ok(found)
        })
    }
}

/// How much there is to judge; a package costs little.
fn weight(document: &Document) -> usize {
    document.packages.len() / 8 + document.findings.len() + document.settings.len() + 4 * document.endpoints.len()
}

/// A built-in module with a function for each of its rules that report, which gives the rule's value: the evaluator finds a
/// function by its name, and for a rule of another package it looks through all modules each time.
pub(super) fn with_ways_in(text: &str) -> Cow<'_, str> {
    let reports = |verdict: &str| text.lines().any(|line| line.strip_prefix(verdict).is_some_and(is_set));
    let mut functions = String::new();
    for verdict in BUILT_IN_VERDICTS.into_iter().filter(|verdict| reports(verdict)) {
        let _ = writeln!(functions, "{WAY_IN}{verdict}(_) := {verdict}");
    }
    if functions.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n{functions}")) }
}

fn is_set(rest: &str) -> bool {
    rest.starts_with(" contains ")
}

/// How a built-in rule is asked for: by that function.
fn way_in(query: &str) -> String {
    match query.rsplit_once('.') {
        Some((package, verdict)) if BUILT_IN_VERDICTS.contains(&verdict) => format!("{package}.{WAY_IN}{verdict}(0)"),
        _ => query.to_owned(),
    }
}

/// The value of every rule, by query. A built-in policy that fails is a problem, a user's is an error.
fn values(
    engine: &mut Engine,
    input: &Input,
    policies: &[&Policy],
    problems: &mut Vec<Problem>,
    user: bool,
) -> Result<BTreeMap<String, serde_json::Value>, PolicyError> {
    let rules: Vec<&PolicyRule> = policies.iter().flat_map(|policy| &policy.rules).collect();
    let queries: BTreeSet<String> = rules.iter().map(|rule| rule.query.clone()).collect();
    let queries: Vec<String> = queries.into_iter().collect();
    let mut found = BTreeMap::new();
    let asked: Vec<String> = if user { queries.clone() } else { queries.iter().map(|query| way_in(query)).collect() };
    match engine.evaluate_all(input, &asked) {
        Ok(values) => {
            found.extend(queries.into_iter().zip(values).filter_map(|(query, value)| Some((query, value?))));
            return Ok(found);
        }
        Err(error @ PolicyError::Limit(_)) if user => return Err(error),
        Err(_) => {}
    }
    // One of them fails: ask each alone, as long as there is time.
    let begun = Instant::now();
    for query in queries {
        let location = rules.iter().find(|rule| rule.query == query).map(|rule| rule.location.clone());
        if !user && begun.elapsed() > ALONE {
            let message = format!("the built-in rule `{query}` was not evaluated: there is too much to judge");
            problems.push(Problem::incomplete(ProblemKind::Policy, location, message));
            continue;
        }
        let value = match engine.evaluate(input, &query, true) {
            Ok(outcome) => outcome.value,
            Err(error @ PolicyError::Evaluation(_)) if user => {
                let Ok(outcome) = engine.evaluate(input, &query, false) else { return Err(error) };
                let told = error.diagnosis().map_or_else(|| error.to_string(), |told| told.message.clone());
                let message = format!("a built-in function failed in `{query}` and was taken as undefined: {told}");
                let place = error.diagnosis().map(|told| Location::line(told.path.clone(), told.line.max(1)));
                let problem = Problem::incomplete(ProblemKind::Policy, place.or(location), message);
                problems.push(problem.hint("guard the call, for example with `is_string(value)`"));
                outcome.value
            }
            Err(error) if user => return Err(error),
            Err(error) => {
                let message = format!("the built-in rule `{query}` could not be evaluated: {error}");
                problems.push(Problem::incomplete(ProblemKind::Policy, location, message.replace('\n', " ")));
                None
            }
        };
        found.extend(value.map(|value| (query, value)));
    }
    Ok(found)
}

/// Names that `exception` rules excuse, by the query of the rule.
fn exceptions(
    engine: &mut Engine,
    input: &Input,
    policies: &[&Policy],
) -> Result<BTreeMap<String, BTreeSet<String>>, PolicyError> {
    let rules = policies.iter().flat_map(|policy| &policy.rules);
    let queries: BTreeSet<String> = rules.filter_map(|rule| rule.exceptions.clone()).collect();
    let mut found = BTreeMap::new();
    for query in queries {
        let value = engine.evaluate(input, &query, true)?.value.unwrap_or_default();
        let mut names = BTreeSet::new();
        outcome::strings(&value, &mut names);
        found.insert(query, names);
    }
    Ok(found)
}
