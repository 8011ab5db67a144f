//! Which of the functions that an advisory names the project's own code writes. RustSec and Go tell functions in their
//! records; for npm and `PyPI` a table of our own has the common ones, written from the advisories.
//!
//! A name that is written somewhere is evidence, not proof: it may be another thing of that name. That none is written
//! is worth more, since there is no other way to call it but through another package.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use crate::advisory::{Call, Reach, Vulnerability};
use crate::base::{CodeContext, Location, SourceFile, Span};
use crate::flow::ParsedFile;
use crate::package::{Ecosystem, Package, Usage, UsageState};
use crate::syntax::{ExprKind, Imported, StmtKind};

/// Bytes of Rust and Go sources that are searched.
const MOST_BYTES: usize = 128 << 20;

/// Calls that are told of one vulnerability.
const MOST_CALLS: usize = 5;

type Table = FxHashMap<(&'static str, &'static str, &'static str), Vec<&'static str>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let lines = include_str!("../../data/dependency/advisory-functions.txt").lines();
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let key = (words.next()?, words.next()?, words.next()?);
        Some((key, words.collect()))
    };
    lines.filter(|line| !line.starts_with('#')).filter_map(row).collect()
});

/// The functions that the advisory names, by the table where its record has none.
fn functions(vulnerability: &Vulnerability) -> Vec<String> {
    if !vulnerability.functions.is_empty() {
        return vulnerability.functions.clone();
    }
    let (ecosystem, package) = (vulnerability.ecosystem.name(), vulnerability.package.as_str());
    let ids = std::iter::once(&vulnerability.id).chain(&vulnerability.aliases);
    let found = ids.filter_map(|id| TABLE.iter().find(|(key, _)| **key == (ecosystem, package, id.as_str())));
    found
        .flat_map(|(_, names)| names.iter().map(|&name| name.to_owned()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Writes into the vulnerabilities how the project gets at them. `read` gives the text of a file, for languages that are
/// not parsed.
pub fn mark(
    vulnerabilities: &mut [Vulnerability],
    packages: &[Package],
    parsed: &[&ParsedFile],
    files: &[(&str, CodeContext)],
    read: &(dyn Fn(&str) -> Option<Arc<SourceFile>> + Sync),
) {
    let mut usage: FxHashMap<&str, &Usage> = FxHashMap::default();
    for package in packages {
        if let Some(own) = &package.usage {
            let known = usage.entry(package.purl.as_str()).or_insert(own);
            if own.state < known.state {
                *known = own;
            }
        }
    }
    let alone: BTreeSet<&str> = packages
        .iter()
        .filter(|package| package.direct && package.dependents == Some(0))
        .map(|package| package.purl.as_str())
        .collect();
    let needed: BTreeSet<&str> =
        packages.iter().filter(|package| package.dependents != Some(0)).map(|package| package.purl.as_str()).collect();
    let mut texts = Texts { files, read, loaded: FxHashMap::default() };
    for vulnerability in vulnerabilities {
        let functions = functions(vulnerability);
        let usage = usage.get(vulnerability.purl.as_str());
        if functions.is_empty() && usage.is_none() {
            continue;
        }
        let purl = vulnerability.purl.as_str();
        let only_project = alone.contains(purl) && !needed.contains(purl);
        let names: BTreeSet<&str> = functions.iter().map(|function| last(function)).collect();
        let mut calls = match vulnerability.ecosystem {
            Ecosystem::Npm | Ecosystem::PyPI => in_trees(&names, parsed, vulnerability.ecosystem),
            Ecosystem::CratesIo => texts.calls(&names, ".rs"),
            Ecosystem::Go => texts.calls(&names, ".go"),
            _ => Vec::new(),
        };
        calls.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        let told = calls.iter().filter(|(_, test)| !test);
        let calls: Vec<Call> = told.map(|(call, _)| call.clone()).take(MOST_CALLS).collect();
        let state = usage.map_or(UsageState::Unknown, |usage| usage.state);
        vulnerability.reach = Some(Reach {
            state,
            location: usage.and_then(|usage| usage.location.clone()),
            reason: usage.map_or_else(
                || "the sources of this ecosystem are not parsed".to_owned(),
                |usage| usage.reason.clone(),
            ),
            functions,
            only_project,
            calls,
        });
    }
}

/// `smallvec::SmallVec::insert_many` → `insert_many`; `Reader.Read` → `Read`.
fn last(function: &str) -> &str {
    let end = function.find('(').unwrap_or(function.len());
    function[..end].rsplit([':', '.', '/']).next().unwrap_or(function)
}

/// Names and members of parsed files, with whether the file is a test.
fn in_trees(names: &BTreeSet<&str>, parsed: &[&ParsedFile], ecosystem: Ecosystem) -> Vec<(Call, bool)> {
    let mut calls = Vec::new();
    let python = |file: &ParsedFile| file.tree.language == crate::base::Language::Python;
    for file in parsed.iter().filter(|file| python(file) == (ecosystem == Ecosystem::PyPI)) {
        let symbols: Vec<_> = names.iter().filter_map(|name| Some((file.tree.symbol(name)?, *name))).collect();
        if symbols.is_empty() {
            continue;
        }
        let test = matches!(file.context, CodeContext::Test | CodeContext::Example);
        let mut push = |symbol, span: Span| {
            if let Some((_, name)) = symbols.iter().find(|(known, _)| *known == symbol) {
                calls.push((Call { function: (*name).to_owned(), location: file.file.locate(span) }, test));
            }
        };
        for (_, expr) in file.tree.exprs() {
            match expr.kind {
                ExprKind::Name(name) => push(name, expr.span),
                ExprKind::Member { name, name_span, .. } => push(name, name_span),
                ExprKind::Literal(crate::syntax::Literal::Str(text)) => push(text, expr.span),
                _ => {}
            }
        }
        for (_, stmt) in file.tree.stmts() {
            if let StmtKind::Import(import) = &stmt.kind {
                for name in &import.names {
                    if let Imported::Name(symbol) = name.imported {
                        push(symbol, name.span);
                    }
                }
            }
        }
    }
    calls
}

/// Sources of languages without a frontend, read once.
struct Texts<'a> {
    files: &'a [(&'a str, CodeContext)],
    read: &'a (dyn Fn(&str) -> Option<Arc<SourceFile>> + Sync),
    loaded: FxHashMap<&'static str, Vec<(Arc<SourceFile>, bool)>>,
}

