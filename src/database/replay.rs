//! Statements in order → the database in force at the end.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Evidence, Plan, plan};
use super::predicate::{self, Functions};
use super::reader::Name;
use super::statement::{Action, BucketText, Change, PolicyText, Rights, Statement};
use super::{Bucket, Column, Database, Function, Grant, Policy, Rls, SeededPassword, SqlFile, Table, View};
use crate::base::{Location, Problem, ProblemKind};

/// Changes that statements about all tables may make.
const MAX_SPREAD: usize = 1_000_000;
/// Grants and revocations that are weighed against one another.
const MAX_RIGHTS: usize = 4_000;
/// Policies of one database whose predicates are read.
const MAX_POLICIES: usize = 20_000;
/// Roles of clients.
const CLIENTS: [&str; 3] = ["anon", "authenticated", "public"];

/// Builds every database of the project.
#[must_use]
pub fn replay(files: &[SqlFile], evidence: &Evidence) -> (Vec<Database>, Vec<Problem>) {
    let mut problems = Vec::new();
    let databases = plan(files, evidence).into_iter().map(|plan| run(files, plan, &mut problems)).collect();
    (databases, problems)
}

fn run(files: &[SqlFile], plan: Plan, problems: &mut Vec<Problem>) -> Database {
    let mut state = State::default();
    for at in &plan.files {
        for statement in &files[*at].statements {
            state.apply(statement);
        }
    }
    if state.lost > 0 {
        let place = plan.files.first().map(|at| Location::file(&files[*at].path));
        let message = format!("{} statement(s) on the database were over a limit and left out", state.lost);
        problems.push(Problem::incomplete(ProblemKind::Limit, place, message));
    }
    state.finish(plan)
}

#[derive(Default)]
struct State {
    tables: BTreeMap<Name, TableState>,
    functions: BTreeMap<Name, Function>,
    views: BTreeMap<Name, View>,
    buckets: BTreeMap<String, Bucket>,
    grants: Vec<Grant>,
    passwords: Vec<SeededPassword>,
    /// Table, function, and whether it runs before updates too.
    triggers: Vec<(Name, Name, bool)>,
    /// Functions that event triggers call.
    events: Vec<Name>,
    /// Roles that do not get rights on what is made later, by kind.
    defaults: BTreeMap<String, Vec<String>>,
    closed: BTreeMap<String, BTreeSet<String>>,
    spread: usize,
    lost: usize,
}

struct TableState {
    table: Table,
    policies: BTreeMap<String, (PolicyText, Location)>,
}

impl State {
    fn apply(&mut self, statement: &Statement) {
        let location = &statement.location;
        match &statement.action {
            Action::CreateTable { table, columns } => self.create(table, columns, location),
            Action::AlterTable { table, changes } => {
                for table in self.targets(table) {
                    for change in changes {
                        self.change(&table, change, location);
                    }
                }
            }
            Action::DropTables(names) => names.iter().for_each(|name| drop(self.tables.remove(name))),
            Action::DropSchema(names) => {
                self.tables.retain(|name, _| !names.contains(&name.schema));
                self.functions.retain(|name, _| !names.contains(&name.schema));
                self.views.retain(|name, _| !names.contains(&name.schema));
            }
            Action::CreatePolicy(policy) => {
                for table in self.targets(&policy.table) {
                    let state = self.table(&table, location);
                    state.policies.insert(policy.name.clone(), (policy.clone(), location.clone()));
                }
            }
            Action::AlterPolicy(change) => self.alter_policy(change, location),
            Action::DropPolicy { name, table } => {
                for table in self.targets(table) {
                    if let Some(state) = self.tables.get_mut(&table) {
                        state.policies.remove(name);
                    }
                }
            }
            Action::CreateFunction(function) => {
                let mut function = function.as_ref().clone();
                function.revoked = self.defaults.get("function").cloned().unwrap_or_default();
                self.functions.insert(name_of(&function.schema, &function.name), function);
            }
            Action::AlterFunction { function, definer, search_path } => {
                if let Some(function) = self.functions.get_mut(function) {
                    function.security_definer = definer.unwrap_or(function.security_definer);
                    function.search_path |= search_path;
                }
            }
            Action::DropFunctions(names) => names.iter().for_each(|name| drop(self.functions.remove(name))),
            Action::CreateView(view) => {
                self.views.insert(name_of(&view.schema, &view.name), view.as_ref().clone());
            }
            Action::AlterView { view, invoker } => {
                if let Some(view) = self.views.get_mut(view) {
                    view.security_invoker |= invoker;
                }
            }
            Action::DropViews(names) => names.iter().for_each(|name| drop(self.views.remove(name))),
            Action::CreateTrigger { table, function, before_update, before_insert } => {
                if (*before_update || *before_insert) && self.triggers.len() < MAX_RIGHTS {
                    self.triggers.push((table.clone(), function.clone(), *before_update));
                }
            }
            Action::EventTrigger(function) => self.events.push(function.clone()),
            Action::Rights(rights) => self.rights(rights, location),
            Action::Bucket(bucket) => self.bucket(bucket, location),
            Action::Password { table, column, hashed } => {
                let (table, column, hashed) = (table.full(), column.clone(), *hashed);
                self.passwords.push(SeededPassword { table, column, hashed, location: location.clone() });
            }
        }
    }

