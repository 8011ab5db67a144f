//! What a file is for, told from its path alone: which analyses want it, and its role in the project.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{CodeContext, Language};
use crate::{config, database, firebase, frontend, lockfile};

/// Which analyses want a file. Every text file is also searched for secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Roles {
    /// The language, if a frontend reads it.
    pub language: Option<Language>,
    /// Whether a lockfile parser wants it.
    pub lockfile: bool,
    /// Whether a configuration parser wants it.
    pub config: bool,
    /// Whether it is SQL, which is replayed.
    pub sql: bool,
    /// Whether it may hold rules of Firebase.
    pub firebase: bool,
    /// Whether a reader of images, services, workflows and the like wants it.
    pub resource: bool,
}

/// Asks every registry.
#[must_use]
pub fn roles(path: &str) -> Roles {
    Roles {
        language: frontend::ALL.iter().find_map(|frontend| frontend.language_of(path)),
        lockfile: lockfile::ALL.iter().any(|parser| parser.matches(path)),
        config: config::ALL.iter().any(|parser| parser.matches(path)),
        sql: database::is_sql(path),
        firebase: firebase::is_rules(path),
        resource: config::resource::ALL.iter().any(|reader| reader.matches(path)),
    }
}

/// File name extensions of what is never text.
const BINARY: &[&str] = &[
    "7z",
    "a",
    "avi",
    "avif",
    "bin",
    "bmp",
    "bz2",
    "class",
    "dll",
    "dylib",
    "eot",
    "exe",
    "flac",
    "gif",
    "gz",
    "icns",
    "ico",
    "jar",
    "jpeg",
    "jpg",
    "lib",
    "lz4",
    "mkv",
    "mo",
    "mov",
    "mp3",
    "mp4",
    "npy",
    "npz",
    "o",
    "obj",
    "odt",
    "ogg",
    "onnx",
    "otf",
    "parquet",
    "pdf",
    "png",
    "psd",
    "pyc",
    "pyd",
    "pyo",
    "rar",
    "rlib",
    "safetensors",
    "so",
    "sqlite",
    "sqlite3",
    "tar",
    "tgz",
    "tif",
    "tiff",
    "ttf",
    "wasm",
    "wav",
    "webm",
    "webp",
    "whl",
    "woff",
    "woff2",
    "xls",
    "xlsx",
    "xz",
    "zip",
    "zst",
];

/// Whether the name says that the content is no text.
#[must_use]
pub fn is_binary_name(path: &str) -> bool {
    extension(path).is_some_and(|extension| BINARY.binary_search(&extension.as_str()).is_ok())
}

/// Archives whose members can be searched.
const ARCHIVES: &[&str] = &["gz", "jar", "npz", "tar", "tgz", "whl", "zip"];

/// Whether the name says that a file is an archive whose members can be searched.
#[must_use]
pub fn is_archive_name(path: &str) -> bool {
    extension(path).is_some_and(|extension| ARCHIVES.contains(&extension.as_str()))
}

/// Programming languages that no frontend reads: they are searched for secrets only, and the ledger says so.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("bash", "Shell"),
    ("c", "C"),
    ("cc", "C++"),
    ("clj", "Clojure"),
    ("cpp", "C++"),
    ("cs", "C#"),
    ("cxx", "C++"),
    ("dart", "Dart"),
    ("ex", "Elixir"),
    ("exs", "Elixir"),
    ("fs", "F#"),
    ("go", "Go"),
    ("h", "C"),
    ("hpp", "C++"),
    ("hs", "Haskell"),
    ("java", "Java"),
    ("jl", "Julia"),
    ("kt", "Kotlin"),
    ("kts", "Kotlin"),
    ("lua", "Lua"),
    ("m", "Objective-C"),
    ("php", "PHP"),
    ("pl", "Perl"),
    ("ps1", "PowerShell"),
    ("r", "R"),
    ("rb", "Ruby"),
    ("rs", "Rust"),
    ("scala", "Scala"),
    ("sh", "Shell"),
    ("sol", "Solidity"),
    ("swift", "Swift"),
    ("zig", "Zig"),
];

