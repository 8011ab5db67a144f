//! The built-in book decodes, and what should not validate does not.

use super::built_in;
use super::schema::{Constant, MisuseRule, Model, RuleBook, TaintRule};
use super::validate::complaints;

#[test]
fn the_built_in_book_decodes() {
    let book = built_in();
    assert!(!book.models.is_empty() && !book.taint.is_empty() && !book.misuse.is_empty());
    assert_eq!(complaints(book), Vec::<String>::new());
}

#[test]
fn constants_survive_both_forms() {
    let text = r#"
        id = "x"
        language = "python"
        title = "t"
        message = "m"
        severity = "low"
        confidence = "low"
        cwe = [1]
        owasp = ["A01:2021"]
        why = "w"
        remedy = "r"
        [[match]]
        paths = ["a.b"]
        when = [{ arg = "0", is = [true, 1, "s", { null = true }] }]
        [[example]]
        language = "python"
        bad = "b"
        good = "g"
    "#;
    let rule: MisuseRule = toml::from_str(text).unwrap();
    let wanted = [Constant::Bool(true), Constant::Int(1), Constant::Str("s".into()), Constant::Null];
    assert_eq!(rule.matches[0].when[0].is, wanted);
    let again: MisuseRule = serde_json::from_str(&serde_json::to_string(&rule).unwrap()).unwrap();
    assert_eq!(again.matches[0].when[0].is, wanted);
    assert_eq!(complaints(&RuleBook { misuse: vec![rule], ..RuleBook::default() }), Vec::<String>::new());
}

#[test]
fn what_does_not_validate_is_told() {
    let model = |text: &str| {
        let text = format!("library = \"l\"\nlanguage = \"python\"\n{text}");
        let model: Model = toml::from_str(&text).unwrap();
        complaints(&RuleBook { models: vec![model], ..RuleBook::default() }).join("\n")
    };
    let sink = |rest: &str| model(&format!("[[sink]]\n{rest}"));
    assert_eq!(sink("paths = [\"a.b\"]\nkind = \"sql\"\nargs = [\"0\"]"), "");
    assert!(sink("paths = [\"a.b\"]\nkind = \"sqll\"\nargs = [\"0\"]").contains("`sqll` is unknown"));
    assert!(sink("paths = [\"a..b\"]\nkind = \"sql\"\nargs = [\"0\"]").contains("access path `a..b`"));
    assert!(sink("paths = [\"<T>.b\"]\nkind = \"sql\"\nargs = [\"0\"]").contains("type `T` is not declared"));
    assert!(sink("paths = [\"a.b\"]\nkind = \"sql\"\nargs = [\"0()\"]").contains("argument path `0()`"));
    assert!(sink("paths = [\"a.b\"]\nkind = \"sql\"").contains("names no arguments"));
    assert!(model("[[guard]]\nnames = [\"(\"]\nkind = \"csrf\"").contains("bad regular expression"));
    assert!(toml::from_str::<Model>("library = \"l\"\nlanguage = \"python\"\nunknown = 1").is_err());
    let rule: TaintRule = toml::from_str(
        "id = \"A\"\ntitle = \"\"\nmessage = \"m\"\ncwe = []\nowasp = []\nsinks = [\"sql\"]\nwhy = \"\"\nremedy = \"\"\n\
         [sources]\nsome = \"high\"\nenv = \"severe\"",
    )
    .unwrap();
    let told = complaints(&RuleBook { taint: vec![rule], ..RuleBook::default() }).join("\n");
    for part in ["kebab", "`title`", "`why`", "`remedy`", "CWE", "owasp", "no examples", "`some` is no", "`severe`"] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
}
