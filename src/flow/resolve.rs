//! Which file an import means: Python's packages (with source folders), JavaScript's relative paths, `tsconfig.json`
//! `paths` and `baseUrl`, and the packages of a workspace with `exports`, `imports` and entry points of `package.json`.
//! Of several conditions any target that is there will do; what is built into `dist` is looked for in `src`.
//!
//! Left out: Python namespace packages split over several roots, `sys.path` tricks.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::FileId;
use super::project::Target;
use crate::syntax::{Import, Symbol, Tree};

/// Knows the project's paths and what manifests say of imports.
#[derive(Debug, Default)]
pub struct Resolver {
    files: FxHashMap<String, FileId>,
    /// Names of files (without `.py`) and folders with the folders that they lie in: most imports lead to none of them.
    places: FxHashMap<String, FxHashSet<String>>,
    /// `tsconfig.json`: its folder, `baseUrl`, and patterns with their targets.
    aliases: Vec<Aliases>,
    /// Packages of the workspace.
    packages: Vec<Package>,
}

/// What a `package.json` says.
#[derive(Debug, Default)]
struct Package {
    name: String,
    folder: String,
    /// Patterns of `exports` (`.`, `./texts`, `./*`) and entry points, with their targets.
    exports: Vec<(String, Vec<String>)>,
    /// Patterns of `imports` (`#lib/*`).
    imports: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Default)]
struct Aliases {
    folder: String,
    base: Option<String>,
    paths: Vec<(String, Vec<String>)>,
}

/// Folders that Python's modules are looked for in, below the folder of who imports and each one above it.
const ROOTS: &[&str] = &["", "src", "lib", "app", "backend"];

const EXTENSIONS: &[&str] = &[".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"];

impl Resolver {
    /// Reads a `tsconfig.json` or `jsconfig.json`.
    pub fn add_tsconfig(&mut self, path: &str, text: &str) {
        use jsonc_parser::JsonValue;
        let options = jsonc_parser::ParseOptions::default();
        let Ok(Some(JsonValue::Object(root))) = jsonc_parser::parse_to_value(text, &options) else { return };
        let Some(compiler) = root.get_object("compilerOptions") else { return };
        let base = compiler.get_string("baseUrl").map(std::string::ToString::to_string);
        let mut paths = Vec::new();
        if let Some(written) = compiler.get_object("paths") {
            for (pattern, targets) in written.clone() {
                let JsonValue::Array(targets) = targets else { continue };
                let targets = targets.into_iter().filter_map(|target| match target {
                    JsonValue::String(text) => Some(text.to_string()),
                    _ => None,
                });
                paths.push((pattern.to_string(), targets.collect()));
            }
        }
        paths.sort();
        self.aliases.push(Aliases { folder: folder_of(path).to_owned(), base, paths });
        self.aliases.sort_by(|a, b| b.folder.len().cmp(&a.folder.len()).then_with(|| a.folder.cmp(&b.folder)));
    }

    /// Reads a `package.json`, so that its folder can be imported by its name.
    pub fn add_package_json(&mut self, path: &str, text: &str) {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let name = value.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        let mut package = Package { name, folder: folder_of(path).to_owned(), ..Package::default() };
        if let Some(exports) = value.get("exports") {
            patterns(exports, ".", &mut package.exports);
        }
        for key in ["source", "module", "main", "types"] {
            if let Some(entry) = value.get(key).and_then(|entry| entry.as_str()) {
                package.exports.push((".".to_owned(), vec![entry.to_owned()]));
            }
        }
        if let Some(imports) = value.get("imports") {
            patterns(imports, "#", &mut package.imports);
        }
        if !package.name.is_empty() || !package.imports.is_empty() {
            self.packages.push(package);
            self.packages.sort_by(|a, b| (&a.name, &a.folder).cmp(&(&b.name, &b.folder)));
        }
    }

