//! NestJS: classes with `@Controller`, their methods with `@Get`, and the guards that decorators put on them.

use super::app::App;
use super::conventions::endpoint;
use super::evidence::{Evidence, last, written};
use super::found::Found;
use super::metadata::{self, Reading, Stands};
use super::routers::joined;
use super::{Endpoint, Guard, GuardKind};
use crate::flow::facts::{ClassRef, FileId};
use crate::model::index::Family;
use crate::syntax::{Arg, ExprId, ExprKind, FunctionId, Key, Literal, StmtKind, Tree};

/// What holds for every controller.
#[derive(Default)]
struct Global {
    prefix: String,
    guards: Vec<Asked>,
    /// `new ValidationPipe()` for all.
    pipe: Option<Guard>,
    /// How many limits the throttler keeps, each by its name.
    limits: usize,
}

/// What one guard checks, and how it goes by the metadata of a route.
#[derive(Default)]
struct Asked {
    guards: Vec<Guard>,
    reading: Reading,
}

impl Asked {
    /// Its guards where these keys are set.
    fn on<'s>(&'s self, keys: &[String]) -> impl Iterator<Item = &'s Guard> {
        let stands = self.reading.stands(keys);
        self.guards.iter().filter(move |guard| match stands {
            Stands::Yes => true,
            Stands::Known => guard.kind == GuardKind::Authentication,
            Stands::No => false,
        })
    }
}

