//! Which columns the project's users have, and whether a password is one of them that nothing keeps back.

use super::evidence::{Evidence, last, written};
use crate::base::{CodeContext, Span};
use crate::model::index::Family;
use crate::syntax::{ExprId, ExprKind, Key, PatternKind, StmtId, StmtKind, Tree, UnaryOp};

/// Whether a part of a chain of calls names a collection of people who log in: `prisma.user`, `User`, `db.users`.
pub(super) fn names_users(parts: &[&str]) -> bool {
    parts.iter().any(|part| {
        let lower = part.to_ascii_lowercase();
        let bare = ["model", "repository", "repo", "collection"].iter().find_map(|end| lower.strip_suffix(end));
        matches!(
            bare.unwrap_or(&lower).trim_end_matches('_').trim_end_matches('s'),
            "user"
                | "admin"
                | "account"
                | "customer"
                | "member"
                | "employee"
                | "student"
                | "teacher"
                | "doctor"
                | "patient"
                | "manager"
                | "usuario"
                | "cliente"
                | "funcionario"
                | "empleado"
                | "gestore"
                | "aluno"
                | "alumno"
                | "utilisateur"
                | "benutzer"
        )
    })
}

/// A column for a password, as code reads it of a user.
pub(super) fn is_secret(name: &str) -> bool {
    let plain = name.to_ascii_lowercase().replace('_', "");
    matches!(
        plain.as_str(),
        "password"
            | "passwordhash"
            | "hashedpassword"
            | "passwd"
            | "pwhash"
            | "passhash"
            | "senha"
            | "senhahash"
            | "contrasena"
            | "contraseña"
            | "motdepasse"
            | "passwort"
    )
}

/// A column whose value lets somebody in, or is checked with a password.
pub(super) fn is_secret_column(name: &str) -> bool {
    let plain = name.to_ascii_lowercase().replace('_', "");
    is_secret(name)
        || matches!(
            plain.as_str(),
            "resettoken"
                | "passwordresettoken"
                | "refreshtoken"
                | "otp"
                | "otpsecret"
                | "totpsecret"
                | "mfasecret"
                | "apikey"
                | "apisecret"
                | "secretkey"
                | "privatekey"
        )
}

/// Whether users have a password among their columns, by what code reads of them or by how they are declared, and no
/// model leaves it out of its answers.
pub(super) fn holds_passwords(evidence: &Evidence<'_>) -> bool {
    let mut read = false;
    for info in &evidence.project.files {
        if info.context != CodeContext::Production {
            continue;
        }
        let tree = &info.tree;
        read |= info.family == Family::Python
            && info.imported.iter().any(|module| module.starts_with("django.contrib.auth"));
        let names = ["password", "passwordHash", "password_hash", "hashed_password", "hashedPassword"];
        let declares = names.iter().any(|name| tree.symbol(name).is_some());
        // A table that the code makes itself.
        let makes = ["execute", "executescript", "query", "exec", "run"].iter().any(|name| tree.symbol(name).is_some());
        if !declares && !makes {
            continue;
        }
        let to_json = tree.symbol("toJSON").is_some() || tree.symbol("transform").is_some();
        let scoped = tree.symbol("defaultScope").is_some();
        for (_, expr) in tree.exprs() {
            match &expr.kind {
                ExprKind::Member { object, name, .. } if is_secret(tree.text(*name)) => read |= of_user(tree, *object),
                ExprKind::Index { object, index } if tree.string_of(*index).is_some_and(is_secret) => {
                    read |= of_user(tree, *object);
                }
                ExprKind::Unary { op: UnaryOp::Delete, operand } if to_json => {
                    if let ExprKind::Member { name, .. } = tree.expr(*operand).kind
                        && is_secret(tree.text(name))
                    {
                        return false;
                    }
                }
                ExprKind::Map { entries } => {
                    for entry in entries {
                        let Some(Key::Static(key, _)) = entry.key else { continue };
                        let key = tree.text(key);
                        let excluded = scoped
                            && key == "exclude"
                            && super::django::strings(tree, entry.value).iter().any(|name| is_secret(name));
                        if excluded || is_secret(key) && left_out(tree, entry.value) {
                            return false;
                        }
                    }
                }
                // `@Column({ select: false }) passwordHash: string`
                ExprKind::Call { callee, args, .. }
                    if last(&written(tree, *callee)) == "Column"
                        && args.iter().any(|arg| left_out(tree, arg.value))
                        && is_secret(declared_after(info.source.text(), expr.span)) =>
                {
                    return false;
                }
                ExprKind::Call { callee, args, .. } if !read => read |= declares_password(tree, *callee, args),
                ExprKind::Name(name) if matches!(tree.text(*name), "Exclude") => return false,
                _ => {}
            }
        }
        read |= info.family == Family::Python
            && declares
            && tree.classes().any(|(_, class)| {
                class.name.is_some_and(|name| names_users(&[tree.text(name)])) && has_column(tree, &class.body)
            });
    }
    read
}

fn of_user(tree: &Tree, object: ExprId) -> bool {
    let root = written(tree, object).to_ascii_lowercase();
    ["user", "admin", "account", "customer", "member"].iter().any(|part| last(&root).contains(part))
}

