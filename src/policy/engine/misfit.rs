//! Policies against the schema of what they judge: a field that no document has makes a rule that never speaks.
//!
//! A small inference over a module's tree: `input`, variables that `some … in` and `:=` bind to parts of it, list
//! comprehensions and the rules they make. What is not inferred (arguments of functions, objects put together by
//! functions) is let be, so that a complaint is never a guess; what is only likely is marked so.

use std::collections::BTreeMap;

use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt, Module, Query, Ref, Rule, RuleHead, Span};

use super::extract;
use super::graph::{Path, Place};
use crate::policy::level::nearest;
use crate::policy::schema::{Field, Schema, Shape};

/// Levels of expressions within one another that are looked at.
const MAX_DEPTH: usize = 6_000;
/// Rounds until the types of rules that build on one another are known.
const ROUNDS: usize = 4;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Where it is written.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What may be meant.
    pub hint: Option<String>,
    /// Whether it can never be right.
    pub sure: bool,
}

/// What is known of a value.
#[derive(Debug, Clone)]
enum Type<'s> {
    Any,
    Part(Shape<'s>),
    List(Box<Type<'s>>),
    Data(Path),
}

type Rules<'s> = BTreeMap<Path, Type<'s>>;
type Scope<'s> = BTreeMap<String, Type<'s>>;

/// What does not fit in the modules that `wanted` names; the others tell what their rules are.
pub(super) fn misfits(modules: &[Ref<Module>], schema: &Schema, wanted: &dyn Fn(usize) -> bool) -> Vec<Misfit> {
    let mut rules = Rules::new();
    for _ in 0..ROUNDS {
        let mut next: BTreeMap<Path, Vec<Type<'_>>> = BTreeMap::new();
        for (index, module) in modules.iter().enumerate() {
            let mut walk = Walk::new(index, module, schema, &rules);
            for rule in &module.policy {
                if let Some((path, kind)) = walk.rule(rule) {
                    next.entry(path).or_default().push(kind);
                }
            }
        }
        rules = next.into_iter().map(|(path, kinds)| (path, together(kinds))).collect();
    }
    let mut found = Vec::new();
    for (index, module) in modules.iter().enumerate().filter(|(index, _)| wanted(*index)) {
        let mut walk = Walk::new(index, module, schema, &rules);
        walk.loud = true;
        for rule in &module.policy {
            walk.rule(rule);
        }
        found.append(&mut walk.found);
    }
    found.sort_by(|a, b| {
        (a.place.module, a.place.line, a.place.column).cmp(&(b.place.module, b.place.line, b.place.column))
    });
    found.dedup();
    found
}

/// Several bodies of one rule are only known where each is.
fn together(kinds: Vec<Type<'_>>) -> Type<'_> {
    let mut kinds = kinds.into_iter();
    match (kinds.next(), kinds.next()) {
        (Some(only), None) => only,
        _ => Type::Any,
    }
}

struct Walk<'a, 's> {
    index: usize,
    schema: &'s Schema,
    rules: &'a Rules<'s>,
    package: Path,
    imports: BTreeMap<String, Path>,
    scopes: Vec<Scope<'s>>,
    loud: bool,
    depth: usize,
    found: Vec<Misfit>,
}

impl<'a, 's> Walk<'a, 's> {
    fn new(index: usize, module: &Module, schema: &'s Schema, rules: &'a Rules<'s>) -> Self {
        let (package, imports) = (extract::package(module), extract::imports(module));
        Self { index, schema, rules, package, imports, scopes: Vec::new(), loud: false, depth: 0, found: Vec::new() }
    }

    /// The path of a rule and what its value is.
    fn rule(&mut self, rule: &Rule) -> Option<(Path, Type<'s>)> {
        let path = extract::head_path(rule)?;
        let path: Path = self.package.iter().cloned().chain(path).collect();
        let Rule::Spec { head, bodies, .. } = rule else { return None };
        let mut scope = Scope::new();
        if let RuleHead::Func { args, .. } = head {
            for argument in args {
                declare(argument, &mut scope);
            }
        }
        let mut kinds = Vec::new();
        for body in bodies {
            self.scopes.push(scope.clone());
            self.query(&body.query);
            let head_value = match head {
                RuleHead::Set { key, .. } => key.as_ref().map(|key| Type::List(Box::new(self.infer(key)))),
                RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => {
                    let value = body.assign.as_ref().filter(|_| body.is_else).or(assign.as_ref());
                    value.map(|assign| self.infer(&assign.value))
                }
            };
            kinds.push(head_value.unwrap_or(Type::Any));
            self.scopes.pop();
        }
        if bodies.is_empty()
            && let RuleHead::Compr { assign: Some(assign), .. } | RuleHead::Func { assign: Some(assign), .. } = head
        {
            self.scopes.push(scope);
            kinds.push(self.infer(&assign.value));
            self.scopes.pop();
        }
        Some((path, together(kinds)))
    }

    /// Binds what the statements bind, in any order, then looks at them.
    fn query(&mut self, query: &Query) {
        let loud = std::mem::replace(&mut self.loud, false);
        for _ in 0..2 {
            query.stmts.iter().for_each(|statement| self.statement(statement));
        }
        self.loud = loud;
        if loud {
            query.stmts.iter().for_each(|statement| self.statement(statement));
        }
    }

    fn statement(&mut self, statement: &LiteralStmt) {
        // Under another input nothing is known.
        let replaced = statement.with_mods.iter().any(|modifier| modifier.refr.span().text().starts_with("input"));
        let loud = self.loud;
        self.loud &= !replaced;
        match &statement.literal {
            Literal::SomeVars { vars, .. } => vars.iter().for_each(|name| self.bind_new(name.text())),
            Literal::SomeIn { key, value, collection, .. } => {
                let list = self.infer(collection);
                if let Some(key) = key {
                    self.bind_pattern(key, Type::Any);
                }
                let item = self.item(&list);
                self.bind_pattern(value, item);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => drop(self.infer(expr)),
            Literal::Every { key, value, domain, query, .. } => {
                let list = self.infer(domain);
                let item = self.item(&list);
                let mut scope = Scope::new();
                scope.extend(key.iter().map(|key| (key.text().to_owned(), Type::Any)));
                scope.insert(value.text().to_owned(), item);
                self.scopes.push(scope);
                self.query(query);
                self.scopes.pop();
            }
        }
        self.loud = loud;
    }

    fn bind(&mut self, name: &str, kind: Type<'s>) {
        if name != "_"
            && let Some(scope) = self.scopes.last_mut()
        {
            scope.insert(name.to_owned(), kind);
        }
    }

    /// Declares a name whose value is not known yet, and keeps what an earlier round has found out.
    fn bind_new(&mut self, name: &str) {
        if self.scopes.last().is_some_and(|scope| !scope.contains_key(name)) {
            self.bind(name, Type::Any);
        }
    }

    fn bind_pattern(&mut self, pattern: &Ref<Expr>, kind: Type<'s>) {
        if let Expr::Var { span, .. } = &**pattern {
            self.bind(span.text(), kind);
            return;
        }
        let mut names = Scope::new();
        declare(pattern, &mut names);
        for name in names.into_keys() {
            self.bind_new(&name);
        }
    }

    fn lookup(&self, name: &str) -> Type<'s> {
        if let Some(kind) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return kind.clone();
        }
        match name {
            "input" => return Type::Part(self.schema.document()),
            "data" => return Type::Data(Vec::new()),
            _ => {}
        }
        if let Some((root, below)) = self.imports.get(name).and_then(|path| path.split_first()) {
            let from = |base| below.iter().fold(base, |kind, name| self.step(&kind, name).unwrap_or(Type::Any));
            return match root.as_str() {
                "data" => from(Type::Data(Vec::new())),
                "input" => from(Type::Part(self.schema.document())),
                _ => Type::Any,
            };
        }
        let path: Path = self.package.iter().cloned().chain([name.to_owned()]).collect();
        self.rules.get(&path).cloned().unwrap_or(Type::Any)
    }

    /// A field of a value; the fields it has where it has no such.
    fn step(&self, base: &Type<'s>, name: &str) -> Result<Type<'s>, Vec<&'s str>> {
        match base {
            Type::Part(shape) => match self.schema.field(shape, name) {
                Field::Known(shape) => Ok(Type::Part(shape)),
                Field::Missing(known) => Err(known),
                Field::Open => Ok(Type::Any),
            },
            Type::Data(path) => {
                let path: Path = path.iter().cloned().chain([name.to_owned()]).collect();
                Ok(self.rules.get(&path).cloned().unwrap_or(Type::Data(path)))
            }
            Type::List(_) | Type::Any => Ok(Type::Any),
        }
    }

    fn item(&self, list: &Type<'s>) -> Type<'s> {
        match list {
            Type::Part(shape) => self.schema.item(shape).map_or(Type::Any, Type::Part),
            Type::List(item) => (**item).clone(),
            Type::Any | Type::Data(_) => Type::Any,
        }
    }

    fn infer(&mut self, expression: &Ref<Expr>) -> Type<'s> {
        self.depth += 1;
        let kind = if self.depth > MAX_DEPTH { Type::Any } else { self.kind(expression) };
        self.depth -= 1;
        kind
    }

    fn kind(&mut self, expression: &Ref<Expr>) -> Type<'s> {
        match &**expression {
            Expr::Var { span, .. } => self.lookup(span.text()),
            Expr::RefDot { refr, field, .. } => {
                let base = self.infer(refr);
                self.checked_step(&base, refr, &field.0, field.0.text())
            }
            Expr::RefBrack { refr, index, .. } => {
                let base = self.infer(refr);
                self.infer(index);
                match literal(index) {
                    Some(name) => self.checked_step(&base, refr, index.span(), &name),
                    None => self.item(&base),
                }
            }
            Expr::Call { fcn, params, .. } => self.call(fcn, params),
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                for item in items {
                    self.infer(item);
                }
                Type::Any
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.infer(key);
                    self.infer(value);
                }
                Type::Any
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.scopes.push(Scope::new());
                self.query(query);
                let item = self.infer(term);
                self.scopes.pop();
                Type::List(Box::new(item))
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.scopes.push(Scope::new());
                self.query(query);
                self.infer(key);
                let item = self.infer(value);
                self.scopes.pop();
                Type::List(Box::new(item))
            }
            Expr::UnaryExpr { expr, .. } => {
                self.infer(expr);
                Type::Any
            }
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                let value = self.infer(rhs);
                if *op == AssignOp::ColEq {
                    self.bind_pattern(lhs, value);
                } else {
                    self.infer(lhs);
                }
                Type::Any
            }
            Expr::BoolExpr { op, lhs, rhs, .. } => {
                let (left, right) = (self.infer(lhs), self.infer(rhs));
                if matches!(op, BoolOp::Eq | BoolOp::Ne) {
                    self.texts(&left, lhs, rhs);
                    self.texts(&right, rhs, lhs);
                }
                Type::Any
            }
            Expr::BinExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } => {
                self.infer(lhs);
                self.infer(rhs);
                Type::Any
            }
            Expr::Membership { key, value, collection, .. } => {
                if let Some(key) = key {
                    self.infer(key);
                }
                let kind = self.infer(value);
                self.infer(collection);
                if let Expr::Array { items, .. } | Expr::Set { items, .. } = &**collection {
                    for item in items {
                        self.texts(&kind, value, item);
                    }
                }
                Type::Any
            }
            _ => Type::Any,
        }
    }

    fn call(&mut self, function: &Ref<Expr>, parameters: &[Ref<Expr>]) -> Type<'s> {
        let kinds: Vec<Type<'s>> = parameters.iter().map(|parameter| self.infer(parameter)).collect();
        match (function.span().text(), kinds.as_slice()) {
            ("object.get", [base, ..]) => {
                let Some(name) = parameters.get(1).and_then(literal) else { return Type::Any };
                match self.step(base, &name) {
                    Ok(kind) => kind,
                    Err(known) => {
                        let (base, at) = (parameters[0].span().text(), parameters[1].span());
                        self.missing(base, &name, at, &known, false);
                        Type::Any
                    }
                }
            }
            ("sort" | "array.reverse", [list]) | ("array.slice", [list, ..]) => list.clone(),
            _ => match self.infer(function) {
                Type::Data(_) => Type::Any,
                kind => kind,
            },
        }
    }

    fn checked_step(&mut self, base: &Type<'s>, from: &Ref<Expr>, at: &Span, name: &str) -> Type<'s> {
        match self.step(base, name) {
            Ok(kind) => kind,
            Err(known) => {
                let list = matches!(base, Type::Part(shape) if shape.is_list());
                if list && self.loud {
                    let message = format!("`{}` is a list and has no `{name}`", short(from.span().text()));
                    let hint = Some(format!("write `some item in {}`, then `item.{name}`", short(from.span().text())));
                    let place = self.place(at);
                    self.found.push(Misfit { place, message, hint, sure: true });
                } else {
                    self.missing(from.span().text(), name, at, &known, true);
                }
                Type::Any
            }
        }
    }

    fn missing(&mut self, base: &str, name: &str, at: &Span, known: &[&str], sure: bool) {
        if !self.loud {
            return;
        }
        let base = short(base);
        let message = format!("the audit document has no `{base}.{name}`");
        let hint = match nearest(name, known.iter().copied()) {
            Some(meant) => Some(format!("did you mean `{base}.{meant}`?")),
            None if known.is_empty() => Some(format!("`{base}` is a plain value")),
            None => Some(format!("`{base}` has {}", list(known))),
        };
        let place = self.place(at);
        self.found.push(Misfit { place, message, hint, sure });
    }

    /// A value that is compared with a text it never is.
    fn texts(&mut self, kind: &Type<'s>, value: &Ref<Expr>, text: &Ref<Expr>) {
        let (Type::Part(shape), Some(literal)) = (kind, literal(text)) else { return };
        let Some(known) = shape.texts().filter(|known| self.loud && !known.contains(&literal.as_str())) else { return };
        let message = format!("`{}` is never {literal:?}", short(value.span().text()));
        let hint = match nearest(&literal, known.iter().copied()) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => format!("it may be {}", list(&known)),
        };
        let place = self.place(text.span());
        self.found.push(Misfit { place, message, hint: Some(hint), sure: false });
    }

    fn place(&self, span: &Span) -> Place {
        Place { module: self.index, line: span.line, column: span.col }
    }
}

/// Every name in a pattern, its value not known.
fn declare(pattern: &Ref<Expr>, scope: &mut Scope<'_>) {
    let mut pending = vec![pattern.clone()];
    while let Some(expression) = pending.pop() {
        match &*expression {
            Expr::Var { span, .. } => drop(scope.insert(span.text().to_owned(), Type::Any)),
            Expr::Array { items, .. } | Expr::Set { items, .. } => pending.extend(items.iter().cloned()),
            Expr::Object { fields, .. } => pending.extend(fields.iter().map(|(_, _, value)| value.clone())),
            _ => {}
        }
    }
}

/// A text that is written.
fn literal(expression: &Ref<Expr>) -> Option<String> {
    match &**expression {
        Expr::String { value, .. } | Expr::RawString { value, .. } => value.as_string().ok().map(ToString::to_string),
        _ => None,
    }
}

fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.len() == text.len() && line.chars().count() <= 60 {
        return line.to_owned();
    }
    format!("{}…", line.chars().take(59).collect::<String>())
}

fn list(known: &[&str]) -> String {
    let mut text = known.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if known.len() > 12 {
        text.push_str(", …");
    }
    text
}
