//! What responses tell strangers: the text of an exception, a stack trace, which accounts exist. Told inside `except`
//! and `catch`, in the error handlers that a framework calls, and in handlers of routes.

use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::MAX_NODES;
use super::columns::is_private;
use super::evidence::{Evidence, last, written};
use super::handed::is_handed_on;
use super::orphan::Orphans;
use super::rows::Rows;
use crate::base::{CodeContext, Location, Span};
use crate::flow::facts::{Facts, FileId, FuncRef};
use crate::model::index::Family;
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, FunctionId, PatternKind, StmtId, StmtKind, Symbol, TemplatePart, Tree};

/// How many disclosures of one file are told.
const MAX_PER_FILE: usize = 200;

/// Something that a response tells and should not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Disclosure {
    /// What is told: `exception-text`, `stack-trace`, `database-message` (the error that a data service answered with),
    /// `private-field` (a password, a reset token, a key), `user-row` (a user with all columns, the password's too), `layout-only` (a page whose data only its layout guards),
    /// `refresh-token` (one that is taken for an access token), `unknown-account` (the login says so), `known-account` (the registration does),
    /// `identity-header` (whoever calls says in a header who they are),
    /// `unset-secret` (what is signed passes when no secret is set), `spoofable-limit` (a limit whose key the caller writes), `predictable-code` (a code that proves something, made by a generator for games), `open-panel` (a panel over all tables without a log-in).
    pub kind: String,
    /// Where the response is made.
    pub location: Location,
    /// Whether any exception ends here, not only ones that the project expects.
    pub broad: bool,
    /// Role of the file.
    pub context: CodeContext,
    /// Where the function begins that answers, where a whole row or a secret is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<Location>,
}

impl Disclosure {
    /// One that does not depend on what was caught, told of its place alone.
    pub(super) fn told(kind: &str, location: Location, context: CodeContext) -> Self {
        Self { kind: kind.to_owned(), location, broad: true, context, handler: None }
    }
}

/// What a `catch` or an error handler caught.
struct Caught {
    name: Option<Symbol>,
    broad: bool,
}

/// Every disclosure of exceptions in the project. `handlers` are functions whose returned value is the response.
pub(super) fn disclosures(evidence: &Evidence<'_>, facts: &Facts, handlers: &FxHashSet<FuncRef>) -> Vec<Disclosure> {
    let mut found = Vec::new();
    let rows = Rows::new(evidence, facts);
    let orphans = Orphans::default();
    for (at, info) in evidence.project.files.iter().enumerate() {
        let Ok(file) = u32::try_from(at).map(FileId) else { break };
        // Nobody can call what nothing mounts.
        if info.tree.template.is_some() || !handlers.is_empty() && orphans.is_left(evidence, file, handlers) {
            continue;
        }
        let finder = Finder { tree: &info.tree, family: info.family };
        let mut here: Vec<(ExprId, &'static str, bool)> = Vec::new();
        let mut answering: Vec<Span> = Vec::new();
        for (id, function) in info.tree.functions() {
            let returns = handlers.contains(&FuncRef { file, function: id });
            if returns || finder.takes_response(id) {
                answering.push(function.span);
                finder.answers_of_calls(&function.body, returns, &mut here);
                finder.fields(&function.body, returns, &mut here);
                let told =
                    rows.answered(evidence, FuncRef { file, function: id }, returns, |expr| finder.handed_out(expr));
                here.extend(told.into_iter().map(|expr| (expr, "user-row", true)));
            }
            if let Some(caught) = finder.error_handler(id) {
                finder.block(&function.body, &caught, true, &mut here);
            }
            finder.tries(id, returns, &mut here);
        }
        here.sort_unstable_by_key(|(expr, kind, _)| (info.tree.expr(*expr).span.start, *kind));
        here.dedup_by_key(|(expr, ..)| info.tree.expr(*expr).span.start);
        found.extend(here.into_iter().take(MAX_PER_FILE).map(|(expr, kind, broad)| {
            let span = info.tree.expr(expr).span;
            let holds = |function: &&Span| matches!(kind, "user-row" | "private-field") && function.contains(span);
            let handler = answering.iter().filter(holds).min_by_key(|function| function.end - function.start);
            let begin = |function: &Span| evidence.locate(file, Span { start: function.start, end: function.start });
            let told = Disclosure::told(kind, evidence.locate(file, span), info.context);
            Disclosure { broad, handler: handler.map(begin), ..told }
        }));
    }
    let answers = |function: FuncRef| {
        let info = evidence.project.file(function.file);
        Finder { tree: &info.tree, family: info.family }.takes_response(function.function)
    };
    found.extend(super::serial::serialised(evidence, &rows, handlers, &answers));
    found
}

struct Finder<'t> {
    tree: &'t Tree,
    family: Family,
}

