//! Policies as the evaluator's machine needs them. It runs programs some times faster than the evaluator reads rules, but
//! takes an undefined value for a value where one is bound by `:=` or yielded by a comprehension, and does not go on to
//! `else` when a value is undefined. So each such place asks once more: `x := e` becomes `x := e; x == x`. And of an imported
//! package it makes an object of all that is in it wherever one of its rules is named, so that each is named in full.
//!
//! What it cannot run, or runs in another way, fails the build: `walk`, `with`, sets under a key (`p[k] contains v`), loops
//! in front of an `else`, defaults of functions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regorus::unstable::{
    ArithOp, AssignOp, BinOp, BoolOp, Expr, Literal, LiteralStmt, Module, Query, Ref, Rule, RuleBody, RuleHead, Span,
};

/// The text of a module that means the same to both.
pub fn text(module: &Module) -> Result<String, String> {
    let mut writer = Writer::default();
    let mut out = format!("package {}\n", expression(&module.package.refr)?);
    for import in &module.imports {
        let (path, alias) = (expression(&import.refr)?, import.r#as.as_ref().map(Span::text));
        let _ = writeln!(out, "import {path}{}", alias.map(|alias| format!(" as {alias}")).unwrap_or_default());
        if path.starts_with("data.") {
            let name = alias.or_else(|| path.rsplit('.').next()).unwrap_or_default().to_owned();
            writer.imports.insert(name, path);
        }
    }
    for rule in &module.policy {
        let line = rule.span().line;
        let rule = writer.rule(rule).map_err(|why| format!("line {line}: {why}"))?;
        let _ = writeln!(out, "\n{rule}");
    }
    Ok(out)
}

/// The text of an expression that stands alone.
pub fn expression(expression: &Ref<Expr>) -> Result<String, String> {
    Writer::default().expression(expression, true)
}

#[derive(Default)]
struct Writer {
    fresh: usize,
    /// Imported packages by the names that they have here.
    imports: BTreeMap<String, String>,
}

impl Writer {
    fn rule(&mut self, rule: &Rule) -> Result<String, String> {
        let (head, bodies) = match rule {
            Rule::Default { args, .. } if !args.is_empty() => {
                return Err("a default of a function: say when it holds".to_owned());
            }
            Rule::Default { refr, value, .. } => {
                return Ok(format!("default {} := {}", self.expression(refr, true)?, self.expression(value, true)?));
            }
            Rule::Spec { head, bodies, .. } => (head, bodies),
        };
        let (name, assign) = match head {
            RuleHead::Compr { refr, assign, .. } => (self.expression(refr, true)?, assign.as_ref()),
            RuleHead::Func { refr, args, assign, .. } => {
                (format!("{}({})", self.expression(refr, true)?, self.list(args)?), assign.as_ref())
            }
            RuleHead::Set { refr, key, .. } => {
                if !matches!(&**refr, Expr::Var { .. }) {
                    return Err("a set under a key: use `lib.grouped`".to_owned());
                }
                let Some(key) = key else { return Err("a rule that names no value".to_owned()) };
                (format!("{} contains {}", self.expression(refr, true)?, self.expression(key, true)?), None)
            }
        };
        let chain = bodies.iter().any(|body| body.is_else);
        if chain && bodies[..bodies.len() - 1].iter().any(|body| body.query.stmts.iter().any(is_loop)) {
            return Err("a loop in front of `else`: put it into a function of its own".to_owned());
        }
        let mut out = name;
        for (index, body) in bodies.iter().enumerate() {
            let value = if index == 0 { assign.or(body.assign.as_ref()) } else { body.assign.as_ref() };
            if index > 0 {
                if !body.is_else {
                    return Err("a second body without `else`".to_owned());
                }
                out.push_str(" else");
            }
            let value = value.map(|assign| self.expression(&assign.value, true)).transpose()?;
            out.push_str(&self.body(value, body, chain)?);
        }
        if bodies.is_empty()
            && let Some(assign) = assign
        {
            let _ = write!(out, " := {}", self.expression(&assign.value, true)?);
        }
        Ok(out)
    }

    fn body(&mut self, value: Option<String>, body: &RuleBody, chain: bool) -> Result<String, String> {
        let mut lines = self.query(&body.query)?;
        let mut head = String::new();
        if let Some(value) = value {
            if chain && !lines.is_empty() {
                let _ = write!(head, " := {}", self.bind(&value, &mut lines));
            } else {
                let _ = write!(head, " := {value}");
            }
        }
        if !lines.is_empty() {
            let _ = write!(head, " if {{\n{}\n}}", lines.join(";\n"));
        }
        Ok(head)
    }

    fn query(&mut self, query: &Query) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        for statement in &query.stmts {
            if !statement.with_mods.is_empty() {
                return Err("`with`".to_owned());
            }
            lines.push(self.literal(&statement.literal)?);
            if let Literal::Expr { expr, .. } = &statement.literal
                && let Expr::AssignExpr { lhs, .. } = &**expr
                && let Expr::Var { span, .. } = &**lhs
                && span.text() != "_"
            {
                lines.push(format!("{0} == {0}", span.text()));
            }
        }
        Ok(lines)
    }

    fn literal(&mut self, literal: &Literal) -> Result<String, String> {
        Ok(match literal {
            Literal::SomeVars { vars, .. } => {
                format!("some {}", vars.iter().map(Span::text).collect::<Vec<_>>().join(", "))
            }
            Literal::SomeIn { key, value, collection, .. } => {
                let key = key.as_ref().map(|key| self.expression(key, true)).transpose()?;
                let key = key.map(|key| format!("{key}, ")).unwrap_or_default();
                format!("some {key}{} in {}", self.expression(value, true)?, self.expression(collection, false)?)
            }
            Literal::Expr { expr, .. } => self.expression(expr, true)?,
            Literal::NotExpr { expr, .. } => format!("not {}", self.expression(expr, true)?),
            Literal::Every { key, value, domain, query, .. } => {
                let key = key.as_ref().map(|key| format!("{}, ", key.text())).unwrap_or_default();
                let lines = self.query(query)?.join(";\n");
                format!("every {key}{} in {} {{\n{lines}\n}}", value.text(), self.expression(domain, false)?)
            }
        })
    }

    /// `whole`: it stands alone, so that no parentheses are needed.
    fn expression(&mut self, expression: &Ref<Expr>, whole: bool) -> Result<String, String> {
        let infix = |left: &Ref<Expr>, sign: &str, right: &Ref<Expr>, writer: &mut Self| {
            let text = format!("{} {sign} {}", writer.expression(left, false)?, writer.expression(right, false)?);
            Ok::<String, String>(if whole { text } else { format!("({text})") })
        };
        Ok(match &**expression {
            Expr::String { value, .. } | Expr::RawString { value, .. } => {
                value.to_json_str().map_err(|error| error.to_string())?
            }
            Expr::Number { span, .. } | Expr::Bool { span, .. } | Expr::Null { span, .. } | Expr::Var { span, .. } => {
                span.text().to_owned()
            }
            Expr::Array { items, .. } => format!("[{}]", self.list(items)?),
            Expr::Set { items, .. } if items.is_empty() => "set()".to_owned(),
            Expr::Set { items, .. } => format!("{{{}}}", self.list(items)?),
            Expr::Object { fields, .. } => {
                let mut parts = Vec::new();
                for (_, key, value) in fields {
                    parts.push(format!("{}: {}", self.expression(key, false)?, self.expression(value, false)?));
                }
                format!("{{{}}}", parts.join(",\n"))
            }
            Expr::ArrayCompr { term, query, .. } => format!("[{}]", self.comprehension(&[term], query)?),
            Expr::SetCompr { term, query, .. } => format!("{{{}}}", self.comprehension(&[term], query)?),
            Expr::ObjectCompr { key, value, query, .. } => {
                format!("{{{}}}", self.comprehension(&[key, value], query)?)
            }
            Expr::Call { fcn, params, .. } => {
                let name = self.expression(fcn, true)?;
                if name == "walk" {
                    return Err("`walk`".to_owned());
                }
                format!("{name}({})", self.list(params)?)
            }
            Expr::UnaryExpr { expr, .. } => format!("-{}", self.expression(expr, false)?),
            Expr::RefDot { refr, field, .. } => {
                let package = match &**refr {
                    Expr::Var { span, .. } => self.imports.get(span.text()).cloned(),
                    _ => None,
                };
                let refr = package.map_or_else(|| self.expression(refr, false), Ok)?;
                format!("{refr}.{}", field.0.text())
            }
            Expr::RefBrack { refr, index, .. } => {
                format!("{}[{}]", self.expression(refr, false)?, self.expression(index, true)?)
            }
            Expr::BinExpr { op, lhs, rhs, .. } => {
                let sign = match op {
                    BinOp::Intersection => "&",
                    BinOp::Union => "|",
                };
                infix(lhs, sign, rhs, self)?
            }
            Expr::BoolExpr { op, lhs, rhs, .. } => {
                let sign = match op {
                    BoolOp::Lt => "<",
                    BoolOp::Le => "<=",
                    BoolOp::Eq => "==",
                    BoolOp::Ge => ">=",
                    BoolOp::Gt => ">",
                    BoolOp::Ne => "!=",
                };
                infix(lhs, sign, rhs, self)?
            }
            Expr::ArithExpr { op, lhs, rhs, .. } => {
                let sign = match op {
                    ArithOp::Add => "+",
                    ArithOp::Sub => "-",
                    ArithOp::Mul => "*",
                    ArithOp::Div => "/",
                    ArithOp::Mod => "%",
                };
                infix(lhs, sign, rhs, self)?
            }
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                let sign = match op {
                    AssignOp::Eq => "=",
                    AssignOp::ColEq => ":=",
                };
                format!("{} {sign} {}", self.expression(lhs, true)?, self.expression(rhs, true)?)
            }
            Expr::Membership { key, value, collection, .. } => {
                let key = key.as_ref().map(|key| self.expression(key, false)).transpose()?;
                let key = key.map(|key| format!("{key}, ")).unwrap_or_default();
                let text =
                    format!("{key}{} in {}", self.expression(value, false)?, self.expression(collection, false)?);
                if whole { text } else { format!("({text})") }
            }
        })
    }

    /// The inside of a comprehension: what is more than a name is bound in its query first.
    fn comprehension(&mut self, terms: &[&Ref<Expr>], query: &Query) -> Result<String, String> {
        let mut lines = self.query(query)?;
        let mut names = Vec::new();
        for term in terms {
            let text = self.expression(term, false)?;
            if matches!(&***term, Expr::Var { .. } | Expr::Number { .. } | Expr::String { .. } | Expr::Bool { .. }) {
                names.push(text);
            } else {
                names.push(self.bind(&text, &mut lines));
            }
        }
        Ok(format!("{} |\n{}\n", names.join(": "), lines.join(";\n")))
    }

    fn list(&mut self, items: &[Ref<Expr>]) -> Result<String, String> {
        let parts: Result<Vec<String>, String> = items.iter().map(|item| self.expression(item, false)).collect();
        Ok(parts?.join(",\n"))
    }

    /// Binds a value to a new name, which the lines hold for if it is defined.
    fn bind(&mut self, value: &str, lines: &mut Vec<String>) -> String {
        self.fresh += 1;
        let name = format!("_definite_{}", self.fresh);
        lines.push(format!("{name} := {value}"));
        lines.push(format!("{name} == {name}"));
        name
    }
}

fn is_loop(statement: &LiteralStmt) -> bool {
    matches!(statement.literal, Literal::SomeIn { .. } | Literal::SomeVars { .. })
}
