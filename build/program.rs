//! Makes a program of the built-in policies for the evaluator's machine, so that starting costs no parsing of them, and a
//! list of their rules. `src/policy/engine/machine.rs` runs it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::unstable::{Expr, Module, Rule, RuleHead};
use serde_json::Value;

use super::definite;

#[allow(dead_code)]
#[path = "../src/policy/yaml.rs"]
mod yaml;

/// What is asked of the built-in policies besides their verdicts, below `data.stageclear`.
const ASKED: [&str; 6] = [
    "release_gate.verdict.verdict",
    "release_gate.score.score",
    "release_gate.waivers.refuse_waiver",
    "checklist.checklist.items",
    "checklist.checklist.sections",
    "checklist.routes.rows",
];
/// Where the policies lie that an audit of the dependencies alone asks: they have a smaller program of their own.
const ON_DEPENDENCIES: [&str; 2] = ["policies/dependencies/", "policies/supply-chain/"];
/// The package with the rule that is run: `told`, the pairs of name and value of what `data.asked` names.
const PACKAGE: &str = "stageclear.asked";
/// Names of rules that report.
const VERDICTS: [&str; 3] = ["deny", "violation", "warn"];

/// Writes `<out>/policies.program`, `<out>/dependencies.program` and `<out>/policies.heads`, unpacked: every run needs them, and
/// they are small.
///
/// The heads are lines of fields between tabs: `asked`, a name and the programs that know it; `module`, the path and the id;
/// `metadata`, JSON; `rule`, the query, the name, line and column.
pub fn compile(files: &[(String, String)], out: &Path) -> Result<(), String> {
    let mut engine = regorus::Engine::new();
    for (path, text) in files {
        engine.add_policy(path.clone(), text.clone()).map_err(|error| error.to_string())?;
    }
    let mut modules = Vec::new();
    let mut asked: BTreeMap<String, bool> =
        ASKED.iter().map(|name| (format!("data.stageclear.{name}"), name.starts_with("release_gate."))).collect();
    let mut heads = String::new();
    for (module, (path, text)) in engine.get_modules().clone().iter().zip(files) {
        let safe = definite::text(module).map_err(|why| format!("{path}: {why}"))?;
        modules.push((path.clone(), safe));
        let metadata = metadata(text).map_err(|why| format!("{path}: {why}"))?;
        let id = metadata["custom"]["id"].as_str().unwrap_or_default();
        let _ = write!(heads, "module\t{path}\t{id}\nmetadata\t{metadata}\n");
        let on_dependencies = ON_DEPENDENCIES.iter().any(|folder| path.starts_with(folder));
        for rule in verdicts(path, module)? {
            let _ = writeln!(heads, "rule\t{}\t{}\t{}\t{}", rule.query, rule.name, rule.line, rule.column);
            asked.insert(format!("data.{}", rule.query), on_dependencies);
        }
    }
    for (name, on_dependencies) in &asked {
        let _ = writeln!(heads, "asked\t{name}\t{}", if *on_dependencies { "dependencies" } else { "policies" });
    }
    let write = |name: &str, bytes: &[u8]| std::fs::write(out.join(name), bytes).map_err(|error| error.to_string());
    write("policies.program", &program(&modules, asked.keys())?)?;
    let few = asked.iter().filter_map(|(name, on_dependencies)| on_dependencies.then_some(name));
    write("dependencies.program", &program(&modules, few)?)?;
    write("policies.heads", heads.as_bytes())
}

/// The program that tells what is asked of some rules.
fn program<'a>(modules: &[(String, String)], asked: impl Iterator<Item = &'a String>) -> Result<Vec<u8>, String> {
    let mut engine = regorus::Engine::new();
    for (path, text) in modules {
        engine.add_policy(path.clone(), text.clone()).map_err(|error| error.to_string())?;
    }
    let mut told = format!("package {PACKAGE}\n");
    for name in asked {
        let _ = write!(
            told,
            "\ntold contains [{name:?}, value] if {{\n\tdata.asked[{name:?}]\n\tvalue := {name}\n\tvalue == value\n}}\n"
        );
    }
    engine.add_policy("told.rego".to_owned(), told).map_err(|error| error.to_string())?;
    let entry = format!("data.{PACKAGE}.told");
    let policy = engine.compile_with_entrypoint(&entry.as_str().into()).map_err(|error| error.to_string())?;
    let program = Compiler::compile_from_policy(&policy, &[&entry]).map_err(|error| error.to_string())?;
    // Where an instruction comes from is only for messages, which nobody sees.
    Program { sources: Vec::new(), instruction_spans: Vec::new(), ..Program::clone(&program) }.serialize_binary()
}

/// A rule that reports.
struct Verdict {
    /// Its path below `data`.
    query: String,
    name: String,
    line: u32,
    column: u32,
}

/// The METADATA above the package.
fn metadata(text: &str) -> Result<Value, String> {
    let block = text.lines().skip_while(|line| line.trim_end() != "# METADATA").skip(1);
    let block = block.take_while(|line| line.starts_with('#'));
    let block: Vec<&str> = block.map(|line| line[1..].strip_prefix(' ').unwrap_or(&line[1..])).collect();
    if block.is_empty() {
        return Ok(Value::Null);
    }
    yaml::parse(&block.join("\n")).map(|node| node.json()).map_err(|fault| format!("the metadata: {}", fault.message))
}

/// The rules of a policy that report.
fn verdicts(path: &str, module: &Module) -> Result<Vec<Verdict>, String> {
    let mut found = Vec::new();
    let package = dotted(&module.package.refr).ok_or_else(|| format!("{path}: a package of another form"))?;
    for rule in &module.policy {
        let Rule::Spec { head, .. } = &**rule else { continue };
        let refr = match head {
            RuleHead::Set { refr, .. } | RuleHead::Compr { refr, .. } => refr,
            RuleHead::Func { .. } => continue,
        };
        let Some(name) = dotted(refr) else { continue };
        if name == "exception" {
            return Err(format!("{path}: built-in policies have no exceptions"));
        }
        let is_verdict = VERDICTS.iter().any(|verdict| name.strip_prefix(verdict).is_some_and(is_end));
        if is_verdict && !path.starts_with("policies/lib/") {
            let (line, column) = (rule.span().line, rule.span().col);
            found.push(Verdict { query: format!("{package}.{name}"), name, line, column });
        }
    }
    Ok(found)
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.len() > 1 && rest.starts_with('_')
}

/// `a.b.c`, of names alone.
fn dotted(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Var { span, .. } => Some(span.text().to_owned()),
        Expr::RefDot { refr, field, .. } => Some(format!("{}.{}", dotted(refr)?, field.0.text())),
        _ => None,
    }
}
