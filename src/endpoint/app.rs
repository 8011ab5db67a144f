//! What holds for a whole app: guards that are switched on once, and how callers are recognised.

use super::evidence::{Evidence, last, written};
use super::{Guard, GuardKind, SessionKind};
use crate::flow::facts::{Facts, FileId};
use crate::model::index::Family;
use crate::syntax::{ExprId, ExprKind, Key, Literal, PatternKind, StmtKind, Tree};

/// What holds for a whole app, per family of languages.
pub(super) struct App {
    guards: Vec<(Family, String, Guard)>,
    sessions: Vec<(Family, SessionKind)>,
    rest: RestSettings,
}

/// Defaults of Django REST framework, from the settings module.
#[derive(Default)]
pub(super) struct RestSettings {
    /// Guards of views that do not say otherwise.
    pub permissions: Vec<Guard>,
    /// Throttles of views that do not say otherwise.
    pub throttles: Vec<Guard>,
    /// How callers are recognised: told when only tokens are.
    pub session: Option<SessionKind>,
}

impl App {
    pub(super) fn new(evidence: &Evidence<'_>, facts: &Facts) -> Self {
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
                    let guard = Guard { kind: known.kind, name: path.to_string(), location };
                    guards.push((family, known.library.clone(), guard));
                }
            }
        }
        for read in &facts.reads {
            let family = evidence.family(read.place.file);
            let kinds = read.paths.iter().filter_map(|path| evidence.vocabulary.session(family, path));
            sessions.extend(kinds.map(|kind| (family, kind)));
        }
        named_in_settings(evidence, &mut guards);
        content_length(evidence, &mut guards);
        default_limits(evidence, &mut guards);
        sessions.sort_unstable();
        sessions.dedup();
        guards.sort_by(|a, b| (&a.1, &a.2).cmp(&(&b.1, &b.2)));
        guards.dedup();
        Self { guards, sessions, rest: rest_settings(evidence) }
    }

    pub(super) fn session(&self, family: Family) -> SessionKind {
        match self.sessions.iter().filter(|(of, _)| *of == family).collect::<Vec<_>>().as_slice() {
            [(_, kind)] => *kind,
            _ => SessionKind::Unknown,
        }
    }

    pub(super) fn guards(&self, family: Family, library: &str) -> impl Iterator<Item = &Guard> {
        self.guards.iter().filter(move |(of, by, _)| *of == family && by == library).map(|(.., guard)| guard)
    }

    pub(super) fn rest(&self) -> &RestSettings {
        &self.rest
    }
}

/// `Limiter(get_remote_address, app=app, default_limits=["50 per hour"])`, where it is bound to an app: by `app`, by
/// `init_app`, in FastAPI by its middleware.
fn default_limits(evidence: &Evidence<'_>, guards: &mut Vec<(Family, String, Guard)>) {
    let mounted = |tree: &Tree| {
        tree.symbol("SlowAPIMiddleware").or_else(|| tree.symbol("SlowAPIASGIMiddleware")).is_some()
            && tree.symbol("add_middleware").or_else(|| tree.symbol("Middleware")).is_some()
    };
    let bound = |tree: &Tree| {
        tree.symbol("init_app").is_some()
            && tree.exprs().any(|(_, expr)| match &expr.kind {
                ExprKind::Call { callee, .. } => {
                    let name = written(tree, *callee).to_ascii_lowercase();
                    last(&name) == "init_app" && name.contains("limit")
                }
                _ => false,
            })
    };
    for (file, tree) in python_files(evidence) {
        if tree.symbol("default_limits").is_none() {
            continue;
        }
        let imported = &evidence.project.file(file).imported;
        let imports = |module: &str| imported.iter().any(|known| known.starts_with(module));
        for (_, expr) in tree.exprs() {
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            if last(&written(tree, *callee)) != "Limiter" {
                continue;
            }
            let named = |wanted: &str| {
                args.iter().find(|arg| arg.name.is_some_and(|name| tree.text(name) == wanted)).map(|arg| arg.value)
            };
            let limits = named("default_limits").is_some_and(|value| match &tree.expr(value).kind {
                ExprKind::Sequence { items, .. } => !items.is_empty(),
                _ => true,
            });
            let given = args.first().is_some_and(|arg| {
                matches!(tree.expr(arg.value).kind, ExprKind::Name(name) if matches!(tree.text(name), "app" | "application"))
            });
            let library = if imports("flask_limiter") {
                let on = given || named("app").is_some() || python_files(evidence).any(|(_, tree)| bound(tree));
                on.then_some("flask")
            } else if imports("slowapi") {
                python_files(evidence).any(|(_, tree)| mounted(tree)).then_some("fastapi")
            } else {
                None
            };
            if let Some(library) = library.filter(|_| limits) {
                let location = evidence.locate(file, expr.span);
                let guard = Guard { kind: GuardKind::RateLimit, name: "Limiter".to_owned(), location };
                guards.push((Family::Python, library.to_owned(), guard));
            }
        }
    }
}

