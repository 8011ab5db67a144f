//! What sort of file a text is, as far as named secrets are concerned: where values may stand unquoted, and where names
//! of secrets mean nothing.

use crate::base::CodeContext;

/// Sorts of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A programming language.
    Source,
    /// `.env` and its variants with real values.
    Dotenv,
    /// `.env.example` and the like.
    DotenvExample,
    /// YAML, TOML, INI, properties, JSON, compose.
    Config,
    /// Shell scripts, Dockerfiles, Makefiles.
    Shell,
    /// Markdown, HTML, text.
    Prose,
    /// Lockfiles, translations, styles, images, source maps: only tokens told by their form count.
    Mute,
}

/// Folders of translations.
const LOCALE_FOLDERS: &[&str] = &[
    "locale",
    "locales",
    "i18n",
    "l10n",
    "lang",
    "langs",
    "languages",
    "translations",
    "messages",
    "_locales",
    "intl",
];

/// Extensions of styles, images, translations and other data.
const DATA_EXTENSIONS: &[&str] = &[
    "css", "scss", "sass", "less", "svg", "map", "po", "pot", "xlf", "xliff", "arb", "snap", "csv", "tsv", "strings",
    "resx", "ftl", "log", "patch", "diff", "ics", "asc", "graphql", "proto", "wsdl", "xsd",
];

/// `de`, `pt-br`, `zh_hans`
fn is_language(folder: &str) -> bool {
    let (language, region) = folder.split_once(['-', '_']).unwrap_or((folder, "xx"));
    matches!(language.len(), 2 | 3)
        && matches!(region.len(), 2..=4)
        && folder.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// Tells the sort from the path.
pub(super) fn of(path: &str) -> Place {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let lock = name.ends_with("-lock.json")
        || name.contains("-lock.y")
        || matches!(extension, "lock" | "lockb" | "sum")
        || name == "npm-shrinkwrap.json";
    let locale = folders.split('/').any(|folder| LOCALE_FOLDERS.contains(&folder));
    let data = DATA_EXTENSIONS.contains(&extension);
    // `language/de/settings.json`, `language/en.php`
    let parts: Vec<&str> = folders.split('/').collect();
    let coded = parts.windows(2).any(|pair| pair[0] == "language" && is_language(pair[1]));
    let locale = locale || coded || (extension == "php" && parts.contains(&"language"));
    if lock
        || data
        || (locale
            && matches!(
                extension,
                "json" | "yml" | "yaml" | "properties" | "ts" | "js" | "php" | "toml" | "py" | "ini"
            ))
    {
        return Place::Mute;
    }
    if name == ".env"
        || name.starts_with(".env.")
        || extension == "env"
        || name == ".envrc"
        || name == ".dev.vars"
        || is_copy_of_env(name)
    {
        let example =
            ["example", "sample", "template", "dist", "tmpl", "tpl", "default", "schema", "ci", "test", "empty"];
        return if example.iter().any(|part| name.contains(part)) { Place::DotenvExample } else { Place::Dotenv };
    }
    if name.starts_with("dockerfile")
        || name.starts_with("containerfile")
        || extension == "dockerfile"
        || name.starts_with("makefile")
        || name.starts_with("sdkconfig")
        || name == "justfile"
        || name == "procfile"
    {
        return Place::Shell;
    }
    if name.contains(".example")
        || name.contains(".sample")
        || name.contains(".template")
        || name.contains(".dist")
        || name.starts_with("example.")
        || name.starts_with("env.example")
        || name.contains("-example")
    {
        return Place::DotenvExample;
    }
    match extension {
        "sh" | "bash" | "zsh" | "fish" | "ps1" | "bat" | "cmd" => Place::Shell,
        "yml" | "yaml" | "toml" | "ini" | "cfg" | "conf" | "properties" | "json" | "jsonc" | "json5" | "tfvars"
        | "tf" | "tfstate" | "hcl" | "xml" | "config" | "plist" | "npmrc" | "pypirc" | "netrc" | "gradle" => {
            Place::Config
        }
        "md" | "mdx" | "rst" | "txt" | "html" | "htm" | "adoc" | "tex" | "org" | "erb" | "ejs" | "hbs" | "j2"
        | "jinja" | "jinja2" | "twig" => Place::Prose,
        "" => {
            let kube = name == "kubeconfig" || lower.ends_with("kube/config");
            if kube || (name.starts_with('.') && name.ends_with("rc")) { Place::Config } else { Place::Prose }
        }
        _ => Place::Source,
    }
}

/// `env`, `env_copy`, `env-backup.txt`, `prod.env.bak`, `dotenv`: environments under names of somebody's own.
fn is_copy_of_env(name: &str) -> bool {
    const COPIES: [&str; 16] = [
        "backup",
        "bak",
        "copy",
        "dev",
        "development",
        "file",
        "live",
        "local",
        "old",
        "orig",
        "prod",
        "production",
        "save",
        "server",
        "staging",
        "txt",
    ];
    let mut words = name.split(['.', '_', '-', ' ']).filter(|word| !word.is_empty());
    let (mut env, mut other) = (false, false);
    words.by_ref().for_each(|word| match word {
        "env" | "dotenv" => env = true,
        _ => other |= !COPIES.contains(&word) && !word.bytes().all(|byte| byte.is_ascii_digit()),
    });
    env && !other
}

/// Whether a file is one that somebody tries something with, and no folder or ending makes it a test of a framework:
/// `test-db.php`, `test.sh`, `test.env`, `application-test.yml`.
pub(super) fn is_tried_by_hand(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let tests = ["test", "spec", "mock", "fixture", "e2e", "cypress", "stories", "playwright"];
    let stem = name.split('.').next().unwrap_or(name);
    let framework =
        [".test.", ".spec.", ".cy.", ".e2e.", "_spec.", ".stories.", "conftest", "jest", "vitest", "phpunit"];
    let ended = ["_test", "_tests", "tests"].iter().any(|end| stem.ends_with(end));
    let of_folder = folders.split('/').any(|folder| tests.iter().any(|part| folder.contains(part)));
    let compiled = matches!(extension(name).as_str(), "py" | "java" | "kt" | "cs" | "swift" | "rs");
    let of_framework =
        ended || framework.iter().any(|part| name.contains(part)) || compiled && stem.starts_with("test");
    name.contains("test") && !of_folder && !of_framework
}

/// Whether the name of a document says that it is about what runs, or how to get in.
pub(super) fn is_of_production(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let told = ["prod", "production", "credential", "credentials", "logins", "passwords", "server", "deployed"];
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| told.contains(&word))
}

