//! What templates of infrastructure describe, as one kind of resource whoever reads them: Terraform's modules in
//! [`terraform`], CloudFormation, SAM and the Serverless Framework in [`formation`].
//!
//! Each attribute is a fact under its path (`metadata_options.http_tokens`), CloudFormation's names written as Terraform
//! writes them. A reference is `{"ref": …}`, what is not known is `null`. Beside those stand derived facts, the same for
//! all clouds: `cloud-type`, `open-port` (what a firewall lets everybody in by), `grant` (a statement of a policy),
//! `written-secret`, `api-route`.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Draft, Id, sensitive};
use crate::base::{Location, Span};

mod expression;
mod formation;
mod grant;
mod network;
pub(super) mod terraform;

pub(super) use formation::Formation;

/// Attributes nested deeper are left out.
const MAX_DEPTH: usize = 7;
/// Attributes of one resource.
const MAX_ATTRIBUTES: usize = 250;
/// Longer texts are no settings.
const MAX_TEXT: usize = 300;

/// Where a value stands: a file by its number, and the span in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    file: usize,
    span: Span,
}

/// A value, where it is used and where it is written.
#[derive(Debug, Clone, PartialEq)]
struct Val {
    data: Data,
    site: Place,
    origin: Place,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
enum Data {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(Arc<str>),
    List(Arc<Vec<Val>>),
    Map(Arc<Vec<(String, Val)>>),
    /// What another resource will be: `aws_s3_bucket.logs.arn`.
    Reference(Arc<str>),
    Unknown,
}

impl Val {
    fn new(data: Data, place: Place) -> Self {
        Self { data, site: place, origin: place }
    }

    fn unknown(place: Place) -> Self {
        Self::new(Data::Unknown, place)
    }

    fn text(text: impl Into<Arc<str>>, place: Place) -> Self {
        Self::new(Data::Text(text.into()), place)
    }

    fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    fn truth(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
            Data::Text(text) if matches!(text.as_ref(), "true" | "false") => Some(text.as_ref() == "true"),
            _ => None,
        }
    }

    /// A number, also where it is written as text.
    fn number(&self) -> Option<i64> {
        match &self.data {
            Data::Number(number) => number.as_i64(),
            Data::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The entry of a map, however its name is written: `CidrIp` is `cidr_ip`.
    fn get(&self, name: &str) -> Option<&Val> {
        let Data::Map(entries) = &self.data else { return None };
        let letters =
            |text: &str| text.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
        let wanted = letters(name);
        entries.iter().find(|(known, _)| letters(known) == wanted).map(|(_, value)| value)
    }

    /// The items of a list, or the one value.
    fn items(&self) -> &[Val] {
        match &self.data {
            Data::List(items) => items,
            Data::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The texts among the items.
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Val::as_text)
    }

    /// Whether it is written elsewhere than where it is used.
    fn is_from_elsewhere(&self) -> bool {
        self.site != self.origin
    }

    /// `{name = …, value = …}`: variables of a container.
    fn named_value(&self) -> Option<(&str, &Val)> {
        let Data::Map(entries) = &self.data else { return None };
        let (name, value) = (self.get("name")?.as_text()?, self.get("value")?);
        (entries.len() <= 3).then_some((name, value))
    }

    fn scalar(&self) -> Json {
        match &self.data {
            Data::Bool(value) => json!(value),
            Data::Number(number) => Json::Number(number.clone()),
            Data::Text(text) => json!(text.as_ref()),
            Data::Reference(name) => json!({"ref": super::clip(name)}),
            _ => Json::Null,
        }
    }
}

/// A value of JSON as it stands in a text; its places are that of the text.
fn from_json(json: &Json, place: Place, depth: usize) -> Val {
    let data = match json {
        Json::Null => Data::Null,
        Json::Bool(value) => Data::Bool(*value),
        Json::Number(number) => Data::Number(number.clone()),
        Json::String(text) => Data::Text(text.as_str().into()),
        Json::Array(_) | Json::Object(_) if depth > 12 => Data::Unknown,
        Json::Array(items) => {
            Data::List(Arc::new(items.iter().map(|item| from_json(item, place, depth + 1)).collect()))
        }
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| (key.clone(), from_json(value, place, depth + 1));
            Data::Map(Arc::new(map.iter().map(entry).collect()))
        }
    };
    Val::new(data, place)
}

/// A text that is a document of JSON, read.
fn document(value: &Val) -> Option<Val> {
    match &value.data {
        Data::Map(_) | Data::List(_) => Some(value.clone()),
        Data::Text(text) if text.trim_start().starts_with(['{', '[']) && text.len() < 100_000 => {
            serde_json::from_str(text).ok().map(|json: Json| from_json(&json, value.site, 0))
        }
        _ => None,
    }
}

/// A resource as it is written down.
struct Described<'a> {
    /// `aws_db_instance`, `AWS::RDS::DBInstance`.
    kind: &'a str,
    attributes: &'a [(String, Val)],
}

impl Described<'_> {
    fn get(&self, name: &str) -> Option<&Val> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// Attributes that say nothing of safety, or steer how often something is made.
