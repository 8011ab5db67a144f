//! The fact policies over a document: what their rules say, and what excuses it.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Engine, Input, RuleHead};
use super::{Judgement, Policy, PolicyError, PolicyRule, PolicySet, outcome};
use crate::base::{Location, Problem, ProblemKind, Severity};
use crate::document::Document;

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
        let contexts = outcome::contexts(document);
        let bar = document.project.options.fail_on.unwrap_or(Severity::High);
        let mut judgement = Judgement { problems: self.remarks.clone(), ..Judgement::default() };
        let (own, user): (Vec<_>, Vec<_>) =
            self.policies.iter().filter(|policy| about(&policy.id)).partition(|policy| policy.is_built_in());
        let split = threads > 1 && weight(document) > HEAVY;
        let told = self.built_in_values(&input, &own, split, &mut judgement.problems)?;
        for policy in own {
            outcome::report(policy, &told, &BTreeMap::new(), &contexts, bar, &mut judgement);
        }
        if user.is_empty() {
            return Ok(judgement);
        }
        let problems = &mut judgement.problems;
        let (told, exceptions) = self
            .with_engine(|engine| Ok((values(engine, &input, &user, problems)?, exceptions(engine, &input, &user)?)))?;
        for policy in user {
            outcome::report(policy, &told, &exceptions, &contexts, bar, &mut judgement);
        }
        Ok(judgement)
    }

    /// The rules of a name that are not built in.
    pub(super) fn rules_of_others<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a RuleHead> {
        let rules = self.engine.rules().iter().filter(|rule| rule.module >= self.own);
        rules.filter(move |rule| rule.name == name && !rule.function)
    }

    /// Their queries, each with its value.
    pub(super) fn values_of_others(
        &self,
        input: &Input,
        name: &str,
    ) -> Result<Vec<(String, Option<serde_json::Value>)>, PolicyError> {
        let queries: BTreeSet<String> = self.rules_of_others(name).map(RuleHead::query).collect();
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let queries: Vec<String> = queries.into_iter().collect();
        let values = self.with_engine(|engine| engine.evaluate_all(input, &queries))?;
        Ok(queries.into_iter().zip(values).collect())
    }
}

/// How much there is to judge; a package costs little.
fn weight(document: &Document) -> usize {
    document.packages.len() / 8 + document.findings.len() + document.settings.len() + 4 * document.endpoints.len()
}

/// The values of rules of others, by query. What fails is an error; what fails in a built-in function alone is told.
fn values(
    engine: &mut Engine,
    input: &Input,
    policies: &[&Policy],
    problems: &mut Vec<Problem>,
) -> Result<BTreeMap<String, serde_json::Value>, PolicyError> {
    let rules: Vec<&PolicyRule> = policies.iter().flat_map(|policy| &policy.rules).collect();
    let queries: BTreeSet<String> = rules.iter().map(|rule| rule.query.clone()).collect();
    let queries: Vec<String> = queries.into_iter().collect();
    let mut found = BTreeMap::new();
    match engine.evaluate_all(input, &queries) {
        Ok(values) => {
            found.extend(queries.into_iter().zip(values).filter_map(|(query, value)| Some((query, value?))));
            return Ok(found);
        }
        Err(error @ PolicyError::Limit(_)) => return Err(error),
        Err(_) => {}
    }
    // One of them fails: ask each alone.
    for query in queries {
        let value = match engine.evaluate(input, &query, true) {
            Ok(outcome) => outcome.value,
            Err(error @ PolicyError::Evaluation(_)) => {
                let Ok(outcome) = engine.evaluate(input, &query, false) else { return Err(error) };
                let told = error.diagnosis().map_or_else(|| error.to_string(), |told| told.message.clone());
                let message = format!("a built-in function failed in `{query}` and was taken as undefined: {told}");
                let place = error.diagnosis().map(|told| Location::line(told.path.clone(), told.line.max(1)));
                let place =
                    place.or_else(|| rules.iter().find(|rule| rule.query == query).map(|rule| rule.location.clone()));
                let problem = Problem::incomplete(ProblemKind::Policy, place, message);
                problems.push(problem.hint("guard the call, for example with `is_string(value)`"));
                outcome.value
            }
            Err(error) => return Err(error),
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
