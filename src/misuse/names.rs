//! The names that stand in expressions: what an argument is made of, and what a value is used for later on.

use super::text;
use crate::base::Span;
use crate::base::pattern::Pattern;
use crate::flow::Project;
use crate::flow::facts::{AssignFact, CallFact, FactValue, FileId, FuncRef, Place};
use crate::model::index::CompiledCondition;
use crate::model::schema::Constant;
use crate::syntax::{
    Arg, BinaryOp, ExprId, ExprKind, Key, Literal, PatternId, PatternKind, StmtKind, Symbol, TemplatePart, Tree,
};
use crate::syntax::{Node, Walk};

/// How deep expressions are looked into.
const DEEPEST: u32 = 12;
/// How many names of one value are collected.
const MOST: usize = 200;

/// Calls whose result shows their arguments or receiver.
const SHOWING: &[&str] = &[
    "str",
    "repr",
    "String",
    "format",
    "stringify",
    "dumps",
    "strip",
    "trim",
    "lower",
    "upper",
    "toLowerCase",
    "toUpperCase",
    "toString",
    "encode",
    "decode",
    "join",
    "concat",
    "inspect",
    "dict",
    "print",
    "pformat",
];
/// Calls that make a digest of what they are given.
const DIGESTING: &[&str] = &["update", "createHmac", "createHash", "hmac", "sign", "md5", "sha1", "sha256", "sha512"];
/// Calls that read a value by its name.
const READING: &[&str] = &["get", "getenv", "pop", "getItem", "header", "getlist"];

/// Whether the parts of a condition that ask for names hold.
pub(super) fn hold(project: &Project, condition: &CompiledCondition, values: &[&FactValue]) -> bool {
    if let Some(wanted) = &condition.named {
        let passed_over = |name: &str| condition.not_named.as_ref().is_some_and(|not| not.is_match(name));
        let shown = values
            .iter()
            .any(|value| shown_names(project, value).iter().any(|name| wanted.is_match(name) && !passed_over(name)));
        if !shown {
            return false;
        }
    }
    if condition.mentions.is_none() && condition.not_mentions.is_none() {
        return true;
    }
    let all: Vec<String> = values.iter().flat_map(|value| all_names(project, value)).collect();
    let any = |regex: &Pattern| all.iter().any(|name| regex.is_match(name));
    condition.mentions.as_ref().is_none_or(any) && !condition.not_mentions.as_ref().is_some_and(any)
}

/// The names whose values the text of a value shows.
fn shown_names(project: &Project, value: &FactValue) -> Vec<String> {
    let mut names = Vec::new();
    if value.constant.is_none()
        && let Some(place) = value.expr
    {
        let tree = &project.file(place.file).tree;
        Shown { tree, names: &mut names }.expr(place.expr, 0);
    }
    names
}

struct Shown<'a> {
    tree: &'a Tree,
    names: &'a mut Vec<String>,
}

impl Shown<'_> {
    fn push(&mut self, name: impl Into<String>) {
        if self.names.len() < MOST {
            self.names.push(name.into());
        }
    }

    fn expr(&mut self, id: ExprId, depth: u32) {
        if depth > DEEPEST {
            return;
        }
        let tree = self.tree;
        match &tree.expr(id).kind {
            ExprKind::Name(name) => self.push(tree.text(*name)),
            ExprKind::Member { object, name, .. } => {
                let name = tree.text(*name);
                self.push(name);
                if let Some(object) = last_name(tree, *object) {
                    self.push(format!("{object}.{name}"));
                }
            }
            ExprKind::Index { object, index } => match tree.string_of(*index) {
                Some(key) => self.push(key),
                None => self.expr(*object, depth + 1),
            },
            ExprKind::Template { parts, tag: None } => {
                for part in parts {
                    if let TemplatePart::Value(value) = part {
                        self.expr(*value, depth + 1);
                    }
                }
            }
            ExprKind::Binary { op: BinaryOp::Add | BinaryOp::Mod, left, right }
            | ExprKind::Logical { left, right, .. }
            | ExprKind::Conditional { then: left, otherwise: right, .. } => {
                self.expr(*left, depth + 1);
                self.expr(*right, depth + 1);
            }
            ExprKind::Sequence { items, .. } => items.iter().for_each(|item| self.expr(item.value, depth + 1)),
            ExprKind::Map { entries } => {
                for entry in entries {
                    let plain = matches!(
                        tree.expr(entry.value).kind,
                        ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. }
                    );
                    if let (Some(Key::Static(key, _)), true) = (entry.key, plain) {
                        self.push(tree.text(key));
                    }
                    self.expr(entry.value, depth + 1);
                }
            }
            ExprKind::Await(inner) | ExprKind::Assign { value: inner, .. } => self.expr(*inner, depth + 1),
            ExprKind::Call { callee, args, .. } => self.call(*callee, args, depth),
            _ => {}
        }
    }

    fn call(&mut self, callee: ExprId, args: &[Arg], depth: u32) {
        let tree = self.tree;
        let Some(name) = last_name(tree, callee) else { return };
        if SHOWING.contains(&name) {
            if let ExprKind::Member { object, .. } = tree.expr(callee).kind {
                self.expr(object, depth + 1);
            }
            for arg in args {
                self.expr(arg.value, depth + 1);
            }
        } else if READING.contains(&name) {
            if let Some(key) = args.first().and_then(|arg| tree.string_of(arg.value)) {
                self.push(key);
            }
        } else {
            self.push(format!("{name}()"));
        }
    }
}

