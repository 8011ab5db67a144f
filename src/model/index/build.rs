//! Puts models and rules into the index: paths into the trie, what they say at the nodes they end at.

use super::super::path::{AccessPath, ArgPath, Root, Segment};
use super::super::schema::{Condition, HandlerModel, MisuseRule, Model, RenderModel, SINK_KINDS, SOURCE_KINDS};
use super::{
    Callback, CompiledCondition, Entries, Family, FileGlob, Given, Handler, HandlerParam, Index, Node, NodeId,
    OwnSinks, Propagator, Provided, Render, Sanitizer, Sink, Source, Step, Validator, kind_mask,
};

impl Index {
    pub(super) fn add_types(&mut self, model: &Model) {
        let family = Family::of(&model.language);
        for declared in &model.types {
            let type_ = self.root_node(family, Root::Type(declared.name.clone()));
            self.nodes[type_.0 as usize].is_type = true;
            for path in &declared.from {
                if let Some(node) = self.path(family, path) {
                    self.nodes[node.0 as usize].types.push(type_);
                }
            }
            for path in &declared.classes {
                if let Some(class) = self.path(family, path) {
                    self.nodes[class.0 as usize].class_of.push(type_);
                    let made = self.step(class, Step::CALL, "()");
                    self.nodes[made.0 as usize].types.push(type_);
                }
            }
            for name in &declared.extends {
                let name = name.trim_start_matches('<').trim_end_matches('>');
                let base = self.root_node(family, Root::Type(name.to_owned()));
                self.nodes[type_.0 as usize].types.push(base);
            }
        }
    }

    /// Types extend types: makes every list of types complete, in order, without repetition.
    pub(super) fn close_types(&mut self) {
        for at in 0..self.nodes.len() {
            let mut all = self.nodes[at].types.clone();
            let mut next = 0;
            while let Some(type_) = all.get(next).copied() {
                for base in self.nodes[type_.0 as usize].types.clone() {
                    if !all.contains(&base) && base.0 as usize != at {
                        all.push(base);
                    }
                }
                next += 1;
            }
            let mut seen = Vec::with_capacity(all.len());
            all.retain(|type_| {
                !seen.contains(type_) && {
                    seen.push(*type_);
                    true
                }
            });
            self.nodes[at].types = all;
        }
    }

    /// What belongs to the languages and to no library.
    pub(super) fn add_own(&mut self) {
        self.parameter = self.add_source("parameter", "a parameter", Vec::new(), &[]);
        let mut add = |kind: &str, label: &str| {
            let kind = position(SINK_KINDS, kind).unwrap_or_default();
            let (args, receivers, when, label) = (Vec::new(), Vec::new(), Vec::new(), label.to_owned());
            self.sinks.push(Sink { kind, args, assigned: false, whole: false, receivers, when, label, confidence: 1 });
            count(self.sinks.len() - 1)
        };
        self.own = OwnSinks {
            key: add("key", "a key of a nested object that is written"),
            dispatch: add("dispatch", "the name of the function that is called"),
            import: add("module", "the module of `import()`"),
            handed: add("path", "a path that is handed on"),
        };
        let joined = ["path.join()", "path.resolve()", "path.posix.join()", "path.posix.resolve()"];
        self.joined = joined.iter().filter_map(|path| self.path(Family::JavaScript, path)).collect();
    }

