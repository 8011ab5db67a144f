//! One line of a requirements file, or one PEP 508 string
//! (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/>): name, extras, specifiers or URL,
//! marker.

use super::{origin, place};
use crate::base::Location;
use crate::package::{Ecosystem, Package, PackageSource, Scope};
use crate::version::Requirement;

/// A parsed dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dependency {
    /// `None` for a folder or archive that does not tell its name.
    pub(super) name: Option<String>,
    /// `>=1,<2`, as written.
    pub(super) specifier: String,
    /// URL or path.
    pub(super) url: Option<String>,
    /// What stands behind `;`.
    pub(super) marker: Option<String>,
}

impl Dependency {
    /// Reads a dependency; `None` if the text is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if looks_like_location(text) {
            return Some(Self::from_location(text));
        }
        let end = text
            .find(|character: char| !(character.is_ascii_alphanumeric() || "-_.".contains(character)))
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !edge(name.bytes().next()) || !edge(name.bytes().next_back()) {
            return None;
        }
        let mut rest = rest.trim_start();
        if let Some(extras) = rest.strip_prefix('[') {
            rest = extras.split_once(']')?.1.trim_start();
        }
        let mut dependency = Self { name: Some(name.to_owned()), ..Self::default() };
        if let Some(url) = rest.strip_prefix('@') {
            // A marker behind a URL needs a space before its semicolon.
            let (url, marker) = url.split_once(" ;").map_or((url, None), |(url, marker)| (url, Some(marker)));
            dependency.url = Some(url.trim().to_owned()).filter(|url| !url.is_empty());
            dependency.marker = marker.map(|marker| marker.trim().to_owned());
            return dependency.url.is_some().then_some(dependency);
        }
        let (specifier, marker) = rest.split_once(';').map_or((rest, None), |(rest, marker)| (rest, Some(marker)));
        let specifier = specifier.trim();
        let inner = specifier.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifier);
        inner.trim().clone_into(&mut dependency.specifier);
        dependency.marker = marker.map(|marker| marker.trim().to_owned()).filter(|marker| !marker.is_empty());
        Requirement::parse(Ecosystem::PyPI, &dependency.specifier)?;
        Some(dependency)
    }

    /// A URL or path without a name before it.
    pub(super) fn from_location(text: &str) -> Self {
        let (url, marker) = text.split_once(" ;").map_or((text, None), |(url, marker)| (url, Some(marker)));
        let url = url.trim();
        let egg = url.split_once("#egg=").or_else(|| url.split_once("&egg=")).map(|(_, egg)| egg);
        let egg = egg.map(|egg| egg.split(['&', '[']).next().unwrap_or(egg));
        let file = place::file_name(url.split(['#', '?']).next().unwrap_or(url));
        let (name, version) = match (egg, wheel(file)) {
            (Some(egg), _) => (Some(egg.to_owned()), None),
            (None, Some((name, version))) => (Some(name), Some(version)),
            (None, None) if origin::is_git(url) => {
                let repository = file.split('@').next().unwrap_or(file);
                (Some(repository.strip_suffix(".git").unwrap_or(repository).to_owned()), None)
            }
            (None, None) => (None, None),
        };
        Self {
            name: name.filter(|name| !name.is_empty()),
            specifier: version.map(|version| format!("=={version}")).unwrap_or_default(),
            url: Some(url.to_owned()),
            marker: marker.map(|marker| marker.trim().to_owned()),
        }
    }

    /// The version that is pinned.
    pub(super) fn exact(&self) -> Option<String> {
        Requirement::parse(Ecosystem::PyPI, &self.specifier)?.exact()
    }

    /// As a direct package; `None` without a name.
    pub(super) fn package(&self, scope: Scope, location: Location) -> Option<Package> {
        let mut package = Package::new(Ecosystem::PyPI, self.name.as_deref()?, self.exact(), location);
        let mut requirement = self.specifier.clone();
        if let Some(marker) = &self.marker {
            requirement =
                if requirement.is_empty() { format!("; {marker}") } else { format!("{requirement}; {marker}") };
        }
        package.requirement = Some(requirement).filter(|requirement| !requirement.is_empty());
        package.direct = true;
        let extra =
            self.marker.as_ref().is_some_and(|marker| marker.split_whitespace().any(|word| word.starts_with("extra")));
        package.scope = if extra && scope == Scope::Runtime { Scope::Optional } else { scope };
        if let Some(url) = &self.url {
            let clean = origin::without_credentials(url);
            package.source = if ["git+", "hg+", "svn+", "bzr+"].iter().any(|vcs| url.starts_with(vcs)) {
                PackageSource::Git(clean)
            } else if url.contains("://") && !url.starts_with("file:") {
                PackageSource::Url(clean)
            } else {
                PackageSource::Path(clean.trim_start_matches("file://").to_owned())
            };
        }
        package.path = vec![package.label()];
        Some(package)
    }
}

/// Paths and URLs: they begin with a dot or slash, have a scheme, or name an archive.
fn looks_like_location(text: &str) -> bool {
    let word = text.split([' ', ';', '@', '[']).next().unwrap_or(text);
    let scheme = text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    });
    let archive = [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz"].iter().any(|end| word.ends_with(end));
    let version = word.contains(['=', '<', '>', '~', '!']);
    scheme
        || text.starts_with(['.', '/', '~'])
        || text.starts_with("file:")
        || (!version && (archive || word.contains(['/', '\\'])))
}

/// Name and version of a wheel's file name.
fn wheel(file: &str) -> Option<(String, String)> {
    let mut parts = file.strip_suffix(".whl")?.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    (parts.count() >= 3 && crate::version::Scheme::Pep440.is_valid(version))
        .then(|| (name.to_owned(), version.replace("%2B", "+")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_dependency() {
        for (text, name, specifier, url, marker) in [
            ("flask", Some("flask"), "", None, None),
            (
                "Flask[async] (>=2,<3) ; python_version < '4'",
                Some("Flask"),
                ">=2,<3",
                None,
                Some("python_version < '4'"),
            ),
            ("a.b_c==1.0", Some("a.b_c"), "==1.0", None, None),
            (
                "x @ https://host.example/x.zip ; os_name=='nt'",
                Some("x"),
                "",
                Some("https://host.example/x.zip"),
                Some("os_name=='nt'"),
            ),
            (
                "git+https://host.example/o/repo.git@v1#egg=thing[x]&subdirectory=a",
                Some("thing"),
                "",
                Some("git+https://host.example/o/repo.git@v1#egg=thing[x]&subdirectory=a"),
                None,
            ),
            (
                "git+ssh://git@host.example/o/repo.git@v1",
                Some("repo"),
                "",
                Some("git+ssh://git@host.example/o/repo.git@v1"),
                None,
            ),
            (
                "https://host.example/w/numpy-1.2.3-cp311-cp311-linux_x86_64.whl",
                Some("numpy"),
                "==1.2.3",
                Some("https://host.example/w/numpy-1.2.3-cp311-cp311-linux_x86_64.whl"),
                None,
            ),
            ("./lib", None, "", Some("./lib"), None),
            ("lib/sub", None, "", Some("lib/sub"), None),
        ] {
            let dependency = Dependency::parse(text).unwrap_or_else(|| panic!("{text}"));
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let wanted =
                Dependency { name: owned(name), specifier: specifier.into(), url: owned(url), marker: owned(marker) };
            assert_eq!(dependency, wanted, "{text}");
        }
        for text in ["-x", "a b", "a=1", "a==", "==1", "a[", "a @"] {
            assert_eq!(Dependency::parse(text), None, "{text}");
        }
    }
}
