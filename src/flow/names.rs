//! One table of names for the whole project, so that names of different files compare as numbers.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// A name (or short constant text) of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

macro_rules! known {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// Names that the engine itself asks for; their numbers are their places in this list.
        pub mod known {
            use super::NameId;
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            #[repr(u32)]
            enum At { $($name),* }
            $(#[allow(missing_docs)] pub const $name: NameId = NameId(At::$name as u32);)*
            pub(super) const TEXTS: &[&str] = &[$($text),*];
        }
    };
}

known! {
    NONE = "", ELEMENT = "[]", STAR = "*", DEFAULT = "default", EXPORTS = "exports", MODULE = "module",
    REQUIRE = "require", INIT = "__init__", CALL = "__call__", CONSTRUCTOR = "constructor", PROTOTYPE = "prototype",
    SUPER = "super", PROPERTY = "property", CACHED_PROPERTY = "cached_property", STATICMETHOD = "staticmethod",
    CLASSMETHOD = "classmethod", UNDEFINED = "undefined", LENGTH = "length", SIZE = "size", ENTER = "__enter__",
    GET = "get", POP = "pop", SETDEFAULT = "setdefault", APPEND = "append", ADD = "add", INSERT = "insert",
    EXTEND = "extend", UPDATE = "update", PUSH = "push", UNSHIFT = "unshift", SHIFT = "shift", ITEMS = "items",
    KEYS = "keys", VALUES = "values", COPY = "copy", CLEAR = "clear", SLICE = "slice", CONCAT = "concat",
    ENTRIES = "entries", ASSIGN = "assign", MAP = "map", FILTER = "filter", FOR_EACH = "forEach", REDUCE = "reduce",
    SOME = "some", EVERY = "every", FIND = "find", FIND_INDEX = "findIndex", FLAT_MAP = "flatMap", SORT = "sort",
    THEN = "then", CATCH = "catch", FINALLY = "finally", SET = "set", HAS = "has", INCLUDES = "includes",
    INDEX_OF = "indexOf", STARTS_WITH = "startswith", STARTS_WITH_JS = "startsWith", ENDS_WITH = "endswith",
    ENDS_WITH_JS = "endsWith", MATCH = "match", FULLMATCH = "fullmatch", TEST = "test", SEARCH = "search",
    ISALNUM = "isalnum", ISALPHA = "isalpha", ISDIGIT = "isdigit", ISDECIMAL = "isdecimal", ISNUMERIC = "isnumeric",
    ISIDENTIFIER = "isidentifier", IS_RELATIVE_TO = "is_relative_to", JOIN = "join", FORMAT = "format",
    REALPATH = "realpath", ABSPATH = "abspath", RESOLVE = "resolve", NORMPATH = "normpath", NORMALIZE = "normalize",
    COMMONPATH = "commonpath", RE = "re", COMPILE = "compile", COUNT = "count", INDEX = "index",
    ISINSTANCE = "isinstance", LEN = "len", INT = "int", FLOAT = "float", BOOL = "bool", STR = "str",
    ALL = "all", ANY = "any", PROMISE = "Promise", OBJECT = "Object", ARRAY = "Array", IS_ARRAY = "isArray", FROM = "from",
    FIND_LAST = "findLast", AT = "at", CALL_JS = "call", APPLY = "apply", BIND = "bind", KEY = "key", DEPENDS = "Depends",
    SECURITY = "Security", ANNOTATED = "Annotated", OPTIONAL = "Optional", PARTIAL = "partial", HASATTR = "hasattr",
    CALLABLE = "callable", TYPE = "type", SORTED = "sorted", REVERSED = "reversed", LIST = "list", TUPLE = "tuple",
    DICT = "dict", FROZENSET = "frozenset", ENUMERATE = "enumerate", ZIP = "zip", GETATTR = "getattr", SETATTR = "setattr",
    ORD = "ord", ABS = "abs", ROUND = "round", HASH = "hash", ID = "id", RANGE = "range", SUM = "sum", NUMBER = "Number",
    PARSE_INT = "parseInt", PARSE_FLOAT = "parseFloat", BOOLEAN = "Boolean", IS_NAN = "isNaN", BIGINT = "BigInt",
    HOST = "host", HOSTNAME = "hostname", ORIGIN = "origin", NETLOC = "netloc", SCHEME = "scheme", PROTOCOL = "protocol",
    ITER = "iter", NEXT = "next", STRUCTURED_CLONE = "structuredClone", SPLICE = "splice", FREEZE = "freeze",
    IS_INTEGER = "isInteger", NAME = "__name__", MAIN = "__main__", WINDOW = "window", GLOBAL = "global",
    GLOBAL_THIS = "globalThis", SELF = "self", CREATE_CONTEXT = "createContext", MIN = "min", MAX = "max", DIVMOD = "divmod",
    FLAT = "flat", BYTES = "bytes", COMPLEX = "complex", POPITEM = "popitem",
    SETTLED = "allSettled", TYPE_CHECKING = "TYPE_CHECKING", HAS_OWN = "hasOwnProperty", HAS_OWN2 = "hasOwn",
    ON = "on", ONCE = "once", ADD_LISTENER = "addListener", EMIT = "emit", FROM_ENTRIES = "fromEntries",
    ARGUMENTS = "arguments", REJECT = "reject", NEW = "__new__", GETITEM = "__getitem__", KEY_TAINT = "\u{2}keys",
    ITER_METHOD = "__iter__", STR_METHOD = "__str__", NAMEDTUPLE = "namedtuple", BOUND = "\u{2}bound", BOUND_NAMED = "\u{2}named", BOUND_THIS = "\u{2}this",
    RESOLVER = "\u{2}resolver", PROMISIFY = "promisify", COMMON_PREFIX = "commonprefix", SPLIT = "split", POPLEFT = "popleft", GATHER = "gather", SET_JS = "Set", MAP_JS = "Map", USE_STATE = "useState", STATE_OF = "\u{2}state", PUT = "put", REPLACE = "replace",
    REPLACE_ALL = "replaceAll", K0 = "\u{2}0", K1 = "\u{2}1", K2 = "\u{2}2", K3 = "\u{2}3", K4 = "\u{2}4", K5 = "\u{2}5",
    K6 = "\u{2}6", K7 = "\u{2}7", K8 = "\u{2}8", K9 = "\u{2}9", K10 = "\u{2}10", K11 = "\u{2}11",
    MATH = "Math", RELATIVE = "relative", RSPLIT = "rsplit", MAXSPLIT = "maxsplit", ENSURE_SYNC = "ensure_sync", REMOVE = "remove", DELETE = "delete", EXEC = "exec", PIPE = "pipe",
}

