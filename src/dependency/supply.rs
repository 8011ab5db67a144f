//! Facts about names, ranges, sources, hashes and lockfiles.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::imports::Use;
use super::usage::Unused;
use super::{DependencyFact, DependencyKind, Input, names, relation};
use crate::base::{CodeContext, Location};
use crate::lockfile::Manifest;
use crate::package::{Ecosystem, Package, PackageSource, Scope};
use crate::version::{Requirement, Scheme};

/// Names that one fact writes out.
const MOST_NAMES: usize = 200;

pub(super) fn facts(input: &Input<'_>, uses: &[Use], packages: &[Package], unused: &Unused) -> Vec<DependencyFact> {
    let contexts: FxHashMap<&str, CodeContext> = input.files.iter().copied().collect();
    let facts = Facts { input, contexts: &contexts, packages };
    let mut all = Vec::new();
    for manifest in input.manifests {
        all.extend(manifest.wanted.iter().filter_map(|package| facts.name(package)));
        all.extend(manifest.wanted.iter().filter_map(|package| facts.range(manifest, package)));
        all.extend(facts.unlocked(manifest));
        all.extend(facts.mismatch(manifest));
    }
    all.extend(packages.iter().filter_map(|package| facts.source(package)));
    all.extend(facts.unused(unused));
    all.extend(facts.undeclared(uses));
    all.extend(facts.integrity());
    all.extend(facts.registries());
    all.extend(facts.install_scripts());
    all
}

struct Facts<'a> {
    input: &'a Input<'a>,
    contexts: &'a FxHashMap<&'a str, CodeContext>,
    packages: &'a [Package],
}

