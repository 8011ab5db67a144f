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
                let text = example_text(example);
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

/// The text of an example: a `~` is taken out, two are one of the value's own.
fn example_text(example: &str) -> String {
    example.replace("~~", "\u{1}").replace('~', "").replace('\u{1}', "~")
}

/// No detector's value reaches a finding, and masked lines hold none.
#[test]
fn no_value_of_any_detector_is_shown() {
    let mut wrong = Vec::new();
    for (_, provider) in providers() {
        for example in provider.detectors.iter().flat_map(|detector| &detector.examples) {
            let text = example_text(example);
            let file = SourceFile::new("src/settings.conf", text.as_str());
            let found = scan(&file, None, CodeContext::Production);
            let shown = serde_json::to_string(&found.findings).unwrap();
            let masked = crate::base::mask::mask_line(&text, &found.spans);
            for span in &found.spans {
                let value = file.slice(*span);
                let escaped = serde_json::to_string(value).unwrap();
                if value.len() > 5 && (shown.contains(escaped.trim_matches('"')) || masked.contains(value)) {
                    wrong.push(example.clone());
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_key_id_and_its_secret_are_one_finding() {
    let text = revealed(
        "aws_access_key_id = AKIA~QYLPMN5HNT7S4IKB\naws_secret_access_key = kT9vLq2RzX7wBn4Y~cJ8mHs5GfD1aPeU6oKi3VtNb\n",
    );
    let found = scan(&SourceFile::new("credentials.ini", text), None, CodeContext::Production);
    let rules: Vec<_> = found.findings.iter().map(|one| one.rule.as_str()).collect();
    assert_eq!(
        (rules, found.findings[0].related.len(), found.spans.len()),
        (vec!["secret/aws-secret-access-key"], 1, 2)
    );
    let alone = revealed("aws_access_key_id = AKIA~QYLPMN5HNT7S4IKB\n");
    assert_eq!(plain(&alone).findings[0].rule, "secret/aws-access-key-id");
}

#[test]
fn there_are_as_many_formats_as_promised() {
    let names: std::collections::BTreeSet<String> = providers().into_iter().map(|(_, one)| one.provider).collect();
    assert!(names.len() >= 400, "{}", names.len());
    assert!(all().len() >= 680, "{}", all().len());
}

fn files_of(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_of(&path, found) } else { found.push(path) }
    }
}

/// Every finding of a case as `path:line severity confidence rule title`.
fn report(case: &Path) -> String {
    let mut paths = Vec::new();
    files_of(case, &mut paths);
    paths.sort();
    let mut lines = Vec::new();
    for path in paths.iter().filter(|path| !path.ends_with("expected.txt")) {
        let name = path.strip_prefix(case).unwrap().to_string_lossy().replace('\\', "/");
        let file = SourceFile::new(name, revealed(&std::fs::read_to_string(path).unwrap()));
        let frontend = crate::frontend::of(file.path()).filter(|_| !crate::frontend::is_markup(file.path()));
        let frontend = frontend.and_then(|one| one.language_of(file.path()).map(|which| (one, which)));
        let tree = frontend.map(|(frontend, language)| frontend.parse(&file, language).0);
        let found = scan(&file, tree.as_ref(), role_of(file.path()));
        for finding in &found.findings {
            let Finding { severity, confidence, rule, title, location, related, .. } = finding;
            let more = if related.is_empty() { String::new() } else { format!(" +{}", related.len()) };
            lines.push(format!("{location} {severity} {} {rule} {title}{more}", confidence.name()));
        }
        for span in &found.spans {
            let value = file.slice(*span);
            let shown = format!("{:?}", found.findings);
            assert!(value.len() < 9 || !shown.contains(value), "{} shows a value", file.path());
        }
    }
    lines.join("\n") + "\n"
}

/// The roles that the fixtures need; the workspace tells them in earnest.
fn role_of(path: &str) -> CodeContext {
    match path.split('/').next() {
        Some("tests") => CodeContext::Test,
        Some("docs") => CodeContext::Example,
        Some("dist") => CodeContext::Generated,
        _ if path.contains(".example") => CodeContext::Example,
        _ => CodeContext::Production,
    }
}

#[test]
fn fixtures() {
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/secret")).unwrap() {
        let case = entry.unwrap().path();
        cases.insert(case.clone(), report(&case));
    }
    let mut wrong = Vec::new();
    for (case, report) in cases {
        let wanted = std::fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        if wanted.trim() != report.trim() {
            wrong.push(format!("{}\n{report}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "found otherwise than in expected.txt:\n{}", wrong.join("\n"));
}

/// All fixture texts, to cut and flip.
fn material() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    files_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/secret"), &mut paths);
    paths.sort();
    paths
        .iter()
        .map(|path| (path.to_string_lossy().into_owned(), revealed(&std::fs::read_to_string(path).unwrap())))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cut_and_flipped_input_never_panics(pick in any::<prop::sample::Index>(), cut in 0.0..1.0_f64, flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..6)) {
        let material = material();
        let (path, text) = &material[pick.index(material.len())];
        let mut chars: Vec<char> = text.chars().collect();
        for (at, with) in flips {
            if !chars.is_empty() {
                let at = at.index(chars.len());
                chars[at] = with;
            }
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let kept = (chars.len() as f64 * cut) as usize;
        let file = SourceFile::new(path.rsplit('/').next().unwrap_or(""), chars[..kept].iter().collect::<String>());
        let found = scan(&file, None, CodeContext::Production);
        for span in &found.spans {
            prop_assert!(file.text().get(span.range()).is_some());
        }
    }

    #[test]
    fn no_output_holds_a_value(value in "[A-Za-z0-9]{12}[0-9][A-Za-z0-9]{8,30}", name in "(api_key|secret|password|AUTH_TOKEN)") {
        let file = SourceFile::new("app.rb", format!("{name} = \"{value}\"\nputs \"{value}\"\n"));
        let found = scan(&file, None, CodeContext::Production);
        let shown = serde_json::to_string(&found.findings).unwrap();
        prop_assert!(!shown.contains(&value), "{shown}");
        if !found.findings.is_empty() {
            let masked = crate::base::mask::mask_line(file.text(), &found.spans);
            prop_assert!(!masked.contains(&value), "{masked}");
        }
    }
}

#[test]
fn one_value_is_one_finding_with_its_other_places() {
    let text = revealed(
        "a_api~_key ~= \"f3Kq9~ZxT0bWm7LpR2vHs\"\nb_token ~= \"f3Kq9~ZxT0bWm7LpR2vHs\"\nputs 'f3Kq9~ZxT0bWm7LpR2vHs'\n",
    );
    let found = scan(&SourceFile::new("a.rb", text), None, CodeContext::Production);
    assert_eq!((found.findings.len(), found.findings[0].related.len(), found.spans.len()), (1, 2, 3));
}

#[test]
fn a_fingerprint_survives_a_move_and_tells_values_apart() {
    let print = |text: &str| plain_print(&revealed(text));
    let one = print("api_key ~= \"f3Kq9~ZxT0bWm7LpR2vHs\"\n");
    assert_eq!(one, print("\n\n# more\napi_key ~= \"f3Kq9~ZxT0bWm7LpR2vHs\"\n"));
    assert_ne!(one, print("api_key ~= \"g3Kq9~ZxT0bWm7LpR2vHs\"\n"));
}

fn plain_print(text: &str) -> String {
    scan(&SourceFile::new("a.rb", text), None, CodeContext::Production).findings[0].fingerprint.clone()
}

/// Were the work quadratic in the line, this would not end.
#[test]
fn a_long_line_of_beginnings_is_gone_through() {
    let line = "eyJeyJ-----BEGIN PRIVATE KEY-----password=sk-sk-https://a:b:c:\"secret_key_token=".repeat(4_000);
    let found = plain(&line);
    assert!(found.findings.len() < 10, "{:?}", found.findings.len());
}

#[test]
fn pipelines_and_comments_weigh_little() {
    let secret = revealed("COOKIE~_SECRET: \"f3Kq9~ZxT0bWm7LpR2vHs\"\n");
    let severity = |path: &str, text: &str| {
        scan(&SourceFile::new(path, text), None, CodeContext::Production).findings.first().map(|one| one.severity)
    };
    assert_eq!(severity("compose.yaml", &secret), Some(Severity::High));
    for path in [".ci/compose.yaml", "compose.ci.yaml", "docker-compose.test.yml", ".travis.yml"] {
        assert_eq!(severity(path, &secret), Some(Severity::Low), "{path}");
    }
    assert_eq!(severity("src/cities/compose.yaml", &secret), Some(Severity::High));
    let issued = revealed("stripe: \"sk_live_~51Mk2LpQ8vZ4tYw7XcR9nB3jHs6GdFa\"\n");
    assert!(severity(".travis.yml", &issued) >= Some(Severity::High));
    let token = revealed(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.~eyJzdWIiOiI1ZWJhYzUzNDk1NGI1NDEzOTgwNmMxMTIiLCJpYXQiOjE1ODkyOTg0ODR9.~m1U63blB0MLej_WfB7yC2FTMnCziif9X8yzwDEfJXAg",
    );
    let line = |head: &str| severity("src/a.rb", &format!("{head}refresh: '{token}'\n"));
    assert!(line("") >= Some(Severity::Medium));
    assert_eq!(line(" *   "), Some(Severity::Low));
}

#[test]
fn a_block_comment_may_hold_what_was_in_use() {
    let found = |text: &str| {
        let text = revealed(text);
        scan(&SourceFile::new("src/a.js", text.as_str()), None, CodeContext::Production).findings.len()
    };
    assert_eq!(found("/* const apiKey = \"q8TzL4mWp2~vKx9Rbc1Yd\"; */\n"), 1);
    assert_eq!(found("/* password: \"Zk7!mPq2~#vLx9Wq\" */\n"), 1);
    for harmless in [
        "/* the password: \"Zk7!mPq2~#vLx9Wq\" of the example */\n",
        "/* token = \"your~-token\" */\n",
        "/** token = \"abc~def\" */\n",
    ] {
        assert_eq!(found(harmless), 0, "{harmless}");
    }
}

#[test]
fn severities_of_roles() {
    let text = revealed("stripe = \"sk_live_~51Mk2LpQ8vZ4tYw7XcR9nB3jHs6GdFa\"\n");
    let severity = |context| scan(&SourceFile::new("a.rb", text.as_str()), None, context).findings[0].severity;
    assert_eq!(severity(CodeContext::Production), Severity::Critical);
    assert_eq!(severity(CodeContext::Test), Severity::Low);
    assert_eq!(severity(CodeContext::Generated), Severity::Critical);
}
