//! Which rule needs which: a graph over rule paths, to refuse recursion before anything is evaluated.
//!
//! OPA rejects recursion when it compiles. The evaluator in use finds rules that need themselves while it runs, but a
//! function that calls itself overflows the stack and takes the process with it. Paths are compared as OPA does: a
//! reference needs every rule at, above or below its path. The graph knows nothing of Rego's syntax.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Place of a rule or reference: index of the module, line, column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Index of the module among those loaded.
    pub module: usize,
    /// Line from 1.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
}

/// A path below `data`.
pub(super) type Path = Vec<String>;

/// All rules of all modules with what they refer to.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: BTreeMap<Path, Node>,
}

#[derive(Debug, Default)]
struct Node {
    references: Vec<(Path, Place)>,
}

/// Why the graph is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The rules on the way, first and last the same, and the reference that closes the circle.
    Cycle(Vec<String>, Place),
    /// A chain of rules longer than the limit, and a reference at its end.
    Deep(Place),
}

impl Graph {
    /// Adds a rule's references; rules of one path are one node.
    pub fn add(&mut self, path: Path, references: Vec<(Path, Place)>) {
        self.nodes.entry(path).or_default().references.extend(references);
    }

    /// Whether a rule stands exactly at `path`.
    pub fn contains(&self, path: &Path) -> bool {
        self.nodes.contains_key(path)
    }

    /// Looks for a circle, or a chain of more than `depth` rules.
    pub fn check(&self, depth: usize) -> Result<(), Fault> {
        let index: BTreeMap<&[String], usize> =
            self.nodes.keys().enumerate().map(|(at, path)| (path.as_slice(), at)).collect();
        let paths: Vec<&Path> = self.nodes.keys().collect();
        let edges: Vec<Vec<(usize, Place)>> = self.nodes.values().map(|node| node.edges(&index)).collect();
        // Depth-first search with its own stack: hostile policies choose how deep it goes.
        let mut height = vec![0_usize; paths.len()];
        let mut state = vec![State::Unseen; paths.len()];
        for root in 0..paths.len() {
            if state[root] != State::Unseen {
                continue;
            }
            state[root] = State::Open;
            let mut stack = vec![(root, 0_usize)];
            while let Some((node, next)) = stack.last_mut() {
                let node = *node;
                let Some((target, place)) = edges[node].get(*next).copied() else {
                    state[node] = State::Done;
                    height[node] = 1 + edges[node].iter().map(|(target, _)| height[*target]).max().unwrap_or(0);
                    if height[node] > depth {
                        return Err(Fault::Deep(edges[node].first().map_or(place_of_nothing(), |(_, place)| *place)));
                    }
                    stack.pop();
                    continue;
                };
                *next += 1;
                match state[target] {
                    State::Done => {}
                    State::Unseen => {
                        state[target] = State::Open;
                        stack.push((target, 0));
                    }
                    State::Open => {
                        let start = stack.iter().position(|(at, _)| *at == target).unwrap_or(0);
                        let names = stack[start..].iter().map(|(at, _)| *at).chain([target]);
                        return Err(Fault::Cycle(names.map(|at| paths[at].join(".")).collect(), place));
                    }
                }
            }
        }
        Ok(())
    }
}

impl Node {
    fn edges(&self, index: &BTreeMap<&[String], usize>) -> Vec<(usize, Place)> {
        let mut edges = Vec::new();
        for (path, place) in &self.references {
            for length in 1..=path.len() {
                let found = index.get(&path[..length]);
                edges.extend(found.map(|target| (*target, *place)));
            }
            let below = index.range::<[String], _>((Bound::Excluded(path.as_slice()), Bound::Unbounded));
            edges.extend(below.take_while(|(key, _)| key.starts_with(path)).map(|(_, target)| (*target, *place)));
        }
        edges.sort_unstable_by_key(|(target, place)| (*target, place.module, place.line, place.column));
        edges.dedup_by_key(|(target, _)| *target);
        edges
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unseen,
    Open,
    Done,
}

fn place_of_nothing() -> Place {
    Place { module: 0, line: 1, column: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Path>();
        let mut graph = Graph::default();
        for (number, (from, to)) in edges.iter().enumerate() {
            let place = Place { module: 0, line: u32::try_from(number).unwrap() + 1, column: 1 };
            graph.add(path(from), vec![(path(to), place)]);
        }
        graph
    }

    #[test]
    fn a_circle_is_named_with_its_closing_reference() {
        let graph = graph(&[("p.f", "p.g"), ("p.g", "p.h"), ("p.h", "p.f.x"), ("p.a", "p.f")]);
        let Err(Fault::Cycle(names, place)) = graph.check(9) else { panic!("no circle found") };
        assert_eq!(names, ["p.f", "p.g", "p.h", "p.f"]);
        assert_eq!(place.line, 3);
    }

    #[test]
    fn siblings_below_one_path_are_no_circle() {
        assert_eq!(graph(&[("p.r.a", "p.r.b"), ("p.r.b", "q")]).check(9), Ok(()));
        assert!(graph(&[("p.r.a", "p.r")]).check(9).is_err());
    }

    #[test]
    fn long_chains_are_refused_without_recursion() {
        let names: Vec<(String, String)> =
            (0..50_000).map(|n| (format!("p.f{n:05}"), format!("p.f{:05}", n + 1))).collect();
        let edges: Vec<(&str, &str)> = names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert!(matches!(graph(&edges).check(100), Err(Fault::Deep(_))));
    }
}
