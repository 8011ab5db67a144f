//! Where a package comes from, told by the URL in a lockfile. No registry is known by its host: a mirror is as good as
//! the original, and what stands out is a package that comes from elsewhere than its neighbours. Credentials in URLs
//! never leave this file.

use std::collections::BTreeMap;

use crate::package::{Ecosystem, Package, PackageSource};

/// Whether the URL is the index that `cargo` writes for its default registry, whatever protocol it used.
pub(super) fn is_own_registry(ecosystem: Ecosystem, url: &str) -> bool {
    let index = url.trim_end_matches(['/']).trim_end_matches(".git");
    ecosystem == Ecosystem::CratesIo && index.ends_with("://github.com/rust-lang/crates.io-index")
}

/// Takes the registry that most of a file's packages come from for the ecosystem's own one, or the mirror of it that
/// the project uses; what comes from elsewhere stays told apart. Cargo says by itself which is which.
pub(super) fn settle(packages: &mut [Package]) {
    let mut counts: BTreeMap<(Ecosystem, String), usize> = BTreeMap::new();
    for package in packages.iter() {
        if let PackageSource::Index(url) = &package.source {
            *counts.entry((package.ecosystem, host(url))).or_default() += 1;
        }
    }
    for ecosystem in Ecosystem::ALL.into_iter().filter(|ecosystem| *ecosystem != Ecosystem::CratesIo) {
        let plain = packages
            .iter()
            .filter(|package| package.ecosystem == ecosystem && package.source == PackageSource::Registry);
        let plain = plain.count();
        let most = counts.iter().filter(|((of, _), _)| *of == ecosystem).max_by_key(|(_, count)| **count);
        let Some(((_, usual), count)) = most.filter(|(_, count)| **count > plain) else { continue };
        debug_assert!(*count > 0);
        for package in packages.iter_mut().filter(|package| package.ecosystem == ecosystem) {
            if matches!(&package.source, PackageSource::Index(url) if host(url) == *usual) {
                package.source = PackageSource::Registry;
            }
        }
    }
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest).to_owned()
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
        let crates = "https://github.com/rust-lang/crates.io-index";
        assert_eq!(index(Ecosystem::CratesIo, crates), PackageSource::Registry);
        assert!(!is_own_registry(Ecosystem::CratesIo, "https://registry.example/github.com/rust-lang/crates.io-index"));
        assert!(!is_own_registry(Ecosystem::Npm, crates));
    }

    #[test]
    fn the_usual_registry_is_the_own_one() {
        let package = |name: &str, url: &str| {
            let mut package = Package::new(Ecosystem::Npm, name, None, crate::base::Location::file("lock"));
            package.source = PackageSource::Index(url.to_owned());
            package
        };
        let usual = "https://registry.example/npm/";
        let mut packages = [package("a", usual), package("b", usual), package("c", "https://other.example/")];
        settle(&mut packages);
        assert_eq!(packages[0].source, PackageSource::Registry);
        assert_eq!(packages[2].source, PackageSource::Index("https://other.example/".to_owned()));
    }
}
