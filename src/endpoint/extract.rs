//! From the facts of calls and decorators to routes with their guards.

use super::evidence::{Evidence, last};
use super::routers::{Chain, Routers, constant_text, flattened, joined};
use super::urlconf::Urlconf;
use super::vocabulary::{Route, Vocabulary};
use super::{Endpoint, Guard, GuardKind, SessionKind, conventions};
use crate::flow::Project;
use crate::flow::facts::{CallFact, ClassRef, FactValue, Facts, FileId, FuncRef, Place};
use crate::model::index::Family;
use crate::model::schema::{Constant, RuleBook};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprKind, Literal, StmtKind};

/// Every route of the project, in order of file and place.
#[must_use]
pub fn extract(project: &Project, facts: &Facts, book: &RuleBook) -> Vec<Endpoint> {
    let vocabulary = Vocabulary::new(book);
    let evidence = Evidence::new(project, facts, &vocabulary);
    let routers = Routers::new(&evidence, facts);
    let urlconf = Urlconf::new(&evidence, facts);
    let app = App::new(&evidence, facts);
    let mut endpoints = Vec::new();
    for call in &facts.calls {
        let family = evidence.family(call.place.file);
        let known = call.paths.iter().find_map(|path| Some((path, vocabulary.route(family, path)?)));
        if let Some((path, route)) = known {
            let declared = Declared { call, route, framework: framework(path, &route.library) };
            declared.endpoints(&evidence, &routers, &urlconf, &app, &mut endpoints);
        }
    }
    conventions::next(&evidence, &app, &mut endpoints);
    endpoints.sort_by(|a, b| (&a.location, &a.path, &a.methods).cmp(&(&b.location, &b.path, &b.methods)));
    endpoints.dedup();
    endpoints
}

/// The framework's name: `<flask.Flask>.route` → `flask`.
fn framework(path: &str, library: &str) -> String {
    let root = path.trim_start_matches(['<', '\'', '@']);
    let end = root.find(['.', '>', '(', '\'', '/']).unwrap_or(root.len());
    if root[..end].is_empty() || root.starts_with('?') { library.to_owned() } else { root[..end].to_owned() }
}

/// What holds for a whole app, per family of languages.
pub(super) struct App {
    guards: Vec<(Family, String, Guard)>,
    sessions: Vec<(Family, SessionKind)>,
}

impl App {
    fn new(evidence: &Evidence<'_>, facts: &Facts) -> Self {
        let mut guards = Vec::new();
        let mut sessions = Vec::new();
        for call in &facts.calls {
            let family = evidence.family(call.place.file);
            for path in &call.paths {
                sessions.extend(evidence.vocabulary.session(family, path).map(|kind| (family, kind)));
                for known in evidence.vocabulary.guards(family, path).iter().filter(|known| known.app_wide) {
                    let location = evidence.locate(call.place.file, call.span);
                    let name = path.trim_end_matches("()").to_owned();
                    guards.push((family, known.library.clone(), Guard { kind: known.kind, name, location }));
                }
            }
            // `app.register(require("@fastify/rate-limit"))`, `app.add_middleware(CSRFMiddleware)`
            for (value, path) in
                call.args.iter().flat_map(|arg| arg.value.paths.iter().map(move |path| (&arg.value, path)))
            {
                for known in evidence.vocabulary.guards(family, path).iter().filter(|known| known.app_wide) {
                    let location = evidence.locate(call.place.file, value.span);
                    guards.push((
                        family,
                        known.library.clone(),
                        Guard { kind: known.kind, name: path.to_string(), location },
                    ));
                }
            }
        }
        for read in &facts.reads {
            let family = evidence.family(read.place.file);
            sessions.extend(
                read.paths.iter().filter_map(|path| Some((family, evidence.vocabulary.session(family, path)?))),
            );
        }
        named_in_settings(evidence, &mut guards);
        sessions.sort_unstable();
        sessions.dedup();
        guards.sort_by(|a, b| (&a.1, &a.2).cmp(&(&b.1, &b.2)));
        guards.dedup();
        Self { guards, sessions }
    }