const SKIPPED: &[&str] =
    &["tags", "tags_all", "labels", "description", "count", "for_each", "depends_on", "provider", "providers"];

/// Writes all facts of a resource down.
fn describe(draft: &mut Draft<'_>, id: Id, what: &Described<'_>, locate: &dyn Fn(Place) -> Location) {
    let mut left = MAX_ATTRIBUTES;
    for (name, value) in what.attributes {
        if !SKIPPED.contains(&name.as_str()) {
            flatten(draft, id, name, value, None, 0, &mut left, locate);
        }
    }
    for open in network::open_ports(what) {
        draft.fact_at(id, "open-port", open.json(), locate(open.place));
    }
    for grant in grant::grants(what) {
        draft.fact_at(id, "grant", grant.json(), locate(grant.place));
    }
    secrets(draft, id, what, locate);
}

/// Tells a value by its path. What stands elsewhere is told where it is used (`site`).
#[allow(clippy::too_many_arguments)] // one walk, its budget and where it is
fn flatten(
    draft: &mut Draft<'_>,
    id: Id,
    key: &str,
    value: &Val,
    site: Option<Place>,
    depth: usize,
    left: &mut usize,
    locate: &dyn Fn(Place) -> Location,
) {
    if *left == 0 || depth > MAX_DEPTH {
        return;
    }
    let site = site.or_else(|| value.is_from_elsewhere().then_some(value.site));
    let place = site.unwrap_or(value.site);
    match &value.data {
        Data::Null => {}
        Data::Map(entries) => {
            if let Some((name, inner)) = value.named_value().filter(|_| holds_variables(key)) {
                flatten(draft, id, &format!("{key}.{name}"), inner, site, depth + 1, left, locate);
                return;
            }
            for (name, inner) in entries.iter() {
                flatten(draft, id, &format!("{key}.{name}"), inner, site, depth + 1, left, locate);
            }
        }
        Data::List(items) => {
            for item in items.iter() {
                flatten(draft, id, key, item, site, depth + 1, left, locate);
            }
        }
        Data::Text(text) if text.len() > MAX_TEXT || text.trim_start().starts_with('{') => {}
        Data::Text(text) => {
            *left -= 1;
            let last = key.rsplit('.').next().unwrap_or(key);
            let shown = sensitive::show(last, text);
            draft.fact_at(id, key, super::clip(&shown.text), locate(place));
        }
        _ => {
            *left -= 1;
            draft.fact_at(id, key, value.scalar(), locate(place));
        }
    }
}

/// Attributes that hold a password, whatever their last word is.
const SECRETS: &[&str] =
    &["secret_string", "master_user_password", "auth_token", "admin_password", "custom_data_password"];

/// Secrets that are written in the template: attributes, variables of functions and containers.
fn secrets(draft: &mut Draft<'_>, id: Id, what: &Described<'_>, locate: &dyn Fn(Place) -> Location) {
    let mut found: Vec<(String, Val)> = Vec::new();
    for (name, value) in what.attributes {
        let value = match name.as_str() {
            "container_definitions" => document(value).unwrap_or_else(|| value.clone()),
            _ => value.clone(),
        };
        gather(name, &value, 0, &mut found);
    }
    for (name, value) in found.into_iter().take(100) {
        let Some(text) = value.as_text() else { continue };
        let shown = sensitive::show(&name, text);
        let named = SECRETS.contains(&name.as_str()) || sensitive::is_secret_key(&name) || shown.secret;
        let path = ["arn:", "/", "http", "alias/", "projects/"].iter().any(|head| text.starts_with(head));
        let elsewhere = text.trim().is_empty() || text.contains("${") || text.contains("{{resolve:");
        if name == "http_tokens" || !named || elsewhere || (path && !shown.secret) || text.starts_with("arn:") {
            continue;
        }
        let fact = json!({
            "name": super::clip(&name), "weak": sensitive::is_weak(text), "placeholder": sensitive::is_placeholder(text),
        });
        draft.fact_at(id, "written-secret", fact, locate(value.origin));
    }
}

/// Whether `{name, value}` below a path are variables of a program.
fn holds_variables(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    matches!(last, "environment" | "env" | "environment_variables" | "environment_variable" | "variables" | "secrets")
}

/// Texts by the last word of their path; `{name, value}` pairs by what is named.
fn gather(name: &str, value: &Val, depth: usize, found: &mut Vec<(String, Val)>) {
    if depth > MAX_DEPTH || found.len() > 1_000 {
        return;
    }
    match &value.data {
        Data::Text(_) => found.push((name.to_owned(), value.clone())),
        Data::List(items) => items.iter().for_each(|item| gather(name, item, depth + 1, found)),
        Data::Map(entries) => {
            if let Some((named, inner)) = value.named_value().filter(|_| holds_variables(name)) {
                gather(named, inner, depth + 1, found);
                return;
            }
            entries.iter().for_each(|(key, inner)| gather(key, inner, depth + 1, found));
        }
        _ => {}
    }
}