/// Guards that a settings module names as text: `MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]`.
fn named_in_settings(evidence: &Evidence<'_>, guards: &mut Vec<(Family, String, Guard)>) {
    for (path, kind, library) in evidence.vocabulary.app_wide(Family::Python) {
        for (file, tree) in python_files(evidence) {
            let Some(symbol) = tree.symbol(path) else { continue };
            let literal = tree
                .exprs()
                .find(|(_, expr)| matches!(expr.kind, ExprKind::Literal(Literal::Str(text)) if text == symbol));
            if let Some((_, expr)) = literal {
                let location = evidence.locate(file, expr.span);
                guards.push((Family::Python, library.to_owned(), Guard { kind, name: path.to_owned(), location }));
            }
        }
    }
}

fn python_files<'a>(evidence: &'a Evidence<'_>) -> impl Iterator<Item = (FileId, &'a Tree)> {
    let files = (0u32..).map(FileId).zip(&evidence.project.files);
    files.filter(|(_, file)| file.family == Family::Python).map(|(id, file)| (id, &*file.tree))
}

/// Flask's `app.config["MAX_CONTENT_LENGTH"] = …`, as an element, a keyword or a setting.
fn content_length(evidence: &Evidence<'_>, guards: &mut Vec<(Family, String, Guard)>) {
    const NAME: &str = "MAX_CONTENT_LENGTH";
    for (file, tree) in python_files(evidence) {
        let Some(symbol) = tree.symbol(NAME) else { continue };
        let mut found = Vec::new();
        for (_, stmt) in tree.stmts() {
            let StmtKind::Assign { targets, value: Some(_), .. } = &stmt.kind else { continue };
            found
                .extend(targets.iter().filter(|target| names(tree, tree.pattern(**target), symbol)).map(|_| stmt.span));
        }
        for (_, expr) in tree.exprs() {
            match &expr.kind {
                ExprKind::Call { args, .. } if args.iter().any(|arg| arg.name == Some(symbol)) => found.push(expr.span),
                ExprKind::Map { entries } => found.extend(
                    entries
                        .iter()
                        .any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if key == symbol))
                        .then_some(expr.span),
                ),
                _ => {}
            }
        }
        if let Some(span) = found.into_iter().min_by_key(|span| span.start) {
            let location = evidence.locate(file, span);
            let guard = Guard { kind: GuardKind::BodyLimit, name: NAME.to_owned(), location };
            guards.push((Family::Python, "flask".to_owned(), guard));
        }
    }
}

fn names(tree: &Tree, pattern: &crate::syntax::Pattern, symbol: crate::syntax::Symbol) -> bool {
    match pattern.kind {
        PatternKind::Name(name) => name == symbol,
        PatternKind::Target(expr) => match &tree.expr(expr).kind {
            ExprKind::Index { index, .. } => {
                matches!(tree.expr(*index).kind, ExprKind::Literal(Literal::Str(text)) if text == symbol)
            }
            _ => false,
        },
        _ => false,
    }
}

/// `REST_FRAMEWORK = { "DEFAULT_PERMISSION_CLASSES": […], … }`
fn rest_settings(evidence: &Evidence<'_>) -> RestSettings {
    let mut settings = RestSettings::default();
    for (file, tree) in python_files(evidence) {
        if tree.symbol("REST_FRAMEWORK").is_none() {
            continue;
        }
        for (_, expr) in tree.exprs() {
            let ExprKind::Map { entries } = &expr.kind else { continue };
            for entry in entries {
                let key = match entry.key {
                    Some(Key::Static(key, _)) => tree.text(key),
                    Some(Key::Computed(key)) => tree.string_of(key).unwrap_or_default(),
                    None => continue,
                };
                match key {
                    "DEFAULT_PERMISSION_CLASSES" => settings.permissions.extend(classes(evidence, file, entry.value)),
                    "DEFAULT_THROTTLE_CLASSES" => settings.throttles.extend(classes(evidence, file, entry.value)),
                    "DEFAULT_AUTHENTICATION_CLASSES" => {
                        let texts: Vec<String> = texts(tree, entry.value);
                        let cookie = texts.iter().any(|text| text.contains("Session") || text.contains("Cookie"));
                        if !texts.is_empty() {
                            settings.session = Some(if cookie { SessionKind::Cookie } else { SessionKind::Token });
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    settings
}

fn texts(tree: &Tree, list: ExprId) -> Vec<String> {
    match &tree.expr(list).kind {
        ExprKind::Sequence { items, .. } => items
            .iter()
            .map(|item| tree.string_of(item.value).map_or_else(|| written(tree, item.value), str::to_owned))
            .collect(),
        _ => tree.string_of(list).map(str::to_owned).into_iter().collect(),
    }
}

fn classes(evidence: &Evidence<'_>, file: FileId, list: ExprId) -> Vec<Guard> {
    let tree = evidence.tree(file);
    let location = evidence.locate(file, tree.expr(list).span);
    let mut found = Vec::new();
    for name in texts(tree, list) {
        for kind in super::django::kinds_of_permission(evidence, file, last(&name)) {
            found.push(Guard { kind, name: name.clone(), location: location.clone() });
        }
    }
    found
}
