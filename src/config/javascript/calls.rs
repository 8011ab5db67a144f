//! Calls that configure: CORS, sessions, security headers.

use super::Program;
use crate::base::Span;
use crate::config::value::{Node, Value};
use crate::syntax::{self, Arg, ExprId, ExprKind, StmtKind, Walk};

impl Program<'_, '_> {
    pub(super) fn calls(&mut self) {
        let tree = self.tree;
        let calls: Vec<ExprId> = Walk::module(tree)
            .filter_map(|node| match node {
                syntax::Node::Expr(id) if matches!(tree.expr(id).kind, ExprKind::Call { .. }) => Some(id),
                _ => None,
            })
            .collect();
        self.header_maps();
        for call in calls {
            let ExprKind::Call { callee, args, .. } = &tree.expr(call).kind else { continue };
            self.call(call, *callee, args);
        }
    }

    /// `{ "Access-Control-Allow-Origin": "*" }` and `{ key: "Access-Control-Allow-Origin", value: "*" }`.
    fn header_maps(&mut self) {
        let tree = self.tree;
        let mut walk = Walk::module(tree);
        while let Some(node) = walk.next() {
            let syntax::Node::Expr(id) = node else { continue };
            // What a client sends allows nothing.
            if let ExprKind::Call { callee, .. } = tree.expr(id).kind
                && ["fetch", "$fetch", "axios", "ky"]
                    .contains(&self.file.slice(tree.expr(callee).span).split('.').next().unwrap_or(""))
            {
                walk.skip_children();
            }
            let ExprKind::Map { entries } = &tree.expr(id).kind else { continue };
            let entry = |wanted: &str| {
                entries.iter().find_map(|entry| match entry.key {
                    Some(syntax::Key::Static(name, _)) if tree.text(name) == wanted => Some(entry.value),
                    _ => None,
                })
            };
            for entry in entries {
                if let Some(syntax::Key::Static(name, at)) = entry.key {
                    self.header(tree.text(name), entry.value, at.cover(tree.expr(entry.value).span));
                }
            }
            if let (Some(key), Some(value)) = (entry("key"), entry("value"))
                && let Some(name) = tree.string_of(key)
            {
                self.header(name, value, tree.expr(id).span);
            }
            // Options of a cookie that a handler sets, also those that a variable holds.
            if let Some(value) = entry("sameSite").or_else(|| entry("samesite"))
                && ["httpOnly", "secure", "maxAge", "path", "signed", "expires", "domain"]
                    .iter()
                    .any(|other| entry(other).is_some())
            {
                let node = self.eval(value);
                self.sink.code("cookie.sameSite", &node);
            }
        }
    }

    /// The module that a callee comes from, or its own name.
    fn module_of(&self, callee: ExprId) -> &str {
        match &self.tree.expr(callee).kind {
            ExprKind::Name(name) => self.modules.get(name).copied().unwrap_or_else(|| self.tree.text(*name)),
            ExprKind::Call { .. } => self.required(callee).unwrap_or(""),
            ExprKind::Member { object, .. } => match &self.tree.expr(*object).kind {
                // `helmet.hsts()`, `cors.default()`.
                ExprKind::Name(name) => {
                    self.modules.get(name).copied().filter(|module| *module == "helmet").unwrap_or("")
                }
                _ => "",
            },
            _ => "",
        }
    }

