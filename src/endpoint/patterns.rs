//! Regular expressions over names, compiled when they are first asked.

pub(super) use crate::base::pattern::Pattern;

/// Declares one: `pattern!(NAME, r"…")`.
macro_rules! pattern {
    ($name:ident, $text:literal) => {
        static $name: $crate::base::pattern::Pattern = $crate::base::pattern::Pattern::new($text);
    };
}
pub(super) use pattern;

/// Whether an expression matches anywhere in a text.
pub(super) fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.is_match(text)
}
