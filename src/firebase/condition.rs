//! Conditions: whom they let through.

use std::collections::BTreeMap;

/// Bytes of a condition that is evaluated; a longer one is only searched for words.
const MAX_BYTES: usize = 20_000;
/// Parentheses and calls in one another.
const MAX_DEPTH: usize = 24;
/// Bytes that one evaluation looks at, calls of functions included.
const MAX_STEPS: usize = 500_000;

/// A function of the rules: its text behind `return`, and what stands before.
pub(super) type Functions<'t> = BTreeMap<String, &'t str>;

/// Whom a condition lets through, from the fewest to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Nobody,
    Caller,
    Rows,
    Unknown,
    SignedIn,
    Everybody,
}

impl Reach {
    pub fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Caller => "caller",
            Self::Rows => "rows",
            Self::Unknown => "unknown",
            Self::SignedIn => "signed-in",
            Self::Everybody => "everybody",
        }
    }
}

/// What a condition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub reach: Reach,
    pub signed_in: bool,
    pub until: Option<String>,
}

impl Answer {
    fn new(reach: Reach) -> Self {
        Self { reach, signed_in: matches!(reach, Reach::SignedIn | Reach::Caller | Reach::Nobody), until: None }
    }

    fn and(self, other: Self) -> Self {
        Self {
            reach: self.reach.min(other.reach),
            signed_in: self.signed_in || other.signed_in,
            until: self.until.or(other.until),
        }
    }

    fn or(self, other: Self) -> Self {
        let until = if self.reach >= other.reach { self.until } else { other.until };
        Self { reach: self.reach.max(other.reach), signed_in: self.signed_in && other.signed_in, until }
    }
}

/// Evaluates a condition.
pub(super) fn evaluate(text: &str, functions: &Functions<'_>) -> Answer {
    Evaluator { functions, steps: 0 }.expression(text, 0)
}

struct Evaluator<'f> {
    functions: &'f Functions<'f>,
    steps: usize,
}

impl Evaluator<'_> {
    fn expression(&mut self, text: &str, depth: usize) -> Answer {
        let text = text.trim();
        self.steps += text.len() + 100;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS || text.len() > MAX_BYTES {
            return leaf(text);
        }
        for (operator, all) in [("||", false), ("&&", true)] {
            let parts = split(text, operator);
            if parts.len() > 1 {
                let answers: Vec<Answer> = parts.iter().map(|part| self.expression(part, depth + 1)).collect();
                let joined = answers.into_iter().reduce(|a, b| if all { a.and(b) } else { a.or(b) });
                return joined.unwrap_or_else(|| Answer::new(Reach::Unknown));
            }
        }
        if let Some(inner) =
            text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|inner| balanced(inner))
        {
            return self.expression(inner, depth + 1);
        }
        if let Some(inner) = text.strip_prefix('!').filter(|rest| !rest.starts_with('=')) {
            let answer = self.expression(inner, depth + 1);
            return Answer::new(match answer.reach {
                Reach::Everybody => Reach::Nobody,
                Reach::Nobody => Reach::Everybody,
                Reach::Caller => Reach::Caller,
                _ => Reach::Rows,
            });
        }
        self.call(text, depth).unwrap_or_else(|| leaf(text))
    }

    /// `name(…)` of a function of the rules.
    fn call(&mut self, text: &str, depth: usize) -> Option<Answer> {
        let name = text.split('(').next()?.trim();
        let body = self.functions.get(name).copied()?;
        let arguments = text[name.len()..].trim_start().strip_prefix('(')?.strip_suffix(')')?;
        if !balanced(arguments) {
            return None;
        }
        let (before, returned) = body.rsplit_once("return").unwrap_or(("", body));
        let mut answer = self.expression(returned.trim().trim_end_matches(';'), depth + 1);
        let named = |text: &str| text.contains("request.auth.uid") || text.contains("request.auth.token");
        if answer.reach == Reach::Rows && (named(before) || named(arguments)) {
            answer = Answer::new(Reach::Caller);
        }
        Some(answer)
    }
}