    /// Whether a module is written with an alias of a configuration, or with a name of the workspace's own: it leads to no
    /// package of a registry even where its file is not found.
    #[must_use]
    pub fn is_alias(&self, module: &str) -> bool {
        let patterns = self.aliases.iter().flat_map(|aliases| &aliases.paths).map(|(pattern, _)| pattern.as_str());
        let meant = |pattern: &str| pattern != "*" && matches(pattern, module).is_some();
        let named = |package: &Package| {
            let rest = module.strip_prefix(package.name.as_str()).filter(|_| !package.name.is_empty());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        patterns.into_iter().any(meant) || self.packages.iter().any(named)
    }

    /// The file that a target of a `package.json` means.
    fn package_file(&self, folder: &str, entries: &[(String, Vec<String>)], subpath: &str) -> Option<FileId> {
        for (pattern, targets) in entries {
            let Some(rest) = matches(pattern, subpath) else { continue };
            for target in targets {
                let path = normalise(&format!("{folder}/{}", target.replacen('*', rest, 1)));
                if let Some(file) = self.javascript_file(&path) {
                    return Some(file);
                }
                // What is built is not in the repository; its source is.
                let inner = path.strip_prefix(folder).unwrap_or(&path).trim_start_matches('/');
                if let Some((first, inner)) = inner.split_once('/')
                    && matches!(first, "dist" | "lib" | "build" | "out" | "esm" | "cjs")
                {
                    let inner = inner.trim_end_matches(".d.ts");
                    for root in ["src", ""] {
                        if let Some(file) = self.javascript_file(&join(&join(folder, root), inner)) {
                            return Some(file);
                        }
                    }
                }
            }
        }
        None
    }

    pub(super) fn set_files<'a>(&mut self, paths: impl Iterator<Item = &'a str>) {
        self.files = paths.zip(0u32..).map(|(path, at)| (path.to_owned(), FileId(at))).collect();
        for path in self.files.keys() {
            let mut path = path.strip_suffix(".py").unwrap_or(path);
            loop {
                let folder = folder_of(path);
                let name = path.rsplit('/').next().unwrap_or(path);
                match self.places.get_mut(name) {
                    Some(folders) if folders.contains(folder) => break,
                    Some(folders) => {
                        folders.insert(folder.to_owned());
                    }
                    None => {
                        self.places.insert(name.to_owned(), FxHashSet::from_iter([folder.to_owned()]));
                    }
                }
                if folder.is_empty() {
                    break;
                }
                path = folder;
            }
        }
    }

    /// The file or module that a Python import means.
    #[must_use]
    pub fn python(&self, from: &str, module: &str, level: u16) -> Target {
        let tail = || module.replace('.', "/");
        if level > 0 {
            let mut folder = folder_of(from);
            for _ in 1..level {
                folder = folder_of(folder);
            }
            let path = join(folder, &tail());
            return self.python_file(&path).map_or_else(|| external(module), Target::File);
        }
        let first = module.split('.').next().unwrap_or(module);
        let Some(places) = self.places.get(first) else { return external(module) };
        let tail = tail();
        let mut folder = folder_of(from);
        loop {
            for root in ROOTS {
                if !root.is_empty() && !self.places.get(*root).is_some_and(|places| places.contains(folder)) {
                    continue;
                }
                let base = join(folder, root);
                if !places.contains(&base) {
                    continue;
                }
                let path = join(&base, &tail);
                if let Some(file) = self.python_file(&path)
                    && path_is_not(self.files.get(from), file)
                {
                    return Target::File(file);
                }
            }
            if folder.is_empty() {
                return external(module);
            }
            folder = folder_of(folder);
        }
    }

    /// `from package import name` where `name` is a module of the package and not one of its variables.
    #[must_use]
    pub fn submodule(&self, target: &Target, from: &str, import: &Import, tree: &Tree, name: Symbol) -> Option<Target> {
        if tree.language != crate::base::Language::Python {
            return None;
        }
        if !self.places.contains_key(tree.text(name)) {
            return None;
        }
        let module = tree.text(import.module);
        let full = if module.is_empty() { tree.text(name).to_owned() } else { format!("{module}.{}", tree.text(name)) };
        match self.python(from, &full, import.level) {
            Target::File(file) if *target != Target::File(file) => Some(Target::File(file)),
            _ => None,
        }
    }

    fn python_file(&self, path: &str) -> Option<FileId> {
        let module = self.files.get(&format!("{path}.py"));
        module.or_else(|| self.files.get(join(path, "__init__.py").as_str())).copied()
    }

