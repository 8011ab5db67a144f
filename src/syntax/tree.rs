//! The common tree: an arena per file, typed ids, interned names.
//!
//! It keeps what data flow, configuration and endpoints need (values, calls, control flow, imports, decorators,
//! annotations) and drops the rest (types beyond annotations, comments, formatting). Every node has a span in the
//! file's decoded text. What could not be parsed is [`ExprKind::Missing`] plus a problem by the frontend.

use std::cell::Cell;
use std::hash::BuildHasher;

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
        pub struct $name(pub u32);
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
    strings: Vec<Box<str>>,
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
    strings: Vec<Box<str>>,
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
            &self.$field[id.0 as usize]
        }

        /// Adds a node (for frontends).
        pub fn $add(&mut self, node: $node) -> $id {
            let id = $id(u32::try_from(self.$field.len()).unwrap_or(u32::MAX));
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
            strings: room.strings,
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
        &self.strings[symbol.0 as usize]
    }

    /// All interned strings in the order of their symbols.
    pub fn strings(&self) -> impl Iterator<Item = &str> {
        self.strings.iter().map(AsRef::as_ref)
    }

    /// Interns a string (for frontends).
    pub fn intern(&mut self, text: &str) -> Symbol {
        let strings = &mut self.strings;
        let entry = self.interned.entry(
            FxBuildHasher.hash_one(text),
            |symbol| &*strings[symbol.0 as usize] == text,
            |symbol| FxBuildHasher.hash_one(&*strings[symbol.0 as usize]),
        );
        match entry {
            hash_table::Entry::Occupied(entry) => *entry.get(),
            hash_table::Entry::Vacant(entry) => {
                let symbol = Symbol(u32::try_from(strings.len()).unwrap_or(u32::MAX));
                entry.insert(symbol);
                strings.push(text.into());
                symbol
            }
        }
    }

    /// The symbol of a text, if it occurs in this file at all: a cheap "is this name used here".
    #[must_use]
    pub fn symbol(&self, text: &str) -> Option<Symbol> {
        let same = |symbol: &Symbol| &*self.strings[symbol.0 as usize] == text;
        self.interned.find(FxBuildHasher.hash_one(text), same).copied()
    }

    /// Moves the nodes to where they fit exactly, and keeps the room that they were made in for the next file of this
    /// thread; called once a file is read.
    pub fn shrink(&mut self) {
        let room = Room {
            exprs: moved(&mut self.exprs),
            patterns: moved(&mut self.patterns),
            stmts: moved(&mut self.stmts),
            functions: moved(&mut self.functions),
            classes: moved(&mut self.classes),
            strings: moved(&mut self.strings),
        };
        self.comments.shrink_to_fit();
        if room.exprs.capacity() <= MOST_ROOM {
            // Without a place to keep it, it is dropped.
            let _ = ROOM.try_with(|kept| kept.set(Some(room)));
        }
    }

    /// All expressions with their ids, in creation order.
    pub fn exprs(&self) -> impl Iterator<Item = (ExprId, &Expr)> {
        self.exprs.iter().enumerate().map(|(at, node)| (ExprId(u32::try_from(at).unwrap_or(u32::MAX)), node))
    }

    /// All patterns in creation order.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter()
    }

    /// All statements with their ids, in creation order.
    pub fn stmts(&self) -> impl Iterator<Item = (StmtId, &Stmt)> {
        self.stmts.iter().enumerate().map(|(at, node)| (StmtId(u32::try_from(at).unwrap_or(u32::MAX)), node))
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

    /// All functions with their ids, in creation order.
    pub fn functions(&self) -> impl Iterator<Item = (FunctionId, &Function)> {
        self.functions.iter().enumerate().map(|(at, node)| (FunctionId(u32::try_from(at).unwrap_or(u32::MAX)), node))
    }

    /// All classes with their ids, in creation order.
    pub fn classes(&self) -> impl Iterator<Item = (ClassId, &Class)> {
        self.classes.iter().enumerate().map(|(at, node)| (ClassId(u32::try_from(at).unwrap_or(u32::MAX)), node))
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

fn map_keys<'a>(keys: impl Iterator<Item = &'a mut Option<Key>>, map: impl Fn(Span) -> Span) {
    for key in keys {
        if let Some(Key::Static(_, span)) = key {
            *span = map(*span);
        }
    }
}
