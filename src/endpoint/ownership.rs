//! Whether a handler asks whose an object is, how good a password is, and what it tells of accounts.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::client::{Client, Sent};
use super::collections::plain;
use super::effects::{Access, EffectKind, sql_text, texts};
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use super::reach::Reached;
use super::statements::text_of;
use super::{Guard, GuardKind};
use crate::base::{Location, Span};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, ExprId, ExprKind, Key, PatternKind, StmtKind, Symbol, TemplatePart, Tree};

// Who is calling, as handlers write it; not a class or column that is called alike.
pattern!(
    IDENTITY,
    r"^(self\.)?(current_?[uU]ser(_?[iI]d)?|(request|req)\.(user|auth|session|state\.user|user_?[iI]d|uid|jwt\w*)|session(\.user|\.get)?|g\.(user|uid|current_user)|(ctx|c|context)\.(session|user|state|auth|get|var)|(res|reply|response)\.locals\.\w*|auth(\.uid|\.user_?[iI]d|\.user)?|(auth|authed|authenticated|logged_?[iI]n|signed_?[iI]n|session)_?[uU]ser(_?[iI]d)?|viewer(_?[iI]d)?|\w+ing_[uU]ser(_?[iI]d)?|user(_?[iI]d)?|uid|me|get_jwt_identity|identity|principal|decoded|claims|token_?[dD]ata|payload\.(sub|id|user\w*)|tenant(_?[iI]d)?|org(anization)?(_?[iI]d)?|(owner|author|creator|customer|member|caller|requester|auth_?user)(_?[iI]d)?|account(_?[iI]d)?|company(_?[iI]d)?|profile(_?[iI]d)?)(\.|$)"
);
// A column or field that says whose a thing is.
pattern!(
    OWNER,
    r"(?i)^(user|owner|author|creator|created_?by|account|customer|seller|buyer|student|patient|employee|tenant|org|organi[sz]ation|team|workspace|household|family|company|client|profile|member|participant|recipient|sender|requester|receiver|initiator|submitter|reporter|applicant|organi[sz]er|host|assignee|uploaded_?by|posted_?by)s?(_?(id|uuid))?(__\w+)?$|(?i)^(user|owner|author)_?email$"
);
pattern!(
    OWNER_SQL,
    r#"(?i)[\s.("`](user|owner|author|creator|created_?by|account|customer|tenant|org|organi[sz]ation|team|workspace|household|company|profile|member)_?(id|uuid|email)?["`]?\s*(=|in\b|is\b)"#
);
pattern!(
    OWNER_CHECK,
    r"(?i)^_?(can|check|verify|ensure|assert|is|has|require|authorize|authorise|enforce|validate|assert|user)_?\w*(owner|own|access|permission|belongs|member|allowed|authorized|authorised|authorize)\w*$|^(authorize|authorise|can|cannot)$"
);
// The caller and nothing else: whatever column is compared with it says whose a thing is (`mentor=request.user`).
pattern!(
    CALLER,
    r"^(self\.)?(request|req)\.user(\.(id|pk|_id|uid|sub))?$|^current_?[uU]ser(\.(id|_id|pk|uid))?$|^(g|session|ctx\.session|ctx)\.user(\.(id|_id))?$|^get_jwt_identity$|^auth\.uid$"
);
// Columns that note who did something last, and what is no column of an owner.
pattern!(
    ACTED,
    r"(?i)^(id|pk|_id|uid|email|username)$|(updat|modif|chang|delet|approv|reject|review|clos|resolv|complet|verif|last|edit|grant|process|handl|read|seen|actor|perform|publish|act)\w*_?(by|user|id)$"
);

// What everybody has one of.
pattern!(
    OF_CALLER,
    r"(?i)(config|settings?|preferences?|quotas?|usages?|subscriptions?|credits|wallets?|plans?|limits?)\.\w*$"
);
pattern!(OF_CALLER_CLASS, r"^[A-Z]\w*(Config|Settings?|Preferences?|Quotas?|Usages?|Subscriptions?|Credits|Limits?)\.");

