//! How a secret value looks in anything that is printed or stored: a few leading characters and its length.
//!
//! Leaves out how secrets are found; callers bring the spans.

use super::Span;

/// The printable form of a secret: up to four leading characters when the value is long enough to stay secret without
/// them, then `…` and the length in characters.
#[must_use]
pub fn mask(value: &str) -> String {
    let length = value.chars().count();
    let kept = match length {
        0 => return String::new(),
        1..12 => 0,
        12..16 => 2,
        _ => 4,
    };
    let head: String = value.chars().take(kept).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{head}…({length})")
}

/// `line` with every span (offsets into the line) replaced by its masked form. Spans may overlap, be unsorted, run past
/// the end or cut a character: what they touch is masked.
#[must_use]
pub fn mask_line(line: &str, spans: &[Span]) -> String {
    let mut ranges: Vec<(usize, usize)> = spans
        .iter()
        .map(|span| (floor(line, span.start as usize), ceil(line, span.end as usize)))
        .filter(|(start, end)| start < end)
        .collect();
    ranges.sort_unstable();
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    let mut ranges = ranges.into_iter().peekable();
    while let Some((start, mut end)) = ranges.next() {
        while let Some((_, further)) = ranges.next_if(|(next, _)| *next < end) {
            end = end.max(further);
        }
        out.push_str(line.get(at..start).unwrap_or(""));
        out.push_str(&mask(line.get(start..end).unwrap_or("")));
        at = end;
    }
    out.push_str(line.get(at..).unwrap_or(""));
    out
}

/// The part `part` of a file's `text`, with the file's secret spans in it masked.
#[must_use]
pub fn mask_part(text: &str, part: Span, secrets: &[Span]) -> String {
    let (start, end) = (floor(text, part.start as usize), ceil(text, part.end as usize));
    let inside: Vec<Span> = secrets
        .iter()
        .filter(|span| (span.start as usize) < end && (span.end as usize) > start)
        .map(|span| Span::from_range((span.start as usize).max(start) - start..(span.end as usize).min(end) - start))
        .collect();
    mask_line(text.get(start..end).unwrap_or(""), &inside)
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_values_show_nothing_but_their_length() {
        assert_eq!(mask(""), "");
        assert_eq!(mask("hunter2"), "…(7)");
        assert_eq!(mask("abcdefghijkl"), "ab…(12)");
        assert_eq!(mask("abcdefghijklmnop"), "abcd…(16)");
    }

    #[test]
    fn overlapping_and_wild_spans_mask_what_they_touch() {
        let line = "key = 'üabcdefghijklmnop' # x";
        let masked = mask_line(line, &[Span::new(8, 12), Span::new(10, 25)]);
        assert_eq!(masked, "key = 'üabc…(17)' # x");
        assert_eq!(mask_line("abc", &[Span::new(2, 99), Span::new(50, 60)]), "ab…(1)");
    }

    #[test]
    fn a_part_of_a_file_is_masked_where_secrets_reach_into_it() {
        let text = "one\nsecretsecretsecret\nthree\n";
        let masked = mask_part(text, Span::new(4, 22), &[Span::new(0, 3), Span::new(10, 28)]);
        assert_eq!(masked, "secret…(12)".replace("…", "se…"));
    }

    proptest! {
        #[test]
        fn a_masked_value_never_holds_the_value(value in "\\PC{1,60}") {
            let text = format!("x = \"{value}\";");
            let masked = mask_line(&text, &[Span::from_range(5..5 + value.len())]);
            prop_assert!(value.chars().count() < 4 || !masked.contains(&value), "{masked}");
        }

        #[test]
        fn never_panics(text in ".{0,40}", spans in proptest::collection::vec((0_u32..60, 0_u32..60), 0..6)) {
            let spans: Vec<Span> = spans.into_iter().map(|(a, b)| Span::new(a, b)).collect();
            let _ = mask_line(&text, &spans);
            for part in &spans {
                let _ = mask_part(&text, *part, &spans);
            }
        }
    }
}
