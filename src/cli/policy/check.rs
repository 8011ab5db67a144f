//! `policy eval` of configuration files: what rules say of each, a line for each violation, as conftest prints it.

use std::collections::BTreeSet;
use std::io::Write;

use super::eval::{self, EvalArgs, Named};
use crate::policy::engine::Input;
use crate::policy::{PolicyError, PolicyRule, PolicySet, outcome};

/// How often what was found.
#[derive(Default)]
struct Count {
    passed: usize,
    warnings: usize,
    failures: usize,
    exceptions: usize,
}

/// Prints the violations of all documents and their number; 1 if a rule denies.
pub(super) fn check(args: &EvalArgs, set: &PolicySet, all: &[Named], out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut count = Count::default();
    let mut errors = 0;
    for named in all {
        let input = Input::new(&named.document)?;
        for query in eval::rules(args, set, named.audit)? {
            let found = match eval::ask(set, named, &input, &query) {
                Ok(found) => found,
                // What OPA calls undefined may be an error here: it is told, and the others go on.
                Err(PolicyError::Evaluation(fault)) => {
                    errors += 1;
                    let place = format!("{}:{}", fault.path, fault.line);
                    writeln!(out, "ERROR - {} - {} - {} ({place})", named.file, eval::package(&query), fault.message)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for line in &found.prints {
                writeln!(out, "print: {line}")?;
            }
            let messages = found.value.as_ref().map(|value| outcome::messages(value, &query)).unwrap_or_default();
            if messages.is_empty() {
                count.passed += 1;
                continue;
            }
            let rule = set.policies().iter().flat_map(|policy| &policy.rules).find(|rule| rule.query == query);
            let excused = rule.map_or(Ok(false), |rule| excused(set, named, &input, rule))?;
            let (word, number) = if excused {
                ("EXCP", &mut count.exceptions)
            } else if eval::is_verdict(&query, &["deny", "violation"]) {
                ("FAIL", &mut count.failures)
            } else {
                ("WARN", &mut count.warnings)
            };
            *number += messages.len();
            for message in messages {
                let message = message.trim_end().replace('\n', "\n  ");
                writeln!(out, "{word} - {} - {} - {message}", named.file, eval::package(&query))?;
            }
        }
    }
    let Count { passed, warnings, failures, exceptions } = count;
    let tests = passed + warnings + failures + exceptions;
    if tests + errors == 0 {
        anyhow::bail!(
            "no rule was asked: neither `deny`, `violation` nor `warn`\nhint: name policies with --policy; the built-in ones are \
             about audits"
        );
    }
    writeln!(
        out,
        "\n{tests} tests, {passed} passed, {warnings} warnings, {failures} failures, {exceptions} exceptions"
    )?;
    if errors > 0 {
        anyhow::bail!(
            "{errors} rules could not be evaluated\nhint: docs/policies.md tells where the evaluator differs from OPA"
        );
    }
    Ok(u8::from(failures > 0))
}

/// Whether an `exception` rule beside it names a rule.
fn excused(set: &PolicySet, named: &Named, input: &Input, rule: &PolicyRule) -> anyhow::Result<bool> {
    let Some(query) = &rule.exceptions else { return Ok(false) };
    let mut names = BTreeSet::new();
    if let Some(value) = eval::ask(set, named, input, query)?.value {
        outcome::strings(&value, &mut names);
    }
    Ok(names.contains(&rule.suffix))
}
