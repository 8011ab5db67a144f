//! Databases of the audited project as facts: SQL migrations are replayed in order, and the state in force at the end
//! counts, each part with the statement that made it so. What is allowed is decided by policies, never here.
//!
//! [`extract`] reads one file to statements (in parallel), [`replay`] sorts files into databases and runs them. Read are
//! migrations of Supabase, Prisma, Drizzle and plain folders, declarative schemas, and any other `.sql` file with
//! definitions. Statement heads are read from tokens, since only those keep every place and survive every dialect;
//! predicates, where precedence and subqueries matter, are parsed by `sqlparser` (see [`predicate`]).
//!
//! Left out: seeds and data, `search_path` of the session, tables made by functions, roles other than Supabase's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Location, Problem};

mod block;
mod column;
mod definition;
mod function;
mod lexer;
mod plan;
mod predicate;
mod reader;
mod replay;
mod statement;
#[cfg(test)]
mod tests;

pub use plan::{Evidence, is_sql};
pub use replay::replay;
pub use statement::extract;

/// What one SQL file says.
#[derive(Debug, Clone, Default)]
pub struct SqlFile {
    /// Path relative to the audited root.
    pub path: String,
    /// Role of the file.
    pub context: CodeContext,
    /// Whether it names what only Supabase has: `auth.uid()`, `storage.buckets`, its roles.
    pub supabase: bool,
    /// Whether it is written for MySQL or SQLite.
    pub foreign: bool,
    /// Its statements that matter, in order.
    pub(crate) statements: Vec<statement::Statement>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One database at the end of its migrations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// Folder that the migrations belong to; empty for the project's root.
    pub root: String,
    /// `supabase`, or `other` where clients do not reach tables directly, as far as can be told.
    pub platform: String,
    /// What says so: `sql`, `folder`, `package`; empty for `other`.
    pub evidence: String,
    /// Whether the order of the files is known; loose files are in the order of their names.
    pub ordered: bool,
    /// Tables, by schema and name.
    pub tables: Vec<Table>,
    /// Functions, by schema and name; a later definition replaces an earlier one.
    pub functions: Vec<Function>,
    /// Views, by schema and name.
    pub views: Vec<View>,
    /// Storage buckets.
    pub buckets: Vec<Bucket>,
    /// Rights that were granted and not revoked.
    pub grants: Vec<Grant>,
    /// Passwords that are inserted in plain text.
    pub seeded_passwords: Vec<SeededPassword>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// `public` where none is named.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Where it is created, or first named if it is the platform's.
    pub location: Location,
    /// Whether it is not created here: the platform's (`storage.objects`, `auth.users`), or made by hand.
    pub system: bool,
    /// Row-level security.
    pub rls: Rls,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Kinds of personal or secret data in its columns, sorted: `contact`, `password`, `secret`, …
    pub sensitive: Vec<String>,
    /// Policies in force, by name.
    pub policies: Vec<Policy>,
    /// Roles of clients that were cut off by `REVOKE`: `anon`, `authenticated`, `public`.
    pub revoked: Vec<String>,
    /// Columns that a trigger before an update, or rights on columns, protect; `*` where a trigger's function is not read.
    pub protected_columns: Vec<String>,
}

/// Row-level security of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rls {
    /// Whether it is on.
    pub enabled: bool,
    /// Whether it binds the owner too.
    pub forced: bool,
    /// Whether it was on before and is switched off.
    pub disabled: bool,
    /// The last statement about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Kind of personal or secret data, told from the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it names the user that the row belongs to.
    pub owner: bool,
    /// Whether it says what its user may do (`role`, `is_admin`, `credits`).
    pub privilege: bool,
}

/// One policy of row-level security.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `select`, `insert`, `update`, `delete` or `all`.
    pub command: String,
    /// Roles it is for; `public` is everybody.
    pub roles: Vec<String>,
    /// Whether it opens (permissive) or narrows (restrictive).
    pub permissive: bool,
    /// Which rows are seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub using: Option<Predicate>,
    /// Which rows may be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Predicate>,
    /// Where it is created or last changed.
    pub location: Location,
}

