//! Django: what generic views, viewsets and their actions answer, and the permissions of Django REST framework.

use super::evidence::{Evidence, last, written};
use super::{Guard, GuardKind};
use crate::flow::facts::{ClassRef, FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Literal, StmtKind, Tree};

/// One action of a viewset.
pub(super) struct Action {
    /// Its name: `list`, `archive`.
    pub name: String,
    /// The method of the class, where the project has it.
    pub function: Option<FuncRef>,
    /// HTTP methods.
    pub methods: Vec<String>,
    /// What follows the router's prefix.
    pub path: String,
}

const DETAIL: &str = "{pk}";

/// What a library's class-based view answers, by the name of the class.
pub(super) fn generic_methods(base: &str) -> &'static [&'static str] {
    match base {
        "ListView"
        | "DetailView"
        | "TemplateView"
        | "RedirectView"
        | "ArchiveIndexView"
        | "YearArchiveView"
        | "MonthArchiveView"
        | "ListAPIView"
        | "RetrieveAPIView"
        | "SpectacularAPIView"
        | "SpectacularSwaggerView"
        | "SpectacularRedocView" => &["GET"],
        "CreateView"
        | "UpdateView"
        | "FormView"
        | "DeleteView"
        | "LoginView"
        | "PasswordChangeView"
        | "PasswordResetView"
        | "PasswordResetConfirmView"
        | "ListCreateAPIView"
        | "SignupView" => &["GET", "POST"],
        "CreateAPIView"
        | "LogoutView"
        | "TokenObtainPairView"
        | "TokenRefreshView"
        | "TokenVerifyView"
        | "TokenBlacklistView"
        | "ObtainAuthToken" => &["POST"],
        "RetrieveUpdateAPIView" => &["GET", "PATCH", "PUT"],
        "RetrieveDestroyAPIView" => &["DELETE", "GET"],
        "RetrieveUpdateDestroyAPIView" => &["DELETE", "GET", "PATCH", "PUT"],
        "UpdateAPIView" => &["PATCH", "PUT"],
        "DestroyAPIView" => &["DELETE"],
        _ => &[],
    }
}

fn actions_of_base(base: &str) -> &'static [&'static str] {
    match base {
        "ModelViewSet" => &["create", "destroy", "list", "partial_update", "retrieve", "update"],
        "ReadOnlyModelViewSet" => &["list", "retrieve"],
        "ListModelMixin" => &["list"],
        "CreateModelMixin" => &["create"],
        "RetrieveModelMixin" => &["retrieve"],
        "UpdateModelMixin" => &["partial_update", "update"],
        "DestroyModelMixin" => &["destroy"],
        _ => &[],
    }
}

/// Method and whether it speaks of one object.
fn standard(action: &str) -> Option<(&'static str, bool)> {
    Some(match action {
        "list" => ("GET", false),
        "create" => ("POST", false),
        "retrieve" => ("GET", true),
        "update" => ("PUT", true),
        "partial_update" => ("PATCH", true),
        "destroy" => ("DELETE", true),
        _ => return None,
    })
}

/// Every action of a viewset that a router makes a route of.
pub(super) fn actions(evidence: &Evidence<'_>, class: ClassRef) -> Vec<Action> {
    let mut found: Vec<Action> = Vec::new();
    let mut allowed: Option<Vec<String>> = None;
    let push = |found: &mut Vec<Action>, action: Action| {
        if found.iter().all(|known| known.name != action.name) {
            found.push(action);
        }
    };
    for at in evidence.lineage(class) {
        let tree = evidence.tree(at.file);
        for stmt in &tree.class(at.class).body {
            match &tree.stmt(*stmt).kind {
                StmtKind::Function(id) => {
                    let function = FuncRef { file: at.file, function: *id };
                    let name = tree.function(*id).name.map_or("", |name| tree.text(name));
                    if let Some((method, detail)) = standard(name) {
                        let path = if detail { DETAIL.to_owned() } else { String::new() };
                        let methods = vec![method.to_owned()];
                        push(&mut found, Action { name: name.to_owned(), function: Some(function), methods, path });
                    } else if let Some(action) = extra(tree, function, name) {
                        push(&mut found, action);
                    }
                }
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    let named = targets.iter().any(|target| {
                        evidence.project.file(at.file).source.slice(tree.pattern(*target).span) == "http_method_names"
                    });
                    if named && allowed.is_none() {
                        allowed = Some(strings(tree, *value));
                    }
                }
                _ => {}
            }
        }
        for base in &tree.class(at.class).bases {
            for name in actions_of_base(last(&written(tree, *base))) {
                let Some((method, detail)) = standard(name) else { continue };
                let path = if detail { DETAIL.to_owned() } else { String::new() };
                let methods = vec![method.to_owned()];
                push(&mut found, Action { name: (*name).to_owned(), function: None, methods, path });
            }
        }
    }
    if let Some(allowed) = allowed.filter(|allowed| !allowed.is_empty()) {
        for action in &mut found {
            action.methods.retain(|method| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(method)));
        }
        found.retain(|action| !action.methods.is_empty());
    }
    found
}

