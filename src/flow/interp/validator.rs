//! Fields of a request that are looked at before the handler runs: by chains of express-validator (`body("email").isEmail()`) or
//! by a schema that a middleware or a wrapper of the handler is given (`validate({ body: z.object({ … }) })`).

use rustc_hash::FxHashMap;

use super::Interp;
use super::schema::{checked_fields, function_named, named};
use crate::flow::facts::FileId;
use crate::flow::names::NameId;
use crate::flow::project::{FileInfo, FuncId, Project, Target};
use crate::flow::value::{TaintSet, Value};
use crate::model::index::{ALL_KINDS, Kinds, kind_bit};
use crate::syntax::{Arg, ExprId, ExprKind, FunctionId, Imported, Key, StmtKind, Symbol, Tree};

/// By handler: the fields that were looked at.
pub(in crate::flow) type Validated = FxHashMap<FuncId, Vec<Field>>;

/// A field that was looked at.
#[derive(Debug)]
pub(in crate::flow) struct Field {
    /// The part of the request that it stands in, as the end of a node's path; empty for any.
    part: &'static str,
    /// None: whatever a schema that cannot be read lets through.
    name: Option<NameId>,
    /// The kinds of sink that it is safe for then.
    kinds: Kinds,
}

/// What stands at the head of a chain, and the part of the request that it looks at.
const HEADS: [(&str, &str); 4] = [("body", ".body"), ("query", ".query"), ("param", ".params"), ("check", "")];
/// Those parts.
const PARTS: [&str; 3] = [".body", ".query", ".params"];
/// What lets through numbers, ids, dates, choices and words alone.
const NARROW: [&str; 24] = [
    "isInt",
    "isFloat",
    "isNumeric",
    "isDecimal",
    "isBoolean",
    "isMongoId",
    "isUUID",
    "isULID",
    "isIn",
    "isAlpha",
    "isAlphanumeric",
    "isHexadecimal",
    "isISO8601",
    "isDate",
    "isRFC3339",
    "isSlug",
    "isPort",
    "isIP",
    "isMobilePhone",
    "isHexColor",
    "isISO31661Alpha2",
    "isPostalCode",
    "toInt",
    "toFloat",
];
/// What lets through texts alone, or makes a text of whatever came.
const TEXT: [&str; 12] = [
    "isString",
    "isEmail",
    "isURL",
    "isJWT",
    "isStrongPassword",
    "isBase64",
    "trim",
    "escape",
    "normalizeEmail",
    "toLowerCase",
    "toUpperCase",
    "stripLow",
];
/// How far names are followed, and calls into one another.
const DEPTH: u8 = 4;

impl Interp<'_> {
    /// A field of a request, after the route has looked at it.
    pub(super) fn as_validated(&mut self, of: Value, name: NameId, found: Value) -> Value {
        if self.python || found.taint == TaintSet::CLEAN {
            return found;
        }
        let validated = &self.project.validated;
        if validated.is_empty() {
            return found;
        }
        let nodes = self.api_nodes(of);
        let mut parts = PARTS.iter().filter(|part| nodes.iter().any(|node| self.index.text(*node).ends_with(*part)));
        let Some(part) = parts.next() else { return found };
        let handlers = self.frames.iter().filter_map(|frame| frame.function);
        let fields = handlers.filter_map(|function| {
            validated.get(&function).or_else(|| validated.get(&self.project.function(function).root))
        });
        let seen =
            fields.flatten().filter(|field| field.name.is_none_or(|known| known == name) && part.ends_with(field.part));
        let kinds = seen.fold(0, |all, field| all | field.kinds);
        if kinds == 0 {
            return found;
        }
        Value { refs: found.refs, taint: self.values.clear(found.taint, kinds) }
    }
}

