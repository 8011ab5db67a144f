//! Django REST framework: which permissions and throttles hold for one action, from the action, the class or the settings.

use super::app::App;
use super::evidence::Evidence;
use super::found::Found;
use super::handler::Handler;
use super::{GuardKind, SessionKind, django};
use crate::flow::facts::FuncRef;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprKind, StmtId, StmtKind, Tree};

/// Puts the permissions of an action in place of those of plain Django.
pub(super) fn refine(
    evidence: &Evidence<'_>,
    app: &App,
    handler: &Handler,
    action: Option<&str>,
    methods: &[String],
    found: &mut Found,
    session: &mut SessionKind,
) {
    let method = if methods.len() == 1 { methods.first().map(String::as_str) } else { None };
    let settings = app.rest();
    let own = match (handler.class.filter(|class| django::is_rest(evidence, *class)), handler.function) {
        (Some(class), function) => {
            let by_action = function.and_then(|function| django::action_permissions(evidence, function, method));
            let chosen = action
                .or(method)
                .filter(|_| by_action.is_none())
                .and_then(|action| Some((action, django::chooses_permissions(evidence, class)?)));
            match chosen {
                Some((action, chooser)) => {
                    if let Some(permissions) = branch(evidence, chooser, action) {
                        permissions
                    } else {
                        found.unknown.push("`get_permissions` chooses the permissions".to_owned());
                        django::declared_permissions(evidence, class, "permission_classes", method)
                            .unwrap_or_else(|| settings.permissions.clone())
                    }
                }
                None => by_action
                    .or_else(|| django::declared_permissions(evidence, class, "permission_classes", method))
                    .unwrap_or_else(|| default(settings, method)),
            }
        }
        (None, Some(function)) => match django::api_view(evidence, function, method) {
            Some(own) => own.unwrap_or_else(|| default(settings, method)),
            None => return,
        },
        _ => return,
    };
    found.guards.extend(own);
    let throttles =
        handler.class.and_then(|class| django::declared_permissions(evidence, class, "throttle_classes", None));
    found.guards.extend(throttles.unwrap_or_else(|| settings.throttles.clone()));
    if let Some(serializer) = handler.class.and_then(|class| serializer(evidence, class, action.or(method))) {
        found.guards.push(serializer);
    }
    if settings.session == Some(SessionKind::Token) {
        // The views are exempt from Django's own check, and a token is not sent by itself.
        *session = SessionKind::Token;
        found.guards.retain(|guard| guard.kind != GuardKind::Csrf);
    }
}

/// The permissions of the settings, without those that let everybody read.
fn default(settings: &super::app::RestSettings, method: Option<&str>) -> Vec<super::Guard> {
    let reads = matches!(method, Some("GET" | "HEAD" | "OPTIONS"));
    let holds = |guard: &&super::Guard| !(reads && guard.name.ends_with("OrReadOnly"));
    settings.permissions.iter().filter(holds).cloned().collect()
}

/// What a viewset's serializer checks before it writes.
fn serializer(
    evidence: &Evidence<'_>,
    class: crate::flow::facts::ClassRef,
    action: Option<&str>,
) -> Option<super::Guard> {
    if !matches!(action, Some("create" | "update" | "partial_update" | "POST" | "PUT" | "PATCH")) {
        return None;
    }
    for at in evidence.lineage(class) {
        let tree = evidence.tree(at.file);
        for stmt in &tree.class(at.class).body {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            let named = targets.iter().any(|target| {
                evidence.project.file(at.file).source.slice(tree.pattern(*target).span) == "serializer_class"
            });
            if named {
                let name = super::evidence::written(tree, *value);
                let location = evidence.locate(at.file, tree.stmt(*stmt).span);
                return Some(super::Guard { kind: GuardKind::Validation, name, location });
            }
        }
    }
    None
}

/// What `get_permissions` gives for an action: `if self.action in ["list", "retrieve"]: return [AllowAny()]`.
fn branch(evidence: &Evidence<'_>, chooser: FuncRef, action: &str) -> Option<Vec<super::Guard>> {
    let tree = evidence.tree(chooser.file);
    let chosen = chosen(tree, &tree.function(chooser.function).body, action, 8)?;
    Some(django::permissions(evidence, chooser.file, chosen, Some(method_of(action))))
}

fn method_of(action: &str) -> &str {
    match action {
        "list" | "retrieve" => "GET",
        "create" => "POST",
        other => other,
    }
}

/// The list that a block returns, or keeps for returning, for an action.
fn chosen(tree: &Tree, block: &[StmtId], action: &str, depth: u8) -> Option<crate::syntax::ExprId> {
    for stmt in block {
        match &tree.stmt(*stmt).kind {
            StmtKind::If { test, then, otherwise } if depth > 0 => {
                let asks = Walk::node(tree, Node::Expr(*test)).take(64).any(|node| match node {
                    Node::Expr(expr) => match &tree.expr(expr).kind {
                        ExprKind::Member { name, .. } => matches!(tree.text(*name), "action" | "method"),
                        _ => false,
                    },
                    _ => false,
                });
                if !asks {
                    return None;
                }
                let fits = django::strings(tree, *test).iter().any(|text| text.eq_ignore_ascii_case(action));
                let block = if fits { then } else { otherwise };
                if let Some(found) = chosen(tree, block, action, depth - 1) {
                    return Some(found);
                }
            }
            StmtKind::Return(Some(value)) | StmtKind::Assign { value: Some(value), .. } => {
                if matches!(tree.expr(*value).kind, ExprKind::Sequence { .. }) {
                    return Some(*value);
                }
            }
            _ => {}
        }
    }
    None
}
