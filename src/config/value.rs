//! What readers of all formats make of a file: nodes with places, and how they become settings.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{ConfigExtract, Setting, SettingValue, choose, sensitive};
use crate::base::{CodeContext, Location, Problem, ProblemKind, SourceFile, Span};

/// More settings than this in one file is data.
const MAX_SETTINGS: usize = 5_000;
/// Nodes nested deeper are left out.
pub(super) const MAX_DEPTH: usize = 64;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    /// `default` is `None` where the program fails without the variable, `Null` where it goes on with nothing.
    Environment {
        name: String,
        default: Option<Box<Value>>,
    },
    OneOf(Vec<Value>),
    /// What a setting of another file holds: `settings.CORS_ORIGINS`.
    Named(String),
    Unknown,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
    pub(super) note: Option<String>,
}

impl Node {
    pub(super) fn new(value: Value, span: Span) -> Self {
        Self { value, span, note: None }
    }

    pub(super) fn unknown(span: Span) -> Self {
        Self::new(Value::Unknown, span)
    }

    pub(super) fn noted(value: Value, span: Span, note: impl Into<String>) -> Self {
        Self { value, span, note: Some(note.into()) }
    }
}

impl Value {
    /// Whether the value counts as true, where that is known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Float(value) => Some(*value != 0.0),
            Self::Str(value) => Some(!value.is_empty()),
            Self::List(items) => Some(!items.is_empty()),
            Self::Map(entries) => Some(!entries.is_empty()),
            Self::Environment { .. } | Self::OneOf(_) | Self::Named(_) | Self::Unknown => None,
        }
    }

    /// The same function of whatever the value may be: of a default, of each candidate.
    pub(super) fn map(self, change: &dyn Fn(Value) -> Value) -> Value {
        match self {
            Self::Environment { name, default } => {
                let default = default.map(|default| change(*default)).filter(|value| *value != Self::Unknown);
                Self::Environment { name, default: default.map(Box::new) }
            }
            Self::OneOf(values) => Self::one_of(values.into_iter().map(|value| value.map(change))),
            Self::Named(_) | Self::Unknown => Self::Unknown,
            known => change(known),
        }
    }

    /// One of these, equal ones counted once.
    pub(super) fn one_of(values: impl IntoIterator<Item = Value>) -> Value {
        let mut all: Vec<Value> = Vec::new();
        for value in values {
            let parts = if let Self::OneOf(parts) = value { parts } else { vec![value] };
            for part in parts {
                if !all.contains(&part) && all.len() < 8 {
                    all.push(part);
                }
            }
        }
        match all.len() {
            0 => Self::Unknown,
            1 => all.remove(0),
            _ => Self::OneOf(all),
        }
    }

    /// The value in production: variables that name the stage say `production` there.
    pub(super) fn in_production(self) -> Value {
        match self {
            Self::Environment { name, .. } | Self::Named(name) if is_stage_variable(&name) => {
                Self::Str("production".to_owned())
            }
            other => other,
        }
    }

    /// How many nodes there are; a huge number where they are nested too deep to be gone through.
    pub(super) fn size(&self, depth: usize) -> usize {
        if depth > MAX_DEPTH {
            return usize::MAX;
        }
        let inner = |sum: usize, value: &Value| sum.saturating_add(value.size(depth + 1));
        match self {
            Self::List(items) => items.iter().map(|item| &item.value).fold(1, inner),
            Self::Map(entries) => entries.iter().map(|(_, node)| &node.value).fold(1, inner),
            Self::Environment { default: Some(default), .. } => inner(1, default),
            Self::OneOf(values) => values.iter().fold(1, inner),
            Self::Str(text) => 1 + text.len() / 100,
            _ => 1,
        }
    }

    /// The entry of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Self::Map(entries) => entries.iter().rev().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }
}

