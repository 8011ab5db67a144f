//! What guards a route: decorators, middleware, dependencies and the handler's own checks, each with its place.
//!
//! A library's guard is known by its access path. A function of the project is taken for a guard when its name says so,
//! when it calls one, or when it answers 401, 403 or 429 (and stands where guards stand).

use rustc_hash::FxHashMap;

use super::vocabulary::Vocabulary;
use super::{Guard, GuardKind, SessionKind};
use crate::base::{Location, Span};
use crate::flow::Project;
use crate::flow::facts::{
    CallFact, ClassRef, DecoratorFact, FactValue, Facts, FileId, FuncRef, FunctionFact, Place, ReadFact,
};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{BinaryOp, ExprId, ExprKind, Literal, PatternKind, StmtKind, Symbol, Tree, UnaryOp};

/// How far guards are followed through functions that call guards.
const MAX_DEPTH: u8 = 3;

/// Facts, arranged for asking what stands in front of a handler.
pub(super) struct Evidence<'a> {
    pub project: &'a Project,
    pub vocabulary: &'a Vocabulary,
    calls: FxHashMap<Place, &'a CallFact>,
    calls_inside: FxHashMap<FuncRef, Vec<&'a CallFact>>,
    reads_inside: FxHashMap<FuncRef, Vec<&'a ReadFact>>,
    functions: FxHashMap<FuncRef, &'a FunctionFact>,
    /// `CurrentUser = Annotated[User, Depends(…)]`, by name.
    aliases: FxHashMap<String, Place>,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(project: &'a Project, facts: &'a Facts, vocabulary: &'a Vocabulary) -> Self {
        let mut calls_inside: FxHashMap<FuncRef, Vec<&CallFact>> = FxHashMap::default();
        for call in &facts.calls {
            if let Some(function) = call.inside {
                calls_inside.entry(function).or_default().push(call);
            }
        }
        let mut reads_inside: FxHashMap<FuncRef, Vec<&ReadFact>> = FxHashMap::default();
        for read in &facts.reads {
            if let Some(function) = read.inside {
                reads_inside.entry(function).or_default().push(read);
            }
        }
        Self {
            project,
            vocabulary,
            calls: facts.calls.iter().map(|call| (call.place, call)).collect(),
            calls_inside,
            reads_inside,
            functions: facts.functions.iter().map(|function| (function.function, function)).collect(),
            aliases: aliases(project),
        }
    }

    pub(super) fn family(&self, file: FileId) -> Family {
        self.project.file(file).family
    }

    pub(super) fn tree(&self, file: FileId) -> &'a Tree {
        &self.project.file(file).tree
    }

    pub(super) fn call(&self, place: Place) -> Option<&'a CallFact> {
        self.calls.get(&place).copied()
    }

    pub(super) fn function(&self, function: FuncRef) -> Option<&'a FunctionFact> {
        self.functions.get(&function).copied()
    }

    pub(super) fn locate(&self, file: FileId, span: Span) -> Location {
        self.project.file(file).source.locate(span)
    }

    /// What a middleware, dependency or wrapper checks.
    pub(super) fn of_value(&self, file: FileId, value: &FactValue) -> Vec<Guard> {
        let family = self.family(file);
        let guard = |kind, name: &str| Guard { kind, name: name.to_owned(), location: self.locate(file, value.span) };
        let known: Vec<Guard> = value
            .paths
            .iter()
            .flat_map(|path| self.vocabulary.guards(family, path).iter().map(move |known| (known.kind, path)))
            .map(|(kind, path)| guard(kind, readable(path)))
            .collect();
        if !known.is_empty() {
            return known;
        }
        let mut found: Vec<Guard> = Vec::new();
        if let Some(function) = value.function {
            let name = self.name_of(function, &value.name);
            found.extend(self.kinds_of(function, MAX_DEPTH).into_iter().map(|kind| guard(kind, &name)));
        }
        if let Some(class) = value.class.filter(|_| found.is_empty()) {
            found.extend(
                answers(self.tree(class.file), Node::Class(class.class))
                    .into_iter()
                    .map(|kind| guard(kind, &value.name)),
            );
        }
        if found.is_empty()
            && let Some(kind) = self.vocabulary.named(family, last(&value.name))
        {
            found.push(guard(kind, &value.name));
        }
        // A dependency: `Depends(f)`.
        if let Some(call) = value.expr.and_then(|place| self.call(place)).filter(|_| found.is_empty())
            && matches!(last(&value.name), "Depends" | "Security")
            && let Some(arg) = call.args.first()
        {
            found.extend(self.of_value(file, &arg.value));
        }
        found
    }

    /// What a decorator checks.
    pub(super) fn of_decorator(&self, file: FileId, decorator: &DecoratorFact) -> Vec<Guard> {
        let value = FactValue {
            paths: decorator.paths.clone(),
            function: decorator.function,
            span: decorator.span,
            name: decorator.name.clone(),
            ..FactValue::default()
        };
        self.of_value(file, &value)
    }

    /// Kinds of check that a project function makes before it goes on.
    fn kinds_of(&self, function: FuncRef, depth: u8) -> Vec<GuardKind> {
        let family = self.family(function.file);
        let name = self.name_of(function, "");
        let mut kinds: Vec<GuardKind> = self.vocabulary.named(family, &name).into_iter().collect();
        if !kinds.is_empty() || super::vocabulary::lets_strangers_in(&name) {
            return kinds;
        }
        let tree = self.tree(function.file);
        let refuses = can_refuse(tree, function, family);
        if refuses {
            kinds.extend(answers(tree, Node::Function(function.function)));
        }
        // In Python a decorator may hand on to another: `return login_required(view)`.
        let asks = refuses || family == Family::Python;
        for inner in inner_functions(tree, function).into_iter().filter(|_| asks) {
            for call in self.calls_inside.get(&inner).into_iter().flatten() {
                for path in &call.paths {
                    kinds.extend(self.vocabulary.guards(family, path).iter().map(|known| known.kind));
                }
                for called in call.args.iter().filter_map(|arg| arg.value.function).filter(|_| depth > 0) {
                    if is_dependency(call) {
                        kinds.extend(self.kinds_of(called, depth - 1));
                    }
                }
            }
        }
        if depth > 0 {
            for guard in self.dependencies(function, depth - 1) {
                kinds.push(guard.kind);
            }
        }
        kinds.retain(|kind| *kind != GuardKind::Validation);
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    pub(super) fn name_of(&self, function: FuncRef, otherwise: &str) -> String {
        match self.function(function) {
            Some(fact) if !fact.name.is_empty() => fact.name.clone(),
            _ => otherwise.to_owned(),
        }
    }

    /// FastAPI's dependencies of a function: `user = Depends(f)`, `user: Annotated[User, Depends(f)]` or an alias of it.
    pub(super) fn dependencies(&self, function: FuncRef, depth: u8) -> Vec<Guard> {
        let tree = self.tree(function.file);
        if self.family(function.file) != Family::Python {
            return Vec::new();
        }
        let mut found = Vec::new();
        for param in &tree.function(function.function).params {
            let mut roots: Vec<Place> = [param.default, param.annotation]
                .into_iter()
                .flatten()
                .map(|expr| Place { file: function.file, expr })
                .collect();
            if let Some(ExprKind::Name(name)) = param.annotation.map(|expr| &tree.expr(expr).kind) {
                roots.extend(self.aliases.get(tree.text(*name)));
            }
            let shown = param
                .default
                .or(param.annotation)
                .map_or(tree.function(function.function).name_span, |expr| tree.expr(expr).span);
            if let Some(model) = param.annotation.filter(|annotation| self.is_schema(function.file, *annotation, 3)) {
                let location = self.locate(function.file, tree.expr(model).span);
                found.push(Guard { kind: GuardKind::Validation, name: written(tree, model), location });
            }
            for root in roots {
                let location = self.locate(function.file, shown);
                found.extend(
                    self.depends_in(root, depth).into_iter().map(|guard| Guard { location: location.clone(), ..guard }),
                );
            }
        }
        found
    }

    /// Whether an annotation names a class of the project that checks its fields (a Pydantic model).
    pub(super) fn is_schema(&self, file: FileId, annotation: ExprId, depth: u8) -> bool {
        let name = written(self.tree(file), annotation);
        if matches!(last(&name), "BaseModel" | "SQLModel") {
            return true;
        }
        let class = super::extract::class_named(self, file, last(&name)).filter(|_| depth > 0 && !name.is_empty());
        class.is_some_and(|class| {
            self.tree(class.file)
                .class(class.class)
                .bases
                .iter()
                .any(|base| self.is_schema(class.file, *base, depth - 1))
        })
    }

    /// A declared field of a class of the project, or of one that it is made from.
    pub(super) fn declared_field(
        &self,
        file: FileId,
        annotation: ExprId,
        depth: u8,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        let name = written(self.tree(file), annotation);
        let class = super::extract::class_named(self, file, last(&name)).filter(|_| depth > 0 && !name.is_empty())?;
        let tree = self.tree(class.file);
        let node = tree.class(class.class);
        let own = node.body.iter().find_map(|stmt| {
            let StmtKind::Assign { targets, annotation: Some(_), .. } = &tree.stmt(*stmt).kind else { return None };
            let PatternKind::Name(name) = tree.pattern(*targets.first()?).kind else { return None };
            Some(tree.text(name)).filter(|name| wanted(name)).map(str::to_owned)
        });
        own.or_else(|| node.bases.iter().find_map(|base| self.declared_field(class.file, *base, depth - 1, wanted)))
    }

    /// Guards in the `Depends(…)` below an expression.
    fn depends_in(&self, root: Place, depth: u8) -> Vec<Guard> {
        let tree = self.tree(root.file);
        let mut found = Vec::new();
        for node in Walk::node(tree, Node::Expr(root.expr)) {
            let Node::Expr(expr) = node else { continue };
            let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
            if !matches!(last(&written(tree, *callee)), "Depends" | "Security") {
                continue;
            }
            let Some(arg) = args.first() else { continue };
            let place = Place { file: root.file, expr };
            let value = match self.call(place).and_then(|call| call.args.first()) {
                Some(arg) => arg.value.clone(),
                None => self.by_name(root.file, arg.value),
            };
            match value.function {
                Some(function)
                    if depth == 0 && self.vocabulary.named(Family::Python, &self.name_of(function, "")).is_none() => {}
                _ => found.extend(self.of_value(root.file, &value)),
            }
        }
        found
    }

    /// A value known by what is written only: a function of the project with that name, if there is just one.
    pub(super) fn by_name(&self, file: FileId, expr: ExprId) -> FactValue {
        let tree = self.tree(file);
        let (callee, is_call) = match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => (*callee, true),
            _ => (expr, false),
        };
        let name = written(tree, callee);
        let mut same = self.functions.values().filter(|fact| !fact.name.is_empty() && fact.name == last(&name));
        let function = same.next().filter(|_| same.next().is_none()).map(|fact| fact.function);
        FactValue { name, function, is_call, span: tree.expr(expr).span, ..FactValue::default() }
    }

    /// Checks that the handler makes itself: calls of guards, and conditions on who calls that leave the handler.
    pub(super) fn of_body(&self, handler: FuncRef) -> Vec<Guard> {
        let family = self.family(handler.file);
        let tree = self.tree(handler.file);
        let mut found = Vec::new();
        let guard =
            |kind, name: &str, span| Guard { kind, name: name.to_owned(), location: self.locate(handler.file, span) };
        for call in self.calls_inside.get(&handler).into_iter().flatten() {
            for path in &call.paths {
                let known = self.vocabulary.guards(family, path);
                let telling = known.iter().filter(|_| call.decorates.is_none() && !is_lookup(path));
                found.extend(telling.map(|known| guard(known.kind, readable(path), call.span)));
            }
        }
        let mut walk = Walk::block(tree, &tree.function(handler.function).body);
        while let Some(node) = walk.next() {
            match node {
                Node::Function(_) | Node::Class(_) => walk.skip_children(),
                Node::Expr(expr) => {
                    let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
                    let name = written(tree, *callee);
                    // `authenticate(name, password)` logs in; it guards nothing.
                    let logs_in = last(&name).starts_with("authenticate") && args.len() > 1;
                    let kind = self.vocabulary.named(family, last(&name)).filter(|_| !logs_in);
                    if let Some(kind) = kind.filter(|kind| {
                        *kind != GuardKind::Validation || name.contains('.') || family == Family::JavaScript
                    }) {
                        found.push(guard(kind, &name, tree.expr(expr).span));
                    }
                }
                Node::Stmt(stmt) => {
                    let StmtKind::If { test, then, otherwise } = &tree.stmt(stmt).kind else { continue };
                    // `if not user: leave`, or `if user: … else: leave`; not `if user: leave`.
                    let guards = match polarity(tree, *test) {
                        Polarity::Negative | Polarity::Compares => leaves(tree, then),
                        Polarity::Positive => !otherwise.is_empty() && leaves(tree, otherwise),
                    };
                    if guards {
                        found.extend(self.of_test(handler, *test));
                    }
                }
                Node::Pattern(_) => {}
            }
        }
        found
    }

    /// Guards that a condition reads: `if not current_user.is_authenticated:`, `if (!req.session.user)`.
    fn of_test(&self, handler: FuncRef, test: ExprId) -> Vec<Guard> {
        let family = self.family(handler.file);
        let tree = self.tree(handler.file);
        // `post.author != current_user` asks whose it is.
        let whose = polarity(tree, test) == Polarity::Compares;
        let role = role_in(tree, test);
        let test = tree.expr(test).span;
        let inside = |span: Span| test.contains(span);
        let reads = self.reads_inside.get(&handler).into_iter().flatten().filter(|read| inside(read.span));
        let calls = self.calls_inside.get(&handler).into_iter().flatten().filter(|call| inside(call.span));
        let paths = reads.flat_map(|read| &read.paths).chain(calls.flat_map(|call| &call.paths));
        let mut found: Vec<Guard> = role
            .map(|name| Guard { kind: GuardKind::Authorization, name, location: self.locate(handler.file, test) })
            .into_iter()
            .collect();
        for path in paths {
            let known = self.vocabulary.guards(family, path).iter().map(|known| known.kind);
            // `if "user" not in session:`
            let session = self.vocabulary.session(family, path).map(|_| GuardKind::Authentication);
            for kind in known.chain(session) {
                let kind = if whose && kind == GuardKind::Authentication { GuardKind::Authorization } else { kind };
                let location = self.locate(handler.file, test);
                found.push(Guard { kind, name: readable(path).to_owned(), location });
            }
        }
        found
    }

    /// How callers are recognised in a function: a cookie wins over a token, because a token in a cookie is a cookie.
    pub(super) fn session_in(&self, function: FuncRef) -> Option<SessionKind> {
        let family = self.family(function.file);
        let tree = self.tree(function.file);
        let mut found = Vec::new();
        for inner in inner_functions(tree, function) {
            let reads = self.reads_inside.get(&inner).into_iter().flatten().flat_map(|read| &read.paths);
            let calls = self.calls_inside.get(&inner).into_iter().flatten().flat_map(|call| &call.paths);
            found.extend(reads.chain(calls).filter_map(|path| self.vocabulary.session(family, path)));
        }
        found.into_iter().min()
    }

    /// Guards that a class declares for all its methods: base classes, `decorators`, `permission_classes`.
    pub(super) fn of_class(&self, class: ClassRef) -> Vec<Guard> {
        self.of_lineage(class, MAX_DEPTH)
    }

    fn of_lineage(&self, class: ClassRef, depth: u8) -> Vec<Guard> {
        let family = self.family(class.file);
        let tree = self.tree(class.file);
        let node = tree.class(class.class);
        let mut named: Vec<ExprId> = node.bases.iter().chain(&node.decorators).copied().collect();
        for stmt in &node.body {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            let wanted = targets.iter().any(|target| {
                let text = self.project.file(class.file).source.slice(tree.pattern(*target).span);
                matches!(text, "decorators" | "permission_classes" | "throttle_classes" | "method_decorators")
            });
            if let (true, ExprKind::Sequence { items, .. }) = (wanted, &tree.expr(*value).kind) {
                named.extend(items.iter().map(|item| item.value));
            }
        }
        let mut found = Vec::new();
        for base in node.bases.iter().filter(|_| depth > 0) {
            let name = written(tree, *base);
            let base = super::extract::class_named(self, class.file, last(&name)).filter(|base| *base != class);
            found.extend(base.into_iter().flat_map(|base| self.of_lineage(base, depth - 1)));
        }
        for expr in named {
            let name = match &tree.expr(expr).kind {
                // `@method_decorator(login_required, name="dispatch")`
                ExprKind::Call { callee, args, .. } if last(&written(tree, *callee)) == "method_decorator" => {
                    args.first().map_or_else(String::new, |arg| written(tree, arg.value))
                }
                ExprKind::Call { callee, .. } => written(tree, *callee),
                _ => written(tree, expr),
            };
            let location = self.locate(class.file, tree.expr(expr).span);
            let by_last = self.vocabulary.guards_by_last(family, last(&name));
            let kinds = match (by_last.is_empty(), self.by_name(class.file, expr).function) {
                (false, _) => by_last,
                (true, Some(function)) => self.kinds_of(function, MAX_DEPTH),
                (true, None) => self.vocabulary.named(family, last(&name)).into_iter().collect(),
            };
            found.extend(kinds.into_iter().map(|kind| Guard { kind, name: name.clone(), location: location.clone() }));
        }
        found
    }
}

