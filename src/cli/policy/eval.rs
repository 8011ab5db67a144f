//! `policy eval`: ask policies anything, and why they say it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use rayon::prelude::*;
use serde_json::Value;

use super::diff;
use crate::policy::bundle::Bundle;
use crate::policy::engine::Input;
use crate::policy::inputs::documents;
use crate::policy::{PolicySet, trace};

/// Arguments of `policy eval`.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// What to evaluate: a query such as `data.main.deny`, or a policy's id; without it, every rule that reports
    pub query: Option<String>,
    /// Audit document (`stageclear audit --format json`), or any JSON, YAML, TOML or environment file; `-` for standard input
    #[arg(long, short, value_name = "FILE")]
    pub input: Option<PathBuf>,
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
    /// A JSON or YAML file whose keys become `data`
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// The organisation's bundle
    #[arg(long, visible_alias = "organisation", value_name = "SOURCE")]
    pub organization: Option<String>,
    /// Only rules of this package, such as `main`, as conftest has it; `*` at its end stands for all that begin so
    #[arg(long, value_name = "PACKAGE", conflicts_with = "query")]
    pub namespace: Option<String>,
    /// Say why: the violations with the facts they are about, and the lines that were reached
    #[arg(long, visible_alias = "trace")]
    pub explain: bool,
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
    let documents = inputs(args.input.as_deref())?;
    let mut status = 0;
    for document in &documents {
        let input = Input::new(document)?;
        status |=
            if args.explain { explain(args, &set, &input, document, out)? } else { plain(args, &set, &input, out)? };
    }
    Ok(if args.fail { status } else { 0 })
}

fn inputs(path: Option<&Path>) -> anyhow::Result<Vec<Value>> {
    let Some(path) = path else { return Ok(vec![Value::Object(serde_json::Map::new())]) };
    if path.as_os_str() == "-" {
        return Ok(documents("-", &std::io::read_to_string(std::io::stdin().lock())?)?);
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the input `{}`", path.display()))?;
    Ok(documents(&path.to_string_lossy(), &text)?)
}

/// The values as JSON; 1 if a rule denies.
fn plain(args: &EvalArgs, set: &PolicySet, input: &Input, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut status = 0;
    let result = match &args.query {
        Some(query) if policy_rules(set, query).is_empty() => {
            let outcome = set.query(input, query)?;
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
            for rule in rules(args, set)? {
                if let Some(value) = set.query(input, &rule)?.value {
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

fn is_verdict(query: &str, verdicts: &[&str]) -> bool {
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
    for file in diff::files(&args.documents)? {
        for chunk in diff::texts(&file)?.chunks(256) {
            let judged = chunk.par_iter().map(|text| {
                let (name, document) = diff::document(text, &file)?;
                let document = set.rejudge(document)?;
                Ok((name, document.verdict.unwrap_or_default(), document.score.map(|score| score.value)))
            });
            for (name, verdict, score) in judged.collect::<anyhow::Result<Vec<_>>>()? {
                all += 1;
                passed += usize::from(verdict.passed);
                if args.json {
                    let row = serde_json::json!({
                        "name": name, "passed": verdict.passed, "score": score, "reasons": verdict.reasons,
                    });
                    writeln!(out, "{row}")?;
                    continue;
                }
                let word = if verdict.passed { "passes" } else { "fails" };
                let score = score.map_or("-".to_owned(), |score| score.to_string());
                writeln!(
                    out,
                    "{word:6}  {score:>3}  {name}{}",
                    verdict.reasons.first().map_or(String::new(), |why| format!(": {why}"))
                )?;
            }
        }
    }
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

fn rules(args: &EvalArgs, set: &PolicySet) -> anyhow::Result<Vec<String>> {
    if let Some(query) = &args.query {
        let named = policy_rules(set, query);
        return Ok(if named.is_empty() { vec![query.clone()] } else { named });
    }
    let all = set.policies().iter().flat_map(|policy| &policy.rules).map(|rule| rule.query.clone());
    let Some(namespace) = &args.namespace else { return Ok(all.collect()) };
    let found: Vec<String> = all
        .filter(|query| {
            let package =
                query.strip_prefix("data.").and_then(|path| path.rsplit_once('.')).map_or("", |(path, _)| path);
            namespace.strip_suffix('*').map_or(package == namespace, |start| package.starts_with(start))
        })
        .collect();
    if found.is_empty() {
        bail!(
            "no rule named `deny`, `violation` or `warn` is in the package `{namespace}`\nhint: `stageclear policy list` shows all"
        );
    }
    Ok(found)
}

fn explain(
    args: &EvalArgs,
    set: &PolicySet,
    input: &Input,
    document: &Value,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let (mut told, mut denied) = (0, false);
    for query in rules(args, set)? {
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
        let violations = trace::violations(value, document);
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
