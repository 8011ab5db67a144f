//! Calls that configure: CORS, sessions, how an app is run, `app.config.update`.

use super::Program;
use crate::config::value::{Node, Value};
use crate::syntax::{Arg, Entry, ExprId, ExprKind, Key, Spread};

impl Program<'_, '_> {
    /// Looks into an expression for calls that set something.
    pub(super) fn effect(&mut self, expr: ExprId) {
        let mut walk = crate::syntax::Walk::node(self.tree, crate::syntax::Node::Expr(expr));
        let mut found: Vec<ExprId> = Vec::new();
        while let Some(node) = walk.next() {
            let crate::syntax::Node::Expr(id) = node else { continue };
            match self.tree.expr(id).kind {
                ExprKind::Call { callee, .. } => {
                    let text = self.file.slice(self.tree.expr(callee).span);
                    // What a client sends allows nothing.
                    if ["requests.", "httpx.", "session.", "client."].iter().any(|start| text.starts_with(start)) {
                        walk.skip_children();
                    }
                    found.push(id);
                }
                ExprKind::Map { .. } => found.push(id),
                _ => {}
            }
            if found.len() >= 1_000 {
                break;
            }
        }
        for expr in found {
            match &self.tree.expr(expr).kind {
                ExprKind::Map { entries } => self.header_map(entries),
                _ => self.configuring_call(expr),
            }
        }
    }

