//! What the routes do: effects, evidence that an object is the caller's own, values that are trusted, disclosures.

use rustc_hash::{FxHashMap, FxHashSet};

use super::client::Sent;
use super::collections::Collections;
use super::disclosure::{self, Disclosure};
use super::effects::{self, Access, EffectKind, EffectNames};
use super::evidence::{Evidence, last, written};
use super::found::Found;
use super::ownership;
use super::plain;
use super::proof::{self, Hashing};
use super::reach::{Reached, reached};
use super::trusted;
use super::trusted::Trusted;
use super::writable;
use super::{Effect, Endpoint, Guard, Surface};
use crate::base::Location;
use crate::flow::facts::{Facts, FuncRef};
use crate::model::index::Family;
use crate::model::schema::RuleBook;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, PatternKind, Symbol, Tree};

/// What is known of one handler, shared by the routes that lead to it.
#[derive(Default, Clone)]
struct Behaviour {
    effects: Vec<Effect>,
    owners: Vec<Guard>,
    notes_owner: bool,
    /// The collections that it looks up by their owner, and, told so, those that it notes the owner in.
    of_owners: Vec<(String, bool)>,
    trusts: Vec<Trusted>,
    unknown_account: Option<Location>,
    /// Where it tells that an account exists already.
    taken_account: Option<Location>,
    /// A password is set, and nothing looks at how good it is.
    any_password: bool,
}

/// Fills in what each route does.
pub(super) fn describe(
    evidence: &Evidence<'_>,
    facts: &Facts,
    book: &RuleBook,
    mut endpoints: Vec<Endpoint>,
) -> Surface {
    let hashing = Hashing::of(evidence);
    let names = if endpoints.is_empty() { EffectNames::default() } else { EffectNames::new(book) };
    let mut known: FxHashMap<FuncRef, Behaviour> = FxHashMap::default();
    let mut handlers: FxHashSet<FuncRef> = FxHashSet::default();
    let mut accounts: Vec<Disclosure> = Vec::new();
    let mut written_by = writable::Viewsets::default();
    let mut collections = Collections::default();
    for endpoint in &mut endpoints {
        for function in endpoint.functions.clone() {
            handlers.insert(function);
            let behaviour = known.entry(function).or_insert_with(|| {
                behaviour(evidence, facts, &names, &hashing, function, &parameters_of(&endpoint.path))
            });
            endpoint.effects.extend(behaviour.effects.iter().cloned());
            endpoint.trusts.extend(behaviour.trusts.iter().cloned());
            endpoint.guards.extend(behaviour.owners.iter().cloned());
            endpoint.notes_owner |= behaviour.notes_owner;
            endpoint.any_password |= behaviour.any_password;
            behaviour.of_owners.iter().for_each(|(of, new)| collections.owner(of, *new));
            accounts.extend(
                behaviour
                    .taken_account
                    .clone()
                    .map(|location| Disclosure::told("known-account", location, endpoint.context)),
            );
            accounts.extend(
                behaviour
                    .unknown_account
                    .clone()
                    .map(|location| Disclosure::told("unknown-account", location, endpoint.context)),
            );
        }
        let own = inherited(evidence, endpoint);
        endpoint.effects.extend(own);
        if let Some(viewset) = written_by.of(evidence, endpoint) {
            endpoint.trusts.extend(viewset.trusts.iter().cloned());
            endpoint.notes_owner |= viewset.owned;
        }
        endpoint.trusts.extend(writable::Viewsets::filled(evidence, endpoint));
        endpoint.effects.sort();
        endpoint.effects.dedup();
        endpoint.trusts.sort();
        endpoint.trusts.dedup();
        if let [only] = endpoint.functions.clone().as_slice() {
            super::branches::drop_partial(evidence, *only, endpoint);
        }
        let mut found = Found::take(endpoint);
        found.finish();
        found.put(endpoint);
    }
    collections.mark(&mut endpoints);
    let mut disclosures = disclosure::disclosures(evidence, facts, &handlers);
    disclosures.extend(accounts);
    disclosures.extend(super::pages::pages(evidence, facts));
    disclosures.extend(super::tokens::accepted(evidence, facts));
    disclosures.extend(super::mailed::returned(evidence, &handlers));
    disclosures.extend(super::unset::passing(evidence));
    disclosures.extend(super::named::identities(evidence));
    disclosures.extend(super::forwarded::limits(evidence, facts));
    disclosures.extend(super::predictable::codes(evidence));
    disclosures.extend(super::panels::open(evidence));
    disclosures.sort_by(|a, b| (&a.location, &a.kind).cmp(&(&b.location, &b.kind)));
    disclosures.dedup_by(|next, kept| next.location == kept.location && next.kind == kept.kind);
    Surface { endpoints, disclosures, browser_writes: super::browser::writes(evidence) }
}

