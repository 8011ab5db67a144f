//! Files that clients send and a route stores without looking at what they are: neither their type, nor their ending, nor
//! what they hold. Told by absence: anything that may be such a look, under whatever name, is taken for one.

use super::effects::Effect;
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use super::reach::Reached;
use super::trusted::Trusted;
use crate::syntax::visit::Node;
use crate::syntax::{ExprId, ExprKind, Literal, PatternKind, StmtKind, Tree};

// A look at what a file is.
pattern!(
    LOOKS,
    r"(?i)content_?type|mime|extension|splitext|extname|suffix|(allowed|accepted|permitted|valid)_?\w*(ext|type|file|mime|format)|(ext|type|mime|format)s?_?(allowed|accepted)|magic|file_?type|imghdr|is_?(valid_)?(image|pdf|csv|video|audio)|valid\w*_?(file|upload|image|type|ext|mime|format|doc|attach|photo|avatar|size)|(file|upload|image|attachment|photo|avatar)\w*_?valid|check_?\w*(file|upload|type|format|ext)|^sharp$|pillow|thumbnail|resize|transcode|clam_?av|virus|scan_?(file|upload)|load_?workbook|read_(excel|csv)|^openpyxl$|^(csv|pdf\w*|zipfile|docx\w*|pandas|pd)$|^pdf_?|PdfReader|full_clean|^form$|^whitelist"
);
// What keeps bytes or a file where it can be fetched again.
pattern!(
    STORES,
    r"(?i)^(save|upload|upload_?file(obj)?|put_?object|put|put_?file|upload_?from_(string|file|filename)|copyfileobj|write_?file(sync)?|write_bytes|mv|move|create_?read_?stream|pipeline|upload_?stream|save_?file|store_?file|upload_?image|upload_?to_\w+|copy)$"
);

/// The place where a handler stores a file of its client, with nothing that looks at it.
pub(super) fn unlooked(evidence: &Evidence<'_>, reached: &[Reached<'_>], upload: Option<&Effect>) -> Option<Trusted> {
    upload?;
    let near = || reached.iter().filter(|current| current.depth <= 2);
    if near().any(looks) {
        return None;
    }
    let (current, expr) = near().find_map(|current| Some((current, stored(current)?)))?;
    Some(Trusted { kind: "any-file".to_owned(), field: "file".to_owned(), location: current.locate(evidence, expr) })
}

/// Whether anything in a function may look at what a file is.
fn looks(current: &Reached<'_>) -> bool {
    let tree = current.tree;
    let own = tree.function(current.function.function);
    own.name.is_some_and(|name| matches(&LOOKS, tree.text(name)))
        || current.exprs().any(|expr| match &tree.expr(expr).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => {
                let name = tree.text(*name);
                matches(&LOOKS, name)
                    || matches!(name, "endswith" | "endsWith")
                    || name == "type" && of_file(tree, expr)
                    || name == "Image"
            }
            // A type or an ending that something is compared with.
            ExprKind::Literal(Literal::Str(text)) => {
                let text = tree.text(*text);
                (text.starts_with('.') && (3..=6).contains(&text.len()))
                    || ["image/", "application/pdf", "video/", "audio/", "text/csv"]
                        .iter()
                        .any(|kind| text.starts_with(kind))
            }
            _ => false,
        })
}

/// `file.type`.
fn of_file(tree: &Tree, expr: ExprId) -> bool {
    let name = written(tree, expr).to_ascii_lowercase();
    name.rsplit_once('.').is_some_and(|(object, _)| {
        ["file", "image", "upload", "photo", "avatar", "blob", "f", "attachment", "doc"]
            .iter()
            .any(|end| object.ends_with(end))
    })
}

/// Where a function stores what was sent: a call that keeps a file, a field of a record that is given one.
fn stored(current: &Reached<'_>) -> Option<ExprId> {
    let tree = current.tree;
    let called = current.exprs().find(|expr| {
        let ExprKind::Call { callee, args, .. } = &tree.expr(*expr).kind else { return false };
        let name = written(tree, *callee);
        let (receiver, method) = name.rsplit_once('.').unwrap_or(("", &name));
        matches(&STORES, method) && (args.iter().any(|arg| is_file(tree, arg.value)) || is_file_name(last(receiver)))
    });
    called.or_else(|| {
        current.nodes().find_map(|node| {
            let Node::Stmt(stmt) = node else { return None };
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(stmt).kind else { return None };
            let [target] = &**targets else { return None };
            let PatternKind::Target(target) = tree.pattern(*target).kind else { return None };
            let ExprKind::Member { name, .. } = tree.expr(target).kind else { return None };
            let python = tree.language.family() == "python";
            (python && is_file_name(tree.text(name)) && is_file(tree, *value)).then_some(*value)
        })
    })
}

/// An expression that speaks of a file: by the last part of its name, or by a part of a form.
fn is_file(tree: &Tree, expr: ExprId) -> bool {
    match &tree.expr(expr).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => is_file_name(tree.text(*name)),
        ExprKind::Await(inner) => is_file(tree, *inner),
        ExprKind::Call { callee, .. } => {
            let name = written(tree, *callee);
            name.contains("FILES")
                || name.contains("files.")
                || matches!(last(&name), "arrayBuffer" | "read" | "stream")
                    && name.rsplit_once('.').is_some_and(|(object, _)| is_file_name(last(object)))
        }
        ExprKind::Map { entries } => entries.iter().any(|entry| is_file(tree, entry.value)),
        _ => false,
    }
}

fn is_file_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(
        lower.trim_start_matches('_').trim_end_matches('s'),
        "file"
            | "uploaded_file"
            | "uploadedfile"
            | "upload"
            | "attachment"
            | "adjunto"
            | "archivo"
            | "arquivo"
            | "anexo"
            | "avatar"
            | "photo"
            | "foto"
            | "image"
            | "imagen"
            | "imagem"
            | "picture"
            | "document"
            | "documento"
            | "media"
            | "buffer"
            | "filedata"
            | "file_data"
            | "file_content"
            | "content"
            | "filebuffer"
            | "datei"
            | "fichier"
    ) || lower.ends_with("_file")
        || lower.ends_with("file") && !lower.ends_with("profile")
}
