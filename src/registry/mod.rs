//! What registries say of packages, asked only with `--online`: whether a name and a version exist, how old a version is,
//! whether it is deprecated or yanked.
//!
//! Asked is deps.dev's API (<https://docs.deps.dev/api/v3/>), or the registry that the user's own client is set up for
//! ([`Online`]); never an address that the audited project names. Only names of the
//! ecosystem's own registry leave the machine: what comes from a private index, from git or from a folder is nobody's
//! business. Requests are bounded in number and time, answers are kept for the day, and whatever was not asked or not
//! answered is a problem: silence would pass for "all is well".

mod answer;
mod cache;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::civil::Date;

pub use answer::{Answered, Release};

use crate::base::{Problem, ProblemKind};
use crate::dependency::{DependencyFact, DependencyKind};
use crate::net::{self, Answer, Client, Limits, NetError};
use crate::options::Online;
use crate::package::{Ecosystem, Package, PackageSource};
use crate::version::Scheme;

/// Packages that are asked for in one run.
const MOST: usize = 1_000;
/// Time for all requests together.
const TIME: Duration = Duration::from_mins(2);
/// Failures in a row after which nothing more is asked.
const FAILURES: usize = 5;
/// Names told in one problem.
const NAMED: usize = 5;

/// Asks for the packages and says what stands out about them.
#[must_use]
pub fn ask(
    online: &Online,
    cache_dir: Option<&Path>,
    today: Date,
    packages: &[Package],
) -> (Vec<DependencyFact>, Vec<Problem>) {
    let mut wanted: BTreeMap<(bool, Ecosystem, &str), Vec<&Package>> = BTreeMap::new();
    for package in packages.iter().filter(|package| package.source == PackageSource::Registry) {
        if system(package.ecosystem).is_some() {
            // What the project asks for itself comes first.
            let transitive = !packages.iter().any(|other| other.direct && other.purl == package.purl);
            wanted.entry((transitive, package.ecosystem, &package.name)).or_default().push(package);
        }
    }
    let mut asker = match Asker::new(online, cache_dir, today) {
        Ok(asker) => asker,
        Err(error) => return (Vec::new(), vec![unanswered(&error.to_string(), "no package")]),
    };
    let mut facts = Vec::new();
    let mut left = Vec::new();
    for ((_, ecosystem, name), list) in &wanted {
        match asker.package(*ecosystem, name) {
            Some(answered) => facts.extend(list.iter().filter_map(|package| fact(package, &answered, today))),
            None => left.push(format!("`{name}`")),
        }
    }
    let mut problems = Vec::new();
    if !left.is_empty() {
        let more = left.len().saturating_sub(NAMED);
        let total = left.len();
        left.truncate(NAMED);
        let names = if more > 0 { format!("{} and {more} more", left.join(", ")) } else { left.join(", ") };
        let why = asker.trouble.unwrap_or_else(|| format!("more than {MOST} packages, or {} seconds", TIME.as_secs()));
        problems.push(unanswered(&why, &format!("{total} packages ({names})")));
    }
    facts.sort();
    facts.dedup();
    (facts, problems)
}

fn unanswered(why: &str, what: &str) -> Problem {
    let message = format!("{what} could not be asked for at their registries: {why}");
    Problem::incomplete(ProblemKind::Unresolved, None, message)
        .hint("check the network and the address of the API, or leave `--online` out")
}

/// The name of an ecosystem in deps.dev's addresses.
fn system(ecosystem: Ecosystem) -> Option<&'static str> {
    Some(match ecosystem {
        Ecosystem::CratesIo => "cargo",
        Ecosystem::Go => "go",
        Ecosystem::Npm => "npm",
        Ecosystem::PyPI => "pypi",
        Ecosystem::Maven => "maven",
        Ecosystem::NuGet => "nuget",
        Ecosystem::RubyGems => "rubygems",
        _ => return None,
    })
}

