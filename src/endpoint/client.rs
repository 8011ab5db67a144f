//! Which values inside a function come from whoever calls the service: the request's parts, fields of its body, parts of
//! the path. Told from the function alone, flow-insensitively: for questions such as "is the id chosen by the client".

use rustc_hash::FxHashMap;

use super::evidence::{last, written};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, PatternId, PatternKind, StmtKind, Symbol, TemplatePart, Tree};

/// How deep expressions are looked into.
const DEPTH: u8 = 12;
/// How many nodes of a function are looked at.
pub(super) const MAX_NODES: usize = 20_000;

/// What the client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// A request, from which parts are read.
    Request,
    /// A whole part of the request: its body, query, form, path parameters.
    Part,
    /// One value, with the name that it goes by.
    Field(String),
}

/// Names of a function that hold what the client sent.
pub(super) struct Client<'t> {
    tree: &'t Tree,
    family: Family,
    names: FxHashMap<Symbol, Sent>,
}

/// Names of what texts and numbers have themselves: no field of an object that was sent.
fn of_text(name: &str) -> bool {
    matches!(
        name,
        "length"
            | "size"
            | "value"
            | "encode"
            | "decode"
            | "strip"
            | "lower"
            | "upper"
            | "split"
            | "replace"
            | "replaceAll"
            | "trim"
            | "toString"
            | "toFixed"
            | "toLowerCase"
            | "toUpperCase"
            | "includes"
            | "startsWith"
            | "endsWith"
            | "startswith"
            | "endswith"
            | "slice"
            | "substring"
            | "match"
            | "test"
            | "map"
            | "filter"
            | "join"
            | "format"
            | "get"
            | "items"
            | "keys"
            | "values"
            | "get_secret_value"
    )
}

impl<'t> Client<'t> {
    /// Reads a function. `given` tells of parameters what is known of them.
    pub(super) fn new(tree: &'t Tree, family: Family, function: FunctionId, given: &[(Symbol, Sent)]) -> Self {
        let mut client = Self { tree, family, names: given.iter().cloned().collect() };
        let node = tree.function(function);
        for param in &node.params {
            // `(req, { params })`, `({ input, ctx })`
            if family == Family::JavaScript && matches!(tree.pattern(param.pattern).kind, PatternKind::Map(_)) {
                client.bind(param.pattern, &Sent::Request, DEPTH);
            }
            if let PatternKind::Name(name) = tree.pattern(param.pattern).kind
                && matches!(tree.text(name), "req" | "request" | "ctx" | "c" | "event" | "context" | "self")
            {
                client.names.entry(name).or_insert(Sent::Request);
            }
        }
        // Twice, for what is bound below its use in a loop or callback.
        for _ in 0..2 {
            client.bind_all(function);
        }
        client
    }