/// A function and those written inside it.
pub(super) fn inner_functions(tree: &Tree, function: FuncRef) -> Vec<FuncRef> {
    Walk::node(tree, Node::Function(function.function))
        .filter_map(|node| match node {
            Node::Function(inner) => Some(FuncRef { file: function.file, function: inner }),
            _ => None,
        })
        .take(64)
        .collect()
}

/// Kinds of check told by the status codes that some code answers with.
fn answers(tree: &Tree, node: Node) -> Vec<GuardKind> {
    let mut kinds = Vec::new();
    for node in Walk::node(tree, node).take(4000) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Literal(Literal::Int(401)) => kinds.push(GuardKind::Authentication),
            ExprKind::Literal(Literal::Int(403)) => kinds.push(GuardKind::Authorization),
            ExprKind::Literal(Literal::Int(429)) => kinds.push(GuardKind::RateLimit),
            ExprKind::Member { name, .. } => match tree.text(*name) {
                "HTTP_401_UNAUTHORIZED" | "UNAUTHORIZED" => kinds.push(GuardKind::Authentication),
                "HTTP_403_FORBIDDEN" | "FORBIDDEN" => kinds.push(GuardKind::Authorization),
                "HTTP_429_TOO_MANY_REQUESTS" => kinds.push(GuardKind::RateLimit),
                _ => {}
            },
            _ => {}
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Whether a function, or one that it makes, can stop a request: it throws or answers. In JavaScript it must also be able
/// to let the request go on, or it is a handler.
fn can_refuse(tree: &Tree, function: FuncRef, family: Family) -> bool {
    const ANSWERS: [&str; 8] = ["abort", "redirect", "status", "sendStatus", "json", "send", "HTTPException", "throw"];
    let inner = inner_functions(tree, function);
    let goes_on = inner.iter().any(|inner| {
        tree.function(inner.function).params.iter().any(|param| match tree.pattern(param.pattern).kind {
            PatternKind::Name(name) => matches!(tree.text(name), "next" | "done"),
            _ => false,
        })
    });
    if family == Family::JavaScript && !goes_on && !calls_its_parameter(tree, function) {
        return false;
    }
    Walk::node(tree, Node::Function(function.function)).take(4000).any(|node| match node {
        Node::Stmt(stmt) => matches!(tree.stmt(stmt).kind, StmtKind::Throw(_)),
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => ANSWERS.contains(&last(&written(tree, *callee))),
            ExprKind::Literal(Literal::Int(status)) => matches!(status, 401 | 403 | 429),
            _ => false,
        },
        _ => false,
    })
}

