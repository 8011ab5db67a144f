//! Functions that frameworks call: what models say their parameters get.

use super::super::facts::DecoratorFact;
use super::super::names::known;
use super::super::project::{ClassNo, FuncId};
use super::super::summary::{Cell, Portable, PortableTaint, RETURNED};
use super::super::urls::Part;
use super::super::value::{Did, Origin, Ref, Step, TaintSet, Value};
use super::super::way::Way;
use super::Interp;
use crate::model::index::{Handler, HandlerParam};
use crate::syntax::{ExprId, ExprKind, FunctionId, PatternKind};

impl Interp<'_> {
    /// Evaluates the decorators and defaults of a function; gives back what its name is bound to.
    pub(super) fn decorate(&mut self, function: FunctionId, value: Value) -> Value {
        let node = self.tree.function(function);
        let id = self.project.func_id(self.file, function);
        let mut facts = Vec::new();
        let mut handlers = Vec::new();
        let mut wrappers = Vec::new();
        for decorator in &node.decorators {
            let (fact, evaluated) = self.decorator(*decorator, id, value, &mut handlers);
            facts.push(fact);
            wrappers.push((*decorator, evaluated));
        }
        if !facts.is_empty() {
            self.facts.decorators(id, facts);
        }
        let index = self.index;
        handlers.retain(|handler| {
            let imports = &index.handlers[*handler as usize].imports;
            imports.is_empty() || self.imports_any(imports)
        });
        for handler in &handlers {
            self.apply_handler(*handler, id, 0);
        }
        self.defaults(function, id, &handlers);
        self.param_decorators(function, id);
        self.wrapped(value, &wrappers)
    }

    /// Decorators of parameters say where the framework takes them from: `@Query("q") q: string`.
    fn param_decorators(&mut self, function: FunctionId, id: FuncId) {
        let (tree, index) = (self.tree, self.index);
        let shift = usize::from(self.project.function(id).takes_self);
        for (at, param) in tree.function(function).params.iter().enumerate().skip(shift) {
            let Ok(number) = u8::try_from(at - shift) else { continue };
            for decorator in &param.decorators {
                let (callee, args) = match &tree.expr(*decorator).kind {
                    ExprKind::Call { callee, args, .. } => (*callee, args.as_ref()),
                    _ => (*decorator, [].as_slice()),
                };
                // `@Query("id", ParseIntPipe)`
                let parsed = args.iter().any(|arg| {
                    let name = self.last_name(arg.value).unwrap_or_default();
                    ["ParseInt", "ParseFloat", "ParseBool", "ParseUUID", "ParseEnum"]
                        .iter()
                        .any(|p| name.starts_with(p))
                });
                if parsed {
                    continue;
                }
                let target = self.eval_quiet(callee);
                for node in self.api_nodes(target) {
                    let Some(entries) = index.entries(node) else { continue };
                    for handler in &entries.handlers {
                        if let Some(given) = index.handlers[*handler as usize].params.first()
                            && !self.excepted(given, param)
                        {
                            self.give_by_model(id, number, param, (given.type_, given.source, given.guesses), false);
                        }
                    }
                }
            }
        }
    }

    /// What decorators of the project make of a function: a wrapper with the function in it.
    fn wrapped(&mut self, mut value: Value, wrappers: &[(ExprId, Value)]) -> Value {
        for (decorator, wrapper) in wrappers.iter().rev() {
            let own = self.values.refs(wrapper.refs).iter().any(|one| matches!(one, Ref::Func(_)));
            if !own {
                continue;
            }
            let span = self.span(*decorator);
            let args = super::call::Args::positional(vec![value]);
            let made = self.call_value(*wrapper, args, span, decorator.index() | (1 << 29));
            if self.values.refs(made.refs).iter().any(|one| matches!(one, Ref::Func(_))) {
                value = made;
            }
        }
        value
    }

    fn decorator(
        &mut self,
        decorator: ExprId,
        id: FuncId,
        value: Value,
        handlers: &mut Vec<u32>,
    ) -> (DecoratorFact, Value) {
        let tree = self.tree;
        let outer = self.decorating.replace(id);
        let evaluated = self.eval(decorator);
        self.decorating = outer;
        let (callee, target) = match &tree.expr(decorator).kind {
            ExprKind::Call { callee, .. } => (*callee, self.eval_quiet(*callee)),
            _ => (decorator, evaluated),
        };
        let nodes = self.api_nodes(target);
        for node in &nodes {
            if let Some(entries) = self.index.entries(*node) {
                let told = |handler: &&u32| self.has_keyword(decorator, **handler);
                handlers.extend(entries.handlers.iter().filter(told).copied());
            }
        }
        let function = self.refs(target).into_iter().find_map(|one| match one {
            Ref::Func(function) => Some(self.project.function(function).place),
            _ => None,
        });
        for one in self.refs(evaluated) {
            if let Ref::Func(wrapper) = one
                && callee == decorator
                && !self.is_nested(wrapper)
            {
                self.seed(wrapper, 0, value);
            }
        }
        let fact = DecoratorFact {
            span: self.span(decorator),
            name: self.written_name(callee, 0),
            paths: nodes.iter().map(|node| self.index.text(*node).clone()).collect(),
            function,
            call: (callee != decorator).then_some(super::super::facts::Place { file: self.file, expr: decorator }),
        };
        (fact, evaluated)
    }

    /// Whether a decorator is called with the keyword that a handler's model asks for.
    fn has_keyword(&self, decorator: ExprId, handler: u32) -> bool {
        let Some((keyword, wanted)) = &self.index.handlers[handler as usize].keyword else { return true };
        let ExprKind::Call { args, .. } = &self.tree.expr(decorator).kind else { return false };
        args.iter().any(|arg| {
            arg.name.is_some_and(|name| self.tree.text(name) == keyword)
                && self.last_name(arg.value) == Some(wanted.as_str())
        })
    }

    /// Defaults are evaluated where the function is defined; `Depends(f)` stands for what `f` returns.
    fn defaults(&mut self, function: FunctionId, id: FuncId, handlers: &[u32]) {
        let node = self.tree.function(function);
        let shift = usize::from(self.project.function(id).takes_self);
        for (at, param) in node.params.iter().enumerate().skip(shift) {
            let Ok(number) = u8::try_from(at - shift) else { continue };
            if let Some(default) = param.default {
                let value = self.eval(default);
                match self.depends(default, handlers) {
                    Some(given) => self.give_whole(id, number, given),
                    None => self.give_param(id, number, value),
                }
            }
            if let Some(annotation) = param.annotation
                && let ExprKind::Index { index, .. } = self.tree.expr(annotation).kind
                && let ExprKind::Sequence { items, .. } = &self.tree.expr(index).kind
            {
                for item in items.iter().skip(1) {
                    if let Some(value) = self.depends(item.value, handlers) {
                        self.give_whole(id, number, value);
                    }
                }
            }
        }
    }

    /// What `Depends(f)` gives; the function is called by the framework like the handler itself.
    fn depends(&mut self, expr: ExprId, handlers: &[u32]) -> Option<Value> {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { return None };
        let name = self.last_name(*callee)?;
        if !matches!(name, "Depends" | "Security") {
            return None;
        }
        let given = self.eval(args.first()?.value);
        let mut result = None;
        for one in self.refs(given) {
            let (function, made) = match one {
                Ref::Func(function) => (function, None),
                Ref::Class(class) => (self.project.method(class, known::INIT)?, Some(Ref::Instance(class))),
                _ => continue,
            };
            for handler in handlers {
                self.apply_handler(*handler, function, 1);
            }
            let value = match made {
                Some(made) => self.one(made),
                None => self.dependency(function, expr),
            };
            // A generator hands out one value.
            let value = self.element_if_generated(function, value);
            result = Some(value);
        }
        result
    }

    fn element_if_generated(&mut self, function: FuncId, value: Value) -> Value {
        if self.project.function_node(function).is_generator {
            self.element_of(value, crate::base::Span::default(), true)
        } else {
            value
        }
    }

    /// A parameter gets a value whenever the framework calls.
    pub(super) fn give_param(&mut self, function: FuncId, number: u8, value: Value) {
        if self.is_nested(function) {
            let given = self.nested_params.entry(function).or_default();
            given.push((number, value));
            return;
        }
        let mut portable = self.write_out(value, false, 0);
        // Constants are what the default says, not what callers pass.
        portable.refs.retain(|one| matches!(one, Ref::Api(..) | Ref::Instance(_) | Ref::Func(_)));
        portable.object = None;
        self.passed_by_framework(function, number, &portable);
        self.give_portable(Cell::Seed(function, number), portable);
    }

    /// The same with all that is known of the value: nobody passes another.
    fn give_whole(&mut self, function: FuncId, number: u8, value: Value) {
        if self.is_nested(function) || self.object_of(value).is_none() {
            return self.give_param(function, number, value);
        }
        self.give(Cell::Seed(function, number), value);
    }

    /// Handlers that are told by file, name, import or directive.
    pub(super) fn module_handlers(&mut self) {
        let index = self.index;
        let path = self.project.path(self.file);
        for (at, handler) in (0u32..).zip(&index.handlers) {
            let told = !handler.files.is_empty() || !handler.imports.is_empty() || handler.directive.is_some();
            if handler.family != self.info.family || !told || !handler.methods_of.is_empty() || handler.decorated {
                continue;
            }
            let directive = |symbols: &[crate::syntax::Symbol]| {
                handler
                    .directive
                    .as_deref()
                    .is_none_or(|wanted| symbols.iter().any(|one| self.tree.text(*one) == wanted))
            };
            let fits = (handler.files.is_empty() || handler.files.iter().any(|glob| glob.is_match(path)))
                && (handler.imports.is_empty() || self.imports_any(&handler.imports));
            if !fits {
                continue;
            }
            let whole_file = directive(&self.tree.directives);
            // Parameters that are told by name fit wherever a function stands.
            let by_name = !handler.params.is_empty() && handler.params.iter().all(|param| param.name.is_some());
            let modern = !self.python && !self.info.exports.is_empty();
            let exported_only = modern && (!handler.files.is_empty() || handler.directive.is_some());
            let functions: Vec<FunctionId> = self.tree.functions().map(|(id, _)| id).collect();
            for function in functions {
                let place = self.info.scopes.functions[function.at()];
                let node = self.tree.function(function);
                let own = directive(&node.directives);
                if !place.reached || (place.class.is_some() && !by_name) || !(whole_file || own) {
                    continue;
                }
                let id = self.project.func_id(self.file, function);
                let exported = by_name || place.parent.is_none() && (!exported_only || self.is_exported(function, id));
                if !(exported || own && handler.directive.is_some()) {
                    continue;
                }
                let name = place.name.map_or("", |name| self.tree.text(name));
                if handler.names.is_empty() || handler.names.iter().any(|wanted| wanted == name) {
                    self.apply_handler(at, id, 0);
                }
            }
        }
    }

    fn imports_any(&self, modules: &[String]) -> bool {
        modules.iter().any(|wanted| {
            self.info.imported.iter().any(|module| {
                module.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
            })
        })
    }

    fn is_exported(&self, function: FunctionId, id: FuncId) -> bool {
        use super::super::project::{Declared, Exported};
        let by_var = self.info.exports.values().any(|exported| match exported {
            Exported::Var(var) => self.project.declared(self.file, *var) == Some(Declared::Function(id)),
            _ => false,
        });
        by_var || self.is_default_export(function)
    }

    fn is_default_export(&self, function: FunctionId) -> bool {
        use crate::syntax::StmtKind;
        self.tree.root.iter().any(|stmt| match &self.tree.stmt(*stmt).kind {
            StmtKind::Export(export) => export.default.is_some_and(|expr| match self.tree.expr(expr).kind {
                ExprKind::Function(found) => found == function,
                ExprKind::Name(_) => self.info.scopes.of_expr(expr) == self.info.scopes.of_function(function),
                _ => false,
            }),
            _ => false,
        })
    }

    /// Handlers that are methods of subclasses of a library type.
    pub(super) fn class_handlers(&mut self, class: ClassNo, library: &[Ref]) {
        let index = self.index;
        let mut types = Vec::new();
        for one in library {
            if let Ref::Api(node, _) = one {
                types.push(*node);
                types.extend_from_slice(index.types(*node));
            }
        }
        for (at, handler) in (0u32..).zip(&index.handlers) {
            if !handler.methods_of.iter().any(|wanted| types.contains(wanted)) {
                continue;
            }
            let mut methods: Vec<_> = self.project.class(class).methods.iter().map(|(name, id)| (*name, *id)).collect();
            methods.sort_unstable();
            for (name, id) in methods {
                let name = self.names.text(name);
                if handler.names.is_empty() || handler.names.iter().any(|wanted| wanted == name) {
                    self.apply_handler(at, id, 0);
                }
            }
        }
    }

    /// Gives a function's parameters what the framework passes.
    pub(super) fn apply_handler(&mut self, handler: u32, function: FuncId, depth: u32) {
        let index = self.index;
        let model: &Handler = &index.handlers[handler as usize];
        let project = self.project;
        let info = project.function(function);
        let place = info.place;
        let node = project.function_node(function);
        let shift = usize::from(info.takes_self);
        if depth > 3 || !self.has_all_named(model, function) {
            return;
        }
        for (at, param) in node.params.iter().enumerate().skip(shift) {
            let Ok(number) = u8::try_from(at - shift) else { continue };
            let tree = &project.file(place.file).tree;
            let name = match tree.pattern(param.pattern).kind {
                PatternKind::Name(name) => Some(tree.text(name)),
                _ => None,
            };
            let Some(given) = model.params.iter().find(|given| {
                given.position.is_none_or(|wanted| wanted == u32::from(number))
                    && given.name.as_deref().is_none_or(|wanted| name == Some(wanted))
            }) else {
                continue;
            };
            let excepted = if place.file == self.file {
                self.excepted(given, param)
            } else {
                self.excepted_elsewhere(place.file, given, param)
            };
            if excepted {
                continue;
            }
            let part = name.filter(|_| given.source.is_some()).and_then(|name| self.routed(function, name));
            if part == Some(Part::Converted) || (model.by_pattern && part.is_none()) {
                continue;
            }
            // Of views that are registered elsewhere the pattern may be out of sight; a whole path is the exception.
            let one = part == Some(Part::Segment) || part.is_none() && !model.methods_of.is_empty();
            let source = given.segment.filter(|_| one).or(given.source);
            let told = !model.files.is_empty() || !model.imports.is_empty();
            let named = given.name.is_some() && told && model.methods_of.is_empty() && !model.decorated;
            self.give_by_model(function, number, param, (given.type_, source, given.guesses), named);
        }
        if let Some(sink) = model.returns {
            let portable = Portable { refs: smallvec::smallvec![Ref::Int(i64::from(sink))], ..Portable::default() };
            self.give_portable(Cell::Seed(function, RETURNED), portable);
        }
    }

    /// `(req, res)`: where names and places of several parameters say that a function is a handler, all have to be there.
    fn has_all_named(&self, model: &Handler, function: FuncId) -> bool {
        let told = model.methods_of.is_empty() && model.names.is_empty() && !model.decorated;
        let places: Vec<u32> = model.params.iter().filter_map(|given| given.position).collect();
        let each = places.len() == model.params.len() && places.windows(2).all(|pair| pair[0] < pair[1]);
        if !told || !each || model.params.len() < 2 || model.params.iter().any(|given| given.name.is_none()) {
            return true;
        }
        let place = self.project.function(function).place;
        let tree = &self.project.file(place.file).tree;
        let params = &tree.function(place.function).params;
        model.params.iter().all(|given| {
            let param = given.position.and_then(|at| params.get(at as usize));
            param.is_some_and(|param| match tree.pattern(param.pattern).kind {
                PatternKind::Name(name) => given.name.as_deref() == Some(tree.text(name)),
                _ => false,
            })
        })
    }

    /// Gives a parameter what a model says of it: a type, a source. `named`: its name alone says that a framework passes it.
    fn give_by_model(
        &mut self,
        function: FuncId,
        number: u8,
        param: &crate::syntax::Param,
        (type_, source, guessed): (Option<crate::model::index::NodeId>, Option<u32>, u8),
        named: bool,
    ) {
        let place = self.project.function(function).place;
        let info = self.project.file(place.file);
        let tree = &info.tree;
        if super::own::is_asked_for(info, param) {
            return;
        }
        let mut portable = Portable::default();
        // A class of the project that is declared as the body has its declared fields only.
        let declared = param.annotation.filter(|_| source.is_some()).is_some_and(|annotation| {
            if place.file == self.file {
                self.annotated(annotation).iter().any(|one| matches!(one, Ref::Instance(_)))
            } else {
                self.project.class_of_expr(place.file, annotation).is_some()
            }
        });
        if let Some(type_) = type_.filter(|_| !declared) {
            portable.refs.push(Ref::Api(type_, None));
        }
        if let Some(source) = source {
            let span = tree.pattern(param.pattern).span;
            let step = Step { file: place.file, span, did: Did::Source(source) };
            let fields = crate::model::index::kind_bit("mass-assignment");
            // A parameter that is declared as text holds no object with operators.
            let text = self.python
                && param.annotation.is_some_and(|annotation| super::super::typed::is_text_type(tree, annotation, 4));
            let objects = if text { super::operator::text_kinds() } else { 0 };
            let asked =
                param.annotation.is_some_and(|annotation| self.project.asks_function(place.file, annotation, 6));
            let guessed = if asked { guessed + super::held::UNSURE } else { guessed };
            portable.taints.push(PortableTaint {
                origin: Origin::Source { file: place.file, span, source },
                cleared: objects | if declared && self.python { fields } else { 0 },
                guessed,
                way: Way::of(step),
            });
        }
        if self.is_nested(function) {
            let value = self.bring_in(&portable, None);
            self.nested_params.entry(function).or_default().push((number, value));
        } else {
            if !named {
                self.passed_by_framework(function, number, &portable);
            }
            self.give_portable(Cell::Seed(function, number), portable);
        }
    }

    /// Whether a parameter is not what the model means: its annotation is a type that is passed in otherwise, or a number.
    fn excepted(&mut self, given: &HandlerParam, param: &crate::syntax::Param) -> bool {
        if let Some(annotation) = param.annotation
            && given.source.is_some()
        {
            let types = self.annotated(annotation);
            let narrow = types.iter().any(|one| match one {
                Ref::Scalar => true,
                Ref::Instance(class) => self.is_enum(*class),
                _ => false,
            });
            if narrow || self.project.holds_scalars(self.file, annotation) {
                return true;
            }
        }
        if given.source.is_some()
            && self.python
            && self.project.is_patterned(self.file, param.annotation, param.default)
        {
            return true;
        }
        if given.except.is_empty() {
            return false;
        }
        let mut asked: Vec<ExprId> = Vec::new();
        if let Some(default) = param.default {
            asked.push(default);
        }
        if let Some(annotation) = param.annotation {
            asked.push(annotation);
            if let ExprKind::Index { index, .. } = self.tree.expr(annotation).kind {
                match &self.tree.expr(index).kind {
                    ExprKind::Sequence { items, .. } => asked.extend(items.iter().map(|item| item.value)),
                    _ => asked.push(index),
                }
            }
        }
        asked.into_iter().any(|expr| {
            let expr = match self.tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => callee,
                _ => expr,
            };
            let value = match self.tree.expr(expr).kind {
                ExprKind::Name(_) | ExprKind::Member { .. } => self.eval_quiet(expr),
                _ => Value { refs: super::super::value::RefSet::ANY, taint: TaintSet::CLEAN },
            };
            self.is_one_of(value, &given.except)
        })
    }

    /// The same for a function of another file, whose names are not evaluated here: told by how they are written.
    fn excepted_elsewhere(
        &self,
        file: super::super::facts::FileId,
        given: &HandlerParam,
        param: &crate::syntax::Param,
    ) -> bool {
        if given.source.is_none() && given.except.is_empty() {
            return false;
        }
        let tree = &self.project.file(file).tree;
        if let Some(annotation) = param.annotation
            && given.source.is_some()
        {
            let class = self.project.class_of_expr(file, annotation);
            if self.project.holds_scalars(file, annotation) || class.is_some_and(|class| self.is_enum(class)) {
                return true;
            }
        }
        if given.source.is_some() && self.python && self.project.is_patterned(file, param.annotation, param.default) {
            return true;
        }
        let mut asked: Vec<ExprId> = param.default.iter().chain(&param.annotation).copied().collect();
        if let Some(annotation) = param.annotation
            && let ExprKind::Index { index, .. } = tree.expr(annotation).kind
        {
            match &tree.expr(index).kind {
                ExprKind::Sequence { items, .. } => asked.extend(items.iter().map(|item| item.value)),
                _ => asked.push(index),
            }
        }
        asked.into_iter().any(|expr| {
            let expr = match tree.expr(expr).kind {
                ExprKind::Call { callee, .. } => callee,
                _ => expr,
            };
            let (ExprKind::Name(name) | ExprKind::Member { name, .. }) = tree.expr(expr).kind else { return false };
            let written = tree.text(name);
            given.except.iter().any(|node| self.index.text(*node).rsplit('.').next() == Some(written))
        })
    }

    /// Whether a value is one of the nodes, or a class of the project that is a subclass of one.
    fn is_one_of(&mut self, value: Value, nodes: &[crate::model::index::NodeId]) -> bool {
        for one in self.refs(value) {
            match one {
                Ref::Api(node, _) => {
                    let classes = self.index.class_of(node);
                    if nodes.contains(&node)
                        || nodes.iter().any(|wanted| self.index.class_of(*wanted).iter().any(|c| classes.contains(c)))
                    {
                        return true;
                    }
                }
                Ref::Class(class) => {
                    let mut types = Vec::new();
                    let project = self.project;
                    for class in project.lineage(class) {
                        if let Some(bases) = self.cell(Cell::Bases(*class)) {
                            types.extend(self.api_nodes(bases));
                        }
                    }
                    let wanted: Vec<_> = nodes.iter().flat_map(|node| self.index.class_of(*node)).collect();
                    if types.iter().any(|type_| wanted.contains(&type_) || nodes.contains(type_)) {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }
}
