//! Which packages of a lockfile ask for another one, and for which of its versions: they are who can stand in the way of
//! a fix. `Cargo.lock`, `uv.lock` and `pnpm-lock.yaml` say who needs whom, but not within which range; for them the
//! resolver has to tell.

use rustc_hash::FxHashMap;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::range::Style;
use crate::package::normalize;

/// A longer lockfile is not read a second time.
const LONGEST: usize = 64 << 20;

/// Who asks, and for what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asker {
    /// `name@version`.
    pub(super) by: String,
    /// The range.
    pub(super) requirement: String,
}

/// What the packages of one lockfile ask of each other.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) style: Style,
    /// By name and version; the version is empty where a name stands for one version.
    by_package: FxHashMap<(String, String), Vec<Asker>>,
}

impl Asked {
    /// Reads a lockfile; `None` if its format does not tell ranges.
    pub(super) fn read(path: &str, text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let style = match name {
            "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" => Style::Npm,
            "poetry.lock" => Style::Poetry,
            "composer.lock" => Style::Composer,
            "Gemfile.lock" | "gems.locked" => Style::Gem('"'),
            _ => return None,
        };
        let mut asked = Self { style, by_package: FxHashMap::default() };
        match name {
            "yarn.lock" => asked.yarn(text),
            "poetry.lock" => asked.poetry(text),
            "composer.lock" => asked.composer(text),
            "Gemfile.lock" | "gems.locked" => asked.gems(text),
            _ => asked.npm(text),
        }
        Some(asked)
    }

    /// Who asks for this version of a package.
    pub(super) fn of(&self, name: &str, version: &str) -> &[Asker] {
        let key = |version: &str| (name.to_owned(), version.to_owned());
        self.by_package.get(&key(version)).or_else(|| self.by_package.get(&key(""))).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, name: &str, version: &str, by: String, requirement: &str) {
        let name = normalize(self.style.ecosystem(), name);
        let asker = Asker { by, requirement: requirement.trim().to_owned() };
        self.by_package.entry((name, version.to_owned())).or_default().push(asker);
    }

    fn npm(&mut self, text: &str) {
        let Ok(root) = serde_json::from_str::<Value>(text) else { return };
        let mut places: FxHashMap<String, &Value> = FxHashMap::default();
        if let Some(packages) = root.get("packages").and_then(Value::as_object) {
            places.extend(packages.iter().map(|(path, entry)| (path.clone(), entry)));
        } else {
            let mut open: Vec<(String, &Value)> = vec![(String::new(), &root)];
            while let Some((path, entry)) = open.pop() {
                let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
                for (name, inner) in entry.get("dependencies").and_then(Value::as_object).into_iter().flatten() {
                    let path = format!("{prefix}node_modules/{name}");
                    // A chain of hundreds of folders is no tree that npm made.
                    if path.len() < 4_096 {
                        open.push((path.clone(), inner));
                        places.insert(path, inner);
                    }
                }
            }
        }
        let word = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        for (path, entry) in &places {
            let Some(own) = path.rsplit("node_modules/").next().filter(|_| path.contains("node_modules/")) else {
                continue;
            };
            let by = format!("{own}@{}", word(entry, "version"));
            let sections = ["dependencies", "optionalDependencies", "peerDependencies", "requires"];
            let asked = sections.iter().filter_map(|key| entry.get(*key)?.as_object()).flatten();
            for (name, range) in asked.filter_map(|(name, range)| Some((name, range.as_str()?))) {
                if let Some(found) = resolve(&places, path, name) {
                    let real = found.get("name").and_then(Value::as_str).unwrap_or(name);
                    self.add(real, &word(found, "version"), by.clone(), range);
                }
            }
        }
        self.by_package.values_mut().for_each(|askers| askers.sort());
    }