/// `new Schema({ password: String })`, `define("User", { passwordHash: … })`, `CREATE TABLE users (… password …)`.
fn declares_password(tree: &Tree, callee: ExprId, args: &[crate::syntax::Arg]) -> bool {
    let name = written(tree, callee);
    match last(&name) {
        "Schema" | "define" | "pgTable" | "mysqlTable" | "sqliteTable" => {
            args.iter().any(|arg| match &tree.expr(arg.value).kind {
                ExprKind::Map { entries } => entries
                    .iter()
                    .any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if is_secret(tree.text(key)))),
                _ => false,
            })
        }
        "execute" | "executescript" | "query" | "exec" | "run" => args.first().is_some_and(|arg| {
            let text = super::effects::texts(tree, arg.value).concat().to_ascii_lowercase();
            text.contains("create table") && text.contains("user") && text.contains("password")
        }),
        _ => false,
    }
}

/// `password_hash = db.Column(…)`, `hashed_password: Mapped[str]` in a class of tables.
fn has_column(tree: &Tree, body: &[StmtId]) -> bool {
    body.iter().any(|stmt| {
        let StmtKind::Assign { targets, annotation, value, .. } = &tree.stmt(*stmt).kind else { return false };
        let column = [*annotation, *value].into_iter().flatten().any(|expr| {
            let name = written(tree, expr);
            let name = match tree.expr(expr).kind {
                ExprKind::Index { object, .. } => written(tree, object),
                _ => name,
            };
            let name = last(&name);
            matches!(name, "Column" | "mapped_column" | "Mapped") || name.ends_with("Field")
        });
        column
            && targets.iter().any(
                |target| matches!(tree.pattern(*target).kind, PatternKind::Name(name) if is_secret(tree.text(name))),
            )
    })
}

/// `{ type: String, select: false }`.
fn left_out(tree: &Tree, value: ExprId) -> bool {
    let ExprKind::Map { entries } = &tree.expr(value).kind else { return false };
    entries.iter().any(|entry| {
        matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == "select")
            && matches!(tree.expr(entry.value).kind, ExprKind::Literal(crate::syntax::Literal::Bool(false)))
    })
}

/// The member of a class that a decorator stands before: the last word in front of its type.
fn declared_after(text: &str, decorator: Span) -> &str {
    let rest = text.get(decorator.end as usize..).unwrap_or_default();
    let end = rest.find([':', ';', '=', '}', '(']).unwrap_or(rest.len());
    rest[..end]
        .trim_end_matches(['?', '!', ' ', '\n', '\r', '\t'])
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default()
}

/// Names of what a response must not hold.
pub(super) fn is_private(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '-'], "");
    matches!(
        name.as_str(),
        "password"
            | "passwd"
            | "passwordhash"
            | "hashedpassword"
            | "resettoken"
            | "passwordresettoken"
            | "otp"
            | "otpcode"
            | "verificationcode"
            | "secretkey"
            | "apisecret"
            | "privatekey"
            | "totpsecret"
    )
}

/// `this.users.findById(id)`, where `users` is declared as a class of the project: what it hands out is told by its methods.
pub(super) fn is_served(tree: &Tree, callee: ExprId) -> bool {
    let ExprKind::Member { object, .. } = tree.expr(callee).kind else { return false };
    let ExprKind::Member { object: this, name: held, .. } = tree.expr(object).kind else { return false };
    if !matches!(tree.expr(this).kind, ExprKind::This) {
        return false;
    }
    let class = tree.functions().find_map(|(_, function)| {
        let constructor = function.name.is_some_and(|name| tree.text(name) == "constructor");
        let params = function.params.iter().filter(|_| constructor);
        let mut named =
            params.filter(|param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(name) if name == held));
        named.find_map(|param| param.annotation)
    });
    let Some(ExprKind::Name(class)) = class.map(|class| &tree.expr(class).kind) else { return false };
    tree.root.iter().any(|stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Import(import) => {
            import.names.iter().any(|name| name.local == *class)
                && [".", "@/", "~/", "src/"].iter().any(|own| tree.text(import.module).starts_with(own))
        }
        _ => false,
    })
}

/// Whether a statement asks for every column of a table of users.
pub(super) fn all_of_users(texts: &[&str]) -> bool {
    let Some(first) = texts.first() else { return false };
    let mut words = first.split_whitespace().map(str::to_ascii_lowercase);
    let selects = words.next().as_deref() == Some("select");
    let star = words.next().is_some_and(|word| word == "*" || word.ends_with(".*"));
    let from = words.next().as_deref() == Some("from");
    let table = words.next().unwrap_or_default();
    let table = table.trim_matches(|one: char| !one.is_ascii_alphanumeric() && one != '_' && one != '.');
    selects && star && from && names_users(&[last(table)])
}

/// Whether a statement names a column of secrets among those that it asks for: `SELECT id, password FROM managers`.
pub(super) fn names_secret(texts: &[&str]) -> bool {
    let Some(first) = texts.first() else { return false };
    let mut words = first.split(|one: char| !one.is_alphanumeric() && one != '_').filter(|word| !word.is_empty());
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("select"))
        && words.take(80).take_while(|word| !word.eq_ignore_ascii_case("from")).any(is_secret_column)
}
