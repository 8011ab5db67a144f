//! Detectors against their own examples, fixture folders, and laws that hold for any input.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::base::Severity;

/// Takes the marks out that keep values from being seen by other scanners.
fn revealed(text: &str) -> String {
    text.replace('~', "")
}

fn providers() -> Vec<(String, schema::Provider)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/secret");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        (path.display().to_string(), toml::from_str(&text).unwrap())
    };
    files.iter().map(read).collect()
}

fn plain(text: &str) -> SecretScan {
    scan(&SourceFile::new("notes", text), None, CodeContext::Production)
}

#[test]
fn every_detector_finds_its_examples_and_not_its_counter_examples() {
    let mut wrong = Vec::new();
    for (file, provider) in providers() {
        for detector in provider.detectors {
            let rule = format!("secret/{}", detector.id);
            for example in &detector.examples {
                // Azure client secrets have a tilde of their own, written twice.
                let text = example.replace("~~", "\u{1}").replace('~', "").replace('\u{1}', "~");
                let found = plain(&text);
                if !found.findings.iter().any(|finding| finding.rule == rule) {
                    let rules: Vec<_> = found.findings.iter().map(|finding| &finding.rule).collect();
                    wrong.push(format!("{file}: `{}` is not found in {text:?}, but {rules:?}", detector.id));
                }
            }
            for counter in &detector.counter_examples {
                let found = plain(&revealed(counter));
                if found.findings.iter().any(|finding| finding.rule == rule) {
                    wrong.push(format!("{file}: `{}` is found in {counter:?}", detector.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn there_are_as_many_formats_as_promised() {
    let providers = providers();
    assert!(providers.len() >= 150, "{}", providers.len());
    assert!(all().len() >= 250, "{}", all().len());
}