/// A name, or that of a member: what stands last.
fn last_name(tree: &Tree, id: ExprId) -> Option<&str> {
    match tree.expr(id).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => Some(tree.text(name)),
        ExprKind::This => Some("this"),
        _ => None,
    }
}

/// Every name in a value's expression, and in the function that it is.
fn all_names(project: &Project, value: &FactValue) -> Vec<String> {
    let mut names = Vec::new();
    let mut collect = |file: FileId, node: Node| {
        let tree = &project.file(file).tree;
        for node in Walk::node(tree, node) {
            let Node::Expr(id) = node else {
                if let Node::Pattern(id) = node
                    && let PatternKind::Map(fields) = &tree.pattern(id).kind
                {
                    let keys = fields.iter().filter_map(|field| field.key);
                    names.extend(keys.filter_map(|key| match key {
                        Key::Static(key, _) => Some(tree.text(key).to_owned()),
                        Key::Computed(_) => None,
                    }));
                }
                continue;
            };
            if let Some(name) = last_name(tree, id).or_else(|| tree.string_of(id)).or_else(|| regex_of(tree, id)) {
                names.push(name.to_owned());
            }
        }
    };
    if let Some(place) = value.expr {
        collect(place.file, Node::Expr(place.expr));
    }
    if let Some(function) = value.function {
        collect(function.file, Node::Function(function.function));
    }
    names
}

fn regex_of(tree: &Tree, id: ExprId) -> Option<&str> {
    let ExprKind::Literal(Literal::Regex(pattern, _)) = tree.expr(id).kind else { return None };
    Some(tree.text(pattern))
}

/// The nodes of a function's body, or of a module outside of its functions.
fn nodes_of(project: &Project, file: FileId, inside: Option<FuncRef>) -> Vec<Node> {
    let tree = &project.file(file).tree;
    match inside {
        Some(function) if function.file == file => Walk::block(tree, &tree.function(function.function).body).collect(),
        _ => {
            let mut found = Vec::new();
            let mut walk = Walk::module(tree);
            while let Some(node) = walk.next() {
                if matches!(node, Node::Function(_)) {
                    walk.skip_children();
                }
                found.push(node);
            }
            found
        }
    }
}

/// Whether a condition that a place stands under, or the name of its function, mentions something.
pub(super) fn around(project: &Project, file: FileId, inside: Option<FuncRef>, span: Span, wanted: &Pattern) -> bool {
    let tree = &project.file(file).tree;
    if let Some(function) = inside
        && let Some(name) = tree.function(function.function).name
        && wanted.is_match(tree.text(name))
    {
        return true;
    }
    let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
    nodes_of(project, file, inside).into_iter().any(|node| {
        let test = match node {
            Node::Stmt(id) => match &tree.stmt(id).kind {
                StmtKind::If { test, .. } if holds(tree.stmt(id).span) => *test,
                _ => return false,
            },
            Node::Expr(id) => match &tree.expr(id).kind {
                ExprKind::Conditional { test, .. } if holds(tree.expr(id).span) => *test,
                _ => return false,
            },
            _ => return false,
        };
        let place = Place { file, expr: test };
        !holds(tree.expr(test).span)
            && all_names(project, &FactValue { expr: Some(place), ..FactValue::default() })
                .iter()
                .any(|name| wanted.is_match(name))
    })
}

