//! Fixtures, and laws of the replay.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::{Database, Evidence, Policy, Predicate, extract, is_sql, replay};
use crate::base::{CodeContext, Problem, SourceFile, fixture};

fn run(inputs: &[(String, String)]) -> (Vec<Database>, Vec<Problem>) {
    let mut evidence = Evidence::default();
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for (path, text) in inputs {
        evidence.add_path(path);
        if is_sql(path) {
            let mut file = extract(&SourceFile::new(path.as_str(), text.as_str()), CodeContext::Production);
            problems.append(&mut file.problems);
            files.push(file);
        }
    }
    let (databases, more) = replay(&files, &evidence);
    problems.extend(more);
    (databases, problems)
}

fn one(text: &str) -> (Database, Vec<Problem>) {
    let (mut databases, problems) = run(&[("supabase/migrations/1.sql".to_owned(), text.to_owned())]);
    (databases.pop().unwrap_or_default(), problems)
}

fn predicate(predicate: Option<&Predicate>) -> String {
    let Some(predicate) = predicate else { return "-".to_owned() };
    let mut shown = predicate.reach.clone();
    let flags = [
        (predicate.signed_in, " in"),
        (predicate.names_caller, " caller"),
        (predicate.user_metadata, " metadata"),
        (predicate.loose, " loose"),
    ];
    flags.iter().filter(|(set, _)| *set).for_each(|(_, flag)| shown.push_str(flag));
    shown
}

fn policy(policy: &Policy) -> String {
    let (using, check) = (predicate(policy.using.as_ref()), predicate(policy.check.as_ref()));
    let kind = if policy.permissive { "" } else { " restrictive" };
    let roles = policy.roles.join(",");
    format!(
        "  policy {}:{} `{}` {}{kind} to {roles}: {using} / {check}",
        policy.location.path, policy.location.line, policy.name, policy.command
    )
}

fn shown(databases: &[Database], problems: &[Problem]) -> String {
    let mut out = String::new();
    for database in databases {
        let _ = writeln!(
            out,
            "database `{}` {} {} ordered={}",
            database.root, database.platform, database.evidence, database.ordered
        );
        for table in &database.tables {
            let columns: Vec<String> = table
                .columns
                .iter()
                .map(|column| {
                    let flags = [(column.owner, "^"), (column.privilege, "!")];
                    let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
                    format!(
                        "{}{flags}{}",
                        column.name,
                        column.kind.as_ref().map(|kind| format!("={kind}")).unwrap_or_default()
                    )
                })
                .collect();
            let rls = &table.rls;
            let state = [
                (rls.enabled, " on"),
                (rls.forced, " forced"),
                (rls.disabled, " switched-off"),
                (table.system, " system"),
            ];
            let state: String = state.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
            let _ = writeln!(
                out,
                " table {}.{} {}:{}{state} ({})",
                table.schema,
                table.name,
                table.location.path,
                table.location.line,
                columns.join(", ")
            );
            for (name, list) in [("revoked", &table.revoked), ("protected", &table.protected_columns)] {
                if !list.is_empty() {
                    let _ = writeln!(out, "  {name} {}", list.join(","));
                }
            }
            for rule in &table.policies {
                let _ = writeln!(out, "{}", policy(rule));
            }
        }
        out.push_str(&parts(database));
    }
    for problem in problems {
        let _ = writeln!(out, "problem {}", problem.message);
    }
    out
}

/// Functions, views, buckets, rights, passwords.
fn parts(database: &Database) -> String {
    let mut out = String::new();
    for function in &database.functions {
        let flags = [
            (function.security_definer, " definer"),
            (function.search_path, " path"),
            (function.trigger, " trigger"),
            (function.names_caller, " caller"),
            (function.writes, " writes"),
            (function.dynamic_sql, " dynamic"),
            (function.executes_argument, " executes"),
            (function.privilege_from_metadata, " privilege-from-metadata"),
            (function.plain_password, " plain-password"),
        ];
        let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
        let _ = writeln!(
            out,
            " function {}.{}:{}{flags} revoked={:?} tables={:?}",
            function.schema, function.name, function.location.line, function.revoked, function.tables
        );
    }
    for view in &database.views {
        let flags = [
            (view.security_invoker, " invoker"),
            (view.materialized, " materialized"),
            (view.aggregates, " aggregates"),
            (view.all_columns, " all"),
        ];
        let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
        let _ = writeln!(
            out,
            " view {}.{}:{}{flags} {:?} {:?}",
            view.schema, view.name, view.location.line, view.tables, view.sensitive
        );
    }
    for bucket in &database.buckets {
        let _ = writeln!(
            out,
            " bucket {}:{} public={:?} size={} type={}",
            bucket.name, bucket.location.line, bucket.public, bucket.size_limit, bucket.type_limit
        );
    }
    for grant in &database.grants {
        let _ =
            writeln!(out, " grant {:?} on {} {:?} to {:?}", grant.privileges, grant.kind, grant.objects, grant.roles);
    }
    for seeded in &database.seeded_passwords {
        let _ = writeln!(out, " password {}.{}:{}", seeded.table, seeded.column, seeded.location.line);
    }
    out
}

