//! What guards a route: decorators, middleware, dependencies and the handler's own checks, each with its place.
//!
//! A library's guard is known by its access path. A function of the project is taken for a guard when its name says so,
//! when it calls one, or when it answers 401, 403 or 429 (and stands where guards stand).

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::checks::{can_refuse, inner_functions, lets_through, throws};
use super::imports::{Exports, Tops};
use super::standing::answers_of;
use super::vocabulary::Vocabulary;
use super::{Guard, GuardKind, SessionKind};
use crate::base::{Location, Span};
use crate::flow::Project;
use crate::flow::facts::{
    CallFact, ClassRef, DecoratorFact, FactValue, Facts, FileId, FuncRef, FunctionFact, Place, ReadFact,
};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Literal, Tree};

/// How far guards are followed through functions that call guards.
const MAX_DEPTH: u8 = 3;

/// A function, and the calls round it, outermost first.
pub(super) type Wrapped = (FuncRef, Vec<ExprId>);

/// Facts, arranged for asking what stands in front of a handler.
pub(super) struct Evidence<'a> {
    pub project: &'a Project,
    pub vocabulary: &'a Vocabulary,
    pub(super) calls: FxHashMap<Place, &'a CallFact>,
    calls_inside: FxHashMap<FuncRef, Vec<&'a CallFact>>,
    reads_inside: FxHashMap<FuncRef, Vec<&'a ReadFact>>,
    functions: FxHashMap<FuncRef, &'a FunctionFact>,
    /// `CurrentUser = Annotated[User, Depends(…)]`, by name.
    aliases: FxHashMap<String, Place>,
    pub(super) functions_by_name: FxHashMap<&'a str, Vec<FuncRef>>,
    classes_by_name: FxHashMap<&'a str, Vec<ClassRef>>,
    /// Classes with decorators, by the decorator's expression.
    decorated: FxHashMap<Place, ClassRef>,
    /// What functions check when they are called, as asked so far.
    called: RefCell<FxHashMap<(FuncRef, u8), Vec<GuardKind>>>,
    /// What functions check that stand before others, as asked so far.
    kinds: RefCell<FxHashMap<(FuncRef, u8), Vec<GuardKind>>>,
    pub(super) sessions: RefCell<FxHashMap<FuncRef, Option<SessionKind>>>,
    /// What functions refuse by their bodies, as asked so far.
    pub(super) refused: RefCell<FxHashMap<(FuncRef, bool, u8), Vec<GuardKind>>>,
    /// What files export, as asked so far.
    pub(super) exports: RefCell<FxHashMap<FileId, Rc<Exports>>>,
    /// The functions at the top of files, as asked so far.
    pub(super) tops: RefCell<FxHashMap<FileId, Rc<Tops>>>,
    /// Exported functions inside wrappers, by name, with the calls round them.
    pub(super) wrapped_by_name: OnceCell<FxHashMap<String, Vec<Wrapped>>>,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(project: &'a Project, facts: &'a Facts, vocabulary: &'a Vocabulary) -> Self {
        let mut calls_inside: FxHashMap<FuncRef, Vec<&CallFact>> = FxHashMap::default();
        for call in &facts.calls {
            if let Some(function) = call.inside {
                calls_inside.entry(function).or_default().push(call);
            }
        }
        let mut reads_inside: FxHashMap<FuncRef, Vec<&ReadFact>> = FxHashMap::default();
        for read in &facts.reads {
            if let Some(function) = read.inside {
                reads_inside.entry(function).or_default().push(read);
            }
        }
        let mut functions_by_name: FxHashMap<&str, Vec<FuncRef>> = FxHashMap::default();
        for function in facts.functions.iter().filter(|function| !function.name.is_empty()) {
            functions_by_name.entry(&function.name).or_default().push(function.function);
        }
        let mut classes_by_name: FxHashMap<&str, Vec<ClassRef>> = FxHashMap::default();
        let mut decorated = FxHashMap::default();
        for (file, info) in (0u32..).map(FileId).zip(&project.files) {
            for (id, class) in info.tree.classes() {
                let place = ClassRef { file, class: id };
                if let Some(name) = class.name {
                    classes_by_name.entry(info.tree.text(name)).or_default().push(place);
                }
                decorated.extend(class.decorators.iter().map(|expr| (Place { file, expr: *expr }, place)));
            }
        }
        Self {
            project,
            vocabulary,
            functions_by_name,
            classes_by_name,
            decorated,
            called: RefCell::default(),
            kinds: RefCell::default(),
            sessions: RefCell::default(),
            refused: RefCell::default(),
            exports: RefCell::default(),
            tops: RefCell::default(),
            wrapped_by_name: OnceCell::new(),
            calls: facts.calls.iter().map(|call| (call.place, call)).collect(),
            calls_inside,
            reads_inside,
            functions: facts.functions.iter().map(|function| (function.function, function)).collect(),
            aliases: super::depends::aliases(project),
        }
    }

    pub(super) fn family(&self, file: FileId) -> Family {
        self.project.file(file).family
    }

    pub(super) fn tree(&self, file: FileId) -> &'a Tree {
        &self.project.file(file).tree
    }

    pub(super) fn call(&self, place: Place) -> Option<&'a CallFact> {
        self.calls.get(&place).copied()
    }

    pub(super) fn function(&self, function: FuncRef) -> Option<&'a FunctionFact> {
        self.functions.get(&function).copied()
    }

    /// Calls of models inside a function.
    pub(super) fn calls_inside(&self, function: FuncRef) -> &[&'a CallFact] {
        self.calls_inside.get(&function).map_or(&[], Vec::as_slice)
    }

    /// Reads of models inside a function.
    pub(super) fn reads_inside(&self, function: FuncRef) -> &[&'a ReadFact] {
        self.reads_inside.get(&function).map_or(&[], Vec::as_slice)
    }

    /// The class that a decorator stands at.
    pub(super) fn decorated_class(&self, place: Place) -> Option<ClassRef> {
        self.decorated.get(&place).copied()
    }

    /// A class by name: in the same file, or the only one of the project.
    pub(super) fn class_named(&self, file: FileId, name: &str) -> Option<ClassRef> {
        let all = self.classes_by_name.get(name)?;
        let here = all.iter().find(|class| class.file == file).copied();
        here.or(match all.as_slice() {
            [only] => Some(*only),
            _ => None,
        })
    }

    /// A class by its name and the file that it stands in.
    pub(super) fn class_at(&self, path: &str, name: &str) -> Option<ClassRef> {
        let all = self.classes_by_name.get(name)?;
        all.iter().find(|class| self.project.file(class.file).source.path() == path).copied()
    }

    /// The only function of the project with a name.
    pub(super) fn only_function(&self, name: &str) -> Option<FuncRef> {
        match self.functions_by_name.get(name)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    pub(super) fn locate(&self, file: FileId, span: Span) -> Location {
        self.project.file(file).source.locate(span)
    }

    /// What a middleware, dependency or wrapper checks.
    pub(super) fn of_value(&self, file: FileId, value: &FactValue) -> Vec<Guard> {
        let family = self.family(file);
        let guard = |kind, name: &str| Guard { kind, name: name.to_owned(), location: self.locate(file, value.span) };
        if self.is_optional(value) {
            return Vec::new();
        }
        if self.logs_in(value) {
            return Vec::new();
        }
        if let Some(upload) = self.upload(value) {
            return upload.into_iter().map(|kind| guard(kind, "multer")).collect();
        }
        let known: Vec<Guard> = value
            .paths
            .iter()
            .flat_map(|path| self.vocabulary.guards(family, path).iter().map(move |known| (known.kind, path)))
            .map(|(kind, path)| guard(kind, readable(path)))
            .collect();
        if !known.is_empty() {
            return known;
        }
        if let Some(function) = self.made_by_library(file, value) {
            return self.of_value(file, &FactValue { function: Some(function), ..value.clone() });
        }
        let mut found: Vec<Guard> = Vec::new();
        let wrapped = self.wrapped(file, value);
        if let Some(function) = value.function {
            let shown = if value.name.is_empty() { "(function)" } else { &value.name };
            let name = self.name_of(function, shown);
            found.extend(self.kinds_of(function, MAX_DEPTH).into_iter().map(|kind| guard(kind, &name)));
            if let Some((inner, _)) = &wrapped {
                found.extend(self.kinds_of(*inner, MAX_DEPTH).into_iter().map(|kind| guard(kind, last(shown))));
            }
        }
        if let Some(class) = value.class.filter(|_| found.is_empty()) {
            found.extend(self.kinds_of_class(class).into_iter().map(|kind| guard(kind, &value.name)));
        }
        // A function that refuses, though not in a way that tells what it asks for, is what it is called.
        let asking = wrapped.map(|(inner, _)| inner).or(value.function);
        let may = || asking.is_none_or(|function| self.may_refuse(function));
        if found.is_empty()
            && let Some(kind) = self.vocabulary.named(family, last(&value.name))
            && may()
        {
            found.push(guard(kind, &value.name));
        }
        // `authActionClient.schema(…).action(…)`: the beginning of the chain asks.
        if found.is_empty()
            && let Some((root, _)) = value.name.split_once('.')
            && ["Action", "Client", "Procedure", "action"].iter().any(|word| root.contains(word))
        {
            let told = ["Action", "ActionClient", "Procedure"].iter().any(|end| root.ends_with(end));
            let named = || self.vocabulary.named(family, root).filter(|_| told).into_iter().collect();
            let client = self.action_client(root);
            let checked = value.name.contains(".schema.") || value.name.contains(".inputSchema.");
            if client.is_some() && checked {
                found.push(guard(GuardKind::Validation, root));
            }
            let kinds: Vec<GuardKind> = client.unwrap_or_else(named);
            found.extend(kinds.into_iter().map(|kind| guard(kind, root)));
        }
        // A dependency: `Depends(f)`.
        if let Some(call) = value.expr.and_then(|place| self.call(place)).filter(|_| found.is_empty())
            && matches!(last(&value.name), "Depends" | "Security")
            && let Some(arg) = call.args.first()
        {
            found.extend(self.of_value(file, &arg.value));
        }
        found
    }

    /// What a decorator checks.
    pub(super) fn of_decorator(&self, file: FileId, decorator: &DecoratorFact) -> Vec<Guard> {
        let value = FactValue {
            paths: decorator.paths.clone(),
            function: decorator.function,
            span: decorator.span,
            name: decorator.name.clone(),
            ..FactValue::default()
        };
        // `@jwt_required(optional=True)`
        if self.is_optional(&FactValue { made_at: decorator.call, ..FactValue::default() }) {
            return Vec::new();
        }
        let mut found = self.of_value(file, &value);
        super::admitted::with_roles(self, file, decorator, &mut found);
        let name = last(&decorator.name);
        // `@is_organizer` round a view has nothing else to do than to refuse, and `@access.global_admin`, which a factory
        // has made, is what it is called.
        let asks =
            found.is_empty() && super::clients::asks_for_role(name) || !found.is_empty() && name.ends_with("_admin");
        let known = found.iter().any(|guard| guard.kind == GuardKind::Authorization);
        if asks && !known && self.family(file) == Family::Python {
            let location = self.locate(file, decorator.span);
            found.push(Guard { kind: GuardKind::Authorization, name: name.to_owned(), location });
        }
        found
    }

    /// What a function checks when a handler calls it.
    pub(super) fn kinds_when_called(&self, function: FuncRef, by_name: Option<GuardKind>, depth: u8) -> Vec<GuardKind> {
        let tree = self.tree(function.file);
        if by_name == Some(GuardKind::Validation) {
            return vec![GuardKind::Validation];
        }
        if let Some(known) = self.called.borrow().get(&(function, depth)) {
            return known.clone();
        }
        // `verifyWebhook` that asks only whether headers are there.
        if super::near::only_looks(tree, function) {
            return Vec::new();
        }
        let mut kinds: Vec<GuardKind> = by_name.into_iter().collect();
        if kinds.is_empty() || self.can_throw(function) {
            kinds.extend(answers_of(tree, &self.project.file(function.file).source, function));
            if depth > 0 {
                let inner = self.of_body_at(function, depth - 1);
                kinds.extend(inner.into_iter().map(|guard| guard.kind).filter(|kind| *kind != GuardKind::Validation));
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        self.called.borrow_mut().insert((function, depth), kinds.clone());
        kinds
    }

    /// Whether calling a function can end its caller too.
    pub(super) fn can_throw(&self, function: FuncRef) -> bool {
        let tree = self.tree(function.file);
        if throws(tree, function) {
            return true;
        }
        let name = self.name_of(function, "");
        let demands = super::vocabulary::demands;
        demands(&name)
            && (self.calls_inside(function).iter().any(|call| {
                let family = self.family(function.file);
                call.paths.iter().any(|path| !self.vocabulary.guards(family, path).is_empty())
            }) || super::handed::calls_what_throws(self, function, &demands))
    }

    /// `passport.authenticate("google")` begins a login; `"jwt"` and its like look at what is shown.
    fn logs_in(&self, value: &FactValue) -> bool {
        let passport = last(&value.name) == "authenticate" && value.name.contains("passport");
        passport && value.expr.is_some_and(|place| begins_login(self.tree(place.file), place.expr))
    }

    /// What the options of an upload limit: `multer({ limits, fileFilter }).single("file")`.
    fn upload(&self, value: &FactValue) -> Option<Vec<GuardKind>> {
        if !value.paths.iter().any(|path| path.starts_with("<multer.Multer>") || path.starts_with("multer().")) {
            return None;
        }
        let call = value.expr.and_then(|place| self.call(place));
        let made = call.and_then(|call| call.receiver.as_ref()?.made_at).or(value.made_at)?;
        let tree = self.tree(made.file);
        let ExprKind::Call { args, .. } = &tree.expr(made.expr).kind else { return None };
        let ExprKind::Map { entries } = &tree.expr(args.first()?.value).kind else { return Some(Vec::new()) };
        let kinds = entries.iter().filter_map(|entry| match entry.key {
            Some(crate::syntax::Key::Static(key, _)) => match tree.text(key) {
                "limits" => Some(GuardKind::BodyLimit),
                "fileFilter" => Some(GuardKind::Validation),
                _ => None,
            },
            _ => None,
        });
        Some(kinds.collect())
    }

    /// A scheme that lets those pass who show nothing: `HTTPBearer(auto_error=False)`, `jwt_required(optional=True)`.
    fn is_optional(&self, value: &FactValue) -> bool {
        let places = [value.made_at, value.expr.filter(|_| value.is_call)];
        places.into_iter().flatten().any(|place| {
            let tree = self.tree(place.file);
            let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return false };
            args.iter().any(|arg| {
                let named = arg.name.is_some_and(|name| option(tree, tree.text(name), arg.value));
                let mapped = match &tree.expr(arg.value).kind {
                    ExprKind::Map { entries } => entries.iter().any(|entry| match entry.key {
                        Some(crate::syntax::Key::Static(key, _)) => option(tree, tree.text(key), entry.value),
                        _ => false,
                    }),
                    _ => false,
                };
                named || mapped
            })
        })
    }

    fn may_refuse(&self, function: FuncRef) -> bool {
        let tree = self.tree(function.file);
        can_refuse(tree, function, self.family(function.file))
            && !lets_through(tree, function, &self.project.file(function.file).source)
    }

    /// Kinds of check that a project function makes before it goes on.
    pub(super) fn kinds_of(&self, function: FuncRef, depth: u8) -> Vec<GuardKind> {
        if let Some(known) = self.kinds.borrow().get(&(function, depth)) {
            return known.clone();
        }
        let kinds = self.kinds_read(function, depth);
        self.kinds.borrow_mut().insert((function, depth), kinds.clone());
        kinds
    }

    fn kinds_read(&self, function: FuncRef, depth: u8) -> Vec<GuardKind> {
        let family = self.family(function.file);
        let name = self.name_of(function, "");
        let (tree, source) = (self.tree(function.file), &self.project.file(function.file).source);
        if super::vocabulary::lets_strangers_in(&name)
            || super::vocabulary::tells_machines(&name.to_ascii_lowercase())
            || super::near::only_looks(tree, function)
            || lets_through(tree, function, source)
        {
            return Vec::new();
        }
        // `await request.jwtVerify()` throws what the framework answers.
        let verifies = family == Family::JavaScript
            && tree.symbol("jwtVerify").is_some()
            && source.slice(tree.function(function.function).span).contains(".jwtVerify(");
        let refuses = verifies || can_refuse(tree, function, family);
        let mut kinds: Vec<GuardKind> = self.vocabulary.named(family, &name).into_iter().collect();
        // A guard that is called after administrators and only asks whether somebody is logged in.
        if kinds == [GuardKind::Authorization] && refuses && asks_login_only(tree, function, &name) {
            kinds = vec![GuardKind::Authentication];
            return kinds;
        }
        if !kinds.is_empty() {
            if refuses {
                kinds.extend(answers_of(tree, source, function));
            }
            if depth > 0 {
                let inner = self.dependencies(function, depth - 1).into_iter().map(|guard| guard.kind);
                kinds.extend(inner.filter(|kind| *kind != GuardKind::Validation));
            }
            kinds.sort_unstable();
            kinds.dedup();
            return kinds;
        }
        if refuses {
            kinds.extend(answers_of(tree, source, function));
            for inner in inner_functions(tree, function) {
                let below = depth.min(if family == Family::JavaScript { 2 } else { 1 });
                kinds.extend(self.of_body_at(inner, below).into_iter().map(|guard| guard.kind));
            }
        }
        // A decorator may hand on to another: `return login_required(view)`.
        // In JavaScript, too: `return bearerAuth({ token })(c, next)`.
        let text = source.slice(tree.function(function.function).span);
        let hands_on = text.contains(")(c, next)") || text.contains(")(ctx, next)");
        let asks = refuses || hands_on || text.contains(")(req, res, next)") || family == Family::Python;
        for inner in inner_functions(tree, function).into_iter().filter(|_| asks) {
            for call in self.calls_inside.get(&inner).into_iter().flatten() {
                for path in &call.paths {
                    kinds.extend(self.vocabulary.guards(family, path).iter().map(|known| known.kind));
                }
                for called in call.args.iter().filter_map(|arg| arg.value.function).filter(|_| depth > 0) {
                    if is_dependency(call) {
                        kinds.extend(self.kinds_of(called, depth - 1));
                    }
                }
            }
        }
        if depth > 0 {
            for guard in self.dependencies(function, depth - 1) {
                kinds.push(guard.kind);
            }
        }
        kinds.retain(|kind| *kind != GuardKind::Validation);
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    pub(super) fn name_of(&self, function: FuncRef, otherwise: &str) -> String {
        match self.function(function) {
            Some(fact) if !fact.name.is_empty() => fact.name.clone(),
            _ => otherwise.to_owned(),
        }
    }

    /// FastAPI's dependencies of a function: `user = Depends(f)`, `user: Annotated[User, Depends(f)]` or an alias of it.
    pub(super) fn dependencies(&self, function: FuncRef, depth: u8) -> Vec<Guard> {
        let tree = self.tree(function.file);
        if self.family(function.file) != Family::Python {
            return Vec::new();
        }
        let mut found = Vec::new();
        let typed = self.project.file(function.file).imported.iter().any(|module| module.starts_with("fastapi"));
        found.extend(self.typed_parameter(function).filter(|_| typed));
        for param in &tree.function(function.function).params {
            let mut roots: Vec<Place> = [param.default, param.annotation]
                .into_iter()
                .flatten()
                .map(|expr| Place { file: function.file, expr })
                .collect();
            // `user: CurrentUser`, `user: auth.CurrentUser`
            if let Some(ExprKind::Name(name) | ExprKind::Member { name, .. }) =
                param.annotation.map(|expr| &tree.expr(expr).kind)
            {
                roots.extend(self.aliases.get(tree.text(*name)));
            }
            let shown = param
                .default
                .or(param.annotation)
                .map_or(tree.function(function.function).name_span, |expr| tree.expr(expr).span);
            // What a dependency returns was not sent; `Depends()` alone reads the class from the request.
            let injected = param.default.is_some_and(|default| match &tree.expr(default).kind {
                ExprKind::Call { callee, args, .. } => {
                    matches!(last(&written(tree, *callee)), "Depends" | "Security") && !args.is_empty()
                }
                _ => false,
            });
            let sent = param.annotation.filter(|_| !injected);
            if let Some(model) = sent.filter(|annotation| self.is_schema(function.file, *annotation, 3)) {
                let location = self.locate(function.file, tree.expr(model).span);
                found.push(Guard { kind: GuardKind::Validation, name: written(tree, model), location });
            }
            for root in roots {
                let location = self.locate(function.file, shown);
                found.extend(
                    self.depends_in(root, depth).into_iter().map(|guard| Guard { location: location.clone(), ..guard }),
                );
            }
        }
        found
    }

    /// Guards in the `Depends(…)` below an expression.
    pub(super) fn depends_in(&self, root: Place, depth: u8) -> Vec<Guard> {
        let tree = self.tree(root.file);
        let mut found = Vec::new();
        for node in Walk::node(tree, Node::Expr(root.expr)) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
            if !matches!(last(&written(tree, *callee)), "Depends" | "Security") {
                continue;
            }
            let Some(arg) = args.first() else { continue };
            let place = Place { file: root.file, expr };
            let value = match self.call(place).and_then(|call| call.args.first()) {
                Some(arg) => arg.value.clone(),
                None => self.by_name(root.file, arg.value),
            };
            match value.function {
                Some(function)
                    if depth == 0 && self.vocabulary.named(Family::Python, &self.name_of(function, "")).is_none() => {}
                _ => {
                    let told = self.of_value(root.file, &value);
                    let made = super::depends::by_what_it_is_made_with(tree, arg.value).filter(|_| told.is_empty());
                    let location = || self.locate(root.file, tree.expr(expr).span);
                    let name = || written(tree, arg.value);
                    found.extend(made.map(|kind| Guard { kind, name: name(), location: location() }));
                    found.extend(told);
                }
            }
        }
        found
    }
}

/// Whether a guard looks up who calls by something that everybody has who is logged in, and says nothing of rights.
fn asks_login_only(tree: &Tree, function: FuncRef, name: &str) -> bool {
    let asks = Walk::node(tree, Node::Function(function.function)).take(2000).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Member { name, .. } => {
                matches!(tree.text(*name), "is_authenticated" | "isAuthenticated" | "is_anonymous")
            }
            _ => false,
        },
        _ => false,
    });
    asks && !super::near::speaks_of_rights(tree, function, name)
}

