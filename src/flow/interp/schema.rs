//! What a schema has narrowed: fields of an object that are numbers, dates, ids or choices of a list carry nothing that a
//! caller can write into a query or a path. Told by how the schema is written (zod and its kin).

use super::super::facts::{FileId, Place};
use super::super::names::NameId;
use super::super::project::{Project, Target};
use super::super::state::Object;
use super::super::value::{Ref, Value};
use super::Interp;
use crate::syntax::{Arg, ExprId, ExprKind, Imported, Key, PatternKind, StmtKind, Symbol, Tree};

/// How deep schemas are followed into one another.
const MAX_DEPTH: u8 = 8;
/// How many fields of one schema are told.
const MAX_FIELDS: usize = 64;

/// Calls that make a value that is no text of others.
const NARROW: [&str; 18] = [
    "number",
    "int",
    "boolean",
    "bigint",
    "date",
    "enum",
    "nativeEnum",
    "literal",
    "uuid",
    "guid",
    "cuid",
    "cuid2",
    "ulid",
    "nanoid",
    "stringbool",
    "datetime",
    "int32",
    "uint32",
];
/// Calls that may make anything of it again.
const WIDE: [&str; 10] =
    ["transform", "or", "union", "any", "unknown", "object", "record", "pipe", "overwrite", "preprocess"];
/// Calls that leave the fields of an object as they are.
const SAME: [&str; 20] = [
    "strict",
    "strip",
    "passthrough",
    "loose",
    "partial",
    "required",
    "refine",
    "superRefine",
    "check",
    "optional",
    "nullable",
    "nullish",
    "default",
    "describe",
    "readonly",
    "meta",
    "openapi",
    "catch",
    "brand",
    "deepPartial",
];

impl Interp<'_> {
    /// What `schema.parse(x)` or `schema.safeParse(x)` gives, the fields that it narrowed laid over it.
    pub(super) fn narrowed(
        &mut self,
        id: ExprId,
        receiver: Option<Value>,
        name: Option<NameId>,
        value: Value,
    ) -> Value {
        let Some(receiver) = receiver else { return value };
        let wrapped = match name.map(|name| self.project.names.text(name)) {
            Some("parse" | "parseAsync") => false,
            Some("safeParse" | "safeParseAsync") => true,
            _ => return value,
        };
        let made: Vec<Place> = self
            .refs(receiver)
            .into_iter()
            .filter_map(|one| match one {
                Ref::Api(_, place) => place,
                _ => None,
            })
            .collect();
        let [place] = made.as_slice() else { return value };
        let fields = narrow_fields(self.project, place.file, place.expr, MAX_DEPTH);
        let fields: Vec<NameId> = fields.iter().filter_map(|(file, key)| self.known_name(*file, *key)).collect();
        if fields.is_empty() {
            return value;
        }
        let mut object = Object::new(true, false);
        for field in fields.into_iter().take(MAX_FIELDS) {
            object.set(field, Value::SCALAR);
        }
        if !wrapped {
            return self.new_object(id, object, value);
        }
        let Some(data) = self.project.names.get("data") else { return value };
        let at = self.object_at((id.0, 54));
        self.state.put(at, object);
        let inner = Value { refs: self.values.ref_set(vec![Ref::Any, Ref::Object(at)]), taint: value.taint };
        let mut outer = Object::new(true, false);
        outer.set(data, inner);
        self.new_object(id, outer, value)
    }

    fn known_name(&self, file: FileId, key: Symbol) -> Option<NameId> {
        let name = self.project.name(file, key);
        (name != super::super::names::known::NONE).then_some(name)
    }
}

