//! `Pipfile.lock` (<https://pipenv.pypa.io/en/latest/pipfile.html>). It holds no graph: what is direct is told by the
//! `Pipfile` beside it.

use super::json::{self, Member, Value};
use super::toml_tree::{self, Document, Node};
use super::{Extract, LockfileParser, Siblings, origin, package_json, place};
use crate::base::{Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Hash, Package, PackageSource, Scope, normalize};
use crate::version::Requirement;

/// Archives of one package that are listed.
const MOST_HASHES: usize = 64;

/// Reads `Pipfile.lock`.
pub(super) struct PipfileLock;

impl LockfileParser for PipfileLock {
    fn name(&self) -> &'static str {
        "Pipfile.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "Pipfile.lock"
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let hint = "write it anew with `pipenv lock`";
        let (root, broken) = json::parse(file.text());
        let mut extract = Extract::default();
        extract.problems.extend(broken.map(|broken| package_json::syntax(file, &broken, hint)));
        let sources = root.get("_meta").and_then(|meta| meta.get("sources")).map_or(&[][..], json::Value::array);
        let index = |name: &str| sources.iter().find(|source| source.text("name") == Some(name))?.text("url");
        for (section, scope) in [("default", Scope::Runtime), ("develop", Scope::Dev)] {
            for member in root.members(section) {
                match package(file, member, scope, &index) {
                    Ok(package) => extract.packages.extend(package),
                    Err(problem) => extract.problems.push(problem.hint(hint)),
                }
            }
        }
        let manifest = toml_tree::beside(file.path(), "Pipfile", siblings);
        if let Some(manifest) = &manifest {
            let document = Document::read(manifest, hint);
            for section in ["packages", "dev-packages"] {
                for (name, node) in document.root().get(section).map(Node::members).unwrap_or_default() {
                    let name = normalize(Ecosystem::PyPI, name);
                    for package in extract.packages.iter_mut().filter(|package| package.name == name) {
                        package.direct = true;
                        package.declared = Some(place::rest_of_line(manifest, node.start));
                        package.requirement = node.str().or_else(|| node.text("version")).map(str::to_owned);
                        package.path = vec![package.label()];
                    }
                }
            }
        }
        extract
    }
}

fn package<'u>(
    file: &SourceFile,
    member: &Member<'_>,
    scope: Scope,
    index: &dyn Fn(&str) -> Option<&'u str>,
) -> Result<Option<Package>, Problem> {
    let value = &member.value;
    let location = place::rest_of_line(file, member.start);
    let exact = value.text("version").and_then(|text| Requirement::parse(Ecosystem::PyPI, text)?.exact());
    let source = match (value.text("git"), value.text("path"), value.text("file")) {
        (Some(url), _, _) => PackageSource::Git(origin::without_credentials(url)),
        (_, Some(_), _) => return Ok(None),
        (_, _, Some(url)) => PackageSource::Url(origin::without_credentials(url)),
        _ => match value.text("index").and_then(index) {
            Some(url) => origin::index(Ecosystem::PyPI, url),
            None => PackageSource::Registry,
        },
    };
    if exact.is_none() && source == PackageSource::Registry {
        let message = format!("`{}` has no exact version in `{}`", member.key, file.path());
        return Err(Problem::incomplete(ProblemKind::Syntax, Some(location), message));
    }
    let mut package = Package::new(Ecosystem::PyPI, &member.key, exact, location);
    package.scope = scope;
    package.source = source;
    package.integrity = value.get("hashes").is_some_and(|hashes| !hashes.array().is_empty());
    let hashes = value.get("hashes").map_or(&[][..], Value::array).iter().take(MOST_HASHES);
    package.hashes = hashes.filter_map(|hash| Hash::prefixed(hash.str()?)).collect();
    Ok(Some(package))
}
