//! A reader of tags for the tests of HTML and XML reports: small, strict, and no parser of everything.

use std::collections::BTreeSet;

/// HTML elements without an end tag.
const VOID: &[&str] = &["meta", "br", "hr", "img", "link", "input"];

/// The elements and attributes of a page.
#[derive(Debug, Default)]
pub struct Names {
    pub elements: BTreeSet<String>,
    pub attributes: BTreeSet<String>,
}

/// Reads all tags. An error names the first place where they do not nest, an attribute is not quoted, or a `&` begins
/// no known entity.
pub fn read(text: &str) -> Result<Names, String> {
    let mut names = Names::default();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        if open.last() != Some(&"style") {
            entities(&rest[..at])?;
        }
        rest = &rest[at + 1..];
        let end = rest.find('>').ok_or("a tag without end")?;
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("`</{name}>` closes nothing"));
            }
            continue;
        }
        let (name, attributes) = tag.trim_end_matches('/').split_once(' ').unwrap_or((tag.trim_end_matches('/'), ""));
        names.elements.insert(name.to_owned());
        let mut left = attributes.trim();
        while !left.is_empty() {
            let Some((attribute, value)) = left.split_once("=\"") else {
                return Err(format!("`{left}` is no attribute"));
            };
            let (value, after) = value.split_once('"').ok_or("an attribute without end")?;
            entities(value)?;
            names.attributes.insert(attribute.to_owned());
            left = after.trim_start();
        }
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    entities(rest)?;
    if open.is_empty() { Ok(names) } else { Err(format!("never closed: {open:?}")) }
}

fn entities(text: &str) -> Result<(), String> {
    for part in text.split('&').skip(1) {
        let name = part.split(';').next().unwrap_or("");
        if !["amp", "lt", "gt", "quot", "#39", "nbsp"].contains(&name) {
            return Err(format!("`&{name}` is no entity"));
        }
    }
    Ok(())
}

#[test]
fn broken_markup_is_seen() {
    for text in ["<a>", "<a></b>", "<a x=y></a>", "a & b", "<a x=\"&b\"/>", "<a", "<a onclick></a>"] {
        assert!(read(text).is_err(), "{text}");
    }
    let names = read("<?xml?><a b=\"1\" c=\"&lt;\"><d/>&amp;</a>").unwrap();
    assert_eq!(names.elements.len() + names.attributes.len(), 4);
}
