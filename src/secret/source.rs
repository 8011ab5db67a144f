//! Named secrets of source files, from the syntax tree: variables, attributes, keyword arguments, entries, defaults,
//! what stands in for an unset environment variable, and comparisons.

use super::assign::{Assignment, Way};
use super::{call, name, section};
use crate::base::{SourceFile, Span};
use crate::syntax::{
    Arg, BinaryOp, Expr, ExprId, ExprKind, Key, Literal, LogicalOp, PatternId, PatternKind, StmtId, StmtKind, Tree,
};

/// Literals of which a value is put together.
const PARTS: usize = 32;

/// Every literal that the name of a secret is set to; and those put together of several, with what they make.
pub(super) fn assignments<'a>(
    file: &'a SourceFile,
    tree: &'a Tree,
) -> (Vec<Assignment<'a>>, Vec<(Assignment<'a>, String)>) {
    let mut found = Collector { file, tree, out: Vec::new(), joined: Vec::new() };
    for (_, expr) in tree.exprs() {
        found.expr(expr);
    }
    for (_, function) in tree.functions() {
        for param in &function.params {
            if let (Some(name), Some(default)) = (found.pattern_name(param.pattern), param.default) {
                found.value(name, default, Way::Assigned);
            }
        }
        found.block(&function.body);
    }
    for (_, class) in tree.classes() {
        found.block(&class.body);
    }
    found.block(&tree.root);
    found.out.sort_by_key(|assignment| (assignment.range.start, assignment.range.end));
    found.out.dedup_by_key(|assignment| assignment.range.clone());
    (found.out, found.joined)
}

/// Classes of settings that are for developers and tests: `class Development(Config)`, `class TestingConfig`.
pub(super) fn classes_for_developers(tree: &Tree) -> Vec<Span> {
    let meant = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let head = ["configuration", "config", "settings"].iter().find_map(|end| lower.strip_suffix(end));
        matches!(
            head.unwrap_or(&lower),
            "development" | "dev" | "develop" | "local" | "test" | "tests" | "testing" | "ci"
        )
    };
    let named = tree.classes().filter(|(_, class)| class.name.is_some_and(|name| meant(tree.text(name))));
    named.map(|(_, class)| class.span).collect()
}

struct Collector<'a> {
    file: &'a SourceFile,
    tree: &'a Tree,
    out: Vec<Assignment<'a>>,
    joined: Vec<(Assignment<'a>, String)>,
}

