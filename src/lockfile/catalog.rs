//! Catalogues: ranges that a workspace keeps in one place and its manifests name by `catalog:` (pnpm's `pnpm-workspace.yaml`,
//! <https://pnpm.io/catalogs>; Bun's `package.json`, <https://bun.sh/docs/install/catalogs>; Yarn's `.yarnrc.yml`).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::json::{self, Value};
use super::{Siblings, place, yaml};
use crate::base::SourceFile;

/// How a specifier names its entry.
pub(super) const SCHEME: &str = "catalog:";

/// The ranges of the nearest workspace, by catalogue and package.
#[derive(Debug, Default)]
pub(super) struct Catalogs(FxHashMap<(String, String), String>);

impl Catalogs {
    /// Those that a manifest in `folder` may name: of the folder itself, or the nearest one above that has any.
    pub(super) fn around(folder: &str, siblings: Siblings<'_>) -> Self {
        let beside = |folder: &str, name: &str| place::join(folder, name).and_then(|path| siblings(&path));
        let found = place::ancestors(folder).find_map(|folder| {
            let mut all = Self::default();
            for name in ["pnpm-workspace.yaml", ".yarnrc.yml"] {
                if let Some(file) = beside(folder, name) {
                    all.add(&yaml::read(&file, "").0);
                }
            }
            if let Some(file) = beside(folder, "package.json") {
                all.manifest(&file);
            }
            (!all.0.is_empty()).then_some(all)
        });
        found.unwrap_or_default()
    }

    fn manifest(&mut self, file: &Arc<SourceFile>) {
        let (root, _) = json::parse(file.text());
        self.add(&root);
        if let Some(workspaces) = root.get("workspaces") {
            self.add(workspaces);
        }
    }

    fn add(&mut self, root: &Value<'_>) {
        let named = root.members("catalogs").iter().filter_map(|member| Some((&*member.key, member.value.object()?)));
        let plain = root.get("catalog").and_then(Value::object).map(|object| ("default", object));
        for (catalog, object) in named.chain(plain) {
            for member in object.members() {
                if let Some(range) = member.value.str() {
                    let key = (catalog.to_owned(), member.key.to_string());
                    self.0.entry(key).or_insert_with(|| range.to_owned());
                }
            }
        }
    }

    /// The range behind `catalog:` or `catalog:name` for a package; `None` for other specifiers, and where it is missing.
    pub(super) fn range(&self, package: &str, specifier: &str) -> Option<&str> {
        let catalog = specifier.strip_prefix(SCHEME)?.trim();
        let catalog = if catalog.is_empty() { "default" } else { catalog };
        self.0.get(&(catalog.to_owned(), package.to_owned())).map(String::as_str)
    }
}
