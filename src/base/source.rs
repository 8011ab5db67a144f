//! One file's decoded text and its line index.

use std::sync::OnceLock;

use super::{Location, Span};

/// A file as the analyses see it: decoded text, workspace-relative path, and where its lines begin.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: String,
    text: String,
    /// Made when a place is first asked for: most files searched for secrets hold none.
    lines: OnceLock<Lines>,
}

#[derive(Debug, Clone)]
struct Lines {
    starts: Vec<u32>,
    /// Characters before each block of [`BLOCK`] bytes; empty where no line is long.
    characters: Vec<u32>,
}

/// Bytes between two entries of `SourceFile::characters`: counting a column never looks at more than two blocks.
const BLOCK: usize = 1024;

impl SourceFile {
    /// Indexes `text`. `path` is relative to the audited root and `/`-separated.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), lines: OnceLock::new() }
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.text.as_bytes());
            let starts: Vec<u32> =
                std::iter::once(0).chain(newlines.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect();
            let characters = characters(&self.text, &starts);
            Lines { starts, characters }
        })
    }

    /// Path relative to the audited root.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole decoded text, without a byte-order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty when the span is out of range or cuts a character.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// How many lines there are (a final line break does not begin another).
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines().starts.len() - usize::from(self.text.ends_with('\n') || self.text.is_empty())
    }

    /// Line (from 1) of a byte offset.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> u32 {
        let line = self.lines().starts.partition_point(|start| *start <= offset);
        u32::try_from(line.max(1)).unwrap_or(u32::MAX)
    }

    /// Text of a line (from 1) without its line break; `None` past the end.
    #[must_use]
    pub fn line_text(&self, line: u32) -> Option<&str> {
        let span = self.line_span(line)?;
        Some(self.slice(span))
    }

    /// Span of a line (from 1) without its line break.
    #[must_use]
    pub fn line_span(&self, line: u32) -> Option<Span> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.lines().starts.get(index)? as usize;
        let end = self.lines().starts.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        let line = self.text.get(start..end)?;
        Some(Span::from_range(start..start + line.trim_end_matches(['\n', '\r']).len()))
    }

    /// The span as lines and columns.
    #[must_use]
    pub fn locate(&self, span: Span) -> Location {
        let (line, column) = self.line_column(span.start);
        let (end_line, end_column) = self.line_column(span.end.max(span.start));
        Location { path: self.path.clone(), line, column, end_line, end_column }
    }

    /// Line and column (both from 1, columns in Unicode scalar values) of an offset.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_of(offset);
        let start = self.lines().starts[line as usize - 1] as usize;
        let end = (offset as usize).min(self.text.len()).max(start);
        let column = if end - start <= 2 * BLOCK || self.lines().characters.is_empty() {
            count(&self.text.as_bytes()[start..end])
        } else {
            self.characters_before(end).saturating_sub(self.characters_before(start))
        };
        (line, u32::try_from(column + 1).unwrap_or(u32::MAX))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = (offset / BLOCK).min(self.lines().characters.len().saturating_sub(1));
        let known = self.lines().characters.get(block).map_or(0, |count| *count as usize);
        known + self.text.as_bytes().get(block * BLOCK..offset).map_or(0, count)
    }
}

/// How many characters begin in `bytes`.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Thousands of hits in one line of megabytes would each count it from its beginning.
fn characters(text: &str, line_starts: &[u32]) -> Vec<u32> {
    let last = text.len().saturating_sub(line_starts.last().map_or(0, |start| *start as usize));
    let longest = line_starts.windows(2).map(|pair| (pair[1] - pair[0]) as usize).fold(last, usize::max);
    if longest <= 4 * BLOCK {
        return Vec::new();
    }
    let mut before = 0;
    text.as_bytes()
        .chunks(BLOCK)
        .map(|block| {
            let here = before;
            before += u32::try_from(count(block)).unwrap_or(0);
            here
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let file = SourceFile::new("a.py", "x = 1\nnaïve = 'ü'\n");
        let at = u32::try_from(file.text().find('=').unwrap()).unwrap();
        assert_eq!(file.line_column(at), (1, 3));
        let at = u32::try_from(file.text().rfind('=').unwrap()).unwrap();
        assert_eq!(file.line_column(at), (2, 7));
        assert_eq!(file.line_count(), 2);
        assert_eq!(file.line_text(2), Some("naïve = 'ü'"));
        assert_eq!(file.line_text(4), None);
    }

    #[test]
    fn columns_of_long_lines_are_the_same() {
        let text = format!("é\n{}\nx", "aü€".repeat(5000));
        let file = SourceFile::new("a.js", text.as_str());
        let mut column = 0;
        for (at, _) in text.char_indices().skip(2).take(15_000) {
            column += 1;
            assert_eq!(file.line_column(u32::try_from(at).unwrap()), (2, column));
        }
        assert_eq!(file.line_column(u32::MAX), (3, 2));
    }

    #[test]
    fn offsets_past_the_end_stay_in_the_last_line() {
        let file = SourceFile::new("a", "ab");
        assert_eq!(file.line_column(99), (1, 3));
        assert_eq!(SourceFile::new("e", "").line_count(), 0);
    }
}
