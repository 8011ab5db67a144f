//! The engine against broken, hostile and merely unusual policies.

use std::time::Duration;

use super::*;

fn load(text: &str) -> Result<Engine, PolicyError> {
    let mut engine = Engine::new(Limits { time: Duration::from_millis(200), ..Limits::default() });
    engine.add("p.rego", text, false)?;
    engine.check()?;
    Ok(engine)
}

fn input() -> Input {
    Input::parse(r#"{"items": [1, 2, 3]}"#).unwrap()
}

fn place(error: &PolicyError) -> (u32, u32) {
    error.diagnosis().map(|diagnosis| (diagnosis.line, diagnosis.column)).unwrap()
}

#[test]
fn rules_are_evaluated_together_and_undefined_is_none() {
    let mut engine = load("package p\ndeny contains x if some x in input.items\ngone if false\n").unwrap();
    let queries = ["data.p.deny".to_owned(), "data.p.gone".to_owned()];
    let values = engine.evaluate_all(&input(), &queries).unwrap();
    assert_eq!(values, [Some(serde_json::json!([1, 2, 3])), None]);
}

#[test]
fn a_syntax_error_has_its_place_and_a_caret() {
    let error = load("package p\n\ndeny contains msg if {\n  msg := (\n}\n").unwrap_err();
    assert!(matches!(error, PolicyError::Invalid(_)));
    assert_eq!(place(&error), (4, 7), "{error}");
    assert!(error.to_string().contains("--> p.rego:4:7"), "{error}");
    assert!(error.to_string().contains('^'), "{error}");
}

#[test]
fn recursive_functions_are_refused_at_load() {
    for text in [
        "package p\nf(x) := f(x - 1)\n",
        "package p\nf(x) := g(x)\ng(x) := y if { y := [z | z := f(x)][0] }\n",
        "package p\nimport data.p.f as again\nf(x) := again(x)\n",
        "package p\nf(x) := 1 if { f := 2; f > 1; data.p.f(x) }\n",
        "package p\na if not b\nb if a\n",
        "package p\ndeny contains x if some x in data.p.deny\n",
        "package p\ndeny contains x if some x in data.p\n",
    ] {
        let error = load(text).unwrap_err();
        assert!(matches!(error, PolicyError::Recursion(_)), "{text}: {error}");
        assert!(error.to_string().contains("hint: "), "{error}");
    }
    let error = load("package p\nf(x) := f(x - 1)\n").unwrap_err();
    assert_eq!(place(&error), (2, 9));
    assert!(error.to_string().starts_with("recursive rule: `data.p.f` → `data.p.f`"), "{error}");
}

#[test]
fn locals_shadow_rules() {
    load("package p\na := x if { b := 2; x := b }\nb if a > 0\nf(c) := c\nc := f(1)\n").unwrap();
}

#[test]
fn an_endless_evaluation_is_stopped() {
    let text =
        "package p\ndeny if { some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a * b == -1 }\n";
    let mut engine = load(text).unwrap();
    let error = engine.evaluate(&input(), "data.p.deny", true).unwrap_err();
    assert!(matches!(error, PolicyError::Limit(_)), "{error}");
    // The engine is still of use.
    assert!(engine.evaluate(&input(), "input.items", true).unwrap().value.is_some());
}

#[test]
fn oversize_policies_are_refused() {
    let long_line = format!("package p\nx := \"{}\"\n", "a".repeat(2000));
    let many_lines = format!("package p\n{}", "x := 1\n".repeat(30_000));
    let many_bytes = format!("package p\n{}", "# filler\n".repeat(200_000));
    let deep = format!("package p\nx := 1{}\n", "\n + 1".repeat(6000));
    for text in [long_line, many_lines, many_bytes, deep] {
        let error = load(&text).unwrap_err();
        assert!(matches!(error, PolicyError::Limit(_)), "{error}");
    }
}

#[test]
fn nesting_that_would_keep_the_parser_busy_for_ever_is_refused() {
    for (open, close, times) in [("[", "]", 400), ("[{", "}]", 7), ("[x | ", "][0]", 30), ("[\n", "\n]", 13)] {
        let error = load(&format!("package p\nx := {}1{}\n", open.repeat(times), close.repeat(times))).unwrap_err();
        assert!(matches!(error, PolicyError::Limit(_)), "{error}");
    }
    load("package p\nx := [[[[\"[[[[[[[[[[[[[[[[[[[\", `{{{{{{{{{{{{{{{{{`, 1]]]] # [[[[[[[[[[[[[[[[[[[[[[\n").unwrap();
}

#[test]
fn the_longest_chain_of_operators_that_is_let_in_can_be_evaluated() {
    let mut engine = load(&format!("package p\nx := 1{}\n", "\n + 1".repeat(4900))).unwrap();
    assert_eq!(engine.evaluate(&input(), "data.p.x", true).unwrap().value, Some(4901.into()));
}

#[test]
fn long_chains_of_functions_are_refused_and_shorter_ones_run() {
    let chain = |length: usize| {
        let links: Vec<String> = (0..length).map(|n| format!("f{n}(x) := y if y := f{}(x)\n", n + 1)).collect();
        let links = links.concat();
        format!("package p\n{links}f{length}(x) := x\nend := f0(7)\n")
    };
    assert!(matches!(load(&chain(300)).unwrap_err(), PolicyError::Limit(_)));
    let mut engine = load(&chain(190)).unwrap();
    assert_eq!(engine.evaluate(&input(), "data.p.end", true).unwrap().value, Some(7.into()));
}

#[test]
fn functions_that_do_not_exist_are_refused_even_if_never_reached() {
    let error = load("package p\ndeny if { false; http.send({\"url\": \"https://registry.example\"}) }\n").unwrap_err();
    assert_eq!(place(&error), (2, 18));
    assert!(error.to_string().starts_with("unknown function `http.send`"), "{error}");
    assert!(error.to_string().contains("offline"), "{error}");
    assert!(load("package p\ndeny if lenght(input) > 1\n").unwrap_err().to_string().contains("`lenght`"));
    load("package p\nimport data.q\ndeny if { walk(input, [_, v]); v == 1; print(\"x\", v); count([1]) > 0 }\n")
        .unwrap();
}

#[test]
fn builtin_errors_are_loud_only_when_strict() {
    let mut engine = load("package p\ndeny contains 1 if to_number(\"x\") > 0\n").unwrap();
    let error = engine.evaluate(&input(), "data.p.deny", true).unwrap_err();
    assert_eq!(place(&error).0, 2, "{error}");
    let value = engine.evaluate(&input(), "data.p.deny", false).unwrap().value;
    assert_eq!(value, Some(serde_json::json!([])));
}

#[test]
fn patterns_are_matched_as_by_the_evaluator() {
    let cases = [
        ("regex.match(`^a+$`, \"aaa\")", Some(true)),
        ("regex.match(`^a+$`, \"aab\")", Some(false)),
        ("regex.match(`(?m)^b$`, \"a\\nb\")", Some(true)),
        ("regex.match(`(`, \"a\")", None),
        ("regex.match(`a`, 1)", None),
    ];
    for (call, expected) in cases {
        for _ in 0..2 {
            let mut engine = load(&format!("package p\nx := {call}\n")).unwrap();
            let value = engine.evaluate(&input(), "data.p.x", false).unwrap().value;
            assert_eq!(value.and_then(|value| value.as_bool()), expected, "{call}");
            assert_eq!(engine.evaluate(&input(), "data.p.x", true).is_ok(), expected.is_some(), "{call}");
        }
    }
    // What would take hundreds of kilobytes is refused, strict or not.
    let mut engine = load("package p\nx := regex.match(`(a{1000}){1000}`, \"a\")\n").unwrap();
    for strict in [false, true] {
        assert!(engine.evaluate(&input(), "data.p.x", strict).is_err());
    }
    let mut engine = load("package p\nx := 1 if regex.match(`b`, \"a\") with regex.match as true\n").unwrap();
    assert_eq!(engine.evaluate(&input(), "data.p.x", true).unwrap().value, Some(1.into()));
}

#[test]
fn conflicting_values_are_an_error_with_a_place() {
    let mut engine = load("package p\nx := 1 if input\nx := 2 if input\n").unwrap();
    let error = engine.evaluate(&input(), "data.p.x", true).unwrap_err();
    assert!(place(&error).0 >= 2, "{error}");
}

#[test]
fn rego_v0_is_read_where_it_is_asked_for() {
    let text = "package main\ndeny[msg] {\n  input.items[_] == 2\n  msg := \"two\"\n}\n";
    let mut engine = Engine::default();
    engine.add("old.rego", text, true).unwrap();
    engine.check().unwrap();
    assert_eq!(engine.rules()[0].verdict(), Some(("deny", "")));
    assert!(engine.file(0).unwrap().2);
    assert_eq!(engine.evaluate(&input(), "data.main.deny", true).unwrap().value, Some(serde_json::json!(["two"])));
    assert!(Engine::default().add("old.rego", text, false).is_err());
}

#[test]
fn prints_are_gathered() {
    let mut engine = load("package p\nx if print(\"hello\", input.items)\n").unwrap();
    let prints = engine.evaluate(&input(), "data.p.x", true).unwrap().prints;
    assert_eq!(prints.len(), 1);
    assert!(prints[0].contains("hello"), "{prints:?}");
}

#[test]
fn odd_package_names_can_be_queried() {
    let mut engine = load("package a[\"b-c\"]\ndeny contains 1 if true\n").unwrap();
    let query = engine.rules()[0].query();
    assert_eq!(query, "data.a[\"b-c\"].deny");
    assert_eq!(engine.evaluate(&input(), &query, true).unwrap().value, Some(serde_json::json!([1])));
}

proptest::proptest! {
    #[test]
    fn no_cut_of_a_policy_panics(cut in 0_usize..400, byte in 0_u8..127) {
        let text = "package p\n\nimport data.lib as l\n\ndefault x := 1\n\nf(a, [b]) := c if {\n  some d in a\n  every e in b { e != d }\n  c := {k: v | some k, v in d; not l.g(k)}\n} else := 3\n\ndeny contains {\"msg\": sprintf(\"%v\", [y])} if {\n  y := input.a[_].b[\"c\"] with input as {\"a\": f(1, [2])}\n  y[z] == `raw` # comment\n}\n";
        let cut = cut.min(text.len());
        let mut changed = text[..cut].to_owned();
        changed.push(char::from(byte));
        let _ = load(&changed);
        changed.push_str(text.get(cut + 1..).unwrap_or(""));
        let _ = load(&changed);
    }
}