/// The language of a source file that no frontend reads.
#[must_use]
pub fn unsupported_language(path: &str) -> Option<&'static str> {
    let extension = extension(path)?;
    let at = UNSUPPORTED.binary_search_by(|(known, _)| (*known).cmp(extension.as_str())).ok()?;
    Some(UNSUPPORTED[at].1)
}

fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
}

/// The role of a file, told from its folders and name. The first row that fits wins.
#[must_use]
pub fn context(path: &str) -> CodeContext {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let in_folder = |names: &[&str]| folders.split('/').any(|folder| names.contains(&folder));
    if in_folder(&[
        "node_modules",
        "bower_components",
        "vendor",
        "vendored",
        "vendors",
        "thirdparty",
        "_vendor",
        "third_party",
        "third-party",
        "site-packages",
        ".venv",
        "venv",
    ]) {
        return CodeContext::Vendored;
    }
    let minified =
        [".min.js", ".min.css", ".min.mjs", ".bundle.js", ".map", "-min.js", ".pb.go", "_pb2.py", "_pb2_grpc.py"];
    if in_folder(&["dist", ".next", ".nuxt", ".svelte-kit", "__generated__", "__pycache__", "coverage"])
        || minified.iter().any(|end| name.ends_with(end))
    {
        return CodeContext::Generated;
    }
    let stem = name.split('.').next().unwrap_or(name);
    // A route of Next.js may be called `test` like any other: what is below `app` is its address.
    let above = match stem {
        "route" | "page" | "layout" if folders.starts_with("app/") => "",
        "route" | "page" | "layout" => folders.split_once("/app/").map_or(folders, |(above, _)| above),
        _ => folders,
    };
    let in_tests = |names: &[&str]| above.split('/').any(|folder| names.contains(&folder));
    let test_name = stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || matches!(stem, "conftest" | "test" | "tests" | "testserver" | "test_server" | "test-server")
        || [".test.", ".spec.", ".stories.", ".story.", ".e2e.", ".cy."].iter().any(|part| name.contains(part))
        || matches!(name, "phpunit.xml" | "phpunit.xml.dist" | "pytest.ini" | "tox.ini");
    if test_name
        || path.split('/').any(is_test_name_of_humps)
        || in_tests(&[
            "test",
            "tests",
            "__tests__",
            "__mocks__",
            "testing",
            "testdata",
            "test_data",
            "test-data",
            "fixtures",
            "e2e",
            "cypress",
            "spec",
            "specs",
            "test_utils",
            "mocks",
            "__fixtures__",
            "__stories__",
            "storybook",
            ".storybook",
            "playwright",
        ])
        || above.split('/').any(|folder| is_test_folder(folder) || is_source_set(folder))
        || is_test_package(above)
    {
        return CodeContext::Test;
    }
    // `src/main/java/com/example/demo`: the package that a generator of projects gives.
    let of_packages = ["src/main/java/", "src/main/kotlin/"].iter().find_map(|root| folders.split_once(root));
    let shown = of_packages.map_or(folders, |(above, _)| above);
    let in_folder = |names: &[&str]| shown.split('/').any(|folder| names.contains(&folder));
    if in_folder(&[
        "example",
        "examples",
        "sample",
        "samples",
        "demo",
        "demos",
        "docs",
        "docs_src",
        "doc",
        "tutorial",
        "tutorials",
        "benches",
        "benchmark",
        "benchmarks",
    ]) {
        return CodeContext::Example;
    }
    if above.split('/').any(is_of_examples) {
        return CodeContext::Example;
    }
    if [".example", ".sample", ".template", ".dist"].iter().any(|end| name.ends_with(end)) {
        return CodeContext::Example;
    }
    CodeContext::Production
}

/// Sets of sources of Kotlin that hold tests for one or all platforms.
fn is_source_set(folder: &str) -> bool {
    matches!(folder, "commontest" | "jvmtest" | "iostest" | "jstest" | "nativetest")
}

