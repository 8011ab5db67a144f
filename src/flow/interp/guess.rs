//! How sure it is that what comes out of a call is made of what goes in: what is looked up by a key is not, and what a
//! library makes an object of hardly is.

use super::super::names::NameId;
use super::super::value::{TaintSet, Value};
use super::Interp;
use super::call::Args;
use crate::syntax::{ExprId, ExprKind};

/// So many guesses say that a value is hardly the one that went in.
pub(super) const HARDLY: u8 = 6;

/// Methods that narrow a query: what it finds is not made of what it asks for.
const QUERY: [&str; 29] = [
    "where",
    "andWhere",
    "orWhere",
    "whereIn",
    "whereNot",
    "filter_by",
    "exclude",
    "annotate",
    "aggregate",
    "order_by",
    "orderBy",
    "groupBy",
    "group_by",
    "having",
    "limit",
    "offset",
    "leftJoin",
    "innerJoin",
    "rightJoin",
    "fullJoin",
    "outerjoin",
    "select_related",
    "prefetch_related",
    "values_list",
    "distinct",
    "returning",
    "maybeSingle",
    "filter",
    "match",
];

/// What a function that is named after it gives may be made of what it is given.
const SHOWN: [&str; 11] =
    ["text", "json", "html", "path", "url", "name", "string", "value", "content", "body", "filename"];
/// The same in JavaScript, where helpers that read a request are named like those that look something up.
const SHOWN_JS: [&str; 32] = [
    "uri",
    "link",
    "href",
    "src",
    "message",
    "greeting",
    "label",
    "markup",
    "template",
    "query",
    "sql",
    "command",
    "title",
    "prompt",
    "expression",
    "pattern",
    "regex",
    "dir",
    "directory",
    "folder",
    "file",
    "param",
    "params",
    "parameter",
    "input",
    "cookie",
    "header",
    "headers",
    "args",
    "field",
    "fields",
    "form",
];

