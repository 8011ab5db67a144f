//! Packages held against advisories, by OSV's evaluation (<https://ossf.github.io/osv-schema/#evaluation>).
//!
//! A package version is affected when an advisory lists it or one of its ranges holds it. Withdrawn advisories match
//! nothing. Advisories that name each other, or share another id, are one weakness of that package version; it is called
//! by the id of the ecosystem's own database (`RUSTSEC`, `GO`, `PYSEC`, `GHSA` for npm), of the malware list, else
//! `GHSA`, else `CVE`, and takes the worst of the severities.
//!
//! Which packages: those of the ecosystem's registry, of mirrors and of archives by URL. A crate of another registry is
//! left out as `cargo audit` does, since source replacement keeps the name of crates.io in a lockfile and another name
//! means other code. What comes from a folder is the project's own, and its name may collide; what comes from git is at
//! no registry version. Left-out packages and those without an exact version are told, never dropped in silence.

use std::collections::{BTreeMap, BTreeSet};

use super::database::Database;
use super::record::{Advisory, Affected};
use super::{Vulnerability, cvss};
use crate::base::{Location, Problem, ProblemKind, Severity};
use crate::package::{Ecosystem, Package, PackageSource};
use crate::version::{self, Event, Scheme};

/// Names told in one problem; the rest is counted.
const NAMED: usize = 5;

/// The weaknesses of these packages, sorted by ecosystem, package, version and id, and what was not checked.
#[must_use]
pub fn matches(database: &Database, packages: &[Package]) -> (Vec<Vulnerability>, Vec<Problem>) {
    let mut wanted = BTreeMap::<Key<'_>, &Package>::new();
    let mut aside = Aside::default();
    for package in packages {
        if !aside.takes(package)
            && let Some(version) = &package.version
        {
            let key = (package.ecosystem, package.name.as_str(), version.as_str(), package.purl.as_str());
            wanted.entry(key).or_insert(package);
        }
    }
    // Actions are judged by policies as well, and the build scripts of phone apps name a few libraries besides what the
    // app is made of: that there is no data about those leaves no audit incomplete.
    let aside_from = |key: &Key<'_>, package: &Package| {
        let script = [".gradle", ".gradle.kts"].iter().any(|end| package.location.path.ends_with(end));
        key.0 == Ecosystem::GitHubActions || script
    };
    let weighed = wanted.iter().filter(|(key, package)| !aside_from(key, package));
    let ecosystems: BTreeSet<Ecosystem> = weighed.map(|(key, _)| key.0).collect();
    let mut problems = database.complaints(ecosystems);
    problems.extend(aside.problems(database, &wanted));
    let mut vulnerabilities = Vec::new();
    let mut known = BTreeMap::<(Ecosystem, &str), Vec<Advisory>>::new();
    for (&(ecosystem, name, version, purl), package) in &wanted {
        let advisories = known.entry((ecosystem, name)).or_insert_with(|| {
            let (advisories, problem) = database.lookup(ecosystem, name);
            problems.extend(problem);
            advisories.into_iter().filter(|advisory| advisory.withdrawn.is_none()).collect()
        });
        if advisories.is_empty() {
            continue;
        }
        if !Scheme::of(ecosystem).is_valid(version) {
            problems.push(no_version(package, version));
        }
        let hits = advisories.iter().filter_map(|advisory| Hit::new(ecosystem, advisory, version)).collect();
        let subject = Subject { ecosystem, name, version, purl };
        vulnerabilities.extend(merge(ecosystem, hits).into_iter().map(|group| subject.vulnerability(&group)));
    }
    vulnerabilities.sort_by(|a, b| {
        let key = |v: &Vulnerability| (v.ecosystem, v.package.clone(), v.version.clone(), v.purl.clone(), v.id.clone());
        key(a).cmp(&key(b))
    });
    problems.sort();
    problems.dedup();
    (vulnerabilities, problems)
}

/// Whether an advisory's entry for a package holds a version of it.
#[must_use]
pub fn is_affected(ecosystem: Ecosystem, affected: &Affected, version: &str) -> bool {
    let scheme = Scheme::of(ecosystem);
    let in_range =
        || scheme.is_valid(version) && affected.ranges.iter().any(|range| version::affected(scheme, range, version));
    version::listed(scheme, &affected.versions, version) || in_range()
}

type Key<'a> = (Ecosystem, &'a str, &'a str, &'a str);

/// Packages that cannot be matched.
#[derive(Default)]
struct Aside<'a> {
    /// Without an exact version, per file.
    unresolved: BTreeMap<&'a str, Vec<&'a Package>>,
    /// From git, or from another registry of an ecosystem where that means other code.
    elsewhere: BTreeMap<&'a str, Vec<&'a Package>>,
}

