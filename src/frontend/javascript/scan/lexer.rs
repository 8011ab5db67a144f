//! The tokens of the linear look, and the levels they open and close.

mod markup;

use std::ops::Range;

use oxc_span::SourceType;

/// What of a dialect the scan must know.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    jsx: bool,
    typed: bool,
}

impl Dialect {
    pub(super) fn of(dialect: SourceType) -> Self {
        Self { jsx: dialect.is_jsx(), typed: dialect.is_typescript() }
    }
}

/// What a level was opened by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    /// `(`; of `if (…)` and the like or not.
    Paren {
        control: bool,
    },
    Bracket,
    Brace,
    /// `${` of a template.
    Template,
    /// `{` inside JSX.
    JsxBrace,
    /// `<a …`
    Tag,
    /// Between `<a>` and `</a>`.
    Children,
    /// `(` or `[` in the text of an element: code, if the element was none.
    Text(u8),
}

/// One open bracket (or the whole text), and how deep the code since its last comma or statement goes.
struct Level {
    kind: Kind,
    /// Depth outside.
    base: u32,
    /// `if`, `else`, `for`, …
    statement: u32,
    /// Operators that take their right side by recursion.
    operators: u32,
    /// Type arguments.
    angles: u32,
    /// Where the current statement begins.
    start: usize,
    /// Whether it is a `do … while`.
    is_do: bool,
    /// Whether it is an `import`: `}` does not end it.
    is_import: bool,
    /// Whether it has a token yet.
    empty: bool,
}

/// What stands before the current position.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator, a keyword, an opening bracket: an expression can begin.
    Operator,
    /// `if`, `for`, `while`, `with`: a bracket belongs to the statement.
    Control,
    /// A value has ended.
    Value,
    /// `}` of a block or an object.
    Brace,
    /// `>` of type arguments, or of a type assertion.
    Angle,
    /// `.`
    Dot,
}

/// A top-level statement whose brackets do not close.
pub(super) struct Unclosed {
    /// All of it, up to the next declaration.
    pub(super) region: Range<usize>,
    /// Behind its last token.
    pub(super) last: usize,
    /// What would close it, if brackets would.
    pub(super) closers: Option<String>,
}

