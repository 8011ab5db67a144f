//! Expressions and patterns.

use std::fmt::Write as _;

use super::{Dump, MAX_DEPTH, Pending};
use crate::syntax::{
    Arg, ExprId, ExprKind, Field, Key, Literal, PatternId, PatternKind, SequenceKind, Spread, TemplatePart,
};

impl Dump<'_> {
    pub(super) fn option(&mut self, expr: Option<ExprId>) {
        match expr {
            Some(expr) => self.expr(expr),
            None => self.push("_"),
        }
    }

    pub(super) fn arg(&mut self, arg: &Arg) {
        self.push(" ");
        self.push(match arg.spread {
            Spread::No => "",
            Spread::Sequence => "*",
            Spread::Map => "**",
        });
        if let Some(name) = arg.name {
            self.symbol(name);
            self.push("=");
        }
        self.expr(arg.value);
    }

    fn key(&mut self, key: Key) {
        match key {
            Key::Static(name, _) => {
                let _ = write!(self.out, "{:?}", self.tree.text(name));
            }
            Key::Computed(expr) => {
                self.push("[");
                self.expr(expr);
                self.push("]");
            }
        }
    }

    pub(super) fn expr(&mut self, id: ExprId) {
        if self.depth >= MAX_DEPTH {
            self.push("…");
            return;
        }
        self.depth += 1;
        match &self.tree.expr(id).kind {
            ExprKind::Missing => self.push("missing"),
            ExprKind::Name(name) => self.symbol(*name),
            ExprKind::This => self.push("(this)"),
            ExprKind::Super => self.push("(super)"),
            ExprKind::Literal(literal) => self.literal(*literal),
            ExprKind::Function(id) => {
                let _ = write!(self.out, "#{}", id.index());
                self.pending.push(Pending::Function(*id));
            }
            ExprKind::Class(id) => {
                let _ = write!(self.out, "#{}", id.index());
                self.pending.push(Pending::Class(*id));
            }
            kind => {
                self.push("(");
                self.compound(kind);
                self.push(")");
            }
        }
        self.depth -= 1;
    }

    fn literal(&mut self, literal: Literal) {
        let tree = self.tree;
        let _ = match literal {
            Literal::Str(text) => write!(self.out, "{:?}", tree.text(text)),
            Literal::Bytes(text) => write!(self.out, "b{:?}", tree.text(text)),
            Literal::Int(value) => write!(self.out, "{value}"),
            Literal::Float(value) => write!(self.out, "{value:?}"),
            Literal::Bool(value) => write!(self.out, "{value}"),
            Literal::Null => write!(self.out, "null"),
            Literal::Undefined => write!(self.out, "undefined"),
            Literal::Regex(pattern, flags) => write!(self.out, "/{}/{}", tree.text(pattern), tree.text(flags)),
            Literal::Ellipsis => write!(self.out, "..."),
        };
    }

    fn operator(&mut self, op: &impl std::fmt::Debug, exprs: &[ExprId]) {
        let name = format!("{op:?}");
        self.push(&name[..1].to_lowercase());
        self.push(&name[1..]);
        self.list(exprs);
    }

    fn compound(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Template { parts, tag } => {
                self.push("template");
                if let Some(tag) = tag {
                    self.push(" tag ");
                    self.expr(*tag);
                }
                for part in parts {
                    self.push(" ");
                    match part {
                        TemplatePart::Text(text) => {
                            let _ = write!(self.out, "{:?}", self.tree.text(*text));
                        }
                        TemplatePart::Value(value) => self.expr(*value),
                    }
                }
            }
            ExprKind::Member { object, name, optional, .. } => {
                self.push(if *optional { "member? " } else { "member " });
                self.expr(*object);
                self.push(" ");
                self.symbol(*name);
            }
            ExprKind::Index { object, index } => {
                self.push("index");
                self.list(&[*object, *index]);
            }
            ExprKind::Slice { object, lower, upper, step } => {
                self.push("slice ");
                self.expr(*object);
                for part in [lower, upper, step] {
                    self.push(" ");
                    self.option(*part);
                }
            }
            ExprKind::Call { callee, args, is_new, optional } => {
                self.push(if *is_new { "new" } else { "call" });
                self.push(if *optional { "? " } else { " " });
                self.expr(*callee);
                args.iter().for_each(|arg| self.arg(arg));
            }
            ExprKind::Unary { op, operand } => self.operator(op, &[*operand]),
            ExprKind::Binary { op, left, right } => self.operator(op, &[*left, *right]),
            ExprKind::Logical { op, left, right } => self.operator(op, &[*left, *right]),
            ExprKind::Conditional { test, then, otherwise } => {
                self.push("if");
                self.list(&[*test, *then, *otherwise]);
            }
            ExprKind::Await(value) => {
                self.push("await ");
                self.expr(*value);
            }
            ExprKind::Import(path) => {
                self.push("import ");
                self.expr(*path);
            }
            ExprKind::Comma(values) => {
                self.push("comma");
                self.list(values);
            }
            _ => self.collection(kind),
        }
    }

    fn collection(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Sequence { kind, items } => {
                self.push(match kind {
                    SequenceKind::List => "list",
                    SequenceKind::Tuple => "tuple",
                    SequenceKind::Set => "set",
                });
                for item in items {
                    self.push(if item.spread { " *" } else { " " });
                    self.expr(item.value);
                }
            }
            ExprKind::Map { entries } => {
                self.push("map");
                for entry in entries {
                    self.push(" ");
                    match entry.key {
                        Some(key) => {
                            self.key(key);
                            self.push(": ");
                        }
                        None => self.push("**"),
                    }
                    self.expr(entry.value);
                }
            }
            ExprKind::Assign { target, op, value } => {
                self.push("assign ");
                self.pattern(*target);
                match op {
                    Some(op) => {
                        let _ = write!(self.out, " {op:?}= ");
                    }
                    None => self.push(" = "),
                }
                self.expr(*value);
            }
            ExprKind::Yield { value, delegate } => {
                self.push(if *delegate { "yield-from" } else { "yield" });
                self.list(value.as_slice());
            }
            ExprKind::Comprehension { kind, element, value, clauses } => {
                let _ = write!(self.out, "{}-of ", format!("{kind:?}").to_lowercase());
                self.expr(*element);
                if let Some(value) = value {
                    self.push(": ");
                    self.expr(*value);
                }
                for clause in clauses {
                    self.push(" for ");
                    self.pattern(clause.target);
                    self.push(" in ");
                    self.expr(clause.iter);
                    for condition in &clause.conditions {
                        self.push(" if ");
                        self.expr(*condition);
                    }
                }
            }
            ExprKind::Element { tag, attributes, children } => {
                self.push("element ");
                self.option(*tag);
                for attribute in attributes {
                    self.push(" ");
                    match attribute.name {
                        Some(name) => self.symbol(name),
                        None => self.push("..."),
                    }
                    if let Some(value) = attribute.value {
                        self.push("=");
                        self.expr(value);
                    }
                }
                self.list(children);
            }
            _ => self.push("?"),
        }
    }

    pub(super) fn pattern(&mut self, id: PatternId) {
        if self.depth >= MAX_DEPTH {
            self.push("…");
            return;
        }
        self.depth += 1;
        match &self.tree.pattern(id).kind {
            PatternKind::Name(name) => self.symbol(*name),
            PatternKind::Any => self.push("_"),
            PatternKind::Target(expr) => self.expr(*expr),
            PatternKind::Value(expr) => {
                self.push("=");
                self.expr(*expr);
            }
            PatternKind::Sequence(parts) => {
                self.push("[");
                for (at, part) in parts.iter().enumerate() {
                    self.push(if at > 0 { ", " } else { "" });
                    if let Some(part) = part {
                        self.pattern(*part);
                    }
                }
                self.push("]");
            }
            PatternKind::Map(fields) => {
                self.push("{");
                self.fields(fields);
                self.push("}");
            }
            PatternKind::Rest(inner) => {
                self.push("*");
                self.pattern(*inner);
            }
            PatternKind::Default(inner, default) => {
                self.pattern(*inner);
                self.push(" = ");
                self.expr(*default);
            }
            PatternKind::Class { class, fields } => {
                self.expr(*class);
                self.push("(");
                self.fields(fields);
                self.push(")");
            }
            PatternKind::Or(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    self.push(if at > 0 { " | " } else { "" });
                    self.pattern(*part);
                }
            }
            PatternKind::Bind(inner, name) => {
                self.pattern(*inner);
                self.push(" as ");
                self.symbol(*name);
            }
        }
        self.depth -= 1;
    }

    fn fields(&mut self, fields: &[Field]) {
        for (at, field) in fields.iter().enumerate() {
            self.push(if at > 0 { ", " } else { "" });
            if let Some(key) = field.key {
                self.key(key);
                self.push(": ");
            }
            self.pattern(field.pattern);
        }
    }
}