/// `e2e-tests`, `integration_test`, `test-environments`; what a product tries on its users (`ab-tests`) is none.
fn is_test_folder(folder: &str) -> bool {
    if folder.starts_with("e2e") || matches!(folder, "unittests" | "unittest" | "unit_tests" | "inttests") {
        return true;
    }
    let mut words = folder.split(['-', '_']);
    let (Some(first), Some(last)) = (words.next(), words.next_back()) else { return false };
    let kinds = ["e2e", "integration", "unit", "smoke", "load", "functional", "acceptance", "system", "regression"];
    let of_tests = [
        "environments",
        "migrations",
        "fixtures",
        "data",
        "helpers",
        "utils",
        "support",
        "suite",
        "project",
        "app",
        "apps",
        "lib",
        "harness",
    ];
    matches!(first, "test" | "tests") && of_tests.contains(&last)
        || matches!(last, "test" | "tests" | "e2e") && kinds.contains(&first)
}

/// `docker-examples`
fn is_of_examples(folder: &str) -> bool {
    folder.rsplit_once(['-', '_']).is_some_and(|(_, last)| matches!(last, "examples" | "samples"))
}

/// `packages/shop-tests`: a package that is there to try the others; `t/unit`, `t/integration`.
fn is_test_package(folders: &str) -> bool {
    if let Some(("t", rest)) = folders.split_once('/') {
        return matches!(rest.split('/').next(), Some("unit" | "integration" | "smoke"));
    }
    let mut above = "";
    folders.split('/').any(|folder| {
        let tries = ["-tests", "-testing", "-testbench", "-smoke-test", "-e2e"].iter().any(|end| folder.ends_with(end));
        std::mem::replace(&mut above, folder) == "packages" && tries
    })
}

/// `dockerTest`, `FunctionalTests`, `Shop.Tests`, `CartTests.cs`: how Gradle, .NET and the JVM name what is a test. Other
/// names that end so may be of a product (`SpeedTest`).
fn is_test_name_of_humps(part: &str) -> bool {
    const HEADS: [&str; 9] =
        ["acceptance", "android", "component", "docker", "functional", "int", "integration", "smoke", "unit"];
    if let Some((stem, "java" | "kt" | "cs" | "php" | "swift" | "scala" | "groovy")) = part.rsplit_once('.') {
        return stem.strip_suffix("Tests").is_some_and(|head| head.ends_with(|c: char| c.is_ascii_lowercase()));
    }
    let head = part.strip_suffix("Tests").or_else(|| part.strip_suffix("Test"));
    head.is_some_and(|head| {
        let lower = head.to_ascii_lowercase();
        head.ends_with('.') || HEADS.iter().any(|kind| lower.ends_with(kind))
    })
}

/// Packages that somebody who keeps copies of libraries in the tree is likely to keep; sorted.
const LIBRARIES: [&str; 30] = [
    "apscheduler",
    "attr",
    "bs4",
    "certifi",
    "chardet",
    "charset_normalizer",
    "cherrypy",
    "click",
    "colorama",
    "dateutil",
    "feedparser",
    "flask",
    "html5lib",
    "httplib2",
    "idna",
    "importlib_metadata",
    "jinja2",
    "mako",
    "markupsafe",
    "oauthlib",
    "packaging",
    "pkg_resources",
    "pytz",
    "requests",
    "simplejson",
    "six",
    "soupsieve",
    "typing_extensions",
    "urllib3",
    "werkzeug",
];
/// From so many of them on a folder holds libraries.
const FEW: usize = 5;

