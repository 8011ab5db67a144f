//! Text from a scanned repository is data: each target format gets it with its own special characters made harmless.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Replaces what a terminal or an editor would obey: control characters, and marks that reorder or hide text
/// (<https://www.unicode.org/reports/tr9/>). One character stays one character, so columns still fit.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// The same, on one line of at most `width` characters.
#[must_use]
pub fn line(text: &str, width: usize) -> String {
    let mut out: String =
        text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { visible(c) }).collect();
    if let Some((at, _)) = out.char_indices().nth(width) {
        out.truncate(at);
        out.push('…');
    }
    out
}

/// The same, broken into rows of at most `width` terminal columns: between words, or within one that is wider than a row
/// (behind a `/`, `-` or `_` if there is one).
#[must_use]
pub fn cell(text: &str, width: usize) -> Vec<String> {
    rows(text, width, true)
}

/// The same for prose: a word that is wider than a row stays whole, so that paths can be clicked and copied.
#[must_use]
pub fn prose_rows(text: &str, width: usize) -> Vec<String> {
    rows(text, width, false)
}

fn rows(text: &str, width: usize, split: bool) -> Vec<String> {
    let width = width.max(2);
    let mut rows = vec![String::new()];
    let mut used = 0;
    for word in line(text, usize::MAX).split(' ').filter(|word| !word.is_empty()) {
        let mut rest = word;
        while !rest.is_empty() {
            let gap = usize::from(used > 0);
            let wide = rest.width();
            let fits = used + gap + wide <= width;
            if !fits && used > 0 {
                rows.push(String::new());
                used = 0;
                continue;
            }
            let part = if fits || !split { rest } else { &rest[..breakpoint(rest, width)] };
            if let Some(row) = rows.last_mut() {
                row.push_str(&" ".repeat(gap));
                row.push_str(part);
            }
            used += gap + part.width();
            rest = &rest[part.len()..];
        }
    }
    rows
}

/// How many bytes of a word fill a row; never none.
fn breakpoint(word: &str, width: usize) -> usize {
    let mut used = 0;
    let (mut hard, mut soft) = (0, 0);
    for (at, character) in word.char_indices() {
        used += character.width().unwrap_or(0);
        if used > width && hard > 0 {
            break;
        }
        hard = at + character.len_utf8();
        if matches!(character, '/' | '-' | '_') {
            soft = hard;
        }
    }
    if soft > 0 { soft } else { hard }
}

/// Prose with `code` in backticks: each part through `text` or `code`. A backtick without a partner is text.
fn prose(input: &str, text: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let parts: Vec<&str> = input.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(input);
    }
    let piece = |(at, part): (usize, &&str)| match (at % 2, part.trim().is_empty()) {
        (0, _) => text(part),
        (_, true) => text(&format!("`{part}`")),
        (_, false) => code(part),
    };
    parts.iter().enumerate().map(piece).collect()
}

/// HTML of prose whose `code` stands in backticks.
#[must_use]
pub fn html_prose(text: &str) -> String {
    prose(text, html, |code| format!("<code>{}</code>", html(code)))
}

/// Markdown of prose whose `code` stands in backticks; not for table cells.
#[must_use]
pub fn markdown_prose(text: &str) -> String {
    prose(text, markdown, |code| format!("`{}`", line(code, usize::MAX)))
}

fn visible(character: char) -> char {
    match character {
        '\n' => '\n',
        '\t' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        other => other,
    }
}

/// For JSON text: what a terminal would obey and JSON allows raw becomes an escape, which reads back as the same value.
#[must_use]
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || visible(character) == character {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// For HTML text and quoted attribute values.
#[must_use]
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars().map(visible) {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// For running Markdown text: every character that could begin markup is escaped (a link or image needs its `[`), and
/// HTML is no HTML.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars().map(visible) {
        match character {
            '\n' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => {
                out.push('\\');
                out.push(character);
            }
            // at the start of a line they would make a list or a rule
            '-' | '+' | '=' if out.is_empty() => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// A Markdown code fence that the content cannot close.
#[must_use]
pub fn fence(content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_get_no_orders() {
        assert_eq!(plain("a\u{1b}[31mb\u{202e}c\r\nd"), "a␛[31mb\u{fffd}c␍\nd");
        assert_eq!(line("a\nb\u{7}c", 4), "a b␇…");
    }

    #[test]
    fn json_keeps_its_values() {
        let value = serde_json::json!("a\u{202e}\u{9b}\u{e0041}\n");
        let text = json(&value.to_string());
        assert_eq!(text, r#""a\u202e\u009b\udb40\udc41\n""#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn rows_fit() {
        assert_eq!(cell("one two  three", 7), ["one two", "three"]);
        assert_eq!(prose_rows("a path/to/file", 6), ["a", "path/to/file"]);
        assert_eq!(cell("taint/python-sql-injection", 14), ["taint/python-", "sql-injection"]);
        assert_eq!(cell("漢字漢字 x", 5), ["漢字", "漢字", "x"]);
        assert_eq!(cell("", 5), [""]);
    }

    #[test]
    fn code_in_prose() {
        assert_eq!(html_prose("use `a<b>` & `c`"), "use <code>a&lt;b&gt;</code> &amp; <code>c</code>");
        assert_eq!(markdown_prose("use `a|<b>` or *"), "use `a|<b>` or \\*");
        assert_eq!(markdown_prose("a ` b"), "a \\` b");
        assert_eq!(markdown_prose("a `` b"), "a \\`\\` b");
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(html("<a href='x'>&"), "&lt;a href=&#39;x&#39;&gt;&amp;");
        assert_eq!(markdown("[x](y) <b> `z` @team"), "\\[x\\](y) &lt;b&gt; \\`z\\` &#64;team");
        assert_eq!(fence("a ``` b"), "````");
        assert_eq!(fence("a"), "```");
    }
}
