//! The nodes of the common tree that have a value or bind one: expressions and patterns.

use super::rare::Rare;
use super::tree::{ClassId, ExprId, FunctionId, PatternId, Symbol};
use crate::base::Span;

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
        clauses: Rare<Clause>,
    },
    /// A JSX element or fragment.
    Element {
        /// The tag as an expression: a literal string for `div`, a name or member for a component; `None` for a fragment.
        tag: Option<ExprId>,
        /// Attributes; a spread has no name.
        attributes: Rare<Attribute>,
        /// Children.
        children: Rare<ExprId>,
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

impl BinaryOp {
    /// Whether it asks if two values are the same, or are not.
    #[must_use]
    pub const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual | Self::StrictEqual | Self::StrictNotEqual)
    }
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
