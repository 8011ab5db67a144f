//! `stageclear policy …`: run the tests of policies, ask them anything, see which there are, write and pack them, and see
//! what a change of them would do.
//!
//! Results go to `out`; the caller maps the number to an exit status: 0 all well, 1 a test failed. Errors are for exit 2.

mod bundle;
mod diff;
mod new;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::policy::bundle::Bundle;
use crate::policy::engine::Input;
use crate::policy::{PolicySet, testing};

/// Arguments of `stageclear policy`.
#[derive(Debug, Clone, Args)]
pub struct PolicyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// The sub-commands.
#[derive(Debug, Clone, Subcommand)]
pub enum PolicyCommand {
    /// Run `test_*` rules: of the folders given, or of the built-in policies
    Test(TestArgs),
    /// Evaluate a query or all policies on an audit document
    Eval(EvalArgs),
    /// List the policies with severity and source
    List(ListArgs),
    /// Write a policy and its test to begin with
    New(new::NewArgs),
    /// What other policies would make of stored audits: who would be blocked, and who no longer
    Diff(diff::DiffArgs),
    /// Pack an organisation's policies, signed if you like
    Bundle(bundle::BundleArgs),
    /// Check a bundle and say what it is
    Verify(bundle::SourceArgs),
    /// Pin a bundle by its digest in the project's `stageclear.lock`
    Lock(bundle::SourceArgs),
}

/// Arguments of `policy test`.
#[derive(Debug, Clone, Args)]
pub struct TestArgs {
    /// Folders or files with policies and their tests
    pub paths: Vec<PathBuf>,
    /// Run the built-in policies' tests as well
    #[arg(long)]
    pub built_in: bool,
    /// Only tests whose name contains this
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Name every test, not only those that fail
    #[arg(long, short)]
    pub verbose: bool,
    /// Say which lines of the policies no test reaches
    #[arg(long)]
    pub coverage: bool,
    /// Fail below this share of reached lines, in percent
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(..=100))]
    pub min_coverage: Option<u8>,
    /// Write the results in JUnit's form
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// Arguments of `policy eval`.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// What to evaluate, such as `data.main.deny`; without it, every rule that reports
    pub query: Option<String>,
    /// Audit document (`stageclear audit --format json`), `-` for standard input
    #[arg(long, short, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Further policies
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
}

/// Arguments of `policy list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Further policies
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs a sub-command; 0 when all is well, 1 when a test failed.
pub fn execute(args: &PolicyArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    match &args.command {
        PolicyCommand::Test(args) => test(args, out),
        PolicyCommand::Eval(args) => eval(args, out),
        PolicyCommand::List(args) => list(args, out),
        PolicyCommand::New(args) => new::new(args, out),
        PolicyCommand::Diff(args) => diff::diff(args, out),
        PolicyCommand::Bundle(args) => bundle::bundle(args, out),
        PolicyCommand::Verify(args) => bundle::verify(args, out),
        PolicyCommand::Lock(args) => bundle::lock(args, out),
    }
}

fn test(args: &TestArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let user = if args.paths.is_empty() { Bundle::default() } else { Bundle::read(&args.paths)? };
    let built_in = args.built_in || args.paths.is_empty();
    let (results, coverage) = testing::run_covered(&user, built_in, args.run.as_deref(), args.coverage)?;
    if results.is_empty() {
        bail!("no tests found\nhint: a test is a rule named `test_…` in a `.rego` file");
    }
    out.write_all(testing::render(&results, args.verbose).as_bytes())?;
    if let Some(path) = &args.junit {
        std::fs::write(path, testing::junit(&results))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    let failed = results.iter().any(testing::TestResult::is_bad);
    let Some(coverage) = coverage else { return Ok(u8::from(failed)) };
    out.write_all(coverage.render(args.verbose).as_bytes())?;
    let low = args.min_coverage.is_some_and(|bar| coverage.percent() < f64::from(bar));
    if low {
        writeln!(out, "below the bar of {} %", args.min_coverage.unwrap_or_default())?;
    }
    Ok(u8::from(failed || low))
}

fn eval(args: &EvalArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let set = PolicySet::built_in()?.with_user(&args.policy)?;
    let text = match &args.input {
        None => "{}".to_owned(),
        Some(path) if path.as_os_str() == "-" => std::io::read_to_string(std::io::stdin().lock())?,
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("cannot read the input `{}`", path.display()))?
        }
    };
    let input = Input::parse(&text)?;
    let result = if let Some(query) = &args.query {
        let outcome = set.query(&input, query)?;
        for line in &outcome.prints {
            writeln!(out, "print: {line}")?;
        }
        let Some(value) = outcome.value else {
            writeln!(out, "undefined")?;
            return Ok(0);
        };
        value
    } else {
        let rules: Vec<String> =
            set.policies().iter().flat_map(|policy| &policy.rules).map(|rule| rule.query.clone()).collect();
        let mut values = serde_json::Map::new();
        for rule in rules {
            if let Some(value) = set.query(&input, &rule)?.value {
                values.insert(rule, value);
            }
        }
        values.into()
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&result)?)?;
    Ok(0)
}

