//! VEX documents in force: which vulnerabilities of which packages their statements speak of.
//!
//! A statement speaks of a package when its product is that package (with that version, or without one), or when the
//! package is the named part of a product that is this project, or that brings it in. A product that is somebody else's is none of
//! ours, even if it holds the same package. Of several statements on one vulnerability of one package the latest holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::advisory::Vulnerability;
use crate::base::{Problem, ProblemKind, SourceFile, SuppressionKind};
use crate::document::{Document, Waiver};
use crate::lockfile::vex::{Product, Statement, vex};
use crate::options::VexFile;
use crate::package::{Ecosystem, Package, normalize, purl};

/// Ids that are named in a remark.
const SHOWN: usize = 5;

/// A vulnerability of a package: id and package URL.
pub(super) type Covered = BTreeSet<(String, String)>;

/// The statements that speak of something in the document, each with what that is; and what is wrong with the files.
pub(super) fn resolve(
    files: &[VexFile],
    products: &[String],
    document: &Document,
) -> (Vec<(Waiver, Covered)>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut statements: Vec<Statement> = Vec::new();
    for file in files {
        let (found, wrong) = vex(&SourceFile::new(file.path.as_str(), file.text.as_str()));
        statements.extend(found);
        problems.extend(wrong);
    }
    if statements.is_empty() {
        return (Vec::new(), problems);
    }
    let project = ProjectNames::of(document, products);
    let index = Index::of(document);
    // The latest statement on each vulnerability of each package.
    let mut latest: BTreeMap<(&str, &str), (&str, usize)> = BTreeMap::new();
    let mut silent: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
    let mut foreign: BTreeSet<&str> = BTreeSet::new();
    for (at, statement) in statements.iter().enumerate() {
        let spoken = index.spoken_of(statement, &project, &mut foreign);
        if spoken.is_empty() {
            silent.entry(&statement.location.path).or_default().push(statement);
        }
        for key in spoken {
            let entry = latest.entry(key).or_insert((&statement.time, at));
            if (statement.time.as_str(), at) >= *entry {
                *entry = (&statement.time, at);
            }
        }
    }
    let mut covered: BTreeMap<usize, Covered> = BTreeMap::new();
    for ((id, purl), (_, at)) in latest {
        covered.entry(at).or_default().insert((id.to_owned(), purl.to_owned()));
    }
    problems.extend(silent.iter().map(|(path, silent)| unused(path, silent, &statements, &foreign)));
    let found = covered.into_iter().map(|(at, covered)| (waiver(&statements[at], &covered), covered)).collect();
    (found, problems)
}

/// A statement as an exception.
fn waiver(statement: &Statement, covered: &Covered) -> Waiver {
    let packages: BTreeSet<&str> = covered.iter().map(|(_, purl)| purl.as_str()).collect();
    let mut reason = statement.status.name().replace('-', " ");
    if let Some(justification) = &statement.justification {
        reason = format!("{reason}, {}", justification.replace('_', " "));
    }
    if !statement.detail.is_empty() {
        reason = format!("{reason}: {}", statement.detail);
    }
    Waiver {
        kind: SuppressionKind::Vex,
        advisory: statement.ids.first().cloned(),
        package: Some(packages.into_iter().collect::<Vec<_>>().join(" ")),
        status: Some(statement.status),
        justification: statement.justification.clone(),
        response: statement.response.clone(),
        reason,
        owner: statement.author.clone(),
        created: statement.time.get(..10).map(str::to_owned),
        location: statement.location.clone(),
        ..Waiver::empty()
    }
}

fn unused(path: &str, silent: &[&Statement], all: &[Statement], foreign: &BTreeSet<&str>) -> Problem {
    let total = all.iter().filter(|statement| statement.location.path == path).count();
    let ids: BTreeSet<&str> = silent.iter().filter_map(|statement| statement.ids.first().map(String::as_str)).collect();
    let named: Vec<String> = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    let more = if ids.len() > SHOWN { " …" } else { "" };
    let count = silent.len();
    let message = format!(
        "{count} of {total} statements of `{path}` speak of nothing that was found here: {}{more}",
        named.join(", ")
    );
    let problem = Problem::remark(ProblemKind::Suppression, Some(silent[0].location.clone()), message);
    match foreign.first() {
        Some(product) => problem.hint(format!(
            "the product `{product}` is not known to be this project: if it is, list it under `products` of `[vex]` in stageclear.toml"
        )),
        None => problem.hint("remove what is over; a statement needs the vulnerability's id and the package's URL"),
    }
}

/// By what names a product means this project.
struct ProjectNames {
    urls: Vec<(Ecosystem, String, Option<String>)>,
    names: BTreeSet<String>,
}

