//! `policy eval`: ask policies anything, and why they say it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use serde_json::Value;

use super::{check, diff};
use crate::policy::bundle::{self, Bundle};
use crate::policy::engine::{Input, Outcome};
use crate::policy::inputs::{Format, documents};
use crate::policy::{PolicyError, PolicySet, trace};

/// Arguments of `policy eval`.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// What to evaluate: a query such as `data.main.deny`, or a policy's id; without it, every rule that reports
    pub query: Option<String>,
    /// Audit document (`stageclear audit --format json`), a configuration file as conftest reads it, or a folder of them;
    /// `-` for standard input; may be given several times
    #[arg(long, short, value_name = "FILE|DIR")]
    pub input: Vec<PathBuf>,
    /// How to read the input, by conftest's names, instead of what its name says: dockerfile, dotenv, hcl2, ignore, ini,
    /// json, jsonc, nginx, properties, toml or yaml
    #[arg(long, value_name = "NAME", requires = "input")]
    pub parser: Option<String>,
    /// Judge all inputs as one list of `{path, contents}`, as conftest has it
    #[arg(long, requires = "input")]
    pub combine: bool,
    /// How to print: JSON, or a line for each violation (the default for configuration files without a query)
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "documents")]
    pub format: Option<Shape>,
    /// Judge stored audits again, a line each: documents, files of one a line, or folders of them
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["query", "input", "explain", "fail", "namespace"])]
    pub documents: Vec<PathBuf>,
    /// Print JSON lines, with --documents
    #[arg(long, requires = "documents")]
    pub json: bool,
    /// Exit with 1 if a `deny` or `violation` rule says something
    #[arg(long)]
    pub fail: bool,
    /// Further policies
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// A JSON or YAML file whose keys become `data`, or a folder of them
    #[arg(long, value_name = "FILE|DIR")]
    pub data: Vec<PathBuf>,
    /// The organisation's bundle
    #[arg(long, visible_alias = "organisation", value_name = "SOURCE")]
    pub organization: Option<String>,
    /// Only rules of this package, such as `main`, as conftest has it; `*` at its end stands for all that begin so
    #[arg(long, value_name = "PACKAGE", conflicts_with = "query")]
    pub namespace: Vec<String>,
    /// Say why: the violations with the facts they are about, and the lines that were reached
    #[arg(long, visible_alias = "trace")]
    pub explain: bool,
}

/// How the values of rules are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// The values.
    Json,
    /// A line for each violation, and a sum.
    Text,
}

/// A document and the file that it is from.
pub(super) struct Named {
    /// The file's name, as it was given.
    pub file: String,
    /// What it holds.
    pub document: Value,
    /// Whether it is an audit, which the built-in policies are about.
    pub audit: bool,
}

/// Evaluates and prints.
pub fn eval(args: &EvalArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut bundle = Bundle::read_all(&args.policy)?;
    args.data.iter().try_for_each(|path| bundle.add_data(path))?;
    let set = PolicySet::built_in()?;
    let set = match &args.organization {
        Some(named) => diff::under(set, named, &bundle)?,
        None if bundle == Bundle::default() => set,
        None => set.with_bundle(&bundle)?,
    };
    if !args.documents.is_empty() {
        return stored(args, &set, out);
    }
    let documents = inputs(args)?;
    let lines = args.query.is_none() && documents.iter().any(|named| !named.audit) && !args.input.is_empty();
    let shape = args.format.unwrap_or(if lines && !args.explain { Shape::Text } else { Shape::Json });
    if shape == Shape::Text {
        let status = check::check(args, &set, &documents, out)?;
        return Ok(if args.fail { status } else { 0 });
    }
    let mut status = 0;
    for named in &documents {
        if documents.len() > 1 {
            writeln!(out, "# {}", named.file)?;
        }
        let input = Input::new(&named.document)?;
        status |= if args.explain {
            explain(args, &set, &input, named, out)?
        } else {
            plain(args, &set, &input, named, out)?
        };
    }
    Ok(if args.fail { status } else { 0 })
}

