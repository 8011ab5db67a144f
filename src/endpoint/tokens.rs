//! Tokens that are taken for more than they are. Refresh tokens that open everything: they are made with the same key as access tokens, and the function that asks who
//! is calling does not look at which of the two it was shown.

use rustc_hash::FxHashSet;

use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use super::reach::Reached;
use super::trusted::Trusted;
use crate::base::CodeContext;
use crate::flow::facts::{Facts, FileId, FuncRef};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, Literal, Tree};

/// How many nodes of a function are looked at.
const MAX_NODES: usize = 4000;
/// How far calls are followed.
const DEPTH: u8 = 2;

/// Names of the claim that tells what a token is for.
const CLAIMS: &[&str] = &["type", "token_type", "tokenType", "typ", "kind", "purpose", "token_use", "scope"];

/// Places where a refresh token is taken for an access token.
pub(super) fn accepted(evidence: &Evidence<'_>, facts: &Facts) -> Vec<Disclosure> {
    let files = || {
        let live = evidence.project.files.iter().enumerate();
        live.filter(|(_, info)| info.context == CodeContext::Production && info.tree.symbol("refresh").is_some())
    };
    if !files().any(|(_, info)| info.tree.exprs().any(|(id, _)| makes_refresh(&info.tree, id))) {
        return Vec::new();
    }
    let mut keys: FxHashSet<String> = FxHashSet::default();
    for info in evidence.project.files.iter().filter(|info| info.context == CodeContext::Production) {
        for (_, expr) in info.tree.exprs() {
            let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
            let name = written(&info.tree, *callee);
            if of_service(&name, &["sign", "signAsync"]) {
                keys.insert(args.get(1).and_then(|options| secret_of(&info.tree, options.value)).unwrap_or_default());
            } else if matches!(name.as_str(), "jwt.encode" | "jwt.sign" | "jsonwebtoken.sign")
                && let Some(key) = args.get(1)
            {
                keys.insert(info.source.slice(info.tree.expr(key.value).span).to_owned());
            }
        }
    }
    if keys.len() != 1 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        if info.context != CodeContext::Production || info.tree.template.is_some() {
            continue;
        }
        for (id, _) in info.tree.functions() {
            let function = FuncRef { file, function: id };
            if !asks_who(&evidence.name_of(function, "")) {
                continue;
            }
            let Some(read) = reads_token(&info.tree, id) else { continue };
            if !looks(evidence, facts, function, DEPTH) {
                found.push(Disclosure::told(
                    "refresh-token",
                    evidence.locate(file, info.tree.expr(read).span),
                    info.context,
                ));
            }
        }
    }
    found
}

/// Who is calling, read out of a token that nobody verifies: its text is decoded and taken for what it says.
pub(super) fn unverified(evidence: &Evidence<'_>, current: &Reached<'_>) -> Option<Trusted> {
    pattern!(
        DECODES,
        r"^(atob|b64decode|urlsafe_b64decode|standard_b64decode|base64_?[dD]ecode|decodeBase64|base64UrlDecode)$"
    );
    pattern!(
        VERIFIES,
        r"(?i)verif|hmac|signature|timing_?safe|compare_digest|createSecretKey|importKey|jwks|get_?user$"
    );
    pattern!(TOKEN, r"(?i)token|jwt|bearer|authori[sz]ation");
    let tree = current.tree;
    let source = &evidence.project.file(current.function.file).source;
    let node = tree.function(current.function.function);
    if !matches(&TOKEN, source.slice(node.span)) {
        return None;
    }
    let (mut decoded, mut parsed) = (None, false);
    for expr in current.exprs() {
        match &tree.expr(expr).kind {
            ExprKind::Call { callee, args, .. } => {
                let name = written(tree, *callee);
                if matches(&VERIFIES, last(&name)) {
                    return None;
                }
                let encoded = name == "Buffer.from"
                    && args
                        .get(1)
                        .and_then(|arg| tree.string_of(arg.value))
                        .is_some_and(|one| one.starts_with("base64"));
                let spoken = || args.iter().any(|arg| matches(&TOKEN, source.slice(tree.expr(arg.value).span)));
                if (matches(&DECODES, last(&name)) || encoded) && spoken() {
                    decoded = decoded.or(Some(expr));
                }
                parsed |= matches!(name.as_str(), "json.loads" | "JSON.parse" | "orjson.loads");
            }
            // An encrypted or signed cookie is compared somewhere.
            ExprKind::Binary { op, left, right } if op.is_equality() => {
                let signs = |side: &ExprId| source.slice(tree.expr(*side).span).to_ascii_lowercase().contains("sign");
                if signs(left) || signs(right) {
                    return None;
                }
            }
            _ => {}
        }
    }
    // A mark of where a list goes on is decoded as well, and says nothing of who asks.
    pattern!(
        SAYS_WHO,
        r#"(?i)user|\b(sub|e?mail|roles?|uid|claims?|payload|session|account|admin|login|identity|principal|jwt|bearer|header)\b|split\(\s*['"`]\.['"`]"#
    );
    if !matches(&SAYS_WHO, source.slice(node.span)) {
        return None;
    }
    let place = decoded.filter(|_| parsed)?;
    Some(Trusted {
        kind: "unverified-token".to_owned(),
        field: "token".to_owned(),
        location: current.locate(evidence, place),
    })
}