impl<'a> Collector<'a> {
    /// Statements nest; function and class bodies are reached by their own lists.
    fn block(&mut self, block: &'a [StmtId]) {
        let mut open: Vec<StmtId> = block.to_vec();
        while let Some(id) = open.pop() {
            match &self.tree.stmt(id).kind {
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    for target in targets {
                        if let Some(name) = self.pattern_name(*target) {
                            self.value(name, *value, Way::Assigned);
                        }
                    }
                }
                StmtKind::If { then, otherwise, .. } => open.extend(then.iter().chain(otherwise)),
                StmtKind::While { body, otherwise, .. } | StmtKind::ForEach { body, otherwise, .. } => {
                    open.extend(body.iter().chain(otherwise));
                }
                StmtKind::For { init, body, .. } => open.extend(init.iter().chain(body)),
                StmtKind::Try { body, handlers, otherwise, finally } => {
                    open.extend(body.iter().chain(otherwise).chain(finally));
                    open.extend(handlers.iter().flat_map(|handler| handler.body.iter()));
                }
                StmtKind::With { body, .. } | StmtKind::Labeled(_, body) | StmtKind::Block(body) => {
                    open.extend(body.iter());
                }
                StmtKind::Match { cases, .. } => open.extend(cases.iter().flat_map(|case| case.body.iter())),
                _ => {}
            }
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Assign { target, value, .. } => {
                if let Some(name) = self.pattern_name(*target) {
                    self.value(name, *value, Way::Assigned);
                }
            }
            ExprKind::Map { entries } => {
                let named = |names: &[&str], key: &Option<Key>| match key {
                    Some(Key::Static(name, _)) => {
                        names.iter().any(|known| known.eq_ignore_ascii_case(self.tree.text(*name)))
                    }
                    _ => false,
                };
                let login = entries.iter().any(|entry| named(&["user", "username"], &entry.key));
                for entry in entries.iter().filter(|entry| login && named(&["pass"], &entry.key)) {
                    self.value("user_pass", entry.value, Way::Entry);
                }
                let server = login && entries.iter().any(|entry| named(&["host", "server"], &entry.key));
                let database =
                    server && entries.iter().any(|entry| named(&["database", "db", "dbname", "name"], &entry.key));
                for entry in entries.iter().filter(|entry| database && named(&["password"], &entry.key)) {
                    self.value("db_password", entry.value, Way::Position);
                }
                for entry in entries {
                    if let Some(Key::Static(name, _)) = entry.key {
                        self.value(self.tree.text(name), entry.value, Way::Entry);
                    }
                }
            }
            ExprKind::Element { attributes, .. } => {
                for attribute in attributes {
                    if let (Some(name), Some(value)) = (attribute.name, attribute.value) {
                        self.value(self.tree.text(name), value, Way::Entry);
                    }
                }
            }
            ExprKind::Call { callee, args, .. } => self.call(*callee, args),
            ExprKind::Binary { op, left, right } => {
                let equal = matches!(
                    op,
                    BinaryOp::Equal | BinaryOp::StrictEqual | BinaryOp::NotEqual | BinaryOp::StrictNotEqual
                );
                for (name, value) in [(*left, *right), (*right, *left)] {
                    if let (true, Some(name)) = (equal, self.expr_name(name)) {
                        self.literal(name, value, Way::Compared);
                    }
                }
            }
            ExprKind::Logical { op: LogicalOp::Or | LogicalOp::Coalesce, left, right } => {
                if let Some(name) = self.environment(*left).or_else(|| self.expr_name(*left)) {
                    self.literal(name, *right, Way::Fallback);
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, callee: ExprId, args: &'a [Arg]) {
        for arg in args {
            if let Some(name) = arg.name {
                self.value(self.tree.text(name), arg.value, Way::Argument);
            }
        }
        let Some(called) = self.expr_name(callee) else { return };
        let plain = |value| matches!(self.tree.expr(value).kind, ExprKind::Name(_) | ExprKind::Member { .. });
        if let [first] = args
            && matches!(self.tree.expr(callee).kind, ExprKind::Member { .. })
            && !plain(first.value)
            && call::is_setter(called)
        {
            self.literal(called, first.value, Way::Argument);
        }
        // `make_password("…")` whose result nobody takes only spends time.
        let spent = || called == "make_password" && self.tree.lone_calls().any(|(of, _)| of == callee);
        if let ([first], "set_password" | "make_password") = (args, called)
            && !spent()
        {
            self.literal("user_password", first.value, Way::Argument);
        }
        let of = match self.tree.expr(callee).kind {
            ExprKind::Member { object, .. } => self.expr_name(object).unwrap_or_default(),
            _ => "",
        };
        if let Some(arg) =
            name::signing_argument(of, called).and_then(|at| args.get(at)).filter(|arg| arg.name.is_none())
        {
            self.literal("signing_key", arg.value, Way::Argument);
        }
        if let [key, default, ..] = args
            && matches!(
                called,
                "get" | "getenv" | "env" | "str" | "config" | "setdefault" | "getEnv" | "required" | "set" | "setItem"
            )
            && let Some(name) = self.tree.string_of(key.value)
        {
            self.literal(name, default.value, if called.starts_with("set") { Way::Entry } else { Way::Fallback });
        }
        if let Some(variable) = self.environment_call(called, args) {
            for arg in args.iter().filter(|arg| arg.name.is_some_and(|name| self.tree.text(name) == "default")) {
                self.literal(variable, arg.value, Way::Fallback);
            }
        }
    }

    fn environment_call(&self, called: &str, args: &[Arg]) -> Option<&'a str> {
        let known = matches!(called, "get" | "getenv" | "env" | "str" | "config" | "getEnv");
        known.then(|| args.first().and_then(|arg| self.tree.string_of(arg.value))).flatten()
    }

    /// The variable that `process.env.X`, `os.environ["X"]`, `os.getenv("X")` reads.
    fn environment(&self, id: ExprId) -> Option<&'a str> {
        match &self.tree.expr(id).kind {
            ExprKind::Call { callee, args, .. } => self.environment_call(self.expr_name(*callee)?, args),
            ExprKind::Index { index, .. } => self.tree.string_of(*index),
            _ => None,
        }
    }

    /// `config.get("site", "secret")`: a section and an option of a file of settings.
    fn names_option(&self, callee: ExprId, option: ExprId) -> bool {
        let ExprKind::Member { object, name, .. } = self.tree.expr(callee).kind else { return false };
        let parser = self.expr_name(object).is_some_and(|of| {
            let of = of.to_ascii_lowercase();
            of.contains("config") || of.contains("parser") || of == "cfg"
        });
        let option = self.tree.string_of(option).unwrap_or_default();
        parser
            && self.tree.text(name) == "get"
            && ["secret", "secret_key", "password", "token", "api_key", "key"].contains(&option)
    }