/// The documents of all inputs; an empty one if there are none.
fn inputs(args: &EvalArgs) -> anyhow::Result<Vec<Named>> {
    let parser = args.parser.as_deref().map(Format::named).transpose().map_err(|why| anyhow!(why))?;
    if args.input.is_empty() {
        let document = Value::Object(serde_json::Map::new());
        return Ok(vec![Named { file: String::new(), document, audit: true }]);
    }
    let mut found = Vec::new();
    for path in &args.input {
        let known = |file: &PathBuf| parser.is_some() || Format::of(&file.to_string_lossy()).is_some();
        let files = if path.is_dir() {
            let all = bundle::files(path)?;
            let all: Vec<PathBuf> = all.into_iter().filter(known).collect();
            if all.is_empty() {
                bail!(
                    "no file in `{}` is one that can be judged\nhint: `--parser` says how files are read",
                    path.display()
                );
            }
            all
        } else {
            vec![path.clone()]
        };
        for file in files {
            let text = if file.as_os_str() == "-" {
                std::io::read_to_string(std::io::stdin().lock())?
            } else {
                std::fs::read_to_string(&file).with_context(|| format!("cannot read the input `{}`", file.display()))?
            };
            let name = file.to_string_lossy().into_owned();
            let format = parser.or_else(|| Format::of(&name));
            for document in documents(&name, &text, parser)? {
                match document {
                    // A list at the top is several documents, as conftest has it; a query is asked of the whole.
                    Value::Array(items) if args.query.is_none() && format.is_none_or(Format::is_list_of_documents) => {
                        found.extend(items.into_iter().map(|document| Named::new(&name, document)));
                    }
                    document => found.push(Named::new(&name, document)),
                }
            }
        }
    }
    if args.combine {
        let all = found.into_iter().map(|named| serde_json::json!({"path": named.file, "contents": named.document}));
        return Ok(vec![Named::new("Combined", all.collect())]);
    }
    Ok(found)
}

impl Named {
    fn new(file: &str, document: Value) -> Self {
        let schema = document.get("schema").and_then(Value::as_str);
        let audit = schema.is_some_and(|schema| schema.starts_with("stageclear.audit/"));
        Self { file: file.to_owned(), document, audit }
    }
}

/// What a query gives: other documents than audits are asked as OPA asks, where a function that fails is undefined.
pub(super) fn ask(set: &PolicySet, named: &Named, input: &Input, query: &str) -> Result<Outcome, PolicyError> {
    if named.audit { set.query(input, query) } else { set.query_loosely(input, query) }
}

/// The values as JSON; 1 if a rule denies.
fn plain(args: &EvalArgs, set: &PolicySet, input: &Input, named: &Named, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut status = 0;
    let result = match &args.query {
        Some(query) if policy_rules(set, query).is_empty() => {
            let outcome = ask(set, named, input, query)?;
            for line in &outcome.prints {
                writeln!(out, "print: {line}")?;
            }
            let Some(value) = outcome.value else {
                writeln!(out, "undefined")?;
                return Ok(0);
            };
            status = u8::from(denies(query, &value));
            value
        }
        _ => {
            let mut values = serde_json::Map::new();
            for rule in rules(args, set, named.audit)? {
                if let Some(value) = ask(set, named, input, &rule)?.value {
                    status |= u8::from(denies(&rule, &value));
                    values.insert(rule, value);
                }
            }
            values.into()
        }
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&result)?)?;
    Ok(status)
}

pub(super) fn is_verdict(query: &str, verdicts: &[&str]) -> bool {
    let name = query.rsplit('.').next().unwrap_or(query);
    verdicts.iter().any(|verdict| name == *verdict || name.starts_with(&format!("{verdict}_")))
}

fn denies(query: &str, value: &Value) -> bool {
    let silent = match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        other => matches!(other, Value::Null | Value::Bool(false)),
    };
    is_verdict(query, &["deny", "violation"]) && !silent
}

