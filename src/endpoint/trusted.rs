//! Values that decide something and that a route takes from its client: roles, prices, the model that answers, the host
//! of a link in a mail; and what is charged as it stands in a row that customers may have written themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::Sent;
use super::effects::{Access, EffectKind, texts};
use super::evidence::{Evidence, last, written};
use super::patterns::{Pattern, matches, pattern};
use super::reach::Reached;
use crate::base::Location;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, Entry, ExprId, ExprKind, Key, PatternKind, StmtKind, TemplatePart, Tree};

/// A value of the client that the server should have decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Trusted {
    /// `role` (what somebody may do), `price` (what something costs, or a balance), `stored-price` (what is charged stands
    /// in an order or booking that the client names), `model` (which language model answers), `host` (where the link in a
    /// mail leads), `mail-html` (a text that somebody wrote and that the HTML of a mail holds unescaped), `writable-column`
    /// (a serializer stores a column that others should decide), `whole-body` (a record is made of whatever was sent),
    /// `identity` (whoever names an account is logged in to it), `account` (whoever names an account sets its password),
    /// `any-file` (a file of any kind is kept), `plain-password` (a password is kept as it was typed); of pages also
    /// `sign-up` (everybody may make an account) and `cell-html` (HTML of a grid put together from what its cells show).
    pub kind: String,
    /// The field that is set.
    pub field: String,
    /// Where it is set.
    pub location: Location,
}

pattern!(
    ROLE,
    r"(?i)^(role|roles|is_?admin|admin|is_?staff|is_?superuser|is_?moderator|permissions?|access_?level|user_?type|is_?verified|email_?verified|verified|is_?approved|is_?premium|premium|plan|tier|subscription_?(tier|plan|status)|rol|roles|papel|perfil_?acesso|permiss(ao|oes)|permisos|nivel_?ace?sso|tipo_?usuario|rolle|rang)$"
);
pattern!(
    PRICE,
    r"(?i)^(price(_?\w*)?|unit_?price|amount(_?\w*)?|total|total_?(price|amount|cost)|\w*_?total|subtotal|cost|discount|unit_?amount|credits|balance|points|coins|refund(_?\w*)?|(\w+_)?(amount|price)|\w+(Amount|Price)|preco(_?\w*)?|precio(_?\w*)?|prix|preis|valor(_?\w*)?|monto(_?\w*)?|importe|montant|betrag)$"
);

/// Roles and prices that are stored or charged as the client sent them.
pub(super) fn trusted(evidence: &Evidence<'_>, reached: &[Reached<'_>], accesses: &[Access]) -> Vec<Trusted> {
    let does = |kinds: &[EffectKind]| accesses.iter().any(|access| kinds.contains(&access.effect.kind));
    let mut found = Vec::new();
    if does(&[EffectKind::Write, EffectKind::Payment, EffectKind::Fetch]) {
        let pays = accesses.iter().any(|access| match access.effect.kind {
            EffectKind::Payment => true,
            EffectKind::Write => sells(reached[access.at].tree, access.chain),
            EffectKind::Fetch => pays_there(reached[access.at].tree, access.chain),
            _ => false,
        });
        // What somebody gives is theirs to choose.
        let pays = pays && !reached.first().is_some_and(gives);
        let stored = does(&[EffectKind::Payment]) && charges_rows(reached, accesses);
        for current in reached {
            if current.depth == 0 {
                found.extend(declared_role(evidence, current));
            }
            let mut here = Vec::new();
            Reader { evidence, current, pays, stored, models: false }.values(&mut here);
            if current.depth > 0 {
                // What the handler hands to a function is told once, in the handler.
                here.retain(|deeper| !found.iter().any(|it| it.kind == deeper.kind && it.field == deeper.field));
            }
            found.extend(here);
        }
        found.extend(accesses.iter().filter_map(|access| whole_body(evidence, &reached[access.at], access)));
    }
    if does(&[EffectKind::Llm]) {
        for current in reached {
            Reader { evidence, current, pays: false, stored: false, models: true }.values(&mut found);
        }
    }
    if does(&[EffectKind::Mail]) {
        found.extend(reached.iter().filter_map(|current| host_of_link(evidence, current)));
        found.extend(reached.iter().filter_map(|current| field_in_mail(evidence, current)));
    }
    found.sort();
    found.dedup_by(|next, kept| next.location == kept.location && next.field == kept.field);
    found.truncate(8);
    found
}