    pub(super) fn session(&self, family: Family) -> SessionKind {
        match self.sessions.iter().filter(|(of, _)| *of == family).collect::<Vec<_>>().as_slice() {
            [(_, kind)] => *kind,
            _ => SessionKind::Unknown,
        }
    }

    fn guards(&self, family: Family, library: &str) -> impl Iterator<Item = &Guard> {
        self.guards.iter().filter(move |(of, by, _)| *of == family && by == library).map(|(.., guard)| guard)
    }
}

/// Guards that a settings module names as text: `MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]`.
fn named_in_settings(evidence: &Evidence<'_>, guards: &mut Vec<(Family, String, Guard)>) {
    for (path, kind, library) in evidence.vocabulary.app_wide(Family::Python) {
        for (at, file) in evidence.project.files.iter().enumerate() {
            let Some(symbol) = file.tree.symbol(path).filter(|_| file.family == Family::Python) else { continue };
            let literal = file
                .tree
                .exprs()
                .find(|(_, expr)| matches!(expr.kind, ExprKind::Literal(Literal::Str(text)) if text == symbol));
            if let Some((_, expr)) = literal {
                let file = FileId(u32::try_from(at).unwrap_or(u32::MAX));
                let location = evidence.locate(file, expr.span);
                guards.push((Family::Python, library.to_owned(), Guard { kind, name: path.to_owned(), location }));
            }
        }
    }
}

/// What handles a route.
#[derive(Default)]
pub(super) struct Handler {
    pub function: Option<FuncRef>,
    pub class: Option<ClassRef>,
    pub name: String,
    /// Wrappers round it, outermost first: `login_required(view)`.
    pub wrappers: Vec<(FileId, FactValue)>,
}

struct Declared<'a> {
    call: &'a CallFact,
    route: &'a Route,
    framework: String,
}