/// Folders of copied libraries (`lib/requests`, `lib/urllib3`, `lib/six.py`, …), whatever they are called.
#[must_use]
pub fn library_folders<'p>(paths: impl Iterator<Item = &'p str>) -> BTreeSet<&'p str> {
    let mut held: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut sources, mut shipped) = (Vec::new(), BTreeMap::<&str, u8>::new());
    for path in paths {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let part = match name {
            "__init__.py" => 1,
            "setup.py" => 2,
            _ if ["README", "LICENSE", "PKG-INFO", "MANIFEST.in"].iter().any(|head| name.starts_with(head)) => 4,
            _ => 0,
        };
        *shipped.entry(folder).or_default() |= part;
        if path.rsplit_once('.').is_none_or(|(_, end)| end != "py") {
            continue;
        }
        sources.push(path);
        for (at, _) in path.match_indices('/') {
            let child = path[at + 1..].split('/').next().unwrap_or_default();
            let child = child.strip_suffix(".py").unwrap_or(child);
            if let Ok(known) = LIBRARIES.binary_search(&child) {
                held.entry(&path[..at]).or_default().insert(LIBRARIES[known]);
            }
        }
    }
    // A package with its own `setup.py` and description inside was copied with them: one's own stand beside the package.
    let below = |folder: &str| {
        let inside = |path: &&&str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        sources.iter().filter(inside).count()
    };
    let whole = |folder: &str, parts: u8| parts == 7 && !folder.is_empty() && below(folder) * 3 < sources.len() * 2;
    let copied = shipped.iter().filter(|(folder, parts)| whole(folder, **parts)).map(|(folder, _)| *folder);
    held.into_iter().filter(|(_, found)| found.len() >= FEW).map(|(folder, _)| folder).chain(copied).collect()
}

/// How many leading bytes are searched for the mark of a generator.
const HEAD: usize = 2000;
/// Average line length from which a script counts as minified.
const MINIFIED_LINE: usize = 500;

/// What a file is for that is no entry of the workspace, by its path and its text.
#[must_use]
pub fn told(path: &str, language: Option<Language>, text: &str) -> CodeContext {
    refine(context(path), language, text)
}

/// Refines the path's verdict by the text: generated and minified files say so or look it.
#[must_use]
pub fn refine(context: CodeContext, language: Option<Language>, text: &str) -> CodeContext {
    if context != CodeContext::Production || language.is_none() {
        return context;
    }
    let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or(text);
    let marked = ["@generated", "DO NOT EDIT", "do not edit by hand", "Code generated by"]
        .iter()
        .any(|mark| head.contains(mark));
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    let minified =
        text.len() > 4 * MINIFIED_LINE && text.len() / lines > MINIFIED_LINE && language != Some(Language::Python);
    if is_published_library(head, language) {
        return CodeContext::Vendored;
    }
    if marked || minified { CodeContext::Generated } else { context }
}

