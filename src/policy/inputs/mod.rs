//! What policies can be asked about besides an audit: configuration files as conftest has them, so that a policy that was
//! written for it runs as it is.
//!
//! Each format gives the shape that conftest's parser of that name gives: a Dockerfile a list of instructions, Terraform
//! nested objects with expressions as `${…}`, YAML its documents with the booleans of YAML 1.1. Left out are the formats
//! that need a language of their own (CUE, Jsonnet, Groovy, …); they are refused by name.

mod docker;
mod hcl;
mod lines;
mod nginx;

use std::path::Path;

use serde_json::Value;

use super::error::{Diagnosis, PolicyError};
use super::yaml;

/// A kind of file that can be an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Instructions of a Dockerfile.
    Dockerfile,
    /// `NAME=value` lines.
    Dotenv,
    /// Terraform and other HCL.
    Hcl,
    /// `.gitignore`, `.dockerignore`.
    Ignore,
    /// Sections of keys.
    Ini,
    /// JSON.
    Json,
    /// JSON with comments.
    Jsonc,
    /// Directives of nginx.
    Nginx,
    /// Java's properties.
    Properties,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

/// Every format with the name that conftest has for it.
const FORMATS: [(&str, Format); 11] = [
    ("dockerfile", Format::Dockerfile),
    ("dotenv", Format::Dotenv),
    ("hcl2", Format::Hcl),
    ("ignore", Format::Ignore),
    ("ini", Format::Ini),
    ("json", Format::Json),
    ("jsonc", Format::Jsonc),
    ("nginx", Format::Nginx),
    ("properties", Format::Properties),
    ("toml", Format::Toml),
    ("yaml", Format::Yaml),
];
/// conftest's other formats.
const FOREIGN: [&str; 9] = ["cue", "edn", "groovy", "hcl1", "hocon", "jsonnet", "textproto", "vcl", "xml"];

impl Format {
    /// By the name that conftest's `--parser` takes.
    pub fn named(name: &str) -> Result<Self, String> {
        let known = || FORMATS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        match FORMATS.iter().find(|(known, _)| *known == name) {
            Some((_, format)) => Ok(*format),
            None if FOREIGN.contains(&name) => {
                Err(format!("`{name}` files are not read: turn them into JSON; there are {}", known()))
            }
            None => Err(format!("there is no parser `{name}`: there are {}", known())),
        }
    }

    /// By the name of a file.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let name = Path::new(path).file_name()?.to_string_lossy().to_lowercase();
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        if ["dockerfile", "containerfile"]
            .iter()
            .any(|known| name == *known || name.starts_with(&format!("{known}.")) || end == *known)
        {
            return Some(Self::Dockerfile);
        }
        if name.starts_with(".env") || end == "env" {
            return Some(Self::Dotenv);
        }
        match (name.as_str(), end) {
            ("nginx.conf", _) => Some(Self::Nginx),
            (_, "yml" | "yaml") => Some(Self::Yaml),
            (_, "hcl" | "tf" | "tfvars") => Some(Self::Hcl),
            (_, "gitignore" | "dockerignore") => Some(Self::Ignore),
            _ => FORMATS.iter().find(|(known, _)| *known == end).map(|(_, format)| *format),
        }
    }

    /// Whether a list at the top is several documents rather than one.
    #[must_use]
    pub const fn is_list_of_documents(self) -> bool {
        matches!(self, Self::Json | Self::Jsonc | Self::Yaml | Self::Toml)
    }
}

/// Where a text is not what its format says: line and column from 1, and why.
type Fault = (usize, usize, String);

/// The documents of a file, each an input of its own; `format` instead of what the file's name says.
pub fn documents(path: &str, text: &str, format: Option<Format>) -> Result<Vec<Value>, PolicyError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let told = |(line, column, message): Fault| {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        PolicyError::Data(Box::new(Diagnosis::at(path, text, number(line), number(column), message)))
    };
    if let Some(format) = format.or_else(|| Format::of(path)) {
        return parse(format, text).map_err(told);
    }
    let end = path.rsplit_once('.').map_or("", |(_, end)| end).to_lowercase();
    if FOREIGN.contains(&end.as_str()) {
        return Err(told((1, 1, Format::named(&end).err().unwrap_or_default())));
    }
    // Standard input and names that tell nothing: JSON, or else YAML, as conftest takes it.
    parse(Format::Json, text).or_else(|fault| {
        let json = text.trim_start().starts_with(['{', '[']) || path != "-";
        if !json {
            return parse(Format::Yaml, text).map_err(told);
        }
        Err(match told(fault) {
            PolicyError::Data(why) if path != "-" => {
                let hint =
                    "the file's name does not tell what it is, so it was read as JSON: `--parser NAME` says more";
                PolicyError::Data(Box::new(why.hint(hint)))
            }
            other => other,
        })
    })
}

