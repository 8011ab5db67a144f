//! Packages that are fetched by address: scripts of pages from the well-known networks that serve npm's packages, and the
//! imports of Deno and of import maps (<https://docs.deno.com/runtime/fundamentals/modules/>).
//!
//! Only a full version is a package. An address without one gets something else tomorrow, which is told in one remark a file.
//! Imports of that kind in source files are read by `dependency`, which has their trees.

use super::json::Value;
use super::{Extract, LockfileParser, Siblings, entry, npm_graph, package_json, place};
use crate::base::{Location, Problem, ProblemKind, SourceFile};
use crate::package::{Ecosystem, Package, Scope};

/// Addresses of one file.
const MOST: usize = 500;
/// Longer tags and addresses are none.
const LONGEST: usize = 4_000;

/// How a network writes name and version, behind its host.
#[derive(Clone, Copy)]
enum Form {
    /// `/name@1.0.0/…`
    At,
    /// `/npm/name@1.0.0/…`, several after `/combine/`.
    Npm,
    /// `/ajax/libs/name/1.0.0/…`
    Libs,
    /// `/name/1.0.0/…`
    Folders,
    /// `/name-1.0.0.min.js`
    File,
}

const NETWORKS: [(&str, Form); 15] = [
    ("cdn.jsdelivr.net", Form::Npm),
    ("fastly.jsdelivr.net", Form::Npm),
    ("unpkg.com", Form::At),
    ("www.unpkg.com", Form::At),
    ("esm.sh", Form::At),
    ("cdn.esm.sh", Form::At),
    ("esm.run", Form::At),
    ("cdn.skypack.dev", Form::At),
    ("ga.jspm.io", Form::At),
    ("cdnjs.cloudflare.com", Form::Libs),
    ("ajax.googleapis.com", Form::Libs),
    ("maxcdn.bootstrapcdn.com", Form::Folders),
    ("stackpath.bootstrapcdn.com", Form::Folders),
    ("netdna.bootstrapcdn.com", Form::Folders),
    ("code.jquery.com", Form::File),
];

/// Libraries that a network calls by other names than npm does.
const NAMES: [(&str, &str); 16] = [
    ("angular.js", "angular"),
    ("angularjs", "angular"),
    ("backbone.js", "backbone"),
    ("chart.js", "chart.js"),
    ("ember.js", "ember-source"),
    ("handlebars.js", "handlebars"),
    ("jqueryui", "jquery-ui"),
    ("jquery-validate", "jquery-validation"),
    ("lodash.js", "lodash"),
    ("moment.js", "moment"),
    ("mustache.js", "mustache"),
    ("socket.io", "socket.io-client"),
    ("three.js", "three"),
    ("twitter-bootstrap", "bootstrap"),
    ("underscore.js", "underscore"),
    ("vue-resource", "vue-resource"),
];

