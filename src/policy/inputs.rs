//! What policies can be asked about besides an audit: files as conftest has them, so that a policy that was written for
//! it runs as it is.
//!
//! JSON, YAML (every document of a file), TOML and environment files, by the file's name.

use std::path::Path;

use serde_json::{Map, Value};

use super::error::{Diagnosis, PolicyError};
use super::yaml;

/// The documents of a file, each an input of its own.
pub fn documents(path: &str, text: &str) -> Result<Vec<Value>, PolicyError> {
    let fault = |line: usize, column: usize, message: String| {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        PolicyError::Data(Box::new(Diagnosis::at(path, text, number(line), number(column), message)))
    };
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    if name.starts_with(".env") || end == "env" {
        return Ok(vec![Value::Object(variables(text))]);
    }
    match end {
        "yaml" | "yml" => {
            let nodes = yaml::parse_all(text)
                .map_err(|error| fault(error.line as usize, error.column as usize, error.message))?;
            Ok(nodes.iter().map(yaml::Node::json).filter(|value| !value.is_null()).collect())
        }
        "toml" => {
            let value: toml::Value = toml::from_str(text).map_err(|error| {
                let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
                fault(before.matches('\n').count() + 1, 1, error.message().to_owned())
            })?;
            serde_json::to_value(value).map(|value| vec![value]).map_err(|error| PolicyError::Input(error.to_string()))
        }
        _ => {
            let value = serde_json::from_str(text);
            value.map(|value| vec![value]).map_err(|error| fault(error.line(), error.column(), error.to_string()))
        }
    }
}

/// `NAME=value` lines; quotes round a value are taken away.
fn variables(text: &str) -> Map<String, Value> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    let bare = |value: &str| {
        let value = value.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        quoted.unwrap_or(value).to_owned()
    };
    pairs.map(|(name, value)| (name.trim().to_owned(), Value::String(bare(value)))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_become_what_conftest_makes_of_them() {
        let read = |path: &str, text: &str| documents(path, text).unwrap();
        assert_eq!(
            read("k.yaml", "kind: Pod\n---\nkind: Service\n"),
            [json!({"kind": "Pod"}), json!({"kind": "Service"})]
        );
        assert_eq!(read("a.toml", "[a]\nb = 1\n"), [json!({"a": {"b": 1}})]);
        assert_eq!(read("app/.env", "# x\nexport A=\"1\"\nB = 2\n"), [json!({"A": "1", "B": "2"})]);
        assert_eq!(read("audit.json", "{\"a\": 1}"), [json!({"a": 1})]);
        let error = documents("a.toml", "a = 1\nb = \n").unwrap_err();
        assert_eq!(error.diagnosis().unwrap().line, 2, "{error}");
    }
}