    /// `headers={"Access-Control-Allow-Origin": "*"}`.
    fn header_map(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Some(Key::Static(name, at)) = entry.key
                && header_key(self.tree.text(name)).is_some()
            {
                let node = self.eval(entry.value);
                self.header(self.tree.text(name), &Node { span: at.cover(node.span), ..node });
            }
        }
    }

    /// A response header that a program sets.
    pub(super) fn header(&mut self, name: &str, node: &Node) {
        let Some(key) = header_key(name) else { return };
        let value = match &node.value {
            Value::Str(text) if key == "cors.credentials" => Value::Bool(text.eq_ignore_ascii_case("true")),
            Value::Unknown
                if self.file.slice(node.span).to_ascii_lowercase().contains("headers.get('origin'")
                    || self.file.slice(node.span).to_ascii_lowercase().contains("headers.get(\"origin\"") =>
            {
                Value::Str("reflected".to_owned())
            }
            value => value.clone(),
        };
        let dialect = self.call_dialect("python");
        self.set(dialect, key, &Node { value, ..node.clone() });
    }

    fn configuring_call(&mut self, call: ExprId) {
        let tree = self.tree;
        let ExprKind::Call { callee, args, .. } = &tree.expr(call).kind else { return };
        let name = self.last_name(*callee);
        let receiver = match &tree.expr(*callee).kind {
            ExprKind::Member { object, .. } => Some(*object),
            _ => None,
        };
        match name {
            "CORS" | "cross_origin" => self.flask_cors(call, args),
            "cors" if self.framework == "flask" => self.flask_cors(call, args),
            "init_app" if receiver.is_some_and(|object| self.last_name(object) == "cors") => {
                self.flask_cors(call, args);
            }
            "add_middleware" | "Middleware" => self.middleware(call, args),
            "CORSMiddleware" => self.starlette_cors(call, args),
            "SessionMiddleware" => self.starlette_session(call, args),
            "update" | "from_mapping" if receiver.is_some_and(|object| self.is_config_object(object)) => {
                self.config_update(args);
            }
            "setdefault" if receiver.is_some_and(|object| self.is_config_object(object)) => {
                if let [key, value] = args.as_ref()
                    && let Some(key) = tree.string_of(key.value)
                {
                    let node = self.eval(value.value);
                    self.configured(key, &node);
                }
            }
            "add" | "set" | "setdefault" if receiver.is_some_and(|object| self.last_name(object) == "headers") => {
                if let [name, value] = args.as_ref()
                    && let Some(name) = tree.string_of(name.value)
                {
                    let node = self.eval(value.value);
                    self.header(name, &node);
                }
            }
            "launch" if tree.symbol("gradio").is_some() => {
                let names = [("share", "share"), ("server_name", "host"), ("auth", "auth"), ("debug", "debug")];
                self.keywords(args, "app.launch", &names);
            }
            "run" => {
                let holder = receiver.map_or("", |object| self.last_name(object));
                let key = match holder {
                    "uvicorn" => "uvicorn.run",
                    "socketio" => "app.run",
                    _ if self.framework == "flask" && holder != "asyncio" && holder != "subprocess" => "app.run",
                    "app" | "application" => "app.run",
                    _ => return,
                };
                let names = [
                    ("debug", "debug"),
                    ("host", "host"),
                    ("port", "port"),
                    ("reload", "reload"),
                    ("use_debugger", "use_debugger"),
                    ("ssl_context", "ssl_context"),
                    ("workers", "workers"),
                    ("allow_unsafe_werkzeug", "allow_unsafe_werkzeug"),
                ];
                self.keywords(args, key, &names);
                // `app.run("0.0.0.0", 5000, True)`
                if key == "app.run" && holder != "socketio" {
                    let dialect = self.call_dialect("flask");
                    for (arg, name) in args.iter().zip(["host", "port", "debug"]).filter(|(arg, _)| arg.name.is_none())
                    {
                        let node = self.eval(arg.value);
                        self.set(dialect, &format!("app.run.{name}"), &node);
                    }
                }
            }
            "FastAPI" | "Starlette" => {
                let names = [
                    ("debug", "debug"),
                    ("docs_url", "docs_url"),
                    ("redoc_url", "redoc_url"),
                    ("openapi_url", "openapi_url"),
                ];
                self.keywords(args, "app", &names);
            }
            _ => {}
        }
    }

    /// The dialect of a call in a file that names its framework in no import.
    fn call_dialect(&self, otherwise: &'static str) -> &'static str {
        if self.framework == "python" { otherwise } else { self.framework }
    }

    fn set(&mut self, dialect: &'static str, key: &str, node: &Node) {
        let before = std::mem::replace(&mut self.sink.dialect, dialect);
        self.sink.code(key, node);
        self.sink.dialect = before;
    }

    /// The keyword arguments of a call, renamed, with the place of the whole argument.
    fn keywords(&mut self, args: &[Arg], prefix: &str, names: &[(&str, &str)]) {
        let fallback = if prefix.starts_with("uvicorn") || prefix == "session" { "fastapi" } else { "flask" };
        let dialect = self.call_dialect(fallback);
        for arg in args {
            let Some(name) = arg.name.map(|name| self.tree.text(name)) else { continue };
            if let Some((_, key)) = names.iter().find(|(known, _)| *known == name) {
                let node = self.keyword(arg);
                self.set(dialect, &format!("{prefix}.{key}"), &node);
            }
        }
    }

    /// The value of an argument.
    fn keyword(&mut self, arg: &Arg) -> Node {
        self.eval(arg.value)
    }

    fn config_update(&mut self, args: &[Arg]) {
        for arg in args {
            let node = self.eval(arg.value);
            match (arg.name, node.value) {
                (Some(key), value) => {
                    let key = self.tree.text(key).to_owned();
                    self.configured(&key, &Node { value, ..node });
                }
                (None, Value::Map(entries)) => entries.iter().for_each(|(key, node)| self.configured(key, node)),
                _ => {}
            }
        }
    }

    fn argument(&self, args: &[Arg], wanted: &str) -> Option<Arg> {
        args.iter().find(|arg| arg.name.is_some_and(|name| self.tree.text(name) == wanted)).copied()
    }

    /// Whether arguments come from elsewhere (`**options`), so that what is not written may still be set.
    fn is_open(args: &[Arg]) -> bool {
        args.iter().any(|arg| arg.spread == Spread::Map)
    }

    /// flask-cors: without origins, every origin is allowed.
    fn flask_cors(&mut self, call: ExprId, args: &[Arg]) {
        let span = self.tree.expr(call).span;
        let dialect = self.call_dialect("flask");
        if let Some(credentials) =
            self.argument(args, "supports_credentials").or_else(|| self.argument(args, "allow_credentials"))
        {
            let node = self.keyword(&credentials);
            self.set(dialect, "cors.credentials", &node);
        }
        let origins = ["origins", "origin", "allow_origin"].iter().find_map(|name| self.argument(args, name));
        if let Some(origins) = origins {
            let node = self.keyword(&origins);
            self.set(dialect, "cors.origins", &node);
            return;
        }
        if let Some(resources) = self.argument(args, "resources") {
            let node = self.keyword(&resources);
            self.resources(dialect, &node, span);
            return;
        }
        if !Self::is_open(args) {
            let name = match &self.tree.expr(call).kind {
                ExprKind::Call { callee, .. } => self.last_name(*callee).to_owned(),
                _ => String::new(),
            };
            let note = format!("default of `{name}` when no origins are given");
            self.set(dialect, "cors.origins", &Node::noted(Value::Str("*".to_owned()), span, note));
        }
    }

    /// `resources={r"/api/*": {"origins": "*"}}`.
    fn resources(&mut self, dialect: &'static str, node: &Node, span: crate::base::Span) {
        let Value::Map(entries) = &node.value else {
            let note = "default of `CORS` when no origins are given";
            let value = if matches!(node.value, Value::Unknown) { Value::Unknown } else { Value::Str("*".to_owned()) };
            self.set(dialect, "cors.origins", &Node::noted(value, span, note));
            return;
        };
        for (path, options) in entries {
            let note = format!("for `{path}`");
            match options.value.get("origins") {
                Some(origins) => {
                    let node = Node::noted(origins.value.clone(), origins.span, note.clone());
                    self.set(dialect, "cors.origins", &node);
                }
                None if matches!(options.value, Value::Map(_)) => {
                    let node = Node::noted(
                        Value::Str("*".to_owned()),
                        options.span,
                        "default of `CORS` when no origins are given",
                    );
                    self.set(dialect, "cors.origins", &node);
                }
                None => {}
            }
            if let Some(credentials) = options.value.get("supports_credentials") {
                let node = Node::noted(credentials.value.clone(), credentials.span, note);
                self.set(dialect, "cors.credentials", &node);
            }
        }
    }

    /// `app.add_middleware(CORSMiddleware, …)`, `Middleware(CORSMiddleware, …)`.
    fn middleware(&mut self, call: ExprId, args: &[Arg]) {
        let first =
            args.first().filter(|arg| arg.name.is_none()).or_else(|| args.iter().find(|arg| arg.name.is_some()));
        match first.map(|first| self.last_name(first.value)) {
            Some("CORSMiddleware") => self.starlette_cors(call, args),
            Some("SessionMiddleware") => self.starlette_session(call, args),
            Some("TrustedHostMiddleware") => self.keywords(args, "trusted_hosts", &[("allowed_hosts", "allowed")]),
            _ => {}
        }
    }

    /// Starlette's sessions: cookies that also travel over plain HTTP unless `https_only` is set.
    fn starlette_session(&mut self, call: ExprId, args: &[Arg]) {
        let names = [("secret_key", "secret"), ("https_only", "https_only"), ("same_site", "same_site")];
        self.keywords(args, "session", &names);
        if self.argument(args, "https_only").is_none() && !Self::is_open(args) {
            let dialect = self.call_dialect("fastapi");
            let note = "default of `SessionMiddleware`";
            let span = self.tree.expr(call).span;
            self.set(dialect, "session.https_only", &Node::noted(Value::Bool(false), span, note));
        }
    }

    fn starlette_cors(&mut self, _call: ExprId, args: &[Arg]) {
        let names = [
            ("allow_origins", "origins"),
            ("allow_origin_regex", "origin_regex"),
            ("allow_credentials", "credentials"),
            ("allow_methods", "methods"),
            ("allow_headers", "headers"),
        ];
        let dialect = self.call_dialect("fastapi");
        for (name, key) in names {
            if let Some(arg) = self.argument(args, name) {
                let node = self.keyword(&arg);
                self.set(dialect, &format!("cors.{key}"), &node);
            }
        }
    }
}

/// The setting that a response header stands for.
fn header_key(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "access-control-allow-origin" => Some("cors.origins"),
        "access-control-allow-credentials" => Some("cors.credentials"),
        _ => None,
    }
}
