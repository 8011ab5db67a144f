//! Rego as the rest of the crate sees it: load modules and data, evaluate paths, get JSON back.
//!
//! This file and its folder are the only ones that name the evaluator ([regorus](https://docs.rs/regorus)). It is not
//! trusted with hostile input as it comes: sizes are limited before parsing, recursion and unknown functions are refused
//! at load, evaluation has limits of time and memory and its own large stack. There is no network and no file access from Rego.

mod extract;
mod functions;
mod graph;
mod input;
mod limits;
pub mod machine;
pub mod memory;
mod misfit;
pub mod probe;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{LimitError, PolicyLengthConfig, Value};

use super::error::{Diagnosis, PolicyError};
use super::schema::Schema;
use extract::Declared;
use graph::{Fault, Graph, Place};
pub use input::{Input, Kept};
pub use limits::Limits;
use memory::Watched;

/// Stack of the evaluating thread; only touched pages cost memory.
const STACK: usize = 256 << 20;
/// Name of such a thread.
const THREAD: &str = "policy";
/// Most rules that a message names.
const SHOWN: usize = 5;
/// Rule names that report violations, as conftest has them.
const VERDICTS: [&str; 3] = ["deny", "violation", "warn"];

/// A rule of a loaded module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHead {
    /// Package below `data`.
    pub package: Vec<String>,
    /// The first name after the package: `deny`, `test_debug`.
    pub name: String,
    /// Whether it takes arguments.
    pub function: bool,
    /// Index of the module in the order of loading.
    pub module: usize,
    /// Line of the rule, from 1.
    pub line: u32,
    /// Column of the rule, from 1.
    pub column: u32,
}

impl RuleHead {
    /// `deny`, `warn` or `violation`, and what follows the name (`deny_foo` → `foo`); `None` for other rules.
    #[must_use]
    pub fn verdict(&self) -> Option<(&'static str, &str)> {
        VERDICTS.into_iter().filter(|_| !self.function).find_map(|verdict| {
            let rest = self.name.strip_prefix(verdict)?;
            let suffix = if rest.is_empty() { "" } else { rest.strip_prefix('_').filter(|rest| !rest.is_empty())? };
            Some((verdict, suffix))
        })
    }

    /// The path to query.
    #[must_use]
    pub fn query(&self) -> String {
        let plain = |name: &str| name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        self.package.iter().chain([&self.name]).fold("data".to_owned(), |mut path, name| {
            if plain(name) {
                path.push('.');
                path.push_str(name);
            } else {
                let _ = write!(path, "[{name:?}]");
            }
            path
        })
    }
}

/// One loaded file.
#[derive(Debug, Clone)]
struct Loaded {
    path: String,
    text: String,
    legacy: bool,
}

/// The value of a rule and what it printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its value, sets as arrays in their order; `None` when it is undefined.
    pub value: Option<serde_json::Value>,
    /// Lines from `print`.
    pub prints: Vec<String>,
}