    /// The file or module that a JavaScript import or `require` means.
    #[must_use]
    pub fn javascript(&self, from: &str, module: &str) -> Target {
        if module.starts_with('.') {
            let path = normalise(&format!("{}/{module}", folder_of(from)));
            return self.javascript_file(&path).map_or_else(|| external(module), Target::File);
        }
        for aliases in &self.aliases {
            if !inside(from, &aliases.folder) {
                continue;
            }
            let base = join(&aliases.folder, aliases.base.as_deref().unwrap_or(""));
            for (pattern, targets) in &aliases.paths {
                let Some(rest) = matches(pattern, module) else { continue };
                for target in targets {
                    let path = normalise(&format!("{base}/{}", target.replacen('*', rest, 1)));
                    if let Some(file) = self.javascript_file(&path) {
                        return Target::File(file);
                    }
                }
            }
            if aliases.base.is_some()
                && let Some(file) = self.javascript_file(&normalise(&format!("{base}/{module}")))
            {
                return Target::File(file);
            }
        }
        for package in &self.packages {
            let folder = &package.folder;
            if module.starts_with('#') {
                if inside(from, folder)
                    && let Some(file) = self.package_file(folder, &package.imports, module)
                {
                    return Target::File(file);
                }
                continue;
            }
            let Some(rest) = module.strip_prefix(package.name.as_str()).filter(|_| !package.name.is_empty()) else {
                continue;
            };
            let rest = match rest.strip_prefix('/') {
                Some(rest) => rest,
                None if rest.is_empty() => "",
                None => continue,
            };
            let subpath = if rest.is_empty() { ".".to_owned() } else { format!("./{rest}") };
            if let Some(file) = self.package_file(folder, &package.exports, &subpath) {
                return Target::File(file);
            }
            for candidate in [join(folder, rest), join(&join(folder, "src"), rest)] {
                if let Some(file) = self.javascript_file(&candidate) {
                    return Target::File(file);
                }
            }
        }
        // The common aliases of templates, where no `tsconfig.json` was seen.
        if let Some(rest) = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) {
            let mut folder = folder_of(from);
            loop {
                for root in ["src", ""] {
                    if let Some(file) = self.javascript_file(&join(&join(folder, root), rest)) {
                        return Target::File(file);
                    }
                }
                if folder.is_empty() {
                    break;
                }
                folder = folder_of(folder);
            }
        }
        external(&package_at(module.strip_prefix("node:").unwrap_or(module)))
    }

    fn javascript_file(&self, path: &str) -> Option<FileId> {
        if let Some(file) = self.files.get(path) {
            return Some(*file);
        }
        let with =
            |path: &str| EXTENSIONS.iter().find_map(|extension| self.files.get(&format!("{path}{extension}")).copied());
        let bare = [".js", ".mjs", ".cjs", ".jsx"].iter().find_map(|extension| path.strip_suffix(extension));
        with(path).or_else(|| bare.and_then(with)).or_else(|| with(&join(path, "index")))
    }
}

/// The patterns of `exports` or `imports` with all targets, whatever their conditions. `mark`: how keys begin that are
/// patterns.
fn patterns(value: &serde_json::Value, mark: &str, found: &mut Vec<(String, Vec<String>)>) {
    let keys = value.as_object().filter(|object| object.keys().any(|key| key.starts_with(mark)));
    let Some(object) = keys else {
        let mut all = Vec::new();
        targets(value, &mut all, 0);
        found.push((".".to_owned(), all));
        return;
    };
    for (key, value) in object {
        let mut all = Vec::new();
        targets(value, &mut all, 0);
        found.push((key.clone(), all));
    }
    found.sort();
}

fn targets(value: &serde_json::Value, found: &mut Vec<String>, depth: u32) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Object(object) if depth < 8 => {
            object.values().for_each(|value| targets(value, found, depth + 1));
        }
        serde_json::Value::Array(items) if depth < 8 => items.iter().for_each(|value| targets(value, found, depth + 1)),
        _ => {}
    }
}

fn path_is_not(from: Option<&FileId>, file: FileId) -> bool {
    from != Some(&file)
}

fn external(module: &str) -> Target {
    Target::External(Arc::from(module))
}

/// The package behind an address, as models name it: `npm:stripe@14`, `jsr:@hono/hono@4/cors` and
/// `https://esm.sh/@supabase/supabase-js@2.57.2?target=deno` are what npm would install; of `https://deno.land/std@1/x.ts`
/// host and path stay, without the version.
fn package_at(module: &str) -> String {
    let name = ["npm:", "jsr:"].iter().find_map(|scheme| module.strip_prefix(scheme));
    let host = ["https://esm.sh/", "https://cdn.skypack.dev/", "https://jspm.dev/", "https://cdn.jsdelivr.net/npm/"]
        .iter()
        .find_map(|host| module.strip_prefix(host));
    let (text, parts) = match (name.or(host), module.strip_prefix("https://")) {
        (Some(text), _) => (text.trim_start_matches('/'), 2),
        (None, Some(text)) => (text, usize::MAX),
        (None, None) => return module.to_owned(),
    };
    let text = text.split('?').next().unwrap_or(text);
    let without_version = |(at, part): (usize, &str)| match part.rsplit_once('@') {
        Some((bare, _)) if at < parts && !bare.is_empty() => bare.to_owned(),
        _ => part.to_owned(),
    };
    text.split('/').enumerate().map(without_version).collect::<Vec<_>>().join("/")
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, rest: &str) -> String {
    match (folder.is_empty(), rest.is_empty()) {
        (true, _) => rest.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{rest}"),
    }
}

