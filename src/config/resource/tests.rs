//! Fixtures of every reader, and laws.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::{ResourceExtract, build_settings, modules, project, read};
use crate::base::{CodeContext, SourceFile, fixture};
use crate::frontend;
use crate::workspace::classify;

fn extract(path: &str, text: &str) -> ResourceExtract {
    let file = SourceFile::new(path, text);
    let context = classify::context(path);
    let mut found = read(&file, context);
    for frontend in frontend::ALL {
        if let Some(language) = frontend.language_of(path).filter(|_| !frontend::is_markup(path)) {
            found.resources.extend(build_settings(&file, &frontend.parse(&file, language).0, context));
        }
    }
    found
}

fn inputs(case: &Path) -> Vec<(String, String)> {
    fixture::inputs_without_tildes(case, &["resources.txt"])
}

fn check(case: &Path) {
    let inputs = inputs(case);
    let mut resources = Vec::new();
    let mut parts = Vec::new();
    let mut shown = String::new();
    for (path, text) in &inputs {
        let found = extract(path, text);
        resources.extend(found.resources);
        parts.extend(found.module);
        for problem in &found.problems {
            let _ = writeln!(shown, "problem {path} {}", problem.message);
        }
    }
    let files: Vec<(&str, CodeContext)> =
        inputs.iter().map(|(path, _)| (path.as_str(), classify::context(path))).collect();
    let text_of = |wanted: &str| {
        let (path, text) = inputs.iter().find(|(path, _)| path == wanted)?;
        Some(Arc::new(SourceFile::new(path.as_str(), text.as_str())))
    };
    let parts: Vec<_> = parts.iter().map(|part| &**part).collect();
    resources.extend(modules(&parts, &text_of).0);
    project(&files, &mut resources, &text_of);
    for resource in &resources {
        let at = &resource.location;
        let _ = write!(shown, "{}:{} {} `{}`", at.path, at.line, resource.kind, resource.name);
        let context = format!("{:?}", resource.context).to_lowercase();
        let _ = writeln!(shown, "{}", if context == "production" { String::new() } else { format!(" [{context}]") });
        for (key, facts) in &resource.facts {
            for fact in facts {
                let _ = writeln!(shown, "  {}:{} {key} = {}", fact.location.line, fact.location.column, fact.value);
            }
        }
    }
    let expected = case.join("resources.txt");
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        std::fs::write(&expected, &shown).unwrap();
    }
    let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
    assert!(shown == wanted, "{} differs; STAGECLEAR_BLESS=1 rewrites it. Found:\n{shown}", expected.display());
}

#[test]
fn every_fixture_gives_its_resources() {
    let cases = fixture::cases("resource");
    assert!(cases.len() >= 7);
    for case in &cases {
        check(case);
    }
}

/// Locals each of which is the one before it twice, over and over.
fn doubling() -> String {
    let mut text = "locals {\n  a0 = [\"x\"]\n".to_owned();
    for at in 1..60 {
        let _ = writeln!(
            text,
            "  a{at} = concat(local.a{0}, local.a{0})\n  b{at} = \"${{local.b{0}}}${{local.b{0}}}\"",
            at - 1
        );
    }
    text + "}\nresource \"a\" \"b\" {\n  c = local.a59\n  d = local.b59\n}\n"
}

