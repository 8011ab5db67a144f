//! Whether the project uses a package, told from imports, and from what scripts, settings and texts name.
//!
//! An import is proof. That nothing is found is not: commands in scripts, plugins in settings, drivers behind a URL and
//! peers of other packages are used without an import. So a package counts as not imported only when all of this holds:
//! the project asks for it itself, for run time; its lockfile holds a graph and nothing else needs it; it is none of
//! those that work by being there; no text of the project names it; and all source files could be read.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::imports::Use;
use super::{Input, relation};
use crate::base::{CodeContext, SourceFile};
use crate::lockfile::{self, Manifest};
use crate::model::index::Family;
use crate::package::{Ecosystem, Package, Scope, Usage, UsageState};
use crate::syntax::{ExprKind, Literal, TemplatePart, Tree};

/// Bytes of texts that are searched for names.
const MOST_BYTES: usize = 64 << 20;

/// Bytes of one such text.
const LONGEST: usize = 2 << 20;

/// A file of pins with at least so many entries, most of them not imported, was written by `pip freeze`: what is direct
/// in it is not told.
const FREEZE: usize = 12;

/// Key of a package.
type Key<'a> = (Ecosystem, &'a str);

/// Where a package is imported.
#[derive(Default, Clone, Copy)]
struct Imports<'u> {
    production: Option<&'u Use>,
    other: Option<&'u Use>,
    files: u32,
}

/// Manifest entries that nothing uses: the manifest's place in the list, and the entry's.
pub(super) type Unused = Vec<(usize, usize)>;

/// Writes the usage into the packages, and gives the manifests' entries that are not used.
pub(super) fn mark(input: &Input<'_>, uses: &[Use], packages: &mut [Package]) -> Unused {
    let aliases = aliases(input.manifests);
    let index = Index::new(uses);
    let blind = Blind::new(input);
    let candidates = candidates(input, &index, packages);
    let named = Mentions::find(input, &candidates);
    let mut direct: FxHashMap<(Ecosystem, String), Usage> = FxHashMap::default();
    let chosen: FxHashSet<(Ecosystem, String, String)> =
        packages.iter().filter(|package| package.direct).map(place_of).collect();
    for package in packages.iter_mut().filter(|package| asked(package.ecosystem)) {
        let alias = aliases.get(&(package.ecosystem, package.name.as_str())).copied();
        // Of several versions in a lockfile the code gets the one that the project asks for.
        let copy = !package.direct && chosen.contains(&place_of(package));
        let found = if copy { Found::Nothing } else { index.find(package, alias) };
        let usage = own_usage(package, &found, &named, &blind);
        let loaded = usage.state == UsageState::Unknown && lockfile::is_page(&package.location.path);
        package.usage = Some(if loaded { loaded_by_page(input, package) } else { usage });
        if package.direct
            && let Some(usage) = &package.usage
        {
            direct.entry((package.ecosystem, package.name.clone())).or_insert_with(|| usage.clone());
        }
    }
    for package in packages.iter_mut().filter(|package| asked(package.ecosystem) && !package.direct) {
        // What types bring along is there for types as well.
        let root = package.path.first().and_then(|label| name_of(label)).filter(|root| !root.starts_with("@types/"));
        let Some(root) = root else { continue };
        let through = direct.get(&(package.ecosystem, root.to_owned()));
        let open = package.usage.as_ref().is_some_and(|usage| usage.state == UsageState::Unknown);
        if let Some(Usage { state: UsageState::Imported, location, files, .. }) = through.filter(|_| open) {
            package.usage = Some(Usage {
                state: UsageState::ThroughImported,
                location: location.clone(),
                files: *files,
                reason: format!("brought in by {root}, which the code imports"),
            });
        }
    }
    unused(input, &index, &named, &blind, packages)
}

/// What a page loads is used where it is loaded.
fn loaded_by_page(input: &Input<'_>, package: &Package) -> Usage {
    let path = package.location.path.as_str();
    let test = input
        .files
        .iter()
        .any(|(file, context)| *file == path && matches!(context, CodeContext::Test | CodeContext::Example));
    let (state, reason) = if test {
        (UsageState::TestsOnly, "loaded by a page of tests or examples only")
    } else {
        (UsageState::Imported, "the page loads it")
    };
    Usage { state, location: Some(package.location.clone()), files: 1, reason: reason.to_owned() }
}