fn inside(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The part of a module name that a pattern's `*` stands for.
fn matches<'a>(pattern: &str, module: &'a str) -> Option<&'a str> {
    match pattern.split_once('*') {
        Some((before, after)) => module.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == module).then_some(""),
    }
}

/// A path without `.` and `..`.
pub(super) fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver(paths: &[&str]) -> Resolver {
        let mut resolver = Resolver::default();
        resolver.set_files(paths.iter().copied());
        resolver
    }

    #[test]
    fn python_imports_find_packages_and_siblings() {
        let resolver = resolver(&["src/shop/__init__.py", "src/shop/db.py", "src/shop/web/views.py", "main.py"]);
        assert_eq!(resolver.python("src/shop/web/views.py", "db", 2), Target::File(FileId(1)));
        assert_eq!(resolver.python("main.py", "shop.db", 0), Target::File(FileId(1)));
        assert_eq!(resolver.python("main.py", "shop", 0), Target::File(FileId(0)));
        assert_eq!(resolver.python("main.py", "flask", 0), external("flask"));
        assert_eq!(resolver.python("main.py", "main", 0), external("main"));
    }

    #[test]
    fn javascript_imports_find_files_aliases_and_packages() {
        let mut resolver =
            resolver(&["apps/web/src/lib/db.ts", "apps/web/src/page.tsx", "packages/core/src/index.ts", "server.js"]);
        resolver.add_tsconfig(
            "apps/web/tsconfig.json",
            r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["./src/lib/*"], }, } } // c"#,
        );
        resolver.add_package_json("packages/core/package.json", r#"{ "name": "@shop/core" }"#);
        let page = "apps/web/src/page.tsx";
        assert_eq!(resolver.javascript(page, "./lib/db.js"), Target::File(FileId(0)));
        assert_eq!(resolver.javascript(page, "@lib/db"), Target::File(FileId(0)));
        assert_eq!(resolver.javascript(page, "@/lib/db"), Target::File(FileId(0)));
        assert_eq!(resolver.javascript(page, "@shop/core"), Target::File(FileId(2)));
        assert_eq!(resolver.javascript("server.js", "node:fs"), external("fs"));
    }

    #[test]
    fn addresses_of_packages_are_packages() {
        assert_eq!(package_at("https://esm.sh/@supabase/supabase-js@2.57.2"), "@supabase/supabase-js");
        assert_eq!(package_at("https://esm.sh/stripe@18.5.0?target=deno"), "stripe");
        assert_eq!(package_at("npm:hono@4/cors"), "hono/cors");
        assert_eq!(package_at("jsr:@supabase/supabase-js"), "@supabase/supabase-js");
        assert_eq!(package_at("https://deno.land/std@0.190.0/http/server.ts"), "deno.land/std/http/server.ts");
        assert_eq!(package_at("express"), "express");
        assert_eq!(package_at("npm:é@1"), "é");
    }

    #[test]
    fn exports_and_imports_of_packages_are_read() {
        let mut resolver =
            resolver(&["packages/core/src/main.ts", "packages/core/src/shell.ts", "apps/web/src/lib/db.ts"]);
        resolver.add_package_json(
            "packages/core/package.json",
            r#"{ "name": "@shop/core", "exports": { ".": { "types": "./dist/main.d.ts", "import": "./dist/main.js" },
                "./*": "./src/*.ts" } }"#,
        );
        resolver.add_package_json("apps/web/package.json", r##"{ "imports": { "#lib/*": "./src/lib/*.ts" } }"##);
        assert_eq!(resolver.javascript("apps/web/src/page.ts", "@shop/core"), Target::File(FileId(0)));
        assert_eq!(resolver.javascript("apps/web/src/page.ts", "@shop/core/shell"), Target::File(FileId(1)));
        assert_eq!(resolver.javascript("apps/web/src/page.ts", "#lib/db"), Target::File(FileId(2)));
    }
}
