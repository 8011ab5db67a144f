//! Dockerfiles (<https://docs.docker.com/reference/dockerfile/>): the images they start from, and the packages that `RUN`
//! installs by name with a full version.
//!
//! No advisories are kept for images: they are facts for bills and policies. What is installed without a version is told in one
//! remark a file; package managers themselves are left out.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::{Extract, LockfileParser, Siblings, entry, package_json, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::hash::Hash;
use crate::package::{Ecosystem, Package, Scope};
use crate::version::{Requirement, Scheme};

/// Longer references of images are none.
const LONGEST: usize = 1_000;
/// Words of one file that are looked at.
const MOST: usize = 100_000;

/// Installers that are brought up to date before they install something.
const INSTALLERS: [&str; 14] = [
    "pip",
    "setuptools",
    "wheel",
    "uv",
    "poetry",
    "pdm",
    "pipenv",
    "virtualenv",
    "npm",
    "yarn",
    "pnpm",
    "corepack",
    "bundler",
    "cargo-chef",
];

/// Reads Dockerfiles.
pub(super) struct Dockerfile;

impl LockfileParser for Dockerfile {
    fn name(&self) -> &'static str {
        "Dockerfile"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path).to_ascii_lowercase();
        let other = [".dockerignore", ".md", ".sh", ".txt", ".yml", ".yaml"].iter().any(|end| name.ends_with(end));
        ["dockerfile", "containerfile"].iter().any(|known| {
            name == *known || name.starts_with(&format!("{known}.")) || name.ends_with(&format!(".{known}"))
        }) && !other
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let mut reader = Reader { file, packages: Vec::new(), open: Vec::new(), words: 0 };
        let mut arguments: BTreeMap<&str, &str> = BTreeMap::new();
        let mut stages: FxHashSet<String> = FxHashSet::default();
        let mut images: Vec<Package> = Vec::new();
        // `None` outside an instruction; else whether it is `RUN`.
        let mut inside: Option<bool> = None;
        for (start, line) in entry::lines(file.text()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let goes_on = line.ends_with(['\\', '`']);
            let (mut code, mut code_start) = (line.trim_end_matches(['\\', '`']), start);
            if inside.is_none() {
                let (word, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
                let rest_start = start + (code.len() - rest.len());
                match word.to_ascii_uppercase().as_str() {
                    "FROM" => images.extend(image(file, start, rest, &arguments, &mut stages)),
                    "ARG" => {
                        let pairs = rest.split_whitespace().filter_map(|pair| pair.split_once('='));
                        arguments.extend(pairs.map(|(name, value)| (name, value.trim_matches(['"', '\'']))));
                    }
                    _ => {}
                }
                inside = Some(word.eq_ignore_ascii_case("RUN"));
                (code, code_start) = (rest, rest_start);
            }
            if inside == Some(true) {
                reader.commands(code, code_start);
            }
            if !goes_on {
                inside = None;
            }
        }
        // What ships is the last stage.
        let last = images.len().saturating_sub(1);
        for (at, image) in images.iter_mut().enumerate() {
            image.scope = if at == last { Scope::Runtime } else { Scope::Build };
        }
        reader.packages.append(&mut images);
        reader.packages.sort_by_key(|package| package.location.line);
        reader.finish()
    }
}

/// The image of `FROM [--platform=…] image[:tag][@digest] [AS name]`.
fn image(
    file: &SourceFile,
    start: usize,
    rest: &str,
    arguments: &BTreeMap<&str, &str>,
    stages: &mut FxHashSet<String>,
) -> Option<Package> {
    let mut words = rest.split_whitespace().filter(|word| !word.starts_with("--"));
    let written = words.next()?;
    let alias = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and(words.next());
    let known = stages.contains(written.to_ascii_lowercase().as_str());
    stages.extend(alias.map(str::to_ascii_lowercase));
    let resolved = substitute(written, arguments)?;
    if known || resolved == "scratch" || resolved.is_empty() {
        return None;
    }
    let (name, digest) =
        resolved.split_once('@').map_or((resolved.as_str(), None), |(name, digest)| (name, Some(digest)));
    // A colon in the part before the last slash is a port.
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    let usable = |c: char| c.is_ascii_alphanumeric() || "/-_.:".contains(c);
    if name.is_empty() || !name.chars().all(usable) {
        return None;
    }
    let mut package = entry::at(file, Ecosystem::Docker, &name.to_lowercase(), tag.or(digest), start);
    package = entry::direct(package, Scope::Runtime, tag);
    // The registry is a part of the name; that images come from several is usual.
    package.integrity = digest.is_some();
    package.hashes = digest.and_then(Hash::prefixed).into_iter().collect();
    Some(package)
}