/// A package in a lockfile, whatever its version.
fn place_of(package: &Package) -> (Ecosystem, String, String) {
    (package.ecosystem, package.name.clone(), package.location.path.clone())
}

fn asked(ecosystem: Ecosystem) -> bool {
    matches!(ecosystem, Ecosystem::Npm | Ecosystem::PyPI)
}

/// `@scope/name@1.0.0` → `@scope/name`.
fn name_of(label: &str) -> Option<&str> {
    match label.get(1..)?.find('@') {
        Some(at) => label.get(..=at),
        None => Some(label),
    }
}

/// Package → the name under which the project imports it.
fn aliases(manifests: &[Manifest]) -> FxHashMap<Key<'_>, &str> {
    let wanted = manifests.iter().flat_map(|manifest| &manifest.wanted);
    wanted.filter_map(|package| Some(((package.ecosystem, package.name.as_str()), package.alias.as_deref()?))).collect()
}

/// Imports by what brings them.
pub(super) struct Index<'u> {
    npm: FxHashMap<&'u str, Imports<'u>>,
    /// Python's, by package, where the module tells it.
    exact: FxHashMap<String, Imports<'u>>,
    /// By the bare name, where no table knows the module.
    bare: FxHashMap<String, Imports<'u>>,
    /// Modules as written, and their bare names.
    modules: Vec<(&'u str, String)>,
}

impl<'u> Index<'u> {
    pub(super) fn new(uses: &'u [Use]) -> Self {
        let mut grouped: BTreeMap<Key<'u>, Vec<&'u Use>> = BTreeMap::new();
        for one in uses {
            grouped.entry((one.ecosystem, one.module.as_str())).or_default().push(one);
        }
        let (npm, exact, bare) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        let mut index = Self { npm, exact, bare, modules: Vec::new() };
        for ((ecosystem, module), uses) in grouped {
            let ships = |one: &&&Use| !matches!(one.context, CodeContext::Test | CodeContext::Example);
            let files: FxHashSet<&str> = uses.iter().map(|one| one.location.path.as_str()).collect();
            let imports = Imports {
                production: uses.iter().find(ships).copied(),
                other: uses.first().copied(),
                files: u32::try_from(files.len()).unwrap_or(u32::MAX),
            };
            if ecosystem == Ecosystem::Npm {
                index.npm.insert(module, imports);
                continue;
            }
            let names: BTreeSet<&String> = uses.iter().flat_map(|one| &one.names).collect();
            let names: Vec<String> = names.into_iter().cloned().collect();
            let (packages, told) = relation::packages_of(module, &names);
            for package in packages {
                join(index.exact.entry(package).or_default(), imports);
            }
            let top = relation::top_of(module);
            if !told {
                join(index.bare.entry(top.clone()).or_default(), imports);
            }
            index.modules.push((module, top));
        }
        index
    }

    fn find(&self, package: &Package, alias: Option<&str>) -> Found<'u> {
        if package.ecosystem == Ecosystem::Npm {
            // Types stand for the package that they describe.
            let typed = package.name.strip_prefix("@types/").map(|name| match name.split_once("__") {
                Some((scope, name)) => format!("@{scope}/{name}"),
                None => name.to_owned(),
            });
            let names = [Some(package.name.as_str()), alias, package.alias.as_deref(), typed.as_deref()];
            let found = names.into_iter().flatten().find_map(|name| self.npm.get(name));
            return found.map_or(Found::Nothing, |imports| Found::Sure(*imports));
        }
        let sure = self.exact.get(&package.name).or_else(|| self.bare.get(&relation::core(&package.name)));
        if let Some(imports) = sure {
            return Found::Sure(*imports);
        }
        let modules = self.modules.iter().map(|(module, top)| (*module, top.as_str()));
        let may = || relation::may_provide(&package.name, modules);
        // What others bring in is unknown anyway.
        let module =
            package.direct.then(may).flatten().and_then(|module| self.modules.iter().find(|entry| entry.0 == module));
        module.map_or(Found::Nothing, |(module, _)| Found::Maybe(module))
    }
}

