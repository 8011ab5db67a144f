//! pip's requirements and constraints files
//! (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).
//!
//! `-r` and `-c` are followed inside the audited root; an included file that this parser reads by itself is not listed
//! twice. Only `==` and `===` pin a version (or a constraint that does). Environment markers are kept with the
//! requirement, never evaluated; `${VARIABLES}` are left as written. pip-compile's `.in` files are read where their output
//! is not there.

use std::collections::BTreeMap;

use super::package_json::place_names;
use super::requirement_line::Dependency;
use super::{Extract, LockfileParser, Siblings, origin, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Hash, Package, PackageSource, Scope, normalize};

/// How the names of pip-compile's input end.
const IN: &str = ".in";

/// Files that may include one another in a chain.
const DEEPEST: usize = 16;

/// Files that one file may include in all.
const MOST: usize = 256;

/// Options that take a value and say nothing about packages.
const IGNORED: [&str; 11] = [
    "-f",
    "--find-links",
    "--trusted-host",
    "--no-binary",
    "--only-binary",
    "--use-feature",
    "--global-option",
    "--build-option",
    "--install-option",
    "--config-settings",
    "--config-setting",
];

/// Reads requirements files.
pub(super) struct Requirements;

impl LockfileParser for Requirements {
    fn name(&self) -> &'static str {
        "requirements.txt"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path);
        let Some(stem) = name.strip_suffix(".txt").or_else(|| name.strip_suffix(IN)) else { return false };
        let stem = stem.to_ascii_lowercase();
        let folder = place::file_name(place::folder(path)).to_ascii_lowercase();
        stem.starts_with("requirements")
            || stem.ends_with("requirements")
            || stem.starts_with("constraints")
            || stem.ends_with("constraints")
            || matches!(folder.as_str(), "requirements" | "reqs")
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        let constraints = place::file_name(file.path()).to_ascii_lowercase().contains("constraints");
        // What is included is a manifest of its own, and what a `.in` file asks for stands in its output.
        (!constraints && file.path().strip_suffix(IN).is_none()).then(|| self.parse(file, &|_| None).packages)
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        // What pip-compile wrote is what gets installed.
        let compiled = file.path().strip_suffix(IN).map(|stem| format!("{stem}.txt"));
        if compiled.and_then(|path| siblings(&path)).is_some() {
            return Extract::default();
        }
        let mut reader = Reader {
            siblings,
            extract: Extract::default(),
            constraints: BTreeMap::new(),
            open: Vec::new(),
            count: 0,
            index: None,
        };
        let scope = scope_of(file.path());
        reader.read(file, scope, false);
        reader.finish(file)
    }
}

/// Files for development by their names: `dev-requirements.txt`, `requirements/test.txt`.
fn scope_of(path: &str) -> Scope {
    const DEV: [&str; 11] =
        ["dev", "develop", "development", "test", "tests", "testing", "lint", "docs", "doc", "ci", "typing"];
    let file = place::file_name(path).to_ascii_lowercase();
    if file.split(['-', '_', '.']).any(|word| DEV.contains(&word)) { Scope::Dev } else { Scope::Runtime }
}

struct Reader<'s> {
    siblings: Siblings<'s>,
    extract: Extract,
    /// Pins of `-c` files by normalised name.
    constraints: BTreeMap<String, String>,
    /// Paths of the files that are being read, to find cycles.
    open: Vec<String>,
    /// How many files were read in all.
    count: usize,
    /// The registry that `--index-url` or `--extra-index-url` names.
    index: Option<PackageSource>,
}