impl<'a> Aside<'a> {
    fn takes(&mut self, package: &'a Package) -> bool {
        let path = package.location.path.as_str();
        match &package.source {
            _ if !package.ecosystem.has_advisories() => return true,
            PackageSource::Path(_) => return true,
            PackageSource::Index(_) if package.ecosystem == Ecosystem::CratesIo => {
                self.elsewhere.entry(path).or_default().push(package);
            }
            PackageSource::Git(_) => self.elsewhere.entry(path).or_default().push(package),
            _ if package.version.is_none() => self.unresolved.entry(path).or_default().push(package),
            _ => return false,
        }
        true
    }

    fn problems(&self, database: &Database, wanted: &BTreeMap<Key<'_>, &Package>) -> Vec<Problem> {
        let resolved: BTreeSet<(Ecosystem, &str)> = wanted.keys().map(|key| (key.0, key.1)).collect();
        let mut problems = Vec::new();
        for (path, packages) in &self.unresolved {
            let mut open: Vec<&Package> = packages.clone();
            // Another file of the project, such as a lockfile, says which version it is.
            open.retain(|package| !resolved.contains(&(package.ecosystem, package.name.as_str())));
            // What no advisory names is safe from them at any version; that it is not pinned is the reader's to tell.
            open.retain(|package| {
                let (advisories, _) = database.lookup(package.ecosystem, &package.name);
                advisories.iter().any(|advisory| advisory.withdrawn.is_none())
            });
            if let Some((location, count, names)) = summary(path, &open) {
                let message =
                    format!("{count} without an exact version not matched with the advisories about: {names}");
                let problem = Problem::incomplete(ProblemKind::Unresolved, Some(location), message);
                problems.push(problem.hint("commit a lockfile, or pin the versions"));
            }
        }
        for (path, packages) in &self.elsewhere {
            if let Some((location, count, names)) = summary(path, packages) {
                let message = format!("{count} from outside the registry not matched against advisories: {names}");
                let problem = Problem::remark(ProblemKind::Unresolved, Some(location), message);
                problems.push(problem.hint("look at the advisories of their projects"));
            }
        }
        problems
    }
}

/// The first place, how many, and some of the names.
fn summary(path: &str, packages: &[&Package]) -> Option<(Location, String, String)> {
    let first = packages.iter().map(|package| package.location.line).min()?;
    let names: BTreeSet<String> = packages.iter().map(|package| format!("`{}`", package.label())).collect();
    let count = if names.len() == 1 { "1 package".to_owned() } else { format!("{} packages", names.len()) };
    let more = names.len().saturating_sub(NAMED);
    let mut text = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text = format!("{text} and {more} more");
    }
    Some((Location::line(path, first), count, text))
}

fn no_version(package: &Package, version: &str) -> Problem {
    let message = format!(
        "`{}` is no version of {}, so `{}` was matched by its spelling only",
        version.escape_debug(),
        package.ecosystem,
        package.name
    );
    Problem::incomplete(ProblemKind::Unresolved, Some(package.location.clone()), message)
}

/// One advisory that holds the version.
struct Hit<'a> {
    advisory: &'a Advisory,
    affected: &'a Affected,
}

impl<'a> Hit<'a> {
    fn new(ecosystem: Ecosystem, advisory: &'a Advisory, version: &str) -> Option<Self> {
        let affected = advisory.affected.first()?;
        is_affected(ecosystem, affected, version).then_some(Self { advisory, affected })
    }

    fn ids(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        std::iter::once(&self.advisory.id).chain(&self.advisory.aliases).map(String::as_str)
    }

    fn is_unmaintained(&self) -> bool {
        self.affected.informational.as_deref() == Some("unmaintained")
    }

    /// Worst vector with its score; else the database's score; else its word; else critical for malware.
    fn severity(&self) -> Rating<'a> {
        let vectors = self.advisory.cvss.iter();
        let worst =
            vectors.filter_map(|vector| Some((cvss::score(vector)?, vector.as_str()))).max_by_key(|rated| rated.0);
        let (score, vector) = match worst {
            Some((score, vector)) => (Some(score), Some(vector)),
            None => (self.advisory.score, None),
        };
        let malware = self.advisory.is_malware().then_some(Severity::Critical);
        let word = self.advisory.severity;
        // A word without a vector is the database's own judgement of its score.
        let severity = if vector.is_some() { score.map(cvss::band) } else { word.or(score.map(cvss::band)) };
        Rating { severity: severity.max(malware), score, vector }
    }
}

/// Ordered by severity, then score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Rating<'a> {
    severity: Option<Severity>,
    score: Option<u32>,
    vector: Option<&'a str>,
}

