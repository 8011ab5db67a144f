//! Maven's order (<https://maven.apache.org/pom.html#version-order-specification>, class `ComparableVersion`): numbers and
//! words in lists that nest at each hyphen and at each change between digits and letters; `alpha` to `sp` are known
//! words, others come after them.
//!
//! Read iteratively: the nesting is a chain, each list has at most one list inside, as its last item.

use std::cmp::Ordering;

use super::digits::Digits;

/// Longer texts are no versions: their nesting would be walked for nothing.
const LONGEST: usize = 512;

/// A version: its lists from the outermost to the innermost.
#[derive(Debug)]
pub(super) struct Version<'a> {
    lists: Vec<Vec<Item<'a>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item<'a> {
    Number(Digits<'a>),
    Word(String),
}

/// The known words in their order; the empty one is the release.
const WORDS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE: usize = 5;

impl Item<'_> {
    fn is_null(&self) -> bool {
        match self {
            Self::Number(number) => number.is_zero(),
            Self::Word(word) => word.is_empty(),
        }
    }

    /// Against nothing, as where the other version ends.
    fn against_none(&self) -> Ordering {
        match self {
            Self::Number(number) if number.is_zero() => Ordering::Equal,
            Self::Number(_) => Ordering::Greater,
            Self::Word(word) => rank(word).cmp(&(RELEASE, "")),
        }
    }

    fn against(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::Number(_), Self::Word(_)) => Ordering::Greater,
            (Self::Word(_), Self::Number(_)) => Ordering::Less,
            (Self::Word(left), Self::Word(right)) => rank(left).cmp(&rank(right)),
        }
    }
}

/// Unknown words come after the known ones, by their letters.
fn rank(word: &str) -> (usize, &str) {
    WORDS.iter().position(|known| *known == word).map_or((WORDS.len(), word), |at| (at, ""))
}

fn word<'a>(text: &str, before_digit: bool) -> Item<'a> {
    let text = text.to_ascii_lowercase();
    let full = match text.as_str() {
        "a" if before_digit => "alpha",
        "b" if before_digit => "beta",
        "m" if before_digit => "milestone",
        "ga" | "final" | "release" => "",
        "cr" => "rc",
        other => other,
    };
    Item::Word(full.to_owned())
}

fn item(text: &str) -> Item<'_> {
    Digits::parse(text).map_or_else(|| word(text, false), Item::Number)
}

impl<'a> Version<'a> {
    /// Maven takes any text; what does not begin with a digit is no version of a release.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let usable = text.len() <= LONGEST
            && text.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !usable {
            return None;
        }
        let mut lists: Vec<Vec<Item<'a>>> = vec![Vec::new()];
        let (mut start, mut digits) = (0, false);
        let add = |lists: &mut Vec<Vec<Item<'a>>>, item: Item<'a>| {
            if let Some(list) = lists.last_mut() {
                list.push(item);
            }
        };
        for (at, byte) in text.bytes().enumerate() {
            let part = &text[start..at];
            match byte {
                b'.' | b'-' => {
                    add(&mut lists, if part.is_empty() { Item::Number(Digits::ZERO) } else { item(part) });
                    start = at + 1;
                    if byte == b'-' {
                        lists.push(Vec::new());
                    }
                }
                b'0'..=b'9' => {
                    if !digits && !part.is_empty() {
                        if lists.last().is_some_and(|list| !list.is_empty()) {
                            lists.push(Vec::new());
                        }
                        add(&mut lists, word(part, true));
                        start = at;
                        lists.push(Vec::new());
                    }
                    digits = true;
                }
                _ => {
                    if digits && !part.is_empty() {
                        add(&mut lists, item(part));
                        start = at;
                        lists.push(Vec::new());
                    }
                    digits = false;
                }
            }
        }
        let rest = &text[start..];
        if !rest.is_empty() {
            if !digits && lists.last().is_some_and(|list| !list.is_empty()) {
                lists.push(Vec::new());
            }
            add(&mut lists, item(rest));
        }
        Some(Self { lists: normal(lists) })
    }

    pub(super) fn is_prerelease(&self) -> bool {
        let early = |item: &Item<'_>| matches!(item, Item::Word(word) if rank(word).0 < RELEASE);
        self.lists.iter().flatten().any(early)
    }
}

/// Without what says nothing: zeros and release words at the end of each list, and lists that are empty then. A list
/// that is not empty is no end by itself: what stands before it is looked at as well.
fn normal(mut lists: Vec<Vec<Item<'_>>>) -> Vec<Vec<Item<'_>>> {
    for list in &mut lists {
        while list.last().is_some_and(Item::is_null) {
            list.pop();
        }
    }
    // An outer list that is left empty still nests what is inside; one at the end is gone.
    while lists.len() > 1 && lists.last().is_some_and(Vec::is_empty) {
        lists.pop();
    }
    lists
}

/// The rest of a version from one place on: items of a list, then the lists inside.
fn against_none(lists: &[Vec<Item<'_>>]) -> Ordering {
    lists.iter().flatten().map(Item::against_none).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (self.lists.as_slice(), other.lists.as_slice());
        loop {
            let (Some((a, a_rest)), Some((b, b_rest))) = (left.split_first(), right.split_first()) else {
                return against_none(left).then(against_none(right).reverse());
            };
            let shared = a.len().min(b.len());
            let order = a.iter().zip(b).map(|(x, y)| x.against(y)).find(|order| order.is_ne());
            if let Some(order) = order {
                return order;
            }
            if a.len() == b.len() {
                (left, right) = (a_rest, b_rest);
                continue;
            }
            // One list goes on with an item where the other has the list inside it, or nothing.
            let (longer, inside, turn) = if a.len() > b.len() {
                (&a[shared..], (a_rest, b_rest), false)
            } else {
                (&b[shared..], (b_rest, a_rest), true)
            };
            let order = longer_against(longer, inside.0, inside.1);
            return if turn { order.reverse() } else { order };
        }
    }
}

/// Items that one list has more, and what is inside it, against what is inside the other one.
fn longer_against(items: &[Item<'_>], inside: &[Vec<Item<'_>>], other: &[Vec<Item<'_>>]) -> Ordering {
    let Some(first) = items.first() else { return Ordering::Equal };
    if !other.is_empty() {
        // A number comes after a list, a word before it.
        return if matches!(first, Item::Number(_)) { Ordering::Greater } else { Ordering::Less };
    }
    let order = items.iter().map(Item::against_none).find(|order| order.is_ne());
    order.unwrap_or_else(|| against_none(inside))
}

super::compares_by_order!(Version<'_>);
