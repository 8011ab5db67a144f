//! Packages that source files fetch by themselves, as Deno, Supabase's functions and browsers do: `npm:stripe@14.0.0`,
//! `https://esm.sh/zod@3.22.4`. A full version is that version; anything less is a range. Where a `deno.lock` covers the
//! file, the lockfile says what was fetched. Left out: `jsr:` and other addresses, for which no advisories are kept.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::Input;
use super::imports::Use;
use crate::base::CodeContext;
use crate::lockfile;
use crate::package::{Ecosystem, Package, Scope};
use crate::version::Requirement;

/// Packages of one project; what is beyond is data.
const MOST: usize = 2_000;

/// Each package and version once, at the first place that ships.
pub(super) fn packages(input: &Input<'_>, uses: &[Use]) -> Vec<Package> {
    let locked: FxHashSet<&str> = input
        .files
        .iter()
        .filter_map(|(path, _)| path.strip_suffix("deno.lock"))
        .map(|folder| folder.trim_end_matches('/'))
        .collect();
    let is_locked = |path: &str| {
        path.match_indices('/').map(|(at, _)| &path[..at]).chain([""]).any(|folder| locked.contains(folder))
    };
    let mut found: BTreeMap<String, Package> = BTreeMap::new();
    for one in uses {
        let Some((name, version)) = one.fetched.as_deref().and_then(lockfile::imported) else { continue };
        if found.len() >= MOST || is_locked(&one.location.path) {
            continue;
        }
        let exact = Requirement::parse(Ecosystem::Npm, &version).and_then(|requirement| requirement.exact());
        let mut package = Package::new(Ecosystem::Npm, &name, exact, one.location.clone());
        package.requirement = Some(if version.is_empty() { "*".to_owned() } else { version });
        package.direct = true;
        package.declared = Some(one.location.clone());
        package.path = vec![package.label()];
        if matches!(one.context, CodeContext::Test | CodeContext::Example) {
            package.scope = Scope::Dev;
        }
        let key = format!("{} {}", package.purl, package.requirement.as_deref().unwrap_or(""));
        match found.get_mut(&key) {
            Some(known) if known.scope == Scope::Dev && package.scope == Scope::Runtime => *known = package,
            Some(_) => {}
            None => {
                found.insert(key, package);
            }
        }
    }
    found.into_values().collect()
}
