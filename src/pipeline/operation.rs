//! What the files of operation describe: images, services, workflows, workloads, together with what stands beside them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Facts, Workspace};
use crate::base::{CodeContext, SourceFile};
use crate::config::resource::{self, Resource};
use crate::options::Options;

/// What the files of operation describe, one by one and together.
pub(super) fn resources(workspace: &Workspace, options: &Options, facts: &mut Facts) -> Vec<Resource> {
    let mut resources = Vec::new();
    for checked in &mut facts.files {
        resources.append(&mut checked.resources);
    }
    let files: Vec<(&str, CodeContext)> =
        facts.files.iter().map(|checked| (checked.path.as_str(), checked.context)).collect();
    let modules: Vec<&resource::ModuleFile> =
        facts.files.iter().filter_map(|checked| checked.module.as_deref()).collect();
    if !modules.is_empty() {
        let texts: FxHashMap<&str, &Arc<SourceFile>> =
            facts.files.iter().filter_map(|file| Some((file.path.as_str(), file.text.as_ref()?))).collect();
        let (described, problems) = resource::modules(&modules, &|path| texts.get(path).map(|file| (*file).clone()));
        resources.extend(described);
        facts.problems.extend(problems);
    }
    // What git ignores was asked for: nothing can be said about what is committed.
    if !options.no_ignore && !options.partial && options.only.is_none() {
        resource::project(&files, &mut resources, &|path| workspace.sibling(path, options));
    }
    resources
}
