//! Functions that say by their type that they hand out whole users: `getUser(id: string): Promise<User | undefined>`, where a
//! `User` has a password. What such a function does inside (a map in memory, a query that a builder makes) need not be read.

use super::evidence::Evidence;
use crate::base::CodeContext;
use crate::flow::project::FileInfo;
use crate::model::index::Family;
use crate::syntax::FunctionId;

const NAMES: [&str; 6] = ["User", "Admin", "Customer", "Account", "Employee", "Member"];

/// The types of the project that are users with their passwords.
pub(super) struct Typed {
    names: Vec<&'static str>,
}

impl Typed {
    /// `tables`: whether a table that is declared in code has a column for passwords.
    pub(super) fn of(evidence: &Evidence<'_>, tables: bool) -> Self {
        let files = || {
            let serves = |info: &&FileInfo| info.context == CodeContext::Production;
            evidence.project.files.iter().filter(serves).filter(|info| info.family == Family::JavaScript)
        };
        let declared = |name: &&&str| files().any(|info| declares(info.source.text(), name, tables));
        Self { names: NAMES.iter().filter(declared).copied().collect() }
    }

    /// Whether a file may hold such functions.
    pub(super) fn speaks(&self, info: &FileInfo) -> bool {
        info.family == Family::JavaScript
            && self.names.iter().any(|name| info.source.text().contains(&format!("<{name}")))
    }

    /// Whether a function is declared to return one or many.
    pub(super) fn returns(&self, info: &FileInfo, function: FunctionId) -> bool {
        let node = info.tree.function(function);
        if self.names.is_empty() || node.returns.is_none() {
            return false;
        }
        let Some(first) = node.body.first() else { return false };
        let start = node.span.start;
        let end = info.tree.stmt(*first).span.start;
        let header = info.source.slice(crate::base::Span { start, end });
        let Some((_, after)) = header.rsplit_once("):") else { return false };
        let after = after.trim_start();
        let told = after.strip_prefix("Promise<").unwrap_or(after).trim_start();
        self.names.iter().any(|name| {
            told.strip_prefix(name).is_some_and(|rest| {
                let rest = rest.trim_start();
                rest.starts_with(['>', '|', '[', '{'])
            })
        })
    }
}

/// `type User = typeof users.$inferSelect` of a table with passwords, `interface User { password: string }`.
fn declares(text: &str, name: &str, tables: bool) -> bool {
    let inferred = format!("type {name} = typeof ");
    if tables
        && let Some((_, rest)) = text.split_once(&inferred)
        && rest.lines().next().is_some_and(|line| line.contains("$inferSelect"))
    {
        return true;
    }
    [format!("interface {name} "), format!("type {name} = {{"), format!("interface {name}{{")].iter().any(|head| {
        text.split_once(head.as_str()).and_then(|(_, rest)| rest.split_once('}')).is_some_and(|(fields, _)| {
            fields.lines().any(|line| {
                let field = line.trim_start().trim_start_matches("readonly ");
                let key: String = field.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                super::columns::is_secret(&key) && field[key.len()..].trim_start().starts_with(':')
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_with_a_password_is_one() {
        assert!(declares("export interface User {\n  id: string;\n  password: string;\n}", "User", false));
        assert!(!declares("export interface User {\n  id: string;\n  password?: string;\n}", "User", false));
        assert!(declares("export type User = typeof users.$inferSelect;", "User", true));
        assert!(!declares("export type User = typeof users.$inferSelect;", "User", false));
        assert!(!declares("export interface User {\n  id: string;\n}", "User", false));
    }
}