/// Names and versions (empty where there is none) of the packages behind an address.
fn packages(address: &str) -> Vec<(String, String)> {
    let rest = ["https://", "http://", "//"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let Some((host, path)) = rest.and_then(|rest| rest.split_once('/')) else { return Vec::new() };
    let host = host.to_ascii_lowercase();
    let Some((_, form)) = NETWORKS.iter().find(|(network, _)| *network == host) else { return Vec::new() };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let named = |name: &str, version: &str| {
        let lower = name.to_ascii_lowercase();
        let name = NAMES.iter().find(|(network, _)| *network == lower).map_or(lower.as_str(), |(_, name)| name);
        vec![(name.to_owned(), version.to_owned())]
    };
    match form {
        Form::At => at(path.strip_prefix("npm:").unwrap_or(path)).into_iter().collect(),
        Form::Npm => match (path.strip_prefix("npm/"), path.strip_prefix("combine/")) {
            (Some(path), _) => at(path).into_iter().collect(),
            (_, Some(list)) => list.split(',').take(MOST).filter_map(|one| at(one.strip_prefix("npm/")?)).collect(),
            _ => Vec::new(),
        },
        Form::Libs => match path.splitn(5, '/').collect::<Vec<_>>().as_slice() {
            ["ajax", "libs", name, version, _] => named(name, version),
            _ => Vec::new(),
        },
        Form::Folders => match path.splitn(3, '/').collect::<Vec<_>>().as_slice() {
            [name, version, _] => named(name, version),
            _ => Vec::new(),
        },
        Form::File => {
            // `jquery-3.3.1.min.js`, `ui/1.12.1/jquery-ui.js`
            let Some(name) = path.strip_prefix("ui/") else {
                let Some((name, rest)) = path.split_once('-').filter(|(name, _)| *name == "jquery") else {
                    return Vec::new();
                };
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                return named(name, rest[..end].trim_end_matches('.'));
            };
            name.split_once('/').map_or_else(Vec::new, |(version, _)| named("jquery-ui", version))
        }
    }
}

/// Name and version (perhaps a range, or nothing) of the npm package that an import in a source file fetches:
/// `npm:name@1.0.0`, or an address of a network that serves npm's packages.
#[must_use]
pub fn imported(specifier: &str) -> Option<(String, String)> {
    match specifier.strip_prefix("npm:") {
        Some(rest) => at(rest.trim_start_matches('/')),
        None => packages(specifier).into_iter().next(),
    }
}

/// `@scope/name@1.0.0/file` → name and version.
fn at(path: &str) -> Option<(String, String)> {
    // `v135/name@…` and `stable/…` are builds of the network.
    let build = |part: &str| {
        part == "stable"
            || part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let path = path.split_once('/').filter(|(first, _)| build(first)).map_or(path, |(_, rest)| rest);
    let path = path.strip_prefix('*').unwrap_or(path);
    let parts = if path.starts_with('@') { 2 } else { 1 };
    let end = path.match_indices('/').nth(parts - 1).map_or(path.len(), |(at, _)| at);
    let specifier = &path[..end];
    let (name, version) = npm_graph::split(specifier).unwrap_or((specifier, ""));
    let usable = |c: char| c.is_ascii_alphanumeric() || "@/-_.~".contains(c);
    let valid = !name.is_empty() && name.chars().all(usable) && (parts == 1) != name.contains('/');
    valid.then(|| (name.to_ascii_lowercase(), version.to_owned()))
}

/// Whether it is a full version and no range.
fn is_exact(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or(version);
    core.split('.').count() == 3
        && core.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// What a file fetches.
struct Found<'f> {
    file: &'f SourceFile,
    packages: Vec<Package>,
    open: Vec<(String, usize)>,
}

impl Found<'_> {
    fn add(&mut self, name: &str, version: &str, start: usize, pinned: bool) {
        if !is_exact(version) {
            self.open.push((name.to_owned(), start));
            return;
        }
        let package = entry::at(self.file, Ecosystem::Npm, name, Some(version), start);
        let mut package = entry::direct(package, Scope::Runtime, None);
        package.integrity = pinned;
        self.packages.push(package);
    }

    fn finish(self, hint: &str) -> Extract {
        let mut problems = Vec::new();
        if self.packages.len() + self.open.len() >= MOST {
            let message = format!("{MOST} addresses or more: the rest was not read");
            let place = Some(Location::file(self.file.path()));
            problems.push(Problem::incomplete(ProblemKind::Limit, place, message));
        }
        if let Some((_, first)) = self.open.first() {
            let names: Vec<&str> = self.open.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!(
                "no full version of {}: another one may be fetched tomorrow",
                package_json::place_names(&names)
            );
            let place = Some(place::rest_of_line(self.file, *first));
            problems.push(Problem::remark(ProblemKind::Unresolved, place, message).hint(hint));
        }
        Extract { packages: self.packages, problems }
    }
}

/// Reads pages.
pub(super) struct PageScripts;

impl LockfileParser for PageScripts {
    fn name(&self) -> &'static str {
        "page"
    }

    fn matches(&self, path: &str) -> bool {
        const ENDS: [&str; 9] = [".html", ".htm", ".ejs", ".jinja", ".jinja2", ".j2", ".hbs", ".njk", ".twig"];
        let name = place::file_name(path).to_ascii_lowercase();
        ENDS.iter().any(|end| name.ends_with(end)) && !path.split('/').any(|part| part == "node_modules")
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let text = file.text();
        let mut found = Found { file, packages: Vec::new(), open: Vec::new() };
        for (tag, key) in [("<script", "src"), ("<link", "href")] {
            for start in memchr::memmem::find_iter(text.as_bytes(), tag).take(MOST) {
                let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
                let Some(length) = text[start..limit].find('>') else { continue };
                let tag = &text[start..start + length];
                let Some(address) = attribute(tag, key) else { continue };
                for (name, version) in packages(address) {
                    found.add(&name, &version, start, tag.contains("integrity"));
                }
            }
        }
        // Import maps and modules in the page itself.
        for start in memchr::memmem::find_iter(text.as_bytes(), "https://").take(MOST * 4) {
            let quote = text[..start].chars().next_back().filter(|c| matches!(c, '"' | '\''));
            let before = text[..start].trim_end_matches(['"', '\'']).trim_end();
            let module = ["from", "import", "import(", ":"].iter().any(|word| before.ends_with(word));
            let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
            let Some((quote, rest)) = quote.zip(text.get(start..limit)).filter(|_| module) else { continue };
            for (name, version) in packages(rest.split(quote).next().unwrap_or("")) {
                found.add(&name, &version, start, false);
            }
        }
        found.packages.sort_by_key(|package| package.location.line);
        found.open.sort_by_key(|(_, start)| *start);
        found.finish("write the full version into the address, with an `integrity` attribute")
    }
}

