//! What a chain of calls says of the columns that it asks for.

use super::Finder;
use crate::endpoint::columns::is_secret;
use crate::endpoint::evidence::{last, written};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Key};

impl Finder<'_> {
    /// What a chain of calls says of columns.
    pub(super) fn told(&self, chain: ExprId) -> Told {
        let mut told = Told::default();
        for node in Walk::node(self.tree, Node::Expr(chain)).take(400) {
            let Node::Expr(expr) = node else { continue };
            match &self.tree.expr(expr).kind {
                ExprKind::Map { entries } => {
                    for entry in entries {
                        let Some(Key::Static(key, _)) = entry.key else { continue };
                        let key = self.tree.text(key);
                        told.selects |= matches!(
                            key,
                            "select" | "omit" | "attributes" | "projection" | "columns" | "fields" | "exclude"
                        );
                        if is_secret(key) {
                            told.secret = true;
                            // `{ password: 0 }`
                            told.selects |= matches!(
                                self.tree.expr(entry.value).kind,
                                ExprKind::Literal(crate::syntax::Literal::Int(0) | crate::syntax::Literal::Bool(false))
                            );
                        }
                    }
                }
                ExprKind::Call { callee, args, .. } => {
                    let name = written(self.tree, *callee);
                    told.names.push(last(&name).to_owned());
                    told.selects |= args.iter().any(|arg| {
                        arg.name.is_some_and(|name| matches!(self.tree.text(name), "projection" | "columns" | "fields"))
                    });
                    told.secret |= args.iter().any(|arg| arg.name.is_some_and(|name| is_secret(self.tree.text(name))));
                }
                _ => {}
            }
        }
        told
    }
}

#[derive(Default)]
pub(super) struct Told {
    /// Columns are chosen or left out.
    pub selects: bool,
    /// A password is among the values.
    pub secret: bool,
    /// The calls of the chain.
    pub names: Vec<String>,
}