/// What a handler does about the owners of things.
pub(super) struct Owners {
    /// Evidence that it, or what it calls, asks whose an object is.
    pub guards: Vec<Guard>,
    /// Whether it notes whose a new one is.
    pub notes: bool,
    /// The collections whose owners are named, and whether that is in something new.
    pub of: Vec<(String, bool)>,
}

/// Evidence that the handler, or what it calls, asks whose the object is; and whether it notes whose a new one is.
pub(super) fn owner_guards(evidence: &Evidence<'_>, reached: &[Reached<'_>], accesses: &[Access]) -> Owners {
    let mut found = Vec::new();
    let mut notes = false;
    let mut of: Vec<(String, bool)> = Vec::new();
    // Where in the handler an access names its owner.
    let mut named: Vec<Option<Span>> = Vec::new();
    let held: Vec<OnceCell<FxHashMap<Symbol, ExprId>>> = reached.iter().map(|_| OnceCell::new()).collect();
    for access in accesses {
        let current = &reached[access.at];
        let (tree, client) = (current.tree, &current.client);
        let stored = matches!(access.effect.kind, EffectKind::Read | EffectKind::Write | EffectKind::Delete);
        // What is looked up of the caller's own says nothing of the object: a plan, a setting.
        let own = access.effect.chosen_by.is_none() && matches(&OF_CALLER, &access.effect.name);
        let chosen = access.effect.chosen_by.is_some();
        let asked = || {
            let held = held[access.at].get_or_init(|| held_owners(current));
            owner_in(tree, client, access.chain, chosen).or_else(|| owner_held(tree, access.chain, held))
        };
        if stored
            && !own
            && let Some(expr) = asked()
        {
            let new = inserts(tree, access);
            of.extend(access.effect.of.clone().map(|of| (of, new)));
            if new {
                notes = true;
                continue;
            }
            let location = current.locate(evidence, expr);
            found.push(Guard { kind: GuardKind::Ownership, name: access.effect.name.clone(), location });
            named.push(current.in_handler(access.chain));
        }
    }
    if in_other_arm(reached, accesses, &named) {
        found.clear();
    }
    for current in reached.iter().filter(|reached| reached.depth <= 2) {
        let (tree, client) = (current.tree, &current.client);
        for expr in current.exprs() {
            let name = match &tree.expr(expr).kind {
                ExprKind::Binary { op, left, right } if compares(*op) => {
                    compared(tree, client, *left, *right).filter(|name| !matches(&OF_CALLER_CLASS, name))
                }
                ExprKind::Call { callee, args, .. } => {
                    if made_for(tree, client, *callee, args) {
                        notes = true;
                        of.extend(plain(last(&written(tree, *callee))).map(|of| (of, true)));
                    }
                    checked(tree, client, *callee, args)
                }
                _ => None,
            };
            if let Some(name) = name {
                let location = current.locate(evidence, expr);
                of.extend(compared_of(&name).map(|of| (of, false)));
                found.push(Guard { kind: GuardKind::Ownership, name, location });
            }
        }
    }
    found.sort();
    found.dedup_by(|next, kept| next.location == kept.location);
    found.truncate(4);
    Owners { guards: found, notes, of }
}

/// Whether an access by the client's choice stands in one arm of a condition, and all that name an owner in the other:
/// `if (id) { load(id) } else { loadOf(user.id) }`.
fn in_other_arm(reached: &[Reached<'_>], accesses: &[Access], named: &[Option<Span>]) -> bool {
    let Some(handler) = reached.first().filter(|_| !named.is_empty()) else { return false };
    accesses.iter().filter(|access| access.effect.chosen_by.is_some()).any(|access| {
        let place = reached[access.at].in_handler(access.chain);
        named.iter().all(|owner| match (place, *owner) {
            (Some(place), Some(owner)) => super::branches::apart(handler.tree, handler.function.function, place, owner),
            _ => false,
        })
    })
}

/// Whether a write makes something new rather than changing what is there.
fn inserts(tree: &Tree, access: &Access) -> bool {
    if access.effect.kind != EffectKind::Write {
        return false;
    }
    let by_name = access.effect.name.split('.').any(|part| {
        matches!(
            part,
            "create" | "insert" | "insertOne" | "insertMany" | "insert_one" | "add" | "values" | "addDoc" | "push"
        )
    });
    by_name
        || sql_text(tree, access.chain)
            .or_else(|| Some(text_of(tree, access.chain)))
            .is_some_and(|text| text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("insert")))
}

