//! The commands of the package managers: what a lockfile needs that no editor can write, since it holds hashes and the
//! outcome of a resolution.

use serde::Serialize;

use super::range::is_plain;
use crate::package::Scope;

/// A command for a person to run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Command {
    /// The folder to run it in, relative to the audited one; empty for that one itself.
    pub folder: String,
    /// The command line, quoted for a POSIX shell.
    pub line: String,
}

/// What keeps a file's versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Npm,
    Pnpm,
    YarnClassic,
    YarnBerry,
    Bun,
    Deno,
    Cargo,
    Poetry,
    Uv,
    Pdm,
    Pipenv,
    Pylock,
    PipCompile,
    Go,
    Bundler,
    Composer,
    Gradle,
    NuGet,
    Mix,
    Pub,
    Swift,
    /// Others that compute their versions.
    Other,
    /// The file itself says which version it is.
    Manifest,
    /// A bill of materials and the like: the truth is elsewhere.
    Foreign,
}

impl Tool {
    /// What keeps the versions of a file.
    pub(super) fn of(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name {
            "package-lock.json" | "npm-shrinkwrap.json" => Self::Npm,
            "pnpm-lock.yaml" => Self::Pnpm,
            "yarn.lock" if text.contains("__metadata:") => Self::YarnBerry,
            "yarn.lock" => Self::YarnClassic,
            "bun.lock" => Self::Bun,
            "deno.lock" => Self::Deno,
            "Cargo.lock" => Self::Cargo,
            "poetry.lock" => Self::Poetry,
            "uv.lock" => Self::Uv,
            "pdm.lock" => Self::Pdm,
            "Pipfile.lock" => Self::Pipenv,
            "go.mod" => Self::Go,
            "Gemfile.lock" | "gems.locked" => Self::Bundler,
            "composer.lock" => Self::Composer,
            "gradle.lockfile" | "buildscript-gradle.lockfile" => Self::Gradle,
            "packages.lock.json" => Self::NuGet,
            "mix.lock" => Self::Mix,
            "pubspec.lock" => Self::Pub,
            "Package.resolved" => Self::Swift,
            "conan.lock" | "renv.lock" | "cabal.project.freeze" | "stack.yaml.lock" => Self::Other,
            _ if name.starts_with("pylock.") => Self::Pylock,
            "bom.json" | "sbom.json" => Self::Foreign,
            _ if name.ends_with(".cdx.json") || name.ends_with(".spdx.json") => Self::Foreign,
            _ => Self::Manifest,
        }
    }

