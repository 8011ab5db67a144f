//! The rules language of Firestore and Storage.

use super::condition::{Functions, evaluate};
use super::{FirebaseRule, FirebaseRules};
use crate::base::{Location, Problem, ProblemKind, SourceFile, Span};

/// `match` in `match`.
const MAX_DEPTH: usize = 40;
/// Rules of one file.
const MAX_RULES: usize = 2_000;
/// Bytes of a condition that are kept.
const MAX_TEXT: usize = 240;

/// One `allow` before functions are known.
struct Allow<'t> {
    path: String,
    methods: Vec<String>,
    condition: Option<&'t str>,
    span: (usize, usize),
}

/// Reads a file.
pub(super) fn read(file: &SourceFile) -> (FirebaseRules, Vec<Problem>) {
    // Comments become spaces, so that places stay.
    let text = without_comments(file.text());
    let service = if text.contains("service firebase.storage") { "storage" } else { "firestore" };
    let mut parser =
        Parser { text: &text, at: 0, stack: Vec::new(), allows: Vec::new(), functions: Functions::new(), lost: false };
    parser.run();
    let mut rules = FirebaseRules { service: service.to_owned(), ..FirebaseRules::default() };
    for allow in &parser.allows {
        rules.rules.push(rule(file, allow, &parser.functions));
    }
    rules.lookups = lookups(&text);
    let mut problems = Vec::new();
    if parser.lost {
        let message = "rules are nested too deep or too many: a part was left out";
        problems.push(Problem::incomplete(ProblemKind::Limit, Some(Location::file(file.path())), message));
    }
    (rules, problems)
}

fn rule(file: &SourceFile, allow: &Allow<'_>, functions: &Functions<'_>) -> FirebaseRule {
    let condition = allow.condition.unwrap_or("true");
    let answer = evaluate(condition, functions);
    let path = shown(&allow.path);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    // What its functions say counts too.
    let mut all = condition.to_owned();
    for (name, body) in functions {
        if condition.contains(name.as_str()) && all.len() < 100_000 {
            all.push_str(body);
        }
    }
    FirebaseRule {
        collections: segments
            .iter()
            .filter(|segment| !segment.starts_with('{'))
            .map(|segment| (*segment).to_owned())
            .collect(),
        recursive: segments.last().is_some_and(|segment| segment.contains("=**")),
        path,
        methods: allow.methods.clone(),
        condition: allow.condition.map(clip).unwrap_or_default(),
        reach: answer.reach.name().to_owned(),
        signed_in: answer.signed_in,
        until: answer.until,
        validates: all.contains("request.resource"),
        size: all.contains("request.resource.size") || all.contains("resource.size"),
        content_type: all.contains("contentType"),
        fields: fields(&all),
        location: file.locate(Span::from_range(allow.span.0..allow.span.1)),
    }
}

pub(super) fn clip(text: &str) -> String {
    let mut clipped = text.split_whitespace().collect::<Vec<_>>().join(" ");
    clipped.truncate(clipped.floor_char_boundary(MAX_TEXT));
    clipped
}

/// Without the part that every path begins with.
fn shown(path: &str) -> String {
    let rest = path.strip_prefix("/databases/{database}/documents").or_else(|| {
        let rest = path.strip_prefix("/b/{")?;
        rest.split_once("}/o").map(|(_, rest)| rest)
    });
    let rest = rest.or_else(|| path.split_once("/documents").map(|(_, rest)| rest)).unwrap_or(path);
    if rest.is_empty() { "/".to_owned() } else { rest.to_owned() }
}

