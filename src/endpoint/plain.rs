//! Passwords as they were typed: kept or compared in the open, or shared by everybody.

use super::client::Sent;
use super::columns::names_users;
use super::effects::{Access, Effect, EffectKind};
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use super::proof::{DEPTH, Hashing, of_users, secrets_in, told};
use super::reach::Reached;
use super::trusted::Trusted;
use crate::flow::facts::FileId;
use crate::syntax::{ExprId, ExprKind, Key, Literal, Tree};

/// Where a password is kept as it was typed, or compared with one that is.
pub(super) fn plain_password(
    evidence: &Evidence<'_>,
    hashing: &Hashing<'_, '_>,
    reached: &[Reached<'_>],
    accesses: &[Access],
) -> Option<Trusted> {
    let near = || reached.iter().enumerate().filter(|(_, current)| current.depth <= DEPTH + 1);
    let compared = near().find_map(|(_, current)| {
        let expr = current.exprs().find(|expr| compares_plain(current, *expr))?;
        Some(told("plain-password", "password".to_owned(), evidence, current, expr))
    });
    let writes = |at: usize| {
        let all = accesses.iter().filter(|access| access.effect.kind == EffectKind::Write);
        all.filter(move |access| access.at == at).peekable()
    };
    let whole = || {
        near().find_map(|(at, current)| {
            let access = writes(at).find(|access| whole_user(evidence, current, access))?;
            let hashes = current.exprs().any(|expr| match current.tree.expr(expr).kind {
                ExprKind::Name(name) | ExprKind::Member { name, .. } => hashes(current.tree.text(name)),
                _ => false,
            });
            (!hashes).then(|| told("plain-password", "password".to_owned(), evidence, current, access.chain))
        })
    };
    compared.or_else(whole).or_else(|| {
        near().find_map(|(at, current)| {
            let tree = current.tree;
            let kept = writes(at).filter(|access| keeps_users(tree, access)).map(|access| access.chain);
            // `db.session.add(User(password=data["password"]))`, `new User({ … }).save()`
            let made = current.exprs().filter(|expr| writes(at).peek().is_some() && makes_user(tree, *expr));
            let plain = |chain: &ExprId| secrets_in(tree, *chain).any(|(_, value)| typed(current, value));
            let expr = kept.chain(made).find(plain).filter(|_| !hashing.exists())?;
            Some(told("plain-password", "password".to_owned(), evidence, current, expr))
        })
    })
}

/// A name of what makes a hash.
fn hashes(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["hash", "bcrypt", "argon", "scrypt", "pbkdf", "encrypt", "crypt", "digest"].iter().any(|word| lower.contains(word))
}

/// `Owner.create(req.body)` of a Mongoose model whose schema has a password, and whose file hashes nothing.
fn whole_user(evidence: &Evidence<'_>, current: &Reached<'_>, access: &Access) -> bool {
    let tree = current.tree;
    let ExprKind::Call { callee, args, .. } = &tree.expr(access.chain).kind else { return false };
    let name = written(tree, *callee);
    let Some((model, "create" | "insertMany")) = name.rsplit_once('.') else { return false };
    if !args.first().is_some_and(|arg| matches!(current.client.of(arg.value), Some(Sent::Part))) {
        return false;
    }
    let file = current.function.file;
    let keeps = |home: &FileId| evidence.tree(*home).symbol("Schema").is_some();
    let behind = || evidence.value_of(file, model, 6).map(|(home, _)| home);
    let Some(home) = evidence.file_of(file, model).filter(keeps).or_else(behind).filter(keeps) else { return false };
    let schema = evidence.tree(home);
    let mut keyed = false;
    for (_, expr) in schema.exprs() {
        match &expr.kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } if hashes(schema.text(*name)) => return false,
            ExprKind::Literal(Literal::Str(text)) if hashes(schema.text(*text)) => return false,
            ExprKind::Map { entries } => {
                keyed |= entries
                    .iter()
                    .any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if is_plain(schema.text(key))));
            }
            _ => {}
        }
    }
    keyed
}

/// `User(…)`, `new User(…)`, `models.Customer(…)`.
fn makes_user(tree: &Tree, expr: ExprId) -> bool {
    let ExprKind::Call { callee, .. } = tree.expr(expr).kind else { return false };
    let name = written(tree, callee);
    let class = last(&name);
    class.starts_with(char::is_uppercase) && names_users(&[class])
}

