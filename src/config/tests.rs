//! Fixtures of every format and language, and laws of the readers.

#![allow(clippy::format_collect, reason = "inputs of tests are short")]

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::{ALL, ConfigExtract, Setting, SettingValue, source_settings};
use crate::base::{CodeContext, SourceFile, fixture};
use crate::frontend;

fn read(path: &str, text: &str) -> ConfigExtract {
    let file = SourceFile::new(path, text);
    for frontend in frontend::ALL {
        if let Some(language) = frontend.language_of(path) {
            let (tree, problems) = frontend.parse(&file, language);
            return ConfigExtract { settings: source_settings(&file, &tree, CodeContext::Production), problems };
        }
    }
    let mut all = ConfigExtract::default();
    for parser in ALL.iter().filter(|parser| parser.matches(path)) {
        let extract = parser.parse(&file);
        all.settings.extend(extract.settings);
        all.problems.extend(extract.problems);
    }
    all
}

fn shown(value: &SettingValue) -> String {
    match value {
        SettingValue::Literal { value } => value.to_string(),
        SettingValue::Environment { name, default: None } => format!("env {name}"),
        SettingValue::Environment { name, default: Some(default) } => format!("env {name} default {default}"),
        SettingValue::OneOf { values } => values.iter().map(shown).collect::<Vec<_>>().join(" | "),
        SettingValue::Named { name } => format!("the value of {name}"),
        SettingValue::Unknown => "?".to_owned(),
    }
}

fn line(setting: &Setting) -> String {
    let at = &setting.location;
    let mut line = format!("{}:{} {} {} = {}", at.line, at.column, setting.dialect, setting.key, shown(&setting.value));
    if setting.context != CodeContext::Production {
        let _ = write!(line, " [{}]", format!("{:?}", setting.context).to_lowercase());
    }
    for (set, flag) in [(setting.secret, " secret"), (setting.weak, " weak")] {
        line.push_str(if set { flag } else { "" });
    }
    if let Some(note) = &setting.provenance {
        let _ = write!(line, " ({note})");
    }
    line
}

fn inputs(case: &Path) -> Vec<(String, String)> {
    fixture::inputs_without_tildes(case, &["settings.txt", "effective.txt"])
}

fn check(case: &Path) {
    let mut found = String::new();
    for (path, text) in inputs(case) {
        let extract = read(&path, &text);
        let _ = writeln!(found, "# {path}");
        for setting in &extract.settings {
            let _ = writeln!(found, "{}", line(setting));
        }
        for problem in &extract.problems {
            let at = problem.location.as_ref().map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
            let _ = writeln!(found, "problem {at} {}", problem.message);
        }
    }
    let expected = case.join("settings.txt");
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        std::fs::write(&expected, &found).unwrap();
    }
    let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
    assert!(found == wanted, "{} differs; STAGECLEAR_BLESS=1 rewrites it. Found:\n{found}", expected.display());
}

#[test]
fn every_fixture_gives_its_settings() {
    let cases = fixture::cases("config");
    assert!(cases.len() >= 8);
    for case in &cases {
        check(case);
    }
}

/// Settings of several files together: `fixtures/effective/<case>/effective.txt` lists what is known of production.
#[test]
fn values_in_production_come_from_other_files() {
    let cases = fixture::cases("effective");
    assert!(cases.len() >= 4);
    for case in cases {
        let mut settings = Vec::new();
        for (path, text) in inputs(&case) {
            settings.extend(read(&path, &text).settings);
        }
        super::effective::fill(&mut settings);
        let mut found = String::new();
        for setting in &settings {
            let Some(effective) = &setting.effective else { continue };
            let mark = if effective.overridden { "overridden by" } else { "is" };
            let (at, why) = (&setting.location, &effective.provenance);
            let value = shown(&effective.value);
            let _ = writeln!(found, "{}:{} {} {mark} {value}: {why}", at.path, at.line, setting.key);
        }
        let expected = case.join("effective.txt");
        if std::env::var_os("STAGECLEAR_BLESS").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        assert!(found == wanted, "{} differs; STAGECLEAR_BLESS=1 rewrites it. Found:\n{found}", expected.display());
    }
}

