//! Rule heads, references and calls of a parsed module, for the rule graph and the list of rules.
//!
//! Expressions are walked with an explicit stack. A name that is declared anywhere in a rule counts as local in all of
//! it, which can only miss a circle among plain rules (the evaluator finds those); calls are never shadowed, so no
//! recursive function escapes.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, BUILTINS, Expr, Literal, Module, Query, Ref, Rule, RuleBody, RuleHead, Span};

use super::graph::{Path, Place};

/// A rule as its module declares it.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// Path below `data`, as far as it is fixed.
    pub path: Path,
    /// What it reads and calls.
    pub references: Vec<(Path, Place)>,
    /// The calls among them, by the names as written, joined by dots.
    pub calls: Vec<(String, Path, Place)>,
}

/// The fixed path of a module's package, below `data`.
pub(super) fn package(module: &Module) -> Path {
    flatten(&module.package.refr).map(|reference| reference.path).unwrap_or_default()
}

/// Families of OPA's functions, some of which the evaluator lacks.
const FAMILIES: [&str; 6] = ["yaml.", "graphql.", "json.", "regex.", "net.cidr", "strings."];

/// Whether a function that is not there is one of OPA's.
pub(super) fn is_known_elsewhere(name: &str) -> bool {
    FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Functions that give another answer at another time.
const UNSTEADY: [&str; 4] = ["time.now_ns", "rand.intn", "uuid.rfc4122", "opa.runtime"];

/// Whether the evaluator knows a built-in function of that name.
pub(super) fn is_builtin(name: &str) -> bool {
    name == "print"
        || BUILTINS.contains_key(name) && !UNSTEADY.contains(&name)
        || super::functions::NAMES.contains(&name)
}

/// All rules of a module. `siblings` are the rule names of its whole package, from whichever file.
pub(super) fn rules(index: usize, module: &Module, siblings: &BTreeSet<String>) -> Vec<Declared> {
    let imports = imports(module);
    let package = package(module);
    module
        .policy
        .iter()
        .filter_map(|rule| {
            let (locals, found, expressions) = (BTreeSet::new(), Vec::new(), Vec::new());
            Walk { index, package: &package, imports: &imports, siblings, locals, found, expressions }.rule(rule)
        })
        .collect()
}

/// The rules of a module by their heads alone.
pub(super) fn heads(index: usize, module: &Module) -> Vec<super::RuleHead> {
    let package = package(module);
    let head = |rule: &Ref<Rule>| {
        let name = flatten(head_reference(rule))?.path.first()?.clone();
        let function = match &**rule {
            Rule::Default { args, .. } => !args.is_empty(),
            Rule::Spec { head, .. } => matches!(head, RuleHead::Func { .. }),
        };
        let span = rule.span();
        Some(super::RuleHead {
            package: package.clone(),
            name,
            function,
            module: index,
            line: span.line,
            column: span.col,
        })
    };
    module.policy.iter().filter_map(head).collect()
}

/// The first name of every rule of a module.
pub(super) fn names(module: &Module) -> impl Iterator<Item = String> {
    module.policy.iter().filter_map(|rule| flatten(head_reference(rule)).and_then(|found| found.path.first().cloned()))
}

/// The fixed part of what a rule defines, below its package.
pub(super) fn head_path(rule: &Rule) -> Option<Path> {
    flatten(head_reference(rule)).map(|reference| reference.path)
}

fn head_reference(rule: &Rule) -> &Ref<Expr> {
    match rule {
        Rule::Default { refr, .. } => refr,
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => refr,
        },
    }
}

/// What each imported name stands for, with `data` or `input` as the first part.
pub(super) fn imports(module: &Module) -> BTreeMap<String, Path> {
    let mut found = BTreeMap::new();
    for import in &module.imports {
        let Some(reference) = flatten(&import.refr) else { continue };
        let alias = import.r#as.as_ref().map(|span| span.text().to_owned());
        if let Some(name) = alias.or_else(|| reference.path.last().cloned()) {
            found.insert(name, reference.path);
        }
    }
    found
}

/// A chain of names: `data.a["b"].c`, up to the first part that is not fixed.
struct Reference<'a> {
    path: Path,
    span: &'a Span,
}

/// Reads a chain from its end to its base without recursion; `None` when the base is no name.
fn flatten(expression: &Ref<Expr>) -> Option<Reference<'_>> {
    let mut current = expression;
    let mut parts: Vec<Option<String>> = Vec::new();
    loop {
        match &**current {
            Expr::RefDot { refr, field, .. } => {
                parts.push(Some(field.0.text().to_owned()));
                current = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                parts.push(match &**index {
                    Expr::String { value, .. } | Expr::RawString { value, .. } => {
                        value.as_string().ok().map(ToString::to_string)
                    }
                    _ => None,
                });
                current = refr;
            }
            Expr::Var { span, .. } => {
                parts.push(Some(span.text().to_owned()));
                parts.reverse();
                let path = parts.into_iter().map_while(|part| part).collect();
                return Some(Reference { path, span });
            }
            _ => return None,
        }
    }
}

struct Walk<'a> {
    index: usize,
    package: &'a Path,
    imports: &'a BTreeMap<String, Path>,
    siblings: &'a BTreeSet<String>,
    locals: BTreeSet<String>,
    found: Vec<(Path, bool, Place)>,
    expressions: Vec<Ref<Expr>>,
}

