//! `uv.lock`, `poetry.lock`, `pdm.lock` and `pylock.toml` (PEP 751): TOML lists of packages that differ in how they name
//! dependencies, groups and sources (<https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>,
//! <https://python-poetry.org/docs/basic-usage/#committing-your-poetrylock-file-to-version-control>,
//! <https://packaging.python.org/en/latest/specifications/pylock-toml/>). Markers are not evaluated.

use rustc_hash::FxHashMap;

use super::requirement_line::Dependency;
use super::toml_tree::{self, Document, Node};
use super::{Extract, LockfileParser, Siblings, origin, place, pyproject};
use crate::base::{Problem, ProblemKind, SourceFile};
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, Graph, Hash, Package, PackageSource, Scope, normalize};

/// Versions of one package that are looked at.
const MOST: usize = 100;

/// Reads Python's TOML lockfiles.
pub(super) struct PythonLock;

/// A dependency by its normalised name, with the version where the file tells two apart.
type Target<'d> = (String, Option<&'d str>);

impl LockfileParser for PythonLock {
    fn name(&self) -> &'static str {
        "Python lockfile"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path);
        matches!(name, "uv.lock" | "poetry.lock" | "pdm.lock" | "pylock.toml")
            || name.strip_prefix("pylock.").is_some_and(|rest| rest.strip_suffix(".toml").is_some())
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let name = place::file_name(file.path());
        let hint = "write it anew with the lock command of its tool";
        let document = Document::read(file, hint);
        let root = document.root();
        let entries = root.get("package").or_else(|| root.get("packages")).map(Node::elements).unwrap_or_default();
        let mut extract = Extract { packages: Vec::new(), problems: document.problems.clone() };
        let mut nodes: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        let mut edges: Vec<(usize, Vec<Target<'_>>)> = Vec::new();
        let mut wanted: Vec<(Target<'_>, Scope)> = Vec::new();
        for entry in entries {
            let location = place::rest_of_line(file, entry.start);
            let Some(package_name) = entry.text("name") else {
                let message = format!("an entry of `{name}` has no name");
                extract.problems.push(Problem::incomplete(ProblemKind::Syntax, Some(location), message).hint(hint));
                continue;
            };
            let Some(source) = source(entry) else {
                wanted.extend(own_dependencies(entry));
                continue;
            };
            let version = entry.text("version").map(str::to_owned);
            if version.is_none() && source == PackageSource::Registry {
                let message = format!("`{package_name}` has no version in `{name}`");
                let location = Some(location.clone());
                extract.problems.push(Problem::incomplete(ProblemKind::Syntax, location, message).hint(hint));
            }
            let mut package = Package::new(Ecosystem::PyPI, package_name, version, location);
            package.source = source;
            package.integrity = is_hashed(entry);
            package.hashes = hashes(entry);
            package.scope = scope(entry);
            nodes.entry(package.name.clone()).or_default().push(extract.packages.len());
            edges.push((extract.packages.len(), dependencies(entry)));
            extract.packages.push(package);
        }
        let resolve = |packages: &[Package], (name, version): &Target<'_>| -> Vec<usize> {
            let fits =
                |node: &&usize| version.is_none_or(|version| packages[**node].version.as_deref() == Some(version));
            nodes.get(name).map(|found| found.iter().take(MOST).filter(fits).copied().collect()).unwrap_or_default()
        };
        let mut graph = Graph::new(extract.packages.len());
        for (from, targets) in &edges {
            targets
                .iter()
                .flat_map(|target| resolve(&extract.packages, target))
                .for_each(|to| graph.connect(*from, to));
        }
        // What uv knows by itself is scoped; the other formats mark each package.
        let mut roots: Vec<(usize, Option<Scope>)> = Vec::new();
        for (target, scope) in &wanted {
            roots.extend(resolve(&extract.packages, target).into_iter().map(|node| (node, Some(*scope))));
        }
        let manifest = toml_tree::beside(file.path(), "pyproject.toml", siblings);
        for declared in manifest.map(|manifest| pyproject::read(&manifest).0).unwrap_or_default() {
            for node in resolve(&extract.packages, &(declared.name.clone(), None)) {
                if wanted.is_empty() {
                    let own = name == "poetry.lock" || name == "pdm.lock";
                    roots.push((node, (!own || !is_marked(root)).then_some(declared.scope)));
                }
                let package = &mut extract.packages[node];
                if package.declared.is_none() {
                    package.requirement.clone_from(&declared.requirement);
                    package.declared.clone_from(&declared.declared);
                }
            }
        }
        graph.annotate(&mut extract.packages, &roots);
        extract
    }
}

/// Whether the packages carry groups of their own.
fn is_marked(root: Node<'_, '_>) -> bool {
    let entries = root.get("package").map(Node::elements).unwrap_or_default();
    entries.iter().any(|entry| entry.get("groups").is_some() || entry.get("category").is_some())
}

