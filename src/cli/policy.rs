//! `stageclear policy …`: run the tests of policies, ask them anything, see which there are, write and pack them, and see
//! what a change of them would do.
//!
//! Results go to `out`; the caller maps the number to an exit status: 0 all well, 1 a test failed. Errors are for exit 2.

mod bundle;
mod check;
mod diff;
mod eval;
mod fmt;
mod list;
mod new;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::policy::bundle::Bundle;
use crate::policy::organization::{Archive, Organization};
use crate::policy::testing;

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
    Eval(eval::EvalArgs),
    /// List the policies with severity, level and source
    List(list::ListArgs),
    /// All about one policy: why, severity, standards, remedy, parameters, tests, who locks it
    Explain(list::ExplainArgs),
    /// Check the layout of Rego files
    FmtCheck(fmt::FmtArgs),
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
    /// A JSON or YAML file whose keys become `data`
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// Do not check the policies against the audit document's schema: they are for other documents
    #[arg(long)]
    pub no_schema: bool,
}

/// Runs a sub-command; 0 when all is well, 1 when a test failed.
pub fn execute(args: &PolicyArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    match &args.command {
        PolicyCommand::Test(args) => test(args, out),
        PolicyCommand::Eval(args) => eval::eval(args, out),
        PolicyCommand::List(args) => list::list(args, out),
        PolicyCommand::Explain(args) => list::explain(args, out),
        PolicyCommand::FmtCheck(args) => fmt::check(args, out),
        PolicyCommand::New(args) => new::new(args, out),
        PolicyCommand::Diff(args) => diff::diff(args, out),
        PolicyCommand::Bundle(args) => bundle::bundle(args, out),
        PolicyCommand::Verify(args) => bundle::verify(args, out),
        PolicyCommand::Lock(args) => bundle::lock(args, out),
    }
}

/// Policies to test; a folder with a `.manifest` is read as the bundle that it is.
fn read(paths: &[PathBuf]) -> anyhow::Result<Bundle> {
    let (bundles, plain): (Vec<&PathBuf>, Vec<&PathBuf>) =
        paths.iter().partition(|path| path.join(".manifest").is_file());
    let mut user = if plain.is_empty() { Bundle::default() } else { Bundle::read(&plain)? };
    for path in bundles {
        let archive = Archive::read(path)?;
        let shown = super::organization::shown(&path.to_string_lossy());
        let mut bundle = Organization::open(&archive, &shown, None, None)?.bundle;
        user.modules.append(&mut bundle.modules);
        user.data.append(&mut bundle.data);
    }
    Ok(user)
}

fn test(args: &TestArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut user = read(&args.paths)?;
    user.data.extend(Bundle::fixtures(&args.paths)?);
    user.add_answers(&args.paths)?;
    args.data.iter().try_for_each(|path| user.add_data(path))?;
    let built_in = args.built_in || args.paths.is_empty();
    let testing::Run { results, coverage, misfits } =
        testing::run_covered(&user, built_in, args.run.as_deref(), args.coverage)?;
    let misfits = if args.no_schema { Vec::new() } else { misfits };
    for (misfit, sure) in &misfits {
        writeln!(out, "{}: {misfit}", if *sure { "error" } else { "warning" })?;
    }
    if results.is_empty() {
        bail!("no tests found\nhint: a test is a rule named `test_…` in a `.rego` file");
    }
    out.write_all(testing::render(&results, args.verbose).as_bytes())?;
    if let Some(path) = &args.junit {
        std::fs::write(path, testing::junit(&results))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    let unknown = misfits.iter().filter(|(_, sure)| *sure).count();
    if unknown > 0 {
        writeln!(out, "{unknown} places read what no audit document has")?;
        writeln!(out, "hint: policies for other documents are tested with --no-schema, or say so in their METADATA")?;
    }
    let failed = unknown > 0 || results.iter().any(testing::TestResult::is_bad);
    let Some(coverage) = coverage else { return Ok(u8::from(failed)) };
    out.write_all(coverage.render(args.verbose).as_bytes())?;
    let low = args.min_coverage.is_some_and(|bar| coverage.percent() < f64::from(bar));
    if low {
        writeln!(out, "below the bar of {} %", args.min_coverage.unwrap_or_default())?;
    }
    Ok(u8::from(failed || low))
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
