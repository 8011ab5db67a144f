//! Heads of statements → actions. Each reader takes what it knows and passes over the rest.

use super::column;
use super::function;
use super::lexer::Kind;
use super::predicate;
use super::reader::{Name, Place, Reader};
use super::statement::{Action, BucketText, Change, PolicyText, Rights};
use super::{Column, View};
use crate::base::Location;

/// Columns of a table that are kept.
const MAX_COLUMNS: usize = 400;

/// Reads one statement.
pub(super) fn read(reader: &mut Reader<'_>, place: &Place<'_>) -> Vec<Action> {
    let Some(first) = reader.peek() else { return Vec::new() };
    let location = place.locate(first.start, first.end);
    let actions = match reader.word().as_deref() {
        Some("create") => create(reader, &location),
        Some("alter") => alter(reader),
        Some("drop") => drop(reader),
        Some("grant") => rights(reader, true, false),
        Some("revoke") => rights(reader, false, false),
        Some("insert") => return insert(reader, place),
        Some("update") => update(reader),
        _ => None,
    };
    actions.into_iter().collect()
}

fn create(reader: &mut Reader<'_>, location: &Location) -> Option<Action> {
    reader.eat_all(&["or", "replace"]);
    let temporary = reader.eat_any(&["temp", "temporary", "unlogged", "recursive", "global", "local", "foreign"]);
    if reader.eat("table") {
        let unlogged = reader
            .tokens
            .get(reader.at.saturating_sub(2))
            .is_some_and(|token| reader.slice(*token).eq_ignore_ascii_case("unlogged"));
        return if temporary && !unlogged { None } else { table(reader) };
    }
    if reader.eat("policy") {
        return policy(reader, true).map(Action::CreatePolicy);
    }
    if reader.eat_any(&["function", "procedure"]) {
        return function::read(reader, location).map(|function| Action::CreateFunction(Box::new(function)));
    }
    if reader.eat_all(&["materialized", "view"]) {
        return view(reader, location, true);
    }
    if reader.eat("view") {
        return view(reader, location, false);
    }
    reader.eat("constraint");
    if reader.eat("trigger") {
        return trigger(reader);
    }
    if reader.eat_all(&["event", "trigger"]) {
        let at = (reader.at..reader.tokens.len())
            .find(|at| ["function", "procedure"].iter().any(|word| reader.is_at(at - reader.at, word)))?;
        let mut reader = Reader { at: at + 1, ..reader.clone() };
        return reader.name().map(Action::EventTrigger);
    }
    None
}

fn table(reader: &mut Reader<'_>) -> Option<Action> {
    reader.eat_all(&["if", "not", "exists"]);
    let table = reader.name()?;
    let mut columns = Vec::new();
    if let Some(body) = reader.group() {
        for mut part in body.parts().into_iter().take(MAX_COLUMNS) {
            if let Some(column) = column(&mut part) {
                columns.push(column);
            }
        }
    }
    Some(Action::CreateTable { table, columns })
}

/// A definition of a column; constraints are none.
fn column(part: &mut Reader<'_>) -> Option<Column> {
    let constraint = [
        "constraint",
        "primary",
        "unique",
        "check",
        "foreign",
        "exclude",
        "like",
        "index",
        "key",
        "fulltext",
        "spatial",
    ];
    if constraint.iter().any(|word| part.is(word)) && part.tokens.len() > 1 {
        return None;
    }
    let name = part.identifier()?;
    let references_user = part.has(&["references", "auth"]);
    Some(self::Column {
        kind: column::kind(&name).map(str::to_owned),
        owner: column::is_owner(&name) || references_user,
        privilege: column::is_privilege(&name),
        name,
    })
}