impl Facts<'_> {
    fn fact(&self, kind: DependencyKind, package: &Package, location: &Location) -> DependencyFact {
        let known = names::rank(package.ecosystem, &package.name).is_some();
        DependencyFact { scope: package.scope, known, ..self.bare(kind, package.ecosystem, &package.name, location) }
    }

    fn bare(&self, kind: DependencyKind, ecosystem: Ecosystem, name: &str, location: &Location) -> DependencyFact {
        let context = self.contexts.get(location.path.as_str()).copied().unwrap_or_default();
        DependencyFact { context, ..DependencyFact::new(kind, ecosystem, name, location) }
    }

    /// Whether the name is the one that was meant.
    fn name(&self, package: &Package) -> Option<DependencyFact> {
        if package.source != PackageSource::Registry {
            return None;
        }
        let fact = |kind| self.fact(kind, package, &package.location);
        let (ecosystem, name) = (package.ecosystem, package.name.as_str());
        if let Some(meant) = relation::invention(ecosystem, name) {
            return Some(DependencyFact { other: meant.to_owned(), ..fact(DependencyKind::InventedName) });
        }
        let module = name.replace('-', "_");
        if ecosystem == Ecosystem::PyPI && relation::STANDARD.contains(module.as_str()) && !is_backport(name) {
            return Some(fact(DependencyKind::StandardLibraryName));
        }
        // Browserified copies of Node's modules (`buffer`, `events`) are packages of their own right.
        if ecosystem == Ecosystem::Npm
            && matches!(
                name,
                "fs" | "child_process" | "http" | "https" | "net" | "tls" | "os" | "crypto" | "dns" | "cluster"
            )
        {
            return Some(fact(DependencyKind::StandardLibraryName));
        }
        if names::rank(ecosystem, name).is_some() {
            return None;
        }
        if ecosystem == Ecosystem::PyPI
            && let (packages, true) = relation::packages_of(&module, &[])
            && let Some(meant) = packages.first().filter(|_| !packages.iter().any(|package| package == name))
        {
            return Some(DependencyFact { other: meant.clone(), ..fact(DependencyKind::ModuleName) });
        }
        if let Some((other, rank)) = names::foreign(ecosystem, name) {
            let other = other.name().to_owned();
            return Some(DependencyFact { other, rank: Some(rank), ..fact(DependencyKind::ForeignName) });
        }
        let similar = names::similar(ecosystem, name)?;
        let (other, how) = (similar.name, similar.how.to_owned());
        Some(DependencyFact { other, how, rank: Some(similar.rank), ..fact(DependencyKind::SimilarName) })
    }

    /// Ranges that admit whatever comes, with or without a lockfile (`how` says which).
    fn range(&self, manifest: &Manifest, package: &Package) -> Option<DependencyFact> {
        if package.source != PackageSource::Registry || package.version.is_some() {
            return None;
        }
        let written = package.requirement.as_deref().unwrap_or("");
        let open = is_open(package.ecosystem, written);
        let how = match (open, self.lockfile_of(manifest)) {
            (None, _) => return None,
            (Some(_), Some(_)) => "a lockfile holds the version until it is written anew",
            (Some(_), None) => "no lockfile holds the version",
        };
        let other = open?.to_owned();
        Some(DependencyFact {
            other,
            how: how.to_owned(),
            ..self.fact(DependencyKind::OpenRange, package, &package.location)
        })
    }

    /// The lockfile that holds what the manifest asks for, told by the packages that point back to the manifest.
    fn lockfile_of(&self, manifest: &Manifest) -> Option<&str> {
        let declared = self.packages.iter().find(|package| {
            package.location.path != manifest.path
                && package.declared.as_ref().is_some_and(|declared| declared.path == manifest.path)
        });
        declared.map(|package| package.location.path.as_str())
    }

    /// A manifest without a lockfile.
    fn unlocked(&self, manifest: &Manifest) -> Option<DependencyFact> {
        // Packages of a manifest are listed at its own lines where no lockfile covers it.
        let own: Vec<&Package> = self
            .packages
            .iter()
            .filter(|package| package.location.path == manifest.path && package.source == PackageSource::Registry)
            .collect();
        let first = own.first()?;
        let open: Vec<String> =
            own.iter().filter(|package| package.version.is_none()).map(|package| package.name.clone()).collect();
        if manifest.pins && open.is_empty() {
            return None;
        }
        let location = Location::file(manifest.path.clone());
        let mut fact = self.bare(DependencyKind::MissingLockfile, first.ecosystem, "", &location);
        fact.names = open.into_iter().take(MOST_NAMES).collect();
        fact.how = if manifest.pins { "pins".to_owned() } else { "manifest".to_owned() };
        fact.scope = if own.iter().all(|package| package.scope == Scope::Dev) { Scope::Dev } else { Scope::Runtime };
        Some(fact)
    }

    /// Entries of a manifest that its lockfile does not hold, or at a version that the manifest does not admit.
    fn mismatch(&self, manifest: &Manifest) -> Option<DependencyFact> {
        if manifest.pins {
            return None;
        }
        let lockfile = self.lockfile_of(manifest)?;
        let mut locked: FxHashMap<(Ecosystem, &str), Vec<&str>> = FxHashMap::default();
        for package in self.packages.iter().filter(|package| package.location.path == lockfile) {
            locked
                .entry((package.ecosystem, package.name.as_str()))
                .or_default()
                .push(package.version.as_deref().unwrap_or(""));
        }
        let mut wrong = Vec::new();
        let mut place = None;
        let registry =
            |package: &&Package| package.source == PackageSource::Registry && package.scope != Scope::Optional;
        for package in manifest.wanted.iter().filter(registry) {
            let found = locked.get(&(package.ecosystem, package.name.as_str()));
            let written = package.requirement.as_deref().unwrap_or("");
            let what = match found {
                // Poetry and Cargo leave out what the platform or a feature does not need; npm does not.
                None if package.ecosystem == Ecosystem::Npm && !written.starts_with("catalog:") => {
                    format!("{} is not in it", package.name)
                }
                Some(versions) if disagrees(package.ecosystem, written, versions) => {
                    format!("{} {written} is asked for, {} is locked", package.name, versions.join(" and "))
                }
                _ => continue,
            };
            place.get_or_insert_with(|| package.location.clone());
            wrong.push(what);
        }
        let location = place?;
        let mut fact = self.bare(DependencyKind::LockfileMismatch, manifest.wanted.first()?.ecosystem, "", &location);
        lockfile.clone_into(&mut fact.other);
        fact.names = wrong.into_iter().take(MOST_NAMES).collect();
        Some(fact)
    }

    /// Content that no registry keeps.
    fn source(&self, package: &Package) -> Option<DependencyFact> {
        let (url, how) = match &package.source {
            PackageSource::Git(url) => {
                let pinned = is_commit(url) || is_locked(&package.location.path);
                (url, if pinned { "git at a commit" } else { "git at whatever its branch or tag is" })
            }
            PackageSource::Url(url) if url.starts_with("http://") => (url, "an archive over plain http"),
            PackageSource::Url(url) if package.integrity || url.contains("#sha256=") => {
                (url, "an archive with its hash")
            }
            PackageSource::Url(url) => (url, "an archive without a hash"),
            _ => return None,
        };
        let location = package.declared.as_ref().unwrap_or(&package.location);
        let mut fact = self.fact(DependencyKind::OutsideRegistry, package, location);
        fact.other.clone_from(url);
        how.clone_into(&mut fact.how);
        Some(fact)
    }

    fn unused(&self, unused: &Unused) -> Vec<DependencyFact> {
        let mut by_manifest: BTreeMap<usize, Vec<&Package>> = BTreeMap::new();
        for (manifest, entry) in unused {
            let package = self.input.manifests.get(*manifest).and_then(|manifest| manifest.wanted.get(*entry));
            by_manifest.entry(*manifest).or_default().extend(package);
        }
        let fact = |packages: Vec<&Package>| {
            let first = packages.first()?;
            let mut fact = self.fact(DependencyKind::NotImported, first, &first.location);
            fact.name = String::new();
            fact.names = packages.iter().take(MOST_NAMES).map(|package| package.name.clone()).collect();
            fact.names.sort();
            fact.names.dedup();
            Some(fact)
        };
        by_manifest.into_values().filter_map(fact).collect()
    }

    /// Imports that no manifest and no lockfile of the project knows.
    fn undeclared(&self, uses: &[Use]) -> Vec<DependencyFact> {
        let mut found: BTreeMap<(Ecosystem, String), DependencyFact> = BTreeMap::new();
        for ecosystem in [Ecosystem::Npm, Ecosystem::PyPI] {
            let declared: BTreeSet<&str> = self
                .input
                .manifests
                .iter()
                .flat_map(|manifest| &manifest.wanted)
                .chain(self.packages)
                .filter(|package| package.ecosystem == ecosystem)
                .flat_map(|package| [Some(package.name.as_str()), package.alias.as_deref()].into_iter().flatten())
                .collect();
            let manifests = self.input.manifests.iter().filter(|manifest| is_for(&manifest.path, ecosystem));
            let missing = manifests.count() == 0 && declared.is_empty();
            for one in uses.iter().filter(|one| one.ecosystem == ecosystem && one.context == CodeContext::Production) {
                let top = if ecosystem == Ecosystem::Npm {
                    one.module.as_str()
                } else {
                    one.module.split('.').next().unwrap_or("")
                };
                if one.optional
                    || one.location.path.starts_with('.')
                    || is_declared(one, &declared)
                    || is_provided(ecosystem, top, &declared)
                {
                    continue;
                }
                let key = if missing { (ecosystem, String::new()) } else { (ecosystem, top.to_owned()) };
                let fact = found.entry(key).or_insert_with(|| {
                    let kind = if missing { DependencyKind::MissingManifest } else { DependencyKind::Undeclared };
                    let mut fact = self.bare(kind, ecosystem, if missing { "" } else { top }, &one.location);
                    let (packages, told) = if ecosystem == Ecosystem::Npm {
                        (vec![top.to_owned()], false)
                    } else {
                        relation::packages_of(&one.module, &one.names)
                    };
                    fact.known = told || packages.iter().any(|package| names::rank(ecosystem, package).is_some());
                    fact.other = packages
                        .iter()
                        .find(|package| names::rank(ecosystem, package).is_some())
                        .or(packages.first())
                        .cloned()
                        .unwrap_or_default();
                    fact
                });
                if missing && !fact.names.iter().any(|name| name == top) && fact.names.len() < MOST_NAMES {
                    fact.names.push(top.to_owned());
                }
            }
        }
        // A script or two of another language beside a project need no manifest of their own.
        let beside = |fact: &DependencyFact| {
            let files: FxHashSet<&str> = uses
                .iter()
                .filter(|one| one.ecosystem == fact.ecosystem && !one.optional)
                .map(|one| one.location.path.as_str())
                .collect();
            fact.kind == DependencyKind::MissingManifest
                && (self.input.manifests.len() + files.len() < 2 || !self.input.manifests.is_empty() && files.len() < 5)
        };
        found.into_values().filter(|fact| !beside(fact)).collect()
    }

    /// Lockfiles in which a few packages have no hash.
    fn integrity(&self) -> Vec<DependencyFact> {
        let mut files: BTreeMap<&str, (usize, Vec<&Package>)> = BTreeMap::new();
        for package in self.packages.iter().filter(|package| is_locked(&package.location.path)) {
            let entry = files.entry(&package.location.path).or_default();
            match package.source {
                PackageSource::Registry | PackageSource::Index(_) if package.integrity => entry.0 += 1,
                PackageSource::Registry | PackageSource::Index(_) => entry.1.push(package),
                _ => {}
            }
        }
        let fact = |(hashed, without): (usize, Vec<&Package>)| {
            let first = without.first().filter(|_| hashed > without.len())?;
            let mut fact = self.fact(DependencyKind::MissingIntegrity, first, &first.location);
            fact.name = String::new();
            fact.names = without.iter().take(MOST_NAMES).map(|package| package.label()).collect();
            Some(fact)
        };
        files.into_values().filter_map(fact).collect()
    }

    /// Registries of which a file names only a few packages.
    fn registries(&self) -> Vec<DependencyFact> {
        let mut found: BTreeMap<(&str, &str), Vec<&Package>> = BTreeMap::new();
        for package in self.packages {
            if let PackageSource::Index(url) = &package.source {
                found.entry((&package.location.path, url)).or_default().push(package);
            }
        }
        let plain: FxHashSet<(&str, Ecosystem)> = self
            .packages
            .iter()
            .filter(|package| package.source == PackageSource::Registry)
            .map(|package| (package.location.path.as_str(), package.ecosystem))
            .collect();
        let fact = |((path, url), packages): ((&str, &str), Vec<&Package>)| {
            let first = packages.first().filter(|first| plain.contains(&(path, first.ecosystem)))?;
            let mut fact = self.fact(DependencyKind::OtherRegistry, first, &first.location);
            fact.name = String::new();
            url.clone_into(&mut fact.other);
            fact.names = packages.iter().take(MOST_NAMES).map(|package| package.name.clone()).collect();
            fact.known = packages.iter().any(|package| names::rank(package.ecosystem, &package.name).is_some());
            Some(fact)
        };
        found.into_iter().filter_map(fact).collect()
    }

    fn install_scripts(&self) -> Vec<DependencyFact> {
        let mut files: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
        for package in self.packages.iter().filter(|package| package.install_script) {
            files.entry(&package.location.path).or_default().push(package);
        }
        let fact = |packages: Vec<&Package>| {
            let unknown: Vec<&&Package> = packages.iter().filter(|package| !is_known(package)).collect();
            let first = unknown.first().copied().or(packages.first())?;
            let mut fact = self.fact(DependencyKind::InstallScript, first, &first.location);
            fact.name = String::new();
            fact.known = unknown.is_empty();
            fact.names = if unknown.is_empty() { &packages } else { return Some(with_names(fact, &unknown)) }
                .iter()
                .take(MOST_NAMES)
                .map(|package| package.label())
                .collect();
            Some(fact)
        };
        files.into_values().filter_map(fact).collect()
    }
}