/// Those of the routes of a file, whichever file the handlers stand in.
pub(in crate::flow) fn validated(project: &Project, file: FileId) -> Vec<(FuncId, Vec<Field>)> {
    let tree = &project.file(file).tree;
    let mut found = Vec::new();
    for (_, expr) in tree.exprs() {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
        let handled = match tree.expr(*callee).kind {
            ExprKind::Member { name, .. } => {
                let method = tree.text(name);
                let routes = matches!(method, "get" | "post" | "put" | "patch" | "delete" | "all");
                if routes && args.len() >= 2 { routed(project, file, args) } else { None }
            }
            // `handle({ body: Schema })(async (req) => …)`
            ExprKind::Call { args: ref given, callee, .. } => wrapped(project, file, (callee, given), args),
            // `handle({ body: Schema }, async (req) => …)`
            ExprKind::Name(_) if args.len() == 2 => wrapped(project, file, (*callee, &args[..1]), &args[1..]),
            _ => None,
        };
        found.extend(handled);
    }
    found
}

/// `router.post("/x", validate(…), handler)`
fn routed(project: &Project, file: FileId, args: &[Arg]) -> Option<(FuncId, Vec<Field>)> {
    let (handler, before) = args.split_last()?;
    let tree = &project.file(file).tree;
    let mut fields = Vec::new();
    let mut others = Vec::new();
    for arg in before {
        let known = fields.len();
        chains(project, file, arg.value, DEPTH, &mut fields);
        if fields.len() == known {
            others.push(arg.value);
        }
    }
    if !fields.is_empty()
        && !handler_of(tree, handler.value, DEPTH)
            .is_some_and(|function| is_refused(project.file(file), &others, function))
    {
        fields.clear();
    }
    for arg in before {
        middleware(project, file, arg.value, DEPTH, &mut fields);
    }
    if fields.is_empty() {
        return None;
    }
    Some((handler_anywhere(project, file, handler.value, DEPTH)?, fields))
}

/// A function that is handed to another with the schemas of its request.
fn wrapped(
    project: &Project,
    file: FileId,
    (by, given): (ExprId, &[Arg]),
    args: &[Arg],
) -> Option<(FuncId, Vec<Field>)> {
    let [handler] = args else { return None };
    let tree = &project.file(file).tree;
    let ExprKind::Function(function) = tree.expr(handler.value).kind else { return None };
    let mut fields = Vec::new();
    for arg in given {
        let known = fields.len();
        parts_of(project, file, arg.value, DEPTH, &mut fields);
        let unread = match tree.expr(arg.value).kind {
            ExprKind::Name(name) => is_schema(tree.text(name)) && named(project, file, name).is_none(),
            _ => false,
        };
        if unread && fields.len() == known {
            fields.push(Field { part: "", name: None, kinds: super::operator::text_kinds() });
        }
    }
    (!fields.is_empty() && checks(project, file, by)).then(|| (project.func_id(file, function), fields))
}

/// The fields that a middleware looks at by a schema: `validate(Schema)`, `validate({ body: Schema })`, or a name for one.
fn middleware(project: &Project, file: FileId, expr: ExprId, depth: u8, fields: &mut Vec<Field>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => {
            if let Some((file, value)) = named(project, file, *name) {
                middleware(project, file, value, depth, fields);
            }
        }
        ExprKind::Sequence { items, .. } => {
            for item in items {
                middleware(project, file, item.value, depth, fields);
            }
        }
        ExprKind::Call { callee, args, .. } if checks(project, file, *callee) => {
            let name = called(tree, *callee).unwrap_or_default().to_ascii_lowercase();
            let part = part_of(&name).unwrap_or(".body");
            for arg in args {
                let known = fields.len();
                parts_of(project, file, arg.value, depth, fields);
                if fields.len() == known {
                    fields.extend(checked(project, file, arg.value, part));
                }
            }
        }
        _ => {}
    }
}

/// The fields that a schema of a part of the request looks at.
fn checked(project: &Project, file: FileId, schema: ExprId, part: &'static str) -> impl Iterator<Item = Field> {
    let fields = checked_fields(project, file, schema).into_iter();
    fields.map(move |(name, kinds)| Field { part, name: Some(name), kinds })
}

