//! Whether a regular expression can take exponential time in an engine that backtracks (those of Python and JavaScript).
//!
//! It can if, between two visits of one place of the expression, some text can be read in two ways: each repetition of
//! that text then doubles the ways, and all of them are tried once the rest does not match. `(a+)+$`, `(a|a)*b` and
//! `(\w+\s?)*$` do so; `(a+b)+` and `a+a+` do not. Places are the characters and classes of the expression (Glushkov's
//! automaton, with a count of the ways from one place to the next); two ways are searched for in the product of the
//! automaton with itself. Work is bounded: of what is too large nothing is told.

mod parse;
mod set;

#[cfg(test)]
mod tests;

use parse::{Flags, Node};
use set::CharSet;

/// How many places are looked at.
const MOST_PLACES: usize = 400;
/// How many steps the search takes.
const MOST_STEPS: usize = 400_000;
/// How many rounds of a counted repetition are told apart.
const MOST_ROUNDS: u32 = 12;

/// Whether matching the expression can take time that grows exponentially with the text. `flags` are JavaScript's
/// letters; Python's stand in the expression.
#[must_use]
pub fn is_exponential(pattern: &str, flags: &str) -> bool {
    let flags = Flags { ignore_case: flags.contains('i'), dot_all: flags.contains('s'), verbose: false };
    let Some(parsed) = parse::parse(pattern, flags) else { return false };
    std::iter::once(&parsed.whole).chain(&parsed.inner).any(|node| Automaton::new(node).is_some_and(|it| it.explodes()))
}

/// Where a part of the expression begins and ends.
#[derive(Debug, Clone, Default)]
struct Part {
    /// It matches the empty text; and does so without asking anything (`$`).
    empty: bool,
    freely: bool,
    first: Vec<usize>,
    /// Places that it may end with; whether nothing is asked after them.
    last: Vec<(usize, bool)>,
}

#[derive(Debug, Default)]
struct Automaton {
    sets: Vec<CharSet>,
    /// For each place those that can come next; one that is listed twice can be reached in two ways.
    next: Vec<Vec<usize>>,
    /// Places after which all may be over without a further question.
    free_ends: Vec<bool>,
    ends: Vec<bool>,
}

impl Automaton {
    /// `None` if the expression is too large.
    fn new(node: &Node) -> Option<Self> {
        let mut automaton = Self::default();
        let part = automaton.add(node)?;
        automaton.free_ends = vec![false; automaton.sets.len()];
        automaton.ends = vec![false; automaton.sets.len()];
        for (place, free) in part.last {
            automaton.free_ends[place] |= free;
            automaton.ends[place] = true;
        }
        Some(automaton)
    }

    fn add(&mut self, node: &Node) -> Option<Part> {
        match node {
            Node::Set(set) => self.place(set.clone()),
            Node::Opaque => self.place(CharSet::default()),
            Node::Assertion(_) | Node::NotAhead(_) => {
                Some(Part { empty: true, freely: matches!(node, Node::Assertion(false)), ..Part::default() })
            }
            Node::Sequence(parts) => {
                let mut whole = Part { empty: true, freely: true, ..Part::default() };
                for part in parts {
                    let part = self.add(part)?;
                    whole = self.join(whole, part);
                }
                Some(whole)
            }
            Node::Choice(ways) => {
                let mut whole = Part::default();
                for way in ways {
                    let part = self.add(way)?;
                    whole.empty |= part.empty;
                    whole.freely |= part.freely;
                    whole.first.extend(part.first);
                    whole.last.extend(part.last);
                }
                Some(whole)
            }
            Node::Repeat(inner, least, most) => self.repeat(inner, *least, *most),
        }
    }

    fn place(&mut self, set: CharSet) -> Option<Part> {
        if self.sets.len() >= MOST_PLACES {
            return None;
        }
        let place = self.sets.len();
        self.sets.push(set);
        self.next.push(Vec::new());
        Some(Part { empty: false, freely: false, first: vec![place], last: vec![(place, true)] })
    }

    fn join(&mut self, left: Part, right: Part) -> Part {
        for (place, _) in &left.last {
            self.next[*place].extend(&right.first);
        }
        let mut first = left.first;
        if left.empty {
            first.extend(&right.first);
        }
        let mut last = right.last;
        if right.empty {
            last.extend(left.last.iter().map(|(place, free)| (*place, *free && right.freely)));
        }
        Part { empty: left.empty && right.empty, freely: left.freely && right.freely, first, last }
    }

    fn repeat(&mut self, inner: &Node, least: u32, most: Option<u32>) -> Option<Part> {
        let rounds = most.unwrap_or(least);
        // Large counts are as good as any number.
        let (least, most) = if rounds > MOST_ROUNDS && most != Some(least) {
            (least.min(1), None)
        } else if rounds > MOST_ROUNDS {
            (MOST_ROUNDS, Some(MOST_ROUNDS))
        } else {
            (least, most)
        };
        let mut whole = Part { empty: true, freely: true, ..Part::default() };
        let fixed = if most.is_none() { least.saturating_sub(1) } else { least };
        for _ in 0..fixed {
            let part = self.add(inner)?;
            whole = self.join(whole, part);
        }
        if let Some(most) = most {
            let mut rest = Part { empty: true, freely: true, ..Part::default() };
            // Inside out: `(x(x)?)?`.
            for _ in least..most {
                let part = self.add(inner)?;
                rest = self.join(part, rest);
                rest.empty = true;
                rest.freely = true;
            }
            return Some(self.join(whole, rest));
        }
        let mut part = self.add(inner)?;
        for (place, _) in &part.last {
            self.next[*place].extend(&part.first);
        }
        if least == 0 {
            part.empty = true;
            part.freely = true;
        }
        Some(self.join(whole, part))
    }

