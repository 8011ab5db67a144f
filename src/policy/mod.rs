//! Policies: Rego rules that judge the audit document.
//!
//! Two kinds run after one another on the same input. *Fact policies* (packs `settings`, `endpoints`, and the user's)
//! say what is wrong with the facts; their violations become findings. The *release gate* then sees the document with
//! all findings and gives verdict and score. Both are Rego files under `policies/`; nothing here knows what they say.
//!
//! Conventions are [conftest's](https://www.conftest.dev): sets named `deny`, `violation` or `warn` (also `deny_<name>`)
//! of strings or of objects with at least `msg`, in any package; `exception` rules excuse. [`outcome`] lists the
//! further keys of a violation. Bundles with manifests and
//! signatures are an organisation's: [`organization`].

pub mod asvs;
mod built_in;
pub mod bundle;
mod checklist;
pub mod choice;
mod differ;
pub mod engine;
pub mod error;
pub mod format;
pub mod inputs;
mod judging;
pub mod level;
pub mod metadata;
pub mod organization;
pub mod outcome;
mod refuse;
pub mod schema;
pub mod testing;
pub mod trace;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use crate::base::{Finding, Location, Problem, ProblemKind, Severity};
use crate::document::{Document, PolicyOutcome, PolicyResult, Score, Verdict};

use bundle::Bundle;
pub use engine::memory::on_excess;
use engine::{Engine, Input, Limits, RuleHead};
pub use error::{Diagnosis, PolicyError};
use metadata::{Described, Metadata};

/// The first name of every built-in package; users cannot add to it.
const RESERVED: &str = "stageclear";
/// Id of the policy that gives the verdict.
const GATE: &str = "policy/release-gate/verdict";
/// [`Policy::source`] of the built-in ones.
pub const BUILT_IN: &str = "built-in";

/// One policy: what it is, and the rules that report for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Rule id of its findings.
    pub id: String,
    /// Title, description, severity, remedy, examples.
    pub metadata: Described,
    /// `built-in`, or the user's files, joined by commas.
    pub source: String,
    /// What is evaluated.
    pub rules: Vec<PolicyRule>,
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRule {
    /// The path that is queried, such as `data.main.deny`.
    pub query: String,
    /// `deny`, `violation` or `warn`.
    pub verdict: &'static str,
    /// What follows the verdict in its name (`deny_foo` → `foo`): the name that exceptions use.
    pub suffix: String,
    /// Query of the package's `exception` rule, if it has one.
    pub exceptions: Option<String>,
    /// Where it is written.
    pub location: Location,
}

impl Policy {
    /// Whether it came with the program.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.source == BUILT_IN
    }
}

/// What the fact policies said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judgement {
    /// Violations, in the order of policies; those an exception excuses carry a suppression.
    pub findings: Vec<Finding>,
    /// What became of every policy, for [`Document::policies`].
    pub results: Vec<PolicyResult>,
    /// What could not be evaluated, or only loosely.
    pub problems: Vec<Problem>,
}

/// What the release gate said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gate {
    /// Passed or not, and why.
    pub verdict: Verdict,
    /// 0 to 100, and what was taken off.
    pub score: Option<Score>,
    /// The gate itself as a policy, for [`Document::policies`].
    pub results: Vec<PolicyResult>,
}

/// Loaded policies, built-in and the user's, parsed once.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    engine: Engine,
    /// Whether the built-in modules are not in the engine yet.
    bare: bool,
    policies: Vec<Policy>,
    /// How many modules are built in: the first ones of the engine, once they are read.
    own: usize,
    /// Paths below `data` that are an organisation's.
    roots: Vec<Vec<String>>,
    /// How many modules are built in or an organisation's.
    locked: usize,
    /// Notes on how policies were read.
    remarks: Vec<Problem>,
    pool: Pool,
}

/// Engines and machines that have been used and can be used again, and the packages of the last document: an engine is large, and
/// packages are most of a document.
#[derive(Debug, Default)]
struct Pool {
    engines: std::sync::Mutex<Vec<Engine>>,
    machines: std::sync::Mutex<Vec<engine::machine::Machine>>,
    packages: engine::Kept<Vec<crate::package::Package>>,
}

impl Clone for Pool {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PolicySet {
    /// The policies in the binary; looked through once in a process, however many projects it audits.
    pub fn built_in() -> Result<Self, PolicyError> {
        static BUILT_IN: OnceLock<PolicySet> = OnceLock::new();
        if let Some(set) = BUILT_IN.get() {
            return Ok(set.clone());
        }
        let set = Self::with_limits(Limits::default())?;
        Ok(BUILT_IN.get_or_init(|| set).clone())
    }