/// The rest of `CREATE POLICY` or `ALTER POLICY`.
fn policy(reader: &mut Reader<'_>, create: bool) -> Option<PolicyText> {
    reader.eat_all(&["if", "not", "exists"]);
    reader.eat_all(&["if", "exists"]);
    let name = match reader.peek() {
        // not SQL, but written all the same
        Some(token) if matches!(token.kind, Kind::Text { .. }) => {
            reader.at += 1;
            reader.body(token).map(|(body, _)| body.to_owned())?
        }
        _ => reader.identifier()?,
    };
    if !reader.eat("on") {
        return None;
    }
    let mut policy = PolicyText { name, table: reader.name()?, permissive: true, ..PolicyText::default() };
    while reader.peek().is_some() {
        if reader.eat("as") {
            policy.permissive = !reader.eat("restrictive");
        } else if reader.eat("for") {
            policy.command = reader.word();
        } else if reader.eat_all(&["rename", "to"]) {
            policy.renamed = reader.identifier();
        } else if reader.eat("to") {
            policy.roles = reader.names().into_iter().map(|name| name.name).collect();
        } else if reader.eat("using") {
            policy.using = reader.group().map(|group| group.source().to_owned());
        } else if reader.eat_all(&["with", "check"]) {
            policy.check = reader.group().map(|group| group.source().to_owned());
        } else {
            reader.at += 1;
        }
    }
    if create {
        policy.command.get_or_insert_with(|| "all".to_owned());
        if policy.roles.is_empty() {
            policy.roles.push("public".to_owned());
        }
    }
    Some(policy)
}

fn view(reader: &mut Reader<'_>, location: &Location, materialized: bool) -> Option<Action> {
    reader.eat_all(&["if", "not", "exists"]);
    let name = reader.name()?;
    reader.group();
    let (mut invoker, mut deliberate) = (false, false);
    if reader.eat("with")
        && let Some(options) = reader.group()
    {
        invoker = is_invoker(&options);
        deliberate = !invoker && options.has(&["security_invoker"]);
    }
    reader.eat("as");
    let rest = &reader.tokens[reader.at..];
    let query = Reader::new(reader.text, rest).source();
    let mentions = predicate::Mentions::of(query);
    let mut sensitive: Vec<String> =
        mentions.names.iter().filter_map(|name| column::kind(name)).map(str::to_owned).collect();
    sensitive.sort();
    sensitive.dedup();
    Some(Action::CreateView(Box::new(View {
        schema: name.schema,
        name: name.name,
        location: location.clone(),
        security_invoker: invoker,
        deliberate,
        all_columns: takes_all(reader),
        materialized,
        names_caller: mentions.caller,
        aggregates: predicate::only_counts(query),
        tables: mentions.tables,
        sensitive,
        revoked: Vec::new(),
    })))
}

/// `SELECT *`, `t.*`; not `count(*)`.
fn takes_all(reader: &Reader<'_>) -> bool {
    reader.tokens[reader.at.min(reader.tokens.len())..].windows(2).any(|pair| {
        let word = reader.slice(pair[0]);
        let before = pair[0].kind == Kind::Sign(b'.')
            || pair[0].kind == Kind::Sign(b',')
            || ["select", "distinct"].iter().any(|known| known.eq_ignore_ascii_case(word));
        before && pair[1].kind == Kind::Sign(b'*')
    })
}

fn is_invoker(options: &Reader<'_>) -> bool {
    let at = options.tokens.iter().position(|token| options.slice(*token).eq_ignore_ascii_case("security_invoker"));
    let value = at.and_then(|at| options.tokens.get(at + 2));
    at.is_some()
        && value.is_none_or(|token| {
            let value = options.slice(*token).trim_matches('\'').to_ascii_lowercase();
            matches!(value.as_str(), "true" | "on" | "1" | "yes" | ",")
        })
}

