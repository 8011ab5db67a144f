//! The test runner: every `test_*` rule of the loaded policies is one test, as in `opa test`.
//!
//! A test passes when its rule is true. One that is undefined or false failed: the line where evaluation stopped is told
//! from the evaluator's coverage. `todo_test_*` rules are counted and not run.

use std::fmt::Write as _;
use std::time::Duration;

use crate::base::Location;

use super::bundle::Bundle;
use super::engine::{Engine, Input, Limits, RuleHead};
use super::error::{Diagnosis, PolicyError};

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestOutcome {
    /// The rule is true.
    Passed,
    /// Named `todo_test_…`, not run.
    Todo,
    /// The rule is not true; what helps to see why.
    Failed(String),
    /// It could not be evaluated.
    Error(String),
}

/// One test and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// `data.<package>.<name>`.
    pub name: String,
    /// Where the rule begins.
    pub location: Location,
    /// What became of it.
    pub outcome: TestOutcome,
    /// What it printed.
    pub prints: Vec<String>,
    /// How long it took.
    pub duration: Duration,
}

impl TestResult {
    /// Whether this result makes the run fail.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self.outcome, TestOutcome::Failed(_) | TestOutcome::Error(_))
    }
}

/// Runs the tests of the user's bundle, and of the built-in policies if `built_in`. The built-in modules are always
/// loaded, so that users can test against `data.stageclear.lib`. `filter` keeps names that contain it.
pub fn run(user: &Bundle, built_in: bool, filter: Option<&str>) -> Result<Vec<TestResult>, PolicyError> {
    let mut engine = Engine::new(Limits::default());
    let own = Bundle::built_in()?;
    let own: Vec<_> = own.modules.iter().filter(|(path, _)| built_in || !super::is_test(path)).collect();
    for (path, text) in &own {
        engine.add(path, text, false)?;
    }
    for (path, data) in &user.data {
        engine.add_data(path, data)?;
    }
    for (path, text) in &user.modules {
        engine.add(path, text, true)?;
    }
    engine.check()?;
    let first = if built_in { 0 } else { own.len() };
    let mut tests: Vec<(String, RuleHead)> = Vec::new();
    for rule in engine.rules().iter().filter(|rule| rule.module >= first && !rule.function) {
        let query = rule.query();
        let is_test = rule.name.starts_with("test_") || rule.name.starts_with("todo_test_");
        let wanted = filter.is_none_or(|part| query.contains(part));
        if is_test && wanted && !tests.iter().any(|(known, _)| *known == query) {
            tests.push((query, rule.clone()));
        }
    }
    let input = Input::parse("{}")?;
    Ok(tests.into_iter().map(|(query, rule)| one(&mut engine, &input, query, &rule)).collect())
}

fn one(engine: &mut Engine, input: &Input, name: String, rule: &RuleHead) -> TestResult {
    let (path, text) =
        engine.file(rule.module).map_or((String::new(), String::new()), |(p, t, _)| (p.to_owned(), t.to_owned()));
    let location = Location { column: rule.column, end_column: rule.column, ..Location::line(path.clone(), rule.line) };
    if rule.name.starts_with("todo_") {
        return TestResult { name, location, outcome: TestOutcome::Todo, prints: Vec::new(), duration: Duration::ZERO };
    }
    let begin = std::time::Instant::now();
    let evaluated = engine.evaluate(input, &name, true);
    let duration = begin.elapsed();
    let (outcome, prints) = match evaluated {
        Err(error) => (TestOutcome::Error(error.to_string()), Vec::new()),
        Ok(found) if found.value == Some(serde_json::Value::Bool(true)) => (TestOutcome::Passed, found.prints),
        Ok(found) => {
            let value = found.value.map_or("undefined".to_owned(), |value| value.to_string());
            (TestOutcome::Failed(why(engine, input, &name, (&path, &text, rule.line), &value)), found.prints)
        }
    };
    TestResult { name, location, outcome, prints, duration }
}

/// The line of the test's body that was reached last: there evaluation stopped.
fn why(engine: &mut Engine, input: &Input, query: &str, (path, text, line): (&str, &str, u32), value: &str) -> String {
    let message = format!("the test is {value}, not true");
    let lines: Vec<&str> = text.lines().collect();
    let start = line as usize;
    let length = lines.iter().skip(start).take_while(|line| line.starts_with([' ', '\t']) || line.is_empty()).count();
    let body = line..=line.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    let Some((covered, _)) = engine.coverage(input, query, path) else { return message };
    let Some(stopped) = covered.into_iter().filter(|line| body.contains(line)).max() else { return message };
    let source = lines.get(stopped as usize - 1).copied().unwrap_or_default();
    let column = source.chars().take_while(|char| char.is_whitespace()).count() + 1;
    let column = u32::try_from(column).unwrap_or(1);
    let message = format!("{message}; evaluation stopped here");
    Diagnosis::at(path, text, stopped, column, message).to_string()
}

/// Results as text, failures first in detail, with a last line of counts.
#[must_use]
pub fn render(results: &[TestResult], verbose: bool) -> String {
    let mut text = String::new();
    for result in results {
        let (word, details) = match &result.outcome {
            TestOutcome::Passed => ("PASS", None),
            TestOutcome::Todo => ("TODO", None),
            TestOutcome::Failed(why) => ("FAIL", Some(why)),
            TestOutcome::Error(why) => ("ERROR", Some(why)),
        };
        if verbose || result.outcome != TestOutcome::Passed {
            let _ = writeln!(text, "{word} {} {}", result.name, result.location);
        }
        for line in details.into_iter().flat_map(|details| details.lines()) {
            let _ = writeln!(text, "  {line}");
        }
        if verbose || result.is_bad() {
            for line in &result.prints {
                let _ = writeln!(text, "  print: {line}");
            }
        }
    }
    let count = |wanted: fn(&TestOutcome) -> bool| results.iter().filter(|result| wanted(&result.outcome)).count();
    let passed = count(|outcome| *outcome == TestOutcome::Passed);
    let failed = count(|outcome| matches!(outcome, TestOutcome::Failed(_)));
    let errors = count(|outcome| matches!(outcome, TestOutcome::Error(_)));
    let todo = count(|outcome| *outcome == TestOutcome::Todo);
    let _ = write!(text, "{} tests: {passed} passed, {failed} failed, {errors} errors", results.len());
    if todo > 0 {
        let _ = write!(text, ", {todo} to do");
    }
    text.push('\n');
    text
}
