//! Templates of CloudFormation and SAM, <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/>, as YAML with its
//! short tags or as JSON, and what `serverless.yml` says of functions and rights.
//!
//! Parameters are their defaults, conditions on the stage are production's. Left out: nested stacks, macros, modules.

use std::cell::Cell;
use std::sync::Arc;

use serde_json::json;

use super::super::super::value::{Node, Value, is_stage_variable, same_stage};
use super::super::{Draft, ResourceExtract, ResourceReader, name_of};
use super::{Data, Described, Place, Val, describe};
use crate::base::{CodeContext, Location, SourceFile, Span};
use crate::config::{choose, json as json_file, yaml};

/// Parameters, functions and maps that lead to one another.
const MAX_DEPTH: usize = 40;
/// Steps of evaluation for a file.
const FUEL: u32 = 200_000;
/// Resources of a file.
const MAX_RESOURCES: usize = 1_000;

/// Reads templates.
pub(in super::super) struct Formation;

impl ResourceReader for Formation {
    fn name(&self) -> &'static str {
        "cloudformation"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        let yaml = super::super::ends(&name, &[".yml", ".yaml", ".template"]);
        let json = super::super::ends(&name, &[".json"])
            && ["template", "cloudformation", "cfn", "stack"]
                .iter()
                .any(|word| path.to_ascii_lowercase().contains(word));
        (yaml || json) && !choose::is_compose(path) && !path.contains(".github/") && !choose::is_tool(&name)
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let text = file.text();
        let serverless = name_of(file.path()).starts_with("serverless.");
        let has = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
        let template = has("AWS::") && (has("AWSTemplateFormatVersion") || has("Resources") || has("Transform"));
        if !template && !serverless {
            return ResourceExtract::default();
        }
        let (root, problems) = if text.trim_start().starts_with('{') {
            json_file::document(file)
        } else {
            let (mut documents, problems) = yaml::template(file);
            ((!documents.is_empty()).then(|| documents.swap_remove(0)), problems)
        };
        // `template.yaml` is no example here.
        let context = choose::stage(&file.path().replace("template", "stack"), context);
        let mut draft = Draft::new(file, context);
        draft.problems = problems;
        if let Some(root) = &root {
            let inner = root.value.get("resources").filter(|_| serverless);
            let reader = Reader { root: inner.unwrap_or(root), fuel: Cell::new(FUEL) };
            reader.resources(&mut draft);
            if serverless {
                reader.functions(&mut draft, root);
            }
        }
        draft.finish()
    }
}

struct Reader<'n> {
    root: &'n Node,
    fuel: Cell<u32>,
}

