//! Who somebody is, taken from the client as it is said: a session for the account that a request names, a new password
//! for it, and passwords that are kept or compared as they were typed.
//!
//! Only handlers are told in which nothing at all could be a proof: no field that holds a password, a code or a token is
//! read, nothing is verified or compared, no other host is asked.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::client::Sent;
use super::columns::{is_secret, names_users};
use super::effects::{Access, EffectKind, texts};
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use super::plain::plain_password;
use super::reach::Reached;
use super::trusted::Trusted;
use crate::base::CodeContext;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Key, Literal, PatternKind, StmtKind, Symbol, TemplatePart, Tree};

/// How deep a handler is followed for what it does; for proofs it is followed as far as everything else.
pub(super) const DEPTH: u8 = 1;
/// Nodes of one chain of calls.
const MAX_CHAIN: usize = 600;

// Names of fields by which a client says whose account it wants.
pattern!(
    IDENTITY,
    r"(?i)^(user_?|account_?|login_?|customer_?|member_?|admin_?)?(e_?-?mail(_?address)?|name|login|phone(_?number)?|mobile|id|uid|uuid|identifier|handle|address|wallet(_?address)?|public_?key)$"
);
// Fields that may prove it.
pattern!(
    PROOF,
    r"(?i)pass|pwd|otp|code|^pin$|_pin$|token|credential|signature|assertion|secret|answer|hash|jwt|proof|init_?data|nonce|mnemonic|key$|ticket|challenge|state$|captcha_?ok"
);
// The same for a new password, which proves nothing by itself.
pattern!(
    RESET_PROOF,
    r"(?i)otp|code|^pin$|_pin$|token|credential|signature|secret|answer|hash|jwt|proof|nonce|key$|ticket|uid|old|current|existing|previous"
);
pattern!(
    VERIFIES,
    r"(?i)verif|compar|match|authenticat|validate_?(user|pass|cred|login|account|sign|otp|code|hash|pin|me$|$)|valid_?(pass|cred|otp|code|user|sign)|check_?(pass|pwd|cred|login|auth|user|otp|code|hash|pin|sign|$)|decode|oauth|exchange|get_?payload|token_?info|user_?info|confirm|challenge|digest|timing_?safe|constant_?time|sign_?in_?with|require_?|ensure_?|protect|get_?server_?session|current_?user|introspect"
);
// What gives somebody a session.
pattern!(
    ISSUES,
    r"(?i)^((create|generate|issue|make|sign|encode|build|new|gen|send|get|set)_?\w*(token|jwt|session|auth_?cookie)s?(_?(response|cookie))?|sign_?(access|jwt|payload)\w*|login_?user|for_user)$"
);
// What is made for other purposes than to be logged in with it.
pattern!(
    OTHER,
    r"(?i)reset|verif|otp|mail|confirm|csrf|invit|activat|password|refresh_?secret|device|push|upload|stream"
);

/// What is told of every project once: whether anything in it hashes passwords.
pub(super) struct Hashing<'e, 'a> {
    evidence: &'e Evidence<'a>,
    known: OnceCell<bool>,
}

impl<'e, 'a> Hashing<'e, 'a> {
    pub(super) fn of(evidence: &'e Evidence<'a>) -> Self {
        Self { evidence, known: OnceCell::new() }
    }

