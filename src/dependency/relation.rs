//! Which package brings a module: tables of the common names that differ, and the conventions by which the others do
//! (`python-x`, `x-py`, namespaces such as `google.cloud`).

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::names::squash;
use crate::package::{Ecosystem, normalize};

/// Lines of a table file that say something.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn words(text: &'static str) -> FxHashSet<&'static str> {
    lines(text).collect()
}

/// Modules of Python's standard library.
pub(super) static STANDARD: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| words(include_str!("../../data/dependency/python-standard-library.txt")));

/// Modules of Node.js.
pub(super) static NODE: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| words(include_str!("../../data/dependency/node-modules.txt")));

/// Module → packages that bring it.
static MODULES: LazyLock<FxHashMap<&'static str, Vec<&'static str>>> =
    LazyLock::new(|| table(include_str!("../../data/dependency/python-modules.txt")));

/// Package → what it brings along.
static BRINGS: LazyLock<FxHashMap<&'static str, Vec<&'static str>>> =
    LazyLock::new(|| table(include_str!("../../data/dependency/python-brings.txt")));

fn table(text: &'static str) -> FxHashMap<&'static str, Vec<&'static str>> {
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.collect()))
    };
    lines(text).filter_map(row).collect()
}

/// Names that models are known to invent, with what is meant.
pub(super) fn invention(ecosystem: Ecosystem, name: &str) -> Option<&'static str> {
    let rows = lines(include_str!("../../data/dependency/inventions.txt"));
    let row = |line: &'static str| {
        let (key, meant) = line.split_once('|')?;
        let (of, invented) = key.trim().split_once(' ')?;
        (of == ecosystem.name() && invented == name).then(|| meant.trim())
    };
    rows.into_iter().find_map(row)
}

/// Whether a package is of use without being imported.
pub(super) fn is_implied(ecosystem: Ecosystem, name: &str) -> bool {
    lines(include_str!("../../data/dependency/implied-use.txt")).any(|line| {
        let Some(pattern) = line.strip_prefix(ecosystem.name()).and_then(|rest| rest.strip_prefix(' ')) else {
            return false;
        };
        match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
            (Some(start), _) => name.starts_with(start),
            (_, Some(end)) => name.ends_with(end),
            _ => name == pattern,
        }
    })
}

/// What a Python module may be called: `a.b.c` with `names` → `a.b.c.name`, `a.b.c`, `a.b`, `a`.
fn prefixes(module: &str, names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = names.iter().map(|name| format!("{module}.{name}")).collect();
    let mut rest = module;
    loop {
        all.push(rest.to_owned());
        match rest.rsplit_once('.') {
            Some((before, _)) => rest = before,
            None => return all,
        }
    }
}

/// The packages that a module is known to come from, most exact first; the module's own names where no table knows it,
/// and whether one does.
pub(super) fn packages_of(module: &str, names: &[String]) -> (Vec<String>, bool) {
    let all = prefixes(module, names);
    match all.iter().find_map(|prefix| MODULES.get(prefix.as_str())) {
        Some(packages) => (packages.iter().map(|&package| package.to_owned()).collect(), true),
        None => (all.iter().map(|prefix| normalize(Ecosystem::PyPI, prefix)).collect(), false),
    }
}

/// Modules that come from a package by the tables, besides its own name.
pub(super) fn modules_of(package: &str) -> Vec<&'static str> {
    let mut found: Vec<&str> =
        MODULES.iter().filter(|(_, packages)| packages.contains(&package)).map(|(module, _)| *module).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
/// Whether the package surely brings the module.
pub(super) fn provides(package: &str, module: &str, names: &[String]) -> bool {
    let (packages, told) = packages_of(module, names);
    packages.iter().any(|name| name == package) || (!told && core(package) == top_of(module))
}

/// The first part of a module, without separators.
pub(super) fn top_of(module: &str) -> String {
    squash(module.split('.').next().unwrap_or(module))
}