/// The schemas of the parts of a request: `{ body: z.object({ … }), querySchema: … }`, as they stand or in `z.object(…)`.
fn parts_of(project: &Project, file: FileId, expr: ExprId, depth: u8, fields: &mut Vec<Field>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Name(name) => {
            if let Some((file, value)) = named(project, file, *name) {
                parts_of(project, file, value, depth, fields);
            }
        }
        ExprKind::Call { args, .. } => {
            if let Some(first) = args.first() {
                parts_of(project, file, first.value, depth, fields);
            }
        }
        ExprKind::Map { entries } => {
            for entry in entries {
                let Some(Key::Static(key, _)) = entry.key else { continue };
                let key = tree.text(key).to_ascii_lowercase();
                if let Some(part) = part_of(&key) {
                    fields.extend(checked(project, file, entry.value, part));
                } else if matches!(key.as_str(), "schema" | "schemas" | "validate" | "request") {
                    parts_of(project, file, entry.value, depth, fields);
                }
            }
        }
        _ => {}
    }
}

/// The part of a request that a name speaks of.
fn part_of(name: &str) -> Option<&'static str> {
    let speaks = |word: &str| name.contains(word);
    [("body", ".body"), ("query", ".query"), ("param", ".params")]
        .into_iter()
        .find_map(|(word, part)| speaks(word).then_some(part))
}

/// `createUserSchema`, `postDimensionValidator`
fn is_schema(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("schema") || name.ends_with("validator")
}

/// Whether what is called looks at a schema: a function of the project that asks one, or another's by its name.
fn checks(project: &Project, file: FileId, callee: ExprId) -> bool {
    let tree = &project.file(file).tree;
    let own = match tree.expr(callee).kind {
        ExprKind::Name(name) => function_named(project, file, name),
        _ => None,
    };
    match own {
        Some((other, function)) => {
            let info = project.file(other);
            let asks = |text: &str| {
                [".parse(", ".safeParse(", ".parseAsync(", ".safeParseAsync(", ".validate(", ".validateAsync("]
                    .iter()
                    .any(|asked| text.contains(asked))
            };
            let body = info.source.slice(info.tree.function(function).span);
            // It asks itself, or speaks of schemas and hands them to what asks.
            asks(body) || (body.contains("chema") && asks(info.source.text()))
        }
        None => called(tree, callee).is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            ["valid", "celebrate", "schema"].iter().any(|sign| name.contains(sign))
        }),
    }
}

/// The last name of what is called.
fn called(tree: &Tree, callee: ExprId) -> Option<&str> {
    match tree.expr(callee).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => Some(tree.text(name)),
        _ => None,
    }
}

/// The function that answers: written here, or named here and written anywhere (`users.create` of a module as a whole,
/// wrapped as such or not).
fn handler_anywhere(project: &Project, file: FileId, expr: ExprId, depth: u8) -> Option<FuncId> {
    let depth = depth.checked_sub(1)?;
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Function(function) => Some(project.func_id(file, *function)),
        ExprKind::Name(name) => {
            let (other, function) = function_named(project, file, *name)?;
            Some(project.func_id(other, function))
        }
        ExprKind::Member { object, name, .. } => {
            let ExprKind::Name(object) = tree.expr(*object).kind else { return None };
            let other = module_of(project, file, object, depth)?;
            let symbol = project.file(other).tree.symbol(tree.text(*name))?;
            let (other, function) = function_named(project, other, symbol)?;
            Some(project.func_id(other, function))
        }
        ExprKind::Call { args, .. } => args.iter().find_map(|arg| handler_anywhere(project, file, arg.value, depth)),
        _ => None,
    }
}

