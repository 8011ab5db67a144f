//! Actions that workflows and composite actions use
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>). A tag is a version; what is pinned to a
//! commit tells its version in a comment, as bots write it; branches have none.

use super::{Extract, LockfileParser, Siblings, entry, place};
use crate::base::SourceFile;
use crate::package::{Ecosystem, Scope};

/// Reads workflows.
pub(super) struct Actions;

impl LockfileParser for Actions {
    fn name(&self) -> &'static str {
        "workflow"
    }

    fn matches(&self, path: &str) -> bool {
        let yaml = [".yml", ".yaml"].iter().any(|end| path.ends_with(end));
        (yaml && (path.starts_with(".github/workflows/") || path.contains("/.github/workflows/")))
            || matches!(place::file_name(path), "action.yml" | "action.yaml")
    }

    fn parse(&self, file: &SourceFile, _: Siblings<'_>) -> Extract {
        let mut packages = Vec::new();
        for (start, line) in entry::lines(file.text()) {
            let text = line.trim_start_matches("- ").trim_start();
            let Some(value) = text.strip_prefix("uses:") else { continue };
            let (value, comment) = value.split_once(" #").unwrap_or((value, ""));
            let value = value.trim().trim_matches(['"', '\'']);
            let Some((name, reference)) = value.split_once('@').filter(|(name, _)| {
                name.contains('/') && !name.starts_with('.') && !name.starts_with("docker:") && !name.contains("${{")
            }) else {
                continue;
            };
            // `owner/repository/path` is in the repository.
            let repository: Vec<&str> = name.splitn(3, '/').take(2).collect();
            let commit = reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
            let told = if commit { comment.split_whitespace().next().unwrap_or("") } else { reference };
            let version = told.strip_prefix('v').unwrap_or(told);
            // `v4` moves with every release; only a full version is one.
            let exact = (version.split('.').count() >= 3 && version.starts_with(|first: char| first.is_ascii_digit()))
                .then_some(version);
            // What moves is told by the policy about actions; no advisory can be held against it.
            let Some(version) = exact else { continue };
            let name = repository.join("/");
            let mut package = entry::at(file, Ecosystem::GitHubActions, &name, Some(version), start);
            package = entry::direct(package, Scope::Build, Some(reference));
            package.integrity = commit;
            packages.push(package);
        }
        Extract { packages, problems: Vec::new() }
    }
}
