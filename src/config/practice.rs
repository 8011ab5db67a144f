//! What programs of any language do that is as good as a setting: the apps they make, the security headers they send, the
//! passwords they give to users they create, how long passwords must be.
//!
//! | key | value |
//! |---|---|
//! | `app` | the framework of an application object |
//! | `headers.<name>` | a security header that is sent, where it can be read |
//! | `headers.library` | something that sends several of them |
//! | `user.password` | a password written in the code that a user gets; masked |
//! | `accepted.password` | a password written in the code that lets whoever knows it in; masked |
//! | `password.min_length` | the least length that passwords must have |
//! | `password.rule` | something else looks at new passwords: a pattern, a function, a validator |

mod accounts;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Setting;
use super::value::{Node as Known, Sink, Value};
use crate::base::{CodeContext, SourceFile};
use crate::syntax::{
    Arg, BinaryOp, Entry, ExprId, ExprKind, Key, Literal, LogicalOp, Node, PatternKind, StmtKind, TemplatePart, Tree,
    Walk,
};

/// Headers that tell browsers to be careful.
const HEADERS: &[&str] = &[
    "content-security-policy",
    "content-security-policy-report-only",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
];

/// Functions that make a hash of a password, and that give users one.
const HASHING: &[&str] = &[
    "generate_password_hash",
    "get_password_hash",
    "hash_password",
    "make_password",
    "hashpw",
    "set_password",
    "hashPassword",
    "hash_pw",
    "encrypt_password",
    "setPassword",
    "generatePasswordHash",
    "hashpass",
    "hash_pass",
];

/// Functions that make a user.
const CREATING: &[&str] = &[
    "create_superuser",
    "create_user",
    "createUser",
    "create_admin",
    "createAdmin",
    "add_user",
    "addUser",
    "register_user",
];

/// Parts of names and texts that are worth a closer look.
static TELLING: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let parts = ["passw", "pwd", "crypt", "argon2", "securityheaders", "secureheaders"];
    AhoCorasick::builder().ascii_case_insensitive(true).build(parts).ok()
});

/// Facts in one file, at most.
const MOST: usize = 200;

/// The facts of a file.
pub(super) fn practices(file: &SourceFile, tree: &Tree, context: CodeContext) -> Vec<Setting> {
    let telling = |text: &str| {
        TELLING.as_ref().is_none_or(|telling| telling.is_match(text))
            || HEADERS.iter().any(|header| header.eq_ignore_ascii_case(text))
            || matches!(text, "Flask" | "FastAPI" | "express" | "fastify" | "Hono" | "Koa" | "Talisman" | "lusca")
            || HASHING.contains(&text)
    };
    if !tree.strings().any(telling) && !tree.strings().any(|text| accounts::CODES.contains(&text)) {
        return Vec::new();
    }
    let mut sink = Sink::new(file, if tree.language.family() == "python" { "python" } else { "express" }, context);
    // `create_test_admin.py` is no test, but a script that somebody runs.
    if context == CodeContext::Production && sink.context == CodeContext::Test {
        sink.context = CodeContext::Development;
    }
    let mut found = Finder { file, tree, sink: &mut sink };
    for (_, stmt) in tree.stmts() {
        found.stmt(&stmt.kind);
    }
    for (id, _) in tree.exprs() {
        if found.sink.len() >= MOST {
            break;
        }
        found.expr(id);
    }
    sink.into_settings()
}

struct Finder<'a, 'f> {
    file: &'f SourceFile,
    tree: &'a Tree,
    sink: &'a mut Sink<'f>,
}