fn with_names(mut fact: DependencyFact, packages: &[&&Package]) -> DependencyFact {
    fact.names = packages.iter().take(MOST_NAMES).map(|package| package.label()).collect();
    fact
}

/// Whether a package with an install script is well known, itself or by the owner of its scope.
fn is_known(package: &Package) -> bool {
    const SCOPES: [&str; 16] = [
        "@prisma/",
        "@swc/",
        "@esbuild/",
        "@parcel/",
        "@sentry/",
        "@nestjs/",
        "@next/",
        "@tailwindcss/",
        "@img/",
        "@biomejs/",
        "@fortawesome/",
        "@scarf/",
        "@apollo/",
        "@firebase/",
        "@playwright/",
        "@depot/",
    ];
    names::rank(package.ecosystem, &package.name).is_some()
        || SCOPES.iter().any(|scope| package.name.starts_with(scope))
        || matches!(
            package.name.as_str(),
            "core-js-pure"
                | "esbuild"
                | "fsevents"
                | "protobufjs"
                | "sharp"
                | "unrs-resolver"
                | "workerd"
                | "ssh2"
                | "cpu-features"
                | "msgpackr-extract"
                | "lmdb"
                | "bcrypt"
                | "argon2"
                | "better-sqlite3"
                | "canvas"
                | "sqlite3"
                | "es5-ext"
                | "nx"
                | "msw"
                | "puppeteer"
                | "electron"
                | "supabase"
                | "prisma"
                | "bufferutil"
                | "utf-8-validate"
                | "dtrace-provider"
                | "aws-crt"
                | "tree-sitter"
                | "re2"
                | "keytar"
        )
}

