//! From the facts of calls and decorators to routes with their guards.

use super::app::App;
use super::evidence::{Evidence, last};
use super::found::{Found, gather, safe_methods, session};
use super::handler::{self, Handler};
use super::orphan::Orphans;
use super::routers::{Chain, Routers, constant_text, flattened, joined};
use super::urlconf::Urlconf;
use super::vocabulary::{Route, ToldBy, Vocabulary};
use super::{
    Endpoint, Guard, GuardKind, Surface, behaviour, conventions, django, nest, node, places, procedures, remote, rest,
};
use crate::flow::Project;
use crate::flow::facts::{CallFact, FactValue, Facts, FileId, FuncRef, Place};
use crate::model::index::Family;
use crate::model::path::{ArgBase, ArgPath, Segment};
use crate::model::schema::{Constant, RuleBook};
use crate::syntax::{ExprKind, Key, Node, Walk};

/// How many routes one table may declare.
const MAX_TABLE: usize = 500;

/// Every route of the project, in order of file and place.
#[must_use]
pub fn extract(project: &Project, facts: &Facts, book: &RuleBook) -> Surface {
    if project.files.is_empty() {
        return Surface::default();
    }
    let vocabulary = Vocabulary::new(book);
    let evidence = Evidence::new(project, facts, &vocabulary);
    let routers = Routers::new(&evidence, facts);
    let urlconf = Urlconf::new(&evidence, facts);
    let app = App::new(&evidence, facts);
    let bare = bare_decorators(&evidence, facts);
    let orphans = Orphans::default();
    let context = Context { evidence: &evidence, routers: &routers, urlconf: &urlconf, app: &app, orphans: &orphans };
    let mut endpoints = Vec::new();
    for call in facts.calls.iter().chain(&bare) {
        let family = evidence.family(call.place.file);
        let known = call.paths.iter().find_map(|path| Some((path, vocabulary.route(family, path)?)));
        if let Some((path, route)) = known {
            let framework = route.framework.clone().unwrap_or_else(|| framework(path, &route.library));
            Declared { call, route, framework, context: &context }.endpoints(&mut endpoints);
        }
    }
    conventions::next(&evidence, &app, &mut endpoints);
    places::routes(&evidence, &app, &mut endpoints);
    remote::routes(&evidence, &app, &mut endpoints);
    places::python_servers(&evidence, &app, &mut endpoints);
    nest::routes(&evidence, &app, &mut endpoints);
    procedures::routes(&evidence, &app, &mut endpoints);
    endpoints.sort_by(|a, b| (&a.location, &a.path, &a.methods).cmp(&(&b.location, &b.path, &b.methods)));
    endpoints.dedup();
    super::refused::mark(&evidence, &mut endpoints);
    super::admitted::mark(&evidence, &mut endpoints);
    behaviour::describe(&evidence, facts, book, endpoints)
}

/// Everything that is known of the project as a whole.
struct Context<'a> {
    evidence: &'a Evidence<'a>,
    routers: &'a Routers,
    urlconf: &'a Urlconf,
    app: &'a App,
    orphans: &'a Orphans,
}

/// Decorators without arguments that declare routes (`@mcp.tool`), as calls.
fn bare_decorators(evidence: &Evidence<'_>, facts: &Facts) -> Vec<CallFact> {
    let mut found = Vec::new();
    for function in &facts.functions {
        let place = function.function;
        let family = evidence.family(place.file);
        for (at, decorator) in function.decorators.iter().enumerate() {
            let declares = decorator.paths.iter().any(|path| evidence.vocabulary.route(family, path).is_some());
            let expr = evidence.tree(place.file).function(place.function).decorators.get(at);
            if let (true, None, Some(expr)) = (declares, decorator.call, expr) {
                found.push(CallFact {
                    place: Place { file: place.file, expr: *expr },
                    span: decorator.span,
                    callee_span: decorator.span,
                    paths: decorator.paths.clone(),
                    inside: None,
                    receiver: None,
                    args: Vec::new(),
                    purpose: Vec::new(),
                    decorates: Some(place),
                });
            }
        }
    }
    found
}

