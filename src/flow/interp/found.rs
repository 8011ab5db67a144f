//! Keys that were found: a record was looked up by a key, and without one nothing goes on. Then the key is one that the
//! application has given out, and holds no path, host or markup of the caller's.

use smallvec::SmallVec;

use super::Interp;
use super::guess::is_key;
use crate::flow::value::Ref;
use crate::model::index::{Kinds, kind_bit};
use crate::syntax::{Arg, BinaryOp, ExprId, ExprKind, Key, Literal, PatternKind, StmtKind};

/// How deep the conditions of a query are looked into.
const DEPTH: u8 = 6;

/// Functions that throw where nothing is found.
const THROWING: [&str; 14] = [
    "get_object_or_404",
    "aget_object_or_404",
    "get_or_404",
    "first_or_404",
    "one_or_404",
    "findUniqueOrThrow",
    "findFirstOrThrow",
    "findOneOrFail",
    "findOrFail",
    "findByIdOrFail",
    "findByIdOrThrow",
    "getOrThrow",
    "getByIdOrThrow",
    "scalar_one",
];

/// Whether a function throws unless it finds something.
pub(super) fn throws_unless_found(name: &str) -> bool {
    THROWING.contains(&name)
}

/// What a key that is known to exist cannot bring along.
fn harmless() -> Kinds {
    ["path", "upload", "ssrf", "header", "log", "xss", "html-attribute", "address", "redirect"]
        .into_iter()
        .fold(0, |kinds, kind| kinds | kind_bit(kind))
}