impl Declared<'_> {
    fn endpoints(
        &self,
        evidence: &Evidence<'_>,
        routers: &Routers,
        urlconf: &Urlconf,
        app: &App,
        endpoints: &mut Vec<Endpoint>,
    ) {
        let Some(handler) = self.handler(evidence) else { return };
        if last(&handler.name) == "include" {
            return;
        }
        let file = self.call.place.file;
        let text = self.route.path.as_ref().and_then(|path| {
            constant_text(self.call, path).or_else(|| {
                let value = self.call.argument(path).first().copied().filter(|_| !self.route.path_of_receiver);
                value.and_then(|value| inner_text(evidence, value))
            })
        });
        let path =
            text.unwrap_or_else(|| if self.route.path_of_receiver { String::new() } else { "{unknown}".to_owned() });
        let router = self.router(evidence);
        let mut chains = routers.chains(evidence, router, file, self.call.span.start, &path);
        if self.route.library == "django" {
            chains =
                urlconf.prefixes(file).into_iter().map(|prefix| Chain { prefix, middleware: Vec::new() }).collect();
        }
        let methods = self.methods(evidence, &handler);
        for chain in chains {
            let full = joined(&chain.prefix, path.trim_start_matches('^').trim_end_matches('$'));
            let full = if full.is_empty() { "/".to_owned() } else { full };
            endpoints.push(self.endpoint(evidence, app, &handler, &methods, full, &chain));
        }
    }

    /// The router the route is on; a chain `router.route(p).get(a).post(b)` goes back to its beginning.
    fn router(&self, evidence: &Evidence<'_>) -> Option<Place> {
        let mut place = self.call.receiver.as_ref()?.made_at?;
        for _ in 0..20 {
            let Some(call) = evidence.call(place) else { break };
            let family = evidence.family(place.file);
            let is_route = call.paths.iter().any(|path| evidence.vocabulary.route(family, path).is_some());
            match call.receiver.as_ref().and_then(|receiver| receiver.made_at).filter(|_| is_route) {
                Some(next) => place = next,
                None => break,
            }
        }
        Some(place)
    }

    fn handler(&self, evidence: &Evidence<'_>) -> Option<Handler> {
        let Some(path) = &self.route.handler else {
            let function = self.call.decorates?;
            let name = evidence.name_of(function, "");
            return Some(Handler { function: Some(function), name, ..Handler::default() });
        };
        if let Some(function) = self.call.decorates {
            let name = evidence.name_of(function, "");
            return Some(Handler { function: Some(function), name, ..Handler::default() });
        }
        let positional = self.call.args.iter().filter(|arg| arg.name.is_none()).count();
        // `app.get("setting")` reads a setting.
        if evidence.family(self.call.place.file) == Family::JavaScript
            && positional < 2
            && !self.route.path_of_receiver
            && self.route.path.as_ref().is_some_and(|path| path.tail.is_empty())
        {
            return None;
        }
        let value = flattened(self.call.argument(path)).pop()?;
        Some(resolve(evidence, self.call.place.file, value))
    }

    fn methods(&self, evidence: &Evidence<'_>, handler: &Handler) -> Vec<String> {
        let listed =
            self.route.methods_arg.as_ref().map(|path| flattened(self.call.argument(path))).unwrap_or_default();
        let mut methods: Vec<String> = listed
            .into_iter()
            .filter_map(|value| match &value.constant {
                Some(Constant::Str(text)) => Some(text.to_ascii_uppercase()),
                _ => None,
            })
            .collect();
        if let Some(class) = handler.class.filter(|_| methods.is_empty()) {
            methods = class_methods(evidence, class);
        }
        if let Some(function) = handler.function.filter(|_| methods.is_empty() && self.route.library == "django") {
            methods = declared_methods(evidence, function);
        }
        if methods.is_empty() {
            methods.clone_from(&self.route.methods);
        }
        methods.sort();
        methods.dedup();
        methods
    }

    fn endpoint(
        &self,
        evidence: &Evidence<'_>,
        app: &App,
        handler: &Handler,
        methods: &[String],
        path: String,
        chain: &Chain,
    ) -> Endpoint {
        let file = self.call.place.file;
        let family = evidence.family(file);
        let mut front: Vec<(FileId, FactValue)> = chain.middleware.clone();
        if let Some(middleware) = &self.route.middleware {
            let own = flattened(self.call.argument(middleware));
            let handler_expr =
                self.route.handler.as_ref().and_then(|path| flattened(self.call.argument(path)).pop()?.expr);
            let own = own.into_iter().filter(|value| handler_expr.is_none() || value.expr != handler_expr);
            front.extend(own.map(|value| (file, value.clone())));
        }
        front.extend(handler.wrappers.iter().cloned());
        let mut middleware = Vec::new();
        let mut guards: Vec<Guard> = app.guards(family, &self.route.library).cloned().collect();
        let mut functions: Vec<FuncRef> = handler.function.into_iter().collect();
        for (at, value) in &front {
            guards.extend(evidence.of_value(*at, value));
            functions.extend(value.function);
            middleware.push(name_of(evidence, value));
        }
        // `app.get("/users", isAuthorized())`, the handler being added by something else. `passport.authenticate` logs in.
        let last_value = self.route.handler.as_ref().and_then(|path| flattened(self.call.argument(path)).pop());
        if let Some(value) =
            last_value.filter(|value| handler.function.is_none() && last(&value.name) != "authenticate")
        {
            guards.extend(evidence.of_value(file, value));
        }
        gather(evidence, handler, self.call, &mut middleware, &mut guards);
        let session = session(evidence, app, family, &functions, &guards);
        finish(&mut guards, &middleware);
        let handler_location = handler
            .function
            .filter(|function| self.call.decorates != Some(*function))
            .and_then(|function| Some((function, evidence.function(function)?)))
            .map(|(function, fact)| evidence.locate(function.file, fact.span));
        Endpoint {
            framework: self.framework.clone(),
            methods: methods.to_vec(),
            path,
            handler: handler.name.clone(),
            location: evidence.locate(file, self.call.span),
            handler_location,
            context: evidence.project.file(file).context,
            middleware,
            guards,
            session,
            unknown: Vec::new(),
        }
    }
}

