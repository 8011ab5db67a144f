//! Who depends on whom: direct or transitive, what for, and by which shortest chain. Linear in nodes and edges, without
//! recursion, and deterministic: nodes are visited in the order in which roots and edges were added.

use std::sync::Arc;

use super::{Package, Scope};

/// Longer chains than this are told without their middle, so that all of them together stay linear.
const LONGEST_PATH: usize = 32;

/// A dependency graph over `0..nodes`.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    edges: Vec<Vec<usize>>,
}

impl Graph {
    /// A graph without edges.
    #[must_use]
    pub fn new(nodes: usize) -> Self {
        Self { edges: vec![Vec::new(); nodes] }
    }

    /// `from` depends on `to`. Nodes out of range are ignored.
    pub fn connect(&mut self, from: usize, to: usize) {
        if to < self.edges.len()
            && let Some(edges) = self.edges.get_mut(from)
        {
            edges.push(to);
        }
    }

    /// What `node` depends on.
    #[must_use]
    pub fn dependencies(&self, node: usize) -> &[usize] {
        self.edges.get(node).map_or(&[], Vec::as_slice)
    }

    /// For every node its predecessor on a shortest chain from the roots (a root is its own), `None` where no chain
    /// leads.
    #[must_use]
    pub fn shortest(&self, roots: &[usize]) -> Vec<Option<usize>> {
        let mut parents = vec![None; self.edges.len()];
        let mut queue = Vec::with_capacity(self.edges.len());
        let mut visit = |node: usize, parent: usize, queue: &mut Vec<usize>| {
            if let Some(slot @ None) = parents.get_mut(node) {
                *slot = Some(parent);
                queue.push(node);
            }
        };
        for root in roots {
            visit(*root, *root, &mut queue);
        }
        let mut next = 0;
        while let Some(node) = queue.get(next).copied() {
            next += 1;
            for dependency in self.dependencies(node) {
                visit(*dependency, node, &mut queue);
            }
        }
        parents
    }

    /// What each node is for: the strongest scope (run time first) from which a chain leads to it.
    #[must_use]
    pub fn scopes(&self, roots: &[(usize, Scope)]) -> Vec<Option<Scope>> {
        let mut scopes = vec![None; self.edges.len()];
        for scope in [Scope::Runtime, Scope::Build, Scope::Optional, Scope::Dev] {
            let mut stack: Vec<usize> = roots.iter().filter(|root| root.1 == scope).map(|root| root.0).collect();
            while let Some(node) = stack.pop() {
                if let Some(slot @ None) = scopes.get_mut(node) {
                    *slot = Some(scope);
                    stack.extend(self.dependencies(node));
                }
            }
        }
        scopes
    }

    /// Writes into the packages (node `n` is `packages[n]`) which are direct, and by which chain the others come.
    /// Where `roots` carry scopes, the scopes too; `None` leaves a package's own.
    pub fn annotate(&self, packages: &mut [Package], roots: &[(usize, Option<Scope>)]) {
        let nodes: Vec<usize> = roots.iter().map(|root| root.0).collect();
        for node in &nodes {
            if let Some(package) = packages.get_mut(*node) {
                package.direct = true;
            }
        }
        let scoped: Vec<_> = roots.iter().filter_map(|(node, scope)| Some((*node, (*scope)?))).collect();
        if !scoped.is_empty() {
            for (package, scope) in packages.iter_mut().zip(self.scopes(&scoped)) {
                package.scope = scope.unwrap_or(package.scope);
            }
        }
        let mut dependents = vec![0_u32; self.edges.len()];
        for (from, edges) in self.edges.iter().enumerate() {
            edges.iter().filter(|to| **to != from).for_each(|to| dependents[*to] = dependents[*to].saturating_add(1));
        }
        for (package, count) in packages.iter_mut().zip(dependents) {
            package.dependents = Some(count);
        }
        let urls: Vec<Arc<str>> = packages.iter().map(|package| package.purl.as_str().into()).collect();
        for (package, edges) in packages.iter_mut().zip(&self.edges) {
            let mut depends: Vec<Arc<str>> = edges.iter().filter_map(|to| urls.get(*to).cloned()).collect();
            depends.sort();
            depends.dedup();
            package.depends = Some(depends);
        }
        let parents = self.shortest(&nodes);
        let labels: Vec<String> = packages.iter().map(Package::label).collect();
        for (node, package) in packages.iter_mut().enumerate() {
            package.path = chain(node, &parents, &labels);
        }
    }
}

/// The labels from the root to `node`. Of a chain that is too long, the root and the last ones.
fn chain(node: usize, parents: &[Option<usize>], labels: &[String]) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = node;
    while let Some(parent) = parents.get(at).copied().flatten() {
        path.push(labels.get(at).cloned().unwrap_or_default());
        if parent == at {
            break;
        }
        at = parent;
        if path.len() + 1 == LONGEST_PATH && parents.get(at) != Some(&Some(at)) {
            path.push("…".to_owned());
            break;
        }
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Location;
    use crate::package::Ecosystem;

    fn packages(count: usize) -> Vec<Package> {
        let package = |n: usize| {
            Package::new(
                Ecosystem::Npm,
                &format!("p{n}"),
                Some("1.0.0".to_owned()),
                Location::file("package-lock.json"),
            )
        };
        (0..count).map(package).collect()
    }

    #[test]
    fn the_shortest_chain_and_the_strongest_scope_win() {
        let mut graph = Graph::new(5);
        for (from, to) in [(0, 1), (1, 2), (2, 0), (3, 2), (9, 1), (1, 9)] {
            graph.connect(from, to);
        }
        let mut packages = packages(5);
        graph.annotate(&mut packages, &[(0, Some(Scope::Dev)), (3, Some(Scope::Runtime))]);
        assert_eq!(packages[2].path, ["p3@1.0.0", "p2@1.0.0"]);
        assert_eq!(packages[1].path, ["p0@1.0.0", "p1@1.0.0"]);
        assert_eq!(packages[3].path, ["p3@1.0.0"]);
        assert!(packages[4].path.is_empty() && !packages[4].direct);
        assert!(packages[0].direct && packages[3].direct && !packages[2].direct);
        assert_eq!(packages[0].scope, Scope::Runtime, "reached through the cycle");
    }

    #[test]
    fn a_chain_of_a_million_is_linear() {
        let count = 1_000_000;
        let mut graph = Graph::new(count);
        (1..count).for_each(|node| graph.connect(node - 1, node));
        let parents = graph.shortest(&[0]);
        let labels = vec![String::new(); count];
        assert_eq!(chain(count - 1, &parents, &labels).len(), LONGEST_PATH);
        assert_eq!(graph.scopes(&[(0, Scope::Dev)])[count - 1], Some(Scope::Dev));
    }
}
