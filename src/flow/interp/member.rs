//! Reading members and elements of values, and the taint of a value as a whole.

use super::super::facts::Place;
use super::super::names::{NameId, known};
use super::super::summary::Cell;
use super::super::value::{Did, NO_TRACE, Origin, PATH, Ref, RefSet, Refs, Taint, TaintSet, Taints, Value};
use smallvec::SmallVec;

use super::Interp;
use super::held::{Declared, UNSURE};
use crate::base::Span;
use crate::model::index::{NodeId, Step, kind_bit};
use crate::syntax::ExprId;

impl Interp<'_> {
    /// A member of a value; records what models say of it.
    pub(super) fn member_read(&mut self, value: Value, name: NameId, span: Span) -> Value {
        self.member(value, name, span)
    }

    /// A member of a value.
    pub(super) fn member(&mut self, value: Value, name: NameId, span: Span) -> Value {
        if let Some(at) = self.object_of(value)
            && let Some((found, weak)) = self.state.object(at).and_then(|object| object.field(name))
            && !weak
        {
            return self.read_accessor(found, value, span);
        }
        let known = self.members.get(&(value, name)).copied();
        if let Some(known) = known {
            return known;
        }
        // What does not depend on the place is the same the next time.
        self.placed = !self.is_placeless(value);
        let found = self.member_anew(value, name, span);
        let found = self.as_validated(value, name, found);
        if !std::mem::replace(&mut self.placed, true) {
            self.members.insert((value, name), found);
        }
        found
    }

    /// Whether what a member of a value is does not depend on the state: no objects whose fields may change, no module
    /// variables. Library values may be sources, which are told by their places.
    fn is_placeless(&self, value: Value) -> bool {
        self.values.refs(value.refs).iter().all(|one| match one {
            Ref::Any | Ref::Param(_) | Ref::Field | Ref::Func(_) | Ref::Text | Ref::Starts(_) => true,
            Ref::Str(_) | Ref::Int(_) | Ref::Bool(_) | Ref::Null | Ref::Scalar => true,
            Ref::Instance(_) | Ref::Class(_) => true,
            Ref::Api(..) | Ref::Object(_) | Ref::Module(_) => false,
        })
    }

    fn member_anew(&mut self, value: Value, name: NameId, span: Span) -> Value {
        let mut refs = Refs::new();
        let mut result = Value::NONE;
        let mut nodes: SmallVec<[NodeId; 4]> = SmallVec::new();
        let (mut unknown, mut closed, mut text, mut plain, mut scalar) = (false, false, false, false, false);
        let mut declared = Declared::default();
        let step = self.api_step(name);
        for at in 0..self.values.refs(value.refs).len() {
            match self.values.refs(value.refs)[at] {
                Ref::Api(node, made) => {
                    let before = nodes.len();
                    if self.is_own_request(node, made) {
                        unknown = true;
                        continue;
                    }
                    nodes.extend(self.index.follow(node, step));
                    closed |= nodes.len() == before && self.index.is_typed(node) && !self.index.is_guessed(node);
                    unknown |= nodes.len() == before;
                    if nodes.len() == before
                        && let Some(found) = self.carried(node, made, name, span)
                    {
                        result = self.join(result, found);
                    }
                }
                Ref::Object(at) => {
                    let found = self.object_member(at, name, &mut closed);
                    result = self.join(result, found);
                }
                Ref::Instance(class) | Ref::Class(class) => {
                    let (found, known) = self.class_member(class, name, value, span);
                    let made = matches!(self.values.refs(value.refs)[at], Ref::Instance(_));
                    // A field that is declared as a number holds no text, wherever the object comes from.
                    if made && self.is_declared_scalar(found) {
                        return Value::SCALAR;
                    }
                    if made && value.taint != TaintSet::CLEAN && self.holds_numbers(class, name, &mut declared) {
                        return Value::SCALAR;
                    }
                    if found == Value::NONE && !made {
                        self.inherited_nodes(class, step, &mut nodes);
                    }
                    result = self.join(result, found);
                    closed |= known;
                    unknown |= !known;
                }
                Ref::Module(file) => {
                    closed = true;
                    let found = self.file_member(file, name);
                    result = self.join(result, found);
                }
                Ref::Any | Ref::Param(_) | Ref::Field => unknown = true,
                Ref::Func(_) => unknown = true,
                Ref::Text | Ref::Starts(_) => (plain, text) = (true, true),
                // A start value beside an unknown one says nothing.
                Ref::Str(_) | Ref::Int(_) | Ref::Bool(_) | Ref::Null => plain = true,
                Ref::Scalar => (plain, scalar) = (true, true),
            }
        }
        if nodes.is_empty()
            && (unknown && !closed || text)
            && let Some(root) = self.index.unknown(self.info.family)
        {
            nodes.extend(self.index.child(root, step));
        }
        if unknown {
            refs.push(Ref::Any);
        }
        let inherited = self.member_taint(value, name, &mut refs);
        let base = Value { refs: self.values.ref_set(refs), taint: inherited };
        result = self.join(result, base);
        if !nodes.is_empty() {
            self.placed = true;
            let found = self.api(nodes, None, span, inherited);
            result = self.with_api(value, result, found, found.taint != inherited, step);
        }
        if result.taint != TaintSet::CLEAN {
            let taint = self.part_of_file(name, result.taint);
            result.taint = self.as_declared(taint, declared);
        }
        closed |= plain && !unknown;
        if result.refs == RefSet::NONE && (name == known::LENGTH || name == known::SIZE) {
            // Lists and texts have one, though nobody wrote it.
            return Value { refs: Value::SCALAR.refs, taint: result.taint };
        }
        if result.refs == RefSet::NONE {
            // `address.is_private`: what a number or a date tells of itself is not known.
            let nothing = if scalar { RefSet::SCALAR } else { RefSet::NULL };
            result.refs = if closed { nothing } else { RefSet::ANY };
            if closed && result.taint != TaintSet::CLEAN {
                result.refs = RefSet::ANY;
            }
        }
        result
    }

    /// What a handler put on a request or context for the next.
    fn carried(&mut self, node: NodeId, made: Option<Place>, name: NameId, span: Span) -> Option<Value> {
        if !self.names.is_shared(name) || !self.is_carrier(node, made) {
            return None;
        }
        let found = self.cell(Cell::Member(node, name))?;
        let mut found = self.kept(found, span, name);
        // It may be another request, or another app.
        found.taint = self.values.guess(found.taint, 1);
        Some(found)
    }

    /// A member of a value, with what a library says that it is too. `sourced`: it is a source of its own.
    fn with_api(&mut self, of: Value, result: Value, found: Value, sourced: bool, step: Step) -> Value {
        let refs = self.values.join_refs(result.refs, found.refs);
        let mut taint = if sourced { found.taint } else { self.values.join_taint(result.taint, found.taint) };
        if taint != TaintSet::CLEAN {
            taint = self.cleared_by_reading(of, taint, step);
        }
        Value { refs, taint }
    }

    /// Members that are safe to read although the whole is not: `Path(x).name`.
    fn cleared_by_reading(&mut self, of: Value, taint: TaintSet, step: Step) -> TaintSet {
        let mut kinds = 0;
        for node in self.api_nodes(of) {
            for node in self.index.follow(node, step) {
                let Some(entries) = self.index.entries(node) else { continue };
                for sanitizer in &entries.sanitizers {
                    let sanitizer = &self.index.sanitizers[*sanitizer as usize];
                    if sanitizer.args.is_empty() && sanitizer.when.is_empty() {
                        kinds |= sanitizer.clears;
                    }
                }
            }
        }
        if kinds == 0 { taint } else { self.values.clear(taint, kinds) }
    }

    /// A getter of an object that is written out.
    fn read_accessor(&mut self, found: Value, of: Value, span: Span) -> Value {
        if let [Ref::Func(function)] = self.values.refs(found.refs)
            && self.project.function(*function).is_property
            && self.apply_depth == 0
        {
            let function = *function;
            let args = super::call::Args { receiver: Some(of), ..Default::default() };
            return self.invoke_at(function, args, span);
        }
        found
    }

    /// The taint that a member has because the whole has it.
    fn member_taint(&mut self, value: Value, name: NameId, refs: &mut Refs) -> TaintSet {
        if value.taint == TaintSet::CLEAN || name == known::LENGTH || name == known::SIZE {
            return TaintSet::CLEAN;
        }
        let direct = self.values.refs(value.refs).iter().any(|one| matches!(one, Ref::Param(_) | Ref::Field));
        if !direct {
            let taint = self.part_of_file(name, value.taint);
            return self.doubted_field(name, taint);
        }
        refs.push(Ref::Field);
        self.values.map_taint(value.taint, |taint| Some(Taint { origin: below(taint.origin, name), ..taint }))
    }

    /// A member of an instance or a class; and whether it is certain that nothing else is meant.
    fn class_member(
        &mut self,
        class: super::super::project::ClassNo,
        name: NameId,
        value: Value,
        span: Span,
    ) -> (Value, bool) {
        let mut result = Value::NONE;
        let project = self.project;
        let open = project.is_open(class);
        if let Some(method) = self.project.method(class, name) {
            self.placed |= self.project.function(method).is_property;
            // While a summary is applied, properties are not run again: their own summaries would ask for them in turn.
            if self.project.function(method).is_property && self.apply_depth == 0 {
                let args = super::call::Args { receiver: Some(value), ..Default::default() };
                let got = self.invoke_at(method, args, span);
                self.placed = true;
                return (got, true);
            }
            let found = self.one(Ref::Func(method));
            result = self.join(result, found);
            if self.object_of(value).is_none() && self.is_abstract(method) {
                self.add_overrides(class, name, &mut result);
            }
        } else if !open && self.object_of(value).is_none() {
            self.add_overrides(class, name, &mut result);
        }
        let made = self.values.refs(value.refs).contains(&Ref::Instance(class));
        if self.fields.insert((class, name)) {
            self.out.read_fields.push((class, name));
        }
        for class in project.lineage(class) {
            let cell = Cell::Field(*class, name);
            if self.shared.may_hold(cell)
                && let Some(found) = self.field_cell(cell)
            {
                self.placed |= found.taint != TaintSet::CLEAN;
                let mut found = self.kept(found, span, name);
                if self.python && found.taint != TaintSet::CLEAN {
                    found.taint = match (project.is_column(*class, name), made) {
                        // It may be another object.
                        (false, _) => self.values.guess(found.taint, 1),
                        // Another row was stored by another request.
                        (true, true) => self.values.guess(found.taint, UNSURE),
                        // The column itself is no data.
                        (true, false) => TaintSet::CLEAN,
                    };
                }
                result = self.join(result, found);
            }
        }
        let known = result != Value::NONE && !self.values.refs(result.refs).contains(&Ref::Any);
        (result, known || !open)
    }

    /// Whether a library value carries what one handler puts on it to the next: a request, a context. What is made by
    /// a call is an object of its own.
    pub(super) fn is_carrier(&self, node: NodeId, made: Option<Place>) -> bool {
        if made.is_some() {
            return false;
        }
        let text = self.index.text(node);
        text.contains("equest") || text.contains("ontext") || text.ends_with(".g")
    }

    /// What a class has from the library classes it is made from: `Pet.raw(…)`.
    fn inherited_nodes(
        &mut self,
        class: super::super::project::ClassNo,
        step: Step,
        nodes: &mut SmallVec<[NodeId; 4]>,
    ) {
        let project = self.project;
        for class in project.lineage(class) {
            let Some(bases) = self.cell(Cell::Bases(*class)) else { continue };
            for node in self.api_nodes(bases) {
                nodes.extend(self.index.follow(node, step));
            }
        }
    }

    /// Which subclass it is nobody knows: any of them may be meant.
    fn add_overrides(&mut self, class: super::super::project::ClassNo, name: NameId, result: &mut Value) {
        for function in self.project.overrides(class, name) {
            let found = self.one(Ref::Func(function));
            *result = self.join(*result, found);
        }
    }

    /// Whether a method is there to be overridden: it does nothing, or throws.
    fn is_abstract(&self, method: super::FuncId) -> bool {
        use crate::syntax::{ExprKind, StmtKind};
        let place = self.project.function(method).place;
        let tree = &self.project.file(place.file).tree;
        tree.function(place.function).body.iter().all(|stmt| match &tree.stmt(*stmt).kind {
            StmtKind::Expr(expr) => matches!(tree.expr(*expr).kind, ExprKind::Literal(_)),
            StmtKind::Throw(_) | StmtKind::Return(None) => true,
            _ => false,
        })
    }

    /// An element by a key that may be constant.
    pub(super) fn element(&mut self, value: Value, key: Value, span: Span) -> Value {
        if let Some(found) = self.char_at(value, key) {
            return found;
        }
        match self.key_name(key).or_else(|| self.counted_back(value, key)) {
            Some(name) => self.element_named(value, name, span),
            None => {
                let mut found = self.element_of(value, span, true);
                if found.taint != TaintSet::CLEAN {
                    found.taint = self.cleared_by_reading(value, found.taint, Step::ELEMENT);
                }
                found
            }
        }
    }

    /// An element by constant key: a member where there is one, otherwise an element of the library value.
    pub(super) fn element_named(&mut self, value: Value, name: NameId, span: Span) -> Value {
        if let Some(at) = self.object_of(value)
            && let Some((found, weak)) = self.state.object(at).and_then(|object| object.field(name))
            && !weak
        {
            return found;
        }
        let apis: Vec<NodeId> = self.api_nodes(value);
        let mut nodes: Vec<NodeId> = apis.iter().flat_map(|node| self.index.follow(*node, Step::ELEMENT)).collect();
        let step = self.api_step(name);
        nodes.extend(apis.iter().flat_map(|node| self.index.follow(*node, step)));
        if !nodes.is_empty() {
            let inherited = value.taint;
            let mut found = self.api(nodes, None, span, inherited);
            if found.taint != TaintSet::CLEAN {
                found.taint = self.cleared_by_reading(value, found.taint, Step::ELEMENT);
            }
            return found;
        }
        let mut refs = Refs::new();
        let mut result = Value::NONE;
        let mut only_objects = true;
        for one in self.refs(value) {
            match one {
                Ref::Object(at) => {
                    let Some(object) = self.state.object(at) else { continue };
                    let (field, rest, overlay) = (object.field(name), object.rest, object.overlay);
                    only_objects &= !overlay;
                    if let Some((found, _)) = field {
                        result = self.join(result, found);
                    }
                    result = self.join(result, rest);
                }
                Ref::Null => {}
                _ => only_objects = false,
            }
        }
        if self.python
            && let Some(found) = self.tuple_field(value, name, span)
        {
            return found;
        }
        let inherited = self.member_taint(value, name, &mut refs);
        if !only_objects {
            refs.push(Ref::Any);
        }
        let base = Value { refs: self.values.ref_set(refs), taint: inherited };
        result = self.join(result, base);
        if result.refs == RefSet::NONE {
            result.refs = RefSet::NULL;
        }
        result
    }

    /// The nth field of a class that is a tuple.
    fn tuple_field(&mut self, value: Value, name: NameId, span: Span) -> Option<Value> {
        let at = name.0.checked_sub(super::super::names::index_name(0)?.0)? as usize;
        let class = self.values.refs(value.refs).iter().find_map(|one| match one {
            Ref::Instance(class) => Some(*class),
            _ => None,
        })?;
        let field = self.class_fields(class).get(at).copied()?;
        Some(self.member(value, field, span))
    }

    /// Any element; for a mapping its values.
    pub(super) fn element_of(&mut self, value: Value, span: Span, api_itself: bool) -> Value {
        let apis = self.api_nodes(value);
        let nodes: Vec<NodeId> = apis.iter().flat_map(|node| self.index.follow(*node, Step::ELEMENT)).collect();
        if !nodes.is_empty() {
            return self.api(nodes, None, span, value.taint);
        }
        let mut refs = Refs::new();
        let mut result = Value::NONE;
        for one in self.refs(value) {
            match one {
                Ref::Object(at) => {
                    let Some(object) = self.state.object(at) else { continue };
                    let overlay = object.overlay;
                    let all: Vec<Value> = object
                        .fields
                        .iter()
                        .filter(|(name, ..)| *name != known::KEY_TAINT)
                        .map(|(_, value, _)| *value)
                        .chain([object.rest])
                        .collect();
                    for found in all {
                        result = self.join(result, found);
                    }
                    if overlay {
                        refs.push(Ref::Any);
                    }
                }
                Ref::Api(..) if api_itself && !apis.is_empty() => refs.push(one),
                Ref::Null => {}
                Ref::Str(_) | Ref::Text | Ref::Starts(_) => refs.push(Ref::Text),
                _ => refs.push(Ref::Any),
            }
        }
        let inherited = self.member_taint(value, known::ELEMENT, &mut refs);
        let base = Value { refs: self.values.ref_set(refs), taint: inherited };
        result = self.join(result, base);
        if result.refs == RefSet::NONE {
            result.refs = RefSet::ANY;
        }
        result
    }

    /// What a loop over a value binds. Going through a mapping gives its keys in Python.
    pub(super) fn iterate(&mut self, value: Value, span: Span) -> Value {
        if self.python
            && let [Ref::Object(at)] = self.values.refs(value.refs)
            && let Some(object) = self.state.object(*at)
            && !object.is_list
            && !object.overlay
        {
            return self.keys_of(value, span);
        }
        if self.python && self.apply_depth == 0 {
            let method = self.values.refs(value.refs).iter().find_map(|one| match one {
                Ref::Instance(class) => self.project.method(*class, known::ITER_METHOD),
                _ => None,
            });
            if let Some(method) = method {
                let args = super::call::Args { receiver: Some(value), ..Default::default() };
                let items = self.invoke_at(method, args, span);
                return self.element_of(items, span, true);
            }
        }
        match self.streamed(value, span) {
            Some(piece) => piece,
            None => self.element_of(value, span, true),
        }
    }

    /// The keys of a mapping.
    pub(super) fn keys_of(&mut self, value: Value, span: Span) -> Value {
        let mut refs = Vec::new();
        let mut keys = TaintSet::CLEAN;
        for one in self.refs(value) {
            match one {
                Ref::Object(at) => match self.state.object(at) {
                    Some(object) if object.field(known::KEY_TAINT).is_some() => {
                        let own = object.field(known::KEY_TAINT).map_or(TaintSet::CLEAN, |(value, _)| value.taint);
                        keys = self.values.join_taint(keys, own);
                        refs.push(Ref::Text);
                    }
                    Some(object) if object.rest == Value::NONE && !object.overlay => {
                        refs.extend(object.fields.iter().map(|(name, ..)| Ref::Str(*name)));
                    }
                    _ => refs.push(Ref::Text),
                },
                _ => refs.push(Ref::Text),
            }
        }
        if refs.is_empty() {
            refs.push(Ref::Text);
        }
        let taint =
            self.values.step(value.taint, super::Step { file: self.file, span, did: Did::Through(known::KEYS) });
        let taint = self.values.join_taint(taint, keys);
        // Names of fields are texts.
        let taint = self.values.clear(taint, kind_bit("nosql"));
        Value { refs: self.values.ref_set(refs), taint }
    }

    /// The library values that a value may be.
    pub(super) fn api_nodes(&self, value: Value) -> Vec<NodeId> {
        let refs = self.values.refs(value.refs).iter();
        refs.filter_map(|one| if let Ref::Api(node, _) = one { Some(*node) } else { None }).collect()
    }

    /// A library value: adds the taint of sources that it is. `inherited` is the taint it has anyway; a source of its own
    /// is told instead of the one it was reached from.
    pub(super) fn api(
        &mut self,
        nodes: impl Into<SmallVec<[NodeId; 4]>>,
        made: Option<ExprId>,
        span: Span,
        inherited: TaintSet,
    ) -> Value {
        let mut nodes: SmallVec<[NodeId; 4]> = nodes.into();
        nodes.sort_unstable();
        nodes.dedup();
        let mut own = Vec::new();
        for node in &nodes {
            let typed = self.index.types(*node).iter();
            for entries in std::iter::once(node).chain(typed).filter_map(|node| self.index.entries(*node)) {
                for source in &entries.sources {
                    let model = &self.index.sources[*source as usize];
                    let told = model.taints.is_empty() && model.when.is_empty();
                    if told && !self.is_own_path(*node) {
                        own.push((*source, u8::from(self.index.is_guessed(*node))));
                    }
                }
            }
        }
        let mut taint = inherited;
        if !own.is_empty() {
            let taints: Taints =
                own.into_iter().map(|(source, guessed)| self.source_taint(source, guessed, span)).collect();
            let own = self.values.taint_set(taints);
            let params =
                self.values.map_taint(inherited, |taint| matches!(taint.origin, Origin::Param(..)).then_some(taint));
            taint = self.values.join_taint(own, params);
        }
        let made = made.map(|expr| Place { file: self.file, expr });
        let refs: Refs = nodes.into_iter().map(|node| Ref::Api(node, made)).collect();
        Value { refs: self.values.ref_set(refs), taint }
    }

    /// `request.path` in a handler whose route has no parameters: the path is that of the route.
    fn is_own_path(&self, node: NodeId) -> bool {
        if !self.index.text(node).ends_with("equest.path") && !self.index.text(node).ends_with("Request>.path") {
            return false;
        }
        self.frames.iter().rev().filter_map(|frame| frame.function).any(|function| {
            let place = self.project.function(function).place;
            let tree = &self.project.file(place.file).tree;
            let decorators = &tree.function(place.function).decorators;
            !decorators.is_empty()
                && decorators.iter().any(|decorator| match &tree.expr(*decorator).kind {
                    crate::syntax::ExprKind::Call { callee, args, .. } => {
                        let route = match &tree.expr(*callee).kind {
                            crate::syntax::ExprKind::Member { name, .. } => {
                                matches!(tree.text(*name), "route" | "get" | "post" | "put" | "patch" | "delete")
                            }
                            _ => false,
                        };
                        let path = args.first().and_then(|arg| tree.string_of(arg.value));
                        route && path.is_some_and(|path| path.starts_with('/') && !path.contains(['<', '{', '*']))
                    }
                    _ => false,
                })
        })
    }

    /// Taint that begins here.
    pub(super) fn source_taint(&mut self, source: u32, guessed: u8, span: Span) -> Taint {
        let step = self.step_at(span, Did::Source(source));
        let trace = self.values.push_step(NO_TRACE, step);
        let cleared = self.index.sources[source as usize].clears;
        Taint { origin: Origin::Source { file: self.file, span, source }, cleared, guessed, trace }
    }
}

/// The origin of a field of what an origin gives.
fn below(origin: Origin, name: NameId) -> Origin {
    match origin {
        Origin::Param(param, mut path) => {
            if let Some(free) = (0..PATH).find(|at| path[*at] == known::NONE) {
                path[free] = name;
            }
            Origin::Param(param, path)
        }
        source @ Origin::Source { .. } => source,
    }
}