/// Whether the function that a call stands in writes a field under a condition that mentions something.
pub(super) fn written_under(project: &Project, call: &CallFact, field: &str, wanted: &Pattern) -> bool {
    let (file, tree) = (call.place.file, &project.file(call.place.file).tree);
    let nodes = nodes_of(project, file, call.inside);
    let targets = nodes.into_iter().flat_map(|node| match node {
        Node::Stmt(id) => match &tree.stmt(id).kind {
            StmtKind::Assign { targets, .. } => targets.to_vec(),
            _ => Vec::new(),
        },
        Node::Expr(id) => match tree.expr(id).kind {
            ExprKind::Assign { target, .. } => vec![target],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    });
    let written = targets.filter(|target| match tree.pattern(*target).kind {
        PatternKind::Target(place) => last_name(tree, place) == Some(field),
        PatternKind::Name(name) => tree.text(name) == field,
        _ => false,
    });
    let spans: Vec<Span> = written.map(|target| tree.pattern(target).span).collect();
    spans.into_iter().any(|span| around(project, file, call.inside, span, wanted))
}

/// The variable that a value is written as.
pub(super) fn variable<'p>(project: &'p Project, value: &FactValue) -> Option<&'p str> {
    let place = value.expr?;
    let tree = &project.file(place.file).tree;
    match tree.expr(place.expr).kind {
        ExprKind::Name(name) => Some(tree.text(name)),
        _ => None,
    }
}

/// The expression that an assignment's target is given.
pub(super) fn assigned_at(project: &Project, assign: &AssignFact) -> Option<Place> {
    let tree = &project.file(assign.file).tree;
    let at = |target: PatternId| tree.pattern(target).span == assign.span;
    let found = nodes_of(project, assign.file, assign.inside).into_iter().find_map(|node| match node {
        Node::Stmt(id) => match &tree.stmt(id).kind {
            StmtKind::Assign { targets, value, .. } if targets.iter().any(|target| at(*target)) => *value,
            _ => None,
        },
        Node::Expr(id) => match &tree.expr(id).kind {
            ExprKind::Assign { target, value, .. } if at(*target) => Some(*value),
            _ => None,
        },
        _ => None,
    });
    found.map(|expr| Place { file: assign.file, expr })
}

/// The call as it is when the function that it stands in is given nothing for parameters with a constant default;
/// `None` if no argument is one.
pub(super) fn with_defaults(project: &Project, call: &CallFact) -> Option<CallFact> {
    let function = call.inside?;
    let tree = &project.file(function.file).tree;
    let params = &tree.function(function.function).params;
    let default_of = |value: &FactValue| {
        let place = value.expr.filter(|place| place.file == function.file && value.constant.is_none())?;
        let ExprKind::Name(name) = tree.expr(place.expr).kind else { return None };
        let param = params.iter().find(|param| match tree.pattern(param.pattern).kind {
            PatternKind::Name(other) => other == name,
            PatternKind::Default(inner, _) => {
                matches!(tree.pattern(inner).kind, PatternKind::Name(other) if other == name)
            }
            _ => false,
        })?;
        let default = param.default.or(match tree.pattern(param.pattern).kind {
            PatternKind::Default(_, default) => Some(default),
            _ => None,
        })?;
        // Nothing given is no value.
        text::value_of(tree, Place { file: function.file, expr: default })
            .constant
            .filter(|given| *given != Constant::Null)
    };
    let defaults: Vec<_> = call.args.iter().map(|arg| default_of(&arg.value)).collect();
    if defaults.iter().all(Option::is_none) {
        return None;
    }
    let mut call = call.clone();
    for (arg, default) in call.args.iter_mut().zip(defaults) {
        arg.value.constant = arg.value.constant.take().or(default);
    }
    Some(call)
}

/// What a call's result is used for by way of variables: names that the variable is assigned or passed to, in the
/// function that the call stands in. An element is told as `session[key`, an argument as `set_cookie(`.
/// `digest`: what goes into another digest by way of a variable is left out.
pub(super) fn later_purposes(project: &Project, call: &CallFact, digest: bool) -> Vec<String> {
    let tree = &project.file(call.place.file).tree;
    let nodes = nodes_of(project, call.place.file, call.inside);
    let mut uses = Uses { tree, names: Vec::new(), variables: Vec::new(), digest };
    let mut wanted: Vec<Wanted> = vec![Wanted::Span(call.span)];
    for _ in 0..3 {
        for one in std::mem::take(&mut wanted) {
            for node in &nodes {
                uses.node(*node, one);
            }
        }
        let seen = std::mem::take(&mut uses.variables);
        wanted.extend(seen.into_iter().map(Wanted::Variable));
    }
    uses.names
}