/// Whether an operator asks if two values are the same, or one is in the other.
pub(super) fn compares(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::StrictEqual
            | BinaryOp::StrictNotEqual
            | BinaryOp::In
            | BinaryOp::NotIn
    )
}

/// `post.user_id != current_user.id`: an owner's field with who is calling.
fn compared(tree: &Tree, client: &Client<'_>, left: ExprId, right: ExprId) -> Option<String> {
    let (left_name, right_name) = (chain_name(tree, left), chain_name(tree, right));
    let owner = |name: &str| {
        let lower = |part: &&str| part.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        name.split('.').enumerate().any(|(at, part)| matches(&OWNER, part) && (at > 0 || lower(&part)))
    };
    let who = |expr: ExprId, name: &str| matches(&IDENTITY, name) && client.field(expr).is_none();
    // `order.mentor != request.user`
    let column = |name: &str, other: &str| {
        matches(&CALLER, other) && name.contains('.') && !matches(&ACTED, last(name)) && !matches(&CALLER, name)
    };
    let hit = (owner(&left_name) && who(right, &right_name))
        || (owner(&right_name) && who(left, &left_name))
        || column(&left_name, &right_name)
        || column(&right_name, &left_name);
    hit.then(|| format!("{left_name} == {right_name}"))
}

/// The thing whose owner a comparison looks at: `note` of `note.user_id == current_user.id`.
fn compared_of(name: &str) -> Option<String> {
    let (left, right) = name.split_once(" == ")?;
    [left, right].into_iter().filter(|side| !matches(&IDENTITY, side)).find_map(|side| {
        let (object, _) = side.rsplit_once('.')?;
        plain(last(object))
    })
}

/// `can_edit(post, user)`, `post.userId.equals(req.user.id)`.
fn checked(tree: &Tree, client: &Client<'_>, callee: ExprId, args: &[crate::syntax::Arg]) -> Option<String> {
    let name = written(tree, callee);
    if matches(&OWNER_CHECK, last(&name)) && !args.is_empty() {
        return Some(name);
    }
    if matches!(last(&name), "equals" | "includes" | "some" | "has" | "find")
        && let ExprKind::Member { object, .. } = &tree.expr(callee).kind
    {
        return args.iter().find_map(|arg| compared(tree, client, *object, arg.value));
    }
    None
}

/// `Note(text=…, user_id=current_user.id)`: an object is made for the caller.
fn made_for(tree: &Tree, client: &Client<'_>, callee: ExprId, args: &[crate::syntax::Arg]) -> bool {
    let name = written(tree, callee);
    let class = last(&name).starts_with(|first: char| first.is_ascii_uppercase());
    let mine = args.iter().any(|arg| {
        arg.name.is_some_and(|name| matches(&OWNER, tree.text(name)))
            && matches(&IDENTITY, &chain_name(tree, arg.value))
            && client.field(arg.value).is_none()
    });
    class && mine
}

/// Names and members, also inside `str(x)`, `x.toString()` and `String(x)`.
fn chain_name(tree: &Tree, expr: ExprId) -> String {
    let mut at = expr;
    for _ in 0..6 {
        match &tree.expr(at).kind {
            ExprKind::Call { callee, args, .. } => match (&tree.expr(*callee).kind, &**args) {
                (ExprKind::Name(_), [arg]) => at = arg.value,
                (ExprKind::Member { object, name, .. }, [])
                    if matches!(tree.text(*name), "toString" | "lower" | "strip") =>
                {
                    at = *object;
                }
                _ => break,
            },
            ExprKind::Await(inner) => at = *inner,
            _ => break,
        }
    }
    written(tree, at)
}

