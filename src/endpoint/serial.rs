//! What turns users into answers and takes their passwords along: serializers with all fields, methods such as
//! `to_dict`, response models that declare the hash, rows that a server component hands to the browser.

use rustc_hash::FxHashSet;

use super::client::MAX_NODES;
use super::columns::{is_secret, names_users};
use super::disclosure::Disclosure;
use super::evidence::{Evidence, last, written};
use super::rows::Rows;
use crate::base::{CodeContext, Location, Span};
use crate::flow::facts::{ClassRef, FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ClassId, ExprId, ExprKind, FunctionId, Key, PatternKind, StmtId, StmtKind, Tree};

/// Methods that say what an object looks like to others.
const DESCRIBING: [&str; 10] =
    ["to_dict", "to_json", "as_dict", "serialize", "toJSON", "toObject", "asdict", "to_response", "as_json", "json"];

/// Everything of the kind in the project. `handlers` are functions that answer.
pub(super) fn serialised(
    evidence: &Evidence<'_>,
    rows: &Rows<'_>,
    handlers: &FxHashSet<FuncRef>,
    takes_response: &dyn Fn(FuncRef) -> bool,
) -> Vec<Disclosure> {
    let mut found = Vec::new();
    let described = described(evidence, handlers, takes_response);
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        if info.tree.template.is_some() || info.context != CodeContext::Production {
            continue;
        }
        let here = Here { evidence, file, tree: &info.tree };
        let mut told: Vec<(Location, &'static str)> = Vec::new();
        if info.family == Family::Python {
            for (class, _) in info.tree.classes() {
                here.serializer(class, &mut told);
            }
            for (function, _) in info.tree.functions() {
                here.response_model(function, &mut told);
            }
        }
        for (function, node) in info.tree.functions() {
            let name = node.name.map_or("", |name| info.tree.text(name));
            if described.contains(name) {
                here.describing(function, &mut told);
            }
        }
        if info.family == Family::JavaScript && rows.hold_passwords() {
            here.handed_to_browser(rows, &mut told);
        }
        told.sort();
        told.dedup();
        found.extend(told.into_iter().take(40).map(|(location, kind)| Disclosure::told(kind, location, info.context)));
    }
    found
}

/// Which describing methods are called where something is answered.
fn described(
    evidence: &Evidence<'_>,
    handlers: &FxHashSet<FuncRef>,
    takes_response: &dyn Fn(FuncRef) -> bool,
) -> FxHashSet<&'static str> {
    let mut called = FxHashSet::default();
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        let known: Vec<&'static str> = DESCRIBING.into_iter().filter(|name| info.tree.symbol(name).is_some()).collect();
        if known.is_empty() {
            continue;
        }
        for (id, function) in info.tree.functions() {
            let place = FuncRef { file, function: id };
            if !handlers.contains(&place) && !takes_response(place) {
                continue;
            }
            for node in Walk::block(&info.tree, &function.body).take(MAX_NODES) {
                let Node::Expr(expr) = node else { continue };
                let ExprKind::Call { callee, .. } = &info.tree.expr(expr).kind else { continue };
                let ExprKind::Member { name, .. } = info.tree.expr(*callee).kind else { continue };
                called.extend(known.iter().copied().filter(|known| info.tree.text(name) == *known));
            }
        }
    }
    // Objects are described by this one without a call.
    called.insert("toJSON");
    called
}

struct Here<'e, 'a> {
    evidence: &'e Evidence<'a>,
    file: FileId,
    tree: &'a Tree,
}

impl Here<'_, '_> {
    fn at(&self, span: Span) -> Location {
        self.evidence.locate(self.file, span)
    }

    fn slice(&self, span: Span) -> &str {
        self.evidence.project.file(self.file).source.slice(span)
    }

