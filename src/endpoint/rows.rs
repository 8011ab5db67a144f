//! Whole rows of users in a response: what was read or made with all its columns, the password's hash among them, and
//! handed on as it is.

mod session;
mod told;

use rustc_hash::FxHashSet;

use super::client::MAX_NODES;
use super::columns::{all_of_users, holds_passwords, is_secret, names_secret, names_users};
use super::evidence::{Evidence, last, written};
use crate::base::CodeContext;
use crate::flow::facts::{Facts, FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, Key, PatternKind, StmtId, StmtKind, Symbol, Tree, UnaryOp};

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
    "select",
    "returning",
];

/// What the project's users are like, and which functions hand out whole rows of them.
pub(super) struct Rows<'a> {
    facts: &'a Facts,
    /// Users have a password among their columns, and nothing takes it out of every answer.
    hold_passwords: bool,
    functions: FxHashSet<FuncRef>,
    /// Variables that hold tables with a column for passwords, where tables are declared in code.
    tables: FxHashSet<String>,
    /// Who is logged in is kept as a whole row: `req.user` holds the hash.
    session: bool,
}

impl<'a> Rows<'a> {
    /// Looks over the project.
    pub(super) fn new(evidence: &Evidence<'_>, facts: &'a Facts) -> Self {
        let mut rows = Self {
            facts,
            hold_passwords: holds_passwords(evidence),
            functions: FxHashSet::default(),
            tables: FxHashSet::default(),
            session: false,
        };
        if !rows.hold_passwords {
            return rows;
        }
        rows.tables = super::builder::secret_tables(evidence);
        let typed = super::rowtypes::Typed::of(evidence, !rows.tables.is_empty());
        for (at, info) in evidence.project.files.iter().enumerate() {
            let Ok(file) = u32::try_from(at).map(FileId) else { break };
            if info.tree.template.is_some() || !matches!(info.context, CodeContext::Production) {
                continue;
            }
            let speaks = |names: &[&str]| names.iter().any(|name| info.tree.symbol(name).is_some());
            let queries = speaks(USERS) && speaks(READS) || speaks(&["execute", "query", "fetchall", "fetch_all"]);
            if !queries && !typed.speaks(info) {
                continue;
            }
            for (id, function) in info.tree.functions() {
                let finder = Finder {
                    tree: &info.tree,
                    family: info.family,
                    calls: None,
                    all: true,
                    tables: &rows.tables,
                    session: false,
                };
                let names = finder.whole(&function.body);
                let returned = queries && finder.returns(&function.body).any(|value| finder.is_whole(value, &names));
                if returned || typed.returns(info, id) {
                    rows.functions.insert(FuncRef { file, function: id });
                }
            }
        }
        rows.session = rows.keeps_rows(evidence);
        rows
    }

    /// Whether the project's users have passwords that nothing takes out of answers.
    pub(super) fn hold_passwords(&self) -> bool {
        self.hold_passwords
    }

    /// Names of a function that hold whole rows.
    pub(super) fn whole_names(&self, evidence: &Evidence<'_>, function: FuncRef) -> FxHashSet<Symbol> {
        let tree = evidence.tree(function.file);
        let calls = |name: &str| self.hands_out(evidence, function, name);
        let family = evidence.family(function.file);
        let finder =
            Finder { tree, family, calls: Some(&calls), all: true, tables: &self.tables, session: self.session };
        finder.whole(&tree.function(function.function).body)
    }