/// Whether a variable or field names the stage that a program runs in: `NODE_ENV`, `settings.environment`.
pub(super) fn is_stage_variable(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_uppercase();
    matches!(
        last.as_str(),
        "NODE_ENV"
            | "ENV"
            | "ENVIRONMENT"
            | "APP_ENV"
            | "APP_ENVIRONMENT"
            | "FLASK_ENV"
            | "DJANGO_ENV"
            | "PYTHON_ENV"
            | "FASTAPI_ENV"
            | "DEPLOY_ENV"
            | "RUN_ENV"
            | "SERVER_ENV"
            | "VERCEL_ENV"
            | "STAGE"
            | "APP_STAGE"
            | "NODEENV"
    )
}

/// Whether two names of stages mean the same; `None` where neither names the one that users see.
pub(super) fn same_stage(left: &Value, right: &Value) -> Option<bool> {
    let production = |value: &Value| match value {
        Value::Str(text) => {
            Some(matches!(text.trim().to_ascii_lowercase().as_str(), "production" | "prod" | "live" | "prd"))
        }
        _ => None,
    };
    Some(production(left)? == production(right)?)
}

/// Makes the settings of one file.
pub(super) struct Sink<'f> {
    file: &'f SourceFile,
    pub(super) dialect: &'static str,
    pub(super) context: CodeContext,
    settings: Vec<Setting>,
    /// Keys and places that were already told, since code may be gone through twice.
    seen: BTreeSet<(String, Location)>,
    full: bool,
    deep: bool,
}

impl<'f> Sink<'f> {
    pub(super) fn new(file: &'f SourceFile, dialect: &'static str, context: CodeContext) -> Self {
        let context = choose::stage(file.path(), context);
        Self { file, dialect, context, settings: Vec::new(), seen: BTreeSet::new(), full: false, deep: false }
    }

    /// The settings of a data file: lists are told item by item.
    pub(super) fn data(&mut self, key: &str, node: &Node) {
        self.add(key, node, true, 0);
    }

    /// A setting of a program: a list is one value.
    pub(super) fn code(&mut self, key: &str, node: &Node) {
        self.add(key, node, false, 0);
    }

    fn add(&mut self, key: &str, node: &Node, items: bool, depth: usize) {
        if depth > MAX_DEPTH {
            self.deep = true;
            return;
        }
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => {
                for (name, inner) in entries {
                    let inner_key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                    self.add(&inner_key, inner, items, depth + 1);
                }
            }
            Value::List(list) if !list.is_empty() && (items || list.iter().any(|item| !is_scalar(&item.value))) => {
                for (at, inner) in list.iter().enumerate() {
                    self.add(&format!("{key}.{at}"), inner, items, depth + 1);
                }
                let some = list.iter().any(|item| is_scalar(&item.value));
                if !items && some {
                    let note = Some("what is not constant is null".to_owned());
                    self.push(key, &Node { value: node.value.clone(), span: node.span, note });
                }
            }
            Value::OneOf(values)
                if values.iter().any(|value| matches!(value, Value::Map(entries) if !entries.is_empty())) =>
            {
                for value in values.iter().filter(|value| **value != Value::Unknown) {
                    let note = node.note.clone().or_else(|| Some("depends on a condition".to_owned()));
                    self.add(key, &Node { value: value.clone(), span: node.span, note }, items, depth + 1);
                }
            }
            _ => self.push(key, node),
        }
    }

    fn push(&mut self, key: &str, node: &Node) {
        if self.settings.len() >= MAX_SETTINGS {
            self.full = true;
            return;
        }
        let mut judged = Judged::default();
        let value = judged.setting_value(key, &node.value);
        let location = self.file.locate(node.span);
        if !self.seen.insert((format!("{key}\0{value:?}"), location.clone())) {
            return;
        }
        self.settings.push(Setting {
            dialect: self.dialect.to_owned(),
            key: key.to_owned(),
            value,
            location,
            context: self.context,
            provenance: node.note.clone(),
            secret: judged.secret,
            weak: judged.weak,
            effective: None,
        });
    }

    /// How many settings there are so far.
    pub(super) fn len(&self) -> usize {
        self.settings.len()
    }

    /// Settings by their number.
    pub(super) fn range_mut(&mut self, range: std::ops::Range<usize>) -> &mut [Setting] {
        self.settings.get_mut(range).unwrap_or_default()
    }

    /// The settings, for code: a limit is no loss there.
    pub(super) fn into_settings(self) -> Vec<Setting> {
        self.settings
    }

    /// The settings and what was left out.
    pub(super) fn extract(self, mut problems: Vec<Problem>) -> ConfigExtract {
        let place = || Some(Location::file(self.file.path()));
        if self.full {
            let message = format!("more than {MAX_SETTINGS} settings, the rest was left out");
            problems.push(Problem::incomplete(ProblemKind::Limit, place(), message));
        }
        if self.deep {
            let message = format!("settings nested more than {MAX_DEPTH} deep were left out");
            problems.push(Problem::incomplete(ProblemKind::Limit, place(), message));
        }
        ConfigExtract { settings: self.settings, problems }
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_))
}

