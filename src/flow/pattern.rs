//! What a regular expression says of a text that fits it.

use regex::Regex;

/// Whether a text that fits the expression as a whole can hold no quotes, slashes, spaces or markup.
pub(super) fn is_restrictive(pattern: &str, starts: bool, ends: bool) -> bool {
    let starts = starts || pattern.starts_with('^') || pattern.starts_with("\\A");
    let ends = ends
        || (pattern.ends_with('$') && !pattern.ends_with("\\$"))
        || pattern.ends_with("\\Z")
        || pattern.ends_with("\\z");
    if !starts || !ends || Regex::new(pattern).is_err() {
        return false;
    }
    let body = pattern.trim_start_matches('^').trim_end_matches('$');
    let mut chars = body.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('w' | 'd' | '.' | '-' | 'A' | 'Z' | 'z' | 'b' | '_') => {}
                _ => return false,
            },
            '[' => {
                in_class = true;
                if chars.peek() == Some(&'^') {
                    return false;
                }
            }
            ']' => in_class = false,
            '.' if !in_class => return false,
            // An alternative outside a group is not bound to the ends.
            '|' if !in_class && !body.starts_with('(') => return false,
            '(' | ')' | '{' | '}' | '+' | '*' | '?' | '|' | ',' | ':' | '-' | '_' | '.' | '@' => {}
            c if c.is_alphanumeric() => {}
            _ => return false,
        }
    }
    true
}