/// Joins hits that share an id, directly or through others. Sets of a handful: joined by search, not by a forest.
///
/// That nobody maintains a package is no weakness of its code: where a database gives it an advisory of its own beside
/// one about a weakness, both stand, though the former names the latter's ids (RUSTSEC-2020-0036 does).
fn merge(ecosystem: Ecosystem, mut hits: Vec<Hit<'_>>) -> Vec<Vec<Hit<'_>>> {
    let own = |hit: &Hit<'_>| rank(ecosystem, &hit.advisory.id) == 0;
    hits.sort_by_key(Hit::is_unmaintained);
    let mut groups: Vec<(BTreeSet<&str>, Vec<Hit<'_>>)> = Vec::new();
    for hit in hits {
        let mut ids: BTreeSet<&str> = hit.ids().collect();
        let mut members = Vec::new();
        groups.retain_mut(|(known, list)| {
            let apart =
                hit.is_unmaintained() && own(&hit) && list.iter().any(|other| own(other) && !other.is_unmaintained());
            let joined = !apart && !known.is_disjoint(&ids);
            if joined {
                ids.append(known);
                members.append(list);
            }
            !joined
        });
        members.push(hit);
        groups.push((ids, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

struct Subject<'a> {
    ecosystem: Ecosystem,
    name: &'a str,
    version: &'a str,
    purl: &'a str,
}

impl Subject<'_> {
    fn vulnerability(&self, group: &[Hit<'_>]) -> Vulnerability {
        let ids: BTreeSet<&str> = group.iter().flat_map(Hit::ids).collect();
        let id = ids.iter().min_by_key(|id| (rank(self.ecosystem, id), **id)).copied().unwrap_or_default();
        let rating = group.iter().map(Hit::severity).max().unwrap_or_default();
        let set = |of: fn(&Affected) -> &Vec<String>| -> Vec<String> {
            let all: BTreeSet<&String> = group.iter().flat_map(|hit| of(hit.affected)).collect();
            all.into_iter().cloned().collect()
        };
        let everywhere = group.iter().any(|hit| hit.affected.platforms.is_empty());
        Vulnerability {
            id: id.to_owned(),
            aliases: ids.iter().filter(|other| **other != id).map(|&other| other.to_owned()).collect(),
            ecosystem: self.ecosystem,
            package: self.name.to_owned(),
            version: self.version.to_owned(),
            purl: self.purl.to_owned(),
            severity: rating.severity,
            cvss: rating.vector.map(str::to_owned),
            score: rating.score,
            cwe: group.iter().flat_map(|hit| &hit.advisory.cwe).copied().collect::<BTreeSet<_>>().into_iter().collect(),
            informational: informational(group, id),
            fixed: self.fixes(group),
            functions: set(|affected| &affected.functions),
            platforms: if everywhere { Vec::new() } else { set(|affected| &affected.platforms) },
            malicious: group.iter().any(|hit| hit.advisory.is_malware()),
            reach: None,
            published: group.iter().filter_map(|hit| hit.advisory.published.clone()).min(),
            epss: None,
            exploited: None,
        }
    }

    /// Versions that no advisory of the group affects; if they contradict each other, those that one of them calls fixed.
    fn fixes(&self, group: &[Hit<'_>]) -> Vec<String> {
        let scheme = Scheme::of(self.ecosystem);
        if !scheme.is_valid(self.version) {
            return Vec::new();
        }
        fn ranges<'h>(hits: &'h [Hit<'_>]) -> Vec<&'h [Event]> {
            hits.iter().flat_map(|hit| &hit.affected.ranges).map(Vec::as_slice).collect()
        }
        let mut fixes = version::fixes_after(scheme, self.version, &ranges(group));
        if fixes.is_empty() {
            let each = group.chunks(1).flat_map(|hit| version::fixes_after(scheme, self.version, &ranges(hit)));
            fixes = each.collect();
            fixes.sort_by(|a, b| scheme.compare(a, b).then_with(|| a.cmp(b)));
            fixes.dedup_by(|a, b| scheme.same(a, b));
        }
        // The Go database leaves out the `v` that modules' versions begin with.
        if self.ecosystem == Ecosystem::Go && self.version.starts_with('v') {
            for fix in &mut fixes {
                fix.insert(0, 'v');
            }
        }
        fixes
    }
}

/// The kind that the record of the preferred id gives; without such a record, all must agree that there is one.
fn informational(group: &[Hit<'_>], id: &str) -> Option<String> {
    if let Some(own) = group.iter().find(|hit| hit.advisory.id == id) {
        return own.affected.informational.clone();
    }
    let all = group.iter().map(|hit| hit.affected.informational.as_ref()).collect::<Option<Vec<_>>>();
    all?.first().map(|&kind| kind.clone())
}

/// Smaller is preferred.
fn rank(ecosystem: Ecosystem, id: &str) -> u8 {
    let own = match ecosystem {
        Ecosystem::CratesIo => "RUSTSEC-",
        Ecosystem::Go => "GO-",
        Ecosystem::PyPI => "PYSEC-",
        Ecosystem::Hackage => "HSEC-",
        Ecosystem::Cran => "RSEC-",
        _ => "GHSA-",
    };
    match id {
        id if id.starts_with(own) => 0,
        id if id.starts_with("MAL-") => 1,
        id if id.starts_with("GHSA-") => 2,
        id if id.starts_with("CVE-") => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests;