/// `/*! Some library v3.5.1 … Released under the MIT license */`: a file that somebody else publishes begins so.
fn is_published_library(head: &str, language: Option<Language>) -> bool {
    const BANNER: usize = 700;
    let script = language.is_some_and(|language| !matches!(language, Language::Python));
    let Some(banner) = head.trim_start().strip_prefix("/*!").filter(|_| script) else { return false };
    let banner = banner.split("*/").next().unwrap_or_default();
    let banner = banner.get(..banner.floor_char_boundary(BANNER)).unwrap_or(banner);
    let version = banner.match_indices('.').any(|(at, _)| {
        let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1).and_then(|at| banner.as_bytes().get(at))) && digit(banner.as_bytes().get(at + 1))
    });
    version && banner.to_ascii_lowercase().contains("licen")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_for_binary_search() {
        assert!(LIBRARIES.is_sorted());
        assert!(BINARY.is_sorted());
        assert!(UNSUPPORTED.is_sorted());
    }

    #[test]
    fn contexts() {
        for (path, wanted) in [
            ("app/main.py", CodeContext::Production),
            ("node_modules/x/index.js", CodeContext::Vendored),
            ("static/jquery.min.js", CodeContext::Generated),
            ("src/app.test.ts", CodeContext::Test),
            ("src/app/api/alerts/test/route.ts", CodeContext::Production),
            ("app/test/page.tsx", CodeContext::Production),
            ("test/web/app/api/route.ts", CodeContext::Test),
            ("src/app/api/test/helper.ts", CodeContext::Test),
            ("tests/helpers.py", CodeContext::Test),
            ("src/latest.py", CodeContext::Production),
            ("src/contest.py", CodeContext::Production),
            ("docs/conf.py", CodeContext::Example),
            (".env.example", CodeContext::Example),
            ("test_app.py", CodeContext::Test),
            ("src/net/tests.rs", CodeContext::Test),
            ("web/e2e-tests/constants.ts", CodeContext::Test),
            ("unittests/scans/many.json", CodeContext::Test),
            ("t/unit/security/keys.py", CodeContext::Test),
            ("t/service.py", CodeContext::Production),
            ("docs_src/security/tutorial001.py", CodeContext::Example),
            ("docker-examples/mssql/docker-compose.yml", CodeContext::Example),
            ("src/by-example/app.ts", CodeContext::Production),
            ("scripts/test-environments/sso.yml", CodeContext::Test),
            ("src/Button.story.tsx", CodeContext::Test),
            ("src/ab-tests/variant.ts", CodeContext::Production),
            ("src/lab-tests/api.ts", CodeContext::Production),
            ("packages/shop-tests/src/server.ts", CodeContext::Test),
            ("packages/cms/test-lib/util.js", CodeContext::Test),
            ("packages/shop-smoke-test/server.ts", CodeContext::Test),
            ("src/speed-test/server.ts", CodeContext::Production),
            ("core/src/dockerTest/resources/ca.key", CodeContext::Test),
            ("Shop.FunctionalTests/Client.cs", CodeContext::Test),
            ("Shop.Tests/Client.cs", CodeContext::Test),
            ("src/CartTests.cs", CodeContext::Test),
            ("phpunit.xml", CodeContext::Test),
            ("SpeedTest/Main.cs", CodeContext::Production),
        ] {
            assert_eq!(context(path), wanted, "{path}");
        }
    }

    #[test]
    fn folders_of_copied_libraries_are_told_by_what_they_hold() {
        let copied =
            ["requests/api.py", "urllib3/util/url.py", "six.py", "certifi/core.py", "idna/codec.py", "own/a.py"];
        let paths: Vec<String> = copied.iter().map(|name| format!("app/lib/{name}")).collect();
        let folders = |paths: &[String]| library_folders(paths.iter().map(String::as_str)).len();
        assert_eq!(folders(&paths), 1);
        assert_eq!(library_folders(paths.iter().map(String::as_str)).first(), Some(&"app/lib"));
        // A project about a few of them has folders by their names.
        assert_eq!(folders(&paths[..4]), 0);
        let inside =
            ["stars/setup.py", "stars/README.md", "stars/__init__.py", "stars/moon.py", "app/a.py", "app/b.py"];
        assert_eq!(library_folders(inside.into_iter()).first(), Some(&"stars"));
        // A module by that name, and a project that is the package.
        assert!(library_folders(inside.into_iter().filter(|path| *path != "stars/README.md")).is_empty());
        assert!(library_folders(inside[..4].iter().copied()).is_empty());
        assert!(library_folders(["setup.py", "stars/__init__.py", "docs/setup.py"].into_iter()).is_empty());
    }

    #[test]
    fn published_libraries_are_vendored() {
        let of = |text| refine(CodeContext::Production, Some(Language::JavaScript), text);
        assert_eq!(
            of("/*!\n * Some Library v3.7.1\n * Released under the MIT license\n */\nx;"),
            CodeContext::Vendored
        );
        assert_eq!(of("/*! our own page */\nx;"), CodeContext::Production);
        assert_eq!(of("/* Copyright, v1.2, MIT license */\nx;"), CodeContext::Production);
    }

    #[test]
    fn generated_text_is_recognised() {
        let text = format!("// @generated\n{}", "x;\n".repeat(9));
        assert_eq!(refine(CodeContext::Production, Some(Language::JavaScript), &text), CodeContext::Generated);
        assert_eq!(refine(CodeContext::Production, Some(Language::JavaScript), "x;\n"), CodeContext::Production);
        let minified = "a=1;".repeat(2000);
        assert_eq!(refine(CodeContext::Production, Some(Language::JavaScript), &minified), CodeContext::Generated);
    }
}
