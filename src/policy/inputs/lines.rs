//! Formats of lines: environment files, INI, Java's properties, and what git and Docker leave out.
//!
//! Left out: the interpolation of values, which INI and properties files may have.

use serde_json::{Map, Value, json};

use super::Fault;

/// `NAME=value` lines; quotes round a value are taken away.
pub(super) fn variables(text: &str) -> Value {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), Value::String(bare(value).to_owned()))).collect()
}

fn bare(value: &str) -> &str {
    let value = value.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    quoted.unwrap_or(value)
}

/// `{Kind, Value, Original}` for every line.
pub(super) fn ignored(text: &str) -> Value {
    let entry = |original: &str| {
        let line = original.trim_end();
        let (kind, value) = match line.chars().next() {
            None => ("Empty", ""),
            Some('#') => ("Comment", line[1..].trim()),
            Some('!') => ("NegatedPath", &line[1..]),
            Some(_) => ("Path", line),
        };
        json!({"Kind": kind, "Value": value, "Original": original})
    };
    text.lines().map(entry).collect()
}

/// Sections of keys, whose values are numbers and booleans where they look so. Keys before the first section are left
/// out.
pub(super) fn sections(text: &str) -> Result<Value, Fault> {
    let mut found: Map<String, Value> = Map::new();
    let mut section: Option<String> = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.rsplit_once(']').ok_or_else(|| (number + 1, 1, "the section is not closed".to_owned()))?;
            let name = name.0.trim().to_owned();
            found.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            section = Some(name);
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else {
            return Err((number + 1, 1, "neither a section, a comment nor `key = value`".to_owned()));
        };
        let mut value = value.trim().to_owned();
        while let Some(kept) = value.strip_suffix('\\') {
            let next = lines.next().map_or("", |(_, line)| line.trim());
            value = format!("{kept}{next}");
            if next.is_empty() {
                break;
            }
        }
        let section = section.as_ref().and_then(|name| found.get_mut(name)).and_then(Value::as_object_mut);
        if let Some(section) = section {
            section.insert(key.trim().to_owned(), typed(&value));
        }
    }
    Ok(Value::Object(found))
}

fn typed(text: &str) -> Value {
    let quoted = bare(text);
    // A comment may stand behind a value that is not quoted.
    let value = if quoted.len() < text.len() { quoted } else { text.split(['#', ';']).next().unwrap_or(text).trim() };
    let number = value.parse::<i64>().ok().map(Value::from);
    let number = number.or_else(|| value.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from));
    number.unwrap_or_else(|| match value {
        "t" | "T" | "true" | "True" | "TRUE" => Value::Bool(true),
        "f" | "F" | "false" | "False" | "FALSE" => Value::Bool(false),
        _ => Value::String(value.to_owned()),
    })
}

/// Keys and values as Java reads them.
pub(super) fn properties(text: &str) -> Value {
    let mut found = Map::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim_start().to_owned();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        while line.chars().rev().take_while(|letter| *letter == '\\').count() % 2 == 1 {
            line.pop();
            let Some(next) = lines.next() else { break };
            line.push_str(next.trim_start());
        }
        let (key, value) = cut(&line);
        found.insert(unescaped(key), Value::String(unescaped(value)));
    }
    Value::Object(found)
}

/// The key ends at the first `=`, `:` or white space that no backslash stands before.
fn cut(line: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, letter) in line.char_indices() {
        if escaped || letter == '\\' {
            escaped = !escaped;
            continue;
        }
        if letter == '=' || letter == ':' || letter.is_whitespace() {
            let rest = line[at..].trim_start();
            return (&line[..at], rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start());
        }
    }
    (line, "")
}

fn unescaped(text: &str) -> String {
    let mut found = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            found.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => found.push('\n'),
            Some('t') => found.push('\t'),
            Some('r') => found.push('\r'),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                let letter = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                found.push(letter.unwrap_or('\u{fffd}'));
            }
            Some(other) => found.push(other),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_types_and_places() {
        let found =
            sections("mode = x\n[server]\nhttp_port = 3000 ; the port\nname = \"a # b\"\non: true\n[empty]\n").unwrap();
        assert_eq!(found, json!({"server": {"http_port": 3000, "name": "a # b", "on": true}, "empty": {}}));
        assert_eq!(sections("[a]\nb\n").unwrap_err().0, 2);
        let text = "# no\na.b=1\nc : d\\\n   e\nf g\\u00e9\nbare\n";
        assert_eq!(properties(text), json!({"a.b": "1", "c": "de", "f": "gé", "bare": ""}));
        assert_eq!(
            ignored("!bar\n\n# Test\n.git\n"),
            json!([
                {"Kind": "NegatedPath", "Value": "bar", "Original": "!bar"},
                {"Kind": "Empty", "Value": "", "Original": ""},
                {"Kind": "Comment", "Value": "Test", "Original": "# Test"},
                {"Kind": "Path", "Value": ".git", "Original": ".git"},
            ])
        );
    }
}