    /// Whether there is a place between two visits of which some text can be read in two ways, and where matching can
    /// fail afterwards.
    fn explodes(&self) -> bool {
        let alive: Vec<bool> = self.sets.iter().map(|set| !set.is_empty()).collect();
        let successors = |place: usize| self.next[place].iter().copied().filter(|next| alive[*next]);
        let loops = components(self.sets.len(), |place| successors(place).collect());
        let mut steps = 0;
        for members in loops {
            let mut inside = vec![false; self.sets.len()];
            for place in &members {
                inside[*place] = alive[*place];
            }
            let members: Vec<usize> = members.into_iter().filter(|place| alive[*place]).collect();
            let over = members.iter().any(|place| self.free_ends[*place] || self.swallowed_after(*place, &inside));
            if over || members.is_empty() {
                continue;
            }
            let next = |place: usize| self.next[place].iter().copied().filter(|to| inside[*to]).collect::<Vec<_>>();
            match self.ambiguous(&members, next, &mut steps) {
                Some(true) => return true,
                Some(false) => {}
                None => return false,
            }
        }
        false
    }

    /// Whether anything at all may follow: `(a+)+.*`.
    fn swallowed_after(&self, place: usize, inside: &[bool]) -> bool {
        self.next[place]
            .iter()
            .any(|to| !inside[*to] && self.ends[*to] && self.sets[*to].is_universal() && self.next[*to].contains(to))
    }

    /// Whether two different ways through a loop read the same text. `None`: too much to search.
    fn ambiguous(&self, members: &[usize], next: impl Fn(usize) -> Vec<usize>, steps: &mut usize) -> Option<bool> {
        let mut numbers = std::collections::HashMap::new();
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        let mut edges: Vec<Vec<usize>> = Vec::new();
        for place in members {
            numbers.insert((*place, *place), pairs.len());
            pairs.push((*place, *place));
        }
        let mut at = 0;
        while let Some((left, right)) = pairs.get(at).copied() {
            let (lefts, rights) = (next(left), next(right));
            let mut out = Vec::new();
            for (i, a) in lefts.iter().enumerate() {
                for (j, b) in rights.iter().enumerate() {
                    *steps += 1;
                    if *steps > MOST_STEPS {
                        return None;
                    }
                    if left == right && a == b && i != j && self.loops_back(*a, left, &next) {
                        return Some(true);
                    }
                    if !self.sets[*a].overlaps(&self.sets[*b]) {
                        continue;
                    }
                    let pair = (*a.min(b), *a.max(b));
                    let number = *numbers.entry(pair).or_insert_with(|| {
                        pairs.push(pair);
                        pairs.len() - 1
                    });
                    out.push(number);
                }
            }
            edges.push(out);
            at += 1;
        }
        let loops = components(pairs.len(), |pair| edges[pair].clone());
        Some(loops.iter().any(|members| {
            let same = |pair: &usize| pairs[*pair].0 == pairs[*pair].1;
            members.iter().any(same) && !members.iter().all(same)
        }))
    }

    /// Members of one loop all reach one another.
    fn loops_back(&self, from: usize, to: usize, next: &impl Fn(usize) -> Vec<usize>) -> bool {
        let mut seen = vec![false; self.sets.len()];
        let mut pending = vec![from];
        while let Some(place) = pending.pop() {
            if place == to {
                return true;
            }
            if !std::mem::replace(&mut seen[place], true) {
                pending.extend(next(place));
            }
        }
        false
    }
}

/// The strongly connected components that have an edge inside (Tarjan's algorithm, without recursion).
fn components(count: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let mut order = vec![NEW; count];
    let mut low = vec![0; count];
    let mut on_stack = vec![false; count];
    let (mut stack, mut found, mut counter) = (Vec::new(), Vec::new(), 0);
    for root in 0..count {
        if order[root] != NEW {
            continue;
        }
        let mut calls: Vec<(usize, Vec<usize>, usize)> = vec![(root, next(root), 0)];
        while let Some((node, successors, at)) = calls.last_mut() {
            let node = *node;
            if *at == 0 {
                order[node] = counter;
                low[node] = counter;
                counter += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(to) = successors.get(*at).copied() {
                *at += 1;
                if order[to] == NEW {
                    calls.push((to, next(to), 0));
                } else if on_stack[to] {
                    low[node] = low[node].min(order[to]);
                }
                continue;
            }
            let own_edge = successors.contains(&node);
            calls.pop();
            if let Some((parent, ..)) = calls.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == order[node] {
                let from = stack.iter().rposition(|member| *member == node).unwrap_or_default();
                let members = stack.split_off(from);
                for member in &members {
                    on_stack[*member] = false;
                }
                if members.len() > 1 || own_edge {
                    found.push(members);
                }
            }
        }
    }
    found
}