/// Loaded modules, ready to be evaluated again and again.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: regorus::Engine,
    limits: Limits,
    files: Arc<Vec<Loaded>>,
    rules: Arc<Vec<RuleHead>>,
    reads_files: bool,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Engine {
    /// An engine without modules.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let mut inner = regorus::Engine::new();
        inner.set_strict_builtin_errors(true);
        inner.set_gather_prints(true);
        let bytes = NonZeroUsize::new(limits.file_bytes).unwrap_or(NonZeroUsize::MIN);
        let lines = NonZeroUsize::new(limits.lines).unwrap_or(NonZeroUsize::MIN);
        let columns = NonZeroU32::new(limits.columns).unwrap_or(NonZeroU32::MIN);
        inner.set_policy_length_config(PolicyLengthConfig {
            max_col: columns,
            max_file_bytes: bytes,
            max_lines: lines,
        });
        // The clock is read every so many steps of the evaluator; a step takes about a microsecond.
        let check_interval = NonZeroU32::new(256).unwrap_or(NonZeroU32::MIN);
        inner.set_execution_timer_config(ExecutionTimerConfig { limit: limits.time, check_interval });
        functions::add(&mut inner);
        Self { inner, limits, files: Arc::default(), rules: Arc::default(), reads_files: false }
    }

    /// Parses a module. `legacy` also accepts Rego v0, as older conftest policies are written in. Call [`Self::check`]
    /// when all are added.
    pub fn add(&mut self, path: &str, text: &str, legacy: bool) -> Result<(), PolicyError> {
        self.limits.admit(path, text)?;
        self.add_trusted(path, text, legacy)
    }

    /// The same for modules that came with the program: how much they cost was looked at when it was tested.
    pub fn add_trusted(&mut self, path: &str, text: &str, legacy: bool) -> Result<(), PolicyError> {
        let mut file = Loaded { path: path.to_owned(), text: text.to_owned(), legacy: false };
        let inner = &mut self.inner;
        let parsed = on_large_stack(|| {
            let first = inner.add_policy(file.path.clone(), file.text.clone());
            if first.is_err() && legacy && !is_modern(&file.text) {
                inner.set_rego_v0(true);
                file.legacy = inner.add_policy(file.path.clone(), file.text.clone()).is_ok();
                inner.set_rego_v0(false);
            }
            first
        })?;
        if let Err(error) = parsed
            && !file.legacy
        {
            Arc::make_mut(&mut self.files).push(file);
            return Err(PolicyError::Invalid(Box::new(self.diagnose(&error, path))));
        }
        Arc::make_mut(&mut self.files).push(file);
        Ok(())
    }

    /// Adds a data document; an error says which key is defined twice.
    pub fn add_data(&mut self, path: &str, data: &serde_json::Value) -> Result<(), PolicyError> {
        let refuse = |message: String| PolicyError::Data(Box::new(Diagnosis::file(path, message)));
        let value = Input::new(data)?.0;
        self.inner.add_data(value).map_err(|error| refuse(format!("the data cannot be merged: {error}")))
    }

    /// All data documents together.
    pub(super) fn data(&self) -> Value {
        self.inner.get_data()
    }

    /// Adds those of another engine.
    pub(super) fn share_data(&mut self, other: &Self) -> Result<(), PolicyError> {
        let told = |error: anyhow::Error| PolicyError::Input(format!("the data cannot be merged: {error}"));
        self.inner.add_data(other.data()).map_err(told)
    }

    /// What evaluations may cost.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// What the functions that read files in conftest's tests give: the argument as JSON, and the answer. Nothing else can
    /// be asked of them.
    pub fn answer_files(&mut self, answers: BTreeMap<String, serde_json::Value>) {
        functions::add_files(&mut self.inner, answers);
        self.reads_files = true;
    }

    /// Looks over all modules together: refuses unknown functions, circles and over-long chains, lists the rules.
    pub fn check(&mut self) -> Result<(), PolicyError> {
        let modules = self.inner.get_modules().clone();
        let mut siblings: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
        for module in &modules {
            siblings.entry(extract::package(module)).or_default().extend(extract::names(module));
        }
        let mut graph = Graph::default();
        let mut calls = Vec::new();
        let mut rules = Vec::new();
        let none = BTreeSet::new();
        for (index, module) in modules.iter().enumerate() {
            let package = extract::package(module);
            rules.extend(extract::heads(index, module));
            for declared in extract::rules(index, module, siblings.get(&package).unwrap_or(&none)) {
                let Declared { path, references, calls: found } = declared;
                graph.add(path, references);
                calls.extend(found);
            }
        }
        for (written, path, place) in calls {
            let known = extract::is_builtin(&written) || extract::is_builtin(&path.join("."));
            let known = known || self.reads_files && functions::FILES.contains(&written.as_str());
            if !known && !graph.contains(&path) {
                return Err(PolicyError::Invalid(Box::new(self.unknown_function(&written, place))));
            }
        }
        graph.check(self.limits.depth).map_err(|fault| self.refuse(fault))?;
        self.rules = Arc::new(rules);
        self.prepare()
    }

    /// Lists the rules of modules that came with the program, without what [`Self::check`] looks for in them: tests do.
    pub fn trust(&mut self) -> Result<(), PolicyError> {
        let modules = self.inner.get_modules().clone();
        let heads = modules.iter().enumerate().flat_map(|(index, module)| extract::heads(index, module));
        self.rules = Arc::new(heads.collect());
        self.prepare()
    }

    fn prepare(&mut self) -> Result<(), PolicyError> {
        // What the evaluator prepares, and finds wrong with a rule, belongs to loading; clones share it.
        let nothing = Input(Value::new_object());
        self.evaluate(&nothing, "true", true).map(drop).map_err(|error| match error {
            PolicyError::Evaluation(diagnosis) => PolicyError::Invalid(diagnosis),
            other => other,
        })
    }

    fn unknown_function(&self, name: &str, place: Place) -> Diagnosis {
        let outside =
            ["http.", "net.lookup", "io.jwt", "crypto.", "opa.runtime", "rand.", "uuid.rfc4122", "rego.", "providers."];
        let hint = if name == "time.now_ns" {
            "policies have no clock, so that the same document is always judged alike: read `days_left` of a waiver or \
             `input.advisories.age_days`"
        } else if functions::FILES.contains(&name) {
            "files are read in tests only, by `policy test`; a document in a folder `fixtures` is `data.fixtures.<name>`"
        } else if extract::is_known_elsewhere(name) {
            "OPA has this function and the evaluator here does not; docs/policies.md lists them"
        } else if outside.iter().any(|prefix| name.starts_with(prefix)) {
            "policies run offline and give the same answer every time: built-ins for network, tokens, keys and the \
             runtime are left out; put what the policy needs into a `data.json` beside it"
        } else {
            "check the spelling, or `import` the package that defines it"
        };
        self.diagnosis(place, format!("unknown function `{name}`")).hint(hint)
    }

    fn refuse(&self, fault: Fault) -> PolicyError {
        match fault {
            Fault::Cycle(names, place) => {
                let message = format!(
                    "recursive rule: {}",
                    names.iter().map(|name| format!("`data.{name}`")).collect::<Vec<_>>().join(" → ")
                );
                let hint = "Rego allows no recursion; use `walk`, `some … in` or `graph.reachable` instead";
                PolicyError::Recursion(Box::new(self.diagnosis(place, message).hint(hint)))
            }
            Fault::Deep(place) => {
                let message = format!("more than {} rules need one another in a chain", self.limits.depth);
                PolicyError::Limit(Box::new(self.diagnosis(place, message)))
            }
        }
    }

    fn diagnosis(&self, place: Place, message: String) -> Diagnosis {
        let empty = Loaded { path: String::new(), text: String::new(), legacy: false };
        let file = self.files.get(place.module).unwrap_or(&empty);
        Diagnosis::at(&file.path, &file.text, place.line, place.column, message)
    }

    /// What in the modules that `wanted` names does not fit the audit document, each with whether it is certain.
    pub fn misfits(&mut self, wanted: &(dyn Fn(usize) -> bool + Sync)) -> Vec<(Diagnosis, bool)> {
        let modules = self.inner.get_modules().clone();
        let found = on_large_stack(|| misfit::misfits(&modules, Schema::audit(), wanted));
        let told = |found: misfit::Misfit| {
            let diagnosis = self.diagnosis(found.place, found.message);
            (found.hint.map_or(diagnosis.clone(), |hint| diagnosis.hint(hint)), found.sure)
        };
        found.unwrap_or_default().into_iter().map(told).collect()
    }

    /// Every rule of every module, in the order of loading; empty before [`Self::check`].
    #[must_use]
    pub fn rules(&self) -> &[RuleHead] {
        &self.rules
    }

    /// How many modules are loaded.
    #[must_use]
    pub fn modules(&self) -> usize {
        self.files.len()
    }

    /// Path, text and whether it is Rego v0, of a module in the order of loading.
    #[must_use]
    pub fn file(&self, module: usize) -> Option<(&str, &str, bool)> {
        self.files.get(module).map(|file| (file.path.as_str(), file.text.as_str(), file.legacy))
    }

    /// Evaluates several rules over one input so that what they share is computed once. The first error stops all.
    pub fn evaluate_all(
        &mut self,
        input: &Input,
        queries: &[String],
    ) -> Result<Vec<Option<serde_json::Value>>, PolicyError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        // An undefined rule would make the whole list undefined; inside a comprehension it is an empty list.
        let items: Vec<String> = queries.iter().map(|query| format!("[v | v := {query}]")).collect();
        let query = format!("[\n{}\n]", items.join(",\n"));
        let shown: Vec<&str> = queries.iter().take(SHOWN).map(String::as_str).collect();
        let more = if queries.len() > SHOWN { ", …" } else { "" };
        let name = format!("{}{more}", shown.join(", "));
        let outcome = self.evaluate_named(&name, input, &query, true)?;
        let Some(serde_json::Value::Array(values)) = outcome.value else {
            return Err(PolicyError::Input("the evaluator gave no list".to_owned()));
        };
        let first = |value| if let serde_json::Value::Array(values) = value { values.into_iter().next() } else { None };
        Ok(values.into_iter().map(first).collect())
    }

    /// Evaluates one query. Unless `strict`, a built-in function that fails is undefined, as OPA has it.
    pub fn evaluate(&mut self, input: &Input, query: &str, strict: bool) -> Result<Outcome, PolicyError> {
        self.evaluate_named(query, input, query, strict)
    }

    fn evaluate_named(&mut self, name: &str, input: &Input, query: &str, strict: bool) -> Result<Outcome, PolicyError> {
        let watched = Watched::begin(name, self.limits.memory);
        self.inner.set_input(input.0.clone());
        self.inner.set_strict_builtin_errors(strict);
        let inner = &mut self.inner;
        let (results, prints) = on_large_stack(|| {
            functions::set_strict(strict);
            let results = inner.eval_query(query.to_owned(), false);
            (results, inner.take_prints().unwrap_or_default())
        })?;
        drop(watched);
        let results = results.map_err(|error| self.evaluation_error(&error, query))?;
        let value = results.result.into_iter().next().and_then(|result| result.expressions.into_iter().next());
        let value = value.map(|expression| expression.value).filter(|value| *value != Value::Undefined);
        let value =
            value.map(serde_json::to_value).transpose().map_err(|error| PolicyError::Input(error.to_string()))?;
        Ok(Outcome { value, prints })
    }

    /// The lines that a query reached and did not reach, of one file.
    pub fn coverage(&mut self, input: &Input, query: &str, path: &str) -> Option<(BTreeSet<u32>, BTreeSet<u32>)> {
        self.inner.set_enable_coverage(true);
        self.inner.clear_coverage_data();
        let _ = self.evaluate(input, query, true);
        let report = self.inner.get_coverage_report();
        self.inner.set_enable_coverage(false);
        let file = report.ok()?.files.into_iter().find(|file| file.path == path)?;
        Some((file.covered, file.not_covered))
    }

    /// Begins or ends to count which lines are reached by all that is evaluated.
    pub fn observe(&mut self, on: bool) {
        self.inner.clear_coverage_data();
        self.inner.set_enable_coverage(on);
    }

    /// Of every file: the lines that were reached since [`Self::observe`], and those that were not.
    pub fn observed(&mut self) -> Vec<(String, BTreeSet<u32>, BTreeSet<u32>)> {
        let report = self.inner.get_coverage_report();
        self.inner.set_enable_coverage(false);
        let files = report.map(|report| report.files).unwrap_or_default();
        files.into_iter().map(|file| (file.path, file.covered, file.not_covered)).collect()
    }

    fn evaluation_error(&self, error: &anyhow::Error, query: &str) -> PolicyError {
        if let Some(LimitError::TimeLimitExceeded { limit, .. }) = error.downcast_ref::<LimitError>() {
            let message = format!("evaluation took longer than {} ms and was stopped", limit.as_millis());
            let name = if query.contains('\n') { "policies" } else { query };
            let hint = "look for loops over two large lists; build an object by key once and look items up in it";
            return PolicyError::Limit(Box::new(Diagnosis::file(name, message).hint(hint)));
        }
        PolicyError::Evaluation(Box::new(self.diagnose(error, query)))
    }

    /// Takes the evaluator's rendered message apart: `--> path:line:column`, the source line, `error: message`.
    fn diagnose(&self, error: &anyhow::Error, fallback: &str) -> Diagnosis {
        let text = error
            .chain()
            .map(ToString::to_string)
            .find(|text| text.contains("\n--> "))
            .unwrap_or_else(|| format!("{error:#}"));
        let message = text.rfind("\nerror: ").map_or(text.as_str(), |at| &text[at + "\nerror: ".len()..]);
        let message = message.trim().replace('\n', " ");
        let place = text.split_once("--> ").and_then(|(_, rest)| rest.lines().next());
        let place = place.and_then(|place| {
            let mut parts = place.rsplitn(3, ':');
            let column = parts.next()?.parse().ok()?;
            let line = parts.next()?.parse().ok()?;
            Some((parts.next()?, line, column))
        });
        let Some((path, line, column)) = place else { return Diagnosis::file(fallback, message) };
        let source = self.files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
        let diagnosis = Diagnosis::at(path, source, line, column, message);
        match hint_for(&diagnosis.message) {
            Some(hint) => diagnosis.hint(hint),
            None => diagnosis,
        }
    }
}

