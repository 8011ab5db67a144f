//! Which template a name means: files that frontends lowered as templates, found by the end of their path.
//!
//! Left out: search paths that the application configures, names with a prefix that a loader takes off.

use rustc_hash::FxHashMap;

use super::facts::FileId;
use super::project::{FileInfo, FuncId};

/// Folders whose content is named from there on.
const FOLDERS: &[&str] = &["templates", "views", "partials", "layouts", "template"];
/// How many files of the same name are taken for one.
const MOST: usize = 4;

/// The templates of a project.
#[derive(Debug, Default)]
pub struct Templates {
    /// By file name, and by file name without its last extension.
    by_name: FxHashMap<Box<str>, Vec<Template>>,
}

#[derive(Debug, Clone)]
struct Template {
    path: Box<str>,
    file: FileId,
    function: FuncId,
}

impl Templates {
    /// Collects those of all files.
    pub(super) fn new(files: &[FileInfo], first: impl Fn(&FileInfo) -> u32) -> Self {
        let mut templates = Self::default();
        for (at, info) in (0u32..).zip(files) {
            let Some(function) = info.tree.template else { continue };
            let path = info.source.path();
            let template =
                Template { path: path.into(), file: FileId(at), function: FuncId(first(info) + function.index()) };
            let name = path.rsplit('/').next().unwrap_or(path);
            let stem = name.rsplit_once('.').map(|(stem, _)| stem);
            for name in [Some(name), stem].into_iter().flatten() {
                templates.by_name.entry(name.into()).or_default().push(template.clone());
            }
        }
        templates
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The functions of the templates that a name means, asked for in the file `from`.
    #[must_use]
    pub fn find(&self, from: &str, name: &str) -> Vec<(FileId, FuncId)> {
        let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let Some(candidates) = self.by_name.get(last) else { return Vec::new() };
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        if name.starts_with('.') {
            let wanted = normalise(&format!("{folder}/{name}"));
            let exact = candidates.iter().filter(|one| ends_at(&one.path, &wanted) == Some(""));
            let exact: Vec<_> = exact.map(|one| (one.file, one.function)).take(MOST).collect();
            if !exact.is_empty() {
                return exact;
            }
        }
        let wanted = normalise(name);
        let mut ranked: Vec<_> = candidates
            .iter()
            .filter_map(|one| {
                let above = ends_at(&one.path, &wanted)?;
                let named = FOLDERS.contains(&above.rsplit('/').next().unwrap_or(above));
                let near = one.path.split('/').zip(folder.split('/')).take_while(|(a, b)| a == b).count();
                Some(((named, near), (one.file, one.function)))
            })
            .collect();
        let Some(best) = ranked.iter().map(|(rank, _)| *rank).max() else { return Vec::new() };
        ranked.retain(|(rank, _)| *rank == best);
        ranked.into_iter().map(|(_, one)| one).take(MOST).collect()
    }
}

/// The folder above, if a path ends in a name, with or without its extension.
fn ends_at<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let ends = |path: &'p str| {
        let above = path.strip_suffix(name)?;
        if above.is_empty() { Some("") } else { above.strip_suffix('/') }
    };
    ends(path).or_else(|| ends(path.rsplit_once('.').map_or(path, |(stem, _)| stem)))
}

fn normalise(name: &str) -> String {
    super::resolve::normalise(&name.replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::{ends_at, normalise};

    #[test]
    fn names_are_ends_of_paths() {
        assert_eq!(ends_at("app/templates/a.html", "a.html"), Some("app/templates"));
        assert_eq!(ends_at("views/shop/list.ejs", "shop/list"), Some("views"));
        assert_eq!(ends_at("views/my-list.ejs", "list"), None);
        assert_eq!(ends_at("list.ejs", "list"), Some(""));
        assert_eq!(normalise("views/pages/../partials/./head"), "views/partials/head");
    }
}