/// `@action(detail=True, methods=["post"], url_path="…")`
fn extra(tree: &Tree, function: FuncRef, name: &str) -> Option<Action> {
    let decorators = &tree.function(function.function).decorators;
    let args = decorators.iter().find_map(|decorator| match &tree.expr(*decorator).kind {
        ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == "action" => Some(args),
        _ => None,
    })?;
    let given = |wanted: &str| args.iter().find(|arg| arg.name.is_some_and(|key| tree.text(key) == wanted));
    let detail =
        given("detail").is_some_and(|arg| matches!(tree.expr(arg.value).kind, ExprKind::Literal(Literal::Bool(true))));
    let mut methods: Vec<String> = given("methods").map(|arg| strings(tree, arg.value)).unwrap_or_default();
    for method in &mut methods {
        method.make_ascii_uppercase();
    }
    if methods.is_empty() {
        methods.push("GET".to_owned());
    }
    let tail = given("url_path").and_then(|arg| tree.string_of(arg.value)).unwrap_or(name);
    let path = if detail { format!("{DETAIL}/{tail}") } else { tail.to_owned() };
    methods.sort();
    Some(Action { name: name.to_owned(), function: Some(function), methods, path })
}

pub(super) fn strings(tree: &Tree, expr: ExprId) -> Vec<String> {
    Walk::node(tree, Node::Expr(expr))
        .take(64)
        .filter_map(|node| match node {
            Node::Expr(expr) => tree.string_of(expr).map(str::to_owned),
            _ => None,
        })
        .collect()
}

/// Whether a class is a view of Django REST framework.
pub(super) fn is_rest(evidence: &Evidence<'_>, class: ClassRef) -> bool {
    evidence.lineage(class).into_iter().any(|at| {
        let tree = evidence.tree(at.file);
        tree.class(at.class).bases.iter().any(|base| {
            let name = written(tree, *base);
            let name = last(&name);
            name.contains("APIView") || name.contains("ViewSet") || name.ends_with("ModelMixin")
        })
    })
}

/// Whether a function is a view of Django REST framework, and its own list of permissions.
#[allow(clippy::option_option)] // no view, a view without a list, a view with one
pub(super) fn api_view(evidence: &Evidence<'_>, function: FuncRef, method: Option<&str>) -> Option<Option<Vec<Guard>>> {
    let tree = evidence.tree(function.file);
    let decorators = &tree.function(function.function).decorators;
    let named = |wanted: &str| {
        decorators.iter().find_map(|decorator| match &tree.expr(*decorator).kind {
            ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == wanted => {
                Some((*decorator, args.first().map(|arg| arg.value)))
            }
            _ => None,
        })
    };
    named("api_view")?;
    let own = named("permission_classes")
        .map(|(_, list)| list.map(|list| permissions(evidence, function.file, list, method)).unwrap_or_default());
    Some(own)
}

/// The permissions that a class declares, or inherits; nothing where it leaves them to the settings.
pub(super) fn declared_permissions(
    evidence: &Evidence<'_>,
    class: ClassRef,
    attribute: &str,
    method: Option<&str>,
) -> Option<Vec<Guard>> {
    for at in evidence.lineage(class) {
        let tree = evidence.tree(at.file);
        for stmt in &tree.class(at.class).body {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            let wanted = targets
                .iter()
                .any(|target| evidence.project.file(at.file).source.slice(tree.pattern(*target).span) == attribute);
            if wanted {
                return Some(permissions(evidence, at.file, *value, method));
            }
        }
    }
    None
}

