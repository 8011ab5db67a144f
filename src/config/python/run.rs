//! Going through statements in order: assignments, branches, changes of lists and dictionaries, classes of settings.

use std::collections::BTreeMap;

use super::{MAX_DEPTH, MAX_SIZE, MAX_STEPS, Program, Scope, class_context, is_constant};
use crate::config::sensitive::is_secret_key;
use crate::config::value::{Node, Value};
use crate::syntax::{
    BinaryOp, ClassId, ExprId, ExprKind, Key, Literal, PatternId, PatternKind, StmtId, StmtKind, Symbol, Tree,
};

impl<'a> Program<'a, '_> {
    pub(super) fn block(&mut self, block: &[StmtId]) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for stmt in block {
            self.stmt(*stmt);
        }
        self.depth -= 1;
    }

    /// The bodies of functions, once the module's names are known. Their own names do not outlive them.
    pub(super) fn functions(&mut self) {
        let mut at = 0;
        while at < self.pending.len() {
            let function = self.tree.function(self.pending[at]);
            at += 1;
            let mut scope = Scope::new();
            for param in &function.params {
                if let PatternKind::Name(name) = self.tree.pattern(param.pattern).kind {
                    scope.insert(name, Node::unknown(function.span));
                }
            }
            self.scopes.push(scope);
            for decorator in &function.decorators {
                self.effect(*decorator);
            }
            self.block(&function.body);
            self.scopes.pop();
        }
    }

    pub(super) fn lookup(&self, name: Symbol) -> Option<&Node> {
        self.scopes.iter().rev().find_map(|scope| scope.get(&name))
    }

    /// Takes a value's size from the budget; `false` when it is too large to be kept or copied.
    pub(super) fn affords(&mut self, size: usize) -> bool {
        self.steps = self.steps.saturating_add(size.min(MAX_SIZE));
        size <= MAX_SIZE && self.steps <= MAX_STEPS
    }

    /// A name's value to be changed and assigned again; copied only from an outer scope.
    fn take(&mut self, name: Symbol) -> Option<Node> {
        if let Some(own) = self.scopes.last_mut().and_then(|scope| scope.remove(&name)) {
            return Some(own);
        }
        let size = self.lookup(name)?.value.size(0);
        if self.affords(size) { self.lookup(name).cloned() } else { None }
    }

    pub(super) fn assign(&mut self, name: Symbol, node: Node) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, node);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let stmt = self.tree.stmt(id);
        match &stmt.kind {
            StmtKind::Assign { targets, value: Some(value), .. } => {
                let mut node = self.eval(*value);
                if node.value.size(0) > MAX_SIZE {
                    node.value = Value::Unknown;
                }
                self.effect(*value);
                for target in targets {
                    self.bind(*target, &node);
                }
            }
            StmtKind::AugAssign { target, op: BinaryOp::Add | BinaryOp::BitOr, value } => {
                let added = self.eval(*value);
                if let PatternKind::Name(name) = self.tree.pattern(*target).kind {
                    let before = self.take(name);
                    let span = self.tree.pattern(*target).span.cover(added.span);
                    let value = before.map_or(Value::Unknown, |before| super::eval::joined(before.value, added.value));
                    self.assign(name, Node { value, span, note: added.note });
                }
            }
            StmtKind::AugAssign { target, .. } => {
                if let PatternKind::Name(name) = self.tree.pattern(*target).kind {
                    self.assign(name, Node::unknown(stmt.span));
                }
            }
            StmtKind::Expr(expr) | StmtKind::Return(Some(expr)) => {
                self.change(*expr);
                self.effect(*expr);
            }
            StmtKind::If { test, then, otherwise } => self.branch(*test, then, otherwise),
            StmtKind::Try { body, handlers, otherwise, finally } => {
                self.block(body);
                self.block(otherwise);
                let branches: Vec<&[StmtId]> = handlers.iter().map(|handler| &*handler.body).collect();
                for branch in branches {
                    self.merge(branch, &[]);
                }
                self.block(finally);
            }
            StmtKind::With { body, .. } | StmtKind::Block(body) => self.block(body),
            StmtKind::While { body, otherwise, .. } | StmtKind::ForEach { body, otherwise, .. } => {
                self.merge(body, otherwise);
            }
            StmtKind::Function(function) => self.pending.push(*function),
            StmtKind::Class(class) => self.class(*class),
            _ => {}
        }
    }

    fn branch(&mut self, test: ExprId, then: &[StmtId], otherwise: &[StmtId]) {
        match self.condition(test) {
            Some(true) => self.block(then),
            Some(false) => self.block(otherwise),
            None => self.merge(then, otherwise),
        }
    }

    /// Whether a condition holds in production, where that can be told.
    fn condition(&mut self, test: ExprId) -> Option<bool> {
        let text = self.file.slice(self.tree.expr(test).span);
        if text.starts_with("__name__") {
            return Some(true);
        }
        if text.ends_with("TYPE_CHECKING") || (text.contains("sys.argv") && text.contains("test")) {
            return Some(false);
        }
        // A switch that is not constant is off in production, and judged by itself.
        let known = self.eval(test).value.truth();
        known.or(match text {
            "DEBUG" | "settings.DEBUG" | "app.debug" => Some(false),
            "not DEBUG" | "not settings.DEBUG" | "not app.debug" => Some(true),
            _ => None,
        })
    }

    /// Either of two branches may be taken: what they assign differently is one of both.
    fn merge(&mut self, then: &[StmtId], otherwise: &[StmtId]) {
        let mut ends = Vec::with_capacity(2);
        for branch in [then, otherwise] {
            self.scopes.push(Scope::new());
            self.block(branch);
            ends.push(self.scopes.pop().unwrap_or_default());
        }
        let (Some(second), Some(first)) = (ends.pop(), ends.pop()) else { return };
        let names: Vec<Symbol> =
            first.keys().chain(second.keys().filter(|name| !first.contains_key(name))).copied().collect();
        for name in names {
            let outer = self.lookup(name);
            let candidates = [first.get(&name).or(outer), second.get(&name).or(outer)];
            let Some(last) = first.get(&name).or(second.get(&name)) else { continue };
            let size = candidates.iter().flatten().fold(0usize, |sum, node| sum.saturating_add(node.value.size(0)));
            let values: Vec<&Value> = candidates.into_iter().flatten().map(|node| &node.value).collect();
            let value = if size <= MAX_SIZE && self.steps.saturating_add(size) <= MAX_STEPS {
                let unset = (values.len() < 2).then_some(Value::Unknown);
                Value::one_of(values.into_iter().cloned().chain(unset))
            } else {
                Value::Unknown
            };
            let note = match value {
                Value::OneOf(_) => Some("depends on a condition".to_owned()),
                _ => last.note.clone(),
            };
            let node = Node { value, span: last.span, note };
            self.steps = self.steps.saturating_add(size.min(MAX_SIZE));
            self.assign(name, node);
        }
    }

    fn bind(&mut self, target: PatternId, node: &Node) {
        let pattern = self.tree.pattern(target);
        match &pattern.kind {
            PatternKind::Name(name) => {
                let span = pattern.span.cover(node.span);
                self.assign(*name, Node { span, ..node.clone() });
            }
            PatternKind::Sequence(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let Some(part) = part else { continue };
                    let inner = match &node.value {
                        Value::List(items) => items.get(at).cloned(),
                        _ => None,
                    };
                    if self.depth < MAX_DEPTH {
                        self.depth += 1;
                        self.bind(*part, &inner.unwrap_or_else(|| Node::unknown(pattern.span)));
                        self.depth -= 1;
                    }
                }
            }
            PatternKind::Target(expr) => self.bind_target(*expr, node),
            _ => {}
        }
    }

    /// `app.config["X"] = …`, `app.secret_key = …`, `DATABASES["default"]["PASSWORD"] = …`.
    fn bind_target(&mut self, target: ExprId, node: &Node) {
        let span = self.tree.expr(target).span.cover(node.span);
        let node = Node { span, ..node.clone() };
        match &self.tree.expr(target).kind {
            ExprKind::Index { object, index } => {
                let Some(key) = self.tree.string_of(*index) else { return };
                if self.is_config_object(*object) {
                    self.configured(key, &node);
                } else if self.last_name(*object) == "headers" {
                    self.header(key, &node);
                } else if let Some((name, mut path)) = self.path_of(*object) {
                    path.push(key.to_owned());
                    if let Some(mut root) = self.take(name) {
                        set(&mut root.value, &path, node);
                        self.assign(name, root);
                    }
                }
            }
            ExprKind::Member { object, name, .. } => {
                let key = self.tree.text(*name);
                if self.is_config_object(*object) && is_constant(key) {
                    self.configured(key, &node);
                } else if let ExprKind::Name(_) = self.tree.expr(*object).kind {
                    match key {
                        "secret_key" if self.framework == "flask" => self.configured("SECRET_KEY", &node),
                        "debug" if self.framework == "flask" => self.configured("DEBUG", &node),
                        "permanent_session_lifetime" => self.configured("PERMANENT_SESSION_LIFETIME", &node),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// `app.config`, `current_app.config`, `self.app.config`.
    pub(super) fn is_config_object(&self, expr: ExprId) -> bool {
        match &self.tree.expr(expr).kind {
            ExprKind::Member { object, name, .. } => {
                let holder = match &self.tree.expr(*object).kind {
                    ExprKind::Name(name) | ExprKind::Member { name, .. } => self.tree.text(*name),
                    _ => "",
                };
                self.tree.text(*name) == "config"
                    && (self.framework == "flask"
                        || holder == "app"
                        || holder.ends_with("_app")
                        || holder == "application")
            }
            _ => false,
        }
    }

    /// A setting of an application object.
    pub(super) fn configured(&mut self, key: &str, node: &Node) {
        let dialect = std::mem::replace(
            &mut self.sink.dialect,
            if self.framework == "python" { "flask" } else { self.framework },
        );
        self.sink.code(key, node);
        self.sink.dialect = dialect;
    }

    /// `NAME["a"]["b"]` as its name and keys.
    fn path_of(&self, expr: ExprId) -> Option<(Symbol, Vec<String>)> {
        let mut keys = Vec::new();
        let mut expr = expr;
        for _ in 0..16 {
            match &self.tree.expr(expr).kind {
                ExprKind::Name(name) => {
                    keys.reverse();
                    return Some((*name, keys));
                }
                ExprKind::Index { object, index } => {
                    keys.push(self.tree.string_of(*index)?.to_owned());
                    expr = *object;
                }
                _ => return None,
            }
        }
        None
    }

    /// `NAME.append(x)`, `NAME["a"].update(…)`.
    fn change(&mut self, expr: ExprId) {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { return };
        let ExprKind::Member { object, name: method, .. } = &self.tree.expr(*callee).kind else { return };
        let method = self.tree.text(*method);
        if !matches!(method, "append" | "extend" | "insert" | "update" | "remove" | "add" | "clear" | "pop") {
            return;
        }
        let Some((name, path)) = self.path_of(*object) else { return };
        if self.lookup(name).is_none() {
            return;
        }
        let last = args.iter().rev().find(|arg| arg.name.is_none()).map(|arg| self.eval(arg.value));
        let keywords: Vec<(String, Node)> = args
            .iter()
            .filter_map(|arg| arg.name.map(|name| (self.tree.text(name).to_owned(), self.eval(arg.value))))
            .collect();
        let Some(mut root) = self.take(name) else { return };
        let Some(place) = entry(&mut root.value, &path) else {
            self.assign(name, root);
            return;
        };
        let before = std::mem::replace(place, Value::Unknown);
        *place = match (method, before, last) {
            ("append" | "add", Value::List(mut items), Some(item)) => {
                items.push(item);
                Value::List(items)
            }
            ("insert", Value::List(mut items), Some(item)) => {
                items.insert(0, item);
                Value::List(items)
            }
            ("extend", before, Some(more)) => super::eval::joined(before, more.value),
            ("remove", Value::List(mut items), Some(item)) => {
                items.retain(|known| known.value != item.value);
                Value::List(items)
            }
            ("update", Value::Map(mut entries), more) => {
                if let Some(Node { value: Value::Map(more), .. }) = more {
                    entries.extend(more);
                }
                entries.extend(keywords);
                Value::Map(last_wins(entries))
            }
            ("clear", _, _) => Value::List(Vec::new()),
            _ => Value::Unknown,
        };
        self.assign(name, root);
    }

    fn class(&mut self, id: ClassId) {
        let class = self.tree.class(id);
        let name = class.name.map_or("", |name| self.tree.text(name));
        let bases: Vec<&str> = class.bases.iter().map(|base| self.last_name(*base)).collect();
        let pydantic = bases.iter().any(|base| *base == "BaseSettings" || base.ends_with("BaseSettings"));
        self.scopes.push(Scope::new());
        if pydantic {
            self.fields(id);
        } else {
            self.block(&class.body);
        }
        let scope = self.scopes.pop().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let settings = ["config", "settings"].iter().any(|word| lower.ends_with(word) || lower.starts_with(word))
            || bases.iter().any(|base| matches!(*base, "Config" | "BaseConfig" | "Settings" | "Configuration"));
        if pydantic || !settings {
            return;
        }
        let mut entries: Vec<_> = scope.into_iter().filter(|(name, _)| is_constant(self.tree.text(*name))).collect();
        entries.sort_by_key(|(_, node)| node.span);
        let context = self.sink.context;
        self.sink.context = class_context(name, context);
        let dialect = self.sink.dialect;
        if dialect == "python" && self.framework != "python" {
            self.sink.dialect = self.framework;
        }
        let from = self.sink.len();
        for (key, node) in entries {
            self.sink.code(self.tree.text(key), &node);
        }
        let bases = bases.into_iter().map(str::to_owned).collect();
        self.classes.push((name.to_owned(), bases, from..self.sink.len()));
        self.sink.dialect = dialect;
        self.sink.context = context;
    }

    /// What a class for production sets again counts in place of what its base class sets.
    pub(super) fn override_bases(&mut self) {
        let classes = std::mem::take(&mut self.classes);
        let production = |name: &str| {
            let lower = name.to_ascii_lowercase();
            lower.starts_with("prod") || lower.contains("production") || lower.ends_with("prod")
        };
        for (name, bases, range) in classes.iter().filter(|(name, _, _)| production(name)) {
            let set: Vec<crate::config::Setting> = self.sink.range_mut(range.clone()).to_vec();
            for (base, _, range) in classes.iter().filter(|(base, _, _)| bases.contains(base) && base != name) {
                for setting in self.sink.range_mut(range.clone()) {
                    let Some(by) = set.iter().find(|by| by.key == setting.key) else { continue };
                    setting.effective = Some(crate::config::Effective {
                        value: by.value.clone(),
                        provenance: format!("`{name}` sets it again over `{base}`"),
                        location: by.location.clone(),
                        overridden: true,
                        key: None,
                    });
                }
            }
        }
    }

    /// The fields of a pydantic `BaseSettings`: each is read from the environment.
    fn fields(&mut self, id: ClassId) {
        let class = self.tree.class(id);
        let name = class.name.map_or("Settings", |name| self.tree.text(name)).to_owned();
        let prefix = self.prefix(id);
        let dialect = std::mem::replace(&mut self.sink.dialect, "pydantic");
        for stmt in &class.body {
            let stmt = self.tree.stmt(*stmt);
            if let StmtKind::Function(function) = stmt.kind {
                self.property(function);
                continue;
            }
            let StmtKind::Assign { targets, annotation: Some(_), value, .. } = &stmt.kind else { continue };
            let [target] = targets.as_ref() else { continue };
            let PatternKind::Name(field) = self.tree.pattern(*target).kind else { continue };
            let field = self.tree.text(field);
            if matches!(field, "model_config") {
                continue;
            }
            let (default, alias) = value.map_or((None, None), |value| self.field(value));
            let variable = alias.unwrap_or_else(|| format!("{prefix}{field}").to_ascii_uppercase());
            let note = match default {
                Some(ref value) if *value != Value::Null => format!("default of field `{field}` of `{name}`"),
                _ => format!("field `{field}` of `{name}`"),
            };
            let key = field.to_ascii_uppercase();
            let value = match default {
                // An explicit read of the environment says more than the field's name.
                Some(environment @ Value::Environment { .. }) => environment,
                Some(Value::Unknown) if !is_secret_key(&key) => Value::Unknown,
                other => Value::Environment { name: variable, default: other.map(Box::new) },
            };
            self.sink.code(&key, &Node::noted(value, stmt.span, note));
        }
        self.sink.dialect = dialect;
    }

    /// `@property def origins(self): return self.cors_origins.split(",")`.
    fn property(&mut self, id: crate::syntax::FunctionId) {
        let function = self.tree.function(id);
        let read = function.decorators.iter().any(|it| matches!(self.last_name(*it), "property" | "cached_property"));
        let (Some(name), Some(last)) = (function.name, function.body.last()) else { return };
        let stmt = self.tree.stmt(*last);
        let StmtKind::Return(Some(value)) = stmt.kind else { return };
        if !read || function.body.len() > 2 {
            return;
        }
        self.in_settings_class = true;
        let node = self.eval(value);
        self.in_settings_class = false;
        if matches!(node.value, Value::Named(_)) {
            let key = self.tree.text(name).to_ascii_uppercase();
            self.sink.code(&key, &Node { span: stmt.span, ..node });
        }
    }

    /// `env_prefix` of `model_config` or `class Config`.
    fn prefix(&mut self, id: ClassId) -> String {
        let class = self.tree.class(id);
        for stmt in &class.body {
            let value = match &self.tree.stmt(*stmt).kind {
                StmtKind::Assign { targets, value: Some(value), .. } => {
                    let config = targets.iter().any(|target| {
                        matches!(self.tree.pattern(*target).kind, PatternKind::Name(name) if self.tree.text(name) == "model_config")
                    });
                    if !config {
                        continue;
                    }
                    match &self.tree.expr(*value).kind {
                        ExprKind::Call { args, .. } => args
                            .iter()
                            .find(|arg| arg.name.is_some_and(|name| self.tree.text(name) == "env_prefix"))
                            .map(|arg| arg.value),
                        ExprKind::Map { entries } => entries
                            .iter()
                            .find(|entry| matches!(entry.key, Some(Key::Static(name, _)) if self.tree.text(name) == "env_prefix"))
                            .map(|entry| entry.value),
                        _ => None,
                    }
                }
                StmtKind::Class(inner) => {
                    self.tree.class(*inner).body.iter().find_map(|stmt| match &self.tree.stmt(*stmt).kind {
                        StmtKind::Assign { targets, value, .. } => targets
                            .iter()
                            .any(|target| {
                                matches!(self.tree.pattern(*target).kind, PatternKind::Name(name) if self.tree.text(name) == "env_prefix")
                            })
                            .then_some(*value)
                            .flatten(),
                        _ => None,
                    })
                }
                _ => None,
            };
            if let Some(text) = value.and_then(|value| self.tree.string_of(value)) {
                return text.to_owned();
            }
        }
        String::new()
    }

    /// Default and alias of a field: a plain value, or `Field(default, env="X")`.
    fn field(&mut self, value: ExprId) -> (Option<Value>, Option<String>) {
        let is_field = match &self.tree.expr(value).kind {
            ExprKind::Call { callee, .. } => self.last_name(*callee) == "Field",
            ExprKind::Literal(Literal::Ellipsis) => return (None, None),
            _ => false,
        };
        let ExprKind::Call { args, .. } = &self.tree.expr(value).kind else {
            return (Some(self.eval(value).value), None);
        };
        if !is_field {
            return (Some(self.eval(value).value), None);
        }
        let keyword = |wanted: &[&str]| {
            args.iter()
                .find(|arg| arg.name.is_some_and(|name| wanted.contains(&self.tree.text(name))))
                .map(|arg| arg.value)
        };
        let alias = keyword(&["env", "validation_alias", "alias"]).and_then(|alias| self.tree.string_of(alias));
        let default =
            args.first().filter(|arg| arg.name.is_none()).map(|arg| arg.value).or_else(|| keyword(&["default"]));
        let default =
            default.filter(|default| !matches!(self.tree.expr(*default).kind, ExprKind::Literal(Literal::Ellipsis)));
        let alias = alias.map(str::to_owned);
        (default.map(|default| self.eval(default).value), alias)
    }

    /// `c` of `a.b.c`.
    pub(super) fn last_name(&self, expr: ExprId) -> &'a str {
        let tree: &'a Tree = self.tree;
        match &tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => tree.text(*name),
            _ => "",
        }
    }
}

/// The place of a path in nested dictionaries.
fn entry<'v>(value: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    let mut value = value;
    for key in path {
        let Value::Map(entries) = value else { return None };
        value = &mut entries.iter_mut().rev().find(|(name, _)| name == key)?.1.value;
    }
    Some(value)
}

/// Sets an entry in nested dictionaries.
fn set(value: &mut Value, path: &[String], node: Node) {
    let Some((last, outer)) = path.split_last() else { return };
    if let Some(Value::Map(entries)) = entry(value, outer) {
        entries.retain(|(name, _)| name != last);
        entries.push((last.clone(), node));
    }
}

/// Of entries with the same key, the last.
pub(super) fn last_wins(entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<(String, Node)> = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        if let Some(at) = places.get(&key) {
            kept[*at].1 = node;
        } else {
            places.insert(key.clone(), kept.len());
            kept.push((key, node));
        }
    }
    kept
}
