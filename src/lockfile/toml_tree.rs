//! TOML with positions, read as far as it goes: what the crate `toml` recovers from a broken file, and the errors.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Siblings, place};
use crate::base::{Problem, ProblemKind, SourceFile};

/// Bytes of a file: its tree takes more than thirty times as many. The longest real lockfiles have a tenth of it.
const LONGEST: usize = 32 << 20;

/// A value of a document.
#[derive(Clone, Copy)]
pub(super) struct Node<'d, 'i> {
    pub(super) start: usize,
    value: &'d DeValue<'i>,
}

/// A table as read, and its problems.
pub(super) struct Document<'i> {
    table: Spanned<DeValue<'i>>,
    pub(super) problems: Vec<Problem>,
}

impl<'i> Document<'i> {
    /// Reads the file. Of many errors the first few are told.
    pub(super) fn read(file: &'i SourceFile, hint: &str) -> Self {
        const TOLD: usize = 3;
        if file.text().len() > LONGEST {
            let message = format!("{} bytes are over the limit of {LONGEST} for TOML: not read", file.text().len());
            let place = Some(crate::base::Location::file(file.path()));
            let problem = Problem::incomplete(ProblemKind::Limit, place, message).hint(hint);
            let nothing = Spanned::new(0..0, DeValue::Table(DeTable::new()));
            return Self { table: nothing, problems: vec![problem] };
        }
        let (table, errors) = DeTable::parse_recoverable(file.text());
        let problem = |error: &toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let message =
                format!("`{}` is broken: {}; the rest was read", file.path(), error.message().replace('\n', " "));
            Problem::incomplete(ProblemKind::Syntax, Some(place::rest_of_line(file, at)), message).hint(hint)
        };
        let problems = errors.iter().take(TOLD).map(problem).collect();
        let span = table.span();
        Self { table: Spanned::new(span, DeValue::Table(table.into_inner())), problems }
    }

    pub(super) fn root(&self) -> Node<'_, 'i> {
        Node { start: self.table.span().start, value: self.table.get_ref() }
    }
}

impl<'d, 'i> Node<'d, 'i> {
    pub(super) fn get(self, key: &str) -> Option<Self> {
        let DeValue::Table(table) = self.value else { return None };
        let (key, value) = table.get_key_value(key)?;
        Some(Self { start: key.span().start, value: value.get_ref() })
    }

    /// The member found by following `keys`.
    pub(super) fn at(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(super) fn str(self) -> Option<&'d str> {
        match self.value {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn integer(self) -> Option<i64> {
        match self.value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        }
    }

    pub(super) fn text(self, key: &str) -> Option<&'d str> {
        self.get(key)?.str()
    }

    pub(super) fn flag(self, key: &str) -> bool {
        matches!(self.get(key), Some(Node { value: DeValue::Boolean(true), .. }))
    }

    /// The members of a table with their keys; none of anything else.
    pub(super) fn members(self) -> Vec<(&'d str, Self)> {
        let DeValue::Table(table) = self.value else { return Vec::new() };
        let member = |(key, value): (&'d Spanned<toml::de::DeString<'i>>, &'d Spanned<DeValue<'i>>)| {
            let text: &'d str = key.get_ref();
            (text, Self { start: key.span().start, value: value.get_ref() })
        };
        table.iter().map(member).collect()
    }

    /// The elements of an array, each where it starts; none of anything else.
    pub(super) fn elements(self) -> Vec<Self> {
        let DeValue::Array(array) = self.value else { return Vec::new() };
        array.iter().map(|value| Self { start: value.span().start, value: value.get_ref() }).collect()
    }
}

/// The file `name` in the folder of `path`.
pub(super) fn beside(path: &str, name: &str, siblings: Siblings<'_>) -> Option<std::sync::Arc<SourceFile>> {
    place::join(place::folder(path), name).and_then(|path| siblings(&path))
}