/// Filters of a function that say whose: `filter.userId = req.user.id`, `const where = { userId: user.id }`.
fn held_owners(current: &Reached<'_>) -> FxHashMap<Symbol, ExprId> {
    let (tree, client) = (current.tree, &current.client);
    let mut held = FxHashMap::default();
    for node in current.nodes() {
        let Node::Stmt(stmt) = node else { continue };
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { continue };
        let value = *value;
        for target in targets {
            let name = match tree.pattern(*target).kind {
                PatternKind::Name(name) => {
                    let says = match tree.expr(value).kind {
                        ExprKind::Map { .. } => owner_in(tree, client, value, false).is_some(),
                        _ => false,
                    };
                    says.then_some(name)
                }
                PatternKind::Target(target) => {
                    let (object, key) = match tree.expr(target).kind {
                        ExprKind::Member { object, name, .. } => (object, tree.text(name)),
                        ExprKind::Index { object, index } => (object, tree.string_of(index).unwrap_or_default()),
                        _ => continue,
                    };
                    match tree.expr(object).kind {
                        ExprKind::Name(name) if names_owner(key) && is_ours(tree, client, value) => Some(name),
                        _ => None,
                    }
                }
                _ => None,
            };
            if let Some(name) = name {
                held.entry(name).or_insert(value);
            }
        }
    }
    held
}

/// A data access that is handed such a filter: `Note.findOne(filter)`, `findMany({ where })`, `filter(**filters)`.
fn owner_held(tree: &Tree, chain: ExprId, held: &FxHashMap<Symbol, ExprId>) -> Option<ExprId> {
    if held.is_empty() {
        return None;
    }
    let of_name = |expr: ExprId| match tree.expr(expr).kind {
        ExprKind::Name(name) => held.get(&name).copied(),
        _ => None,
    };
    Walk::node(tree, Node::Expr(chain)).take(200).find_map(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { args, .. } => args.iter().find_map(|arg| of_name(arg.value)),
            ExprKind::Map { entries } => entries.iter().find_map(|entry| match entry.key {
                Some(Key::Static(key, _)) if !matches!(tree.text(key), "where" | "filter" | "query") => None,
                _ => of_name(entry.value),
            }),
            _ => None,
        },
        _ => None,
    })
}

fn is_sent(client: &Client<'_>, value: ExprId) -> bool {
    matches!(client.of(value), Some(Sent::Field(_) | Sent::Part))
}

/// Who is calling, or something made of it.
fn is_ours(tree: &Tree, client: &Client<'_>, value: ExprId) -> bool {
    !is_sent(client, value)
        && Walk::node(tree, Node::Expr(value)).take(60).any(|node| match node {
            Node::Expr(expr) => matches(&IDENTITY, &chain_name(tree, expr)) && !is_sent(client, expr),
            _ => false,
        })
}