    /// The policies in the binary, under other limits.
    pub fn with_limits(limits: Limits) -> Result<Self, PolicyError> {
        let own = built_in::count()?;
        let (engine, policies) = (Engine::new(limits), built_in::policies()?);
        Ok(Self { engine, bare: true, policies, own, locked: own, ..Self::default() })
    }

    /// Adds the user's files and folders.
    pub fn with_user(self, paths: &[impl AsRef<Path>]) -> Result<Self, PolicyError> {
        if paths.is_empty() { Ok(self) } else { self.with_bundle(&Bundle::read(paths)?) }
    }

    /// Adds an organisation's policies; what is added after it can neither replace nor extend them.
    pub fn with_organization(self, organization: &organization::Organization) -> Result<Self, PolicyError> {
        let mut set = self.load(&organization.bundle)?;
        set.roots.clone_from(&organization.roots);
        set.locked = set.engine.modules();
        Ok(set)
    }

    /// Adds policies that are already in memory.
    pub fn with_bundle(self, bundle: &Bundle) -> Result<Self, PolicyError> {
        for (path, data) in &bundle.data {
            self.refuse_foreign_data(path, data)?;
        }
        self.load(bundle)
    }

    /// What the project's own data must not define: the document of an organisation, and what its bundle owns.
    fn refuse_foreign_data(&self, path: &str, data: &serde_json::Value) -> Result<(), PolicyError> {
        let reserved = [organization::DOCUMENT, choice::CONFIG].map(|name| vec![name.to_owned()]);
        for root in self.roots.iter().chain(&reserved) {
            let found = root.iter().try_fold(data, |value, key| value.get(key));
            // A value on the way to the root would replace it as a whole.
            let blocked = (1..root.len()).any(|end| {
                let value = root[..end].iter().try_fold(data, |value, key| value.get(key));
                value.is_some_and(|value| !value.is_object())
            });
            if found.is_some() || blocked {
                let config = root.first().is_some_and(|name| name == choice::CONFIG);
                let owner =
                    if config { "`[policy.parameters]` of stageclear.toml" } else { "the organisation's policy" };
                let message = format!("`data.{}` belongs to {owner}", root.join("."));
                let diagnosis = Diagnosis::file(path, message).hint("choose another key");
                return Err(PolicyError::Data(Box::new(diagnosis)));
            }
        }
        Ok(())
    }

    fn load(mut self, bundle: &Bundle) -> Result<Self, PolicyError> {
        self.read_built_in()?;
        for (path, data) in &bundle.data {
            self.engine.add_data(path, data)?;
        }
        for (path, text) in bundle.modules.iter().filter(|(path, _)| !is_test(path)) {
            self.engine.add(path, text, true)?;
        }
        self.engine.check()?;
        self.pool = Pool::default();
        self.remarks = self.remarks();
        let user = self.user_policies()?;
        self.policies.retain(Policy::is_built_in);
        self.policies.extend(user);
        Ok(self)
    }

    /// The policy that a mistyped id probably means.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let bare = id.rsplit('/').next().unwrap_or(id);
        let by_name = self.policies.iter().find(|policy| policy.id.rsplit('/').next() == Some(bare));
        by_name
            .map(|policy| policy.id.as_str())
            .or_else(|| level::nearest(id, self.policies.iter().map(|policy| policy.id.as_str())))
    }

    /// What in the added policies does not fit the audit document, each with whether it is certain.
    pub fn misfits(&mut self) -> Vec<(Diagnosis, bool)> {
        misfits(&mut self.engine, self.own)
    }

    /// Every policy, built-in ones first, by id.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Runs on an engine that nobody else uses. One that failed is not used again.
    fn with_engine<T>(&self, run: impl FnOnce(&mut Engine) -> Result<T, PolicyError>) -> Result<T, PolicyError> {
        let engines = || self.pool.engines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let spare = engines().pop();
        let mut engine = match spare {
            Some(engine) => engine,
            None => self.whole()?,
        };
        let result = run(&mut engine);
        if result.is_ok() {
            engines().push(engine);
        }
        result
    }

    /// A document as policies see it.
    fn input(&self, document: &Document) -> Result<Input, PolicyError> {
        self.pool.packages.input(document, "packages", &document.packages)
    }