/// Parser and evaluator recurse over expressions; how deep is limited, but not to what a worker thread has.
///
/// On such a thread already, `run` runs where it is: a thread for each of a hundred files costs more than they do.
pub(super) fn on_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T, PolicyError> {
    if std::thread::current().name() == Some(THREAD) {
        return Ok(run());
    }
    std::thread::scope(|scope| Apart::begin(scope, run)?.end())
}

/// Work on policies that goes on beside other work, on a thread with a large stack.
pub struct Apart<'scope, T>(std::thread::ScopedJoinHandle<'scope, T>);

impl<'scope, T: Send + 'scope> Apart<'scope, T> {
    /// Begins it.
    pub fn begin(
        scope: &'scope std::thread::Scope<'scope, '_>,
        run: impl FnOnce() -> T + Send + 'scope,
    ) -> Result<Self, PolicyError> {
        let thread = std::thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK).spawn_scoped(scope, run);
        thread.map(Self).map_err(|error| failed(&error.to_string()))
    }

    /// Whether it has come to its end.
    pub fn is_over(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits for its result.
    pub fn end(self) -> Result<T, PolicyError> {
        self.0.join().map_err(|_| failed("it panicked"))
    }
}

fn failed(message: &str) -> PolicyError {
    PolicyError::Input(format!("the evaluator failed: {message}"))
}