/// Backports that people install on purpose.
fn is_backport(name: &str) -> bool {
    matches!(
        name,
        "dataclasses" | "enum34" | "typing" | "pathlib" | "tomllib" | "importlib-metadata" | "graphlib" | "test"
    )
}

/// Whether a range has no upper end; gives it as it should be shown.
fn is_open(ecosystem: Ecosystem, written: &str) -> Option<&str> {
    let text = written.split(';').next().unwrap_or(written).trim();
    let open = match ecosystem {
        Ecosystem::Npm => matches!(text, "" | "*" | "x" | "X" | "latest" | "next" | "canary") || only_lower(text),
        Ecosystem::PyPI => matches!(text, "" | "*") || only_lower(text),
        Ecosystem::CratesIo => text == "*" || only_lower(text),
        _ => false,
    };
    open.then_some(if text.is_empty() { "any version" } else { text })
}

/// `>=1.2`, `> 1` alone, but not `>=1,<2` and not `>=1 <2`.
fn only_lower(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('>') else { return false };
    let rest = rest.trim_start_matches('=').trim();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte))
}

/// Whether none of the locked versions is one that the manifest admits.
fn disagrees(ecosystem: Ecosystem, written: &str, versions: &[&str]) -> bool {
    let written = written.split(';').next().unwrap_or(written).trim();
    let written = written.rsplit_once('@').filter(|_| written.starts_with("npm:")).map_or(written, |(_, range)| range);
    // Poetry's carets are no specifiers of PEP 440.
    if written.is_empty() || !matches!(ecosystem, Ecosystem::Npm | Ecosystem::PyPI | Ecosystem::CratesIo) {
        return false;
    }
    let Some(wanted) = Requirement::parse(ecosystem, written) else { return false };
    let scheme = Scheme::of(ecosystem);
    !versions
        .iter()
        .any(|version| !scheme.is_valid(version) || scheme.is_prerelease(version) || wanted.matches(version))
}