    /// Runs the release gate on a document that holds all findings and policy results.
    pub fn gate(&self, document: &Document) -> Result<Gate, PolicyError> {
        let input = self.input(document)?;
        let names = ["verdict.verdict", "score.score"].map(|name| format!("data.stageclear.release_gate.{name}"));
        let mut values = self.ask(&input, names.iter().map(String::as_str))?;
        let mut next = |at: usize| values.remove(&names[at]).unwrap_or(serde_json::Value::Null);
        let failed = |error: serde_json::Error| PolicyError::Input(format!("the release gate gave no answer: {error}"));
        let verdict: Verdict = serde_json::from_value(next(0)).map_err(failed)?;
        let score = serde_json::from_value(next(1)).map_err(failed)?;
        let results = self.policies.iter().filter(|policy| policy.id == GATE).map(|policy| PolicyResult {
            rule: policy.id.clone(),
            title: policy.metadata.title.clone(),
            source: policy.source.clone(),
            outcome: if verdict.passed { PolicyOutcome::Pass } else { PolicyOutcome::Deny },
            violations: verdict.reasons.len() as u64,
        });
        Ok(Gate { results: results.collect(), verdict, score: Some(score) })
    }

    /// A stored document as these policies judge it: what the policies of its own run said is left out, and findings of
    /// the same fingerprint are excused as they were. A large one is judged on as many as two of the threads.
    pub fn rejudge(&self, mut document: Document, threads: usize) -> Result<Document, PolicyError> {
        let excused: BTreeMap<String, crate::base::Suppression> = document
            .findings
            .iter()
            .filter_map(|finding| Some((finding.fingerprint.clone(), finding.suppression.clone()?)))
            .collect();
        document.findings.retain(|finding| !finding.rule.starts_with("policy/"));
        document.policies.clear();
        let mut judgement = self.judge_about(&document, |_| true, threads)?;
        for finding in &mut judgement.findings {
            if let Some(suppression) = excused.get(&finding.fingerprint) {
                finding.suppression.get_or_insert_with(|| suppression.clone());
            }
        }
        document.findings.append(&mut judgement.findings);
        document.policies = judgement.results;
        let gate = self.gate(&document)?;
        document.policies.extend(gate.results);
        (document.verdict, document.score) = (Some(gate.verdict), gate.score);
        Ok(document)
    }

    /// Evaluates any query, for `policy eval`.
    pub fn query(&self, input: &Input, query: &str) -> Result<engine::Outcome, PolicyError> {
        self.with_engine(|engine| engine.evaluate(input, query, true))
    }

    /// The same for other documents, where a built-in function that fails is undefined, as for OPA and conftest.
    pub fn query_loosely(&self, input: &Input, query: &str) -> Result<engine::Outcome, PolicyError> {
        self.with_engine(|engine| engine.evaluate(input, query, false))
    }

    /// Notes on how policies were read.
    fn remarks(&mut self) -> Vec<Problem> {
        let misfits = misfits(&mut self.engine, self.own).into_iter().map(|(misfit, sure)| {
            let place = Location {
                column: misfit.column,
                end_column: misfit.column,
                ..Location::line(&misfit.path, misfit.line)
            };
            let message = format!("{}: the policy says nothing there", misfit.message);
            let problem = if sure { Problem::incomplete } else { Problem::remark };
            let problem = problem(ProblemKind::Policy, Some(place), message);
            misfit.hint.map_or(problem.clone(), |hint| problem.hint(hint))
        });
        let misfits: Vec<Problem> = misfits.collect();
        let files = (self.own..).map_while(|module| self.engine.file(module));
        let old = files.filter(|(_, _, legacy)| *legacy);
        old.map(|(path, ..)| {
            let message = "the policy is written in Rego v0 and was read as such";
            let problem = Problem::remark(ProblemKind::Policy, Some(Location::file(path)), message);
            problem.hint("write `deny contains msg if { … }`; `opa fmt --v0-v1 --write` converts files")
        })
        .chain(misfits)
        .collect()
    }

    fn user_policies(&self) -> Result<Vec<Policy>, PolicyError> {
        let mut blocks: BTreeMap<usize, Vec<Metadata>> = BTreeMap::new();
        let mut groups: BTreeMap<String, Vec<&RuleHead>> = BTreeMap::new();
        for rule in self.engine.rules().iter().filter(|rule| rule.module >= self.own) {
            let Some((path, text, _)) = self.engine.file(rule.module) else { continue };
            let built_in = rule.package.first().is_some_and(|name| name == RESERVED || name == choice::CONFIG);
            if built_in || rule.module >= self.locked && self.is_organizations(&rule.package) {
                let whose = if built_in { "the built-in policies" } else { "the organisation's policy" };
                let message = format!("the package `{}` belongs to {whose}", rule.package.join("."));
                let diagnosis = Diagnosis::at(path, text, rule.line, rule.column, message);
                return Err(PolicyError::Invalid(Box::new(
                    diagnosis.hint("choose another package name, such as `main`"),
                )));
            }
            if let std::collections::btree_map::Entry::Vacant(entry) = blocks.entry(rule.module) {
                entry.insert(metadata::parse(path, text, false)?);
            }
            if rule.verdict().is_some() {
                groups.entry(rule.query()).or_default().push(rule);
            }
        }
        let excusing = self.excusing_packages();
        let mut policies: Vec<Policy> =
            groups.into_values().filter_map(|rules| self.user_policy(&rules, &blocks, &excusing)).collect();
        policies.sort_by(|a, b| (&a.id, &a.rules[0].query).cmp(&(&b.id, &b.rules[0].query)));
        Ok(policies)
    }

