//! Licences of packages that are installed beside their lockfile: `node_modules/*/package.json` and `*.dist-info/METADATA`
//! of a virtual environment (<https://packaging.python.org/en/latest/specifications/core-metadata/>). Only licences are
//! taken from there, and only of the very version that the lockfile names; what is installed is not what ships.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{entry, npm_graph, place};
use crate::base::{Location, SourceFile};
use crate::package::{Ecosystem, License, Package, normalize};

/// Packages of one folder that are looked for in vain before nothing is taken to be installed.
const IN_VAIN: usize = 12;

/// What is installed in the audited folder: texts of small files, and names in a folder.
pub trait Installed {
    /// The text of a file by its path from the root; `None` for what is not there, or leads out of the root.
    fn read(&self, path: &str) -> Option<String>;
    /// The names in a folder.
    fn list(&self, path: &str) -> Vec<String>;
}

/// Fills in the licences that lockfiles do not hold.
pub fn licenses(packages: &mut [Package], installed: &dyn Installed) {
    let mut folders: BTreeMap<(String, Ecosystem), Vec<usize>> = BTreeMap::new();
    for (at, package) in packages.iter().enumerate() {
        let wanted = package.license.is_none() && package.version.is_some();
        if wanted && matches!(package.ecosystem, Ecosystem::Npm | Ecosystem::PyPI) {
            let folder = place::folder(&package.location.path).to_owned();
            folders.entry((folder, package.ecosystem)).or_default().push(at);
        }
    }
    for ((folder, ecosystem), members) in folders {
        match ecosystem {
            Ecosystem::Npm => node_modules(packages, &folder, &members, installed),
            _ => site_packages(packages, &folder, &members, installed),
        }
    }
}

fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

fn node_modules(packages: &mut [Package], folder: &str, members: &[usize], installed: &dyn Installed) {
    let (mut found, mut missed) = (0, 0);
    for at in members {
        let package = &packages[*at];
        let name = package.alias.as_deref().unwrap_or(&package.name);
        let version = package.version.as_deref().unwrap_or("");
        if !is_plain(name) || !is_plain(version) {
            continue;
        }
        let pnpm = format!("node_modules/.pnpm/{}@{version}/node_modules/{name}/package.json", name.replace('/', "+"));
        let paths = [below(folder, &format!("node_modules/{name}/package.json")), below(folder, &pnpm)];
        let license = paths.into_iter().find_map(|path| {
            let file = SourceFile::new(path.as_str(), installed.read(&path)?);
            let (root, _) = entry::json(&file, "");
            let license = npm_graph::license(&root).filter(|_| root.text("version") == Some(version));
            license.map(|license| License { location: Some(Location::file(path)), ..license })
        });
        if license.is_some() {
            found += 1;
        } else {
            missed += 1;
        }
        packages[*at].license = license;
        if found == 0 && missed >= IN_VAIN {
            return;
        }
    }
}

/// Whether a name can stand in a path: letters, digits and what names are joined with, a scope aside.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._@+~".contains(&byte))
    };
    name.split('/').count() <= 2 && name.split('/').all(part)
}

fn site_packages(packages: &mut [Package], folder: &str, members: &[usize], installed: &dyn Installed) {
    for environment in [".venv", "venv"] {
        let root = below(folder, environment);
        let Some(configuration) = installed.read(&format!("{root}/pyvenv.cfg")) else { continue };
        let line = |line: &str| {
            let (key, value) = line.split_once('=')?;
            matches!(key.trim(), "version" | "version_info").then(|| value.trim().to_owned())
        };
        let version = configuration.lines().find_map(line).unwrap_or_default();
        let short: Vec<&str> = version.splitn(3, '.').take(2).collect();
        let folders =
            [format!("{root}/lib/python{}/site-packages", short.join(".")), format!("{root}/Lib/site-packages")];
        let mut known: FxHashMap<(String, String), String> = FxHashMap::default();
        for folder in folders {
            for name in installed.list(&folder) {
                let Some((package, version)) = name.strip_suffix(".dist-info").and_then(|name| name.rsplit_once('-'))
                else {
                    continue;
                };
                let key = (normalize(Ecosystem::PyPI, package), version.to_owned());
                known.insert(key, format!("{folder}/{name}/METADATA"));
            }
        }
        for at in members {
            let package = &packages[*at];
            let key = (package.name.clone(), package.version.clone().unwrap_or_default());
            let Some(path) = known.get(&key) else { continue };
            let license = installed.read(path).and_then(|text| of_metadata(&text));
            packages[*at].license = license.map(|license| License { location: Some(Location::file(path)), ..license });
        }
        return;
    }
}