/// The framework's name: `<flask.Flask>.route` → `flask`.
fn framework(path: &str, library: &str) -> String {
    let root = path.trim_start_matches(['<', '\'', '@']);
    let end = root.find(['.', '>', '(', '\'', '/']).unwrap_or(root.len());
    if root[..end].is_empty() || root.starts_with('?') { library.to_owned() } else { root[..end].to_owned() }
}

struct Declared<'a> {
    call: &'a CallFact,
    route: &'a Route,
    framework: String,
    context: &'a Context<'a>,
}

/// One route of a declaration: its methods, what handles it, and what follows the declared path.
struct Target {
    methods: Vec<String>,
    handler: Handler,
    tail: String,
    action: Option<String>,
}

impl Declared<'_> {
    fn endpoints(&self, endpoints: &mut Vec<Endpoint>) {
        let evidence = self.context.evidence;
        if let Some(table) = &self.route.table {
            for (path, value) in entries(self.call.argument(table)).into_iter().take(MAX_TABLE) {
                let handler = handler::resolve(evidence, self.call.place.file, value);
                self.push(&handler, path.as_ref(), endpoints);
            }
            if self.route.handler.is_none() {
                return;
            }
        }
        let Some(handler) = self.handler() else { return };
        let admin = handler.name.ends_with("admin.site.urls");
        let urls = self.route.library == "django" && last(&handler.name) == "urls" && !admin;
        if last(&handler.name) == "include" || urls {
            return;
        }
        let paths = self.listed_paths();
        if paths.len() > 1 {
            for path in &paths {
                self.push(&handler, Some(path), endpoints);
            }
            return;
        }
        let path = self.path(&handler);
        // A server that looks at the path itself.
        if let (ToldBy::File, Some("/*"), Some(function)) = (self.route.told_by, path.as_deref(), handler.function) {
            for path in node::compared_paths(evidence.tree(function.file), function.function) {
                self.push(&handler, Some(&path), endpoints);
            }
            return;
        }
        self.push(&handler, path.as_ref(), endpoints);
    }

    fn push(&self, handler: &Handler, path: Option<&String>, endpoints: &mut Vec<Endpoint>) {
        let evidence = self.context.evidence;
        let file = self.call.place.file;
        let path = path.cloned().unwrap_or_else(|| {
            let receiver = self.route.path_of_receiver;
            if receiver { String::new() } else { "{unknown}".to_owned() }
        });
        let router = self.router();
        let unmounted = router.and_then(|router| self.context.routers.unmounted(evidence, router));
        if unmounted.is_some_and(|router| self.context.orphans.has(evidence, router)) {
            return;
        }
        let mut chains = if last_is(&self.call.paths, ".register") && self.route.library == "django" {
            let name = self.call.receiver.as_ref().map_or("", |receiver| receiver.name.as_str());
            self.context.urlconf.router_prefixes(evidence, file, name)
        } else if self.route.library == "django" && router.is_none() {
            self.context.urlconf.prefixes(file).into_iter().map(Chain::of_prefix).collect()
        } else {
            self.context.routers.chains(evidence, router, self.call, &path)
        };
        if self.route.library == "django" && router.is_some() && !last_is(&self.call.paths, ".register") {
            for chain in &mut chains {
                let root = chain.root.clone().unwrap_or_default();
                let above = self.context.urlconf.router_prefixes(evidence, file, &root);
                chain.prefix = joined(above.first().map_or("", |above| above.prefix.as_str()), &chain.prefix);
            }
        }
        let python = evidence.family(file) == Family::Python;
        for target in self.targets(handler) {
            for chain in &chains {
                let bare = path.trim_start_matches('^').trim_end_matches('$');
                let full = joined(&chain.prefix, bare);
                let full = if target.tail.is_empty() { full } else { joined(&full, &target.tail) };
                let full = if target.action.is_some() && python && !full.ends_with('/') { full + "/" } else { full };
                let full = if full.is_empty() { "/".to_owned() } else { full };
                let full = if self.is_named() { path.clone() } else { full };
                endpoints.push(self.endpoint(&target, full, chain));
            }
        }
    }

    /// Events, tools and procedures have names, not paths.
    fn is_named(&self) -> bool {
        const KINDS: [&str; 6] = ["EVENT", "TOOL", "RESOURCE", "QUERY", "MUTATION", "SUBSCRIPTION"];
        self.route.methods.iter().any(|method| KINDS.contains(&method.as_str()))
    }

    /// A class answers several routes: one for each method or action.
    fn targets(&self, handler: &Handler) -> Vec<Target> {
        let evidence = self.context.evidence;
        let one =
            |methods: Vec<String>| Target { methods, handler: handler.clone(), tail: String::new(), action: None };
        let listed = self.listed_methods();
        let class = handler.class.filter(|class| evidence.family(class.file) == Family::Python);
        let Some(class) = class.filter(|_| handler.function.is_none()) else {
            let mut methods = listed;
            if let Some(function) = handler.function.filter(|_| methods.is_empty() && self.route.library == "django") {
                methods = handler::declared_methods(evidence, function);
            }
            let generic = django::generic_methods(last(&handler.name));
            if methods.is_empty() && self.route.library == "django" {
                methods = generic.iter().map(|method| (*method).to_owned()).collect();
            }
            if let Some(function) = handler.function.filter(|_| self.route.told_by == ToldBy::File) {
                let span = evidence.tree(function.file).function(function.function).span;
                let body = evidence.project.file(function.file).source.slice(span);
                methods = conventions::answered(body).unwrap_or(methods);
            }
            if methods.is_empty() {
                methods.clone_from(&self.route.methods);
            }
            return vec![one(sorted(methods))];
        };
        if last_is(&self.call.paths, ".register") {
            let actions = django::actions(evidence, class).into_iter().map(|action| {
                let name = format!("{}.{}", last(&handler.name), action.name);
                let handler = Handler { function: action.function, name, ..handler.clone() };
                Target { methods: sorted(action.methods), handler, tail: action.path, action: Some(action.name) }
            });
            let actions: Vec<Target> = actions.collect();
            return if actions.is_empty() { vec![one(self.route.methods.clone())] } else { actions };
        }
        if let Some(mapped) = self.mapped_actions(handler) {
            return mapped;
        }
        let mut targets: Vec<Target> = Vec::new();
        for (methods, function) in handler::class_methods(evidence, class) {
            let kept = methods.into_iter().filter(|method| listed.is_empty() || listed.contains(method)).collect();
            let name = match function {
                Some(function) => format!("{}.{}", handler.name, evidence.name_of(function, "")),
                None => handler.name.clone(),
            };
            let handler = Handler { function, name, ..handler.clone() };
            targets.push(Target { methods: sorted(kept), handler, tail: String::new(), action: None });
        }
        targets.retain(|target| !target.methods.is_empty());
        if targets.is_empty() {
            vec![one(sorted(if listed.is_empty() { self.route.methods.clone() } else { listed }))]
        } else {
            targets
        }
    }

    /// `ViewSet.as_view({"get": "list", "post": "create"})`
    fn mapped_actions(&self, handler: &Handler) -> Option<Vec<Target>> {
        let evidence = self.context.evidence;
        let value = flattened(self.call.argument(self.route.handler.as_ref()?)).pop()?;
        let place = value.expr.filter(|_| value.is_call && value.name.ends_with(".as_view"))?;
        let tree = evidence.tree(place.file);
        let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return None };
        let ExprKind::Map { entries } = &tree.expr(args.first()?.value).kind else { return None };
        let class = handler.class?;
        let mut targets = Vec::new();
        for entry in entries.iter().take(16) {
            let key = match entry.key {
                Some(Key::Static(key, _)) => tree.text(key),
                Some(Key::Computed(key)) => tree.string_of(key)?,
                None => return None,
            };
            let action = tree.string_of(entry.value)?;
            let name = format!("{}.{action}", handler.name);
            let handler = Handler { function: evidence.method(class, action), name, ..handler.clone() };
            let methods = vec![key.to_ascii_uppercase()];
            targets.push(Target { methods, handler, tail: String::new(), action: Some(action.to_owned()) });
        }
        Some(targets)
    }

    /// `app.get(["/health", "/api/health"], …)`: the paths of a list.
    fn listed_paths(&self) -> Vec<String> {
        let javascript = self.context.evidence.family(self.call.place.file) == Family::JavaScript;
        let told = self.route.path.as_ref().filter(|_| javascript && self.route.told_by == ToldBy::Argument);
        let values = told.map(|path| self.call.argument(path)).unwrap_or_default();
        let [list] = values.as_slice() else { return Vec::new() };
        let text = |item: &FactValue| match &item.constant {
            Some(Constant::Str(text)) => Some(text.clone()),
            _ => None,
        };
        list.items.iter().filter_map(text).collect()
    }

    /// The path as declared; nothing where it is not a constant.
    fn path(&self, handler: &Handler) -> Option<String> {
        let evidence = self.context.evidence;
        match self.route.told_by {
            ToldBy::File => {
                return Some(places::of_file(evidence.project.file(self.call.place.file).source.path()));
            }
            ToldBy::Name => {
                let named = constant_text(self.call, &ArgPath::parse("0:name").ok()?)
                    .or_else(|| constant_text(self.call, &ArgPath::parse("name").ok()?))
                    .filter(|_| self.call.decorates.is_some());
                let bound = self.call.purpose.first().cloned().filter(|_| self.call.decorates.is_none());
                return named.or(bound).or_else(|| Some(handler.name.clone())).filter(|name| !name.is_empty());
            }
            ToldBy::Argument => {}
        }
        let told = self.route.path.as_ref().and_then(|path| {
            constant_text(self.call, path).or_else(|| {
                let value = self.call.argument(path).first().copied().filter(|_| !self.route.path_of_receiver)?;
                // `api.users.list.path`, of a table of routes in another file.
                inner_text(evidence, value).or_else(|| super::literal::text(evidence, value.expr?))
            })
        });
        let given = self.route.path.as_ref().is_some_and(|path| !self.call.argument(path).is_empty());
        told.or_else(|| self.route.default_path.clone().filter(|_| !given))
    }

    /// The router the route is on; a chain `router.route(p).get(a).post(b)` goes back to its beginning.
    fn router(&self) -> Option<Place> {
        let evidence = self.context.evidence;
        let Some(receiver) = self.call.receiver.as_ref() else {
            return self.context.routers.decorator_receiver(evidence, self.call);
        };
        let mut place = receiver.made_at?;
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

    fn handler(&self) -> Option<Handler> {
        let evidence = self.context.evidence;
        if let Some(function) = self.call.decorates {
            return Some(Handler::of_function(evidence, function));
        }
        if let Some(class) = evidence.decorated_class(self.call.place) {
            return Some(Handler::of_class(evidence, class));
        }
        let path = self.route.handler.as_ref()?;
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
        let found = handler::resolve(evidence, self.call.place.file, value);
        // A server that hands on to an app is no route of its own.
        let handed_on = self.route.told_by != ToldBy::Argument
            && found.function.is_none()
            && (super::routers::is_router(value) || !value.name.is_empty());
        (!handed_on || self.framework == "mcp").then_some(found)
    }

    fn listed_methods(&self) -> Vec<String> {
        let listed =
            self.route.methods_arg.as_ref().map(|path| flattened(self.call.argument(path))).unwrap_or_default();
        let texts = listed.into_iter().filter_map(|value| match &value.constant {
            Some(Constant::Str(text)) => Some(text.to_ascii_uppercase()),
            _ => None,
        });
        let methods = texts.map(|method| if method == "*" { "ANY".to_owned() } else { method }).collect();
        sorted(methods)
    }

    /// Hooks among the options of a route: what the engine knows of them, with the names that are written.
    fn hooks(&self, argument: &ArgPath) -> Vec<FactValue> {
        let evidence = self.context.evidence;
        let known: Vec<FactValue> = flattened(self.call.argument(argument)).into_iter().cloned().collect();
        let written = self.written_option(argument);
        let mut found = Vec::new();
        for (at, place) in written.iter().enumerate() {
            let mut value = evidence.by_name(place.file, place.expr);
            value.expr = Some(*place);
            match known.get(at).filter(|_| known.len() == written.len()) {
                Some(known) if !known.paths.is_empty() || known.function.is_some() => {
                    found.push(FactValue { name: value.name, span: value.span, expr: value.expr, ..known.clone() });
                }
                _ => found.push(value),
            }
        }
        if found.is_empty() { known } else { found }
    }

    /// The expressions of `{ preHandler: [a, b] }` at an argument path with one field.
    fn written_option(&self, argument: &ArgPath) -> Vec<Place> {
        let place = self.call.place;
        let tree = self.context.evidence.tree(place.file);
        let (ArgBase::Position(at), [Segment::Member(field)]) = (&argument.base, argument.tail.as_slice()) else {
            return Vec::new();
        };
        let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return Vec::new() };
        let options = args.get(*at as usize).map(|arg| &tree.expr(arg.value).kind);
        let Some(ExprKind::Map { entries }) = options else { return Vec::new() };
        let entry =
            entries.iter().find(|entry| matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == field));
        let Some(value) = entry.map(|entry| entry.value) else { return Vec::new() };
        let exprs = match &tree.expr(value).kind {
            ExprKind::Sequence { items, .. } => items.iter().map(|item| item.value).collect(),
            _ => vec![value],
        };
        exprs.into_iter().map(|expr| Place { file: place.file, expr }).collect()
    }

    /// What a framework does by itself.
    fn built_in(&self, target: &Target, found: &mut Found) {
        let location = self.context.evidence.locate(self.call.place.file, self.call.span);
        let mut push = |kind, name: &str| {
            found.guards.push(Guard { kind, name: name.to_owned(), location: location.clone() });
        };
        let name = target.handler.name.as_str();
        if self.framework == "fastify" {
            // `bodyLimit` is 1 MiB unless it is set.
            push(GuardKind::BodyLimit, "fastify.bodyLimit");
        }
        if name.ends_with("admin.site.urls") {
            push(GuardKind::Authentication, name);
            push(GuardKind::Authorization, name);
        }
        let writes = django::generic_methods(last(name)).contains(&"POST") && target.handler.class.is_none();
        if self.route.library == "django" && writes && !name.ends_with("LogoutView") {
            push(GuardKind::Validation, name);
        }
    }

    fn endpoint(&self, target: &Target, path: String, chain: &Chain) -> Endpoint {
        let Context { evidence, app, .. } = *self.context;
        let handler = &target.handler;
        let file = self.call.place.file;
        let family = evidence.family(file);
        let mut front: Vec<(FileId, FactValue)> = chain.middleware.clone();
        let handler_expr = self.route.handler.as_ref().and_then(|path| flattened(self.call.argument(path)).pop()?.expr);
        for argument in &self.route.hooks {
            front.extend(self.hooks(argument).into_iter().map(|value| (file, value)));
        }
        if let Some(argument) = &self.route.middleware {
            let own = flattened(self.call.argument(argument));
            let own = own.into_iter().filter(|value| handler_expr.is_none() || value.expr != handler_expr);
            front.extend(own.map(|value| (file, value.clone())));
        }
        // `auth=None` of django-ninja takes back what stands above.
        if self.call.paths.iter().any(|path| path.starts_with("<ninja.")) {
            let none =
                |(at, value): &(FileId, FactValue)| evidence.project.file(*at).source.slice(value.span) == "None";
            if let Some(last) = front.iter().rposition(none) {
                front.drain(..=last);
            }
        }
        front.extend(handler.wrappers.iter().cloned());
        let mut found =
            Found { guards: app.guards(family, &self.route.library).cloned().collect(), ..Found::default() };
        let mut functions: Vec<FuncRef> = handler.function.into_iter().collect();
        for (at, value) in &front {
            found.front(evidence, *at, value, &path, last(&handler.name));
            functions.extend(value.function);
        }
        self.built_in(target, &mut found);
        for (argument, kind) in &self.route.options {
            for value in self.call.argument(argument) {
                let span = if value.span == crate::base::Span::default() { self.call.span } else { value.span };
                let name = argument.tail.iter().rev().find_map(|segment| match segment {
                    Segment::Member(name) => Some(name.clone()),
                    _ => None,
                });
                let location = evidence.locate(file, span);
                found.guards.push(Guard { kind: *kind, name: name.unwrap_or_else(|| named(argument)), location });
            }
        }
        // `app.get("/users", isAuthorized())`, the handler being added by something else. `passport.authenticate` logs in.
        let last_value = self.route.handler.as_ref().and_then(|path| flattened(self.call.argument(path)).pop());
        if let Some(value) = last_value.filter(|value| {
            handler.function.is_none() && handler.class.is_none() && last(&value.name) != "authenticate"
        }) {
            found.guards.extend(evidence.of_value(file, value));
        }
        gather(evidence, handler, Some(self.call.place), &mut found);
        let mut session = session(evidence, app, family, &functions, &found.guards);
        if self.route.library == "django" {
            rest::refine(evidence, app, handler, target.action.as_deref(), &target.methods, &mut found, &mut session);
        }
        let library = handler.name.starts_with("django.") || handler.name.starts_with("rest_framework");
        if handler.function.is_none() && handler.class.is_none() && !library {
            found.unknown.push(format!("the handler `{}` is not resolved", handler.name));
        }
        let mut handling = handler.functions(evidence, &target.methods);
        handling.extend(self.call.decorates);
        if handling.iter().any(|function| takes_signature(evidence, *function)) {
            found.unknown.push("a signature is taken and handed on".to_owned());
        }
        if path.contains("{unknown}") {
            found.unknown.push("the path is not a constant".to_owned());
        }
        found.finish();
        safe_methods(&mut found.guards, &target.methods);
        let handler_location = handler
            .function
            .filter(|function| self.call.decorates != Some(*function))
            .and_then(|function| Some((function, evidence.function(function)?)))
            .map(|(function, fact)| evidence.locate(function.file, fact.span))
            // What a class inherits stands where the class does.
            .or_else(|| {
                let class = handler.class?;
                Some(evidence.locate(class.file, evidence.tree(class.file).class(class.class).name_span))
            });
        Endpoint {
            framework: self.framework.clone(),
            methods: target.methods.clone(),
            path,
            handler: handler.name.clone(),
            location: evidence.locate(file, self.call.span),
            handler_location,
            context: evidence.project.file(file).context,
            middleware: found.middleware,
            guards: found.guards,
            session,
            effects: Vec::new(),
            notes_owner: false,
            any_password: false,
            trusts: Vec::new(),
            functions: handler.functions(evidence, &target.methods),
            unknown: found.unknown,
        }
    }
}

