//! The common tree: an arena per file, typed ids, interned names.
//!
//! It keeps what data flow, configuration and endpoints need (values, calls, control flow, imports, decorators,
//! annotations) and drops the rest (types beyond annotations, comments, formatting). Every node has a span in the
//! file's decoded text. What could not be parsed is [`ExprKind::Missing`] plus a problem by the frontend.

use rustc_hash::FxHashMap;

use crate::base::{Language, Span};

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
    interned: FxHashMap<Box<str>, Symbol>,
    /// Comments of interest (all of them), in file order: span of the whole comment.
    pub comments: Vec<Span>,
    /// File-level directives such as `use client`, `use server`, `use strict`.
    pub directives: Vec<Symbol>,
}

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ExprKind,
}

/// The kinds of expression.
#[derive(Debug)]
pub enum ExprKind {
    /// Could not be parsed, or has no meaning for the analyses.
    Missing,
    /// A variable.
    Name(Symbol),
    /// JavaScript's `this`. (Python's `self` is a [`ExprKind::Name`].)
    This,
    /// `super` / `super()` is a call of it.
    Super,
    /// A constant.
    Literal(Literal),
    /// f-string, template literal; implicit concatenations are joined.
    Template {
        /// Texts and values in order.
        parts: Box<[TemplatePart]>,
        /// The tag function of a tagged template.
        tag: Option<ExprId>,
    },
    /// `object.name`, `object?.name`.
    Member {
        /// Left of the dot.
        object: ExprId,
        /// Right of the dot.
        name: Symbol,
        /// Where the name stands.
        name_span: Span,
        /// `?.`
        optional: bool,
    },
    /// `object[index]`.
    Index {
        /// What is indexed.
        object: ExprId,
        /// The key.
        index: ExprId,
    },
    /// `object[lower:upper:step]`.
    Slice {
        /// What is sliced.
        object: ExprId,
        /// From.
        lower: Option<ExprId>,
        /// To.
        upper: Option<ExprId>,
        /// Step.
        step: Option<ExprId>,
    },
    /// A call; `new X()` and Python's class instantiation alike (the latter has `is_new: false`).
    Call {
        /// What is called.
        callee: ExprId,
        /// Arguments in order.
        args: Box<[Arg]>,
        /// JavaScript's `new`.
        is_new: bool,
        /// `f?.()`.
        optional: bool,
    },
    /// A prefix or postfix operator.
    Unary {
        /// Which.
        op: UnaryOp,
        /// On what.
        operand: ExprId,
    },
    /// Arithmetic or comparison. A chained comparison `a < b < c` is `And` of its links (the middle operand shared).
    Binary {
        /// Which.
        op: BinaryOp,
        /// Left.
        left: ExprId,
        /// Right.
        right: ExprId,
    },
    /// `and`, `or`, `??`.
    Logical {
        /// Which.
        op: LogicalOp,
        /// Left.
        left: ExprId,
        /// Right.
        right: ExprId,
    },
    /// `then if test else otherwise`, `test ? then : otherwise`.
    Conditional {
        /// The condition.
        test: ExprId,
        /// If it holds.
        then: ExprId,
        /// If it does not.
        otherwise: ExprId,
    },
    /// List, tuple, set, array.
    Sequence {
        /// Which.
        kind: SequenceKind,
        /// The elements.
        items: Box<[Item]>,
    },
    /// Dictionary, object literal.
    Map {
        /// The entries in order. Methods and getters of an object literal are values that are functions.
        entries: Box<[Entry]>,
    },
    /// Lambda, arrow function, function expression.
    Function(FunctionId),
    /// Class expression.
    Class(ClassId),
    /// Assignment as an expression (JavaScript's `=`, `+=`, `||=`; Python's `:=`).
    Assign {
        /// To what.
        target: PatternId,
        /// The operator of a compound assignment.
        op: Option<BinaryOp>,
        /// The value.
        value: ExprId,
    },
    /// `await value`.
    Await(ExprId),
    /// `yield value`, `yield* value`, `yield from value`.
    Yield {
        /// What is handed out.
        value: Option<ExprId>,
        /// `yield*`, `yield from`.
        delegate: bool,
    },
    /// Comprehension or generator expression.
    Comprehension {
        /// What it makes; a generator is a [`SequenceKind::List`].
        kind: ComprehensionKind,
        /// The element, or the key of a dictionary comprehension.
        element: ExprId,
        /// The value of a dictionary comprehension.
        value: Option<ExprId>,
        /// `for … in … if …`, outermost first.
        clauses: Box<[Clause]>,
    },
    /// A JSX element or fragment.
    Element {
        /// The tag as an expression: a literal string for `div`, a name or member for a component; `None` for a fragment.
        tag: Option<ExprId>,
        /// Attributes; a spread has no name.
        attributes: Box<[Attribute]>,
        /// Children.
        children: Box<[ExprId]>,
    },
    /// `a, b` in JavaScript.
    Comma(Box<[ExprId]>),
    /// Dynamic `import(path)`.
    Import(ExprId),
}

