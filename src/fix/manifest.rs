//! Where manifests ask for packages: each entry with the bytes that hold its range, so that an edit touches nothing else.
//!
//! This reads what the parsers of [`crate::lockfile`] read, but for places instead of packages; what those do not list
//! (computed versions, `setup.py`) is not edited here either. JSON and TOML are read by their crates, which give places;
//! the formats of lines are in [`super::lines`].

use std::ops::Range;

use jsonc_parser::ast;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::lines;
use super::range::Style;
use crate::base::SourceFile;
use crate::package::{Ecosystem, normalize};

/// A larger manifest was not written by a person.
const LONGEST: usize = 4 << 20;

/// A place that asks for a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Want {
    /// Normalised name.
    pub(super) name: String,
    /// What stands there.
    pub(super) requirement: String,
    /// The bytes of it.
    pub(super) span: Range<usize>,
    pub(super) style: Style,
    /// Why it must not be edited without more.
    pub(super) hindrance: Option<&'static str>,
    /// Whether it forces the version on everyone (`overrides`), rather than ask for the project itself.
    pub(super) forces: bool,
    /// Whether it stands among what development needs.
    pub(super) dev: bool,
}

impl Want {
    pub(super) fn new(style: Style, name: &str, text: &str, span: Range<usize>) -> Option<Self> {
        let requirement = text.get(span.clone())?.to_owned();
        let name = normalize(style.ecosystem(), name);
        Some(Self { name, requirement, span, style, hindrance: None, forces: false, dev: false })
    }
}

/// Everything that a manifest asks for, in file order; nothing for what is no manifest.
pub(super) fn wants(file: &SourceFile) -> Vec<Want> {
    let text = file.text();
    if text.len() > LONGEST {
        return Vec::new();
    }
    let name = file.path().rsplit('/').next().unwrap_or(file.path());
    let mut found = match name {
        "package.json" => package_json(text),
        "composer.json" => composer_json(text),
        "pyproject.toml" => pyproject(text),
        "Pipfile" => pipfile(text),
        "Cargo.toml" => cargo_toml(text),
        "go.mod" => lines::go_mod(text),
        "Gemfile" | "gems.rb" => lines::gemfile(text),
        "pom.xml" => lines::pom(text),
        "build.gradle" | "build.gradle.kts" => lines::gradle(text),
        "packages.config" => lines::nuget(text),
        _ if name.ends_with(".gemspec") => lines::gemfile(text),
        _ if name.ends_with(".versions.toml") => catalogue(text),
        _ if [".csproj", ".fsproj", ".vbproj", ".props"].iter().any(|end| name.ends_with(end)) => lines::nuget(text),
        _ if [".yml", ".yaml"].iter().any(|end| name.ends_with(end)) => lines::actions(text),
        _ if is_requirements(file.path()) => lines::requirements(text),
        _ => Vec::new(),
    };
    found.sort_by_key(|want| want.span.start);
    found
}

/// Whether pip reads the file.
pub(super) fn is_requirements(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = folder.rsplit('/').next().unwrap_or(folder).to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    name.strip_suffix(".txt").is_some_and(|stem| {
        ["requirements", "constraints"].iter().any(|word| stem.starts_with(word) || stem.ends_with(word))
            || matches!(folder.as_str(), "requirements" | "reqs")
    })
}

/// The bytes between the quotes of a literal; `None` where escapes or several lines stand in the way.
fn inside(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let raw = text.get(span.clone())?;
    let quote = raw.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
    let plain = !inner.contains(['\\', '\n', quote]);
    plain.then(|| span.start + 1..span.end - 1)
}

