//! `mix.lock` (<https://hexdocs.pm/mix/Mix.Tasks.Deps.html>): one entry a line, an Elixir tuple. The tuple is read up to its
//! third element; which packages are direct stands in `mix.exs`, which is a program.

use super::{Extract, LockfileParser, Siblings, entry, origin, place};
use crate::base::SourceFile;
use crate::package::hash::Algorithm;
use crate::package::{Ecosystem, Hash, PackageSource};

/// Reads Mix's lockfile.
pub(super) struct MixLock;

impl LockfileParser for MixLock {
    fn name(&self) -> &'static str {
        "mix.lock"
    }

    fn matches(&self, path: &str) -> bool {
        place::file_name(path) == "mix.lock"
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let mut extract = Extract::default();
        for (start, line) in entry::lines(file.text()).filter(|(_, line)| line.starts_with('"')) {
            let hint = "write it anew with `mix deps.get`";
            let Some((name, tuple)) = line[1..].split_once("\": {") else {
                extract.problems.push(entry::broken(file, start, line, hint));
                continue;
            };
            let parts: Vec<&str> = tuple.split(',').map(|part| part.trim().trim_matches(['"', ':'])).collect();
            match parts.as_slice() {
                ["hex", package, version, hash, ..] => {
                    let mut package = entry::at(file, Ecosystem::Hex, package, Some(version), start);
                    package.integrity = !hash.is_empty();
                    // The last element is the hash of the whole archive; older files lack it.
                    let outer =
                        tuple.trim_end_matches([',', '}']).rsplit_once('"').and_then(|(rest, _)| rest.rsplit_once('"'));
                    let outer = outer.and_then(|(_, digits)| Hash::hex(Algorithm::Sha256, digits));
                    package.hashes = outer.filter(|outer| outer.hex != *hash).into_iter().collect();
                    extract.packages.push(package);
                }
                ["git", url, ..] => {
                    let mut package = entry::at(file, Ecosystem::Hex, name, None, start);
                    package.source = PackageSource::Git(origin::without_credentials(url));
                    extract.packages.push(package);
                }
                _ => extract.problems.push(entry::broken(file, start, name, hint)),
            }
        }
        extract
    }
}
