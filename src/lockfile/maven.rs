//! `pom.xml` (<https://maven.apache.org/pom.html>): dependencies with literal versions, properties of the same file and
//! its own `dependencyManagement`. What a parent or an imported bill of materials says is not known here: such a
//! dependency is listed without a version.

use std::collections::BTreeMap;

use super::xml::{self, Element};
use super::{Extract, LockfileParser, Siblings, entry, place};
use crate::base::{Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, Scope};

/// Properties within properties.
const DEEPEST: usize = 8;

/// Reads Maven's project files.
pub(super) struct Pom;

impl LockfileParser for Pom {
    fn name(&self) -> &'static str {
        "pom.xml"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "pom.xml"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let (elements, broken) = xml::read(file.text());
        let problem = |at| {
            let message = format!("`{}` is broken: an element does not end; what stands before was read", file.path());
            let place = Some(place::rest_of_line(file, at));
            Problem::incomplete(ProblemKind::Syntax, place, message)
                .hint("correct the file; Maven cannot read it either")
        };
        let problems = broken.map(problem).into_iter().collect();
        let pom = Read { properties: properties(&elements), elements: &elements };
        let managed: BTreeMap<(String, String), String> = pom
            .dependencies("/dependencyManagement/dependencies/dependency")
            .filter_map(|found| Some(((found.group, found.artifact), found.version?)))
            .collect();
        let mut packages = Vec::new();
        for found in pom.dependencies("/dependencies/dependency") {
            if found.path.contains("/dependencyManagement/") || found.path.contains("/plugin/") {
                continue;
            }
            let key = (found.group.clone(), found.artifact.clone());
            let version = found.version.or_else(|| managed.get(&key).cloned());
            packages.push(package(file, &found.group, &found.artifact, version.as_deref(), &found.scope, found.start));
        }
        Extract { packages, problems }
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(self.parse(file, &|_| None).packages)
    }
}

fn package(
    file: &SourceFile,
    group: &str,
    artifact: &str,
    version: Option<&str>,
    scope: &str,
    start: usize,
) -> Package {
    // `[1.0,2.0)` is a range; `${…}` is said elsewhere.
    let range = version.filter(|version| version.starts_with(['[', '(']) || version.contains("${"));
    let exact = version.filter(|_| range.is_none());
    let scope = match scope {
        "test" => Scope::Dev,
        "provided" => Scope::Build,
        _ => Scope::Runtime,
    };
    let package = entry::at(file, Ecosystem::Maven, &format!("{group}:{artifact}"), exact, start);
    entry::direct(package, scope, version)
}

struct Read<'e> {
    properties: BTreeMap<String, String>,
    elements: &'e [Element],
}

struct Found {
    path: String,
    group: String,
    artifact: String,
    version: Option<String>,
    scope: String,
    start: usize,
}

impl Read<'_> {
    fn dependencies(&self, ending: &'static str) -> impl Iterator<Item = Found> + '_ {
        self.elements.iter().filter(move |element| element.path.ends_with(ending)).filter_map(|element| {
            // Children follow their parent.
            let child = |name: &str| {
                let inside = self.elements[element.id + 1..].iter().take(64);
                inside
                    .filter(|inner| inner.parent == element.id)
                    .find(|inner| inner.name() == name)
                    .map(|inner| self.filled(&inner.text))
            };
            Some(Found {
                path: element.path.clone(),
                group: child("groupId")?,
                artifact: child("artifactId")?,
                version: child("version").filter(|version| !version.is_empty()),
                scope: child("scope").unwrap_or_default(),
                start: element.start,
            })
        })
    }

    /// The text with the properties of this file put in.
    fn filled(&self, text: &str) -> String {
        let mut text = text.trim().to_owned();
        for _ in 0..DEEPEST {
            let Some((before, rest)) = text.split_once("${") else { break };
            let Some((name, after)) = rest.split_once('}') else { break };
            let Some(value) = self.properties.get(name) else { break };
            text = format!("{before}{value}{after}");
            if text.len() > 1_000 {
                break;
            }
        }
        text
    }
}

fn properties(elements: &[Element]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for element in elements {
        if let Some(rest) = element.path.strip_prefix("project/") {
            {
                if let Some(name) = rest.strip_prefix("properties/").filter(|name| !name.contains('/')) {
                    found.insert(name.to_owned(), element.text.clone());
                }
                if matches!(rest, "version" | "groupId") {
                    found.insert(format!("project.{rest}"), element.text.clone());
                }
                if matches!(rest, "parent/version" | "parent/groupId") {
                    let name = rest.trim_start_matches("parent/");
                    found.entry(format!("project.{name}")).or_insert_with(|| element.text.clone());
                    found.insert(format!("project.parent.{name}"), element.text.clone());
                }
            }
        }
    }
    found
}