/// Whether a handler takes donations, tips or deposits.
fn gives(handler: &Reached<'_>) -> bool {
    pattern!(GIFT, r"(?i)donat|\btips?\b|top.?up|deposit|contribut|pledge|sponsor");
    let tree = handler.tree;
    let node = tree.function(handler.function.function);
    let named = node.name.is_some_and(|name| matches(&GIFT, tree.text(name)));
    named
        || handler.exprs().any(|expr| match tree.expr(expr).kind {
            ExprKind::Literal(crate::syntax::Literal::Str(text)) => matches(&GIFT, tree.text(text)),
            ExprKind::Template { .. } => texts(tree, expr).iter().any(|text| matches(&GIFT, text)),
            _ => false,
        })
}

/// `const row = { ...req.body }; db.insert([row])`: whatever was sent is stored.
fn whole_body(evidence: &Evidence<'_>, current: &Reached<'_>, access: &Access) -> Option<Trusted> {
    if access.effect.kind != EffectKind::Write {
        return None;
    }
    let tree = current.tree;
    let rest = rests(current);
    let is_body = |expr: ExprId| {
        matches!(
            written(tree, expr).as_str(),
            "req.body" | "request.body" | "ctx.request.body" | "req.json" | "request.json"
        ) || matches!(tree.expr(expr).kind, ExprKind::Name(name) if rest.contains(&name))
    };
    let spreads = |expr: ExprId| match &tree.expr(expr).kind {
        ExprKind::Map { entries } => entries.iter().any(|entry| entry.key.is_none() && is_body(entry.value)),
        _ => false,
    };
    let assigned = |name: crate::syntax::Symbol| {
        current.nodes().find_map(|node| {
            let Node::Stmt(stmt) = node else { return None };
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { return None };
            let named = |target: &crate::syntax::PatternId| {
                matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == name)
            };
            (spreads(*value) && targets.iter().any(named)).then_some(*value)
        })
    };
    let named_rest = |expr: ExprId| match &tree.expr(expr).kind {
        ExprKind::Map { entries } => entries.iter().any(|entry| match tree.expr(entry.value).kind {
            ExprKind::Name(name) => entry.key.is_none() && rest.contains(&name),
            _ => false,
        }),
        _ => false,
    };
    let at = Walk::node(tree, Node::Expr(access.chain)).take(200).find_map(|node| {
        let Node::Expr(expr) = node else { return None };
        match tree.expr(expr).kind {
            ExprKind::Map { .. } => spreads(expr).then_some(expr),
            ExprKind::Name(name) => assigned(name),
            ExprKind::Call { .. } => document_sent(current, expr),
            _ => None,
        }
    })?;
    let field = if named_rest(at) { "rest" } else { "body" };
    Some(Trusted { kind: "whole-body".to_owned(), field: field.to_owned(), location: current.locate(evidence, at) })
}

/// `Claim.updateMany(filter, updates)`, where `updates` is a field of the body: the client says which columns are set.
fn document_sent(current: &Reached<'_>, call: ExprId) -> Option<ExprId> {
    const UPDATES: [&str; 6] =
        ["updateMany", "updateOne", "findByIdAndUpdate", "findOneAndUpdate", "update_one", "update_many"];
    let tree = current.tree;
    let ExprKind::Call { callee, args, .. } = &tree.expr(call).kind else { return None };
    if !UPDATES.contains(&last(&written(tree, *callee))) {
        return None;
    }
    let document = args.get(1)?.value;
    let plain = matches!(tree.expr(document).kind, ExprKind::Name(_));
    let sent = || matches!(current.client.of(document), Some(Sent::Field(_)));
    (plain && sent()).then_some(document)
}

