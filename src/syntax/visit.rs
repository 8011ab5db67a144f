//! Going through a tree in source order of its parents, parents first, without recursion.
//!
//! Decorators come before what they decorate; the body of a function comes after its parameters. Keys that are constant
//! and names are no nodes.

use super::{
    ClassId, ExprId, ExprKind, Field, FunctionId, Key, PatternId, PatternKind, StmtId, StmtKind, TemplatePart, Tree,
};

/// A node of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A statement.
    Stmt(StmtId),
    /// An expression.
    Expr(ExprId),
    /// A pattern.
    Pattern(PatternId),
    /// A function: child of the statement or expression that holds it.
    Function(FunctionId),
    /// A class: child of the statement or expression that holds it.
    Class(ClassId),
}

/// Every node below some nodes, in pre-order. [`Walk::skip_children`] leaves out what is below the last one.
pub struct Walk<'t> {
    tree: &'t Tree,
    pending: Vec<Node>,
    last: Option<Node>,
    scratch: Vec<Node>,
}

impl<'t> Walk<'t> {
    /// All of a file.
    #[must_use]
    pub fn module(tree: &'t Tree) -> Self {
        Self::block(tree, &tree.root)
    }

    /// All of a sequence of statements.
    #[must_use]
    pub fn block(tree: &'t Tree, block: &[StmtId]) -> Self {
        let pending = block.iter().rev().map(|stmt| Node::Stmt(*stmt)).collect();
        Self { tree, pending, last: None, scratch: Vec::new() }
    }

    /// A node and all below it.
    #[must_use]
    pub fn node(tree: &'t Tree, node: Node) -> Self {
        Self { tree, pending: vec![node], last: None, scratch: Vec::new() }
    }

    /// The nodes of a block but for its functions and classes and what is inside them, `most` at most.
    pub fn own(tree: &'t Tree, block: &[StmtId], most: usize) -> impl Iterator<Item = Node> + use<'t> {
        let mut walk = Self::block(tree, block);
        let mut left = most;
        std::iter::from_fn(move || {
            loop {
                let node = walk.next()?;
                left = left.checked_sub(1)?;
                match node {
                    Node::Function(_) | Node::Class(_) => walk.skip_children(),
                    other => return Some(other),
                }
            }
        })
    }

    /// Does not go below the node that was handed out last.
    pub fn skip_children(&mut self) {
        self.last = None;
    }
}

impl Iterator for Walk<'_> {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        if let Some(last) = self.last.take() {
            children(self.tree, last, &mut self.scratch);
            self.pending.extend(self.scratch.drain(..).rev());
        }
        self.last = self.pending.pop();
        self.last
    }
}

/// Appends the direct children of a node, in order.
pub fn children(tree: &Tree, node: Node, out: &mut Vec<Node>) {
    match node {
        Node::Stmt(id) => of_stmt(&tree.stmt(id).kind, out),
        Node::Expr(id) => of_expr(&tree.expr(id).kind, out),
        Node::Pattern(id) => of_pattern(&tree.pattern(id).kind, out),
        Node::Function(id) => {
            let function = tree.function(id);
            exprs(&function.decorators, out);
            for param in &function.params {
                exprs(&param.decorators, out);
                out.push(Node::Pattern(param.pattern));
                maybe(param.annotation, out);
                maybe(param.default, out);
            }
            maybe(function.returns, out);
            block(&function.body, out);
        }
        Node::Class(id) => {
            let class = tree.class(id);
            exprs(&class.decorators, out);
            exprs(&class.bases, out);
            out.extend(class.keywords.iter().map(|keyword| Node::Expr(keyword.value)));
            block(&class.body, out);
        }
    }
}

fn block(block: &[StmtId], out: &mut Vec<Node>) {
    out.extend(block.iter().map(|stmt| Node::Stmt(*stmt)));
}

fn exprs(exprs: &[ExprId], out: &mut Vec<Node>) {
    out.extend(exprs.iter().map(|expr| Node::Expr(*expr)));
}

fn maybe(expr: Option<ExprId>, out: &mut Vec<Node>) {
    out.extend(expr.map(Node::Expr));
}

