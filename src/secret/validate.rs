//! What must hold of detector files beyond their types. Run by `build.rs`, so a broken detector fails the build.

use std::collections::BTreeSet;

use super::schema::{Detector, DetectorBook, Form};

/// Everything wrong with the files, each line naming the detector.
pub fn complaints(book: &DetectorBook) -> Vec<String> {
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    let known: BTreeSet<&String> =
        book.providers.iter().flat_map(|provider| &provider.detectors).map(|detector| &detector.id).collect();
    for provider in &book.providers {
        if provider.provider.is_empty() || provider.reference.is_empty() || provider.remedy.is_empty() {
            found.push(format!("`{}`: provider, reference and remedy must not be empty", provider.provider));
        }
        for detector in &provider.detectors {
            for id in detector.pair.iter().filter(|id| !known.contains(id)) {
                found.push(format!("`{}`: there is no detector `{id}` to pair with", detector.id));
            }
            if !ids.insert(&detector.id) {
                found.push(format!("`{}`: the id is used twice", detector.id));
            }
            found.extend(of_detector(detector).into_iter().map(|complaint| format!("`{}`: {complaint}", detector.id)));
        }
    }
    found
}

fn of_detector(detector: &Detector) -> Vec<String> {
    let mut found = Vec::new();
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if detector.id.is_empty() || !detector.id.chars().all(kebab) {
        found.push("the id must be in kebab-case".to_owned());
    }
    if detector.title.is_empty() {
        found.push("it has no title".to_owned());
    }
    if !["critical", "high", "medium", "low"].contains(&detector.severity.as_str()) {
        found.push(format!("`{}` is no severity", detector.severity));
    }
    if detector.keywords.is_empty() || detector.keywords.iter().any(|keyword| keyword.len() < 2) {
        found.push("keywords must have two characters or more".to_owned());
    }
    let texts = [&detector.keywords, &detector.near, &detector.unless_near, &detector.public_near];
    for text in texts.into_iter().flatten().filter(|text| text.chars().any(|c| c.is_ascii_uppercase())) {
        found.push(format!("`{text}` must be lower-case"));
    }
    match regex::bytes::Regex::new(&detector.expression()) {
        Err(error) => found.push(error.to_string()),
        Ok(regex) if regex.captures_len() > 2 => found.push("there may be one capture group".to_owned()),
        Ok(_) => {}
    }
    if detector.form != Form::Token && detector.pattern.replace("(?", "").contains('(') {
        found.push("the pattern of a value behind a keyword has no capture group".to_owned());
    }
    for pattern in &detector.ignore {
        if let Err(error) = regex::bytes::Regex::new(pattern) {
            found.push(error.to_string());
        }
    }
    if detector.examples.is_empty() || detector.counter_examples.is_empty() {
        found.push("it needs an example and a counter-example".to_owned());
    }
    if detector.examples.iter().any(|example| !example.contains('~')) {
        found.push("every example needs a `~` inside its value".to_owned());
    }
    found
}