/// Guards at the handler itself: decorators, dependencies, its class, its body.
pub(super) fn gather(
    evidence: &Evidence<'_>,
    handler: &Handler,
    call: &CallFact,
    middleware: &mut Vec<String>,
    guards: &mut Vec<Guard>,
) {
    if let Some(class) = handler.class {
        guards.extend(evidence.of_class(class));
    }
    let Some(function) = handler.function else { return };
    let decorators = evidence.function(function).map(|fact| fact.decorators.as_slice()).unwrap_or_default();
    for decorator in decorators.iter().filter(|decorator| decorator.call != Some(call.place)) {
        let family = evidence.family(function.file);
        if decorator.paths.iter().any(|path| evidence.vocabulary.route(family, path).is_some()) {
            continue;
        }
        middleware.push(decorator.name.clone());
        guards.extend(evidence.of_decorator(function.file, decorator));
    }
    if let Some(class) = evidence.function(function).and_then(|fact| fact.class).filter(|_| handler.class.is_none()) {
        guards.extend(evidence.of_class(class));
    }
    guards.extend(evidence.dependencies(function, 3));
    guards.extend(evidence.of_body(function));
}

/// One guard per kind and name, and none against CSRF where the route is exempt.
pub(super) fn finish(guards: &mut Vec<Guard>, middleware: &[String]) {
    if middleware.iter().any(|name| matches!(last(name), "csrf_exempt" | "exempt")) {
        guards.retain(|guard| guard.kind != GuardKind::Csrf);
    }
    for guard in guards.iter_mut() {
        guard.name = guard.name.replace(['<', '>'], "");
    }
    guards.sort();
    guards.dedup_by(|next, kept| (next.kind, &next.name) == (kept.kind, &kept.name));
    // What resolves and what is named alike at one place are one guard: the longer name tells more.
    let all = guards.clone();
    guards.retain(|guard| {
        !all.iter().any(|other| {
            other.kind == guard.kind
                && other.location.line == guard.location.line
                && other.location.path == guard.location.path
                && other.name.len() > guard.name.len()
                && last(&other.name) == last(&guard.name)
        })
    });
}

pub(super) fn session(
    evidence: &Evidence<'_>,
    app: &App,
    family: Family,
    functions: &[FuncRef],
    guards: &[Guard],
) -> SessionKind {
    let by_guard = guards.iter().filter_map(|guard| evidence.vocabulary.session(family, &guard.name));
    let here = functions.iter().filter_map(|function| evidence.session_in(*function)).chain(by_guard).min();
    here.unwrap_or_else(|| app.session(family))
}

fn name_of(evidence: &Evidence<'_>, value: &FactValue) -> String {
    if matches!(last(&value.name), "Depends" | "Security")
        && let Some(arg) = value.expr.and_then(|place| evidence.call(place)).and_then(|call| call.args.first())
    {
        return name_of(evidence, &arg.value);
    }
    let known = value.paths.iter().map(|path| path.trim_end_matches("()")).find(|path| !path.contains(['<', '?', '(']));
    if let Some(path) = known.filter(|_| value.function.is_none()) {
        return path.to_owned();
    }
    match (value.name.is_empty(), value.function) {
        (true, Some(function)) => evidence.name_of(function, "(function)"),
        (true, None) => "(unknown)".to_owned(),
        (false, _) => value.name.clone(),
    }
}

/// The constant inside a call that is not known: `scoped("/login")`.
fn inner_text(evidence: &Evidence<'_>, value: &FactValue) -> Option<String> {
    let place = value.expr.filter(|_| value.is_call)?;
    let tree = evidence.tree(place.file);
    let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return None };
    args.iter().find_map(|arg| tree.string_of(arg.value).map(str::to_owned))
}

