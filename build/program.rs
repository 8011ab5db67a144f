//! Makes a program of the built-in policies for the evaluator's machine, so that starting costs no parsing of them, and a
//! list of their rules. `src/policy/engine/machine.rs` runs it.

use std::fmt::Write as _;
use std::path::Path;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::unstable::{Expr, Module, Rule, RuleHead};
use serde_json::{Value, json};

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
/// The package with the rule that is run: `told`, the pairs of name and value of what `data.asked` names.
const PACKAGE: &str = "stageclear.asked";
/// Names of rules that report.
const VERDICTS: [&str; 3] = ["deny", "violation", "warn"];

/// Writes `<out>/policies.program` and `<out>/policies.heads.json`, unpacked: every run needs them, and they are small.
pub fn compile(files: &[(String, String)], out: &Path) -> Result<(), String> {
    let mut engine = regorus::Engine::new();
    for (path, text) in files {
        engine.add_policy(path.clone(), text.clone()).map_err(|error| error.to_string())?;
    }
    let mut definite = regorus::Engine::new();
    let mut asked: Vec<String> = ASKED.iter().map(|name| format!("data.stageclear.{name}")).collect();
    let mut heads = Vec::new();
    for (module, (path, text)) in engine.get_modules().clone().iter().zip(files) {
        let safe = definite::text(module).map_err(|why| format!("{path}: {why}"))?;
        definite.add_policy(path.clone(), safe).map_err(|error| error.to_string())?;
        let rules = verdicts(path, module)?;
        asked.extend(rules.iter().filter_map(|rule| Some(format!("data.{}", rule.get("query")?.as_str()?))));
        heads.push(
            json!({"path": path, "metadata": metadata(text).map_err(|why| format!("{path}: {why}"))?, "rules": rules}),
        );
    }
    asked.sort();
    asked.dedup();
    let mut told = format!("package {PACKAGE}\n");
    for name in &asked {
        let _ = write!(
            told,
            "\ntold contains [{name:?}, value] if {{\n\tdata.asked[{name:?}]\n\tvalue := {name}\n\tvalue == value\n}}\n"
        );
    }
    definite.add_policy("told.rego".to_owned(), told).map_err(|error| error.to_string())?;
    let entry = format!("data.{PACKAGE}.told");
    let policy = definite.compile_with_entrypoint(&entry.as_str().into()).map_err(|error| error.to_string())?;
    let program = Compiler::compile_from_policy(&policy, &[&entry]).map_err(|error| error.to_string())?;
    // Where an instruction comes from is only for messages, which nobody sees.
    let program = Program { sources: Vec::new(), instruction_spans: Vec::new(), ..Program::clone(&program) };
    let heads = json!({"asked": asked, "modules": heads});
    let write = |name: &str, bytes: &[u8]| std::fs::write(out.join(name), bytes).map_err(|error| error.to_string());
    write("policies.program", &program.serialize_binary()?)?;
    write("policies.heads.json", heads.to_string().as_bytes())
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

/// The rules of a policy that report: query below `data`, place.
fn verdicts(path: &str, module: &Module) -> Result<Vec<Value>, String> {
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
            found.push(json!({"query": format!("{package}.{name}"), "name": name, "line": line, "column": column}));
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