impl Interp<'_> {
    /// How many guesses it is that an unknown call's result is made of its arguments.
    pub(super) fn guesses(&self, name: Option<NameId>, args: &Args) -> u8 {
        let Some(name) = name else { return 1 };
        let name = self.names.text(name);
        // `cache.get(key)` of whatever that is.
        if name == "get" && args.receiver.is_some() && args.items.len() == 1 {
            return HARDLY;
        }
        if args.receiver.is_some() && QUERY.contains(&name) || self.looks_up(name, args) {
            HARDLY
        } else if args.receiver.is_none() && name.starts_with(|first: char| first.is_ascii_uppercase()) {
            // An object of a class that nobody knows.
            2
        } else {
            1
        }
    }

    /// The same for a call of a library that is known: only what narrows a query takes nothing in.
    pub(super) fn query_guesses(&self, name: Option<NameId>, args: &Args) -> u8 {
        let narrows = |name: NameId| QUERY.contains(&self.names.text(name));
        if args.receiver.is_some() && name.is_some_and(narrows) { HARDLY } else { 0 }
    }

    /// Whether the name of a function says that it looks something up: `get_book`, `find_by_slug`, `getSession(id)`.
    fn looks_up(&self, name: &str, args: &Args) -> bool {
        let finds = if self.python {
            ["get_", "find_", "fetch_", "lookup", "select_", "query_", "search_", "retrieve_", "_get_"]
                .iter()
                .any(|beginning| name.starts_with(beginning))
                || name.contains("_by_")
        } else {
            let after = |word: &str| {
                name.strip_prefix(word).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
            };
            ["get", "find", "fetch", "lookup", "select", "query", "search", "retrieve"].iter().any(|word| after(word))
                || name.split_once("By").is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        };
        if !finds {
            return false;
        }
        let last = last_word(name);
        let shown = SHOWN.contains(&last.as_str()) || !self.python && SHOWN_JS.contains(&last.as_str());
        !shown || self.by_keys_alone(args)
    }

    /// Whether all that is tainted of what goes in is named like a key: `getCoverPath(itemId)`.
    fn by_keys_alone(&self, args: &Args) -> bool {
        let mut tainted = args.items.iter().filter(|item| item.value.taint != TaintSet::CLEAN).peekable();
        tainted.peek().is_some()
            && tainted.all(|item| item.expr.and_then(|expr| self.written_key(expr)).is_some_and(|name| is_key(&name)))
    }

    /// The name under which an expression reads a value: `req.params.id` and `params["id"]` give `id`.
    pub(super) fn written_key(&self, expr: ExprId) -> Option<String> {
        match &self.tree.expr(expr).kind {
            ExprKind::Index { index, .. } => self.tree.string_of(*index).map(str::to_owned),
            ExprKind::Name(name) | ExprKind::Member { name, .. } => Some(self.tree.text(*name).to_owned()),
            ExprKind::Await(inner) => self.written_key(*inner),
            _ => None,
        }
    }

    /// What comes out of methods of an object that was guessed already is guessed once more.
    pub(super) fn doubted(&mut self, taint: TaintSet) -> TaintSet {
        self.values.map_taint(taint, |mut taint| {
            taint.guessed = taint.guessed.saturating_add(u8::from(taint.guessed > 0));
            Some(taint)
        })
    }

    /// Fields that tell how a call went, or which record it was: of a result that was guessed they are hardly what went in.
    pub(super) fn doubted_field(&mut self, name: NameId, taint: TaintSet) -> TaintSet {
        let tells = matches!(
            self.names.text(name),
            "error" | "errors" | "status" | "statusCode" | "status_code" | "code" | "success" | "ok" | "count" | "id"
        );
        if !tells {
            return taint;
        }
        self.values.map_taint(taint, |mut taint| {
            taint.guessed = taint.guessed.saturating_add(if taint.guessed > 0 { 3 } else { 0 });
            Some(taint)
        })
    }

    /// The result of a call that is not followed, made safe for what its name says: an address of one's own routes.
    pub(super) fn named_after(&mut self, name: Option<NameId>, value: Value) -> Value {
        let own = name.is_some_and(|name| makes_own_address(self.names.text(name)));
        if !own || value.taint == TaintSet::CLEAN {
            return value;
        }
        let kinds = crate::model::index::kind_bit("redirect") | crate::model::index::kind_bit("address");
        Value { refs: value.refs, taint: self.values.clear(value.taint, kinds) }
    }
}

/// `url_for(route, …)`, `request.url_path_for(…)`, `client.get_authorization_url(state)`: the host is not the caller's.
fn makes_own_address(name: &str) -> bool {
    let plain = name.trim_start_matches('_').replace('_', "").to_ascii_lowercase();
    matches!(&*plain, "urlfor" | "urlpathfor")
        || ["authorizationurl", "authorizeurl", "authorizationurl", "authurl", "loginurl", "consenturl", "oauthurl"]
            .iter()
            .any(|end| plain.ends_with(end))
}

/// The last word of a name, in small letters: `get_file_path` and `getFilePath` give `path`.
fn last_word(name: &str) -> String {
    let last = name.rsplit('_').next().unwrap_or_default();
    let start = last.rfind(|c: char| c.is_ascii_uppercase()).unwrap_or(0);
    last.get(start..).unwrap_or_default().to_ascii_lowercase()
}

/// Whether a name is that of a key by which records are told apart.
pub(super) fn is_key(name: &str) -> bool {
    let plain = name.trim_start_matches('_');
    matches!(plain, "id" | "pk" | "uuid" | "uid" | "guid" | "slug" | "ID")
        || plain.ends_with("_id")
        || plain.ends_with("_pk")
        || plain.ends_with("_uuid")
        || ["Id", "ID", "Uuid", "UUID"].iter().any(|end| plain.strip_suffix(end).is_some_and(|rest| !rest.is_empty()))
}
