//! Whole rows of users in a response: what was read or made with all its columns, the password's hash among them, and
//! handed on as it is.

use rustc_hash::FxHashSet;

use super::client::MAX_NODES;
use super::evidence::{Evidence, last, written};
use crate::base::CodeContext;
use crate::flow::facts::{Facts, FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{Block, ExprId, ExprKind, FunctionId, Key, PatternKind, StmtKind, Symbol, Tree, UnaryOp};

/// Names of collections of users, and of calls that read or make one: files without them hold no such query.
const USERS: &[&str] = &[
    "user",
    "User",
    "users",
    "Users",
    "UserModel",
    "userModel",
    "admin",
    "Admin",
    "customer",
    "Customer",
    "account",
    "Account",
    "Member",
    "member",
    "Employee",
    "Student",
    "Teacher",
    "Doctor",
    "Patient",
    "userRepository",
];
const READS: &[&str] = &[
    "findUnique",
    "findFirst",
    "findMany",
    "findById",
    "findByPk",
    "findOne",
    "findAll",
    "find_one",
    "find",
    "create",
    "update",
    "query",
    "findByIdAndUpdate",
    "findOneAndUpdate",
    "save",
];

/// What the project's users are like, and which functions hand out whole rows of them.
pub(super) struct Rows<'a> {
    facts: &'a Facts,
    /// Users have a password among their columns, and nothing takes it out of every answer.
    hold_passwords: bool,
    functions: FxHashSet<FuncRef>,
}

impl<'a> Rows<'a> {
    /// Looks over the project.
    pub(super) fn new(evidence: &Evidence<'_>, facts: &'a Facts) -> Self {
        let mut rows = Self { facts, hold_passwords: holds_passwords(evidence), functions: FxHashSet::default() };
        if !rows.hold_passwords {
            return rows;
        }
        for (at, info) in evidence.project.files.iter().enumerate() {
            let Ok(file) = u32::try_from(at).map(FileId) else { break };
            if info.tree.template.is_some() || !matches!(info.context, CodeContext::Production) {
                continue;
            }
            let speaks = |names: &[&str]| names.iter().any(|name| info.tree.symbol(name).is_some());
            if !speaks(USERS) || !speaks(READS) {
                continue;
            }
            for (id, function) in info.tree.functions() {
                let finder = Finder { tree: &info.tree, family: info.family, calls: None };
                let names = finder.whole(&function.body);
                let returned = finder.returns(&function.body).any(|value| finder.is_whole(value, &names));
                if returned {
                    rows.functions.insert(FuncRef { file, function: id });
                }
            }
        }
        rows
    }

    /// Where a function answers with such rows. `returns` tells that what it returns is the answer.
    pub(super) fn answered(
        &self,
        evidence: &Evidence<'_>,
        function: FuncRef,
        returns: bool,
        sent: impl Fn(ExprId) -> Option<ExprId>,
    ) -> Vec<ExprId> {
        let tree = evidence.tree(function.file);
        let node = tree.function(function.function);
        if !self.hold_passwords || declares_answer(tree, function.function) {
            return Vec::new();
        }
        let family = evidence.family(function.file);
        let calls = |name: &str| {
            let callees = self.facts.callees.get(&function).map(Vec::as_slice).unwrap_or_default();
            callees.iter().any(|callee| self.functions.contains(callee) && evidence.name_of(*callee, "") == name)
        };
        let finder = Finder { tree, family, calls: Some(&calls) };
        let names = finder.whole(&node.body);
        let mut found = Vec::new();
        if returns {
            found.extend(finder.returns(&node.body).filter(|value| finder.hands_on(*value, &names)));
        }
        for inner in Walk::block(tree, &node.body).take(MAX_NODES) {
            let Node::Expr(expr) = inner else { continue };
            let ExprKind::Call { args, .. } = &tree.expr(expr).kind else { continue };
            if sent(expr).is_some() && args.iter().any(|arg| finder.hands_on(arg.value, &names)) {
                found.push(expr);
            }
        }
        found
    }
}