/// The root object of a JSON file.
pub(super) fn json(text: &str) -> Option<ast::Object<'_>> {
    let options = jsonc_parser::ParseOptions { allow_trailing_commas: true, ..Default::default() };
    let parsed = jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &options).ok()?;
    match parsed.value {
        Some(ast::Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// The member of an object; of equal keys the last one counts.
pub(super) fn member<'o, 'a>(object: &'o ast::Object<'a>, key: &str) -> Option<&'o ast::Value<'a>> {
    object.properties.iter().rev().find(|property| property.name.as_str() == key).map(|property| &property.value)
}

fn json_section(text: &str, object: &ast::Object<'_>, style: Style, into: &mut Vec<Want>) {
    for property in &object.properties {
        if let ast::Value::StringLit(literal) = &property.value
            && let Some(span) = inside(text, literal.range.start..literal.range.end)
        {
            let name = property.name.as_str();
            // `npm:other@^1` asks for the other one; `a/**/b` and `a@1` are patterns of overrides.
            let alias = literal.value.strip_prefix("npm:").and_then(|alias| alias.get(1..)?.find('@'));
            let aliased = alias.and_then(|at| literal.value.get(4..at + 5));
            into.extend(Want::new(style, aliased.unwrap_or(name), text, span));
        }
    }
}

fn package_json(text: &str) -> Vec<Want> {
    const SECTIONS: [(&str, bool); 4] = [
        ("dependencies", false),
        ("devDependencies", true),
        ("optionalDependencies", false),
        ("peerDependencies", false),
    ];
    let Some(root) = json(text) else { return Vec::new() };
    let mut found = Vec::new();
    for (section, dev) in SECTIONS {
        if let Some(ast::Value::Object(object)) = member(&root, section) {
            let before = found.len();
            json_section(text, object, Style::Npm, &mut found);
            found[before..].iter_mut().for_each(|want: &mut Want| want.dev = dev);
            if section == "peerDependencies" {
                // It is what others must bring, and wide on purpose.
                found.truncate(before);
            }
        }
    }
    let pnpm = match member(&root, "pnpm") {
        Some(ast::Value::Object(pnpm)) => member(pnpm, "overrides"),
        _ => None,
    };
    for forced in [member(&root, "overrides"), member(&root, "resolutions"), pnpm].into_iter().flatten() {
        if let ast::Value::Object(object) = forced {
            let before = found.len();
            json_section(text, object, Style::Npm, &mut found);
            found[before..].iter_mut().for_each(|want| want.forces = true);
        }
    }
    found
}

fn composer_json(text: &str) -> Vec<Want> {
    let Some(root) = json(text) else { return Vec::new() };
    let mut found = Vec::new();
    for (section, dev) in [("require", false), ("require-dev", true)] {
        if let Some(ast::Value::Object(object)) = member(&root, section) {
            let before = found.len();
            json_section(text, object, Style::Composer, &mut found);
            found[before..].iter_mut().for_each(|want: &mut Want| want.dev = dev);
        }
    }
    found.retain(|want| want.name.contains('/'));
    found
}

type Value<'i> = Spanned<DeValue<'i>>;

fn toml_root(text: &str) -> DeTable<'_> {
    DeTable::parse_recoverable(text).0.into_inner()
}

fn at<'t, 'i>(table: &'t DeTable<'i>, keys: &[&str]) -> Option<&'t Value<'i>> {
    let (first, rest) = keys.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() { Some(value) } else { at(inner(value)?, rest) }
}

fn inner<'t, 'i>(value: &'t Value<'i>) -> Option<&'t DeTable<'i>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn table<'t, 'i>(root: &'t DeTable<'i>, keys: &[&str]) -> Vec<(&'t str, &'t Value<'i>)> {
    let members = at(root, keys).and_then(inner);
    members
        .map(|members| members.iter().map(|(key, value)| (key.get_ref().as_ref(), value)).collect())
        .unwrap_or_default()
}

/// The range of `name = "1"` or `name = { version = "1" }`.
fn version<'t, 'i>(value: &'t Value<'i>) -> Option<&'t Value<'i>> {
    match value.get_ref() {
        DeValue::String(_) => Some(value),
        DeValue::Table(table) => table.get("version"),
        _ => None,
    }
}

fn entry(text: &str, style: Style, name: &str, value: &Value<'_>) -> Option<Want> {
    Want::new(style, name, text, inside(text, version(value)?.span())?)
}

/// An array of PEP 508 strings.
fn specifiers(text: &str, list: &Value<'_>, dev: bool, into: &mut Vec<Want>) {
    let DeValue::Array(list) = list.get_ref() else { return };
    for element in list.iter().filter(|element| matches!(element.get_ref(), DeValue::String(_))) {
        if let Some(span) = inside(text, element.span())
            && let Some(want) = lines::pep508(text, span)
        {
            into.push(Want { dev, ..want });
        }
    }
}

fn pyproject(text: &str) -> Vec<Want> {
    let root = toml_root(text);
    let mut found = Vec::new();
    for (keys, dev) in [(&["project", "dependencies"][..], false), (&["tool", "uv", "dev-dependencies"], true)] {
        if let Some(list) = at(&root, keys) {
            specifiers(text, list, dev, &mut found);
        }
    }
    for (keys, dev) in [
        (&["project", "optional-dependencies"][..], false),
        (&["dependency-groups"], true),
        (&["tool", "pdm", "dev-dependencies"], true),
    ] {
        for (_, list) in table(&root, keys) {
            specifiers(text, list, dev, &mut found);
        }
    }
    if let Some(list) = at(&root, &["tool", "uv", "override-dependencies"]) {
        let before = found.len();
        specifiers(text, list, false, &mut found);
        found[before..].iter_mut().for_each(|want| want.forces = true);
    }
    let mut poetry = |members: Vec<(&str, &Value<'_>)>, dev: bool| {
        for (name, value) in members.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("python")) {
            found.extend(entry(text, Style::Poetry, name, value).map(|want| Want { dev, ..want }));
        }
    };
    poetry(table(&root, &["tool", "poetry", "dependencies"]), false);
    poetry(table(&root, &["tool", "poetry", "dev-dependencies"]), true);
    for (group, value) in table(&root, &["tool", "poetry", "group"]) {
        let members = inner(value).map(|group| table(group, &["dependencies"])).unwrap_or_default();
        poetry(members, group != "main");
    }
    found
}

fn pipfile(text: &str) -> Vec<Want> {
    let root = toml_root(text);
    let mut found = Vec::new();
    for (section, dev) in [("packages", false), ("dev-packages", true)] {
        let members = table(&root, &[section]);
        let wants = members.into_iter().filter_map(|(name, value)| entry(text, Style::Pep508, name, value));
        found.extend(wants.map(|want| Want { dev, ..want }));
    }
    found
}