/// The handler behind a value: a function, a class, or either inside wrappers such as `login_required(view)`.
fn resolve(evidence: &Evidence<'_>, file: FileId, value: &FactValue) -> Handler {
    let mut handler =
        Handler { function: value.function, class: value.class, name: value.name.clone(), ..Handler::default() };
    if let Some(class) = value.name.strip_suffix(".as_view").filter(|_| handler.function.is_none()) {
        last(class).clone_into(&mut handler.name);
        handler.class = handler.class.or_else(|| class_named(evidence, file, last(class)));
        return handler;
    }
    if handler.function.is_some() && !value.is_call {
        let name =
            evidence.name_of(value.function.unwrap_or(FuncRef { file, function: crate::syntax::FunctionId(0) }), "");
        handler.name = if name.is_empty() { value.name.clone() } else { name };
        return handler;
    }
    let Some(place) = value.expr.filter(|_| value.is_call && last(&value.name) != "include") else { return handler };
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
        let mut found = resolve(evidence, place.file, told);
        found.wrappers.insert(0, wrapper);
        return found;
    }
    // `wrap(controller.create)` whose inside is not known but by name.
    if let Some(named) = inner.iter().rev().find(|value| !value.name.is_empty()).filter(|_| handler.function.is_some())
    {
        handler.name.clone_from(&named.name);
        handler.function = None;
        handler.wrappers.push(wrapper);
    }
    handler
}

/// A value of which only the expression is known.
fn written_value(evidence: &Evidence<'_>, file: FileId, expr: crate::syntax::ExprId) -> FactValue {
    let tree = evidence.tree(file);
    if let ExprKind::Function(function) = tree.expr(expr).kind {
        let function = FuncRef { file, function };
        return FactValue { function: Some(function), span: tree.expr(expr).span, ..FactValue::default() };
    }
    let mut value = evidence.by_name(file, expr);
    value.expr = Some(Place { file, expr });
    value
}

/// A class by name: in the same file, or the only one of the project.
pub(super) fn class_named(evidence: &Evidence<'_>, file: FileId, name: &str) -> Option<ClassRef> {
    let in_file = |at: usize| {
        let tree = &evidence.project.files.get(at)?.tree;
        let (class, _) =
            tree.classes().find(|(_, class)| class.name.is_some_and(|symbol| tree.text(symbol) == name))?;
        Some(ClassRef { file: FileId(u32::try_from(at).ok()?), class })
    };
    if let Some(class) = in_file(file.0 as usize) {
        return Some(class);
    }
    let mut all = (0..evidence.project.files.len()).filter_map(in_file);
    all.next().filter(|_| all.next().is_none())
}

/// Methods of HTTP that a class-based view defines.
fn class_methods(evidence: &Evidence<'_>, class: ClassRef) -> Vec<String> {
    let tree = evidence.tree(class.file);
    let mut methods = Vec::new();
    for stmt in &tree.class(class.class).body {
        if let StmtKind::Function(function) = tree.stmt(*stmt).kind
            && let Some(name) = tree.function(function).name
            && matches!(tree.text(name), "get" | "post" | "put" | "patch" | "delete")
        {
            methods.push(tree.text(name).to_ascii_uppercase());
        }
    }
    methods
}

/// Methods that decorators such as `require_POST`, `require_http_methods([…])` and `api_view([…])` allow.
fn declared_methods(evidence: &Evidence<'_>, function: FuncRef) -> Vec<String> {
    let tree = evidence.tree(function.file);
    let mut methods = Vec::new();
    for decorator in &tree.function(function.function).decorators {
        let name = super::evidence::written(tree, *decorator);
        match last(&name) {
            "require_POST" => methods.push("POST".to_owned()),
            "require_GET" | "require_safe" => methods.push("GET".to_owned()),
            "require_http_methods" | "api_view" => {
                methods.extend(Walk::node(tree, Node::Expr(*decorator)).filter_map(|node| match node {
                    Node::Expr(expr) => tree.string_of(expr).map(str::to_ascii_uppercase),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    methods
}