fn computed(key: Option<Key>, out: &mut Vec<Node>) {
    if let Some(Key::Computed(key)) = key {
        out.push(Node::Expr(key));
    }
}

fn fields(fields: &[Field], out: &mut Vec<Node>) {
    for field in fields {
        computed(field.key, out);
        out.push(Node::Pattern(field.pattern));
    }
}

fn of_stmt(kind: &StmtKind, out: &mut Vec<Node>) {
    match kind {
        StmtKind::Expr(expr) => out.push(Node::Expr(*expr)),
        StmtKind::Assign { targets, annotation, value, .. } => {
            out.extend(targets.iter().map(|target| Node::Pattern(*target)));
            maybe(*annotation, out);
            maybe(*value, out);
        }
        StmtKind::AugAssign { target, value, .. } => out.extend([Node::Pattern(*target), Node::Expr(*value)]),
        StmtKind::Delete(targets) => exprs(targets, out),
        StmtKind::Return(value) | StmtKind::Throw(value) => maybe(*value, out),
        StmtKind::If { test, then, otherwise } => {
            out.push(Node::Expr(*test));
            block(then, out);
            block(otherwise, out);
        }
        StmtKind::While { test, body, otherwise, .. } => {
            out.push(Node::Expr(*test));
            block(body, out);
            block(otherwise, out);
        }
        StmtKind::ForEach { target, iter, body, otherwise, .. } => {
            out.extend([Node::Pattern(*target), Node::Expr(*iter)]);
            block(body, out);
            block(otherwise, out);
        }
        StmtKind::For { init, test, update, body } => {
            block(init, out);
            maybe(*test, out);
            maybe(*update, out);
            block(body, out);
        }
        StmtKind::Try { body, handlers, otherwise, finally } => {
            block(body, out);
            for handler in handlers {
                maybe(handler.class, out);
                out.extend(handler.name.map(Node::Pattern));
                block(&handler.body, out);
            }
            block(otherwise, out);
            block(finally, out);
        }
        StmtKind::With { items, body } => {
            for (context, target) in items {
                out.push(Node::Expr(*context));
                out.extend(target.map(Node::Pattern));
            }
            block(body, out);
        }
        StmtKind::Match { subject, cases, .. } => {
            out.push(Node::Expr(*subject));
            for case in cases {
                out.extend(case.pattern.map(Node::Pattern));
                maybe(case.guard, out);
                block(&case.body, out);
            }
        }
        StmtKind::Function(function) => out.push(Node::Function(*function)),
        StmtKind::Class(class) => out.push(Node::Class(*class)),
        StmtKind::Export(export) => maybe(export.default, out),
        StmtKind::Labeled(_, body) | StmtKind::Block(body) => block(body, out),
        StmtKind::Assert { test, message } => {
            out.push(Node::Expr(*test));
            maybe(*message, out);
        }
        StmtKind::Import(_)
        | StmtKind::Global(_)
        | StmtKind::Nonlocal(_)
        | StmtKind::Break(_)
        | StmtKind::Continue(_) => {}
    }
}