/// The permissions of an action's own decorator: `@action(permission_classes=[…])`.
pub(super) fn action_permissions(
    evidence: &Evidence<'_>,
    function: FuncRef,
    method: Option<&str>,
) -> Option<Vec<Guard>> {
    let tree = evidence.tree(function.file);
    tree.function(function.function).decorators.iter().find_map(|decorator| {
        let ExprKind::Call { args, .. } = &tree.expr(*decorator).kind else { return None };
        let given = args.iter().find(|arg| arg.name.is_some_and(|name| tree.text(name) == "permission_classes"))?;
        Some(permissions(evidence, function.file, given.value, method))
    })
}

/// Whether a class chooses its permissions in code.
pub(super) fn chooses_permissions(evidence: &Evidence<'_>, class: ClassRef) -> Option<FuncRef> {
    evidence.method(class, "get_permissions")
}

/// Guards of every permission that a list or a function names.
pub(super) fn permissions(evidence: &Evidence<'_>, file: FileId, root: ExprId, method: Option<&str>) -> Vec<Guard> {
    let tree = evidence.tree(file);
    let reads = matches!(method, Some("GET" | "HEAD" | "OPTIONS"));
    let mut found = Vec::new();
    let mut walk = Walk::node(tree, Node::Expr(root));
    let mut left = 200;
    while let Some(node) = walk.next() {
        left -= 1;
        if left == 0 {
            break;
        }
        let Node::Expr(expr) = node else { continue };
        if !matches!(tree.expr(expr).kind, ExprKind::Name(_) | ExprKind::Member { .. }) {
            continue;
        }
        walk.skip_children();
        let name = written(tree, expr);
        if reads && (name.ends_with("OrReadOnly") || last(&name) == "ReadOnly") {
            continue;
        }
        let location = evidence.locate(file, tree.expr(expr).span);
        for kind in kinds_of_permission(evidence, file, last(&name)) {
            found.push(Guard { kind, name: name.clone(), location: location.clone() });
        }
    }
    found
}

/// Whether a function hands on or looks at who calls.
fn speaks_of_user(tree: &Tree, function: crate::syntax::FunctionId) -> bool {
    Walk::node(tree, Node::Function(function)).take(2000).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Member { object, name, .. } => {
                tree.text(*name) == "user" && last(&written(tree, *object)) == "request"
            }
            _ => false,
        },
        _ => false,
    })
}

/// What a permission class of Django REST framework (or a throttle) checks.
pub(super) fn kinds_of_permission(evidence: &Evidence<'_>, file: FileId, name: &str) -> Vec<GuardKind> {
    if matches!(name, "AllowAny" | "ReadOnly" | "SAFE_METHODS") {
        return Vec::new();
    }
    let known = evidence.vocabulary.guards_by_last(Family::Python, name);
    if !known.is_empty() {
        return known;
    }
    let Some(class) = evidence.class_named(file, name) else {
        // What a library calls a permission refuses somebody.
        return match name {
            _ if name.ends_with("Throttle") => vec![GuardKind::RateLimit],
            _ if name.ends_with("Permission") || name.ends_with("Permissions") => vec![GuardKind::Authorization],
            _ => Vec::new(),
        };
    };
    let mut kinds = Vec::new();
    for at in evidence.lineage(class) {
        let tree = evidence.tree(at.file);
        for base in &tree.class(at.class).bases {
            kinds.extend(evidence.vocabulary.guards_by_last(Family::Python, last(&written(tree, *base))));
            if last(&written(tree, *base)).ends_with("Throttle") {
                kinds.push(GuardKind::RateLimit);
            }
        }
        for node in Walk::node(tree, Node::Class(at.class)).take(2000) {
            match node {
                Node::Function(id) => {
                    let name = tree.function(id).name.map_or("", |name| tree.text(name));
                    // `member=request.user`: whoever is nobody is no member.
                    if name == "has_object_permission" || name == "has_permission" && speaks_of_user(tree, id) {
                        kinds.push(GuardKind::Authorization);
                    }
                }
                Node::Expr(expr) => match &tree.expr(expr).kind {
                    ExprKind::Member { name, .. } => match tree.text(*name) {
                        "is_authenticated" | "is_anonymous" => kinds.push(GuardKind::Authentication),
                        "is_staff" | "is_superuser" | "role" | "has_perm" | "groups" | "is_admin" => {
                            kinds.extend([GuardKind::Authentication, GuardKind::Authorization]);
                        }
                        _ => {}
                    },
                    ExprKind::Call { callee, .. } if last(&written(tree, *callee)) == "compare_digest" => {
                        kinds.push(GuardKind::Authentication);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