#[test]
fn hostile_files_are_cut() {
    let cases = [
        ("Dockerfile", "FROM a\nRUN x \\\n".repeat(50_000)),
        ("Dockerfile", format!("FROM a\n{}", "RUN <<A\n".repeat(20_000))),
        ("Dockerfile", format!("ARG A={}\n{}FROM $A", "x".repeat(200), "ARG A=$A$A$A$A\n".repeat(400))),
        ("Dockerfile", format!("FROM a\nENV {}", "A=\"b ".repeat(50_000))),
        ("compose.yaml", format!("services:\n  a:\n    ports: {}", "[".repeat(5_000))),
        ("compose.yaml", format!("services:\n  a:\n    ports: [{}]", "1:1, ".repeat(20_000))),
        (
            ".github/workflows/a.yml",
            format!("on: push\njobs:\n  a:\n    steps:\n{}", "    - run: ${{ x\n".repeat(3_000)),
        ),
        ("nginx.conf", "server { location /a {".repeat(20_000)),
        ("nginx.conf", format!("server {{ {}", "a${".repeat(50_000))),
        (".mcp.json", format!("{{\"mcpServers\": {}", "{\"a\":".repeat(5_000))),
        ("CLAUDE.md", "\u{200B}a".repeat(100_000)),
        ("CLAUDE.md", "curl a | ".repeat(20_000)),
        ("index.html", "<script src=\"https://a.example".repeat(20_000)),
        ("main.tf", "resource \"a\" \"b\" {\n  c = [".to_owned() + &"[".repeat(20_000)),
        ("main.tf", format!("locals {{\n  a = {}1\n}}", "1 + ".repeat(50_000))),
        ("main.tf", "resource \"a\" \"b\" {\n  c = \n}\n".repeat(20_000)),
        ("main.tf", format!("resource \"a\" \"b\" {{\n{}", "  c {\n".repeat(20_000))),
        ("main.tf", doubling()),
        (
            "template.yaml",
            format!(
                "Resources:\n  a:\n    Type: AWS::S3::Bucket\n    Properties:\n      A: {}",
                "!Sub [".repeat(10_000)
            ),
        ),
        (
            "template.yaml",
            "Resources:\n  a: {Type: 'AWS::S3::Bucket', Properties: {A: !Ref a}}\nParameters: {a: {Default: !Ref a}}"
                .to_owned(),
        ),
        ("k.yaml", "apiVersion: v1\nkind: List\nitems:\n".to_owned() + &"- {kind: List, items: [".repeat(2_000)),
    ];
    for (path, text) in cases {
        let found = extract(path, &text);
        let part: Vec<_> = found.module.iter().map(|part| &**part).collect();
        let described = modules(&part, &|path| Some(Arc::new(SourceFile::new(path, text.as_str())))).0;
        assert!(found.resources.len() + described.len() <= 2_001, "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cut_and_flipped_files_never_panic(case in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), what in any::<char>(), cut in any::<bool>()) {
        let cases = fixture::cases("resource");
        let inputs = inputs(&cases[case.index(cases.len())]);
        let (path, text) = which.get(&inputs);
        let text = fixture::mangled(text, at, what, cut);
        let lines = u32::try_from(text.lines().count() + 1).unwrap();
        let found = extract(path, &text);
        let part: Vec<_> = found.module.iter().map(|part| &**part).collect();
        let described = modules(&part, &|path| Some(Arc::new(SourceFile::new(path, text.as_str())))).0;
        for resource in found.resources.into_iter().chain(described) {
            prop_assert!(resource.location.line <= lines);
        }
    }

    #[test]
    fn no_secret_stands_in_a_fact(secret in "[A-Za-z0-9]{24,40}") {
        for (path, text) in [
            ("Dockerfile", format!("FROM a\nENV API_KEY={secret} DB_PASSWORD=\"{secret}\"\nCMD [\"run\", \"--url\", \"redis://u:{secret}@h\"]")),
            ("compose.yaml", format!("services:\n  a:\n    environment:\n      - TOKEN={secret}\n    command: redis-server --requirepass {secret}\n")),
            ("k.yaml", format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{password: {secret}}}")),
            (".mcp.json", format!("{{\"mcpServers\": {{\"a\": {{\"command\": \"npx\", \"env\": {{\"API_KEY\": \"{secret}\"}}, \"headers\": {{\"Authorization\": \"Bearer {secret}\"}}}}}}}}")),
            (".claude/settings.json", format!("{{\"env\": {{\"API_TOKEN\": \"{secret}\"}}, \"permissions\": {{\"allow\": [\"Bash(PGPASSWORD={secret} psql:*)\"]}}}}")),
        ] {
            let json = serde_json::to_string(&extract(path, &text).resources).unwrap();
            prop_assert!(!json.contains(&secret), "{json}");
            prop_assert!(!json.contains(&secret[5..15]), "{json}");
        }
    }
}
