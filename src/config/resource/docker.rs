//! Dockerfile and Containerfile, <https://docs.docker.com/reference/dockerfile/>: stages with their base, user, variables,
//! start command and the habits of their build steps.
//!
//! A small reader of our own: line continuations, the `escape` directive, here-documents, and the substitution of `ARG`s
//! with a default are all that is needed. Left out: `ONBUILD`, build arguments given from outside.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Draft, Id, ResourceExtract, ResourceReader, name_of, one_line, shell};
use crate::base::{CodeContext, SourceFile, Span};
use crate::config::choose;

/// Instructions of one file.
const MAX_INSTRUCTIONS: usize = 2_000;

/// Reads Dockerfiles.
pub(super) struct Dockerfile;

impl ResourceReader for Dockerfile {
    fn name(&self) -> &'static str {
        "dockerfile"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        let ignore = super::ends(&name, &[".dockerignore", ".md", ".sh"]);
        ["dockerfile", "containerfile"].iter().any(|known| {
            name == *known || name.starts_with(&format!("{known}.")) || name.ends_with(&format!(".{known}"))
        }) && !ignore
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, choose::stage(file.path(), context));
        let instructions = instructions(file.text());
        let mut stages = Stages::default();
        for instruction in &instructions {
            stages.take(&mut draft, file, instruction);
        }
        stages.close(&mut draft);
        draft.finish()
    }
}

/// One instruction: its name in upper case, where it stands, and where its arguments do.
#[derive(Debug, PartialEq)]
struct Instruction {
    name: String,
    span: Span,
    arguments: Span,
}

/// Cuts a file into instructions.
fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape_of(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() && found.len() < MAX_INSTRUCTIONS {
        let line = line_at(text, at);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            at += line.len() + 1;
            continue;
        }
        let start = at + (line.len() - line.trim_start().len());
        let mut end = at + line.len();
        let mut current = line;
        // A continued instruction goes on over comments and empty lines.
        while current.trim_end().ends_with(escape) || (end > at + line.len() && is_skipped(current)) {
            if end >= text.len() {
                break;
            }
            current = line_at(text, end + 1);
            end += 1 + current.len();
        }
        let end = heredoc(text, start, end);
        let body = &text[start..end];
        let word = body.find(char::is_whitespace).unwrap_or(body.len());
        let rest = &body[word..];
        let arguments = start + word + (rest.len() - rest.trim_start().len());
        let stop = start + body.trim_end().len();
        found.push(Instruction {
            name: body[..word].to_ascii_uppercase(),
            span: Span::from_range(start..stop),
            arguments: Span::from_range(arguments.min(stop)..stop),
        });
        at = end + 1;
    }
    found
}

/// The same for others: the character that continues lines, and names and places.
pub(super) fn cut(text: &str) -> (char, Vec<super::Written>) {
    let range = |span: Span| span.start as usize..span.end as usize;
    let found = instructions(text).into_iter();
    (escape_of(text), found.map(|found| (found.name, range(found.span), range(found.arguments))).collect())
}

fn line_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or("");
    rest.find('\n').map_or(rest, |end| &rest[..end])
}

fn is_skipped(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// The character that continues lines: a backslash, unless the directive at the top says a backtick.
fn escape_of(text: &str) -> char {
    let directive = |line: &str| {
        let (name, value) = line.trim().strip_prefix('#')?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("escape").then(|| value.trim().chars().next())?
    };
    text.lines().take_while(|line| line.trim_start().starts_with('#')).find_map(directive).unwrap_or('\\')
}

/// The end of an instruction with its here-documents.
fn heredoc(text: &str, start: usize, mut end: usize) -> usize {
    let head = &text[start..end];
    if !head.contains("<<") || head.trim_start().starts_with("FROM") {
        return end;
    }
    let words = head.match_indices("<<").filter_map(|(at, _)| {
        let rest = head[at + 2..].trim_start_matches('-');
        let rest = rest.trim_start_matches(['"', '\'']);
        let length = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len());
        (length > 0 && !rest.starts_with(|first: char| first.is_ascii_digit())).then(|| rest[..length].to_owned())
    });
    for word in words.take(8).collect::<Vec<_>>() {
        let mut at = end + 1;
        while at < text.len() {
            let line = line_at(text, at);
            at += line.len() + 1;
            if line.trim() == word {
                end = at - 1;
                break;
            }
        }
    }
    end.min(text.len())
}

/// What the stages so far are.
#[derive(Default)]
struct Stages {
    /// `ARG`s before the first `FROM` and in the current stage, with their defaults; `ENV` too.
    arguments: BTreeMap<String, String>,
    /// Names and numbers of stages.
    known: BTreeMap<String, Id>,
    users: BTreeMap<usize, (String, Span)>,
    current: Option<Stage>,
    count: usize,
}

