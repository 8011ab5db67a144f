//! Fields of a request that chains of express-validator look at before the handler runs: `body("email").isEmail()`.

use rustc_hash::FxHashMap;

use super::Interp;
use super::schema::named;
use crate::flow::facts::FileId;
use crate::flow::names::NameId;
use crate::flow::project::{FileInfo, FuncId, Project};
use crate::flow::value::{TaintSet, Value};
use crate::model::index::{ALL_KINDS, Kinds, kind_bit};
use crate::syntax::{ExprId, ExprKind, FunctionId, Tree};

/// By handler: the fields that were looked at.
pub(in crate::flow) type Validated = FxHashMap<FuncId, Vec<Field>>;

/// A field that was looked at.
#[derive(Debug)]
pub(in crate::flow) struct Field {
    /// The part of the request that it stands in, as the end of a node's path; empty for any.
    part: &'static str,
    name: NameId,
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
        let validated = self.info.validated(self.project, self.file);
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
        let seen = fields.flatten().filter(|field| field.name == name && part.ends_with(field.part));
        let kinds = seen.fold(0, |all, field| all | field.kinds);
        if kinds == 0 {
            return found;
        }
        Value { refs: found.refs, taint: self.values.clear(found.taint, kinds) }
    }
}

/// Those of the routes of a file.
pub(in crate::flow) fn validated(project: &Project, file: FileId) -> Validated {
    let tree = &project.file(file).tree;
    let mut found = Validated::default();
    for (_, expr) in tree.exprs() {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { continue };
        let ExprKind::Member { name, .. } = tree.expr(*callee).kind else { continue };
        let method = tree.text(name);
        if args.len() < 3 || !matches!(method, "get" | "post" | "put" | "patch" | "delete" | "all") {
            continue;
        }
        let Some((handler, before)) = args.split_last() else { continue };
        let Some(function) = handler_of(tree, handler.value, DEPTH) else { continue };
        let mut fields = Vec::new();
        let mut others = Vec::new();
        for arg in before {
            let known = fields.len();
            chains(project, file, arg.value, DEPTH, &mut fields);
            if fields.len() == known {
                others.push(arg.value);
            }
        }
        if !fields.is_empty() && is_refused(project.file(file), &others, function) {
            found.insert(project.func_id(file, function), fields);
        }
    }
    found
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
                return (known && kinds != 0).then(|| Field { part, name: project.name(file, symbol), kinds });
            }
            _ => return None,
        }
    }
    None
}