/// A wrapper: it calls what it was given.
fn calls_its_parameter(tree: &Tree, function: FuncRef) -> bool {
    let given = |name: Symbol| {
        tree.function(function.function)
            .params
            .iter()
            .any(|param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(known) if known == name))
    };
    Walk::node(tree, Node::Function(function.function)).take(4000).any(|node| match node {
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => matches!(tree.expr(*callee).kind, ExprKind::Name(name) if given(name)),
            _ => false,
        },
        _ => false,
    })
}

/// Whether a block ends the function: it returns, throws, aborts or redirects.
fn leaves(tree: &Tree, block: &crate::syntax::Block) -> bool {
    Walk::block(tree, block).take(200).any(|node| match node {
        Node::Stmt(stmt) => matches!(tree.stmt(stmt).kind, StmtKind::Return(_) | StmtKind::Throw(_)),
        Node::Expr(expr) => match &tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => matches!(last(&written(tree, *callee)), "abort" | "redirect" | "notFound"),
            _ => false,
        },
        _ => false,
    })
}

/// The role that a condition asks for: `profile.role !== "ADMIN"`, `not user.is_admin`.
fn role_in(tree: &Tree, test: ExprId) -> Option<String> {
    let asks = |name: &str| {
        matches!(
            name.to_ascii_lowercase().replace('_', "").as_str(),
            "role"
                | "roles"
                | "isadmin"
                | "isstaff"
                | "issuperuser"
                | "issuperadmin"
                | "isowner"
                | "permissions"
                | "usertype"
                | "userrole"
                | "accesslevel"
                | "ismoderator"
        )
    };
    Walk::node(tree, Node::Expr(test)).take(200).find_map(|node| {
        let Node::Expr(expr) = node else { return None };
        let hit = match &tree.expr(expr).kind {
            ExprKind::Member { name, .. } | ExprKind::Name(name) => asks(tree.text(*name)),
            ExprKind::Index { index, .. } => tree.string_of(*index).is_some_and(asks),
            _ => false,
        };
        hit.then(|| written(tree, expr)).filter(|name| !name.is_empty())
    })
}