/// Whether `passport.authenticate(…)` takes what somebody types, or sends them to another host, rather than what is shown.
pub(super) fn begins_login(tree: &Tree, call: ExprId) -> bool {
    let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return false };
    args.first().and_then(|arg| tree.string_of(arg.value)).is_some_and(|strategy| {
        let name = strategy.to_ascii_lowercase();
        !["jwt", "bearer", "basic", "token", "key", "header", "session"].iter().any(|word| name.contains(word))
    })
}

fn option(tree: &Tree, name: &str, value: ExprId) -> bool {
    match (name, &tree.expr(value).kind) {
        ("optional", ExprKind::Literal(Literal::Bool(true)))
        | ("auto_error" | "credentialsRequired" | "required", ExprKind::Literal(Literal::Bool(false))) => true,
        ("mode", ExprKind::Literal(Literal::Str(text))) => matches!(tree.text(*text), "try" | "optional"),
        _ => false,
    }
}

fn is_dependency(call: &CallFact) -> bool {
    call.paths.iter().any(|path| matches!(last(path), "Depends" | "Security"))
}

/// Names and members as written: `auth.required`; empty for the rest.
pub(super) fn written(tree: &Tree, expr: ExprId) -> String {
    let mut parts = Vec::new();
    let mut at = expr;
    for _ in 0..16 {
        match &tree.expr(at).kind {
            ExprKind::Name(name) => {
                parts.push(tree.text(*name));
                parts.reverse();
                return parts.join(".");
            }
            ExprKind::This => {
                parts.reverse();
                return parts.join(".");
            }
            ExprKind::Member { object, name, .. } => {
                parts.push(tree.text(*name));
                at = *object;
            }
            ExprKind::Call { callee, .. } => at = *callee,
            ExprKind::Await(inner) => at = *inner,
            _ => break,
        }
    }
    parts.first().map_or_else(String::new, |name| (*name).to_owned())
}

/// The last part of a dotted name.
pub(super) fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

pub(super) fn readable(path: &str) -> &str {
    path.trim_end_matches("()")
}