/// A constant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    /// Text, escapes resolved.
    Str(Symbol),
    /// Bytes; what is not UTF-8 is replaced.
    Bytes(Symbol),
    /// A whole number that fits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// `true`, `True`.
    Bool(bool),
    /// `None`, `null`.
    Null,
    /// `undefined` is a name in JavaScript; this is for elided elements.
    Undefined,
    /// A regular expression literal: pattern and flags.
    Regex(Symbol, Symbol),
    /// Python's `...`.
    Ellipsis,
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplatePart {
    /// Constant text, escapes resolved.
    Text(Symbol),
    /// An inserted value.
    Value(ExprId),
}

/// An argument of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arg {
    /// The keyword of a keyword argument.
    pub name: Option<Symbol>,
    /// The value.
    pub value: ExprId,
    /// `*value`, `**value`, `...value`.
    pub spread: Spread,
}

/// How a value is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Not at all.
    No,
    /// As positions: `*x`, `...x`.
    Sequence,
    /// As keywords: `**x`.
    Map,
}

/// An element of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub value: ExprId,
    /// `*value`, `...value`.
    pub spread: bool,
}

/// An entry of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The key; `None` for a spread.
    pub key: Option<Key>,
    /// The value.
    pub value: ExprId,
}

/// A key of a map or a field of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A constant name or string.
    Static(Symbol, Span),
    /// Anything else.
    Computed(ExprId),
}

/// An attribute of a JSX element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name; `None` for a spread.
    pub name: Option<Symbol>,
    /// Its value; `None` for a bare attribute.
    pub value: Option<ExprId>,
    /// Where.
    pub span: Span,
}

/// Kinds of sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SequenceKind {
    List,
    Tuple,
    Set,
}

/// Kinds of comprehension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ComprehensionKind {
    List,
    Set,
    Map,
    Generator,
}

/// `for target in iter if conditions` of a comprehension.
#[derive(Debug)]
pub struct Clause {
    /// What is bound.
    pub target: PatternId,
    /// What is gone through.
    pub iter: ExprId,
    /// All must hold.
    pub conditions: Box<[ExprId]>,
}

/// Prefix and postfix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Not,
    Minus,
    Plus,
    Invert,
    TypeOf,
    Void,
    Delete,
    Increment,
    Decrement,
}

/// Arithmetic and comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
    InstanceOf,
    /// The right side only if the left is falsy, true or null; used by `||=`, `&&=`, `??=`.
    LogicalAssign(LogicalOp),
}

/// Short-circuit operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LogicalOp {
    And,
    Or,
    Coalesce,
}

/// What is bound by an assignment, a parameter, a loop.
#[derive(Debug)]
pub struct Pattern {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: PatternKind,
}

/// The kinds of pattern.
#[derive(Debug)]
pub enum PatternKind {
    /// A variable.
    Name(Symbol),
    /// A member, an element, a slice: an expression that can be assigned to.
    Target(ExprId),
    /// `a, *b = …`, `[a, , ...b] = …`; a hole is `None`.
    Sequence(Box<[Option<PatternId>]>),
    /// `{a, b: c = 1, ...rest} = …`
    Map(Box<[Field]>),
    /// `*rest`, `...rest` inside a sequence or map.
    Rest(PatternId),
    /// A pattern with a default.
    Default(PatternId, ExprId),
    /// Python's `match`: a value to compare with.
    Value(ExprId),
    /// Python's `match`: `Class(a, b=c)`.
    Class {
        /// The class.
        class: ExprId,
        /// Its positional and keyword sub-patterns.
        fields: Box<[Field]>,
    },
    /// Python's `match`: `a | b`.
    Or(Box<[PatternId]>),
    /// Python's `match`: `pattern as name`.
    Bind(PatternId, Symbol),
    /// `_`, or what could not be parsed.
    Any,
}

/// A field of a map or class pattern.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key; `None` for a rest element or a positional sub-pattern.
    pub key: Option<Key>,
    /// What it is bound to.
    pub pattern: PatternId,
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: StmtKind,
}