/// Whether a file asks other programs, or makes code or documents: the logins in it are of examples.
pub(super) fn tells_of_others(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    matches!(extension(path).as_str(), "http" | "rest")
        || ["generator", "swagger", "openapi", "documentation", "factories", "snippet"]
            .iter()
            .any(|part| lower.contains(part))
}

/// Whether a file only sets up runs of tests: pipelines of build services and the containers next to them.
pub(super) fn is_pipeline(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let known = [".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".appveyor.yml", ".drone.yml", ".cirrus.yml"];
    let compose = (name.starts_with("compose.") || name.starts_with("docker-compose"))
        && name.split(['.', '-', '_']).any(|part| matches!(part, "ci" | "test" | "tests" | "e2e" | "cypress"));
    let folder =
        folders.split('/').any(|folder| matches!(folder, ".ci" | "ci-cd" | "cicd" | ".circleci" | ".buildkite"));
    compose || folder || known.contains(&name)
}

/// Whether a file starts services on the machine of a developer, or builds and tests.
pub(super) fn is_of_developers(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let compose = name.contains("compose") && matches!(extension(name).as_str(), "yml" | "yaml");
    let words = ["test", "tests", "testing", "example", "examples", "sample", "samples", "github"];
    compose || is_pipeline(path) || lower.split(['/', '.', '-', '_']).any(|part| words.contains(&part))
}

/// Whether a key's file says that it is for `localhost` or for trying things.
pub(super) fn is_of_one_machine(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let folder = |wanted: &str| lower.split('/').rev().skip(1).any(|folder| folder == wanted);
    let of_tests = folder("integration") && ["resources", "fixtures", "testdata"].iter().any(|part| folder(part));
    name.starts_with("test-")
        || of_tests
        || folder("development")
        || ["localhost", "selfsigned", "self-signed", "self_signed", "snakeoil"].iter().any(|part| lower.contains(part))
}

/// The file name extension in lower case, without the dot.
pub(super) fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

/// Whether files of this role are ones that run where users are.
pub(super) fn is_live(context: CodeContext) -> bool {
    matches!(context, CodeContext::Production | CodeContext::Development)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translations_are_told_by_their_folders() {
        for path in ["public/language/nn-NO/admin/email.json", "src/locales/app.yml", "language/french/login.php"] {
            assert_eq!(of(path), Place::Mute, "{path}");
        }
        assert_ne!(of("server/language/settings.json"), Place::Mute);
        assert_ne!(of("language/models/app.py"), Place::Mute);
    }
}