fn list(args: &ListArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let set = PolicySet::built_in()?.with_user(&args.policy)?;
    let severity = |policy: &crate::policy::Policy| policy.metadata.severity.map_or("", |severity| severity.name());
    if args.json {
        let rows = set.policies().iter().map(|policy| {
            let metadata = &policy.metadata;
            serde_json::json!({
                "id": policy.id, "title": metadata.title, "severity": severity(policy), "source": policy.source,
                "description": metadata.description, "cwe": metadata.cwe, "owasp": metadata.owasp,
                "remedy": metadata.remedy,
                "rules": policy.rules.iter().map(|rule| &rule.query).collect::<Vec<_>>(),
            })
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&rows.collect::<Vec<_>>())?)?;
        return Ok(0);
    }
    let width = set.policies().iter().map(|policy| policy.id.len()).max().unwrap_or(0);
    for policy in set.policies() {
        let (id, title, source) = (&policy.id, &policy.metadata.title, &policy.source);
        writeln!(out, "{:8}  {id:width$}  {title} ({source})", severity(policy))?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        policy: PolicyArgs,
    }

    fn run(arguments: &[&str]) -> anyhow::Result<(u8, String)> {
        let cli = Cli::try_parse_from(["policy"].iter().chain(arguments))?;
        let mut out = Vec::new();
        let status = execute(&cli.policy, &mut out)?;
        Ok((status, String::from_utf8(out)?))
    }

    #[test]
    fn built_in_tests_run_by_default() {
        let (status, text) = run(&["test", "--run", "debug_enabled"]).unwrap();
        assert_eq!(status, 0, "{text}");
        assert!(text.ends_with("passed, 0 failed, 0 errors\n"), "{text}");
        assert!(run(&["test", "--run", "no such test"]).unwrap_err().to_string().starts_with("no tests found"));
    }

    #[test]
    fn failing_user_tests_give_status_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.rego"), "package a\n\ndeny contains \"x\" if input.x\n").unwrap();
        let tests =
            "package a_test\n\ntest_x if count(data.a.deny) == 1 with input as {\"x\": data.flag}\n\ntest_y if false\n";
        std::fs::write(folder.path().join("a_test.rego"), tests).unwrap();
        std::fs::write(folder.path().join("data.json"), "{\"flag\": true}").unwrap();
        let (status, text) = run(&["test", "--verbose", &folder.path().to_string_lossy()]).unwrap();
        assert_eq!(status, 1, "{text}");
        assert!(text.contains("PASS data.a_test.test_x") && text.contains("FAIL data.a_test.test_y"), "{text}");
    }

    #[test]
    fn queries_and_lists_are_printed() {
        let (_, text) = run(&["eval", "data.stageclear.lib.public_by_design(\"/login\")"]).unwrap();
        assert_eq!(text, "true\n");
        assert_eq!(run(&["eval", "input.nothing"]).unwrap().1, "undefined\n");
        let (_, text) = run(&["list"]).unwrap();
        assert!(text.contains("medium    policy/settings/debug-enabled"), "{text}");
        assert!(run(&["list", "--json"]).unwrap().1.starts_with('['));
        assert!(run(&["eval", "data.("]).is_err());
    }
}
