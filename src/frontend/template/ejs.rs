//! EJS: scriptlets and outputs → JavaScript in the order of the file.
//!
//! Format: <https://github.com/mde/ejs/blob/main/docs/syntax.md>. Left out: other delimiters.

use memchr::memmem;

use super::Read;
use super::builder::{Builder, CONTEXT, LOCAL};
use super::generated::Generated;
use super::html::{Html, made, output};
use crate::base::Span;

/// Parts of layouts, as the common layout packages name them.
const LAYOUT: &[&str] = &["body", "content", "style", "script", "styles", "scripts", "head", "locals.body"];

/// Names that mean the context as a whole.
pub(super) const WHOLE: &[&str] = &["it", "locals"];

/// Lowers a template.
pub(super) fn lower(path: &str, text: &str) -> Read {
    let mut generated = Generated::default();
    let mut html = Html::new();
    let mut comments = Vec::new();
    let mut broken = None;
    include_function(&mut generated);
    let bytes = text.as_bytes();
    let mut done = 0;
    while let Some(found) = memmem::find(bytes.get(done..).unwrap_or_default(), b"<%") {
        let open = done + found;
        html.feed(text.get(done..open).unwrap_or(""));
        let inner = open + 2;
        if bytes.get(inner) == Some(&b'%') {
            done = inner + 1;
            continue;
        }
        let Some(end) = memmem::find(bytes.get(inner..).unwrap_or_default(), b"%>").map(|end| inner + end) else {
            broken =
                Some(super::Broken { span: Span::from_range(open..inner), message: "a tag is not closed".to_owned() });
            break;
        };
        done = end + 2;
        let last = match bytes.get(end.wrapping_sub(1)) {
            Some(b'-' | b'_') if end > inner + 1 => end - 1,
            _ => end,
        };
        let sign = bytes.get(inner).copied().unwrap_or(b' ');
        match sign {
            b'#' => comments.push(Span::from_range(open..done)),
            b'=' | b'-' => {
                let made = made(text.get(inner + 1..last).unwrap_or(""), LAYOUT, html.place());
                let how = output(html.place(), sign == b'-', made);
                html.output();
                generated.output(how, text, inner + 1, last.max(inner + 1));
            }
            _ => {
                let start = inner + usize::from(sign == b'_');
                if let Some(name) = old_include(text.get(start..last).unwrap_or("")) {
                    generated.made(&format!("\n;{LOCAL}.include(\"{name}\", {CONTEXT});\n"), start);
                    continue;
                }
                generated.made("\n", start);
                generated.code(text, start, last.max(start));
                // A line comment ends with the tag.
                generated.made("\n", last);
            }
        }
    }
    let (tree, error) = generated.parse(text.len(), false);
    let mut builder = Builder::over(tree);
    let body = std::mem::take(&mut builder.tree.root).into_vec();
    let mut tree = builder.finish(path, text.len(), body, WHOLE);
    tree.comments.extend(comments);
    Read { tree, broken: broken.or(error) }
}

/// `include name` of old versions.
fn old_include(code: &str) -> Option<&str> {
    let name = code.trim().strip_prefix("include ")?.trim().trim_matches(['"', '\'']);
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// `include(name, data)`: another template with the same context and more.
pub(super) fn include_function(generated: &mut Generated) {
    let data = format!("{{...{CONTEXT}, ...data}}");
    generated.made(&format!("var include = (name, data) => {LOCAL}.include(name, {data});\n"), 0);
}
