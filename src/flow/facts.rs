//! What the flow engine learnt of single places: resolved calls, reads and assignments with their argument values, and
//! the functions of the project with their decorators.
//!
//! Misuse rules and endpoint extraction are plain matching over these facts: they see neither trees nor the engine's
//! own values. A fact is recorded where an access path of a model or a misuse rule is used, so paths are exactly the
//! texts that rule files use (`hashlib.md5`, `<express.App>.get`, `?.execute`).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::base::Span;
use crate::model::path::{ArgBase, ArgPath, Segment};
use crate::model::schema::Constant;
use crate::syntax::{ClassId, ExprId, FunctionId};

/// A file of the project, as an index into [`super::Project::files`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A function of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FuncRef {
    /// The file it is written in.
    pub file: FileId,
    /// Which one there.
    pub function: FunctionId,
}

/// A class of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassRef {
    /// The file it is written in.
    pub file: FileId,
    /// Which one there.
    pub class: ClassId,
}

/// An expression of the project. That of the call which made a value is the value's identity: two mentions of one
/// router have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The expression.
    pub expr: ExprId,
}

/// Everything learnt, in order of files and positions.
#[derive(Debug, Default)]
pub struct Facts {
    /// Calls of modelled paths, `new` and decorators with arguments included.
    pub calls: Vec<CallFact>,
    /// Reads of modelled members, names and elements.
    pub reads: Vec<ReadFact>,
    /// Assignments to modelled members.
    pub assigns: Vec<AssignFact>,
    /// Every function of the project.
    pub functions: Vec<FunctionFact>,
    /// For each top-level function and method, the functions of the project that it or what is nested in it may call.
    pub callees: FxHashMap<FuncRef, Vec<FuncRef>>,
    /// The top-level function that a nested one stands in.
    pub roots: FxHashMap<FuncRef, FuncRef>,
}

/// A call of one or more modelled paths.
#[derive(Debug, Clone)]
pub struct CallFact {
    /// The call expression.
    pub place: Place,
    /// Where it stands.
    pub span: Span,
    /// Where the callee stands, without the arguments.
    pub callee_span: Span,
    /// Every modelled path that the callee may be (`hashlib.md5`); a path that begins with `?` was told by name only.
    pub paths: Vec<Arc<str>>,
    /// The function that the call stands in; `None` at module level.
    pub inside: Option<FuncRef>,
    /// The value left of the dot.
    pub receiver: Option<FactValue>,
    /// The arguments in order.
    pub args: Vec<FactArg>,
    /// Names that tell what the result is for: the variable, attribute or keyword it is bound to, and the enclosing function.
    pub purpose: Vec<String>,
    /// The function that this call decorates.
    pub decorates: Option<FuncRef>,
}

/// A read of a modelled path.
#[derive(Debug, Clone)]
pub struct ReadFact {
    /// The expression.
    pub place: Place,
    /// Where it stands.
    pub span: Span,
    /// Every modelled path that it may be.
    pub paths: Vec<Arc<str>>,
    /// The function that it stands in; `None` at module level.
    pub inside: Option<FuncRef>,
    /// Names that tell what the value is for.
    pub purpose: Vec<String>,
}

/// An assignment to a modelled path.
#[derive(Debug, Clone)]
pub struct AssignFact {
    /// The file.
    pub file: FileId,
    /// Where the target stands.
    pub span: Span,
    /// Every modelled path that the target may be.
    pub paths: Vec<Arc<str>>,
    /// The function that it stands in; `None` at module level.
    pub inside: Option<FuncRef>,
    /// The object whose member is assigned.
    pub receiver: Option<FactValue>,
    /// What is assigned.
    pub value: FactValue,
}

/// A function of the project.
#[derive(Debug, Clone)]
pub struct FunctionFact {
    /// Which.
    pub function: FuncRef,
    /// Its own name; for an anonymous function the name it is bound to; empty if there is none.
    pub name: String,
    /// The class whose method it is.
    pub class: Option<ClassRef>,
    /// Its head, or all of an anonymous one.
    pub span: Span,
    /// Decorators, outermost first.
    pub decorators: Vec<DecoratorFact>,
}

/// A decorator.
#[derive(Debug, Clone)]
pub struct DecoratorFact {
    /// Where it stands.
    pub span: Span,
    /// The text of the decorator without arguments, such as `login_required`, imports resolved where known.
    pub name: String,
    /// Modelled paths it may be (of the callee, for one with arguments).
    pub paths: Vec<Arc<str>>,
    /// The project function that it is.
    pub function: Option<FuncRef>,
    /// The call, for one with arguments: [`CallFact::place`] of it, if it is modelled.
    pub call: Option<Place>,
}

/// An argument of a [`CallFact`].
#[derive(Debug, Clone)]
pub struct FactArg {
    /// The keyword.
    pub name: Option<String>,
    /// Whether it is spread (`*x`, `**x`, `...x`).
    pub spread: bool,
    /// Its value.
    pub value: FactValue,
}

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Shape {
    #[default]
    Unknown,
    String,
    Template,
    Number,
    Bool,
    Null,
    List,
    Map,
    Function,
    Class,
}

