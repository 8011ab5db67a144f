//! Conditions of policies: whom they let through.
//!
//! A condition is parsed by `sqlparser` and evaluated with a small order of who gets in: constants, `AND`, `OR`, `NOT`,
//! the functions that name the caller, roles in a token. Inside of comparisons and subqueries words are searched, as is
//! the whole condition where it does not parse or is over a budget; [`Predicate::loose`] says so.

use sqlparser::ast::{BinaryOperator, Expr, FunctionArguments, Query, SelectItem, SetExpr, UnaryOperator, Value};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Tokenizer;

use super::Predicate;
use super::lexer::{Kind, Lexer};
use super::reader::Reader;

/// Tokens of a condition that is parsed. The parser's trees grow to the left without a limit of their own.
const MAX_TOKENS: usize = 1_500;
/// Parentheses in parentheses: the parser tries each twice.
const MAX_DEPTH: usize = 12;
/// Bytes of a condition's text that are kept.
const MAX_TEXT: usize = 240;
/// Names that are kept.
const MAX_NAMES: usize = 3_000;

/// What is known of the functions of the database.
pub(super) trait Functions {
    /// Whether a function names the caller; `None` where it is not defined here.
    fn names_caller(&self, name: &str) -> Option<bool>;
    /// Whether it trusts `user_metadata`.
    fn user_metadata(&self, name: &str) -> bool;
}

/// Whom a condition lets through, from the fewest to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nobody,
    Service,
    Caller,
    Rows,
    Unknown,
    SignedIn,
    Everybody,
}

impl Reach {
    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Service => "service",
            Self::Caller => "caller",
            Self::Rows => "rows",
            Self::Unknown => "unknown",
            Self::SignedIn => "signed-in",
            Self::Everybody => "everybody",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Answer {
    reach: Reach,
    signed_in: bool,
}

impl Answer {
    fn new(reach: Reach) -> Self {
        Self { reach, signed_in: matches!(reach, Reach::SignedIn | Reach::Caller | Reach::Service | Reach::Nobody) }
    }

    fn and(self, other: Self) -> Self {
        Self { reach: self.reach.min(other.reach), signed_in: self.signed_in || other.signed_in }
    }

