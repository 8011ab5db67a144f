//! The lookup index: every access path of every model and rule in one trie, so that following a member, a call or an
//! element of a library value is one hash lookup.
//!
//! A node stands for an access path. Types are roots of their own; a node knows which types its values have. The index
//! knows nothing of trees and values; `crate::flow` walks it.

mod build;

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::path::{ArgPath, Root};
use super::schema::{Condition, RuleBook, SINK_KINDS};
use crate::base::pattern::Pattern;

/// A node of the trie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A step between nodes: a call, an element, or a member by its number in [`Index::member`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(u32);

impl Step {
    /// `()`
    pub const CALL: Self = Self(0);
    /// `[]`
    pub const ELEMENT: Self = Self(1);
    /// A name that no model mentions: leads nowhere.
    pub const UNKNOWN: Self = Self(2);
}

/// Sink kinds as bits, in the order of [`SINK_KINDS`].
pub type Kinds = u64;

const _: () = assert!(SINK_KINDS.len() <= Kinds::BITS as usize, "a bit for each kind of sink");

/// Every sink kind.
pub const ALL_KINDS: Kinds = Kinds::MAX;

/// The bit of a sink kind; 0 for an unknown one.
#[must_use]
pub fn kind_bit(kind: &str) -> Kinds {
    SINK_KINDS.iter().position(|known| *known == kind).map_or(0, |at| 1 << at)
}

fn kind_mask(kinds: &[String]) -> Kinds {
    kinds.iter().fold(0, |mask, kind| {
        mask | match kind.as_str() {
            "*" => ALL_KINDS,
            // What may be gone to is no script.
            "redirect" => kind_bit("redirect") | kind_bit("address"),
            kind => kind_bit(kind),
        }
    })
}

/// The language families with models, as used in [`Index::root`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Family {
    Python,
    JavaScript,
}

impl Family {
    fn of(language: &str) -> Self {
        if language == "python" { Self::Python } else { Self::JavaScript }
    }
}

/// What the models say of a node. Numbers are indexes into the tables of [`Index`].
#[derive(Debug, Default, Clone)]
#[allow(missing_docs)]
pub struct Entries {
    pub sources: Vec<u32>,
    pub sinks: Vec<u32>,
    pub sanitizers: Vec<u32>,
    pub validators: Vec<u32>,
    pub propagators: Vec<u32>,
    pub callbacks: Vec<u32>,
    pub handlers: Vec<u32>,
    pub renders: Vec<u32>,
    /// Routes, mounts, guards, sessions, misuse: uses of it are recorded as facts.
    pub fact: bool,
}

/// A source.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Source {
    /// Index into [`SOURCE_KINDS`].
    pub kind: u8,
    pub label: String,
    pub taints: Vec<ArgPath>,
    /// What it is safe for from the start.
    pub clears: Kinds,
    pub when: Vec<CompiledCondition>,
}

/// A sink.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Sink {
    /// Index into [`SINK_KINDS`].
    pub kind: u8,
    pub args: Vec<ArgPath>,
    pub assigned: bool,
    pub whole: bool,
    pub receivers: Vec<String>,
    pub when: Vec<CompiledCondition>,
    pub label: String,
    /// 0 low, 1 medium, 2 high.
    pub confidence: u8,
}

/// A sanitizer.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Sanitizer {
    pub clears: Kinds,
    pub args: Vec<ArgPath>,
    pub when: Vec<CompiledCondition>,
}

/// A validator.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Validator {
    pub clears: Kinds,
    pub args: Vec<ArgPath>,
    pub safe_when: bool,
}

/// A propagator.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Propagator {
    pub from: Vec<ArgPath>,
    pub to: ArgPath,
}

/// What a callback's parameter gets.
#[derive(Debug, Clone)]
pub enum Given {
    /// A value of a type.
    Type(NodeId),
    /// An argument of the call that calls back.
    Argument(ArgPath),
    /// Nothing known.
    Nothing,
}

/// A call that calls back.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Callback {
    pub args: Vec<ArgPath>,
    pub params: Vec<Given>,
    pub error_first: Vec<Given>,
    pub returns: Option<ArgPath>,
}

/// A call that fills a template.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Render {
    pub template: ArgPath,
    pub made_by: Option<ArgPath>,
    pub context: Vec<ArgPath>,
    /// Whether keyword arguments are variables.
    pub keywords: bool,
    pub provides: Vec<(String, Provided)>,
}

/// What a template gets besides what it is passed.
#[derive(Debug)]
pub enum Provided {
    /// A value of a library.
    Api(NodeId),
    /// An argument of the call.
    Argument(ArgPath),
}

/// A pattern of paths, compiled when it is first asked of a path that holds its longest fixed part: most never are.
#[derive(Debug)]
pub struct FileGlob {
    glob: globset::Glob,
    fixed: Box<str>,
    matcher: OnceLock<globset::GlobMatcher>,
}

