//! Versions forced on whoever asks for a package: npm's and Bun's `overrides`, Yarn's `resolutions`, pnpm's `overrides`,
//! uv's `override-dependencies`. They go against what other packages say they work with, so they need review.

use super::manifest;
use super::range::is_plain;
use super::tool::Tool;
use crate::base::{Edit, SourceFile, Span};

/// The edit of a manifest that forces a version; `None` where the tool knows no such thing.
pub(super) fn force(tool: Tool, file: &SourceFile, name: &str, version: &str) -> Option<Edit> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"@/._-".contains(&byte);
    if !is_plain(version) || !name.bytes().all(known) {
        return None;
    }
    let (at, text) = match tool {
        Tool::Npm | Tool::Bun => member(file.text(), &["overrides"], name, version)?,
        Tool::YarnClassic | Tool::YarnBerry => member(file.text(), &["resolutions"], name, version)?,
        Tool::Pnpm => member(file.text(), &["pnpm", "overrides"], name, version)?,
        Tool::Uv => uv(file.text(), name, version)?,
        _ => return None,
    };
    let span = Span::from_range(at..at);
    Some(Edit { location: file.locate(span), span, replacement: text })
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// The white space before the byte on its line, if nothing else is there.
fn indent(text: &str, at: usize) -> Option<&str> {
    let start = text[..at].rfind('\n')? + 1;
    let lead = &text[start..at];
    lead.trim().is_empty().then_some(lead)
}

/// Where and what to insert so that the object at `path` has the member.
fn member(text: &str, path: &[&str], key: &str, value: &str) -> Option<(usize, String)> {
    let root = manifest::json(text)?;
    let (mut object, mut rest) = (&root, path);
    while let Some((first, more)) = rest.split_first() {
        match manifest::member(object, first) {
            Some(jsonc_parser::ast::Value::Object(inner)) => (object, rest) = (inner, more),
            // Something else stands there: not for us to change.
            Some(_) => return None,
            None => break,
        }
    }
    let unit = root.properties.first().and_then(|first| indent(text, first.range.start)).unwrap_or("").to_owned();
    let line = newline(text);
    let last = object.properties.last();
    let lead = last.and_then(|last| indent(text, last.range.start));
    let mut entry = format!("\"{key}\": \"{value}\"");
    for (depth, name) in rest.iter().enumerate().rev() {
        entry = match lead {
            Some(lead) => {
                let outer = format!("{lead}{}", unit.repeat(depth));
                format!("\"{name}\": {{{line}{outer}{unit}{entry}{line}{outer}}}")
            }
            None => format!("\"{name}\": {{ {entry} }}"),
        };
    }
    match (last, lead) {
        (Some(last), Some(lead)) => Some((last.range.end, format!(",{line}{lead}{entry}"))),
        (Some(last), None) => Some((last.range.end, format!(", {entry}"))),
        (None, _) => Some((object.range.start + 1, entry)),
    }
}

/// `[tool.uv]` with `override-dependencies`; a list that is there already is not touched.
fn uv(text: &str, name: &str, version: &str) -> Option<(usize, String)> {
    let line = newline(text);
    let entry = format!("override-dependencies = [\"{name}>={version}\"]{line}");
    if text.contains("override-dependencies") {
        return None;
    }
    let header = text.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some((*at, line))
    });
    let own = header.into_iter().find(|(_, line)| line.trim() == "[tool.uv]");
    match own {
        Some((after, header)) if header.ends_with('\n') => Some((after, entry)),
        Some(_) => None,
        None => {
            let gap = if text.ends_with('\n') || text.is_empty() { "" } else { line };
            Some((text.len(), format!("{gap}{line}[tool.uv]{line}{entry}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forced(tool: Tool, path: &str, text: &str) -> Option<String> {
        let file = SourceFile::new(path, text);
        let edit = force(tool, &file, "@s/x", "1.2.3")?;
        let mut new = text.to_owned();
        new.insert_str(edit.span.start as usize, &edit.replacement);
        Some(new)
    }

    #[test]
    fn members_are_added_in_the_manner_of_the_file() {
        let text = "{\r\n\t\"name\": \"a\",\r\n\t\"dependencies\": {}\r\n}\r\n";
        let new = forced(Tool::Npm, "package.json", text).unwrap();
        assert_eq!(
            new,
            "{\r\n\t\"name\": \"a\",\r\n\t\"dependencies\": {},\r\n\t\"overrides\": {\r\n\t\t\"@s/x\": \"1.2.3\"\r\n\t}\r\n}\r\n"
        );
        let new = forced(Tool::Pnpm, "package.json", "{\n  \"pnpm\": {\n    \"a\": 1\n  }\n}\n").unwrap();
        assert_eq!(
            new,
            "{\n  \"pnpm\": {\n    \"a\": 1,\n    \"overrides\": {\n      \"@s/x\": \"1.2.3\"\n    }\n  }\n}\n"
        );
        let new = forced(Tool::YarnClassic, "package.json", "{\"name\":\"a\",\"resolutions\":{}}").unwrap();
        assert_eq!(new, "{\"name\":\"a\",\"resolutions\":{\"@s/x\": \"1.2.3\"}}");
        assert_eq!(forced(Tool::Npm, "package.json", "{\"overrides\": 1}"), None);
        assert_eq!(forced(Tool::Cargo, "Cargo.toml", ""), None);
        let new = forced(Tool::Uv, "pyproject.toml", "[tool.uv]\ndev = 1\n").unwrap();
        assert_eq!(new, "[tool.uv]\noverride-dependencies = [\"@s/x>=1.2.3\"]\ndev = 1\n");
    }
}
