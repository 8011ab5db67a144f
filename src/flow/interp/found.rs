//! Keys that were found: a record was looked up by a key, and without one nothing goes on. Then the key is one that the
//! application has given out, and holds no path, host or markup of the caller's.

use super::Interp;
use super::guess::is_key;
use crate::model::index::{Kinds, kind_bit};
use crate::syntax::{Arg, BinaryOp, ExprId, ExprKind, Key};

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
        let finds = self.last_name(callee).is_some_and(|name| finds(name) || throws_unless_found(name));
        if !finds {
            return;
        }
        let mut places = Vec::new();
        self.keys_asked(args, &mut places, DEPTH);
        // `session.query(Row).filter(Row.id == row_id).first()`
        let mut at = callee;
        for _ in 0..8 {
            at = match &self.tree.expr(at).kind {
                ExprKind::Member { object, .. } => *object,
                ExprKind::Call { callee, args, .. } => {
                    self.keys_asked(args, &mut places, DEPTH);
                    *callee
                }
                _ => break,
            };
        }
        for place in places {
            self.clear_place(place, harmless());
        }
    }

    fn keys_asked(&self, args: &[Arg], places: &mut Vec<ExprId>, depth: u8) {
        for arg in args {
            let named = arg.name.is_some_and(|name| is_key(self.tree.text(name)));
            self.key_asked(arg.value, named, places, depth);
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

/// Whether the name of a function says that it looks a record up.
fn finds(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    let begins = ["find", "get", "load", "select", "retrieve", "lookup", "fetch_", "fetchOne", "fetchBy", "query"]
        .iter()
        .any(|beginning| name.starts_with(beginning));
    begins || matches!(name, "first" | "one" | "one_or_none" | "scalar_one_or_none" | "scalar" | "exists" | "single")
}