#[test]
fn deep_and_huge_files_are_cut_and_reported() {
    let deep = [
        ("config.yaml", format!("a: {}", "[".repeat(5_000))),
        ("config.yaml", (0..2_000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n")),
        ("config.yaml", "- ".repeat(20_000)),
        ("config.json", format!("{{\"a\": {}1", "[".repeat(5_000))),
        ("config.json", format!("{{\"a\": {}1{}}}", "[".repeat(200), "]".repeat(200))),
        ("config.toml", format!("a = {}", "[".repeat(5_000))),
        ("config.toml", format!("[{}a]\n", "a.".repeat(5_000))),
    ];
    for (path, text) in deep {
        let extract = read(path, &text);
        assert!(!extract.problems.is_empty(), "{path} {text:.20}");
    }
    let many: String = (0..6_000).map(|at| format!("K{at}=1\n")).collect();
    let extract = read(".env", &many);
    assert_eq!(extract.settings.len(), 5_000);
    assert_eq!(extract.problems[0].message, "more than 5000 settings, the rest was left out");
}

#[test]
fn aliases_of_aliases_do_not_explode() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..12 {
        let part = format!("*a{}, ", at - 1).repeat(10);
        let _ = writeln!(text, "a{at}: &a{at} [{}]", part.trim_end_matches(", "));
    }
    let extract = read("config.yaml", &text);
    assert!(extract.settings.len() <= 5_000);
}

/// As the caller promises: 64 MiB of stack.
fn on_a_large_stack(work: fn()) {
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn long_programs_stay_within_the_budget() {
    on_a_large_stack(long_programs);
}

fn long_programs() {
    let appends = "A.append('x')\n".repeat(20_000);
    let text = format!("INSTALLED_APPS = []\nA = []\n{appends}D = {{}}\n{}", "D['a'] = {'b': 1}\n".repeat(5_000));
    assert!(!read("settings.py", &text).settings.is_empty());
    let nested = format!("INSTALLED_APPS = {}1{}", "[".repeat(300), "]".repeat(300));
    read("settings.py", &nested);
    let doubling: String = (1..60).map(|at| format!("A{at} = A{} + A{}\n", at - 1, at - 1)).collect();
    read("settings.py", &format!("INSTALLED_APPS = []\nA0 = ['x']\n{doubling}"));
    let strings: String = (1..60).map(|at| format!("S{at} = S{} + S{}\n", at - 1, at - 1)).collect();
    read("settings.py", &format!("INSTALLED_APPS = []\nS0 = 'xxxxxxxx'\n{strings}"));
    let chain: String = (1..5_000).map(|at| format!("M{at} = {{'a': M{}}}\n", at - 1)).collect();
    read("settings.py", &format!("INSTALLED_APPS = []\nM0 = {{'x': 1}}\n{chain}"));
    let maps: String = (1..60).map(|at| format!("M{at} = {{'a': M{}, 'b': M{}}}\n", at - 1, at - 1)).collect();
    read("settings.py", &format!("INSTALLED_APPS = []\nM0 = {{'x': 1}}\n{maps}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn cut_and_flipped_files_never_panic(case in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), what in any::<char>(), cut in any::<bool>()) {
        let cases = fixture::cases("config");
        let inputs = inputs(&cases[case.index(cases.len())]);
        let (path, text) = which.get(&inputs);
        let text = fixture::mangled(text, at, what, cut);
        let lines = u32::try_from(text.lines().count() + 1).unwrap();
        for setting in read(path, &text).settings {
            prop_assert!(setting.location.line <= lines);
        }
    }

    #[test]
    fn no_secret_stands_in_a_setting(secret in "[A-Za-z0-9]{24,40}") {
        for (path, text) in [
            (".env", format!("DB_PASSWORD={secret}\nURL=postgres://u:{secret}@h/d\nexport API_KEY=\"{secret}\"")),
            ("docker-compose.yml", format!("services:\n  a:\n    environment:\n      - TOKEN={secret}\n      - URL=redis://:{secret}@h\n")),
            ("config.json", format!("{{\"jwt\": {{\"secret\": \"{secret}\"}}, \"apiKeys\": [\"{secret}\"]}}")),
            ("config.toml", format!("password = '{secret}'\n[a]\nsecret_key = \"{secret}\"")),
            ("config.js", format!("const s = '{secret}';\nmodule.exports = {{ jwtSecret: process.env.A || s, a: [{{ password: '{secret}' }}] }};\napp.use(session({{ secret: ['{secret}'] }}));\napp.use(cookieParser(`{secret}`));\n")),
            ("config.ini", format!("[db]\npassword = {secret}\n")),
            ("settings.py", format!("import os\nINSTALLED_APPS = []\nSECRET_KEY = os.environ.get('X', '{secret}')\nDATABASES = {{'default': {{'PASSWORD': '{secret}'}}}}\nA = 'postgres://u:' + '{secret}' + '@h/d'\nAPI_KEY = '{secret}' if DEBUG else os.getenv('K') or '{secret}'\nSIMPLE_JWT = [{{'SIGNING_KEY': '{secret}'}}, 'b']\n")),
        ] {
            for setting in read(path, &text).settings {
                let json = serde_json::to_string(&setting).unwrap();
                prop_assert!(!json.contains(&secret), "{json}");
                prop_assert!(!json.contains(&secret[5..15]), "{json}");
            }
        }
    }
}
