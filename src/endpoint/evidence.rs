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
    CallFact, ClassRef, DecoratorFact, Facts, FactValue, FileId, FuncRef, FunctionFact, Place, ReadFact,
};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Literal, StmtKind, Tree};

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
            found.extend(answers(self.tree(class.file), Node::Class(class.class)).into_iter().map(|kind| guard(kind, &value.name)));
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
        if !kinds.is_empty() {
            return kinds;
        }
        let tree = self.tree(function.file);
        kinds.extend(answers(tree, Node::Function(function.function)));
        for inner in inner_functions(tree, function) {
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
            let mut roots: Vec<Place> =
                [param.default, param.annotation].into_iter().flatten().map(|expr| Place { file: function.file, expr }).collect();
            if let Some(ExprKind::Name(name)) = param.annotation.map(|expr| &tree.expr(expr).kind) {
                roots.extend(self.aliases.get(tree.text(*name)));
            }
            let shown = param.default.or(param.annotation).map_or(tree.function(function.function).name_span, |expr| {
                tree.expr(expr).span
            });
            for root in roots {
                let location = self.locate(function.file, shown);
                found.extend(self.depends_in(root, depth).into_iter().map(|guard| Guard { location: location.clone(), ..guard }));
            }
        }
        found
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
                Some(function) if depth == 0 && self.vocabulary.named(Family::Python, &self.name_of(function, "")).is_none() => {}
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
        let guard = |kind, name: &str, span| Guard { kind, name: name.to_owned(), location: self.locate(handler.file, span) };
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
                    let ExprKind::Call { callee, .. } = &tree.expr(expr).kind else { continue };
                    let name = written(tree, *callee);
                    let kind = self.vocabulary.named(family, last(&name));
                    if let Some(kind) = kind.filter(|kind| *kind != GuardKind::Validation || name.contains('.') || family == Family::JavaScript) {
                        found.push(guard(kind, &name, tree.expr(expr).span));
                    }
                }
                Node::Stmt(stmt) => {
                    let StmtKind::If { test, then, .. } = &tree.stmt(stmt).kind else { continue };
                    if leaves(tree, then) {
                        found.extend(self.of_test(handler, tree.expr(*test).span));
                    }
                }
                Node::Pattern(_) => {}
            }
        }
        found
    }

    /// Guards that a condition reads: `if not current_user.is_authenticated:`, `if (!req.session.user)`.
    fn of_test(&self, handler: FuncRef, test: Span) -> Vec<Guard> {
        let family = self.family(handler.file);
        let inside = |span: Span| test.contains(span);
        let reads = self.reads_inside.get(&handler).into_iter().flatten().filter(|read| inside(read.span));
        let calls = self.calls_inside.get(&handler).into_iter().flatten().filter(|call| inside(call.span));
        let paths = reads.flat_map(|read| &read.paths).chain(calls.flat_map(|call| &call.paths));
        let mut found = Vec::new();
        for path in paths {
            for known in self.vocabulary.guards(family, path) {
                let location = self.locate(handler.file, test);
                found.push(Guard { kind: known.kind, name: readable(path).to_owned(), location });
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
            let kinds = if by_last.is_empty() { self.vocabulary.named(family, last(&name)).into_iter().collect() } else { by_last };
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
    call.paths.iter().any(|path| path.ends_with(".Depends") || path.ends_with(".Security"))
}

/// Reading who calls is a check only where something depends on it.
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
