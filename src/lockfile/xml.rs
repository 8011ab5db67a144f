//! XML as far as manifests need it: elements with their attributes, text and places, in the order in which they close. No
//! entities but the five of XML, no document types, nothing by reference. Nesting is a stack of names with a limit.

/// Deeper elements are not read.
const DEEPEST: usize = 64;
/// Elements of one file.
const MOST: usize = 200_000;

/// An element with text or attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// Names from the root to it, joined by `/`.
    pub(super) path: String,
    /// Attributes in order.
    pub(super) attributes: Vec<(String, String)>,
    /// The text right inside it.
    pub(super) text: String,
    /// Where its `<` stands.
    pub(super) start: usize,
    /// Number of the element around it, in order of their beginnings.
    pub(super) parent: usize,
    /// Its own number.
    pub(super) id: usize,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// The elements in order of their beginnings, and the offset at which reading stopped early.
pub(super) fn read(text: &str) -> (Vec<Element>, Option<usize>) {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find('<').map(|next| at + next) {
        if let Some(element) = open.last().and_then(|id| elements.get_mut(*id)) {
            element.text.push_str(unescape(text[at..next].trim()).as_str());
        }
        let rest = &text[next..];
        let skip = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")]
            .into_iter()
            .find(|(start, _)| rest.starts_with(start));
        if let Some((_, end)) = skip {
            let Some(length) = rest.find(end) else { return (elements, Some(next)) };
            at = next + length + end.len();
            continue;
        }
        let Some(end) = tag_end(rest) else { return (elements, Some(next)) };
        let tag = &rest[1..end];
        at = next + end + 1;
        if tag.starts_with('/') {
            open.pop();
            continue;
        }
        if elements.len() >= MOST || open.len() >= DEEPEST {
            return (elements, Some(next));
        }
        let (body, closed) = tag.strip_suffix('/').map_or((tag, false), |body| (body, true));
        let name = body.split(char::is_whitespace).next().unwrap_or(body);
        let name = name.rsplit(':').next().unwrap_or(name);
        let parent = open.last().copied();
        let path = match parent.and_then(|parent| elements.get(parent)) {
            Some(parent) => format!("{}/{name}", parent.path),
            None => name.to_owned(),
        };
        let id = elements.len();
        let attributes = attributes(body);
        elements.push(Element { path, attributes, text: String::new(), start: next, parent: parent.unwrap_or(id), id });
        if !closed {
            open.push(id);
        }
    }
    let unclosed = open.last().and_then(|id| elements.get(*id)).map(|element| element.start);
    (elements, unclosed)
}

/// The `>` of a tag, quotes respected.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|first| matches!(first, '"' | '\'')) else { break };
        let Some((value, next)) = after[1..].split_once(quote) else { break };
        found.push((name.trim().to_owned(), unescape(value)));
        rest = next;
    }
    found
}

fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_with_attributes_text_and_places() {
        let text = "<?xml version='1.0'?><a x=\"1 > 0\"><!-- <no/> --><b>t &amp; u</b><c/></a>";
        let (found, broken) = read(text);
        let shown: Vec<(&str, &str)> = found.iter().map(|one| (one.path.as_str(), one.text.as_str())).collect();
        assert_eq!(shown, [("a", ""), ("a/b", "t & u"), ("a/c", "")]);
        assert_eq!(found[0].attribute("X"), Some("1 > 0"));
        assert_eq!((found[1].parent, broken), (0, None));
        assert_eq!(read("<a><b").1, Some(3));
    }
}