/// Routes of all controllers, gateways and resolvers.
pub(super) fn routes(evidence: &Evidence<'_>, app: &App, endpoints: &mut Vec<Endpoint>) {
    let nest = |imported: &[String]| imported.iter().any(|module| module.starts_with("@nestjs/"));
    let files = || (0u32..).map(FileId).zip(&evidence.project.files).filter(|(_, info)| nest(&info.imported));
    let mut global = Global::default();
    for (file, info) in files().filter(|(_, info)| info.family == Family::JavaScript) {
        of_app(evidence, file, &info.tree, &mut global);
    }
    for (file, info) in files() {
        for (id, class) in info.tree.classes() {
            for decorator in &class.decorators {
                let (name, args) = called(&info.tree, *decorator);
                let class = ClassRef { file, class: id };
                match name {
                    "Controller" => {
                        let prefixes = paths(&info.tree, args);
                        controller(evidence, app, class, &prefixes, &global, endpoints);
                    }
                    "WebSocketGateway" | "Resolver" => {
                        controller(evidence, app, class, &[String::new()], &global, endpoints);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn called(tree: &Tree, decorator: ExprId) -> (&str, &[Arg]) {
    let (callee, args): (ExprId, &[Arg]) = match &tree.expr(decorator).kind {
        ExprKind::Call { callee, args, .. } => (*callee, args),
        _ => (decorator, &[]),
    };
    match &tree.expr(callee).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => (tree.text(*name), args),
        _ => ("", args),
    }
}

/// The paths of `@Get()`, `@Get("x")`, `@Get(["x", "y"])`, `@Controller({ path: "x", version: "1" })`.
fn paths(tree: &Tree, args: &[Arg]) -> Vec<String> {
    let Some(first) = args.first() else { return vec![String::new()] };
    let field = |wanted: &str| match &tree.expr(first.value).kind {
        ExprKind::Map { entries } => entries
            .iter()
            .find(|entry| matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == wanted))
            .map(|entry| entry.value),
        _ => None,
    };
    let text = |expr: ExprId| tree.string_of(expr).map(str::to_owned);
    let found: Vec<String> = match &tree.expr(first.value).kind {
        ExprKind::Sequence { items, .. } => items.iter().filter_map(|item| text(item.value)).collect(),
        ExprKind::Map { .. } => {
            let version = field("version").and_then(text).map_or_else(String::new, |version| format!("v{version}"));
            field("path").and_then(text).map(|path| joined(&version, &path)).into_iter().collect()
        }
        _ => text(first.value).into_iter().collect(),
    };
    if found.is_empty() { vec![String::new()] } else { found }
}

/// `app.setGlobalPrefix("api")`, `app.useGlobalGuards(new AuthGuard())`, `{ provide: APP_GUARD, useClass: AuthGuard }`.
fn of_app(evidence: &Evidence<'_>, file: FileId, tree: &Tree, global: &mut Global) {
    let wanted = ["setGlobalPrefix", "useGlobalGuards", "useGlobalPipes", "APP_GUARD", "APP_PIPE", "ThrottlerModule"];
    if wanted.iter().all(|name| tree.symbol(name).is_none()) {
        return;
    }
    for (id, expr) in tree.exprs() {
        match &expr.kind {
            ExprKind::Call { callee, args, .. } => match last(&written(tree, *callee)) {
                "setGlobalPrefix" => {
                    if let Some(prefix) = args.first().and_then(|arg| tree.string_of(arg.value)) {
                        prefix.clone_into(&mut global.prefix);
                    }
                }
                "useGlobalGuards" => {
                    for arg in args {
                        global.guards.push(guards_of(evidence, file, arg.value));
                    }
                }
                "useGlobalPipes" if args.iter().any(|arg| written(tree, arg.value).ends_with("ValidationPipe")) => {
                    global.pipe = Some(pipe(evidence, file, tree, id));
                }
                _ => {}
            },
            ExprKind::Map { entries } => {
                let value = |wanted: &str| {
                    entries
                        .iter()
                        .find(|entry| matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == wanted))
                        .map(|entry| entry.value)
                };
                if value("ttl").is_some() && value("limit").is_some() {
                    global.limits += 1;
                }
                let provided = value("provide").map(|value| written(tree, value)).unwrap_or_default();
                let class = value("useClass").or_else(|| value("useExisting")).or_else(|| value("useValue"));
                match (provided.as_str(), class) {
                    ("APP_GUARD", Some(class)) => global.guards.push(guards_of(evidence, file, class)),
                    ("APP_PIPE", Some(class)) if written(tree, class).ends_with("ValidationPipe") => {
                        global.pipe = Some(pipe(evidence, file, tree, id));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn pipe(evidence: &Evidence<'_>, file: FileId, tree: &Tree, expr: ExprId) -> Guard {
    let location = evidence.locate(file, tree.expr(expr).span);
    Guard { kind: GuardKind::Validation, name: "ValidationPipe".to_owned(), location }
}

/// `AuthGuard("local")` is the login itself, `AuthGuard("google")` sends people to another host.
fn takes_password(tree: &Tree, expr: ExprId) -> bool {
    const BEGIN: [&str; 14] = [
        "local",
        "ldap",
        "google",
        "github",
        "gitlab",
        "facebook",
        "twitter",
        "discord",
        "linkedin",
        "apple",
        "microsoft",
        "oauth",
        "oidc",
        "saml",
    ];
    let ExprKind::Call { args, .. } = &tree.expr(expr).kind else { return false };
    args.first().and_then(|arg| tree.string_of(arg.value)).is_some_and(|strategy| {
        let name = strategy.to_ascii_lowercase();
        !name.contains("jwt") && !name.contains("token") && BEGIN.iter().any(|begin| name.starts_with(begin))
    })
}

/// What a guard of `@UseGuards(…)` checks: `JwtAuthGuard`, `AuthGuard("jwt")`, `RolesGuard`, `ThrottlerGuard`.
fn guards_of(evidence: &Evidence<'_>, file: FileId, expr: ExprId) -> Asked {
    let tree = evidence.tree(file);
    let name = written(tree, expr);
    let short = last(&name);
    let location = evidence.locate(file, tree.expr(expr).span);
    let lower = short.to_ascii_lowercase();
    let mut kinds = Vec::new();
    let of_machines = super::vocabulary::tells_machines(&lower);
    if super::vocabulary::lets_strangers_in(short)
        || lower.starts_with("local")
        || of_machines
        || takes_password(tree, expr)
    {
        return Asked::default();
    }
    if lower.contains("throttl") || lower.contains("ratelimit") {
        kinds.push(GuardKind::RateLimit);
    }
    for (word, kind) in [
        ("auth", GuardKind::Authentication),
        ("jwt", GuardKind::Authentication),
        ("session", GuardKind::Authentication),
        ("apikey", GuardKind::Authentication),
        ("loggedin", GuardKind::Authentication),
        ("role", GuardKind::Authorization),
        ("admin", GuardKind::Authorization),
        ("permission", GuardKind::Authorization),
        ("polic", GuardKind::Authorization),
        ("owner", GuardKind::Authorization),
        ("csrf", GuardKind::Csrf),
        ("signature", GuardKind::Signature),
        ("webhook", GuardKind::Signature),
    ] {
        if lower.contains(word) {
            kinds.push(kind);
        }
    }
    let mut reading = Reading::default();
    if let Some(class) = evidence.class_named(file, short) {
        if metadata::hands_on_nobody(evidence, class) {
            return Asked::default();
        }
        kinds.extend(evidence.kinds_of_class(class));
        reading = Reading::of(evidence, class);
    }
    kinds.sort_unstable();
    kinds.dedup();
    let guard = |kind| Guard { kind, name: name.clone(), location: location.clone() };
    Asked { guards: kinds.into_iter().map(guard).collect(), reading }
}

/// Guards of the decorators of a class or method, and whether they say that it is public.
fn decorated(evidence: &Evidence<'_>, file: FileId, decorators: &[ExprId]) -> (Vec<Asked>, Vec<String>, bool) {
    let tree = evidence.tree(file);
    let mut found = Vec::new();
    let alone = |kind, name: &str, location| {
        let guards = vec![Guard { kind, name: name.to_owned(), location }];
        Asked { guards, reading: Reading::default() }
    };
    let mut names = Vec::new();
    let mut public = false;
    for decorator in decorators {
        let (name, args) = called(tree, *decorator);
        let location = evidence.locate(file, tree.expr(*decorator).span);
        let lower = name.to_ascii_lowercase();
        names.push(name.to_owned());
        match lower.as_str() {
            "useguards" | "applydecorators" => {
                for arg in args {
                    found.push(guards_of(evidence, file, arg.value));
                }
            }
            "usepipes" => found.push(alone(GuardKind::Validation, name, location)),
            "throttle" => found.push(alone(GuardKind::RateLimit, name, location)),
            "roles" | "permissions" | "requirepermissions" | "requireroles" | "checkpolicies" => {
                found.push(alone(GuardKind::Authorization, name, location));
            }
            "auth" | "authenticated" | "requireauth" => {
                found.push(alone(GuardKind::Authentication, name, location));
            }
            _ => {
                let open = ["public", "skipauth", "allowanonymous", "noauth", "ispublic", "unauthenticated"];
                public |= open.contains(&lower.as_str());
                let inner = metadata::put_on(evidence, file, name);
                found.extend(inner.into_iter().map(|(file, guard)| guards_of(evidence, file, guard)));
            }
        }
    }
    (found, names, public)
}

fn controller(
    evidence: &Evidence<'_>,
    app: &App,
    class: ClassRef,
    prefixes: &[String],
    global: &Global,
    endpoints: &mut Vec<Endpoint>,
) {
    let tree = evidence.tree(class.file);
    let node = tree.class(class.class);
    let class_name = node.name.map_or("", |name| tree.text(name));
    let (class_guards, class_names, class_public) = decorated(evidence, class.file, &node.decorators);
    let class_skips = class_names.iter().any(|name| name == "SkipThrottle") && skips(tree, &node.decorators, global);
    for stmt in &node.body {
        let StmtKind::Function(function) = tree.stmt(*stmt).kind else { continue };
        for decorator in &tree.function(function).decorators {
            let (name, args) = called(tree, *decorator);
            let Some((framework, method)) = answers(name) else { continue };
            let (own, names, own_public) = decorated(evidence, class.file, &tree.function(function).decorators);
            for prefix in prefixes {
                for path in paths(tree, args) {
                    let handler = tree.function(function).name.map_or("", |name| tree.text(name));
                    let path = match framework {
                        "nestjs" => joined(&joined(&global.prefix, prefix), &path),
                        _ if path.is_empty() => handler.to_owned(),
                        _ => path,
                    };
                    let path = match framework {
                        "nestjs" if !path.starts_with('/') => format!("/{path}"),
                        _ => path,
                    };
                    let mut made = endpoint(evidence, app, class.file, &path, method.to_owned(), function, &[]);
                    framework.clone_into(&mut made.framework);
                    made.handler = format!("{class_name}.{handler}");
                    made.location = evidence.locate(class.file, tree.expr(*decorator).span);
                    let mut found = Found::take(&mut made);
                    found.middleware.extend(names.iter().filter(|other| *other != name).cloned());
                    let mut keys = metadata::keys(evidence, class.file, &node.decorators);
                    keys.extend(metadata::keys(evidence, class.file, &tree.function(function).decorators));
                    let own_skips = skips(tree, &tree.function(function).decorators, global);
                    let limited = names.iter().any(|name| matches!(name.as_str(), "Throttle" | "SkipThrottle"));
                    let skipped = own_skips || class_skips && !limited;
                    let kept = |guard: &&Guard| !(skipped && guard.kind == GuardKind::RateLimit);
                    let here = class_guards.iter().chain(&own).flat_map(|asked| asked.on(&keys));
                    found.guards.extend(here.filter(kept).cloned());
                    let public = class_public || own_public;
                    let holds = |guard: &&Guard| {
                        !public || !matches!(guard.kind, GuardKind::Authentication | GuardKind::Authorization)
                    };
                    let holds_too = |guard: &&Guard| holds(guard) && kept(guard);
                    let told = global.guards.iter().filter(|asked| asked.reading.knows_public());
                    found.guards.extend(told.flat_map(|asked| asked.on(&keys)).filter(kept).cloned());
                    let untold = global.guards.iter().filter(|asked| !asked.reading.knows_public());
                    found.guards.extend(untold.flat_map(|asked| asked.on(&keys)).filter(holds_too).cloned());
                    found.guards.extend(validated(evidence, class.file, function, global));
                    found.guards.extend(piped(evidence, class.file, function));
                    found.guards.extend(uploads(evidence, class.file, function));
                    if framework == "nestjs" && !matches!(method, "GET" | "HEAD" | "OPTIONS") {
                        // The parsers that `NestFactory.create` sets up have a limit.
                        let name = "NestFactory.bodyParser".to_owned();
                        found.guards.push(Guard { kind: GuardKind::BodyLimit, name, location: made.location.clone() });
                    }
                    found.finish();
                    found.put(&mut made);
                    endpoints.push(made);
                }
            }
        }
    }
}

/// Whether `@SkipThrottle()` switches off all limits: not where it names fewer than there are, or says `false`.
fn skips(tree: &Tree, decorators: &[ExprId], global: &Global) -> bool {
    decorators.iter().any(|decorator| match called(tree, *decorator) {
        ("SkipThrottle", args) => match args.first().map(|arg| &tree.expr(arg.value).kind) {
            Some(ExprKind::Map { entries }) => {
                let on = |value: ExprId| matches!(tree.expr(value).kind, ExprKind::Literal(Literal::Bool(true)));
                entries.len() >= global.limits && entries.iter().all(|entry| on(entry.value))
            }
            _ => true,
        },
        _ => false,
    })
}

fn answers(decorator: &str) -> Option<(&'static str, &'static str)> {
    Some(match decorator {
        "Get" | "Sse" => ("nestjs", "GET"),
        "Post" => ("nestjs", "POST"),
        "Put" => ("nestjs", "PUT"),
        "Patch" => ("nestjs", "PATCH"),
        "Delete" => ("nestjs", "DELETE"),
        "All" => ("nestjs", "ANY"),
        "Head" => ("nestjs", "HEAD"),
        "Options" => ("nestjs", "OPTIONS"),
        "SubscribeMessage" => ("socketio", "EVENT"),
        "Query" => ("graphql", "QUERY"),
        "Mutation" => ("graphql", "MUTATION"),
        "Subscription" => ("graphql", "SUBSCRIPTION"),
        _ => return None,
    })
}

/// A body of a class whose fields are checked by the pipe.
fn validated(evidence: &Evidence<'_>, file: FileId, function: FunctionId, global: &Global) -> Option<Guard> {
    let pipe = global.pipe.as_ref()?;
    let tree = evidence.tree(file);
    let checked = tree.function(function).params.iter().any(|param| {
        let bound =
            param.decorators.iter().any(|decorator| matches!(called(tree, *decorator).0, "Body" | "Query" | "Args"));
        let class =
            param.annotation.and_then(|annotation| evidence.class_named(file, last(&written(tree, annotation))));
        bound && class.is_some()
    });
    checked.then(|| pipe.clone())
}

/// `@Param("id", ParseUUIDPipe) id`, `@Query(new ZodValidationPipe(schema)) query`: a pipe of one argument.
fn piped(evidence: &Evidence<'_>, file: FileId, function: FunctionId) -> Option<Guard> {
    let tree = evidence.tree(file);
    let decorators = tree.function(function).params.iter().flat_map(|param| &param.decorators);
    decorators
        .filter_map(|decorator| match called(tree, *decorator) {
            ("Body" | "Query" | "Param" | "Args" | "UploadedFile" | "UploadedFiles", args) => Some(args),
            _ => None,
        })
        .flatten()
        .find_map(|arg| {
            let (name, _) = called(tree, arg.value);
            let checks = name.ends_with("Pipe") && name != "DefaultValuePipe";
            let location = evidence.locate(file, tree.expr(arg.value).span);
            checks.then(|| Guard { kind: GuardKind::Validation, name: name.to_owned(), location })
        })
}

/// `@UseInterceptors(FileInterceptor("file", { limits, fileFilter }))`: what an upload may be.
fn uploads(evidence: &Evidence<'_>, file: FileId, function: FunctionId) -> Vec<Guard> {
    let tree = evidence.tree(file);
    let interceptors =
        tree.function(function).decorators.iter().filter_map(|decorator| match called(tree, *decorator) {
            ("UseInterceptors", args) => Some(args),
            _ => None,
        });
    let mut found = Vec::new();
    for arg in interceptors.flatten() {
        let (name, args) = called(tree, arg.value);
        if !matches!(name, "FileInterceptor" | "FilesInterceptor" | "FileFieldsInterceptor" | "AnyFilesInterceptor") {
            continue;
        }
        let Some(ExprKind::Map { entries }) = args.last().map(|arg| &tree.expr(arg.value).kind) else { continue };
        for entry in entries {
            let Some(Key::Static(key, _)) = entry.key else { continue };
            let kind = match tree.text(key) {
                "limits" => GuardKind::BodyLimit,
                "fileFilter" => GuardKind::Validation,
                _ => continue,
            };
            let location = evidence.locate(file, tree.expr(entry.value).span);
            found.push(Guard { kind, name: name.to_owned(), location });
        }
    }
    found
}