/// A configuration within a policy's test, as conftest's `parse_config` has it: its one document, or the list of them.
pub fn parse_config(parser: &str, text: &str) -> Result<Value, String> {
    let format = Format::named(parser)?;
    let mut found = parse(format, text).map_err(|(line, _, message)| format!("line {line}: {message}"))?;
    Ok(if found.len() == 1 { found.remove(0) } else { Value::Array(found) })
}

fn parse(format: Format, text: &str) -> Result<Vec<Value>, Fault> {
    let one = match format {
        Format::Dockerfile => docker::instructions(text),
        Format::Dotenv => lines::variables(text),
        Format::Hcl => hcl::body(text)?,
        Format::Ignore => lines::ignored(text),
        Format::Ini => lines::sections(text)?,
        Format::Json => {
            serde_json::from_str(text).map_err(|error| (error.line(), error.column(), error.to_string()))?
        }
        Format::Jsonc => commented(text)?,
        Format::Nginx => nginx::directives(text)?,
        Format::Properties => lines::properties(text),
        Format::Toml => {
            let value: toml::Value = toml::from_str(text).map_err(|error| {
                let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
                (before.matches('\n').count() + 1, 1, error.message().to_owned())
            })?;
            serde_json::to_value(value).map_err(|error| (1, 1, error.to_string()))?
        }
        Format::Yaml => {
            let nodes =
                yaml::parse_files(text).map_err(|error| (error.line as usize, error.column as usize, error.message))?;
            return Ok(nodes.iter().map(yaml::Node::json).filter(|value| !value.is_null()).collect());
        }
    };
    Ok(vec![one])
}

fn commented(text: &str) -> Result<Value, Fault> {
    let parsed = jsonc_parser::parse_to_serde_value::<Option<Value>>(text, &jsonc_parser::ParseOptions::default());
    let fault = |error: jsonc_parser::errors::ParseError| {
        (error.line_display(), error.column_display(), error.kind().to_string().to_lowercase())
    };
    Ok(parsed.map_err(fault)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_become_what_conftest_makes_of_them() {
        let read = |path: &str, text: &str| documents(path, text, None).unwrap();
        assert_eq!(
            read("k.yaml", "kind: Pod\n---\nkind: Service\n"),
            [json!({"kind": "Pod"}), json!({"kind": "Service"})]
        );
        assert_eq!(read("a.toml", "[a]\nb = 1\n"), [json!({"a": {"b": 1}})]);
        assert_eq!(read("app/.env", "# x\nexport A=\"1\"\nB = 2\n"), [json!({"A": "1", "B": "2"})]);
        assert_eq!(read("audit.json", "\u{feff}{\"a\": 1}"), [json!({"a": 1})]);
        assert_eq!(read("tsconfig.jsonc", "{\"a\": 1, // why\n}"), [json!({"a": 1})]);
        assert_eq!(read("-", "kind: Pod\n"), [json!({"kind": "Pod"})]);
        let error = documents("a.toml", "a = 1\nb = \n", None).unwrap_err();
        assert_eq!(error.diagnosis().unwrap().line, 2, "{error}");
        assert_eq!(documents("a.jsonc", "{\"a\": 1,\n:}", None).unwrap_err().diagnosis().unwrap().line, 2);
    }

    #[test]
    fn formats_go_by_names() {
        for (path, format) in [
            ("Dockerfile", Some(Format::Dockerfile)),
            ("deploy/Dockerfile.prod", Some(Format::Dockerfile)),
            ("web.dockerfile", Some(Format::Dockerfile)),
            ("main.tf", Some(Format::Hcl)),
            ("x.auto.tfvars", Some(Format::Hcl)),
            (".dockerignore", Some(Format::Ignore)),
            ("etc/nginx.conf", Some(Format::Nginx)),
            ("prod.env", Some(Format::Dotenv)),
            ("notes.md", None),
        ] {
            assert_eq!(Format::of(path), format, "{path}");
        }
        assert!(Format::named("hcl2").is_ok() && Format::named("cue").unwrap_err().contains("turn them into JSON"));
        assert!(documents("a.cue", "a: 1", None).unwrap_err().to_string().contains("turn them into JSON"));
    }

    /// What a parser says within a test is what a file of the kind would be.
    #[test]
    fn a_configuration_in_a_test_is_parsed() {
        assert_eq!(parse_config("yaml", "a: 1\n").unwrap(), json!({"a": 1}));
        assert_eq!(parse_config("yaml", "a: 1\n---\nb: 2\n").unwrap(), json!([{"a": 1}, {"b": 2}]));
        assert!(parse_config("yaml", "a: [").is_err() && parse_config("xml", "").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[-\\[\\]{}:,#&*!|>'\"=$;<a-cENV0-9é \\\\\n]{0,80}", which in 0..FORMATS.len()) {
            let _ = parse(FORMATS[which].1, &text);
        }
    }
}
