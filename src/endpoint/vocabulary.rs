//! What models say about routes, mounts, guards and sessions, compiled for looking up by access path.

use rustc_hash::FxHashMap;

use super::patterns::Pattern;
use super::{GuardKind, SessionKind};
use crate::model::index::Family;
use crate::model::path::ArgPath;
use crate::model::schema::{Model, RuleBook};

/// What tells a route's path, when no argument does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ToldBy {
    Argument,
    /// The place of the file.
    File,
    /// The name of the function that is decorated, or that the result is bound to.
    Name,
}

/// A declaration of routes.
pub(super) struct Route {
    pub library: String,
    pub path: Option<ArgPath>,
    /// The path stands at the receiver (`router.route("/x").get(…)`).
    pub path_of_receiver: bool,
    /// What else tells the path.
    pub told_by: ToldBy,
    pub default_path: Option<String>,
    pub framework: Option<String>,
    pub table: Option<ArgPath>,
    pub hooks: Vec<ArgPath>,
    pub options: Vec<(ArgPath, GuardKind)>,
    pub methods: Vec<String>,
    pub methods_arg: Option<ArgPath>,
    pub handler: Option<ArgPath>,
    pub middleware: Option<ArgPath>,
}

/// A call that mounts.
pub(super) struct Mount {
    pub prefix: Option<ArgPath>,
    pub mounted: ArgPath,
    pub makes: bool,
    pub middleware: Option<ArgPath>,
    pub replaces: bool,
}

/// A guard by access path.
pub(super) struct KnownGuard {
    pub library: String,
    pub kind: GuardKind,
    pub app_wide: bool,
}

/// Everything of the models that endpoints need.
#[derive(Default)]
pub(super) struct Vocabulary {
    routes: FxHashMap<(Family, String), Route>,
    mounts: FxHashMap<(Family, String), Mount>,
    guards: FxHashMap<(Family, String), Vec<KnownGuard>>,
    sessions: FxHashMap<(Family, String), SessionKind>,
    names: Vec<(Family, GuardKind, Pattern)>,
}

impl Vocabulary {
    pub(super) fn new(book: &RuleBook) -> Self {
        let mut vocabulary = Self::default();
        // What is told in `routes-…` comes last, and takes the place of what the library's own file says.
        let more = |model: &&Model| model.library.starts_with("routes-");
        let (told, library): (Vec<&Model>, Vec<&Model>) = book.models.iter().partition(more);
        for model in library.into_iter().chain(told) {
            vocabulary.add(model);
        }
        vocabulary
    }

    fn add(&mut self, model: &Model) {
        let family = if model.language == "python" { Family::Python } else { Family::JavaScript };
        let parse = |text: &String| ArgPath::parse(text).ok();
        // `routes-flask` tells more of `flask`.
        let library = model.library.strip_prefix("routes-").unwrap_or(&model.library);
        for route in &model.routes {
            let told_by = match route.path.as_str() {
                "file" => ToldBy::File,
                "name" => ToldBy::Name,
                _ => ToldBy::Argument,
            };
            for path in &route.paths {
                let compiled = Route {
                    library: library.to_owned(),
                    path: parse(&route.path).filter(|_| told_by == ToldBy::Argument),
                    path_of_receiver: route.path == "receiver",
                    told_by,
                    default_path: route.default_path.clone(),
                    framework: route.framework.clone(),
                    table: route.table.as_ref().and_then(parse),
                    hooks: route.hooks.iter().filter_map(parse).collect(),
                    options: route
                        .options
                        .iter()
                        .filter_map(|option| Some((parse(&option.arg)?, kind_of(&option.kind)?)))
                        .collect(),
                    methods: route.methods.clone(),
                    methods_arg: route.methods_arg.as_ref().and_then(parse),
                    handler: route.handler.as_ref().and_then(parse),
                    middleware: route.middleware.as_ref().and_then(parse),
                };
                self.routes.insert((family, path.clone()), compiled);
            }
        }
        for mount in &model.mounts {
            for path in &mount.paths {
                let Some(mounted) = parse(&mount.mounted) else { continue };
                let compiled = Mount {
                    prefix: mount.prefix.as_ref().and_then(parse),
                    makes: mount.mounted == "return",
                    mounted,
                    middleware: mount.middleware.as_ref().and_then(parse),
                    replaces: mount.replaces,
                };
                self.mounts.insert((family, path.clone()), compiled);
            }
        }
        for session in &model.sessions {
            let kind = if session.kind == "cookie" { SessionKind::Cookie } else { SessionKind::Token };
            for path in &session.paths {
                self.sessions.insert((family, bare(path).to_owned()), kind);
            }
        }
        for guard in &model.guards {
            let Some(kind) = kind_of(&guard.kind) else { continue };
            for path in &guard.paths {
                let known = KnownGuard { library: library.to_owned(), kind, app_wide: guard.app_wide };
                self.guards.entry((family, bare(path).to_owned())).or_default().push(known);
            }
            for name in &guard.names {
                self.names.push((family, kind, Pattern::read(&format!("^(?:{name})$"))));
            }
        }
    }

