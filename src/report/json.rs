//! The audit document itself, pretty-printed: what policies get, what other programs read.

use super::escape::json as json_text;
use super::{Reporter, Style};
use crate::document::Document;

/// The format `json`.
pub struct Json;

impl Reporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        // the document holds only strings, numbers and maps with string keys: serialising it cannot fail
        let mut text = json_text(&serde_json::to_string_pretty(document).unwrap_or_default());
        text.push('\n');
        text
    }
}