/// Whether a text is plainly Rego v1, so that reading it as v0 could only bring confusing warnings.
fn is_modern(text: &str) -> bool {
    // What stands in quotes is prose.
    let code = |line: &str| line.split(['"', '`']).step_by(2).collect::<Vec<_>>().join(" ");
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).map(code);
    !text.contains("import future.keywords")
        && lines.any(|line| line.contains(" if ") || line.contains("import rego.v1"))
}

fn hint_for(message: &str) -> Option<&'static str> {
    let table = [
        (
            "`if`",
            "Rego v1 wants `if` before a rule's body and `contains` for partial sets: `deny contains msg if { … }`",
        ),
        ("contains", "Rego v1 writes partial sets as `deny contains msg if { … }`"),
        ("unsafe", "every variable must get its value somewhere in the same rule; is it misspelt?"),
        (
            "conflict",
            "two bodies of a complete rule give different values for the same input; make them exclude each other",
        ),
        (
            "multiple",
            "two bodies of a complete rule give different values for the same input; make them exclude each other",
        ),
        ("expecting", "an expression is not complete here, or a bracket or quote before this place is not closed"),
        ("nest", "name parts of the expression by `x := …`"),
    ];
    table.into_iter().find(|(part, _)| message.contains(part)).map(|(_, hint)| hint)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod conformance;
