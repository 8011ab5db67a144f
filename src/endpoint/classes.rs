//! Classes: what they inherit, and the guards that they declare for all their methods.

use super::checks::answers_in;
use super::evidence::{Evidence, last, written};
use super::{Guard, GuardKind};
use crate::flow::facts::{ClassRef, FuncRef, Place};
use crate::syntax::visit::Node;
use crate::syntax::{ExprId, ExprKind, StmtKind};

/// How many classes one class inherits from at most.
const MAX_LINEAGE: usize = 16;
/// How deep base classes are followed for guards.
const MAX_DEPTH: u8 = 3;

impl Evidence<'_> {
    /// A class and those of the project that it inherits from, nearest first.
    pub(super) fn lineage(&self, class: ClassRef) -> Vec<ClassRef> {
        let mut found = vec![class];
        let mut at = 0;
        while let Some(next) = found.get(at).copied().filter(|_| at < MAX_LINEAGE) {
            let tree = self.tree(next.file);
            for base in &tree.class(next.class).bases {
                let base = self.class_named(next.file, last(&written(tree, *base)));
                found.extend(base.filter(|base| !found.contains(base)));
            }
            at += 1;
        }
        found
    }

    /// A method of a class or of those that it inherits from.
    pub(super) fn method(&self, class: ClassRef, name: &str) -> Option<FuncRef> {
        self.lineage(class).into_iter().find_map(|at| self.own_method(at, name))
    }

    /// A method that a class has itself.
    fn own_method(&self, class: ClassRef, name: &str) -> Option<FuncRef> {
        let tree = self.tree(class.file);
        tree.class(class.class).body.iter().find_map(|stmt| match tree.stmt(*stmt).kind {
            StmtKind::Function(function)
                if tree.function(function).name.is_some_and(|known| tree.text(known) == name) =>
            {
                Some(FuncRef { file: class.file, function })
            }
            _ => None,
        })
    }

    /// The method of a middleware's class that is run for each request.
    pub(super) fn runs(&self, class: ClassRef) -> Option<FuncRef> {
        ["dispatch", "__call__", "process_request", "process_view", "process_resource"]
            .iter()
            .find_map(|name| self.method(class, name))
    }

    /// What a class checks that stands where guards stand: middleware, permissions, guards with `canActivate`.
    pub(super) fn kinds_of_class(&self, class: ClassRef) -> Vec<GuardKind> {
        let family = self.family(class.file);
        let tree = self.tree(class.file);
        let mut kinds = answers_in(tree, Node::Class(class.class));
        for at in self.lineage(class) {
            let tree = self.tree(at.file);
            for base in &tree.class(at.class).bases {
                let base = written(tree, *base);
                kinds.extend(self.vocabulary.guards_by_last(family, last(&base)));
                kinds.extend(self.vocabulary.named(family, last(&base)));
            }
        }
        if kinds.is_empty() {
            let name = tree.class(class.class).name.map_or("", |name| tree.text(name));
            kinds.extend(self.vocabulary.named(family, name));
        }
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Guards that a class declares for all its methods: base classes, `decorators`, `permission_classes`.
    pub(super) fn of_class(&self, class: ClassRef) -> Vec<Guard> {
        let mut found = self.of_lineage(class, MAX_DEPTH);
        // What a mixin of the project asks before it hands the request on.
        for at in self.lineage(class) {
            let Some(dispatch) = self.own_method(at, "dispatch") else { continue };
            let node = self.tree(dispatch.file).function(dispatch.function);
            let location = self.locate(dispatch.file, node.name_span);
            let name = self.tree(at.file).class(at.class).name.map_or("", |name| self.tree(at.file).text(name));
            let kinds = self.kinds_of(dispatch, MAX_DEPTH);
            found.extend(kinds.into_iter().map(|kind| Guard {
                kind,
                name: name.to_owned(),
                location: location.clone(),
            }));
        }
        found
    }

    fn of_lineage(&self, class: ClassRef, depth: u8) -> Vec<Guard> {
        let family = self.family(class.file);
        let tree = self.tree(class.file);
        let node = tree.class(class.class);
        let mut named: Vec<ExprId> = node.bases.iter().chain(&node.decorators).copied().collect();
        for stmt in &node.body {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            let wanted = targets.iter().any(|target| {
                let text = self.project.file(class.file).source.slice(tree.pattern(*target).span);
                matches!(text, "decorators" | "method_decorators")
            });
            if let (true, ExprKind::Sequence { items, .. }) = (wanted, &tree.expr(*value).kind) {
                named.extend(items.iter().map(|item| item.value));
            }
        }
        let mut found = Vec::new();
        // FastAPI's class-based views: `user: User = Depends(current_user)` among the attributes.
        for stmt in &node.body {
            let StmtKind::Assign { annotation, value, .. } = &tree.stmt(*stmt).kind else { continue };
            for expr in annotation.iter().chain(value) {
                let root = Place { file: class.file, expr: *expr };
                found.extend(self.depends_in(root, 2));
            }
        }
        for base in node.bases.iter().filter(|_| depth > 0) {
            let name = written(tree, *base);
            let base = self.class_named(class.file, last(&name)).filter(|base| *base != class);
            found.extend(base.into_iter().flat_map(|base| self.of_lineage(base, depth - 1)));
        }
        for expr in named {
            let name = match &tree.expr(expr).kind {
                // `@method_decorator(login_required, name="dispatch")`
                ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == "method_decorator" => {
                    args.first().map_or_else(String::new, |arg| written(tree, arg.value))
                }
                ExprKind::Call { callee, .. } => written(tree, *callee),
                _ => written(tree, expr),
            };
            let location = self.locate(class.file, tree.expr(expr).span);
            let by_last = self.vocabulary.guards_by_last(family, last(&name));
            let kinds = match (by_last.is_empty(), self.by_name(class.file, expr).function) {
                (false, _) => by_last,
                (true, Some(function)) => self.kinds_of(function, MAX_DEPTH),
                (true, None) => self.vocabulary.named(family, last(&name)).into_iter().collect(),
            };
            found.extend(kinds.into_iter().map(|kind| Guard { kind, name: name.clone(), location: location.clone() }));
        }
        found
    }
}
