//! Variables that an image or a process is started with: `ENV` of Dockerfiles, <https://docs.docker.com/reference/dockerfile/#env>,
//! and assignments before a Procfile's commands, <https://devcenter.heroku.com/articles/procfile>.
//!
//! Only the variables are read here, as `env.NAME`; what else a Dockerfile does is none of a setting's business.

use super::value::{Node, Sink, Value, interpolation};
use super::{ConfigExtract, ConfigParser};
use crate::base::{CodeContext, SourceFile, Span};

/// Reads Dockerfiles and Procfiles.
pub struct Deploy;

impl ConfigParser for Deploy {
    fn name(&self) -> &'static str {
        "deploy"
    }

    fn matches(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let stem = name.split('.').next().unwrap_or(&name);
        matches!(stem, "dockerfile" | "containerfile" | "procfile") || name.ends_with(".dockerfile")
    }

    fn parse(&self, file: &SourceFile) -> ConfigExtract {
        let mut sink = Sink::new(file, "deploy", CodeContext::Production);
        let name = file.path().rsplit('/').next().unwrap_or("").to_ascii_lowercase();
        let procfile = name.starts_with("procfile");
        let count = u32::try_from(file.line_count()).unwrap_or(u32::MAX);
        let mut continued = false;
        for number in 1..=count {
            let Some(span) = file.line_span(number) else { break };
            let line = file.slice(span);
            let trimmed = line.trim();
            if trimmed.starts_with('#') {
                continue;
            }
            let rest = if procfile {
                trimmed.split_once(':').map(|(_, rest)| rest.trim_start())
            } else if continued {
                Some(trimmed)
            } else {
                trimmed.get(..4).filter(|start| start.eq_ignore_ascii_case("env ")).map(|_| trimmed[4..].trim_start())
            };
            let Some(rest) = rest else { continue };
            continued = !procfile && trimmed.ends_with('\\');
            let rest = rest.trim_end_matches('\\').trim_end();
            let at = span.start + u32::try_from(line.find(rest).unwrap_or(0)).unwrap_or(0);
            let place = Span::new(at, at + u32::try_from(rest.len()).unwrap_or(0));
            variables(&mut sink, rest, place, procfile);
        }
        sink.extract(Vec::new())
    }
}

/// `A=1 B="two words"`, the old form `A the rest`, or the assignments before a command.
fn variables(sink: &mut Sink<'_>, text: &str, place: Span, before_command: bool) {
    let mut rest = text;
    while !rest.is_empty() {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = rest.find(|letter: char| !plain(letter)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let Some(value) = after.strip_prefix('=') else {
            if !before_command && !name.is_empty() && rest.len() == text.len() {
                let value = after.trim();
                sink.data(&format!("env.{name}"), &Node::new(Value::Str(value.to_owned()), place));
            }
            return;
        };
        let (value, left) = match value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        if !name.is_empty() {
            let value = interpolation(value).unwrap_or_else(|| Value::Str(value.to_owned()));
            sink.data(&format!("env.{name}"), &Node::new(value, place));
        }
        rest = left.trim_start();
    }
}
