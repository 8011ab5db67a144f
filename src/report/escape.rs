//! Text from a scanned repository is data: each target format gets it with its own special characters made harmless.

/// Replaces what a terminal or an editor would obey: control characters, and marks that reorder or hide text
/// (<https://www.unicode.org/reports/tr9/>). One character stays one character, so columns still fit.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// The same, on one line of at most `width` characters.
#[must_use]
pub fn line(text: &str, width: usize) -> String {
    let mut out: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { visible(c) }).collect();
    if let Some((at, _)) = out.char_indices().nth(width) {
        out.truncate(at);
        out.push('…');
    }
    out
}

fn visible(character: char) -> char {
    match character {
        '\n' => '\n',
        '\t' => ' ',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
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
                out.push_str(&format!("\\u{unit:04x}"));
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

/// For running Markdown text: every character that could begin markup is escaped, and HTML is no HTML.
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
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!' => {
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
    fn json_reads_back_the_same() {
        let value = "a\u{1b}[31m\u{202e}\u{7f}\u{85}\u{e0001}\n\tü";
        let text = json(&serde_json::to_string_pretty(&[value]).unwrap());
        assert!(text.chars().all(|c| c == '\n' || visible(c) == c), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [value]);
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(html("<a href='x'>&"), "&lt;a href=&#39;x&#39;&gt;&amp;");
        assert_eq!(markdown("[x](y) <b> `z` @team"), "\\[x\\]\\(y\\) &lt;b&gt; \\`z\\` &#64;team");
        assert_eq!(fence("a ``` b"), "````");
        assert_eq!(fence("a"), "```");
    }
}