impl Interp<'_> {
    /// A look-up gave something: the keys that it was asked for exist.
    pub(super) fn found(&mut self, callee: ExprId, args: &[Arg]) {
        self.found_in_list(callee, args);
        let mut asked = self.last_name(callee).is_some_and(|name| finds(name) || throws_unless_found(name));
        let mut asked_with: SmallVec<[&[Arg]; 4]> = SmallVec::from_slice(&[args]);
        // `session.query(Row).filter(Row.id == row_id).first()`, `db.delete(rows).where(eq(rows.id, rowId))`
        let mut at = callee;
        for _ in 0..8 {
            asked |= self.last_name(at).is_some_and(removes);
            at = match &self.tree.expr(at).kind {
                ExprKind::Member { object, .. } => *object,
                ExprKind::Call { callee, args, .. } => {
                    asked_with.push(args);
                    *callee
                }
                ExprKind::Await(inner) => *inner,
                // `result = session.execute(query)`, `row = result.first()`
                ExprKind::Name(_) => match self.assigned_last(at) {
                    Some(made) if matches!(self.tree.expr(made).kind, ExprKind::Call { .. } | ExprKind::Await(_)) => {
                        made
                    }
                    _ => break,
                },
                _ => break,
            };
        }
        if !asked {
            return;
        }
        let mut places = Vec::new();
        for args in asked_with {
            self.keys_asked(args, &mut places, DEPTH);
        }
        for place in places {
            self.clear_place(place, harmless());
        }
    }

    /// `rows.find((row) => row.name === name)` gave something: it is the name of a row of our own.
    fn found_in_list(&mut self, callee: ExprId, args: &[Arg]) {
        let (ExprKind::Member { object, name, .. }, [test]) = (&self.tree.expr(callee).kind, args) else { return };
        if self.python || !matches!(self.tree.text(*name), "find" | "findLast" | "some") {
            return;
        }
        let ExprKind::Function(function) = self.tree.expr(test.value).kind else { return };
        let function = self.tree.function(function);
        let (Some(param), Some(returned)) = (function.params.first(), self.returned_alone(test.value)) else { return };
        let PatternKind::Name(one) = self.tree.pattern(param.pattern).kind else { return };
        let ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::StrictEqual, left, right } =
            self.tree.expr(returned).kind
        else {
            return;
        };
        let of_one = |expr: ExprId| match self.tree.expr(expr).kind {
            ExprKind::Member { object, .. } => {
                matches!(self.tree.expr(object).kind, ExprKind::Name(name) if name == one)
            }
            _ => false,
        };
        let place = match (of_one(left), of_one(right)) {
            (true, false) => right,
            (false, true) => left,
            _ => return,
        };
        let rows = self.eval_quiet_any(*object);
        if self.holds_own(rows) {
            self.clear_place(place, harmless());
        }
    }

    /// What a function gives that does nothing else.
    pub(super) fn returned_alone(&self, function: ExprId) -> Option<ExprId> {
        let ExprKind::Function(function) = self.tree.expr(function).kind else { return None };
        let [stmt] = self.tree.function(function).body.as_ref() else { return None };
        match self.tree.stmt(*stmt).kind {
            StmtKind::Return(returned) => returned,
            _ => None,
        }
    }

    /// `if (done.changes === 0)`: whether a call that is kept in a variable has met a record.
    pub(super) fn counted(&mut self, left: ExprId, right: ExprId, equal: bool) {
        let ExprKind::Literal(Literal::Int(_)) = self.tree.expr(right).kind else { return };
        let count = self.eval_quiet(right);
        let met = match self.single(count) {
            Some(Ref::Int(0)) => !equal,
            Some(Ref::Int(_)) if equal => true,
            _ => return,
        };
        match self.tree.expr(left).kind {
            ExprKind::Member { object, name, .. } if counts(self.tree.text(name)) => self.refine_check(object, met),
            ExprKind::Name(_) => self.refine_check(left, met),
            _ => {}
        }
    }

    fn keys_asked(&self, args: &[Arg], places: &mut Vec<ExprId>, depth: u8) {
        for (at, arg) in args.iter().enumerate() {
            let named = arg.name.is_some_and(|name| is_key(self.tree.text(name)));
            // `session.get(Order, number)`
            let of_class = at == 1 && args.len() == 2 && self.python && self.names_class(args[0].value);
            self.key_asked(arg.value, named || of_class, places, depth);
        }
    }

    fn names_class(&self, expr: ExprId) -> bool {
        let ExprKind::Name(name) = self.tree.expr(expr).kind else { return false };
        let text = self.tree.text(name);
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text.contains(|c: char| c.is_ascii_lowercase())
    }

    /// `query = select(Order).where(Order.id == number)`: the keys of a query that a variable holds.
    fn keys_of_query(&self, query: ExprId, places: &mut Vec<ExprId>, depth: u8) {
        let Some(mut at) = self.assigned_last(query) else { return };
        for _ in 0..8 {
            at = match &self.tree.expr(at).kind {
                ExprKind::Member { object, .. } => *object,
                ExprKind::Call { callee, args, .. } => {
                    self.keys_asked(args, places, depth);
                    *callee
                }
                _ => return,
            };
        }
    }

    fn key_asked(&self, expr: ExprId, named: bool, places: &mut Vec<ExprId>, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &self.tree.expr(expr).kind {
            ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. }
                if named || self.written_key(expr).is_some_and(|name| is_key(&name)) =>
            {
                places.push(expr);
            }
            ExprKind::Name(_) => self.keys_of_query(expr, places, depth),
            ExprKind::Map { entries } => {
                for entry in entries {
                    let named = matches!(entry.key, Some(Key::Static(key, _)) if is_key(self.tree.text(key)));
                    self.key_asked(entry.value, named, places, depth);
                }
            }
            ExprKind::Call { args, .. } => self.keys_asked(args, places, depth),
            ExprKind::Sequence { items, .. } => {
                for item in items {
                    self.key_asked(item.value, false, places, depth);
                }
            }
            ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::StrictEqual, left, right } => {
                let named = self.written_key(*left).is_some_and(|name| is_key(&name));
                self.key_asked(*right, named, places, depth);
            }
            _ => {}
        }
    }
}

/// Whether a field of an answer of a database tells how many records were met.
pub(super) fn counts(field: &str) -> bool {
    matches!(
        field,
        "changes" | "rowCount" | "affectedRows" | "rowsAffected" | "affected" | "count" | "length" | "deletedCount"
    ) || matches!(field, "modifiedCount" | "matchedCount" | "rowcount" | "deleted_count" | "matched_count")
}

/// Whether the name of a function says that it takes a record away, or changes it.
fn removes(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    ["delete", "remove", "destroy"].iter().any(|beginning| name.starts_with(beginning)) || name == "update"
}

/// Whether the name of a function says that it looks a record up.
fn finds(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    let begins = ["find", "get", "load", "select", "retrieve", "lookup", "fetch_", "fetchOne", "fetchBy", "query"]
        .iter()
        .any(|beginning| name.starts_with(beginning));
    begins || matches!(name, "first" | "one" | "one_or_none" | "scalar_one_or_none" | "scalar" | "exists" | "single")
}
