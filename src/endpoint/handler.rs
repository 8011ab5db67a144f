//! What handles a route: a function, or the methods of a class, found behind wrappers such as `login_required(view)`.

use super::evidence::{Evidence, last, written};
use crate::flow::facts::{ClassRef, FactValue, FileId, FuncRef, Place};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, PatternKind, StmtKind};

/// What handles a route.
#[derive(Default, Clone)]
pub(super) struct Handler {
    pub function: Option<FuncRef>,
    pub class: Option<ClassRef>,
    pub name: String,
    /// Wrappers round it, outermost first: `login_required(view)`.
    pub wrappers: Vec<(FileId, FactValue)>,
}

impl Handler {
    pub(super) fn of_function(evidence: &Evidence<'_>, function: FuncRef) -> Self {
        Self { function: Some(function), name: evidence.name_of(function, ""), ..Self::default() }
    }

    pub(super) fn of_class(evidence: &Evidence<'_>, class: ClassRef) -> Self {
        let tree = evidence.tree(class.file);
        let name = tree.class(class.class).name.map_or("", |name| tree.text(name)).to_owned();
        Self { class: Some(class), name, ..Self::default() }
    }

    /// The function, or the methods of a class that answer.
    pub(super) fn functions(&self, evidence: &Evidence<'_>, methods: &[String]) -> Vec<FuncRef> {
        let Some(class) = self.class.filter(|_| self.function.is_none()) else {
            return self.function.into_iter().collect();
        };
        let tree = evidence.tree(class.file);
        let mut found = Vec::new();
        for stmt in &tree.class(class.class).body {
            if let StmtKind::Function(function) = tree.stmt(*stmt).kind
                && let Some(name) = tree.function(function).name
            {
                let name = tree.text(name);
                let changes = methods.is_empty() || methods.iter().any(|method| method != "GET" && method != "HEAD");
                let answers = methods.iter().any(|method| method.eq_ignore_ascii_case(name))
                    || changes
                        && matches!(name, "form_valid" | "perform_create" | "perform_update" | "perform_destroy");
                found.extend(answers.then_some(FuncRef { file: class.file, function }));
            }
        }
        found
    }
}

/// `(req, res) => run([authenticate, update], req, res)`: the last of what is run in turn, behind what stands before it.
fn in_turn(evidence: &Evidence<'_>, function: FuncRef) -> Option<Handler> {
    let tree = evidence.tree(function.file);
    let node = tree.function(function.function);
    let [only] = &node.body[..] else { return None };
    let (StmtKind::Return(Some(mut expr)) | StmtKind::Expr(mut expr)) = tree.stmt(*only).kind else { return None };
    while let ExprKind::Await(inner) = tree.expr(expr).kind {
        expr = inner;
    }
    let ExprKind::Call { args, .. } = &tree.expr(expr).kind else { return None };
    let is_param = |arg: ExprId| {
        let ExprKind::Name(name) = tree.expr(arg).kind else { return false };
        node.params
            .iter()
            .any(|param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(known) if known == name))
    };
    if !args.iter().any(|arg| is_param(arg.value)) {
        return None;
    }
    let steps = args.iter().find_map(|arg| match &tree.expr(arg.value).kind {
        ExprKind::Sequence { items, .. } => Some(items),
        _ => None,
    });
    let (end, before) = steps?.split_last().filter(|(_, before)| !before.is_empty())?;
    let mut found = Handler::of_function(evidence, evidence.by_name(function.file, end.value).function?);
    let before = before.iter().map(|item| (function.file, evidence.by_name(function.file, item.value)));
    found.wrappers.extend(before);
    Some(found)
}

/// The handler behind a value: a function, a class, or either inside wrappers.
pub(super) fn resolve(evidence: &Evidence<'_>, file: FileId, value: &FactValue) -> Handler {
    resolve_inside(evidence, file, value, 8)
}

