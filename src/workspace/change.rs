//! What a change brings: the lines of a file that it did not have before.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::Location;

/// The lines that files had before, by path. A line that moved is no new one.
#[derive(Debug, Default)]
pub struct Before {
    lines: FxHashMap<String, FxHashSet<String>>,
}

impl Before {
    /// Notes the earlier content of a file; a new one has none.
    pub fn add(&mut self, path: &str, text: &str) {
        let lines = text.lines().map(|line| line.trim().to_owned()).collect();
        self.lines.insert(path.to_owned(), lines);
    }

    /// Whether a place stands on a line that its file did not have before. `line` gives the text of a line.
    #[must_use]
    pub fn is_new(&self, place: &Location, line: &dyn Fn(u32) -> Option<String>) -> bool {
        let Some(before) = self.lines.get(&place.path) else { return true };
        let end = place.end_line.clamp(place.line, place.line.saturating_add(200));
        (place.line..=end).any(|at| line(at).is_some_and(|text| !before.contains(text.trim())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_were_not_there_are_new() {
        let mut before = Before::default();
        before.add("a.py", "one = 1\n  two = 2\n");
        let text = ["two = 2", "three = 3"];
        let line = |at: u32| text.get(at as usize - 1).map(|text| (*text).to_owned());
        assert!(!before.is_new(&Location::line("a.py", 1), &line));
        assert!(before.is_new(&Location::line("a.py", 2), &line));
        assert!(before.is_new(&Location::line("b.py", 1), &line));
    }
}
