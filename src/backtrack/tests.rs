//! Expressions that take exponential time, and nearly the same that do not.

use super::is_exponential;

#[rustfmt::skip]
const BAD: &[&str] = &[
    "(a+)+$", "^(a+)+$", "(a*)*b", "(a*)+b", "(a+)*b", "(a|a)*b", "(a|aa)+$", "^(\\w+\\s?)*$", "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(x+x+)+y", "(.*)*a", "(.*,)*b;(\\d|\\w)+;$", "(\\d|\\w)+!", "^(a?b?)*$", "(a|b|ab)*c", "([a-zA-Z]+)*$", "(?:[a-z]+)+!",
    "^(?P<word>\\w+)+$", "^(?<word>\\w+)+$", "(?i)([a-z]|[A-Z])+$", "(\\s|\\n)+$", "^([\\s\\S]|.)*x", "^(\\d+)*$", "((a+)b?)+c",
    "(a+?)+?b", "^((\\d+)(-?))+$", "([^,]*,?)*;", "^(-?\\d+)*$", "(?=(a+)+b)c", "^(?:(?:a|b)|[ab])+$", "([ab]|b)*c",
    "^(\\[.*?\\]|.)*z$", "(?:\\\\.|.)*\"", "^(([^<>()]+)*)@", "^([a-z]{1,20})+$", "(a{2,9})*b", "(?:a|b|[^c])+c", "^(a|b?a)*$",
    "(?s)(.|\\n)*x", "^([0-9a-f]+:?)+$", "(\\w+[.]?)+@", "(?:\\s*\\w+\\s*)*;", "((ab)*)*c", "^(.+)+\\n$",
];

#[rustfmt::skip]
const GOOD: &[&str] = &[
    "", "a+", "(a+)+", "(a+)*", "^(a+)+.*$", "(ab)+$", "(a+b)+$", "^\\d{3}-\\d{4}$", "(a|b)*c", "[a-z]+@[a-z]+\\.com", "\\s+$",
    "^(\\w+\\s)*$", "^(\\w+,)*\\w+$", "\"(?:[^\"\\\\]|\\\\.)*\"", "(?:\\\\.|(?!\\\\).)*'", "(?:(?!-->).)*-->", "^[\\w.-]+$", "(\\d+\\.)*\\d+",
    "(?:a++)+b", "(?>a+)+b", "(a{3})+b", "(?:\\d{1,3}\\.){3}\\d{1,3}$", "^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$",
    "(\\w)\\1+", "^(https?|ftp)://[^\\s/$.?#].[^\\s]*$", "^#([0-9a-f]{3}|[0-9a-f]{6})$", "(a|b|c)+d", "x*y*z*$", "(x*y)*z", "a{1,3}b{2,}$",
    "(?x) ( a + b ) + $ # c", "[^]]+]", "^(?:[^%]|%[0-9a-f]{2})*$", "(?:/[^/]+)+/?$", "<([a-z]+)(\\s[^>]*)?>", "(?i)(a|B)+c", "([a-z]|[A-Z])+$",
    "^(\\d|[a-f])+$", "(", "a)", "[a", "*", "(?P<", "\\", "(a+){2}b", "^(-\\w+)*$", "(?:\\s\\w+)*$", "(\\.\\d+)*$", "^(?:a|b+c)*d",
    "\\p{L}+(?:-\\p{L}+)*$", "(?:foo|bar)*baz", "(?(1)a|b)+c",
];

#[test]
fn expressions_that_explode_are_told() {
    let wrong: Vec<_> = BAD.iter().filter(|pattern| !is_exponential(pattern, "")).collect();
    assert!(wrong.is_empty(), "missed: {wrong:#?}");
}

#[test]
fn those_that_do_not_are_left_alone() {
    let wrong: Vec<_> = GOOD.iter().filter(|pattern| is_exponential(pattern, "")).collect();
    assert!(wrong.is_empty(), "wrongly told: {wrong:#?}");
}

#[test]
fn flags_count() {
    assert!(is_exponential("([a-z]|[A-Z])+$", "i"));
    assert!(!is_exponential("([a-z]|[A-Z])+$", "g"));
}

#[test]
fn long_expressions_take_no_time() {
    let long = "(a|b|[a-z]+)*".repeat(2_000);
    assert!(!is_exponential(&format!("{long}$"), ""));
    let deep = format!("{}a{}", "(".repeat(5_000), ")*".repeat(5_000));
    assert!(!is_exponential(&deep, ""));
    assert!(!is_exponential(&"[a-z]{0,12}".repeat(30), ""));
}