    /// The tables that a name means; `*` is all of the schema.
    fn targets(&mut self, table: &Name) -> Vec<Name> {
        if table.name != "*" {
            return vec![table.clone()];
        }
        let all: Vec<Name> = self.tables.keys().filter(|name| name.schema == table.schema).cloned().collect();
        if self.spend(all.len()) { all } else { Vec::new() }
    }

    /// Whether that many more changes are within the limit.
    fn spend(&mut self, changes: usize) -> bool {
        self.spread += changes + 1;
        let within = self.spread <= MAX_SPREAD;
        self.lost += usize::from(!within);
        within
    }

    /// A table, made known where it is not.
    fn table(&mut self, name: &Name, location: &Location) -> &mut TableState {
        self.tables.entry(name.clone()).or_insert_with(|| TableState {
            table: Table {
                schema: name.schema.clone(),
                name: name.name.clone(),
                location: location.clone(),
                system: true,
                rls: Rls { enabled: matches!(name.schema.as_str(), "storage" | "auth" | "realtime"), ..Rls::default() },
                columns: Vec::new(),
                sensitive: Vec::new(),
                policies: Vec::new(),
                revoked: Vec::new(),
                protected_columns: Vec::new(),
            },
            policies: BTreeMap::new(),
        })
    }

    fn create(&mut self, name: &Name, columns: &[Column], location: &Location) {
        if self.tables.get(name).is_some_and(|state| !state.table.system) {
            return;
        }
        let events = !self.events.is_empty()
            && self.events.iter().any(|event| {
                self.functions.get(event).is_some_and(|function| {
                    function.names.iter().any(|name| name == "security" || name == "pg_event_trigger_ddl_commands")
                })
            });
        let revoked = self.defaults.get("table").cloned().unwrap_or_default();
        let state = self.table(name, location);
        state.table.system = matches!(name.schema.as_str(), "storage" | "auth" | "realtime");
        state.table.location = location.clone();
        state.table.columns = columns.to_vec();
        state.table.rls.enabled |= events;
        state.table.revoked = revoked;
    }

    fn change(&mut self, name: &Name, change: &Change, location: &Location) {
        if let Change::RenameTable(to) = change {
            return self.rename(name, name_of(&name.schema, to));
        }
        if let Change::SetSchema(to) = change {
            return self.rename(name, name_of(to, &name.name));
        }
        let table = &mut self.table(name, location).table;
        match change {
            Change::Add(column) => {
                if !table.columns.iter().any(|known| known.name == column.name) && table.columns.len() < 1_000 {
                    table.columns.push(column.clone());
                }
            }
            Change::Drop(column) => table.columns.retain(|known| known.name != *column),
            Change::Rename(from, to) => {
                for column in table.columns.iter_mut().filter(|column| column.name == *from) {
                    *column = Column {
                        name: to.clone(),
                        kind: super::column::kind(to).map(str::to_owned),
                        owner: column.owner || super::column::is_owner(to),
                        privilege: super::column::is_privilege(to),
                    };
                }
            }
            Change::Security(on) => {
                table.rls.disabled = !on;
                table.rls.enabled = *on;
                table.rls.location = Some(location.clone());
            }
            Change::Force(on) => table.rls.forced = *on,
            Change::RenameTable(_) | Change::SetSchema(_) => {}
        }
    }

    fn rename(&mut self, from: &Name, to: Name) {
        if let Some(mut state) = self.tables.remove(from) {
            state.table.schema.clone_from(&to.schema);
            state.table.name.clone_from(&to.name);
            self.tables.insert(to, state);
        } else if let Some(mut view) = self.views.remove(from) {
            view.name.clone_from(&to.name);
            self.views.insert(to, view);
        }
    }