/// Where the entry comes from; `None` for the project's own.
fn source(entry: Node<'_, '_>) -> Option<PackageSource> {
    if entry.get("directory").is_some() {
        return None;
    }
    if let Some(url) = entry.at(&["vcs", "url"]).and_then(Node::str).or_else(|| entry.text("git")) {
        return Some(PackageSource::Git(origin::without_credentials(url)));
    }
    if let Some(url) = entry.at(&["archive", "url"]).and_then(Node::str) {
        return Some(PackageSource::Url(origin::without_credentials(url)));
    }
    if let Some(url) = entry.text("index") {
        return Some(origin::index(Ecosystem::PyPI, url));
    }
    let Some(source) = entry.get("source") else { return Some(PackageSource::Registry) };
    let clean = |url: &str| origin::without_credentials(url);
    // Poetry names a type, uv uses the type as the key.
    let (kind, url) = match (source.text("type"), source.text("url")) {
        (Some(kind), url) => (kind, url.unwrap_or("")),
        (None, _) => source.members().into_iter().find_map(|(kind, node)| Some((kind, node.str()?)))?,
    };
    match kind {
        "virtual" | "editable" | "directory" => None,
        "git" => Some(PackageSource::Git(clean(url))),
        "url" => Some(PackageSource::Url(clean(url))),
        "path" | "file" => Some(PackageSource::Path(url.to_owned())),
        _ => Some(origin::index(Ecosystem::PyPI, url)),
    }
}

fn is_hashed(entry: Node<'_, '_>) -> bool {
    let lists = ["files", "wheels"].into_iter().filter_map(|key| entry.get(key)).flat_map(Node::elements);
    let archives = ["sdist", "archive"].into_iter().filter_map(|key| entry.get(key));
    lists.chain(archives).any(|file| file.get("hash").is_some() || file.get("hashes").is_some())
}

/// The hashes of each archive: `hash = "sha256:…"`, or a table by algorithm.
fn hashes(entry: Node<'_, '_>) -> Vec<Hash> {
    /// Archives of one package that are listed.
    const MOST: usize = 64;
    let lists = ["files", "wheels"].into_iter().filter_map(|key| entry.get(key)).flat_map(Node::elements);
    let archives = ["sdist", "archive"].into_iter().filter_map(|key| entry.get(key));
    let mut found = Vec::new();
    for file in lists.chain(archives).take(MOST) {
        let name = ["file", "url", "name", "path"].into_iter().find_map(|key| file.text(key));
        let plain = file.text("hash").and_then(Hash::prefixed);
        let table = file.get("hashes").map(Node::members).unwrap_or_default();
        let table = table.into_iter().filter_map(|(name, node)| Hash::hex(Algorithm::parse(name)?, node.str()?));
        found.extend(
            plain.into_iter().chain(table).map(|hash| Hash { file: name.map(origin::without_credentials), ..hash }),
        );
    }
    found
}

/// Poetry 1 writes a category, Poetry 2 and PDM groups.
fn scope(entry: Node<'_, '_>) -> Scope {
    let groups = entry.get("groups").map(Node::elements).unwrap_or_default();
    let main = groups.iter().filter_map(|group| group.str()).any(|group| group == "main" || group == "default");
    match entry.text("category") {
        Some("dev") => Scope::Dev,
        _ if !groups.is_empty() && !main => Scope::Dev,
        _ if entry.flag("optional") => Scope::Optional,
        _ => Scope::Runtime,
    }
}

/// Tables with a name (uv), PEP 508 strings (PDM), or a table by name (Poetry).
fn dependencies<'d>(entry: Node<'d, '_>) -> Vec<Target<'d>> {
    let mut targets: Vec<Target<'d>> = Vec::new();
    let optional = entry.get("optional-dependencies").map(Node::members).unwrap_or_default();
    let lists = entry.get("dependencies").into_iter().chain(optional.into_iter().map(|(_, list)| list));
    for list in lists {
        targets.extend(list.elements().into_iter().filter_map(target));
        targets.extend(list.members().into_iter().map(|(name, _)| (normalize(Ecosystem::PyPI, name), None)));
    }
    targets
}

fn target<'d>(node: Node<'d, '_>) -> Option<Target<'d>> {
    let text = |node: Node<'d, '_>| Some((normalize(Ecosystem::PyPI, &Dependency::parse(node.str()?)?.name?), None));
    match node.text("name") {
        Some(name) => Some((normalize(Ecosystem::PyPI, name), node.text("version"))),
        None => text(node),
    }
}

/// What a package of the project itself wants, and for what.
fn own_dependencies<'d>(entry: Node<'d, '_>) -> Vec<(Target<'d>, Scope)> {
    let runtime = entry.get("dependencies").map(Node::elements).unwrap_or_default();
    let mut wanted: Vec<_> = runtime.into_iter().filter_map(target).map(|target| (target, Scope::Runtime)).collect();
    for (key, scope) in [("optional-dependencies", Scope::Optional), ("dev-dependencies", Scope::Dev)] {
        for (_, list) in entry.get(key).map(Node::members).unwrap_or_default() {
            wanted.extend(list.elements().into_iter().filter_map(target).map(|target| (target, scope)));
        }
    }
    wanted
}
