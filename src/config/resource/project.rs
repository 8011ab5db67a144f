//! What only the list of files tells: environment files and states of Terraform that git does not ignore, and whether a build that copies its whole
//! context takes them into the image.
//!
//! A build's context is taken to be the nearest folder above the Dockerfile that holds a `.dockerignore`, else its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use serde_json::json;

use super::{Fact, Resource, name_of};
use crate::base::{CodeContext, Location, SourceFile};

/// Patterns of one ignore file.
const MAX_PATTERNS: usize = 1_000;
/// Environment files that are told of.
const MAX_FILES: usize = 200;

/// Adds what the list of files tells to `resources`. `files` are paths that git does not ignore, sorted, with their role;
/// `read` gives the text of one.
pub fn project(
    files: &[(&str, CodeContext)],
    resources: &mut Vec<Resource>,
    read: &dyn Fn(&str) -> Option<Arc<SourceFile>>,
) {
    let is_own = |context: CodeContext| !matches!(context, CodeContext::Vendored | CodeContext::Generated);
    let environment: Vec<(&str, CodeContext)> = files
        .iter()
        .copied()
        .filter(|(path, context)| is_environment(path) && is_own(*context))
        .take(MAX_FILES)
        .collect();
    contexts(files, &environment, resources, read);
    compose_files(files, resources);
    starts(files, resources, read);
    let states = files.iter().copied().filter(|(path, context)| is_state(path) && is_own(*context));
    let told = environment.into_iter().map(|file| ("environment-file", file));
    for (kind, (path, context)) in told.chain(states.take(MAX_FILES).map(|file| ("state-file", file))) {
        resources.push(Resource {
            kind: kind.to_owned(),
            name: name_of(path),
            location: Location::file(path),
            context: crate::config::choose::stage(path, context),
            facts: BTreeMap::new(),
        });
    }
}

/// `.env`, `.env.production`, `prod.env`; not examples.
fn is_environment(path: &str) -> bool {
    let name = name_of(path);
    let example = ["example", "sample", "template", "dist", "default", "vault", "schema", "test", ".ci"];
    let code = [".ts", ".js", ".mjs", ".py", ".md", ".rb", ".go", ".sh", ".enc", ".gpg", ".age", ".tpl", ".j2"];
    (name == ".env"
        || name.starts_with(".env.")
        || name == ".dev.vars"
        || (super::ends(&name, &[".env"]) && name.len() > 4))
        && !example.iter().any(|word| name.contains(word))
        && !code.iter().any(|end| name.ends_with(end))
}

/// What Terraform and OpenTofu made, with all its attributes.
fn is_state(path: &str) -> bool {
    super::ends(&name_of(path), &[".tfstate", ".tfstate.backup"])
}