    fn yarn(&mut self, text: &str) {
        let unquoted = |text: &str| text.trim().trim_matches('"').to_owned();
        let mut versions: FxHashMap<String, (String, String)> = FxHashMap::default();
        let mut asks: Vec<(usize, String, String)> = Vec::new();
        let mut labels: Vec<String> = Vec::new();
        let (mut heads, mut inside): (Vec<String>, bool) = (Vec::new(), false);
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if !line.starts_with(' ') {
                let head = line.trim_end_matches(':').trim_matches('"');
                heads = head.split(',').map(unquoted).collect();
                labels.push(String::new());
                inside = false;
            } else if let Some(rest) = line.strip_prefix("    ").filter(|rest| inside && !rest.starts_with(' ')) {
                let rest = rest.trim();
                let split = match rest.strip_prefix('"') {
                    Some(inner) => inner.find('"').map(|at| at + 2),
                    None => rest.find([' ', ':']),
                };
                if let Some((name, range)) = split.and_then(|at| rest.split_at_checked(at)) {
                    let range = unquoted(range.trim_start_matches(':'));
                    asks.push((labels.len(), unquoted(name.trim_end_matches(':')), range));
                }
            } else {
                let word = line.trim();
                inside = matches!(word, "dependencies:" | "optionalDependencies:");
                if let Some(version) = word.strip_prefix("version").filter(|rest| rest.starts_with([' ', ':'])) {
                    let version = unquoted(version.trim_start_matches(':'));
                    let name = heads.first().and_then(|head| head.get(1..)?.find('@').map(|at| head[..=at].to_owned()));
                    let name = name.unwrap_or_default();
                    if let Some(label) = labels.last_mut() {
                        *label = format!("{name}@{version}");
                    }
                    versions.extend(heads.iter().map(|head| (head.clone(), (name.clone(), version.clone()))));
                }
            }
        }
        for (entry, name, range) in asks {
            let range = range.strip_prefix("npm:").map_or(range.clone(), str::to_owned);
            let found =
                versions.get(&format!("{name}@{range}")).or_else(|| versions.get(&format!("{name}@npm:{range}")));
            if let (Some((name, version)), Some(by)) = (found, entry.checked_sub(1).and_then(|at| labels.get(at))) {
                self.add(&name.clone(), &version.clone(), by.clone(), &range);
            }
        }
    }

    fn poetry(&mut self, text: &str) {
        let root = DeTable::parse_recoverable(text).0.into_inner();
        let Some(DeValue::Array(packages)) = root.get("package").map(toml::Spanned::get_ref) else { return };
        for package in packages {
            let DeValue::Table(package) = package.get_ref() else { continue };
            let word = |key: &str| package.get(key).and_then(|value| value.get_ref().as_str()).unwrap_or("");
            let by = format!("{}@{}", word("name"), word("version"));
            let Some(DeValue::Table(needs)) = package.get("dependencies").map(toml::Spanned::get_ref) else { continue };
            for (name, range) in needs {
                let one = |value: &DeValue<'_>| match value {
                    DeValue::String(range) => Some(range.to_string()),
                    DeValue::Table(table) => {
                        table.get("version").and_then(|range| range.get_ref().as_str()).map(str::to_owned)
                    }
                    _ => None,
                };
                let ranges: Vec<String> = match range.get_ref() {
                    DeValue::Array(list) => list.iter().filter_map(|range| one(range.get_ref())).collect(),
                    value => one(value).into_iter().collect(),
                };
                for range in ranges {
                    self.add(name.get_ref(), "", by.clone(), &range);
                }
            }
        }
    }

    fn composer(&mut self, text: &str) {
        let Ok(root) = serde_json::from_str::<Value>(text) else { return };
        let lists = ["packages", "packages-dev"].into_iter().filter_map(|key| root.get(key)?.as_array()).flatten();
        for package in lists {
            let word = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or("");
            let by = format!("{}@{}", word("name"), word("version"));
            for (name, range) in package.get("require").and_then(Value::as_object).into_iter().flatten() {
                if let Some(range) = range.as_str().filter(|_| name.contains('/')) {
                    self.add(name, "", by.clone(), range);
                }
            }
        }
    }

    fn gems(&mut self, text: &str) {
        let mut by = String::new();
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            let (name, rest) = line.trim().split_once(" (").unwrap_or((line.trim(), ""));
            let inner = rest.trim_end_matches(')');
            match indent {
                4 => by = format!("{name}@{inner}"),
                6 if !inner.is_empty() && !by.is_empty() => self.add(name, "", by.clone(), inner),
                0 => by.clear(),
                _ => {}
            }
        }
    }
}

