//! nginx's configuration as conftest shows it: `{name, parameters, block: {directives}}`, one within another.

use serde_json::{Map, Value, json};

use super::Fault;
use crate::config::resource::nginx_words;

/// Blocks within one another.
const MAX_DEPTH: usize = 64;

/// The directives of a file.
pub(super) fn directives(text: &str) -> Result<Value, Fault> {
    let mut open: Vec<(Map<String, Value>, Vec<Value>)> = vec![(Map::new(), Vec::new())];
    let mut words: Vec<&str> = Vec::new();
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    for (word, at, quoted) in nginx_words(text) {
        match word {
            _ if quoted => words.push(word),
            ";" => {
                if let (Some(directive), Some((_, list))) = (directive(&words), open.last_mut()) {
                    list.push(Value::Object(directive));
                }
                words.clear();
            }
            "{" => {
                if open.len() > MAX_DEPTH {
                    return Err((line(at), 1, "nested too deeply".to_owned()));
                }
                open.push((directive(&words).unwrap_or_default(), Vec::new()));
                words.clear();
            }
            "}" => {
                let closed = open.pop().filter(|_| words.is_empty());
                let (Some((mut directive, inner)), Some((_, list))) = (closed, open.last_mut()) else {
                    return Err((line(at), 1, "a `}` that closes nothing, or a directive without `;`".to_owned()));
                };
                directive.insert("block".to_owned(), json!({"directives": inner}));
                list.push(Value::Object(directive));
            }
            _ => words.push(word),
        }
    }
    match open.pop() {
        Some((_, list)) if open.is_empty() && words.is_empty() => Ok(json!({"directives": list})),
        _ => Err((line(text.len()), 1, "the last block or directive is not closed".to_owned())),
    }
}

fn directive(words: &[&str]) -> Option<Map<String, Value>> {
    let (name, parameters) = words.split_first()?;
    let mut found = Map::from_iter([("name".to_owned(), json!(name))]);
    if !parameters.is_empty() {
        found.insert("parameters".to_owned(), json!(parameters));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_directives_within_one_another() {
        let text = "http {\n  # plain\n  server {\n    listen 443 ssl;\n    return 301 https://$host$request_uri;\n    add_header X \"a;b\";\n  }\n}\n";
        let found = directives(text).unwrap();
        let server = &found["directives"][0]["block"]["directives"][0];
        assert_eq!(server["name"], "server");
        let inner = &server["block"]["directives"];
        assert_eq!(inner[0], json!({"name": "listen", "parameters": ["443", "ssl"]}));
        assert_eq!(inner[1]["parameters"], json!(["301", "https://$host$request_uri"]));
        assert_eq!(inner[2]["parameters"], json!(["X", "a;b"]));
        assert_eq!(directives("a {\n b;\n").unwrap_err().0, 3);
        assert!(directives("}").is_err() && directives("a b").is_err());
    }
}