/// `{"sub": …, "type": "refresh"}`, `{"refresh": True}`.
fn makes_refresh(tree: &Tree, expr: ExprId) -> bool {
    let ExprKind::Map { entries } = &tree.expr(expr).kind else { return false };
    let claims = |wanted: &dyn Fn(&str, ExprId) -> bool| {
        entries
            .iter()
            .any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if wanted(tree.text(key), entry.value)))
    };
    let marked = claims(&|key, value| {
        (CLAIMS.contains(&key) && tree.string_of(value) == Some("refresh"))
            || key == "refresh" && matches!(tree.expr(value).kind, ExprKind::Literal(Literal::Bool(true)))
    });
    marked && claims(&|key, _| matches!(key, "sub" | "exp" | "user_id" | "userId" | "id" | "jti" | "email"))
}

/// A method of NestJS's `JwtService`: `this.jwtService.signAsync`, `this.jwt.verifyAsync`.
fn of_service(name: &str, methods: &[&str]) -> bool {
    let Some((service, method)) = name.rsplit_once('.') else { return false };
    let plain = matches!(service, "jwt" | "jsonwebtoken") && !method.ends_with("Async");
    methods.contains(&method) && !plain && last(service).to_ascii_lowercase().starts_with("jwt")
}

/// The key among the options of such a method; without one it is that of the module.
fn secret_of(tree: &Tree, options: ExprId) -> Option<String> {
    let ExprKind::Map { entries } = &tree.expr(options).kind else { return None };
    let key = entries.iter().find(
        |entry| matches!(entry.key, Some(Key::Static(key, _)) if matches!(tree.text(key), "secret" | "privateKey")),
    )?;
    Some(written(tree, key.value))
}

/// A function that tells who is calling, by its name.
fn asks_who(name: &str) -> bool {
    let plain = name.trim_start_matches('_').to_ascii_lowercase().replace('_', "");
    plain.contains("currentuser")
        || plain.starts_with("authenticat")
        || plain.starts_with("requireauth")
        || matches!(
            plain.as_str(),
            "protect" | "authmiddleware" | "auth" | "tokenrequired" | "verifyauth" | "isauthenticated" | "canactivate"
        )
}

/// Where a function reads a token: `jwt.decode(…)`, `decode_token(…)`, `jwt.verify(…)`.
fn reads_token(tree: &Tree, function: FunctionId) -> Option<ExprId> {
    Walk::block(tree, &tree.function(function).body).take(MAX_NODES).find_map(|node| {
        let Node::Expr(expr) = node else { return None };
        let ExprKind::Call { callee, .. } = &tree.expr(expr).kind else { return None };
        let name = written(tree, *callee);
        let plain = last(&name).to_ascii_lowercase().replace('_', "");
        let reads = matches!(name.as_str(), "jwt.decode" | "jwt.verify" | "jsonwebtoken.verify")
            || of_service(&name, &["verify", "verifyAsync"])
            || matches!(
                plain.as_str(),
                "decodetoken" | "verifytoken" | "decodejwt" | "verifyjwt" | "decodeaccesstoken"
            );
        reads.then_some(expr)
    })
}

/// Whether a function, or what it calls, looks at the claim.
fn looks(evidence: &Evidence<'_>, facts: &Facts, function: FuncRef, depth: u8) -> bool {
    let tree = evidence.tree(function.file);
    let here = Walk::node(tree, Node::Function(function.function)).take(MAX_NODES).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Member { name, .. } => {
                matches!(tree.text(*name), "token_type" | "tokenType" | "type" | "token_use")
            }
            ExprKind::Literal(Literal::Str(text)) => {
                CLAIMS.contains(&tree.text(*text)) || matches!(tree.text(*text), "refresh" | "access")
            }
            _ => false,
        },
        _ => false,
    });
    let below = || facts.callees.get(&function).map(Vec::as_slice).unwrap_or_default();
    here || depth > 0 && below().iter().any(|callee| looks(evidence, facts, *callee, depth - 1))
}
