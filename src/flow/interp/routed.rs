//! Which part of a URL a parameter of a handler gets, and how much of it the route's pattern lets through.

use super::super::project::FuncId;
use super::super::urls::{self, Part};
use super::Interp;
use crate::syntax::{ExprId, ExprKind, Tree};

impl Interp<'_> {
    /// What the patterns of a function's decorators, of its class's decorators or of the project's URL tables let through
    /// for a parameter; `None` where no pattern holds it.
    pub(super) fn routed(&self, function: FuncId, name: &str) -> Option<Part> {
        let project = self.project;
        let info = project.function(function);
        let tree = &project.file(info.place.file).tree;
        let mut found: Option<Part> = None;
        let mut take = |part: Option<Part>| found = found.max(part);
        for decorator in &tree.function(info.place.function).decorators {
            take(decorated(tree, *decorator, name));
        }
        let view = match info.class {
            Some(class) => {
                let place = project.class(class).place;
                let tree = &project.file(place.file).tree;
                let class = tree.class(place.class);
                for decorator in &class.decorators {
                    take(decorated(tree, *decorator, name));
                }
                class.name.map_or("", |name| tree.text(name))
            }
            None => project.function_name(function),
        };
        take(project.urls.part(view, name));
        let decorators = &tree.function(info.place.function).decorators;
        found.or_else(|| if decorators.len() > 1 { handed_on(tree, decorators) } else { None })
    }
}

/// `@app.route("/events/<string:key>")` and `@to_id` below it: what another decorator makes of the parts of the path is
/// no more than one of them.
fn handed_on(tree: &Tree, decorators: &[ExprId]) -> Option<Part> {
    let patterns = decorators.iter().filter_map(|decorator| match &tree.expr(*decorator).kind {
        ExprKind::Call { args, .. } => args.first().and_then(|arg| tree.string_of(arg.value)),
        _ => None,
    });
    let widest = patterns.filter_map(urls::widest).max()?;
    (widest != Part::Whole).then_some(Part::Segment)
}

/// `@app.route("/users/<int:number>")`, `@router.get("/users/{number}")`
fn decorated(tree: &Tree, decorator: ExprId, name: &str) -> Option<Part> {
    let ExprKind::Call { args, .. } = &tree.expr(decorator).kind else { return None };
    let parts = args.iter().take(4).filter_map(|arg| tree.string_of(arg.value));
    parts.filter_map(|pattern| urls::part(pattern, name)).max()
}