impl<'a> Finder<'a, '_> {
    fn last_name(&self, expr: ExprId) -> &'a str {
        match &self.tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => self.tree.text(*name),
            _ => "",
        }
    }

    fn add(&mut self, key: &str, value: Value, at: ExprId) {
        self.sink.code(key, &Known::new(value, self.tree.expr(at).span));
    }

    /// A constant text; templates keep what is constant of them.
    fn text(&self, expr: ExprId) -> Option<String> {
        match &self.tree.expr(expr).kind {
            ExprKind::Literal(Literal::Str(text) | Literal::Bytes(text)) => Some(self.tree.text(*text).to_owned()),
            ExprKind::Template { parts, tag: None } => Some(
                parts
                    .iter()
                    .map(|part| match part {
                        TemplatePart::Text(text) => self.tree.text(*text),
                        TemplatePart::Value(_) => " ",
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    /// `response.headers["X-Frame-Options"] = "DENY"`.
    fn stmt(&mut self, kind: &StmtKind) {
        let StmtKind::Assign { targets, value: Some(value), .. } = kind else { return };
        for target in targets {
            if let PatternKind::Name(name) = self.tree.pattern(*target).kind
                && is_password(self.tree.text(name))
            {
                self.rule(*value);
            }
            if let PatternKind::Target(target) = self.tree.pattern(*target).kind
                && let ExprKind::Index { index, .. } = self.tree.expr(target).kind
                && let Some(name) = self.tree.string_of(index)
            {
                self.header(name, *value, *value);
            }
        }
    }

    fn header(&mut self, name: &str, value: ExprId, at: ExprId) {
        let lower = name.to_ascii_lowercase();
        if HEADERS.contains(&lower.as_str()) {
            let value = self.text(value).map_or(Value::Unknown, Value::Str);
            self.add(&format!("headers.{lower}"), value, at);
        }
    }

    fn expr(&mut self, id: ExprId) {
        match &self.tree.expr(id).kind {
            ExprKind::Call { callee, args, .. } => self.call(id, *callee, args),
            ExprKind::Map { entries } => {
                let entry = |wanted: &str| {
                    entries.iter().find_map(|entry| match entry.key {
                        Some(Key::Static(name, _)) if self.tree.text(name) == wanted => Some(entry.value),
                        _ => None,
                    })
                };
                if let Some(at) = self.account(entries).filter(|_| !self.is_table(entries)) {
                    self.password(at);
                }
                if let (Some(key), Some(value)) = (entry("key"), entry("value"))
                    && let Some(name) = self.tree.string_of(key)
                {
                    self.header(name, value, value);
                }
                for entry in entries {
                    let Some(Key::Static(name, _)) = entry.key else { continue };
                    let name = self.tree.text(name);
                    self.header(name, entry.value, entry.value);
                    if is_password(name) {
                        self.rule(entry.value);
                    }
                }
            }
            ExprKind::Binary { op, left, right } => {
                self.comparison(id, *op, *left, *right);
                self.known_password(id, *op, *left, *right);
            }
            // `process.env.ADMIN_PASSWORD || "…"`.
            ExprKind::Logical { op: LogicalOp::Or | LogicalOp::Coalesce, left, right }
                if is_users(self.last_name(*left)) =>
            {
                self.password(*right);
            }
            ExprKind::Literal(Literal::Str(_)) | ExprKind::Template { .. } => self.insert(id),
            ExprKind::Name(name) => {
                let lower = self.tree.text(*name).to_ascii_lowercase().replace('_', "");
                if lower.contains("securityheaders") {
                    self.add("headers.library", Value::Bool(true), id);
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, id: ExprId, callee: ExprId, args: &[Arg]) {
        self.rule_by_name(id, callee, args);
        let name = self.last_name(callee);
        let bare = matches!(self.tree.expr(callee).kind, ExprKind::Name(_));
        match name {
            "Flask" | "FastAPI" | "Hono" | "Koa" | "express" | "fastify" | "Fastify" if bare => {
                self.add("app", Value::Str(name.to_ascii_lowercase()), id);
            }
            "Talisman" | "SecureHeaders" | "secureHeaders" | "lusca" => {
                self.add("headers.library", Value::Bool(true), id);
            }
            _ => {}
        }
        if let [name, value] = args
            && let Some(name) = self.tree.string_of(name.value)
        {
            self.header(name, value.value, value.value);
        }
        let text = self.file.slice(self.tree.expr(callee).span);
        let hashing = HASHING.contains(&name)
            || (matches!(name, "hash" | "hashSync" | "hash_sync")
                && ["bcrypt", "argon2", "pwd_context", "crypt_context", "ph.", "hasher", "pwd."]
                    .iter()
                    .any(|it| text.contains(it)));
        let creating = CREATING.contains(&name);
        // `keychain.setPassword("service", "…")`, `keyring.set_password("service", "user", "…")`: kept for another service.
        let kept = matches!(name, "set_password" | "setPassword")
            && args.len() > 1
            && args.first().is_some_and(|first| {
                first.name.is_none() && (args.len() > 2 || self.tree.string_of(first.value).is_some())
            });
        let password = if kept || (hashing && !name.starts_with("set") && self.is_spent(args)) {
            None
        } else if hashing {
            args.first().filter(|arg| arg.name.is_none()).map(|arg| arg.value)
        } else if creating {
            let named = args.iter().find(|arg| arg.name.is_some_and(|name| is_password(self.tree.text(name))));
            // `create_user("admin", "admin@…", "…")`: the last of several that stand in order.
            let last = args.iter().skip(1).rfind(|arg| arg.name.is_none() && self.tree.string_of(arg.value).is_some());
            named
                .or(last.filter(|arg| !self.tree.string_of(arg.value).is_some_and(|it| it.contains('@'))))
                .map(|arg| arg.value)
        } else if let [name, value] = args
            && matches!(
                text,
                "os.getenv" | "os.environ.get" | "getenv" | "environ.get" | "config" | "env" | "Deno.env.get"
            )
        {
            self.tree.string_of(name.value).filter(|name| is_users(name)).map(|_| value.value)
        } else if self.makes_account(name, args) {
            args.iter().find(|arg| arg.name.is_some_and(|name| is_password(self.tree.text(name)))).map(|arg| arg.value)
        } else {
            None
        };
        if let Some(at) = password {
            self.password(self.named(at).filter(|_| hashing || creating).unwrap_or(at));
        }
    }

    /// A password that a user gets, if it is written here.
    fn password(&mut self, at: ExprId) {
        let at = self.unwrapped(at);
        if let ExprKind::Literal(Literal::Str(text) | Literal::Bytes(text)) = self.tree.expr(at).kind {
            self.given(self.tree.text(text), at);
        }
    }

    /// `{ user: "public", host: "public", password: "secret" }`: what is said of fields, and no account.
    fn is_table(&self, entries: &[Entry]) -> bool {
        let mut values: Vec<&str> = entries.iter().filter_map(|entry| self.tree.string_of(entry.value)).collect();
        let all = values.len();
        values.sort_unstable();
        values.dedup();
        all > 3 && all == entries.len() && values.len() <= 2
    }

    /// `hash("test")` and then `verify("test", hash)`: whether the method works is tried, and nobody gets the password.
    fn is_tried(&self, text: &str) -> bool {
        self.tree.exprs().any(|(_, expr)| match &expr.kind {
            ExprKind::Call { callee, args, .. } => {
                matches!(self.last_name(*callee), "verify" | "compare" | "compareSync" | "check_password_hash")
                    && args.iter().any(|arg| self.tree.string_of(arg.value) == Some(text))
            }
            _ => false,
        })
    }

    /// `make_password("…")` whose result nobody takes only spends time.
    fn is_spent(&self, args: &[Arg]) -> bool {
        let given = args.first().map(|arg| arg.value);
        given.is_some() && self.tree.lone_calls().any(|(_, args)| args.first().map(|arg| arg.value) == given)
    }

    fn given(&mut self, text: &str, at: ExprId) {
        let lower = text.to_ascii_lowercase();
        let stand_in =
            ["dummy", "fake", "invalid", "placeholder", "timing", "unusable"].iter().any(|it| lower.contains(it));
        let plain = !text.starts_with(['!', '$', '{', '<', '%', ':', '?']) && !text.contains(' ');
        if text.len() >= 3 && !stand_in && plain && !self.is_tried(text) {
            self.add("user.password", Value::Str(text.to_owned()), at);
        }
    }

    /// `INSERT INTO users (name, password) VALUES ('admin', 'admin123')`.
    fn insert(&mut self, id: ExprId) {
        let Some(text) = self.text(id).filter(|text| (30..4_000).contains(&text.len())) else { return };
        let lower = text.to_ascii_lowercase();
        let Some(start) = lower.find("insert into").or_else(|| lower.find("insert or ignore into")) else { return };
        let Some(values) = lower[start..].find("values").map(|at| start + at) else { return };
        let within = |text: &str| -> Option<Vec<String>> {
            let inner = text.split_once('(')?.1.split(')').next()?;
            Some(inner.split(',').map(|part| part.trim().to_owned()).collect())
        };
        let (Some(columns), Some(given)) = (within(&lower[start..values]), within(text.get(values..).unwrap_or("")))
        else {
            return;
        };
        let Some(column) = columns.iter().position(|name| is_password(name.trim_matches(['"', '`', '[', ']']))) else {
            return;
        };
        if let Some(value) = given.get(column).and_then(|it| it.strip_prefix('\'')).and_then(|it| it.strip_suffix('\''))
        {
            self.given(value, id);
        }
    }

    /// `"text".encode()` and `b"text"` are the text.
    fn unwrapped(&self, at: ExprId) -> ExprId {
        if let ExprKind::Call { callee, .. } = &self.tree.expr(at).kind
            && let ExprKind::Member { object, name, .. } = &self.tree.expr(*callee).kind
            && matches!(self.tree.text(*name), "encode" | "toString" | "strip")
        {
            return *object;
        }
        at
    }

    /// `z.string().min(4)`, `Joi.string().min(4)`, `Field(min_length=4)`.
    fn rule(&mut self, value: ExprId) {
        let tree = self.tree;
        for node in Walk::node(tree, Node::Expr(value)).take(60) {
            let Node::Expr(id) = node else { continue };
            let ExprKind::Call { callee, args, .. } = &tree.expr(id).kind else { continue };
            let least = match self.last_name(*callee) {
                "min" => args.first().map(|arg| arg.value),
                "Field" | "constr" | "CharField" | "StringField" | "PasswordField" => args
                    .iter()
                    .find(|arg| arg.name.is_some_and(|name| tree.text(name) == "min_length"))
                    .map(|arg| arg.value),
                _ => None,
            };
            if let Some(least) = least
                && let ExprKind::Literal(Literal::Int(length)) = tree.expr(least).kind
            {
                self.add("password.min_length", Value::Int(length), least);
                return;
            }
            if matches!(self.last_name(*callee), "regex" | "refine" | "superRefine" | "matches" | "custom" | "pattern")
            {
                self.add("password.rule", Value::Bool(true), id);
                return;
            }
        }
        // `{ type: String, minlength: 8 }`, `{ "type": "string", "minLength": 8 }`
        if let ExprKind::Map { entries } = &tree.expr(value).kind {
            let ruled = entries.iter().any(|entry| match entry.key {
                Some(Key::Static(key, _)) => {
                    matches!(
                        tree.text(key),
                        "minLength" | "minlength" | "min_length" | "pattern" | "match" | "validate"
                    )
                }
                _ => false,
            });
            if ruled {
                self.add("password.rule", Value::Bool(true), value);
            }
        }
    }

    /// A function or decorator that looks at passwords: `validate_password(…)`, `body("password").isLength(…)`.
    fn rule_by_name(&mut self, id: ExprId, callee: ExprId, args: &[Arg]) {
        let name = self.last_name(callee);
        let lower = name.to_ascii_lowercase().replace('_', "");
        let by_name =
            ["validatepassword", "strongpassword", "passwordstrength", "passwordvalid", "zxcvbn", "checkpasswordrule"]
                .iter()
                .any(|part| lower.contains(part));
        let told = |expr: ExprId| self.tree.string_of(expr).is_some_and(is_password);
        let by_argument =
            matches!(name, "field_validator" | "validator" | "validates") && args.iter().any(|arg| told(arg.value));
        let chained = matches!(name, "isLength" | "isStrongPassword" | "matches" | "MinLength" | "IsStrongPassword")
            && (matches!(name, "MinLength" | "IsStrongPassword")
                || Walk::node(self.tree, Node::Expr(callee)).take(80).any(|node| match node {
                    Node::Expr(expr) => told(expr),
                    _ => false,
                }));
        if by_name || by_argument || chained {
            self.add("password.rule", Value::Bool(true), id);
        }
    }

    /// `password == "admin123"`.
    fn known_password(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId) {
        if !op.is_equality() {
            return;
        }
        for (typed, wanted) in [(left, right), (right, left)] {
            let name = self.last_name(typed);
            let Some(text) = self.tree.string_of(wanted).filter(|_| is_password(name)) else { continue };
            let word = matches!(
                text.to_ascii_lowercase().as_str(),
                "password" | "text" | "string" | "undefined" | "object" | "null" | "none" | "nil"
            );
            let marker = matches!(op, BinaryOp::Equal | BinaryOp::StrictEqual) && self.turns_away(id);
            // `password === "password"`; not the name of a kind of field.
            let word = word && !(text == "password" && matches!(name, "password" | "pwd" | "pass"));
            let masked = text.starts_with(['*', '\u{2022}', '•'])
                || ['$', '<', '%', '_']
                    .iter()
                    .any(|mark| text.starts_with(*mark) && text.ends_with(['$', '>', '%', '_']));
            let marker = marker || matches!(op, BinaryOp::NotEqual | BinaryOp::StrictNotEqual) && self.goes_on(id);
            if text.len() >= 4 && !marker && !word && !text.contains(' ') && !masked {
                self.add("accepted.password", Value::Str(text.to_owned()), id);
            }
        }
    }

    /// `if user.password == "LDAP": raise …`: what is equal is turned away, not let in.
    fn turns_away(&self, comparison: ExprId) -> bool {
        let tree = self.tree;
        let span = tree.expr(comparison).span;
        tree.stmts().any(|(_, stmt)| {
            let StmtKind::If { test, then, .. } = &stmt.kind else { return false };
            tree.expr(*test).span.contains(span)
                && then.last().is_some_and(|last| match tree.stmt(*last).kind {
                    StmtKind::Throw(_) | StmtKind::Return(None) => true,
                    // `print("change the password")`: it is talked about, and nobody gets in.
                    StmtKind::Expr(said) => then.len() == 1 && self.only_says(said),
                    StmtKind::Return(Some(value)) => {
                        matches!(tree.expr(value).kind, ExprKind::Literal(Literal::Null | Literal::Bool(false)))
                    }
                    _ => false,
                })
        })
    }

    /// `if password != "unchanged": user.set_password(password)`: what is equal gets nothing for it.
    fn goes_on(&self, comparison: ExprId) -> bool {
        let tree = self.tree;
        let span = tree.expr(comparison).span;
        tree.stmts().any(|(_, stmt)| {
            let StmtKind::If { test, then, otherwise } = &stmt.kind else { return false };
            let sets = |id: ExprId| match tree.expr(id).kind {
                ExprKind::Call { callee, .. } => {
                    matches!(self.last_name(callee), "set_password" | "setPassword" | "hash" | "hashSync" | "encrypt")
                }
                _ => false,
            };
            tree.expr(*test).span.contains(span)
                && otherwise.is_empty()
                && then.iter().any(|stmt| {
                    Walk::node(tree, Node::Stmt(*stmt)).any(|node| matches!(node, Node::Expr(id) if sets(id)))
                })
        })
    }

    /// A call that tells somebody something: `logger.warning(…)`, `self.stdout.write(…)`.
    fn only_says(&self, expr: ExprId) -> bool {
        let ExprKind::Call { callee, .. } = self.tree.expr(expr).kind else { return false };
        let name = self.last_name(callee).to_ascii_lowercase();
        let says = ["print", "warn", "warning", "log", "info", "error", "debug", "write", "echo", "critical"];
        says.contains(&name.as_str())
    }

    /// `len(password) < 6`, `password.length < 6`.
    fn comparison(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId) {
        let ExprKind::Literal(Literal::Int(bound)) = self.tree.expr(right).kind else { return };
        let least = match op {
            BinaryOp::Less | BinaryOp::GreaterEqual => bound,
            BinaryOp::LessEqual | BinaryOp::Greater => bound.saturating_add(1),
            _ => return,
        };
        let measured = match &self.tree.expr(left).kind {
            ExprKind::Member { object, name, .. } if self.tree.text(*name) == "length" => *object,
            ExprKind::Call { callee, args, .. } if self.last_name(*callee) == "len" => match args.as_ref() {
                [arg] => arg.value,
                _ => return,
            },
            _ => return,
        };
        // One letter is only asked to be there; a strength meter counts more than the least length.
        if is_password(self.last_name(measured)) && (4..64).contains(&least) {
            self.add("password.min_length", Value::Int(least), id);
        }
    }
}

/// A variable that holds the first password of a user: `ADMIN_PASSWORD`.
fn is_users(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let words = ["ADMIN", "DEFAULT", "ROOT", "SUPERUSER", "SEED", "INITIAL", "DEMO", "OWNER"];
    (upper.ends_with("PASSWORD") || upper.ends_with("PASSWD")) && words.iter().any(|word| upper.contains(word))
}

fn is_password(name: &str) -> bool {
    let lower = name.to_ascii_lowercase().replace('_', "");
    (lower.ends_with("password") || lower.ends_with("passwd") || lower == "pwd" || lower == "password1")
        && !["old", "current", "confirm", "repeat", "show", "has", "is"].iter().any(|start| lower.starts_with(start))
}