    pub(super) fn add_model(&mut self, model: &Model) {
        let family = Family::of(&model.language);
        for source in &model.sources {
            let at = self.add_source(&source.kind, &source.label, arguments(&source.taints), &source.when);
            self.sources[at as usize].clears = kind_mask(&source.clears);
            self.conditions(family, &source.when);
            self.mark(family, &source.paths, |entries| entries.sources.push(at));
        }
        for sink in &model.sinks {
            let Some(kind) = position(SINK_KINDS, &sink.kind) else { continue };
            let at = count(self.sinks.len());
            let label = sink.label.clone().unwrap_or_else(|| {
                let path = sink.paths.first().map(String::as_str).unwrap_or_default();
                let name = path.trim_end_matches("()").rsplit('.').next().unwrap_or(path).to_owned();
                if sink.assigned { format!("`{name}`") } else { format!("a call of `{name}`") }
            });
            self.sinks.push(Sink {
                kind,
                args: arguments(&sink.args),
                assigned: sink.assigned,
                whole: sink.whole,
                receivers: sink.receivers.clone(),
                when: CompiledCondition::all(&sink.when),
                label,
                confidence: match sink.confidence.as_deref() {
                    Some("low") => 0,
                    Some("medium") => 1,
                    _ => 2,
                },
            });
            self.conditions(family, &sink.when);
            self.mark(family, &sink.paths, |entries| entries.sinks.push(at));
        }
        for sanitizer in &model.sanitizers {
            let at = count(self.sanitizers.len());
            self.sanitizers.push(Sanitizer {
                clears: kind_mask(&sanitizer.clears),
                args: arguments(&sanitizer.args),
                when: CompiledCondition::all(&sanitizer.when),
            });
            self.conditions(family, &sanitizer.when);
            self.mark(family, &sanitizer.paths, |entries| entries.sanitizers.push(at));
        }
        for validator in &model.validators {
            let at = count(self.validators.len());
            self.validators.push(Validator {
                clears: kind_mask(&validator.clears),
                args: arguments(&validator.args),
                safe_when: validator.safe_when,
            });
            self.mark(family, &validator.paths, |entries| entries.validators.push(at));
        }
        for propagator in &model.propagators {
            let Ok(to) = ArgPath::parse(&propagator.to) else { continue };
            let at = count(self.propagators.len());
            self.propagators.push(Propagator { from: arguments(&propagator.from), to });
            self.mark(family, &propagator.paths, |entries| entries.propagators.push(at));
        }
        for callback in &model.callbacks {
            let at = count(self.callbacks.len());
            let params = callback.params.iter().map(|text| self.given(family, text)).collect();
            let error_first = callback.error_first.iter().map(|text| self.given(family, text)).collect();
            let returns = callback.returns.as_ref().and_then(|text| ArgPath::parse(text).ok());
            self.callbacks.push(Callback { args: arguments(&callback.args), params, error_first, returns });
            self.mark(family, &callback.paths, |entries| entries.callbacks.push(at));
        }
        for handler in &model.handlers {
            self.add_handler(family, &model.library, handler);
        }
        for render in &model.renders {
            self.add_render(family, render);
        }
        self.add_fact_paths(family, model);
    }

    fn add_render(&mut self, family: Family, render: &RenderModel) {
        let Ok(template) = ArgPath::parse(&render.template) else { return };
        let keywords = render.context.iter().any(|path| path == "kwargs");
        let context: Vec<String> = render.context.iter().filter(|path| *path != "kwargs").cloned().collect();
        let mut provides = Vec::new();
        for (name, text) in &render.provides {
            let value = match ArgPath::parse(text) {
                Ok(path) if text.starts_with(|c: char| c.is_ascii_digit()) => Some(Provided::Argument(path)),
                _ => self.path(family, text).map(Provided::Api),
            };
            provides.extend(value.map(|value| (name.clone(), value)));
        }
        let at = count(self.renders.len());
        self.renders.push(Render {
            template,
            made_by: render.made_by.as_deref().and_then(|path| ArgPath::parse(path).ok()),
            context: arguments(&context),
            keywords,
            provides,
        });
        self.mark(family, &render.paths, |entries| entries.renders.push(at));
    }

    fn add_fact_paths(&mut self, family: Family, model: &Model) {
        let routes = model.routes.iter().map(|entry| &entry.paths);
        let mounts = model.mounts.iter().map(|entry| &entry.paths);
        let guards = model.guards.iter().map(|entry| &entry.paths);
        let sessions = model.sessions.iter().map(|entry| &entry.paths);
        for paths in routes.chain(mounts).chain(guards).chain(sessions) {
            self.mark(family, paths, |entries| entries.fact = true);
        }
    }

    fn add_source(&mut self, kind: &str, label: &str, taints: Vec<ArgPath>, when: &[Condition]) -> u32 {
        let kind = position(SOURCE_KINDS, kind).unwrap_or_default();
        let when = CompiledCondition::all(when);
        self.sources.push(Source { kind, label: label.to_owned(), taints, clears: 0, when });
        count(self.sources.len() - 1)
    }

