//! Which SQL files make one database, and in which order they run.

use std::collections::{BTreeMap, BTreeSet};

use super::SqlFile;
use crate::base::CodeContext;

/// What the rest of the project says about its databases.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Folders whose manifest asks for a client of Supabase.
    pub supabase_packages: BTreeSet<String>,
    /// Folders with a manifest.
    pub manifests: BTreeSet<String>,
    /// Folders with `supabase/config.toml` or functions below `supabase/`.
    pub supabase_folders: BTreeSet<String>,
}

/// Whether a file is SQL by its name.
#[must_use]
pub fn is_sql(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    matches!(lower.rsplit_once('.'), Some((_, "sql" | "psql" | "pgsql")))
}

impl Evidence {
    /// Takes what a path says by itself.
    pub fn add_path(&mut self, path: &str) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let manifests =
            ["package.json", "pyproject.toml", "requirements.txt", "deno.json", "pubspec.yaml", "go.mod", "Cargo.toml"];
        if manifests.contains(&name) {
            self.manifests.insert(folder.to_owned());
        }
        if let Some(root) = before(path, "supabase/config.toml").or_else(|| before(path, "supabase/functions/")) {
            self.supabase_folders.insert(root.to_owned());
        }
    }

    /// Takes a package that a manifest names.
    pub fn add_package(&mut self, name: &str, path: &str) {
        let client = name.starts_with("@supabase/") && name != "@supabase/postgres-meta"
            || matches!(name, "supabase" | "supabase-js" | "supabase_flutter" | "postgrest" | "@supabase/ssr");
        if client {
            self.supabase_packages.insert(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned());
        }
    }
}

/// One database's files.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub root: String,
    /// Positions in the list of files, in order.
    pub files: Vec<usize>,
    pub ordered: bool,
    pub platform: &'static str,
    pub evidence: &'static str,
}

/// The part of a path before `folder`, which begins the path or stands behind a slash.
fn before<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if path.starts_with(folder) {
        return Some("");
    }
    path.find(&format!("/{folder}")).map(|at| &path[..at])
}

/// What takes a migration back, or is kept for the record only.
fn is_left_out(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let down = stem == "down" || stem.strip_suffix("down").is_some_and(|rest| rest.ends_with(['.', '_', '-']));
    let back = ["rollback", "revert", "undo"].iter().any(|word| stem.starts_with(word) || stem.ends_with(word));
    let kept = |folder: &str| {
        matches!(
            folder,
            "archive"
                | "archived"
                | "_archive"
                | "backup"
                | "backups"
                | "old"
                | "deprecated"
                | "rollback"
                | "rollbacks"
                | "legacy"
                | ".archive"
                | "migrations_archive"
                | "migrations_backup"
                | "down"
        )
    };
    down || back || folders.split('/').any(kept) || lower.contains("supabase/seed") || lower.contains("supabase/tests/")
}

/// The project root and the rank of an ordered file; `None` for a loose one.
fn home(path: &str) -> Option<&str> {
    for folder in ["supabase/migrations/", "supabase/schemas/", "prisma/migrations/", "drizzle/", "supabase/"] {
        if let Some(root) = before(path, folder) {
            return Some(root);
        }
    }
    let root = before(path, "migrations/").or_else(|| before(path, "migration/"))?;
    let inner =
        ["db", "database", "sql", "src", "schema", "postgres", "drizzle", "prisma", "supabase", "data", "infra", "lib"];
    let mut root = root;
    while let Some(last) = root.rsplit('/').next().filter(|last| inner.contains(last)) {
        root = root[..root.len() - last.len()].trim_end_matches('/');
    }
    Some(root)
}