#[derive(Clone)]
struct Stage {
    id: Id,
    span: Span,
    user: Option<(String, Span)>,
    entrypoint: Option<(String, Span)>,
    command: Option<(String, Span)>,
}

impl Stages {
    fn take(&mut self, draft: &mut Draft<'_>, file: &SourceFile, instruction: &Instruction) {
        let arguments = file.slice(instruction.arguments);
        let span = instruction.span;
        if instruction.name == "FROM" {
            self.from(draft, arguments, span);
            return;
        }
        if instruction.name == "ARG" || instruction.name == "ENV" {
            self.variables(draft, &instruction.name, arguments, span);
            return;
        }
        let Some(stage) = &mut self.current else { return };
        let id = stage.id;
        match instruction.name.as_str() {
            "USER" => {
                let user = substitute(one_line(arguments).split(':').next().unwrap_or(""), &self.arguments);
                stage.user = Some((user, span));
            }
            "RUN" => {
                draft.habits(id, span);
                let drops =
                    ["gosu", "su-exec", "setpriv", "s6-overlay", "suexec"].iter().any(|tool| arguments.contains(tool));
                if drops {
                    draft.fact(id, "drops-privileges", true, span);
                }
            }
            "COPY" | "ADD" => copy(draft, id, &instruction.name, arguments, span),
            "EXPOSE" => {
                for port in one_line(arguments).split(' ').take(50) {
                    draft.text(id, "expose", port.split('/').next().unwrap_or(port), span);
                }
            }
            "CMD" => stage.command = Some((command(arguments), span)),
            "ENTRYPOINT" => stage.entrypoint = Some((command(arguments), span)),
            _ => {}
        }
    }

    fn from(&mut self, draft: &mut Draft<'_>, arguments: &str, span: Span) {
        self.close(draft);
        let line = one_line(arguments);
        let mut words = line.split(' ').filter(|word| !word.starts_with("--"));
        let image = substitute(words.next().unwrap_or(""), &self.arguments);
        let alias = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
        let name = alias.map_or_else(|| self.count.to_string(), str::to_ascii_lowercase);
        let id = draft.resource("image-stage", &name, span);
        let base = self.known.get(&image.to_ascii_lowercase()).copied();
        let user = base.and_then(|base| self.users.get(&base.0).cloned());
        draft.fact(id, "base", base_of(&image, base.is_some()), span);
        self.known.insert(name, id);
        self.known.insert(self.count.to_string(), id);
        self.count += 1;
        self.current = Some(Stage { id, span, user, entrypoint: None, command: None });
    }

    /// Tells what only the end of a stage shows.
    fn close(&mut self, draft: &mut Draft<'_>) {
        let Some(stage) = self.current.take() else { return };
        if let Some((user, span)) = stage.user {
            draft.text(stage.id, "user", &user, span);
            self.users.insert(stage.id.0, (user, span));
        }
        let start: Vec<(String, Span)> = stage.entrypoint.into_iter().chain(stage.command).collect();
        if let Some((_, span)) = start.last() {
            let text = start.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" ");
            draft.text(stage.id, "start", &text, *span);
            if let Some(server) = shell::dev_server(&text) {
                draft.text(stage.id, "dev-server", server, *span);
            }
        }
        // Of several stages the last is what is built, unless a target is named.
        for resource in &mut draft.resources {
            resource.facts.remove("final");
        }
        draft.fact(stage.id, "final", true, stage.span);
    }

    fn variables(&mut self, draft: &mut Draft<'_>, kind: &str, arguments: &str, span: Span) {
        for (name, value) in assignments(arguments) {
            if let Some(value) = &value {
                let value = substitute(value, &self.arguments);
                self.arguments.insert(name.clone(), value);
            }
            let Some(stage) = &self.current else { continue };
            let key = if kind == "ARG" { "argument" } else { "variable" };
            draft.variable(stage.id, key, &name, value.as_deref().unwrap_or(""), span);
        }
    }
}

/// The parts of an image's reference.
fn base_of(image: &str, stage: bool) -> serde_json::Value {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(rest, digest)| (rest, Some(digest)));
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    json!({"image": name, "tag": tag, "pinned": digest.is_some(), "stage": stage, "known": !image.contains('$')})
}

