//! Rules of the Realtime Database: JSON with comments.

use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};

use super::condition::{Functions, evaluate};
use super::language::clip;
use super::{FirebaseRule, FirebaseRules};
use crate::base::{Problem, ProblemKind, SourceFile, Span};

/// Rules of one file.
const MAX_RULES: usize = 2_000;
/// Nodes in nodes.
const MAX_DEPTH: usize = 40;

/// Reads a file; `None` where it has no rules.
pub(super) fn read(file: &SourceFile) -> Option<(FirebaseRules, Vec<Problem>)> {
    let text = file.text();
    if !text.contains(".read") && !text.contains(".write") {
        return None;
    }
    let mut rules = FirebaseRules { service: "database".to_owned(), ..FirebaseRules::default() };
    let mut problems = Vec::new();
    match parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()) {
        Ok(parsed) => {
            if let Some(ast::Value::Object(root)) = &parsed.value
                && let Some(top) = root.properties.iter().find(|property| property.name.as_str() == "rules")
            {
                walk(file, &top.value, "", 0, &mut rules.rules);
            }
        }
        Err(error) => {
            let range = error.range();
            let place = file.locate(Span::from_range(range.start..range.end));
            let message = format!("not valid JSON: {}", error.kind().to_string().to_lowercase());
            problems.push(Problem::incomplete(ProblemKind::Syntax, Some(place), message));
        }
    }
    Some((rules, problems))
}

fn walk(file: &SourceFile, value: &ast::Value<'_>, path: &str, depth: usize, rules: &mut Vec<FirebaseRule>) {
    let ast::Value::Object(object) = value else { return };
    let validates = object.properties.iter().any(|property| property.name.as_str() == ".validate");
    for property in &object.properties {
        let name = property.name.as_str();
        let methods: &[&str] = match name {
            ".read" => &["get", "list"],
            ".write" => &["create", "update", "delete"],
            _ if name.starts_with('.') => continue,
            _ => {
                if depth < MAX_DEPTH && path.len() < 4_000 {
                    walk(file, &property.value, &format!("{path}/{name}"), depth + 1, rules);
                }
                continue;
            }
        };
        let condition = match &property.value {
            ast::Value::StringLit(text) => text.value.to_string(),
            ast::Value::BooleanLit(value) => value.value.to_string(),
            _ => continue,
        };
        let answer = evaluate(&condition, &Functions::new());
        if rules.len() >= MAX_RULES {
            return;
        }
        let names = path.split('/').filter(|name| !name.is_empty() && !name.starts_with('$'));
        rules.push(FirebaseRule {
            path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            collections: names.map(str::to_owned).collect(),
            recursive: true,
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            validates: validates || condition.contains("newData"),
            size: false,
            content_type: false,
            fields: Vec::new(),
            reach: answer.reach.name().to_owned(),
            signed_in: answer.signed_in,
            until: answer.until,
            condition: clip(&condition),
            location: file.locate(Span::from_range(property.range.start..property.range.end)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_nodes() {
        let text = "{\n  // open\n  \"rules\": {\n    \".read\": true,\n    \"users\": {\"$uid\": {\".write\": \"$uid === auth.uid\"}},\n    \"x\": {\".read\": \"auth != null\", \".write\": \"now < 1700000000000\"}\n  }\n}";
        let (rules, _) = read(&SourceFile::new("database.rules.json", text)).unwrap();
        let shown: Vec<String> =
            rules.rules.iter().map(|rule| format!("{} {} {}", rule.location.line, rule.path, rule.reach)).collect();
        assert_eq!(shown, ["4 / everybody", "5 /users/$uid caller", "6 /x signed-in", "6 /x everybody"]);
        assert!(rules.rules[3].until.is_some());
    }

    #[test]
    fn deep_ones_end() {
        let text = format!("{{\"rules\": {}\".read\"", "{\"a\": ".repeat(5_000));
        assert_eq!(read(&SourceFile::new("database.rules.json", text)).unwrap().1.len(), 1);
    }
}
