//! Django's urlconf: which prefix each file of `path(…)` calls is included under.

use std::collections::BTreeMap;

use super::evidence::{Evidence, last};
use super::routers::{Chain, joined};
use crate::flow::facts::{CallFact, Facts, FileId};
use crate::model::schema::Constant;

/// How many files deep includes are followed.
const MAX_DEPTH: usize = 10;
/// How many prefixes one file is given at most.
const MAX_PREFIXES: usize = 4;

/// Which file includes which under which prefix.
pub(super) struct Urlconf {
    included: BTreeMap<FileId, Vec<(FileId, String)>>,
    /// Routers and APIs whose `urls` are included: the value as written, where, and the prefix.
    routers: Vec<(String, FileId, String)>,
}

impl Urlconf {
    pub(super) fn new(evidence: &Evidence<'_>, facts: &Facts) -> Self {
        let mut included: BTreeMap<FileId, Vec<(FileId, String)>> = BTreeMap::new();
        let mut routers = Vec::new();
        for call in &facts.calls {
            routers.extend(router_urls(evidence, call).map(|(router, route)| (router, call.place.file, route)));
            let Some((route, module)) = include(evidence, call) else { continue };
            if let Some(file) = file_of(evidence, &module) {
                included.entry(file).or_default().push((call.place.file, route));
            }
        }
        Self { included, routers }
    }

    /// Prefixes of a file's routes; one empty one for a file that nobody includes.
    pub(super) fn prefixes(&self, file: FileId) -> Vec<String> {
        self.climb(file, 0)
    }

    /// Prefixes of what is registered on a router that is known by its variable's name.
    pub(super) fn router_prefixes(&self, evidence: &Evidence<'_>, file: FileId, name: &str) -> Vec<Chain> {
        let name = last(name);
        let fits = |(written, at, _): &&(String, FileId, String)| {
            let (module, router) = written.rsplit_once('.').unwrap_or(("", written));
            let from = if module.is_empty() { Some(*at) } else { file_of(evidence, module) };
            router == name && (*at == file || from.is_none_or(|from| from == file))
        };
        let mut found = Vec::new();
        for (_, at, route) in self.routers.iter().filter(fits).take(MAX_PREFIXES) {
            found.extend(self.climb(*at, 0).iter().map(|above| Chain::of_prefix(joined(above, route))));
        }
        if found.is_empty() {
            // `urlpatterns = router.urls`
            found.extend(self.climb(file, 0).into_iter().map(Chain::of_prefix));
        }
        found
    }

    fn climb(&self, file: FileId, depth: usize) -> Vec<String> {
        let Some(parents) = self.included.get(&file).filter(|_| depth < MAX_DEPTH) else { return vec![String::new()] };
        let mut found = Vec::new();
        for (parent, route) in parents.iter().filter(|(parent, _)| *parent != file).take(MAX_PREFIXES) {
            found.extend(self.climb(*parent, depth + 1).iter().map(|above| joined(above, route)));
        }
        found.truncate(MAX_PREFIXES);
        if found.is_empty() { vec![String::new()] } else { found }
    }
}

/// Route and module of `path("shop/", include("shop.urls"))`.
fn include(evidence: &Evidence<'_>, call: &CallFact) -> Option<(String, String)> {
    let positional: Vec<_> = call.args.iter().filter(|arg| arg.name.is_none()).collect();
    let [route, view, ..] = positional.as_slice() else { return None };
    if last(&view.value.name) != "include" || !view.value.is_call {
        return None;
    }
    let inner = evidence.call(view.value.expr?)?;
    let text = |value: &Option<Constant>| match value {
        Some(Constant::Str(text)) => Some(text.clone()),
        _ => None,
    };
    let target = &inner.args.first()?.value;
    let module = text(&target.constant).or_else(|| target.items.first().and_then(|item| text(&item.constant)))?;
    Some((text(&route.value.constant)?, module))
}

/// Router and prefix of `path("api/", include(router.urls))` and `path("api/", api.urls)`.
fn router_urls(evidence: &Evidence<'_>, call: &CallFact) -> Option<(String, String)> {
    let positional: Vec<_> = call.args.iter().filter(|arg| arg.name.is_none()).collect();
    let [route, view, ..] = positional.as_slice() else { return None };
    let Some(Constant::Str(route)) = &route.value.constant else { return None };
    let router = |name: &str| name.strip_suffix(".urls").map(str::to_owned);
    if !view.value.is_call {
        return Some((router(&view.value.name)?, route.clone()));
    }
    if last(&view.value.name) != "include" {
        return None;
    }
    let target = &evidence.call(view.value.expr?)?.args.first()?.value;
    let named = router(&target.name).or_else(|| target.items.first().and_then(|item| router(&item.name)));
    Some((named?, route.clone()))
}

/// The file of a dotted module name, wherever its source root is.
fn file_of(evidence: &Evidence<'_>, module: &str) -> Option<FileId> {
    let tail = module.replace('.', "/");
    let fits = |path: &str| {
        let stem = path.strip_suffix("/__init__.py").or_else(|| path.strip_suffix(".py"));
        stem.and_then(|stem| stem.strip_suffix(&tail)).is_some_and(|front| front.is_empty() || front.ends_with('/'))
    };
    let at = evidence.project.files.iter().position(|file| fits(file.source.path()))?;
    u32::try_from(at).ok().map(FileId)
}