/// The name without what Python's packages are often decorated with.
pub(super) fn core(package: &str) -> String {
    let mut name = package;
    for start in ["python-", "py-", "django-", "flask-"] {
        name = name.strip_prefix(start).unwrap_or(name);
    }
    for end in ["-python", "-py", "-client", "-sdk", "-binary", "-api"] {
        name = name.strip_suffix(end).unwrap_or(name);
    }
    squash(name)
}

/// Whether a package may bring one of the modules, told by their names alone; gives the module.
pub(super) fn may_provide<'m>(package: &str, mut modules: impl Iterator<Item = (&'m str, &'m str)>) -> Option<&'m str> {
    let (bare, whole) = (core(package), squash(package));
    let long = |text: &str| text.len() >= 3;
    let found = modules.find(|(module, top)| {
        let namespace = module.split('.').next().unwrap_or(module);
        *top == bare
            || (long(top) && whole.contains(top))
            || (long(&bare) && top.contains(&bare))
            || package.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('-'))
    });
    found.map(|(module, _)| module)
}

/// Whether a declared package brings another one along, so that importing that one is no surprise.
pub(super) fn brings(declared: &str, wanted: &str) -> bool {
    let listed = |package: &str| BRINGS.get(package).is_some_and(|brought| brought.contains(&wanted));
    let by_name = |start: &str, brought: &[&str]| declared.starts_with(start) && brought.contains(&wanted);
    listed(declared)
        // `fastapi[all]` brings what `fastapi` does, `flask-login` what `flask` does.
        || declared.split('-').next().is_some_and(|first| first != declared && (first == wanted || listed(first)))
        || by_name("langchain-", &["langchain-core", "langchain"])
        || by_name("llama-index-", &["llama-index-core", "llama-index"])
        || by_name("django-", &["django"])
        || by_name("drf-", &["django", "djangorestframework"])
        || by_name("types-", &["typing-extensions"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_their_packages() {
        let one = |name: &str| vec![name.to_owned()];
        assert!(provides("pyyaml", "yaml", &[]) && provides("pillow", "PIL.Image", &[]));
        assert!(provides("google-cloud-storage", "google.cloud", &one("storage")));
        assert!(!provides("google-cloud-storage", "google.protobuf", &[]));
        assert!(provides("python-slugify", "slugify", &[]) && provides("typing-extensions", "typing_extensions", &[]));
        assert!(provides("python-foo", "foo.bar", &[]) && !provides("foobar", "foo", &[]));
        assert_eq!(may_provide("acme-foo-sdk", [("foo", "foo")].into_iter()), Some("foo"));
        assert_eq!(may_provide("requests", [("flask", "flask")].into_iter()), None);
        assert!(!provides("dotenv", "dotenv", &[]) && provides("python-dotenv", "dotenv", &[]));
    }

    #[test]
    fn what_comes_along() {
        assert!(brings("fastapi", "pydantic") && brings("flask-login", "flask") && brings("pandas", "numpy"));
        assert!(brings("flask-cors", "werkzeug") && !brings("flask", "requests"));
    }

    #[test]
    fn plugins_need_no_import() {
        assert!(is_implied(Ecosystem::Npm, "@types/node") && is_implied(Ecosystem::Npm, "css-loader"));
        assert!(is_implied(Ecosystem::PyPI, "psycopg2-binary") && !is_implied(Ecosystem::PyPI, "requests"));
        assert!(!is_implied(Ecosystem::Npm, "gunicorn"));
    }

    #[test]
    fn tables_are_in_form() {
        for line in lines(include_str!("../../data/dependency/implied-use.txt")) {
            let (ecosystem, name) = line.split_once(' ').unwrap();
            assert!(Ecosystem::parse(ecosystem).is_some() && !name.contains(' '), "{line}");
        }
        for line in lines(include_str!("../../data/dependency/inventions.txt")) {
            assert!(line.contains(" | "), "{line}");
        }
        for packages in MODULES.values().chain(BRINGS.values()) {
            assert!(!packages.is_empty());
            for package in packages {
                assert_eq!(*package, normalize(Ecosystem::PyPI, package));
            }
        }
    }
}