impl Reader<'_> {
    /// Reads a file; recursion ends at [`DEEPEST`].
    fn read(&mut self, file: &SourceFile, scope: Scope, constraint: bool) {
        self.open.push(file.path().to_owned());
        for line in logical_lines(file) {
            self.line(file, &line, scope, constraint);
        }
        self.open.pop();
    }

    fn line(&mut self, file: &SourceFile, line: &Line, scope: Scope, constraint: bool) {
        let text = line.text.as_str();
        if !text.starts_with('-') {
            self.requirement(file, line, text, scope, constraint);
            return;
        }
        let (option, value) = split_option(text);
        match option {
            "-r" | "--requirement" => self.include(file, line, value, scope, constraint),
            "-c" | "--constraint" => self.include(file, line, value, scope, true),
            "-e" | "--editable" => self.requirement(file, line, value, scope, constraint),
            "-i" | "--index-url" | "--pypi-url" => self.index = Some(origin::index(Ecosystem::PyPI, value)),
            "--extra-index-url" => {
                let own = matches!(self.index, None | Some(PackageSource::Registry));
                let extra = origin::index(Ecosystem::PyPI, value);
                if own && extra != PackageSource::Registry {
                    self.index = Some(extra);
                }
            }
            "--no-index" | "--pre" | "--prefer-binary" | "--require-hashes" => {}
            option if IGNORED.contains(&option) => {}
            option => {
                let message = format!("`{option}` is no option of a requirements file");
                let hint = "pip refuses the file; remove the line";
                let problem = Problem::remark(ProblemKind::Syntax, Some(line.location.clone()), message).hint(hint);
                self.extract.problems.push(problem);
            }
        }
    }

    fn include(&mut self, file: &SourceFile, line: &Line, value: &str, scope: Scope, constraint: bool) {
        let problem = |kind, message: String, hint: &str| {
            Problem::incomplete(kind, Some(line.location.clone()), message).hint(hint)
        };
        let Some(path) = place::join(place::folder(file.path()), value) else {
            let shown = origin::without_credentials(value);
            let message = format!("`{shown}` is outside the audited folder, what it includes was not read");
            let hint = "keep requirements files inside the project";
            self.extract.problems.push(problem(ProblemKind::Unreadable, message, hint));
            return;
        };
        if self.open.contains(&path) {
            return;
        }
        if !constraint && Requirements.matches(&path) && (self.siblings)(&path).is_some() {
            // It is read by itself.
            return;
        }
        self.count += 1;
        if self.open.len() >= DEEPEST || self.count > MOST {
            let message = format!(
                "`{path}` is included through more than {DEEPEST} files, or as one of more than {MOST}, and was not read"
            );
            self.extract.problems.push(problem(ProblemKind::Limit, message, "include it from fewer files"));
            return;
        }
        if let Some(included) = (self.siblings)(&path) {
            self.read(&included, scope, constraint);
        } else {
            let message = format!("`{path}` is included but is not there");
            let hint = "add the file or remove the line; pip stops at it";
            self.extract.problems.push(problem(ProblemKind::Unreadable, message, hint));
        }
    }

    fn requirement(&mut self, file: &SourceFile, line: &Line, text: &str, scope: Scope, constraint: bool) {
        let (text, hashed, hashes) = split_hashes(text);
        let Some(dependency) = Dependency::parse(text) else {
            let shown: String = origin::without_credentials(text).chars().take(80).collect();
            let message = format!("`{shown}` is no requirement");
            let hint = "pip cannot read the line either: write `name==1.2.3`";
            let problem = Problem::incomplete(ProblemKind::Syntax, Some(line.location.clone()), message).hint(hint);
            self.extract.problems.push(problem);
            return;
        };
        if constraint {
            if let (Some(name), Some(version)) = (&dependency.name, dependency.exact()) {
                self.constraints.insert(normalize(Ecosystem::PyPI, name), version);
            }
            return;
        }
        // A folder without a name is the project's own.
        let Some(mut package) = dependency.package(scope, line.location.clone()) else { return };
        package.integrity = hashed;
        package.hashes = hashes;
        package.declared = Some(line.location.clone());
        // Constraints say which version, not that the package is wanted.
        let constraints_file = place::file_name(file.path()).to_ascii_lowercase().contains("constraints");
        package.direct = !constraints_file;
        if constraints_file {
            package.path.clear();
        }
        self.extract.packages.push(package);
    }

    /// Applies what holds for all lines, and tells what is not pinned.
    fn finish(mut self, file: &SourceFile) -> Extract {
        for package in &mut self.extract.packages {
            if let (PackageSource::Registry, Some(index)) = (&package.source, &self.index) {
                package.source = index.clone();
            }
            if package.version.is_none()
                && !matches!(package.source, PackageSource::Git(_) | PackageSource::Path(_) | PackageSource::Url(_))
                && let Some(version) = self.constraints.get(&package.name)
            {
                package.version = Some(version.clone());
                package.purl = crate::package::purl(package.ecosystem, &package.name, Some(version));
                package.path = vec![package.label()];
            }
        }
        let total = self.extract.packages.len();
        let open: Vec<&str> = self
            .extract
            .packages
            .iter()
            .filter(|package| package.version.is_none())
            .map(|package| package.name.as_str())
            .collect();
        if !open.is_empty() {
            let message = format!(
                "`{}` does not pin {} of {total} packages, so they were not matched with advisories: {}",
                file.path(),
                open.len(),
                place_names(&open)
            );
            let hint = "pin them, for example with `pip-compile` or `uv pip compile`";
            let location = Some(Location::file(file.path()));
            self.extract.problems.push(Problem::remark(ProblemKind::Unresolved, location, message).hint(hint));
        }
        self.extract
    }
}