/// A comparison or the like, told by its words.
fn leaf(text: &str) -> Answer {
    let flat: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let bare = flat.replace("===", "==").replace("!==", "!=");
    match bare.as_str() {
        "true" | "'true'" | "1==1" | "request.auth==null" | "auth==null" => return Answer::new(Reach::Everybody),
        "false" | "" => return Answer::new(Reach::Nobody),
        "request.auth!=null"
        | "request.auth.uid!=null"
        | "auth!=null"
        | "auth.uid!=null"
        | "null!=request.auth"
        | "auth!==null"
        | "request.auth.token!=null"
        | "request.auth"
        | "request.auth.uid!=''"
        | "request.auth.uidisstring"
        | "request.auth.token.firebase.sign_in_provider!='anonymous'"
        | "request.auth.token.email_verified==true"
        | "request.auth.token.email_verified" => {
            return Answer::new(Reach::SignedIn);
        }
        _ => {}
    }
    let timed = (bare.starts_with("request.time<") || bare.starts_with("now<")) && !bare.contains("resource");
    if timed {
        let until = bare.split('<').nth(1).unwrap_or("").trim_start_matches('=');
        let until: String = until.chars().take(60).collect();
        return Answer { until: Some(until), ..Answer::new(Reach::Everybody) };
    }
    // What is asked of the new data says nothing on who writes it.
    let existing = bare.replace("request.resource", "");
    let new_only = (bare.contains("request.resource") || bare.contains("newData."))
        && !existing.contains("resource.")
        && !bare.contains("auth");
    let keys_only = bare.contains("request.resource.data.diff(") || bare.contains(".affectedKeys()");
    if (new_only || keys_only) && !bare.contains("auth") {
        return Answer::new(Reach::Everybody);
    }
    let caller = bare.contains("request.auth.uid") || bare.contains("request.auth.token") || mentions_auth(&bare);
    Answer::new(if caller { Reach::Caller } else { Reach::Rows })
}

/// `auth.uid` and `auth.token` of the Realtime Database.
fn mentions_auth(text: &str) -> bool {
    ["auth.uid", "auth.token", "auth.provider"].iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == '.')
        })
    })
}

/// The parts between an operator outside of parentheses and texts.
fn split<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut start = 0;
    scan(text, |at, depth| {
        if depth == 0 && text[at..].starts_with(operator) && at >= start {
            parts.push(&text[start..at]);
            start = at + operator.len();
        }
        true
    });
    parts.push(&text[start..]);
    parts
}

/// Whether no parenthesis closes what it did not open.
fn balanced(text: &str) -> bool {
    let mut lowest = true;
    let depth = scan(text, |_, depth| {
        lowest &= depth >= 0;
        lowest
    });
    lowest && depth == 0
}

/// Calls `visit` for every byte outside of texts with the depth of parentheses; gives the depth at the end.
fn scan(text: &str, mut visit: impl FnMut(usize, i64) -> bool) -> i64 {
    let mut depth = 0_i64;
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if let Some(open) = quote {
            if escaped {
                escaped = false;
            } else if character == '\\' {
                escaped = true;
            } else if character == open {
                quote = None;
            }
            continue;
        }
        match character {
            '\'' | '"' => quote = Some(character),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if !visit(at, depth) {
            break;
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(text: &str) -> (&'static str, bool) {
        let functions = Functions::from([
            ("signedIn".to_owned(), "return request.auth != null;"),
            ("isOwner".to_owned(), "return signedIn() && request.auth.uid == id;"),
            ("loop".to_owned(), "return loop();"),
            ("admin".to_owned(), "let who = get(/x/$(request.auth.uid)).data; return who.role == 'admin';"),
        ]);
        let answer = evaluate(text, &functions);
        (answer.reach.name(), answer.signed_in)
    }

    #[test]
    fn conditions_tell_whom_they_let_in() {
        for (text, wanted) in [
            ("true", ("everybody", false)),
            ("request.auth != null", ("signed-in", true)),
            ("request.auth != null && request.auth.uid == userId", ("caller", true)),
            ("(resource.data.public == true) || isOwner(userId)", ("rows", false)),
            ("signedIn() && request.resource.size < 5", ("signed-in", true)),
            ("resource.data.open == request.resource.data.open", ("rows", false)),
            ("isOwner(id)", ("caller", true)),
            ("admin()", ("caller", true)),
            ("false", ("nobody", true)),
            ("!(false)", ("everybody", false)),
            ("auth.uid === $uid", ("caller", true)),
            ("resource.data.auth.uid == 'a'", ("rows", false)),
        ] {
            assert_eq!(reach(text), wanted, "{text}");
        }
    }

    #[test]
    fn open_until_a_day() {
        let answer = evaluate("request.time < timestamp.date(2026, 1, 2)", &Functions::new());
        assert_eq!((answer.reach, answer.until.as_deref()), (Reach::Everybody, Some("timestamp.date(2026,1,2)")));
    }

    #[test]
    fn endless_and_deep_ones_end() {
        reach("loop()");
        reach(&"(".repeat(50_000));
        reach(&"!".repeat(10_000));
        reach(&"a && ".repeat(4_000));
        reach("'é' == \"ü");
    }
}