fn join<'u>(into: &mut Imports<'u>, more: Imports<'u>) {
    into.production = into.production.or(more.production);
    into.other = into.other.or(more.other);
    into.files = into.files.max(more.files);
}

/// What the imports say about a package.
enum Found<'u> {
    Sure(Imports<'u>),
    /// A module whose name has something in common.
    Maybe(&'u str),
    Nothing,
}

fn own_usage(package: &Package, found: &Found<'_>, named: &Mentions, blind: &Blind) -> Usage {
    let (state, location, files, reason) = match found {
        Found::Sure(Imports { production: Some(one), files, .. }) => {
            (UsageState::Imported, Some(one.location.clone()), *files, "imported".to_owned())
        }
        // Tests may be the only ones to import what a framework, which ships, needs.
        Found::Sure(Imports { other: Some(one), files, .. })
            if !package.direct || package.dependents.is_some_and(|count| count > 0) =>
        {
            let reason = "imported by tests or examples only, but other packages need it".to_owned();
            (UsageState::Unknown, Some(one.location.clone()), *files, reason)
        }
        // A driver behind a URL, a backend that a setting names: production needs it all the same.
        Found::Sure(Imports { other: Some(one), files, .. }) => {
            let only = "imported by tests or examples only";
            let named = named.ships(package).map(|path| format!("{only}, but `{path}` names it"));
            let implied = || relation::is_implied(package.ecosystem, &package.name);
            let implied = || implied().then(|| format!("{only}; packages of this kind are used without an import"));
            let doubt = named.or_else(implied).filter(|_| package.scope == Scope::Runtime);
            let state = if doubt.is_some() { UsageState::Unknown } else { UsageState::TestsOnly };
            (state, Some(one.location.clone()), *files, doubt.unwrap_or_else(|| only.to_owned()))
        }
        Found::Maybe(module) => (UsageState::Unknown, None, 0, format!("`{module}` may be a module of it")),
        Found::Sure(_) | Found::Nothing => {
            let reason = doubt(package, named, blind);
            let state = if reason.is_some() { UsageState::Unknown } else { UsageState::NotImported };
            let sure = "no file imports or names it, and no other package of the lockfile needs it";
            (state, None, 0, reason.unwrap_or_else(|| sure.to_owned()))
        }
    };
    Usage { state, location, files, reason }
}

/// Why a package without an import may be used all the same.
fn doubt(package: &Package, named: &Mentions, blind: &Blind) -> Option<String> {
    if !package.direct {
        return Some("another package brings it in".to_owned());
    }
    match package.dependents {
        Some(0) => {}
        Some(count) => return Some(format!("not imported by the project's own code; {count} other packages need it")),
        None => {
            let reason = "not imported by the project's own code; another package may need it";
            return Some(reason.to_owned());
        }
    }
    if package.scope != Scope::Runtime {
        return Some("not imported; it is not for run time".to_owned());
    }
    unnamed_doubt(package, named, blind)
}

/// The part of it that holds for manifests as well, whatever other packages need.
fn unnamed_doubt(package: &Package, named: &Mentions, blind: &Blind) -> Option<String> {
    if relation::is_implied(package.ecosystem, &package.name) {
        return Some("not imported; packages of this kind are used without an import".to_owned());
    }
    if let Some(path) = named.get(package) {
        return Some(format!("not imported; `{path}` names it"));
    }
    blind.reason(package.ecosystem)
}

/// Packages that no import of code that ships proves, and that texts are searched for.
fn candidates(input: &Input<'_>, index: &Index<'_>, packages: &[Package]) -> Vec<(Ecosystem, String)> {
    let declared = input.manifests.iter().flat_map(|manifest| &manifest.wanted);
    let open = |package: &&Package| {
        asked(package.ecosystem)
            && package.direct
            && package.scope == Scope::Runtime
            && matches!(index.find(package, None), Found::Nothing | Found::Sure(Imports { production: None, .. }))
            && !relation::is_implied(package.ecosystem, &package.name)
    };
    let names: BTreeSet<(Ecosystem, String)> = declared
        .chain(packages)
        .filter(open)
        .flat_map(|package| {
            [Some(&package.name), package.alias.as_ref()]
                .into_iter()
                .flatten()
                .map(|name| (package.ecosystem, name.clone()))
        })
        .collect();
    names.into_iter().collect()
}

/// Entries of manifests for run time that nothing imports or names, and that no other package needs.
fn unused(input: &Input<'_>, index: &Index<'_>, named: &Mentions, blind: &Blind, packages: &[Package]) -> Unused {
    let mut found = Vec::new();
    let needed: FxHashSet<Key<'_>> = packages
        .iter()
        .filter(|package| package.dependents.is_some_and(|count| count > 0))
        .map(|package| (package.ecosystem, package.name.as_str()))
        .collect();
    for (at, manifest) in input.manifests.iter().enumerate() {
        let names: Vec<&str> = manifest.wanted.iter().map(|package| package.name.as_str()).collect();
        let brought = |name: &str| manifest.pins && names.iter().any(|other| relation::brings(other, name));
        if is_test(input, &manifest.path) {
            continue;
        }
        let idle = |package: &Package| {
            asked(package.ecosystem)
                && package.scope == Scope::Runtime
                && matches!(index.find(package, None), Found::Nothing)
                && !needed.contains(&(package.ecosystem, package.name.as_str()))
                && !brought(&package.name)
                && unnamed_doubt(package, named, blind).is_none()
        };
        let entries: Vec<usize> = (0..manifest.wanted.len()).filter(|entry| idle(&manifest.wanted[*entry])).collect();
        let pinned = manifest.wanted.iter().filter(|package| package.version.is_some()).count();
        let frozen = manifest.pins && manifest.wanted.len() >= FREEZE && pinned * 10 >= manifest.wanted.len() * 9;
        if !(frozen && entries.len() >= 3) {
            found.extend(entries.into_iter().map(|entry| (at, entry)));
        }
    }
    found
}

pub(super) fn is_test(input: &Input<'_>, path: &str) -> bool {
    let context = input.files.iter().find(|(file, _)| *file == path).map(|(_, context)| *context);
    context.is_some_and(|context| context != CodeContext::Production)
}

/// Where the code of an ecosystem cannot be judged.
struct Blind {
    npm: Option<String>,
    python: Option<String>,
}

impl Blind {
    fn new(input: &Input<'_>) -> Self {
        let of = |family: Family, endings: &[&str]| {
            if !input.project.files.iter().any(|info| info.family == family) {
                return Some("the project has no source files of its language".to_owned());
            }
            let mut broken: Vec<&&str> =
                input.incomplete.iter().filter(|path| endings.iter().any(|end| path.ends_with(end))).collect();
            broken.sort();
            broken.first().map(|path| format!("not imported, but `{path}` could not be read in full"))
        };
        Self {
            npm: of(
                Family::JavaScript,
                &[".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte"],
            ),
            python: of(Family::Python, &[".py", ".pyi", ".ipynb"]),
        }
    }

    fn reason(&self, ecosystem: Ecosystem) -> Option<String> {
        if ecosystem == Ecosystem::Npm { self.npm.clone() } else { self.python.clone() }
    }
}

/// Packages that a text names, with its path.
#[derive(Default)]
struct Mentions {
    found: FxHashMap<(Ecosystem, String), String>,
    /// The same, tests and examples left out.
    ships: FxHashMap<(Ecosystem, String), String>,
}

impl Mentions {
    fn get(&self, package: &Package) -> Option<&String> {
        let alias = package.alias.as_ref().and_then(|alias| self.found.get(&(package.ecosystem, alias.clone())));
        alias.or_else(|| self.found.get(&(package.ecosystem, package.name.clone())))
    }

    /// The first text that ships and names it.
    fn ships(&self, package: &Package) -> Option<&String> {
        self.ships.get(&(package.ecosystem, package.name.clone()))
    }

    /// Searches literals of source files, and the other texts as they are.
    fn find(input: &Input<'_>, candidates: &[(Ecosystem, String)]) -> Self {
        let mut mentions = Self::default();
        let (mut words, mut of) = (Vec::new(), Vec::new());
        for (at, (ecosystem, name)) in candidates.iter().enumerate() {
            let mut spellings = vec![name.clone()];
            if *ecosystem == Ecosystem::PyPI {
                spellings.push(name.replace('-', "_"));
                spellings.push(name.replace('-', ""));
                spellings.extend(relation::modules_of(name).into_iter().map(str::to_owned));
            }
            spellings.sort();
            spellings.dedup();
            of.extend(std::iter::repeat_n(at, spellings.len()));
            words.append(&mut spellings);
        }
        let searcher =
            AhoCorasick::builder().match_kind(MatchKind::Standard).ascii_case_insensitive(true).build(&words);
        let Some(searcher) = searcher.ok().filter(|_| !words.is_empty()) else { return mentions };
        let mut note = |word: usize, path: &str, context: CodeContext| {
            let candidate = &candidates[of[word]];
            mentions.found.entry(candidate.clone()).or_insert_with(|| path.to_owned());
            if !matches!(context, CodeContext::Test | CodeContext::Example) {
                mentions.ships.entry(candidate.clone()).or_insert_with(|| path.to_owned());
            }
        };
        let mut parsed = FxHashSet::default();
        for info in &input.project.files {
            let path = info.source.path();
            if !input.incomplete.contains(path) {
                parsed.insert(path);
                literals(&info.tree, &mut |text| {
                    search(&searcher, text, &mut |word, _| note(word, path, info.context));
                });
            }
        }
        let declared: FxHashSet<(&str, u32)> = input
            .manifests
            .iter()
            .flat_map(|manifest| &manifest.wanted)
            .map(|package| (package.location.path.as_str(), package.location.line))
            .collect();
        let mut budget = MOST_BYTES;
        for (path, context) in input.files {
            if parsed.contains(path) || !is_searched(path, *context) {
                continue;
            }
            let Some(file) = (input.read)(path) else { continue };
            if file.text().len() > LONGEST || file.text().len() > budget {
                continue;
            }
            budget -= file.text().len();
            search(&searcher, file.text(), &mut |word, at| {
                if !is_declaration(&file, at, &declared) {
                    note(word, path, *context);
                }
            });
        }
        mentions
    }
}

/// The entry of a manifest itself, or a comment.
fn is_declaration(file: &SourceFile, at: usize, declared: &FxHashSet<(&str, u32)>) -> bool {
    let line = file.line_of(u32::try_from(at).unwrap_or(u32::MAX));
    declared.contains(&(file.path(), line))
}

/// Texts that may name a package to use: not prose, not what says which packages there are.
fn is_searched(path: &str, context: CodeContext) -> bool {
    const NOT: &[&str] = &[
        ".md", ".rst", ".lock", ".lockb", ".svg", ".map", ".csv", ".tsv", ".log", ".snap", ".po", ".pot", ".ttf",
        ".txt", ".min.js", ".sum",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    let locks = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pipfile.lock", "deno.lock"];
    !matches!(context, CodeContext::Vendored | CodeContext::Generated)
        && !locks.contains(&lower.as_str())
        && (!NOT.iter().any(|end| lower.ends_with(end)) || lower == "cmakelists.txt")
        && !matches!(lower.as_str(), "license" | "changelog" | "authors" | "readme")
}

/// Whole words: what stands on either side is no part of a package's name.
fn search(searcher: &AhoCorasick, text: &str, note: &mut dyn FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'@'));
    for found in searcher.find_overlapping_iter(text) {
        let before = found.start().checked_sub(1).and_then(|at| bytes.get(at));
        let scoped = before == Some(&b'/') && found.start() >= 2;
        let inner_scope = scoped
            && text[..found.start() - 1]
                .rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | '/'))
                .next()
                .is_some_and(|word| word.starts_with('@'));
        if !part(before) && !inner_scope && !part(bytes.get(found.end())) {
            note(found.pattern().as_usize(), found.start());
        }
    }
}

/// The constant texts of a tree.
fn literals(tree: &Tree, visit: &mut dyn FnMut(&str)) {
    for (_, expr) in tree.exprs() {
        match &expr.kind {
            ExprKind::Literal(Literal::Str(symbol)) => visit(tree.text(*symbol)),
            ExprKind::Template { parts, .. } => {
                for part in parts {
                    if let TemplatePart::Text(symbol) = part {
                        visit(tree.text(*symbol));
                    }
                }
            }
            _ => {}
        }
    }
}