fn trigger(reader: &mut Reader<'_>) -> Option<Action> {
    reader.identifier()?;
    let before = reader.eat("before");
    let (mut update, mut insert) = (false, false);
    while reader.peek().is_some() && !reader.is("on") {
        update |= reader.is("update");
        insert |= reader.is("insert");
        reader.at += 1;
    }
    reader.eat("on");
    let table = reader.name()?;
    while reader.peek().is_some() && !reader.eat_any(&["function", "procedure"]) {
        reader.at += 1;
    }
    Some(Action::CreateTrigger {
        table,
        function: reader.name()?,
        before_update: before && update,
        before_insert: before && insert,
    })
}

fn alter(reader: &mut Reader<'_>) -> Option<Action> {
    if reader.eat_all(&["default", "privileges"]) {
        while reader.peek().is_some() {
            if reader.is("grant") || reader.is("revoke") {
                let grant = reader.eat("grant") || !reader.eat("revoke");
                return rights(reader, grant, true);
            }
            reader.at += 1;
        }
        return None;
    }
    if reader.eat("policy") {
        return policy(reader, false).map(Action::AlterPolicy);
    }
    if reader.eat_any(&["function", "procedure", "routine"]) {
        let function = reader.name()?;
        let definer = if reader.has(&["security", "definer"]) {
            Some(true)
        } else {
            reader.has(&["security", "invoker"]).then_some(false)
        };
        return Some(Action::AlterFunction { function, definer, search_path: reader.has(&["set", "search_path"]) });
    }
    if reader.eat("view") {
        reader.eat_all(&["if", "exists"]);
        let view = reader.name()?;
        let invoker = reader.eat("set") && reader.group().is_some_and(|options| is_invoker(&options));
        return Some(Action::AlterView { view, invoker });
    }
    reader.eat("foreign");
    if !reader.eat("table") {
        return None;
    }
    reader.eat_all(&["if", "exists"]);
    reader.eat("only");
    let table = reader.name()?;
    let changes = reader.parts().into_iter().take(MAX_COLUMNS).filter_map(|mut part| change(&mut part)).collect();
    Some(Action::AlterTable { table, changes })
}

fn change(part: &mut Reader<'_>) -> Option<Change> {
    let security = ["row", "level", "security"];
    if part.eat("enable") {
        part.eat_any(&["always", "replica"]);
        return part.eat_all(&security).then_some(Change::Security(true));
    }
    if part.eat("disable") {
        return part.eat_all(&security).then_some(Change::Security(false));
    }
    if part.eat("force") {
        return part.eat_all(&security).then_some(Change::Force(true));
    }
    if part.eat("no") {
        return part.has(&security).then_some(Change::Force(false));
    }
    if part.eat("add") {
        part.eat("column");
        part.eat_all(&["if", "not", "exists"]);
        return column(part).map(Change::Add);
    }
    if part.eat("drop") {
        if part.eat("constraint") {
            return None;
        }
        part.eat("column");
        part.eat_all(&["if", "exists"]);
        return part.identifier().map(Change::Drop);
    }
    if part.eat_all(&["set", "schema"]) {
        return part.identifier().map(Change::SetSchema);
    }
    if part.eat("rename") {
        if part.eat("to") {
            return part.identifier().map(Change::RenameTable);
        }
        if part.eat("constraint") {
            return None;
        }
        part.eat("column");
        let from = part.identifier()?;
        part.eat("to");
        return Some(Change::Rename(from, part.identifier()?));
    }
    None
}

fn drop(reader: &mut Reader<'_>) -> Option<Action> {
    let what = reader.word()?;
    let view = what == "materialized" && reader.eat("view") || what == "view";
    reader.eat_all(&["if", "exists"]);
    match what.as_str() {
        "table" => Some(Action::DropTables(reader.names())),
        "schema" => Some(Action::DropSchema(reader.names().into_iter().map(|name| name.name).collect())),
        "function" | "procedure" | "routine" => Some(Action::DropFunctions(reader.names())),
        "policy" => {
            let name = match reader.peek() {
                Some(token) if matches!(token.kind, Kind::Text { .. }) => {
                    reader.at += 1;
                    reader.body(token).map(|(body, _)| body.to_owned())?
                }
                _ => reader.identifier()?,
            };
            reader.eat("on").then_some(())?;
            Some(Action::DropPolicy { name, table: reader.name()? })
        }
        _ if view => Some(Action::DropViews(reader.names())),
        _ => None,
    }
}