fn place(span: Span) -> Place {
    Place { file: 0, span }
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

fn entries(node: Option<&Node>) -> &[(String, Node)] {
    match node.map(|node| &node.value) {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    }
}

impl Reader<'_> {
    fn resources(&self, draft: &mut Draft<'_>) {
        let file = draft.file;
        let locate = move |place: Place| -> Location { file.locate(place.span) };
        let globals = self.root.value.get("Globals");
        for (name, node) in entries(self.root.value.get("Resources")).iter().take(MAX_RESOURCES) {
            let Some(kind) = node.value.get("Type").and_then(text_of) else { continue };
            if self.condition(node.value.get("Condition"), 0) == Some(false) {
                continue;
            }
            let span = node.value.get("Type").map_or(node.span, |node| node.span);
            let id = draft.resource("cloud-resource", name, span);
            draft.fact(id, "cloud-type", kind, span);
            let properties = entries(node.value.get("Properties"));
            let attributes: Vec<(String, Val)> =
                properties.iter().map(|(name, value)| (snake(name), self.value(value, 1))).collect();
            describe(draft, id, &Described { kind, attributes: &attributes }, &locate);
            if kind == "AWS::Serverless::Function" {
                self.events(draft, id, node, globals);
            }
        }
    }

    /// Routes of a function of SAM.
    fn events(&self, draft: &mut Draft<'_>, id: super::Id, function: &Node, globals: Option<&Node>) {
        let properties = function.value.get("Properties");
        for (_, event) in entries(properties.and_then(|node| node.value.get("Events"))).iter().take(100) {
            let kind = event.value.get("Type").and_then(text_of).unwrap_or("");
            if !matches!(kind, "Api" | "HttpApi") {
                continue;
            }
            let inner = event.value.get("Properties");
            let get = |key: &str| inner.and_then(|node| node.value.get(key));
            let auth = get("Auth");
            let none = auth.and_then(|node| node.value.get("Authorizer")).and_then(text_of) == Some("NONE");
            let own = auth.is_some_and(|node| {
                ["Authorizer", "ApiKeyRequired", "ResourcePolicy"].iter().any(|key| node.value.get(key).is_some())
            });
            let of_api = get(if kind == "Api" { "RestApiId" } else { "ApiId" }).and_then(|node| self.api(node));
            let of_all = globals.and_then(|node| node.value.get(kind)).and_then(|node| node.value.get("Auth"));
            let default = [of_api, of_all].into_iter().flatten().any(|auth| {
                ["DefaultAuthorizer", "ApiKeyRequired", "ResourcePolicy"]
                    .iter()
                    .any(|key| auth.value.get(key).is_some())
            });
            let word = |key: &str| get(key).and_then(text_of).unwrap_or("").to_owned();
            let fact = json!({
                "method": word("Method").to_uppercase(), "path": super::super::clip(&word("Path")),
                "guarded": !none && (own || default),
            });
            draft.fact(id, "api-route", fact, event.value.get("Type").map_or(event.span, |node| node.span));
        }
    }

    /// What an API that an event names says of authorizers.
    fn api(&self, reference: &Node) -> Option<&Node> {
        let name = reference.value.get("Ref").and_then(text_of)?;
        let api = self.root.value.get("Resources")?.value.get(name)?;
        api.value.get("Properties")?.value.get("Auth")
    }

    /// Functions and rights of the Serverless Framework.
    fn functions(&self, draft: &mut Draft<'_>, root: &Node) {
        let file = draft.file;
        let locate = move |place: Place| -> Location { file.locate(place.span) };
        if let Some(provider) = root.value.get("provider") {
            let id = draft.resource("cloud-resource", "provider", provider.span);
            draft.fact(id, "cloud-type", "serverless-provider", provider.span);
            let at = |path: &[&str]| path.iter().try_fold(provider, |node, key| node.value.get(key));
            let statements = at(&["iam", "role", "statements"]).or_else(|| at(&["iamRoleStatements"]));
            let mut attributes = Vec::new();
            if let Some(statements) = statements {
                let list = self.value(statements, 1);
                let document = Data::Map(Arc::new(vec![("Statement".to_owned(), list)]));
                attributes.push(("policy".to_owned(), Val::new(document, place(statements.span))));
            }
            if let Some(variables) = at(&["environment"]) {
                attributes.push(("environment".to_owned(), self.value(variables, 1)));
            }
            describe(draft, id, &Described { kind: "serverless-provider", attributes: &attributes }, &locate);
        }
        for (name, function) in entries(root.value.get("functions")).iter().take(MAX_RESOURCES) {
            let id = draft.resource(
                "cloud-resource",
                name,
                function.value.get("handler").map_or(function.span, |node| node.span),
            );
            draft.fact(id, "cloud-type", "serverless-function", function.span);
            let attributes: Vec<(String, Val)> = entries(Some(function))
                .iter()
                .filter(|(key, _)| matches!(key.as_str(), "environment" | "url"))
                .map(|(key, value)| (key.clone(), self.value(value, 1)))
                .collect();
            describe(draft, id, &Described { kind: "serverless-function", attributes: &attributes }, &locate);
            let Some(Node { value: Value::List(events), .. }) = function.value.get("events") else { continue };
            for event in events.iter().take(100) {
                for kind in ["http", "httpApi"] {
                    if let Some(event) = event.value.get(kind) {
                        route(draft, id, event);
                    }
                }
            }
        }
    }

    /// The value of a node, functions resolved.
    fn value(&self, node: &Node, depth: usize) -> Val {
        let here = place(node.span);
        if depth > MAX_DEPTH || self.fuel.get() == 0 {
            return Val::unknown(here);
        }
        self.fuel.set(self.fuel.get() - 1);
        let data = match &node.value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Int(value) => Data::Number((*value).into()),
            Value::Float(value) => serde_json::Number::from_f64(*value).map_or(Data::Unknown, Data::Number),
            Value::Str(text) => Data::Text(text.as_str().into()),
            Value::List(items) => Data::List(Arc::new(items.iter().map(|item| self.value(item, depth + 1)).collect())),
            Value::Map(entries) => {
                if let [(name, argument)] = entries.as_slice()
                    && (name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
                {
                    return Val { site: here, ..self.function(name, argument, here, depth + 1) };
                }
                let entry = |(name, value): &(String, Node)| (snake(name), self.value(value, depth + 1));
                Data::Map(Arc::new(entries.iter().map(entry).collect()))
            }
            Value::Environment { .. } | Value::OneOf(_) | Value::Named(_) | Value::Unknown => Data::Unknown,
        };
        Val::new(data, here)
    }

    fn function(&self, name: &str, argument: &Node, here: Place, depth: usize) -> Val {
        let items = match &argument.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(argument),
        };
        match (name, items) {
            ("Ref", _) => {
                let Some(name) = text_of(argument) else { return Val::unknown(here) };
                if name == "AWS::NoValue" {
                    return Val::new(Data::Null, here);
                }
                match self.parameter(name) {
                    Some(Some(default)) => self.value(default, depth),
                    Some(None) => Val::unknown(here),
                    None => Val::new(Data::Reference(name.into()), here),
                }
            }
            ("Fn::GetAtt", _) => {
                let names: Vec<&str> = items.iter().filter_map(text_of).collect();
                Val::new(Data::Reference(names.join(".").into()), here)
            }
            ("Fn::Sub", [first, ..]) => match text_of(first) {
                Some(text) => Val::text(text, here),
                None => Val::unknown(here),
            },
            ("Fn::If", [condition, yes, no]) => match self.condition(Some(condition), depth) {
                Some(true) => self.value(yes, depth),
                Some(false) => self.value(no, depth),
                None => Val::unknown(here),
            },
            ("Fn::Join", [between, parts]) => {
                let parts = self.value(parts, depth);
                let Data::List(parts) = &parts.data else { return Val::unknown(here) };
                let texts: Vec<String> =
                    parts.iter().map(|part| part.as_text().map_or("${?}".to_owned(), str::to_owned)).collect();
                Val::text(texts.join(text_of(between).unwrap_or("")), here)
            }
            _ => Val::unknown(here),
        }
    }

    /// The default of a parameter: nothing where there is none, or no such parameter.
    #[allow(clippy::option_option)] // no parameter, and one without a default, are two things
    fn parameter(&self, name: &str) -> Option<Option<&Node>> {
        let parameter = self.root.value.get("Parameters")?.value.get(name)?;
        Some(parameter.value.get("Default"))
    }

    /// Whether a condition holds in production.
    fn condition(&self, node: Option<&Node>, depth: usize) -> Option<bool> {
        let node = node?;
        if depth > MAX_DEPTH || self.fuel.get() == 0 {
            return None;
        }
        self.fuel.set(self.fuel.get() - 1);
        if let Some(name) = text_of(node) {
            return self.condition(Some(self.root.value.get("Conditions")?.value.get(name)?), depth + 1);
        }
        let [(name, argument)] = entries(Some(node)) else { return None };
        let items = match &argument.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(argument),
        };
        let each = || items.iter().take(20).map(|item| self.condition(Some(item), depth + 1));
        match (name.as_str(), items) {
            ("Condition", [inner]) => self.condition(Some(inner), depth + 1),
            ("Fn::Not", [inner]) => self.condition(Some(inner), depth + 1).map(|holds| !holds),
            ("Fn::And", _) => each().try_fold(true, |all, one| Some(all && one?)),
            ("Fn::Or", _) => each().try_fold(false, |any, one| Some(any || one?)),
            ("Fn::Equals", [left, right]) => {
                let stage = |node: &Node| node.value.get("Ref").and_then(text_of).is_some_and(is_stage_variable);
                let side = |node: &Node| {
                    if stage(node) {
                        return Value::Str("production".to_owned());
                    }
                    let value = self.value(node, depth + 1);
                    value.as_text().map_or(Value::Unknown, |text| Value::Str(text.to_owned()))
                };
                if stage(left) || stage(right) {
                    return same_stage(&side(left), &side(right));
                }
                let (left, right) = (self.value(left, depth + 1), self.value(right, depth + 1));
                let plain = |value: &Val| matches!(value.data, Data::Text(_) | Data::Bool(_) | Data::Number(_));
                (plain(&left) && plain(&right)).then(|| left.scalar() == right.scalar())
            }
            _ => None,
        }
    }
}