    /// The policy of all rules of one path, which may stand in several files.
    fn user_policy(
        &self,
        rules: &[&RuleHead],
        blocks: &BTreeMap<usize, Vec<Metadata>>,
        excusing: &BTreeMap<&[String], String>,
    ) -> Option<Policy> {
        let first = rules.first()?;
        let (path, ..) = self.engine.file(first.module)?;
        let sources: BTreeSet<&str> =
            rules.iter().filter_map(|rule| self.engine.file(rule.module)).map(|(path, ..)| path).collect();
        let blocks = blocks.get(&first.module).map_or([].as_slice(), Vec::as_slice);
        let of_file = blocks.iter().find(|block| block.line == 0);
        let of_rule = blocks.iter().find(|block| rules.iter().any(|rule| block.line == rule.line));
        let mut metadata = of_rule.or(of_file).cloned().unwrap_or_default();
        let (verdict, _) = first.verdict()?;
        let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = if sources.len() == 1 { stem } else { first.package.join("-") };
        let id =
            metadata.id.clone().unwrap_or_else(|| format!("policy/user/{}", kebab(&format!("{stem}-{}", first.name))));
        if metadata.title.is_empty() {
            metadata.title = format!("{} ({stem})", first.name);
        }
        metadata.severity.get_or_insert(if verdict == "warn" { Severity::Low } else { Severity::High });
        let source = sources.into_iter().collect::<Vec<_>>().join(", ");
        Some(Policy { id, metadata: metadata.into(), source, rules: vec![self.policy_rule(first, excusing)?] })
    }

    /// Whether a package is an organisation's, below one of its own or above it.
    fn is_organizations(&self, package: &[String]) -> bool {
        let reserved = package.first().is_some_and(|name| name == organization::DOCUMENT);
        reserved || self.roots.iter().any(|root| package.starts_with(root) || root.starts_with(package))
    }

    /// The packages with an `exception` rule, and its query.
    fn excusing_packages(&self) -> BTreeMap<&[String], String> {
        let rules = self.engine.rules().iter().filter(|rule| rule.name == "exception" && !rule.function);
        rules.map(|rule| (rule.package.as_slice(), rule.query())).collect()
    }

    fn policy_rule(&self, rule: &RuleHead, excusing: &BTreeMap<&[String], String>) -> Option<PolicyRule> {
        let (path, ..) = self.engine.file(rule.module)?;
        let exceptions = excusing.get(rule.package.as_slice()).cloned();
        rule_of(rule, path).map(|known| PolicyRule { exceptions, ..known })
    }
}

/// A rule that reports, by its head.
fn rule_of(rule: &RuleHead, path: &str) -> Option<PolicyRule> {
    let (verdict, suffix) = rule.verdict()?;
    let location = Location { column: rule.column, end_column: rule.column, ..Location::line(path, rule.line) };
    Some(PolicyRule { query: rule.query(), verdict, suffix: suffix.to_owned(), exceptions: None, location })
}

/// What in the modules from `first` on does not fit the audit document, each with whether it is certain. Tests, which make
/// documents of their own, and policies whose METADATA name another schema are left out.
fn misfits(engine: &mut Engine, first: usize) -> Vec<(Diagnosis, bool)> {
    let wanted: BTreeSet<usize> = (first..engine.modules())
        .filter(|module| {
            let Some((path, text, _)) = engine.file(*module).filter(|(path, ..)| !is_test(path)) else { return false };
            !metadata::parse(path, text, false).is_ok_and(|blocks| blocks.iter().any(|block| block.foreign))
        })
        .collect();
    if wanted.is_empty() { Vec::new() } else { engine.misfits(&|module| wanted.contains(&module)) }
}

fn is_test(path: &str) -> bool {
    path.ends_with("_test.rego")
}

/// Lower case with hyphens, as ids are.
fn kebab(text: &str) -> String {
    let mapped: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    mapped.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests;
