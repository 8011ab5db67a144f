//! Where two values differ, for the failures of tests.

use std::fmt::Write as _;

use serde_json::Value;

use super::engine::probe::Values;

/// Characters of a value that are shown.
const WIDTH: usize = 300;
/// Differences that are shown.
const MOST: usize = 6;

/// The values of a statement that stopped a test, and where they differ.
#[must_use]
pub(super) fn told(values: &Values) -> String {
    match values {
        Values::Compared { expected, actual, known } => {
            let (first, second) = if *known { ("expected", "actual") } else { ("left", "right") };
            let mut text = format!("{first}: {}\n{second}: {}\n", shown(expected.as_ref()), shown(actual.as_ref()));
            if let (Some(expected), Some(actual)) = (expected, actual) {
                if expected == actual {
                    text.push_str("  alike as JSON: one of them is a set, and the other a list\n");
                }
                let mut found = Vec::new();
                differences(expected, actual, "", &mut found);
                let deep = found.iter().any(|(path, ..)| !path.is_empty());
                for (path, one, other) in found.iter().filter(|_| deep).take(MOST) {
                    let _ = writeln!(text, "  at {path}: {} / {}", shown(one.as_ref()), shown(other.as_ref()));
                }
                if deep && found.len() > MOST {
                    let _ = writeln!(text, "  and {} more", found.len() - MOST);
                }
            }
            text
        }
        Values::Lacking { item, collection } => {
            format!("item: {}\nis not in: {}\n", shown(item.as_ref()), shown(collection.as_ref()))
        }
        Values::Single(value, true) => format!("should not hold: {}\n", shown(value.as_ref())),
        Values::Single(value, false) => format!("value: {}\n", shown(value.as_ref())),
        Values::Unknown => String::new(),
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "undefined".to_owned() };
    let text = value.to_string();
    if text.chars().count() <= WIDTH {
        return text;
    }
    format!("{}…", text.chars().take(WIDTH - 1).collect::<String>())
}

type Difference = (String, Option<Value>, Option<Value>);

/// Paths at which two values differ. Values are as deep as JSON text may be, so that this is bounded.
fn differences(one: &Value, other: &Value, path: &str, found: &mut Vec<Difference>) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                let path = format!("{path}/{key}");
                match b.get(key) {
                    Some(same) => differences(value, same, &path, found),
                    None => found.push((path, Some(value.clone()), None)),
                }
            }
            let more = b.iter().filter(|(key, _)| !a.contains_key(*key));
            found.extend(more.map(|(key, value)| (format!("{path}/{key}"), None, Some(value.clone()))));
        }
        (Value::Array(a), Value::Array(b)) => {
            for at in 0..a.len().max(b.len()) {
                let path = format!("{path}/{at}");
                match (a.get(at), b.get(at)) {
                    (Some(one), Some(other)) => differences(one, other, &path, found),
                    (one, other) => found.push((path, one.cloned(), other.cloned())),
                }
            }
        }
        _ if one == other => {}
        _ => found.push((path.to_owned(), Some(one.clone()), Some(other.clone()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_differing_value_is_named() {
        let expected = json!([{"msg": "a", "location": {"line": 3}}, {"msg": "b"}]);
        let actual = json!([{"msg": "a", "location": {"line": 4}}]);
        let values = Values::Compared { expected: Some(expected), actual: Some(actual), known: true };
        let text = told(&values);
        assert!(text.starts_with("expected: [{\"msg\":\"a\""), "{text}");
        assert!(text.contains("  at /0/location/line: 3 / 4\n"), "{text}");
        assert!(text.contains("  at /1: {\"msg\":\"b\"} / undefined\n"), "{text}");
    }
}
