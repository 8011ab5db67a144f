//! `CREATE FUNCTION`: how it runs, and what its body does, told from its words.

use super::lexer::{Kind, Lexer};
use super::reader::Reader;
use super::{Function, column, predicate};
use crate::base::Location;

/// Tokens of one `EXECUTE` that are looked at.
const MAX_GLUED: usize = 500;

/// Reads what follows `CREATE FUNCTION`.
pub(super) fn read(reader: &mut Reader<'_>, location: &Location) -> Option<Function> {
    let name = reader.name()?;
    let parameters = reader.group().map(|group| parameters(&group)).unwrap_or_default();
    let mut function = Function {
        schema: name.schema,
        name: name.name,
        location: location.clone(),
        security_definer: false,
        search_path: false,
        trigger: false,
        names_caller: false,
        user_metadata: false,
        writes: false,
        tables: Vec::new(),
        dynamic_sql: false,
        privilege_from_metadata: false,
        plain_password: false,
        revoked: Vec::new(),
        granted: Vec::new(),
        executes_argument: false,
        arguments: !parameters.is_empty(),
        names_user: parameters.iter().any(|name| is_user(name)),
        returns: String::new(),
        names: Vec::new(),
    };
    let mut bodies: Vec<&str> = Vec::new();
    while let Some(token) = reader.peek() {
        if reader.eat_all(&["security", "definer"]) {
            function.security_definer = true;
        } else if reader.eat_all(&["set", "search_path"]) {
            function.search_path = true;
        } else if reader.eat("returns") {
            let from = reader.at;
            let words: Vec<&str> = reader.tokens[from..].iter().take(60).map(|token| reader.slice(*token)).collect();
            let end = words.iter().position(|word| {
                ["language", "as", "security", "stable", "volatile", "immutable", "set"]
                    .iter()
                    .any(|end| end.eq_ignore_ascii_case(word))
            });
            function.returns = words[..end.unwrap_or(words.len())].join(" ").to_ascii_lowercase();
            function.returns.truncate(function.returns.floor_char_boundary(240));
            function.trigger = function.returns == "trigger" || function.returns == "event_trigger";
        } else {
            if let Some((body, _)) = reader.body(token) {
                bodies.push(body);
            }
            if reader.is_at(0, "begin") && reader.is_at(1, "atomic") || reader.is("return") {
                bodies
                    .push(reader.text.get(token.start..).map_or("", |rest| &rest[..rest.floor_char_boundary(100_000)]));
            }
            reader.at += 1;
        }
    }
    let body = bodies.into_iter().max_by_key(|body| body.len()).unwrap_or("");
    read_body(&mut function, body, &parameters);
    Some(function)
}

/// The names of parameters; one without a name counts as an empty one.
fn parameters(group: &Reader<'_>) -> Vec<String> {
    let name = |mut part: Reader<'_>| {
        let out = part.is("out");
        part.eat_any(&["in", "out", "inout", "variadic"]);
        (!out).then(|| part.identifier().unwrap_or_default())
    };
    group.parts().into_iter().filter_map(name).collect()
}

/// `p_user_id`, `_uid`, `customer_id`: a parameter that names somebody.
fn is_user(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let bare = lower.trim_start_matches('_');
    let bare = ["p_", "in_", "v_", "arg_", "target_"].iter().find_map(|begin| bare.strip_prefix(begin)).unwrap_or(bare);
    matches!(
        bare.strip_suffix("_id").or_else(|| bare.strip_suffix("_uuid")).unwrap_or(bare),
        "user"
            | "uid"
            | "userid"
            | "profile"
            | "customer"
            | "member"
            | "owner"
            | "account"
            | "employee"
            | "patient"
            | "client"
    )
}

