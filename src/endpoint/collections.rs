//! Which stored things a data access works on, by the name of their table, model or collection: what one route asks the
//! owner of has an owner where another one is asked for it by its id.

use rustc_hash::FxHashMap;

use super::effects::{Access, EffectKind, sql_text};
use super::evidence::{last, written};
use super::statements::text_of;
use super::{Endpoint, GuardKind};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Tree};

/// How the routes of the project come to one collection.
#[derive(Default, Clone, Copy)]
pub(super) struct Asked {
    /// Some are looked up by their owner.
    by_owner: bool,
    /// The owner of a new one is noted.
    noted: bool,
    /// Everybody who is logged in sees all of them.
    listed: bool,
}

/// What is known of the collections of the project, by their names.
#[derive(Default)]
pub(super) struct Collections {
    asked: FxHashMap<String, Asked>,
}

impl Collections {
    /// Notes that an access names an owner; `new` where it makes something.
    pub(super) fn owner(&mut self, of: &str, new: bool) {
        let asked = self.asked.entry(of.to_owned()).or_default();
        asked.by_owner |= !new;
        asked.noted |= new;
    }

    /// Looks over the routes and marks what is asked for by its id and belongs to somebody.
    pub(super) fn mark(mut self, endpoints: &mut [Endpoint]) {
        let has = |endpoint: &Endpoint, kind| endpoint.guards.iter().any(|guard| guard.kind == kind);
        for endpoint in endpoints.iter() {
            if !has(endpoint, GuardKind::Authentication)
                || has(endpoint, GuardKind::Authorization)
                || has(endpoint, GuardKind::Ownership)
            {
                continue;
            }
            let whole = endpoint.effects.iter().all(|effect| effect.chosen_by.is_none());
            for effect in endpoint.effects.iter().filter(|effect| whole && effect.kind == EffectKind::Read) {
                if let Some(asked) = effect.of.as_ref().and_then(|of| self.asked.get_mut(of)) {
                    asked.listed |= lists(&effect.name);
                }
            }
        }
        for effect in endpoints.iter_mut().flat_map(|endpoint| &mut endpoint.effects) {
            let Some(asked) = effect.of.as_ref().and_then(|of| self.asked.get(of)) else { continue };
            let reads = effect.kind == EffectKind::Read;
            let shared = effect.of.as_deref().is_some_and(is_shared);
            effect.owned = effect.chosen_by.is_some()
                && !asked.listed
                && (asked.by_owner && !(reads && shared) || asked.noted && !reads);
        }
    }
}

/// A read that hands out many.
fn lists(name: &str) -> bool {
    matches!(
        last(name),
        "find" | "findMany" | "findAll" | "all" | "select" | "to_list" | "query" | "execute" | "toArray"
    )
}

/// What people make for all others to see.
fn is_shared(of: &str) -> bool {
    [
        "post",
        "comment",
        "article",
        "blog",
        "product",
        "event",
        "recipe",
        "review",
        "listing",
        "job",
        "course",
        "question",
        "answer",
        "video",
        "story",
        "category",
        "tag",
        "group",
        "channel",
        "book",
        "user",
        "profile",
        "team",
        "community",
        "playlist",
        "topic",
        "thread",
        "challenge",
        "quiz",
        "poll",
        "vote",
        "follow",
        "member",
    ]
    .contains(&of)
}

/// The name of what an access works on: `note` of `prisma.note.update`, `Note.findById`, `db.select().from(notes)`,
/// `session.get(Note, id)`, `UPDATE notes SET …`.
pub(super) fn of(tree: &Tree, access: &Access) -> Option<String> {
    let stored = matches!(access.effect.kind, EffectKind::Read | EffectKind::Write | EffectKind::Delete);
    if !stored {
        return None;
    }
    let name = access.effect.name.as_str();
    by_argument(tree, access.chain).or_else(|| by_statement(tree, access.chain)).or_else(|| by_receiver(name))
}