    /// A value: the literal itself, or the one that stands in for something else. Those are found on their own, but
    /// under the name of the environment variable only.
    fn value(&mut self, name: &'a str, id: ExprId, way: Way) {
        match &self.tree.expr(id).kind {
            ExprKind::Logical { op: LogicalOp::Or | LogicalOp::Coalesce, left, right } => {
                // `{ key: name || "gb_payload" }`: which entry it is.
                let of_environment = self.file.slice(self.tree.expr(*left).span).to_ascii_lowercase().contains("env");
                if !name.eq_ignore_ascii_case("key") || of_environment {
                    self.literal(name, *right, Way::Fallback);
                }
            }
            ExprKind::Conditional { then, otherwise, .. } => {
                self.literal(name, *then, way);
                self.literal(name, *otherwise, way);
            }
            ExprKind::Call { callee, args, .. } => {
                // `SECRET_KEY = os.getenv("KEY", "literal")`, `Field("literal")`, `SecretStr("literal")`, `Buffer.from("literal")`
                let wraps = self
                    .expr_name(*callee)
                    .is_some_and(|called| matches!(called, "Field" | "SecretStr" | "from" | "encode" | "field"));
                if let (true, Some(arg)) = (wraps && !self.names_charset(args), args.first()) {
                    self.literal(name, arg.value, way);
                } else if let [_, default] = args.as_ref()
                    && self.environment(id).is_some()
                    && !self.names_option(*callee, default.value)
                {
                    self.literal(name, default.value, Way::Fallback);
                } else if let ExprKind::Member { object, name: method, .. } = self.tree.expr(*callee).kind
                    && self.tree.text(method) == "encode"
                {
                    self.literal(name, object, way);
                }
            }
            ExprKind::Binary { op: BinaryOp::Add, .. } => self.joined(name, id, way),
            _ => self.literal(name, id, way),
        }
    }

    /// `"one" + "two"`, of literals alone.
    fn joined(&mut self, name: &'a str, id: ExprId, way: Way) {
        let Some(secret) = name::classify(name) else { return };
        let (mut open, mut parts) = (vec![id], Vec::new());
        while let Some(id) = open.pop() {
            match self.tree.expr(id).kind {
                ExprKind::Binary { op: BinaryOp::Add, left, right } if parts.len() + open.len() < PARTS => {
                    open.extend([right, left]);
                }
                _ => match self.tree.string_of(id) {
                    Some(text) => parts.push(text),
                    None => return,
                },
            }
        }
        let text = parts.concat();
        let span = self.tree.expr(id).span;
        let range = span.start as usize..span.end as usize;
        self.joined.push((Assignment { name, secret, value: "", way, range }, text));
    }

    /// `text.encode("utf-8")`: the argument is no value but how to write one.
    fn names_charset(&self, args: &[Arg]) -> bool {
        const CHARSETS: [&str; 8] = ["utf", "latin", "ascii", "iso-", "iso8859", "cp", "us-ascii", "windows-"];
        let first = args.first().and_then(|arg| self.tree.string_of(arg.value)).map(str::to_ascii_lowercase);
        first.is_some_and(|text| text.len() <= 12 && CHARSETS.iter().any(|start| text.starts_with(start)))
    }

    fn literal(&mut self, name: &'a str, id: ExprId, way: Way) {
        let expr = self.tree.expr(id);
        let text = match expr.kind {
            ExprKind::Literal(Literal::Str(text) | Literal::Bytes(text)) => self.tree.text(text),
            _ => match self.tree.string_of(id) {
                Some(text) => text,
                None => return,
            },
        };
        if text.len() < 3 || way == Way::Fallback && self.is_refused(name, text) {
            return;
        }
        let known = name::classify(name);
        // An entry `pass` of an object without a user may be anything.
        let entry = way == Way::Entry && name.eq_ignore_ascii_case("pass");
        let loose = || section::loose(self.file.text(), name, expr.span.start as usize).filter(|_| !entry);
        let Some(secret) = known.or_else(loose) else { return };
        let raw = self.file.slice(expr.span);
        let start = expr.span.start as usize + raw.find(text).unwrap_or(0);
        let length = if raw.contains(text) { text.len() } else { raw.len() };
        self.out.push(Assignment { name, secret, value: text, way, range: start..start + length });
    }

    /// `if (production && KEY === "dev") throw …`: where it matters, the application does not start with it.
    fn is_refused(&self, name: &str, text: &str) -> bool {
        let compares = |test: &str| {
            let quoted = [format!("\"{text}\""), format!("'{text}'")];
            // `const secret = process.env.KEY || "SECRET"`, and `if (production && secret === "SECRET") throw …`
            (test.contains(name) || test.contains("production"))
                && test.contains("==")
                && quoted.iter().any(|text| test.contains(text.as_str()))
        };
        self.tree.stmts().any(|(_, stmt)| {
            let StmtKind::If { test, .. } = &stmt.kind else { return false };
            let whole = self.file.slice(stmt.span);
            let stops = ["throw ", "raise ", "exit("].iter().any(|word| whole.contains(word));
            stops && compares(self.file.slice(self.tree.expr(*test).span))
        })
    }

    fn pattern_name(&self, id: PatternId) -> Option<&'a str> {
        match &self.tree.pattern(id).kind {
            PatternKind::Name(name) => Some(self.tree.text(*name)),
            PatternKind::Target(expr) => self.expr_name(*expr),
            _ => None,
        }
    }

    fn expr_name(&self, id: ExprId) -> Option<&'a str> {
        match &self.tree.expr(id).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => Some(self.tree.text(*name)),
            ExprKind::Index { index, .. } => self.tree.string_of(*index),
            _ => None,
        }
    }
}
