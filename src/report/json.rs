//! The audit document itself, pretty-printed: what policies get, what other programs read.

use serde::Serialize;

use super::{Reporter, Style, escape};
use crate::document::Document;

/// The format `json`.
pub struct Json;

impl Reporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        pretty(document)
    }
}

/// Indented JSON with a final line break, harmless to an editor.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    // documents hold only strings, numbers and maps with string keys: serialising them cannot fail
    let mut text = escape::json(&serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}
