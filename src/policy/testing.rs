//! The test runner: every `test_*` rule of the loaded policies is one test, as in `opa test`.
//!
//! A test passes when its rule is true. One that is undefined or false failed: the line where evaluation stopped is told
//! from the evaluator's coverage. `todo_test_*` rules are counted and not run.

use std::collections::{BTreeMap, BTreeSet};
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
    Ok(run_covered(user, built_in, filter, false)?.results)
}

/// What a run of tests gave.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Each test.
    pub results: Vec<TestResult>,
    /// Which lines were reached, if asked for.
    pub coverage: Option<Coverage>,
    /// What in the policies under test does not fit the audit document, and whether that is certain.
    pub misfits: Vec<(Diagnosis, bool)>,
}

/// Which lines of the policies under test were reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Lines with something to evaluate, and those of them that no test reached, by file.
    pub files: BTreeMap<String, (usize, BTreeSet<u32>)>,
}

impl Coverage {
    /// The share of reached lines, in percent.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // far fewer lines than a float tells apart
    pub fn percent(&self) -> f64 {
        let lines: usize = self.files.values().map(|(lines, _)| lines).sum();
        let missed: usize = self.files.values().map(|(_, missed)| missed.len()).sum();
        if lines == 0 { 100.0 } else { 100.0 * (lines - missed) as f64 / lines as f64 }
    }

    /// One line a file that is not reached in full (every file if `verbose`), then the share of all.
    #[must_use]
    pub fn render(&self, verbose: bool) -> String {
        let mut text = String::new();
        for (path, (lines, missed)) in self.files.iter().filter(|(_, (_, missed))| verbose || !missed.is_empty()) {
            let reached = lines - missed.len();
            let _ = write!(text, "{path}: {reached} of {lines} lines reached");
            if !missed.is_empty() {
                let missed: Vec<String> = missed.iter().map(ToString::to_string).collect();
                let _ = write!(text, ", not {}", missed.join(" "));
            }
            text.push('\n');
        }
        let _ = writeln!(text, "coverage: {:.1} %", self.percent());
        text
    }
}

/// [`run`], with the coverage of the policies under test if asked for.
pub fn run_covered(user: &Bundle, built_in: bool, filter: Option<&str>, covered: bool) -> Result<Run, PolicyError> {
    let mut engine = Engine::new(Limits::default());
    if !user.answers.is_empty() {
        engine.answer_files(user.answers.clone());
    }
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
    let misfits = super::misfits(&mut engine, first);
    engine.observe(covered);
    let results = tests.into_iter().map(|(query, rule)| one(&mut engine, &input, query, &rule, covered)).collect();
    if !covered {
        return Ok(Run { results, coverage: None, misfits });
    }
    let observed = engine.observed();
    let mut files = BTreeMap::new();
    for module in first..engine.modules() {
        let Some((path, ..)) = engine.file(module).filter(|(path, ..)| !super::is_test(path)) else { continue };
        // A file that nothing reached is not in the evaluator's report: all of its rules are missed.
        let entry = observed.iter().find(|(known, ..)| known == path).map_or_else(
            || {
                let rules = engine.rules().iter().filter(|rule| rule.module == module);
                let missed: BTreeSet<u32> = rules.map(|rule| rule.line).collect();
                (missed.len(), missed)
            },
            |(_, reached, missed)| (reached.len() + missed.len(), missed.clone()),
        );
        files.insert(path.to_owned(), entry);
    }
    Ok(Run { results, coverage: Some(Coverage { files }), misfits })
}

/// Results in JUnit's XML, one suite.
#[must_use]
pub fn junit(results: &[TestResult]) -> String {
    let bad = |wanted: fn(&TestOutcome) -> bool| results.iter().filter(|result| wanted(&result.outcome)).count();
    let failures = bad(|outcome| matches!(outcome, TestOutcome::Failed(_)));
    let errors = bad(|outcome| matches!(outcome, TestOutcome::Error(_)));
    let skipped = bad(|outcome| matches!(outcome, TestOutcome::Todo));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"policies\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n",
        results.len()
    );
    for result in results {
        let (package, name) = result.name.rsplit_once('.').unwrap_or(("", &result.name));
        let _ = write!(
            text,
            "<testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
            xml(package),
            xml(name),
            xml(&result.location.path),
            result.location.line
        );
        let _ = match &result.outcome {
            TestOutcome::Passed => writeln!(text, "/>"),
            TestOutcome::Todo => writeln!(text, "><skipped/></testcase>"),
            TestOutcome::Failed(why) => writeln!(text, "><failure>{}</failure></testcase>", xml(why)),
            TestOutcome::Error(why) => writeln!(text, "><error>{}</error></testcase>", xml(why)),
        };
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

/// A text as XML holds it; characters that XML has no place for become a mark.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(char),
            char if char.is_control() => safe.push('\u{fffd}'),
            char => safe.push(char),
        }
    }
    safe
}

fn one(engine: &mut Engine, input: &Input, name: String, rule: &RuleHead, covered: bool) -> TestResult {
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
            // Where it stopped is told from the coverage, which is being counted for all tests already.
            let why = match engine.stop(input, rule) {
                Some(stop) => {
                    let message = format!("the test is {value}, not true; evaluation stopped here");
                    let place = Diagnosis::at(&path, &text, stop.line, stop.column, message);
                    format!("{place}\n{}", super::differ::told(&stop.values))
                }
                None if covered => format!("the test is {value}, not true"),
                None => why(engine, input, &name, (&path, &text, rule.line), &value),
            };
            (TestOutcome::Failed(why), found.prints)
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