    /// Whether some code hashes, or hands passwords to a service that does.
    pub(super) fn exists(&self) -> bool {
        const NAMES: &[&str] = &[
            "bcrypt",
            "bcryptjs",
            "hashpw",
            "genSalt",
            "genSaltSync",
            "argon2",
            "scrypt",
            "scryptSync",
            "pbkdf2",
            "pbkdf2Sync",
            "pbkdf2_hmac",
            "generate_password_hash",
            "check_password_hash",
            "set_password",
            "make_password",
            "hash_password",
            "hashPassword",
            "get_password_hash",
            "encryptPassword",
            "CryptContext",
            "PasswordHasher",
            "PasswordHash",
            "UserCreationForm",
            "createUserWithEmailAndPassword",
            "signInWithPassword",
            "passportLocalMongoose",
            "Bun",
        ];
        // What is used for other things as well: it counts where a password is handed to it.
        const GENERAL: &[&str] =
            &["hash", "hashSync", "createHash", "createHmac", "encrypt", "sha256", "sha512", "md5", "digest"];
        *self.known.get_or_init(|| {
            self.evidence.project.files.iter().filter(|file| file.context == CodeContext::Production).any(|file| {
                NAMES.iter().any(|name| file.tree.symbol(name).is_some())
                    || ["gen_salt(", ".setPassword("].iter().any(|call| file.source.text().contains(call))
                    || GENERAL.iter().any(|name| file.tree.symbol(name).is_some()) && hashes_passwords(file, GENERAL)
            })
        })
    }
}