/// The kinds of statement.
#[derive(Debug)]
pub enum StmtKind {
    /// An expression for its effect.
    Expr(ExprId),
    /// `a = b = value`, `const {a} = value`, `x: T`. Python's assignments and JavaScript's declarations.
    Assign {
        /// Every target gets the value.
        targets: Box<[PatternId]>,
        /// The annotation as an expression, where it is one.
        annotation: Option<ExprId>,
        /// The value; `None` for a bare declaration.
        value: Option<ExprId>,
        /// `const`, `let`, `var`, or neither (Python).
        declaration: Declaration,
    },
    /// `target op= value`.
    AugAssign {
        /// To what.
        target: PatternId,
        /// The operator.
        op: BinaryOp,
        /// The value.
        value: ExprId,
    },
    /// `del`, `delete` is a unary expression.
    Delete(Box<[ExprId]>),
    /// `return`.
    Return(Option<ExprId>),
    /// `raise`, `throw`.
    Throw(Option<ExprId>),
    /// `if`; `elif` is an `If` in `otherwise`.
    If {
        /// The condition.
        test: ExprId,
        /// If it holds.
        then: Block,
        /// If it does not.
        otherwise: Block,
    },
    /// `while`; Python's `else` included.
    While {
        /// The condition.
        test: ExprId,
        /// The body.
        body: Block,
        /// Python's `else`.
        otherwise: Block,
        /// `do … while`: the body runs first.
        body_first: bool,
    },
    /// `for target in iter`, `for (x of iter)`, `for (k in object)`.
    ForEach {
        /// What is bound.
        target: PatternId,
        /// What is gone through.
        iter: ExprId,
        /// JavaScript's `for … in`: keys, not values.
        keys: bool,
        /// The body.
        body: Block,
        /// Python's `else`.
        otherwise: Block,
    },
    /// `for (init; test; update)`.
    For {
        /// Declarations or expressions.
        init: Block,
        /// The condition.
        test: Option<ExprId>,
        /// After each round.
        update: Option<ExprId>,
        /// The body.
        body: Block,
    },
    /// `try`.
    Try {
        /// What is tried.
        body: Block,
        /// `except`, `catch`.
        handlers: Box<[Handler]>,
        /// Python's `else`.
        otherwise: Block,
        /// `finally`.
        finally: Block,
    },
    /// `with context as target`.
    With {
        /// Each context and what it is bound to.
        items: Box<[(ExprId, Option<PatternId>)]>,
        /// The body.
        body: Block,
    },
    /// `match`, `switch`.
    Match {
        /// What is compared.
        subject: ExprId,
        /// The cases in order.
        cases: Box<[Case]>,
        /// JavaScript's `switch`: a case without `break` runs into the next.
        falls_through: bool,
    },
    /// A named function.
    Function(FunctionId),
    /// A named class.
    Class(ClassId),
    /// `import`, `from … import`, `import … from`. A constant `require` is an ordinary call of `require`.
    Import(Import),
    /// `export` of names; an exported declaration is the declaration followed by an export of its names.
    Export(Export),
    /// `global`.
    Global(Box<[Symbol]>),
    /// `nonlocal`.
    Nonlocal(Box<[Symbol]>),
    /// `break`, with its label.
    Break(Option<Symbol>),
    /// `continue`, with its label.
    Continue(Option<Symbol>),
    /// A labelled statement.
    Labeled(Symbol, Block),
    /// A block with a scope of its own.
    Block(Block),
    /// `assert`.
    Assert {
        /// The condition.
        test: ExprId,
        /// The message.
        message: Option<ExprId>,
    },
}

/// How a name is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Declaration {
    /// Python, or a plain assignment.
    None,
    Const,
    Let,
    Var,
    /// A field of a class body.
    Field {
        is_static: bool,
    },
}

/// `except E as name`, `catch (name)`.
#[derive(Debug)]
pub struct Handler {
    /// The exception type; `None` for a bare handler.
    pub class: Option<ExprId>,
    /// What the exception is bound to.
    pub name: Option<PatternId>,
    /// The body.
    pub body: Block,
}

/// A case of `match` or `switch`.
#[derive(Debug)]
pub struct Case {
    /// Python: one pattern. JavaScript: `Value(expr)`. `None` is `default`.
    pub pattern: Option<PatternId>,
    /// Python's `if` after the pattern.
    pub guard: Option<ExprId>,
    /// The body.
    pub body: Block,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its own name; an arrow function bound to a variable has none.
    pub name: Option<Symbol>,
    /// Where the name stands; empty at the start for an anonymous one.
    pub name_span: Span,
    /// All of it, decorators excluded.
    pub span: Span,
    /// Parameters in order.
    pub params: Box<[Param]>,
    /// The body. An arrow function with an expression body has one `Return`.
    pub body: Block,
    /// Decorators, outermost first.
    pub decorators: Box<[ExprId]>,
    /// The return annotation, where it is an expression.
    pub returns: Option<ExprId>,
    /// What sort.
    pub kind: FunctionKind,
    /// `async`.
    pub is_async: bool,
    /// Holds `yield`.
    pub is_generator: bool,
    /// `static`, `@staticmethod`.
    pub is_static: bool,
    /// Directives at its head, such as `use server`.
    pub directives: Box<[Symbol]>,
}