/// Collects what the texts of one value are.
#[derive(Default)]
struct Judged {
    secret: bool,
    weak: bool,
}

impl Judged {
    fn setting_value(&mut self, key: &str, value: &Value) -> SettingValue {
        match value {
            Value::Environment { name, default } => {
                let default = default.as_deref().filter(|default| **default != Value::Null);
                let key = if sensitive::is_secret_key(name) { name } else { key };
                SettingValue::Environment { name: name.clone(), default: default.map(|value| self.json(key, value, 0)) }
            }
            Value::OneOf(values) => {
                SettingValue::OneOf { values: values.iter().map(|value| self.setting_value(key, value)).collect() }
            }
            Value::Named(name) => SettingValue::Named { name: name.clone() },
            Value::Unknown => SettingValue::Unknown,
            known => SettingValue::Literal { value: self.json(key, known, 0) },
        }
    }

    fn json(&mut self, key: &str, value: &Value, depth: usize) -> Json {
        if depth > MAX_DEPTH {
            return Json::Null;
        }
        match value {
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => Json::from(*value),
            Value::Float(value) => serde_json::Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Value::Str(text) => {
                let shown = sensitive::show(key, text);
                self.secret |= shown.secret;
                self.weak |= shown.weak;
                Json::String(shown.text)
            }
            Value::List(items) => items.iter().map(|item| self.json(key, &item.value, depth + 1)).collect(),
            Value::Map(entries) => {
                let entry = |(name, node): &(String, Node)| (name.clone(), self.json(name, &node.value, depth + 1));
                Json::Object(entries.iter().map(entry).collect())
            }
            Value::Null | Value::Environment { .. } | Value::OneOf(_) | Value::Named(_) | Value::Unknown => Json::Null,
        }
    }
}

/// `$NAME`, `${NAME}`, `${NAME:-default}` as a whole text, in shells' and Compose's manner.
pub(super) fn interpolation(text: &str) -> Option<Value> {
    let text = text.trim();
    let name_ends =
        |text: &str| text.find(|letter: char| !(letter == '_' || letter.is_ascii_alphanumeric())).unwrap_or(text.len());
    if let Some(inner) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        let (name, rest) = inner.split_at(name_ends(inner));
        if name.is_empty() || inner.contains("${") {
            return (!inner.is_empty()).then_some(Value::Unknown);
        }
        let default = rest
            .strip_prefix(":-")
            .or_else(|| rest.strip_prefix('-'))
            .or_else(|| rest.strip_prefix(':').filter(|rest| !rest.starts_with('?')));
        let known = rest.is_empty() || default.is_some() || rest.starts_with(":?") || rest.starts_with('?');
        let default = default.map(|text| Box::new(Value::Str(text.to_owned())));
        return Some(if known { Value::Environment { name: name.to_owned(), default } } else { Value::Unknown });
    }
    let name = text.strip_prefix('$')?;
    let plain =
        name_ends(name) == name.len() && name.starts_with(|letter: char| letter == '_' || letter.is_ascii_alphabetic());
    plain.then(|| Value::Environment { name: name.to_owned(), default: None })
}