    /// The manifests that go with its lockfile, by the ends of their names.
    pub(super) fn manifests(self) -> &'static [&'static str] {
        match self {
            Self::Npm | Self::Pnpm | Self::YarnClassic | Self::YarnBerry | Self::Bun => &["package.json"],
            Self::Cargo => &["Cargo.toml"],
            Self::Poetry | Self::Uv | Self::Pdm | Self::Pylock => &["pyproject.toml"],
            Self::Pipenv => &["Pipfile"],
            Self::Bundler => &["Gemfile", "gems.rb", ".gemspec"],
            Self::Composer => &["composer.json"],
            Self::Gradle => &["build.gradle", "build.gradle.kts", ".versions.toml"],
            Self::NuGet => &[".csproj", ".fsproj", ".vbproj", "Directory.Packages.props"],
            _ => &[],
        }
    }

    /// Whether a lockfile of this tool may stand in place of another of `other`'s.
    pub(super) fn lockfiles(self) -> &'static [&'static str] {
        match self {
            Self::Npm | Self::Pnpm | Self::YarnClassic | Self::YarnBerry | Self::Bun => {
                &["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"]
            }
            Self::Cargo => &["Cargo.lock"],
            Self::Poetry | Self::Uv | Self::Pdm | Self::Pylock => &["poetry.lock", "uv.lock", "pdm.lock"],
            Self::Pipenv => &["Pipfile.lock"],
            Self::Bundler => &["Gemfile.lock", "gems.locked"],
            Self::Composer => &["composer.lock"],
            Self::Gradle => &["gradle.lockfile"],
            Self::NuGet => &["packages.lock.json"],
            _ => &[],
        }
    }

    /// Whether its lockfile has to be written by the tool after the manifest has changed.
    pub(super) fn resolves(self) -> bool {
        !matches!(self, Self::Manifest | Self::Go | Self::Foreign)
    }

    /// The commands that bring a package to a version. `edited`: the manifest says so already.
    pub(super) fn commands(self, update: &Update<'_>) -> Vec<String> {
        let Update { name, from, to, direct, scope, several, edited } = *update;
        let shell = name.trim_start_matches('@');
        // A name that begins with a dash would be an option.
        if !is_plain(to) || !shell.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_') {
            return Vec::new();
        }
        let dev = scope == Scope::Dev;
        match self {
            Self::Npm if direct && edited => vec!["npm install".to_owned()],
            Self::Npm if direct => {
                vec![format!("npm install {}{}", if dev { "--save-dev " } else { "" }, quoted(&format!("{name}@{to}")))]
            }
            Self::Npm => vec![format!("npm update {}", quoted(name))],
            Self::Pnpm if direct && edited => vec!["pnpm install".to_owned()],
            Self::Pnpm if direct => vec![format!("pnpm update {}", quoted(&format!("{name}@{to}")))],
            Self::Pnpm => vec![format!("pnpm update --depth Infinity {}", quoted(name))],
            Self::YarnClassic | Self::YarnBerry if direct && edited => vec!["yarn install".to_owned()],
            Self::YarnClassic if direct => vec![format!("yarn upgrade {}", quoted(&format!("{name}@{to}")))],
            Self::YarnBerry if direct => vec![format!("yarn up {}", quoted(&format!("{name}@{to}")))],
            Self::YarnBerry => vec![format!("yarn up -R {}", quoted(name))],
            Self::Bun if direct && edited => vec!["bun install".to_owned()],
            Self::Bun if direct => {
                vec![format!("bun add {}{}", if dev { "-d " } else { "" }, quoted(&format!("{name}@{to}")))]
            }
            Self::Bun => vec![format!("bun update {}", quoted(name))],
            Self::Cargo => {
                let spec = if several { format!("{name}@{from}") } else { name.to_owned() };
                vec![format!("cargo update -p {} --precise {}", quoted(&spec), quoted(to))]
            }
            Self::Poetry => vec![format!("poetry update {}", quoted(name))],
            Self::Uv => vec![format!("uv lock --upgrade-package {}", quoted(&format!("{name}=={to}")))],
            Self::Pdm => vec![format!("pdm update {}", quoted(name))],
            Self::Pipenv => vec![format!("pipenv upgrade {}", quoted(&format!("{name}=={to}")))],
            Self::PipCompile => {
                let package = quoted(&format!("{name}=={to}"));
                vec![format!("pip-compile --upgrade-package {package}")]
            }
            Self::Go => vec![format!("go get {}", quoted(&format!("{name}@{to}"))), "go mod tidy".to_owned()],
            Self::Bundler => vec![format!("bundle update --conservative {}", quoted(name))],
            Self::Composer => vec![format!("composer update {} --with-dependencies", quoted(name))],
            Self::Gradle => vec![format!("gradle dependencies --update-locks {}", quoted(name))],
            Self::NuGet if direct => vec![format!("dotnet add package {} --version {}", quoted(name), quoted(to))],
            Self::NuGet => vec!["dotnet restore --force-evaluate".to_owned()],
            Self::Mix => vec![format!("mix deps.update {}", quoted(name))],
            Self::Pub => vec![format!("dart pub upgrade {}", quoted(name))],
            Self::Swift => vec!["swift package update".to_owned()],
            // `yarn upgrade` of the first generation leaves what others bring in as it is.
            Self::YarnClassic | Self::Deno | Self::Pylock | Self::Other | Self::Manifest | Self::Foreign => Vec::new(),
        }
    }
}

/// A package to bring to another version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update<'a> {
    pub(super) name: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) direct: bool,
    pub(super) scope: Scope,
    /// Whether the lockfile has several versions of it.
    pub(super) several: bool,
    /// Whether the manifest has been edited so that it asks for the version.
    pub(super) edited: bool,
}

/// A word of a command line: names and versions come out of audited files.
fn quoted(word: &str) -> String {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@/._+:=-".contains(&byte));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_what_they_change() {
        let update = Update {
            name: "left-pad",
            from: "1.0.0",
            to: "1.3.0",
            direct: true,
            scope: Scope::Dev,
            several: true,
            edited: false,
        };
        assert_eq!(Tool::Npm.commands(&update), ["npm install --save-dev left-pad@1.3.0"]);
        assert_eq!(Tool::Cargo.commands(&update), ["cargo update -p left-pad@1.0.0 --precise 1.3.0"]);
        assert_eq!(Tool::Uv.commands(&update), ["uv lock --upgrade-package left-pad==1.3.0"]);
        let through = Update { direct: false, ..update };
        assert_eq!(Tool::Npm.commands(&through), ["npm update left-pad"]);
        for name in ["--registry=x", "-g", ""] {
            assert!(Tool::Npm.commands(&Update { name, ..update }).is_empty(), "{name}");
        }
        let hostile = Update { name: "a;rm -rf x", ..through };
        assert_eq!(Tool::Npm.commands(&hostile), ["npm update 'a;rm -rf x'"]);
        assert!(Tool::Npm.commands(&Update { to: "1;x", ..update }).is_empty());
    }

    #[test]
    fn files_and_their_tools() {
        assert_eq!(Tool::of("a/yarn.lock", "__metadata:\n"), Tool::YarnBerry);
        assert_eq!(Tool::of("requirements.txt", ""), Tool::Manifest);
        assert_eq!(Tool::of("x.cdx.json", ""), Tool::Foreign);
    }
}