/// Stored audits under these policies: who passes, with which score, and why not. The status is 1 if one fails.
fn stored(args: &EvalArgs, set: &PolicySet, out: &mut dyn Write) -> anyhow::Result<u8> {
    let (mut all, mut passed) = (0_usize, 0_usize);
    let judge = |text: &str, file: &Path, threads: usize| {
        let (name, document) = diff::document(text, file)?;
        let document = set.rejudge(document, threads)?;
        Ok((name, document.verdict.unwrap_or_default(), document.score.map(|score| score.value)))
    };
    diff::each(&args.documents, judge, |(name, verdict, score)| {
        all += 1;
        passed += usize::from(verdict.passed);
        if args.json {
            let row = serde_json::json!({
                "name": name, "passed": verdict.passed, "score": score, "reasons": verdict.reasons,
            });
            return Ok(writeln!(out, "{row}")?);
        }
        let word = if verdict.passed { "passes" } else { "fails" };
        let score = score.map_or("-".to_owned(), |score| score.to_string());
        let why = verdict.reasons.first().map_or(String::new(), |why| format!(": {why}"));
        Ok(writeln!(out, "{word:6}  {score:>3}  {name}{why}")?)
    })?;
    if all == 0 {
        bail!("there are no audit documents\nhint: `stageclear audit --format json` writes them");
    }
    if !args.json {
        writeln!(out, "{passed} of {all} pass")?;
    }
    Ok(u8::from(passed < all))
}

/// The queries of a policy's rules, by its id.
fn policy_rules(set: &PolicySet, id: &str) -> Vec<String> {
    let policies = set.policies().iter().filter(|policy| policy.id == id);
    policies.flat_map(|policy| &policy.rules).map(|rule| rule.query.clone()).collect()
}

/// The rules to ask; of the built-in ones only where they are about the document.
pub(super) fn rules(args: &EvalArgs, set: &PolicySet, audit: bool) -> anyhow::Result<Vec<String>> {
    if let Some(query) = &args.query {
        let named = policy_rules(set, query);
        return Ok(if named.is_empty() { vec![query.clone()] } else { named });
    }
    let policies = set.policies().iter().filter(|policy| audit || !policy.is_built_in());
    let all = policies.flat_map(|policy| &policy.rules).map(|rule| rule.query.clone());
    if args.namespace.is_empty() {
        return Ok(all.collect());
    }
    let found: Vec<String> = all
        .filter(|query| {
            let package = package(query);
            args.namespace
                .iter()
                .any(|wanted| wanted.strip_suffix('*').map_or(package == wanted, |start| package.starts_with(start)))
        })
        .collect();
    if found.is_empty() {
        bail!(
            "no rule named `deny`, `violation` or `warn` is in the package `{}`\nhint: `stageclear policy list` shows all",
            args.namespace.join("`, `")
        );
    }
    Ok(found)
}

/// `data.main.deny` → `main`.
pub(super) fn package(query: &str) -> &str {
    query.strip_prefix("data.").and_then(|path| path.rsplit_once('.')).map_or("", |(package, _)| package)
}

fn explain(args: &EvalArgs, set: &PolicySet, input: &Input, named: &Named, out: &mut dyn Write) -> anyhow::Result<u8> {
    let (mut told, mut denied) = (0, false);
    for query in rules(args, set, named.audit)? {
        let trace = set.trace(input, &query)?;
        let silent = |value: &Value| matches!(value, Value::Array(items) if items.is_empty());
        // Of all rules, only those that speak.
        if args.query.is_none() && trace.outcome.value.as_ref().is_none_or(silent) {
            continue;
        }
        told += 1;
        let Some(value) = &trace.outcome.value else {
            writeln!(out, "{query}: undefined\n{}", trace::render(&trace.rules))?;
            continue;
        };
        let violations = trace::violations(value, &named.document);
        denied |= denies(&query, value);
        if is_verdict(&query, &["deny", "warn", "violation"]) {
            writeln!(out, "{query}: {} violations", violations.len())?;
            for (message, facts) in &violations {
                writeln!(out, "  {message}")?;
                facts.iter().try_for_each(|fact| writeln!(out, "    fact {fact}"))?;
            }
        } else {
            writeln!(out, "{query}: {}", serde_json::to_string_pretty(value)?)?;
        }
        trace.outcome.prints.iter().try_for_each(|line| writeln!(out, "print: {line}"))?;
        writeln!(out, "\nlines that were reached (+) and not (-):\n{}", trace::render(&trace.rules))?;
    }
    if told == 0 {
        writeln!(out, "no rule has anything to say")?;
    }
    Ok(u8::from(denied))
}
