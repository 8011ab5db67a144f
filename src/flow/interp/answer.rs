//! What is said of a library object after it was made, or where it was made: the type of a response, the transport of a
//! client. A sink asks before it takes the object for what its defaults make of it.

use super::super::value::Ref;
use super::Interp;
use crate::syntax::{ExprId, ExprKind, PatternId, PatternKind, StmtKind, Symbol};

impl Interp<'_> {
    /// `response = make_response(text)`, and then `response.mimetype = "text/plain"`: no browser reads it as HTML. A type
    /// that is not constant is taken for another than HTML.
    pub(super) fn is_retyped(&mut self, made: ExprId) -> bool {
        let tree = self.tree;
        let mut names = Vec::new();
        for (_, stmt) in tree.stmts() {
            if let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind
                && *value == made
                && let [target] = targets.as_ref()
                && let PatternKind::Name(name) = tree.pattern(*target).kind
            {
                names.push((name, stmt.span.end));
            }
        }
        let Some((name, from)) = names.pop() else { return false };
        let end = self.frame().function.map_or(u32::MAX, |function| {
            let place = self.project.function(function).place;
            if place.file == self.file { tree.function(place.function).span.end } else { u32::MAX }
        });
        tree.stmts().any(|(_, stmt)| match &stmt.kind {
            StmtKind::Assign { targets, value: Some(value), .. } if stmt.span.start >= from && stmt.span.end <= end => {
                targets.iter().any(|target| self.sets_type(*target, name))
                    && tree.string_of(*value).is_none_or(|text| {
                        let text = text.to_ascii_lowercase();
                        !["html", "svg", "xml"].iter().any(|kind| text.contains(kind))
                    })
            }
            _ => false,
        })
    }

    /// `response.mimetype = …`, `response.headers["Content-Type"] = …`, `response["Content-Type"] = …`
    fn sets_type(&self, target: PatternId, response: Symbol) -> bool {
        let tree = self.tree;
        let PatternKind::Target(target) = tree.pattern(target).kind else { return false };
        let is_response = |expr: ExprId| matches!(tree.expr(expr).kind, ExprKind::Name(name) if name == response);
        match &tree.expr(target).kind {
            ExprKind::Member { object, name, .. } => {
                is_response(*object) && matches!(tree.text(*name), "mimetype" | "content_type" | "media_type")
            }
            ExprKind::Index { object, index } => {
                let of = match tree.expr(*object).kind {
                    ExprKind::Member { object, name, .. } if tree.text(name) == "headers" => object,
                    _ => *object,
                };
                is_response(of) && tree.string_of(*index).is_some_and(|key| key.eq_ignore_ascii_case("content-type"))
            }
            _ => false,
        }
    }

    /// `httpx.AsyncClient(transport=SafeTransport())`, where the transport is a class of the project that refuses some
    /// requests: it decides what is reached.
    pub(super) fn has_own_transport(&mut self, callee: ExprId) -> bool {
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return false };
        let receiver = self.eval_quiet(object);
        self.refs(receiver).into_iter().any(|one| {
            let Ref::Api(_, Some(place)) = one else { return false };
            let tree = &self.project.file(place.file).tree;
            let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return false };
            let given = args.iter().find(|arg| {
                arg.name.is_some_and(|name| matches!(tree.text(name), "transport" | "connector" | "mounts"))
            });
            let Some(ExprKind::Call { callee, .. }) = given.map(|arg| &tree.expr(arg.value).kind) else { return false };
            let Some(class) = self.project.class_of_expr(place.file, *callee) else { return false };
            self.project.class(class).methods.values().any(|method| self.project.refuses(*method))
        })
    }
}