fn of_expr(kind: &ExprKind, out: &mut Vec<Node>) {
    match kind {
        ExprKind::Missing | ExprKind::Name(_) | ExprKind::This | ExprKind::Super | ExprKind::Literal(_) => {}
        ExprKind::Template { parts, tag } => {
            maybe(*tag, out);
            out.extend(parts.iter().filter_map(|part| match part {
                TemplatePart::Text(_) => None,
                TemplatePart::Value(value) => Some(Node::Expr(*value)),
            }));
        }
        ExprKind::Member { object, .. } => out.push(Node::Expr(*object)),
        ExprKind::Index { object, index } => exprs(&[*object, *index], out),
        ExprKind::Slice { object, lower, upper, step } => {
            out.push(Node::Expr(*object));
            for part in [lower, upper, step] {
                maybe(*part, out);
            }
        }
        ExprKind::Call { callee, args, .. } => {
            out.push(Node::Expr(*callee));
            out.extend(args.iter().map(|arg| Node::Expr(arg.value)));
        }
        ExprKind::Unary { operand, .. } => out.push(Node::Expr(*operand)),
        ExprKind::Binary { left, right, .. } | ExprKind::Logical { left, right, .. } => exprs(&[*left, *right], out),
        ExprKind::Conditional { test, then, otherwise } => exprs(&[*test, *then, *otherwise], out),
        ExprKind::Sequence { items, .. } => out.extend(items.iter().map(|item| Node::Expr(item.value))),
        ExprKind::Map { entries } => {
            for entry in entries {
                computed(entry.key, out);
                out.push(Node::Expr(entry.value));
            }
        }
        ExprKind::Function(function) => out.push(Node::Function(*function)),
        ExprKind::Class(class) => out.push(Node::Class(*class)),
        ExprKind::Assign { target, value, .. } => out.extend([Node::Pattern(*target), Node::Expr(*value)]),
        ExprKind::Await(value) | ExprKind::Import(value) => out.push(Node::Expr(*value)),
        ExprKind::Yield { value, .. } => maybe(*value, out),
        ExprKind::Comprehension { element, value, clauses, .. } => {
            for clause in clauses {
                out.extend([Node::Pattern(clause.target), Node::Expr(clause.iter)]);
                exprs(&clause.conditions, out);
            }
            out.push(Node::Expr(*element));
            maybe(*value, out);
        }
        ExprKind::Element { tag, attributes, children } => {
            maybe(*tag, out);
            attributes.iter().for_each(|attribute| maybe(attribute.value, out));
            exprs(children, out);
        }
        ExprKind::Comma(values) => exprs(values, out),
    }
}

fn of_pattern(kind: &PatternKind, out: &mut Vec<Node>) {
    match kind {
        PatternKind::Name(_) | PatternKind::Any => {}
        PatternKind::Target(expr) | PatternKind::Value(expr) => out.push(Node::Expr(*expr)),
        PatternKind::Sequence(parts) => out.extend(parts.iter().flatten().map(|part| Node::Pattern(*part))),
        PatternKind::Map(parts) => fields(parts, out),
        PatternKind::Rest(inner) | PatternKind::Bind(inner, _) => out.push(Node::Pattern(*inner)),
        PatternKind::Default(inner, default) => out.extend([Node::Pattern(*inner), Node::Expr(*default)]),
        PatternKind::Class { class, fields: parts } => {
            out.push(Node::Expr(*class));
            fields(parts, out);
        }
        PatternKind::Or(parts) => out.extend(parts.iter().map(|part| Node::Pattern(*part))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Language, Span};
    use crate::syntax::{Expr, Literal, Stmt};

    #[test]
    fn parents_come_first_and_children_can_be_skipped() {
        let mut tree = Tree::new(Language::Python);
        let name = tree.intern("f");
        let span = Span::at(0);
        let callee = tree.add_expr(Expr { span, kind: ExprKind::Name(name) });
        let call = tree.add_expr(Expr {
            span,
            kind: ExprKind::Call { callee, args: Box::default(), is_new: false, optional: false },
        });
        let last = tree.add_expr(Expr { span, kind: ExprKind::Literal(Literal::Null) });
        let first = tree.add_stmt(Stmt { span, kind: StmtKind::Expr(call) });
        let second = tree.add_stmt(Stmt { span, kind: StmtKind::Return(Some(last)) });
        tree.root = Box::new([first, second]);
        let all = [Node::Stmt(first), Node::Expr(call), Node::Expr(callee), Node::Stmt(second), Node::Expr(last)];
        assert_eq!(Walk::module(&tree).collect::<Vec<_>>(), all);
        let mut walk = Walk::module(&tree);
        assert_eq!(walk.next(), Some(Node::Stmt(first)));
        walk.skip_children();
        assert_eq!(walk.collect::<Vec<_>>(), &all[3..]);
        assert_eq!(Walk::node(&tree, Node::Expr(call)).count(), 2);
    }

    #[test]
    fn a_chain_of_any_length_does_not_recurse() {
        let mut tree = Tree::new(Language::Python);
        let span = Span::at(0);
        let mut expr = tree.add_expr(Expr { span, kind: ExprKind::Missing });
        for _ in 0..200_000 {
            expr = tree.add_expr(Expr { span, kind: ExprKind::Await(expr) });
        }
        assert_eq!(Walk::node(&tree, Node::Expr(expr)).count(), 200_001);
    }
}