/// What is looked for in an expression: the call itself, or a variable that holds its result.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Span(Span),
    Variable(Symbol),
}

struct Uses<'a> {
    tree: &'a Tree,
    names: Vec<String>,
    variables: Vec<Symbol>,
    /// What is looked for is a digest.
    digest: bool,
}

impl Uses<'_> {
    fn node(&mut self, node: Node, wanted: Wanted) {
        if self.names.len() > MOST {
            return;
        }
        let tree = self.tree;
        match node {
            Node::Stmt(id) => {
                if let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(id).kind
                    && self.holds(*value, wanted, 0)
                {
                    targets.iter().for_each(|target| self.target(*target));
                }
            }
            Node::Expr(id) => match &tree.expr(id).kind {
                ExprKind::Assign { target, value, .. } if self.holds(*value, wanted, 0) => self.target(*target),
                ExprKind::Call { callee, args, .. } => {
                    let held: Vec<&Arg> = args.iter().filter(|arg| self.holds(arg.value, wanted, 0)).collect();
                    for arg in held {
                        if let Some(name) = last_name(tree, *callee) {
                            self.names.push(format!("{name}("));
                        }
                        self.names.extend(arg.name.map(|name| tree.text(name).to_owned()));
                    }
                }
                ExprKind::Map { entries } => {
                    let held: Vec<_> = entries.iter().filter(|entry| self.holds(entry.value, wanted, 0)).collect();
                    for entry in held {
                        if let Some(Key::Static(key, _)) = entry.key {
                            self.names.push(tree.text(key).to_owned());
                        }
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn target(&mut self, id: PatternId) {
        let tree = self.tree;
        match tree.pattern(id).kind {
            PatternKind::Name(name) => {
                self.names.push(tree.text(name).to_owned());
                self.variables.push(name);
            }
            PatternKind::Target(target) => match tree.expr(target).kind {
                ExprKind::Index { object, index } => {
                    let object = last_name(tree, object).unwrap_or_default();
                    let key = tree.string_of(index).unwrap_or_default();
                    self.names.push(format!("{object}[{key}"));
                }
                _ => self.names.extend(last_name(tree, target).map(str::to_owned)),
            },
            _ => {}
        }
    }

    /// Whether an expression is the wanted one, or text and numbers made of it.
    fn holds(&self, id: ExprId, wanted: Wanted, depth: u32) -> bool {
        let tree = self.tree;
        let expr = tree.expr(id);
        if depth > DEEPEST {
            return false;
        }
        match wanted {
            Wanted::Span(span) if expr.span == span => return true,
            Wanted::Span(span) if expr.span.start > span.start || expr.span.end < span.end => return false,
            Wanted::Variable(name) if matches!(expr.kind, ExprKind::Name(other) if other == name) => return true,
            _ => {}
        }
        let deeper = |id: &ExprId| self.holds(*id, wanted, depth + 1);
        match &expr.kind {
            ExprKind::Member { object, .. } | ExprKind::Index { object, .. } | ExprKind::Slice { object, .. } => {
                deeper(object)
            }
            ExprKind::Binary { op, left, right } => is_arithmetic(*op) && (deeper(left) || deeper(right)),
            ExprKind::Logical { left, right, .. } | ExprKind::Conditional { then: left, otherwise: right, .. } => {
                deeper(left) || deeper(right)
            }
            ExprKind::Template { parts, .. } => {
                parts.iter().any(|part| matches!(part, TemplatePart::Value(value) if deeper(value)))
            }
            ExprKind::Call { callee, args, .. } => {
                let again = self.digest
                    && matches!(wanted, Wanted::Variable(_))
                    && last_name(tree, *callee).is_some_and(|name| DIGESTING.contains(&name));
                if again {
                    return false;
                }
                let called_on = matches!(tree.expr(*callee).kind, ExprKind::Member { object, .. } if deeper(&object));
                called_on || args.iter().any(|arg| deeper(&arg.value))
            }
            ExprKind::Await(inner) => deeper(inner),
            ExprKind::Comprehension { element, .. } => deeper(element),
            _ => false,
        }
    }
}

fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp as B;
    matches!(op, B::Add | B::Sub | B::Mul | B::Div | B::FloorDiv | B::Mod | B::Pow | B::BitXor | B::BitOr | B::BitAnd)
}
