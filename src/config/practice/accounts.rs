//! Accounts that stand in the source: `{ email: "admin@shop.test", password: "…", role: "admin" }`, in a list that a
//! script fills the database with or that a login compares.

use super::{Finder, is_password};
use crate::syntax::{Arg, Entry, ExprId, ExprKind, Key, Literal, PatternKind, StmtKind};

/// Names of the one thing that lets somebody in, where there is no password.
pub(super) const CODES: &[&str] = &["code", "pin", "passcode", "access_code", "accessCode", "pinCode", "pin_code"];

/// Fields that say what an account may do.
const ROLES: &[&str] = &[
    "role",
    "roles",
    "userRole",
    "user_role",
    "user_type",
    "userType",
    "is_admin",
    "isAdmin",
    "is_superuser",
    "isSuperuser",
    "is_staff",
    "access_level",
    "accessLevel",
];

/// Parts of the paths of scripts that fill a database.
const SEEDING: &[&str] =
    &["seed", "init_db", "initdb", "init-db", "populate", "bootstrap", "create_admin", "create-admin", "createadmin"];

impl Finder<'_, '_> {
    /// The password, or the code, of a map that is an account.
    pub(super) fn account(&self, entries: &[Entry]) -> Option<ExprId> {
        let fields: Vec<(&str, ExprId)> = entries
            .iter()
            .filter_map(|entry| match entry.key {
                Some(Key::Static(name, _)) => Some((self.tree.text(name), entry.value)),
                _ => None,
            })
            .collect();
        let (name, at) = fields.iter().find(|(name, _)| is_password(name) || CODES.contains(name))?;
        let text = self.tree.string_of(*at)?;
        let code = !is_password(name);
        if code && !(4..=32).contains(&text.len()) || code && !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let ranked = fields.iter().any(|(name, value)| ROLES.contains(name) && self.is_rank(*value));
        let named = fields.iter().any(|(name, value)| self.is_login(name, *value));
        (ranked && named || ranked && code && fields.len() >= 3 || named && !code && self.seeds()).then_some(*at)
    }

    /// `User(username="admin", password="…", role="admin")`.
    pub(super) fn makes_account(&self, callee: &str, args: &[Arg]) -> bool {
        let named = |wanted: &dyn Fn(&str, ExprId) -> bool| {
            args.iter().any(|arg| arg.name.is_some_and(|name| wanted(self.tree.text(name), arg.value)))
        };
        callee.starts_with(|first: char| first.is_ascii_uppercase())
            && named(&|name, value| self.is_login(name, value))
            && (self.seeds() || named(&|name, value| ROLES.contains(&name) && self.is_rank(value)))
    }

    /// The one text that a name of the file is given.
    pub(super) fn named(&self, at: ExprId) -> Option<ExprId> {
        let ExprKind::Name(name) = self.tree.expr(self.unwrapped(at)).kind else { return None };
        let mut found = None;
        for (_, stmt) in self.tree.stmts() {
            let StmtKind::Assign { targets, value: Some(value), .. } = &stmt.kind else { continue };
            let hit = targets
                .iter()
                .any(|target| matches!(self.tree.pattern(*target).kind, PatternKind::Name(known) if known == name));
            if hit && found.replace(*value).is_some() {
                return None;
            }
        }
        found.filter(|value| self.tree.string_of(*value).is_some())
    }

    /// A word for what somebody may do: a short text, `Role.ADMIN`, or `true`.
    fn is_rank(&self, at: ExprId) -> bool {
        match &self.tree.expr(at).kind {
            ExprKind::Literal(Literal::Str(text)) => {
                let text = self.tree.text(*text);
                (3..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            }
            ExprKind::Literal(Literal::Bool(on)) => *on,
            ExprKind::Member { .. } => true,
            _ => false,
        }
    }

    /// The name under which somebody logs in, rather than the label of its field.
    fn is_login(&self, name: &str, value: ExprId) -> bool {
        let Some(text) = self.tree.string_of(value).filter(|text| !text.eq_ignore_ascii_case(name)) else {
            return false;
        };
        match name {
            "email" => text.contains('@'),
            "username" | "userName" | "user_name" | "login" | "phone" | "userId" | "user_id" => {
                text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
            }
            _ => false,
        }
    }

    fn seeds(&self) -> bool {
        let path = self.file.path().to_ascii_lowercase();
        SEEDING.iter().any(|part| path.contains(part))
    }
}