    fn or(self, other: Self) -> Self {
        Self { reach: self.reach.max(other.reach), signed_in: self.signed_in && other.signed_in }
    }
}

/// Reads a condition.
pub(super) fn read(text: &str, functions: &dyn Functions) -> Predicate {
    let mentions = Mentions::of(text);
    let through = |name: &String| functions.names_caller(name) == Some(true);
    let names_caller = mentions.caller || mentions.calls.iter().any(through);
    let user_metadata = mentions.user_metadata || mentions.calls.iter().any(|name| functions.user_metadata(name));
    let parsed = parse(text);
    let loose = parsed.is_none();
    let answer = match &parsed {
        Some(expression) => evaluate(expression, functions),
        None => words(&mentions, functions),
    };
    let mut clipped = text.split_whitespace().collect::<Vec<_>>().join(" ");
    clipped.truncate(clipped.floor_char_boundary(MAX_TEXT));
    Predicate {
        text: clipped,
        reach: answer.reach.name().to_owned(),
        signed_in: answer.signed_in,
        names_caller,
        user_metadata,
        names: mentions.names,
        tables: mentions.tables,
        calls: mentions.calls,
        loose,
    }
}

/// The tree of a condition; `None` where it does not parse or is over a budget.
fn parse(text: &str) -> Option<Expr> {
    let raw = Lexer::all(text);
    let mut depth = 0_usize;
    let mut deepest = 0;
    for token in &raw.tokens {
        match token.kind {
            Kind::Sign(b'(' | b'[') => depth += 1,
            Kind::Sign(b')' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if raw.cut || raw.tokens.len() > MAX_TOKENS || deepest > MAX_DEPTH {
        return None;
    }
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, text).tokenize().ok()?;
    let mut parser = Parser::new(&dialect).with_tokens(tokens);
    let expression = parser.parse_expr().ok()?;
    (parser.peek_token().token == sqlparser::tokenizer::Token::EOF).then_some(expression)
}

/// The answer from words alone.
fn words(mentions: &Mentions, functions: &dyn Functions) -> Answer {
    if mentions.caller || mentions.calls.iter().any(|name| functions.names_caller(name) == Some(true)) {
        Answer::new(Reach::Caller)
    } else if mentions.calls.is_empty() {
        Answer::new(Reach::Rows)
    } else {
        Answer::new(Reach::Unknown)
    }
}

fn evaluate(expression: &Expr, functions: &dyn Functions) -> Answer {
    match expression {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } | Expr::IsTrue(inner) => evaluate(inner, functions),
        Expr::Value(value) => match &value.value {
            Value::Boolean(true) => Answer::new(Reach::Everybody),
            Value::SingleQuotedString(text) if ["t", "true"].contains(&text.as_str()) => Answer::new(Reach::Everybody),
            _ => Answer::new(Reach::Nobody),
        },
        Expr::Subquery(query) => match scalar(query) {
            Some(inner) => evaluate(inner, functions),
            None => other(expression, functions),
        },
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            evaluate(left, functions).and(evaluate(right, functions))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            evaluate(left, functions).or(evaluate(right, functions))
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match evaluate(expr, functions).reach {
            Reach::Everybody => Answer::new(Reach::Nobody),
            Reach::Nobody => Answer::new(Reach::Everybody),
            Reach::Caller => Answer::new(Reach::Caller),
            _ => Answer::new(Reach::Rows),
        },
        Expr::BinaryOp { left, op, right } => compare(left, op, right, functions),
        Expr::InList { expr, list, negated: false } if is_role(expr) => {
            let all = list.iter().map(|item| role(&literal(item).unwrap_or_default(), true));
            Answer::new(all.max().unwrap_or(Reach::Nobody))
        }
        Expr::AnyOp { left, right, .. } if is_role(left) => {
            let text = right.to_string();
            let listed = ["anon", "authenticated", "service_role"].into_iter().filter(|name| text.contains(name));
            Answer::new(listed.map(|name| role(name, true)).max().unwrap_or(Reach::Caller))
        }
        Expr::IsNotNull(inner) if is_caller(inner) => Answer::new(Reach::SignedIn),
        Expr::IsNull(inner) if is_caller(inner) => Answer::new(Reach::Everybody),
        Expr::Exists { subquery, negated: false } if only_has_account(subquery) => Answer::new(Reach::SignedIn),
        _ => other(expression, functions),
    }
}

fn compare(left: &Expr, op: &BinaryOperator, right: &Expr, functions: &dyn Functions) -> Answer {
    let (left, right) = (bare(left), bare(right));
    let equal = matches!(op, BinaryOperator::Eq);
    if equal || matches!(op, BinaryOperator::NotEq) {
        if let (Some(a), Some(b)) = (literal(left), literal(right)) {
            return Answer::new(if (a == b) == equal { Reach::Everybody } else { Reach::Nobody });
        }
        for (name, value) in [(left, right), (right, left)] {
            if is_role(name)
                && let Some(value) = literal(value)
            {
                return Answer::new(role(&value, equal));
            }
        }
        if equal && left.to_string().eq_ignore_ascii_case(&right.to_string()) {
            return Answer::new(if is_caller(left) { Reach::SignedIn } else { Reach::Everybody });
        }
    }
    let text = format!("{left} {op} {right}");
    words(&Mentions::of(&text), functions)
}

fn other(expression: &Expr, functions: &dyn Functions) -> Answer {
    words(&Mentions::of(&expression.to_string()), functions)
}

/// Whom a comparison of the token's role with a name lets through.
fn role(name: &str, equal: bool) -> Reach {
    match (name, equal) {
        ("anon", true) => Reach::Everybody,
        ("authenticated", true) | ("anon", false) => Reach::SignedIn,
        ("service_role" | "supabase_admin" | "postgres" | "supabase_auth_admin", true) => Reach::Service,
        (_, true) => Reach::Caller,
        (_, false) => Reach::Everybody,
    }
}

/// Without parentheses, casts and `(SELECT x)`.
fn bare(expression: &Expr) -> &Expr {
    let mut at = expression;
    for _ in 0..20 {
        at = match at {
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => inner,
            Expr::Subquery(query) => match scalar(query) {
                Some(inner) => inner,
                None => return at,
            },
            _ => return at,
        };
    }
    at
}

/// `x` of `SELECT x` without tables.
fn scalar(query: &Query) -> Option<&Expr> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    if !select.from.is_empty() || select.selection.is_some() {
        return None;
    }
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(inner) | SelectItem::ExprWithAlias { expr: inner, .. }] => Some(inner),
        _ => None,
    }
}