/// The file whose module a name stands for, itself or what a call makes of it: `wrap(controller)`.
fn module_of(project: &Project, file: FileId, name: Symbol, depth: u8) -> Option<FileId> {
    let depth = depth.checked_sub(1)?;
    let tree = &project.file(file).tree;
    let whole = tree.root.iter().find_map(|stmt| {
        let StmtKind::Import(import) = &tree.stmt(*stmt).kind else { return None };
        let is_whole = |bound: &crate::syntax::ImportName| {
            bound.local == name && matches!(bound.imported, Imported::Module | Imported::All)
        };
        if !import.names.iter().any(is_whole) {
            return None;
        }
        match project.import_target(file, import) {
            Target::File(other) => Some(other),
            Target::External(_) => None,
        }
    });
    whole.or_else(|| {
        let (file, value) = named(project, file, name)?;
        let tree = &project.file(file).tree;
        let ExprKind::Call { args, .. } = &tree.expr(value).kind else { return None };
        args.iter().find_map(|arg| match tree.expr(arg.value).kind {
            ExprKind::Name(name) => module_of(project, file, name, depth),
            _ => None,
        })
    })
}

/// The function that answers, inside what is wrapped round it.
fn handler_of(tree: &Tree, expr: ExprId, depth: u8) -> Option<FunctionId> {
    let depth = depth.checked_sub(1)?;
    match &tree.expr(expr).kind {
        ExprKind::Function(function) => Some(*function),
        ExprKind::Call { args, .. } => args.iter().find_map(|arg| handler_of(tree, arg.value, depth)),
        _ => None,
    }
}

/// Whether somebody asks for the outcome: a handler in between that is called so, or the handler itself.
fn is_refused(info: &FileInfo, between: &[ExprId], function: FunctionId) -> bool {
    let tree = &info.tree;
    let name = |expr: ExprId| match tree.expr(expr).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => Some(tree.text(name).to_ascii_lowercase()),
        _ => None,
    };
    let asks = |expr: ExprId| {
        let named = match tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => name(callee),
            _ => name(expr),
        };
        named.is_some_and(|name| name.contains("valid") || name.contains("error"))
    };
    let body = info.source.slice(tree.function(function).span);
    body.contains("validationResult(") || between.iter().any(|expr| asks(*expr))
}

/// The fields of the chains in an argument: one, a list of them, or a name for such a list.
fn chains(project: &Project, file: FileId, expr: ExprId, depth: u8, fields: &mut Vec<Field>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let tree = &project.file(file).tree;
    match &tree.expr(expr).kind {
        ExprKind::Sequence { items, .. } => {
            for item in items {
                chains(project, file, item.value, depth, fields);
            }
        }
        ExprKind::Name(name) => {
            if let Some((file, value)) = named(project, file, *name) {
                chains(project, file, value, depth, fields);
            }
        }
        ExprKind::Call { .. } => fields.extend(chain(project, file, expr)),
        _ => {}
    }
}

/// `body("age").optional().isInt()`: the field, and what it is safe for.
fn chain(project: &Project, file: FileId, expr: ExprId) -> Option<Field> {
    let info = project.file(file);
    let tree = &info.tree;
    let mut at = expr;
    let mut kinds = 0;
    for _ in 0..32 {
        let ExprKind::Call { callee, args, .. } = &tree.expr(at).kind else { return None };
        match tree.expr(*callee).kind {
            ExprKind::Member { object, name, .. } => {
                let method = tree.text(name);
                match method {
                    // What is not there may be anything, and what follows a condition may not be asked.
                    "not" | "if" | "customSanitizer" | "toArray" | "isArray" | "isObject" => return None,
                    _ if NARROW.contains(&method) => kinds |= ALL_KINDS,
                    _ if TEXT.contains(&method) => kinds |= kind_bit("nosql") | kind_bit("prototype"),
                    _ => {}
                }
                at = object;
            }
            ExprKind::Name(name) => {
                let (_, part) = HEADS.into_iter().find(|(head, _)| *head == tree.text(name))?;
                let known = info.imported.iter().any(|module| module == "express-validator");
                let symbol = tree.symbol(tree.string_of(args.first()?.value)?)?;
                return (known && kinds != 0).then(|| Field { part, name: Some(project.name(file, symbol)), kinds });
            }
            _ => return None,
        }
    }
    None
}
