//! Firebase security rules as facts: Firestore and Storage (the rules language), Realtime Database (JSON).
//!
//! Each `allow` becomes a fact with its full path, methods and whom its condition lets through; functions of the rules
//! are followed. What is allowed is decided by policies. Left out: types, `let` beyond its text, rules of other services.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{CodeContext, Location, Problem, SourceFile};

mod condition;
mod language;
mod realtime;

/// One file of rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirebaseRules {
    /// `firestore`, `storage` or `database`.
    pub service: String,
    /// Where it is.
    pub path: String,
    /// Role of the file.
    pub context: CodeContext,
    /// What is allowed, in file order.
    pub rules: Vec<FirebaseRule>,
    /// Fields of documents that rules look up to decide, as `collection.field`.
    pub lookups: Vec<String>,
}

/// One `allow`, or `.read`/`.write`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirebaseRule {
    /// Path below the database or bucket: `/users/{userId}`.
    pub path: String,
    /// Names of the path that are no variables.
    pub collections: Vec<String>,
    /// Whether it holds for everything below (`{document=**}`; always in the Realtime Database).
    pub recursive: bool,
    /// `get`, `list`, `create`, `update`, `delete`; `read` and `write` are resolved to these.
    pub methods: Vec<String>,
    /// The condition as written, clipped; empty where there is none.
    pub condition: String,
    /// Whom it lets through: `nobody`, `caller`, `rows` (depends on the data alone), `unknown`, `signed-in`, `everybody`.
    pub reach: String,
    /// Whether a caller must be signed in.
    pub signed_in: bool,
    /// Until when it is open, where the time is all that it asks besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Whether it looks at the new data.
    pub validates: bool,
    /// Whether it limits the size of an upload.
    pub size: bool,
    /// Whether it limits the type of an upload.
    pub content_type: bool,
    /// Fields of the new data that it mentions.
    pub fields: Vec<String>,
    /// Where.
    pub location: Location,
}

/// Whether a file may hold rules, by its name.
#[must_use]
pub fn is_rules(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    match name.rsplit_once('.') {
        Some((_, "rules")) => true,
        Some((stem, "json")) => stem.contains("rules"),
        _ => false,
    }
}

/// Reads a file; `None` where it is none of Firebase's.
#[must_use]
pub fn extract(file: &SourceFile, context: CodeContext) -> Option<(FirebaseRules, Vec<Problem>)> {
    let text = file.text();
    let (mut rules, problems) = if text.trim_start().starts_with(['{', '/']) && text.contains("\"rules\"") {
        realtime::read(file)?
    } else if text.contains("service cloud.firestore") || text.contains("service firebase.storage") {
        language::read(file)
    } else {
        return None;
    };
    file.path().clone_into(&mut rules.path);
    rules.context = context;
    Some((rules, problems))
}