/// What a handler takes from the client as it is said.
pub(super) fn unproved(
    evidence: &Evidence<'_>,
    hashing: &Hashing<'_, '_>,
    reached: &[Reached<'_>],
    accesses: &[Access],
) -> Vec<Trusted> {
    let mut found: Vec<Trusted> = plain_password(evidence, hashing, reached, accesses).into_iter().collect();
    // Nobody's account is looked up or changed: that is so of most handlers.
    if !accesses.iter().any(|access| of_users(reached[access.at].tree, access.chain)) {
        return found;
    }
    let asked = fields(reached);
    let any = |regex| asked.iter().any(|field| matches(regex, field));
    let sends_password = asked.iter().any(|field| field.to_ascii_lowercase().contains("pass"));
    let (logs_in, resets) = (!any(&PROOF), sends_password && !any(&RESET_PROOF));
    if !(logs_in || resets) || !asked.iter().any(|field| matches(&IDENTITY, field)) || may_prove(reached, accesses) {
        return found;
    }
    let mails = accesses.iter().any(|access| matches!(access.effect.kind, EffectKind::Mail | EffectKind::Message));
    for (at, current) in reached.iter().enumerate().take_while(|(_, current)| current.depth <= DEPTH) {
        let here: Vec<&Access> = accesses.iter().filter(|access| access.at == at).collect();
        let accounts = Accounts::of(current, &here);
        if logs_in && !mails {
            let issued = accounts.issued(current);
            found.extend(issued.map(|(expr, field)| told("identity", field, evidence, current, expr)));
        }
        if resets {
            let set = accounts.password_set(current, &here);
            found.extend(set.map(|(expr, field)| told("account", field, evidence, current, expr)));
        }
    }
    found
}

pub(super) fn told(kind: &str, field: String, evidence: &Evidence<'_>, current: &Reached<'_>, expr: ExprId) -> Trusted {
    Trusted { kind: kind.to_owned(), field, location: current.locate(evidence, expr) }
}

/// Names of the fields that a handler and what it calls read of the request.
fn fields(reached: &[Reached<'_>]) -> FxHashSet<String> {
    let mut found = FxHashSet::default();
    for current in reached {
        found.extend(current.client.fields());
        found.extend(current.exprs().filter_map(|expr| {
            let reads = matches!(
                current.tree.expr(expr).kind,
                ExprKind::Member { .. } | ExprKind::Index { .. } | ExprKind::Call { .. }
            );
            current.client.field(expr).filter(|_| reads)
        }));
    }
    found
}

/// Whether anything that runs could show that the caller is who it says: a call that verifies, an identity that is there
/// already, another host that is asked, a part of the request that is handed on to what is not followed.
fn may_prove(reached: &[Reached<'_>], accesses: &[Access]) -> bool {
    if accesses.iter().any(|access| access.effect.kind == EffectKind::Fetch) {
        return true;
    }
    reached.iter().any(|current| {
        let tree = current.tree;
        let own = tree.function(current.function.function).name.is_some_and(|name| matches(&VERIFIES, tree.text(name)));
        own || current.exprs().any(|expr| match &tree.expr(expr).kind {
            ExprKind::Call { callee, args, .. } => {
                let name = written(tree, *callee);
                let name = last(&name);
                let plain = matches!(name, "validationResult" | "verifyEmail" | "validate_email" | "matchedData");
                let whole = || args.iter().any(|arg| matches!(current.client.of(arg.value), Some(Sent::Request)));
                !plain && (matches(&VERIFIES, name) || name == "fetch" || name == "authorize" || whole())
            }
            ExprKind::Member { name, .. } => {
                matches!(
                    tree.text(*name),
                    "authorization" | "Authorization" | "cookies" | "signedCookies" | "user" | "auth" | "current_user"
                ) && root_is_request(tree, expr)
            }
            ExprKind::Literal(Literal::Str(text)) => tree.text(*text).eq_ignore_ascii_case("authorization"),
            ExprKind::Name(name) => matches!(tree.text(*name), "current_user" | "currentUser"),
            _ => false,
        })
    })
}

/// `req.user`, `request.cookies`, `g.user`, `self.request.user`.
fn root_is_request(tree: &Tree, expr: ExprId) -> bool {
    let name = written(tree, expr);
    let root = name.rsplit_once('.').map_or("", |(root, _)| root);
    root.is_empty() || matches!(last(root), "req" | "request" | "ctx" | "c" | "g" | "context" | "headers" | "state")
}

/// Names of a function that hold an account which was looked up by what the client said, and what is made of them.
struct Accounts {
    /// The record itself, with the field that chose it.
    records: FxHashMap<Symbol, String>,
    /// What holds a part of it: a payload, an id.
    derived: FxHashMap<Symbol, String>,
}

impl Accounts {
    fn of(current: &Reached<'_>, accesses: &[&Access]) -> Self {
        let tree = current.tree;
        let mut records: FxHashMap<Symbol, String> = FxHashMap::default();
        let mut other: FxHashSet<Symbol> = FxHashSet::default();
        let mut values: Vec<(Symbol, ExprId)> = Vec::new();
        for (target, value) in assigned(current) {
            let PatternKind::Name(name) = tree.pattern(target).kind else { continue };
            values.push((name, value));
            let span = tree.expr(value).span;
            let read = accesses
                .iter()
                .filter(|access| access.effect.kind == EffectKind::Read)
                .filter(|access| span.contains(tree.expr(access.chain).span))
                .find(|access| of_users(tree, access.chain))
                .and_then(|access| named_by(current, access.chain));
            match read {
                Some(field) => drop(records.insert(name, field)),
                None if matches!(tree.expr(value).kind, ExprKind::Literal(_)) => {}
                None => drop(other.insert(name)),
            }
        }
        // `user = new User(…)` after `user = await User.findOne(…)`: it is a new account that is logged in.
        records.retain(|name, _| !other.contains(name));
        let mut accounts = Self { records, derived: FxHashMap::default() };
        for _ in 0..2 {
            for (name, value) in &values {
                if !accounts.records.contains_key(name)
                    && !matches!(tree.expr(*value).kind, ExprKind::Binary { .. } | ExprKind::Unary { .. })
                    && let Some(field) = accounts.mentioned(tree, *value)
                {
                    accounts.derived.insert(*name, field);
                }
            }
        }
        accounts
    }

    /// The field that chose the account which an expression speaks of.
    fn mentioned(&self, tree: &Tree, expr: ExprId) -> Option<String> {
        let mut names = Walk::node(tree, Node::Expr(expr)).take(MAX_CHAIN).filter_map(|node| match node {
            Node::Expr(expr) => match tree.expr(expr).kind {
                ExprKind::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        });
        names.find_map(|name| self.records.get(&name).or_else(|| self.derived.get(&name)).cloned())
    }

    /// Where a session or token is made for such an account.
    fn issued(&self, current: &Reached<'_>) -> Option<(ExprId, String)> {
        if self.records.is_empty() {
            return None;
        }
        let tree = current.tree;
        let by_call = current.exprs().find_map(|expr| {
            let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
            let name = written(tree, *callee);
            let (receiver, method) = name.rsplit_once('.').unwrap_or(("", &name));
            if !issues(receiver, method, args.len()) {
                return None;
            }
            let given = args.iter().find_map(|arg| self.mentioned(tree, arg.value));
            given.or_else(|| self.mentioned(tree, *callee)).map(|field| (expr, field))
        });
        by_call.or_else(|| {
            assigned(current).find_map(|(target, value)| {
                let PatternKind::Target(target) = tree.pattern(target).kind else { return None };
                let (ExprKind::Member { object, .. } | ExprKind::Index { object, .. }) = tree.expr(target).kind else {
                    return None;
                };
                let name = written(tree, object);
                let session = last(&name) == "session" || name.ends_with("session.user");
                self.mentioned(tree, value).filter(|_| session).map(|field| (value, field))
            })
        })
    }

    /// Where the password of such an account is set.
    fn password_set(&self, current: &Reached<'_>, accesses: &[&Access]) -> Option<(ExprId, String)> {
        let tree = current.tree;
        let record = |expr: ExprId| match tree.expr(expr).kind {
            ExprKind::Name(name) => self.records.get(&name).cloned(),
            _ => None,
        };
        let by_field = assigned(current).find_map(|(target, value)| {
            let PatternKind::Target(target) = tree.pattern(target).kind else { return None };
            let ExprKind::Member { object, name, .. } = tree.expr(target).kind else { return None };
            record(object).filter(|_| is_secret(tree.text(name))).map(|field| (value, field))
        });
        by_field
            .or_else(|| {
                current.exprs().find_map(|expr| {
                    let ExprKind::Call { callee, .. } = &tree.expr(expr).kind else { return None };
                    let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return None };
                    let sets = matches!(tree.text(name), "set_password" | "setPassword" | "changePassword");
                    let updates = tree.text(name) == "update" && stores_secret(tree, expr);
                    record(object).filter(|_| sets || updates).map(|field| (expr, field))
                })
            })
            .or_else(|| {
                accesses.iter().find_map(|access| {
                    let writes = matches!(access.effect.kind, EffectKind::Write | EffectKind::Password);
                    let (chain, name) = (access.chain, access.effect.name.to_ascii_lowercase());
                    let told = texts(tree, chain).concat().to_ascii_lowercase();
                    let statement = told.trim_start().starts_with("update") && told.contains("password");
                    let changes = statement || name.contains("update") && stores_secret(tree, chain);
                    let ours = writes && changes && of_users(tree, chain);
                    named_by(current, chain).filter(|_| ours).map(|field| (chain, field))
                })
            })
    }
}

/// Whether a call of one of these names, or the chain that it ends, speaks of a password.
fn hashes_passwords(file: &crate::flow::project::FileInfo, names: &[&str]) -> bool {
    const WORDS: &[&str] = &["pass", "pwd", "senha", "contrase", "clave", "credential"];
    file.tree.exprs().any(|(_, expr)| match &expr.kind {
        ExprKind::Call { callee, .. } if names.contains(&last(&written(&file.tree, *callee))) => {
            let text = file.source.slice(expr.span).to_ascii_lowercase();
            WORDS.iter().any(|word| text.contains(word))
        }
        _ => false,
    })
}

/// Whether a call gives a session: `jwt.sign`, `create_access_token`, `login_user`, Django's `login(request, user)`.
fn issues(receiver: &str, method: &str, count: usize) -> bool {
    let lower = receiver.to_ascii_lowercase();
    match method {
        "sign" | "encode" => lower.contains("jwt") || lower.contains("jsonwebtoken") || lower.contains("jose"),
        "login" | "logIn" => receiver.is_empty() && count >= 2 || matches!(last(receiver), "req" | "request"),
        _ => matches(&ISSUES, method) && !matches(&OTHER, method),
    }
}

/// Targets and values of the assignments of a function.
fn assigned<'t>(current: &Reached<'t>) -> impl Iterator<Item = (crate::syntax::PatternId, ExprId)> + use<'t> {
    let tree = current.tree;
    current.nodes().flat_map(move |node| -> Vec<(crate::syntax::PatternId, ExprId)> {
        match node {
            Node::Stmt(stmt) => match &tree.stmt(stmt).kind {
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    targets.iter().map(|target| (*target, *value)).collect()
                }
                _ => Vec::new(),
            },
            Node::Expr(expr) => match tree.expr(expr).kind {
                ExprKind::Assign { target, value, .. } => vec![(target, value)],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    })
}

/// Whether a chain of calls asks a collection of people who log in.
pub(super) fn of_users(tree: &Tree, chain: ExprId) -> bool {
    Walk::node(tree, Node::Expr(chain)).take(MAX_CHAIN).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => names_users(&[tree.text(*name)]),
            ExprKind::Literal(Literal::Str(_)) | ExprKind::Template { .. } => {
                let text = texts(tree, expr).concat().to_ascii_lowercase();
                let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
                words.next().is_some_and(|first| matches!(first, "select" | "update" | "insert" | "replace"))
                    && words.any(|word| names_users(&[word]))
                    || matches!(text.as_str(), "users" | "accounts" | "admins" | "customers" | "members")
            }
            _ => false,
        },
        _ => false,
    })
}