fn inputs(case: &Path) -> Vec<(String, String)> {
    fixture::inputs(case, &["facts.txt"])
}

#[test]
fn every_fixture_gives_its_facts() {
    for case in fixture::cases("database") {
        let (databases, problems) = run(&inputs(&case));
        let found = shown(&databases, &problems);
        let expected = case.join("facts.txt");
        if std::env::var_os("STAGECLEAR_BLESS").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        assert!(found == wanted, "{} differs; STAGECLEAR_BLESS=1 rewrites it. Found:\n{found}", expected.display());
    }
}

/// As the caller promises: 64 MiB of stack.
fn on_a_large_stack(work: fn()) {
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn hostile_conditions_end() {
    on_a_large_stack(deep_and_long_conditions);
    on_a_large_stack(nested_parentheses);
}

fn deep_and_long_conditions() {
    let long = format!("auth.uid() = a{}", " or b = 1".repeat(5_000));
    let deep = format!("{}auth.uid() = a{}", "(".repeat(200), ")".repeat(200));
    let open = "(".repeat(100_000);
    for condition in [long, deep, open.clone(), "case ".repeat(20_000), "a[".repeat(50_000), "not ".repeat(1_400)] {
        let (database, _) = one(&format!("create table t (a int); create policy p on t using ({condition});"));
        assert!(database.tables.iter().all(|table| table.policies.len() <= 1), "{condition:.30}");
    }
    let (database, _) = one(&format!("create policy p on t using {open}"));
    assert_eq!(database.tables.len(), 1);
}

/// They do not double the work with each level.
fn nested_parentheses() {
    for depth in 1..16 {
        let condition = format!("{}a = 1{}", "(".repeat(depth), ")".repeat(depth));
        one(&format!("create table t (a int); create policy p on t using {condition};"));
        let exists = format!("{}select 1{}", "exists (select 1 where ".repeat(depth), ")".repeat(depth));
        one(&format!("create table t (a int); create policy p on t using ({exists});"));
    }
}

#[test]
fn a_million_statements_are_cut_and_told() {
    let text: String = (0..250_000).fold(String::new(), |mut text, at| {
        let _ = write!(text, "alter table t{} enable row level security;", at % 50);
        text
    });
    let (database, problems) = one(&text);
    assert_eq!((database.tables.len(), problems.len()), (50, 1));
    let data = "insert into t values (1, 'x;'), (2, 'y');\n".repeat(300_000);
    let (_, problems) = one(&format!("create table t (a int, b text);{data}"));
    assert_eq!(problems, []);
}

#[test]
fn statements_about_all_tables_are_bounded() {
    let mut text: String = (0..3_000).fold(String::new(), |mut text, at| {
        let _ = write!(text, "create table t{at} (a int);");
        text
    });
    text.push_str(&"revoke all on all tables in schema public from anon;".repeat(2_000));
    let (database, problems) = one(&text);
    assert_eq!((database.tables.len(), problems.len()), (3_000, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cut_and_flipped_files_never_panic(case in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), what in any::<char>(), cut in any::<bool>()) {
        let cases = fixture::cases("database");
        let mut inputs = inputs(&cases[case.index(cases.len())]);
        let which = which.index(inputs.len());
        inputs[which].1 = fixture::mangled(&inputs[which].1, at, what, cut);
        let (databases, problems) = run(&inputs);
        prop_assert_eq!(shown(&databases, &problems), { let (a, b) = run(&inputs); shown(&a, &b) });
    }
}
