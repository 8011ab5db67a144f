//! Guards that stand before routes which the places of files tell: `SvelteKit`'s `hooks.server.ts`, Nuxt's `server/middleware`.

use super::evidence::{Evidence, last, written};
use super::scope::{Covers, Scope};
use super::{Endpoint, Guard};
use crate::flow::facts::{FileId, FuncRef};
use crate::syntax::ExprKind;

/// The functions that every request goes through, with what they check.
#[derive(Default)]
pub(super) struct Hooks {
    sveltekit: Vec<(FuncRef, Vec<Guard>)>,
    nuxt: Vec<(FuncRef, Vec<Guard>)>,
}

impl Hooks {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        let mut found = Self::default();
        for (file, info) in (0u32..).map(FileId).zip(&evidence.project.files) {
            let path = info.source.path();
            let hooks = path.ends_with("hooks.server.ts") || path.ends_with("hooks.server.js");
            let middleware = path.starts_with("server/middleware/") || path.contains("/server/middleware/");
            if !hooks && !middleware {
                continue;
            }
            let wanted = if hooks { "handle" } else { "default" };
            let exported = evidence.exports_of(file);
            let mut functions: Vec<FuncRef> = exported
                .iter()
                .filter(|(name, ..)| name == wanted)
                .map(|(_, function, _)| FuncRef { file, function: *function })
                .collect();
            if hooks {
                functions.extend(in_sequence(evidence, file));
            }
            functions.sort_unstable_by_key(|function| (function.file, function.function));
            functions.dedup();
            let guards = functions.into_iter().map(|function| (function, evidence.of_body(function)));
            if hooks { found.sveltekit.extend(guards) } else { found.nuxt.extend(guards) }
        }
        found
    }

    /// Adds what stands before an endpoint, as far as it speaks of its path.
    pub(super) fn stand_before(&self, evidence: &Evidence<'_>, made: &mut Endpoint) {
        let hooks = match made.framework.as_str() {
            "sveltekit" => &self.sveltekit,
            "nuxt" => &self.nuxt,
            _ => return,
        };
        let path = made.path.split('?').next().unwrap_or_default().to_owned();
        for (function, guards) in hooks {
            for guard in guards {
                let scope = Scope::around(evidence, *function, Some(guard.location.line));
                match scope.covers(&path, &made.handler) {
                    Covers::Yes => made.guards.push(guard.clone()),
                    Covers::No => {}
                    Covers::Unknown => {
                        made.guards.push(guard.clone());
                        made.unknown.push(format!("`{}` decides by the path", guard.name));
                    }
                }
            }
        }
    }
}

/// `export const handle = sequence(first, second)`.
fn in_sequence(evidence: &Evidence<'_>, file: FileId) -> Vec<FuncRef> {
    let tree = evidence.tree(file);
    if tree.symbol("sequence").is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (_, expr) in tree.exprs() {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
        if last(&written(tree, *callee)) == "sequence" {
            found.extend(args.iter().filter_map(|arg| evidence.by_name(file, arg.value).function));
        }
    }
    found
}
