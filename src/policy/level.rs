//! Levels of policies, and parameters: what `stageclear.toml` may choose, and which way is tighter.
//!
//! A policy declares its parameters in its METADATA and reads them with `lib.parameter(name, default)`; what is chosen
//! stands in `data.config`. An organisation's value is a bound: a repository may choose a tighter one.

use serde_json::Value;

use crate::base::Severity;
use crate::base::distance::distance;

/// How much is asked of a project. Each holds what the one before it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What no application should ship with.
    Baseline,
    /// What a reviewer would ask for.
    Standard,
    /// All of it; what holds unless a level is chosen.
    Strict,
}

impl Level {
    /// All, from the least on.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Standard, Self::Strict];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }

    /// The level of a policy that names none.
    #[must_use]
    pub fn of(severity: Option<Severity>) -> Self {
        match severity {
            Some(Severity::Critical | Severity::High) => Self::Baseline,
            Some(Severity::Medium) | None => Self::Standard,
            Some(Severity::Low | Severity::Info) => Self::Strict,
        }
    }
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.name() == text);
        found.ok_or_else(|| format!("`{text}` is no level: `baseline`, `standard` or `strict`"))
    }
}

/// Which values of a parameter ask for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tighter {
    /// Larger numbers, as of a least length.
    Higher,
    /// Smaller numbers, as of a longest life.
    Lower,
    /// Longer lists, as of what is forbidden.
    More,
    /// Shorter lists, as of what is excepted.
    Fewer,
}

impl Tighter {
    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::More => "more",
            Self::Fewer => "fewer",
        }
    }
}

impl std::str::FromStr for Tighter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Higher, Self::Lower, Self::More, Self::Fewer];
        let found = all.into_iter().find(|way| way.name() == text);
        found.ok_or_else(|| format!("`tighter: {text}` is none of `higher`, `lower`, `more`, `fewer`"))
    }
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name below `data.config`; `stageclear.toml` writes it with hyphens.
    pub name: String,
    /// What holds if nobody chooses.
    pub default: Value,
    /// Which way is tighter.
    pub tighter: Tighter,
    /// What it is.
    pub description: String,
}

impl Parameter {
    /// Refuses a value of the wrong kind.
    pub fn admit(&self, value: &Value) -> Result<(), String> {
        let (fits, wanted) = match self.tighter {
            Tighter::Higher | Tighter::Lower => {
                (value.as_f64().is_some_and(|number| number >= 0.0), "a number from 0 on")
            }
            Tighter::More | Tighter::Fewer => {
                let texts = |items: &Vec<Value>| items.iter().all(Value::is_string);
                (value.as_array().is_some_and(texts), "a list of texts")
            }
        };
        if fits { Ok(()) } else { Err(format!("`{value}` is not {wanted}")) }
    }

    /// What holds where `bound` is demanded and `asked` is chosen, and whether less was asked for.
    #[must_use]
    pub fn tightened(&self, bound: &Value, asked: &Value) -> (Value, bool) {
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
        match self.tighter {
            Tighter::Higher if number(asked) < number(bound) => (bound.clone(), true),
            Tighter::Lower if number(asked) > number(bound) => (bound.clone(), true),
            Tighter::Higher | Tighter::Lower => (asked.clone(), false),
            Tighter::More => {
                let (mut all, asked) = (items(bound), items(asked));
                let less = all.iter().any(|item| !asked.contains(item));
                all.extend(asked.into_iter().filter(|item| !items(bound).contains(item)));
                (Value::Array(all), less)
            }
            Tighter::Fewer => {
                let (bound, mut asked) = (items(bound), items(asked));
                let before = asked.len();
                asked.retain(|item| bound.contains(item));
                let less = asked.len() < before;
                (Value::Array(asked), less)
            }
        }
    }
}

/// Of the known names, the one that a wrong one was probably meant to be.
pub(super) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > 100 {
        return None;
    }
    let ranked = known.into_iter().map(|name| {
        let longer = name.len().max(wrong.len());
        let inside = wrong.len() > 2 && (name.contains(wrong) || wrong.contains(name)) && name.len() * 2 >= wrong.len();
        let close = inside || letters(wrong) == letters(name);
        (if close { 1 } else { distance(wrong, name) }, longer, name)
    });
    ranked.min().filter(|(distance, longer, _)| *distance * 3 <= *longer + 1).map(|(.., name)| name)
}

/// The letters of a name, by which `nmae` is `name`.
fn letters(name: &str) -> Vec<char> {
    let mut letters: Vec<char> = name.chars().collect();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(tighter: Tighter) -> Parameter {
        Parameter { name: "p".to_owned(), default: json!(1), tighter, description: String::new() }
    }

    #[test]
    fn a_bound_can_only_be_tightened() {
        for (tighter, bound, asked, holds, less) in [
            (Tighter::Higher, json!(12), json!(8), json!(12), true),
            (Tighter::Higher, json!(12), json!(16), json!(16), false),
            (Tighter::Lower, json!(30), json!(90), json!(30), true),
            (Tighter::Lower, json!(30), json!(7), json!(7), false),
            (Tighter::More, json!(["a", "b"]), json!(["b", "c"]), json!(["a", "b", "c"]), true),
            (Tighter::More, json!(["a"]), json!(["c", "a"]), json!(["a", "c"]), false),
            (Tighter::Fewer, json!(["a", "b"]), json!(["b", "c"]), json!(["b"]), true),
            (Tighter::Fewer, json!(["a", "b"]), json!([]), json!([]), false),
        ] {
            assert_eq!(parameter(tighter).tightened(&bound, &asked), (holds, less), "{tighter:?} {bound} {asked}");
        }
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        assert!(parameter(Tighter::Higher).admit(&json!("12")).is_err());
        assert!(parameter(Tighter::Lower).admit(&json!(-1)).is_err());
        assert!(parameter(Tighter::More).admit(&json!([1])).is_err());
        assert!(parameter(Tighter::Fewer).admit(&json!(["a"])).is_ok());
    }

    #[test]
    fn mistyped_names_are_guessed() {
        let known = ["endpoints", "findings", "minimum_password_length"];
        assert_eq!(nearest("endpoint", known), Some("endpoints"));
        assert_eq!(nearest("minimal_password_length", known), Some("minimum_password_length"));
        assert_eq!(nearest("fnidings", known), Some("findings"));
        assert_eq!(nearest("kubernetes", known), None);
        assert_eq!("strikt".parse::<Level>().unwrap_err(), "`strikt` is no level: `baseline`, `standard` or `strict`");
    }
}