    fn alter_policy(&mut self, change: &PolicyText, location: &Location) {
        let Some(state) = self.tables.get_mut(&change.table) else { return };
        let Some((mut policy, at)) = state.policies.remove(&change.name) else { return };
        if !change.roles.is_empty() {
            policy.roles.clone_from(&change.roles);
        }
        policy.using = change.using.clone().or(policy.using);
        policy.check = change.check.clone().or(policy.check);
        let changed = change.using.is_some() || change.check.is_some() || !change.roles.is_empty();
        policy.name = change.renamed.clone().unwrap_or(policy.name);
        state.policies.insert(policy.name.clone(), (policy, if changed { location.clone() } else { at }));
    }

    fn bucket(&mut self, text: &BucketText, location: &Location) {
        let apply = |bucket: &mut Bucket| {
            bucket.public = text.public.or(bucket.public);
            bucket.size_limit |= text.size_limit;
            bucket.type_limit |= text.type_limit;
            bucket.location = location.clone();
        };
        let Some(name) = &text.name else {
            if text.update {
                self.buckets.values_mut().for_each(apply);
            }
            return;
        };
        let fresh = || Bucket {
            name: name.clone(),
            public: None,
            size_limit: false,
            type_limit: false,
            location: location.clone(),
        };
        apply(self.buckets.entry(name.clone()).or_insert_with(fresh));
    }

    fn rights(&mut self, rights: &Rights, location: &Location) {
        let roles: Vec<String> = rights.roles.iter().filter(|role| CLIENTS.contains(&role.as_str())).cloned().collect();
        if roles.is_empty() {
            return;
        }
        if rights.default {
            let known = self.defaults.entry(rights.kind.clone()).or_default();
            known.retain(|role| !roles.contains(role));
            if !rights.grant {
                known.extend(roles);
            }
            return;
        }
        let all = rights.privileges.iter().any(|privilege| privilege == "all");
        if rights.kind == "schema" {
            for object in &rights.objects {
                let closed = self.closed.entry(object.name.clone()).or_default();
                for role in &roles {
                    if rights.grant {
                        closed.remove(role)
                    } else {
                        closed.insert(role.clone())
                    };
                }
            }
        }
        for object in &rights.objects {
            match rights.kind.as_str() {
                "table" => {
                    for table in self.targets(object) {
                        if let Some(state) = self.tables.get_mut(&table) {
                            table_rights(&mut state.table, rights, &roles, all);
                        }
                    }
                    if object.name != "*" {
                        let view = self.views.get_mut(object).into_iter();
                        view.for_each(|view| cut_off(&mut view.revoked, &roles, rights.grant));
                    } else if self.spend(self.views.len()) {
                        let views = self.views.values_mut().filter(|view| view.schema == object.schema);
                        views.for_each(|view| cut_off(&mut view.revoked, &roles, rights.grant));
                    }
                }
                "function" => {
                    let change = |function: &mut Function| {
                        cut_off(&mut function.revoked, &roles, rights.grant);
                        cut_off(&mut function.granted, &roles, !rights.grant);
                    };
                    if object.name != "*" {
                        self.functions.get_mut(object).into_iter().for_each(change);
                    } else if self.spend(self.functions.len()) {
                        let all = self.functions.values_mut().filter(|function| function.schema == object.schema);
                        all.for_each(change);
                    }
                }
                _ => {}
            }
        }
        self.grant(rights, roles, all, location);
    }

    fn grant(&mut self, rights: &Rights, roles: Vec<String>, all: bool, location: &Location) {
        let objects: Vec<String> = rights.objects.iter().map(Name::full).collect();
        if rights.grant {
            if self.grants.len() >= MAX_RIGHTS {
                self.lost += 1;
                return;
            }
            let (privileges, kind) = (rights.privileges.clone(), rights.kind.clone());
            self.grants.push(Grant { privileges, kind, objects, roles, location: location.clone() });
            return;
        }
        for grant in self.grants.iter_mut().filter(|grant| grant.kind == rights.kind) {
            let covers = grant.objects.iter().all(|object| {
                objects.contains(object)
                    || objects.iter().any(|all| all.strip_suffix('*').is_some_and(|schema| object.starts_with(schema)))
            });
            if covers {
                if all {
                    grant.roles.retain(|role| !roles.contains(role));
                } else if grant.roles.iter().all(|role| roles.contains(role)) {
                    grant.privileges.retain(|privilege| !rights.privileges.contains(privilege));
                }
            }
        }
        self.grants.retain(|grant| !grant.roles.is_empty() && !grant.privileges.is_empty());
    }