fn copy(draft: &mut Draft<'_>, id: Id, name: &str, arguments: &str, span: Span) {
    let line = one_line(arguments);
    let from_stage = line.split(' ').any(|word| word.starts_with("--from="));
    let words: Vec<&str> = if line.trim_start().starts_with('[') {
        line.split(['[', ']', ',', '"']).map(str::trim).filter(|word| !word.is_empty()).collect()
    } else {
        line.split(' ').filter(|word| !word.starts_with("--")).collect()
    };
    let Some((_, sources)) = words.split_last() else { return };
    for source in sources.iter().take(50) {
        let source = source.trim_matches(['"', '\'']);
        if name == "ADD" && (source.starts_with("http://") || source.starts_with("https://")) {
            let checked = line.contains("--checksum=");
            draft.fact(id, "remote", json!({"url": super::clip(source), "checked": checked}), span);
        } else if !from_stage && matches!(source, "." | "./" | "/" | "./." | "*" | "./*") {
            draft.fact(id, "copies-context", true, span);
        } else if !from_stage && is_environment_file(source) {
            draft.text(id, "copies-environment", source, span);
        }
    }
}

/// `.env`, `config/.env.production`; not examples.
fn is_environment_file(source: &str) -> bool {
    let name = name_of(source);
    let example = ["example", "sample", "template", "dist"].iter().any(|word| name.contains(word));
    (name == ".env" || name.starts_with(".env.") || name == ".env*") && !example
}

/// `["a", "b"]` and `a b` alike.
fn command(arguments: &str) -> String {
    let line = one_line(arguments);
    match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(list) => {
            let words = list.split(',').map(|word| word.trim().trim_matches(['"', '\'']));
            words.collect::<Vec<_>>().join(" ")
        }
        None => line,
    }
}

/// `A=1 B="x y" C`, and the old `NAME value`.
fn assignments(arguments: &str) -> Vec<(String, Option<String>)> {
    let line = one_line(arguments);
    if let Some((name, value)) = line.split_once(' ')
        && !name.contains('=')
        && !value.contains('=')
    {
        return vec![(name.to_owned(), Some(value.to_owned()))];
    }
    let mut found = Vec::new();
    let mut rest = line.as_str();
    while !rest.is_empty() && found.len() < 200 {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        let Some(value) = rest[end..].strip_prefix('=') else {
            if !name.is_empty() {
                found.push((name, None));
            }
            rest = &rest[end..];
            continue;
        };
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let (text, after) = if let Some(quote) = quote {
            let inner = &value[1..];
            let close = inner.find(quote).unwrap_or(inner.len());
            (&inner[..close], inner.get(close + 1..).unwrap_or(""))
        } else {
            let end = value.find(' ').unwrap_or(value.len());
            (&value[..end], &value[end..])
        };
        found.push((name, Some(text.to_owned())));
        rest = after;
    }
    found
}

/// Puts in the defaults of arguments; what has none stays as written.
fn substitute(text: &str, arguments: &BTreeMap<String, String>) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        found.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, fallback, length) = if let Some(inner) = after.strip_prefix('{') {
            let end = inner.find('}').unwrap_or(inner.len());
            let (name, fallback) =
                inner[..end].split_once(":-").map_or((&inner[..end], None), |(name, fallback)| (name, Some(fallback)));
            (name, fallback, (end + 2).min(after.len()))
        } else {
            let end = after.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(after.len());
            (&after[..end], None, end)
        };
        match arguments.get(name).map(String::as_str).or(fallback) {
            Some(value) if found.len() < 10_000 => found.push_str(value),
            _ => found.push_str(&rest[at..at + 1 + length]),
        }
        rest = &after[length..];
    }
    found.push_str(rest);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_cut_at_their_ends() {
        let text = "# syntax=docker/dockerfile:1\nFROM a \\\n  # note\n\n  AS b\nRUN <<EOT\nUSER x\nEOT\nrun x && \\\n y\nUSER z";
        let names: Vec<_> = instructions(text).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["FROM", "RUN", "RUN", "USER"]);
        assert_eq!(instructions("# escape=`\r\nRUN a `\r\n b\r\nUSER c").len(), 2);
        assert_eq!(instructions("RUN a \\").len(), 1);
        assert_eq!(instructions("RUN <<").len(), 1);
    }

    #[test]
    fn variables_are_told_apart() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            assignments("A=1 B=\"x y\" C"),
            [("A".into(), some("1")), ("B".into(), some("x y")), ("C".into(), None)]
        );
        assert_eq!(assignments("NAME some value"), [("NAME".into(), some("some value"))]);
        let arguments = BTreeMap::from([("V".to_owned(), "20".to_owned())]);
        assert_eq!(substitute("node:${V}-$V-${W:-x}-$W", &arguments), "node:20-20-x-$W");
    }
}