/// The place in a data access that names the owner: a key, a column, or who is calling as its root or value.
fn owner_in(tree: &Tree, client: &Client<'_>, chain: ExprId, chosen: bool) -> Option<ExprId> {
    let root = written(tree, chain);
    if matches(&IDENTITY, &root) && !root.starts_with("user.query") {
        let first = root.split('.').next().unwrap_or_default();
        // `current_user.posts.filter`; not a class or client that is called alike, nor a session of the data base.
        if matches!(first, "current_user" | "currentUser" | "request" | "req" | "g" | "user")
            || root.starts_with("session.user")
        {
            return Some(chain);
        }
    }
    let ours = |value: ExprId| is_ours(tree, client, value);
    let caller = |key: &str, value: ExprId| {
        matches(&CALLER, &chain_name(tree, value)) && !matches(&ACTED, key) && client.field(value).is_none()
    };
    // `UserModel.updateOne({ _id: userId, "cart.id": id })`: the caller's own row, whatever of it the client names. To look the
    // caller up says nothing of what else is done.
    let of_users = chosen && super::columns::names_users(&root.split('.').collect::<Vec<_>>());
    let own_row = |key: &str, value: ExprId| of_users && matches!(key, "_id" | "id") && ours(value);
    for node in Walk::node(tree, Node::Expr(chain)).take(800) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Call { callee, args, .. } => {
                let stores = matches!(last(&written(tree, *callee)), "update" | "create" | "values" | "set" | "save");
                // `eq(boards.ownerId, user.id)`
                if let ([column, value], "eq" | "equals" | "inArray") = (&**args, last(&written(tree, *callee)))
                    && matches!(tree.expr(column.value).kind, ExprKind::Member { .. })
                    && matches(&OWNER, last(&written(tree, column.value)))
                    && ours(value.value)
                {
                    return Some(value.value);
                }
                for (at, arg) in args.iter().enumerate() {
                    let keyword = arg.name.is_some_and(|name| names_owner(tree.text(name)));
                    let named = arg.name.is_some_and(|name| caller(tree.text(name), arg.value)) && !stores;
                    if named || keyword && ours(arg.value) {
                        return Some(arg.value);
                    }
                    // `.eq("user_id", user.id)`, `where("userId", "==", uid)`
                    let column = tree.string_of(arg.value).is_some_and(|text| matches(&OWNER, last(text)));
                    let mut others = args.iter().skip(1).filter(|arg| !is_operator(tree, arg.value)).peekable();
                    if column && at == 0 && others.peek().is_some() && others.all(|arg| ours(arg.value)) {
                        return Some(arg.value);
                    }
                }
                // `db.prepare("… WHERE id = ? AND user_id = ?").get(id, userId)`
                if let ExprKind::Member { object, .. } = tree.expr(*callee).kind
                    && args.iter().any(|arg| ours(arg.value))
                    && sql_text(tree, object).is_some_and(|text| matches(&OWNER_SQL, &text))
                {
                    return Some(expr);
                }
                let passed = args.iter().skip(1).any(|arg| ours(arg.value)) || inserted(tree, expr).any(ours);
                if passed && sql_text(tree, expr).is_some_and(|text| matches(&OWNER_SQL, &text)) {
                    return Some(expr);
                }
            }
            // ``sql`… WHERE user_id = ${user.id}` ``
            ExprKind::Template { parts, tag: Some(_) } => {
                let values = parts.iter().any(|part| match part {
                    TemplatePart::Value(value) => ours(*value),
                    TemplatePart::Text(_) => false,
                });
                if values && matches(&OWNER_SQL, &text_of(tree, expr)) {
                    return Some(expr);
                }
            }
            ExprKind::Map { entries } => {
                for entry in entries {
                    if let Some(Key::Static(key, _)) = entry.key
                        && (matches(&OWNER, tree.text(key)) && ours(entry.value)
                            || caller(tree.text(key), entry.value)
                            || own_row(tree.text(key), entry.value))
                    {
                        return Some(entry.value);
                    }
                }
            }
            ExprKind::Binary { op: BinaryOp::Equal, left, right } => {
                let names = [chain_name(tree, *left), chain_name(tree, *right)];
                if names.iter().any(|name| name.contains('.') && matches(&OWNER, last(name)))
                    && (ours(*left) || ours(*right))
                {
                    return Some(expr);
                }
            }
            _ => {}
        }
    }
    None
}

/// A column, or a lookup through other tables: `user`, `conversation__participants`, `project__members__user`.
fn names_owner(lookup: &str) -> bool {
    matches(&OWNER, lookup) || lookup.split("__").any(|part| matches(&OWNER, part))
}

/// `"=="`, `"array-contains"`: what a query compares with.
fn is_operator(tree: &Tree, expr: ExprId) -> bool {
    let operators = ["==", "=", "===", "in", "eq", "array-contains", "array-contains-any", "array_contains"];
    tree.string_of(expr).is_some_and(|text| operators.contains(&text))
}

/// Values in the put together text that a call is given first.
fn inserted(tree: &Tree, call: ExprId) -> impl Iterator<Item = ExprId> + '_ {
    let first = match &tree.expr(call).kind {
        ExprKind::Call { args, .. } => args.first().map(|arg| arg.value),
        _ => None,
    };
    first.into_iter().flat_map(move |first| match &tree.expr(first).kind {
        ExprKind::Template { parts, .. } => parts
            .iter()
            .filter_map(|part| match part {
                TemplatePart::Value(value) => Some(*value),
                TemplatePart::Text(_) => None,
            })
            .collect::<Vec<_>>(),
        _ => Vec::new(),
    })
}