impl Finder<'_> {
    /// The `try` statements of a function, those of functions inside it left to them.
    fn tries(&self, function: FunctionId, returns: bool, found: &mut Vec<(ExprId, &'static str, bool)>) {
        let mut walk = Walk::block(self.tree, &self.tree.function(function).body);
        let mut left = MAX_NODES;
        while let Some(node) = walk.next() {
            left -= 1;
            if left == 0 {
                return;
            }
            match node {
                Node::Function(_) | Node::Class(_) => walk.skip_children(),
                Node::Stmt(stmt) => {
                    let StmtKind::Try { handlers, .. } = &self.tree.stmt(stmt).kind else { continue };
                    for handler in handlers {
                        let name = handler.name.and_then(|pattern| self.name_of(pattern));
                        let broad = handler.class.is_none_or(|class| self.is_broad(class));
                        self.block(&handler.body, &Caught { name, broad }, returns, found);
                    }
                }
                // Statements stand in no expression of Python.
                Node::Expr(_) if self.family == Family::Python => walk.skip_children(),
                // `promise.catch(err => res.json({ error: err.message }))`
                Node::Expr(expr) => {
                    let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { continue };
                    let ExprKind::Member { name, .. } = self.tree.expr(*callee).kind else { continue };
                    if self.tree.text(name) == "catch"
                        && let Some(arg) = args.first()
                        && let ExprKind::Function(inner) = self.tree.expr(arg.value).kind
                    {
                        let inner = self.tree.function(inner);
                        let name = inner.params.first().and_then(|param| self.name_of(param.pattern));
                        self.block(&inner.body, &Caught { name, broad: true }, false, found);
                    }
                }
                Node::Pattern(_) => {}
            }
        }
    }

    /// The same as [`Self::answered`] without templates: of what they are given they show what they name.
    fn handed_out(&self, expr: ExprId) -> Option<ExprId> {
        let renders = match &self.tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => last(&written(self.tree, *callee)) == "render",
            _ => false,
        };
        self.answered(expr).filter(|_| !renders)
    }

    fn is_rendered(&self, expr: ExprId) -> bool {
        match &self.tree.expr(expr).kind {
            ExprKind::Call { callee, .. } => matches!(
                last(&written(self.tree, *callee)),
                "render" | "render_template" | "render_to_response" | "TemplateResponse"
            ),
            ExprKind::Await(inner) => self.is_rendered(*inner),
            _ => false,
        }
    }

    /// Whether a variable holds nothing but constants: `has_key = True if … else False`.
    fn is_flag(&self, block: &[StmtId], name: Symbol) -> bool {
        let mut assigned = Walk::block(self.tree, block).take(MAX_NODES).filter_map(|node| match node {
            Node::Stmt(stmt) => match &self.tree.stmt(stmt).kind {
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    targets.iter().any(|target| self.name_of(*target) == Some(name)).then_some(*value)
                }
                _ => None,
            },
            _ => None,
        });
        let Some(first) = assigned.next() else { return false };
        std::iter::once(first).chain(assigned).all(|value| self.is_constant(value, 4))
    }

    fn is_constant(&self, value: ExprId, depth: u32) -> bool {
        match &self.tree.expr(value).kind {
            ExprKind::Literal(literal) => !matches!(literal, crate::syntax::Literal::Str(_)),
            ExprKind::Conditional { then, otherwise, .. } if depth > 0 => {
                self.is_constant(*then, depth - 1) && self.is_constant(*otherwise, depth - 1)
            }
            _ => false,
        }
    }

    /// Express's `(req, res)`.
    fn takes_response(&self, function: FunctionId) -> bool {
        let node = self.tree.function(function);
        let second = node.params.get(1).and_then(|param| self.name_of(param.pattern));
        self.family == Family::JavaScript
            && second.is_some_and(|name| matches!(self.tree.text(name), "res" | "response" | "reply"))
    }

    /// `res.json({ password: user.password })`, `return {"reset_token": token}`: fields that nobody else should see.
    fn fields(&self, block: &[StmtId], returns: bool, found: &mut Vec<(ExprId, &'static str, bool)>) {
        for node in Walk::block(self.tree, block).take(MAX_NODES) {
            let sent = match node {
                Node::Stmt(stmt) => match &self.tree.stmt(stmt).kind {
                    // Of what templates are given they show what they name.
                    StmtKind::Return(Some(value)) if returns && !self.is_rendered(*value) => Some(*value),
                    _ => None,
                },
                Node::Expr(expr) => self.handed_out(expr),
                _ => None,
            };
            let Some(sent) = sent else { continue };
            let mut walk = Walk::node(self.tree, Node::Expr(sent));
            let mut left = 400;
            while let Some(node) = walk.next() {
                left -= 1;
                if left == 0 {
                    break;
                }
                let Node::Expr(expr) = node else { continue };
                if returns && is_handed_on(self.tree, expr) {
                    walk.skip_children();
                    continue;
                }
                let ExprKind::Map { entries } = &self.tree.expr(expr).kind else { continue };
                for entry in entries {
                    let Some(crate::syntax::Key::Static(key, _)) = entry.key else { continue };
                    // A constant or a check is no secret.
                    let value = match self.tree.expr(entry.value).kind {
                        ExprKind::Name(name) => self.tree.text(name) != "undefined" && !self.is_flag(block, name),
                        ExprKind::Member { .. } | ExprKind::Index { .. } => true,
                        _ => false,
                    };
                    if value && is_private(self.tree.text(key)) {
                        found.push((entry.value, "private-field", true));
                    }
                }
            }
        }
    }

    /// `const { data, error } = await supabase.from(…)…; if (error) return { error: error.message }`.
    fn answers_of_calls(&self, block: &[StmtId], returns: bool, found: &mut Vec<(ExprId, &'static str, bool)>) {
        if self.family != Family::JavaScript {
            return;
        }
        let mut names: FxHashSet<Symbol> = FxHashSet::default();
        for node in Walk::block(self.tree, block).take(MAX_NODES) {
            let Node::Stmt(stmt) = node else { continue };
            let StmtKind::Assign { targets, value: Some(value), .. } = &self.tree.stmt(stmt).kind else { continue };
            if !matches!(self.tree.expr(*value).kind, ExprKind::Await(_)) {
                continue;
            }
            for target in targets {
                let PatternKind::Map(fields) = &self.tree.pattern(*target).kind else { continue };
                for field in fields {
                    if let Some(crate::syntax::Key::Static(key, _)) = field.key
                        && self.tree.text(key) == "error"
                    {
                        names.extend(self.name_of(field.pattern));
                    }
                }
            }
        }
        for name in names {
            let mut here = Vec::new();
            self.block(block, &Caught { name: Some(name), broad: true }, returns, &mut here);
            found.extend(here.into_iter().map(|(expr, _, broad)| (expr, "database-message", broad)));
        }
    }

    fn name_of(&self, pattern: crate::syntax::PatternId) -> Option<Symbol> {
        match self.tree.pattern(pattern).kind {
            PatternKind::Name(name) => Some(name),
            _ => None,
        }
    }

    fn is_broad(&self, class: ExprId) -> bool {
        match &self.tree.expr(class).kind {
            ExprKind::Sequence { items, .. } => items.iter().any(|item| self.is_broad(item.value)),
            _ => matches!(last(&written(self.tree, class)), "Exception" | "BaseException"),
        }
    }

    /// Express's `(err, req, res, next)`, Fastify's `(error, request, reply)`, Flask's and FastAPI's error handlers.
    fn error_handler(&self, function: FunctionId) -> Option<Caught> {
        let node = self.tree.function(function);
        let params: Vec<&str> = node
            .params
            .iter()
            .map(|param| self.name_of(param.pattern).map_or("", |name| self.tree.text(name)))
            .collect();
        let named = |at: usize| node.params.get(at).and_then(|param| self.name_of(param.pattern));
        if self.family == Family::JavaScript {
            let error = params.first().is_some_and(|name| matches!(*name, "err" | "error" | "e" | "ex" | "exception"));
            let answers = params.len() >= 3 && params[2].trim_start_matches('_').starts_with("re");
            return (error && answers).then(|| Caught { name: named(0), broad: true });
        }
        for decorator in &node.decorators {
            let name = written(self.tree, *decorator);
            let ExprKind::Call { args, .. } = &self.tree.expr(*decorator).kind else { continue };
            let broad = args.first().is_some_and(|arg| {
                self.is_broad(arg.value)
                    || matches!(self.tree.expr(arg.value).kind, ExprKind::Literal(crate::syntax::Literal::Int(500)))
            });
            match last(&name) {
                "errorhandler" | "app_errorhandler" => return broad.then(|| Caught { name: named(0), broad }),
                "exception_handler" => return broad.then(|| Caught { name: named(1), broad }),
                _ => {}
            }
        }
        None
    }

    /// Responses in a block that tell what was caught.
    fn block(&self, block: &[StmtId], caught: &Caught, returns: bool, found: &mut Vec<(ExprId, &'static str, bool)>) {
        let mut told: Vec<(Symbol, &'static str)> =
            caught.name.map(|name| (name, "exception-text")).into_iter().collect();
        let mut hidden: Vec<crate::base::Span> = Vec::new();
        let mut narrow: Vec<crate::base::Span> = Vec::new();
        let mut walk = Walk::block(self.tree, block);
        let mut left = 4000;
        while let Some(node) = walk.next() {
            left -= 1;
            if left == 0 {
                return;
            }
            let (span, sent) = match node {
                Node::Function(_) | Node::Class(_) | Node::Pattern(_) => continue,
                Node::Stmt(stmt) => {
                    let span = self.tree.stmt(stmt).span;
                    match &self.tree.stmt(stmt).kind {
                        StmtKind::Assign { targets, value: Some(value), .. } => {
                            if let Some(kind) = self.tells(*value, &told) {
                                let names = targets.iter().filter_map(|target| self.name_of(*target));
                                told.extend(names.map(|name| (name, kind)));
                            }
                            // Koa's `ctx.body = …`
                            let body = targets.iter().any(|target| self.is_body(*target));
                            (span, body.then_some(*value))
                        }
                        StmtKind::If { test, .. } => {
                            if self.is_development(*test) {
                                hidden.push(span);
                            } else if self.is_type_test(*test) {
                                narrow.push(span);
                            }
                            continue;
                        }
                        StmtKind::Return(Some(value)) if returns => (span, Some(*value)),
                        StmtKind::Throw(Some(value)) => (span, self.thrown(*value)),
                        _ => continue,
                    }
                }
                Node::Expr(expr) => (self.tree.expr(expr).span, self.answered(expr)),
            };
            let Some(sent) = sent else { continue };
            if hidden.iter().any(|hidden| hidden.contains(span)) {
                continue;
            }
            if let Some(kind) = self.tells(sent, &told) {
                let broad = caught.broad && !narrow.iter().any(|narrow| narrow.contains(span));
                found.push((sent, kind, broad));
                // What is inside was looked at as a whole.
                walk.skip_children();
            }
        }
    }

    fn is_body(&self, target: crate::syntax::PatternId) -> bool {
        let PatternKind::Target(target) = self.tree.pattern(target).kind else { return false };
        matches!(written(self.tree, target).as_str(), "ctx.body" | "ctx.response.body" | "context.body")
    }

    /// The part of a call that goes to the client.
    fn answered(&self, expr: ExprId) -> Option<ExprId> {
        if let ExprKind::Yield { value: Some(value), .. } = &self.tree.expr(expr).kind {
            // Events of a stream: `yield f"data: …"`.
            let text = super::effects::texts(self.tree, *value);
            return text.iter().any(|text| text.contains("data:") || text.contains("error")).then_some(*value);
        }
        let ExprKind::Call { callee, .. } = &self.tree.expr(expr).kind else { return None };
        let name = written(self.tree, *callee);
        let (receiver, method) = name.rsplit_once('.').unwrap_or(("", &name));
        let root = receiver.split('.').next().unwrap_or_default();
        let answers = if self.family == Family::Python {
            match method {
                "jsonify"
                | "JSONResponse"
                | "HTMLResponse"
                | "PlainTextResponse"
                | "JsonResponse"
                | "HttpResponse"
                | "HttpResponseBadRequest"
                | "HttpResponseServerError"
                | "ORJSONResponse"
                | "make_response"
                | "json_response"
                | "abort"
                | "send_json"
                | "send_text"
                | "send_str"
                | "flash" => true,
                // Django shows these to the user.
                "error" | "warning" | "success" | "info" => receiver == "messages",
                "Response" => receiver.is_empty() || matches!(receiver, "flask" | "web" | "responses" | "fastapi"),
                "emit" => !receiver.contains("signal"),
                _ => false,
            }
        } else {
            match method {
                "json" | "send" | "end" | "jsonp" | "write" | "render" => {
                    matches!(root, "res" | "response" | "resp" | "reply" | "ctx" | "c" | "NextResponse" | "Response")
                }
                "text" | "html" => matches!(root, "c" | "ctx"),
                "Response" | "NextResponse" | "createError" => receiver.is_empty(),
                "emit" => matches!(root, "socket" | "io" | "client" | "ws"),
                _ => false,
            }
        };
        answers.then_some(expr)
    }

    /// An exception that a framework turns into a response with its text.
    fn thrown(&self, value: ExprId) -> Option<ExprId> {
        let ExprKind::Call { callee, .. } = &self.tree.expr(value).kind else { return None };
        let name = written(self.tree, *callee);
        let http = matches!(
            last(&name),
            "HTTPException"
                | "APIException"
                | "TRPCError"
                | "HttpException"
                | "InternalServerErrorException"
                | "BadRequestException"
                | "HttpsError"
                | "GraphQLError"
                | "HTTPError"
                | "HTTPInternalServerError"
        );
        http.then_some(value)
    }

    /// Whether an expression holds the text or the trace of what was caught.
    fn tells(&self, expr: ExprId, told: &[(Symbol, &'static str)]) -> Option<&'static str> {
        let mut found = None;
        let mut walk = Walk::node(self.tree, Node::Expr(expr));
        let mut left = 600;
        while let Some(node) = walk.next() {
            left -= 1;
            if left == 0 {
                break;
            }
            let Node::Expr(expr) = node else {
                if matches!(node, Node::Function(_)) {
                    walk.skip_children();
                }
                continue;
            };
            match &self.tree.expr(expr).kind {
                ExprKind::Conditional { test, .. } if self.is_development(*test) => walk.skip_children(),
                ExprKind::Logical { left, .. } if self.is_development(*left) => walk.skip_children(),
                ExprKind::Member { object, name, .. } => {
                    if let Some(kind) = self.known(*object, told) {
                        match self.tree.text(*name) {
                            "stack" | "__traceback__" => return Some("stack-trace"),
                            "message" | "msg" | "args" | "detail" | "stderr" | "sqlMessage" | "text"
                            | "description" | "toString" | "cause" => found = Some(kind),
                            _ => {}
                        }
                        walk.skip_children();
                    }
                }
                ExprKind::Call { callee, args, .. } => {
                    let name = written(self.tree, *callee);
                    match last(&name) {
                        "format_exc" | "format_exception" | "print_exc" | "format_tb" | "exc_info" => {
                            return Some("stack-trace");
                        }
                        // What is asked here is not the text.
                        "isinstance" | "type" | "getattr" | "hasattr" | "get" | "len" | "bool" => walk.skip_children(),
                        _ => {
                            let whole = args.iter().find_map(|arg| self.known(arg.value, told));
                            if let Some(kind) = whole.filter(|_| passes_text(&name)) {
                                found = Some(kind);
                            }
                        }
                    }
                }
                ExprKind::Template { parts, .. } => {
                    let mut values = parts.iter().filter_map(|part| match part {
                        TemplatePart::Value(value) => Some(*value),
                        TemplatePart::Text(_) => None,
                    });
                    found = values.find_map(|value| self.known(value, told)).or(found);
                }
                ExprKind::Map { entries } => {
                    found = entries.iter().find_map(|entry| self.known(entry.value, told)).or(found);
                }
                ExprKind::Binary { left, right, .. } => {
                    found = self.known(*left, told).or_else(|| self.known(*right, told)).or(found);
                }
                ExprKind::Name(_) => found = found.or_else(|| self.derived(expr, told)),
                _ => {}
            }
        }
        found
    }

    /// What a name that was caught, or made from it, tells.
    fn known(&self, expr: ExprId, told: &[(Symbol, &'static str)]) -> Option<&'static str> {
        match &self.tree.expr(expr).kind {
            ExprKind::Name(name) => told.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind),
            _ => None,
        }
    }

    /// A variable that was made from the text of what was caught is text wherever it stands; the exception itself is not.
    fn derived(&self, expr: ExprId, told: &[(Symbol, &'static str)]) -> Option<&'static str> {
        let ExprKind::Name(name) = &self.tree.expr(expr).kind else { return None };
        told.iter().skip(1).find(|(known, _)| known == name).map(|(_, kind)| *kind)
    }

    /// `process.env.NODE_ENV === "development"`, `settings.DEBUG`: told to developers only.
    fn is_development(&self, test: ExprId) -> bool {
        Walk::node(self.tree, Node::Expr(test)).take(60).any(|node| match node {
            Node::Expr(expr) => match &self.tree.expr(expr).kind {
                ExprKind::Name(name) | ExprKind::Member { name, .. } => {
                    let name = self.tree.text(*name).to_ascii_lowercase();
                    matches!(name.as_str(), "node_env" | "debug" | "dev" | "testing" | "app_env")
                        || name.contains("isdev")
                        || name.contains("is_dev")
                        || name.contains("isprod")
                        || name.contains("is_prod")
                        || name.contains("development")
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// `if (err instanceof ZodError)`, `if (err.name === "ValidationError")`: an error that is expected.
    fn is_type_test(&self, test: ExprId) -> bool {
        Walk::node(self.tree, Node::Expr(test)).take(60).any(|node| match node {
            Node::Expr(expr) => match &self.tree.expr(expr).kind {
                ExprKind::Binary { op, left, right } => {
                    let class = written(self.tree, *right);
                    let typed = *op == crate::syntax::BinaryOp::InstanceOf && last(&class) != "Error";
                    // `err.message === "not found"`, `"not found" in str(e)`: one text that is known.
                    typed
                        || self.tree.string_of(*right).or(self.tree.string_of(*left)).is_some_and(|text| text.len() > 3)
                }
                ExprKind::Member { name, .. } => {
                    matches!(
                        self.tree.text(*name),
                        "name" | "code" | "status" | "statusCode" | "isOperational" | "expose"
                    )
                }
                ExprKind::Call { callee, .. } => {
                    let name = written(self.tree, *callee);
                    let name = last(&name);
                    matches!(name, "isinstance" | "includes" | "startsWith" | "startswith" | "match" | "test")
                        || name.starts_with("is")
                }
                _ => false,
            },
            _ => false,
        })
    }
}

/// Calls that hand on the text of an exception: conversions, and those that make a response.
fn passes_text(name: &str) -> bool {
    let name = last(name);
    name.starts_with(|first: char| first.is_ascii_uppercase())
        || matches!(
            name,
            "str"
                | "repr"
                | "format"
                | "json"
                | "send"
                | "end"
                | "abort"
                | "jsonify"
                | "make_response"
                | "stringify"
                | "flash"
                | "emit"
                | "dumps"
                | "escape"
                | "write"
        )
}
