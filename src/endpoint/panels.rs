//! Panels over all tables that a library makes, and that nobody is asked before: `buildRouter` of `AdminJS`, Flask-Admin's
//! `ModelView`, `sqladmin` without a backend for log-ins, the board of Bull's queues.

use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use crate::base::CodeContext;
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::syntax::{Arg, ExprId, ExprKind, Key, PatternKind, StmtKind, Tree};

/// The first such panel of each file.
pub(super) fn open(evidence: &Evidence<'_>) -> Vec<Disclosure> {
    let mut found = Vec::new();
    for (file, info) in (0u32..).map(FileId).zip(&evidence.project.files) {
        if info.context != CodeContext::Production {
            continue;
        }
        let imports =
            |names: &[&str]| info.imported.iter().any(|module| names.iter().any(|name| module.starts_with(name)));
        let reader = Reader { evidence, file, tree: &info.tree };
        let place = match info.family {
            Family::JavaScript
                if imports(&["@adminjs/express", "admin-bro-expressjs", "@admin-bro/express", "@adminjs/fastify"]) =>
            {
                reader.built()
            }
            Family::JavaScript if imports(&["@adminjs/nestjs"]) => reader.module(),
            Family::JavaScript if imports(&["@bull-board/express"]) => reader.board(),
            Family::Python if imports(&["flask_admin"]) => reader.views(),
            Family::Python if imports(&["sqladmin"]) => reader.without("Admin", "authentication_backend"),
            Family::Python if imports(&["starlette_admin"]) => reader.without("Admin", "auth_provider"),
            _ => None,
        };
        found.extend(place.map(|expr| {
            Disclosure::told("open-panel", evidence.locate(file, info.tree.expr(expr).span), info.context)
        }));
    }
    found
}

struct Reader<'r, 'a> {
    evidence: &'r Evidence<'a>,
    file: FileId,
    tree: &'r Tree,
}

impl Reader<'_, '_> {
    fn calls(&self) -> impl Iterator<Item = (ExprId, String, &[Arg])> {
        self.tree.exprs().filter_map(|(id, expr)| match &expr.kind {
            ExprKind::Call { callee, args, .. } => Some((id, written(self.tree, *callee), &**args)),
            _ => None,
        })
    }

    /// `AdminJSExpress.buildRouter(admin)`, where what holds it is not mounted behind something else.
    fn built(&self) -> Option<ExprId> {
        let (made, ..) = self.calls().find(|(_, name, _)| last(name) == "buildRouter")?;
        let held = self.tree.stmts().find_map(|(_, stmt)| match &stmt.kind {
            StmtKind::Assign { targets, value: Some(value), .. } if *value == made => {
                targets.iter().find_map(|target| match self.tree.pattern(*target).kind {
                    PatternKind::Name(name) => Some(self.tree.text(name).to_owned()),
                    _ => None,
                })
            }
            _ => None,
        });
        let held = held.unwrap_or_else(|| "adminRouter".to_owned());
        let guarded = self.evidence.project.files.iter().any(|info| {
            info.family == Family::JavaScript
                && info.tree.symbol(&held).is_some()
                && info.tree.exprs().any(|(_, expr)| match &expr.kind {
                    ExprKind::Call { callee, args, .. } => {
                        last(&written(&info.tree, *callee)) == "use"
                            && args.len() > 2
                            && args.iter().any(|arg| last(&written(&info.tree, arg.value)) == held)
                    }
                    _ => false,
                })
        });
        (!guarded).then_some(made)
    }

    /// `AdminModule.createAdmin({ adminJsOptions })` with nothing said of a log-in.
    fn module(&self) -> Option<ExprId> {
        let (made, ..) = self.calls().find(|(_, name, _)| matches!(last(name), "createAdmin" | "createAdminAsync"))?;
        let asks = self.tree.exprs().any(|(_, expr)| match &expr.kind {
            ExprKind::Map { entries } => entries.iter().any(|entry| match entry.key {
                Some(Key::Static(key, _)) => matches!(self.tree.text(key), "auth" | "authenticate"),
                _ => false,
            }),
            _ => false,
        });
        (!asks).then_some(made)
    }

    /// `app.use("/admin/queues", serverAdapter.getRouter())`, with nothing before it on that path.
    fn board(&self) -> Option<ExprId> {
        let mounts =
            |args: &[Arg]| args.last().is_some_and(|arg| written(self.tree, arg.value).ends_with(".getRouter"));
        let (made, _, given) =
            self.calls().find(|(_, name, args)| last(name) == "use" && args.len() == 2 && mounts(args))?;
        let path = self.tree.string_of(given[0].value)?;
        let before = self.calls().any(|(id, name, args)| {
            let on = args.first().and_then(|arg| self.tree.string_of(arg.value));
            id != made
                && last(&name) == "use"
                && (on.is_some_and(|on| path.starts_with(on))
                    || args.iter().any(|arg| written(self.tree, arg.value).to_ascii_lowercase().contains("auth")))
        });
        (!before).then_some(made)
    }

    /// `admin.add_view(ModelView(User, db.session))`, where no class on the way says who may come.
    fn views(&self) -> Option<ExprId> {
        let opens = |view: ExprId| {
            let ExprKind::Call { callee, .. } = self.tree.expr(view).kind else { return false };
            let name = written(self.tree, callee);
            match self.evidence.class_named(self.file, last(&name)) {
                Some(class) => {
                    let asks = ["is_accessible", "_handle_view"]
                        .iter()
                        .any(|method| self.evidence.method(class, method).is_some());
                    !asks && last(&name).contains("View")
                }
                None => last(&name) == "ModelView",
            }
        };
        let added = self
            .calls()
            .find(|(_, name, args)| last(name) == "add_view" && args.first().is_some_and(|arg| opens(arg.value)));
        added.map(|(id, ..)| id)
    }

    /// A call that is not given what asks for a log-in.
    fn without(&self, wanted: &str, option: &str) -> Option<ExprId> {
        let made = self.calls().find(|(_, name, args)| {
            last(name) == wanted
                && !args.is_empty()
                && !args.iter().any(|arg| arg.name.is_some_and(|name| self.tree.text(name) == option))
                && args.iter().all(|arg| matches!(arg.spread, crate::syntax::Spread::No))
        });
        made.map(|(id, ..)| id)
    }
}