    fn call(&mut self, call: ExprId, callee: ExprId, args: &[Arg]) {
        let span = self.tree.expr(call).span;
        let module = self.module_of(callee).to_owned();
        match module.as_str() {
            "cors" | "hono/cors" | "@koa/cors" | "koa2-cors" | "koa-cors" => {
                return self.cors_options(&module, args.first(), span);
            }
            "express-session" | "session" | "cookie-session" | "cookieSession" | "expressSession"
            | "@fastify/session" | "iron-session" => return self.session(&module, args),
            "helmet" | "@fastify/helmet" | "koa-helmet" => {
                // `helmet.noSniff()` is one header only.
                let key = match &self.tree.expr(callee).kind {
                    ExprKind::Member { name, .. } => format!("helmet.{}", self.tree.text(*name)),
                    _ => "helmet".to_owned(),
                };
                self.sink.code(&key, &Node::new(Value::Bool(true), span));
                return;
            }
            "better-auth" | "betterAuth" => return self.account_fields(args),
            "cookie-parser" | "cookieParser" => {
                if let Some(secret) = args.first() {
                    let node = self.eval(secret.value);
                    self.sink.code("cookie.secret", &node);
                }
                return;
            }
            _ => {}
        }
        let first = args.first().and_then(|arg| self.tree.string_of(arg.value)).unwrap_or("").to_owned();
        match self.last_name(callee) {
            "enableCors" => self.cors_options("enableCors", args.first(), span),
            "register" => self.register(args, span),
            "disable" | "enable" if matches!(first.as_str(), "x-powered-by" | "trust proxy" | "etag") => {
                let on = self.last_name(callee) == "enable";
                self.sink.code(&first, &Node::new(Value::Bool(on), span));
            }
            "set" if first == "trust proxy" || first == "x-powered-by" => {
                if let Some(value) = args.get(1) {
                    let node = self.eval(value.value);
                    self.sink.code(&first, &Node { span, ..node });
                }
            }
            _ => {}
        }
        if matches!(self.last_name(callee), "header" | "setHeader" | "set" | "append" | "writeHead")
            && let Some(value) = args.get(1)
        {
            self.header(&first, value.value, span);
        }
        if matches!(
            self.last_name(callee),
            "Server" | "createServer" | "ApolloServer" | "io" | "socketIo" | "WebSocketGateway"
        ) {
            for arg in args {
                let node = self.eval(arg.value);
                match node.value.get("cors") {
                    Some(Node { value: Value::Bool(true), span, .. }) => self.origins_default("cors", *span),
                    Some(cors) => {
                        let cors = cors.clone();
                        self.cors_value(&cors, cors.span, None);
                    }
                    None => {}
                }
            }
        }
    }

    /// `fastify.register(cors, {…})`.
    fn register(&mut self, args: &[Arg], span: Span) {
        let Some(first) = args.first() else { return };
        let module = match self.required(first.value) {
            Some(module) => module.to_owned(),
            None => self.module_of(first.value).to_owned(),
        };
        match module.as_str() {
            "@fastify/cors" | "fastify-cors" | "cors" => self.cors_options("@fastify/cors", args.get(1), span),
            "@fastify/helmet" => self.sink.code("helmet", &Node::new(Value::Bool(true), span)),
            "@fastify/session" | "@fastify/secure-session" => self.session(&module, args.get(1..).unwrap_or(&[])),
            _ => {}
        }
    }

    fn origins_default(&mut self, module: &str, span: Span) {
        let note = format!("default of `{module}` when no origin is given");
        // Fastify's plugin and Koa's answer with the caller's origin.
        let value = if module.contains("koa") { "reflected" } else { "*" };
        self.sink.code("cors.origins", &Node::noted(Value::Str(value.to_owned()), span, note));
    }

    fn cors_options(&mut self, module: &str, options: Option<&Arg>, span: Span) {
        let Some(options) = options else { return self.origins_default(module, span) };
        let function = self.resolve(options.value);
        let node = self.eval(options.value);
        self.cors_value(&node, span, Some((module, function)));
    }

    /// What a name declared at the top stands for.
    fn resolve(&self, expr: ExprId) -> ExprId {
        match &self.tree.expr(expr).kind {
            ExprKind::Name(name) => self.constants.get(name).copied().unwrap_or(expr),
            _ => expr,
        }
    }

    fn cors_value(&mut self, options: &Node, span: Span, call: Option<(&str, ExprId)>) {
        if let Some(credentials) = options.value.get("credentials") {
            self.sink.code("cors.credentials", credentials);
        }
        let Value::Map(_) = options.value else {
            if let Value::Unknown = options.value {
                self.sink.code("cors.origins", &Node::unknown(span));
            }
            return;
        };
        let Some(origin) = options.value.get("origin").or_else(|| options.value.get("origins")) else {
            if let Some((module, _)) = call {
                self.origins_default(module, span);
            }
            return;
        };
        let reflected = match origin.value {
            Value::Bool(true) => true,
            Value::Unknown => call.is_some_and(|(_, options)| self.allows_everyone(options)),
            _ => false,
        };
        if reflected {
            let note = "the caller's own origin is allowed, whatever it is";
            let node = Node::noted(Value::Str("reflected".to_owned()), origin.span, note);
            self.sink.code("cors.origins", &node);
        } else {
            self.sink.code("cors.origins", origin);
        }
    }