/// What a function's body does.
fn read_body(function: &mut Function, body: &str, parameters: &[String]) {
    let mentions = predicate::Mentions::of(body);
    function.names_caller = mentions.caller || mentions.role;
    function.user_metadata = mentions.user_metadata;
    function.tables = mentions.tables;
    function.names = mentions.names;
    let raw = Lexer::all(body);
    let mut reader = Reader::new(body, &raw.tokens);
    while reader.peek().is_some() {
        let writes = reader.is_at(0, "insert") && reader.is_at(1, "into")
            || reader.is_at(0, "delete") && reader.is_at(1, "from")
            || reader.is("update") && !reader.is_at(1, "on") && !reader.is_at(1, "of") && !before(&reader, "for");
        function.writes |= writes;
        if reader.eat("execute") {
            function.dynamic_sql |= is_glued(&reader);
            let named = reader.peek().and_then(|token| reader.name_of(token));
            let alone = reader.tokens.get(reader.at + 1).is_none_or(|token| token.kind == Kind::Sign(b';'))
                || reader.is_at(1, "into");
            function.executes_argument |= alone && named.is_some_and(|name| parameters.contains(&name));
            let wrapped = reader.is("format")
                || reader.peek().is_some_and(|token| reader.body(token).is_some_and(|(body, _)| body.contains('(')));
            function.executes_argument |= wrapped
                && function.dynamic_sql
                && parameters.iter().any(|name| name.contains("sql") || name == "query");
            continue;
        }
        let name = reader.peek().and_then(|token| reader.name_of(token)).unwrap_or_default();
        reader.at += 1;
        if name == "raw_user_meta_data" || name == "user_metadata" {
            let key = reader.tokens.get(reader.at + 3).or_else(|| reader.tokens.get(reader.at + 2));
            let arrow = reader.peek().is_some_and(|token| token.kind == Kind::Sign(b'-'));
            let key = key.and_then(|token| reader.body(*token)).map_or("", |(body, _)| body);
            function.privilege_from_metadata |= arrow && column::is_privilege(key) && !column::is_tenant(key);
        }
        if column::kind(&name) == Some("password") && reader.sign(b'=') {
            let crypt = ["crypt", "extensions", "digest", "md5", "encode"].iter().any(|word| reader.is(word));
            let value = reader
                .peek()
                .is_some_and(|token| token.kind == Kind::Word && !reader.is("excluded") && !reader.is("new"));
            function.plain_password |= value && !crypt && !is_assignment(&reader);
        }
    }
}

fn before(reader: &Reader<'_>, word: &str) -> bool {
    reader.at > 0 && Reader { at: reader.at - 1, ..reader.clone() }.is(word)
}

/// Whether `password = x` stands behind `SET` rather than in a condition.
fn is_assignment(reader: &Reader<'_>) -> bool {
    reader.tokens[..reader.at]
        .iter()
        .rev()
        .filter(|token| token.kind == Kind::Word)
        .map(|token| reader.slice(*token).to_ascii_lowercase())
        .take(40)
        .find(|word| matches!(word.as_str(), "set" | "where" | "and" | "or" | "on" | "if" | "when"))
        .is_none_or(|word| word == "set")
}

/// Whether what is executed is glued together: `||` with something that is not quoted, or `%s`.
fn is_glued(reader: &Reader<'_>) -> bool {
    let rest = &reader.tokens[reader.at..(reader.at + MAX_GLUED).min(reader.tokens.len())];
    let end = rest.iter().position(|token| token.kind == Kind::Sign(b';')).unwrap_or(rest.len());
    let tokens = &rest[..end];
    let percent = tokens.iter().any(|token| reader.body(*token).is_some_and(|(body, _)| body.contains("%s")));
    let quoted = tokens.iter().any(|token| {
        let word = reader.slice(*token);
        ["quote_literal", "quote_ident", "quote_nullable"].iter().any(|known| known.eq_ignore_ascii_case(word))
    });
    let pipes = tokens.windows(3).any(|window| {
        window[0].kind == Kind::Sign(b'|')
            && window[1].kind == Kind::Sign(b'|')
            && matches!(window[2].kind, Kind::Word | Kind::Quoted)
    });
    percent && reader.is("format") || pipes && !quoted
}