/// The package that `name` means in a folder of `node_modules`: the nearest one on the way up.
fn resolve<'v>(places: &FxHashMap<String, &'v Value>, from: &str, name: &str) -> Option<&'v Value> {
    let mut base = from;
    loop {
        let path = if base.is_empty() { format!("node_modules/{name}") } else { format!("{base}/node_modules/{name}") };
        if let Some(found) = places.get(&path) {
            return Some(found);
        }
        if base.is_empty() {
            return None;
        }
        base = base.rfind("node_modules/").map_or("", |at| base[..at].trim_end_matches('/'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str, name: &str, version: &str) -> Vec<String> {
        let asked = Asked::read(path, text).unwrap();
        asked.of(name, version).iter().map(|asker| format!("{} {}", asker.by, asker.requirement)).collect()
    }

    #[test]
    fn who_asks_in_each_format() {
        let npm = r#"{"packages": {"": {"dependencies": {"a": "^1"}}, "node_modules/a": {"version": "1.0.0", "dependencies":
            {"x": "^1.0.0"}}, "node_modules/x": {"version": "2.0.0"}, "node_modules/a/node_modules/x": {"version": "1.1.0"},
            "node_modules/b": {"version": "3.0.0", "dependencies": {"x": ">=2"}}}}"#;
        assert_eq!(shown("package-lock.json", npm, "x", "1.1.0"), ["a@1.0.0 ^1.0.0"]);
        assert_eq!(shown("package-lock.json", npm, "x", "2.0.0"), ["b@3.0.0 >=2"]);
        let first = r#"{"dependencies": {"a": {"version": "1.0.0", "requires": {"x": "^1.0.0"}, "dependencies": {"x": {"version": "1.1.0"}}}, "x": {"version": "2.0.0"}}}"#;
        assert_eq!(shown("package-lock.json", first, "x", "1.1.0"), ["a@1.0.0 ^1.0.0"]);
        let yarn = "# yarn lockfile v1\n\na@^1.0:\n  version \"1.0.0\"\n  dependencies:\n    \"@s/x\" \"^1.0.0\"\n\n\"@s/x@^1.0.0\", \"@s/x@^1.1.0\":\n  version \"1.1.0\"\n";
        assert_eq!(shown("yarn.lock", yarn, "@s/x", "1.1.0"), ["a@1.0.0 ^1.0.0"]);
        let berry = "__metadata:\n  version: 8\n\n\"a@npm:^1.0\":\n  version: 1.0.0\n  dependencies:\n    x: \"npm:^1.0.0\"\n\n\"x@npm:^1.0.0\":\n  version: 1.1.0\n";
        assert_eq!(shown("yarn.lock", berry, "x", "1.1.0"), ["a@1.0.0 ^1.0.0"]);
        let poetry = "[[package]]\nname = \"a\"\nversion = \"1.0\"\n[package.dependencies]\nX_y = \">=1,<2\"\nz = {version = \"*\", optional = true}\n";
        assert_eq!(shown("poetry.lock", poetry, "x-y", "1.0"), ["a@1.0 >=1,<2"]);
        let composer = r#"{"packages": [{"name": "v/a", "version": "1.0", "require": {"php": ">=8", "v/x": "^1"}}]}"#;
        assert_eq!(shown("composer.lock", composer, "v/x", "1.0"), ["v/a@1.0 ^1"]);
        let gems = "GEM\n  specs:\n    a (1.0)\n      x (>= 1, < 2)\n    x (1.5)\n";
        assert_eq!(shown("Gemfile.lock", gems, "x", "1.5"), ["a@1.0 >= 1, < 2"]);
        assert!(Asked::read("Cargo.lock", "").is_none());
    }
}
