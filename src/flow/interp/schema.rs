//! What a schema has narrowed: fields of an object that are numbers, dates, ids or choices of a list carry nothing that a
//! caller can write into a query or a path. Told by how the schema is written (zod and its kin).

use super::super::facts::{FileId, Place};
use super::super::names::NameId;
use super::super::pattern::is_restrictive;
use super::super::project::{Exported, Project, Target};
use super::super::state::Object;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use super::operator::HOST;
use crate::model::index::{ALL_KINDS, Kinds, kind_bit};
use crate::syntax::{Arg, ExprId, ExprKind, FunctionId, Imported, Key, Literal, PatternKind, StmtKind, Symbol, Tree};

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
        let mut made: Vec<Place> = self
            .refs(receiver)
            .into_iter()
            .filter_map(|one| match one {
                Ref::Api(_, place) => place,
                _ => None,
            })
            .collect();
        // One call may be known by several names.
        made.dedup();
        let [place] = made.as_slice() else { return value };
        let fields = self.narrowed_fields(place.file, place.expr);
        if fields.is_empty() {
            return value;
        }
        if !wrapped {
            let object = self.narrow_object(&fields, value);
            return self.new_object(id, object, value);
        }
        let Some(data) = self.project.names.get("data") else { return value };
        let inner = self.laid_over(id, 54, &fields, value);
        let mut outer = Object::new(true, false);
        outer.set(data, inner);
        self.new_object(id, outer, value)
    }

    /// What the callback of `procedure.input(schema).mutation(({ input }) => …)` gets.
    pub(super) fn narrowed_input(&mut self, id: ExprId, given: Value) -> Value {
        let Some(schema) = self.input_schema(id) else { return given };
        let fields = self.narrowed_fields(self.file, schema);
        let Some(name) = self.project.names.get("input").filter(|_| !fields.is_empty()) else { return given };
        let span = self.span(id);
        let input = self.member(given, name, span);
        if input.taint == TaintSet::CLEAN {
            return given;
        }
        let inner = self.laid_over(id, 55, &fields, input);
        let mut outer = Object::new(true, false);
        outer.set(name, inner);
        self.new_object(id, outer, given)
    }

    /// The same for the callback as it is analysed on its own.
    pub(super) fn procedure_input(&mut self, function: FunctionId, value: Value) -> Value {
        if !self.api_nodes(value).iter().any(|node| self.index.text(*node).contains("trpc.Call")) {
            return value;
        }
        let tree = self.tree;
        let call = tree.exprs().find_map(|(id, expr)| match &expr.kind {
            ExprKind::Call { args, .. } => {
                let given = args.first().map(|arg| &tree.expr(arg.value).kind);
                matches!(given, Some(ExprKind::Function(given)) if *given == function).then_some(id)
            }
            _ => None,
        });
        call.map_or(value, |call| self.narrowed_input(call, value))
    }

    /// The argument of the last `.input(…)` in the chain of a call.
    fn input_schema(&self, id: ExprId) -> Option<ExprId> {
        let mut at = id;
        for _ in 0..12 {
            let ExprKind::Call { callee, args, .. } = &self.tree.expr(at).kind else { return None };
            let ExprKind::Member { object, name, .. } = self.tree.expr(*callee).kind else { return None };
            if self.tree.text(name) == "input" {
                return args.first().map(|arg| arg.value);
            }
            at = object;
        }
        None
    }

    fn narrowed_fields(&self, file: FileId, schema: ExprId) -> Vec<(NameId, Kinds)> {
        let fields = narrow_fields(self.project, file, schema, MAX_DEPTH);
        let known = |(file, key, kinds): &Narrow| Some((self.known_name(*file, *key)?, *kinds));
        fields.iter().filter_map(known).take(MAX_FIELDS).collect()
    }

    /// The fields that a schema narrows, for what they hold of a value.
    fn narrow_object(&mut self, fields: &[(NameId, Kinds)], value: Value) -> Object {
        let mut object = Object::new(true, false);
        for (field, kinds) in fields {
            let held = if *kinds == ALL_KINDS {
                Value::SCALAR
            } else {
                Value::text(self.values.clear(value.taint, *kinds | super::operator::text_kinds()))
            };
            object.set(*field, held);
        }
        object
    }

    fn laid_over(&mut self, id: ExprId, slot: u32, fields: &[(NameId, Kinds)], value: Value) -> Value {
        let object = self.narrow_object(fields, value);
        let at = self.object_at((id.index(), slot));
        self.state.put(at, object);
        Value { refs: self.values.ref_set(vec![Ref::Any, Ref::Object(at)]), taint: value.taint }
    }

    fn known_name(&self, file: FileId, key: Symbol) -> Option<NameId> {
        let name = self.project.name(file, key);
        (name != super::super::names::known::NONE).then_some(name)
    }
}

