//! Guards: what a condition says of the values it looks at.
//!
//! Known are comparison with constants, allow-lists, type tests, character-class methods, regular expressions that fit
//! the whole text, prefix tests of resolved paths, host tests of parsed URLs, the validators of models, and functions of
//! the project that test their parameter in one of these ways.

use super::super::names::{NameId, known};
use super::super::value::{Origin, RECEIVER, Ref, Taint, TaintSet, Value, WHOLE};
use super::Interp;
use super::operator::HOST;
use crate::flow::facts::select;
use crate::model::index::{ALL_KINDS, Kinds};
use crate::model::path::ArgBase;
use crate::syntax::{Arg, BinaryOp, ExprId, ExprKind, Literal, Spread};

impl Interp<'_> {
    /// Takes in what it means that a condition (neither `not` nor `and`/`or`) is true or false.
    pub(super) fn refine(&mut self, id: ExprId, outcome: bool) {
        let tree = self.tree;
        if let ExprKind::Name(_) = tree.expr(id).kind
            && !self.checks.is_empty()
        {
            self.refine_check(id, outcome);
        }
        if let ExprKind::Member { object, name, .. } = tree.expr(id).kind
            && !self.checks.is_empty()
        {
            self.refine_answer(object, tree.text(name), outcome);
        }
        match &tree.expr(id).kind {
            ExprKind::Binary { op, left, right } => self.refine_binary(*op, *left, *right, outcome),
            ExprKind::Call { callee, args, .. } => self.refine_call(*callee, args, outcome),
            ExprKind::Await(inner) => self.refine(*inner, outcome),
            ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. } | ExprKind::Assign { .. }
                if !outcome =>
            {
                // An address without a host stays here.
                if self.python && self.host_part(id) {
                    let value = self.eval_quiet(id);
                    self.clear_origins(value, HOST);
                }
                // What is empty or missing carries nothing.
                self.clear_place(id, ALL_KINDS);
            }
            // `if (TABLE[x])`
            ExprKind::Index { object, index } if self.allow_list(*object) => self.in_allow_list(*index),
            ExprKind::Assign { value, .. } => self.refine(*value, outcome),
            _ => {}
        }
    }

    fn refine_binary(&mut self, op: BinaryOp, left: ExprId, right: ExprId, outcome: bool) {
        let (positive, equal) = match op {
            BinaryOp::Equal | BinaryOp::StrictEqual | BinaryOp::Is => (outcome, true),
            BinaryOp::NotEqual | BinaryOp::StrictNotEqual | BinaryOp::IsNot => (!outcome, true),
            BinaryOp::In => (outcome, false),
            BinaryOp::NotIn => (!outcome, false),
            BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual => {
                return self.refine_index_of(op, left, right, outcome);
            }
            _ => return,
        };
        if equal && !self.checks.is_empty() {
            self.counted(left, right, positive);
        }
        if equal
            && !self.checks.is_empty()
            && let ExprKind::Name(_) = self.tree.expr(left).kind
            && let ExprKind::Literal(literal) = self.tree.expr(right).kind
        {
            match literal {
                Literal::Null | Literal::Undefined => self.refine_check(left, !positive),
                Literal::Bool(truth) => self.refine_check(left, positive == truth),
                _ => {}
            }
        }
        // `pattern.fullmatch(x) is None`
        if equal
            && matches!(self.tree.expr(right).kind, ExprKind::Literal(Literal::Null))
            && let ExprKind::Call { callee, args, .. } = &self.tree.expr(left).kind
        {
            return self.refine_call(*callee, args, !positive);
        }
        if !positive {
            if equal {
                self.has_key(left, right);
                self.not_prototype(left, right);
                self.first_piece(left, right);
                self.begins_without_dash(left, right);
                self.refine_index_of(op, left, right, outcome);
            } else {
                self.lacks(right, left);
            }
            return;
        }
        if equal {
            if self.common_path(left) || self.common_path(right) || self.begins_with_slice(left, right) {
                return;
            }
            let (a, b) = (self.eval_quiet(left), self.eval_quiet(right));
            if self.is_constant(b) {
                self.equal_to(left, b);
            } else if self.is_constant(a) {
                self.equal_to(right, a);
            } else if self.host_part(left) && self.host_part(right) && (self.python || self.is_own_host(left, right)) {
                // `urlparse(target).netloc == urlparse(request.host_url).netloc`: the same host, whatever it is.
                let kinds = if self.python { HOST } else { crate::model::index::kind_bit("redirect") };
                self.clear_origins(a, kinds);
                self.clear_origins(b, kinds);
            } else if self.host_part(left) && self.deep(b) == TaintSet::CLEAN {
                self.clear_origins(a, HOST);
            } else if self.host_part(right) && self.deep(a) == TaintSet::CLEAN {
                self.clear_origins(b, HOST);
            } else if self.deep(b) == TaintSet::CLEAN && (self.constant_name(right) || self.is_own(right)) {
                self.clear_place(left, ALL_KINDS);
            } else if self.deep(a) == TaintSet::CLEAN && self.is_own(left) {
                self.clear_place(right, ALL_KINDS);
            } else if matches!(self.tree.expr(right).kind, ExprKind::Name(_))
                && (self.is_set_up(b) || self.is_given_folder(a, b))
            {
                // `filePath !== base && !filePath.startsWith(base + sep)`
                self.clear_place(left, crate::model::index::kind_bit("path"));
            } else {
                self.equal_to_made(left, right, b);
                self.equal_to_made(right, left, a);
            }
        } else if let ExprKind::Member { object, name, .. } = self.tree.expr(right).kind
            && self.tree.text(name) == "parents"
        {
            let value = self.eval_quiet(object);
            self.clear_origins(value, crate::model::index::kind_bit("path"));
        } else if self.allow_list(right) {
            self.in_allow_list(left);
        } else {
            self.in_own_list(right, left);
        }
    }

    /// `basename(x) == x`: what a call would have changed is as safe as what it makes of it.
    fn equal_to_made(&mut self, place: ExprId, call: ExprId, made: Value) {
        let ExprKind::Name(name) = self.tree.expr(place).kind else { return };
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(call).kind else { return };
        let receiver = match self.tree.expr(*callee).kind {
            ExprKind::Member { object, .. } => Some(object),
            _ => None,
        };
        let of_it = |expr: ExprId| matches!(self.tree.expr(expr).kind, ExprKind::Name(other) if other == name);
        if !args.iter().map(|arg| arg.value).chain(receiver).any(of_it) {
            return;
        }
        let taint = self.deep(made);
        let kinds = self.values.taints(taint).iter().fold(ALL_KINDS, |kinds, taint| kinds & taint.cleared);
        if kinds != 0 {
            self.clear_place(place, kinds);
        }
    }

    fn equal_to(&mut self, place: ExprId, constant: Value) {
        // `typeof x === "number"`
        if let ExprKind::Unary { op: crate::syntax::UnaryOp::TypeOf, operand } = self.tree.expr(place).kind {
            if let Some(Ref::Str(name)) = self.single(constant)
                && matches!(self.names.text(name), "number" | "boolean" | "bigint")
            {
                self.clear_place(operand, ALL_KINDS);
            } else if let Some(Ref::Str(name)) = self.single(constant)
                && self.names.text(name) == "string"
            {
                self.clear_place(operand, super::operator::text_kinds());
            }
            return;
        }
        if self.host_part(place) {
            let value = self.eval_quiet(place);
            self.clear_origins(value, HOST);
        }
        self.has_scheme(place);
        self.clear_place(place, ALL_KINDS);
    }

    fn in_allow_list(&mut self, place: ExprId) {
        self.has_scheme(place);
        if self.host_part(place) {
            let value = self.eval_quiet(place);
            self.clear_origins(value, HOST);
        }
        self.clear_place(place, ALL_KINDS);
    }

    /// `ALLOWED.indexOf(x) !== -1`, `> -1`, `>= 0`.
    fn refine_index_of(&mut self, op: BinaryOp, left: ExprId, right: ExprId, outcome: bool) {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(left).kind else { return };
        let ExprKind::Member { object, name, .. } = &self.tree.expr(*callee).kind else { return };
        let (object, name) = (*object, self.name(*name));
        let bound = self.eval_quiet_any(right);
        let (Some(Ref::Int(bound)), known::INDEX_OF, [arg]) = (self.single(bound), name, args.as_ref()) else { return };
        let (holds, bound_for) = match op {
            BinaryOp::NotEqual | BinaryOp::StrictNotEqual | BinaryOp::Greater => (outcome, -1),
            BinaryOp::GreaterEqual => (outcome, 0),
            BinaryOp::Equal | BinaryOp::StrictEqual => (!outcome, -1),
            BinaryOp::Less => (!outcome, 0),
            _ => return,
        };
        if bound != bound_for {
            return;
        }
        let (found, arg) = (holds, arg.value);
        if !found {
            self.not_in_prototypes(object, arg);
            return self.lacks(object, arg);
        }
        if found && self.allow_list(object) {
            self.in_allow_list(arg);
        }
    }

    fn refine_call(&mut self, callee: ExprId, args: &[Arg], outcome: bool) {
        let tree = self.tree;
        if outcome {
            self.found(callee, args);
        }
        // Where the regular expression can be read, it decides, not the model of the function.
        let mut judged = false;
        if let ExprKind::Member { object, name, .. } = &tree.expr(callee).kind {
            let (object, name) = (*object, self.name(*name));
            if matches!(name, known::MATCH | known::FULLMATCH | known::SEARCH | known::TEST | known::EXEC) {
                judged = self.pattern_text(object).is_some()
                    || args.first().is_some_and(|arg| self.pattern_text(arg.value).is_some());
            }
        }
        if let ExprKind::Member { object, name, .. } = &tree.expr(callee).kind {
            let (object, name) = (*object, self.name(*name));
            if outcome {
                self.refine_method(object, name, args);
            } else {
                match (name, args) {
                    (known::INCLUDES | known::HAS, [part]) => {
                        self.lacks(object, part.value);
                        self.not_in_prototypes(object, part.value);
                    }
                    // Python's `match` looks at the beginning only.
                    (known::MATCH, _) if self.python => {}
                    (known::SEARCH | known::TEST | known::MATCH | known::EXEC, _) => self.holds_no_other(object, args),
                    (known::STARTS_WITH | known::STARTS_WITH_JS, [head]) => self.begins_not(object, head.value),
                    _ => {}
                }
            }
        } else if let ExprKind::Name(name) = &tree.expr(callee).kind
            && outcome
        {
            match (self.name(*name), args) {
                (known::ISINSTANCE, [place, class]) if self.names_scalars(class.value) => {
                    self.clear_place(place.value, ALL_KINDS);
                }
                (known::ALL, [of]) => self.refine_all(of.value),
                (known::ANY, [of]) => self.refine_any(of.value),
                _ => {}
            }
        }
        if !outcome && let ([path], Some("isAbsolute" | "isabs")) = (args, self.last_name(callee)) {
            self.is_relative(path.value);
        }
        let target = self.eval_callee_quiet(callee);
        self.refine_address(target, callee, args, outcome);
        for node in self.api_nodes(target) {
            let typed: Vec<_> = self.index.types(node).to_vec();
            for node in std::iter::once(node).chain(typed) {
                let Some(entries) = self.index.entries(node) else { continue };
                for validator in entries.validators.iter().filter(|_| !judged) {
                    let validator = &self.index.validators[*validator as usize];
                    if validator.safe_when == outcome {
                        let clears = validator.clears;
                        for path in &validator.args {
                            self.clear_argument(&path.base, callee, args, clears);
                        }
                    }
                }
            }
        }
        for one in self.refs(target) {
            let Ref::Func(function) = one else { continue };
            // How it looks at the address may be out of sight: the name says that it does.
            if outcome && self.python && super::picked::says_safe_target(self.project.function_name(function)) {
                self.clear_param(0, callee, args, crate::model::index::kind_bit("redirect"));
            }
            let Some(summary) = self.summary_of(function) else { continue };
            if outcome && summary.validates.is_empty() {
                self.doubted_by(function, args);
            }
            for (param, kinds, when) in &summary.validates {
                if *when == outcome {
                    self.clear_verdict(*param, callee, args, *kinds);
                }
            }
        }
    }

    /// Makes the place that an argument path names safe.
    pub(super) fn clear_argument(&mut self, base: &ArgBase, callee: ExprId, args: &[Arg], kinds: Kinds) {
        if *base == ArgBase::Receiver {
            if let ExprKind::Member { object, .. } = self.tree.expr(callee).kind {
                self.clear_place(object, kinds);
            }
            return;
        }
        let tree = self.tree;
        let found: Vec<ExprId> =
            select(base, args, |arg| (arg.name.map(|name| tree.text(name)), arg.spread != Spread::No))
                .into_iter()
                .map(|arg| arg.value)
                .collect();
        for arg in found {
            self.clear_place(arg, kinds);
        }
    }

    pub(super) fn clear_param(&mut self, param: u8, callee: ExprId, args: &[Arg], kinds: Kinds) {
        let base = if param == RECEIVER { ArgBase::Receiver } else { ArgBase::Position(u32::from(param)) };
        self.clear_argument(&base, callee, args, kinds);
    }

    fn refine_method(&mut self, object: ExprId, name: NameId, args: &[Arg]) {
        match (name, args) {
            (
                known::ISALNUM
                | known::ISALPHA
                | known::ISDIGIT
                | known::ISDECIMAL
                | known::ISNUMERIC
                | known::ISIDENTIFIER,
                [],
            ) => self.clear_place(object, ALL_KINDS),
            (known::INCLUDES | known::HAS | known::HAS_OWN | known::HAS_OWN2, [arg]) => {
                if self.allow_list(object) || self.is_written_set(object) {
                    self.in_allow_list(arg.value);
                }
                self.in_own_list(object, arg.value);
                if matches!(name, known::HAS_OWN | known::HAS_OWN2) {
                    self.asked_for_own(object);
                }
            }
            (known::HAS_OWN2, [list, key]) if self.allow_list(list.value) => self.in_allow_list(key.value),
            (known::CALL_JS, [list, key])
                if self.last_name(object) == Some("hasOwnProperty") && self.allow_list(list.value) =>
            {
                self.in_allow_list(key.value);
            }
            (known::HAS_OWN2, [list, _]) => self.asked_for_own(list.value),
            (known::CALL_JS, [list, _])
                if self.last_name(object).is_some_and(|name| name.to_ascii_lowercase().contains("hasown")) =>
            {
                self.asked_for_own(list.value);
            }
            (known::STARTS_WITH | known::STARTS_WITH_JS | known::IS_RELATIVE_TO, [prefix, ..]) => {
                self.refine_prefix(object, prefix.value, name == known::IS_RELATIVE_TO);
            }
            (known::ENDS_WITH | known::ENDS_WITH_JS, [suffix, ..]) if self.host_part(object) => {
                let suffix = self.eval_quiet_any(suffix.value);
                if let Some(text) = self.constant_text(suffix)
                    && text.starts_with('.')
                {
                    let value = self.eval_quiet(object);
                    self.clear_origins(value, HOST);
                }
            }
            (known::SOME, [test]) if self.allow_list(object) => self.refine_some(test.value),
            (known::MATCH | known::FULLMATCH | known::SEARCH | known::TEST | known::EXEC, _) => {
                self.refine_regex(object, name, args);
            }
            _ => {}
        }
    }

    /// `ALLOWED.some((one) => one === x)`
    fn refine_some(&mut self, test: ExprId) {
        let ExprKind::Function(function) = self.tree.expr(test).kind else { return };
        let function = self.tree.function(function);
        let (Some(param), [stmt]) = (function.params.first(), function.body.as_ref()) else { return };
        let (crate::syntax::PatternKind::Name(name), crate::syntax::StmtKind::Return(Some(returned))) =
            (&self.tree.pattern(param.pattern).kind, &self.tree.stmt(*stmt).kind)
        else {
            return;
        };
        self.refine_same(*returned, *name);
    }

    /// `any(one == x for one in ALLOWED)`
    fn refine_any(&mut self, of: ExprId) {
        let ExprKind::Comprehension { element, clauses, .. } = &self.tree.expr(of).kind else { return };
        let ([clause], element) = (clauses.as_ref(), *element) else { return };
        let crate::syntax::PatternKind::Name(name) = self.tree.pattern(clause.target).kind else { return };
        if self.allow_list(clause.iter) {
            self.refine_same(element, name);
            self.matches_listed(element, name);
        }
    }

    /// `one == x`, where `one` goes through an allow-list.
    fn refine_same(&mut self, test: ExprId, one: crate::syntax::Symbol) {
        let ExprKind::Binary { op: BinaryOp::Equal | BinaryOp::StrictEqual, left, right } = self.tree.expr(test).kind
        else {
            return;
        };
        let is_one = |expr: ExprId| matches!(self.tree.expr(expr).kind, ExprKind::Name(name) if name == one);
        if is_one(left) {
            self.in_allow_list(right);
        } else if is_one(right) {
            self.in_allow_list(left);
        }
    }

    /// `all(c.isalnum() for c in x)`
    fn refine_all(&mut self, of: ExprId) {
        let ExprKind::Comprehension { element, clauses, .. } = &self.tree.expr(of).kind else { return };
        let ([clause], ExprKind::Call { callee, .. }) = (clauses.as_ref(), &self.tree.expr(*element).kind) else {
            if let ([clause], ExprKind::Binary { op: BinaryOp::In, right, .. }) =
                (clauses.as_ref(), &self.tree.expr(*element).kind)
            {
                let (iter, right) = (clause.iter, *right);
                if self.allow_list(right) {
                    self.clear_place(iter, ALL_KINDS);
                }
            }
            return;
        };
        let iter = clause.iter;
        if let ExprKind::Member { name, .. } = self.tree.expr(*callee).kind
            && matches!(self.name(name), known::ISALNUM | known::ISALPHA | known::ISDIGIT)
        {
            self.clear_place(iter, ALL_KINDS);
        }
    }

    /// Whether being in it makes a value safe: a collection of constants, or one that is named like a constant.
    fn allow_list(&mut self, expr: ExprId) -> bool {
        let value = self.eval_quiet_any(expr);
        if self.deep(value) != TaintSet::CLEAN {
            return false;
        }
        let known_list = self.refs(value).into_iter().any(|one| match one {
            Ref::Object(at) => self.state.object(at).is_some_and(|object| {
                !object.overlay
                    && (!object.is_list || object.rest == Value::NONE || object.rest.taint == TaintSet::CLEAN)
            }),
            Ref::Str(_) => true,
            _ => false,
        });
        known_list || self.constant_name(expr)
    }

    /// `ALLOWED_TABLES`, `settings.ALLOWED`, `allowedHosts`.
    fn constant_name(&self, expr: ExprId) -> bool {
        let name = match &self.tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => self.tree.text(*name),
            // `sort in Row.columns.keys()`
            ExprKind::Call { callee, args, .. } if args.is_empty() && self.last_name(*callee) == Some("keys") => {
                return true;
            }
            ExprKind::Call { callee, args, .. } if args.len() <= 1 => match &self.tree.expr(*callee).kind {
                ExprKind::Member { object, .. } => return self.constant_name(*object),
                ExprKind::Name(_) => return args.first().is_some_and(|arg| self.constant_name(arg.value)),
                _ => return false,
            },
            _ => return false,
        };
        let upper = name.len() > 2 && !name.contains(|c: char| c.is_ascii_lowercase());
        let lower = name.to_ascii_lowercase();
        upper
            || ["allow", "whitelist", "permitted", "valid_", "supported", "safe_"]
                .iter()
                .any(|word| lower.contains(word))
    }

    /// `parsed.hostname`, `urlparse(x).netloc`, `new URL(x).host`.
    pub(super) fn host_part(&self, expr: ExprId) -> bool {
        match &self.tree.expr(expr).kind {
            ExprKind::Member { name, .. } => {
                matches!(self.name(*name), known::HOST | known::HOSTNAME | known::NETLOC | known::ORIGIN)
            }
            ExprKind::Name(name) => {
                let text = self.tree.text(*name).to_ascii_lowercase();
                let part = text.rsplit('_').next().unwrap_or_default();
                ["host", "hostname", "netloc", "domain", "origin"].contains(&part)
            }
            ExprKind::Call { callee, args, .. } if args.is_empty() => match &self.tree.expr(*callee).kind {
                ExprKind::Member { object, .. } => self.host_part(*object),
                _ => false,
            },
            _ => false,
        }
    }

    /// A part was checked: whatever it was made of is safe as well.
    pub(super) fn clear_origins(&mut self, value: Value, kinds: Kinds) {
        let origins: Vec<Origin> = self.values.taints(value.taint).iter().map(|taint| taint.origin).collect();
        if origins.is_empty() {
            return;
        }
        let related = |taint: &Taint| {
            origins.iter().any(|origin| match (origin, &taint.origin) {
                (Origin::Param(a, path), Origin::Param(b, other)) => a == b && (path == other || *other == WHOLE),
                (a, b) => a == b,
            })
        };
        for at in 0..self.state.vars.len() {
            let value = self.state.vars.get(at).copied().unwrap_or(Value::NONE);
            if value.taint != TaintSet::CLEAN {
                let taint = self.values.map_taint(value.taint, |taint| {
                    let cleared = if related(&taint) { taint.cleared | kinds } else { taint.cleared };
                    Some(Taint { cleared, ..taint })
                });
                if taint != value.taint
                    && let Some(slot) = self.state.vars.get_mut(at)
                {
                    slot.taint = taint;
                }
            }
        }
    }

    /// Any expression again, where it has no effects of its own.
    pub(super) fn eval_quiet_any(&mut self, expr: ExprId) -> Value {
        match &self.tree.expr(expr).kind {
            ExprKind::Sequence { .. } | ExprKind::Map { .. } | ExprKind::Template { .. } | ExprKind::Unary { .. } => {
                self.eval(expr)
            }
            ExprKind::Binary { op: BinaryOp::Add | BinaryOp::BitOr, .. } => self.eval(expr),
            _ => self.eval_quiet(expr),
        }
    }

    fn eval_callee_quiet(&mut self, callee: ExprId) -> Value {
        match &self.tree.expr(callee).kind {
            ExprKind::Name(_) | ExprKind::Member { .. } => self.eval(callee),
            _ => Value::ANY,
        }
    }

    /// `int`, `float`, `bool`, `UUID`, or a tuple of such.
    pub(super) fn is_scalar_class(&mut self, class: Value) -> bool {
        let nodes = self.api_nodes(class);
        if !nodes.is_empty() {
            return nodes.iter().all(|node| {
                let name = self.index.text(*node).rsplit('.').next().unwrap_or_default();
                matches!(name, "int" | "float" | "bool" | "complex" | "UUID" | "date" | "datetime" | "Decimal")
            });
        }
        match self.list_items(class) {
            Some(items) if !items.is_empty() => items.into_iter().all(|item| self.is_scalar_class(item)),
            _ => false,
        }
    }

    /// `int`, `(int, float)`, `int | None`
    fn names_scalars(&self, class: ExprId) -> bool {
        match &self.tree.expr(class).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => matches!(
                self.tree.text(*name),
                "int" | "float" | "bool" | "complex" | "UUID" | "date" | "datetime" | "Decimal" | "Number"
                    // No request brings an object of these.
                    | "Path" | "PurePath" | "PosixPath" | "IOBase" | "BytesIO" | "StringIO"
            ),
            ExprKind::Sequence { items, .. } => {
                !items.is_empty() && items.iter().all(|item| self.names_scalars(item.value))
            }
            ExprKind::Binary { left, right, .. } => self.names_scalars(*left) && self.names_scalars(*right),
            _ => false,
        }
    }
}