impl Walk<'_> {
    fn rule(mut self, rule: &Rule) -> Option<Declared> {
        let reference = flatten(head_reference(rule))?;
        reference.path.first()?;
        let path = self.package.iter().cloned().chain(reference.path).collect();
        match rule {
            Rule::Default { value, .. } => self.expressions.push(value.clone()),
            Rule::Spec { head, bodies, .. } => {
                self.head(head);
                for body in bodies {
                    self.body(body);
                }
            }
        }
        self.drain();
        let mut declared = Declared { path, references: Vec::new(), calls: Vec::new() };
        for (written, call, place) in std::mem::take(&mut self.found) {
            let Some(path) = self.resolve(&written, call) else { continue };
            if call {
                declared.calls.push((written.join("."), path.clone(), place));
            }
            declared.references.push((path, place));
        }
        Some(declared)
    }

    /// The path below `data` that a written chain stands for; `None` for locals and `input`.
    fn resolve(&self, written: &[String], call: bool) -> Option<Path> {
        let (base, rest) = written.split_first()?;
        if base == "data" {
            return Some(rest.to_vec());
        }
        if base == "input" || (!call && self.locals.contains(base)) {
            return None;
        }
        if let Some(imported) = self.imports.get(base) {
            let (root, below) = imported.split_first()?;
            return (root == "data").then(|| below.iter().chain(rest).cloned().collect());
        }
        let below_package = || self.package.iter().chain(written).cloned().collect();
        (call || self.siblings.contains(base)).then(below_package)
    }

    fn head(&mut self, head: &RuleHead) {
        let (refr, assign) = match head {
            RuleHead::Compr { refr, assign, .. } => (refr, assign),
            RuleHead::Set { refr, key, .. } => {
                self.expressions.extend(key.clone());
                (refr, &None)
            }
            RuleHead::Func { refr, args, assign, .. } => {
                for argument in args {
                    self.declare(argument);
                }
                (refr, assign)
            }
        };
        self.expressions.extend(assign.as_ref().map(|assign| assign.value.clone()));
        // Keys in the head (`rule[key]`) are read in the body's scope.
        let mut current = refr.clone();
        while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = &*current.clone() {
            if let Expr::RefBrack { index, .. } = &*current {
                self.expressions.push(index.clone());
            }
            current = refr.clone();
        }
    }

    fn body(&mut self, body: &RuleBody) {
        self.expressions.extend(body.assign.as_ref().map(|assign| assign.value.clone()));
        self.query(&body.query);
    }

    /// Queries nest only as deep as the parser allows, so this recursion is bounded.
    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            for modifier in &statement.with_mods {
                self.expressions.push(modifier.r#as.clone());
            }
            match &statement.literal {
                Literal::SomeVars { vars, .. } => {
                    self.locals.extend(vars.iter().map(|span| span.text().to_owned()));
                }
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().chain([value]).for_each(|pattern| self.declare(pattern));
                    self.expressions.push(collection.clone());
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expressions.push(expr.clone()),
                Literal::Every { key, value, domain, query, .. } => {
                    self.locals.extend(key.iter().chain([value]).map(|span| span.text().to_owned()));
                    self.expressions.push(domain.clone());
                    self.query(query);
                }
            }
        }
    }

    /// Every name in a pattern is declared by it.
    fn declare(&mut self, pattern: &Ref<Expr>) {
        let mut pending = vec![pattern.clone()];
        while let Some(expression) = pending.pop() {
            match &*expression {
                Expr::Var { span, .. } => {
                    self.locals.insert(span.text().to_owned());
                }
                Expr::Array { items, .. } | Expr::Set { items, .. } => pending.extend(items.iter().cloned()),
                Expr::Object { fields, .. } => pending.extend(fields.iter().map(|(_, _, value)| value.clone())),
                _ => {}
            }
        }
    }

    fn drain(&mut self) {
        while let Some(expression) = self.expressions.pop() {
            self.expression(&expression);
        }
    }

    fn expression(&mut self, expression: &Ref<Expr>) {
        match &**expression {
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expression, false),
            Expr::Call { fcn, params, .. } => {
                self.reference(fcn, true);
                self.expressions.extend(params.iter().cloned());
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => self.expressions.extend(items.iter().cloned()),
            Expr::Object { fields, .. } => {
                self.expressions.extend(fields.iter().flat_map(|(_, key, value)| [key.clone(), value.clone()]));
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expressions.push(term.clone());
                self.query(query);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.expressions.extend([key.clone(), value.clone()]);
                self.query(query);
            }
            Expr::UnaryExpr { expr, .. } => self.expressions.push(expr.clone()),
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                if *op == AssignOp::ColEq {
                    self.declare(lhs);
                }
                self.expressions.extend([lhs.clone(), rhs.clone()]);
            }
            Expr::BinExpr { lhs, rhs, .. } | Expr::BoolExpr { lhs, rhs, .. } | Expr::ArithExpr { lhs, rhs, .. } => {
                self.expressions.extend([lhs.clone(), rhs.clone()]);
            }
            Expr::Membership { key, value, collection, .. } => {
                self.expressions.extend(key.iter().chain([value, collection]).cloned());
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    fn reference(&mut self, expression: &Ref<Expr>, call: bool) {
        let mut current = expression.clone();
        loop {
            let next = match &*current {
                Expr::RefDot { refr, .. } => refr.clone(),
                Expr::RefBrack { refr, index, .. } => {
                    self.expressions.push(index.clone());
                    refr.clone()
                }
                Expr::Var { .. } => break,
                _ => {
                    self.expressions.push(current.clone());
                    return;
                }
            };
            current = next;
        }
        if let Some(reference) = flatten(expression) {
            let place = self.place(reference.span);
            self.found.push((reference.path, call, place));
        }
    }

    fn place(&self, span: &Span) -> Place {
        Place { module: self.index, line: span.line, column: span.col }
    }
}
