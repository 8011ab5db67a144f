//! Which variable a name means, file by file: Python's function scopes, JavaScript's block scopes, closures.
//!
//! Variables of the module level are numbered per file; all variables of a top-level function *and of the functions
//! nested in it* are numbered together, because the engine runs nested functions inside their parent's state.
//! Names that are bound nowhere (builtins, globals, star imports) have no variable.

mod declare;
mod statement;

use rustc_hash::FxHashMap;

use crate::base::Language;
use crate::syntax::{
    ClassId, Clause, ExprId, ExprKind, Field, FunctionId, FunctionKind, Key, PatternId, PatternKind, StmtId, Symbol,
    TemplatePart, Tree,
};

/// How deep expressions and statements may nest before the rest is left out.
pub const MAX_DEPTH: u32 = 1_500;

/// What a name is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Binding {
    /// Nothing in this file.
    Free,
    /// A variable of the module.
    Module(u32),
    /// A variable of the top-level function that the name stands in.
    Local(u32),
}

const LOCAL: u32 = 1 << 31;
const FREE: u32 = u32::MAX;

fn decode(code: u32) -> Binding {
    match code {
        FREE => Binding::Free,
        code if code & LOCAL != 0 => Binding::Local(code & !LOCAL),
        code => Binding::Module(code),
    }
}

/// What is known of a function before anything runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct FunctionPlace {
    /// The function it is directly nested in.
    pub parent: Option<FunctionId>,
    /// The class whose method it is.
    pub class: Option<ClassId>,
    /// The name it is bound to: its own, or that of the variable or key an anonymous one is assigned to.
    pub name: Option<Symbol>,
    /// How many variables it and its nested functions have; only for top-level functions.
    pub locals: u32,
    /// Whether the tree reaches it at all.
    pub reached: bool,
}

/// The bindings of one file.
#[derive(Debug, Default)]
pub struct Scopes {
    exprs: Vec<u32>,
    patterns: Vec<u32>,
    imports: FxHashMap<(StmtId, u32), u32>,
    function_names: Vec<u32>,
    class_names: Vec<u32>,
    /// Per function.
    pub functions: Vec<FunctionPlace>,
    /// Per class: the function it is nested in, and whether it is nested at all is told by that.
    pub class_parents: Vec<Option<FunctionId>>,
    /// Module variables by name.
    pub module_vars: FxHashMap<Symbol, u32>,
    /// How many module variables there are, hidden ones (comprehensions, blocks) included.
    pub module_count: u32,
    /// Calls with the top-level function they stand in; for the order of analysis.
    pub calls: Vec<(Option<FunctionId>, ExprId)>,
    /// Import statements in order.
    pub import_stmts: Vec<StmtId>,
    /// Per top-level function: its variables that functions nested in it use.
    pub captured: FxHashMap<FunctionId, Vec<u32>>,
    /// Whether something was left out because it nests too deeply.
    pub too_deep: bool,
}

impl Scopes {
    /// The binding of a [`ExprKind::Name`].
    #[must_use]
    pub fn of_expr(&self, id: ExprId) -> Binding {
        self.exprs.get(id.at()).map_or(Binding::Free, |code| decode(*code))
    }

    /// The binding of a [`PatternKind::Name`] or [`PatternKind::Bind`].
    #[must_use]
    pub fn of_pattern(&self, id: PatternId) -> Binding {
        self.patterns.get(id.at()).map_or(Binding::Free, |code| decode(*code))
    }

    /// The binding of a named function.
    #[must_use]
    pub fn of_function(&self, id: FunctionId) -> Binding {
        self.function_names.get(id.at()).map_or(Binding::Free, |code| decode(*code))
    }

    /// The binding of a named class.
    #[must_use]
    pub fn of_class(&self, id: ClassId) -> Binding {
        self.class_names.get(id.at()).map_or(Binding::Free, |code| decode(*code))
    }

    /// The binding of the nth name of an import.
    #[must_use]
    pub fn of_import(&self, id: StmtId, at: u32) -> Binding {
        self.imports.get(&(id, at)).map_or(Binding::Free, |code| decode(*code))
    }

