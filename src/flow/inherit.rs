//! Classes and what they have from their bases.
//!
//! Template methods: a method of a base class that calls what a subclass overrides is looked at once more as a method of
//! that subclass, so that `self.step()` in it means the subclass's `step` and not that of some sibling.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::facts::FileId;
use super::names::NameId;
use super::project::{ClassNo, FuncId, Project};
use crate::base::Language;
use crate::syntax::{ExprKind, Tree};

/// How many methods one class gets that way.
const PER_CLASS: usize = 24;

/// What a method calls on its receiver, as far as that matters here.
#[derive(Default)]
struct Own {
    calls: Vec<NameId>,
    /// It calls `super`, which would mean something else in a subclass.
    above: bool,
}

impl Project {
    /// A method of a class or of its bases.
    #[must_use]
    pub fn method(&self, class: ClassNo, name: NameId) -> Option<FuncId> {
        if !self.is_method_name(name) {
            return None;
        }
        let mut stack: SmallVec<[ClassNo; 16]> = SmallVec::new();
        stack.push(class);
        let mut seen = 0;
        while let Some(class) = stack.pop() {
            seen += 1;
            if seen > 64 {
                return None;
            }
            let info = self.class(class);
            if let Some(function) = info.methods.get(&name) {
                return Some(*function);
            }
            stack.extend(info.bases.iter().rev().copied());
        }
        None
    }

    /// Whether any class of the project has a method of that name: most members that are read are fields.
    fn is_method_name(&self, name: NameId) -> bool {
        self.method_names.get(name.0 as usize).copied().unwrap_or(false)
    }

    /// Lists the names of methods.
    pub(super) fn note_methods(&mut self) {
        let mut names = vec![false; self.names.len()];
        for class in &self.classes {
            class.methods.keys().for_each(|name| names[name.0 as usize] = true);
        }
        self.method_names = names;
    }

    /// The class and its bases, nearest first.
    #[must_use]
    pub fn lineage(&self, class: ClassNo) -> &[ClassNo] {
        &self.class(class).lineage
    }

    /// Whether a class has a base, however far above, that is not of the project.
    #[must_use]
    pub fn is_open(&self, class: ClassNo) -> bool {
        self.class(class).open_above
    }

    /// Lists the bases of every class.
    pub(super) fn link_lineages(&mut self) {
        for start in 0..self.classes.len() {
            let mut all = vec![ClassNo(u32::try_from(start).unwrap_or(u32::MAX))];
            let mut at = 0;
            while at < all.len() && all.len() < 32 {
                for base in &self.class(all[at]).bases {
                    if !all.contains(base) {
                        all.push(*base);
                    }
                }
                at += 1;
            }
            self.classes[start].open_above = all.iter().any(|class| self.class(*class).open);
            self.classes[start].lineage = all.into();
        }
    }

    /// What is run when a member of a class or of its bases is assigned to.
    #[must_use]
    pub fn setter(&self, class: ClassNo, name: NameId) -> Option<FuncId> {
        self.lineage(class).iter().find_map(|class| self.class(*class).setters.get(&name).copied())
    }

    /// What the subclasses of a class have for a method, a few of them.
    #[must_use]
    pub fn overrides(&self, class: ClassNo, name: NameId) -> Vec<FuncId> {
        const MAX: usize = 6;
        if !self.is_method_name(name) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut stack = self.class(class).subclasses.clone();
        let mut seen = 0;
        while let Some(class) = stack.pop() {
            seen += 1;
            if seen > 32 || found.len() >= MAX {
                break;
            }
            let info = self.class(class);
            if let Some(function) = info.methods.get(&name)
                && !found.contains(function)
            {
                found.push(*function);
            }
            stack.extend(info.subclasses.iter().copied());
        }
        found.sort_unstable();
        found
    }
}

/// Adds the copies.
pub(super) fn copy_inherited(project: &mut Project) {
    if project.classes.iter().all(|class| class.bases.is_empty()) {
        return;
    }
    let own = own_calls(project);
    let mut left = 200 + (project.functions.len() / 10).min(1_000);
    // Bases before their subclasses do not matter: a class looks at everything above it.
    for at in 0..project.classes.len() {
        let class = ClassNo(u32::try_from(at).unwrap_or(u32::MAX));
        if project.class(class).bases.is_empty() {
            continue;
        }
        copy_into(project, class, &own, &mut left);
    }
}

fn copy_into(project: &mut Project, class: ClassNo, own: &FxHashMap<FuncId, Own>, left: &mut usize) {
    let above: Vec<ClassNo> = project.lineage(class).iter().skip(1).copied().collect();
    let mut made = 0;
    loop {
        let mut copied = Vec::new();
        let mut seen: FxHashSet<NameId> = project.class(class).methods.keys().copied().collect();
        for base in &above {
            let mut methods: Vec<(NameId, FuncId)> =
                project.class(*base).methods.iter().map(|(name, function)| (*name, *function)).collect();
            methods.sort_unstable();
            for (name, function) in methods {
                if !seen.insert(name) || function.0 as usize >= project.written {
                    continue;
                }
                let Some(calls) = own.get(&function) else { continue };
                let mine = &project.class(class).methods;
                if !calls.above && calls.calls.iter().any(|called| mine.contains_key(called)) {
                    copied.push((name, function));
                }
            }
        }
        for (name, function) in &copied {
            if made >= PER_CLASS || *left == 0 {
                return;
            }
            made += 1;
            *left -= 1;
            let id = FuncId(u32::try_from(project.functions.len()).unwrap_or(u32::MAX));
            let mut info = *project.function(*function);
            (info.root, info.class) = (id, Some(class));
            project.functions.push(info);
            project.classes[class.0 as usize].methods.insert(*name, id);
            project.copies.entry(*function).or_default().push(id);
        }
        if copied.is_empty() {
            return;
        }
    }
}

/// What methods without functions of their own call on their receivers.
fn own_calls(project: &Project) -> FxHashMap<FuncId, Own> {
    let mut found: FxHashMap<FuncId, Own> = FxHashMap::default();
    for (at, file) in (0u32..).zip(&project.files) {
        let nesting: FxHashSet<_> = file.scopes.functions.iter().filter_map(|place| place.parent).collect();
        for (root, call) in &file.scopes.calls {
            let (Some(root), ExprKind::Call { callee, .. }) = (root, &file.tree.expr(*call).kind) else { continue };
            let place = file.scopes.functions[root.at()];
            if place.class.is_none() || nesting.contains(root) {
                continue;
            }
            let ExprKind::Member { object, name, .. } = &file.tree.expr(*callee).kind else { continue };
            let function = project.func_id(FileId(at), *root);
            let entry = found.entry(function).or_default();
            match &file.tree.expr(*object).kind {
                ExprKind::Super => entry.above = true,
                ExprKind::Call { callee, .. } if matches!(file.tree.expr(*callee).kind, ExprKind::Super) => {
                    entry.above = true;
                }
                kind if is_receiver(&file.tree, kind) => entry.calls.push(project.name(FileId(at), *name)),
                _ => {}
            }
        }
    }
    found
}

fn is_receiver(tree: &Tree, kind: &ExprKind) -> bool {
    match kind {
        ExprKind::This => true,
        ExprKind::Name(name) => tree.language == Language::Python && matches!(tree.text(*name), "self" | "cls"),
        _ => false,
    }
}
