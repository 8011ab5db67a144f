//! INI, `.cfg` and Java `.properties` files: sections, `key = value` or `key: value`, `#` and `;` comments, indented or
//! backslash continuations, as Python's `configparser` and Java's `Properties` read them. Keys without a value are left
//! out, and so is the value interpolation of either.

use super::choose::is_config;
use super::value::{Node, Sink, Value, interpolation};
use super::{ConfigExtract, ConfigParser};
use crate::base::{CodeContext, Problem, ProblemKind, SourceFile, Span};

/// Reads INI files.
pub struct Ini;

impl ConfigParser for Ini {
    fn name(&self) -> &'static str {
        "ini"
    }

    fn matches(&self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        let known =
            matches!(name, "alembic.ini" | "uwsgi.ini" | "odoo.conf" | "my.cnf" | "php.ini" | "local.properties");
        let format = [".ini", ".cfg", ".properties"].iter().any(|end| name.ends_with(end));
        known || (format && !matches!(name, "setup.cfg" | "gradle.properties") && is_config(path))
    }

    fn parse(&self, file: &SourceFile) -> ConfigExtract {
        let mut sink = Sink::new(file, "ini", CodeContext::Production);
        let mut section = String::new();
        let mut entry: Option<(String, String, Span)> = None;
        let mut bad: Option<Span> = None;
        let mut continued = false;
        let count = u32::try_from(file.line_count()).unwrap_or(u32::MAX);
        for number in 1..=count {
            let Some(span) = file.line_span(number) else { break };
            let line = file.slice(span);
            let text = line.trim();
            let place = trimmed(span, line);
            if text.is_empty() || text.starts_with(['#', ';', '!']) {
                continued = false;
                continue;
            }
            let indented = line.starts_with([' ', '\t']);
            if let Some((_, value, place_of)) =
                entry.as_mut().filter(|_| continued || (indented && !text.contains('=')))
            {
                if value.ends_with('\\') {
                    value.pop();
                } else if !value.is_empty() {
                    value.push('\n');
                }
                value.push_str(text);
                *place_of = place_of.cover(place);
                continued = text.ends_with('\\');
                continue;
            }
            flush(&mut sink, &section, entry.take());
            if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
                name.trim().trim_matches('"').clone_into(&mut section);
            } else if let Some(at) = text.find(['=', ':']).filter(|at| *at > 0) {
                entry = Some((text[..at].trim().to_owned(), text[at + 1..].trim().to_owned(), place));
                continued = text.ends_with('\\');
            } else {
                bad.get_or_insert(place);
            }
        }
        flush(&mut sink, &section, entry);
        let problem =
            bad.map(|at| Problem::remark(ProblemKind::Syntax, Some(file.locate(at)), "a line without `key = value`"));
        sink.extract(problem.into_iter().collect())
    }
}

fn trimmed(span: Span, line: &str) -> Span {
    let start = span.range().start + (line.len() - line.trim_start().len());
    Span::from_range(start..start + line.trim().len())
}

fn flush(sink: &mut Sink<'_>, section: &str, entry: Option<(String, String, Span)>) {
    let Some((key, value, span)) = entry else { return };
    let quoted =
        ['"', '\''].iter().any(|quote| value.len() > 1 && value.starts_with(*quote) && value.ends_with(*quote));
    let value = if quoted { value[1..value.len() - 1].to_owned() } else { without_comment(&value).to_owned() };
    let key = if section.is_empty() { key } else { format!("{section}.{key}") };
    let value = interpolation(&value).unwrap_or_else(|| scalar(value));
    sink.data(&key, &Node::new(value, span));
}

fn without_comment(value: &str) -> &str {
    value.find(" ;").or_else(|| value.find(" #")).map_or(value, |at| value[..at].trim_end())
}

/// Booleans as `configparser` knows them, whole numbers, texts.
fn scalar(text: String) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Value::Bool(true),
        "false" | "no" | "off" => Value::Bool(false),
        _ => match text.parse() {
            Ok(number) if !text.starts_with(['0', '+']) || text == "0" => Value::Int(number),
            _ => Value::Str(text),
        },
    }
}
