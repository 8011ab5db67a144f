//! What else a project does that tells what a call is for.

use std::collections::BTreeSet;

use super::names;
use crate::base::CodeContext;
use crate::flow::Project;
use crate::flow::facts::{CallFact, Facts};
use crate::model::schema::RuleBook;

/// Which of the paths that matches name in `not_beside` are called outside of tests.
pub(super) fn called<'b>(project: &Project, book: &'b RuleBook, facts: &'b Facts) -> BTreeSet<&'b str> {
    let wanted: BTreeSet<&str> =
        book.misuse.iter().flat_map(|rule| &rule.matches).flat_map(|hit| &hit.not_beside).map(String::as_str).collect();
    let live = facts
        .calls
        .iter()
        .filter(|call| !matches!(project.file(call.place.file).context, CodeContext::Test | CodeContext::Example));
    live.flat_map(|call| &call.paths).map(AsRef::as_ref).filter(|path| wanted.contains(path)).collect()
}

/// What a call's result is used for later. A digest that goes into another one (`hmac.update(id)`) is not what that one is.
pub(super) fn later(project: &Project, call: &CallFact) -> Vec<String> {
    const DIGESTS: [&str; 6] = ["createHash", "hash", "md5", "sha1", "MD5", "SHA1"];
    let digest = call.paths.iter().any(|path| {
        path.starts_with("hashlib.") || path.rsplit('.').next().is_some_and(|name| DIGESTS.contains(&name))
    });
    names::later_purposes(project, call, digest)
}