/// `POST /items`, or a map with `method`, `path`, `authorizer`.
fn route(draft: &mut Draft<'_>, id: super::Id, event: &Node) {
    let (method, path, guarded) = if let Some(text) = text_of(event) {
        let (method, path) = text.split_once(' ').unwrap_or(("ANY", text));
        (method.to_owned(), path.to_owned(), false)
    } else {
        let word = |key: &str| event.value.get(key).and_then(text_of).unwrap_or("").to_owned();
        let guarded = event.value.get("authorizer").is_some()
            || event.value.get("private").and_then(|node| node.value.truth()) == Some(true);
        (word("method"), word("path"), guarded)
    };
    let fact = json!({"method": method.to_uppercase(), "path": super::super::clip(&path), "guarded": guarded});
    draft.fact(id, "api-route", fact, event.span);
}

/// `StorageEncrypted` → `storage_encrypted`; what is no such name stays.
fn snake(name: &str) -> String {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && (letters[at - 1].is_ascii_lowercase() || letters[at - 1].is_ascii_digit());
        let before_small =
            at > 0 && letters[at - 1].is_ascii_uppercase() && letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (after_small || before_small) {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_are_written_as_terraform_writes_them() {
        for (name, wanted) in [
            ("StorageEncrypted", "storage_encrypted"),
            ("DBInstanceClass", "db_instance_class"),
            ("KMSKeyId", "kms_key_id"),
            ("CidrIp", "cidr_ip"),
            ("aws:SecureTransport", "aws:SecureTransport"),
        ] {
            assert_eq!(snake(name), wanted);
        }
    }
}