impl FileGlob {
    fn new(text: &str) -> Option<Self> {
        let parts = if text.contains(['[', '{', '\\']) { "" } else { text }.split(['*', '?']);
        let fixed = parts.map(|part| part.trim_matches('/')).max_by_key(|part| part.len()).unwrap_or_default();
        Some(Self { glob: globset::Glob::new(text).ok()?, fixed: fixed.into(), matcher: OnceLock::new() })
    }

    /// Whether a path fits.
    pub fn is_match(&self, path: &str) -> bool {
        path.contains(&*self.fixed) && self.matcher.get_or_init(|| self.glob.compile_matcher()).is_match(path)
    }
}

/// A function that a framework calls.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Handler {
    pub family: Family,
    /// The model's library, for messages.
    pub library: String,
    /// Type nodes whose subclasses' methods are handlers.
    pub methods_of: Vec<NodeId>,
    pub names: Vec<String>,
    /// Told by a decorator (and nothing else).
    pub decorated: bool,
    pub files: Vec<FileGlob>,
    pub imports: Vec<String>,
    pub directive: Option<String>,
    pub params: Vec<HandlerParam>,
    /// The sink that a returned value reaches, as an index into [`Index::sinks`].
    pub returns: Option<u32>,
    pub keyword: Option<(String, String)>,
    pub by_pattern: bool,
}

/// What a parameter of a handler gets.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct HandlerParam {
    pub position: Option<u32>,
    pub name: Option<String>,
    pub type_: Option<NodeId>,
    /// An index into [`Index::sources`].
    pub source: Option<u32>,
    /// The source that it is where the route lets one segment of the path through.
    pub segment: Option<u32>,
    pub except: Vec<NodeId>,
    /// How many guesses it is that a stranger chooses it.
    pub guesses: u8,
}

/// A [`Condition`] whose argument path and expression are compiled. `crate::flow` asks it.
#[derive(Debug)]
pub struct CompiledCondition {
    pub(crate) arg: ArgPath,
    pub(crate) matches: Option<Pattern>,
    pub(crate) begins: Option<Pattern>,
    pub(crate) named: Option<Pattern>,
    pub(crate) not_named: Option<Pattern>,
    pub(crate) mentions: Option<Pattern>,
    pub(crate) not_mentions: Option<Pattern>,
    pub(crate) written: Condition,
}

impl CompiledCondition {
    /// Reads a condition; `None` if its argument path is broken (the build refuses such files, and broken expressions).
    #[must_use]
    pub fn new(written: &Condition) -> Option<Self> {
        let arg = ArgPath::parse(&written.arg).ok()?;
        let pattern = |text: &Option<String>| text.as_deref().map(Pattern::read);
        Some(Self {
            arg,
            matches: pattern(&written.matches),
            begins: pattern(&written.begins),
            named: pattern(&written.named),
            not_named: pattern(&written.not_named),
            mentions: pattern(&written.mentions),
            not_mentions: pattern(&written.not_mentions),
            written: written.clone(),
        })
    }

    /// Compiles all of a list.
    #[must_use]
    pub fn all(written: &[Condition]) -> Vec<Self> {
        written.iter().filter_map(Self::new).collect()
    }
}

#[derive(Debug)]
struct Node {
    text: Arc<str>,
    /// The types that values here have, those they extend included.
    types: Vec<NodeId>,
    entries: Option<Box<Entries>>,
    is_type: bool,
    guessed: bool,
    /// The type that instances have, where this is a class.
    class_of: Vec<NodeId>,
}

/// The compiled models and rules.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Index {
    nodes: Vec<Node>,
    roots: FxHashMap<(Family, Root), NodeId>,
    children: FxHashMap<(NodeId, Step), NodeId>,
    names: FxHashMap<Box<str>, Step>,
    pub sources: Vec<Source>,
    pub sinks: Vec<Sink>,
    pub sanitizers: Vec<Sanitizer>,
    pub validators: Vec<Validator>,
    pub propagators: Vec<Propagator>,
    pub callbacks: Vec<Callback>,
    pub handlers: Vec<Handler>,
    pub renders: Vec<Render>,
    /// What gives a path of JavaScript that was put together.
    pub joined: Vec<NodeId>,
    /// Per family, the root of `#map`.
    maps: [Option<NodeId>; 2],
    /// The weak source that parameters are, as an index into `sources`.
    pub parameter: u32,
    /// The sinks of the languages themselves, as indexes into `sinks`.
    pub own: OwnSinks,
}

/// Sinks that no model names: they are operators, not calls.
#[derive(Debug, Default, Clone, Copy)]
pub struct OwnSinks {
    /// A key by which a nested object is written: `tree[a][b] = value`.
    pub key: u32,
    /// A name by which a function is chosen: `actions[name]()`.
    pub dispatch: u32,
    /// `import(path)`
    pub import: u32,
    /// A path that was put together and is handed to what nobody here knows.
    pub handed: u32,
}