/// The value of a quoted attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut parts = tag.split(name).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('='));
    let value = parts.next()?.trim_start();
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    value[1..].split(quote).next()
}

/// Reads Deno's configuration and import maps, where no lockfile covers them.
pub(super) struct ImportMap;

impl LockfileParser for ImportMap {
    fn name(&self) -> &'static str {
        "import map"
    }

    fn matches(&self, path: &str) -> bool {
        matches!(place::file_name(path), "deno.json" | "deno.jsonc" | "import_map.json" | "importmap.json")
            && !path.split('/').any(|part| part == "node_modules")
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let (root, mut extract) = entry::json(file, "correct the file; Deno cannot read it either");
        let locked = place::ancestors(place::folder(file.path()))
            .any(|folder| place::join(folder, "deno.lock").and_then(|path| siblings(&path)).is_some());
        let mut found = Found { file, packages: Vec::new(), open: Vec::new() };
        let scopes = root.members("scopes").iter().filter_map(|scope| scope.value.object());
        let imports = root.get("imports").and_then(Value::object).into_iter().chain(scopes);
        for member in imports.flat_map(super::json::Object::members).take(MOST) {
            let Some(target) = member.value.str() else { continue };
            let plain = target.strip_prefix("npm:").map(|rest| rest.trim_start_matches('/'));
            match plain {
                // The lockfile says what the range resolved to.
                Some(_) if locked => {}
                Some(specifier) => {
                    let (name, range) = at(specifier).unwrap_or_default();
                    let exact = range.trim_start_matches('=');
                    if !name.is_empty() {
                        found.add(&name, exact, member.start, false);
                    }
                }
                None => {
                    for (name, version) in packages(target) {
                        found.add(&name, &version, member.start, false);
                    }
                }
            }
        }
        let mut read = found.finish("run `deno install` and commit `deno.lock`, or write full versions");
        extract.packages = read.packages;
        extract.problems.append(&mut read.problems);
        if extract.packages.is_empty() && root.get("imports").is_none() {
            // Nothing is imported here.
            extract.problems.retain(|problem| problem.incomplete);
        }
        extract
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_packages() {
        for (address, wanted) in [
            ("https://cdn.jsdelivr.net/npm/vue@3.4.21/dist/vue.js", "vue 3.4.21"),
            ("https://cdn.jsdelivr.net/npm/@popperjs/core@2.9.2/x.js", "@popperjs/core 2.9.2"),
            ("https://cdn.jsdelivr.net/combine/npm/a@1.0.0,npm/b@2.0.0/x.js", "a 1.0.0;b 2.0.0"),
            ("https://cdn.jsdelivr.net/gh/owner/repo@1.0.0/x.js", ""),
            ("//unpkg.com/react@18/umd/react.js", "react 18"),
            ("https://unpkg.com/htmx.org@1.9.10", "htmx.org 1.9.10"),
            ("https://esm.sh/v135/react-dom@18.2.0/client?dev", "react-dom 18.2.0"),
            ("https://ga.jspm.io/npm:lit@2.0.0/index.js", "lit 2.0.0"),
            ("https://cdnjs.cloudflare.com/ajax/libs/lodash.js/4.17.11/lodash.min.js", "lodash 4.17.11"),
            ("https://ajax.googleapis.com/ajax/libs/jquery/3.3.1/jquery.min.js", "jquery 3.3.1"),
            ("https://maxcdn.bootstrapcdn.com/bootstrap/3.3.7/js/bootstrap.min.js", "bootstrap 3.3.7"),
            ("https://code.jquery.com/jquery-3.3.1.slim.min.js", "jquery 3.3.1"),
            ("https://code.jquery.com/ui/1.12.1/jquery-ui.js", "jquery-ui 1.12.1"),
            ("https://app.example/npm/vue@3.4.21", ""),
            ("https://unpkg.com/", ""),
            ("/static/app.js", ""),
        ] {
            let found: Vec<String> =
                packages(address).iter().map(|(name, version)| format!("{name} {version}").trim().to_owned()).collect();
            assert_eq!(found.join(";"), wanted, "{address}");
        }
        assert!(
            is_exact("1.2.3-rc.1") && !is_exact("1.2") && !is_exact("latest") && !is_exact("^1.2.3") && !is_exact("")
        );
    }
}