impl Texts<'_> {
    fn calls(&mut self, names: &BTreeSet<&str>, ending: &'static str) -> Vec<(Call, bool)> {
        let (files, read) = (self.files, self.read);
        let loaded = self.loaded.entry(ending).or_insert_with(|| {
            let mut budget = MOST_BYTES;
            let own = files.iter().filter(|(path, context)| {
                path.ends_with(ending) && !matches!(context, CodeContext::Vendored | CodeContext::Generated)
            });
            let load = |(path, context): &(&str, CodeContext)| {
                let file = read(path).filter(|file| file.text().len() <= budget)?;
                budget -= file.text().len();
                Some((file, matches!(context, CodeContext::Test | CodeContext::Example)))
            };
            own.filter_map(load).collect()
        });
        let mut calls = Vec::new();
        for (file, test) in loaded.iter() {
            for name in names.iter().filter(|name| name.len() > 1) {
                if let Some(at) = word(file.text(), name) {
                    let location: Location = file.locate(Span::from_range(at..at + name.len()));
                    calls.push((Call { function: (*name).to_owned(), location }, *test));
                }
            }
        }
        calls
    }
}

/// Where the name stands as a word of its own, outside of line comments.
fn word(text: &str, name: &str) -> Option<usize> {
    let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let line = text[..*at].rsplit('\n').next().unwrap_or("");
        !part(text[..*at].chars().next_back())
            && !part(text[at + name.len()..].chars().next())
            && !line.trim_start().starts_with("//")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_by_their_last_name() {
        assert_eq!(last("smallvec::SmallVec::insert_many"), "insert_many");
        assert_eq!(last("http::header::HeaderMap<T>::reserve"), "reserve");
        assert_eq!(last("Reader.Read"), "Read");
        assert_eq!(word("// insert_many\nx.insert_manyx(); v.insert_many(1)", "insert_many"), Some(35));
        assert_eq!(word("nothing", "insert_many"), None);
    }

    #[test]
    fn the_table_is_in_form() {
        assert!(TABLE.len() > 60);
        for ((ecosystem, package, advisory), names) in TABLE.iter() {
            assert!(["npm", "PyPI"].contains(ecosystem), "{package}");
            assert!(["CVE-", "GHSA-", "PYSEC-", "NSWG-"].iter().any(|start| advisory.starts_with(start)), "{advisory}");
            assert!(!names.is_empty(), "{advisory}");
        }
    }
}
