//! Which files are configuration, and for which stage, told from their paths.
//!
//! A data file is configuration when its name (`config`, `settings`, `secrets`, `application`, …) or its folder
//! (`config`, `deploy`, `k8s`, …) says so, or when it is a known file of a platform. Not configuration of an app:
//! locale files, fixtures, API descriptions, schemas, lockfiles, manifests, settings of editors, linters and test runners.

use crate::base::CodeContext;

/// Folders of what is data or belongs to development tools.
const OTHER_FOLDERS: &[&str] = &[
    ".dependabot",
    ".idea",
    ".semgrep",
    ".vscode",
    "__snapshots__",
    "cassettes",
    "content",
    "docs",
    "fixtures",
    "i18n",
    "issue_template",
    "l10n",
    "lang",
    "langs",
    "locale",
    "locales",
    "migrations",
    "mocks",
    "node_modules",
    "openapi",
    "schema",
    "schemas",
    "snapshots",
    "swagger",
    "testdata",
    "translations",
];

/// Parts of names of what is no configuration of an app.
const OTHER_NAMES: &[&str] = &[
    "babel",
    "webpack",
    "vite",
    "vitest",
    "rollup",
    "tailwind",
    "postcss",
    "playwright",
    "cypress",
    "next.config",
    "svelte",
    "astro",
    "nuxt",
    "biome",
    "changelog",
    "codecov",
    "commitlint",
    "composer",
    "cspell",
    "dependabot",
    "eslint",
    "fixture",
    "jest",
    "lock",
    "manifest",
    "mkdocs",
    "mypy",
    "openapi",
    "package",
    "postman",
    "pre-commit",
    "prettier",
    "pyproject",
    "pytest",
    "renovate",
    "rustfmt",
    "schema",
    "snapshot",
    "stageclear",
    "stylelint",
    "swagger",
    "tox",
    "translation",
    "tsconfig",
    "typedoc",
    "jsconfig",
    "clippy",
    "rust-toolchain",
    "pipfile",
    "cargo",
    "deno",
    "turbo",
    "lerna",
    "nx",
];

/// Parts of names of configuration.
const NAMES: &[&str] = &["application", "appsettings", "config", "credential", "environment", "secret", "setting"];

/// Whole names (without extension) of configuration.
const STEMS: &[&str] = &[
    ".mcp",
    "amplify",
    "app",
    "boto",
    "cloudbuild",
    "database",
    "db",
    "default",
    "development",
    "env",
    "firebase",
    "fly",
    "local",
    "mcp",
    "netlify",
    "now",
    "prod",
    "production",
    "render",
    "serverless",
    "staging",
    "values",
    "vercel",
    "wrangler",
];

/// Folders of configuration.
const FOLDERS: &[&str] = &[
    ".streamlit",
    "charts",
    "conf",
    "config",
    "configs",
    "configuration",
    "deploy",
    "deployment",
    "env",
    "helm",
    "infra",
    "k8s",
    "kubernetes",
    "manifests",
    "settings",
    "supabase",
    "workflows",
];

/// Whether a data file (YAML, TOML, JSON, INI) is configuration of an app.
#[must_use]
pub fn is_config(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if folders.split('/').any(|folder| OTHER_FOLDERS.contains(&folder)) {
        return false;
    }
    if is_tool(name) {
        return false;
    }
    is_compose(path)
        || NAMES.iter().any(|part| stem.contains(part))
        || STEMS.contains(&stem)
        || stem.split(['.', '-', '_']).any(|word| matches!(word, "production" | "prod" | "staging"))
        || folders.rsplit('/').take(2).any(|folder| FOLDERS.contains(&folder))
        || name.starts_with(".gitlab-ci.")
}

/// Whether a file name (in lower case) belongs to a development tool, a manifest, a schema.
#[must_use]
pub fn is_tool(name: &str) -> bool {
    let name = name.trim_start_matches('.');
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    OTHER_NAMES.iter().any(|part| stem.split(['.', '_', '-']).any(|word| word == *part) || stem.starts_with(part))
}

/// Whether the file describes services for Docker Compose.
#[must_use]
pub fn is_compose(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let yaml = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    yaml.is_some_and(|stem| {
        let head = stem.split('.').next().unwrap_or(stem);
        matches!(head, "docker-compose" | "compose")
            || head.starts_with("docker-compose-")
            || head.starts_with("compose-")
    })
}