/// `$NAME`, `${NAME}` and `${NAME:-default}` by the arguments' defaults; `None` where one has none.
fn substitute(text: &str, arguments: &BTreeMap<&str, &str>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, after) = match rest.strip_prefix('{') {
            Some(inner) => inner.split_once('}')?,
            None => rest.split_at(rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())),
        };
        let (name, default) = name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
        out.push_str(arguments.get(name).copied().or(default)?);
        if out.len() > LONGEST {
            return None;
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

struct Reader<'f> {
    file: &'f SourceFile,
    packages: Vec<Package>,
    /// Names without a version, and where.
    open: Vec<(String, usize)>,
    words: usize,
}

impl Reader<'_> {
    /// The commands of a line.
    fn commands(&mut self, code: &str, start: usize) {
        let mut at = 0;
        for command in code.split(['&', '|', ';']) {
            let words: Vec<&str> = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', ','])).collect();
            self.words += words.len();
            if self.words <= MOST {
                self.command(&words, start + at);
            }
            at += command.len() + 1;
        }
    }

    fn command(&mut self, words: &[&str], start: usize) {
        let program = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
        let Some(first) = words.iter().position(|word| {
            matches!(
                program(word).as_str(),
                "pip" | "pip3" | "uv" | "npm" | "pnpm" | "yarn" | "bun" | "gem" | "cargo" | "go"
            )
        }) else {
            return;
        };
        // What stands before are variables, `sudo`, `python -m`.
        let rest = &words[first + 1..];
        let (ecosystem, verbs): (Ecosystem, &[&[&str]]) = match program(words[first]).as_str() {
            "pip" | "pip3" => (Ecosystem::PyPI, &[&["install"]]),
            "uv" => (Ecosystem::PyPI, &[&["pip", "install"], &["tool", "install"]]),
            "npm" => (Ecosystem::Npm, &[&["install"], &["i"], &["add"]]),
            "pnpm" | "bun" => (Ecosystem::Npm, &[&["add"], &["install"], &["i"]]),
            "yarn" => (Ecosystem::Npm, &[&["global", "add"], &["add"]]),
            "gem" => (Ecosystem::RubyGems, &[&["install"]]),
            "cargo" => (Ecosystem::CratesIo, &[&["install"]]),
            _ => (Ecosystem::Go, &[&["install"], &["get"]]),
        };
        let plain: Vec<&str> = rest.iter().copied().filter(|word| !word.starts_with('-')).collect();
        let Some(verb) = verbs.iter().find(|verb| plain.starts_with(verb)) else { return };
        let mut arguments = rest.iter().skip_while(|word| **word != verb[verb.len() - 1]).skip(1).copied();
        let mut version: Option<&str> = None;
        let mut named: Vec<&str> = Vec::new();
        while let Some(word) = arguments.next() {
            match word {
                "-v" | "--version" if ecosystem != Ecosystem::PyPI => version = arguments.next(),
                // Options with a value that names no package.
                "-r" | "-c" | "-e" | "-i" | "-t" | "--requirement" | "--constraint" | "--editable" | "--index-url"
                | "--extra-index-url" | "--target" | "--prefix" | "--root" | "--registry" | "--git" | "--path"
                | "--features" | "--find-links" | "-f" | "--platform" | "--python" | "--source" | "--with"
                | "--trusted-host" => {
                    if matches!(word, "--git" | "--path") {
                        return;
                    }
                    arguments.next();
                }
                word if word.starts_with('-') => {
                    let value = word.strip_prefix("--version=");
                    version = value.or(version);
                }
                word => named.push(word),
            }
        }
        for word in named {
            self.install(ecosystem, word, version, start);
        }
    }

    fn install(&mut self, ecosystem: Ecosystem, word: &str, version: Option<&str>, start: usize) {
        // Paths, archives, variables, redirections are no names.
        let no_name =
            ["$", "./", "../", "/", "http", "git+", "file:", "<", ">", "."].iter().any(|begin| word.starts_with(begin));
        if no_name || word.contains('$') || word.is_empty() {
            return;
        }
        let (name, wanted) = match ecosystem {
            Ecosystem::PyPI => {
                let end = word.find(['=', '<', '>', '~', '!', '[']).unwrap_or(word.len());
                let (name, rest) = word.split_at(end);
                let rest = if rest.starts_with('[') { rest.split_once(']').map_or("", |(_, rest)| rest) } else { rest };
                let exact = Requirement::parse(Ecosystem::PyPI, rest).and_then(|range| range.exact());
                (name, exact)
            }
            Ecosystem::Npm => {
                let (name, rest) = super::npm_graph::split(word).unwrap_or((word, ""));
                (name, full(rest).map(str::to_owned))
            }
            Ecosystem::RubyGems => {
                let (name, rest) = word.split_once(':').unwrap_or((word, version.unwrap_or("")));
                (name, Some(rest).filter(|rest| Scheme::RubyGems.is_valid(rest)).map(str::to_owned))
            }
            _ => {
                let (name, rest) = word.split_once('@').unwrap_or((word, version.unwrap_or("")));
                let plain = rest.trim_start_matches(['=', 'v']);
                (
                    name,
                    full(plain)
                        .map(|plain| if ecosystem == Ecosystem::Go { format!("v{plain}") } else { plain.to_owned() }),
                )
            }
        };
        let usable = |c: char| c.is_ascii_alphanumeric() || "@/-_.".contains(c);
        let local = matches!(ecosystem, Ecosystem::Npm | Ecosystem::Go)
            && word.split('/').any(|part| part == ".." || part == "...");
        let named = name.chars().any(char::is_alphanumeric) && name.chars().all(usable);
        let archive = [".whl", ".tgz", ".gem"].iter().any(|end| name.ends_with(end));
        if !named || archive || local {
            return;
        }
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
            if !INSTALLERS.contains(&name) {
                self.open.push((name.to_owned(), start));
            }
            return;
        };
        let package = entry::at(self.file, ecosystem, name, Some(&wanted), start);
        self.packages.push(entry::direct(package, Scope::Runtime, None));
    }

    fn finish(self) -> Extract {
        let mut problems = Vec::new();
        if self.words > MOST {
            let message = format!("more than {MOST} words of commands: what the rest installs was not read");
            let place = Some(Location::file(self.file.path()));
            problems.push(Problem::incomplete(ProblemKind::Limit, place, message));
        }
        if let Some((_, first)) = self.open.first() {
            let names: Vec<&str> = self.open.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!(
                "{} installed without a version: every build may get another one",
                package_json::place_names(&names)
            );
            let place = Some(place::rest_of_line(self.file, *first));
            let hint = "install from a lockfile, or write the version";
            problems.push(Problem::remark(ProblemKind::Unresolved, place, message).hint(hint));
        }
        Extract { packages: self.packages, problems }
    }
}