    fn add_handler(&mut self, family: Family, library: &str, handler: &HandlerModel) {
        let params = handler
            .params
            .iter()
            .map(|param| HandlerParam {
                position: param.position,
                name: param.name.clone(),
                type_: param.type_.as_deref().and_then(|text| self.path(family, text)),
                source: param.source.as_deref().map(|kind| {
                    let label = param.label.as_deref().unwrap_or("a parameter that the framework fills");
                    self.add_source(kind, label, Vec::new(), &[])
                }),
                segment: param
                    .segment
                    .as_deref()
                    .map(|label| self.add_source("request-segment", label, Vec::new(), &[])),
                except: param.except.iter().filter_map(|text| self.path(family, text)).collect(),
                guesses: param.guesses,
            })
            .collect();
        let methods_of = handler.methods_of.iter().map(|name| {
            let name = name.trim_start_matches('<').trim_end_matches('>');
            self.root_node(family, Root::Type(name.to_owned()))
        });
        let methods_of = methods_of.collect();
        let files = handler.files.iter().filter_map(|glob| FileGlob::new(glob));
        let returns = handler.returns.as_deref().and_then(|kind| position(SINK_KINDS, kind)).map(|kind| {
            let label = "the response of a handler".to_owned();
            let (args, receivers, when) = (Vec::new(), Vec::new(), Vec::new());
            self.sinks.push(Sink { kind, args, assigned: false, whole: false, receivers, when, label, confidence: 2 });
            count(self.sinks.len() - 1)
        });
        let at = count(self.handlers.len());
        self.handlers.push(Handler {
            family,
            library: library.to_owned(),
            methods_of,
            names: handler.names.clone(),
            decorated: !handler.decorators.is_empty(),
            files: files.collect(),
            imports: handler.imports.clone(),
            directive: handler.directive.clone(),
            params,
            returns,
            keyword: handler.keyword.clone(),
            by_pattern: handler.by_pattern,
        });
        self.mark(family, &handler.decorators, |entries| {
            entries.handlers.push(at);
            entries.fact = true;
        });
    }

    pub(super) fn add_misuse(&mut self, rule: &MisuseRule) {
        let family = Family::of(&rule.language);
        for hit in &rule.matches {
            self.mark(family, &hit.paths, |entries| entries.fact = true);
            self.mark(family, &hit.unless, |entries| entries.fact = true);
            self.mark(family, &hit.unless_constant, |entries| entries.fact = true);
            self.mark(family, &hit.not_beside, |entries| entries.fact = true);
            self.conditions(family, &hit.when);
        }
    }

    /// Paths that conditions name must be nodes, or values could not be told to come from them.
    fn conditions(&mut self, family: Family, conditions: &[Condition]) {
        for path in conditions.iter().flat_map(|condition| condition.from.iter().chain(&condition.not_from)) {
            self.path(family, path);
        }
    }

    fn given(&mut self, family: Family, text: &str) -> Given {
        if text.is_empty() {
            Given::Nothing
        } else if text.starts_with('<') {
            self.path(family, text).map_or(Given::Nothing, Given::Type)
        } else {
            ArgPath::parse(text).map_or(Given::Nothing, Given::Argument)
        }
    }

    fn mark(&mut self, family: Family, paths: &[String], change: impl Fn(&mut Entries)) {
        for path in paths {
            if let Some(node) = self.path(family, path) {
                change(self.nodes[node.0 as usize].entries.get_or_insert_default());
            }
        }
    }

    fn path(&mut self, family: Family, text: &str) -> Option<NodeId> {
        let path = AccessPath::parse(text).ok()?;
        let mut node = self.root_node(family, path.root);
        for segment in &path.segments {
            node = match segment {
                Segment::Call => self.step(node, Step::CALL, "()"),
                Segment::Element => self.step(node, Step::ELEMENT, "[]"),
                Segment::Member(name) => {
                    let next = Step(count(self.names.len()) + 3);
                    let step = *self.names.entry(name.as_str().into()).or_insert(next);
                    self.step(node, step, &format!(".{name}"))
                }
            };
        }
        Some(node)
    }

    fn root_node(&mut self, family: Family, root: Root) -> NodeId {
        if let Some(node) = self.roots.get(&(family, root.clone())) {
            return *node;
        }
        let (text, guessed) = match &root {
            Root::Name(name) if name.contains('.') => (format!("'{name}'"), false),
            Root::Name(name) => (name.clone(), false),
            Root::Type(name) => (format!("<{name}>"), false),
            Root::Unknown => ("?".to_owned(), true),
        };
        let node = self.add_node(&text, guessed, matches!(root, Root::Type(_)));
        self.roots.insert((family, root), node);
        node
    }

    fn step(&mut self, from: NodeId, step: Step, text: &str) -> NodeId {
        if let Some(node) = self.children.get(&(from, step)) {
            return *node;
        }
        let parent = &self.nodes[from.0 as usize];
        let (text, guessed) = (format!("{}{text}", parent.text), parent.guessed);
        let node = self.add_node(&text, guessed, false);
        self.children.insert((from, step), node);
        node
    }

    fn add_node(&mut self, text: &str, guessed: bool, is_type: bool) -> NodeId {
        let node = Node { text: text.into(), types: Vec::new(), entries: None, is_type, guessed, class_of: Vec::new() };
        self.nodes.push(node);
        NodeId(count(self.nodes.len() - 1))
    }
}

fn arguments(paths: &[String]) -> Vec<ArgPath> {
    paths.iter().filter_map(|path| ArgPath::parse(path).ok()).collect()
}

fn position(names: &[&str], name: &str) -> Option<u8> {
    names.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok())
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