/// Names behind `request.resource.data.`, and texts in lists of keys.
fn fields(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices("resource.data.") {
        let name: String = text[at + mark.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        found.push(name);
    }
    if text.contains("hasOnly") || text.contains("hasAny") || text.contains("affectedKeys") || text.contains("diff(") {
        for part in text.split(['\'', '"']).skip(1).step_by(2).take(200) {
            found.push(part.to_owned());
        }
        found.push("*".to_owned());
    }
    found.sort();
    found.dedup();
    found.truncate(100);
    found
}

/// `get(/databases/…/documents/users/$(…)).data.role` → `users.role`.
fn lookups(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("/documents/").take(500) {
        let rest = &text[at + "/documents/".len()..];
        let rest = &rest[..rest.floor_char_boundary(300)];
        let collection: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '-').collect();
        for (at, mark) in rest.match_indices(".data.").take(1) {
            let field: String =
                rest[at + mark.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !collection.is_empty() && !rest[..at].contains(';') {
                found.push(format!("{collection}.{field}"));
            }
        }
    }
    // `let user = get(…).data; return user.role`, `function getUser() { return get(…).data }` … `getUser().role`
    let fields = ["role", "isAdmin", "admin", "roles", "permissions"].into_iter();
    let fields: Vec<&str> = fields.filter(|field| text.contains(&format!(").{field}"))).collect();
    for (at, _) in text.match_indices("/documents/").take(500) {
        let rest = &text[at + "/documents/".len()..];
        let collection: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '-').collect();
        if !collection.is_empty() {
            found.extend(fields.iter().map(|field| format!("{collection}.{field}")));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Comments as spaces; texts stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut characters = text.chars().peekable();
    let blank = |out: &mut String, character: char| {
        if character == '\n' { out.push('\n') } else { (0..character.len_utf8()).for_each(|_| out.push(' ')) }
    };
    while let Some(character) = characters.next() {
        if let Some(open) = quote {
            out.push(character);
            if character == '\\' {
                characters.next().into_iter().for_each(|escaped| out.push(escaped));
            } else if character == open || character == '\n' {
                quote = None;
            }
            continue;
        }
        match (character, characters.peek()) {
            ('\'' | '"', _) => {
                quote = Some(character);
                out.push(character);
            }
            ('/', Some('/')) => {
                blank(&mut out, character);
                while let Some(next) = characters.next_if(|next| *next != '\n') {
                    blank(&mut out, next);
                }
            }
            ('/', Some('*')) => {
                // `{path=/**}` never stands in rules; `/*` begins a comment
                let mut last = ' ';
                blank(&mut out, character);
                for next in characters.by_ref() {
                    blank(&mut out, next);
                    if last == '*' && next == '/' {
                        break;
                    }
                    last = next;
                }
            }
            _ => out.push(character),
        }
    }
    out
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// Full paths of the `match` blocks that are open; `None` for other blocks.
    stack: Vec<Option<String>>,
    allows: Vec<Allow<'t>>,
    functions: Functions<'t>,
    lost: bool,
}

impl Parser<'_> {
    fn run(&mut self) {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let Some(first) = rest.chars().next() else { break };
            if first.is_alphabetic() || first == '_' {
                let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let start = self.at;
                self.at += word.len();
                match word.as_str() {
                    "match" => self.open(),
                    "allow" => self.allow(start),
                    "function" => self.function(),
                    _ => {}
                }
                continue;
            }
            self.at += first.len_utf8();
            match first {
                '{' => self.stack.push(None),
                '}' => drop(self.stack.pop()),
                _ => {}
            }
        }
    }

    fn spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn base(&self) -> &str {
        self.stack.iter().rev().flatten().next().map_or("", String::as_str)
    }

    /// `match /path/{variable} {`
    fn open(&mut self) {
        self.spaces();
        let start = self.at;
        let mut end = start;
        let mut inside = false;
        for (at, character) in self.text[start..].char_indices().take(2_000) {
            let before = self.text[start..start + at].chars().next_back();
            match character {
                '{' if before == Some('/') => inside = true,
                '{' | ';' if !inside => break,
                '}' => inside = false,
                _ => {}
            }
            end = start + at + character.len_utf8();
        }
        let path = self.text[start..end].trim();
        let full = format!("{}{path}", self.base());
        self.at = end;
        if !self.text[self.at..].starts_with('{') {
            return;
        }
        self.at += 1;
        if self.stack.len() >= MAX_DEPTH || full.len() > 4_000 {
            self.lost = true;
            self.stack.push(None);
        } else {
            self.stack.push(Some(full));
        }
    }

    /// `allow read, write: if condition;`
    fn allow(&mut self, start: usize) {
        let rest = &self.text[self.at..];
        let head = &rest[..rest.floor_char_boundary(2_000)];
        let end = self.at + head.find([';', '{', '}']).unwrap_or(head.len());
        let head_end = self.text[self.at..end].find(':').map(|at| self.at + at);
        let mut stop = end;
        let condition = head_end.map(|colon| {
            stop = self.condition_end(colon + 1);
            let condition = self.text[colon + 1..stop].trim();
            condition.strip_prefix("if").unwrap_or(condition).trim()
        });
        let names = &self.text[self.at..head_end.unwrap_or(end)];
        let mut methods: Vec<String> = Vec::new();
        for name in names.split(',').map(str::trim).take(10) {
            let all: &[&str] = match name {
                "read" => &["get", "list"],
                "write" => &["create", "update", "delete"],
                "get" | "list" | "create" | "update" | "delete" => &[name],
                _ => &[],
            };
            methods.extend(all.iter().map(|name| (*name).to_owned()));
        }
        self.at = stop;
        if self.allows.len() >= MAX_RULES {
            self.lost = true;
        } else if !methods.is_empty() {
            let path = self.base().to_owned();
            let line_end = self.text[start..stop].find('\n').map_or(stop, |at| start + at);
            self.allows.push(Allow { path, methods, condition, span: (start, line_end) });
        }
    }

    /// The end of a condition: its semicolon, or what begins next where that is missing.
    fn condition_end(&self, from: usize) -> usize {
        let mut quote = None;
        let mut depth = 0_i64;
        for (at, character) in self.text[from..].char_indices() {
            if let Some(open) = quote {
                if character == open || character == '\n' {
                    quote = None;
                }
                continue;
            }
            match character {
                '\'' | '"' => quote = Some(character),
                '{' | '(' => depth += 1,
                '}' if depth <= 0 => return from + at,
                '}' | ')' => depth -= 1,
                ';' => return from + at,
                'a' if depth <= 0
                    && at > 0
                    && self.text[from + at..].starts_with("allow ")
                    && self.text[..from + at].ends_with(char::is_whitespace) =>
                {
                    return from + at;
                }
                _ => {}
            }
        }
        self.text.len()
    }

    /// `function name(…) { … }`
    fn function(&mut self) {
        let rest = &self.text[self.at..];
        let name: String = rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(open) = rest[..rest.floor_char_boundary(2_000)].find('{') else { return };
        let start = self.at + open + 1;
        let mut depth = 1_i64;
        let mut end = self.text.len();
        for (at, character) in self.text[start..].char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = start + at;
                break;
            }
        }
        self.at = (end + 1).min(self.text.len());
        if self.functions.len() < 1_000 {
            self.functions.insert(name, &self.text[start..end]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "rules_version = '2';\nservice cloud.firestore {\n  match /databases/{database}/documents {\n    // allow read;\n    function admin() { return get(/databases/$(database)/documents/users/$(request.auth.uid)).data.role == 'admin'; }\n    match /users/{userId} {\n      allow read: if request.auth.uid == userId;\n      allow create, update: if admin();\n      match /posts/{post=**} { allow read, delete; }\n    }\n  }\n}\n";

    #[test]
    fn rules_have_paths_methods_and_reach() {
        let (rules, problems) = read(&SourceFile::new("firestore.rules", RULES));
        let shown: Vec<String> = rules
            .rules
            .iter()
            .map(|rule| {
                format!(
                    "{} {} {} {} {}",
                    rule.location.line,
                    rule.path,
                    rule.methods.join(","),
                    rule.reach,
                    rule.recursive
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "7 /users/{userId} get,list caller false",
                "8 /users/{userId} create,update caller false",
                "9 /users/{userId}/posts/{post=**} get,list,delete everybody true",
            ]
        );
        assert_eq!(rules.lookups, ["users.role"]);
        assert!(problems.is_empty());
    }

    #[test]
    fn cut_and_deep_files_are_read_as_far_as_they_go() {
        for end in 0..RULES.len() {
            if let Some(text) = RULES.get(..end) {
                read(&SourceFile::new("firestore.rules", text));
            }
        }
        let deep = format!("service cloud.firestore {{ {}", "match /a/{b} { ".repeat(10_000));
        assert_eq!(read(&SourceFile::new("firestore.rules", deep)).1.len(), 1);
        read(&SourceFile::new(
            "firestore.rules",
            format!("service cloud.firestore {{ {}", "allow read ".repeat(20_000)),
        ));
        read(&SourceFile::new("firestore.rules", "allow read: if 'é /* ü */ // ;"));
    }
}