/// `@Headers("x-shop-signature") signature`: whether the name of a header in a handler says that it signs something.
fn takes_signature(evidence: &Evidence<'_>, function: FuncRef) -> bool {
    let file = evidence.project.file(function.file);
    Walk::node(&file.tree, Node::Function(function.function)).take(400).any(|node| {
        let Node::Expr(id) = node else { return false };
        file.tree.string_of(id).is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            name.contains('-') && name.len() < 60 && ["signature", "hmac"].iter().any(|word| name.contains(word))
        })
    })
}

/// `authorizer=members`: what an argument is called.
fn named(argument: &ArgPath) -> String {
    match &argument.base {
        ArgBase::Keyword(name) | ArgBase::Either(_, name) => name.clone(),
        _ => String::new(),
    }
}

fn sorted(mut methods: Vec<String>) -> Vec<String> {
    methods.sort();
    methods.dedup();
    methods
}

fn last_is(paths: &[std::sync::Arc<str>], suffix: &str) -> bool {
    paths.iter().any(|path| path.ends_with(suffix))
}

/// Entries of a table of routes: pairs in a list, or a map.
fn entries(values: Vec<&FactValue>) -> Vec<(Option<String>, &FactValue)> {
    let mut found = Vec::new();
    for value in values {
        found.extend(value.fields.iter().map(|(key, value)| (Some(key.clone()), value)));
        for item in &value.items {
            let text = item.items.first().and_then(|first| match &first.constant {
                Some(Constant::Str(text)) => Some(text.clone()),
                _ => None,
            });
            if let Some(handler) = item.items.get(1) {
                found.push((text, handler));
            }
        }
    }
    found
}

/// The constant inside a call that is not known: `scoped("/login")`.
fn inner_text(evidence: &Evidence<'_>, value: &FactValue) -> Option<String> {
    let place = value.expr.filter(|_| value.is_call)?;
    let tree = evidence.tree(place.file);
    let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return None };
    args.iter().find_map(|arg| tree.string_of(arg.value).map(str::to_owned))
}