/// The state of a scan.
pub(super) struct Scanner<'t> {
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
    dialect: Dialect,
    levels: Vec<Level>,
    before: Before,
    /// A line break since the last token.
    newline: bool,
    /// A `;` whose statement may go on with `else`.
    semicolon: Option<usize>,
    /// How many bytes may still be searched in vain for the end of a regular expression.
    searches: usize,
    /// Depth that could hide in what was skipped.
    slop: u32,
    /// Stop beyond this depth.
    pub(super) limit: u32,
    /// Where that was.
    pub(super) deep: Option<usize>,
    /// Whether declarations at the beginning of a line end all that is open.
    pub(super) resync: bool,
    /// Report the statements around this offset…
    pub(super) target: Option<usize>,
    /// …here, innermost first.
    pub(super) found: Vec<Range<usize>>,
    /// All statements of the top level, if asked for.
    pub(super) statements: Option<Vec<Range<usize>>>,
    /// The first top-level statement whose brackets do not close.
    pub(super) unclosed: Option<Unclosed>,
    /// Behind the last token.
    last: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Self {
        let mut scanner = Self {
            bytes: text.as_bytes(),
            text,
            at: 0,
            dialect,
            levels: Vec::new(),
            before: Before::Operator,
            newline: true,
            semicolon: None,
            searches: 65_536 + 2 * text.len(),
            slop: 0,
            limit: u32::MAX,
            deep: None,
            resync: false,
            target: None,
            found: Vec::new(),
            statements: None,
            unclosed: None,
            last: 0,
        };
        scanner.open(Kind::Root);
        scanner
    }

    /// Goes through the text once.
    pub(super) fn run(&mut self) {
        if self.bytes.starts_with(b"#!") {
            self.line_comment();
        }
        while self.deep.is_none() && self.at < self.bytes.len() {
            match self.kind() {
                Kind::Tag => self.tag(),
                Kind::Children | Kind::Text(_) => self.children(),
                _ => self.code(),
            }
        }
        if self.levels.len() > 1 {
            self.note_unclosed(self.bytes.len());
        }
        while !self.levels.is_empty() {
            self.end_statement(self.bytes.len());
            self.levels.pop();
        }
    }

    fn kind(&self) -> Kind {
        self.levels.last().map_or(Kind::Root, |level| level.kind)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn depth(&self) -> u32 {
        self.levels.last().map_or(0, |level| level.base + level.statement + level.operators + level.angles) + self.slop
    }

    fn open(&mut self, kind: Kind) {
        let base = self.depth().saturating_sub(self.slop) + 1;
        let start = self.at + 1;
        let start = if kind == Kind::Root { 0 } else { start };
        self.levels.push(Level {
            kind,
            base,
            statement: 0,
            operators: 0,
            angles: 0,
            start,
            is_do: false,
            is_import: false,
            empty: true,
        });
        self.check();
    }

    fn check(&mut self) {
        if self.depth() > self.limit && self.deep.is_none() {
            self.deep = Some(self.at);
        }
    }

    fn operator(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.operators += 1;
        }
        self.check();
    }

    /// Closes the level if it is of a kind that `fits`; the root stays.
    fn close(&mut self, fits: impl Fn(Kind) -> bool) -> Option<Kind> {
        let kind = self.kind();
        if self.levels.len() < 2 || !fits(kind) {
            return None;
        }
        self.end_statement(self.at);
        self.semicolon = None;
        self.levels.pop();
        Some(kind)
    }

    /// Ends the current level's statement before `end`.
    fn end_statement(&mut self, end: usize) {
        let top = self.levels.len() == 1;
        let Some(level) = self.levels.last_mut() else { return };
        let region = level.start..end;
        level.statement = 0;
        level.operators = 0;
        level.angles = 0;
        level.start = end;
        level.is_do = false;
        level.is_import = false;
        level.empty = true;
        if top && let Some(statements) = &mut self.statements {
            statements.push(region.clone());
        }
        let holds = top || matches!(level.kind, Kind::Brace);
        if holds && self.target.is_some_and(|target| region.contains(&target)) {
            self.found.push(region);
        }
    }

    fn note_unclosed(&mut self, end: usize) {
        let start = self.levels.first().map_or(0, |level| level.start);
        if self.unclosed.is_some() {
            return;
        }
        let closers = self.levels.iter().skip(1).rev().map(|level| match level.kind {
            Kind::Paren { .. } => Some(")"),
            Kind::Bracket => Some("]"),
            Kind::Brace => Some("}"),
            Kind::Template => Some("}`"),
            _ => None,
        });
        self.unclosed = Some(Unclosed { region: start..end, last: self.last, closers: closers.collect() });
    }

    fn code(&mut self) {
        let byte = self.peek(0);
        match byte {
            b'\n' => {
                self.newline = true;
                self.at += 1;
            }
            b' ' | b'\t' | b'\r' | 0x0B | 0x0C => self.at += 1,
            b'/' if self.peek(1) == b'/' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'<' if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"<!--")) => self.html_comment(),
            _ => {
                let word = if is_word(byte) { self.word_at(self.at) } else { "" };
                self.begin_token(word);
                self.token(byte, word);
                self.newline = false;
                self.last = self.at;
                if let Some(level) = self.levels.last_mut()
                    && !matches!(byte, b'{' | b'(' | b'[' | b';')
                {
                    level.empty = false;
                }
            }
        }
    }

    /// Before a token: has a statement ended?
    fn begin_token(&mut self, word: &str) {
        if let Some(end) = self.semicolon.take() {
            if word == "else" {
                if let Some(level) = self.levels.last_mut() {
                    level.operators = 0;
                }
            } else {
                self.end_statement(end);
            }
        }
        if word.is_empty() {
            return;
        }
        if self.resync && self.levels.len() > 1 && self.at_line_start() && DECLARATIONS.contains(&word) {
            self.note_unclosed(self.at);
            while self.levels.len() > 1 {
                self.end_statement(self.at);
                self.levels.pop();
            }
            self.end_statement(self.at);
            return;
        }
        let is_import = self.levels.last().is_some_and(|level| level.is_import);
        let ended = (self.before == Before::Brace && (self.newline || !is_import))
            || (self.newline && matches!(self.before, Before::Value | Before::Angle));
        let is_do = self.levels.last().is_some_and(|level| level.is_do);
        if ended && !CONTINUATIONS.contains(&word) && !(is_do && word == "while") {
            self.end_statement(self.at);
            self.before = Before::Operator;
        }
    }

    fn at_line_start(&self) -> bool {
        self.newline && (self.at == 0 || self.bytes.get(self.at - 1) == Some(&b'\n'))
    }

    fn token(&mut self, byte: u8, word: &str) {
        match byte {
            b'"' | b'\'' => self.string(byte),
            b'`' => {
                self.at += 1;
                self.template();
            }
            b'0'..=b'9' => self.number(),
            b'{' => self.open_at(Kind::Brace),
            b'(' => self.open_at(Kind::Paren { control: self.before == Before::Control }),
            b'[' => self.open_at(Kind::Bracket),
            b'}' => self.close_brace(),
            b')' => {
                let closed = self.close(|kind| matches!(kind, Kind::Paren { .. }));
                self.step(if closed == Some(Kind::Paren { control: true }) { Before::Operator } else { Before::Value });
            }
            b']' => {
                self.close(|kind| kind == Kind::Bracket);
                self.step(Before::Value);
            }
            b';' => {
                self.step(Before::Operator);
                self.semicolon = Some(self.at);
            }
            b',' => {
                if let Some(level) = self.levels.last_mut() {
                    level.operators = 0;
                }
                self.step(Before::Operator);
            }
            b'/' => self.slash(),
            b'<' => self.less(),
            b'>' => {
                let mut generic = false;
                if let Some(level) = self.levels.last_mut() {
                    generic = level.angles > 0;
                    level.angles = level.angles.saturating_sub(1);
                }
                self.step(if generic { Before::Angle } else { Before::Operator });
            }
            byte if is_word(byte) => self.word(word),
            _ => self.punctuation(byte),
        }
    }

    fn step(&mut self, before: Before) {
        self.at += 1;
        self.before = before;
    }

    fn open_at(&mut self, kind: Kind) {
        self.open(kind);
        self.step(Before::Operator);
    }

    fn close_brace(&mut self) {
        let closed = self.close(|kind| matches!(kind, Kind::Brace | Kind::Template | Kind::JsxBrace));
        self.step(Before::Brace);
        match closed {
            Some(Kind::Template) => self.template(),
            Some(Kind::JsxBrace) => self.before = Before::Value,
            _ => {}
        }
    }

    fn punctuation(&mut self, byte: u8) {
        let next = self.peek(1);
        match byte {
            b'=' if next == b'>' => {
                self.operator();
                self.at += 1;
                self.step(Before::Operator);
            }
            b'=' | b'!' if next == b'=' => {
                while self.peek(1) == b'=' {
                    self.at += 1;
                }
                self.step(Before::Operator);
            }
            b'!' if self.before == Before::Value && !self.newline => self.at += 1, // `x!`
            b'+' | b'-' if next == byte => self.at += 2, // Prefix or postfix: what it stands at does not change.
            b'?' if next == b'.' && !self.peek(2).is_ascii_digit() => {
                self.at += 1;
                self.step(Before::Dot);
            }
            b'?' if next == b'?' => {
                self.at += 1;
                self.step(Before::Operator);
            }
            b'*' if next == b'*' => {
                self.operator();
                self.at += 1;
                self.step(Before::Operator);
            }
            b'.' if next == b'.' => {
                self.at += 1;
                self.step(Before::Operator);
            }
            b'.' if next.is_ascii_digit() => {
                self.at += 1;
                self.number();
            }
            b'.' => self.step(if self.before == Before::Operator { Before::Operator } else { Before::Dot }),
            b'=' | b'?' | b':' | b'!' | b'~' => {
                self.operator();
                self.step(Before::Operator);
            }
            b'+' | b'-' => {
                if matches!(self.before, Before::Operator | Before::Control | Before::Angle) {
                    self.operator();
                }
                self.step(Before::Operator);
            }
            _ => self.step(Before::Operator),
        }
    }

    fn word_at(&self, from: usize) -> &'t str {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_word(*byte) && !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.text.get(from..from + length).unwrap_or("")
    }

    fn word(&mut self, word: &str) {
        self.at += word.len().max(1);
        if self.before == Before::Dot {
            self.before = Before::Value;
            return;
        }
        let Some(level) = self.levels.last_mut() else { return };
        self.before = match word {
            "if" | "for" | "while" | "with" => {
                level.statement += 1;
                Before::Control
            }
            "do" => {
                level.statement += 1;
                level.is_do |= level.empty;
                Before::Operator
            }
            "case" | "default" => {
                level.statement = 0;
                level.operators = 0;
                Before::Operator
            }
            "await" if self.before == Before::Control => Before::Control, // `for await (`
            "typeof" | "void" | "delete" | "await" | "yield" | "new" | "keyof" | "infer" | "readonly" | "unique"
            | "class" | "extends" | "async" | "asserts" => {
                level.operators += 1;
                if matches!(word, "async" | "readonly" | "unique" | "asserts") {
                    Before::Value
                } else {
                    Before::Operator
                }
            }
            "import" => {
                level.is_import |= level.empty;
                Before::Operator
            }
            "return" | "throw" | "else" | "in" | "instanceof" | "export" | "const" | "let" | "var" | "try"
            | "finally" => Before::Operator,
            _ => Before::Value,
        };
        self.check();
    }

    fn number(&mut self) {
        while is_word(self.peek(0)) || self.peek(0).is_ascii_digit() || self.peek(0) == b'.' {
            self.at += 1;
        }
        self.before = Before::Value;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | b'#' | b'@' | b'\\') || byte >= 0x80
}

/// Words that go on with a statement after a `}` or on a new line.
const CONTINUATIONS: &[&str] = &[
    "else",
    "catch",
    "finally",
    "instanceof",
    "in",
    "of",
    "as",
    "satisfies",
    "from",
    "extends",
    "implements",
    "is",
    "with",
];

/// Words that begin a declaration at the top level.
const DECLARATIONS: &[&str] = &[
    "import",
    "export",
    "function",
    "class",
    "const",
    "let",
    "var",
    "async",
    "interface",
    "type",
    "enum",
    "namespace",
    "declare",
    "abstract",
];