fn rights(reader: &mut Reader<'_>, grant: bool, default: bool) -> Option<Action> {
    reader.eat_all(&["grant", "option", "for"]);
    let mut rights = Rights { grant, default, kind: "table".to_owned(), ..Rights::default() };
    while reader.peek().is_some() && !reader.is("on") {
        if let Some(group) = reader.group() {
            rights.columns.extend(group.parts().into_iter().filter_map(|mut part| part.identifier()));
        } else if let Some(word) = reader.word() {
            if word != "privileges" {
                rights.privileges.push(word);
            }
        } else {
            reader.at += 1;
        }
    }
    // membership in roles
    reader.eat("on").then_some(())?;
    let of_schema = reader.eat("all");
    let kind = reader.peek().and_then(|token| reader.name_of(token)).unwrap_or_default().to_ascii_lowercase();
    let known = [
        ("tables", "table"),
        ("table", "table"),
        ("functions", "function"),
        ("function", "function"),
        ("routines", "function"),
        ("routine", "function"),
        ("procedures", "function"),
        ("procedure", "function"),
        ("sequences", "sequence"),
        ("sequence", "sequence"),
        ("schemas", "schema"),
        ("schema", "schema"),
        ("types", "type"),
        ("type", "type"),
        ("database", "database"),
        ("language", "language"),
    ];
    if let Some((_, kind)) = known.iter().find(|(word, _)| *word == kind) {
        (*kind).clone_into(&mut rights.kind);
        reader.at += 1;
    }
    if default {
        rights.objects.push(Name { schema: "public".to_owned(), name: "*".to_owned() });
    } else if of_schema {
        reader.eat_all(&["in", "schema"]);
        let schemas = reader.names().into_iter();
        rights.objects.extend(schemas.map(|name| Name { schema: name.name, name: "*".to_owned() }));
    } else {
        rights.objects = reader.names();
    }
    reader.eat_any(&["to", "from"]).then_some(())?;
    while let Some(role) = {
        reader.eat("group");
        reader.identifier()
    } {
        rights.roles.push(role.to_ascii_lowercase());
        if !reader.sign(b',') {
            break;
        }
    }
    Some(Action::Rights(rights))
}

fn insert(reader: &mut Reader<'_>, place: &Place<'_>) -> Vec<Action> {
    reader.eat("into");
    let Some(table) = reader.name() else { return Vec::new() };
    let Some(group) = reader.group() else { return Vec::new() };
    let columns: Vec<String> = group.parts().into_iter().filter_map(|mut part| part.identifier()).collect();
    let bucket = table.schema == "storage" && table.name == "buckets";
    let secret = |column: &String| matches!(column::kind(column), Some("password" | "password-hash"));
    let password = columns.iter().position(secret);
    if !bucket && password.is_none() {
        return Vec::new();
    }
    let _ = place;
    let rows: Vec<Reader<'_>> = if reader.eat("values") {
        let mut rows = Vec::new();
        while let Some(row) = reader.group() {
            rows.push(row);
            if rows.len() >= 100 || !reader.sign(b',') {
                break;
            }
        }
        rows
    } else if reader.eat("select") {
        let end = (reader.at..reader.tokens.len())
            .find(|at| ["where", "from"].iter().any(|word| reader.is_at(at - reader.at, word)));
        vec![Reader::new(reader.text, &reader.tokens[reader.at..end.unwrap_or(reader.tokens.len())])]
    } else {
        Vec::new()
    };
    if !bucket {
        let Some(at) = password else { return Vec::new() };
        let hash = column::kind(&columns[at]) == Some("password-hash");
        let plain = !hash && rows.iter().any(|row| row.parts().get(at).is_some_and(is_plain_password));
        let account = || {
            rows.iter().any(|row| {
                let parts = row.parts();
                parts.get(at).is_some_and(is_password_hash) && parts.iter().any(names_administrator)
            })
        };
        let column = columns[at].clone();
        return if plain || account() { vec![Action::Password { table, column, hashed: !plain }] } else { Vec::new() };
    }
    rows.iter().map(|row| Action::Bucket(bucket_row(&columns, row))).collect()
}