/// A response of a declared class holds only its fields.
fn declares_answer(tree: &Tree, function: FunctionId) -> bool {
    let node = tree.function(function);
    let declared = node.decorators.iter().any(|decorator| match &tree.expr(*decorator).kind {
        ExprKind::Call { args, .. } => args
            .iter()
            .any(|arg| arg.name.is_some_and(|name| matches!(tree.text(name), "response_model" | "responses"))),
        _ => false,
    });
    let python = tree.language.family() == "python";
    let annotated = node.returns.is_some_and(|returns| {
        let name = written(tree, returns);
        python && !matches!(last(&name), "" | "dict" | "Dict" | "Any" | "JSONResponse" | "Response")
    });
    declared || annotated
}

/// Whether a part of a chain of calls names a collection of people who log in: `prisma.user`, `User`, `db.users`.
fn names_users(parts: &[&str]) -> bool {
    parts.iter().any(|part| {
        let lower = part.to_ascii_lowercase();
        let bare = ["model", "repository", "repo", "collection"].iter().find_map(|end| lower.strip_suffix(end));
        matches!(
            bare.unwrap_or(&lower).trim_end_matches('_').trim_end_matches('s'),
            "user"
                | "admin"
                | "account"
                | "customer"
                | "member"
                | "employee"
                | "student"
                | "teacher"
                | "doctor"
                | "patient"
        )
    })
}

/// A column for a password, as code reads it of a user.
fn is_secret(name: &str) -> bool {
    let plain = name.to_ascii_lowercase().replace('_', "");
    matches!(plain.as_str(), "password" | "passwordhash" | "hashedpassword" | "passwd" | "pwhash" | "passhash")
}

/// Whether some code compares or reads the password of a user, and no model leaves it out of its answers.
fn holds_passwords(evidence: &Evidence<'_>) -> bool {
    let mut read = false;
    for info in &evidence.project.files {
        if info.context != CodeContext::Production {
            continue;
        }
        let tree = &info.tree;
        if !["password", "passwordHash", "password_hash", "hashed_password", "hashedPassword"]
            .iter()
            .any(|name| tree.symbol(name).is_some())
        {
            continue;
        }
        let to_json = tree.symbol("toJSON").is_some() || tree.symbol("transform").is_some();
        for (_, expr) in tree.exprs() {
            match &expr.kind {
                ExprKind::Member { object, name, .. } if is_secret(tree.text(*name)) => {
                    let root = written(tree, *object).to_ascii_lowercase();
                    read |= ["user", "admin", "account", "customer", "member"]
                        .iter()
                        .any(|part| last(&root).contains(part));
                }
                ExprKind::Unary { op: UnaryOp::Delete, operand } if to_json => {
                    if let ExprKind::Member { name, .. } = tree.expr(*operand).kind
                        && is_secret(tree.text(name))
                    {
                        return false;
                    }
                }
                ExprKind::Map { entries } => {
                    for entry in entries {
                        if let Some(Key::Static(key, _)) = entry.key
                            && is_secret(tree.text(key))
                            && left_out(tree, entry.value)
                        {
                            return false;
                        }
                    }
                }
                ExprKind::Name(name) if matches!(tree.text(*name), "Exclude") => return false,
                _ => {}
            }
        }
    }
    read
}

/// `{ type: String, select: false }`.
fn left_out(tree: &Tree, value: ExprId) -> bool {
    let ExprKind::Map { entries } = &tree.expr(value).kind else { return false };
    entries.iter().any(|entry| {
        matches!(entry.key, Some(Key::Static(key, _)) if tree.text(key) == "select")
            && matches!(tree.expr(entry.value).kind, ExprKind::Literal(crate::syntax::Literal::Bool(false)))
    })
}

struct Finder<'t> {
    tree: &'t Tree,
    family: Family,
    /// Whether a function of the project with this name, which is called here, hands out whole rows.
    calls: Option<&'t dyn Fn(&str) -> bool>,
}