/// What a condition asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Predicate {
    /// The condition as written, clipped.
    pub text: String,
    /// Whom it lets through: `nobody`, `service` (the service role), `caller` (depends on who calls), `rows` (depends on
    /// the row alone), `unknown` (a function that is not defined here), `signed-in` (any signed-in user), `everybody`.
    pub reach: String,
    /// Whether a caller must be signed in.
    pub signed_in: bool,
    /// Whether it names the caller in any way.
    pub names_caller: bool,
    /// Whether it trusts `user_metadata`, which users write themselves.
    pub user_metadata: bool,
    /// Names of columns and others that it mentions, lower case, sorted.
    pub names: Vec<String>,
    /// Tables that its subqueries read.
    pub tables: Vec<String>,
    /// Functions that it calls.
    pub calls: Vec<String>,
    /// Whether it could only be searched for words.
    pub loose: bool,
}

/// One function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Function {
    /// `public` where none is named.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub location: Location,
    /// Whether it runs with the rights of its owner.
    pub security_definer: bool,
    /// Whether it sets its own `search_path`.
    pub search_path: bool,
    /// Whether only triggers call it.
    pub trigger: bool,
    /// Whether it, or a function it calls, names the caller.
    pub names_caller: bool,
    /// Whether it trusts `user_metadata`.
    pub user_metadata: bool,
    /// Whether it inserts, updates or deletes.
    pub writes: bool,
    /// Tables that it reads or writes.
    pub tables: Vec<String>,
    /// Whether it puts text together and executes it.
    pub dynamic_sql: bool,
    /// Whether it executes a text that it is given.
    pub executes_argument: bool,
    /// Whether it takes a role or the like from what users say of themselves when they sign up.
    pub privilege_from_metadata: bool,
    /// Whether it compares a password column with a value as it is.
    pub plain_password: bool,
    /// Roles that execution was revoked from.
    pub revoked: Vec<String>,
    /// Roles that execution was granted to.
    pub granted: Vec<String>,
    /// Whether it takes arguments.
    pub arguments: bool,
    /// Whether one of them names a user.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_user: bool,
    /// What it returns, clipped, lower case.
    pub returns: String,
    /// Names in its body, lower case, sorted; at most a few hundred.
    #[serde(skip)]
    #[schemars(skip)]
    pub names: Vec<String>,
}

/// One view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct View {
    /// `public` where none is named.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Where it is created.
    pub location: Location,
    /// Whether it asks with the rights of who reads it.
    pub security_invoker: bool,
    /// Whether it says `security_invoker = off`: somebody meant it.
    pub deliberate: bool,
    /// Whether it takes every column of a table (`*`).
    pub all_columns: bool,
    /// Whether it keeps its rows.
    pub materialized: bool,
    /// Whether its query names the caller.
    pub names_caller: bool,
    /// Tables it reads, with their schema.
    pub tables: Vec<String>,
    /// Whether it counts or groups only.
    pub aggregates: bool,
    /// Kinds of sensitive columns that its text names.
    pub sensitive: Vec<String>,
    /// Roles of clients that were cut off by `REVOKE`.
    pub revoked: Vec<String>,
}

/// One storage bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Whether everyone who knows an address may read; `None` where that is not said.
    pub public: Option<bool>,
    /// Whether uploads have a maximum size.
    pub size_limit: bool,
    /// Whether the types of uploads are limited.
    pub type_limit: bool,
    /// Where it is made or last changed.
    pub location: Location,
}

/// Rights given to roles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// `all`, `select`, `insert`, …
    pub privileges: Vec<String>,
    /// `table`, `function`, `schema`, `sequence`.
    pub kind: String,
    /// With their schema; `public.*` for all of a schema.
    pub objects: Vec<String>,
    /// Whom.
    pub roles: Vec<String>,
    /// Where.
    pub location: Location,
}

/// A password, or the hash of an administrator's, that stands in an `INSERT`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeededPassword {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// Whether it is the hash of an administrator's password rather than a password.
    #[serde(default)]
    pub hashed: bool,
    /// Where.
    pub location: Location,
}
