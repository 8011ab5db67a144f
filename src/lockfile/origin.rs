//! Where a package comes from, told by the URL in a lockfile. The ecosystems' own registries are known by host;
//! credentials in URLs never leave this file.

use crate::package::{Ecosystem, PackageSource};

/// Hosts and paths of the ecosystems' own registries.
const REGISTRIES: [(Ecosystem, &str); 9] = [
    (Ecosystem::Npm, "registry.npmjs.org"),
    (Ecosystem::Npm, "registry.yarnpkg.com"),
    (Ecosystem::PyPI, "pypi.org"),
    (Ecosystem::PyPI, "pypi.python.org"),
    (Ecosystem::PyPI, "files.pythonhosted.org"),
    (Ecosystem::CratesIo, "github.com/rust-lang/crates.io-index"),
    (Ecosystem::CratesIo, "index.crates.io"),
    (Ecosystem::RubyGems, "rubygems.org"),
    (Ecosystem::RubyGems, "index.rubygems.org"),
];

/// Whether the URL belongs to the ecosystem's own registry.
pub(super) fn is_own_registry(ecosystem: Ecosystem, url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    REGISTRIES.iter().filter(|registry| registry.0 == ecosystem).any(|(_, host)| {
        rest.strip_prefix(host).is_some_and(|after| after.is_empty() || after.starts_with(['/', '?', '#']))
    })
}

/// A registry by its URL.
pub(super) fn index(ecosystem: Ecosystem, url: &str) -> PackageSource {
    if is_own_registry(ecosystem, url) {
        PackageSource::Registry
    } else {
        PackageSource::Index(without_credentials(url))
    }
}

/// Whether the URL or shorthand names a git repository.
pub(super) fn is_git(url: &str) -> bool {
    const HOSTS: [&str; 4] = ["github:", "gitlab:", "bitbucket:", "gist:"];
    const SCHEMES: [&str; 4] = ["git+", "git:", "git@", "ssh:"];
    let path = url.split(['#', '?']).next().unwrap_or(url);
    SCHEMES.iter().chain(&HOSTS).any(|start| url.starts_with(start))
        || (url.contains("://") && std::path::Path::new(path).extension().is_some_and(|extension| extension == "git"))
}

/// The URL without user name and password.
pub(super) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(host_end);
    match authority.rsplit_once('@') {
        // `git@` is what every ssh URL says, not a secret.
        Some(("git", _)) | None => url.to_owned(),
        Some((_, host)) => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_dropped() {
        assert_eq!(without_credentials("https://u:p~@registry.example/x@1"), "https://registry.example/x@1");
        assert_eq!(without_credentials("git+ssh://git@host.example/x.git"), "git+ssh://git@host.example/x.git");
    }

    #[test]
    fn origins_are_told_apart() {
        assert!(is_git("git+https://host.example/x") && is_git("github:a/b") && is_git("https://host.example/x.git#1"));
        assert!(!is_git("https://host.example/x.tgz"));
        assert_eq!(index(Ecosystem::Npm, "https://registry.npmjs.org/x/-/x-1.0.0.tgz"), PackageSource::Registry);
        assert!(!is_own_registry(Ecosystem::Npm, "https://registry.npmjs.org.registry.example/x"));
    }
}