impl ProjectNames {
    fn of(document: &Document, products: &[String]) -> Self {
        let own = &document.project.manifests;
        let last = |name: &str| name.rsplit(['/', ':']).next().unwrap_or(name).to_lowercase();
        let mut names: BTreeSet<String> = own.iter().map(|own| last(&own.name)).collect();
        names.insert(document.project.name.to_lowercase());
        names.extend(products.iter().map(|product| product.to_lowercase()));
        names.remove("");
        names.remove(".");
        Self { urls: own.iter().map(|own| (own.ecosystem, own.name.clone(), own.version.clone())).collect(), names }
    }

    fn is(&self, product: &str) -> bool {
        let lower = product.to_lowercase();
        if self.names.contains(&lower) {
            return true;
        }
        if let Some((ecosystem, name, version)) = purl::parse(product) {
            let name = normalize(ecosystem, &name);
            return self.urls.iter().any(|own| {
                own.0 == ecosystem && own.1 == name && (version.is_none() || own.2.is_none() || own.2 == version)
            });
        }
        // An image or a generic package of the project's name.
        let Some(rest) = ["pkg:oci/", "pkg:docker/", "pkg:generic/"].iter().find_map(|kind| lower.strip_prefix(kind))
        else {
            return false;
        };
        let rest = rest.split(['?', '#', '@']).next().unwrap_or(rest);
        self.names.contains(rest.rsplit('/').next().unwrap_or(rest))
    }
}

/// What was found, by the names of statements.
struct Index<'d> {
    /// By id in lower case.
    by_id: BTreeMap<String, Vec<&'d Vulnerability>>,
    packages: BTreeMap<&'d str, Vec<&'d Package>>,
}

impl<'d> Index<'d> {
    fn of(document: &'d Document) -> Self {
        let mut index = Self { by_id: BTreeMap::new(), packages: BTreeMap::new() };
        for found in &document.vulnerabilities {
            let ids: BTreeSet<String> =
                std::iter::once(&found.id).chain(&found.aliases).map(|id| id.to_lowercase()).collect();
            for id in ids {
                index.by_id.entry(id).or_default().push(found);
            }
        }
        for package in &document.packages {
            index.packages.entry(&package.purl).or_default().push(package);
        }
        index
    }

    fn spoken_of<'s>(
        &self,
        statement: &'s Statement,
        project: &ProjectNames,
        foreign: &mut BTreeSet<&'s str>,
    ) -> BTreeSet<(&'d str, &'d str)> {
        let found = statement.ids.iter().filter_map(|id| self.by_id.get(&id.to_lowercase())).flatten().copied();
        let mut spoken = BTreeSet::new();
        for vulnerability in found {
            for product in &statement.products {
                if self.is_meant(product, vulnerability, project) {
                    spoken.insert((vulnerability.id.as_str(), vulnerability.purl.as_str()));
                    break;
                }
                foreign.insert(&product.name);
            }
        }
        spoken
    }

    fn is_meant(&self, product: &Product, vulnerability: &Vulnerability, project: &ProjectNames) -> bool {
        if product.parts.is_empty() {
            return is_package(&product.name, vulnerability) || project.is(&product.name);
        }
        if !product.parts.iter().any(|part| is_package(part, vulnerability)) {
            return false;
        }
        project.is(&product.name)
            || is_package(&product.name, vulnerability)
            || self.brings_in(&product.name, vulnerability)
    }

    /// Whether the package comes, everywhere, by a chain through the product.
    fn brings_in(&self, product: &str, vulnerability: &Vulnerability) -> bool {
        let Some((ecosystem, name, version)) = purl::parse(product) else { return false };
        let name = normalize(ecosystem, &name);
        let through = |package: &&Package| {
            package.ecosystem == ecosystem
                && package.path.iter().any(|label| match &version {
                    Some(version) => *label == format!("{name}@{version}"),
                    None => label.rsplit_once('@').map_or(label.as_str(), |(name, _)| name) == name,
                })
        };
        let places = self.packages.get(vulnerability.purl.as_str()).map_or(&[][..], Vec::as_slice);
        !places.is_empty() && places.iter().all(through)
    }
}

/// Whether a package URL, with its version or without one, names the package. Qualifiers say nothing.
fn is_package(url: &str, vulnerability: &Vulnerability) -> bool {
    let Some((ecosystem, name, version)) = purl::parse(url) else { return false };
    let plain = |version: &str| version.strip_prefix('v').unwrap_or(version).to_owned();
    let same = |one: &str, two: &str| match ecosystem {
        Ecosystem::Go | Ecosystem::NuGet => one.eq_ignore_ascii_case(two),
        _ => one == two,
    };
    ecosystem == vulnerability.ecosystem
        && same(&normalize(ecosystem, &name), &vulnerability.package)
        && version.is_none_or(|version| plain(&version) == plain(&vulnerability.version))
}
