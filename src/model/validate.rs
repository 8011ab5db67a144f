//! What a rule file must hold beyond its types: known kinds, paths and regular expressions that parse, unique ids, prose
//! and examples. `build.rs` runs this over the built-in files (it reads this very file) and fails the build on the first
//! complaint.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{AccessPath, ArgPath, Root};
use super::schema::{
    Condition, EFFECT_KINDS, Example, GUARD_KINDS, HandlerModel, MisuseRule, Model, OCCASIONS, RuleBook, SHAPES,
    SINK_KINDS, SOURCE_KINDS, TaintRule,
};

const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
const CONFIDENCES: &[&str] = &["low", "medium", "high"];
const FAMILIES: &[&str] = &["python", "javascript"];

/// Names of declared types, per language family.
type Types = BTreeMap<String, BTreeSet<String>>;

/// Complaints about a rule book: each names the file part it speaks of. Empty when all is well.
#[must_use]
pub fn complaints(book: &RuleBook) -> Vec<String> {
    let types = declared_types(book);
    let mut check = Check { types: &types, family: String::new(), place: String::new(), found: Vec::new() };
    for model in &book.models {
        check.model(model);
    }
    let mut ids = BTreeSet::new();
    for rule in &book.taint {
        check.taint(rule);
        if !ids.insert(format!("taint/{}", rule.id)) {
            check.say(&format!("the id `{}` is taken", rule.id));
        }
    }
    for rule in &book.misuse {
        check.misuse(rule);
        if !ids.insert(format!("misuse/{}-{}", rule.language, rule.id)) {
            check.say(&format!("the id `{}` is taken", rule.id));
        }
    }
    check.found
}

fn declared_types(book: &RuleBook) -> Types {
    let mut types = Types::new();
    for model in &book.models {
        let names = model.types.iter().map(|declared| declared.name.clone());
        types.entry(model.language.clone()).or_default().extend(names);
    }
    types
}

struct Check<'a> {
    types: &'a Types,
    family: String,
    place: String,
    found: Vec<String>,
}