    fn bind_all(&mut self, function: FunctionId) {
        let tree = self.tree;
        for node in Walk::block(tree, &tree.function(function).body).take(MAX_NODES) {
            match node {
                Node::Stmt(stmt) => match &tree.stmt(stmt).kind {
                    StmtKind::Assign { targets, value: Some(value), .. } => {
                        if let Some(sent) = self.of(*value) {
                            targets.iter().for_each(|target| self.bind(*target, &sent, DEPTH));
                        }
                    }
                    // `total += item.price * item.quantity`
                    StmtKind::AugAssign { target, value, .. } => {
                        if let Some(sent) = self.of(*value) {
                            self.bind(*target, &sent, DEPTH);
                        }
                    }
                    StmtKind::ForEach { target, iter, .. } => {
                        if let Some(Sent::Part | Sent::Field(_)) = self.of(*iter) {
                            self.bind(*target, &Sent::Part, DEPTH);
                        }
                    }
                    StmtKind::With { items, .. } => {
                        for (context, target) in items {
                            if let (Some(sent), Some(target)) = (self.of(*context), target) {
                                self.bind(*target, &sent, DEPTH);
                            }
                        }
                    }
                    _ => {}
                },
                Node::Expr(expr) => match &tree.expr(expr).kind {
                    ExprKind::Assign { target, value, .. } => {
                        if let Some(sent) = self.of(*value) {
                            self.bind(*target, &sent, DEPTH);
                        }
                    }
                    ExprKind::Call { callee, args, .. } => self.bind_callback(*callee, args),
                    ExprKind::Comprehension { clauses, .. } => {
                        for clause in clauses {
                            if let Some(Sent::Part | Sent::Field(_)) = self.of(clause.iter) {
                                self.bind(clause.target, &Sent::Part, DEPTH);
                            }
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// `items.map(item => …)`: an element of what was sent is a part of it.
    fn bind_callback(&mut self, callee: ExprId, args: &[crate::syntax::Arg]) {
        let tree = self.tree;
        let ExprKind::Member { object, name, .. } = tree.expr(callee).kind else { return };
        let at = match tree.text(name) {
            "map" | "forEach" | "filter" | "flatMap" | "some" | "every" | "find" => 0,
            "reduce" => 1,
            _ => return,
        };
        let Some(Sent::Part | Sent::Field(_)) = self.of(object) else { return };
        if let Some(arg) = args.first()
            && let ExprKind::Function(function) = tree.expr(arg.value).kind
            && let Some(param) = tree.function(function).params.get(at)
        {
            self.bind(param.pattern, &Sent::Part, DEPTH);
        }
    }

    /// Binds a pattern to what was sent; `{ id, name } = req.body` gives fields.
    pub(super) fn bind(&mut self, pattern: PatternId, sent: &Sent, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &self.tree.pattern(pattern).kind {
            PatternKind::Name(name) => {
                self.names.entry(*name).or_insert_with(|| sent.clone());
            }
            PatternKind::Default(inner, _) | PatternKind::Rest(inner) => self.bind(*inner, sent, depth),
            PatternKind::Sequence(parts) => parts.iter().flatten().for_each(|part| self.bind(*part, sent, depth)),
            PatternKind::Map(fields) => {
                for field in fields {
                    let key = match field.key {
                        Some(Key::Static(key, _)) => self.tree.text(key),
                        _ => "",
                    };
                    let inner = match sent {
                        Sent::Request if is_part(key) => Sent::Part,
                        Sent::Request => continue,
                        Sent::Part => Sent::Field(key.to_owned()),
                        Sent::Field(_) => sent.clone(),
                    };
                    self.bind(field.pattern, &inner, depth);
                }
            }
            _ => {}
        }
    }

    /// What an expression is of what the client sent.
    pub(super) fn of(&self, expr: ExprId) -> Option<Sent> {
        self.at(expr, DEPTH)
    }

    /// The names of the values that the function binds.
    pub(super) fn fields(&self) -> impl Iterator<Item = String> {
        self.names.values().filter_map(|sent| match sent {
            Sent::Field(name) => Some(name.clone()),
            _ => None,
        })
    }

    /// The name of a single value that the client sent.
    pub(super) fn field(&self, expr: ExprId) -> Option<String> {
        match self.of(expr)? {
            Sent::Field(name) => Some(name),
            _ => None,
        }
    }

    fn at(&self, expr: ExprId, depth: u8) -> Option<Sent> {
        let depth = depth.checked_sub(1)?;
        match &self.tree.expr(expr).kind {
            ExprKind::Name(name) => self.names.get(name).cloned().or_else(|| {
                let global = self.family == Family::Python && self.tree.text(*name) == "request";
                global.then_some(Sent::Request)
            }),
            ExprKind::Member { object, name, .. } => {
                let name = self.tree.text(*name);
                match self.at(*object, depth)? {
                    Sent::Request if is_part(name) => Some(Sent::Part),
                    // Hono's `c.req`, Koa's `ctx.request`, Django's `self.request`.
                    Sent::Request if matches!(name, "req" | "request") => Some(Sent::Request),
                    Sent::Request => None,
                    Sent::Part => Some(Sent::Field(name.to_owned())),
                    // `data.role` of a field that is an object; `email.length` is of the field itself.
                    Sent::Field(_) if !of_text(name) => Some(Sent::Field(name.to_owned())),
                    field @ Sent::Field(_) => Some(field),
                }
            }
            ExprKind::Index { object, index } => match self.at(*object, depth)? {
                Sent::Part => Some(Sent::Field(self.tree.string_of(*index).unwrap_or_default().to_owned())),
                Sent::Request => None,
                field @ Sent::Field(_) => Some(field),
            },
            ExprKind::Call { callee, args, .. } => self.of_call(*callee, args, depth),
            ExprKind::Await(inner) => self.at(*inner, depth),
            ExprKind::Logical { left, right, .. } => self.at(*left, depth).or_else(|| self.at(*right, depth)),
            ExprKind::Binary { left, right, .. } => {
                self.at(*left, depth).or_else(|| self.at(*right, depth)).filter(|sent| *sent != Sent::Request)
            }
            ExprKind::Conditional { then, otherwise, .. } => {
                self.at(*then, depth).or_else(|| self.at(*otherwise, depth))
            }
            ExprKind::Template { parts, .. } => parts.iter().find_map(|part| match part {
                TemplatePart::Value(value) => self.at(*value, depth).filter(|sent| *sent != Sent::Request),
                TemplatePart::Text(_) => None,
            }),
            _ => None,
        }
    }

    /// What holds the request and what was made of it, and is no request itself.
    fn is_context(&self, expr: ExprId) -> bool {
        match self.tree.expr(expr).kind {
            ExprKind::Name(name) => matches!(self.tree.text(name), "c" | "ctx" | "context"),
            _ => false,
        }
    }

    /// The price that is summed up in a callback or generator.
    fn summed(&self, expr: ExprId) -> Option<Sent> {
        Walk::node(self.tree, Node::Expr(expr)).take(200).find_map(|node| match node {
            Node::Expr(inner) => match self.tree.expr(inner).kind {
                ExprKind::Member { .. } | ExprKind::Index { .. } => self.of(inner).filter(|sent| {
                    matches!(sent, Sent::Field(name) if ["price", "amount", "cost", "total"]
                        .iter()
                        .any(|part| name.to_ascii_lowercase().contains(part)))
                }),
                _ => None,
            },
            _ => None,
        })
    }

    fn of_call(&self, callee: ExprId, args: &[crate::syntax::Arg], depth: u8) -> Option<Sent> {
        let first = args.first().and_then(|arg| self.tree.string_of(arg.value)).unwrap_or_default();
        if let ExprKind::Member { object, name, .. } = &self.tree.expr(callee).kind {
            let name = self.tree.text(*name);
            match self.at(*object, depth) {
                Some(Sent::Request) => match name {
                    "json" | "get_json" | "form" | "formData" | "body" | "text" | "valid" | "parseBody" => {
                        return Some(Sent::Part);
                    }
                    // Hono's `c.get("userId")` is what a middleware has set.
                    "get" if self.is_context(*object) => return None,
                    "param" | "query" | "header" | "get" if !first.is_empty() => {
                        return Some(Sent::Field(first.to_owned()));
                    }
                    _ => {}
                },
                // `items.reduce((sum, item) => sum + item.price, 0)`: a sum of what was sent.
                Some(Sent::Part | Sent::Field(_)) if name == "reduce" => {
                    return args.first().and_then(|arg| self.summed(arg.value));
                }
                Some(Sent::Part) => {
                    let one = matches!(name, "get" | "getlist" | "pop" | "getAll" | "get_argument");
                    return Some(if one { Sent::Field(first.to_owned()) } else { Sent::Part });
                }
                Some(field) => return Some(field),
                None => {}
            }
        }
        let name = written(self.tree, callee);
        if last(&name) == "sum" {
            return args.first().and_then(|arg| self.summed(arg.value));
        }
        let carries = matches!(
            last(&name),
            "int"
                | "str"
                | "float"
                | "parseInt"
                | "parseFloat"
                | "Number"
                | "String"
                | "UUID"
                | "ObjectId"
                | "BigInt"
                | "Decimal"
                | "parse"
                | "safeParse"
                | "parseAsync"
                | "loads"
                | "validate"
                | "round"
                | "floor"
                | "ceil"
                | "max"
                | "min"
                | "abs"
                | "toFixed"
                | "strip"
                | "model_validate"
        );
        // `Role(data["role"])`: a member of an enumeration, chosen by its value.
        if !carries
            && self.family == Family::Python
            && args.len() == 1
            && args[0].name.is_none()
            && last(&name).starts_with(|first: char| first.is_ascii_uppercase())
        {
            return self.at(args[0].value, depth).filter(|sent| matches!(sent, Sent::Field(_)));
        }
        args.iter().filter(|_| carries).find_map(|arg| self.at(arg.value, depth)).filter(|sent| *sent != Sent::Request)
    }
}

/// Names of the parts of a request that a client fills.
fn is_part(name: &str) -> bool {
    matches!(
        name,
        "body"
            | "params"
            | "query"
            | "json"
            | "form"
            | "args"
            | "values"
            | "POST"
            | "GET"
            | "data"
            | "view_args"
            | "query_params"
            | "path_params"
            | "FILES"
            | "files"
            | "file"
            | "input"
            | "kwargs"
            | "match_info"
            | "searchParams"
            | "rawBody"
            | "cookies"
            | "queryStringParameters"
            | "pathParameters"
    )
}