/// What is left of a body after some fields of it were taken: `const { id, ...rest } = await req.json()`.
fn rests(current: &Reached<'_>) -> Vec<crate::syntax::Symbol> {
    let tree = current.tree;
    let mut found = Vec::new();
    for node in current.nodes() {
        let Node::Stmt(stmt) = node else { continue };
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { continue };
        // A body that was handed to a schema holds what the schema names.
        let parsed = match tree.expr(*value).kind {
            ExprKind::Await(inner) => inner,
            _ => *value,
        };
        let shaped = match tree.expr(parsed).kind {
            ExprKind::Call { callee, .. } => last(&written(tree, callee)) != "json",
            _ => false,
        };
        if shaped || current.client.of(*value) != Some(Sent::Part) {
            continue;
        }
        for target in targets {
            let PatternKind::Map(fields) = &tree.pattern(*target).kind else { continue };
            found.extend(fields.iter().filter_map(|field| match tree.pattern(field.pattern).kind {
                PatternKind::Rest(inner) => match tree.pattern(inner).kind {
                    PatternKind::Name(name) => Some(name),
                    _ => None,
                },
                _ => None,
            }));
        }
    }
    found
}

/// Looks at what one function sets.
struct Reader<'a, 't> {
    evidence: &'a Evidence<'t>,
    current: &'a Reached<'t>,
    /// Money is taken, or something is stored that is paid for.
    pays: bool,
    /// What is charged comes from rows that the client chose.
    stored: bool,
    /// Language models are asked.
    models: bool,
}

impl Reader<'_, '_> {
    fn values(&self, found: &mut Vec<Trusted>) {
        let tree = self.current.tree;
        for node in self.current.nodes() {
            match node {
                Node::Expr(expr) => match &tree.expr(expr).kind {
                    ExprKind::Map { entries } => {
                        let named = |name: &str| {
                            entries
                                .iter()
                                .any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == name))
                        };
                        // `amount: { currency_code: "USD", value: total }`
                        let sum = named("currency_code") || named("currency");
                        let spoken = is_message(tree, entries);
                        for entry in entries {
                            if let Some(Key::Static(key, _)) = entry.key {
                                let key = tree.text(key);
                                if key == "role" && spoken {
                                    continue;
                                }
                                found
                                    .extend(self.told(if sum && key == "value" { "amount" } else { key }, entry.value));
                            }
                        }
                    }
                    ExprKind::Call { callee, args, .. } if self.models || builds(tree, *callee) => {
                        for arg in args {
                            if let Some(name) = arg.name {
                                found.extend(self.told(tree.text(name), arg.value));
                            }
                        }
                    }
                    _ => {}
                },
                // `user.role = data["role"]`
                Node::Stmt(stmt) => {
                    if let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind
                        && let [target] = &**targets
                        && let PatternKind::Target(target) = tree.pattern(*target).kind
                        && let ExprKind::Member { name, .. } = &tree.expr(target).kind
                    {
                        found.extend(self.told(tree.text(*name), *value));
                    }
                }
                _ => {}
            }
        }
    }

    /// What is trusted where a field is set to a value.
    fn told(&self, field: &str, value: ExprId) -> Option<Trusted> {
        let sent = match self.current.client.of(value) {
            Some(Sent::Field(name)) => Some(name),
            _ => None,
        };
        let kind = if self.models {
            let chosen =
                field == "model" && sent.as_deref().is_some_and(|name| last(name).eq_ignore_ascii_case("model"));
            (chosen && !self.is_compared("model")).then_some("model")?
        } else {
            match decides(field) {
                Some("role") => sent.filter(|name| name.eq_ignore_ascii_case(field)).map(|_| "role")?,
                Some(_) if self.pays => match sent {
                    Some(name) if matches(&PRICE, &name) => (!self.is_compared(&name)).then_some("price")?,
                    Some(name) if name.eq_ignore_ascii_case(field) => "price",
                    Some(_) => return None,
                    None => (self.stored && self.is_of_row(field, value)).then_some("stored-price")?,
                },
                _ => return None,
            }
        };
        let location = self.current.locate(self.evidence, value);
        Some(Trusted { kind: kind.to_owned(), field: field.to_owned(), location })
    }

    /// `unit_amount: Math.round(order.total * 100)`: the amount of a payment is read from a row.
    fn is_of_row(&self, field: &str, value: ExprId) -> bool {
        let tree = self.current.tree;
        matches!(field, "unit_amount" | "amount" | "amount_off" | "value" | "total_amount" | "unit_price")
            && Walk::node(tree, Node::Expr(value)).take(60).any(|node| match node {
                Node::Expr(expr) => match tree.expr(expr).kind {
                    ExprKind::Member { name, .. } => {
                        matches(&PRICE, tree.text(name)) || tree.text(name).contains("price")
                    }
                    _ => false,
                },
                _ => false,
            })
    }

    /// Whether what the client sent under a name is compared with something that is neither constant nor sent, or looked
    /// up in a list.
    fn is_compared(&self, sent: &str) -> bool {
        let (tree, client) = (self.current.tree, &self.current.client);
        let is_sent = |expr: ExprId| client.field(expr).is_some_and(|name| name == sent);
        let own = |expr: ExprId| {
            client.of(expr).is_none() && !matches!(tree.expr(expr).kind, ExprKind::Literal(_) | ExprKind::Unary { .. })
        };
        self.current.exprs().any(|expr| match &tree.expr(expr).kind {
            ExprKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, left, .. } => is_sent(*left),
            ExprKind::Binary { op, left, right } => {
                let order = matches!(
                    op,
                    BinaryOp::Equal
                        | BinaryOp::NotEqual
                        | BinaryOp::StrictEqual
                        | BinaryOp::StrictNotEqual
                        | BinaryOp::Less
                        | BinaryOp::LessEqual
                        | BinaryOp::Greater
                        | BinaryOp::GreaterEqual
                );
                order && ((is_sent(*left) && own(*right)) || (is_sent(*right) && own(*left)))
            }
            ExprKind::Index { index, object } => is_sent(*index) && client.of(*object).is_none(),
            ExprKind::Call { callee, args, .. } => {
                let name = written(tree, *callee);
                matches!(last(&name), "includes" | "has" | "get" | "indexOf" | "enum")
                    && name.contains('.')
                    && args.first().is_some_and(|arg| is_sent(arg.value))
            }
            _ => false,
        })
    }
}