/// A text that is the hash of a password, in one of the forms that libraries write.
fn is_password_hash(value: &Reader<'_>) -> bool {
    let [token] = value.tokens else { return false };
    let Some((body, _)) = value.body(*token) else { return false };
    let forms = ["$2a$", "$2b$", "$2y$", "$argon2", "$scrypt", "pbkdf2", "scrypt:", "$pbkdf2", "bcrypt"];
    body.len() >= 40 && forms.iter().any(|form| body.starts_with(form))
}

/// `'admin'`, `'admin@shop.test'`, `'ADMIN'`: the account of somebody who may do everything.
fn names_administrator(value: &Reader<'_>) -> bool {
    let [token] = value.tokens else { return false };
    let Some((body, _)) = value.body(*token) else { return false };
    let lower = body.to_ascii_lowercase();
    let name = lower.split('@').next().unwrap_or_default();
    matches!(
        name,
        "admin" | "administrator" | "superadmin" | "super_admin" | "superuser" | "root" | "owner" | "sysadmin"
    )
}

/// A text that is a password rather than a hash or nothing.
fn is_plain_password(value: &Reader<'_>) -> bool {
    let [token] = value.tokens else { return false };
    let Some((body, _)) = value.body(*token) else { return false };
    let hash = body.starts_with('$') || body.starts_with("pbkdf2") || body.starts_with("scrypt") || body.contains(':');
    let hex = body.len() >= 32 && body.bytes().all(|b| b.is_ascii_hexdigit());
    let marked = body.contains("hash") || body.starts_with('<') || body.starts_with('{');
    (4..=40).contains(&body.len()) && !hash && !hex && !marked && !body.contains(' ')
}

fn bucket_row(columns: &[String], row: &Reader<'_>) -> BucketText {
    let mut bucket = BucketText::default();
    for (column, value) in columns.iter().zip(row.parts()) {
        let null = value.is("null");
        match column.as_str() {
            "id" => {
                bucket.name =
                    value.tokens.first().and_then(|token| value.body(*token)).map(|(body, _)| body.to_owned());
            }
            "public" => bucket.public = truth(&value),
            "file_size_limit" => bucket.size_limit = !null,
            "allowed_mime_types" => bucket.type_limit = !null,
            _ => {}
        }
    }
    bucket
}

fn truth(value: &Reader<'_>) -> Option<bool> {
    let text = value.source().trim_matches('\'').to_ascii_lowercase();
    match text.as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

fn update(reader: &mut Reader<'_>) -> Option<Action> {
    let table = reader.name()?;
    if table.schema != "storage" || table.name != "buckets" || !reader.eat("set") {
        return None;
    }
    let mut bucket = BucketText { update: true, ..BucketText::default() };
    while reader.peek().is_some() {
        if reader.eat("public") && reader.sign(b'=') {
            bucket.public = reader.peek().and_then(|token| truth(&Reader::new(reader.text, &[token])));
        } else if reader.eat_any(&["id", "name"]) && reader.sign(b'=') {
            bucket.name = reader.peek().and_then(|token| reader.body(token)).map(|(body, _)| body.to_owned());
        } else {
            bucket.size_limit |= reader.is("file_size_limit");
            bucket.type_limit |= reader.is("allowed_mime_types");
            reader.at += 1;
        }
    }
    Some(Action::Bucket(bucket))
}
