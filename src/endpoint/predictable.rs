//! Codes that a generator made for games gives, under a name that says nothing, and that prove something where they are used:
//! `this.code = generateRandomNumber(6)`. What a function says by its own name is told by the rules for careless calls.

use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use crate::base::{CodeContext, Location};
use crate::flow::facts::FileId;
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Key, PatternKind, StmtKind, Tree};

/// How many nodes of one function are looked at.
const MAX_NODES: usize = 2000;

pattern!(
    NEUTRAL,
    r"(?i)^_?(rand(om)?|gen(erate)?|make|create|get|new)_?\w*(number|digits?|string|str|id|num|chars?|value|key|random\w*)\w*$|^_?rand\w*$"
);
// The rules for careless calls read these.
pattern!(TELLING, r"(?i)otp|token|passw|secret|pin$|code|salt|nonce|session");
pattern!(
    PROVES,
    r"(?i)^(otp|otp_?code|one_?time_?(code|password)|verification_?(code|token)|verify_?(code|token)|email_?(code|token)|sms_?code|login_?code|auth_?code|reset_?(code|token)|password_?reset_?token|pass_?code|temp(orary)?_?password|(new|initial|plain|raw|default)_?password|password|session_?(id|token)|access_?token|refresh_?token|api_?key|two_?factor_?code|mfa_?code)$"
);
// Where the function speaks of letting somebody in.
pattern!(PLAIN, r"(?i)^(code|token|pin)$");
pattern!(SPEAKS, r"(?i)otp|verif|reset|sms|log_?in|sign_?in|password|2fa|two.?factor");

/// Each place where such a code is made.
pub(super) fn codes(evidence: &Evidence<'_>) -> Vec<Disclosure> {
    let makers = makers(evidence);
    let mut found = Vec::new();
    for (name, family, location) in makers {
        let used = files(evidence).any(|(file, tree)| {
            evidence.family(file) == family && tree.symbol(&name).is_some() && proves(evidence, file, tree, &name)
        });
        if used {
            found.push(Disclosure::told("predictable-code", location, CodeContext::Production));
        }
    }
    found
}

fn files<'a>(evidence: &'a Evidence<'_>) -> impl Iterator<Item = (FileId, &'a Tree)> {
    let files = (0u32..).map(FileId).zip(&evidence.project.files);
    let production = |info: &crate::flow::project::FileInfo| info.context == CodeContext::Production;
    files.filter(move |(_, info)| production(info)).map(|(file, info)| (file, &*info.tree))
}

/// Functions that say nothing by their names and give what `Math.random` or `random` gave, with the place of that call.
fn makers(evidence: &Evidence<'_>) -> Vec<(String, Family, Location)> {
    let mut found = Vec::new();
    for (file, tree) in files(evidence) {
        let family = evidence.family(file);
        if tree.symbol("random").is_none() || family == Family::JavaScript && tree.symbol("Math").is_none() {
            continue;
        }
        for (id, function) in tree.functions() {
            let name = evidence.name_of(crate::flow::facts::FuncRef { file, function: id }, "");
            if function.body.is_empty() || !matches(&NEUTRAL, &name) || matches(&TELLING, &name) {
                continue;
            }
            let call = Walk::own(tree, &function.body, MAX_NODES).find_map(|node| match node {
                Node::Expr(expr) if is_predictable(tree, expr, family) => Some(expr),
                _ => None,
            });
            if let Some(call) = call {
                found.push((name, family, evidence.locate(file, tree.expr(call).span)));
            }
        }
    }
    found
}

fn is_predictable(tree: &Tree, expr: ExprId, family: Family) -> bool {
    let ExprKind::Call { callee, .. } = &tree.expr(expr).kind else { return false };
    let name = written(tree, *callee);
    match family {
        Family::JavaScript => name == "Math.random",
        Family::Python => {
            matches!(
                name.as_str(),
                "random.randint"
                    | "random.choice"
                    | "random.choices"
                    | "random.randrange"
                    | "random.random"
                    | "random.sample"
            )
        }
    }
}

/// Whether what a function gives is kept or sent under a name that proves something.
fn proves(evidence: &Evidence<'_>, file: FileId, tree: &Tree, maker: &str) -> bool {
    let source = &evidence.project.file(file).source;
    let made = |expr: ExprId| {
        Walk::node(tree, Node::Expr(expr)).take(40).any(|node| match node {
            Node::Expr(inner) => match &tree.expr(inner).kind {
                ExprKind::Call { callee, .. } => last(&written(tree, *callee)) == maker,
                _ => false,
            },
            _ => false,
        })
    };
    let tells = |name: &str, around: &dyn Fn() -> bool| matches(&PROVES, name) || matches(&PLAIN, name) && around();
    tree.functions().any(|(_, function)| {
        let speaks = || matches(&SPEAKS, source.slice(function.span));
        Walk::own(tree, &function.body, MAX_NODES).any(|node| match node {
            Node::Stmt(stmt) => match &tree.stmt(stmt).kind {
                StmtKind::Assign { targets, value: Some(value), .. } => targets.iter().any(|target| {
                    let name = match tree.pattern(*target).kind {
                        PatternKind::Name(name) => tree.text(name),
                        PatternKind::Target(target) => match tree.expr(target).kind {
                            ExprKind::Member { name, .. } => tree.text(name),
                            _ => "",
                        },
                        _ => "",
                    };
                    tells(name, &speaks) && made(*value)
                }),
                _ => false,
            },
            Node::Expr(expr) => match &tree.expr(expr).kind {
                ExprKind::Map { entries } => entries.iter().any(|entry| match entry.key {
                    Some(Key::Static(key, _)) => tells(tree.text(key), &speaks) && made(entry.value),
                    _ => false,
                }),
                ExprKind::Call { args, .. } => args
                    .iter()
                    .any(|arg| arg.name.is_some_and(|name| tells(tree.text(name), &speaks)) && made(arg.value)),
                _ => false,
            },
            _ => false,
        })
    })
}