/// A line with its continuations joined and its comment dropped.
struct Line {
    text: String,
    location: Location,
}

fn logical_lines(file: &SourceFile) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut text = String::new();
    let mut first: Option<u32> = None;
    let count = u32::try_from(file.line_count()).unwrap_or(u32::MAX);
    for number in 1..=count {
        let physical = file.line_text(number).unwrap_or("");
        let start = *first.get_or_insert(number);
        let comment = physical.trim_start().starts_with('#');
        let continued = (!comment).then(|| physical.strip_suffix('\\')).flatten();
        text.push_str(if comment { "" } else { continued.unwrap_or(physical) });
        if continued.is_some() && number < count {
            text.push(' ');
            continue;
        }
        let line = without_comment(&text).trim();
        if !line.is_empty() {
            let from = file.line_span(start).unwrap_or_default().start as usize;
            let indent = file.line_text(start).map_or(0, |line| line.len() - line.trim_start().len());
            lines.push(Line { text: line.to_owned(), location: place::rest_of_line(file, from + indent) });
        }
        text.clear();
        first = None;
    }
    lines
}

/// A `#` begins a comment at the start or behind white space.
fn without_comment(text: &str) -> &str {
    let begins = |at: &usize| *at == 0 || text.as_bytes()[at - 1].is_ascii_whitespace();
    match memchr::memchr_iter(b'#', text.as_bytes()).find(begins) {
        Some(at) => &text[..at],
        None => text,
    }
}

/// `--name=value`, `--name value`, `-rvalue`.
fn split_option(text: &str) -> (&str, &str) {
    let long = text.starts_with("--");
    let end =
        text.find(|character: char| character.is_whitespace() || (long && character == '=')).unwrap_or(text.len());
    let end = if long || end <= 2 { end } else { 2 };
    // A character of several bytes may stand behind the dash.
    let Some((option, value)) = text.split_at_checked(end) else { return (text, "") };
    let value = value.trim_start_matches(|character: char| character.is_whitespace() || (long && character == '='));
    (option, value.trim().trim_matches(['"', '\'']))
}

/// The requirement without its options, and whether one of them is a hash.
fn split_hashes(text: &str) -> (&str, bool, Vec<Hash>) {
    /// Archives of one package that are listed.
    const LISTED: usize = 64;
    let end = text.find(" --").unwrap_or(text.len());
    let (requirement, options) = text.split_at(end);
    let values = options.split("--hash").skip(1).take(LISTED);
    let hashes =
        values.filter_map(|value| Hash::prefixed(value.trim_start_matches(['=', ' ']).split_whitespace().next()?));
    (requirement.trim(), options.contains("--hash"), hashes.collect())
}