fn resolve_inside(evidence: &Evidence<'_>, file: FileId, value: &FactValue, depth: u8) -> Handler {
    let mut handler =
        Handler { function: value.function, class: value.class, name: value.name.clone(), ..Handler::default() };
    let view = [".as_view", ".as_asgi"].iter().find_map(|suffix| value.name.strip_suffix(suffix));
    if let Some(class) = view.filter(|_| handler.function.is_none()) {
        last(class).clone_into(&mut handler.name);
        handler.class = handler.class.or_else(|| evidence.class_named(file, last(class)));
        return handler;
    }
    // `controller.create.bind(controller)`: the method that is bound.
    if value.is_call
        && let Some(bound) = value.name.strip_suffix(".bind")
    {
        last(bound).clone_into(&mut handler.name);
        handler.function = handler.function.or_else(|| bound_method(evidence, value));
        handler.class = None;
        return handler;
    }
    // `exports.login = catchAsync(async (req, res) => …)`: the function that the wrapper was given.
    if !value.is_call
        && let Some((function, calls)) = evidence.wrapped(file, value)
    {
        let wrappers = calls.iter().map(|call| (function.file, evidence.by_name(function.file, *call)));
        let name = last(&value.name).to_owned();
        return Handler { function: Some(function), class: None, name, wrappers: wrappers.collect() };
    }
    if let Some(function) = value.function.filter(|_| !value.is_call) {
        if let Some(found) = in_turn(evidence, function) {
            return found;
        }
        let name = evidence.name_of(function, "");
        handler.name = if name.is_empty() { value.name.clone() } else { name };
        return handler;
    }
    if !value.is_call && handler.function.is_none() {
        if handler.class.is_none() && evidence.family(file) == Family::Python {
            handler.class = evidence.class_named(file, last(&value.name));
            if handler.class.is_some() {
                last(&value.name).clone_into(&mut handler.name);
                return handler;
            }
        }
        // `controller.create`, of an object that is not resolved: the only method of the project with that name.
        if let Some((_, method)) = value.name.rsplit_once('.').filter(|_| handler.class.is_none()) {
            handler.function = evidence.only_function(method);
        }
        if handler.class.is_some()
            && let Some((_, method)) = value.name.rsplit_once('.')
            && let Some(function) = handler.class.and_then(|class| evidence.method(class, method))
        {
            return Handler { name: method.to_owned(), ..Handler::of_function(evidence, function) };
        }
    }
    let Some(place) = value.expr.filter(|_| value.is_call && last(&value.name) != "include" && depth > 0) else {
        return handler;
    };
    let tree = evidence.tree(place.file);
    let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return handler };
    let inner = match evidence.call(place) {
        Some(call) => call.args.iter().map(|arg| arg.value.clone()).collect(),
        None => args.iter().map(|arg| written_value(evidence, place.file, arg.value)).collect::<Vec<_>>(),
    };
    let told = inner
        .iter()
        .find(|value| value.function.is_some() || value.class.is_some() || value.name.ends_with(".as_view"));
    let wrapper = (place.file, FactValue { expr: None, function: handler.function, ..value.clone() });
    if let Some(told) = told {
        let mut found = resolve_inside(evidence, place.file, told, depth - 1);
        found.wrappers.insert(0, wrapper);
        return found;
    }
    // `wrap(controller.create)` whose inside is not known but by name.
    if let Some(named) = inner.iter().rev().find(|value| !value.name.is_empty()).filter(|_| handler.function.is_some())
    {
        handler.name.clone_from(&named.name);
        handler.function = named.name.rsplit_once('.').and_then(|(_, method)| evidence.only_function(method));
        handler.wrappers.push(wrapper);
    }
    handler
}

/// The function of `object.method.bind(object)`.
fn bound_method(evidence: &Evidence<'_>, value: &FactValue) -> Option<FuncRef> {
    let place = value.expr?;
    let tree = evidence.tree(place.file);
    let ExprKind::Call { callee, .. } = tree.expr(place.expr).kind else { return None };
    let ExprKind::Member { object, .. } = tree.expr(callee).kind else { return None };
    let name = written(tree, object);
    let (_, method) = name.rsplit_once('.')?;
    evidence.only_function(method)
}

