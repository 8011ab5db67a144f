//! Scripts that pages load from other hosts: `<script src="https://…">` in HTML and templates, with or without an
//! `integrity` that pins what is loaded.

use serde_json::json;

use super::{Draft, ResourceExtract, ResourceReader, name_of};
use crate::base::{CodeContext, SourceFile, Span};

/// Scripts of one page.
const MAX_SCRIPTS: usize = 200;
/// Longer tags are none.
const MAX_TAG: usize = 4_000;

/// Reads pages.
pub(super) struct Page;

impl ResourceReader for Page {
    fn name(&self) -> &'static str {
        "page"
    }

    fn matches(&self, path: &str) -> bool {
        let name = name_of(path);
        [".html", ".htm", ".ejs", ".jinja", ".jinja2", ".j2", ".hbs", ".njk", ".twig", ".mustache", ".eta", ".liquid"]
            .iter()
            .any(|end| name.ends_with(end))
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let text = file.text();
        for start in memchr::memmem::find_iter(text.as_bytes(), b"<script").take(MAX_SCRIPTS) {
            let limit = text.floor_char_boundary((start + MAX_TAG).min(text.len()));
            let Some(length) = text[start..limit].find('>') else { continue };
            let tag = &text[start..=start + length];
            let Some(url) = attribute(tag, "src") else { continue };
            let rest = ["https://", "http://", "//"].iter().find_map(|scheme| url.strip_prefix(scheme));
            let Some(rest) = rest else { continue };
            let host = rest.split(['/', '?', ':']).next().unwrap_or(rest).to_ascii_lowercase();
            if !host.contains('.') || host.contains(['{', '<', '$']) || host == "127.0.0.1" {
                continue;
            }
            let span = Span::from_range(start..start + tag.len());
            let id = draft.resource("remote-script", &host, span);
            let value = json!({
                "host": host, "url": super::clip(url), "plain": url.starts_with("http://"),
                "integrity": tag.contains("integrity"),
            });
            draft.fact(id, "script", value, span);
        }
        draft.finish()
    }
}

/// The value of a quoted attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut at = 0;
    while let Some(hit) = tag[at..].find(name) {
        let start = at + hit;
        at = start + name.len();
        let before = tag[..start].chars().next_back();
        if !before.is_some_and(char::is_whitespace) {
            continue;
        }
        let rest = tag[at..].trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        return rest[1..].split(quote).next();
    }
    None
}
