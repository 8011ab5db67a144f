//! A Dockerfile as conftest shows it: a list of `{Cmd, SubCmd, JSON, Flags, Value, Stage}`, names in lower case, comments
//! before their instruction.

use serde_json::{Value, json};

use crate::config::resource::dockerfile;

/// The instructions of a file.
pub(super) fn instructions(text: &str) -> Value {
    let (escape, found) = dockerfile(text);
    let mut list = Vec::new();
    let (mut at, mut froms) = (0, 0_usize);
    for (name, whole, arguments) in found {
        froms += usize::from(name == "FROM");
        let stage = froms.saturating_sub(1);
        for line in text.get(at..whole.start).unwrap_or_default().lines() {
            if let Some(comment) = line.trim_start().strip_prefix('#') {
                list.push(instruction("comment", "", false, &[], &[comment.trim().to_owned()], stage));
            }
        }
        at = whole.end;
        let joined = joined(text.get(arguments).unwrap_or_default(), escape);
        let (name, mut sub) = (name.to_lowercase(), String::new());
        let (mut flags, mut rest) = flags(&joined);
        let mut of = name.clone();
        if name == "onbuild" {
            let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            word.clone_into(&mut sub);
            of = word.to_lowercase();
            (flags, rest) = self::flags(after);
        }
        let (json, values) = values(&of, rest);
        list.push(instruction(&name, &sub, json, &flags, &values, stage));
    }
    Value::Array(list)
}

fn instruction(name: &str, sub: &str, json: bool, flags: &[&str], values: &[String], stage: usize) -> Value {
    json!({"Cmd": name, "SubCmd": sub, "JSON": json, "Flags": flags, "Value": values, "Stage": stage})
}

/// One line of a continued instruction, without the comments and empty lines in between.
fn joined(text: &str, escape: char) -> String {
    let mut found = String::new();
    for (number, line) in text.lines().enumerate() {
        if number > 0 && (line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        let end = line.trim_end();
        let Some(kept) = end.strip_suffix(escape) else {
            // What follows is a here-document, which is no part of the value.
            found.push_str(line);
            break;
        };
        found.push_str(kept);
    }
    found.trim().to_owned()
}

/// The options that lead an instruction.
fn flags(text: &str) -> (Vec<&str>, &str) {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while rest.starts_with("--") {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        found.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    (found, rest)
}

/// The values of an instruction, and whether they are written as a list of JSON.
fn values(name: &str, text: &str) -> (bool, Vec<String>) {
    let list = || serde_json::from_str::<Vec<String>>(text).ok().filter(|_| text.starts_with('['));
    let words = || text.split_whitespace().map(str::to_owned).collect();
    let whole = || if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    match name {
        "from" | "expose" => (false, words()),
        "copy" | "add" | "volume" => list().map_or_else(|| (false, words()), |list| (true, list)),
        "run" | "cmd" | "entrypoint" | "shell" => list().map_or_else(|| (false, whole()), |list| (true, list)),
        "env" | "label" => (false, pairs(text)),
        "arg" => (false, quoted_words(text).into_iter().map(str::to_owned).collect()),
        "healthcheck" => {
            let (kind, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            let (json, rest) = values("cmd", rest.trim());
            (json, std::iter::once(kind.to_uppercase()).chain(rest).collect())
        }
        _ => (false, whole()),
    }
}

/// `A=1 B="x y"` as name, value, `=`; the old `NAME value` as name, value and nothing.
fn pairs(text: &str) -> Vec<String> {
    let words = quoted_words(text);
    if words.first().is_some_and(|first| !first.contains('=')) {
        let (name, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        return [name, value.trim(), ""].map(str::to_owned).into();
    }
    let cut = words.into_iter().filter_map(|word| word.split_once('='));
    cut.flat_map(|(name, value)| [name, value, "="].map(str::to_owned)).collect()
}

/// Words, where quotes and backslashes keep white space; both stay in the word.
fn quoted_words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut quote, mut escaped) = (None, None, false);
    for (at, letter) in text.char_indices() {
        if quote.is_none() && !escaped && letter.is_whitespace() {
            if let Some(start) = start.take() {
                found.push(&text[start..at]);
            }
            continue;
        }
        start.get_or_insert(at);
        match (quote, letter) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    found.extend(start.map(|start| &text[start..]));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_have_their_shape() {
        let text = "# base\nFROM --platform=linux/amd64 golang:1.24 AS build\nENV A=1 B=\"x y\"\nENV OLD some value\n\
            RUN apt-get update && \\\n    # why\n    apt-get install curl\nFROM scratch\nCOPY --from=build /a /b\n\
            CMD [\"/b\", \"-v\"]\nHEALTHCHECK --interval=5s CMD curl -f localhost\nONBUILD RUN make\nUSER app\n";
        let found = instructions(text);
        let row = |at: usize| (found[at]["Cmd"].as_str().unwrap().to_owned(), found[at]["Value"].clone());
        assert_eq!(row(0), ("comment".to_owned(), json!(["base"])));
        assert_eq!(row(1), ("from".to_owned(), json!(["golang:1.24", "AS", "build"])));
        assert_eq!(found[1]["Flags"], json!(["--platform=linux/amd64"]));
        assert_eq!(row(2).1, json!(["A", "1", "=", "B", "\"x y\"", "="]));
        assert_eq!(row(3).1, json!(["OLD", "some value", ""]));
        assert_eq!(row(4).1, json!(["apt-get update &&     apt-get install curl"]));
        assert_eq!((row(6).1, found[6]["Flags"].clone()), (json!(["/a", "/b"]), json!(["--from=build"])));
        assert_eq!((row(7).1, found[7]["JSON"].clone()), (json!(["/b", "-v"]), json!(true)));
        assert_eq!(row(8).1, json!(["CMD", "curl -f localhost"]));
        assert_eq!((found[9]["SubCmd"].clone(), row(9).1), (json!("RUN"), json!(["make"])));
        assert_eq!(
            (row(10).1, found[10]["Stage"].clone(), found[4]["Stage"].clone()),
            (json!(["app"]), json!(1), json!(0))
        );
    }

    #[test]
    fn a_here_document_is_no_value() {
        let found = instructions("FROM a\nRUN <<EOF\nUSER root\nEOF\nUSER app\n");
        let names: Vec<&str> = found.as_array().unwrap().iter().filter_map(|item| item["Cmd"].as_str()).collect();
        assert_eq!((names, found[1]["Value"].clone()), (vec!["from", "run", "user"], json!(["<<EOF"])));
    }
}
