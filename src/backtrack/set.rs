//! Sets of characters as sorted ranges.

/// The last character there is.
const LAST: u32 = 0x0010_FFFF;

/// A set of characters: ranges with both ends, sorted, none touching another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CharSet(Vec<(u32, u32)>);

impl CharSet {
    pub(super) fn of(ranges: &[(u32, u32)]) -> Self {
        let mut set = Self(ranges.to_vec());
        set.tidy();
        set
    }

    pub(super) fn one(c: char) -> Self {
        Self(vec![(c.into(), c.into())])
    }

    /// Every character but the end of a line.
    pub(super) fn dot() -> Self {
        Self::of(&[(0, 9), (11, LAST)])
    }

    pub(super) fn digits() -> Self {
        Self::of(&[(48, 57)])
    }

    pub(super) fn word() -> Self {
        Self::of(&[(48, 57), (65, 90), (95, 95), (97, 122)])
    }

    pub(super) fn space() -> Self {
        Self::of(&[(9, 13), (32, 32), (0xA0, 0xA0), (0x2028, 0x2029)])
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
        self.tidy();
    }

    #[must_use]
    pub(super) fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for (from, to) in &self.0 {
            if *from > next {
                ranges.push((next, from - 1));
            }
            next = to.saturating_add(1);
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        Self(ranges)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub(super) fn without(&self, other: &Self) -> Self {
        let outside = other.complement();
        let mut ranges = Vec::new();
        for (from, to) in &self.0 {
            for (low, high) in &outside.0 {
                let (start, end) = (*from.max(low), *to.min(high));
                if start <= end {
                    ranges.push((start, end));
                }
            }
        }
        Self::of(&ranges)
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some((a, b)), Some((c, d))) = (mine.peek(), theirs.peek()) {
            if b < c {
                mine.next();
            } else if d < a {
                theirs.next();
            } else {
                return true;
            }
        }
        false
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds every character, the end of a line left aside.
    pub(super) fn is_universal(&self) -> bool {
        self.complement().0.iter().all(|range| *range == (10, 10))
    }

    /// Adds the other case of its ASCII letters.
    pub(super) fn ignore_case(&mut self) {
        let mut more = Vec::new();
        for (from, to) in &self.0 {
            for (low, high, lower) in [(65, 90, true), (97, 122, false)] {
                let (start, end) = (*from.max(&low), *to.min(&high));
                if start <= end {
                    more.push(if lower { (start + 32, end + 32) } else { (start - 32, end - 32) });
                }
            }
        }
        self.add(&Self(more));
    }

    fn tidy(&mut self) {
        self.0.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(self.0.len());
        for (from, to) in self.0.drain(..) {
            match merged.last_mut() {
                Some((_, end)) if from <= end.saturating_add(1) => *end = to.max(*end),
                _ => merged.push((from, to)),
            }
        }
        self.0 = merged;
    }
}