/// What is known of a value.
#[derive(Debug, Clone, Default)]
pub struct FactValue {
    /// Its constant value (folded through names, concatenation, arithmetic).
    pub constant: Option<Constant>,
    /// It is one of these constants, where it may be several.
    pub constants: Vec<Constant>,
    /// The constant text that it begins with, where the rest is not known.
    pub head: Option<String>,
    /// Sink kinds for which all that came in from outside was made safe.
    pub cleared: crate::model::index::Kinds,
    /// Sink kinds that it is not safe for, where it comes from a request.
    pub open: crate::model::index::Kinds,
    /// Modelled paths it may come from (types as `<name>`).
    pub paths: Vec<Arc<str>>,
    /// The project function that it is.
    pub function: Option<FuncRef>,
    /// The project class that it is an instance of, or that it is.
    pub class: Option<ClassRef>,
    /// Its form.
    pub shape: Shape,
    /// The call that made it (a router, an app, a blueprint): its identity.
    pub made_at: Option<Place>,
    /// The expression that stands here.
    pub expr: Option<Place>,
    /// Where that stands.
    pub span: Span,
    /// Names and members as written, imports resolved: `helmet`, `auth.required`; of a call, its callee's. Empty for the rest.
    pub name: String,
    /// The call expression that stands here, if it is one: `helmet()`.
    pub is_call: bool,
    /// Entries of a map, keyed elements of an object.
    pub fields: Vec<(String, FactValue)>,
    /// Elements of a list, tuple or set, as far as they are known one by one.
    pub items: Vec<FactValue>,
    /// The regular expression that it is: a literal, or compiled from a constant.
    pub pattern: Option<Pattern>,
}

/// A regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The expression.
    pub text: String,
    /// JavaScript's flags.
    pub flags: String,
}

impl FactValue {
    /// The value behind a tail of fields and elements; `[]` gives every element.
    #[must_use]
    pub fn at(&self, tail: &[Segment]) -> Vec<&FactValue> {
        let Some((first, rest)) = tail.split_first() else { return vec![self] };
        let next: Vec<&FactValue> = match first {
            Segment::Member(name) => {
                let item = name.parse::<usize>().ok().and_then(|at| self.items.get(at));
                self.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value).chain(item).collect()
            }
            Segment::Element => self.items.iter().chain(self.fields.iter().map(|(_, value)| value)).collect(),
            Segment::Call => Vec::new(),
        };
        next.into_iter().flat_map(|value| value.at(rest)).collect()
    }

    /// Whether it comes from one of the access paths, as rule files write them. A longer path counts too:
    /// `os.environ` covers `os.environ.get()`.
    #[must_use]
    pub fn comes_from(&self, paths: &[String]) -> bool {
        paths.iter().any(|wanted| {
            self.paths.iter().any(|path| {
                path.strip_prefix(wanted.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(', '[']))
            })
        })
    }
}

impl CallFact {
    /// The arguments that an argument path names: `0:query`, `0.url`, `1..`, `-1`, `*`, `receiver`. Empty when there is none.
    #[must_use]
    pub fn argument(&self, path: &ArgPath) -> Vec<&FactValue> {
        let bases: Vec<&FactValue> = match &path.base {
            ArgBase::Receiver => self.receiver.iter().collect(),
            ArgBase::Return => Vec::new(),
            base => select(base, &self.args, |arg| (arg.name.as_deref(), arg.spread))
                .into_iter()
                .map(|arg| &arg.value)
                .collect(),
        };
        bases.into_iter().flat_map(|value| value.at(&path.tail)).collect()
    }

    /// Whether an argument may be there without being seen, because something is spread.
    #[must_use]
    pub fn spreads(&self) -> bool {
        self.args.iter().any(|arg| arg.spread)
    }
}

/// The arguments that the base of an argument path names; shared by sinks, misuse rules and endpoints. `describe` gives
/// keyword and whether it is spread. A spread argument stands for every position from its own on.
pub fn select<'a, 'n, T>(
    base: &ArgBase,
    args: &'a [T],
    describe: impl Fn(&'a T) -> (Option<&'n str>, bool),
) -> Vec<&'a T> {
    let positional = || args.iter().filter(|arg| describe(arg).0.is_none());
    let position = |wanted: u32| {
        let mut found = Vec::new();
        for (at, arg) in positional().enumerate() {
            if at == wanted as usize || (describe(arg).1 && at <= wanted as usize) {
                found.push(arg);
            }
        }
        found
    };
    let keyword = |name: &str| args.iter().filter(|arg| describe(arg).0 == Some(name)).collect::<Vec<_>>();
    match base {
        ArgBase::Position(at) => position(*at),
        ArgBase::Keyword(name) => keyword(name),
        ArgBase::Either(at, name) => {
            let named = keyword(name);
            if named.is_empty() { position(*at) } else { named }
        }
        ArgBase::Any => args.iter().collect(),
        ArgBase::From(at) => positional().skip(*at as usize).collect(),
        ArgBase::FromEnd(at) => {
            let all: Vec<&T> = positional().collect();
            all.len().checked_sub(*at as usize).and_then(|at| all.get(at).copied()).into_iter().collect()
        }
        ArgBase::Receiver | ArgBase::Return => Vec::new(),
    }
}
