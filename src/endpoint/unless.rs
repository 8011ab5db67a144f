//! `app.use(jwt({ … }).unless({ path: ["/login", /^\\/public/] }))` of koa-unless and express-unless.

use super::evidence::{Evidence, last, written};
use super::{Guard, GuardKind};
use crate::flow::facts::{FactValue, FileId};
use crate::syntax::ExprKind;

/// What the middleware before `.unless(…)` checks, and how the paths begin that it leaves out.
pub(super) fn of(evidence: &Evidence<'_>, file: FileId, value: &FactValue) -> Option<(Vec<Guard>, Vec<String>)> {
    if last(&value.name) != "unless" {
        return None;
    }
    let place = value.expr?;
    let tree = evidence.tree(place.file);
    let ExprKind::Call { callee, args, .. } = &tree.expr(place.expr).kind else { return None };
    let ExprKind::Member { object, .. } = &tree.expr(*callee).kind else { return None };
    let inner = match evidence.call(place).and_then(|call| call.receiver.clone()) {
        Some(receiver) => receiver,
        None => evidence.by_name(place.file, *object),
    };
    let text = args.first().map_or("", |arg| evidence.project.file(place.file).source.slice(tree.expr(arg.value).span));
    let beginnings = text
        .split(['"', '\'', '`', ',', '[', ']', '{', '}', ' ', '\n'])
        .filter(|part| part.contains('/') && !part.starts_with("//"))
        .map(|part| {
            let part = part.replace("\\/", "/");
            let bare = part.trim_start_matches(['/', '^']);
            let end = bare.find(['(', '*', '.', '$', '?', '+', '\\']).unwrap_or(bare.len());
            format!("/{}", bare[..end].trim_end_matches('/'))
        })
        .filter(|part| part.len() > 1)
        .collect();
    let mut guards = evidence.of_value(file, &inner);
    if guards.is_empty() {
        let name = written(tree, *object).to_ascii_lowercase();
        if ["jwt", "expressjwt", "koajwt"].contains(&last(&name)) {
            let location = evidence.locate(file, value.span);
            guards.push(Guard { kind: GuardKind::Authentication, name: last(&name).to_owned(), location });
        }
    }
    Some((guards, beginnings))
}
