//! The layout of Rego files, for `policy fmt-check`: what `opa fmt` would change of white space, as far as it can be told
//! from the brackets. Expressions are not laid out anew.
//!
//! Tabs indent, one for every line that has opened a bracket; no space ends a line; one empty line at most; the file ends
//! with one line break. The lines of raw strings are left as they are.

/// A line that is not laid out as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misprint {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: &'static str,
}

/// The text as it should be, and what is not so in it.
#[must_use]
pub fn layout(text: &str) -> (String, Vec<Misprint>) {
    let mut state = State::default();
    let mut wanted = String::with_capacity(text.len());
    let mut found = Vec::new();
    let mut empty = 0;
    for (number, raw) in text.split_inclusive('\n').enumerate() {
        let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let mut complain = |message| found.push(Misprint { line: number, message });
        let line = raw.trim_end_matches('\n');
        if state.in_raw {
            state.read(line, number);
            wanted.push_str(line);
            wanted.push('\n');
            continue;
        }
        if line.ends_with('\r') {
            complain("the line ends with a carriage return");
        }
        let body = line.trim();
        if body.is_empty() {
            if !line.is_empty() && !line.ends_with('\r') {
                complain("white space ends the line");
            }
            empty += 1;
            if empty == 2 {
                complain("more than one empty line");
            }
            if wanted.is_empty() {
                complain("an empty line begins the file");
            } else if empty == 1 {
                wanted.push('\n');
            }
            continue;
        }
        empty = 0;
        let continued = state.continues;
        let depth = state.indent(body);
        let space = &line[..line.len() - line.trim_start().len()];
        state.read(body, number);
        let tabs = space.len();
        let right = space.bytes().all(|byte| byte == b'\t') && (tabs == depth || continued && tabs == depth + 1);
        if !right {
            complain("the indentation is not one tab for every open bracket");
        }
        if !state.in_raw && line.trim_end_matches('\r') != line.trim_end() {
            complain("white space ends the line");
        }
        wanted.extend(std::iter::repeat_n('\t', if right { tabs } else { depth }));
        wanted.push_str(if state.in_raw { line.trim_start() } else { body });
        wanted.push('\n');
    }
    let last = u32::try_from(text.lines().count().max(1)).unwrap_or(u32::MAX);
    if !text.is_empty() && !text.ends_with('\n') {
        found.push(Misprint { line: last, message: "the last line has no line break" });
    }
    if empty > 0 && !state.in_raw {
        found.push(Misprint { line: last, message: "an empty line ends the file" });
        while wanted.ends_with("\n\n") {
            wanted.pop();
        }
    }
    (wanted, found)
}

#[derive(Default)]
struct State {
    /// The line of every open bracket.
    open: Vec<u32>,
    in_raw: bool,
    /// Whether the line before ends with an operator.
    continues: bool,
}

impl State {
    /// How far a line is indented: brackets that it closes first no longer count.
    fn indent(&self, body: &str) -> usize {
        let closed = body.bytes().take_while(|byte| matches!(byte, b')' | b']' | b'}')).count();
        let (open, shut) = self.open.split_at(self.open.len().saturating_sub(closed));
        // `f({` is closed by `}, x)`: what was opened together indents no longer.
        let mut lines: Vec<u32> = open.iter().copied().filter(|line| shut.first() != Some(line)).collect();
        lines.dedup();
        lines.len()
    }

    fn read(&mut self, line: &str, number: u32) {
        let mut bytes = line.bytes();
        let mut quoted = false;
        let mut last = b' ';
        while let Some(byte) = bytes.next() {
            match byte {
                b'`' if !quoted => self.in_raw = !self.in_raw,
                _ if self.in_raw => {}
                b'\\' if quoted => drop(bytes.next()),
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'#' => break,
                b'(' | b'[' | b'{' => self.open.push(number),
                b')' | b']' | b'}' => drop(self.open.pop()),
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                last = byte;
            }
        }
        self.continues = matches!(last, b'=' | b'|' | b'+' | b'-' | b'*' | b'/' | b'&' | b'<' | b'>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_put_right() {
        let text = "package p\n\n\ndeny contains x if {\n    some x in [\n  1,  \n]\n\ty := `\n  raw  \n`\n}";
        let (wanted, found) = layout(text);
        assert_eq!(wanted, "package p\n\ndeny contains x if {\n\tsome x in [\n\t\t1,\n\t]\n\ty := `\n  raw  \n`\n}\n");
        let lines: Vec<u32> = found.iter().map(|found| found.line).collect();
        assert_eq!(lines, [3, 5, 6, 6, 7, 11], "{found:?}");
        assert_eq!(layout(&wanted), (wanted.clone(), Vec::new()));
    }

    #[test]
    fn brackets_in_strings_and_comments_open_nothing() {
        let text = "package p\n\nx := \"{[(\" # {[(\n\ny if {\n\tz({\n\t\t\"a\": 1,\n\t})\n}\n";
        assert_eq!(layout(text).1, []);
    }
}
