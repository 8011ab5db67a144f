//! Dotenv files (`.env`, `.env.production`, `app.env`, `.flaskenv`, `.envrc`): `KEY=value` lines as the dotenv libraries of
//! Python, Node and Ruby read them. There is no standard; <https://dotenvx.com/docs/env-file> describes the common ground.
//!
//! Values are texts, never numbers. `$VAR` and `${VAR:-x}` as a whole value name another variable; inside a longer text
//! they stay as written.

use super::value::{Node, Sink, Value, interpolation};
use super::{ConfigExtract, ConfigParser};
use crate::base::{CodeContext, Problem, ProblemKind, SourceFile, Span};

/// Reads dotenv files.
pub struct Dotenv;

impl ConfigParser for Dotenv {
    fn name(&self) -> &'static str {
        "dotenv"
    }

    fn matches(&self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        let code =
            ["js", "ts", "mjs", "cjs", "py", "rb", "php", "go", "yaml", "yml", "json", "toml", "enc", "gpg", "md"];
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let named =
            name == ".env" || name.starts_with(".env.") || name.starts_with(".env-") || name.starts_with(".env_");
        let other =
            matches!(name, ".flaskenv" | ".envrc" | "env.example" | "env.sample" | "env.template" | ".dev.vars");
        (named || other || extension == "env") && !code.contains(&extension)
    }

    fn parse(&self, file: &SourceFile) -> ConfigExtract {
        let mut sink = Sink::new(file, "dotenv", CodeContext::Production);
        let mut reader = Reader { text: file.text(), at: 0, bad: None, bad_count: 0 };
        while let Some((key, node)) = reader.entry() {
            sink.data(&key, &node);
        }
        let problems = reader.bad.map(|at| {
            let more =
                if reader.bad_count > 1 { format!(" (and {} more)", reader.bad_count - 1) } else { String::new() };
            let message = format!("not a `KEY=value` line{more}");
            Problem::incomplete(ProblemKind::Syntax, Some(file.locate(at)), message)
        });
        sink.extract(problems.into_iter().collect())
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    bad: Option<Span>,
    bad_count: usize,
}

impl<'t> Reader<'t> {
    fn rest_of_line(&self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or("");
        rest.split('\n').next().unwrap_or(rest)
    }

    /// The next assignment.
    fn entry(&mut self) -> Option<(String, Node)> {
        while self.at < self.text.len() {
            let start = self.at;
            let line = self.rest_of_line();
            let trimmed = line.trim_start();
            let head = trimmed.strip_prefix("export ").map_or(trimmed, str::trim_start);
            let key_at = start + (line.len() - head.len());
            let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
            let key_length = head.find(|letter: char| !plain(letter)).unwrap_or(head.len());
            let key = &head[..key_length];
            let after = head[key_length..].trim_start();
            let value = after.strip_prefix('=').or_else(|| after.strip_prefix(": "));
            match value {
                Some(value) if !key.is_empty() => {
                    self.at = start + line.len() - value.len();
                    let (text, end, quoted) = self.value();
                    let node = Node::new(interpolated(text, quoted), Span::from_range(key_at..end));
                    return Some((key.to_owned(), node));
                }
                _ => {
                    if !trimmed.trim_end().is_empty() && !trimmed.starts_with('#') && head == trimmed {
                        self.bad.get_or_insert(Span::from_range(key_at..start + line.trim_end().len()));
                        self.bad_count += 1;
                    }
                    self.at = start + line.len() + 1;
                }
            }
        }
        None
    }

    /// The value at hand, where it ends, and its quote.
    fn value(&mut self) -> (String, usize, Option<char>) {
        let line = self.rest_of_line();
        let begin = self.at + (line.len() - line.trim_start().len());
        let rest = &self.text[begin..];
        if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'))
            && let Some((text, length)) = quoted(&rest[1..], quote)
        {
            self.at = begin + 1 + length;
            let end = self.at;
            self.at += self.rest_of_line().len() + 1;
            return (text, end, Some(quote));
        }
        self.at += line.len() + 1;
        let value = line.trim();
        let value = if value.starts_with('#') { "" } else { value };
        let end = value.find(" #").or_else(|| value.find("\t#")).unwrap_or(value.len());
        let value = value[..end].trim_end();
        (value.to_owned(), begin + value.len(), None)
    }
}

/// A quoted text up to its closing quote, line breaks included, and how long it is with that quote.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return Some((text, at + 1));
        }
        match letter {
            '\\' if quote == '"' => match letters.next()?.1 {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                other => text.push(other),
            },
            _ => text.push(letter),
        }
        // A quote that is not closed within a reasonable key file is none.
        if at > 20_000 {
            return None;
        }
    }
    None
}

fn interpolated(text: String, quote: Option<char>) -> Value {
    if quote == Some('\'') {
        return Value::Str(text);
    }
    interpolation(&text).unwrap_or(Value::Str(text))
}
