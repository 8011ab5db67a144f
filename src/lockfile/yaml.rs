//! YAML lockfiles as the same values that [`super::json`] gives: block and flow style, first document only. Aliases are
//! read as null and anchors ignored, so nothing can be blown up by reference.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser};

use super::json::{Kind, Member, Object, Value};
use crate::base::{Problem, ProblemKind, SourceFile};

/// Deeper values end the reading.
const DEEPEST: usize = 128;

enum Open<'a> {
    Array(usize, Vec<Value<'a>>),
    Object(usize, Object<'a>, Option<(Cow<'a, str>, usize)>),
}

impl<'a> Open<'a> {
    fn close(self) -> Value<'a> {
        match self {
            Self::Array(start, values) => Value { start, kind: Kind::Array(values) },
            Self::Object(start, object, _) => Value { start, kind: Kind::Object(object) },
        }
    }

    fn add(&mut self, value: Value<'a>) {
        match self {
            Self::Array(_, values) => values.push(value),
            Self::Object(_, object, key) => match (key.take(), value.kind) {
                (Some((key, start)), kind) => {
                    object.push(Member { key, start, value: Value { start: value.start, kind } });
                }
                (None, Kind::String(text)) => *key = Some((text, value.start)),
                // A key that is no text: keep keys and values in step.
                (None, _) => *key = Some((Cow::Borrowed(""), value.start)),
            },
        }
    }
}

/// Reads the file; what stands before an error is returned with a problem.
pub(super) fn read<'a>(file: &'a SourceFile, hint: &str) -> (Value<'a>, Option<Problem>) {
    let mut open: Vec<Open<'a>> = Vec::new();
    let mut root = Value { start: 0, kind: Kind::Null };
    let mut problem = None;
    let broken = |line: usize, what: &str| {
        let message = format!("`{}` is broken: {what}; only what stands before was read", file.path());
        let line = u32::try_from(line.max(1)).unwrap_or(u32::MAX);
        let location = crate::base::Location::line(file.path(), line);
        Some(Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(hint))
    };
    for event in Parser::new_from_str(file.text()) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                problem = broken(error.marker().line(), error.info());
                break;
            }
        };
        // The line is what matters; the text on it begins behind the indentation.
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        let indent = file.line_text(line).map_or(0, |text| text.len() - text.trim_start().len());
        let start = file.line_span(line).map_or(0, |span| span.start as usize + indent);
        let value = match event {
            Event::Scalar(text, ..) => Some(Value { start, kind: scalar(text) }),
            Event::Alias(_) => Some(Value { start, kind: Kind::Null }),
            Event::SequenceStart(..) => {
                open.push(Open::Array(start, Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Object(start, Object::default(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(Open::close),
            Event::DocumentEnd => break,
            _ => None,
        };
        if open.len() > DEEPEST {
            problem = broken(span.start.line(), "nested too deeply");
            break;
        }
        if let Some(value) = value {
            match open.last_mut() {
                Some(outer) => outer.add(value),
                None => root = value,
            }
        }
    }
    while let Some(inner) = open.pop() {
        let value = inner.close();
        match open.last_mut() {
            Some(outer) => outer.add(value),
            None => root = value,
        }
    }
    (root, problem)
}

/// Versions such as `1.10` must stay text, so only the two truth values are told apart.
fn scalar(text: Cow<'_, str>) -> Kind<'_> {
    match &*text {
        "true" => Kind::Bool(true),
        "false" => Kind::Bool(false),
        _ => Kind::String(text),
    }
}