/// Kinds of function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FunctionKind {
    Function,
    Arrow,
    Method,
    Constructor,
    Getter,
    Setter,
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// What is bound.
    pub pattern: PatternId,
    /// How it is passed.
    pub kind: ParamKind,
    /// Its default.
    pub default: Option<ExprId>,
    /// Its annotation as an expression, where it is one (a TypeScript type reference `A.B<C>` is the member expression
    /// `A.B`; other types are `None`). Python's `Annotated[T, x]` stays an index expression.
    pub annotation: Option<ExprId>,
    /// Decorators (`@Body()` in NestJS).
    pub decorators: Box<[ExprId]>,
}

/// How a parameter is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ParamKind {
    PositionalOnly,
    Normal,
    KeywordOnly,
    /// `*args`, `...args`.
    Rest,
    /// `**kwargs`.
    KeywordRest,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Option<Symbol>,
    /// Where the name stands.
    pub name_span: Span,
    /// All of it.
    pub span: Span,
    /// Base classes.
    pub bases: Box<[ExprId]>,
    /// Keywords such as `metaclass=`.
    pub keywords: Box<[Arg]>,
    /// Decorators, outermost first.
    pub decorators: Box<[ExprId]>,
    /// Methods as [`StmtKind::Function`], fields as [`StmtKind::Assign`], the rest as it stands.
    pub body: Block,
}

/// An import.
#[derive(Debug)]
pub struct Import {
    /// The module as written, without leading dots in Python: `a.b`, `./routes/users`, `react`.
    pub module: Symbol,
    /// Python's number of leading dots.
    pub level: u32,
    /// Where the module name stands.
    pub module_span: Span,
    /// What is bound.
    pub names: Box<[ImportName]>,
    /// TypeScript's `import type`: no value.
    pub type_only: bool,
}

/// One name of an import.
#[derive(Debug, Clone, Copy)]
pub struct ImportName {
    /// What is taken from the module.
    pub imported: Imported,
    /// The local name.
    pub local: Symbol,
    /// Where.
    pub span: Span,
}

/// What an import takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// `from m import name`, `import { name } from "m"`.
    Name(Symbol),
    /// `import d from "m"`.
    Default,
    /// `import m as x`, `import * as x from "m"`.
    Module,
    /// `import a.b.c`: binds `a`.
    TopPackage,
    /// `from m import *`: binds whatever the module exports; `local` is `*`.
    All,
}

/// An export.
#[derive(Debug)]
pub struct Export {
    /// The exported names.
    pub names: Box<[ExportName]>,
    /// `export … from "m"`.
    pub from: Option<Symbol>,
    /// `export * from "m"` (with no names), `export * as ns` has one name.
    pub all: bool,
    /// `export default expression`.
    pub default: Option<ExprId>,
}

/// One exported name.
#[derive(Debug, Clone, Copy)]
pub struct ExportName {
    /// The name here (or in the module that is re-exported).
    pub local: Symbol,
    /// The name outside; `default` for a default export.
    pub exported: Symbol,
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
        Self {
            language,
            root: Block::default(),
            exprs: Vec::new(),
            patterns: Vec::new(),
            stmts: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            strings: Vec::new(),
            interned: FxHashMap::default(),
            comments: Vec::new(),
            directives: Vec::new(),
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
        if let Some(symbol) = self.interned.get(text) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.strings.len()).unwrap_or(u32::MAX));
        self.strings.push(text.into());
        self.interned.insert(text.into(), symbol);
        symbol
    }

    /// The symbol of a text, if it occurs in this file at all: a cheap "is this name used here".
    #[must_use]
    pub fn symbol(&self, text: &str) -> Option<Symbol> {
        self.interned.get(text).copied()
    }

    /// All expressions with their ids, in creation order.
    pub fn exprs(&self) -> impl Iterator<Item = (ExprId, &Expr)> {
        self.exprs.iter().enumerate().map(|(at, node)| (ExprId(u32::try_from(at).unwrap_or(u32::MAX)), node))
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