/// A field that a schema narrows, the file that names it, and the kinds of sink it is safe for.
type Narrow = (FileId, Symbol, Kinds);

/// Fields of a schema of an object that are safe for some kinds of sink, each with the file that names it.
fn narrow_fields(project: &Project, file: FileId, expr: ExprId, depth: u8) -> Vec<Narrow> {
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
                    let kept = below(object).into_iter().filter(|(at, key, _)| {
                        !given.iter().any(|new| project.name(file, *new) == project.name(*at, *key))
                    });
                    kept.chain(added).collect()
                }
                "merge" | "and" => below(object).into_iter().chain(first.map(below).unwrap_or_default()).collect(),
                method @ ("pick" | "omit") => {
                    let named = first.map(|first| keys(tree, first)).unwrap_or_default();
                    let is_named = |(at, key, _): &Narrow| {
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
fn fields_of(project: &Project, file: FileId, args: &[Arg], depth: u8) -> Vec<Narrow> {
    let tree = &project.file(file).tree;
    let Some(first) = args.first() else { return Vec::new() };
    let ExprKind::Map { entries } = &tree.expr(first.value).kind else {
        return narrow_fields(project, file, first.value, depth);
    };
    let mut found = Vec::new();
    for entry in entries {
        match entry.key {
            Some(Key::Static(key, _)) => {
                let kinds = narrowness(project, file, entry.value, depth);
                if kinds != 0 {
                    found.push((file, key, kinds));
                }
            }
            None => {
                // `...{ page: z.number() }`, `...Base.shape`, `...paging`
                found.extend(spread(project, file, entry.value, depth));
            }
            _ => {}
        }
    }
    found
}

fn spread(project: &Project, file: FileId, expr: ExprId, depth: u8) -> Vec<Narrow> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => {
            named(project, file, *name).map_or_else(Vec::new, |(file, value)| spread(project, file, value, depth))
        }
        ExprKind::Map { entries } => entries
            .iter()
            .filter_map(|entry| match entry.key {
                Some(Key::Static(key, _)) => {
                    let kinds = narrowness(project, file, entry.value, depth);
                    (kinds != 0).then_some((file, key, kinds))
                }
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

/// Fields of a schema, and the kinds of sink that they are safe for once it has looked at them: a text or a list of texts
/// brings no operators.
pub(super) fn checked_fields(project: &Project, file: FileId, schema: ExprId) -> Vec<(NameId, Kinds)> {
    let mut found: Vec<(NameId, Kinds)> = narrow_fields(project, file, schema, MAX_DEPTH)
        .into_iter()
        .map(|(at, key, kinds)| (project.name(at, key), kinds))
        .collect();
    texts(project, file, schema, MAX_DEPTH, &mut found);
    found.truncate(2 * MAX_FIELDS);
    found
}

/// The fields of a schema that hold texts.
fn texts(project: &Project, file: FileId, expr: ExprId, depth: u8, found: &mut Vec<(NameId, Kinds)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => {
            if let Some((file, value)) = named(project, file, *name) {
                texts(project, file, value, depth, found);
            }
        }
        ExprKind::Member { object, name, .. } if tree.text(*name) == "shape" => {
            texts(project, file, *object, depth, found);
        }
        ExprKind::Call { callee, args, .. } => {
            let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return };
            let method = tree.text(name);
            if !matches!(method, "object" | "strictObject" | "looseObject" | "pick") {
                texts(project, file, object, depth, found);
            }
            if matches!(method, "object" | "strictObject" | "looseObject" | "extend" | "merge" | "and" | "keys")
                && let Some(first) = args.first()
            {
                texts(project, file, first.value, depth, found);
            }
        }
        ExprKind::Map { entries } => {
            for entry in entries {
                match entry.key {
                    Some(Key::Static(key, _)) if is_text(project, file, entry.value, depth) => {
                        let kinds = kind_bit("nosql") | kind_bit("mass-assignment") | kind_bit("prototype");
                        found.push((project.name(file, key), kinds));
                    }
                    None => texts(project, file, entry.value, depth, found),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// `z.string().min(1).optional()`, `z.array(z.string())`, a name for one.
fn is_text(project: &Project, file: FileId, expr: ExprId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let tree = &project.file(file).tree;
    let mut at = expr;
    for _ in 0..24 {
        match &tree.expr(at).kind {
            ExprKind::Call { callee, args, .. } => {
                let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return false };
                match tree.text(name) {
                    "string" | "email" | "url" => return true,
                    "array" if !args.is_empty() => {
                        return args.first().is_some_and(|inner| is_text(project, file, inner.value, depth));
                    }
                    method if WIDE.contains(&method) => return false,
                    _ => at = object,
                }
            }
            ExprKind::Member { object, .. } => at = *object,
            ExprKind::Name(name) => {
                return named(project, file, *name).is_some_and(|(file, value)| is_text(project, file, value, depth));
            }
            _ => return false,
        }
    }
    false
}

/// The kinds of sink that what a schema lets through is safe for: all of them for numbers, dates, ids and choices of a list
/// (`z.coerce.number().min(1).optional()`), some for an address of a mail or where a function of one's own looks at it.
fn narrowness(project: &Project, file: FileId, expr: ExprId, depth: u8) -> Kinds {
    let Some(depth) = depth.checked_sub(1) else { return 0 };
    let tree = &project.file(file).tree;
    let mut at = expr;
    let mut narrow = 0;
    for _ in 0..24 {
        match &tree.expr(at).kind {
            ExprKind::Call { callee, args, .. } => {
                let ExprKind::Member { object, name, .. } = tree.expr(*callee).kind else { return 0 };
                let method = tree.text(name);
                if WIDE.contains(&method) {
                    return 0;
                }
                let first = args.first().map(|arg| arg.value);
                narrow |= match method {
                    _ if NARROW.contains(&method) => ALL_KINDS,
                    "email" => kind_bit("email") | kind_bit("header") | kind_bit("log"),
                    "regex" => first.map_or(0, |pattern| matched_by(tree, pattern)),
                    "refine" | "superRefine" | "check" => {
                        first.filter(|check| looks_at_host(project, file, *check)).map_or(0, |_| HOST)
                    }
                    _ => 0,
                };
                if method == "array" && !args.is_empty() {
                    return first.map_or(0, |inner| narrowness(project, file, inner, depth));
                }
                at = object;
            }
            ExprKind::Member { object, .. } => at = *object,
            ExprKind::Name(name) => {
                let named = named(project, file, *name);
                return narrow | named.map_or(0, |(file, value)| narrowness(project, file, value, depth));
            }
            _ => return 0,
        }
    }
    0
}

/// What a text is safe for that a regular expression fits as a whole.
fn matched_by(tree: &Tree, pattern: ExprId) -> Kinds {
    match tree.expr(pattern).kind {
        ExprKind::Literal(Literal::Regex(text, _)) if is_restrictive(tree.text(text), false, false) => ALL_KINDS,
        _ => 0,
    }
}

/// Whether a function that checks a field looks at the host of an address: itself, or in a function that it calls.
fn looks_at_host(project: &Project, file: FileId, check: ExprId) -> bool {
    let info = project.file(file);
    let text = info.source.slice(info.tree.expr(check).span);
    let looks =
        |text: &str| ["hostname", ".host", ".origin", "lookup(", "isIP("].iter().any(|sign| text.contains(sign));
    if looks(text) {
        return true;
    }
    let called: Vec<ExprId> = match &info.tree.expr(check).kind {
        ExprKind::Name(_) => vec![check],
        ExprKind::Function(function) => {
            let span = info.tree.function(*function).span;
            let calls = info.tree.exprs().filter(|(_, expr)| span.contains(expr.span));
            calls
                .filter_map(|(_, expr)| match expr.kind {
                    ExprKind::Call { callee, .. } => Some(callee),
                    _ => None,
                })
                .take(8)
                .collect()
        }
        _ => Vec::new(),
    };
    called.into_iter().any(|callee| {
        let ExprKind::Name(name) = info.tree.expr(callee).kind else { return false };
        let Some((other, function)) = function_named(project, file, name) else { return false };
        let other = project.file(other);
        looks(other.source.slice(other.tree.function(function).span))
    })
}

/// The value of a constant of the module, here or where it is imported from.
pub(super) fn named(project: &Project, file: FileId, name: Symbol) -> Option<(FileId, ExprId)> {
    let tree = &project.file(file).tree;
    if let Some(value) = constant(tree, name) {
        return Some((file, value));
    }
    let (other, symbol) = imported(project, file, name)?;
    constant(&project.file(other).tree, symbol).map(|value| (other, value))
}

/// The function of a name, here or where it is imported from.
pub(super) fn function_named(project: &Project, file: FileId, name: Symbol) -> Option<(FileId, FunctionId)> {
    let here = |file: FileId, name: Symbol| {
        let info = project.file(file);
        let declared = info.tree.functions().map(|(id, _)| id).find(|id| {
            let place = &info.scopes.functions[id.at()];
            place.parent.is_none() && place.class.is_none() && place.name == Some(name)
        });
        let bound = || match constant(&info.tree, name).map(|value| &info.tree.expr(value).kind) {
            Some(ExprKind::Function(function)) => Some(*function),
            _ => None,
        };
        declared.or_else(bound).map(|function| (file, function))
    };
    here(file, name).or_else(|| {
        let (other, symbol) = imported(project, file, name)?;
        here(other, symbol)
    })
}

/// The file that a name is imported from, and what it is called there; what another file hands on is followed.
fn imported(project: &Project, file: FileId, name: Symbol) -> Option<(FileId, Symbol)> {
    let tree = &project.file(file).tree;
    let (import, imported) = tree.root.iter().find_map(|stmt| {
        let StmtKind::Import(import) = &tree.stmt(*stmt).kind else { return None };
        let bound = import.names.iter().find(|bound| bound.local == name)?;
        Some((import, bound.imported))
    })?;
    let Target::File(other) = project.import_target(file, import) else { return None };
    match imported {
        Imported::Name(wanted) => {
            let (other, name) = handed_on(project, other, project.name(file, wanted), MAX_DEPTH)?;
            let symbol = project.file(other).tree.symbol(project.names.text(name))?;
            Some((other, symbol))
        }
        Imported::Default => Some((other, default_name(&project.file(other).tree)?)),
        _ => None,
    }
}

/// Where a name that a file exports is written: there, or in a file that it is taken from.
fn handed_on(project: &Project, file: FileId, name: NameId, depth: u8) -> Option<(FileId, NameId)> {
    let depth = depth.checked_sub(1)?;
    let info = project.file(file);
    match info.exports.get(&name) {
        Some(Exported::From(Target::File(other), name)) => handed_on(project, *other, *name, depth),
        Some(_) => Some((file, name)),
        None if project.var(file, name).is_some() => Some((file, name)),
        None => info.stars.iter().take(16).find_map(|star| match star {
            Target::File(other) if *other != file => handed_on(project, *other, name, depth.saturating_sub(1)),
            _ => None,
        }),
    }
}

/// The name of what a file exports as its default.
fn default_name(tree: &Tree) -> Option<Symbol> {
    tree.root.iter().find_map(|stmt| {
        let StmtKind::Export(export) = &tree.stmt(*stmt).kind else { return None };
        match export.default.map(|default| &tree.expr(default).kind) {
            Some(ExprKind::Name(name)) => Some(*name),
            _ => export.names.iter().find(|name| tree.text(name.exported) == "default").map(|name| name.local),
        }
    })
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
