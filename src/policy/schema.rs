//! The audit document's JSON Schema as policies are checked against it: which fields a fact has, and of what kind.
//!
//! The schema is made from the types of [`crate::document`], the one source of `docs/audit.schema.json`, so that it
//! cannot be older than the program.

use std::sync::OnceLock;

use serde_json::Value;

use crate::document::Document;

/// Levels of references and alternatives that are followed.
const MAX_DEPTH: usize = 16;

/// The schema.
#[derive(Debug)]
pub struct Schema {
    root: Value,
}

/// What a value may be: one of these schemas, references resolved.
#[derive(Debug, Clone)]
pub struct Shape<'s> {
    alternatives: Vec<&'s Value>,
}

/// A step from a value to one of its fields.
#[derive(Debug)]
pub enum Field<'s> {
    /// It is there.
    Known(Shape<'s>),
    /// It cannot be; the fields that can.
    Missing(Vec<&'s str>),
    /// The schema does not say.
    Open,
}

impl Schema {
    /// Of the audit document.
    pub fn audit() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| Self { root: schemars::schema_for!(Document).to_value() })
    }

    /// The document itself.
    #[must_use]
    pub fn document(&self) -> Shape<'_> {
        self.shape(&self.root)
    }

    fn shape<'s>(&'s self, schema: &'s Value) -> Shape<'s> {
        let mut alternatives = Vec::new();
        self.resolve(schema, 0, &mut alternatives);
        Shape { alternatives }
    }

    fn resolve<'s>(&'s self, schema: &'s Value, depth: usize, found: &mut Vec<&'s Value>) {
        static ANYTHING: Value = Value::Bool(true);
        if depth > MAX_DEPTH {
            found.push(&ANYTHING);
            return;
        }
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|path| self.root.pointer(path.strip_prefix('#')?));
        if let Some(target) = target {
            self.resolve(target, depth + 1, found);
        }
        let mut split = target.is_some();
        for key in ["anyOf", "oneOf", "allOf"] {
            for one in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
                split = true;
                self.resolve(one, depth + 1, found);
            }
        }
        if !split || schema.get("properties").is_some() {
            found.push(schema);
        }
    }

    /// The field of a value.
    #[must_use]
    pub fn field<'s>(&'s self, shape: &Shape<'s>, name: &str) -> Field<'s> {
        let (mut known, mut missing) = (Vec::new(), Vec::new());
        for schema in &shape.alternatives {
            if is_open(schema) {
                return Field::Open;
            }
            let properties = schema.get("properties").and_then(Value::as_object);
            if let Some(found) = properties.and_then(|properties| properties.get(name)) {
                self.resolve(found, 0, &mut known);
                continue;
            }
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) | None if is(schema, "object") && properties.is_none() => return Field::Open,
                Some(Value::Bool(false)) | None => {
                    missing.extend(properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str)));
                }
                Some(other) => self.resolve(other, 0, &mut known),
            }
        }
        if !known.is_empty() {
            return Field::Known(Shape { alternatives: known });
        }
        missing.sort_unstable();
        missing.dedup();
        if shape.alternatives.is_empty() { Field::Open } else { Field::Missing(missing) }
    }

    /// The items of a list, or the values of a map; `None` where the schema does not say.
    #[must_use]
    pub fn item<'s>(&'s self, shape: &Shape<'s>) -> Option<Shape<'s>> {
        let mut found = Vec::new();
        for schema in &shape.alternatives {
            if let Some(items) = schema.get("items") {
                self.resolve(items, 0, &mut found);
            } else if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
                self.resolve(values, 0, &mut found);
            } else if !is(schema, "null") {
                return None;
            }
        }
        (!found.is_empty()).then_some(Shape { alternatives: found })
    }
}

impl<'s> Shape<'s> {
    /// The texts that it may be, where they are listed.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<&'s str>> {
        let mut found = Vec::new();
        for schema in &self.alternatives {
            if let Some(values) = schema.get("enum").and_then(Value::as_array) {
                found.extend(values.iter().filter_map(Value::as_str));
            } else if let Some(value) = schema.get("const").and_then(Value::as_str) {
                found.push(value);
            } else if !is(schema, "null") {
                return None;
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Whether it can only be a list.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.alternatives.iter().all(|schema| is(schema, "array") || is(schema, "null"))
    }
}

fn is_open(schema: &Value) -> bool {
    let says = ["type", "properties", "enum", "const", "items"].iter().any(|key| schema.get(key).is_some());
    !says
}

fn is(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'s>(schema: &'s Schema, path: &[&str]) -> Field<'s> {
        let mut shape = schema.document();
        for (number, name) in path.iter().enumerate() {
            if *name == "[]" {
                shape = schema.item(&shape).expect("a list");
                continue;
            }
            match schema.field(&shape, name) {
                Field::Known(next) => shape = next,
                other => {
                    assert_eq!(number + 1, path.len(), "{path:?}");
                    return other;
                }
            }
        }
        Field::Known(shape)
    }

    #[test]
    fn fields_of_the_document_are_known() {
        let schema = Schema::audit();
        for path in [
            ["findings", "[]", "location", "path"].as_slice(),
            &["settings", "[]", "effective", "provenance"],
            &["project", "organization", "attempts", "[]", "message"],
            &["project", "coverage", "source_files", "python"],
            &["vulnerabilities", "[]", "severity"],
        ] {
            assert!(matches!(at(schema, path), Field::Known(_)), "{path:?}");
        }
        for path in [["endpoint"].as_slice(), &["findings", "[]", "file"], &["findings", "rule"]] {
            assert!(matches!(at(schema, path), Field::Missing(_)), "{path:?}");
        }
        let Field::Known(severity) = at(schema, &["findings", "[]", "severity"]) else { panic!("unknown") };
        assert_eq!(severity.texts().map(|texts| texts.len()), Some(5));
    }
}
