//! The nodes of the common tree that do something: statements, functions, classes, imports.

use super::expression::{Arg, BinaryOp};
use super::rare::Rare;
use super::tree::{Block, ClassId, ExprId, FunctionId, PatternId, StmtId, Symbol};
use crate::base::Span;

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
        otherwise: Rare<StmtId>,
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
        otherwise: Rare<StmtId>,
    },
    /// `for (init; test; update)`.
    For {
        /// Declarations or expressions.
        init: Rare<StmtId>,
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
        body: Rare<StmtId>,
        /// `except`, `catch`.
        handlers: Rare<Handler>,
        /// Python's `else`.
        otherwise: Rare<StmtId>,
        /// `finally`.
        finally: Rare<StmtId>,
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
    pub level: u16,
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