/// A version of three numbers.
fn full(text: &str) -> Option<&str> {
    let core = text.split(['-', '+']).next().unwrap_or(text);
    let numbers = core.split('.').count() == 3
        && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    numbers.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_installs_are_read() {
        let text = "# syntax=docker/dockerfile:1\nARG BASE=python:3.12-slim\nFROM node:20 AS web\nRUN npm i -g pnpm typescript@5.4.2\n\
            FROM --platform=$BUILDPLATFORM ${BASE}\nRUN apt-get update && \\\n    # comment\n    pip install --no-cache-dir -r requirements.txt 'flask==2.0.1' gunicorn && \\\n\
            \x20   python -m pip install \"uvicorn[standard]==0.20.0\" ./local\nCOPY --from=web /a /b\nFROM web\nFROM registry.example:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
            RUN cargo install --locked ripgrep --version 14.1.0 ; go install example.org/x/tool@v1.2.3 ; gem install rails -v 7.1.0\nFROM $UNKNOWN\nFROM scratch\n";
        let extract = Dockerfile.parse(&SourceFile::new("Dockerfile", text), &|_| None);
        let found: Vec<String> =
            extract.packages.iter().map(|p| format!("{} {:?} {}", p.purl, p.scope, p.location.line)).collect();
        assert_eq!(
            found,
            [
                "pkg:docker/node@20 Build 3",
                "pkg:npm/typescript@5.4.2 Runtime 4",
                "pkg:docker/python@3.12-slim Build 5",
                "pkg:pypi/flask@2.0.1 Runtime 8",
                "pkg:pypi/uvicorn@0.20.0 Runtime 9",
                "pkg:docker/registry.example:5000/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 Runtime 12",
                "pkg:cargo/ripgrep@14.1.0 Runtime 13",
                "pkg:golang/example.org/x/tool@v1.2.3 Runtime 13",
                "pkg:gem/rails@7.1.0 Runtime 13",
            ]
        );
        assert!(extract.packages[5].integrity && extract.packages[5].hashes.len() == 1);
        assert_eq!(extract.problems.len(), 1);
        assert!(extract.problems[0].message.starts_with("`gunicorn` installed without"), "{:?}", extract.problems);
    }
}
