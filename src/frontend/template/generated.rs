//! JavaScript that is made of a template, and the way back from its positions to those of the file.

use super::super::javascript;
use super::Broken;
use crate::base::Span;
use crate::syntax::Tree;

/// A text with what stands where.
#[derive(Debug, Default)]
pub(super) struct Generated {
    text: String,
    /// Where a piece begins here, where in the file, and whether it is the file's own text.
    map: Vec<(usize, usize, bool)>,
}

impl Generated {
    /// How long it is.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Appends text that stands for a place of the file.
    pub(super) fn made(&mut self, text: &str, at: usize) {
        self.map.push((self.text.len(), at, false));
        self.text.push_str(text);
    }

    /// Appends a piece of the file.
    pub(super) fn code(&mut self, source: &str, from: usize, to: usize) {
        self.map.push((self.text.len(), from, true));
        self.text.push_str(source.get(from..to).unwrap_or(""));
    }

    /// Appends a call of an output function, or the bare expression.
    pub(super) fn output(&mut self, how: Option<&str>, source: &str, from: usize, to: usize) {
        let code = source.get(from..to).unwrap_or("").trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        let to = from + code.len();
        if code.is_empty() {
            return;
        }
        match how {
            Some(how) => self.made(&format!(";{}.{how}(", super::builder::LOCAL), from),
            None => self.made(";(", from),
        }
        self.code(source, from, to);
        // A comment at the end of the expression must not swallow the bracket.
        self.made("\n);", to);
    }

    fn place(&self, offset: usize) -> usize {
        let at = self.map.partition_point(|(start, ..)| *start <= offset);
        match at.checked_sub(1).and_then(|at| self.map.get(at)) {
            Some((start, source, true)) => source + (offset - start),
            Some((_, source, false)) => *source,
            None => 0,
        }
    }

    fn span(&self, span: Span, length: usize) -> Span {
        let start = self.place(span.start as usize).min(length);
        let end = if span.end > span.start {
            let last = span.end as usize - 1;
            let at = self.map.partition_point(|(start, ..)| *start <= last);
            let own = at.checked_sub(1).and_then(|at| self.map.get(at)).is_some_and(|(.., own)| *own);
            self.place(last) + usize::from(own)
        } else {
            start
        };
        Span::from_range(start..end.clamp(start, length))
    }

    /// Parses it; positions are those of the file, which is `length` bytes long.
    pub(super) fn parse(self, length: usize, typed: bool) -> (Tree, Option<Broken>) {
        let (mut tree, error) = javascript::fragment(&self.text, typed);
        tree.map_spans(|span| self.span(span, length));
        let broken = error.map(|(span, message)| Broken { span: self.span(span, length), message });
        (tree, broken)
    }
}

#[cfg(test)]
mod tests {
    use super::Generated;
    use crate::base::Span;

    #[test]
    fn positions_lead_back_to_the_file() {
        let source = "<%= a.b %>";
        let mut generated = Generated::default();
        generated.output(Some("raw"), source, 3, 8);
        let at = generated.text.find("a.b").unwrap();
        let span = generated.span(Span::from_range(at..at + 3), source.len());
        assert_eq!(&source[span.range()], "a.b");
        let whole = generated.span(Span::from_range(0..generated.text.len()), source.len());
        assert!(whole.end as usize <= source.len());
    }
}