    /// Whether `origin` is a function that only ever calls back with `true`, or hands the origin back.
    fn allows_everyone(&self, options: ExprId) -> bool {
        let tree = self.tree;
        let ExprKind::Map { entries } = &tree.expr(options).kind else { return false };
        let origin = entries
            .iter()
            .find(|entry| matches!(entry.key, Some(syntax::Key::Static(name, _)) if tree.text(name) == "origin"));
        let Some(ExprKind::Function(id)) = origin.map(|entry| &tree.expr(self.resolve(entry.value)).kind) else {
            return false;
        };
        let function = tree.function(*id);
        let parameter =
            |at: usize| function.params.get(at).map(|param| self.file.slice(tree.pattern(param.pattern).span));
        let mut allowed = 0;
        for node in Walk::block(tree, &function.body) {
            match node {
                syntax::Node::Stmt(stmt)
                    if matches!(tree.stmt(stmt).kind, StmtKind::If { .. } | StmtKind::Match { .. }) =>
                {
                    return false;
                }
                syntax::Node::Expr(expr) => match &tree.expr(expr).kind {
                    ExprKind::Conditional { .. } | ExprKind::Logical { .. } => return false,
                    ExprKind::Call { callee, args, .. } if Some(self.last_name(*callee)) == parameter(1) => {
                        let second = args.get(1).map(|arg| self.file.slice(tree.expr(arg.value).span));
                        match second {
                            Some("true") => allowed += 1,
                            Some(text) if Some(text) == parameter(0) => allowed += 1,
                            _ => return false,
                        }
                    }
                    _ => {}
                },
                syntax::Node::Stmt(stmt) => {
                    if let StmtKind::Return(Some(value)) = tree.stmt(stmt).kind
                        && Some(self.file.slice(tree.expr(value).span)) == parameter(0)
                    {
                        allowed += 1;
                    }
                }
                _ => {}
            }
        }
        allowed > 0
    }

    /// better-auth's own columns of a user: whoever signs up may set them, unless `input: false` keeps them from it.
    fn account_fields(&mut self, args: &[Arg]) {
        let Some(options) = args.first() else { return };
        let entry = |map: ExprId, wanted: &str| match &self.tree.expr(map).kind {
            ExprKind::Map { entries } => entries.iter().find_map(|entry| match entry.key {
                Some(syntax::Key::Static(name, _)) if self.tree.text(name) == wanted => Some(entry.value),
                _ => None,
            }),
            _ => None,
        };
        let fields = entry(self.resolve(options.value), "user")
            .and_then(|user| entry(self.resolve(user), "additionalFields"))
            .map(|fields| self.resolve(fields));
        let Some(ExprKind::Map { entries }) = fields.map(|fields| &self.tree.expr(fields).kind) else { return };
        let mut open = Vec::new();
        for field in entries {
            let Some(syntax::Key::Static(name, at)) = field.key else { continue };
            let kept = entry(field.value, "input").is_some_and(|input| {
                !matches!(self.tree.expr(input).kind, ExprKind::Literal(syntax::Literal::Bool(true)))
            });
            if !kept && matches!(self.tree.expr(field.value).kind, ExprKind::Map { .. }) {
                open.push(Node::new(Value::Str(self.tree.text(name).to_owned()), at));
            }
        }
        for node in &open {
            self.sink.code("account.writable-field", node);
        }
    }

    /// The options of a session, and what follows from those that are not given.
    fn session(&mut self, module: &str, args: &[Arg]) {
        let Some(first) = args.first() else { return };
        let node = self.eval(first.value);
        if let Value::Map(_) = node.value {
            self.sink.code("session", &node);
            let cookie = node.value.get("cookie");
            let told = cookie.is_some_and(|it| !matches!(it.value, Value::Map(_)) || it.value.get("secure").is_some());
            if !told && module.contains("express") {
                let note = "default of `express-session`";
                let span = cookie.map_or(self.tree.expr(first.value).span, |cookie| cookie.span);
                self.sink.code("session.cookie.secure", &Node::noted(Value::Bool(false), span, note));
            }
        }
    }

    /// `res.setHeader("Access-Control-Allow-Origin", "*")`.
    fn header(&mut self, name: &str, value: ExprId, span: Span) {
        let key = match name.to_ascii_lowercase().as_str() {
            "access-control-allow-origin" => "cors.origins",
            "access-control-allow-credentials" => "cors.credentials",
            _ => return,
        };
        let text = self.file.slice(self.tree.expr(value).span);
        let reflected = text.contains("headers.origin")
            || text.contains("headers[\"origin\"]")
            || text.contains("headers['origin']")
            || text.contains("header(\"origin\")")
            || text.contains("header('origin')")
            || text.contains("get('Origin')");
        let node = self.eval(value);
        let node = match node.value {
            Value::Unknown if reflected && key == "cors.origins" => {
                Node::noted(Value::Str("reflected".to_owned()), span, "the caller's own origin is sent back")
            }
            Value::Str(text) if key == "cors.credentials" => Node::new(Value::Bool(text == "true"), span),
            value => Node { value, span, note: node.note },
        };
        self.sink.code(key, &node);
    }
}