    pub(super) fn route(&self, family: Family, path: &str) -> Option<&Route> {
        self.routes.get(&(family, path.to_owned()))
    }

    pub(super) fn mount(&self, family: Family, path: &str) -> Option<&Mount> {
        self.mounts.get(&(family, path.to_owned()))
    }

    /// Guards of a path, whether it names the function or what calling it gives.
    pub(super) fn guards(&self, family: Family, path: &str) -> &[KnownGuard] {
        self.guards.get(&(family, bare(path).to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Kinds of the guards whose path ends in a name, for what is named but not resolved (base classes).
    pub(super) fn guards_by_last(&self, family: Family, name: &str) -> Vec<GuardKind> {
        let fits = |path: &str| path.rsplit('.').next() == Some(name) && !path.starts_with(['<', '?']);
        let entries = self.guards.iter().filter(|((of, path), _)| *of == family && fits(path));
        let mut kinds: Vec<GuardKind> = entries.flat_map(|(_, known)| known.iter().map(|known| known.kind)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Every path of a guard that holds for the whole app, with its kind and library.
    pub(super) fn app_wide(&self, family: Family) -> Vec<(&str, GuardKind, &str)> {
        let entries = self.guards.iter().filter(|((of, _), _)| *of == family);
        let mut found: Vec<(&str, GuardKind, &str)> = entries
            .flat_map(|((_, path), known)| {
                known
                    .iter()
                    .filter(|known| known.app_wide)
                    .map(|known| (path.as_str(), known.kind, known.library.as_str()))
            })
            .collect();
        found.sort_unstable();
        found
    }

    pub(super) fn session(&self, family: Family, path: &str) -> Option<SessionKind> {
        self.sessions.get(&(family, bare(path).to_owned())).copied()
    }

    /// What a function with this (last) name is taken to check.
    pub(super) fn named(&self, family: Family, name: &str) -> Option<GuardKind> {
        if name.is_empty() || name.len() > 80 || lets_strangers_in(name) {
            return None;
        }
        let fits = |entry: &&(Family, GuardKind, Pattern)| entry.0 == family && entry.2.is_match(name);
        // The most telling kind first: `admin_required` is both.
        let order = [GuardKind::RateLimit, GuardKind::Csrf, GuardKind::Authorization, GuardKind::Authentication];
        let kinds: Vec<GuardKind> = self.names.iter().filter(fits).map(|entry| entry.1).collect();
        order.into_iter().find(|kind| kinds.contains(kind)).or(kinds.first().copied())
    }
}

/// `isNotAuthenticated`, `redirectIfLoggedIn`: the opposite of a guard.
pub(super) fn lets_strangers_in(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "");
    const PARTS: [&str; 9] =
        ["notauth", "notlogged", "notsigned", "ifauth", "iflogged", "unauth", "guest", "optional", "ornone"];
    PARTS.iter().any(|part| name.contains(part))
}

/// Whether a name, in lower case, speaks of telling people from machines, or of addresses that are kept out: who they are it does
/// not ask.
pub(super) fn tells_machines(lower: &str) -> bool {
    const PARTS: [&str; 13] = [
        "captcha",
        "turnstile",
        "altcha",
        "honeypot",
        "botcheck",
        "blockedip",
        "blockip",
        "ipblock",
        "bannedip",
        "ipban",
        "ipfilter",
        "geoblock",
        "maintenance",
    ];
    let bare = lower.replace('_', "");
    PARTS.iter().any(|part| bare.contains(part))
}

/// Whether a function demands something, by its name, rather than looks it up.
pub(super) fn demands(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    const WORDS: [&str; 13] = [
        "jwtverify",
        "require",
        "ensure",
        "assert",
        "enforce",
        "protect",
        "check",
        "verify",
        "authorize",
        "authenticate",
        "validate",
        "restrict",
        "must",
    ];
    WORDS.iter().any(|word| name.starts_with(word)) || name.ends_with("required")
}

/// Whether a function of the project is worth looking into when a handler calls it.
pub(super) fn may_guard(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    const PARTS: [&str; 17] = [
        "auth",
        "user",
        "admin",
        "session",
        "token",
        "login",
        "logged",
        "permission",
        "role",
        "access",
        "owner",
        "limit",
        "guard",
        "verify",
        "require",
        "ensure",
        "signature",
    ];
    PARTS.iter().any(|part| lower.contains(part))
}

/// A path without calls at its end.
fn bare(path: &str) -> &str {
    path.trim_end_matches("()")
}

fn kind_of(name: &str) -> Option<GuardKind> {
    Some(match name {
        "authentication" => GuardKind::Authentication,
        "authorization" => GuardKind::Authorization,
        "csrf" => GuardKind::Csrf,
        "rate-limit" => GuardKind::RateLimit,
        "validation" => GuardKind::Validation,
        "body-limit" => GuardKind::BodyLimit,
        "signature" => GuardKind::Signature,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_project_functions_tell_what_they_check() {
        let vocabulary = Vocabulary::new(crate::model::built_in());
        let python = |name| vocabulary.named(Family::Python, name);
        for name in ["require_auth", "login_required", "get_current_user", "verify_token", "check_api_key"] {
            assert_eq!(python(name), Some(GuardKind::Authentication), "{name}");
        }
        for name in ["admin_required", "require_admin", "require_role", "check_permissions"] {
            assert_eq!(python(name), Some(GuardKind::Authorization), "{name}");
        }
        for name in ["get_db", "index", "author", "authors", "create_user", "users", "login", "get_users", "paginate"] {
            assert_eq!(python(name), None, "{name}");
        }
        let javascript = |name| vocabulary.named(Family::JavaScript, name);
        for name in [
            "requireAuth",
            "authenticateToken",
            "isLoggedIn",
            "verifyToken",
            "authMiddleware",
            "protect",
            "ensureAuthenticated",
        ] {
            assert_eq!(javascript(name), Some(GuardKind::Authentication), "{name}");
        }
        assert_eq!(javascript("loginLimiter"), Some(GuardKind::RateLimit));
        assert_eq!(javascript("csrfProtection"), Some(GuardKind::Csrf));
        assert_eq!(javascript("isAdmin"), Some(GuardKind::Authorization));
        for name in [
            "isNotAuthenticated",
            "redirectIfLoggedIn",
            "getUser",
            "json",
            "logger",
            "createUser",
            "handler",
            "cors",
            "helmet",
            "errorHandler",
        ] {
            assert_eq!(javascript(name), None, "{name}");
        }
    }
}
