//! Classes and functions as values: class bodies, instances, annotations.

use super::super::names::known;
use super::super::project::{ClassNo, FuncId};
use super::super::state::Object;
use super::super::summary::{Cell, Portable};
use super::super::typed::is_scalar_type;
use super::super::value::{Ref, Value};
use super::Interp;
use super::call::Args;
use crate::syntax::{BinaryOp, ClassId, ExprId, ExprKind, FunctionId, StmtKind};

impl Interp<'_> {
    /// A function as a value; a nested one is noted, to be run if nobody calls it.
    pub(super) fn function_value(&mut self, function: FunctionId) -> Value {
        let id = self.project.func_id(self.file, function);
        if self.is_nested(id) && !self.pending.contains(&id) {
            self.pending.push(id);
        }
        self.one(Ref::Func(id))
    }

    /// Runs a class body.
    pub(super) fn exec_class(&mut self, class: ClassId) -> Value {
        let tree = self.tree;
        let node = tree.class(class);
        let number = self.project.class_no(self.file, class);
        let mut library = Vec::new();
        for base in &node.bases {
            let value = self.eval(*base);
            for one in self.refs(value) {
                match one {
                    Ref::Api(node, _) => {
                        library.extend(self.index.class_of(node).iter().map(|node| Ref::Api(*node, None)));
                    }
                    Ref::Class(base) => {
                        if let Some(bases) = self.cell(Cell::Bases(base)) {
                            library.extend_from_slice(self.values.refs(bases.refs));
                        }
                    }
                    _ => {}
                }
            }
        }
        for keyword in &node.keywords {
            self.eval(keyword.value);
        }
        for decorator in &node.decorators {
            self.eval(*decorator);
        }
        if !library.is_empty() {
            library.sort_unstable();
            library.dedup();
            self.class_handlers(number, &library);
            self.give_portable(Cell::Bases(number), Portable { refs: library.into(), ..Portable::default() });
        }
        let outer = self.class_body.replace(number);
        for stmt in &node.body {
            if !self.live {
                break;
            }
            match &tree.stmt(*stmt).kind {
                StmtKind::Function(function) => {
                    let value = self.function_value(*function);
                    self.decorate(*function, value);
                    if self.python {
                        let binding = self.info.scopes.of_function(*function);
                        self.bind(binding, value);
                    }
                }
                _ => self.exec_block(&Box::from([*stmt])),
            }
        }
        self.class_body = outer;
        self.one(Ref::Class(number))
    }

    /// An instance that is made here.
    pub(super) fn construct(&mut self, class: ClassNo, args: Args, site: ExprId) -> Value {
        let at = self.object_at((site.index(), 31));
        self.state.put(at, Object::new(true, false));
        let mut refs = vec![Ref::Instance(class), Ref::Object(at)];
        let project = self.project;
        for class in project.lineage(class) {
            if let Some(bases) = self.cell(Cell::Bases(*class)) {
                refs.extend(self.values.refs(bases.refs).iter().filter(|one| matches!(one, Ref::Api(..))));
            }
        }
        let instance = Value { refs: self.values.ref_set(refs), taint: super::TaintSet::CLEAN };
        self.constructor_sinks(instance, &args, site);
        let name =
            if self.project.file(self.project.class(class).place.file).family == crate::model::index::Family::Python {
                known::INIT
            } else {
                known::CONSTRUCTOR
            };
        if self.python && self.is_enum(class) {
            // Anything that is no member throws.
            if let [item] = args.items.as_slice()
                && let Some(place) = item.expr
            {
                // `Method(f"{name}-auth")`: so is what it is put together from.
                if let ExprKind::Template { .. } = self.tree.expr(place).kind {
                    self.clear_origins(item.value, crate::model::index::ALL_KINDS);
                }
                self.clear_place(place, crate::model::index::ALL_KINDS);
            }
            return instance;
        }
        if let Some(init) = self.project.method(class, name) {
            let args = Args { receiver: Some(instance), items: args.items, closure: None };
            self.invoke(init, args, site);
        } else {
            // A data class: keywords are fields, positions are fields in their order.
            let fields = self.class_fields(class);
            let mut next = 0;
            let mut opaque = Value::NONE;
            for item in &args.items {
                let name = item.name.or_else(|| {
                    next += 1;
                    fields.get(next - 1).copied()
                });
                match name {
                    Some(name) => {
                        self.state.object_mut(at).set(name, item.value);
                        if item.value.taint != super::TaintSet::CLEAN {
                            self.give(Cell::Field(class, name), item.value);
                        }
                    }
                    None => opaque = self.join(opaque, item.value),
                }
            }
            if opaque != Value::NONE {
                let opaque = self.filled_in(instance, at, opaque);
                self.add_rest(at, opaque);
            }
        }
        instance
    }

    /// Sinks on making objects of a library's subclasses: `User(**request.form)`, where `User` is a model.
    fn constructor_sinks(&mut self, instance: Value, args: &Args, site: ExprId) {
        let asked: Vec<_> = self
            .api_nodes(instance)
            .into_iter()
            .filter(|node| self.index.entries(*node).is_some_and(|entries| !entries.sinks.is_empty()))
            .collect();
        if let (false, ExprKind::Call { callee, .. }) = (asked.is_empty(), &self.tree.expr(site).kind) {
            let callee = *callee;
            self.library_sinks(site, callee, &asked, args);
        }
    }

    /// Whether a class is an enumeration.
    pub(super) fn is_enum(&self, class: ClassNo) -> bool {
        self.project.is_enum(class)
    }

    /// The annotated fields of a class body in order.
    pub(super) fn class_fields(&self, class: ClassNo) -> Vec<super::NameId> {
        let place = self.project.class(class).place;
        let file = self.project.file(place.file);
        let node = file.tree.class(place.class);
        let mut fields = Vec::new();
        for stmt in &node.body {
            if let StmtKind::Assign { targets, annotation: Some(_), .. } = &file.tree.stmt(*stmt).kind {
                for target in targets {
                    if let crate::syntax::PatternKind::Name(name) = file.tree.pattern(*target).kind {
                        fields.push(self.project.name(place.file, name));
                    }
                }
            }
        }
        fields
    }

    /// An instance of whatever a class value is.
    pub(super) fn instance_of(&mut self, class: Value) -> Value {
        let mut refs = Vec::new();
        for one in self.refs(class) {
            match one {
                Ref::Class(class) => refs.push(Ref::Instance(class)),
                Ref::Api(node, _) => {
                    let made: Vec<_> = self.index.follow(node, crate::model::index::Step::CALL).collect();
                    refs.extend(made.into_iter().map(|node| Ref::Api(node, None)));
                }
                _ => {}
            }
        }
        if refs.is_empty() {
            return Value::ANY;
        }
        Value { refs: self.values.ref_set(refs), taint: super::TaintSet::CLEAN }
    }

    /// The types that an annotation names.
    pub(super) fn annotated(&mut self, annotation: ExprId) -> Vec<Ref> {
        let tree = self.tree;
        match &tree.expr(annotation).kind {
            ExprKind::Name(_) | ExprKind::Member { .. } => {
                let (name, dotted) = match tree.expr(annotation).kind {
                    ExprKind::Member { name, .. } => (tree.text(name), true),
                    ExprKind::Name(name) => (tree.text(name), false),
                    _ => ("", true),
                };
                if is_scalar_type(name) && (self.python || !dotted)
                    || !self.python && !dotted && matches!(name, "Literal" | "Date")
                {
                    return vec![Ref::Scalar];
                }
                let class = self.eval(annotation);
                let mut found = Vec::new();
                for one in self.refs(class) {
                    match one {
                        Ref::Class(class) => found.push(Ref::Instance(class)),
                        Ref::Api(node, _) => {
                            found.extend(self.index.class_of(node).iter().map(|node| Ref::Api(*node, None)));
                        }
                        _ => {}
                    }
                }
                found
            }
            ExprKind::Index { object, index } => {
                let name = match &tree.expr(*object).kind {
                    ExprKind::Name(name) | ExprKind::Member { name, .. } => tree.text(*name),
                    _ => "",
                };
                match (name, &tree.expr(*index).kind) {
                    ("Literal", _) => vec![Ref::Scalar],
                    ("Annotated", ExprKind::Sequence { items, .. }) => {
                        items.first().map_or_else(Vec::new, |item| self.annotated(item.value))
                    }
                    ("Union", ExprKind::Sequence { items, .. }) => {
                        items.iter().flat_map(|item| self.annotated(item.value)).collect()
                    }
                    ("Optional" | "Type" | "type" | "Awaitable", _) => self.annotated(*index),
                    ("list" | "List" | "Sequence" | "Iterable" | "dict" | "Dict" | "tuple" | "Tuple" | "set", _) => {
                        Vec::new()
                    }
                    _ => self.annotated(*object),
                }
            }
            ExprKind::Binary { op: BinaryOp::BitOr, left, right } => {
                let mut found = self.annotated(*left);
                found.extend(self.annotated(*right));
                found
            }
            // `"Row"`: a type that is named before it is there.
            ExprKind::Literal(crate::syntax::Literal::Str(text)) if self.python => {
                let text = tree.text(*text);
                if text.contains("ist[") || text.contains("et[") || text.contains("ict[") {
                    return Vec::new();
                }
                super::super::typed::named_types(text)
                    .filter_map(|name| match self.project.class_named(self.file, name) {
                        Some(class) => Some(Ref::Instance(class)),
                        None => is_scalar_type(name).then_some(Ref::Scalar),
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// `rows: list[Row] = []` in a class body: a list of which the classes of its elements are known.
    pub(super) fn declared_list(&mut self, annotation: ExprId, value: Value) -> Value {
        let open = value == Value::NONE
            || value == Value::NULL
            || self.values.refs(value.refs).contains(&Ref::Any)
            || self.object_of(value).and_then(|at| self.state.object(at)).is_some_and(|list| list.count == Some(0));
        let mut elements = if open { self.listed(annotation) } else { Vec::new() };
        elements.retain(|one| matches!(one, Ref::Instance(_)));
        if elements.is_empty() {
            return value;
        }
        elements.push(Ref::Any);
        let at = self.fresh_object();
        let mut list = super::Object::new(true, true);
        let refs = self.values.ref_set(elements);
        (list.rest, list.count) = (Value { refs, taint: super::TaintSet::CLEAN }, None);
        self.state.put(at, list);
        let refs = self.values.ref_set([Ref::Any, Ref::Object(at)].as_slice());
        Value { refs, taint: value.taint }
    }

    /// The types of the elements of a list that an annotation names.
    fn listed(&mut self, annotation: ExprId) -> Vec<Ref> {
        let tree = self.tree;
        match &tree.expr(annotation).kind {
            ExprKind::Index { object, index } => match self.last_name(*object).unwrap_or_default() {
                "list" | "List" | "Sequence" | "Iterable" | "set" | "Set" | "frozenset" | "FrozenSet" => {
                    self.annotated(*index)
                }
                "Optional" => self.listed(*index),
                _ => Vec::new(),
            },
            ExprKind::Binary { op: BinaryOp::BitOr, left, .. } => self.listed(*left),
            _ => Vec::new(),
        }
    }

    /// Whether a field is declared to hold numbers, members of an enumeration or nothing, whatever its object holds.
    pub(super) fn is_declared_scalar(&self, found: Value) -> bool {
        let refs = self.values.refs(found.refs);
        found.taint == super::TaintSet::CLEAN
            && refs.iter().any(|one| matches!(one, Ref::Scalar | Ref::Instance(_)))
            && refs.iter().all(|one| match one {
                Ref::Scalar | Ref::Null | Ref::Int(_) | Ref::Bool(_) => true,
                Ref::Instance(class) => self.is_enum(*class),
                _ => false,
            })
    }

    /// The value that `Depends(f)` stands for: what the function returns.
    pub(super) fn dependency(&mut self, function: FuncId, site: ExprId) -> Value {
        self.invoke(function, Args::default(), site)
    }
}