fn literal(expression: &Expr) -> Option<String> {
    match bare(expression) {
        Expr::Value(value) => match &value.value {
            Value::Null => None,
            Value::SingleQuotedString(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
        _ => None,
    }
}

fn call_name(expression: &Expr) -> Option<String> {
    match bare(expression) {
        Expr::Function(function) => {
            let none = matches!(&function.args, FunctionArguments::List(list) if list.args.is_empty());
            (none || matches!(function.args, FunctionArguments::None))
                .then(|| function.name.to_string().to_ascii_lowercase().replace('"', ""))
        }
        _ => None,
    }
}

/// `auth.uid()` and its like.
fn is_caller(expression: &Expr) -> bool {
    call_name(expression).is_some_and(|name| matches!(name.as_str(), "auth.uid" | "auth.email" | "auth.jwt"))
}

/// `auth.role()`, `auth.jwt() ->> 'role'`, `current_setting('request.jwt.claim.role')`.
fn is_role(expression: &Expr) -> bool {
    if call_name(expression).as_deref() == Some("auth.role") {
        return true;
    }
    let text: String = bare(expression).to_string().to_ascii_lowercase().split_whitespace().collect();
    matches!(text.as_str(), "auth.jwt()->>'role'" | "(auth.jwt()->>'role')")
        || text.starts_with("current_setting('request.jwt.claim.role'")
        || text.starts_with("current_setting('role'")
        || text.starts_with("current_setting('request.jwt.claims'") && text.ends_with("->>'role'")
}

/// `SELECT … FROM profiles WHERE id = auth.uid()` and nothing more: everyone with an account.
fn only_has_account(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    let [table] = select.from.as_slice() else { return false };
    let name = table.relation.to_string().to_ascii_lowercase();
    let name = name.split_whitespace().next().unwrap_or("").rsplit('.').next().unwrap_or("").replace('"', "");
    let accounts = matches!(name.as_str(), "profiles" | "users" | "user_profiles" | "accounts" | "profile");
    let own = |condition: &Expr| match condition {
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => is_caller(left) || is_caller(right),
        _ => false,
    };
    accounts && table.joins.is_empty() && select.selection.as_ref().is_some_and(|condition| own(bare(condition)))
}

/// Whether a query gives counts and sums only.
pub(super) fn only_counts(query: &str) -> bool {
    let raw = Lexer::all(query);
    let reader = Reader::new(query, &raw.tokens);
    let has = |word: &str| {
        raw.tokens.iter().any(|token| token.kind == Kind::Word && reader.slice(*token).eq_ignore_ascii_case(word))
    };
    ["count", "sum", "avg", "max", "min"].iter().any(|word| has(word)) && (has("group") || !query.contains(','))
}

/// The words of a condition, a query or a body that matter.
#[derive(Debug, Clone, Default)]
pub(super) struct Mentions {
    pub caller: bool,
    pub user_metadata: bool,
    /// Whether it asks for the role of the token.
    pub role: bool,
    /// Behind `FROM`, `JOIN`, `UPDATE`, `INTO`, with the schema.
    pub tables: Vec<String>,
    pub calls: Vec<String>,
    pub names: Vec<String>,
}

impl Mentions {
    pub fn of(text: &str) -> Self {
        let raw = Lexer::all(text);
        let mut reader = Reader::new(text, &raw.tokens);
        let mut found = Self::default();
        let mut distinct = false;
        while let Some(token) = reader.next() {
            match token.kind {
                Kind::Text { .. } => found.text(reader.body(token).map_or("", |(body, _)| body)),
                Kind::Word | Kind::Quoted => {
                    let word = reader.name_of(token).unwrap_or_default().to_ascii_lowercase();
                    let from = matches!(word.as_str(), "from" | "join" | "update" | "into") && token.kind == Kind::Word;
                    if from && !distinct {
                        found.table(&reader, word == "into");
                    }
                    distinct = word == "distinct" || word == "for" || word == "do";
                    reader.at -= 1;
                    found.name(&mut reader);
                }
                _ => {}
            }
        }
        for list in [&mut found.tables, &mut found.calls, &mut found.names] {
            list.sort();
            list.dedup();
        }
        found
    }

    fn text(&mut self, body: &str) {
        self.user_metadata |=
            body == "user_metadata" || body == "raw_user_meta_data" || body.contains("user_metadata,");
    }

    /// Columns may follow the table behind `INTO`; elsewhere parentheses make a call of it.
    fn table(&mut self, reader: &Reader<'_>, into: bool) {
        let mut ahead = reader.clone();
        ahead.eat("only");
        if let Some(name) = ahead.name().filter(|_| self.tables.len() < MAX_NAMES) {
            let call = ahead.peek().is_some_and(|token| token.kind == Kind::Sign(b'('));
            if (into || !call) && name.name != "select" && name.name != "set" && name.name != "lateral" {
                self.tables.push(name.full());
            }
        }
    }

    /// A dotted name, perhaps of a call.
    fn name(&mut self, reader: &mut Reader<'_>) {
        let Some(name) = reader.name() else {
            reader.at += 1;
            return;
        };
        let call = reader.peek().is_some_and(|token| token.kind == Kind::Sign(b'('));
        let last = name.name.to_ascii_lowercase();
        let auth = name.schema == "auth" && matches!(last.as_str(), "uid" | "jwt" | "email" | "role");
        let session = matches!(last.as_str(), "current_setting" | "current_user" | "session_user")
            || name.schema == "auth" && last == "user_id";
        self.role |= call && auth && last == "role";
        self.caller |= call && auth && last != "role" || session;
        self.user_metadata |= last == "raw_user_meta_data" || last == "user_metadata";
        if self.names.len() < MAX_NAMES {
            self.names.push(last.clone());
        }
        let keyword = matches!(
            last.as_str(),
            "in" | "and"
                | "or"
                | "not"
                | "exists"
                | "any"
                | "all"
                | "select"
                | "where"
                | "on"
                | "using"
                | "values"
                | "some"
                | "when"
                | "then"
                | "else"
                | "case"
                | "as"
                | "from"
                | "join"
                | "coalesce"
                | "lower"
                | "upper"
                | "count"
                | "now"
                | "foldername"
                | "array"
                | "interval"
                | "split_part"
                | "extension"
                | "filename"
                | "length"
                | "char_length"
                | "trim"
                | "nullif"
                | "extract"
                | "date_trunc"
                | "greatest"
                | "least"
                | "cast"
                | "to_jsonb"
                | "if"
                | "by"
                | "like"
                | "ilike"
                | "between"
                | "is"
        );
        if call && !keyword && !auth && !session && self.calls.len() < MAX_NAMES {
            self.calls.push(if name.schema == "public" { last } else { format!("{}.{last}", name.schema) });
        }
    }
}
