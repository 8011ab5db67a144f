//! Handlers that refuse whatever is asked: `(req, res) => res.status(405).end()`.

use super::Endpoint;
use super::evidence::Evidence;
use super::patterns::{matches, pattern};
use crate::flow::facts::FuncRef;
use crate::syntax::StmtKind;

/// Said of a route whose handler does nothing but refuse.
pub(super) const REFUSES: &str = "it only answers that this is not served";

/// How long the text of such a handler is.
const SHORT: usize = 300;

// The codes that say so.
pattern!(
    CODES,
    r"(?i)(status(_code)?|statuscode|writehead|abort|exception|response|error)\b[^0-9]{0,40}\b(404|405|410|501)\b"
);

/// Says of routes that they refuse.
pub(super) fn mark(evidence: &Evidence<'_>, endpoints: &mut [Endpoint]) {
    for endpoint in endpoints {
        if !endpoint.functions.is_empty() && endpoint.functions.iter().all(|function| refuses(evidence, *function)) {
            endpoint.unknown.push(REFUSES.to_owned());
        }
    }
}

/// Whether a body is one answer, or one and a `return`, with such a code.
fn refuses(evidence: &Evidence<'_>, function: FuncRef) -> bool {
    let tree = evidence.tree(function.file);
    let node = tree.function(function.function);
    let text = evidence.project.file(function.file).source.slice(node.span);
    let plain = node
        .body
        .iter()
        .all(|stmt| matches!(tree.stmt(*stmt).kind, StmtKind::Expr(_) | StmtKind::Return(_) | StmtKind::Throw(_)));
    plain && (1..=3).contains(&node.body.len()) && text.len() <= SHORT && matches(&CODES, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::misuse::fixture;

    #[test]
    fn what_only_refuses_is_told_from_what_does_something_first() {
        let text = "const app = require('express')();\n\
                    app.post('/a', (req, res) => res.status(405).end());\n\
                    app.delete('/b', (req, res) => {\n  res.status(501).json({ error: 'no' });\n});\n\
                    app.delete('/c', (req, res) => {\n  db.drop(req.body.id);\n  res.json({});\n});\n\
                    app.delete('/d', (req, res) => {\n  if (!req.body.id) return res.status(404).end();\n  db.drop(1);\n});\n";
        let parsed: Vec<_> = fixture::parse("app.js", text).into_iter().collect();
        let (flow, project) = fixture::run(&parsed);
        let endpoints = crate::endpoint::extract(&project, &flow.facts, crate::model::built_in()).endpoints;
        let refusing = endpoints.iter().filter(|endpoint| endpoint.unknown.iter().any(|why| why == REFUSES));
        let paths: Vec<&str> = refusing.map(|endpoint| endpoint.path.as_str()).collect();
        assert_eq!(paths, ["/a", "/b"]);
    }
}