fn cargo_toml(text: &str) -> Vec<Want> {
    const SECTIONS: [&str; 5] =
        ["dependencies", "dev-dependencies", "dev_dependencies", "build-dependencies", "build_dependencies"];
    let root = toml_root(text);
    let targets = table(&root, &["target"]);
    let mut found = Vec::new();
    for tables in std::iter::once(&root).chain(targets.iter().filter_map(|(_, target)| inner(target))) {
        for section in SECTIONS {
            cargo_section(text, table(tables, &[section]), section.starts_with("dev"), &mut found);
        }
    }
    cargo_section(text, table(&root, &["workspace", "dependencies"]), false, &mut found);
    found
}

fn cargo_section(text: &str, members: Vec<(&str, &Value<'_>)>, dev: bool, found: &mut Vec<Want>) {
    for (key, value) in members {
        let renamed = inner(value).and_then(|table| table.get("package")).and_then(|name| name.get_ref().as_str());
        let name = renamed.unwrap_or(key);
        found.extend(entry(text, Style::Cargo, name, value).map(|want| Want { dev, ..want }));
    }
}

/// `libs.versions.toml`: the version of a library, or the shared one that it refers to.
fn catalogue(text: &str) -> Vec<Want> {
    let root = toml_root(text);
    let style = Style::Exact(Ecosystem::Maven);
    let mut found = Vec::new();
    for (_, value) in table(&root, &["libraries"]) {
        if let Some(coordinates) = value.get_ref().as_str() {
            let Some(span) = inside(text, value.span()) else { continue };
            if let Some((name, version)) = coordinates.rsplit_once(':') {
                found.extend(Want::new(style, name, text, span.end - version.len()..span.end));
            }
            continue;
        }
        let Some(library) = inner(value) else { continue };
        let word = |key: &str| library.get(key).and_then(|value| value.get_ref().as_str());
        let name = match (word("module"), word("group"), word("name")) {
            (Some(module), _, _) => module.to_owned(),
            (None, Some(group), Some(name)) => format!("{group}:{name}"),
            _ => continue,
        };
        let Some(version) = library.get("version") else { continue };
        let shared = inner(version).and_then(|version| version.get("ref")).and_then(|name| name.get_ref().as_str());
        let place = match shared {
            Some(shared) => at(&root, &["versions", shared]),
            None => Some(version),
        };
        if let Some(span) = place.and_then(|place| inside(text, place.span())) {
            found.extend(Want::new(style, &name, text, span));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str) -> Vec<(String, String)> {
        let file = SourceFile::new(path, text);
        let found = wants(&file);
        for want in &found {
            assert_eq!(&text[want.span.clone()], want.requirement);
        }
        found.into_iter().map(|want| (want.name, want.requirement)).collect()
    }

    fn check(path: &str, text: &str, wanted: &[(&str, &str)]) {
        let wanted: Vec<(String, String)> =
            wanted.iter().map(|(name, range)| ((*name).to_owned(), (*range).to_owned())).collect();
        assert_eq!(shown(path, text), wanted, "{path}");
    }

    #[test]
    fn every_manifest_says_where_its_ranges_stand() {
        check(
            "package.json",
            r#"{"dependencies": {"a": "^1.0", "b": "npm:@s/c@~2.1.0"}, "overrides": {"d": "3.0.0"}, "peerDependencies": {"e": "*"}}"#,
            &[("a", "^1.0"), ("@s/c", "npm:@s/c@~2.1.0"), ("d", "3.0.0")],
        );
        check("composer.json", r#"{"require": {"php": ">=8", "V/a": "^1"}}"#, &[("v/a", "^1")]);
        check(
            "pyproject.toml",
            "[project]\ndependencies = [\n  'Flask[async]>=2,<3 ; python_version > \"3.8\"',\n  \"bare\",\n]\n\
             [tool.poetry.dependencies]\npython = '^3'\nA_b = \"^1.2\"\nc = { version = \"2.0\", extras = ['x'] }\n",
            &[("flask", ">=2,<3"), ("a-b", "^1.2"), ("c", "2.0")],
        );
        check("Pipfile", "[packages]\nflask = \"==1.0\"\nany = \"*\"\n", &[("flask", "==1.0"), ("any", "*")]);
        check(
            "Cargo.toml",
            "[dependencies]\na = \"1\"\nb = { package = \"real\", version = \"0.3\" }\nc = { path = \"x\" }\n\
             [target.'cfg(unix)'.dev-dependencies]\nd = \"=2.0.0\"\n",
            &[("a", "1"), ("real", "0.3"), ("d", "=2.0.0")],
        );
        check(
            "gradle/libs.versions.toml",
            "[versions]\nx = \"1.0\"\n[libraries]\na = { module = \"g:a\", version.ref = \"x\" }\nb = \"g:b:2.0\"\n",
            &[("g:a", "1.0"), ("g:b", "2.0")],
        );
    }
}
