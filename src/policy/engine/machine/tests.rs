//! The program gives what the evaluator gives, on every input that the policies' own tests use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use regorus::unstable::{Expr, Literal, Module, Query, Ref, Rule};

#[allow(dead_code)]
#[path = "../../../../build/definite.rs"]
mod definite;

use super::super::{Engine, extract};
use super::*;
use crate::document::Document;
use crate::policy::bundle::Bundle;
use crate::policy::{PolicySet, is_test};

/// What stands after `with input as` in a module's tests, as the value of a rule and its body: the names that the test has
/// bound before.
fn inputs(module: &Module) -> Vec<String> {
    let mut known: BTreeSet<String> = extract::names(module).collect();
    known.extend(extract::imports(module).into_keys());
    let mut found = Vec::new();
    for rule in &module.policy {
        let Rule::Spec { bodies, .. } = &**rule else { continue };
        for body in bodies {
            of_query(&body.query, &known, &mut found);
        }
    }
    found
}

fn of_query(query: &Query, known: &BTreeSet<String>, found: &mut Vec<String>) {
    let (mut known, mut bound) = (known.clone(), Vec::new());
    for statement in &query.stmts {
        for with in &statement.with_mods {
            let is_input = matches!(&*with.refr, Expr::Var { span, .. } if span.text() == "input");
            if is_input && is_free(&with.r#as, &known) {
                let value = definite::expression(&with.r#as).unwrap();
                let body = if bound.is_empty() { String::new() } else { format!(" if {{\n{}\n}}", bound.join(";\n")) };
                found.push(format!("{value}{body}"));
            }
        }
        if let Literal::Expr { expr, .. } = &statement.literal
            && let Expr::AssignExpr { lhs, rhs, .. } = &**expr
            && let Expr::Var { span, .. } = &**lhs
            && statement.with_mods.is_empty()
            && is_free(rhs, &known)
        {
            bound.push(definite::expression(expr).unwrap());
            known.insert(span.text().to_owned());
        }
    }
}

/// Whether all names in it are the module's.
fn is_free(expression: &Ref<Expr>, known: &BTreeSet<String>) -> bool {
    let free = |expression: &Ref<Expr>| is_free(expression, known);
    match &**expression {
        Expr::String { .. } | Expr::RawString { .. } | Expr::Number { .. } | Expr::Bool { .. } | Expr::Null { .. } => {
            true
        }
        Expr::Var { span, .. } => known.contains(span.text()),
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(free),
        Expr::Object { fields, .. } => fields.iter().all(|(_, key, value)| free(key) && free(value)),
        Expr::Call { fcn, params, .. } => {
            let built_in = definite::expression(fcn).is_ok_and(|name| extract::is_builtin(&name));
            (built_in || free(fcn)) && params.iter().all(free)
        }
        Expr::RefDot { refr, .. } => free(refr),
        Expr::RefBrack { refr, index, .. } => free(refr) && free(index),
        _ => false,
    }
}

/// Every input with the package of the tests that use it.
fn captured() -> Vec<(String, Input)> {
    let mut parsed = regorus::Engine::new();
    let bundle = Bundle::built_in().unwrap();
    for (path, text) in &bundle.modules {
        parsed.add_policy(path.clone(), text.clone()).unwrap();
    }
    let mut evaluated = regorus::Engine::new();
    let mut wanted = Vec::new();
    for (module, (path, text)) in parsed.get_modules().clone().iter().zip(&bundle.modules) {
        let mut text = text.clone();
        if is_test(path) {
            let package = format!("data.{}", extract::package(module).join("."));
            for (index, expression) in inputs(module).into_iter().enumerate() {
                let _ = write!(text, "\n\ncaptured_{index} := {expression}\n");
                wanted.push((package.clone(), format!("{package}.captured_{index}")));
            }
        }
        evaluated.add_policy(path.clone(), text).unwrap();
    }
    let value = |query: String| evaluated.eval_rule(query.clone()).unwrap_or_else(|error| panic!("{query}: {error}"));
    let mut value = value;
    // A document has all of its lists, tests have those that they are about.
    let Input(whole) = Input::new(&Document::default()).unwrap();
    let completed = |part: &Value| {
        let mut document = whole.clone();
        for (name, value) in part.as_object().unwrap() {
            document.as_object_mut().unwrap().insert(name.clone(), value.clone());
        }
        Input(document)
    };
    wanted.into_iter().map(|(package, query)| (package, completed(&value(query)))).collect()
}

#[test]
fn the_program_gives_what_the_evaluator_gives() {
    let inputs = on_large_stack(captured).unwrap();
    assert!(inputs.len() > 400, "{} inputs", inputs.len());
    let set = PolicySet::built_in().unwrap();
    let mut engine: Engine = set.whole().unwrap();
    let machine = |part| Machine::new(part, Limits::default(), &Value::new_object()).unwrap();
    let (mut machine, mut small) = (machine(Part::Whole), machine(Part::Dependencies));
    let mut rules: Vec<String> =
        set.policies().iter().flat_map(|policy| &policy.rules).map(|rule| rule.query.clone()).collect();
    for name in [
        "release_gate.verdict.verdict",
        "release_gate.score.score",
        "checklist.routes.rows",
        "checklist.checklist.items",
    ] {
        rules.push(format!("data.stageclear.{name}"));
    }
    let (mut compared, mut in_small) = (0, 0);
    for (package, input) in &inputs {
        // `data.stageclear.settings.debug_enabled_test` looks at `data.stageclear.settings.debug_enabled`.
        let tested = package.trim_end_matches("_test");
        let pack = package.split('.').take(3).collect::<Vec<_>>().join(".");
        let whole = ["data.stageclear.checklist", "data.stageclear.release_gate"].contains(&pack.as_str());
        let below = |rule: &&String| rule.starts_with(&format!("{}.", if whole { pack.as_str() } else { tested }));
        let asked: Vec<String> = rules.iter().filter(below).cloned().collect();
        let Ok(expected) = engine.evaluate_all(input, &asked) else { continue };
        let expected: BTreeMap<String, serde_json::Value> =
            asked.iter().cloned().zip(expected).filter_map(|(name, value)| Some((name, value?))).collect();
        compared += expected.len();
        let found = machine.ask(input, asked.iter().map(String::as_str)).unwrap();
        for name in &asked {
            assert_eq!(found.get(name), expected.get(name), "{package}, {name} on {}", input.0);
        }
        // The small program knows the policies on dependencies, and of the gate verdict and score.
        let known = |name: &&str| {
            [".dependencies.", ".supply_chain.", "gate.verdict.verdict", "gate.score.score"]
                .iter()
                .any(|part| name.contains(part))
        };
        let few: Vec<&str> = asked.iter().map(String::as_str).filter(known).collect();
        if !few.is_empty() {
            let found: BTreeMap<_, _> = found.into_iter().filter(|(name, _)| known(&name.as_str())).collect();
            assert_eq!(small.ask(input, few.iter().copied()).unwrap(), found, "{package} on {}", input.0);
            in_small += found.len();
        }
    }
    assert!(compared > 500 && in_small > 50, "{compared} values, {in_small} of them of the small program");
}

#[test]
fn a_machine_stops_in_time() {
    let limits = Limits { time: std::time::Duration::from_nanos(1), ..Limits::default() };
    let routes: Vec<serde_json::Value> =
        (0..200).map(|index| serde_json::json!({"methods": ["POST"], "path": format!("/{index}")})).collect();
    let input = Input::new(&serde_json::json!({"endpoints": routes, "findings": [], "packages": []})).unwrap();
    let mut machine = Machine::new(Part::Whole, limits, &Value::new_object()).unwrap();
    let error = machine.ask(&input, ["data.stageclear.checklist.routes.rows"]).unwrap_err();
    assert!(matches!(error, PolicyError::Limit(_)), "{error}");
}