/// Files of one folder run by name; declarative schemas and loose files after migrations.
fn rank(path: &str) -> u8 {
    let lower = path.to_ascii_lowercase();
    if ["migrations/", "migration/", "drizzle/"].iter().any(|folder| before(&lower, folder).is_some()) {
        return 0;
    }
    if before(&lower, "supabase/schemas/").is_some() {
        return 1;
    }
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["rls", "polic", "secur", "fix", "patch", "disable", "enable", "alter", "update", "add_", "add-", "grant"])
    {
        4
    } else if has(&["schema", "init", "create", "setup", "table", "database"]) {
        2
    } else {
        3
    }
}

/// Whether `inner` is `outer` or below it.
fn within(inner: &str, outer: &str) -> bool {
    outer.is_empty() || inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

/// Sorts files into databases.
pub(super) fn plan(files: &[SqlFile], evidence: &Evidence) -> Vec<Plan> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut loose = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let counts = matches!(file.context, CodeContext::Production | CodeContext::Development);
        if !counts || file.statements.is_empty() || is_left_out(&file.path) {
            continue;
        }
        match home(&file.path) {
            Some(root) => groups.entry(root).or_default().push(at),
            None => loose.push(at),
        }
    }
    let homes: Vec<&str> = groups.keys().copied().collect();
    for at in loose {
        let path = files[at].path.as_str();
        let around = homes.iter().filter(|root| within(path, root)).max_by_key(|root| root.len());
        let manifest = evidence.manifests.iter().filter(|root| within(path, root)).max_by_key(|root| root.len());
        let root = match (around, homes.as_slice(), manifest) {
            (Some(root), _, _) => *root,
            (None, [only], _) => only,
            (None, _, Some(root)) => root.as_str(),
            (None, _, None) => "",
        };
        groups.entry(root).or_default().push(at);
    }
    groups.into_iter().map(|(root, members)| database(files, evidence, root, members)).collect()
}

fn database(files: &[SqlFile], evidence: &Evidence, root: &str, mut members: Vec<usize>) -> Plan {
    members.sort_by_key(|at| (rank(&files[*at].path), files[*at].path.as_str()));
    let related = |other: &String| within(other, root) || within(root, other);
    let (platform, says) = if members.iter().any(|at| files[*at].supabase) {
        ("supabase", "sql")
    } else if members.iter().any(|at| files[*at].foreign) {
        ("other", "")
    } else if evidence.supabase_folders.iter().any(related)
        || members.iter().any(|at| before(&files[*at].path, "supabase/").is_some())
    {
        ("supabase", "folder")
    } else if evidence.supabase_packages.iter().any(related) {
        ("supabase", "package")
    } else {
        ("other", "")
    };
    let ordered = members.iter().all(|at| rank(&files[*at].path) < 2);
    Plan { root: root.to_owned(), files: members, ordered, platform, evidence: says }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_a_home() {
        for (path, root) in [
            ("supabase/migrations/1.sql", Some("")),
            ("apps/web/supabase/migrations/1.sql", Some("apps/web")),
            ("api/prisma/migrations/1_init/migration.sql", Some("api")),
            ("server/src/db/migrations/1.sql", Some("server")),
            ("drizzle/0000_a.sql", Some("")),
            ("schema.sql", None),
        ] {
            assert_eq!(home(path), root, "{path}");
        }
        assert!(is_left_out("migrations/1.down.sql") && is_left_out("supabase/seed.sql"));
        assert!(!is_left_out("migrations/1_shutdown_table.sql"));
    }

    #[test]
    fn loose_files_follow_the_migrations() {
        let file = |path: &str| SqlFile {
            path: path.to_owned(),
            supabase: true,
            statements: vec![super::super::statement::Statement {
                action: super::super::statement::Action::DropTables(Vec::new()),
                location: crate::base::Location::file(path),
            }],
            ..SqlFile::default()
        };
        let files = [
            "fix_rls.sql",
            "schema.sql",
            "supabase/migrations/2.sql",
            "supabase/migrations/1.sql",
            "other/x/schema.sql",
        ]
        .map(file);
        let plans = plan(&files, &Evidence::default());
        assert_eq!(plans.len(), 1);
        assert_eq!(plans[0].files, [3, 2, 4, 1, 0]);
    }
}
