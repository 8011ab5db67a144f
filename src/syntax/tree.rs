//! The common tree: an arena per file, typed ids, interned names.
//!
//! It keeps what data flow, configuration and endpoints need (values, calls, control flow, imports, decorators,
//! annotations) and drops the rest (types beyond annotations, comments, formatting). Every node has a span in the
//! file's decoded text. What could not be parsed is [`ExprKind::Missing`] plus a problem by the frontend.

use std::cell::Cell;
use std::hash::BuildHasher;
use std::num::NonZeroU32;
use std::ops::Range;

use hashbrown::HashTable;
use hashbrown::hash_table;
use rustc_hash::FxBuildHasher;

use crate::base::{Language, Span};

pub use super::expression::*;
pub use super::statement::*;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The id of the nth.
            #[must_use]
            pub fn new(at: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(at))
            }

            /// Which it is, from zero.
            #[must_use]
            pub fn index(self) -> u32 {
                self.0.get() - 1
            }

            /// The same, for what lies beside the nodes.
            #[must_use]
            pub fn at(self) -> usize {
                self.index() as usize
            }

            /// The id of the next node behind so many.
            fn after(count: usize) -> Self {
                Self::new(u32::try_from(count).unwrap_or(u32::MAX))
            }
        }
    };
}
id!(/// An expression of a [`Tree`].
    ExprId);
id!(/// A pattern (assignment target) of a [`Tree`].
    PatternId);
id!(/// A statement of a [`Tree`].
    StmtId);
id!(/// A function of a [`Tree`]: declaration, method, lambda, arrow function.
    FunctionId);
id!(/// A class of a [`Tree`].
    ClassId);
id!(/// An interned string of a [`Tree`].
    Symbol);

/// A sequence of statements.
pub type Block = Box<[StmtId]>;

/// One file's tree.
#[derive(Debug)]
pub struct Tree {
    /// The language it was written in.
    pub language: Language,
    /// The module's top-level statements.
    pub root: Block,
    exprs: Vec<Expr>,
    patterns: Vec<Pattern>,
    stmts: Vec<Stmt>,
    functions: Vec<Function>,
    classes: Vec<Class>,
    /// All interned strings, one behind the other, and where each ends.
    texts: String,
    ends: Vec<u32>,
    /// Their hashes while the tree is made, so that the table grows without looking at the texts again.
    hashes: Vec<u64>,
    interned: HashTable<Symbol>,
    /// Comments of interest (all of them), in file order: span of the whole comment.
    pub comments: Vec<Span>,
    /// File-level directives such as `use client`, `use server`, `use strict`.
    pub directives: Vec<Symbol>,
    /// Of a template: the function that stands for rendering it.
    pub template: Option<FunctionId>,
}

/// Room for nodes, empty: growing anew for every file would copy each node twice and touch twice the memory.
#[derive(Default)]
struct Room {
    exprs: Vec<Expr>,
    patterns: Vec<Pattern>,
    stmts: Vec<Stmt>,
    functions: Vec<Function>,
    classes: Vec<Class>,
    texts: String,
    ends: Vec<u32>,
    hashes: Vec<u64>,
}

/// How many expressions a thread keeps room for.
const MOST_ROOM: usize = 1 << 18;

thread_local! {
    static ROOM: Cell<Option<Room>> = const { Cell::new(None) };
}

/// Puts what a vector holds into one of just that size, and gives the old one, emptied.
fn moved<T>(from: &mut Vec<T>) -> Vec<T> {
    let mut exact = Vec::with_capacity(from.len());
    exact.append(from);
    std::mem::replace(from, exact)
}

macro_rules! arena {
    ($get:ident, $add:ident, $field:ident, $id:ident, $node:ident) => {
        /// The node of an id of this tree.
        #[must_use]
        pub fn $get(&self, id: $id) -> &$node {
            &self.$field[id.at()]
        }

        /// Adds a node (for frontends).
        pub fn $add(&mut self, node: $node) -> $id {
            let id = $id::after(self.$field.len());
            self.$field.push(node);
            id
        }
    };
}