impl<'t> Finder<'t> {
    /// Names that are given whole rows, and that nothing is taken out of.
    fn whole(&self, block: &Block) -> FxHashSet<Symbol> {
        let (mut names, mut cleaned) = (FxHashSet::default(), FxHashSet::default());
        for node in Walk::block(self.tree, block).take(MAX_NODES) {
            match node {
                Node::Stmt(stmt) => match &self.tree.stmt(stmt).kind {
                    StmtKind::Assign { targets, value: Some(value), .. } => {
                        for target in targets {
                            match &self.tree.pattern(*target).kind {
                                PatternKind::Name(name) if self.is_row(*value) => {
                                    names.insert(*name);
                                }
                                // `user.password = undefined`
                                PatternKind::Target(target) => cleaned.extend(self.secret_of(*target)),
                                _ => {}
                            }
                        }
                    }
                    StmtKind::Delete(targets) => {
                        cleaned.extend(targets.iter().filter_map(|target| self.secret_of(*target)));
                    }
                    _ => {}
                },
                Node::Expr(expr) => match &self.tree.expr(expr).kind {
                    ExprKind::Unary { op: UnaryOp::Delete, operand } => cleaned.extend(self.secret_of(*operand)),
                    ExprKind::Assign { target, .. } => {
                        if let PatternKind::Target(target) = self.tree.pattern(*target).kind {
                            cleaned.extend(self.secret_of(target));
                        }
                    }
                    // `user.pop("password")`
                    ExprKind::Call { callee, args, .. } => {
                        if let ExprKind::Member { object, name, .. } = self.tree.expr(*callee).kind
                            && self.tree.text(name) == "pop"
                            && args.iter().any(|arg| self.tree.string_of(arg.value).is_some_and(is_secret))
                            && let ExprKind::Name(name) = self.tree.expr(object).kind
                        {
                            cleaned.insert(name);
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        names.retain(|name| !cleaned.contains(name));
        names
    }

    /// `user` of `user.password` and `user["password"]`.
    fn secret_of(&self, expr: ExprId) -> Option<Symbol> {
        let (object, secret) = match &self.tree.expr(expr).kind {
            ExprKind::Member { object, name, .. } => (*object, is_secret(self.tree.text(*name))),
            ExprKind::Index { object, index } => (*object, self.tree.string_of(*index).is_some_and(is_secret)),
            _ => return None,
        };
        match self.tree.expr(object).kind {
            ExprKind::Name(name) if secret => Some(name),
            _ => None,
        }
    }

    /// What the function itself returns.
    fn returns(&self, block: &Block) -> impl Iterator<Item = ExprId> + use<'t> {
        let tree = self.tree;
        let mut walk = Walk::block(tree, block);
        let mut left = MAX_NODES;
        std::iter::from_fn(move || {
            while let Some(node) = walk.next() {
                left = left.checked_sub(1)?;
                match node {
                    Node::Function(_) | Node::Class(_) => walk.skip_children(),
                    Node::Stmt(stmt) => {
                        if let StmtKind::Return(Some(value)) = tree.stmt(stmt).kind {
                            return Some(value);
                        }
                    }
                    _ => {}
                }
            }
            None
        })
    }

    fn unwrapped(&self, mut expr: ExprId) -> ExprId {
        while let ExprKind::Await(inner) = self.tree.expr(expr).kind {
            expr = inner;
        }
        expr
    }

    /// A row itself, or a name of one.
    fn is_whole(&self, expr: ExprId, names: &FxHashSet<Symbol>) -> bool {
        let expr = self.unwrapped(expr);
        match self.tree.expr(expr).kind {
            ExprKind::Name(name) => names.contains(&name),
            _ => self.is_row(expr),
        }
    }

    /// A row, an object with one among its values, or one that is spread.
    fn hands_on(&self, expr: ExprId, names: &FxHashSet<Symbol>) -> bool {
        let expr = self.unwrapped(expr);
        match &self.tree.expr(expr).kind {
            ExprKind::Map { entries } => {
                let blanked = entries
                    .iter()
                    .any(|entry| matches!(entry.key, Some(Key::Static(key, _)) if is_secret(self.tree.text(key))));
                !blanked && entries.iter().any(|entry| self.is_whole(entry.value, names))
            }
            ExprKind::Call { callee, args, .. } => {
                let name = written(self.tree, *callee);
                let passes = matches!(last(&name), "jsonable_encoder" | "dict" | "jsonify" | "json" | "stringify");
                passes && args.iter().any(|arg| self.hands_on(arg.value, names)) || self.is_row(expr)
            }
            _ => self.is_whole(expr, names),
        }
    }

    /// A query for users that asks for every column, or one that makes a user with a password.
    fn is_row(&self, expr: ExprId) -> bool {
        let expr = self.unwrapped(expr);
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { return false };
        let name = written(self.tree, *callee);
        if self.calls.is_some_and(|calls| calls(last(&name))) {
            return true;
        }
        let parts: Vec<&str> = name.split('.').collect();
        let reads = parts.iter().any(|part| {
            matches!(
                *part,
                "findUnique"
                    | "findUniqueOrThrow"
                    | "findFirst"
                    | "findMany"
                    | "findById"
                    | "findByPk"
                    | "findOne"
                    | "findAll"
                    | "find_one"
                    | "find"
                    | "findByIdAndUpdate"
                    | "findOneAndUpdate"
            )
        });
        let makes = parts.iter().any(|part| matches!(*part, "create" | "update" | "upsert" | "save"));
        let queries = self.family == Family::Python
            && parts.last().is_some_and(|last| matches!(*last, "first" | "all" | "one" | "one_or_none" | "get"))
            && parts.iter().any(|part| matches!(*part, "query"));
        let users = names_users(&parts) || args.len() == 1 && queries && self.queries_users(*callee);
        if !users || !(reads || makes || queries) {
            return false;
        }
        let told = self.told(expr);
        let plain = !told.selects && !told.names.iter().any(|name| name == "select");
        if makes && !reads { plain && told.secret } else { plain }
    }

    /// `db.query(User).filter(…)`: what is asked for is a user.
    fn queries_users(&self, callee: ExprId) -> bool {
        Walk::node(self.tree, Node::Expr(callee)).take(80).any(|node| match node {
            Node::Expr(expr) => match &self.tree.expr(expr).kind {
                ExprKind::Call { callee, args, .. } => {
                    last(&written(self.tree, *callee)) == "query"
                        && args.len() == 1
                        && names_users(&[written(self.tree, args[0].value).as_str()])
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// What a chain of calls says of columns.
    fn told(&self, chain: ExprId) -> Told {
        let mut told = Told::default();
        for node in Walk::node(self.tree, Node::Expr(chain)).take(400) {
            let Node::Expr(expr) = node else { continue };
            match &self.tree.expr(expr).kind {
                ExprKind::Map { entries } => {
                    for entry in entries {
                        let Some(Key::Static(key, _)) = entry.key else { continue };
                        let key = self.tree.text(key);
                        told.selects |= matches!(
                            key,
                            "select" | "omit" | "attributes" | "projection" | "columns" | "fields" | "exclude"
                        );
                        if is_secret(key) {
                            told.secret = true;
                            // `{ password: 0 }`
                            told.selects |= matches!(
                                self.tree.expr(entry.value).kind,
                                ExprKind::Literal(crate::syntax::Literal::Int(0) | crate::syntax::Literal::Bool(false))
                            );
                        }
                    }
                }
                ExprKind::Call { callee, args, .. } => {
                    let name = written(self.tree, *callee);
                    told.names.push(last(&name).to_owned());
                    told.selects |= args.iter().any(|arg| {
                        arg.name.is_some_and(|name| matches!(self.tree.text(name), "projection" | "columns" | "fields"))
                    });
                    told.secret |= args.iter().any(|arg| arg.name.is_some_and(|name| is_secret(self.tree.text(name))));
                }
                _ => {}
            }
        }
        told
    }
}

#[derive(Default)]
struct Told {
    /// Columns are chosen or left out.
    selects: bool,
    /// A password is among the values.
    secret: bool,
    /// The calls of the chain.
    names: Vec<String>,
}