    /// The top-level function that a function is nested in, or itself.
    #[must_use]
    pub fn root_of(&self, mut id: FunctionId) -> FunctionId {
        while let Some(parent) = self.functions.get(id.at()).and_then(|place| place.parent) {
            id = parent;
        }
        id
    }

    /// Resolves every name of a tree.
    #[must_use]
    pub fn new(tree: &Tree) -> Self {
        let functions = tree.functions().count();
        let classes = tree.classes().count();
        let scopes = Self {
            exprs: vec![FREE; tree.exprs().count()],
            patterns: vec![FREE; tree.patterns().count()],
            function_names: vec![FREE; functions],
            class_names: vec![FREE; classes],
            functions: vec![FunctionPlace::default(); functions],
            class_parents: vec![None; classes],
            ..Self::default()
        };
        let python = tree.language == Language::Python;
        let mut walk =
            Walk { tree, scopes, stack: Vec::new(), function: None, root: None, class: None, python, depth: 0 };
        walk.push(Sort::Module);
        walk.declare_block(&tree.root, true);
        walk.block(&tree.root);
        let module = walk.stack.pop().map(|scope| scope.names).unwrap_or_default();
        walk.scopes.module_vars = module.into_iter().filter(|(_, code)| code & LOCAL == 0).collect();
        walk.scopes
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Module,
    Function,
    Block,
    Class,
}

struct Scope {
    sort: Sort,
    names: FxHashMap<Symbol, u32>,
}

struct Walk<'a> {
    tree: &'a Tree,
    scopes: Scopes,
    stack: Vec<Scope>,
    function: Option<FunctionId>,
    root: Option<FunctionId>,
    class: Option<ClassId>,
    python: bool,
    depth: u32,
}

impl<'a> Walk<'a> {
    fn push(&mut self, sort: Sort) {
        self.stack.push(Scope { sort, names: FxHashMap::default() });
    }

    fn fresh(&mut self) -> u32 {
        let count = match self.root {
            Some(root) => &mut self.scopes.functions[root.at()].locals,
            None => &mut self.scopes.module_count,
        };
        *count += 1;
        if self.root.is_some() { (*count - 1) | LOCAL } else { *count - 1 }
    }

    fn declare(&mut self, name: Symbol) {
        if self.stack.last().is_some_and(|scope| scope.names.contains_key(&name)) {
            return;
        }
        let code = self.fresh();
        if let Some(scope) = self.stack.last_mut() {
            scope.names.insert(name, code);
        }
    }

    /// The same for a read or write at this place: notes variables of outer functions.
    fn lookup_here(&mut self, name: Symbol) -> u32 {
        let code = self.lookup(name);
        if code != FREE
            && code & LOCAL != 0
            && let Some(root) = self.root
            && self.function != Some(root)
        {
            let own = self
                .stack
                .iter()
                .rev()
                .take_while(|scope| scope.sort != Sort::Function)
                .any(|scope| scope.names.contains_key(&name))
                || self
                    .stack
                    .iter()
                    .rev()
                    .find(|scope| scope.sort == Sort::Function)
                    .is_some_and(|scope| scope.names.get(&name) == Some(&code));
            if !own {
                let captured = self.scopes.captured.entry(root).or_default();
                if !captured.contains(&(code & !LOCAL)) {
                    captured.push(code & !LOCAL);
                }
            }
        }
        code
    }

    fn lookup(&self, name: Symbol) -> u32 {
        let mut crossed = false;
        for scope in self.stack.iter().rev() {
            if scope.sort == Sort::Class && crossed {
                continue;
            }
            if let Some(code) = scope.names.get(&name) {
                return *code;
            }
            crossed |= scope.sort == Sort::Function;
        }
        FREE
    }

    // --- what names mean ---

    fn scoped(&mut self, block: &'a [StmtId]) {
        if self.python || block.is_empty() {
            return self.block(block);
        }
        self.push(Sort::Block);
        self.declare_block(block, false);
        self.block(block);
        self.stack.pop();
    }

    fn block(&mut self, block: &'a [StmtId]) {
        if self.depth > MAX_DEPTH {
            self.scopes.too_deep = true;
            return;
        }
        self.depth += 1;
        for id in block {
            self.stmt(*id);
        }
        self.depth -= 1;
    }