/// Files of the same folder that say which of several compose files is for production.
fn compose_files(files: &[(&str, CodeContext)], resources: &mut [Resource]) {
    let mut for_production: Vec<&str> = Vec::new();
    for (path, _) in files {
        let name = name_of(path);
        if crate::config::choose::is_compose(path)
            && name.split(['.', '-', '_']).any(|word| matches!(word, "prod" | "production"))
        {
            for_production.push(folder(path));
        }
    }
    for resource in resources.iter_mut().filter(|resource| resource.kind == "service") {
        let path = &resource.location.path;
        let own = name_of(path).split(['.', '-', '_']).any(|word| matches!(word, "prod" | "production"));
        if !own && for_production.contains(&folder(path)) {
            let fact = Fact { value: json!(true), location: resource.location.clone() };
            resource.facts.insert("other-for-production".to_owned(), vec![fact]);
        }
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// For each stage that copies its context: what keeps environment files out of it, and which are not kept out.
fn contexts(
    files: &[(&str, CodeContext)],
    environment: &[(&str, CodeContext)],
    resources: &mut [Resource],
    read: &dyn Fn(&str) -> Option<Arc<SourceFile>>,
) {
    let exists = |path: &str| files.binary_search_by(|(known, _)| (*known).cmp(path)).is_ok();
    let mut known: BTreeMap<String, Option<Vec<Pattern>>> = BTreeMap::new();
    for resource in resources.iter_mut().filter(|resource| resource.facts.contains_key("copies-context")) {
        let path = resource.location.path.clone();
        let place = resource.facts["copies-context"][0].location.clone();
        let beside = format!("{path}.dockerignore");
        let above = std::iter::successors(Some(folder(&path)), |inner| (!inner.is_empty()).then(|| folder(inner)));
        let near = above.take(16).find(|folder| exists(&join(folder, ".dockerignore")));
        let base = near.unwrap_or_else(|| folder(&path)).to_owned();
        let ignore = if exists(&beside) { Some(beside) } else { near.map(|folder| join(folder, ".dockerignore")) };
        let fact = |value| vec![Fact { value, location: place.clone() }];
        let patterns = ignore.as_ref().and_then(|ignore| {
            let load = || read(ignore).map(|file| patterns(file.text()));
            known.entry(ignore.clone()).or_insert_with(load).as_ref()
        });
        match &ignore {
            Some(ignore) => drop(resource.facts.insert("ignore-file".to_owned(), fact(json!(ignore)))),
            None => drop(resource.facts.insert("no-ignore-file".to_owned(), fact(json!(true)))),
        }
        let inside = environment.iter().filter_map(|(file, _)| {
            let rest = if base.is_empty() { Some(*file) } else { file.strip_prefix(base.as_str())?.strip_prefix('/') };
            rest.filter(|rest| !patterns.is_some_and(|patterns| is_ignored(patterns, rest)))
        });
        let inside: Vec<_> = inside.take(5).collect();
        if !inside.is_empty() {
            let found = inside.iter().map(|file| Fact { value: json!(file), location: place.clone() });
            resource.facts.insert("environment-in-context".to_owned(), found.collect());
        } else if patterns.is_some_and(|patterns| !is_ignored(patterns, ".env")) {
            resource.facts.insert("environment-not-ignored".to_owned(), fact(json!(true)));
        }
    }
}

/// Follows the start command of an image into the script that it names: a shell script, or `start` of `package.json`.
fn starts(files: &[(&str, CodeContext)], resources: &mut [Resource], read: &dyn Fn(&str) -> Option<Arc<SourceFile>>) {
    let exists = |path: &str| files.binary_search_by(|(known, _)| (*known).cmp(path)).is_ok();
    for resource in resources.iter_mut().filter(|resource| resource.facts.contains_key("final")).take(100) {
        let Some(start) = resource.facts.get("start").and_then(|facts| facts.first()) else { continue };
        let Some(command) = start.value.as_str().map(str::to_owned) else { continue };
        let base = folder(&resource.location.path).to_owned();
        let script = command.split_whitespace().find(|word| super::ends(word, &[".sh"])).map(name_of_case);
        let candidates = script.into_iter().flat_map(|name| {
            ["", "docker/", "scripts/", "deploy/"].map(|inner| join(&base, &format!("{inner}{name}")))
        });
        let mut found = None;
        if let Some(file) = candidates.into_iter().find(|path| exists(path)).and_then(|path| read(&path)) {
            found = dev_server_in(&file);
            if ["gosu ", "su-exec ", "setpriv ", "runuser ", "exec su "].iter().any(|tool| file.text().contains(tool)) {
                let fact = Fact { value: json!(true), location: Location::file(file.path()) };
                resource.facts.insert("drops-privileges".to_owned(), vec![fact]);
            }
        } else if [
            "npm start",
            "npm run start",
            "yarn start",
            "pnpm start",
            "bun start",
            "bun run start",
            "pnpm run start",
        ]
        .iter()
        .any(|known| command.ends_with(known))
        {
            found = read(&join(&base, "package.json")).and_then(|file| start_script(&file));
        }
        if let Some(fact) = found {
            resource.facts.entry("dev-server".to_owned()).or_insert_with(|| vec![fact]);
        }
    }
}

/// The file's name as written.
fn name_of_case(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The first line of a script that starts a development server; one that depends on a condition may be meant so.
fn dev_server_in(file: &SourceFile) -> Option<Fact> {
    if file.text().contains("if [") || file.text().contains("case ") || file.text().contains("if test") {
        return None;
    }
    let lines = file.text().lines().enumerate().take(500);
    lines.filter(|(_, line)| !line.trim_start().starts_with('#')).find_map(|(at, line)| {
        let server = super::shell::dev_server(line)?;
        let line = u32::try_from(at + 1).ok()?;
        Some(Fact { value: json!(super::clip(server)), location: Location::line(file.path(), line) })
    })
}

/// The development server that the `start` script of a package runs.
fn start_script(file: &SourceFile) -> Option<Fact> {
    let (root, _) = crate::config::json::document(file);
    let root = root?;
    let node = root.value.get("scripts")?.value.get("start")?;
    let command = super::compose::text(node);
    let server = super::shell::dev_server(&command)?;
    Some(Fact { value: json!(super::clip(server)), location: file.locate(node.span) })
}

/// A line of `.dockerignore`: a pattern of the path from the context's root, or of a folder above it.
struct Pattern {
    keeps: bool,
    matcher: GlobMatcher,
}

fn patterns(text: &str) -> Vec<Pattern> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(MAX_PATTERNS)
    {
        let (keeps, pattern) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let pattern = pattern.trim_start_matches("./").trim_matches('/');
        if pattern.is_empty() || pattern.len() > 500 {
            continue;
        }
        if let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() {
            found.push(Pattern { keeps, matcher: glob.compile_matcher() });
        }
    }
    found
}

/// Whether the last pattern that hits the path or a folder above it leaves it out.
fn is_ignored(patterns: &[Pattern], path: &str) -> bool {
    let mut ignored = false;
    for pattern in patterns {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        if ends.take(32).any(|end| pattern.matcher.is_match(&path[..end])) {
            ignored = !pattern.keeps;
        }
    }
    ignored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_ignore_files() {
        let check = |text: &str, path: &str| is_ignored(&patterns(text), path);
        assert!(check(".env", ".env"));
        assert!(!check(".env", "api/.env"));
        assert!(check("**/.env*", "api/.env.local"));
        assert!(check("**/.env*", ".env"));
        assert!(check("*\n!src", ".env"));
        assert!(!check("*\n!.env", ".env"));
        assert!(check("api/", "api/.env"));
        assert!(check("/.env.*", ".env.local"));
        assert!(!check("node_modules\n# .env", ".env"));
    }

    #[test]
    fn environment_files() {
        for path in [".env", "a/.env.production", "prod.env", ".dev.vars"] {
            assert!(is_environment(path), "{path}");
        }
        for path in [".env.example", "env.ts", ".env.test", "src/.env.d.ts", "environment", ".envrc"] {
            assert!(!is_environment(path), "{path}");
        }
    }
}
