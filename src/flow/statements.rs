//! The statements of a file in the order of the text, so that a question about one function looks at that function alone.

use rustc_hash::FxHashSet;

use crate::syntax::{Arg, ExprKind, Key, Stmt, StmtId, Symbol, Tree};

/// Made once a file, when it is first asked for.
#[derive(Debug)]
pub struct Statements {
    /// All of them, by where they begin.
    by_start: Vec<(u32, StmtId)>,
    /// Variables on which `write` is called, or a method that says that what is sent is markup.
    marked_up: FxHashSet<Symbol>,
}

impl Statements {
    /// Those of a tree.
    #[must_use]
    pub fn new(tree: &Tree) -> Self {
        let mut by_start: Vec<(u32, StmtId)> = tree.stmts().map(|(id, stmt)| (stmt.span.start, id)).collect();
        by_start.sort_unstable_by_key(|(start, id)| (*start, id.index()));
        let marked_up = tree
            .exprs()
            .filter_map(|(_, expr)| {
                let ExprKind::Call { callee, args, .. } = &expr.kind else { return None };
                let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return None };
                let ExprKind::Name(of) = tree.expr(object).kind else { return None };
                let method = tree.text(name);
                (method == "write" || type_given(tree, method, args) == Some(true)).then_some(of)
            })
            .collect();
        Self { by_start, marked_up }
    }

    /// The statements that begin at `start` or later and before `end`, from the first to the last.
    pub fn between<'a>(
        &self,
        tree: &'a Tree,
        start: u32,
        end: u32,
    ) -> impl DoubleEndedIterator<Item = &'a Stmt> + use<'a, '_> {
        let from = self.by_start.partition_point(|(at, _)| *at < start);
        let to = self.by_start.partition_point(|(at, _)| *at < end).max(from);
        self.by_start[from..to].iter().map(|(_, id)| tree.stmt(*id))
    }

    /// Whether anything in the file is written to a variable of this name, or says that it is sent as markup.
    #[must_use]
    pub fn is_marked_up(&self, response: Symbol) -> bool {
        self.marked_up.contains(&response)
    }
}

/// What a method of a response says of the type of what is sent: whether that is markup; `None` if it says nothing.
pub(super) fn type_given(tree: &Tree, method: &str, args: &[Arg]) -> Option<bool> {
    let text = |at: usize| args.get(at).and_then(|arg| tree.string_of(arg.value));
    let markup = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        ["html", "htm", "svg", "xml"].iter().any(|word| kind.contains(word))
    };
    match method {
        "type" | "contentType" => text(0).map(markup),
        "set" | "header" | "setHeader" if text(0)?.eq_ignore_ascii_case("content-type") => text(1).map(markup),
        "writeHead" => {
            let ExprKind::Map { entries } = &tree.expr(args.last()?.value).kind else { return None };
            entries.iter().find_map(|entry| match entry.key {
                Some(Key::Static(key, _)) if tree.text(key).eq_ignore_ascii_case("content-type") => {
                    tree.string_of(entry.value).map(markup)
                }
                _ => None,
            })
        }
        _ => None,
    }
}
