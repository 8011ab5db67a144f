//! Why a test is not true: its statements asked one after another, and both sides of the one that stops it.
//!
//! The statements up to each place become rules of a module of their own in the test's package, so that imports and
//! neighbours mean the same there. Where that module does not load, nothing is told.

use std::fmt::Write as _;

use regorus::unstable::{BoolOp, Expr, Literal, LiteralStmt, Module, Ref, Rule};
use serde_json::Value as Json;

use super::memory::Watched;
use super::{Engine, Input, RuleHead, on_large_stack};

/// Names of the module's own rules begin so.
const PREFIX: &str = "stageclear_probe";
/// Statements of one test that are asked.
const MAX_STATEMENTS: usize = 60;

/// The statement at which a test stops.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 1.
    pub column: u32,
    /// What is compared there, or the value that is not true.
    pub values: Values,
}

/// What a statement made of its parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Two sides that should be alike; `None` is undefined. The first is what is expected if it alone is written out.
    Compared {
        /// What should be there.
        expected: Option<Json>,
        /// What is there.
        actual: Option<Json>,
        /// Whether it is known which is which.
        known: bool,
    },
    /// Something that should be in a collection.
    Lacking {
        /// What should be in it.
        item: Option<Json>,
        /// What is in it.
        collection: Option<Json>,
    },
    /// One value, and whether it should be false.
    Single(Option<Json>, bool),
    /// Nothing can be told.
    Unknown,
}

impl Engine {
    /// Where the first body of a rule stops on an input; `None` if it does not, or cannot be asked.
    pub fn stop(&self, input: &Input, rule: &RuleHead) -> Option<Stop> {
        let mut inner = self.inner.clone();
        let modules = inner.get_modules().clone();
        let module = modules.get(rule.module)?;
        let statements = statements(module, rule)?;
        let (_, text, legacy) = self.file(rule.module)?;
        if legacy || statements.len() > MAX_STATEMENTS {
            return None;
        }
        let probe = probe(text, statements);
        let name = format!("{PREFIX}.rego");
        let base = rule.query();
        let base = base.strip_suffix(&format!(".{}", rule.name))?.to_owned();
        inner.set_input(input.0.clone());
        inner.set_strict_builtin_errors(false);
        let _watched = Watched::begin(&rule.query(), self.limits.memory);
        let asked = on_large_stack(|| {
            inner.add_policy(name, probe).ok()?;
            let mut ask = |kind: char, number: usize| -> Option<Json> {
                let query = format!("{base}.{PREFIX}_{kind}{number}");
                let result = inner.eval_query(query, false).ok()?.result.into_iter().next()?;
                let value = result.expressions.into_iter().next()?.value;
                match serde_json::to_value(value).ok()? {
                    Json::Array(items) => items.into_iter().next(),
                    _ => None,
                }
            };
            let stopped = (0..statements.len()).find(|number| ask('s', *number).is_none())?;
            Some((stopped, ask('a', stopped), ask('b', stopped)))
        });
        let (stopped, first, second) = asked.ok()??;
        let statement = statements.get(stopped)?;
        let values = values(statement, first, second);
        Some(Stop { line: statement.span.line, column: statement.span.col, values })
    }
}

fn statements<'m>(module: &'m Ref<Module>, rule: &RuleHead) -> Option<&'m [LiteralStmt]> {
    module.policy.iter().find_map(|found| match &**found {
        Rule::Spec { span, bodies, .. } if (span.line, span.col) == (rule.line, rule.column) => {
            bodies.first().map(|body| body.query.stmts.as_slice())
        }
        _ => None,
    })
}

/// For every statement: whether it and all before it hold, and the values of its parts after those before it.
fn probe(text: &str, statements: &[LiteralStmt]) -> String {
    let heads = text.lines().filter(|line| line.starts_with("package ") || line.starts_with("import "));
    let mut probe = heads.collect::<Vec<_>>().join("\n");
    let mut before = String::new();
    for (number, statement) in statements.iter().enumerate() {
        let whole = statement.span.text();
        let with: String = statement.with_mods.iter().fold(String::new(), |mut text, modifier| {
            let _ = write!(text, " with {} as {}", modifier.refr.span().text(), modifier.r#as.span().text());
            text
        });
        let _ = write!(probe, "\n\n{PREFIX}_s{number} contains 1 if {{\n{before}{whole}\n}}");
        let parts = parts(statement);
        for (kind, part) in ['a', 'b'].into_iter().zip(&parts.0) {
            let part = part.span().text();
            let _ = write!(
                probe,
                "\n\n{PREFIX}_{kind}{number} contains {PREFIX}_v if {{\n{before}{PREFIX}_v := {part}{with}\n}}"
            );
        }
        before.push_str(whole);
        before.push('\n');
    }
    probe.push('\n');
    probe
}

enum Relation {
    Equal,
    Member,
    Single(bool),
    Nothing,
}

fn parts(statement: &LiteralStmt) -> (Vec<Ref<Expr>>, Relation) {
    match &statement.literal {
        Literal::NotExpr { expr, .. } => (vec![expr.clone()], Relation::Single(true)),
        Literal::Expr { expr, .. } => match &**expr {
            Expr::BoolExpr { op: BoolOp::Eq | BoolOp::Ne, lhs, rhs, .. } => {
                (vec![lhs.clone(), rhs.clone()], Relation::Equal)
            }
            Expr::BoolExpr { lhs, rhs, .. } => (vec![lhs.clone(), rhs.clone()], Relation::Equal),
            Expr::Membership { value, collection, .. } => (vec![value.clone(), collection.clone()], Relation::Member),
            Expr::AssignExpr { rhs, .. } => (vec![rhs.clone()], Relation::Nothing),
            _ => (vec![expr.clone()], Relation::Single(false)),
        },
        _ => (Vec::new(), Relation::Nothing),
    }
}

fn values(statement: &LiteralStmt, first: Option<Json>, second: Option<Json>) -> Values {
    let (parts, relation) = parts(statement);
    match relation {
        Relation::Equal => {
            let written: Vec<bool> = parts.iter().map(is_written).collect();
            match written.as_slice() {
                [true, false] => Values::Compared { expected: first, actual: second, known: true },
                [false, true] => Values::Compared { expected: second, actual: first, known: true },
                _ => Values::Compared { expected: first, actual: second, known: false },
            }
        }
        Relation::Member => Values::Lacking { item: first, collection: second },
        Relation::Single(negated) => Values::Single(first, negated),
        Relation::Nothing => Values::Unknown,
    }
}

/// Whether a value is written out, with no name in it.
fn is_written(expression: &Ref<Expr>) -> bool {
    let mut pending = vec![expression.clone()];
    while let Some(expression) = pending.pop() {
        match &*expression {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
            Expr::Array { items, .. } | Expr::Set { items, .. } => pending.extend(items.iter().cloned()),
            Expr::Object { fields, .. } => pending.extend(fields.iter().map(|(_, _, value)| value.clone())),
            _ => return false,
        }
    }
    true
}