    fn hands_out(&self, evidence: &Evidence<'_>, function: FuncRef, name: &str) -> bool {
        let root = self.facts.roots.get(&function).copied().unwrap_or(function);
        let callees = self.facts.callees.get(&root).map(Vec::as_slice).unwrap_or_default();
        callees.iter().any(|callee| self.functions.contains(callee) && evidence.name_of(*callee, "") == name)
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
        if declares_answer(tree, function.function) {
            return Vec::new();
        }
        let family = evidence.family(function.file);
        let calls = |name: &str| self.hands_out(evidence, function, name);
        let finder = Finder {
            tree,
            family,
            calls: Some(&calls),
            all: self.hold_passwords,
            tables: &self.tables,
            session: self.session,
        };
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

struct Finder<'t> {
    tree: &'t Tree,
    family: Family,
    /// Whether a function of the project with this name, which is called here, hands out whole rows.
    calls: Option<&'t dyn Fn(&str) -> bool>,
    /// Whole rows of users count; else only columns that a statement names.
    all: bool,
    /// Variables that hold tables with a column for passwords.
    tables: &'t FxHashSet<String>,
    /// `req.user` is a whole row.
    session: bool,
}

impl<'t> Finder<'t> {
    /// Names that are given whole rows, and that nothing is taken out of.
    fn whole(&self, block: &[StmtId]) -> FxHashSet<Symbol> {
        let (mut names, mut cleaned) = (FxHashSet::default(), FxHashSet::default());
        // What was asked last of a cursor is what it hands out.
        let mut pending = false;
        for node in Walk::block(self.tree, block).take(MAX_NODES) {
            match node {
                Node::Stmt(stmt) => match &self.tree.stmt(stmt).kind {
                    StmtKind::Assign { targets, value: Some(value), .. } => {
                        if self.executed(*value) && matches!(self.tree.pattern(targets[0]).kind, PatternKind::Name(_)) {
                            pending = true;
                        }
                        for target in targets {
                            match &self.tree.pattern(*target).kind {
                                PatternKind::Name(name)
                                    if self.is_row(*value)
                                        || self.is_held(*value, &names)
                                        || pending && self.fetches(*value) =>
                                {
                                    names.insert(*name);
                                }
                                // `const { data } = await supabase.from("users").select("*")`
                                PatternKind::Map(fields) if self.asks_service(*value) => {
                                    let data = fields.iter().filter(|field| match field.key {
                                        Some(Key::Static(key, _)) => self.tree.text(key) == "data",
                                        _ => false,
                                    });
                                    names.extend(data.filter_map(|field| self.bound(field.pattern)));
                                }
                                // `const { rows } = await pool.query(…)`, `const [rows] = await db.execute(…)`
                                PatternKind::Map(fields) if self.selects_users(*value) => {
                                    names.extend(fields.iter().filter_map(|field| self.bound(field.pattern)));
                                }
                                PatternKind::Sequence(parts) if self.selects_users(*value) || self.is_row(*value) => {
                                    names.extend(parts.first().copied().flatten().and_then(|part| self.bound(part)));
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
                    ExprKind::Assign { target, value, .. } => match self.tree.pattern(*target).kind {
                        PatternKind::Target(target) => cleaned.extend(self.secret_of(target)),
                        PatternKind::Name(name) if self.is_row(*value) || self.is_held(*value, &names) => {
                            names.insert(name);
                        }
                        _ => {}
                    },
                    // `user.pop("password")`
                    ExprKind::Call { callee, args, .. } => {
                        pending =
                            if last(&written(self.tree, *callee)) == "execute" { self.executed(expr) } else { pending };
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
        if !names.is_empty() {
            self.mapped(block, &mut names);
        }
        names
    }

    /// `const all = await Promise.all(orders.map(async (order) => ({ ...order, user })))`: rows in what a callback makes.
    fn mapped(&self, block: &[StmtId], names: &mut FxHashSet<Symbol>) {
        let makes = |value: ExprId| {
            Walk::node(self.tree, Node::Expr(self.unwrapped(value))).take(12).any(|node| {
                let Node::Expr(expr) = node else { return false };
                let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { return false };
                let Some(ExprKind::Function(callback)) = args.first().map(|arg| &self.tree.expr(arg.value).kind) else {
                    return false;
                };
                last(&written(self.tree, *callee)) == "map"
                    && self.returns(&self.tree.function(*callback).body).any(|value| self.hands_on(value, names))
            })
        };
        let made: Vec<Symbol> = Walk::block(self.tree, block)
            .take(MAX_NODES)
            .filter_map(|node| match node {
                Node::Stmt(stmt) => match &self.tree.stmt(stmt).kind {
                    StmtKind::Assign { targets, value: Some(value), .. } if makes(*value) => self.bound(targets[0]),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        names.extend(made);
    }

    /// Another name of a row: `if (data) user = data`.
    fn is_held(&self, expr: ExprId, names: &FxHashSet<Symbol>) -> bool {
        matches!(self.tree.expr(expr).kind, ExprKind::Name(name) if names.contains(&name))
    }

    fn asks_service(&self, expr: ExprId) -> bool {
        self.all
            && self.family == Family::JavaScript
            && super::builder::asks_service_for_all(self.tree, self.unwrapped(expr))
    }

    fn bound(&self, pattern: crate::syntax::PatternId) -> Option<Symbol> {
        match self.tree.pattern(pattern).kind {
            PatternKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// `cursor.execute("SELECT * FROM users")`
    fn executed(&self, expr: ExprId) -> bool {
        let expr = self.unwrapped(expr);
        match &self.tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => {
                last(&written(self.tree, *callee)) == "execute" && self.selects_users(expr)
            }
            _ => false,
        }
    }

    /// `cursor.fetchall()`
    fn fetches(&self, expr: ExprId) -> bool {
        let expr = self.unwrapped(expr);
        match &self.tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => {
                matches!(last(&written(self.tree, *callee)), "fetchall" | "fetchone" | "fetchmany")
            }
            _ => false,
        }
    }

    /// A call, or a chain of them, that is given `SELECT * FROM users`.
    fn selects_users(&self, expr: ExprId) -> bool {
        let mut at = self.unwrapped(expr);
        for _ in 0..8 {
            match &self.tree.expr(at).kind {
                ExprKind::Call { callee, args, .. } => {
                    let asks = |arg: &crate::syntax::Arg| {
                        let texts = super::effects::texts(self.tree, arg.value);
                        self.all && all_of_users(&texts) || names_secret(&texts)
                    };
                    if args.first().is_some_and(asks) {
                        return true;
                    }
                    at = *callee;
                }
                ExprKind::Template { tag: Some(_), .. } => {
                    let texts = super::effects::texts(self.tree, at);
                    return self.all && all_of_users(&texts) || names_secret(&texts);
                }
                ExprKind::Member { object, .. } => at = *object,
                ExprKind::Await(inner) => at = *inner,
                _ => return false,
            }
        }
        false
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
    fn returns(&self, block: &[StmtId]) -> impl Iterator<Item = ExprId> + use<'t> {
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
        match &self.tree.expr(expr).kind {
            ExprKind::Name(name) => names.contains(name),
            // `rows[0]`, `result.rows`
            ExprKind::Index { object, .. } => self.is_whole(*object, names),
            ExprKind::Member { object, name, .. } if self.tree.text(*name) == "rows" => self.is_whole(*object, names),
            ExprKind::Member { .. } => {
                self.session && matches!(written(self.tree, expr).as_str(), "req.user" | "request.user")
            }
            // `[dict(row) for row in rows]`
            ExprKind::Comprehension { element, value: None, clauses, .. } => {
                let whole = clauses.iter().any(|clause| self.is_whole(clause.iter, names));
                let kept = match &self.tree.expr(*element).kind {
                    ExprKind::Name(_) => true,
                    ExprKind::Call { callee, args, .. } => {
                        args.len() == 1 && last(&written(self.tree, *callee)) == "dict"
                    }
                    _ => self.every_column(*element),
                };
                whole && kept
            }
            // `list(User.objects.values())`, `model_to_dict(user)`
            ExprKind::Call { callee, args, .. }
                if self.family == Family::Python
                    && args.len() == 1
                    && matches!(last(&written(self.tree, *callee)), "list" | "model_to_dict") =>
            {
                let whole = self.is_whole(args[0].value, names);
                let root = written(self.tree, args[0].value);
                whole || last(&written(self.tree, *callee)) == "model_to_dict" && names_users(&[last(&root)])
            }
            _ => self.is_row(expr),
        }
    }

    /// `{c.name: getattr(u, c.name) for c in u.__table__.columns}`.
    fn every_column(&self, expr: ExprId) -> bool {
        let ExprKind::Comprehension { value: Some(_), clauses, .. } = &self.tree.expr(expr).kind else { return false };
        clauses.iter().any(|clause| {
            let of = match self.tree.expr(clause.iter).kind {
                ExprKind::Call { callee, .. } => written(self.tree, callee),
                _ => written(self.tree, clause.iter),
            };
            clause.conditions.is_empty()
                && [".__table__.columns", ".__dict__.items", "._meta.fields"].iter().any(|end| of.ends_with(end))
        })
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
                let passes =
                    matches!(last(&name), "jsonable_encoder" | "dict" | "jsonify" | "json" | "stringify" | "list");
                passes && args.iter().any(|arg| self.hands_on(arg.value, names)) || self.is_row(expr)
            }
            _ => self.is_whole(expr, names),
        }
    }

    /// A query for users that asks for every column, or one that makes a user with a password.
    fn is_row(&self, expr: ExprId) -> bool {
        let expr = self.unwrapped(expr);
        match self.tree.expr(expr).kind {
            ExprKind::Template { tag: Some(_), .. } => return self.selects_users(expr),
            // `order ? await getUser(order.userId) : undefined`
            ExprKind::Conditional { then, otherwise, .. } => {
                return [then, otherwise].into_iter().any(|arm| self.is_row(arm));
            }
            _ => {}
        }
        let ExprKind::Call { callee, .. } = &self.tree.expr(expr).kind else { return false };
        let name = written(self.tree, *callee);
        if self.calls.is_some_and(|calls| calls(last(&name))) {
            return true;
        }
        let parts: Vec<&str> = name.split('.').collect();
        let fetched = parts.last().is_some_and(|last| {
            matches!(*last, "query" | "fetchall" | "fetchone" | "execute" | "fetch" | "fetchrow" | "all" | "get")
        });
        if fetched && self.selects_users(expr) {
            return true;
        }
        if !self.all || super::columns::is_served(self.tree, *callee) {
            return false;
        }
        if self.family == Family::JavaScript && super::builder::asks_for_all(self.tree, expr, self.tables) {
            return true;
        }
        // `User.objects.values()`
        if self.family == Family::Python && parts.contains(&"objects") && parts.last() == Some(&"values") {
            let bare = matches!(&self.tree.expr(expr).kind, ExprKind::Call { args, .. } if args.is_empty());
            return bare && names_users(&parts[..1]);
        }
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
            && parts.iter().any(|part| matches!(*part, "query" | "execute" | "exec" | "scalars" | "scalar"));
        let users = names_users(&parts) || queries && self.queries_users(*callee);
        if !users || !(reads || makes || queries) {
            return false;
        }
        let told = self.told(expr);
        // `select(User)` chooses no columns.
        let chooses = self.family == Family::JavaScript || !self.queries_users(*callee);
        let plain = !(told.selects || chooses && told.names.iter().any(|name| name == "select"));
        if makes && !reads { plain && told.secret } else { plain }
    }

    /// `db.query(User).filter(…)`: what is asked for is a user.
    fn queries_users(&self, callee: ExprId) -> bool {
        Walk::node(self.tree, Node::Expr(callee)).take(80).any(|node| match node {
            Node::Expr(expr) => match &self.tree.expr(expr).kind {
                ExprKind::Call { callee, args, .. } => {
                    matches!(last(&written(self.tree, *callee)), "query" | "select")
                        && args.len() == 1
                        && names_users(&[written(self.tree, args[0].value).as_str()])
                }
                _ => false,
            },
            _ => false,
        })
    }
}
