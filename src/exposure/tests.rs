//! Whole small apps, as files in a folder under `fixtures/exposure`; `expected.txt` lists client files and facts.

use std::path::Path;

use super::credential::{by_name, by_value, public_name};
use super::*;
use crate::base::fixture;
use crate::config;
use crate::flow::{ParsedFile, Resolver};
use crate::frontend;

fn files(case: &Path) -> Vec<(String, String)> {
    fixture::inputs_without_tildes(case, &["expected.txt"])
}

fn run(files: &[(String, String)]) -> String {
    let sources: Vec<std::sync::Arc<SourceFile>> =
        files.iter().map(|(path, text)| std::sync::Arc::new(SourceFile::new(path, text))).collect();
    let (mut parsed, mut manifests, mut settings, mut resolver) =
        (Vec::new(), Vec::new(), Vec::new(), Resolver::default());
    for source in &sources {
        let path = source.path();
        if path.ends_with("package.json") {
            manifests.extend(Manifest::read(path, source.text()));
            resolver.add_package_json(path, source.text());
        }
        for parser in config::ALL.iter().filter(|parser| parser.matches(path)) {
            settings.extend(parser.parse(source).settings);
        }
        if let Some(frontend) = frontend::of(path)
            && let Some(language) = frontend.language_of(path)
        {
            let (tree, _) = frontend.parse(source, language);
            parsed.push(ParsedFile { file: source.clone(), tree: tree.into(), context: CodeContext::Production });
        }
    }
    let project = Project::build_with(&parsed, resolver);
    let text = |path: &str| sources.iter().find(|source| source.path() == path).map(AsRef::as_ref);
    let found = analyse(&project, &manifests, settings.iter(), &text);
    let mut lines: Vec<String> = found.client.iter().map(|(file, from)| format!("client {file} from {from}")).collect();
    lines.sort();
    lines.extend(found.facts.iter().map(|fact| {
        let written = if fact.written { " written" } else { "" };
        let from = if fact.reached_from.is_empty() { String::new() } else { format!(" from {}", fact.reached_from) };
        format!("{} {:?} {} {:?}{written}{from}", fact.location, fact.kind, fact.name, fact.credential)
    }));
    lines.join("\n") + "\n"
}

#[test]
fn fixtures_give_what_they_expect() {
    let cases = fixture::cases("exposure");
    assert!(cases.len() >= 3);
    for case in cases {
        let found = run(&files(&case));
        let place = case.join("expected.txt");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&place, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&place).unwrap_or_default();
        assert_eq!(found, expected, "{}", case.display());
    }
}

#[test]
fn names_say_what_they_hold() {
    for (name, wanted) in [
        ("SUPABASE_SERVICE_ROLE_KEY", Credential::ServiceRole),
        ("SUPABASE_ANON_KEY", Credential::Publishable),
        ("SUPABASE_KEY", Credential::Publishable),
        ("SUPABASE_URL", Credential::None),
        ("FIREBASE_API_KEY", Credential::Publishable),
        ("FIREBASE_DATABASE_URL", Credential::None),
        ("DATABASE_URL", Credential::Database),
        ("OPENAI_API_KEY", Credential::ModelKey),
        ("GEMINI_KEY", Credential::ModelKey),
        ("GOOGLE_MAPS_API_KEY", Credential::Publishable),
        ("STRIPE_PUBLISHABLE_KEY", Credential::Publishable),
        ("STRIPE_SECRET_KEY", Credential::Payment),
        ("JWT_SECRET", Credential::SigningKey),
        ("ADMIN_PASSWORD", Credential::Password),
        ("RECAPTCHA_SITE_KEY", Credential::Publishable),
        ("SENTRY_DSN", Credential::None),
        ("POSTHOG_KEY", Credential::Publishable),
        ("WEATHER_API_KEY", Credential::ApiKey),
        ("API_URL", Credential::None),
        ("TOKEN_URL", Credential::None),
        ("GITHUB_TOKEN", Credential::Secret),
        ("APP_NAME", Credential::None),
        ("", Credential::None),
    ] {
        assert_eq!(by_name(name), wanted, "{name}");
    }
    assert_eq!(public_name("VITE_"), None);
    assert_eq!(public_name("NEXT_PUBLIC_A"), Some("A"));
}

#[test]
fn values_say_what_they_are() {
    let anon = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl";
    let service = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl";
    assert_eq!(by_value(anon), Some(Credential::Publishable));
    assert_eq!(by_value(service), Some(Credential::ServiceRole));
    assert_eq!(by_value("pk_live_abc"), Some(Credential::Publishable));
    assert_eq!(by_value("postgres://u:p4@db.internal/app"), Some(Credential::Database));
    for nothing in
        ["", "your-key-here", "eyJ.eyJ.", "eyJ.%%.x", "https://api.example", "postgres://db.example/app", "plain"]
    {
        assert_eq!(by_value(nothing), None, "{nothing}");
    }
    assert_eq!(by_value(&format!("eyJ{}.eyJ.x", "A".repeat(100_000))), None);
}
