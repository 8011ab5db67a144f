//! The scripts inside Vue and Svelte components: everything else is blanked, so that positions stay.
//!
//! Formats: <https://vuejs.org/api/sfc-spec.html>, <https://svelte.dev/docs/svelte/svelte-files>. Left out: expressions
//! in the markup.

/// The scripts of a component.
pub(super) struct Scripts {
    /// As long as the file: the scripts where they stand, blanks elsewhere.
    pub(super) text: String,
    /// Whether any of them is TypeScript.
    pub(super) typed: bool,
}

/// Finds the scripts of a component. Those in an HTML comment, and data blocks (`type="application/json"`), are none.
pub(super) fn scripts(text: &str) -> Scripts {
    let mut out = String::with_capacity(text.len());
    let mut typed = false;
    let mut done = 0;
    let mut from = 0;
    while let Some(open) = next_script(text, from) {
        let Some(head_end) = tag_end(text, open) else { break };
        let head = text.get(open..head_end).unwrap_or("");
        from = head_end;
        if head.ends_with("/>") {
            continue;
        }
        let close = find_ignoring_case(text, "</script", head_end).unwrap_or(text.len());
        from = close;
        let head = head.to_ascii_lowercase();
        if !is_code(&head) {
            continue;
        }
        let lang = head.split("lang=").nth(1).map(|rest| rest.trim_start_matches(['"', '\'']));
        typed |= lang.is_some_and(|lang| lang.starts_with("ts") || lang.starts_with("typescript"));
        blank(text.get(done..head_end).unwrap_or(""), &mut out);
        out.push_str(text.get(head_end..close).unwrap_or(""));
        // A script need not end with a semicolon or line break: the next begins a statement of its own.
        done = close;
    }
    blank(text.get(done..).unwrap_or(""), &mut out);
    Scripts { text: out, typed }
}

/// Whether a text has a script that is not empty and no block of data.
pub(super) fn has_script(text: &str) -> bool {
    let mut from = 0;
    while let Some(open) = next_script(text, from) {
        let Some(head_end) = tag_end(text, open) else { return false };
        let close = find_ignoring_case(text, "</script", head_end).unwrap_or(text.len());
        let head = text.get(open..head_end).unwrap_or("").to_ascii_lowercase();
        if is_code(&head) && !text.get(head_end..close).unwrap_or("").trim().is_empty() {
            return true;
        }
        from = close;
    }
    false
}

/// Whether the start tag of a script, in lower case, says that it holds code.
fn is_code(head: &str) -> bool {
    let Some(type_) = head.split("type=").nth(1) else { return true };
    let type_ = type_.trim_start_matches(['"', '\'']);
    let end = type_.find(['"', '\'', ' ', '>']).unwrap_or(type_.len());
    let type_ = &type_[..end];
    type_.is_empty()
        || type_ == "module"
        || ["javascript", "ecmascript", "babel", "jsx", "typescript"].iter().any(|name| type_.contains(name))
}

/// Appends blanks for a text, as many bytes; line breaks stay.
pub(super) fn blank(text: &str, out: &mut String) {
    out.extend(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }));
}

/// Where the next `<script` tag begins, HTML comments skipped.
fn next_script(text: &str, mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr::memchr(b'<', text.as_bytes().get(from..)?)?;
        let rest = text.as_bytes().get(at..)?;
        if rest.starts_with(b"<!--") {
            from = at + memchr::memmem::find(rest, b"-->")? + 3;
            continue;
        }
        let is_script = rest.get(1..7).is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
            && rest.get(7).is_some_and(|next| next.is_ascii_whitespace() || matches!(next, b'>' | b'/'));
        if is_script {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Behind the `>` of the tag that begins at `open`, quoted attribute values skipped.
fn tag_end(text: &str, open: usize) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn find_ignoring_case(text: &str, needle: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += memchr::memchr(b'<', bytes.get(at..)?)?;
        if bytes.get(at..at + needle.len())?.eq_ignore_ascii_case(needle.as_bytes()) {
            return Some(at);
        }
        at += 1;
    }
}
