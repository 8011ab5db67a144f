//! The stages about dependencies: what the code uses of them, what advisories, registries and lists say.

use super::{Checked, Facts, Progress};
use crate::advisory::{self, OpenOptions};
use crate::base::CodeContext;
use crate::document::Document;
use crate::flow::{self, ParsedFile};
use crate::options::Options;
use crate::workspace::Workspace;
use crate::{dependency, lockfile, registry};

/// Whether and where the code uses the packages, and what stands out about them.
pub(super) fn use_of_packages(workspace: &Workspace, options: &Options, facts: &mut Facts, project: &flow::Project) {
    let (mut packages, mut manifests) = (Vec::new(), Vec::new());
    for checked in &mut facts.files {
        packages.append(&mut checked.packages);
        manifests.extend(checked.manifest.take());
    }
    let files: Vec<(&str, CodeContext)> =
        facts.files.iter().map(|checked| (checked.path.as_str(), checked.context)).collect();
    let unread = |checked: &&Checked| !checked.read || checked.problems.iter().any(|problem| problem.incomplete);
    let incomplete = facts.files.iter().filter(unread).map(|checked| checked.path.as_str()).collect();
    let read = |path: &str| workspace.sibling(path, options);
    let input =
        dependency::Input { project, manifests: &manifests, files: &files, incomplete: &incomplete, read: &read };
    facts.dependencies = dependency::analyse(&input, &mut packages);
    lockfile::installed::licenses(&mut packages, workspace);
    facts.packages = packages;
}

/// Packages against advisories.
pub(super) fn dependencies(
    document: &mut Document,
    workspace: &Workspace,
    options: &Options,
    facts: &Facts,
    progress: &dyn Progress,
) {
    progress.stage("matching advisories", 1);
    let open = OpenOptions { cache_dir: options.cache_dir.clone(), today: options.today };
    let (database, problems) = advisory::Database::open(&open);
    document.problems.extend(problems);
    let (mut vulnerabilities, problems) = advisory::matcher::matches(&database, &document.packages);
    document.problems.extend(problems);
    if let Some(online) = &options.online {
        let (facts, problems) = registry::ask(online, options.cache_dir.as_deref(), options.today, &document.packages);
        document.dependencies.extend(facts);
        document.dependencies.sort();
        document.problems.extend(problems);
    }
    document.problems.extend(advisory::exploit::mark(options.cache_dir.as_deref(), &mut vulnerabilities));
    let parsed: Vec<&ParsedFile> = facts.files.iter().filter_map(|checked| checked.parsed.as_ref()).collect();
    let files: Vec<(&str, CodeContext)> =
        facts.files.iter().map(|checked| (checked.path.as_str(), checked.context)).collect();
    let read = |path: &str| workspace.sibling(path, options);
    dependency::mark(&mut vulnerabilities, &document.packages, &parsed, &files, &read);
    document.findings.extend(advisory::finding::findings(&vulnerabilities, &document.packages));
    document.vulnerabilities = vulnerabilities;
    document.advisories = Some(database.status_for(options.today, &document.packages));
    progress.step();
}

/// Whether a policy speaks about dependencies; those of one's own may do.
pub(super) fn is_about_dependencies(rule: &str) -> bool {
    let built_in = rule.starts_with("policy/");
    !built_in
        || ["policy/supply-chain/", "policy/dependencies/", "policy/user/"].iter().any(|start| rule.starts_with(start))
}
