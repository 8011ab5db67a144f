//! Handlers that only those reach who run the application.

use super::evidence::last;
use super::patterns::{matches, pattern};
use super::{Endpoint, GuardKind};
use crate::base::Location;
use crate::flow::Project;

// Names of guards that let administrators of the whole application through; not those of a space or of a project.
pattern!(STAFF, r"(?i)(^|_|is|require[sd]?|check|only|verify|ensure|global|be)(admin|staff|super_?user|super_?admin)");
// Administrators of one of many.
pattern!(
    OF_ONE,
    r"(?i)(project|domain|space|team|org|organi[sz]ation|group|tenant|account|company|event|course|class|server|channel|room|owner)_?(admin|staff)|admin_?or|or_?admin|owner|self"
);

/// Where the functions stand that handle nothing but what administrators send.
#[must_use]
pub fn of_administrators(project: &Project, endpoints: &[Endpoint]) -> Vec<Location> {
    let place = |function: &crate::flow::facts::FuncRef| {
        let info = project.file(function.file);
        info.source.locate(info.tree.function(function.function).span)
    };
    let (theirs, others): (Vec<&Endpoint>, Vec<&Endpoint>) = endpoints.iter().partition(|endpoint| {
        let guards = &endpoint.guards;
        guards.iter().any(|guard| is_staff(guard.kind, &guard.name) || asks_for_staff(project, guard))
            || sets_up(endpoint)
    });
    let open: Vec<Location> = others.iter().flat_map(|endpoint| &endpoint.functions).map(place).collect();
    let mut found: Vec<Location> = theirs.iter().flat_map(|endpoint| &endpoint.functions).map(place).collect();
    found.retain(|place| !open.contains(place));
    found.sort();
    found.dedup();
    found
}

/// Routes below `/settings` or `/admin` that ask who calls: what the application itself is told.
fn sets_up(endpoint: &Endpoint) -> bool {
    let asks = |guard: &super::Guard| matches!(guard.kind, GuardKind::Authentication | GuardKind::Authorization);
    let told = |part: &str| matches!(part, "admin" | "administration" | "settings" | "system" | "instance");
    endpoint.guards.iter().any(asks) && endpoint.path.to_ascii_lowercase().split('/').any(told)
}

/// `requireRole([ROLES.admin])`, `hasPermission("admin")`: a guard that is told which rank it lets through, and no other.
fn asks_for_staff(project: &Project, guard: &super::Guard) -> bool {
    pattern!(
        ONLY,
        r#"^\w*(\.\w+)*\(\s*\[?\s*(\w+\.)*["']?(?i:super_?admin|admin(istrator)?|superuser)["']?\s*,?\s*\]?\s*\)"#
    );
    if guard.kind != GuardKind::Authorization || matches(&OF_ONE, &guard.name) {
        return false;
    }
    let info = project.files.iter().find(|info| info.source.path() == guard.location.path);
    let line = info.and_then(|info| info.source.line_text(guard.location.line)).unwrap_or_default();
    let name = last(&guard.name);
    line.match_indices(name).any(|(at, _)| line.get(at..).is_some_and(|rest| matches(&ONLY, rest)))
}

fn is_staff(kind: GuardKind, name: &str) -> bool {
    let name = last(name);
    kind == GuardKind::Authorization && matches(&STAFF, name) && !matches(&OF_ONE, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_are_told_from_those_of_one_project() {
        for name in [
            "check_admin",
            "rest_framework.permissions.IsAdminUser",
            "global_admin",
            "requireAdmin",
            "isAdmin",
            "staff_member_required",
            "check_super_user",
            "superuser_required",
        ] {
            assert!(is_staff(GuardKind::Authorization, name), "{name}");
        }
        for name in
            ["IsProjectAdmin", "isAdminOrOwner", "domain_admin", "PermissionGuard", "CustomIsOwner", "compares a role"]
        {
            assert!(!is_staff(GuardKind::Authorization, name), "{name}");
        }
        assert!(!is_staff(GuardKind::Authentication, "check_admin"));
    }
}
