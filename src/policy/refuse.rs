//! Which exceptions policies refuse: rules named `refuse_waiver`, built-in and of others, on a document whose waivers
//! are known and not yet applied.
//!
//! A refusal is an object `{"waiver": index into input.waivers, "msg": why}`. Refusing is all that a rule can do, so
//! that further policies only ever tighten what the built-in ones allow.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{PolicyError, PolicySet};
use crate::base::{Location, Problem, ProblemKind};
use crate::document::Document;

/// Name of the rules that refuse.
const RULE: &str = "refuse_waiver";
/// The built-in one.
const BUILT_IN: &str = "data.stageclear.release_gate.waivers.refuse_waiver";

impl PolicySet {
    /// Every refusal, each once: index into the document's waivers, and why.
    #[allow(clippy::type_complexity)]
    pub fn refusals(&self, document: &Document) -> Result<(Vec<(usize, String)>, Vec<Problem>), PolicyError> {
        if document.waivers.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let input = self.input(document)?;
        let mut values = self.values_of_others(&input, RULE)?;
        values.push((BUILT_IN.to_owned(), self.ask(&input, [BUILT_IN])?.remove(BUILT_IN)));
        let mut found = BTreeSet::new();
        let mut problems = Vec::new();
        for (query, value) in values {
            for item in value.iter().filter_map(Value::as_array).flatten() {
                if let Some(refusal) = read(item, document.waivers.len()) {
                    found.insert(refusal);
                    continue;
                }
                let rule = self.rules_of_others(RULE).find(|rule| rule.query() == query);
                let place = rule.and_then(|rule| Some((self.engine.file(rule.module)?.0, rule.line)));
                let message = format!("`{query}` gave something that is no refusal");
                let place = place.map(|(path, line)| Location::line(path, line));
                let problem = Problem::incomplete(ProblemKind::Policy, place, message);
                problems.push(problem.hint("a refusal is `{\"waiver\": index into input.waivers, \"msg\": why}`"));
            }
        }
        Ok((found.into_iter().collect(), problems))
    }
}

fn read(item: &Value, waivers: usize) -> Option<(usize, String)> {
    let waiver = usize::try_from(item.get("waiver")?.as_u64()?).ok().filter(|at| *at < waivers)?;
    Some((waiver, item.get("msg")?.as_str()?.to_owned()))
}