/// What stands out about one package; one thing, the worst.
fn fact(package: &Package, answered: &Answered, today: Date) -> Option<DependencyFact> {
    let fact = |kind, how: String| {
        let other = package.version.clone().unwrap_or_default();
        let bare = DependencyFact::new(kind, package.ecosystem, &package.name, &package.location);
        DependencyFact { scope: package.scope, other, how, ..bare }
    };
    let Answered::Known(releases) = answered else {
        return Some(fact(DependencyKind::NotInRegistry, "the registry has no package of that name".to_owned()));
    };
    let scheme = Scheme::of(package.ecosystem);
    let version = package.version.as_deref()?;
    let Some(release) = releases.iter().find(|release| scheme.same(&release.version, version)) else {
        return Some(fact(DependencyKind::VersionNotInRegistry, "the registry has no such version of it".to_owned()));
    };
    if release.yanked {
        return Some(fact(DependencyKind::Yanked, "its publisher has withdrawn this version".to_owned()));
    }
    if let Some(days) = release.published.map(|date| i64::from(today.since(date).map_or(0, |span| span.get_days())))
        && days < FRESH
    {
        let how = format!("published {days} days ago");
        return Some(DependencyFact { days: Some(days.max(0)), ..fact(DependencyKind::FreshVersion, how) });
    }
    release.deprecated.as_ref().map(|reason| fact(DependencyKind::Deprecated, reason.clone()))
}

/// Days of age that are told; which of them are too few is for a policy to say.
const FRESH: i64 = 90;

struct Asker<'a> {
    online: &'a Online,
    cache_dir: Option<&'a Path>,
    today: Date,
    client: Client,
    started: Instant,
    asked: usize,
    failures: usize,
    trouble: Option<String>,
}

impl<'a> Asker<'a> {
    fn new(online: &'a Online, cache_dir: Option<&'a Path>, today: Date) -> Result<Self, NetError> {
        let client =
            Client::new(Limits { idle: Duration::from_secs(5), total: Duration::from_secs(10), ..Limits::SMALL })?;
        Ok(Self { online, cache_dir, today, client, started: Instant::now(), asked: 0, failures: 0, trouble: None })
    }

    /// What the registry says; `None` if it could not be asked.
    fn package(&mut self, ecosystem: Ecosystem, name: &str) -> Option<Answered> {
        let (url, accept, read) = self.question(ecosystem, name)?;
        let known = self.cache_dir.and_then(|dir| cache::read(dir, &url, self.today));
        if let Some(body) = known {
            return if body.is_empty() { Some(Answered::Unknown) } else { read(&body) };
        }
        if self.failures >= FAILURES || self.asked >= MOST || self.started.elapsed() > TIME {
            return None;
        }
        self.asked += 1;
        let body = match self.client.get_as(&url, accept) {
            Ok(Answer::Fetched { body, .. }) => body,
            Err(error) if error.is_not_found() => Vec::new(),
            Ok(Answer::Unchanged) => return None,
            Err(error) => {
                self.failures += 1;
                self.trouble.get_or_insert_with(|| error.to_string());
                return None;
            }
        };
        let answered = if body.is_empty() { Some(Answered::Unknown) } else { read(&body) };
        if answered.is_none() {
            self.failures += 1;
            let shown = net::public_form(&url);
            self.trouble.get_or_insert_with(|| format!("`{shown}` gave an answer that cannot be read"));
            return None;
        }
        self.failures = 0;
        if let Some(dir) = self.cache_dir {
            cache::write(dir, &url, self.today, &body);
        }
        answered
    }

    /// The address to ask, what to ask for, and how to read the answer.
    fn question(&self, ecosystem: Ecosystem, name: &str) -> Option<Question> {
        let below = |base: &str, path: &str| format!("{}/{path}", base.trim_end_matches('/'));
        match (ecosystem, &self.online.npm, &self.online.cargo, &self.online.pip) {
            (Ecosystem::Npm, Some(base), ..) => Some((below(base, &encoded(name)), None, answer::npm)),
            (Ecosystem::CratesIo, _, Some(base), _) => {
                let base = base.strip_prefix("sparse+").unwrap_or(base);
                Some((below(base, &index_path(name)), None, answer::cargo))
            }
            (Ecosystem::PyPI, .., Some(base)) => {
                let url = below(base, &format!("{}/", encoded(name)));
                Some((url, Some("application/vnd.pypi.simple.v1+json"), answer::pip))
            }
            _ => {
                let path = format!("systems/{}/packages/{}", system(ecosystem)?, encoded(name));
                Some((below(&self.online.api, &path), None, answer::deps_dev))
            }
        }
    }
}

type Question = (String, Option<&'static str>, fn(&[u8]) -> Option<Answered>);

/// The file of a crate in an index (<https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files>).
fn index_path(name: &str) -> String {
    let name = encoded(&name.to_ascii_lowercase());
    match name.len() {
        0 => name,
        length @ (1 | 2) => format!("{length}/{name}"),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

/// A name as one part of a path; `.` and `..` would lead elsewhere.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    let dots = name.bytes().all(|byte| byte == b'.');
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => text.push(char::from(byte)),
            b'.' if !dots => text.push('.'),
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}