/// Whether a handler, or what it calls, looks at how long or strong a new password is.
pub(super) fn checks_password(reached: &[Reached<'_>]) -> bool {
    pattern!(
        STRENGTH,
        r"(?i)(validate|check|is_?(valid|strong)|strength|strong|zxcvbn|policy|meets|verify)\w*(password|strength)|password_?(validator|policy|strength|schema|regex|pattern|rule|requirements|min\w*)\w*|min_?(password_?)?len\w*|zxcvbn|isStrongPassword|full_clean|is_valid$|validate_password"
    );
    reached.iter().filter(|reached| reached.depth <= 2).any(|reached| {
        let tree = reached.tree;
        reached.exprs().any(|expr| {
            match &tree.expr(expr).kind {
                // `len(password) < 8`, `password.length < 8`
                ExprKind::Call { callee, args, .. } => {
                    let name = written(tree, *callee);
                    let measured =
                        last(&name) == "len" && args.first().is_some_and(|arg| speaks_of_password(tree, arg.value));
                    measured || matches(&STRENGTH, last(&name))
                }
                ExprKind::Member { object, name, .. } => {
                    let name = tree.text(*name);
                    (name == "length" && speaks_of_password(tree, *object)) || matches(&STRENGTH, name)
                }
                ExprKind::Name(name) => matches(&STRENGTH, tree.text(*name)),
                _ => false,
            }
        })
    })
}

fn speaks_of_password(tree: &Tree, expr: ExprId) -> bool {
    let lower = written(tree, expr).to_ascii_lowercase();
    let keyed = match &tree.expr(expr).kind {
        ExprKind::Index { index, .. } => tree.string_of(*index).unwrap_or_default().to_ascii_lowercase(),
        _ => String::new(),
    };
    [lower, keyed].iter().any(|text| text.contains("pass") || text.contains("pwd"))
}

/// Where a registration says that an address or name has an account already.
pub(super) fn tells_taken(evidence: &Evidence<'_>, current: &Reached<'_>) -> Option<Location> {
    pattern!(
        TAKEN,
        r"(?i)(user|e-?mail|username|account|address)\b[^.]{0,40}(already|taken|in use|exists)|already (exists|registered|taken|in use|have an account)"
    );
    let (expr, _) = written_texts(current).find(|(_, text)| matches(&TAKEN, text))?;
    Some(current.locate(evidence, expr))
}

/// The constant texts of a function, with the expression that each stands in.
fn written_texts<'t>(current: &Reached<'t>) -> impl Iterator<Item = (ExprId, &'t str)> {
    let tree = current.tree;
    let texts_of = move |expr: ExprId| match tree.expr(expr).kind {
        ExprKind::Literal(_) | ExprKind::Template { .. } => texts(tree, expr),
        _ => Vec::new(),
    };
    current.exprs().flat_map(move |expr| texts_of(expr).into_iter().map(move |text| (expr, text)))
}

/// Whether texts of a handler tell strangers which accounts exist: it says both that there is no such user and that the
/// password is wrong.
pub(super) fn tells_users_apart(evidence: &Evidence<'_>, current: &Reached<'_>) -> Option<Location> {
    // Also as Chinese, Spanish, German and French apps say it.
    pattern!(
        NOBODY,
        r"(?i)\b(user|account|e-?mail|username)\b[^.]{0,30}(not (found|exist|registered)|does ?n.t exist|does not exist|unknown)|\bno (such )?(user|account)\b|invalid (username|e-?mail)( address)?[.!]?$|(user|account|e-?mail|username) (not|doesn)|用户不存在|账号不存在|邮箱不存在|usuario no (existe|encontrado)|benutzer nicht gefunden|utilisateur (introuvable|non trouv)"
    );
    pattern!(
        WRONG,
        r"(?i)(wrong|invalid|incorrect|bad) (password|passcode|pin)|password[^.]{0,15}(incorrect|wrong|invalid|mismatch|not match)|密码错误|密码不正确|contrase.a incorrecta|falsches passwort|mot de passe (incorrect|invalide)"
    );
    pattern!(BOTH, r"(?i)(user|email|account)\w*\s*(/|or|and)\s*password|credentials");
    let (mut nobody, mut wrong) = (None, false);
    for (expr, text) in written_texts(current).filter(|(_, text)| !matches(&BOTH, text)) {
        wrong |= matches(&WRONG, text);
        if nobody.is_none() && matches(&NOBODY, text) {
            nobody = Some(expr);
        }
    }
    nobody.filter(|_| wrong).map(|expr| current.locate(evidence, expr))
}