/// What the actions of Django REST framework's viewsets and generic views do by themselves.
fn inherited(evidence: &Evidence<'_>, endpoint: &Endpoint) -> Vec<Effect> {
    if !endpoint.framework.starts_with("django") && endpoint.framework != "rest_framework" {
        return Vec::new();
    }
    let location = endpoint.handler_location.clone().unwrap_or_else(|| endpoint.location.clone());
    let parameter = parameters_of(&endpoint.path).pop();
    let effect = |kind, one: bool| {
        let (name, location) = (endpoint.handler.clone(), location.clone());
        let chosen_by = parameter.clone().filter(|_| one);
        Effect { kind, name, location, chosen_by, only_on: None, for_known: false, owned: false, of: None }
    };
    let Some((class, action)) = endpoint.handler.rsplit_once('.') else {
        let does = |kind, method: &str| {
            let serves = endpoint.methods.iter().any(|served| served == method);
            (serves && writable::is_generic(evidence, &location.path, &endpoint.handler, method))
                .then(|| effect(kind, method != "POST"))
        };
        return [
            does(EffectKind::Read, "GET"),
            does(EffectKind::Write, "POST"),
            does(EffectKind::Write, "PUT").or_else(|| does(EffectKind::Write, "PATCH")),
            does(EffectKind::Delete, "DELETE"),
        ]
        .into_iter()
        .flatten()
        .collect();
    };
    if !class.ends_with("ViewSet") && !class.ends_with("APIView") && !class.ends_with("View") {
        return Vec::new();
    }
    match action {
        "create" => vec![effect(EffectKind::Write, false)],
        "update" | "partial_update" => vec![effect(EffectKind::Write, true)],
        "destroy" => vec![effect(EffectKind::Delete, true)],
        "retrieve" => vec![effect(EffectKind::Read, true)],
        "list" => vec![effect(EffectKind::Read, false)],
        _ => Vec::new(),
    }
}

fn behaviour(
    evidence: &Evidence<'_>,
    facts: &Facts,
    names: &EffectNames,
    hashing: &Hashing<'_, '_>,
    handler: FuncRef,
    parameters: &[String],
) -> Behaviour {
    let given = given(evidence, handler, parameters);
    let reached = reached(evidence, facts, handler, &given);
    let accesses = effects::effects(evidence, names, &reached);
    let owners = ownership::owner_guards(evidence, &reached, &accesses);
    let mut found = Behaviour {
        owners: owners.guards,
        notes_owner: owners.notes,
        of_owners: owners.of,
        trusts: trusted::trusted(evidence, &reached, &accesses),
        ..Behaviour::default()
    };
    if accesses.iter().any(|access| matches!(access.effect.kind, EffectKind::Login)) {
        found.unknown_account = reached
            .iter()
            .take_while(|reached| reached.depth <= 1)
            .find_map(|reached| ownership::tells_users_apart(evidence, reached));
    }
    found.trusts.extend(proof::unproved(evidence, hashing, &reached, &accesses));
    found.trusts.extend(reached.iter().filter_map(|current| super::tokens::unverified(evidence, current)));
    found.trusts.extend(super::credited::trusted(evidence, &reached, &accesses));
    found.trusts.extend(super::shapes::trusted(evidence, &reached, &accesses));
    let stores_password = |access: &Access| {
        access.effect.kind == EffectKind::Write && effects::stores(reached[access.at].tree, access.chain, "password")
    };
    let makes_user = || {
        accesses.iter().any(|access| access.effect.kind == EffectKind::Write)
            && reached.iter().filter(|reached| reached.depth <= 2).any(makes_user)
    };
    let sets = |access: &Access| access.effect.kind == EffectKind::Password || stores_password(access);
    if accesses.iter().any(sets) || makes_user() {
        found.any_password = !ownership::checks_password(&reached);
        found.taken_account = reached
            .iter()
            .take_while(|reached| reached.depth <= 1)
            .find_map(|reached| ownership::tells_taken(evidence, reached));
    }
    let upload = upload(evidence, &reached);
    found.trusts.extend(super::files::unlooked(evidence, &reached, upload.as_ref()));
    found.effects = accesses.into_iter().map(|access| access.effect).collect();
    found.effects.extend(upload);
    found.effects.extend(plain::shared_password(evidence, &reached));
    found
}

