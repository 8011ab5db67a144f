//! Regular expressions over names, compiled when they are first asked.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// An expression; a broken one matches nothing.
pub(super) type Pattern = LazyLock<Option<Regex>>;

/// Declares one: `pattern!(NAME, r"…")`.
macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: $crate::endpoint::patterns::Pattern =
            std::sync::LazyLock::new(|| $crate::endpoint::patterns::compile($text));
    };
}
pub(super) use pattern;

/// Without Unicode classes most compile several times faster; some need them.
pub(super) fn compile(text: &str) -> Option<Regex> {
    let compile = |unicode| RegexBuilder::new(text).unicode(unicode).build().ok();
    compile(false).or_else(|| compile(true))
}

/// Whether an expression matches anywhere in a text.
pub(super) fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(text))
}