    /// `class Meta: model = User; fields = "__all__"`: all columns, or the password by name.
    fn serializer(&self, class: ClassId, told: &mut Vec<(Location, &'static str)>) {
        let node = self.tree.class(class);
        let serializes = node.bases.iter().any(|base| last(&written(self.tree, *base)).ends_with("Serializer"));
        if !serializes {
            return;
        }
        let meta = node.body.iter().find_map(|stmt| match self.tree.stmt(*stmt).kind {
            StmtKind::Class(inner) => {
                let name = self.tree.class(inner).name;
                name.is_some_and(|name| self.tree.text(name) == "Meta").then_some(inner)
            }
            _ => None,
        });
        let Some(meta) = meta else { return };
        let field = |name: &str| self.field(&self.tree.class(meta).body, name);
        let Some((_, model)) = field("model") else { return };
        if !self.is_user(model) || self.slice(node.span).contains("write_only") {
            return;
        }
        let texts = |expr: ExprId| super::django::strings(self.tree, expr);
        let leaks = match (field("fields"), field("exclude")) {
            (Some((stmt, fields)), _) => {
                let listed = texts(fields);
                listed.iter().any(|field| field == "__all__" || is_secret(field)).then_some(stmt)
            }
            (None, Some((stmt, left_out))) => (!texts(left_out).iter().any(|field| is_secret(field))).then_some(stmt),
            (None, None) => None,
        };
        told.extend(leaks.map(|stmt| (self.at(self.tree.stmt(stmt).span), "user-row")));
    }

    /// A user's model: by its name, or because it is made from Django's.
    fn is_user(&self, model: ExprId) -> bool {
        let name = written(self.tree, model);
        if last(&name) == "get_user_model" {
            return true;
        }
        let Some(class) = self.evidence.class_named(self.file, last(&name)) else {
            return matches!(last(&name), "User" | "CustomUser");
        };
        self.evidence.lineage(class).into_iter().any(|ClassRef { file, class }| {
            let tree = self.evidence.tree(file);
            tree.class(class)
                .bases
                .iter()
                .any(|base| matches!(last(&written(tree, *base)), "AbstractUser" | "AbstractBaseUser"))
        })
    }

    /// A field of a class body: its statement and its value.
    fn field(&self, body: &[StmtId], wanted: &str) -> Option<(StmtId, ExprId)> {
        body.iter().find_map(|stmt| {
            let StmtKind::Assign { targets, value: Some(value), .. } = &self.tree.stmt(*stmt).kind else { return None };
            let PatternKind::Name(name) = self.tree.pattern(*targets.first()?).kind else { return None };
            (self.tree.text(name) == wanted).then_some((*stmt, *value))
        })
    }

    /// `@app.get("/users", response_model=list[UserOut])`, where `UserOut` declares the hash.
    fn response_model(&self, function: FunctionId, told: &mut Vec<(Location, &'static str)>) {
        let node = self.tree.function(function);
        for decorator in &node.decorators {
            let ExprKind::Call { args, .. } = &self.tree.expr(*decorator).kind else { continue };
            let model = args.iter().find(|arg| arg.name.is_some_and(|name| self.tree.text(name) == "response_model"));
            let Some(model) = model else { continue };
            for inner in Walk::node(self.tree, Node::Expr(model.value)).take(20) {
                let Node::Expr(inner) = inner else { continue };
                let ExprKind::Name(name) = self.tree.expr(inner).kind else { continue };
                let Some(class) = self.evidence.class_named(self.file, self.tree.text(name)) else { continue };
                for ClassRef { file, class } in self.evidence.lineage(class) {
                    let tree = self.evidence.tree(file);
                    let secret = tree.class(class).body.iter().find(|stmt| {
                        match &tree.stmt(**stmt).kind {
                        StmtKind::Assign { targets, annotation: Some(_), .. } => targets.iter().any(|target| {
                            matches!(tree.pattern(*target).kind, PatternKind::Name(name) if is_secret(tree.text(name)))
                        }),
                        _ => false,
                    }
                    });
                    let text = secret.map(|stmt| self.evidence.project.file(file).source.slice(tree.stmt(*stmt).span));
                    if let Some(stmt) = secret.filter(|_| !text.unwrap_or_default().contains("exclude")) {
                        told.push((self.evidence.locate(file, tree.stmt(*stmt).span), "private-field"));
                    }
                }
            }
        }
    }

    /// `def to_dict(self): return {"email": self.email, "password_hash": self.password_hash}`, or every column.
    fn describing(&self, function: FunctionId, told: &mut Vec<(Location, &'static str)>) {
        let body = &self.tree.function(function).body;
        let owner = self.class_of(function);
        for node in Walk::block(self.tree, body).take(2000) {
            let Node::Expr(expr) = node else { continue };
            match &self.tree.expr(expr).kind {
                ExprKind::Map { entries } => {
                    for entry in entries {
                        let Some(Key::Static(key, _)) = entry.key else { continue };
                        let of_itself = match self.tree.expr(entry.value).kind {
                            ExprKind::Member { object, name, .. } => {
                                is_secret(self.tree.text(name))
                                    && matches!(
                                        written(self.tree, object).as_str(),
                                        "self" | "this" | "" | "user" | "u"
                                    )
                            }
                            _ => false,
                        };
                        if of_itself && is_secret(self.tree.text(key)) {
                            told.push((self.at(self.tree.expr(entry.value).span), "private-field"));
                        }
                    }
                }
                ExprKind::Comprehension { clauses, .. } => {
                    let all = clauses.iter().any(|clause| {
                        let text = self.slice(self.tree.expr(clause.iter).span);
                        let every =
                            text.contains("__table__") || text.contains("__dict__") || text.contains("_meta.fields");
                        every && clause.conditions.is_empty()
                    });
                    if all && owner.is_some_and(|name| names_users(&[name])) && self.holds_secret(function) {
                        told.push((self.at(self.tree.expr(expr).span), "user-row"));
                    }
                }
                _ => {}
            }
        }
    }

    /// The class that a method stands in.
    fn class_around(&self, function: FunctionId) -> Option<ClassId> {
        let at = self.tree.function(function).span;
        let around = self.tree.classes().filter(|(_, class)| class.span.contains(at));
        around.min_by_key(|(_, class)| class.span.end - class.span.start).map(|(id, _)| id)
    }

    fn class_of(&self, function: FunctionId) -> Option<&str> {
        self.tree.class(self.class_around(function)?).name.map(|name| self.tree.text(name))
    }

    /// Whether the class of a method has a column for a password.
    fn holds_secret(&self, function: FunctionId) -> bool {
        self.class_around(function).is_some_and(|class| {
            self.tree.class(class).body.iter().any(|stmt| match &self.tree.stmt(*stmt).kind {
                StmtKind::Assign { targets, .. } => targets.iter().any(|target| {
                    matches!(self.tree.pattern(*target).kind, PatternKind::Name(name) if is_secret(self.tree.text(name)))
                }),
                _ => false,
            })
        })
    }

    /// `<UserTable users={users} />` of a server component, where the table runs in the browser.
    fn handed_to_browser(&self, rows: &Rows<'_>, told: &mut Vec<(Location, &'static str)>) {
        let path = self.evidence.project.file(self.file).source.path();
        let component = path.rsplit('.').next().is_some_and(|end| end.starts_with("ts") || end.starts_with("js"));
        if !component || in_browser(self.tree) {
            return;
        }
        let elements: Vec<ExprId> = self
            .tree
            .exprs()
            .filter(|(_, expr)| matches!(expr.kind, ExprKind::Element { tag: Some(_), .. }))
            .map(|(id, _)| id)
            .take(400)
            .collect();
        if elements.is_empty() {
            return;
        }
        for (function, node) in self.tree.functions() {
            let names = rows.whole_names(self.evidence, FuncRef { file: self.file, function });
            if names.is_empty() {
                continue;
            }
            for element in elements.iter().filter(|element| node.span.contains(self.tree.expr(**element).span)) {
                let ExprKind::Element { tag: Some(tag), attributes, .. } = &self.tree.expr(*element).kind else {
                    continue;
                };
                let whole = attributes.iter().find(|attribute| {
                    attribute.value.is_some_and(
                        |value| matches!(self.tree.expr(value).kind, ExprKind::Name(name) if names.contains(&name)),
                    )
                });
                let Some(whole) = whole else { continue };
                let drawn = self.evidence.function_named(self.file, &written(self.tree, *tag));
                if drawn.is_some_and(|drawn| in_browser(self.evidence.tree(drawn.file))) {
                    told.push((self.at(whole.span), "user-row"));
                }
            }
        }
    }
}

fn in_browser(tree: &Tree) -> bool {
    tree.symbol("use client").is_some_and(|directive| tree.directives.contains(&directive))
}