/// `Student(username=username, password=password)`, `new User({ email, password })` with a password of the client.
fn makes_user(current: &Reached<'_>) -> bool {
    let tree = current.tree;
    current.exprs().any(|expr| {
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return false };
        let class = written(tree, *callee);
        let name = last(&class);
        let sent = |value: ExprId| {
            matches!(current.client.of(value), Some(Sent::Field(_)))
                || current.depth > 0 && matches!(tree.expr(value).kind, ExprKind::Name(_))
        };
        let in_object = |arg: &crate::syntax::Arg| match &tree.expr(arg.value).kind {
            ExprKind::Map { entries } => entries.iter().any(|entry| match entry.key {
                Some(crate::syntax::Key::Static(key, _)) => tree.text(key) == "password" && sent(entry.value),
                _ => false,
            }),
            _ => false,
        };
        super::columns::names_users(&[name])
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && args.iter().any(|arg| {
                arg.name.is_some_and(|key| tree.text(key) == "password") && sent(arg.value) || in_object(arg)
            })
    })
}

/// Names in a route's path: `<int:id>`, `{item_id}`, `:slug`, `[id]`.
fn parameters_of(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for segment in path.split('/') {
        let inner = segment.trim_matches(['<', '>', '{', '}', '[', ']', '(', ')', '.']);
        let inner = inner.rsplit(':').next().unwrap_or_default();
        let marked = segment.contains(['<', '{', '[', ':']) || segment.contains("?P");
        let name: String = inner.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if marked && !name.is_empty() {
            found.push(name);
        }
    }
    found
}

/// What the parameters of a handler hold of what the client sent.
fn given(evidence: &Evidence<'_>, handler: FuncRef, parameters: &[String]) -> Vec<(Symbol, Sent)> {
    let tree = evidence.tree(handler.file);
    let node = tree.function(handler.function);
    let python = evidence.family(handler.file) == Family::Python;
    let mut found = Vec::new();
    for (at, param) in node.params.iter().enumerate() {
        let pattern = match tree.pattern(param.pattern).kind {
            PatternKind::Default(inner, _) => inner,
            _ => param.pattern,
        };
        // `@Body() dto`, `@Body("role") role`, `@Param("id") id` of NestJS.
        if let Some(sent) = param.decorators.iter().find_map(|decorator| decorated(tree, *decorator)) {
            if let (PatternKind::Name(name), Some(sent)) = (&tree.pattern(pattern).kind, sent) {
                found.push((*name, sent));
            }
            continue;
        }
        let PatternKind::Name(name) = tree.pattern(pattern).kind else { continue };
        let text = tree.text(name);
        if parameters.iter().any(|known| known == text) {
            found.push((name, Sent::Field(text.to_owned())));
        } else if python {
            let called = |expr: ExprId| match &tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => last(&written(tree, *callee)).to_owned(),
                _ => String::new(),
            };
            let injected = param.default.into_iter().chain(param.annotation).any(|root| {
                Walk::node(tree, Node::Expr(root)).take(60).any(|node| match node {
                    Node::Expr(expr) => matches!(called(expr).as_str(), "Depends" | "Security"),
                    _ => false,
                })
            });
            let own = matches!(text, "self" | "cls" | "request" | "req" | "db" | "session" | "response" | "websocket");
            let services = matches!(text, "background_tasks" | "current_user" | "user" | "settings" | "ctx" | "args");
            let schema = param.annotation.is_some_and(|annotation| evidence.is_schema(handler.file, annotation, 3));
            if injected || !schema && (own || services) {
                continue;
            }
            match param.annotation {
                Some(_) if schema => found.push((name, Sent::Part)),
                Some(_) => found.push((name, Sent::Field(text.to_owned()))),
                None => {}
            }
        } else if text == "params" || text == "searchParams" || text == "formData" || text == "input" {
            found.push((name, Sent::Part));
        } else if at == 0
            && node.params.len() <= 3
            && !matches!(text, "req" | "request" | "ctx" | "c" | "event" | "context" | "_")
        {
            // A server action: `deletePost(id)`, `update(data)`.
            let sent = if effects::names_object(text) { Sent::Field(text.to_owned()) } else { Sent::Part };
            found.push((name, sent));
        }
    }
    found
}

