//! `package.json` (described in npm's documentation, "package.json"): what a project asks for directly.
//!
//! Its packages are listed only where no lockfile covers it; beside a lockfile it tells which of its packages are direct
//! and where they are declared. Peer dependencies are listed as optional; `overrides` and `bundleDependencies` are
//! left out, since a lockfile shows their effect. `catalog:` stands for the range that the workspace keeps ([`super::catalog`]).

use super::catalog::{self, Catalogs};
use super::json::{self, Value};
use super::{Extract, LockfileParser, Siblings, origin, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, PackageSource, Scope};
use crate::version::Requirement;

/// Lockfiles that cover a `package.json` beside or below them.
const LOCKFILES: [&str; 6] =
    ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"];

/// The sections, strongest last: what stands in two is what the later one says, as npm has it.
const SECTIONS: [(&str, Scope); 4] = [
    ("peerDependencies", Scope::Optional),
    ("devDependencies", Scope::Dev),
    ("dependencies", Scope::Runtime),
    ("optionalDependencies", Scope::Optional),
];

/// Reads `package.json`.
pub(super) struct PackageJson;

/// One wanted package.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The name under which it is installed.
    pub(super) alias: String,
    pub(super) specifier: String,
    pub(super) scope: Scope,
    pub(super) location: Location,
}

impl LockfileParser for PackageJson {
    fn name(&self) -> &'static str {
        "package.json"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "package.json" && !path.split('/').any(|part| part == "node_modules")
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(read(file).0.iter().filter_map(package).collect())
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let mut extract = Extract::default();
        if is_covered(file, siblings) {
            return extract;
        }
        let (mut wanted, problem) = read(file);
        extract.problems.extend(problem);
        if wanted.iter().any(|wanted| wanted.specifier.starts_with(catalog::SCHEME)) {
            let catalogs = Catalogs::around(place::folder(file.path()), siblings);
            for wanted in &mut wanted {
                if let Some(range) = catalogs.range(&wanted.alias, &wanted.specifier) {
                    wanted.specifier = range.to_owned();
                }
            }
        }
        extract.packages = wanted.iter().filter_map(package).collect();
        let open: Vec<&str> = extract
            .packages
            .iter()
            .filter(|package| package.version.is_none() && package.source == PackageSource::Registry)
            .map(|package| package.name.as_str())
            .collect();
        if !extract.packages.is_empty() {
            let what = if open.is_empty() {
                "so packages that its dependencies bring along are not known".to_owned()
            } else {
                format!("so the versions of {} are not known, nor what they bring along", place_names(&open))
            };
            let message = format!("`{}` has no lockfile, {what}", file.path());
            let hint = "run `npm install` (or pnpm, yarn, bun) and commit the lockfile it writes";
            let location = Some(Location::file(file.path()));
            extract.problems.push(Problem::remark(ProblemKind::Unresolved, location, message).hint(hint));
        }
        extract
    }
}

/// The first few names, and how many more there are.
pub(super) fn place_names(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Whether a lockfile stands beside the manifest, or at the root of the workspace that holds it.
fn is_covered(file: &SourceFile, siblings: Siblings<'_>) -> bool {
    let own = place::folder(file.path());
    place::ancestors(own).any(|folder| {
        let beside = |name: &str| place::join(folder, name).and_then(|path| siblings(&path));
        let workspace = || {
            folder == own
                || beside("pnpm-workspace.yaml").is_some()
                || beside("package.json").is_some_and(|root| json::parse(root.text()).0.get("workspaces").is_some())
        };
        LOCKFILES.iter().any(|name| beside(name).is_some()) && workspace()
    })
}

/// Everything that the manifest asks for, in file order.
pub(super) fn read(file: &SourceFile) -> (Vec<Wanted>, Option<Problem>) {
    let (root, broken) = json::parse(file.text());
    let problem = broken.map(|broken| syntax(file, &broken, "fix the file by hand; npm cannot read it either"));
    (wanted(file, &root), problem)
}

/// A broken JSON file.
pub(super) fn syntax(file: &SourceFile, broken: &json::Broken, hint: &str) -> Problem {
    let message = format!("`{}` is broken: {}; only what stands before was read", file.path(), broken.message);
    Problem::incomplete(ProblemKind::Syntax, Some(place::rest_of_line(file, broken.offset)), message).hint(hint)
}

fn wanted(file: &SourceFile, root: &Value<'_>) -> Vec<Wanted> {
    let mut all: Vec<(usize, Wanted)> = Vec::new();
    let mut seen = rustc_hash::FxHashMap::default();
    for (section, scope) in SECTIONS {
        for member in root.members(section) {
            let Some(specifier) = member.value.str() else { continue };
            let wanted = Wanted {
                alias: member.key.to_string(),
                specifier: specifier.to_owned(),
                scope,
                location: place::rest_of_line(file, member.start),
            };
            match seen.insert(member.key.clone(), all.len()) {
                Some(earlier) => {
                    all[earlier] = (member.start, wanted);
                    seen.insert(member.key.clone(), earlier);
                }
                None => all.push((member.start, wanted)),
            }
        }
    }
    all.sort_by_key(|(start, _)| *start);
    all.into_iter().map(|(_, wanted)| wanted).collect()
}

/// The package that an entry asks for; `None` for the project's own (`workspace:`, `file:` folders, `link:`).
fn package(wanted: &Wanted) -> Option<Package> {
    let (name, range) = match wanted.specifier.strip_prefix("npm:") {
        Some(alias) => split_alias(alias),
        None => (wanted.alias.as_str(), wanted.specifier.as_str()),
    };
    let source = source(range)?;
    let exact = Requirement::parse(Ecosystem::Npm, range).and_then(|requirement| requirement.exact());
    let mut package = Package::new(Ecosystem::Npm, name, exact, wanted.location.clone());
    package.requirement = Some(origin::without_credentials(&wanted.specifier));
    package.declared = Some(wanted.location.clone());
    package.direct = true;
    package.scope = wanted.scope;
    package.source = source;
    package.alias = Some(wanted.alias.clone()).filter(|alias| alias != name);
    package.path = vec![package.label()];
    Some(package)
}

/// `@scope/name@^1` → `@scope/name`, `^1`.
pub(super) fn split_alias(alias: &str) -> (&str, &str) {
    match alias.get(1..).and_then(|rest| rest.find('@')) {
        Some(at) => (&alias[..=at], &alias[at + 2..]),
        None => (alias, "*"),
    }
}

/// What the specifier points to; `None` for folders.
fn source(specifier: &str) -> Option<PackageSource> {
    let specifier = specifier.trim();
    if ["workspace:", "link:", "portal:", catalog::SCHEME].iter().any(|start| specifier.starts_with(start)) {
        return specifier.starts_with(catalog::SCHEME).then_some(PackageSource::Registry);
    }
    let path = ["file:", "./", "../", "/", "~/"].iter().any(|start| specifier.starts_with(start));
    if path {
        let archive = [".tgz", ".tar.gz", ".tar"].iter().any(|end| specifier.ends_with(end));
        return archive.then(|| PackageSource::Path(specifier.trim_start_matches("file:").to_owned()));
    }
    if origin::is_git(specifier) {
        return Some(PackageSource::Git(origin::without_credentials(specifier)));
    }
    if specifier.contains("://") {
        return Some(PackageSource::Url(origin::without_credentials(specifier)));
    }
    // `owner/repository` is short for GitHub; ranges and tags have no slash.
    Some(if specifier.contains('/') { PackageSource::Git(specifier.to_owned()) } else { PackageSource::Registry })
}
