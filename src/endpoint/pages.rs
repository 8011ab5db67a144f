//! Pages of Next.js that show data and that only their layout guards. A layout is not run again when a visitor goes from
//! one page to another, and a request may ask for the page's own part: the page, or what reads the data, has to ask.

use super::GuardKind;
use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use crate::base::{CodeContext, Span};
use crate::flow::facts::{Facts, FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Tree};

/// How many such pages are told.
const MOST: usize = 60;
/// Endings of files that are components.
const ENDINGS: [&str; 4] = ["tsx", "jsx", "ts", "js"];

/// Every page that reads data, asks for no role, and lies below a layout that does.
pub(super) fn pages(evidence: &Evidence<'_>, facts: &Facts) -> Vec<Disclosure> {
    let files = &evidence.project.files;
    let is = |path: &str, name: &str| {
        let file = path.rsplit('/').next().unwrap_or(path);
        ENDINGS.iter().any(|ending| file.strip_suffix(ending).and_then(|stem| stem.strip_suffix('.')) == Some(name))
    };
    let in_app = |path: &str| path.starts_with("app/") || path.contains("/app/");
    let asking: Vec<&str> = files
        .iter()
        .filter(|info| {
            in_app(info.source.path()) && is(info.source.path(), "layout") && asks_role(evidence, &info.tree)
        })
        .filter_map(|info| info.source.path().rsplit_once('/').map(|(folder, _)| folder))
        .collect();
    // A middleware that knows roles stands before all pages.
    let guarded = files.iter().any(|info| {
        let path = info.source.path();
        (is(path, "middleware") || is(path, "proxy")) && asks_role(evidence, &info.tree)
    });
    if asking.is_empty() || guarded {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, info) in files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        let path = info.source.path();
        let below = asking.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
        if !below
            || !is(path, "page")
            || info.family != Family::JavaScript
            || info.context != CodeContext::Production
            || info.tree.symbol("use client").is_some_and(|directive| info.tree.directives.contains(&directive))
        {
            continue;
        }
        let Some(read) = reads(&info.tree) else { continue };
        if asks(evidence, facts, file, &info.tree) {
            continue;
        }
        found.push(Disclosure::told("layout-only", evidence.locate(file, page_of(&info.tree, read)), info.context));
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// The name of the function that reads, which is the page; where it has none, the reading.
fn page_of(tree: &Tree, read: ExprId) -> Span {
    let at = tree.expr(read).span;
    let around = tree.functions().map(|(_, function)| function);
    let named = around.filter(|function| function.name.is_some() && function.span.contains(at));
    named.min_by_key(|function| function.span.end - function.span.start).map_or(at, |function| function.name_span)
}

/// The names of what a file calls.
fn called(tree: &Tree) -> impl Iterator<Item = String> + '_ {
    tree.exprs().filter_map(|(_, expr)| match &expr.kind {
        ExprKind::Call { callee, .. } => Some(written(tree, *callee)),
        _ => None,
    })
}

/// Whether a file asks for a role: a guard by its name, or a role that is compared before it sends the visitor away.
fn asks_role(evidence: &Evidence<'_>, tree: &Tree) -> bool {
    let (mut sends_away, mut asks) = (false, false);
    for name in called(tree) {
        let name = last(&name);
        if evidence.vocabulary.named(Family::JavaScript, name) == Some(GuardKind::Authorization) {
            // `isAdmin()` answers, and leaves what follows to who asks: it may only choose what a menu shows.
            if !["is", "has", "can", "get"].iter().any(|start| name.starts_with(start)) {
                return true;
            }
            asks = true;
        }
        sends_away |= matches!(name, "redirect" | "notFound" | "forbidden" | "unauthorized" | "rewrite");
    }
    if asks && sends_away {
        return true;
    }
    let role = |expr: ExprId| match tree.expr(expr).kind {
        ExprKind::Member { name, .. } => {
            matches!(tree.text(name), "role" | "isAdmin" | "is_admin" | "userRole" | "accountType")
        }
        _ => false,
    };
    sends_away
        && tree.exprs().any(|(_, expr)| match &expr.kind {
            ExprKind::Binary { left, right, .. } => role(*left) || role(*right),
            ExprKind::Unary { operand, .. } => role(*operand),
            _ => false,
        })
}

/// Whether a page, or a function of the project that it calls, asks who is there.
fn asks(evidence: &Evidence<'_>, facts: &Facts, file: FileId, tree: &Tree) -> bool {
    let looks = |name: &str| {
        let guard = evidence.vocabulary.named(Family::JavaScript, name);
        matches!(guard, Some(GuardKind::Authentication | GuardKind::Authorization))
            || matches!(
                name,
                "auth"
                    | "getServerSession"
                    | "getSession"
                    | "getCurrentUser"
                    | "currentUser"
                    | "getUser"
                    | "validateRequest"
            )
    };
    called(tree).any(|name| looks(last(&name)))
        || tree.functions().any(|(id, _)| {
            let called = facts.callees.get(&FuncRef { file, function: id }).map(Vec::as_slice).unwrap_or_default();
            called.iter().any(|target| {
                let kinds = evidence.kinds_of(*target, 2);
                kinds.iter().any(|kind| matches!(kind, GuardKind::Authentication | GuardKind::Authorization))
                    || calls_in(evidence.tree(target.file), target.function).any(|name| looks(last(&name)))
            })
        })
}

/// The names of what a function calls.
fn calls_in(tree: &Tree, function: FunctionId) -> impl Iterator<Item = String> + '_ {
    Walk::node(tree, Node::Function(function)).take(2000).filter_map(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => Some(written(tree, *callee)),
            _ => None,
        },
        _ => None,
    })
}

/// Where a page reads data: `await prisma.user.findMany(…)`, `await getAllUsers()`.
fn reads(tree: &Tree) -> Option<ExprId> {
    tree.exprs().find_map(|(id, expr)| {
        let ExprKind::Await(inner) = expr.kind else { return None };
        let ExprKind::Call { callee, .. } = &tree.expr(inner).kind else { return None };
        let name = written(tree, *callee);
        let method = last(&name);
        let reading = ["get", "fetch", "find", "list", "load", "count", "query"].iter().any(|start| {
            method.strip_prefix(start).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
        });
        let data = method == "all" && name.starts_with("Promise") || name.contains(".from") || method == "select";
        (reading || data).then_some(id)
    })
}