/// The role of a settings file or module: names of stages are looked for in the file's name and its last folders. A role
/// that is already known to be other than production stays.
#[must_use]
pub fn stage(path: &str, known: CodeContext) -> CodeContext {
    if known != CodeContext::Production {
        return known;
    }
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    if [".example", ".sample", ".template", ".dist", ".defaults"].iter().any(|end| name.ends_with(end))
        || name.split(['.', '-', '_']).any(|word| matches!(word, "example" | "sample" | "template"))
    {
        return CodeContext::Example;
    }
    let words = |text: &str, names: &[&str]| text.split(['.', '-', '_']).any(|word| names.contains(&word));
    if words(name, &["test", "tests", "testing", "ci"]) || folders.split('/').any(|it| matches!(it, "test" | "tests")) {
        return CodeContext::Test;
    }
    let development = ["dev", "devel", "development", "local", "localhost", "debug", "devcontainer"];
    // `.env` ends up in production often enough; `.env.local` and `.env.development` do not.
    // What continuous integration sets is for its own services.
    if [".github", ".circleci", ".devcontainer", ".gitlab", ".ci"]
        .iter()
        .any(|folder| folders.split('/').any(|it| it == *folder))
        || name.starts_with(".gitlab-ci")
    {
        return CodeContext::Development;
    }
    let for_developers = folders.split('/').any(|it| matches!(it, "dev" | "development"));
    let last = folders.rsplit('/').next().unwrap_or("");
    if for_developers || words(name, &development) || words(last, &["dev", "development", "local"]) {
        return CodeContext::Development;
    }
    known
}

/// The role of a class of settings, told from its name: `DevelopmentConfig`, `TestingConfig`.
#[must_use]
pub fn class_stage(name: &str, known: CodeContext) -> CodeContext {
    let lower = name.to_ascii_lowercase();
    if known != CodeContext::Production {
        known
    } else if lower.starts_with("test") || lower.ends_with("test") || lower.ends_with("testing") {
        CodeContext::Test
    } else if lower.starts_with("dev")
        || lower.starts_with("local")
        || lower.ends_with("dev")
        || lower.ends_with("development")
    {
        CodeContext::Development
    } else {
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_is_told_from_other_data() {
        for path in [
            "config.yaml",
            "docker-compose.prod.yml",
            "compose.yaml",
            "config/database.yml",
            "appsettings.json",
            "deploy/values.yaml",
            ".streamlit/secrets.toml",
            "app/settings.toml",
            ".mcp.json",
            "firebase.json",
            ".github/workflows/ci.yml",
            "src/main/resources/application.properties",
            "k8s/api.yaml",
        ] {
            assert!(is_config(path), "{path}");
        }
        for path in [
            "package.json",
            "locales/config.json",
            "openapi.yaml",
            "tsconfig.json",
            "data/users.json",
            "Cargo.toml",
            "pyproject.toml",
            ".eslintrc.json",
            "tests/fixtures/config.yaml",
            "pnpm-lock.yaml",
            ".vscode/settings.json",
            "config/schema.json",
            "tox.ini",
            "tsconfig.app.json",
            "jest.config.json",
        ] {
            assert!(!is_config(path), "{path}");
        }
    }

    #[test]
    fn stages_are_told_from_names() {
        for (path, wanted) in [
            (".env", CodeContext::Production),
            (".env.production", CodeContext::Production),
            (".env.local", CodeContext::Development),
            (".env.example", CodeContext::Example),
            (".env.test", CodeContext::Test),
            ("config/settings/dev.py", CodeContext::Development),
            ("dev/k8s/manifests/store.yaml", CodeContext::Development),
            ("app/settings_local.py", CodeContext::Development),
            ("app/settings/test.py", CodeContext::Test),
            ("app/settings/base.py", CodeContext::Production),
            ("latest/settings.py", CodeContext::Production),
        ] {
            assert_eq!(stage(path, CodeContext::Production), wanted, "{path}");
        }
        assert_eq!(stage("settings/dev.py", CodeContext::Vendored), CodeContext::Vendored);
        assert_eq!(class_stage("DevelopmentConfig", CodeContext::Production), CodeContext::Development);
        assert_eq!(class_stage("ProductionConfig", CodeContext::Production), CodeContext::Production);
    }
}