/// What a condition says of the caller when it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Polarity {
    /// Something is there: `if user`.
    Positive,
    /// Something is missing: `if not user`, `if user is None`, `if "id" not in session`.
    Negative,
    /// Something differs: `if role != "admin"`.
    Compares,
}

fn polarity(tree: &Tree, test: ExprId) -> Polarity {
    let mut found = Polarity::Positive;
    for node in Walk::node(tree, Node::Expr(test)).take(200) {
        let Node::Expr(expr) = node else { continue };
        match &tree.expr(expr).kind {
            ExprKind::Unary { op: UnaryOp::Not, .. } | ExprKind::Binary { op: BinaryOp::NotIn, .. } => {
                return Polarity::Negative;
            }
            ExprKind::Binary { op, right, .. } => {
                let null = match &tree.expr(*right).kind {
                    ExprKind::Literal(literal) => {
                        matches!(literal, Literal::Null | Literal::Undefined | Literal::Bool(false))
                    }
                    ExprKind::Name(name) => tree.text(*name) == "undefined",
                    _ => false,
                };
                match op {
                    BinaryOp::Equal | BinaryOp::StrictEqual | BinaryOp::Is if null => return Polarity::Negative,
                    BinaryOp::NotEqual | BinaryOp::StrictNotEqual | BinaryOp::IsNot if !null => {
                        found = Polarity::Compares;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

/// Module-level names for `Annotated[…, Depends(…)]`.
fn aliases(project: &Project) -> FxHashMap<String, Place> {
    let mut found = FxHashMap::default();
    for (at, file) in project.files.iter().enumerate() {
        let tree = &file.tree;
        if file.family != Family::Python || (tree.symbol("Depends").is_none() && tree.symbol("Security").is_none()) {
            continue;
        }
        let file_id = FileId(u32::try_from(at).unwrap_or(u32::MAX));
        for stmt in &tree.root {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            if let ([target], ExprKind::Index { .. }) = (&**targets, &tree.expr(*value).kind) {
                let name = file.source.slice(tree.pattern(*target).span);
                found.entry(name.to_owned()).or_insert(Place { file: file_id, expr: *value });
            }
        }
    }
    found
}

fn is_dependency(call: &CallFact) -> bool {
    call.paths.iter().any(|path| matches!(last(path), "Depends" | "Security"))
}

/// Reading who calls is a check only where something depends on it.
#[allow(clippy::case_sensitive_file_extension_comparisons)] // an access path, not the name of a file
fn is_lookup(path: &str) -> bool {
    path.starts_with("flask.session") || path.ends_with(".get") || path.ends_with("get_jwt_identity")
}

/// Names and members as written: `auth.required`; empty for the rest.
pub(super) fn written(tree: &Tree, expr: ExprId) -> String {
    let mut parts = Vec::new();
    let mut at = expr;
    for _ in 0..16 {
        match &tree.expr(at).kind {
            ExprKind::Name(name) => {
                parts.push(tree.text(*name));
                parts.reverse();
                return parts.join(".");
            }
            ExprKind::This => {
                parts.reverse();
                return parts.join(".");
            }
            ExprKind::Member { object, name, .. } => {
                parts.push(tree.text(*name));
                at = *object;
            }
            ExprKind::Call { callee, .. } => at = *callee,
            ExprKind::Await(inner) => at = *inner,
            _ => break,
        }
    }
    parts.first().map_or_else(String::new, |name| (*name).to_owned())
}

/// The last part of a dotted name.
pub(super) fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn readable(path: &str) -> &str {
    path.trim_end_matches("()")
}