impl Check<'_> {
    fn say(&mut self, what: &str) {
        self.found.push(format!("{}: {what}", self.place));
    }

    fn model(&mut self, model: &Model) {
        self.family.clone_from(&model.language);
        self.place = format!("rules/models/{}/{}.toml", model.language, model.library);
        self.one_of("language", &model.language, FAMILIES);
        if model.library.is_empty() {
            self.say("`library` is empty");
        }
        for declared in &model.types {
            self.access(&declared.classes);
            self.access(&declared.from);
            for extended in &declared.extends {
                self.type_name(extended);
            }
        }
        for source in &model.sources {
            self.paths(&source.paths);
            self.one_of("source kind", &source.kind, SOURCE_KINDS);
            self.prose("label", &source.label);
            self.arguments(&source.taints);
            if !source.clears.is_empty() {
                self.cleared(&source.clears);
            }
            self.conditions(&source.when, false);
        }
        for sink in &model.sinks {
            self.paths(&sink.paths);
            self.one_of("sink kind", &sink.kind, SINK_KINDS);
            if sink.args.is_empty() && !sink.assigned {
                self.say(&format!("the sink {:?} names no arguments", sink.paths));
            }
            self.arguments(&sink.args);
            self.conditions(&sink.when, false);
            if let Some(confidence) = &sink.confidence {
                self.one_of("confidence", confidence, CONFIDENCES);
            }
        }
        for sanitizer in &model.sanitizers {
            self.paths(&sanitizer.paths);
            self.cleared(&sanitizer.clears);
            self.arguments(&sanitizer.args);
            self.conditions(&sanitizer.when, false);
        }
        for validator in &model.validators {
            self.paths(&validator.paths);
            self.cleared(&validator.clears);
            self.arguments(&validator.args);
        }
        for propagator in &model.propagators {
            self.paths(&propagator.paths);
            self.arguments(&propagator.from);
            self.argument(&propagator.to);
        }
        for callback in &model.callbacks {
            self.paths(&callback.paths);
            self.arguments(&callback.args);
            for given in callback.params.iter().chain(&callback.error_first) {
                self.given(given);
            }
            self.arguments(callback.returns.as_slice());
        }
        for handler in &model.handlers {
            self.handler(handler);
        }
        self.endpoints(model);
    }

    fn handler(&mut self, handler: &HandlerModel) {
        self.access(&handler.decorators);
        for name in &handler.methods_of {
            self.type_name(name);
        }
        if handler.decorators.is_empty()
            && handler.methods_of.is_empty()
            && handler.files.is_empty()
            && handler.imports.is_empty()
            && handler.directive.is_none()
        {
            self.say("a handler is told by nothing");
        }
        for param in &handler.params {
            if let Some(type_) = &param.type_ {
                self.given(type_);
            }
            if let Some(source) = &param.source {
                self.one_of("source kind", source, SOURCE_KINDS);
            }
            self.access(&param.except);
        }
        if let Some(returns) = &handler.returns {
            self.one_of("sink kind", returns, SINK_KINDS);
        }
    }

    fn endpoints(&mut self, model: &Model) {
        for route in &model.routes {
            self.paths(&route.paths);
            if !route.path.is_empty() {
                self.argument(&route.path);
            }
            self.arguments(&route.hooks);
            for option in &route.options {
                self.argument(&option.arg);
                self.one_of("guard kind", &option.kind, GUARD_KINDS);
            }
            for option in [&route.methods_arg, &route.handler, &route.middleware, &route.table] {
                self.arguments(option.as_slice());
            }
        }
        for mount in &model.mounts {
            self.paths(&mount.paths);
            self.arguments(mount.prefix.as_slice());
            self.arguments(mount.middleware.as_slice());
            self.argument(&mount.mounted);
        }
        for guard in &model.guards {
            if guard.paths.is_empty() && guard.names.is_empty() {
                self.say("a guard names nothing");
            }
            self.access(&guard.paths);
            self.one_of("guard kind", &guard.kind, GUARD_KINDS);
            for name in &guard.names {
                self.regex(name);
            }
        }
        for render in &model.renders {
            self.paths(&render.paths);
            self.argument(&render.template);
            self.arguments(render.made_by.as_slice());
            for path in render.context.iter().filter(|path| *path != "kwargs") {
                self.argument(path);
            }
            for value in render.provides.values() {
                if value.starts_with(|c: char| c.is_ascii_digit()) {
                    self.argument(value);
                } else {
                    self.access(std::slice::from_ref(value));
                }
            }
        }
        for effect in &model.effects {
            self.one_of("effect kind", &effect.kind, EFFECT_KINDS);
            if effect.names.is_empty() {
                self.say("an effect names nothing");
            }
            for pattern in [&effect.receivers, &effect.not_receivers, &effect.mentions].into_iter().flatten() {
                self.regex(pattern);
            }
        }
        for session in &model.sessions {
            self.paths(&session.paths);
            self.one_of("session kind", &session.kind, &["cookie", "token"]);
        }
    }

    fn taint(&mut self, rule: &TaintRule) {
        self.family.clear();
        self.place = format!("rules/taint/{}.toml", rule.id);
        self.id(&rule.id);
        self.common(&rule.title, &rule.message, &rule.cwe, &rule.owasp, &rule.why, &rule.remedy);
        if rule.sinks.is_empty() || rule.sources.is_empty() {
            self.say("no sinks or no sources");
        }
        for sink in &rule.sinks {
            self.one_of("sink kind", sink, SINK_KINDS);
        }
        for (source, severity) in &rule.sources {
            let known = match source.strip_suffix('*') {
                Some(prefix) => SOURCE_KINDS.iter().any(|kind| kind.starts_with(prefix)),
                None => SOURCE_KINDS.contains(&source.as_str()),
            };
            if !known {
                self.say(&format!("`{source}` is no source kind"));
            }
            self.one_of("severity", severity, SEVERITIES);
        }
        self.examples(&rule.examples, FAMILIES);
    }

    fn misuse(&mut self, rule: &MisuseRule) {
        self.family.clone_from(&rule.language);
        self.place = format!("rules/misuse/{}/{}.toml", rule.language, rule.id);
        self.id(&rule.id);
        self.one_of("language", &rule.language, FAMILIES);
        self.one_of("severity", &rule.severity, SEVERITIES);
        self.one_of("confidence", &rule.confidence, CONFIDENCES);
        self.common(&rule.title, &rule.message, &rule.cwe, &rule.owasp, &rule.why, &rule.remedy);
        if rule.matches.is_empty() {
            self.say("it matches nothing");
        }
        for hit in &rule.matches {
            let on = hit.on.as_deref().unwrap_or("call");
            self.one_of("`on`", on, OCCASIONS);
            if OCCASIONS.iter().take(4).any(|known| *known == on) {
                self.paths(&hit.paths);
                self.map_paths(on, &hit.paths);
            } else if !hit.paths.is_empty() {
                self.say(&format!("`on = \"{on}\"` takes no paths"));
            }
            self.access(&hit.unless);
            self.access(&hit.unless_constant);
            self.access(&hit.not_beside);
            if let Some(severity) = &hit.severity {
                self.one_of("severity", severity, SEVERITIES);
            }
            for pattern in hit.purpose.iter().chain(&hit.not_purpose).chain(&hit.not_under).chain(&hit.not_in_file) {
                self.regex(pattern);
            }
            self.conditions(&hit.when, true);
        }
        self.examples(&rule.examples, &[rule.language.as_str()]);
    }

    /// `#map.key` is for map literals, and they are told by nothing else.
    fn map_paths(&mut self, on: &str, paths: &[String]) {
        for path in paths {
            let key = path.strip_prefix("#map.").is_some_and(|key| !key.contains(['.', '(', '[']));
            if (on == "map") != key {
                self.say(&format!("`{path}` does not fit `on = \"{on}\"`"));
            }
        }
    }

    fn common(&mut self, title: &str, message: &str, cwe: &[u32], owasp: &[String], why: &str, remedy: &str) {
        self.prose("title", title);
        self.prose("message", message);
        self.prose("why", why);
        self.prose("remedy", remedy);
        if cwe.is_empty() {
            self.say("no CWE");
        }
        let category = regex::Regex::new("^(A|LLM)[0-9]{2}:20[0-9]{2}$");
        if owasp.is_empty() || owasp.iter().any(|name| category.as_ref().is_ok_and(|form| !form.is_match(name))) {
            self.say("`owasp` must list categories such as `A03:2021`");
        }
    }

    fn examples(&mut self, examples: &[Example], families: &[&str]) {
        if examples.is_empty() {
            self.say("no examples");
        }
        for example in examples {
            if !families.contains(&example.family()) {
                self.say(&format!("an example is in `{}`", example.language));
            }
            self.prose("example.bad", &example.bad);
            self.prose("example.good", &example.good);
        }
    }

    fn id(&mut self, id: &str) {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || !id.chars().all(kebab) || id.starts_with('-') || id.ends_with('-') {
            self.say("the id is not in kebab-case");
        }
    }

    fn prose(&mut self, what: &str, text: &str) {
        if text.trim().is_empty() {
            self.say(&format!("`{what}` is missing"));
        }
    }

    fn one_of(&mut self, what: &str, value: &str, known: &[&str]) {
        if !known.contains(&value) {
            self.say(&format!("{what} `{value}` is unknown; known are {}", known.join(", ")));
        }
    }

    fn cleared(&mut self, kinds: &[String]) {
        if kinds.is_empty() {
            self.say("it clears nothing");
        }
        for kind in kinds.iter().filter(|kind| *kind != "*") {
            self.one_of("sink kind", kind, SINK_KINDS);
        }
    }

    /// `misuse`: whether they are asked where the text of the arguments is at hand.
    fn conditions(&mut self, conditions: &[Condition], misuse: bool) {
        for condition in conditions {
            self.argument(&condition.arg);
            self.access(&condition.from);
            self.access(&condition.not_from);
            if let Some(shape) = &condition.shape {
                self.one_of("shape", shape, SHAPES);
            }
            if let Some(kind) = &condition.open_for {
                self.one_of("sink kind", kind, SINK_KINDS);
            }
            let by_name = [&condition.named, &condition.not_named, &condition.mentions, &condition.not_mentions];
            for pattern in condition.matches.iter().chain(&condition.begins).chain(by_name.into_iter().flatten()) {
                self.regex(pattern);
            }
            let asks_names = by_name.into_iter().any(Option::is_some);
            if asks_names && !misuse {
                self.say("only misuse rules can ask for names");
            }
            if condition.not_named.is_some() && condition.named.is_none() {
                self.say("`not_named` needs `named`");
            }
            let empty = condition.absent.is_none()
                && condition.is.is_empty()
                && condition.is_not.is_empty()
                && condition.matches.is_none()
                && condition.begins.is_none()
                && condition.below.is_none()
                && condition.from.is_empty()
                && condition.not_from.is_empty()
                && condition.shape.is_none()
                && condition.bits.is_none()
                && condition.open_for.is_none()
                && condition.backtracks.is_none()
                && !asks_names;
            if empty {
                self.say(&format!("the condition on `{}` asks nothing", condition.arg));
            }
        }
    }

    fn regex(&mut self, pattern: &str) {
        if let Err(error) = regex::Regex::new(pattern) {
            self.say(&format!("bad regular expression: {error}"));
        }
    }

    fn paths(&mut self, paths: &[String]) {
        if paths.is_empty() {
            self.say("an entry without `paths`");
        }
        self.access(paths);
    }

    fn access(&mut self, paths: &[String]) {
        for text in paths {
            match AccessPath::parse(text) {
                Err(error) => self.say(&error),
                Ok(AccessPath { root: Root::Type(name), .. }) => self.type_name(&name),
                Ok(_) => {}
            }
        }
    }

    fn arguments(&mut self, paths: &[String]) {
        for text in paths {
            self.argument(text);
        }
    }

    fn argument(&mut self, text: &str) {
        if let Err(error) = ArgPath::parse(text) {
            self.say(&error);
        }
    }

    /// `<type>`, an argument path or nothing.
    fn given(&mut self, text: &str) {
        if text.starts_with('<') {
            match AccessPath::parse(text) {
                Ok(AccessPath { root: Root::Type(name), .. }) => self.type_name(&name),
                Ok(_) => {}
                Err(error) => self.say(&error),
            }
        } else if !text.is_empty() {
            self.argument(text);
        }
    }

    fn type_name(&mut self, name: &str) {
        if !self.types.get(&self.family).is_some_and(|names| names.contains(name)) {
            self.say(&format!("the type `{name}` is not declared"));
        }
    }
}