    fn exprs(&mut self, ids: impl IntoIterator<Item = ExprId>) {
        for id in ids {
            self.expr(id);
        }
    }

    fn push_block(&mut self) {
        if !self.python {
            self.push(Sort::Block);
        }
    }

    fn pop_block(&mut self) {
        if !self.python {
            self.stack.pop();
        }
    }

    /// `for (const x of …)` declares; `for (x of …)` assigns to what is known already.
    fn declares(&self, id: PatternId) -> bool {
        match &self.tree.pattern(id).kind {
            PatternKind::Name(name) => self.lookup(*name) == FREE || self.depth > 0,
            PatternKind::Target(_) => false,
            _ => true,
        }
    }

    /// An anonymous function that is assigned to a variable or member goes by that name.
    fn bind_name(&mut self, target: PatternId, value: ExprId) {
        let name = match &self.tree.pattern(target).kind {
            PatternKind::Name(name) => Some(*name),
            PatternKind::Target(expr) => match &self.tree.expr(*expr).kind {
                ExprKind::Member { name, .. } => Some(*name),
                _ => None,
            },
            _ => None,
        };
        if let (Some(name), ExprKind::Function(function)) = (name, &self.tree.expr(value).kind) {
            self.scopes.functions[function.at()].name = Some(name);
        }
    }

    fn function(&mut self, id: FunctionId) {
        let tree = self.tree;
        let function = tree.function(id);
        self.exprs(function.decorators.iter().copied());
        self.exprs(function.returns);
        for param in &function.params {
            self.exprs(param.default);
            self.exprs(param.annotation);
            self.exprs(param.decorators.iter().copied());
        }
        let place = &mut self.scopes.functions[id.at()];
        place.parent = self.function;
        place.class = self.class;
        place.reached = true;
        place.name = function.name.or(place.name);
        let outer = (self.function, self.root, self.class.take());
        self.function = Some(id);
        if self.root.is_none() {
            self.root = Some(id);
        }
        self.push(Sort::Function);
        if let (ExprFunctionName::Own, Some(name)) = (self.own_name(id), function.name) {
            self.declare(name);
            let code = self.lookup(name);
            self.scopes.function_names[id.at()] = code;
        }
        function.params.iter().for_each(|param| self.declare_pattern(param.pattern));
        self.declare_block(&function.body, true);
        function.params.iter().for_each(|param| self.pattern(param.pattern));
        self.block(&function.body);
        self.stack.pop();
        (self.function, self.root, self.class) = outer;
    }

    /// A named function expression sees itself by its own name; a method (`{ fetch() {} }`) does not.
    fn own_name(&self, id: FunctionId) -> ExprFunctionName {
        let method = self.scopes.functions[id.at()].class.is_some()
            || !matches!(self.tree.function(id).kind, FunctionKind::Function | FunctionKind::Arrow);
        let bound = self.scopes.function_names[id.at()] != FREE;
        if bound || method || self.python { ExprFunctionName::Outer } else { ExprFunctionName::Own }
    }

    fn class(&mut self, id: ClassId) {
        let class = self.tree.class(id);
        self.exprs(class.decorators.iter().copied());
        self.exprs(class.bases.iter().copied());
        self.exprs(class.keywords.iter().map(|keyword| keyword.value));
        self.scopes.class_parents[id.at()] = self.function;
        let outer = self.class.replace(id);
        self.push(Sort::Class);
        if self.python {
            self.declare_block(&class.body, true);
        }
        self.block(&class.body);
        self.stack.pop();
        self.class = outer;
    }

