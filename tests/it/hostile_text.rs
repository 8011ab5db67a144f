//! Whatever stands in a scanned repository, a report stays what it is: no format obeys it, none breaks.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use stageclear::document::Document;
use stageclear::report::{self, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::apps::audit;
use crate::markup;

/// Fields whose text comes from the project, or might.
const FIELDS: &[&str] = &[
    "path",
    "title",
    "message",
    "remedy",
    "rule",
    "reason",
    "reasons",
    "name",
    "hint",
    "lines",
    "package",
    "version",
    "id",
    "aliases",
    "purl",
    "origin",
    "date",
    "fixed",
    "fingerprint",
    "methods",
    "handler",
    "cvss",
    "informational",
    "rules",
];

/// A finding of each kind of detail, and all the rest of an audit.
static SMALL: LazyLock<Value> = LazyLock::new(|| {
    let mut document = audit("flask-insecure", 2);
    let mut rules = std::collections::BTreeSet::new();
    document.findings.retain(|finding| {
        (finding.trace.is_empty() || finding.source_snippet.is_some()) && rules.insert(finding.rule.clone())
    });
    assert!(document.findings.len() > 4 && document.findings.iter().any(|finding| finding.source_snippet.is_some()));
    serde_json::to_value(&document).unwrap()
});

/// The document with `text` in every such field.
pub fn planted(text: &str) -> Document {
    fn plant(value: &mut Value, field: &str, text: &str) {
        match value {
            Value::String(string) if FIELDS.contains(&field) => text.clone_into(string),
            Value::Array(items) => items.iter_mut().for_each(|item| plant(item, field, text)),
            Value::Object(map) => map.iter_mut().for_each(|(field, item)| plant(item, field, text)),
            _ => {}
        }
    }
    let mut value = SMALL.clone();
    plant(&mut value, "", text);
    serde_json::from_value(value).unwrap()
}

/// What a terminal, an editor or a browser would obey rather than show.
fn acts(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Cells of a Markdown table row: pipes that no backslash escapes.
fn cells(row: &str) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for character in row.chars() {
        count += usize::from(character == '|' && !escaped);
        escaped = character == '\\' && !escaped;
    }
    count
}

/// A Markdown line without its code spans.
fn running(line: &str) -> String {
    let mut out = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '`' => assert!(characters.any(|c| c == '`'), "a code span without end: {line}"),
            other => out.push(other),
        }
    }
    out
}

fn markdown_holds(text: &str) {
    let mut fence: Option<&str> = None;
    let mut columns: Option<usize> = None;
    for line in text.lines() {
        let is_fence = line.len() > 2 && line.chars().all(|c| c == '`');
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if is_fence => fence = Some(line),
            None if line.starts_with('|') => {
                let count = cells(line);
                assert_eq!(count, *columns.get_or_insert(count), "{line}");
            }
            None => {
                columns = None;
                let tags = ["<details><summary>", "</details>"];
                assert!(tags.iter().any(|tag| line.starts_with(tag)) || !running(line).contains(['<', '@']), "{line}");
            }
        }
    }
    assert_eq!(fence, None);
}

fn tables_hold(text: &str, width: usize) {
    let mut wide = None;
    for line in text.lines() {
        if line.starts_with(['╭', '│', '├', '╰']) {
            assert_eq!(line.width(), *wide.get_or_insert(line.width()), "{line}");
            assert!(line.width() <= width, "{line}");
        } else {
            wide = None;
        }
    }
}

fn holds(text: &str) {
    let document = planted(text);
    let active = document.findings.iter().filter(|finding| finding.is_active()).count();
    let render = |format: &str, style: &Style| report::by_name(format).unwrap().render(&document, style);
    for reporter in report::ALL {
        let out = reporter.render(&document, &Style::default());
        let bad: Vec<char> = out.chars().filter(|c| acts(*c)).collect();
        assert!(bad.is_empty(), "{}: {bad:?}", reporter.name());
    }
    for format in ["json", "sarif", "gitlab", "cyclonedx"] {
        serde_json::from_str::<Value>(&render(format, &Style::default())).unwrap();
    }
    let back: Document = serde_json::from_str(&render("json", &Style::default())).unwrap();
    assert_eq!(back.findings, document.findings, "JSON keeps every value");
    for format in ["html", "junit"] {
        markup::read(&render(format, &Style::default())).unwrap();
    }
    markdown_holds(&render("markdown", &Style::default()));
    tables_hold(&render("table", &Style { width: 80, ..Style::default() }), 80);
    let commands = render("github", &Style::default());
    let known = |line: &str| {
        ["::error ", "::warning ", "::notice ", "stageclear: "].iter().any(|start| line.starts_with(start))
    };
    assert!(commands.lines().all(known), "{commands}");
    assert_eq!(commands.lines().count(), active + 1);
    let quiet = render("text", &Style { quiet: true, ..Style::default() });
    assert!(quiet.lines().all(|line| line.starts_with('[')) && quiet.lines().count() == active, "{quiet}");
}

#[test]
fn known_tricks() {
    for text in [
        "",
        " ",
        "\u{1b}[2J\u{1b}]0;x\u{7}",
        "a\u{202e}b\u{2066}c\u{200d}\u{feff}\u{ad}",
        "<script>alert(1)</script>\"onmouseover=\"x' --> ]]> </style></summary></details>",
        "a|b\\|c\n| d |\n```\n````",
        "\r\n::error::x%0A::add-mask::y",
        "`` ` ``` [x](javascript:1) ![y](z) <!-- @team #1",
        "漢字カナ 👩‍👩‍👧 ｗｉｄｅ e\u{301}",
        "&amp; &lt; &#x3c;",
    ] {
        holds(text);
    }
    holds(&"very/long/path/".repeat(200));
    holds(&"漢".repeat(700));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        holds(&text);
    }

    #[test]
    fn any_mix_of_special_characters(text in "[|`<>&\"'\\\\\n\r\t:%,;a \u{1b}\u{7f}\u{9b}\u{202e}\u{2028}\\[\\]\\(\\)#*_~!-]{0,24}") {
        holds(&text);
    }
}