/// A value of which only the expression is known.
fn written_value(evidence: &Evidence<'_>, file: FileId, expr: ExprId) -> FactValue {
    let tree = evidence.tree(file);
    if let ExprKind::Function(function) = tree.expr(expr).kind {
        let function = FuncRef { file, function };
        return FactValue { function: Some(function), span: tree.expr(expr).span, ..FactValue::default() };
    }
    let mut value = evidence.by_name(file, expr);
    value.expr = Some(Place { file, expr });
    value
}

/// What a class answers: HTTP methods with the function that does, where the project has it.
pub(super) fn class_methods(evidence: &Evidence<'_>, class: ClassRef) -> Vec<(Vec<String>, Option<FuncRef>)> {
    let mut found: Vec<(Vec<String>, Option<FuncRef>)> = Vec::new();
    let mut generic: Vec<String> = Vec::new();
    let known = |found: &[(Vec<String>, Option<FuncRef>)], method: &str| {
        found.iter().any(|(methods, _)| methods.iter().any(|known| known == method))
    };
    for at in evidence.lineage(class) {
        let tree = evidence.tree(at.file);
        for stmt in &tree.class(at.class).body {
            let StmtKind::Function(function) = tree.stmt(*stmt).kind else { continue };
            let Some(name) = tree.function(function).name.map(|name| tree.text(name)) else { continue };
            let bare = name.strip_prefix("on_").or_else(|| name.strip_prefix("do_")).unwrap_or(name);
            let method = bare.to_ascii_uppercase();
            if matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE")
                && (name == bare.to_ascii_lowercase() || name != bare)
                && !known(&found, &method)
            {
                found.push((vec![method], Some(FuncRef { file: at.file, function })));
            }
        }
        for base in &tree.class(at.class).bases {
            generic.extend(
                super::django::generic_methods(last(&written(tree, *base))).iter().map(|method| (*method).to_owned()),
            );
        }
    }
    generic.retain(|method| !known(&found, method));
    generic.sort();
    generic.dedup();
    // Showing a form and taking it are two things.
    let (shown, taken): (Vec<String>, Vec<String>) = generic.into_iter().partition(|method| method == "GET");
    found.extend([shown, taken].into_iter().filter(|methods| !methods.is_empty()).map(|methods| (methods, None)));
    found
}

/// Methods that decorators such as `require_POST`, `require_http_methods([…])` and `api_view([…])` allow.
pub(super) fn declared_methods(evidence: &Evidence<'_>, function: FuncRef) -> Vec<String> {
    let tree = evidence.tree(function.file);
    let mut methods = Vec::new();
    for decorator in &tree.function(function.function).decorators {
        let name = written(tree, *decorator);
        match last(&name) {
            "require_POST" => methods.push("POST".to_owned()),
            "require_GET" | "require_safe" => methods.push("GET".to_owned()),
            "require_http_methods" | "api_view" => {
                let named = super::django::strings(tree, *decorator);
                methods.extend(named.iter().map(|method| method.to_ascii_uppercase()));
            }
            _ => {}
        }
    }
    if methods.is_empty() { compared_methods(evidence, function) } else { methods }
}

/// `if request.method != "POST": return HttpResponseNotAllowed(…)`, or 405: the other methods are turned away.
fn compared_methods(evidence: &Evidence<'_>, function: FuncRef) -> Vec<String> {
    let tree = evidence.tree(function.file);
    let mut turned_away = Vec::new();
    for node in Walk::block(tree, &tree.function(function.function).body).take(4000) {
        let Node::Stmt(stmt) = node else { continue };
        let StmtKind::If { test, then, .. } = &tree.stmt(stmt).kind else { continue };
        let text = evidence.project.file(function.file).source.slice(tree.expr(*test).span);
        let body =
            then.first().map_or("", |first| evidence.project.file(function.file).source.slice(tree.stmt(*first).span));
        if text.starts_with("request.method !=") && (body.contains("405") || body.contains("NotAllowed")) {
            turned_away.extend(super::django::strings(tree, *test));
        }
    }
    turned_away
}
