//! The statements that matter, and how a file is read to them.

use super::block;
use super::definition;
use super::lexer::{Lexer, Raw};
use super::reader::{Name, Place, Reader};
use super::{Column, Function, SqlFile, View};
use crate::base::{CodeContext, Location, Problem, ProblemKind, SourceFile};

/// Statements of one file that are kept.
pub(super) const MAX_STATEMENTS: usize = 200_000;

/// One statement and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub action: Action,
    pub location: Location,
}

/// What a statement does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    CreateTable { table: Name, columns: Vec<Column> },
    AlterTable { table: Name, changes: Vec<Change> },
    DropTables(Vec<Name>),
    DropSchema(Vec<String>),
    CreatePolicy(PolicyText),
    AlterPolicy(PolicyText),
    DropPolicy { name: String, table: Name },
    CreateFunction(Box<Function>),
    AlterFunction { function: Name, definer: Option<bool>, search_path: bool },
    DropFunctions(Vec<Name>),
    CreateView(Box<View>),
    AlterView { view: Name, invoker: bool },
    DropViews(Vec<Name>),
    CreateTrigger { table: Name, function: Name, before_update: bool, before_insert: bool },
    EventTrigger(Name),
    Rights(Rights),
    Bucket(BucketText),
    Password { table: Name, column: String, hashed: bool },
}

/// One change of `ALTER TABLE`.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Add(Column),
    Drop(String),
    Rename(String, String),
    RenameTable(String),
    SetSchema(String),
    Security(bool),
    Force(bool),
}

/// A policy before its predicates are parsed.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyText {
    pub name: String,
    pub table: Name,
    pub command: Option<String>,
    pub roles: Vec<String>,
    pub permissive: bool,
    pub using: Option<String>,
    pub check: Option<String>,
    pub renamed: Option<String>,
}

/// `GRANT` or `REVOKE`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    pub grant: bool,
    pub privileges: Vec<String>,
    /// Columns, where the rights are for some only.
    pub columns: Vec<String>,
    pub kind: String,
    pub objects: Vec<Name>,
    pub roles: Vec<String>,
    /// Whether it is about objects that are made later.
    pub default: bool,
}

/// What is said about a bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct BucketText {
    pub name: Option<String>,
    pub public: Option<bool>,
    pub size_limit: bool,
    pub type_limit: bool,
    /// Whether an existing one is changed.
    pub update: bool,
}

/// Names that only Supabase's databases have.
const SUPABASE: &[&str] = &[
    "auth.uid()",
    "auth.users",
    "auth.jwt()",
    "auth.role()",
    "storage.buckets",
    "storage.objects",
    "service_role",
    "supabase_realtime",
    "to authenticated",
    "TO authenticated",
    "TO anon",
    "to anon",
];

/// Words of other databases.
const FOREIGN: &[&str] = &["AUTOINCREMENT", "AUTO_INCREMENT", "ENGINE=", "autoincrement", "auto_increment", "PRAGMA "];

/// Reads a file. Linear in its size; what is over a limit becomes a problem.
#[must_use]
pub fn extract(file: &SourceFile, context: CodeContext) -> SqlFile {
    let text = file.text();
    let supabase = SUPABASE.iter().any(|name| memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_some());
    let mut sink = Sink { statements: Vec::new(), cut: 0, unrolled: 0, full: false };
    let mut lexer = Lexer::new(text);
    while let Some(raw) = lexer.statement() {
        sink.read(text, &raw, &Place::At(file, 0), 0);
        if sink.full {
            break;
        }
    }
    let mut problems = Vec::new();
    let place = || Some(Location::file(file.path()));
    if sink.full {
        let message = format!("more than {MAX_STATEMENTS} statements define things: the rest was left out");
        problems.push(Problem::incomplete(ProblemKind::Limit, place(), message));
    }
    if sink.cut > 0 {
        let message = format!("{} long statement(s) were read in part", sink.cut);
        problems.push(Problem::incomplete(ProblemKind::Limit, place(), message));
    }
    let foreign = FOREIGN.iter().any(|name| memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_some());
    SqlFile { path: file.path().to_owned(), context, supabase, foreign, statements: sink.statements, problems }
}

/// Takes statements up to a limit.
pub(super) struct Sink {
    pub statements: Vec<Statement>,
    pub cut: usize,
    pub unrolled: usize,
    pub full: bool,
}

impl Sink {
    /// Reads one statement; blocks are read into, `depth` levels so far.
    pub fn read(&mut self, text: &str, raw: &Raw, place: &Place<'_>, depth: usize) {
        let Some(first) = raw.tokens.first() else { return };
        let mut reader = Reader::new(text, &raw.tokens);
        if reader.eat("do") {
            if depth == 0 {
                block::read(self, &mut reader, place);
            }
            return;
        }
        let data = reader.is("insert");
        self.cut += usize::from(raw.cut && !data);
        let end = raw.tokens.iter().take(8).next_back().map_or(first.end, |token| token.end);
        let end = if text[first.start..end].contains('\n') {
            first.start + text[first.start..end].find('\n').unwrap_or(0)
        } else {
            end
        };
        let location = place.locate(first.start, end);
        for action in definition::read(&mut reader, place) {
            self.push(Statement { action, location: location.clone() });
        }
    }

    pub fn push(&mut self, statement: Statement) {
        if self.statements.len() >= MAX_STATEMENTS {
            self.full = true;
        } else {
            self.statements.push(statement);
        }
    }
}