/// What a decorated parameter holds; nothing where the decorator is none that speaks of a request, and an inner nothing
/// for those that hand over what the server knows.
#[allow(clippy::option_option)]
fn decorated(tree: &Tree, decorator: ExprId) -> Option<Option<Sent>> {
    let ExprKind::Call { callee, args, .. } = &tree.expr(decorator).kind else { return None };
    match last(&written(tree, *callee)) {
        "Body" | "Query" | "Param" | "Args" => {
            let field = args.first().and_then(|arg| tree.string_of(arg.value));
            Some(Some(field.map_or(Sent::Part, |field| Sent::Field(field.to_owned()))))
        }
        "CurrentUser" | "User" | "GetUser" | "AuthUser" | "ReqUser" => Some(None),
        _ => None,
    }
}

/// A file that the client sends: `request.files`, `UploadFile`, `req.file`, `formData.get("file")`.
fn upload(evidence: &Evidence<'_>, reached: &[Reached<'_>]) -> Option<Effect> {
    let handler = reached.first()?;
    let tree = handler.tree;
    for expr in handler.exprs() {
        let name = match &tree.expr(expr).kind {
            ExprKind::Name(name) if tree.text(*name) == "UploadFile" => "UploadFile".to_owned(),
            ExprKind::Member { name, .. } if matches!(tree.text(*name), "file" | "files" | "FILES") => {
                written(tree, expr)
            }
            _ => continue,
        };
        let whole = matches!(
            name.as_str(),
            "UploadFile"
                | "request.files"
                | "request.file"
                | "request.FILES"
                | "self.request.FILES"
                | "self.request.files"
                | "req.file"
                | "req.files"
                | "ctx.file"
                | "ctx.files"
                | "ctx.request.files"
        );
        if whole {
            let location = handler.locate(evidence, expr);
            return Some(Effect {
                kind: EffectKind::Upload,
                name,
                location,
                chosen_by: None,
                only_on: None,
                for_known: false,
                owned: false,
                of: None,
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{GuardKind, extract};

    /// Runs every folder under `fixtures/behaviour`: `expected.json` lists what handlers do and disclose.
    #[test]
    fn fixtures_do_what_they_expect() {
        crate::misuse::fixture::each("behaviour", |flow, project| {
            let surface = extract(project, &flow.facts, crate::model::built_in());
            let mut lines: Vec<String> = surface.endpoints.iter().map(shown).collect();
            let written = surface.browser_writes.iter();
            lines.extend(written.map(|it| format!("{} page: {} {}", it.location, it.kind, it.field)));
            lines.extend(surface.disclosures.iter().map(|told| {
                format!("{} tells {}{}", told.location, told.kind, if told.broad { "" } else { " of what is expected" })
            }));
            lines
        });
    }

    fn shown(endpoint: &Endpoint) -> String {
        let effects = endpoint.effects.iter().map(|effect| {
            let chosen = effect.chosen_by.as_ref().map_or_else(String::new, |name| format!(" by {name}"));
            let links = endpoint.methods.iter().any(|method| matches!(method.as_str(), "GET" | "ANY"));
            let only = effect.only_on.as_ref().filter(|_| links);
            let only = only.map_or_else(String::new, |method| format!(" on {method}"));
            let known = if effect.for_known { " for known callers" } else { "" };
            let owned = if effect.owned { " of an owner" } else { "" };
            format!("{:?} {}{chosen}{owned}{only}{known} {}", effect.kind, effect.name, effect.location)
        });
        let owners = endpoint.guards.iter().filter(|guard| guard.kind == GuardKind::Ownership);
        let owners = owners.map(|guard| format!("asks whose {} {}", guard.name, guard.location));
        let trusts = endpoint.trusts.iter().map(|trusted| format!("trusts {} {}", trusted.field, trusted.location));
        let any = endpoint.any_password.then(|| "takes any password".to_owned());
        let trusts = trusts.chain(any);
        let notes = endpoint.notes_owner.then(|| "notes the owner".to_owned());
        let owners = owners.chain(notes);
        let all: Vec<String> = effects.chain(owners).chain(trusts).collect();
        format!("{} {} → {}", endpoint.methods.join(","), endpoint.path, all.join("; "))
    }

    #[test]
    fn paths_name_their_parameters() {
        assert_eq!(parameters_of("/users/<int:user_id>/posts/{post_id}"), ["user_id", "post_id"]);
        assert_eq!(parameters_of("/a/:id/[slug]/[...rest]"), ["id", "slug", "rest"]);
        assert_eq!(parameters_of("/plain/path"), Vec::<String>::new());
    }
}