/// Whether the URL names a commit.
fn is_commit(url: &str) -> bool {
    let hash = |text: &str| (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    url.split(['#', '@', '?', '&', '=']).any(hash)
}

/// Lockfiles hold the commit even where the URL does not show it.
fn is_locked(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit('.').next() == Some("lock")
        || name.contains("-lock.")
        || matches!(name, "npm-shrinkwrap.json" | "pylock.toml" | "Package.resolved" | "go.sum")
}

/// Whether a manifest is one of the ecosystem, even if it asks for nothing.
fn is_for(path: &str, ecosystem: Ecosystem) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match ecosystem {
        Ecosystem::Npm => matches!(name, "package.json" | "deno.json" | "deno.jsonc"),
        _ => name != "package.json" && !matches!(name, "Cargo.toml" | "go.mod" | "deno.json" | "deno.jsonc"),
    }
}

fn is_declared(one: &Use, declared: &BTreeSet<&str>) -> bool {
    if one.ecosystem == Ecosystem::Npm {
        return declared.contains(one.module.as_str());
    }
    let (packages, _) = relation::packages_of(&one.module, &one.names);
    let bare = relation::top_of(&one.module);
    let modules = [(one.module.as_str(), bare.as_str())];
    packages.iter().any(|package| declared.contains(package.as_str()))
        || declared.iter().any(|declared| {
            packages.iter().any(|package| relation::brings(declared, package))
                || relation::may_provide(declared, modules.into_iter()).is_some()
        })
}

/// Modules that the platform or a framework provides under names that no manifest shows.
fn is_provided(ecosystem: Ecosystem, name: &str, declared: &BTreeSet<&str>) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| declared.contains(name));
    if ecosystem == Ecosystem::PyPI {
        return matches!(
            name,
            "js" | "pyodide"
                | "micropython"
                | "machine"
                | "bpy"
                | "maya"
                | "unreal"
                | "google"
                | "setuptools"
                | "pkg_resources"
                | "pip"
        );
    }
    match name {
        "vscode" | "electron" | "k6" | "aws-sdk" | "bun" | "deno" | "obsidian" | "figma" | "cloudflare" | "estree"
        | "csstype" => true,
        "server-only" | "client-only" | "styled-jsx" => has(&["next", "react-server-dom-webpack"]),
        "react" | "react-dom" | "scheduler" => {
            has(&["next", "expo", "gatsby", "react-scripts", "preact", "react-native"])
        }
        "vue" | "h3" | "ofetch" | "nitropack" | "vue-router" | "ufo" | "pinia" => has(&["nuxt", "nuxt3"]),
        "@jest/globals" => has(&["jest"]),
        "express" => has(&["@nestjs/platform-express", "firebase-functions"]),
        "fastify" => has(&["@nestjs/platform-fastify"]),
        "mongodb" => has(&["mongoose"]),
        "rxjs" => has(&["@nestjs/common", "@angular/core"]),
        "@prisma/client" => has(&["prisma"]),
        _ => {
            name.starts_with("@theme")
                || name.starts_with("@site")
                || name.starts_with("@docusaurus/") && has(&["@docusaurus/core"])
        }
    }
}
