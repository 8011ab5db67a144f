//! The lines around a finding, clipped and with every secret masked, so that reporters need no file.

use crate::base::{Location, Snippet, SourceFile, Span};

/// Lines before and after the primary line.
const AROUND: u32 = 1;
/// Characters of a line that are kept.
const WIDTH: usize = 240;

/// Cuts the lines around `location`; `secrets` are spans of the file whose text must not be shown, in order and apart.
#[must_use]
pub fn cut(file: &SourceFile, location: &Location, secrets: &[Span]) -> Option<Snippet> {
    let first = location.line.saturating_sub(AROUND).max(1);
    let last = location.end_line.max(location.line).min(location.line.saturating_add(3)).saturating_add(AROUND);
    let mut lines = Vec::new();
    for line in first..=last {
        let Some(span) = file.line_span(line) else { break };
        lines.push(masked(file, span, secrets));
    }
    (!lines.is_empty()).then_some(Snippet { first_line: first, lines })
}

/// The beginning of a line with every secret replaced, character by character, so that columns still fit. Costs the
/// same for a line of any length.
fn masked(file: &SourceFile, line: Span, secrets: &[Span]) -> String {
    let mut secrets = &secrets[secrets.partition_point(|secret| secret.end <= line.start)..];
    let mut out = String::new();
    for (count, (at, character)) in file.slice(line).char_indices().enumerate() {
        if count == WIDTH {
            out.push('…');
            break;
        }
        let at = line.start + u32::try_from(at).unwrap_or(0);
        while let Some((_, rest)) = secrets.split_first().filter(|(secret, _)| secret.end <= at) {
            secrets = rest;
        }
        let hidden = secrets.first().is_some_and(|secret| secret.start <= at);
        out.push(if hidden { '*' } else { character });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_starred_in_place() {
        let file = SourceFile::new("a.py", "import os\nKEY = 'abcdef'\nprint(KEY)\n");
        let start = u32::try_from(file.text().find("abcdef").unwrap()).unwrap();
        let snippet = cut(&file, &Location::line("a.py", 2), &[Span::new(start, start + 6)]).unwrap();
        assert_eq!(snippet.first_line, 1);
        assert_eq!(snippet.lines, ["import os", "KEY = '******'", "print(KEY)"]);
    }

    #[test]
    fn long_lines_are_clipped() {
        let file = SourceFile::new("a.js", "x".repeat(100_000));
        let snippet = cut(&file, &Location::line("a.js", 1), &[]).unwrap();
        assert_eq!(snippet.lines[0].chars().count(), WIDTH + 1);
    }
}