/// An expression, else a text that is one, else classifiers, else the text.
fn of_metadata(text: &str) -> Option<License> {
    let (mut expression, mut text_of, mut classifiers) = (None, None, Vec::new());
    for line in text.lines().take_while(|line| !line.is_empty()) {
        let Some((key, value)) = line.split_once(": ") else { continue };
        match key {
            "License-Expression" => expression = License::parse(value),
            "License" => text_of = License::parse(value),
            "Classifier" => classifiers.extend(License::of_classifier(value)),
            _ => {}
        }
    }
    let names: Vec<&str> = classifiers.iter().map(|license| license.expression.as_str()).collect();
    // Several classifiers do not say whether one or all of them hold: then all are taken to.
    let classified = License::all_of(names);
    expression
        .or_else(|| text_of.clone().filter(|license| license.spdx))
        .or_else(|| classified.clone().filter(|license| license.spdx))
        .or(text_of)
        .or(classified)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Disk(BTreeMap<&'static str, &'static str>);

    impl Installed for Disk {
        fn read(&self, path: &str) -> Option<String> {
            self.0.get(path).map(|&text| text.to_owned())
        }

        fn list(&self, path: &str) -> Vec<String> {
            let inside = self.0.keys().filter_map(|key| key.strip_prefix(path)?.strip_prefix('/')?.split('/').next());
            inside.map(str::to_owned).collect()
        }
    }

    fn package(ecosystem: Ecosystem, name: &str, version: &str, path: &str) -> Package {
        Package::new(ecosystem, name, Some(version.to_owned()), Location::line(path, 1))
    }

    #[test]
    fn the_very_version_tells() {
        let disk = Disk(BTreeMap::from([
            ("web/node_modules/a/package.json", r#"{"version": "1.0.0", "license": "MIT"}"#),
            ("web/node_modules/b/package.json", r#"{"version": "2.0.0", "license": "MIT"}"#),
            (
                "web/node_modules/.pnpm/@s+c@3.0.0/node_modules/@s/c/package.json",
                r#"{"version": "3.0.0", "licenses": [{"type": "ISC"}]}"#,
            ),
            (".venv/pyvenv.cfg", "home = x\nversion_info = 3.12.1.final.0\n"),
            (
                ".venv/lib/python3.12/site-packages/PyYAML-6.0.dist-info/METADATA",
                "Name: PyYAML\nLicense: MIT\n\nLicense: no\n",
            ),
            (
                ".venv/lib/python3.12/site-packages/two_words-1.0.dist-info/METADATA",
                "Classifier: License :: OSI Approved :: BSD License\nClassifier: License :: OSI Approved :: Apache Software License\nLicense: Dual\n",
            ),
        ]));
        let mut packages = [
            package(Ecosystem::Npm, "a", "1.0.0", "web/pnpm-lock.yaml"),
            package(Ecosystem::Npm, "b", "1.0.0", "web/pnpm-lock.yaml"),
            package(Ecosystem::Npm, "@s/c", "3.0.0", "web/pnpm-lock.yaml"),
            package(Ecosystem::Npm, "../../etc", "1", "web/pnpm-lock.yaml"),
            package(Ecosystem::PyPI, "pyyaml", "6.0", "uv.lock"),
            package(Ecosystem::PyPI, "two-words", "1.0", "uv.lock"),
            package(Ecosystem::PyPI, "gone", "1.0", "uv.lock"),
            package(Ecosystem::CratesIo, "a", "1.0.0", "web/Cargo.lock"),
        ];
        licenses(&mut packages, &disk);
        let found: Vec<Option<&str>> =
            packages.iter().map(|p| p.license.as_ref().map(|license| license.expression.as_str())).collect();
        assert_eq!(found, [Some("MIT"), None, Some("ISC"), None, Some("MIT"), Some("Dual"), None, None]);
        let place = packages[4].license.as_ref().unwrap().location.as_ref().unwrap();
        assert_eq!(place.path, ".venv/lib/python3.12/site-packages/PyYAML-6.0.dist-info/METADATA");
    }
}
