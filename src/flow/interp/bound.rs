//! Filters of a query that ask for the caller's own as well: operators in another field of it (`{"$ne": null}`) choose among
//! records that the caller may see anyway.

use super::super::value::{Origin, Ref, TaintSet, Value};
use super::Interp;

/// Fields by which a record belongs to somebody.
const OWNERS: [&str; 22] = [
    "organization",
    "organisation",
    "org",
    "tenant",
    "workspace",
    "team",
    "account",
    "company",
    "owner",
    "user",
    "author",
    "creator",
    "customer",
    "household",
    "group",
    "school",
    "site",
    "store",
    "member",
    "createdby",
    "addedby",
    "uploadedby",
];

impl Interp<'_> {
    /// One guess where the filter of a query is bound to an owner whom no request names, none otherwise.
    pub(super) fn bound_to_owner(&self, value: Value) -> u8 {
        let refs = self.values.refs(value.refs);
        let bound = |one: &Ref| match one {
            Ref::Object(at) => self.names_owner(*at),
            _ => false,
        };
        u8::from(!refs.is_empty() && refs.iter().all(bound))
    }

    /// `{ organization: context.org.id, … }`, where nothing unknown may take its place (`...req.body`).
    fn names_owner(&self, object: u32) -> bool {
        let Some(object) = self.state.object(object) else { return false };
        let sent = |value: &Value| {
            let taints = self.values.taints(value.taint);
            taints.iter().any(|taint| matches!(taint.origin, Origin::Source { .. }))
        };
        !object.is_list
            && object.rest.taint == TaintSet::CLEAN
            && object.fields.iter().any(|(name, value, weak)| {
                !weak && is_owner(self.names.text(*name)) && !sent(value) && self.constant_text(*value).is_none()
            })
    }
}

/// `organization`, `organizationId`, `org_id`, `createdBy`.
fn is_owner(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|letter| *letter != '_').map(|letter| letter.to_ascii_lowercase()).collect();
    let stem = plain.strip_suffix("id").unwrap_or(&plain);
    OWNERS.contains(&stem) || OWNERS.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::is_owner;

    #[test]
    fn owners_are_told_by_their_field() {
        for name in ["organization", "organizationId", "org_id", "userId", "createdBy", "created_by_id", "owner"] {
            assert!(is_owner(name), "{name}");
        }
        for name in ["id", "_id", "email", "username", "token", "project", "android"] {
            assert!(!is_owner(name), "{name}");
        }
    }
}