    fn finish(mut self, plan: Plan) -> Database {
        for round in 0..3 {
            let callers: BTreeSet<String> = self
                .functions
                .values()
                .filter(|function| function.names_caller)
                .map(|function| function.name.clone())
                .collect();
            let _ = round;
            for function in self.functions.values_mut().filter(|function| !function.names_caller) {
                function.names_caller = function.names.iter().any(|name| callers.contains(name));
            }
        }
        self.pass_on();
        self.protect();
        let known = Known { functions: &self.functions };
        let mut budget = MAX_POLICIES;
        let mut tables = Vec::new();
        for (name, state) in std::mem::take(&mut self.tables) {
            let mut table = state.table;
            let mut kinds: Vec<String> = table.columns.iter().filter_map(|column| column.kind.clone()).collect();
            kinds.sort();
            kinds.dedup();
            table.sensitive = kinds;
            table.revoked.extend(self.closed.get(&name.schema).into_iter().flatten().cloned());
            table.revoked.sort();
            table.revoked.dedup();
            table.protected_columns.sort();
            table.protected_columns.dedup();
            for (text, location) in state.policies.into_values() {
                if budget > 0 {
                    budget -= 1;
                    table.policies.push(policy(text, location, &known));
                }
            }
            tables.push(table);
        }
        Database {
            root: plan.root,
            platform: plan.platform.to_owned(),
            evidence: plan.evidence.to_owned(),
            ordered: plan.ordered,
            tables,
            functions: self.functions.into_values().collect(),
            views: self.views.into_values().collect(),
            buckets: self.buckets.into_values().collect(),
            grants: self.grants,
            seeded_passwords: self.passwords,
        }
    }

    /// A function that calls one which writes writes too.
    fn pass_on(&mut self) {
        let writing: BTreeSet<String> = self
            .functions
            .values()
            .filter(|function| function.writes && !function.trigger)
            .map(|function| function.name.to_ascii_lowercase())
            .collect();
        for function in self.functions.values_mut().filter(|function| !function.writes) {
            let own = function.name.to_ascii_lowercase();
            function.writes = function.names.iter().any(|name| *name != own && writing.contains(name));
        }
    }

    /// What triggers before a change look at: rights that an update must not give, values and states that they compute.
    fn protect(&mut self) {
        for (table, function, update) in &self.triggers {
            let Some(state) = self.tables.get_mut(table) else { continue };
            if let Some(function) = self.functions.get(function) {
                let guarded = state.table.columns.iter().filter(|column| {
                    (*update || !column.privilege) && function.names.contains(&column.name.to_ascii_lowercase())
                });
                let guarded: Vec<String> = guarded.map(|column| column.name.clone()).collect();
                state.table.protected_columns.extend(guarded);
            } else if *update
                && !["update", "modif", "timestamp", "datetime"].iter().any(|word| function.name.contains(word))
            {
                state.table.protected_columns.push("*".to_owned());
            }
        }
    }
}

fn table_rights(table: &mut Table, rights: &Rights, roles: &[String], all: bool) {
    let updates = all || rights.privileges.iter().any(|privilege| privilege == "update");
    if updates && roles.iter().any(|role| role != "anon") {
        let privileged = rights.columns.iter().any(|column| super::column::is_privilege(column));
        if rights.grant && (rights.columns.is_empty() || privileged) {
            table.protected_columns.clear();
        } else if !rights.grant && rights.columns.is_empty() {
            table.protected_columns.push("*".to_owned());
        } else if !rights.grant {
            table.protected_columns.extend(rights.columns.iter().cloned());
        }
    }
    if all || rights.grant {
        cut_off(&mut table.revoked, roles, rights.grant);
    }
}

/// Takes roles out of a list, or puts them in.
fn cut_off(list: &mut Vec<String>, roles: &[String], out: bool) {
    list.retain(|role| !roles.contains(role));
    if !out {
        list.extend(roles.iter().cloned());
    }
}

fn name_of(schema: &str, name: &str) -> Name {
    Name { schema: schema.to_owned(), name: name.to_owned() }
}

fn policy(text: PolicyText, location: Location, known: &Known<'_>) -> Policy {
    let read = |condition: &String| predicate::read(condition, known);
    Policy {
        command: text.command.unwrap_or_else(|| "all".to_owned()),
        roles: text.roles,
        permissive: text.permissive,
        using: text.using.as_ref().map(read),
        check: text.check.as_ref().map(read),
        name: text.name,
        location,
    }
}

struct Known<'f> {
    functions: &'f BTreeMap<Name, Function>,
}

impl Known<'_> {
    fn find(&self, name: &str) -> Option<&Function> {
        let (schema, name) = name.split_once('.').unwrap_or(("public", name));
        self.functions.get(&name_of(schema, name))
    }
}

impl Functions for Known<'_> {
    fn names_caller(&self, name: &str) -> Option<bool> {
        self.find(name).map(|function| function.names_caller)
    }

    fn user_metadata(&self, name: &str) -> bool {
        self.find(name).is_some_and(|function| function.user_metadata)
    }
}
