//! The inline scripts of a template, whose own tree is of its outputs: as JavaScript, with a name where an output stands
//! and blanks where any other tag does, so that positions stay.
//!
//! Left out: what a tag decides of the code around it (both branches are read, the second only where it stands on lines
//! of its own), scripts that another template includes. Where such a text does not parse, nothing is said of it: the
//! template itself may well be right.

use std::ops::Range;

use memchr::memmem;

use super::Format;
use super::tags::{closing, trimmed};

/// What a tag of a template is replaced by.
#[derive(Clone, Copy)]
enum Sort {
    Output,
    Else,
    Other,
}

/// The text with its tags replaced, as many bytes.
pub(super) fn plain(text: &str, format: Format) -> String {
    let bytes = text.as_bytes();
    let mut out = text.as_bytes().to_vec();
    let mut at = 0;
    while let Some((tag, sort)) = next_tag(text, at, format) {
        at = tag.end;
        let (range, with) = match sort {
            Sort::Output => (tag, b'_'),
            // `{% if a %}1{% else %}2{% endif %}`: one of both values is enough.
            Sort::Else => match next_tag(text, at, format) {
                Some((end, _)) if !bytes.get(tag.start..end.start).unwrap_or_default().contains(&b'\n') => {
                    (tag.start..end.start, b' ')
                }
                _ => (tag, b' '),
            },
            Sort::Other => (tag, b' '),
        };
        at = at.max(range.end);
        for byte in out.get_mut(range).unwrap_or_default() {
            if with == b'_' || *byte != b'\n' {
                *byte = with;
            }
        }
    }
    // Tags begin and end with ASCII, so that what is left is whole characters.
    String::from_utf8(out).unwrap_or_default()
}

/// The next tag from a place on, and what it is.
fn next_tag(text: &str, from: usize, format: Format) -> Option<(Range<usize>, Sort)> {
    let bytes = text.as_bytes();
    let sign: &[u8] = if format == Format::Ejs { b"<" } else { b"{" };
    let mut at = from;
    loop {
        let open = at + memmem::find(bytes.get(at..)?, sign)?;
        at = open + 1;
        let inner = open + 2;
        let end = match (format, bytes.get(at)?) {
            (Format::Ejs, b'%') => {
                let end = inner + memmem::find(bytes.get(inner..)?, b"%>")?;
                (end, end + 2)
            }
            (Format::Ejs, _) => continue,
            (_, b'{') => closing(text, inner, "}}")?,
            (_, b'%') => closing(text, inner, "%}")?,
            (_, b'#') => {
                let Some(end) = memmem::find(bytes.get(inner..)?, b"#}").map(|end| inner + end) else { continue };
                (end, end + 2)
            }
            _ => continue,
        };
        let inside = trimmed(text, inner..end.0);
        let words = text.get(inside).unwrap_or("");
        let sort = match (format, bytes.get(at)) {
            (Format::Ejs, _) if words.starts_with(['=', '-']) || bytes.get(inner) == Some(&b'-') => Sort::Output,
            (Format::Handlebars | Format::Mustache, _) if words.starts_with(['#', '/', '^', '>', '!', '*']) => {
                Sort::Other
            }
            (Format::Handlebars | Format::Mustache, _) if words == "else" || words.starts_with("else ") => Sort::Else,
            (Format::Jinja(_) | Format::Handlebars | Format::Mustache, Some(b'{')) => Sort::Output,
            _ if words == "else" || words.starts_with("elif ") || words.starts_with("elseif ") => Sort::Else,
            _ => Sort::Other,
        };
        // `{{{ raw }}}`
        let more = usize::from(bytes.get(inner) == Some(&b'{') && bytes.get(end.1) == Some(&b'}'));
        return Some((open..end.1 + more, sort));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Language;

    #[test]
    fn outputs_become_names_and_other_tags_blanks() {
        let jinja = |text: &str| plain(text, Format::Jinja(Language::Python));
        assert_eq!(jinja("f({{ a|tojson }}, 'ä{{ b }}')"), "f(______________, 'ä_______')");
        assert_eq!(jinja("{% if a %}f(){% endif %}{# x #}g()"), "          f()                  g()");
        assert_eq!(jinja("x = {% if a %}1{% else %}2{% endif %};"), "x =           1                      ;");
        assert_eq!(jinja("{% else %}\nf()\n{% endif %}"), "          \nf()\n           ");
        assert_eq!(jinja("const a = { b: 1 }; {{ open"), "const a = { b: 1 }; {{ open");
        assert_eq!(
            plain("f(<%- a %>); <% if (b) { %>g()<% } %>", Format::Ejs),
            "f(________);               g()       "
        );
        assert_eq!(plain("{{#if a}}f({{{b}}}){{/if}}", Format::Handlebars), "         f(_______)       ");
    }
}