/// The table. Constants that an analysis computes are appended past the shared part and stay with that analysis.
#[derive(Debug)]
pub struct Names {
    texts: Vec<Box<str>>,
    ids: HashTable<NameId>,
}

/// Fields of a closure: the variables of the outer function that it uses, by number.
pub const CAPTURES: [NameId; 12] = [
    known::K0,
    known::K1,
    known::K2,
    known::K3,
    known::K4,
    known::K5,
    known::K6,
    known::K7,
    known::K8,
    known::K9,
    known::K10,
    known::K11,
];

/// How many indexes have a name of their own.
pub const INDEXES: u32 = 64;

/// The name of an index; `None` for one that is too large to be told apart.
#[must_use]
pub fn index_name(at: u32) -> Option<NameId> {
    (at < INDEXES).then(|| NameId(u32::try_from(known::TEXTS.len()).unwrap_or(0) + at))
}

/// Whether a name is that of an index.
#[must_use]
pub fn is_index(name: NameId) -> bool {
    let first = known::TEXTS.len();
    (first..first + INDEXES as usize).contains(&(name.0 as usize))
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { texts: Vec::new(), ids: HashTable::new() };
        for text in known::TEXTS {
            names.add(text);
        }
        for at in 0..INDEXES {
            names.add(&at.to_string());
        }
        names
    }
}

impl Names {
    /// The number of a text, given one if it has none.
    pub fn intern(&mut self, text: &str) -> NameId {
        match self.get(text) {
            Some(id) => id,
            None => self.add(text),
        }
    }

    /// The next number; of a text that has one already, the first stays.
    fn add(&mut self, text: &str) -> NameId {
        let id = NameId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let known = self.get(text).is_some();
        self.texts.push(text.into());
        if !known {
            let texts = &self.texts;
            let hash_of = |id: &NameId| FxBuildHasher.hash_one(&*texts[id.0 as usize]);
            self.ids.insert_unique(FxBuildHasher.hash_one(text), id, hash_of);
        }
        id
    }

    /// The number of a text, if it occurs in the project.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<NameId> {
        let same = |id: &NameId| &*self.texts[id.0 as usize] == text;
        self.ids.find(FxBuildHasher.hash_one(text), same).copied()
    }

    /// The text of a number; empty for one that is not of this table.
    #[must_use]
    pub fn text(&self, name: NameId) -> &str {
        self.texts.get(name.0 as usize).map_or("", AsRef::as_ref)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Never, because of the known names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// The project's names together with those that one analysis makes.
#[derive(Debug)]
pub struct LocalNames<'a> {
    shared: &'a Names,
    own: Vec<Box<str>>,
    ids: FxHashMap<Box<str>, NameId>,
}

impl<'a> LocalNames<'a> {
    /// Nothing of its own yet.
    #[must_use]
    pub fn new(shared: &'a Names) -> Self {
        Self { shared, own: Vec::new(), ids: FxHashMap::default() }
    }

    /// The number of a text.
    pub fn intern(&mut self, text: &str) -> NameId {
        if let Some(id) = self.shared.get(text).or_else(|| self.ids.get(text).copied()) {
            return id;
        }
        let id = NameId(u32::try_from(self.shared.len() + self.own.len()).unwrap_or(u32::MAX));
        self.own.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, name: NameId) -> &str {
        match (name.0 as usize).checked_sub(self.shared.len()) {
            None => self.shared.text(name),
            Some(at) => self.own.get(at).map_or("", AsRef::as_ref),
        }
    }

    /// Whether the whole project knows the number.
    #[must_use]
    pub fn is_shared(&self, name: NameId) -> bool {
        (name.0 as usize) < self.shared.len()
    }
}