/// Whether the client names an order or booking that is read, and no list of prices is.
fn charges_rows(reached: &[Reached<'_>], accesses: &[Access]) -> bool {
    pattern!(
        CATALOG,
        r"(?i)(^|[._])(products?|menu_?items?|items?|plans?|services?|listings?|courses?|events?|rooms?|variants?|prices?|price_?list|packages?|tickets?|offers?|tours?)($|[._])"
    );
    let reads = || accesses.iter().filter(|access| access.effect.kind == EffectKind::Read);
    let of = |access: &Access, regex: &Pattern| {
        let tree = reached[access.at].tree;
        matches(regex, &written(tree, access.chain)) || names(tree, access.chain).any(|text| matches(regex, text))
    };
    reads().any(|access| access.effect.chosen_by.is_some() && sells(reached[access.at].tree, access.chain))
        && !reads().any(|access| of(access, &CATALOG) && !sells(reached[access.at].tree, access.chain))
}

/// Short constant texts of a chain: names of tables rather than lists of columns.
fn names(tree: &Tree, chain: ExprId) -> impl Iterator<Item = &str> {
    texts(tree, chain).into_iter().filter(|text| text.len() < 40 && !text.contains([' ', ',']))
}

/// `<p>Hello ${order.customer_name}</p>`: a text that somebody wrote stands unescaped in HTML that is sent.
fn field_in_mail(evidence: &Evidence<'_>, current: &Reached<'_>) -> Option<Trusted> {
    pattern!(HTML, r"(?i)</?(p|div|h[1-6]|li|td|strong|b|pre|html|body|span|table|br)\b");
    pattern!(
        FREE_TEXT,
        r"(?i)^(\w*_?)?(name|message|comments?|notes?|subject|company|address|description|reason|title|feedback|details|phone|service|question|body|content)$"
    );
    let tree = current.tree;
    // `data.message || "none"`, `name.trim()` are what they are made of; other calls may escape.
    let bare = |mut expr: ExprId| {
        for _ in 0..6 {
            match &tree.expr(expr).kind {
                ExprKind::Logical { left, .. } => expr = *left,
                ExprKind::Call { callee, .. } => match tree.expr(*callee).kind {
                    ExprKind::Member { object, name, .. }
                        if matches!(tree.text(name), "trim" | "toUpperCase" | "strip" | "title" | "upper") =>
                    {
                        expr = object;
                    }
                    _ => return None,
                },
                ExprKind::Name(name) | ExprKind::Member { name, .. } => return Some((expr, *name)),
                ExprKind::Index { index, .. } => {
                    let key = tree.string_of(*index).and_then(|key| tree.symbol(key))?;
                    return Some((expr, key));
                }
                _ => return None,
            }
        }
        None
    };
    current.exprs().find_map(|expr| {
        let ExprKind::Template { parts, tag: None } = &tree.expr(expr).kind else { return None };
        let html =
            parts.iter().any(|part| matches!(part, TemplatePart::Text(text) if matches(&HTML, tree.text(*text))));
        let field = parts.iter().filter(|_| html).find_map(|part| {
            let TemplatePart::Value(value) = part else { return None };
            let (inner, name) = bare(*value)?;
            let text = tree.text(name);
            let member = !matches!(tree.expr(inner).kind, ExprKind::Name(_));
            let root = written(tree, inner);
            let own = ["process.", "config", "settings", "env.", "app.", "site", "brand", "this.", "self."]
                .iter()
                .any(|start| root.starts_with(start));
            (matches(&FREE_TEXT, text) && !own && (member || current.client.of(inner).is_some()))
                .then(|| (text.to_owned(), *value))
        });
        let (field, value) = field?;
        Some(Trusted { kind: "mail-html".to_owned(), field, location: current.locate(evidence, value) })
    })
}

/// `https://${req.headers.host}/reset/${token}`: who asks for a link decides where it leads.
fn host_of_link(evidence: &Evidence<'_>, current: &Reached<'_>) -> Option<Trusted> {
    pattern!(LINK, r"(?i)reset|verif|confirm|activat|token|invit|magic|recover");
    let tree = current.tree;
    let host = |expr: ExprId| match &tree.expr(expr).kind {
        ExprKind::Member { .. } => {
            let name = written(tree, expr);
            matches!(
                name.as_str(),
                "req.headers.host"
                    | "request.headers.host"
                    | "req.headers.origin"
                    | "request.host_url"
                    | "request.host"
                    | "req.hostname"
            )
        }
        ExprKind::Call { callee, args, .. } => {
            let name = written(tree, *callee);
            let asked = args.first().and_then(|arg| tree.string_of(arg.value)).unwrap_or_default();
            matches!(
                name.as_str(),
                "req.get" | "req.header" | "request.headers.get" | "req.headers.get" | "headers.get"
            ) && matches!(asked.to_ascii_lowercase().as_str(), "host" | "origin" | "x-forwarded-host")
        }
        ExprKind::Index { object, index } => {
            matches!(written(tree, *object).as_str(), "req.headers" | "request.headers")
                && matches!(tree.string_of(*index).unwrap_or_default().to_ascii_lowercase().as_str(), "host" | "origin")
        }
        _ => false,
    };
    current.exprs().find_map(|expr| {
        let linked = match &tree.expr(expr).kind {
            ExprKind::Template { parts, .. } => parts.iter().any(|part| match part {
                TemplatePart::Text(text) => matches(&LINK, tree.text(*text)),
                TemplatePart::Value(_) => false,
            }),
            ExprKind::Binary { op: BinaryOp::Add, .. } => texts(tree, expr).iter().any(|text| matches(&LINK, text)),
            _ => false,
        };
        let inside = linked
            && Walk::node(tree, Node::Expr(expr))
                .take(120)
                .any(|node| matches!(node, Node::Expr(inner) if host(inner)));
        inside.then(|| Trusted {
            kind: "host".to_owned(),
            field: "host".to_owned(),
            location: current.locate(evidence, expr),
        })
    })
}

/// Whether a payment service is asked over HTTP: `fetch(`${BASE}/mpesa/stkpush/v1/processrequest`, …)`.
fn pays_there(tree: &Tree, chain: ExprId) -> bool {
    pattern!(
        SERVICE,
        r"(?i)stkpush|payment_?intents?|/(payments?|charges?|checkout|preferences|initiali[sz]e|pay)(/|$|\?)|/v\d+/orders|api\.(razorpay|paypal|paystack|flutterwave|mercadopago|xendit|midtrans|cashfree|chapa|pesapal)\."
    );
    texts(tree, chain).iter().any(|text| text.len() < 200 && matches(&SERVICE, text))
}

/// Whether something is stored that is paid for: an order, a booking.
pub(super) fn sells(tree: &Tree, chain: ExprId) -> bool {
    pattern!(
        SOLD,
        r"(?i)(^|[._])(orders?|bookings?|order_?items?|purchases?|checkouts?|reservations?|claims?|payouts?|withdrawals?|redemptions?)($|[._])"
    );
    let made = || {
        Walk::node(tree, Node::Expr(chain)).take(60).any(|node| match node {
            Node::Expr(expr) => match &tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => matches(&SOLD, &written(tree, *callee)),
                _ => false,
            },
            _ => false,
        })
    };
    matches(&SOLD, &written(tree, chain)) || texts(tree, chain).iter().any(|text| matches(&SOLD, text)) || made()
}