/// A write to one's own table of people, and not a call to what keeps passwords by itself.
fn keeps_users(tree: &Tree, access: &Access) -> bool {
    pattern!(
        SERVICE,
        r"(?i)auth|clerk|firebase|cognito|keycloak|supabase|axios|client|api|sdk|create_(super)?user$|^register$"
    );
    !matches(&SERVICE, &access.effect.name) && of_users(tree, access.chain)
}

/// A password as the client sent it.
pub(super) fn typed(current: &Reached<'_>, expr: ExprId) -> bool {
    let plain =
        matches!(current.tree.expr(expr).kind, ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. });
    plain && current.client.field(expr).is_some_and(|name| is_plain(&name))
}

pub(super) fn is_plain(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().replace('_', "").as_str(),
        "password"
            | "passwd"
            | "pwd"
            | "userpassword"
            | "newpassword"
            | "senha"
            | "novasenha"
            | "contrasena"
            | "nuevapassword"
            | "nuevacontrasena"
            | "motdepasse"
            | "passwort"
    )
}

/// `user.password === password`, `row["password"] != data["password"]`; not `if (user.password !== password) password =
/// await bcrypt.hash(password)`, which asks whether something changes.
fn compares_plain(current: &Reached<'_>, expr: ExprId) -> bool {
    let tree = current.tree;
    let ExprKind::Binary { op, left, right } = tree.expr(expr).kind else { return false };
    op.is_equality()
        && [(left, right), (right, left)]
            .into_iter()
            .any(|(stored, sent)| kept(current, stored) && typed(current, sent))
        && !current.exprs().any(|expr| match tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => hashes(tree.text(name)),
            _ => false,
        })
}

/// A password that everybody shares, compared with one of the code or the environment: `password === ADMIN_PASSWORD`.
pub(super) fn shared_password(evidence: &Evidence<'_>, reached: &[Reached<'_>]) -> Option<Effect> {
    pattern!(ELSEWHERE, r"^[A-Z][A-Z0-9_]{3,}$|^(process\.env|os\.environ|settings|config|env|c\.env|Deno\.env)\b");
    let current = reached.first()?;
    let tree = current.tree;
    let elsewhere = |expr: ExprId| {
        let name = match tree.expr(expr).kind {
            ExprKind::Call { callee, .. } | ExprKind::Index { object: callee, .. } => written(tree, callee),
            _ => written(tree, expr),
        };
        matches(&ELSEWHERE, &name)
    };
    let sent = |expr: ExprId| current.client.field(expr).is_some_and(|name| is_plain(&name) || is_code(&name));
    let fits = |left, right| sent(left) && elsewhere(right) || sent(right) && elsewhere(left);
    let found = current.exprs().find(|expr| match &tree.expr(*expr).kind {
        ExprKind::Binary { op, left, right } => op.is_equality() && fits(*left, *right),
        ExprKind::Call { callee, args, .. } => {
            let name = written(tree, *callee);
            let compares = matches!(last(&name), "compare_digest" | "timingSafeEqual" | "constant_time_compare");
            compares && matches!(&**args, [left, right] if fits(left.value, right.value))
        }
        _ => false,
    })?;
    Some(Effect {
        kind: EffectKind::Login,
        name: "compares a password".to_owned(),
        location: current.locate(evidence, found),
        chosen_by: None,
        only_on: None,
        for_known: false,
        owned: false,
        of: None,
    })
}

fn is_code(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().replace('_', "").as_str(),
        "pin" | "passcode" | "accesscode" | "adminpassword" | "passphrase"
    )
}

/// A password that is read of a record: of anything but the request, the environment and settings.
fn kept(current: &Reached<'_>, expr: ExprId) -> bool {
    pattern!(
        ELSEWHERE,
        r"(?i)env|config|setting|option|const|secret|process|app$|^self$|^this$|form|body|dto|payload|^req"
    );
    let tree = current.tree;
    let object = match &tree.expr(expr).kind {
        ExprKind::Member { object, name, .. } if is_plain(tree.text(*name)) => *object,
        ExprKind::Index { object, index } if tree.string_of(*index).is_some_and(is_plain) => *object,
        _ => return false,
    };
    let name = written(tree, object);
    current.client.of(expr).is_none() && !name.is_empty() && !name.split('.').any(|part| matches(&ELSEWHERE, part))
}