/// Fields of a schema of an object that hold no text of others, each with the file that names it.
fn narrow_fields(project: &Project, file: FileId, expr: ExprId, depth: u8) -> Vec<(FileId, Symbol)> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => named(project, file, *name)
            .map_or_else(Vec::new, |(file, value)| narrow_fields(project, file, value, depth)),
        // `...Base.shape`
        ExprKind::Member { object, name, .. } if tree.text(*name) == "shape" => {
            narrow_fields(project, file, *object, depth)
        }
        ExprKind::Call { callee, args, .. } => {
            let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return Vec::new() };
            let below = |expr: ExprId| narrow_fields(project, file, expr, depth);
            let first = args.first().map(|arg| arg.value);
            match tree.text(name) {
                "object" | "strictObject" | "looseObject" => fields_of(project, file, args, depth),
                "extend" | "safeExtend" | "augment" => {
                    let added = fields_of(project, file, args, depth);
                    let given = first.map(|first| keys(tree, first)).unwrap_or_default();
                    let kept = below(object).into_iter().filter(|(at, key)| {
                        !given.iter().any(|new| project.name(file, *new) == project.name(*at, *key))
                    });
                    kept.chain(added).collect()
                }
                "merge" | "and" => below(object).into_iter().chain(first.map(below).unwrap_or_default()).collect(),
                method @ ("pick" | "omit") => {
                    let named = first.map(|first| keys(tree, first)).unwrap_or_default();
                    let is_named = |(at, key): &(FileId, Symbol)| {
                        named.iter().any(|new| project.name(file, *new) == project.name(*at, *key))
                    };
                    below(object).into_iter().filter(|field| is_named(field) == (method == "pick")).collect()
                }
                method if SAME.contains(&method) => below(object),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// Narrow entries of `z.object({ … })`, spread schemas included.
fn fields_of(project: &Project, file: FileId, args: &[Arg], depth: u8) -> Vec<(FileId, Symbol)> {
    let tree = &project.file(file).tree;
    let Some(first) = args.first() else { return Vec::new() };
    let ExprKind::Map { entries } = &tree.expr(first.value).kind else {
        return narrow_fields(project, file, first.value, depth);
    };
    let mut found = Vec::new();
    for entry in entries {
        match entry.key {
            Some(Key::Static(key, _)) if is_narrow(project, file, entry.value, depth) => found.push((file, key)),
            None => {
                // `...{ page: z.number() }`, `...Base.shape`, `...paging`
                found.extend(spread(project, file, entry.value, depth));
            }
            _ => {}
        }
    }
    found
}

fn spread(project: &Project, file: FileId, expr: ExprId, depth: u8) -> Vec<(FileId, Symbol)> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => {
            named(project, file, *name).map_or_else(Vec::new, |(file, value)| spread(project, file, value, depth))
        }
        ExprKind::Map { entries } => entries
            .iter()
            .filter_map(|entry| match entry.key {
                Some(Key::Static(key, _)) if is_narrow(project, file, entry.value, depth) => Some((file, key)),
                _ => None,
            })
            .collect(),
        _ => narrow_fields(project, file, expr, depth),
    }
}

fn keys(tree: &Tree, expr: ExprId) -> Vec<Symbol> {
    let ExprKind::Map { entries } = &tree.expr(expr).kind else { return Vec::new() };
    let key = |entry: &crate::syntax::Entry| match entry.key {
        Some(Key::Static(key, _)) => Some(key),
        _ => None,
    };
    entries.iter().filter_map(key).collect()
}

/// Whether a schema lets only numbers, dates, ids and choices of a list through: `z.coerce.number().min(1).optional()`.
fn is_narrow(project: &Project, file: FileId, expr: ExprId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let tree = &project.file(file).tree;
    let mut at = expr;
    let mut narrow = false;
    for _ in 0..24 {
        match &tree.expr(at).kind {
            ExprKind::Call { callee, args, .. } => {
                let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return false };
                let method = tree.text(name);
                if WIDE.contains(&method) {
                    return false;
                }
                narrow |= NARROW.contains(&method);
                if method == "array" && !args.is_empty() {
                    return args.first().is_some_and(|arg| is_narrow(project, file, arg.value, depth));
                }
                at = object;
            }
            ExprKind::Member { object, .. } => at = *object,
            ExprKind::Name(name) => {
                return narrow
                    || named(project, file, *name).is_some_and(|(file, value)| is_narrow(project, file, value, depth));
            }
            _ => return false,
        }
    }
    false
}

/// The value of a constant of the module, here or where it is imported from.
fn named(project: &Project, file: FileId, name: Symbol) -> Option<(FileId, ExprId)> {
    let tree = &project.file(file).tree;
    if let Some(value) = constant(tree, name) {
        return Some((file, value));
    }
    let (import, imported) = tree.root.iter().find_map(|stmt| {
        let StmtKind::Import(import) = &tree.stmt(*stmt).kind else { return None };
        let bound = import.names.iter().find(|bound| bound.local == name)?;
        Some((import, bound.imported))
    })?;
    let (Imported::Name(wanted), Target::File(other)) = (imported, project.import_target(file, import)) else {
        return None;
    };
    let theirs = &project.file(other).tree;
    let symbol = theirs.symbol(tree.text(wanted))?;
    constant(theirs, symbol).map(|value| (other, value))
}

fn constant(tree: &Tree, name: Symbol) -> Option<ExprId> {
    let mut found = tree.root.iter().filter_map(|stmt| match &tree.stmt(*stmt).kind {
        StmtKind::Assign { targets, value: Some(value), .. } => match &**targets {
            [target] if matches!(tree.pattern(*target).kind, PatternKind::Name(known) if known == name) => Some(*value),
            _ => None,
        },
        _ => None,
    });
    found.next()
}