/// `{ role, content }`: a message of a conversation, whose role says who spoke.
pub(super) fn is_message(tree: &Tree, entries: &[Entry]) -> bool {
    entries.iter().any(|entry| {
        matches!(entry.key, Some(Key::Static(key, _)) if matches!(tree.text(key), "content" | "parts" | "conversation_id" | "conversationId" | "thread_id" | "threadId" | "chat_id" | "chatId"))
    })
}

/// Whether a field says what somebody may do, or what something costs.
pub(super) fn decides(field: &str) -> Option<&'static str> {
    match field {
        field if matches(&ROLE, field) => Some("role"),
        field if matches(&PRICE, field) => Some("price"),
        _ => None,
    }
}

/// A body whose declared class has a role among its fields, stored as a whole: `setattr` in a loop, `User(**data.dict())`.
fn declared_role(evidence: &Evidence<'_>, current: &Reached<'_>) -> Option<Trusted> {
    let tree = current.tree;
    let node = tree.function(current.function.function);
    let whole = current.exprs().find(|expr| {
        let ExprKind::Call { callee, args, .. } = &tree.expr(*expr).kind else { return false };
        let name = written(tree, *callee);
        let spreads = args.iter().any(|arg| arg.spread == crate::syntax::Spread::Map);
        name == "setattr" || (spreads && last(&name).starts_with(|first: char| first.is_ascii_uppercase()))
    })?;
    node.params.iter().find_map(|param| {
        let annotation = param.annotation?;
        let field = evidence.declared_field(current.function.file, annotation, 3, &|name| matches(&ROLE, name))?;
        let location = current.locate(evidence, whole);
        Some(Trusted { kind: "role".to_owned(), field, location })
    })
}

/// `User(role=…)`, `Order.objects.create(…)`, `update(…)`: a call that makes or changes a record.
fn builds(tree: &Tree, callee: ExprId) -> bool {
    let name = written(tree, callee);
    let name = last(&name);
    name.starts_with(|first: char| first.is_ascii_uppercase())
        || matches!(name, "values" | "get_or_create" | "update_or_create")
        || ["create", "update", "insert", "add", "register", "sign_up", "signup", "save", "invite"]
            .iter()
            .any(|start| name.starts_with(start))
}