    fn pattern(&mut self, id: PatternId) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match &self.tree.pattern(id).kind {
            PatternKind::Name(name) => {
                self.declare_implicit(*name);
                let code = self.lookup(*name);
                self.scopes.patterns[id.at()] = code;
            }
            PatternKind::Target(expr) | PatternKind::Value(expr) => self.expr(*expr),
            PatternKind::Sequence(items) => items.iter().flatten().for_each(|item| self.pattern(*item)),
            PatternKind::Map(fields) => self.fields(fields),
            PatternKind::Class { class, fields } => {
                self.expr(*class);
                self.fields(fields);
            }
            PatternKind::Rest(inner) => self.pattern(*inner),
            PatternKind::Default(inner, default) => {
                self.expr(*default);
                self.pattern(*inner);
            }
            PatternKind::Or(options) => options.iter().for_each(|option| self.pattern(*option)),
            PatternKind::Bind(inner, name) => {
                let code = self.lookup(*name);
                self.scopes.patterns[id.at()] = code;
                self.pattern(*inner);
            }
            PatternKind::Any => {}
        }
        self.depth -= 1;
    }

    fn fields(&mut self, fields: &'a [Field]) {
        for field in fields {
            if let Some(Key::Computed(key)) = field.key {
                self.expr(key);
            }
            self.pattern(field.pattern);
        }
    }

    fn expr(&mut self, id: ExprId) {
        if self.depth > MAX_DEPTH {
            self.scopes.too_deep = true;
            return;
        }
        self.depth += 1;
        self.expr_inner(id);
        self.depth -= 1;
    }

    fn expr_inner(&mut self, id: ExprId) {
        let tree = self.tree;
        match &tree.expr(id).kind {
            ExprKind::Name(name) => self.scopes.exprs[id.at()] = self.lookup_here(*name),
            ExprKind::Missing | ExprKind::This | ExprKind::Super | ExprKind::Literal(_) => {}
            ExprKind::Template { parts, tag } => {
                self.exprs(*tag);
                for part in parts {
                    if let TemplatePart::Value(value) = part {
                        self.expr(*value);
                    }
                }
            }
            ExprKind::Member { object, .. } => self.expr(*object),
            ExprKind::Index { object, index } => self.exprs([*object, *index]),
            ExprKind::Slice { object, lower, upper, step } => {
                self.expr(*object);
                self.exprs([*lower, *upper, *step].into_iter().flatten());
            }
            ExprKind::Call { callee, args, .. } => {
                self.scopes.calls.push((self.root, id));
                self.expr(*callee);
                self.exprs(args.iter().map(|arg| arg.value));
            }
            ExprKind::Unary { operand, .. } => self.expr(*operand),
            ExprKind::Binary { left, right, .. } | ExprKind::Logical { left, right, .. } => self.exprs([*left, *right]),
            ExprKind::Conditional { test, then, otherwise } => self.exprs([*test, *then, *otherwise]),
            ExprKind::Sequence { items, .. } => self.exprs(items.iter().map(|item| item.value)),
            ExprKind::Map { entries } => {
                for entry in entries {
                    if let Some(Key::Computed(key)) = entry.key {
                        self.expr(key);
                    }
                    if let (Some(Key::Static(name, _)), ExprKind::Function(function)) =
                        (entry.key, &tree.expr(entry.value).kind)
                    {
                        self.scopes.functions[function.at()].name = Some(name);
                    }
                    self.expr(entry.value);
                }
            }
            ExprKind::Function(function) => self.function(*function),
            ExprKind::Class(class) => self.class(*class),
            ExprKind::Assign { target, value, .. } => {
                self.bind_name(*target, *value);
                self.expr(*value);
                self.pattern(*target);
            }
            ExprKind::Await(value) | ExprKind::Import(value) => self.expr(*value),
            ExprKind::Yield { value, .. } => self.exprs(*value),
            ExprKind::Comprehension { element, value, clauses, .. } => {
                let mut clauses = clauses.iter();
                let Some(first) = clauses.next() else { return };
                self.expr(first.iter);
                self.push(Sort::Block);
                self.clause(first);
                for clause in clauses {
                    self.expr(clause.iter);
                    self.clause(clause);
                }
                self.expr(*element);
                self.exprs(*value);
                self.stack.pop();
            }
            ExprKind::Element { tag, attributes, children } => {
                self.exprs(*tag);
                self.exprs(attributes.iter().filter_map(|attribute| attribute.value));
                self.exprs(children.iter().copied());
            }
            ExprKind::Comma(items) => self.exprs(items.iter().copied()),
        }
    }

    fn clause(&mut self, clause: &'a Clause) {
        self.declare_pattern(clause.target);
        self.pattern(clause.target);
        self.exprs(clause.conditions.iter().copied());
    }
}

enum ExprFunctionName {
    Own,
    Outer,
}