/// The field of the client by which a chain of calls finds its record.
fn named_by(current: &Reached<'_>, chain: ExprId) -> Option<String> {
    Walk::node(current.tree, Node::Expr(chain)).take(MAX_CHAIN).find_map(|node| match node {
        Node::Expr(expr) => current.client.field(expr).filter(|name| matches(&IDENTITY, name)),
        _ => None,
    })
}

fn stores_secret(tree: &Tree, chain: ExprId) -> bool {
    secrets_in(tree, chain).next().is_some()
}

/// Values that a chain of calls is given for a password: `{ password: hash }`, `password=hash`.
pub(super) fn secrets_in(tree: &Tree, chain: ExprId) -> impl Iterator<Item = (&str, ExprId)> {
    Walk::node(tree, Node::Expr(chain)).take(MAX_CHAIN).flat_map(move |node| -> Vec<(&str, ExprId)> {
        let Node::Expr(expr) = node else { return Vec::new() };
        match &tree.expr(expr).kind {
            ExprKind::Map { entries } => entries
                .iter()
                .filter_map(|entry| match entry.key {
                    Some(Key::Static(key, _)) => Some((tree.text(key), entry.value)),
                    _ => None,
                })
                .filter(|(key, _)| is_secret(key))
                .collect(),
            ExprKind::Call { args, .. } => {
                let named = args.iter().filter_map(|arg| arg.name.map(|name| (tree.text(name), arg.value)));
                let stated = args.first().is_some_and(|first| states_secret(tree, first.value));
                let bound = args.iter().skip(1).filter(|_| stated).flat_map(|arg| elements(tree, arg.value));
                named.filter(|(name, _)| is_secret(name)).chain(bound.map(|value| ("password", value))).collect()
            }
            // ``sql`UPDATE users SET password = ${password}` ``
            ExprKind::Template { parts, tag: Some(_) } if states_secret(tree, expr) => parts
                .iter()
                .filter_map(|part| match part {
                    TemplatePart::Value(value) => Some(("password", *value)),
                    TemplatePart::Text(_) => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    })
}

/// Whether a statement that changes rows names a column for passwords.
fn states_secret(tree: &Tree, expr: ExprId) -> bool {
    let text = texts(tree, expr).join(" ");
    let mut words = text.split(|one: char| !one.is_alphanumeric() && one != '_').filter(|word| !word.is_empty());
    words
        .next()
        .is_some_and(|word| ["insert", "update", "replace"].iter().any(|first| word.eq_ignore_ascii_case(first)))
        && words.take(120).any(is_secret)
}

/// The elements of a list that is written out, or the value itself.
fn elements(tree: &Tree, expr: ExprId) -> Vec<ExprId> {
    match &tree.expr(expr).kind {
        ExprKind::Sequence { items, .. } => items.iter().map(|item| item.value).collect(),
        _ => vec![expr],
    }
}
