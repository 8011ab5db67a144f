//! In which order units run: module bodies as imports ask for, functions callees first.
//!
//! Told from names alone, before anything has run, so it is a guess; what it gets wrong is repeated by `super::engine`.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::facts::FileId;
use super::interp::Unit;
use super::names::NameId;
use super::project::{Declared, FuncId, Project, Target};
use super::scope::Binding;
use crate::syntax::{ExprKind, StmtKind};

/// Module bodies, imported ones first.
pub(super) fn module_levels(project: &Project) -> Vec<Vec<Unit>> {
    let count = u32::try_from(project.files.len()).unwrap_or(u32::MAX);
    let imported = |at: u32| imported_files(project, FileId(at)).into_iter().map(|file| file.0).collect();
    let edges: Vec<Vec<u32>> = (0..count).into_par_iter().map(imported).collect();
    levels(&edges).into_iter().map(|level| level.into_iter().map(|at| Unit::Module(FileId(at))).collect()).collect()
}

fn imported_files(project: &Project, file: FileId) -> Vec<FileId> {
    let info = project.file(file);
    let mut found = Vec::new();
    let path = project.path(file);
    for stmt in &info.scopes.import_stmts {
        match &info.tree.stmt(*stmt).kind {
            StmtKind::Import(import) => {
                let target = project.import_target(file, import);
                for name in &import.names {
                    if let crate::syntax::Imported::Name(name) = name.imported
                        && let Some(Target::File(module)) =
                            project.resolver.submodule(&target, path, import, &info.tree, name)
                    {
                        found.push(module);
                    }
                }
                if let Target::File(module) = target {
                    found.push(module);
                }
            }
            StmtKind::Export(export) => {
                if let Some(from) = export.from
                    && let Target::File(module) = project.resolver.javascript(path, info.tree.text(from))
                {
                    found.push(module);
                }
            }
            _ => {}
        }
    }
    for (_, call) in &info.scopes.calls {
        if let ExprKind::Call { callee, args, .. } = &info.tree.expr(*call).kind
            && let ExprKind::Name(name) = info.tree.expr(*callee).kind
            && info.tree.text(name) == "require"
            && let Some(module) = args.first().and_then(|arg| info.tree.string_of(arg.value))
            && let Target::File(module) = project.resolver.javascript(path, module)
        {
            found.push(module);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Top-level functions, callees first, as far as calls can be told by name.
pub(super) fn function_levels(project: &Project) -> Vec<Vec<Unit>> {
    let mut by_name: FxHashMap<NameId, Vec<FuncId>> = FxHashMap::default();
    let mut roots = Vec::new();
    let mut slot = vec![u32::MAX; project.functions.len()];
    for (at, info) in (0u32..).zip(&project.functions) {
        let function = FuncId(at);
        let file = project.file(info.place.file);
        let place = file.scopes.functions[info.place.function.at()];
        if info.root != function || !place.reached {
            continue;
        }
        slot[at as usize] = u32::try_from(roots.len()).unwrap_or(u32::MAX);
        roots.push(function);
        if let Some(name) = place.name {
            let name = project.name(info.place.file, name);
            by_name.entry(name).or_default().push(function);
            if let Some(class) = info.class {
                let class = project.class(class).place;
                if let Some(class_name) = project.file(class.file).tree.class(class.class).name
                    && matches!(project.names.text(name), "__init__" | "constructor")
                {
                    by_name.entry(project.name(class.file, class_name)).or_default().push(function);
                }
            }
        }
    }
    let mut edges: Vec<Vec<u32>> = vec![Vec::new(); roots.len()];
    for (at, file) in (0u32..).zip(&project.files) {
        for (root, call) in &file.scopes.calls {
            let (Some(root), ExprKind::Call { callee, .. }) = (root, &file.tree.expr(*call).kind) else { continue };
            let from = slot[project.func_id(FileId(at), *root).0 as usize];
            if from == u32::MAX {
                continue;
            }
            if !project.templates.is_empty() {
                let templates = rendered(project, FileId(at), *call);
                edges[from as usize].extend(templates.into_iter().map(|function| slot[function.0 as usize]));
            }
            let (name, many) = match &file.tree.expr(*callee).kind {
                ExprKind::Name(name) => match file.scopes.of_expr(*callee) {
                    Binding::Free => continue,
                    Binding::Module(var)
                        if let Some(Declared::Function(function)) = project.declared(FileId(at), var) =>
                    {
                        edges[from as usize].push(slot[function.0 as usize]);
                        continue;
                    }
                    _ => (*name, 8),
                },
                ExprKind::Member { object, name, .. } => {
                    let own = match file.tree.expr(*object).kind {
                        ExprKind::This => true,
                        ExprKind::Name(object) => file.tree.text(object) == "self",
                        _ => false,
                    };
                    let caller = project.func_id(FileId(at), *root);
                    if own && project.function(caller).class.is_some() {
                        let copies = project.copies.get(&caller).into_iter().flatten();
                        for caller in copies.chain([&caller]) {
                            let class = project.function(*caller).class;
                            let name = project.name(FileId(at), *name);
                            let method = class.and_then(|class| project.method(class, name));
                            let from = slot[caller.0 as usize];
                            if let (Some(method), true) = (method, from != u32::MAX) {
                                edges[from as usize].push(slot[method.0 as usize]);
                            }
                        }
                        continue;
                    }
                    (*name, 3)
                }
                _ => continue,
            };
            let Some(found) = by_name.get(&project.name(FileId(at), name)) else { continue };
            // A name that many functions have tells nothing.
            if found.len() <= many {
                let copies = project.copies.get(&roots[from as usize]).into_iter().flatten();
                for from in copies.map(|copy| slot[copy.0 as usize]).chain([from]) {
                    edges[from as usize].extend(found.iter().map(|function| slot[function.0 as usize]));
                }
            }
        }
    }
    for to in &mut edges {
        to.retain(|to| *to != u32::MAX);
        to.sort_unstable();
        to.dedup();
    }
    let levels = levels(&edges);
    levels.into_iter().map(|level| level.into_iter().map(|at| Unit::Function(roots[at as usize])).collect()).collect()
}

/// Templates that a call names: they come before whoever fills them.
fn rendered(project: &Project, file: FileId, call: crate::syntax::ExprId) -> Vec<FuncId> {
    let tree = &project.file(file).tree;
    let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return Vec::new() };
    let names = args.iter().take(3).filter_map(|arg| tree.string_of(arg.value));
    names.flat_map(|name| project.templates.find(project.path(file), name)).map(|(_, function)| function).collect()
}

/// How many members of one cycle run side by side: what runs later sees what ran before.
const SIDE_BY_SIDE: usize = 48;

/// Strongly connected components in levels: what a level needs lies in earlier ones. The members of a small component
/// share a level; a large one follows in pieces, innermost callees first.
fn levels(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let components = components(edges);
    let mut level_of = vec![0u32; edges.len()];
    let mut component_of = vec![u32::MAX; edges.len()];
    let mut found: Vec<(Vec<u32>, Vec<Vec<u32>>)> = Vec::new();
    for (number, component) in (0u32..).zip(components) {
        for node in &component {
            component_of[*node as usize] = number;
        }
        let mut level = 0;
        for node in &component {
            for next in &edges[*node as usize] {
                if component_of[*next as usize] != number && component_of[*next as usize] != u32::MAX {
                    level = level.max(level_of[*next as usize] + 1);
                }
            }
        }
        for node in &component {
            level_of[*node as usize] = level;
        }
        while found.len() <= level as usize {
            found.push((Vec::new(), Vec::new()));
        }
        let (small, large) = &mut found[level as usize];
        if component.len() <= SIDE_BY_SIDE {
            small.extend(component);
        } else {
            large.extend(component.chunks(SIDE_BY_SIDE).map(<[u32]>::to_vec));
        }
    }
    let mut all = Vec::new();
    for (mut small, large) in found {
        small.sort_unstable();
        all.push(small);
        all.extend(large);
    }
    all.retain(|level| !level.is_empty());
    all
}

/// Tarjan's algorithm without recursion; components come callees first, and so do their members by and large.
fn components(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let count = edges.len();
    let (mut index, mut low, mut on_stack) = (vec![NEW; count], vec![0u32; count], vec![false; count]);
    let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 0u32);
    for start in 0..count {
        if index[start] != NEW {
            continue;
        }
        let mut work = vec![(start, 0usize)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                index[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(to) = edges[node].get(edge).map(|to| *to as usize) {
                work.push((node, edge + 1));
                if index[to] == NEW {
                    work.push((to, 0));
                } else if on_stack[to] {
                    low[node] = low[node].min(index[to]);
                }
                continue;
            }
            if low[node] == index[node] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member] = false;
                    component.push(u32::try_from(member).unwrap_or(u32::MAX));
                    if member == node {
                        break;
                    }
                }
                found.push(component);
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn callees_come_in_earlier_levels_and_cycles_share_one() {
        let edges = vec![vec![1], vec![2, 3], vec![1], vec![], vec![0]];
        assert_eq!(levels(&edges), vec![vec![3], vec![1, 2], vec![0], vec![4]]);
    }
}