impl Tree {
    /// An empty tree.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let room = ROOM.try_with(Cell::take).ok().flatten().unwrap_or_default();
        Self {
            language,
            root: Block::default(),
            exprs: room.exprs,
            patterns: room.patterns,
            stmts: room.stmts,
            functions: room.functions,
            classes: room.classes,
            texts: room.texts,
            ends: room.ends,
            hashes: room.hashes,
            interned: HashTable::new(),
            comments: Vec::new(),
            directives: Vec::new(),
            template: None,
        }
    }

    arena!(expr, add_expr, exprs, ExprId, Expr);
    arena!(pattern, add_pattern, patterns, PatternId, Pattern);
    arena!(stmt, add_stmt, stmts, StmtId, Stmt);
    arena!(function, add_function, functions, FunctionId, Function);
    arena!(class, add_class, classes, ClassId, Class);

    /// The text of an interned string.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        nth(&self.texts, &self.ends, symbol)
    }

    /// All interned strings in the order of their symbols.
    pub fn strings(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.text(Symbol::after(at)))
    }

    /// Interns a string (for frontends).
    pub fn intern(&mut self, text: &str) -> Symbol {
        let (texts, ends, hashes) = (&mut self.texts, &mut self.ends, &mut self.hashes);
        let hash = FxBuildHasher.hash_one(text);
        let entry = self.interned.entry(
            hash,
            |symbol| is_nth(texts, ends, *symbol, text),
            |symbol| {
                let known = hashes.get(symbol.at()).copied();
                known.unwrap_or_else(|| FxBuildHasher.hash_one(nth(texts, ends, *symbol)))
            },
        );
        match entry {
            hash_table::Entry::Occupied(entry) => *entry.get(),
            hash_table::Entry::Vacant(entry) => {
                let symbol = Symbol::after(ends.len());
                entry.insert(symbol);
                texts.push_str(text);
                ends.push(u32::try_from(texts.len()).unwrap_or(u32::MAX));
                if hashes.len() == symbol.at() {
                    hashes.push(hash);
                }
                symbol
            }
        }
    }

    /// The symbol of a text, if it occurs in this file at all: a cheap "is this name used here".
    #[must_use]
    pub fn symbol(&self, text: &str) -> Option<Symbol> {
        let same = |symbol: &Symbol| is_nth(&self.texts, &self.ends, *symbol, text);
        self.interned.find(FxBuildHasher.hash_one(text), same).copied()
    }

    /// Moves the nodes to where they fit exactly, and keeps the room that they were made in for the next file of this
    /// thread; called once a file is read.
    pub fn shrink(&mut self) {
        let exact = self.texts.as_str().to_owned();
        let mut texts = std::mem::replace(&mut self.texts, exact);
        texts.clear();
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.clear();
        let room = Room {
            exprs: moved(&mut self.exprs),
            patterns: moved(&mut self.patterns),
            stmts: moved(&mut self.stmts),
            functions: moved(&mut self.functions),
            classes: moved(&mut self.classes),
            texts,
            ends: moved(&mut self.ends),
            hashes,
        };
        self.comments.shrink_to_fit();
        if room.exprs.capacity() <= MOST_ROOM {
            // Without a place to keep it, it is dropped.
            let _ = ROOM.try_with(|kept| kept.set(Some(room)));
        }
    }

    /// All expressions with their ids, in creation order.
    pub fn exprs(&self) -> impl Iterator<Item = (ExprId, &Expr)> {
        self.exprs.iter().enumerate().map(|(at, node)| (ExprId::after(at), node))
    }

    /// All patterns in creation order.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter()
    }

    /// All statements with their ids, in creation order.
    pub fn stmts(&self) -> impl Iterator<Item = (StmtId, &Stmt)> {
        self.stmts.iter().enumerate().map(|(at, node)| (StmtId::after(at), node))
    }

    /// Calls whose result nobody takes: what is called, and with what.
    pub fn lone_calls(&self) -> impl Iterator<Item = (ExprId, &[Arg])> {
        self.stmts().filter_map(|(_, stmt)| match stmt.kind {
            StmtKind::Expr(alone) => match &self.expr(alone).kind {
                ExprKind::Call { callee, args, .. } => Some((*callee, args.as_ref())),
                _ => None,
            },
            _ => None,
        })
    }

    /// What statements give to a name that is their only target, wherever they stand.
    pub fn assigned_to(&self, name: Symbol) -> impl Iterator<Item = ExprId> {
        self.stmts().filter_map(move |(_, stmt)| match &stmt.kind {
            StmtKind::Assign { targets, value: Some(value), .. } => {
                let [target] = targets.as_ref() else { return None };
                matches!(self.pattern(*target).kind, PatternKind::Name(of) if of == name).then_some(*value)
            }
            _ => None,
        })
    }

    /// All functions with their ids, in creation order.
    pub fn functions(&self) -> impl Iterator<Item = (FunctionId, &Function)> {
        self.functions.iter().enumerate().map(|(at, node)| (FunctionId::after(at), node))
    }

    /// All classes with their ids, in creation order.
    pub fn classes(&self) -> impl Iterator<Item = (ClassId, &Class)> {
        self.classes.iter().enumerate().map(|(at, node)| (ClassId::after(at), node))
    }

    /// How many nodes of all kinds there are: a measure for time and memory budgets.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.exprs.len() + self.patterns.len() + self.stmts.len() + self.functions.len() + self.classes.len()
    }

    /// Moves every span (for frontends that parse a text which is not the file's own).
    pub fn map_spans(&mut self, map: impl Fn(Span) -> Span) {
        for node in &mut self.exprs {
            node.span = map(node.span);
            match &mut node.kind {
                ExprKind::Member { name_span, .. } => *name_span = map(*name_span),
                ExprKind::Map { entries } => map_keys(entries.iter_mut().map(|entry| &mut entry.key), &map),
                ExprKind::Element { attributes, .. } => {
                    attributes.iter_mut().for_each(|attribute| attribute.span = map(attribute.span));
                }
                _ => {}
            }
        }
        for node in &mut self.patterns {
            node.span = map(node.span);
            if let PatternKind::Map(fields) | PatternKind::Class { fields, .. } = &mut node.kind {
                map_keys(fields.iter_mut().map(|field| &mut field.key), &map);
            }
        }
        for node in &mut self.stmts {
            node.span = map(node.span);
            if let StmtKind::Import(import) = &mut node.kind {
                import.module_span = map(import.module_span);
                import.names.iter_mut().for_each(|name| name.span = map(name.span));
            }
        }
        for node in &mut self.functions {
            (node.span, node.name_span) = (map(node.span), map(node.name_span));
        }
        for node in &mut self.classes {
            (node.span, node.name_span) = (map(node.span), map(node.name_span));
        }
        self.comments.iter_mut().for_each(|comment| *comment = map(*comment));
    }

    /// The constant text of an expression, if it is a plain string.
    #[must_use]
    pub fn string_of(&self, id: ExprId) -> Option<&str> {
        match self.expr(id).kind {
            ExprKind::Literal(Literal::Str(symbol)) => Some(self.text(symbol)),
            ExprKind::Template { ref parts, tag: None } => match parts.as_ref() {
                [TemplatePart::Text(symbol)] => Some(self.text(*symbol)),
                [] => Some(""),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Where the nth of several texts lies that stand one behind the other.
fn range_of(ends: &[u32], symbol: Symbol) -> Range<usize> {
    let at = symbol.at();
    let start = if at == 0 { 0 } else { ends[at - 1] };
    start as usize..ends[at] as usize
}

fn nth<'a>(texts: &'a str, ends: &[u32], symbol: Symbol) -> &'a str {
    &texts[range_of(ends, symbol)]
}

/// Whether it is just this text; bytes, since where characters begin does not matter.
fn is_nth(texts: &str, ends: &[u32], symbol: Symbol, text: &str) -> bool {
    texts.as_bytes()[range_of(ends, symbol)] == *text.as_bytes()
}

fn map_keys<'a>(keys: impl Iterator<Item = &'a mut Option<Key>>, map: impl Fn(Span) -> Span) {
    for key in keys {
        if let Some(Key::Static(_, span)) = key {
            *span = map(*span);
        }
    }
}