fn by_receiver(name: &str) -> Option<String> {
    let mut parts: Vec<&str> = name.split('.').collect();
    parts.pop()?;
    // `Note.query.get`, `Note.objects.filter`
    if let Some(class) = parts.iter().find(|part| part.starts_with(|first: char| first.is_ascii_uppercase())) {
        return plain(class);
    }
    let known = |part: &&&str| {
        !matches!(
            part.to_ascii_lowercase().as_str(),
            "this"
                | "self"
                | "prisma"
                | "db"
                | "database"
                | "client"
                | "tx"
                | "trx"
                | "session"
                | "query"
                | "objects"
                | "ctx"
                | "context"
                | "conn"
                | "connection"
                | "pool"
                | "cursor"
                | "supabase"
                | "repo"
                | "repository"
                | "model"
                | "models"
                | "store"
                | "storage"
                | "service"
                | "manager"
                | "em"
                | "orm"
                | "knex"
                | "app"
                | "c"
                | "env"
                | "req"
        )
    };
    parts.iter().rev().find(known).and_then(|part| plain(part))
}

/// `.from("notes")`, `.select(Note)`, `get(Note, id)`, `collection("notes")`.
fn by_argument(tree: &Tree, chain: ExprId) -> Option<String> {
    Walk::node(tree, Node::Expr(chain)).take(120).find_map(|node| {
        let Node::Expr(expr) = node else { return None };
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { return None };
        let first = args.first()?.value;
        let method = written(tree, *callee);
        match last(&method) {
            "from" | "from_" | "table" | "collection" | "into" => {
                tree.string_of(first).map_or_else(|| plain(last(&written(tree, first))), plain)
            }
            "select" | "query" | "get" | "insert" | "update" | "delete" | "get_object_or_404" | "getRepository"
            | "findOne" | "find" | "findOneBy" => {
                let written = written(tree, first);
                let root = written.split('.').next().unwrap_or_default();
                // A class, or a table of drizzle that is handed over bare.
                let class = root.starts_with(|first: char| first.is_ascii_uppercase());
                let table = matches!(last(&method), "insert" | "update" | "delete")
                    && matches!(tree.expr(first).kind, ExprKind::Name(_))
                    && root.ends_with('s');
                if class || table { plain(root) } else { None }
            }
            _ => None,
        }
    })
}

fn by_statement(tree: &Tree, chain: ExprId) -> Option<String> {
    let text = sql_text(tree, chain).unwrap_or_else(|| text_of(tree, chain));
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if matches!(word.to_ascii_lowercase().as_str(), "from" | "into" | "update") {
            let table = words.next()?.trim_matches(['"', '`', '\'', '(', ')', ';', ',']);
            return plain(table.rsplit('.').next().unwrap_or_default());
        }
    }
    None
}

/// The name of one of them: `Notes`, `noteRepository` and `note_model` speak of a `note`.
pub(super) fn plain(name: &str) -> Option<String> {
    let lower: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let mut bare = lower.as_str();
    for end in ["repository", "repo", "model", "collection", "table", "service", "schema"] {
        bare = bare.strip_suffix(end).filter(|rest| !rest.is_empty()).unwrap_or(bare);
    }
    let one = match bare.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => bare.strip_suffix('s').unwrap_or(bare).to_owned(),
    };
    (one.len() > 1).then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_thing_are_the_same() {
        for name in ["Note", "notes", "noteRepository", "note_model", "NotesTable"] {
            assert_eq!(plain(name).as_deref(), Some("note"), "{name}");
        }
        assert_eq!(plain("entries").as_deref(), Some("entry"));
    }

    #[test]
    fn receivers_tell_the_collection() {
        assert_eq!(by_receiver("prisma.note.findUnique").as_deref(), Some("note"));
        assert_eq!(by_receiver("Note.objects.filter").as_deref(), Some("note"));
        assert_eq!(by_receiver("this.notesRepository.delete").as_deref(), Some("note"));
        assert_eq!(by_receiver("db.query.notes.findFirst").as_deref(), Some("note"));
        assert_eq!(by_receiver("session.commit"), None);
    }
}
