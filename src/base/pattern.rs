//! Regular expressions that are mostly asked of names and short texts.
//!
//! A small project asks some two hundred of them, once or twice each, so that making them costs more than asking them.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Match, RegexBuilder};
use regex_automata::meta;
use regex_automata::util::syntax;

/// Bytes that a compiled expression may take, as `regex` has it.
const LIMIT: usize = 10 << 20;
/// Texts up to this many bytes are asked without a search for literals first.
const SHORT: usize = 4096;

/// An expression, compiled when it is first asked. One that is broken matches nothing.
///
/// It is compiled twice at most. For short texts in ASCII, which nearly all are, Unicode's classes and the search for
/// literals are left out: they are most of what compiling costs, and change nothing there. All others are asked of the
/// expression as it is; but one made to ask for words of code ([`Pattern::new`], [`Pattern::ignoring_case`]) takes letters of
/// ASCII for letters everywhere.
#[derive(Debug)]
pub struct Pattern {
    written: Cow<'static, str>,
    ignores_case: bool,
    ascii: bool,
    limit: usize,
    short: OnceLock<Option<meta::Regex>>,
    whole: OnceLock<Result<regex::Regex, regex::Error>>,
}

impl Pattern {
    /// One that is written in the source, for words of code.
    #[must_use]
    pub const fn new(written: &'static str) -> Self {
        Self::of(Cow::Borrowed(written), true, LIMIT)
    }

    /// The same, read, and whatever the case of letters.
    #[must_use]
    pub fn ignoring_case(written: &str) -> Self {
        Self { ignores_case: true, ..Self::of(Cow::Owned(written.to_owned()), true, LIMIT) }
    }

    /// One that was read.
    #[must_use]
    pub fn read(written: &str) -> Self {
        Self::limited(written, LIMIT)
    }

    /// One of somebody else, which may take so many bytes when it is compiled.
    #[must_use]
    pub fn limited(written: &str, limit: usize) -> Self {
        Self::of(Cow::Owned(written.to_owned()), false, limit)
    }

    const fn of(written: Cow<'static, str>, ascii: bool, limit: usize) -> Self {
        Self { written, ignores_case: false, ascii, limit, short: OnceLock::new(), whole: OnceLock::new() }
    }

    /// Whether it matches anywhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.try_match(text).unwrap_or(false)
    }

    /// The same, or why it is no expression: what is wrong, or [`regex::Error::CompiledTooBig`].
    pub fn try_match(&self, text: &str) -> Result<bool, &regex::Error> {
        if text.len() <= SHORT
            && (self.ascii || text.is_ascii())
            && let Some(short) = self.short.get_or_init(|| self.short())
        {
            return Ok(short.is_match(text));
        }
        self.whole().map(|regex| regex.is_match(text))
    }

    /// The places where it matches.
    pub fn find_iter<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Match<'t>> {
        self.whole().into_iter().flat_map(move |regex| regex.find_iter(text))
    }

    fn short(&self) -> Option<meta::Regex> {
        let syntax = syntax::Config::new().unicode(false).utf8(false).case_insensitive(self.ignores_case);
        let limit = Some(self.limit);
        let config = meta::Regex::config().utf8_empty(false).auto_prefilter(false).nfa_size_limit(limit);
        meta::Regex::builder().syntax(syntax).configure(config).build(&self.written).ok()
    }

    fn whole(&self) -> Result<&regex::Regex, &regex::Error> {
        let compile = |unicode| {
            let mut builder = RegexBuilder::new(&self.written);
            builder.unicode(unicode).case_insensitive(self.ignores_case).size_limit(self.limit).build()
        };
        let build = || if self.ascii { compile(false).or_else(|_| compile(true)) } else { compile(true) };
        self.whole.get_or_init(build).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pattern;

    const WRITTEN: [&str; 10] = [
        r"^(get|find)_?(user|account)s?$",
        r"(?i)pass(word|wd)?\b",
        r"[^a-z]x",
        r"^.{2,3}$",
        r"\W\d+",
        r"\bk\b|s",
        r"(?m)^(login|log-in)$",
        r"",
        r"\p{Greek}",
        r"a*?b",
    ];

    proptest! {
        #[test]
        fn short_texts_are_told_as_others(text in "[ -~\n]{0,12}|\\PC{0,12}|(get|login|find|PassWord|user|K|ſ|é|[_\n -])*") {
            for written in WRITTEN {
                for pattern in [Pattern::new(written), Pattern::read(written), Pattern::ignoring_case(written)] {
                    if pattern.ascii && !text.is_ascii() {
                        continue;
                    }
                    let told = pattern.is_match(&text);
                    let found = pattern.find_iter(&text).next().is_some();
                    prop_assert_eq!(told, found, "{} on {:?}", written, text);
                }
            }
        }
    }

    #[test]
    fn broken_ones_match_nothing() {
        assert!(!Pattern::new("(").is_match("("));
        assert_eq!(Pattern::new("(").find_iter("(").count(), 0);
    }

    #[test]
    fn long_texts_are_searched_too() {
        let text = format!("{}needle", "x".repeat(super::SHORT));
        assert!(Pattern::new("needle$").is_match(&text));
        assert!(!Pattern::new("^needle").is_match(&text));
    }
}