impl Index {
    /// Compiles models and misuse rules. Paths that do not parse are left out; the build refuses them.
    #[must_use]
    pub fn new(book: &RuleBook) -> Self {
        let mut index = Self {
            nodes: Vec::new(),
            roots: FxHashMap::default(),
            children: FxHashMap::default(),
            names: FxHashMap::default(),
            sources: Vec::new(),
            sinks: Vec::new(),
            sanitizers: Vec::new(),
            validators: Vec::new(),
            propagators: Vec::new(),
            callbacks: Vec::new(),
            handlers: Vec::new(),
            renders: Vec::new(),
            joined: Vec::new(),
            maps: [None; 2],
            parameter: 0,
            own: OwnSinks::default(),
        };
        index.add_own();
        for model in &book.models {
            index.add_types(model);
        }
        for model in &book.models {
            index.add_model(model);
        }
        for rule in &book.misuse {
            index.add_misuse(rule);
        }
        index.close_types();
        index.maps = [Family::Python, Family::JavaScript].map(|family| index.root(family, "#map"));
        index
    }

    /// The root of a module, builtin namespace or global.
    #[must_use]
    pub fn root(&self, family: Family, name: &str) -> Option<NodeId> {
        self.roots.get(&(family, Root::Name(name.to_owned()))).copied()
    }

    /// The node of a declared type.
    #[must_use]
    pub fn type_node(&self, family: Family, name: &str) -> Option<NodeId> {
        self.roots.get(&(family, Root::Type(name.to_owned()))).copied()
    }

    /// The root of values whose type is not known.
    #[must_use]
    pub fn unknown(&self, family: Family) -> Option<NodeId> {
        self.roots.get(&(family, Root::Unknown)).copied()
    }

    /// The root of the keys of map literals that misuse rules wait for, if any does.
    #[must_use]
    pub fn map_root(&self, family: Family) -> Option<NodeId> {
        self.maps[usize::from(family == Family::JavaScript)]
    }

    /// The step of a member name; [`Step::UNKNOWN`] if no model mentions it.
    #[must_use]
    pub fn member(&self, name: &str) -> Step {
        self.names.get(name).copied().unwrap_or(Step::UNKNOWN)
    }

    /// One step from one node, types left out.
    #[must_use]
    pub fn child(&self, node: NodeId, step: Step) -> Option<NodeId> {
        if step == Step::UNKNOWN {
            return None;
        }
        self.children.get(&(node, step)).copied()
    }

    /// One step from a node and from the types of its values.
    pub fn follow(&self, node: NodeId, step: Step) -> impl Iterator<Item = NodeId> {
        let own = self.child(node, step);
        own.into_iter().chain(self.types(node).iter().filter_map(move |type_| self.child(*type_, step)))
    }

    /// The types that values at a node have.
    #[must_use]
    pub fn types(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node.0 as usize].types
    }

    /// Whether the node is a type or its values have one: then what the models do not say of it is not so.
    #[must_use]
    pub fn is_typed(&self, node: NodeId) -> bool {
        let node = &self.nodes[node.0 as usize];
        node.is_type || !node.types.is_empty()
    }

    /// The types of instances, where the node is a class.
    #[must_use]
    pub fn class_of(&self, node: NodeId) -> &[NodeId] {
        &self.nodes[node.0 as usize].class_of
    }

    /// Whether a node was reached by a member name only.
    #[must_use]
    pub fn is_guessed(&self, node: NodeId) -> bool {
        self.nodes[node.0 as usize].guessed
    }

    /// The access path of a node.
    #[must_use]
    pub fn text(&self, node: NodeId) -> &Arc<str> {
        &self.nodes[node.0 as usize].text
    }

    /// What the models say of this very node.
    #[must_use]
    pub fn entries(&self, node: NodeId) -> Option<&Entries> {
        self.nodes[node.0 as usize].entries.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::Model;
    use super::*;

    #[test]
    fn types_are_followed_through_what_they_extend() {
        let model: Model = toml::from_str(
            r#"
            library = "db"
            language = "python"
            [[type]]
            name = "db.Base"
            [[type]]
            name = "db.Cursor"
            from = ["db.connect().cursor()"]
            extends = ["db.Base"]
            [[sink]]
            paths = ["<db.Base>.execute", "?.run"]
            kind = "sql"
            args = ["0"]
            "#,
        )
        .unwrap();
        let index = Index::new(&RuleBook { models: vec![model], ..RuleBook::default() });
        let mut node = index.root(Family::Python, "db").unwrap();
        for step in [index.member("connect"), Step::CALL, index.member("cursor"), Step::CALL] {
            node = index.follow(node, step).next().unwrap();
        }
        let execute = index.follow(node, index.member("execute")).next().unwrap();
        assert_eq!(index.text(execute).as_ref(), "<db.Base>.execute");
        assert_eq!(index.entries(execute).unwrap().sinks.len(), 1);
        assert!(index.is_typed(node));
        let run = index.child(index.unknown(Family::Python).unwrap(), index.member("run")).unwrap();
        assert!(index.is_guessed(run));
        assert_eq!(index.follow(node, index.member("other")).count(), 0);
        assert!(index.root(Family::JavaScript, "db").is_none());
    }
}
